"""Reconcile: the pure, total decision of what aligns both replicas.

Lives here: every rule of authority and policy, once, for both authorities. It must not know:
what a field means, how a replica is read or written, what time it is.

Theory of operation. Each row is in one of a few presences: shown in the sheet or not, a live,
an archived or no record in the CRM, shared before (a base) or not. `_decide` matches on them
and names the case. The replica with authority is *right*; the other is the *follower*, whose
acts are taken, asked about or turned away as the policy says. No rule is written twice: what is
said of one side holds for the other when the authority is switched.

What one side changed is found against the base, per field. Without a base, what differs is a
conflict; what one side leaves blank is none.
"""

from collections.abc import Iterator
from dataclasses import replace

from syncd.core.merge import merge_fields
from syncd.core.plan import (
    Action,
    Archive,
    Case,
    Cell,
    Create,
    Put,
    Remove,
    Review,
    ReviewKind,
    RowPlan,
    Standing,
    TablePlan,
    Unarchive,
)
from syncd.core.policy import Handling, Policy
from syncd.core.snapshot import BaseRow, CrmRow, RowId, SheetRow, Side, Values
from syncd.core.state import RowState, TableState, changed_fields, edit_review, reasons_of


def reconcile(state: TableState, policy: Policy) -> TablePlan:
    """Decide what aligns both replicas of one table; rows in sync without a word are left out."""
    reviewed = {row for row, _, _ in state.reviews}
    plans = [
        _decide(RowState.of(state, policy, row))
        for row in _rows(state)
        if row in reviewed or not _settled(state, row)
    ]
    return TablePlan(table=state.table, rows=tuple(plan for plan in plans if plan is not None))


def _rows(state: TableState) -> Iterator[RowId]:
    """Yield each row once: as the sheet shows them, then the others."""
    yield from (row for row in state.sheet if row not in state.frozen)
    rest = (state.crm.keys() | state.base.keys()) - state.sheet.keys() - state.frozen
    yield from sorted(rest)


def _settled(state: TableState, row: RowId) -> bool:
    """Whether both sides still hold what they shared: the common case, and the fast one."""
    base, sheet, crm = state.base.get(row), state.sheet.get(row), state.crm.get(row)
    if base is None or crm is None or crm.problems or base.archived != crm.archived:
        return False
    if sheet is None:
        return base.gone and base.archived
    if sheet.problems or base.gone or base.archived:
        return False
    return sheet.values == base.values == crm.values


def _decide(row: RowState) -> RowPlan | None:
    """Name the case of a row, and decide it."""
    match row.sheet, row.base:
        case None, base:
            return _without_row(row, known=base is not None and not base.gone)
        case sheet, None:
            return _with_row(row, sheet, known=False, archived=False)
        case sheet, base:
            return _with_row(row, sheet, known=not base.gone, archived=base.archived)


def _without_row(row: RowState, *, known: bool) -> RowPlan | None:
    """The sheet does not show the row."""
    match row.crm:
        case None:
            # Neither side has it: there is nothing left to share or to ask.
            return row.plan(Case.VANISHED, base=None, reviews=_moot(row))
        case CrmRow(archived=True) as crm:
            return _only_archived(row, crm)
        case crm:
            return _removed_in_sheet(row, crm) if known else _new_in_crm(row, crm)


def _with_row(row: RowState, sheet: SheetRow, *, known: bool, archived: bool) -> RowPlan:
    """The sheet shows the row; both may have known it before, also as archived."""
    match row.crm:
        case None:
            return _new_in_sheet(row, sheet) if row.base is None else _removed_in_crm(row, sheet)
        case CrmRow(archived=True) as crm:
            if not known:
                return _returned(row, sheet)
            return _both(row, sheet, crm) if archived else _removed_in_crm(row, sheet)
        case crm:
            return _both(row, sheet, crm)


# ── A row that only one side has ──────────────────────────────────────────────────────────────


def _only_archived(row: RowState, crm: CrmRow) -> RowPlan | None:
    """An archived record without a row: usual, unless the row was there until now."""
    if row.base is None:
        return None
    if not row.base.gone and not row.confirmed:
        return row.plan(Case.MISSING, base=row.base)
    asked = [entry for sides in row.reviews.values() for entry in sides.values()]
    answered = [e for e in asked if e.field and e.standing is Standing.ACCEPTED]
    cells = tuple(
        Cell(field=e.field, expected=crm.values.get(e.field), value=e.offered[e.field])
        for e in answered
    )
    # Questions about its fields stay open, as nobody has seen those values; the others are moot.
    taken = (replace(entry, standing=Standing.TAKEN) for entry in answered)
    moot = (e for e in _moot(row) if not e.field)
    put = (Put(side=Side.CRM, cells=cells),) if cells else ()
    base = replace(row.base, archived=True, gone=True)
    return row.plan(Case.ARCHIVED, *put, base=base, reviews=(*taken, *moot))


