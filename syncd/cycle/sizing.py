"""Sizing: how much one batch may hold, as far as Google answered to the last ones.

A batch to which no answer comes in time halves the next one; each that is applied at once lets it
grow a little. What was learnt is remembered over restarts.
"""

from syncd.cycle.workspace import Workspace

FULL = 100  # per cent of what a batch holds at most
LEAST = 2
GROWTH = 5
_KEY = "batch_size"


def share(ws: Workspace) -> int:
    """Return how much of a full batch the next one may be, in per cent."""
    return int(ws.crm.state.get(_KEY) or FULL)


def shrink(ws: Workspace) -> None:
    """Halve the batches that follow."""
    _set(ws, max(LEAST, share(ws) // 2))


def grow(ws: Workspace) -> None:
    """Let the batches that follow be a little larger."""
    if share(ws) < FULL:
        _set(ws, min(FULL, share(ws) + GROWTH))


def _set(ws: Workspace, size: int) -> None:
    with ws.crm.database.transaction():
        ws.crm.state.set(_KEY, None if size == FULL else str(size))
