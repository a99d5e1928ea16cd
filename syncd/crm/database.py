"""The SQLite file: how it is opened, how a transaction runs, what its failures mean."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database as Tables

from syncd.errors import CrmBusyError, CrmError

BUSY_TIMEOUT_S = 5.0

Connect = Callable[..., sqlite3.Connection]

_FAILURES = {
    "locked": (
        "another program holds the database",
        "Close what is writing to it (an open edit in a SQLite browser?) and try again.",
    ),
    "readonly": (
        "the database is read-only",
        "Give the account that runs syncd write access to the file and to its folder.",
    ),
    "full": ("the disk is full", "Free some space and try again; nothing was changed."),
    "malformed": (
        "the database is damaged",
        "Stop syncd and put a backup in its place; keep the damaged file.",
    ),
    "not a database": (
        "the file is not a SQLite database",
        "Set crm.path to the CRM's file, or to a new name.",
    ),
    "unable to open": (
        "the database cannot be opened",
        "See that its folder exists and that syncd may write there.",
    ),
    "no such ": (
        "another program changed its tables: {error}",
        "Start syncd again: it makes anew what it needs. A backup holds what was taken away.",
    ),
    "disk i/o": ("the disk failed", "See to the disk, then try again; nothing was changed."),
}


class Database:
    """One connection to the CRM's file; every failure leaves it as a `CrmError`."""

    def __init__(self, path: Path, connect: Connect = sqlite3.connect) -> None:
        self.path = path
        with self.failures():
            self.connection = connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise
        self.tables = Tables(self.connection)

    def _prepare(self) -> None:
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("PRAGMA foreign_keys = ON")
        self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def close(self) -> None:
        """Close the connection; the file is whole at any time, closed or not."""
        self.connection.close()

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn SQLite's failures into errors that say what to do."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            text = str(error).lower()
            kind = next((kind for kind in _FAILURES if kind in text), None)
            what, hint = _FAILURES[kind] if kind else ("{error}", "See the log for details.")
            failure = CrmBusyError if kind == "locked" else CrmError
            raise failure(what.format(error=error), on=str(self.path), hint=hint) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one transaction: all of it, or nothing."""
        with self.failures():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read several things as they stood at one moment."""
        with self.failures():
            self.connection.execute("BEGIN")
            try:
                yield self.connection
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    def version(self) -> tuple[int, int]:
        """Return a stamp that differs whenever this or another connection changed the file."""
        with self.failures():
            (others,) = self.connection.execute("PRAGMA data_version").fetchone()
        return int(others), self.connection.total_changes
