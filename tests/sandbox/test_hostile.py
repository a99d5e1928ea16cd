"""Hostile HTTP: whatever arrives, Google's refusal goes back and the sandbox keeps serving."""

import gzip
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.sandbox import Sandbox

HOST = b"Host: localhost\r\n"
POST = b"POST /v4/spreadsheets HTTP/1.1\r\n" + HOST
LAST = b"Connection: close\r\n\r\n"
JSON = {"Content-Type": "application/json"}


class Raw(NamedTuple):
    """An answer as it came over the wire."""

    status: int
    head: str
    body: bytes


def send(box: Sandbox, request: bytes, *, end: bool = True) -> Raw | None:
    """Send bytes over a connection of its own, and read until the other side ends it."""
    port = int(box.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        with suppress(OSError):
            connection.sendall(request)
            if end:
                connection.shutdown(socket.SHUT_WR)
        received = b""
        with suppress(ConnectionError):
            while piece := connection.recv(65536):
                received += piece
    if not received:
        return None
    head, _, body = received.partition(b"\r\n\r\n")
    return Raw(int(head.split()[1]), head.decode("latin-1"), body)


@pytest.fixture(autouse=True)
def no_failures(box: Sandbox, ask: Any) -> Iterator[None]:
    """Require after each test that the sandbox serves on and made no mistake."""
    yield
    assert ask("POST", "/v4/spreadsheets", {})[0] == 200
    assert box.failures == []


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (POST + b"\r\n", 411),
        (POST + b"Content-Length: -5\r\n\r\n", 400),
        (POST + b"Content-Length: five\r\n\r\n", 400),
        (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400),
        (POST + b"Content-Length: 99999999999\r\n\r\n{}", 413),
        (POST + b"Content-Length: " + b"9" * 500 + b"\r\n\r\n{}", 413),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n{}", 413),
        (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: pigeon\r\n\r\n{}", 405),
        (POST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 400),
        (POST + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"BREW /v4/spreadsheets HTTP/1.1\r\n" + HOST + b"\r\n", 405),
        (b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", 405),
        (b"GET /v4/teapots HTTP/1.1\r\n" + HOST + LAST, 404),
        (b"DELETE /v4/spreadsheets/x HTTP/1.1\r\n" + HOST + LAST, 404),
        (b"GET /v4/" + b"x" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"GET /v4/" + b"x" * 200_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(5000)) + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
        (POST + b"Origin: https://evil.example\r\nContent-Length: 2\r\n\r\n{}", 403),
        (POST + b"Origin: null\r\nContent-Length: 2\r\n\r\n{}", 403),
    ],
)
def test_the_front_end_refuses_with_a_page(box: Sandbox, request_: bytes, status: int) -> None:
    """What is no proper request never reaches the API: Google's page says why."""
    answer = send(box, request_, end=False)
    assert answer is not None
    assert answer.status == status
    assert f"<b>{status}.</b>".encode() in answer.body
    assert "text/html" in answer.head


def test_a_request_that_ends_early_has_no_effect(box: Sandbox, ask: Any) -> None:
    """Half a body is no body: nothing is made of it, and nobody waits for an answer."""
    before = len(ask("GET", "/_sandbox/books")[1])
    assert send(box, POST + b"Content-Length: 50\r\n\r\n{}") is None
    assert send(box, POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}") is None
    assert len(ask("GET", "/_sandbox/books")[1]) == before


def test_slow_clients_are_cut_off(box: Sandbox) -> None:
    """A head that drips, or a body that never comes, does not hold a connection forever."""
    box._server.head_s = box._server.body_s = 0.3
    assert send(box, b"GET / HTTP/1.1\r\nX-Slow: ", end=False) is None
    assert send(box, POST + b"Content-Length: 10\r\n\r\n{", end=False) is None


def test_expect_chunks_pipelines_and_gzip_work(box: Sandbox) -> None:
    """The less usual ways to send a good request are as good as the usual one."""
    expecting = b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"
    answer = send(box, POST + expecting)
    assert answer is not None
    assert (answer.status, answer.body[:15]) == (100, b"HTTP/1.1 200 OK")
    chunked = b"Transfer-Encoding: chunked\r\n\r\n1;x=y\r\n{\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n"
    answer = send(box, (POST + chunked) * 3)
    assert answer is not None
    assert answer.body.count(b"HTTP/1.1 200 OK") == 2
    zipped = gzip.compress(json.dumps({"properties": {"title": "Zipped"}}).encode())
    headers = {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"}
    made = requests.post(f"{box.url}/v4/spreadsheets", zipped, headers=headers, timeout=10)
    assert made.json()["properties"]["title"] == "Zipped"
    assert made.headers["Content-Encoding"] == "gzip"
    plain = {"Accept-Encoding": "gzip;q=0"}
    made = requests.post(f"{box.url}/v4/spreadsheets", b"{}", headers=plain, timeout=10)
    assert "Content-Encoding" not in made.headers


def test_a_gzip_bomb_is_refused(box: Sandbox) -> None:
    """A small body that unpacks to gigabytes is not unpacked."""
    bomb = gzip.compress(bytes(1 << 20)) * 300
    sent = requests.post(
        f"{box.url}/v4/spreadsheets", bomb, headers={"Content-Encoding": "gzip"}, timeout=30
    )
    assert sent.status_code in {400, 413}


def test_head_and_options_are_answered(box: Sandbox, book: str) -> None:
    """HEAD is GET without its body; a page of this machine may ask whether it may call."""
    address = f"{box.url}/v4/spreadsheets/{book}"
    head = requests.head(address, timeout=10)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["Content-Length"]) > 0
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Headers": "authorization"}
    allowed = requests.options(address, headers=asked, timeout=10)
    assert allowed.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert allowed.headers["Access-Control-Allow-Headers"] == "authorization"
    assert requests.get(address, headers=asked, timeout=10).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"requests":' * 400 + b"1" + b"}" * 400,
        b"[" * 900 + b"]" * 900,
        b'{"values": [[NaN]]}',
        b'{"values": [[-Infinity]]}',
        b'{"values": [[1e400]]}',
        b'{"values": [[' + b"9" * 400 + b"]]}",
        b'{"values": [[' + b"9" * 5000 + b"]]}",
        b'{"values": [["\\ud800"]]}',
        b'{"values": [["\xff\xfe"]]}',
        b'{"values": [["a"',
        b"\x00\x01\x02",
        b'"text"',
        b"[]",
        b"7",
        b'{"values": "X"}',
        b'{"values": [[[1]]]}',
        b'{"majorDimension": 7, "values": {"a": 1}}',
        json.dumps({"values": [["x" * 50_001]]}).encode(),
    ],
)
def test_bad_bodies_are_refused(box: Sandbox, book: str, body: bytes) -> None:
    """No JSON, no UTF-8, no number, too deep, too long: always Google's 400, never worse."""
    for verb, path in (("PUT", "/values/A1?valueInputOption=RAW"), ("POST", ":batchUpdate")):
        address = f"{box.url}/v4/spreadsheets/{book}{path}"
        sent = requests.request(verb, address, data=body, headers=JSON, timeout=30)
        if body == b"[]" or verb == "POST":
            assert sent.status_code in {200, 400}
        else:
            assert sent.status_code == 400
        assert sent.status_code == 200 or sent.json()["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    "cells",
    [
        "A1:ZZZ9999999",
        "A1:ZZZZZZZZ99999999999999999999",
        "A99999999999999999999",
        "%FF%FE",
        "A1%00",
        "'" * 200,
        "Sheet1!" * 50,
        "A1:B2:C3",
        "%F0%9F%98%80",
        quote("’" * 100),
        "R1C1:R99999999999C9",
    ],
)
def test_strange_ranges_are_answered(box: Sandbox, book: str, cells: str) -> None:
    """A range beyond everything is clamped or refused, for reading as for writing."""
    address = f"{box.url}/v4/spreadsheets/{book}/values/{cells}"
    read = requests.get(address, timeout=30)
    body = json.dumps({"values": [["x"]]})
    written = requests.put(f"{address}?valueInputOption=RAW", body, timeout=30)
    cleared = requests.post(f"{address}:clear", b"{}", timeout=30)
    for answer in (read, written, cleared):
        assert answer.status_code in {200, 400, 404}
        assert answer.status_code == 404 or isinstance(answer.json(), dict)


