"""The window: one kind of act after the other, done where syncd's read and its write may miss it.

    python -m tests.simulation.window [--times N] [--jobs J] [--first SEED] [KIND...]

Each run gives syncd something to write, lets a person act in one window of the protocol, and must
come to rest with nothing lost, nothing astray and both sides aligned. Nothing else goes wrong
meanwhile, so what breaks is the window's. The seed chooses the window, in turn.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from enum import Enum
from itertools import repeat
from random import Random

from syncd.config import Config
from tests.simulation.client import FINE, Fault
from tests.simulation.history import History, Outcome
from tests.simulation.people import ACTS

OWN = frozenset({"deletes the token", "deletes the hidden tab", "types into the hidden tab"})
RESTORES, UNDOES = "restores an older version", "undoes what was typed"
# People's things; syncd's own tab has its tests elsewhere.
KINDS = tuple(sorted({*ACTS.keys() - OWN, RESTORES, UNDOES}))
CYCLES = 3  # of a run, each of which may write


class When(Enum):
    """The window in which the person acts."""

    BEFORE_WRITE = "between the read and the write"
    BEFORE_ANSWER = "between the write and its answer"
    BEFORE_READ = "between the answer and the next read"
    OF_REPAIR = "before the write that mends what another act made go astray"
    OF_REMOVAL = "before the second step that takes a row out"


class Window(History):
    """A few writes, and one act of a person in a window of one of them."""

    def __init__(self, kind: str, seed: int) -> None:
        self.when = tuple(When)[seed % len(When)]
        super().__init__(seed, rounds=1)
        self.kind = kind
        self.connected_first = self.when is When.OF_REMOVAL or seed // len(When) % 2 == 0
        self.acted = self.armed = False
        self.writes = 0
        self.say(self.when.value)

    def _config(self, setup: Random) -> Config:
        config = super()._config(setup)
        if self.when is not When.OF_REMOVAL:
            return config
        policy = config.policy.model_copy(update={"on_archive": "remove"})
        return config.model_copy(update={"policy": policy})

    def _round(self, number: int) -> None:
        for index in range(3):
            self.program_acts(f"{number}.o{index}")
        if self.when is When.OF_REMOVAL:
            self.program_acts(f"{number}.o3", "archives a record")
        self.person_acts(f"{number}.p0", "types nonsense")
        self.person_acts(f"{number}.p1", "adds a row")
        self.armed = True
        for _ in range(CYCLES):
            self.attempt("cycle", self.cycle)
        self.armed = False

    def _before_call(self, kind: str) -> Fault:
        self.count_call()
        if self.armed:
            self.writes += kind == "write"
            match self.when:
                case When.BEFORE_WRITE if kind == "write":
                    self._act()
                case When.BEFORE_READ if kind == "read" and self.writes:
                    self._act()
                case When.OF_REPAIR if kind == "write" and self.writes == 1:
                    self.chance.happens("act 1.hit")
                    self.person_acts("1.hit", "inserts a row")
                case When.OF_REPAIR | When.OF_REMOVAL if kind == "write" and self.writes > 1:
                    self._act()
        return FINE

    def _between(self) -> None:
        if self.armed and self.when is When.BEFORE_ANSWER:
            self._act()

    def _act(self) -> None:
        """Act once, as soon as the sheet allows for it."""
        for attempt in range(6):
            self.acted = self.acted or self._does(f"1.w{attempt}")

    def _does(self, where: str) -> bool:
        self.chance.happens(f"act {where}")  # a cycle in which somebody acts is judged as such
        if self.kind == UNDOES:
            return self.person_undoes(where)
        if self.kind == RESTORES:
            self.person_restores(where)
            return True
        return self.person_acts(where, self.kind)


def run_one(kind: str, seed: int) -> tuple[Outcome, bool]:
    """Run one write with an act in its window; say whether the act took place."""
    window = Window(kind, seed)
    return window.run(), window.acted


def run_kind(kind: str, times: int, first: int = 1) -> tuple[int, list[Outcome]]:
    """Return how often an act took place in a window, and the runs that broke an invariant.

    Seeds whose sheet has no place for the act do not count: as many others are run.
    """
    done, failed = 0, list[Outcome]()
    for seed in range(first, first + 10 * times):
        outcome, acted = run_one(kind, seed)
        done += acted
        if outcome.violations:
            failed.append(outcome)
        if done == times:
            break
    return done, failed


def main() -> int:
    """Run every kind of act so many times and print what was lost or misplaced."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.window")
    parser.add_argument("kinds", nargs="*", default=KINDS)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", action="store_true", help="print the first seed's trace")
    args = parser.parse_args()
    if args.show:
        outcome, _ = run_one(args.kinds[0], args.first)
        print("\n".join((*outcome.told, *map(str, outcome.violations))))
        return bool(outcome.violations)
    total, broken = 0, 0
    with ProcessPoolExecutor(args.jobs) as pool:
        runs = pool.map(run_kind, args.kinds, repeat(args.times), repeat(args.first))
        for kind, (done, failed) in zip(args.kinds, runs, strict=True):
            total, broken = total + done, broken + len(failed)
            print(f"{kind:32} {done:5} in the window, {len(failed)} broke an invariant", flush=True)
            for outcome in failed[:5]:
                what = outcome.violations[0]
                print(f"    --show --first {outcome.seed} {kind!r}: {what.invariant}: {what.what}")
    print(f"{total} acts in windows, {broken} broke an invariant")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
