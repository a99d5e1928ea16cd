"""A small honest evaluator: what it does not know it shows as an error, as Google would."""

import operator
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from syncd.sandbox.book.entry import parse_entry
from syncd.sandbox.book.formats import general
from syncd.sandbox.book.formula import Reference, parse_reference, tokens
from syncd.sandbox.book.model import EMPTY_CELL, Book, Cell, Formula, Sheet


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
Node = tuple[Any, ...]

PARSE_ERROR = FormulaError("ERROR", "#ERROR!", "Formula parse error.")
_REF = FormulaError("REF", "#REF!", "Reference does not exist.")
_CIRCULAR = FormulaError("REF", "#REF!", "Circular dependency detected.")
_DIVIDE = FormulaError("DIVIDE_BY_ZERO", "#DIV/0!", "Function DIVIDE parameter 2 cannot be zero.")
_BY_TEXT = {
    "#REF!": _REF,
    "#DIV/0!": _DIVIDE,
    "#N/A": FormulaError("N_A", "#N/A", "Value not available."),
    "#VALUE!": FormulaError("VALUE", "#VALUE!", "Wrong value."),
}
_POWER = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3}
_POWER |= {"*": 4, "/": 4, "^": 6}
_COMPARE = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "^": operator.pow,
}


class _Parser:
    """Reads the tokens of one formula into a tree."""

    def __init__(self, text: str) -> None:
        self.tokens = [token for token in tokens(text) if token[0] != "space"]
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> tuple[str, str]:
        if self.at >= len(self.tokens) or (expected and self.peek() != expected):
            raise ErrorRaised(PARSE_ERROR)
        self.at += 1
        return self.tokens[self.at - 1]

    def expression(self, power: int = 0) -> Node:
        left = self.operand()
        while True:
            sign = self.peek()
            if sign == "%":
                self.take()
                left = ("percent", left)
            elif _POWER.get(sign, 0) > power:
                self.take()
                left = ("binary", sign, left, self.expression(_POWER[sign]))
            else:
                return left

    def operand(self) -> Node:
        kind, text = self.take()
        if kind == "number":
            return ("value", float(text))
        if kind == "text":
            return ("value", text[1:-1].replace('""', '"'))
        if kind == "reference":
            return ("reference", parse_reference(text))
        if kind == "error":
            return ("error", _BY_TEXT.get(text, PARSE_ERROR))
        if text == "(":
            inner = self.expression()
            self.take(")")
            return inner
        if text in {"-", "+"}:
            return ("negative" if text == "-" else "positive", self.expression(5))
        if kind == "name":
            return self.named(text)
        raise ErrorRaised(PARSE_ERROR)

    def named(self, text: str) -> Node:
        if text.upper() in {"TRUE", "FALSE"} and self.peek() != "(":
            return ("value", text.upper() == "TRUE")
        if self.peek() != "(":
            return ("name", text)
        self.take()
        arguments: list[Node] = []
        while self.peek() != ")":
            if self.peek() in {",", ";"}:
                arguments.append(("value", None))
            else:
                arguments.append(self.expression())
            if self.peek() in {",", ";"}:
                self.take()
            elif self.peek() != ")":
                raise ErrorRaised(PARSE_ERROR)
        self.take(")")
        return ("call", text.upper(), arguments)


@lru_cache(maxsize=100_000)
def _tree(formula: str) -> Node:
    parser = _Parser(formula[1:])
    try:
        tree = parser.expression()
    except ErrorRaised as raised:
        return ("error", raised.error)
    return tree if parser.at == len(parser.tokens) else ("error", PARSE_ERROR)


