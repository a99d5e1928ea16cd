"""What the workspace itself says: what waits, what is held back, what is left alone."""

from collections.abc import Iterator

from syncd.core.snapshot import Side
from syncd.crm.lease import Lease, Process
from syncd.crm.locks import is_running
from syncd.cycle.workspace import Workspace
from syncd.doctor.line import Line, failure, warning, well
from syncd.errors import Remedy

SHOWN_MAX = 5


def standing(ws: Workspace) -> Iterator[Line]:
    """Say how the workspace stands."""
    state = ws.crm.state
    side = "the CRM (connected)" if state.authority is Side.CRM else "the sheet (disconnected)"
    since = state.get("authority_since")
    yield well("authority", f"{side}{f' since {since}' if since else ''}")
    yield _daemon(ws)
    yield from _operations(ws)
    for halt in ws.crm.halts.current():
        approving = f" Or let it through: `syncd approve {halt.digest}`." if halt.digest else ""
        share = f" ({halt.count} of {halt.of} rows)" if halt.count else ""
        yield failure(
            "halt",
            f"{halt.table} is held back: {halt.rail}{share}",
            f"Mend the cause.{approving}",
            remedy=Remedy.DECISION,
        )
    yield from _left_alone(ws)
    problems = state.problems()
    rows = len({(problem["table"], problem["row"]) for problem in problems})
    if rows:
        yield warning(
            "quarantine",
            f"{rows} {'row is' if rows == 1 else 'rows are'} refused by the schemas",
            "`syncd status` says why.",
        )
    waiting = sum(ws.crm.reviews.count_open(table.name) for table in ws.schema.tables)
    yield well("review", f"{waiting} wait for a decision" if waiting else "nothing waits")


def _daemon(ws: Workspace) -> Line:
    """Say whether a daemon keeps both sides aligned, here or on another host."""
    held = Lease(ws.crm.database).held()
    if is_running(ws.config.crm_path):
        return well("daemon", f"it runs: {held}" if held else "it runs")
    if held is not None and not held.process.is_gone(Process.here()):
        return warning(
            "daemon",
            f"it runs elsewhere: {held}, last heard of at {held.renewed}",
            "If it is certain that it does not run any more, `syncd run --take-over` takes its"
            " place.",
        )
    return warning("daemon", "it does not run", "Start `syncd run`: nothing is aligned by itself.")


def _operations(ws: Workspace) -> Iterator[Line]:
    """Say what was sent and is not settled, or has to be put back."""
    if ws.crm.operations.has_unknown():
        yield warning(
            "writes",
            "it is not known whether the last write was applied",
            "The next cycle looks it up in the sheet: `syncd sync`, or wait for the daemon.",
        )
    repairs = len(ws.crm.operations.repairs())
    if repairs:
        yield warning(
            "writes",
            f"{repairs} {'cell or row is' if repairs == 1 else 'cells or rows are'} still to be"
            " put back that a write hit by mistake",
            "The next cycle mends it; `syncd history` says what it was.",
        )
    if ws.refill():
        yield failure(
            "writes",
            "a column that was made anew does not show yet what the CRM holds",
            "`syncd doctor --fix` fills it.",
            remedy=Remedy.DECISION,
            healable=True,
        )


def _left_alone(ws: Workspace) -> Iterator[Line]:
    paused = list(ws.crm.state.paused().items())
    for (table, row), reason in paused[:SHOWN_MAX]:
        yield warning("left alone", f"{table} {row}: {reason}", "It goes on by itself once mended.")
    if len(paused) > SHOWN_MAX:
        yield warning(
            "left alone", f"{len(paused) - SHOWN_MAX} more", "`syncd status` shows them all."
        )
