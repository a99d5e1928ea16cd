"""Functions of truth values, of kinds of values, and of places."""

from collections.abc import Iterator

from syncd.sandbox.book.a1 import column_letters
from syncd.sandbox.book.formulas.registry import MANY, function
from syncd.sandbox.book.formulas.values import (
    NOT_AVAILABLE,
    Array,
    Call,
    ErrorRaised,
    FormulaError,
    Operand,
    Result,
    failure,
    is_number,
    spread,
)
from syncd.sandbox.book.titles import quoted_title


def _truths(call: Call, arguments: tuple[Operand, ...]) -> Iterator[bool]:
    found = False
    for value, in_cell in spread(arguments):
        if isinstance(value, FormulaError):
            raise ErrorRaised(value)
        if in_cell and (value is None or isinstance(value, str)):
            continue
        found = True
        yield call.truth(value)
    if not found:
        raise failure("VALUE", f"{call.name} has no valid input data.")


@function("AND", 1, MANY, whole=True)
def _and(call: Call, *arguments: Operand) -> Result:
    return all(list(_truths(call, arguments)))


@function("OR", 1, MANY, whole=True)
def _or(call: Call, *arguments: Operand) -> Result:
    return any(list(_truths(call, arguments)))


@function("XOR", 1, MANY, whole=True)
def _xor(call: Call, *arguments: Operand) -> Result:
    return sum(_truths(call, arguments)) % 2 == 1


@function("NOT", 1, 1)
def _not(call: Call, value: Result) -> Result:
    return not call.truth(value)


@function("TRUE", 0, 0)
def _true(call: Call) -> Result:
    del call
    return True


@function("FALSE", 0, 0)
def _false(call: Call) -> Result:
    del call
    return False


@function("NA", 0, 0)
def _na(call: Call) -> Result:
    del call
    raise ErrorRaised(NOT_AVAILABLE)


@function("ISBLANK", 1, 1, tolerant=True)
def _isblank(call: Call, value: Result) -> Result:
    del call
    return value is None


@function("ISNUMBER", 1, 1, tolerant=True)
def _isnumber(call: Call, value: Result) -> Result:
    del call
    return is_number(value)


@function("ISTEXT", 1, 1, tolerant=True)
def _istext(call: Call, value: Result) -> Result:
    del call
    return isinstance(value, str)


@function("ISNONTEXT", 1, 1, tolerant=True)
def _isnontext(call: Call, value: Result) -> Result:
    del call
    return not isinstance(value, str)


@function("ISLOGICAL", 1, 1, tolerant=True)
def _islogical(call: Call, value: Result) -> Result:
    del call
    return isinstance(value, bool)


@function("ISERROR", 1, 1, tolerant=True)
def _iserror(call: Call, value: Result) -> Result:
    del call
    return isinstance(value, FormulaError)


@function("ISERR", 1, 1, tolerant=True)
def _iserr(call: Call, value: Result) -> Result:
    del call
    return isinstance(value, FormulaError) and value.kind != "N_A"


@function("ISNA", 1, 1, tolerant=True)
def _isna(call: Call, value: Result) -> Result:
    del call
    return isinstance(value, FormulaError) and value.kind == "N_A"


_ERROR_TYPES = ("NULL_VALUE", "DIVIDE_BY_ZERO", "VALUE", "REF", "NAME", "NUM", "N_A")


@function("ERROR.TYPE", 1, 1, tolerant=True)
def _error_type(call: Call, value: Result) -> Result:
    del call
    if not isinstance(value, FormulaError):
        raise ErrorRaised(NOT_AVAILABLE)
    return _ERROR_TYPES.index(value.kind) + 1 if value.kind in _ERROR_TYPES else 8


@function("N", 1, 1)
def _n(call: Call, value: Result) -> Result:
    del call
    return int(value) if isinstance(value, bool) else value if is_number(value) else 0


def _corner(call: Call, argument: Operand) -> Array:
    if not isinstance(argument, Array) or not argument.is_range:
        raise failure("N_A", f"Argument must be a range in function {call.name}.")
    return argument


@function("ROW", 0, 1, whole=True, shapes=True)
def _row(call: Call, place: Operand) -> Operand:
    area = _corner(call, place)
    return Array([[area.top + 1 + index] for index in range(area.height)])


@function("COLUMN", 0, 1, whole=True, shapes=True)
def _column(call: Call, place: Operand) -> Operand:
    area = _corner(call, place)
    return Array([[area.left + 1 + index for index in range(area.width)]])


@function("ROWS", 1, 1, whole=True, shapes=True)
def _rows(call: Call, area: Operand) -> Result:
    del call
    return area.height if isinstance(area, Array) else 1


@function("COLUMNS", 1, 1, whole=True, shapes=True)
def _columns(call: Call, area: Operand) -> Result:
    del call
    return area.width if isinstance(area, Array) else 1


@function("ADDRESS", 2, 5)
def _address(
    call: Call,
    row: Result,
    column: Result,
    kind: Result = 1,
    a1_style: Result = True,
    title: Result = None,
) -> Result:
    row_number, column_number, mode = call.whole(row, 1), call.whole(column, 2), call.whole(kind, 3)
    call.between(row_number, 1, 10_000_000, 1)
    call.between(column_number, 1, 18_278, 2)
    call.between(mode, 1, 4, 3)
    row_fixed, column_fixed = mode in {1, 2}, mode in {1, 3}
    if call.truth(a1_style, 4):
        letters = column_letters(column_number - 1)
        text = f"{'$' * column_fixed}{letters}{'$' * row_fixed}{row_number}"
    else:
        text = f"R{row_number}" if row_fixed else f"R[{row_number}]"
        text += f"C{column_number}" if column_fixed else f"C[{column_number}]"
    return text if title is None else f"{quoted_title(call.text(title))}!{text}"
