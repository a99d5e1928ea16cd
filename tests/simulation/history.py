"""One history: people, programs, an admin and a failing world around the real engine.

A history goes in rounds. In each, some act; then syncd works: a cycle or two, or an admin's
command. Before each of its calls, and between a write and its answer, others may act again. Calls
fail, statements fail, the process is killed and starts anew. At the end everything is quiet: late
copies have arrived, a person heals what is held back, and the engine must come to rest with
nothing lost, nothing astray and both sides aligned.
"""

import hashlib
import itertools
import json
import random
import re
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncd.authority import switch
from syncd.config import Config
from syncd.core.plan import ReviewKind, Standing
from syncd.core.snapshot import Side
from syncd.cycle.refill import set_up
from syncd.cycle.run import Report, run_cycle
from syncd.errors import HaltedError, SyncdError
from syncd.sandbox.errors import ApiError
from syncd.sandbox.state.settings import Settings
from tests.simulation import people, programs
from tests.simulation.chance import Chance
from tests.simulation.client import FINE, Fault, Google, SimClient, draw_fault
from tests.simulation.clock import Clock
from tests.simulation.disk import FAILURES, Crash, Disk
from tests.simulation.oracle import Oracle, Violation
from tests.simulation.template import SimWorkspace, act, folder, open_workspace, template

