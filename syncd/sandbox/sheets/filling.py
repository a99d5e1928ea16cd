"""What `spreadsheets.create` puts into a new book: all that the message Spreadsheet holds."""

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.model import Row, Sheet
from syncd.sandbox.errors import ApiError, Json, invalid
from syncd.sandbox.requests import sheets
from syncd.sandbox.requests.kinds import KINDS

# Which request kind adds a part of a sheet, and what the request calls it.
_SHEET_PARTS = (
    ("merges", "mergeCells", "range"),
    ("tables", "addTable", "table"),
    ("bandedRanges", "addBanding", "bandedRange"),
    ("basicFilter", "setBasicFilter", "filter"),
    ("filterViews", "addFilterView", "filter"),
    ("protectedRanges", "addProtectedRange", "protectedRange"),
    ("conditionalFormats", "addConditionalFormatRule", "rule"),
    ("developerMetadata", "createDeveloperMetadata", "developerMetadata"),
    ("charts", "addChart", "chart"),
    ("slicers", "addSlicer", "slicer"),
)
_READ_ONLY = {"defaultFormat"}


def fill(batch: Batch, body: Json) -> None:
    """Give a new book the properties, tabs, cells, names and ranges that its creator sent."""
    for name in ("dataSources", "dataSourceSchedules"):
        if body.get(name):
            raise ApiError(501, f"The sandbox does not implement {name}.")
    properties = {k: v for k, v in body.get("properties", {}).items() if v != ""}
    sheets.check_properties(properties)
    batch.book.properties |= {k: v for k, v in properties.items() if k not in _READ_ONLY}
    given = body.get("sheets", [])
    made = [_add_sheet(batch, position, one) for position, one in enumerate(given)]
    for sheet, one in zip(made, given, strict=True):
        _fill_sheet(batch, one, sheet)
    for named in body.get("namedRanges", []):
        _add(batch, "addNamedRange", {"namedRange": named})
    for entry in body.get("developerMetadata", []):
        _add(batch, "createDeveloperMetadata", {"developerMetadata": entry})


def _add(batch: Batch, kind: str, request: Json) -> None:
    if kind not in KINDS:
        raise ApiError(501, f"The sandbox does not implement {kind}.")
    batch.book.cache.clear()
    KINDS[kind](batch, request)


def _add_sheet(batch: Batch, position: int, given: Json) -> Sheet:
    described = dict(given.get("properties", {}))
    if described.get("sheetType", "GRID") not in {"GRID", "SHEET_TYPE_UNSPECIFIED"}:
        raise ApiError(501, f"The sandbox does not implement {described['sheetType']} sheets.")
    described.pop("index", None)
    if position == 0:
        described.setdefault("sheetId", 0)
    described.setdefault("title", f"Sheet{position + 1}")
    grid = described.get("gridProperties", {})
    height, width = _reach(given.get("data", []))
    fitted = {"rowCount": max(1000, height), "columnCount": max(26, width)} | grid
    return sheets.new_sheet(batch, described | {"gridProperties": fitted})


def _reach(pieces: list[Json]) -> tuple[int, int]:
    """Give how many rows and columns the cells of a new sheet need."""
    height = width = 0
    for piece in pieces:
        rows = piece.get("rowData", [])
        top, left = piece.get("startRow", 0), piece.get("startColumn", 0)
        height = max(height, top + max(len(rows), len(piece.get("rowMetadata", []))))
        widest = max((len(row.get("values", [])) for row in rows), default=0)
        width = max(width, left + max(widest, len(piece.get("columnMetadata", []))))
    return height, width


def _fill_sheet(batch: Batch, given: Json, sheet: Sheet) -> None:
    for piece in given.get("data", []):
        _fill_piece(batch, piece, sheet)
    for name, kind, key in _SHEET_PARTS:
        found = given.get(name, [])
        for index, thing in enumerate([found] if isinstance(found, dict) else found):
            request = {key: _at_home(thing, name, sheet.sheet_id)}
            _add(batch, kind, request | ({"index": index} if key == "rule" else {}))
    for name in ("rowGroups", "columnGroups"):
        for group in given.get(name, []):
            _add_group(batch, group, sheet.sheet_id)


def _at_home(thing: Json, name: str, sheet_id: int) -> Json:
    """Let a range without a sheet id lie on the sheet that carries it: its id may be drawn."""
    if name == "merges":
        return {"sheetId": sheet_id} | thing
    if name == "conditionalFormats":
        return thing | {"ranges": [{"sheetId": sheet_id} | r for r in thing.get("ranges", [])]}
    if name == "developerMetadata" and "location" not in thing:
        return thing | {"location": {"sheetId": sheet_id}}
    if name in {"charts", "slicers"} and "overlayPosition" in thing.get("position", {}):
        overlay = thing["position"]["overlayPosition"]
        anchor = {"sheetId": sheet_id} | overlay.get("anchorCell", {})
        return thing | {"position": {"overlayPosition": overlay | {"anchorCell": anchor}}}
    if "range" in thing:
        return thing | {"range": {"sheetId": sheet_id} | thing["range"]}
    return thing


def _add_group(batch: Batch, group: Json, sheet_id: int) -> None:
    span = {"sheetId": sheet_id} | group.get("range", {})
    for _ in range(min(max(group.get("depth", 1), 1), 8)):
        _add(batch, "addDimensionGroup", {"range": span})
    if group.get("collapsed"):
        shown = {"range": span, "depth": group.get("depth", 1), "collapsed": True}
        _add(batch, "updateDimensionGroup", {"dimensionGroup": shown, "fields": "collapsed"})


def _fill_piece(batch: Batch, piece: Json, sheet: Sheet) -> None:
    top, left = piece.get("startRow", 0), piece.get("startColumn", 0)
    if top < 0 or left < 0:
        raise invalid("GridData must not start before the first row or column.")
    if piece.get("rowData"):
        start = {"sheetId": sheet.sheet_id, "rowIndex": top, "columnIndex": left}
        _add(batch, "updateCells", {"start": start, "rows": piece["rowData"], "fields": "*"})
    for index, given in enumerate(piece.get("rowMetadata", []), top):
        _check_inside(index, sheet.row_count)
        if given.get("hiddenByUser") or "pixelSize" in given:
            old = sheet.row(index)
            pixels = given.get("pixelSize")
            sheet.put_row(index, Row(old.cells, bool(given.get("hiddenByUser")), pixels))
        _mark(batch, given, sheet.sheet_id, "ROWS", index)
    for index, given in enumerate(piece.get("columnMetadata", []), left):
        _check_inside(index, sheet.column_count)
        kept = {k: given[k] for k in ("hiddenByUser", "pixelSize") if given.get(k)}
        if kept:
            sheet.columns[index] = kept
        _mark(batch, given, sheet.sheet_id, "COLUMNS", index)


def _check_inside(index: int, count: int) -> None:
    if index >= count:
        raise invalid(f"GridData reaches beyond the grid: {index} is after the last of {count}.")


def _mark(batch: Batch, given: Json, sheet_id: int, dimension: str, index: int) -> None:
    span = {"sheetId": sheet_id, "dimension": dimension, "startIndex": index, "endIndex": index + 1}
    for entry in given.get("developerMetadata", []):
        placed = entry | {"location": {"dimensionRange": span}}
        _add(batch, "createDeveloperMetadata", {"developerMetadata": placed})
