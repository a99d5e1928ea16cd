"""What the page shows: a book's tabs, and a window of one tab's visible cells."""

from typing import Any

from syncd.sandbox.book.a1 import grid_area, parse_a1, quoted_title
from syncd.sandbox.book.cells import cell_data
from syncd.sandbox.book.evaluate import Result, evaluator
from syncd.sandbox.book.filters import formula_at, hidden_by_filter, holds, shown_text
from syncd.sandbox.book.model import COLUMN_PIXELS, Book, Cell, Formula, Sheet
from syncd.sandbox.errors import ApiError, Json
from syncd.sandbox.protocol.masks import parse_mask
from syncd.sandbox.protocol.wire import number

_CELL = parse_mask("effectiveFormat(backgroundColor,horizontalAlignment,textFormat)", "CellData")
_LIST_MAX = 500
_TYPED_AS_SHOWN = {"DATE", "TIME", "DATE_TIME", "PERCENT"}


def book_view(book: Book) -> Json:
    """Give a book's title and its visible tabs."""
    tabs = []
    for sheet in book.sheets:
        if sheet.properties.get("hidden"):
            continue
        grid = sheet.properties.get("gridProperties", {})
        filtered = hidden_by_filter(book, sheet)
        hidden = [i for i, row in enumerate(sheet.rows) if row.hidden or i in filtered]
        widths = {c: p["pixelSize"] for c, p in sheet.columns.items() if p.get("pixelSize")}
        tabs.append(
            {
                "sheetId": sheet.sheet_id,
                "title": sheet.title,
                "colour": sheet.properties.get("tabColor"),
                "rows": sheet.row_count,
                "columns": sheet.column_count,
                "frozenRows": grid.get("frozenRowCount", 0),
                "hiddenRows": hidden,
                "hiddenColumns": [c for c in range(sheet.column_count) if sheet.hidden_column(c)],
                "width": COLUMN_PIXELS,
                "widths": widths,
                "filtered": sheet.basic_filter is not None,
            }
        )
    return {"title": book.properties["title"], "revision": book.revision, "sheets": tabs}


def window_view(book: Book, query: Json) -> Json:
    """Give some rows of a tab as the page paints them."""
    sheet = book.sheet(int(query["sheetId"]))
    start = max(0, int(query.get("start", 0)))
    end = min(sheet.row_count, int(query.get("end", start + 100)))
    rules = [rule for rule in sheet.conditional if "booleanRule" in rule]
    results = evaluator(book)
    rows: dict[int, dict[int, Json]] = {}
    for index in range(start, end):
        cells = results.shown(sheet, index)
        if cells:
            shown = {c: _cell(book, sheet, index, c, cell) for c, cell in cells.items()}
            rows[index] = {c: entry for c, entry in shown.items() if entry}
    _colour(book, sheet, rules, rows, (start, end))
    return {"revision": book.revision, "start": start, "end": end, "rows": rows}


def _cell(book: Book, sheet: Sheet, row: int, column: int, cell: Cell) -> Json:
    entry: Json = {}
    if cell.value is not None:
        _, entry["text"] = shown_text(book, sheet, row, column)
        entered = _entered(cell.value)
        kind = ((cell.format or {}).get("numberFormat") or {}).get("type", "")
        if entered != entry["text"] and kind not in _TYPED_AS_SHOWN:
            entry["entered"] = entered
    look = cell_data(book, sheet, row, column, _CELL).get("effectiveFormat", {})
    if cell.value is not None and look.get("horizontalAlignment", "LEFT") != "LEFT":
        entry["align"] = look["horizontalAlignment"].lower()
    if cell.format:
        entry |= _painted(look)
    if cell.note:
        entry["note"] = cell.note
    if cell.validation:
        options = _options(book, sheet, cell.validation)
        if options is not None:
            entry["options"] = options
    return entry


def _entered(value: Any) -> str:
    if isinstance(value, Formula):
        return value.text
    if isinstance(value, bool):
        return str(value).upper()
    return value if isinstance(value, str) else str(number(value))


def _painted(look: Json) -> Json:
    entry: Json = {}
    background = look.get("backgroundColor")
    if background is not None and background != {"red": 1, "green": 1, "blue": 1}:
        entry["background"] = css_colour(background)
    text = look.get("textFormat", {})
    for name in ("bold", "italic", "strikethrough"):
        if text.get(name):
            entry[name] = True
    if text.get("foregroundColor"):
        entry["colour"] = css_colour(text["foregroundColor"])
    return entry


def css_colour(colour: Json) -> str:
    """Spell a colour as a style sheet does."""
    channels = (round(colour.get(name, 0) * 255) for name in ("red", "green", "blue"))
    return "#{:02x}{:02x}{:02x}".format(*channels)


def _options(book: Book, sheet: Sheet, rule: Json) -> list[str] | None:
    """Give what a drop-down offers; None for a validation that is no list."""
    condition = rule.get("condition", {})
    values = [str(v.get("userEnteredValue", "")) for v in condition.get("values", [])]
    if condition.get("type") == "ONE_OF_LIST":
        return values
    if condition.get("type") != "ONE_OF_RANGE" or not values:
        return ["TRUE", "FALSE"] if condition.get("type") == "BOOLEAN" else None
    key = f"options {sheet.sheet_id} {values[0]}"
    known = book.cache.get(key)
    if not isinstance(known, list):
        known = book.cache[key] = _range_options(book, sheet, values[0])
    return known


def _range_options(book: Book, sheet: Sheet, formula: str) -> list[str]:
    text = formula.removeprefix("=").replace("$", "")
    try:
        area = parse_a1(book, text if "!" in text else f"{quoted_title(sheet.title)}!{text}")
    except ApiError:
        return []
    source, found = book.sheet(area.sheet_id), []
    for row in range(area.top, min(area.bottom, evaluator(book).height(source))):
        for column in range(area.left, area.right):
            text = shown_text(book, source, row, column)[1]
            if text and text not in found:
                found.append(text)
        if len(found) >= _LIST_MAX:
            break
    return found


def _colour(
    book: Book,
    sheet: Sheet,
    rules: list[Json],
    rows: dict[int, dict[int, Json]],
    window: tuple[int, int],
) -> None:
    """Paint the conditional formats; the first rule that holds for a cell wins."""
    known: dict[str, Result] = {}
    for rule in reversed(rules):
        condition = rule["booleanRule"].get("condition", {})
        painted = _painted(rule["booleanRule"].get("format", {}))
        for given in rule["ranges"]:
            area = grid_area(book, given, clamp=True)
            for row in range(max(area.top, window[0]), min(area.bottom, window[1])):
                if not evaluator(book).shown(sheet, row):
                    continue
                for column in range(area.left, area.right):
                    result, shown = shown_text(book, sheet, row, column)
                    down, right = row - area.top, column - area.left
                    compute = formula_at(book, sheet, down, right, known)
                    if holds(condition, result, shown, compute):
                        entry = rows.setdefault(row, {}).setdefault(column, {})
                        entry |= painted
