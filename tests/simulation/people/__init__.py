"""What people do in the sheet; importing the parts makes their acts known."""

from tests.simulation.people import cells, columns, rows, tabs
from tests.simulation.people.hand import ACTS, Hand, draw

ADDED = sorted(ACTS.keys() - {"types a value", "adds a row", "deletes a row"})

__all__ = ["ACTS", "ADDED", "Hand", "cells", "columns", "draw", "rows", "tabs"]
