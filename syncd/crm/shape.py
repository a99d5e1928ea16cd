"""How a schema's table lies in the file: its columns, and the rules that SQLite keeps for us.

A rule that records already there do not keep is left out of the table's description, so that
nothing has to be thrown away when a schema grows stricter: the column is *loose*. Triggers keep
the rule for whatever is written anew, and the table gets it back once every record keeps it.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncd.core.snapshot import FieldName
from syncd.schema import Field, Kind, Table

TYPES = {
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
_HELD = {
    "TEXT": "'text', 'null'",
    "INTEGER": "'integer', 'null'",
    "REAL": "'real', 'integer', 'null'",
}
_STRICT = ("INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY")
OWN = ("id", "created_at", "updated_at", "archived_at")
NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
_RANDOM = "lower(hex(randomblob(10)))"

TYPE = "type"
UNIQUE = "unique"
Loose = Mapping[FieldName, frozenset[str]]  # the rules that a field's records do not keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a column: how a table declares it, and what holds where a value keeps it.

    `keeps` is SQL with the value in place of `{}`.
    """

    name: str
    declared: str
    keeps: str


def rules_of(field: Field) -> list[Rule]:
    """Return the rules of a column, its type first."""
    kind = TYPES[field.kind]
    rules = [Rule(name=TYPE, declared=kind, keeps=f"typeof({{}}) IN ({_HELD[kind]})")]
    if field.required:
        rules.append(Rule(name="required", declared="NOT NULL", keeps="{} IS NOT NULL"))
    if field.choices:
        choices = ", ".join("'" + choice.replace("'", "''") + "'" for choice in field.choices)
        keeps = f"({{0}} IS NULL OR {{0}} IN ({choices}))"
        rules.append(_checked("choices", field, keeps))
    elif field.kind is Kind.BOOLEAN:
        rules.append(_checked("yes or no", field, "({0} IS NULL OR {0} IN (0, 1))"))
    elif field.kind is Kind.DATE:
        rules.append(_checked("a day", field, "{0} IS date({0})"))
    if field.reference:
        held = f'(SELECT id FROM "{field.reference}")'
        declared = f'REFERENCES "{field.reference}" (id)'
        keeps = f"({{0}} IS NULL OR {{0}} IN {held})"
        rules.append(Rule(name="reference", declared=declared, keeps=keeps))
    return rules


def _checked(name: str, field: Field, keeps: str) -> Rule:
    quoted = f'"{field.name}"'
    return Rule(name=name, declared=f"CHECK ({keeps.format(quoted)})", keeps=keeps)


def create(table: Table, loose: Loose, others: Sequence[str] = (), *, name: str = "") -> str:
    """Return the statement that makes a table; `others` declare columns of other programs."""
    columns = [
        f"id TEXT PRIMARY KEY NOT NULL DEFAULT ('{table.prefix}' || {_RANDOM})",
        *(_column(field, loose.get(field.name, frozenset())) for field in table.fields),
        f"created_at TEXT NOT NULL DEFAULT ({NOW})",
        f"updated_at TEXT NOT NULL DEFAULT ({NOW})",
        "archived_at TEXT",
        *others,
    ]
    body = ",\n".join(f"    {column}" for column in columns)
    return f'CREATE TABLE "{name or table.name}" (\n{body}\n) STRICT'


def _column(field: Field, loose: frozenset[str]) -> str:
    kept = [rule for rule in rules_of(field) if rule.name not in loose]
    kind = [] if any(rule.name == TYPE for rule in kept) else ["ANY"]
    return " ".join([f'"{field.name}"', *kind, *(rule.declared for rule in kept)])


def broken_rules(connection: sqlite3.Connection, table: Table, *, name: str) -> Loose:
    """Return which rules the records in a table of that name and these columns do not keep."""
    loose = {}
    for field in table.fields:
        quoted = f'"{field.name}"'
        broken = [
            rule.name
            for rule in rules_of(field)
            if _any(connection, name, f"NOT ({rule.keeps.format(quoted)})")
        ]
        if field.unique and _any(connection, name, doubled(name, quoted)):
            broken.append(UNIQUE)
        if broken:
            loose[field.name] = frozenset(broken)
    return loose


def doubled(name: str, quoted: str) -> str:
    """Return what holds for a live record that an older one shares a unique value with."""
    return (
        f'archived_at IS NULL AND lower({quoted}) IN (SELECT lower({quoted}) FROM "{name}"'
        f" WHERE archived_at IS NULL AND {quoted} IS NOT NULL"
        f" GROUP BY lower({quoted}) HAVING count(*) > 1)"
    )


def _any(connection: sqlite3.Connection, name: str, condition: str) -> bool:
    (found,) = connection.execute(
        f'SELECT EXISTS (SELECT 1 FROM "{name}" WHERE {condition})'
    ).fetchone()
    return bool(found)


def indexes(table: Table, loose: Loose) -> dict[str, str]:
    """Return the statements that make the indexes of unique columns, by the index's name."""
    made = {}
    for field in table.fields:
        if field.unique:
            name = f"{table.name}_{field.name}_unique"
            kind = "INDEX" if UNIQUE in loose.get(field.name, ()) else "UNIQUE INDEX"
            made[name] = (
                f'CREATE {kind} "{name}" ON "{table.name}" (lower("{field.name}"))'
                f' WHERE "{field.name}" IS NOT NULL AND archived_at IS NULL'
            )
    return made


def column_names(connection: sqlite3.Connection, name: str) -> list[str]:
    """Return the columns that the file's table has, none where there is no such table."""
    found = connection.execute(f'PRAGMA table_info("{name}")')
    return [str(column[1]) for column in found]


def declared_columns(connection: sqlite3.Connection, name: str, wanted: Iterable[str]) -> list[str]:
    """Return how columns of another program are declared, so that they can be made again."""
    chosen = set(wanted)
    found = []
    for _, column, kind, needed, default, *_ in connection.execute(f'PRAGMA table_info("{name}")'):
        if column in chosen:
            quoted = '"' + column.replace('"', '""') + '"'
            known = kind.upper() if kind.upper() in _STRICT else "ANY"
            parts = [quoted, known, "NOT NULL" if needed else ""]
            parts.append(f"DEFAULT ({default})" if default is not None else "")
            found.append(" ".join(part for part in parts if part))
    return found
