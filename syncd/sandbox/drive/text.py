"""A book as plain text: its words for a search, and its rows as CSV and TSV."""

import re

from syncd.sandbox.book.model import Area, Book, Sheet
from syncd.sandbox.sheets import values

_WORD = re.compile(r"\w+")


def words(book: Book) -> set[str]:
    """Give the words in all cells as they show."""
    known = book.cache.get("words")
    if not isinstance(known, set):
        known = {
            word.casefold()
            for sheet in book.sheets
            for row in rows(book, sheet.whole())
            for shown in row
            for word in _WORD.findall(shown)
        }
        book.cache["words"] = known
    return known


def rows(book: Book, area: Area) -> list[list[str]]:
    """Give the cells of an area as they show, all rows as wide as the widest."""
    found = values.area_values(book, area, values.Rendering({}))
    width = max((len(row) for row in found), default=0)
    return [[str(value) for value in row] + [""] * (width - len(row)) for row in found]


def csv_text(book: Book, area: Area) -> str:
    """Give an area as CSV: lines end in CR LF, the last one in nothing."""
    return "\r\n".join(",".join(_quoted(field) for field in row) for row in rows(book, area))


def tsv_text(book: Book, area: Area) -> str:
    """Give an area as TSV: what would break a line or a field is a blank."""
    return "\r\n".join(
        "\t".join(re.sub(r"\r\n|[\t\r\n]", " ", field) for field in row) for row in rows(book, area)
    )


def _quoted(field: str) -> str:
    if any(mark in field for mark in ',"\r\n'):
        return '"' + field.replace('"', '""') + '"'
    return field


def first_visible(book: Book) -> Sheet:
    """Give the tab that an export of one tab means."""
    grids = [sheet for sheet in book.sheets if not sheet.is_object]
    return next((sheet for sheet in grids if not sheet.properties.get("hidden")), grids[0])
