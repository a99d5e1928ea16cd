"""What is remembered of rows, carried over when a schema changes: the base, and what is asked."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from syncd.core.snapshot import FieldName, Value
from syncd.crm.aside import bring_shared_back, put_shared_aside
from syncd.crm.database import Database
from syncd.crm.renewals import Renewal, remember
from syncd.crm.reread import Rereading, changes_meaning
from syncd.crm.shape import NOW
from syncd.schema import Field, Schema, Table
from syncd.schema.document import Former, former_name

Values = dict[str, Any]


def carry_over(database: Database, schema: Schema, former: Former, *, newest: int) -> None:
    """Name fields by their new names, read their values anew, and drop those that are gone.

    A base that kept a gone field, or an old reading, would make each row look changed. `newest` is
    the last entry of the history that knows the fields as they were.
    """
    for table in schema.tables:
        before = former.get(table.name)
        if before:
            moved = _Moved.of(database, schema, table, before)
            if moved.changes:
                _carry_base(database, table, moved)
                _carry_reviews(database, table, moved)
                _carry_problems(database, table, moved)
                _carry_imports(database, table, moved.values)
                _carry_history(database, table, before, newest)
    names = json.dumps([table.name for table in schema.tables])
    for kept in ("_syncd_problems", "_syncd_halts", "_syncd_missing"):
        database.connection.execute(
            f'DELETE FROM {kept} WHERE "table" NOT IN (SELECT value FROM json_each(?))', [names]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    """Where each field of a table went."""

    names: Mapping[str, FieldName]  # the former name of each field that is still there
    gone: tuple[FieldName, ...]
    came: tuple[FieldName, ...]  # new, or described again
    readings: Mapping[FieldName, Rereading]

    @classmethod
    def of(
        cls, database: Database, schema: Schema, table: Table, before: Mapping[FieldName, Field]
    ) -> "_Moved":
        names, readings = {}, {}
        for field in table.fields:
            was = former_name(field, before)
            if was is not None:
                names[str(was)] = field.name
                if changes_meaning(before[was], field):
                    readings[field.name] = Rereading.of(database, schema, before[was], field)
        gone = tuple(name for name in before if name not in names)
        came = tuple(name for name in table.names if name not in names.values())
        return cls(names=names, gone=gone, came=came, readings=readings)

    @property
    def changes(self) -> bool:
        moved = any(before != name for before, name in self.names.items())
        return bool(self.gone or self.came or self.readings or moved)

    def values(self, values: Values) -> Values:
        """Return values by the names, and in the reading, that hold now."""
        return {
            self.names[name]: self.value(self.names[name], value)
            for name, value in values.items()
            if name in self.names
        }

    def renamed(self, values: Values) -> Values:
        """Return values as they are, by the names that hold now."""
        return {self.names.get(name, name): value for name, value in values.items()}

    def value(self, field: FieldName, value: Value) -> Value:
        return self.readings[field].read(value) if field in self.readings else value


def _carry_base(database: Database, table: Table, moved: _Moved) -> None:
    """Carry over what is shared; of a field that goes it is kept, of one that returns it is back.

    Without it a field that returns would look edited on both sides wherever they differ.
    """
    rows = database.connection.execute(
        'SELECT row, "values" FROM _syncd_base WHERE "table" = ?', [table.name]
    ).fetchall()
    base: dict[str, Values] = {row: json.loads(values) for row, values in rows}
    put_shared_aside(database, table.name, moved.gone, base)
    back = bring_shared_back(database, table.name, moved.came)
    database.connection.executemany(
        'UPDATE _syncd_base SET "values" = ? WHERE "table" = ? AND row = ?',
        [
            (_dump({**moved.values(values), **back.get(row, {})}), table.name, row)
            for row, values in base.items()
        ],
    )


def _carry_imports(database: Database, table: Table, carried: Callable[[Values], Values]) -> None:
    rows = database.connection.execute(
        'SELECT given, source, row FROM _syncd_imports WHERE "table" = ?', [table.name]
    ).fetchall()
    database.connection.executemany(
        'UPDATE _syncd_imports SET given = ? WHERE source = ? AND "table" = ? AND row = ?',
        [(_dump(carried(json.loads(g))), source, table.name, row) for g, source, row in rows],
    )


def _carry_history(
    database: Database, table: Table, before: Mapping[FieldName, Field], newest: int
) -> None:
    """Remember what fields were until now, so that the history of before is understood."""
    for field in table.fields:
        name = former_name(field, before)
        was = before[name] if name is not None else field
        if was.name != field.name or changes_meaning(was, field):
            remember(database, Renewal(table=table.name, was=was, field=field, until=newest))


def _carry_reviews(database: Database, table: Table, moved: _Moved) -> None:
    """Ask on under the new names; a question about a field that is gone ends, and says so.

    What closed ones held stays, under the names of today.
    """
    connection = database.connection
    for name in moved.gone:
        asked = (
            'FROM _syncd_reviews WHERE "table" = ? AND field = ?'
            " AND standing IN ('open', 'accepted')"
        )
        connection.execute(
            'INSERT INTO _syncd_history (at, side, origin, "table", row, field, before, after,'
            f" outcome, reason) SELECT {NOW}, side, 'schema', \"table\", row, field,"
            " json_extract(shown, '$.' || field), json_extract(offered, '$.' || field),"
            f" 'review moot', 'the field is described no more' {asked}",
            [table.name, name],
        )
        connection.execute(
            f"UPDATE _syncd_reviews SET standing = 'moot', closed_at = {NOW} WHERE id IN"
            f" (SELECT id {asked})",
            [table.name, name],
        )
    rows = connection.execute(
        "SELECT id, standing IN ('taken', 'moot'), field, offered, shown, base"
        ' FROM _syncd_reviews WHERE "table" = ?',
        [table.name],
    ).fetchall()
    connection.executemany(
        "UPDATE _syncd_reviews SET field = ?, offered = ?, shown = ?, base = ? WHERE id = ?",
        [
            (
                moved.names.get(field, field),
                *(
                    _dump((moved.renamed if closed else moved.values)(json.loads(each)))
                    for each in values
                ),
                number,
            )
            for number, closed, field, *values in rows
            if field not in moved.gone
        ],
    )


def _carry_problems(database: Database, table: Table, moved: _Moved) -> None:
    for before, name in moved.names.items():
        if before != name:
            database.connection.execute(
                'UPDATE _syncd_problems SET field = ? WHERE "table" = ? AND field = ?',
                [name, table.name, before],
            )
    for name in moved.gone:
        database.connection.execute(
            'DELETE FROM _syncd_problems WHERE "table" = ? AND field = ?', [table.name, name]
        )


def _dump(values: Values) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
