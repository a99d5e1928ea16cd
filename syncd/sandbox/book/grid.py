"""The rows of a grid as `spreadsheets.get` prints them: plain cells become text at once.

A cell is plain if it holds a value and a format and nothing else, and if no formula or rule has a
part in how it shows. What the formats add to a cell's text is worked out once for each format.
"""

from collections.abc import Iterator
from json.encoder import encode_basestring
from math import isfinite

from syncd.sandbox.book.cells import FIELD_OF, cell_data, effective_format, plain_value
from syncd.sandbox.book.conditional import Rules
from syncd.sandbox.book.evaluate import evaluator
from syncd.sandbox.book.model import Area, Book, Cell, Sheet
from syncd.sandbox.errors import Json
from syncd.sandbox.protocol.masks import Tree, below, pick, wants
from syncd.sandbox.protocol.wire import Printed, number, printed_value

_VALUES = ("userEnteredValue", "effectiveValue")
_NOTHING = "{}"
_LINE = "\n" + 10 * " "  # how deep the list of rows is in an answer of `spreadsheets.get`


def grid_rows(book: Book, sheet: Sheet, area: Area, tree: Tree | None) -> Printed | None:
    """Print the cells of an area, as far as a mask asks for them; None if none shows anything."""
    results = evaluator(book)
    rules = Rules(book, sheet) if sheet.conditional and wants(tree, "effectiveFormat") else None
    reach = min(area.right, rules.right) if rules else 0
    quick = not reach and not any(below(tree, name) for name in _VALUES)
    printer, pieces, blanks = _Printer(book, sheet, tree, _LINE + "  "), [b"["], 0
    for index in range(area.top, min(area.bottom, results.height(sheet))):
        row, cells = sheet.row(index), results.shown(sheet, index)
        if quick and not row.has_formula and cells is row.cells:
            columns = range(area.left, min(area.right, row.width))
            texts = [
                printer.cell(index, column, cells[column]) if column in cells else _NOTHING
                for column in columns
            ]
        else:
            texts = [printer.listed(c) for c in _listed(book, sheet, index, area, tree, rules)]
        while texts and texts[-1] == _NOTHING:
            texts.pop()
        if not texts:
            blanks += 1
            continue
        pieces += [f"{_LINE}  {_NOTHING},".encode()] * blanks
        pieces.append(printer.row(texts).encode("utf-8", "surrogatepass"))
        blanks = 0
    if len(pieces) == 1:
        return None
    pieces[-1] = pieces[-1].removesuffix(b",")
    return Printed([*pieces, f"{_LINE}]".encode()], _LINE)


def _listed(
    book: Book, sheet: Sheet, index: int, area: Area, tree: Tree | None, rules: Rules | None
) -> list[Json]:
    """Give a row's cells as messages."""
    cells = evaluator(book).shown(sheet, index)
    reach = min(area.right, rules.right) if rules else 0
    values: list[Json] = [
        cell_data(book, sheet, index, column, tree) if column in cells else {}
        for column in range(area.left, min(area.right, max(reach, max(cells, default=-1) + 1)))
    ]
    for column in range(area.left, reach):
        look = rules.effective(index, column) if rules else None
        if look:
            below_it = below(tree, "effectiveFormat")
            values[column - area.left]["effectiveFormat"] = pick(look, below_it)
    return values


class _Printer:
    """Prints rows and cells at one depth."""

    def __init__(self, book: Book, sheet: Sheet, tree: Tree | None, newline: str) -> None:
        self._book, self._sheet, self._tree = book, sheet, tree
        self._line = newline
        self._cell = newline + "    "  # how deep cells are in the list of a row's values
        self._field = self._cell + "  "
        self._entered, self._effective = (wants(tree, name) for name in _VALUES)
        self._formatted = wants(tree, "formattedValue")
        self._ends: dict[tuple[int, type], str | None] = {}
        self._known: dict[int, str] = {}
        self._kept: list[Json] = []  # so that what is known keeps its identity

    def row(self, texts: list[str]) -> str:
        """Print a row of printed cells, one among others."""
        inner = f",{self._cell}".join(texts)
        line = self._line
        return f'{line}{{{line}  "values": [{self._cell}{inner}{line}  ]{line}}},'

    def listed(self, cell: Json) -> str:
        """Print a cell that is a message already."""
        self._kept.append(cell)
        return printed_value(cell, self._cell, self._known)

    def cell(self, row: int, column: int, cell: Cell) -> str:
        """Print a cell that is no formula."""
        value, look, note, validation, runs, chips = cell
        key = id(look), type(value)
        end = self._ends[key] if key in self._ends else self._end(row, column, cell)
        if end is None or note or validation or runs or chips:
            return self.listed(cell_data(self._book, self._sheet, row, column, self._tree))
        parts = []
        if value is not None:
            parts = list(self._of_value(cell))
        if end:
            parts.append(end)
        inner = f",{self._field}".join(parts)
        return f"{{{self._field}{inner}{self._cell}}}" if parts else _NOTHING

    def _of_value(self, cell: Cell) -> Iterator[str]:
        value, field = cell.value, self._field
        text = _printed(value)
        if self._entered or self._effective:
            printed = f'{{{field}  "{FIELD_OF.get(type(value), "numberValue")}": {text}{field}}}'
            if self._entered:
                yield f'"userEnteredValue": {printed}'
            if self._effective:
                yield f'"effectiveValue": {printed}'
        if self._formatted:
            if type(value) is not str or cell.format:
                shown = plain_value(
                    value,  # type: ignore[arg-type]
                    cell,
                    self._book,
                    render="FORMATTED_VALUE",
                    dates="SERIAL_NUMBER",
                )
                text = encode_basestring(shown) if shown != "" else ""
            if text:
                yield f'"formattedValue": {text}'

    def _end(self, row: int, column: int, cell: Cell) -> str | None:
        """Give what a format adds to the text of a cell; None if it adds more than formats."""
        message: Json = {}
        if cell.format and wants(self._tree, "userEnteredFormat"):
            message["userEnteredFormat"] = cell.format
        shows = cell.value is not None or cell.format
        if shows and wants(self._tree, "effectiveFormat"):
            message["effectiveFormat"] = effective_format(self._book, self._sheet, row, column)
        items = ((name, pick(part, below(self._tree, name))) for name, part in message.items())
        end: str | None = f",{self._field}".join(
            f'"{name}": {printed_value(part, self._field, {})}' for name, part in items
        )
        if (cell.format or {}).get("textFormat", {}).get("link"):
            end = None
        self._ends[id(cell.format), type(cell.value)] = end
        return end


def _printed(value: object) -> str:
    if type(value) is str:
        return str(encode_basestring(value))
    if type(value) is float and isfinite(value):
        return repr(number(value))
    return printed_value(value, "", {})