def _new_in_sheet(row: RowState, sheet: SheetRow) -> RowPlan:
    """Somebody typed a new row."""
    taking = Create(side=Side.CRM, values=sheet.values)
    return _arrival(row, sheet, case=Case.NEW_IN_SHEET, taking=taking)


def _new_in_crm(row: RowState, crm: CrmRow) -> RowPlan:
    """Somebody made a new record, or took an archived one into use again."""
    taking = Create(side=Side.SHEET, values=crm.values)
    return _arrival(row, crm, case=Case.NEW_IN_CRM, taking=taking)


def _returned(row: RowState, sheet: SheetRow) -> RowPlan:
    """A row whose record is archived stands in the sheet again: somebody pressed undo."""
    shared = row.base.values if row.base else {}
    plan = _arrival(row, sheet, case=Case.RETURNED, taking=Unarchive())
    if not plan.actions:
        return plan
    # What differs from the record is merged by the next cycle, against what was shared before.
    return replace(plan, base=BaseRow(values=shared))


def _arrival(row: RowState, arrived: SheetRow | CrmRow, *, case: Case, taking: Action) -> RowPlan:
    """Take what appeared on one side, ask about it, or leave it where it is."""
    side = Side.SHEET if isinstance(arrived, SheetRow) else Side.CRM
    handling = Handling.MERGE if row.authority is side else row.policy.new_rows
    entry = row.review(side)
    offer = Review(
        kind=ReviewKind.NEW,
        row=row.id,
        side=side,
        offered=arrived.values,
        reason=reasons_of(arrived.problems),
    )
    same = entry is not None and (entry.offered, entry.reason) == (offer.offered, offer.reason)
    if arrived.problems:
        refused = Case.REFUSED if side is Side.SHEET else Case.INVALID_RECORD
        asked = (offer,) if handling is Handling.REVIEW and not same else ()
        return row.plan(refused, base=row.base, reviews=asked, problems=arrived.problems)
    accepted = same and entry is not None and entry.standing is Standing.ACCEPTED
    if handling is Handling.MERGE or accepted:
        # An entry about it, if there is one, is answered by taking the row.
        done = () if entry is None else (replace(entry, standing=Standing.TAKEN),)
        return row.plan(case, taking, base=BaseRow(values=arrived.values), reviews=done)
    if same:
        # Asked already, or answered with no: it stays where it is and changes nothing.
        return row.plan(case, base=row.base)
    if handling is Handling.REJECT:
        turned = replace(offer, standing=Standing.REJECTED)
        return row.plan(case, base=row.base, reviews=(turned,), turned=(turned,))
    return row.plan(case, base=row.base, reviews=(offer,))


# ── A row that one side took away ─────────────────────────────────────────────────────────────


def _removed_in_sheet(row: RowState, crm: CrmRow) -> RowPlan:
    """The row was in the sheet and is not: its record is archived, or the row comes back."""
    base = row.base or BaseRow()
    if not row.confirmed:
        return row.plan(Case.MISSING, base=base)
    if _takes_removal(row, Side.SHEET, edited=crm.values != base.values):
        # The edits of a record that is archived with them are asked about: nobody saw them.
        asked = tuple(edit_review(row, Side.CRM, name) for name in changed_fields(row, crm.values))
        gone = BaseRow(values=base.values, archived=True, gone=True)
        return row.plan(Case.REMOVED_IN_SHEET, Archive(), base=gone, reviews=asked)
    if crm.problems:
        return row.plan(Case.INVALID_RECORD, base=base, problems=crm.problems)
    back = Create(side=Side.SHEET, values=crm.values)
    return _put_back(row, back, case=Case.REMOVED_IN_SHEET, kept=crm.values)


