"""The requests of batchUpdate that change rows and columns."""

from collections.abc import Iterable
from typing import NamedTuple

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.cells import plain_value
from syncd.sandbox.book.evaluate import evaluator
from syncd.sandbox.book.following import Move
from syncd.sandbox.book.formula import Shift
from syncd.sandbox.book.model import COLUMN_PIXELS, ROW_PIXELS, Area, Row, Sheet
from syncd.sandbox.book.structure import check_size, delete, insert, move
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge
from syncd.sandbox.requests.fields import refuse_fields, refuse_masked, required_mask
from syncd.sandbox.requests.growing import grow_over


class Span(NamedTuple):
    """Some rows or columns of a sheet, half open."""

    sheet: Sheet
    is_rows: bool
    start: int
    end: int

    @property
    def total(self) -> int:
        """Count all rows or columns of the sheet."""
        return self.sheet.row_count if self.is_rows else self.sheet.column_count

    @property
    def name(self) -> str:
        """Give the word for one of them."""
        return "row" if self.is_rows else "column"

    def area(self) -> Area:
        """Give the cells of these rows or columns."""
        whole = self.sheet.whole()
        if self.is_rows:
            return whole._replace(top=self.start, bottom=self.end)
        return whole._replace(left=self.start, right=self.end)


def raw_dimension(batch: Batch, given: Json | None, key: str) -> Span:
    """Give the span of a DimensionRange as it was sent, its open ends closed by the grid."""
    if given is None:
        raise invalid(f"{key} must be specified.")
    if given.get("dimension") not in {"ROWS", "COLUMNS"}:
        raise invalid("No dimension specified.")
    is_rows = given["dimension"] == "ROWS"
    sheet = batch.book.sheet(given.get("sheetId", 0))
    count = sheet.row_count if is_rows else sheet.column_count
    span = Span(sheet, is_rows, given.get("startIndex", 0), given.get("endIndex", count))
    for name, index in (("startIndex", span.start), ("endIndex", span.end)):
        if index < 0:
            raise invalid(f"{key}.{name}[{index}] must not be negative.")
    return span


def dimension(batch: Batch, given: Json | None, key: str) -> Span:
    """Give the span of a DimensionRange that must lie in the grid and hold something."""
    span = raw_dimension(batch, given, key)
    if span.start >= span.end:
        raise invalid(
            f"{key}.startIndex[{span.start}] must be less than {key}.endIndex[{span.end}]."
        )
    if span.end > span.total:
        raise invalid(
            f"{key}.endIndex[{span.end}] is after the last {span.name} in grid[{span.total - 1}]"
        )
    return span


def append_dimension(batch: Batch, request: Json) -> None:
    """Add rows or columns at the end of a grid."""
    batch.guard_sheet(request.get("sheetId", 0))
    sheet, length = batch.sheet(request.get("sheetId", 0)), request.get("length", 0)
    if length <= 0:
        raise invalid("length must be greater than 0.")
    if request.get("dimension") == "ROWS":
        sheet.row_count += length
    elif request.get("dimension") == "COLUMNS":
        sheet.column_count += length
    else:
        raise invalid("No dimension specified.")
    check_size(batch.book)


def insert_dimension(batch: Batch, request: Json) -> None:
    """Insert empty rows or columns."""
    span = raw_dimension(batch, request.get("range"), "range")
    before, start, count = bool(request.get("inheritFromBefore")), span.start, span.total
    if span.end <= start:
        raise invalid("range.endIndex must be greater than range.startIndex.")
    if before and start == 0:
        raise invalid(
            "inheritFromBefore cannot be true if inserting at the very beginning (startIndex of 0)."
        )
    if start > count:
        raise invalid(f"range.startIndex is larger than current grid size ({count})")
    if start == count and not before:
        raise invalid(
            f"range.startIndex must be less than the grid size ({count}) if "
            "inheritFromBefore is false."
        )
    batch.guard_insert(span.sheet.sheet_id, is_rows=span.is_rows, at=start)
    shift = Shift(span.is_rows, start, span.end - start)
    insert(batch.book, span.sheet.sheet_id, shift, before=before)
    if before:
        grow_over(batch, span.sheet.sheet_id, shift)


def delete_dimension(batch: Batch, request: Json) -> None:
    """Delete rows or columns."""
    span = raw_dimension(batch, request.get("range"), "range")
    count, name = span.total, span.name
    if span.start >= count:
        raise invalid(
            f"Cannot delete a {name} that doesn't exist. Tried to delete {name} index {span.start} "
            f"but there are only {count} {name}s."
        )
    if span.end > count:
        raise invalid(
            f"Cannot delete a {name} that doesn't exist. Tried to delete {name} index "
            f"{span.end - 1} but there are only {count} {name}s."
        )
    if span.end <= span.start:
        raise invalid("range.endIndex must be greater than range.startIndex.")
    if span.end - span.start == count:
        raise invalid(f"You can't delete all the {name}s on the sheet.")
    frozen = span.sheet.properties.get("gridProperties", {}).get(f"frozen{name.title()}Count", 0)
    if frozen and span.start <= frozen and span.end == count:
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {name}s.")
    batch.guard(span.area())
    delete(batch.book, span.sheet.sheet_id, Shift(span.is_rows, span.start, span.start - span.end))


