"""Capacity: how large a sheet may be for the memory that there is.

What a cycle holds grows with the answer that it reads; what that takes is measured by
`python benchmarks/engine.py --only memory`. A sheet that would not fit is refused before it is
decoded: a process that the system ends for its memory says nothing to anybody.
"""

import os
from pathlib import Path

from syncd.errors import HaltedError

BESIDE_MB = 100  # that the program takes without any sheet
FACTOR = 25  # MB of memory that each MB of an answer takes, sides and base together
_MB = 1024 * 1024
_CONTAINER = Path("/sys/fs/cgroup/memory.max")


def memory_mb(container: Path = _CONTAINER) -> int:
    """Return how much memory this machine has, or the container in which it runs."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        text = container.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        text = ""
    return min(machine, int(text) if text.isdigit() else machine) // _MB


def require_room(answer_bytes: int, memory: int | None, *, on: str) -> None:
    """Refuse an answer that so many MB of memory cannot hold; None means that it is not counted."""
    needed = needed_mb(answer_bytes)
    if memory is None or needed <= memory:
        return
    raise HaltedError(
        f"its tabs take about {needed} MB of memory, and syncd has {memory} MB",
        on=on,
        hint="Nothing was written. Move rows that are out of use to another spreadsheet, or give"
        " the machine more memory; `sheet.memory_mb` in the config says how much syncd may use.",
    )


def needed_mb(answer_bytes: int) -> int:
    """Return how much memory it takes to hold an answer."""
    return BESIDE_MB + answer_bytes * FACTOR // _MB


def unzipped_size(raw: bytes) -> int:
    """Return how many bytes zipped ones hold, as their last four say; wrong from 4 GB on."""
    return int.from_bytes(raw[-4:], "little")
