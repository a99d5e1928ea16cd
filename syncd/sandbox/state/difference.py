"""Which rows of a sheet differ between two versions: found by identity, for rows never change."""

from itertools import compress, count
from operator import is_not
from typing import NamedTuple

from syncd.sandbox.book.model import Row


class Exchanged(NamedTuple):
    """Rows that were left out and rows that came, and where they stand in the new version."""

    gone: list[Row]
    fresh: list[Row]
    places: list[int]


def exchanged(old: list[Row], new: list[Row]) -> Exchanged:
    """Compare two versions of a sheet's rows; where rows moved, all between count as exchanged."""
    if len(old) == len(new):
        places = list(compress(count(), map(is_not, old, new)))
        return Exchanged([old[i] for i in places], [new[i] for i in places], places)
    shorter = min(len(old), len(new))
    start = next(compress(count(), map(is_not, old, new)), shorter)
    differing = compress(count(), map(is_not, reversed(old), reversed(new)))
    end = min(next(differing, shorter), shorter - start)
    fresh = new[start : len(new) - end]
    return Exchanged(old[start : len(old) - end], fresh, list(range(start, len(new))))
