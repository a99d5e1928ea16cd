"""The requests of batchUpdate about named, protected, filtered, coloured and banded ranges."""

import re

from syncd.sandbox.book.a1 import grid_range
from syncd.sandbox.book.batch import PROTECTED, Batch, may_edit, shown_protection
from syncd.sandbox.book.colours import paired
from syncd.sandbox.book.model import Sheet
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge, parse_mask

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,249}\Z")
_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+\Z|[Rr][0-9]+[Cc][0-9]+\Z")
_NO_FIELDS = "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"


def stored_range(batch: Batch, given: Json) -> Json:
    """Check a GridRange that something is to keep, and give it as answers print it."""
    batch.area(given)
    return {k: v for k, v in given.items() if not (k == "sheetId" and v == 0)}


def _check_name(batch: Batch, name: str, own: str | None) -> None:
    if not _NAME.match(name) or _CELL.match(name) or name.lower() in {"true", "false"}:
        raise invalid(f'"{name}" is not a valid name for a named range.')
    for key, named in batch.book.named.items():
        if key != own and named["name"].casefold() == name.casefold():
            raise invalid(
                f'Cannot add named range "{name}" because another range is already named "{name}".'
            )


def add_named_range(batch: Batch, request: Json) -> Json:
    """Name a range; an id that is not given is drawn."""
    given = request.get("namedRange", {})
    if "range" not in given:
        raise invalid("namedRange.range must be specified.")
    _check_name(batch, given.get("name", ""), None)
    key = given.get("namedRangeId") or str(
        batch.new_id({int(k) for k in batch.book.named if k.isdigit()})
    )
    if key in batch.book.named:
        raise invalid(f"A named range with id {key} already exists.")
    named = {
        "namedRangeId": key,
        "name": given["name"],
        "range": stored_range(batch, given["range"]),
    }
    batch.book.named[key] = named
    return {"addNamedRange": {"namedRange": named}}


def _named(batch: Batch, key: str) -> Json:
    if key not in batch.book.named:
        raise invalid(f"No named range with id: {key}")
    return batch.book.named[key]


def update_named_range(batch: Batch, request: Json) -> None:
    """Rename a named range, or let it name another range."""
    given = request.get("namedRange", {})
    mask = parse_mask(request.get("fields", ""), "NamedRange")
    if not mask:
        raise invalid(_NO_FIELDS)
    key = given.get("namedRangeId", "")
    changed = merge(_named(batch, key), given, mask) | {"namedRangeId": key}
    _check_name(batch, changed.get("name", ""), key)
    if "range" not in changed:
        raise invalid("namedRange.range must be specified.")
    changed["range"] = stored_range(batch, changed["range"])
    batch.book.named[key] = changed


def delete_named_range(batch: Batch, request: Json) -> None:
    """Forget a named range."""
    key = request.get("namedRangeId", "")
    _named(batch, key)
    del batch.book.named[key]


def _located(batch: Batch, name: str, key: str, number: int) -> tuple[Sheet, int]:
    """Find something that a sheet keeps by its id: the sheet, for changing, and its place."""
    for sheet in batch.book.sheets:
        for place, thing in enumerate(getattr(sheet, name)):
            if thing.get(key) == number:
                return batch.sheet(sheet.sheet_id), place
    raise invalid(f"No {_THINGS[name]} with id: {number}")


_THINGS = {
    "protected": "protected range",
    "filter_views": "filter view",
    "banded": "banded range",
}


def add_protected_range(batch: Batch, request: Json) -> Json:
    """Protect a range, a named range or a whole sheet."""
    given = dict(request.get("protectedRange", {}))
    if "namedRangeId" in given:
        given["range"] = _named(batch, given["namedRangeId"])["range"]
    if "range" not in given:
        raise invalid("protectedRange.range must be specified.")
    taken = {p["protectedRangeId"] for s in batch.book.sheets for p in s.protected}
    number = given.get("protectedRangeId") or batch.new_id(taken)
    if number in taken:
        raise invalid(f"A protected range with id {number} already exists.")
    rule: Json = {"protectedRangeId": number, "range": stored_range(batch, given["range"])}
    for name in ("namedRangeId", "description", "warningOnly", "unprotectedRanges"):
        if given.get(name):
            rule[name] = given[name]
    rule["editors"] = {k: v for k, v in given.get("editors", {}).items() if v}
    rule["_creator"] = batch.actor
    sheet = batch.sheet(given["range"].get("sheetId", 0))
    sheet.protected.append(rule)
    return {
        "addProtectedRange": {"protectedRange": shown_protection(batch.book, rule, batch.actor)}
    }


def update_protected_range(batch: Batch, request: Json) -> None:
    """Change a protected range."""
    given = request.get("protectedRange", {})
    mask = parse_mask(request.get("fields", ""), "ProtectedRange")
    if not mask:
        raise invalid(_NO_FIELDS)
    number = given.get("protectedRangeId", 0)
    sheet, place = _located(batch, "protected", "protectedRangeId", number)
    old = sheet.protected[place]
    _check_protection(batch, old)
    changed = merge(old, given, mask)
    changed |= {"protectedRangeId": number, "_creator": old["_creator"]}
    changed["range"] = stored_range(batch, changed.get("range", {}))
    changed["editors"] = {k: v for k, v in changed.get("editors", {}).items() if v}
    sheet.protected[place] = changed


def _check_protection(batch: Batch, rule: Json) -> None:
    if not rule.get("warningOnly") and not may_edit(batch.book, rule, batch.actor):
        raise invalid(PROTECTED)


