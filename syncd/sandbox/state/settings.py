"""The settings of a running sandbox, one for each thing about Google that a test may vary."""

from collections.abc import Iterator, Mapping
from typing import Any

from syncd.sandbox.errors import Json, invalid

SLOW_DRIVE_S = 180.0
"""How late Drive's version and time usually are after an edit of a spreadsheet."""

_SETTINGS: dict[str, tuple[Any, str]] = {
    "seed": (0, "The start of all chance: ids, jitter, faults with a probability."),
    "strict": (
        False,
        "Only access tokens that were issued here and have not expired are accepted.",
    ),
    "private_files": (
        False,
        "Whom no permission names may not open a file, as at Google; else everybody may.",
    ),
    "latency_s": (0.0, "Every API answer takes that much longer."),
    "latency_jitter_s": (0.0, "Added to the latency: up to that much, drawn anew for each call."),
    "quotas": (False, "Google's limits per sliding minute hold, with its refusals."),
    "reads_per_user": (60, "Sheets reads per minute and user of a project."),
    "writes_per_user": (60, "Sheets writes per minute and user of a project."),
    "reads_per_project": (300, "Sheets reads per minute of a project."),
    "writes_per_project": (300, "Sheets writes per minute of a project."),
    "drive_units_per_user": (325_000, "Drive's units per minute and user of a project."),
    "drive_units_per_project": (1_000_000, "Drive's units per minute of a project."),
    "drive_quota_status": (403, "How Drive refuses: 403 userRateLimitExceeded, or 429."),
    "payload_bytes_max": (0, "A longer body is refused as Google did at 10485760; 0 is no limit."),
    "stale_reads_s": (0.0, "Reads of a spreadsheet see it as it was that long ago."),
    "drive_lag_s": (
        0.0,
        f"Drive's version and time are that late; often {SLOW_DRIVE_S:g} at Google.",
    ),
    "restore_reverts_names": (
        True,
        "Restoring an older version also brings back its named ranges and developer metadata.",
    ),
    "response_at_apply_time": (
        True,
        "A batchUpdate's answer shows the book as the batch left it, not as it is when sent.",
    ),
    "late_response_s": (0.05, "How much later that is, if it is later."),
    "restore_keeps_name_ids": (
        True,
        "Named ranges that come back with an older version have their old ids, else new ones.",
    ),
    "torn_reads_s": (
        0.0,
        "Of several ranges in one read, all but the first show the book as it was that long ago.",
    ),
    "copy_paste_skips_filtered_rows": (
        False,
        "copyPaste leaves out rows of its source that a filter hides.",
    ),
    "copy_paste_skips_hidden_rows": (
        False,
        "copyPaste leaves out rows of its source that a person hid.",
    ),
    "paste_formula_copies_literals": (
        True,
        "copyPaste with PASTE_FORMULA copies what is no formula, too.",
    ),
    "paste_formula_moves_references": (
        True,
        "copyPaste with PASTE_FORMULA moves relative references along.",
    ),
    "sort_moves_row_metadata": (True, "sortRange carries developer metadata of whole rows along."),
    "sort_moves_filtered_rows": (False, "sortRange sorts the rows that a filter hides, too."),
    "sort_moves_hidden_rows": (False, "sortRange sorts the rows that a person hid, too."),
    "move_carries_metadata": (
        True,
        "moveDimension carries developer metadata of its rows or columns along.",
    ),
    "basic_filter_grows_at_end": (
        False,
        "A basic filter takes in rows that are inserted (inheritFromBefore) or appended below it.",
    ),
    "insert_at_end_grows_ranges": (
        False,
        "Named and protected ranges take in what is inserted (inheritFromBefore) at their end.",
    ),
    "insert_at_end_grows_rules": (
        True,
        "Conditional formats take in what is inserted (inheritFromBefore) at their end.",
    ),
    "covered_cells_take_values": (
        False,
        "The values methods also fill cells that a merge covers; else these stay as they were.",
    ),
    "raw_takes_formulas": (False, "A text written RAW that begins with = becomes a formula."),
    "unknown_name_id_fails": (True, "deleteNamedRange of an unknown id is refused, else ignored."),
    "taken_metadata_id_fails": (
        True,
        "createDeveloperMetadata with an id in use is refused, else it replaces the entry.",
    ),
    "unmatched_filter_fails": (
        False,
        "values.batchUpdateByDataFilter is refused when a filter matches nothing, else it skips.",
    ),
}


class Settings(Mapping[str, Any]):
    """A checked table of settings."""

    def __init__(self, **given: Any) -> None:
        self._values = {name: default for name, (default, _) in _SETTINGS.items()}
        self.change(given)

    def change(self, given: Json) -> None:
        """Set some settings; an unknown one or a wrong type refuses them all."""
        for name, value in given.items():
            if name not in _SETTINGS:
                raise invalid(f"Unknown setting: {name}. Known: {', '.join(sorted(_SETTINGS))}")
            fits = _fits(value, _SETTINGS[name][0])
            if not fits or (name == "drive_quota_status" and value not in {403, 429}):
                raise invalid(f"Setting {name} cannot be {value!r}")
        self._values |= given

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _fits(value: Any, default: Any) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, int):
        return isinstance(value, int) and value >= 0
    return isinstance(value, (int, float)) and 0 <= value < 1e9


def described() -> list[tuple[str, Any, str]]:
    """Give every setting with its default and a sentence."""
    return [(name, default, text) for name, (default, text) in _SETTINGS.items()]
