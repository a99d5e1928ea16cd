"""Number formats: how a number, a date or a time is shown, per pattern and locale."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from syncd.sandbox.errors import Json

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a serial number knows no time zone


class Locale(NamedTuple):
    """What of a locale decides how numbers and dates are read and shown."""

    decimal: str
    group: str
    day_first: bool
    date_separator: str
    date_pattern: str


_ENGLISH = Locale(".", ",", False, "/", "m/d/yyyy")
_LOCALES = {
    "en_US": _ENGLISH,
    "en_GB": Locale(".", ",", True, "/", "dd/mm/yyyy"),
    "de_DE": Locale(",", ".", True, ".", "dd.mm.yyyy"),
    "de_AT": Locale(",", ".", True, ".", "dd.mm.yyyy"),
    "es_ES": Locale(",", ".", True, "/", "d/m/yyyy"),
    "it_IT": Locale(",", ".", True, "/", "dd/mm/yyyy"),
    "fr_FR": Locale(",", "\u202f", True, "/", "dd/mm/yyyy"),
    "pt_BR": Locale(",", ".", True, "/", "dd/mm/yyyy"),
    "nl_NL": Locale(",", ".", True, "-", "d-m-yyyy"),
}
_DEFAULT_PATTERNS = {
    "NUMBER": "#,##0.00",
    "PERCENT": "0.00%",
    "CURRENCY": '"$"#,##0.00',
    "TIME": "h:mm:ss am/pm",
    "SCIENTIFIC": "0.00E+00",
    "TEXT": "@",
}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_DATE_TOKEN = re.compile(
    r'am/pm|a/p|\[h+\]|\[m+\]|\[s+\]|y+|m+|d+|h+|s+|\.0+|"[^"]*"|\\.|.', re.IGNORECASE | re.DOTALL
)
_DATE_TYPES = {"DATE", "TIME", "DATE_TIME"}


def locale_of(name: str) -> Locale:
    """Give a locale's rules; one that is not known here follows the US."""
    return _LOCALES.get(name, _ENGLISH)


def is_date(number_format: Json | None) -> bool:
    """Tell whether a format shows a number as a date or a time."""
    return number_format is not None and number_format.get("type") in _DATE_TYPES


def show(value: float, number_format: Json | None, locale: str) -> str:
    """Show a number as a cell with that format shows it."""
    if number_format is None:
        return _localised(general(value), locale_of(locale))
    kind = number_format.get("type", "NUMBER")
    pattern = number_format.get("pattern") or _default_pattern(kind, locale)
    if kind in _DATE_TYPES:
        return _show_date(value, pattern)
    if pattern == "@" or pattern.lower() == "general":
        return _localised(general(value), locale_of(locale))
    return _show_number(value, pattern, locale_of(locale))


def general(value: float) -> str:
    """Show a number without any format: at most ten significant digits."""
    if isinstance(value, int) or value.is_integer():
        if abs(value) < 1e15:
            return str(int(value))
        return _scientific(value)
    text = f"{value:.10g}"
    return _scientific(value) if "e" in text else text


def _scientific(value: float) -> str:
    mantissa, _, exponent = f"{value:.5e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}E{exponent[0]}{exponent[1:].lstrip('0').zfill(2)}"


def _localised(text: str, locale: Locale) -> str:
    return text if locale.decimal == "." else text.replace(".", locale.decimal)


def _default_pattern(kind: str, locale: str) -> str:
    date = locale_of(locale).date_pattern
    if kind == "DATE":
        return date
    if kind == "DATE_TIME":
        return f"{date} h:mm:ss"
    return _DEFAULT_PATTERNS.get(kind, "#,##0.00")


@lru_cache(maxsize=1000)
def _date_tokens(pattern: str) -> tuple[str, ...]:
    """Split a date pattern; `M` marks the minutes among the m's, which stand next to h or s."""
    tokens = [t if t[0] in '"\\' else t.lower() for t in _DATE_TOKEN.findall(pattern)]
    units = [i for i, t in enumerate(tokens) if re.fullmatch(r"\[?(y+|m+|d+|h+|s+)\]?", t)]
    for place, i in enumerate(units):
        if set(tokens[i]) == {"m"} and len(tokens[i]) <= 2:
            before = tokens[units[place - 1]].strip("[]") if place else ""
            after = tokens[units[place + 1]] if place + 1 < len(units) else ""
            if before.startswith("h") or after.startswith("s"):
                tokens[i] = tokens[i].upper()
    return tuple(tokens)


