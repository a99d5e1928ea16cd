"""What the two replicas and the base hold, as plain frozen values.

Lives here: the shapes that `reconcile` compares. It must not know: where they were read from,
what a field means, or how a cell looks.

A `Value` is the scalar that the CRM stores: text, whole number, real number, or None for blank.
A date is ISO text, a boolean 0 or 1, money a real number rounded to its minor unit, a percent
a fraction, a reference the id of the row that it points to. Both replicas are decoded to this
one form before they come here, so that equality is plain equality.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NewType

RowId = NewType("RowId", str)
TableName = NewType("TableName", str)
FieldName = NewType("FieldName", str)

Value = str | int | float | None
Values = Mapping[FieldName, Value]


class Side(Enum):
    """One of the two replicas."""

    SHEET = "sheet"
    CRM = "crm"

    @property
    def other(self) -> "Side":
        """The replica across."""
        return Side.CRM if self is Side.SHEET else Side.SHEET


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why one field of a row cannot be taken: what stands there, why not, and what would do.

    `waits` marks a problem that another row's progress cures (a reference to a row that is
    itself waiting), so nobody has to mend this one.
    """

    field: FieldName
    text: str
    reason: str
    example: str = ""
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row of a tab: fields that could not be read are in `problems` and not in `values`."""

    id: RowId
    position: int
    values: Values
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmRow:
    """One record: `problems` says what another program wrote that the schema does not allow."""

    id: RowId
    values: Values
    archived: bool = False
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRow:
    """What both replicas were last verified to share of one row.

    `archived`: both knew the record as archived. `gone`: the sheet no longer shows the row.
    """

    values: Values = field(default_factory=dict)
    archived: bool = False
    gone: bool = False
