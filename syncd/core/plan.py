"""The plan: what a cycle will do, as frozen data that never acts by itself.

Lives here: actions, reviews, the plan of one row, of a table, and its digest. It must not know:
how an action is carried out, or in which words a person is told.

A `RowPlan` is all that will happen to one row. Its base is recorded only when each of its
actions was carried out and verified; until then the row is planned anew from what is there.
"""

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from syncd.core.snapshot import (
    BaseRow,
    FieldName,
    Problem,
    RowId,
    Side,
    TableName,
    Value,
    Values,
)

WHOLE_ROW = FieldName("")
_ACTS = ("undo:", "restore:")


class Case(Enum):
    """What a row's three states mean to a person; the value is that sentence."""

    IN_SYNC = "Both sides hold the same."
    EDITED = "One side or both changed fields of the row."
    REFUSED = "The row in the sheet fails its schema; it changes nothing until it is mended."
    INVALID_RECORD = "The record in the CRM fails its schema; it is not shown until it is mended."
    NEW_IN_SHEET = "Somebody added a row to the sheet."
    NEW_IN_CRM = "Somebody added a record to the CRM."
    REMOVED_IN_SHEET = "Somebody took the row out of the sheet."
    REMOVED_IN_CRM = "Somebody archived or deleted the record in the CRM."
    RETURNED = "A row that had been removed from the sheet is there again."
    ARCHIVED = "Both sides know the record as archived."
    MISSING = "The row was not in this read; one more complete read decides."
    VANISHED = "Neither side has the row any more."
    WITHDRAWN = "An admin takes the row back."


class ReviewKind(Enum):
    """What a person is asked about: an edit of one field, a new row, or a removal.

    The last two are nobody's question but an admin's own act: a row is taken back, its record with
    it where that is the side, or brought back.
    """

    EDIT = "edit"
    NEW = "new"
    REMOVAL = "removal"
    WITHDRAWAL = "withdrawal"
    RETURN = "return"


class Standing(Enum):
    """How far a review entry has come; the last three are ends."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TAKEN = "taken"
    MOOT = "moot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """An act of `side` that was not taken: what it offered, and what it was shown against.

    `field` is `WHOLE_ROW` for a new row or a removal. An unacceptable one keeps the text that
    was typed; it can be mended or rejected, never accepted. `by` is who answered it, as the
    history tells it. `source` is what was imported where that, and nobody in the sheet, offered it.
    """

    kind: ReviewKind
    row: RowId
    side: Side
    field: FieldName = WHOLE_ROW
    offered: Values = dataclasses.field(default_factory=dict)
    shown: Values = dataclasses.field(default_factory=dict)
    base: Values = dataclasses.field(default_factory=dict)
    standing: Standing = Standing.OPEN
    reason: str = ""
    by: str = ""
    waits: bool = False  # what it refers to is not taken yet: the reason cures itself
    source: str = dataclasses.field(default="", compare=False)

    @property
    def acceptable(self) -> bool:
        """Whether what was offered could be taken as it is."""
        return not self.reason

    @property
    def pending(self) -> bool:
        """Whether something is still to come of it: an answer, or what the answer asks for."""
        return self.standing in (Standing.OPEN, Standing.ACCEPTED)

    @property
    def is_recall(self) -> bool:
        """Whether an admin takes the row as a whole back by it, or brings it back, unasked."""
        if self.standing is not Standing.ACCEPTED:
            return False
        named = self.kind is ReviewKind.REMOVAL and self.by.startswith(_ACTS)
        return named or self.kind in (ReviewKind.WITHDRAWAL, ReviewKind.RETURN)

    @property
    def key(self) -> "ReviewKey":
        """There is one entry per row, field and side."""
        return (self.row, self.field, self.side)


ReviewKey = tuple[RowId, FieldName, Side]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One field's change: the value that must stand there, and the value that will."""

    field: FieldName
    expected: Value
    value: Value
    typed: str | None = None  # the text that stands there, where it could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Change fields of a row that stands on `side`."""

    side: Side
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Make the row on `side`, where it does not stand yet."""

    side: Side
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Take the record out of use in the CRM.

    `held` is what the record held when that was decided: one that moved since is decided anew.
    """

    side: ClassVar[Side] = Side.CRM
    held: Values | None = dataclasses.field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unarchive:
    """Take the record into use again in the CRM.

    `held` is what the record held when that was decided: one that moved since is decided anew.
    """

    side: ClassVar[Side] = Side.CRM
    held: Values | None = dataclasses.field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Take an archived record's row out of the sheet."""

    side: ClassVar[Side] = Side.SHEET


