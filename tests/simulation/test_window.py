"""Every kind of act of a person, in each window of syncd's writes."""

import pytest

from tests.simulation.window import KINDS, When, run_kind

TIMES = 2 * len(
    When
)  # of each kind here; `python -m tests.simulation.window --times 1000` takes its time


@pytest.mark.parametrize("kind", KINDS)
def test_act_in_the_window_loses_and_misplaces_nothing(kind: str) -> None:
    """Whatever somebody does while syncd writes, nothing is lost and nothing goes astray."""
    done, failed = run_kind(kind, TIMES, first=100)
    assert done == TIMES, f"{kind} took place {done} times"
    assert not failed, [outcome.violations for outcome in failed]
