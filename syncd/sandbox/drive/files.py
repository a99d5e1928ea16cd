"""The methods of `files`: find, make, change, move, copy, and delete."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from syncd.sandbox.book.card import Card, Folder
from syncd.sandbox.drive import query, text
from syncd.sandbox.drive.context import Drive
from syncd.sandbox.drive.fields import first, mask_of, shown
from syncd.sandbox.drive.items import FOLDER, SPREADSHEET, Item, everything, find
from syncd.sandbox.drive.listing import flag, ordered, page, page_size, parse_order
from syncd.sandbox.drive.refusals import (
    bad_parameter,
    bad_request,
    file_not_found,
    insufficient,
    not_writable,
    unsupported,
)
from syncd.sandbox.errors import ApiError, Json
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.state.access import rank
from syncd.sandbox.state.people import root_id

NAME_MAX = 32_767
_FOREIGN_ID = re.compile(r"[A-Za-z0-9_-]{25,}|0A[A-Za-z0-9_-]{11}Uk9PVA")
_WRITABLE = {
    "kind", "name", "mimeType", "description", "starred", "trashed", "parents", "properties",
    "appProperties", "viewedByMeTime", "modifiedTime", "createdTime", "folderColorRgb",
    "writersCanShare", "copyRequiresWriterPermission", "viewersCanCopyContent", "contentHints",
    "originalFilename", "contentRestrictions", "shortcutDetails", "id", "downloadRestrictions",
    "inheritedPermissionsDisabled",
}  # fmt: skip
_READ_ONLY = {
    "capabilities", "explicitlyTrashed", "exportLinks", "iconLink", "lastModifyingUser", "owners",
    "ownedByMe", "permissionIds", "permissions", "shared", "size", "version", "webViewLink",
    "webContentLink", "headRevisionId", "md5Checksum", "thumbnailLink", "spaces", "viewedByMe",
    "modifiedByMe", "quotaBytesUsed", "driveId", "teamDriveId", "hasThumbnail", "sharingUser",
}  # fmt: skip


def get(drive: Drive, call: Call) -> Any:
    """Answer files.get."""
    is_download = (first(call, "alt") or "").lower() == "media"
    if not is_download and _says_true(call, ("acknowledgeAbuse",)):
        what = "The acknowledgeAbuse parameter is only applicable for download requests."
        place = "parameter acknowledgeAbuse"
        raise ApiError(403, what, reason="invalidAbuseAcknowledgment", location=place)
    item = drive.item(call)
    if is_download:
        what = (
            "Only files with binary content can be downloaded. Use Export with Docs Editors files."
        )
        raise ApiError(403, what, reason="fileNotDownloadable", location="parameter alt")
    return drive.answer(item, call)


_SUPPORTING = ("supportsAllDrives", "supportsTeamDrives")
_INCLUDING = ("includeItemsFromAllDrives", "includeTeamDriveItems")


def _says_true(call: Call, names: tuple[str, ...]) -> bool:
    """Tell whether one of the flags is the very word, which is what some checks look for."""
    return any((first(call, name) or "").lower() == "true" for name in names)


def search(drive: Drive, call: Call, size_name: str, *, old: bool) -> tuple[list[Item], Json]:
    """Give the page of files that a list asks for, and the token of the next one."""
    size = page_size(call, size_name, 100, 1000)
    for name in (*_SUPPORTING, *_INCLUDING):
        flag(call, name)
    sorting = parse_order(first(call, "orderBy") or "", old=old)
    if _says_true(call, _INCLUDING) and not _says_true(call, _SUPPORTING):
        what = "The supportsAllDrives parameter was not set to true."
        raise ApiError(403, what, reason="supportsTeamDrivesRequired")
    asked = query.parse_query(first(call, "q") or "", old=old)
    if asked.full_text and sorting:
        what = (
            "Sorting is not supported for queries with fullText terms. Results are always in "
            "descending relevance order."
        )
        raise ApiError(403, what, reason="forbidden", location="parameter orderBy")
    if (first(call, "spaces") or "drive") not in {"drive", "appDataFolder", "photos"}:
        raise bad_parameter("spaces")
    seen = [] if first(call, "spaces") == "appDataFolder" else drive.visible(call.actor)
    facts = (query.Facts(i, call.actor, drive.service, drive_words(drive)) for i in seen)
    items = ordered(query.kept(facts, asked), sorting, call.actor)
    return page(call, items, size, drive.service.clock())


def drive_words(drive: Drive) -> Callable[[Item], set[str]]:
    """Give the function that knows the words in a file's cells."""

    def words(item: Item) -> set[str]:
        line = drive.service.lines.get(item.file_id)
        return text.words(line.book) if line else set()

    return words


