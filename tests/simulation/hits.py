"""Hits: rows over whose key syncd wrote, perhaps by mistake. Who acts there acts on the row it was.

Between the write that hits a row and its repair the row shows another one's key. What a person
puts into it then belongs to the row that it was, whatever it shows.
"""

from collections import Counter, defaultdict

from syncd.sandbox.book.model import Book
from tests.simulation import board
from tests.simulation.board import keys_in

Content = tuple[str, frozenset[tuple[str, str]]]


class Hits:
    """The keys that rows had before syncd wrote others over them, by what the rows show since."""

    def __init__(self) -> None:
        self.behind: defaultdict[Content, set[str]] = defaultdict(set)

    def applied(self, before: Book, after: Book) -> None:
        """Note the rows whose key a batch changed where they stood."""
        for table in board.FIELDS:
            old, new = board.true_tab(before, table), board.true_tab(after, table)
            for place in old.rows if old and new else ():
                was, now = _shown(old, place), _shown(new, place)
                gone = keys_in(was) - keys_in(now)
                if gone and was.get("@id") == now.get("@id"):
                    self.behind[table, frozenset(now.items())] |= gone

    def acted(self, then: Counter[Content], now: Counter[Content]) -> dict[Content, set[str]]:
        """Return the rows of an act that are others than they show, with the keys they had."""
        found: dict[Content, set[str]] = {}
        for was in (then - now).keys() & self.behind.keys():
            for row in now - then:
                if row[0] == was[0] and keys_in(dict(row[1])) == keys_in(dict(was[1])):
                    found.setdefault(row, set()).update(self.behind[was])
        for row, keys in found.items():
            self.behind[row] |= keys
        return found


def _shown(tab: board.Tab | None, place: int) -> dict[str, str]:
    row = tab.named(place) if tab else {}
    row.pop("@status", None)
    return row
