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

from syncd.core.merge import Merged, accepted_edit, is_as_shown, merge_fields
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
from syncd.core.recall import lapsed, recall_of, recalled
from syncd.core.snapshot import BaseRow, CrmRow, FieldName, RowId, SheetRow, Side, Values
from syncd.core.state import (
    Asked,
    RowState,
    TableState,
    asked_by_row,
    changed_fields,
    edit_review,
    reasons_of,
)


def reconcile(state: TableState, policy: Policy) -> TablePlan:
    """Decide what aligns both replicas of one table; rows in sync without a word are left out."""
    asked = asked_by_row(state) if state.reviews else {}
    pending = {row for row, entries in asked.items() if any(_pending(entries))}
    plans = [
        _decide(RowState.of(state, policy, row, asked.get(row, {})))
        for row in _open(state, pending)
    ]
    return TablePlan(table=state.table, rows=tuple(plan for plan in plans if plan is not None))


def _open(state: TableState, asked: set[RowId]) -> Iterator[RowId]:
    """Yield the rows to decide, each once: as the sheet shows them, as the CRM does, the rest.

    Left out are rows that both sides still hold as they shared them, unless they are asked about:
    the common case, and in a large table nearly all of them.
    """
    base, sheet, crm, frozen = state.base, state.sheet, state.crm, state.frozen
    alone = len(base) != len(sheet) or len(crm) != len(sheet)  # whether a side has rows of its own
    both = zip(sheet.items(), map(base.get, sheet), map(crm.get, sheet), strict=True)
    for (row, seen), shared, record in both:
        if shared is None or record is None:
            alone = True
        elif (
            seen.values == shared.values == record.values
            and not (seen.problems or record.problems)
            and not (shared.gone or shared.archived or record.archived)
            and row not in asked
        ):
            continue
        if row not in frozen:
            yield row
    for row, record in crm.items() if alone else ():
        if row not in sheet and row not in frozen:
            shared = base.get(row)
            known = shared is not None and shared.gone and shared.archived and record.archived
            if not known or record.problems or row in asked:
                yield row
    rest = {*asked, *(base if alone else ())}
    rest = {row for row in rest if row not in sheet and row not in crm}
    yield from sorted(rest - frozen)


def _decide(row: RowState) -> RowPlan | None:
    """Carry out what an admin decided about the row, or decide it by its case."""
    entry = recall_of(row)
    if entry is None:
        return _by_case(row)
    return recalled(row, entry) or lapsed(row, entry, _by_case(row.without(entry)))


def _by_case(row: RowState) -> RowPlan | None:
    """Name the case of a row, and decide it."""
    known = row.base is not None and not row.base.gone
    match row.sheet:
        case None:
            return _without_row(row, known=known)
        case sheet:
            return _with_row(row, sheet, known=known)


def _without_row(row: RowState, *, known: bool) -> RowPlan | None:
    """The sheet does not show the row: one complete read is not enough to say that it is gone."""
    match row.crm:
        case CrmRow(archived=False) as crm:
            return _removed_in_sheet(row, crm) if known else _new_in_crm(row, crm)
        case crm if not row.confirmed and (known or not (row.base or crm)):
            return row.plan(Case.MISSING, base=row.base)
        case None:
            # Neither side has it: there is nothing left to share or to ask.
            return row.plan(Case.VANISHED, base=None, reviews=_moot(row))
        case crm:
            return _only_archived(row, crm)


def _with_row(row: RowState, sheet: SheetRow, *, known: bool) -> RowPlan:
    """The sheet shows the row; both may have known it before, also as archived."""
    archived = row.base is not None and row.base.archived
    match row.crm:
        case None:
            return _removed_in_crm(row, sheet) if known else _new_in_sheet(row, sheet)
        case CrmRow(archived=True) as crm:
            if not known:
                return _returned(row, sheet, crm)
            return _both(row, sheet, crm) if archived else _removed_in_crm(row, sheet)
        case crm:
            return _both(row, sheet, crm)


# ── A row that only one side has ──────────────────────────────────────────────────────────────


