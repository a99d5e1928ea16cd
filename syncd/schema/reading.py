"""What people write, read as they mean it: text in, a value out, or `Unreadable` with the reason.

Lives here: the reading of text, whoever brings it (a cell, a CSV file, a form). It must not know:
cells, tables, labels. Nothing is guessed: what two people would read differently is asked back.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal

from syncd.fields import Kind, likely_day

TEXT_MAX = 50_000  # what a cell of a Google Sheet can hold
WHOLE_MAX = 2**53  # beyond it a spreadsheet cannot tell one whole number from the next
_NUMBER_TEXT_MAX = 60
_EXPONENT_MAX = 30

BLANKS = (
    "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
    + "\ufeff\u200b\u2060\u200e\u200f\u202a\u202c"
)
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u2060\u200e\u200f\u202a\u202c"))
_SEPARATORS = re.compile(r"[\s\-‐‑–—_.:*]+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NO_VALUES = frozenset((
    "#N/A", "#NA", "#N/D", "#N/V", "#NV", "#N/B", "#N/DISP", "#REF!", "#BEZUG!", "#RIF!",
    "#VERW!", "#ADR!", "#ССЫЛКА!", "#¡REF!", "#VALUE!", "#WERT!", "#VALOR!", "#¡VALOR!",
    "#VALEUR!", "#VALORE!", "#WAARDE!", "#ARG!", "#VÄRDEFEL!", "#DIV/0!", "#DIV/0", "#¡DIV/0!",
    "#DEEL/0!", "#DZIEL/0!", "#NAME?", "#¿NOMBRE?", "#NOM?", "#NOME?", "#NAAM?", "#NAZWA?",
    "#NUM!", "#ZAHL!", "#¡NUM!", "#NOMBRE!", "#NÚM!", "#GETAL!", "#LICZBA!", "#NULL!", "#NUL!",
    "#NULO!", "#¡NULO!", "#NULLO!", "#ERROR!", "#ERREUR!", "#FEHLER!", "#¡ERROR!", "#ERRO!",
    "#ERRORE!", "#SPILL!", "#CALC!", "Loading...", "Loading…",
))  # fmt: skip


class Unreadable(ValueError):  # noqa: N818 - a finding about somebody's text, not a failure
    """Why a text is no value of its kind, in words that follow the column's title.

    `text` is what was typed, where the cell holds something else for it.
    """

    def __init__(self, reason: str, *, example: str = "", text: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.example = example
        self.text = text


def clean(text: str) -> str:
    """Return the text as the CRM stores it: composed, without stray blanks around it."""
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
        text = text.strip(BLANKS)
        if _CONTROL.search(text):
            raise Unreadable("has an invisible control character in it; type it anew")
    text = text.strip(BLANKS)
    if len(text) > TEXT_MAX:
        raise Unreadable(f"is longer than {TEXT_MAX} letters")
    if text in _NO_VALUES:
        raise Unreadable("shows an error value, which is no value")
    return text


def fold(text: str) -> str:
    """Return what two spellings of one name share: case, blanks and invisible signs aside."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
        return " ".join(unicodedata.normalize("NFC", text.casefold()).split())
    return " ".join(text.lower().split())


def squeeze(text: str) -> str:
    """Return what two spellings of one choice or title share: blanks, dashes and dots aside too."""
    return _SEPARATORS.sub("", fold(text))


# --- numbers ------------------------------------------------------------------------------------

_SCALES = (
    (re.compile(r"(?:k|tsd\.?|thousand)$"), Decimal(10**3)),
    (re.compile(r"(?:m|mm|mn|mio\.?|mill\.?|million(?:en|s|es)?|millones)$"), Decimal(10**6)),
    (re.compile(r"(?:b|bn|mrd\.?|billions?|milliarden?|milliards?)$"), Decimal(10**9)),
)
_CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "us$": "USD", "usd": "USD",
    "$": "$", "£": "GBP", "gbp": "GBP", "chf": "CHF", "fr.": "CHF", "¥": "¥", "jpy": "JPY",
    "cny": "CNY", "a$": "AUD", "aud": "AUD", "c$": "CAD", "cad": "CAD", "sek": "SEK",
    "nok": "NOK", "dkk": "DKK", "kr": "kr", "zł": "PLN", "pln": "PLN", "czk": "CZK", "₹": "INR",
    "inr": "INR", "r$": "BRL", "brl": "BRL", "₽": "RUB", "₺": "TRY", "try": "TRY", "aed": "AED",
}  # fmt: skip
_SHARED_SIGNS = {
    "$": frozenset(("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN")),
    "¥": frozenset(("JPY", "CNY")),
    "kr": frozenset(("SEK", "NOK", "DKK", "ISK")),
}
_SIGN = "|".join(sorted(map(re.escape, _CURRENCIES), key=len, reverse=True))
_CURRENCY = re.compile(rf"^(?P<minus>[-+]?) *(?P<before>{_SIGN})(?![a-z])|(?P<after>{_SIGN})$")
_POWER = re.compile(r"(?P<digits>[0-9]+(?:[.,][0-9]+)?)e(?P<power>[-+]?[0-9]{1,3})")
_BODY = re.compile(r"[0-9][0-9.,' ]*|[.,][0-9]+")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,' ][0-9]{3})+")


