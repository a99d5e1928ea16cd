"""A STRICT table for each schema: made, and made anew when its description changes.

The records' tables are plain, so that any SQLite tool may work with them. No value is thrown away
when a schema changes: a value is read as its column's new kind where it can be, and stays as it
is where it cannot; its row is in quarantine until somebody mends it. The values of a column that
leaves the schema are put aside and come back with it. Columns, indexes and triggers that others
added to our tables stay.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping

from syncd.core.snapshot import FieldName, TableName
from syncd.crm.aside import bring_back, put_aside
from syncd.crm.database import Database
from syncd.crm.history import History
from syncd.crm.remembered import carry_over
from syncd.crm.reread import Rereading, changes_meaning
from syncd.crm.shape import (
    NOW,
    OWN,
    Loose,
    broken_rules,
    column_names,
    create,
    declared_columns,
    indexes,
)
from syncd.crm.triggers import triggers
from syncd.crm.unfit import find_unfit
from syncd.errors import SchemaError
from syncd.schema import Field, Kind, Schema, Table
from syncd.schema.document import Former, dump_document, former_fields, former_name

DOCUMENT = "schema_document"
LOOSE = "loose"
CHECKS = "checks"
SHEET_DOCUMENT = "sheet_document"  # the schema that the sheet was set up by, where it is another
REFILL = "refill"
_DECLARED = re.compile(r'^ {4}"([a-z][a-z0-9_]*)" ([A-Z]+)', re.MULTILINE)
_KINDS = {"TEXT": Kind.TEXT, "INTEGER": Kind.INTEGER, "REAL": Kind.NUMBER}


def is_current(database: Database, schema: Schema) -> bool:
    """Whether the file's tables are as the schema describes them, watched, and no looser."""
    with database.failures():
        return _is_current(database, schema)


def _is_current(database: Database, schema: Schema) -> bool:
    loose = _loose(_remembered(database, LOOSE))
    if _remembered(database, CHECKS) != schema.checks or loose is None:
        return False
    wanted: dict[str, str] = {}
    for table in schema.tables:
        broken = loose.get(table.name, {})
        wanted |= triggers(table, broken)
        if not _has_columns(database, table):
            return False
        # What was unfit may have been mended since: then the table gets its rule back.
        if broken and broken_rules(database.connection, table, name=table.name) != broken:
            return False
    found = database.connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    )
    there = dict(found.fetchall())
    return all(there.get(name) == sql for name, sql in wanted.items())


def _has_columns(database: Database, table: Table) -> bool:
    return {*OWN, *table.names} <= set(column_names(database.connection, table.name))


def prepare_tables(database: Database, schema: Schema) -> None:
    """Make the records' tables as the schema describes them, inside the caller's transaction."""
    known = former_fields(_remembered(database, DOCUMENT))
    declared = {t.name: _declared(_remembered(database, _key(t))) for t in schema.tables}
    former = {**declared, **known}
    newest = History(database).newest()
    loose: dict[TableName, Loose] = {}
    for table in schema.tables:
        loose[table.name] = _prepare(database, schema, table, former)
    carry_over(database, schema, former, newest=newest)
    if _remembered(database, CHECKS) != schema.checks:
        find_unfit(database, schema)
    _remember(database, LOOSE, _dump_loose(loose))
    _remember_document(database, schema, former)
    _remember(database, CHECKS, schema.checks)


def _loose(text: str | None) -> dict[TableName, Loose] | None:
    """Return which rules the records do not keep, as `_dump_loose` wrote it."""
    if text is None:
        return None
    found: dict[str, dict[str, list[str]]] = json.loads(text)
    return {
        TableName(table): {FieldName(name): frozenset(rules) for name, rules in fields.items()}
        for table, fields in found.items()
    }


def _dump_loose(loose: Mapping[TableName, Loose]) -> str:
    found = {t: {f: sorted(rules) for f, rules in each.items()} for t, each in loose.items()}
    return json.dumps({table: fields for table, fields in found.items() if fields}, sort_keys=True)


def _remembered(database: Database, key: str) -> str | None:
    found = database.connection.execute("SELECT value FROM _syncd_state WHERE key = ?", [key])
    row = found.fetchone()
    return row[0] if row else None


def _remember(database: Database, key: str, value: str) -> None:
    if _remembered(database, key) != value:
        database.connection.execute(
            "INSERT OR REPLACE INTO _syncd_state VALUES (?, ?)", [key, value]
        )


