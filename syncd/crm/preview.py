"""A preview of what a schema would do to a database: done to a copy in memory, and looked at."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncd.core.snapshot import FieldName, Problem, RowId, TableName
from syncd.crm.database import Database
from syncd.crm.migrations import migrations
from syncd.crm.tables import DOCUMENT, prepare_tables
from syncd.crm.unfit import unfit_records
from syncd.errors import CrmError
from syncd.schema import Labels, Schema, plain_label
from syncd.schema.document import (
    Difference,
    Former,
    differences,
    forgotten_tables,
    former_fields,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """A record that its schema would not allow: what it is called, and why not."""

    row: RowId
    label: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a schema changes, whom it leaves unfit, and how many values it would put aside.

    `state` is what the database remembers at present.
    """

    differences: tuple[Difference, ...] = ()
    unfit: Mapping[TableName, tuple[Unfit, ...]] = field(default_factory=dict)
    aside: Mapping[tuple[TableName, FieldName], int] = field(default_factory=dict)
    forgotten: tuple[TableName, ...] = ()
    state: Mapping[str, str] = field(default_factory=dict)


def preview(path: Path, schema: Schema) -> Preview:
    """Return what would change in a database; the file itself is only read."""
    if not path.exists():
        return Preview(differences=tuple(differences({}, schema)))
    database = Database(path, lambda *_given, **_named: _copy_of(path))
    try:
        return _previewed(database, schema)
    finally:
        database.close()


def _copy_of(path: Path) -> sqlite3.Connection:
    """Return a copy in memory, so that nothing of the file, not even its lock, is touched."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        file = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            file.backup(copy)
        finally:
            file.close()
    except BaseException:
        copy.close()
        raise
    return copy


def _previewed(database: Database, schema: Schema) -> Preview:
    connection = database.connection
    with database.failures():
        before = _aside(connection) if _has_state(connection) else {}
        state = _state(connection) if _has_state(connection) else {}
        known = former_fields(state.get(DOCUMENT), forgotten=False)
        connection.execute("PRAGMA foreign_keys = OFF")
        with database.transaction():
            migrations.apply(database.tables)
            prepare_tables(database, schema)
        unfit = {
            table.name: tuple(
                Unfit(row=row, label=plain_label(table, values, Labels()), problems=problems)
                for row, values, problems in unfit_records(database, table)
            )
            for table in schema.tables
        }
        after = _state(connection)
        return Preview(
            differences=tuple(differences(known or _undescribed(state), schema)),
            unfit={name: found for name, found in unfit.items() if found},
            aside={key: n for key, n in _aside(connection).items() if before.get(key) != n},
            forgotten=tuple(forgotten_tables(after.get(DOCUMENT))),
            state=state,
        )


def _undescribed(state: Mapping[str, str]) -> Former:
    """Return the tables of a database of before schemas were remembered."""
    names = [key.partition(":")[2] for key in state if key.startswith("table:")]
    return {TableName(name): {} for name in names}


def _has_state(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_syncd_state'")
    return found.fetchone() is not None


def _state(connection: sqlite3.Connection) -> dict[str, Any]:
    try:
        return dict(connection.execute("SELECT key, value FROM _syncd_state").fetchall())
    except sqlite3.OperationalError as error:
        raise CrmError(f"the database is not syncd's: {error}") from error


def _aside(connection: sqlite3.Connection) -> dict[tuple[TableName, FieldName], int]:
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_syncd_aside'")
    if there.fetchone() is None:
        return {}
    rows = connection.execute('SELECT "table", field, count(*) FROM _syncd_aside GROUP BY 1, 2')
    return {(TableName(table), FieldName(name)): count for table, name, count in rows}
