"""What a probe is: one assumption about Google, why syncd relies on it, and how it is tried."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from syncd.probe.scratch import Scratch


class Verdict(Enum):
    """What became of an assumption when it was tried."""

    HOLDS = "holds"
    DIFFERS = "differs"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a probe found, and what it saw."""

    verdict: Verdict
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One assumption about Google.

    It is essential if syncd could lose or misplace something, unnoticed, where it does not hold;
    syncd does not connect then. `otherwise` says what it means for us when it differs.
    `question` is its number among the questions that research left open.
    """

    id: str
    assumption: str
    why: str
    otherwise: str
    attempt: Callable[[Scratch], Finding]
    essential: bool = False
    question: str = ""


def probe(
    *, why: str, otherwise: str, essential: bool = False, question: str = ""
) -> Callable[[Callable[[Scratch], Finding]], Probe]:
    """Make a probe of a function: its name is the probe's id, its docstring the assumption."""

    def made(attempt: Callable[[Scratch], Finding]) -> Probe:
        return Probe(
            id=attempt.__name__.replace("_", "-"),
            assumption=(attempt.__doc__ or "").strip(),
            why=why,
            otherwise=otherwise,
            attempt=attempt,
            essential=essential,
            question=question,
        )

    return made


def found(holds: object, seen: str) -> Finding:
    """Return that an assumption holds, or differs, and what was seen."""
    return Finding(verdict=Verdict.HOLDS if holds else Verdict.DIFFERS, seen=seen)


def untried(seen: str) -> Finding:
    """Return that an assumption could not be tried, and why."""
    return Finding(verdict=Verdict.UNTRIED, seen=seen)
