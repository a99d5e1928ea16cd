"""What Drive keeps beside files: comments, revisions, changes, and the answer about the caller."""

from typing import Any

from syncd.sandbox.drive import resources
from syncd.sandbox.drive.context import Drive
from syncd.sandbox.drive.fields import first, mask_of, shown
from syncd.sandbox.drive.items import SPREADSHEET, Item, find, timestamp
from syncd.sandbox.drive.listing import flag, page, page_size
from syncd.sandbox.drive.query import parse_time
from syncd.sandbox.drive.refusals import (
    bad_parameter,
    bad_request,
    insufficient,
    missing,
    required,
)
from syncd.sandbox.errors import ApiError, Json
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.state.changes import Change

COMMENT_MAX = 2048
COLOURS = [
    "#ac725e",
    "#d06b64",
    "#f83a22",
    "#fa573c",
    "#ff7537",
    "#ffad46",
    "#fad165",
    "#fbe983",
    "#b3dc6c",
    "#7bd148",
    "#16a765",
    "#42d692",
    "#92e1c0",
    "#9fe1e7",
    "#9fc6e7",
    "#4986e7",
    "#9a9cff",
    "#b99aff",
    "#8f8f8f",
    "#cabdbf",
    "#cca6ac",
    "#f691b2",
    "#cd74e6",
    "#a47ae2",
]  # fmt: skip
IMPORTS = (
    "text/csv",
    "text/tab-separated-values",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)


def comment_resource(given: Json, actor: str) -> Json:
    """Give a comment; of a deleted one only that it was there."""
    answer: Json = {
        "kind": "drive#comment",
        "id": given["id"],
        "createdTime": timestamp(given["created"]),
        "modifiedTime": timestamp(given["modified"]),
        "author": _author(given["author"], actor),
        "deleted": given["deleted"],
        "resolved": False,
        "replies": [],
    }
    if not given["deleted"]:
        answer |= {"htmlContent": _html(given["content"]), "content": given["content"]}
        kept = {k: given[k] for k in ("anchor", "quotedFileContent") if given.get(k)}
        answer |= kept
    return answer


def _author(address: str, actor: str) -> Json:
    person = resources.user(address, actor)
    return {k: person[k] for k in ("kind", "displayName", "photoLink", "me")}


def _html(text: str) -> str:
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(mark, entity)
    return text


def comments(drive: Drive, call: Call) -> tuple[list[Json], Json]:
    """Give the page of comments that a list asks for."""
    item = drive.item(call)
    old = call.name.startswith("drive.v2")
    deleted = flag(call, "includeDeleted")
    text = first(call, "updatedMin" if old else "startModifiedTime")
    since = parse_time(text) if text else 0.0
    if since is None:
        raise bad_parameter("updatedMin" if old else "startModifiedTime")
    found = [c for c in item.card.comments if (deleted or not c["deleted"])]
    found = sorted((c for c in found if c["modified"] >= since), key=lambda c: -c["modified"])
    size = page_size(call, "maxResults" if old else "pageSize", 20, 100)
    return page(call, found, size, drive.service.clock())


def list_comments(drive: Drive, call: Call) -> Any:
    """Answer comments.list."""
    _need_fields(call)
    found, token = comments(drive, call)
    entries = [comment_resource(c, call.actor) for c in found]
    answer = {"kind": "drive#commentList"} | token | {"comments": entries}
    return shown(answer, call, "CommentList")


def _need_fields(call: Call) -> None:
    if first(call, "fields") is None:
        raise _fields_required()


def _fields_required() -> ApiError:
    what = "The 'fields' parameter is required for this method."
    return ApiError(400, what, reason="required", location="parameter fields")


def comment_named(drive: Drive, call: Call) -> tuple[Item, Json]:
    """Give the comment that a path names."""
    item, key = drive.item(call), call.path["comment"]
    for found in item.card.comments:
        if found["id"] == key and (not found["deleted"] or flag(call, "includeDeleted")):
            return item, found
    raise missing("Comment", key)


