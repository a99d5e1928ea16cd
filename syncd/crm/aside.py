"""What is put aside when a field leaves its schema, and comes back with it.

The values of its column, and what both sides shared of them: without that nobody could tell, when
the field returns, which side has been edited.
"""

from collections.abc import Collection, Mapping
from typing import Any

from syncd.core.snapshot import FieldName, TableName
from syncd.crm.database import Database
from syncd.crm.shape import NOW

Shared = dict[str, dict[str, Any]]  # by the row's id, then by the field's name


def put_aside(database: Database, table: TableName, name: FieldName) -> None:
    """Keep the values of a column that left the schema, in the history as well."""
    quoted = f'"{name}"'
    database.connection.execute(
        'DELETE FROM _syncd_aside WHERE "table" = ? AND field = ?', [table, name]
    )
    database.connection.execute(
        f"INSERT INTO _syncd_aside SELECT ?, id, ?, {quoted}"
        f' FROM "{table}" WHERE {quoted} IS NOT NULL',
        [table, name],
    )
    database.connection.execute(
        'INSERT INTO _syncd_history (at, side, origin, "table", row, field, before, outcome)'
        f" SELECT {NOW}, 'crm', 'schema', ?, id, ?, {quoted}, 'column removed'"
        f' FROM "{table}" WHERE {quoted} IS NOT NULL',
        [table, name],
    )


def bring_back(database: Database, table: TableName, name: FieldName, *, working: str) -> None:
    """Give a column that is described again its values, in the table that is being made anew."""
    put_there = (
        f'"{name}" IS NULL AND id IN (SELECT row FROM _syncd_aside WHERE "table" = ? AND field = ?)'
    )
    value = (
        '(SELECT value FROM _syncd_aside AS a WHERE a."table" = ? AND a.field = ? AND a.row = t.id)'
    )
    database.connection.execute(
        'INSERT INTO _syncd_history (at, side, origin, "table", row, field, after, outcome)'
        f" SELECT {NOW}, 'crm', 'schema', ?, id, ?, {value}, 'column returned'"
        f' FROM "{working}" AS t WHERE {put_there} ORDER BY rowid',
        [table, name, table, name, table, name],
    )
    database.connection.execute(
        f'UPDATE "{working}" AS t SET "{name}" = {value} WHERE {put_there}',
        [table, name, table, name],
    )
    database.connection.execute(
        'DELETE FROM _syncd_aside WHERE "table" = ? AND field = ?', [table, name]
    )


def put_shared_aside(
    database: Database, table: TableName, gone: Collection[FieldName], base: Mapping[str, Any]
) -> None:
    """Keep what was shared, row by row, of fields that left the schema."""
    for name in gone:
        database.connection.execute(
            'DELETE FROM _syncd_aside_base WHERE "table" = ? AND field = ?', [table, name]
        )
        database.connection.executemany(
            "INSERT INTO _syncd_aside_base VALUES (?, ?, ?, ?)",
            [
                (table, row, name, values[name])
                for row, values in base.items()
                if values.get(name) is not None
            ],
        )


def bring_shared_back(database: Database, table: TableName, came: Collection[FieldName]) -> Shared:
    """Return what was shared, row by row, of fields that are described again, and forget it."""
    found: Shared = {}
    for name in came:
        rows = database.connection.execute(
            'SELECT row, value FROM _syncd_aside_base WHERE "table" = ? AND field = ?',
            [table, name],
        ).fetchall()
        for row, value in rows:
            found.setdefault(row, {})[name] = value
        database.connection.execute(
            'DELETE FROM _syncd_aside_base WHERE "table" = ? AND field = ?', [table, name]
        )
    return found
