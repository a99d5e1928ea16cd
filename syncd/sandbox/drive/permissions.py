"""The methods of `permissions`: who may open a file."""

from dataclasses import replace
from typing import Any

from syncd.sandbox.drive import resources
from syncd.sandbox.drive.context import Drive
from syncd.sandbox.drive.fields import first, mask_of, shown
from syncd.sandbox.drive.items import Item
from syncd.sandbox.drive.listing import flag, page, page_size
from syncd.sandbox.drive.query import parse_time
from syncd.sandbox.drive.refusals import bad_sharing, insufficient, missing
from syncd.sandbox.errors import ApiError, Json
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.state.people import domain_id, permission_id, root_id

_UNFIT = "The specified {} is invalid or not applicable for the given permission type."
_TYPES = {"user", "group", "domain", "anyone"}
_ROLES = {"owner", "organizer", "fileOrganizer", "writer", "commenter", "reader"}


def sharer(drive: Drive, call: Call) -> Item:
    """Give a file whose sharing the caller may see and change."""
    item = drive.item(call)
    if not resources.may_share(item, drive.service.right(item.file_id, call.actor)):
        raise insufficient(item.file_id)
    return item


def list_permissions(drive: Drive, call: Call) -> Any:
    """Answer permissions.list."""
    item = sharer(drive, call)
    found = [resources.permission(p) for p in drive.service.permissions(item.card)]
    size = page_size(call, "pageSize", 100, 100)
    some, token = page(call, found, size, drive.service.clock())
    answer = {"kind": "drive#permissionList"} | token | {"permissions": some}
    return shown(answer, call, "PermissionList")


def get(drive: Drive, call: Call) -> Any:
    """Answer permissions.get."""
    found = named(drive, sharer(drive, call), call)
    return shown(resources.permission(found), call, "Permission")


def named(drive: Drive, item: Item, call: Call) -> Json:
    """Give the permission that a path names; `me` is the caller's own."""
    asked = call.path["permission"]
    wanted = permission_id(call.actor) if asked == "me" else asked
    for found in drive.service.permissions(item.card):
        if found["id"] == wanted:
            return found
    raise missing("Permission", asked)


def create(drive: Drive, call: Call) -> Any:
    """Answer permissions.create."""
    mask_of(call, "Permission")
    item, given = sharer(drive, call), call.body or {}
    made = grant(drive, item, call, wanted(given))
    return shown(resources.permission(made), call, "Permission")


def wanted(given: Json) -> Json:
    """Read a permission from a body, and refuse one that cannot be."""
    kind, role = given.get("type"), given.get("role")
    if not kind:
        raise _required("The permission type field is required.", "permission.type")
    if not role:
        raise _required("The permission role field is required.", "permission.role")
    if kind not in _TYPES:
        raise _invalid("The specified type is invalid.", "permission.type")
    if role not in _ROLES:
        raise _invalid("The specified role is invalid.", "permission.role")
    made: Json = {"type": kind, "role": role}
    if kind in {"user", "group"}:
        address = given.get("emailAddress")
        if not isinstance(address, str) or not address.strip() or len(address) > 320:
            raise _invalid(_UNFIT.format("emailAddress"), "permission.emailAddress")
        made |= {"emailAddress": address.strip(), "id": permission_id(address.strip())}
    elif kind == "domain":
        domain = given.get("domain")
        if not isinstance(domain, str) or "." not in domain:
            raise _invalid(_UNFIT.format("domain"), "permission.domain")
        made |= {"domain": domain, "id": domain_id(domain)}
    else:
        made["id"] = "anyone" if given.get("allowFileDiscovery") else "anyoneWithLink"
    if kind in {"domain", "anyone"}:
        if role == "owner":
            what = "The specified role is not valid for the given permission type."
            raise _invalid(what, "permission.role")
        made["allowFileDiscovery"] = bool(given.get("allowFileDiscovery"))
    if given.get("pendingOwner"):
        made["pendingOwner"] = True
    if given.get("expirationTime"):
        made["expires"] = _expiry(given["expirationTime"])
    return made


def _expiry(text: Any) -> float:
    moment = parse_time(str(text))
    if moment is None:
        raise _invalid("Invalid Value", "permission.expirationTime")
    return moment


def _required(message: str, place: str) -> ApiError:
    return ApiError(400, message, reason="required", location=f"other {place}")


def _invalid(message: str, place: str) -> ApiError:
    return ApiError(400, message, reason="invalid", location=f"other {place}")


def grant(drive: Drive, item: Item, call: Call, made: Json) -> Json:
    """Give somebody a permission, or the better one of two; an owner needs more."""
    if made["role"] in {"organizer", "fileOrganizer"}:
        what = "The specified role is only valid for items in shared drives."
        raise bad_sharing(what)
    if made["role"] == "owner":
        return transfer(drive, item, call, made)
    if made.get("pendingOwner"):
        _check_pending(drive, item, call, made)
    if item.card.owner and made["id"] == permission_id(item.card.owner):
        return next(p for p in item.card.permissions if p["role"] == "owner")
    _put(drive, item, call, made, "shared")
    return made


def _check_pending(drive: Drive, item: Item, call: Call, made: Json) -> None:
    if item.card.owner != call.actor and drive.service.settings["private_files"]:
        raise insufficient(item.file_id)
    if made["role"] != "writer" or made["type"] != "user":
        raise bad_sharing("A pending owner must be a writer.")