def get_comment(drive: Drive, call: Call) -> Any:
    """Answer comments.get."""
    _need_fields(call)
    return shown(comment_resource(comment_named(drive, call)[1], call.actor), call, "Comment")


def add_comment(drive: Drive, call: Call) -> Json:
    """Keep a new comment."""
    item, given = drive.item(call, least="commenter"), call.body or {}
    content = given.get("content")
    if not isinstance(content, str) or not content:
        raise bad_request("Content is required.")
    if len(content) > COMMENT_MAX:
        raise bad_request("Content is too long.")
    now = drive.service.clock()
    made: Json = {
        "id": "AAAA" + drive.service.new_id(7)[1:],
        "author": call.actor,
        "content": content,
        "created": now,
        "modified": now,
        "deleted": False,
    }
    if isinstance(given.get("anchor"), str):
        made["anchor"] = given["anchor"]
    if isinstance(given.get("quotedFileContent"), dict):
        made["quotedFileContent"] = given["quotedFileContent"]
    drive.change(item, call.actor, "commented", comments=(*item.card.comments, made))
    return made


def create_comment(drive: Drive, call: Call) -> Any:
    """Answer comments.create."""
    _need_fields(call)
    mask_of(call, "Comment")
    return shown(comment_resource(add_comment(drive, call), call.actor), call, "Comment")


def amend_comment(drive: Drive, call: Call, **parts: Any) -> Json:
    """Change a comment, which only its author may."""
    item, found = comment_named(drive, call)
    if found["author"] != call.actor:
        raise insufficient(item.file_id)
    changed = found | parts | {"modified": drive.service.clock()}
    kept = tuple(changed if c["id"] == found["id"] else c for c in item.card.comments)
    drive.change(item, call.actor, "comment changed", comments=kept)
    return changed


def update_comment(drive: Drive, call: Call) -> Any:
    """Answer comments.update."""
    _need_fields(call)
    mask_of(call, "Comment")
    content = (call.body or {}).get("content")
    if not isinstance(content, str) or not 0 < len(content) <= COMMENT_MAX:
        raise bad_request("Content is required.")
    changed = amend_comment(drive, call, content=content)
    return shown(comment_resource(changed, call.actor), call, "Comment")


def delete_comment(drive: Drive, call: Call) -> None:
    """Answer comments.delete."""
    amend_comment(drive, call, deleted=True, content="")


def revisions(drive: Drive, call: Call) -> list[Json]:
    """Give a file's revisions: the versions of a book that Drive tells of."""
    item = drive.item(call, least="writer")
    line = drive.service.lines.get(item.file_id)
    if line is None:
        what = "Revisions are not supported for this file."
        raise ApiError(403, what, reason="revisionsNotSupported")
    return [
        {
            "kind": "drive#revision",
            "id": str(entry.number),
            "mimeType": SPREADSHEET,
            "modifiedTime": timestamp(entry.time),
            "published": False,
            "lastModifyingUser": resources.user(entry.actor, call.actor),
            "exportLinks": resources.export_links(item.file_id, drive.links(call)),
        }
        for entry in line.revisions
    ]


def list_revisions(drive: Drive, call: Call) -> Any:
    """Answer revisions.list."""
    size = page_size(call, "pageSize", 200, 1000)
    some, token = page(call, revisions(drive, call), size, drive.service.clock())
    answer = {"kind": "drive#revisionList"} | token | {"revisions": some}
    return shown(answer, call, "RevisionList")


def get_revision(drive: Drive, call: Call) -> Any:
    """Answer revisions.get."""
    found = revision_named(drive, call)
    if first(call, "alt") == "media":
        what = (
            "Only files with binary content can be downloaded. Use Export with Docs Editors files."
        )
        raise ApiError(403, what, reason="fileNotDownloadable", location="parameter alt")
    return shown(found, call, "Revision")


