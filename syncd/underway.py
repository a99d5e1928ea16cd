"""Under way: what an admin did that is recorded, and that no cycle has carried out as a whole yet.

It survives a crash: the next cycle goes on with it. Until then it can be called off, and a command
that fails before anything of it is done calls it off by itself, so that its error is the truth.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from syncd.core.plan import Standing
from syncd.core.snapshot import RowId, TableName
from syncd.crm.changesets import Changeset
from syncd.crm.reviews import Entry
from syncd.cycle.workspace import Workspace
from syncd.errors import SyncdError

CALLED_OFF = "it was called off"
GIVEN = "given"  # what an undo remembers of what a source had given, so that it can be called off
GOES_ON = "is recorded, and goes on with the next cycle"
_RECALLS = ("undo", "restore")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """An act that goes on with the next cycle: what is left of it, and whether some is done."""

    changeset: Changeset
    left: tuple[Entry, ...]
    begun: bool

    @property
    def can_be_called_off(self) -> bool:
        """Whether all of it that is left is still to be done: a switch and an import have begun."""
        return self.changeset.kind in _RECALLS and "authority" not in self.changeset.before


def under_way(ws: Workspace) -> list[UnderWay]:
    """Return the acts of which something is left to do, oldest first."""
    left: dict[str, list[Entry]] = {}
    for entry in ws.crm.reviews.entries(Standing.ACCEPTED):
        left.setdefault(entry.review.by, []).append(entry)
    known = ws.crm.changesets.named() if any(left) else {}
    return [
        UnderWay(changeset=each, left=tuple(left[name]), begun=_has_begun(ws, name))
        for name, each in known.items()
        if name in left
    ]


def _has_begun(ws: Workspace, name: str) -> bool:
    """Whether something of it was done, or has come to nothing."""
    answered = ws.crm.reviews.answered(name)
    ended = any(each.review.standing is not Standing.ACCEPTED for each in answered)
    return ended or bool(ws.crm.history.by(name))


def named_under_way(ws: Workspace, name: str) -> UnderWay | None:
    """Return what a name, or a kind for its newest, stands for if that can still be called off."""
    text = name.strip().lower()
    if text.removeprefix("cycle:").isdigit():
        return None
    found = ws.crm.changesets.find(text).name
    acts = (each for each in under_way(ws) if each.changeset.name == found)
    return next((each for each in acts if each.can_be_called_off), None)


def call_off(ws: Workspace, act: UnderWay) -> None:
    """Take back what was said and is not done; what a write under way did of it is put back.

    Of an act of which nothing was done nothing stays: it never was.
    """
    with ws.crm.database.transaction():
        numbers = [entry.id for entry in act.left]
        if act.begun:
            ws.crm.reviews.lapse(act.left, reason=CALLED_OFF, at=ws.now())
        else:
            ws.crm.reviews.forget(numbers)
            ws.crm.changesets.forget(act.changeset.id)
        _give_again(ws, act)


def _give_again(ws: Workspace, act: UnderWay) -> None:
    """Let a source have given again what would have been taken back of it."""
    rows = {(entry.table, entry.review.row) for entry in act.left}
    for source, table, row, given in json.loads(act.changeset.before.get(GIVEN, "[]")):
        if (table, row) in rows:
            ws.crm.sources.remember(source, TableName(table), {RowId(row): given})


@contextmanager
def naming(ws: Workspace, *names: str, then: str = GOES_ON) -> Iterator[None]:
    """Let a failure within the block say what becomes of what was recorded before it."""
    try:
        yield
    except SyncdError as error:
        for name in (each for each in names if _is_recorded(ws, each)):
            if _is_withdrawn(ws, name):
                error.what = f"{error.what}; nothing of it was done, and nothing will be"
            else:
                error.changeset = name
                told = f"{name} {then}; `syncd undo {name}` calls it off, or takes it back."
                ends = "" if error.hint.endswith((".", "!", "?")) else "." if error.hint else ""
                error.hint = f"{error.hint}{ends} {told}".strip()
        raise


def _is_recorded(ws: Workspace, name: str) -> bool:
    """Whether a name stands for something; one that cannot be looked up may."""
    try:
        return name in ws.crm.changesets.named()
    except SyncdError:
        return bool(name)


def _is_withdrawn(ws: Workspace, name: str) -> bool:
    """Call an act off of which nothing was done; where that cannot be known, it goes on."""
    try:
        act = named_under_way(ws, name)
        known = act is not None and not (act.begun or ws.crm.operations.has_unknown())
        if act is not None and known:
            call_off(ws, act)
    except SyncdError:
        return False
    return known
