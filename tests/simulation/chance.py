"""Chance: four streams that do not move each other, and what is left out when shrinking.

Each decision draws from a generator of its own, named by its stream and by where in the history
it is taken. So an act or a fault that is left out changes nothing about the chance of the others.
"""

from collections.abc import Collection
from random import Random


class Chance:
    """One history's chance: the same seed and the same omissions give the same history."""

    def __init__(self, seed: int, omitted: Collection[str] = ()) -> None:
        self.seed = seed
        self.omitted = frozenset(omitted)
        self.happened: list[str] = []

    def at(self, stream: str, *where: object) -> Random:
        """Return the generator of one decision in a stream: workload, schedule, faults or data."""
        return Random(f"{self.seed}/{stream}/{'.'.join(map(str, where))}")

    def happens(self, name: str) -> bool:
        """Whether an act or a fault takes place; it is remembered under its name."""
        if name in self.omitted:
            return False
        self.happened.append(name)
        return True
