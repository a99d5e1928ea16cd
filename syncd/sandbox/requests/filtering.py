"""The requests of batchUpdate about the filter of a sheet and about filter views."""

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.conditions import FILTERS, check_condition
from syncd.sandbox.book.filters import criteria_of
from syncd.sandbox.book.grid_range import grid_range
from syncd.sandbox.book.model import Area
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge
from syncd.sandbox.requests.fields import refuse_fields, required_mask
from syncd.sandbox.requests.located import located, new_number
from syncd.sandbox.requests.names import named_range
from syncd.sandbox.requests.sorting import check_specs, refuse_vertical_merges, sort_area

COLOURS = (
    "visibleBackgroundColor",
    "visibleBackgroundColorStyle",
    "visibleForegroundColor",
    "visibleForegroundColorStyle",
)


def _criteria(given: Json, area: Area, kind: str) -> Json:
    """Give the criteria and the order of a filter as they are kept: in both of their spellings."""
    for spec in given.get("filterSpecs", []):
        refuse_fields(spec, ("dataSourceColumnReference",), f"{kind}.filterSpecs")
    stored: Json = {}
    if given.get("sortSpecs"):
        check_specs(given["sortSpecs"], area, kind)
        stored["sortSpecs"] = given["sortSpecs"]
    try:
        found = criteria_of(given)
    except ValueError as error:
        raise invalid("The keys of criteria must be column indexes.") from error
    for column, criterion in found.items():
        if not area.left <= column < area.right:
            raise invalid(f"The filter criteria for column[{column}] are outside of the range.")
        refuse_fields(criterion, COLOURS, f"{kind}.criteria")
        if "condition" in criterion:
            check_condition(criterion["condition"], FILTERS)
    if found:
        stored["criteria"] = {str(column): criterion for column, criterion in found.items()}
        stored["filterSpecs"] = [
            {"columnIndex": column, "filterCriteria": criterion}
            for column, criterion in found.items()
        ]
    return stored


def set_basic_filter(batch: Batch, request: Json) -> None:
    """Set the filter of a sheet, and sort by it if it says so; it replaces the one before."""
    given = request.get("filter", {})
    refuse_fields(given, ("tableId",), "setBasicFilter.filter")
    if "range" not in given:
        raise invalid("filter.range must be specified.")
    area = batch.area(given["range"])
    batch.guard_sheet(area.sheet_id)
    refuse_vertical_merges(batch, area, "create a filter over")
    if any(batch.area(t["range"]).meets(area) for t in batch.book.sheet(area.sheet_id).tables):
        raise invalid("You can't create a filter over a range containing a table.")
    stored = {"range": grid_range(area)} | _criteria(given, area, "setBasicFilter")
    batch.sheet(area.sheet_id).basic_filter = stored
    batch.book.cache.clear()
    if given.get("sortSpecs"):
        body = area._replace(top=min(area.top + 1, area.bottom))
        batch.guard(body)
        sort_area(batch, body, given["sortSpecs"], frozenset())


def clear_basic_filter(batch: Batch, request: Json) -> None:
    """Take the filter of a sheet away."""
    batch.guard_sheet(request.get("sheetId", 0))
    batch.sheet(request.get("sheetId", 0)).basic_filter = None
    batch.book.cache.clear()


def _view(batch: Batch, number: int, title: str, given: Json, kind: str) -> tuple[int, Json]:
    """Give a filter view as it is kept, and the sheet that it belongs to."""
    refuse_fields(given, ("tableId",), kind)
    view: Json = {"filterViewId": number, "title": title}
    key = given.get("namedRangeId")
    if key:
        given = given | {"range": named_range(batch, key)["range"]}
    if "range" not in given:
        raise invalid("filter.range must be specified.")
    area = batch.area(given["range"])
    view["range"] = grid_range(area)
    if key:
        view["namedRangeId"] = key
    return area.sheet_id, view | _criteria(given, area, kind)


def add_filter_view(batch: Batch, request: Json) -> Json:
    """Add a filter view."""
    given = request.get("filter", {})
    number = new_number(batch, "filter_views", given.get("filterViewId"))
    title = given.get("title") or _free_title(batch)
    home, view = _view(batch, number, title, given, "addFilterView.filter")
    batch.sheet(home).filter_views.append(view)
    return {"addFilterView": {"filter": view}}


def _free_title(batch: Batch) -> str:
    titles = {view["title"] for sheet in batch.book.sheets for view in sheet.filter_views}
    number = 1
    while f"Filter {number}" in titles:
        number += 1
    return f"Filter {number}"


def update_filter_view(batch: Batch, request: Json) -> None:
    """Change a filter view."""
    mask = required_mask(request, "FilterView")
    given = request.get("filter", {})
    number = given.get("filterViewId", 0)
    sheet, place = located(batch, "filter_views", number)
    old = dict(sheet.filter_views[place])
    if "criteria" in mask and "filterSpecs" not in mask:
        old.pop("filterSpecs", None)
    if "range" in mask and "namedRangeId" not in mask:
        old.pop("namedRangeId", None)
    changed = merge(old, given, mask)
    title = changed.get("title") or old["title"]
    home, view = _view(batch, number, title, changed, "updateFilterView.filter")
    if home == sheet.sheet_id:
        sheet.filter_views[place] = view
    else:
        del sheet.filter_views[place]
        batch.sheet(home).filter_views.append(view)


def duplicate_filter_view(batch: Batch, request: Json) -> Json:
    """Copy a filter view."""
    sheet, place = located(batch, "filter_views", request.get("filterId", 0))
    old = sheet.filter_views[place]
    number = new_number(batch, "filter_views", None)
    view = old | {"filterViewId": number, "title": f"Copy of {old['title']}"}
    sheet.filter_views.append(view)
    return {"duplicateFilterView": {"filter": view}}


def delete_filter_view(batch: Batch, request: Json) -> None:
    """Delete a filter view."""
    sheet, place = located(batch, "filter_views", request.get("filterId", 0))
    del sheet.filter_views[place]
