"""Counting of calls, and Google's limits per sliding minute."""

from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from syncd.sandbox.errors import ApiError, Json, quota_exceeded
from syncd.sandbox.sheets.methods import READS
from syncd.sandbox.state.clock import Clock

_MINUTE_S = 60.0
_USERS_MAX = 10_000
_DRIVE_UNITS = {"list": 100, "export": 200, "get": 5, "update": 50, "create": 50, "copy": 50}
_CONSOLE = "https://console.developers.google.com/apis/api/drive.googleapis.com/quotas?project=123456789012"


class DriveQuotaError(ApiError):
    """Drive's refusal because of too many calls in a minute."""

    def __init__(self, status: int) -> None:
        reason, text = "rateLimitExceeded", "Rate Limit Exceeded"
        if status == 403:
            reason = "userRateLimitExceeded"
            text = (
                "User Rate Limit Exceeded. Rate of requests for user exceed configured project "
                "quota. You may consider re-evaluating expected per-user traffic to the API and "
                "adjust project quota limits accordingly. You may monitor aggregate quota usage "
                f"and adjust limits in the API Console: {_CONSOLE}"
            )
        super().__init__(status, text, reason=reason)

    def drive_body(self) -> Json:
        """Give the error as the Drive API writes it."""
        entry = {"domain": "usageLimits", "reason": self.reason, "message": self.message}
        if self.code == 403:
            entry["extendedHelp"] = _CONSOLE
        return {"error": {"errors": [entry], "code": self.code, "message": self.message}}


def kind_of(name: str) -> str:
    """Tell what a method counts as."""
    if name.startswith("drive."):
        return "drive"
    return "sheets_reads" if name in READS else "sheets_writes"


def refusal_of(name: str, settings: Mapping[str, Any], *, per_user: bool = True) -> ApiError:
    """Give the refusal of a call that is one too many."""
    kind = kind_of(name)
    if kind == "drive":
        return DriveQuotaError(settings["drive_quota_status"] if per_user else 429)
    short = kind.removeprefix("sheets_")
    limit = settings[f"{short}_per_{'user' if per_user else 'project'}"]
    return quota_exceeded(short.removesuffix("s").title(), limit, per_user=per_user)


class _Window:
    """What was used within the last minute."""

    def __init__(self) -> None:
        self.uses: deque[tuple[float, int]] = deque()
        self.total = 0

    def sum(self, now: float) -> int:
        while self.uses and self.uses[0][0] <= now - _MINUTE_S:
            self.total -= self.uses.popleft()[1]
        return self.total

    def add(self, now: float, cost: int) -> None:
        self.uses.append((now, cost))
        self.total += cost


class Meter:
    """What was called since the last reset; its caller holds the lock."""

    def __init__(self, clock: Clock, settings: Mapping[str, Any]) -> None:
        self.clock = clock
        self.settings = settings
        self.recent: dict[tuple[str, ...], _Window] = {}
        self.reset()

    def reset(self) -> None:
        """Start counting anew; the quotas' minutes go on."""
        self.counts: Counter[str] = Counter()
        self.methods: Counter[str] = Counter()
        self.by_user: dict[str, Counter[str]] = {}
        self.bytes_in = 0
        self.bytes_out = 0
        self.window = {"sheets_reads": _Window(), "sheets_writes": _Window()}
        self.most = {"sheets_reads": 0, "sheets_writes": 0}

    def count(self, name: str, actor: str, size: int) -> None:
        """Count a call that came in."""
        kind = kind_of(name)
        self.counts[kind] += 1
        self.methods[name] += 1
        if actor in self.by_user or len(self.by_user) < _USERS_MAX:
            self.by_user.setdefault(actor, Counter())[kind] += 1
        self.bytes_in += size
        if kind in self.window:
            now = self.clock()
            self.window[kind].add(now, 1)
            self.most[kind] = max(self.most[kind], self.window[kind].sum(now))

    def refusal(self, name: str, user: str, project: str = "") -> ApiError | None:
        """Give Google's refusal when a call exceeds a quota; a call within is booked."""
        if not self.settings["quotas"]:
            return None
        now, kind = self.clock(), kind_of(name)
        drive = kind == "drive"
        cost = _DRIVE_UNITS.get(name.rpartition(".")[2], 5) if drive else 1
        short = "drive_units" if drive else kind.removeprefix("sheets_")
        if len(self.recent) > _USERS_MAX:
            self.recent = {key: w for key, w in self.recent.items() if w.sum(now)}
        keys = {"user": (kind, project, user), "project": (kind, project)}
        for whose, key in keys.items():
            used = self.recent.setdefault(key, _Window()).sum(now)
            if used + cost > self.settings[f"{short}_per_{whose}"]:
                return refusal_of(name, self.settings, per_user=whose == "user")
        for key in keys.values():
            self.recent[key].add(now, cost)
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
