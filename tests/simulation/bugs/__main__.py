"""Plant each fault and print how many histories it took until it was noticed."""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import tests.simulation.bugs as faults
from tests.simulation.bugs.catching import Caught, catch
from tests.simulation.bugs.pins import PINS

PLACE = Path(__file__).parent / "pins.py"


def pin(found: dict[str, Caught]) -> None:
    """Write down by which history each fault is caught; those that were not tried stay."""
    pins = PINS | {name: caught.seed for name, caught in found.items() if caught.seed}
    lines = [f'    "{name}": {pins[name]},\n' for name in faults.BUGS if name in pins]
    head, _, _ = PLACE.read_text().partition("PINS")
    PLACE.write_text(f"{head}PINS: dict[str, int] = {{\n{''.join(lines)}}}\n")


def main() -> int:
    """Plant the faults, as many at a time as there are jobs."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation.bugs",
        description=faults.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", default=list(faults.BUGS), metavar="NAME")
    parser.add_argument("--budget", type=int, default=300, help="histories for each")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--pin", action="store_true", help="write the seeds to pins.py")
    args = parser.parse_args()
    seeds, found = range(args.first, args.first + args.budget), dict[str, Caught]()
    with ProcessPoolExecutor(args.jobs) as pool:
        tried = {pool.submit(catch, name, seeds): name for name in args.names}
        for done in as_completed(tried):
            name, caught = tried[done], done.result()
            found[name] = caught
            told = f"caught after {caught.histories}, by {caught.seed}"
            told = told if caught.seed else f"NOT CAUGHT in {args.budget}"
            print(f"{name:32} {told:28} {caught.what[:110]}", flush=True)
    if args.pin:
        pin(found)
    missed = sum(not caught.seed for caught in found.values())
    print(f"{len(found) - missed} of {len(found)} caught")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
