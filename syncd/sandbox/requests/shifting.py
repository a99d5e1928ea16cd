"""The requests of batchUpdate that insert or delete cells and shift the cells beside them."""

from syncd.sandbox.book.bands import band_of, move_band
from syncd.sandbox.book.batch import Batch
from syncd.sandbox.errors import Json, invalid


def insert_range(batch: Batch, request: Json) -> None:
    """Insert empty cells, pushing what is there down or to the right."""
    _shift(batch, request, inserting=True)


def delete_range(batch: Batch, request: Json) -> None:
    """Delete cells, pulling the ones below or to the right into their place."""
    _shift(batch, request, inserting=False)


def _shift(batch: Batch, request: Json, *, inserting: bool) -> None:
    area = batch.area(request.get("range"))
    if request.get("shiftDimension") not in {"ROWS", "COLUMNS"}:
        raise invalid("No shiftDimension specified.")
    is_rows = request["shiftDimension"] == "ROWS"
    sheet = batch.book.sheet(area.sheet_id)
    if is_rows:
        batch.guard(area._replace(bottom=sheet.row_count))
    else:
        batch.guard(area._replace(right=sheet.column_count))
    if area.top == area.bottom or area.left == area.right:
        return
    move_band(batch.book, area.sheet_id, band_of(area, is_rows=is_rows, inserting=inserting))
