"""Effects: which cells of the sheet a plan changes, syncd's own two columns included."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from syncd.core.plan import Case, Create, Put, Remove, RowPlan, TablePlan
from syncd.core.snapshot import FieldName, RowId, Side, TableName, Value
from syncd.cycle.view import Observation, View
from syncd.schema import Labels, Table, encode, show
from syncd.sheet.cells import Entered, entered_of
from syncd.sheet.exchange import Inserted
from syncd.sheet.read import cell_at
from syncd.sheet.status import frozen_status, halted_status, status_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is written into one row that the sheet shows; a removed row loses everything."""

    table: TableName
    row: RowId
    position: int
    cells: Mapping[int, Entered]
    removed: bool = False


@dataclass(slots=True, kw_only=True)
class Effects:
    """All that is written to the sheet, and the plans of the rows where nothing is."""

    changes: list[Change] = field(default_factory=list)
    inserted: list[Inserted] = field(default_factory=list)
    plans: dict[tuple[TableName, RowId], RowPlan] = field(default_factory=dict)
    ends: dict[TableName, int] = field(default_factory=dict)

    def written(self) -> set[tuple[TableName, RowId]]:
        """The rows that the sheet has to confirm before their plan is committed."""
        rows = {(each.table, each.row) for each in self.changes}
        return rows | {(each.table, each.row) for each in self.inserted}


def effects_of(
    observed: Observation,
    plans: Mapping[TableName, TablePlan],
    paused: Mapping[tuple[TableName, RowId], str],
    refused: Mapping[tuple[TableName, RowId], str],
    locked: Collection[tuple[TableName, RowId]] = (),
) -> Effects:
    """Return what the plans write; rows that are paused are left alone, but for another's id.

    `refused` are the rows that the CRM could not take in the cycle before, with why; `locked` are
    the paused rows of which Google refused to change anything.
    """
    effects = Effects()
    for view in observed.views:
        plan = plans[view.table.name]
        for row in plan.rows:
            if (plan.table, row.row) not in paused and _says_anything(row, view):
                effects.plans[plan.table, row.row] = row
        effects.ends[plan.table] = view.end
        _existing_rows(effects, view, plan, observed, paused, refused)
        effects.changes += _followed_ids(view, plan, paused.keys() - set(locked))
        _new_rows(effects, view, plan, observed.labels, paused)
    return effects


def _says_anything(plan: RowPlan, view: View) -> bool:
    """Whether a plan changes anything that is remembered or held."""
    told = plan.actions or plan.reviews or plan.turned
    return bool(told) or plan.base != view.state.base.get(plan.row)


def _existing_rows(
    effects: Effects,
    view: View,
    plan: TablePlan,
    observed: Observation,
    paused: Mapping[tuple[TableName, RowId], str],
    refused: Mapping[tuple[TableName, RowId], str],
) -> None:
    by_row = {row.row: row for row in plan.rows}
    for row, position in view.positions.items():
        if (view.table.name, row) in paused:
            continue
        planned = by_row.get(row)
        cells = dict(_planned_cells(view, planned, observed.labels))
        if not plan.halts:
            cells |= {c: e for c, e in _stale_labels(view, row, observed) if c not in cells}
        status = (
            halted_status(plan.halts[0].rail)
            if plan.halts
            else status_of(planned, view.table, _shower(view.table, observed.labels))
        )
        if (view.table.name, row) in refused:
            status = frozen_status(refused[view.table.name, row])
        # A table that is held back is told so, and nothing else is written into it.
        cells |= _own_cells(view, position, status, None if plan.halts else row)
        removed = planned is not None and any(isinstance(a, Remove) for a in planned.actions)
        if cells or removed:
            change = Change(
                table=view.table.name,
                row=row,
                position=position,
                cells={} if removed else cells,
                removed=removed,
            )
            effects.changes.append(change)
    for position, reason in view.told().items():
        cells = _own_cells(view, position, frozen_status(reason), None)
        # A row that is left alone is known by its place in this read alone.
        stand_in = RowId(f"@{position}")
        if cells and (view.table.name, stand_in) not in paused:
            effects.changes.append(
                Change(table=view.table.name, row=stand_in, position=position, cells=cells)
            )
    effects.changes += _stale_ids(view, plan, paused)


def _followed_ids(
    view: View, plan: TablePlan, paused: Collection[tuple[TableName, RowId]]
) -> Iterator[Change]:
    """Yield the ids of paused rows that stand under another's, which would else stand twice."""
    for row, position in view.positions.items():
        shown = cell_at(view.rows[position], view.tab.id_column)
        if (plan.table, row) in paused and shown not in (None, "", row) and not plan.halts:
            cells = {view.tab.id_column: entered_of(row)}
            yield Change(table=plan.table, row=row, position=position, cells=cells)


