"""Workbooks of Excel, out and in: values, formulas, number formats, plain looks, and the grid."""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell as ExcelCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.worksheet import Worksheet

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.evaluate import FormulaError, evaluator
from syncd.sandbox.book.model import (
    CELLS_MAX,
    COLUMN_PIXELS,
    Book,
    Cell,
    Formula,
    Row,
    Sheet,
)
from syncd.sandbox.drive.refusals import bad_request
from syncd.sandbox.errors import ApiError, Json

_UNPACKED_MAX = 300_000_000
_PIXELS_PER_WIDTH = 7.0
_POINTS_PER_PIXEL = 0.75
_PATTERNS = {
    "PERCENT": "0.00%",
    "CURRENCY": '"$"#,##0.00',
    "DATE": "m/d/yyyy",
    "TIME": "h:mm:ss am/pm",
    "DATE_TIME": "m/d/yyyy h:mm:ss",
    "NUMBER": "#,##0.00",
    "SCIENTIFIC": "0.00E+00",
    "TEXT": "@",
}
_TITLE_MARKS = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def dump(book: Book, sheet_id: int | None) -> bytes:
    """Give a book, or one tab of it, as a workbook."""
    made = Workbook()
    made.remove(made.worksheets[0])
    grids = [s for s in book.sheets if not s.is_object]
    chosen = [s for s in grids if sheet_id is None or s.sheet_id == sheet_id]
    for sheet in chosen:
        _dump_sheet(book, sheet, made.create_sheet(_title(made, sheet.title)))
    out = io.BytesIO()
    try:
        made.save(out)
    except IndexError as error:  # a workbook must show a tab
        raise bad_request("The requested conversion is not supported.") from error
    return out.getvalue()


def _title(made: Workbook, title: str) -> str:
    """Give a title as Excel allows it: no brackets, no more than 31 characters, none twice."""
    plain = ILLEGAL_CHARACTERS_RE.sub("", title.translate(_TITLE_MARKS)).strip("'")[:31] or "Sheet"
    taken, found, number = {name.casefold() for name in made.sheetnames}, plain, 1
    while found.casefold() in taken:
        number += 1
        found = f"{plain[: 31 - len(str(number)) - 1]} {number}"
    return found


def _dump_sheet(book: Book, sheet: Sheet, target: Worksheet) -> None:
    results = evaluator(book)
    for index, row in enumerate(sheet.rows):
        if row.hidden:
            target.row_dimensions[index + 1].hidden = True
        if row.pixels:
            target.row_dimensions[index + 1].height = row.pixels * _POINTS_PER_PIXEL
        for column, cell in row.cells.items():
            into = target.cell(index + 1, column + 1)
            if cell.value is not None:
                _dump_value(into, cell, results.cell(sheet, index, column))
            if cell.format:
                _dump_format(into, cell.format)
    grid = sheet.properties.get("gridProperties", {})
    frozen = grid.get("frozenRowCount", 0), grid.get("frozenColumnCount", 0)
    if any(frozen):
        target.freeze_panes = f"{get_column_letter(frozen[1] + 1)}{frozen[0] + 1}"
    if grid.get("hideGridlines"):
        target.sheet_view.showGridLines = False
    for merge in sheet.merges:
        target.merge_cells(
            start_row=merge.get("startRowIndex", 0) + 1,
            end_row=merge.get("endRowIndex", sheet.row_count),
            start_column=merge.get("startColumnIndex", 0) + 1,
            end_column=merge.get("endColumnIndex", sheet.column_count),
        )
    for column, properties in sheet.columns.items():
        letters = target.column_dimensions[get_column_letter(column + 1)]
        letters.width = properties.get("pixelSize", COLUMN_PIXELS) / _PIXELS_PER_WIDTH
        letters.hidden = bool(properties.get("hiddenByUser"))
    if sheet.properties.get("hidden"):
        target.sheet_state = "hidden"
    if sheet.properties.get("tabColor"):
        target.sheet_properties.tabColor = _hex(sheet.properties["tabColor"])


def _dump_value(into: ExcelCell, cell: Cell, result: Any) -> None:
    value = cell.value
    if isinstance(value, Formula):
        into.value = ILLEGAL_CHARACTERS_RE.sub("", value.text)
        into.data_type = "f"
    elif isinstance(value, str):
        into.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:32_767]
        into.data_type = "s"
    elif isinstance(result, FormulaError):
        into.value = result.shown
    else:
        into.value = value


