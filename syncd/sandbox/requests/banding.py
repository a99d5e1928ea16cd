"""The requests of batchUpdate about alternating colours."""

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.colours import paired, paired_mask
from syncd.sandbox.book.grid_range import grid_range
from syncd.sandbox.book.model import Area
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge
from syncd.sandbox.requests.fields import required_mask
from syncd.sandbox.requests.located import located, new_number
from syncd.sandbox.requests.tables import BANDED


def add_banding(batch: Batch, request: Json) -> Json:
    """Colour the rows or columns of a range by turns."""
    given = paired(request.get("bandedRange", {}))
    area = batch.area(given.get("range"))
    batch.guard_sheet(area.sheet_id)
    number = new_number(batch, "banded", given.get("bandedRangeId"))
    banded = _banded(number, area, given)
    _check_place(batch, area, None)
    batch.sheet(area.sheet_id).banded.append(banded)
    return {"addBanding": {"bandedRange": banded}}


def _banded(number: int, area: Area, given: Json) -> Json:
    colours = {k: given[k] for k in ("rowProperties", "columnProperties") if given.get(k)}
    if not colours:
        raise invalid("At least one of rowProperties and columnProperties must be specified.")
    for properties in colours.values():
        if "firstBandColor" not in properties or "secondBandColor" not in properties:
            raise invalid("firstBandColor and secondBandColor must be specified.")
    return {"bandedRangeId": number, "range": grid_range(area)} | colours


def _check_place(batch: Batch, area: Area, own: int | None) -> None:
    sheet = batch.book.sheet(area.sheet_id)
    for other in sheet.banded:
        if other["bandedRangeId"] != own and batch.area(other["range"]).meets(area):
            raise invalid(BANDED)
    if any(batch.area(table["range"]).meets(area) for table in sheet.tables):
        raise invalid(BANDED)


def update_banding(batch: Batch, request: Json) -> None:
    """Change the alternating colours of a range."""
    mask = paired_mask(required_mask(request, "BandedRange"))
    given = paired(request.get("bandedRange", {}))
    number = given.get("bandedRangeId", 0)
    sheet, place = located(batch, "banded", number)
    batch.guard_sheet(sheet.sheet_id)
    changed = merge(sheet.banded[place], given, mask)
    area = batch.area(changed.get("range"))
    if area.sheet_id != sheet.sheet_id:
        raise invalid("A banded range cannot be moved to another sheet.")
    _check_place(batch, area, number)
    sheet.banded[place] = _banded(number, area, changed)


def delete_banding(batch: Batch, request: Json) -> None:
    """Take the alternating colours of a range away."""
    sheet, place = located(batch, "banded", request.get("bandedRangeId", 0))
    batch.guard_sheet(sheet.sheet_id)
    del sheet.banded[place]
