"""Computes the formulas of one version of a book: what it does not know shows as Google's error.

Each cell is computed when it is first asked for. Who reads cells asks for them as they show:
`height` and `shown` have spilled results in them, and the number formats that results imply.
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from syncd.sandbox.book.formats import EPOCH, locale_of
from syncd.sandbox.book.formulas.driving import Driver, Key, Work
from syncd.sandbox.book.formulas.expressions import Expressions
from syncd.sandbox.book.formulas.looks import Looks
from syncd.sandbox.book.formulas.parser import parse
from syncd.sandbox.book.formulas.reading import Home, Reader
from syncd.sandbox.book.formulas.spills import Layout
from syncd.sandbox.book.formulas.values import (
    PARSE_ERROR,
    Array,
    Call,
    ErrorRaised,
    FormulaError,
    Result,
    is_number,
)
from syncd.sandbox.book.model import EMPTY_CELL, Book, Cell, Formula, Sheet
from syncd.sandbox.errors import Json

__all__ = ["Evaluator", "FormulaError", "Result", "evaluator", "refresh", "text_of"]

_MINUTE_S = 60


class Evaluator:
    """Computes cells of one version of a book, each at most once."""

    def __init__(self, book: Book, moment: float) -> None:
        self.book = book
        self.moment = moment
        self.is_volatile = False
        locale = book.properties["locale"]
        self._comma = locale_of(locale).decimal == ","
        self._driver = Driver(self._start)
        self._reader = Reader(book, self._driver, self._comma)
        self._looks = Looks(self._reader)
        self._expressions = Expressions(self._reader, self._looks, locale, self._now)
        self._settled: dict[int, Layout] = {}
        self._shown: dict[tuple[int, int], dict[int, Cell]] = {}
        self._formats: dict[tuple[int, str], tuple[Json | None, Json]] = {}

    def cell(self, sheet: Sheet, row: int, column: int) -> Result:
        """Give what a cell amounts to."""
        value = sheet.cell(row, column).value
        if value is None:
            spill = self._layout(sheet).spilled(row, column)
            return None if spill is None else spill.at(row, column)
        if type(value) is not Formula:
            return value  # type: ignore[return-value]
        self._layout(sheet)
        result: Result = self._get(Key("value", sheet.sheet_id, row, column))
        return result

    def height(self, sheet: Sheet) -> int:
        """Give the number of rows down to the last one that holds or shows anything."""
        return max(len(sheet.rows), self._layout(sheet).height)

    def shown(self, sheet: Sheet, row: int) -> dict[int, Cell]:
        """Give a row's cells as they show.

        A spilled result stands in its cell as if it were typed there, and a formula's cell has the
        number format that its result implies. A row without either costs nothing.
        """
        layout = self._layout(sheet)
        stored = sheet.row(row)
        if not stored.has_formula and row not in layout.spills:
            return stored.cells
        found = self._shown.get((sheet.sheet_id, row))
        if found is None:
            found = self._shown[sheet.sheet_id, row] = self._merged(sheet, row, layout)
        return found

    def shown_cell(self, sheet: Sheet, row: int, column: int) -> Cell:
        """Give one cell as it shows."""
        return self.shown(sheet, row).get(column, EMPTY_CELL)

    def formula(self, sheet: Sheet, text: str, row: int = 0, column: int = 0) -> Result:
        """Give what a formula amounts to that stands in no cell, as if it stood in this one."""
        result = self._driver.run(self._work(text, Home(sheet, row, column)))
        if isinstance(result, Array):
            return result.at(0, 0) if result.height * result.width else None
        return result  # type: ignore[no-any-return]

    def _merged(self, sheet: Sheet, row: int, layout: Layout) -> dict[int, Cell]:
        cells = dict(sheet.row(row).cells)
        for column, cell in list(cells.items()):
            if type(cell.value) is Formula and is_number(self.cell(sheet, row, column)):
                look = self._look(sheet, row, column, cell, 0)
                cells[column] = cell._replace(format=look)
        for spill in layout.spills.get(row, ()):
            for column in range(spill.left, spill.left + spill.array.width):
                value = spill.at(row, column)
                if value is None or (row, column) == (spill.top, spill.left):
                    continue
                cell = cells.get(column, EMPTY_CELL)._replace(value=value)  # type: ignore[arg-type]
                if is_number(value):
                    right = column - spill.left
                    look = self._look(sheet, spill.top, spill.left, cell, right)
                    cell = cell._replace(format=look)
                cells[column] = cell
        return cells

    def _look(self, sheet: Sheet, row: int, column: int, cell: Cell, right: int) -> Json | None:
        """Give a cell's format with the implied number format in it, one object for equal ones."""
        if "numberFormat" in (cell.format or {}):
            return cell.format
        if right:
            anchor = sheet.cell(row, column).value
            text = anchor.text if isinstance(anchor, Formula) else "="
            tree = parse(text, self._comma)
            look = self._driver.run(self._looks.of(tree, Home(sheet, row, column), right))
        else:
            look = self._get(Key("look", sheet.sheet_id, row, column))
        if look is None:
            return cell.format
        key = id(cell.format), f"{look}"
        if key not in self._formats:
            made = (cell.format or {}) | {"numberFormat": look}
            self._formats[key] = (cell.format, made)  # the first keeps its id in use
        return self._formats[key][1]

    def _layout(self, sheet: Sheet) -> Layout:
        """Give where a sheet's formulas and arrays are, after computing all that may spread."""
        found = self._settled.get(sheet.sheet_id)
        if found is None:
            found = self._reader.layout(sheet)
            if found.pending and not self._driver.open:
                self._driver.run(self._reader.settle(sheet, sheet.row_count, sheet.column_count))
            self._settled[sheet.sheet_id] = found
        return found

    def _get(self, key: Key) -> Any:
        known = self._driver.known
        if key not in known:
            self._driver.run(self._start(key), key)
        return known[key]

    def _start(self, key: Key) -> Work:
        sheet = self.book.sheet(key.sheet_id)
        value = sheet.cell(key.row, key.column).value
        text = value.text if isinstance(value, Formula) else "="
        home = Home(sheet, key.row, key.column)
        if key.what == "look":
            return self._looks.of(parse(text, self._comma), home)
        return self._filled(text, home)

    def _filled(self, text: str, home: Home) -> Work:
        result = yield from self._work(text, home)
        key = Key("value", home.sheet.sheet_id, home.row, home.column)
        if isinstance(result, Array) and not self._driver.is_circular(key):
            layout = self._reader.layout(home.sheet)
            result = layout.place(home.sheet, home.row, home.column, result)
        return result

    def _work(self, text: str, home: Home) -> Work:
        try:
            self._reader.spend(10)
            result = yield from self._expressions.top(parse(text, self._comma), home)
        except ErrorRaised as raised:
            return raised.error
        except RecursionError:
            return PARSE_ERROR
        return result

    def _now(self) -> float:
        """Give the time of the book's last change, by its own clock, as a serial number."""
        self.is_volatile = True
        try:
            zone = ZoneInfo(self.book.properties.get("timeZone", "Etc/GMT"))
        except (KeyError, ValueError, OSError):
            zone = UTC  # type: ignore[assignment]
        moment = datetime.fromtimestamp(self.moment, zone).replace(tzinfo=None)
        return (moment - EPOCH).total_seconds() / 86_400


def evaluator(book: Book) -> Evaluator:
    """Give the evaluator of a version of a book, kept with that version."""
    found = book.cache.get("evaluator")
    if not isinstance(found, Evaluator):
        moment = book.cache.get("moment")
        at = moment if isinstance(moment, float) else book.modified
        found = book.cache["evaluator"] = Evaluator(book, at)
    return found


def refresh(book: Book, moment: float) -> None:
    """Let what hangs on the time be computed anew when a reader comes in a later minute."""
    found = book.cache.get("evaluator")
    if isinstance(found, Evaluator):
        if not found.is_volatile or moment // _MINUTE_S == found.moment // _MINUTE_S:
            return
        book.cache.clear()
    book.cache["moment"] = moment


def text_of(value: Result, locale: str = "en_US") -> str:
    """Give a value as the text that joining texts makes of it."""
    return value.shown if isinstance(value, FormulaError) else Call("", locale, 0).text(value)