def _dump_format(into: ExcelCell, given: Json) -> None:
    number = given.get("numberFormat")
    if number:
        kind = number.get("type", "NUMBER")
        into.number_format = number.get("pattern") or _PATTERNS.get(kind, "General")
    letters = given.get("textFormat")
    if letters:
        into.font = Font(
            name=letters.get("fontFamily", "Arial"),
            size=letters.get("fontSize", 10),
            bold=letters.get("bold", False),
            italic=letters.get("italic", False),
            strike=letters.get("strikethrough", False),
            underline="single" if letters.get("underline") else None,
            color=_hex(letters["foregroundColor"]) if "foregroundColor" in letters else None,
        )
    if "backgroundColor" in given:
        into.fill = PatternFill("solid", fgColor=_hex(given["backgroundColor"]))
    across, down = given.get("horizontalAlignment"), given.get("verticalAlignment")
    wrap = given.get("wrapStrategy") == "WRAP"
    if across or down or wrap:
        into.alignment = Alignment(
            horizontal=across.lower() if across in {"LEFT", "CENTER", "RIGHT"} else None,
            vertical={"TOP": "top", "MIDDLE": "center", "BOTTOM": "bottom"}.get(down or ""),
            wrap_text=wrap or None,
        )


def _hex(colour: Json) -> str:
    channels = (colour.get(name, 0) for name in ("red", "green", "blue"))
    return "FF" + "".join(f"{round(float(c) * 255):02X}" for c in channels)


def load(batch: Batch, content: bytes, taken: set[int]) -> None:
    """Replace a book's tabs by those of a workbook."""
    refusal = ApiError(400, "Bad Request", reason="badContent")
    if _unpacked_size(content) > _UNPACKED_MAX:
        raise bad_request("The file is too large to be converted.")
    try:
        loaded = load_workbook(io.BytesIO(content))
    except Exception as error:
        raise refusal from error
    sheets = [_load_sheet(batch, source, taken) for source in loaded.worksheets]
    if not sheets or sum(s.row_count * s.column_count for s in sheets) > CELLS_MAX:
        raise refusal
    batch.book.sheets, batch.book.own = sheets, {sheet.sheet_id for sheet in sheets}


def _unpacked_size(content: bytes) -> int:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise ApiError(400, "Bad Request", reason="badContent") from error


def _load_sheet(batch: Batch, source: Worksheet, taken: set[int]) -> Sheet:
    sheet = Sheet(batch.new_id(taken), {"title": source.title})
    taken.add(sheet.sheet_id)
    sheet.row_count = max(1000, source.max_row)
    sheet.column_count = max(26, source.max_column)
    if sheet.row_count * sheet.column_count > CELLS_MAX:
        raise bad_request("The file is too large to be converted.")
    for line in source.iter_rows():
        cells = {}
        for entry in line:
            if entry.value is not None:
                cells[entry.column - 1] = _load_cell(entry)
        if cells:
            sheet.put_row(line[0].row - 1, Row(cells))
    grid: Json = {}
    if source.freeze_panes:
        pane = source[source.freeze_panes]
        if pane.row > 1:
            grid["frozenRowCount"] = pane.row - 1
        if pane.column > 1:
            grid["frozenColumnCount"] = pane.column - 1
    if grid:
        sheet.properties["gridProperties"] = grid
    if source.sheet_state != "visible":
        sheet.properties["hidden"] = True
    for area in source.merged_cells.ranges:
        sheet.merges.append(
            {
                "sheetId": sheet.sheet_id,
                "startRowIndex": area.min_row - 1,
                "endRowIndex": area.max_row,
                "startColumnIndex": area.min_col - 1,
                "endColumnIndex": area.max_col,
            }
        )
    return sheet


def _load_cell(entry: Any) -> Cell:
    value = entry.value
    look: Json = {}
    if isinstance(value, (datetime, date, time, timedelta)):
        kind = "DATE_TIME" if isinstance(value, (datetime, timedelta)) else "DATE"
        kind = "TIME" if isinstance(value, time) else kind
        if isinstance(value, datetime) and value.time() == time():
            kind = "DATE"
        look["numberFormat"] = {"type": kind, "pattern": _PATTERNS[kind]}
        value = float(to_excel(value))
    elif entry.data_type == "f":
        value = Formula(str(getattr(value, "text", value)))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if entry.number_format not in {"General", "@"}:
            kind = "PERCENT" if "%" in entry.number_format else "NUMBER"
            look["numberFormat"] = {"type": kind, "pattern": entry.number_format}
    elif not isinstance(value, bool):
        value = str(value)[:50_000]
    if entry.font is not None and entry.font.b:
        look["textFormat"] = {"bold": True}
    return Cell(value, look or None)
