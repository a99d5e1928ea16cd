"""The requests of batchUpdate that change rows and columns."""

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.following import Move
from syncd.sandbox.book.formula import Shift
from syncd.sandbox.book.model import EMPTY_CELL, EMPTY_ROW, Area, Cell, Sheet
from syncd.sandbox.book.structure import check_size, delete, insert, move
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge, parse_mask


def _dimension(request: Json, key: str = "range") -> tuple[int, bool, int | None, int | None]:
    span = request.get(key)
    if span is None:
        raise invalid(f"{key} must be specified.")
    if span.get("dimension") not in {"ROWS", "COLUMNS"}:
        raise invalid("dimension must be specified.")
    is_rows = span["dimension"] == "ROWS"
    return span.get("sheetId", 0), is_rows, span.get("startIndex"), span.get("endIndex")


def _count(sheet: Sheet, is_rows: bool) -> int:
    return sheet.row_count if is_rows else sheet.column_count


def _band(sheet: Sheet, is_rows: bool, start: int, end: int) -> Area:
    if is_rows:
        return Area(sheet.sheet_id, start, end, 0, sheet.column_count)
    return Area(sheet.sheet_id, 0, sheet.row_count, start, end)


def append_dimension(batch: Batch, request: Json) -> None:
    """Add rows or columns at the end of a grid."""
    sheet, length = batch.sheet(request.get("sheetId", 0)), request.get("length", 0)
    if length <= 0:
        raise invalid("length must be greater than 0.")
    if request.get("dimension") == "ROWS":
        sheet.row_count += length
    elif request.get("dimension") == "COLUMNS":
        sheet.column_count += length
    else:
        raise invalid("dimension must be specified.")
    check_size(batch.book)


def insert_dimension(batch: Batch, request: Json) -> None:
    """Insert empty rows or columns."""
    sheet_id, is_rows, start, end = _dimension(request)
    before, sheet = bool(request.get("inheritFromBefore")), batch.book.sheet(sheet_id)
    start, end = start or 0, end or 0
    count = _count(sheet, is_rows)
    if end <= start:
        raise invalid("range.endIndex must be greater than range.startIndex.")
    if before and start == 0:
        raise invalid(
            "inheritFromBefore cannot be true if inserting at the very beginning (startIndex of 0)."
        )
    if start > count or (start == count and not before):
        raise invalid(
            f"range.startIndex[{start}] must be less than the grid size ({count}) if "
            "inheritFromBefore is false."
            if not before
            else f"range.startIndex[{start}] must not be greater than the grid size ({count})."
        )
    if 0 < start < count:
        batch.guard(_band(sheet, is_rows, start, start))
    insert(batch.book, sheet_id, Shift(is_rows, start, end - start), before=before)


def delete_dimension(batch: Batch, request: Json) -> None:
    """Delete rows or columns."""
    sheet_id, is_rows, start, end = _dimension(request)
    sheet = batch.book.sheet(sheet_id)
    count, name = _count(sheet, is_rows), "row" if is_rows else "column"
    start, end = start or 0, count if end is None else end
    if start >= count:
        raise invalid(
            f"Cannot delete a {name} that doesn't exist. Tried to delete {name} index {start} but "
            f"there are only {count} {name}s."
        )
    end = min(end, count)
    if end <= start:
        raise invalid("range.endIndex must be greater than range.startIndex.")
    if end - start == count:
        raise invalid(f"You can't delete all the {name}s on the sheet.")
    frozen = sheet.properties.get("gridProperties", {}).get(f"frozen{name.title()}Count", 0)
    if frozen and start <= frozen and end == count:
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {name}s.")
    batch.guard(_band(sheet, is_rows, start, end))
    delete(batch.book, sheet_id, Shift(is_rows, start, start - end))


def move_dimension(batch: Batch, request: Json) -> None:
    """Move rows or columns to another place in their sheet."""
    sheet_id, is_rows, start, end = _dimension(request, "source")
    sheet, to = batch.book.sheet(sheet_id), request.get("destinationIndex", 0)
    count = _count(sheet, is_rows)
    start, end = start or 0, count if end is None else end
    if not 0 <= start < end <= count or not 0 <= to <= count:
        raise invalid("The source or the destination is outside of the grid.")
    if start < to < end:
        raise invalid("The destinationIndex must not be inside of the source.")
    batch.guard(_band(sheet, is_rows, start, end))
    if to not in {start, end}:
        move(batch.book, sheet_id, Move(is_rows, start, end, to))


def update_dimension_properties(batch: Batch, request: Json) -> None:
    """Hide, show or resize rows or columns."""
    sheet_id, is_rows, start, end = _dimension(request)
    sheet = batch.sheet(sheet_id)
    mask = parse_mask(request.get("fields", ""), "DimensionProperties")
    if not mask:
        raise invalid(
            "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"
        )
    given, count = request.get("properties", {}), _count(sheet, is_rows)
    end = count if end is None else end
    if end > count:
        raise invalid(f"endIndex[{end}] is after the last index in the grid[{count}]")
    for index in range(start or 0, end):
        if is_rows:
            row = sheet.row(index)
            old = {"hiddenByUser": row.hidden, "pixelSize": row.pixels}
            new = merge(old, given, mask)
            hidden, pixels = bool(new.get("hiddenByUser")), new.get("pixelSize")
            if (hidden, pixels) != (row.hidden, row.pixels):
                sheet.put_row(index, type(row)(row.cells, hidden, pixels))
        else:
            sheet.columns[index] = merge(sheet.columns.get(index), given, mask)


