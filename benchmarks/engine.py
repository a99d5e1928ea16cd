"""What a cycle costs, each figure held against its budget in the same run.

    python benchmarks/engine.py             50,000 rows of 20 fields, reconcile over 100,000
    python benchmarks/engine.py --small     the size that the tests hold to the budgets
    python benchmarks/engine.py --rows 500000 --only memory

Times are CPU times of this process: the sandbox that stands in for Google runs in another one.
Ratios are taken to what cannot be spared: decoding the answer, comparing tuples, validating with
Pydantic, `executemany`. Memory is the peak of a process of its own. The exit code is 1 when a
figure is over its budget.
"""

import argparse
import gc
import json
import math
import operator
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests

from syncd.cli.main import COLLECT_AFTER
from syncd.config import Config
from syncd.core.policy import Policy
from syncd.core.reconcile import reconcile
from syncd.core.snapshot import BaseRow, CrmRow, FieldName, RowId, SheetRow, Side, TableName
from syncd.core.state import TableState
from syncd.crm.state import Switch
from syncd.cycle.refill import set_up
from syncd.cycle.report import Report
from syncd.cycle.run import run_cycle
from syncd.cycle.workspace import Workspace
from syncd.schema import Labels, encode
from syncd.sheet.cells import column_letter

FIELDS = 20
PEOPLE = 100
PARTS = ("reconcile", "idle", "changed", "import", "latency", "memory")
# Without pandas, which only the tests need: sqlite-utils loads it wherever it finds it.
_RUN = "import sys; sys.modules['pandas'] = None; from syncd.cli import main; main()"
DAEMON = [sys.executable, "-c", _RUN, "run", "--config"]
SETTLED_WITHIN = 12  # cycles
WAIT_S = 300  # for a daemon
SENT_ROWS = 5000  # that a person pastes at once

SCHEMA = '''
"""A table of 20 fields of all kinds, and one that it refers to."""

from typing import Literal

from syncd.fields import (
    Count, Day, Email, Handle, LinkPart, Money, Number, Percent, Record, Reference, Text, Whole,
    YesNo, column,
)


class Person(Record, table="people", title="People", prefix="per_", key=(("name",),), label="name"):
    """Somebody."""

    name: Text = column("Name", unique=True)
    town: Text | None = column("Town")


class Work(Record, table="works", title="Works", prefix="wrk_", key=(("code",),), label="code"):
    """One piece of work by somebody."""

    code: Text = column("Code")
    person: Reference = column("Person", reference="people")
    platform: Literal["instagram", "tiktok", "youtube", "other"] = column("Platform")
    title: Text = column("Title")
    note: Text | None = column("Note")
    starts_on: Day = column("Start")
    ends_on: Day | None = column("End")
    cost: Money = column("Cost", unit="EUR", minimum=0)
    budget: Money | None = column("Budget", unit="EUR", minimum=0)
    share: Percent = column("Share")
    followers: Count = column("Followers")
    clicks: Whole | None = column("Clicks")
    rating: Number | None = column("Rating")
    active: YesNo = column("Active")
    handle: Handle = column("Handle")
    email: Email | None = column("Mail")
    utm: LinkPart = column("Link part")
    town: Text = column("Town")
    remark: Text | None = column("Remark")
    status: Literal["planned", "live", "completed"] = column("State")
'''


class Figure(NamedTuple):
    """One measurement: what, the figure, its unit, its budget, and what both came from."""

    what: str
    value: float
    unit: str
    budget: float
    told: str = ""

    @property
    def ok(self) -> bool:
        """Whether the budget holds."""
        return self.value <= self.budget


def cpu(work: Callable[[], object]) -> float:
    """Give the CPU seconds of this process that something took."""
    start = time.process_time()
    work()
    return time.process_time() - start


def median(work: Callable[[], object], runs: int) -> float:
    """Give the median CPU seconds of some runs."""
    return statistics.median(cpu(work) for _ in range(runs))


# ── reconcile ─────────────────────────────────────────────────────────────────────────────────


