"""Parsing of request bodies as protobuf's JSON mapping does it, all that is wrong told at once.

Both spellings of a name are taken, nulls are left out, a single value stands for a list of one, and
lists inside a list of messages are flattened.  Everything found wrong is collected while the rest
is still read, because Google lists every violation of a body in one answer.
"""

import json
import math
from typing import Any

from syncd.sandbox.errors import ApiError, Json, violations
from syncd.sandbox.protocol.schema import LIST_VALUE, Field, camel, fields, messages, snake, truth

__all__ = ["camel", "messages", "parse", "snake"]

_VIOLATIONS_MAX = 100
_LEVELS_MAX = 100
_INT32 = 2**31
_EXACT = 2**53
_BAD = object()


def parse(message: str, body: Any, path: str = "") -> Json:
    """Check a body against a message and give it with canonical names and without nulls."""
    reader = _Reader(path)
    if not isinstance(body, dict):
        reader.refuse_root(body)
    parsed = reader.message(message, body)
    reader.finish()
    return parsed


class _Reader:
    """Reads one body: where it is, and what it found wrong so far."""

    def __init__(self, path: str) -> None:
        self.at: list[str | int] = [path] if path else []
        self.found: list[tuple[str, str]] = []

    def where(self) -> str:
        """Spell the place that is being read as Google does."""
        text = ""
        for part in self.at:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text

    def finish(self) -> None:
        """Refuse the body if anything was wrong with it."""
        if self.found:
            raise violations(self.found)

    def refuse_root(self, body: Any) -> None:
        """Refuse a body that is no object."""
        del body
        self.at.clear()
        self._unknown("", "Root element must be a message.")
        self.finish()

    def _add(self, text: str) -> None:
        self.found.append((self.where(), text))
        if len(self.found) >= _VIOLATIONS_MAX:
            self.finish()

    def _unknown(self, name: str, why: str) -> None:
        where = self.where()
        place = f" at '{where}'" if where else ""
        self._add(f'Invalid JSON payload received. Unknown name "{name}"{place}: {why}')

    def _wrong(self, kind: str, shown: str) -> Any:
        where = self.where()
        place = f" at '{where}'" if where else ""
        self._add(f"Invalid value{place} ({kind}), {shown}")
        return _BAD

    def message(self, message: str, body: Json) -> Json:
        """Read an object as a message."""
        known, parsed = fields(message), {}
        unions: dict[str, str] = {}
        for given, value in body.items():
            field = known.get(given)
            if field is None:
                self._check_depth(given, value)
                self._unknown(given, "Cannot find field.")
                continue
            if value is None:
                continue
            if field.union:
                taken = unions.setdefault(field.union, field.name)
                if taken != field.name:
                    self._wrong(
                        "oneof",
                        f"oneof field '{field.union}' is already set. Cannot set '{given}'",
                    )
                    continue
            read = self._field(field, given, value)
            if read is not _BAD and not _is_nothing(field, read):
                parsed[field.name] = read
        return parsed

    def _field(self, field: Field, given: str, value: Any) -> Any:
        kind = type(value)
        if field.keyed:
            return self._keyed(field, given, value)
        if kind is list and not field.repeated and field.base != "any":
            self._unknown(given, "Proto field is not repeating, cannot start list.")
            return _BAD
        if kind is dict and (field.base in _SCALARS or field.enum):
            return self._wrong(field.snake, "Starting an object on a scalar field")
        self.at.append(field.snake)
        read = self._items(field, value) if field.repeated else self._value(field, value)
        self.at.pop()
        return read

    def _keyed(self, field: Field, given: str, value: Any) -> Any:
        if type(value) is not dict:
            self.at.append(field.snake)
            what = "a list" if type(value) is list else "a primitive"
            self._wrong("Map", f"Cannot bind {what} to map for field '{given}'.")
            self.at.pop()
            return _BAD
        read: Json = {}
        for key, item in value.items():
            self.at.append(f"{field.snake}[{json.dumps(key, ensure_ascii=False)}]")
            one = self._value(field, item)
            self.at.pop()
            if one is not _BAD:
                read[key] = one
        return read

    def _items(self, field: Field, value: Any) -> Any:
        if type(value) is not list:
            if field.base == LIST_VALUE and type(value) is not dict:
                return self._wrong(field.type_name, _shown(value))
            one = self._value(field, value)
            return _BAD if one is _BAD else [one]
        if field.base == LIST_VALUE:
            return self._lists(field, value)
        if field.base == "any":
            return value
        return self._elements(field, _flat(value))

    def _elements(self, field: Field, value: list[Any]) -> list[Any]:
        is_cell, read = field.base == "CellData", []
        at = self.at
        at.append(0)
        for index, item in enumerate(value):
            if is_cell and type(item) is dict and _is_plain_cell(item):
                read.append(item)
                continue
            at[-1] = index
            if item is None:
                continue
            if type(item) is dict and (field.base in _SCALARS or field.enum):
                self._wrong(field.snake, "Starting an object on a scalar field")
                continue
            one = self._value(field, item)
            if one is not _BAD:
                read.append(one)
        at.pop()
        return read

    def _lists(self, field: Field, value: list[Any]) -> list[Any]:
        """Read the rows of a value range; a row may also be spelled as a message."""
        read, at = [], self.at
        at.append(0)
        for index, item in enumerate(value):
            at[-1] = index
            if type(item) is list:
                read.append(item)
            elif type(item) is dict:
                read.append(self.message("ListValue", item).get("values", []))
            elif item is not None:
                self._wrong(field.type_name, _shown(item))
        at.pop()
        return read

    def _value(self, field: Field, value: Any) -> Any:
        base = field.base
        if field.enum:
            return self._enum(field, value)
        if base in _SCALARS:
            read = _SCALARS[base](value)
            if read is not _BAD:
                return read
            self.at += ["value"] * field.wrapped
            self._wrong(field.type_name, _shown(value))
            del self.at[len(self.at) - field.wrapped :]
            return _BAD
        if type(value) is not dict:
            return self._wrong(field.type_name, _shown(value))
        return self.message("ListValue" if base == LIST_VALUE else base, value)

    def _enum(self, field: Field, value: Any) -> Any:
        if type(value) is str:
            if value in field.values:
                return value
            value = int(value) if value.isdecimal() and len(value) < 10 else value
        if type(value) is int and 0 <= value < len(field.values):
            return field.values[value]
        return self._wrong(field.type_name, _shown(value))

    def _check_depth(self, name: str, value: Any) -> None:
        if type(value) in {dict, list} and _depth(value) + len(self.at) > _LEVELS_MAX:
            raise too_deep(name)


