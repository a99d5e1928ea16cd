"""Functions that make, cut and order arrays."""

from typing import Any

from syncd.sandbox.book.formulas.registry import MANY, function
from syncd.sandbox.book.formulas.values import (
    LOADING,
    Array,
    Call,
    ErrorRaised,
    FormulaError,
    Operand,
    Result,
    as_array,
    failure,
    rank,
    tidy,
)

CELLS_MAX = 1_000_000


def sized(height: int, width: int) -> None:
    """Refuse an array larger than can be computed here."""
    if height * width > CELLS_MAX:
        raise ErrorRaised(LOADING)


@function("ARRAYFORMULA", 1, 1, whole=True, tolerant=True, lifting=True)
def _arrayformula(call: Call, value: Operand) -> Operand:
    del call
    return value


@function("TRANSPOSE", 1, 1, whole=True, tolerant=True)
def _transpose(call: Call, given: Operand) -> Operand:
    del call
    array = as_array(given)
    sized(array.height, array.width)
    return Array([list(column) for column in zip(*array.padded(), strict=True)])


@function("FLATTEN", 1, MANY, whole=True, tolerant=True)
def _flatten(call: Call, *arguments: Operand) -> Operand:
    del call
    return Array([[value] for argument in arguments for value in as_array(argument).line()])


@function("SEQUENCE", 1, 4)
def _sequence(
    call: Call, rows: Result, columns: Result = 1, start: Result = 1, step: Result = 1
) -> Operand:
    height, width = call.whole(rows, 1), call.whole(columns, 2)
    call.at_least(height, 1, 1)
    call.at_least(width, 1, 2)
    sized(height, width)
    first, by = call.number(start, 3), call.number(step, 4)
    return Array(
        [[tidy(first + by * (r * width + c)) for c in range(width)] for r in range(height)]
    )


def _key(value: Result) -> Any:
    if isinstance(value, FormulaError):
        return 3, value.shown
    return None if value is None else rank(value)


@function("UNIQUE", 1, 3, whole=True, tolerant=True)
def _unique(
    call: Call, given: Operand, by_column: Operand = False, exactly_once: Operand = False
) -> Operand:
    rows = as_array(given).padded()
    across = call.truth(by_column, 2)
    if across:
        rows = [list(column) for column in zip(*rows, strict=True)]
    counts: dict[Any, int] = {}
    first: dict[Any, list[Result]] = {}
    for row in rows:
        key = tuple((type(value) is bool, value) for value in row)
        counts[key] = counts.get(key, 0) + 1
        first.setdefault(key, row)
    once = call.truth(exactly_once, 3)
    kept = [row for key, row in first.items() if not once or counts[key] == 1]
    if not kept:
        raise failure("N_A", "No matches are found in UNIQUE evaluation.")
    return Array([list(column) for column in zip(*kept, strict=True)] if across else kept)


@function("FILTER", 2, MANY, whole=True, tolerant=True, lifting=True)
def _filter(call: Call, given: Operand, *conditions: Operand) -> Operand:
    array, kept_rows, kept_columns = as_array(given), None, None
    for condition in conditions:
        tests = as_array(condition)
        if tests.width == 1 and tests.height == array.height:
            line = [_holds(call, row[0]) for row in tests.padded()]
            kept_rows = [a and b for a, b in zip(kept_rows or line, line, strict=True)]
        elif tests.height == 1 and tests.width == array.width:
            line = [_holds(call, value) for value in tests.padded()[0]]
            kept_columns = [a and b for a, b in zip(kept_columns or line, line, strict=True)]
        else:
            raise failure(
                "N_A",
                f"FILTER has mismatched range sizes. Expected row count: {array.height}. column "
                f"count: 1. Actual row count: {tests.height}, column count: {tests.width}.",
            )
    rows = array.padded()
    if kept_rows is not None:
        rows = [row for row, keep in zip(rows, kept_rows, strict=True) if keep]
    if kept_columns is not None:
        rows = [[v for v, keep in zip(row, kept_columns, strict=True) if keep] for row in rows]
    if not rows or not rows[0]:
        raise failure("N_A", "No matches are found in FILTER evaluation.")
    return Array(rows)


def _holds(call: Call, value: Result) -> bool:
    if isinstance(value, str):
        return False
    return False if isinstance(value, FormulaError) else call.truth(value)


class _Falling:
    """Turns the order of a key around."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key

    def __lt__(self, other: "_Falling") -> bool:
        return bool(other.key < self.key)


def _ordered(rows: list[list[Result]], orders: list[tuple[list[Result], bool]]) -> list[Any]:
    places = list(range(len(rows)))
    for line, rising in reversed(orders):
        keys = [_key(value) for value in line]
        filled = [place for place in places if keys[place] is not None]
        blank = [place for place in places if keys[place] is None]
        if rising:
            filled.sort(key=keys.__getitem__)
        else:
            filled.sort(key=lambda place, keys=keys: _Falling(keys[place]))  # type: ignore[misc]
        places = filled + blank
    return [rows[place] for place in places]


@function("SORT", 1, MANY, whole=True, tolerant=True, lifting=True)
def _sort(call: Call, given: Operand, *by: Operand) -> Operand:
    array = as_array(given)
    rows = array.padded()
    orders: list[tuple[list[Result], bool]] = []
    for place in range(0, len(by), 2):
        column, rising = by[place], True
        if place + 1 < len(by):
            rising = call.truth(by[place + 1], place + 3)
        if isinstance(column, Array) and column.height * column.width > 1:
            if column.height != array.height or column.width != 1:
                raise failure("VALUE", "SORT has mismatched range sizes.")
            orders.append((column.line(), rising))
        else:
            number = call.whole(column, place + 2)
            call.between(number, 1, array.width, place + 2)
            orders.append(([row[number - 1] for row in rows], rising))
    if not by:
        orders = [([row[column] for row in rows], True) for column in range(array.width)]
    return Array(_ordered(rows, orders))


@function("ARRAY_CONSTRAIN", 3, 3, whole=True, tolerant=True)
def _array_constrain(call: Call, given: Operand, rows: Operand, columns: Operand) -> Operand:
    height, width = call.whole(rows, 2), call.whole(columns, 3)
    call.at_least(height, 1, 2)
    call.at_least(width, 1, 3)
    return Array([row[:width] for row in as_array(given).padded()[:height]])