def values_of(row: int) -> tuple[str | int | float | None, ...]:
    """Make the values of one row anew, so that equal ones are not the same objects."""
    return tuple(
        (f"text {row} {column}", row * 7 + column, row / 8, f"2026-01-{row % 28 + 1:02}", None)[
            column % 5
        ]
        for column in range(FIELDS)
    )


def measure_reconcile(rows: int, runs: int) -> Iterator[Figure]:
    """Reconcile a table in which nothing changed, against comparing its rows as tuples by id."""
    names = tuple(FieldName(f"field_{number}") for number in range(FIELDS))
    ids = [RowId(f"row_{number}") for number in range(rows)]
    base, sheet, crm = (
        {row: values_of(number) for number, row in enumerate(ids)} for _ in range(3)
    )

    def named(values: Sequence[object]) -> dict[FieldName, Any]:
        return dict(zip(names, values, strict=True))

    state = TableState(
        table=TableName("works"),
        fields=names,
        base={row: BaseRow(values=named(v)) for row, v in base.items()},
        sheet={
            row: SheetRow(id=row, position=at, values=named(v))
            for at, (row, v) in enumerate(sheet.items())
        },
        crm={row: CrmRow(id=row, values=named(v)) for row, v in crm.items()},
        check=lambda _: (),
    )
    policy = Policy(authority=Side.CRM)

    def compare() -> list[RowId]:
        return [row for row, seen in sheet.items() if not seen == base.get(row) == crm.get(row)]

    def plan() -> None:
        if reconcile(state, policy).rows:
            raise RuntimeError("nothing changed, and something is planned")

    times = [(cpu(compare), cpu(plan)) for _ in range(runs * 2)]
    compared, planned = (min(each) for each in zip(*times, strict=True))
    told = f"{planned * 1000:.0f} ms by {compared * 1000:.0f} ms"
    yield Figure(f"reconcile {rows:,} unchanged rows / tuples", planned / compared, "x", 2.0, told)


# ── a workspace of some size ──────────────────────────────────────────────────────────────────


_SERVE = """
import json
from syncd.sandbox import Sandbox
with Sandbox(quotas=False) as box:
    print(json.dumps([box.url, box.credentials()]), flush=True)
    input()
"""


