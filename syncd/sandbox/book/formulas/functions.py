"""All functions of single values and arrays: importing the families fills the table."""

from syncd.sandbox.book.formula import Corner, Reference
from syncd.sandbox.book.formulas import (
    arrays,
    criteria,
    dates,
    logic,
    lookup,
    maths,
    patterns,
    statistics,
    texts,
)

FAMILIES = (arrays, criteria, dates, logic, lookup, maths, patterns, statistics, texts)

# Functions of whole ranges that ARRAYFORMULA computes for every value of one argument.
MAPPED = {
    "COUNTIF": 1,
    "HLOOKUP": 0,
    "MATCH": 0,
    "SUMIF": 1,
    "AVERAGEIF": 1,
    "VLOOKUP": 0,
    "XLOOKUP": 0,
    "XMATCH": 0,
}


def own_cell(row: int, column: int) -> Reference:
    """Give the reference to a formula's own cell, which ROW() and COLUMN() mean."""
    return Reference(None, Corner(column, row, False, False), None)
