"""A row taken out of the sheet, a record archived or deleted, and what comes back."""

import pytest

from syncd.core.plan import (
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
    Unarchive,
)
from syncd.core.policy import Handling, Policy
from syncd.core.snapshot import BaseRow, FieldName, Side, Value
from tests.core.acts import (
    CRM,
    MERGE,
    REJECT,
    REVIEW,
    SHEET,
    archived_with_question,
    both_authorities,
    edit,
    fee_review,
    only_row,
    policy,
    row_plan,
    stands,
    take_away,
    values,
)
from tests.core.world import ANNA, CAP, FEE, World, content, is_quiet, only, shared

# ── A removed row ─────────────────────────────────────────────────────────────────────────────────


def test_absence_counts_after_two_reads() -> None:
    """One read that misses a row decides nothing; the row may be there again."""
    world = shared(policy(SHEET))
    take_away(world, SHEET)
    plan = world.cycle()
    assert plan.missing == {ANNA}
    assert only_row(plan).actions == ()
    world.sheet[ANNA] = content()
    assert is_quiet(world.cycle())
    take_away(world, SHEET)
    assert world.cycle().missing == {ANNA}
    assert only_row(world.cycle()).actions == (Archive(),)


@pytest.mark.parametrize("handling", list(Handling))
def test_row_removed_in_the_sheet_archives_its_record_while_disconnected(
    handling: Handling,
) -> None:
    """Sheet authority: the record is archived, never deleted, and nobody is asked."""
    world = shared(policy(SHEET, handling))
    take_away(world, SHEET)
    world.settle()
    assert world.crm[ANNA] == (content(), True)
    assert world.base[ANNA] == BaseRow(values=content(), archived=True, gone=True)
    assert not world.reviews
    assert world.plan().rows == ()


@pytest.mark.parametrize("handling", list(Handling))
def test_record_archived_in_the_crm_marks_its_row_while_connected(handling: Handling) -> None:
    """CRM authority: the row stays, marked as archived, and nobody is asked."""
    world = shared(policy(CRM, handling))
    take_away(world, CRM)
    assert row_plan(world) == RowPlan(
        row=ANNA, case=Case.REMOVED_IN_CRM, base=BaseRow(values=content(), archived=True)
    )
    world.settle()
    assert world.sheet[ANNA] == content()
    assert row_plan(world).case is Case.ARCHIVED


@both_authorities
def test_removal_by_the_follower_is_undone_and_asked_about(right: Side) -> None:
    """Policy review: what the follower took away comes back, and a person is asked."""
    world = shared(policy(right))
    take_away(world, right.other)
    world.settle()
    assert stands(world, SHEET)
    assert stands(world, CRM)
    assert only(world.open) == Review(
        kind=ReviewKind.REMOVAL, row=ANNA, side=right.other, shown=content()
    )


@both_authorities
def test_removal_by_the_follower_is_taken_by_a_merge(right: Side) -> None:
    """Policy merge: it stands, if the authority did not change the row."""
    world = shared(policy(right, MERGE))
    take_away(world, right.other)
    world.settle()
    assert not stands(world, CRM)
    assert not world.reviews


@both_authorities
def test_removal_by_the_follower_against_an_edit_is_asked_about(right: Side) -> None:
    """Policy merge: the authority's edit stands, the removal goes to review."""
    world = shared(policy(right, MERGE))
    edit(world, right, FEE, 20)
    take_away(world, right.other)
    world.settle()
    assert stands(world, SHEET)
    assert stands(world, CRM)
    assert values(world) == (20, 20)
    assert only(world.open).kind is ReviewKind.REMOVAL


@both_authorities
def test_removal_by_the_follower_is_turned_away_if_rejected(right: Side) -> None:
    """Policy reject: it is undone, and the history alone keeps it."""
    world = shared(policy(right, REJECT))
    take_away(world, right.other)
    world.settle()
    assert stands(world, SHEET)
    assert stands(world, CRM)
    assert not world.reviews
    assert [turned.kind for turned in world.history] == [ReviewKind.REMOVAL]


@both_authorities
@pytest.mark.parametrize("handling", [REVIEW, REJECT])
def test_removal_by_the_authority_stands_against_an_edit(right: Side, handling: Handling) -> None:
    """The authority's removal stands; the follower's edit is kept as the policy says."""
    world = shared(policy(right, handling))
    edit(world, right.other, FEE, 20)
    take_away(world, right)
    world.settle()
    assert not stands(world, CRM)
    kept = world.open if handling is REVIEW else world.history
    assert (only(kept).side, only(kept).offered) == (right.other, {FEE: 20})


