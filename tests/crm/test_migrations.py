"""Databases of earlier releases: brought up to date as a whole, or not at all."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database as Tables

from syncd.core.snapshot import RowId
from syncd.crm.migrations import migrations
from syncd.crm.store import Crm
from syncd.crm.tables import is_current
from syncd.errors import CrmError
from syncd.schema import load_schema

SECOND = "operations_by_nonce"  # the first step after the first release
STEPS_MAX = 600
SHARED = '{"name":"Summer","budget":5.0,"colour":"red"}'
CAMPAIGNS = """CREATE TABLE "campaigns" (
    id TEXT PRIMARY KEY NOT NULL DEFAULT ('cmp_' || lower(hex(randomblob(10)))),
    "name" TEXT NOT NULL,
    "revenue_target" REAL,
    "budget" REAL,
    "colour" TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    archived_at TEXT
) STRICT"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database of the first release: two campaigns, what is shared, a write without an answer."""
    path = tmp_path / "crm.db"
    tables = Tables(path)
    migrations.apply(tables, stop_before=SECOND)
    tables.conn.execute("INSERT INTO _syncd_state VALUES ('table:campaigns', ?)", [CAMPAIGNS])
    for statement in (
        CAMPAIGNS,
        "INSERT INTO campaigns (id, name, budget, colour) VALUES ('a', 'Summer', 5.0, 'red')",
        "INSERT INTO campaigns (id, name) VALUES ('b', 'Winter')",
        f"INSERT INTO _syncd_base VALUES ('campaigns', 'a', '{SHARED}', 0, 0)",
        "INSERT INTO _syncd_operations VALUES (1, 'write', 'token', 'sent', '{}', '{}', '0.0')",
    ):
        tables.conn.execute(statement)
    tables.conn.commit()
    tables.conn.close()
    return path


def dump(path: Path) -> list[str]:
    """Return all that a file holds."""
    connection = sqlite3.connect(path)
    lines = list(connection.iterdump())
    connection.close()
    return lines


def opened(path: Path, connect: Any = sqlite3.connect) -> None:
    """Open a database, which brings it up to date, and close it."""
    Crm(path, load_schema(), connect).close()


def test_first_release_is_brought_up_to_date(old: Path) -> None:
    """Records, what is shared and what was sent are there after it; nothing is left to do."""
    opened(old)
    crm = Crm(old, load_schema())
    table = load_schema().table("campaigns")
    assert is_current(crm.database, load_schema())
    names = [record.values["name"] for record in crm.records.read(table).values()]
    assert names == ["Summer", "Winter"]
    assert crm.state.base(table.name)[RowId("a")].values == {"name": "Summer", "budget": 5.0}
    assert crm.operations.has_unknown()
    assert [e["before"] for e in crm.history.entries() if e["outcome"] == "column removed"] == [
        "red"
    ]
    crm.close()


class Failing(sqlite3.Connection):
    """A connection that fails at the statement of a number, as a full disk or a crash would."""

    left = 0

    def execute(self, *given: Any) -> sqlite3.Cursor:  # type: ignore[override]
        """Run a statement, unless it is the one that fails."""
        self._count()
        return super().execute(*given)

    def executemany(self, sql: str, given: Iterable[Any]) -> sqlite3.Cursor:  # type: ignore[override]
        """Run statements, unless it is the one that fails."""
        self._count()
        return super().executemany(sql, given)

    def _count(self) -> None:
        type(self).left -= 1
        if type(self).left == 0:
            raise sqlite3.OperationalError("disk I/O error")


def test_interrupted_migration_leaves_the_old_or_the_new(old: Path) -> None:
    """Whichever statement fails, the file is as it was before, and the next opening succeeds."""
    before = dump(old)
    for number in range(1, STEPS_MAX):
        Failing.left = number
        try:
            opened(old, lambda *g, **n: sqlite3.connect(*g, **n, factory=Failing))
        except (CrmError, sqlite3.Error):
            if dump(old) == before:
                continue
        break
    else:
        raise AssertionError("there is no end of statements")
    assert number > 50
    once = dump(old)  # the new: whole, so that the next opening finds nothing to do
    opened(old)
    assert dump(old) == once


def test_newer_database_is_refused_untouched(old: Path) -> None:
    """A database of a later release is refused in words, and not a byte of it is changed."""
    opened(old)
    connection = sqlite3.connect(old)
    with connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('syncd', 'of_tomorrow', '2027-01-01')"
        )
    connection.close()
    before = dump(old)
    with pytest.raises(CrmError, match=r"newer syncd.*of_tomorrow") as refused:
        opened(old)
    assert refused.value.hint
    assert dump(old) == before
