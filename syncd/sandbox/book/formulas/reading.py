"""Reading cells and ranges while formulas are computed."""

from typing import Any, NamedTuple

from syncd.sandbox.book.a1 import grid_area
from syncd.sandbox.book.formula import Reference
from syncd.sandbox.book.formulas.driving import Driver, Key, Work
from syncd.sandbox.book.formulas.spills import Layout
from syncd.sandbox.book.formulas.values import (
    CIRCULAR,
    LOADING,
    NO_REFERENCE,
    Array,
    ErrorRaised,
    Result,
    failure,
)
from syncd.sandbox.book.model import EMPTY_CELL, Area, Book, Formula, Sheet

WORK_MAX = 30_000_000
_REMEMBERED_MAX = 3_000_000


class Home(NamedTuple):
    """The cell that a formula stands in."""

    sheet: Sheet
    row: int
    column: int


class Reader:
    """Reads one version of a book; all its methods that are `Work` run on a driver."""

    def __init__(self, book: Book, driver: Driver, comma: bool) -> None:
        self.book = book
        self.driver = driver
        self.comma = comma
        self._layouts: dict[int, Layout] = {}
        self._arrays: dict[Area, Array] = {}
        self._plain: dict[tuple[int, int, int], list[list[Result]]] = {}
        self._remembered = 0
        self._work = 0
        self.names = {named["name"].casefold(): named["range"] for named in book.named.values()}

    def spend(self, steps: int) -> None:
        """Count work; a book that takes too much of it goes on loading."""
        self._work += steps
        if self._work > WORK_MAX:
            raise ErrorRaised(LOADING)

    def layout(self, sheet: Sheet) -> Layout:
        """Give what is known of a sheet's formulas and spilled arrays."""
        found = self._layouts.get(sheet.sheet_id)
        if found is None:
            found = self._layouts[sheet.sheet_id] = Layout(sheet, self.comma)
        return found

    def settle(self, sheet: Sheet, bottom: int, right: int) -> Work:
        """Compute all formulas that could fill a cell above and left of a place."""
        layout = self.layout(sheet)
        for row, column in list(layout.pending):
            if row < bottom and column < right:
                key = Key("value", sheet.sheet_id, row, column)
                if key in self.driver.known:
                    layout.pending.pop((row, column), None)
                elif key not in self.driver.open:
                    yield key
                    layout.pending.pop((row, column), None)
        return None

    def cell(self, sheet: Sheet, row: int, column: int) -> Work:
        """Compute what a cell amounts to."""
        value = sheet.cell(row, column).value
        if type(value) is Formula:
            result = yield Key("value", sheet.sheet_id, row, column)
            return result
        if value is None:
            layout = self.layout(sheet)
            if layout.pending:
                yield from self.settle(sheet, row + 1, column + 1)
            spill = layout.spilled(row, column)
            return None if spill is None else spill.at(row, column)
        return value

    def area(self, area: Area) -> Work:
        """Compute all cells of a range."""
        known = self._arrays.get(area)
        if known is not None:
            return known
        sheet = self.book.sheet(area.sheet_id)
        layout = self.layout(sheet)
        if layout.pending:
            yield from self.settle(sheet, area.bottom, area.right)
        whole = True
        for column in layout.columns:
            if area.left <= column < area.right:
                for row in layout.formulas(column, area.top, area.bottom):
                    result = yield Key("value", sheet.sheet_id, row, column)
                    whole = whole and result != CIRCULAR
                if whole:
                    layout.computed(column, area.top, area.bottom)
        array = self._array(sheet, layout, area)
        size = len(array.rows) * array.width
        if whole and self._remembered + size < _REMEMBERED_MAX:
            self._remembered += size + 10
            self._arrays[area] = array
        return array

    def _array(self, sheet: Sheet, layout: Layout, area: Area) -> Array:
        bottom = max(area.top, min(area.bottom, layout.height))
        width = area.right - area.left
        self.spend((bottom - area.top) * width)
        if layout.is_plain(area.left, area.right):
            rows = self._lines(sheet, area.left, area.right)[area.top : bottom]
        else:
            rows = self._mixed(sheet, layout, area._replace(bottom=bottom))
        return Array(
            rows,
            area.bottom - area.top,
            width,
            is_range=True,
            corner=(area.top, area.left),
        )

    def _lines(self, sheet: Sheet, left: int, right: int) -> list[list[Result]]:
        """Give the values of some columns without formulas, read once for all ranges in them."""
        key = sheet.sheet_id, left, right
        found = self._plain.get(key)
        if found is None:
            self.spend(len(sheet.rows) * (right - left))
            columns, blank = range(left, right), EMPTY_CELL
            found = self._plain[key] = [
                [row.cells.get(column, blank).value for column in columns]  # type: ignore[misc]
                for row in sheet.rows
            ]
        return found

    def _mixed(self, sheet: Sheet, layout: Layout, area: Area) -> list[list[Result]]:
        width = area.right - area.left
        rows: list[list[Result]] = []
        columns = range(area.left, area.right)
        for index in range(area.top, area.bottom):
            row = sheet.row(index)
            if not row.cells and index not in layout.spills:
                rows.append([None] * width)
                continue
            cells = row.cells
            values: list[Any] = [
                cells[column].value if column in cells else None for column in columns
            ]
            if row.has_formula:
                for place, value in enumerate(values):
                    if type(value) is Formula:
                        key = Key("value", sheet.sheet_id, index, area.left + place)
                        values[place] = self.driver.known.get(key, CIRCULAR)
            for spill in layout.spills.get(index, ()):
                first = max(spill.left, area.left)
                for column in range(first, min(spill.left + spill.array.width, area.right)):
                    if (index, column) != (spill.top, spill.left):
                        values[column - area.left] = spill.at(index, column)
            rows.append(values)
        return rows

    def bounds(self, home: Sheet, reference: Reference) -> Area:
        """Give the part of the grid that a reference covers."""
        sheet = home if reference.title is None else self.book.sheet_titled(reference.title)
        if sheet is None:
            raise failure("REF", f"Unresolved sheet name '{reference.title}'.")
        last = reference.last or reference.first
        rows = [corner.row for corner in (reference.first, last) if corner.row is not None]
        columns = [c.column for c in (reference.first, last) if c.column is not None]
        bottom = max(rows) + 1 if len(rows) == 2 else sheet.row_count
        right = max(columns) + 1 if len(columns) == 2 else sheet.column_count
        top, left = min(rows, default=0), min(columns, default=0)
        if top >= sheet.row_count or left >= sheet.column_count:
            raise ErrorRaised(NO_REFERENCE)
        bottom, right = min(bottom, sheet.row_count), min(right, sheet.column_count)
        return Area(sheet.sheet_id, top, bottom, left, right)

    def named(self, name: str) -> Area:
        """Give the range that has a name."""
        given = self.names.get(name.casefold())
        if given is None:
            raise failure("NAME", f"Unknown range name: '{name.upper()}'.")
        return grid_area(self.book, given, clamp=True)
