"""Appending rows to the last table in a range, and what counts as a table."""

from syncd.sandbox.book import a1
from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.evaluate import evaluator
from syncd.sandbox.book.formula import Shift
from syncd.sandbox.book.model import EMPTY_CELL, Area, Book, Cell, Sheet
from syncd.sandbox.book.structure import check_size, insert
from syncd.sandbox.errors import Json
from syncd.sandbox.requests.growing import grow_filter, grow_over
from syncd.sandbox.sheets.writing import Rows, Written, add_written, write_values


def append(batch: Batch, area: Area, rows: Rows, option: str, query: Json) -> Json:
    """Write rows below the table that a range lies in, or into the range if there is none."""
    sheet = batch.sheet(area.sheet_id)
    table = table_in(batch.book, sheet, area)
    top, left = (area.top, area.left) if table is None else (table.bottom, table.left)
    height, width = len(rows), max((len(row) for row in rows), default=0)
    if query.get("insertDataOption") == "INSERT_ROWS" and top < sheet.row_count and height:
        shift = Shift(True, top, height)
        insert(batch.book, sheet.sheet_id, shift, before=top > 0)
        if top:
            grow_over(batch, sheet.sheet_id, shift)
    sheet.row_count = max(sheet.row_count, top + height)
    sheet.column_count = max(sheet.column_count, left + width)
    check_size(batch.book)
    bottom, right = top + max(height, 1), left + max(width, 1)
    target = Area(sheet.sheet_id, top, bottom, left, right)
    answer: Json = {"spreadsheetId": batch.book.book_id}
    if table is not None:
        answer["tableRange"] = a1.render(batch.book, table)
    if not rows:
        return answer | {"updates": _nothing(batch, target, sheet)}
    written = write_values(batch, target, rows, option, bounded=True)
    grow_filter(batch, sheet, top, height)
    add_written(batch, written, written.area, query, "ROWS")
    return answer | {"updates": written.answer}


def _nothing(batch: Batch, target: Area, sheet: Sheet) -> Json:
    inside = target._replace(bottom=min(target.bottom, sheet.row_count))
    written = Written({}, inside if inside.bottom > inside.top else sheet.whole())
    return {
        "spreadsheetId": batch.book.book_id,
        "updatedRange": a1.render(batch.book, written.area),
    }


class _Shown:
    """The rows of a sheet as they show, with what formulas fill."""

    def __init__(self, book: Book, sheet: Sheet) -> None:
        self.sheet = sheet
        self.results = evaluator(book)
        self.height = self.results.height(sheet)

    def cells(self, row: int) -> dict[int, Cell]:
        return self.results.shown(self.sheet, row)


def table_in(book: Book, sheet: Sheet, area: Area) -> Area | None:
    """Give the last table that meets a range: a block of cells without an empty line in it."""
    shown = _Shown(book, sheet)
    for index in range(min(area.bottom, shown.height) - 1, area.top - 1, -1):
        columns = _filled(shown, index, area.left, area.right)
        if columns:
            return _grown(
                shown, Area(sheet.sheet_id, index, index + 1, max(columns), max(columns) + 1)
            )
    return _around(shown, area)


def _around(shown: _Shown, area: Area) -> Area | None:
    """Give the table whose bounds an empty range lies in, though none of its cells does."""
    for row in range(min(area.bottom + 1, shown.height) - 1, max(area.top - 1, 0) - 1, -1):
        for column in sorted(_filled(shown, row, area.left - 1, area.right + 1), reverse=True):
            found = _grown(shown, Area(area.sheet_id, row, row + 1, column, column + 1))
            if found.meets(area):
                return found
    return None


def _grown(shown: _Shown, block: Area) -> Area:
    """Let a block grow over every cell that touches it."""
    _, top, bottom, left, right = block
    grown = True
    while grown:
        before = top, bottom, left, right
        while top and _any(shown, top - 1, left - 1, right + 1):
            top -= 1
        while bottom < shown.height and _any(shown, bottom, left - 1, right + 1):
            bottom += 1
        for row in range(max(top - 1, 0), min(bottom + 1, shown.height)):
            cells = shown.cells(row)
            while left and _holds(cells, left - 1):
                left -= 1
            while cells and _holds(cells, right):
                right += 1
        grown = before != (top, bottom, left, right)
    return Area(block.sheet_id, top, bottom, left, right)


def _holds(cells: dict[int, Cell], column: int) -> bool:
    return cells.get(column, EMPTY_CELL).value is not None


def _any(shown: _Shown, row: int, left: int, right: int) -> bool:
    """Tell whether a row holds a value within bounds; in a table, its first cells mostly do."""
    cells = shown.cells(row)
    found = (cells.get(column) for column in range(max(left, 0), right))
    return any(cell is not None and cell.value is not None for cell in found)


def _filled(shown: _Shown, row: int, left: int, right: int) -> list[int]:
    """Give the columns of a row, within bounds, that hold a value."""
    cells = shown.cells(row)
    return [c for c, cell in cells.items() if left <= c < right and cell.value is not None]
