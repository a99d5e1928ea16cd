"""Validation rules on the page: what a drop-down offers, and what a rule refuses."""

import re

from syncd.sandbox.book.a1 import column_letters, parse_a1, quoted_title
from syncd.sandbox.book.evaluate import Result
from syncd.sandbox.book.filters import formula_at, holds, shown_text
from syncd.sandbox.book.formats import is_date
from syncd.sandbox.book.model import Book, Sheet
from syncd.sandbox.errors import ApiError, Json

OPTIONS_MAX = 500
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
_URL = re.compile(r"(https?://|www\.)?[^\s/.]+\.[^\s]+\Z", re.IGNORECASE)


def values_of(rule: Json) -> list[str]:
    """Give the values of a rule's condition as they were entered."""
    given = rule.get("condition", {}).get("values", [])
    return [str(value.get("userEnteredValue", "")) for value in given]


def shown_rule(book: Book, sheet: Sheet, rule: Json) -> Json:
    """Give a rule as the page needs it."""
    kind = rule.get("condition", {}).get("type", "")
    shown: Json = {"kind": kind, "strict": bool(rule.get("strict"))}
    if rule.get("inputMessage"):
        shown["message"] = rule["inputMessage"]
    if kind == "BOOLEAN":
        shown["options"] = values_of(rule)
    elif kind in {"ONE_OF_LIST", "ONE_OF_RANGE"}:
        shown |= {"options": options(book, sheet, rule), "arrow": rule.get("showCustomUi", False)}
    return shown


def options(book: Book, sheet: Sheet, rule: Json) -> list[str]:
    """Give what a drop-down offers."""
    values = values_of(rule)
    if rule.get("condition", {}).get("type") == "ONE_OF_LIST" or not values:
        return values
    key = f"options {sheet.sheet_id} {values[0]}"
    known = book.cache.get(key)
    if not isinstance(known, list):
        known = book.cache[key] = _range_options(book, sheet, values[0])
    return known


def _range_options(book: Book, sheet: Sheet, formula: str) -> list[str]:
    text = formula.removeprefix("=").replace("$", "")
    named = any(n["name"].casefold() == text.casefold() for n in book.named.values())
    try:
        whole = "!" in text or named
        area = parse_a1(book, text if whole else f"{quoted_title(sheet.title)}!{text}")
    except ApiError:
        return []
    source, found = book.sheet(area.sheet_id), dict[str, None]()
    for row in range(area.top, min(area.bottom, len(source.rows))):
        for column in range(area.left, area.right):
            if text := shown_text(book, source, row, column)[1]:
                found[text] = None
        if len(found) >= OPTIONS_MAX:
            break
    return list(found)


def meets(book: Book, sheet: Sheet, row: int, column: int) -> bool:
    """Tell whether a cell holds what its rule allows; an empty one always does."""
    cell = sheet.cell(row, column)
    result, shown = shown_text(book, sheet, row, column)
    if cell.validation is None or result is None or result == "":
        return True
    return _allowed(book, sheet, (row, column), result, shown)


def _allowed(book: Book, sheet: Sheet, place: tuple[int, int], result: Result, shown: str) -> bool:
    cell = sheet.cell(*place)
    rule = cell.validation or {}
    condition = rule.get("condition", {})
    match condition.get("type", ""):
        case "ONE_OF_LIST" | "ONE_OF_RANGE":
            return shown in options(book, sheet, rule)
        case "BOOLEAN":
            values = values_of(rule)
            return shown in values if values else isinstance(result, bool)
        case "TEXT_IS_EMAIL":
            return bool(_EMAIL.match(shown))
        case "TEXT_IS_URL":
            return bool(_URL.match(shown))
        case "DATE_IS_VALID":
            number_format = (cell.format or {}).get("numberFormat")
            return isinstance(result, (int, float)) and is_date(number_format)
        case "CUSTOM_FORMULA":
            top, left = _origin(sheet, *place)
            compute = formula_at(book, sheet, place[0] - top, place[1] - left, cell=place)
            return holds(condition, result, shown, compute)
        case _:
            return holds(condition, result, shown)


def _origin(sheet: Sheet, row: int, column: int) -> tuple[int, int]:
    """Give the first cell of the block that shares a rule: its formula is written for that one."""
    rule = sheet.cell(row, column).validation
    while row and sheet.cell(row - 1, column).validation == rule:
        row -= 1
    while column and sheet.cell(row, column - 1).validation == rule:
        column -= 1
    return row, column


def refusal(book: Book, sheet: Sheet, row: int, column: int) -> str:
    """Give the words in which a strict rule refuses an entry."""
    rule = sheet.cell(row, column).validation or {}
    if rule.get("inputMessage"):
        return str(rule["inputMessage"])
    text = (
        f"The data you entered in cell {column_letters(column)}{row + 1} violates the data "
        "validation rules set on this cell."
    )
    if rule.get("condition", {}).get("type") in {"ONE_OF_LIST", "ONE_OF_RANGE"}:
        offered = ", ".join(options(book, sheet, rule)[:20])
        text += f" Please enter one of the following values: {offered}."
    return text
