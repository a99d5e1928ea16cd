"""Number formats: how a value shows in its cell, per pattern and locale.

Whoever computes a value whose look is implied (a sum of dates, say) shows it with a number format
that has only a type: the locale has a pattern for each.
"""

import math
import operator
import sys
from decimal import Decimal
from functools import lru_cache

from syncd.sandbox.book.digits import show_digits
from syncd.sandbox.book.locales import Locale, locale_of
from syncd.sandbox.book.moments import EPOCH, show_moment
from syncd.sandbox.book.patterns import REMEMBERED_MAX, Section, sections
from syncd.sandbox.errors import Json

__all__ = [
    "EPOCH",
    "Locale",
    "default_pattern",
    "general",
    "is_date",
    "locale_of",
    "show",
    "show_text",
    "show_truth",
]

_DATE_TYPES = {"DATE", "TIME", "DATE_TIME"}
_COMPARISONS = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_WHOLE_MAX = 1e15
_GENERAL_DIGITS = 10


def is_date(number_format: Json | None) -> bool:
    """Tell whether a format shows a number as a date or a time."""
    return number_format is not None and number_format.get("type") in _DATE_TYPES


def show(value: float, number_format: Json | None, locale: str) -> str:
    """Show a number as a cell with that format shows it."""
    if not number_format:
        return _localised(general(value), locale_of(locale))
    kind = number_format.get("type", "")
    pattern = number_format.get("pattern") or ""
    look = _shown if len(pattern) > REMEMBERED_MAX else _remembered
    return look(value, pattern, kind, locale)


def show_text(text: str, number_format: Json | None) -> str:
    """Show a text as a cell with that format shows it: only a pattern's text section matters."""
    pattern = (number_format or {}).get("pattern") or ""
    if "@" not in pattern and pattern.count(";") < 3:
        return text
    parts = sections(pattern)
    if len(parts) == 4:
        return _filled(parts[3], text)
    if parts[-1].has_value and "General" not in {token.text for token in parts[-1].tokens}:
        return _filled(parts[-1], text)
    return text


def show_truth(truth: bool, locale: str) -> str:
    """Show TRUE or FALSE in the locale's words."""
    return locale_of(locale).truth[0 if truth else 1]


def default_pattern(kind: str, locale: Locale) -> str:
    """Give the pattern that a format without one has; none for the automatic look."""
    return {
        "NUMBER": "#,##0.00",
        "PERCENT": "0.00%",
        "CURRENCY": locale.money,
        "DATE": locale.date,
        "TIME": locale.time,
        "DATE_TIME": locale.date_time,
        "SCIENTIFIC": "0.00E+00",
    }.get(kind, "")


@lru_cache(maxsize=50_000)
def _remembered(value: float, pattern: str, kind: str, locale_name: str) -> str:
    return _shown(value, pattern, kind, locale_name)


def _shown(value: float, pattern: str, kind: str, locale_name: str) -> str:
    locale = locale_of(locale_name)
    pattern = pattern or default_pattern(kind, locale)
    plain = _localised(general(value), locale)
    if not pattern or not abs(value) <= sys.float_info.max:
        return plain
    section, unsigned = _chosen(sections(pattern), value)
    if section.is_date:
        shown = show_moment(value, section.tokens, locale)
        return plain if shown is None else shown
    sign = "-" if value < 0 and not unsigned else ""
    if section.has_digits:
        return sign + show_digits(abs(value), section, locale)
    if section.has_value:
        return _filled(section, plain if not unsigned else plain.removeprefix("-"))
    return sign + _filled(section, "") if section.tokens else ""


def _chosen(parts: tuple[Section, ...], value: float) -> tuple[Section, bool]:
    """Choose the section for a number, and tell whether the section itself stands for the sign."""
    if any(part.condition for part in parts):
        for part in parts[:3]:
            if part.condition is None or _COMPARISONS[part.condition[0]](value, part.condition[1]):
                return part, False
        return parts[-1], False
    if value < 0 and len(parts) > 1:
        return parts[1], True
    if value == 0 and len(parts) > 2:
        return parts[2], False
    return parts[0], False


def _filled(section: Section, text: str) -> str:
    return "".join(text if token.kind == "value" else token.text for token in section.tokens)


def general(value: float) -> str:
    """Show a number without any format: at most ten significant digits, huge ones by powers."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) or value.is_integer():
        return str(int(value)) if abs(value) < _WHOLE_MAX else _scientific(value)
    if abs(value) >= 10**_GENERAL_DIGITS:
        return f"{value:.0f}" if abs(value) < _WHOLE_MAX else _scientific(value)
    text = f"{value:.{_GENERAL_DIGITS}g}"
    return _scientific(value) if "e" in text else text


def _scientific(value: float) -> str:
    mantissa, _, exponent = f"{Decimal(value):.5e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}E{exponent[0]}{exponent[1:].lstrip('0').zfill(2)}"


def _localised(text: str, locale: Locale) -> str:
    return text if locale.decimal == "." else text.replace(".", locale.decimal)
