"""How often a cycle asks Google, how long a large one takes, and what it leaves untouched."""

import json
import time

import pytest

from syncd.core.snapshot import Side
from tests.cycle.test_outcome import is_fixpoint
from tests.world import Json, World

TAB = "Influencers"


def spent(world: World) -> tuple[int, int]:
    """Settle, and return the calls of the first cycle of it."""
    world.calls()
    world.cycle()
    calls = world.calls()
    world.settle()
    world.calls()
    return calls


def test_idle_cycle_reads_once(ruled: World) -> None:
    """Where nothing changed, a cycle is one read and no write."""
    assert ruled.cycle().idle
    assert ruled.calls() == (1, 0)


def test_changed_cell_costs_two_reads_and_a_write(ruled: World) -> None:
    """One changed cell, on either side, costs two reads and one write at most."""
    ruled.type(TAB, "D3", "Travel")
    reads, writes = spent(ruled)
    assert (reads <= 2, writes <= 1) == (True, True)
    ruled.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    reads, writes = spent(ruled)
    assert (reads <= 2, writes <= 1) == (True, True)


def test_changes_everywhere_cost_two_reads_and_a_write(ruled: World) -> None:
    """Changed cells, new rows and removed ones in all tables go into one write."""
    ruled.type(TAB, "D2", [["Travel"], ["Cars"], ["Cats"]])
    ruled.type("Campaigns", "A4", [["Spring"], ["Autumn"]])
    ruled.crm("UPDATE influencers SET followers = followers + 1")
    ruled.crm("INSERT INTO campaigns (name) VALUES ('Easter')")
    reads, writes = spent(ruled)
    assert (reads <= 2, writes <= 1) == (True, True)


@pytest.mark.parametrize("side", Side, ids=lambda side: f"{side.value} rules")
def test_ten_thousand_rows_keep_the_budget(world: World, side: Side) -> None:
    """A large table takes a few writes once, and is as cheap as a small one from then on."""
    count = 10_000
    began = time.monotonic()
    if side is Side.SHEET:
        world.batch(
            {
                "appendDimension": {
                    "sheetId": world.sheet_id(TAB),
                    "dimension": "ROWS",
                    "length": count,
                }
            }
        )
        rows = [[f"Name {i}", "blog", f"name{i}", "Tech", i] for i in range(count)]
        world.type(TAB, "A2", rows)
    else:
        world.give_authority(Side.CRM)
        world.crm(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO influencers (name, platform, handle, category, followers)"
            " SELECT 'Name ' || i, 'blog', 'name' || i, 'Tech', i FROM n",
            count - 1,
        )
    prepared = time.monotonic()
    world.calls()
    world.cycle()
    first, calls = time.monotonic() - prepared, world.calls()
    world.settle()
    assert len(world.records("influencers")) == len(world.rows(TAB)) == count
    world.calls()
    world.cycle()
    assert world.calls() == (1, 0)
    world.crm("UPDATE influencers SET notes = 'mine' WHERE name = 'Name 5000'")
    changed = time.monotonic()
    reads, writes = spent(world)
    changed = time.monotonic() - changed
    assert (reads <= 2, writes <= 1) == (True, True)
    world.type(TAB, world.at(TAB, "Name 7000", "Category"), "Travel")
    reads, writes = spent(world)
    assert (reads <= 2, writes <= 1) == (True, True)
    print(
        f"prepared {prepared - began:.1f} s, first {first:.1f} s {calls}, changed {changed:.1f} s"
    )


def cells_of(book: Json, tab: str) -> dict[tuple[int, int], str]:
    """Return each cell of a tab, whole: value, formula, note, format."""
    sheet = next(s for s in book["sheets"] if s["properties"]["title"] == tab)
    return {
        (row, column): json.dumps(cell, sort_keys=True)
        for part in sheet["data"]
        for row, line in enumerate(part.get("rowData", []))
        for column, cell in enumerate(line.get("values", []))
    }


def test_cells_outside_the_plan_stay_as_they_are(connected: World) -> None:
    """Formulas, notes, colours, columns and rows of people stay, byte for byte."""
    tab = connected.sheet_id(TAB)
    connected.insert_column(TAB, 4, "Mine")
    connected.type(TAB, "D2", [["=F2*2"], ["=ROW()"], ["text"]])
    connected.type(TAB, "L8", [["below", "=SUM(F2:F4)"]])
    red = {"userEnteredFormat": {"backgroundColor": {"red": 1}}, "note": "look here"}
    where = {"sheetId": tab, "startRowIndex": 1, "endRowIndex": 9}
    connected.batch(
        {
            "repeatCell": {
                "range": where,
                "cell": red,
                "fields": "userEnteredFormat.backgroundColor,note",
            }
        }
    )
    connected.settle()
    before = connected.book(grid=True)
    connected.crm("UPDATE influencers SET followers = 555, category = NULL WHERE name = 'Bea'")
    connected.crm("UPDATE influencers SET notes = 'hello' WHERE name = 'Cleo'")
    connected.crm("UPDATE campaigns SET budget = 1 WHERE name = 'Winter'")
    connected.settle()
    after = connected.book(grid=True)
    planned = {TAB: {(2, 4), (2, 5), (3, 8)}, "Campaigns": {(2, 2)}, "Cooperations": set()}
    results = {TAB: {(7, 12)}}  # the sum over a written cell shows another result
    for name, cells in planned.items():
        old, new = cells_of(before, name), cells_of(after, name)
        changed = {at for at in old.keys() | new.keys() if old.get(at) != new.get(at)}
        assert changed - results.get(name, set()) - {(2, 3)} == cells
    for at in planned[TAB]:
        cell = json.loads(cells_of(after, TAB)[at])
        assert cell["note"] == "look here"
        assert cell["userEnteredFormat"]["backgroundColor"] == {"red": 1}
    is_fixpoint(connected)


def test_restart_does_not_write_again(ruled: World) -> None:
    """A new process on an aligned workspace finds nothing to do."""
    ruled.restart()
    is_fixpoint(ruled)


def test_an_idle_cycle_decodes_nothing(filled: World) -> None:
    """Equal bytes are the same answer: what the last read held is taken as it is."""
    assert filled.settle().pending is False
    filled.cycle()
    held = filled.ws.values
    assert filled.cycle().idle
    assert filled.ws.values is held
    filled.type(TAB, "D3", "Travel")
    assert not filled.cycle().idle
    assert filled.ws.values is not held
