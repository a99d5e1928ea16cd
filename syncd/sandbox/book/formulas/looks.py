"""Computing the number formats that results of formulas imply."""

from syncd.sandbox.book.formulas.driving import Key, Work
from syncd.sandbox.book.formulas.implied import (
    FROM_ARGUMENTS,
    OF_FUNCTIONS,
    PERCENT,
    combined,
    constant,
)
from syncd.sandbox.book.formulas.parser import Node
from syncd.sandbox.book.formulas.reading import Home, Reader
from syncd.sandbox.book.formulas.values import ErrorRaised, is_number
from syncd.sandbox.book.model import Formula, Sheet

_SEARCHED_MAX = 20


class Looks:
    """Finds the look of a formula's result in the looks of what it is computed from."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def of(self, node: Node, home: Home, right: int = 0) -> Work:
        """Give the format of a node's result, `right` columns into it where it is an array."""
        match node:
            case ("reference" | "name", _):
                look = yield from self._range(node, home, right)
            case ("sign", _, inner):
                look = yield from self.of(inner, home, right)
            case ("percent", inner, _):
                look = PERCENT if inner[0] == "value" else None
            case ("fold", first, rest):
                look = yield from self.of(first, home, right)
                for sign, operand in rest:
                    if sign not in "+-*/":
                        return None
                    other = yield from self.of(operand, home, right)
                    look = combined(sign, look, other)
            case ("array", rows) if rows and len(rows[0]) > right:
                look = yield from self.of(rows[0][right], home)
            case ("call", name, nodes):
                look = yield from self._called(name, nodes, home, right)
            case _:
                look = None
        return look

    def _called(self, name: str, nodes: tuple[Node, ...], home: Home, right: int) -> Work:
        if name in OF_FUNCTIONS:
            return OF_FUNCTIONS[name]
        if name == "VLOOKUP" and len(nodes) > 2:
            look = yield from self.of(nodes[1], home, (constant(nodes[2]) or 1) - 1)
            return look
        if name == "INDEX" and len(nodes) > 2:
            right = max((constant(nodes[2]) or 1) - 1, right)
        for place in FROM_ARGUMENTS.get(name, ()):
            if place < len(nodes):
                look = yield from self.of(nodes[place], home, right)
                if look is not None:
                    return look
        return None

    def _range(self, node: Node, home: Home, right: int) -> Work:
        try:
            if node[0] == "name":
                area = self.reader.named(node[1])
            else:
                area = self.reader.bounds(home.sheet, node[1])
        except ErrorRaised:
            return None
        sheet = self.reader.book.sheet(area.sheet_id)
        columns = range(area.left, area.right)[right : right + _SEARCHED_MAX]
        for row in range(area.top, min(area.bottom, area.top + _SEARCHED_MAX)):
            for column in columns:
                look = yield from self.cell(sheet, row, column)
                if look is not None or self._is_plain_number(sheet, row, column):
                    return look
            columns = columns[:1] if right else columns
        return None

    def _is_plain_number(self, sheet: Sheet, row: int, column: int) -> bool:
        """Tell whether a number stands here: then the look of the others does not matter."""
        value = sheet.cell(row, column).value
        if type(value) is Formula:
            value = self.reader.driver.known.get(Key("value", sheet.sheet_id, row, column))
        return is_number(value)

    def cell(self, sheet: Sheet, row: int, column: int) -> Work:
        """Give the number format with which a cell's number shows."""
        cell = sheet.cell(row, column)
        own = (cell.format or {}).get("numberFormat")
        if own is not None:
            return None if own.get("type") == "TEXT" else own
        if type(cell.value) is Formula:
            look = yield Key("look", sheet.sheet_id, row, column)
            return look
        if cell.value is None:
            spill = self.reader.layout(sheet).spilled(row, column)
            if spill is not None:
                look = yield Key("look", sheet.sheet_id, spill.top, spill.left)
                return look
        return None
