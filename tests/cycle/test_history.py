"""A long history is searched at once, and an older file learns to tell whose a change was."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database as Tables

from syncd.crm.history import Search
from syncd.crm.migrations import migrations
from syncd.crm.store import Crm
from syncd.schema import load_schema
from tests.world import World

AT = "2026-01-31T12:00:00.000Z"


@pytest.mark.parametrize(
    ("search", "index"),
    [
        (Search(row="inf_1"), "_syncd_history_row"),
        (Search(row="inf_1", table="influencers", field="name"), "_syncd_history_row"),
        (Search(cycle=7), "_syncd_history_cycle"),
        (Search(origin="import:3"), "_syncd_history_origin"),
        (Search(origin="undo"), "_syncd_history_origin"),
    ],
    ids=str,
)
def test_search_uses_an_index(world: World, search: Search, index: str) -> None:
    """What picks few entries out of many is found by an index, whatever the history's length."""
    told: list[str] = []
    connection = world.ws.crm.database.connection
    connection.set_trace_callback(told.append)
    world.ws.crm.history.entries(search)
    connection.set_trace_callback(None)
    (asked,) = [sql for sql in told if "_syncd_history" in sql]
    plan = connection.execute(f"EXPLAIN QUERY PLAN {asked}").fetchall()
    assert index in repr(plan)


def test_search_by_time_and_outcome(world: World) -> None:
    """Both ends of a span count, and each condition narrows what the others leave."""
    connection = world.ws.crm.database.connection
    for hour, outcome in ((10, "changed"), (11, "written"), (12, "changed")):
        connection.execute(
            'INSERT INTO _syncd_history (at, side, origin, "table", row, field, outcome)'
            " VALUES (?, 'crm', 'sheet', 'influencers', 'inf_1', 'name', ?)",
            [f"2026-01-31T{hour}:00:00.000Z", outcome],
        )
    find = world.ws.crm.history.entries
    span = Search(since="2026-01-31T10:00:00.000Z", until="2026-01-31T11:00:00.000Z")
    assert [e["outcome"] for e in find(span)] == ["written", "changed"]
    assert len(find(Search(outcome="changed", field="name", origin="sheet"))) == 2
    assert find(Search(outcome="changed", since="2027")) == []


def test_older_file_learns_whose_changes_are(tmp_path: Path) -> None:
    """A file of before changes had names keeps its history and gets the new triggers."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrations.apply(Tables(connection), stop_before="changesets")
        connection.execute(
            'INSERT INTO _syncd_history (at, side, origin, "table", row, field, outcome)'
            " VALUES (?, 'crm', 'import', 'influencers', 'inf_1', '', 'created')",
            [AT],
        )
    crm = Crm(path, load_schema(None))
    crm.records.write_as("undo:1", 3, at=AT, fields=None)
    crm.database.connection.execute(
        "INSERT INTO influencers (id, name, platform) VALUES ('inf_1', 'Ada', 'blog')"
    )
    found = crm.history.entries(Search(row="inf_1"))
    assert [(e["at"], e["origin"], e["cycle"]) for e in found] == [
        (AT, "undo:1", 3),
        (AT, "import", None),
    ]
    crm.close()
