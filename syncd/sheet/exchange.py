"""The fenced exchange: one batch that takes the token, shows what it replaces, and writes.

The Sheets API has no compare-and-swap, but one batchUpdate is ordered, atomic, and fails whole.
So each batch first deletes the named range whose id is the current token and adds the next one:
it is applied at most once, by one writer. It then copies the title row and every row that it is
going to touch to a mirror tab, formulas and all, and only then writes. The answer returns the
mirror: syncd sees exactly what it replaced, also what was typed since its read, also when the
answer was lost, as the mirror stays.
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
    update_cells,
)
from syncd.sheet.cover import Cover
from syncd.sheet.layout import Layout, Tab, sheet_of, token_name
from syncd.sheet.trash import Trash, bring_requests, keep_requests

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
    """A row that is added below the table: its cells by column, the id among them.

    One that comes back is added at its own place, with the look of its row in the trash; `moved`
    tells where the columns are now that were elsewhere when it was taken out.
    """

    table: TableName
    row: RowId
    cells: Mapping[int, Entered]
    at: int | None = None
    kept: int | None = None
    moved: Mapping[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one operation writes, all of it or nothing. A batch of nothing only moves the token."""

    touched: tuple[Touched, ...] = ()
    inserted: tuple[Inserted, ...] = ()
    removed: tuple[Touched, ...] = ()
    ends: Mapping[TableName, int] = field(default_factory=dict)  # the row after the last one
    trash: Trash | None = None  # where what is removed is kept, or what comes back was

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


def requests_of(
    batch: Batch, layout: Layout, *, token: str, stamp: Stamp, structure: Json, uncover: bool
) -> list[Json]:
    """Return the ordered requests of one operation; `structure` tells how large the mirrors are.

    `uncover`: copies leave out rows that are out of sight, so these are shown for the moment.
    """
    fence: Json = {
        "name": token_name(stamp.number, stamp.database, stamp.nonce),
        "range": block(layout.control_id, (0, 1), (0, 1)),
    }
    requests: list[Json] = [
        {"deleteNamedRange": {"namedRangeId": token}},
        {"addNamedRange": {"namedRange": fence}},
    ]
    tables = sorted(batch.tables())
    found = {
        name: Cover.of(sheet_of(structure, layout.tabs[name].sheet_id) or {}, batch.positions(name))
        for name in (tables if uncover else ())
    }
    covers = {name: cover for name, cover in found.items() if cover is not None}
    for cover in covers.values():
        requests += cover.taken_off()
    for name in tables:
        tab, positions = layout.tabs[name], batch.positions(name)
        requests += _grown(tab, max(positions, default=0) + 1, structure)
        requests += _mirror(tab, positions, structure)
    requests += stamp_requests(layout.control_id, stamp)
    requests += _kept(batch, layout, structure, stamp.number)
    for cover in covers.values():
        requests += cover.rows_hidden()
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
    requests += _removals(batch, layout)
    for name, cover in covers.items():
        added = [
            batch.ends.get(name, 0) if each.at is None else each.at
            for each in batch.inserted
            if each.table == name
        ]
        removed = [each.position for each in batch.removed if each.table == name]
        requests += cover.filter_set(added, removed)
    return requests


def _kept(batch: Batch, layout: Layout, structure: Json, number: int) -> list[Json]:
    """Copy the rows that are taken out to the trash, as they look."""
    if batch.trash is None or not batch.removed:
        return []
    taken = [
        (
            name,
            layout.tabs[name].sheet_id,
            _width(layout.tabs[name], structure),
            sorted(each.position for each in batch.removed if each.table == name),
        )
        for name in sorted({each.table for each in batch.removed})
    ]
    return keep_requests(batch.trash, taken, number)


def stamp_requests(control_id: int, stamp: Stamp) -> list[Json]:
    """Say in syncd's own tab which operation was the last one; the notice between stays."""
    said: list[Entered] = [{"numberValue": stamp.number}, {"stringValue": stamp.database}]
    return [
        update_cells(control_id, 0, 1, [said]),
        update_cells(control_id, 0, 4, [[{"stringValue": stamp.nonce}]]),
    ]


def _grown(tab: Tab, rows: int, structure: Json) -> list[Json]:
    """Make the mirror large enough for what is copied to it."""
    grid = _grid(structure, tab.mirror_id)
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
    return int(_grid(structure, tab.sheet_id).get("columnCount", tab.width))


def _grid(structure: Json, sheet_id: int) -> Json:
    """Return how large a tab is, as far as that was told."""
    properties = (sheet_of(structure, sheet_id) or {}).get("properties", {})
    found: Json = properties.get("gridProperties", {})
    return found


def _mirror(tab: Tab, positions: Iterable[int], structure: Json) -> list[Json]:
    """Mark the slots, then copy the title row and the rows over the marks.

    A tab that lost columns is copied to fewer of them: what the others held is taken away.
    """
    requests: list[Json] = []
    spans = list(runs({0, *positions}))
    columns = (0, _width(tab, structure))
    behind = (columns[1], _grid(structure, tab.mirror_id).get("columnCount", 0))
    for span in spans:
        requests.append(_filled(tab, span, columns, {"userEnteredValue": NOT_COPIED}))
        if behind[0] < behind[1]:
            requests.append(_filled(tab, span, behind, {}))
    for span in spans:
        copy = {
            "source": block(tab.sheet_id, span, columns),
            "destination": block(tab.mirror_id, span, columns),
            "pasteType": "PASTE_FORMULA",
        }
        requests.append({"copyPaste": copy})
    return requests


def _filled(tab: Tab, rows: tuple[int, int], columns: tuple[int, int], cell: Json) -> Json:
    where = block(tab.mirror_id, rows, columns)
    return {"repeatCell": {"range": where, "cell": cell, "fields": "userEnteredValue"}}


def _insertion(tab: Tab, batch: Batch, table: TableName) -> list[Json]:
    """Insert rows after the last one and fill them: a stale place can only misplace them.

    Rows that come back go where they were, the lowest first.
    """
    rows = [each for each in batch.inserted if each.table == table]
    back = [(each.at, each) for each in rows if each.at is not None]
    requests: list[Json] = []
    for at, each in sorted(back, key=lambda pair: -pair[0]):
        requests.append(_inserted(tab, at, 1))
        if batch.trash is not None and each.kept is not None:
            requests += bring_requests(batch.trash, each.kept, tab, at, each.moved)
        cells = {(at, column): cell for column, cell in each.cells.items()}
        requests += [update_cells(tab.sheet_id, *place) for place in blocks_of(cells)]
    added = [each for each in rows if each.at is None]
    if not added:
        return requests
    start = batch.ends[table]
    cells = {
        (start + offset, column): cell
        for offset, each in enumerate(added)
        for column, cell in each.cells.items()
    }
    filled = [update_cells(tab.sheet_id, *place) for place in blocks_of(cells)]
    return [*requests, _inserted(tab, start, len(added)), *filled]


def _inserted(tab: Tab, start: int, count: int) -> Json:
    span = {
        "sheetId": tab.sheet_id,
        "dimension": "ROWS",
        "startIndex": start,
        "endIndex": start + count,
    }
    return {"insertDimension": {"range": span, "inheritFromBefore": start > 1}}


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
