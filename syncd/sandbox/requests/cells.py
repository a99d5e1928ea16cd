"""The requests of batchUpdate that write cells."""

import re
from typing import Any

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.cells import plain_value, written
from syncd.sandbox.book.colours import paired_mask
from syncd.sandbox.book.entry import entered
from syncd.sandbox.book.evaluate import evaluator
from syncd.sandbox.book.formula import offset
from syncd.sandbox.book.model import EMPTY_CELL, Area, Cell, Formula
from syncd.sandbox.book.structure import check_size
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import Tree, parse_mask


def _cell_mask(fields: str) -> Tree:
    if not fields:
        raise invalid(
            "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"
        )
    return paired_mask(parse_mask(fields, "CellData"))


def update_cells(batch: Batch, request: Json) -> None:
    """Write rows of cells into a range, or from a start cell on."""
    mask, rows = _cell_mask(request.get("fields", "")), request.get("rows", [])
    if "range" in request:
        _fill_range(batch, batch.writable(request["range"]), rows, mask)
        return
    start = request.get("start")
    if start is None:
        raise invalid("Must specify either start or range.")
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    width = max((len(row.get("values", [])) for row in rows), default=0)
    sheet = batch.book.sheet(start.get("sheetId", 0))
    _check_inside(sheet.row_count, top, len(rows), "row")
    _check_inside(sheet.column_count, left, width, "column")
    batch.guard(Area(sheet.sheet_id, top, top + len(rows), left, left + width))
    sheet = batch.sheet(sheet.sheet_id)
    for index, row in enumerate(rows, top):
        old = sheet.row(index).cells
        values = row.get("values", [])
        sheet.put_cells(
            index,
            {c: written(old.get(c, EMPTY_CELL), v, mask) for c, v in enumerate(values, left)},
        )


def _check_inside(count: int, start: int, length: int, name: str) -> None:
    if start >= count:
        raise invalid(
            f"GridCoordinate.{name}Index[{start}] is after last {name} in grid[{count - 1}]"
        )
    if start + length > count:
        raise invalid(
            f"Attempting to write {name}: {count}, beyond the last requested {name} of: {count - 1}"
        )


def _fill_range(batch: Batch, area: Area, rows: list[Json], mask: Tree) -> None:
    """Write every cell of a range; what the rows do not reach is cleared."""
    if len(rows) > area.bottom - area.top:
        raise invalid(
            f"Attempting to write row: {area.bottom}, beyond the last requested row of: "
            f"{area.bottom - 1}"
        )
    sheet = batch.sheet(area.sheet_id)
    last = min(area.bottom, max(len(sheet.rows), area.top + len(rows)))
    for index in range(area.top, last):
        given = index - area.top
        values = rows[given].get("values", []) if given < len(rows) else []
        if len(values) > area.right - area.left:
            raise invalid(
                f"Attempting to write column: {area.right}, beyond the last requested column of: "
                f"{area.right - 1}"
            )
        old = sheet.row(index).cells
        changed = {
            c: written(old.get(c, EMPTY_CELL), v, mask) for c, v in enumerate(values, area.left)
        }
        for column, cell in old.items():
            if area.left + len(values) <= column < area.right:
                changed[column] = written(cell, {}, mask)
        if changed:
            sheet.put_cells(index, changed)


def repeat_cell(batch: Batch, request: Json) -> None:
    """Write one cell into all cells of a range; a formula's references follow."""
    area, mask = batch.writable(request.get("range")), _cell_mask(request.get("fields", ""))
    given, sheet = request.get("cell", {}), batch.sheet(area.sheet_id)
    for index in range(area.top, area.bottom):
        old = sheet.row(index).cells
        changed: dict[int, Cell] = {}
        for column in range(area.left, area.right):
            cell = written(old.get(column, EMPTY_CELL), given, mask)
            if type(cell.value) is Formula and ("*" in mask or "userEnteredValue" in mask):
                moved = offset(cell.value.text, index - area.top, column - area.left)
                cell = cell._replace(value=Formula(moved))
            changed[column] = cell
        sheet.put_cells(index, changed)


