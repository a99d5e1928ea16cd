"""Cells to values and back: what the Sheets API gives unformatted, and what the CRM stores.

`decode` reads a cell as its author means it and never raises; `encode` gives the typed cell that
is written. The law: `decode(encode(value)) == value` for every value that `Table.validate` takes.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from math import floor

from rapidfuzz import process

from syncd.core.snapshot import FieldName, Problem, Value, Values
from syncd.fields import FIRST_DAY, FORMS, LAST_DAY, Form, Kind
from syncd.schema.check import describe_cell, wrong
from syncd.schema.labels import NEAR, Labels
from syncd.schema.reading import (
    WHOLE_MAX,
    Unreadable,
    clean,
    normal,
    read_day,
    read_number,
    read_yes_no,
    squeeze,
)
from syncd.schema.table import Field, Table, choice_index

Cell = str | int | float | bool | None

_DAY_ZERO = date(1899, 12, 30)  # serial number 0 in Google Sheets
_SERIAL_MIN = (FIRST_DAY - _DAY_ZERO).days
_SERIAL_MAX = (LAST_DAY - _DAY_ZERO).days


def decode(field: Field, cell: Cell, labels: Labels) -> Value | Problem:
    """Read one cell as a value of its field; what cannot be read is a problem with its reason."""
    if cell is None:
        return None
    try:
        if isinstance(cell, str):
            cell = clean(cell)
            if not cell:
                return None
        elif not isinstance(cell, int | float):
            return wrong(field, cell, "is nothing that a cell can hold")
        elif cell != cell or cell in _ENDLESS:  # noqa: PLR0124 - only NaN differs from itself
            return wrong(field, cell, "is not a number")
        return _DECODERS[field.kind](field, cell, labels)
    except Unreadable as no:
        return wrong(field, no.text or cell, no.reason, no.example)
    except ValueError as no:
        return wrong(field, cell, str(no))
    except _Waits as no:
        problem = wrong(field, cell, str(no))
        return Problem(field=problem.field, text=problem.text, reason=problem.reason, waits=True)


def day_of(cell: float) -> str | None:
    """Return the day that a cell's serial number stands for, None where it stands for none."""
    if isinstance(cell, bool) or not _SERIAL_MIN <= cell < _SERIAL_MAX + 1:
        return None
    return (_DAY_ZERO + timedelta(days=int(cell))).isoformat()


def encode(field: Field, value: Value, labels: Labels) -> Cell:
    """Return the typed cell of a value: a day as its serial number, a reference as its label."""
    if value is None or value == "":
        return None
    match field.kind:
        case Kind.DATE:
            return _serial(value)
        case Kind.BOOLEAN:
            return bool(value) if value in {0, 1} else value
        case Kind.REFERENCE if field.reference is not None:
            return labels.label(field.reference, str(value))
    return value


def show(field: Field, value: Value, labels: Labels) -> str:
    """Return a value as a person reads it in the sheet; blank for nothing."""
    if value is None:
        return ""
    match field.kind:
        case Kind.REFERENCE if field.reference is not None:
            return labels.label(field.reference, str(value))
        case Kind.PERCENT if isinstance(value, int | float):
            return f"{value * 100:.12g}%"
        case Kind.INTEGER if isinstance(value, int):
            return f"{value:,}"
        case Kind.MONEY if isinstance(value, int | float):
            return f"{value:,.2f}"
        case Kind.BOOLEAN:
            return "TRUE" if value else "FALSE"
        case _:
            return describe_cell(value)


def read_row(
    table: Table, cells: Mapping[FieldName, Cell], labels: Labels
) -> tuple[Values, tuple[Problem, ...]]:
    """Read and check the cells of one row: the values that it gives, and all that is wrong.

    A field that could not be read or has no cell is not among the problems a second time; its
    value is None.
    """
    values: dict[FieldName, Value] = {}
    problems = []
    for field in table.fields:
        read = decode(field, cells.get(field.name), labels)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            values[field.name] = read
    unread = frozenset(problem.field for problem in problems)
    checked, found = table.validate(values, unread=unread)
    return checked, (*problems, *found)


_ENDLESS = frozenset((float("inf"), float("-inf")))


class _Waits(Exception):  # noqa: N818 - a reference to a row that is itself not taken yet
    """The row that a cell refers to has to be put right first."""


def _serial(value: Value) -> Cell:
    try:
        return (date.fromisoformat(str(value)) - _DAY_ZERO).days
    except ValueError:  # another program wrote it: shown as it is, for a person to mend
        return value


