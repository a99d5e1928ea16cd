"""Import sources: what each of them gave before, and how its columns were mapped."""

import json
from collections.abc import Mapping

from syncd.core.plan import WHOLE_ROW
from syncd.core.snapshot import FieldName, RowId, TableName, Value, Values
from syncd.crm.database import Database
from syncd.crm.state import dump


class Sources:
    """The import sources of one CRM; what is written here is part of the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.connection

    def mapping(self, source: str) -> str | None:
        """Return the mapping that a source was last imported with."""
        with self.database.failures():
            row = self.connection.execute(
                "SELECT mapping FROM _syncd_sources WHERE source = ?", [source]
            ).fetchone()
        return row[0] if row else None

    def set_mapping(self, source: str, mapping: str, *, at: str) -> None:
        """Remember a source with its mapping."""
        self.connection.execute(
            "INSERT OR REPLACE INTO _syncd_sources VALUES (?, ?, ?)", [source, mapping, at]
        )

    def given(self, source: str, table: TableName) -> dict[RowId, Values]:
        """Return what a source gave before, by the record that it went to."""
        with self.database.failures():
            rows = self.connection.execute(
                'SELECT row, given FROM _syncd_imports WHERE source = ? AND "table" = ?',
                [source, table],
            )
            return {RowId(row): json.loads(given) for row, given in rows}

    def remember(self, source: str, table: TableName, given: Mapping[RowId, Values]) -> None:
        """Remember what a source gives now."""
        self.connection.executemany(
            "INSERT OR REPLACE INTO _syncd_imports VALUES (?, ?, ?, ?)",
            [(source, table, row, dump(values)) for row, values in given.items()],
        )

    def take_back(
        self, source: str, table: TableName, row: RowId, field: FieldName, before: Value
    ) -> None:
        """Forget that a source gave a record, or remember that it gave another value before."""
        with self.database.failures():
            found = self.connection.execute(
                'SELECT given FROM _syncd_imports WHERE source = ? AND "table" = ? AND row = ?',
                [source, table, row],
            ).fetchone()
        given = json.loads(found[0]) if found else None
        if given is None:
            return
        if field == WHOLE_ROW:
            self.connection.execute(
                'DELETE FROM _syncd_imports WHERE source = ? AND "table" = ? AND row = ?',
                [source, table, row],
            )
        else:
            self.remember(source, table, {row: {**given, field: before}})
