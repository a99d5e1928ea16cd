"""What other programs do in the CRM's file: the app, and a person in a SQLite browser."""

import sqlite3
from collections.abc import Callable, Iterator
from random import Random

Act = Callable[[sqlite3.Connection, Random, Iterator[int]], tuple[str, str] | None]
ACTS: dict[str, tuple[int, Act]] = {}


def act(weight: int) -> Callable[[Act], Act]:
    """Let an act be drawn, so many times as often as one of weight 1."""

    def register(function: Act) -> Act:
        ACTS[function.__name__.replace("_", " ")] = (weight, function)
        return function

    return register


def draw(
    connection: sqlite3.Connection,
    chance: Random,
    words: Iterator[int],
    kind: str = "",
    aim: tuple[str, str, str] | None = None,
) -> tuple[str, tuple[str, str] | None]:
    """Draw an act, or take that of a kind, and do it.

    Return the record that it wrote, None where it could not be done. `aim` is the field that an
    update is to be about, such as one that somebody just edited.
    """
    names = list(ACTS)
    name = kind or chance.choices(names, [ACTS[n][0] for n in names])[0]
    try:
        if aim is not None and name == "updates a field":
            table, row, field = aim
            value = [word(field, words), row]
            connection.execute(f'UPDATE "{table}" SET "{field}" = ? WHERE id = ?', value)
            return name, (table, row)
        return name, ACTS[name][1](connection, chance, words)
    except sqlite3.Error:
        return name, None  # the file is held, or its rules refuse the act


def word(field: str, words: Iterator[int]) -> object:
    """Return a value for a field that nobody used before."""
    number = next(words)
    return {"size": 7_000_000 + number, "amount": 7_100_000 + number}.get(
        field, f"{field}~{number}"
    )


def some_id(
    connection: sqlite3.Connection, table: str, chance: Random, where: str = "1"
) -> str | None:
    """Choose a record."""
    found = [
        r for (r,) in connection.execute(f'SELECT id FROM "{table}" WHERE {where} ORDER BY rowid')
    ]
    return chance.choice(found) if found else None


FIELDS = {"people": ["name", "city", "size", "code"], "deals": ["topic", "note", "amount"]}


def _table(chance: Random) -> str:
    return chance.choice(["people", "people", "deals"])


@act(8)
def updates_a_field(
    connection: sqlite3.Connection, chance: Random, words: Iterator[int]
) -> tuple[str, str] | None:
    """Change one field of a record."""
    table = _table(chance)
    row, field = some_id(connection, table, chance), chance.choice(FIELDS[table])
    if row is None:
        return None
    required = field in ("name", "topic")
    value = None if not required and chance.random() < 0.15 else word(field, words)
    connection.execute(f'UPDATE "{table}" SET "{field}" = ? WHERE id = ?', [value, row])
    return table, row


@act(4)
def inserts_a_record(
    connection: sqlite3.Connection, chance: Random, words: Iterator[int]
) -> tuple[str, str] | None:
    """Add a record; the file gives it its id."""
    table = _table(chance)
    values = {
        f: word(f, words) for f in FIELDS[table] if f in ("name", "topic") or chance.random() < 0.6
    }
    if table == "deals":
        values["person"] = some_id(connection, "people", chance)
        if values["person"] is None:
            return None
    columns, marks = ", ".join(f'"{f}"' for f in values), ", ".join("?" * len(values))
    connection.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', list(values.values()))
    (row,) = connection.execute(
        f'SELECT id FROM "{table}" WHERE rowid = last_insert_rowid()'
    ).fetchone()
    return table, row


@act(2)
def archives_a_record(
    connection: sqlite3.Connection, chance: Random, words: Iterator[int]
) -> tuple[str, str] | None:
    """Take a record out of use, or back into use."""
    table = _table(chance)
    row = some_id(connection, table, chance)
    if row is None:
        return None
    stamp = "CASE WHEN archived_at IS NULL THEN strftime('%Y-%m-%dT%H:%M:%fZ', 'now') END"
    connection.execute(f'UPDATE "{table}" SET archived_at = {stamp} WHERE id = ?', [row])
    return table, row


@act(1)
def deletes_a_record(
    connection: sqlite3.Connection, chance: Random, words: Iterator[int]
) -> tuple[str, str] | None:
    """Delete a record for good."""
    row = some_id(connection, table := _table(chance), chance)
    connection.execute(f'DELETE FROM "{table}" WHERE id = ?', [row])
    return (table, row) if row else None


@act(1)
def replaces_a_record(
    connection: sqlite3.Connection, chance: Random, words: Iterator[int]
) -> tuple[str, str] | None:
    """Write a record anew under its id: no delete trigger fires for it."""
    row = some_id(connection, "people", chance, "archived_at IS NULL")
    if row is None:
        return None
    (name,) = connection.execute("SELECT name FROM people WHERE id = ?", [row]).fetchone()
    values = [row, name, word("city", words)]
    connection.execute("INSERT OR REPLACE INTO people (id, name, city) VALUES (?, ?, ?)", values)
    return "people", row


@act(1)
def writes_nonsense(
    connection: sqlite3.Connection, chance: Random, words: Iterator[int]
) -> tuple[str, str] | None:
    """Write what the file takes and the schema does not: a negative number, a blank name."""
    row = some_id(connection, "people", chance, "archived_at IS NULL")
    if row is None:
        return None
    field, value = chance.choice([("name", "  "), ("size", -7), ("city", "")])
    connection.execute(f'UPDATE people SET "{field}" = ? WHERE id = ?', [value, row])
    return "people", row
