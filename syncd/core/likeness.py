"""Likeness: whether a row's content is still a record's, another's, or a mix of both.

Lives here: the measures by which identity believes an id. It must not know: rows, ids, keys.
"""

from collections import Counter
from collections.abc import Collection, Mapping

from syncd.core.snapshot import FieldName, RowId, Values

PERMUTED_MIN = 3  # two rows that trade a value are an edit; more of them are a sort
REPEATED_MIN = 6  # where only two values change places, it takes more rows to be one


def is_mostly_other(values: Values, own: Values) -> bool:
    """Whether a row holds so little of what a record held that it may be another's.

    Of the fields that held something, the one that a rename changes set aside, more than half
    hold something else or nothing. A blank that was filled says nothing.
    """
    changed, held = _changed(values, own)
    return 2 * (changed - 1) > held - 1


def is_mostly_own(values: Values, own: Values) -> bool:
    """Whether a row holds more than half of what a record held."""
    changed, held = _changed(values, own)
    return 2 * changed < held


def _changed(values: Values, own: Values) -> tuple[int, int]:
    """Count the fields that held something and hold something else, and those that held it."""
    held = [name for name, value in own.items() if value is not None]
    return sum(1 for name in held if values.get(name) != own[name]), len(held)


def shows_home(values: Values, own: Values, home: Values) -> bool:
    """Whether a row is more like another record than like its own."""
    return alike(values, home) > alike(values, own)


def is_mixed_up(values: Values, own: Values, home: Values, named_by: Collection[FieldName]) -> bool:
    """Whether a row that shows another record's key holds cells of both, as nobody types them.

    Only fields count in which both records differ, and which are no part of a key.
    """
    telling = [
        name
        for name, value in values.items()
        if name not in named_by and own.get(name) != home.get(name)
        if value is not None
    ]
    of_own = sum(1 for name in telling if values[name] == own.get(name))
    of_home = sum(1 for name in telling if values[name] == home.get(name))
    return bool(of_own and of_home)


def holds_little_else(values: Values, own: Values, named_by: Collection[FieldName]) -> bool:
    """Whether a row holds less than half of what a record held beside its key."""
    others = [name for name, value in own.items() if value is not None and name not in named_by]
    return 2 * sum(1 for name in others if values.get(name) == own[name]) < len(others)


def permuted_rows(edited: Mapping[RowId, tuple[Values, Values]]) -> frozenset[RowId]:
    """Return rows among which the values of one field changed places, as by a sort of its column.

    `edited` are the changed rows: what they hold, and what they held.
    """
    found: set[RowId] = set()
    if len(edited) < PERMUTED_MIN:
        return frozenset()
    for name in dict.fromkeys(name for values, _ in edited.values() for name in values):
        changed = {
            row_id: (values.get(name), own.get(name))
            for row_id, (values, own) in edited.items()
            if values.get(name) != own.get(name)
        }
        now = Counter(pair[0] for pair in changed.values())
        before = Counter(pair[1] for pair in changed.values())
        enough = PERMUTED_MIN if len(before) >= PERMUTED_MIN else REPEATED_MIN
        if now == before and len(changed) >= enough:
            found |= changed.keys()
    return frozenset(found)


def alike(values: Values, other: Values) -> int:
    """Count the fields in which both are the same; a blank that stayed blank speaks for a row."""
    return sum(1 for name, value in values.items() if value == other.get(name))
