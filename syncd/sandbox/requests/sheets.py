"""The requests of batchUpdate that change the spreadsheet and its tabs."""

import re
from zoneinfo import available_timezones

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.colours import paired, paired_mask
from syncd.sandbox.book.embedded import change_ranges
from syncd.sandbox.book.formula import Reference, Shift, respelled
from syncd.sandbox.book.locales import knows_locale, locale_of
from syncd.sandbox.book.model import Book, Sheet
from syncd.sandbox.book.render import sheet_properties
from syncd.sandbox.book.structure import check_size, delete, rewrite_formulas, rewrite_texts
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge, parse_mask, wants
from syncd.sandbox.requests.rehoming import rehome

_NO_FIELDS = "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"


def update_spreadsheet_properties(batch: Batch, request: Json) -> None:
    """Change the title, the locale or other properties of the book."""
    mask = parse_mask(request.get("fields", ""), "SpreadsheetProperties")
    if not mask:
        raise invalid(_NO_FIELDS)
    given, default = request.get("properties", {}), batch.book.properties["defaultFormat"]
    if "title" in mask and not given.get("title"):
        raise invalid("The spreadsheet title cannot be empty.")
    changed = merge(batch.book.properties, given, mask)
    check_properties(changed)
    kept = ("title", "locale", "timeZone", "autoRecalc", "defaultFormat", "spreadsheetTheme")
    before, after = (
        locale_of(properties["locale"]).decimal == ","
        for properties in (batch.book.properties, changed)
    )
    if before != after:
        rewrite_texts(batch.book, lambda _, text: respelled(text, before, after))
    batch.book.properties = {k: batch.book.properties[k] for k in kept} | changed
    batch.book.properties["defaultFormat"] = default


_OFFSET = re.compile(r"(GMT|UTC)([+-]\d{1,2}(:?\d{2})?)?\Z")


def check_properties(properties: Json) -> None:
    """Refuse a locale or a time zone that there is not."""
    locale, zone = properties.get("locale", "en_US"), properties.get("timeZone", "Etc/GMT")
    if not knows_locale(locale):
        raise invalid(f"Unsupported locale: {locale}")
    zones = available_timezones()  # none at all where the machine has no list of them
    if zones and zone not in zones and not _OFFSET.match(zone):
        raise invalid(f"Invalid time zone: {zone}")


def new_sheet(batch: Batch, given: Json, index: int | None = None) -> Sheet:
    """Build a sheet from the properties that a request gives, and put it among the tabs."""
    book, given = batch.book, dict(given)
    taken = {sheet.sheet_id for sheet in book.sheets}
    sheet_id = given.pop("sheetId", None)
    if sheet_id is None:
        sheet_id = batch.new_id(taken)
    if sheet_id < 0:
        raise invalid(f"Invalid sheetId: {sheet_id}. It must not be negative.")
    if sheet_id in taken:
        raise invalid(f"Sheet with id {sheet_id} already exists.")
    title = given.pop("title", None) or _free_title(book)
    _check_title(book, title, None)
    grid = dict(given.pop("gridProperties", {}))
    rows, columns = grid.pop("rowCount", 1000), grid.pop("columnCount", 26)
    if rows < 1 or columns < 1:
        raise invalid("The grid must have at least one row and one column.")
    position = given.pop("index", index)
    if position is not None and position < 0:
        raise invalid(f"Invalid index: {position}. It must not be negative.")
    kind = given.pop("sheetType", "GRID")
    if kind != "GRID":  # only a chart or a data source brings such a tab along
        raise invalid(f"Cannot add a sheet of type: {kind}")
    properties = {"title": title} | paired(given)
    if grid:
        properties["gridProperties"] = {k: v for k, v in grid.items() if v}
    sheet = Sheet(sheet_id, properties, rows, columns)
    place = len(book.sheets) if position is None else min(position, len(book.sheets))
    book.sheets.insert(place, sheet)
    book.own.add(sheet_id)
    check_size(book)
    return sheet


def new_object_sheet(batch: Batch, sheet_id: int | None) -> Sheet:
    """Add a tab that is no grid, for one chart."""
    book, number = batch.book, 1
    taken = {sheet.sheet_id for sheet in book.sheets}
    if sheet_id in taken:
        raise invalid(
            f"Cannot add chart to new sheet with ID: {sheet_id}, a sheet with that ID already "
            "exists."
        )
    if sheet_id is not None and sheet_id < 0:
        raise invalid(f"Invalid sheetId: {sheet_id}. It must not be negative.")
    while book.sheet_titled(f"Chart{number}") is not None:
        number += 1
    properties = {"title": f"Chart{number}", "sheetType": "OBJECT"}
    sheet = Sheet(batch.new_id(taken) if sheet_id is None else sheet_id, properties, 0, 0)
    book.sheets.append(sheet)
    book.own.add(sheet.sheet_id)
    check_size(book)
    return sheet


