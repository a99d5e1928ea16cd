"""Functions that choose which of their arguments are computed, or make references."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from syncd.sandbox.book.formula import parse_reference, tokens
from syncd.sandbox.book.formulas.driving import Work
from syncd.sandbox.book.formulas.parser import Node
from syncd.sandbox.book.formulas.reading import Home
from syncd.sandbox.book.formulas.registry import MANY
from syncd.sandbox.book.formulas.values import (
    Array,
    Call,
    ErrorRaised,
    FormulaError,
    Operand,
    Result,
    compared,
    failure,
)
from syncd.sandbox.book.model import Area

if TYPE_CHECKING:
    from syncd.sandbox.book.formulas.expressions import Expressions

Nodes = tuple[Node, ...]


class Form(NamedTuple):
    """One such function, and how many arguments it takes."""

    body: Callable[["Expressions", Nodes, Home, bool], Work]
    least: int
    most: int


FORMS: dict[str, Form] = {}


def form(name: str, least: int, most: int) -> Callable[[Any], Any]:
    """Enter a form into the table."""

    def enter(body: Any) -> Any:
        FORMS[name] = Form(body, least, most)
        return body

    return enter


def _truth(call: Call, value: Operand) -> bool | FormulaError:
    if isinstance(value, Array):
        value = value.at(0, 0)
    try:
        return call.truth(value)
    except ErrorRaised as raised:
        return raised.error


@form("IF", 2, 3)
def _if(of: "Expressions", nodes: Nodes, home: Home, lift: bool) -> Work:
    call = of.call_of("IF")
    no: Node = nodes[2] if len(nodes) > 2 else ("value", False)
    if lift:
        test = yield from of.operand(nodes[0], home, lift=True)
        if isinstance(test, Array):
            branches: list[Operand] = [test]
            for node in (nodes[1], no):
                value = yield from of.operand(node, home, lift=True)
                branches.append(value)

            def chosen(truth: Result, one: Result, other: Result) -> Result:
                if isinstance(truth, FormulaError):
                    return truth
                return one if call.truth(truth) else other

            return of.mapped(chosen, branches, name="IF", tolerant=True)
    else:
        test = yield from of.single(nodes[0], home)
    truth = _truth(call, test)
    if isinstance(truth, FormulaError):
        return truth
    result = yield from of.operand(nodes[1] if truth else no, home, lift=lift)
    return result


@form("IFS", 2, MANY)
def _ifs(of: "Expressions", nodes: Nodes, home: Home, lift: bool) -> Work:
    call = of.call_of("IFS")
    if len(nodes) % 2:
        return failure("N_A", "IFS expects all arguments to be in pairs.").error
    for place in range(0, len(nodes), 2):
        test = yield from of.single(nodes[place], home, lift=lift)
        truth = _truth(call, test)
        if isinstance(truth, FormulaError):
            return truth
        if truth:
            result = yield from of.operand(nodes[place + 1], home, lift=lift)
            return result
    return failure("N_A", "No match.").error


def _caught(kinds: Callable[[FormulaError], bool]) -> Any:
    def body(of: "Expressions", nodes: Nodes, home: Home, lift: bool) -> Work:
        value = yield from of.operand(nodes[0], home, lift=lift)
        instead: Node = nodes[1] if len(nodes) > 1 else ("value", None)
        if isinstance(value, Array):
            if not any(isinstance(v, FormulaError) and kinds(v) for row in value.rows for v in row):
                return value
            other = yield from of.operand(instead, home, lift=lift)

            def kept(one: Result, two: Result) -> Result:
                return two if isinstance(one, FormulaError) and kinds(one) else one

            return of.mapped(kept, [value, other], tolerant=True)
        if isinstance(value, FormulaError) and kinds(value):
            value = yield from of.operand(instead, home, lift=lift)
        return value

    return body


FORMS["IFERROR"] = Form(_caught(lambda _: True), 1, 2)
FORMS["IFNA"] = Form(_caught(lambda error: error.kind == "N_A"), 2, 2)


@form("SWITCH", 3, MANY)
def _switch(of: "Expressions", nodes: Nodes, home: Home, lift: bool) -> Work:
    value = yield from of.single(nodes[0], home, lift=lift)
    if isinstance(value, FormulaError):
        return value
    for place in range(1, len(nodes) - 1, 2):
        case = yield from of.single(nodes[place], home, lift=lift)
        if isinstance(case, FormulaError):
            return case
        if compared(value, case) == 0:
            result = yield from of.operand(nodes[place + 1], home, lift=lift)
            return result
    if len(nodes) % 2 == 0:
        result = yield from of.operand(nodes[-1], home, lift=lift)
        return result
    return failure("N_A", "No match.").error


@form("CHOOSE", 2, MANY)
def _choose(of: "Expressions", nodes: Nodes, home: Home, lift: bool) -> Work:
    call = of.call_of("CHOOSE")
    value = yield from of.single(nodes[0], home, lift=lift)
    try:
        number = call.whole(value, 1)
        call.between(number, 1, len(nodes) - 1, 1)
    except ErrorRaised as raised:
        return raised.error
    result = yield from of.operand(nodes[number], home, lift=lift)
    return result


@form("ISREF", 1, 1)
def _isref(of: "Expressions", nodes: Nodes, home: Home, lift: bool) -> Work:
    del of, home, lift
    yield from ()
    return nodes[0][0] == "reference"


def _read(of: "Expressions", area: Area) -> Work:
    array = yield from of.reader.area(area)
    return array.at(0, 0) if array.height * array.width == 1 else array


@form("INDIRECT", 1, 2)
def _indirect(of: "Expressions", nodes: Nodes, home: Home, lift: bool) -> Work:
    value = yield from of.single(nodes[0], home, lift=lift)
    call = of.call_of("INDIRECT")
    try:
        text = call.text(value)
        found = tokens(text)
        if len(found) == 1 and found[0][0] == "reference":
            area = of.reader.bounds(home.sheet, parse_reference(text))
        elif text.casefold() in of.reader.names:
            area = of.reader.named(text)
        else:
            return failure(
                "REF",
                f"Function INDIRECT parameter 1 value is '{text[:200]}'. It is not a valid "
                "cell/range reference.",
            ).error
        result = yield from _read(of, area)
    except ErrorRaised as raised:
        return raised.error
    return result


@form("OFFSET", 3, 5)
def _offset(of: "Expressions", nodes: Nodes, home: Home, lift: bool) -> Work:
    call = of.call_of("OFFSET")
    if nodes[0][0] not in {"reference", "name"}:
        return failure("N_A", "Argument must be a range in function OFFSET.").error
    numbers: list[int] = []
    try:
        start = of.place(nodes[0], home)
        for place, node in enumerate(nodes[1:], 2):
            value = yield from of.single(node, home, lift=lift)
            numbers.append(call.whole(value, place))
        height = numbers[2] if len(numbers) > 2 else start.bottom - start.top
        width = numbers[3] if len(numbers) > 3 else start.right - start.left
        top, left = start.top + numbers[0], start.left + numbers[1]
        sheet = of.reader.book.sheet(start.sheet_id)
        if height < 1 or width < 1:
            return failure("NUM", "OFFSET gives a range without cells.").error
        outside = top + height > sheet.row_count or left + width > sheet.column_count
        if top < 0 or left < 0 or outside:
            return failure("REF", "Function OFFSET evaluates to an out of bounds range.").error
        result = yield from _read(of, Area(start.sheet_id, top, top + height, left, left + width))
    except ErrorRaised as raised:
        return raised.error
    return result
