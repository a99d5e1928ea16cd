"""The requests of batchUpdate that write cells."""

from collections.abc import Callable

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.cells import written
from syncd.sandbox.book.colours import paired_mask
from syncd.sandbox.book.edges import completed
from syncd.sandbox.book.formula import offset
from syncd.sandbox.book.model import EMPTY_CELL, EMPTY_ROW, Area, Cell, Formula, Row, Sheet
from syncd.sandbox.book.structure import check_size
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import Tree
from syncd.sandbox.requests.fields import refuse_huge, required_mask, unimplemented
from syncd.sandbox.requests.growing import grow_filter
from syncd.sandbox.requests.tables import make_room

_UNHONOURED = ("pivotTable", "dataSourceTable")


def _cell_mask(request: Json, kind: str, cells: list[Json]) -> Tree:
    mask = required_mask(request, "CellData")
    for name in _UNHONOURED:  # a mask alone takes away what no cell here can have
        if ("*" in mask or name in mask) and any(cell.get(name) for cell in cells):
            raise unimplemented(f"{kind}.{name}")
    return paired_mask(mask)


def _given(rows: list[Json]) -> list[Json]:
    return [cell for row in rows for cell in row.get("values", [])]


def update_cells(batch: Batch, request: Json) -> None:
    """Write rows of cells into a range, or from a start cell on."""
    rows = request.get("rows", [])
    mask = _cell_mask(request, "updateCells", _given(rows))
    start = request.get("start")
    if "range" in request:
        if start is not None:
            raise invalid("Only one of start and range may be specified.")
        _fill_range(batch, batch.writable(request["range"]), rows, mask)
        return
    if start is None:
        raise invalid("Must specify either start or range.")
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    width = max((len(row.get("values", [])) for row in rows), default=0)
    sheet = batch.book.sheet(start.get("sheetId", 0))
    _check_inside(sheet.row_count, top, len(rows), "row")
    _check_inside(sheet.column_count, left, width, "column")
    batch.guard(Area(sheet.sheet_id, top, top + len(rows), left, left + width))
    _write_rows(batch.sheet(sheet.sheet_id), top, left, rows, mask)


def _write_rows(sheet: Sheet, top: int, left: int, rows: list[Json], mask: Tree) -> None:
    for index, row in enumerate(rows, top):
        old = sheet.row(index).cells
        cells = enumerate(row.get("values", []), left)
        changed = {c: written(old.get(c, EMPTY_CELL), v, mask) for c, v in cells}
        if changed:
            sheet.put_cells(index, changed)


def _check_inside(count: int, start: int, length: int, name: str) -> None:
    if start < 0:
        raise invalid(f"GridCoordinate.{name}Index[{start}] must not be negative")
    if start >= count:
        raise invalid(
            f"GridCoordinate.{name}Index[{start}] is after last {name} in grid[{count - 1}]"
        )
    if start + length > count:
        raise _beyond(name, count)


def _beyond(name: str, count: int) -> Exception:
    return invalid(
        f"Attempting to write {name}: {count}, beyond the last requested {name} of: {count - 1}"
    )


def _fill_range(batch: Batch, area: Area, rows: list[Json], mask: Tree) -> None:
    """Write every cell of a range; what the rows do not reach is cleared."""
    if len(rows) > area.bottom - area.top:
        raise _beyond("row", area.bottom)
    width = max((len(row.get("values", [])) for row in rows), default=0)
    if width > area.right - area.left:
        raise _beyond("column", area.right)
    sheet = batch.sheet(area.sheet_id)
    last = min(area.bottom, max(len(sheet.rows), area.top + len(rows)))
    for index in range(area.top, last):
        given = index - area.top
        values = rows[given].get("values", []) if given < len(rows) else []
        old = sheet.row(index).cells
        changed = {
            c: written(old.get(c, EMPTY_CELL), v, mask) for c, v in enumerate(values, area.left)
        }
        for column, cell in old.items():
            if area.left + len(values) <= column < area.right:
                changed[column] = written(cell, {}, mask)
        if changed:
            sheet.put_cells(index, changed)


def rewrite_area(sheet: Sheet, area: Area, change: Callable[[Row, int], dict[int, Cell]]) -> None:
    """Change the cells of an area row by row; rows that are one object stay one.

    `change` gets a row and its index. The rows that nothing was ever written to come out alike.
    """
    known: dict[int, Row] = {}
    last = min(area.bottom, len(sheet.rows))
    for index in range(area.top, last):
        row = sheet.rows[index]
        if id(row) not in known:
            sheet.put_cells(index, change(row, index))
            known[id(row)] = sheet.rows[index]
            known[-id(row)] = row  # kept alive, so that its identity stays its own
        else:
            sheet.rows[index] = known[id(row)]
    if area.bottom > max(area.top, len(sheet.rows)):
        first = max(area.top, len(sheet.rows))
        sheet.put_cells(first, change(EMPTY_ROW, first))
        if first < len(sheet.rows):
            sheet.rows.extend([sheet.rows[first]] * (area.bottom - first - 1))


