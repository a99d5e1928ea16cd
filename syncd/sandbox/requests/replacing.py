"""The requests of batchUpdate that tidy texts: replacing, trimming, dropping doubles."""

import re
from dataclasses import dataclass

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.cells import plain_value
from syncd.sandbox.book.evaluate import evaluator, text_of
from syncd.sandbox.book.expressions import Pattern
from syncd.sandbox.book.formula import offset
from syncd.sandbox.book.model import EMPTY_CELL, Area, Cell, Formula, Sheet
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.requests.dimensions import dimension
from syncd.sandbox.requests.typed import typed_into


@dataclass(slots=True)
class _Counts:
    values: int = 0
    formulas: int = 0
    rows: int = 0
    sheets: int = 0
    occurrences: int = 0

    def told(self) -> Json:
        """Give the counts as the reply prints them: none that is zero."""
        counts = {
            "valuesChanged": self.values,
            "formulasChanged": self.formulas,
            "rowsChanged": self.rows,
            "sheetsChanged": self.sheets,
            "occurrencesChanged": self.occurrences,
        }
        return {name: count for name, count in counts.items() if count}


def find_replace(batch: Batch, request: Json) -> Json:
    """Replace a text in the cells of a range, a sheet or the whole book."""
    text = request.get("find", "")
    if not text:
        raise invalid("find must be specified.")
    pattern = Pattern(
        text if request.get("searchByRegex") else re.escape(text),
        match_case=bool(request.get("matchCase")),
        whole=bool(request.get("matchEntireCell")),
    )
    counts = _Counts()
    for area in _searched(batch, request):
        counts.sheets += _replace_in(batch, area, pattern, request, counts)
    return {"findReplace": counts.told()}


def _searched(batch: Batch, request: Json) -> list[Area]:
    if "range" in request:
        return [batch.area(request["range"])]
    if request.get("allSheets"):
        return [sheet.whole() for sheet in batch.book.sheets]
    if "sheetId" in request:
        return [batch.book.sheet(request["sheetId"]).whole()]
    raise invalid("Must specify one of range, sheetId or allSheets.")


def _replace_in(batch: Batch, area: Area, pattern: Pattern, request: Json, counts: _Counts) -> bool:
    """Replace in one area; tell whether anything changed."""
    sheet, found = batch.book.sheet(area.sheet_id), False
    for index in range(area.top, min(area.bottom, len(sheet.rows))):
        changed: dict[int, Cell] = {}
        for column, cell in sheet.rows[index].cells.items():
            value = cell.value
            if type(value) is str and pattern.surely_absent(value):
                continue
            if area.left <= column < area.right and value is not None:
                new = _replaced(batch, cell, pattern, request, counts)
                if new is not None:
                    changed[column] = new
        if changed:
            batch.guard(Area(sheet.sheet_id, index, index + 1, min(changed), max(changed) + 1))
            sheet = batch.sheet(area.sheet_id)
            sheet.put_cells(index, changed)
            counts.rows += 1
            found = True
    return found


def _replaced(
    batch: Batch, cell: Cell, pattern: Pattern, request: Json, counts: _Counts
) -> Cell | None:
    is_formula = type(cell.value) is Formula
    if is_formula and not request.get("includeFormulas"):
        return None
    old = _text(batch, cell)
    replacement = request.get("replacement", "")
    groups = bool(request.get("searchByRegex"))
    new, times = pattern.replaced(old, replacement, groups=groups)
    if not times or new == old:
        return None
    counts.occurrences += times
    if is_formula:
        counts.formulas += 1
    else:
        counts.values += 1
    return typed_into(batch, cell, new)


def _text(batch: Batch, cell: Cell) -> str:
    if isinstance(cell.value, Formula):
        return cell.value.text
    if isinstance(cell.value, str):
        return cell.value
    return str(
        plain_value(cell.value, cell, batch.book, render="FORMATTED_VALUE", dates="SERIAL_NUMBER")
    )


_SPACE = re.compile(r"\s+")


def trim_whitespace(batch: Batch, request: Json) -> Json:
    """Take the space around texts away, and all but one within them."""
    area = batch.writable(request.get("range"))
    sheet, count = batch.sheet(area.sheet_id), 0
    for index in range(area.top, min(area.bottom, len(sheet.rows))):
        changed = {}
        for column, cell in sheet.rows[index].cells.items():
            if area.left <= column < area.right and isinstance(cell.value, str):
                trimmed = _SPACE.sub(" ", cell.value.strip())
                if trimmed != cell.value:
                    changed[column] = cell._replace(value=trimmed or None, runs=None)
        if changed:
            sheet.put_cells(index, changed)
            count += len(changed)
    return {"trimWhitespace": {"cellsChangedCount": count} if count else {}}


def delete_duplicates(batch: Batch, request: Json) -> Json:
    """Drop the rows of a range that equal an earlier one in the columns that are compared."""
    area = batch.writable(request.get("range"))
    columns = _compared(batch, area, request.get("comparisonColumns", []))
    sheet = batch.sheet(area.sheet_id)
    results = evaluator(batch.book)
    last = min(area.bottom, len(sheet.rows))
    seen: set[tuple[str, ...]] = set()
    kept: list[int] = []
    for index in range(area.top, last):
        texts = (results.cell(sheet, index, column) for column in columns)
        key = tuple(text_of(text).casefold() for text in texts)
        if key not in seen or (not any(key) and _is_blank(sheet, index, area)):
            kept.append(index)
        seen.add(key)
    removed = last - area.top - len(kept)
    if removed:
        _close_up(sheet, area, kept, last)
    return {"deleteDuplicates": {"duplicatesRemovedCount": removed} if removed else {}}


def _compared(batch: Batch, area: Area, given: list[Json]) -> list[int]:
    if not given:
        return list(range(area.left, area.right))
    columns: list[int] = []
    for entry in given:
        span = dimension(batch, entry, "comparisonColumns")
        inside = area.left <= span.start and span.end <= area.right
        if span.is_rows or span.sheet.sheet_id != area.sheet_id or not inside:
            raise invalid("comparisonColumns must be columns within the range.")
        columns.extend(range(span.start, span.end))
    return columns


def _is_blank(sheet: Sheet, index: int, area: Area) -> bool:
    cells = sheet.row(index).cells.items()
    return all(cell.value is None for c, cell in cells if area.left <= c < area.right)


def _close_up(sheet: Sheet, area: Area, kept: list[int], last: int) -> None:
    """Put the kept rows of an area one under the other, and empty what is left below."""
    old = {index: sheet.row(index).cells for index in kept}
    columns = range(area.left, area.right)
    for place in range(area.top, last):
        source = kept[place - area.top] if place - area.top < len(kept) else None
        if source == place:
            continue
        cells = old[source] if source is not None else {}
        changed = {}
        for column in columns:
            cell = cells.get(column, EMPTY_CELL)
            if source is not None and type(cell.value) is Formula:
                cell = cell._replace(value=Formula(offset(cell.value.text, place - source, 0)))
            changed[column] = cell
        sheet.put_cells(place, changed)
