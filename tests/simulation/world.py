"""The world of one history: the book, the CRM's file, the clock, the oracle, and the trace."""

import hashlib
import json
import os
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from syncd.config import Config
from syncd.core.snapshot import Side
from syncd.crm.state import COPIES_SKIP
from syncd.sandbox.errors import ApiError
from syncd.sandbox.serve import acting
from syncd.sandbox.state.settings import Settings
from tests.simulation import board, people, programs
from tests.simulation.chance import Chance
from tests.simulation.client import FINE, Fault, Google, SimClient
from tests.simulation.clock import Clock
from tests.simulation.disk import Disk
from tests.simulation.oracle import Oracle
from tests.simulation.template import (
    CHANGES,
    SimWorkspace,
    Template,
    folder,
    open_workspace,
    template,
    update,
)

# What nobody could verify about Google, drawn anew for each history. Left out are the three that
# `syncd probe` calls essential, as syncd refuses to connect to such a Google: no fence
# (unknown_name_id_fails), no mirror (paste_formula_copies_literals), no columns
# (move_carries_metadata).
SWITCHES = (
    "basic_filter_grows_at_end",
    "copy_paste_skips_filtered_rows",
    "copy_paste_skips_hidden_rows",
    "covered_cells_take_values",
    "insert_at_end_grows_ranges",
    "insert_at_end_grows_rules",
    "paste_formula_moves_references",
    "raw_takes_formulas",
    "response_at_apply_time",
    "restore_keeps_name_ids",
    "restore_reverts_names",
    "sort_moves_filtered_rows",
    "sort_moves_hidden_rows",
    "sort_moves_row_metadata",
    "taken_metadata_id_fails",
    "unmatched_filter_fails",
)
AIMED = 0.4  # how often a program's update meets the field that a person edited last
WORDS = ("review", "merge", "reject")
MIXES = "sorts some columns"  # which mixes the cells of rows, so that it is taken back
SKIPPING = {"copy_paste_skips_filtered_rows", "copy_paste_skips_hidden_rows"}
# In how many histories people undo, an admin imports or puts a backup back, or the schema changes.
SHARE = "SIMULATION_MORE"


