"""How fast the sandbox serves and takes large tables, as ratios to a plain JSON dump.

    python benchmarks/sandbox.py            a million cells
    python benchmarks/sandbox.py --small    the size that the tests hold to its bound

Every ratio is the time of the sandbox, over HTTP to the last byte, by the time that `json.dumps`
takes for the same answer in the same run: without white space, by the C encoder.
"""

import argparse
import datetime as dt
import http.client
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from syncd.sandbox import Sandbox

COLUMNS = 20
RENDERS = ("UNFORMATTED_VALUE", "FORMATTED_VALUE")


class Figure(NamedTuple):
    """One measurement: what, its seconds, and the seconds of the dump that it is held against."""

    what: str
    seconds: float
    dump: float

    @property
    def ratio(self) -> float:
        """Give how many times as long as the dump it took."""
        return self.seconds / self.dump


def table(rows: int) -> list[list[Any]]:
    """Make a table of texts, whole numbers, fractions, truth values and dates."""
    dice, start = random.Random(rows), dt.date(2020, 1, 1)
    return [
        [
            (
                f"text {row} {column}",
                dice.randrange(1_000_000),
                round(dice.random() * 1000, 3),
                dice.random() < 0.5,
                (start + dt.timedelta(days=dice.randrange(2000))).isoformat(),
            )[column % 5]
            for column in range(COLUMNS)
        ]
        for row in range(rows)
    ]


class Bench:
    """A sandbox with one book, called over one kept connection."""

    def __init__(self, box: Sandbox, rows: int) -> None:
        self._connection = http.client.HTTPConnection(box.url.removeprefix("http://"), timeout=600)
        self.rows = rows
        grid = {"rowCount": rows, "columnCount": COLUMNS}
        made = self.call(
            "POST", "/v4/spreadsheets", {"sheets": [{"properties": {"gridProperties": grid}}]}
        )
        self.book = f"/v4/spreadsheets/{json.loads(made)['spreadsheetId']}"
        self.cells = f"A1:T{rows}"

    def call(self, verb: str, path: str, body: Any = None) -> bytes:
        """Send a request and read its answer to the end."""
        content = None if body is None else json.dumps(body)
        self._connection.request(verb, path, content)
        answer = self._connection.getresponse()
        read = answer.read()
        if answer.status != 200:
            raise RuntimeError(read[:500])
        return read

    def write(self, start: str, values: Any, option: str = "RAW") -> bytes:
        """Write values from a cell on."""
        path = f"{self.book}/values/{start}?valueInputOption={option}"
        return self.call("PUT", path, {"values": values})

    def read(self, render: str) -> bytes:
        """Read the whole table."""
        return self.call("GET", f"{self.book}/values/{self.cells}?valueRenderOption={render}")

    def read_by_filter(self, render: str) -> bytes:
        """Read the whole table through a data filter."""
        body = {"valueRenderOption": render, "dataFilters": [{"a1Range": self.cells}]}
        return self.call("POST", f"{self.book}/values:batchGetByDataFilter", body)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Give how long something took, and what came of it."""
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def dump_time(answer: bytes, runs: int) -> float:
    """Give how long the quickest of some dumps of an answer takes."""
    parsed = json.loads(answer)
    return min(timed(lambda: json.dumps(parsed, separators=(",", ":")))[0] for _ in range(runs))


def measure(rows: int, runs: int, data: Path | None = None) -> list[Figure]:
    """Measure reading, the first time and later, and writing."""
    figures = []
    values = table(rows)
    with Sandbox(data=data) as box:
        bench = Bench(box, rows)
        writing, _ = timed(lambda: bench.write(bench.cells, values, "USER_ENTERED"))
        for render in RENDERS:
            first, answer = timed(lambda: bench.read(render))  # noqa: B023  run at once
            later = [timed(lambda: bench.read(render))[0] for _ in range(runs)]  # noqa: B023
            by_filter = [timed(lambda: bench.read_by_filter(render))[0] for _ in range(runs)]  # noqa: B023
            dump = dump_time(answer, runs)
            figures += [
                Figure(f"values.get {render}, first", first, dump),
                Figure(f"values.get {render}, later", min(later), dump),
                Figure(f"batchGetByDataFilter {render}", min(by_filter), dump),
            ]
        figures.append(Figure("values.update of all cells, as typed", writing, dump))
        figures += writes(bench, values, runs, dump)
        bench.close()
    return figures


def writes(bench: Bench, values: Any, runs: int, dump: float) -> list[Figure]:
    """Measure smaller writes into the table, and a read of it with everything."""
    part = values[: max(bench.rows // 10, 1)]
    raw, _ = timed(lambda: bench.write("A1", part))
    cells = [
        {"values": [{"userEnteredValue": {"numberValue": n}} for n in range(COLUMNS)]}
        for _ in range(max(bench.rows // 50, 1))
    ]
    start = {"sheetId": 0, "rowIndex": 0, "columnIndex": 0}
    update = {"updateCells": {"rows": cells, "fields": "userEnteredValue", "start": start}}
    batch, _ = timed(
        lambda: bench.call("POST", f"{bench.book}:batchUpdate", {"requests": [update]})
    )
    single = [timed(lambda: bench.write("A7", [["x"]]))[0] for _ in range(max(runs, 5))]
    rows = max(bench.rows // 50, 1)
    whole, _ = timed(
        lambda: bench.call("GET", f"{bench.book}?includeGridData=true&ranges=A1:T{rows}")
    )
    return [
        Figure(f"values.update of {len(part) * COLUMNS} cells", raw, dump),
        Figure(f"batchUpdate of {len(cells) * COLUMNS} cells", batch, dump),
        Figure("values.update of one cell", min(single), dump),
        Figure(f"spreadsheets.get of {rows * COLUMNS} cells", whole, dump),
    ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="20,000 cells instead of a million")
    parser.add_argument("--file", action="store_true", help="keep the books in a file")
    parser.add_argument("--runs", type=int, default=5, help="how often; the quickest counts")
    given = parser.parse_args()
    rows = 1000 if given.small else 50_000
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "books.db" if given.file else None
        figures = measure(rows, given.runs, data)
    print(f"{rows * COLUMNS} cells; a dump takes {figures[0].dump * 1000:.1f} ms")
    for figure in figures:
        print(f"{figure.what:45} {figure.seconds * 1000:10.1f} ms {figure.ratio:8.2f} dumps")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"at most {memory} MB of memory, this script's own tables included", file=sys.stderr)


if __name__ == "__main__":
    main()
