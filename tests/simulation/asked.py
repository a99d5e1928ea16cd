"""What was asked: no value is replaced that was neither shared nor asked about."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping

from tests.simulation.alignment import Broken
from tests.simulation.board import tokens_in

# One side's value was replaced by the other's, for no reason but that the other has authority.
REPLACED = (
    'SELECT id, "table", row, field, side, before FROM _syncd_history'
    " WHERE id > ? AND field <> ''"
    " AND ((side = 'sheet' AND outcome = 'written' AND origin = 'crm')"
    " OR (side = 'crm' AND outcome = 'changed' AND origin = 'sheet')) ORDER BY id"
)
HELD = (
    "SELECT before, after FROM _syncd_history"
    " WHERE \"table\" = ? AND row = ? AND field IN (?, '') AND side = 'crm' AND id < ?"
)
TOLD = (
    'SELECT after FROM _syncd_history WHERE "table" = ? AND row = ? AND field = ?'
    " AND outcome LIKE 'review %'"
)
ENTRIES = (
    "SELECT id, standing = 'accepted' AND coalesce(answered_by, '') LIKE 'undo:%',"
    ' "table", row, field, side FROM _syncd_reviews'
)
OFFERED = 'SELECT offered FROM _syncd_reviews WHERE "table" = ? AND row = ?'


class Asked:
    """The questions that were ever seen, and how far the history was read."""

    def __init__(self) -> None:
        self.seen = 0
        self.entries: dict[int, tuple[str, ...]] = {}

    def begin(self, connection: sqlite3.Connection) -> None:
        """Pass over what stood there before the history began."""
        (last,) = connection.execute("SELECT max(id) FROM _syncd_history").fetchone()
        self.seen, self.entries = int(last or 0), {}

    def vanished(self, connection: sqlite3.Connection) -> Iterator[Broken]:
        """Yield the questions that are neither open, answered nor moot, but gone.

        What an undo records for the next cycle nobody was asked: it is gone where that cannot be.
        """
        there = {
            number: tuple(entry)
            for number, by_undo, *entry in connection.execute(ENTRIES)
            if number in self.entries or not by_undo
        }
        for number in sorted(self.entries.keys() - there.keys()):
            yield "no silent loss", f"the question about {self.entries[number]} is gone"
        self.entries = there

    def unasked(
        self, connection: sqlite3.Connection, shown: Mapping[str, set[str]]
    ) -> Iterator[Broken]:
        """Yield the values that were replaced though neither shared nor asked about.

        `shown` are the tokens that ever stood in the sheet's row of an id.
        """
        found = connection.execute(REPLACED, [self.seen]).fetchall()
        for number, table, row, field, side, before in found:
            self.seen = number
            unknown = tokens_in(before)
            if unknown and side == "crm":
                unknown -= shown.get(row, set())
            elif unknown:
                for values in connection.execute(HELD, [table, row, field, number]):
                    unknown -= tokens_in(values)
            if unknown:
                for (after,) in connection.execute(TOLD, [table, row, field]):
                    unknown -= tokens_in(after)
                for (offered,) in connection.execute(OFFERED, [table, row]):
                    unknown -= tokens_in(offered)
            if unknown:
                what = f"{sorted(unknown)} in {row}.{field} was replaced and nobody asked"
                yield "authority", f"{what}: the {side} had it"


def by_row(claims: Mapping[tuple[str, str], set[str]]) -> dict[str, set[str]]:
    """Return the tokens of each id or key, whatever the field."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for (name, _), tokens in claims.items():
        found[name] |= tokens
    return found
