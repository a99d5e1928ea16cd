"""Where formulas stand in a sheet, and the cells that their arrays fill."""

from bisect import bisect_left
from typing import NamedTuple

from syncd.sandbox.book.a1 import column_letters
from syncd.sandbox.book.formulas.parser import Node, parse
from syncd.sandbox.book.formulas.values import Array, FormulaError, Result
from syncd.sandbox.book.model import Formula, Sheet

_SPREADING = {
    "ARRAYFORMULA",
    "ARRAY_CONSTRAIN",
    "FILTER",
    "FLATTEN",
    "INDEX",
    "INDIRECT",
    "OFFSET",
    "REGEXEXTRACT",
    "SEQUENCE",
    "SORT",
    "SPLIT",
    "TRANSPOSE",
    "UNIQUE",
    "XLOOKUP",
}
_CHOOSING = {"CHOOSE", "IF", "IFERROR", "IFNA", "IFS", "SWITCH"}


class Spill(NamedTuple):
    """An array that a formula fills a rectangle with; the formula stands in its first cell."""

    top: int
    left: int
    array: Array

    def at(self, row: int, column: int) -> Result:
        """Give the value for one cell of the sheet."""
        return self.array.at(row - self.top, column - self.left)


def may_spread(node: Node) -> bool:
    """Tell whether a formula can fill more than its own cell."""
    if node[0] == "array":
        return True
    if node[0] != "call":
        return False
    if node[1] in _SPREADING:
        return True
    return node[1] in _CHOOSING and any(
        branch[0] == "reference" or may_spread(branch) for branch in node[2]
    )


class Layout:
    """What of a sheet the evaluator looks at again and again."""

    def __init__(self, sheet: Sheet, comma: bool) -> None:
        self.columns: dict[int, list[int]] = {}
        self.pending: dict[tuple[int, int], None] = {}
        self.spills: dict[int, tuple[Spill, ...]] = {}
        self.height = len(sheet.rows)
        self._filled: set[int] = set()
        self._done: dict[int, int] = {}
        for index, row in enumerate(sheet.rows):
            if row.has_formula:
                for column in sorted(row.cells):
                    value = row.cells[column].value
                    if type(value) is Formula:
                        self.columns.setdefault(column, []).append(index)
                        if may_spread(parse(value.text, comma)):
                            self.pending[index, column] = None

    def formulas(self, column: int, top: int, bottom: int) -> list[int]:
        """Give the rows of a span in which a column has formulas not yet known to be computed."""
        rows = self.columns[column]
        first = max(bisect_left(rows, top), self._done.get(column, 0))
        return rows[first : bisect_left(rows, bottom, first)]

    def is_plain(self, left: int, right: int) -> bool:
        """Tell whether some columns have neither formulas nor what formulas are known to fill."""
        return not any(
            left <= column < right for taken in (self.columns, self._filled) for column in taken
        )

    def computed(self, column: int, top: int, bottom: int) -> None:
        """Note that all formulas of a column's span are computed."""
        rows, done = self.columns[column], self._done.get(column, 0)
        if bisect_left(rows, top) <= done:
            self._done[column] = max(done, bisect_left(rows, bottom, done))

    def spilled(self, row: int, column: int) -> Spill | None:
        """Give the array that fills a cell."""
        for spill in self.spills.get(row, ()):
            if spill.left <= column < spill.left + spill.array.width:
                return spill
        return None

    def place(self, sheet: Sheet, row: int, column: int, array: Array) -> Result:
        """Let an array fill the cells from its formula on; give what the formula's cell shows."""
        bottom, right = row + array.height, column + array.width
        for what, over in (
            ("rows", bottom - sheet.row_count),
            ("columns", right - sheet.column_count),
        ):
            if over > 0:
                return FormulaError(
                    "REF",
                    "#REF!",
                    f"Result was not automatically expanded, please insert more {what} ({over}).",
                )
        blocked = self._blocked(sheet, row, bottom, column, right)
        if blocked is not None:
            return FormulaError(
                "REF",
                "#REF!",
                "Array result was not expanded because it would overwrite data in "
                f"{column_letters(blocked[1])}{blocked[0] + 1}.",
            )
        spill = Spill(row, column, array)
        for index in range(row, bottom):
            self.spills[index] = (*self.spills.get(index, ()), spill)
        self._filled.update(range(column, right))
        self.height = max(self.height, bottom)
        return array.at(0, 0)

    def _blocked(
        self, sheet: Sheet, top: int, bottom: int, left: int, right: int
    ) -> tuple[int, int] | None:
        for row in range(top, bottom):
            cells = sheet.row(row).cells
            spills = self.spills.get(row, ())
            taken = [
                column
                for column, cell in cells.items()
                if left <= column < right
                and cell.value is not None
                and (row, column) != (top, left)
            ]
            taken += [
                max(left, spill.left)
                for spill in spills
                if spill.left < right and left < spill.left + spill.array.width
            ]
            if taken:
                return row, min(taken)
        return None
