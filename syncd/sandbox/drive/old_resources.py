"""Files, people and permissions as version 2 of the Drive API writes and reads them."""

import base64
import hashlib

from syncd.sandbox.drive import resources
from syncd.sandbox.drive.context import Drive
from syncd.sandbox.drive.items import Item
from syncd.sandbox.drive.refusals import bad_request
from syncd.sandbox.errors import Json
from syncd.sandbox.protocol.masks import Tree
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.state.people import root_id

NEVER_VIEWED = "1970-01-01T00:00:00.000Z"
_UNASKED = (
    "kind", "id", "etag", "selfLink", "alternateLink", "embedLink", "iconLink", "thumbnailLink",
    "title", "mimeType", "description", "labels", "copyRequiresWriterPermission", "createdDate",
    "modifiedDate", "modifiedByMeDate", "lastViewedByMeDate", "markedViewedByMeDate", "version",
    "sharedWithMeDate", "sharingUser", "parents", "exportLinks", "userPermission", "fileSize",
    "quotaBytesUsed", "ownerNames", "owners", "lastModifyingUserName", "lastModifyingUser",
    "editable", "copyable", "writersCanShare", "shared", "explicitlyTrashed", "appDataContents",
    "spaces", "properties", "folderColorRgb",
)  # fmt: skip
UNASKED: Tree = {name: {} for name in _UNASKED} | {"capabilities": {"canCopy": {}, "canEdit": {}}}


