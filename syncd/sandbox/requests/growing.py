"""What takes in rows or columns that come right after its own end, as far as settings say so."""

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.formula import Shift
from syncd.sandbox.book.model import Sheet
from syncd.sandbox.errors import Json


def grow_over(batch: Batch, sheet_id: int, shift: Shift) -> None:
    """Let what ends where rows or columns were inserted take them in, as far as settings say."""
    sheet, key = batch.sheet(sheet_id), "endRowIndex" if shift.is_rows else "endColumnIndex"
    if batch.settings["insert_at_end_grows_rules"]:
        sheet.conditional = [_rule(rule, key, shift) for rule in sheet.conditional]
    if batch.settings["insert_at_end_grows_ranges"]:
        sheet.protected = [_thing(rule, key, shift) for rule in sheet.protected]
        for name, named in batch.book.named.items():
            if named["range"].get("sheetId", 0) == sheet_id:
                batch.book.named[name] = _thing(named, key, shift)
    if shift.is_rows:
        grow_filter(batch, sheet, shift.at, shift.by)


def grow_filter(batch: Batch, sheet: Sheet, at: int, count: int) -> None:
    """Let the basic filter take in rows that were put right below it."""
    if sheet.basic_filter and batch.settings["basic_filter_grows_at_end"]:
        sheet.basic_filter = _thing(sheet.basic_filter, "endRowIndex", Shift(True, at, count))


def _grown(grid_range: Json, key: str, shift: Shift) -> Json:
    ends_there = grid_range.get(key) == shift.at
    return grid_range | {key: shift.at + shift.by} if ends_there else grid_range


def _thing(thing: Json, key: str, shift: Shift) -> Json:
    return thing | {"range": _grown(thing["range"], key, shift)} if "range" in thing else thing


def _rule(rule: Json, key: str, shift: Shift) -> Json:
    return rule | {"ranges": [_grown(one, key, shift) for one in rule["ranges"]]}