class Evaluator:
    """Computes cells of one version of a book, each at most once."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.known: dict[tuple[int, int, int], Result] = {}
        self.open: set[tuple[int, int, int]] = set()

    def cell(self, sheet: Sheet, row: int, column: int) -> Result:
        """Give what a cell amounts to."""
        value = sheet.cell(row, column).value
        if type(value) is not Formula:
            return value  # type: ignore[return-value]
        key = (sheet.sheet_id, row, column)
        if key in self.known:
            return self.known[key]
        if key in self.open:
            return _CIRCULAR
        self.open.add(key)
        result = self.formula(sheet, value.text)
        self.open.discard(key)
        self.known[key] = result
        return result

    def height(self, sheet: Sheet) -> int:
        """Give the number of rows down to the last one that holds or shows anything."""
        return len(sheet.rows)

    def shown(self, sheet: Sheet, row: int) -> dict[int, Cell]:
        """Give a row's cells as they show.

        A spilled result stands in its cell as if it were typed there, and a formula's cell has the
        number format that its result implies. A row without either costs nothing.
        """
        return sheet.row(row).cells

    def shown_cell(self, sheet: Sheet, row: int, column: int) -> Cell:
        """Give one cell as it shows."""
        return self.shown(sheet, row).get(column, EMPTY_CELL)

    def formula(self, sheet: Sheet, text: str) -> Result:
        """Give what a formula in a sheet amounts to."""
        try:
            result = self.value(sheet, _tree(text))
        except ErrorRaised as raised:
            return raised.error
        except RecursionError:
            return PARSE_ERROR
        except (OverflowError, ValueError, TypeError):
            return FormulaError("NUM", "#NUM!", "The result is not a number.")
        return 0 if result is None else result

    def value(self, sheet: Sheet, node: Node) -> Result:
        """Compute one node; an error inside is raised."""
        match node:
            case ("value", value):
                return value  # type: ignore[no-any-return]
            case ("error", error):
                raise ErrorRaised(error)
            case ("reference", reference):
                return self._single(sheet, reference)
            case ("negative", inner):
                return -_number(self.value(sheet, inner))
            case ("positive", inner):
                return self.value(sheet, inner)
            case ("percent", inner):
                return _number(self.value(sheet, inner)) / 100
            case ("binary", sign, left, right):
                return _binary(sign, self.value(sheet, left), self.value(sheet, right))
            case ("call", name, arguments):
                return self._call(sheet, name, arguments)
            case _:
                raise ErrorRaised(
                    FormulaError("NAME", "#NAME?", f"Unknown range name: '{str(node[1]).upper()}'.")
                )

    def spread(self, sheet: Sheet, node: Node) -> Iterator[tuple[Result, bool]]:
        """Give the values of an argument, and for each whether it comes from cells."""
        if node[0] == "reference":
            target, top, bottom, left, right = self._bounds(sheet, node[1])
            for row in range(top, min(bottom, len(target.rows))):
                cells = target.rows[row].cells
                for column in sorted(cells):
                    if left <= column < right:
                        yield self.cell(target, row, column), True
        else:
            yield self.value(sheet, node), False

    def _bounds(self, sheet: Sheet, ref: Reference) -> tuple[Sheet, int, int, int, int]:
        target = sheet if ref.title is None else self.book.sheet_titled(ref.title)
        if target is None:
            raise ErrorRaised(_REF)
        last = ref.last or ref.first
        rows = [corner.row for corner in (ref.first, last) if corner.row is not None]
        columns = [corner.column for corner in (ref.first, last) if corner.column is not None]
        bottom = max(rows) + 1 if len(rows) == 2 else target.row_count
        right = max(columns) + 1 if len(columns) == 2 else target.column_count
        top, left = min(rows, default=0), min(columns, default=0)
        if top >= target.row_count or left >= target.column_count:
            raise ErrorRaised(_REF)
        return target, top, bottom, left, right

    def _single(self, sheet: Sheet, reference: Reference) -> Result:
        target, top, _, left, _ = self._bounds(sheet, reference)
        result = self.cell(target, top, left)
        if isinstance(result, FormulaError):
            raise ErrorRaised(result)
        return result

    def _call(self, sheet: Sheet, name: str, arguments: list[Node]) -> Result:
        if name == "IF" and arguments:
            if _truth(self.value(sheet, arguments[0])):
                return self.value(sheet, arguments[1])
            return self.value(sheet, arguments[2]) if len(arguments) > 2 else False
        if name == "IFERROR" and arguments:
            try:
                return self.value(sheet, arguments[0])
            except ErrorRaised:
                return self.value(sheet, arguments[1]) if len(arguments) > 1 else None
        if name in _OF_NUMBERS:
            return _OF_NUMBERS[name](list(self._numbers(sheet, arguments)))
        if name == "COUNT":
            spread = (v for node in arguments for v, _ in self.spread(sheet, node))
            return sum(1 for v in spread if _is_number(v))
        if name == "COUNTA":
            spread = (v for node in arguments for v, _ in self.spread(sheet, node))
            return sum(1 for v in spread if v is not None)
        function = _PLAIN.get(name)
        if function is None:
            raise ErrorRaised(FormulaError("NAME", "#NAME?", f"Unknown function: '{name}'."))
        return function(*(self.value(sheet, node) for node in arguments))

    def _numbers(self, sheet: Sheet, arguments: list[Node]) -> Iterator[float]:
        for node in arguments:
            for value, from_cells in self.spread(sheet, node):
                if isinstance(value, FormulaError):
                    raise ErrorRaised(value)
                if _is_number(value):
                    yield value  # type: ignore[misc]
                elif not from_cells and value is not None:
                    yield _number(value)


def _is_number(value: Result) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: Result) -> float:
    if isinstance(value, (bool, int, float)):
        return value if not isinstance(value, bool) else int(value)
    if value is None:
        return 0
    parsed = parse_entry(value, "en_US")[0] if isinstance(value, str) else None
    if isinstance(parsed, (int, float)) and not isinstance(parsed, bool):
        return parsed
    text = f"Function needs a number value. But '{value}' is a text and cannot be coerced."
    raise ErrorRaised(FormulaError("VALUE", "#VALUE!", text))


def text_of(value: Result) -> str:
    """Give a value as the text that & and CONCATENATE join."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, FormulaError):
        raise ErrorRaised(value)
    return value if isinstance(value, str) else general(value)


