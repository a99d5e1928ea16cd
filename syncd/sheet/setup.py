"""The layout of a workspace: what is missing of tabs, columns, drop-downs and the fence.

Only differences are written, in one call. What people made, titled, coloured or added stays.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from syncd.core.snapshot import TableName
from syncd.errors import LayoutError
from syncd.fields import Kind
from syncd.schema import Cell, Field, Schema, Table
from syncd.sheet.cells import Json, block, column_letter, entered_of, update_cells
from syncd.sheet.columns import (
    ID_COLUMN,
    ID_TITLE,
    STATUS_COLUMN,
    STATUS_TITLE,
    find_columns,
    key_of,
    mark_column,
    marked_columns,
    titles_of,
    titles_row_fault,
)
from syncd.sheet.layout import (
    CANARY,
    CONTROL_TITLE,
    Layout,
    Tab,
    mirror_title,
    sheet_of,
    titled,
    token_in,
    token_name,
)

_FORMATS = {
    Kind.TEXT: {"type": "TEXT"},
    Kind.INTEGER: {"type": "NUMBER", "pattern": "#,##0"},
    Kind.NUMBER: {"type": "NUMBER", "pattern": "#,##0.###"},
    Kind.PERCENT: {"type": "PERCENT", "pattern": "0.00%"},
    Kind.MONEY: {"type": "NUMBER", "pattern": "#,##0.00"},
    Kind.DATE: {"type": "DATE", "pattern": "yyyy-mm-dd"},
}
_WIDTHS = {Kind.TEXT: 160, Kind.REFERENCE: 170, Kind.CHOICE: 110, Kind.DATE: 100}
_STATUS_WIDTH = 320
_ROWS = 1000
_NOTICE = "This tab is syncd's own: it tells by it what was written. Please leave it as it is."
_GREEN = {"red": 0.85, "green": 0.94, "blue": 0.86}
_RED = {"red": 0.98, "green": 0.86, "blue": 0.85}
_AMBER = {"red": 1.0, "green": 0.95, "blue": 0.8}
_GREY = {"red": 0.93, "green": 0.93, "blue": 0.93}
COLOURS = (
    ("In sync", _GREEN),
    ("Refused", _RED),
    ("In review", _AMBER),
    ("Waiting", _AMBER),
    ("Paused", _AMBER),
    ("Archived", _GREY),
)

Names = Mapping[TableName, str | None]  # where the names stand that references choose from


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a tab: how it is known, and how it looks when it is new."""

    key: str
    title: str
    note: str
    field: Field | None


def columns_of(table: Table) -> list[Column]:
    """Return a table's columns as a new tab shows them, syncd's own two last."""
    fields = [
        Column(key=key_of(f.name), title=f.title, note=_note(f), field=f) for f in table.fields
    ]
    status = "What syncd says about this row. It writes this column itself."
    identity = "How syncd knows this row. Please leave it as it is."
    return [
        *fields,
        Column(key=STATUS_COLUMN, title=STATUS_TITLE, note=status, field=None),
        Column(key=ID_COLUMN, title=ID_TITLE, note=identity, field=None),
    ]


def _note(field: Field) -> str:
    parts = [field.help, "Required." if field.required else ""]
    parts.append(f"Example: {field.example}" if field.example else "")
    return "\n".join(part for part in parts if part)


def setup_requests(
    structure: Json,
    schema: Schema,
    known: Layout | None,
    *,
    database: str,
    mint: Callable[[], int],
    used: Mapping[TableName, int] | None = None,
) -> list[Json]:
    """Return what makes the spreadsheet a workspace; nothing where it is one.

    `structure` holds every tab with its title row; `mint` gives sheetIds that are not in use;
    `used` is how many columns of a tab hold anything, for those that lack some.
    """
    token = token_in(structure)
    if token and token.database != database:
        raise LayoutError(
            "another database keeps this spreadsheet already",
            on=f"database {token.database}",
            hint="Use its config, or another spreadsheet. To move the spreadsheet to this"
            " database for good, run `syncd init --take-over`.",
        )
    names = label_ranges(structure, schema, known)
    requests: list[Json] = []
    for table in schema.tables:
        sheet = tab_of(structure, table, known)
        _require_titles(sheet, table, known)
        beside = (used or {}).get(table.name, 0)
        requests += _tab_requests(structure, names, table, sheet, mint, beside)
    requests += _control_requests(structure, database, mint, has_token=token is not None)
    return requests


