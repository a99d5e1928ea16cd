"""Formulas that were replaced by a value come back into their cells, where they give it again."""

from collections.abc import Iterator, Mapping

from syncd.core.past import Key
from syncd.core.snapshot import RowId, Side, TableName
from syncd.crm.history import Event
from syncd.cycle.effects import Change, Effects
from syncd.cycle.observe import observe
from syncd.cycle.view import Observation
from syncd.cycle.workspace import Workspace
from syncd.cycle.writing import second_read, until_still, write_all
from syncd.schema import encode
from syncd.sheet.cells import Entered, entered_of, is_formula, plain
from syncd.sheet.read import read_values

Formulas = Mapping[Key, str]


def put_back(ws: Workspace, formulas: Formulas, *, origin: str) -> frozenset[Key]:
    """Write formulas over the values that they gave; return those that give it still.

    One that gives another value by now is taken out again: the value stands.
    """
    if not formulas:
        return frozenset()
    hint = "Nothing is lost; the history keeps the formulas."
    until_still(ws, lambda: _put(ws, formulas), hint=hint)
    given = until_still(ws, lambda: _confirm(ws, formulas), hint=hint)
    _tell(ws, formulas, given, origin)
    return given


def _put(ws: Workspace, formulas: Formulas) -> None:
    """Write each formula where its cell shows what both sides hold."""
    observed = _observe(ws)
    wanted = {
        key: {"formulaValue": text} for key, text in formulas.items() if _agrees(observed, key)
    }
    _write(ws, observed, wanted, over=None)


def _confirm(ws: Workspace, formulas: Formulas) -> frozenset[Key]:
    """Return the formulas that give what both sides hold; put the value back over the others."""
    observed = _observe(ws)
    given = frozenset(key for key in formulas if _agrees(observed, key))
    values: dict[Key, Entered] = {}
    for view in observed.views:
        for name, row, field in formulas.keys() - given:
            record = view.state.crm.get(row)
            if name == view.table.name and record is not None:
                value = record.values.get(field)
                cell = encode(view.table.field(field), value, observed.labels)
                values[name, row, field] = entered_of(cell)
    standing = _write(ws, observed, values, over=formulas)
    return given & standing


def _observe(ws: Workspace) -> Observation:
    layout = ws.layout()
    policies = {table.name: ws.policy(table.name) for table in ws.schema.tables}
    return observe(ws, read_values(ws.client, layout), layout, policies)


def _agrees(observed: Observation, key: Key) -> bool:
    """Whether a field is shown, can be read, and is the same on both sides."""
    name, row, field = key
    for view in observed.views:
        sheet, crm = view.state.sheet.get(row), view.state.crm.get(row)
        if name == view.table.name and sheet is not None and crm is not None:
            return field in sheet.values and sheet.values[field] == crm.values.get(field)
    return False


def _write(
    ws: Workspace,
    observed: Observation,
    cells: Mapping[Key, Entered],
    *,
    over: Formulas | None,
) -> frozenset[Key]:
    """Write cells by a fenced operation, only over these formulas where some are given.

    Return the formulas that stand, as they were read before the write.
    """
    layout, read_at = ws.layout(), ws.seconds()
    looked = {**dict.fromkeys(over or (), None), **cells}
    effects = Effects(ends={view.table.name: view.end for view in observed.views})
    effects.changes = list(_changes(observed, looked))
    rows = second_read(ws, layout, observed, effects)
    if rows is None:
        return frozenset()
    places = {(c.table, c.row): rows.entered[c.table].get(c.position, ()) for c in effects.changes}
    standing = frozenset(
        key for key, text in (over or {}).items() if _entered(observed, places, key) == text
    )
    wanted = {key: cell for key, cell in cells.items() if over is None or key in standing}
    effects.changes = list(_changes(observed, wanted))
    if effects.changes:
        write_all(ws, layout, effects, rows, ws.crm.state.last_cycle(), read_at)
    return standing


def _changes(observed: Observation, cells: Mapping[Key, Entered]) -> Iterator[Change]:
    for view in observed.views:
        by_row: dict[RowId, dict[int, Entered]] = {}
        for (name, row, field), cell in cells.items():
            if name == view.table.name and field in view.tab.columns:
                by_row.setdefault(row, {})[view.tab.columns[field]] = cell
        for row, position in view.positions.items():
            if row in by_row:
                name = view.table.name
                yield Change(table=name, row=row, position=position, cells=by_row[row])


def _entered(
    observed: Observation,
    places: Mapping[tuple[TableName, RowId], tuple[Entered, ...]],
    key: Key,
) -> object:
    """Return what was entered into a field's cell."""
    name, row, field = key
    view = next(view for view in observed.views if view.table.name == name)
    column, cells = view.tab.columns.get(field), places.get((name, row), ())
    if column is None or column >= len(cells):
        return None
    return plain(cells[column]) if is_formula(cells[column]) else None


def _tell(ws: Workspace, formulas: Formulas, given: frozenset[Key], origin: str) -> None:
    events = [
        Event(
            table=table,
            row=row,
            side=Side.SHEET,
            outcome="formula put back" if (table, row, field) in given else "formula not put back",
            origin=origin,
            field=field,
            after=text,
            reason="" if (table, row, field) in given else "it gives another value by now",
        )
        for (table, row, field), text in formulas.items()
    ]
    with ws.crm.database.transaction():
        ws.crm.history.add(events, at=ws.now(), cycle=ws.crm.state.last_cycle())
