"""JSON text as Google prints it: two spaces a level, every list item on its own line."""

import json
from json.encoder import encode_basestring
from typing import Any

_SCALARS = {True: "true", False: "false", None: "null"}


class Shared(dict[str, Any]):
    """A dictionary that stands in many places of an answer and is printed once for all."""

    __slots__ = ()


def pretty(value: Any) -> bytes:
    """Print a value the way Google's servers do, quickly enough for large answers."""
    return (_text(value, "\n", {}) + "\n").encode("utf-8", "surrogatepass")


def compact(value: Any) -> str:
    """Print a value without any white space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def number(value: float) -> float:
    """Give a whole number as an int, so that it is printed without a decimal point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return int(value)
    return value


def _text(value: Any, newline: str, known: dict[int, str]) -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is dict:
        if not value:
            return "{}"
        inner = newline + "  "
        items = [f"{encode_basestring(str(k))}: {_text(v, inner, known)}" for k, v in value.items()]
        return "{" + inner + ("," + inner).join(items) + newline + "}"
    if kind is list or kind is tuple:
        if not value:
            return "[]"
        inner = newline + "  "
        items = [_text(v, inner, known) for v in value]
        return "[" + inner + ("," + inner).join(items) + newline + "]"
    if kind is int:
        return str(value)
    if value is True or value is False or value is None:
        return _SCALARS[value]
    if kind is Shared:
        if id(value) not in known:  # a mask may lift one, but then each is a copy of its own
            known[id(value)] = _text(dict(value), newline, known)
        return known[id(value)]
    return json.dumps(number(value))
