"""One history: people, programs, an admin and a failing world around the real engine.

A history goes in rounds. In each, some act; then syncd works: a cycle or two, or an admin's
command. Before each of its calls, and between a write and its answer, others may act again. Calls
fail, statements fail, the process is killed and starts anew. At the end everything is quiet: late
copies have arrived, a person heals what is held back, and the engine must come to rest with
nothing lost, nothing astray and both sides aligned.
"""

import sqlite3
import traceback
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from syncd.authority import switch
from syncd.core.plan import Standing
from syncd.core.snapshot import Side
from syncd.cycle.refill import set_up
from syncd.cycle.report import Report
from syncd.cycle.run import run_cycle
from syncd.errors import SyncdError
from syncd.importer.run import import_source
from syncd.undo import undo, wanted_of
from tests.simulation import board
from tests.simulation.backups import back_up, copied_file
from tests.simulation.chance import Chance
from tests.simulation.client import FINE, Fault, draw_fault
from tests.simulation.disk import FAILURES, Crash
from tests.simulation.marks import note_marks
from tests.simulation.oracle import Cycle, Violation
from tests.simulation.rails import DEVELOPS
from tests.simulation.rest import approve, come_to_rest
from tests.simulation.template import SimWorkspace
from tests.simulation.world import World

ROUNDS = 7
CALLS_MAX = 1500  # a history takes about a hundred; one that takes so many never comes to an end
YEAR_S = 365 * 24 * 3600.0


@dataclass(frozen=True)
class Outcome:
    """What became of one history."""

    seed: int
    violations: tuple[Violation, ...]
    happened: tuple[str, ...]
    trace: str
    marks: Counter[str] = field(default_factory=Counter)
    told: tuple[str, ...] = ()


class RunawayError(BaseException):
    """The engine calls and calls: nothing of it may catch this."""