def _stale_ids(
    view: View, plan: TablePlan, paused: Mapping[tuple[TableName, RowId], str]
) -> Iterator[Change]:
    """Yield what takes the id from blank rows that it does not belong to any more.

    A row that this plan finds gone on both sides is among them: no later cycle would look at it.
    """
    blank = view.identified.blank
    back = {blank.get(planned.row) for planned in plan.rows if planned.actions}
    gone = {blank[each.row] for each in plan.rows if each.row in blank and _is_gone(each)}
    for position in sorted({*view.identified.stale, *gone}):
        own = (view.tab.id_column, view.tab.status_column)
        shown = view.rows[position]
        cells = {c: None for c in own if cell_at(shown, c) not in (None, "")}
        stand_in = RowId(f"@{position}")
        left = position in back or plan.halts or (plan.table, stand_in) in paused
        if cells and not left:
            yield Change(table=view.table.name, row=stand_in, position=position, cells=cells)


def _is_gone(planned: RowPlan) -> bool:
    """Whether nothing is left to do about a row: both sides know that it is no more."""
    gone = planned.case is Case.VANISHED or (planned.base is not None and planned.base.gone)
    return gone and not planned.actions


def _planned_cells(
    view: View, planned: RowPlan | None, labels: Labels
) -> Iterator[tuple[int, Entered]]:
    """Yield the cells that the plan puts into a row."""
    for action in planned.actions if planned else ():
        if isinstance(action, Put) and action.side is Side.SHEET:
            for cell in action.cells:
                if cell.field in view.tab.columns and cell.field not in view.closed:
                    field_ = view.table.field(cell.field)
                    written = entered_of(encode(field_, cell.value, labels))
                    yield view.tab.columns[cell.field], written


def _stale_labels(view: View, row: RowId, observed: Observation) -> Iterator[tuple[int, Entered]]:
    """Yield the cells that show a former label of the record that they refer to."""
    seen = view.state.sheet[row]
    for field_ in view.table.fields:
        target, column = seen.values.get(field_.name), view.tab.columns.get(field_.name)
        if field_.reference is None or target is None or column is None:
            continue
        if field_.name in view.closed:
            continue
        shown = cell_at(view.rows[seen.position], column)
        label = observed.labels.label(field_.reference, str(target))
        former = observed.former.get(field_.reference, {})
        if label == target:
            continue  # a record without a name has no label that anybody could read
        if isinstance(shown, str) and shown != label and former.get(shown) == target:
            yield column, entered_of(label)


def _own_cells(view: View, position: int, status: str, row: RowId | None) -> dict[int, Entered]:
    """Return the id and the status of a row where they are not what they should be."""
    shown, tab = view.rows[position], view.tab
    cells: dict[int, Entered] = {}
    if str(cell_at(shown, tab.status_column) or "") != status:
        cells[tab.status_column] = entered_of(status)
    if row is not None and str(cell_at(shown, tab.id_column) or "") != row:
        cells[tab.id_column] = entered_of(row)
    return cells


def _new_rows(
    effects: Effects,
    view: View,
    plan: TablePlan,
    labels: Labels,
    paused: Mapping[tuple[TableName, RowId], str],
) -> None:
    """Rows that come into the sheet: into their own blank row where it stands, else below."""
    for planned in plan.rows:
        if (plan.table, planned.row) in paused:
            continue
        for action in planned.actions:
            if isinstance(action, Create) and action.side is Side.SHEET:
                cells = _whole_row(view, planned, action, labels)
                position = view.identified.blank.get(planned.row)
                if position is None:
                    name = view.table.name
                    effects.inserted.append(Inserted(table=name, row=planned.row, cells=cells))
                else:
                    effects.changes.append(
                        Change(
                            table=view.table.name,
                            row=planned.row,
                            position=position,
                            cells=cells,
                        )
                    )


def _whole_row(view: View, planned: RowPlan, action: Create, labels: Labels) -> dict[int, Entered]:
    tab, table = view.tab, view.table
    cells = {
        column: entered_of(encode(table.field(name), action.values.get(name), labels))
        for name, column in tab.columns.items()
        if name not in view.closed
    }
    cells = {column: entered for column, entered in cells.items() if entered is not None}
    status = status_of(planned, table, _shower(table, labels))
    cells[tab.status_column] = entered_of(status)
    cells[tab.id_column] = entered_of(planned.row)
    return cells


def _shower(table: Table, labels: Labels) -> Callable[[FieldName, Value], str]:
    """Return what shows a value of a table's field as the sheet does."""
    return lambda name, value: show(table.field(name), value, labels)
