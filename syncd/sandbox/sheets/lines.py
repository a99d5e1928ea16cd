"""Rows of values printed once: rows never change, so their text is kept with them.

What a row shows depends only on itself, unless it holds a formula or shows a part of a result that
spilled into it. The text of all other rows is kept per way of reading, printed when they are
written, or else outside of the lock when they are first read.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from syncd.sandbox.book.cells import plain_value
from syncd.sandbox.book.evaluate import Evaluator, evaluator
from syncd.sandbox.book.model import Area, Book, Cell, Formula, Row, Sheet
from syncd.sandbox.protocol.wire import EMPTY_ROW, Lines, number, printed_row

_KEPT_MAX = 4
_WARM = (("FORMATTED_VALUE", "SERIAL_NUMBER"), ("UNFORMATTED_VALUE", "SERIAL_NUMBER"))
Key = tuple[str, str, str]


def row_values(
    book: Book, cells: dict[int, Cell], columns: range, render: str, dates: str
) -> list[Any]:
    """Give the values of a row without formulas."""
    values: list[Any] = []
    formatted = render == "FORMATTED_VALUE"
    for column in columns:
        cell = cells.get(column)
        value: Any = cell.value if cell is not None else ""
        kind = type(value)
        if value is None:
            values.append("")
        elif cell is None or (kind is str and cell.format is None):
            values.append(value)
        elif formatted or (cell.format is not None and dates == "FORMATTED_STRING"):
            values.append(plain_value(value, cell, book, render=render, dates=dates))
        else:
            values.append(number(value) if kind is float else value)
    return values


def _text(book: Book, row: Row, area: Area, key: Key) -> bytes:
    """Give the kept text of a row that depends on nothing else."""
    right = min(area.right, row.width)
    place: tuple[Any, ...] = (
        key if area.left == 0 and right == row.width else (*key, area.left, right)
    )
    known = row.printed.get(place)
    if known is None:
        if len(row.printed) >= _KEPT_MAX:
            row.printed.clear()
        values = row_values(book, row.cells, range(area.left, right), key[0], key[1])
        known = row.printed[place] = printed_row(values)
    return known


def lines(book: Book, area: Area, render: str, dates: str) -> Lines | None:
    """Give the rows of an area ready to be printed; None if no cell in it shows anything."""
    sheet, results = book.sheet(area.sheet_id), evaluator(book)
    key = (render, dates, book.properties["locale"])
    found: list[Row | bytes] = []
    for index in range(area.top, min(area.bottom, results.height(sheet))):
        row, cells = sheet.row(index), results.shown(sheet, index)
        if cells is row.cells and not row.has_formula:
            found.append(row)
        else:
            found.append(printed_row(_computed(book, sheet, index, area, results, (render, dates))))
    for item in found:
        if (_text(book, item, area, key) if isinstance(item, Row) else item) != EMPTY_ROW:
            return Lines(_printed(book, found, area, key))
    return None


def _printed(book: Book, found: list[Row | bytes], area: Area, key: Key) -> Iterator[bytes]:
    whole = area.left == 0
    for item in found:
        if not isinstance(item, Row):
            yield item
            continue
        known = item.printed.get(key) if whole and item.width <= area.right else None
        yield _text(book, item, area, key) if known is None else known


def _computed(
    book: Book, sheet: Sheet, index: int, area: Area, results: Evaluator, how: tuple[str, str]
) -> list[Any]:
    """Give the values of a row with formulas or spilled results."""
    cells = results.shown(sheet, index)
    values: list[Any] = []
    for column in range(area.left, min(area.right, max(cells, default=-1) + 1)):
        cell = cells.get(column)
        if cell is None or cell.value is None:
            values.append("")
            continue
        value = cell.value
        result = results.cell(sheet, index, column) if isinstance(value, Formula) else value
        values.append(plain_value(result, cell, book, render=how[0], dates=how[1]))
    return values


def print_rows(book: Book, rows: Iterable[Row]) -> None:
    """Print new rows in the usual ways, so that the first to read them does not wait."""
    for render, dates in _WARM:
        key = (render, dates, book.properties["locale"])
        for row in rows:
            if row.cells and not row.has_formula:
                _text(book, row, Area(0, 0, 0, 0, row.width), key)
