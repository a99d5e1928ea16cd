"""Rows at rest are left out of a cycle: what it plans is what a look at everything plans."""

from collections.abc import Callable, Collection
from random import Random

import pytest

from syncd.core.plan import Standing
from syncd.core.snapshot import Side
from syncd.cycle.report import Report
from syncd.cycle.rest import Rest
from syncd.cycle.run import run_cycle
from syncd.cycle.workspace import Workspace
from tests.conftest import MakeWorld
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World

TAB = "Influencers"
ROWS = 25
ACTS = 45
MILD = (
    "plain cell",
    "plain cell again",
    "two cells",
    "some rows",
    "refused cell",
    "blank cell",
    "truth",
    "status",
    "reference",
    "budget",
    "beside",
    "nothing",
    "record",
    "records",
    "record there and back",
    "record blank",
    "record unfit",
    "record's campaign",
    "record's times",
)


def populated(make_world: MakeWorld) -> World:
    """Return a workspace of some rows in sync."""
    world = make_world()
    rows = [[f"Name {n}", "instagram", f"name{n}", "Tech", n * 10] for n in range(ROWS)]
    world.type(TAB, "A2", rows)
    world.type("Campaigns", "A2", [["Summer", 1000, 200], ["Winter", 2000, 300]])
    world.type("Cooperations", "A2", [["Name 3", "Summer"], ["Name 4", "Winter"]])
    world.settle()
    world.cycle()
    return world


def afresh(ws: Workspace) -> Report:
    """Say what a process plans that remembers nothing, and so looks at everything."""
    ws.rest = ws.values = ws.settled = ws.layout_known = None
    return run_cycle(ws, dry_run=True)


def acts(world: World, dice: Random) -> dict[str, Callable[[], object]]:
    """Return what people and programs may do next."""
    name, line = f"Name {dice.randrange(ROWS)}", dice.randrange(2, ROWS + 2)
    number, word = dice.randrange(1000), f"word {dice.randrange(9)}"
    change = "UPDATE influencers SET {} = ? WHERE name = ?"
    several = change.format("followers")
    return {
        "plain cell": lambda: world.type(TAB, f"D{line}", word),
        "plain cell again": lambda: world.type(TAB, f"D{line}", word),
        "two cells": lambda: world.type(TAB, f"D{line}", [[word, number]]),
        "some rows": lambda: world.type(TAB, f"D{line}", [[word], ["Tech"], [word]]),
        "refused cell": lambda: world.type(TAB, f"E{line}", "many"),
        "blank cell": lambda: world.type(TAB, f"E{line}", ""),
        "truth": lambda: world.type(TAB, f"E{line}", dice.choice([True, 1, 0, False])),
        "key cell": lambda: world.type(TAB, f"C{line}", dice.choice([f"name{number}", "name1"])),
        "name": lambda: world.type(TAB, f"A{line}", f"Name {number}"),
        "status": lambda: world.type(TAB, world.at(TAB, "Sync", "Sync")[:-1] + str(line), "ok"),
        "reference": lambda: world.type("Cooperations", "B2", dice.choice(["Summer", "Winter"])),
        "budget": lambda: world.type("Campaigns", "B2", number),
        "campaign": lambda: world.type("Campaigns", "A2", dice.choice(["Summer", "Autumn"])),
        "new row": lambda: world.type(TAB, f"A{line}", [[f"New {number}", "youtube", word]]),
        "row inserted": lambda: world.insert_row(TAB, line),
        "row deleted": lambda: world.delete_row(TAB, line),
        "sorted": lambda: world.sort(TAB, 5),
        "beside": lambda: world.type(TAB, f"M{line}", word),
        "record": lambda: world.crm(change.format("category"), word, name),
        "records": lambda: world.crm(f"{several} OR name LIKE '%3'", number, name),
        "record there and back": lambda: [
            world.crm(change.format("category"), text, name) for text in (word, "Tech")
        ],
        "record blank": lambda: world.crm(change.format("category"), "", name),
        "record unfit": lambda: world.crm(change.format("followers"), -number, name),
        "record's campaign": lambda: world.crm("UPDATE campaigns SET budget = ?", number),
        "record's times": lambda: world.crm(change.format("updated_at"), "2026-01-01", name),
        "record's reference": lambda: world.crm(
            "UPDATE cooperations SET campaign = (SELECT id FROM campaigns WHERE name = 'Winter')"
            " WHERE rowid = 1"
        ),
        "record's id": lambda: world.crm(change.format("id"), f"inf_{number}", name),
        "new record": lambda: world.crm(
            "INSERT INTO influencers (name, platform) VALUES (?, 'youtube')", f"Made {number}"
        ),
        "replaced record": lambda: world.crm(
            "INSERT OR REPLACE INTO influencers (id, name, platform)"
            " SELECT id, name, 'youtube' FROM influencers WHERE name = ?",
            name,
        ),
        "deleted record": lambda: world.crm("DELETE FROM influencers WHERE name = ?", name),
        "other syncd": lambda: elsewhere(world, line, word),
        "record's key": lambda: world.crm(change.format("handle"), f"handle{number}", name),
        "archived": lambda: world.crm(change.format("archived_at"), "2026-01-01", name),
        "nothing": lambda: None,
    }


