"""Functions that look something up.

Sought lines are remembered by the array that holds them: the evaluator gives the same array object
for the same range of one version, so ten thousand lookups into one table index it once.
"""

from bisect import bisect_right
from typing import Any
from weakref import WeakKeyDictionary

from syncd.sandbox.book.formulas.patterns import meets, wildcards
from syncd.sandbox.book.formulas.registry import function
from syncd.sandbox.book.formulas.values import (
    Array,
    Call,
    FormulaError,
    Operand,
    Result,
    as_array,
    failure,
    rank,
)

_INDEXES: WeakKeyDictionary[Array, dict[tuple[bool, int], dict[Any, int]]] = WeakKeyDictionary()


def _key(value: Result) -> Any:
    return None if value is None or isinstance(value, FormulaError) else rank(value)


def _line(area: Array, *, down: bool, index: int = 0) -> list[Result]:
    if down:
        return area.column(index)
    return area.rows[index] if index < len(area.rows) else []


def _first(area: Array, wanted: Result, *, down: bool) -> int | None:
    """Give where a value first stands in the first column or row."""
    if isinstance(wanted, str):
        parts = wildcards(wanted)
        if parts is not None:
            for place, value in enumerate(_line(area, down=down)):
                if isinstance(value, str) and meets(parts, value.casefold()):
                    return place
            return None
    indexes = _INDEXES.setdefault(area, {})
    index = indexes.get((down, 0))
    if index is None:
        index = indexes[down, 0] = {}
        for place, value in enumerate(_line(area, down=down)):
            key = _key(value)
            if key is not None:
                index.setdefault(key, place)
    return index.get(rank(wanted))


def _last_not_above(line: list[Result], wanted: Result) -> int | None:
    """Give the last place of a rising line whose value is not above the one sought."""
    kind = rank(wanted)[0]
    places = [p for p, value in enumerate(line) if (_key(value) or (9,))[0] == kind]
    at = bisect_right(places, rank(wanted), key=lambda place: rank(line[place]))
    return places[at - 1] if at else None


def _missing(call: Call, wanted: Result) -> Exception:
    return failure(
        "N_A", f"Did not find value '{call.text(wanted)[:200]}' in {call.name} evaluation."
    )


def _looked_up(
    call: Call, sought: Operand, table: Operand, index: Operand, rising: Operand, *, down: bool
) -> Result:
    area, wanted, number = as_array(table), as_array(sought).at(0, 0), call.whole(index, 3)
    if isinstance(wanted, FormulaError):
        return wanted
    if number < 1:
        raise failure(
            "VALUE",
            f"Function {call.name} parameter 3 value is {number}. It should be greater than or "
            "equal to 1.",
        )
    if number > (area.width if down else area.height):
        raise failure("REF", f"{call.name} evaluates to an out of bounds range.")
    if call.truth(rising, 4):
        place = _last_not_above(_line(area, down=down), wanted)
    else:
        place = _first(area, wanted, down=down)
    if place is None:
        raise _missing(call, wanted)
    return area.at(place, number - 1) if down else area.at(number - 1, place)


@function("VLOOKUP", 3, 4, whole=True, tolerant=True)
def _vlookup(
    call: Call, sought: Operand, table: Operand, index: Operand, rising: Operand = True
) -> Result:
    return _looked_up(call, sought, table, index, rising, down=True)


@function("HLOOKUP", 3, 4, whole=True, tolerant=True)
def _hlookup(
    call: Call, sought: Operand, table: Operand, index: Operand, rising: Operand = True
) -> Result:
    return _looked_up(call, sought, table, index, rising, down=False)


@function("MATCH", 2, 3, whole=True, tolerant=True)
def _match(call: Call, sought: Operand, area: Operand, kind: Operand = 1) -> Result:
    line, wanted, mode = as_array(area), as_array(sought).at(0, 0), call.whole(kind, 3)
    if isinstance(wanted, FormulaError):
        return wanted
    if line.height > 1 and line.width > 1:
        raise failure("N_A", "MATCH range must be a single row or a single column.")
    down = line.width == 1
    if mode == 0:
        place = _first(line, wanted, down=down)
    elif mode > 0:
        place = _last_not_above(_line(line, down=down), wanted)
    else:
        place = None
        for index, value in enumerate(_line(line, down=down)):
            key = _key(value)
            if key is not None and key[0] == rank(wanted)[0]:
                if key < rank(wanted):
                    break
                place = index
    if place is None:
        raise _missing(call, wanted)
    return place + 1


@function("XMATCH", 2, 4, whole=True, tolerant=True)
def _xmatch(
    call: Call, sought: Operand, area: Operand, match: Operand = 0, search: Operand = 1
) -> Result:
    wanted = as_array(sought).at(0, 0)
    place = _x_place(call, wanted, as_array(area), call.whole(match, 3), call.whole(search, 4))
    if place is None:
        raise _missing(call, wanted)
    return place + 1


def _x_place(call: Call, wanted: Result, area: Array, match: int, search: int) -> int | None:
    if area.height > 1 and area.width > 1:
        raise failure("VALUE", f"{call.name} range must be a single row or a single column.")
    down = area.width == 1
    if match == 0 and search >= 0 and not isinstance(wanted, str):
        return _first(area, wanted, down=down)
    line = _line(area, down=down)
    places = range(len(line) - 1, -1, -1) if search < 0 else range(len(line))
    parts = wildcards(wanted) if match == 2 and isinstance(wanted, str) else None
    key, best = rank(wanted), None
    for place in places:
        value = line[place]
        found = _key(value)
        if found is None:
            continue
        if found == key or (parts and isinstance(value, str) and meets(parts, value.casefold())):
            return place
        if match not in {-1, 1} or found[0] != key[0] or (found < key) != (match < 0):
            continue
        if best is None or (found > _key(line[best])) == (match < 0):
            best = place
    return best


@function("XLOOKUP", 3, 6, whole=True, tolerant=True)
def _xlookup(
    call: Call,
    sought: Operand,
    area: Operand,
    results: Operand,
    missing: Operand = None,
    match: Operand = 0,
    search: Operand = 1,
) -> Operand:
    wanted, line, given = as_array(sought).at(0, 0), as_array(area), as_array(results)
    if isinstance(wanted, FormulaError):
        return wanted
    place = _x_place(call, wanted, line, call.whole(match, 5), call.whole(search, 6))
    if place is None:
        if missing is None:
            raise _missing(call, wanted)
        return missing
    if line.width == 1:
        if given.width == 1:
            return given.at(place, 0)
        return Array([[given.at(place, column) for column in range(given.width)]])
    if given.height == 1:
        return given.at(0, place)
    return Array([[given.at(row, place)] for row in range(given.height)])


@function("INDEX", 1, 3, whole=True, tolerant=True, lifting=True)
def _index(call: Call, area: Operand, row: Operand = 0, column: Operand = 0) -> Operand:
    if isinstance(area, FormulaError):
        return area
    array, down, right = as_array(area), call.whole(row, 2), call.whole(column, 3)
    if array.height == 1 and right == 0 and down > 0 and array.width > 1:
        down, right = 0, down
    call.between(down, 0, array.height, 2)
    call.between(right, 0, array.width, 3)
    if down and (right or array.width == 1):
        return array.at(down - 1, max(right - 1, 0))
    if right and array.height == 1:
        return array.at(0, right - 1)
    rows = [array.padded()[down - 1]] if down else array.padded()
    return Array([[line[right - 1]] for line in rows] if right else rows)
