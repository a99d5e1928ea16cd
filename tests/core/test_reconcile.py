"""The table of authority and policy, row by row, and what becomes of reviews."""

from dataclasses import replace

import pytest

from syncd.core.plan import (
    WHOLE_ROW,
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
    digest_of,
)
from syncd.core.policy import Handling, Policy
from syncd.core.reconcile import reconcile
from syncd.core.snapshot import BaseRow, FieldName, RowId, Side, Value
from tests.core.world import ANNA, CAP, FEE, NAME, TABLE, World, content, is_quiet, only, shared

SHEET, CRM = Side.SHEET, Side.CRM
REVIEW, MERGE, REJECT = Handling.REVIEW, Handling.MERGE, Handling.REJECT

both_authorities = pytest.mark.parametrize("right", list(Side))


def policy(right: Side, handling: Handling = REVIEW, *, remove_archived: bool = False) -> Policy:
    """Return the same handling for edits, new rows and removals."""
    return Policy(
        authority=right,
        edits=handling,
        new_rows=handling,
        removals=handling,
        remove_archived=remove_archived,
    )


def edit(world: World, side: Side, name: FieldName, value: Value) -> None:
    """Somebody changes a field on one side."""
    held = world.held(side)
    assert held is not None
    held[name] = value


def values(world: World, name: FieldName = FEE) -> tuple[Value, Value]:
    """Return what the sheet and the CRM hold of a field."""
    return world.sheet[ANNA][name], world.crm[ANNA][0][name]


def row_plan(world: World) -> RowPlan:
    """Return the plan of the one row, without carrying it out."""
    (plan,) = world.plan().rows
    return plan


def fee_review(side: Side, offered: Value, shown: Value, base: Value = 10) -> Review:
    """Word the question about a fee."""
    return Review(
        kind=ReviewKind.EDIT,
        row=ANNA,
        side=side,
        field=FEE,
        offered={FEE: offered},
        shown={FEE: shown},
        base={FEE: base},
    )


# ── An edit ───────────────────────────────────────────────────────────────────────────────────


@both_authorities
@pytest.mark.parametrize("handling", list(Handling))
def test_edit_of_the_authority_goes_to_the_other_side(right: Side, handling: Handling) -> None:
    """The authority's edit is carried over under each policy, and nobody is asked."""
    world = shared(policy(right, handling))
    edit(world, right, FEE, 20)
    put = Put(side=right.other, cells=(Cell(field=FEE, expected=10, value=20),))
    assert row_plan(world) == RowPlan(
        row=ANNA, case=Case.EDITED, actions=(put,), base=BaseRow(values=content(fee=20))
    )


@both_authorities
def test_edit_of_the_follower_is_put_back_and_asked_about(right: Side) -> None:
    """Policy review: the authority's value is put back, and the edit waits for a person."""
    world = shared(policy(right))
    edit(world, right.other, FEE, 20)
    asked = fee_review(right.other, 20, 10)
    put = Put(side=right.other, cells=(Cell(field=FEE, expected=20, value=10),))
    assert row_plan(world) == RowPlan(
        row=ANNA,
        case=Case.EDITED,
        actions=(put,),
        base=BaseRow(values=content()),
        reviews=(asked,),
        waiting=(asked,),
    )


@both_authorities
def test_edit_of_the_follower_is_taken_by_a_merge(right: Side) -> None:
    """Policy merge: what only the follower changed is taken."""
    world = shared(policy(right, MERGE))
    edit(world, right.other, FEE, 20)
    plan = row_plan(world)
    assert plan.actions == (Put(side=right, cells=(Cell(field=FEE, expected=10, value=20),)),)
    assert plan.reviews == plan.turned == ()


@both_authorities
def test_edit_of_the_follower_is_only_in_the_history_if_rejected(right: Side) -> None:
    """Policy reject: put back, and kept in the history alone."""
    world = shared(policy(right, REJECT))
    edit(world, right.other, FEE, 20)
    plan = row_plan(world)
    turned = replace(fee_review(right.other, 20, 10), standing=Standing.REJECTED)
    assert (plan.reviews, plan.turned) == ((), (turned,))
    world.settle()
    assert values(world) == (10, 10)