def repeat_cell(batch: Batch, request: Json) -> None:
    """Write one cell into all cells of a range; a formula's references follow."""
    given = request.get("cell", {})
    mask = _cell_mask(request, "repeatCell", [given])
    area = batch.writable(request.get("range"))
    sheet, columns = batch.sheet(area.sheet_id), range(area.left, area.right)
    probe = written(EMPTY_CELL, given, mask)
    if type(probe.value) is not Formula:
        known: dict[int, tuple[Json | None, Cell]] = {}
        looks_only = set(mask) == {"userEnteredFormat"}

        def write(row: Row, index: int) -> dict[int, Cell]:
            del index
            cells = ((c, row.cells.get(c, EMPTY_CELL)) for c in columns)
            return {c: _once(known, cell, given, mask, looks_only) for c, cell in cells}

        rewrite_area(sheet, area, write)
        return
    refuse_huge(area.size)
    for index in range(area.top, area.bottom):
        old = sheet.row(index).cells
        changed: dict[int, Cell] = {}
        for column in columns:
            moved = offset(probe.value.text, index - area.top, column - area.left)
            cell = written(old.get(column, EMPTY_CELL), given, mask)
            changed[column] = cell._replace(value=Formula(moved))
        sheet.put_cells(index, changed)


def _once(
    known: dict[int, tuple[Json | None, Cell]],
    old: Cell,
    given: Json,
    mask: Tree,
    looks_only: bool,
) -> Cell:
    """Write into a cell; those that are empty or only get another look are worked out once."""
    if old is EMPTY_CELL:
        if 0 not in known:
            known[0] = None, written(old, given, mask)
        return known[0][1]
    if not looks_only:
        return written(old, given, mask)
    key = id(old.format)  # kept beside the result, so that nothing else gets its identity
    if key not in known:
        known[key] = old.format, written(Cell(None, old.format), given, mask)
    return old._replace(format=known[key][1].format)


def append_cells(batch: Batch, request: Json) -> None:
    """Write rows below the last row that holds a value, growing the grid if needed."""
    rows = request.get("rows", [])
    mask = _cell_mask(request, "appendCells", _given(rows))
    width = max((len(row.get("values", [])) for row in rows), default=0)
    if request.get("tableId"):
        sheet, top, left, right = make_room(batch, request["tableId"], len(rows))
    else:
        sheet = batch.sheet(request.get("sheetId", 0))
        top, left, right = _after_last(sheet), 0, sheet.column_count
        sheet.row_count = max(sheet.row_count, top + len(rows))
        check_size(batch.book)
    if left + width > right:
        raise _beyond("column", right)
    batch.guard(Area(sheet.sheet_id, top, top + len(rows), left, left + width))
    _write_rows(sheet, top, left, rows, mask)
    grow_filter(batch, sheet, top, len(rows))


def _after_last(sheet: Sheet) -> int:
    top = len(sheet.rows)
    while top and not any(c.value is not None for c in sheet.rows[top - 1].cells.values()):
        top -= 1
    return top


def update_borders(batch: Batch, request: Json) -> None:
    """Draw or take away the borders around and between the cells of a range."""
    area = batch.writable(request.get("range"))
    sheet, columns = batch.sheet(area.sheet_id), range(area.left, area.right)
    edges: Json = {
        name: completed(request[name])
        for name in ("top", "bottom", "left", "right", "innerHorizontal", "innerVertical")
        if name in request
    }

    def draw(row: Row, sides: Json) -> dict[int, Cell]:
        changed = {}
        for column in columns:
            here = sides | _sides(edges, "left", "right", "innerVertical", column, columns)
            if here:
                old = row.cells.get(column, EMPTY_CELL)
                changed[column] = _bordered(old, here)
        return changed

    ends = range(area.top, area.bottom)
    for index in dict.fromkeys((area.top, area.bottom - 1)):
        sides = _sides(edges, "top", "bottom", "innerHorizontal", index, ends)
        changed = draw(sheet.row(index), sides)
        if changed:
            sheet.put_cells(index, changed)
    middle = area._replace(top=area.top + 1, bottom=area.bottom - 1)
    if middle.top < middle.bottom:
        inner = _sides(edges, "top", "bottom", "innerHorizontal", middle.top, ends)
        rewrite_area(sheet, middle, lambda row, _: draw(row, inner))


def _sides(edges: Json, first: str, last: str, inner: str, index: int, ends: range) -> Json:
    """Give the borders that two opposite sides of a cell take from a request."""
    before = first if index == ends.start else inner
    after = last if index == ends.stop - 1 else inner
    sides = {}
    if before in edges:
        sides[first] = edges[before]
    if after in edges:
        sides[last] = edges[after]
    return sides


def _bordered(old: Cell, sides: Json) -> Cell:
    borders = {name: border for name, border in sides.items() if border is not None}
    mask: Tree = {"userEnteredFormat": {"borders": {name: {} for name in sides}}}
    return written(old, {"userEnteredFormat": {"borders": borders}}, mask)