def auto_resize_dimensions(batch: Batch, request: Json) -> None:
    """Accept the wish for fitting widths; this grid has no fonts to measure with."""
    sheet_id, _, _, _ = _dimension(request, "dimensions")
    batch.book.sheet(sheet_id)


def _shift_cells(batch: Batch, area: Area, request: Json, *, inserting: bool) -> None:
    """Push the cells beside a range away from it, or pull them in."""
    sheet = batch.sheet(area.sheet_id)
    if request.get("shiftDimension") == "COLUMNS":
        width = area.right - area.left
        for index in range(area.top, min(area.bottom, len(sheet.rows))):
            row = sheet.rows[index]
            cells: dict[int, Cell] = {}
            for column, cell in row.cells.items():
                landed = column
                if inserting and column >= area.left:
                    landed = column + width
                elif not inserting and column >= area.left:
                    landed = column - width if column >= area.right else -1
                if landed >= 0:
                    cells[landed] = cell
            if any(column >= sheet.column_count for column in cells):
                sheet.column_count = max(cells) + 1
            sheet.rows[index] = row.with_cells(cells)
        return
    if request.get("shiftDimension") != "ROWS":
        raise invalid("shiftDimension must be specified.")
    height, columns = area.bottom - area.top, range(area.left, area.right)
    old = [sheet.row(index).cells for index in range(area.top, len(sheet.rows))]
    old = [{}] * height + old if inserting else old[height:] + [{}] * height
    for index, cells in enumerate(old, area.top):
        if index < sheet.row_count or any(column in cells for column in columns):
            sheet.put_cells(index, {c: cells.get(c, EMPTY_CELL) for c in columns})
    while sheet.rows and not sheet.rows[-1].cells and sheet.rows[-1] is not EMPTY_ROW:
        sheet.rows.pop()
    sheet.row_count = max(sheet.row_count, len(sheet.rows))


def insert_range(batch: Batch, request: Json) -> None:
    """Insert empty cells, pushing what is there down or to the right."""
    area = batch.writable(request.get("range"))
    sheet = batch.book.sheet(area.sheet_id)
    if request.get("shiftDimension") == "ROWS" and _full_width(sheet, area):
        count = area.bottom - area.top
        height = sheet.row_count
        insert(batch.book, area.sheet_id, Shift(True, area.top, count), before=area.top > 0)
        grown = batch.sheet(area.sheet_id)
        grown.row_count = max(height, len(grown.rows))
        return
    _shift_cells(batch, area, request, inserting=True)


def _full_width(sheet: Sheet, area: Area) -> bool:
    return area.left == 0 and area.right == sheet.column_count


def delete_range(batch: Batch, request: Json) -> None:
    """Delete cells, pulling the ones below or to the right into their place."""
    area = batch.writable(request.get("range"))
    sheet = batch.book.sheet(area.sheet_id)
    is_rows = request.get("shiftDimension") == "ROWS"
    height = sheet.row_count
    whole_rows = is_rows and _full_width(sheet, area) and area.bottom - area.top < sheet.row_count
    if whole_rows:
        delete(batch.book, area.sheet_id, Shift(True, area.top, area.top - area.bottom))
        batch.sheet(area.sheet_id).row_count = height  # empty rows come in at the end
        return
    _shift_cells(batch, area, request, inserting=False)


def add_dimension_group(batch: Batch, request: Json) -> Json:
    """Group rows or columns, one level deeper where a group is already."""
    sheet, name, span = _group(batch, request)
    depth = 1 + sum(
        1
        for g in getattr(sheet, name)
        if g["range"]["startIndex"] <= span["startIndex"]
        and span["endIndex"] <= g["range"]["endIndex"]
    )
    setattr(sheet, name, [*getattr(sheet, name), {"range": span, "depth": depth}])
    return {"addDimensionGroup": {"dimensionGroups": getattr(sheet, name)}}


def _group(batch: Batch, request: Json) -> tuple[Sheet, str, Json]:
    sheet_id, is_rows, start, end = _dimension(request)
    sheet = batch.sheet(sheet_id)
    span: Json = {"sheetId": sheet_id} if sheet_id else {}
    span |= {
        "dimension": "ROWS" if is_rows else "COLUMNS",
        "startIndex": start or 0,
        "endIndex": _count(sheet, is_rows) if end is None else end,
    }
    return sheet, "row_groups" if is_rows else "column_groups", span


def delete_dimension_group(batch: Batch, request: Json) -> Json:
    """Take a group of rows or columns apart."""
    sheet, name, span = _group(batch, request)
    kept = [g for g in getattr(sheet, name) if g["range"] != span]
    if len(kept) == len(getattr(sheet, name)):
        raise invalid("There is no group over this range.")
    setattr(sheet, name, kept)
    return {"deleteDimensionGroup": {"dimensionGroups": kept} if kept else {}}
