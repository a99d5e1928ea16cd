"""The daemon killed at any moment: every edit survives, and no row is doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncd.core.snapshot import Side
from tests.cli.command import write_config
from tests.conftest import MakeWorld
from tests.world import World

KILLS = 20
ROWS = 12
POLL_S = 0.2

Edit = tuple[str, str, int]


def start_daemon(config: Path) -> subprocess.Popen[bytes]:
    """Start the daemon as its own process."""
    with (config.parent / "daemon.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "syncd", "run", "--config", str(config)], stdout=log, stderr=log
        )


def edit_sheet(world: World, rng: random.Random, value: int) -> Edit:
    """Type a number that nobody typed before into some row, found by its name."""
    name = f"Name {rng.randrange(ROWS)}"
    world.type("Influencers", world.at("Influencers", name, "Followers"), value)
    return ("sheet", name, value)


def edit_crm(world: World, rng: random.Random, value: int) -> Edit:
    """Write a number that nobody wrote before into some record."""
    name = f"Name {rng.randrange(ROWS)}"
    world.crm("UPDATE influencers SET notes = ? WHERE name = ?", str(value), name)
    return ("crm", name, value)


def add_row(world: World, rng: random.Random, value: int) -> Edit:
    """Type a new row below the table."""
    place = len(world.grid("Influencers")) + 1
    world.type("Influencers", f"A{place}", [[f"New {value}", "blog", f"new{value}", "", value]])
    return ("sheet", f"New {value}", value)


EDITS: list[Callable[[World, random.Random, int], Edit]] = [
    edit_sheet, edit_sheet, edit_crm, edit_crm, add_row,
]  # fmt: skip


def wait_for_a_read(world: World) -> None:
    """Wait until the daemon has begun its first cycle, however slow the machine is."""
    deadline = time.monotonic() + 60
    while world.calls() == (0, 0):
        assert time.monotonic() < deadline, "the daemon does not read"
        time.sleep(0.02)


@pytest.mark.parametrize("authority", list(Side), ids=lambda side: side.value)
def test_daemon_killed_at_random_moments_loses_and_doubles_nothing(
    make_world: MakeWorld, authority: Side
) -> None:
    """Twenty kills under edits on both sides: afterwards both align, row by row, edit by edit."""
    rng = random.Random(f"crash {authority.value}")
    world = make_world(policy={"edits": "merge", "new_rows": "merge", "removals": "merge"})
    policy = '[policy]\nedits = "merge"\nnew_rows = "merge"\nremovals = "merge"'
    config = write_config(world, policy, poll_s=POLL_S)
    names = [[f"Name {i}", "instagram", f"name{i}", "", i] for i in range(ROWS)]
    world.type("Influencers", "A2", names)
    world.settle()
    world.give_authority(authority)
    world.ws.close()
    edits: list[Edit] = []
    for kill in range(KILLS):
        world.calls()
        daemon = start_daemon(config)
        try:
            if kill % 5:  # one in five dies while it still starts
                wait_for_a_read(world)
            moment = time.monotonic() + rng.uniform(0.0, 1.6)
            while time.monotonic() < moment:
                value = 1_000_000 + len(edits)
                edits.append(rng.choice(EDITS)(world, rng, value))
                time.sleep(rng.uniform(0.0, 0.15))
        finally:
            os.kill(daemon.pid, signal.SIGKILL)
            daemon.wait()
        assert daemon.returncode == -signal.SIGKILL, f"kill {kill}: the daemon had ended by itself"
    world.ws = world.open()
    assert world.ws.crm.operations.last_number() > KILLS // 2, "the daemon hardly did anything"
    print(f"{len(edits)} edits, {world.ws.crm.operations.last_number()} operations,")
    print(f"outcome unknown at the end: {world.ws.crm.operations.has_unknown()}")
    world.settle()
    assert_aligned(world)
    assert_nothing_lost(world, edits)


def assert_aligned(world: World) -> None:
    """Both sides hold the same rows, each once, under the same ids."""
    shown = world.rows("Influencers")
    records = world.records("influencers")
    assert len({row["syncd id"] for row in shown}) == len(shown)
    assert len({row["Influencer"] for row in shown}) == len(shown)
    assert {row["syncd id"] for row in shown} == set(records)
    for row in shown:
        values = records[row["syncd id"]].values
        assert (row["Influencer"], row.get("Followers"), str(row.get("Notes", ""))) == (
            values["name"],
            values["followers"],
            str(values["notes"] or ""),
        )
        assert row["Sync"].startswith(("In sync", "In review")), row


def assert_nothing_lost(world: World, edits: list[Edit]) -> None:
    """The newest edit of each cell is on both sides or in review; older ones were replaced."""
    kept = world.kept()
    newest: dict[tuple[str, str], int] = {(side, name): value for side, name, value in edits}
    by_name: dict[str, dict[str, Any]] = {r["Influencer"]: r for r in world.rows("Influencers")}
    for (side, name), value in newest.items():
        row = by_name[name]
        held = row.get("Followers") if side == "sheet" else row.get("Notes")
        assert str(held) == str(value) or str(value) in kept, (side, name, value, row)
