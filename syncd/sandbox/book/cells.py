"""Single cells: from the API's CellData and back, and what a cell amounts to."""

import json
from copy import deepcopy
from functools import lru_cache
from typing import Any

from syncd.sandbox.book.colours import paired
from syncd.sandbox.book.evaluate import FormulaError, Result, evaluator
from syncd.sandbox.book.formats import is_date, show, show_text, show_truth
from syncd.sandbox.book.links import hyperlink
from syncd.sandbox.book.model import (
    CELL_CHARACTERS_MAX,
    EMPTY_CELL,
    Book,
    Cell,
    Formula,
    Sheet,
    Value,
)
from syncd.sandbox.errors import ApiError, Json, invalid
from syncd.sandbox.protocol.masks import Tree, below, merge, pick, wants
from syncd.sandbox.protocol.wire import Shared, compact, number

FIELD_OF = {Formula: "formulaValue", bool: "boolValue", str: "stringValue"}
_VALUE_ONLY: Tree = {"userEnteredValue": {}}
_ALIGNMENT = {str: "LEFT", bool: "CENTER"}


def entered_value(given: Json | None) -> Value:
    """Read a userEnteredValue."""
    if not given:
        return None
    kind, value = next(iter(given.items()))
    if kind == "stringValue":
        return checked_text(value) or None
    if kind == "formulaValue":
        if not value.startswith("="):
            return checked_text(value) or None
        return Formula(checked_text(value))
    if kind == "errorValue":
        raise invalid("CellData.userEnteredValue.errorValue cannot be written")
    result: Value = value
    return result


def checked_text(text: str) -> str:
    """Refuse a text that is longer than a cell may hold."""
    if len(text) > CELL_CHARACTERS_MAX:
        raise invalid(
            "Your input contains more than the maximum of 50000 characters in a single cell."
        )
    return text


def written(old: Cell, given: Json, tree: Tree) -> Cell:
    """Write the masked parts of a CellData into a cell; parts that are not given are cleared."""
    if tree == _VALUE_ONLY and old is EMPTY_CELL:
        return Cell(entered_value(given.get("userEnteredValue")))
    everything = "*" in tree
    for name in _UNKNOWN_PARTS:
        if given.get(name) and (everything or name in tree):
            raise ApiError(501, f"The sandbox does not implement {name} in cells.")
    value, cell_format, note, validation, runs, chips = old
    if everything or "userEnteredValue" in tree:
        value = entered_value(given.get("userEnteredValue"))
        runs = chips = None
    if everything:
        cell_format = _shared(given.get("userEnteredFormat"))
    elif "userEnteredFormat" in tree:
        mask = tree["userEnteredFormat"]
        new = _shared(given.get("userEnteredFormat"))
        cell_format = _shared(merge(cell_format, new, mask)) if mask else new
    if everything or "note" in tree:
        note = given.get("note") or None
    if everything or "dataValidation" in tree:
        validation = kept_rule(given.get("dataValidation"))
    if everything or "textFormatRuns" in tree:
        runs = paired(given.get("textFormatRuns")) or None
    if everything or "chipRuns" in tree:
        chips = given.get("chipRuns") or None
    return Cell(value, cell_format or None, note, validation, runs, chips)


_UNKNOWN_PARTS = ("pivotTable", "dataSourceTable", "dataSourceFormula")


def kept_rule(rule: Json | None) -> Json | None:
    """Give a validation rule as answers print it: what is false is not there."""
    return {name: value for name, value in rule.items() if value is not False} if rule else None


def _shared(cell_format: Json | None) -> Json | None:
    """Give one object for equal formats: most cells of a table look alike."""
    if not cell_format:
        return None
    return _interned(compact(cell_format))


@lru_cache(maxsize=10_000)
def _interned(text: str) -> Json:
    loaded: Json = paired(json.loads(text))
    return {name: loaded[name] for name in _FORMAT_ORDER if name in loaded} | loaded


def plain_value(result: Result, cell: Cell, book: Book, *, render: str, dates: str) -> Any:
    """Give a cell as the values methods do, per render option."""
    if render == "FORMULA" and type(cell.value) is Formula:
        return cell.value.text
    number_format = (cell.format or {}).get("numberFormat")
    if isinstance(result, bool):
        formatted = render == "FORMATTED_VALUE"
        return show_truth(result, book.properties["locale"]) if formatted else result
    if isinstance(result, str):
        return show_text(result, number_format) if render == "FORMATTED_VALUE" else result
    if isinstance(result, (int, float)):
        if render == "FORMATTED_VALUE" or (dates == "FORMATTED_STRING" and is_date(number_format)):
            return show(result, number_format, book.properties["locale"])
        return number(result)
    if isinstance(result, FormulaError):
        return result.shown
    return "" if result is None else result


