"""Tables: named ranges of typed columns, whose names stand in the range's first row."""

from syncd.sandbox.book.filters import shown_text
from syncd.sandbox.book.grid_range import grid_area
from syncd.sandbox.book.model import EMPTY_CELL, Area, Book, Formula, Sheet
from syncd.sandbox.errors import Json


def body_of(book: Book, table: Json) -> Area:
    """Give the cells of a table that hold its rows: no header, no footer."""
    area = grid_area(book, table["range"], clamp=True)
    footer = "footerColorStyle" in table.get("rowsProperties", {})
    return area._replace(top=area.top + 1, bottom=max(area.top + 1, area.bottom - footer))


def settle_tables(book: Book) -> None:
    """Let the columns of changed tables be called what their header cells say.

    A header cell that is empty or holds a formula is given a name, as every column must have one.
    """
    for sheet in [s for s in book.sheets if s.sheet_id in book.own and s.tables]:
        for place, table in enumerate(sheet.tables):
            named = table | {"columnProperties": columns_of(book, sheet, table)}
            if named != table:
                sheet.tables[place] = named


def columns_of(book: Book, sheet: Sheet, table: Json) -> list[Json]:
    """Give a table's columns, named by their header cells; cells without a name are given one."""
    area = grid_area(book, table["range"], clamp=True)
    known = {c.get("columnIndex", 0): c for c in table.get("columnProperties", [])}
    texts = [_header(book, sheet, area.top, column) for column in range(area.left, area.right)]
    columns, changed = [], {}
    for index, text in enumerate(texts):
        name = text
        if not name:
            number = index + 1
            while f"Column {number}" in texts:
                number += 1
            name = texts[index] = f"Column {number}"
            old = sheet.cell(area.top, area.left + index)
            changed[area.left + index] = old._replace(value=name, runs=None)
        column: Json = {"columnIndex": index} if index else {}
        rest = {k: v for k, v in known.get(index, {}).items() if k not in column}
        rest.pop("columnIndex", None)
        columns.append(column | rest | {"columnName": name})
    if changed:
        sheet.put_cells(area.top, changed)
    return [_ordered(column) for column in columns]


_ORDER = ("columnIndex", "columnName", "columnType", "dataValidationRule")


def _ordered(column: Json) -> Json:
    return {name: column[name] for name in _ORDER if name in column}


def _header(book: Book, sheet: Sheet, row: int, column: int) -> str:
    cell = sheet.cell(row, column)
    if cell is EMPTY_CELL or cell.value is None or type(cell.value) is Formula:
        return ""
    return shown_text(book, sheet, row, column)[1]
