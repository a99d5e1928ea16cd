"""The requests of batchUpdate that copy and cut ranges."""

from functools import partial
from typing import Any

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.evaluate import FormulaError, evaluator
from syncd.sandbox.book.filters import hidden_by_filter
from syncd.sandbox.book.formula import Reference, offset, rewrite
from syncd.sandbox.book.grid_range import grid_range
from syncd.sandbox.book.model import EMPTY_CELL, Area, Cell, Formula, Sheet
from syncd.sandbox.book.structure import check_size, rewrite_formulas
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.requests.fields import refuse_huge, unimplemented
from syncd.sandbox.requests.looks import forget_rules, paste_rules, placed_in

_WITH_MERGES = {"PASTE_NORMAL", "PASTE_NO_BORDERS"}
_WITH_RULES = _WITH_MERGES | {"PASTE_FORMAT", "PASTE_CONDITIONAL_FORMATTING"}
_PART = "You must select all cells in a merged range to merge or unmerge them."

_TILES_MAX = 20_000

Cells = dict[tuple[int, int], Cell]


def _pasted(source: Cell, old: Cell, kind: str) -> Cell:
    """Give what a cell becomes when another is pasted over it; references are moved later."""
    match kind:
        case "PASTE_NORMAL":
            return source
        case "PASTE_FORMULA" | "PASTE_VALUES":
            return old._replace(value=source.value, runs=None)
        case "PASTE_FORMAT":
            return old._replace(format=source.format, validation=source.validation)
        case "PASTE_DATA_VALIDATION":
            return old._replace(validation=source.validation)
        case "PASTE_NO_BORDERS":
            kept = {k: v for k, v in (source.format or {}).items() if k != "borders"}
            if old.format and "borders" in old.format:
                kept["borders"] = old.format["borders"]
            return source._replace(format=kept or None)
        case _:  # conditional formats are not in the cells
            return old


def _taken(batch: Batch, source: Area, kind: str) -> Cells:
    """Give the cells of a range as they are now; for a paste of values, what they amount to."""
    sheet, results = batch.book.sheet(source.sheet_id), evaluator(batch.book)
    cells: Cells = {}
    by_value = kind == "PASTE_VALUES"
    height = results.height(sheet) if by_value else len(sheet.rows)
    for row in range(source.top, min(source.bottom, height)):
        stored = results.shown(sheet, row) if by_value else sheet.rows[row].cells
        for column, cell in stored.items():
            if not source.left <= column < source.right:
                continue
            if by_value and cell.value is not None:
                result: Any = results.cell(sheet, row, column)
                shown = result.shown if isinstance(result, FormulaError) else result
                cell = cell._replace(value=shown)  # noqa: PLW2901
            cells[row, column] = cell
    return cells


