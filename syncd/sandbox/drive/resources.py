"""Files, people and permissions as version 3 of the Drive API writes them."""

from syncd.sandbox.drive.items import Item, in_trash, timestamp
from syncd.sandbox.drive.links import Links
from syncd.sandbox.errors import Json
from syncd.sandbox.state.access import rank
from syncd.sandbox.state.people import PHOTO, permission_id, root_id
from syncd.sandbox.state.service import Service

EXPORTS = {
    "application/x-vnd.oasis.opendocument.spreadsheet": "ods",
    "text/tab-separated-values": "tsv",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/csv": "csv",
    "application/zip": "zip",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}
ICON = "https://drive-thirdparty.googleusercontent.com/16/type/"
SIZE = "1024"  # what Google counts for a small document
_WRITER_CAN = (
    "canAddChildren",
    "canAddMyDriveParent",
    "canChangeCopyRequiresWriterPermission",
    "canChangeItemDownloadRestriction",
    "canChangeViewersCanCopyContent",
    "canEdit",
    "canModifyContent",
    "canModifyContentRestriction",
    "canModifyEditorContentRestriction",
    "canMoveChildrenWithinDrive",
    "canMoveItemWithinDrive",
    "canReadRevisions",
    "canRemoveChildren",
    "canRename",
)
_OWNER_CAN = (
    "canDelete",
    "canModifyOwnerContentRestriction",
    "canMoveItemIntoTeamDrive",
    "canMoveItemOutOfDrive",
    "canRemoveMyDriveParent",
    "canTrash",
    "canUntrash",
)
_OF_FOLDERS = ("canAddChildren", "canMoveChildrenWithinDrive", "canRemoveChildren")
_NOT_OF_FOLDERS = ("canModifyContentRestriction", "canReadRevisions")
_NEVER = (
    "canAcceptOwnership",
    "canChangeSecurityUpdateEnabled",
    "canDisableInheritedPermissions",
    "canModifyLabels",
    "canReadLabels",
    "canRemoveContentRestriction",
)


def user(address: str, actor: str) -> Json:
    """Give a person."""
    return {
        "kind": "drive#user",
        "displayName": address,
        "photoLink": PHOTO,
        "me": address.casefold() == actor.casefold(),
        "permissionId": permission_id(address),
        "emailAddress": address,
    }


def permission(given: Json) -> Json:
    """Give a permission."""
    answer: Json = {"kind": "drive#permission", "id": given["id"], "type": given["type"]}
    if given["type"] in {"user", "group"}:
        address = given["emailAddress"]
        answer |= {"displayName": address, "photoLink": PHOTO, "emailAddress": address}
        answer |= {"role": given["role"], "deleted": False}
        answer["pendingOwner"] = bool(given.get("pendingOwner"))
    else:
        if given["type"] == "domain":
            answer |= {"displayName": given["domain"], "domain": given["domain"]}
        answer |= {"role": given["role"], "allowFileDiscovery": given["allowFileDiscovery"]}
    if "expires" in given:
        answer["expirationTime"] = timestamp(given["expires"])
    return answer


def may_share(item: Item, right: str) -> bool:
    """Tell whether a role lets a person change who else may open a file."""
    least = "writer" if item.card.writers_can_share else "organizer"
    return rank(right) >= rank(least)


def capabilities(item: Item, right: str) -> Json:
    """Give what a person may do with a file."""
    writes, owns = rank(right) >= rank("writer"), rank(right) >= rank("organizer")
    folder = item.is_folder
    can = dict.fromkeys(_WRITER_CAN, writes) | dict.fromkeys(_OWNER_CAN, owns)
    can |= dict.fromkeys(_NEVER, False)
    can["canAddMyDriveParent"] = False
    can["canListChildren"], can["canCopy"] = folder, not folder
    can["canEnableInheritedPermissions"] = writes
    can["canDownload"] = True
    can["canComment"] = rank(right) >= rank("commenter")
    can["canShare"] = may_share(item, right)
    for name in _NOT_OF_FOLDERS if folder else _OF_FOLDERS:
        can[name] = False
    return dict(sorted(can.items()))


