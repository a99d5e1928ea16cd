"""The triggers of the records' tables: they write the history, whoever writes the records.

They use built-in functions only, so that they work in every program. `REPLACE` removes records
without a word (no delete trigger fires for it), so what is about to be replaced is noted before
a statement and told after it: a statement that only looked as if it would replace tells nothing.
"""

from collections.abc import Iterator

from syncd.core.snapshot import FieldName
from syncd.crm.shape import NOW, UNIQUE, Loose, rules_of
from syncd.schema import Field, Table

_PAIRS_MAX = 60
# The moment of a change: syncd's own writes bring theirs along, others' are told by SQLite.
_AT = f"coalesce((SELECT at FROM _syncd_writer), {NOW})"
_NOTED = '_syncd_replaced WHERE "table" = '


def triggers(table: Table, loose: Loose) -> dict[str, str]:
    """Return the statements that make a table's triggers, by the trigger's name."""
    bodies = {**_history(table), **_replacing(table), **_keeping(table, loose)}
    names = {event: f"_syncd_{table.name}_{event}" for event in bodies}
    return {names[event]: f'CREATE TRIGGER "{names[event]}" {b}' for event, b in bodies.items()}


def _history(table: Table) -> dict[str, str]:
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
    stamp = f'UPDATE "{name}" SET updated_at = {_AT} WHERE id = NEW.id;'
    columns = ", ".join(f'"{field.name}"' for field in table.fields)
    renamed = ";\n".join(
        _entry(name, f"{alias}.id", "", "OLD.id", "NEW.id", "id changed")
        for alias in ("OLD", "NEW")
    )
    return {
        "insert": f'AFTER INSERT ON "{name}" BEGIN\n'
        f"{_entry(name, 'NEW.id', '', 'NULL', _record(table, 'NEW.'), 'created')};\nEND",
        "update": f'AFTER UPDATE OF {columns}, archived_at ON "{name}" BEGIN\n'
        f"{updates}\n{archived}\n{stamp}\nEND",
        "delete": f'AFTER DELETE ON "{name}" BEGIN\n'
        f"{_entry(name, 'OLD.id', '', _record(table, 'OLD.'), 'NULL', 'deleted')};\n"
        f"DELETE FROM {_NOTED}'{name}' AND row = OLD.id;\nEND",
        "id": f'AFTER UPDATE OF id ON "{name}" WHEN OLD.id IS NOT NEW.id BEGIN\n{renamed};\nEND',
    }


def _replacing(table: Table) -> dict[str, str]:
    """Note what a statement may replace, and tell what it has replaced."""
    name = table.name
    clashing = [f'SELECT id FROM "{name}" WHERE id = NEW.id']
    for field in table.fields:
        if field.unique:
            quoted = f'"{field.name}"'
            clashing.append(
                f'SELECT id FROM "{name}" WHERE lower({quoted}) = lower(NEW.{quoted})'
                f" AND {quoted} IS NOT NULL AND archived_at IS NULL AND NEW.archived_at IS NULL"
            )
    clash = f"id IN ({' UNION ALL '.join(clashing)})"
    others = f"{clash} AND id IS NOT OLD.id"
    watched = ", ".join(
        ["id", "archived_at", *(f'"{field.name}"' for field in table.fields if field.unique)]
    )
    found = f"EXISTS (SELECT 1 FROM {_NOTED}'{name}')"
    return {
        "may_replace": f'BEFORE INSERT ON "{name}" WHEN {_any(name, clash)} BEGIN\n'
        f"{_note(table, clash)}END",
        "may_replace_other": f'BEFORE UPDATE OF {watched} ON "{name}" WHEN {_any(name, others)}'
        f" BEGIN\n{_note(table, others)}END",
        "replaced": f'AFTER INSERT ON "{name}" WHEN {found} BEGIN\n{_tell(name, "NEW.id")}END',
        "replaced_other": f'AFTER UPDATE OF {watched} ON "{name}" WHEN {found} BEGIN\n'
        f"{_tell(name, 'CASE WHEN NEW.id IS NOT OLD.id THEN NEW.id END')}END",
    }


