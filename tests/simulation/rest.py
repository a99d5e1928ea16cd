"""The end of a history: a person heals what is held back, and everything must come to rest."""

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from syncd.core.plan import ReviewKind
from syncd.core.seen import Answer
from syncd.cycle.refill import set_up
from syncd.cycle.repair import drop
from syncd.cycle.report import Report
from syncd.cycle.run import run_cycle
from syncd.cycle.settling import keep_row, settle_titles
from syncd.errors import HaltedError, SyncdError, UsageError
from syncd.sandbox.book.titles import column_index
from syncd.schema import Table
from tests.simulation import board
from tests.simulation.alignment import Excused

if TYPE_CHECKING:
    from tests.simulation.history import History

QUIET_CYCLES_MAX = 25
REFUSED = re.compile(r"""INSERT INTO "_syncd_operations" VALUES\(\d+,'\w+','\w+','refused',""")


def come_to_rest(history: "History") -> None:
    """Run cycles until none has anything to do, doing what a person is told to do; then check."""
    for number in range(QUIET_CYCLES_MAX):
        history.clock.sleep(400.0)
        before = _state(history)
        try:
            report = history.cycle()
        except SyncdError as error:
            _heal(history, error)
            continue
        if report.halted:
            _answer(history, report)
        elif number < QUIET_CYCLES_MAX / 2 and _settle(history):
            history.say("quiet: said whose the held rows are")
        elif not report.pending and _state(history) == before:
            history.marks["cycles until quiet"] += number + 1
            _check(history, report)
            return
    last = history.told[-1][:300]
    history.oracle.fail("liveness", f"no rest in {QUIET_CYCLES_MAX} cycles: {last}")


def _answer(history: "History", report: Report) -> None:
    """Do what the reason of a held table tells a person to do, or let it through."""
    rails = [halt.rail for table in report.tables.values() for halt in table.halts]
    for rail in rails:
        history.say(f"quiet: held: {rail}")
        history.mark(f"healed: {re.sub(r'«.*?»', '…', rail)[:60]}")
    if _follow(history, " ".join(rails)):
        return
    if any("`syncd init`" in rail for rail in rails):
        _init(history)
    else:
        approve(history)


def _follow(history: "History", told: str) -> bool:
    """Do in the sheet, or say, what a text tells a person to; return whether it tells anything."""
    dropped = re.search(r"`syncd repairs drop (\d+)`", told)
    astray = re.search(r"title to column ([A-Z]+) alone, then say `syncd settle (\w+)", told)
    one = r"«syncd id» are one column, ([A-Z]+)\. Give it the title of .*?`syncd settle (\w+)"
    astray = astray or re.search(one, told)
    if "Delete the rows above" in told:
        history.person_deletes_rows_above()
    elif astray:
        history.person_titles_id_column(astray[2], column_index(astray[1]))
        settle_titles(history.ws, history.ws.schema.table(astray[2]), Answer.REPLACED)
        history.mark("admin: says where the ids stand")
    elif "Put the titles back" in told:
        _put_right(history)
    elif dropped:
        drop(history.ws, int(dropped[1]), by="admin")
        history.mark("admin: drops a repair")
    else:
        return False
    return True


def _put_right(history: "History") -> None:
    """Put titles back over their columns; or say that the columns moved, where they did."""
    book = history.google.book
    for table in history.ws.schema.tables:
        tab = board.marked_tab(book, table.name)
        if tab is not None and board.is_astray(tab):
            history.person_deletes_doubled_columns(tab)  # else nobody knows which one is meant
            with suppress(UsageError):
                settle_titles(history.ws, table, Answer.REPLACED)
                history.mark("admin: says that columns moved")
    history.person_puts_titles_back()


def _init(history: "History", *, take_over: bool = False) -> None:
    try:
        set_up(history.ws, taking_over=take_over)
    except SyncdError as failure:
        history.say(f"quiet init: {failure} {failure.hint}")
        if "--take-over" in failure.hint and not take_over:
            _init(history, take_over=True)
            return
        _follow(history, f"{failure} {failure.hint}")