def tabs_to_widen(structure: Json, schema: Schema, known: Layout | None) -> dict[TableName, int]:
    """Return the tabs, by their sheetId, to which columns have to be added."""
    tabs = {table: tab_of(structure, table, known) for table in schema.tables}
    return {
        table.name: int(sheet["properties"].get("sheetId", 0))
        for table, sheet in tabs.items()
        if sheet is not None and _lacking(table, sheet)
    }


def _lacking(table: Table, sheet: Json) -> list[Column]:
    """Return the columns that a tab lacks.

    One that stands there twice, or under another one's title, is for a person to settle.
    """
    lost, marked = find_columns(sheet, table)[1], marked_columns(sheet)
    return [c for c in columns_of(table) if c.key in lost and not marked.get(c.key)]


def _require_titles(sheet: Json | None, table: Table, known: Layout | None) -> None:
    """Add nothing to a tab of ours of which it is not known which column is which.

    Its first row is not the titles, so a title would stand above them; or a title that seems to be
    missing stands over another column.
    """
    if sheet is None or not (marked := marked_columns(sheet)):
        return
    before = known.tabs.get(table.name) if known else None
    named = before.named if before else {}
    fault = titles_row_fault(sheet, table, named)
    lost = find_columns(sheet, table, named)[1]
    if not fault and not lost.keys() <= marked.keys():
        fault = next((reason for key, reason in lost.items() if key in marked), "")
    if fault:
        raise LayoutError(
            f"tab «{sheet['properties']['title']}»: {fault}",
            on=table.title,
            hint="Then run `syncd init` again; nothing was changed.",
        )


def tab_of(structure: Json, table: Table, known: Layout | None) -> Json | None:
    """Return a table's tab: the one that it had, else the one that is titled so."""
    before = known.tabs.get(table.name) if known else None
    sheet = sheet_of(structure, before.sheet_id) if before else None
    return sheet or titled(structure, table.title)


def _tab_requests(
    structure: Json,
    names: Names,
    table: Table,
    sheet: Json | None,
    mint: Callable[[], int],
    used: int,
) -> list[Json]:
    requests: list[Json] = []
    if sheet is None:
        sheet_id, columns = mint(), columns_of(table)
        grid = {"rowCount": _ROWS, "columnCount": len(columns) + 3, "frozenRowCount": 1}
        requests.append(_add_sheet(sheet_id, table.title, grid))
        requests += _column_requests(names, sheet_id, list(enumerate(columns)))
        requests += _look(sheet_id, len(columns))
    else:
        requests += _missing_columns(names, table, sheet, used)
    if titled(structure, mirror_title(table)) is None:
        size = {"rowCount": 100, "columnCount": 26}
        requests.append(_add_sheet(mint(), mirror_title(table), size, hidden=True))
    return requests


