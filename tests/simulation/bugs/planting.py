"""Planting a fault: what stands instead of the engine's own decision, and only for a while."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

Replacing = tuple[Any, str, Any]  # a module or class, the name in it, and what stands there instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One deliberate fault: what a person would say about it, and what it replaces.

    `window` is the kind of act in whose windows it is looked for, where histories seldom show it.
    """

    says: str
    replaces: Callable[[], Sequence[Replacing]]
    window: str = ""


BUGS: dict[str, Bug] = {}


def bug(make: Callable[[], Sequence[Replacing]]) -> Callable[[], Sequence[Replacing]]:
    """Add a fault to those that can be planted, under its name and with what it says."""
    return bug_in("")(make)


def bug_in(
    window: str,
) -> Callable[[Callable[[], Sequence[Replacing]]], Callable[[], Sequence[Replacing]]]:
    """Add a fault that is looked for in the windows of one kind of act."""

    def add(make: Callable[[], Sequence[Replacing]]) -> Callable[[], Sequence[Replacing]]:
        name = make.__name__.replace("_", "-")
        BUGS[name] = Bug(says=str(make.__doc__), replaces=make, window=window)
        return make

    return add


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Run with one of the faults in the engine; a blank name is the engine as it is."""
    if not name:
        yield
        return
    replacing = BUGS[name].replaces()
    patches = [patch.object(place, what, instead) for place, what, instead in replacing]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in reversed(patches):
            each.stop()