@both_authorities
def test_field_may_have_a_handling_of_its_own(right: Side) -> None:
    """A field's handling stands before the table's."""
    world = shared(replace(policy(right), fields={FEE: MERGE}))
    edit(world, right.other, FEE, 20)
    edit(world, right.other, NAME, "Ann")
    world.settle()
    assert values(world) == (20, 20)
    assert only(world.open).offered == {NAME: "Ann"}


@both_authorities
@pytest.mark.parametrize("handling", [REVIEW, MERGE])
def test_conflict_is_won_by_the_authority(right: Side, handling: Handling) -> None:
    """Both changed a field: the authority's value stands, the other goes to review."""
    world = shared(policy(right, handling))
    edit(world, right, FEE, 30)
    edit(world, right.other, FEE, 20)
    world.settle()
    assert values(world) == (30, 30)
    assert only(world.open) == fee_review(right.other, 20, 30)


@both_authorities
def test_same_edit_on_both_sides_is_no_conflict(right: Side) -> None:
    """Both typed the same: nothing is written and nobody is asked."""
    world = shared(policy(right))
    for side in Side:
        edit(world, side, FEE, 20)
    plan = row_plan(world)
    assert (plan.actions, plan.reviews) == ((), ())
    assert plan.base == BaseRow(values=content(fee=20))


@both_authorities
def test_edits_of_different_fields_meet_in_one_row(right: Side) -> None:
    """Policy merge: each side's field is taken to the other."""
    world = shared(policy(right, MERGE))
    edit(world, SHEET, FEE, 20)
    edit(world, CRM, CAP, 200)
    world.settle()
    assert world.sheet[ANNA] == world.crm[ANNA][0] == content(fee=20, cap=200)


@both_authorities
def test_without_a_base_a_blank_is_no_conflict(right: Side) -> None:
    """Two rows that never met: what one side leaves blank, the other may fill if it is merged."""
    world = World(
        policy=policy(right, MERGE),
        sheet={ANNA: content(fee=None)},
        crm={ANNA: (content(cap=None), False)},
    )
    world.settle()
    assert world.sheet[ANNA] == world.crm[ANNA][0] == content()
    assert not world.reviews


@both_authorities
def test_without_a_base_a_difference_is_a_conflict(right: Side) -> None:
    """Two rows that never met and differ: the authority wins, the other value is asked about."""
    world = World(policy=policy(right, MERGE), sheet={ANNA: content(fee=1)})
    world.crm[ANNA] = (content(fee=2), False)
    world.settle()
    mine, other = (1, 2) if right is SHEET else (2, 1)
    assert values(world) == (mine, mine)
    assert only(world.open) == fee_review(right.other, other, mine, base=None)


# ── A new row ─────────────────────────────────────────────────────────────────────────────────


def arrived(side: Side, rules: Policy) -> World:
    """Return a world in which a row stands on one side alone."""
    world = World(policy=rules)
    if side is SHEET:
        world.sheet[ANNA] = content()
    else:
        world.crm[ANNA] = (content(), False)
    return world


@both_authorities
@pytest.mark.parametrize("handling", list(Handling))
def test_new_row_of_the_authority_is_made_on_the_other_side(
    right: Side, handling: Handling
) -> None:
    """The authority's new row becomes a record, or its new record a row, under each policy."""
    world = arrived(right, policy(right, handling))
    case = Case.NEW_IN_SHEET if right is SHEET else Case.NEW_IN_CRM
    assert row_plan(world) == RowPlan(
        row=ANNA,
        case=case,
        actions=(Create(side=right.other, values=content()),),
        base=BaseRow(values=content()),
    )
    world.settle()
    assert world.sheet[ANNA] == world.crm[ANNA][0]


@both_authorities
def test_new_row_of_the_follower_is_asked_about(right: Side) -> None:
    """Policy review: the follower's new row stays where it is, is not shown across, and waits."""
    world = arrived(right.other, policy(right))
    plan = row_plan(world)
    assert (plan.actions, plan.base) == ((), None)
    assert only(plan.reviews) == Review(
        kind=ReviewKind.NEW, row=ANNA, side=right.other, offered=content()
    )
    world.settle()
    assert world.held(right.other) == content()
    assert world.held(right) is None


