"""The requests of batchUpdate that copy, move, sort and filter cells."""

from typing import Any

from syncd.sandbox.book.a1 import grid_range
from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.evaluate import FormulaError, Result, evaluator
from syncd.sandbox.book.filters import hidden_by_filter
from syncd.sandbox.book.formula import Reference, offset
from syncd.sandbox.book.model import EMPTY_CELL, Area, Cell, Formula, Sheet
from syncd.sandbox.book.moves import sorted_rows
from syncd.sandbox.book.structure import rewrite_formulas
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge


def _pasted(
    batch: Batch, source: Cell, old: Cell, kind: str, place: tuple[Sheet, int, int]
) -> Cell:
    """Give what a cell becomes when another is pasted over it; references are moved later."""
    if kind == "PASTE_NORMAL":
        return source
    if kind == "PASTE_FORMULA":
        return old._replace(value=source.value, runs=None)
    if kind == "PASTE_FORMAT":
        return old._replace(format=source.format)
    if kind == "PASTE_DATA_VALIDATION":
        return old._replace(validation=source.validation)
    if kind == "PASTE_NO_BORDERS":
        kept = {k: v for k, v in (source.format or {}).items() if k != "borders"}
        if old.format and "borders" in old.format:
            kept["borders"] = old.format["borders"]
        return source._replace(format=kept or None)
    if kind == "PASTE_VALUES":
        result: Any = source.value
        if type(source.value) is Formula:
            result = evaluator(batch.book).cell(*place)
        result = result.shown if isinstance(result, FormulaError) else result
        return old._replace(value=result, runs=None)
    raise invalid(f"Unsupported pasteType: {kind}")


