"""The HTTP side: requests in, answers out, and connections cut where a fault says so."""

import mimetypes
import socket
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any, cast

from syncd.sandbox.errors import ApiError, not_found
from syncd.sandbox.protocol.routes import parse_query, route
from syncd.sandbox.serve.gateway import Answer, Gateway, error_answer, json_answer
from syncd.sandbox.serve.own import OwnAddress
from syncd.sandbox.sheets.calls import Call

_PAGE_FILES = {"sheet.js", "style.css", "books.js"}


class Server(ThreadingHTTPServer):
    """A server on loopback that knows its connections, so that stopping closes them all."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    gateway: Gateway
    own: OwnAddress

    def __init__(self, port: int) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        self.connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        self.connections.discard(request)
        super().shutdown_request(request)

    def close_all(self) -> None:
        """Cut every open connection."""
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the other side was faster

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a connection that the other side broke off end quietly."""
        del request, client_address


class Handler(BaseHTTPRequestHandler):
    """Reads one request after the other from a connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server_version = "sandbox"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer any request."""
        self._answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815  names that the base class asks for

    def _answer(self) -> None:
        raw = self._body()
        try:
            answer = self._reply(raw)
        except Exception as error:  # noqa: BLE001  a mistake of the sandbox is Google's 500
            traceback.print_exc()
            answer = error_answer(ApiError(500, f"Internal error encountered. {error!r}"))
        self._send(answer)

    def _reply(self, raw: bytes) -> Answer:
        path, _, query = self.path.partition("?")
        server = cast("Server", self.server)
        account = server.gateway.service.account
        given = self.headers.get("X-Sandbox-User", "").encode("latin-1", "replace")
        actor = given.decode("utf-8", "replace").strip() or account
        if path.startswith("/_sandbox"):
            return server.own.answer(self.command, path, query, raw, actor)
        if path == "/token" and self.command == "POST":
            return self._token(server.gateway, raw)
        found = route(self.command, path)
        if found is None:
            return _page(self.command, path)
        call = Call(found.name, actor, found.path, parse_query(query))
        call.content_type = self.headers.get("Content-Type", "")
        return server.gateway.receive(call, raw, self.headers.get("Authorization", ""))

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    @staticmethod
    def _token(gateway: Gateway, raw: bytes) -> Answer:
        try:
            return json_answer(gateway.tokens.grant(raw, strict=gateway.settings["strict"]))
        except ApiError as error:
            name, _, text = error.message.partition(": ")
            return json_answer({"error": name, "error_description": text or name}, error.code)

    def _send(self, answer: Answer) -> None:
        if answer.sent == -1:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        if answer.sent is not None:
            self.close_connection = True
        self.end_headers()
        self.wfile.write(answer.body if answer.sent is None else answer.body[: answer.sent])
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Say nothing: the history and the counts tell what happened."""


def _page(verb: str, path: str) -> Answer:
    """Answer with a file of the page, or that there is nothing."""
    name = path.removeprefix("/page/")
    if verb == "GET" and path == "/":
        name = "books.html"
    elif verb == "GET" and path.startswith("/spreadsheets/d/"):
        name = "sheet.html"
    elif verb != "GET" or name not in _PAGE_FILES:
        return error_answer(not_found())
    content = files("syncd.sandbox").joinpath("page", name).read_bytes()
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    return Answer(200, content, f"{kind}; charset=utf-8")
