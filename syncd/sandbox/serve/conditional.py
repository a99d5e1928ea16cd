"""Colours that depend on contents: conditional formats and banding, as the page paints them."""

from itertools import pairwise

from syncd.sandbox.book.a1 import grid_area
from syncd.sandbox.book.entry import parse_entry
from syncd.sandbox.book.evaluate import Result, evaluator
from syncd.sandbox.book.filters import formula_at, hidden_by_filter, holds, shown_text
from syncd.sandbox.book.model import Area, Book, Sheet
from syncd.sandbox.errors import Json
from syncd.sandbox.serve.looks import colour, look

Rows = dict[int, dict[int, Json]]
Window = tuple[int, int]


def paint_rules(book: Book, sheet: Sheet, rows: Rows, window: Window) -> None:
    """Lay bands under what the cells say themselves, and conditional formats over it."""
    for banded in sheet.banded:
        _paint_bands(book, sheet, banded, rows, window)
    known: dict[str, Result] = {}
    for rule in reversed(sheet.conditional):  # the first rule is painted last: it wins
        for given in rule.get("ranges", []):
            area = grid_area(book, given, clamp=True)
            if "booleanRule" in rule:
                _paint_boolean(book, sheet, rule["booleanRule"], area, rows, window, known)
            elif "gradientRule" in rule:
                _paint_gradient(book, sheet, rule["gradientRule"], area, rows, window)


def _entry(rows: Rows, row: int, column: int) -> Json:
    return rows.setdefault(row, {}).setdefault(column, {})


def _paint_bands(book: Book, sheet: Sheet, banded: Json, rows: Rows, window: Window) -> None:
    area = grid_area(book, banded.get("range", {}), clamp=True)
    properties = banded.get("rowProperties")
    if not properties:
        return
    header, footer = (colour(book, properties, f"{name}Color") for name in ("header", "footer"))
    bands = [colour(book, properties, f"{name}BandColor") for name in ("first", "second")]
    hidden, count = hidden_by_filter(book, sheet), 0
    for row in range(area.top, min(area.bottom, window[1])):
        paint: str | None
        if header and row == area.top:
            paint = header
        elif footer and row == area.bottom - 1:
            paint = footer
        else:
            paint = bands[count % 2]
            count += row not in hidden
        if row >= window[0] and paint:
            for column in range(area.left, area.right):
                _entry(rows, row, column).setdefault("background", paint)


def _paint_boolean(
    book: Book,
    sheet: Sheet,
    rule: Json,
    area: Area,
    rows: Rows,
    window: Window,
    known: dict[str, Result],
) -> None:
    condition, painted = rule.get("condition", {}), look(book, rule.get("format", {}))
    blank = condition.get("type") in {"BLANK", "CUSTOM_FORMULA", "TEXT_NOT_CONTAINS"}
    for row in range(max(area.top, window[0]), min(area.bottom, window[1])):
        cells = sheet.row(row).cells
        if not cells and not blank:
            continue
        for column in range(area.left, area.right):
            if not blank and column not in cells:
                continue
            result, shown = shown_text(book, sheet, row, column)
            compute = formula_at(
                book, sheet, row - area.top, column - area.left, known, (row, column)
            )
            if holds(condition, result, shown, compute):
                entry = _entry(rows, row, column)
                entry |= painted


def _paint_gradient(
    book: Book, sheet: Sheet, rule: Json, area: Area, rows: Rows, window: Window
) -> None:
    stops = _stops(book, sheet, rule, area)
    for row in range(max(area.top, window[0]), min(area.bottom, window[1])):
        for column in sheet.row(row).cells:
            value = evaluator(book).cell(sheet, row, column)
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not stops:
                continue
            if area.left <= column < area.right:
                _entry(rows, row, column)["background"] = _between(stops, value)


def _stops(book: Book, sheet: Sheet, rule: Json, area: Area) -> list[tuple[float, str]]:
    key = f"gradient {sheet.sheet_id} {id(rule)} {area}"
    known = book.cache.get(key)
    if isinstance(known, list):
        return known
    numbers = sorted(
        float(value)
        for row in range(area.top, min(area.bottom, len(sheet.rows)))
        for column in sheet.rows[row].cells
        if area.left <= column < area.right
        and isinstance(value := evaluator(book).cell(sheet, row, column), (int, float))
        and not isinstance(value, bool)
    )
    stops = []
    for name in ("minpoint", "midpoint", "maxpoint"):
        point = rule.get(name)
        paint = colour(book, point, "color") if point else None
        if point and paint and numbers:
            stops.append((_place(point, numbers, book.properties["locale"]), paint))
    book.cache[key] = stops
    return stops


def _place(point: Json, numbers: list[float], locale: str) -> float:
    given = parse_entry(str(point.get("value", "0")), locale)[0]
    value = float(given) if isinstance(given, (int, float)) else 0.0
    span = numbers[-1] - numbers[0]
    match point.get("type"):
        case "MIN":
            return numbers[0]
        case "MAX":
            return numbers[-1]
        case "PERCENT":
            return numbers[0] + span * value / 100
        case "PERCENTILE":
            return numbers[round((len(numbers) - 1) * min(max(value, 0), 100) / 100)]
        case _:
            return value


def _between(stops: list[tuple[float, str]], value: float) -> str:
    if value <= stops[0][0]:
        return stops[0][1]
    for (low, first), (high, last) in pairwise(stops):
        if value <= high:
            part = (value - low) / (high - low) if high > low else 1.0
            mixed = (
                round(int(first[i : i + 2], 16) * (1 - part) + int(last[i : i + 2], 16) * part)
                for i in (1, 3, 5)
            )
            return "#{:02x}{:02x}{:02x}".format(*mixed)
    return stops[-1][1]
