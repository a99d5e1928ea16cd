"""Inspection: what only the second read tells of rows that are about to be written or pulled."""

from collections.abc import Iterable

from syncd.core.snapshot import FieldName
from syncd.cycle.effects import Effects
from syncd.cycle.rows import id_text, total_key
from syncd.cycle.view import View
from syncd.cycle.workspace import Total
from syncd.sheet.formulas import at, may_spill, totals_others
from syncd.sheet.layout import Tab
from syncd.sheet.read import Rows, cell_at

FILLED = "an array formula fills it; it is not written while the formula is there"


def totalling_rows(view: View, rows: Rows, positions: Iterable[int]) -> set[Total]:
    """Return the rows without an id that total others: they belong to the team."""
    entered, columns = rows.entered[view.table.name], tuple(view.tab.columns.values())
    return {
        total_key(view.table.name, view.tab, view.rows[position])
        for position in positions
        if position in view.rows and not id_text(view.tab, view.rows[position])
        if any(totals_others(at(entered.get(position, ()), column)) for column in columns)
    }


def filled_columns(
    view: View, rows: Rows, effects: Effects, last: int | None
) -> dict[FieldName, str]:
    """Return the columns that are to be written although an array formula fills them.

    `last` is the row above the one at which new rows would be inserted.
    """
    name = view.table.name
    written = [(c.position, c.cells) for c in effects.changes if c.table == name]
    if last is not None:
        written += [(last, each.cells) for each in effects.inserted if each.table == name]
    entered = rows.entered[name]
    return {
        field: FILLED
        for field, column in view.tab.columns.items()
        for position, cells in written
        if column in cells
        if is_spilled(rows, view.tab, position, column)
        or may_spill(at(entered.get(position, ()), column))
    }


def is_spilled(rows: Rows, tab: Tab, position: int, column: int) -> bool:
    """Whether a cell shows something that a formula elsewhere put there."""
    if at(rows.entered[tab.table].get(position, ()), column) is not None:
        return False
    return cell_at(rows.shown[tab.table].get(position, ()), column) not in (None, "")
