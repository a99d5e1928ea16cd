"""Reading dates, times and durations as people of a country type them."""

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from syncd.sandbox.book.locales import Locale, day_names, month_numbers
from syncd.sandbox.errors import Json

Moment = tuple[float, Json]

_LENGTH_MAX = 60
_DAY_S = 86_400
_PIVOT = 30
_FIRST_WEEKDAY = date(1899, 12, 30).weekday()
_NUMERIC = re.compile(r"(\d{1,4})([-/.])( ?)(\d{1,4})(?:\2\3(\d{1,4}))?(\.?)\Z", re.ASCII)
_CLOCK = re.compile(
    r"(?P<hours>\d{1,6})(?P<colon>[:.])(?P<minutes>\d{1,2})"
    r"(?:(?P=colon)(?P<seconds>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?)?\Z",
    re.ASCII,
)
_HALF = re.compile(r"(?P<clock>.*?\d)(?P<gap> ?)(?P<half>[ap]\.?m\.?)\Z", re.IGNORECASE | re.DOTALL)
_WORDS = re.compile(r"\d+|[^\W\d_]+(?:['’][^\W\d_]+)?\.?|\s+|.", re.DOTALL)
_CHARACTERS = re.compile(
    r"(?:(\d{4}) ?([年년]) ?)?(\d{1,2}) ?([月월])(?: ?(\d{1,2}) ?([日일]))?\Z", re.ASCII
)
_CONNECTIVES = {"de", "del", "d"}
_MONTH_FIRST = {"en", "ja", "zh", "ko"}


class _Named(NamedTuple):
    """A date in words: its month, its numbers in order, and the pattern with gaps for them."""

    month: int
    numbers: list[str]
    shape: str
    pieces: list[str]
    weekday: str


def read_moment(text: str, locale: Locale, year: int | None) -> Moment | None:
    """Read a date, a time or both, with the format its spelling implies; None when it is none.

    The year is the current one, for dates that do not tell theirs: without it they are no dates.
    """
    if len(text) > _LENGTH_MAX:
        return None
    found = _date(text, locale, year)
    if found is not None:
        return found[0], {"type": "DATE", "pattern": _spelled(found[1], locale.date)}
    clock = _time(text, locale)
    if clock is not None:
        return clock[0], {"type": "TIME", "pattern": _spelled(clock[1], locale.time)}
    cut = len(text)
    for _ in range(2):
        cut = text.rfind(" ", 0, cut)
        if cut <= 0:
            return None
        clock = _time(text[cut + 1 :], locale)
        found = _date(text[:cut].rstrip(" ,"), locale, year) if clock is not None else None
        if clock is not None and found is not None and clock[0] < 1:
            pattern = _spelled(f"{found[1]} {clock[1]}", locale.date_time)
            if clock[1].endswith("0"):
                pattern = locale.date_time
            return found[0] + clock[0], {"type": "DATE_TIME", "pattern": pattern}
    return None


def _spelled(pattern: str, usual: str) -> str:
    """Write a pattern that is the locale's own as the locale has it."""
    small = usual.lower()
    return usual if pattern in {small, small.replace("hh", "h")} else pattern


def serial(year: int, month: int, day: int) -> int | None:
    """Count the days from Google's day zero to a date; None when there is no such day."""
    try:
        return (date(year, month, day) - date(1899, 12, 30)).days
    except ValueError:
        return None


def _date(text: str, locale: Locale, year: int | None) -> tuple[int, str] | None:
    numeric = _NUMERIC.match(text)
    if numeric is not None:
        return _numeric(numeric, locale, year)
    if text[0].isdigit() and locale.name[:2] in {"ja", "zh", "ko"}:
        characters = _CHARACTERS.match(text)
        if characters is not None:
            return _in_characters(characters, year)
    return _in_words(text, locale, year) if len(text) > 3 else None


