"""Frozen values as JSON text and back, for what must survive a crash word for word."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

from syncd.core import plan, snapshot
from syncd.sheet import exchange, judgement

_SCALARS = frozenset({str, int, float, bool, type(None)})
_FORMS: dict[type[Any], Callable[[Any], object]] = {}
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
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind not in _FORMS:
        _FORMS[kind] = _form(kind)
    return _FORMS[kind](value)


def _plain_all(values: Iterable[object]) -> list[object]:
    # Nearly all are scalars: a call for each of them would double what an import spends here.
    return [each if type(each) in _SCALARS else _plain(each) for each in values]


def _pairs(value: Mapping[Any, object]) -> object:
    return {"map": list(zip(_plain_all(value), _plain_all(value.values()), strict=True))}


def _form(kind: type[Any]) -> Callable[[Any], object]:
    """Return how the values of a class are told."""
    if issubclass(kind, Enum):
        return lambda value: {"enum": kind.__name__, "name": value.name}
    if issubclass(kind, tuple | list):
        return _plain_all
    if issubclass(kind, Mapping):
        return _pairs
    if issubclass(kind, frozenset | set):
        return lambda value: {"set": _plain_all(sorted(value))}
    if dataclasses.is_dataclass(kind):
        names = tuple(each.name for each in dataclasses.fields(kind))
        return lambda value: {
            "class": kind.__name__,
            "with": dict(zip(names, _plain_all(getattr(value, n) for n in names), strict=True)),
        }
    return lambda value: value


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
