"""The two reads of a cycle: all values at once, and the touched rows with what stands in them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from syncd.core.snapshot import TableName
from syncd.errors import SheetBusyError
from syncd.schema import Cell
from syncd.sheet.cells import Entered, Json, block, grid_rows, runs, shown_in, trimmed
from syncd.sheet.client import Client
from syncd.sheet.exchange import Batch, mirrored
from syncd.sheet.layout import (
    CANARY,
    STRUCTURE,
    Layout,
    Tab,
    Token,
    missing_tab,
    sheet_of,
    structure_filters,
    token_in,
)
from syncd.sheet.lines import Grid, split

READS_MAX = 4  # how often an answer that is of several moments is asked for anew
CONTROL_WIDTH = 5  # canary, operation number, database id, a notice for people, nonce


Slots = Mapping[TableName, Mapping[int, tuple[Cell, ...]]]  # rows of the mirrors, by position


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What stands in syncd's own tab: the last operation that was applied, and whose it was."""

    canary: bool
    number: int
    database: str
    nonce: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One read of all tabs: plain cells by table, the first row of each being the titles."""

    fingerprint: str
    control: Control
    grids: Mapping[TableName, Grid]
    slots: Slots = field(default_factory=dict)
    cut: tuple[Grid, ...] = ()  # all tables of the answer, for the next one to be cut alike

    def forget(self) -> None:
        """Let go of the decoded rows; they are decoded again when somebody looks at them."""
        for grid in self.cut:
            grid.forget()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One read of some rows, whole: what stands in them and what they show, and the fence."""

    token: Token | None
    control: Control
    entered: Mapping[TableName, Mapping[int, tuple[Entered, ...]]]
    shown: Mapping[TableName, Mapping[int, tuple[Cell, ...]]]
    structure: Json


def read_values(
    client: Client, layout: Layout, slots: Slots | None = None, before: Values | None = None
) -> Values:
    """Read every tab's values in one call, addressed by sheetId; `slots` of the mirrors as well.

    Where nothing at all changed, the answer is `before` itself. The last operation's nonce is read
    first and last: an answer that shows two was read while a write was applied, so it is no state.
    """
    for _ in range(READS_MAX):
        values = _read_values(client, layout, slots or {}, before)
        if values is not None:
            return values
    raise SheetBusyError(
        "the spreadsheet was read while it was written to",
        on=client.spreadsheet,
        hint="Nothing is lost; the next cycle reads it again.",
    )


def _read_values(
    client: Client, layout: Layout, slots: Slots, before: Values | None
) -> Values | None:
    """Read every tab's values; None where the answer is of several moments."""
    control = block(layout.control_id, (0, 1), (0, CONTROL_WIDTH))
    filters = [control, *({"sheetId": tab.sheet_id} for tab in layout.live.values())]
    filters += [
        block(layout.live[name].mirror_id, run)
        for name, rows in slots.items()
        if name in layout.live
        for run in runs(rows)
    ]
    filters.append(block(layout.control_id, (0, 1), (CONTROL_WIDTH - 1, CONTROL_WIDTH)))
    known = before.fingerprint if before else ""
    cut = before.cut if before else ()
    fingerprint, found = client.read_unless(
        "/values:batchGetByDataFilter", _values_of(filters), known, lambda c: split(c, cut)
    )
    if found is None and before is not None:
        return before
    answer, grids = found or ({}, [])
    tabs: dict[int, Grid] = {}
    last: Sequence[Cell] = ()
    mirrors: dict[int, dict[int, tuple[Cell, ...]]] = {}
    mirror_ids = {tab.mirror_id for tab in layout.tabs.values()}
    for each in answer.get("valueRanges", []):
        grid, values = each["dataFilters"][0]["gridRange"], each["valueRange"].get("values", [])
        sheet_id = grid.get("sheetId", 0)
        rows = grids[values] if isinstance(values, int) else Grid.of(values)
        if sheet_id == layout.control_id and grid.get("startColumnIndex", 0):
            last = rows[0] if rows else ()
        elif sheet_id in mirror_ids:
            placed = enumerate(rows, start=grid.get("startRowIndex", 0))
            mirrors.setdefault(sheet_id, {}).update((at, tuple(row)) for at, row in placed)
        else:
            tabs[sheet_id] = rows
    control_rows = tabs.get(layout.control_id)
    row = [*(control_rows[0] if control_rows else ()), *[""] * CONTROL_WIDTH]
    if (last[0] if last else "") != row[CONTROL_WIDTH - 1]:
        return None
    return Values(
        fingerprint=fingerprint,
        control=_control(row),
        grids={name: tabs.get(tab.sheet_id) or Grid([]) for name, tab in layout.live.items()},
        slots={name: mirrors.get(tab.mirror_id, {}) for name, tab in layout.live.items()},
        cut=tuple(grids),
    )


