"""Uploads: content alone, content after a description, and content that comes in pieces."""

import re
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from syncd.sandbox.drive import files, imports, old, old_resources
from syncd.sandbox.drive.context import Content, Drive, read_json
from syncd.sandbox.drive.fields import first, mask_of
from syncd.sandbox.drive.items import SPREADSHEET, Item
from syncd.sandbox.drive.listing import flag
from syncd.sandbox.drive.refusals import bad_request, unsupported
from syncd.sandbox.errors import ApiError, Json
from syncd.sandbox.sheets.calls import Call

_SESSIONS_MAX = 64
_CONTENT_MAX = 100_000_000
_EXTENSION = re.compile(r"(?<=.)\.(xlsx|xlsm|xls|ods|csv|tsv|tab)\Z", re.IGNORECASE)
_RANGE = re.compile(r"bytes\s+(?:(\d{1,15})-(\d{1,15})|\*)/(\d{1,15}|\*)\Z")


@dataclass(slots=True)
class Session:
    """An upload that comes in pieces."""

    call: Call
    given: Json
    media_type: str
    content: bytearray = field(default_factory=bytearray)


def receive(drive: Drive, call: Call, raw: bytes) -> Any:
    """Answer a call that came by the upload address."""
    kind = first(call, "uploadType") or first(call, "upload_protocol") or "media"
    if first(call, "upload_id") is not None:
        return _continue(drive, call, raw)
    header = call.headers.get("content-type", "")
    if kind == "media":
        return _finish(drive, call, {}, _base(header), raw)
    if kind == "multipart":
        given, media_type, content = _parts(header, raw)
        return _finish(drive, call, given, media_type, content)
    if kind == "resumable":
        return _begin(drive, call, raw)
    raise bad_request(f"Invalid upload type: {kind[:50]}")


def _base(header: str) -> str:
    return header.partition(";")[0].strip().lower()


def _parts(header: str, raw: bytes) -> tuple[Json, str, bytes]:
    """Read multipart/related: a description in JSON, then the content."""
    match = re.search(r'boundary=(?:"([^"]+)"|([^;\s]+))', header)
    if match is None:
        raise bad_request("Missing the boundary of the multipart body.")
    mark = b"--" + (match[1] or match[2]).encode("utf-8", "replace")
    pieces = raw.split(mark)[1:3]
    if len(pieces) < 2:
        raise bad_request("Malformed multipart body.")
    described, content = (
        re.split(rb"\r?\n\r?\n", piece.lstrip(b"\r\n"), maxsplit=1) for piece in pieces
    )
    if len(described) < 2 or len(content) < 2:
        raise bad_request("Malformed multipart body.")
    typed = re.search(rb"(?im)^content-type:(?:[ \t]|\r?\n[ \t])*([^\r\n;]+)", content[0])
    kind = typed[1].decode("latin-1").strip().lower() if typed else ""
    body = content[1].removesuffix(b"\n").removesuffix(b"\r")
    if re.search(rb"(?im)^content-transfer-encoding:[ \t]*base64", content[0]):
        body = _unwrapped(body)
    return read_json(described[1]), kind, body


def _unwrapped(body: bytes) -> bytes:
    import base64  # noqa: PLC0415
    import binascii  # noqa: PLC0415

    try:
        return base64.b64decode(body)
    except binascii.Error as error:
        raise bad_request("Malformed multipart body.") from error


def _begin(drive: Drive, call: Call, raw: bytes) -> Content:
    given = read_json(raw)
    media_type = _base(call.headers.get("x-upload-content-type", ""))
    _check(drive, call, given, media_type)
    while len(drive.sessions) >= _SESSIONS_MAX:
        drive.sessions.pop(next(iter(drive.sessions)))
    key = secrets.token_urlsafe(32)
    drive.sessions[key] = Session(call, given, media_type)
    version = "v2" if call.name.startswith("drive.v2") else "v3"
    where = f"/{call.book_id}" if call.book_id else ""
    base = f"{drive.links(call).api}/upload/drive/{version}/files{where}"
    location = f"{base}?uploadType=resumable&upload_id={key}"
    return Content(
        b"", "text/plain; charset=utf-8", {"Location": location, "X-GUploader-UploadID": key}
    )


