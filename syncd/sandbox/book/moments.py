"""How a serial number shows as a date, a time or a duration."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from syncd.sandbox.book.locales import Locale
from syncd.sandbox.book.patterns import Token

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a serial number knows no time zone
_UNIT_MS = {"h": 3_600_000, "m": 60_000, "s": 1000}
_DAY_MS = 86_400_000
_DAYS_MAX = 3_000_000


def show_moment(value: float, tokens: Sequence[Token], locale: Locale) -> str | None:
    """Show a serial number as a section of a date pattern writes it; None when no year has it."""
    if not abs(value) < _DAYS_MAX:
        return None
    step = _step_ms(tokens)
    ticks = _half_up(value * _DAY_MS / step) * step
    elapsed = {token.text[0] for token in tokens if token.kind == "elapsed"}
    sign = ""
    if elapsed and ticks < 0:
        sign, ticks = "-", -ticks
    try:
        moment = EPOCH + timedelta(milliseconds=ticks)
    except OverflowError:
        return None
    first = next((unit for unit in "hms" if unit in elapsed), "")
    halved = any(token.kind == "half" for token in tokens)
    shown = []
    for token in tokens:
        if token.kind == "elapsed":
            count = ticks // _UNIT_MS[token.text[0]]
            if token.text[0] != first:
                count %= 60
            shown.append(str(int(count)).zfill(len(token.text)))
        else:
            shown.append(_part(token, moment, locale, halved))
    return sign + "".join(shown)


def _half_up(number: float) -> int:
    whole = int(number // 1)
    return whole + (number - whole >= 0.5)


def _step_ms(tokens: Sequence[Token]) -> int:
    """Give what a moment is rounded to: milliseconds, or the fraction of a second that shows."""
    fractions = [len(token.text) - 1 for token in tokens if token.kind == "fraction"]
    return 10 ** (3 - min(max(fractions), 3)) if fractions else 1


def _part(token: Token, moment: datetime, locale: Locale, halved: bool) -> str:
    kind, text = token
    if kind in {"text", "fill"}:
        return text
    if kind == "half":
        return _half(text, moment.hour >= 12, locale)
    if kind == "minute":
        return str(moment.minute).zfill(len(text))
    if kind == "fraction":
        digits = f"{moment.microsecond // 1000:03}".ljust(len(text) - 1, "0")
        return locale.decimal + digits[: len(text) - 1]
    width, letter = len(text), text[0].lower()
    if letter == "y":
        return str(moment.year).zfill(4) if width > 2 else f"{moment.year % 100:02}"
    if letter == "m":
        return _month(width, moment.month, locale)
    if letter == "d":
        if width > 2:
            return (locale.days if width > 3 else locale.short_days)[moment.weekday()]
        return str(moment.day).zfill(width)
    if letter == "h":
        return str((moment.hour % 12 or 12) if halved else moment.hour).zfill(min(width, 2))
    return str(moment.second).zfill(min(width, 2))


def _month(width: int, month: int, locale: Locale) -> str:
    if width <= 2:
        return str(month).zfill(width)
    if width == 3:
        return locale.short_months[month - 1]
    name = locale.months[month - 1]
    return name[:1] if width == 5 else name


def _half(text: str, is_afternoon: bool, locale: Locale) -> str:
    if len(text) == 3:
        letter = "p" if is_afternoon else "a"
        return letter.upper() if text[0].isupper() else letter
    return locale.halves[is_afternoon]