@both_authorities
@pytest.mark.parametrize("switched", [False, True])
def test_accepted_removal_archives_the_record(right: Side, switched: bool) -> None:
    """A person agrees to a removal: the record is archived and stays so, whoever has authority."""
    world = shared(policy(right))
    take_away(world, right.other)
    world.settle()
    if switched:
        world.switch()
    world.answer(Standing.ACCEPTED, only(world.open))
    world.settle()
    assert world.crm[ANNA] == (content(), True)
    assert only(world.reviews.values()).standing is Standing.TAKEN
    assert row_plan(world).case is Case.ARCHIVED


@both_authorities
def test_accepted_removal_of_a_row_that_changed_is_asked_about_again(right: Side) -> None:
    """It is not the row that the person saw: it stays, and the question shows what it is now."""
    world = shared(policy(right))
    take_away(world, right.other)
    world.settle()
    world.answer(Standing.ACCEPTED, only(world.open))
    edit(world, right, FEE, 20)
    world.settle()
    assert stands(world, CRM)
    assert only(world.open).shown == content(fee=20)


@both_authorities
def test_open_removal_is_shown_with_what_the_row_holds_now(right: Side) -> None:
    """The row moved before anybody answered: the question is refreshed."""
    world = shared(policy(right))
    take_away(world, right.other)
    world.settle()
    edit(world, right, FEE, 20)
    world.settle()
    assert only(world.open).shown == content(fee=20)


@both_authorities
def test_accepted_removal_stands_if_the_row_is_taken_away_once_more(right: Side) -> None:
    """Who agreed to a removal does not see the row come back."""
    world = shared(policy(right))
    take_away(world, right.other)
    world.settle()
    world.answer(Standing.ACCEPTED, only(world.open))
    take_away(world, right.other)
    world.settle()
    assert not stands(world, CRM)
    assert only(world.reviews.values()).standing is Standing.TAKEN


def test_open_removal_is_moot_once_the_record_is_archived() -> None:
    """The CRM archived what the sheet wanted removed: there is nothing left to ask."""
    world = shared(policy(CRM))
    take_away(world, SHEET)
    world.settle()
    take_away(world, CRM)
    world.settle()
    assert only(world.reviews.values()).standing is Standing.MOOT


def test_removed_row_that_returns_takes_its_record_into_use_again() -> None:
    """Somebody pressed undo: the record is live again, with what the row shows."""
    world = shared(policy(SHEET))
    take_away(world, SHEET)
    world.settle()
    world.sheet[ANNA] = content(fee=20)
    assert row_plan(world).actions == (Unarchive(),)
    assert row_plan(world).case is Case.RETURNED
    world.settle()
    assert world.crm[ANNA] == (content(fee=20), False)


def test_removed_row_that_returns_is_asked_about_while_connected() -> None:
    """The CRM has authority over its archive: the row stays and a person decides."""
    world = shared(policy(CRM, MERGE))
    take_away(world, SHEET)
    world.settle()
    world.policy = policy(CRM)
    world.sheet[ANNA] = content()
    world.settle()
    assert not stands(world, CRM)
    world.answer(Standing.ACCEPTED, only(world.open))
    world.settle()
    assert world.crm[ANNA] == (content(), False)
    assert world.base[ANNA] == BaseRow(values=content())


def test_archived_record_meets_a_row_without_a_base() -> None:
    """A row with the id of an archived record that was never shown takes it into use again."""
    world = World(policy=policy(SHEET), sheet={ANNA: content(fee=20)})
    world.crm[ANNA] = (content(), True)
    world.settle()
    assert world.crm[ANNA] == (content(fee=20), False)
    assert only(world.open) == fee_review(CRM, 10, 20, base=None)


def test_row_removed_on_both_sides_is_archived() -> None:
    """Archived in the CRM and removed from the sheet: both agree."""
    world = shared(policy(CRM))
    take_away(world, CRM)
    take_away(world, SHEET)
    assert row_plan(world).case is Case.MISSING
    world.settle()
    assert world.base[ANNA] == BaseRow(values=content(), archived=True, gone=True)


