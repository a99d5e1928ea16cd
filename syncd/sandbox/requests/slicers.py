"""The requests of batchUpdate about slicers: what they filter is hidden as by a filter."""

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.conditions import FILTERS, check_condition
from syncd.sandbox.book.model import Sheet
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge
from syncd.sandbox.requests.embedded import (
    coloured,
    located_object,
    new_object_id,
    position_of,
)
from syncd.sandbox.requests.fields import refuse_fields, required_mask, unimplemented
from syncd.sandbox.requests.filtering import COLOURS
from syncd.sandbox.requests.located import stored_range


def add_slicer(batch: Batch, request: Json) -> Json:
    """Add a slicer; its criteria hide rows at once."""
    given = request.get("slicer", {})
    sheet, position = position_of(batch, given.get("position", {}), "slicers")
    spec = _spec(batch, given.get("spec", {}), sheet)
    number = new_object_id(batch, given.get("slicerId"))
    slicer = {"slicerId": number, "spec": spec, "position": position}
    sheet.slicers.append(slicer)
    batch.book.cache.clear()
    return {"addSlicer": {"slicer": slicer}}


def update_slicer_spec(batch: Batch, request: Json) -> None:
    """Change what a slicer filters, or how it looks."""
    mask = required_mask(request, "SlicerSpec")
    number = request.get("slicerId", 0)
    sheet, _, place = located_object(batch, number, ("slicers",), "slicer")
    old = sheet.slicers[place]
    for name in ("backgroundColor", "backgroundColorStyle"):
        if name in mask:
            mask |= {"backgroundColor": {}, "backgroundColorStyle": {}}
    changed = merge(old["spec"], coloured(request.get("spec", {})), mask)
    sheet.slicers[place] = old | {"spec": _spec(batch, changed, sheet)}
    batch.book.cache.clear()


def _spec(batch: Batch, given: Json, home: Sheet) -> Json:
    """Give a spec as it is kept, with what counts where nothing was said."""
    if "dataRange" not in given:
        raise invalid("SlicerSpec.dataRange must be specified.")
    area = batch.area(given["dataRange"])
    column = given.get("columnIndex")
    if column is not None and not area.left <= column < area.right:
        raise invalid("Slicer column must be within range bounds")
    criterion = given.get("filterCriteria", {})
    refuse_fields(criterion, COLOURS, "SlicerSpec.filterCriteria")
    if "condition" in criterion:
        check_condition(criterion["condition"], FILTERS)
    if criterion and area.sheet_id != home.sheet_id:
        raise unimplemented("slicers that filter another sheet")
    spec: Json = coloured(given) | {"dataRange": stored_range(batch, given["dataRange"])}
    spec.setdefault("applyToPivotTables", True)
    spec.setdefault("horizontalAlignment", "LEFT")
    return {name: value for name, value in spec.items() if value not in ("", {})}
