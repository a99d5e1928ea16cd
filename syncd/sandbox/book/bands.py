"""A band of cells that is pushed apart or pulled together within a sheet, and what follows it."""

from typing import NamedTuple

from syncd.sandbox.book.embedded import change_ranges
from syncd.sandbox.book.following import moved_range
from syncd.sandbox.book.formula import Reference, Shift, shift_reference
from syncd.sandbox.book.model import EMPTY_ROW, Area, Book, Cell, Row, Sheet
from syncd.sandbox.book.structure import check_size, rewrite_formulas
from syncd.sandbox.errors import Json, invalid


class Band(NamedTuple):
    """Cells that move along one dimension: those across from `first` to `last`, from a place on."""

    shift: Shift
    first: int
    last: int

    @property
    def cross(self) -> str:
        """Give the word for the dimension that the band does not move along."""
        return "Column" if self.shift.is_rows else "Row"

    def holds(self, grid_range: Json) -> bool:
        """Tell whether a range lies within the band across."""
        start, end = (grid_range.get(f"{side}{self.cross}Index") for side in ("start", "end"))
        return start is not None and end is not None and self.first <= start and end <= self.last

    def meets(self, area: Area) -> bool:
        """Tell whether the moving cells share one with an area."""
        along = area.bottom if self.shift.is_rows else area.right
        across = (area.left, area.right) if self.shift.is_rows else (area.top, area.bottom)
        return along > self.shift.at and across[0] < self.last and self.first < across[1]


def band_of(area: Area, *, is_rows: bool, inserting: bool) -> Band:
    """Give the band that inserting or deleting an area moves."""
    if is_rows:
        count, at, across = area.bottom - area.top, area.top, (area.left, area.right)
    else:
        count, at, across = area.right - area.left, area.left, (area.top, area.bottom)
    return Band(Shift(is_rows, at, count if inserting else -count), *across)


def move_band(book: Book, sheet_id: int, band: Band) -> None:
    """Push the cells of a band apart, or pull them together, with all that lies in it."""
    sheet = book.edit(sheet_id)
    _refuse_torn_merges(sheet, band)
    if band.shift.is_rows:
        _move_down(sheet, band)
    else:
        _move_right(sheet, band)
    check_size(book)
    _follow(book, sheet, band)


def _refuse_torn_merges(sheet: Sheet, band: Band) -> None:
    for merge in sheet.merges:
        area = Area(
            sheet.sheet_id,
            merge["startRowIndex"],
            merge["endRowIndex"],
            merge["startColumnIndex"],
            merge["endColumnIndex"],
        )
        if band.meets(area) and not band.holds(merge):
            raise invalid(
                "Sorry, it is not possible to shift cells that are only a part of a merged cell. "
                "Please unmerge and try again."
            )


def _move_down(sheet: Sheet, band: Band) -> None:
    at, by = band.shift.at, band.shift.by
    whole = band.first == 0 and band.last >= sheet.column_count
    if whole and not any(row.hidden or row.pixels for row in sheet.rows[at:]):
        if by > 0:
            if at < len(sheet.rows):
                sheet.rows[at:at] = [EMPTY_ROW] * by
        else:
            del sheet.rows[at : at - by]
    else:
        _move_part_down(sheet, band)
    while sheet.rows and not sheet.rows[-1].cells and sheet.rows[-1] is EMPTY_ROW:
        sheet.rows.pop()
    sheet.row_count = max(sheet.row_count, len(sheet.rows))


def _move_part_down(sheet: Sheet, band: Band) -> None:
    at, by, first, last = band.shift.at, band.shift.by, band.first, band.last
    parts = [_part(row, first, last) for row in sheet.rows[at:]]
    parts = [{}] * by + parts if by > 0 else parts[-by:] + [{}] * -by
    while parts and not parts[-1] and at + len(parts) > len(sheet.rows):
        parts.pop()
    for index, part in enumerate(parts, at):
        row = sheet.row(index)
        if part or _part(row, first, last):
            rest = {c: cell for c, cell in row.cells.items() if not first <= c < last}
            sheet.put_row(index, row.with_cells(rest | part))


def _part(row: Row, first: int, last: int) -> dict[int, Cell]:
    return {column: cell for column, cell in row.cells.items() if first <= column < last}


def _move_right(sheet: Sheet, band: Band) -> None:
    shift = band.shift
    for index in range(band.first, min(band.last, len(sheet.rows))):
        row = sheet.rows[index]
        if row.cells and max(row.cells) >= shift.at:
            landed = {shift.point(column): cell for column, cell in row.cells.items()}
            cells = {column: cell for column, cell in landed.items() if column is not None}
            sheet.rows[index] = row.with_cells(cells)
            sheet.column_count = max(sheet.column_count, max(cells, default=0) + 1)


def _follow(book: Book, sheet: Sheet, band: Band) -> None:
    sheet.merges = _moved_ranges(sheet, sheet.merges, band)
    for name in ("protected", "filter_views", "banded", "tables"):
        setattr(sheet, name, _moved_all(sheet, getattr(sheet, name), band))
    if sheet.basic_filter is not None:
        kept = _moved_all(sheet, [sheet.basic_filter], band)
        sheet.basic_filter = kept[0] if kept else None
    rules = []
    for rule in sheet.conditional:
        ranges = _moved_ranges(sheet, rule["ranges"], band)
        if ranges:
            rules.append(rule | {"ranges": ranges})
    sheet.conditional = rules
    for key, named in list(book.named.items()):
        if named["range"].get("sheetId", 0) == sheet.sheet_id:
            moved = _moved(sheet, named["range"], band)
            if moved is None:
                del book.named[key]
            else:
                book.named[key] = named | {"range": moved}
    change_ranges(book, sheet.sheet_id, lambda grid_range: _moved(sheet, grid_range, band))
    _follow_formulas(book, sheet, band)


def _moved(sheet: Sheet, grid_range: Json, band: Band) -> Json | None:
    """Give where a range lands; what was pushed off the grid is lost."""
    if not band.holds(grid_range):
        return grid_range
    moved = moved_range(grid_range, band.shift)
    name = "Row" if band.shift.is_rows else "Column"
    limit = sheet.row_count if band.shift.is_rows else sheet.column_count
    if moved is None or moved.get(f"start{name}Index", 0) >= limit:
        return None
    end = moved.get(f"end{name}Index")
    return moved if end is None or end <= limit else moved | {f"end{name}Index": limit}


def _moved_ranges(sheet: Sheet, ranges: list[Json], band: Band) -> list[Json]:
    return [m for m in (_moved(sheet, r, band) for r in ranges) if m is not None]


def _moved_all(sheet: Sheet, things: list[Json], band: Band) -> list[Json]:
    kept = []
    for thing in things:
        moved = _moved(sheet, thing["range"], band) if "range" in thing else {}
        if moved is not None:
            kept.append(thing | {"range": moved} if "range" in thing else thing)
    return kept


def _follow_formulas(book: Book, sheet: Sheet, band: Band) -> None:
    title = sheet.title.casefold()
    across = "column" if band.shift.is_rows else "row"

    def change(home: Sheet, reference: Reference) -> Reference | None:
        aimed = home.title if reference.title is None else reference.title
        if aimed.casefold() != title:
            return reference
        corners = [corner for corner in (reference.first, reference.last) if corner is not None]
        places = [getattr(corner, across) for corner in corners]
        if any(place is None or not band.first <= place < band.last for place in places):
            return reference
        return shift_reference(reference, band.shift)

    rewrite_formulas(book, change)
