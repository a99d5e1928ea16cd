"""Spreadsheets as `spreadsheets.get` answers them, restricted to what a mask asks for."""

from collections.abc import Callable
from typing import Any

from syncd.sandbox.book.batch import owner_of, shown_protection
from syncd.sandbox.book.colours import theme_colours
from syncd.sandbox.book.filters import hidden_by_filter
from syncd.sandbox.book.grid import grid_rows
from syncd.sandbox.book.model import COLUMN_PIXELS, ROW_PIXELS, Area, Book, Sheet
from syncd.sandbox.errors import Json
from syncd.sandbox.protocol.masks import Tree, below, pick, wants


def _white() -> Json:
    return {"red": 1, "green": 1, "blue": 1}


def default_properties(title: str) -> Json:
    """Give the properties of a new spreadsheet."""
    return {
        "title": title,
        "locale": "en_US",
        "autoRecalc": "ON_CHANGE",
        "timeZone": "Etc/GMT",
        "defaultFormat": {
            "backgroundColor": _white(),
            "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
            "verticalAlignment": "BOTTOM",
            "wrapStrategy": "OVERFLOW_CELL",
            "textFormat": {
                "foregroundColor": {},
                "fontFamily": "arial,sans,sans-serif",
                "fontSize": 10,
                "bold": False,
                "italic": False,
                "strikethrough": False,
                "underline": False,
                "foregroundColorStyle": {"rgbColor": {}},
            },
            "backgroundColorStyle": {"rgbColor": _white()},
        },
        "spreadsheetTheme": {
            "primaryFontFamily": "Arial",
            "themeColors": [
                {"colorType": name, "color": {"rgbColor": colour}}
                for name, colour in theme_colours().items()
            ],
        },
    }


def sheet_properties(book: Book, sheet: Sheet) -> Json:
    """Give a tab's properties as answers print them."""
    grid = {"rowCount": sheet.row_count, "columnCount": sheet.column_count}
    grid |= sheet.properties.get("gridProperties", {})
    head = {
        "sheetId": sheet.sheet_id,
        "title": sheet.title,
        "index": book.position(sheet.sheet_id),
        "sheetType": "GRID",
        "gridProperties": grid,
    }
    if sheet.is_object:
        head["sheetType"] = "OBJECT"
        del head["gridProperties"]
    return head | {k: v for k, v in sheet.properties.items() if k not in head}


def spreadsheet(
    book: Book, url: str, actor: str, tree: Tree | None, areas: list[Area] | None, *, grid: bool
) -> Json:
    """Give a spreadsheet; `areas` choose the sheets and what of them, `grid` adds the cells."""
    if tree is not None:  # a mask alone decides about the cells
        sheets = tree.get("sheets", {"*": {}})  # a star names no cells, neither here nor below
        grid = not sheets or "data" in sheets
    answer: Json = {"spreadsheetId": book.book_id, "properties": book.properties}
    if wants(tree, "sheets"):
        mask, chosen = below(tree, "sheets"), _chosen(book, areas)
        answer["sheets"] = [_sheet(book, s, found, mask, grid, actor) for s, found in chosen]
    if book.named:
        answer["namedRanges"] = list(book.named.values())
    answer["spreadsheetUrl"] = f"{url}/spreadsheets/d/{book.book_id}/edit"
    placed = [m for m in book.metadata.values() if "spreadsheet" in m["location"]]
    if placed:
        answer["developerMetadata"] = placed
    done: Json = pick(answer, tree)
    return done


def _chosen(book: Book, areas: list[Area] | None) -> list[tuple[Sheet, list[Area]]]:
    if areas is None:
        return [(sheet, []) for sheet in book.sheets]
    by_sheet: dict[int, list[Area]] = {}
    for area in areas:
        by_sheet.setdefault(area.sheet_id, []).append(area)
    return [(s, by_sheet[s.sheet_id]) for s in book.sheets if s.sheet_id in by_sheet]


