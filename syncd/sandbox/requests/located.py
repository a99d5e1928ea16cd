"""Finding the things that sheets keep, by their ids."""

from collections.abc import Iterable

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.grid_range import BOUNDS
from syncd.sandbox.book.model import Sheet
from syncd.sandbox.errors import Json, invalid

_KEYS = {
    "protected": ("protectedRangeId", "protected range"),
    "filter_views": ("filterViewId", "filter view"),
    "banded": ("bandedRangeId", "banded range"),
}
OBJECT_KEYS = {"charts": "chartId", "slicers": "slicerId"}


def ids(batch: Batch, name: str) -> set[int]:
    """Give the ids of all things of one sort in the book."""
    key = _KEYS[name][0]
    return {thing[key] for sheet in batch.book.sheets for thing in _things(sheet, name)}


def _things(sheet: Sheet, name: str) -> Iterable[Json]:
    found: list[Json] = getattr(sheet, name)
    return found


def object_ids(batch: Batch) -> set[int]:
    """Give the ids of all charts and slicers; they share one space."""
    return {
        thing[OBJECT_KEYS[kind]]
        for sheet in batch.book.sheets
        for kind in OBJECT_KEYS
        for thing in getattr(sheet, kind)
    }


def new_number(batch: Batch, name: str, wanted: int | None) -> int:
    """Give the id that a new thing gets: the one that was asked for, if it is free."""
    taken = ids(batch, name)
    if not wanted:
        return batch.new_id(taken)
    if wanted in taken:
        raise invalid(f"A {_KEYS[name][1]} with id {wanted} already exists.")
    return wanted


def located(batch: Batch, name: str, number: int) -> tuple[Sheet, int]:
    """Find a thing: its sheet, for changing, and its place there."""
    key, word = _KEYS[name]
    for sheet in batch.book.sheets:
        for place, thing in enumerate(_things(sheet, name)):
            if thing[key] == number:
                return batch.sheet(sheet.sheet_id), place
    raise invalid(f"No {word} with id: {number}")


def stored_range(batch: Batch, given: Json) -> Json:
    """Check a GridRange that something is to keep, and give it as answers print it."""
    batch.area(given)
    sheet = batch.book.sheet(given.get("sheetId", 0))
    limits = {"endRowIndex": sheet.row_count, "endColumnIndex": sheet.column_count}
    kept = {"sheetId": sheet.sheet_id} if sheet.sheet_id else {}
    return kept | {k: min(given[k], limits.get(k, given[k])) for k in BOUNDS if k in given}
