"""The fenced exchange: one batch that takes the token, shows what it replaces, and writes.

The Sheets API has no compare-and-swap, but one batchUpdate is ordered, atomic, and fails whole.
So each batch first deletes the named range whose id is the current token and adds the next one:
it is applied at most once, by one writer. It then copies the title row and every row that it is
going to touch to a mirror tab, formulas and all, and only then writes. The answer returns the
mirror: syncd sees exactly what it replaced, also what was typed since its read, also when the
answer was lost, as the mirror stays.

`judge` tells from the mirror which writes met what they expected, what a person typed in the
window, and which rows were hit that should not have been.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncd.core.snapshot import RowId, TableName
from syncd.sheet.cells import (
    Entered,
    Json,
    block,
    blocks_of,
    grid_rows,
    runs,
    trimmed,
    update_cells,
)
from syncd.sheet.layout import Layout, Tab, sheet_of, token_name

MARK = "\u2042 not copied"
NOT_COPIED: Entered = {"stringValue": MARK}
ANSWER = (
    "replies(addNamedRange(namedRange(namedRangeId))),"
    "updatedSpreadsheet(sheets(properties(sheetId),"
    "data(startRow,startColumn,rowData(values(userEnteredValue)))))"
)
REQUESTS_MAX = 500
BYTES_MAX = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A row that is written to: where and as what it was read, and its new cells by column."""

    table: TableName
    row: RowId
    position: int
    entered: tuple[Entered, ...]
    cells: Mapping[int, Entered]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inserted:
    """A row that is added below the table: its cells by column, the id among them."""

    table: TableName
    row: RowId
    cells: Mapping[int, Entered]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one operation writes, all of it or nothing. A batch of nothing only moves the token."""

    touched: tuple[Touched, ...] = ()
    inserted: tuple[Inserted, ...] = ()
    removed: tuple[Touched, ...] = ()
    ends: Mapping[TableName, int] = field(default_factory=dict)  # the row after the last one

    def tables(self) -> set[TableName]:
        """The tables that it writes to."""
        rows = (*self.touched, *self.removed)
        return {each.table for each in rows} | {each.table for each in self.inserted}

    def rows(self) -> set[tuple[TableName, RowId]]:
        """The rows that it writes."""
        rows = (*self.touched, *self.removed)
        return {(r.table, r.row) for r in rows} | {(r.table, r.row) for r in self.inserted}

    def positions(self, table: TableName) -> set[int]:
        """The places in a table's tab that it writes to."""
        rows = (*self.touched, *self.removed)
        return {each.position for each in rows if each.table == table}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """By what an operation is known in the sheet.

    Two copies of a database count alike; the nonce, drawn for each operation, tells them apart.
    """

    number: int
    database: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A cell where somebody typed between the read and the write; ours stands there now."""

    touched: Touched
    column: int
    typed: Entered


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """A row that was hit and should not have been: what stood in it, and what we wrote over it.

    `titles` are the titles above it when it was hit. `gone`: the row itself was deleted.
    """

    table: TableName
    position: int
    row: tuple[Entered, ...]
    wrote: Mapping[int, Entered]
    titles: tuple[Entered, ...] = ()
    gone: bool = False

    @classmethod
    def of(
        cls,
        hit: Touched,
        row: tuple[Entered, ...],
        titles: tuple[Entered, ...],
        wrote: Mapping[int, Entered],
        *,
        gone: bool = False,
    ) -> "Victim":
        """Return what a write did to the row that it hit."""
        return cls(
            table=hit.table,
            position=hit.position,
            row=row,
            wrote=wrote,
            titles=titles,
            gone=gone,
        )

    @property
    def is_titles(self) -> bool:
        """Whether it was the title row itself that was hit."""
        return bool(self.titles) and trimmed(self.row) == trimmed(self.titles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The columns that confirm a row of a table: its id, and what its natural key is made of.

    `managed` are all columns whose cells belong to the schema.
    """

    id: int
    natural: frozenset[int]
    managed: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a batch did: rows that are as planned, what was typed meanwhile, and the damage.

    `strays` are new rows that were filled while the columns were others than was thought.
    """

    verified: frozenset[tuple[TableName, RowId]]
    windows: tuple[Window, ...]
    victims: tuple[Victim, ...]
    strays: tuple[Inserted, ...] = ()


def requests_of(
    batch: Batch, layout: Layout, *, token: str, stamp: Stamp, structure: Json
) -> list[Json]:
    """Return the ordered requests of one operation; `structure` tells how large the mirrors are."""
    fence: Json = {
        "name": token_name(stamp.number, stamp.database, stamp.nonce),
        "range": block(layout.control_id, (0, 1), (0, 1)),
    }
    requests: list[Json] = [
        {"deleteNamedRange": {"namedRangeId": token}},
        {"addNamedRange": {"namedRange": fence}},
    ]
    for name in sorted(batch.tables()):
        tab, positions = layout.tabs[name], batch.positions(name)
        requests += _grown(tab, max(positions, default=0) + 1, structure)
        requests += _mirror(tab, positions, structure)
    requests += stamp_requests(layout.control_id, stamp)
    for name in sorted({each.table for each in batch.touched}):
        cells = {
            (each.position, column): cell
            for each in batch.touched
            if each.table == name
            for column, cell in each.cells.items()
        }
        sheet_id = layout.tabs[name].sheet_id
        requests += [update_cells(sheet_id, *place) for place in blocks_of(cells)]
    for name in sorted({each.table for each in batch.inserted}):
        requests += _insertion(layout.tabs[name], batch, name)
    return requests + _removals(batch, layout)


def stamp_requests(control_id: int, stamp: Stamp) -> list[Json]:
    """Say in syncd's own tab which operation was the last one; the notice between stays."""
    said: list[Entered] = [{"numberValue": stamp.number}, {"stringValue": stamp.database}]
    return [
        update_cells(control_id, 0, 1, [said]),
        update_cells(control_id, 0, 4, [[{"stringValue": stamp.nonce}]]),
    ]