def export_links(file_id: str, links: Links) -> Json:
    """Give where a spreadsheet can be had in other formats."""
    base = f"{links.docs}/spreadsheets/export?id={file_id}&exportFormat="
    return {kind: base + short for kind, short in EXPORTS.items()}


def parent_ids(service: Service, item: Item, actor: str) -> list[str]:
    """Give the folder of a file, if the person may know of it."""
    return [
        parent
        for parent in item.card.parents
        if parent == root_id(actor)
        or (service.card(parent) is not None and service.right(parent, actor) != "none")
        or service.right(item.file_id, actor) in {"organizer", "owner"}
    ]


def file(service: Service, item: Item, actor: str, links: Links) -> Json:
    """Give a file with all its fields."""
    card, right = item.card, service.right(item.file_id, actor)
    permissions = service.permissions(card)
    trashed = in_trash(service, item)
    answer: Json = {
        "kind": "drive#file",
        "id": item.file_id,
        "name": item.name,
        "mimeType": item.mime_type,
        "starred": actor in card.starred,
        "trashed": trashed,
        "explicitlyTrashed": card.trashed,
        "parents": parent_ids(service, item, actor),
        "spaces": ["drive"],
        "version": str(item.version),
        "webViewLink": _view_link(item, links),
        "iconLink": ICON + item.mime_type,
        "hasThumbnail": card.filled,
        "thumbnailVersion": str(int(card.filled)),
        "viewedByMe": actor in card.viewed,
        "createdTime": timestamp(item.created),
        "modifiedTime": timestamp(item.modified),
        "modifiedByMe": actor in card.modified_by,
        "owners": [user(card.owner, actor)],
        "lastModifyingUser": user(card.modifier or card.owner, actor),
        "shared": len(permissions) > 1,
        "ownedByMe": card.owner.casefold() == actor.casefold(),
        "capabilities": capabilities(item, right),
        "viewersCanCopyContent": not card.copy_requires_writer,
        "copyRequiresWriterPermission": card.copy_requires_writer,
        "writersCanShare": card.writers_can_share,
        "permissionIds": [p["id"] for p in permissions],
        "quotaBytesUsed": "0" if item.is_folder else SIZE,
        "isAppAuthorized": True,
        "linkShareMetadata": {"securityUpdateEligible": False, "securityUpdateEnabled": True},
        "inheritedPermissionsDisabled": False,
    }
    if may_share(item, right):
        answer["permissions"] = [permission(p) for p in permissions]
    if item.is_folder:
        answer["folderColorRgb"] = card.colour or "#8f8f8f"
    else:
        answer["size"] = SIZE
        answer["exportLinks"] = export_links(item.file_id, links)
        answer["downloadRestrictions"] = _restrictions(card.copy_requires_writer)
        if card.filled:
            answer["thumbnailLink"] = thumbnail_link(item, links)
    return answer | _marks(item, actor)


def _marks(item: Item, actor: str) -> Json:
    """Give the fields that a file has only where somebody set them."""
    card = item.card
    times = {
        "viewedByMeTime": card.viewed.get(actor),
        "modifiedByMeTime": card.modified_by.get(actor),
        "sharedWithMeTime": card.shared.get(actor),
    }
    answer: Json = {name: timestamp(value) for name, value in times.items() if value is not None}
    if actor in card.shared_by:
        answer["sharingUser"] = user(card.shared_by[actor], actor)
    kept: Json = {
        "description": card.description,
        "properties": card.properties,
        "appProperties": card.app_properties,
    }
    return answer | {name: value for name, value in kept.items() if value}


def _restrictions(restricted: bool) -> Json:
    entry = {"restrictedForReaders": restricted, "restrictedForWriters": False}
    return {"itemDownloadRestriction": entry, "effectiveDownloadRestrictionWithContext": entry}


def _view_link(item: Item, links: Links) -> str:
    if item.is_folder:
        return f"{links.drive}/drive/folders/{item.file_id}"
    return f"{links.docs}/spreadsheets/d/{item.file_id}/edit?usp=drivesdk"


def thumbnail_link(item: Item, links: Links) -> str:
    """Give where a file's small picture would be."""
    return f"{links.docs}/feeds/vt?gd=true&id={item.file_id}&v=1&s=SIG&sz=s220"