def _truth(value: Result) -> bool:
    return bool(_number(value)) if not isinstance(value, bool) else value


def _rank(value: Result) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, str):
        return 1, value.casefold()
    return 0, 0 if value is None else value


def _binary(sign: str, left: Result, right: Result) -> Result:
    if sign == "&":
        return text_of(left) + text_of(right)
    if sign in _COMPARE:
        if left is None and isinstance(right, str):
            left = ""
        if right is None and isinstance(left, str):
            right = ""
        return bool(_COMPARE[sign](_rank(left), _rank(right)))
    a, b = _number(left), _number(right)
    if sign == "/":
        if b == 0:
            raise ErrorRaised(_DIVIDE)
        return a / b
    return _ARITHMETIC[sign](a, b)


def _average(numbers: list[float]) -> float:
    if not numbers:
        raise ErrorRaised(_DIVIDE)
    return sum(numbers) / len(numbers)


def _round(value: Result, places: Result = 0) -> float:
    number, digits = _number(value), int(_number(places))
    scaled = abs(number) * 10.0**digits
    rounded = int(scaled + 0.5 + 1e-9) / 10.0**digits
    return rounded if number >= 0 else -rounded


_OF_NUMBERS: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVERAGE": _average,
    "MIN": lambda numbers: min(numbers, default=0),
    "MAX": lambda numbers: max(numbers, default=0),
}
_PLAIN: dict[str, Callable[..., Result]] = {
    "ROUND": _round,
    "CONCATENATE": lambda *values: "".join(text_of(value) for value in values),
    "LEFT": lambda text, count=1: text_of(text)[: int(_number(count))],
    "LEN": lambda text: len(text_of(text)),
    "AND": lambda *values: all(_truth(value) for value in values),
    "OR": lambda *values: any(_truth(value) for value in values),
    "NOT": lambda value: not _truth(value),
    "ISBLANK": lambda value: value is None,
}


def evaluator(book: Book) -> Evaluator:
    """Give the evaluator of a version of a book, kept with that version."""
    found = book.cache.get("evaluator")
    if not isinstance(found, Evaluator):
        found = book.cache["evaluator"] = Evaluator(book)
    return found