def _grown(tab: Tab, rows: int, structure: Json) -> list[Json]:
    """Make the mirror large enough for what is copied to it."""
    mirror = sheet_of(structure, tab.mirror_id) or {}
    grid = mirror.get("properties", {}).get("gridProperties", {})
    width = max(grid.get("columnCount", 0), _width(tab, structure))
    if grid.get("rowCount", 0) >= rows and grid.get("columnCount", 0) >= width:
        return []
    size = {"rowCount": max(grid.get("rowCount", 0), rows), "columnCount": width}
    change = {
        "properties": {"sheetId": tab.mirror_id, "gridProperties": size},
        "fields": "gridProperties.rowCount,gridProperties.columnCount",
    }
    return [{"updateSheetProperties": change}]


def _width(tab: Tab, structure: Json) -> int:
    """Return how many columns a tab has; people add and delete them behind the titles."""
    sheet = sheet_of(structure, tab.sheet_id) or {}
    grid = sheet.get("properties", {}).get("gridProperties", {})
    return int(grid.get("columnCount", tab.width))


def _mirror(tab: Tab, positions: Iterable[int], structure: Json) -> list[Json]:
    """Mark the slots, then copy the title row and the rows over the marks."""
    requests: list[Json] = []
    spans = list(runs({0, *positions}))
    columns = (0, _width(tab, structure))
    for span in spans:
        mark = {
            "range": block(tab.mirror_id, span, columns),
            "cell": {"userEnteredValue": NOT_COPIED},
            "fields": "userEnteredValue",
        }
        requests.append({"repeatCell": mark})
    for span in spans:
        copy = {
            "source": block(tab.sheet_id, span, columns),
            "destination": block(tab.mirror_id, span, columns),
            "pasteType": "PASTE_FORMULA",
        }
        requests.append({"copyPaste": copy})
    return requests


def _insertion(tab: Tab, batch: Batch, table: TableName) -> list[Json]:
    """Insert rows after the last one and fill them: a stale place can only misplace them."""
    rows = [each for each in batch.inserted if each.table == table]
    start = batch.ends[table]
    insert = {
        "range": {
            "sheetId": tab.sheet_id,
            "dimension": "ROWS",
            "startIndex": start,
            "endIndex": start + len(rows),
        },
        "inheritFromBefore": start > 1,
    }
    cells = {
        (start + offset, column): cell
        for offset, each in enumerate(rows)
        for column, cell in each.cells.items()
    }
    filled = [update_cells(tab.sheet_id, *place) for place in blocks_of(cells)]
    return [{"insertDimension": insert}, *filled]


def _removals(batch: Batch, layout: Layout) -> list[Json]:
    """Delete rows, the lowest first, so that none moves before its turn."""
    rows = sorted(batch.removed, key=lambda each: (each.table, -each.position))
    return [
        {
            "deleteDimension": {
                "range": {
                    "sheetId": layout.tabs[each.table].sheet_id,
                    "dimension": "ROWS",
                    "startIndex": each.position,
                    "endIndex": each.position + 1,
                }
            }
        }
        for each in rows
    ]


