"""Where a cell went: what a version of a book did to the places of the version before it."""

from array import array
from collections.abc import Iterable
from typing import NamedTuple

from syncd.sandbox.book.following import Move, Mover
from syncd.sandbox.book.formula import Shift
from syncd.sandbox.book.model import Area


class Sorted(NamedTuple):
    """The rows of an area in another order; its other columns stayed."""

    area: Area
    landed: "array[int]"  # by the row's old place in the area, its new row

    def row(self, row: int, column: int) -> int:
        """Give the row in which a cell landed."""
        if not self.area.holds(row, column):
            return row
        return self.landed[row - self.area.top]

    def back(self) -> "Sorted":
        """Give the move that puts the rows back."""
        return sorted_rows(self.area, list(self.landed))


def sorted_rows(area: Area, order: list[int]) -> Sorted:
    """Give the move of a sort that put the rows of an area into an order."""
    landed = array("l", [0]) * len(order)
    for row, source in enumerate(order, area.top):
        landed[source - area.top] = row
    return Sorted(area, landed)


Moves = Iterable[tuple[int, object]]


def followed(moves: Moves, sheet_id: int, row: int, column: int) -> tuple[int, int] | None:
    """Give where a cell is after some moves; None when it was deleted."""
    place: tuple[int, int] | None = (row, column)
    for moved_sheet, move in moves:
        if place is None or moved_sheet != sheet_id:
            continue
        if isinstance(move, Sorted):
            place = move.row(*place), place[1]
        elif isinstance(move, (Shift, Move)):
            place = _point(move, *place)
    return place


def _point(mover: Mover, row: int, column: int) -> tuple[int, int] | None:
    landed = mover.point(row if mover.is_rows else column)
    if landed is None:
        return None
    return (landed, column) if mover.is_rows else (row, landed)
