"""What a BooleanCondition may say in each place, and what a validation rule accepts."""

from syncd.sandbox.book.a1 import parse_a1
from syncd.sandbox.book.entry import parse_entry
from syncd.sandbox.book.evaluate import evaluator
from syncd.sandbox.book.filters import formula_at, holds, shown_text
from syncd.sandbox.book.model import Book, Cell, Formula, Sheet
from syncd.sandbox.errors import ApiError, Json, invalid

VALIDATION, FORMATTING, FILTERS = "data validation", "conditional formatting", "filters"

_EVERYWHERE = {VALIDATION, FORMATTING, FILTERS}
_ONE, _TWO, _NONE, _ANY = (1, 1), (2, 2), (0, 0), (1, 10**6)
_KINDS: dict[str, tuple[set[str], tuple[int, int]]] = {
    "NUMBER_GREATER": (_EVERYWHERE, _ONE),
    "NUMBER_GREATER_THAN_EQ": (_EVERYWHERE, _ONE),
    "NUMBER_LESS": (_EVERYWHERE, _ONE),
    "NUMBER_LESS_THAN_EQ": (_EVERYWHERE, _ONE),
    "NUMBER_EQ": (_EVERYWHERE, _ONE),
    "NUMBER_NOT_EQ": (_EVERYWHERE, _ONE),
    "NUMBER_BETWEEN": (_EVERYWHERE, _TWO),
    "NUMBER_NOT_BETWEEN": (_EVERYWHERE, _TWO),
    "TEXT_CONTAINS": (_EVERYWHERE, _ONE),
    "TEXT_NOT_CONTAINS": (_EVERYWHERE, _ONE),
    "TEXT_STARTS_WITH": ({FORMATTING, FILTERS}, _ONE),
    "TEXT_ENDS_WITH": ({FORMATTING, FILTERS}, _ONE),
    "TEXT_EQ": (_EVERYWHERE, _ONE),
    "TEXT_IS_EMAIL": ({VALIDATION}, _NONE),
    "TEXT_IS_URL": ({VALIDATION}, _NONE),
    "DATE_EQ": (_EVERYWHERE, _ONE),
    "DATE_BEFORE": (_EVERYWHERE, _ONE),
    "DATE_AFTER": (_EVERYWHERE, _ONE),
    "DATE_ON_OR_BEFORE": ({VALIDATION}, _ONE),
    "DATE_ON_OR_AFTER": ({VALIDATION}, _ONE),
    "DATE_BETWEEN": ({VALIDATION}, _TWO),
    "DATE_NOT_BETWEEN": ({VALIDATION}, _TWO),
    "DATE_IS_VALID": ({VALIDATION}, _NONE),
    "ONE_OF_RANGE": ({VALIDATION}, _ONE),
    "ONE_OF_LIST": ({VALIDATION}, _ANY),
    "BLANK": ({FORMATTING, FILTERS}, _NONE),
    "NOT_BLANK": ({FORMATTING, FILTERS}, _NONE),
    "CUSTOM_FORMULA": (_EVERYWHERE, _ONE),
    "BOOLEAN": ({VALIDATION}, (0, 2)),
}
_RELATIVE = {"DATE_BEFORE", "DATE_AFTER", "DATE_ON_OR_BEFORE", "DATE_ON_OR_AFTER"}


def check_condition(condition: Json | None, use: str) -> None:
    """Refuse a condition that its place does not take, or that has too few or many values."""
    kind = (condition or {}).get("type", "CONDITION_TYPE_UNSPECIFIED")
    if condition is None or kind == "CONDITION_TYPE_UNSPECIFIED":
        raise invalid("No condition type specified.")
    places, (least, most) = _KINDS.get(kind, (set(), _NONE))
    if use not in places:
        raise invalid(f"ConditionType '{kind}' is not supported in {use}.")
    values = condition.get("values", [])
    if not least <= len(values) <= most:
        expected = f"{least}" if least == most else f"{least} to {most}"
        raise invalid(
            f"ConditionType '{kind}' requires {expected} ConditionValues, but {len(values)} values "
            "were supplied."
        )
    for value in values:
        if "relativeDate" in value and (use == VALIDATION or kind not in _RELATIVE):
            raise invalid(f"Relative dates are not supported for ConditionType '{kind}' in {use}.")
        if kind == "CUSTOM_FORMULA" and not value.get("userEnteredValue", "").startswith("="):
            raise invalid(f"Invalid ConditionValue.userEnteredValue: {_text(value)}")


def _text(value: Json) -> str:
    return str(value.get("userEnteredValue", ""))


def accepts(book: Book, sheet: Sheet, row: int, column: int, typed: Cell) -> bool:
    """Tell whether a cell's rule lets a person type a value: the page refuses, the API does not.

    A rule that is not strict only warns, and clearing a cell is always allowed.
    """
    rule = sheet.cell(row, column).validation
    if not rule or not rule.get("strict") or typed.value in (None, ""):
        return True
    if type(typed.value) is Formula:
        return True
    return meets(book, sheet, rule["condition"], typed)


def meets(book: Book, sheet: Sheet, condition: Json, cell: Cell) -> bool:
    """Tell whether a value in a cell meets the condition of its validation rule."""
    shown = str(cell.value)
    if isinstance(cell.value, bool):
        shown = shown.upper()
    elif isinstance(cell.value, (int, float)):
        shown = str(int(cell.value)) if float(cell.value).is_integer() else shown
    if condition.get("type") == "ONE_OF_RANGE":
        return shown in _listed(book, sheet, condition)
    result = None if isinstance(cell.value, Formula) else cell.value
    return holds(condition, result, shown, formula_at(book, sheet, 0, 0))


def _listed(book: Book, sheet: Sheet, condition: Json) -> set[str]:
    text = _text((condition.get("values") or [{}])[0]).removeprefix("=").replace("$", "")
    if "!" not in text:
        quoted = sheet.title.replace("'", "''")
        text = f"'{quoted}'!{text}"
    try:
        area = parse_a1(book, text)
    except ApiError:
        return set()
    source = book.sheet(area.sheet_id)
    rows = range(area.top, min(area.bottom, len(source.rows)))
    results = evaluator(book)
    shown = {
        shown_text(book, source, row, column)[1]
        for row in rows
        for column in range(area.left, area.right)
        if results.cell(source, row, column) is not None
    }
    return shown - {""}


def entered(book: Book, text: str) -> Cell:
    """Give what a typed text would put into a cell."""
    return Cell(parse_entry(text, book.properties["locale"])[0])