def _only_archived(row: RowState, crm: CrmRow) -> RowPlan | None:
    """An archived record without a row: usual; what was asked about its fields can be answered."""
    if row.base is None and not any(_pending(row.reviews)):
        return None
    edits = [accepted_edit(row, name) for name in row.fields]
    answers = {e.key: e for e in edits if e and is_as_shown(e, crm.values.get(e.field))}
    wanted = {entry.field: entry.offered[entry.field] for entry in answers.values()}
    if wanted and row.check({**crm.values, **wanted}):
        # The record would fail its schema: nothing is taken, and it is asked again.
        answers, wanted = {}, {}
    cells = tuple(
        Cell(field=name, expected=crm.values.get(name), value=value)
        for name, value in wanted.items()
        if crm.values.get(name) != value
    )
    # Questions about its fields stay open, as nobody has seen those values; the others are moot.
    reviews = (
        replace(e, standing=Standing.TAKEN)
        if e.key in answers
        else replace(e, standing=Standing.OPEN, shown={e.field: crm.values.get(e.field)})
        for e in _pending(row.reviews)
        if e.field and e.standing is Standing.ACCEPTED
    )
    put = (Put(side=Side.CRM, cells=cells),) if cells else ()
    base = replace(row.base, archived=True, gone=True) if row.base else None
    return row.plan(Case.ARCHIVED, *put, base=base, reviews=(*reviews, *_closed(row)))


def _new_in_sheet(row: RowState, sheet: SheetRow) -> RowPlan:
    """Somebody typed a new row."""
    taking = Create(side=Side.CRM, values=sheet.values)
    return _arrival(row, sheet, case=Case.NEW_IN_SHEET, taking=taking)


def _new_in_crm(row: RowState, crm: CrmRow) -> RowPlan:
    """Somebody made a new record, or took an archived one into use again."""
    taking = Create(side=Side.SHEET, values=crm.values)
    return _arrival(row, crm, case=Case.NEW_IN_CRM, taking=taking)


def _returned(row: RowState, sheet: SheetRow, crm: CrmRow) -> RowPlan:
    """A row whose record is archived stands in the sheet again: somebody pressed undo."""
    shared = row.base.values if row.base else {}
    plan = _arrival(row, sheet, case=Case.RETURNED, taking=Unarchive(held=crm.values))
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
        offered={**{p.field: p.text for p in arrived.problems}, **arrived.values},
        reason=reasons_of(arrived.problems),
        waits=bool(arrived.problems) and all(problem.waits for problem in arrived.problems),
    )
    answer = _standing(row, entry, offer)
    quiet = answer in (Standing.OPEN, Standing.REJECTED)
    if arrived.problems:
        # Who said yes to a row that only waits for another one need not say it again.
        quiet = quiet or (answer is Standing.ACCEPTED and offer.waits)
        refused = Case.REFUSED if side is Side.SHEET else Case.INVALID_RECORD
        asked = (offer,) if handling is Handling.REVIEW and not quiet else ()
        return row.plan(refused, base=row.base, reviews=asked, problems=arrived.problems)
    if handling is Handling.MERGE or answer is Standing.ACCEPTED:
        # An entry about it, if one is left, is answered by taking the row.
        done = (replace(entry, standing=Standing.TAKEN),) if entry and entry.pending else ()
        return row.plan(case, taking, base=BaseRow(values=arrived.values), reviews=done)
    if quiet:
        # Asked already, or answered with no: it stays where it is and changes nothing.
        return row.plan(case, base=row.base)
    if handling is Handling.REJECT:
        turned = replace(offer, standing=Standing.REJECTED)
        return row.plan(case, base=row.base, reviews=(turned,), turned=(turned,))
    return row.plan(case, base=row.base, reviews=(offer,))


def _standing(row: RowState, entry: Review | None, offer: Review) -> Standing | None:
    """Return how far the question about just this offer has come, if it was ever asked."""
    if entry is None or entry.kind is not offer.kind:
        return None
    same = (entry.offered, entry.reason) == (offer.offered, offer.reason)
    return entry.standing if same or _has_come(row, entry, offer) else None