def _free_title(book: Book) -> str:
    number = len(book.sheets) + 1
    while book.sheet_titled(f"Sheet{number}") is not None:
        number += 1
    return f"Sheet{number}"


def _check_title(book: Book, title: str, own: Sheet | None) -> None:
    if not title:
        raise invalid("The sheet name cannot be empty.")
    other = book.sheet_titled(title)
    if other is not None and (own is None or other.sheet_id != own.sheet_id):
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


def add_sheet(batch: Batch, request: Json) -> Json:
    """Add a tab."""
    sheet = new_sheet(batch, request.get("properties", {}))
    return {"addSheet": {"properties": sheet_properties(batch.book, sheet)}}


def delete_sheet(batch: Batch, request: Json) -> None:
    """Delete a tab with all that is on it; formulas that point to it break."""
    sheet = batch.book.sheet(request.get("sheetId", 0))
    grids = [s for s in batch.book.sheets if not s.is_object]
    visible = [s for s in batch.book.sheets if not s.properties.get("hidden")]
    if grids == [sheet] or visible == [sheet]:
        raise invalid("You can't remove all the sheets in a document.")
    batch.guard(sheet.whole())
    remove_sheet(batch.book, sheet)


def remove_sheet(book: Book, sheet: Sheet) -> None:
    """Take a sheet out of a draft, with the names and metadata that belong to it."""
    title = sheet.title.casefold()

    def change(home: Sheet, reference: Reference) -> Reference | None:
        del home
        gone = reference.title is not None and reference.title.casefold() == title
        return None if gone else reference

    book.sheets = [s for s in book.sheets if s.sheet_id != sheet.sheet_id]
    rewrite_formulas(book, change)
    change_ranges(book, sheet.sheet_id, lambda _: None)
    for key, named in list(book.named.items()):
        if named["range"].get("sheetId", 0) == sheet.sheet_id:
            del book.named[key]
    for number, entry in list(book.metadata.items()):
        place = entry["location"]
        owner = place.get("dimensionRange", {}).get("sheetId", 0)
        on_sheet = place.get("sheetId") if "sheetId" in place else None
        if on_sheet == sheet.sheet_id or ("dimensionRange" in place and owner == sheet.sheet_id):
            del book.metadata[number]


def update_sheet_properties(batch: Batch, request: Json) -> None:
    """Rename, move, hide, colour, freeze or resize a tab."""
    mask = paired_mask(parse_mask(request.get("fields", ""), "SheetProperties"))
    if not mask:
        raise invalid(_NO_FIELDS)
    given = paired(request.get("properties", {}))
    sheet = batch.sheet(given.get("sheetId", 0))
    if wants(mask, "title"):
        _rename(batch, sheet, given.get("title", ""))
    if wants(mask, "hidden") and given.get("hidden"):
        others = [s for s in batch.book.sheets if s is not sheet and not s.properties.get("hidden")]
        if not others:
            raise invalid("You can't hide all the sheets in a document.")
    if "index" in mask or ("*" in mask and "index" in given):
        _reorder(batch.book, sheet, given.get("index", 0))
    _change_grid(batch, sheet, given.get("gridProperties", {}), mask.get("gridProperties"), mask)
    plain = {k: v for k, v in mask.items() if k not in _SPECIAL}
    if "*" in mask:
        plain = {k: {} for k in ("hidden", "tabColor", "tabColorStyle", "rightToLeft")}
    if plain:
        grid = sheet.properties.get("gridProperties")
        sheet.properties = merge(sheet.properties, given, plain)
        if grid is not None:
            sheet.properties["gridProperties"] = grid
    sheet.properties = {k: v for k, v in sheet.properties.items() if v is not False}


_SPECIAL = {"title", "index", "gridProperties", "sheetId", "sheetType", "*"}


def _rename(batch: Batch, sheet: Sheet, title: str) -> None:
    _check_title(batch.book, title, sheet)
    old = sheet.title
    sheet.properties = sheet.properties | {"title": title}
    if old == title:
        return

    def change(home: Sheet, reference: Reference) -> Reference:
        del home
        if reference.title is not None and reference.title.casefold() == old.casefold():
            return reference._replace(title=title)
        return reference

    rewrite_formulas(batch.book, change)


