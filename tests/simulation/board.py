"""What the spreadsheet and the CRM truly hold, read past the engine: for people and the oracle."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from syncd.sandbox.book.model import Book, Formula, Sheet
from syncd.sheet.trash import TITLE as TRASH
from tests.simulation.template import schema

TOKEN = re.compile(r"[a-z]+~\d+|(?<![0-9a-z])7[01]\d{5}(?![0-9a-z])")  # none within an id
KEYS = ("name", "topic")
# What syncd says in its status column may quote what somebody typed; that does not keep it.
STATUS = re.compile(r"(In sync|Refused:|In review:|Waiting:|Paused:|Archived:|Not taken:)")
FIELDS = {str(t.name): {f.title: str(f.name) for f in t.fields} for t in schema().tables}
TITLES = {str(t.name): t.title for t in schema().tables}
OWN = {"Sync": "@status", "syncd id": "@id"}
NONSENSE = "wrong"  # what people type where it is not valid tells no column

STATUS_OF_OTHERS = re.compile(r"(Refused:|In review:|Waiting:|Paused:|Archived:|Not taken:)")


@dataclass(frozen=True)
class Tab:
    """A table's tab as a person sees it: the columns by the titles that stand there."""

    table: str
    sheet: Sheet
    columns: Mapping[str, int]

    @property
    def sheet_id(self) -> int:
        """The tab's id."""
        return self.sheet.sheet_id

    @cached_property
    def rows(self) -> list[int]:
        """The places of the rows below the titles that hold anything but a status."""
        status = self.columns.get("@status")
        return [
            place
            for place in range(1, len(self.sheet.rows))
            if any(
                c.value is not None for k, c in self.sheet.row(place).cells.items() if k != status
            )
        ]

    @property
    def end(self) -> int:
        """The place below everything."""
        return max([0, *self.rows]) + 1

    @property
    def width(self) -> int:
        """How many columns hold a title."""
        return self.sheet.row(0).width

    def text(self, row: int, column: int) -> str:
        """Return what stands in a cell, as text."""
        return text_of(self.sheet.cell(row, column).value)

    def named(self, row: int) -> dict[str, str]:
        """Return a row by field; syncd's own two columns are @id and @status."""
        found = {name: self.text(row, column) for name, column in self.columns.items()}
        return {name: text for name, text in found.items() if text}


def text_of(value: object) -> str:
    """Return a cell's content as text: a whole number without a point."""
    match value:
        case None:
            return ""
        case Formula(text=text):
            return text
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def tab_of(book: Book, table: str) -> Tab | None:
    """Return a table's tab: the first that has its title, or that shows most of its titles."""
    fields = FIELDS[table]
    seen = [s for s in book.sheets if not s.title.startswith("_syncd") and not s.is_object]
    named = [s for s in seen if s.title == TITLES[table]]
    for sheet in (*named, *seen):
        titles = {text_of(c.value): k for k, c in sorted(sheet.row(0).cells.items(), reverse=True)}
        known = {(fields | OWN)[t]: k for t, k in titles.items() if t in fields or t in OWN}
        if len(known) > len(fields) / 2:
            return Tab(table, sheet, known)
    return None


def true_tab(book: Book, table: str) -> Tab | None:
    """Return a table's tab with the columns that hold what their fields hold.

    Metadata tells them, which people do not see; but an older version that is brought back may
    leave it over other columns, or bring a deleted tab back without any.
    """
    marked, titled = marked_tab(book, table), tab_of(book, table)
    if marked is None:
        return titled
    if titled and is_astray(marked) and not is_astray(titled):
        return _with_renamed(titled, marked)
    return marked


def _with_renamed(titled: Tab, marked: Tab) -> Tab:
    """Return a tab by its titles; a column whose title tells nothing is known by its mark."""
    named, same = titled.columns.values(), titled.sheet is marked.sheet
    renamed = {name: c for name, c in marked.columns.items() if same and c not in named}
    return Tab(titled.table, titled.sheet, {**renamed, **titled.columns})


def is_astray(tab: Tab) -> bool:
    """Whether most of what stands in one of a tab's columns is not of the field it is known as."""
    for name, column in tab.columns.items():
        if name in ("@id", "person"):
            continue
        texts = [text for row in tab.rows if (text := tab.text(row, column))]
        if name == "@status":
            if sum(1 for text in texts if STATUS.match(text)) * 2 < len(texts):
                return True
            continue
        strange = sum(1 for text in texts if STATUS.match(text))
        kinds = [field_of(token) for text in texts for token in tokens_in(text)]
        found = [kind == name for kind in kinds if kind != NONSENSE]
        if strange + found.count(False) > found.count(True):
            return True
    return False


def marked_tab(book: Book, table: str) -> Tab | None:
    """Return a table's tab with its columns by their metadata."""
    for sheet in book.sheets:
        columns = {}
        for entry in book.metadata.values():
            where = entry.get("location", {}).get("dimensionRange", {})
            if (
                entry.get("metadataKey") == "syncd_column"
                and where.get("sheetId") == sheet.sheet_id
            ):
                key = str(entry["metadataValue"])
                name = key.removeprefix("field:") if ":" in key else f"@{key}"
                columns[name] = where.get("startIndex", 0)
        fields = set(FIELDS[table].values())
        if fields & columns.keys() and not columns.keys() - fields - {"@id", "@status"}:
            return Tab(table, sheet, {**_titled(sheet, table, columns), **columns})
    return None


