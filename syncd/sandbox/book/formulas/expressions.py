"""Computing the nodes of a formula's tree."""

from collections.abc import Callable
from functools import partial

from syncd.sandbox.book.formats import is_date, show
from syncd.sandbox.book.formulas import functions, maths, texts
from syncd.sandbox.book.formulas.arrays import sized
from syncd.sandbox.book.formulas.driving import Work
from syncd.sandbox.book.formulas.forms import FORMS
from syncd.sandbox.book.formulas.looks import Looks
from syncd.sandbox.book.formulas.parser import Node
from syncd.sandbox.book.formulas.reading import Home, Reader
from syncd.sandbox.book.formulas.registry import FUNCTIONS, MANY, Function
from syncd.sandbox.book.formulas.values import (
    NO_INTERSECTION,
    Array,
    Call,
    ErrorRaised,
    FormulaError,
    Operand,
    Result,
    compared,
    failure,
    is_number,
)
from syncd.sandbox.book.model import Area

_OPERATORS: dict[str, tuple[str, Callable[..., Operand]]] = {
    "+": ("ADD", maths.added),
    "-": ("MINUS", maths.subtracted),
    "*": ("MULTIPLY", maths.multiplied),
    "/": ("DIVIDE", maths.divided),
    "^": ("POW", maths.power),
    "&": ("CONCAT", texts.joined),
    "=": ("EQ", lambda _, a, b: compared(a, b) == 0),
    "<>": ("NE", lambda _, a, b: compared(a, b) != 0),
    "<": ("LT", lambda _, a, b: compared(a, b) < 0),
    ">": ("GT", lambda _, a, b: compared(a, b) > 0),
    "<=": ("LTE", lambda _, a, b: compared(a, b) <= 0),
    ">=": ("GTE", lambda _, a, b: compared(a, b) >= 0),
}
_PLACES = ("reference", "name")


