"""Functions of texts."""

import re

from syncd.sandbox.book.formats import show, show_text
from syncd.sandbox.book.formulas.registry import MANY, function
from syncd.sandbox.book.formulas.values import (
    TEXT_MAX,
    Array,
    Call,
    Operand,
    Result,
    failure,
    spread,
    text_number,
)

_MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\Z")
_DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_LITERALS = re.compile(r'"[^"]*"|\\.|\[\$[^\]]*\]|\[(?:[a-z]{3,}|color\d+)\]', re.IGNORECASE)


@function("CONCATENATE", 1, MANY, whole=True, textual=True)
def _concatenate(call: Call, *arguments: Operand) -> Result:
    return call.limited("".join(call.text(value) for value, _ in spread(arguments)))


@function("CONCAT", 2, 2, textual=True)
def joined(call: Call, first: Result, second: Result) -> Result:
    """Join two values as texts."""
    return call.limited(call.text(first) + call.text(second))


@function("JOIN", 2, MANY, whole=True, textual=True)
def _join(call: Call, delimiter: Operand, *arguments: Operand) -> Result:
    for place, argument in enumerate(arguments, 2):
        if isinstance(argument, Array) and argument.height > 1 and argument.width > 1:
            raise failure("VALUE", f"JOIN range must be a single row or a single column ({place}).")
    texts = [
        call.text(value)
        for argument in arguments
        for value in (argument.line() if isinstance(argument, Array) else [argument])
    ]
    return call.limited(call.text(delimiter).join(texts))


@function("TEXTJOIN", 3, MANY, whole=True, textual=True)
def _textjoin(call: Call, delimiter: Operand, skip: Operand, *arguments: Operand) -> Result:
    texts = [
        call.text(value)
        for argument in arguments
        for value in (argument.line() if isinstance(argument, Array) else [argument])
    ]
    if call.truth(skip, 2):
        texts = [text for text in texts if text]
    return call.limited(call.text(delimiter).join(texts))


@function("LEFT", 1, 2, textual=True)
def _left(call: Call, text: Result, count: Result = 1) -> Result:
    length = call.whole(count, 2)
    call.at_least(length, 0, 2)
    return call.text(text)[:length]


@function("RIGHT", 1, 2, textual=True)
def _right(call: Call, text: Result, count: Result = 1) -> Result:
    length, whole = call.whole(count, 2), call.text(text)
    call.at_least(length, 0, 2)
    return whole[max(0, len(whole) - length) :]


@function("MID", 3, 3, textual=True)
def _mid(call: Call, text: Result, start: Result, count: Result) -> Result:
    first, length = call.whole(start, 2), call.whole(count, 3)
    call.at_least(first, 1, 2)
    call.at_least(length, 0, 3)
    return call.text(text)[first - 1 : first - 1 + length]


@function("LEN", 1, 1, textual=True)
def _len(call: Call, text: Result) -> Result:
    return len(call.text(text).encode("utf-16-le", "surrogatepass")) // 2


@function("UPPER", 1, 1, textual=True)
def _upper(call: Call, text: Result) -> Result:
    return call.text(text).upper()


@function("LOWER", 1, 1, textual=True)
def _lower(call: Call, text: Result) -> Result:
    return call.text(text).lower()


@function("PROPER", 1, 1, textual=True)
def _proper(call: Call, text: Result) -> Result:
    return re.sub(r"[^\W\d_]+", lambda m: m[0][:1].upper() + m[0][1:].lower(), call.text(text))


@function("TRIM", 1, 1, textual=True)
def _trim(call: Call, text: Result) -> Result:
    return re.sub(r"[ \t\n]+", " ", call.text(text)).strip(" ")


@function("CLEAN", 1, 1, textual=True)
def _clean(call: Call, text: Result) -> Result:
    return "".join(letter for letter in call.text(text) if ord(letter) >= 32)


@function("SUBSTITUTE", 3, 4, textual=True)
def _substitute(
    call: Call, text: Result, old: Result, new: Result, occurrence: Result = None
) -> Result:
    whole, wanted, instead = call.text(text), call.text(old), call.text(new)
    if not wanted:
        return whole
    if occurrence is None:
        grown = len(whole) + whole.count(wanted) * (len(instead) - len(wanted))
        if grown > TEXT_MAX:
            return call.limited(" " * (TEXT_MAX + 1))
        return whole.replace(wanted, instead)
    number = call.whole(occurrence, 4)
    call.at_least(number, 1, 4)
    parts = whole.split(wanted)
    if number >= len(parts):
        return whole
    return call.limited(wanted.join(parts[:number]) + instead + wanted.join(parts[number:]))


@function("REPLACE", 4, 4, textual=True)
def _replace(call: Call, text: Result, start: Result, count: Result, new: Result) -> Result:
    whole, first, length = call.text(text), call.whole(start, 2), call.whole(count, 3)
    call.at_least(first, 1, 2)
    call.at_least(length, 0, 3)
    return call.limited(whole[: first - 1] + call.text(new) + whole[first - 1 + length :])


