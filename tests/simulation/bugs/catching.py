"""Catching a fault: the first history that breaks an invariant with it and none without it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.simulation.bugs.planting import BUGS, Bug, planted
from tests.simulation.history import ROUNDS, History
from tests.simulation.oracle import Violation
from tests.simulation.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """After how many histories a fault was noticed, by which of them, and by what; 0 is never."""

    histories: int = 0
    seed: int = 0
    what: str = ""


def catch(name: str, seeds: Iterable[int]) -> Caught:
    """Run histories with a fault until one breaks an invariant.

    A history that breaks one without the fault as well is none of its merit.
    """
    for count, seed in enumerate(seeds, start=1):
        with planted(name):
            violations = _broken(BUGS[name], seed)
        if violations and not _broken(BUGS[name], seed):
            first = violations[0]
            return Caught(histories=count, seed=seed, what=f"{first.invariant}: {first.what}")
    return Caught()


def _broken(bug: Bug, seed: int) -> Sequence[Violation]:
    """Return what breaks in one history, or in one window of the act that the fault is about."""
    history = Window(bug.window, seed) if bug.window else History(seed, rounds=ROUNDS)
    return history.run().violations
