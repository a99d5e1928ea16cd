"""The requests of batchUpdate about tables, and what tables refuse in others."""

from syncd.sandbox.book.bands import band_of, move_band
from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.colours import paired
from syncd.sandbox.book.conditions import VALIDATION, check_condition
from syncd.sandbox.book.grid_range import grid_area, grid_range
from syncd.sandbox.book.model import EMPTY_CELL, Area, Book, Sheet
from syncd.sandbox.book.structure import check_size
from syncd.sandbox.book.tables import body_of, columns_of
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge
from syncd.sandbox.requests.fields import required_mask

BANDED = (
    "You cannot add alternating background colors to a range that already has alternating "
    "background colors."
)
_CHIPS = {"FILES_CHIP", "PEOPLE_CHIP", "FINANCE_CHIP", "PLACE_CHIP", "RATINGS_CHIP"}
_TYPES = {"DOUBLE", "CURRENCY", "PERCENT", "DATE", "TIME", "DATE_TIME", "TEXT", "BOOLEAN"}
_TYPES |= _CHIPS | {"DROPDOWN"}


def add_table(batch: Batch, request: Json) -> Json:
    """Make a table of a range; its first row holds the names of its columns."""
    given = paired(request.get("table", {}))
    area = batch.writable(given.get("range"))
    taken = {table["tableId"] for sheet in batch.book.sheets for table in sheet.tables}
    number = given.get("tableId") or str(batch.new_id())
    if number in taken:
        raise invalid(f"A table with id {number} already exists.")
    _check_place(batch, area, None)
    name = given.get("name") or _free_name(batch.book)
    _check_name(batch.book, name, None)
    columns = _checked_columns(given.get("columnProperties", []), area.right - area.left)
    unnamed = 0
    for column in columns.values():
        if not column.get("columnName") and "columnType" in column:
            unnamed += 1
            column["columnName"] = f"Column {unnamed}"
    sheet = batch.sheet(area.sheet_id)
    table: Json = {"tableId": number, "name": name, "range": grid_range(area)}
    if given.get("rowsProperties"):
        table["rowsProperties"] = given["rowsProperties"]
    _name_columns(batch, sheet, area, columns)
    table["columnProperties"] = list(columns.values())
    table["columnProperties"] = columns_of(batch.book, sheet, table)
    sheet.tables.append(table)
    _fill_defaults(batch.book, sheet, table)
    return {"addTable": {"table": table}}


def _free_name(book: Book) -> str:
    names = {table["name"].casefold() for sheet in book.sheets for table in sheet.tables}
    number = 1
    while f"table{number}" in names:
        number += 1
    return f"Table{number}"


def _check_name(book: Book, name: str, own: str | None) -> None:
    for sheet in book.sheets:
        for table in sheet.tables:
            if table["tableId"] != own and table["name"].casefold() == name.casefold():
                raise invalid(f'A table with the name "{name}" already exists.')


def _check_place(batch: Batch, area: Area, own: str | None) -> None:
    """Refuse a table over another one, over merged cells, a filter or alternating colours."""
    if area.top == area.bottom or area.left == area.right:
        raise invalid("The range of a table must not be empty.")
    sheet = batch.book.sheet(area.sheet_id)
    for table in sheet.tables:
        if table["tableId"] != own and batch.area(table["range"]).meets(area):
            raise invalid("You can't create a table that overlaps another table.")
    if any(batch.area(merged).meets(area) for merged in sheet.merges):
        raise invalid("You can't create a table over a range containing merged cells.")
    if sheet.basic_filter and batch.area(sheet.basic_filter["range"]).meets(area):
        raise invalid("You can't create a table over a range containing a filter.")
    if any(batch.area(banded["range"]).meets(area) for banded in sheet.banded):
        raise invalid(BANDED)


def _checked_columns(given: list[Json], width: int) -> dict[int, Json]:
    """Give the columns that a request describes, by their place in the table."""
    columns: dict[int, Json] = {}
    for column in given:
        index = column.get("columnIndex", 0)
        if not 0 <= index < width:
            raise invalid(f"columnIndex[{index}] is outside of the table.")
        if index in columns:
            raise invalid(f"columnIndex[{index}] is specified more than once.")
        kept = {k: v for k, v in column.items() if v != "COLUMN_TYPE_UNSPECIFIED"}
        condition = kept.get("dataValidationRule", {}).get("condition")
        if kept.get("columnType") == "DROPDOWN":
            if condition is None:
                raise invalid("Condition must be set for dropdown column type.")
            check_condition(condition, VALIDATION)
        elif condition is not None:
            raise invalid("Cannot set condition for non-dropdown column type.")
        columns[index] = kept
    return columns


def _name_columns(batch: Batch, sheet: Sheet, area: Area, columns: dict[int, Json]) -> None:
    """Write the names of columns into their header cells, as plain text."""
    changed = {
        area.left + index: sheet.cell(area.top, area.left + index)._replace(
            value=column["columnName"], runs=None
        )
        for index, column in columns.items()
        if column.get("columnName")
    }
    if changed:
        batch.guard(area._replace(bottom=area.top + 1))
        sheet.put_cells(area.top, changed)


def _fill_defaults(book: Book, sheet: Sheet, table: Json) -> None:
    """Let the cells of a column of checkboxes or ratings hold one."""
    area = body_of(book, table)
    defaults = {"BOOLEAN": False, "RATINGS_CHIP": 0}
    for column in table["columnProperties"]:
        default = defaults.get(column.get("columnType", ""))
        if default is None:
            continue
        place = area.left + column.get("columnIndex", 0)
        for row in range(area.top, area.bottom):
            cell = sheet.cell(row, place)
            if cell.value is None or isinstance(cell.value, str):
                sheet.put_cells(row, {place: cell._replace(value=default, runs=None)})


