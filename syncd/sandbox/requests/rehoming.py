"""What lies on a copied sheet: ranges of its own sheet, ids of its own, formulas that mean it."""

from functools import partial

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.embedded import rehomed_objects
from syncd.sandbox.book.formula import Reference, rewrite
from syncd.sandbox.book.model import Cell, Formula, Sheet
from syncd.sandbox.book.rules import rewrite_sheet_rules
from syncd.sandbox.errors import Json
from syncd.sandbox.requests.located import OBJECT_KEYS, ids, object_ids


def rehome(batch: Batch, sheet: Sheet, source: Sheet) -> None:
    """Let all that was copied with a sheet belong to the copy."""
    home = partial(_at_home, sheet.sheet_id)
    sheet.merges = [home(merge) for merge in sheet.merges]
    for name, key in (
        ("protected", "protectedRangeId"),
        ("banded", "bandedRangeId"),
        ("filter_views", "filterViewId"),
    ):
        taken = ids(batch, name)
        things = []
        for thing in getattr(sheet, name):
            number = batch.new_id(taken)
            taken.add(number)
            kept = {k: v for k, v in thing.items() if k != "namedRangeId"}
            things.append(_thing(kept, sheet.sheet_id) | {key: number})
        setattr(sheet, name, things)
    if sheet.basic_filter is not None:
        sheet.basic_filter = _thing(sheet.basic_filter, sheet.sheet_id)
    sheet.conditional = [
        rule | {"ranges": [home(r) for r in rule["ranges"]]} for rule in sheet.conditional
    ]
    for name in ("row_groups", "column_groups"):
        setattr(sheet, name, [_thing(group, sheet.sheet_id) for group in getattr(sheet, name)])
    sheet.tables = _tables(batch, sheet)
    _rehome_objects(batch, sheet, source)
    _rename_own(sheet, source.title)


def _rehome_objects(batch: Batch, sheet: Sheet, source: Sheet) -> None:
    """Give the copied charts and slicers ids of their own; they read the copy."""
    taken = object_ids(batch)

    def new_id() -> int:
        taken.add(drawn := batch.new_id(taken))
        return drawn

    there = any(other is source for other in batch.book.sheets)
    homes = (source.sheet_id, sheet.sheet_id)
    for kind, key in OBJECT_KEYS.items():
        copies = rehomed_objects(getattr(sheet, kind), key, homes, lambda _: there, new_id)
        setattr(sheet, kind, copies)


def _at_home(sheet_id: int, grid_range: Json) -> Json:
    """Give a range on the copy, spelled as answers print it."""
    rest = {k: v for k, v in grid_range.items() if k != "sheetId"}
    return ({"sheetId": sheet_id} if sheet_id else {}) | rest


def _thing(thing: Json, sheet_id: int) -> Json:
    moved = dict(thing)
    if "range" in thing:
        moved["range"] = _at_home(sheet_id, thing["range"])
    if "unprotectedRanges" in thing:
        moved["unprotectedRanges"] = [_at_home(sheet_id, r) for r in thing["unprotectedRanges"]]
    return moved


def _tables(batch: Batch, sheet: Sheet) -> list[Json]:
    taken = {table["name"].casefold() for s in batch.book.sheets for table in s.tables}
    copies = []
    for table in sheet.tables:
        name, number = table["name"], 1
        while name.casefold() in taken:
            name, number = f"{table['name']}_{number}", number + 1
        taken.add(name.casefold())
        own = {"tableId": str(batch.new_id()), "name": name}
        copies.append(_thing(table, sheet.sheet_id) | own)
    return copies


def _rename_own(sheet: Sheet, old_title: str) -> None:
    """Let formulas and rules that named the original mean the copy."""
    if old_title == sheet.title:
        return

    def rename(reference: Reference) -> Reference:
        own = reference.title is not None and reference.title.casefold() == old_title.casefold()
        return reference._replace(title=sheet.title) if own else reference

    for index, row in enumerate(sheet.rows):
        if not row.has_formula:
            continue
        changed: dict[int, Cell] = {}
        for column, cell in row.cells.items():
            if isinstance(cell.value, Formula):
                text = rewrite(cell.value.text, rename)
                if text != cell.value.text:
                    changed[column] = cell._replace(value=Formula(text))
        if changed:
            sheet.rows[index] = row.with_cells(row.cells | changed)
    rewrite_sheet_rules(sheet, rename)
