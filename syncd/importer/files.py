"""A CSV file as a grid of text cells, whatever program wrote it.

The encoding is told by its mark, else UTF-8 where that fits, else Windows-1252, which is noted.
Quotes and ragged lines are taken as they come; what is no text table at all is a `UsageError`.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from syncd.errors import UsageError
from syncd.schema import Cell

SIZE_MAX = 200_000_000  # bytes
_DELIMITERS = (",", ";", "\t")
_SNIFFED = 200  # records that tell the delimiter
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHERS = {
    b"PK\x03\x04": "is a spreadsheet or an archive, not a text file",
    b"\xd0\xcf\x11\xe0": "is an old Excel file, not a text file",
    b"%PDF": "is a PDF, not a text file",
}
_SAVE_AS = "save it as CSV (UTF-8), or put it into a tab of a Google Sheet and import that"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileGrid:
    """The cells of a file, row by row, and what a person should know of how it was read."""

    cells: tuple[tuple[Cell, ...], ...]
    encoding: str
    delimiter: str
    notes: tuple[str, ...] = ()


def read_file(path: Path) -> FileGrid:
    """Read a CSV file; blank lines are rows too, so that row numbers are a spreadsheet's."""
    try:
        if path.stat().st_size > SIZE_MAX:
            raise UsageError(
                f"is larger than {SIZE_MAX // 10**6} MB", on=str(path), hint="import it in parts"
            )
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot be read: {error.strerror}", on=str(path), hint="give syncd read access to it"
        ) from error
    text, encoding, notes = _decoded(content, str(path))
    declared = re.match(r"sep=([,;\t])\r?\n", text, re.IGNORECASE)
    delimiter = declared[1] if declared else _sniffed(text)
    try:
        rows = [tuple[Cell, ...](row) for row in _records(text, delimiter)]
    except csv.Error as error:
        raise UsageError(
            f"is not a table: {error}", on=str(path), hint="look for a quote that is never closed"
        ) from error
    if declared:
        rows[0] = ()
    return FileGrid(cells=tuple(rows), encoding=encoding, delimiter=delimiter, notes=notes)


def _decoded(content: bytes, path: str) -> tuple[str, str, tuple[str, ...]]:
    for start, what in _OTHERS.items():
        if content.startswith(start):
            raise UsageError(what, on=path, hint=_SAVE_AS)
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    encoding = marked or "utf-8"
    notes: tuple[str, ...] = ()
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if marked:
            raise UsageError(
                f"is not the {marked} that it claims", on=path, hint=_SAVE_AS
            ) from error
        encoding, text = "cp1252", content.decode("cp1252", errors="replace")
        notes = _cp1252_notes(text)
    if "\0" in text:
        raise UsageError("has bytes that no text has", on=path, hint=_SAVE_AS)
    return text, encoding, notes


def _cp1252_notes(text: str) -> tuple[str, ...]:
    lost = text.count("\ufffd")
    read = "is not UTF-8 and was read as Windows-1252; check the accented letters"
    return (read, f"{lost} letters could not be read") if lost else (read,)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _sniffed(text: str) -> str:
    """Return the delimiter that splits most lines alike, the first one above all."""

    def evenness(delimiter: str) -> tuple[int, int]:
        try:
            rows = [row for row in islice(_records(text, delimiter), _SNIFFED) if any(row)]
        except csv.Error:
            return (0, 0)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if not widths:
            return (0, 0)
        width, count = widths.most_common(1)[0]
        return (count + (len(rows) if len(rows[0]) == width else 0), width)

    return max(_DELIMITERS, key=evenness)
