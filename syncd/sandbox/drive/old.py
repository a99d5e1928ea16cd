"""The methods of version 2 that clients still call, each by way of its successor."""

from collections.abc import Callable
from typing import Any

from syncd.sandbox.drive import files, notes, old_resources, permissions, resources
from syncd.sandbox.drive.context import Drive
from syncd.sandbox.drive.fields import first, mask_of, shown
from syncd.sandbox.drive.items import SPREADSHEET, Item, everything, find, timestamp
from syncd.sandbox.drive.listing import flag, page, page_size
from syncd.sandbox.errors import Json
from syncd.sandbox.protocol.masks import pick
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.state.changes import Change
from syncd.sandbox.state.people import permission_id, root_id


def answer(drive: Drive, item: Item, call: Call) -> Any:
    """Answer with a file."""
    whole = old_resources.file(drive, item, call)
    if first(call, "fields") is None:
        return pick(whole, old_resources.UNASKED)
    return shown(whole, call, "v2.File")


def get(drive: Drive, call: Call) -> Any:
    """Answer files.get."""
    item = drive.item(call)
    if flag(call, "updateViewedDate"):
        viewed = item.card.viewed | {call.actor: drive.service.clock()}
        item = drive.change(item, call.actor, "viewed", viewed=viewed)
    return answer(drive, item, call)


def list_files(drive: Drive, call: Call) -> Any:
    """Answer files.list."""
    items, token = files.search(drive, call, "maxResults", old=True)
    mask_of(call, "v2.FileList")
    link = f"{drive.links(call).api}/drive/v2/files"
    whole = [old_resources.file(drive, item, call) for item in items]
    if first(call, "fields") is None:
        whole = [pick(entry, old_resources.UNASKED) for entry in whole]
    found: Json = {
        "kind": "drive#fileList",
        "etag": old_resources.etag([entry["etag"] for entry in whole]),
        "selfLink": link,
        "incompleteSearch": False,
        "items": whole,
    }
    return shown(found | _next(link, token), call, "v2.FileList")


def _next(link: str, token: Json) -> Json:
    if not token:
        return {}
    return token | {"nextLink": f"{link}?pageToken={token['nextPageToken']}"}


def insert(drive: Drive, call: Call) -> Any:
    """Answer files.insert without content."""
    mask_of(call, "v2.File")
    return answer(drive, files.make(drive, call, old_resources.renewed(call.body or {})), call)


def copy(drive: Drive, call: Call) -> Any:
    """Answer files.copy."""
    mask_of(call, "v2.File")
    return answer(drive, files.copied(drive, call, old_resources.renewed(call.body or {})), call)


def update(drive: Drive, call: Call) -> Any:
    """Answer files.update and files.patch without content."""
    mask_of(call, "v2.File")
    given = old_resources.renewed(call.body or {})
    parents = given.pop("parents", None)
    item = files.revise(drive, call, given)
    if parents:
        lies = files.parents_for(drive, call, {"parents": parents})
        if lies != item.card.parents:
            item = drive.change(item, call.actor, "moved", parents=lies)
    return answer(drive, item, call)


def trash(drive: Drive, call: Call) -> Any:
    """Answer files.trash and files.untrash."""
    given = {"trashed": call.name.endswith(".trash")}
    return answer(drive, files.revise(drive, call, given), call)


def touch(drive: Drive, call: Call) -> Any:
    """Answer files.touch."""
    now = timestamp(drive.service.clock())
    return answer(drive, files.revise(drive, call, {"modifiedTime": now}), call)


def list_permissions(drive: Drive, call: Call) -> Any:
    """Answer permissions.list."""
    item = permissions.sharer(drive, call)
    link = _link(drive, call)
    found = [old_resources.permission(p, link) for p in drive.service.permissions(item.card)]
    some, token = page(call, found, page_size(call, "maxResults", 100, 100), drive.service.clock())
    whole: Json = {
        "kind": "drive#permissionList",
        "etag": old_resources.etag(found),
        "selfLink": f"{link}/permissions",
        "items": some,
    }
    return shown(whole | token, call, "v2.PermissionList")


def _link(drive: Drive, call: Call) -> str:
    return f"{drive.links(call).api}/drive/v2/files/{call.book_id}"


def _permission(drive: Drive, call: Call, found: Json) -> Any:
    return shown(old_resources.permission(found, _link(drive, call)), call, "v2.Permission")


def get_permission(drive: Drive, call: Call) -> Any:
    """Answer permissions.get."""
    item = permissions.sharer(drive, call)
    return _permission(drive, call, permissions.named(drive, item, call))


def insert_permission(drive: Drive, call: Call) -> Any:
    """Answer permissions.insert: `value` is an address or a domain."""
    mask_of(call, "v2.Permission")
    item, given = permissions.sharer(drive, call), call.body or {}
    kind, value = given.get("type"), given.get("value") or given.get("emailAddress")
    body = {"type": kind, "role": _role(given)}
    if kind == "domain":
        body["domain"] = given.get("value") or given.get("domain")
    elif kind != "anyone":
        body["emailAddress"] = value
    if kind in {"domain", "anyone"}:
        body["allowFileDiscovery"] = not given.get("withLink", False)
    if given.get("pendingOwner"):
        body["pendingOwner"] = True
    if given.get("expirationDate"):
        body["expirationTime"] = given["expirationDate"]
    if body["role"] == "owner":
        call.query = call.query | {"transferOwnership": "true"}
    return _permission(drive, call, permissions.grant(drive, item, call, permissions.wanted(body)))