@both_authorities
def test_new_row_of_the_follower_is_taken_by_a_merge(right: Side) -> None:
    """Policy merge: the follower's new row is made on the other side."""
    world = arrived(right.other, policy(right, MERGE))
    world.settle()
    assert world.sheet[ANNA] == world.crm[ANNA][0] == content()


@both_authorities
def test_new_row_of_the_follower_is_turned_away_once(right: Side) -> None:
    """Policy reject: it stays where it is, is told to the history once, and again if it changes."""
    world = arrived(right.other, policy(right, REJECT))
    world.settle()
    assert [turned.standing for turned in world.history] == [Standing.REJECTED]
    edit(world, right.other, FEE, 20)
    world.settle()
    assert [turned.offered[FEE] for turned in world.history] == [10, 20]
    assert world.held(right) is None


@both_authorities
def test_accepted_new_row_is_made(right: Side) -> None:
    """A person accepts it: it is made on the other side and its question is answered."""
    world = arrived(right.other, policy(right))
    world.settle()
    world.answer(Standing.ACCEPTED, only(world.open))
    world.settle()
    assert world.sheet[ANNA] == world.crm[ANNA][0] == content()
    assert only(world.reviews.values()).standing is Standing.TAKEN


@both_authorities
def test_accepted_new_row_that_changed_is_asked_about_again(right: Side) -> None:
    """It is not what the person saw any more: nothing is made, the question is open again."""
    world = arrived(right.other, policy(right))
    world.settle()
    world.answer(Standing.ACCEPTED, only(world.open))
    edit(world, right.other, FEE, 20)
    world.settle()
    assert world.held(right) is None
    assert only(world.open).offered == content(fee=20)


@both_authorities
def test_rejected_new_row_is_quiet_until_it_changes(right: Side) -> None:
    """A person said no: it is not asked again, before its content changes."""
    world = arrived(right.other, policy(right))
    world.settle()
    world.answer(Standing.REJECTED, only(world.open))
    assert is_quiet(world.cycle())
    edit(world, right.other, FEE, 20)
    world.settle()
    assert only(world.open).offered == content(fee=20)


@both_authorities
def test_new_row_that_waited_is_taken_after_a_switch(right: Side) -> None:
    """The side that made it gets authority: it needs no answer any more."""
    world = arrived(right.other, policy(right))
    world.settle()
    world.switch()
    world.settle()
    assert world.sheet[ANNA] == world.crm[ANNA][0]
    assert only(world.reviews.values()).standing is Standing.TAKEN


@both_authorities
def test_new_row_that_was_removed_is_asked_about_when_it_returns(right: Side) -> None:
    """Its question became moot with it, so an undo asks a new one."""
    world = arrived(right.other, policy(right))
    world.settle()
    before = arrived(right.other, world.policy)
    world.sheet, world.crm = {}, {}
    assert row_plan(world).case is Case.MISSING
    world.settle()
    assert only(world.reviews.values()).standing is Standing.MOOT
    world.sheet, world.crm = before.sheet, before.crm
    world.settle()
    assert only(world.open).kind is ReviewKind.NEW


@both_authorities
def test_question_about_a_new_row_is_moot_once_both_sides_have_it(right: Side) -> None:
    """Somebody made the same row across: there is nothing left to ask."""
    world = arrived(right.other, policy(right))
    world.settle()
    world.sheet[ANNA], world.crm[ANNA] = content(), (content(), False)
    world.settle()
    assert only(world.reviews.values()).standing is Standing.MOOT


def test_new_record_that_is_archived_before_an_answer_is_moot() -> None:
    """A record that nobody showed is out of use: an answer would change nothing."""
    world = arrived(CRM, policy(SHEET))
    world.settle()
    world.answer(Standing.ACCEPTED, only(world.open))
    world.crm[ANNA] = (content(), True)
    world.settle()
    assert only(world.reviews.values()).standing is Standing.MOOT
    assert not world.sheet
    assert world.plan().rows == ()


