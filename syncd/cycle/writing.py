"""Writing: what a cycle has to show in the sheet, read once more, cut into batches and sent."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from syncd.core.plan import RowPlan
from syncd.core.snapshot import Problem, RowId, Side, TableName
from syncd.crm.state import COPIES_SKIP
from syncd.cycle import sizing
from syncd.cycle.effects import Change, Effects
from syncd.cycle.fence import own_token
from syncd.cycle.inspection import FILLED, filled_columns, is_spilled, totalling_rows
from syncd.cycle.intent import Intent, keys_of
from syncd.cycle.operate import RowsRefusedError, write
from syncd.cycle.rows import misread_key
from syncd.cycle.view import Observation, View
from syncd.cycle.workspace import Misread, Workspace
from syncd.errors import SheetBusyError
from syncd.schema import format_problem
from syncd.sheet.cells import Entered, entered_at, entered_of, plain
from syncd.sheet.exchange import BYTES_MAX, REQUESTS_MAX, Batch, Inserted, Touched
from syncd.sheet.layout import Layout, Tab
from syncd.sheet.read import (
    Rows,
    cell_at,
    closed_reason,
    number_formats,
    read_rows,
    same_cells,
    same_titles,
)
from syncd.sheet.status import frozen_status
from syncd.sheet.trash import find_trash

READS_MAX = 4  # how often work begins anew because people type while it reads
T = TypeVar("T")
_CELL_BYTES = 120
_RUN_REQUESTS = 5
_INSERTED_MAX = 2000


class MovedError(Exception):
    """Somebody typed between the two reads of a cycle: it begins anew."""


def until_still(ws: Workspace, attempt: Callable[[], T], *, hint: str) -> T:
    """Attempt something on a fresh read until nobody types between its reads."""
    for _ in range(READS_MAX):
        try:
            return attempt()
        except MovedError:
            continue
    raise SheetBusyError(
        "people type faster than syncd can read", on=ws.client.spreadsheet, hint=hint
    )


def second_read(
    ws: Workspace, layout: Layout, observed: Observation, effects: Effects
) -> Rows | None:
    """Read the rows that are about to be written or pulled; they must be as they were read."""
    wanted: dict[TableName, set[int]] = {}
    for change in effects.changes:
        wanted.setdefault(change.table, set()).add(change.position)
    for view in observed.views:
        places = view.positions
        for (name, row), plan in effects.plans.items():
            if name == view.table.name and row in places and plan.on(Side.CRM):
                wanted.setdefault(name, set()).add(places[row])
    if not wanted and not effects.inserted:
        return None
    # The last row tells whether a formula fills a column into which new rows would be written.
    added = {each.table for each in effects.inserted}
    last = {v.table.name: v.end - 1 for v in observed.views if v.table.name in added and v.end > 1}
    looked = {
        n: {*wanted.get(n, ()), *([last[n]] if n in last else ())} for n in {**wanted, **last}
    }
    rows = _read_again(ws, layout, observed, looked)
    for view in observed.views:
        tab = view.tab
        columns = [*tab.columns.values(), tab.id_column, tab.status_column]
        if not same_titles(rows.shown[view.table.name].get(0, ()), tab):
            ws.find_layout()
            raise MovedError
        for position in wanted.get(view.table.name, ()):
            now = rows.shown[view.table.name].get(position, ())
            before = view.rows.get(position, ())
            if not same_cells(before, now, columns):
                raise MovedError
        if misread := _misread(ws, view, rows, wanted.get(view.table.name, ())):
            ws.misread |= misread
            raise MovedError
        if totals := totalling_rows(view, rows, wanted.get(view.table.name, ())):
            ws.totals |= totals
            raise MovedError
        if filled := filled_columns(view, rows, effects, last.get(view.table.name)):
            ws.close_columns(view.table.name, filled)
            raise MovedError
    return rows


def _read_again(
    ws: Workspace, layout: Layout, observed: Observation, looked: Mapping[TableName, set[int]]
) -> Rows:
    """Read rows whole, if nothing was written in syncd's name since the first read.

    Else the token that is read now would let through what was planned before it moved.
    """
    rows = read_rows(ws.client, layout, looked)
    if rows.control != observed.control:
        raise MovedError
    return rows


def _misread(
    ws: Workspace, view: View, rows: Rows, positions: Iterable[int]
) -> dict[Misread, Problem]:
    """Return numbers that are not what their column holds, by the format that they have.

    Only numbers that are new count: what both sides agreed on stays.
    """
    formats = number_formats(rows.structure, view.tab)
    ids, found = view.identified.ids, dict[Misread, Problem]()
    for position in positions:
        row = ids.get(position)
        base = view.state.base.get(row) if row else None
        for name, column in view.tab.columns.items():
            kind, shown = formats.get(position, {}).get(column, ("", ""))
            number = cell_at(view.rows.get(position, ()), column)
            problem = shown and format_problem(view.table.field(name), number, kind, shown)
            seen = view.state.sheet[row].values.get(name) if row else None
            agreed = base is not None and base.values.get(name) == seen
            if problem and not agreed:
                key = misread_key(view.table.name, view.tab, view.rows.get(position, ()), name)
                if key not in ws.misread:
                    found[key] = problem
    return found


def write_all(
    ws: Workspace, layout: Layout, effects: Effects, rows: Rows, cycle: int, read_at: float
) -> None:
    """Write batch by batch; each is judged and committed before the next is sent."""
    token, structure, shift = own_token(ws, rows.token), rows.structure, dict(effects.ends)
    touched = [t for c in effects.changes if (t := _touched(ws, layout, effects, c, rows))]
    removed = {(c.table, c.row) for c in effects.changes if c.removed}
    batches = list(_batches(touched, effects.inserted, removed, sizing.share(ws)))
    open_before = len(ws.crm.operations.repairs())
    for index, batch in enumerate(batches):
        if len(batches) > 1:
            ws.tell(f"Writing batch {index + 1} of {len(batches)} to the sheet.")
        if index:
            hidden = {n: batch.positions(n) for n in batch.tables()}
            fresh = read_rows(ws.client, layout, hidden if ws.crm.state.get(COPIES_SKIP) else {})
            token, structure = own_token(ws, fresh.token), fresh.structure
        trash = find_trash(ws.client, ws.mint_sheet_id) if batch.removed else None
        ended = replace(batch, ends=dict(shift), trash=trash)
        intent = _intent(ws, layout, effects, ended, rows, cycle)
        try:
            write(ws, layout, intent, token=token, structure=structure, read_at=read_at)
        except RowsRefusedError as error:
            _pause(ws, error)
            raise MovedError from error
        if len(ws.crm.operations.repairs()) > open_before:
            raise MovedError  # what was hit by mistake is mended before anything else is written
        for each in batch.inserted:
            shift[each.table] += 1


def _pause(ws: Workspace, error: RowsRefusedError) -> None:
    """Leave rows alone that Google does not let us change; everything else goes on."""
    if not error.rows:
        return  # no row is to blame: what was read is not so any more
    reason = re.sub(r"^Invalid requests\[\d+\]\.\w+: ", "", error.what)
    fresh = {row: reason for row in error.rows if row not in ws.locked}
    if not fresh:
        raise error
    for table, _ in sorted(fresh):
        reasons = ws.google_refused.setdefault(table, [])
        if reason not in reasons:
            reasons.append(reason)
    ws.pause(fresh)
    ws.locked |= fresh.keys()


def _touched(
    ws: Workspace, layout: Layout, effects: Effects, change: Change, rows: Rows
) -> Touched | None:
    """Return a change with what stands in its row; a row with a cell that is closed is let be."""
    entered = rows.entered[change.table].get(change.position, ())
    reason = _closed(rows, layout.tabs[change.table], change)
    cells = change.cells
    if reason:
        effects.plans.pop((change.table, change.row), None)
        ws.pause({(change.table, change.row): reason})
        cells = _while_closed(ws, rows, layout.tabs[change.table], change, reason)
        if not cells:
            return None
    return Touched(
        table=change.table,
        row=change.row,
        position=change.position,
        entered=entered,
        cells=cells,
    )


def _while_closed(
    ws: Workspace, rows: Rows, tab: Tab, change: Change, reason: str
) -> dict[int, Entered]:
    """Return what is written all the same into a row that is let be: its own id, and why.

    Where another's id stands in it, one would else stand twice.
    """
    entered = rows.entered[change.table].get(change.position, ())
    cells: dict[int, Entered] = {}
    own = change.cells.get(tab.id_column)
    if own is not None and plain(entered_at(entered, tab.id_column)) not in (None, "", change.row):
        if _closed(rows, tab, replace(change, cells={tab.id_column: own})):
            ws.locked.add((change.table, change.row))
        else:
            cells[tab.id_column] = own
    told = {tab.status_column: entered_of(frozen_status(reason))}
    differs = entered_at(entered, tab.status_column) != told[tab.status_column]
    if differs and not change.removed and not _closed(rows, tab, replace(change, cells=told)):
        cells |= told
    return cells


def _closed(rows: Rows, tab: Tab, change: Change) -> str | None:
    """Return why a change cannot be made: a cell is protected, merged, or filled by a formula."""
    columns = change.cells or range(tab.width)
    reason = closed_reason(rows.structure, tab, change.position, columns)
    if reason is None and any(is_spilled(rows, tab, change.position, c) for c in change.cells):
        reason = FILLED  # a column of syncd's own
    return reason


def _batches(
    touched: list[Touched],
    inserted: list[Inserted],
    removed: set[tuple[TableName, RowId]],
    percent: int,
) -> Iterator[Batch]:
    """Cut what is written into batches of a size that Google takes well."""
    bytes_max, requests_max, inserted_max = (
        max(1, most * percent // sizing.FULL) for most in (BYTES_MAX, REQUESTS_MAX, _INSERTED_MAX)
    )
    written = (each for each in touched if (each.table, each.row) not in removed)
    ordered = sorted(written, key=lambda each: (each.table, each.position))
    size = requests = 0
    batch: list[Touched] = []
    before: Touched | None = None
    for each in ordered:
        new_run = (
            before is None
            or before.table != each.table
            or before.position + 1 != each.position
            or before.cells.keys() != each.cells.keys()
        )
        size += _size(each.cells)
        requests += _RUN_REQUESTS if new_run else 0
        if batch and (size > bytes_max or requests > requests_max):
            yield Batch(touched=tuple(batch))
            batch, size, requests = [], _size(each.cells), _RUN_REQUESTS
        batch.append(each)
        before = each
    room = bytes_max - size
    first: list[Inserted] = []
    rest = list(inserted)
    while rest and room > 0 and len(first) < inserted_max:
        room -= _size(rest[0].cells)
        first.append(rest.pop(0))
    # Rows are taken out last and from below, so that no other place moves before its turn.
    out = sorted(
        (each for each in touched if (each.table, each.row) in removed),
        key=lambda each: (each.table, -each.position),
    )
    most = max(1, requests_max // _RUN_REQUESTS)
    small = tuple(out) if not rest and requests // _RUN_REQUESTS + len(out) <= most else ()
    if batch or first or small:
        yield Batch(touched=tuple(batch), inserted=tuple(first), removed=small)
    for start in range(0, len(rest), inserted_max):
        yield Batch(inserted=tuple(rest[start : start + inserted_max]))
    for start in range(len(small), len(out), most):
        yield Batch(removed=tuple(out[start : start + most]))


def _size(cells: Mapping[int, object]) -> int:
    return sum(_CELL_BYTES + len(str(cell)) for cell in cells.values())


def _intent(
    ws: Workspace, layout: Layout, effects: Effects, batch: Batch, rows: Rows, cycle: int
) -> Intent:
    """Return what has to be known to judge and to commit a batch."""
    members = {(each.table, each.row) for each in (*batch.touched, *batch.removed)} | {
        (each.table, each.row) for each in batch.inserted
    }
    plans: dict[TableName, list[RowPlan]] = {}
    for (name, row), plan in effects.plans.items():
        if (name, row) in members:
            plans.setdefault(name, []).append(plan)
    return Intent(
        cycle=cycle,
        authority=ws.crm.state.authority,
        batch=batch,
        titles={name: rows.entered[name].get(0, ()) for name in batch.tables()},
        keys={name: keys_of(ws.schema.table(name), layout) for name in batch.tables()},
        plans={name: tuple(found) for name, found in plans.items()},
    )