def test_archived_record_taken_into_use_again_gets_its_row_back() -> None:
    """Somebody used the record again in the CRM: its row is made, or its mark goes."""
    world = shared(policy(CRM, MERGE))
    take_away(world, SHEET)
    world.settle()
    world.crm[ANNA] = (content(fee=20), False)
    world.settle()
    assert world.sheet[ANNA] == content(fee=20)
    take_away(world, CRM)
    world.settle()
    world.crm[ANNA] = (content(fee=30), False)
    world.settle()
    assert world.sheet[ANNA] == content(fee=30)
    assert world.base[ANNA] == BaseRow(values=content(fee=30))


# ── An archived record ────────────────────────────────────────────────────────────────────────────


@both_authorities
def test_edit_of_an_archived_row_is_judged_like_any_edit(right: Side) -> None:
    """The archived row is still a row: the authority decides about its fields."""
    world = shared(policy(right), archived=True)
    edit(world, SHEET, FEE, 20)
    world.settle()
    assert values(world) == ((20, 20) if right is SHEET else (10, 10))
    assert [entry.offered for entry in world.open] == ([{FEE: 20}] if right is CRM else [])
    assert world.crm[ANNA][1]


def test_archived_row_is_taken_out_in_two_steps() -> None:
    """`on_archive = remove`: it is marked by one cycle, and taken out by a later one."""
    world = shared(policy(CRM, remove_archived=True))
    take_away(world, CRM)
    assert only_row(world.cycle()).actions == ()
    assert only_row(world.cycle()).actions == (Remove(),)
    assert world.base[ANNA] == BaseRow(values=content(), archived=True, gone=True)
    assert world.cycle().rows == ()


def test_archived_row_with_an_open_question_stays() -> None:
    """What somebody typed into it is decided before the row is taken out."""
    world = shared(policy(CRM, remove_archived=True))
    edit(world, SHEET, FEE, 20)
    take_away(world, CRM)
    world.settle()
    assert ANNA in world.sheet
    world.answer(Standing.REJECTED, only(world.open))
    world.settle()
    assert ANNA not in world.sheet


def test_questions_about_an_archived_record_without_a_row_can_be_answered() -> None:
    """The edit of a record that was archived with it is kept: accepted, it stays in the record."""
    world = shared(policy(SHEET))
    edit(world, CRM, FEE, 20)
    take_away(world, SHEET)
    world.settle()
    entry = only(world.open)
    assert (entry.offered, entry.shown) == ({FEE: 20}, {FEE: 10})
    world.answer(Standing.ACCEPTED, entry)
    assert row_plan(world).actions == ()
    world.settle()
    assert world.crm[ANNA] == (content(fee=20), True)
    assert world.reviews[entry.key].standing is Standing.TAKEN


def test_accepted_edit_is_written_to_an_archived_record() -> None:
    """A person takes an edit of a row that is gone: the record gets it."""
    world, entry = archived_with_question(policy(CRM))
    put = Put(side=CRM, cells=(Cell(field=FEE, expected=10, value=90),))
    assert row_plan(world).actions == (put,)
    world.settle()
    assert world.crm[ANNA] == (content(fee=90), True)
    assert world.reviews[entry.key].standing is Standing.TAKEN


@pytest.mark.parametrize(("name", "value"), [(FEE, 30), (CAP, 50)])
def test_accepted_edit_of_an_archived_record_is_asked_again(name: FieldName, value: Value) -> None:
    """The record moved, or would fail its schema: nothing is taken, the question is open again."""
    world, entry = archived_with_question(policy(CRM))
    edit(world, CRM, name, value)
    world.settle()
    assert world.crm[ANNA] == ({**content(), name: value}, True)
    assert world.reviews[entry.key].standing is Standing.OPEN
    assert world.reviews[entry.key].shown == {FEE: world.crm[ANNA][0][FEE]}


# ── A record that was deleted ─────────────────────────────────────────────────────────────────────


def test_record_deleted_in_the_file_marks_its_row_while_connected() -> None:
    """Another program deleted the record: its row is marked, and what is typed there stays."""
    world = shared(policy(CRM))
    edit(world, SHEET, FEE, 20)
    world.settle()
    del world.crm[ANNA]
    world.settle()
    edit(world, SHEET, FEE, 30)
    world.settle()
    assert row_plan(world).case is Case.ARCHIVED
    assert world.sheet[ANNA] == content(fee=30)
    assert only(world.reviews.values()).standing is Standing.MOOT