class History(World):
    """One history, from its seed."""

    def __init__(self, seed: int, omitted: Collection[str] = (), rounds: int = ROUNDS) -> None:
        super().__init__(Chance(seed, omitted))
        self.rounds = rounds
        self.disk.before = self._before_statement
        self.where, self.calls, self.statements, self.all_calls = "0", 0, 0, 0
        self.trouble: tuple[int, str] | None = None
        self.closed: list[int] = []
        self.quiet = self.nested = False
        self.ws = self._open()

    def run(self) -> Outcome:
        """Run the history to its end and say what it came to."""
        try:
            if self.connected_first:
                self._command("connect", lambda: switch(self.ws, Side.CRM, by="admin"))
            for number in range(1, self.rounds + 1):
                if not self.oracle.violations:
                    self._round(number)
            if not self.oracle.violations:
                self._silence()
                come_to_rest(self)
        except RunawayError:
            self.oracle.fail("liveness", f"more than {CALLS_MAX} calls: {self.told[-1][:200]}")
        finally:
            note_marks(self)
            trace = self.trace()
            self.close()
        return Outcome(
            seed=self.chance.seed,
            violations=tuple(self.oracle.violations),
            happened=tuple(self.chance.happened),
            trace=trace,
            marks=self.marks,
            told=tuple(self.told),
        )

    def _round(self, number: int) -> None:
        self.where, self.calls = f"{number}", 0
        schedule = self.chance.at("schedule", number)
        for index in range(schedule.choice([0, 1, 1, 2, 3])):
            self._somebody_acts(f"{number}.o{index}")
        self.clock.sleep(schedule.choice([1, 5, 5, 20, 70, 400]))
        if schedule.random() < 0.04 and self.chance.happens(f"fault {number} clock"):
            self.clock.wrong_by = schedule.choice([-YEAR_S, -3600.0, 0.0, 3600.0, YEAR_S])
            self.mark("fault: the clock jumps")
        if schedule.random() < 0.2 and self.chance.happens(f"act {number} admin"):
            answer = schedule.random()
            self._command("admin", lambda: self._admin(answer))
        if self.imports and self.chance.at("schedule", number, "import").random() < 0.2:
            self._import(f"{number}.i")
        if self.backups:
            back_up(self, f"{number}.f")
        if self.develops and self.chance.at("schedule", number, "schema").random() < 0.3:
            self._change_schema(f"{number}.s")
        for part in range(schedule.choice([1, 1, 2, 3])):
            self.where, self.calls, self.statements = f"{number}.{part}", 0, 0
            faults = self.chance.at("faults", self.where, "disk")
            self.trouble = None
            if faults.random() < self.faulty and self.chance.happens(f"fault {self.where} disk"):
                kind = faults.choice([*FAILURES, "crash", "crash"])
                self.trouble = (faults.randint(1, 90), kind)
            self.attempt("cycle", self.cycle)
        self.trouble = None

    def _command(self, what: str, work: Callable[[], object]) -> None:
        """Run an admin's command; the authority may change within it, so it is not checked."""
        self.attempt(what, work)
        self.oracle.skip(self.app)

    def _import(self, where: str) -> None:
        """Let an admin import a file."""
        if self.chance.happens(f"act {where}"):
            path = self.source(where)
            self.say(f"{where}: admin imports {path.read_text(encoding='utf-8').splitlines()}")
            self.mark("admin: imports a file")
            self._command("import", lambda: import_source(self.ws, str(path), by="admin"))

    def _change_schema(self, where: str) -> None:
        """Let a developer change the schema, or take the change back; syncd starts anew."""
        if self.chance.happens(f"act {where}"):
            self.changed = None if self.changed else self.change
            self.say(f"{where}: the schema changes: {self.changed}")
            self.mark(DEVELOPS)
            self.oracle.acts.add(DEVELOPS)
            self.restart()
            self.oracle.skip(self.app)

    def cycle(self) -> Report:
        """Let syncd run a cycle, and check what it came to."""
        before, acted = self.authority, len(self.chance.happened)
        still = self._is_still()
        self.oracle.cycle_begins(self.google.book, self.app)
        report: Report = run_cycle(self.ws)
        halts = [halt for table in report.tables.values() for halt in table.halts]
        for halt in halts:
            self.mark(f"halt: {halt.rail}")
        if before is self.authority:
            cycle = Cycle(
                authority=before,
                halts=tuple(halts),
                alone=len(self.chance.happened) == acted and still and not self.google.late,
                now_s=self.clock.steady,
                wrong_by=self.clock.wrong_by,
            )
            self.oracle.cycle_ended(self.google.book, self.app, cycle)
        return report

    def _is_still(self) -> bool:
        """Whether a read shows all of the book as it is, not in part as it was a moment ago."""
        torn_s = float(self.google.service.settings["torn_reads_s"])
        return self.google.book.modified + torn_s < self.clock.steady or not torn_s

    def _open(self) -> SimWorkspace:
        return self.open(self._before_call, self._between)

    def attempt(self, what: str, work: Callable[[], object]) -> object | None:
        """Let syncd work as a process does: an error ends the work, a crash the process."""
        try:
            return work()
        except SyncdError as error:
            self.say(f"{what}: {type(error).__name__}: {error}")
            self.mark(f"error: {type(error).__name__}")
        except Crash:
            self.say(f"{what}: crash")
            self.restart()
        except Exception as error:  # whatever it is, it is a finding
            self.say(traceback.format_exc())
            self.oracle.fail("no traceback", f"{what}: {type(error).__name__}: {error}")
            if self.quiet:
                raise
        return None

    def restart(self) -> None:
        """Drop the process and start another one."""
        self.trouble, self.statements = None, 0
        self.ws.close()
        self.ws = self._open()

    def _silence(self) -> None:
        """Let nobody act and nothing fail any more, and the last late copies arrive."""
        self.quiet, self.closed, self.trouble, self.changed = True, [], None, None
        self.google.service.settings.change({"torn_reads_s": 0.0})
        self.clock.sleep(400.0)
        self.google.deliver()
        self.say("quiet")
        self.restart()

    # ── what happens around syncd's calls ─────────────────────────────────────────────────────

    def count_call(self) -> None:
        """End the history where the engine calls without end."""
        self.all_calls += 1
        if self.all_calls > CALLS_MAX:
            raise RunawayError

    def _before_call(self, kind: str) -> Fault:
        self.count_call()
        if self.quiet or self.nested:
            return FINE
        self.calls += 1
        where = f"{self.where}.{self.calls}"
        schedule = self.chance.at("schedule", where)
        self.clock.sleep(schedule.choice([0.1, 0.3, 1.0, 3.0]))
        if schedule.random() < self.busy * (1.0 if kind == "write" else 0.25):
            for index in range(schedule.choice([1, 1, 2])):
                self._somebody_acts(f"{where}.{index}")
        second = self.second and schedule.random() < 0.06
        if second and self.chance.happens(f"act {where} daemon"):
            self._another_daemon()
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
        chance = self.chance.at("schedule", where)
        if not (self.quiet or self.nested) and chance.random() < 0.4 * self.busy:
            self._somebody_acts(where)

    def _before_statement(self, sql: str) -> None:
        if self.trouble is None or self.quiet or self.nested:
            return
        self.statements += 1
        number, kind = self.trouble
        if self.statements == number:
            self.say(f"{self.where}: {kind} at {sql[:40]}")
            self.mark(f"fault: disk {kind}")
            if kind == "crash":
                raise Crash
            if not sql.startswith(("ROLLBACK", "RELEASE")):
                raise sqlite3.OperationalError(FAILURES[kind])

    # ── the others ────────────────────────────────────────────────────────────────────────────

    def _somebody_acts(self, where: str) -> None:
        if not self.chance.happens(f"act {where}"):
            return
        kind = self.chance.at("workload", where).random()
        undoes = self.chance.at("workload", where, "undo").random() < 0.15
        if kind < self.people_share and self.people_undo and self.last_act and undoes:
            self.person_takes_back(where)
        elif kind < self.people_share:
            self.person_acts(where)
        elif kind < self.people_share + 0.015:
            self.person_restores(where)
        else:
            self.program_acts(where)

    def _another_daemon(self) -> None:
        """Let a second daemon run a cycle: on the same file, or on a copy of it."""
        rival = self.second != "the file"
        self.nested, config = True, copied_file(self) if rival else self.config
        self.say(f"a second daemon runs a cycle on {self.second}")
        self.mark(f"a second daemon on {self.second}")
        other = None
        try:
            other = self.open(config=config)
            run_cycle(other)
        except SyncdError as error:
            self.say(f"second daemon: {type(error).__name__}: {error}")
            self.mark(f"second daemon: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001 # whatever it is, it is a finding
            self.say(traceback.format_exc())
            self.oracle.fail("no traceback", f"second daemon: {type(error).__name__}: {error}")
        finally:
            if other is not None:
                self.oracle.skip(self.app)
                if rival:
                    self.oracle.kept_elsewhere |= board.kept(other.crm.database.connection)
                other.close()
            self.nested = False

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
                self.say(f"admin: {standing.value} {entry.table} {entry.review}")
                self.mark(f"admin: {standing.value} a review")
        elif chance < 0.9:
            approve(self)
        elif chance < 0.96:
            last = self.ws.crm.state.last_cycle()
            undo(self.ws, wanted_of(self.ws, str(max(1, last - int(chance * 1e5) % 3))), by="admin")
            self.mark("admin: undoes a cycle")
        else:
            set_up(self.ws)
            self.mark("admin: init")