def test_archived_record_that_was_never_shown_is_no_news() -> None:
    """An archived record without a row is the usual thing."""
    world = World(policy=policy(CRM), crm={ANNA: (content(), True)})
    assert world.plan().rows == ()


# ── A removed row ─────────────────────────────────────────────────────────────────────────────


def take_away(world: World, side: Side) -> None:
    """Somebody removes the row from the sheet, or archives the record in the CRM."""
    if side is SHEET:
        del world.sheet[ANNA]
    else:
        world.crm[ANNA] = (world.crm[ANNA][0], True)


def stands(world: World, side: Side) -> bool:
    """Whether a side has the row in use."""
    return ANNA in world.sheet if side is SHEET else not world.crm[ANNA][1]


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


def only_row(plan: TablePlan) -> RowPlan:
    """Return the one row that a plan is about."""
    (row,) = plan.rows
    return row


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


# ── An archived record ────────────────────────────────────────────────────────────────────────


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


def archived_with_question(rules: Policy) -> tuple[World, Review]:
    """Return a world with an archived record, no row, and an accepted edit of the sheet."""
    world = shared(rules)
    edit(world, SHEET, FEE, 90)
    world.settle()
    entry = only(world.open)
    world.policy = replace(world.policy, removals=MERGE)
    take_away(world, SHEET)
    world.settle()
    assert not stands(world, CRM)
    world.answer(Standing.ACCEPTED, entry)
    return world, entry


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


# ── A record that was deleted ─────────────────────────────────────────────────────────────────


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


# ── What fails its schema ─────────────────────────────────────────────────────────────────────


def test_invalid_row_changes_nothing_while_disconnected() -> None:
    """Sheet authority: its text stays, its good edits wait too, and its status says why."""
    world = shared(policy(SHEET))
    edit(world, SHEET, FEE, "a lot")
    edit(world, SHEET, NAME, "Ann")
    plan = row_plan(world)
    assert (plan.case, plan.actions, plan.reviews) == (Case.REFUSED, (), ())
    assert only_problem(plan) == "no number"
    world.settle()
    assert world.crm[ANNA] == (content(), False)
    edit(world, SHEET, FEE, 20)
    world.settle()
    assert world.crm[ANNA] == (content("Ann", 20), False)


def only_problem(plan: RowPlan) -> str:
    """Return the reason of the one problem."""
    (problem,) = plan.problems
    return problem.reason


def test_invalid_row_stops_no_archiving_silently() -> None:
    """Sheet authority: a row that cannot be read does not bring its archived record back yet."""
    world = shared(policy(SHEET))
    edit(world, SHEET, FEE, "a lot")
    take_away(world, CRM)
    assert row_plan(world).case is Case.REFUSED
    world.settle()
    assert not stands(world, CRM)
    edit(world, SHEET, FEE, 20)
    world.settle()
    assert world.crm[ANNA] == (content(fee=20), False)


def test_unreadable_cell_is_put_back_while_connected() -> None:
    """CRM authority: the value comes back, the text is kept in review as not acceptable."""
    world = shared(policy(CRM))
    edit(world, SHEET, FEE, "a lot")
    cell = Cell(field=FEE, expected=None, value=10, typed="a lot")
    assert row_plan(world).actions == (Put(side=SHEET, cells=(cell,)),)
    world.settle()
    assert values(world) == (10, 10)
    entry = only(world.open)
    assert (entry.offered, entry.reason) == ({FEE: "a lot"}, "no number")
    assert not entry.acceptable


@pytest.mark.parametrize("handling", list(Handling))
def test_refused_cell_is_put_back_with_its_value_while_connected(handling: Handling) -> None:
    """A value that can be read but fails the schema is never taken, whatever the policy."""
    world = shared(policy(CRM, handling))
    edit(world, SHEET, FEE, 500)
    cell = Cell(field=FEE, expected=500, value=10)
    assert row_plan(world).actions == (Put(side=SHEET, cells=(cell,)),)
    world.settle()
    entry = only(world.history if handling is REJECT else world.open)
    assert (entry.offered, entry.reason) == ({FEE: 500}, "above the cap")


