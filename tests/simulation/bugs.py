"""Deliberate faults of the engine, each of which the simulation has to notice.

A suite that lets one of them pass would let the same mistake pass when somebody makes it by
accident. Each replaces one decision of the engine by what a hurried hand would write there.

    python -m tests.simulation.bugs [--budget HISTORIES] [NAME...]

prints for each how many histories it took.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from syncd.core import identity, merge, reconcile
from syncd.core.rails import Rails
from syncd.core.snapshot import BaseRow, RowId, Side, TableName
from syncd.core.state import TableState
from syncd.crm import operations, records, state
from syncd.cycle import (
    checks,
    commit,
    conclude,
    effects,
    observe,
    operate,
    repair,
    run,
    verdict,
    writing,
)
from syncd.cycle.workspace import Workspace
from syncd.errors import OutcomeUnknownError
from syncd.sheet import exchange, judgement
from syncd.sheet.judgement import Judgement
from tests.simulation.history import ROUNDS, History

Replacing = tuple[Any, str, Any]  # a module or class, the name in it, and what stands there instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One deliberate fault: what a person would say about it, and what it replaces."""

    says: str
    replaces: Callable[[], Sequence[Replacing]]


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Run with one of the faults in the engine; a blank name is the engine as it is."""
    if not name:
        yield
        return
    replacing = BUGS[name].replaces()
    patches = [patch.object(place, what, instead) for place, what, instead in replacing]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in reversed(patches):
            each.stop()


# ── The exchange ──────────────────────────────────────────────────────────────────────────────


def _no_fence() -> Sequence[Replacing]:
    """The token is never taken: a batch may be applied as often as it arrives."""
    whole = exchange.requests_of

    def requests_of(*given: Any, **named: Any) -> list[Any]:
        kept = [r for r in whole(*given, **named) if "deleteNamedRange" not in r]
        return [r for r in kept if "addNamedRange" not in r]

    return [(operate, "requests_of", requests_of)]


def _judge_everything_as_verified() -> Sequence[Replacing]:
    """What the mirror shows is not looked at."""

    def judge(batch: Any, *_: Any) -> Judgement:
        return Judgement(verified=frozenset(batch.rows()), windows=(), victims=())

    return [(conclude, "judge", judge)]


def _values_in_the_mirror() -> Sequence[Replacing]:
    """The mirror keeps what cells show, not what stands in them."""
    whole = exchange._mirror

    def mirror(*given: Any) -> list[Any]:
        found = whole(*given)
        for request in found:
            if "copyPaste" in request:
                request["copyPaste"]["pasteType"] = "PASTE_VALUES"
        return found

    return [(exchange, "_mirror", mirror)]


def _judge_no_titles() -> Sequence[Replacing]:
    """A column that moved in the window is not noticed."""
    return [(judgement, "_moved_columns", lambda *_: set())]


def _judge_no_rows() -> Sequence[Replacing]:
    """A row that moved in the window is not noticed."""
    return [(judgement, "_is_other_row", lambda *_: False)]


def _judge_ids_only() -> Sequence[Replacing]:
    """A row is taken for the one that was read when its id is, whatever its key."""

    def is_other_row(each: Any, slot: Any, keys: Any, _shifted: Any) -> bool:
        return bool(judgement._at(slot, keys.id) != judgement._at(each.entered, keys.id))

    return [(judgement, "_is_other_row", is_other_row)]


def _no_repair() -> Sequence[Replacing]:
    """What was hit by mistake is noticed and left so."""
    return [(operations.Operations, "add_repairs", lambda *_: None)]


def _retry_the_post() -> Sequence[Replacing]:
    """A write without an answer is made again on the token that stands now."""

    def settle(ws: Workspace, _layout: Any) -> None:
        if ws.crm.operations.has_unknown():
            with ws.crm.database.transaction():
                ws.crm.operations.bury()

    return [(operate, "settle", settle), (run, "settle", settle)]


def _take_no_answer_for_done() -> Sequence[Replacing]:
    """A write without an answer is taken for applied, as it was read."""
    send = operate._send

    def hopeful(ws: Workspace, layout: Any, operation: Any, intent: Any) -> None:
        try:
            send(ws, layout, operation, intent)
        except OutcomeUnknownError:
            mirror = {
                name: {0: titles}
                | {
                    each.position: each.entered
                    for each in (*intent.batch.touched, *intent.batch.removed)
                    if each.table == name
                }
                for name, titles in intent.titles.items()
            }
            conclude.conclude(ws, layout, operation, intent, mirror)

    return [(operate, "_send", hopeful)]


def _advance_the_base_early() -> Sequence[Replacing]:
    """The base moves when a write is about to be sent, not when it was verified."""
    begin = operate._begin

    def early(ws: Workspace, layout: Any, intent: Any, **named: Any) -> None:
        with ws.crm.database.transaction():
            for name, plans in intent.plans.items():
                ws.crm.state.write_base(name, ((plan.row, plan.base) for plan in plans))
        begin(ws, layout, intent, **named)

    return [(operate, "_begin", early)]


def _last_write_wins() -> Sequence[Replacing]:
    """What somebody typed while syncd wrote is overwritten without a word."""
    return [
        (conclude, "typed_reviews", lambda *_: {}),
        (conclude, "typed_back", lambda *_: []),
        (conclude, "replaced_events", lambda *_: []),
    ]


def _no_second_read() -> Sequence[Replacing]:
    """What is pulled is what the first read showed, whatever was typed since."""

    def once(ws: Workspace, layout: Any, observed: Any, effects_: Any) -> Any:
        wanted: dict[TableName, set[int]] = {}
        for change in effects_.changes:
            wanted.setdefault(change.table, set()).add(change.position)
        if not wanted and not effects_.inserted:
            return None
        return writing.read_rows(ws.client, layout, wanted)

    return [(run, "second_read", once)]


def _insert_over_the_end() -> Sequence[Replacing]:
    """New rows are written where the table was read to end, whatever stands there by now."""
    whole = exchange._insertion

    def insertion(*given: Any) -> list[Any]:
        return [request for request in whole(*given) if "insertDimension" not in request]

    return [(exchange, "_insertion", insertion)]


# ── What a row and a column are ───────────────────────────────────────────────────────────────


def _trust_ids_after_a_partial_sort() -> Sequence[Replacing]:
    """Contents that were permuted under standing ids are read as edits."""
    return [(identity._Settlement, "realign", lambda _: None)]


def _first_of_two_copies_is_the_row() -> Sequence[Replacing]:
    """The first row with an id keeps it, whichever of them is as it was."""
    return [(identity._Settlement, "_owners", lambda _self, _id, rows: rows[:1])]


def _forget_ids_that_were_given() -> Sequence[Replacing]:
    """A row that waits gets another id whenever it is read."""
    return [(state.State, "provisional", lambda *_: frozenset())]


# ── What is decided ───────────────────────────────────────────────────────────────────────────


def _absence_is_delete() -> Sequence[Replacing]:
    """A row that one read misses was deleted."""
    whole = observe.TableState

    def confirmed(**given: Any) -> TableState:
        everything = frozenset({*given["base"], *given["crm"]})
        return whole(**{**given, "confirmed": everything})

    return [(observe, "TableState", confirmed)]


def _no_rails() -> Sequence[Replacing]:
    """However much is removed at once, it is done."""
    lax = Rails(
        removed_share_max=1.0, removed_rows_max=10**9, changed_share_max=1.0, changed_rows_max=10**9
    )
    whole = checks.check_rails

    def check_rails(plan: Any, table: Any, _rails: Any, **named: Any) -> Any:
        return whole(plan, table, lax, **named)

    return [(checks, "check_rails", check_rails)]


def _follower_wins_conflicts() -> Sequence[Replacing]:
    """Where both sides changed a field, the side without authority is right."""
    whole = merge._merge_field

    def merge_field(
        row: Any, merged: Any, name: Any, right: Any, follows: Any, **named: Any
    ) -> None:
        base = row.base.values.get(name) if row.base else None
        if right != follows and base not in (right, follows) and not named["reason"]:
            merged.takes = True
            cell = merge.Cell(field=name, expected=right, value=follows)
            return merge._settle(merged, name, follows, row.authority, cell)
        whole(row, merged, name, right, follows, **named)
        return None

    return [(merge, "_merge_field", merge_field)]


def _drop_what_is_turned_away() -> Sequence[Replacing]:
    """An edit that is not taken is put back and forgotten."""
    return [(merge.Merged, "turn_away", lambda *_: None)]


def _two_way_without_a_base() -> Sequence[Replacing]:
    """Nothing is compared with what both sides shared: what differs is the authority's."""

    def bare(row: Any, base: Any) -> None:
        object.__setattr__(row, "base", base)

    whole = reconcile._both

    def both(row: Any, sheet: Any, crm: Any) -> Any:
        bare(row, BaseRow(values=dict(sheet.values if row.authority is Side.CRM else crm.values)))
        return whole(row, sheet, crm)

    return [(reconcile, "_both", both)]


