"""Every kind of act of a person, between syncd's read and its write."""

import pytest

from tests.simulation.window import KINDS, run_kind

TIMES = 3  # of each kind here; `python -m tests.simulation.window --times 1000` takes its time


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "swaps titles"])
def test_act_in_the_window_loses_and_misplaces_nothing(kind: str) -> None:
    """Whatever somebody does between read and write, nothing is lost and nothing goes astray."""
    done, failed = run_kind(kind, TIMES, first=100)
    assert done == TIMES, f"{kind} took place {done} times"
    assert not failed, [outcome.violations for outcome in failed]
