"""Where an import comes from: a CSV file, or a tab of a spreadsheet."""

import re
from dataclasses import dataclass
from pathlib import Path

from syncd.cycle.workspace import Workspace
from syncd.errors import UsageError
from syncd.importer.files import read_file
from syncd.importer.find import STATUS_TITLE
from syncd.schema import Cell
from syncd.schema.reading import squeeze
from syncd.sheet.cells import Entered, Json, blocks_of, entered_of, update_cells
from syncd.sheet.client import Client, TabProperties
from syncd.sheet.read import cell_at, read_tab

_ADDRESS = re.compile(r"/spreadsheets/d/(?P<id>[A-Za-z0-9_-]+)[^#]*(?:#gid=(?P<gid>\d+))?")
_ID = re.compile(r"[A-Za-z0-9_-]{25,}")
_HOW = "Give a CSV file, a spreadsheet's address or id (with #Tab), or #Tab of this workspace."

Grid = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A source that was read: its lasting name, what people call it, its cells, how it was read.

    `client` and `sheet_id` lead back to a tab, so that its rows can be answered.
    """

    name: str
    called: str
    grid: Grid
    notes: tuple[str, ...] = ()
    client: Client | None = None
    sheet_id: int = 0

    def close(self) -> None:
        """Close the way to the source."""
        if self.client is not None:
            self.client.close()


def open_source(ws: Workspace, source: str) -> Opened:
    """Read a source, whatever it is."""
    place, _, tab = source.partition("#")
    found = _ADDRESS.search(source)
    if found:
        gid = int(found["gid"]) if found["gid"] else None
        return _open_tab(ws, found["id"], "" if gid is not None else tab, gid)
    if not place and tab:
        return _open_tab(ws, ws.client.spreadsheet, tab, None)
    path = Path(source)
    if path.is_file():
        read = read_file(path)
        return Opened(name=str(path.resolve()), called=path.name, grid=read.cells, notes=read.notes)
    if _ID.fullmatch(place):
        return _open_tab(ws, place, tab, None)
    raise UsageError("there is no such file or spreadsheet", on=source, hint=_HOW)


def _open_tab(ws: Workspace, spreadsheet: str, title: str, gid: int | None) -> Opened:
    client = Client(
        spreadsheet=spreadsheet,
        credentials=ws.config.credentials_path,
        endpoint=ws.config.sheet.endpoint,
    )
    try:
        tab = _chosen(client, title, gid)
        sheet_id = tab.sheet_id
        _refuse_own(ws, spreadsheet, sheet_id, title)
        grid = read_tab(client, sheet_id)
    except BaseException:
        client.close()
        raise
    return Opened(
        name=f"{spreadsheet}#{sheet_id}",
        called=f"the imported tab «{tab.title}»",
        grid=grid,
        client=client,
        sheet_id=sheet_id,
    )


def _refuse_own(ws: Workspace, spreadsheet: str, sheet_id: int, title: str) -> None:
    if spreadsheet == ws.client.spreadsheet and sheet_id in ws.own_tabs():
        raise UsageError(
            "this tab is the workspace's own: it is pulled, not imported",
            on=title,
            hint="`syncd import` without a source pulls the workspace's own tabs.",
        )


def _chosen(client: Client, title: str, gid: int | None) -> TabProperties:
    tabs = client.tabs()
    for tab in tabs:
        if (gid is not None and tab.sheet_id == gid) or (title and tab.title == title):
            return tab
    if gid is not None or title:
        raise UsageError(
            f"there is no tab “{title or gid}”",
            on=client.spreadsheet,
            hint="It has: " + ", ".join(tab.title for tab in tabs if not tab.hidden),
        )
    return next(tab for tab in tabs if not tab.hidden)


def answer_rows(opened: Opened, header_row: int, status: dict[int, str]) -> int:
    """Write what became of each row beside it; return how many cells that changed.

    The answers go into the column that is titled for them, or behind the last one.
    """
    if opened.client is None:
        return 0
    titles = opened.grid[header_row - 1] if header_row <= len(opened.grid) else ()
    own = [c for c, t in enumerate(titles) if squeeze(str(t or "")) == squeeze(STATUS_TITLE)]
    width = max((len(row) for row in opened.grid), default=0)
    column = own[0] if own else width
    wanted = {header_row: STATUS_TITLE, **status}
    cells: dict[tuple[int, int], Entered] = {
        (number - 1, column): entered_of(text)
        for number, text in wanted.items()
        if (cell_at(opened.grid[number - 1], column) or "") != text
    }
    if cells:
        requests = _room(opened, column)
        requests += [update_cells(opened.sheet_id, *place) for place in blocks_of(cells)]
        opened.client.write({"requests": requests}, fields="spreadsheetId")
    return len(cells)


def _room(opened: Opened, column: int) -> list[Json]:
    """Return the request that makes the tab wide enough for one more column."""
    client = opened.client
    tabs = client.tabs() if client else []
    tab = next(tab for tab in tabs if tab.sheet_id == opened.sheet_id)
    if column < tab.columns:
        return []
    added = {"sheetId": opened.sheet_id, "dimension": "COLUMNS", "length": column + 1 - tab.columns}
    return [{"appendDimension": added}]
