"""`syncd settle --keep`: which of several rows is the record, said at the command line."""

import sqlite3

import pytest

from tests.cli.command import assert_failed
from tests.cli.conftest import Run
from tests.world import World

TAB = "Influencers"
USAGE = 2


def record(world: World, name: str) -> tuple[str, int]:
    """Give the id of an influencer, and how many followers the CRM knows of."""
    connection = sqlite3.connect(world.config.crm_path)
    sql = "SELECT id, followers FROM influencers WHERE name = ?"
    ((row, followers),) = connection.execute(sql, [name])
    connection.close()
    return row, followers


@pytest.fixture
def copies(filled: World, run: Run) -> list[int]:
    """Somebody copied Ada's row and typed another number into each; neither is as it was."""
    assert run("sync").code == 0
    grid = filled.grid(TAB)
    first, copy = filled.place(TAB, "Ada"), len(grid) + 1
    filled.type(TAB, f"A{copy}", [grid[first - 1]])
    for row, number in ((first, 101), (copy, 102)):
        filled.type(TAB, f"{filled.column(TAB, 'Followers')}{row}", number)
    assert run("sync").code == 0
    return [first, copy]


def test_the_row_that_a_person_names_is_the_record(
    filled: World, run: Run, copies: list[int]
) -> None:
    """The sheet gives the command; said of the copy, the copy's number reaches the record."""
    first, copy = copies
    row, _ = record(filled, "Ada")
    command = f"syncd settle {row} --keep {copy}"
    assert command in filled.rows(TAB)[copy - 2]["Sync"]
    assert row in run("status").out
    told = run("explain", row).out
    assert f"In the sheet: row {first}." in told
    assert "cannot be told; it is left alone" in told
    assert f"syncd settle {row} --keep {first}" in told
    assert run(*command.split()[1:], "--json").document == {
        "version": 1,
        "ok": True,
        "settled": [row],
        "as": "keeps",
    }
    assert run("sync").code == 0
    grid = filled.rows(TAB)
    assert record(filled, "Ada")[1] == 102
    assert grid[copy - 2]["Sync"] == "In sync"
    assert grid[first - 2]["Sync"].startswith("Refused: ")  # no two are known by the same name


@pytest.mark.usefixtures("copies")
def test_what_cannot_be_kept_is_said(filled: World, run: Run) -> None:
    """A row that is none of them, two ids, two answers, no answer and an unknown id say why."""
    (row, _), (other, _) = record(filled, "Ada"), record(filled, "Bea")
    assert_failed(run("settle", row, "--keep", 3), USAGE, "row 3", "--keep 2 or --keep")
    assert_failed(run("settle", row, other, "--keep", 2), USAGE, "one id", "syncd status")
    assert_failed(run("settle", row, "--keep", 2, "--renamed"), USAGE, "--keep ROW")
    assert_failed(run("settle", row), USAGE, "--keep ROW")
    assert_failed(run("settle", row, "--renamed"), USAGE, "several rows", "--keep")
    assert_failed(run("settle", other, "--keep", 2), USAGE, "nothing is held")
    assert run("sync").code == 0
    assert record(filled, "Ada")[1] == 100