def _show_date(value: float, pattern: str) -> str:
    tokens = _date_tokens(pattern)
    try:
        moment = EPOCH + timedelta(milliseconds=round(value * 86_400_000))
    except OverflowError:
        return general(value)
    twelve = any(token in {"am/pm", "a/p"} for token in tokens)
    return "".join(_date_part(token, moment, value, twelve) for token in tokens)


def _date_part(token: str, moment: datetime, serial: float, twelve: bool) -> str:
    width = len(token)
    if token[0] in '"\\':
        return token.strip('"').removeprefix("\\")
    if token in {"am/pm", "a/p"}:
        text = "AM" if moment.hour < 12 else "PM"
        return text[: 2 if len(token) > 3 else 1]
    if token.startswith("["):
        return str(int(serial * {"h": 24, "m": 1440, "s": 86400}[token[1]])).zfill(width - 2)
    hour = (moment.hour % 12 or 12) if twelve else moment.hour
    names = {"m": _MONTHS[moment.month - 1], "d": _DAYS[moment.weekday()]}
    if token[0] in names and width >= 3:
        return names[token[0]] if width >= 4 else names[token[0]][:3]
    if token[0] == "y":
        return str(moment.year).zfill(4) if width > 2 else f"{moment.year % 100:02}"
    if token.startswith(".0"):
        return f".{moment.microsecond:06}"[:width]
    units = {"m": moment.month, "d": moment.day, "h": hour, "M": moment.minute, "s": moment.second}
    return str(units[token[0]]).zfill(width) if token[0] in units else token


_NUMBER_SHAPE = re.compile(r"[#0?][#0?,.]*(?:E[+-]?0+)?|\.[#0?]+(?:E[+-]?0+)?")
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]|_.|\*.')


def _show_number(value: float, pattern: str, locale: Locale) -> str:
    sections = pattern.split(";")
    section = sections[0]
    if value < 0 and len(sections) > 1:
        section, value = sections[1], -value
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group(1) or match.group(2) or match.group(3) or "")
        return f"\0{chr(0xE000 + len(kept) - 1)}"

    masked = _LITERAL.sub(keep, section)
    percent = masked.count("%")
    shape = _NUMBER_SHAPE.search(masked)
    sign = ""
    if shape is not None:
        shown = _digits(abs(value) * 100**percent, shape.group(0), locale)
        sign = "-" if value < 0 and re.search(r"[1-9]", shown) else ""
        masked = masked[: shape.start()] + shown + masked[shape.end() :]
    text = re.sub("\0(.)", lambda m: kept[ord(m.group(1)) - 0xE000], masked)
    return sign + text


def _digits(value: float, shape: str, locale: Locale) -> str:
    base, exponent, power = shape.partition("E")
    if exponent:
        places = len(base.partition(".")[2])
        mantissa, _, shown = f"{value:.{places}e}".partition("e")
        return f"{mantissa}E{shown[0]}{shown[1:].zfill(len(power.lstrip('+-')))[-3:]}"
    whole, _, fraction = base.partition(".")
    while whole.endswith(","):
        whole, value = whole[:-1], value / 1000
    value = _half_up(value, len(fraction))
    digits, _, decimals = f"{value:.{len(fraction)}f}".partition(".")
    digits = digits.zfill(whole.count("0")) if whole.count("0") else digits.lstrip("0")
    while decimals and decimals[-1] == "0" and fraction[len(decimals) - 1] != "0":
        decimals = decimals[:-1]
    if "," in whole:
        digits = re.sub(r"(?<=\d)(?=(\d{3})+$)", locale.group, digits)
    return digits + (locale.decimal + decimals if decimals else "")


def _half_up(value: float, places: int) -> float:
    """Round as people do: a half goes up, although binary fractions sit just below it."""
    return float(f"{value * (1 + 1e-15):.{places}f}") if value < 1e15 else value
