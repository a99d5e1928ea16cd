"""Recall: what an admin takes back or brings back as a whole row, on both sides.

Lives here: how a withdrawal and a return are carried out, whoever has authority. It must not know:
why they were given. Both are bound to what the row held when they were given: a row that moved
since, or that is referred to since, is decided as any other, and the answer lapses.
"""

from collections.abc import Iterable
from dataclasses import replace

from syncd.core.plan import (
    Archive,
    Case,
    Create,
    Remove,
    Review,
    ReviewKind,
    RowPlan,
    Standing,
    Unarchive,
)
from syncd.core.snapshot import BaseRow, CrmRow, FieldName, RowId, Side, Values
from syncd.core.state import RowState, TableState

MOVED = "somebody worked on the row since"
REFERRED = "a record that is in use refers to it since"


def recall_of(row: RowState) -> Review | None:
    """Return what an admin decided about the whole row and is not carried out yet."""
    for side in Side:
        entry = row.review(side)
        if entry is not None and entry.is_recall:
            return entry
    return None


def leaving(state: TableState) -> frozenset[RowId]:
    """Return the rows whose records go out of use, as an admin said and nobody moved them since."""
    found = set()
    for entry in state.reviews.values():
        crm, seen = state.crm.get(entry.row), state.sheet.get(entry.row)
        hides = entry.kind is ReviewKind.WITHDRAWAL and entry.side is Side.SHEET
        if entry.is_recall and entry.kind is not ReviewKind.RETURN and not hides:
            held = [each.values for each in (crm, seen) if each is not None]
            if crm is not None and not any(_moved(state.fields, entry, each) for each in held):
                found.add(entry.row)
    return frozenset(found)


def recalled(row: RowState, entry: Review) -> RowPlan | None:
    """Return the plan that carries the decision out, or None where it does not hold any more."""
    if entry.kind is ReviewKind.RETURN:
        return _returned(row, entry)
    if row.crm is None or _moved(row.fields, entry, row.crm.values):
        return None
    seen = row.sheet
    if seen is not None and (seen.problems or _moved(row.fields, entry, seen.values)):
        return None
    if entry.kind is ReviewKind.WITHDRAWAL and entry.side is Side.SHEET:
        return _hidden(row, row.crm, entry)
    if row.referred and not row.crm.archived:
        return None
    return _withdrawn(row, row.crm, entry)


def lapsed(row: RowState, entry: Review, plan: RowPlan | None) -> RowPlan:
    """Close a decision that does not hold any more; the row is decided as any other."""
    plan = plan or row.plan(Case.IN_SYNC, base=row.base)
    others = tuple(review for review in plan.reviews if review.key != entry.key)
    why = REFERRED if row.referred else MOVED
    ended = replace(entry, standing=Standing.MOOT, reason=why)
    return replace(plan, reviews=(*others, ended))


def _withdrawn(row: RowState, crm: CrmRow, entry: Review) -> RowPlan:
    """The record goes out of use; once its row is marked so, the row leaves the sheet.

    A row that people typed stays there, marked.
    """
    base = BaseRow(values=crm.values, archived=True, gone=row.sheet is None)
    done = replace(entry, standing=Standing.TAKEN)
    archive = () if crm.archived else (Archive(held=crm.values),)
    if row.sheet is None or entry.kind is ReviewKind.REMOVAL:
        return row.plan(Case.WITHDRAWN, *archive, base=base, reviews=(done,))
    marked = crm.archived and row.base is not None and row.base.archived
    if not marked:
        return row.plan(Case.WITHDRAWN, *archive, base=base, reviews=(entry,))
    return row.plan(Case.WITHDRAWN, Remove(), base=replace(base, gone=True), reviews=(done,))


def _hidden(row: RowState, crm: CrmRow, entry: Review) -> RowPlan | None:
    """The row leaves the sheet, and its record waits in review as one that is new."""
    if crm.archived:
        return None
    done = replace(entry, standing=Standing.TAKEN)
    asked = Review(kind=ReviewKind.NEW, row=row.id, side=Side.CRM, offered=crm.values)
    remove = () if row.sheet is None else (Remove(),)
    return row.plan(Case.WITHDRAWN, *remove, base=None, reviews=(done, asked))


def _returned(row: RowState, entry: Review) -> RowPlan | None:
    """The record is taken into use again, or made again, and its row with it."""
    done = replace(entry, standing=Standing.TAKEN)
    if row.crm is not None and not row.crm.archived:
        return None
    values = entry.offered if row.crm is None else row.crm.values
    if _differ(row.fields, entry.offered, values) or row.check(values):
        return None
    made = Create(side=Side.CRM, values=values)
    back = made if row.crm is None else Unarchive(held=row.crm.values)
    if row.sheet is None:
        show = Create(side=Side.SHEET, values=values)
        return row.plan(Case.RETURNED, back, show, base=BaseRow(values=values), reviews=(done,))
    # What its row shows by now is merged by the next cycle, against what was shared before.
    shared = row.base.values if row.base else {}
    return row.plan(Case.RETURNED, back, base=BaseRow(values=shared), reviews=(done,))


def _moved(fields: Iterable[FieldName], entry: Review, held: Values) -> bool:
    """Whether a row holds something else than it did when the decision was made."""
    return _differ(fields, entry.shown, held)


def _differ(fields: Iterable[FieldName], one: Values, other: Values) -> bool:
    return any(one.get(name) != other.get(name) for name in fields)
