"""What an examination says of one thing: that it is well, or what is wrong and what to do."""

from dataclasses import dataclass
from enum import Enum

from syncd.errors import Remedy, SyncdError


class State(Enum):
    """How a thing is: well, worth a look, or in the way of syncd's work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was looked at: what there is, and what to do about it.

    `healable` says that `doctor --fix` mends it, `first` that a person has to decide about it
    before anything is mended; `remedy` who can, where it is a failure.
    """

    part: str
    state: State
    what: str
    hint: str = ""
    remedy: Remedy = Remedy.REPAIR
    healable: bool = False
    first: bool = False


def well(part: str, what: str) -> Line:
    """Say that a thing is as it should be."""
    return Line(part=part, state=State.OK, what=what)


def warning(part: str, what: str, hint: str, *, healable: bool = False) -> Line:
    """Say that a thing works, and is worth a look."""
    return Line(part=part, state=State.WARN, what=what, hint=hint, healable=healable)


def failure(
    part: str,
    what: str,
    hint: str,
    *,
    remedy: Remedy = Remedy.REPAIR,
    healable: bool = False,
    first: bool = False,
) -> Line:
    """Say that a thing is in the way of syncd's work."""
    return Line(
        part=part,
        state=State.FAIL,
        what=what,
        hint=hint,
        remedy=remedy,
        healable=healable,
        first=first,
    )


def told(part: str, error: SyncdError) -> Line:
    """Say an error as a line."""
    where = f" ({error.on})" if error.on else ""
    remedy = Remedy.REPAIR if error.remedy is Remedy.USAGE else error.remedy
    hint = error.hint or "Mend it, then run `syncd doctor` again."
    return failure(part, f"{error.what}{where}", hint, remedy=remedy)