def _remember_document(database: Database, schema: Schema, former: Former) -> None:
    """Remember the schema, and what the sheet has to follow by the next `init`."""
    known = _remembered(database, DOCUMENT)
    document = dump_document(schema, known)
    if known is None or known == document:
        _remember(database, DOCUMENT, document)
        return
    if _remembered(database, SHEET_DOCUMENT) is None:
        _remember(database, SHEET_DOCUMENT, known)
    refill = json.loads(_remembered(database, REFILL) or "{}")
    for table in schema.tables:
        before = former.get(table.name, {})
        for field in table.fields:
            was = before.get(former_name(field, before) or FieldName(""))
            if was is not None and was.kind is Kind.DATE is not field.kind:
                refill[table.name] = sorted({*refill.get(table.name, ()), field.name})
    if refill:
        _remember(database, REFILL, json.dumps(refill))
    _remember(database, DOCUMENT, document)


def _prepare(database: Database, schema: Schema, table: Table, former: Former) -> Loose:
    """Make or remake one table; return the rules that its records do not keep."""
    connection, key = database.connection, _key(table)
    _refuse_view(connection, table)
    existing = column_names(connection, table.name)
    described = _remembered(database, key)
    loose: Loose = {}
    if not existing:
        connection.execute(create(table, {}))
    else:
        rebuilding = _Rebuilding(database, schema, table, former[table.name], existing)
        loose = _rebuild(rebuilding, described or "")
    _remember(database, key, create(table, loose))
    _index_and_watch(connection, table, loose)
    return loose


def _key(table: Table) -> str:
    """Return under which key it is remembered how a table was made."""
    return f"table:{table.name}"


def _refuse_view(connection: sqlite3.Connection, table: Table) -> None:
    found = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = ?", [table.name]
    )
    if found.fetchone():
        raise SchemaError(
            f"the database has a view of the name {table.name}, so there can be no such table",
            on=table.source,
            hint="Rename the view, or the table in its schema.",
        )


def _declared(described: str | None) -> dict[FieldName, Field]:
    """Return the fields of a table that was made before schemas were remembered."""
    return {
        FieldName(name): Field(name=FieldName(name), title=name, kind=_KINDS[kind], required=False)
        for name, kind in _DECLARED.findall(described or "")
        if kind in _KINDS
    }


def _rebuild(rebuilding: "_Rebuilding", described: str) -> Loose:
    table = rebuilding.table
    try:
        return rebuilding.run(described)
    except sqlite3.IntegrityError as error:
        raise SchemaError(
            f"records in the table {table.name} cannot be taken over ({error})",
            on=table.name,
            hint="Each needs an id of its own, and all that other programs' rules ask for.",
        ) from error