# ── What is written ───────────────────────────────────────────────────────────────────────────


def _write_whole_rows() -> Sequence[Replacing]:
    """Each row that has anything to be written is written whole."""
    whole = effects._planned_cells

    def planned_cells(view: Any, planned: Any, labels: Any) -> Iterator[tuple[int, Any]]:
        cells = dict(whole(view, planned, labels))
        if cells and planned is not None and planned.base is not None:
            for field in view.table.fields:
                if field.name in view.tab.columns:
                    value = effects.encode(field, planned.base.values.get(field.name), labels)
                    cells.setdefault(view.tab.columns[field.name], effects.entered_of(value))
        yield from cells.items()

    return [(effects, "_planned_cells", planned_cells)]


def _write_records_unseen() -> Sequence[Replacing]:
    """A record is overwritten whatever another program put there since it was read."""
    whole = records._update

    def update(
        connection: Any, table: Any, row: RowId, wanted: Any, held: Mapping[Any, Any]
    ) -> bool:
        there = connection.execute(f'SELECT * FROM "{table.name}" WHERE id = ?', [row])
        names = [column[0] for column in there.description]
        found = there.fetchone()
        now = dict(zip(names, found, strict=True)) if found else {}
        return whole(connection, table, row, wanted, {name: now.get(name) for name in held})

    return [(records, "_update", update)]


