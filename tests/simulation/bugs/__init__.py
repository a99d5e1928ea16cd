"""Deliberate faults of the engine, each of which the simulation has to notice.

A suite that lets one of them pass would let the same mistake pass when somebody makes it by
accident. Each replaces one decision of the engine by what a hurried hand would write there.

    python -m tests.simulation.bugs [--budget HISTORIES] [--first SEED] [--pin] [NAME...]

prints for each how many histories it took. `--pin` writes the seeds of these to `pins.py`;
`tests/simulation/test_bugs.py` runs just them.
"""

from tests.simulation.bugs import decisions, exchange
from tests.simulation.bugs.planting import BUGS, Bug, planted

__all__ = ["BUGS", "Bug", "decisions", "exchange", "planted"]
