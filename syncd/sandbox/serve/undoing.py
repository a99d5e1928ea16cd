"""Taking a revision back although others went on: what they did since stays.

Three versions meet: the one before the revision, the one after it, and the draft of the current
one. First what the revision did to rows and columns is turned round, in the draft and in a copy of
the version after it. Then every part of the draft that still is as the revision left it becomes
what it was before; what somebody changed since stays theirs.
"""

from typing import Any

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.following import Move
from syncd.sandbox.book.formula import Shift, offset
from syncd.sandbox.book.model import EMPTY_CELL, Book, Cell, Formula, Sheet
from syncd.sandbox.book.moves import Sorted, followed
from syncd.sandbox.book.structure import delete, insert, move
from syncd.sandbox.errors import ApiError

_FIELDS = (
    "merges",
    "basic_filter",
    "filter_views",
    "protected",
    "conditional",
    "banded",
    "row_groups",
    "column_groups",
    "charts",
    "slicers",
)
Moves = list[tuple[int, object]]


def take_back(batch: Batch, before: Book, after: Book, since: Moves) -> None:
    """Take one revision back in a draft; `since` is what moved after it."""
    draft, copy = batch.book, after.draft()
    changed = [s.sheet_id for s in after.sheets if not _same(s, _found(before, s.sheet_id))]
    untouched = {i for i in changed if _same(_found(after, i), _found(draft, i))}
    for sheet_id in changed:
        own = [m for i, m in after.moves if i == sheet_id]
        if sheet_id not in untouched and _found(before, sheet_id) and _found(draft, sheet_id):
            _turn_round(draft, copy, sheet_id, own, since)
    for sheet_id in changed:
        old = _found(before, sheet_id)
        if sheet_id in untouched and old is not None:
            draft.sheets[draft.position(sheet_id)] = old
            draft.own.discard(sheet_id)
            draft.moves += [(sheet_id, m) for m in _reversed(after.moves, sheet_id)]
        elif old is not None and _found(draft, sheet_id):
            _merge_sheet(draft, copy, old, after, since)
    _tabs(draft, before, after)
    for name in ("properties", "named", "metadata"):
        setattr(
            draft, name, _merged(getattr(before, name), getattr(after, name), getattr(draft, name))
        )
    draft.cache.clear()


def _found(book: Book, sheet_id: int) -> Sheet | None:
    return next((s for s in book.sheets if s.sheet_id == sheet_id), None)


def _same(one: Sheet | None, other: Sheet | None) -> bool:
    return one is other


def _reversed(moves: Moves, sheet_id: int) -> list[object]:
    """Give the moves that lead back, last first."""
    back: list[object] = []
    for moved, each in reversed(moves):
        if moved != sheet_id:
            continue
        if isinstance(each, Shift):
            back.append(Shift(each.is_rows, each.at, -each.by))
        elif isinstance(each, Move):
            back.append(_back(each))
        elif isinstance(each, Sorted):
            back.append(each.back())
    return back


def _back(each: Move) -> Move:
    start, count = each.point(each.start), each.end - each.start
    return Move(
        each.is_rows, start, start + count, each.start if each.to > each.start else each.end
    )


def _turn_round(draft: Book, copy: Book, sheet_id: int, own: list[object], since: Moves) -> None:
    later = [m for i, m in since if i == sheet_id]
    for each in reversed(own):
        if isinstance(each, Sorted):
            if later:
                raise _refused("rows were moved or sorted since")
            for book in (copy, draft):
                _unsort(book, sheet_id, each)
        elif isinstance(each, Shift):
            _unshift(draft, copy, sheet_id, each, since)
        elif isinstance(each, Move):
            if later:
                raise _refused("rows were moved or sorted since")
            for book in (copy, draft):
                move(book, sheet_id, _back(each))


def _refused(why: str) -> ApiError:
    return ApiError(409, f"This cannot be undone any more: {why}.")


def _unsort(book: Book, sheet_id: int, each: Sorted) -> None:
    sheet, area = book.edit(sheet_id), each.area
    cells = [sheet.row(row).cells for row in range(area.top, area.bottom)]
    for index, landed in enumerate(each.landed):
        row, changed = area.top + index, {}
        if row == landed:
            continue
        for column in range(area.left, area.right):
            cell = cells[landed - area.top].get(column, EMPTY_CELL)
            if type(cell.value) is Formula:
                cell = cell._replace(value=Formula(offset(cell.value.text, row - landed, 0)))
            changed[column] = cell
        sheet.put_cells(row, changed)
    book.moves.append((sheet_id, each.back()))


