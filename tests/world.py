"""A small world for tests: a spreadsheet in the sandbox, a CRM file, and people who use both."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import requests

from syncd.config import Config
from syncd.core.plan import Standing
from syncd.core.snapshot import Side
from syncd.crm.records import Record
from syncd.crm.reviews import Entry
from syncd.crm.state import Switch
from syncd.cycle.report import Report
from syncd.cycle.run import run_cycle
from syncd.cycle.workspace import Workspace
from syncd.sandbox import Sandbox
from syncd.sheet.client import Client

Json = dict[str, Any]
WRITES = "spreadsheets.batchUpdate"
CYCLES_MAX = 12


class Clock:
    """Time that passes only where somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the seconds since the start."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class WindowClient(Client):
    """The real client, with a window before each write in which somebody may act."""

    before: Callable[[], object] | None = None
    after: Callable[[], object] | None = None

    def write(self, body: Mapping[str, Any], *, fields: str) -> Any:
        """Let people act, then send; let them act once more before the answer is looked at."""
        act, self.before = self.before, None
        if act is not None:
            act()
        answer = super().write(body, fields=fields)
        act, self.after = self.after, None
        if act is not None:
            act()
        return answer


class World:
    """One spreadsheet, one CRM, one syncd; everybody acts over HTTP or in the file."""

    def __init__(
        self, box: Sandbox, folder: Path, *, spreadsheet: str | None = None, **config: Any
    ) -> None:
        self.box = box
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "key.json").write_text(json.dumps(box.credentials()), encoding="utf-8")
        self.spreadsheet = spreadsheet or self._new_spreadsheet()
        self.config = Config(
            sheet={"spreadsheet": self.spreadsheet, "endpoint": box.url, "credentials": "key.json"},
            folder=folder,
            **config,
        )
        self.said: list[str] = []
        self.ws = self.open()

    def _new_spreadsheet(self) -> str:
        answer = self._call("POST", "/v4/spreadsheets", {"properties": {"title": "Team"}})
        return str(answer["spreadsheetId"])

    def open(self) -> Workspace:
        """Open a workspace on the same file and spreadsheet, as a new process would."""
        ws = Workspace.open(self.config, self.said.append)
        ws.client.close()
        clock = Clock()
        ws.client = WindowClient(
            spreadsheet=self.spreadsheet,
            credentials=self.config.credentials_path,
            endpoint=self.box.url,
            clock=clock,
            sleep=clock.sleep,
        )
        return ws

    def restart(self) -> None:
        """Drop the process as a crash does, and start another one."""
        self.ws.close()
        self.ws = self.open()

    def close(self) -> None:
        """End this world; the sandbox stays."""
        self.clear_faults()
        self.ws.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ── syncd ─────────────────────────────────────────────────────────────────────────────────

    @property
    def client(self) -> WindowClient:
        """The client of the open workspace."""
        assert isinstance(self.ws.client, WindowClient)
        return self.ws.client

    def cycle(self) -> Report:
        """Run one cycle."""
        return run_cycle(self.ws)

    def settle(self) -> Report:
        """Run cycles until none has anything left to do."""
        for _ in range(CYCLES_MAX):
            before = self.revision()
            report = self.cycle()
            if not report.pending and self.revision() == before:
                return report
        raise AssertionError(f"not settled after {CYCLES_MAX} cycles: {self.said[-5:]}")

    def give_authority(self, side: Side) -> None:
        """Switch the authority without a preview."""
        switch = Switch(at=self.ws.now(), authority=side, by="admin", why="test", policy="{}")
        with self.ws.crm.database.transaction():
            self.ws.crm.state.switch(switch)

    # ── people in the sheet ───────────────────────────────────────────────────────────────────

    def type(self, tab: str, cell: str, value: object, *, by: str = "anna") -> None:
        """Type into a cell, or into the block that begins there where a list of rows is given."""
        rows = value if isinstance(value, list) else [[value]]
        address = f"/v4/spreadsheets/{self.spreadsheet}/values/{tab}!{cell}"
        query = {"valueInputOption": "USER_ENTERED"}
        self._call("PUT", address, {"values": rows}, by=by, query=query)

    def batch(self, *requests_: Json, by: str = "anna") -> Json:
        """Do something in the sheet that takes more than typing."""
        address = f"/v4/spreadsheets/{self.spreadsheet}:batchUpdate"
        return self._call("POST", address, {"requests": list(requests_)}, by=by)

    def insert_row(self, tab: str, row: int, count: int = 1) -> None:
        """Insert blank rows before a row, counted as people do."""
        where = self._dimension(tab, "ROWS", row - 1, count)
        self.batch({"insertDimension": {"range": where, "inheritFromBefore": row > 2}})

    def delete_row(self, tab: str, row: int, count: int = 1) -> None:
        """Delete rows, counted as people do."""
        self.batch({"deleteDimension": {"range": self._dimension(tab, "ROWS", row - 1, count)}})

    def insert_column(self, tab: str, column: int, title: str = "") -> None:
        """Insert a column before another, counted from 1."""
        where = self._dimension(tab, "COLUMNS", column - 1, 1)
        self.batch({"insertDimension": {"range": where}})
        if title:
            self.type(tab, f"{letter(column)}1", title)

    def delete_column(self, tab: str, column: int) -> None:
        """Delete a column, counted from 1."""
        self.batch({"deleteDimension": {"range": self._dimension(tab, "COLUMNS", column - 1, 1)}})

    def move_column(self, tab: str, column: int, before: int) -> None:
        """Drag a column before another, counted from 1."""
        where = self._dimension(tab, "COLUMNS", column - 1, 1)
        self.batch({"moveDimension": {"source": where, "destinationIndex": before - 1}})

    def sort(self, tab: str, column: int = 1, *, descending: bool = False) -> None:
        """Sort the whole rows below the titles, as the filter does."""
        spec = {"dimensionIndex": column - 1, "sortOrder": "DESCENDING"}
        spec |= {} if descending else {"sortOrder": "ASCENDING"}
        where = {"sheetId": self.sheet_id(tab), "startRowIndex": 1}
        self.batch({"sortRange": {"range": where, "sortSpecs": [spec]}})

    def _dimension(self, tab: str, dimension: str, start: int, count: int) -> Json:
        where = {"sheetId": self.sheet_id(tab), "dimension": dimension}
        return where | {"startIndex": start, "endIndex": start + count}

    def delete_tab(self, tab: str) -> None:
        """Delete a whole tab."""
        self.batch({"deleteSheet": {"sheetId": self.sheet_id(tab)}})

    # ── what the sheet shows ──────────────────────────────────────────────────────────────────

    def grid(self, tab: str) -> list[list[Any]]:
        """Return a tab's plain values, the titles first."""
        address = f"/_sandbox/v4/spreadsheets/{self.spreadsheet}/values/{tab}"
        answer = self._call("GET", address, query={"valueRenderOption": "UNFORMATTED_VALUE"})
        grid: list[list[Any]] = answer.get("values", [])
        return grid

    def rows(self, tab: str) -> list[dict[str, Any]]:
        """Return a tab's rows by title; blank cells are left out, blank rows as well."""
        titles, *rows = self.grid(tab) or [[]]
        named = [dict(zip(titles, row, strict=False)) for row in rows]
        filled = [{k: v for k, v in row.items() if k and v != ""} for row in named]
        return [row for row in filled if row]

    def row(self, tab: str, name: str) -> dict[str, Any]:
        """Return the one row whose first cell or title cell holds a name."""
        found = [row for row in self.rows(tab) if name in row.values()]
        assert len(found) == 1, f"{name} stands in {len(found)} rows of {tab}"
        return found[0]

    def place(self, tab: str, name: str) -> int:
        """Return the number of the row that holds a name, counted as people do."""
        found = [i for i, row in enumerate(self.grid(tab), 1) if name in row]
        assert len(found) == 1, f"{name} stands in {len(found)} rows of {tab}"
        return found[0]

    def column(self, tab: str, title: str) -> str:
        """Return the letter of the column with a title."""
        return letter(self.grid(tab)[0].index(title) + 1)

    def at(self, tab: str, name: str, title: str) -> str:
        """Return the address of a row's cell."""
        return f"{self.column(tab, title)}{self.place(tab, name)}"

    def book(self, *, grid: bool = False, cells: str = "") -> Json:
        """Return the whole spreadsheet as Google tells it, uncounted and undisturbed.

        `cells` names the parts of each cell that are wanted: all of them take their time.
        """
        query = {"includeGridData": str(grid).lower()}
        if cells:
            query["fields"] = f"sheets(properties,data.rowData.values({cells}))"
        return self._call("GET", f"/_sandbox/v4/spreadsheets/{self.spreadsheet}", query=query)

    def sheet_id(self, tab: str) -> int:
        """Return a tab's sheetId."""
        sheets = self.book()["sheets"]
        ids = [s["properties"].get("sheetId", 0) for s in sheets if s["properties"]["title"] == tab]
        assert ids, f"there is no tab {tab}"
        return int(ids[0])

    def revisions(self) -> list[Json]:
        """Return the spreadsheet's true history."""
        found: Any = self._call("GET", f"/_sandbox/revisions/{self.spreadsheet}")
        revisions: list[Json] = found
        return revisions

    def revision(self) -> int:
        """Return the number of the newest revision."""
        return int(self.revisions()[-1]["number"])

    def written(self, since: int = 0) -> list[Json]:
        """Return the revisions that syncd made after one."""
        people = {"anna", "ben"}
        return [r for r in self.revisions() if r["number"] > since and r["actor"] not in people]

    def restore(self, revision: int) -> None:
        """Bring an older version of the file back."""
        self._call("POST", f"/_sandbox/restore/{self.spreadsheet}", {"revision": revision})

    # ── the CRM ───────────────────────────────────────────────────────────────────────────────

    def records(self, table: str) -> dict[str, Record]:
        """Return a table's records by their id."""
        return dict(self.ws.crm.records.read(self.ws.schema.table(table)))  # type: ignore[arg-type]

    def record(self, table: str, name: str) -> Record:
        """Return the one record of a name."""
        found = [r for r in self.records(table).values() if r.values.get("name") == name]
        assert len(found) == 1, f"{name} is {len(found)} records"
        return found[0]

    def crm(self, sql: str, *given: object) -> None:
        """Write to the CRM as another program does."""
        with sqlite3.connect(self.config.crm_path, timeout=5) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(sql, given)
        connection.close()

    def dump(self) -> list[str]:
        """Return all that the file holds, but for the counter of cycles."""
        connection = sqlite3.connect(self.config.crm_path)
        lines = [line for line in connection.iterdump() if "VALUES('cycle'" not in line]
        connection.close()
        return lines

    def reviews(self, standing: Standing | None = Standing.OPEN) -> list[Entry]:
        """Return the review entries of one standing."""
        return self.ws.crm.reviews.entries(standing)

    def history(self) -> list[dict[str, object]]:
        """Return the history, newest first."""
        return self.ws.crm.history.entries(limit=10_000)

    def kept(self) -> str:
        """Return every text in review and history, to look for what somebody typed."""
        return repr(self.reviews(None)) + repr(self.history())

    # ── the sandbox ───────────────────────────────────────────────────────────────────────────

    def fault(self, fault: str, *, method: str = WRITES, times: int = 1, **rule: Any) -> None:
        """Let calls go wrong."""
        match = {"method": method, "spreadsheetId": self.spreadsheet}
        match |= {k: rule.pop(k) for k in ("nth", "every", "probability") if k in rule}
        self._call(
            "POST", "/_sandbox/faults", {"match": match, "fault": fault, "times": times, **rule}
        )

    def clear_faults(self) -> None:
        """Let everything go right again."""
        self._call("DELETE", "/_sandbox/faults")

    def calls(self) -> tuple[int, int]:
        """Return how often the sheet was read and written since the last time that was asked."""
        found = self._call("GET", "/_sandbox/calls")
        self._call("POST", "/_sandbox/calls/reset")
        return int(found["sheets_reads"]), int(found["sheets_writes"])

    def _call(
        self,
        verb: str,
        address: str,
        body: object = None,
        *,
        by: str = "ben",
        query: Mapping[str, str] | None = None,
    ) -> Json:
        answer = requests.request(
            verb,
            self.box.url + address.replace("/v4/", "/_sandbox/v4/", 1)
            if address.startswith("/v4/")
            else self.box.url + address,
            params=query,
            json=body,
            headers={"X-Sandbox-User": by},
            timeout=60,
        )
        assert answer.ok, answer.text
        found: Json = answer.json()
        return found


def letter(column: int) -> str:
    """Return a column's letter, counted from 1, up to Z."""
    return chr(ord("A") + column - 1)