def read_number(text: str, kind: Kind, unit: str = "") -> Decimal:
    """Read `1.200,50`, `475.8m`, `1.39%` or `99 €`; a percent is returned as a fraction."""
    rest = re.sub(r"[\s\u2009\u202f]+", " ", text.translate(_INVISIBLE)).strip().lower()
    rest = rest.replace("−", "-").replace("’", "'")
    if len(rest) > _NUMBER_TEXT_MAX:
        raise _no_number(kind)
    percent = rest.endswith("%")
    rest = rest.removesuffix("%").rstrip()
    if percent and kind is not Kind.PERCENT:
        raise Unreadable("is a percentage", example="12.5")
    rest = without_currency(rest, kind, unit)
    minus = rest.startswith("-")
    rest = rest[1:].lstrip() if rest[:1] in {"-", "+"} else rest
    rest, scale = _without_scale(rest)
    number = _power(rest, kind) if "e" in rest else _body(rest, kind, exact=percent or scale != 1)
    number *= scale if not minus else -scale
    if percent:
        return number / 100
    if kind is Kind.PERCENT and abs(number) > 1:
        raise Unreadable(f"has no percent sign: is it {rest}%?", example=f"{rest}%")
    return number


def _no_number(kind: Kind) -> Unreadable:
    return Unreadable("is not a whole number" if kind is Kind.INTEGER else "is not a number")


def without_currency(text: str, kind: Kind, unit: str) -> str:
    """Return an amount in lower case without its currency sign, which has to be the field's."""
    found = _CURRENCY.search(text)
    if found is None:
        return text
    sign = found["before"] or found["after"]
    currency = _CURRENCIES[sign]
    if kind is not Kind.MONEY:
        raise Unreadable("is an amount of money")
    if currency != unit and unit not in _SHARED_SIGNS.get(currency, ()):
        named = f"is in {sign.upper()}"
        raise Unreadable(f"{named}, this column is in {unit}" if unit else f"{named}: leave it out")
    rest = text[: found.start()] + (found["minus"] or "") + text[found.end() :]
    return re.sub(r"[.,][-–]+$", "", rest.strip())


def _without_scale(text: str) -> tuple[str, Decimal]:
    if text[-1:].isdigit():
        return text, Decimal(1)
    for suffix, scale in _SCALES:
        if found := suffix.search(text):
            return text[: found.start()].rstrip(), scale
    return text, Decimal(1)


def _power(text: str, kind: Kind) -> Decimal:
    found = _POWER.fullmatch(text)
    if found is None or abs(int(found["power"])) > _EXPONENT_MAX:
        raise _no_number(kind)
    return Decimal(found["digits"].replace(",", ".")).scaleb(int(found["power"]))


def _body(text: str, kind: Kind, *, exact: bool) -> Decimal:
    """Tell thousands from decimals; `exact`: a suffix says that no thousands are written out."""
    if not _BODY.fullmatch(text):
        raise _no_number(kind)
    marks = [letter for letter in text if not letter.isdigit()]
    if not marks:
        return Decimal(text)
    last = marks[-1]
    head, _, tail = text.rpartition(last)
    if marks.count(last) > 1 or last in "' ":
        head, tail = text, ""
    elif len(marks) == 1 and len(tail) == 3 and 0 < len(head) <= 3 and head[0] != "0" and not exact:
        if kind is not Kind.INTEGER and kind is not Kind.PERCENT:
            raise Unreadable(
                f"can be read as {head}{tail} or as {head} and a fraction: "
                "write it without a separator for thousands",
                example=head + tail,
            )
        if kind is Kind.INTEGER:
            head, tail = text, ""
    elif not tail:
        raise _no_number(kind)
    grouped = len({letter for letter in head if not letter.isdigit()})
    if grouped > 1 or (grouped and not _GROUPED.fullmatch(head)):
        raise _no_number(kind)
    whole = re.sub(r"[^0-9]", "", head)
    return Decimal(f"{whole or '0'}.{tail or '0'}")


def normal(number: float) -> float:
    """Return the number as a spreadsheet keeps it: 15 significant digits, no negative zero."""
    return float(f"{number:.15g}") + 0.0


# --- days ---------------------------------------------------------------------------------------

