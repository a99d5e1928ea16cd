"""What a typed text means: the parsing behind USER_ENTERED.

What is neither a formula, a truth value, a number nor a moment stays the text that it is, blanks
and all.
"""

import re
from functools import lru_cache

from syncd.sandbox.book.formats import is_date
from syncd.sandbox.book.formula import respelled
from syncd.sandbox.book.locales import Locale, locale_of
from syncd.sandbox.book.model import Formula, Value
from syncd.sandbox.book.typed_moments import read_moment
from syncd.sandbox.book.typed_numbers import read_number
from syncd.sandbox.errors import Json

Entered = tuple[Value, Json | None]

_BLANKS = " \t\n\r\u00a0\u202f\u3000"
_DIGIT = re.compile(r"\d")
_NUMBER_LENGTH_MAX = 400
_ARABIC = str.maketrans("٠١٢٣٤٥٦٧٨٩٫٬", "0123456789.,")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"]{1,2000}\Z", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\Z", re.ASCII)


def parse_entry(text: str, locale: str, year: int | None = None) -> Entered:
    """Read a text as if it were typed into a cell: a value, and the number format it implies.

    A date that does not tell its year is of the given one; without one it is no date.
    """
    if text.startswith("'"):
        return text[1:] or None, None
    if text.startswith("=") and len(text) > 1:
        if ";" in text and locale_of(locale).decimal != ",":
            text = respelled(text, comma=False, to_comma=False)
        return Formula(text), None
    if len(text) > _NUMBER_LENGTH_MAX:
        stripped = text.strip(_BLANKS)
        return (Formula(f"={stripped}") if stripped.startswith("+") else text), None
    return _parsed(text, locale, year)


def entered(text: str, locale: str, number_format: Json | None, year: int | None) -> Entered:
    """Read a text typed into a cell that may have a number format: the value, and the format then.

    A cell for plain text takes everything as text. Other formats stay, unless a date is typed where
    numbers were shown or an amount where dates were.
    """
    if number_format is not None and number_format.get("type") == "TEXT":
        return text.removeprefix("'") or None, number_format
    value, implied = parse_entry(text, locale, year)
    if implied is None:
        return value, number_format
    if number_format is not None and is_date(implied) == is_date(number_format):
        return value, number_format
    return value, implied


@lru_cache(maxsize=50_000)
def _parsed(text: str, locale_name: str, year: int | None) -> Entered:
    locale, stripped = locale_of(locale_name), text.strip(_BLANKS)
    if not stripped:
        return text, None
    if stripped.upper() in {"TRUE", "FALSE", *locale.truth}:
        return stripped.upper() in {"TRUE", locale.truth[0]}, None
    if locale.name.startswith("ar"):
        stripped = stripped.translate(_ARABIC)
    found = _amount(stripped, locale, year) if _DIGIT.search(stripped) else None
    if found is not None:
        return found
    if stripped.startswith("+") and len(stripped) > 1:
        return Formula(f"={stripped}"), None
    return text, None


def _amount(text: str, locale: Locale, year: int | None) -> Entered | None:
    return (
        read_number(text, locale)
        or read_moment(text, locale, year)
        or (read_number(text, locale, is_loose=True) if locale.group in text else None)
    )


def link_of(text: str) -> str | None:
    """Give the address that a typed text links to by itself, as web and mail addresses do."""
    if _ADDRESS.match(text):
        return text if text[:4].lower() == "http" else f"http://{text}"
    return f"mailto:{text}" if _MAIL.match(text) else None
