"""The methods of the Drive API that gspread and a sync need: files and permissions."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from syncd.sandbox.book.model import Book
from syncd.sandbox.errors import ApiError, Json, not_found
from syncd.sandbox.protocol.masks import Tree, parse_mask, pick
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.state.service import Line, Service

MIME_TYPE = "application/vnd.google-apps.spreadsheet"
_DEFAULT: Tree = {"kind": {}, "id": {}, "name": {}, "mimeType": {}}
_PERMISSION: Tree = {"kind": {}, "id": {}, "type": {}, "role": {}}
_CLAUSE = re.compile(
    r"\s*(?:(?P<field>\w+)\s*(?P<sign>=|!=|contains|>|<|>=|<=)\s*"
    r"(?P<value>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\w+)"
    r"|(?P<parent>'[^']*'|\"[^\"]*\")\s+in\s+parents)\s*\Z"
)


_CLAUSES = re.compile(
    r"""((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?!\s+and\s)[^"'])+)(?:\s+and\s+|\Z)"""
)


def timestamp(moment: float) -> str:
    """Spell a moment as Drive does."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class DriveMethods:
    """Runs calls of the Drive API against the service; the caller holds its lock."""

    def __init__(self, service: Service, url: str) -> None:
        self.service = service
        self.url = url

    def run(self, call: Call, method: "Method | None" = None) -> Any:
        """Run a call and give its answer; None is an empty one."""
        method = method or _METHODS[call.name]
        try:
            return method(self, call)
        except ApiError as error:
            if error.code == 404 and call.book_id:
                message = f"File not found: {call.book_id}."
                raise ApiError(404, message, reason="notFound") from error
            raise

    def line(self, call: Call, *, write: bool) -> Line:
        """Give the line of the file concerned; one without access does not exist for the caller."""
        if self.service.role(call.book_id, call.actor) == "none":
            raise not_found()
        return self.service.line(call.book_id, call.actor, write=write)

    def _seen(self, line: Line) -> Book:
        """Give the version that Drive shows, which may lag behind."""
        lag = self.service.settings["drive_lag_s"]
        return line.before(self.service.clock() - lag) if lag else line.book

    def _file(self, book: Book) -> Json:
        owners = [p for p in book.permissions if p["role"] == "owner"]
        return {
            "kind": "drive#file",
            "id": book.book_id,
            "name": book.properties["title"],
            "mimeType": MIME_TYPE,
            "trashed": book.trashed,
            "version": str(book.revision),
            "createdTime": timestamp(book.created),
            "modifiedTime": timestamp(book.modified),
            "webViewLink": f"{self.url}/spreadsheets/d/{book.book_id}/edit",
            "parents": ["root"],
            "owners": owners,
            "permissions": book.permissions,
            "capabilities": {"canEdit": True},
        }

    @staticmethod
    def _masked(answer: Json, call: Call, default: Tree) -> Json:
        text = call.query.get("fields")
        picked: Json = pick(answer, parse_mask(text, None) if text else default)
        return picked

    def get(self, call: Call) -> Json:
        """Answer files.get."""
        return self._masked(self._file(self._seen(self.line(call, write=False))), call, _DEFAULT)

    def list(self, call: Call) -> Json:
        """Answer files.list."""
        tests = _tests(call.query.get("q", ""))
        seen = [
            self._seen(line)
            for key, line in self.service.lines.items()
            if self.service.role(key, call.actor) != "none"
        ]
        files = [self._file(book) for book in sorted(seen, key=lambda b: -b.modified)]
        files = [file for file in files if all(test(file) for test in tests)]
        start = call.number("pageToken", 0)
        size = max(1, min(1000, call.number("pageSize", 100)))
        answer: Json = {"kind": "drive#fileList", "incompleteSearch": False}
        answer["files"] = files[start : start + size]
        if start + size < len(files):
            answer["nextPageToken"] = str(start + size)
        default: Tree = {"kind": {}, "incompleteSearch": {}, "nextPageToken": {}, "files": _DEFAULT}
        return self._masked(answer, call, default)

    def create(self, call: Call) -> Json:
        """Answer files.create."""
        given = call.body or {}
        if given.get("mimeType") != MIME_TYPE:
            raise ApiError(501, "The sandbox only keeps spreadsheets.")
        batch = self.service.create(given.get("name") or "Untitled", call.actor)
        book = self.service.commit(batch, "created")
        return self._masked(self._file(book), call, _DEFAULT)

    def update(self, call: Call) -> Json:
        """Answer files.update."""
        self.line(call, write=True)
        batch = self.service.batch(call.book_id, call.actor)
        if (call.body or {}).get("name"):
            batch.book.properties["title"] = call.body["name"]
        if "trashed" in (call.body or {}):
            batch.book.trashed = bool(call.body["trashed"])
        book = self.service.commit(batch, "drive update")
        return self._masked(self._file(book), call, _DEFAULT)

    def copy(self, call: Call) -> Json:
        """Answer files.copy."""
        source, given = self.line(call, write=False).book, call.body or {}
        title = given.get("name") or f"Copy of {source.properties['title']}"
        batch = self.service.create(title, call.actor)
        copied = source.draft()
        copied.book_id, copied.created = batch.book.book_id, batch.book.created
        copied.permissions, copied.properties["title"] = batch.book.permissions, title
        batch.book = copied
        book = self.service.commit(batch, "copied")
        return self._masked(self._file(book), call, _DEFAULT)

    def delete(self, call: Call) -> None:
        """Answer files.delete."""
        self.line(call, write=True)
        self.service.delete(call.book_id)

    def permissions(self, call: Call) -> Json:
        """Answer permissions.list."""
        found = self.line(call, write=False).book.permissions
        answer: Json = {"kind": "drive#permissionList", "permissions": found}
        return self._masked(answer, call, {"kind": {}, "permissions": _PERMISSION})

    def permit(self, call: Call) -> Json:
        """Answer permissions.create."""
        self.line(call, write=True)
        batch, given = self.service.batch(call.book_id, call.actor), call.body or {}
        permission = {"kind": "drive#permission", "id": str(batch.new_id())} | given
        batch.book.permissions.append(permission)
        self.service.commit(batch, "shared")
        return self._masked(permission, call, _PERMISSION)

    def revoke(self, call: Call) -> None:
        """Answer permissions.delete."""
        self.line(call, write=True)
        batch = self.service.batch(call.book_id, call.actor)
        kept = [p for p in batch.book.permissions if p["id"] != call.path["permission"]]
        if len(kept) == len(batch.book.permissions):
            raise not_found()
        batch.book.permissions = kept
        self.service.commit(batch, "unshared")


def _tests(query: str) -> list[Callable[[Json], bool]]:
    """Read a search query of simple terms joined by `and`."""
    if not query.strip():
        return []
    return [_test(clause) for clause in _CLAUSES.findall(query)]


def _test(clause: str) -> Callable[[Json], bool]:
    match = _CLAUSE.match(clause)
    if match is None:
        raise ApiError(400, "Invalid Value", reason="invalid")
    if match["parent"]:
        return lambda file: match["parent"][1:-1] in file["parents"]
    field, sign, raw = match["field"], match["sign"], match["value"]
    value: object = re.sub(r"\\(.)", r"\1", raw[1:-1]) if raw[0] in "'\"" else raw == "true"
    if sign == "=":
        return lambda file: file.get(field) == value
    if sign == "!=":
        return lambda file: file.get(field) != value
    if sign == "contains":
        return lambda file: str(value).casefold() in str(file.get(field, "")).casefold()
    if sign.startswith(">"):
        return lambda file: str(file.get(field, "")) > str(value)
    return lambda file: str(file.get(field, "")) < str(value)


Method = Callable[[DriveMethods, Call], Any]

_METHODS: dict[str, Method] = {
    "drive.files.get": DriveMethods.get,
    "drive.files.list": DriveMethods.list,
    "drive.files.create": DriveMethods.create,
    "drive.files.update": DriveMethods.update,
    "drive.files.copy": DriveMethods.copy,
    "drive.files.delete": DriveMethods.delete,
    "drive.permissions.list": DriveMethods.permissions,
    "drive.permissions.create": DriveMethods.permit,
    "drive.permissions.delete": DriveMethods.revoke,
}
