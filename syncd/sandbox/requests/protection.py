"""The requests of batchUpdate about protected ranges."""

from syncd.sandbox.book.batch import PROTECTED, Batch, may_edit, shown_protection
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge
from syncd.sandbox.requests.fields import refuse_fields, refuse_masked, required_mask
from syncd.sandbox.requests.located import located, new_number, stored_range
from syncd.sandbox.requests.names import named_range


def add_protected_range(batch: Batch, request: Json) -> Json:
    """Protect a range, a named range or a whole sheet."""
    given = dict(request.get("protectedRange", {}))
    refuse_fields(given, ("tableId",), "addProtectedRange.protectedRange")
    number = new_number(batch, "protected", given.get("protectedRangeId"))
    rule: Json = {"protectedRangeId": number} | _rule(batch, given) | {"_creator": batch.actor}
    batch.sheet(rule["range"].get("sheetId", 0)).protected.append(rule)
    shown = shown_protection(batch.book, rule, batch.actor)
    return {"addProtectedRange": {"protectedRange": shown}}


def _rule(batch: Batch, given: Json) -> Json:
    """Give a protection as it is kept, its parts in the order in which answers print them."""
    if given.get("namedRangeId"):
        given = given | {"range": named_range(batch, given["namedRangeId"])["range"]}
    if "range" not in given:
        raise invalid("protectedRange.range must be specified.")
    rule: Json = {"range": stored_range(batch, given["range"])}
    for name in ("namedRangeId", "description", "warningOnly"):
        if given.get(name):
            rule[name] = given[name]
    openings = given.get("unprotectedRanges", [])
    if openings:
        whole = set(rule["range"]) <= {"sheetId"}
        same = all(r.get("sheetId", 0) == rule["range"].get("sheetId", 0) for r in openings)
        if not whole or not same:
            raise invalid("unprotectedRanges are only supported on protected sheets.")
        rule["unprotectedRanges"] = [stored_range(batch, r) for r in openings]
    editors = {k: v for k, v in given.get("editors", {}).items() if v}
    if rule.get("warningOnly") and editors:
        raise invalid("A warning-only protected range cannot have editors.")
    return rule | {"editors": editors}


def update_protected_range(batch: Batch, request: Json) -> None:
    """Change a protected range."""
    mask = required_mask(request, "ProtectedRange")
    refuse_masked(mask, ("tableId",), "updateProtectedRange.protectedRange")
    given = request.get("protectedRange", {})
    number = given.get("protectedRangeId", 0)
    sheet, place = located(batch, "protected", number)
    old = sheet.protected[place]
    _check_protection(batch, old)
    changed = merge(old, given, mask)
    if "range" in mask and "namedRangeId" not in mask:
        changed.pop("namedRangeId", None)
    rule = {"protectedRangeId": number} | _rule(batch, changed) | {"_creator": old["_creator"]}
    home = rule["range"].get("sheetId", 0)
    if home == sheet.sheet_id:
        sheet.protected[place] = rule
    else:
        del sheet.protected[place]
        batch.sheet(home).protected.append(rule)


def _check_protection(batch: Batch, rule: Json) -> None:
    if not rule.get("warningOnly") and not may_edit(batch.book, rule, batch.actor):
        raise invalid(PROTECTED)


def delete_protected_range(batch: Batch, request: Json) -> None:
    """Lift the protection of a range."""
    sheet, place = located(batch, "protected", request.get("protectedRangeId", 0))
    _check_protection(batch, sheet.protected[place])
    del sheet.protected[place]
