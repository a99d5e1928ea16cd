"""Criteria as COUNTIF and its relatives read them, and the functions that use them."""

import math
import operator
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from syncd.sandbox.book.formulas.maths import divide_by_zero
from syncd.sandbox.book.formulas.patterns import meets, wildcards
from syncd.sandbox.book.formulas.registry import MANY, function
from syncd.sandbox.book.formulas.values import (
    Array,
    Call,
    ErrorRaised,
    FormulaError,
    Operand,
    Result,
    as_array,
    failure,
    is_number,
    rank,
    text_number,
    tidy,
)

Test = Callable[[Result], bool]

_SIGNS = ("<=", ">=", "<>", "<", ">", "=")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _read(call: Call, given: Result) -> tuple[str, Result]:
    """Take a criterion apart into its comparison and what it compares with."""
    if given is None:
        return "=", 0
    if not isinstance(given, str):
        return "=", given
    sign = next((s for s in _SIGNS if given.startswith(s)), "")
    text = given.removeprefix(sign)
    if text.upper() in {"TRUE", "FALSE"}:
        return sign or "=", text.upper() == "TRUE"
    number = text_number(text, call.locale) if text else None
    if number is None and not text and sign in {"=", "<>"}:
        return sign, None
    return sign or "=", text if number is None else number


def _test(sign: str, wanted: Result) -> Test:
    """Turn a criterion into a test of one value."""
    if wanted is None:
        return (lambda v: v is None) if sign == "=" else (lambda v: v is not None)
    if isinstance(wanted, FormulaError):
        return lambda value: value == wanted
    equal = _equality(wanted)
    if sign == "=":
        return equal
    if sign == "<>":
        return lambda value: not equal(value)
    return _ordered(sign, wanted)


def _equality(wanted: Result) -> Test:
    if isinstance(wanted, bool):
        return lambda value: value is wanted
    if is_number(wanted):
        return lambda value: not isinstance(value, bool) and value == wanted
    text = str(wanted).casefold()
    parts = wildcards(text)
    if text == "":
        return lambda value: value is None or value == ""
    if parts is None:
        return lambda value: isinstance(value, str) and value.casefold() == text
    return lambda value: isinstance(value, str) and meets(parts, value.casefold())


def _ordered(sign: str, wanted: Result) -> Test:
    order = _ORDER[sign]
    if is_number(wanted):
        return lambda value: is_number(value) and order(value, wanted)
    if isinstance(wanted, bool):
        return lambda value: isinstance(value, bool) and order(value, wanted)
    text = str(wanted).casefold()
    return lambda value: isinstance(value, str) and order(value.casefold(), text)


_PLACES: WeakKeyDictionary[Array, dict[Any, list[int]]] = WeakKeyDictionary()


def _key(value: Result) -> Any:
    return rank(value) if isinstance(value, (str, int, float)) else None


def _equal_places(area: Array, wanted: Result) -> list[int]:
    """Give the places of one value, from an index that is kept with the array."""
    index = _PLACES.get(area)
    if index is None:
        index = _PLACES[area] = {}
        place = 0
        for row in area.rows:
            for value in row:
                key = _key(value)
                if key is not None:
                    index.setdefault(key, []).append(place)
                place += 1
    return index.get(rank(wanted), [])


def _places_of(call: Call, area: Array, given: Result) -> list[int]:
    """Give the places of an area, counted row by row, that meet a criterion."""
    sign, wanted = _read(call, given)
    is_plain = wanted not in {None, ""} and not isinstance(wanted, FormulaError)
    if sign == "=" and is_plain and not (isinstance(wanted, str) and wildcards(wanted)):
        return _equal_places(area, wanted)
    test = _test(sign, wanted)
    known: dict[tuple[bool, Result], bool] = {}
    found: list[int] = []
    place = 0
    for row in area.rows:
        for value in row:
            key = (isinstance(value, bool), value)
            if key not in known:
                known[key] = test(value)
            if known[key]:
                found.append(place)
            place += 1
    if test(None):
        found.extend(range(place, area.height * area.width))
    return found


def _matching(call: Call, pairs: tuple[Operand, ...]) -> tuple[list[int], int, int]:
    """Give the places where all criteria hold, and the shape that they are counted in."""
    if len(pairs) % 2:
        raise failure("N_A", f"{call.name} expects all arguments after the first to be in pairs.")
    kept: list[int] = []
    shape = (0, 0)
    for index in range(0, len(pairs), 2):
        area, given = as_array(pairs[index]), pairs[index + 1]
        if index and (area.height, area.width) != shape:
            raise failure("VALUE", f"Array arguments to {call.name} are of different size.")
        shape = area.height, area.width
        found = _places_of(call, area, given.at(0, 0) if isinstance(given, Array) else given)
        if index:
            others = set(found)
            kept = [place for place in kept if place in others]
        else:
            kept = found
    return kept, *shape


def _picked(area: Operand, kept: list[int], width: int) -> list[float]:
    """Give the numbers of an area at some places, counted from its corner."""
    values = as_array(area)
    found: list[float] = []
    for place in kept:
        row, column = divmod(place, width)
        if row < len(values.rows) and column < values.width:
            value = values.rows[row][column]
            if isinstance(value, FormulaError):
                raise ErrorRaised(value)
            if is_number(value):
                found.append(value)  # type: ignore[arg-type]
    return found


@function("COUNTIF", 2, 2, whole=True, tolerant=True)
@function("COUNTIFS", 2, MANY, whole=True, tolerant=True)
def _countifs(call: Call, *pairs: Operand) -> Result:
    return len(_matching(call, pairs)[0])


def _one_criterion(call: Call, area: Operand, given: Operand, of: Operand) -> list[float]:
    kept, _, width = _matching(call, (area, given))
    return _picked(area if of is None else of, kept, width)


@function("SUMIF", 2, 3, whole=True, tolerant=True)
def _sumif(call: Call, area: Operand, given: Operand, of: Operand = None) -> Result:
    return tidy(math.fsum(_one_criterion(call, area, given, of)))


@function("AVERAGEIF", 2, 3, whole=True, tolerant=True)
def _averageif(call: Call, area: Operand, given: Operand, of: Operand = None) -> Result:
    return _mean(call, _one_criterion(call, area, given, of))


def _mean(call: Call, found: list[float]) -> Result:
    if not found:
        raise divide_by_zero(call.name)
    return tidy(math.fsum(found) / len(found))


def _many_criteria(call: Call, of: Operand, pairs: tuple[Operand, ...]) -> list[float]:
    kept, height, width = _matching(call, pairs)
    values = as_array(of)
    if (values.height, values.width) != (height, width):
        raise failure("VALUE", f"Array arguments to {call.name} are of different size.")
    return _picked(of, kept, width)


@function("SUMIFS", 3, MANY, whole=True, tolerant=True)
def _sumifs(call: Call, of: Operand, *pairs: Operand) -> Result:
    return tidy(math.fsum(_many_criteria(call, of, pairs)))


@function("AVERAGEIFS", 3, MANY, whole=True, tolerant=True)
def _averageifs(call: Call, of: Operand, *pairs: Operand) -> Result:
    return _mean(call, _many_criteria(call, of, pairs))


@function("MINIFS", 3, MANY, whole=True, tolerant=True)
def _minifs(call: Call, of: Operand, *pairs: Operand) -> Result:
    return min(_many_criteria(call, of, pairs), default=0)


@function("MAXIFS", 3, MANY, whole=True, tolerant=True)
def _maxifs(call: Call, of: Operand, *pairs: Operand) -> Result:
    return max(_many_criteria(call, of, pairs), default=0)
