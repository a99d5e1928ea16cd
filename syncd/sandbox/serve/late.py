"""Requests that arrive late: they take effect when their client has long given up."""

import heapq
import threading
from collections.abc import Callable

from syncd.sandbox.state.clock import Clock

_WAITING_MAX = 10_000


class LatePost:
    """Requests on their way, each due at a moment of the sandbox's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: list[tuple[float, int, Callable[[], object]]] = []
        self._sent = 0
        self._timers: set[threading.Timer] = set()

    def send(self, delay_s: float, effect: Callable[[], object]) -> None:
        """Let something happen later: by itself, or with the first call after its moment."""
        timer = threading.Timer(delay_s, self._ring)
        timer.daemon = True
        with self._lock:
            if len(self._waiting) < _WAITING_MAX:
                self._sent += 1
                heapq.heappush(self._waiting, (self._clock() + delay_s, self._sent, effect))
            self._timers.add(timer)
        timer.start()

    def deliver(self) -> None:
        """Let everything happen whose moment has come, in the order of the moments."""
        while self._waiting:
            with self._lock:
                if not self._waiting or self._waiting[0][0] > self._clock():
                    return
                effect = heapq.heappop(self._waiting)[2]
            effect()

    def _ring(self) -> None:
        with self._lock:
            self._timers.discard(threading.current_thread())
        self.deliver()

    def close(self) -> None:
        """Let nothing more happen."""
        with self._lock:
            self._waiting.clear()
            for timer in self._timers:
                timer.cancel()
            self._timers.clear()
