"""Content that becomes a spreadsheet: CSV, TSV, and workbooks of Excel."""

import csv
import io

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.model import CELLS_MAX, Row, Sheet
from syncd.sandbox.drive import workbook
from syncd.sandbox.drive.refusals import bad_request, unsupported
from syncd.sandbox.errors import ApiError
from syncd.sandbox.sheets.writing import write_values

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TEXT = {"text/csv", "application/csv", "text/comma-separated-values", "text/tab-separated-values",
         "text/tsv", "text/plain", ""}  # fmt: skip
_TITLE_MAX = 100
_IMPORTED_ZONE = "America/Los_Angeles"  # what Google gives every file that it converts


def convertible(media_type: str) -> bool:
    """Tell whether content of a type can become a spreadsheet."""
    return media_type in _TEXT or media_type == XLSX


def fill(batch: Batch, media_type: str, content: bytes) -> None:
    """Replace all that is in a book by what content holds."""
    if not convertible(media_type):
        raise unsupported(f"the conversion of {media_type} to a spreadsheet")
    book, taken = batch.book, {sheet.sheet_id for sheet in batch.book.sheets}
    book.named, book.metadata = {}, {}
    book.properties["timeZone"] = _IMPORTED_ZONE
    if media_type == XLSX:
        workbook.load(batch, content, taken)
        return
    rows = _rows(_decoded(content), tabs="tab" in media_type or "tsv" in media_type)
    width = max((len(row) for row in rows), default=0)
    if len(rows) * width > CELLS_MAX:
        raise bad_request("The file is too large to be converted.")
    title = book.properties["title"][:_TITLE_MAX] or "Sheet1"
    sheet = Sheet(batch.new_id(taken), {"title": title})
    sheet.row_count, sheet.column_count = max(1000, len(rows)), max(26, width)
    sheet.rows = [Row({}) for _ in rows]
    book.sheets, book.own = [sheet], {sheet.sheet_id}
    write_values(batch, sheet.whole(), [list(row) for row in rows], "USER_ENTERED", bounded=True)


def _decoded(content: bytes) -> str:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _rows(text: str, *, tabs: bool) -> list[list[str]]:
    delimiter = "\t" if tabs else _delimiter(text)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise ApiError(400, "Bad Request", reason="badContent") from error


def _delimiter(text: str) -> str:
    """Give what parts the fields of the first line, as far as a look tells."""
    line = text.lstrip().partition("\n")[0]
    bare = "".join(line.split('"')[::2])
    counts = {mark: bare.count(mark) for mark in (",", "\t", ";", "|")}
    return max(counts, key=lambda mark: counts[mark])
