"""Writing plain values into the cells of an area, and what the answer says about it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from syncd.sandbox.book import a1
from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.cells import checked_text
from syncd.sandbox.book.entry import entered
from syncd.sandbox.book.model import EMPTY_CELL, Area, Book, Cell
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.sheets.values import Rendering, value_range

Rows = list[list[Any]]
_EXACT = 2**53
_RAW_BUT_FORMULAS = "raw, but formulas"


@dataclass(slots=True)
class Written:
    """What one ValueRange wrote: the answer about it, and which rows and columns it touched."""

    answer: Json
    area: Area
    rows: set[int] = field(default_factory=set)
    columns: set[int] = field(default_factory=set)


def by_rows(given: Json) -> Rows:
    """Give the values of a ValueRange by rows, whichever way it holds them."""
    values: Rows = given.get("values", [])
    if given.get("majorDimension") != "COLUMNS":
        return values
    height = max((len(column) for column in values), default=0)
    return [[c[i] if i < len(c) else None for c in values] for i in range(height)]


def write_values(batch: Batch, area: Area, rows: Rows, option: str, *, bounded: bool) -> Written:
    """Write rows into an area; one that names no end reaches as far as the grid does."""
    check_values(rows)
    _check_fit(batch.book, area, rows, bounded=bounded)
    touched = _touched(area, rows)
    batch.guard(touched or area)
    sheet, cells = batch.sheet(area.sheet_id), 0
    locale, year = batch.book.properties["locale"], batch.year
    covered = {}
    if touched and not batch.settings["covered_cells_take_values"]:
        covered = _covered(batch.book, touched)
    if option == "RAW" and batch.settings["raw_takes_formulas"]:
        option = _RAW_BUT_FORMULAS
    start = area._replace(bottom=area.top + 1, right=area.left + 1)
    written = Written({}, touched or start)
    for index, values in enumerate(rows, area.top):
        old = sheet.row(index).cells
        changed = {}
        for column, value in enumerate(values, area.left):
            if value is None:
                continue
            written.columns.add(column)
            cells += 1
            changed[column] = _entered(old.get(column, EMPTY_CELL), value, option, locale, year)
        if changed:
            written.rows.add(index)
            for column in covered.get(index, ()):
                changed.pop(column, None)  # a merge shows one cell; the others take no value
            sheet.put_cells(index, changed)
    written.answer = {"spreadsheetId": batch.book.book_id}
    written.answer["updatedRange"] = a1.render(batch.book, written.area)
    if cells:
        counts = (len(written.rows), len(written.columns), cells)
        names = ("updatedRows", "updatedColumns", "updatedCells")
        written.answer |= dict(zip(names, counts, strict=True))
    return written


def _covered(book: Book, within: Area) -> dict[int, set[int]]:
    """Give the cells of an area, by row, that a merge hides behind its first cell."""
    found: dict[int, set[int]] = {}
    for merge in book.sheet(within.sheet_id).merges:
        area = a1.grid_area(book, merge, clamp=True)
        for row in range(max(area.top, within.top), min(area.bottom, within.bottom)):
            first = area.left + 1 if row == area.top else area.left
            columns = range(max(first, within.left), min(area.right, within.right))
            found.setdefault(row, set()).update(columns)
    return found


def _touched(area: Area, rows: Rows) -> Area | None:
    """Give the area from the corner to the last cell that is not skipped."""
    bottom = right = 0
    for index, values in enumerate(rows, 1):
        width = max((c for c, value in enumerate(values, 1) if value is not None), default=0)
        if width:
            bottom, right = index, max(right, width)
    if not bottom:
        return None
    return area._replace(bottom=area.top + bottom, right=area.left + right)


def _check_fit(book: Book, area: Area, rows: Rows, *, bounded: bool) -> None:
    height, width = area.bottom - area.top, area.right - area.left
    sheet = book.sheet(area.sheet_id)
    if not bounded:
        widest = max((len(row) for row in rows), default=0)
        reach = area._replace(bottom=area.top + len(rows), right=area.left + widest)
        if reach.bottom > sheet.row_count or reach.right > sheet.column_count:
            raise invalid(
                f"Range ({a1.render(book, reach)}) exceeds grid limits. Max rows: "
                f"{sheet.row_count}, max columns: {sheet.column_count}"
            )
        return
    within = f"Requested writing within range [{a1.render(book, area)}], but tried writing to"
    for index, row in enumerate(rows):
        if index >= height:
            raise invalid(f"{within} row [{area.bottom + 1}]")
        if len(row) > width:
            raise invalid(f"{within} column [{a1.column_letters(area.right)}]")


def check_values(rows: Rows) -> None:
    """Refuse values that are no plain ones, as lists within lists are."""
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, (list, dict)):
                raise invalid(f"Invalid values[{r}][{c}]: {_text_format(value, 0)}")
            if type(value) is float and not math.isfinite(value):
                raise invalid(f"Invalid values[{r}][{c}]: {_text_format(value, 0)}")


def _text_format(value: Any, depth: int) -> str:
    """Print a value as protobuf's text format does."""
    pad = "  " * depth
    if depth > 8:
        return ""
    if isinstance(value, dict):
        inner = "".join(
            f'{pad}  fields {{\n{pad}    key: "{key}"\n{pad}    value {{\n'
            f"{_text_format(item, depth + 3)}{pad}    }}\n{pad}  }}\n"
            for key, item in value.items()
        )
        return f"{pad}struct_value {{\n{inner}{pad}}}\n"
    if isinstance(value, list):
        inner = "".join(
            f"{pad}  values {{\n{_text_format(item, depth + 2)}{pad}  }}\n" for item in value
        )
        return f"{pad}list_value {{\n{inner}{pad}}}\n"
    if value is None:
        return f"{pad}null_value: NULL_VALUE\n"
    if isinstance(value, bool):
        return f"{pad}bool_value: {str(value).lower()}\n"
    if isinstance(value, str):
        return f'{pad}string_value: "{value}"\n'
    return f"{pad}number_value: {float(value) if abs(value) < 1e300 else value}\n"


