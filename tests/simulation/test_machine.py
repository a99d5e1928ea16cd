"""The state machine, small and the same each time; HYPOTHESIS_PROFILE=dev looks for new runs."""

import os

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.bugs import planted
from tests.simulation.machine import Machine, bounded

IS_DEV = os.environ.get("HYPOTHESIS_PROFILE") == "dev"


class TestMachine(Machine.TestCase):  # type: ignore[misc] # made by Hypothesis at run time
    """Whatever steps are taken, nothing is lost, astray, doubled or restless."""

    settings = bounded(400 if IS_DEV else 60, 25, derandomize=not IS_DEV)


@pytest.mark.parametrize("name", ["drop-what-is-turned-away", "two-way-without-a-base"])
def test_machine_notices_a_planted_bug(name: str) -> None:
    """A deliberate fault of the engine breaks an invariant within the small share."""
    chosen = settings(bounded(60, 25, derandomize=True), phases=[Phase.generate])
    with planted(name), pytest.raises(AssertionError, match="Violation"):
        run_state_machine_as_test(Machine, settings=chosen)