@contextmanager
def sandbox() -> Iterator[tuple[str, dict[str, Any]]]:
    """Run a sandbox in another process; give its address and a key."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", _SERVE], **pipes) as process:  # noqa: S603
        url, key = json.loads(process.stdout.readline())
        try:
            yield url, key
        finally:
            process.communicate("\n")


class Team:
    """A spreadsheet and a CRM of a given size, and the people who change them."""

    def __init__(self, box: tuple[str, dict[str, Any]], folder: Path) -> None:
        self.url, key = box
        (folder / "schemas").mkdir(parents=True)
        (folder / "schemas" / "works.py").write_text(SCHEMA, encoding="utf-8")
        (folder / "key.json").write_text(json.dumps(key), encoding="utf-8")
        made = self.call("POST", "", {"properties": {"title": "Works"}})
        self.spreadsheet = made["spreadsheetId"]
        self.config = Config(
            sheet={
                "spreadsheet": self.spreadsheet,
                "endpoint": self.url,
                "credentials": "key.json",
            },
            schemas={"folder": "schemas"},
            folder=folder,
        )
        self.ws = Workspace.open(self.config)
        set_up(self.ws)
        self.people = [
            {"name": f"Person {number}", "town": f"Town {number % 9}"} for number in range(PEOPLE)
        ]

    def call(self, verb: str, path: str, body: object = None) -> Any:
        """Act in the spreadsheet as a person."""
        answer = requests.request(
            verb,
            f"{self.url}/_sandbox/v4/spreadsheets{path}",
            json=body,
            headers={"X-Sandbox-User": "anna"},
            timeout=600,
        )
        if not answer.ok:
            raise RuntimeError(answer.text[:500])
        return answer.json()

    def works(self, rows: int) -> Iterator[dict[FieldName, Any]]:
        """Make the values of that many rows, the same each time."""
        dice = random.Random(4)
        for row in range(rows):
            found = {
                "code": f"W-{row:06}",
                "person": f"per_{row % PEOPLE:020}",
                "platform": ("instagram", "tiktok", "youtube", "other")[row % 4],
                "title": f"Spring collection, part {row}",
                "note": None if row % 3 else f"call back about the samples of {row}",
                "starts_on": f"2026-{row % 12 + 1:02}-{row % 28 + 1:02}",
                "ends_on": None if row % 2 else f"2027-{row % 12 + 1:02}-{row % 28 + 1:02}",
                "cost": dice.randrange(100_000) / 100,
                "budget": None if row % 5 else float(dice.randrange(9000)),
                "share": dice.randrange(1000) / 1000,
                "followers": dice.randrange(3_000_000),
                "clicks": dice.randrange(90_000),
                "rating": dice.randrange(50) / 10,
                "active": row % 2,
                "handle": f"creator.{row}",
                "email": f"creator.{row}@example.com",
                "utm": f"spring-{row % 40}",
                "town": f"Town {row % 70}",
                "remark": None,
                "status": ("planned", "live", "completed")[row % 3],
            }
            yield {FieldName(name): value for name, value in found.items()}

    def paste(self, rows: int, *, with_ids: bool) -> None:
        """Fill the sheet: with rows that are in sync already, or that nobody knows yet."""
        labels = self.labels()
        for name, records in (("people", self.people), ("works", list(self.works(rows)))):
            table, tab = self.ws.schema.table(name), self.ws.layout().tabs[TableName(name)]
            grown = {"sheetId": tab.sheet_id, "dimension": "ROWS", "length": len(records)}
            self.call(
                "POST",
                f"/{self.spreadsheet}:batchUpdate",
                {"requests": [{"appendDimension": grown}]},
            )
            lines = []
            for number, record in enumerate(records):
                line: list[Any] = [None] * (max(tab.id_column, tab.status_column) + 1)
                for field, column in tab.columns.items():
                    line[column] = encode(table.field(field), record[field], labels)
                if with_ids:
                    line[tab.id_column] = self.row_id(name, number)
                    line[tab.status_column] = "In sync"
                lines.append(line)
            for start in range(0, len(lines), SENT_ROWS):
                where = f"{tab.title}!A{start + 2}"
                self.call(
                    "PUT",
                    f"/{self.spreadsheet}/values/{where}?valueInputOption=RAW",
                    {"values": lines[start : start + SENT_ROWS]},
                )

    def labels(self) -> Labels:
        """Give the labels of the people."""
        rows = {RowId(f"per_{number:020}"): p for number, p in enumerate(self.people)}
        return Labels.build(self.ws.schema, {TableName("people"): rows})

    def row_id(self, table: str, number: int) -> RowId:
        """Give the id of a row that is in sync from the start."""
        return RowId(f"{'per' if table == 'people' else 'wrk'}_{number:020}")

    def store(self, rows: int) -> None:
        """Fill the CRM and the base with what the sheet shows."""
        crm = self.ws.crm
        with crm.database.transaction() as connection:
            for name, records in (("people", self.people), ("works", self.works(rows))):
                table = self.ws.schema.table(name)
                held = [(self.row_id(name, n), record) for n, record in enumerate(records)]
                columns = ", ".join(("id", *table.names))
                marks = ", ".join("?" * (len(table.names) + 1))
                connection.executemany(
                    f"INSERT INTO {name} ({columns}) VALUES ({marks})",  # noqa: S608 - our own names
                    [(row, *(record[field] for field in table.names)) for row, record in held],
                )
                crm.state.write_base(
                    table.name, [(row, BaseRow(values=record)) for row, record in held]
                )

    def settle(self) -> Report:
        """Run cycles until one is idle."""
        for _ in range(SETTLED_WITHIN):
            report = run_cycle(self.ws)
            if report.halted:
                raise RuntimeError(f"held back: {report.tables}")
            if report.idle:
                return report
        raise RuntimeError(f"not settled after {SETTLED_WITHIN} cycles")

    def give_authority(self, side: Side) -> None:
        """Switch the authority without a preview."""
        switch = Switch(at=self.ws.now(), authority=side, by="admin", why="", policy="{}")
        with self.ws.crm.database.transaction():
            self.ws.crm.state.switch(switch)

    def type(self, field: str, row: int, values: Sequence[object]) -> None:
        """Type into the column of a field, from a row on, as a person does."""
        tab = self.ws.layout().tabs[TableName("works")]
        start = {
            "sheetId": tab.sheet_id,
            "rowIndex": row,
            "columnIndex": tab.columns[FieldName(field)],
        }
        rows = [{"values": [{"userEnteredValue": {"stringValue": str(value)}}]} for value in values]
        update = {"start": start, "rows": rows, "fields": "userEnteredValue"}
        body = {"requests": [{"updateCells": update}]}
        self.call("POST", f"/{self.spreadsheet}:batchUpdate", body)

    def record(self, field: str, first: int, values: Sequence[object]) -> None:
        """Change a field of records as another program does."""
        with sqlite3.connect(self.config.crm_path, timeout=30) as connection:
            connection.executemany(
                f"UPDATE works SET {field} = ? WHERE id = ?",  # noqa: S608 - our own names
                [(value, self.row_id("works", first + at)) for at, value in enumerate(values)],
            )
        connection.close()

    def held(self, field: str, record: int) -> object:
        """Give what a record holds."""
        with sqlite3.connect(self.config.crm_path, timeout=30) as connection:
            row = self.row_id("works", record)
            found = connection.execute(f"SELECT {field} FROM works WHERE id = ?", [row])  # noqa: S608
            (value,) = found.fetchone()
        connection.close()
        return value

    def shown(self, field: str, row: int) -> object:
        """Give what the sheet shows in a row."""
        tab = self.ws.layout().tabs[TableName("works")]
        cell = f"{column_letter(tab.columns[FieldName(field)])}{row + 1}"
        found = self.call("GET", f"/{self.spreadsheet}/values/{tab.title}!{cell}")
        return found.get("values", [[None]])[0][0]

    @staticmethod
    def until(true: Callable[[], bool]) -> None:
        """Wait for something that a daemon does."""
        for _ in range(WAIT_S * 4):
            if true():
                return
            time.sleep(0.25)
        raise RuntimeError(f"the daemon did not do it within {WAIT_S} s")

    def answer(self) -> bytes:
        """Give the bytes that a cycle reads first."""
        filters = [{"gridRange": {"sheetId": t.sheet_id}} for t in self.ws.layout().tabs.values()]
        body = {"dataFilters": filters, "valueRenderOption": "UNFORMATTED_VALUE"}
        return self.ws.client.read("/values:batchGetByDataFilter", body)[1]

    def calls(self) -> tuple[int, int]:
        """Give the reads and writes since this was last asked."""
        found = requests.get(f"{self.url}/_sandbox/calls", timeout=60).json()
        requests.post(f"{self.url}/_sandbox/calls/reset", timeout=60)
        return int(found["sheets_reads"]), int(found["sheets_writes"])


@contextmanager
def team(rows: int, *, stored: bool = True) -> Iterator[Team]:
    """Make a workspace of that many rows, in sync or with a sheet that nobody has read yet."""
    with sandbox() as box, tempfile.TemporaryDirectory() as folder:
        made = Team(box, Path(folder))
        try:
            if stored:
                made.store(rows)
            made.paste(rows, with_ids=stored)
            yield made
        finally:
            made.ws.close()


# ── cycles ────────────────────────────────────────────────────────────────────────────────────


def compared(content: bytes) -> tuple[float, float]:
    """Give the seconds of decoding an answer, and of comparing its rows with equal ones."""
    grids = [found["valueRange"]["values"] for found in json.loads(content)["valueRanges"]]
    again = [found["valueRange"]["values"] for found in json.loads(content)["valueRanges"]]
    rows = [[tuple(row) for grid in grids for row in grid] for grids in (grids, again)]
    decoding = median(lambda: json.loads(content), 5)
    return decoding, median(lambda: all(map(operator.eq, *rows)), 5)


def measure_idle(here: Team, rows: int, runs: int) -> Iterator[Figure]:
    """An idle cycle: the same bytes as before, and nothing to do."""
    here.settle()
    decoding, _ = compared(here.answer())
    here.settle()
    here.calls()
    idle = median(lambda: run_cycle(here.ws), runs)
    reads, writes = here.calls()
    told = f"{idle * 1000:.1f} ms by {decoding * 1000:.1f} ms"
    yield Figure(f"idle cycle, {rows:,} rows / decoding", idle / decoding, "x", 0.1, told)
    yield Figure("idle cycle: Sheets reads", reads / runs, "", 1)
    yield Figure("idle cycle: Sheets writes", writes / runs, "", 0)


def measure_changed(here: Team, rows: int, runs: int) -> Iterator[Figure]:
    """A cycle in which one cell, or a hundred rows, changed on one side."""
    here.settle()
    decoding, comparing = compared(here.answer())
    acts: Mapping[str, tuple[Side, Callable[[int], None]]] = {
        "one cell typed": (Side.SHEET, lambda n: here.type("remark", rows // 2, [f"typed {n}"])),
        "one cell typed while the CRM has authority": (
            Side.CRM,
            lambda n: here.type("note", rows // 3, [f"typed {n}"]),
        ),
        "one record changed": (Side.CRM, lambda n: here.record("remark", 7, [f"told {n}"])),
    }
    for what, (authority, act) in acts.items():
        here.give_authority(authority)
        taken = []
        for number in range(runs):
            here.settle()
            act(number)
            taken.append(cpu(lambda: run_cycle(here.ws)))
        ratio = statistics.median(taken) / (decoding + comparing)
        told = f"{statistics.median(taken) * 1000:.0f} ms by {(decoding + comparing) * 1000:.0f} ms"
        yield Figure(f"{what}, {rows:,} rows / decoding and tuples", ratio, "x", 1.5, told)
    many = min(1000, rows // 4)
    for what, (authority, change) in {
        f"{many} cells typed": (Side.SHEET, here.type),
        f"{many} records changed": (Side.CRM, here.record),
    }.items():
        here.give_authority(authority)
        here.settle()
        change("remark", 9, [f"{what} {number}" for number in range(many)])
        here.calls()
        run_cycle(here.ws)
        reads, writes = here.calls()
        yield Figure(f"{what}: Sheets reads", reads, "", 2, f"{writes} batches")


def measure_import(rows: int) -> Iterator[Figure]:
    """The first cycles over a sheet full of rows that nobody knows, until all are records."""
    with team(rows, stored=False) as here:
        content = here.answer()
        least = _least(here, content)
        taken = cpu(here.settle)
        records = here.ws.crm.records.read(here.ws.schema.table("works"))
        if len(records) != rows:
            raise RuntimeError(f"{len(records)} of {rows} rows became records")
    told = f"{taken:.1f} s by {least:.1f} s"
    what = f"first import of {rows:,} rows / decoding, Pydantic, executemany"
    yield Figure(what, taken / least, "x", 2.0, told)


def _least(here: Team, content: bytes) -> float:
    """Give the seconds of what no import can do without."""
    table, names = here.ws.schema.table("works"), here.ws.schema.table("works").names
    held = [dict(record) for record in here.works(sum(1 for _ in _lines(content)))]
    connection = sqlite3.connect(here.config.folder / "least.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"CREATE TABLE works (id TEXT PRIMARY KEY, {', '.join(names)})")

    def work() -> None:
        json.loads(content)
        for record in held:
            table.model.model_validate(record)
        marks = ", ".join("?" * (len(names) + 1))
        connection.executemany(
            f"INSERT INTO works VALUES ({marks})",  # noqa: S608 - our own names
            [(f"wrk_{n}", *record.values()) for n, record in enumerate(held)],
        )
        connection.commit()

    try:
        return cpu(work)
    finally:
        connection.close()


def _lines(content: bytes) -> Iterator[Any]:
    grids = [found["valueRange"]["values"] for found in json.loads(content)["valueRanges"]]
    yield from max(grids, key=len)[1:]


# ── memory ────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def daemon(config: Config) -> Iterator[int]:
    """Run `syncd run` as a process of its own; give its number."""
    path = config.folder / "config.toml"
    sheet = config.sheet
    path.write_text(
        f'[sheet]\nspreadsheet = "{sheet.spreadsheet}"\nendpoint = "{sheet.endpoint}"\n'
        f'credentials = "{sheet.credentials}"\npoll_s = 2\n'
        f'[schemas]\nfolder = "{config.schemas.folder}"\n[policy]\nedits = "merge"\n',
        encoding="utf-8",
    )
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*DAEMON, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _peak_mb(pid: int) -> float:
    """Give the most memory that a process has held."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def measure_memory(rows: int) -> Iterator[Figure]:
    """The peak of a daemon that reads all, takes a cell, writes one, and idles."""
    for count, budget, what in (
        (min(50, rows), 120.0, "idle daemon"),
        (rows, 350.0, "at its peak"),
    ):
        with team(count) as here, daemon(here.config) as pid:
            here.type("remark", 3, ["typed"])
            here.until(lambda: here.held("remark", 2) == "typed")
            here.record("remark", 7, ["told"])
            here.until(lambda: here.shown("remark", 8) == "told")
            here.type("note", 9, ["typed"])
            here.until(lambda: here.held("note", 8) == "typed")
            yield Figure(
                f"memory of {count:,} rows x {FIELDS}, {what}", _peak_mb(pid), "MB", budget
            )


