"""The sandbox's time: the machine's own, or one that a test moves by hand."""

import threading
import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Gives the seconds since 1970, like `time.time`."""


class ManualClock:
    """A clock that stands still until it is moved: waiting on it moves it and takes no time."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Give the seconds since 1970."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock on."""
        with self._lock:
            self._now += seconds

    sleep = advance


def sleeper(clock: Clock) -> Callable[[float], None]:
    """Give the way to wait by a clock: its own, or the machine's."""
    found: Callable[[float], None] = getattr(clock, "sleep", time.sleep)
    return found
