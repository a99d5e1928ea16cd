"""Conditions on cells, and the rows that a filter hides."""

from collections.abc import Callable
from typing import Any

from syncd.sandbox.book.a1 import grid_area
from syncd.sandbox.book.cells import plain_value
from syncd.sandbox.book.entry import parse_entry
from syncd.sandbox.book.evaluate import FormulaError, Result, evaluator
from syncd.sandbox.book.formula import offset
from syncd.sandbox.book.model import Book, Sheet
from syncd.sandbox.errors import Json

_TEXT: dict[str, Callable[[str, str], bool]] = {
    "TEXT_CONTAINS": lambda text, wanted: wanted in text,
    "TEXT_NOT_CONTAINS": lambda text, wanted: wanted not in text,
    "TEXT_STARTS_WITH": lambda text, wanted: text.startswith(wanted),
    "TEXT_ENDS_WITH": lambda text, wanted: text.endswith(wanted),
    "TEXT_EQ": lambda text, wanted: text == wanted,
    "TEXT_NOT_EQ": lambda text, wanted: text != wanted,
}
_NUMBER: dict[str, Callable[..., bool]] = {
    "NUMBER_GREATER": lambda value, a: value > a,
    "NUMBER_GREATER_THAN_EQ": lambda value, a: value >= a,
    "NUMBER_LESS": lambda value, a: value < a,
    "NUMBER_LESS_THAN_EQ": lambda value, a: value <= a,
    "NUMBER_EQ": lambda value, a: value == a,
    "NUMBER_NOT_EQ": lambda value, a: value != a,
    "NUMBER_BETWEEN": lambda value, a, b: a <= value <= b,
    "NUMBER_NOT_BETWEEN": lambda value, a, b: not a <= value <= b,
    "DATE_EQ": lambda value, a: value == a,
    "DATE_BEFORE": lambda value, a: value < a,
    "DATE_AFTER": lambda value, a: value > a,
}


def holds(
    condition: Json, result: Result, shown: str, compute: Callable[[str], Result] | None = None
) -> bool:
    """Tell whether a cell meets a BooleanCondition."""
    kind = condition.get("type", "")
    values = [str(v.get("userEnteredValue", "")) for v in condition.get("values", [])]
    if kind == "BLANK":
        return result is None or shown == ""
    if kind == "NOT_BLANK":
        return result is not None and shown != ""
    if kind == "CUSTOM_FORMULA":
        return compute is not None and bool(values) and compute(values[0]) is True
    if kind in _TEXT and values:
        return _TEXT[kind](shown.casefold(), values[0].casefold())
    if kind == "ONE_OF_LIST":
        return shown in values
    if kind in _NUMBER and isinstance(result, (int, float)) and not isinstance(result, bool):
        bounds = [parse_entry(value, "en_US")[0] for value in values]
        if all(isinstance(bound, (int, float)) for bound in bounds):
            return _NUMBER[kind](result, *bounds)
    return False


def shown_text(book: Book, sheet: Sheet, row: int, column: int) -> tuple[Result, str]:
    """Give a cell's value and the text that it shows."""
    results = evaluator(book)
    result, cell = results.cell(sheet, row, column), results.shown_cell(sheet, row, column)
    shown: Any = plain_value(result, cell, book, render="FORMATTED_VALUE", dates="SERIAL_NUMBER")
    return result, str(shown)


def hidden_by_filter(book: Book, sheet: Sheet) -> frozenset[int]:
    """Give the rows that the sheet's basic filter hides."""
    known = book.cache.get(f"filtered {sheet.sheet_id}")
    if isinstance(known, frozenset):
        return known
    found = frozenset(_hidden_rows(book, sheet))
    book.cache[f"filtered {sheet.sheet_id}"] = found
    return found


def _criteria(basic_filter: Json, left: int) -> list[tuple[int, Json]]:
    criteria = [(int(k), v) for k, v in basic_filter.get("criteria", {}).items()]
    specs = basic_filter.get("filterSpecs", [])
    return criteria + [(s.get("columnIndex", left), s.get("filterCriteria", {})) for s in specs]


def _hidden_rows(book: Book, sheet: Sheet) -> set[int]:
    if sheet.basic_filter is None:
        return set()
    area = grid_area(book, sheet.basic_filter.get("range", {}), clamp=True)
    hidden: set[int] = set()
    for column, criterion in _criteria(sheet.basic_filter, area.left):
        values = set(criterion.get("hiddenValues", []))
        condition = criterion.get("condition")
        for row in range(area.top + 1, area.bottom):
            result, shown = shown_text(book, sheet, row, column)
            if shown in values:
                hidden.add(row)
            elif condition:
                compute = formula_at(book, sheet, row - area.top - 1, 0)
                if not holds(condition, result, shown, compute):
                    hidden.add(row)
    return hidden


def formula_at(
    book: Book, sheet: Sheet, down: int, right: int, known: dict[str, Result] | None = None
) -> Callable[[str], Result]:
    """Give a way to compute a formula that was written for a range's first cell, further on.

    `known` keeps results by formula: one with fixed columns is computed once for a whole row.
    """

    def compute(formula: str) -> Result:
        moved = offset(formula if formula.startswith("=") else f"={formula}", down, right)
        if known is not None and moved in known:
            return known[moved]
        result = evaluator(book).formula(sheet, moved)
        result = None if isinstance(result, FormulaError) else result
        if known is not None:
            known[moved] = result
        return result

    return compute