def _unshift(draft: Book, copy: Book, sheet_id: int, each: Shift, since: Moves) -> None:
    def place(index: int) -> int | None:
        found = followed(since, sheet_id, *((index, 0) if each.is_rows else (0, index)))
        return None if found is None else found[0 if each.is_rows else 1]

    if each.by > 0:
        landed = [i for i in map(place, range(each.at, each.at + each.by)) if i is not None]
        for index in sorted(landed, reverse=True):
            if each.is_rows and _differs(draft, copy, sheet_id, index, each.at):
                raise _refused("somebody has written into the new rows")
            delete(draft, sheet_id, Shift(each.is_rows, index, -1))
        delete(copy, sheet_id, Shift(each.is_rows, each.at, -each.by))
        return
    before = place(each.at - 1) if each.at else -1
    at = each.at if before is None else before + 1
    insert(draft, sheet_id, Shift(each.is_rows, at, -each.by), before=None)
    insert(copy, sheet_id, Shift(each.is_rows, each.at, -each.by), before=None)


def _differs(draft: Book, copy: Book, sheet_id: int, index: int, at: int) -> bool:
    now, made = draft.sheet(sheet_id).row(index).cells, copy.sheet(sheet_id).row(at).cells
    values = {c: cell.value for c, cell in now.items() if cell.value is not None}
    return values != {c: cell.value for c, cell in made.items() if cell.value is not None}


def _merge_sheet(draft: Book, copy: Book, old: Sheet, after: Book, since: Moves) -> None:
    sheet_id = old.sheet_id
    made, sheet = copy.sheet(sheet_id), draft.edit(sheet_id)
    forward = [m for m in after.moves if not isinstance(m[1], Sorted)]
    back = [m for m in draft.moves if not isinstance(m[1], Sorted)]
    for row in range(max(len(old.rows), len(made.rows))):
        was, left = old.row(row), made.row(row)
        if was is left:
            continue
        columns = [
            c for c in was.cells.keys() | left.cells.keys() if was.cells.get(c) != left.cells.get(c)
        ]
        for column in columns:
            place = followed([*forward, *since, *back], sheet_id, row, column) or (row, column)
            _merge_cell(sheet, place, was.cells.get(column), left.cells.get(column))
        if (was.hidden, was.pixels) != (left.hidden, left.pixels):
            place = followed([*forward, *since, *back], sheet_id, row, 0) or (row, 0)
            now = sheet.row(place[0])
            if (now.hidden, now.pixels) == (left.hidden, left.pixels):
                sheet.put_row(place[0], type(now)(now.cells, was.hidden, was.pixels))
    for name in _FIELDS:
        if getattr(sheet, name) == getattr(made, name):
            setattr(sheet, name, getattr(old, name))
    sheet.properties = _merged(old.properties, made.properties, sheet.properties)
    sheet.columns = _merged(old.columns, made.columns, sheet.columns)
    _size(sheet, old, made)


def _merge_cell(sheet: Sheet, place: tuple[int, int], was: Cell | None, left: Cell | None) -> None:
    if sheet.cell(*place) == (left or EMPTY_CELL):
        sheet.put_cells(place[0], {place[1]: was or EMPTY_CELL})


def _size(sheet: Sheet, old: Sheet, made: Sheet) -> None:
    """Take back a grown grid where nothing stands in what it grew by."""
    if made.row_count > old.row_count and sheet.row_count == made.row_count:
        sheet.row_count = max(old.row_count, len(sheet.rows))
    if made.column_count > old.column_count and sheet.column_count == made.column_count:
        used = max((max(row.cells, default=-1) + 1 for row in sheet.rows), default=0)
        sheet.column_count = max(old.column_count, used)


def _merged(old: dict[Any, Any], made: dict[Any, Any], now: dict[Any, Any]) -> dict[Any, Any]:
    """Give a table in which each entry that still is as it was made is what it was before."""
    merged = dict(now)
    for key in old.keys() | made.keys():
        if old.get(key) != made.get(key) and now.get(key) == made.get(key):
            if key in old:
                merged[key] = old[key]
            else:
                merged.pop(key, None)
    return merged


def _tabs(draft: Book, before: Book, after: Book) -> None:
    """Take back tabs that were added, deleted or put in another order."""
    old, made = [s.sheet_id for s in before.sheets], [s.sheet_id for s in after.sheets]
    for sheet_id in made:
        if sheet_id not in old and (now := _found(draft, sheet_id)):
            if not _same(now, _found(after, sheet_id)):
                raise _refused("somebody has changed the new tab")
            draft.sheets.remove(now)
    for position, sheet in enumerate(before.sheets):
        if sheet.sheet_id not in made and _found(draft, sheet.sheet_id) is None:
            draft.sheets.insert(min(position, len(draft.sheets)), sheet)
    moved = [i for i in old if i in made] != [i for i in made if i in old]
    if moved:
        draft.sheets.sort(key=lambda s: old.index(s.sheet_id) if s.sheet_id in old else len(old))
    if not draft.sheets:
        raise _refused("it would leave no tab")