# ── latency ───────────────────────────────────────────────────────────────────────────────────

CALL_S = 0.5  # that Google takes to answer, as assumed here
NOTICED_S = 0.25  # after which a change of the file wakes the daemon
CALLS = 3  # of a cycle that carries a change over: two reads and a write


def measure_latency() -> Iterator[Figure]:
    """How long a change waits at most for the other side, as Google's quota lets it: computed."""
    for workspaces in (1, 5, 20):
        sheet = Config(sheet={"workspaces": workspaces}).sheet
        told = f"read each {sheet.interval_s:.1f} s, and {CALLS} calls of {CALL_S} s"
        promised = workspaces <= 5
        what = f"{workspaces} workspaces of one account: a change in the"
        wait_s = sheet.interval_s + CALLS * CALL_S
        yield Figure(f"{what} sheet", wait_s, "s", 10.0 if promised else math.inf, told)
        wait_s = NOTICED_S + CALLS * CALL_S
        yield Figure(f"{what} CRM", wait_s, "s", 2.0 if promised else math.inf)


# ── the table ─────────────────────────────────────────────────────────────────────────────────


def measure(parts: Sequence[str], rows: int, runs: int) -> Iterator[Figure]:
    """Measure what was asked for."""
    if "reconcile" in parts:
        yield from measure_reconcile(rows * 2, runs)
    if "idle" in parts or "changed" in parts:
        with team(rows) as here:
            if "idle" in parts:
                yield from measure_idle(here, rows, runs)
            if "changed" in parts:
                yield from measure_changed(here, rows, runs)
    if "import" in parts:
        yield from measure_import(rows)
    if "latency" in parts:
        yield from measure_latency()
    if "memory" in parts:
        yield from measure_memory(rows)


def main() -> int:
    """Print the figures; return whether one is over its budget."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="2,000 rows instead of 50,000")
    parser.add_argument("--rows", type=int, help="that many rows")
    parser.add_argument("--runs", type=int, default=5, help="how often; the median counts")
    parser.add_argument("--only", action="append", choices=PARTS, help="one part, may be repeated")
    given = parser.parse_args()
    gc.set_threshold(*COLLECT_AFTER)  # as the command does
    rows = given.rows or (2000 if given.small else 50_000)
    over = 0
    for figure in measure(given.only or PARTS, rows, given.runs):
        over += not figure.ok
        print(
            f"{figure.what:68} {figure.value:9.2f} {figure.unit:2} of {figure.budget:6.2f}"
            f"  {'ok' if figure.ok else 'OVER':4}  {figure.told}",
            flush=True,
        )
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