def _reorder(book: Book, sheet: Sheet, index: int) -> None:
    """Move a tab; as in Google, the index counts the tabs as they were before the move."""
    old = book.position(sheet.sheet_id)
    book.sheets.pop(old)
    place = index - 1 if index > old else index
    book.sheets.insert(min(max(place, 0), len(book.sheets)), sheet)


def _change_grid(batch: Batch, sheet: Sheet, given: Json, tree: Json | None, mask: Json) -> None:
    if sheet.is_object and (tree is not None or given):
        raise invalid(f"No grid with id: {sheet.sheet_id}")
    if sheet.is_object or (tree is None and "*" not in mask):
        return
    wanted = set(tree) if tree else set(given) if given else set()
    if "*" in mask or (tree is not None and not tree):
        wanted = set(given) | (set(sheet.properties.get("gridProperties", {})) if given else set())
    rows = given.get("rowCount", 0) if "rowCount" in wanted else sheet.row_count
    columns = given.get("columnCount", 0) if "columnCount" in wanted else sheet.column_count
    if rows < 1 or columns < 1:
        raise invalid("You can't delete all the rows or columns on the sheet.")
    _resize(batch, sheet, rows, columns)
    grid = dict(sheet.properties.get("gridProperties", {}))
    for name in wanted - {"rowCount", "columnCount"}:
        grid.pop(name, None)
        if given.get(name):
            grid[name] = given[name]
    if grid.get("frozenRowCount", 0) >= sheet.row_count > 0 and "frozenRowCount" in wanted:
        raise invalid("You can't freeze all visible rows on the sheet.")
    if grid.get("frozenColumnCount", 0) >= sheet.column_count and "frozenColumnCount" in wanted:
        raise invalid("You can't freeze all visible columns on the sheet.")
    _refuse_torn_merges(sheet, grid, wanted)
    sheet.properties = {k: v for k, v in sheet.properties.items() if k != "gridProperties"}
    if grid:
        sheet.properties["gridProperties"] = grid


def _refuse_torn_merges(sheet: Sheet, grid: Json, wanted: set[str]) -> None:
    """Refuse a frozen edge that a merged cell lies across."""
    for name, word in (("Row", "rows"), ("Column", "columns")):
        key = f"frozen{name}Count"
        frozen = grid.get(key, 0) if key in wanted else 0
        if any(m[f"start{name}Index"] < frozen < m[f"end{name}Index"] for m in sheet.merges):
            raise invalid(
                f"Sorry, you can't freeze {word} which contain only part of a merged cell. Try to "
                f"break apart merged cells or freeze more {word} to include the complete merged "
                "cells."
            )


def _resize(batch: Batch, sheet: Sheet, rows: int, columns: int) -> None:
    if rows < sheet.row_count:
        delete(batch.book, sheet.sheet_id, Shift(True, rows, rows - sheet.row_count))
    if columns < sheet.column_count:
        delete(batch.book, sheet.sheet_id, Shift(False, columns, columns - sheet.column_count))
    sheet.row_count, sheet.column_count = rows, columns
    check_size(batch.book)


def duplicate_sheet(batch: Batch, request: Json) -> Json:
    """Copy a tab within the book."""
    source = batch.book.sheet(request.get("sourceSheetId", 0))
    title = request.get("newSheetName") or copy_title(batch.book, source.title)
    sheet = copy_sheet(batch, source, title, request.get("newSheetId"))
    batch.book.sheets.insert(min(request.get("insertSheetIndex", 0), len(batch.book.sheets)), sheet)
    check_size(batch.book)
    return {"duplicateSheet": {"properties": sheet_properties(batch.book, sheet)}}


def copy_title(book: Book, title: str) -> str:
    """Give the title of a copy, numbered when it is not the first."""
    wanted, number = f"Copy of {title}", 1
    while book.sheet_titled(wanted) is not None:
        wanted, number = f"Copy of {title} {number}", number + 1
    return wanted


def copy_sheet(batch: Batch, source: Sheet, title: str, sheet_id: int | None = None) -> Sheet:
    """Give a copy of a sheet with its own id; the ranges on it follow."""
    taken = {s.sheet_id for s in batch.book.sheets}
    new_id = batch.new_id(taken) if sheet_id is None else sheet_id
    if new_id in taken:
        raise invalid(f"Sheet with id {new_id} already exists.")
    _check_title(batch.book, title, None)
    sheet = source.draft()
    sheet.sheet_id = new_id
    sheet.properties = {k: v for k, v in source.properties.items() if k != "hidden"}
    sheet.properties["title"] = title
    rehome(batch, sheet, source)
    batch.book.own.add(new_id)
    return sheet