def append_cells(batch: Batch, request: Json) -> None:
    """Write rows below the last row that holds anything, growing the grid if needed."""
    mask, rows = _cell_mask(request.get("fields", "")), request.get("rows", [])
    sheet = batch.sheet(request.get("sheetId", 0))
    top = len(sheet.rows)
    while top and not any(c.value is not None for c in sheet.rows[top - 1].cells.values()):
        top -= 1
    width = max((len(row.get("values", [])) for row in rows), default=0)
    sheet.row_count = max(sheet.row_count, top + len(rows))
    sheet.column_count = max(sheet.column_count, width)
    check_size(batch.book)
    batch.guard(Area(sheet.sheet_id, top, top + len(rows), 0, width))
    for index, row in enumerate(rows, top):
        old = sheet.row(index).cells
        cells = enumerate(row.get("values", []))
        sheet.put_cells(index, {c: written(old.get(c, EMPTY_CELL), v, mask) for c, v in cells})


def set_data_validation(batch: Batch, request: Json) -> None:
    """Set or clear the validation rule of a range."""
    area, rule = batch.writable(request.get("range")), request.get("rule")
    sheet = batch.sheet(area.sheet_id)
    if rule is not None and rule.get("condition", {}).get("type") in {
        None,
        "CONDITION_TYPE_UNSPECIFIED",
    }:
        raise invalid("rule.condition.type must be specified.")
    last = area.bottom if rule is not None else min(area.bottom, len(sheet.rows))
    columns = range(area.left, area.right)
    for index in range(area.top, last):
        old = sheet.row(index).cells
        sheet.put_cells(
            index, {c: old.get(c, EMPTY_CELL)._replace(validation=rule) for c in columns}
        )


def find_replace(batch: Batch, request: Json) -> Json:
    """Replace a text in the cells of a range, a sheet or the whole book."""
    pattern = _search_pattern(request)
    counts = dict.fromkeys(
        ("valuesChanged", "formulasChanged", "rowsChanged", "sheetsChanged", "occurrencesChanged"),
        0,
    )
    for area in _searched(batch, request):
        sheet, found = batch.sheet(area.sheet_id), False
        for index in range(area.top, min(area.bottom, len(sheet.rows))):
            changed = _replaced_row(batch, sheet.sheet_id, index, area, request, pattern, counts)
            if changed:
                batch.guard(Area(sheet.sheet_id, index, index + 1, min(changed), max(changed) + 1))
                sheet.put_cells(index, changed)
                counts["rowsChanged"] += 1
                found = True
        counts["sheetsChanged"] += found
    return {"findReplace": {name: count for name, count in counts.items() if count}}


def _search_pattern(request: Json) -> re.Pattern[str]:
    text = request.get("find", "")
    if not text:
        raise invalid("find must be specified.")
    source = text if request.get("searchByRegex") else re.escape(text)
    if request.get("matchEntireCell"):
        source = rf"\A(?:{source})\Z"
    try:
        return re.compile(source, 0 if request.get("matchCase") else re.IGNORECASE)
    except re.error as error:
        raise invalid(f"Invalid regular expression: {text}") from error


def _searched(batch: Batch, request: Json) -> list[Area]:
    if "range" in request:
        return [batch.area(request["range"])]
    if request.get("allSheets"):
        return [sheet.whole() for sheet in batch.book.sheets]
    if "sheetId" in request:
        return [batch.book.sheet(request["sheetId"]).whole()]
    raise invalid("Must specify one of range, sheetId or allSheets.")


