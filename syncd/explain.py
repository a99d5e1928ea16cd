"""Explain: all that is known of one row, and what the next cycle would do with it, and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from syncd.core.plan import Cell, Halt, Put, Review, RowPlan, Standing
from syncd.core.policy import Policy
from syncd.core.snapshot import FieldName, Problem, RowId, Side, TableName, Value, Values
from syncd.crm.history import Search
from syncd.crm.reviews import Entry
from syncd.cycle.naming import find_row
from syncd.cycle.rows import id_text
from syncd.cycle.run import Report, run_cycle
from syncd.cycle.view import Observation, View
from syncd.cycle.workspace import Workspace
from syncd.errors import UsageError
from syncd.schema import Labels, Table, plain_label
from syncd.schema.reading import fold

PAST_MAX = 10
_PLACE = re.compile(r"(?P<tab>.+)!(?:[A-Za-z]{1,3})?(?P<row>[1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """One field where the sides or the base differ, or of which something is to be said."""

    field: FieldName
    sheet: Value
    crm: Value
    base: Value
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A row as both sides, the base and the rules have it.

    `position` is its row in the tab, counted from 1. `next` is the plan of the next cycle; there
    is none where the row is in sync. `held` says why it is left alone.
    """

    table: Table
    row: RowId | None
    label: str
    position: int | None
    record: str
    policy: Policy
    case: str
    fates: tuple[Fate, ...]
    problems: tuple[Problem, ...]
    plan: RowPlan | None
    held: tuple[str, ...]
    halts: tuple[Halt, ...]
    reviews: tuple[Entry, ...]
    repairs: int
    in_flight: bool
    past: tuple[Mapping[str, object], ...]
    labels: Labels


def explain(ws: Workspace, text: str, table: str | None = None) -> Explanation:
    """Look at both sides as a cycle does, write nothing, and tell of one row."""
    report = run_cycle(ws, dry_run=True)
    observed = report.observed
    if observed is None:
        raise UsageError("nothing could be observed", hint="`syncd status` says why.")
    view, row, position = _find(ws, observed, text, table)
    plans = {plan.table: plan for plan in report.plans}
    plan = next((p for p in plans[view.table.name].rows if p.row == row), None)
    sheet = view.state.sheet.get(row) if row else None
    crm = view.state.crm.get(row) if row else None
    values = crm.values if crm else sheet.values if sheet else {}
    name = view.table.name
    return Explanation(
        table=view.table,
        row=row,
        label=plain_label(view.table, values, observed.labels) or str(row or text),
        position=position + 1 if position is not None else None,
        record="none" if crm is None else "archived" if crm.archived else "in use",
        policy=view.policy,
        case=plan.case.value if plan else _case_without_plan(row, position, view),
        fates=_fates(view, row, plan),
        problems=(*(sheet.problems if sheet else ()), *(crm.problems if crm else ())),
        plan=plan,
        held=_held(report, view, row, position),
        halts=plans[name].halts,
        reviews=tuple(
            entry
            for standing in (Standing.OPEN, Standing.ACCEPTED)
            for entry in ws.crm.reviews.entries(standing)
            if (entry.table, entry.review.row) == (name, row)
        ),
        repairs=sum(1 for each in ws.crm.operations.repairs() if each.table == name),
        in_flight=ws.crm.operations.has_unknown(),
        past=tuple(ws.crm.history.entries(Search(table=name, row=row), limit=PAST_MAX))
        if row
        else (),
        labels=observed.labels,
    )


def _find(
    ws: Workspace, observed: Observation, text: str, table: str | None
) -> tuple[View, RowId | None, int | None]:
    """Return the row that a text names: a place, an id, a label, also of what is no record yet."""
    views = {view.table.name: view for view in observed.views}
    if place := _PLACE.fullmatch(text):
        return _at(views, place["tab"], int(place["row"]) - 1)
    wanted = ws.schema.table(table).name if table else None
    for name, view in views.items():
        for row, seen in view.state.sheet.items():
            shown = plain_label(view.table, seen.values, observed.labels)
            known = row in view.state.crm
            if wanted in (None, name) and (
                row == text or (not known and fold(shown) == fold(text))
            ):
                return view, row, seen.position
    named = find_row(ws, text, table)
    found = views.get(named.table)
    if found is None:
        raise UsageError(f"the table {named.table} is held back whole", hint="See `syncd status`.")
    return found, named.row, found.positions.get(named.row, _left_alone(found, named.row))


