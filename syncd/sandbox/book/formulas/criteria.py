"""Criteria as COUNTIF and its relatives read them, and the functions that use them."""

import math
import operator
from bisect import bisect_left, bisect_right
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


class _Index:
    """Where an array holds what: by equal value, and its numbers in order."""

    def __init__(self, area: Array) -> None:
        self._equal: dict[Any, list[int]] = {}
        numbers: list[tuple[float, int]] = []
        place = 0
        for row in area.rows:
            for value in row:
                if isinstance(value, (str, int, float)):
                    self._equal.setdefault(rank(value), []).append(place)
                    if is_number(value):
                        numbers.append((value, place))  # type: ignore[arg-type]
                place += 1
        numbers.sort()
        self._numbers = [number for number, _ in numbers]
        self._ordered = [place for _, place in numbers]

    def span(self, sign: str, wanted: Result) -> tuple[list[int], int, int] | None:
        """Give a list of places and which part of it meets a criterion, where that is known."""
        if wanted in {None, ""} or isinstance(wanted, FormulaError):
            return None
        if sign == "=":
            if isinstance(wanted, str) and wildcards(wanted):
                return None
            found = self._equal.get(rank(wanted), [])
            return found, 0, len(found)
        if sign == "<>" or not is_number(wanted):
            return None
        side = bisect_right if sign in {"<=", ">"} else bisect_left
        edge = side(self._numbers, wanted)
        return (
            (self._ordered, 0, edge)
            if sign[0] == "<"
            else (self._ordered, edge, len(self._ordered))
        )


_INDEXES: WeakKeyDictionary[Array, _Index] = WeakKeyDictionary()


class _Criterion:
    """One range with what its values have to meet."""

    def __init__(self, call: Call, area: Array, given: Result) -> None:
        self.area = area
        sign, wanted = _read(call, given)
        self._test = _test(sign, wanted)
        self._known: dict[tuple[bool, Result], bool] = {}
        index = _INDEXES.get(area)
        if index is None:
            index = _INDEXES[area] = _Index(area)
        self._span = index.span(sign, wanted)

    @property
    def size(self) -> int:
        """Give how many places are looked at to find those that meet the criterion."""
        if self._span is None:
            return self.area.height * self.area.width
        return self._span[2] - self._span[1]

    def places(self) -> list[int]:
        """Give the places, counted row by row, that meet the criterion."""
        if self._span is not None:
            found, first, last = self._span
            return sorted(found[first:last])
        held = len(self.area.rows) * self.area.width
        met = [place for place in range(held) if self.is_met(place)]
        if self._test(None):
            met.extend(range(held, self.area.height * self.area.width))
        return met

    def is_met(self, place: int) -> bool:
        """Tell whether the value at a place meets the criterion."""
        row, column = divmod(place, self.area.width)
        value = self.area.rows[row][column] if row < len(self.area.rows) else None
        key = (isinstance(value, bool), value)
        if key not in self._known:
            self._known[key] = self._test(value)
        return self._known[key]


def _matching(call: Call, pairs: tuple[Operand, ...]) -> tuple[list[int], int, int]:
    """Give the places where all criteria hold, and the shape that they are counted in."""
    if len(pairs) % 2:
        raise failure("N_A", f"{call.name} expects all arguments after the first to be in pairs.")
    criteria = [
        _Criterion(call, as_array(area), as_array(given).at(0, 0))
        for area, given in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    shapes = {(each.area.height, each.area.width) for each in criteria}
    if len(shapes) > 1:
        raise failure("VALUE", f"Array arguments to {call.name} are of different size.")
    first, *others = sorted(criteria, key=lambda each: each.size)
    kept = [place for place in first.places() if all(each.is_met(place) for each in others)]
    return kept, first.area.height, first.area.width


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
