"""The requests of batchUpdate about charts: they are kept and completed, nobody draws them."""

from typing import Any

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.errors import ApiError, Json, invalid
from syncd.sandbox.requests.embedded import (
    coloured,
    located_object,
    new_object_id,
    position_of,
)
from syncd.sandbox.requests.fields import refuse_fields
from syncd.sandbox.requests.located import stored_range

_KINDS = (
    "basicChart",
    "pieChart",
    "bubbleChart",
    "candlestickChart",
    "orgChart",
    "histogramChart",
    "waterfallChart",
    "treemapChart",
    "scorecardChart",
)
_NO_KIND = (
    "One of basicChart, pieChart, bubbleChart, candelstickChart, histogramChart, or orgChart must "
    "be set on chartSpec."  # the spelling is Google's
)
_LINES = "ChartSourceRange ranges require all rows or all columns to have length of 1"
_DATA_SOURCE = ("dataSourceChartProperties", "filterSpecs", "sortSpecs")
_PLAIN = {  # fields whose zero says as much as their absence
    "altText",
    "fontName",
    "headerCount",
    "interpolateNulls",
    "lineSmoothing",
    "maximized",
    "pieHole",
    "reversed",
    "subtitle",
    "threeDimensional",
    "title",
}


def add_chart(batch: Batch, request: Json) -> Json:
    """Add a chart."""
    given = request.get("chart", {})
    spec = _completed(batch, given.get("spec", {}))
    sheet, position = position_of(batch, given.get("position", {}), "charts")
    number = new_object_id(batch, given.get("chartId"))
    chart = {"chartId": number, "spec": spec, "position": position}
    if given.get("border"):
        chart["border"] = coloured(given["border"])
    sheet.charts.append(chart)
    return {"addChart": {"chart": chart}}


def update_chart_spec(batch: Batch, request: Json) -> None:
    """Give a chart another spec; it replaces the whole of the old one."""
    number = request.get("chartId", 0)
    sheet, kind, place = located_object(batch, number, ("charts",), "chart")
    spec = _completed(batch, request.get("spec", {}))
    things = getattr(sheet, kind)
    things[place] = things[place] | {"spec": spec}


def _completed(batch: Batch, given: Json) -> Json:
    """Give a spec as it is kept: ranges checked, colours in pairs, the standard looks named."""
    refuse_fields(given, _DATA_SOURCE, "ChartSpec")
    if not any(kind in given for kind in _KINDS):
        raise invalid(_NO_KIND)
    basic = given.get("basicChart")
    if basic is not None and not basic.get("domains") and not basic.get("series"):
        raise ApiError(500, "Internal error encountered.")  # what Google says to an empty chart
    spec = coloured(_checked(batch, given))
    spec.setdefault("hiddenDimensionStrategy", "SKIP_HIDDEN_ROWS_AND_COLUMNS")
    font = spec.setdefault("fontName", "Roboto")
    for name in ("title", "subtitle"):
        if name in spec:
            spec[f"{name}TextFormat"] = {"fontFamily": font} | spec.get(f"{name}TextFormat", {})
    if basic is not None:
        _complete_basic(spec["basicChart"], font)
    return dict(spec)


def _checked(batch: Batch, value: Any) -> Any:
    """Check the ranges of a part of a spec, and leave out the zeros that say nothing."""
    if isinstance(value, list):
        return [_checked(batch, item) for item in value]
    if not isinstance(value, dict):
        return value
    if "sources" in value:
        areas = [batch.area(source) for source in value["sources"]]
        in_rows = all(area.bottom - area.top == 1 for area in areas)
        if not in_rows and not all(area.right - area.left == 1 for area in areas):
            raise invalid(_LINES)
        return {"sources": [stored_range(batch, source) for source in value["sources"]]}
    refuse_fields(value, ("columnReference", "groupRule"), "ChartData")
    return {
        name: _checked(batch, inner) for name, inner in value.items() if inner or name not in _PLAIN
    }


def _complete_basic(basic: Json, font: str) -> None:
    values_at = "BOTTOM_AXIS" if basic.get("chartType") == "BAR" else "LEFT_AXIS"
    basic["axis"] = [_axis(axis, font) for axis in basic.get("axis", [])]
    there = {axis.get("position") for axis in basic["axis"]}
    basic["axis"] += [
        {"position": position, "viewWindowOptions": {}}
        for position in ("BOTTOM_AXIS", "LEFT_AXIS")
        if position not in there
    ]
    basic["series"] = [_series(series, values_at, font) for series in basic.get("series", [])]
    if not basic["series"]:
        del basic["series"]


def _axis(axis: Json, font: str) -> Json:
    done = axis | {"viewWindowOptions": axis.get("viewWindowOptions", {})}
    if "title" in axis:
        done["format"] = {"fontFamily": font} | axis.get("format", {})
    return done


def _series(series: Json, axis: str, font: str) -> Json:
    done = series | {"targetAxis": series.get("targetAxis", axis)}
    label = series.get("dataLabel")
    if label is not None:
        shown = {"fontFamily": font} | label.get("textFormat", {})
        done["dataLabel"] = label | {"textFormat": shown}
    return done
