"""Each call and each statement of each kind of work fails once, in each of its ways.

`python -m tests.simulation.every_call` disturbs every place; here, of the statements, a share.
"""

import pytest

from tests.simulation.every_call import broken, places
from tests.simulation.operations import OPERATIONS

EVERY = 80  # of the statements: each eightieth in each way


@pytest.mark.parametrize("operation", OPERATIONS)
def test_work_disturbed_comes_to_the_same(operation: str) -> None:
    """Whichever call or statement fails, what comes of the work is what comes of it in peace."""
    failed = [(str(place), what) for place in places(operation, EVERY) if (what := broken(place))]
    assert not failed