def _removed_in_crm(row: RowState, sheet: SheetRow) -> RowPlan:
    """The record was archived or deleted: the row is marked, or the record comes back."""
    base = row.base or BaseRow()
    if row.crm is None and base.archived:
        return row.plan(Case.ARCHIVED, base=base)
    edited = bool(sheet.problems) or sheet.values != base.values
    if _takes_removal(row, Side.CRM, edited=edited):
        # What was typed into the row meanwhile is judged as an edit by the next cycle.
        return row.plan(Case.REMOVED_IN_CRM, base=replace(base, archived=True))
    if sheet.problems:
        return row.plan(Case.REFUSED, base=base, problems=sheet.problems)
    if row.crm is None:
        back: Action = Create(side=Side.CRM, values=sheet.values)
        return _put_back(row, back, case=Case.REMOVED_IN_CRM, kept=sheet.values)
    plan = _put_back(row, Unarchive(), case=Case.REMOVED_IN_CRM, kept=sheet.values)
    # The record may hold other values than the row: they are merged by the next cycle.
    return replace(plan, base=base)


def _takes_removal(row: RowState, side: Side, *, edited: bool) -> bool:
    """Whether a removal by `side` stands: the authority's always, the follower's if merged."""
    return row.authority is side or (row.policy.removals is Handling.MERGE and not edited)


def _put_back(row: RowState, back: Action, *, case: Case, kept: Values) -> RowPlan:
    """The follower's removal does not stand: the row comes back, and a person may be asked."""
    side = row.authority.other
    base = BaseRow(values=kept)
    asked = Review(kind=ReviewKind.REMOVAL, row=row.id, side=side, shown=kept)
    if row.policy.removals is Handling.REJECT:
        turned = replace(asked, standing=Standing.REJECTED)
        return row.plan(case, back, base=base, turned=(turned,))
    return row.plan(case, back, base=base, reviews=(asked,))


# ── A row that both sides have ────────────────────────────────────────────────────────────────


def _both(row: RowState, sheet: SheetRow, crm: CrmRow) -> RowPlan:
    """Both sides hold the row: merge it field by field, unless one of them cannot be read."""
    if crm.problems:
        return row.plan(Case.INVALID_RECORD, base=row.base, problems=crm.problems)
    if sheet.problems and row.authority is Side.SHEET:
        return row.plan(Case.REFUSED, base=row.base, problems=sheet.problems)
    removal = _accepted_removal(row)
    if removal is not None and not crm.archived:
        base = row.base or BaseRow()
        taken = replace(removal, standing=Standing.TAKEN)
        return row.plan(Case.REMOVED_IN_CRM, Archive(), base=base, reviews=(taken,))
    merged = merge_fields(row, sheet, crm, careful=False)
    if merged.takes and row.check(merged.agreed):
        # Each side is right by itself and both together are not: the authority's row stands.
        merged = merge_fields(row, sheet, crm, careful=True)
    case = Case.ARCHIVED if crm.archived else Case.EDITED if merged.actions else Case.IN_SYNC
    plan = row.plan(
        case,
        *merged.actions,
        base=BaseRow(values=merged.agreed, archived=crm.archived),
        reviews=(*merged.reviews, *_answered_arrivals(row)),
        turned=tuple(merged.turned),
    )
    if crm.archived and row.policy.remove_archived and not plan.actions and not plan.waiting:
        # Its mark was verified by an earlier cycle, nothing is typed in it, nothing is asked.
        gone = BaseRow(values=merged.agreed, archived=True, gone=True)
        return replace(plan, actions=(Remove(),), base=gone)
    return plan


def _accepted_removal(row: RowState) -> Review | None:
    """Return the entry by which a person agreed that the row be archived after all."""
    for side in Side:
        entry = row.review(side)
        if entry and entry.kind is ReviewKind.REMOVAL and entry.standing is Standing.ACCEPTED:
            return entry
    return None


def _answered_arrivals(row: RowState) -> tuple[Review, ...]:
    """Close the question about a new row that is on both sides by now."""
    entries = (row.review(side) for side in Side)
    return tuple(
        replace(e, standing=Standing.MOOT)
        for e in entries
        if e and e.kind is ReviewKind.NEW and e.standing in (Standing.OPEN, Standing.ACCEPTED)
    )


def _moot(row: RowState) -> tuple[Review, ...]:
    """Close what is still asked about a row that is no more."""
    entries = (entry for sides in row.reviews.values() for entry in sides.values())
    return tuple(
        replace(e, standing=Standing.MOOT)
        for e in entries
        if e.standing in (Standing.OPEN, Standing.ACCEPTED)
    )