def cell_data(book: Book, sheet: Sheet, row: int, column: int, tree: Tree | None) -> Json:
    """Give one cell as spreadsheets.get does, restricted to what the mask asks for."""
    cell, shown = sheet.cell(row, column), evaluator(book).shown_cell(sheet, row, column)
    answer: Json = {}
    if cell.value is not None and wants(tree, "userEnteredValue"):
        answer["userEnteredValue"] = _typed(cell.value)
    if shown.value is not None:
        _add_effective(answer, book, sheet, row, column, tree)
    if cell.format and wants(tree, "userEnteredFormat"):
        answer["userEnteredFormat"] = cell.format
    if (shown.value is not None or cell.format) and wants(tree, "effectiveFormat"):
        answer["effectiveFormat"] = effective_format(book, sheet, row, column)
    if link := hyperlink(book, sheet, cell):
        if wants(tree, "hyperlink"):
            answer["hyperlink"] = link
        if "effectiveFormat" in answer:
            linked = {"hyperlinkDisplayType": "LINKED"}
            answer["effectiveFormat"] = {**answer["effectiveFormat"], **linked}
    if cell.note and wants(tree, "note"):
        answer["note"] = cell.note
    if cell.runs and wants(tree, "textFormatRuns"):
        answer["textFormatRuns"] = cell.runs
    if cell.validation and wants(tree, "dataValidation"):
        answer["dataValidation"] = cell.validation
    if cell.chips and wants(tree, "chipRuns"):
        answer["chipRuns"] = cell.chips
    if tree is not None:
        return {name: pick(value, below(tree, name)) for name, value in answer.items()}
    return answer


def _add_effective(
    answer: Json, book: Book, sheet: Sheet, row: int, column: int, tree: Tree | None
) -> None:
    cell = evaluator(book).shown_cell(sheet, row, column)
    result = evaluator(book).cell(sheet, row, column)
    if result is None:
        return  # a formula that gives a blank shows as one
    if wants(tree, "effectiveValue"):
        answer["effectiveValue"] = _typed(result)
    if wants(tree, "formattedValue"):
        shown = plain_value(result, cell, book, render="FORMATTED_VALUE", dates="SERIAL_NUMBER")
        if shown != "":
            answer["formattedValue"] = shown


def _typed(value: Value | Result) -> Json:
    if isinstance(value, Formula):
        return {"formulaValue": value.text}
    if isinstance(value, FormulaError):
        return {"errorValue": {"type": value.kind, "message": value.message}}
    if value is None:
        return {"numberValue": 0}
    return {FIELD_OF.get(type(value), "numberValue"): value}


def effective_format(book: Book, sheet: Sheet, row: int, column: int) -> Json:
    """Give the look that a cell ends up with; cells that look alike share one object."""
    cell, alignment = evaluator(book).shown_cell(sheet, row, column), ""
    if cell.value is not None:
        alignment = _ALIGNMENT.get(type(evaluator(book).cell(sheet, row, column)), "RIGHT")
    key = f"look {id(cell.format)} {alignment}"
    known = book.cache.get(key)
    if not isinstance(known, Shared):
        known = book.cache[key] = _look(book, cell.format or {}, alignment)
    return known


def _look(book: Book, given: Json, alignment: str) -> Shared:
    look: Json = deepcopy(book.properties["defaultFormat"])
    if alignment:  # an empty cell has neither
        look["horizontalAlignment"] = alignment
        look["hyperlinkDisplayType"] = "PLAIN_TEXT"
    for name, value in given.items():
        merged = isinstance(value, dict) and name in {"textFormat", "padding"}
        look[name] = look.get(name, {}) | value if merged else value
    ordered = {name: look[name] for name in _FORMAT_ORDER if name in look}
    return Shared(ordered | look)


_FORMAT_ORDER = (
    "numberFormat",
    "backgroundColor",
    "borders",
    "padding",
    "horizontalAlignment",
    "verticalAlignment",
    "wrapStrategy",
    "textDirection",
    "textFormat",
    "hyperlinkDisplayType",
    "textRotation",
    "backgroundColorStyle",
)
