"""A row against its Pydantic model, and every error in words for somebody at a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from syncd.core.snapshot import FieldName, Problem, Value, Values
from syncd.errors import SchemaError
from syncd.fields import Kind, Wrong
from syncd.schema.reading import WHOLE_MAX, Unreadable, clean, normal

if TYPE_CHECKING:
    from syncd.schema.table import Field, Table

_NUMBERS = frozenset((Kind.INTEGER, Kind.NUMBER, Kind.PERCENT, Kind.MONEY))
_NOT_A = {
    Kind.TEXT: "is not text",
    Kind.INTEGER: "is not a whole number",
    Kind.NUMBER: "is not a number",
    Kind.PERCENT: "is not a percentage",
    Kind.MONEY: "is not an amount",
    Kind.DATE: "is not a date",
    Kind.BOOLEAN: "is neither yes nor no",
    Kind.CHOICE: "is not one of the choices",
    Kind.REFERENCE: "is not a row of that table",
}


def validate(
    table: Table, values: Values, unread: Collection[FieldName]
) -> tuple[Values, tuple[Problem, ...]]:
    """Return the values as the CRM stores them, and what is wrong with them."""
    given, problems = _cleaned(table, values)
    try:
        row = table.model.model_validate(given)
    except ValidationError as error:
        known = {problem.field for problem in problems} | set(unread)
        found = [
            problem
            for each in error.errors(include_url=False)
            if (each["loc"] or not known)
            and (problem := _problem(table, given, each)).field not in known
        ]
        return given, (*problems, *_first_of_each(found))
    except Exception as error:
        raise SchemaError(
            f"the check of {table.title} failed: {type(error).__name__}: {error}",
            on=table.source,
            hint="a check refuses a row by raising Wrong(column, reason) or ValueError(reason)",
        ) from error
    stored = {}
    for field in table.fields:
        try:
            stored[field.name] = _stored(field, getattr(row, field.name), given[field.name])
        except Unreadable as no:
            stored[field.name] = given[field.name]
            problems.append(wrong(field, given[field.name], no.reason, no.example))
    return stored, tuple(problems)


def _cleaned(table: Table, values: Values) -> tuple[dict[FieldName, Value], list[Problem]]:
    given: dict[FieldName, Value] = {}
    problems = []
    for field in table.fields:
        value = values.get(field.name)
        if isinstance(value, str):
            try:
                value = clean(value) or None
            except Unreadable as no:
                problems.append(wrong(field, value, no.reason, no.example))
        given[field.name] = value
    return given, problems


def _stored(field: Field, value: Any, given: Value) -> Value:
    """Turn what the model holds into the scalar that the CRM stores."""
    if value is None or (value is given and isinstance(given, str)):
        return given if value is given else None
    if field.kind in _NUMBERS:
        if abs(value) > WHOLE_MAX:
            raise Unreadable("is too large a number for a spreadsheet")
        if field.kind is Kind.INTEGER:
            return int(value)
        return normal(round(value, 2) if field.kind is Kind.MONEY else value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return int(value)
    return value.isoformat() if isinstance(value, date) else (clean(str(value)) or None)


def wrong(field: Field, value: object, reason: str, example: str = "") -> Problem:
    """Return the problem of one field, with the field's own example when there is no better."""
    return Problem(
        field=field.name,
        text=whole_text(value),
        reason=reason,
        example=example or field.example,
    )


def spoken(table: Table, problem: Problem) -> str:
    """Say to somebody who knows the sheet what is wrong with one of its cells."""
    text = f" “{describe_cell(problem.text)}”" if problem.text else ""
    example = f" (for example: {problem.example})" if problem.example else ""
    return f"{table.field(problem.field).title}{text} {problem.reason}{example}"


def whole_text(cell: object) -> str:
    """Return what was typed, letter for letter: what is kept must be all of it."""
    return cell if isinstance(cell, str) else describe_cell(cell)


def describe_cell(cell: object) -> str:
    """Return what was typed, short enough for a status column and visible."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int):
        return str(cell) if cell.bit_length() < 200 else "a number of more than 60 digits"
    if isinstance(cell, float):
        return f"{cell:.15g}"
    text = str(cell)
    shown = "".join(
        letter if letter.isprintable() else "␣" if letter.isspace() else "�" for letter in text[:80]
    )
    return shown + "…" if len(text) > 80 else shown


def _problem(table: Table, given: Values, error: Any) -> Problem:
    raised = error.get("ctx", {}).get("error")
    if isinstance(raised, Wrong) and raised.field in table.by_name:
        field = table.field(raised.field)
        return wrong(field, given[field.name], raised.reason, raised.example)
    name = error["loc"][0] if error["loc"] else _field_meant(table, str(raised or error["msg"]))
    field = table.field(str(name))
    value = given[field.name]
    if value is None and field.required:
        return wrong(field, value, "is required")
    return wrong(field, value, _reason(field, error, raised), _example(field))


def _example(field: Field) -> str:
    return ", ".join(field.choices) if field.kind is Kind.CHOICE else field.example


def _reason(field: Field, error: Any, raised: object) -> str:
    limits = error.get("ctx", {})
    match error["type"]:
        case "value_error" | "assertion_error":
            return str(raised) or "is not allowed"
        case "greater_than_equal":
            return f"has to be {limits['ge']:.15g} or more"
        case "greater_than":
            return f"has to be more than {limits['gt']:.15g}"
        case "less_than_equal":
            return f"has to be {limits['le']:.15g} or less"
        case "less_than":
            return f"has to be less than {limits['lt']:.15g}"
        case "string_too_long":
            return f"is longer than {limits['max_length']} letters"
        case "string_too_short":
            return f"is shorter than {limits['min_length']} letters"
        case "string_pattern_mismatch":
            return "does not have the form that it should have"
        case _:
            return _NOT_A[field.kind]


def _field_meant(table: Table, message: str) -> FieldName:
    """Return the field that a check of the whole row speaks of first, or else the row's label."""
    spoken = message.casefold()
    found = [
        (match.start(), field.name)
        for field in table.fields
        for word in (field.name, field.title.casefold())
        if (match := re.search(rf"\b{re.escape(word)}\b", spoken))
    ]
    return min(found)[1] if found else (*table.label, table.fields[0].name)[0]


def _first_of_each(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple({problem.field: problem for problem in reversed(problems)}.values())[::-1]
