"""The order of lists, and their pages."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from syncd.sandbox.drive.fields import first
from syncd.sandbox.drive.items import Item
from syncd.sandbox.drive.refusals import bad_parameter, out_of_range
from syncd.sandbox.errors import ApiError, Json, violation
from syncd.sandbox.protocol.schema import snake, truth
from syncd.sandbox.sheets.calls import Call

_INT32 = 2**31
_WHOLE = re.compile(r"[+-]?[0-9]{1,12}")
_LIFETIME_S = 6 * 3600.0
_OLD_KEYS = {
    "createdDate": "createdTime",
    "lastViewedByMeDate": "viewedByMeTime",
    "modifiedByMeDate": "modifiedByMeTime",
    "modifiedDate": "modifiedTime",
    "sharedWithMeDate": "sharedWithMeTime",
    "title": "name",
    "title_natural": "name_natural",
}
_PAGING = {"pageToken", "fields", "pageSize", "maxResults", "alt", "prettyPrint", "key"}


def _natural(name: str) -> list[tuple[int, int, str]]:
    pieces = re.split(r"(\d+)", name.casefold())
    return [(0, int(p[:4000]), "") if p.isdecimal() else (1, 0, p) for p in pieces if p]


_KEYS: dict[str, Callable[[Item, str], Any]] = {
    "createdTime": lambda item, _: item.created,
    "folder": lambda item, _: not item.is_folder,
    "modifiedByMeTime": lambda item, actor: item.card.modified_by.get(actor, 0.0),
    "modifiedTime": lambda item, _: item.modified,
    "name": lambda item, _: item.name.casefold(),
    "name_natural": lambda item, _: _natural(item.name),
    "quotaBytesUsed": lambda item, _: 0 if item.is_folder else 1,
    "recency": lambda item, actor: max(item.modified, item.card.viewed.get(actor, 0.0)),
    "sharedWithMeTime": lambda item, actor: item.card.shared.get(actor, 0.0),
    "starred": lambda item, actor: actor not in item.card.starred,
    "viewedByMeTime": lambda item, actor: item.card.viewed.get(actor, 0.0),
}
Sorting = list[tuple[Callable[[Item, str], Any], bool]]


def parse_order(text: str, *, old: bool = False) -> Sorting:
    """Read `orderBy`: keys by commas, each maybe with `desc`."""
    found: Sorting = []
    named: set[str] = set()
    for piece in text.split(",") if text.strip() else []:
        name, *rest = piece.split() or [""]
        name = _OLD_KEYS.get(name, name) if old else name
        if name not in _KEYS or [word.lower() for word in rest] not in ([], ["desc"], ["asc"]):
            raise bad_parameter("orderBy")
        key = "name" if name == "name_natural" else name
        if key in named:
            what = "The orderBy parameter cannot contain duplicate sort keys."
            reason = "orderByContainsDuplicateSortKeys"
            raise ApiError(403, what, reason=reason, location="parameter orderBy")
        named.add(key)
        found.append((_KEYS[name], bool(rest) and rest[0].lower() == "desc"))
    return found


def ordered(items: list[Item], sorting: Sorting, actor: str) -> list[Item]:
    """Sort files: as asked, else the last modified first; ids decide what is left."""
    found = sorted(items, key=lambda item: item.file_id)
    if not sorting:
        return sorted(found, key=lambda item: item.modified, reverse=True)
    for key, down in reversed(sorting):
        found.sort(key=lambda item: key(item, actor), reverse=down)
    return found


def page_size(call: Call, name: str, default: int, limit: int) -> int:
    """Give how many entries a page may have."""
    text = first(call, name)
    if text is None:
        return default
    field = snake(name)
    size = int(text) if _WHOLE.fullmatch(text) else _INT32
    if not -_INT32 <= size < _INT32:
        raise violation(field, f"Invalid value at '{field}' (TYPE_INT32), \"{text[:200]}\"")
    if not 1 <= size <= limit:
        raise out_of_range(field, size, 1, limit)
    return size


def flag(call: Call, name: str, *, default: bool = False) -> bool:
    """Give a truth value among the parameters."""
    text = first(call, name)
    if text is None:
        return default
    read, field = truth(text), snake(name)
    if read is None:
        raise violation(field, f"Invalid value at '{field}' (TYPE_BOOL), \"{text[:200]}\"")
    return read


def page(call: Call, entries: list[Any], size: int, now: float) -> tuple[list[Any], Json]:
    """Give a page of entries, and the token of the next one."""
    start = _start(call, now)
    rest = entries[start : start + size]
    if start + size >= len(entries):
        return rest, {}
    content = json.dumps([start + size, round(now), _question(call)])
    return rest, {"nextPageToken": "~!!~" + base64.urlsafe_b64encode(content.encode()).decode()}


def _question(call: Call) -> str:
    asked = sorted((k, str(v)) for k, v in call.query.items() if k not in _PAGING)
    text = json.dumps([call.name, call.book_id, call.actor, asked])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _start(call: Call, now: float) -> int:
    token = first(call, "pageToken")
    if not token:
        return 0
    refusal = bad_parameter("pageToken")
    try:
        content = base64.urlsafe_b64decode(token.removeprefix("~!!~").encode("ascii"))
        start, made, question = json.loads(content)
        fits = question == _question(call) and now - made < _LIFETIME_S and start >= 0
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise refusal from error
    if not fits or type(start) is not int:
        raise refusal
    return start
