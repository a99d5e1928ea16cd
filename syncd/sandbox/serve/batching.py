"""Batches: many calls in one request, each answered as if it had come alone."""

import re
import secrets
from collections.abc import Callable, Mapping
from typing import NamedTuple

from syncd.sandbox.errors import ApiError
from syncd.sandbox.serve.gateway import Answer

CALLS_MAX = 1000
_LINE = re.compile(rb"(GET|POST|PUT|PATCH|DELETE)[ \t]+(\S+)(?:[ \t]+HTTP/[\d.]+)?[ \t]*\Z")
_REASONS = {
    200: "OK", 204: "No Content", 308: "Resume Incomplete", 400: "Bad Request",
    401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict",
    429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented",
    503: "Service Unavailable",
}  # fmt: skip


class Part(NamedTuple):
    """One call of a batch."""

    key: str
    verb: str
    address: str
    headers: dict[str, str]
    body: bytes


def answer(header: str, raw: bytes, run: Callable[[Part], Answer]) -> Answer:
    """Run the calls of a batch in their order and answer with all their answers."""
    pieces, boundary = [], f"batch_{secrets.token_urlsafe(24)}"
    for part in _parts(header, raw):
        given = run(part)
        head = f"HTTP/1.1 {given.status} {_REASONS.get(given.status, 'Unknown')}\r\n"
        if given.status != 204:
            head += f"Content-Type: {given.content_type}\r\n"
        for name, value in given.headers:
            head += f"{name}: {value}\r\n"
        head += f"Content-Length: {len(given.body)}\r\n\r\n"
        key = f"Content-ID: {_response_key(part.key)}\r\n" if part.key else ""
        start = f"--{boundary}\r\nContent-Type: application/http\r\n{key}\r\n{head}"
        pieces.append(start.encode("utf-8", "replace") + given.body + b"\r\n")
    body = b"".join(pieces) + f"--{boundary}--\r\n".encode()
    return Answer(200, body, f"multipart/mixed; boundary={boundary}")


def _response_key(key: str) -> str:
    return f"<response-{key[1:]}" if key.startswith("<") else f"response-{key}"


def _parts(header: str, raw: bytes) -> list[Part]:
    match = re.search(r'boundary=(?:"([^"]+)"|([^;\s]+))', header)
    if not header.lower().startswith("multipart/mixed") or match is None:
        raise _malformed()
    mark = b"--" + (match[1] or match[2]).encode("utf-8", "replace")
    found = []
    for piece in re.split(rb"(?:\A|\r?\n)" + re.escape(mark), raw)[1:]:
        if piece.startswith(b"--"):
            break
        found.append(_part(piece.lstrip(b" \t").removeprefix(b"\r").removeprefix(b"\n")))
    if not found or len(found) > CALLS_MAX:
        raise _malformed()
    return found


def _part(piece: bytes) -> Part:
    outer, rest = _headers(piece)
    line, _, rest = rest.lstrip(b"\r\n").partition(b"\n")
    match = _LINE.match(line.rstrip(b"\r"))
    if match is None:
        raise _malformed()
    headers, body = _headers(rest)
    address = match[2].decode("latin-1")
    address = re.sub(r"\Ahttps?://[^/]*", "", address)
    return Part(outer.get("content-id", ""), match[1].decode(), address, headers, body)


def _headers(text: bytes) -> tuple[dict[str, str], bytes]:
    """Read header lines up to the blank one, and give what follows."""
    found: dict[str, str] = {}
    while True:
        line, mark, text = text.partition(b"\n")
        line = line.rstrip(b"\r")
        if not line:
            return found, text
        name, _, value = line.decode("utf-8", "replace").partition(":")
        found[name.strip().lower()] = value.strip()
        if not mark:
            return found, b""


def _malformed() -> ApiError:
    return ApiError(400, "Failed to parse batch request, error: Malformed multipart body.")


def inherited(outer: Mapping[str, str], inner: Mapping[str, str]) -> dict[str, str]:
    """Give the headers of one call: its own, and those of the batch that it lacks."""
    passed = {k: v for k, v in outer.items() if not k.startswith("content-")}
    return passed | dict(inner)
