"""Conditional formats at work: what they add to the look of single cells."""

from collections.abc import Callable
from typing import Any

from syncd.sandbox.book.cells import effective_format
from syncd.sandbox.book.colours import paired
from syncd.sandbox.book.evaluate import Result, evaluator
from syncd.sandbox.book.filters import formula_at, holds, shown_text
from syncd.sandbox.book.grid_range import grid_area
from syncd.sandbox.book.model import Area, Book, Sheet
from syncd.sandbox.errors import Json

_POINTS = ("minpoint", "midpoint", "maxpoint")
_CHANNELS = ("red", "green", "blue")

Look = Callable[[int, int], Json | None]


class Rules:
    """The conditional formats of one sheet; the earlier one wins where two set the same part."""

    def __init__(self, book: Book, sheet: Sheet) -> None:
        self.book, self.sheet = book, sheet
        self.right = 0  # no rule reaches this column or any after it
        self._looks: list[tuple[list[Area], Look]] = []
        for rule in reversed(sheet.conditional):
            areas = [grid_area(book, given, clamp=True) for given in rule["ranges"]]
            self.right = max([self.right, *(area.right for area in areas)])
            look = _boolean if "booleanRule" in rule else _gradient
            self._looks.append((areas, look(book, sheet, rule, areas)))

    def effective(self, row: int, column: int) -> Json | None:
        """Give the whole look of a cell that rules have a say in; None for any other."""
        added: Json = {}
        for areas, look in self._looks:
            if any(_has(area, row, column) for area in areas):
                added = merged(added, look(row, column) or {})
        return (
            merged(effective_format(self.book, self.sheet, row, column), added) if added else None
        )


def merged(look: Json, added: Json) -> Json:
    """Lay one look over another."""
    text = {"textFormat": look.get("textFormat", {}) | added.get("textFormat", {})}
    done = {**look, **added}
    return done | text if "textFormat" in done else done


def _has(area: Area, row: int, column: int) -> bool:
    return area.top <= row < area.bottom and area.left <= column < area.right


def _boolean(book: Book, sheet: Sheet, rule: Json, areas: list[Area]) -> Look:
    condition = rule["booleanRule"].get("condition", {})
    added: Json = paired(rule["booleanRule"].get("format", {}))
    known: dict[str, Result] = {}

    def look(row: int, column: int) -> Json | None:
        result, shown = shown_text(book, sheet, row, column)
        compute = formula_at(
            book, sheet, row - areas[0].top, column - areas[0].left, known, (row, column)
        )
        return added if holds(condition, result, shown, compute) else None

    return look


def _gradient(book: Book, sheet: Sheet, rule: Json, areas: list[Area]) -> Look:
    numbers = sorted(_numbers(book, sheet, areas))
    given = [rule["gradientRule"].get(name) for name in _POINTS]
    points = [
        (_place(point, numbers), _rgb(book, point))
        for point in given
        if point is not None and numbers
    ]

    def look(row: int, column: int) -> Json | None:
        value = evaluator(book).cell(sheet, row, column)
        if not points or not _is_number(value):
            return None
        mixed = _mixed(points, float(value))  # type: ignore[arg-type]
        done: Json = paired({"backgroundColor": mixed})
        return done

    return look


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _numbers(book: Book, sheet: Sheet, areas: list[Area]) -> list[float]:
    results = evaluator(book)
    found = []
    for area in areas:
        for row in range(area.top, min(area.bottom, results.height(sheet))):
            for column in range(area.left, area.right):
                value: Any = results.cell(sheet, row, column)
                if _is_number(value):
                    found.append(float(value))
    return found


def _place(point: Json, numbers: list[float]) -> float:
    """Give the number at which a point of a gradient stands."""
    try:
        value = float(point.get("value", "0").removeprefix("="))
    except ValueError:
        value = 0.0
    share = min(1.0, max(0.0, value / 100))
    match point.get("type"):
        case "MIN":
            return numbers[0]
        case "MAX":
            return numbers[-1]
        case "PERCENT":
            return numbers[0] + (numbers[-1] - numbers[0]) * share
        case "PERCENTILE":
            index = share * (len(numbers) - 1)
            low = numbers[int(index)]
            return low + (numbers[min(int(index) + 1, len(numbers) - 1)] - low) * (index % 1)
        case _:
            return value


def _rgb(book: Book, point: Json) -> Json:
    style = point.get("colorStyle", {})
    if "themeColor" in style:
        for pair in book.properties.get("spreadsheetTheme", {}).get("themeColors", []):
            if pair.get("colorType") == style["themeColor"]:
                found: Json = pair.get("color", {}).get("rgbColor", {})
                return found
    chosen: Json = style.get("rgbColor", point.get("color", {}))
    return chosen


def _mixed(points: list[tuple[float, Json]], value: float) -> Json:
    """Mix the colours of the two points between which a number lies."""
    before, after = points[0], points[-1]
    for point in points:
        if point[0] <= value:
            before = point
    for point in reversed(points):
        if point[0] >= value:
            after = point
    span = after[0] - before[0]
    share = min(1.0, max(0.0, (value - before[0]) / span)) if span > 0 else 0.0
    if value < points[0][0]:
        share, after = 0.0, points[0]
    return {
        name: before[1].get(name, 0) * (1 - share) + after[1].get(name, 0) * share
        for name in _CHANNELS
    }
