"""Rows and columns that come, go and move, and everything that has to follow them."""

from collections.abc import Callable
from functools import partial
from operator import attrgetter

from syncd.sandbox.book.embedded import follow_objects
from syncd.sandbox.book.following import Move, Mover, follow_metadata, follow_names, follow_sheet
from syncd.sandbox.book.formula import Reference, Shift, rewrite, shift_reference
from syncd.sandbox.book.model import (
    CELLS_MAX,
    COLUMNS_MAX,
    EMPTY_CELL,
    EMPTY_ROW,
    SHEETS_MAX,
    Book,
    Cell,
    Formula,
    Row,
    Sheet,
)
from syncd.sandbox.book.rules import rewrite_rules
from syncd.sandbox.errors import invalid

Change = Callable[[Sheet, Reference], Reference | None]


def check_size(book: Book) -> None:
    """Refuse a book that grew beyond the sheets, columns or cells that Google allows."""
    if len(book.sheets) > SHEETS_MAX:
        raise invalid(
            "This action would increase the number of sheets in the workbook above the limit of "
            f"{SHEETS_MAX} sheets."
        )
    if any(sheet.column_count > COLUMNS_MAX for sheet in book.sheets):
        raise invalid(
            "This action would increase the number of columns in the sheet above the limit of "
            f"{COLUMNS_MAX} columns."
        )
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
    else:
        sheet.column_count += shift.by
    check_size(book)  # before anything is made that large
    if shift.is_rows:
        if shift.at <= len(sheet.rows):
            sheet.rows[shift.at : shift.at] = [_twin(sheet, shift.at, before)] * shift.by
    else:
        _map_columns(sheet, shift)
        _inherit_columns(sheet, shift, before)
    _grow_frozen(sheet, shift)
    follow(book, sheet_id, shift)


def _twin(sheet: Sheet, at: int, before: bool | None) -> Row:
    """Give the row that inserted rows start as: the formats of a neighbour, no contents."""
    if before is None:
        return EMPTY_ROW
    above, under = sheet.row(at - 1) if at else EMPTY_ROW, sheet.row(at)
    source, beside = (above, under.cells) if before else (under, above.cells)
    cells = {column: _look(cell, beside.get(column)) for column, cell in source.cells.items()}
    cells = {column: cell for column, cell in cells.items() if cell != EMPTY_CELL}
    return Row(cells, pixels=source.pixels) if cells or source.pixels else EMPTY_ROW


def _look(cell: Cell, neighbour: Cell | None) -> Cell:
    """Give a cell that only looks like another; its rule comes where both sides have it."""
    rule = cell.validation if neighbour and neighbour.validation == cell.validation else None
    return Cell(None, cell.format, None, rule)


def _inherit_columns(sheet: Sheet, shift: Shift, before: bool | None) -> None:
    if before is None:
        return
    source = shift.at - 1 if before else shift.at + shift.by
    beside = shift.at + shift.by if before else shift.at - 1
    places = range(shift.at, shift.at + shift.by)
    for index, row in enumerate(sheet.rows):
        cell = row.cells.get(source)
        if cell is not None:
            look = _look(cell, row.cells.get(beside))
            if look != EMPTY_CELL:
                sheet.rows[index] = row.with_cells(row.cells | dict.fromkeys(places, look))
    pixels = sheet.columns.get(source, {}).get("pixelSize")
    if pixels is not None:
        sheet.columns |= {column: {"pixelSize": pixels} for column in places}


def _map_columns(sheet: Sheet, mover: Mover) -> None:
    """Let cells and column properties land where their columns land."""
    first = mover.at if isinstance(mover, Shift) else min(mover.start, mover.to)
    mapping: dict[int, int | None] = {c: mover.point(c) for c in range(sheet.column_count + 1)}
    for index, row in enumerate(sheet.rows):
        if row.cells and max(row.cells) >= first:
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


def _grow_frozen(sheet: Sheet, shift: Shift) -> None:
    name = "frozenRowCount" if shift.is_rows else "frozenColumnCount"
    grid = sheet.properties.get("gridProperties", {})
    if grid.get(name, 0) > shift.at:
        grown = grid | {name: grid[name] + shift.by}
        sheet.properties = sheet.properties | {"gridProperties": grown}


def _shrink_frozen(sheet: Sheet, shift: Shift) -> None:
    name = "frozenRowCount" if shift.is_rows else "frozenColumnCount"
    grid = dict(sheet.properties.get("gridProperties", {}))
    frozen = grid.get(name, 0)
    if frozen > shift.at:
        grid[name] = max(shift.at, frozen + shift.by)
        if not grid[name]:
            del grid[name]
        sheet.properties = sheet.properties | {"gridProperties": grid}


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
        while sheet.rows and sheet.rows[-1] is EMPTY_ROW:
            sheet.rows.pop()
    else:
        _map_columns(sheet, mover)
    follow(book, sheet_id, mover)


def follow(book: Book, sheet_id: int, mover: Mover) -> None:
    """Let formulas, ranges and metadata follow what happened to a sheet's rows or columns."""
    book.moves.append((sheet_id, mover))
    _follow_formulas(book, sheet_id, mover)
    follow_sheet(book.edit(sheet_id), mover)
    follow_names(book, sheet_id, mover)
    follow_metadata(book, sheet_id, mover)
    follow_objects(book, sheet_id, mover)


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
    rewrite_rules(book, change)
    rewrite_texts(book, lambda sheet, text: rewrite(text, partial(change, sheet)))


def rewrite_texts(book: Book, change: Callable[[Sheet, str], str]) -> None:
    """Pass every cell's formula through a function of its sheet and its text."""
    for sheet in list(book.sheets):
        if not any(map(attrgetter("has_formula"), sheet.rows)):
            continue
        places = [index for index, row in enumerate(sheet.rows) if row.has_formula]
        for index in places:
            row = sheet.rows[index]
            changed: dict[int, Cell] = {}
            for column, cell in row.cells.items():
                if type(cell.value) is Formula:
                    text = change(sheet, cell.value.text)
                    if text != cell.value.text:
                        changed[column] = cell._replace(value=Formula(text))
            if changed:
                book.edit(sheet.sheet_id).rows[index] = row.with_cells(row.cells | changed)
