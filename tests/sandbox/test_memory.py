"""How much memory a sandbox keeps after long work on large spreadsheets, seen from outside."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux tells a process's memory there"
)
COLUMNS = 20
_SERVER = """
import sys
from syncd.sandbox import Sandbox
with Sandbox() as box:
    print(box.url, flush=True)
    sys.stdin.read()
"""


class Server:
    """A sandbox in a process of its own, with one spreadsheet."""

    def __init__(self, process: Any) -> None:
        self._status = Path(f"/proc/{process.pid}/status")
        address = process.stdout.readline().strip().removeprefix("http://")
        self.connection = http.client.HTTPConnection(address, timeout=120)
        self.path = "/v4/spreadsheets"
        made = self.call("POST", "", {})
        self.path += "/" + json.loads(made)["spreadsheetId"]

    def call(self, verb: str, path: str, body: Any = None) -> bytes:
        """Send a request that must succeed."""
        content = None if body is None else json.dumps(body)
        self.connection.request(verb, self.path + path, content)
        answer = self.connection.getresponse()
        read = answer.read()
        assert answer.status == 200, read[:300]
        return read

    def write(self, cell: str, rows: list[list[Any]]) -> None:
        """Write values as they would be typed."""
        self.call("PUT", f"/values/{cell}?valueInputOption=USER_ENTERED", {"values": rows})

    def megabytes(self) -> float:
        """Give the memory that the process holds."""
        lines = self._status.read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1024


@pytest.fixture
def server() -> Iterator[Server]:
    """Give a sandbox that runs apart."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        running = Server(process)
        yield running
        running.connection.close()
        assert process.stdin
        process.stdin.close()


def test_many_small_writes_keep_little(server: Server) -> None:
    """300 writes of one cell into 100,000 add less than half of what the cells take."""
    server.write("A1", [["-"] * COLUMNS])
    before = server.megabytes()
    rows = [[f"{row} {column}" for column in range(COLUMNS)] for row in range(5000)]
    grid = {
        "properties": {"gridProperties": {"rowCount": 5000}},
        "fields": "gridProperties.rowCount",
    }
    server.call("POST", ":batchUpdate", {"requests": [{"updateSheetProperties": grid}]})
    server.write("A1", rows)
    filled = server.megabytes()
    for number in range(300):
        server.write(f"B{number * 16 + 1}", [[f"new {number}"]])
    after = server.megabytes()
    assert filled > before
    assert after - filled < 30


def test_a_read_of_all_cells_leaves_little(server: Server) -> None:
    """Five reads of all about 20,000 cells, 34 MB each, leave no such amount behind."""
    server.write("A1", [[f"{row} {column}" for column in range(COLUMNS)] for row in range(1000)])
    server.call("GET", "?includeGridData=true&ranges=A1:B2")
    before = server.megabytes()
    for _ in range(5):
        size = len(server.call("GET", "?includeGridData=true"))
    assert size > 30_000_000
    assert server.megabytes() - before < 100


def test_older_versions_keep_no_results(server: Server) -> None:
    """80 versions with 2,250 formulas that were read do not keep what these amounted to."""
    rows = [[row, *(f"=$A{row + 1}*{by}" for by in range(9))] for row in range(250)]
    server.write("A1", rows)
    server.call("GET", "/values/A1:J250")
    before = server.megabytes()
    for number in range(80):
        server.write(f"A{number + 1}", [[number + 0.5]])
        server.call("GET", "/values/A1:J250")
    assert server.megabytes() - before < 30
