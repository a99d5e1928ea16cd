"""The requests of batchUpdate that put the rows of a range into another order."""

from typing import Any

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.evaluate import FormulaError, Result, evaluator
from syncd.sandbox.book.filters import hidden_by_filter
from syncd.sandbox.book.formula import offset
from syncd.sandbox.book.model import EMPTY_CELL, EMPTY_ROW, Area, Formula
from syncd.sandbox.book.moves import sorted_rows
from syncd.sandbox.book.titles import column_letters
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.requests.fields import refuse_fields

_COLOURS = (
    "backgroundColor",
    "backgroundColorStyle",
    "foregroundColor",
    "foregroundColorStyle",
    "dataSourceColumnReference",
)


def check_specs(specs: list[Json], area: Area, kind: str) -> None:
    """Refuse an order by colours, and one by a column outside of the range."""
    for spec in specs:
        refuse_fields(spec, _COLOURS, f"{kind}.sortSpecs")
        column = spec.get("dimensionIndex", 0)
        if not area.left <= column < area.right:
            raise invalid(
                f"sortSpecs.dimensionIndex[{column}] is outside of the range "
                f"[{area.left}, {area.right})."
            )


def refuse_vertical_merges(batch: Batch, area: Area, act: str) -> None:
    """Refuse what cannot be done where one cell stands in several rows."""
    for merge in batch.book.sheet(area.sheet_id).merges:
        merged = batch.area(merge)
        if merged.bottom - merged.top > 1 and merged.meets(area):
            place = (
                f"{column_letters(merged.left)}{merged.top + 1}:"
                f"{column_letters(merged.right - 1)}{merged.bottom}"
            )
            raise invalid(
                f"You can't {act} a range containing vertical merges. There is a vertical merge at "
                f"{place}"
            )


def sort_range(batch: Batch, request: Json) -> None:
    """Sort a range."""
    specs = request.get("sortSpecs", [])
    if not specs:
        raise invalid("sortSpecs must be specified.")
    area = batch.writable(request.get("range"))
    check_specs(specs, area, "sortRange")
    refuse_vertical_merges(batch, area, "sort")
    filtered: frozenset[int] = frozenset()
    if not batch.settings["sort_moves_filtered_rows"]:
        filtered = hidden_by_filter(batch.book, batch.book.sheet(area.sheet_id))
    sort_area(batch, area, specs, filtered)


def sort_area(batch: Batch, area: Area, specs: list[Json], skipped: frozenset[int]) -> None:
    """Sort the rows of an area by some of its columns; a row that is not shown stays in place."""
    sheet = batch.book.sheet(area.sheet_id)
    batch.book.cache.clear()
    results = evaluator(batch.book)
    order = _shown_rows(batch, area, skipped)
    places = list(order)
    for spec in reversed(specs):
        column = spec.get("dimensionIndex", 0)
        descending = spec.get("sortOrder") == "DESCENDING"
        keys = {row: _sort_key(results.cell(sheet, row, column), descending) for row in order}
        order.sort(key=keys.__getitem__)
    _rearrange(batch, area, places, order)


def _shown_rows(batch: Batch, area: Area, skipped: frozenset[int]) -> list[int]:
    """Give the rows that take part; those after the last written one are blank and stay last."""
    rows, all_move = batch.book.sheet(area.sheet_id).rows, batch.settings["sort_moves_hidden_rows"]
    places = range(area.top, min(area.bottom, len(rows)))
    return [r for r in places if r not in skipped and (all_move or not rows[r].hidden)]


def randomize_range(batch: Batch, request: Json) -> None:
    """Shuffle the rows of a range."""
    area = batch.writable(request.get("range"))
    refuse_vertical_merges(batch, area, "randomize")
    sheet = batch.book.sheet(area.sheet_id)
    places = [row for row in range(area.top, area.bottom) if not sheet.row(row).hidden]
    places = places[: max(0, len(sheet.rows) - area.top)]
    order = list(places)
    batch.random.shuffle(order)
    _rearrange(batch, area, places, order)


def _rearrange(batch: Batch, area: Area, places: list[int], order: list[int]) -> None:
    """Let the rows named by `order` take the places, with all that is in their cells."""
    sheet = batch.sheet(area.sheet_id)
    landed = dict(zip(order, places, strict=True))
    sources = [landed.get(row, row) for row in range(area.top, area.bottom)]
    inverse = {place: row for row, place in enumerate(sources, area.top)}
    whole = [inverse[row] for row in range(area.top, area.bottom)]
    batch.book.moves.append((area.sheet_id, sorted_rows(area, whole)))
    columns = range(area.left, area.right)
    old = {row: sheet.row(row).cells for row in order}
    for row, source in zip(places, order, strict=True):
        if row == source or (not old[source] and sheet.row(row) is EMPTY_ROW):
            continue
        changed = {}
        there = sheet.row(row).cells
        for column in columns:
            cell = old[source].get(column, EMPTY_CELL)
            if cell is EMPTY_CELL and column not in there:
                continue
            if type(cell.value) is Formula:
                cell = cell._replace(value=Formula(offset(cell.value.text, row - source, 0)))
            changed[column] = cell
        sheet.put_cells(row, changed)
    if batch.settings["sort_moves_row_metadata"]:
        _move_row_metadata(batch, area, landed)


def _move_row_metadata(batch: Batch, area: Area, landed: dict[int, int]) -> None:
    for key, entry in batch.book.metadata.items():
        place = entry["location"].get("dimensionRange", {})
        on_sheet = place.get("sheetId", 0) == area.sheet_id
        if place.get("dimension") == "ROWS" and on_sheet and place["startIndex"] in landed:
            row = landed[place["startIndex"]]
            moved = place | {"startIndex": row, "endIndex": row + 1}
            location = entry["location"] | {"dimensionRange": moved}
            batch.book.metadata[key] = entry | {"location": location}


def _sort_key(result: Result, descending: bool) -> tuple[Any, ...]:
    """Order numbers before texts before truth values; blanks come last either way."""
    if isinstance(result, bool):
        kind, key = 2, str(int(result))
    elif isinstance(result, (int, float)):
        return (0 if not descending else 4, -result if descending else result, "")
    elif isinstance(result, FormulaError):
        kind, key = 3, result.shown
    elif result is None or result == "":
        return (9, 0, "")
    else:
        kind, key = 1, result.casefold()
    return (4 - kind, 0, _Reversed(key)) if descending else (kind, 0, key)


class _Reversed(str):
    """A text that sorts from the end of the alphabet."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)
