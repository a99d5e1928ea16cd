"""What one source row does to the record that it speaks of: a three-way comparison, field by field.

The three: what this source gave last time (`last`), what it gives now, what the record holds. The
source moves a field only while the record still holds what the source gave; whatever somebody did
in the CRM stands. So a second import changes nothing, also when the CRM was edited in between.
"""

from dataclasses import dataclass, field

from syncd.core.snapshot import FieldName, Value, Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The fields that the record takes over, and those where the CRM's own value stands."""

    taken: Values = field(default_factory=dict)
    conflicts: tuple[FieldName, ...] = ()


def decide(last: Values | None, source: Values, record: Values) -> Decision:
    """Compare a source row with the record that it speaks of; a blank cell never erases."""
    taken: dict[FieldName, Value] = {}
    conflicts = []
    before = last or {}
    for name, value in source.items():
        held = record.get(name)
        if value is None or value == held:
            continue
        if name in before and value == before[name]:
            continue  # the source says what it always said, and somebody changed it in the CRM
        if held == before.get(name):
            taken[name] = value  # blank and never given, or just as this source gave it
        else:
            conflicts.append(name)  # both moved, or the record never came from this source
    return Decision(taken=taken, conflicts=tuple(conflicts))


def remembered(last: Values | None, source: Values) -> Values:
    """Return what this source has given for the record so far; a blank cell takes nothing back."""
    given = {name: value for name, value in source.items() if value is not None}
    return {**dict.fromkeys(source), **(last or {}), **given}
