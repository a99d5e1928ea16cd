"""A STRICT table for each schema: made, and made anew when its description changes.

The records' tables are plain, so that any SQLite tool may work with them. Triggers write the
history of every change, whoever makes it; they use built-in functions only.
"""

import sqlite3

from syncd.crm.database import Database
from syncd.errors import SchemaError
from syncd.schema import Field, Kind, Schema, Table

_TYPES = {
    Kind.TEXT: "TEXT",
    Kind.INTEGER: "INTEGER",
    Kind.NUMBER: "REAL",
    Kind.PERCENT: "REAL",
    Kind.MONEY: "REAL",
    Kind.DATE: "TEXT",
    Kind.BOOLEAN: "INTEGER",
    Kind.CHOICE: "TEXT",
    Kind.REFERENCE: "TEXT",
}
_RANDOM = "lower(hex(randomblob(10)))"
_NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"


def prepare_tables(database: Database, schema: Schema) -> None:
    """Make the records' tables as the schema describes them, keeping what they hold."""
    for table in schema.tables:
        wanted, key = _create(table), f"table:{table.name}"
        existing = _columns(database, table)
        if existing and _described(database, key) == wanted:
            continue
        try:
            if existing:
                _rebuild(database, table, wanted, existing)
            else:
                database.connection.execute(wanted)
        except sqlite3.IntegrityError as error:
            raise SchemaError(
                f"records in the table {table.name} do not fit its new description ({error})",
                on=table.name,
                hint="Mend these records first, or take the new rule out of the schema.",
            ) from error
        database.connection.execute(
            "INSERT OR REPLACE INTO _syncd_state VALUES (?, ?)", [key, wanted]
        )
    for table in schema.tables:
        _index_and_watch(database.connection, table)


def _columns(database: Database, table: Table) -> list[str]:
    """Return the columns that the file's table has, none where there is no such table."""
    found = database.connection.execute(f'PRAGMA table_info("{table.name}")')
    return [str(column[1]) for column in found]


def _described(database: Database, key: str) -> str | None:
    """Return the description by which the table was last made."""
    found = database.connection.execute("SELECT value FROM _syncd_state WHERE key = ?", [key])
    row = found.fetchone()
    return str(row[0]) if row else None


def _create(table: Table) -> str:
    columns = [
        f"    id TEXT PRIMARY KEY NOT NULL DEFAULT ('{table.prefix}' || {_RANDOM})",
        *(f"    {_column(field)}" for field in table.fields),
        f"    created_at TEXT NOT NULL DEFAULT ({_NOW})",
        f"    updated_at TEXT NOT NULL DEFAULT ({_NOW})",
        "    archived_at TEXT",
    ]
    body = ",\n".join(columns)
    return f'CREATE TABLE "{table.name}" (\n{body}\n) STRICT'


def _column(field: Field) -> str:
    parts = [f'"{field.name}"', _TYPES[field.kind]]
    if field.required:
        parts.append("NOT NULL")
    if field.choices:
        choices = ", ".join("'" + choice.replace("'", "''") + "'" for choice in field.choices)
        parts.append(f'CHECK ("{field.name}" IN ({choices}))')
    elif field.kind is Kind.BOOLEAN:
        parts.append(f'CHECK ("{field.name}" IN (0, 1))')
    elif field.kind is Kind.DATE:
        parts.append(f'CHECK ("{field.name}" = date("{field.name}"))')
    if field.reference:
        parts.append(f'REFERENCES "{field.reference}" (id)')
    return " ".join(parts)


def _rebuild(database: Database, table: Table, wanted: str, old: list[str]) -> None:
    """Copy the table into its new shape; a column that left the schema is kept in the history."""
    connection = database.connection
    own = {"id", "created_at", "updated_at", "archived_at"}
    kept = own | {str(field.name) for field in table.fields}
    for name in (name for name in old if name not in kept):
        connection.execute(
            'INSERT INTO _syncd_history (at, side, origin, "table", row, field, before, outcome)'
            f" SELECT {_NOW}, 'crm', 'schema', ?, id, ?, \"{name}\", 'column removed'"
            f' FROM "{table.name}" WHERE "{name}" IS NOT NULL',
            [table.name, name],
        )
    for (trigger,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", [table.name]
    ).fetchall():
        connection.execute(f'DROP TRIGGER "{trigger}"')
    shared = ", ".join(f'"{name}"' for name in old if name in kept)
    temporary = f"_syncd_new_{table.name}"
    head = f'CREATE TABLE "{table.name}"'
    connection.execute(wanted.replace(head, f'CREATE TABLE "{temporary}"', 1))
    connection.execute(f'INSERT INTO "{temporary}" ({shared}) SELECT {shared} FROM "{table.name}"')
    connection.execute(f'DROP TABLE "{table.name}"')
    connection.execute(f'ALTER TABLE "{temporary}" RENAME TO "{table.name}"')


