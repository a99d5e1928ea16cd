"""Trades: ids that people put beside what had stood under others."""

from collections import Counter
from collections.abc import Collection

from tests.simulation.board import keys_in

Contents = Counter[tuple[str, frozenset[tuple[str, str]]]]


class Trades:
    """Under which id each row had stood whose id a person exchanged for another."""

    def __init__(self) -> None:
        self.came_from: dict[str, str] = {}

    def person_acted(self, then: Contents, now: Contents) -> None:
        """Note the ids beside which the names of other rows stand since."""
        stood = {name: row for row, names in _named(then) for name in names}
        for row, names in _named(now - then):
            for name in sorted(names):
                if stood.get(name, row) != row:
                    self.came_from[row] = stood[name]

    def with_any(self, rows: Collection[str]) -> set[str]:
        """Return the ids that were put where the rows of some others stood."""
        return {row for row, other in self.came_from.items() if other in rows}


def _named(contents: Contents) -> list[tuple[str, set[str]]]:
    """Return each row's id with what it is known by."""
    rows = [dict(items) for _, items in contents]
    return [(row.get("@id", ""), keys_in(row)) for row in sorted(rows, key=repr)]