def _missing_columns(names: Names, table: Table, sheet: Json, used: int) -> list[Json]:
    """Return what a tab that people made lacks: columns go behind theirs, nothing is moved.

    `used` is up to which column anything stands there: what people wrote beside the table would
    else be taken for the new columns' values.
    """
    properties = sheet["properties"]
    sheet_id = int(properties.get("sheetId", 0))
    grid = properties.get("gridProperties", {})
    found, marked = find_columns(sheet, table)[0], marked_columns(sheet)
    free = max(len(titles_of(sheet)), used, *(place + 1 for place in found.values()))
    added = _lacking(table, sheet)
    placed = list(enumerate(added, start=free))
    needed = free + len(added)
    requests: list[Json] = []
    if needed > grid.get("columnCount", 26):
        change = {
            "properties": {"sheetId": sheet_id, "gridProperties": {"columnCount": needed}},
            "fields": "gridProperties.columnCount",
        }
        requests.append({"updateSheetProperties": change})
    if added and not grid.get("frozenRowCount"):
        change = {
            "properties": {"sheetId": sheet_id, "gridProperties": {"frozenRowCount": 1}},
            "fields": "gridProperties.frozenRowCount",
        }
        requests.append({"updateSheetProperties": change})
    requests += [
        mark_column(sheet_id, found[column.key], column.key)
        for column in columns_of(table)
        if column.key in found and not marked.get(column.key)
    ]
    requests += _column_requests(names, sheet_id, placed)
    if any(column.key == STATUS_COLUMN for column in added):
        status = next(place for place, column in placed if column.key == STATUS_COLUMN)
        requests += _colours(sheet_id, status)
    if placed and "basicFilter" not in sheet:
        requests.append(_basic_filter(sheet_id, needed))
    return requests


def _column_requests(
    names: Names, sheet_id: int, placed: Iterable[tuple[int, Column]]
) -> list[Json]:
    requests: list[Json] = []
    for place, column in placed:
        requests.append(_title(sheet_id, place, column))
        requests.append(mark_column(sheet_id, place, column.key))
        body = {
            "sheetId": sheet_id,
            "startRowIndex": 1,
            "startColumnIndex": place,
            "endColumnIndex": place + 1,
        }
        if column.field is not None:
            requests += format_requests(body, column.field)
            requests += choice_requests(body, column.field, names)
        if column.key == ID_COLUMN:
            requests += _hidden_id(sheet_id, place)
        width = _WIDTHS.get(column.field.kind, 100) if column.field else _STATUS_WIDTH
        requests.append(_width(sheet_id, place, max(width, 40 + 8 * len(column.title))))
    return requests


def _title(sheet_id: int, place: int, column: Column) -> Json:
    required = column.field is not None and column.field.required
    colour = {"red": 0.7, "green": 0.1, "blue": 0.1} if required else {}
    cell = {
        "userEnteredValue": entered_of(column.title),
        "note": column.note,
        "userEnteredFormat": {
            "textFormat": {"bold": True, "foregroundColor": colour},
            "backgroundColor": _GREY,
        },
    }
    return {
        "updateCells": {
            "start": {"sheetId": sheet_id, "rowIndex": 0, "columnIndex": place},
            "rows": [{"values": [cell]}],
            "fields": "userEnteredValue,note,userEnteredFormat(textFormat,backgroundColor)",
        }
    }


def format_requests(body: Json, field: Field) -> list[Json]:
    """Return how the numbers of a column look; nothing where they look as they are typed."""
    number_format = _FORMATS.get(field.kind)
    if number_format is None:
        return []
    cell = {"userEnteredFormat": {"numberFormat": number_format}}
    fields = "userEnteredFormat.numberFormat"
    return [{"repeatCell": {"range": body, "cell": cell, "fields": fields}}]


def choice_requests(body: Json, field: Field, names: Names) -> list[Json]:
    """Return the drop-down: strict for a list, with suggestions for a reference."""
    if field.kind is Kind.BOOLEAN:
        condition: Json = {"type": "BOOLEAN"}
    elif field.choices:
        values = [{"userEnteredValue": choice} for choice in field.choices]
        condition = {"type": "ONE_OF_LIST", "values": values}
    elif field.reference and (source := names.get(field.reference)):
        condition = {"type": "ONE_OF_RANGE", "values": [{"userEnteredValue": source}]}
    else:
        return []
    rule = {"condition": condition, "strict": False, "showCustomUi": True}
    return [{"setDataValidation": {"range": body, "rule": rule}}]


def label_ranges(structure: Json, schema: Schema, known: Layout | None) -> Names:
    """Return where the names of each table's rows stand, for those who refer to them."""
    tabs = known.tabs if known else {}
    return {
        t.name: _label_range(t, tab_of(structure, t, known), tabs.get(t.name))
        for t in schema.tables
    }