def _values_of(filters: Sequence[Json]) -> Json:
    """Return the request for plain cells, dates as serial numbers."""
    return {
        "dataFilters": [{"gridRange": found} for found in filters],
        "majorDimension": "ROWS",
        "valueRenderOption": "UNFORMATTED_VALUE",
        "dateTimeRenderOption": "SERIAL_NUMBER",
    }


def read_tab(client: Client, sheet_id: int) -> tuple[tuple[Cell, ...], ...]:
    """Read a tab that is not ours: plain cells, dates as serial numbers."""
    body = _values_of([{"sheetId": sheet_id}])
    answer, _ = client.read("/values:batchGetByDataFilter", body)
    found = answer.get("valueRanges", [])
    rows = found[0]["valueRange"].get("values", []) if found else []
    return tuple(tuple(row) for row in rows)


def read_structure(client: Client, layout: Layout | None = None) -> Json:
    """Read where everything stands: tabs, title rows, column metadata, named ranges.

    With a layout only its tabs are read, those that are gone left out.
    """
    there = [tab.sheet_id for tab in client.tabs()]
    ours = (
        {i for tab in layout.tabs.values() for i in (tab.sheet_id, tab.mirror_id)} if layout else ()
    )
    filters = structure_filters(
        i for i in there if layout is None or i == layout.control_id or i in ours
    )
    body = {"dataFilters": filters, "includeGridData": True}
    answer, _ = client.read(":getByDataFilter", body, fields=STRUCTURE)
    found: Json = answer
    return found


def read_rows(client: Client, layout: Layout, wanted: Mapping[TableName, Iterable[int]]) -> Rows:
    """Read rows whole, with every title row and the fence, in one call."""
    filters = structure_filters(layout.sheet_ids())
    for name, positions in wanted.items():
        tab = layout.tabs[name]
        filters += [
            {"gridRange": block(tab.sheet_id, run)} for run in runs(p for p in positions if p > 0)
        ]
    body = {"dataFilters": filters, "includeGridData": True}
    answer, _ = client.read(":getByDataFilter", body, fields=STRUCTURE)
    return rows_in(answer, layout)


def read_mirror(
    client: Client, layout: Layout, batch: Batch
) -> tuple[Control, dict[TableName, dict[int, tuple[Entered, ...]]]]:
    """Read the mirror's slots of a batch whose answer was lost, and whose slots they are."""
    filters = structure_filters([layout.control_id])
    filters += [
        {"gridRange": block(layout.tabs[name].mirror_id, run)}
        for name in sorted(batch.tables())
        for run in runs({0, *batch.positions(name)})
    ]
    body = {"dataFilters": filters, "includeGridData": True}
    answer, _ = client.read(":getByDataFilter", body, fields=STRUCTURE)
    control = control_in(sheet_of(answer, layout.control_id) or {})
    return control, mirrored(answer, layout)


def rows_in(structure: Json, layout: Layout) -> Rows:
    """Return the rows that an answer with grid data holds."""
    entered, shown = {}, {}
    for name, tab in layout.live.items():
        sheet = sheet_of(structure, tab.sheet_id)
        if sheet is None:
            raise missing_tab(tab.title)
        entered[name], shown[name] = grid_rows(sheet)
    return Rows(
        token=token_in(structure),
        control=control_in(sheet_of(structure, layout.control_id) or {}),
        entered=entered,
        shown=shown,
        structure=structure,
    )