_MONTHS = (
    "january januar janvier enero gennaio janeiro januari",
    "february februar février fevrier febrero febbraio fevereiro februari",
    "march märz maerz mars marzo março maart",
    "april avril abril aprile",
    "may mai mayo maggio maio mei",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august août aout agosto augustus",
    "september septembre septiembre setiembre settembre setembro",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember décembre decembre diciembre dicembre dezembro",
)
_TIME = re.compile(r"(?<=[0-9])(?:t| +)[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?.{0,8}$")
_ISO = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_DOTTED = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4})")
_SLASHED = re.compile(r"([0-9]{1,2}) ?([/-]) ?([0-9]{1,2}) ?\2 ?([0-9]{4})")
_DAY_MONTH = re.compile(
    r"([0-9]{1,2})(?:st|nd|rd|th|er|\.)?[ -]*(?:of |de )?"
    r"([^\W\d_]{3,})\.?,?(?: de| del)?[ -]+([0-9]{4})"
)
_MONTH_DAY = re.compile(r"([^\W\d_]{3,})[. ] ?([0-9]{1,2})(?:st|nd|rd|th)?,? +([0-9]{4})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}([./-]) ?[0-9]{1,2}\1 ?[0-9]{2}")
_NO_YEAR = re.compile(
    r"[^\W\d_]{3,}[. ]+[0-9]{1,2}\w*|[0-9]{1,2}\w*[. ]+[^\W\d_]{3,}|[0-9]+[./][0-9]+\.?"
)
_DAY_EXAMPLE = "2025-11-14"


def read_day(text: str) -> date:
    """Read `2025-11-14`, `14.11.2025`, `14 Nov 2025` or `11/14/2025`; `03/04/2025` is asked."""
    rest = " ".join(text.translate(_INVISIBLE).lower().split())
    if len(rest) > _NUMBER_TEXT_MAX:
        raise Unreadable("is not a date", example=_DAY_EXAMPLE)
    rest = re.sub(r"^[^\W\d_]+\.?, ", "", _TIME.sub("", rest))
    year, month, day = _day_parts(rest)
    try:
        found = date(year, month, day)
    except ValueError:
        raise Unreadable("is not a day of the calendar", example=_DAY_EXAMPLE) from None
    try:
        return likely_day(found)
    except ValueError as no:
        raise Unreadable(str(no), example=_DAY_EXAMPLE) from None


def _day_parts(text: str) -> tuple[int, int, int]:
    if found := _ISO.fullmatch(text):
        return int(found[1]), int(found[3]), int(found[4])
    if found := _DOTTED.fullmatch(text):
        return int(found[3]), int(found[2]), int(found[1])
    if found := _SLASHED.fullmatch(text):
        return _slashed(int(found[1]), int(found[3]), int(found[4]))
    if found := _DAY_MONTH.fullmatch(text):
        return int(found[3]), _month(found[2]), int(found[1])
    if found := _MONTH_DAY.fullmatch(text):
        return int(found[3]), _month(found[1]), int(found[2])
    if _SHORT_YEAR.fullmatch(text):
        raise Unreadable("needs its year with four digits", example=_DAY_EXAMPLE)
    if _NO_YEAR.fullmatch(text):
        raise Unreadable("has no year", example=_DAY_EXAMPLE)
    raise Unreadable("is not a date", example=_DAY_EXAMPLE)


def _slashed(first: int, second: int, year: int) -> tuple[int, int, int]:
    if second > 12:
        return year, first, second
    if first > 12 or first == second:
        return year, second, first
    raise Unreadable(
        f"can be read as day {first} of month {second} or as day {second} of month {first}",
        example=f"{year}-{second:02}-{first:02}",
    )


def _month(name: str) -> int:
    months = {
        number
        for number, names in enumerate(_MONTHS, start=1)
        if any(known.startswith(name) for known in names.split())
    }
    if len(months) != 1:
        raise Unreadable("is not a date", example=_DAY_EXAMPLE)
    return months.pop()


# --- yes and no ---------------------------------------------------------------------------------

_YES = frozenset((
    "yes", "y", "true", "t", "1", "x", "on", "ja", "j", "wahr", "oui", "vrai", "si", "sí",
    "verdadero", "sim", "vero", "✓", "✔", "✅", "☑",
))  # fmt: skip
_NO = frozenset((
    "no", "n", "false", "f", "0", "off", "nein", "falsch", "non", "faux", "falso", "não",
    "nao", "-", "✗", "✘", "❌", "☐",
))  # fmt: skip


def read_yes_no(text: str) -> bool:
    """Read `yes`, `TRUE`, `ja`, `x` and their opposites."""
    word = fold(text)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Unreadable("is neither yes nor no", example="TRUE")
