"""What happens at the same time: reads right after writes, and others who write meanwhile."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from syncd.errors import SheetError
from syncd.probe.model import Finding, found, probe
from syncd.probe.rehearsal import copy_formulas
from syncd.probe.scratch import Scratch
from syncd.sheet.cells import Entered, block, update_cells
from syncd.sheet.client import Client, RefusedError

ROUNDS = 6
LAG_ROUNDS, LAG_WAIT_S = 20, 0.5


class Typist:
    """Somebody who writes one higher number after the other into the same cells, meanwhile."""

    def __init__(self, scratch: Scratch, *sheet_ids: int) -> None:
        self._client = scratch.client.twin()
        self._sheet_ids = sheet_ids
        self._stopping = threading.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._type, daemon=True)
        self.typed = 0

    def _type(self) -> None:
        for number in count(1):
            if self._stopping.is_set():
                return
            cell: Entered = {"numberValue": number}
            body = {"requests": [update_cells(each, 0, 0, [[cell]]) for each in self._sheet_ids]}
            try:
                self._client.write(body, fields="spreadsheetId")
            except SheetError:
                self._begun.set()
                continue
            self.typed = number
            self._begun.set()

    def begin(self) -> None:
        """Start, and return when the first number stands there."""
        self._thread.start()
        self._begun.wait(60)

    def stop(self) -> None:
        """Stop, and wait for the last number."""
        self._stopping.set()
        self._thread.join()
        self._client.close()


@contextmanager
def typing(scratch: Scratch, *sheet_ids: int) -> Iterator[Typist]:
    """Let somebody type while a block runs."""
    typist = Typist(scratch, *sheet_ids)
    typist.begin()
    try:
        yield typist
    finally:
        typist.stop()


@probe(
    why="DESIGN 6: an answer shows the mirror of its own batch, not of a later one",
    otherwise="An answer may show what somebody wrote afterwards: the mirror is syncd's own tab, so"
    " only its own later batch could stand there, and none is sent before this one is judged.",
    question="P2",
)
def answer_shows_its_own_moment(scratch: Scratch) -> Finding:
    """A batch's answer shows the spreadsheet as the batch left it, also while somebody types."""
    table, mirror = scratch.tab(), scratch.tab()
    scratch.batch(update_cells(table, 0, 0, [[{"numberValue": 0}]]))
    copy = copy_formulas(block(table, (0, 1), (0, 1)), block(mirror, (0, 1), (0, 1)))
    with typing(scratch, table) as typist:
        for number in range(1, ROUNDS + 1):
            ours = update_cells(table, 0, 0, [[{"stringValue": f"ours {number}"}]])
            seen = scratch.batch(copy, ours, show=[table, mirror]).seen
            shown = seen.entered(table, 0, 0)
            if shown != f"ours {number}":
                return found(False, f"the answer to “ours {number}” shows {shown}")
    return found(True, f"in {ROUNDS} batches, while {typist.typed} numbers were typed")


@probe(
    why="DESIGN 6.1: ids, titles and values of a tab belong to one moment: they are one range",
    otherwise="Two tabs may be read as of two moments: a reference may wait a cycle, and syncd's"
    " own number may lag; both heal with the next read.",
    question="P11",
)
def read_shows_one_moment(scratch: Scratch) -> Finding:
    """One read of several tabs shows all of them as of one moment, also while somebody types."""
    first, second = scratch.tab(), scratch.tab()
    zero: Entered = {"numberValue": 0}
    scratch.batch(*(update_cells(each, 0, 0, [[zero]]) for each in (first, second)))
    with typing(scratch, first, second) as typist:
        for _ in range(ROUNDS):
            try:
                shown = scratch.values(first, second)
            except RefusedError as error:
                # Both tabs were made and written before: one part of the read is from before that.
                return found(False, f"a read does not know a tab that is there: {error.what}")
            if shown[first] != shown[second]:
                seen = f"{shown[first]} and {shown[second]}"
                return found(False, f"both were written together; read: {seen}")
    return found(True, f"in {ROUNDS} reads, while {typist.typed} numbers were typed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How many looks it took until a change was seen; none if it never was."""

    looks: int | None


def until_seen(scratch: Scratch, is_there: Callable[[], bool]) -> Lag:
    """Look again and again, a moment apart, until a change is seen."""
    for looks in range(1, LAG_ROUNDS + 1):
        if is_there():
            return Lag(looks=looks)
        scratch.sleep(LAG_WAIT_S)
    return Lag(looks=None)


@probe(
    why="DESIGN 6.7: after a lost answer, the sheet is read to see whether the batch was applied",
    otherwise="A read may miss what was just written: syncd judges by answers, and sends only"
    " batches that can be applied once; a cycle may find its own change late.",
    question="P7",
)
def read_shows_what_was_written(scratch: Scratch) -> Finding:
    """A read by another client right after a write shows what was written."""
    sheet_id, reader = scratch.tab(), scratch.client.twin()
    scratch.batch(update_cells(sheet_id, 0, 0, [[{"numberValue": 0}]]))
    try:
        for number in range(1, ROUNDS + 1):
            scratch.batch(update_cells(sheet_id, 0, 0, [[{"numberValue": number}]]))
            if (late := _lag(scratch, reader, sheet_id, number)) is not None:
                return found(False, late)
    finally:
        reader.close()
    return found(True, f"each of {ROUNDS} reads showed the write before it")


def _lag(scratch: Scratch, reader: Client, sheet_id: int, number: int) -> str | None:
    """Return how late a number is seen, or None if at once."""

    def is_there() -> bool:
        try:
            return scratch.values(sheet_id, by=reader)[sheet_id] == [[number]]
        except RefusedError:
            return False  # the tab itself is not seen yet

    lag = until_seen(scratch, is_there)
    if lag.looks == 1:
        return None
    if lag.looks is None:
        return f"not within {LAG_ROUNDS * LAG_WAIT_S:.0f} s"
    scratch.lag_s = lag.looks * LAG_WAIT_S
    return f"only after about {(lag.looks - 1) * LAG_WAIT_S:.1f} s"


# A lag is found out first: the other probes wait for it before they read.
PROBES = (read_shows_what_was_written, answer_shows_its_own_moment, read_shows_one_moment)
