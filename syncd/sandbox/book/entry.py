"""What a typed text means: the parsing behind USER_ENTERED."""

import re
from datetime import date
from functools import lru_cache

from syncd.sandbox.book.formats import Locale, locale_of
from syncd.sandbox.book.model import Formula, Value
from syncd.sandbox.errors import Json

Entered = tuple[Value, Json | None]

_TIME = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2})(\.\d{1,3})?)?(?:\s*([AaPp])\.?[Mm]\.?)?\Z")
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]+(\S.*))?\Z")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:\s+(\S.*))?\Z")
_MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAY_MONTH = re.compile(r"(\d{1,2})[\s-]([A-Za-z]{3,9})\.?,?[\s-](\d{4})\Z")
_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})\.?\s(\d{1,2}),?\s(\d{4})\Z")
_CURRENCY = "$€£¥₹"


def parse_entry(text: str, locale: str) -> Entered:
    """Read a text as if it were typed into a cell: a value, and the number format it implies."""
    if text.startswith("'"):
        return text[1:], None
    if text.startswith("=") and len(text) > 1:
        return Formula(text), None
    return _parse(text, locale)


@lru_cache(maxsize=50_000)
def _parse(text: str, locale_name: str) -> Entered:
    locale, stripped = locale_of(locale_name), text.strip()
    if stripped.upper() in {"TRUE", "FALSE"}:
        return stripped.upper() == "TRUE", None
    if not stripped or not any(char.isdigit() for char in stripped):
        return text, None
    for reading in (_number, _date, _time):
        found = reading(stripped, locale)
        if found is not None:
            return found
    return text, None


@lru_cache(maxsize=20)
def _number_shape(locale: Locale) -> re.Pattern[str]:
    group, decimal = re.escape(locale.group), re.escape(locale.decimal)
    return re.compile(
        rf"(?P<sign>[-+]?)\s*(?P<before>[{_CURRENCY}]?)\s*(?P<inner>[-+]?)"
        rf"(?P<whole>\d{{1,3}}(?:{group}\d{{3}})+|\d*)(?:{decimal}(?P<fraction>\d*))?"
        rf"(?P<power>[eE][-+]?\d{{1,3}})?\s*(?P<after>[%{_CURRENCY}]?)\Z"
    )


def _number(text: str, locale: Locale) -> Entered | None:
    negative = text.startswith("(") and text.endswith(")")
    match = _number_shape(locale).match(text[1:-1] if negative else text)
    if match is None or not (match["whole"] or match["fraction"]):
        return None
    if (match["before"] and match["after"]) or (match["sign"] and match["inner"]):
        return None
    whole = match["whole"].replace(locale.group, "")
    fraction = match["fraction"] or ""
    written = f"{whole or '0'}.{fraction or '0'}{match['power'] or ''}"
    value = float(written)
    if not fraction and not match["power"] and len(whole) <= 15:
        value = int(whole)
    if "-" in (match["sign"], match["inner"]) or negative:
        value = -value
    grouped = locale.group in match["whole"]
    decimals = "." + "0" * (2 if match["after"] == "%" else max(2, len(fraction)))
    decimals = decimals if fraction else ""
    if match["after"] == "%":
        return float(f"{value}e-2"), {"type": "PERCENT", "pattern": f"0{decimals}%"}
    if match["before"] or match["after"]:
        return value, _currency(match["before"], match["after"], decimals)
    if grouped:
        return value, {"type": "NUMBER", "pattern": f"#,##0{decimals}"}
    if match["power"]:
        return value, {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    return value, None


def _currency(before: str, after: str, decimals: str) -> Json:
    if before:
        sign = '"$"' if before == "$" else f"[${before}]"
        return {"type": "CURRENCY", "pattern": f"{sign}#,##0{decimals}"}
    return {"type": "CURRENCY", "pattern": f"#,##0{decimals}[${after}]"}


def _serial(year: int, month: int, day: int) -> int | None:
    try:
        return (date(year, month, day) - date(1899, 12, 30)).days
    except ValueError:
        return None


def _date(text: str, locale: Locale) -> Entered | None:
    iso = _ISO.match(text)
    if iso:
        sep = iso[2]
        pattern = f"yyyy{sep}{'m' * len(iso[3])}{sep}{'d' * len(iso[4])}"
        return _dated(_serial(int(iso[1]), int(iso[3]), int(iso[4])), pattern, iso[5], locale)
    numeric = _NUMERIC.match(text)
    if numeric and not (numeric[2] == "." and locale.date_separator != "."):
        return _numeric_date(numeric, locale)
    worded = _DAY_MONTH.match(text)
    if worded:
        names = "mmm" if len(worded[2]) <= 3 else "mmmm"
        return _worded(int(worded[1]), worded[2], int(worded[3]), f"d {names} yyyy", locale)
    worded = _MONTH_DAY.match(text)
    if worded:
        names = "mmm" if len(worded[1]) <= 3 else "mmmm"
        return _worded(int(worded[2]), worded[1], int(worded[3]), f"{names} d, yyyy", locale)
    return None


def _numeric_date(match: re.Match[str], locale: Locale) -> Entered | None:
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if len(match[4]) == 2:
        year += 2000 if year < 30 else 1900
    day, month = (first, second) if locale.day_first else (second, first)
    letters = ("d", "m") if locale.day_first else ("m", "d")
    years = "yyyy" if len(match[4]) == 4 else "yy"
    parts = [letters[0] * len(match[1]), letters[1] * len(match[3]), years]
    return _dated(_serial(year, month, day), match[2].join(parts), match[5], locale)


def _worded(day: int, month: str, year: int, pattern: str, locale: Locale) -> Entered | None:
    if month[:3].lower() not in _MONTH_NAMES:
        return None
    number = _MONTH_NAMES.index(month[:3].lower()) + 1
    return _dated(_serial(year, number, day), pattern, None, locale)


def _dated(day: int | None, pattern: str, time: str | None, locale: Locale) -> Entered | None:
    if day is None:
        return None
    if time is None:
        return day, {"type": "DATE", "pattern": pattern}
    clock = _time(time, locale)
    if clock is None or not isinstance(clock[0], (int, float)) or clock[1] is None:
        return None
    return day + clock[0], {"type": "DATE_TIME", "pattern": f"{pattern} {clock[1]['pattern']}"}


def _time(text: str, locale: Locale) -> Entered | None:
    del locale  # a clock is read alike everywhere
    match = _TIME.match(text)
    if match is None or int(match[2]) > 59 or int(match[3] or 0) > 59:
        return None
    hours = int(match[1])
    if match[5]:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if match[5] in "Pp" else 0)
    seconds = hours * 3600 + int(match[2]) * 60 + int(match[3] or 0) + float(match[4] or 0)
    hour = "[h]" if hours > 23 else "h" * len(match[1])
    pattern = f"{hour}:mm" + (":ss" if match[3] else "") + (" am/pm" if match[5] else "")
    return seconds / 86_400, {"type": "TIME", "pattern": pattern}
