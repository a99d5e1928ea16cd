"""What the page shows: a book's tabs, and a window of one tab's cells."""

from collections.abc import Iterable, Mapping
from typing import Any

from syncd.sandbox.book.a1 import grid_area
from syncd.sandbox.book.batch import may_edit
from syncd.sandbox.book.evaluate import evaluator
from syncd.sandbox.book.filters import hidden_by_filter, shown_text
from syncd.sandbox.book.model import COLUMN_PIXELS, EMPTY_CELL, ROW_PIXELS, Area, Book, Sheet
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.serve.conditional import paint_rules
from syncd.sandbox.serve.looks import css_colour, painted_cell
from syncd.sandbox.serve.rules import meets, refusal, shown_rule

FOUND_MAX = 1000
VALUES_MAX = 5000


def book_view(book: Book, actor: str) -> Json:
    """Give a book's title and its tabs, as one person sees them."""
    named = [{"name": n["name"], "range": n["range"]} for n in book.named.values()]
    return {
        "title": book.properties["title"],
        "locale": book.properties["locale"],
        "revision": book.revision,
        "named": named,
        "sheets": [_tab(book, sheet, actor) for sheet in book.sheets if not sheet.is_object],
    }


def _tab(book: Book, sheet: Sheet, actor: str) -> Json:
    grid = sheet.properties.get("gridProperties", {})
    colour = sheet.properties.get("tabColor")
    hidden = [index for index, row in enumerate(sheet.rows) if row.hidden]
    columns = [c for c in range(sheet.column_count) if sheet.hidden_column(c)]
    heights = {i: r.pixels for i, r in enumerate(sheet.rows) if r.pixels not in {None, ROW_PIXELS}}
    return {
        "sheetId": sheet.sheet_id,
        "title": sheet.title,
        "hidden": bool(sheet.properties.get("hidden")),
        "colour": css_colour(colour) if colour else None,
        "rows": sheet.row_count,
        "columns": sheet.column_count,
        "frozenRows": grid.get("frozenRowCount", 0),
        "frozenColumns": grid.get("frozenColumnCount", 0),
        "gridlines": not grid.get("hideGridlines"),
        "hiddenRows": spans(hidden),
        "filteredRows": spans(sorted(hidden_by_filter(book, sheet))),
        "hiddenColumns": spans(columns),
        "height": ROW_PIXELS,
        "heights": heights,
        "width": COLUMN_PIXELS,
        "widths": {c: p["pixelSize"] for c, p in sheet.columns.items() if p.get("pixelSize")},
        "merges": [_bounds(grid_area(book, m, clamp=True)) for m in sheet.merges],
        "filter": _filter(book, sheet),
        "protected": [_protection(book, rule, actor) for rule in sheet.protected],
        "last": _last(sheet),
    }


def _last(sheet: Sheet) -> list[int]:
    """Give the last row and the last column that hold anything."""
    for index in range(len(sheet.rows) - 1, -1, -1):
        if any(cell.value is not None for cell in sheet.rows[index].cells.values()):
            width = max((max(row.cells, default=0) for row in sheet.rows), default=0)
            return [index, width]
    return [0, 0]


def spans(indices: Iterable[int]) -> list[list[int]]:
    """Give sorted indices as half-open spans."""
    found: list[list[int]] = []
    for index in indices:
        if found and found[-1][1] == index:
            found[-1][1] = index + 1
        else:
            found.append([index, index + 1])
    return found


def _bounds(area: Area) -> list[int]:
    return [area.top, area.bottom, area.left, area.right]


def _filter(book: Book, sheet: Sheet) -> Json | None:
    if sheet.basic_filter is None:
        return None
    area = grid_area(book, sheet.basic_filter.get("range", {}), clamp=True)
    criteria = {int(k): v for k, v in (sheet.basic_filter.get("criteria") or {}).items()}
    for spec in sheet.basic_filter.get("filterSpecs", []):
        criteria[spec.get("columnIndex", area.left)] = spec.get("filterCriteria", {})
    return {"range": _bounds(area), "criteria": {c: v for c, v in criteria.items() if v}}


def _protection(book: Book, rule: Json, actor: str) -> Json:
    return {
        "range": _bounds(grid_area(book, rule.get("range", {}), clamp=True)),
        "warning": bool(rule.get("warningOnly")),
        "editable": may_edit(book, rule, actor),
        "description": rule.get("description", ""),
        "open": [
            _bounds(grid_area(book, r, clamp=True)) for r in rule.get("unprotectedRanges", [])
        ],
    }