def revision_named(drive: Drive, call: Call) -> Json:
    """Give the revision that a path names; `head` is the last."""
    key, found = call.path["revision"], revisions(drive, call)
    for entry in found[-1:] if key == "head" else found:
        if key in {"head", entry["id"]}:
            return entry
    raise missing("Revision", key)


def start_token(drive: Drive, call: Call) -> Any:
    """Answer changes.getStartPageToken."""
    token = str(drive.service.changes.number + 1)
    answer = {"kind": "drive#startPageToken", "startPageToken": token}
    return shown(answer, call, "StartPageToken")


def changes(drive: Drive, call: Call, size: int, token: str) -> tuple[list[Change], Json]:
    """Give the changes from a token on, as far as the caller may know of them."""
    if not token.isascii() or not token.isdecimal() or len(token) > 18 or int(token) < 1:
        raise bad_parameter("pageToken")
    log = drive.service.changes
    if int(token) > log.number + 1:
        raise bad_parameter("pageToken")
    removed = flag(call, "includeRemoved", default=True)
    found = log.since(int(token))
    some = found[:size]
    more: Json = {"newStartPageToken": str(log.number + 1)}
    if len(found) > size:
        more = {"nextPageToken": str(found[size].number)}
    seen = [c for c in some if removed or not _gone(drive, c, call.actor)]
    return seen, more


def _gone(drive: Drive, change: Change, actor: str) -> bool:
    return change.removed or drive.service.right(change.file_id, actor) == "none"


def list_changes(drive: Drive, call: Call) -> Any:
    """Answer changes.list."""
    token = first(call, "pageToken")
    if token is None:
        raise required("pageToken")
    size = page_size(call, "pageSize", 100, 1000)
    found, more = changes(drive, call, size, token)
    entries = []
    for change in found:
        entry: Json = {
            "kind": "drive#change",
            "type": "file",
            "changeType": "file",
            "time": timestamp(change.time),
            "removed": _gone(drive, change, call.actor),
            "fileId": change.file_id,
        }
        item = None if entry["removed"] else find(drive.service, change.file_id)
        if item is not None:
            entry["file"] = drive.file(item, call)
        entries.append(entry)
    answer = {"kind": "drive#changeList"} | more | {"changes": entries}
    return shown(answer, call, "ChangeList")


def about(drive: Drive, call: Call) -> Any:
    """Answer about.get, which has no fields that come unasked."""
    if first(call, "fields") is None:
        raise _fields_required()
    used = str(1024 * sum(1 for _ in drive.service.lines))
    answer: Json = {
        "kind": "drive#about",
        "user": resources.user(call.actor, call.actor),
        "storageQuota": {
            "limit": "16106127360",
            "usage": used,
            "usageInDrive": used,
            "usageInDriveTrash": "0",
        },
        "importFormats": {kind: [SPREADSHEET] for kind in IMPORTS},
        "exportFormats": {SPREADSHEET: list(resources.EXPORTS)},
        "maxImportSizes": {SPREADSHEET: "104857600"},
        "maxUploadSize": "5242880000000",
        "appInstalled": False,
        "folderColorPalette": COLOURS,
        "driveThemes": [],
        "teamDriveThemes": [],
        "canCreateDrives": False,
        "canCreateTeamDrives": False,
    }
    return shown(answer, call, "About")


def no_drives(drive: Drive, call: Call) -> Any:
    """Answer drives.list and teamdrives.list: there are none."""
    team = "teamdrives" in call.name
    old = call.name.startswith("drive.v2")
    page_size(call, "maxResults" if old else "pageSize", 10, 100)
    items = "items" if old else ("teamDrives" if team else "drives")
    answer: Json = {"kind": "drive#teamDriveList" if team else "drive#driveList", items: []}
    del drive
    return shown(answer, call, ("v2." if old else "") + ("TeamDriveList" if team else "DriveList"))


def no_drive(drive: Drive, call: Call) -> Any:
    """Answer drives.get and teamdrives.get: there is no such drive."""
    del drive
    what = f"Shared drive not found: {call.path['drive']}"
    raise ApiError(404, what, reason="notFound", location="parameter driveId")
