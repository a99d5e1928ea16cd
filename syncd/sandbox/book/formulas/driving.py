"""Computing cells that need other cells, however long the chain: without recursion.

A computation is a generator: it yields the key of what it needs and is sent the result. What it
needs is computed first, on a stack of our own. A key that is needed while it is being computed
stands in a circle; every computation of the circle then amounts to the circular error.
"""

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from syncd.sandbox.book.formulas.values import CIRCULAR


class Key(NamedTuple):
    """What is computed of a cell: its value, or the number format that it implies."""

    what: str
    sheet_id: int
    row: int
    column: int


Work = Generator[Key, Any, Any]


class Driver:
    """Runs computations and remembers what came out."""

    def __init__(self, start: Callable[[Key], Work]) -> None:
        self.start = start
        self.known: dict[Key, Any] = {}
        self.open: set[Key] = set()
        self._circle: set[Key] = set()

    def is_circular(self, key: Key) -> bool:
        """Tell whether a computation turned out to need itself."""
        return key in self._circle

    def run(self, work: Work, key: Key | None = None) -> Any:
        """Run a computation to its end."""
        stack: list[tuple[Key | None, Work]] = [(key, work)]
        if key is not None:
            self.open.add(key)
        value: Any = None
        try:
            while stack:
                try:
                    wanted = stack[-1][1].send(value)
                except StopIteration as done:
                    value = self._close(stack.pop()[0], done.value)
                    continue
                value = self.known.get(wanted)
                if wanted in self.known:
                    continue
                if wanted in self.open:
                    value = self._circular(stack, wanted)
                    continue
                self.open.add(wanted)
                stack.append((wanted, self.start(wanted)))
        finally:
            self.open.clear()
        return value

    def _close(self, key: Key | None, result: Any) -> Any:
        if key is None:
            return result
        if key in self._circle:
            self._circle.discard(key)
            result = CIRCULAR
        self.open.discard(key)
        self.known[key] = result
        return result

    def _circular(self, stack: list[tuple[Key | None, Work]], wanted: Key) -> Any:
        if wanted.what != "value":
            return None
        for key, _ in reversed(stack):
            if key is not None and key.what == "value":
                self._circle.add(key)
            if key == wanted:
                break
        return CIRCULAR