def _left_alone(view: View, row: RowId) -> int | None:
    """Return where a row stands, first of all, that is left alone as long as it cannot be told."""
    frozen, rows = sorted(view.identified.frozen), view.rows
    return next((at for at in frozen if at in rows and id_text(view.tab, rows[at]) == row), None)


def _at(
    views: Mapping[TableName, View], tab: str, position: int
) -> tuple[View, RowId | None, int | None]:
    for view in views.values():
        if fold(tab) in (fold(view.table.title), fold(view.table.name), fold(view.tab.title)):
            if position not in view.rows:
                break
            return view, view.identified.ids.get(position), position
    raise UsageError(
        f"there is no row {position + 1} in a tab “{tab}”", hint="As in Influencers!5."
    )


def _case_without_plan(row: RowId | None, position: int | None, view: View) -> str:
    if position in view.identified.frozen:
        return "Which record the row is cannot be told; it is left alone."
    if row is None:
        return "The row is none of the table's."
    return "Both sides hold the same."


def _held(report: Report, view: View, row: RowId | None, position: int | None) -> tuple[str, ...]:
    """Return why the row, or a column of its table, is left alone."""
    frozen = view.told().get(position) if position is not None else None
    told = [frozen] if frozen else []
    for (name, what), reason in report.paused.items():
        if name == view.table.name and (what == row or str(what).startswith("column ")):
            told.append(reason if what == row else f"{what}: {reason}")
    return tuple(told)


def _fates(view: View, row: RowId | None, plan: RowPlan | None) -> tuple[Fate, ...]:
    """Say of each field where something differs what becomes of it."""
    if row is None:
        return ()
    state = view.state
    sheet, crm, base = state.sheet.get(row), state.crm.get(row), state.base.get(row)
    held: list[Values] = [each.values if each else {} for each in (sheet, crm, base)]
    unread = {p.field: p.text for p in sheet.problems if p.text} if sheet else {}
    fates = []
    for name in view.state.fields:
        values = [each.get(name) for each in held]
        if sheet and name not in sheet.values:
            values[0] = unread.get(name)
        told = _told(name, plan)
        present = [v for v, side in zip(values, (sheet, crm, base), strict=True) if side]
        if told or len(set(map(repr, present))) > 1:
            told = told or "stays as it is"
            fates.append(
                Fate(field=name, sheet=values[0], crm=values[1], base=values[2], told=told)
            )
    return tuple(fates)


def _told(name: FieldName, plan: RowPlan | None) -> str:
    """Return what the plan does with a field."""
    told = []
    for action in plan.actions if plan else ():
        if isinstance(action, Put) and any(_is_of(cell, name) for cell in action.cells):
            side = "the sheet takes the CRM's value" if action.side is Side.SHEET else ""
            told.append(side or "the CRM takes the sheet's value")
    reviews = (*plan.reviews, *plan.turned) if plan else ()
    told += [_asked(review) for review in reviews if review.field == name]
    return "; ".join(told)


def _is_of(cell: Cell, name: FieldName) -> bool:
    return cell.field == name


def _asked(review: Review) -> str:
    side = "the sheet" if review.side is Side.SHEET else "the CRM"
    match review.standing:
        case Standing.OPEN:
            return f"the edit in {side} goes to review"
        case Standing.ACCEPTED | Standing.TAKEN:
            return f"an admin took the edit of {side}"
        case Standing.REJECTED:
            return f"the edit in {side} is turned away; the history keeps it"
        case Standing.MOOT:
            return "the question about it is settled"