class Expressions:
    """Computes trees for one version of a book."""

    def __init__(self, reader: Reader, looks: Looks, locale: str, now: Callable[[], float]) -> None:
        self.reader = reader
        self.looks = looks
        self.locale = locale
        self.now = now

    def call_of(self, name: str) -> Call:
        """Give what a function sees of the book."""
        return Call(name, self.locale, self.now())

    def top(self, node: Node, home: Home) -> Work:
        """Compute a formula: an array it may fill cells with, or one value."""
        if node[0] in _PLACES:
            result = yield from self.single(node, home)
        else:
            result = yield from self.operand(node, home, lift=False)
        if isinstance(result, Array) and result.height * result.width == 1:
            return result.at(0, 0)
        if isinstance(result, Array) and not result.height * result.width:
            return None
        return result

    def place(self, node: Node, home: Home) -> Area:
        """Give the range that a reference or a name stands for."""
        if node[0] == "name":
            return self.reader.named(node[1])
        return self.reader.bounds(home.sheet, node[1])

    def single(self, node: Node, home: Home, *, lift: bool = False) -> Work:
        """Compute one value: of a range the cell in this row or column, of an array the first."""
        if node[0] not in _PLACES:
            result = yield from self.operand(node, home, lift=lift)
            if isinstance(result, Array):
                return result.at(0, 0) if result.height * result.width else None
            return result
        try:
            area = self.place(node, home)
        except ErrorRaised as raised:
            return raised.error
        row, column = area.top, area.left
        if area.right - column > 1 and area.bottom - row > 1:
            return NO_INTERSECTION
        if area.bottom - row > 1:
            row = home.row
        elif area.right - column > 1:
            column = home.column
        if not area.holds(row, column):
            return NO_INTERSECTION
        result = yield from self.reader.cell(self.reader.book.sheet(area.sheet_id), row, column)
        return result

    def range_of(self, node: Node, home: Home) -> Work:
        """Compute all cells of a reference or a name."""
        try:
            array = yield from self.reader.area(self.place(node, home))
        except ErrorRaised as raised:
            return raised.error
        return array

    def operand(self, node: Node, home: Home, *, lift: bool) -> Work:
        """Compute a node to a value or an array; errors are values here."""
        match node:
            case ("value" | "error", value):
                return value
            case ("reference" | "name", _):
                area = yield from self.range_of(node, home)
                if isinstance(area, Array) and area.height * area.width == 1:
                    return area.at(0, 0)
                return area
            case ("fold", first, rest):
                result = yield from self._fold(first, rest, home, lift=lift)
                return result
            case ("sign", sign, inner):
                value = yield from self._either(inner, home, lift=lift)
                return self._signed(sign, value)
            case ("percent", inner, count):
                value = yield from self._either(inner, home, lift=lift)
                call = self.call_of("UNARY_PERCENT")
                return self.mapped(lambda v: maths.divided(call, v, 100.0**count), [value])
            case ("array", rows):
                result = yield from self._literal(rows, home, lift=lift)
                return result
            case _:
                result = yield from self._called(node[1], node[2], home, lift=lift)
                return result

    def _either(self, node: Node, home: Home, *, lift: bool) -> Work:
        if lift:
            result = yield from self.operand(node, home, lift=True)
        else:
            result = yield from self.single(node, home)
        return result

    def _signed(self, sign: str, value: Operand) -> Operand:
        if sign == "+":
            return value
        call = self.call_of("UMINUS")
        return self.mapped(lambda v: -call.number(v), [value])

    def _fold(
        self, first: Node, rest: tuple[tuple[str, Node], ...], home: Home, *, lift: bool
    ) -> Work:
        result = yield from self._either(first, home, lift=lift)
        if rest[0][0] == "&":
            result = yield from self._dated(first, result, home)
        for sign, node in rest:
            other = yield from self._either(node, home, lift=lift)
            if sign == "&":
                other = yield from self._dated(node, other, home)
            name, operate = _OPERATORS[sign]
            result = self.mapped(partial(operate, self.call_of(name)), [result, other], name=name)
        return result

    def _dated(self, node: Node, value: Operand, home: Home) -> Work:
        """Turn days and times into the texts that they show: so texts are joined with them."""
        numeric = isinstance(value, Array) or is_number(value)
        if not numeric or node[0] in {"value", "sign", "percent", "array"}:
            return value
        look = yield from self.looks.of(node, home)
        if not is_date(look):
            return value
        return self.mapped(
            lambda v: show(v, look, self.locale) if is_number(v) else v,
            [value],
        )

    def mapped(
        self,
        body: Callable[..., Operand],
        values: list[Operand],
        *,
        name: str = "",
        tolerant: bool = False,
    ) -> Operand:
        """Run a function of single values, for every value of the arrays among its arguments."""
        several = [v for v in values if isinstance(v, Array)]
        if not several:
            return self._safely(body, values, tolerant)
        height = max(array.height for array in several)
        width = max(array.width for array in several)
        for array in several:
            if array.height not in {1, height} or array.width not in {1, width}:
                return failure(
                    "N_A", f"Array arguments to {name or 'function'} are of different size."
                ).error
        try:
            sized(height, width)
            self.reader.spend(height * width * 3)
        except ErrorRaised as raised:
            return raised.error
        rows: list[list[Result]] = []
        for r in range(height):
            row: list[Result] = []
            for c in range(width):
                picked: list[Operand] = [
                    v.at(r if v.height > 1 else 0, c if v.width > 1 else 0)
                    if isinstance(v, Array)
                    else v
                    for v in values
                ]
                result = self._safely(body, picked, tolerant)
                row.append(result.at(0, 0) if isinstance(result, Array) else result)
            rows.append(row)
        return Array(rows)

    @staticmethod
    def _safely(body: Callable[..., Operand], values: list[Operand], tolerant: bool) -> Operand:
        if not tolerant:
            for value in values:
                if isinstance(value, FormulaError):
                    return value
        try:
            return body(*values)
        except ErrorRaised as raised:
            return raised.error
        except (ArithmeticError, ValueError, TypeError, IndexError, MemoryError):
            return failure("NUM", "The result is not a number that can be computed.").error

    def _literal(self, rows: tuple[tuple[Node, ...], ...], home: Home, *, lift: bool) -> Work:
        made: list[list[Result]] = []
        for number, nodes in enumerate(rows):
            parts: list[Array] = []
            for place, node in enumerate(nodes, 1):
                value = yield from self.operand(node, home, lift=lift)
                part = value if isinstance(value, Array) else Array([[value]])
                if parts and part.height != parts[0].height:
                    return failure(
                        "REF",
                        f"Function ARRAY_ROW parameter {place} has mismatched row size. Expected: "
                        f"{parts[0].height}. Actual: {part.height}.",
                    ).error
                parts.append(part)
            width = sum(part.width for part in parts)
            if number and made and len(made[0]) != width:
                return failure(
                    "VALUE",
                    "In ARRAY_LITERAL, an Array Literal was missing values for one or more rows.",
                ).error
            try:
                sized(len(made) + parts[0].height, width)
                self.reader.spend(parts[0].height * width)
            except ErrorRaised as raised:
                return raised.error
            lines = zip(*(part.padded() for part in parts), strict=True)
            made.extend([value for piece in line for value in piece] for line in lines)
        return Array(made)

    def _called(self, name: str, nodes: tuple[Node, ...], home: Home, *, lift: bool) -> Work:
        form = FORMS.get(name)
        if form is not None:
            wrong = wrong_count(name, len(nodes), form.least, form.most)
            if wrong is not None:
                return wrong
            result = yield from form.body(self, nodes, home, lift)
            return result
        known = FUNCTIONS.get(name)
        if known is None:
            return failure("NAME", f"Unknown function: '{name}'.").error
        wrong = wrong_count(name, len(nodes), known.least, known.most)
        if wrong is not None:
            return wrong
        body = partial(known.body, self.call_of(name))
        if known.whole:
            result = yield from self._whole(name, known, body, nodes, home, lift=lift)
            return result
        values: list[Operand] = []
        for node in nodes:
            value = yield from self._either(node, home, lift=lift)
            if known.textual:
                value = yield from self._dated(node, value, home)
            values.append(value)
        return self.mapped(body, values, name=name, tolerant=known.tolerant)

    def _whole(
        self,
        name: str,
        known: Function,
        body: Callable[..., Operand],
        nodes: tuple[Node, ...],
        home: Home,
        *,
        lift: bool,
    ) -> Work:
        values: list[Operand] = []
        if known.shapes and not nodes:
            nodes = (("reference", functions.own_cell(home.row, home.column)),)
        for node in nodes:
            if known.shapes and node[0] in _PLACES:
                value: Operand = self._shape(node, home)
            elif node[0] in _PLACES:
                value = yield from self.range_of(node, home)
            else:
                value = yield from self.operand(node, home, lift=lift or known.lifting)
            if known.textual:
                value = yield from self._dated(node, value, home)
            values.append(value)
        mapped = functions.MAPPED.get(name) if lift else None
        if mapped is not None and len(values) > mapped:
            sought = values[mapped]
            if isinstance(sought, Array) and sought.height * sought.width > 1:

                def one(value: Operand) -> Operand:
                    return body(*values[:mapped], value, *values[mapped + 1 :])

                return self.mapped(one, [sought], name=name, tolerant=known.tolerant)
        return self._safely(body, values, known.tolerant)

    def _shape(self, node: Node, home: Home) -> Operand:
        try:
            area = self.place(node, home)
        except ErrorRaised as raised:
            return raised.error
        height, width = area.bottom - area.top, area.right - area.left
        return Array([], height, width, is_range=True, corner=(area.top, area.left))


def wrong_count(name: str, given: int, least: int, most: int) -> FormulaError | None:
    """Give the error of a call with too few or too many arguments."""
    if least <= given <= most:
        return None
    if least == most:
        expected = f"{least} arguments"
    elif most >= MANY:
        expected = f"at least {least} arguments"
    else:
        expected = f"between {least} and {most} arguments"
    return failure(
        "N_A",
        f"Wrong number of arguments to {name}. Expected {expected}, but got {given} arguments.",
    ).error
