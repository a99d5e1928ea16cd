"""Functions of dates and times: serial numbers of days since 1899-12-30."""

import calendar
import math
from datetime import date, datetime, timedelta

from syncd.sandbox.book.formulas.registry import function
from syncd.sandbox.book.formulas.values import Call, Result, failure, text_number, tidy

_EPOCH = date(1899, 12, 30)
_LAST = (date.max - _EPOCH).days


def day_of(call: Call, value: Result, place: int = 1) -> date:
    """Give an argument as a calendar day."""
    serial = math.floor(call.number(value, place))
    if not 0 <= serial <= _LAST:
        raise failure(
            "NUM",
            f"Function {call.name} parameter {place} value is {serial}. It should be greater than "
            "or equal to 0.",
        )
    return _EPOCH + timedelta(days=serial)


def serial_of(day: date) -> int:
    """Give a calendar day as a serial number."""
    return (day - _EPOCH).days


def _out_of_range(call: Call) -> Exception:
    return failure("NUM", f"Function {call.name} gives a date out of range.")


@function("TODAY", 0, 0)
def _today(call: Call) -> Result:
    return math.floor(call.now)


@function("NOW", 0, 0)
def _now(call: Call) -> Result:
    return tidy(call.now)


@function("DATE", 3, 3)
def _date(call: Call, year: Result, month: Result, day: Result) -> Result:
    years, months, days = call.whole(year, 1), call.whole(month, 2), call.whole(day, 3)
    if 0 <= years < 1900:
        years += 1900
    total = years * 12 + months - 1
    if not 0 < total // 12 < 10_000 or abs(days) > 4_000_000:
        raise _out_of_range(call)
    serial = serial_of(date(total // 12, total % 12 + 1, 1)) + days - 1
    if not 0 <= serial <= _LAST:
        raise _out_of_range(call)
    return serial


@function("YEAR", 1, 1)
def _year(call: Call, value: Result) -> Result:
    return day_of(call, value).year


@function("MONTH", 1, 1)
def _month(call: Call, value: Result) -> Result:
    return day_of(call, value).month


@function("DAY", 1, 1)
def _day(call: Call, value: Result) -> Result:
    return day_of(call, value).day


@function("WEEKDAY", 1, 2)
def _weekday(call: Call, value: Result, kind: Result = 1) -> Result:
    weekday, start = day_of(call, value).weekday(), call.whole(kind, 2)
    call.between(start, 1, 3, 2)
    return {1: (weekday + 1) % 7 + 1, 2: weekday + 1, 3: weekday}[start]


@function("ISOWEEKNUM", 1, 1)
def _isoweeknum(call: Call, value: Result) -> Result:
    return day_of(call, value).isocalendar().week


@function("WEEKNUM", 1, 2)
def _weeknum(call: Call, value: Result, kind: Result = 1) -> Result:
    day, start = day_of(call, value), call.whole(kind, 2)
    if start == 21:
        return day.isocalendar().week
    offset = 6 if start in {1, 17} else (start - 11) % 7 if start > 10 else 0
    first = (date(day.year, 1, 1).weekday() - offset) % 7
    return (day.timetuple().tm_yday - 1 + first) // 7 + 1


def _months_on(call: Call, value: Result, months: Result, *, end: bool) -> Result:
    day, count = day_of(call, value), call.whole(months, 2)
    total = day.year * 12 + day.month - 1 + count
    year, month = total // 12, total % 12 + 1
    if not 1899 <= year < 10_000:
        raise _out_of_range(call)
    last = calendar.monthrange(year, month)[1]
    return serial_of(date(year, month, last if end else min(day.day, last)))


@function("EDATE", 2, 2)
def _edate(call: Call, value: Result, months: Result) -> Result:
    return _months_on(call, value, months, end=False)


@function("EOMONTH", 2, 2)
def _eomonth(call: Call, value: Result, months: Result) -> Result:
    return _months_on(call, value, months, end=True)


def _whole_months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


@function("DATEDIF", 3, 3)
def _datedif(call: Call, first: Result, last: Result, unit: Result) -> Result:
    start, end = day_of(call, first, 1), day_of(call, last, 2)
    if end < start:
        raise failure(
            "NUM",
            f"Function DATEDIF parameter 1 ({start.isoformat()}) should be on or before Function "
            f"DATEDIF parameter 2 ({end.isoformat()}).",
        )
    months = _whole_months(start, end)
    kind = call.text(unit).upper()
    if kind == "D":
        return (end - start).days
    if kind == "M":
        return months
    if kind == "Y":
        return months // 12
    if kind == "YM":
        return months % 12
    if kind == "MD":
        total = start.year * 12 + start.month - 1 + months
        length = calendar.monthrange(total // 12, total % 12 + 1)[1]
        since = date(total // 12, total % 12 + 1, min(start.day, length))
        return (end - since).days
    if kind == "YD":
        year = start.year + months // 12
        length = calendar.monthrange(year, start.month)[1]
        return (end - date(year, start.month, min(start.day, length))).days
    raise failure(
        "NUM",
        f"Function DATEDIF parameter 3 value is {kind[:50]}. It should be one of: "
        '"Y", "M", "D", "MD", "YM", "YD".',
    )


@function("DAYS", 2, 2)
def _days(call: Call, end: Result, start: Result) -> Result:
    return (day_of(call, end, 1) - day_of(call, start, 2)).days


def _typed_moment(call: Call, text: Result) -> float:
    if isinstance(text, str):
        number = text_number(text, call.locale)
        if number is not None:
            return number
    elif text is not None and not isinstance(text, bool):
        return call.number(text)
    shown = call.text(text)[:200]
    raise failure("VALUE", f"{call.name} parameter '{shown}' cannot be parsed to date/time.")


@function("DATEVALUE", 1, 1)
def _datevalue(call: Call, text: Result) -> Result:
    return math.floor(_typed_moment(call, text))


@function("TIMEVALUE", 1, 1)
def _timevalue(call: Call, text: Result) -> Result:
    return _typed_moment(call, text) % 1


@function("TO_DATE", 1, 1)
def _to_date(call: Call, value: Result) -> Result:
    return call.number(value) if not isinstance(value, str) else value


@function("TIME", 3, 3)
def _time(call: Call, hour: Result, minute: Result, second: Result) -> Result:
    seconds = call.whole(hour, 1) * 3600 + call.whole(minute, 2) * 60 + call.whole(second, 3)
    if seconds < 0:
        raise failure("NUM", "TIME evaluates to a negative time.")
    return (seconds % 86_400) / 86_400


def _clock(call: Call, value: Result) -> datetime:
    number = call.number(value)
    call.at_least(number, 0, 1)
    return datetime(2000, 1, 1) + timedelta(seconds=round(number % 1 * 86_400))  # noqa: DTZ001  a clock face


@function("HOUR", 1, 1)
def _hour(call: Call, value: Result) -> Result:
    return _clock(call, value).hour


@function("MINUTE", 1, 1)
def _minute(call: Call, value: Result) -> Result:
    return _clock(call, value).minute


@function("SECOND", 1, 1)
def _second(call: Call, value: Result) -> Result:
    return _clock(call, value).second