def move_dimension(batch: Batch, request: Json) -> None:
    """Move rows or columns to another place in their sheet."""
    span = dimension(batch, request.get("source"), "source")
    to = request.get("destinationIndex", 0)
    if not 0 <= to <= span.total:
        raise invalid(f"destinationIndex[{to}] must be between 0 and the grid size ({span.total}).")
    if span.start < to < span.end:
        raise invalid("destinationIndex must not be inside of the source range.")
    for merged in span.sheet.merges:
        key = "Row" if span.is_rows else "Column"
        first, last = merged[f"start{key}Index"], merged[f"end{key}Index"]
        inside = span.start <= first and last <= span.end
        if (first < span.end and span.start < last and not inside) or first < to < last:
            raise invalid(
                f"Sorry, it is not possible to move a {span.name} to a position that crosses a "
                "merged cell. Please unmerge and try again."
            )
    batch.guard(span.area())
    batch.guard_insert(span.sheet.sheet_id, is_rows=span.is_rows, at=to)
    if to not in {span.start, span.end}:
        kept = dict(batch.book.metadata)
        move(batch.book, span.sheet.sheet_id, Move(span.is_rows, span.start, span.end, to))
        if not batch.settings["move_carries_metadata"]:
            batch.book.metadata = kept


def update_dimension_properties(batch: Batch, request: Json) -> None:
    """Hide, show or resize rows or columns."""
    refuse_fields(request, ("dataSourceSheetRange",), "updateDimensionProperties")
    mask = required_mask(request, "DimensionProperties")
    refuse_masked(mask, ("developerMetadata",), "updateDimensionProperties.properties")
    span = dimension(batch, request.get("range"), "range")
    batch.guard_sheet(span.sheet.sheet_id)
    sheet, given = batch.sheet(span.sheet.sheet_id), request.get("properties", {})
    if given.get("pixelSize", 0) < 0:
        raise invalid("pixelSize must not be negative.")
    wanted = {k: v for k, v in mask.items() if k in {"hiddenByUser", "pixelSize", "*"}}
    indices = range(span.start, span.end)
    if "*" in wanted or "hiddenByUser" in wanted:
        hide(sheet, span.is_rows, indices, hidden=given.get("hiddenByUser", False))
    if "*" in wanted or "pixelSize" in wanted:
        _resize(sheet, span.is_rows, indices, given.get("pixelSize"))


def hide(sheet: Sheet, is_rows: bool, indices: Iterable[int], *, hidden: bool) -> None:
    """Hide or show rows or columns of a draft."""
    if not is_rows:
        for index in indices:
            sheet.columns[index] = merge(
                sheet.columns.get(index), {"hiddenByUser": hidden or None}, {"hiddenByUser": {}}
            )
        _tidy_columns(sheet)
        return
    known: dict[int, Row] = {}
    for index in indices:
        row = sheet.row(index)
        if row.hidden != hidden:
            if id(row) not in known:
                known[id(row)] = Row(row.cells, hidden, row.pixels)
            sheet.put_row(index, known[id(row)])


def _resize(sheet: Sheet, is_rows: bool, indices: Iterable[int], pixels: int | None) -> None:
    default = ROW_PIXELS if is_rows else COLUMN_PIXELS
    pixels = None if pixels == default else pixels
    if not is_rows:
        for index in indices:
            sheet.columns[index] = sheet.columns.get(index, {}) | {"pixelSize": pixels}
        _tidy_columns(sheet)
        return
    known: dict[int, Row] = {}
    for index in indices:
        row = sheet.row(index)
        if row.pixels != pixels:
            if id(row) not in known:
                known[id(row)] = Row(row.cells, row.hidden, pixels)
            sheet.put_row(index, known[id(row)])


def _tidy_columns(sheet: Sheet) -> None:
    kept = {c: {k: v for k, v in p.items() if v is not None} for c, p in sheet.columns.items()}
    sheet.columns = {column: properties for column, properties in kept.items() if properties}


_CHARACTER_PIXELS = 6.7
_SIDES_PIXELS = 7
_NARROWEST = 21


def auto_resize_dimensions(batch: Batch, request: Json) -> None:
    """Make columns as wide as their longest text about needs, and rows as high as usual."""
    refuse_fields(request, ("dataSourceSheetDimensions",), "autoResizeDimensions")
    span = dimension(batch, request.get("dimensions"), "dimensions")
    batch.guard_sheet(span.sheet.sheet_id)
    sheet = batch.sheet(span.sheet.sheet_id)
    if span.is_rows:
        _resize(sheet, is_rows=True, indices=range(span.start, span.end), pixels=None)
        return
    longest: dict[int, int] = {}
    results = evaluator(batch.book)
    for index, row in enumerate(sheet.rows):
        for column, cell in row.cells.items():
            if span.start <= column < span.end and cell.value is not None:
                shown = plain_value(
                    results.cell(sheet, index, column),
                    cell,
                    batch.book,
                    render="FORMATTED_VALUE",
                    dates="SERIAL_NUMBER",
                )
                width = max((len(line) for line in str(shown).split("\n")), default=0)
                longest[column] = max(longest.get(column, 0), width)
    for column, characters in longest.items():
        pixels = max(_NARROWEST, round(characters * _CHARACTER_PIXELS) + _SIDES_PIXELS)
        _resize(sheet, is_rows=False, indices=(column,), pixels=pixels)
