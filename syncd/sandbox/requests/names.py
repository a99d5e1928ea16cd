"""The requests of batchUpdate about named ranges."""

import re

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.formula import rename
from syncd.sandbox.book.structure import rewrite_texts
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge
from syncd.sandbox.requests.fields import required_mask
from syncd.sandbox.requests.located import stored_range

_NAME = re.compile(r"[^\W\d]\w{0,249}\Z")
_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+\Z|[Rr][0-9]*[Cc][0-9]*\Z|[Rr][0-9]+\Z|[Cc][0-9]+\Z")


def _check_name(batch: Batch, name: str, own: str | None) -> None:
    if not _NAME.match(name) or _CELL.match(name) or name.lower() in {"true", "false"}:
        raise invalid("The name given to this range is invalid")
    for key, named in batch.book.named.items():
        if key != own and named["name"].casefold() == name.casefold():
            raise invalid(
                f"Cannot add named range with name {name}, a named range with that name already "
                "exists."
            )


def add_named_range(batch: Batch, request: Json) -> Json:
    """Name a range; an id that is not given is drawn."""
    given = request.get("namedRange", {})
    if "range" not in given:
        raise invalid("namedRange.range must be specified.")
    _check_name(batch, given.get("name", ""), None)
    key = given.get("namedRangeId") or str(
        batch.new_id({int(k) for k in batch.book.named if k.isdecimal()})
    )
    if key in batch.book.named:
        raise invalid(
            f"Cannot add named range with ID {key}, a named range with that ID already exists."
        )
    named = {
        "namedRangeId": key,
        "name": given["name"],
        "range": stored_range(batch, given["range"]),
    }
    batch.book.named[key] = named
    return {"addNamedRange": {"namedRange": named}}


def named_range(batch: Batch, key: str) -> Json:
    """Give a named range by its id."""
    if key not in batch.book.named:
        raise invalid(f"No named range with id: {key}")
    return batch.book.named[key]


def update_named_range(batch: Batch, request: Json) -> None:
    """Rename a named range, or let it name another range."""
    mask = required_mask(request, "NamedRange")
    given = request.get("namedRange", {})
    key = given.get("namedRangeId", "")
    old = named_range(batch, key)
    changed = merge(old, given, mask)
    _check_name(batch, changed.get("name", ""), key)
    if changed["name"] != old["name"]:
        rewrite_texts(batch.book, lambda _, text: rename(text, old["name"], changed["name"]))
    if "range" not in changed:
        raise invalid("namedRange.range must be specified.")
    batch.book.named[key] = {
        "namedRangeId": key,
        "name": changed["name"],
        "range": stored_range(batch, changed["range"]),
    }


def renew_names(batch: Batch) -> None:
    """Give every named range another id, and let what hangs on the old one hang on it."""
    fresh = {key: str(batch.new_id()) for key in batch.book.named}
    batch.book.named = {
        fresh[key]: named | {"namedRangeId": fresh[key]} for key, named in batch.book.named.items()
    }
    for sheet in list(batch.book.sheets):
        for name in ("protected", "filter_views"):
            things = getattr(sheet, name)
            if any(thing.get("namedRangeId") in fresh for thing in things):
                renewed = [
                    thing | {"namedRangeId": fresh[thing["namedRangeId"]]}
                    if thing.get("namedRangeId") in fresh
                    else thing
                    for thing in things
                ]
                setattr(batch.sheet(sheet.sheet_id), name, renewed)


def delete_named_range(batch: Batch, request: Json) -> None:
    """Forget a named range; a protection of it stays on its cells."""
    key = request.get("namedRangeId", "")
    if key not in batch.book.named and not batch.settings["unknown_name_id_fails"]:
        return
    named_range(batch, key)
    del batch.book.named[key]
    for sheet in list(batch.book.sheets):
        for name in ("protected", "filter_views"):
            if any(thing.get("namedRangeId") == key for thing in getattr(sheet, name)):
                kept = [
                    {k: v for k, v in thing.items() if (k, v) != ("namedRangeId", key)}
                    for thing in getattr(sheet, name)
                ]
                setattr(batch.sheet(sheet.sheet_id), name, kept)