@pytest.mark.parametrize("handling", [REVIEW, MERGE])
def test_edit_that_breaks_another_field_is_the_one_put_back(handling: Handling) -> None:
    """The problem is named at a field that nobody touched: that field is not written."""
    world = shared(policy(CRM, handling))
    edit(world, SHEET, CAP, 5)
    cell = Cell(field=CAP, expected=5, value=100)
    assert row_plan(world).actions == (Put(side=SHEET, cells=(cell,)),)
    world.settle()
    assert only(world.open).offered == {CAP: 5}


def test_unacceptable_edit_is_never_taken() -> None:
    """Accepting what cannot be read takes nothing: the question is open again."""
    world = shared(policy(CRM))
    edit(world, SHEET, FEE, "a lot")
    world.settle()
    world.answer(Standing.ACCEPTED, only(world.open))
    world.settle()
    assert values(world) == (10, 10)
    assert only(world.open).reason == "no number"


@both_authorities
def test_invalid_record_is_not_pushed_but_reported(right: Side) -> None:
    """Another program wrote what the schema refuses: nothing moves until it is mended."""
    world = shared(policy(right))
    edit(world, CRM, FEE, 500)
    plan = row_plan(world)
    assert (plan.case, plan.actions) == (Case.INVALID_RECORD, ())
    assert only_problem(plan) == "above the cap"
    world.settle()
    assert values(world) == (10, 500)


@both_authorities
def test_invalid_new_record_is_not_shown(right: Side) -> None:
    """A new record that fails the schema makes no row, whoever has authority."""
    world = arrived(CRM, policy(right))
    edit(world, CRM, FEE, 500)
    assert row_plan(world).case is Case.INVALID_RECORD
    world.settle()
    assert not world.sheet
    assert [entry.acceptable for entry in world.open] == ([False] if right is SHEET else [])


def test_invalid_record_whose_row_was_removed_does_not_come_back() -> None:
    """CRM authority: the row returns when its record is mended."""
    world = shared(policy(CRM))
    edit(world, CRM, FEE, 500)
    take_away(world, SHEET)
    world.settle()
    assert row_plan(world).case is Case.INVALID_RECORD
    assert not world.sheet
    edit(world, CRM, FEE, 50)
    world.settle()
    assert values(world) == (50, 50)


def test_invalid_new_row_waits_for_its_author() -> None:
    """While disconnected it is marked and not asked about; mended, it becomes a record."""
    world = arrived(SHEET, policy(SHEET))
    edit(world, SHEET, FEE, "a lot")
    assert row_plan(world).case is Case.REFUSED
    world.settle()
    assert not world.reviews
    edit(world, SHEET, FEE, 20)
    world.settle()
    assert world.crm[ANNA] == (content(fee=20), False)


def test_invalid_new_row_is_kept_in_review_with_its_text_while_connected() -> None:
    """Its text is in the question, which cannot be accepted before the row is mended."""
    world = arrived(SHEET, policy(CRM))
    edit(world, SHEET, FEE, "a lot")
    world.settle()
    entry = only(world.open)
    assert (entry.offered, entry.reason) == (content(fee="a lot"), "no number")
    world.answer(Standing.ACCEPTED, entry)
    world.settle()
    assert not world.crm
    assert only(world.open) == entry
    edit(world, SHEET, FEE, 20)
    world.settle()
    assert only(world.open).acceptable


@both_authorities
def test_two_right_edits_that_are_wrong_together_are_not_merged(right: Side) -> None:
    """Each edit is right by itself, both together are not: the authority's stands alone."""
    world = shared(policy(right, MERGE))
    edit(world, right, FEE, 90)
    edit(world, right.other, CAP, 50)
    world.settle()
    assert world.sheet[ANNA] == world.crm[ANNA][0] == content(fee=90)
    assert only(world.open).offered == {CAP: 50}