Action = Put | Create | Archive | Unarchive | Remove


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPlan:
    """All that happens to one row, the base that both sides share afterwards, and what to say.

    `base` is None where nothing is shared. `reviews` are entries to write as they stand here.
    `turned` are edits that the history alone keeps (policy reject). `removes`: whether it takes the
    row out of use, or empties it, on the strength of its absence.
    """

    row: RowId
    case: Case
    actions: tuple[Action, ...] = ()
    base: BaseRow | None = None
    reviews: tuple[Review, ...] = ()
    turned: tuple[Review, ...] = ()
    problems: tuple[Problem, ...] = ()
    waiting: tuple[Review, ...] = ()  # open reviews of the row once the plan is carried out
    removes: bool = False

    def on(self, side: Side) -> bool:
        """Whether an action of the plan writes to `side`."""
        return any(side_of(action) is side for action in self.actions)


def side_of(action: Action) -> Side:
    """Return the replica that an action writes to."""
    return action.side


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Why a table is held back, until a person decides: what ran into the rail, counted.

    `held` names each part that is held back; `digest` is its short name, by which it is approved.
    Without a digest no approval lets it through: the cause has to be mended.
    """

    table: TableName
    rail: str
    count: int
    of: int
    digest: str
    held: frozenset[str] = dataclasses.field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePlan:
    """The plans of one table's rows, without those where nothing at all is to be said.

    `approved`: the digests of the approvals without which it would be held back.
    """

    table: TableName
    rows: tuple[RowPlan, ...]
    halts: tuple[Halt, ...] = ()
    approved: frozenset[str] = frozenset()

    @property
    def removes(self) -> frozenset[RowId]:
        """The rows that it takes out of use, or empties, on the strength of their absence."""
        return frozenset(plan.row for plan in self.rows if plan.removes)

    @property
    def missing(self) -> frozenset[RowId]:
        """The rows that one more complete read has to miss before their absence counts."""
        return frozenset(plan.row for plan in self.rows if plan.case is Case.MISSING)


def digest_of(plans: Iterable[TablePlan]) -> str:
    """Return a short name of what the plans would do, equal for equal effects.

    A new row counts by its content: until it is taken, each read gives it another id.
    """
    names: dict[object, str] = {}
    effects = []
    for plan in plans:
        for row in plan.rows:
            if not (row.actions or row.reviews):
                continue
            if _is_new(row):
                names[row.row] = "new"
            effect = repr(_ordered((plan.table, row.row, row.actions, row.reviews), names))
            effects.append(effect)
            if _is_new(row):
                names[row.row] = _short_hash(effect)
    return _short_hash("\n".join(sorted(effects)))


def _is_new(row: RowPlan) -> bool:
    created = any(isinstance(action, Create) for action in row.actions)
    return created or any(review.kind is ReviewKind.NEW for review in row.reviews)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _ordered(part: object, names: Mapping[object, str]) -> object:
    """Return a part of a plan in a form that does not depend on the order of its fields."""
    if isinstance(part, str):
        return names.get(part, part)
    if part is None or isinstance(part, int | float):
        return part
    if isinstance(part, Mapping):
        return sorted((name, repr(_ordered(value, names))) for name, value in part.items())
    if isinstance(part, tuple):
        return [_ordered(one, names) for one in part]
    if dataclasses.is_dataclass(part):
        fields = (getattr(part, each.name) for each in dataclasses.fields(part) if each.compare)
        return [type(part).__name__, *(_ordered(value, names) for value in fields)]
    return part
