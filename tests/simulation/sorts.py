"""Sorts: contents that only traded places under standing ids are followed, not taken for edits."""

import json
import sqlite3
from collections.abc import Iterator, Mapping

from syncd.sandbox.book.model import Book
from tests.simulation import board
from tests.simulation.alignment import Broken
from tests.simulation.board import Tab

BASE = 'SELECT row, "values" FROM _syncd_base WHERE "table" = ? AND NOT archived AND NOT gone'
Content = frozenset[tuple[str, str]]


class Sorts:
    """The rows whose contents stand under one another's ids when a cycle begins."""

    def __init__(self) -> None:
        self.homes: dict[str, Mapping[Content, str]] = {}
        self.persons: Mapping[str, str] = {}

    def cycle_begins(self, book: Book, connection: sqlite3.Connection) -> None:
        """Look for tables in which nothing happened but that rows traded places."""
        self.homes, self.persons = {}, board.persons_by_name(connection)
        for table in board.FIELDS:
            tab = board.true_tab(book, table)
            if tab is None or not _is_plain(tab):
                continue
            shared = {}
            for row, values in connection.execute(BASE, [table]):
                shared[row] = self._content(json.loads(values))
            held = {
                record["id"]: self._content(record)
                for name, record in board.records(connection)
                if name == table and not record["archived_at"]
            }
            shown = [(r.get("@id", ""), self._content(r)) for r in map(tab.named, tab.rows)]
            homes = {content: row for row, content in shared.items()}
            as_shared = all(held.get(row) == content for row, content in shared.items())
            traded = sorted(row for row, _ in shown) == sorted(shared)
            same = {content for _, content in shown} == homes.keys()
            if as_shared and traded and same and len(homes) == len(shared):
                self.homes[table] = homes

    def unfollowed(self, book: Book) -> Iterator[Broken]:
        """Yield the rows that are beside another's id; nobody acted since the cycle began."""
        for table, homes in self.homes.items():
            tab = board.true_tab(book, table)
            for row in map(tab.named, tab.rows) if tab else ():
                home = homes.get(self._content(row))
                if home not in (None, row.get("@id")):
                    yield "identity", f"{home} stands beside the id {row.get('@id')} after a sort"

    def _content(self, row: Mapping[str, object]) -> Content:
        return frozenset(board.content(row, self.persons).items())


def _is_plain(tab: Tab) -> bool:
    """Whether all of a tab can be written, and its rows are known as far as people can tell."""
    rows = [tab.named(place) for place in tab.rows]
    titles = {name: tab.text(0, column) for name, column in tab.columns.items()}
    own = {name: title for title, name in {**board.FIELDS[tab.table], **board.OWN}.items()}
    sealed = any(not each.get("warningOnly") for each in tab.sheet.protected)
    closed = tab.sheet.merges or sealed or any(row.hidden for row in tab.sheet.rows)
    return not closed and titles == own and not any(_is_paused(row) for row in rows)


def _is_paused(row: Mapping[str, str]) -> bool:
    return row.get("@status", "").startswith("Paused:")
