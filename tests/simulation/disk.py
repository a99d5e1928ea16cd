"""The CRM's file as the engine's process sees it: real SQLite, with statements that fail."""

import sqlite3
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from tests.simulation.clock import Clock

FAILURES = {
    "busy": "database is locked",
    "full": "database or disk is full",
    "ioerr": "disk I/O error",
}


class Crash(BaseException):  # the process is gone; nobody catches it but its starter
    """The process was killed here."""


class Connection(sqlite3.Connection):
    """A connection whose statements can fail, or be the last thing that the process did."""

    before: Callable[[str], None] | None = None

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:  # type: ignore[override]
        """Run a statement, if the disk lets it."""
        if self.before is not None:
            self.before(sql)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any]) -> sqlite3.Cursor:  # type: ignore[override]
        """Run a statement many times, if the disk lets it."""
        if self.before is not None:
            self.before(sql)
        return super().executemany(sql, parameters)


class Disk:
    """Opens connections whose chance and time are the simulation's."""

    def __init__(self, clock: Clock, chance: Random) -> None:
        self.clock = clock
        self.chance = chance
        self.before: Callable[[str], None] | None = None

    def connect(self, path: object, **given: Any) -> Connection:
        """Open a connection of the engine's; its statements may fail."""
        given["timeout"] = 0.0  # one thread: who waits, waits for ever
        connection: Connection = sqlite3.connect(path, factory=Connection, **given)
        self._prepare(connection)
        connection.before = self._before
        return connection

    def connect_app(self, path: object) -> sqlite3.Connection:
        """Open a connection of another program's."""
        connection = sqlite3.connect(path, timeout=0.0, isolation_level=None)
        self._prepare(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _before(self, sql: str) -> None:
        if self.before is not None:
            self.before(sql)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.create_function("randomblob", 1, self.chance.randbytes)
        connection.create_function("strftime", -1, self.clock.stamp)
