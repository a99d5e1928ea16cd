"""Whether both sides show the same at rest, but for what the engine says that it left alone."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd.sandbox.book.model import Book
from tests.simulation import board
from tests.simulation.board import KEYS, Tab

Broken = tuple[str, str]  # an invariant, and what breaks it


@dataclass
class Excused:
    """What is not aligned and said so.

    `rows` are refused, in review or paused, `columns` are paused, `frozen` are the places of rows
    of which it is not known whose they are, `closed` those of the rows that cannot be written.
    """

    rows: set[tuple[str, str]] = field(default_factory=set)
    closed: set[tuple[str, str]] = field(default_factory=set)
    columns: set[tuple[str, str]] = field(default_factory=set)
    frozen: dict[str, set[int]] = field(default_factory=dict)


def misaligned(book: Book, connection: sqlite3.Connection, excused: Excused) -> Iterator[Broken]:
    """Yield what is not the same on both sides although nobody said so."""
    found = list(board.records(connection))
    labels = {
        record["id"]: (record["name"] or "").strip() for _, record in found if "name" in record
    }
    former, _ = board.key_tokens(connection)
    for table in board.FIELDS:
        tab = board.true_tab(book, table)
        if tab is None or "@id" not in tab.columns:
            yield "both sides agree", f"{table} has no tab, or none with ids"
            continue
        frozen = excused.frozen.get(table, set())
        shown: dict[str, dict[str, str]] = {}
        held = {record["id"]: record for name, record in found if name == table}
        ids = Counter(tab.text(place, tab.columns["@id"]) for place in tab.rows)
        for place in tab.rows:
            row = tab.named(place)
            row_id = row.get("@id", f"@{place}")
            if place in frozen or not row.keys() - {"@status"}:
                continue  # whose row it is, is open; or nothing stands in it
            if ids[row_id] > 1 and _is_unnamed(row, held, former, table, excused):
                continue
            if row_id in shown:
                yield "identity", f"{table}: two rows with the id {row_id}"
            shown[row_id] = row
        unknown = _names(tab, frozen)
        left = {n for i, r in held.items() if (table, i) in excused.rows for n in _all_names(r)}
        for row_id, record in held.items():
            if record["archived_at"] or (table, row_id) in excused.rows:
                continue
            row = shown.get(row_id, {})
            # A row that a sort left with nothing but its id: what it held is looked for elsewhere.
            if not row.keys() - {"@id", "@status"}:
                if not unknown & (_all_names(record) | former.get(row_id, set())):
                    yield "both sides agree", f"{table} {row_id} is not in the sheet"
                continue
            yield from _differences(tab, record, row, labels, excused)
        for row_id, row in shown.items():
            # One that is blank says that its record was removed; what is paused is not read.
            blank = not row.keys() - {"@id", "@status", *_paused(table, excused)}
            archived = "Archived" in row.get("@status", "")
            waits = (table, row_id) in excused.rows or ("@id" not in row and left & {*row.values()})
            waits = waits or _is_unnamed(row, held, former, table, excused)
            if not (row_id in held or blank or archived or waits):
                yield "both sides agree", f"{table} row {row} is no record"


def _is_unnamed(
    row: Mapping[str, str],
    held: Mapping[str, dict[str, Any]],
    former: Mapping[str, set[str]],
    table: str,
    excused: Excused,
) -> bool:
    """Whether a row under another's id is a paused record's, which cannot be given its own.

    What cannot be written shows the name that the record had before it was renamed in the CRM, or
    deleted there.
    """
    names = {row[key] for key in KEYS if key in row}
    paused = (row_id for name, row_id in excused.closed if name == table)
    others = (row_id for row_id in paused if row_id != row.get("@id"))
    return any(names & (_all_names(held.get(i, {})) | former.get(i, set())) for i in others)


def _paused(table: str, excused: Excused) -> Iterator[str]:
    """Yield the fields of a table whose column is left alone."""
    fields = board.FIELDS[table]
    return (name for title, name in fields.items() if (table, title) in excused.columns)


def _names(tab: Tab, places: set[int]) -> set[str]:
    """Return the ids and keys that stand in some rows."""
    rows = [tab.named(place) for place in places]
    return {text for row in rows for name, text in row.items() if name in ("@id", *KEYS)}


def _all_names(record: dict[str, Any]) -> set[str]:
    return {str(record[name]) for name in ("id", *KEYS) if record.get(name)}


def _differences(
    tab: Tab,
    record: dict[str, Any],
    row: dict[str, str],
    labels: dict[str, str],
    excused: Excused,
) -> Iterator[Broken]:
    """Yield the fields in which a record and its row are not the same."""
    for title, name in board.FIELDS[tab.table].items():
        if name not in tab.columns or (tab.table, title) in excused.columns:
            continue
        value, shown = record[name], row.get(name, "")
        if name == "person" and value is not None:
            value = labels.get(value)
            if not value or shown.startswith(f"{value} ("):
                continue  # no label that anybody could read; or one that tells two of a name apart
        held = "" if value is None else str(value)
        # What a formula shows, also in the cells that it fills, is read by the engine alone.
        by_formula = shown.startswith("=") or (not shown and name in _filled(tab))
        if held != shown and not by_formula:
            text = f"{tab.table} {record['id']}.{name}: CRM {held!r}, sheet {shown!r}"
            yield "both sides agree", text


def _filled(tab: Tab) -> set[str]:
    """Return the fields in whose column a formula fills cells below its own."""
    return {
        name
        for name, column in tab.columns.items()
        if any("ARRAYFORMULA" in tab.text(row, column) for row in tab.rows)
    }
