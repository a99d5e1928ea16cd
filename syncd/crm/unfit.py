"""Records that a changed schema leaves unfit: in quarantine until somebody mends them.

A cycle checks only what is not as it was last verified. When the rules change, what was verified
by the old ones has to be looked at once more; which rows those are is remembered here.
"""

from collections.abc import Iterator

from syncd.core.snapshot import Problem, RowId, TableName, Values
from syncd.crm.database import Database
from syncd.crm.shape import doubled
from syncd.schema import Schema, Table

SHARED = "is held by another record as well, and only one may"


def find_unfit(database: Database, schema: Schema) -> None:
    """Look at every record by the rules that hold now, and remember those that break one."""
    database.connection.execute("DELETE FROM _syncd_unfit")
    for table in schema.tables:
        rows = {row for row, _, _ in unfit_records(database, table)}
        database.connection.executemany(
            "INSERT INTO _syncd_unfit VALUES (?, ?)", [(table.name, row) for row in sorted(rows)]
        )


def unfit_records(
    database: Database, table: Table
) -> Iterator[tuple[RowId, Values, tuple[Problem, ...]]]:
    """Yield the live records of a table that its schema does not allow, with why."""
    columns = ", ".join(f'"{name}"' for name in table.names)
    rows = database.connection.execute(
        f'SELECT id, {columns} FROM "{table.name}" WHERE archived_at IS NULL ORDER BY rowid'
    ).fetchall()
    shared = shared_values(database, table)
    targets = {
        field.name: _ids(database, field.reference) for field in table.fields if field.reference
    }
    for row, *held in rows:
        values = dict(zip(table.names, held, strict=True))
        problems = [
            *table.check(values),
            *shared.get(RowId(row), ()),
            *(
                Problem(field=name, text=str(values[name]), reason="refers to no record")
                for name, ids in targets.items()
                if values[name] is not None and values[name] not in ids
            ),
        ]
        if problems:
            yield RowId(row), values, tuple(problems)


def _ids(database: Database, table: str) -> frozenset[str]:
    return frozenset(row for (row,) in database.connection.execute(f'SELECT id FROM "{table}"'))


def shared_values(database: Database, table: Table) -> dict[RowId, tuple[Problem, ...]]:
    """Return the live records that share a unique value with an older one, which keeps it."""
    found: dict[RowId, tuple[Problem, ...]] = {}
    for field in table.fields:
        if field.unique:
            quoted, seen = f'"{field.name}"', set()
            rows = database.connection.execute(
                f'SELECT id, {quoted}, lower({quoted}) FROM "{table.name}"'
                f" WHERE {doubled(table.name, quoted)} ORDER BY rowid"
            )
            for row, value, folded in rows:
                if folded in seen:
                    problem = Problem(field=field.name, text=str(value), reason=SHARED)
                    found[RowId(row)] = (*found.get(RowId(row), ()), problem)
                seen.add(folded)
    return found


def remembered_unfit(database: Database, table: TableName) -> frozenset[RowId]:
    """Return the records that were found unfit when the rules last changed."""
    with database.failures():
        rows = database.connection.execute(
            'SELECT row FROM _syncd_unfit WHERE "table" = ?', [table]
        )
        return frozenset(RowId(row) for (row,) in rows)
