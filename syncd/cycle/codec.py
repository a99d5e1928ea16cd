"""Frozen values as JSON text and back, for what must survive a crash word for word."""

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

from syncd.core import plan, snapshot
from syncd.sheet import exchange, judgement

_SCALARS = frozenset({str, int, float, bool, type(None)})
_KNOWN: dict[str, type[Any]] = {
    found.__name__: found
    for module in (snapshot, plan, exchange, judgement)
    for found in vars(module).values()
    if isinstance(found, type) and (dataclasses.is_dataclass(found) or issubclass(found, Enum))
}


def dump(value: object) -> str:
    """Return a value made of our frozen classes as JSON text."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Any:
    """Return the value that `dump` wrote."""
    return _built(json.loads(text))


def register(*classes: type[Any]) -> None:
    """Let more classes be dumped and loaded."""
    _KNOWN.update({found.__name__: found for found in classes})


def _plain(value: object) -> object:
    if type(value) in _SCALARS:
        return value
    if isinstance(value, Enum):
        return {"enum": type(value).__name__, "name": value.name}
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        given = {each.name: _plain(getattr(value, each.name)) for each in fields}
        return {"class": type(value).__name__, "with": given}
    if isinstance(value, Mapping):
        return {"map": [[_plain(key), _plain(each)] for key, each in value.items()]}
    if isinstance(value, frozenset | set):
        return {"set": [_plain(each) for each in sorted(value)]}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value


def _built(found: Any) -> Any:
    match found:
        case list():
            return tuple(_built(each) for each in found)
        case {"enum": name, "name": member}:
            return _KNOWN[name][member]
        case {"class": name, "with": given}:
            return _KNOWN[name](**{key: _built(each) for key, each in given.items()})
        case {"map": pairs}:
            return {_built(key): _built(each) for key, each in pairs}
        case {"set": members}:
            return frozenset(_built(each) for each in members)
        case _:
            return found
