"""The loop that fails call n, and statement n, for n = 1, 2, 3 … until the work needs fewer.

Each kind of work is done once undisturbed: what came of it is what must come of it however its
calls and statements fail. Whoever runs the work runs it again until it is through, as a daemon or
an impatient person does; then everything must come to rest as in every history.

`python -m tests.simulation.every_call` does all of it; CI takes each so many-th place.
"""

import argparse
import functools
import json
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from syncd.config import Config
from tests.simulation import board
from tests.simulation.client import FINE, Fault
from tests.simulation.disk import FAILURES, Crash
from tests.simulation.history import History, RunawayError
from tests.simulation.operations import OPERATIONS, Operation, bare
from tests.simulation.rest import come_to_rest
from tests.simulation.template import Template, template

CALLS: Mapping[str, Mapping[str, Fault]] = {
    "request lost": {"read": Fault("lost"), "write": Fault("request lost")},
    "answer lost": {"read": Fault("truncated"), "write": Fault("answer lost", applied=True)},
    "429": dict.fromkeys(("read", "write"), Fault("status", status=429)),
    "500": dict.fromkeys(("read", "write"), Fault("status", status=500)),
    "500 although applied": {"write": Fault("status", status=500, applied=True)},
    "429 although applied": {"write": Fault("status", status=429, applied=True)},
    "applied late": {"write": Fault("late", late_s=20.0)},
    "applied very late": {"write": Fault("late", late_s=100.0)},
    "applied twice": {"write": Fault("duplicate", applied=True)},
    "stale": {"read": Fault("stale", versions=1)},
    "access refused": dict.fromkeys(("read", "write"), Fault("access", status=403)),
    "crash before": dict.fromkeys(("read", "write"), Fault("crash before")),
    "crash after": {"read": Fault("crash after"), "write": Fault("crash after", applied=True)},
}
OUTAGE = "nothing answers"  # from call n on, until the work has given up
DISK = (*FAILURES, "crash")
DISK_FOR_GOOD = "full for good"  # from statement n on, until the work has given up
WAYS = (*CALLS, OUTAGE, *DISK, DISK_FOR_GOOD)
AGAIN_MAX = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how work is disturbed: the way, and the number of the call or statement."""

    operation: str
    way: str = ""
    number: int = 0

    def __str__(self) -> str:
        return f"{self.operation}: {self.way} at {self.number}" if self.way else self.operation


class Trial(History):
    """One kind of work, disturbed in one place or in none."""

    def __init__(self, place: Place) -> None:
        self.spot = place
        self.operation: Operation = OPERATIONS[place.operation]
        self.number = 0  # of the cycle that an operation is about
        self.kinds: list[str] = []  # of the calls of the first attempt
        self.sent = self.asked = 0
        self.begun = self.working = self.hit = self.acted = False
        super().__init__(seed=1)

    def carry_out(self) -> "Trial":
        """Prepare, work, work again until it is through, and come to rest."""
        try:
            self.operation.prepare(self)
            self.oracle.skip(self.app)
            self._work()
            self._silence()
            come_to_rest(self)
        except RunawayError:
            self.oracle.fail("liveness", "it calls and calls")
        return self

    def _work(self) -> None:
        self.where, self.begun, self.working = "work", True, True
        left = self.operation.steps
        for _ in range(self.operation.steps + AGAIN_MAX):
            left -= self.attempt("work", self._step) is not None
            self.working = not self.hit
            self.clock.sleep(10.0)
            if not left:
                break
        else:
            self.oracle.fail("liveness", "the work never came through")
        self.working = False
        self.oracle.skip(self.app)

    def _step(self) -> bool:
        self.operation.work(self)
        return True

    # ── what fails ────────────────────────────────────────────────────────────────────────────

    def _before_call(self, kind: str) -> Fault:
        self.count_call()
        self.clock.sleep(0.5)
        if kind == "write" and not self.acted and self.begun:
            self.acted = True
            self.operation.meanwhile(self)
        if not self.working:
            return FINE
        self.kinds.append(kind)
        number = len(self.kinds)
        if self.spot.way == OUTAGE and number >= self.spot.number:
            self.hit = True
            return Fault("lost" if kind == "read" else "request lost")
        if number != self.spot.number or self.spot.way not in CALLS:
            return FINE
        fault = CALLS[self.spot.way].get(kind, FINE)
        self.hit = True
        self.say(f"call {number}, a {kind}: {fault}")
        if fault.kind == "crash before":
            raise Crash
        return fault

    def _between(self) -> None:
        """Nobody acts between a write and its answer."""

    def _before_statement(self, sql: str) -> None:
        if not self.working or sql.startswith(("ROLLBACK", "RELEASE")):
            return
        self.asked += 1
        way, number = self.spot.way, self.spot.number
        if way == DISK_FOR_GOOD and self.asked >= number:
            self.hit = True
            raise sqlite3.OperationalError(FAILURES["full"])
        if way in DISK and self.asked == number:
            self.hit = True
            self.say(f"statement {number}: {way} at {sql[:60]}")
            if way == "crash":
                raise Crash
            raise sqlite3.OperationalError(FAILURES[way])

    # ── what it begins with, and what came of it ──────────────────────────────────────────────

    def _beginning(self) -> Template:
        return bare() if self.operation.bare else template()

    def _switches(self, _setup: random.Random) -> dict[str, Any]:
        return {}

    def _config(self, _setup: random.Random) -> Config:
        sheet = {"spreadsheet": self.google.book_id}
        return Config(sheet=sheet, folder=self.place, policy=dict(self.operation.policy))


Content = Counter[tuple[str, ...]]


@dataclass(frozen=True)
class Came:
    """What came of work: the content of both sides and what waits, whatever the ids are."""

    content: Content
    calls: tuple[str, ...]
    statements: int
    broken: tuple[str, ...]
    told: tuple[str, ...]


def came_of(place: Place) -> Came:
    """Do the work of a place; return what came of it."""
    trial = Trial(place)
    try:
        trial.carry_out()
        content = Counter(_content(trial))
        broken = tuple(f"{v.invariant}: {v.what}" for v in trial.oracle.violations)
        return Came(content, tuple(trial.kinds), trial.asked, broken, tuple(trial.told))
    finally:
        trial.close()


def _content(trial: Trial) -> Iterator[tuple[str, ...]]:
    """Yield what the sheet, the CRM and the reviews hold, ids by the keys of their records."""
    names = {r["id"]: str(r.get("name") or r.get("topic")) for _, r in board.records(trial.app)}
    for table, row in board.rows(trial.google.book):
        row["@id"] = names.get(row.get("@id", ""), "an id" if row.get("@id") else "")
        yield "row", table, json.dumps(row, sort_keys=True)
    for table, record in board.records(trial.app):
        record |= {"id": "", "archived_at": bool(record["archived_at"])}
        if "person" in record:
            record["person"] = names.get(record["person"], "nobody")
        yield "record", table, json.dumps(record, sort_keys=True)
    for entry in trial.ws.crm.reviews.entries():
        asked = entry.review
        offered = {n: names.get(str(v), v) for n, v in asked.offered.items()}
        row = names.get(asked.row, "a new row")
        yield "review", entry.table, f"{asked.kind.value} {asked.side.value} {row} {offered}"
    yield "authority", trial.authority.value


def broken(place: Place) -> list[str]:
    """Return what a disturbance broke; None of it may."""
    calm, came = undisturbed(place.operation), came_of(place)
    told = [*came.broken]
    for word, these in (("too much", came.content - calm.content),
                        ("missing", calm.content - came.content)):  # fmt: skip
        told += [f"{word}: {' '.join(each)}" for each in these]
    return told


@functools.cache
def undisturbed(operation: str) -> Came:
    """Return what comes of work where nothing fails."""
    came = came_of(Place(operation))
    assert not came.broken, came.broken
    return came


def places(operation: str, every: int = 1) -> Iterator[Place]:
    """Yield every place in which work can be disturbed; of its statements each so many-th."""
    calm = undisturbed(operation)
    for number, kind in enumerate(calm.calls, 1):
        for way, faults in CALLS.items():
            if kind in faults:
                yield Place(operation, way, number)
        yield Place(operation, OUTAGE, number)
    for index, way in enumerate((*DISK, DISK_FOR_GOOD)):
        for number in range(1 + index * every // 5, calm.statements + 1, every):
            yield Place(operation, way, number)


def main() -> int:
    """Disturb every kind of work in every place, and print what broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.every_call")
    parser.add_argument("--operation", choices=OPERATIONS, action="append")
    parser.add_argument("--every", type=int, default=1, help="of the statements each so many-th")
    parser.add_argument("--way", choices=WAYS, action="append")
    parser.add_argument("--number", type=int, help="show what happens at this call or statement")
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    ways, failed = args.way or WAYS, 0
    if args.number:
        place = Place(args.operation[0], ways[0], args.number)
        print(*came_of(place).told, sep="\n")
        print(*broken(place), sep="\n")
        return 0
    with ProcessPoolExecutor(args.jobs) as pool:
        for operation in args.operation or OPERATIONS:
            calm, began = undisturbed(operation), time.monotonic()
            chosen = [place for place in places(operation, args.every) if place.way in ways]
            for place, what in zip(chosen, pool.map(broken, chosen, chunksize=8), strict=True):
                failed += bool(what)
                print(*(f"{place}: {line[:300]}" for line in what), sep="\n", end="\n" * bool(what))
            took = time.monotonic() - began
            size = f"{len(calm.calls)} calls, {calm.statements} statements"
            print(f"{operation}: {size}, {len(chosen)} disturbances, {took:.0f} s", flush=True)
    print(f"{failed} disturbances broke something")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