def _numeric(match: re.Match[str], locale: Locale, year: int | None) -> tuple[int, str] | None:
    first, mark, gap, second, third, dot = match.groups()
    dotted = "." in locale.date
    if (mark == "." and locale.decimal == "." and not dotted) or ((gap or dot) and mark != "."):
        return None
    parts = [first, second] if third is None else [first, second, third]
    order = _order(parts, locale)
    if order is None:
        return None
    values = dict(zip(order, parts, strict=True))
    full_year = year if "y" not in values else _full_year(values["y"])
    if full_year is None:
        return None
    day = serial(full_year, int(values["m"]), int(values.get("d", "1")))
    if day is None:
        return None
    return day, _numeric_pattern(order, parts, mark + gap, dot, locale)


def _numeric_pattern(order: str, parts: list[str], separator: str, dot: str, locale: Locale) -> str:
    """Give the pattern of a date in numbers: padded if one is, the locale's own if that fits."""
    years = {2: "yy", 1: "yy", 4: "yyyy"}
    usual = {letters[0]: letters for letters in re.findall("d+|m+|y+", locale.date.lower())}
    padded = order[0] == "y" or any(part[0] == "0" for part in parts if len(part) == 2)
    spelled, fitting = [], []
    for unit, part in zip(order, parts, strict=True):
        letters = years[len(part)] if unit == "y" else unit * (len(part) if padded else 1)
        spelled.append(letters)
        fits = not padded and unit != "y" and len(usual[unit]) <= len(part)
        fitting.append(usual[unit] if fits else letters)
    for pieces in (fitting, spelled):
        pattern = separator.join(pieces) + dot
        if pattern == locale.date.lower():
            break
    return pattern


def _order(parts: list[str], locale: Locale) -> str | None:
    """Tell which of a date's numbers is the year, the month and the day."""
    lengths = [len(part) for part in parts]
    if 3 in lengths or sum(length == 4 for length in lengths) > 1 or lengths[1] == 4 == lengths[-1]:
        return "my" if lengths in ([1, 4], [2, 4]) else None
    month_first = locale.order != "dmy"
    if len(parts) == 2:
        return "ym" if lengths[0] == 4 else ("md" if month_first else "dm")
    if lengths[1] == 4:
        return None
    if lengths[0] == 4:
        return "ymd"
    if lengths[2] == 4 and locale.order == "ymd":
        return "mdy" if locale.name.partition("_")[0] in _MONTH_FIRST else "dmy"
    return locale.order


def _full_year(digits: str) -> int | None:
    """Read a year of one or two digits as one between 1930 and 2029."""
    number = int(digits)
    if len(digits) == 4:
        return number or None
    return number + (2000 if number < _PIVOT else 1900)


def _in_characters(match: re.Match[str], year: int | None) -> tuple[int, str] | None:
    if match[1]:
        year = int(match[1])
    day = serial(year, int(match[3]), int(match[5] or 1)) if year else None
    if day is None or not (match[1] or match[5]):
        return None
    pattern = f'm"{match[4]}"'
    if match[1]:
        pattern = f'yyyy"{match[2]}"{" " if match[2] == "년" else ""}{pattern}'
    if match[5]:
        pattern += f'{" " if match[6] == "일" else ""}d"{match[6]}"'
    return day, pattern


def _in_words(text: str, locale: Locale, year: int | None) -> tuple[int, str] | None:
    named = _named(text, locale)
    if named is None:
        return None
    units = _units(named)
    if units is None:
        return None
    values = dict(zip(units, named.numbers, strict=True))
    full_year = year if "y" not in values else _full_year(values["y"])
    day = serial(full_year, named.month, int(values.get("d", "1"))) if full_year else None
    if day is None or not _is_weekday(named.weekday, day, locale):
        return None
    padded = values.get("d", "").startswith("0")
    shown = {"d": "dd" if padded else "d", "y": "y" * max(len(values.get("y", "")), 2)}
    numbers = iter(units)
    return day, "".join(shown[next(numbers)] if p == "\0" else p for p in named.pieces)


def _is_weekday(weekday: str, day: int, locale: Locale) -> bool:
    """Tell whether a day falls on the weekday that was named with it, if one was."""
    place = (day + _FIRST_WEEKDAY) % 7
    names = {locale.days[place].casefold(), locale.short_days[place].casefold().rstrip(".")}
    return not weekday or weekday in names


