"""Refill: a column that was made anew shows again what the CRM holds.

That its cells are blank is no act of anybody: it must never be read as an edit. The same holds for
days of a column that holds no days any more: their cells are numbers, which nobody has typed.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress

from syncd.core.snapshot import FieldName, TableName, Value
from syncd.cycle.conclude import give_up
from syncd.cycle.effects import Change, Effects
from syncd.cycle.fence import take_over
from syncd.cycle.observe import observe
from syncd.cycle.operate import judge_shown, settle
from syncd.cycle.shown_labels import remember_labels
from syncd.cycle.view import Observation, View
from syncd.cycle.workspace import Workspace
from syncd.cycle.writing import MovedError, second_read, until_still, write_all
from syncd.errors import SyncdError
from syncd.schema import day_of, encode
from syncd.sheet.cells import entered_of
from syncd.sheet.layout import Layout
from syncd.sheet.read import cell_at, in_place, read_values

Added = Mapping[TableName, Collection[FieldName]]


def set_up(ws: Workspace, *, taking_over: bool = False) -> int:
    """Make the spreadsheet a workspace; return how many changes that took.

    `taking_over`: whatever else wrote to it, this database does from now on.
    """
    if taking_over:
        _close_sent(ws)
        take_over(ws)
    changes = ws.set_up(adopting=taking_over)
    if added := ws.refill():
        _refill(ws, added)
        ws.refilled()
    return changes


def _close_sent(ws: Workspace) -> None:
    """Keep what was sent last and is shown as applied, whoever the sheet says that it belongs to.

    Of what nobody can judge any more, what it may have replaced goes into the history.
    """
    if not ws.crm.operations.has_unknown():
        return
    with suppress(SyncdError):
        judge_shown(ws, ws.layout())
    give_up(ws, Layout.load(ws.crm.state.get("layout") or ""))


def _refill(ws: Workspace, added: Added) -> None:
    """Write what the CRM holds into the new columns of the rows that are shown."""
    settle(ws, ws.layout())
    hint = "Run `syncd init` again: a column is still to be filled."
    until_still(ws, lambda: _attempt(ws, added), hint=hint)


def _attempt(ws: Workspace, added: Added) -> None:
    layout, read_at = ws.layout(), ws.seconds()
    policies = {table.name: ws.policy(table.name) for table in ws.schema.tables}
    values = read_values(ws.client, layout)
    if not in_place(values, layout):
        raise MovedError  # it was read before the columns were there
    observed = observe(ws, values, layout, policies)
    effects = Effects(ends={view.table.name: view.end for view in observed.views})
    for view in observed.views:
        effects.changes += _changes(view, observed, added.get(view.table.name, ()))
    rows = second_read(ws, layout, observed, effects)
    if rows is not None:
        remember_labels(ws, observed)
        write_all(ws, layout, effects, rows, ws.crm.state.last_cycle(), read_at)


def _is_to_fill(view: View, position: int, name: FieldName, value: Value) -> bool:
    """Whether a cell is blank, or shows as a day what is held as text since it is no day any more.

    Anything else was typed there meanwhile, and is an edit like any other.
    """
    shown = cell_at(view.rows[position], view.tab.columns[name])
    if shown in (None, "", False):
        return True
    return isinstance(shown, int | float) and day_of(shown) == value


def _changes(view: View, observed: Observation, names: Collection[FieldName]) -> list[Change]:
    changes = []
    for row, position in view.positions.items():
        record = view.state.crm.get(row)
        held = {name: record.values.get(name) for name in names} if record else {}
        cells = {
            view.tab.columns[name]: entered_of(
                encode(view.table.field(name), value, observed.labels)
            )
            for name, value in held.items()
            if value is not None and name in view.tab.columns
            if _is_to_fill(view, position, name, value)
        }
        if cells:
            name = view.table.name
            changes.append(Change(table=name, row=row, position=position, cells=cells))
    return changes
