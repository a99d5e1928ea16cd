"""Functions of numbers."""

import math
from collections.abc import Iterator
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from syncd.sandbox.book.formulas.registry import MANY, function
from syncd.sandbox.book.formulas.values import (
    Array,
    Call,
    ErrorRaised,
    FormulaError,
    Operand,
    Result,
    failure,
    is_number,
    spread,
    tidy,
)

_DIGITS_MAX = 300


def divide_by_zero(name: str) -> ErrorRaised:
    """Give the error of a function that had nothing to divide by."""
    return failure(
        "DIVIDE_BY_ZERO", f"Evaluation of function {name} caused a divide by zero error."
    )


def numbers(call: Call, arguments: tuple[Operand, ...]) -> Iterator[float]:
    """Give the numbers among the arguments: those in cells, and all that is given directly."""
    for place, argument in enumerate(arguments, 1):
        if not isinstance(argument, Array):
            yield call.number(argument, place)
            continue
        for row in argument.rows:
            for value in row:
                if type(value) is int or type(value) is float:
                    yield value
                elif isinstance(value, FormulaError):
                    raise ErrorRaised(value)


@function("SUM", 1, MANY, whole=True)
def _sum(call: Call, *arguments: Operand) -> Result:
    found = list(numbers(call, arguments))
    total = sum(found)
    return tidy(total if isinstance(total, int) else math.fsum(found))


@function("AVERAGE", 1, MANY, whole=True)
def _average(call: Call, *arguments: Operand) -> Result:
    found = list(numbers(call, arguments))
    if not found:
        raise divide_by_zero("AVERAGE")
    return tidy(math.fsum(found) / len(found))


@function("MEDIAN", 1, MANY, whole=True)
def _median(call: Call, *arguments: Operand) -> Result:
    found = sorted(numbers(call, arguments))
    if not found:
        raise failure("NUM", "MEDIAN has no valid input data.")
    half = len(found) // 2
    return found[half] if len(found) % 2 else tidy((found[half - 1] + found[half]) / 2)


@function("PRODUCT", 1, MANY, whole=True)
def _product(call: Call, *arguments: Operand) -> Result:
    result: float = 1
    for number in numbers(call, arguments):
        result = tidy(result * number)
    return result


@function("MIN", 1, MANY, whole=True)
def _min(call: Call, *arguments: Operand) -> Result:
    return min(numbers(call, arguments), default=0)


@function("MAX", 1, MANY, whole=True)
def _max(call: Call, *arguments: Operand) -> Result:
    return max(numbers(call, arguments), default=0)


@function("COUNT", 1, MANY, whole=True, tolerant=True)
def _count(call: Call, *arguments: Operand) -> Result:
    count = 0
    for value, in_cell in spread(arguments):
        if is_number(value):
            count += 1
        elif not in_cell and isinstance(value, (str, bool)):
            try:
                call.number(value)
            except ErrorRaised:
                continue
            count += 1
    return count


@function("COUNTA", 1, MANY, whole=True, tolerant=True)
def _counta(call: Call, *arguments: Operand) -> Result:
    del call
    return sum(1 for value, in_cell in spread(arguments) if value is not None or not in_cell)


@function("COUNTBLANK", 1, MANY, whole=True, tolerant=True)
def _countblank(call: Call, *arguments: Operand) -> Result:
    del call
    count = 0
    for argument in arguments:
        if isinstance(argument, Array):
            filled = sum(1 for row in argument.rows for value in row if value not in {None, ""})
            count += argument.height * argument.width - filled
        else:
            count += argument in {None, ""}
    return count


@function("COUNTUNIQUE", 1, MANY, whole=True, tolerant=True)
def _countunique(call: Call, *arguments: Operand) -> Result:
    del call
    return len({(type(v) is bool, v) for v, _ in spread(arguments) if v is not None})


@function("SUMPRODUCT", 1, MANY, whole=True, lifting=True)
def _sumproduct(call: Call, *arguments: Operand) -> Result:
    shapes = {(a.height, a.width) if isinstance(a, Array) else (1, 1) for a in arguments}
    if len(shapes) > 1:
        raise failure("VALUE", "SUMPRODUCT has mismatched range sizes.")
    lines = [a.line() if isinstance(a, Array) else [a] for a in arguments]
    total = []
    for values in zip(*lines, strict=True):
        product: float = 1
        for value in values:
            if isinstance(value, FormulaError):
                raise ErrorRaised(value)
            is_plain = is_number(value) or isinstance(value, bool)
            product = tidy(product * (call.number(value) if is_plain else 0))
        total.append(product)
    return tidy(math.fsum(total))


def _rounded(call: Call, value: Result, places: Result, mode: str) -> float:
    number, digits = call.number(value, 1), call.whole(places, 2)
    if abs(digits) > _DIGITS_MAX or number == 0:
        return number if digits > 0 else 0
    exact = Decimal(f"{number:.15g}")
    if exact.adjusted() + digits > 25:
        return number
    return tidy(float(exact.quantize(Decimal(1).scaleb(-digits), mode)))


