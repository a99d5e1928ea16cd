"""A small, fixed share of the simulation; `python -m tests.simulation` runs more of it."""

import pytest

from tests.simulation.history import History
from tests.simulation.world import SHARE

SEEDS = range(1, 101)
MORE = range(201, 226)
# Histories that once broke an invariant; docs/simulation.md tells of each what it found.
FOUND = (
    50089,
    50211,
    50369,
    50381,
    50386,
    50503,
    50721,
    51127,
    51135,
    51425,
    51468,
    110388,
    110423,
    110737,
    110785,
    120189,
    120727,
    121133,
    121180,
    121221,
    121675,
    122091,
    122386,
    122492,
    122728,
    123224,
    123359,
    123742,
    124153,
    201085,
    201137,
    202254,
    202386,
    241027,
    300467,
    300718,
    403171,
    403880,
    405710,
    403174,
    403190,
    403576,
    403626,
    405291,
    402726,
    403031,
    600886,
    601102,
    1003018,
    1003293,
    1310354,
    1311155,
    1311766,
    1312408,
    1001689,
    1002868,
    1003721,
    2002332,
    1003854,
    1211219,
    1211258,
    1110308,
    1111278,
)


@pytest.mark.parametrize("seed", [*SEEDS, *FOUND])
def test_history_breaks_no_invariant(seed: int) -> None:
    """Whatever people, programs and the network did: nothing lost, astray, doubled or restless."""
    outcome = History(seed).run()
    repeat = f"python -m tests.simulation --seed {seed} --shrink"
    assert not outcome.violations, f"{outcome.violations}; {repeat}"


@pytest.mark.parametrize("seed", MORE)
def test_history_with_backups_and_new_schemas_breaks_no_invariant(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor where people undo, files are imported, backups put back, and the schema changes."""
    monkeypatch.setenv(SHARE, "1")
    outcome = History(seed).run()
    repeat = f"{SHARE}=1 python -m tests.simulation --seed {seed} --shrink"
    assert not outcome.violations, f"{outcome.violations}; {repeat}"


def test_history_is_the_same_twice() -> None:
    """The same seed gives the same history, down to each call and each row of the file."""
    assert History(11).run().trace == History(11).run().trace


def test_history_without_an_act_keeps_the_others() -> None:
    """What is left out while shrinking changes nothing about what the others do before it."""
    whole = History(12).run()
    last = whole.happened[-1]
    assert History(12, (last,)).run().happened == whole.happened[:-1]