ROUNDS = 7
QUIET_CYCLES_MAX = 25
CALLS_MAX = 1500  # a history takes about a hundred; one that takes so many never comes to an end
YEAR_S = 365 * 24 * 3600.0
# Two settings are not drawn: without them there is neither fence nor mirror, and `syncd probe`
# has to refuse such a Google altogether.
SWITCHES = (
    "basic_filter_grows_at_end",
    "copy_paste_skips_filtered_rows",
    "copy_paste_skips_hidden_rows",
    "covered_cells_take_values",
    "insert_at_end_grows_ranges",
    "insert_at_end_grows_rules",
    "move_carries_metadata",
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


@dataclass(frozen=True)
class Outcome:
    """What became of one history."""

    seed: int
    violations: tuple[Violation, ...]
    happened: tuple[str, ...]
    trace: str
    marks: Counter[str] = field(default_factory=Counter)
    told: tuple[str, ...] = ()


def _acted(requests: list[dict[str, Any]]) -> str:
    """Say what a person did."""
    return "; ".join(
        text or json.dumps(request)
        for request in requests
        for text in ["; ".join(_brief({"requests": [request]}))]
    )


def _brief(body: dict[str, Any]) -> Iterator[str]:
    """Say what a batch of syncd's writes, for a person who looks for a fault."""
    for request in body["requests"]:
        ((kind, given),) = request.items()
        if kind == "addNamedRange":
            yield given["namedRange"]["name"].rpartition("_")[0]
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


class RunawayError(BaseException):
    """The engine calls and calls: nothing of it may catch this."""


class History:
    """One history, from its seed."""

    def __init__(self, seed: int, omitted: Collection[str] = (), rounds: int = ROUNDS) -> None:
        self.chance = Chance(seed, omitted)
        random.seed(seed)  # how long a read waits before it is tried again
        self.rounds = rounds
        self.clock = Clock()
        self.marks: Counter[str] = Counter()
        self.told: list[str] = []
        self.exact = hashlib.sha256()
        self.oracle = Oracle()
        setup = self.chance.at("schedule", "setup")
        switches = {name: not bool(Settings()[name]) for name in SWITCHES if setup.random() < 0.2}
        service = template().service(Settings(seed=seed, **switches), self.clock)
        self.google = Google(service, template().book.book_id, self.clock)
        self.google.on_applied = self._applied
        self.place = Path(tempfile.mkdtemp(prefix="syncd-sim-", dir=folder()))
        words = ["review", "merge", "reject"]
        policy = {name: setup.choice(words) for name in ("edits", "new_rows", "removals")}
        policy["on_archive"] = setup.choice(["mark", "mark", "remove"])
        self.config = Config(
            sheet={"spreadsheet": self.google.book_id}, folder=self.place, policy=policy
        )
        self.say(f"switches {sorted(switches)} policy {policy}")
        self.config.crm_path.write_bytes(template().database)
        self.disk = Disk(self.clock, self.chance.at("data", "disk"))
        self.disk.before = self._before_statement
        self.ids = self.chance.at("data", "ids")
        self.app = self.disk.connect_app(self.config.crm_path)
        self.where, self.calls, self.statements, self.all_calls = "0", 0, 0, 0
        self.step = "open"
        self.trouble: tuple[int, str] | None = None
        self.closed: list[int] = []
        self.quiet = False
        self.faulty = setup.choice([0.0, 0.05, 0.15])
        self.ws = self._open()
        self.oracle.begin(self.google.book, self.app)
        if setup.random() < 0.6:
            self._attempt("connect", lambda: switch(self.ws, Side.CRM, by="admin"))

    # ── the run ───────────────────────────────────────────────────────────────────────────────

    def run(self) -> Outcome:
        """Run the history to its end and say what it came to."""
        try:
            for number in range(1, self.rounds + 1):
                self._round(number)
                if self.oracle.violations:
                    break
            else:
                self._come_to_rest()
        except RunawayError:
            self.oracle.fail("liveness", f"more than {CALLS_MAX} calls: {self.told[-1][:200]}")
        finally:
            dump = "\n".join(self.app.iterdump())
            self._note_marks()
            self.ws.close()
            self.app.close()
            shutil.rmtree(self.place, ignore_errors=True)
        self.exact.update("\n".join([*self.told, dump]).encode())
        return Outcome(
            seed=self.chance.seed,
            violations=tuple(self.oracle.violations),
            happened=tuple(self.chance.happened),
            trace=self.exact.hexdigest()[:16],
            marks=self.marks,
            told=tuple(self.told),
        )

    def say(self, text: str) -> None:
        """Add a line to the trace."""
        self.told.append(text)

    def mark(self, name: str) -> None:
        """Count that the history reached a certain place."""
        self.marks[name] += 1

    def _round(self, number: int) -> None:
        self.where, self.calls = f"{number}", 0
        schedule = self.chance.at("schedule", number)
        for index in range(schedule.choice([0, 1, 1, 2, 3])):
            self._somebody_acts(f"{number}.o{index}")
        self.clock.sleep(schedule.choice([1, 5, 5, 20, 70, 400]))
        if schedule.random() < 0.04 and self.chance.happens(f"fault {number} clock"):
            self.clock.wrong_by = schedule.choice([-YEAR_S, -3600.0, 0.0, 3600.0, YEAR_S])
            self.mark("fault: the clock jumps")
        if schedule.random() < 0.2:
            self._attempt("admin", lambda: self._admin(schedule.random()))
        for part in range(schedule.choice([1, 1, 2, 3])):
            self.where, self.calls, self.statements = f"{number}.{part}", 0, 0
            faults = self.chance.at("faults", self.where, "disk")
            self.trouble = None
            if faults.random() < self.faulty and self.chance.happens(f"fault {self.where} disk"):
                kind = faults.choice([*FAILURES, "crash", "crash"])
                self.trouble = (faults.randint(1, 90), kind)
            self._attempt("cycle", lambda: run_cycle(self.ws))
        self.trouble = None

    def _open(self) -> SimWorkspace:
        client = SimClient(self.google, before=self._before_call, between=self._between)
        return open_workspace(self.config, client, self.disk, self.ids, self._tell)

    def _attempt(self, what: str, work: Callable[[], object]) -> object | None:
        """Let syncd work as a process does: an error ends the work, a crash the process."""
        self.step = what
        try:
            return work()
        except SyncdError as error:
            self.say(f"{what}: {type(error).__name__}: {error}")
            self.mark(f"error: {type(error).__name__}")
        except Crash:
            self.say(f"{what}: crash")
            self.mark("crash")
            self._restart()
        except Exception as error:  # whatever it is, it is a finding
            self.oracle.fail("no traceback", f"{what}: {type(error).__name__}: {error}")
            if self.quiet:
                raise
        return None

    def _restart(self) -> None:
        self.trouble, self.statements = None, 0
        self.ws.close()
        self.ws = self._open()

    def _tell(self, text: str) -> None:
        self.say(f"told: {text}")
        self.mark("told: " + re.sub(r"\d+", "N", re.sub(r"[a-z]+~\d+", "…", text)))

    # ── what happens around syncd's calls ─────────────────────────────────────────────────────

    def _before_call(self, kind: str) -> Fault:
        self.all_calls += 1
        if self.all_calls > CALLS_MAX:
            raise RunawayError
        if self.quiet:
            return FINE
        self.calls += 1
        where = f"{self.where}.{self.calls}"
        schedule = self.chance.at("schedule", where)
        self.clock.sleep(schedule.choice([0.1, 0.3, 1.0, 3.0]))
        if schedule.random() < (0.5 if kind == "write" else 0.12):
            for index in range(schedule.choice([1, 1, 2])):
                self._somebody_acts(f"{where}.{index}")
        if self.closed:
            return Fault("access", status=self.closed.pop())
        fault = draw_fault(kind, self.chance.at("faults", where), likely=self.faulty * 2)
        if fault is FINE or not self.chance.happens(f"fault {where}"):
            return FINE
        self.say(f"{where}: {kind} {fault}")
        self.mark(f"fault: {kind} {fault.kind}")
        if fault.kind == "access":
            self.closed = [fault.status] * schedule.choice([0, 1, 3])
        if fault.kind == "crash before":
            raise Crash
        return fault

    def _between(self) -> None:
        where = f"{self.where}.{self.calls}.b"
        if not self.quiet and self.chance.at("schedule", where).random() < 0.2:
            self._somebody_acts(where)

    def _before_statement(self, sql: str) -> None:
        if self.trouble is None or self.quiet:
            return
        self.statements += 1
        number, kind = self.trouble
        if self.statements == number:
            self.say(f"{self.where}: {kind} at {sql.split(maxsplit=1)[0]}")
            self.mark(f"fault: disk {kind}")
            if kind == "crash":
                raise Crash
            if not sql.startswith(("ROLLBACK", "RELEASE")):
                raise sqlite3.OperationalError(FAILURES[kind])

    def _applied(self, body: dict[str, Any], late: bool) -> None:
        self.say(f"syncd writes{' late' if late else ''}: {'; '.join(_brief(body))}")
        self.exact.update(json.dumps(body, sort_keys=True).encode())
        if late:
            self.mark("a late copy was applied")
        self.oracle.batch_applied(body)

    # ── the others ────────────────────────────────────────────────────────────────────────────

    def _words(self, where: str) -> Iterator[int]:
        """Yield numbers that no other act has: nothing changes them when others are left out."""
        parts = [
            int(re.sub(r"\D", "", p) or 0) + (50 if p[0] == "b" else 0) for p in where.split(".")
        ]
        first = int(hashlib.sha256(repr((where, parts)).encode()).hexdigest(), 16) % 9_000
        return itertools.count(100 + first * 10)

    def _somebody_acts(self, where: str) -> None:
        chance = self.chance.at("workload", where)
        if not self.chance.happens(f"act {where}"):
            return
        kind = chance.random()
        if kind < 0.7:
            self._person_acts(where)
        elif kind < 0.72:
            self._person_restores(where)
        else:
            self._program_acts(where)

    def _person_acts(self, where: str) -> None:
        chance, before = self.chance.at("data", where), self.google.book
        hand = people.Hand(before, chance, self._words(where))
        name, requests = people.draw(hand)
        if not requests:
            return
        try:
            after = act(self.google.service, self.google.book_id, "anna", requests)
        except ApiError as error:
            self.say(f"{where}: {name}: {error.message}")
            return
        self.say(f"{where}: anna {name}: {_acted(requests)}")
        self.mark(f"act: {name}")
        self.oracle.person_acted(before, after, f"anna {name} at {where}")

    def _person_restores(self, where: str) -> None:
        before, line = self.google.book, self.google.service.lines[self.google.book_id]
        chance = self.chance.at("data", where)
        number = chance.choice(list(line.versions)[-12:]).revision
        after = self.google.service.restore(self.google.book_id, number, "ben")
        self.say(f"{where}: ben restores revision {number}")
        self.mark("act: restores an older version")
        self.oracle.restored = True
        self.oracle.person_acted(before, after, f"ben restores at {where}")

    def _program_acts(self, where: str) -> None:
        name, done = programs.draw(self.app, self.chance.at("data", where), self._words(where))
        if done is None:
            return
        self.say(f"{where}: app {name}: {done}")
        self.mark(f"act: {name}")
        self.oracle.program_acted(self.app, *done, f"app {name} at {where}")

    def _admin(self, chance: float) -> None:
        """Switch the authority, answer a review, let a held part through, or run init again."""
        state, at = self.ws.crm.state, self.ws.now()
        if chance < 0.35:
            switch(self.ws, state.authority.other, by="admin")
            self.mark("admin: switches the authority")
        elif chance < 0.85:
            entries = self.ws.crm.reviews.entries()
            if entries:
                entry = entries[int(chance * 1e6) % len(entries)]
                accepted = entry.review.acceptable and int(chance * 1e7) % 3
                standing = Standing.ACCEPTED if accepted else Standing.REJECTED
                with self.ws.crm.database.transaction():
                    self.ws.crm.reviews.answer(entry.id, standing, at=at)
                self.mark(f"admin: {standing.value} a review")
        elif chance < 0.95:
            self._approve()
        else:
            set_up(self.ws)
            self.mark("admin: init")

    def _approve(self) -> None:
        for halt in self.ws.crm.state.halts():
            with self.ws.crm.database.transaction():
                self.ws.crm.state.approve(halt.digest, at=self.ws.now(), by="admin")
            self.mark(f"admin: approves {halt.rail}")

    # ── the end ───────────────────────────────────────────────────────────────────────────────

    def _come_to_rest(self) -> None:
        self.quiet, self.closed, self.trouble = True, [], None
        self.clock.sleep(400.0)
        self.google.deliver()
        self.say("quiet")
        self._restart()
        for number in range(QUIET_CYCLES_MAX):
            self.clock.sleep(400.0)
            before = self._state()
            try:
                report = run_cycle(self.ws)
            except SyncdError as error:
                self._heal(error)
                continue
            if report.halted:
                self._approve()
            elif not report.pending and self._state() == before:
                self.marks["cycles until quiet"] += number + 1
                self._check(report)
                return
        self.oracle.fail("liveness", f"no rest in {QUIET_CYCLES_MAX} cycles: {self.told[-1][:300]}")

    def _heal(self, error: SyncdError) -> None:
        """Do what the error's hint tells a person to do."""
        self.say(f"quiet: {type(error).__name__}: {error}")
        self.mark(f"quiet error: {type(error).__name__}: {re.sub(r'«.*»', '…', error.what)}")
        if isinstance(error, HaltedError):
            try:
                set_up(self.ws)
            except SyncdError as failure:
                self.say(f"quiet init: {failure}")

    def _state(self) -> tuple[object, ...]:
        records = [*self.app.execute("SELECT count(*), max(id) FROM _syncd_history")]
        return (self.google.book.revision, records)

    def _check(self, report: Report) -> None:
        revision, connection = self.google.book.revision, self.ws.crm.database.connection
        changes, dump = connection.total_changes, [*self.app.iterdump()]
        run_cycle(self.ws)
        written = connection.total_changes - changes
        self._restart()  # a new process says again what is held back; it must say the same
        run_cycle(self.ws)
        moved = len(set(dump) ^ {*self.app.iterdump()})
        if self.google.book.revision != revision or written or moved:
            revisions = self.google.book.revision - revision
            what = f"{revisions} revisions, {written} rows written, {moved} changed after a restart"
            self.oracle.fail("fixpoint", what)
        if self.ws.crm.operations.has_unknown() or self.ws.crm.operations.repairs():
            self.oracle.fail("liveness", "at rest with an unknown operation or an open repair")
        self.oracle.check(self.google.book, self.app, self._excused(report))

    def _excused(self, report: Report) -> set[str]:
        """Return the rows that the engine says are not aligned: refused, in review, or frozen."""
        found = {f"{p['table']}:{p['row']}" for p in self.ws.crm.state.problems()}
        for entry in self.ws.crm.reviews.entries(None):
            if entry.review.kind is ReviewKind.NEW:
                found.add(f"{entry.table}:{entry.review.row}")
        for table, row in report.paused:
            found.add(f"{table}:{row}")
            if row.startswith("row "):
                self.mark("rest: a row stays frozen")
                found.add(f"{table}:*")  # a row that is left alone may be any of them
        return found

    def _note_marks(self) -> None:
        for outcome, origin, count in self.app.execute(
            "SELECT outcome, origin, count(*) FROM _syncd_history GROUP BY 1, 2"
        ):
            self.marks[f"history: {outcome} by {origin}"] += count
        for kind, standing, side, count in self.app.execute(
            "SELECT kind, standing, side, count(*) FROM _syncd_reviews GROUP BY 1, 2, 3"
        ):
            self.marks[f"review: {kind} of {side} {standing}"] += count
        for kind, state, count in self.app.execute(
            "SELECT kind, state, count(*) FROM _syncd_operations GROUP BY 1, 2"
        ):
            self.marks[f"operation: {kind} {state}"] += count
        for outcome, count in self.app.execute(
            "SELECT outcome, count(*) FROM _syncd_repairs GROUP BY 1"
        ):
            self.marks[f"repair: {outcome[:60]}"] += count
