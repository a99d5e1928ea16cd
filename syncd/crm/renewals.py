"""What fields were called, and what they held, before their schema changed.

The history keeps each entry as it was written. What was renamed or retyped since is remembered
beside it, with the last entry of before: so an old entry is found under the name of today, and
its values are compared as what they mean today.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncd.core.past import Line
from syncd.core.plan import WHOLE_ROW
from syncd.core.snapshot import FieldName, TableName, Value
from syncd.crm.database import Database
from syncd.crm.reread import Rereading, changes_meaning
from syncd.crm.shape import NOW
from syncd.schema import Field, Schema, Table
from syncd.schema.document import dump_field, load_field

RENAMED = "field renamed"
_NEWEST = 2**63 - 1
_OF_VALUES = ("changed", "written", "review open", "review rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """One field that got another name or holds something else; `until` is the last entry before."""

    table: TableName
    was: Field
    field: Field
    until: int

    def concerns(self, table: object, entry: int) -> bool:
        """Whether an entry of the history was written before it, about its table."""
        return self.table == table and entry <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The entries of the history, after one and until another, in which a field has a name."""

    table: TableName
    name: FieldName
    after: int
    until: int


def remember(database: Database, renewal: Renewal) -> None:
    """Remember that a field is renewed; the history tells of another name."""
    was, field = renewal.was, renewal.field
    database.connection.execute(
        'INSERT INTO _syncd_renewals ("table", was, field, until) VALUES (?, ?, ?, ?)',
        [renewal.table, dump_field(was), dump_field(field), renewal.until],
    )
    if was.name != field.name:
        database.connection.execute(
            'INSERT INTO _syncd_history (at, side, origin, "table", row, field, before, after,'
            f" outcome) VALUES ({NOW}, 'crm', 'schema', ?, '', ?, ?, ?, ?)",
            [renewal.table, field.name, was.name, field.name, RENAMED],
        )


class Renewals:
    """The fields of one CRM that were renamed or retyped, oldest first."""

    def __init__(self, database: Database, schema: Schema) -> None:
        self.database = database
        self.schema = schema

    def all(self) -> list[Renewal]:
        """Return all of them."""
        with self.database.failures():
            rows = self.database.connection.execute(
                'SELECT "table", was, field, until FROM _syncd_renewals ORDER BY id'
            ).fetchall()
        return [
            Renewal(
                table=TableName(table), was=load_field(was), field=load_field(field), until=until
            )
            for table, was, field, until in rows
        ]

    def carry(self, lines: Iterable[Line]) -> list[Line]:
        """Return lines of the history as their fields are called, and hold values, today."""
        renewals = self.all()
        if not renewals:
            return list(lines)
        readings = {
            at: Rereading.of(self.database, self.schema, each.was, each.field)
            for at, each in enumerate(renewals)
            if changes_meaning(each.was, each.field)
        }
        return [_carried(line, renewals, readings) for line in lines]

    def naming(self, schema: Schema) -> Schema:
        """Return a schema in which each field says all that it was called, as far as is known."""
        return replace(
            schema,
            tables=tuple(
                replace(table, fields=tuple(self._naming(table, each) for each in table.fields))
                for table in schema.tables
            ),
        )

    def _naming(self, table: Table, field: Field) -> Field:
        spans = self.spans(field.name, table.name)
        names = dict.fromkeys((*field.formerly, *(span.name for span in spans)))
        return replace(field, formerly=tuple(name for name in names if name not in table.by_name))

    def spans(self, name: str, table: str | None) -> list[Span]:
        """Return what the field was called that has a name today, or had it and has another."""
        renamed = [each for each in self.all() if each.was.name != each.field.name]
        found: list[Span] = []
        for described in self.schema.tables if renamed else ():
            if table in (None, described.name):
                own = [each for each in renamed if each.table == described.name]
                known = FieldName(name)
                today = known if known in described.by_name else _called_since(own, known)
                found += _spans(described.name, own, today)
        return found


def called(renewals: Iterable[Renewal], table: object, name: object, entry: int) -> str:
    """Return how the field is called today that an entry of the history names."""
    found = str(name)
    for each in renewals:
        if each.concerns(table, entry) and each.was.name == found:
            found = each.field.name
    return found


def _called_since(renamed: Iterable[Renewal], name: FieldName) -> FieldName:
    for each in renamed:
        if each.was.name == name:
            name = each.field.name
    return name


def _spans(table: TableName, renamed: Sequence[Renewal], name: FieldName) -> Iterator[Span]:
    """Yield the names of a field from today back to where it began, or took the name of another."""
    until = _NEWEST
    for each in reversed(renamed):
        if name in (each.field.name, each.was.name):
            yield Span(table=table, name=name, after=each.until, until=until)
            if name == each.was.name:
                return
            name, until = each.was.name, each.until
    yield Span(table=table, name=name, after=0, until=until)


def _carried(line: Line, renewals: Sequence[Renewal], readings: Mapping[int, Rereading]) -> Line:
    name, values = line.field, (line.before, line.after)
    for at, each in enumerate(renewals):
        if not each.concerns(line.table, line.id):
            continue
        if name == WHOLE_ROW:
            before, after = (_record(value, each, readings.get(at)) for value in values)
            values = (before, after)
        elif name == each.was.name:
            name = each.field.name
            if at in readings and line.outcome in _OF_VALUES:
                values = (readings[at].read(values[0]), readings[at].read(values[1]))
    return replace(line, field=name, before=values[0], after=values[1])


def _record(told: Value, renewal: Renewal, reading: Rereading | None) -> Value:
    """Return a record that the history tells whole, with one field renewed."""
    if not isinstance(told, str) or not told.startswith("{"):
        return told
    record: dict[str, Any] = json.loads(told)
    if renewal.was.name not in record:
        return told
    value = record.pop(renewal.was.name)
    record[renewal.field.name] = reading.read(value) if reading else value
    return json.dumps(record, ensure_ascii=False)
