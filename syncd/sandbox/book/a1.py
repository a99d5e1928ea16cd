"""Ranges: A1 notation in all its forms, grid ranges, and the canonical spelling of answers."""

import re

from syncd.sandbox.book.model import Area, Book, Sheet
from syncd.sandbox.errors import Json, invalid

_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*\Z")
_LOOKS_LIKE_CELL = re.compile(r"\$?[A-Za-z]{1,3}\$?[0-9]+\Z|[Rr][0-9]*[Cc][0-9]*\Z")
_PART = re.compile(r"\$?([A-Za-z]{1,3})?\$?([0-9]+)?\Z")
_QUOTED = re.compile(r"'((?:[^']|'')*)'(?:!(.*))?\Z", re.DOTALL)


def column_letters(index: int) -> str:
    """Spell a column index as letters: 0 is A."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Read column letters as an index: A is 0."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def quoted_title(title: str) -> str:
    """Spell a tab's title as it stands before the exclamation mark."""
    if _PLAIN_TITLE.match(title) and not _LOOKS_LIKE_CELL.match(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def render(book: Book, area: Area) -> str:
    """Spell an area canonically, as Google's answers do."""
    start = f"{column_letters(area.left)}{area.top + 1}"
    text = f"{quoted_title(book.sheet(area.sheet_id).title)}!{start}"
    if area.bottom - area.top > 1 or area.right - area.left > 1:
        text += f":{column_letters(area.right - 1)}{area.bottom}"
    return text


def parse_a1(book: Book, text: str, *, clamp: bool = True) -> Area:
    """Read a range of a book; a reading is clamped to the grid, a writing must lie within it."""
    sheet, cells = _split(book, text)
    if sheet is None:
        raise invalid(f"Unable to parse range: {text}")
    if not cells:
        return sheet.whole()
    named = next((n for n in book.named.values() if n["name"].casefold() == cells.casefold()), None)
    if named is not None and not _PART_PAIR.match(cells):
        return grid_area(book, named["range"], clamp=True)
    bounds = _bounds(cells)
    if bounds is None:
        raise invalid(f"Unable to parse range: {text}")
    top, bottom, left, right = bounds
    whole = sheet.whole()
    area = Area(
        sheet.sheet_id,
        top,
        whole.bottom if bottom is None else bottom,
        left,
        whole.right if right is None else right,
    )
    outside = area.top >= whole.bottom or area.left >= whole.right
    if outside or (not clamp and (area.bottom > whole.bottom or area.right > whole.right)):
        raise _beyond(book, area, sheet)
    return area._replace(bottom=min(area.bottom, whole.bottom), right=min(area.right, whole.right))


_PART_PAIR = re.compile(r"\$?[A-Za-z]{0,3}\$?[0-9]*:\$?[A-Za-z]{0,3}\$?[0-9]*\Z")


def _split(book: Book, text: str) -> tuple[Sheet | None, str]:
    """Take a range apart into its sheet and the cells of it; no cells means the whole sheet."""
    quoted = _QUOTED.match(text)
    if quoted is not None:
        sheet = book.sheet_titled(quoted.group(1).replace("''", "'"))
        return sheet, quoted.group(2) or ""
    if "!" in text:
        title, _, cells = text.rpartition("!")
        return book.sheet_titled(title), cells
    if any(n["name"].casefold() == text.casefold() for n in book.named.values()):
        named = next(n for n in book.named.values() if n["name"].casefold() == text.casefold())
        return book.sheet(named["range"].get("sheetId", 0)), text
    titled = book.sheet_titled(text)
    if titled is not None and not (_bounds(text) and titled.title != text):
        return titled, ""
    first = next((s for s in book.sheets if not s.properties.get("hidden")), book.sheets[0])
    return first, text or "!"


def _bounds(cells: str) -> tuple[int, int | None, int, int | None] | None:
    """Read the part after the title: top, bottom, left, right; None where it is open."""
    first, colon, last = cells.partition(":")
    a, b = _PART.match(first), _PART.match(last if colon else first)
    if a is None or b is None or not any(a.groups()) or not any(b.groups()):
        return None
    if not colon and not all(a.groups()):
        return None
    rows = [int(m.group(2)) - 1 for m in (a, b) if m.group(2)]
    columns = [column_index(m.group(1)) for m in (a, b) if m.group(1)]
    if any(row < 0 for row in rows):
        return None
    top, left = min(rows, default=0), min(columns, default=0)
    bottom = max(rows) + 1 if len(rows) == 2 else None
    right = max(columns) + 1 if len(columns) == 2 else None
    return top, bottom, left, right


def _beyond(book: Book, area: Area, sheet: Sheet) -> Exception:
    return invalid(
        f"Range ({render(book, area)}) exceeds grid limits. "
        f"Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
    )


def grid_area(book: Book, grid_range: Json, *, clamp: bool = False) -> Area:
    """Turn a GridRange into an area of the grid that it names."""
    sheet = book.sheet(grid_range.get("sheetId", 0))
    top = grid_range.get("startRowIndex", 0)
    bottom = grid_range.get("endRowIndex", sheet.row_count)
    left = grid_range.get("startColumnIndex", 0)
    right = grid_range.get("endColumnIndex", sheet.column_count)
    if clamp:
        bottom, right = min(bottom, sheet.row_count), min(right, sheet.column_count)
        top, left = min(top, bottom), min(left, right)
    _check_span("Row", top, bottom, sheet.row_count)
    _check_span("Column", left, right, sheet.column_count)
    return Area(sheet.sheet_id, top, bottom, left, right)


def _check_span(name: str, start: int, end: int, count: int) -> None:
    if start < 0 or end < 0:
        raise invalid(f"GridRange.start{name}Index[{start}] must not be negative")
    if start > end:
        raise invalid(f"GridRange.start{name}Index[{start}] is after end{name}Index[{end}]")
    if start >= count > 0 and start != end:
        raise invalid(
            f"GridRange.start{name}Index[{start}] is after last {name.lower()} in grid[{count - 1}]"
        )
    if end > count:
        raise invalid(
            f"GridRange.end{name}Index[{end}] is after last {name.lower()} in grid[{count - 1}]"
        )


def grid_range(area: Area) -> Json:
    """Turn an area into a GridRange as answers print it: sheet 0 goes without its id."""
    bounds = {
        "startRowIndex": area.top,
        "endRowIndex": area.bottom,
        "startColumnIndex": area.left,
        "endColumnIndex": area.right,
    }
    return ({"sheetId": area.sheet_id} if area.sheet_id else {}) | bounds
