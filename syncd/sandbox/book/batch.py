"""What one batch works with: a draft of the book, who acts, and what is allowed to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from syncd.sandbox.book.a1 import grid_area
from syncd.sandbox.book.model import Area, Book, Sheet
from syncd.sandbox.errors import Json, invalid

PROTECTED = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to "
    "remove protection if you need to edit."
)


@dataclass(slots=True)
class Batch:
    """One ordered set of changes to one book."""

    book: Book
    actor: str
    settings: Mapping[str, Any]
    random: Random

    def area(self, grid_range: Json | None) -> Area:
        """Give the area of a GridRange that a request must have and that must lie in the grid."""
        if grid_range is None:
            raise invalid("range must be specified.")
        return grid_area(self.book, grid_range)

    def writable(self, grid_range: Json | None) -> Area:
        """Give the area of a GridRange that the actor is about to change."""
        area = self.area(grid_range)
        self.guard(area)
        return area

    def guard(self, area: Area) -> None:
        """Refuse a change inside a protected range that the actor may not edit."""
        for rule in self.book.sheet(area.sheet_id).protected:
            if rule.get("warningOnly") or may_edit(rule, self.actor):
                continue
            if not grid_area(self.book, rule.get("range", {}), clamp=True).meets(area):
                continue
            open_areas = [
                grid_area(self.book, r, clamp=True) for r in rule.get("unprotectedRanges", [])
            ]
            if not any(_covers(open_area, area) for open_area in open_areas):
                raise invalid(PROTECTED)

    def sheet(self, sheet_id: int) -> Sheet:
        """Give a sheet for changing."""
        return self.book.edit(sheet_id)

    def new_id(self, taken: object = ()) -> int:
        """Draw an id as Google does: a random positive number that is not in use."""
        while True:
            drawn = self.random.randrange(1, 2**31 - 1)
            if drawn not in taken:  # type: ignore[operator]
                return drawn


def may_edit(rule: Json, actor: str) -> bool:
    """Tell whether a person may edit what a protected range covers."""
    return actor == rule.get("_creator") or actor in rule.get("editors", {}).get("users", [])


def shown_protection(rule: Json, actor: str) -> Json:
    """Give a protected range as the person who asks sees it."""
    editable = may_edit(rule, actor) or bool(rule.get("warningOnly"))
    shown: Json = {k: v for k, v in rule.items() if k not in {"_creator", "editors"}}
    if editable:
        shown["requestingUserCanEdit"] = True
        shown["editors"] = rule["editors"]
    return shown


def _covers(outer: Area, inner: Area) -> bool:
    return (
        outer.top <= inner.top
        and inner.bottom <= outer.bottom
        and outer.left <= inner.left
        and inner.right <= outer.right
    )
