"""GridRanges: rectangles by index, as requests and answers carry them."""

from syncd.sandbox.book.model import Area, Book, Sheet
from syncd.sandbox.book.titles import column_letters, quoted_title
from syncd.sandbox.errors import ApiError, Json, invalid

_LETTERED_COLUMNS = 18_278
BOUNDS = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")

Bounds = tuple[int | None, int | None, int | None, int | None]


def grid_area(book: Book, grid_range: Json, *, clamp: bool = False) -> Area:
    """Turn a GridRange into an area of the grid that it names.

    An end beyond the grid is cut to it; a start beyond it is refused, unless it is clamped as well.
    """
    sheet = book.sheet(grid_range.get("sheetId", 0))
    if sheet.is_object and not clamp:
        raise invalid(f"No grid with id: {sheet.sheet_id}")
    bounds = tuple(grid_range.get(name) for name in BOUNDS)
    top, bottom, left, right = bounds
    if any(index is not None and index < 0 for index in bounds):
        raise invalid("GridRange indexes must be >= 0")
    _check_order("Row", top, bottom)
    _check_order("Column", left, right)
    rows, columns = sheet.row_count, sheet.column_count
    start, across = top or 0, left or 0
    if not clamp and (start >= rows > 0 or across >= columns > 0):
        raise exceeds(sheet, (top, bottom, left, right))
    end = rows if bottom is None else min(bottom, rows)
    edge = columns if right is None else min(right, columns)
    return Area(sheet.sheet_id, min(start, end), end, min(across, edge), edge)


def _check_order(name: str, start: int | None, end: int | None) -> None:
    if start is not None and end is not None and end < start:
        raise invalid(f"end{name}Index[{end}] cannot be before start{name}Index[{start}]")


def exceeds(sheet: Sheet, bounds: Bounds) -> ApiError:
    """Refuse a range beyond the grid, spelled with just the edges that it has."""
    top, bottom, left, right = bounds
    first = _letters(left) + ("" if top is None else str(_int32(top + 1)))
    last = _letters(None if right is None else right - 1) + ("" if bottom is None else str(bottom))
    spelled = first if first == last else f"{first}:{last}"
    empty = (top is not None and bottom == top) or (left is not None and right == left)
    return invalid(
        f"Range ({'(empty) ' if empty else ''}{quoted_title(sheet.title)}!{spelled}) exceeds grid "
        f"limits. Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
    )


def _letters(column: int | None) -> str:
    return column_letters(column) if column is not None and column < _LETTERED_COLUMNS else ""


def _int32(number: int) -> int:
    """Count on from the largest number as Google's server does, which keeps 32 bits of it."""
    return (number + 2**31) % 2**32 - 2**31


def grid_range(area: Area) -> Json:
    """Turn an area into a GridRange as answers print it: sheet 0 goes without its id."""
    bounds = dict(zip(BOUNDS, area[1:], strict=True))
    return ({"sheetId": area.sheet_id} if area.sheet_id else {}) | bounds
