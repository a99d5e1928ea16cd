"""What a number's format says of it: an amount in another currency, a date, a percentage.

The Sheets API gives `$99`, `99%` and `2026-01-05` as plain numbers. Read without their format,
they would be taken for what they are not; a code `10%` would be the text 0.1.
"""

from syncd.core.snapshot import Problem
from syncd.fields import Kind
from syncd.schema.check import wrong
from syncd.schema.reading import Unreadable, without_currency
from syncd.schema.table import Field

_DATES = {"DATE", "TIME", "DATE_TIME"}
_TURNED = _DATES | {"PERCENT", "CURRENCY", "SCIENTIFIC"}  # it shows more than its digits
_NUMBERS = {Kind.INTEGER, Kind.NUMBER, Kind.MONEY, Kind.PERCENT}


def format_problem(field: Field, number: object, format_type: str, shown: str) -> Problem | None:
    """Say why a number is not what its field holds, by its format and by what the cell shows."""
    if field.kind is Kind.TEXT and format_type in _TURNED:
        reason = "became a number; make the cell plain text (Format > Number) and type it anew"
        return wrong(field, shown, reason)
    if field.kind not in _NUMBERS:
        return None
    if format_type in _DATES:
        return wrong(field, shown, "is a date or a time, not a number")
    if format_type == "PERCENT" and field.kind is not Kind.PERCENT:
        return wrong(field, shown, "is a percentage")
    if format_type != "PERCENT" and (problem := bare_percent(field, number)):
        return problem
    try:
        without_currency(shown.strip().lower(), field.kind, field.unit)
    except Unreadable as no:
        return wrong(field, shown, no.reason, no.example)
    return None


def bare_percent(field: Field, number: object) -> Problem | None:
    """Ask about a number above 1 that no percent sign explains: 1.39 is 139 % or 1.39 %."""
    if field.kind is not Kind.PERCENT or not isinstance(number, int | float) or number <= 1:
        return None
    return wrong(field, number, f"has no percent sign: is it {number}%?", f"{number}%")
