"""What formulas work on: single values, error values and arrays, and how one becomes another."""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from syncd.sandbox.book.entry import parse_entry
from syncd.sandbox.book.formats import locale_of

TEXT_MAX = 50_000


class FormulaError(NamedTuple):
    """An error value: its type in the API, the text a cell shows, and the explanation."""

    kind: str
    shown: str
    message: str


class ErrorRaised(Exception):  # noqa: N818  it is how an error value travels, not a failure
    """Carries an error value out of an expression."""

    def __init__(self, error: FormulaError) -> None:
        super().__init__(error.shown)
        self.error = error


Result = str | float | bool | FormulaError | None

PARSE_ERROR = FormulaError("ERROR", "#ERROR!", "Formula parse error.")
NO_REFERENCE = FormulaError("REF", "#REF!", "Reference does not exist.")
CIRCULAR = FormulaError(
    "REF",
    "#REF!",
    "Circular dependency detected. To resolve with iterative calculation, see File > Settings.",
)
NOT_AVAILABLE = FormulaError("N_A", "#N/A", "Value not available.")
NO_INTERSECTION = FormulaError("VALUE", "#VALUE!", "An array value could not be found.")
TOO_LARGE = FormulaError(
    "NUM",
    "#NUM!",
    "Numeric value is greater than 1.79769E+308 and cannot be displayed properly.",
)
LOADING = FormulaError("LOADING", "Loading...", "Loading...")
_SHOWN = {"N_A": "#N/A", "DIVIDE_BY_ZERO": "#DIV/0!", "ERROR": "#ERROR!"}
LITERALS = {
    "#REF!": NO_REFERENCE,
    "#DIV/0!": FormulaError("DIVIDE_BY_ZERO", "#DIV/0!", "Division by zero."),
    "#N/A": NOT_AVAILABLE,
    "#VALUE!": FormulaError("VALUE", "#VALUE!", "Wrong value."),
    "#NUM!": FormulaError("NUM", "#NUM!", "Wrong number."),
    "#NAME?": FormulaError("NAME", "#NAME?", "Unknown name."),
    "#NULL!": FormulaError("NULL_VALUE", "#NULL!", "The ranges do not meet."),
    "#ERROR!": PARSE_ERROR,
}


def failure(kind: str, message: str) -> ErrorRaised:
    """Give an error value of a type, ready to be raised."""
    shown = _SHOWN.get(kind) or ("#NAME?" if kind == "NAME" else f"#{kind}!")
    return ErrorRaised(FormulaError(kind, shown, message))


class Array:
    """A rectangle of values.

    `rows` may be shorter than the height says: what is missing below is blank. `is_range` tells
    that the values stand in cells, where texts do not count as numbers.
    """

    __slots__ = ("__weakref__", "height", "is_range", "left", "rows", "top", "width")

    def __init__(
        self,
        rows: list[list[Result]],
        height: int | None = None,
        width: int | None = None,
        *,
        is_range: bool = False,
        corner: tuple[int, int] = (0, 0),
    ) -> None:
        self.rows = rows
        self.height = len(rows) if height is None else height
        self.width = (len(rows[0]) if rows else 0) if width is None else width
        self.is_range = is_range
        self.top, self.left = corner

    def at(self, row: int, column: int) -> Result:
        """Give one value."""
        return self.rows[row][column] if row < len(self.rows) else None

    def padded(self) -> list[list[Result]]:
        """Give all rows, the blank ones below included."""
        missing = self.height - len(self.rows)
        return self.rows + [[None] * self.width for _ in range(missing)] if missing else self.rows

    def column(self, index: int) -> list[Result]:
        """Give one column, without the blanks below."""
        return [row[index] for row in self.rows]

    def line(self) -> list[Result]:
        """Give all values row by row, the blanks below included."""
        return [value for row in self.padded() for value in row]


Operand = Result | Array


