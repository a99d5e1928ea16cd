"""Parsing of request bodies as protobuf's JSON mapping does it.

`messages.json` lists the messages of the public discovery document (sheets v4, revision 20261019):
a field's type is a scalar, an `enum` with its values, a message, or `[]`/`{}` of one of these.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from syncd.sandbox.errors import Json, violation

_SCALARS = {"string", "integer", "number", "boolean", "any"}
_TYPE_NAMES = {"integer": "TYPE_INT32", "number": "TYPE_DOUBLE", "boolean": "TYPE_BOOL"}


@cache
def messages() -> dict[str, dict[str, str]]:
    """Load the table of messages and the types of their fields."""
    text = files("syncd.sandbox").joinpath("protocol", "messages.json").read_text("utf-8")
    loaded: dict[str, dict[str, str]] = json.loads(text)
    return loaded


@cache
def camel(name: str) -> str:
    """Turn a snake_case name into the camelCase that the JSON mapping uses."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


@cache
def snake(name: str) -> str:
    """Turn a camelCase name into the snake_case that error texts use."""
    return re.sub(r"([A-Z])", lambda m: "_" + m.group(1).lower(), name)


def parse(message: str, body: Any, path: str = "") -> Json:
    """Check a body against a message and give it with canonical names and without nulls."""
    if not isinstance(body, dict):
        raise _wrong(path or "data", f"type.googleapis.com/google.apps.sheets.v4.{message}", body)
    fields = messages()[message]
    parsed: Json = {}
    for given, value in body.items():
        name = given if given in fields else camel(given)
        kind = fields.get(name)
        if kind is None:
            raise _unknown(given, path)
        if value is not None:
            parsed[name] = _value(kind, value, f"{path}.{snake(name)}" if path else snake(name))
    return parsed


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
        return type(value) is int or type(value) is float
    return kind == "boolValue" and type(value) is bool


def _value(kind: str, value: Any, path: str) -> Any:
    if kind.startswith("[]"):
        return _items(kind[2:], value, path)
    if kind.startswith("{}"):
        if not isinstance(value, dict):
            raise _wrong(path, "Map", value)
        return {k: _value(kind[2:], v, f"{path}[{k}]") for k, v in value.items()}
    if kind in _SCALARS:
        return _scalar(kind, value, path)
    if kind.startswith("enum "):
        if value not in kind.split(" ")[1:]:
            raise _wrong(path, "TYPE_ENUM", value)
        return value
    return parse(kind, value, path)


def _items(kind: str, value: Any, path: str) -> list[Any]:
    if kind.startswith("[]") and isinstance(value, list):
        for index, item in enumerate(value):
            if not isinstance(item, list):
                raise _wrong(f"{path}[{index}]", _LIST_VALUE, item)
        return value
    if not isinstance(value, list):
        if isinstance(value, dict):  # protobuf accepts a single message for a repeated field
            value = [value]
        elif kind.startswith("[]"):
            raise _wrong(f"data.{path}" if path == "values" else path, _LIST_VALUE, value)
        else:
            raise _wrong(path, _TYPE_NAMES.get(kind, "TYPE_STRING"), value)
    if any(isinstance(item, list) for item in value):
        value = [x for item in value for x in (item if isinstance(item, list) else [item])]
    if kind == "CellData":
        return [
            item
            if type(item) is dict and _is_plain_cell(item)
            else _value(kind, item, f"{path}[{i}]")
            for i, item in enumerate(value)
        ]
    return [_value(kind, item, f"{path}[{i}]") for i, item in enumerate(value)]


_LIST_VALUE = "type.googleapis.com/google.protobuf.ListValue"


def _scalar(kind: str, value: Any, path: str) -> Any:
    if kind == "any":
        return value
    if kind == "boolean":
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
    elif kind == "string":
        if isinstance(value, str):
            return value
    elif not isinstance(value, bool):
        parsed = _number(value)
        if parsed is not None and (kind == "number" or parsed == int(parsed)):
            return int(parsed) if kind == "integer" else parsed
    raise _wrong(path, _TYPE_NAMES.get(kind, "TYPE_STRING"), value)


def _number(value: Any) -> float | None:
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return None


def _unknown(name: str, path: str) -> Exception:
    where = f" at '{path}'" if path else ""
    text = f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
    return violation(path, text)


def _wrong(path: str, kind: str, value: Any) -> Exception:
    shown = json.dumps(value, ensure_ascii=False)
    return violation(path, f"Invalid value at '{path}' ({kind}), {shown[:200]}")
