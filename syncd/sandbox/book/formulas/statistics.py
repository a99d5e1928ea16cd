"""Functions that rank and measure many numbers."""

import math
import statistics
from collections.abc import Callable

from syncd.sandbox.book.formulas.maths import divide_by_zero, numbers
from syncd.sandbox.book.formulas.registry import MANY, function
from syncd.sandbox.book.formulas.values import (
    Call,
    Operand,
    Result,
    as_array,
    failure,
    tidy,
)


def _sorted(call: Call, given: Operand) -> list[float]:
    return sorted(numbers(call, (as_array(given),)))


def _single(given: Operand) -> Result:
    return as_array(given).at(0, 0)


def _nth(call: Call, given: Operand, rank: Operand, *, largest: bool) -> Result:
    found, place = _sorted(call, given), call.whole(_single(rank))
    if not 1 <= place <= len(found):
        raise failure("NUM", f"Function {call.name} parameter 2 value {place} is out of range.")
    return found[-place] if largest else found[place - 1]


@function("LARGE", 2, 2, whole=True)
def _large(call: Call, given: Operand, rank: Operand) -> Result:
    return _nth(call, given, rank, largest=True)


@function("SMALL", 2, 2, whole=True)
def _small(call: Call, given: Operand, rank: Operand) -> Result:
    return _nth(call, given, rank, largest=False)


@function("RANK", 2, 3, whole=True)
@function("RANK.EQ", 2, 3, whole=True)
def _rank(call: Call, value: Operand, given: Operand, ascending: Operand = 0) -> Result:
    found, number = _sorted(call, given), call.number(_single(value), 1)
    if number not in found:
        raise failure("N_A", f"{call.name} has no valid input data.")
    if call.number(_single(ascending), 3):
        return sum(other < number for other in found) + 1
    return sum(other > number for other in found) + 1


def _percentile(call: Call, given: Operand, share: float) -> Result:
    found = _sorted(call, given)
    if not found or not 0 <= share <= 1:
        raise failure("NUM", f"Function {call.name} parameter 2 value is out of range.")
    place = share * (len(found) - 1)
    below = math.floor(place)
    above = min(below + 1, len(found) - 1)
    return tidy(found[below] + (found[above] - found[below]) * (place - below))


@function("PERCENTILE", 2, 2, whole=True)
@function("PERCENTILE.INC", 2, 2, whole=True)
def _percentile_of(call: Call, given: Operand, share: Operand) -> Result:
    return _percentile(call, given, call.number(_single(share), 2))


@function("QUARTILE", 2, 2, whole=True)
@function("QUARTILE.INC", 2, 2, whole=True)
def _quartile(call: Call, given: Operand, number: Operand) -> Result:
    return _percentile(call, given, call.whole(_single(number)) / 4)


def _spread(
    call: Call, arguments: tuple[Operand, ...], least: int, of: Callable[[list[float]], float]
) -> Result:
    found = [float(number) for number in numbers(call, arguments)]
    if len(found) < least:
        raise divide_by_zero(call.name)
    return tidy(of(found))


@function("STDEV", 1, MANY, whole=True)
@function("STDEV.S", 1, MANY, whole=True)
def _stdev(call: Call, *arguments: Operand) -> Result:
    return _spread(call, arguments, 2, statistics.stdev)


@function("STDEVP", 1, MANY, whole=True)
@function("STDEV.P", 1, MANY, whole=True)
def _stdevp(call: Call, *arguments: Operand) -> Result:
    return _spread(call, arguments, 1, statistics.pstdev)


@function("VAR", 1, MANY, whole=True)
@function("VAR.S", 1, MANY, whole=True)
def _var(call: Call, *arguments: Operand) -> Result:
    return _spread(call, arguments, 2, statistics.variance)


@function("VARP", 1, MANY, whole=True)
@function("VAR.P", 1, MANY, whole=True)
def _varp(call: Call, *arguments: Operand) -> Result:
    return _spread(call, arguments, 1, statistics.pvariance)


@function("MROUND", 2, 2)
def _mround(call: Call, value: Result, factor: Result) -> Result:
    number, step = call.number(value, 1), call.number(factor, 2)
    if number * step < 0:
        raise failure("NUM", f"Parameters of {call.name} must have the same sign.")
    return tidy(math.floor(number / step + 0.5) * step) if step else 0
