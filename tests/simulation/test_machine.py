"""The state machine, small and the same each time; HYPOTHESIS_PROFILE=dev looks for new runs."""

import os

from tests.simulation.machine import Machine, bounded

IS_DEV = os.environ.get("HYPOTHESIS_PROFILE") == "dev"


class TestMachine(Machine.TestCase):  # type: ignore[misc] # made by Hypothesis at run time
    """Whatever steps are taken, nothing is lost, astray, doubled or restless."""

    settings = bounded(400 if IS_DEV else 60, 25, derandomize=not IS_DEV)
