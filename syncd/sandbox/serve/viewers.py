"""What the page asks of the sandbox: views, acts, undoing, and waiting for news."""

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from syncd.sandbox.book.model import Book
from syncd.sandbox.errors import Json, invalid, not_found
from syncd.sandbox.serve import view
from syncd.sandbox.serve.acting import act, moves_since, shown_moves, undo
from syncd.sandbox.serve.people import People
from syncd.sandbox.state.service import Service

WATCH_S = 20.0
WINDOWS_MAX = 20
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_VIEWS: Mapping[str, Callable[[Book, Mapping[str, Any]], Json]] = {
    "window": view.window_view,
    "sums": view.sums_view,
    "texts": view.texts_view,
    "column": view.column_view,
    "find": view.find_view,
}


def page_file(path: str) -> tuple[bytes, str] | None:
    """Give a file of the page and its content type; None when there is none at that path."""
    name = path.removeprefix("/page/")
    if path == "/":
        name = "books.html"
    elif path.startswith("/spreadsheets/d/"):
        name = "sheet.html"
    elif name == path or "/" in name or "\\" in name or name.endswith(".html"):
        return None
    file = files("syncd.sandbox").joinpath("page", name)
    kind = _TYPES.get(name[name.rfind(".") :])
    if kind is None or not file.is_file():
        return None
    return file.read_bytes(), f"{kind}; charset=utf-8"


def _windows(book: Book, query: Mapping[str, Any]) -> list[Json]:
    """Give the rows that a page shows, of the very revision that it learns of."""
    sheet_id, starts = int(query["tab"]), str(query["windows"]).split(",")[:WINDOWS_MAX]
    if all(sheet.sheet_id != sheet_id for sheet in book.sheets):
        return []
    return [view.window_view(book, {"sheetId": sheet_id, "start": start}) for start in starts]


class Viewers:
    """Answers what open pages ask; only `watch` takes the lock itself."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.people = People()

    def view(self, book_id: str, actor: str, query: Mapping[str, Any]) -> Json:
        """Give a book, or a part of one of its tabs."""
        line = self.service.line(book_id, actor, write=False)
        if "sheetId" in query:
            shown = _VIEWS.get(str(query.get("part", "window")))
            if shown is None:
                raise not_found()
            try:
                return shown(line.book, query)
            except KeyError as error:
                raise invalid(f"{error} is missing") from error
        found = view.book_view(line.book, actor)
        if "since" in query:
            moves = moves_since(line, int(query["since"]))
            found["moves"] = None if moves is None else shown_moves(moves)
        if "windows" in query:
            found["windows"] = _windows(line.book, query)
        return found

    def act(self, book_id: str, actor: str, body: Any) -> Json:
        """Do what a person did."""
        try:
            return act(self.service, book_id, actor, body)
        except (AttributeError, KeyError, TypeError) as error:
            raise invalid(f"this is no act of a page: {error!r}") from error

    def undo(self, book_id: str, actor: str, body: Any) -> Json:
        """Take back what a person did."""
        return undo(self.service, book_id, actor, body)

    def cursor(self, book_id: str, actor: str, query: Mapping[str, Any], body: Any) -> Json:
        """Note a page's cursor, or that it was closed."""
        page = str(query.get("page", ""))
        if query.get("leave"):
            self.people.leave(book_id, page)
            self.service.changed.notify_all()
        elif self.people.put(book_id, page, actor, body):
            self.service.changed.notify_all()
        return {}

    def watch(self, book_id: str, query: Mapping[str, Any]) -> Json:
        """Wait until a book or its people are not what the page knows, or a while."""
        known, stamp = int(query.get("revision", -1)), int(query.get("stamp", -1))
        page = str(query.get("page", ""))
        with self.service.lock:
            self.people.touch(book_id, page)
            self.service.changed.wait_for(
                lambda: (
                    self._revision(book_id) != known or (page != "" and self.people.stamp != stamp)
                ),
                timeout=WATCH_S,
            )
            found: Json = {"revision": self._revision(book_id), "stamp": self.people.stamp}
            if page:
                found["people"] = self.people.others(book_id, page)
            return found

    def _revision(self, book_id: str) -> int:
        line = self.service.lines.get(book_id)
        return line.book.revision if line else -2
