"""Charts and slicers: objects that lie over a grid and read ranges of any sheet."""

from collections.abc import Callable
from typing import Any

from syncd.sandbox.book.following import Mover, moved_range
from syncd.sandbox.book.model import Book, Sheet
from syncd.sandbox.errors import Json

KINDS = ("charts", "slicers")

Change = Callable[[Json], Json | None]


def with_ranges(thing: Json, change: Change) -> Json:
    """Give an object whose ranges are changed; a series that lost all of its ranges goes."""
    return thing | {"spec": _changed(thing["spec"], change)}


def _changed(value: Any, change: Change) -> Any:
    """Give a part of a spec with changed ranges, None where nothing is left of it."""
    if isinstance(value, list):
        found = [(item, _changed(item, change)) for item in value]
        return [new for old, new in found if not isinstance(old, dict) or _is_whole(old, new)]
    if not isinstance(value, dict):
        return value
    if "sources" in value:
        sources = [source for old in value["sources"] if (source := change(old)) is not None]
        return {"sources": sources} if sources else None
    done: Json = {}
    for name, inner in value.items():
        new = change(inner) if name == "dataRange" else _changed(inner, change)
        if new is not None:
            done[name] = new
        elif name == "sourceRange":
            return None
    return done


def _is_whole(old: Json, new: Json | None) -> bool:
    return new is not None and len(new) == len(old)


def change_objects(book: Book, change: Callable[[Sheet, Json], Json]) -> None:
    """Change the objects of all sheets of a draft; a sheet is copied only if one differs."""
    for sheet in list(book.sheets):
        for kind in KINDS:
            things = getattr(sheet, kind)
            changed = [change(sheet, thing) for thing in things]
            if changed != things:
                setattr(book.edit(sheet.sheet_id), kind, changed)


def change_ranges(book: Book, sheet_id: int, change: Change) -> None:
    """Change what objects anywhere in a draft read of one sheet."""

    def on_sheet(grid_range: Json) -> Json | None:
        return change(grid_range) if grid_range.get("sheetId", 0) == sheet_id else grid_range

    change_objects(book, lambda _, thing: with_ranges(thing, on_sheet))


def follow_objects(book: Book, sheet_id: int, mover: Mover) -> None:
    """Let charts and slicers follow: where they lie, and what they read."""
    change_objects(book, lambda sheet, thing: _followed(sheet, thing, sheet_id, mover))
    change_ranges(book, sheet_id, lambda grid_range: moved_range(grid_range, mover))


def _followed(home: Sheet, thing: Json, sheet_id: int, mover: Mover) -> Json:
    spec = thing["spec"]
    read = spec.get("dataRange", {"sheetId": None}).get("sheetId", 0)
    if not mover.is_rows and "columnIndex" in spec and read == sheet_id:
        column = mover.point(spec["columnIndex"])
        kept = {k: v for k, v in spec.items() if k not in {"columnIndex", "filterCriteria"}}
        moved = kept if column is None else spec | {"columnIndex": column}
        thing = thing | {"spec": moved}
    if home.sheet_id == sheet_id and "overlayPosition" in thing["position"]:
        overlay = thing["position"]["overlayPosition"]
        anchor = _moved_anchor(home, overlay["anchorCell"], mover)
        thing = thing | {"position": {"overlayPosition": overlay | {"anchorCell": anchor}}}
    return thing


def _moved_anchor(home: Sheet, anchor: Json, mover: Mover) -> Json:
    """Give the cell that an object is anchored to; of a deleted one, what took its place."""
    key = "rowIndex" if mover.is_rows else "columnIndex"
    count = home.row_count if mover.is_rows else home.column_count
    landed = mover.point(anchor.get(key, 0))
    place = min(getattr(mover, "at", 0) if landed is None else landed, max(count - 1, 0))
    rest = {k: v for k, v in anchor.items() if k != key}
    return rest | ({key: place} if place else {})


def rehomed_objects(
    things: list[Json], key: str, homes: tuple[int, int], keeps: Callable[[int], bool], new_id: Any
) -> list[Json]:
    """Give copies of a sheet's objects for its copy: they read it, where they read the original.

    `homes` are the ids of the original and the copy; `keeps` tells which other sheets are there.
    """
    old, new = homes

    def change(grid_range: Json) -> Json | None:
        read = grid_range.get("sheetId", 0)
        if read != old:
            return grid_range if keeps(read) else None
        rest = {k: v for k, v in grid_range.items() if k != "sheetId"}
        return ({"sheetId": new} if new else {}) | rest

    copies = []
    for thing in things:
        copied = with_ranges(thing, change) | {key: new_id()}
        overlay = copied["position"].get("overlayPosition")
        if overlay is None:
            copied["position"] = {"sheetId": new}
        else:
            anchor = {k: v for k, v in overlay["anchorCell"].items() if k != "sheetId"}
            anchor = ({"sheetId": new} if new else {}) | anchor
            copied["position"] = {"overlayPosition": overlay | {"anchorCell": anchor}}
        copies.append(copied)
    return copies
