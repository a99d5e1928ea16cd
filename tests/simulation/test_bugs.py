"""Each deliberate fault of the engine is noticed."""

import pytest

from tests.simulation.bugs import BUGS, planted
from tests.simulation.bugs.catching import catch
from tests.simulation.bugs.pins import PINS

NEXT = 15  # so many histories after the pinned one are tried before a fault counts as unnoticed


@pytest.mark.parametrize("name", BUGS)
def test_bug_is_planted_and_taken_out_again(name: str) -> None:
    """Each fault stands where the engine's own decision stood, and only as long as it is wanted."""
    places = [(place, what) for place, what, _ in BUGS[name].replaces()]
    before = [getattr(place, what) for place, what in places]
    with planted(name):
        for (place, what), own in zip(places, before, strict=True):
            assert getattr(place, what) is not own
    assert [getattr(place, what) for place, what in places] == before


@pytest.mark.parametrize("name", BUGS)
def test_bug_is_caught(name: str) -> None:
    """The history that once caught the fault, or one of the next, breaks an invariant with it only.

    What changes the workload deals all histories anew; then another one may catch it.
    """
    assert name in PINS, f"find its history: python -m tests.simulation.bugs --pin {name}"
    assert catch(name, range(PINS[name], PINS[name] + NEXT)).seed, (
        f"{BUGS[name].says} No history from {PINS[name]} on tells it apart any more."
        f" Look for another one: python -m tests.simulation.bugs --pin {name}."
        " If none is found, the oracle has become blind to it, or the fault stands where nothing is"
        " decided any more."
    )
