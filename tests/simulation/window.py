"""The window: one kind of act after the other, done between syncd's read and its write.

    python -m tests.simulation.window [--times N] [--jobs J] [--first SEED] [KIND...]

Each run gives syncd something to write, lets a person act just before the write (or, every third
time, between the write and its answer), and must come to rest with nothing lost, nothing astray
and both sides aligned. Nothing else goes wrong meanwhile, so what breaks is the window's.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from syncd.cycle.run import run_cycle
from tests.simulation.client import FINE, Fault
from tests.simulation.history import History, Outcome
from tests.simulation.people import ACTS

OWN = frozenset({"deletes the token", "deletes the hidden tab", "types into the hidden tab"})
KINDS = tuple(sorted(ACTS.keys() - OWN))  # people's things; syncd's own tab has its tests elsewhere


class Window(History):
    """One write, and one act of a person in its window."""

    def __init__(self, kind: str, seed: int) -> None:
        super().__init__(seed, rounds=1)
        self.kind = kind
        self.connected_first = seed % 2 == 0
        self.late = seed % 3 == 0
        self.acted = self.armed = False

    def _round(self, number: int) -> None:
        for index in range(3):
            self.program_acts(f"{number}.o{index}")
        self.person_acts(f"{number}.p0", "types nonsense")
        self.person_acts(f"{number}.p1", "adds a row")
        self.armed = True
        self.attempt("cycle", lambda: run_cycle(self.ws))
        self.armed = False

    def _before_call(self, kind: str) -> Fault:
        self.count_call()
        if self.armed and kind == "write" and not self.late:
            self._act()
        return FINE

    def _between(self) -> None:
        if self.armed and self.late:
            self._act()

    def _act(self) -> None:
        """Act once, as soon as the sheet allows for it."""
        for attempt in range(6):
            self.acted = self.acted or self.person_acts(f"1.w{attempt}", self.kind)


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
