"""What people do in the sheet; importing the parts makes their acts known."""

from tests.simulation.people import cells, columns, rows, tabs
from tests.simulation.people.hand import ACTS, Hand, draw

DRAWN = {name for name, (weight, _) in ACTS.items() if weight}
ALWAYS = {"types a value", "adds a row", "deletes a row", "empties the table"}
ADDED = sorted(DRAWN - ALWAYS)

__all__ = ["ACTS", "ADDED", "Hand", "cells", "columns", "draw", "rows", "tabs"]
