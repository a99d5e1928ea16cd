"""From a call of the Drive API to its answer."""

from collections.abc import Callable
from typing import Any

from syncd.sandbox.drive import exports, files, notes, old, permissions, uploads
from syncd.sandbox.drive.context import Content, Drive, read_json
from syncd.sandbox.drive.fields import refuse_mistyped
from syncd.sandbox.drive.refusals import unsupported
from syncd.sandbox.errors import ApiError
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.state.service import Service

__all__ = ["Content", "DriveMethods"]


class DriveMethods:
    """Runs calls of the Drive API against the service; the caller holds its lock."""

    def __init__(self, service: Service, url: str) -> None:
        self.drive = Drive(service, url)

    def run(self, call: Call) -> Any:
        """Run a call and give its answer; None is an empty one."""
        method = _METHODS.get(call.name)
        if method is None:
            raise unsupported(f"the method {call.name}")
        try:
            if call.path.get("upload"):
                return uploads.receive(self.drive, call, call.raw)
            if call.body is None:
                call.body = read_json(call.raw)
            if ".permissions." in call.name:
                version = "v2." if call.name.startswith("drive.v2") else ""
                refuse_mistyped(call.body, f"{version}Permission")
            return method(self.drive, call)
        except ApiError as error:
            if not error.reason and not error.is_typed:
                error.reason = {404: "notFound", 403: "forbidden"}.get(error.code, "badRequest")
            raise


_METHODS: dict[str, Callable[[Drive, Call], Any]] = old.METHODS | {
    "drive.files.get": files.get,
    "drive.files.list": files.list_files,
    "drive.files.create": files.create,
    "drive.files.update": files.update,
    "drive.files.copy": files.copy,
    "drive.files.delete": files.delete,
    "drive.files.emptyTrash": files.empty_trash,
    "drive.files.generateIds": files.generate_ids,
    "drive.files.export": exports.export,
    "drive.v2.files.export": exports.export,
    "drive.documents.export": exports.download,
    "drive.documents.query": exports.chart_query,
    "drive.permissions.list": permissions.list_permissions,
    "drive.permissions.get": permissions.get,
    "drive.permissions.create": permissions.create,
    "drive.permissions.update": permissions.update,
    "drive.permissions.delete": permissions.delete,
    "drive.comments.list": notes.list_comments,
    "drive.comments.get": notes.get_comment,
    "drive.comments.create": notes.create_comment,
    "drive.comments.update": notes.update_comment,
    "drive.comments.delete": notes.delete_comment,
    "drive.revisions.list": notes.list_revisions,
    "drive.revisions.get": notes.get_revision,
    "drive.changes.getStartPageToken": notes.start_token,
    "drive.changes.list": notes.list_changes,
    "drive.about.get": notes.about,
    "drive.drives.list": notes.no_drives,
    "drive.drives.get": notes.no_drive,
    "drive.teamdrives.list": notes.no_drives,
    "drive.teamdrives.get": notes.no_drive,
}
