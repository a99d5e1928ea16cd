"""Another program that writes into the CRM while a cycle runs: whatever moved is planned anew."""

from collections.abc import Callable

import pytest

from syncd.core.snapshot import Side
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World

TAB = "Influencers"
BEGINS_MAX = 40

Act = Callable[[World], object]

REPLACE = (
    "INSERT OR REPLACE INTO influencers (id, name, platform, notes)"
    " SELECT id, name, platform, 'anew' FROM influencers WHERE name = 'Bea'"
)
ACTS: dict[str, tuple[str, str]] = {
    "changes the field": ("UPDATE influencers SET followers = 999 WHERE name = 'Bea'", "999"),
    "changes another field": ("UPDATE influencers SET notes = 'new' WHERE name = 'Bea'", "new"),
    "archives": (
        "UPDATE influencers SET archived_at = '2026-01-01T00:00:00Z' WHERE name = 'Bea'",
        "archived",
    ),
    "replaces": (REPLACE, "anew"),
    "adds": ("INSERT INTO influencers (name, platform) VALUES ('Zoe', 'blog')", "Zoe"),
}
PEOPLE: dict[str, Act] = {
    "types": lambda w: w.type(TAB, w.at(TAB, "Bea", "Followers"), 555),
    "removes the row": lambda w: w.delete_row(TAB, w.place(TAB, "Bea")),
}


PAIRS = [
    ("changes the field", "types"),
    ("changes another field", "removes the row"),
    ("archives", "removes the row"),
    ("replaces", "types"),
    ("adds", "removes the row"),
]


def interrupt(world: World, number: int, act: Callable[[], object]) -> Callable[[], bool]:
    """Act before the cycle's transaction of a number begins; return whether it came to that."""
    seen = [0]

    def watch(statement: str) -> None:
        if statement.startswith("BEGIN"):
            seen[0] += 1
            if seen[0] == number:
                act()

    world.ws.crm.database.connection.set_trace_callback(watch)
    return lambda: seen[0] >= number


@pytest.mark.parametrize("side", Side, ids=lambda side: f"{side.value} rules")
@pytest.mark.parametrize(("program", "people"), PAIRS)
def test_program_writing_at_any_moment_loses_nothing(
    filled: World, program: str, people: str, side: Side
) -> None:
    """Before each transaction of a cycle in turn: what the program wrote is kept."""
    sql, kept = ACTS[program]
    filled.give_authority(side)
    filled.settle()
    for number in range(1, BEGINS_MAX):
        PEOPLE[people](filled)
        reached = interrupt(filled, number, lambda: filled.crm(sql))
        for _ in range(3):
            filled.cycle()
        happened = reached()
        filled.ws.crm.database.connection.set_trace_callback(None)
        filled.settle()
        everything = filled.kept() + repr(filled.records("influencers")) + repr(filled.rows(TAB))
        assert kept in everything, number
        is_fixpoint(filled)
        if not happened:
            return
        _again(filled)
    raise AssertionError("there is no end of transactions")


def _again(world: World) -> None:
    """Bring both sides back to three influencers in sync, as before the first time."""
    world.crm("PRAGMA foreign_keys = OFF")
    side = world.ws.crm.state.authority
    world.give_authority(Side.CRM)
    world.crm(
        "UPDATE influencers SET archived_at = NULL, followers = 200, notes = NULL"
        " WHERE name = 'Bea'"
    )
    world.crm("DELETE FROM influencers WHERE name = 'Zoe'")
    world.settle()
    if not any(row.get("Influencer") == "Bea" for row in world.rows(TAB)):
        raise AssertionError("Bea did not come back")
    world.give_authority(side)
    world.settle()