@both_authorities
def test_accepted_edit_that_is_wrong_by_now_is_not_taken(right: Side) -> None:
    """Its row changed elsewhere and would fail its schema: the question is open again."""
    world = shared(policy(right))
    edit(world, right.other, CAP, 50)
    world.settle()
    world.answer(Standing.ACCEPTED, only(world.open))
    edit(world, right, FEE, 90)
    world.settle()
    assert world.sheet[ANNA] == world.crm[ANNA][0] == content(fee=90)
    assert only(world.open).offered == {CAP: 50}


# ── Answers to edits ──────────────────────────────────────────────────────────────────────────


def asked_about_fee(right: Side) -> tuple[World, Review]:
    """Return a world in which the follower's fee of 20 waits for a person."""
    world = shared(policy(right))
    edit(world, right.other, FEE, 20)
    world.settle()
    return world, only(world.open)


@both_authorities
@pytest.mark.parametrize("switched", [False, True])
def test_accepted_edit_goes_to_both_sides(right: Side, switched: bool) -> None:
    """A person takes the follower's value: both sides hold it, also after a switch."""
    world, entry = asked_about_fee(right)
    if switched:
        world.switch()
    world.answer(Standing.ACCEPTED, entry)
    world.settle()
    assert values(world) == (20, 20)
    assert world.reviews[entry.key].standing is Standing.TAKEN


@both_authorities
@pytest.mark.parametrize("side", list(Side))
def test_accepted_edit_that_one_side_holds_already_goes_to_the_other(
    right: Side, side: Side
) -> None:
    """Somebody typed the value that a person takes meanwhile: only the other side is written."""
    world, entry = asked_about_fee(right)
    world.answer(Standing.ACCEPTED, entry)
    edit(world, side, FEE, 20)
    put = Put(side=side.other, cells=(Cell(field=FEE, expected=10, value=20),))
    assert row_plan(world).actions == (put,)
    world.settle()
    assert values(world) == (20, 20)
    assert world.reviews[entry.key].standing is Standing.TAKEN


@both_authorities
def test_accepted_edit_is_asked_again_if_what_was_shown_moved(right: Side) -> None:
    """The authority changed the field meanwhile: its value stands, the question shows it."""
    world, entry = asked_about_fee(right)
    world.answer(Standing.ACCEPTED, entry)
    edit(world, right, FEE, 30)
    world.settle()
    assert values(world) == (30, 30)
    assert only(world.open) == replace(entry, shown={FEE: 30})


@both_authorities
def test_open_edit_is_shown_with_the_value_that_stands_now(right: Side) -> None:
    """The authority moved: the question is refreshed, once."""
    world, entry = asked_about_fee(right)
    edit(world, right, FEE, 30)
    world.settle()
    assert only(world.open) == replace(entry, shown={FEE: 30})


@both_authorities
def test_later_edit_of_the_follower_replaces_its_question(right: Side) -> None:
    """There is one open entry per row, field and side: the newest."""
    world, _ = asked_about_fee(right)
    edit(world, right.other, FEE, 25)
    world.settle()
    assert only(world.open).offered == {FEE: 25}


@both_authorities
def test_open_edit_is_moot_once_both_sides_hold_it(right: Side) -> None:
    """The authority came to the same value: there is nothing left to ask."""
    world, entry = asked_about_fee(right)
    edit(world, right, FEE, 20)
    world.settle()
    assert world.reviews[entry.key].standing is Standing.MOOT


@both_authorities
@pytest.mark.parametrize("standing", [Standing.REJECTED, Standing.TAKEN, Standing.MOOT])
def test_closed_question_stays_closed(right: Side, standing: Standing) -> None:
    """An answer is final: nothing that happens later opens it again."""
    world, entry = asked_about_fee(right)
    world.answer(standing, entry)
    for fee in (30, 20):
        edit(world, right, FEE, fee)
        world.settle()
        assert world.reviews[entry.key].standing is standing


