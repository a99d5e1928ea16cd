"""Explain: all that is known of one row, and what the next cycle would do with it, and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from syncd.core.plan import Case, Cell, Halt, Put, Review, RowPlan, Standing
from syncd.core.policy import Policy
from syncd.core.snapshot import FieldName, Problem, RowId, Side, TableName, Value
from syncd.crm.history import Search
from syncd.crm.reviews import Entry
from syncd.cycle.both import Both, Places, both_sides
from syncd.cycle.naming import find_row
from syncd.cycle.report import Report
from syncd.cycle.rows import id_text
from syncd.cycle.run import run_cycle
from syncd.cycle.view import Observation, View
from syncd.cycle.workspace import Workspace
from syncd.errors import HaltedError, UsageError
from syncd.schema import Labels, Table, plain_label
from syncd.schema.reading import fold

PAST_MAX = 10
_PLACE = re.compile(r"(?P<tab>.+)!(?:[A-Za-z]{1,3})?(?P<row>[1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """One field where the sides or the base differ, or of which something is to be said.

    `places` are the columns that may be the field's, with what they show, where that is not known;
    `sheet` is then what they agree on.
    """

    field: FieldName
    sheet: Value
    crm: Value
    base: Value
    told: str
    places: Places | None = None


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
    name = view.table.name
    both = both_sides(ws, view, row, position, observed.labels)
    found = view.state.sheet.get(row) if row else None, view.state.crm.get(row) if row else None
    values = both.crm.values if both.crm else both.sheet or {}
    held_back = bool(plans[name].halts)
    return Explanation(
        table=view.table,
        row=row,
        label=plain_label(view.table, values, observed.labels) or str(row or text),
        position=position + 1 if position is not None else None,
        record="none" if not both.crm else "archived" if both.crm.archived else "in use",
        policy=view.policy,
        case=_case(view, row, position, plan, both, held_back=held_back),
        fates=_fates(view, both, plan, held_back=held_back),
        problems=tuple(problem for side in found if side for problem in side.problems),
        plan=plan,
        held=() if name in observed.halted else _held(ws, report, view, row, position),
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
        raise _out_of_sight(observed, named.table)
    return found, named.row, found.positions.get(named.row, _left_alone(found, named.row))


def _out_of_sight(observed: Observation, table: TableName) -> HaltedError:
    """Return what to say of a row whose table has no tab that could be read."""
    return HaltedError(
        f"nothing of its table can be seen: {observed.halted.get(table, 'it has no tab')}",
        on=table,
        hint="Its record stays as it is in the CRM until that is mended; `syncd history --row`"
        " tells what was done to it.",
    )


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
            row = view.identified.ids.get(position)
            if row is None and position in view.identified.frozen and not view.state.fields:
                row = RowId(id_text(view.tab, view.rows[position]))  # the table is halted whole
            return view, row, position
    raise UsageError(
        f"there is no row {position + 1} in a tab “{tab}”", hint="As in Influencers!5."
    )


def _case(
    view: View,
    row: RowId | None,
    position: int | None,
    plan: RowPlan | None,
    both: Both,
    *,
    held_back: bool,
) -> str:
    """Say in a sentence how the row stands; that both sides are alike only where they are."""
    if plan and plan.case is not Case.IN_SYNC:
        return str(plan.case.value)
    names = _fields(view)
    alike = both.is_alike(names)
    if held_back:
        ending = "both sides hold the same of this row" if alike else "the two sides differ"
        return f"The table is held back, and nothing of it is written on either side: {ending}."
    if position in view.identified.frozen:
        return "Which record the row is cannot be told; it is left alone."
    if row is None:
        return "The row is none of the table's."
    if alike:
        return str(Case.IN_SYNC.value)
    if (lone := _on_one_side(both)) is not None:
        return str(lone.value)
    aside = {*view.tab.paused, *view.closed}
    if both.is_alike([name for name in names if name not in aside]):
        return "Both sides hold the same but in a column that is left alone."
    return "The two sides differ, and the row is left alone."


def _on_one_side(both: Both) -> Case | None:
    """Return what it means that a row of which nothing is planned is in use on one side at most."""
    if both.crm and both.crm.archived:
        return Case.ARCHIVED
    if both.sheet is None and both.crm is None:
        return Case.VANISHED
    if both.crm is None:
        return Case.NEW_IN_SHEET
    return Case.NEW_IN_CRM if both.sheet is None and both.base is None else None


def _fields(view: View) -> list[FieldName]:
    return [field.name for field in view.table.fields if not field.computed]


def _held(
    ws: Workspace, report: Report, view: View, row: RowId | None, position: int | None
) -> tuple[str, ...]:
    """Return why the row, or a column of its table, is left alone, or was at the last try."""
    frozen = view.told().get(position) if position is not None else None
    told = [frozen] if frozen else []
    told += _left(report.paused, view, row)
    before = {k: why for k, why in ws.crm.state.paused().items() if k not in report.paused}
    return (*told, *(f"at the last cycle: {each}" for each in _left(before, view, row)))


def _left(
    paused: Mapping[tuple[TableName, RowId], str], view: View, row: RowId | None
) -> list[str]:
    return [
        reason if what == row else f"{what}: {reason}"
        for (name, what), reason in paused.items()
        if name == view.table.name and (what == row or str(what).startswith("column "))
    ]


def _fates(view: View, both: Both, plan: RowPlan | None, *, held_back: bool) -> tuple[Fate, ...]:
    """Say of each field where something differs what becomes of it."""
    fates = []
    for name in _fields(view):
        told, places = _told(name, plan), both.aside.get(name)
        if not (told or both.differs(name)):
            continue
        if places is not None or name in view.closed:
            stays = "stays as it is while its column is left alone"
        else:
            stays = "stays as it is while the table is held back" if held_back else "stays as it is"
        shown = both.in_sheet(name)
        fates.append(
            Fate(
                field=name,
                sheet=shown[0] if len(set(map(repr, shown))) == 1 else None,
                crm=both.crm.values.get(name) if both.crm else None,
                base=both.base.get(name) if both.base else None,
                told=told or stays,
                places=places,
            )
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