@pytest.mark.parametrize("size", [9_999_999_999, 10_000_001, 2**31, -1, 0, 1e300])
def test_too_many_cells_are_refused(ask: Any, batch: Any, size: Any) -> None:
    """No request makes a grid beyond ten million cells, or one that cannot be."""
    grid = {"rowCount": size, "columnCount": 1}
    made = ask("POST", "/v4/spreadsheets", {"sheets": [{"properties": {"gridProperties": grid}}]})
    if size != 0:
        assert made[0] == 400
    assert batch({"addSheet": {"properties": {"gridProperties": grid}}})[0] in {200, 400}
    if size > 0:
        grown = {"sheetId": 0, "dimension": "ROWS", "length": size}
        assert batch({"appendDimension": grown})[0] == 400
        moved = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": size}
        assert batch({"insertDimension": {"range": moved}})[0] == 400


def test_many_ranges_fit_into_an_address(box: Sandbox, book: str) -> None:
    """A batchGet of five hundred ranges is long, but it works."""
    query = "&".join(f"ranges=Sheet1!A{n}:B{n}" for n in range(1, 501))
    read = requests.get(f"{box.url}/v4/spreadsheets/{book}/values:batchGet?{query}", timeout=30)
    assert len(read.json()["valueRanges"]) == 500