def _continue(drive: Drive, call: Call, raw: bytes) -> Any:
    key = first(call, "upload_id") or ""
    session = drive.sessions.get(key)
    if not isinstance(session, Session):
        raise ApiError(404, "Not Found", reason="notFound")
    asked = call.headers.get("content-range", "")
    have = len(session.content)
    if asked:
        match = _RANGE.match(asked.strip())
        if match is None:
            raise bad_request("Failed to parse Content-Range header.")
        if match[1] is not None:
            if int(match[1]) > have or int(match[2]) - int(match[1]) + 1 != len(raw):
                raise bad_request("Invalid request. The bytes do not follow what was received.")
            session.content[int(match[1]) :] = raw
        have = len(session.content)
        if have > _CONTENT_MAX:
            del drive.sessions[key]
            raise ApiError(413, "The file is too large.", reason="uploadTooLarge")
        if match[3] == "*" or have < int(match[3]):
            headers = {"Range": f"bytes=0-{have - 1}"} if have else {}
            return Content(b"", "text/plain; charset=utf-8", headers, 308)
    else:
        session.content[:] = raw
    del drive.sessions[key]
    media_type = session.media_type or _base(call.headers.get("content-type", ""))
    return _finish(drive, session.call, session.given, media_type, bytes(session.content))


def _check(drive: Drive, call: Call, given: Json, media_type: str) -> Json:
    """Refuse what cannot become a spreadsheet, before anything is written."""
    version_two = call.name.startswith("drive.v2")
    mask_of(call, "v2.File" if version_two else "File")
    body = old_resources.renewed(given) if version_two else given
    files.checked(body, updating=bool(call.book_id) and not version_two)
    if call.book_id:
        item = drive.item(call, least="writer")
        if item.is_folder:
            raise unsupported("the upload of content to a folder")
        if version_two and not flag(call, "convert") and media_type != SPREADSHEET:
            what = "The requested conversion is not supported."
            raise bad_request(what)
    else:
        wanted = body.get("mimeType")
        if version_two and flag(call, "convert") and wanted != SPREADSHEET:
            wanted = SPREADSHEET if media_type != "text/plain" else wanted
        if wanted != SPREADSHEET:
            raise unsupported(
                f"files of the type {wanted or media_type or 'application/octet-stream'}"
            )
        name = _EXTENSION.sub("", body.get("name") or "")  # what is converted loses its ending
        body = body | {"mimeType": SPREADSHEET} | ({"name": name} if name else {})
    if not imports.convertible(media_type):
        raise unsupported(f"the conversion of {media_type} to a spreadsheet")
    return body


def _finish(drive: Drive, call: Call, given: Json, media_type: str, content: bytes) -> Any:
    """Make a spreadsheet from content, or replace what is in one."""
    body = _check(drive, call, given, media_type)
    if len(content) > _CONTENT_MAX:
        raise ApiError(413, "The file is too large.", reason="uploadTooLarge")
    item = _revised(drive, call, body) if call.book_id else files.make(drive, call, body)
    try:
        batch = drive.service.draft(item.file_id, call.actor)
        imports.fill(batch, media_type, content)
    except ApiError:
        if not call.book_id:
            drive.service.delete(item.file_id)
        raise
    now = drive.service.clock()
    card = batch.book.card
    viewed = card.viewed | {call.actor: now}
    batch.book.card = replace(card, viewed=viewed)
    drive.service.commit(batch, f"imported {media_type}")
    found = files.found_again(drive, item.file_id)
    if call.name.startswith("drive.v2"):
        return old.answer(drive, found, call)
    return drive.answer(found, call)


def _revised(drive: Drive, call: Call, body: Json) -> Item:
    parents = body.pop("parents", None)
    body.pop("mimeType", None)
    item = files.revise(drive, call, body)
    if parents and call.name.startswith("drive.v2"):
        lies = files.parents_for(drive, call, {"parents": parents})
        if lies != item.card.parents:
            item = drive.change(item, call.actor, "moved", parents=lies)
    return item