def _target(source: Area, destination: Area, *, transpose: bool) -> Area:
    """Give the area a paste fills: whole repeats of the source, at least one."""
    height, width = source.bottom - source.top, source.right - source.left
    if transpose:
        height, width = width, height
    repeats = max(1, (destination.bottom - destination.top) // height)
    across = max(1, (destination.right - destination.left) // width)
    return destination._replace(
        bottom=destination.top + height * repeats, right=destination.left + width * across
    )


def copy_paste(batch: Batch, request: Json) -> None:
    """Copy a range over another; relative references in formulas move along."""
    source, goal = batch.area(request.get("source")), batch.area(request.get("destination"))
    kind = request.get("pasteType", "PASTE_NORMAL")
    transpose = request.get("pasteOrientation") == "TRANSPOSE"
    if source.top == source.bottom or source.left == source.right:
        raise invalid("The source range is empty.")
    target = _target(source, goal, transpose=transpose)
    sheet = batch.sheet(target.sheet_id)
    if target.bottom > sheet.row_count or target.right > sheet.column_count:
        raise invalid("The destination does not lie within the grid.")
    batch.guard(target)
    origin = batch.book.sheet(source.sheet_id)
    skipped: frozenset[int] = frozenset()
    if batch.settings["copy_paste_skips_filtered_rows"]:
        skipped = hidden_by_filter(batch.book, origin)
    if kind == "PASTE_CONDITIONAL_FORMATTING":
        return
    if transpose:
        _paste_transposed(batch, source, target, kind)
        return
    height = source.bottom - source.top
    last = max(len(origin.rows), len(sheet.rows))
    values_of = evaluator(batch.book).shown
    rows = [
        values_of(origin, r) if kind == "PASTE_VALUES" else origin.row(r).cells
        for r in range(source.top, source.bottom)
    ]
    for row in range(target.top, target.bottom):
        from_row = source.top + (row - target.top) % height
        if from_row in skipped or (from_row >= last and row >= last):
            continue
        changed = _pasted_row(
            batch, source, target, (from_row, row), rows[from_row - source.top], kind
        )
        if changed:
            sheet.put_cells(row, changed)


def _pasted_row(
    batch: Batch,
    source: Area,
    target: Area,
    places: tuple[int, int],
    cells: dict[int, Cell],
    kind: str,
) -> dict[int, Cell]:
    from_row, row = places
    origin = batch.book.sheet(source.sheet_id)
    old = batch.book.sheet(target.sheet_id).row(row).cells
    width = source.right - source.left
    changed: dict[int, Cell] = {}
    for column in range(target.left, target.right):
        from_column = source.left + (column - target.left) % width
        cell, present = cells.get(from_column, EMPTY_CELL), old.get(column, EMPTY_CELL)
        if cell is EMPTY_CELL and present is EMPTY_CELL:
            continue
        new = _pasted(batch, cell, present, kind, (origin, from_row, from_column))
        if type(new.value) is Formula and new.value is cell.value:
            moved = offset(new.value.text, row - from_row, column - from_column)
            new = new._replace(value=Formula(moved))
        if new != present:
            changed[column] = new
    return changed


def _paste_transposed(batch: Batch, source: Area, target: Area, kind: str) -> None:
    origin, sheet = batch.book.sheet(source.sheet_id), batch.sheet(target.sheet_id)
    cells = {
        (r, c): evaluator(batch.book).shown_cell(origin, r, c)
        if kind == "PASTE_VALUES"
        else origin.cell(r, c)
        for r in range(source.top, source.bottom)
        for c in range(source.left, source.right)
    }
    height, width = source.bottom - source.top, source.right - source.left
    for row in range(target.top, target.bottom):
        changed = {}
        for column in range(target.left, target.right):
            place = (
                source.top + (column - target.left) % height,
                source.left + (row - target.top) % width,
            )
            new = _pasted(batch, cells[place], sheet.cell(row, column), kind, (origin, *place))
            if type(new.value) is Formula and new.value is cells[place].value:
                moved = offset(new.value.text, row - place[0], column - place[1])
                new = new._replace(value=Formula(moved))
            changed[column] = new
        sheet.put_cells(row, changed)


def cut_paste(batch: Batch, request: Json) -> None:
    """Move a range elsewhere; references to it follow."""
    source, place = batch.writable(request.get("source")), request.get("destination", {})
    kind = request.get("pasteType", "PASTE_NORMAL")
    sheet = batch.sheet(place.get("sheetId", 0))
    origin = batch.sheet(source.sheet_id)
    top, left = place.get("rowIndex", 0), place.get("columnIndex", 0)
    target = Area(
        sheet.sheet_id,
        top,
        top + source.bottom - source.top,
        left,
        left + source.right - source.left,
    )
    sheet.row_count = max(sheet.row_count, target.bottom)
    sheet.column_count = max(sheet.column_count, target.right)
    batch.guard(target)
    taken = [dict(origin.row(r).cells) for r in range(source.top, source.bottom)]
    columns = range(source.left, source.right)
    for index, cells in enumerate(taken, source.top):
        if cells:
            origin.put_cells(index, dict.fromkeys(columns, EMPTY_CELL))
    for index, cells in enumerate(taken):
        row = top + index
        changed = {}
        for column in columns:
            cell = cells.get(column, EMPTY_CELL)
            there = sheet.cell(row, column - source.left + left)
            where = (origin, source.top + index, column)
            changed[column - source.left + left] = _pasted(batch, cell, there, kind, where)
        sheet.put_cells(row, changed)
    _follow_cut(batch, source, target)


def _follow_cut(batch: Batch, source: Area, target: Area) -> None:
    titles = {s.sheet_id: s.title for s in batch.book.sheets}
    down, right = target.top - source.top, target.left - source.left

    def change(home: Sheet, reference: Reference) -> Reference:
        title = home.title if reference.title is None else reference.title
        if title.casefold() != titles[source.sheet_id].casefold():
            return reference
        corners = [c for c in (reference.first, reference.last) if c is not None]
        if not all(
            c.row is not None and c.column is not None and source.holds(c.row, c.column)
            for c in corners
        ):
            return reference
        moved = [
            c._replace(row=(c.row or 0) + down, column=(c.column or 0) + right) for c in corners
        ]
        new_title = reference.title
        if target.sheet_id != source.sheet_id:
            new_title = titles[target.sheet_id]
        return Reference(new_title, moved[0], moved[1] if len(moved) > 1 else None)

    rewrite_formulas(batch.book, change)


def _sort_key(result: Result, *, descending: bool) -> tuple[Any, ...]:
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


def sort_area(batch: Batch, area: Area, specs: list[Json]) -> None:
    """Sort the rows of an area by some of its columns."""
    sheet = batch.sheet(area.sheet_id)
    batch.book.cache.clear()
    results, order = evaluator(batch.book), list(range(area.top, area.bottom))
    for spec in reversed(specs):
        column = spec.get("dimensionIndex", 0)
        descending = spec.get("sortOrder") == "DESCENDING"
        order.sort(key=lambda r: _sort_key(results.cell(sheet, r, column), descending=descending))
    columns = range(area.left, area.right)
    batch.book.moves.append((area.sheet_id, sorted_rows(area, order)))
    old = {row: sheet.row(row).cells for row in order}
    for row, source in enumerate(order, area.top):
        if row == source:
            continue
        changed = {}
        for column in columns:
            cell = old[source].get(column, EMPTY_CELL)
            if type(cell.value) is Formula:
                cell = cell._replace(value=Formula(offset(cell.value.text, row - source, 0)))
            changed[column] = cell
        sheet.put_cells(row, changed)
    if batch.settings["sort_moves_row_metadata"]:
        _move_row_metadata(batch, area, {source: row for row, source in enumerate(order, area.top)})


def _move_row_metadata(batch: Batch, area: Area, landed: dict[int, int]) -> None:
    for key, entry in batch.book.metadata.items():
        place = entry["location"].get("dimensionRange", {})
        on_sheet = place.get("sheetId", 0) == area.sheet_id
        if place.get("dimension") == "ROWS" and on_sheet and place["startIndex"] in landed:
            row = landed[place["startIndex"]]
            moved = place | {"startIndex": row, "endIndex": row + 1}
            location = entry["location"] | {"dimensionRange": moved}
            batch.book.metadata[key] = entry | {"location": location}


def sort_range(batch: Batch, request: Json) -> None:
    """Sort a range."""
    specs = request.get("sortSpecs", [])
    if not specs:
        raise invalid("sortSpecs must be specified.")
    sort_area(batch, batch.writable(request.get("range")), specs)


def set_basic_filter(batch: Batch, request: Json) -> None:
    """Set the filter of a sheet, and sort by it if it says so."""
    given = request.get("filter", {})
    if "range" not in given:
        raise invalid("filter.range must be specified.")
    area = batch.area(given["range"])
    stored = merge(given, {"range": grid_range(area)}, {"range": {}})
    sheet = batch.sheet(area.sheet_id)
    sheet.basic_filter = stored
    batch.book.cache.clear()
    if given.get("sortSpecs"):
        body = area._replace(top=min(area.top + 1, area.bottom))
        batch.guard(body)
        sort_area(batch, body, given["sortSpecs"])


def clear_basic_filter(batch: Batch, request: Json) -> None:
    """Take the filter of a sheet away."""
    batch.sheet(request.get("sheetId", 0)).basic_filter = None
    batch.book.cache.clear()