def _role(given: Json) -> Any:
    if given.get("role") == "reader" and "commenter" in (given.get("additionalRoles") or []):
        return "commenter"
    return given.get("role")


def update_permission(drive: Drive, call: Call) -> Any:
    """Answer permissions.update and permissions.patch."""
    mask_of(call, "v2.Permission")
    item, given = permissions.sharer(drive, call), call.body or {}
    body = {k: given[k] for k in ("pendingOwner",) if k in given}
    if given.get("role"):
        body["role"] = _role(given)
    if given.get("expirationDate"):
        body["expirationTime"] = given["expirationDate"]
    return _permission(drive, call, permissions.amend(drive, item, call, body))


def id_for_email(drive: Drive, call: Call) -> Any:
    """Answer permissions.getIdForEmail."""
    del drive
    found = {"kind": "drive#permissionId", "id": permission_id(call.path["email"])}
    return shown(found, call, "v2.PermissionId")


def list_parents(drive: Drive, call: Call) -> Any:
    """Answer parents.list."""
    item, link = drive.item(call), _link(drive, call)
    found = old_resources.file(drive, item, call)["parents"]
    whole: Json = {"kind": "drive#parentList", "etag": old_resources.etag(found)}
    whole |= {"selfLink": f"{link}/parents", "items": found}
    return shown(whole, call, "v2.ParentList")


def list_children(drive: Drive, call: Call) -> Any:
    """Answer children.list."""
    folder, links = drive.item(call), drive.links(call)
    link = f"{links.api}/drive/v2/files/{folder.file_id}/children"
    inside = [i for i in everything(drive.service) if folder.file_id in i.card.parents]
    found = [
        {
            "kind": "drive#childReference",
            "id": item.file_id,
            "selfLink": f"{link}/{item.file_id}",
            "childLink": f"{links.api}/drive/v2/files/{item.file_id}",
        }
        for item in inside
        if drive.service.right(item.file_id, call.actor) != "none"
    ]
    some, token = page(call, found, page_size(call, "maxResults", 100, 1000), drive.service.clock())
    whole: Json = {"kind": "drive#childList", "etag": old_resources.etag(found)}
    whole |= {"selfLink": link, "items": some}
    return shown(whole | _next(link, token), call, "v2.ChildList")


def list_comments(drive: Drive, call: Call) -> Any:
    """Answer comments.list."""
    link = _link(drive, call)
    found, token = notes.comments(drive, call)
    whole: Json = {"kind": "drive#commentList", "selfLink": f"{link}/comments"}
    whole |= token | {"items": [_comment(drive, call, c) for c in found]}
    return shown(whole, call, "v2.CommentList")


def _comment(drive: Drive, call: Call, given: Json) -> Json:
    new = notes.comment_resource(given, call.actor)
    link = _link(drive, call)
    author = new["author"]
    renamed: Json = {
        "kind": "drive#comment",
        "selfLink": f"{link}/comments/{new['id']}",
        "commentId": new["id"],
        "createdDate": new["createdTime"],
        "modifiedDate": new["modifiedTime"],
        "author": {
            "kind": "drive#user",
            "displayName": author["displayName"],
            "picture": {"url": author["photoLink"]},
            "isAuthenticatedUser": author["me"],
        },
        "deleted": new["deleted"],
        "status": "open",
        "fileId": call.book_id,
        "replies": [],
    }
    return renamed | {k: new[k] for k in ("content", "htmlContent", "anchor") if k in new}


def insert_comment(drive: Drive, call: Call) -> Any:
    """Answer comments.insert."""
    mask_of(call, "v2.Comment")
    return shown(_comment(drive, call, notes.add_comment(drive, call)), call, "v2.Comment")


def get_comment(drive: Drive, call: Call) -> Any:
    """Answer comments.get."""
    found = notes.comment_named(drive, call)[1]
    return shown(_comment(drive, call, found), call, "v2.Comment")


def about(drive: Drive, call: Call) -> Any:
    """Answer about.get."""
    link = f"{drive.links(call).api}/drive/v2/about"
    me = old_resources.user(resources.user(call.actor, call.actor))
    used = str(1024 * len(drive.service.lines))
    whole: Json = {
        "kind": "drive#about",
        "etag": old_resources.etag(call.actor, drive.service.changes.number),
        "selfLink": link,
        "name": me["displayName"],
        "user": me,
        "quotaBytesTotal": "16106127360",
        "quotaBytesUsed": used,
        "quotaBytesUsedAggregate": used,
        "quotaBytesUsedInTrash": "0",
        "quotaType": "LIMITED",
        "quotaBytesByService": [{"serviceName": "DRIVE", "bytesUsed": used}],
        "largestChangeId": str(drive.service.changes.number),
        "rootFolderId": root_id(call.actor),
        "domainSharingPolicy": "allowed",
        "permissionId": permission_id(call.actor),
        "isCurrentAppInstalled": False,
        "languageCode": "en-US",
        "importFormats": [{"source": kind, "targets": [SPREADSHEET]} for kind in notes.IMPORTS],
        "exportFormats": [{"source": SPREADSHEET, "targets": list(resources.EXPORTS)}],
        "folderColorPalette": notes.COLOURS,
        "canCreateDrives": False,
        "canCreateTeamDrives": False,
    }
    return shown(whole, call, "v2.About")


