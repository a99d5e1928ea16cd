"""How conditional formats go along when cells are copied, cut or filled."""

from collections.abc import Callable

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.grid_range import grid_area, grid_range
from syncd.sandbox.book.model import Area
from syncd.sandbox.errors import Json


def _common(one: Area, other: Area) -> Area | None:
    if not one.meets(other):
        return None
    return Area(
        one.sheet_id,
        max(one.top, other.top),
        min(one.bottom, other.bottom),
        max(one.left, other.left),
        min(one.right, other.right),
    )


def _around(area: Area, hole: Area) -> list[Area]:
    """Give the parts of an area beside another one that lies in it."""
    pieces = []
    if area.top < hole.top:
        pieces.append(area._replace(bottom=hole.top))
    if area.left < hole.left:
        pieces.append(Area(area.sheet_id, hole.top, hole.bottom, area.left, hole.left))
    if hole.right < area.right:
        pieces.append(Area(area.sheet_id, hole.top, hole.bottom, hole.right, area.right))
    if hole.bottom < area.bottom:
        pieces.append(area._replace(top=hole.bottom))
    return pieces


def forget_rules(batch: Batch, area: Area) -> None:
    """Take the cells of an area out of all conditional formats."""
    sheet = batch.sheet(area.sheet_id)
    rules = []
    for rule in sheet.conditional:
        ranges: list[Json] = []
        for given in rule["ranges"]:
            covered = grid_area(batch.book, given, clamp=True)
            hole = _common(covered, area)
            if hole is None:
                ranges.append(given)
            else:
                ranges.extend(grid_range(piece) for piece in _around(covered, hole))
        if ranges:
            rules.append(rule if ranges == rule["ranges"] else rule | {"ranges": ranges})
    sheet.conditional = rules


def paste_rules(
    batch: Batch,
    rules: list[Json],
    source: Area,
    target: Area,
    tiles: Callable[[], list[Area]],
    *,
    transpose: bool,
) -> None:
    """Let the conditional formats of a source hold in the tiles of a target, and no others."""
    additions = []
    for rule in rules:
        parts = [_common(grid_area(batch.book, r, clamp=True), source) for r in rule["ranges"]]
        placed: list[Json] = []
        for part in parts:
            if part == source:  # the whole target looks alike
                placed.append(grid_range(target))
            elif part is not None:
                found = [placed_in(part, source, t, transpose=transpose) for t in tiles()]
                placed.extend(grid_range(area) for area in found)
        if placed:
            additions.append((rule, placed))
    forget_rules(batch, target)
    sheet = batch.sheet(target.sheet_id)
    for rule, placed in additions:
        looks = {k: v for k, v in rule.items() if k != "ranges"}
        for place, present in enumerate(sheet.conditional):
            if {k: v for k, v in present.items() if k != "ranges"} == looks:
                sheet.conditional[place] = present | {"ranges": [*present["ranges"], *placed]}
                break
        else:
            sheet.conditional.append(looks | {"ranges": placed})


def placed_in(inner: Area, source: Area, tile: Area, *, transpose: bool) -> Area:
    """Give where a part of the source lies in a tile of the target."""
    top, bottom = inner.top - source.top, inner.bottom - source.top
    left, right = inner.left - source.left, inner.right - source.left
    if transpose:
        top, bottom, left, right = left, right, top, bottom
    return Area(
        tile.sheet_id, tile.top + top, tile.top + bottom, tile.left + left, tile.left + right
    )
