"""The records themselves: read whole, written only where they still hold what was read."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncd.core.plan import Action, Archive, Create, Put, Remove, Unarchive
from syncd.core.snapshot import FieldName, RowId, Value, Values
from syncd.crm.database import Database
from syncd.schema import Table

_AT = "coalesce((SELECT at FROM _syncd_writer), strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record as it stands in the file, not yet checked against its schema."""

    values: Values
    archived: bool


class Records:
    """The records' tables of one CRM."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def read(self, table: Table) -> dict[RowId, Record]:
        """Return every record of a table by its id, in the order they were made.

        An empty text, which only another program writes, is the same as nothing.
        """
        names = [field.name for field in table.fields]
        columns = ", ".join(f"nullif(\"{name}\", '')" for name in names)
        with self.database.failures():
            rows = self.database.connection.execute(
                f'SELECT id, archived_at IS NOT NULL, {columns} FROM "{table.name}" ORDER BY rowid'
            )
            return {RowId(row[0]): _record(names, row) for row in rows}

    def some(self, table: Table, rows: Sequence[RowId]) -> dict[RowId, Record]:
        """Return those of the records that are there, by their id."""
        names = [field.name for field in table.fields]
        columns = ", ".join(f"nullif(\"{name}\", '')" for name in names)
        with self.database.failures():
            found = self.database.connection.execute(
                f'SELECT id, archived_at IS NOT NULL, {columns} FROM "{table.name}"'
                " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY rowid",
                [json.dumps(rows)],
            )
            return {RowId(row[0]): _record(names, row) for row in found}

    def apply(self, table: Table, row: RowId, action: Action) -> str | None:
        """Carry out one action on a record; return why not, where it could not be.

        A record that no longer holds what the action expects is left alone.
        """
        connection = self.database.connection
        connection.execute("SAVEPOINT record")
        try:
            changed = self._carry_out(connection, table, row, action)
        except sqlite3.IntegrityError as error:
            connection.execute("ROLLBACK TO record")
            return _refusal(error)
        finally:
            connection.execute("RELEASE record")
        return None if changed else "the record was changed meanwhile"

    def swap(self, table: Table, puts: Sequence[tuple[RowId, Put]]) -> bool:
        """Carry out changes that only fit together, or none: records that trade unique values.

        Each record lets go of its unique values before any takes its new ones.
        """
        connection = self.database.connection
        unique = {field.name: field.required for field in table.fields if field.unique}
        connection.execute("SAVEPOINT swap")
        newest = connection.execute("SELECT max(id) FROM _syncd_history").fetchone()[0] or 0
        freed = []
        for row, put in puts:
            free = {
                c.field: row if unique[c.field] else None for c in put.cells if c.field in unique
            }
            held = {cell.field: cell.expected for cell in put.cells}
            fits = _update(connection, table, row, free, held)
            cells = tuple(replace(c, expected=free.get(c.field, c.expected)) for c in put.cells)
            freed.append((row, replace(put, cells=cells), fits))
        done = all(fits and self.apply(table, row, put) is None for row, put, fits in freed)
        if done:
            _tell_once(connection, newest)
        else:
            connection.execute("ROLLBACK TO swap")
        connection.execute("RELEASE swap")
        return done

    def _carry_out(
        self, connection: sqlite3.Connection, table: Table, row: RowId, action: Action
    ) -> bool:
        match action:
            case Create(values=values):
                return _insert(connection, table, row, values)
            case Put(cells=cells):
                # A batch of before a change of the schema may speak of fields that are no more.
                cells = tuple(cell for cell in cells if cell.field in table.by_name)
                wanted = {cell.field: cell.value for cell in cells}
                held = {cell.field: cell.expected for cell in cells}
                return not cells or _update(connection, table, row, wanted, held)
            case Archive(held=held):
                return _mark(connection, table, row, held, archived=True)
            case Unarchive(held=held):
                return _mark(connection, table, row, held, archived=False)
            case Remove():
                return True

    def write_as(
        self,
        origin: str | None,
        cycle: int | None,
        *,
        at: str | None = None,
        fields: Mapping[FieldName, str] | None = None,
    ) -> None:
        """Say in whose name the records are changed from here on, and when, for their history.

        `fields` tells whose a change of one field is where it is somebody else's.
        """
        self.database.connection.execute(
            "UPDATE _syncd_writer SET origin = ?, cycle = ?, at = ?, origins = ?",
            [origin, cycle, at, json.dumps(fields) if fields else None],
        )


def _record(names: Sequence[FieldName], row: Sequence[Any]) -> Record:
    return Record(values=dict(zip(names, row[2:], strict=True)), archived=bool(row[1]))


def _insert(connection: sqlite3.Connection, table: Table, row: RowId, values: Values) -> bool:
    names = [field.name for field in table.fields]
    columns = ", ".join(f'"{name}"' for name in ("id", *names, "created_at", "updated_at"))
    marks = ", ".join("?" * (len(names) + 1))
    given: list[Value] = [row, *(values.get(name) for name in names)]
    connection.execute(
        f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks}, {_AT}, {_AT})', given
    )
    return True


def _update(
    connection: sqlite3.Connection,
    table: Table,
    row: RowId,
    wanted: Values,
    held: Values,
) -> bool:
    sets = ", ".join(f'"{name}" = ?' for name in wanted)
    still = " AND ".join(f"nullif(\"{name}\", '') IS ?" for name in held)
    done = connection.execute(
        f'UPDATE "{table.name}" SET {sets} WHERE id = ? AND {still}',
        [*wanted.values(), row, *held.values()],
    )
    return done.rowcount == 1


def _tell_once(connection: sqlite3.Connection, newest: int) -> None:
    """Tell a value that was let go of and one that was taken as the one change that it is."""
    let_go: dict[tuple[str, str], tuple[int, Value]] = {}
    for number, row, field, before in connection.execute(
        "SELECT id, row, field, before FROM _syncd_history WHERE id > ? ORDER BY id", [newest]
    ).fetchall():
        if (row, field) in let_go:
            first, held = let_go[row, field]
            connection.execute("DELETE FROM _syncd_history WHERE id = ?", [first])
            connection.execute("UPDATE _syncd_history SET before = ? WHERE id = ?", [held, number])
        let_go[row, field] = (number, before)


def _mark(
    connection: sqlite3.Connection,
    table: Table,
    row: RowId,
    held: Values | None,
    *,
    archived: bool,
) -> bool:
    """Archive a record or take it into use again, if it is as it was when that was decided."""
    when, before = (_AT, "NULL") if archived else ("NULL", "NOT NULL")
    known = {name: value for name, value in (held or {}).items() if name in table.by_name}
    still = "".join(f" AND nullif(\"{name}\", '') IS ?" for name in known)
    done = connection.execute(
        f'UPDATE "{table.name}" SET archived_at = {when}'
        f" WHERE id = ? AND archived_at IS {before}{still}",
        [row, *known.values()],
    )
    return done.rowcount == 1


def _refusal(error: sqlite3.IntegrityError) -> str:
    text = str(error)
    if "UNIQUE" in text and text.endswith(".id"):
        return "a record with this id was made meanwhile"
    if "UNIQUE" in text:
        return "another record holds the same value, and only one may"
    if "FOREIGN KEY" in text:
        return "the record that it refers to is not there"
    return f"the database refused it: {text}"