class World:
    """Everything that a history is about; its rounds are in `history`, its end in `rest`."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        random.seed(chance.seed)  # how long a read waits before it is tried again
        self.clock = Clock()
        self.marks: Counter[str] = Counter()
        self.told: list[str] = []
        self.exact = hashlib.sha256()
        setup = chance.at("schedule", "setup")
        switches, beginning = self._switches(setup), self._beginning()
        service = beginning.service(Settings(seed=chance.seed, **switches), self.clock)
        self.google = Google(service, beginning.book.book_id, self.clock)
        self.google.on_applied = self._applied
        self.place = Path(tempfile.mkdtemp(prefix="syncd-sim-", dir=folder()))
        self.config = self._config(setup)
        self.config.crm_path.write_bytes(beginning.database)
        self.disk = Disk(self.clock, chance.at("data", "disk"))
        self.ids = chance.at("data", "ids")
        self.app = self.disk.connect_app(self.config.crm_path)
        if SKIPPING & switches.keys():
            self._find_out_that_copies_skip()
        self.faulty = setup.choice([0.0, 0.05, 0.15])
        self.busy = setup.choice([0.2, 0.5, 0.5, 0.8])  # how often somebody acts in a window
        self.people_share = setup.choice([0.4, 0.6, 0.8])
        # Each history leaves out most kinds of acts: the others meet more often.
        kept = setup.choice([0.2, 0.4, 0.7])
        self.left_out = {name for name in people.ADDED if setup.random() > kept}
        # A second daemon: none in most histories, as a rival holds up everything for good.
        self.second = setup.choice(["", "", "", "the file", "the file", "a copy of the file"])
        # These are drawn apart, so that the histories without them are what they were.
        more, share = chance.at("schedule", "more"), float(os.environ.get(SHARE, "0"))
        self.people_undo, self.imports = more.random() < share, more.random() < share
        self.backups, self.develops = more.random() < share, more.random() < share
        self.change = more.choice(CHANGES)  # that is made in the schema, and taken back
        self.changed: tuple[str, str] | None = None
        self.last_act = 0  # the revision that a person made last
        self.mixed_by = 0  # the revision in which the cells of rows were mixed
        self.connected_first = setup.random() < 0.6
        self.typed = (self.google.book, self.google.book)  # before and after the last typing
        self.oracle = Oracle(self.config)
        self.google.on_sent = self.oracle.sent
        self.google.on_called = self.oracle.called
        self.oracle.begin(self.google.book, self.app)
        self.say(f"switches {sorted(switches)} policy {self.config.policy.model_dump()}")
        self.say(f"rails {self.config.rails.model_dump()} faulty {self.faulty} busy {self.busy}")
        self.ws: SimWorkspace

    def _find_out_that_copies_skip(self) -> None:
        """Note what the probes of a first connect see of this Google; no history tries them."""
        with self.app:
            self.app.execute("INSERT INTO _syncd_state VALUES (?, '1')", [COPIES_SKIP])

    def _beginning(self) -> Template:
        return template()

    def _switches(self, setup: random.Random) -> dict[str, Any]:
        switches: dict[str, Any] = {n: not Settings()[n] for n in SWITCHES if setup.random() < 0.2}
        if setup.random() < 0.1:
            switches["torn_reads_s"] = 2.0
        return switches

    def _config(self, setup: random.Random) -> Config:
        policy = {name: setup.choice(WORDS) for name in ("edits", "new_rows", "removals")}
        policy["on_archive"] = setup.choice(["mark", "mark", "remove"])
        rails = {
            "removed_rows_max": setup.choice([1, 3, 10]),
            "changed_rows_max": setup.choice([3, 10]),
        }
        sheet = {"spreadsheet": self.google.book_id}
        return Config(sheet=sheet, folder=self.place, policy=policy, rails=rails)

    def close(self) -> None:
        """End the world."""
        self.ws.close()
        self.app.close()
        shutil.rmtree(self.place, ignore_errors=True)

    def open(
        self,
        before: Callable[[str], Fault] = lambda _: FINE,
        between: Callable[[], object] = lambda: None,
        config: Config | None = None,
    ) -> SimWorkspace:
        """Open a workspace as a new process does."""
        client = SimClient(self.google, before=before, between=between)
        config = config or self.config
        return open_workspace(config, client, self.disk, self.ids, self._tell, self.changed)

    @property
    def authority(self) -> Side:
        """The side that has authority, as the file says."""
        row = self.app.execute("SELECT value FROM _syncd_state WHERE key = 'authority'").fetchone()
        return Side(row[0])

    # ── the trace ─────────────────────────────────────────────────────────────────────────────

    def say(self, text: str) -> None:
        """Add a line to the trace."""
        self.told.append(text.replace(str(self.place), ""))

    def mark(self, name: str) -> None:
        """Count that the history reached a certain place."""
        self.marks[name] += 1

    def trace(self) -> str:
        """Return what is equal exactly when two histories were equal."""
        dump = "\n".join(self.app.iterdump())
        self.exact.update("\n".join([*self.told, dump]).encode())
        return self.exact.hexdigest()[:16]

    def _tell(self, text: str) -> None:
        self.say(f"told: {text}")
        self.mark("told: " + re.sub(r"\d+", "N", re.sub(r"[a-z]+~\d+", "…", text))[:70])

    def _applied(self, body: dict[str, Any], late: bool) -> None:
        self.say(f"syncd writes{' late' if late else ''}: {'; '.join(brief(body))}")
        self.exact.update(json.dumps(body, sort_keys=True).encode())
        if late:
            self.mark("late copy applied")
        versions = list(self.google.service.lines[self.google.book_id].versions)
        self.oracle.batch_applied(versions, body)

    # ── the others ────────────────────────────────────────────────────────────────────────────

    def person_acts(self, where: str, kind: str = "") -> bool:
        """Let one of the team do something in the sheet; return whether it could be done."""
        before = self.google.book
        hand = people.Hand(before, self.chance.at("data", where), words(where))
        name, requests = people.draw(hand, self.left_out, kind)
        if not requests:
            return False
        after = self.google.person(requests)
        if isinstance(after, str):
            self.say(f"{where}: {name}: {after}")
            return False
        self.say(f"{where}: anna {name}: {acted(requests)}")
        self.mark(f"act: {name}")
        self.last_act = after.revision
        if name == MIXES:
            self.mixed_by = after.revision
        self.oracle.person_acted(before, after, f"anna {name} at {where}")
        if all("updateCells" in request for request in requests):
            self.typed = (before, after)
        return True

    def person_takes_back(self, where: str) -> None:
        """Let one of the team take back what they did last, rows and all, as the page does."""
        if self._undone(where, self.last_act):
            self.last_act = self.google.book.revision  # the next one is a redo

    def _undone(self, where: str, revision: int) -> bool:
        """Let one of the team take a revision back; return whether that can still be done."""
        before, service = self.google.book, self.google.service
        try:
            acting.undo(service, self.google.book_id, "anna", {"revision": revision})
        except ApiError as error:
            self.say(f"{where}: undo of revision {revision}: {error.message}")
            return False
        self.say(f"{where}: anna undoes revision {revision}")
        self.mark("act: undoes")
        self.oracle.person_acted(before, self.google.book, f"anna undoes at {where}")
        return True

    def person_unmixes(self) -> bool:
        """Let who sorted some columns only take that back; return whether anybody did."""
        revision, self.mixed_by = self.mixed_by, 0
        if revision and not self._undone("quiet", revision):
            self._restored("quiet", revision - 1)
        return bool(revision)

    def source(self, where: str) -> Path:
        """Write a file for an import: one row for a record that is there, one that is new."""
        chance, new, path = self.chance.at("data", where), words(where), self.place / "source.csv"
        known = [r["name"] for t, r in board.records(self.app) if t == "people" and r["name"]]
        names = [*chance.sample(known, min(len(known), 1)), f"name~{next(new)}"]
        lines = ["Name,City,Size"]
        for name in names:
            values = {"name": name, "city": f"city~{next(new)}", "size": 7_000_000 + next(new)}
            self.oracle.file_given("people", values, f"a file at {where}", kept=False)
            lines.append(",".join(str(value) for value in values.values()))
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    def person_undoes(self, where: str) -> bool:
        """Let the team's last typing be taken back, as undo does; say whether there was any."""
        (before, after), self.typed = self.typed, (self.google.book, self.google.book)
        requests = [
            update(then.sheet_id, row, column, [[None if old is None else board.text_of(old)]])
            if not isinstance(old, int | float)
            else update(then.sheet_id, row, column, [[old]])
            for then, typed in zip(before.sheets, after.sheets, strict=True)
            for row in range(max(len(then.rows), len(typed.rows)))
            for column in range(then.column_count)
            if (old := then.cell(row, column).value) != typed.cell(row, column).value
        ]
        current = self.google.book
        undone = self.google.person(requests) if requests else ""
        if isinstance(undone, str):
            return False
        self.say(f"{where}: anna undoes: {acted(requests)}")
        self.oracle.person_acted(current, undone, f"anna undoes at {where}")
        return True

    def person_restores(self, where: str) -> None:
        """Let one of the team bring an older version of the file back."""
        line = self.google.service.lines[self.google.book_id]
        number = self.chance.at("data", where).choice(list(line.versions)[-12:]).revision
        self._restored(where, number)

    def _restored(self, where: str, number: int) -> None:
        before = self.google.book
        after = self.google.service.restore(self.google.book_id, number, "ben")
        self.say(f"{where}: ben restores revision {number}")
        self.mark("act: restores an older version")
        self.oracle.person_restored(number)
        self.oracle.person_acted(before, after, f"ben restores at {where}")

    def person_deletes_rows_above(self) -> None:
        """Let one of the team delete the rows above the titles, as the hint says."""
        for sheet in self.google.book.sheets:
            texts = [{board.text_of(c.value) for c in row.cells.values()} for row in sheet.rows]
            titled = [k for k, shown in enumerate(texts) if "syncd id" in shown]
            if sheet.title.startswith("_syncd") or not titled or not titled[0]:
                continue
            where = {"sheetId": sheet.sheet_id, "dimension": "ROWS"}
            where |= {"startIndex": 0, "endIndex": titled[0]}
            before = self.google.book
            self.google.person([{"deleteDimension": {"range": where}}])
            self.oracle.person_acted(before, self.google.book, "anna deletes rows above")

    def person_puts_titles_back(self) -> None:
        """Let one of the team type each column's own title over what stands there."""
        before = self.google.book
        for table, fields in board.FIELDS.items():
            tab = board.marked_tab(before, table)
            for title, name in {**fields, **board.OWN}.items() if tab else ():
                if tab and name in tab.columns and tab.text(0, tab.columns[name]) != title:
                    self.google.person([update(tab.sheet_id, 0, tab.columns[name], [[title]])])
        self.oracle.person_acted(before, self.google.book, "anna puts titles back")

    def person_titles_id_column(self, table: str, column: int) -> None:
        """Let one of the team title the column alone in which the ids stand."""
        before, tab = self.google.book, board.marked_tab(self.google.book, table)
        for place in range(tab.width) if tab else ():
            if tab and tab.text(0, place) == "syncd id":
                self.google.person([update(tab.sheet_id, 0, place, [[""]])])
        if tab:
            self.google.person([update(tab.sheet_id, 0, column, [["syncd id"]])])
        self.oracle.person_acted(before, self.google.book, "anna titles the column of the ids")

    def person_clears_ids(self, table: str, numbers: Iterable[int]) -> None:
        """Let one of the team clear the syncd id of rows that are new, as their reason says."""
        before, tab = self.google.book, board.marked_tab(self.google.book, table)
        for number in numbers if tab and "@id" in tab.columns else ():
            self.google.person([update(tab.sheet_id, number - 1, tab.columns["@id"], [[""]])])
        self.mark("act: clears the ids of copies")
        self.oracle.person_acted(before, self.google.book, "anna clears the ids of copies")

    def person_deletes_doubled_columns(self, tab: board.Tab) -> None:
        """Let one of the team delete what stands right of a column with the same title."""
        before, titles = self.google.book, tab.sheet.row(0).cells
        shown = [(board.text_of(cell.value), column) for column, cell in sorted(titles.items())]
        first = dict(reversed(shown))
        for title, column in reversed(shown):
            if title and column != first[title]:
                where = {"sheetId": tab.sheet_id, "dimension": "COLUMNS", "startIndex": column}
                span = {"range": {**where, "endIndex": column + 1}}
                self.google.person([{"deleteDimension": span}])
        self.oracle.person_acted(before, self.google.book, "anna deletes doubled columns")

    def program_acts(self, where: str, kind: str = "") -> None:
        """Let another program do something in the CRM's file."""
        aimed = self.chance.at("data", where, "aim").random() < AIMED
        aim = self.oracle.last_edit if aimed and not kind else None
        chance = self.chance.at("data", where)
        name, done = programs.draw(self.app, chance, words(where), kind, aim)
        if done is None:
            return
        self.say(f"{where}: app {name}: {done}")
        self.mark(f"act: {name}")
        self.oracle.program_acted(self.app, *done, f"app {name} at {where}")


