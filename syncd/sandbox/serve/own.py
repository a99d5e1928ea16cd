"""The sandbox's own address: counts, faults, settings, access, history, and what the page needs."""

import json
import re
from typing import Any
from urllib.parse import unquote

from syncd.sandbox.errors import ApiError, Json, invalid, not_found
from syncd.sandbox.protocol.body import parse_body
from syncd.sandbox.protocol.messages import too_deep
from syncd.sandbox.protocol.routes import parse_query, route
from syncd.sandbox.serve.controls import Controls
from syncd.sandbox.serve.gateway import Answer, Gateway, error_answer, json_answer
from syncd.sandbox.serve.viewers import Viewers
from syncd.sandbox.sheets.calls import Call


class OwnAddress:
    """Answers requests below `/_sandbox`."""

    def __init__(self, gateway: Gateway, controls: Controls) -> None:
        self.gateway = gateway
        self.controls = controls
        self.service = gateway.service
        self.viewers = Viewers(gateway.service)

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
            given = parse_query(query)
            single = {k: v[-1] if isinstance(v, list) else v for k, v in given.items()}
            return self._named(verb, name, argument, (single, parse_body(raw)), actor)
        except ApiError as error:
            return error_answer(error)
        except RecursionError:
            return error_answer(too_deep(""))
        except ValueError as error:
            return error_answer(invalid(f"not a number: {error}"))

    def _named(
        self, verb: str, name: str, argument: str, given: tuple[Json, Any], actor: str
    ) -> Answer:
        query, body = given
        if name == "watch":
            return json_answer(self.viewers.watch(argument, query))
        self.gateway.late.deliver()
        with self.service.lock:
            match (verb, name, argument):
                case ("GET", "calls", ""):
                    return json_answer(self.controls.calls())
                case ("POST", "calls", "reset"):
                    self.controls.reset_calls()
                    return json_answer({})
                case ("GET" | "POST" | "DELETE", "faults", ""):
                    return json_answer(self._faults(verb, body))
                case ("GET" | "POST", "settings", ""):
                    return json_answer(self._settings(verb, body))
                case ("POST", "access", ""):
                    return json_answer(self._access(body))
                case ("GET", "access", ""):
                    return json_answer({"access": self.controls.access})
                case ("GET", "failures", ""):
                    return json_answer(self.controls.failures)
                case ("GET", "revisions", book_id):
                    return json_answer([r._asdict() for r in self.controls.revisions(book_id)])
                case ("POST", "restore", book_id):
                    number = body.get("revision") if isinstance(body, dict) else None
                    if not isinstance(number, int):
                        raise invalid("revision must be a number")
                    restored = self.controls.restore(book_id, number, user=actor)
                    return json_answer({"revision": restored})
                case ("GET", "books", ""):
                    return json_answer(self._books())
                case ("GET", "view", book_id):
                    return compact_answer(self.viewers.view(book_id, actor, query))
                case ("POST", "act", book_id):
                    return json_answer(self.viewers.act(book_id, actor, body))
                case ("POST", "undo", book_id):
                    return json_answer(self.viewers.undo(book_id, actor, body))
                case ("POST", "cursor", book_id):
                    return json_answer(self.viewers.cursor(book_id, actor, query, body))
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
            self.controls.add_rules(body)
        elif verb == "DELETE":
            self.controls.clear_faults()
        return {"rules": self.controls.faults}

    def _settings(self, verb: str, body: Any) -> Json:
        if verb == "POST":
            if not isinstance(body, dict):
                raise invalid("settings must be an object")
            self.controls.change(**body)
        return self.controls.settings

    def _access(self, body: Any) -> Json:
        given = body if isinstance(body, dict) else {}
        known = {"spreadsheetId", "user", "role"}
        if set(given) - known or not all(isinstance(v, str) for v in given.values() if v):
            raise invalid("access needs spreadsheetId, role (none, reader, writer), maybe user")
        self.controls.allow(
            given.get("spreadsheetId") or "", given.get("role") or "", user=given.get("user")
        )
        return {"access": self.controls.access}

    def _books(self) -> list[Json]:
        books = [line.book for line in self.service.lines.values()]
        books.sort(key=lambda book: -book.modified)
        return [
            {"id": b.book_id, "title": b.properties["title"], "modified": b.modified} for b in books
        ]


def compact_answer(value: Json) -> Answer:
    """Answer with JSON without spaces: a window of cells is large."""
    return Answer(200, json.dumps(value, separators=(",", ":")).encode())
