"""Rails: what a plan may do at most before a person has looked.

Lives here: the checks that every table's plan passes before the first write. It must not know:
how rows are counted in the sheet, what an hour is, or who approves.

Theory of operation. A rail names the parts of a plan that it holds back: the rows that are gone,
or the rows that changed together with what they hold now. A halted table writes no data on either
side. A person approves what is held by its digest; the approval covers just these parts, so that
an edit elsewhere does not void it and nothing more passes under it than was shown. It is spent
once its parts are carried out: what is removed a second time is asked about a second time.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from syncd.core.plan import Case, Halt, Put, ReviewKind, RowPlan, Standing, TablePlan
from syncd.core.snapshot import BaseRow, RowId, SheetRow, Side, TableName
from syncd.core.state import TableState

EMPTY = {side: f"the {side.value} is suddenly empty" for side in Side}
REMOVED = "too many rows removed within an hour"
CHANGED = "too many rows changed at once in the sheet"
SCHEMA = "the schema changed, and too many rows do not fit it any more"


REMOVALS = (Case.MISSING, Case.REMOVED_IN_SHEET, Case.REMOVED_IN_CRM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rails:
    """How much of a table one side may remove or change at once; shares are of its known rows."""

    removed_share_max: float = 0.10
    removed_rows_max: int = 10
    changed_share_max: float = 0.50
    changed_rows_max: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A held part that a person let through."""

    table: TableName
    rail: str
    digest: str
    held: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    """A rail that a plan ran into; `spare` more parts than approved would not have been held."""

    rail: str
    count: int
    held: frozenset[str]
    spare: int = 0


def check_rails(
    plan: TablePlan,
    state: TableState,
    rails: Rails,
    *,
    removed_lately: frozenset[RowId] = frozenset(),
    schema_changed: bool = False,
    stops: Iterable[Halt] = (),
    approvals: Collection[Approval] = (),
) -> TablePlan:
    """Return the plan, or the plan without any row and with the halts that hold it back.

    `removed_lately` are rows of the table that were removed within the last hour; `stops` are the
    halts that a person asked for.
    """
    gone = {side: _missing(plan, state, side) for side in Side}
    removed = {row.row for row in plan.rows if _is_removed(row, state, gone)}
    ran = tuple(_ran_into(plan, state, rails, gone, removed | removed_lately if removed else set()))
    if schema_changed:
        ran += tuple(_misfits(state, rails))
    halts, used = list(stops), set[str]()
    for each in ran:
        covering = [a for a in approvals if (a.table, a.rail) == (state.table, each.rail)]
        beyond = each.held.difference(*(approval.held for approval in covering))
        if covering and len(beyond) <= each.spare:
            used |= {a.digest for a in covering if a.held & each.held}
        else:
            halts.append(_halt(state, each))
    if halts:
        return replace(plan, rows=(), halts=tuple(halts), approved=frozenset(used))
    rows = plan.rows
    if removed:
        taken = {row.row for row in rows if row.row in removed and _takes(row)}
        rows = tuple(replace(row, removes=True) if row.row in taken else row for row in rows)
    return replace(plan, rows=rows, approved=frozenset(used))


def _ran_into(
    plan: TablePlan,
    state: TableState,
    rails: Rails,
    gone: dict[Side, set[RowId]],
    removed: Collection[RowId],
) -> Iterator[_Ran]:
    """Yield the rails that what the plan does runs into; rows in sync are not looked at."""
    changed = {row.row for row in plan.rows if _changed_by_sheet(state, row.row)}
    if not (changed or removed):
        return
    known = _count_shared(state)
    for side in Side:
        if 1 < known == len(gone[side]):
            yield _Ran(rail=EMPTY[side], count=known, held=frozenset(gone[side]))
    if len(removed) > max(rails.removed_rows_max, rails.removed_share_max * known):
        now = frozenset(row.row for row in plan.rows if row.row in removed)
        yield _Ran(rail=REMOVED, count=len(removed), held=now)
    limit = int(max(rails.changed_rows_max, rails.changed_share_max * known))
    if len(changed) > limit:
        held = frozenset(_seen(state.sheet[row]) for row in changed)
        yield _Ran(rail=CHANGED, count=len(changed), held=held, spare=limit)