def window_view(book: Book, query: Mapping[str, Any]) -> Json:
    """Give some rows of a tab as the page paints them."""
    sheet = book.sheet(int(query["sheetId"]))
    start = max(0, int(query.get("start", 0)))
    end = min(sheet.row_count, int(query.get("end", start + 100)))
    rows: dict[int, dict[int, Json]] = {}
    rules: dict[int, tuple[int, Json]] = {}
    for index in range(start, end):
        cells = evaluator(book).shown(sheet, index)  # spilled results too
        if cells:
            rows[index] = {}
        for column, cell in cells.items():
            entry = painted_cell(book, sheet, index, column, cell)
            if cell.validation:
                place, _ = rules.setdefault(id(cell.validation), (len(rules), cell.validation))
                entry["rule"] = place
                if cell.value is not None and not meets(book, sheet, index, column):
                    entry["bad"] = refusal(book, sheet, index, column)
            if entry:
                rows[index][column] = entry
    paint_rules(book, sheet, rows, (start, end))
    shown = [shown_rule(book, sheet, rule) for _, rule in rules.values()]
    return {
        "revision": book.revision,
        "start": start,
        "end": end,
        "rows": {index: cells for index, cells in rows.items() if cells},
        "rules": shown,
    }


def _area(book: Book, query: Mapping[str, Any]) -> tuple[Sheet, Area]:
    sheet = book.sheet(int(query["sheetId"]))
    bounds = [int(part) for part in str(query["area"]).split(",")]
    if len(bounds) != 4:
        raise invalid("area must be top,bottom,left,right")
    top, bottom, left, right = bounds
    bottom, right = min(bottom, sheet.row_count), min(right, sheet.column_count)
    return sheet, Area(sheet.sheet_id, max(0, top), bottom, max(0, left), right)


def sums_view(book: Book, query: Mapping[str, Any]) -> Json:
    """Give how many cells of an area hold something, and what its numbers sum up to."""
    sheet, area = _area(book, query)
    skipped, count, numbers = hidden_by_filter(book, sheet), 0, list[float]()
    results = evaluator(book)
    for row in range(area.top, min(area.bottom, results.height(sheet))):
        if row in skipped or sheet.row(row).hidden:
            continue
        for column in results.shown(sheet, row):
            if area.left <= column < area.right:
                result = results.cell(sheet, row, column)
                count += result is not None and result != ""
                if isinstance(result, (int, float)) and not isinstance(result, bool):
                    numbers.append(result)
    found: Json = {"count": count, "numbers": len(numbers)}
    if numbers:
        found |= {"sum": sum(numbers), "least": min(numbers), "most": max(numbers)}
    return found


def texts_view(book: Book, query: Mapping[str, Any]) -> Json:
    """Give the texts of an area as they are shown, row by row."""
    sheet, area = _area(book, query)
    columns = range(area.left, area.right)
    rows = []
    for row in range(area.top, min(area.bottom, evaluator(book).height(sheet))):
        cells = evaluator(book).shown(sheet, row)
        rows.append([shown_text(book, sheet, row, c)[1] if c in cells else "" for c in columns])
    return {"rows": rows}


def column_view(book: Book, query: Mapping[str, Any]) -> Json:
    """Give the different texts of a column within the filter's range, as its menu lists them."""
    sheet, column = book.sheet(int(query["sheetId"])), int(query["column"])
    if sheet.basic_filter is None:
        return {"values": []}
    area = grid_area(book, sheet.basic_filter.get("range", {}), clamp=True)
    found: dict[str, Any] = {}
    for row in range(area.top + 1, area.bottom):
        result, text = shown_text(book, sheet, row, column)
        found.setdefault(text, result)
        if len(found) >= VALUES_MAX:
            break
    return {"values": sorted(found, key=lambda text: _listed(text, found[text]))}


def _listed(text: str, result: Any) -> tuple[int, float, str]:
    if text == "":
        return 0, 0.0, ""
    if isinstance(result, (int, float)) and not isinstance(result, bool):
        return 1, float(result), ""
    return 2, 0.0, text.casefold()


def find_view(book: Book, query: Mapping[str, Any]) -> Json:
    """Give the places of a tab whose shown text contains another text."""
    sheet, wanted = book.sheet(int(query["sheetId"])), str(query.get("find", "")).casefold()
    skipped, found = hidden_by_filter(book, sheet), list[list[int]]()
    if not wanted:
        return {"found": []}
    for index, row in enumerate(sheet.rows):
        if row.hidden or index in skipped:
            continue
        for column in sorted(row.cells):
            if row.cells[column] is EMPTY_CELL or sheet.hidden_column(column):
                continue
            if wanted in shown_text(book, sheet, index, column)[1].casefold():
                found.append([index, column])
        if len(found) >= FOUND_MAX:
            break
    return {"found": found}