def _sheet(
    book: Book, sheet: Sheet, areas: list[Area], tree: Tree | None, grid: bool, actor: str
) -> Json:
    answer: Json = {"properties": sheet_properties(book, sheet)}
    if grid and not sheet.is_object:
        mask = below(tree, "data")
        answer["data"] = [_grid_data(book, sheet, a, mask) for a in areas or [sheet.whole()]]
    kept: dict[str, Any] = {
        "merges": sheet.merges,
        "conditionalFormats": sheet.conditional,
        "filterViews": sheet.filter_views,
        "protectedRanges": [_protection(book, rule, actor) for rule in sheet.protected],
        "basicFilter": sheet.basic_filter,
        "charts": sheet.charts,
        "bandedRanges": sheet.banded,
        "developerMetadata": [
            m for m in book.metadata.values() if m["location"].get("sheetId") == sheet.sheet_id
        ],
        "rowGroups": sheet.row_groups,
        "columnGroups": sheet.column_groups,
        "slicers": sheet.slicers,
        "tables": sheet.tables,
    }
    return answer | {name: value for name, value in kept.items() if value}


def _protection(book: Book, rule: Json, actor: str) -> Json:
    """Give a protected range; the file's owner is among its editors, whoever else is."""
    shown = shown_protection(book, rule, actor)
    owner = owner_of(book) or rule.get("_creator", "")
    editors = shown.get("editors")
    if editors is None or not owner or owner in editors.get("users", []):
        return shown
    return shown | {"editors": editors | {"users": [*editors.get("users", []), owner]}}


def _grid_data(book: Book, sheet: Sheet, area: Area, tree: Tree | None) -> Json:
    data: Json = {}
    if area.top:
        data["startRow"] = area.top
    if area.left:
        data["startColumn"] = area.left
    if wants(tree, "rowData"):
        row_tree = below(tree, "rowData")
        if wants(row_tree, "values"):
            rows = grid_rows(book, sheet, area, below(row_tree, "values"))
            if rows:
                data["rowData"] = rows
    if wants(tree, "rowMetadata") and area.top < area.bottom:
        data["rowMetadata"] = _row_metadata(book, sheet, area)
    if wants(tree, "columnMetadata") and area.left < area.right:
        data["columnMetadata"] = _column_metadata(book, sheet, area)
    return data


def _placed(book: Book, sheet: Sheet, dimension: str) -> Callable[[int], list[Json]]:
    found: dict[int, list[Json]] = {}
    for entry in book.metadata.values():
        place = entry["location"].get("dimensionRange")
        if place and place["dimension"] == dimension and place.get("sheetId", 0) == sheet.sheet_id:
            found.setdefault(place["startIndex"], []).append(entry)
    return lambda index: found.get(index, [])


def _row_metadata(book: Book, sheet: Sheet, area: Area) -> list[Json]:
    filtered, placed = hidden_by_filter(book, sheet), _placed(book, sheet, "ROWS")
    entries = []
    for index in range(area.top, area.bottom):
        row = sheet.row(index)
        entry: Json = {"hiddenByFilter": True} if index in filtered else {}
        if row.hidden:
            entry["hiddenByUser"] = True
        entry["pixelSize"] = row.pixels or ROW_PIXELS
        if placed(index):
            entry["developerMetadata"] = placed(index)
        entries.append(entry)
    return entries


def _column_metadata(book: Book, sheet: Sheet, area: Area) -> list[Json]:
    placed, entries = _placed(book, sheet, "COLUMNS"), []
    for index in range(area.left, area.right):
        entry: Json = {"hiddenByUser": True} if sheet.hidden_column(index) else {}
        entry["pixelSize"] = sheet.columns.get(index, {}).get("pixelSize", COLUMN_PIXELS)
        if placed(index):
            entry["developerMetadata"] = placed(index)
        entries.append(entry)
    return entries
