"""The HTTP side: requests in, answers out, and connections cut where a fault says so."""

import io
import re
import socket
import struct
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from syncd.sandbox.errors import ApiError
from syncd.sandbox.protocol.routes import parse_query, route, tunnelled
from syncd.sandbox.serve.batching import Part, inherited
from syncd.sandbox.serve.batching import answer as answer_batch
from syncd.sandbox.serve.connection import (
    RefusedError,
    TimedSocket,
    body_length,
    packed,
    read_body,
    unpacked,
)
from syncd.sandbox.serve.gateway import (
    NOTHING,
    RESET,
    Answer,
    Caller,
    Gateway,
    error_answer,
    json_answer,
)
from syncd.sandbox.serve.own import OwnAddress
from syncd.sandbox.serve.pages import error_page
from syncd.sandbox.serve.viewers import POLICY, page_file
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.state.people import person

HTML = "text/html; charset=UTF-8"
URL_BYTES_MAX = 16_384
_API = ("/v4/", "/drive/", "/upload/")
_LOOPBACK = re.compile(r"(127(\.\d+){3}|localhost|\[::1\])(:\d+)?\Z", re.IGNORECASE)
_OWN_NAME = re.compile(r"[a-z0-9-]+(:\d+)?\Z", re.IGNORECASE)  # no stranger can own such a name
_GOOGLE = re.compile(r"([a-z]+\.)+google(apis)?\.com(:\d+)?\Z", re.IGNORECASE)
_BATCH = re.compile(r"/batch(/[\w.]+)*/?\Z")
_ORIGIN = re.compile(r"https?://(.+)\Z")
_GZIP_FROM = 200

_WHO = {"/userinfo/v2/me", "/oauth2/v1/userinfo", "/oauth2/v2/userinfo", "/oauth2/v3/userinfo"}
_NO_BATCH = "Operation is not implemented, or supported, or enabled."