def _misfits(state: TableState, rails: Rails) -> Iterator[_Ran]:
    """The schema is another one: rows that fitted and do not any more are more than a few."""
    held = frozenset(
        f"{row}:{_short_hash(repr(sorted(base.values.items())))}"
        for row, base in state.base.items()
        if _is_shared(base) and not _fits(state, row, base)
    )
    limit = int(max(rails.removed_rows_max, rails.removed_share_max * _count_shared(state)))
    if len(held) > limit:
        yield _Ran(rail=SCHEMA, count=len(held), held=held, spare=limit)


def _fits(state: TableState, row: RowId, base: BaseRow) -> bool:
    """Whether what was shared fits the schema, or a side has mended it since."""
    if not state.check(base.values):
        return True
    sides = (state.sheet.get(row), state.crm.get(row))
    return any(s and not s.problems and s.values != base.values for s in sides)


def _is_shared(base: BaseRow | None) -> bool:
    """Whether both sides were last known to hold the row, in use."""
    return base is not None and not (base.archived or base.gone)


def _count_shared(state: TableState) -> int:
    return sum(map(_is_shared, state.base.values())) + state.resting


def _missing(plan: TablePlan, state: TableState, side: Side) -> set[RowId]:
    """Return the shared rows that a side does not hold, archived ones among them."""
    rows = (row.row for row in plan.rows if _is_shared(state.base.get(row.row)))
    if side is Side.SHEET:
        return {row for row in rows if row not in state.sheet}
    return {row for row in rows if row not in state.crm or state.crm[row].archived}


def _is_removed(plan: RowPlan, state: TableState, gone: dict[Side, set[RowId]]) -> bool:
    """Whether a side does not hold the row any more, or the sheet only a shell of it.

    A removal that a person agreed to is nobody's accident; a row that only waits, because its
    record is invalid, is not removed.
    """
    row = plan.row
    missing = plan.case in REMOVALS and (row in gone[Side.SHEET] or row in gone[Side.CRM])
    return (missing and not _was_agreed(plan)) or _is_emptied(state, row)


def _was_agreed(plan: RowPlan) -> bool:
    removals = (entry for entry in plan.reviews if entry.kind is ReviewKind.REMOVAL)
    return any(entry.standing is Standing.TAKEN for entry in removals)


def _is_emptied(state: TableState, row: RowId) -> bool:
    """Whether more than half of what was shared of a row is blank in the sheet now."""
    seen, base = state.sheet.get(row), state.base.get(row)
    if seen is None or base is None or not _is_shared(base):
        return False
    filled = [name for name in state.fields if base.values.get(name) is not None]
    blank = sum(1 for name in filled if seen.values.get(name, seen) is None)
    return 2 * blank > len(filled)


def _takes(plan: RowPlan) -> bool:
    """Whether the plan carries a removal over to the other side."""
    if plan.case in (Case.REMOVED_IN_SHEET, Case.REMOVED_IN_CRM):
        return plan.base is not None and plan.base.archived
    return any(isinstance(action, Put) and action.side is Side.CRM for action in plan.actions)


def _changed_by_sheet(state: TableState, row: RowId) -> bool:
    """Whether the sheet's row differs from what was shared.

    A new column is no change where it is blank, or was filled with what the CRM holds.
    A row that is only marked as archived counts where its record would change: that it does not
    fit the schema any more is nobody's act.
    """
    seen, base = state.sheet.get(row), state.base.get(row)
    if seen is None or base is None or base.gone:
        return False
    record = state.crm.get(row)
    filled = record.values if record else {}
    moved = any(
        value != base.values.get(name) and (name in base.values or value != filled.get(name))
        for name, value in seen.values.items()
        if name in state.fields
    )
    if base.archived:
        return moved and not seen.problems
    return moved or bool(seen.problems)


def _seen(row: SheetRow) -> str:
    """Name a row together with all that it shows: what was approved is what was seen."""
    shown = sorted(row.values.items()), [(p.field, p.text) for p in row.problems]
    return f"{row.id}:{_short_hash(repr(shown))}"


def _halt(state: TableState, ran: _Ran) -> Halt:
    digest = _short_hash("\n".join((state.table, ran.rail, *sorted(ran.held))))
    return Halt(
        table=state.table,
        rail=ran.rail,
        count=ran.count,
        of=_count_shared(state),
        digest=digest,
        held=ran.held,
    )


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
