"""Rails: what a plan may do at most before a person has looked.

Lives here: the checks that every table's plan passes before the first write. It must not know:
how rows are counted in the sheet, or who approves. A halted table writes no data on either
side; what is held back has a digest of its own, so that unrelated edits do not void an approval.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from syncd.core.plan import Case, Halt, TablePlan
from syncd.core.snapshot import RowId, Side
from syncd.core.state import TableState


@dataclass(frozen=True, slots=True, kw_only=True)
class Rails:
    """How much of a table one side may remove or change at once; shares are of its known rows."""

    removed_share_max: float = 0.10
    removed_rows_max: int = 10
    changed_share_max: float = 0.50
    changed_rows_max: int = 10


def check_rails(
    plan: TablePlan,
    state: TableState,
    rails: Rails,
    *,
    removed_lately: int = 0,
    approved: frozenset[str] = frozenset(),
) -> TablePlan:
    """Return the plan, or the plan without any row and with the halts that hold it back.

    `removed_lately` is how many rows of the table were removed within the last hour.
    """
    halts = tuple(
        halt for halt in _halts(plan, state, rails, removed_lately) if halt.digest not in approved
    )
    return replace(plan, rows=(), halts=halts) if halts else plan


def _halts(plan: TablePlan, state: TableState, rails: Rails, removed_lately: int) -> Iterable[Halt]:
    shared = {row for row, base in state.base.items() if not (base.archived or base.gone)}
    for side in Side:
        missing = _missing(state, shared, side)
        if len(shared) > 1 and len(missing) == len(shared):
            yield _halt(state, f"the {side.value} is suddenly empty", missing, shared)
    removed = {p.row for p in plan.rows if _removes(p.case)} & shared
    limit = max(rails.removed_rows_max, rails.removed_share_max * len(shared))
    if removed and len(removed) + removed_lately > limit:
        yield _halt(state, "too many rows removed within an hour", removed, shared)
    changed = {row for row in shared if _changed_by_sheet(state, row)}
    limit = max(rails.changed_rows_max, rails.changed_share_max * len(shared))
    if len(changed) > limit:
        yield _halt(state, "too many rows changed at once in the sheet", changed, shared)


def _missing(state: TableState, shared: set[RowId], side: Side) -> set[RowId]:
    """Return the shared rows that a side does not hold, archived ones among them."""
    if side is Side.SHEET:
        return {row for row in shared if row not in state.sheet and row not in state.frozen}
    live = {row for row, record in state.crm.items() if not record.archived}
    return shared - live


def _removes(case: Case) -> bool:
    return case in (Case.MISSING, Case.REMOVED_IN_SHEET, Case.REMOVED_IN_CRM)


def _changed_by_sheet(state: TableState, row: RowId) -> bool:
    """Whether the sheet's row differs from what was shared; a new blank column is no change."""
    seen, base = state.sheet.get(row), state.base[row]
    if seen is None:
        return False
    moved = any(value != base.values.get(name) for name, value in seen.values.items())
    return moved or bool(seen.problems)


def _halt(state: TableState, rail: str, rows: set[RowId], shared: set[RowId]) -> Halt:
    held = "\n".join((state.table, rail, *sorted(rows)))
    digest = hashlib.sha256(held.encode()).hexdigest()[:12]
    return Halt(table=state.table, rail=rail, count=len(rows), of=len(shared), digest=digest)