class Server(ThreadingHTTPServer):
    """A server on loopback that knows its connections, so that stopping closes them all."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    gateway: Gateway
    own: OwnAddress
    idle_s = 240.0
    head_s = 20.0
    body_s = 120.0

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
    raw_requestline: bytes
    server_version = "ESF"
    sys_version = ""

    def setup(self) -> None:
        """Read from the connection within deadlines."""
        super().setup()
        self.incoming = TimedSocket(self.connection)
        self.rfile = io.BufferedReader(self.incoming, 65536)
        self.box = cast("Server", self.server)

    def handle_one_request(self) -> None:
        """Read one request and answer it; a connection that ends meanwhile ends quietly."""
        self.incoming.wait_for_request(self.box.idle_s, self.box.head_s)
        self.command = self.path = self.requestline = ""
        self.headers = self.MessageClass()
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def parse_request(self) -> bool:
        """Read a request's first line and headers; a too long address is refused before."""
        line = self.raw_requestline.split()
        if len(line) > 1 and len(line[1]) > URL_BYTES_MAX:
            self.path = line[1].decode("latin-1")
            self.send_error(414)
            return False
        return super().parse_request()

    def handle_expect_100(self) -> bool:
        """Tell a client that waits for it to go on, unless its body is refused anyway."""
        with self._refusals():
            body_length(self.headers, self.command, required=False)
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
            return True
        return False

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request with the front end's page, and end the connection."""
        del message, explain
        code = 405 if code == 501 else code
        self.close_connection = True
        self.request_version = self.protocol_version
        page = error_page(code, verb=self.command or "", path=self.path.partition("?")[0])
        self._send(Answer(code, page, HTML))
        self._drain()

    def do_GET(self) -> None:
        """Answer any request."""
        with self._refusals():
            self._guard()
            own = not self.path.startswith(_API)
            length = body_length(self.headers, self.command, required=not own)
            self.incoming.wait_for_body(self.box.body_s)
            raw = read_body(self.rfile, length)
            raw = unpacked(raw, self.headers.get("Content-Encoding", "").strip().lower())
            self._send(self._answer(raw))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815  names that the base class asks for

    def do_OPTIONS(self) -> None:
        """Answer a browser that asks whether a page of this machine may call."""
        with self._refusals():
            self._guard()
            read_body(self.rfile, body_length(self.headers, self.command, required=False))
            self._send(Answer(200, b"", HTML))

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except RefusedError as refused:
            self.send_error(refused.status)

    def _guard(self) -> None:
        """Refuse pages of other places: a browser that is led here must not write for them."""
        host = self.headers.get("Host", "localhost").strip()
        origin = self.headers.get("Origin")
        if not any(known.match(host) for known in (_LOOPBACK, _GOOGLE, _OWN_NAME)):
            raise RefusedError(403)
        if origin is not None:
            found = _ORIGIN.match(origin.strip())
            if not found or not _LOOPBACK.match(found.group(1)):
                raise RefusedError(403)

    def _answer(self, raw: bytes) -> Answer:
        try:
            return self._reply(raw)
        except Exception as error:  # noqa: BLE001  a mistake of the sandbox is Google's 500
            self.box.gateway.failures.append(traceback.format_exc())
            failed = error_answer(ApiError(500, "Internal error encountered."))
            return failed._replace(headers=(("X-Sandbox-Failure", ascii(error)[:500]),))

    def _reply(self, raw: bytes) -> Answer:
        path, _, query = self.path.encode("latin-1").decode("utf-8", "replace").partition("?")
        server = self.box
        verb = "GET" if self.command == "HEAD" else self.command
        given = self.headers.get("X-Sandbox-User", "").encode("latin-1", "replace")
        actor = given.decode("utf-8", "replace").strip() or server.gateway.service.account
        if path.startswith("/_sandbox"):
            return server.own.answer(verb, path, query, raw, actor)
        if path == "/token" and verb == "POST":
            return self._token(server.gateway, raw)
        if path in _WHO and verb == "GET":
            return json_answer(person(actor))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if verb == "POST" and _BATCH.match(path):
            return self._batch(headers, raw, actor)
        return self._api(Part("", verb, self.path, headers, raw), actor)

    def _api(self, part: Part, actor: str) -> Answer:
        """Answer one call, whether it came alone or in a batch."""
        path, _, query = (
            part.address.encode("latin-1", "replace").decode("utf-8", "replace").partition("?")
        )
        override = part.headers.get("x-http-method-override", "")
        verb, query, body = tunnelled(part.verb, query, part.body, override)
        found = route(verb, path)
        if found is None:
            return _page(verb, path)
        call = Call(found.name, actor, found.path, parse_query(query))
        call.content_type = part.headers.get("content-type", "")
        call.headers = part.headers
        authorization = part.headers.get("authorization", "")
        caller = Caller(authorization, part.headers.get("x-goog-user-project", ""))
        return self.box.gateway.receive(call, body, caller)

    def _batch(self, headers: dict[str, str], raw: bytes, actor: str) -> Answer:
        def run(part: Part) -> Answer:
            if part.address.startswith("/v4/"):  # Sheets left the batches of HTTP calls behind
                return error_answer(ApiError(501, _NO_BATCH))
            own = part.headers.get("x-sandbox-user", actor)
            headed = inherited(headers, part.headers)
            given = self._api(part._replace(headers=headed), own)
            return given if given.sent is None else error_answer(ApiError(503, "Unavailable"))

        try:
            return answer_batch(headers.get("content-type", ""), raw, run)
        except ApiError as error:
            return error_answer(error)

    @staticmethod
    def _token(gateway: Gateway, raw: bytes) -> Answer:
        try:
            return json_answer(gateway.tokens.grant(raw, strict=gateway.settings["strict"]))
        except ApiError as error:
            name, _, text = error.message.partition(": ")
            return json_answer({"error": name, "error_description": text or name}, error.code)

    def _send(self, answer: Answer) -> None:
        if answer.sent == NOTHING:
            self.close_connection = True
            return
        if answer.sent == RESET:
            self._reset()
            return
        body, kind = answer.body, answer.content_type
        if answer.sent is not None:
            self.close_connection = True
        self.send_response(answer.status)
        if body or answer.status != 204:
            self.send_header("Content-Type", kind)
        zipped = len(body) > _GZIP_FROM and answer.sent is None and self._takes_gzip()
        if zipped:
            body = packed(body)
            self.send_header("Content-Encoding", "gzip")
        if answer.status != 204:
            self.send_header("Content-Length", str(len(body)))
        for name, value in (*_HEADERS, *answer.headers, *self._cross_origin()):
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if answer.sent is None else body[: answer.sent])
        self.wfile.flush()

    def _takes_gzip(self) -> bool:
        given = self.headers.get("Accept-Encoding", "") if self.headers else ""
        return "gzip" in given.lower() and not re.search(r"gzip\s*;\s*q=0(\.0*)?\s*(,|$)", given)

    def _cross_origin(self) -> list[tuple[str, str]]:
        origin = self.headers.get("Origin") if self.headers else None
        if origin is None or any(c in origin for c in "\r\n"):
            return []
        allowed = [("Access-Control-Allow-Origin", origin)]
        if self.command == "OPTIONS":
            asked = self.headers.get("Access-Control-Request-Headers", "authorization")
            allowed.append(("Access-Control-Allow-Headers", re.sub(r"[^\w, -]", "", asked)))
            allowed.append(("Access-Control-Allow-Methods", "DELETE,GET,HEAD,PATCH,POST,PUT"))
            allowed.append(("Access-Control-Max-Age", "3600"))
        return allowed

    def _reset(self) -> None:
        """End the connection with a reset, as a failing network does."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.box.connections.discard(self.connection)
        self.connection.close()

    def _drain(self) -> None:
        """Read off what a refused client still sends, for a while, so that it sees its answer."""
        self.incoming.wait_for_body(2)
        with suppress(OSError, ValueError):
            self.connection.shutdown(socket.SHUT_WR)
            for _ in range(1024):
                if not self.rfile.read1(65536):
                    break

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Say nothing: the history and the counts tell what happened."""


_HEADERS = (
    ("Vary", "Origin"),
    ("Vary", "X-Origin"),
    ("Vary", "Referer"),
    ("Cache-Control", "private, no-store"),
    ("X-XSS-Protection", "0"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("X-Content-Type-Options", "nosniff"),
)


def _page(verb: str, path: str) -> Answer:
    """Answer with a file of the page, or that there is nothing."""
    found = page_file(path) if verb == "GET" else None
    if found is None:
        return Answer(404, error_page(404, verb=verb, path=path), HTML)
    return Answer(200, *found, headers=(("Content-Security-Policy", POLICY),))
