"""The methods of `spreadsheets.values`: plain rectangles of values."""

from typing import Any

from syncd.sandbox.book import a1
from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.cells import checked_text, plain_value
from syncd.sandbox.book.entry import parse_entry
from syncd.sandbox.book.evaluate import Evaluator, evaluator
from syncd.sandbox.book.formula import Shift
from syncd.sandbox.book.model import EMPTY_CELL, Area, Book, Cell, Formula, Sheet
from syncd.sandbox.book.structure import check_size, insert
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.requests.metadata import matches, metadata_area

_RENDERS = {"FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"}
_DATES = {"SERIAL_NUMBER", "FORMATTED_STRING"}


class Rendering:
    """The three options with which values are read."""

    def __init__(self, given: Json, prefix: str = "") -> None:
        def option(name: str, default: str, allowed: set[str]) -> str:
            key = f"{prefix}{name[0].upper()}{name[1:]}" if prefix else name
            value = str(given.get(key, default))
            if value not in allowed:
                raise invalid(f"Invalid value at '{key}' (TYPE_ENUM), \"{value}\"")
            return value

        self.render = option("valueRenderOption", "FORMATTED_VALUE", _RENDERS)
        self.dates = option("dateTimeRenderOption", "SERIAL_NUMBER", _DATES)
        self.major = "ROWS"
        if not prefix:
            self.major = option("majorDimension", "ROWS", {"ROWS", "COLUMNS"})


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
    if isinstance(cell.value, str):
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
    """Give a ValueRange; an empty one has no values."""
    values = area_values(book, area, options)
    answer: Json = {"range": a1.render(book, area), "majorDimension": options.major}
    return answer | ({"values": values} if values else {})


def filtered_areas(book: Book, data_filter: Json) -> list[Area]:
    """Give the areas that a DataFilter selects."""
    if "a1Range" in data_filter:
        return [a1.parse_a1(book, data_filter["a1Range"])]
    if "gridRange" in data_filter:
        return [a1.grid_area(book, data_filter["gridRange"], clamp=True)]
    if "developerMetadataLookup" not in data_filter:
        raise invalid("Must specify a data filter.")
    found = [m for m in book.metadata.values() if matches(book, data_filter, m)]
    areas = (metadata_area(book, entry) for entry in found)
    return [area for area in areas if area is not None]


def write_values(batch: Batch, area: Area, given: Json, option: str, asked: str) -> Json:
    """Write a ValueRange into an area and give the UpdateValuesResponse."""
    rows = given.get("values", [])
    if given.get("majorDimension") == "COLUMNS":
        height = max((len(column) for column in rows), default=0)
        rows = [[c[i] if i < len(c) else None for c in rows] for i in range(height)]
    _check_fit(batch.book, area, rows, asked)
    batch.guard(_touched(area, rows) or area)
    sheet, cells = batch.sheet(area.sheet_id), 0
    locale = batch.book.properties["locale"]
    written_rows, written_columns = set(), set()
    for index, values in enumerate(rows, area.top):
        old = sheet.row(index).cells
        changed = {}
        for column, value in enumerate(values, area.left):
            if value is None:
                continue
            changed[column] = _entered(old.get(column, EMPTY_CELL), value, option, locale)
            written_columns.add(column)
        if changed:
            sheet.put_cells(index, changed)
            written_rows.add(index)
            cells += len(changed)
    touched = _touched(area, rows)
    shown = area._replace(bottom=area.top + 1, right=area.left + 1) if touched is None else touched
    answer: Json = {
        "spreadsheetId": batch.book.book_id,
        "updatedRange": a1.render(batch.book, shown),
    }
    if cells:
        answer |= {
            "updatedRows": len(written_rows),
            "updatedColumns": len(written_columns),
            "updatedCells": cells,
        }
    return answer


def _touched(area: Area, rows: list[list[Any]]) -> Area | None:
    """Give the area from the corner to the last cell that is not skipped."""
    places = [
        (r, c) for r, values in enumerate(rows) for c, v in enumerate(values) if v is not None
    ]
    if not places:
        return None
    top, left = min(r for r, _ in places), min(c for _, c in places)
    bottom, right = max(r for r, _ in places) + 1, max(c for _, c in places) + 1
    return Area(
        area.sheet_id, area.top + top, area.top + bottom, area.left + left, area.left + right
    )


def _check_fit(book: Book, area: Area, rows: list[list[Any]], asked: str) -> None:
    height, width = len(rows), max((len(row) for row in rows), default=0)
    sheet = book.sheet(area.sheet_id)
    single = (
        area.bottom - area.top == 1
        and area.right - area.left == 1
        and ":" not in asked.rpartition("!")[2]
    )
    if not single:
        within = f"Requested writing within range [{a1.render(book, area)}], but tried writing to"
        if height > area.bottom - area.top:
            raise invalid(f"{within} row [{area.bottom + 1}]")
        if width > area.right - area.left:
            raise invalid(f"{within} column [{a1.column_letters(area.right)}]")
    elif area.top + height > sheet.row_count or area.left + width > sheet.column_count:
        reach = area._replace(bottom=area.top + height, right=area.left + width)
        raise invalid(
            f"Range ({a1.render(book, reach)}) exceeds grid limits. Max rows: {sheet.row_count}, "
            f"max columns: {sheet.column_count}"
        )


