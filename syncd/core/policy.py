"""What an admin decided: which replica has authority, and how the follower's acts are taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from syncd.core.snapshot import FieldName, Side


class Handling(Enum):
    """What becomes of an act of the follower: ask a person, take it, or turn it away."""

    REVIEW = "review"
    MERGE = "merge"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Who has authority over one table, and how the follower's edits, rows and removals count."""

    authority: Side
    edits: Handling = Handling.REVIEW
    new_rows: Handling = Handling.REVIEW
    removals: Handling = Handling.REVIEW
    fields: Mapping[FieldName, Handling] = field(default_factory=dict)
    remove_archived: bool = False

    def of_field(self, name: FieldName) -> Handling:
        """How an edit of this field by the follower is taken."""
        return self.fields.get(name, self.edits)
