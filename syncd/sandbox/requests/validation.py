"""The request of batchUpdate that sets drop-downs and other rules on cells."""

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.conditions import VALIDATION, check_condition
from syncd.sandbox.book.filters import hidden_by_filter
from syncd.sandbox.book.model import EMPTY_CELL, Cell, Row
from syncd.sandbox.errors import Json
from syncd.sandbox.requests.cells import rewrite_area
from syncd.sandbox.requests.tables import refuse_typed


def set_data_validation(batch: Batch, request: Json) -> None:
    """Set or clear the rule of a range; rows that a filter hides are left out unless asked for."""
    area, rule = batch.writable(request.get("range")), request.get("rule")
    if rule is not None:
        check_condition(rule.get("condition"), VALIDATION)
        rule = {k: v for k, v in rule.items() if v not in (False, "")}
    refuse_typed(batch.book, area)
    sheet = batch.sheet(area.sheet_id)
    skipped = frozenset[int]()
    if not request.get("filteredRowsIncluded") and sheet.basic_filter is not None:
        skipped = hidden_by_filter(batch.book, sheet)

    def change(row: Row, index: int) -> dict[int, Cell]:
        del index
        if rule is None:
            return {
                column: cell._replace(validation=None)
                for column, cell in row.cells.items()
                if area.left <= column < area.right and cell.validation
            }
        return {
            column: row.cells.get(column, EMPTY_CELL)._replace(validation=rule)
            for column in range(area.left, area.right)
        }

    shown = area if rule is not None else area._replace(bottom=min(area.bottom, len(sheet.rows)))
    if not skipped:
        rewrite_area(sheet, shown, change)
        return
    for index in range(shown.top, shown.bottom):
        if index not in skipped:
            changed = change(sheet.row(index), index)
            if changed:
                sheet.put_cells(index, changed)
