"""The ledger: the history, told link by link, comes to what the records hold."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from tests.simulation import board
from tests.simulation.alignment import Broken

Record = dict[str, Any]

TOLD = (
    'SELECT id, "table", row, field, outcome, before, after FROM _syncd_history'
    " WHERE id > ? AND side = 'crm' ORDER BY id"
)


class Ledger:
    """What the history says that each record holds, as far as it was read."""

    def __init__(self) -> None:
        self.seen = 0
        self.held: dict[tuple[str, str], Record] = {}

    def begin(self, connection: sqlite3.Connection) -> None:
        """Take the records that a history begins with as told."""
        (last,) = connection.execute("SELECT max(id) FROM _syncd_history").fetchone()
        self.seen = int(last or 0)
        self.held = _records(connection)

    def untold(self, connection: sqlite3.Connection) -> Iterator[Broken]:
        """Yield each change of a record that the history does not tell as it was."""
        for number, table, row, field, outcome, before, after in connection.execute(
            TOLD, [self.seen]
        ).fetchall():
            self.seen = number
            yield from self._follow((table, row), field, outcome, before, after)
        there = _records(connection)
        for name in sorted(self.held.keys() | there.keys()):
            told, found = self.held.get(name), there.get(name)
            if (told is None) != (found is None) or _held(told or {}) != _held(found or {}):
                yield "history", f"{name} is told as {told} and holds {found}"
        self.held = there

    def _follow(
        self, name: tuple[str, str], field: str, outcome: str, before: Any, after: Any
    ) -> Iterator[Broken]:
        match outcome:
            case "created":
                self.held[name] = {**json.loads(after), "archived_at": None}
            case "deleted" | "replaced":
                stood = self.held.get(name, {})
                if _held({**json.loads(before), "archived_at": None}) == _held(
                    {**stood, "archived_at": None}
                ):
                    del self.held[name]
            case "changed" | "archived" | "unarchived" | "column removed" | "column returned":
                column = field or "archived_at"
                stood = self.held.get(name, {})
                if stood.get(column) != before:
                    what = f"{name}.{column} is told to have been {before!r}"
                    yield "history", f"{what}, and had been {stood.get(column)!r}"
                self.held.setdefault(name, {})[column] = after
            case "read anew":
                self.held.setdefault(name, {})[field] = after
            case _:
                pass  # a question or its answer: nothing changed yet


def _held(record: Record) -> Record:
    """Return what a record holds; a field that its schema has not holds nothing."""
    return {name: value for name, value in record.items() if value is not None}


def _records(connection: sqlite3.Connection) -> dict[tuple[str, str], Record]:
    found = {}
    for table, record in board.records(connection):
        found[table, record["id"]] = {k: v for k, v in record.items() if k != "id"}
    return found