def body_of(batch: Batch, requests: Sequence[Json], titles: Mapping[TableName, str]) -> Json:
    """Return the whole call: its answer brings the mirror's slots with it.

    `titles` are the mirror tabs' titles: answers can be asked for by A1 range only.
    """
    ranges = []
    for name in sorted(batch.tables()):
        quoted = titles[name].replace("'", "''")
        spans = runs({0, *batch.positions(name)})
        ranges += [f"'{quoted}'!{first + 1}:{last}" for first, last in spans]
    body: dict[str, Any] = {"requests": list(requests)}
    if ranges:
        body |= {
            "includeSpreadsheetInResponse": True,
            "responseIncludeGridData": True,
            "responseRanges": ranges,
        }
    return body


def mirrored(structure: Json, layout: Layout) -> dict[TableName, dict[int, tuple[Entered, ...]]]:
    """Return the mirror's slots by table and position, from any answer with grid data."""
    found = {}
    by_id = {s["properties"].get("sheetId", 0): s for s in structure.get("sheets", [])}
    for name, tab in layout.tabs.items():
        if tab.mirror_id in by_id:
            slots = grid_rows(by_id[tab.mirror_id])[0]
            found[name] = {position: _copied(slot) for position, slot in slots.items()}
    return found


def _copied(slot: tuple[Entered, ...]) -> tuple[Entered, ...]:
    """Return what was copied to a slot: marks behind it are of columns that the tab has lost.

    A row is copied whole or not at all, so one that begins with the mark was not.
    """
    end = len(slot)
    while end and slot[end - 1] == NOT_COPIED and slot[0] != NOT_COPIED:
        end -= 1
    return slot[:end]


def judge(
    batch: Batch,
    titles: Mapping[TableName, tuple[Entered, ...]],
    mirror: Mapping[TableName, Mapping[int, tuple[Entered, ...]]],
    keys: Mapping[TableName, Keys],
) -> Judgement:
    """Tell from the mirror what a batch met; `titles` are the title rows that it was built on."""
    verified, windows, victims = set(), list[Window](), list[Victim]()
    moved = {name: _moved_columns(titles[name], mirror.get(name, {}).get(0, ())) for name in titles}
    for each in batch.touched:
        slot = mirror.get(each.table, {}).get(each.position, ())
        if NOT_COPIED in slot:
            continue
        shifted = moved[each.table]
        astray = shifted & set(each.cells)
        if other := _is_other_row(each, slot, keys[each.table], shifted):
            astray = set(each.cells)
        if astray or other:
            wrote = {column: each.cells[column] for column in sorted(astray)}
            victims.append(Victim(table=each.table, position=each.position, row=slot, wrote=wrote))
        typed = [
            Window(touched=each, column=column, typed=_at(slot, column))
            for column in each.cells
            if column not in astray and _at(slot, column) != _at(each.entered, column)
        ]
        windows += typed
        if not (astray or other):
            verified.add((each.table, each.row))
    for each in batch.removed:
        slot = mirror.get(each.table, {}).get(each.position, ())
        if trimmed(slot) == trimmed(each.entered):
            verified.add((each.table, each.row))
        elif NOT_COPIED not in slot:
            # Another row stood there, or somebody typed in it: it comes back, to be looked at.
            victims.append(
                Victim(table=each.table, position=each.position, row=slot, wrote={}, gone=True)
            )
    strays = tuple(each for each in batch.inserted if moved[each.table])
    verified |= {(each.table, each.row) for each in batch.inserted if each not in strays}
    return Judgement(
        verified=frozenset(verified),
        windows=tuple(windows),
        victims=tuple(victims),
        strays=strays,
    )


def _moved_columns(titles: tuple[Entered, ...], found: tuple[Entered, ...]) -> set[int]:
    """Return the columns whose title is not the one that was read.

    One title replaced by one that was never seen, all others in place, is a rename.
    """
    if NOT_COPIED in found or trimmed(found) == trimmed(titles):
        return set()
    width = max(len(titles), len(found))
    differing = {c for c in range(width) if _at(titles, c) != _at(found, c)}
    renamed = len(differing) == 1 and _at(found, next(iter(differing))) not in titles
    return set() if renamed else differing


def _is_other_row(each: Touched, slot: tuple[Entered, ...], keys: Keys, shifted: set[int]) -> bool:
    """Whether the row that was hit is not the row that was read.

    A row is known by its id and its natural key; read without one of them, by its whole content.
    """
    named = any(_at(each.entered, column) is not None for column in keys.natural)
    if _at(each.entered, keys.id) is None or not named:
        return trimmed(slot) != trimmed(each.entered)
    confirming = {keys.id, *keys.natural} - shifted
    return any(_at(slot, column) != _at(each.entered, column) for column in confirming)


def _at(row: Sequence[Entered], column: int) -> Entered:
    return row[column] if column < len(row) else None