def _found(call: Call, wanted: Result, text: Result, start: Result, *, fold: bool) -> Result:
    sought, whole, first = call.text(wanted), call.text(text), call.whole(start, 3)
    call.at_least(first, 1, 3)
    place = whole.lower().find(sought.lower(), first - 1) if fold else whole.find(sought, first - 1)
    if place < 0:
        raise failure(
            "VALUE",
            f"In {call.name} evaluation, cannot find '{sought[:200]}' within '{whole[:200]}'.",
        )
    return place + 1


@function("FIND", 2, 3, textual=True)
def _find(call: Call, wanted: Result, text: Result, start: Result = 1) -> Result:
    return _found(call, wanted, text, start, fold=False)


@function("SEARCH", 2, 3, textual=True)
def _search(call: Call, wanted: Result, text: Result, start: Result = 1) -> Result:
    return _found(call, wanted, text, start, fold=True)


@function("SPLIT", 2, 4, textual=True)
def _split(
    call: Call, text: Result, delimiter: Result, each: Result = True, drop: Result = True
) -> Operand:
    whole, cut = call.text(text), call.text(delimiter)
    if not whole:
        raise failure("VALUE", "Function SPLIT parameter 1 value should be non-empty.")
    if not cut:
        raise failure("VALUE", "Function SPLIT parameter 2 value should be non-empty.")
    by_letter = call.truth(each, 3)
    parts = re.split(f"[{re.escape(cut)}]", whole) if by_letter else whole.split(cut)
    if call.truth(drop, 4):
        parts = [part for part in parts if part]
    read = (text_number(part, call.locale) for part in parts)
    values: list[Result] = [
        (part or None) if number is None else number
        for part, number in zip(parts, read, strict=True)
    ]
    return Array([values]) if values else None


def _shows_date(pattern: str) -> bool:
    bare = _LITERALS.sub("", pattern)
    return bool(_DATE_LETTERS.search(bare)) and not re.search(r"[#0?]", bare.replace(".0", ""))


@function("TEXT", 2, 2)
def _text(call: Call, value: Result, pattern: Result) -> Result:
    shape = call.text(pattern)
    number = value
    if isinstance(value, str):
        number = text_number(value, call.locale)
    if value is None:
        number = 0
    if number is None or isinstance(number, str):
        return show_text(call.text(value), {"type": "TEXT", "pattern": shape or "@"})
    if isinstance(number, bool):
        return call.text(number)
    if not shape:
        return ""
    kind = "DATE_TIME" if _shows_date(shape) else "NUMBER"
    return call.limited(show(number, {"type": kind, "pattern": shape}, call.locale))  # type: ignore[arg-type]


@function("VALUE", 1, 1)
def _value(call: Call, value: Result) -> Result:
    if value is None or isinstance(value, bool):
        return call.number(value)
    if not isinstance(value, str):
        return value
    number = text_number(value, call.locale)
    if number is None:
        raise failure("VALUE", f"VALUE parameter '{value[:200]}' cannot be parsed to number.")
    return number


@function("TO_TEXT", 1, 1, textual=True)
def _to_text(call: Call, value: Result) -> Result:
    return call.text(value)


@function("EXACT", 2, 2, textual=True)
def _exact(call: Call, one: Result, other: Result) -> Result:
    return call.text(one) == call.text(other)


@function("REPT", 2, 2, textual=True)
def _rept(call: Call, text: Result, count: Result) -> Result:
    whole, times = call.text(text), call.whole(count, 2)
    call.at_least(times, 0, 2)
    if len(whole) * times > TEXT_MAX:
        return call.limited(" " * (TEXT_MAX + 1))
    return whole * times


@function("CHAR", 1, 1)
def _char(call: Call, value: Result) -> Result:
    number = call.whole(value)
    if not 0 < number < 0x110000 or 0xD800 <= number < 0xE000:
        raise failure("NUM", f"Function CHAR parameter 1 value {number} is out of range.")
    return chr(number)


@function("CODE", 1, 1, textual=True)
@function("UNICODE", 1, 1, textual=True)
def _code(call: Call, text: Result) -> Result:
    whole = call.text(text)
    if not whole:
        raise failure("VALUE", f"Function {call.name} parameter 1 value should be non-empty.")
    return ord(whole[0])


@function("T", 1, 1)
def _t(call: Call, value: Result) -> Result:
    del call
    return value if isinstance(value, str) else ""


@function("ISEMAIL", 1, 1)
def _isemail(call: Call, value: Result) -> Result:
    return isinstance(value, str) and bool(_MAIL.match(call.text(value)))


@function("HYPERLINK", 1, 2)
def _hyperlink(call: Call, url: Result, label: Result = None) -> Result:
    return call.text(url) if label is None else label