def control_in(sheet: Json) -> Control:
    """Return what an answer with grid data shows of syncd's own tab."""
    texts = [shown_in(cell) for cell in _first_row(sheet)]
    return _control([*texts, *[""] * CONTROL_WIDTH])


def number_formats(structure: Json, tab: Tab) -> dict[int, dict[int, tuple[str, str]]]:
    """Return of each number its format's type and what the cell shows, by row and column."""
    found: dict[int, dict[int, tuple[str, str]]] = {}
    for part in (sheet_of(structure, tab.sheet_id) or {}).get("data", []):
        first = part.get("startColumn", 0)
        for row, line in enumerate(part.get("rowData", []), start=part.get("startRow", 0)):
            for column, cell in enumerate(line.get("values", []), start=first):
                if "numberValue" in cell.get("effectiveValue", {}):
                    kind = cell.get("effectiveFormat", {}).get("numberFormat", {}).get("type", "")
                    shown = str(cell.get("formattedValue", ""))
                    found.setdefault(row, {})[column] = (kind, shown)
    return found


def _first_row(sheet: Json) -> Sequence[Json]:
    for part in sheet.get("data", []):
        for line in part.get("rowData", []):
            cells: Sequence[Json] = line.get("values", [])
            return cells
    return ()


def _control(row: Sequence[Cell]) -> Control:
    number = row[1]
    return Control(
        canary=row[0] == CANARY,
        number=int(number) if isinstance(number, int | float) else -1,
        database=str(row[2] or ""),
        nonce=str(row[4] or ""),
    )


def cell_at(row: Sequence[Cell], column: int) -> Cell:
    """Return a cell of a row whose blank end was cut off."""
    return row[column] if column < len(row) else None


def same_cells(before: Sequence[Cell], now: Sequence[Cell], columns: Iterable[int]) -> bool:
    """Whether a row shows in some columns what it showed before; a blank is an empty text."""
    return all((cell_at(before, c) or "") == (cell_at(now, c) or "") for c in columns)


def same_titles(row: Sequence[Cell], tab: Tab) -> bool:
    """Whether a title row reads as it did when the columns were found."""
    texts = tuple("" if cell is None else str(cell).strip() for cell in row)
    return trimmed(texts) == trimmed(tab.titles)


def in_place(values: Values, layout: Layout) -> bool:
    """Whether the titles stand as they did when the columns were found."""
    return all(
        same_titles(next(iter(values.grids[name]), ()), tab) for name, tab in layout.live.items()
    )


def closed_reason(structure: Json, tab: Tab, row: int, columns: Iterable[int]) -> str | None:
    """Return why cells of a row cannot be written: protected, or covered by a merged cell."""
    sheet = sheet_of(structure, tab.sheet_id) or {}
    cells = list(columns)
    for rule in sheet.get("protectedRanges", []):
        if rule.get("warningOnly") or rule.get("requestingUserCanEdit"):
            continue
        free = rule.get("unprotectedRanges", [])
        if any(
            _holds(rule.get("range", {}), row, cell) and not any(_holds(f, row, cell) for f in free)
            for cell in cells
        ):
            return "a cell of this row is protected"
    for merge in sheet.get("merges", []):
        first = (merge.get("startRowIndex", 0), merge.get("startColumnIndex", 0))
        if any(_holds(merge, row, cell) and (row, cell) != first for cell in cells):
            return "a cell of this row is merged with others"
    return None


def _holds(area: Json, row: int, column: int) -> bool:
    """Whether a cell lies in a range; a side that is not given is open."""
    rows = area.get("startRowIndex", 0) <= row < area.get("endRowIndex", row + 1)
    start, end = area.get("startColumnIndex", 0), area.get("endColumnIndex", column + 1)
    return rows and bool(start <= column < end)
