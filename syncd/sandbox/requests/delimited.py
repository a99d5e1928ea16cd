"""The requests of batchUpdate that take a text apart into cells."""

import csv
import io
from html.parser import HTMLParser

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.model import EMPTY_CELL, Area, Cell
from syncd.sandbox.book.structure import check_size
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.requests.typed import typed_into

_VALUES = {"PASTE_NORMAL", "PASTE_VALUES", "PASTE_NO_BORDERS", "PASTE_FORMULA"}
_SPAN_MAX = 1_000
Texts = list[list[str]]


def paste_data(batch: Batch, request: Json) -> None:
    """Paste a text with delimiters, or the tables of a page, from a cell on."""
    place = request.get("coordinate")
    if place is None:
        raise invalid("coordinate must be specified.")
    content = request.get("data", "")
    if request.get("html"):
        rows = _tables(content)
    elif request.get("delimiter"):
        rows = split_text(content, request["delimiter"])
    else:
        raise invalid("One of delimiter and html must be specified.")
    sheet = batch.book.sheet(place.get("sheetId", 0))
    top, left = place.get("rowIndex", 0), place.get("columnIndex", 0)
    if not 0 <= top < sheet.row_count or not 0 <= left < sheet.column_count:
        raise invalid("coordinate does not lie within the grid.")
    if request.get("type", "PASTE_NORMAL") in _VALUES:
        _type_in(batch, sheet.sheet_id, top, left, rows)


def _type_in(batch: Batch, sheet_id: int, top: int, left: int, rows: Texts) -> None:
    """Type rows of texts from a cell on, the grid growing with them."""
    width = max((len(row) for row in rows), default=0)
    sheet = batch.sheet(sheet_id)
    sheet.row_count = max(sheet.row_count, top + len(rows))
    sheet.column_count = max(sheet.column_count, left + width)
    check_size(batch.book)
    batch.guard(Area(sheet_id, top, top + len(rows), left, left + width))
    for index, row in enumerate(rows, top):
        old = sheet.row(index).cells
        changed: dict[int, Cell] = {
            column: typed_into(batch, old.get(column, EMPTY_CELL), text)
            for column, text in enumerate(row, left)
        }
        if changed:
            sheet.put_cells(index, changed)


def split_text(text: str, delimiter: str) -> Texts:
    """Take a text apart by lines and a delimiter; quotation marks protect both."""
    if len(delimiter) > 1 or delimiter in {'"', "\r", "\n"}:
        return [line.split(delimiter) for line in text.splitlines()]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [list(row) for row in rows]
    except csv.Error as error:
        raise invalid(f"The data cannot be read: {error}") from error


class _Tables(HTMLParser):
    """Collects the cells of the tables in a page, and its lines where it has none."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Texts = []
        self.lines: list[str] = [""]
        self.text: list[str] | None = None
        self.across = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._end_cell()
            self.rows.append([])
        elif tag in {"td", "th"}:
            self._end_cell()
            if not self.rows:
                self.rows.append([])
            self.text = []
            span = dict(attrs).get("colspan") or "1"
            self.across = min(int(span), _SPAN_MAX) if span.isdecimal() else 1
        elif tag == "br" and self.text is not None:
            self.text.append("\n")
        elif tag in {"br", "p", "div", "li"}:
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "tr", "table"}:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)
        else:
            self.lines[-1] += data

    def _end_cell(self) -> None:
        if self.text is not None:
            self.rows[-1].extend(["".join(self.text).strip(), *[""] * (self.across - 1)])
            self.text = None


def _tables(page: str) -> Texts:
    parser = _Tables()
    parser.feed(page)
    parser.close()
    parser.handle_endtag("table")
    if parser.rows:
        return parser.rows
    return [[line.strip()] for line in parser.lines if line.strip()]


_DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "PERIOD": ".", "SPACE": " "}


def text_to_columns(batch: Batch, request: Json) -> None:
    """Split the texts of one column over the columns to its right."""
    area = batch.area(request.get("source"))
    if area.right - area.left != 1:
        raise invalid("The source of textToColumns must be exactly one column.")
    sheet = batch.book.sheet(area.sheet_id)
    last = min(area.bottom, len(sheet.rows))
    cells = {row: sheet.cell(row, area.left).value for row in range(area.top, last)}
    texts = {row: value for row, value in cells.items() if isinstance(value, str)}
    delimiter = _delimiter(request, list(texts.values()))
    for row, text in texts.items():
        parts = split_text(text.replace("\n", " "), delimiter)
        if parts and len(parts[0]) > 1:
            pieces = [piece.strip() for piece in parts[0]]
            _type_in(batch, area.sheet_id, row, area.left, [pieces])


def _delimiter(request: Json, texts: list[str]) -> str:
    kind = request.get("delimiterType", "DELIMITER_TYPE_UNSPECIFIED")
    if kind == "CUSTOM":
        if not request.get("delimiter"):
            raise invalid("delimiter must be specified if delimiterType is CUSTOM.")
        return str(request["delimiter"])
    if kind in _DELIMITERS:
        return _DELIMITERS[kind]
    if kind != "AUTODETECT":
        raise invalid("delimiterType must be specified.")
    counts = {sign: sum(sign in text for text in texts) for sign in (",", ";", "\t", "|", " ", ".")}
    return max(counts, key=counts.__getitem__)
