"""The requests of batchUpdate about conditional formats."""

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.colours import paired
from syncd.sandbox.book.conditions import FORMATTING, check_condition
from syncd.sandbox.book.entry import parse_entry
from syncd.sandbox.book.model import Sheet
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.requests.located import stored_range


def _rule_sheet(batch: Batch, rule: Json) -> Sheet:
    ranges = rule.get("ranges", [])
    if not ranges:
        raise invalid("No ranges specified for the rule.")
    if len({r.get("sheetId", 0) for r in ranges}) > 1:
        raise invalid("All ranges of a rule must be on the same sheet.")
    batch.guard_sheet(ranges[0].get("sheetId", 0))
    return batch.sheet(ranges[0].get("sheetId", 0))


def _stored_rule(batch: Batch, rule: Json) -> Json:
    """Check a rule, and give it as answers print it."""
    stored: Json = {"ranges": [stored_range(batch, r) for r in rule["ranges"]]}
    if "booleanRule" in rule:
        given = rule["booleanRule"]
        check_condition(given.get("condition"), FORMATTING)
        looks = paired(given.get("format", {}))
        return stored | {"booleanRule": {"condition": given["condition"], "format": looks}}
    if "gradientRule" in rule:
        return stored | {"gradientRule": _gradient(batch, rule["gradientRule"])}
    raise invalid("Exactly one of booleanRule and gradientRule must be specified.")


def _gradient(batch: Batch, given: Json) -> Json:
    points = {}
    for name in ("minpoint", "midpoint", "maxpoint"):
        point = given.get(name)
        if point is None and name == "midpoint":
            continue
        points[name] = paired(_point(batch, point or {}))
    return points


def _point(batch: Batch, point: Json) -> Json:
    kind = point.get("type", "INTERPOLATION_POINT_TYPE_UNSPECIFIED")
    if kind == "INTERPOLATION_POINT_TYPE_UNSPECIFIED":
        raise invalid("No interpolationPointType specified.")
    if kind in {"MIN", "MAX"}:  # the value means nothing there, and is not kept
        return {k: v for k, v in point.items() if k != "value"}
    value = point.get("value", "")
    if not value:
        raise invalid("InterpolationPoint.value is required.")
    if not value.startswith("="):
        parsed = parse_entry(value, batch.book.properties["locale"])[0]
        if isinstance(parsed, bool) or not isinstance(parsed, (int, float)):
            raise invalid(f"Invalid InterpolationPoint.value: {value}")
    return point


def add_conditional_format(batch: Batch, request: Json) -> None:
    """Add a conditional format at a place among the sheet's rules."""
    rule, index = request.get("rule", {}), request.get("index", 0)
    sheet = _rule_sheet(batch, rule)
    if not 0 <= index <= len(sheet.conditional):
        raise invalid(
            f"Cannot add a conditional format rule at index: {index}, sheet: {sheet.sheet_id} has "
            f"{len(sheet.conditional)} conditional format rules."
        )
    sheet.conditional.insert(index, _stored_rule(batch, rule))


def _rule_at(sheet: Sheet, index: int) -> Json:
    if not 0 <= index < len(sheet.conditional):
        raise invalid(f"No conditional format on sheet: {sheet.sheet_id} at index: {index}")
    return sheet.conditional[index]


def update_conditional_format(batch: Batch, request: Json) -> Json:
    """Replace a conditional format, or move it among the sheet's rules."""
    index: int = request.get("index", 0)
    answer: Json = {}
    if "rule" in request:
        ranges = request["rule"].get("ranges", [])
        own = request.get("sheetId", ranges[0].get("sheetId", 0) if ranges else 0)
        if any(r.get("sheetId", 0) != own for r in ranges):
            raise invalid("A rule cannot be moved to another sheet.")
        sheet = _rule_sheet(batch, request["rule"])
        old = _rule_at(sheet, index)
        new = _stored_rule(batch, request["rule"])
        sheet.conditional[index] = new
        answer |= {"newRule": new, "newIndex": index, "oldRule": old}
    elif "newIndex" in request:
        batch.guard_sheet(request.get("sheetId", 0))
        sheet = batch.sheet(request.get("sheetId", 0))
        rule, to = _rule_at(sheet, index), request["newIndex"]
        if not 0 <= to < len(sheet.conditional):
            raise invalid(f"No conditional format on sheet: {sheet.sheet_id} at index: {to}")
        sheet.conditional.pop(index)
        sheet.conditional.insert(to, rule)
        answer |= {"newRule": rule, "newIndex": to, "oldIndex": index}
    else:
        raise invalid("Exactly one of rule and newIndex must be specified.")
    shown = {name: value for name, value in answer.items() if value != 0}
    return {"updateConditionalFormatRule": shown}


def delete_conditional_format(batch: Batch, request: Json) -> Json:
    """Delete a conditional format; the ones after it move up."""
    batch.guard_sheet(request.get("sheetId", 0))
    sheet, index = batch.sheet(request.get("sheetId", 0)), request.get("index", 0)
    rule = _rule_at(sheet, index)
    del sheet.conditional[index]
    return {"deleteConditionalFormatRule": {"rule": rule}}