def list_changes(drive: Drive, call: Call) -> Any:
    """Answer changes.list."""
    token = first(call, "pageToken") or first(call, "startChangeId") or "1"
    size = page_size(call, "maxResults", 100, 1000)
    found, more = notes.changes(drive, call, size, token)
    link = f"{drive.links(call).api}/drive/v2/changes"
    items = [_change(drive, call, change.number, change, link) for change in found]
    whole: Json = {"kind": "drive#changeList", "etag": old_resources.etag(items), "selfLink": link}
    whole |= {"largestChangeId": str(drive.service.changes.number), "items": items}
    return shown(whole | more, call, "v2.ChangeList")


def _change(drive: Drive, call: Call, number: int, change: Change, link: str) -> Json:
    entry: Json = {
        "kind": "drive#change",
        "id": str(number),
        "selfLink": f"{link}/{number}",
        "type": "file",
        "changeType": "file",
        "fileId": change.file_id,
        "deleted": change.removed,
        "modificationDate": timestamp(change.time),
    }
    item = None if change.removed else find(drive.service, change.file_id)
    if item is not None and drive.service.right(item.file_id, call.actor) != "none":
        whole = old_resources.file(drive, item, call)
        entry["file"] = pick(whole, old_resources.UNASKED)
    return entry


def list_revisions(drive: Drive, call: Call) -> Any:
    """Answer revisions.list."""
    found = [_revision(drive, call, entry) for entry in notes.revisions(drive, call)]
    size = page_size(call, "maxResults", 200, 1000)
    some, token = page(call, found, size, drive.service.clock())
    whole: Json = {"kind": "drive#revisionList", "etag": old_resources.etag(found)}
    whole |= {"selfLink": f"{_link(drive, call)}/revisions", "items": some}
    return shown(whole | token, call, "v2.RevisionList")


def get_revision(drive: Drive, call: Call) -> Any:
    """Answer revisions.get."""
    found = _revision(drive, call, notes.revision_named(drive, call))
    return shown(found, call, "v2.Revision")


def _revision(drive: Drive, call: Call, new: Json) -> Json:
    person = old_resources.user(new["lastModifyingUser"])
    return {
        "kind": "drive#revision",
        "etag": old_resources.etag(call.book_id, new["id"]),
        "id": new["id"],
        "selfLink": f"{_link(drive, call)}/revisions/{new['id']}",
        "mimeType": new["mimeType"],
        "modifiedDate": new["modifiedTime"],
        "published": False,
        "exportLinks": new["exportLinks"],
        "lastModifyingUserName": person["displayName"],
        "lastModifyingUser": person,
    }


METHODS: dict[str, Callable[[Drive, Call], Any]] = {
    "drive.v2.files.get": get,
    "drive.v2.files.list": list_files,
    "drive.v2.files.insert": insert,
    "drive.v2.files.copy": copy,
    "drive.v2.files.update": update,
    "drive.v2.files.patch": update,
    "drive.v2.files.trash": trash,
    "drive.v2.files.untrash": trash,
    "drive.v2.files.touch": touch,
    "drive.v2.files.delete": files.delete,
    "drive.v2.files.emptyTrash": files.empty_trash,
    "drive.v2.files.generateIds": files.generate_ids,
    "drive.v2.permissions.list": list_permissions,
    "drive.v2.permissions.get": get_permission,
    "drive.v2.permissions.insert": insert_permission,
    "drive.v2.permissions.update": update_permission,
    "drive.v2.permissions.patch": update_permission,
    "drive.v2.permissions.delete": permissions.delete,
    "drive.v2.permissions.getIdForEmail": id_for_email,
    "drive.v2.parents.list": list_parents,
    "drive.v2.children.list": list_children,
    "drive.v2.comments.list": list_comments,
    "drive.v2.comments.get": get_comment,
    "drive.v2.comments.insert": insert_comment,
    "drive.v2.comments.delete": notes.delete_comment,
    "drive.v2.about.get": about,
    "drive.v2.changes.list": list_changes,
    "drive.v2.changes.getStartPageToken": notes.start_token,
    "drive.v2.revisions.list": list_revisions,
    "drive.v2.revisions.get": get_revision,
    "drive.v2.drives.list": notes.no_drives,
    "drive.v2.teamdrives.list": notes.no_drives,
    "drive.v2.drives.get": notes.no_drive,
    "drive.v2.teamdrives.get": notes.no_drive,
}