def _any(name: str, condition: str) -> str:
    return f'EXISTS (SELECT 1 FROM "{name}" WHERE {condition})'


def _note(table: Table, condition: str) -> str:
    return (
        f"DELETE FROM {_NOTED}'{table.name}';\n"
        f"INSERT INTO _syncd_replaced (\"table\", row, record) SELECT '{table.name}', id,"
        f' {_record(table, "")} FROM "{table.name}" WHERE {condition};\n'
    )


def _tell(name: str, made: str) -> str:
    """Tell of noted records that are gone, and of the one in whose place another was made."""
    gone = f'row = {made} OR row NOT IN (SELECT id FROM "{name}")'
    entry = _entry(name, "row", "", "record", "NULL", "replaced")
    return f"{entry} FROM {_NOTED}'{name}' AND ({gone});\nDELETE FROM {_NOTED}'{name}';\n"


def _keeping(table: Table, loose: Loose) -> dict[str, str]:
    """Let nothing new break a rule that the table itself does not declare at present."""
    inserts = [s for field in table.fields for s in _refusals(table, field, loose, new=True)]
    updates = [s for field in table.fields for s in _refusals(table, field, loose, new=False)]
    found = {}
    if inserts:
        body = "\n".join(inserts)
        found["keep_insert"] = f'BEFORE INSERT ON "{table.name}" BEGIN\n{body}\nEND'
    if updates:
        body = "\n".join(updates)
        found["keep_update"] = f'BEFORE UPDATE ON "{table.name}" BEGIN\n{body}\nEND'
    return found


def _refusals(table: Table, field: Field, loose: Loose, *, new: bool) -> Iterator[str]:
    broken = loose.get(field.name, frozenset())
    quoted = f'"{field.name}"'
    changed = "1" if new else f"NEW.{quoted} IS NOT OLD.{quoted}"
    for rule in rules_of(field):
        if rule.name in broken:
            kept = rule.keeps.format(f"NEW.{quoted}")
            yield _refuse(table, field.name, rule.name, f"{changed} AND NOT ({kept})")
    if UNIQUE in broken:
        moved = "1" if new else f"({changed} OR OLD.archived_at IS NOT NULL)"
        itself = "NEW.id" if new else "OLD.id"
        other = _any(
            table.name,
            f"lower({quoted}) = lower(NEW.{quoted}) AND {quoted} IS NOT NULL"
            f" AND archived_at IS NULL AND id IS NOT {itself}",
        )
        clash = f"{moved} AND NEW.archived_at IS NULL AND {other}"
        yield _refuse(table, field.name, "UNIQUE", clash)


def _refuse(table: Table, field: FieldName, rule: str, when: str) -> str:
    told = f"{table.name}.{field} does not keep its rule: {rule}"
    return f"SELECT RAISE(ABORT, '{told}') WHERE {when};"


def _record(table: Table, alias: str) -> str:
    """Return a record as JSON; a function of SQLite takes 127 arguments at most."""
    made = "json_object()"
    for first in range(0, len(table.fields), _PAIRS_MAX):
        pairs = (f"'$.{f.name}', {alias}\"{f.name}\"" for f in table.fields[first:][:_PAIRS_MAX])
        made = f"json_insert({made}, {', '.join(pairs)})"
    return made


def _entry(table: str, row: str, field: str, before: str, after: str, outcome: str) -> str:
    """Return the statement that writes one history entry from within a trigger.

    Whose change it is may differ from field to field of one record.
    """
    origin = f"(SELECT coalesce(json_extract(origins, '$.\"{field}\"'), origin) FROM _syncd_writer)"
    return (
        'INSERT INTO _syncd_history (at, cycle, side, origin, "table", row, field, before, after,'
        f" outcome) SELECT {_AT}, (SELECT cycle FROM _syncd_writer), 'crm',"
        f" coalesce({origin}, 'crm'), '{table}', {row}, '{field}',"
        f" {before}, {after}, '{outcome}'"
    )
