"""Reading from a connection within bounds: of time, of size, and of what HTTP allows."""

import io
import socket
import time
import zlib
from email.message import Message

BODY_BYTES_MAX = 256 * 1024 * 1024
_DIGITS = frozenset("0123456789")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_PIECE = 1 << 20


class RefusedError(Exception):
    """A request that the front end refuses by itself, with the status that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class TimedSocket(io.RawIOBase):
    """A socket's incoming bytes until a deadline, however slowly they drip."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self._connection = connection
        self.deadline = 0.0
        self.head_s = 0.0

    def wait_for_request(self, idle_s: float, head_s: float) -> None:
        """Wait for a next request for long; once it begins, its head must come soon."""
        self.deadline, self.head_s = time.monotonic() + idle_s, head_s

    def wait_for_body(self, seconds: float) -> None:
        """Give the rest of a request its time."""
        self.deadline, self.head_s = time.monotonic() + seconds, 0.0

    def readable(self) -> bool:
        """Tell that bytes can be read."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        """Read what there is."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        try:
            count = self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(60)
        if self.head_s:
            self.deadline, self.head_s = time.monotonic() + self.head_s, 0.0
        return count


def body_length(headers: Message, verb: str, *, required: bool) -> int | None:
    """Give the length of a request's body; None if it comes in chunks."""
    lengths = headers.get_all("Content-Length") or []
    coding = headers.get("Transfer-Encoding", "").strip().lower()
    if coding:
        if coding != "chunked" or lengths:
            raise RefusedError(501 if coding != "chunked" else 400)
        return None
    if not lengths:
        if required and verb in {"POST", "PUT", "PATCH"}:
            raise RefusedError(411)
        return 0
    text = lengths[0].strip()
    if not text or set(text) - _DIGITS or len(set(lengths)) > 1:
        raise RefusedError(400)
    if len(text) > 12 or int(text) > BODY_BYTES_MAX:
        raise RefusedError(413)
    return int(text)


def read_body(stream: io.BufferedIOBase, length: int | None) -> bytes:
    """Read a body of a known length, or one in chunks; a connection that ends early breaks off."""
    if length is None:
        return _chunks(stream)
    parts = []
    while length > 0:
        part = stream.read(min(length, _PIECE))
        if not part:
            raise ConnectionError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _chunks(stream: io.BufferedIOBase) -> bytes:
    parts, total = [], 0
    while True:
        digits = stream.readline(1024).partition(b";")[0].strip()
        if not digits or len(digits) > 8 or set(digits) - _HEX:
            raise RefusedError(400)
        size = int(digits, 16)
        if size == 0:
            break
        total += size
        if total > BODY_BYTES_MAX:
            raise RefusedError(413)
        parts.append(read_body(stream, size))
        if stream.readline(3).strip():
            raise RefusedError(400)
    for _ in range(100):
        if not stream.readline(65536).strip():
            return b"".join(parts)
    raise RefusedError(400)


def unpacked(body: bytes, coding: str) -> bytes:
    """Give a body without its gzip coding, as long as it does not blow up."""
    if coding in {"", "identity"}:
        return body
    if coding not in {"gzip", "x-gzip"}:
        raise RefusedError(400)
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = reader.decompress(body, BODY_BYTES_MAX)
    except zlib.error as error:
        raise RefusedError(400) from error
    if not reader.eof:
        raise RefusedError(413 if reader.unconsumed_tail else 400)
    return plain


def packed(body: bytes) -> bytes:
    """Give a body in gzip coding: a large one is only wrapped, which costs next to nothing."""
    level = 1 if len(body) < _PIECE else 0
    writer = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return writer.compress(body) + writer.flush()
