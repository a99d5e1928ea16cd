"""The quota in front of both clients: so many calls of a kind in any sliding minute.

Google counts a call when it arrives, which is some time between its sending and its answer. So a
call holds its place from before it is sent until a minute after it ended: in no minute more calls
arrive than the limit says, however slow the network is. Each attempt is a call of its own.

Google allows 60 reads and 60 writes a minute and user. A process takes 45 of each: fifteen are
left for another process of the same account, such as a command beside the daemon.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

WINDOW_S = 60.0
HOLD_MAX_S = 120.0
_GRAIN_S = 0.001  # so that a pause that was just not long enough is not tried a thousand times


class Quota:
    """Waits until one more call fits; one call at a time to each spreadsheet."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        reads_max: int = 45,
        writes_max: int = 45,
    ) -> None:
        self.clock = clock
        self._sleep = sleep
        self._limits = {"read": reads_max, "write": writes_max}
        self._ended: dict[str, deque[float]] = {"read": deque(), "write": deque()}
        self._under_way = {"read": 0, "write": 0}
        self._held_until = {"read": clock(), "write": clock()}
        self._lock = Lock()
        self._lines: dict[str, Lock] = {}

    @contextmanager
    def turn(self, kind: str, spreadsheet: str) -> Iterator[None]:
        """Make one call of a kind (`read` or `write`) within a block, as soon as it fits."""
        with self._lock:
            line = self._lines.setdefault(spreadsheet, Lock())
        with line:
            self._begin(kind)
            try:
                yield
            finally:
                self._end(kind)

    def wait(self, kind: str) -> None:
        """Wait for a call that takes no time."""
        self._begin(kind)
        self._end(kind)

    def hold(self, kind: str, seconds: float) -> None:
        """Let no call of a kind through for a while, as Google asked for."""
        with self._lock:
            until = self.clock() + min(max(seconds, 0.0), HOLD_MAX_S)
            self._held_until[kind] = max(self._held_until[kind], until)

    def free_in(self, kind: str, count: int) -> float:
        """Return the seconds until that many more calls fit; 0 when they do now."""
        with self._lock:
            return self._free_in(kind, count)

    def _begin(self, kind: str) -> None:
        while (pause_s := self._take(kind)) > 0:
            self._sleep(pause_s)

    def _take(self, kind: str) -> float:
        """Take a place and return 0, or return how long to wait before the next attempt."""
        with self._lock:
            pause_s = self._free_in(kind, 1)
            if pause_s <= 0:
                self._under_way[kind] += 1
            return pause_s

    def _end(self, kind: str) -> None:
        with self._lock:
            self._under_way[kind] -= 1
            self._ended[kind].append(self.clock())

    def _free_in(self, kind: str, count: int) -> float:
        ended, now = self._ended[kind], self.clock()
        while ended and now - ended[0] >= WINDOW_S:
            ended.popleft()
        held_s = self._held_until[kind] - now
        over = len(ended) + self._under_way[kind] + count - self._limits[kind]
        if over <= 0:
            return held_s + _GRAIN_S if held_s > 0 else 0.0
        # Where calls under way fill the quota, nobody knows when the first of them will end.
        full_s = WINDOW_S - (now - ended[over - 1]) if over <= len(ended) else 1.0
        return max(full_s, held_s) + _GRAIN_S
