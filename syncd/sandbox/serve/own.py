"""The sandbox's own address: counts, faults, settings, access, history, and what the page needs."""

import re
from typing import Any
from urllib.parse import unquote

from syncd.sandbox.errors import ApiError, Json, invalid, not_found
from syncd.sandbox.protocol.body import parse_body
from syncd.sandbox.protocol.routes import parse_query, route
from syncd.sandbox.serve.faults import parse_rules
from syncd.sandbox.serve.gateway import Answer, Gateway, error_answer, json_answer
from syncd.sandbox.serve.view import book_view, window_view
from syncd.sandbox.sheets.calls import Call

_ROLES = {"none", "reader", "writer"}
_WATCH_S = 20.0


class OwnAddress:
    """Answers requests below `/_sandbox`."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.service = gateway.service

    def answer(self, verb: str, path: str, query: str, raw: bytes, actor: str) -> Answer:
        """Answer one request."""
        try:
            rest = path.removeprefix("/_sandbox").rstrip("/")
            if rest.startswith(("/v4/", "/drive/")):
                return self._page_call(verb, rest, query, raw, actor)
            match = re.fullmatch(r"/(\w+)(?:/([^/]+))?", rest)
            if match is None:
                raise not_found()
            name, argument = match.group(1), unquote(match.group(2) or "")
            return self._named(verb, name, argument, (parse_query(query), parse_body(raw)), actor)
        except ApiError as error:
            return error_answer(error)
        except ValueError as error:
            return error_answer(invalid(f"not a number: {error}"))

    def _named(
        self, verb: str, name: str, argument: str, given: tuple[Json, Any], actor: str
    ) -> Answer:
        query, body = given
        if name == "watch":
            return json_answer(self._watch(argument, query))
        with self.service.lock:
            match (verb, name, argument):
                case ("GET", "calls", ""):
                    return json_answer(self.gateway.meter.report())
                case ("POST", "calls", "reset"):
                    self.gateway.meter.reset()
                    return json_answer({})
                case ("GET" | "POST" | "DELETE", "faults", ""):
                    return json_answer(self._faults(verb, body))
                case ("GET" | "POST", "settings", ""):
                    return json_answer(self._settings(verb, body))
                case ("POST", "access", ""):
                    return json_answer(self._access(body))
                case ("GET", "access", ""):
                    return json_answer(self._access_rules())
                case ("GET", "revisions", book_id):
                    return json_answer(self._revisions(book_id))
                case ("POST", "restore", book_id):
                    number = (body or {}).get("revision")
                    if not isinstance(number, int):
                        raise invalid("revision must be a number")
                    book = self.service.restore(book_id, number, actor)
                    return json_answer({"revision": book.revision})
                case ("GET", "books", ""):
                    return json_answer(self._books())
                case ("GET", "view", book_id):
                    book = self.service.line(book_id, actor, write=False).book
                    view = window_view(book, query) if "sheetId" in query else book_view(book)
                    return json_answer(view)
                case _:
                    raise not_found()

    def _page_call(self, verb: str, path: str, query: str, raw: bytes, actor: str) -> Answer:
        """Run an API call of the page: the same code, uncounted and undisturbed."""
        found = route(verb, path)
        if found is None:
            raise not_found()
        call = Call(found.name, actor, found.path, parse_query(query), parse_body(raw))
        return self.gateway.run(call)

    def _faults(self, verb: str, body: Any) -> Json:
        if verb == "POST":
            self.gateway.faults.extend(parse_rules(body))
        elif verb == "DELETE":
            self.gateway.faults.clear()
        return {"rules": [f.given | {"hits": f.hits} for f in self.gateway.faults]}

    def _settings(self, verb: str, body: Any) -> Json:
        settings = self.gateway.settings
        if verb == "POST":
            if not isinstance(body, dict):
                raise invalid("settings must be an object")
            settings.change(body)
            if "seed" in body:
                self.service.reseed()
                self.gateway.random.seed(body["seed"])
        return dict(settings)

    def _access(self, body: Any) -> Json:
        given = body if isinstance(body, dict) else {}
        unknown = set(given) - {"spreadsheetId", "user", "role"}
        if unknown or "spreadsheetId" not in given or given.get("role") not in _ROLES:
            raise invalid("access needs spreadsheetId, role (none, reader, writer), maybe user")
        user = given.get("user") or self.service.account
        self.service.access[given["spreadsheetId"], user] = given["role"]
        return self._access_rules()

    def _access_rules(self) -> Json:
        rules = self.service.access.items()
        return {"access": [{"spreadsheetId": b, "user": u, "role": r} for (b, u), r in rules]}

    def _revisions(self, book_id: str) -> list[Json]:
        if book_id not in self.service.lines:
            raise not_found()
        return [revision._asdict() for revision in self.service.lines[book_id].revisions]

    def _books(self) -> list[Json]:
        books = [line.book for line in self.service.lines.values()]
        books.sort(key=lambda book: -book.modified)
        return [
            {"id": b.book_id, "title": b.properties["title"], "modified": b.modified} for b in books
        ]

    def _watch(self, book_id: str, query: Json) -> Json:
        """Wait until a book has another revision than the page knows, or a while."""
        known = int(query.get("revision", -1))
        with self.service.lock:
            self.service.changed.wait_for(
                lambda: self._revision(book_id) != known, timeout=_WATCH_S
            )
            return {"revision": self._revision(book_id)}

    def _revision(self, book_id: str) -> int:
        line = self.service.lines.get(book_id)
        return line.book.revision if line else -2