def etag(*parts: object) -> str:
    """Give the mark of one state of a thing."""
    digest = hashlib.sha256("\n".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()
    return '"' + base64.urlsafe_b64encode(digest[:20]).decode().rstrip("=") + '"'


def user(given: Json) -> Json:
    """Give a person."""
    return {
        "kind": "drive#user",
        "displayName": given["displayName"],
        "picture": {"url": given["photoLink"]},
        "isAuthenticatedUser": given["me"],
        "permissionId": given["permissionId"],
        "emailAddress": given["emailAddress"],
    }


def permission(given: Json, file_link: str) -> Json:
    """Give a permission; a commenter is a reader with an additional role."""
    new = resources.permission(given)
    answer: Json = {
        "kind": "drive#permission",
        "etag": etag(file_link, given),
        "id": new["id"],
        "selfLink": f"{file_link}/permissions/{new['id']}",
    }
    if "displayName" in new:
        answer["name"] = new["displayName"]
    for name in ("emailAddress", "domain"):
        if name in new:
            answer[name] = new[name]
    if "emailAddress" in new:
        answer["domain"] = new["emailAddress"].rpartition("@")[2]
    answer |= {"role": new["role"], "type": new["type"]}
    if new["role"] == "commenter":
        answer |= {"role": "reader", "additionalRoles": ["commenter"]}
    if "allowFileDiscovery" in new:
        answer["withLink"] = not new["allowFileDiscovery"]
    for name in ("photoLink", "deleted", "pendingOwner"):
        if name in new:
            answer[name] = new[name]
    if "expirationTime" in new:
        answer["expirationDate"] = new["expirationTime"]
    return answer


def file(drive: Drive, item: Item, call: Call) -> Json:
    """Give a file with all its fields."""
    new, links = drive.file(item, call), drive.links(call)
    link = f"{links.api}/drive/v2/files/{item.file_id}"
    answer: Json = {
        "kind": "drive#file",
        "id": item.file_id,
        "etag": '"'
        + base64.urlsafe_b64encode(str(int(item.modified * 1000)).encode()).decode().rstrip("=")
        + '"',
        "selfLink": link,
        "alternateLink": new["webViewLink"],
        "iconLink": new["iconLink"],
        "title": item.name,
        "mimeType": item.mime_type,
        "labels": {
            "starred": new["starred"],
            "hidden": False,
            "trashed": new["trashed"],
            "restricted": item.card.copy_requires_writer,
            "viewed": new["viewedByMe"],
        },
        "copyRequiresWriterPermission": new["copyRequiresWriterPermission"],
        "createdDate": new["createdTime"],
        "modifiedDate": new["modifiedTime"],
        "markedViewedByMeDate": NEVER_VIEWED,
        "version": new["version"],
        "parents": _parents(new.get("parents", []), link, links.api, call.actor),
        "userPermission": _mine(drive, item, call, link),
        "quotaBytesUsed": new["quotaBytesUsed"],
        "ownerNames": [person["displayName"] for person in new["owners"]],
        "owners": [user(person) for person in new["owners"]],
        "lastModifyingUserName": new["lastModifyingUser"]["displayName"],
        "lastModifyingUser": user(new["lastModifyingUser"]),
        "capabilities": new["capabilities"],
        "editable": new["capabilities"]["canEdit"],
        "copyable": new["capabilities"]["canCopy"],
        "canComment": new["capabilities"]["canComment"],
        "canReadRevisions": new["capabilities"]["canReadRevisions"],
        "shareable": new["capabilities"]["canShare"],
        "appDataContents": False,
        "permissions": [permission(p, link) for p in drive.service.permissions(item.card)],
        "properties": _properties(item, link),
    }
    if not item.is_folder:
        answer["embedLink"] = f"{links.docs}/spreadsheets/d/{item.file_id}/htmlembed?ouid=0"
        answer["fileSize"] = resources.SIZE
    for name in ("writersCanShare", "shared", "explicitlyTrashed", "spaces", "ownedByMe",
                 "hasAugmentedPermissions", "permissionIds", "description", "thumbnailLink",
                 "exportLinks", "folderColorRgb", "thumbnailVersion", "isAppAuthorized",
                 "linkShareMetadata", "inheritedPermissionsDisabled"):  # fmt: skip
        if name in new:
            answer[name] = new[name]
    for old, name in (("modifiedByMeDate", "modifiedByMeTime"),
                      ("lastViewedByMeDate", "viewedByMeTime"),
                      ("sharedWithMeDate", "sharedWithMeTime")):  # fmt: skip
        if name in new:
            answer[old] = new[name]
    if "sharingUser" in new:
        answer["sharingUser"] = user(new["sharingUser"])
    if not answer["properties"]:
        del answer["properties"]
    return answer


def _parents(parents: list[str], link: str, api: str, actor: str) -> list[Json]:
    return [parent(each, link, api, actor) for each in parents]


def parent(file_id: str, link: str, api: str, actor: str) -> Json:
    """Give a reference to a folder."""
    return {
        "kind": "drive#parentReference",
        "id": file_id,
        "selfLink": f"{link}/parents/{file_id}",
        "parentLink": f"{api}/drive/v2/files/{file_id}",
        "isRoot": file_id == root_id(actor),
    }


def _mine(drive: Drive, item: Item, call: Call, link: str) -> Json:
    right = drive.service.right(item.file_id, call.actor)
    role = {"organizer": "writer", "fileOrganizer": "writer", "commenter": "reader"}.get(
        right, right
    )
    answer: Json = {
        "kind": "drive#permission",
        "etag": etag(link, "me", right),
        "id": "me",
        "selfLink": f"{link}/permissions/me",
        "role": role,
        "type": "user",
        "pendingOwner": False,
    }
    return answer | ({"additionalRoles": ["commenter"]} if right == "commenter" else {})


def _properties(item: Item, link: str) -> list[Json]:
    kinds = (("PUBLIC", item.card.properties), ("PRIVATE", item.card.app_properties))
    return [
        {
            "kind": "drive#property",
            "etag": etag(link, key, value, visibility),
            "selfLink": f"{link}/properties/{key}?visibility={visibility}",
            "key": key,
            "value": value,
            "visibility": visibility,
        }
        for visibility, table in kinds
        for key, value in table.items()
    ]


def renewed(given: Json) -> Json:
    """Turn the body of a file into what version 3 would have been sent."""
    names = {
        "title": "name",
        "mimeType": "mimeType",
        "description": "description",
        "modifiedDate": "modifiedTime",
        "lastViewedByMeDate": "viewedByMeTime",
        "writersCanShare": "writersCanShare",
        "copyRequiresWriterPermission": "copyRequiresWriterPermission",
        "folderColorRgb": "folderColorRgb",
    }
    body = {new: given[old] for old, new in names.items() if old in given}
    labels = given.get("labels") or {}
    parents = given.get("parents") or []
    listed = given.get("properties") or []
    if not (isinstance(labels, dict) and isinstance(parents, list) and isinstance(listed, list)):
        raise bad_request("Bad Request")
    for name in ("starred", "trashed"):
        if name in labels:
            body[name] = labels[name]
    if parents:
        body["parents"] = [p.get("id") if isinstance(p, dict) else p for p in parents]
    for entry in listed:
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str):
            raise bad_request("Bad Request")
        part = "properties" if entry.get("visibility") == "PUBLIC" else "appProperties"
        body.setdefault(part, {})[entry["key"]] = entry.get("value")
    return body
