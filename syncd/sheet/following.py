"""Following: what a changed schema changes in tabs that are there already.

Titles follow where nobody titled them otherwise, drop-downs and number formats where a column
holds something else than before. A column that is described no more stays, as the team's own.
"""

from collections.abc import Iterator, Mapping

from syncd.core.snapshot import FieldName, TableName
from syncd.schema import Field, Schema, Table
from syncd.schema.document import Remembered, former_name
from syncd.sheet.cells import Json, entered_of, update_cells
from syncd.sheet.columns import (
    Titles,
    find_columns,
    key_of,
    mark_column,
    marked_columns,
    titles_of,
    unmark_column,
)
from syncd.sheet.layout import Layout, titled
from syncd.sheet.setup import (
    Names,
    choice_requests,
    format_requests,
    label_ranges,
    tab_of,
)


def following_requests(
    structure: Json, schema: Schema, known: Layout | None, before: Remembered
) -> list[Json]:
    """Return what makes the tabs follow; `before` is the schema that they were last set up by."""
    names = label_ranges(structure, schema, known)
    requests: list[Json] = []
    for table in schema.tables:
        sheet = tab_of(structure, table, known)
        if sheet is not None and table.name in before.fields:
            requests += _tab_title(structure, sheet, table, before.titles)
            tab = known.tabs.get(table.name) if known else None
            named = tab.named if tab else {}
            requests += _columns(sheet, table, before.fields[table.name], names, named)
    return requests


def _tab_title(
    structure: Json, sheet: Json, table: Table, before: Mapping[TableName, str]
) -> Iterator[Json]:
    properties, was = sheet["properties"], before[table.name]
    taken = titled(structure, table.title) is not None
    if was != table.title and properties.get("title") == was and not taken:
        change = {"sheetId": properties.get("sheetId", 0), "title": table.title}
        yield {"updateSheetProperties": {"properties": change, "fields": "title"}}


def _columns(
    sheet: Json, table: Table, before: Mapping[FieldName, Field], names: Names, named: Titles
) -> Iterator[Json]:
    sheet_id = int(sheet["properties"].get("sheetId", 0))
    places, marked = find_columns(sheet, table, named)[0], marked_columns(sheet)
    titles = titles_of(sheet)
    kept = {key_of(field.name) for field in table.fields}
    for key, columns in marked.items():
        if key.startswith(key_of(FieldName(""))) and key not in kept:
            yield from (unmark_column(sheet_id, column, key) for column in columns)
    for field in table.fields:
        place, name = places.get(key_of(field.name)), former_name(field, before)
        if place is None or name is None:
            continue
        if not marked.get(key_of(field.name)) and marked.get(key_of(name)):
            yield mark_column(sheet_id, place, key_of(field.name))
        was = before[name]
        shown = titles[place] if place < len(titles) else ""
        if was.title != field.title and shown == was.title.strip():
            yield update_cells(sheet_id, 0, place, [[entered_of(field.title)]])
        yield from _cells(sheet_id, place, was, field, names)


def _cells(sheet_id: int, place: int, was: Field, field: Field, names: Names) -> Iterator[Json]:
    body = {
        "sheetId": sheet_id,
        "startRowIndex": 1,
        "startColumnIndex": place,
        "endColumnIndex": place + 1,
    }
    if was.kind is not field.kind:
        yield from format_requests(body, field)
    shapes = [(f.kind, f.choices, f.reference) for f in (was, field)]
    if shapes[0] != shapes[1]:
        offered = choice_requests(body, field, names)
        yield from offered or [{"setDataValidation": {"range": body}}]
