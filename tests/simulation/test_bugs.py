"""Each deliberate fault of the engine is noticed."""

import pytest

from tests.simulation.bugs import BUGS, planted


@pytest.mark.parametrize("name", BUGS)
def test_bug_is_planted_and_taken_out_again(name: str) -> None:
    """Each fault stands where the engine's own decision stood, and only as long as it is wanted."""
    places = [(place, what) for place, what, _ in BUGS[name].replaces()]
    before = [getattr(place, what) for place, what in places]
    with planted(name):
        for (place, what), own in zip(places, before, strict=True):
            assert getattr(place, what) is not own
    assert [getattr(place, what) for place, what in places] == before
