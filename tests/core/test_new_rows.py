"""A row or a record that only one side has."""

import pytest

from syncd.core.plan import (
    Case,
    Create,
    Review,
    ReviewKind,
    RowPlan,
    Standing,
)
from syncd.core.policy import Handling, Policy
from syncd.core.snapshot import BaseRow, Side
from tests.core.acts import (
    CRM,
    MERGE,
    REJECT,
    SHEET,
    arrived,
    both_authorities,
    edit,
    policy,
    row_plan,
)
from tests.core.world import ANNA, FEE, NAME, World, content, is_quiet, only


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


def waiting(rules: Policy) -> tuple[World, Review]:
    """Return a world with a new row that refers to a row which is itself not taken yet."""
    world = arrived(SHEET, rules)
    world.waiting = frozenset({"Anna"})
    world.settle()
    return world, only(world.open)


def come(world: World, name: str) -> None:
    """What the row refers to is taken: the cell is read as a reference."""
    world.waiting = frozenset()
    world.sheet[ANNA][NAME] = f"id of {name}"


def test_new_row_that_waits_for_another_says_so() -> None:
    """It cannot be taken as it is, for a reason that cures itself."""
    _, entry = waiting(policy(CRM))
    assert (entry.acceptable, entry.waits) == (False, True)
    assert entry.offered[NAME] == "Anna"


def test_new_row_is_accepted_together_with_what_it_waits_for() -> None:
    """The answer stands until the other row is taken; then this one is, without a second yes."""
    world, entry = waiting(policy(CRM))
    world.answer(Standing.ACCEPTED, entry)
    assert is_quiet(world.cycle())
    assert world.reviews[entry.key].standing is Standing.ACCEPTED
    come(world, "anna")
    world.settle()
    assert world.crm[ANNA] == (content("id of anna"), False)
    assert only(world.reviews.values()).standing is Standing.TAKEN


@pytest.mark.parametrize(("name", "fee"), [("Bert", 10), ("Anna", 20)])
def test_waiting_row_that_changed_is_asked_about_again(name: str, fee: int) -> None:
    """It refers to another row by now, or holds another fee: nobody said yes to that."""
    world, entry = waiting(policy(CRM))
    world.answer(Standing.ACCEPTED, entry)
    come(world, name)
    edit(world, SHEET, FEE, fee)
    world.settle()
    assert not world.crm
    assert only(world.open).acceptable


def test_rejected_row_that_waited_stays_rejected() -> None:
    """A person said no to it; that what it refers to is there now changes nothing."""
    world, entry = waiting(policy(CRM))
    world.answer(Standing.REJECTED, entry)
    come(world, "Anna")
    assert is_quiet(world.cycle())
