"""The quota in front of both clients: so many calls of a kind in any sliding minute."""

from collections import deque
from collections.abc import Callable
from threading import Lock

WINDOW_S = 60.0


class Quota:
    """Waits until one more call fits; Google allows 60 reads and 60 writes a minute and user.

    Fifteen of each are left for other programs that use the same account.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        reads_max: int = 45,
        writes_max: int = 45,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._limits = {"read": reads_max, "write": writes_max}
        self._calls: dict[str, deque[float]] = {"read": deque(), "write": deque()}
        self._lock = Lock()

    def wait(self, kind: str) -> None:
        """Return as soon as one more call of this kind (`read` or `write`) is within the limit."""
        with self._lock:
            while (pause_s := self._free_in(kind, 1)) > 0:
                self._sleep(pause_s)
            self._calls[kind].append(self._clock())

    def free_in(self, kind: str, count: int) -> float:
        """Return the seconds until that many more calls fit; 0 when they do now."""
        with self._lock:
            return self._free_in(kind, count)

    def _free_in(self, kind: str, count: int) -> float:
        calls, now = self._calls[kind], self._clock()
        while calls and now - calls[0] >= WINDOW_S:
            calls.popleft()
        over = len(calls) + count - self._limits[kind]
        return WINDOW_S - (now - calls[over - 1]) if over > 0 else 0.0
