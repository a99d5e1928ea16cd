"""Rows and columns that come, go and move, and everything that has to follow them."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from syncd.sandbox.book.formula import Reference, Shift, rewrite, shift_reference
from syncd.sandbox.book.model import CELLS_MAX, EMPTY_ROW, Book, Cell, Formula, Row, Sheet
from syncd.sandbox.errors import Json, invalid


class Move(NamedTuple):
    """Rows or columns taken out and put in again before index `to` (as counted before)."""

    is_rows: bool
    start: int
    end: int
    to: int

    def point(self, index: int) -> int:
        """Give where an index lands."""
        count = self.end - self.start
        if self.start <= index < self.end:
            return index + (self.to - self.end if self.to > self.start else self.to - self.start)
        if self.end <= index < self.to:
            return index - count
        if self.to <= index < self.start:
            return index + count
        return index

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give where a half-open span lands."""
        first, last = sorted((self.point(start), self.point(end - 1)))
        return first, last + 1


Mover = Shift | Move
Change = Callable[[Sheet, Reference], Reference | None]


def check_size(book: Book) -> None:
    """Refuse a book that grew beyond the cells Google allows."""
    if book.cell_count() > CELLS_MAX:
        raise invalid(
            "This action would increase the number of cells in the workbook above the limit of "
            f"{CELLS_MAX} cells."
        )


def insert(book: Book, sheet_id: int, shift: Shift, *, before: bool | None) -> None:
    """Insert rows or columns; `before` tells whose look they take, None nobody's."""
    sheet = book.edit(sheet_id)
    if shift.is_rows:
        sheet.row_count += shift.by
        if shift.at <= len(sheet.rows):
            sheet.rows[shift.at : shift.at] = [_twin(sheet, shift.at, before)] * shift.by
    else:
        sheet.column_count += shift.by
        _map_columns(sheet, shift)
        _inherit_columns(sheet, shift, before)
    check_size(book)
    follow(book, sheet_id, shift)


def _twin(sheet: Sheet, at: int, before: bool | None) -> Row:
    """Give the row that inserted rows start as: the formats of a neighbour, no contents."""
    if before is None:
        return EMPTY_ROW
    above = sheet.row(at - 1).cells if at else {}
    under = sheet.row(at).cells
    cells: dict[int, Cell] = {}
    for column, cell in (above if before else under).items():
        neighbour = (under if before else above).get(column)
        rule = cell.validation if neighbour and neighbour.validation == cell.validation else None
        if cell.format or rule:
            cells[column] = Cell(None, cell.format, None, rule)
    return Row(cells) if cells else EMPTY_ROW


def _inherit_columns(sheet: Sheet, shift: Shift, before: bool | None) -> None:
    source = shift.at - 1 if before else shift.at + shift.by
    if before is None:
        return
    for index, row in enumerate(sheet.rows):
        cell = row.cells.get(source)
        if cell is not None and cell.format:
            look = Cell(None, cell.format)
            places = range(shift.at, shift.at + shift.by)
            sheet.rows[index] = row.with_cells(row.cells | dict.fromkeys(places, look))


def _map_columns(sheet: Sheet, mover: Mover) -> None:
    """Let cells and column properties land where their columns land."""
    mapping: dict[int, int | None] = {c: mover.point(c) for c in range(sheet.column_count + 1)}
    for index, row in enumerate(sheet.rows):
        if row.cells:
            cells = {
                landed: cell
                for column, cell in row.cells.items()
                if (landed := mapping.get(column, mover.point(column))) is not None
            }
            sheet.rows[index] = row.with_cells(cells)
    sheet.columns = {
        landed: properties
        for column, properties in sheet.columns.items()
        if (landed := mover.point(column)) is not None
    }


def delete(book: Book, sheet_id: int, shift: Shift) -> None:
    """Delete rows or columns."""
    sheet, count = book.edit(sheet_id), -shift.by
    if shift.is_rows:
        del sheet.rows[shift.at : shift.at + count]
        sheet.row_count -= count
    else:
        _map_columns(sheet, shift)
        sheet.column_count -= count
    _shrink_frozen(sheet, shift)
    follow(book, sheet_id, shift)


def _shrink_frozen(sheet: Sheet, shift: Shift) -> None:
    name = "frozenRowCount" if shift.is_rows else "frozenColumnCount"
    grid = dict(sheet.properties.get("gridProperties", {}))
    frozen = grid.get(name, 0)
    if frozen > shift.at:
        grid[name] = max(shift.at, frozen + shift.by)
        sheet.properties["gridProperties"] = grid


def move(book: Book, sheet_id: int, mover: Move) -> None:
    """Move rows or columns."""
    sheet = book.edit(sheet_id)
    if mover.is_rows:
        reach = max(mover.end, mover.to)
        if len(sheet.rows) < reach:
            sheet.rows.extend([EMPTY_ROW] * (reach - len(sheet.rows)))
        taken = sheet.rows[mover.start : mover.end]
        del sheet.rows[mover.start : mover.end]
        place = mover.point(mover.start)
        sheet.rows[place:place] = taken
    else:
        _map_columns(sheet, mover)
    follow(book, sheet_id, mover)