def _entered(old: Cell, value: Any, option: str, locale: str) -> Cell:
    if isinstance(value, (list, dict)):
        raise invalid(f"Invalid values: unsupported value {value!r}")
    if not isinstance(value, str):
        return old._replace(value=value, runs=None)
    checked_text(value)
    number_format = (old.format or {}).get("numberFormat")
    if not value:
        return old._replace(value=None, runs=None)
    if option == "RAW" or (number_format or {}).get("type") == "TEXT":
        return old._replace(value=value, runs=None)
    entered, implied = parse_entry(value, locale)
    cell_format = old.format
    if implied is not None and number_format is None:
        cell_format = (old.format or {}) | {"numberFormat": implied}
    return old._replace(value=entered, format=cell_format, runs=None)


def input_option(given: Json) -> str:
    """Give the value input option, which a writing must have."""
    option = given.get("valueInputOption")
    if option not in {"RAW", "USER_ENTERED"}:
        raise invalid(
            "'valueInputOption' is required but not specified"
            if option in {None, "INPUT_VALUE_OPTION_UNSPECIFIED"}
            else f"Invalid value at 'value_input_option' (TYPE_ENUM), \"{option}\""
        )
    return str(option)


def add_written(batch: Batch, answer: Json, area: Area, query: Json, major: str) -> None:
    """Add the written values to an answer when the caller asked for them."""
    if query.get("includeValuesInResponse"):
        options = Rendering(query, "response")
        options.major = major
        batch.book.cache.clear()
        answer["updatedData"] = value_range(batch.book, area, options)


def append(batch: Batch, asked: str, given: Json, query: Json) -> Json:
    """Write rows below the table that a range lies in."""
    area, option = a1.parse_a1(batch.book, asked), input_option(query)
    rows = given.get("values", [])
    if given.get("majorDimension") == "COLUMNS":
        height = max((len(column) for column in rows), default=0)
        rows = [[c[i] if i < len(c) else None for c in rows] for i in range(height)]
    sheet = batch.sheet(area.sheet_id)
    table = table_around(batch.book, sheet, area)
    top, left = (area.top, area.left) if table is None else (table.bottom, table.left)
    width = max((len(row) for row in rows), default=0)
    if query.get("insertDataOption") == "INSERT_ROWS" and top < sheet.row_count:
        insert(batch.book, sheet.sheet_id, Shift(True, top, len(rows)), before=top > 0)
    sheet.row_count = max(sheet.row_count, top + len(rows))
    sheet.column_count = max(sheet.column_count, left + width)
    check_size(batch.book)
    target = Area(sheet.sheet_id, top, top + max(len(rows), 1), left, left + max(width, 1))
    target = target._replace(
        bottom=min(target.bottom, sheet.row_count), right=min(target.right, sheet.column_count)
    )
    updates = write_values(batch, target, {"values": rows}, option, ":")
    answer: Json = {"spreadsheetId": batch.book.book_id}
    if table is not None:
        answer["tableRange"] = a1.render(batch.book, table)
    written = a1.parse_a1(batch.book, updates["updatedRange"])
    add_written(batch, updates, written, query, "ROWS")
    return answer | {"updates": updates}


def table_around(book: Book, sheet: Sheet, area: Area) -> Area | None:
    """Give the last table that meets a range: a block of cells without an empty line in it."""
    results = evaluator(book)
    height = results.height(sheet)
    bottom = min(area.bottom, height)
    last = None
    for index in range(bottom - 1, area.top - 1, -1):
        columns = [
            c
            for c, cell in results.shown(sheet, index).items()
            if cell.value is not None and area.left <= c < area.right
        ]
        if columns:
            last = index, max(columns)
            break
    if last is None:
        return None
    top, end, left, right = last[0], last[0] + 1, last[1], last[1] + 1
    grown = True
    while grown:
        before = top, end, left, right
        while top and _any(results.shown(sheet, top - 1), left - 1, right + 1):
            top -= 1
        while end < height and _any(results.shown(sheet, end), left - 1, right + 1):
            end += 1
        while left and _column_any(results, sheet, (top - 1, end + 1), left - 1):
            left -= 1
        while _column_any(results, sheet, (top - 1, end + 1), right):
            right += 1
        grown = before != (top, end, left, right)
    return Area(sheet.sheet_id, top, end, left, right)


def _any(cells: dict[int, Cell], left: int, right: int) -> bool:
    return any(left <= c < right and cell.value is not None for c, cell in cells.items())


def _column_any(results: Evaluator, sheet: Sheet, span: tuple[int, int], column: int) -> bool:
    return any(
        results.shown_cell(sheet, row, column).value is not None
        for row in range(max(span[0], 0), min(span[1], results.height(sheet)))
    )


def clear(batch: Batch, area: Area) -> None:
    """Clear the values of an area; formats, notes and validation stay."""
    batch.guard(area)
    sheet = batch.sheet(area.sheet_id)
    for index in range(area.top, min(area.bottom, len(sheet.rows))):
        changed = {
            column: cell._replace(value=None, runs=None)
            for column, cell in sheet.rows[index].cells.items()
            if area.left <= column < area.right and cell.value is not None
        }
        if changed:
            sheet.put_cells(index, changed)
