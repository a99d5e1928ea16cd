"""Copies: of two rows with one id, the one that is as it was is the record."""

import sqlite3
from collections.abc import Iterator

from syncd.sandbox.book.model import Book
from tests.simulation import board
from tests.simulation.alignment import Broken
from tests.simulation.board import tokens_in

CHANGES = (
    "SELECT row, field, after FROM _syncd_history WHERE id > ?"
    " AND side = 'crm' AND outcome = 'changed' AND origin = 'sheet'"
)


class Copies:
    """The rows that share an id when a cycle begins, where one of them is as it was."""

    def __init__(self) -> None:
        self.seen = 0
        self.others: dict[str, set[str]] = {}  # by id: what only its copies show

    def cycle_begins(self, book: Book, connection: sqlite3.Connection) -> None:
        """Look for copied rows."""
        (last,) = connection.execute("SELECT max(id) FROM _syncd_history").fetchone()
        self.seen = int(last or 0)
        self.others = {}
        rows: dict[str, list[dict[str, str]]] = {}
        persons = board.persons_by_name(connection)
        for _, row in board.rows(book):
            rows.setdefault(row.get("@id", ""), []).append(board.content(row, persons))
        held = {r["id"]: board.content(r, persons) for _, r in board.records(connection)}
        for row_id, found in rows.items():
            own = held.get(row_id)
            if own and len(found) > 1 and own in found:
                others = {t for row in found for text in row.values() for t in tokens_in(text)}
                self.others[row_id] = others - {t for v in own.values() for t in tokens_in(v)}

    def confused(self, connection: sqlite3.Connection) -> Iterator[Broken]:
        """Yield the records that took a value of their copy; nobody acted since the cycle began."""
        if not any(self.others.values()):
            return
        for row, field, after in connection.execute(CHANGES, [self.seen]):
            if tokens_in(after) & self.others.get(row, set()):
                yield "identity", f"{row}.{field} took {after!r} of its copy"