def too_deep(name: str) -> ApiError:
    """Refuse a body that is nested too deeply."""
    text = f"Message too deep. Max recursion depth reached for key '{name}'"
    return violations([("", f"Invalid JSON payload received. {text}")])


def _depth(value: Any) -> int:
    """Give how deeply a value is nested, counting only as far as it matters."""
    level, depth = [value], 0
    while level and depth <= _LEVELS_MAX:
        depth += 1
        level = [
            inner
            for item in level
            for inner in (item.values() if type(item) is dict else item)
            if type(inner) in {dict, list}
        ]
    return depth


def _flat(value: list[Any]) -> list[Any]:
    """Take lists out of a list; there, they only group what belongs to the same field."""
    for _ in range(_LEVELS_MAX):
        if not any(type(item) is list for item in value):
            return value
        value = [x for item in value for x in (item if type(item) is list else [item])]
    raise too_deep("")


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _is_nothing(field: Field, read: Any) -> bool:
    """Tell whether protobuf keeps nothing of it: an empty list or map, the zero of an enum."""
    if field.repeated or field.keyed:
        return not read
    return bool(field.enum) and read.endswith("_UNSPECIFIED")


def _is_plain_cell(body: Json) -> bool:
    """Tell whether a cell only holds one well-formed entered value: the case worth being fast."""
    if len(body) != 1:
        return not body
    entered = body.get("userEnteredValue")
    if type(entered) is not dict or len(entered) != 1:
        return False
    kind, value = next(iter(entered.items()))
    if kind in {"stringValue", "formulaValue"}:
        return type(value) is str
    if kind == "numberValue":
        return type(value) is float or (type(value) is int and -_EXACT <= value <= _EXACT)
    return kind == "boolValue" and type(value) is bool


def _string(value: Any) -> Any:
    return value if type(value) is str else _BAD


def _bool(value: Any) -> Any:
    if type(value) is str:
        read = truth(value)
        return _BAD if read is None else read
    return value if type(value) is bool else _BAD


def _double(value: Any) -> Any:
    kind = type(value)
    if kind is str and (not value or value[0].isspace() or value[-1].isspace() or "_" in value):
        return _BAD
    if kind not in {int, float, str} or (kind is int and abs(value) <= _EXACT):
        return value if kind is int else _BAD
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return _BAD
    return read if math.isfinite(read) else _BAD


def _int32(value: Any) -> Any:
    if type(value) is str:
        text = value[1:] if value[:1] in {"-", "+"} else value
        if not text.isdecimal() or not text.isascii() or len(text) > 10:
            return _BAD
        value = int(value)
    if type(value) not in {int, float} or value != value // 1 or not -_INT32 <= value < _INT32:
        return _BAD
    return int(value)


def _any(value: Any) -> Any:
    return value


_SCALARS = {
    "string": _string,
    "bool": _bool,
    "double": _double,
    "float": _double,
    "int32": _int32,
    "any": _any,
}