def _titled(sheet: Sheet, table: str, known: Mapping[str, int]) -> dict[str, int]:
    """Return the columns that lost their metadata and are known by a title nobody else has."""
    titles: dict[str, list[int]] = {}
    for column, cell in sheet.row(0).cells.items():
        if column not in known.values():
            titles.setdefault(text_of(cell.value), []).append(column)
    named = {**FIELDS[table], **OWN}
    return {named[t]: c[0] for t, c in titles.items() if t in named and len(c) == 1}


def visible(book: Book) -> set[str]:
    """Return the tokens that a person can see somewhere: in values, formulas and notes."""
    found: set[str] = set()
    for sheet in book.sheets:
        if sheet.title.startswith("_syncd") and sheet.title != TRASH:
            continue
        for row in sheet.rows:
            for cell in row.cells.values():
                if cell.note:
                    found.update(TOKEN.findall(cell.note))
                if cell.value is not None and not STATUS.match(text := text_of(cell.value)):
                    found.update(TOKEN.findall(text))
    return found


def rows(book: Book, *, by_titles: bool = False) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield all rows of all tables, by field: as the metadata says, or only as the titles do."""
    for table in FIELDS:
        tab = (None if by_titles else true_tab(book, table)) or tab_of(book, table)
        for place in tab.rows if tab else ():
            yield table, tab.named(place) if tab else {}


def contents(
    book: Book, *, by_titles: bool = False
) -> Counter[tuple[str, frozenset[tuple[str, str]]]]:
    """Return all rows of all tables by what stands in them, wherever they stand."""
    found: Counter[tuple[str, frozenset[tuple[str, str]]]] = Counter()
    for table, row in rows(book, by_titles=by_titles):
        row.pop("@status", None)
        found[table, frozenset(row.items())] += 1
    return found


def tokens_in(value: object) -> set[str]:
    """Return the tokens in anything that can be shown as text."""
    return set(TOKEN.findall(value if isinstance(value, str) else repr(value)))


def keys_in(values: Mapping[str, Any]) -> set[str]:
    """Return the tokens by which a row is known to people, whichever table it is of."""
    return {token for name in KEYS for token in tokens_in(values.get(name) or "")}


def field_of(token: str) -> str:
    """Return the field for which a token was typed."""
    return {"70": "size", "71": "amount"}.get(token[:2], token.split("~", maxsplit=1)[0])


def records(connection: sqlite3.Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each record of the CRM with its table's name; what has no column is None."""
    for table, fields in FIELDS.items():
        names = ["id", *fields.values(), "archived_at"]
        there = {name for _, name, *_ in connection.execute(f'PRAGMA table_info("{table}")')}
        columns = ", ".join(f'"{name}"' if name in there else "NULL" for name in names)
        for row in connection.execute(f'SELECT {columns} FROM "{table}" ORDER BY rowid'):
            yield table, dict(zip(names, row, strict=True))


def kept(connection: sqlite3.Connection) -> set[str]:
    """Return the tokens that the CRM, its history and its reviews hold."""
    found: set[str] = set()
    for _, record in records(connection):
        found |= tokens_in(record)
    for row in connection.execute("SELECT before, after, base, reason FROM _syncd_history"):
        found |= tokens_in(row)
    for row in connection.execute("SELECT offered, shown, base, reason FROM _syncd_reviews"):
        found |= tokens_in(row)
    return found


def key_tokens(
    connection: sqlite3.Connection,
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the keys that each record ever had, and those that it was made with, by its id."""
    found: dict[str, set[str]] = {}
    first: dict[str, set[str]] = {}
    for row, field, before, after in connection.execute(
        "SELECT row, field, before, after FROM _syncd_history WHERE side = 'crm'"
    ):
        if field in KEYS:
            found.setdefault(row, set()).update(tokens_in((before, after)))
        elif field == "":
            for text in (before, after):
                if isinstance(text, str) and text.startswith("{"):
                    values = json.loads(text)
                    keys = [values.get(k) for k in KEYS]
                    found.setdefault(row, set()).update(tokens_in(keys))
                    first.setdefault(row, set()).update(tokens_in(keys))
    for row, values in connection.execute('SELECT row, "values" FROM _syncd_base'):
        found.setdefault(row, set()).update(tokens_in([json.loads(values).get(k) for k in KEYS]))
    return found, first


def persons_by_name(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the ids of the people by each name that only one of them ever had."""
    found, _ = key_tokens(connection)
    ids = {record["id"] for table, record in records(connection) if table == "people"}
    bearers = Counter(token for row in ids for token in found.get(row, ()))
    return {t: row for row in sorted(ids) for t in found.get(row, ()) if bearers[t] == 1}


def content(row: Mapping[str, object], persons: Mapping[str, str]) -> dict[str, str]:
    """Return what a row or a record holds but for what is syncd's own; a person by their id."""
    fields = {n: v for n, v in row.items() if n[0] != "@" and n not in ("id", "archived_at")}
    held = {name: str(value) for name, value in fields.items() if value not in (None, "")}
    named = [persons[token] for token in tokens_in(held.get("person", "")) if token in persons]
    return {**held, "person": named[0]} if len(named) == 1 else held