@function("ROUND", 1, 2)
def _round(call: Call, value: Result, places: Result = 0) -> Result:
    return _rounded(call, value, places, ROUND_HALF_UP)


@function("ROUNDUP", 1, 2)
def _roundup(call: Call, value: Result, places: Result = 0) -> Result:
    return _rounded(call, value, places, ROUND_UP)


@function("ROUNDDOWN", 1, 2)
def _rounddown(call: Call, value: Result, places: Result = 0) -> Result:
    return _rounded(call, value, places, ROUND_DOWN)


@function("TRUNC", 1, 2)
def _trunc(call: Call, value: Result, places: Result = 0) -> Result:
    return _rounded(call, value, places, ROUND_DOWN)


@function("INT", 1, 1)
def _int(call: Call, value: Result) -> Result:
    return tidy(math.floor(call.number(value)))


def _multiple(call: Call, value: Result, factor: Result, *, up: bool) -> Result:
    number, step = call.number(value, 1), call.number(factor, 2)
    if step == 0:
        return 0
    if number > 0 > step:
        raise failure(
            "NUM",
            f"Function {call.name} parameter 2 must be positive if parameter 1 is positive.",
        )
    ratio = float(f"{number / step:.14g}")
    return tidy((math.ceil(ratio) if up else math.floor(ratio)) * step)


@function("CEILING", 1, 2)
def _ceiling(call: Call, value: Result, factor: Result = 1) -> Result:
    return _multiple(call, value, factor, up=True)


@function("FLOOR", 1, 2)
def _floor(call: Call, value: Result, factor: Result = 1) -> Result:
    return _multiple(call, value, factor, up=False)


@function("ABS", 1, 1)
def _abs(call: Call, value: Result) -> Result:
    return abs(call.number(value))


@function("SIGN", 1, 1)
def _sign(call: Call, value: Result) -> Result:
    number = call.number(value)
    return (number > 0) - (number < 0)


@function("ISEVEN", 1, 1)
def _iseven(call: Call, value: Result) -> Result:
    return call.whole(value) % 2 == 0


@function("ISODD", 1, 1)
def _isodd(call: Call, value: Result) -> Result:
    return call.whole(value) % 2 == 1


@function("MOD", 2, 2)
def modulo(call: Call, value: Result, by: Result) -> Result:
    """Give the rest of a division; it has the divisor's sign."""
    divisor = call.number(by, 2)
    if divisor == 0:
        raise failure("DIVIDE_BY_ZERO", f"Function {call.name} parameter 2 cannot be zero.")
    return tidy(call.number(value, 1) % divisor)


@function("QUOTIENT", 2, 2)
def _quotient(call: Call, value: Result, by: Result) -> Result:
    return int(call.number(divided(call, value, by)))


@function("DIVIDE", 2, 2)
def divided(call: Call, value: Result, by: Result) -> Result:
    """Divide."""
    divisor = call.number(by, 2)
    if divisor == 0:
        raise failure("DIVIDE_BY_ZERO", f"Function {call.name} parameter 2 cannot be zero.")
    return tidy(call.number(value, 1) / divisor)


@function("ADD", 2, 2)
def added(call: Call, value: Result, other: Result) -> Result:
    """Add."""
    return tidy(call.number(value, 1) + call.number(other, 2))


@function("MINUS", 2, 2)
def subtracted(call: Call, value: Result, other: Result) -> Result:
    """Subtract."""
    return tidy(call.number(value, 1) - call.number(other, 2))


@function("MULTIPLY", 2, 2)
def multiplied(call: Call, value: Result, other: Result) -> Result:
    """Multiply."""
    return tidy(call.number(value, 1) * call.number(other, 2))


@function("POW", 2, 2)
@function("POWER", 2, 2)
def power(call: Call, value: Result, exponent: Result) -> Result:
    """Raise to a power."""
    base, by = float(call.number(value, 1)), call.number(exponent, 2)
    if base == 0 and by < 0:
        raise failure("DIVIDE_BY_ZERO", f"Function {call.name} caused a divide by zero error.")
    if base < 0 and by != int(by):
        raise failure(
            "NUM",
            f"{call.name} evaluates to an imaginary number.",
        )
    return tidy(base**by)


@function("SQRT", 1, 1)
def _sqrt(call: Call, value: Result) -> Result:
    number = call.number(value)
    call.at_least(number, 0, 1)
    return tidy(math.sqrt(number))


@function("EXP", 1, 1)
def _exp(call: Call, value: Result) -> Result:
    return tidy(math.exp(call.number(value)))


@function("LN", 1, 1)
def _ln(call: Call, value: Result) -> Result:
    number = call.number(value)
    if number <= 0:
        raise failure(
            "NUM", f"Function LN parameter 1 value is {number}. It should be greater than 0."
        )
    return tidy(math.log(number))


@function("LOG10", 1, 1)
def _log10(call: Call, value: Result) -> Result:
    return tidy(call.number(_ln(call, value)) / math.log(10))


@function("PI", 0, 0)
def _pi(call: Call) -> Result:
    del call
    return math.pi
