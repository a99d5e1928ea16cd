"""The requests of batchUpdate about objects over the grid: their place, border and end."""

from typing import Any

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.colours import paired, quantise, theme_colours
from syncd.sandbox.book.embedded import KINDS
from syncd.sandbox.book.model import Sheet
from syncd.sandbox.errors import ApiError, Json, invalid
from syncd.sandbox.protocol.masks import merge
from syncd.sandbox.requests.fields import required_mask
from syncd.sandbox.requests.located import OBJECT_KEYS, object_ids
from syncd.sandbox.requests.sheets import new_object_sheet, remove_sheet

_SIZE = {"widthPixels": 600, "heightPixels": 371}
_NO_PLACE = (
    "One of EmbeddedObjectPosition.overlayPosition or EmbeddedObjectPosition.sheetId must be set"
)


def new_object_id(batch: Batch, wanted: int | None) -> int:
    """Give the id of a new object: the one that was asked for, if it is free."""
    taken = object_ids(batch)
    if not wanted:
        return batch.new_id(taken)
    if wanted in taken:
        raise invalid(f"An embedded object with id {wanted} already exists.")
    return wanted


def located_object(
    batch: Batch, number: int, kinds: tuple[str, ...] = KINDS, word: str = "embedded object"
) -> tuple[Sheet, str, int]:
    """Find an object: its sheet, for changing, which of its lists, and the place there."""
    for sheet in batch.book.sheets:
        for kind in kinds:
            for place, thing in enumerate(getattr(sheet, kind)):
                if thing[OBJECT_KEYS[kind]] == number:
                    batch.guard_sheet(sheet.sheet_id)
                    return batch.sheet(sheet.sheet_id), kind, place
    raise invalid(f"No {word} with id: {number}")


def coloured(value: Any) -> Any:
    """Complete every colour of a spec with its style twin, also where it is just called color."""
    return _with_twins(paired(value))


def _with_twins(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_twins(item) for item in value]
    if not isinstance(value, dict):
        return value
    done: Json = {name: _with_twins(inner) for name, inner in value.items()}
    style = done.get("colorStyle") or ({"rgbColor": done["color"]} if "color" in done else {})
    if "rgbColor" in style:
        plain = quantise(style["rgbColor"])
        done |= {"color": plain, "colorStyle": {"rgbColor": plain}}
    elif style.get("themeColor") in theme_colours():
        done |= {"color": theme_colours()[style["themeColor"]], "colorStyle": style}
    else:
        done.pop("colorStyle", None)
    return done


def position_of(batch: Batch, given: Json, kind: str) -> tuple[Sheet, Json]:
    """Give the sheet that an object comes to lie on, for changing, and its whole position."""
    if given.get("newSheet") or "sheetId" in given:
        if kind != "charts":
            raise invalid("Slicers can only be positioned on an existing sheet.")
        home = new_object_sheet(batch, given.get("sheetId"))
        return home, {"sheetId": home.sheet_id}
    if "overlayPosition" not in given:
        raise invalid(_NO_PLACE)
    overlay = given["overlayPosition"]
    anchor = overlay.get("anchorCell", {})
    sheet = batch.book.sheet(anchor.get("sheetId", 0))
    check_coordinate(sheet, anchor)
    for name in ("offsetXPixels", "offsetYPixels", *_SIZE):
        if overlay.get(name, 0) < 0:
            raise invalid(f"OverlayPosition.{name}[{overlay[name]}] must not be negative")
    batch.guard_sheet(sheet.sheet_id)
    placed: Json = {"anchorCell": {k: v for k, v in anchor.items() if v}}
    placed |= {k: overlay[k] for k in ("offsetXPixels", "offsetYPixels") if overlay.get(k)}
    placed |= {k: overlay.get(k) or size for k, size in _SIZE.items()}
    return batch.sheet(sheet.sheet_id), {"overlayPosition": placed}


def check_coordinate(sheet: Sheet, coordinate: Json) -> None:
    """Refuse a cell that does not lie in the grid."""
    for name, count in (("row", sheet.row_count), ("column", sheet.column_count)):
        index = coordinate.get(f"{name}Index", 0)
        if index < 0:
            raise invalid(f"GridCoordinate.{name}Index[{index}] must not be negative")
        if index >= count:
            raise invalid(
                f"GridCoordinate.{name}Index[{index}] is after last {name} in grid[{count - 1}]"
            )


def update_position(batch: Batch, request: Json) -> Json:
    """Move an object, also to another sheet, or change its size."""
    sheet, kind, place = located_object(batch, request.get("objectId", 0))
    given, thing = request.get("newPosition", {}), getattr(sheet, kind)[place]
    if "overlayPosition" in given:
        mask = required_mask(request, "OverlayPosition")
        old = thing["position"].get("overlayPosition")
        overlay = merge(old, given["overlayPosition"], mask)
        given = given | {"overlayPosition": overlay}
    home, position = position_of(batch, given, kind)
    if home is sheet:
        getattr(sheet, kind)[place] = thing | {"position": position}
    else:
        del getattr(sheet, kind)[place]
        getattr(home, kind).append(thing | {"position": position})
        _drop_empty(batch, sheet)
    batch.book.cache.clear()
    return {"updateEmbeddedObjectPosition": {"position": position}}


def update_border(batch: Batch, request: Json) -> None:
    """Change the border of a chart."""
    mask = required_mask(request, "EmbeddedObjectBorder")
    sheet, kind, place = located_object(batch, request.get("objectId", 0))
    if kind != "charts":
        raise ApiError(501, "The sandbox does not implement borders of slicers.")
    given = coloured(request.get("border", {}))
    twins = mask if "*" in mask else {"color": {}, "colorStyle": {}}
    thing = dict(sheet.charts[place])
    border = merge(thing.pop("border", None), given, twins)
    sheet.charts[place] = thing | ({"border": border} if border else {})


def delete_object(batch: Batch, request: Json) -> None:
    """Delete a chart or a slicer."""
    sheet, kind, place = located_object(batch, request.get("objectId", 0))
    del getattr(sheet, kind)[place]
    _drop_empty(batch, sheet)
    batch.book.cache.clear()


def _drop_empty(batch: Batch, sheet: Sheet) -> None:
    """Take away a tab that was there for a chart only."""
    if sheet.is_object and not sheet.charts:
        remove_sheet(batch.book, sheet)
