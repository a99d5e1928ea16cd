"""Counting of calls, and Google's limits per sliding minute."""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any

from syncd.sandbox.errors import ApiError, Json, quota_exceeded
from syncd.sandbox.sheets.methods import READS

_MINUTE_S = 60.0


def kind_of(name: str) -> str:
    """Tell what a method counts as."""
    if name.startswith("drive."):
        return "drive"
    return "sheets_reads" if name in READS else "sheets_writes"


class Meter:
    """What was called since the last reset; its caller holds the lock."""

    def __init__(self, clock: Callable[[], float], settings: Mapping[str, Any]) -> None:
        self.clock = clock
        self.settings = settings
        self.recent: dict[tuple[str, str], deque[float]] = {}
        self.reset()

    def reset(self) -> None:
        """Start counting anew; the quotas' minutes go on."""
        self.counts: Counter[str] = Counter()
        self.methods: Counter[str] = Counter()
        self.by_user: dict[str, Counter[str]] = {}
        self.bytes_in = 0
        self.bytes_out = 0
        self.window: dict[str, deque[float]] = {"sheets_reads": deque(), "sheets_writes": deque()}
        self.most = {"sheets_reads": 0, "sheets_writes": 0}

    def count(self, name: str, actor: str, size: int) -> None:
        """Count a call that came in."""
        kind = kind_of(name)
        self.counts[kind] += 1
        self.methods[name] += 1
        self.by_user.setdefault(actor, Counter())[kind] += 1
        self.bytes_in += size
        if kind in self.window:
            window = self.window[kind]
            window.append(self.clock())
            _drop_old(window, self.clock())
            self.most[kind] = max(self.most[kind], len(window))

    def refusal(self, name: str, actor: str) -> ApiError | None:
        """Give Google's refusal when a call exceeds a quota; a call within is booked."""
        kind = kind_of(name)
        if not self.settings["quotas"] or kind == "drive":
            return None
        short = kind.removeprefix("sheets_")
        label = short.removesuffix("s").title()
        for whose in (actor, ""):
            window = self.recent.setdefault((kind, whose), deque())
            _drop_old(window, self.clock())
            limit = self.settings[f"{short}_per_{'user' if whose else 'project'}"]
            if len(window) >= limit:
                return quota_exceeded(label, limit, per_user=bool(whose))
        for whose in (actor, ""):
            self.recent[kind, whose].append(self.clock())
        return None

    def report(self) -> Json:
        """Give the counts since the last reset."""
        return {
            "sheets_reads": self.counts["sheets_reads"],
            "sheets_writes": self.counts["sheets_writes"],
            "drive": self.counts["drive"],
            "by_method": dict(sorted(self.methods.items())),
            "by_user": {user: dict(counts) for user, counts in self.by_user.items()},
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "most_in_a_minute": dict(self.most),
        }


def _drop_old(window: deque[float], now: float) -> None:
    while window and window[0] <= now - _MINUTE_S:
        window.popleft()
