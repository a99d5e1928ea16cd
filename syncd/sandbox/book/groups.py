"""Groups of rows or columns: how deep each stretch of them lies, and the groups that gives."""

from itertools import pairwise
from typing import NamedTuple

from syncd.sandbox.errors import Json

DEPTH_MAX = 8


class Stretch(NamedTuple):
    """Rows or columns, half open, that lie in equally many groups."""

    start: int
    end: int
    depth: int


def stretches(spans: list[tuple[int, int]]) -> list[Stretch]:
    """Give the stretches that spans lying over each other make, from the first to the last."""
    steps: dict[int, int] = {}
    for start, end in spans:
        steps[start] = steps.get(start, 0) + 1
        steps[end] = steps.get(end, 0) - 1
    found, depth, places = [], 0, sorted(steps)
    for start, end in pairwise(places):
        depth += steps[start]
        if depth:
            found.append(Stretch(start, end, depth))
    return found


def spans_of(groups: list[Json]) -> list[tuple[int, int]]:
    """Give the bounds of groups."""
    return [(group["range"]["startIndex"], group["range"]["endIndex"]) for group in groups]


def lowered(found: list[Stretch], start: int, end: int) -> list[Stretch]:
    """Take one level away between two places."""
    lower = []
    for stretch in found:
        first, last = max(stretch.start, start), min(stretch.end, end)
        if first >= last:
            lower.append(stretch)
            continue
        pieces = (
            Stretch(stretch.start, first, stretch.depth),
            Stretch(first, last, stretch.depth - 1),
            Stretch(last, stretch.end, stretch.depth),
        )
        lower.extend(piece for piece in pieces if piece.start < piece.end and piece.depth)
    return lower


def derived(found: list[Stretch], place: Json, before: list[Json]) -> list[Json]:
    """Give the groups that stretches make; those that were collapsed before stay so."""
    groups: list[Json] = []
    for depth in range(1, max((s.depth for s in found), default=0) + 1):
        joined: list[tuple[int, int]] = []
        for stretch in found:
            if stretch.depth < depth:
                continue
            if joined and joined[-1][1] == stretch.start:
                joined[-1] = joined[-1][0], stretch.end
            else:
                joined.append((stretch.start, stretch.end))
        groups.extend(_group(place, start, end, depth, before) for start, end in joined)
    return sorted(groups, key=lambda group: (group["range"]["startIndex"], group["depth"]))


def _group(place: Json, start: int, end: int, depth: int, before: list[Json]) -> Json:
    bounds = {"startIndex": start, "endIndex": end}
    group: Json = {"range": place | bounds, "depth": depth}
    if any(_stays(old, start, end, depth) for old in before if old.get("collapsed")):
        group["collapsed"] = True
    return group


def _stays(old: Json, start: int, end: int, depth: int) -> bool:
    first, last = old["range"]["startIndex"], old["range"]["endIndex"]
    return (first, last) == (start, end) or (old["depth"] == depth and first < end and start < last)