def delete_protected_range(batch: Batch, request: Json) -> None:
    """Lift the protection of a range."""
    number = request.get("protectedRangeId", 0)
    sheet, place = _located(batch, "protected", "protectedRangeId", number)
    _check_protection(batch, sheet.protected[place])
    del sheet.protected[place]


def add_filter_view(batch: Batch, request: Json) -> Json:
    """Add a filter view."""
    given = request.get("filter", {})
    area = batch.area(given.get("range"))
    taken = {v["filterViewId"] for s in batch.book.sheets for v in s.filter_views}
    number = given.get("filterViewId") or batch.new_id(taken)
    if number in taken:
        raise invalid(f"A filter view with id {number} already exists.")
    title = given.get("title") or f"Filter {len(taken) + 1}"
    view = {"filterViewId": number, "title": title} | given | {"range": grid_range(area)}
    batch.sheet(area.sheet_id).filter_views.append(view)
    return {"addFilterView": {"filter": view}}


def update_filter_view(batch: Batch, request: Json) -> None:
    """Change a filter view."""
    given = request.get("filter", {})
    mask = parse_mask(request.get("fields", ""), "FilterView")
    number = given.get("filterViewId", 0)
    sheet, place = _located(batch, "filter_views", "filterViewId", number)
    changed = merge(sheet.filter_views[place], given, mask) | {"filterViewId": number}
    changed["range"] = grid_range(batch.area(changed.get("range", {})))
    sheet.filter_views[place] = changed


def delete_filter_view(batch: Batch, request: Json) -> None:
    """Delete a filter view."""
    number = request.get("filterId", 0)
    sheet, place = _located(batch, "filter_views", "filterViewId", number)
    del sheet.filter_views[place]


def _rule_sheet(batch: Batch, rule: Json) -> Sheet:
    ranges = rule.get("ranges", [])
    if not ranges:
        raise invalid("No ranges specified for the rule.")
    if ("booleanRule" in rule) == ("gradientRule" in rule):
        raise invalid("Exactly one of booleanRule and gradientRule must be specified.")
    if len({r.get("sheetId", 0) for r in ranges}) > 1:
        raise invalid("All ranges of a rule must be on the same sheet.")
    return batch.sheet(ranges[0].get("sheetId", 0))


def _stored_rule(batch: Batch, rule: Json) -> Json:
    stored: Json = paired(rule)
    return stored | {"ranges": [stored_range(batch, r) for r in rule["ranges"]]}


def add_conditional_format(batch: Batch, request: Json) -> None:
    """Add a conditional format at a place among the sheet's rules."""
    rule, index = request.get("rule", {}), request.get("index")
    sheet = _rule_sheet(batch, rule)
    place = 0 if index is None else index
    if place > len(sheet.conditional):
        raise invalid(f"Index {place} is beyond the last conditional format rule of the sheet.")
    sheet.conditional.insert(place, _stored_rule(batch, rule))


def _rule_at(sheet: Sheet, index: int) -> Json:
    if not 0 <= index < len(sheet.conditional):
        raise invalid(f"No conditional format on sheet: {sheet.sheet_id} at index: {index}")
    return sheet.conditional[index]


def update_conditional_format(batch: Batch, request: Json) -> Json:
    """Replace a conditional format, or move it among the sheet's rules."""
    index, answer = request.get("index", 0), {}
    if "rule" in request:
        sheet = _rule_sheet(batch, request["rule"])
        answer["oldRule"] = _rule_at(sheet, index)
        sheet.conditional[index] = _stored_rule(batch, request["rule"])
        answer["newRule"] = sheet.conditional[index]
    else:
        sheet = batch.sheet(request.get("sheetId", 0))
        rule, to = _rule_at(sheet, index), request.get("newIndex", 0)
        sheet.conditional.pop(index)
        sheet.conditional.insert(to, rule)
        answer |= {"newRule": rule, "oldIndex": index, "newIndex": to}
    return {"updateConditionalFormatRule": answer}


def delete_conditional_format(batch: Batch, request: Json) -> Json:
    """Delete a conditional format."""
    sheet, index = batch.sheet(request.get("sheetId", 0)), request.get("index", 0)
    rule = _rule_at(sheet, index)
    del sheet.conditional[index]
    return {"deleteConditionalFormatRule": {"rule": rule}}


def add_banding(batch: Batch, request: Json) -> Json:
    """Colour the rows of a range by turns."""
    given = paired(request.get("bandedRange", {}))
    area = batch.area(given.get("range"))
    taken = {b["bandedRangeId"] for s in batch.book.sheets for b in s.banded}
    number = given.get("bandedRangeId") or batch.new_id(taken)
    if number in taken:
        raise invalid(f"A banded range with id {number} already exists.")
    sheet = batch.sheet(area.sheet_id)
    if any(batch.area(other["range"]).meets(area) for other in sheet.banded):
        raise invalid(
            "You cannot add alternating background colors to a range that already has them."
        )
    banded = given | {"bandedRangeId": number, "range": grid_range(area)}
    sheet.banded.append(banded)
    return {"addBanding": {"bandedRange": banded}}


def update_banding(batch: Batch, request: Json) -> None:
    """Change the alternating colours of a range."""
    given = paired(request.get("bandedRange", {}))
    mask = parse_mask(request.get("fields", ""), "BandedRange")
    number = given.get("bandedRangeId", 0)
    sheet, place = _located(batch, "banded", "bandedRangeId", number)
    sheet.banded[place] = merge(sheet.banded[place], given, mask) | {"bandedRangeId": number}


def delete_banding(batch: Batch, request: Json) -> None:
    """Take the alternating colours of a range away."""
    number = request.get("bandedRangeId", 0)
    sheet, place = _located(batch, "banded", "bandedRangeId", number)
    del sheet.banded[place]
