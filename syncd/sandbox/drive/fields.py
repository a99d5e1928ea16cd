"""Drive's partial answers: the mask in `fields`, checked against what a resource can have.

`messages.json` lists the resources of the public discovery documents (drive v3 and, as `v2.…`, v2).
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from syncd.sandbox.drive.refusals import bad_request, bad_selection
from syncd.sandbox.errors import ApiError, Json
from syncd.sandbox.protocol.masks import Tree, is_whole, parse_mask, pick
from syncd.sandbox.sheets.calls import Call

_FILE: Tree = {"kind": {}, "id": {}, "name": {}, "mimeType": {}}
_PERMISSION: Tree = {"kind": {}, "id": {}, "type": {}, "role": {}}
_REVISION: Tree = {"kind": {}, "id": {}, "mimeType": {}, "modifiedTime": {}}
_DRIVE: Tree = {"kind": {}, "id": {}, "name": {}}
_CHANGE: Tree = {
    "kind": {},
    "type": {},
    "changeType": {},
    "time": {},
    "removed": {},
    "fileId": {},
    "file": _FILE,
    "driveId": {},
    "drive": _DRIVE,
}
_DEFAULTS: dict[str, Tree] = {
    "File": _FILE,
    "FileList": {"kind": {}, "incompleteSearch": {}, "nextPageToken": {}, "files": _FILE},
    "Permission": _PERMISSION,
    "PermissionList": {"kind": {}, "nextPageToken": {}, "permissions": _PERMISSION},
    "Revision": _REVISION,
    "RevisionList": {"kind": {}, "nextPageToken": {}, "revisions": _REVISION},
    "ChangeList": {
        "kind": {},
        "nextPageToken": {},
        "newStartPageToken": {},
        "changes": _CHANGE,
    },
}
_LOOSE_COMMA = re.compile(r",\s*(,|\Z)")
_TYPES: dict[str, type] = {"string": str, "boolean": bool}
_SCALARS = {"string", "boolean", "integer", "number"}


@cache
def resources() -> dict[str, dict[str, str]]:
    """Load the table of resources and the types of their fields."""
    text = files("syncd.sandbox").joinpath("drive", "messages.json").read_text("utf-8")
    loaded: dict[str, dict[str, str]] = json.loads(text)
    return loaded


def mask_of(call: Call, resource: str) -> Tree | None:
    """Give the checked mask of a call; None asks for everything."""
    text = first(call, "fields")
    if text is None:
        return _DEFAULTS.get(resource)
    if not text.strip():
        return {"": {}}
    if _LOOSE_COMMA.search(text):
        raise bad_selection(text[:200])
    try:
        tree = parse_mask(text, None)
    except (ApiError, IndexError, RecursionError) as error:
        raise bad_selection(text[:200]) from error
    _check(tree, resource)
    return None if is_whole(tree) else tree


def shown(answer: Any, call: Call, resource: str) -> Any:
    """Keep of an answer what the caller asked for, or what Drive gives unasked."""
    return pick(answer, mask_of(call, resource))


def refuse_mistyped(body: Json, resource: str) -> None:
    """Refuse a body of which a field has another type than the resource's."""
    for name, value in body.items():
        kind = resources()[resource].get(name, "")
        wanted = list if kind.startswith("[]") else _TYPES.get(kind)
        if wanted is not None and value is not None and not isinstance(value, wanted):
            raise bad_request(f"Invalid value for: {name}")


def first(call: Call, name: str) -> str | None:
    """Give a query parameter; the first counts where it is repeated."""
    found = call.many(name)
    return found[0] if found else None


def _check(tree: Tree, resource: str) -> None:
    known = resources()[resource]
    for name, below in tree.items():
        if name == "*":
            continue
        kind = known.get(name)
        if kind is None:
            raise bad_selection(name)
        base = kind.removeprefix("[]")
        if below and base in _SCALARS:
            raise bad_selection(f"{name}/{next(iter(below))}")
        if below and base in resources():
            _check(below, base)