def _has_come(row: RowState, entry: Review, offer: Review) -> bool:
    """Whether the offer is the one that waited, now that what it refers to is taken."""

    def same(name: FieldName) -> bool:
        before, now = entry.offered.get(name), offer.offered.get(name)
        return before == now or str(before).casefold() == row.show(name, now).casefold()

    return entry.waits and offer.acceptable and all(same(name) for name in row.fields)


# ── A row that one side took away ─────────────────────────────────────────────────────────────


def _removed_in_sheet(row: RowState, crm: CrmRow) -> RowPlan:
    """The row was in the sheet and is not: its record is archived, or the row comes back."""
    base = row.base or BaseRow()
    changed = changed_fields(row, crm.values)
    taken = _takes_removal(row, Side.SHEET, edited=bool(changed))
    if crm.problems and not taken:
        return row.plan(Case.INVALID_RECORD, base=base, problems=crm.problems)
    if not row.confirmed:
        return row.plan(Case.MISSING, base=base)
    if taken:
        # The edits of a record that is archived with them are kept: nobody saw them.
        edits = Merged()
        for name in changed:
            edits.turn_away(row, edit_review(row, Side.CRM, name))
        return row.plan(
            Case.REMOVED_IN_SHEET,
            Archive(held=crm.values),
            base=BaseRow(values=base.values, archived=True, gone=True),
            reviews=(*edits.reviews, *_closed(row)),
            turned=tuple(edits.turned),
        )
    # Under the sheet's authority the row returns as it was: the CRM's edits are not the sheet's.
    kept = base.values if row.authority is Side.SHEET else crm.values
    back = Create(side=Side.SHEET, values=kept)
    return _put_back(row, Side.SHEET, back, case=Case.REMOVED_IN_SHEET, kept=kept)


def _removed_in_crm(row: RowState, sheet: SheetRow) -> RowPlan:
    """The record was archived or deleted: the row is marked, or the record comes back."""
    base = row.base or BaseRow()
    edited = bool(sheet.problems or changed_fields(row, sheet.values))
    if row.crm is None and base.archived:
        # Nothing can come of a question about a record that was deleted, nor of an edit: it stays.
        takes_out = row.policy.remove_archived and not edited
        out = (Remove(),) if takes_out else ()
        base = replace(base, gone=takes_out)
        return row.plan(Case.ARCHIVED, *out, base=base, reviews=_moot(row))
    if _takes_removal(row, Side.CRM, edited=edited):
        # What was typed into the row meanwhile is judged as an edit by the next cycle.
        gone = replace(base, archived=True)
        return row.plan(Case.REMOVED_IN_CRM, base=gone, reviews=_closed(row))
    if sheet.problems:
        return row.plan(Case.REFUSED, base=base, problems=sheet.problems)
    if row.crm is None:
        back: Action = Create(side=Side.CRM, values=sheet.values)
        return _put_back(row, Side.CRM, back, case=Case.REMOVED_IN_CRM, kept=sheet.values)
    again = Unarchive(held=row.crm.values)
    plan = _put_back(row, Side.CRM, again, case=Case.REMOVED_IN_CRM, kept=sheet.values)
    # The record may hold other values than the row: they are merged by the next cycle.
    return replace(plan, base=base)


def _takes_removal(row: RowState, side: Side, *, edited: bool) -> bool:
    """Whether a removal stands: the authority's, the follower's if merged, or one agreed to.

    What live records refer to is archived by nobody's absence: that asks first. The CRM may do so,
    while it has authority: what it holds is the truth, and it has been told by its own programs.
    """
    if _is_removal_accepted(row):
        return True
    if row.referred and not row.authority is side is Side.CRM:
        return False
    merged = row.policy.removals is Handling.MERGE and not edited
    return row.authority is side or merged


def _put_back(row: RowState, side: Side, back: Action, *, case: Case, kept: Values) -> RowPlan:
    """The removal by `side` does not stand: the row comes back, and a person may be asked."""
    base = BaseRow(values=kept)
    asked = Review(kind=ReviewKind.REMOVAL, row=row.id, side=side, shown=kept)
    if row.authority is not side and row.policy.removals is Handling.REJECT:
        turned = replace(asked, standing=Standing.REJECTED)
        return row.plan(case, back, base=base, turned=(turned,))
    return row.plan(case, back, base=base, reviews=(asked,))