def list_files(drive: Drive, call: Call) -> Any:
    """Answer files.list."""
    items, token = search(drive, call, "pageSize", old=False)
    mask_of(call, "FileList")
    files = [drive.file(item, call) for item in items]
    answer = {"kind": "drive#fileList", "incompleteSearch": False} | token | {"files": files}
    return shown(answer, call, "FileList")


def create(drive: Drive, call: Call) -> Any:
    """Answer files.create without content."""
    mask_of(call, "File")
    return drive.answer(make(drive, call, call.body or {}), call)


def make(drive: Drive, call: Call, given: Json) -> Item:
    """Make a folder or an empty spreadsheet."""
    checked(given)
    kind = given.get("mimeType")
    if kind == FOLDER:
        return _make_folder(drive, call, given)
    if kind != SPREADSHEET:
        raise unsupported(f"files of the type {kind or 'application/octet-stream'}")
    if given.get("id"):
        what = (
            "Pre-generated IDs are not supported for the creation of native Google Documents or "
            "uploads where conversion to native format is requested."
        )
        raise bad_request(what)
    parents = parents_for(drive, call, given)
    batch = drive.service.create(given.get("name") or "Untitled", call.actor)
    card = replace(batch.book.card, parents=parents)
    batch.book.card = described(card, given, call.actor)
    drive.service.commit(batch, "created")
    return found_again(drive, batch.book.book_id)


def _make_folder(drive: Drive, call: Call, given: Json) -> Item:
    service, file_id = drive.service, given.get("id") or ""
    if file_id and service.card(file_id) is not None:
        raise ApiError(409, "A file already exists with the provided ID.", reason="fileIdInUse")
    if file_id and file_id not in drive.generated:
        what = "The provided file ID is not usable."
        raise ApiError(400, what, reason="invalid", location="other file.id")
    parents, now = parents_for(drive, call, given), service.clock()
    card = described(replace(service.new_card(call.actor), parents=parents), given, call.actor)
    folder = Folder(
        folder_id=file_id or service.new_id(32),
        name=given.get("name") or "Untitled",
        created=now,
        modified=now,
        card=card,
    )
    service.keep_folder(folder)
    return found_again(drive, folder.folder_id)


def found_again(drive: Drive, file_id: str) -> Item:
    """Give a file that was just written."""
    found = find(drive.service, file_id)
    if found is None:
        raise file_not_found(file_id)
    return found


def checked(given: Json, *, updating: bool = False) -> None:
    """Refuse a body that sets what is not to be set, or with a value of the wrong type."""
    if updating and "parents" in given:
        raise not_writable(
            "The parents field is not directly writable in update requests. Use the addParents "
            "and removeParents parameters instead."
        )
    if _READ_ONLY & given.keys() or (updating and "id" in given):
        raise not_writable()
    kinds: dict[str, type] = dict.fromkeys(("starred", "trashed", "writersCanShare"), bool)
    kinds |= dict.fromkeys(("name", "description", "mimeType", "folderColorRgb", "id"), str)
    kinds |= dict.fromkeys(("properties", "appProperties"), dict) | {"parents": list}
    kinds |= dict.fromkeys(("copyRequiresWriterPermission", "viewersCanCopyContent"), bool)
    for name, kind in kinds.items():
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise bad_request(f"Invalid value for: {name}")
    if len(given.get("name") or "") > NAME_MAX:
        raise bad_request("Invalid value for: name")
    for name in ("properties", "appProperties"):
        for key, value in (given.get(name) or {}).items():
            if value is not None and not isinstance(value, str):
                raise bad_request(f"Invalid value for: {name}")
            if len(key.encode()) + len((value or "").encode()) > 124:
                what = "The property exceeds the maximum size of 124 bytes."
                raise ApiError(403, what, reason="propertySizeLimitExceeded")


