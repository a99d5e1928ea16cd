"""Rows at rest are left out of a cycle: what it plans is what a look at everything plans."""

from collections.abc import Callable
from random import Random

import pytest

from syncd.core.snapshot import Side
from syncd.cycle.rest import Rest
from syncd.cycle.run import Report, run_cycle
from syncd.cycle.workspace import Workspace
from tests.conftest import MakeWorld
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
    """Say what a process would plan that remembers nothing."""
    ws.rest = ws.values = ws.settled = ws.layout_known = None
    return run_cycle(ws, dry_run=True)


def acts(world: World, dice: Random) -> dict[str, Callable[[], object]]:
    """Return what people and programs may do next."""
    name, line = f"Name {dice.randrange(ROWS)}", dice.randrange(2, ROWS + 2)
    number, word = dice.randrange(1000), f"word {dice.randrange(9)}"
    change = "UPDATE influencers SET {} = ? WHERE name = ?"
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
        "record's key": lambda: world.crm(change.format("handle"), f"handle{number}", name),
        "archived": lambda: world.crm(change.format("archived_at"), "2026-01-01", name),
        "nothing": lambda: None,
    }


@pytest.mark.parametrize("side", list(Side), ids=lambda side: f"{side.value} rules")
@pytest.mark.parametrize("seed", range(2))
def test_what_is_left_out_changes_no_plan(make_world: MakeWorld, side: Side, seed: int) -> None:
    """Whatever happens, a workspace that remembers plans what one that does not would."""
    dice, world, narrow = Random(seed), populated(make_world), 0
    world.give_authority(side)
    world.settle()
    fresh = world.open()
    for number in range(ACTS):
        choices = acts(world, dice)
        act = dice.choice(MILD if dice.random() < 0.85 else sorted(choices))
        choices[act]()
        narrow += isinstance(world.ws.rest, Rest)
        remembers, knows_nothing = run_cycle(world.ws, dry_run=True), afresh(fresh)
        for told in ("digest", "tables", "paused", "pending"):
            assert getattr(remembers, told) == getattr(knows_nothing, told), f"{number}: {act}"
        world.cycle()
        if dice.random() < 0.5:
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
