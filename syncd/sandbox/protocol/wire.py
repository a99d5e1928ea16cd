"""JSON text as Google prints it: two spaces a level, every list item on its own line."""

import json
import re
from collections.abc import Iterable
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any

_SCALARS = {True: "true", False: "false", None: "null"}
_HOLE = "\0"


class Shared(dict[str, Any]):
    """A dictionary that stands in many places of an answer and is printed once for all."""

    __slots__ = ()


class Lines:
    """A long list of rows of plain values, each printed beforehand by `printed_row`."""

    def __init__(self, rows: Iterable[bytes]) -> None:
        self._rows = rows

    def printed(self, newline: str) -> list[bytes]:
        """Print the list, in pieces, where a line of its surroundings begins with `newline`."""
        rows = list(self._rows)
        while rows and rows[-1] == EMPTY_ROW:
            rows.pop()
        text = b"[\n    " + b",\n    ".join(rows) + b"\n  ]"
        return [text if newline == "\n  " else text.replace(b"\n  ", newline.encode())]


class Printed:
    """A part of an answer that is text already, printed where a line begins with `newline`."""

    def __init__(self, pieces: list[bytes], newline: str) -> None:
        self._pieces, self._newline = pieces, newline

    def printed(self, newline: str) -> list[bytes]:
        """Give the text, in pieces, for surroundings where a line begins with `newline`."""
        if newline == self._newline:
            return self._pieces
        before, after = self._newline.encode(), newline.encode()
        return [piece.replace(before, after) for piece in self._pieces]


_row = c_make_encoder(None, None, encode_basestring, None, ": ", ",\n      ", False, False, True)
EMPTY_ROW = b"[]"


def printed_row(values: list[Any]) -> bytes:
    """Print a row of plain values, the empty ones at its end cut, for `Lines`."""
    while values and values[-1] == "":
        values.pop()
    if not values:
        return EMPTY_ROW
    inner = "".join(_row(values, 0))[1:-1]
    return f"[\n      {inner}\n    ]".encode("utf-8", "surrogatepass")


def pretty(value: Any) -> bytes:
    """Print a value the way Google's servers do, quickly enough for large answers."""
    lines: list[list[bytes]] = []
    text = (_text(value, "\n", {}, lines) + "\n").encode("utf-8", "surrogatepass")
    if not lines:
        return text
    around = text.split(_HOLE.encode())
    pieces = [p for before, own in zip(around, lines, strict=False) for p in (before, *own)]
    return b"".join([*pieces, around[-1]])


def printed_value(value: Any, newline: str, known: dict[int, str]) -> str:
    """Print a part of an answer; `known` is for parts where lines begin with the same newline."""
    return _text(value, newline, known, [])


def compact(value: Any) -> str:
    """Print a value without any white space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_ODD = re.compile(
    "[<>\x7f-\x9f\xad\u0600-\u0603\u06dd\u070f\u17b4\u17b5\u200b-\u200f\u2028-\u202e\u2060-\u2064"
    "\u206a-\u206f\ufeff\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)


def escaped(printed: bytes) -> bytes:
    """Write as numbers what Google's printer does: angle brackets and invisible characters."""
    if printed.isascii() and not any(mark in printed for mark in (b"<", b">", b"\x7f")):
        return printed
    text = printed.decode("utf-8", "surrogatepass")
    return _ODD.sub(_number_of, text).encode("utf-8", "surrogatepass")


def _number_of(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def number(value: float) -> float:
    """Give a whole number as an int, so that it is printed without a decimal point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return int(value)
    return value


def _text(value: Any, newline: str, known: dict[int, str], lines: list[list[bytes]]) -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is dict:
        if not value:
            return "{}"
        inner = newline + "  "
        items = [
            f"{encode_basestring(str(k))}: {_text(v, inner, known, lines)}"
            for k, v in value.items()
        ]
        return "{" + inner + ("," + inner).join(items) + newline + "}"
    if kind is list or kind is tuple:
        if not value:
            return "[]"
        inner = newline + "  "
        items = [_text(v, inner, known, lines) for v in value]
        return "[" + inner + ("," + inner).join(items) + newline + "]"
    if kind is int:
        return str(value)
    if value is True or value is False or value is None:
        return _SCALARS[value]
    if kind is Shared:
        if id(value) not in known:  # a mask may lift one, but then each is a copy of its own
            known[id(value)] = _text(dict(value), newline, known, lines)
        return known[id(value)]
    if kind is Lines or kind is Printed:
        lines.append(value.printed(newline))
        return _HOLE  # no JSON text holds this character itself
    return json.dumps(number(value))
