"""The requests of batchUpdate that merge cells and take merges apart."""

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.grid_range import grid_range
from syncd.sandbox.book.model import Area, Sheet
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.requests.fields import unimplemented
from syncd.sandbox.requests.tables import refuse_in_table

_MERGES_MAX = 20_000
_PART = "You must select all cells in a merged range to merge or unmerge them."


def merge_cells(batch: Batch, request: Json) -> None:
    """Merge a range into one cell, or into one cell a row or a column."""
    area, kind = batch.writable(request.get("range")), request.get("mergeType", "MERGE_ALL")
    sheet = batch.sheet(area.sheet_id)
    kept = _outside(batch, sheet, area)
    if kind == "MERGE_ROWS":
        pieces = [area._replace(top=r, bottom=r + 1) for r in range(area.top, area.bottom)]
    elif kind == "MERGE_COLUMNS":
        pieces = [area._replace(left=c, right=c + 1) for c in range(area.left, area.right)]
    else:
        pieces = [area]
    if len(pieces) > _MERGES_MAX:
        raise unimplemented(f"more than {_MERGES_MAX} merges in one request")
    pieces = [p for p in pieces if (p.bottom - p.top) * (p.right - p.left) > 1]
    if pieces:
        _refuse_frozen(sheet, pieces[0])
        _refuse_filtered(batch, sheet, pieces)
        refuse_in_table(batch.book, area)
    sheet.merges = kept + [grid_range(piece) for piece in pieces]
    for piece in pieces:
        _keep_first(sheet, piece)


def _outside(batch: Batch, sheet: Sheet, area: Area) -> list[Json]:
    """Give the merges beside a range; one that it covers in part holds everything."""
    kept = []
    for merge in sheet.merges:
        merged = batch.area(merge)
        if not merged.meets(area):
            kept.append(merge)
        elif not area.contains(merged):
            raise invalid(_PART)
    return kept


def _refuse_frozen(sheet: Sheet, piece: Area) -> None:
    grid = sheet.properties.get("gridProperties", {})
    if piece.left < grid.get("frozenColumnCount", 0) < piece.right:
        raise invalid("You can't merge frozen and non-frozen columns.")
    if piece.top < grid.get("frozenRowCount", 0) < piece.bottom:
        raise invalid("You can't merge frozen and non-frozen rows.")


def _refuse_filtered(batch: Batch, sheet: Sheet, pieces: list[Area]) -> None:
    if sheet.basic_filter is None:
        return
    filtered = batch.area(sheet.basic_filter["range"])
    for piece in pieces:
        if piece.meets(filtered):
            if not filtered.contains(piece):
                raise invalid("You can't merge cells that cross the borders of an existing filter.")
            if piece.bottom - piece.top > 1:
                raise invalid("You can't merge cells inside of an existing filter vertically.")


def _keep_first(sheet: Sheet, area: Area) -> None:
    """Keep the first value of a merged range in its first cell, and no other."""
    first = None
    for row in range(area.top, min(area.bottom, len(sheet.rows))):
        cells = sheet.row(row).cells
        changed = {}
        for column in sorted(c for c in cells if area.left <= c < area.right):
            cell = cells[column]
            if cell.value is not None:
                if first is None:
                    first = cell
                changed[column] = cell._replace(value=None, runs=None)
        if changed:
            sheet.put_cells(row, changed)
    if first is not None:
        corner = sheet.cell(area.top, area.left)
        kept = corner._replace(value=first.value, runs=first.runs)
        sheet.put_cells(area.top, {area.left: kept})


def unmerge_cells(batch: Batch, request: Json) -> None:
    """Take apart the merged cells of a range."""
    area = batch.writable(request.get("range"))
    sheet = batch.sheet(area.sheet_id)
    sheet.merges = _outside(batch, sheet, area)
