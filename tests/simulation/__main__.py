"""The runner: `python -m tests.simulation --histories N --seed S --jobs J`."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.history import ROUNDS, History, Outcome
from tests.simulation.marks import reached


def run_one(seed: int, rounds: int, omitted: tuple[str, ...] = ()) -> Outcome:
    """Run one history; the seed alone decides what happens in it."""
    return History(seed, omitted, rounds).run()


def run_all(first: int, count: int, jobs: int, rounds: int) -> Iterator[Outcome]:
    """Run many histories, over several processes."""
    seeds = range(first, first + count)
    if jobs <= 1:
        yield from (run_one(seed, rounds) for seed in seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for start in range(0, count, 500):
            part = seeds[start : start + 500]
            yield from pool.map(run_one, part, [rounds] * len(part), chunksize=10)


def shrink(seed: int, rounds: int) -> tuple[Outcome, list[str]]:
    """Leave out acts and faults one by one, while the history still breaks the same invariant."""
    best = run_one(seed, rounds)
    wanted = {v.invariant for v in best.violations[:1]}
    omitted: list[str] = []
    size = max(len(best.happened) // 2, 1)
    while size:
        changed, start = False, 0
        while start < len(best.happened):
            part = list(best.happened)[start : start + size]
            tried = run_one(seed, rounds, (*omitted, *part))
            if wanted and wanted == {v.invariant for v in tried.violations[:1]}:
                best, changed = tried, True
                omitted += part
            else:
                start += size
        size = size // 2 if not changed or size > 1 else size
        if size == 1 and not changed:
            break
    return best, omitted


def main() -> int:
    """Run histories and print what they came to."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--time", type=float, default=0.0, help="stop after so many seconds")
    parser.add_argument("--shrink", action="store_true", help="make the first seed's history small")
    parser.add_argument("--show", action="store_true", help="print the first seed's trace")
    parser.add_argument("--omit", default="", help="acts and faults to leave out, by commas")
    args = parser.parse_args()
    omitted = tuple(name for name in args.omit.split(",") if name)
    if args.show or args.shrink:
        outcome = run_one(args.seed, args.rounds, omitted)
        if args.shrink:
            outcome, left = shrink(args.seed, args.rounds)
            left_out = f"--seed {args.seed} --show --omit '{','.join(left)}'"
            print(f"{len(outcome.happened)} acts and faults are left: {left_out}\n")
        print("\n".join(outcome.told))
        for violation in outcome.violations:
            print(f"VIOLATION {violation.invariant}: {violation.what}")
        return bool(outcome.violations)
    began, failed, marks, count = time.monotonic(), [], Counter[str](), 0
    for outcome in run_all(args.seed, args.histories, args.jobs, args.rounds):
        count += 1
        marks.update(outcome.marks)
        if outcome.violations:
            failed.append(outcome)
            first = outcome.violations[0]
            print(f"seed {outcome.seed}: {first.invariant}: {first.what[:200]}")
            print(f"    python -m tests.simulation --seed {outcome.seed} --shrink", flush=True)
        if args.time and time.monotonic() - began > args.time:
            break
    took = time.monotonic() - began
    print(f"\n{count} histories in {took:.1f} s ({took / max(count, 1):.3f} s each)")
    for name, number in sorted(marks.items()):
        print(f"{number:8} {name}")
    print("\nplaces that were to be reached:")
    for name, number in reached(marks).items():
        print(f"{number:8} {name}{'' if number else '   <<< not reached'}")
    kinds = Counter(v.invariant for outcome in failed for v in outcome.violations[:1])
    print(f"\n{len(failed)} of {count} histories broke an invariant", dict(kinds))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