def _located(batch: Batch, number: str) -> tuple[Sheet, int]:
    for sheet in batch.book.sheets:
        for place, table in enumerate(sheet.tables):
            if table["tableId"] == number:
                batch.guard_sheet(sheet.sheet_id)
                return batch.sheet(sheet.sheet_id), place
    raise invalid(f"No table with id: {number}")


def update_table(batch: Batch, request: Json) -> None:
    """Rename, move or resize a table, or describe its columns anew."""
    mask = required_mask(request, "Table")
    given = paired(request.get("table", {}))
    sheet, place = _located(batch, given.get("tableId", ""))
    old = sheet.tables[place]
    changed = dict(old)
    if "*" in mask or "name" in mask:
        changed["name"] = given.get("name") or old["name"]
        _check_name(batch.book, changed["name"], old["tableId"])
    if ("*" in mask and "range" in given) or "range" in mask:
        area = batch.writable(given.get("range"))
        if area.sheet_id != sheet.sheet_id:
            raise invalid("A table cannot be moved to another sheet.")
        _check_place(batch, area, old["tableId"])
        changed["range"] = grid_range(area)
    if "rowsProperties" in mask or ("*" in mask and "rowsProperties" in given):
        tree = {"rowsProperties": mask.get("rowsProperties", {})}
        _set_footer(batch, sheet, changed, merge(old, given, tree).get("rowsProperties", {}))
    if "columnProperties" in mask or ("*" in mask and "columnProperties" in given):
        area = batch.area(changed["range"])
        columns = _checked_columns(given.get("columnProperties", []), area.right - area.left)
        if any(not column.get("columnName") for column in columns.values()):
            raise invalid("Table header row cell must have a value.")
        _name_columns(batch, sheet, area, columns)
        changed["columnProperties"] = list(columns.values())
    changed["columnProperties"] = columns_of(batch.book, sheet, changed)
    sheet.tables[place] = changed
    _fill_defaults(batch.book, sheet, changed)


def _set_footer(batch: Batch, sheet: Sheet, table: Json, properties: Json) -> None:
    """Give a table other colours; with its first footer colour it grows by a row for it."""
    had = "footerColorStyle" in table.get("rowsProperties", {})
    if "footerColorStyle" in properties and not had:
        area = batch.area(table["range"])
        _open_below(batch, sheet, area, 1)
        table["range"] = table["range"] | {"endRowIndex": area.bottom + 1}
    table.pop("rowsProperties", None)
    if properties:
        table["rowsProperties"] = properties


def delete_table(batch: Batch, request: Json) -> None:
    """Delete a table with its cells, and the conditional formats over them."""
    sheet, place = _located(batch, request.get("tableId", ""))
    area = batch.writable(sheet.tables[place]["range"])
    del sheet.tables[place]
    for index in range(area.top, min(area.bottom, len(sheet.rows))):
        cells = [c for c in sheet.rows[index].cells if area.left <= c < area.right]
        if cells:
            sheet.put_cells(index, dict.fromkeys(cells, EMPTY_CELL))
    rules = []
    for rule in sheet.conditional:
        ranges = [r for r in rule["ranges"] if not area.contains(grid_area(batch.book, r))]
        if ranges:
            rules.append(rule | {"ranges": ranges})
    sheet.conditional = rules


def make_room(batch: Batch, number: str, count: int) -> tuple[Sheet, int, int, int]:
    """Make room for rows below a table's last one: its sheet, their first row, its columns."""
    sheet, place = _located(batch, number)
    table, body = sheet.tables[place], body_of(batch.book, sheet.tables[place])
    top = body.bottom
    while top > body.top and not _holds_value(sheet, top - 1, body):
        top -= 1
    missing = top + count - body.bottom
    if missing > 0:
        end = table["range"]["endRowIndex"]
        _open_below(batch, sheet, body, missing)
        if sheet.tables[place]["range"]["endRowIndex"] == end:  # nothing had to be pushed down
            grown = table["range"] | {"endRowIndex": end + missing}
            sheet.tables[place] = table | {"range": grown}
    return sheet, top, body.left, body.right


def _holds_value(sheet: Sheet, row: int, area: Area) -> bool:
    cells = sheet.row(row).cells.items()
    return any(area.left <= c < area.right and cell.value not in (None, False) for c, cell in cells)


def _open_below(batch: Batch, sheet: Sheet, area: Area, count: int) -> None:
    """Push down what stands below an area, and let the grid grow where it ends too early."""
    under = area._replace(top=area.bottom, bottom=area.bottom + count)
    sheet.row_count = max(sheet.row_count, under.bottom)
    check_size(batch.book)
    rows = range(under.top, len(sheet.rows))
    if any(_holds_value(sheet, row, under) for row in rows):
        batch.guard(under._replace(bottom=sheet.row_count))
        move_band(batch.book, sheet.sheet_id, band_of(under, is_rows=True, inserting=True))


def refuse_typed(book: Book, area: Area) -> None:
    """Refuse rules of people's own on the cells of a table's typed columns."""
    for table in book.sheet(area.sheet_id).tables:
        body = body_of(book, table)
        for column in table["columnProperties"]:
            left = body.left + column.get("columnIndex", 0)
            typed = column.get("columnType") in _TYPES
            if typed and body._replace(left=left, right=left + 1).meets(area):
                raise invalid("This operation is not allowed on cells in typed columns.")


def refuse_in_table(book: Book, area: Area) -> None:
    """Refuse merged cells within a table."""
    for table in book.sheet(area.sheet_id).tables:
        if grid_area(book, table["range"], clamp=True).meets(area):
            raise invalid("You can't merge cells inside of a table.")