def parents_for(drive: Drive, call: Call, given: Json) -> tuple[str, ...]:
    """Give the folder that a new file goes to."""
    asked = given.get("parents") or []
    if len(asked) > 1:
        raise bad_request("A file cannot have more than one parent.")
    for parent in asked:
        if not isinstance(parent, str):
            raise bad_request("Invalid value for: parents")
        return (folder_id(drive, call, parent),)
    return (root_id(call.actor),)


def folder_id(drive: Drive, call: Call, asked: str) -> str:
    """Give the id of a folder that a file is to lie in.

    An id that has the form of Google's may be a folder of a Drive that this sandbox does not keep.
    """
    if asked in {"root", root_id(call.actor)}:
        return root_id(call.actor)
    if drive.service.card(asked) is None and _FOREIGN_ID.fullmatch(asked):
        return asked
    item = drive.item(call, file_id=asked, least="writer")
    if not item.is_folder:
        what = "The specified parent is not a folder."
        raise ApiError(403, what, reason="parentNotAFolder")
    return item.file_id


def described(card: Card, given: Json, actor: str) -> Card:
    """Give a card with what a body says of it."""
    changes: Json = {}
    for name, part in (
        ("description", "description"),
        ("trashed", "trashed"),
        ("writersCanShare", "writers_can_share"),
        ("copyRequiresWriterPermission", "copy_requires_writer"),
        ("folderColorRgb", "colour"),
    ):
        if given.get(name) is not None:
            changes[part] = given[name]
    for name, part in (("properties", "properties"), ("appProperties", "app_properties")):
        if given.get(name):
            merged = getattr(card, part) | given[name]
            changes[part] = {k: v for k, v in merged.items() if v is not None}
    if given.get("starred") is not None:
        others = tuple(name for name in card.starred if name != actor)
        changes["starred"] = (*others, actor) if given["starred"] else others
    viewed = _moment(given, "viewedByMeTime")
    if viewed is not None:
        changes["viewed"] = card.viewed | {actor: viewed}
    return replace(card, **changes)


def _moment(given: Json, name: str) -> float | None:
    if given.get(name) is None:
        return None
    moment = query.parse_time(str(given[name]))
    if moment is None:
        raise bad_request(f"Invalid value for: {name}")
    return moment


def update(drive: Drive, call: Call) -> Any:
    """Answer files.update without content."""
    mask_of(call, "File")
    return drive.answer(revise(drive, call, call.body or {}), call)


def revise(drive: Drive, call: Call, given: Json) -> Item:
    """Change what a file is called, where it lies, and what is noted about it."""
    personal = {"starred", "viewedByMeTime", "kind"}
    moved = bool(first(call, "addParents") or first(call, "removeParents"))
    least = "reader" if set(given) <= personal and not moved else "writer"
    item = drive.item(call, least=least)
    checked(given, updating=True)
    if given.get("mimeType") not in {None, "", item.mime_type}:
        raise bad_request("Invalid value for: mimeType")
    if given.get("trashed") is not None and given["trashed"] != item.card.trashed:
        own_only(drive, item, call.actor)
    card = described(item.card, given, call.actor)
    if moved:
        card = replace(card, parents=_moved(drive, call, item))
    renamed = bool(given.get("name")) and given["name"] != item.name
    touch = _moment(given, "modifiedTime") or (drive.service.clock() if renamed else 0.0)
    if touch:
        mine = card.modified_by | {call.actor: touch}
        card = replace(card, modifier=call.actor, modified_by=mine)
    if card == item.card and not touch:
        return item
    name = given.get("name") or ""
    return drive.put_card(item, call.actor, "drive update", card, name=name, touch=touch)


