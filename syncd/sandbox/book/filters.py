"""Conditions on cells, and the rows that a filter hides."""

import math
import re
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
    "GREATER": lambda value, a: value > a,
    "GREATER_THAN_EQ": lambda value, a: value >= a,
    "LESS": lambda value, a: value < a,
    "LESS_THAN_EQ": lambda value, a: value <= a,
    "EQ": lambda value, a: value == a,
    "NOT_EQ": lambda value, a: value != a,
    "BETWEEN": lambda value, a, b: min(a, b) <= value <= max(a, b),
    "NOT_BETWEEN": lambda value, a, b: not min(a, b) <= value <= max(a, b),
    "BEFORE": lambda value, a: value < a,
    "AFTER": lambda value, a: value > a,
    "ON_OR_BEFORE": lambda value, a: value <= a,
    "ON_OR_AFTER": lambda value, a: value >= a,
    "IS_VALID": lambda value: value == value,  # noqa: PLR0124  any number is a date
}
_RELATIVE_DAYS = {"TODAY": 0, "TOMORROW": 1, "YESTERDAY": -1, "PAST_WEEK": -7}
_RELATIVE_DAYS |= {"PAST_MONTH": -30, "PAST_YEAR": -365}
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+\Z")
_URL = re.compile(
    r"(?:(?:https?|ftp)://)?[^\s/.]+(?:\.[^\s/.]+)+(?:[/?#]\S*)?\Z|mailto:\S+\Z", re.IGNORECASE
)

Compute = Callable[[str], Result]

_OWN_PLACE = re.compile(r"ROW|COLUMN|:", re.IGNORECASE)  # what hangs on the cell tested


def holds(condition: Json, result: Result, shown: str, compute: Compute | None = None) -> bool:
    """Tell whether a cell meets a BooleanCondition."""
    kind, values = condition.get("type", ""), condition.get("values", [])
    texts = [str(v.get("userEnteredValue", "")) for v in values]
    match str(kind):
        case "BLANK":
            return result is None or shown == ""
        case "NOT_BLANK":
            return result is not None and shown != ""
        case "CUSTOM_FORMULA":
            return compute is not None and bool(texts) and compute(texts[0]) is True
        case "ONE_OF_LIST":
            return shown in texts
        case "BOOLEAN":
            return shown in texts if texts else isinstance(result, bool)
        case "TEXT_IS_EMAIL":
            return _EMAIL.match(shown) is not None
        case "TEXT_IS_URL":
            return _URL.match(shown) is not None
        case _:
            return _holds_for_values(kind, values, result, shown, compute)


def _holds_for_values(
    kind: str, values: list[Json], result: Result, shown: str, compute: Compute | None
) -> bool:
    family, _, comparison = kind.partition("_")
    if family == "TEXT" and kind in _TEXT and values:
        wanted = _wanted(values[0], compute)
        return _TEXT[kind](shown.casefold(), str("" if wanted is None else wanted).casefold())
    if family in {"NUMBER", "DATE"} and comparison in _NUMBER:
        return _compares(family, comparison, result, [_wanted(v, compute) for v in values])
    return False


def _wanted(value: Json, compute: Compute | None) -> Result:
    """Give what a ConditionValue amounts to: a day, what a formula gives, or what is written."""
    if "relativeDate" in value:
        today = compute("=TODAY()") if compute else None
        days = _RELATIVE_DAYS.get(value["relativeDate"], 0)
        return today + days if isinstance(today, (int, float)) else None
    text = str(value.get("userEnteredValue", ""))
    return compute(text) if text.startswith("=") and compute else text


def _compares(family: str, comparison: str, result: Result, wanted: list[Result]) -> bool:
    if isinstance(result, bool) or not isinstance(result, (int, float)):
        return False
    bounds = [parse_entry(w, "en_US")[0] if isinstance(w, str) else w for w in wanted]
    numbers = [b for b in bounds if isinstance(b, (int, float)) and not isinstance(b, bool)]
    if len(numbers) != len(bounds):
        return False
    if family == "DATE":
        result, numbers = math.floor(result), [math.floor(number) for number in numbers]
    try:
        return _NUMBER[comparison](result, *numbers)
    except TypeError:  # as many bounds as nobody can compare with
        return False