def _put(drive: Drive, item: Item, call: Call, made: Json, what: str) -> None:
    """Write a permission over the one of the same person, if there is one."""
    old = item.card.permissions
    if any(p["id"] == made["id"] for p in old):
        permissions = tuple(made if p["id"] == made["id"] else p for p in old)
    else:
        permissions = (*old, made)
    card = replace(item.card, permissions=permissions)
    address = made.get("emailAddress")
    if address and address not in card.shared:
        card = replace(
            card,
            shared=card.shared | {address: drive.service.clock()},
            shared_by=card.shared_by | {address: call.actor},
        )
    drive.put_card(item, call.actor, what, card)


def transfer(drive: Drive, item: Item, call: Call, made: Json) -> Json:
    """Make somebody the owner: the owner alone may, or who is asked to take it over."""
    if not flag(call, "transferOwnership"):
        what = (
            "The transferOwnership parameter must be enabled when the permission role is 'owner'."
        )
        raise ApiError(403, what, reason="forbidden", location="parameter transferOwnership")
    if made["type"] != "user":
        raise bad_sharing("The owner of a file must be a user.")
    if (first(call, "sendNotificationEmail") or "").lower() == "false":
        what = (
            "The sendNotificationEmail parameter is only applicable for permissions of type 'user' "
            "or 'group', and must not be disabled for ownership transfers."
        )
        raise ApiError(403, what, reason="forbidden", location="parameter sendNotificationEmail")
    before = item.card.owner
    number = made["id"]
    pending = any(p["id"] == number and p.get("pendingOwner") for p in item.card.permissions)
    accepting = pending and number == permission_id(call.actor)
    if call.actor != before and not accepting:
        raise insufficient(item.file_id)
    others = [p for p in item.card.permissions if p["id"] not in {number, permission_id(before)}]
    owner = {k: v for k, v in made.items() if k not in {"pendingOwner", "expires"}}
    demoted = {"id": permission_id(before), "type": "user", "role": "writer"}
    demoted["emailAddress"] = before
    permissions = (
        (owner, demoted, *others) if before and before != made["emailAddress"] else (owner, *others)
    )
    card = replace(item.card, permissions=permissions)
    if root_id(before) in card.parents:
        card = replace(card, parents=(root_id(made["emailAddress"]),))
    drive.put_card(item, call.actor, "ownership transferred", card)
    return owner


def update(drive: Drive, call: Call) -> Any:
    """Answer permissions.update."""
    mask_of(call, "Permission")
    item, given = sharer(drive, call), call.body or {}
    fixed = {"id", "type", "emailAddress", "domain", "allowFileDiscovery", "displayName"}
    if fixed & given.keys():
        what = "The resource body includes fields which are not directly writable."
        raise ApiError(403, what, reason="fieldNotWritable")
    return shown(resources.permission(amend(drive, item, call, given)), call, "Permission")


def amend(drive: Drive, item: Item, call: Call, given: Json) -> Json:
    """Change the role of a permission, when it ends, or whether it waits for an owner."""
    old = named(drive, item, call)
    if given.get("role") and given["role"] not in _ROLES:
        raise _invalid("The specified role is invalid.", "permission.role")
    if not given.keys() & {"role", "expirationTime", "pendingOwner"} and not flag(
        call, "removeExpiration"
    ):
        raise _required("The permission role field is required.", "permission.role")
    made = old | ({"role": given["role"]} if given.get("role") else {})
    if given.get("pendingOwner") is not None:
        made["pendingOwner"] = bool(given["pendingOwner"])
    if given.get("expirationTime"):
        made["expires"] = _expiry(given["expirationTime"])
    if flag(call, "removeExpiration"):
        made.pop("expires", None)
    if made["role"] == "owner" and old["role"] != "owner":
        return transfer(drive, item, call, made)
    if old["role"] == "owner" and made["role"] != "owner":
        what = "The owner of a file cannot be removed."
        raise ApiError(403, what, reason="cannotRemoveOwner")
    if made.get("pendingOwner"):
        _check_pending(drive, item, call, made)
    if made["role"] in {"organizer", "fileOrganizer"}:
        raise bad_sharing("The specified role is only valid for items in shared drives.")
    _put(drive, item, call, made, "sharing changed")
    return made


def delete(drive: Drive, call: Call) -> None:
    """Answer permissions.delete; everybody may give up their own."""
    item = drive.item(call)
    found = named(drive, item, call)
    if found["id"] != permission_id(call.actor):
        sharer(drive, call)
    if found["role"] == "owner" and found in item.card.permissions:
        what = "The owner of a file cannot be removed."
        raise ApiError(403, what, reason="cannotRemoveOwner")
    if not any(p["id"] == found["id"] for p in item.card.permissions):
        what = "Cannot delete a permission that is inherited from a folder."
        raise ApiError(403, what, reason="cannotDeletePermission")
    kept = tuple(p for p in item.card.permissions if p["id"] != found["id"])
    address = found.get("emailAddress", "")
    shared = {k: v for k, v in item.card.shared.items() if k != address}
    shared_by = {k: v for k, v in item.card.shared_by.items() if k != address}
    card = replace(item.card, permissions=kept, shared=shared, shared_by=shared_by)
    drive.put_card(item, call.actor, "unshared", card)