def follow(book: Book, sheet_id: int, mover: Mover) -> None:
    """Let formulas, ranges and metadata follow what happened to a sheet's rows or columns."""
    book.moves.append((sheet_id, mover))
    _follow_formulas(book, sheet_id, mover)
    sheet = book.edit(sheet_id)
    _follow_sheet(sheet, mover)
    for key, named in list(book.named.items()):
        if named["range"].get("sheetId", 0) == sheet_id:
            moved = moved_range(named["range"], mover)
            if moved is None:
                del book.named[key]
            elif moved != named["range"]:
                book.named[key] = named | {"range": moved}
    _follow_metadata(book, sheet_id, mover)


def _follow_sheet(sheet: Sheet, mover: Mover) -> None:
    merges = (moved_range(merge, mover) for merge in sheet.merges)
    sheet.merges = [m for m in merges if m is not None and _spans_cells(m)]
    sheet.protected = _moved_all(sheet.protected, mover)
    sheet.filter_views = _moved_all(sheet.filter_views, mover)
    sheet.banded = _moved_all(sheet.banded, mover)
    if sheet.basic_filter is not None:
        kept = _moved_all([sheet.basic_filter], mover)
        sheet.basic_filter = kept[0] if kept else None
    conditional = []
    for rule in sheet.conditional:
        ranges = [moved_range(r, mover) for r in rule.get("ranges", [])]
        kept = [r for r in ranges if r is not None]
        if kept:
            conditional.append(rule | {"ranges": kept})
    sheet.conditional = conditional
    name = "row_groups" if mover.is_rows else "column_groups"
    groups = []
    for group in getattr(sheet, name):
        span = mover.span(group["range"]["startIndex"], group["range"]["endIndex"])
        if span is not None:
            bounds = {"startIndex": span[0], "endIndex": span[1]}
            groups.append(group | {"range": group["range"] | bounds})
    setattr(sheet, name, groups)


def _spans_cells(merge: Json) -> bool:
    height = merge["endRowIndex"] - merge["startRowIndex"]
    return bool(height > 1 or merge["endColumnIndex"] - merge["startColumnIndex"] > 1)


def _moved_all(things: list[Json], mover: Mover) -> list[Json]:
    kept = []
    for thing in things:
        if "range" not in thing:
            kept.append(thing)
            continue
        moved = moved_range(thing["range"], mover)
        if moved is not None:
            kept.append(thing if moved == thing["range"] else thing | {"range": moved})
    return kept


def moved_range(grid_range: Json, mover: Mover) -> Json | None:
    """Give where a GridRange lands; None when all of it was deleted."""
    name = "Row" if mover.is_rows else "Column"
    start_key, end_key = f"start{name}Index", f"end{name}Index"
    if start_key not in grid_range and end_key not in grid_range:
        return grid_range
    start = grid_range.get(start_key, 0)
    if end_key not in grid_range:
        landed = mover.point(start)
        return grid_range | {
            start_key: mover.at if isinstance(mover, Shift) and landed is None else landed
        }
    span = mover.span(start, grid_range[end_key])
    if span is None:
        return None
    return grid_range | {start_key: span[0], end_key: span[1]}


def _follow_metadata(book: Book, sheet_id: int, mover: Mover) -> None:
    dimension = "ROWS" if mover.is_rows else "COLUMNS"
    for key, entry in list(book.metadata.items()):
        place = entry["location"].get("dimensionRange")
        if place is None or place.get("sheetId", 0) != sheet_id:
            continue
        if place["dimension"] != dimension:
            continue
        span = mover.span(place["startIndex"], place["endIndex"])
        if span is None:
            del book.metadata[key]
        elif span[0] != place["startIndex"]:
            moved = place | {"startIndex": span[0], "endIndex": span[1]}
            book.metadata[key] = entry | {"location": entry["location"] | {"dimensionRange": moved}}


def _follow_formulas(book: Book, sheet_id: int, mover: Mover) -> None:
    title = book.sheet(sheet_id).title.casefold()

    def change(reference: Reference) -> Reference | None:
        if isinstance(mover, Shift):
            return shift_reference(reference, mover)
        return _move_reference(reference, mover)

    def change_own(home: Sheet, reference: Reference) -> Reference | None:
        aimed = home.title if reference.title is None else reference.title
        return change(reference) if aimed.casefold() == title else reference

    rewrite_formulas(book, change_own)


def _move_reference(reference: Reference, mover: Move) -> Reference:
    place = "row" if mover.is_rows else "column"
    start = getattr(reference.first, place)
    if start is None:
        return reference
    if reference.last is None:
        return reference._replace(
            first=reference.first.at(mover.point(start), is_row=mover.is_rows)
        )
    end = getattr(reference.last, place)
    if end is None:
        return reference
    first, after = mover.span(min(start, end), max(start, end) + 1)
    return reference._replace(
        first=reference.first.at(first, is_row=mover.is_rows),
        last=reference.last.at(after - 1, is_row=mover.is_rows),
    )


def rewrite_formulas(book: Book, change: Change) -> None:
    """Pass every reference in the book through a function of its sheet and itself."""
    for sheet in list(book.sheets):
        places = [index for index, row in enumerate(sheet.rows) if row.has_formula]
        for index in places:
            row = sheet.rows[index]
            changed: dict[int, Cell] = {}
            for column, cell in row.cells.items():
                if type(cell.value) is Formula:
                    text = rewrite(cell.value.text, partial(change, sheet))
                    if text != cell.value.text:
                        changed[column] = cell._replace(value=Formula(text))
            if changed:
                book.edit(sheet.sheet_id).rows[index] = row.with_cells(row.cells | changed)