def test_row_of_a_deleted_record_is_taken_out_unless_it_was_edited() -> None:
    """`on_archive = remove` holds for a deleted record too, but never for what was typed since."""
    world = shared(policy(CRM, remove_archived=True))
    del world.crm[ANNA]
    edit(world, SHEET, FEE, 20)
    world.settle()
    assert world.sheet[ANNA] == content(fee=20)
    edit(world, SHEET, FEE, 10)
    world.settle()
    assert not world.sheet
    assert not world.base


def test_record_deleted_in_the_file_is_made_again_while_disconnected() -> None:
    """Sheet authority: the record comes back from its row, and a person is asked."""
    world = shared(policy(SHEET))
    del world.crm[ANNA]
    assert row_plan(world).actions == (Create(side=CRM, values=content()),)
    world.settle()
    assert only(world.open).kind is ReviewKind.REMOVAL


def test_row_that_returns_after_its_record_was_deleted_is_new() -> None:
    """An undo in the sheet meets nothing in the CRM: it is a new row."""
    world = shared(policy(SHEET))
    take_away(world, SHEET)
    world.settle()
    world.sheet[ANNA] = content()
    del world.crm[ANNA]
    assert row_plan(world).case is Case.NEW_IN_SHEET
    world.settle()
    assert world.crm[ANNA] == (content(), False)


def test_row_that_vanished_on_both_sides_is_forgotten_after_two_reads() -> None:
    """Absence is no evidence by itself, also where the record is gone: the row may be back."""
    world = shared(policy(CRM))
    edit(world, SHEET, FEE, 20)
    world.settle()
    del world.sheet[ANNA]
    del world.crm[ANNA]
    assert world.cycle().missing == {ANNA}
    assert ANNA in world.base
    assert row_plan(world).case is Case.VANISHED
    world.settle()
    assert (world.base, world.plan().rows) == ({}, ())
    assert only(world.reviews.values()).standing is Standing.MOOT


# ── A row that others refer to ────────────────────────────────────────────────────────────────


def referred(rules: Policy) -> World:
    """Return a world whose one row live rows of another table refer to."""
    world = shared(rules)
    world.referred = frozenset({ANNA})
    return world


@pytest.mark.parametrize("handling", list(Handling))
def test_removal_of_what_others_refer_to_asks_first(handling: Handling) -> None:
    """Sheet authority: the row comes back, and a person decides whether its record is archived."""
    world = referred(policy(SHEET, handling))
    take_away(world, SHEET)
    world.settle()
    assert stands(world, SHEET)
    assert stands(world, CRM)
    entry = only(world.open)
    assert (entry.kind, entry.side) == (ReviewKind.REMOVAL, SHEET)
    world.answer(Standing.ACCEPTED, entry)
    world.settle()
    assert world.crm[ANNA] == (content(), True)


def test_row_that_others_refer_to_returns_as_the_sheet_had_it() -> None:
    """What the CRM changed meanwhile is the follower's edit: it does not come in by the way."""
    world = referred(policy(SHEET))
    edit(world, CRM, FEE, 20)
    take_away(world, SHEET)
    world.settle()
    assert values(world) == (10, 10)
    assert {entry.kind for entry in world.open} == {ReviewKind.REMOVAL, ReviewKind.EDIT}


def test_removal_goes_on_once_nothing_refers_to_the_row() -> None:
    """The rows that referred to it were removed as well: there is nothing to ask."""
    world = shared(policy(SHEET))
    take_away(world, SHEET)
    world.settle()
    assert not stands(world, CRM)
    assert not world.open


def test_merged_removal_of_what_others_refer_to_asks_first() -> None:
    """CRM authority, policy merge: an absence in the sheet archives nothing that is in use."""
    world = referred(policy(CRM, MERGE))
    take_away(world, SHEET)
    world.settle()
    assert stands(world, CRM)
    assert only(world.open).kind is ReviewKind.REMOVAL


def test_crm_archives_what_others_refer_to_while_connected() -> None:
    """CRM authority: its own act stands, and the row is marked."""
    world = referred(policy(CRM))
    take_away(world, CRM)
    world.settle()
    assert world.base[ANNA].archived
    assert not world.open


def test_crm_does_not_archive_what_others_refer_to_while_disconnected() -> None:
    """Sheet authority, policy merge: the record comes back into use, and a person is asked."""
    world = referred(policy(SHEET, MERGE))
    take_away(world, CRM)
    world.settle()
    assert stands(world, CRM)
    assert (only(world.open).kind, only(world.open).side) == (ReviewKind.REMOVAL, CRM)
