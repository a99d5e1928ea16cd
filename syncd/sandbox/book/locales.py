"""Locales: how a country writes numbers, dates and money, and what its language calls months.

`locales.json` is an extract of the Unicode CLDR for the locales that Google Sheets offers, short
dates with the year in full. What Sheets does otherwise than the CLDR is said here.
"""

import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

_OTHER_NAMES = {"iw": "he", "in": "id", "no": "nb", "tl": "fil"}
_FIRST_LOCALES = {"en": "en_US", "zh": "zh_CN", "pt": "pt_BR"}
_NAME_MAX = 20
_ENGLISH_TRUTH = ("TRUE", "FALSE")


class Locale(NamedTuple):
    """What of a locale decides how numbers and dates are read and shown."""

    name: str
    decimal: str
    group: str
    date: str
    time: str
    money: str
    currency: str
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]
    halves: tuple[str, ...]
    truth: tuple[str, ...]
    order: str

    @property
    def date_time(self) -> str:
        """The pattern of a date with a time, which Sheets counts in 24 hours everywhere."""
        time = self.time if "am/pm" not in self.time else "H:mm:ss"
        return f"{self.date} {time}"

    def __hash__(self) -> int:
        return hash(self.name)


def locale_of(name: str) -> Locale:
    """Give a locale's rules; the name may lack the country, and an unknown one follows the US."""
    return _locale_named(name if len(name) <= _NAME_MAX else "")


@lru_cache(maxsize=1000)
def _locale_named(name: str) -> Locale:
    language, _, country = name.replace("-", "_").partition("_")
    language = _OTHER_NAMES.get(language.lower(), language.lower())
    known = _extract()["locales"]
    full = f"{language}_{country.upper()}"
    if full not in known:
        full = _FIRST_LOCALES.get(language, f"{language}_{language.upper()}")
    if full not in known:
        full = next((other for other in known if other.startswith(f"{language}_")), "en_US")
    return _locale(full, known[full])


def knows_locale(name: str) -> bool:
    """Tell whether a spreadsheet may have a locale: its language at least must be known."""
    language = name.replace("-", "_").partition("_")[0].lower()
    language = _OTHER_NAMES.get(language, language)
    return any(known.partition("_")[0] == language for known in _extract()["locales"])


@lru_cache(maxsize=1)
def _extract() -> dict[str, Any]:
    text = files("syncd.sandbox").joinpath("book", "locales.json").read_text("utf-8")
    extract: dict[str, Any] = json.loads(text)
    return extract


def _locale(name: str, given: dict[str, Any]) -> Locale:
    language = _language(name)
    return Locale(
        name=name,
        decimal=given["decimal"],
        group=given["group"],
        date=given["date"],
        time=given["time"],
        money=_money(given),
        currency=given["currency"],
        months=tuple(language["months"]),
        short_months=tuple(language["short_months"]),
        days=tuple(language["days"]),
        short_days=tuple(language["short_days"]),
        halves=tuple(language["halves"]),
        truth=tuple(language.get("truth", _ENGLISH_TRUTH)),
        order="".join(dict.fromkeys(re.sub("[^dmy]", "", given["date"].lower()))),
    )


def _language(name: str) -> dict[str, Any]:
    language: dict[str, Any] = _extract()["languages"][name.partition("_")[0]]
    return language


def _money(given: dict[str, Any]) -> str:
    """Give the pattern of an amount in the country's own currency."""
    places = given.get("currency_places", 2)
    number = "#,##0" + ("." + "0" * places if places else "")
    gap = " " if given.get("currency_gap") else ""
    if given.get("currency_after"):
        return f"{number}[${gap}{given['currency']}]"
    return f'"{given["currency"]}{gap}"{number}'


@lru_cache(maxsize=100)
def month_numbers(locale: Locale) -> dict[str, tuple[int, bool]]:
    """Give the names of months in small letters: the month's number, and whether it is short."""
    language, found = _language(locale.name), {}
    for kind in ("short_months", "other_short_months", "months", "other_months"):
        for number, month in enumerate(language.get(kind, ()), 1):
            short = "short" in kind
            found[month.casefold().rstrip(".")] = (number, short)
    return found


@lru_cache(maxsize=100)
def day_names(locale: Locale) -> dict[str, bool]:
    """Give the names of weekdays in small letters, and whether each is short."""
    names = {day.casefold().rstrip("."): True for day in locale.short_days}
    return names | {day.casefold(): False for day in locale.days}