def _target(source: Area, goal: Area, *, transpose: bool) -> Area:
    """Give the area that a paste fills: the source once, or as often as the goal is a multiple."""
    height, width = source.bottom - source.top, source.right - source.left
    if transpose:
        height, width = width, height
    tall, wide = goal.bottom - goal.top, goal.right - goal.left
    return goal._replace(
        bottom=goal.top + (tall if tall and tall % height == 0 else height),
        right=goal.left + (wide if wide and wide % width == 0 else width),
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
    refuse_huge(target.size)
    merges = _merges_within(batch, source) if kind in _WITH_MERGES else []
    rules = batch.book.sheet(source.sheet_id).conditional
    skipped, taken = _skipped(batch, source), _taken(batch, source, kind)
    if kind == "PASTE_FORMULA" and not batch.settings["paste_formula_copies_literals"]:
        taken = {where: c for where, c in taken.items() if type(c.value) is Formula}
    if kind in _WITH_MERGES:
        _clear_merges(batch, sheet, target)
        for tile in _tiles(source, target, transpose=transpose) if merges else []:
            sheet.merges += [
                grid_range(placed_in(m, source, tile, transpose=transpose)) for m in merges
            ]
    if kind in _WITH_RULES and (rules or sheet.conditional):
        tiles = partial(_tiles, source, target, transpose=transpose)
        paste_rules(batch, rules, source, target, tiles, transpose=transpose)
    if kind != "PASTE_CONDITIONAL_FORMATTING":
        moves = kind != "PASTE_FORMULA" or batch.settings["paste_formula_moves_references"]
        _fill(sheet, source, target, taken, kind, transpose, skipped, moves=moves)


def _skipped(batch: Batch, source: Area) -> frozenset[int]:
    """Give the rows of a source that a copy leaves out, as far as settings say so."""
    sheet, skipped = batch.book.sheet(source.sheet_id), frozenset[int]()
    if batch.settings["copy_paste_skips_filtered_rows"]:
        skipped = hidden_by_filter(batch.book, sheet)
    if batch.settings["copy_paste_skips_hidden_rows"]:
        rows = range(source.top, min(source.bottom, len(sheet.rows)))
        skipped |= {row for row in rows if sheet.rows[row].hidden}
    return skipped


def _fill(
    sheet: Sheet,
    source: Area,
    target: Area,
    taken: Cells,
    kind: str,
    transpose: bool,
    skipped: frozenset[int],
    *,
    moves: bool,
) -> None:
    """Write cells into a target, by its rows; what is empty on both sides costs nothing."""
    height, width = source.bottom - source.top, source.right - source.left
    by_row: dict[int, set[int]] = {}
    for row, column in taken:
        by_row.setdefault(row - source.top, set()).add(column - source.left)
    across: dict[int, set[int]] = {}
    for row, column in taken:
        across.setdefault(column - source.left, set()).add(row - source.top)
    for row in range(target.top, target.bottom):
        there = sheet.row(row).cells
        if transpose:
            filled, period = across.get((row - target.top) % width), height
        else:
            filled, period = by_row.get((row - target.top) % height), width
        if not filled and not there:
            continue
        if not transpose and source.top + (row - target.top) % height in skipped:
            continue
        changed = {}
        for column in range(target.left, target.right):
            along = (column - target.left) % period
            if column not in there and (not filled or along not in filled):
                continue
            if transpose:
                place = source.top + along, source.left + (row - target.top) % width
            else:
                place = source.top + (row - target.top) % height, source.left + along
            cell, present = taken.get(place, EMPTY_CELL), there.get(column, EMPTY_CELL)
            new = _pasted(cell, present, kind)
            if moves and type(new.value) is Formula and new.value is cell.value:
                moved = offset(new.value.text, row - place[0], column - place[1])
                new = new._replace(value=Formula(moved))
            if new != present:
                changed[column] = new
        if changed:
            sheet.put_cells(row, changed)


def _tiles(source: Area, target: Area, *, transpose: bool) -> list[Area]:
    """Give the places of a target that each take the whole source."""
    height, width = source.bottom - source.top, source.right - source.left
    if transpose:
        height, width = width, height
    count = (target.bottom - target.top) // height * ((target.right - target.left) // width)
    if count > _TILES_MAX:
        raise unimplemented("so many copies of merged cells or conditional formats")
    return [
        Area(target.sheet_id, top, top + height, left, left + width)
        for top in range(target.top, target.bottom, height)
        for left in range(target.left, target.right, width)
    ]


def _merges_within(batch: Batch, source: Area) -> list[Area]:
    merged = [batch.area(m) for m in batch.book.sheet(source.sheet_id).merges]
    return [m for m in merged if source.contains(m)]


def _clear_merges(batch: Batch, sheet: Sheet, target: Area) -> None:
    kept = []
    for merge in sheet.merges:
        merged = batch.area(merge)
        if not merged.meets(target):
            kept.append(merge)
        elif not target.contains(merged):
            raise invalid(_PART)
    sheet.merges = kept


def cut_paste(batch: Batch, request: Json) -> None:
    """Move a range elsewhere; references to it follow."""
    source, place = batch.writable(request.get("source")), request.get("destination")
    if place is None:
        raise invalid("destination must be specified.")
    kind = request.get("pasteType", "PASTE_NORMAL")
    sheet, origin = batch.sheet(place.get("sheetId", 0)), batch.sheet(source.sheet_id)
    top, left = place.get("rowIndex", 0), place.get("columnIndex", 0)
    if top < 0 or left < 0:
        raise invalid("GridCoordinate indexes must be >= 0")
    down, right = source.bottom - source.top, source.right - source.left
    target = Area(sheet.sheet_id, top, top + down, left, left + right)
    sheet.row_count = max(sheet.row_count, target.bottom)
    sheet.column_count = max(sheet.column_count, target.right)
    check_size(batch.book)
    batch.guard(target)
    merges, rules = _merges_within(batch, source), list(origin.conditional)
    taken = _taken(batch, source, kind)
    if source.sheet_id != target.sheet_id and kind != "PASTE_VALUES":
        taken = {where: _titled(cell, origin.title) for where, cell in taken.items()}
    _clear_merges(batch, origin, source)
    for index in range(source.top, min(source.bottom, len(origin.rows))):
        cells = [c for c in origin.rows[index].cells if source.left <= c < source.right]
        if cells:
            origin.put_cells(index, dict.fromkeys(cells, EMPTY_CELL))
    if kind in _WITH_MERGES:
        _clear_merges(batch, sheet, target)
        sheet.merges += [grid_range(placed_in(m, source, target, transpose=False)) for m in merges]
    forget_rules(batch, source)
    if kind in _WITH_RULES and (rules or sheet.conditional):
        paste_rules(batch, rules, source, target, lambda: [target], transpose=False)
    if kind != "PASTE_CONDITIONAL_FORMATTING":
        _put_down(sheet, source, target, taken, kind)
    _follow_names(batch, source, target)
    _follow_cut(batch, source, target)


def _put_down(sheet: Sheet, source: Area, target: Area, taken: Cells, kind: str) -> None:
    """Write cut cells into their new place; their formulas go on meaning the same cells."""
    by_row: dict[int, dict[int, Cell]] = {}
    for (row, column), cell in taken.items():
        place = row - source.top + target.top
        by_row.setdefault(place, {})[column - source.left + target.left] = cell
    for row in range(target.top, target.bottom):
        there, cells = sheet.row(row).cells, by_row.get(row, {})
        columns = {c for c in there if target.left <= c < target.right} | set(cells)
        changed = {
            c: _pasted(cells.get(c, EMPTY_CELL), there.get(c, EMPTY_CELL), kind) for c in columns
        }
        if changed:
            sheet.put_cells(row, changed)


def _titled(cell: Cell, title: str) -> Cell:
    """Let the references of a formula that leaves its sheet say which sheet they mean."""
    if not isinstance(cell.value, Formula):
        return cell

    def name(reference: Reference) -> Reference:
        return reference._replace(title=title) if reference.title is None else reference

    return cell._replace(value=Formula(rewrite(cell.value.text, name)))


def _follow_names(batch: Batch, source: Area, target: Area) -> None:
    for key, named in list(batch.book.named.items()):
        if named["range"].get("sheetId", 0) == source.sheet_id:
            area = batch.area(named["range"])
            if source.contains(area):
                moved = grid_range(placed_in(area, source, target, transpose=False))
                batch.book.named[key] = named | {"range": moved}


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
            own = home.sheet_id == target.sheet_id
            new_title = None if own else titles[target.sheet_id]
        return Reference(new_title, moved[0], moved[1] if len(moved) > 1 else None)

    rewrite_formulas(batch.book, change)