def _commit_piece_by_piece() -> Sequence[Replacing]:
    """What was verified is committed before its record is written: a crash falls between."""
    rows = commit.Commit.rows

    def in_pieces(self: Any, plans: Any, **named: Any) -> Any:
        for name, found in plans.items():
            self.ws.crm.state.write_base(name, ((plan.row, plan.base) for plan in found))
        connection = self.ws.crm.database.connection
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        return rows(self, plans, **named)

    return [(commit.Commit, "rows", in_pieces)]


def _repair_over_people() -> Sequence[Replacing]:
    """What was hit by mistake is put back whatever somebody typed there since."""

    def everything(hurt: Any, columns: Any, _entered: Any) -> Any:
        stood = dict(enumerate(getattr(hurt, "row", ()) if hasattr(hurt, "wrote") else ()))
        wrote = getattr(hurt, "wrote", None) or hurt.cells
        return {columns.now(c): stood.get(c) for c in wrote if columns.now(c) is not None}

    def no_way_back(intent: Any, found: Any, mirror: Any) -> list[Any]:
        return [] if intent.repairs else verdict.typed_back(intent, found, mirror)

    return [(repair, "_restored", everything), (conclude, "typed_back", no_way_back)]


def _lose_edits_between_switches() -> Sequence[Replacing]:
    """Questions that are open when the authority changes hands are dropped."""
    switch = state.State.switch

    def forgetful(self: Any, to: Any) -> None:
        switch(self, to)
        self.connection.execute("DELETE FROM _syncd_reviews WHERE standing = 'open'")

    return [(state.State, "switch", forgetful)]


def _bug(make: Callable[[], Sequence[Replacing]]) -> tuple[str, Bug]:
    name = make.__name__.strip("_").replace("_", "-")
    return name, Bug(says=str(make.__doc__), replaces=make)


BUGS: Mapping[str, Bug] = dict(
    _bug(make)
    for make in (
        _no_fence,
        _judge_everything_as_verified,
        _values_in_the_mirror,
        _judge_no_titles,
        _judge_no_rows,
        _judge_ids_only,
        _no_repair,
        _retry_the_post,
        _take_no_answer_for_done,
        _advance_the_base_early,
        _last_write_wins,
        _no_second_read,
        _insert_over_the_end,
        _trust_ids_after_a_partial_sort,
        _first_of_two_copies_is_the_row,
        _forget_ids_that_were_given,
        _absence_is_delete,
        _no_rails,
        _follower_wins_conflicts,
        _drop_what_is_turned_away,
        _two_way_without_a_base,
        _write_whole_rows,
        _write_records_unseen,
        _commit_piece_by_piece,
        _repair_over_people,
        _lose_edits_between_switches,
    )
)


def histories_until_caught(name: str, *, first: int = 1, budget: int = 300) -> tuple[int, str]:
    """Return how many histories it takes until one breaks an invariant, 0 if none does, and which.

    A history that breaks one without the fault as well is none of its merit.
    """
    for count, seed in enumerate(range(first, first + budget), start=1):
        with planted(name):
            violations = History(seed, rounds=ROUNDS).run().violations
        if violations and not History(seed, rounds=ROUNDS).run().violations:
            return count, f"{violations[0].invariant}: {violations[0].what}"
    return 0, ""


def main() -> int:
    """Plant each fault and print how long it stayed unnoticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.bugs", description=__doc__)
    parser.add_argument("names", nargs="*", default=list(BUGS))
    parser.add_argument("--budget", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    missed = 0
    with ProcessPoolExecutor(args.jobs) as pool:
        waiting = {
            name: pool.submit(histories_until_caught, name, budget=args.budget)
            for name in args.names
        }
        for name, found in waiting.items():
            count, what = found.result()
            missed += not count
            caught = f"caught after {count}" if count else f"NOT CAUGHT in {args.budget}"
            print(f"{name:32} {caught:20} {what[:110]}", flush=True)
    print(f"{len(args.names) - missed} of {len(args.names)} caught")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
