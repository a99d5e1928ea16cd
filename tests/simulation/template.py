"""The beginning of every history: a workspace that is set up and filled, made once, then copied."""

import functools
import re
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from syncd.authority import ensure_google
from syncd.config import Config
from syncd.core.snapshot import RowId
from syncd.crm.store import Crm
from syncd.cycle.refill import set_up
from syncd.cycle.run import run_cycle
from syncd.cycle.workspace import Workspace
from syncd.sandbox.book.model import Book
from syncd.sandbox.serve.tokens import ACCOUNT
from syncd.sandbox.state.service import Line, Service
from syncd.sandbox.state.settings import Settings
from syncd.schema import Schema, Table, load_schema
from tests.simulation.client import Google, SimClient, act
from tests.simulation.clock import Clock
from tests.simulation.disk import Disk

SHM = Path("/dev/shm")
ROWS = 16  # of each tab
FILLED = {
    "People": [["name~1", "city~1", 7000001, "code~1"], ["name~2", "city~2", 7000002, "code~2"],
               ["name~3", "city~3", 7000003], ["name~4", "", 7000004, "code~4"]],
    "Deals": [["name~1", "topic~1", "note~1", 7100001], ["name~2", "topic~2", "", 7100002],
              ["name~1", "topic~3", "note~3"]],
}  # fmt: skip


def folder() -> Path:
    """Return where the simulation keeps its files: in memory where there is such a place."""
    return SHM if SHM.is_dir() else Path(tempfile.gettempdir())


# What a developer changes in the schema for a while: what stands there, and what for it.
CHANGES = (
    (r" +code: .*\n", ""),
    (r" +city: .*\n", ""),
    (r" +note: .*\n", ""),
    (r" +amount: .*\n", ""),
    (r"city: Text \| None", "city: Text"),
    (r"size: Count \| None", "size: Text | None"),
    (r', example="A1", unique=True', ', example="A1"'),
)


@functools.cache
def schema(changed: tuple[str, str] | None = None) -> Schema:
    """Return the small schema of the simulation, or what becomes of it by one of the changes."""
    source = Path(__file__).parent / "schemas"
    if changed is None:
        return load_schema(source)
    with tempfile.TemporaryDirectory(dir=folder()) as place:
        for file in source.glob("*.py"):
            text = re.sub(*changed, file.read_text(encoding="utf-8"))
            (Path(place) / file.name).write_text(text, encoding="utf-8")
        return load_schema(Path(place))


class SimWorkspace(Workspace):
    """A workspace whose ids and time are the simulation's."""

    steady: Callable[[], float]
    chance: Random

    def mint(self, table: Table) -> RowId:
        """Return an id that no row had before."""
        return RowId(f"{table.prefix}{self.chance.randbytes(10).hex()}")

    def mint_sheet_id(self) -> int:
        """Return an id for a new tab."""
        return self.chance.randrange(2**31 - 1)

    def seconds(self) -> float:
        """Return seconds since the epoch, as the machine believes."""
        return self.steady()


def open_workspace(
    config: Config,
    client: SimClient,
    disk: Disk,
    chance: Random,
    tell: Callable[[str], None],
    changed: tuple[str, str] | None = None,
) -> SimWorkspace:
    """Open a workspace as a new process does, with the schema as it is or with one changed."""
    crm = Crm(config.crm_path, schema(changed), disk.connect)
    clock = disk.clock
    ws = SimWorkspace(
        config=config, schema=schema(changed), crm=crm, client=client, clock=clock.day, tell=tell
    )
    ws.steady, ws.chance = clock.seconds, chance
    return ws


def new_service(settings: Settings, clock: Clock) -> Service:
    """Return an empty sandbox's state; the one thread of the simulation holds its lock for good."""
    service = Service(account=ACCOUNT, settings=settings, clock=clock, store=None)
    service.lock.acquire()
    return service


@dataclass(frozen=True)
class Template:
    """A spreadsheet and a database in sync."""

    book: Book
    database: bytes
    bare: Book

    def service(self, settings: Settings, clock: Clock) -> Service:
        """Return a sandbox's state that holds a copy of the spreadsheet."""
        service = new_service(settings, clock)
        book = self.book.draft()
        service.lines[book.book_id] = Line(book, [])
        service.reseed()
        return service


def typed(value: object) -> dict[str, Any]:
    """Return a cell as `updateCells` takes it."""
    match value:
        case None | "":
            return {}
        case bool():
            return {"userEnteredValue": {"boolValue": value}}
        case int() | float():
            return {"userEnteredValue": {"numberValue": value}}
        case str() if value.startswith("="):
            return {"userEnteredValue": {"formulaValue": value}}
        case _:
            return {"userEnteredValue": {"stringValue": str(value)}}


def update(sheet_id: int, row: int, column: int, rows: list[list[object]]) -> dict[str, Any]:
    """Return the request that types a block of cells."""
    return {
        "updateCells": {
            "start": {"sheetId": sheet_id, "rowIndex": row, "columnIndex": column},
            "rows": [{"values": [typed(value) for value in line]} for line in rows],
            "fields": "userEnteredValue",
        }
    }


@functools.cache
def template() -> Template:
    """Set up and fill a workspace through the engine itself."""
    clock = Clock()
    settings = Settings(seed=1)
    service = new_service(settings, clock)
    bare = service.commit(service.create("Team", "anna"), "created")
    google = Google(service, bare.book_id, clock)
    with tempfile.TemporaryDirectory(dir=folder()) as place:
        config = Config(sheet={"spreadsheet": bare.book_id}, folder=Path(place))
        disk = Disk(clock, Random("template disk"))
        ws = open_workspace(config, SimClient(google), disk, Random("template"), lambda _: None)
        set_up(ws)
        for title, rows in FILLED.items():
            sheet = google.book.sheet_titled(title)
            below = {"sheetId": sheet.sheet_id, "dimension": "ROWS"}
            below |= {"startIndex": ROWS, "endIndex": sheet.row_count}  # blank rows take time
            delete = {"deleteDimension": {"range": below}}
            act(service, bare.book_id, "anna", [update(sheet.sheet_id, 1, 0, rows), delete])
        ensure_google(ws)  # what it finds holds for a week: no history tries it again
        for _ in range(6):
            report = run_cycle(ws)
        assert not report.pending, report
        ws.close()
        database = config.crm_path.read_bytes()
        with sqlite3.connect(config.crm_path) as connection:
            assert connection.execute("SELECT count(*) FROM deals").fetchone() == (3,)
        connection.close()
    return Template(book=google.book, database=database, bare=bare)