def is_number(value: object) -> bool:
    """Tell whether a value is a number, which truth values are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def tidy(value: float) -> float:
    """Give a number as a cell holds it: finite, and no longer than a double."""
    if isinstance(value, int):
        return value if abs(value) <= 2**53 else float(value)
    if isinstance(value, complex) or math.isnan(value):
        raise failure("NUM", "The result is not a real number.")
    if math.isinf(value):
        raise ErrorRaised(TOO_LARGE)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


@lru_cache(maxsize=50_000)
def text_number(text: str, locale: str) -> float | None:
    """Read a text as a number, a date or a time; None where it is none of them."""
    parsed = parse_entry(text, locale)[0]
    return parsed if is_number(parsed) else None  # type: ignore[return-value]


def number_text(value: float, locale: str = "en_US") -> str:
    """Write a number as & and the text functions see it: up to fifteen digits."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        text = str(int(value))
        if len(text) <= 16:
            return text
    text = f"{value:.15g}"
    if "e" in text:
        mantissa, _, power = text.partition("e")
        text = f"{mantissa}E{power[0]}{power[1:].lstrip('0').zfill(2)}"
    return text.replace(".", locale_of(locale).decimal)


class Call(NamedTuple):
    """One call of a function: its name, for messages, and what of the book it depends on."""

    name: str
    locale: str
    now: float

    def number(self, value: Operand, place: int = 1) -> float:
        """Give an argument as a number."""
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, (int, float)):
            return value
        if value is None:
            return 0
        if isinstance(value, FormulaError):
            raise ErrorRaised(value)
        if isinstance(value, Array):
            return self.number(value.at(0, 0), place)
        found = text_number(value, self.locale)
        if found is None:
            raise failure(
                "VALUE",
                f"Function {self.name} parameter {place} expects number values. But "
                f"'{value[:200]}' is a text and cannot be coerced to a number.",
            )
        return found

    def whole(self, value: Operand, place: int = 1) -> int:
        """Give an argument as a whole number, cut toward zero."""
        return int(self.number(value, place))

    def text(self, value: Operand) -> str:
        """Give an argument as a text."""
        if isinstance(value, str):
            return value
        if value is None:
            return ""
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, FormulaError):
            raise ErrorRaised(value)
        if isinstance(value, Array):
            return self.text(value.at(0, 0))
        return number_text(value, self.locale)

    def truth(self, value: Operand, place: int = 1) -> bool:
        """Give an argument as a truth value."""
        if isinstance(value, str):
            if value.upper() in {"TRUE", "FALSE"}:
                return value.upper() == "TRUE"
            raise failure(
                "VALUE",
                f"Function {self.name} parameter {place} expects boolean values. But "
                f"'{value[:200]}' is a text and cannot be coerced to a boolean.",
            )
        return bool(self.number(value, place))

    def limited(self, text: str) -> str:
        """Refuse a text that no cell could hold."""
        if len(text) > TEXT_MAX:
            raise failure(
                "VALUE",
                f"Text result of {self.name} is longer than the limit of {TEXT_MAX} characters.",
            )
        return text

    def at_least(self, number: float, least: float, place: int) -> None:
        """Refuse an argument below what the function works for."""
        if number < least:
            shown = number_text(number)
            raise failure(
                "NUM",
                f"Function {self.name} parameter {place} value is {shown}. It should be greater "
                f"than or equal to {number_text(least)}.",
            )

    def between(self, number: int, least: int, most: int, place: int) -> None:
        """Refuse an argument outside what the function works for."""
        if not least <= number <= most:
            raise failure(
                "NUM",
                f"Function {self.name} parameter {place} value is {number}. Valid values are "
                f"between {least} and {most} inclusive.",
            )


def spread(arguments: tuple[Operand, ...]) -> Iterator[tuple[Result, bool]]:
    """Give all values of the arguments, and for each whether it comes from cells or an array."""
    for argument in arguments:
        if isinstance(argument, Array):
            for row in argument.rows:
                for value in row:
                    yield value, True
        else:
            yield argument, False


def as_array(value: Operand) -> Array:
    """Give a single value as an array of one."""
    return value if isinstance(value, Array) else Array([[value]])


def rank(value: Result) -> tuple[int, Any]:
    """Give what values are ordered by: numbers, then texts, then truth values."""
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, str):
        return 1, value.casefold()
    return 0, 0 if value is None else value


def compared(left: Result, right: Result) -> int:
    """Compare two values: negative, zero or positive; a blank is what the other side needs."""
    for value in (left, right):
        if isinstance(value, FormulaError):
            raise ErrorRaised(value)
    if left is None:
        left = _blank_like(right)
    if right is None:
        right = _blank_like(left)
    a, b = rank(left), rank(right)
    return (a > b) - (a < b)


def _blank_like(value: Result) -> Result:
    if isinstance(value, bool):
        return False
    return "" if isinstance(value, str) else 0