def _moved(drive: Drive, call: Call, item: Item) -> tuple[str, ...]:
    def ids(name: str) -> list[str]:
        return [part.strip() for part in (first(call, name) or "").split(",") if part.strip()]

    removed = {root_id(call.actor) if i == "root" else i for i in ids("removeParents")}
    added = [folder_id(drive, call, asked) for asked in ids("addParents")]
    kept = [parent for parent in item.card.parents if parent not in removed]
    fresh = [parent for parent in added if parent not in kept]
    if fresh and flag(call, "enforceSingleParent"):
        kept = []
    if len(kept) + len(fresh) > 1:
        what = "Increasing the number of parents is not allowed"
        raise ApiError(403, what, reason="cannotAddParent")
    for parent in fresh:
        if _lies_under(drive, parent, item.file_id):
            what = "A folder cannot be moved into itself or into a folder within it."
            raise ApiError(403, what, reason="cyclicFolderHierarchy")
    return (*kept, *fresh)


def _lies_under(drive: Drive, file_id: str, above: str) -> bool:
    seen: set[str] = set()
    while file_id and file_id not in seen:
        if file_id == above:
            return True
        seen.add(file_id)
        card = drive.service.card(file_id)
        file_id = card.parents[0] if card and card.parents else ""
    return False


def own_only(drive: Drive, item: Item, actor: str) -> None:
    """Refuse what only a file's owner may do."""
    if rank(drive.service.right(item.file_id, actor)) < rank("organizer"):
        raise insufficient(item.file_id)


def copy(drive: Drive, call: Call) -> Any:
    """Answer files.copy."""
    mask_of(call, "File")
    return drive.answer(copied(drive, call, call.body or {}), call)


def copied(drive: Drive, call: Call, given: Json) -> Item:
    """Make a copy of a spreadsheet, which belongs to the caller and is shared with nobody."""
    item = drive.item(call)
    checked(given)
    if item.is_folder:
        what = "This file cannot be copied by the user."
        raise ApiError(403, what, reason="cannotCopyFile")
    if given.get("mimeType") not in {None, "", SPREADSHEET}:
        raise bad_request("The requested conversion is not supported.")
    source = drive.service.lines[item.file_id].book
    parents = parents_for(drive, call, given)
    if not given.get("parents"):
        near = item.card.parents
        usable = near and drive.service.card(near[0]) is not None
        parents = near if usable else parents
    title = given.get("name") or f"Copy of {item.name}"
    batch = drive.service.create(title, call.actor)
    draft, fresh = source.draft(), batch.book
    draft.book_id, draft.created = fresh.book_id, fresh.created
    draft.properties["title"] = title
    card = replace(
        fresh.card,
        parents=parents,
        description=item.card.description,
        properties=item.card.properties,
        app_properties=item.card.app_properties,
    )
    draft.card = described(card, given, call.actor)
    batch.book = draft
    drive.service.commit(batch, "copied")
    return found_again(drive, draft.book_id)


def delete(drive: Drive, call: Call) -> None:
    """Answer files.delete; what lies in a folder goes with it."""
    item = drive.item(call)
    own_only(drive, item, call.actor)
    if drive.service.card(item.file_id) is None:
        raise insufficient(item.file_id)
    remove(drive, item.file_id)


def remove(drive: Drive, file_id: str) -> None:
    """Delete a file, and all that lies in it if it is a folder."""
    gone = [file_id]
    for above in gone:
        if above in drive.service.folders:
            inside = [i.file_id for i in everything(drive.service) if above in i.card.parents]
            gone += [i for i in inside if i not in gone]
    for each in gone:
        drive.service.delete(each)


def empty_trash(drive: Drive, call: Call) -> None:
    """Answer files.emptyTrash: of the caller's own files."""
    for item in list(everything(drive.service)):
        mine = item.card.trashed and item.card.owner == call.actor
        if mine and drive.service.card(item.file_id) is not None:
            remove(drive, item.file_id)


def generate_ids(drive: Drive, call: Call) -> Json:
    """Answer files.generateIds."""
    name = "maxResults" if call.name.startswith("drive.v2") else "count"
    count = page_size(call, name, 10, 1000)
    space = first(call, "space") or "drive"
    if space not in {"drive", "appDataFolder"}:
        raise bad_parameter("space")
    ids = [drive.service.new_id(32) for _ in range(count)]
    drive.generated.update(ids)
    answer: Json = {"kind": "drive#generatedIds", "space": space, "ids": ids}
    shown_ids: Json = shown(answer, call, "GeneratedIds")
    return shown_ids