# ── A row that both sides have ────────────────────────────────────────────────────────────────


def _both(row: RowState, sheet: SheetRow, crm: CrmRow) -> RowPlan:
    """Both sides hold the row: merge it field by field, unless one of them cannot be read."""
    if sheet.problems and row.authority is Side.SHEET:
        return row.plan(Case.REFUSED, base=row.base, problems=sheet.problems)
    if crm.problems and row.authority is Side.CRM:
        # Under the sheet's authority its row is right, and mends the record.
        return row.plan(Case.INVALID_RECORD, base=row.base, problems=crm.problems)
    if _is_removal_accepted(row) and not crm.archived:
        # The base knows the removal as settled, so that no authority takes it back.
        base = replace(row.base or BaseRow(), archived=True)
        return row.plan(
            Case.REMOVED_IN_CRM, Archive(held=crm.values), base=base, reviews=_closed(row)
        )
    merged = merge_fields(row, sheet, crm, careful=False)
    if merged.takes and row.check(merged.agreed):
        # Each side is right by itself and both together are not: the authority's row stands.
        merged = merge_fields(row, sheet, crm, careful=True)
    case = Case.ARCHIVED if crm.archived else Case.EDITED if merged.actions else Case.IN_SYNC
    plan = row.plan(
        case,
        *merged.actions,
        base=BaseRow(values=merged.agreed, archived=crm.archived),
        reviews=(*merged.reviews, *_about_both(row, merged.agreed, archived=crm.archived)),
        turned=tuple(merged.turned),
    )
    if crm.archived and row.policy.remove_archived and not plan.actions and not plan.waiting:
        # Its mark was verified by an earlier cycle, nothing is typed in it, nothing is asked.
        gone = BaseRow(values=merged.agreed, archived=True, gone=True)
        return replace(plan, actions=(Remove(),), base=gone)
    return plan


# ── What was asked about a row ────────────────────────────────────────────────────────────────


def _pending(asked: Asked) -> Iterator[Review]:
    """Yield what is asked, or answered and not carried out, about a row and its fields."""
    entries = (entry for sides in asked.values() for entry in sides.values())
    return (entry for entry in entries if entry.pending)


def _is_removal_accepted(row: RowState) -> bool:
    """Whether a person agreed that the row be archived, seeing what the authority holds now."""
    right = row.sheet if row.authority is Side.SHEET else row.crm
    return any(
        _is_agreed(entry) and right is not None and not _differ(row, entry.shown, right.values)
        for entry in _pending(row.reviews)
    )


def _is_agreed(entry: Review) -> bool:
    return entry.kind is ReviewKind.REMOVAL and entry.standing is Standing.ACCEPTED


def _differ(row: RowState, one: Values, other: Values) -> bool:
    return any(one.get(name) != other.get(name) for name in row.fields)


def _about_both(row: RowState, agreed: Values, *, archived: bool) -> tuple[Review, ...]:
    """Keep the questions about a whole row true, now that both sides hold it."""
    if archived:
        return _closed(row)
    asked = [entry for entry in _pending(row.reviews) if not entry.field]
    moot = (replace(e, standing=Standing.MOOT) for e in asked if e.kind is ReviewKind.NEW)
    # A removal is asked about with the values that were shown; if they moved, it is asked anew.
    anew = (
        replace(e, standing=Standing.OPEN, shown=agreed)
        for e in asked
        if e.kind is ReviewKind.REMOVAL
        and (_differ(row, e.shown, agreed) or e.standing is Standing.ACCEPTED)
    )
    return (*moot, *anew)


def _closed(row: RowState) -> tuple[Review, ...]:
    """Close what was asked about a whole row that is archived now: as agreed to, or moot."""
    return tuple(
        replace(e, standing=Standing.TAKEN if _is_agreed(e) else Standing.MOOT)
        for e in _pending(row.reviews)
        if not e.field
    )


def _moot(row: RowState) -> tuple[Review, ...]:
    """Close all that is still asked about a row that is no more."""
    return tuple(replace(entry, standing=Standing.MOOT) for entry in _pending(row.reviews))