class _Rebuilding:
    """Copies one table into its new shape."""

    def __init__(
        self,
        database: Database,
        schema: Schema,
        table: Table,
        before: Mapping[FieldName, Field],
        existing: Iterable[str],
    ) -> None:
        self.connection = database.connection
        self.database = database
        self.schema = schema
        self.table = table
        self.before = before
        folded = {name.lower(): name for name in existing}
        self.source = {  # each field's column in the file, where it has one
            field.name: folded[name]
            for field in table.fields
            if (name := self._old_name(field, folded)) is not None
        }
        taken = {*OWN, *self.source.values()}
        self.gone = [n for n in before if n in folded and folded[n] not in taken]
        self.others = [n for n in existing if n not in taken and n not in self.gone]

    def _old_name(self, field: Field, folded: Mapping[str, str]) -> str | None:
        """Return the column in which a field's values are; a former name counts if it was ours."""
        if field.name in folded:
            return field.name
        known = former_name(field, self.before)
        return known if known in folded else None

    def run(self, described: str) -> Loose:
        """Rebuild the table where it is not as it has to be; return what stays loose."""
        working = f"_syncd_new_{self.table.name}"
        reread = [f for f in self.table.fields if f.name in self.source and self._is_read_anew(f)]
        moved = {name: column for name, column in self.source.items() if name != column}
        if not (reread or moved or self.gone or set(self.table.names) - set(self.source)):
            if described == create(self.table, {}) and not self._is_loose():
                return {}
            loose = broken_rules(self.connection, self.table, name=self.table.name)
            if described == create(self.table, loose):
                return loose
        self._refuse_generated()
        for name in self.gone:
            put_aside(self.database, self.table.name, name)
        kept = self._other_things()
        free = {f.name: frozenset(rule for rule in _ALL_RULES) for f in self.table.fields}
        others = declared_columns(self.connection, self.table.name, self.others)
        self.connection.execute(create(self.table, free, others, name=working))
        self._copy(self.table.name, working, self.source)
        for field in reread:
            self._reread(working, field)
        for name in self.table.names:
            if name not in self.source:
                bring_back(self.database, self.table.name, name, working=working)
        loose = broken_rules(self.connection, self.table, name=working)
        self.connection.execute(f'DROP TABLE "{self.table.name}"')
        self.connection.execute(create(self.table, loose, others))
        self._copy(working, self.table.name, {name: str(name) for name in self.table.names})
        self.connection.execute(f'DROP TABLE "{working}"')
        for statement in kept:
            self._make_again(statement)
        return loose

    def _make_again(self, statement: str) -> None:
        """Make an index or a trigger of another program again, if its columns are still there."""
        try:
            self.connection.execute(statement)
        except sqlite3.OperationalError as error:
            self.connection.execute(
                'INSERT INTO _syncd_history (at, side, origin, "table", row, field, before,'
                f" outcome, reason) VALUES ({NOW}, 'crm', 'schema', ?, '', '', ?,"
                " 'index or trigger dropped', ?)",
                [self.table.name, statement, str(error)],
            )

    def _is_loose(self) -> bool:
        """Whether a rule is not kept that no column declares: that a value is unique."""
        return any(f.unique != self.before.get(f.name, f).unique for f in self.table.fields) or any(
            name in (_remembered(self.database, LOOSE) or "{}") for name in [f'"{self.table.name}"']
        )

    def _is_read_anew(self, field: Field) -> bool:
        was = self.before.get(former_name(field, self.before) or FieldName(""))
        return was is not None and changes_meaning(was, field)

    def _refuse_generated(self) -> None:
        columns = self.connection.execute(f'PRAGMA table_xinfo("{self.table.name}")')
        made = [str(column[1]) for column in columns if column[6] in (2, 3)]
        if made:
            raise SchemaError(
                f"the table {self.table.name} has a generated column, {made[0]}",
                on=self.table.name,
                hint="Drop it, let syncd change the table, and add it again.",
            )

    def _other_things(self) -> list[str]:
        """Return the statements of indexes and triggers that are not ours, and drop ours."""
        found = self.connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL"
            " AND type IN ('index', 'trigger')",
            [self.table.name],
        ).fetchall()
        ours = {f"{self.table.name}_{name}_unique" for name in (*self.before, *self.table.names)}
        return [
            str(sql)
            for _, name, sql in found
            if name not in ours and not str(name).startswith("_syncd_")
        ]

    def _copy(self, source: str, target: str, columns: Mapping[FieldName, str]) -> None:
        pairs = [(name, name) for name in (*OWN, *self.others)]
        there = set(column_names(self.connection, source))
        pairs = [(name, name) for name, _ in pairs if name in there]
        pairs += [(str(name), column) for name, column in columns.items()]
        into = ", ".join(_quoted(name) for name, _ in pairs)
        chosen = ", ".join(_quoted(column) for _, column in pairs)
        self.connection.execute(
            f'INSERT INTO "{target}" (rowid, {into}) SELECT rowid, {chosen} FROM "{source}"'
        )

    def _reread(self, working: str, field: Field) -> None:
        """Read a column's values as what the column holds now; what cannot be read stays."""
        was = self.before[former_name(field, self.before) or field.name]
        rereading = Rereading.of(self.database, self.schema, was, field)
        rows = self.connection.execute(
            f'SELECT id, "{field.name}" FROM "{working}" WHERE "{field.name}" IS NOT NULL'
        ).fetchall()
        read = [(row, value, rereading.read(value)) for row, value in rows]
        changed = [each for each in read if repr(each[1]) != repr(each[2])]
        self.connection.executemany(
            f'UPDATE "{working}" SET "{field.name}" = ? WHERE id = ?',
            [(new, row) for row, _, new in changed],
        )
        self.connection.executemany(
            'INSERT INTO _syncd_history (at, side, origin, "table", row, field, before, after,'
            f" outcome) VALUES ({NOW}, 'crm', 'schema', ?, ?, ?, ?, ?, 'read anew')",
            [(self.table.name, row, field.name, old, new) for row, old, new in changed],
        )


_ALL_RULES = ("type", "required", "choices", "yes or no", "a day", "reference", "unique")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _index_and_watch(connection: sqlite3.Connection, table: Table, loose: Loose) -> None:
    """Make the indexes and the triggers that the description asks for, and no others of ours."""
    wanted = {**indexes(table, loose), **triggers(table, loose)}
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL"
        " AND type IN ('index', 'trigger')",
        [table.name],
    ).fetchall()
    for kind, name, sql in found:
        unique = kind == "index" and re.fullmatch(rf"{table.name}_[a-z0-9_]+_unique", name)
        if wanted.get(name) == sql:
            del wanted[name]
        elif name in wanted or unique or str(name).startswith(f"_syncd_{table.name}_"):
            connection.execute(f"DROP {kind.upper()} {_quoted(name)}")
    for statement in wanted.values():
        connection.execute(statement)