def _named(text: str, locale: Locale) -> _Named | None:
    """Take a date in words apart; None when a word is none that belongs into a date."""
    months, days = _months(locale), day_names(locale)
    month, weekday, numbers, shape, pieces, before = 0, "", [], "", [], ""
    for word in _WORDS.findall(text):
        bare = word.casefold().rstrip(".")
        if word.isascii() and word.isdigit():
            numbers.append(word)
            shape += "n"
            pieces.append("\0")
        elif word[0] in " -,./" or word.isspace():
            pieces.append(word if word[0] in "-,./" else " ")
        elif bare in months and not month:
            month, is_short = months[bare]
            shape += "m"
            pieces.append("mmm" if is_short else "mmmm")
            pieces.extend(["."] * (word[-1] == "." and not _dotted(locale, month, is_short)))
        elif bare in days and not weekday:
            weekday = bare
            pieces.append("ddd" if days[bare] else "dddd")
        elif bare in _CONNECTIVES and locale.name[:2] in {"es", "pt", "ca"}:
            pieces.append(f'"{word}"')
        else:
            return None
        if before and before[-1].isalnum() and word[0].isalnum():
            return None
        before = word
    return _Named(month, numbers, shape, pieces, weekday) if month else None


def _dotted(locale: Locale, month: int, is_short: bool) -> bool:
    return is_short and locale.short_months[month - 1].endswith(".")


@lru_cache(maxsize=100)
def _months(locale: Locale) -> dict[str, tuple[int, bool]]:
    known = month_numbers(locale)
    if locale.name.startswith("en"):
        return known | {"sept": (9, True), "may": (5, True)}
    return known


def _units(named: _Named) -> str | None:
    """Tell what the numbers around a month's name are."""
    lengths = [len(number) for number in named.numbers]
    if any(length not in {1, 2, 4} for length in lengths):
        return None
    four = [length == 4 for length in lengths]
    match named.shape:
        case "mn" | "nm":
            day = not four[0] and int(named.numbers[0]) <= 31
            return "d" if day else ("y" if four[0] else None)
        case "nmn":
            return {(False, False): "dy", (False, True): "dy", (True, False): "yd"}.get(
                (four[0], four[1])
            )
        case "mnn":
            return None if four[0] else "dy"
        case _:
            return None


def _time(text: str, locale: Locale) -> tuple[float, str] | None:
    half, prefix = "", ""
    found = _HALF.match(text)
    if found is not None:
        text, half = found["clock"], found["half"][0].lower()
    else:
        for letter, word in zip("ap", locale.halves, strict=True):
            if text.startswith(word):
                text, half, prefix = text[len(word) :].lstrip(" "), letter, "am/pm "
            elif text.endswith(word) and text != word:
                text, half = text[: -len(word)].rstrip(" "), letter
    if half and text.isascii() and text.isdigit() and len(text) <= 2:
        return _clock(text, "", "", "", half, prefix, ":")
    match = _CLOCK.match(text)
    if match is None or (match["colon"] == "." and "." not in locale.time):
        return None
    if match["fraction"] and match.string[match.start("fraction") - 1] != locale.decimal:
        return None
    parts = (match["minutes"], match["seconds"] or "", match["fraction"] or "")
    if match["colon"] == "." and len(match["minutes"]) < 2:
        return None
    return _clock(match["hours"], *parts, half, prefix, match["colon"])


def _clock(
    hours: str, minutes: str, seconds: str, fraction: str, half: str, prefix: str, colon: str
) -> tuple[float, str] | None:
    """Turn a clock's numbers into the part of a day, and its pattern."""
    hour = int(hours)
    if int(minutes or 0) > 59 or int(seconds or 0) > 59 or (len(hours) > 2 and half):
        return None
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    passed = hour * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction}0")
    pattern = "[h]" if hour > 23 else "h" * (2 if hours[0] == "0" and len(hours) == 2 else 1)
    pattern += f"{colon}mm" if minutes else ""
    pattern += f"{colon}ss" if seconds else ""
    pattern += "." + "0" * min(len(fraction), 3) if fraction else ""
    if half:
        pattern = f"{prefix}{pattern}" if prefix else f"{pattern} am/pm"
    return passed / _DAY_S, pattern
