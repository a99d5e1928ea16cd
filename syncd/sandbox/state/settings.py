"""The settings of a running sandbox, one for each thing about Google that a test may vary."""

from collections.abc import Iterator, Mapping
from typing import Any

from syncd.sandbox.errors import Json, invalid

_DEFAULTS: Json = {
    "latency_s": 0.0,  # added to every API answer
    "quotas": False,  # Google's limits per minute, answered with 429
    "reads_per_user": 60,
    "writes_per_user": 60,
    "reads_per_project": 300,
    "writes_per_project": 300,
    "seed": 0,  # of ids and of faults with a probability
    "strict": False,  # only issued, unexpired tokens are accepted
    "stale_reads_s": 0.0,  # reads see the book as it was that long ago
    "drive_lag_s": 0.0,  # Drive's version and time are that late
    "copy_paste_skips_filtered_rows": False,
    "sort_moves_row_metadata": False,
    "response_at_apply_time": True,  # else the answer shows the book as it is when it is sent
    "late_response_s": 0.05,  # how much later that is
}


class Settings(Mapping[str, Any]):
    """A checked table of settings."""

    def __init__(self, **given: Any) -> None:
        self._values = dict(_DEFAULTS)
        self.change(given)

    def change(self, given: Json) -> None:
        """Set some settings; an unknown one or a wrong type refuses them all."""
        for name, value in given.items():
            if name not in _DEFAULTS:
                raise invalid(f"Unknown setting: {name}. Known: {', '.join(sorted(_DEFAULTS))}")
            default = _DEFAULTS[name]
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            fits = isinstance(value, bool) if isinstance(default, bool) else number
            if not fits or (number and value < 0):
                raise invalid(f"Setting {name} cannot be {value!r}")
        self._values |= given

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
