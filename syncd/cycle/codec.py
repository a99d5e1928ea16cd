"""Frozen values as JSON text and back, for what must survive a crash word for word."""

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum
from functools import cache
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
    if isinstance(value, tuple | list):
        return [each if type(each) in _SCALARS else _plain(each) for each in value]
    if isinstance(value, Mapping):
        pairs = value.items()
        return {"map": [[_plain(k), e if type(e) in _SCALARS else _plain(e)] for k, e in pairs]}
    if isinstance(value, frozenset | set):
        return {"set": [_plain(each) for each in sorted(value)]}
    kind = type(value)
    if dataclasses.is_dataclass(kind):
        given = {name: _plain(getattr(value, name)) for name in _names(kind)}
        return {"class": kind.__name__, "with": given}
    return value


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in dataclasses.fields(kind))


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