def _replaced_row(
    batch: Batch,
    sheet_id: int,
    index: int,
    area: Area,
    request: Json,
    pattern: re.Pattern[str],
    counts: dict[str, int],
) -> dict[int, Cell]:
    sheet = batch.book.sheet(sheet_id)
    replacement = request.get("replacement", "")
    changed: dict[int, Cell] = {}
    for column, cell in sheet.rows[index].cells.items():
        if not area.left <= column < area.right or cell.value is None:
            continue
        is_formula = type(cell.value) is Formula
        if is_formula and not request.get("includeFormulas"):
            continue
        text = _text(batch, cell)
        new, times = pattern.subn(lambda match: _expanded(match, replacement, request), text)
        if times and new != text:
            locale = batch.book.properties["locale"]
            number_format = (cell.format or {}).get("numberFormat")
            value = entered(new, locale, number_format, batch.year)[0] if new else None
            changed[column] = cell._replace(value=value)
            counts["formulasChanged" if is_formula else "valuesChanged"] += 1
            counts["occurrencesChanged"] += times
    return changed


def _expanded(match: re.Match[str], replacement: str, request: Json) -> str:
    if not request.get("searchByRegex"):
        return replacement
    return re.sub(r"\$(\d)", lambda m: match.group(int(m.group(1))) or "", replacement)


def _text(batch: Batch, cell: Cell) -> str:
    if isinstance(cell.value, Formula):
        return cell.value.text
    shown: Any = plain_value(
        cell.value, cell, batch.book, render="FORMATTED_VALUE", dates="SERIAL_NUMBER"
    )
    return str(shown)


def merge_cells(batch: Batch, request: Json) -> None:
    """Merge a range into one cell, or into one cell a row or a column."""
    area, kind = batch.writable(request.get("range")), request.get("mergeType", "MERGE_ALL")
    sheet = batch.sheet(area.sheet_id)
    for merge in sheet.merges:
        if batch.area(merge).meets(area) and not _inside(batch.area(merge), area):
            raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    sheet.merges = [m for m in sheet.merges if not batch.area(m).meets(area)]
    if kind == "MERGE_ROWS":
        pieces = [area._replace(top=r, bottom=r + 1) for r in range(area.top, area.bottom)]
    elif kind == "MERGE_COLUMNS":
        pieces = [area._replace(left=c, right=c + 1) for c in range(area.left, area.right)]
    else:
        pieces = [area]
    for piece in pieces:
        if (piece.bottom - piece.top) * (piece.right - piece.left) > 1:
            sheet.merges.append(_merge_range(piece))
            _keep_first(batch, piece)


def _merge_range(area: Area) -> Json:
    bounds = zip(
        ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex"),
        area[1:],
        strict=True,
    )
    return ({"sheetId": area.sheet_id} if area.sheet_id else {}) | dict(bounds)


def _keep_first(batch: Batch, area: Area) -> None:
    """Keep the first value of a merged range in its first cell, and no other."""
    sheet = batch.sheet(area.sheet_id)
    first = None
    for row in range(area.top, min(area.bottom, len(sheet.rows))):
        cells = sheet.row(row).cells
        changed = {}
        for column in sorted(c for c in cells if area.left <= c < area.right):
            if first is None:
                first = cells[column].value
            if cells[column].value is not None:
                changed[column] = cells[column]._replace(value=None)
        if changed:
            sheet.put_cells(row, changed)
    if first is not None:
        corner = sheet.cell(area.top, area.left)
        sheet.put_cells(area.top, {area.left: corner._replace(value=first)})


def _inside(inner: Area, outer: Area) -> bool:
    return (
        outer.top <= inner.top
        and inner.bottom <= outer.bottom
        and outer.left <= inner.left
        and inner.right <= outer.right
    )


def unmerge_cells(batch: Batch, request: Json) -> None:
    """Take apart the merged cells of a range."""
    area = batch.writable(request.get("range"))
    sheet = batch.sheet(area.sheet_id)
    for merge in sheet.merges:
        if batch.area(merge).meets(area) and not _inside(batch.area(merge), area):
            raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    sheet.merges = [m for m in sheet.merges if not batch.area(m).meets(area)]


def shown_result(batch: Batch, sheet_id: int, row: int, column: int) -> Any:
    """Give what a cell of the draft amounts to, computed now."""
    batch.book.cache.clear()
    return evaluator(batch.book).cell(batch.book.sheet(sheet_id), row, column)
