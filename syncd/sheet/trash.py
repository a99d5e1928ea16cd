"""The trash: a hidden tab to which a row is copied whole before syncd takes it out.

The mirror keeps what stood in a row; formats, notes, drop-downs and rich text are in no answer
that could be written again, so the row itself is kept, the newest first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from syncd.core.snapshot import TableName
from syncd.schema import Cell
from syncd.sheet.cells import Entered, Json, block, runs, update_cells
from syncd.sheet.client import Client
from syncd.sheet.layout import Tab

TITLE = "_syncd_trash"
ROWS_MAX = 1000
OWN_COLUMNS = 3  # the operation, the table, and the row's number as people count


@dataclass(frozen=True, slots=True, kw_only=True)
class Trash:
    """The tab as it was found, or as it is about to be made."""

    sheet_id: int
    rows: int
    columns: int
    is_new: bool = False


def find_trash(client: Client, mint: Callable[[], int]) -> Trash:
    """Return the trash; where nobody took a row out yet, what is made by the first batch."""
    for tab in client.tabs():
        if tab.title == TITLE:
            return Trash(sheet_id=tab.sheet_id, rows=tab.rows, columns=tab.columns)
    return Trash(sheet_id=mint(), rows=ROWS_MAX, columns=26, is_new=True)


def keep_requests(
    trash: Trash,
    taken: Sequence[tuple[TableName, int, int, Sequence[int]]],
    number: int,
) -> list[Json]:
    """Copy rows whole to the top of the trash: by table its sheetId, width and positions."""
    count = sum(len(places) for _, _, _, places in taken)
    width = max(columns for _, _, columns, _ in taken) + OWN_COLUMNS
    requests: list[Json] = []
    if trash.is_new:
        grid = {"rowCount": trash.rows, "columnCount": max(width, trash.columns)}
        properties = {"sheetId": trash.sheet_id, "title": TITLE, "gridProperties": grid}
        requests.append({"addSheet": {"properties": properties | {"hidden": True}}})
    elif trash.columns < width:
        change = {
            "properties": {"sheetId": trash.sheet_id, "gridProperties": {"columnCount": width}},
            "fields": "gridProperties.columnCount",
        }
        requests.append({"updateSheetProperties": change})
    requests.append({"insertDimension": {"range": _rows(trash, 0, count)}})
    first = 0
    for table, sheet_id, columns, places in taken:
        for start, end in runs(places):
            last = first + end - start
            copy = {
                "source": block(sheet_id, (start, end), (0, columns)),
                "destination": block(
                    trash.sheet_id, (first, last), (OWN_COLUMNS, OWN_COLUMNS + columns)
                ),
                "pasteType": "PASTE_NORMAL",
            }
            requests.append({"copyPaste": copy})
            labels = [_label(number, table, at) for at in range(start, end)]
            requests.append(update_cells(trash.sheet_id, first, 0, labels))
            first = last
    if trash.rows + count > 2 * ROWS_MAX:
        old = _rows(trash, ROWS_MAX, trash.rows + count)
        requests.append({"deleteDimension": {"range": old}})
    return requests


def _rows(trash: Trash, start: int, end: int) -> Json:
    return {
        "sheetId": trash.sheet_id,
        "dimension": "ROWS",
        "startIndex": start,
        "endIndex": end,
    }


def _label(number: int, table: TableName, position: int) -> list[Entered]:
    return [{"numberValue": number}, {"stringValue": table}, {"numberValue": position + 1}]


def bring_requests(
    trash: Trash, kept: int, tab: Tab, position: int, moved: Mapping[int, int] | None
) -> list[Json]:
    """Return what gives a row the look, the notes and the drop-downs of one in the trash.

    `moved` tells where each column is now; without it all are where they were.
    """
    width = min(trash.columns - OWN_COLUMNS, tab.width)
    if moved is None:
        return [_brought(trash, kept, tab, position, (0, 0), width)]
    there = [pair for pair in sorted(moved.items()) if pair[0] < trash.columns - OWN_COLUMNS]
    return [_brought(trash, kept, tab, position, pair, 1) for pair in there]


def _brought(
    trash: Trash, kept: int, tab: Tab, position: int, columns: tuple[int, int], width: int
) -> Json:
    stood, now = OWN_COLUMNS + columns[0], columns[1]
    return {
        "copyPaste": {
            "source": block(trash.sheet_id, (kept, kept + 1), (stood, stood + width)),
            "destination": block(tab.sheet_id, (position, position + 1), (now, now + width)),
            "pasteType": "PASTE_NORMAL",
        }
    }


def find_kept(
    rows: Sequence[Sequence[Cell]], number: int, table: TableName, position: int
) -> int | None:
    """Return the trash's row that an operation took out of a place, while it is still there."""
    wanted: list[Cell] = [number, table, position + 1]
    return next((at for at, row in enumerate(rows) if list(row[:OWN_COLUMNS]) == wanted), None)
