"""Cells as Google writes them, and the ranges that hold them.

`Entered` is what stands in a cell: Google's `userEnteredValue`, or None for a blank one. Literals
and formulas compare equal exactly when a person would say that nothing was changed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

from syncd.schema import Cell

Entered = Mapping[str, str | float | bool] | None
Json = dict[str, Any]
T = TypeVar("T")

_ERRORS = {
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
    "NULL_VALUE": "#NULL!",
    "LOADING": "Loading...",
}


def entered_of(cell: Cell) -> Entered:
    """Return a typed cell as it is written: never parsed, so that text stays text."""
    match cell:
        case None | "":
            return None
        case bool():
            return {"boolValue": cell}
        case int() | float():
            return {"numberValue": cell}
        case str():
            return {"stringValue": cell}


def typed_in(cell: Json) -> Entered:
    """Return what stands in a cell of an answer."""
    entered: Entered = cell.get("userEnteredValue")
    if not entered or entered == {"stringValue": ""}:
        return None
    return entered


def shown_in(cell: Json) -> Cell:
    """Return the plain value of a cell of an answer, as a read of values gives it."""
    value = cell.get("effectiveValue") or {}
    for kind in ("stringValue", "numberValue", "boolValue"):
        if kind in value:
            plain: Cell = value[kind]
            return plain
    error = value.get("errorValue")
    return _ERRORS.get(error.get("type"), "#ERROR!") if error else None


def is_formula(entered: Entered) -> bool:
    """Whether a cell holds a formula."""
    return entered is not None and "formulaValue" in entered


def plain(entered: Entered) -> Cell:
    """Return the literal that stands in a cell; a formula's text stands for itself."""
    return next(iter(entered.values())) if entered else None


def block(sheet_id: int, rows: tuple[int, int], columns: tuple[int, int] | None = None) -> Json:
    """Return a GridRange; both pairs are half-open."""
    found: Json = {"sheetId": sheet_id, "startRowIndex": rows[0], "endRowIndex": rows[1]}
    if columns:
        found |= {"startColumnIndex": columns[0], "endColumnIndex": columns[1]}
    return found


def column_letter(column: int) -> str:
    """Return a column's letters, counted from 0: A, B, … Z, AA."""
    letters = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        letters = chr(ord("A") + rest) + letters
        column -= 1
    return letters


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the half-open runs that whole numbers form."""
    ordered = sorted(set(numbers))
    for _, group in groupby(enumerate(ordered), lambda pair: pair[1] - pair[0]):
        members = [number for _, number in group]
        yield members[0], members[-1] + 1


def update_cells(sheet_id: int, row: int, column: int, rows: Sequence[Sequence[Entered]]) -> Json:
    """Return the request that writes a full block of cells, values only."""
    return {
        "updateCells": {
            "start": {"sheetId": sheet_id, "rowIndex": row, "columnIndex": column},
            "rows": [{"values": [_written(cell) for cell in cells]} for cells in rows],
            "fields": "userEnteredValue",
        }
    }


def _written(entered: Entered) -> Json:
    return {"userEnteredValue": entered} if entered is not None else {}


def blocks_of(
    cells: Mapping[tuple[int, int], Entered],
) -> Iterator[tuple[int, int, list[list[Entered]]]]:
    """Yield the full blocks that scattered cells form: runs of rows with the same columns."""
    by_row: dict[int, list[int]] = {}
    for row, column in sorted(cells):
        by_row.setdefault(row, []).append(column)
    spans = [(row, span) for row, columns in by_row.items() for span in runs(columns)]
    by_span: dict[tuple[int, int], list[int]] = {}
    for row, span in spans:
        by_span.setdefault(span, []).append(row)
    for span, rows in sorted(by_span.items()):
        for first, last in runs(rows):
            lines = [[cells[row, column] for column in range(*span)] for row in range(first, last)]
            yield first, span[0], lines


def grid_rows(
    sheet: Json,
) -> tuple[dict[int, tuple[Entered, ...]], dict[int, tuple[Cell, ...]]]:
    """Return what stands in each row of a tab's grid data, and what it shows, by position."""
    entered: dict[int, tuple[Entered, ...]] = {}
    shown: dict[int, tuple[Cell, ...]] = {}
    for part in sheet.get("data", []):
        for row, line in enumerate(part.get("rowData", []), start=part.get("startRow", 0)):
            cells = line.get("values", [])
            entered[row] = trimmed(typed_in(cell) for cell in cells)
            shown[row] = trimmed(shown_in(cell) for cell in cells)
    return entered, shown


def entered_at(row: Sequence[Entered], column: int) -> Entered:
    """Return what stands in a cell of a row; what lies behind its last one is blank."""
    return row[column] if column < len(row) else None


def trimmed(cells: Iterable[T]) -> tuple[T, ...]:
    """Return cells without the blank ones at their end."""
    found = list(cells)
    while found and (found[-1] is None or found[-1] == ""):
        found.pop()
    return tuple(found)
