"""Rows as they were seen and records as they are known, which identity brings together.

Lives here: what one read of a tab tells of its rows, what is known of each record, what people
said, and what came of it. It must not know: how it is decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from syncd.core.snapshot import FieldName, RowId, Values

Key = tuple[object, ...]


class Answer(Enum):
    """What a person said of a row that was left alone.

    It is the same record, or another row; or, of several rows that may be one record, it is the one
    that keeps it.
    """

    RENAMED = "renamed"
    REPLACED = "replaced"
    KEEPS = "keeps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A person's answer about the row under an id; it holds for the content that was seen."""

    answer: Answer
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One row as it was read: its place, the id that stands in it, and its content.

    `others` are keys that it could be known by beside its own.
    """

    position: int
    id: str
    key: Key | None
    values: Values
    blank: bool = False
    others: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a record: its key, its content as shared, and whether it is in use.

    `named_by` are the fields that its key is made of. A row that is no record yet has no values.
    """

    key: Key | None
    values: Values
    archived: bool = False
    named_by: frozenset[FieldName] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """The settlement: each row's id by position, and the positions that are left alone, with why.

    `blank` are rows under a known id whose cells are all empty: the record was removed there.
    `stale` are blank rows whose id is not theirs any more: it went to another row, it stands in a
    blank row above as well, or there is no record of it in use.
    `frozen_ids` are the records that a row left alone may be. `held` are rows left alone that a
    person can settle by their id, `settled` those of which it was said and is not done yet.
    `copies` are several rows left alone of which one may keep the record: a person says which.
    """

    ids: Mapping[int, RowId]
    frozen: Mapping[int, str]
    frozen_ids: frozenset[RowId]
    blank: Mapping[RowId, int]
    held: Mapping[RowId, Seen] = field(default_factory=dict)
    settled: frozenset[RowId] = frozenset()
    stale: tuple[int, ...] = ()
    copies: Mapping[RowId, tuple[Seen, ...]] = field(default_factory=dict)