def _text(field: Field, cell: str | float, _: Labels) -> Value:
    text = cell if isinstance(cell, str) else _number_as_text(cell)
    if field.form is Form.PLAIN:
        return text
    return FORMS[field.form](text)


def _number_as_text(cell: float) -> str:
    """Return the digits that somebody typed, where the spreadsheet still knows them."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if abs(cell) > WHOLE_MAX or abs(cell) >= 1e15:
        raise Unreadable(
            "became a number, and its last digits are lost; type it as text, with an ' before it"
        )
    if isinstance(cell, int):
        return str(cell)
    if cell.is_integer():
        return str(int(cell))
    return format(Decimal(repr(normal(cell))), "f")


def _number(field: Field, cell: str | float, _: Labels) -> Value:
    if isinstance(cell, str):
        number = float(read_number(cell, field.kind, field.unit))
    elif isinstance(cell, bool):
        raise Unreadable("is not a number")
    elif abs(cell) > WHOLE_MAX:
        raise Unreadable("is too large a number for a spreadsheet")
    else:
        number = float(cell)
    if abs(number) > WHOLE_MAX:
        raise Unreadable("is too large a number for a spreadsheet")
    return normal(round(number, 2) if field.kind is Kind.MONEY else number)


def _whole(field: Field, cell: str | float, _: Labels) -> Value:
    if isinstance(cell, bool):
        raise Unreadable("is not a whole number")
    number = read_number(cell, field.kind, field.unit) if isinstance(cell, str) else Decimal(cell)
    if abs(number) > WHOLE_MAX:
        raise Unreadable("is too large a number for a spreadsheet")
    if number != int(number):
        raise Unreadable("is not a whole number")
    return int(number)


def _day(_field: Field, cell: str | float, _: Labels) -> Value:
    if isinstance(cell, str):
        return read_day(cell).isoformat()
    day = day_of(cell)
    if day is None:
        raise _no_day(cell)
    return day


def _no_day(cell: float) -> Unreadable:
    """Return what to say of a number that is no day; one below zero was typed as an early date."""
    example = "2025-11-14"
    if not -_DAY_ZERO.toordinal() < cell < _SERIAL_MIN:
        return Unreadable("is a number and not a date", example=example)
    day = (_DAY_ZERO + timedelta(days=floor(cell))).isoformat()
    if cell < 0:
        reason = f"is a day before {FIRST_DAY.year}, and taken for a mistake"
        return Unreadable(reason, example=example, text=day)
    reason = f"is a number and not a date (as a day it is {day}, before {FIRST_DAY.year})"
    return Unreadable(reason, example=example)


def _yes_no(_field: Field, cell: str | float, _: Labels) -> Value:
    if isinstance(cell, str):
        return int(read_yes_no(cell))
    if cell in {0, 1}:
        return int(cell)
    raise Unreadable("is neither yes nor no", example="TRUE")


def _choice(field: Field, cell: str | float, _: Labels) -> Value:
    text = cell if isinstance(cell, str) else _number_as_text(cell)
    index = choice_index(field.choices)
    word = squeeze(text)
    if found := index.get(word):
        return found
    near = process.extractOne(word, index.keys(), score_cutoff=NEAR)
    raise Unreadable(
        f"is not one of the choices; did you mean “{index[near[0]]}”?"
        if near
        else "is not one of the choices",
        example=", ".join(field.choices),
    )


def _reference(field: Field, cell: str | float, labels: Labels) -> Value:
    text = cell if isinstance(cell, str) else _number_as_text(cell)
    table = field.reference
    if table is None:
        return text
    if found := labels.find(table, text):
        return found
    if several := labels.sharing(table, text):
        raise Unreadable(f"is the name of {len(several)} {table}", example=" or ".join(several[:4]))
    if labels.is_waiting(table, text):
        raise _Waits(f"waits until “{describe_cell(text)}” in {table} is put right")
    near = labels.nearest(table, text)
    raise Unreadable(
        f"is not among the {table}" + (f"; did you mean “{near}”?" if near else ""),
        example=near or "",
    )


_DECODERS: Mapping[Kind, Callable[[Field, str | float, Labels], Value]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _whole,
    Kind.NUMBER: _number,
    Kind.PERCENT: _number,
    Kind.MONEY: _number,
    Kind.DATE: _day,
    Kind.BOOLEAN: _yes_no,
    Kind.CHOICE: _choice,
    Kind.REFERENCE: _reference,
}