def test_large_bodies_work(box: Sandbox, book: str) -> None:
    """Ten megabytes in one write are slow at Google, but no mistake."""
    rows = [["x" * 1000] * 10] * 1000
    address = f"{box.url}/v4/spreadsheets/{book}/values/A1:J1000"
    written = requests.put(
        f"{address}?valueInputOption=RAW", json.dumps({"values": rows}), timeout=60
    )
    assert written.json()["updatedCells"] == 10_000
    assert requests.get(address, timeout=60).json()["values"] == rows


def test_connections_may_break_at_any_time(box: Sandbox, ask: Any, book: str) -> None:
    """Clients that reset in the middle of a request or of an answer leave no trace."""
    port = int(box.url.rpartition(":")[2])
    whole = f"GET /v4/spreadsheets/{book} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    for length in (0, 1, 30, len(whole)):
        for _ in range(5):
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            linger = (1).to_bytes(4, sys.byteorder) + bytes(4)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            connection.sendall(whole[:length])
            connection.close()
    assert ask("GET", f"/v4/spreadsheets/{book}")[0] == 200


def test_many_connections_write_at_once(box: Sandbox, book: str) -> None:
    """Sixty-four threads append at once: every row is there once, every answer names its own."""
    ranges: list[str] = []

    def work(number: int) -> None:
        address = f"{box.url}/v4/spreadsheets/{book}/values/A1:append?valueInputOption=RAW"
        for n in range(3):
            body = json.dumps({"values": [[f"{number} {n}"]]})
            answer = requests.post(address, body, timeout=60)
            ranges.append(answer.json()["updates"]["updatedRange"])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ranges)) == 192
    read = requests.get(f"{box.url}/v4/spreadsheets/{book}/values/A1:A1000", timeout=10)
    rows = read.json()["values"]
    assert sorted(rows) == sorted([f"{a} {b}"] for a in range(64) for b in range(3))