def elsewhere(world: World, line: int, word: str) -> None:
    """Let somebody type, and another syncd take it."""
    world.type(TAB, f"D{line}", f"{word} elsewhere")
    with world.open() as other:
        run_cycle(other)
        run_cycle(other)


def agree(world: World) -> None:
    """Say yes to whatever is asked and can be taken."""
    for entry in world.reviews():
        if entry.review.acceptable:
            with world.ws.crm.database.transaction():
                world.ws.crm.reviews.answer(entry.id, Standing.ACCEPTED, at=world.ws.now())


def told(report: Report, left: Collection[tuple[str, str]] = ()) -> dict[str, object]:
    """Return what two looks at the same moment have to agree on; `left` came of carrying it out."""
    tables = {n: (t.rows, t.changed, t.quarantine, t.halts) for n, t in report.tables.items()}
    paused = {place: reason for place, reason in report.paused.items() if place not in left}
    return {"digest": report.digest, "tables": tables, "paused": paused, "more": report.pending}


@pytest.mark.parametrize("side", list(Side), ids=lambda side: f"{side.value} rules")
@pytest.mark.parametrize("seed", [0, 1, 3])
def test_what_is_left_out_changes_no_plan(make_world: MakeWorld, side: Side, seed: int) -> None:
    """Whatever people and programs do, a cycle does what a look at everything plans."""
    dice, world, narrow = Random(seed), populated(make_world), 0
    world.give_authority(side)
    world.settle()
    fresh = world.open()
    for number in range(ACTS):
        choices = acts(world, dice)
        act = dice.choice(MILD if dice.random() < 0.8 else sorted(choices))
        choices[act]()
        planned, done = afresh(fresh), world.cycle()
        narrow += act.startswith("record") and done.resting > 0
        assert told(done, world.ws.refused) == told(planned), f"{number}: {act}"
        if dice.random() < 0.6:
            world.settle()
            agree(world)
            world.settle()
    fresh.close()
    assert narrow > 3


def test_a_plain_edit_wakes_one_row(make_world: MakeWorld) -> None:
    """Of a table at rest only the row that changed is read from the file and decided."""
    world = populated(make_world)
    world.settle()
    world.type(TAB, "D5", "Travel")
    assert world.cycle().tables["influencers"].changed == 1  # type: ignore[index]
    assert isinstance(world.ws.rest, Rest)
    assert world.ws.rest.awake["influencers"] == {4}  # type: ignore[index]
    world.settle()
    assert world.record("influencers", "Name 3").values["category"] == "Travel"
    assert world.ws.rest.awake["influencers"] == frozenset()  # type: ignore[index]
    world.type(TAB, "A5", "Another")
    world.cycle()
    world.settle()
    assert world.record("influencers", "Another").values["category"] == "Travel"


def test_a_changed_record_wakes_one_row(make_world: MakeWorld) -> None:
    """Of all records only the one that another program changed is read, shown and left."""
    world = populated(make_world)
    world.give_authority(Side.CRM)
    world.settle()
    world.crm("UPDATE influencers SET category = 'Sea' WHERE name = 'Name 3'")
    done = world.cycle()
    assert (done.tables["influencers"].changed, done.resting) == (1, ROWS + 3)  # type: ignore[index]
    assert world.row(TAB, "Name 3")["Category"] == "Sea"
    world.settle()
    assert isinstance(world.ws.rest, Rest)
    assert world.ws.rest.awake["influencers"] == frozenset()  # type: ignore[index]


def test_a_record_is_not_missed_while_a_cycle_runs(make_world: MakeWorld) -> None:
    """What another program changes between two steps of a cycle is found by the next one."""
    world = populated(make_world)
    world.give_authority(Side.CRM)
    world.settle()
    change = "UPDATE influencers SET category = ? WHERE name = ?"
    world.crm(change, "Sea", "Name 3")
    world.client.before = lambda: world.crm(change, "Air", "Name 4")
    world.client.after = lambda: world.crm(change, "Fire", "Name 5")
    world.cycle()
    assert world.cycle().resting == ROWS + 2 - 1
    shown = [world.row(TAB, f"Name {n}")["Category"] for n in (3, 4, 5)]
    assert shown == ["Sea", "Air", "Fire"]


def test_records_that_tell_nothing_are_all_looked_at(make_world: MakeWorld) -> None:
    """Where a program took out what tells of changes, each cycle looks at every record."""
    world = populated(make_world)
    world.give_authority(Side.CRM)
    world.settle()
    for place in ("Sea", "Air", "Fire"):
        world.crm("DROP TRIGGER IF EXISTS _syncd_influencers_update")
        world.crm("UPDATE influencers SET category = ? WHERE name = 'Name 3'", place)
        assert world.cycle().resting == 0
        assert world.row(TAB, "Name 3")["Category"] == place
        world.cycle()


def test_a_record_that_is_gone_on_both_sides_is_forgotten(make_world: MakeWorld) -> None:
    """A row that only showed that its record is gone, and was taken out, does not rest as one."""
    world = populated(make_world)
    world.give_authority(Side.CRM)
    world.settle()
    world.crm("DELETE FROM influencers WHERE name = 'Name 9'")
    world.settle()
    assert world.cycle().tables["influencers"].rows == ROWS  # type: ignore[index]
    world.delete_row(TAB, world.place(TAB, "Name 9"))
    world.settle()
    world.cycle()
    world.restart()
    is_fixpoint(world)
