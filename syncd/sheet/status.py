"""What the status column tells the team about a row, in words for somebody new to syncd."""

from collections.abc import Callable, Sequence

from syncd.core.plan import Case, Review, ReviewKind, RowPlan
from syncd.core.snapshot import FieldName, Side, Value
from syncd.schema import Table, spoken

IN_SYNC = "In sync"
LENGTH_MAX = 300
_BEGINNINGS = (IN_SYNC, "Refused:", "In review:", "Waiting:", "Paused:", "Archived:", "Not taken:")

Show = Callable[[FieldName, Value], str]


def status_of(plan: RowPlan | None, table: Table, show: Show) -> str:
    """Return the status text of a row that the sheet shows; no plan means nothing to say."""
    if plan is None:
        return IN_SYNC
    if plan.case is Case.INVALID_RECORD:
        return _cut(f"Paused: the CRM holds something it should not: {_reason(plan, table)}")
    if plan.problems and all(problem.waits for problem in plan.problems):
        return _cut(f"Waiting: {_reason(plan, table)}")
    if plan.problems:
        return _cut(f"Refused: {_reason(plan, table)}")
    if plan.base is not None and plan.base.archived:
        return "Archived: no longer in use; the CRM keeps it"
    waiting = [review for review in plan.waiting if review.side is Side.SHEET]
    if waiting:
        return _cut(_waiting(waiting, table, show))
    if plan.case in (Case.NEW_IN_SHEET, Case.RETURNED) and not plan.actions:
        return "Not taken: while the CRM is connected, new rows are added there"
    return IN_SYNC


def is_status(text: str) -> bool:
    """Whether a text of the status column is blank or one that syncd wrote."""
    return not text or text.startswith(_BEGINNINGS)


def frozen_status(reason: str) -> str:
    """Return the status text of a row that is left alone."""
    return _cut(f"Paused: {reason}")


def halted_status(reason: str) -> str:
    """Return the status text of a table that is held back."""
    return _cut(f"Paused: {reason}; an admin has to look at it")


def _reason(plan: RowPlan, table: Table) -> str:
    return "; ".join(spoken(table, problem) for problem in plan.problems)


def _waiting(waiting: Sequence[Review], table: Table, show: Show) -> str:
    first, more = waiting[0], len(waiting) - 1
    others = f"; {more} other edit{'s' if more > 1 else ''} wait" if more else ""
    if more == 1:
        others = "; 1 other edit waits"
    match first.kind:
        case ReviewKind.EDIT:
            title = table.field(first.field).title
            offered = _quoted(show(first.field, first.offered.get(first.field)))
            shown = _quoted(show(first.field, first.shown.get(first.field)))
            if first.reason:
                return f"Refused: {title} {offered} {first.reason}; {shown} was put back" + others
            return f"In review: {title} {offered} waits for an admin; {shown} stands" + others
        case ReviewKind.NEW:
            return "In review: the CRM is connected, so this new row waits for an admin" + others
        case ReviewKind.REMOVAL | ReviewKind.WITHDRAWAL | ReviewKind.RETURN:
            return "In review: the row was removed and came back; an admin decides" + others


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "(blank)"


def _cut(text: str) -> str:
    return text if len(text) <= LENGTH_MAX else text[: LENGTH_MAX - 1] + "…"