def _settle(history: "History") -> bool:
    """Say of each row that is held whether it is its record renamed, or another one."""
    crm, said = history.ws.crm, False
    if any(crm.settled.held(table.name) for table in history.ws.schema.tables):
        said = history.person_unmixes()  # what is held says first that it can be undone
    for table in history.ws.schema.tables if not said else ():
        held = {row: dict(values) for row, values in crm.settled.held(table.name).items()}
        for row in held:
            # Where another held row shows what this one was, it was not renamed but moved there.
            shown = [each for each, values in held.items() if history.oracle.is_own(row, values)]
            own = shown == [row]
            answer = Answer.RENAMED if own else Answer.REPLACED
            with crm.database.transaction():
                crm.settled.say(table.name, row, answer)
            history.mark(f"admin: {answer.value}")
            if answer is Answer.REPLACED:
                history.oracle.emptied.add(row)
                history.oracle.disowned.add(row)
            said = True
        said |= _keep(history, table)
    return said


def _keep(history: "History", table: Table) -> bool:
    """Say which of several rows keeps a record; where none is it, clear the id of each."""
    crm = history.ws.crm
    copies, held = crm.settled.copies(table.name), crm.settled.held(table.name)
    for row, rows in copies.items():
        own = [number for number, each in rows.items() if history.oracle.is_own(row, dict(each))]
        # While others are held, the row of this record may be one of them.
        if own:
            keep_row(history.ws, row, own[0])
            history.mark("admin: says which row keeps the record")
        elif not held:
            history.person_clears_ids(table.name, rows)
    return bool(copies)


def approve(history: "History") -> None:
    """Let through what is held back."""
    crm = history.ws.crm
    for halt in crm.halts.current():
        with crm.database.transaction():
            crm.halts.approve(halt.digest, at=history.ws.now(), by="admin")
        history.say(f"admin approves: {halt.rail} in {halt.table}")
        history.mark(f"admin: approves: {halt.rail}")


def _heal(history: "History", error: SyncdError) -> None:
    """Do what the error's hint tells a person to do."""
    history.say(f"quiet: {type(error).__name__}: {error} {error.hint}")
    history.mark(f"healed: {type(error).__name__}: {re.sub(r'«.*»', '…', error.what)}")
    if _follow(history, f"{error} {error.hint}"):
        return
    if isinstance(error, HaltedError):
        _init(history, take_over="--take-over" in error.hint)


def _state(history: "History") -> tuple[object, ...]:
    rows = [*history.app.execute("SELECT count(*), max(id) FROM _syncd_history")]
    return (history.google.book.revision, rows)


def _dump(history: "History") -> list[str]:
    """Return all that the file holds, but for what trying a paused row again adds to it.

    That is a cycle's number, and the batch that Google refused again: a late copy may still apply.
    """
    lines = (line for line in history.app.iterdump() if "VALUES('cycle'" not in line)
    return [line for line in lines if not REFUSED.match(line)]


def _check(history: "History", report: Report) -> None:
    revision, connection = history.google.book.revision, history.ws.crm.database.connection
    changes, dump = connection.total_changes, _dump(history)
    run_cycle(history.ws)
    written = connection.total_changes - changes
    history.restart()  # a new process says again what is held back; it must say the same
    run_cycle(history.ws)
    moved = sorted(set(dump) ^ set(_dump(history)))
    if history.google.book.revision != revision or written or moved:
        revisions = history.google.book.revision - revision
        what = f"{revisions} revisions, {written} rows written, after a restart: {moved}"
        history.oracle.fail("fixpoint", what)
    operations = history.ws.crm.operations
    if operations.has_unknown() or operations.has_repairs():
        history.oracle.fail("liveness", "at rest with an unknown operation or an open repair")
    history.oracle.check(history.google.book, history.app, _excused(history, report))


def _excused(history: "History", report: Report) -> Excused:
    """Return what the engine says is not aligned: refused, in review, or left alone."""
    crm, found = history.ws.crm, Excused()
    found.rows |= {(p["table"], p["row"]) for p in crm.state.problems()}
    for entry in crm.reviews.entries(None):
        if entry.review.kind is ReviewKind.NEW:
            found.rows.add((entry.table, entry.review.row))
    for table, row in report.paused:
        kind, _, rest = row.partition(" ")
        if kind == "row":
            history.mark("rest: a row stays frozen")
            found.frozen.setdefault(table, set()).add(int(rest) - 1)
        elif kind == "column":
            history.mark("rest: a column stays paused")
            found.columns.add((table, rest))
        else:
            found.rows.add((table, row))
            found.closed.add((table, row))
    return found
