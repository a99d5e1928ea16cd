"""Reading a number as people of a country type it: signs, groups, money, percents, powers."""

import math
import re
from functools import lru_cache

from syncd.sandbox.book.locales import Locale
from syncd.sandbox.errors import Json

_SIGNS = "$€£¥₹₽₩₪₺₴₫฿₱₦₡₸₼₾"
_SPACES = " \u00a0\u202f"
_EXACT_DIGITS = 15


@lru_cache(maxsize=200)
def _shape(locale: Locale, is_loose: bool) -> re.Pattern[str]:
    group = re.escape(locale.group)
    if locale.group in _SPACES:
        group = f"[{_SPACES}]"
    elif locale.group == "’":
        group = "[’']"
    whole = rf"[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]*"
    if is_loose:
        whole = rf"[0-9]+(?:{group}[0-9]{{2,}})+"
    elif locale.name.endswith("_IN"):
        whole = rf"[0-9]{{1,2}}(?:{group}[0-9]{{2}})+{group}[0-9]{{3}}|{whole}"
    own = "" if len(locale.currency) == 1 else f"|{re.escape(locale.currency)}"
    ahead = "|(?P<ahead>%)" if locale.name == "tr_TR" else ""
    money, gap = f"[{_SIGNS}]{own}", f"[{_SPACES}]?"
    return re.compile(
        rf"(?P<open>\()?(?P<sign>[-+]?)(?:(?P<before>{money}){gap}{ahead})?(?P<inner>[-+]?)"
        rf"(?P<whole>{whole})(?:{re.escape(locale.decimal)}(?P<fraction>[0-9]*))?"
        rf"(?P<power>[eE][-+]?[0-9]{{1,4}})?{gap}(?:(?P<percent>%)|(?P<after>{money}))?"
        rf"(?P<close>\))?\Z"
    )


def read_number(
    text: str, locale: Locale, *, is_loose: bool = False
) -> tuple[float, Json | None] | None:
    """Read a number and the format that its spelling implies; None when it is none.

    Read loosely, groups may have any length but one digit: 1234,1234 is a number in the US.
    """
    match = _shape(locale, is_loose).match(text)
    if match is None or not (match["whole"] or match["fraction"]):
        return None
    if bool(match["open"]) != bool(match["close"]) or _overdone(match):
        return None
    whole, fraction = re.sub("[^0-9]", "", match["whole"]), match["fraction"] or ""
    percent = match["percent"] or match.groupdict().get("ahead")
    value = _value(whole, fraction, match["power"] or ("e-2" if percent else ""))
    if value is None:
        return None
    if value and (match["open"] or "-" in (match["sign"], match["inner"])):
        value = -value
    if percent:
        return value, {"type": "PERCENT", "pattern": "0.00%" if fraction else "0%"}
    if match["before"] or match["after"]:
        return value, _money(match, locale, bool(fraction))
    if match["power"]:
        return value, {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    if whole != match["whole"] and locale.group not in _SPACES:
        return value, {"type": "NUMBER", "pattern": "#,##0.00" if fraction else "#,##0"}
    return value, None


def _overdone(match: re.Match[str]) -> bool:
    """Tell whether a number has two signs, or two of currency, percent and power."""
    signs = sum(bool(match[name]) for name in ("open", "sign", "inner"))
    units = [match["before"], match["after"], match["percent"], match["power"]]
    ahead = match.groupdict().get("ahead")
    return signs > 1 or sum(bool(unit) for unit in [*units, ahead]) > 1


def _value(whole: str, fraction: str, power: str) -> float | None:
    if not fraction and not power and len(whole) <= _EXACT_DIGITS:
        return int(whole)
    value = float(f"{whole or '0'}.{fraction or '0'}{power}")
    return value if math.isfinite(value) else None


def _money(match: re.Match[str], locale: Locale, has_fraction: bool) -> Json:
    number = "#,##0.00" if has_fraction else "#,##0"
    before, after = match["before"], match["after"]
    ours = locale.currency == (before or after)
    if ours and locale.money.startswith('"') == bool(before):
        pattern = re.sub(r"#,##0(\.0+)?", number, locale.money)
    elif before:
        pattern = f"[${before}]{number}"
    else:
        gap = " " if match.string[match.start("after") - 1] in _SPACES else ""
        pattern = f"{number}[${gap}{after}]"
    return {"type": "CURRENCY", "pattern": pattern}