def shown_text(book: Book, sheet: Sheet, row: int, column: int) -> tuple[Result, str]:
    """Give a cell's value and the text that it shows."""
    results = evaluator(book)
    result, cell = results.cell(sheet, row, column), results.shown_cell(sheet, row, column)
    shown: Any = plain_value(result, cell, book, render="FORMATTED_VALUE", dates="SERIAL_NUMBER")
    return result, str(shown)


def hidden_by_filter(book: Book, sheet: Sheet) -> frozenset[int]:
    """Give the rows that the sheet's basic filter and its slicers hide."""
    known = book.cache.get(f"filtered {sheet.sheet_id}")
    if isinstance(known, frozenset):
        return known
    found = frozenset(_hidden_rows(book, sheet))
    book.cache[f"filtered {sheet.sheet_id}"] = found
    return found


def criteria_of(basic_filter: Json) -> dict[int, Json]:
    """Give the criteria of a filter by column; the specs count where both are given."""
    specs = basic_filter.get("filterSpecs")
    if specs:
        return {s.get("columnIndex", 0): s.get("filterCriteria", {}) for s in specs}
    return {int(k): v for k, v in basic_filter.get("criteria", {}).items()}


def _hidden_rows(book: Book, sheet: Sheet) -> set[int]:
    filters = [] if sheet.basic_filter is None else [sheet.basic_filter]
    filters += [_sliced(slicer["spec"], sheet.sheet_id) for slicer in sheet.slicers]
    return set().union(*(hidden_rows(book, sheet, one) for one in filters if one))


def _sliced(spec: Json, sheet_id: int) -> Json:
    """Give what a slicer does on its sheet as a filter, if it does anything there."""
    if not {"dataRange", "columnIndex", "filterCriteria"} <= spec.keys():
        return {}
    if spec["dataRange"].get("sheetId", 0) != sheet_id:
        return {}
    criterion = {"columnIndex": spec["columnIndex"], "filterCriteria": spec["filterCriteria"]}
    return {"range": spec["dataRange"], "filterSpecs": [criterion]}


def hidden_rows(book: Book, sheet: Sheet, filtered: Json) -> set[int]:
    """Give the rows that a filter over part of a sheet hides."""
    area = grid_area(book, filtered.get("range", {}), clamp=True)
    hidden: set[int] = set()
    for column, criterion in criteria_of(filtered).items():
        values, condition = set(criterion.get("hiddenValues", [])), criterion.get("condition")
        if not values and not condition:
            continue
        blank: bool | None = None  # whether the rows without cells are hidden, all alike
        for row in range(area.top + 1, area.bottom):
            is_blank = not sheet.row(row).cells
            if is_blank and blank is not None and (condition or {}).get("type") != "CUSTOM_FORMULA":
                if blank:
                    hidden.add(row)
                continue
            result, shown = shown_text(book, sheet, row, column)
            hides = shown in values
            if not hides and condition:
                compute = formula_at(book, sheet, row - area.top - 1, 0, cell=(row, column))
                hides = not holds(condition, result, shown, compute)
            if hides:
                hidden.add(row)
            blank = hides if is_blank else blank
    return hidden


def formula_at(
    book: Book,
    sheet: Sheet,
    down: int,
    right: int,
    known: dict[str, Result] | None = None,
    cell: tuple[int, int] | None = None,
) -> Callable[[str], Result]:
    """Give a way to compute a formula that was written for a range's first cell, further on.

    `known` keeps results by formula: one with fixed columns is computed once for a whole row.
    `cell` is the one that is tested, where ROW() and COLUMN() are.
    """

    def compute(formula: str) -> Result:
        moved = offset(formula if formula.startswith("=") else f"={formula}", down, right)
        key = f"{moved} {cell}" if _OWN_PLACE.search(moved) else moved
        if known is not None and key in known:
            return known[key]
        result = evaluator(book).formula(sheet, moved, *(cell or (down, right)))
        result = None if isinstance(result, FormulaError) else result
        if known is not None:
            known[key] = result
        return result

    return compute
