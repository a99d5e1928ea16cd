"""Request bodies as JSON, and the words in which Google says why one cannot be read."""

import json
import re
from typing import Any, NoReturn

from syncd.sandbox.errors import ApiError, violation
from syncd.sandbox.protocol.messages import too_deep

_CONTEXT = 20
_ESCAPES = re.compile(
    rb"\\u([dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\(?:u(.{4})|.)"
)
_REASONS = (
    ("Expecting property name", "Expected an object key or }."),
    ("Expecting ':'", "Expected : between key:value pair."),
    ("Extra data", "Parsing terminated before end of input."),
    ("Unterminated string", "Closing quote expected in string."),
    ("Invalid \\", "Invalid escape sequence."),
)


def parse_body(raw: bytes, content_type: str = "") -> Any:
    """Read a request body as JSON; none at all is an empty message."""
    if not raw.strip():
        return None
    if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        raise _form(raw)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        shown = raw.decode("utf-8", "replace")
        raise _unreadable("Encountered non UTF-8 code points.", shown, error.start) from error
    if b"\\u" in raw:
        _check_surrogates(raw, text)
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError as error:
        raise too_deep("") from error
    except json.JSONDecodeError as error:
        if error.doc != text:  # a name such as NaN, which JSON does not have
            raise _unreadable("Unexpected token.", text, text.find(error.doc)) from error
        raise _unreadable(_reason(error, text), text, error.pos) from error
    except ValueError as error:
        raise _unreadable("Unable to parse number.", text, 0) from error


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError("Expecting value", name, 0)


def _reason(error: json.JSONDecodeError, text: str) -> str:
    if error.pos >= len(text.rstrip()):
        return "Unexpected end of string. Expected a value."
    for start, reason in _REASONS:
        if error.msg.startswith(start):
            return reason
    if error.msg.startswith("Expecting ','"):
        before = text[: error.pos]
        inside_list = before.rfind("[") > before.rfind("{")
        if inside_list:
            return "Expected , or ] after array value."
        return "Expected , or } after key:value pair."
    return "Expected a value." if text[error.pos] in "]}," else "Unexpected token."


def _unreadable(reason: str, text: str, at: int) -> ApiError:
    start, end = max(at - _CONTEXT, 0), min(at + _CONTEXT, len(text))
    caret = " " * (at - start) + "^"
    return violation("", f"Invalid JSON payload received. {reason}\n{text[start:end]}\n{caret}")


def _check_surrogates(raw: bytes, text: str) -> None:
    """Refuse an escaped half of a character: no UTF-8 text can hold it."""
    for match in _ESCAPES.finditer(raw):
        single = match.group(2)
        if single is not None and single[:2].lower() in {b"d8", b"d9", b"da", b"db"}:
            raise _unreadable("Missing low surrogate.", text, match.start())
        if single is not None and single[:2].lower() in {b"dc", b"dd", b"de", b"df"}:
            raise _unreadable("Invalid unicode code point.", text, match.start())


def _form(raw: bytes) -> ApiError:
    """Refuse a form: its names are taken for query parameters."""
    name = raw.decode("utf-8", "replace").partition("&")[0].partition("=")[0]
    head = f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
    return violation("", f"{head}Field '{name}' could not be found in request message.")
