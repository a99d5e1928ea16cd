"""Time in the simulation: it passes only where somebody waits, and the day can jump."""

from datetime import UTC, datetime

START = 1_750_000_000.0


class Clock:
    """A steady clock, and a time of day that an operator or a machine may set wrongly."""

    def __init__(self) -> None:
        self.steady = START
        self.wrong_by = 0.0

    def __call__(self) -> float:
        """Return steady seconds."""
        return self.steady

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.steady += max(seconds, 0.0)

    def seconds(self) -> float:
        """Return what the machine believes: seconds since the epoch."""
        return self.steady + self.wrong_by

    def day(self) -> datetime:
        """Return what the machine believes: the time of day."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def stamp(self, _pattern: str, *change: str) -> str:
        """Stand in for SQLite's `strftime(…, 'now')`, an hour earlier where that is asked for."""
        moment = self.seconds() - 3600 * change.count("-1 hour")
        text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")
