"""Ranges: A1 and R1C1 notation in all their forms, and the canonical spelling of answers.

A text is read as A1 notation first, then as R1C1, then as a named range, and only then as a tab's
title: a tab called A1 has to be quoted. Blanks are never skipped. A range may end beyond the grid,
but never begin there.
"""

import re
from typing import NamedTuple

from syncd.sandbox.book.grid_range import exceeds, grid_area, grid_range
from syncd.sandbox.book.model import Area, Book, Sheet
from syncd.sandbox.book.titles import column_index, column_letters, quoted_title
from syncd.sandbox.errors import Json, invalid

__all__ = [
    "column_index",
    "column_letters",
    "grid_area",
    "grid_range",
    "parse_a1",
    "quoted_title",
    "render",
]

_A1_CORNER = re.compile(r"\$?(?P<column>[A-Za-z]{1,3})?(?:\$?(?P<row>[0-9]{1,10}))?\Z")
_R1C1_CORNER = re.compile(
    r"(?P<r>[Rr](?:(?P<row>[0-9]{1,10})|\[(?P<down>[0-9]{1,10})\])?)?"
    r"(?P<c>[Cc](?:(?P<column>[0-9]{1,10})|\[(?P<across>[0-9]{1,10})\])?)?\Z"
)
_INDEX_MAX = 2**31 - 2


class _Corner(NamedTuple):
    """One end of a range, counted from 0; a side that is left open is None."""

    row: int | None
    column: int | None
    row_written: str | None = None
    column_written: str | None = None


def render(book: Book, area: Area) -> str:
    """Spell an area canonically, as Google's answers do."""
    start = f"{column_letters(area.left)}{area.top + 1}"
    text = f"{quoted_title(book.sheet(area.sheet_id).title)}!{start}"
    if area.bottom - area.top > 1 or area.right - area.left > 1:
        text += f":{column_letters(area.right - 1)}{area.bottom}"
    return text


def parse_a1(book: Book, text: str, *, clamp: bool = True) -> Area:
    """Read a range of a book; without `clamp` one that ends beyond the grid is refused."""
    named = _named(book, text)
    if named is not None and _corners(text) is None:
        return grid_area(book, named, clamp=True)
    sheet, cells = _split(book, text)
    if not cells:
        return sheet.whole()
    corners = _corners(cells)
    if corners is None:
        named = _named(book, cells)
        if named is None:
            raise _unreadable(text)
        return grid_area(book, named, clamp=True)
    return _within(sheet, corners, clamp=clamp)


def _unreadable(text: str) -> Exception:
    return invalid(f"Unable to parse range: {text}")


def _named(book: Book, name: str) -> Json | None:
    folded = name.casefold()
    for entry in book.named.values():
        if entry["name"].casefold() == folded:
            found: Json = entry["range"]
            return found
    return None


def _split(book: Book, text: str) -> tuple[Sheet, str]:
    """Take a range apart into its sheet and the cells of it; no cells means the whole sheet."""
    title, bang, cells = text.rpartition("!")
    if not bang:
        if _corners(text) is not None:
            return _first(book), text
    elif cells:
        if title in {"", "''"}:
            if _corners(cells) is not None:
                return _first(book), cells
        elif (sheet := _titled(book, title)) is not None and not sheet.is_object:
            return sheet, cells
    whole = _titled(book, text)
    if whole is None or whole.is_object:
        raise _unreadable(text)
    return whole, ""


def _first(book: Book) -> Sheet:
    grids = [s for s in book.sheets if not s.is_object]
    return next((s for s in grids if not s.properties.get("hidden")), grids[0])


def _titled(book: Book, spelled: str) -> Sheet | None:
    if len(spelled) > 1 and spelled[0] == spelled[-1] == "'":
        sheet = book.sheet_titled(spelled[1:-1].replace("''", "'"))
        if sheet is not None:
            return sheet
    return book.sheet_titled(spelled)


def _corners(cells: str) -> list[_Corner] | None:
    """Read the part after the title in the one notation that fits both its ends."""
    parts = cells.split(":")
    if len(parts) > 2:
        return None
    lettered = [corner for part in parts if (corner := _a1_corner(part)) is not None]
    if len(lettered) == len(parts) and (len(parts) == 2 or None not in lettered[0][:2]):
        return lettered
    numbered = [corner for part in parts if (corner := _r1c1_corner(part)) is not None]
    if len(numbered) < len(parts) or (len(parts) == 2 and _runs_empty(*numbered)):
        return None
    return numbered


def _a1_corner(part: str) -> _Corner | None:
    match = _A1_CORNER.match(part)
    if match is None or not (match["column"] or match["row"]):
        return None
    row = _index(match["row"])
    if match["row"] and row is None:
        return None
    return _Corner(row, column_index(match["column"]) if match["column"] else None)


def _r1c1_corner(part: str) -> _Corner | None:
    match = _R1C1_CORNER.match(part)
    if match is None or not (match["r"] or match["c"]):
        return None
    row = int(match["down"]) if match["down"] else _index(match["row"])
    column = int(match["across"]) if match["across"] else _index(match["column"])
    if (match["row"] and row is None) or (match["column"] and column is None):
        return None
    if max(row or 0, column or 0) > _INDEX_MAX:
        return None
    numberless = row is None and column is None
    return _Corner(
        0 if row is None and (match["r"] or numberless) else row,
        0 if column is None and (match["c"] or numberless) else column,
        _written(match["row"], match["down"]),
        _written(match["column"], match["across"]),
    )


def _index(number: str | None) -> int | None:
    """Turn a line's number into its index; there is no line 0."""
    index = int(number) - 1 if number else -1
    return index if 0 <= index <= _INDEX_MAX else None


def _written(absolute: str | None, relative: str | None) -> str | None:
    if absolute:
        return f"#{int(absolute)}"
    return f"+{int(relative)}" if relative else None


def _runs_empty(first: _Corner, last: _Corner) -> bool:
    """Tell whether R1C1 numbers of one kind run backwards by one: Google refuses just those."""
    for start, end in (
        (first.row_written, last.row_written),
        (first.column_written, last.column_written),
    ):
        if start and end and start[0] == end[0] and int(start[1:]) == int(end[1:]) + 1:
            return True
    return False


def _within(sheet: Sheet, corners: list[_Corner], *, clamp: bool) -> Area:
    """Lay corners over a sheet's grid."""
    whole, pair = sheet.whole(), [corners[0], corners[-1]]
    rows = [corner.row for corner in pair if corner.row is not None]
    columns = [corner.column for corner in pair if corner.column is not None]
    top, bottom = min(rows, default=0), max(rows) + 1 if len(rows) == 2 else None
    left, right = min(columns, default=0), max(columns) + 1 if len(columns) == 2 else None
    beyond = (bottom or 0) > whole.bottom or (right or 0) > whole.right
    if top >= whole.bottom or left >= whole.right or (beyond and not clamp):
        raise exceeds(sheet, (top if rows else None, bottom, left if columns else None, right))
    return Area(
        sheet.sheet_id,
        top,
        whole.bottom if bottom is None else min(bottom, whole.bottom),
        left,
        whole.right if right is None else min(right, whole.right),
    )
