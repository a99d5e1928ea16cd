"""An import as frozen data, before anything is written: what it creates, changes and asks.

Lives here: the shapes of a plan and its report. They are made in `draft`, from a source's rows and
the CRM's records; applying them is somebody else's work.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from syncd.core.snapshot import FieldName, RowId, TableName, Value, Values

Records = Mapping[RowId, Values]


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """A record that a row of the source becomes."""

    number: int
    id: RowId
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """The fields of a record that follow the source, and what they held when it was planned."""

    number: int
    id: RowId
    values: Values
    before: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A field where the CRM's value stands, for a person to review."""

    number: int
    id: RowId
    field: FieldName
    source: Value
    crm: Value
    last: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason why a row was not taken: what stands there, why not, and what would do."""

    number: int
    field: FieldName
    text: str
    reason: str
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What becomes of the rows; each of them is in one of the counts from created to blank.

    `conflicts` counts fields, of rows that are counted as updated or unchanged. `unread` are the
    titles of columns that give no field.
    """

    rows: int
    created: int
    updated: int
    unchanged: int
    merged: int
    refused: int
    blank: int
    conflicts: int
    header_row: int
    unread: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ImportPlan:
    """What an import of one table would do.

    `remember` is what the source now gives, by record, where that is new: the next import needs
    it as `last`. `records` tells which record a row gave, `status` is the answer to each row;
    both by the row's number in the source.
    """

    table: TableName
    creates: tuple[Create, ...]
    updates: tuple[Update, ...]
    conflicts: tuple[Conflict, ...]
    refused: tuple[Refusal, ...]
    remember: Records
    records: Mapping[int, RowId]
    status: Mapping[int, str]
    report: ImportReport

    @property
    def is_empty(self) -> bool:
        """Whether it would change nothing and ask nothing."""
        return not (self.creates or self.updates or self.conflicts)

    @cached_property
    def digest(self) -> str:
        """A fingerprint of what is planned; the ids of new records do not count."""
        new = [[each.number, _plain(each.values)] for each in self.creates]
        known = [[each.id, _plain(each.values), _plain(each.before)] for each in self.updates]
        asked = [[each.id, each.field, each.source, each.crm] for each in self.conflicts]
        planned = json.dumps([self.table, new, known, asked], sort_keys=True)
        return hashlib.sha256(planned.encode()).hexdigest()


def _plain(values: Values) -> dict[str, Value]:
    return {str(name): value for name, value in values.items()}
