"""What one batch works with: a draft of the book, who acts, and what is allowed to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from syncd.sandbox.book.a1 import grid_area
from syncd.sandbox.book.model import Area, Book, Sheet
from syncd.sandbox.errors import Json, invalid

PROTECTED = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to "
    "remove protection if you need to edit."
)
_BOUNDS = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")


@dataclass(slots=True)
class Batch:
    """One ordered set of changes to one book."""

    book: Book
    actor: str
    settings: Mapping[str, Any]
    random: Random

    @property
    def year(self) -> int:
        """The current year: a draft is dated when its batch is opened."""
        return datetime.fromtimestamp(self.book.modified, UTC).year

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
        for rule in self._closed(area.sheet_id):
            if not grid_area(self.book, rule.get("range", {}), clamp=True).meets(area):
                continue
            open_areas = [
                grid_area(self.book, r, clamp=True) for r in rule.get("unprotectedRanges", [])
            ]
            if not covers(open_areas, area):
                raise invalid(PROTECTED)

    def guard_sheet(self, sheet_id: int) -> None:
        """Refuse a change of the sheet itself where the whole of it is protected."""
        for rule in self._closed(sheet_id):
            if not any(bound in rule.get("range", {}) for bound in _BOUNDS):
                raise invalid(PROTECTED)

    def guard_insert(self, sheet_id: int, *, is_rows: bool, at: int) -> None:
        """Refuse rows or columns that would open a protected range the actor may not edit."""
        name = "Row" if is_rows else "Column"
        for rule in self._closed(sheet_id):
            span = rule.get("range", {})
            start, end = span.get(f"start{name}Index"), span.get(f"end{name}Index")
            before_end = end is None or at < end
            if (start is None or start < at) and before_end:
                raise invalid(PROTECTED)

    def _closed(self, sheet_id: int) -> Iterable[Json]:
        for rule in self.book.sheet(sheet_id).protected:
            if not rule.get("warningOnly") and not may_edit(self.book, rule, self.actor):
                yield rule

    def sheet(self, sheet_id: int) -> Sheet:
        """Give a sheet for changing."""
        return self.book.edit(sheet_id)

    def new_id(self, taken: object = ()) -> int:
        """Draw an id as Google does: a random positive number that is not in use."""
        while True:
            drawn = self.random.randrange(1, 2**31 - 1)
            if drawn not in taken:  # type: ignore[operator]
                return drawn


def may_edit(book: Book, rule: Json, actor: str) -> bool:
    """Tell whether a person may edit what a protected range covers."""
    editors = rule.get("editors", {})
    if actor == rule.get("_creator") or actor in editors.get("users", []):
        return True
    owner = owner_of(book)
    if actor == owner:
        return True
    domain = owner.rpartition("@")[2] if "@" in owner else ""
    return bool(editors.get("domainUsersCanEdit") and domain and actor.endswith(f"@{domain}"))


def owner_of(book: Book) -> str:
    """Give the address of the person whom the file belongs to."""
    return book.card.owner


def shown_protection(book: Book, rule: Json, actor: str) -> Json:
    """Give a protected range as the person who asks sees it."""
    editable = may_edit(book, rule, actor) or bool(rule.get("warningOnly"))
    shown: Json = {k: v for k, v in rule.items() if k not in {"_creator", "editors"}}
    if editable:
        shown["requestingUserCanEdit"] = True
        shown["editors"] = rule["editors"]
    return shown


def covers(open_areas: Iterable[Area], area: Area) -> bool:
    """Tell whether some areas together cover another one."""
    left = [area]
    for open_area in open_areas:
        left = [piece for rest in left for piece in _without(rest, open_area)]
    return not left


def _without(area: Area, hole: Area) -> list[Area]:
    """Give what is left of an area around another one; an empty area stays where it touches."""
    if area.top >= hole.top and area.bottom <= hole.bottom:
        inner = area.left >= hole.left and area.right <= hole.right
        if inner and area.sheet_id == hole.sheet_id:
            return []
    if not area.meets(hole):
        return [area]
    pieces = []
    if area.top < hole.top:
        pieces.append(area._replace(bottom=hole.top))
    if hole.bottom < area.bottom:
        pieces.append(area._replace(top=hole.bottom))
    top, bottom = max(area.top, hole.top), min(area.bottom, hole.bottom)
    if area.left < hole.left:
        pieces.append(Area(area.sheet_id, top, bottom, area.left, hole.left))
    if hole.right < area.right:
        pieces.append(Area(area.sheet_id, top, bottom, hole.right, area.right))
    return pieces