def _entered(old: Cell, value: Any, option: str, locale: str, year: int) -> Cell:
    if not isinstance(value, str):
        if type(value) is int and abs(value) > _EXACT:
            value = _double(value)
        return old._replace(value=value, runs=None, chips=None)
    checked_text(value)
    if not value:
        return old._replace(value=None, runs=None, chips=None)
    if option == "RAW" or (option == _RAW_BUT_FORMULAS and value[0] != "="):
        return old._replace(value=value, runs=None, chips=None)
    number_format = (old.format or {}).get("numberFormat")
    meant, look = entered(value, locale, number_format, year)
    cell_format = old.format
    if look is not number_format:
        cell_format = (old.format or {}) | {"numberFormat": look}
    return old._replace(value=meant, format=cell_format, runs=None, chips=None)


def _double(value: int) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise invalid("Number exceeds the range of double.") from error


def input_option(given: Json) -> str:
    """Give the value input option, which a writing must have."""
    option = given.get("valueInputOption")
    if option in {None, "INPUT_VALUE_OPTION_UNSPECIFIED"}:
        raise invalid("'valueInputOption' is required but not specified")
    return str(option)


def add_written(batch: Batch, written: Written, area: Area, given: Json, major: str) -> None:
    """Add the written values to an answer when the caller asked for them."""
    if given.get("includeValuesInResponse"):
        options = Rendering(given, "response")
        options.major = "COLUMNS" if major == "COLUMNS" else "ROWS"
        batch.book.cache.clear()
        written.answer["updatedData"] = value_range(batch.book, area, options)


def totals(found: Iterable[Written]) -> Json:
    """Count what several ranges wrote: a row or a column that two of them touch counts once."""
    found = list(found)
    counts = {
        "totalUpdatedRows": len({(w.area.sheet_id, row) for w in found for row in w.rows}),
        "totalUpdatedColumns": len({(w.area.sheet_id, c) for w in found for c in w.columns}),
        "totalUpdatedCells": sum(w.answer.get("updatedCells", 0) for w in found),
        "totalUpdatedSheets": len({w.area.sheet_id for w in found if w.rows}),
    }
    return {name: count for name, count in counts.items() if count}
