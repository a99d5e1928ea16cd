"""The request of batchUpdate that goes on with what some cells begin."""

import re
from collections.abc import Callable
from itertools import pairwise

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.formats import is_date
from syncd.sandbox.book.formula import offset
from syncd.sandbox.book.model import EMPTY_CELL, Area, Cell, Formula, Sheet, Value
from syncd.sandbox.book.structure import check_size
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.wire import number
from syncd.sandbox.requests.fields import refuse_huge

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_LISTS = [_DAYS, _MONTHS, tuple(d[:3] for d in _DAYS), tuple(m[:3] for m in _MONTHS)]
_COUNTED = re.compile(r"(.*?)(\d{1,15})\Z", re.DOTALL)

Series = Callable[[int], Value]


def auto_fill(batch: Batch, request: Json) -> None:
    """Fill cells with copies or with the series that others begin."""
    alternate = bool(request.get("useAlternateSeries"))
    if "sourceAndDestination" in request:
        given = request["sourceAndDestination"]
        source, length = batch.area(given.get("source")), given.get("fillLength", 0)
        if given.get("dimension") not in {"ROWS", "COLUMNS"}:
            raise invalid("No dimension specified.")
        if not length:
            raise invalid("fillLength must not be 0.")
        if source.top == source.bottom or source.left == source.right:
            raise invalid("The source range is empty.")
        _fill(batch, source, given["dimension"] == "ROWS", length, alternate)
        return
    area = batch.area(request.get("range"))
    sheet = batch.book.sheet(area.sheet_id)
    rows = [r for r in range(area.top, min(area.bottom, len(sheet.rows))) if _holds(sheet, r, area)]
    if not rows:
        return
    last = rows[-1] + 1
    if last < area.bottom:
        _fill(batch, area._replace(bottom=last), True, area.bottom - last, alternate)
        return
    columns = [c for c in range(area.left, area.right) if _column_holds(sheet, c, area)]
    end = columns[-1] + 1
    if end < area.right:
        _fill(batch, area._replace(right=end), False, area.right - end, alternate)


def _holds(sheet: Sheet, row: int, area: Area) -> bool:
    cells = sheet.row(row).cells.items()
    return any(area.left <= c < area.right and cell.value is not None for c, cell in cells)


def _column_holds(sheet: Sheet, column: int, area: Area) -> bool:
    rows = range(area.top, min(area.bottom, len(sheet.rows)))
    return any(sheet.cell(row, column).value is not None for row in rows)


def _fill(batch: Batch, source: Area, is_rows: bool, length: int, alternate: bool) -> None:
    start, end = (source.top, source.bottom) if is_rows else (source.left, source.right)
    first, last = (end, end + length) if length > 0 else (start + length, start)
    if first < 0:
        raise invalid("fillLength reaches beyond the beginning of the grid.")
    if is_rows:
        goal = source._replace(top=first, bottom=last)
    else:
        goal = source._replace(left=first, right=last)
    refuse_huge(goal.size)
    sheet = batch.sheet(source.sheet_id)
    sheet.row_count = max(sheet.row_count, goal.bottom)
    sheet.column_count = max(sheet.column_count, goal.right)
    check_size(batch.book)
    batch.guard(goal)
    lines = range(source.left, source.right) if is_rows else range(source.top, source.bottom)
    filled: dict[int, dict[int, Cell]] = {}
    for line in lines:
        cells = [sheet.cell(i, line) if is_rows else sheet.cell(line, i) for i in range(start, end)]
        series = _series(cells, alternate)
        for index in range(first, last):
            nth = (index - start) % len(cells)
            cell = _next(cells[nth], series, index - start, index - start - nth, is_rows)
            row, column = (index, line) if is_rows else (line, index)
            if cell is not EMPTY_CELL or column in sheet.row(row).cells:
                filled.setdefault(row, {})[column] = cell
    for row, changed in filled.items():
        sheet.put_cells(row, changed)


def _next(cell: Cell, series: Series | None, place: int, moved: int, is_rows: bool) -> Cell:
    """Give the cell that continues a line at a place counted from its beginning."""
    if isinstance(cell.value, Formula):
        down, right = (moved, 0) if is_rows else (0, moved)
        return cell._replace(value=Formula(offset(cell.value.text, down, right)))
    if series is None or cell.value is None:
        return cell
    return cell._replace(value=series(place), runs=None)


def _series(cells: list[Cell], alternate: bool) -> Series | None:
    """Give the series that cells begin, by place; None where they are only repeated."""
    values = [cell.value for cell in cells]
    numbers = [v for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if len(numbers) == len(values):
        if len(numbers) == 1:
            goes_on = alternate != is_date((cells[0].format or {}).get("numberFormat"))
            return _line(numbers[0], 1.0) if goes_on else None
        return None if alternate else _trend(numbers)
    texts = [v for v in values if isinstance(v, str) and not isinstance(v, Formula)]
    if len(texts) != len(values) or alternate:
        return None
    return _named(texts) or _counted(texts)


def _line(start: float, step: float) -> Series:
    return lambda place: number(start + step * place)


def _trend(numbers: list[float]) -> Series:
    """Give the straight line through the numbers, by least squares."""
    count, middle = len(numbers), (len(numbers) - 1) / 2
    mean = sum(numbers) / count
    spread = sum((place - middle) ** 2 for place in range(count))
    slope = sum((p - middle) * (value - mean) for p, value in enumerate(numbers)) / spread
    steps = {b - a for a, b in pairwise(numbers)}
    if len(steps) == 1:
        return _line(numbers[0], steps.pop())
    return _line(mean - slope * middle, slope)


def _named(texts: list[str]) -> Series | None:
    """Give the days or months that go on from some."""
    for names in _LISTS:
        folded = [name.casefold() for name in names]
        if all(text.casefold() in folded for text in texts):
            first = folded.index(texts[0].casefold())
            step = 1
            if len(texts) > 1:
                step = folded.index(texts[1].casefold()) - first or len(names)
            return lambda place, names=names, first=first, step=step: (  # type: ignore[misc]
                names[(first + step * place) % len(names)]
            )
    return None


def _counted(texts: list[str]) -> Series | None:
    """Give the numbered names that go on from some, as Item 1, Item 2."""
    found = [_COUNTED.match(text) for text in texts]
    stems = {match[1] for match in found if match}
    if None in found or len(stems) != 1:
        return None
    numbers = [int(match[2]) for match in found if match]
    step = numbers[1] - numbers[0] if len(numbers) > 1 else 1
    stem = stems.pop()
    return lambda place: f"{stem}{max(0, numbers[0] + step * place)}"
