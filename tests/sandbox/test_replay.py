"""Recordings of Google's answers, replayed: how many come out the same, and why others do not."""

import pytest

from syncd.sandbox import Sandbox
from tests.sandbox.differences import DIFFERENCES
from tests.sandbox.replaying import TOOL, replay

pytestmark = pytest.mark.skipif(
    not TOOL.exists(), reason="the recordings lie beside the project and are not here"
)


@pytest.mark.parametrize(
    ("full", "status", "exact", "seeded"),
    [(False, 98.1, 97.9, 64.7), (True, 99.9, 97.9, 96.0)],
    ids=["plain", "full"],
)
def test_replay_comes_out_as_recorded(
    box: Sandbox, full: bool, status: float, exact: float, seeded: float
) -> None:
    """Recorded answers come out again, and each difference that remains has a known cause."""
    found = replay(box.url, full=full)
    assert found.share(1) >= status
    assert found.share(3, "self-contained") >= exact
    assert found.share(3, "seeded") >= seeded
    expected = [d for d in DIFFERENCES if d.occurs(full=full)]
    unexplained = [
        (count, *difference)
        for difference, count in found.differences.items()
        if not any(entry.explains(*difference) for entry in expected)
    ]
    assert not unexplained, "differences that tests/sandbox/differences.py does not explain"
    gone = [e for e in expected if not any(e.explains(*d) for d in found.differences)]
    assert not gone, "entries of tests/sandbox/differences.py that do not occur any more"