def _label_range(table: Table, sheet: Json | None, before: Tab | None) -> str | None:
    """Return the range of a table's names, where its label is a single column that is there."""
    if len(table.label) != 1:
        return None
    places = {key_of(name): place for place, name in enumerate(table.names)}
    title = table.title
    if sheet is not None:
        places = find_columns(sheet, table, before.named if before else None)[0]
        title = str(sheet["properties"]["title"])
    place = places.get(key_of(table.label[0]))
    if place is None:
        return None
    letter, quoted = column_letter(place), title.replace("'", "''")
    return f"='{quoted}'!${letter}$2:${letter}"


def _hidden_id(sheet_id: int, place: int) -> list[Json]:
    span = {
        "sheetId": sheet_id,
        "dimension": "COLUMNS",
        "startIndex": place,
        "endIndex": place + 1,
    }
    hide = {"range": span, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
    column = {"sheetId": sheet_id, "startColumnIndex": place, "endColumnIndex": place + 1}
    warning = {
        "range": column,
        "warningOnly": True,
        "description": "syncd knows its rows by this column",
    }
    return [
        {"updateDimensionProperties": hide},
        {"addProtectedRange": {"protectedRange": warning}},
    ]


def _width(sheet_id: int, place: int, pixels: int) -> Json:
    span = {
        "sheetId": sheet_id,
        "dimension": "COLUMNS",
        "startIndex": place,
        "endIndex": place + 1,
    }
    return {
        "updateDimensionProperties": {
            "range": span,
            "properties": {"pixelSize": pixels},
            "fields": "pixelSize",
        }
    }


def _look(sheet_id: int, width: int) -> list[Json]:
    """Return what a new tab gets besides its columns: the filter and the status colours."""
    status = width - 2
    return [_basic_filter(sheet_id, width), *_colours(sheet_id, status)]


def _basic_filter(sheet_id: int, width: int) -> Json:
    span = {
        "sheetId": sheet_id,
        "startRowIndex": 0,
        "startColumnIndex": 0,
        "endColumnIndex": width,
    }
    return {"setBasicFilter": {"filter": {"range": span}}}


def _colours(sheet_id: int, status: int) -> list[Json]:
    span = {
        "sheetId": sheet_id,
        "startRowIndex": 1,
        "startColumnIndex": status,
        "endColumnIndex": status + 1,
    }
    return [
        {
            "addConditionalFormatRule": {
                "index": index,
                "rule": {
                    "ranges": [span],
                    "booleanRule": {
                        "condition": {
                            "type": "TEXT_STARTS_WITH",
                            "values": [{"userEnteredValue": prefix}],
                        },
                        "format": {"backgroundColor": colour},
                    },
                },
            }
        }
        for index, (prefix, colour) in enumerate(COLOURS)
    ]


def _control_requests(
    structure: Json, database: str, mint: Callable[[], int], *, has_token: bool
) -> list[Json]:
    """Return syncd's own hidden tab with its canary, and the first token."""
    requests: list[Json] = []
    control = titled(structure, CONTROL_TITLE)
    if control is None:
        control_id = mint()
        size = {"rowCount": 10, "columnCount": 5}
        requests.append(_add_sheet(control_id, CONTROL_TITLE, size, hidden=True))
    else:
        control_id = int(control["properties"].get("sheetId", 0))
    texts = titles_of(control) if control else ()
    if (texts[:1], texts[2:3]) != ((CANARY,), (database,)):
        stamp: list[Cell] = [CANARY, 0, database, _NOTICE]
        requests.append(update_cells(control_id, 0, 0, [[entered_of(cell) for cell in stamp]]))
    if not has_token:
        fence = {"name": token_name(0, database), "range": block(control_id, (0, 1), (0, 1))}
        requests.append({"addNamedRange": {"namedRange": fence}})
    return requests


def _add_sheet(sheet_id: int, title: str, grid: Json, *, hidden: bool = False) -> Json:
    properties = {"sheetId": sheet_id, "title": title, "gridProperties": grid}
    return {"addSheet": {"properties": properties | ({"hidden": True} if hidden else {})}}
