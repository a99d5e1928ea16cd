"""The requests of batchUpdate that group rows or columns."""

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.groups import DEPTH_MAX, derived, lowered, spans_of, stretches
from syncd.sandbox.book.model import Sheet
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.requests.dimensions import dimension, hide
from syncd.sandbox.requests.fields import required_mask


def _group(batch: Batch, request: Json) -> tuple[Sheet, str, Json]:
    span = dimension(batch, request.get("range"), "range")
    batch.guard_sheet(span.sheet.sheet_id)
    sheet = batch.sheet(span.sheet.sheet_id)
    place: Json = {"sheetId": sheet.sheet_id} if sheet.sheet_id else {}
    place |= {
        "dimension": "ROWS" if span.is_rows else "COLUMNS",
        "startIndex": span.start,
        "endIndex": span.end,
    }
    return sheet, "row_groups" if span.is_rows else "column_groups", place


def add_dimension_group(batch: Batch, request: Json) -> Json:
    """Group rows or columns, one level deeper where they are grouped already."""
    sheet, name, span = _group(batch, request)
    before: list[Json] = getattr(sheet, name)
    found = stretches([*spans_of(before), (span["startIndex"], span["endIndex"])])
    if max(stretch.depth for stretch in found) > DEPTH_MAX:
        raise invalid(f"Groups may be nested at most {DEPTH_MAX} levels deep.")
    setattr(sheet, name, derived(found, span, before))
    control = "rowGroupControlAfter" if name == "row_groups" else "columnGroupControlAfter"
    grid = sheet.properties.get("gridProperties", {})
    if not before and control not in grid:  # it stays when the groups are gone
        sheet.properties["gridProperties"] = grid | {control: True}
    return {"addDimensionGroup": {"dimensionGroups": getattr(sheet, name)}}


def delete_dimension_group(batch: Batch, request: Json) -> Json:
    """Take rows or columns out of their deepest group."""
    sheet, name, span = _group(batch, request)
    before: list[Json] = getattr(sheet, name)
    start, end = span["startIndex"], span["endIndex"]
    found = stretches(spans_of(before))
    if not any(stretch.start < end and start < stretch.end for stretch in found):
        raise invalid("There is no group over the specified range.")
    kept = derived(lowered(found, start, end), span, before)
    setattr(sheet, name, kept)
    return {"deleteDimensionGroup": {"dimensionGroups": kept} if kept else {}}


def update_dimension_group(batch: Batch, request: Json) -> None:
    """Collapse or expand a group; its rows or columns are hidden or shown with it."""
    mask = required_mask(request, "DimensionGroup")
    given = request.get("dimensionGroup", {})
    sheet, name, span = _group(batch, given)
    groups = list(getattr(sheet, name))
    place = next(
        (
            index
            for index, group in enumerate(groups)
            if group["range"] == span and group["depth"] == given.get("depth", 0)
        ),
        None,
    )
    if place is None:
        raise invalid("There is no group with the specified range and depth.")
    if "*" in mask or "collapsed" in mask:
        collapsed = given.get("collapsed", False)
        group = {k: v for k, v in groups[place].items() if k != "collapsed"}
        groups[place] = group | ({"collapsed": True} if collapsed else {})
        setattr(sheet, name, groups)
        is_rows = span["dimension"] == "ROWS"
        hide(sheet, is_rows, range(span["startIndex"], span["endIndex"]), hidden=collapsed)
