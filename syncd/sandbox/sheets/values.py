"""Plain rectangles of values as the methods of `spreadsheets.values` read them."""

from typing import Any

from syncd.sandbox.book import a1
from syncd.sandbox.book.cells import plain_value
from syncd.sandbox.book.evaluate import evaluator
from syncd.sandbox.book.model import Area, Book, Cell, Formula, Sheet
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.wire import Lines
from syncd.sandbox.requests.metadata import check_lookup, matches, metadata_area
from syncd.sandbox.sheets.lines import lines


class Rendering:
    """The three options with which values are read, of a checked query or body."""

    def __init__(self, given: Json, prefix: str = "") -> None:
        def option(name: str, default: str) -> str:
            return str(
                given.get(f"{prefix}{name[0].upper()}{name[1:]}" if prefix else name, default)
            )

        self.render = option("valueRenderOption", "FORMATTED_VALUE")
        self.dates = option("dateTimeRenderOption", "SERIAL_NUMBER")
        self.major = "ROWS"
        if given.get("majorDimension") == "COLUMNS" and not prefix:
            self.major = "COLUMNS"


def area_values(book: Book, area: Area, options: Rendering) -> list[list[Any]]:
    """Give the values of an area by rows or columns, blanks at the ends cut."""
    sheet, results = book.sheet(area.sheet_id), evaluator(book)
    rows: list[list[Any]] = []
    for index in range(area.top, min(area.bottom, results.height(sheet))):
        cells = results.shown(sheet, index)
        row: list[Any] = []
        if cells:
            row = [
                _read(book, sheet, cells.get(column), index, column, options, results)
                for column in range(area.left, min(area.right, max(cells) + 1))
            ]
        rows.append(row)
    if options.major == "COLUMNS":
        width = max((len(row) for row in rows), default=0)
        rows = [[row[c] if c < len(row) else "" for row in rows] for c in range(width)]
    return _trimmed(rows)


def _read(
    book: Book,
    sheet: Sheet,
    cell: Cell | None,
    row: int,
    column: int,
    options: Rendering,
    results: Any,
) -> Any:
    if cell is None or cell.value is None:
        return ""
    if isinstance(cell.value, str) and cell.format is None:
        return cell.value
    result = results.cell(sheet, row, column) if isinstance(cell.value, Formula) else cell.value
    return plain_value(result, cell, book, render=options.render, dates=options.dates)


def _trimmed(rows: list[list[Any]]) -> list[list[Any]]:
    for row in rows:
        while row and row[-1] == "":
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def value_range(book: Book, area: Area, options: Rendering) -> Json:
    """Give a ValueRange; an empty one has no values, and one without cells no range to name."""
    if area.top == area.bottom or area.left == area.right:
        return {"range": "#REF!", "majorDimension": options.major}
    answer: Json = {"range": a1.render(book, area), "majorDimension": options.major}
    values: list[list[Any]] | Lines | None
    if options.major == "COLUMNS":
        values = area_values(book, area, options)
    else:
        values = lines(book, area, options.render, options.dates)
    return answer | ({"values": values} if values else {})


def echoed(data_filter: Json) -> Json:
    """Give a DataFilter as answers repeat it: the first tab goes without its id."""
    bounds = data_filter.get("gridRange")
    if not bounds or bounds.get("sheetId"):
        return data_filter
    return {"gridRange": {name: index for name, index in bounds.items() if name != "sheetId"}}


def filtered_areas(book: Book, data_filter: Json) -> list[Area]:
    """Give the areas that a DataFilter selects."""
    if "a1Range" in data_filter:
        return [a1.parse_a1(book, data_filter["a1Range"])]
    if "gridRange" in data_filter:
        return [a1.grid_area(book, data_filter["gridRange"])]
    if "developerMetadataLookup" not in data_filter:
        raise invalid("dataFilter.filter must be specified.")
    check_lookup(book, data_filter)
    found = [m for m in book.metadata.values() if matches(book, data_filter, m)]
    areas = (metadata_area(book, entry) for entry in found)
    return [area for area in areas if area is not None]
