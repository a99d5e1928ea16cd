"""Undo: an admin takes back a cycle, an import, a switch or a row's last change; shown first.

What is to be taken back becomes answers (this value, this row, on both sides), as an admin gives
them in review. They are checked and carried out by normal cycles, recorded, and so can be undone
in their turn. Nothing is restored blindly: what moved since stays, and is listed.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from syncd.authority import require_as_shown, settle_cycles
from syncd.core.past import (
    Change,
    Key,
    Line,
    RowKey,
    changes_in,
    changes_of,
    changes_since,
    formulas_in,
    last_change,
)
from syncd.core.plan import ReviewKind, Standing
from syncd.core.snapshot import FieldName, RowId, Side, TableName, Values
from syncd.core.undo import Held, Kept, Present, Reversal, Why, hide, keep_rows, reverse
from syncd.crm.backups import back_up
from syncd.crm.changesets import Changeset
from syncd.crm.reviews import Entry
from syncd.crm.state import Switch
from syncd.cycle.answers import Answers
from syncd.cycle.beside import written_beside
from syncd.cycle.naming import Named
from syncd.cycle.refit import put_back
from syncd.cycle.report import Report
from syncd.cycle.run import run_cycle
from syncd.cycle.workspace import Workspace
from syncd.errors import HaltedError, UsageError
from syncd.schema import Labels, Table, plain_label
from syncd.schema.clashes import claims
from syncd.underway import GIVEN, naming, under_way

SWITCHES = ("connect", "disconnect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be undone: the changes, the past of their rows, and the acts put back then.

    `switch` is the changeset of the switch that is taken back with it. `hidden` are rows that it
    brought into the sheet, of records that were there before.
    """

    name: str
    chosen: frozenset[int]
    lines: tuple[Line, ...]
    put_back: tuple[Line, ...] = ()
    switch: Changeset | None = None
    hidden: tuple[RowKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What an undo does, or did: the answers that it gives, what stays, and what follows.

    `digest` names the answers, so that what was shown is what is done. `open` are answers that no
    cycle has carried out yet, or that had to be asked anew. `formulas` stand in their cells again.
    """

    name: str
    report: Report
    reversal: Reversal
    digest: str
    switch: Changeset | None = None
    changeset: str = ""
    backup: Path | None = None
    open: tuple[Entry, ...] = ()
    done: int = 0
    formulas: frozenset[Key] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take back."""
        return not self.reversal.answers and self.switch is None


# ── What is meant ─────────────────────────────────────────────────────────────────────────────


def wanted_of(ws: Workspace, name: str) -> Wanted:
    """Return what a person means by a cycle's number, or by the name of a changeset."""
    text = name.strip().lower().removeprefix("cycle:")
    if text.isdigit():
        return _cycle(ws, int(text))
    return _changeset(ws, ws.crm.changesets.find(text))


def _cycle(ws: Workspace, number: int) -> Wanted:
    told = ws.crm.history.in_cycles(number, number)
    if not told:
        raise UsageError(
            f"no change is known of cycle {number}",
            hint="`syncd history` shows the cycle of each change.",
        )
    lines = _past(ws, told)
    chosen, put_back = changes_in(told, changes_of(lines), delivered=True)
    return Wanted(name=f"cycle {number}", chosen=chosen, lines=lines, put_back=put_back)


def _changeset(ws: Workspace, changeset: Changeset) -> Wanted:
    cycles = changeset.cycles
    told = ws.crm.history.in_cycles(*cycles) if cycles else ws.crm.history.by(changeset.name)
    lines = _past(ws, told)
    chosen, put_back = changes_in(told, changes_of(lines), delivered=False)
    wanted = Wanted(name=changeset.name, chosen=chosen, lines=lines, put_back=put_back)
    if changeset.kind not in SWITCHES and "authority" not in changeset.before:
        return wanted
    back = Side(changeset.before["authority"])
    made = {(line.table, line.row) for line in told if line.outcome == "created"}
    added = {(line.table, line.row) for line in told if line.outcome == "row added"}
    return replace(
        wanted,
        switch=changeset if ws.crm.state.authority is not back else None,
        hidden=tuple(sorted(added - made)) if back is Side.SHEET else (),
    )


def wanted_of_row(ws: Workspace, named: Named, label: str, to: str, *, moment: str) -> Wanted:
    """Return a row's last change, or all since a cycle or a moment."""
    lines = tuple(ws.crm.history.of_rows([named.row]))
    lines = tuple(line for line in lines if line.table == named.table)
    changes = changes_of(lines)
    if to.isdigit():
        chosen = changes_since(changes, after=ws.crm.history.end_of(int(to)))
    elif to:
        chosen = changes_since(changes, moment=moment)
    else:
        chosen = last_change(changes)
    since = f" since {'cycle ' if to.isdigit() else ''}{to}" if to else ""
    return Wanted(name=f"{named.table} {label}{since}", chosen=chosen, lines=lines)


def _known_by_now(ws: Workspace, wanted: Wanted) -> Wanted:
    """Return the same changes, with what happened to their rows since: it may stand in the way."""
    rows = {(line.table, line.row) for line in wanted.lines}
    lines = (line for line in _past(ws, wanted.lines) if (line.table, line.row) in rows)
    return replace(wanted, lines=tuple(lines))


def _past(ws: Workspace, told: Iterable[Line]) -> tuple[Line, ...]:
    """Return the whole past of the rows that lines tell of."""
    return tuple(ws.crm.history.of_rows(sorted({line.row for line in told})))


# ── What follows ──────────────────────────────────────────────────────────────────────────────


def preview(ws: Workspace, wanted: Wanted) -> Undoing:
    """Say what would be put back, what stays as it is and why, and what the next cycle does."""
    present = present_of(ws)
    reversal = _reversal(wanted, present)
    return shown(ws, wanted.name, reversal, switch=wanted.switch)


def _reversal(wanted: Wanted, present: Present) -> Reversal:
    changes = changes_of(wanted.lines)
    reversal = reverse(changes, wanted.chosen, present, typed=typed_rows(wanted.lines))
    hidden = hide(wanted.hidden, present)
    answers = dict(reversal.answers)
    for name, reviews in hidden.answers.items():
        answers[name] = (*answers.get(name, ()), *reviews)
    put_back = (_was_put_back(line, present) for line in wanted.put_back)
    return Reversal(answers=answers, kept=(*reversal.kept, *hidden.kept, *put_back))


def typed_rows(lines: Iterable[Line]) -> set[RowKey]:
    """Return the rows that people put into the sheet: those are not taken out of it."""
    lines = tuple(lines)
    added = {(line.table, line.row) for line in lines if line.outcome == "row added"}
    typed = {(line.table, line.row) for line in lines} - added
    made = (line for line in lines if line.outcome == "created" and line.origin == "sheet")
    return typed | {(line.table, line.row) for line in made}


def _was_put_back(line: Line, present: Present) -> Kept:
    held = present.held((line.table, line.row))
    now = held.values.get(line.field) if held else None
    return Kept(
        table=line.table,
        row=line.row,
        field=line.field,
        why=Why.PUT_BACK,
        before=line.after,
        now=now,
    )


def shown(
    ws: Workspace, name: str, reversal: Reversal, *, switch: Changeset | None = None
) -> Undoing:
    """Return what answers come to in the next cycle, without giving them."""
    authority = Side(switch.before["authority"]) if switch else None
    chosen = load_policy(switch) if switch else None

    def dry(given: Answers) -> Report:
        answers = {n: [replace(r, by="undo:") for r in each] for n, each in given.items()}
        return run_cycle(ws, dry_run=True, authority=authority, chosen=chosen, answers=answers)

    report = dry(reversal.answers)
    if beside := written_beside(ws, report, reversal.answers):
        reversal = keep_rows(reversal, beside)
        report = dry(reversal.answers)
    return Undoing(
        name=name,
        report=report,
        reversal=reversal,
        digest=_digest(reversal, switch),
        switch=switch,
    )


def _digest(reversal: Reversal, switch: Changeset | None) -> str:
    """Return a short name of all that is answered; what else changes meanwhile does not count."""
    told = [
        repr(
            (table, r.kind.value, r.row, r.side.value, r.field, *map(_pairs, (r.offered, r.shown)))
        )
        for table, reviews in sorted(reversal.answers.items())
        for r in reviews
    ]
    text = "\n".join([switch.name if switch else "", *sorted(told)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _pairs(values: Values) -> list[tuple[FieldName, object]]:
    return sorted(values.items())


def present_of(ws: Workspace) -> Present:
    """Return what is there now, as one moment of the CRM shows it."""
    tables = ws.schema.tables
    with ws.crm.database.reading():
        records = {
            table.name: {
                row: Held(values=record.values, archived=record.archived)
                for row, record in ws.crm.records.read(table).items()
            }
            for table in tables
        }
        entries = [
            *ws.crm.reviews.entries(Standing.OPEN),
            *ws.crm.reviews.entries(Standing.ACCEPTED),
        ]
    checks = _Checks(ws, records)
    return Present(
        records=records,
        fields={t.name: frozenset(f.name for f in t.fields if not f.computed) for t in tables},
        references={t.name: {f.name: f.reference for f in t.fields if f.reference} for t in tables},
        waiting=frozenset((e.table, e.review.row, e.review.field) for e in entries),
        under_way={
            (entry.table, entry.review.row): act.changeset.name
            for act in under_way(ws)
            for entry in act.left
        },
        refuses=checks.refusal,
    )


class _Checks:
    """Says why the CRM could not hold some values: its schema, and what other records have."""

    def __init__(self, ws: Workspace, records: Mapping[TableName, Mapping[RowId, Held]]) -> None:
        self.ws = ws
        self.records = records
        self.holders: dict[TableName, dict[object, RowId]] = {}

    def refusal(
        self, name: TableName, row: RowId, values: Values, moving: Collection[RowKey]
    ) -> str:
        """Return the reasons; blank where there is none. Rows that move hold nothing back."""
        table = self.ws.schema.table(name)
        reasons = [f"{table.field(p.field).title} {p.reason}" for p in table.check(values)]
        for each, claim in claims(table, values).items():
            holder = self._holders(table).get(claim, row)
            if holder != row and (name, holder) not in moving:
                label = plain_label(table, self.records[name][holder].values, Labels())
                reasons.append(f"{table.field(each).title} is taken by “{label or holder}”")
        for field in table.fields:
            target = values.get(field.name)
            if field.reference and target is not None:
                known = RowId(str(target)) in self.records[field.reference]
                if not known and (field.reference, RowId(str(target))) not in moving:
                    reasons.append(f"{field.title} refers to a record that is gone")
        return "; ".join(reasons)

    def _holders(self, table: Table) -> dict[object, RowId]:
        if table.name not in self.holders:
            self.holders[table.name] = {
                claim: row
                for row, held in self.records[table.name].items()
                if not held.archived
                for claim in claims(table, held.values).values()
            }
        return self.holders[table.name]


# ── Doing it ──────────────────────────────────────────────────────────────────────────────────


def undo(ws: Workspace, wanted: Wanted, *, by: str, digest: str = "") -> Undoing:
    """Finish what is under way, then take back what was shown, by normal cycles.

    `digest` is that of a preview: where something else would follow by now, nothing is done.
    """
    finish(ws)
    wanted = _known_by_now(ws, wanted)
    planned = preview(ws, wanted)
    require_as_shown("what would be undone", digest, planned.digest)
    if planned.is_empty:
        return planned
    undone = [change for change in changes_of(wanted.lines) if change.id in wanted.chosen]
    done = carry_out(ws, planned, kind="undo", by=by, changes=undone)
    with naming(ws, done.changeset, then="is done, but formulas are not back in their cells"):
        return replace(done, formulas=_put_formulas_back(ws, wanted, done))


def _put_formulas_back(ws: Workspace, wanted: Wanted, done: Undoing) -> frozenset[Key]:
    """Let the cells whose values are back have the formulas again that gave them."""
    taken = {(e.table, e.review.row, e.review.field) for e in done.open}
    answered = {
        (name, review.row, review.field)
        for name, reviews in done.reversal.answers.items()
        for review in reviews
        if review.kind is ReviewKind.EDIT
    }
    found = formulas_in(wanted.lines, wanted.chosen)
    formulas = {key: text for key, text in found.items() if key in answered - taken}
    if done.report.halted:
        return frozenset()
    return put_back(ws, formulas, origin=done.changeset)


def finish(ws: Workspace) -> None:
    """Finish what is under way; a table that is held back has to be seen to first."""
    if settle_cycles(ws).halted:
        raise HaltedError(
            "a table is held back, so what is under way cannot be finished first",
            hint="`syncd status` says why; approve it or mend the cause first.",
        )


def carry_out(
    ws: Workspace, planned: Undoing, *, kind: str, by: str, changes: Iterable[Change] = ()
) -> Undoing:
    """Give the answers as one transaction, let cycles carry them out, and say what came of it."""
    state, at, switch = ws.crm.state, ws.now(), planned.switch
    backup = back_up(ws.crm.database, now=ws.clock(), at=at, why=kind).path
    before = {"authority": state.authority.value, "policy": ws.crm.state.get("policy") or "{}"}
    with ws.crm.database.transaction():
        taken = _taken_back(ws, planned.reversal, changes)
        given = {GIVEN: _given(ws, taken)} if taken else {}
        done = ws.crm.changesets.add(
            kind, planned.name, at=at, by=by, before=(before if switch else {}) | given
        )
        for name, reviews in planned.reversal.answers.items():
            table = ws.schema.table(name)
            records = ws.crm.records.some(table, [review.row for review in reviews])
            for review in reviews:
                held = records[review.row].values if review.row in records else review.offered
                label = plain_label(table, held, Labels())
                ws.crm.reviews.write(name, replace(review, by=done.name), at=at, label=label)
        for source, change in taken:
            ws.crm.sources.take_back(source, change.table, change.row, change.field, change.before)
        if switch:
            ws.crm.state.switch(
                Switch(
                    at=at,
                    authority=Side(switch.before["authority"]),
                    by=by,
                    why=f"undo of {switch.name}",
                    policy=switch.before["policy"],
                )
            )
    with naming(ws, done.name):
        report = settle_cycles(ws)
    entries = ws.crm.reviews.answered(done.name)
    return replace(
        planned,
        report=report,
        changeset=done.name,
        backup=backup,
        open=tuple(e for e in entries if e.review.standing is not Standing.TAKEN),
        done=sum(1 for e in entries if e.review.standing is Standing.TAKEN),
    )


def load_policy(switch: Changeset) -> Mapping[str, str]:
    """Return the policy that an admin had chosen before a switch."""
    chosen: dict[str, str] = json.loads(switch.before["policy"])
    return chosen


def _taken_back(
    ws: Workspace, reversal: Reversal, changes: Iterable[Change]
) -> list[tuple[str, Change]]:
    """Return what a source that is imported again may give anew, newest first."""
    named = ws.crm.changesets.named()
    answered = {
        (name, review.row, review.field)
        for name, reviews in reversal.answers.items()
        for review in reviews
    }
    return [
        (named[change.origin].subject, change)
        for change in sorted(changes, key=lambda change: -change.id)
        if change.origin in named and (change.table, change.row, change.field) in answered
    ]


def _given(ws: Workspace, taken: Iterable[tuple[str, Change]]) -> str:
    """Return as text what sources have given of rows: it stands again if the undo is called off."""
    rows = sorted({(source, change.table, change.row) for source, change in taken})
    known = {key[:2]: ws.crm.sources.given(*key[:2]) for key in rows}
    found = [[*key, known[key[:2]][key[2]]] for key in rows if key[2] in known[key[:2]]]
    return json.dumps(found, ensure_ascii=False)