def words(where: str) -> Iterator[int]:
    """Yield numbers that no other act has: nothing changes them when others are left out."""
    first = int(hashlib.sha256(where.encode()).hexdigest(), 16) % 9_900
    yield from range(100 + first * 10, 110 + first * 10)
    raise AssertionError("an act needs more words than it has")


def acted(requests: list[dict[str, Any]]) -> str:
    """Say what a person did."""
    return "; ".join(
        "; ".join(brief({"requests": [request]})) or json.dumps(request) for request in requests
    )


def brief(body: dict[str, Any]) -> Iterator[str]:
    """Say what a batch writes, for a person who looks for a fault."""
    for request in body["requests"]:
        ((kind, given),) = request.items()
        if kind == "addNamedRange":
            yield given["namedRange"]["name"]
        elif kind == "updateCells" and "start" in given:
            start = given["start"]
            rows = [
                [
                    next(iter(cell.get("userEnteredValue", {}).values()), "")
                    for cell in row["values"]
                ]
                for row in given["rows"]
            ]
            place = f"row {start['rowIndex']} column {start['columnIndex']}"
            yield f"{start['sheetId']} {place}: {rows}"
        elif kind in ("insertDimension", "deleteDimension"):
            where = given["range"]
            yield f"{kind} {where['sheetId']} {where['startIndex']}-{where['endIndex']}"