_TEXT = st.one_of(
    st.sampled_from(["A1", "Sheet1", "Sheet1!A:A", "=A1", "=SUM(A1:A9)", "ROWS", "*", "a.b(c)"]),
    st.text(max_size=12),
)
_NAMES = st.sampled_from(
    [
        "requests",
        "values",
        "range",
        "ranges",
        "fields",
        "sheetId",
        "startIndex",
        "endIndex",
        "rows",
        "cell",
        "start",
        "properties",
        "title",
        "gridProperties",
        "rowCount",
        "dataFilters",
        "a1Range",
        "gridRange",
        "dimension",
        "data",
        "majorDimension",
        "updateCells",
        "repeatCell",
        "addSheet",
        "deleteSheet",
        "insertDimension",
        "sortRange",
        "copyPaste",
        "findReplace",
        "userEnteredValue",
        "numberValue",
        "stringValue",
        "formulaValue",
        "rule",
        "condition",
        "type",
        "source",
        "destination",
        "valueInputOption",
        "includeSpreadsheetInResponse",
        "developerMetadata",
        "metadataId",
        "location",
        "name",
        "mimeType",
        "parents",
        "role",
        "emailAddress",
        "destinationSpreadsheetId",
    ]
)
_NUMBERS = st.one_of(st.integers(-3, 9), st.sampled_from([2**31, 2**63, -(2**70), 1e300, 0.5]))
_BODIES = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXT),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(_NAMES, inner, max_size=4)
    ),
    max_leaves=12,
)
_PATHS = st.sampled_from(
    [
        ("GET", "/v4/spreadsheets/{}"),
        ("POST", "/v4/spreadsheets"),
        ("POST", "/v4/spreadsheets/{}:batchUpdate"),
        ("POST", "/v4/spreadsheets/{}:getByDataFilter"),
        ("GET", "/v4/spreadsheets/{}/values/{text}"),
        ("PUT", "/v4/spreadsheets/{}/values/{text}?valueInputOption=USER_ENTERED"),
        ("POST", "/v4/spreadsheets/{}/values/{text}:append?valueInputOption=RAW"),
        ("POST", "/v4/spreadsheets/{}/values/{text}:clear"),
        ("GET", "/v4/spreadsheets/{}/values:batchGet?ranges={text}"),
        ("POST", "/v4/spreadsheets/{}/values:batchUpdate"),
        ("POST", "/v4/spreadsheets/{}/values:batchClear"),
        ("POST", "/v4/spreadsheets/{}/values:batchGetByDataFilter"),
        ("POST", "/v4/spreadsheets/{}/values:batchUpdateByDataFilter"),
        ("POST", "/v4/spreadsheets/{}/developerMetadata:search"),
        ("GET", "/v4/spreadsheets/{}/developerMetadata/7"),
        ("POST", "/v4/spreadsheets/{}/sheets/0:copyTo"),
        ("GET", "/drive/v3/files?q={text}"),
        ("GET", "/drive/v3/files/{}?fields={text}"),
        ("POST", "/drive/v3/files"),
        ("PATCH", "/drive/v3/files/{}"),
        ("POST", "/drive/v3/files/{}/copy"),
        ("POST", "/drive/v3/files/{}/permissions"),
        ("POST", "/_sandbox/faults"),
        ("POST", "/_sandbox/access"),
        ("POST", "/_sandbox/restore/{}"),
        ("GET", "/_sandbox/view/{}?sheetId={text}"),
    ]
)


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(call=_PATHS, text=_TEXT, body=_BODIES, query=st.dictionaries(_NAMES, _TEXT, max_size=2))
def test_whatever_arrives_is_answered_in_googles_shape(
    box: Sandbox, book: str, call: Any, text: str, body: Any, query: dict[str, str]
) -> None:
    """Any body on any method gives JSON, an error with its code and message, and never a 500."""
    verb, path = call
    address = box.url + path.format(book, text=quote(text.encode("utf-8", "replace"), safe=""))
    clean = {k: v.encode("utf-8", "replace") for k, v in query.items()}
    payload = json.dumps(body).encode() if verb != "GET" else None
    answer = requests.request(verb, address, params=clean, data=payload, headers=JSON, timeout=30)
    box.clear_faults()
    for rule in box.access:
        box.allow(rule["spreadsheetId"], "writer", user=rule["user"])
    assert answer.status_code < 500 or answer.status_code == 501, box.failures[-1:]
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        found = answer.json()
        if answer.status_code >= 400:
            assert found["error"]["code"] == answer.status_code
            assert isinstance(found["error"]["message"], str)
    else:
        assert answer.status_code in {200, 204, 400, 404, 411}


def _memory_kb(process: "subprocess.Popen[str]") -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found.group(1))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory from /proc")
def test_hostile_input_does_not_fill_the_memory(ask: Any) -> None:
    """After a crowd of hostile requests the process is hardly larger, and said nothing."""
    script = (
        "from syncd.sandbox import Sandbox\n"
        "box = Sandbox(); print(box.url, flush=True); box.serve_forever()"
    )
    command = [sys.executable, "-c", script]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        book = ask("POST", "/v4/spreadsheets", {}, base=url)[1]["spreadsheetId"]
        before = _memory_kb(process)
        wide = "A1:ZZZ9999999"
        huge = {"range": wide, "values": [["x"]]}
        for number in range(20):
            for body in (b"[" * 100_000, b'{"a":' * 100_000, b"9" * 1_000_000):
                requests.post(f"{url}/v4/spreadsheets", body, timeout=30)
            requests.get(f"{url}/v4/spreadsheets/{book}/values/{wide}", timeout=30)
            requests.get(f"{url}/v4/spreadsheets/x{number}", headers={"X-Sandbox-User": "x" * 5000})
            ask("POST", f"/v4/spreadsheets/{book}/values:batchUpdate", {"data": [huge]}, base=url)
            repeat = {"range": {"sheetId": 0}, "cell": {"note": "x"}, "fields": "note"}
            wrong = {"requests": [{"repeatCell": repeat}, {"deleteSheet": {"sheetId": 99}}]}
            assert ask("POST", f"/v4/spreadsheets/{book}:batchUpdate", wrong, base=url)[0] == 400
        grown = _memory_kb(process) - before
        process.terminate()
        said = process.stderr.read()
    assert said == ""
    assert grown < 100_000