def test_open_questions_survive_a_switch() -> None:
    """Both sides may wait with one value each; taking one shows it to the other."""
    world, ours = asked_about_fee(CRM)
    world.switch()
    edit(world, CRM, FEE, 30)
    world.settle()
    assert {(entry.side, entry.offered[FEE]) for entry in world.open} == {(SHEET, 20), (CRM, 30)}
    world.answer(Standing.ACCEPTED, ours)
    world.settle()
    assert values(world) == (20, 20)
    assert only(world.open).shown == {FEE: 20}


def test_two_accepted_answers_to_one_field_take_one_and_ask_again() -> None:
    """Both cannot stand: the first is taken, the other is asked with what stands now."""
    world, ours = asked_about_fee(CRM)
    world.switch()
    edit(world, CRM, FEE, 30)
    world.settle()
    world.answer(Standing.ACCEPTED, ours, *(e for e in world.open if e.side is CRM))
    world.settle()
    assert values(world) == (20, 20)
    assert only(world.open).offered == {FEE: 30}


# ── The table ─────────────────────────────────────────────────────────────────────────────────


def test_rows_in_sync_are_not_mentioned() -> None:
    """Where both sides hold what they shared, there is nothing to say."""
    assert shared(policy(CRM)).plan() == TablePlan(table=TABLE, rows=())


def test_rows_are_planned_as_the_sheet_shows_them() -> None:
    """First the sheet's rows in their order, then the others by their ids."""
    ids = [RowId(name) for name in "cabd"]
    world = shared(policy(SHEET), *ids)
    for held in world.sheet.values():
        held[FEE] = 20
    for row in ids[2:]:
        del world.sheet[row]
    assert [plan.row for plan in world.plan().rows] == ["c", "a", "b", "d"]


def test_frozen_rows_are_left_alone() -> None:
    """Whose identity is not settled is not decided about, on either side."""
    world = shared(policy(CRM))
    edit(world, SHEET, FEE, 20)
    state = replace(world.state, frozen=frozenset({ANNA}))
    assert reconcile(state, world.policy).rows == ()
    assert reconcile(replace(state, sheet={}), world.policy).rows == ()


def test_new_blank_column_is_filled_from_neither_side() -> None:
    """The schema got a field that both sides leave blank: nothing is written."""
    world = shared(policy(CRM))
    world.base[ANNA] = BaseRow(values={NAME: "Anna", FEE: 10})
    for side in Side:
        edit(world, side, CAP, None)
    assert row_plan(world).actions == ()
    take_away(world, SHEET)
    world.policy = policy(CRM, MERGE)
    world.settle()
    assert not stands(world, CRM), "a new column is no edit that keeps a row from being removed"


def test_row_plan_says_which_sides_it_writes_to() -> None:
    """An action belongs to one side: a removal to the sheet, the archive to the CRM."""
    plan = RowPlan(row=ANNA, case=Case.ARCHIVED, actions=(Remove(),))
    assert (plan.on(SHEET), plan.on(CRM)) == (True, False)
    for action in (Archive(), Unarchive(), Create(side=CRM, values={}), Put(side=CRM, cells=())):
        plan = RowPlan(row=ANNA, case=Case.ARCHIVED, actions=(action,))
        assert (plan.on(SHEET), plan.on(CRM)) == (False, True)


def test_digest_depends_on_effects_alone() -> None:
    """What is only said has no part in it, nor has the order of rows or of fields."""
    make = Create(side=CRM, values=content())
    turned = Create(side=CRM, values=dict(reversed(content().items())))
    one = RowPlan(row=ANNA, case=Case.NEW_IN_SHEET, actions=(make,))
    same = replace(one, case=Case.RETURNED, actions=(turned,))
    said = RowPlan(row=RowId("bert"), case=Case.REFUSED)
    assert digest_of([TablePlan(table=TABLE, rows=(one, said))]) == digest_of(
        [TablePlan(table=TABLE, rows=(same,))]
    )
    assert digest_of([TablePlan(table=TABLE, rows=(one,))]) != digest_of([])


def test_whole_row_has_no_field_name() -> None:
    """A question about a whole row is known by a blank field."""
    assert Review(kind=ReviewKind.NEW, row=ANNA, side=CRM).key == (ANNA, WHOLE_ROW, CRM)