def _index_and_watch(connection: sqlite3.Connection, table: Table) -> None:
    """Make the unique indexes and the triggers that the description asks for."""
    for field in table.fields:
        name = f"{table.name}_{field.name}_unique"
        connection.execute(f'DROP INDEX IF EXISTS "{name}"')
        if field.unique:
            connection.execute(
                f'CREATE UNIQUE INDEX "{name}" ON "{table.name}" (lower("{field.name}"))'
                f' WHERE "{field.name}" IS NOT NULL AND archived_at IS NULL'
            )
    for event, text in _triggers(table).items():
        connection.execute(f'DROP TRIGGER IF EXISTS "_syncd_{table.name}_{event}"')
        connection.execute(f'CREATE TRIGGER "_syncd_{table.name}_{event}" {text}')


def _triggers(table: Table) -> dict[str, str]:
    name = table.name
    updates = "\n".join(
        _entry(name, "NEW.id", field.name, f'OLD."{field.name}"', f'NEW."{field.name}"', "changed")
        + f' WHERE OLD."{field.name}" IS NOT NEW."{field.name}";'
        for field in table.fields
    )
    archived = (
        _entry(name, "NEW.id", "", "OLD.archived_at", "NEW.archived_at", "archived")
        + " WHERE OLD.archived_at IS NULL AND NEW.archived_at IS NOT NULL;\n"
        + _entry(name, "NEW.id", "", "OLD.archived_at", "NEW.archived_at", "unarchived")
        + " WHERE OLD.archived_at IS NOT NULL AND NEW.archived_at IS NULL;"
    )
    stamp = f'UPDATE "{name}" SET updated_at = {_NOW} WHERE id = NEW.id;'
    columns = ", ".join(f'"{field.name}"' for field in table.fields)
    new, old = (_record(table, alias) for alias in ("NEW", "OLD"))
    replaced = ", ".join(f"'{field.name}', \"{field.name}\"" for field in table.fields)
    return {
        "insert": f'AFTER INSERT ON "{name}" BEGIN\n'
        f"{_entry(name, 'NEW.id', '', 'NULL', new, 'created')};\nEND",
        "update": f'AFTER UPDATE OF {columns}, archived_at ON "{name}" BEGIN\n'
        f"{updates}\n{archived}\n{stamp}\nEND",
        "delete": f'AFTER DELETE ON "{name}" BEGIN\n'
        f"{_entry(name, 'OLD.id', '', old, 'NULL', 'deleted')};\nEND",
        "replace": f'BEFORE INSERT ON "{name}"'
        f' WHEN EXISTS (SELECT 1 FROM "{name}" WHERE id = NEW.id) BEGIN\n'
        + _entry(
            name,
            "NEW.id",
            "",
            f'(SELECT json_object({replaced}) FROM "{name}" WHERE id = NEW.id)',
            "NULL",
            "replaced",
        )
        + ";\nEND",
    }


def _record(table: Table, alias: str) -> str:
    pairs = ", ".join(f"'{field.name}', {alias}.\"{field.name}\"" for field in table.fields)
    return f"json_object({pairs})"


def _entry(table: str, row: str, field: str, before: str, after: str, outcome: str) -> str:
    """Return the statement that writes one history entry from within a trigger."""
    return (
        'INSERT INTO _syncd_history (at, cycle, side, origin, "table", row, field, before, after,'
        f" outcome) SELECT {_NOW}, (SELECT cycle FROM _syncd_writer), 'crm',"
        f" coalesce((SELECT origin FROM _syncd_writer), 'crm'), '{table}', {row}, '{field}',"
        f" {before}, {after}, '{outcome}'"
    )
