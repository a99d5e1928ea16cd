"""What fails its schema, on either side."""

import pytest

from syncd.core.plan import (
    Case,
    Cell,
    Put,
    Standing,
)
from syncd.core.policy import Handling
from syncd.core.snapshot import Side
from tests.core.acts import (
    CRM,
    MERGE,
    REJECT,
    REVIEW,
    SHEET,
    arrived,
    both_authorities,
    edit,
    only_problem,
    policy,
    row_plan,
    stands,
    take_away,
    values,
)
from tests.core.world import ANNA, CAP, FEE, NAME, content, only, shared


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


def test_invalid_record_is_not_pushed_but_reported() -> None:
    """CRM authority: another program wrote what the schema refuses, nothing moves until mended."""
    world = shared(policy(CRM))
    edit(world, CRM, FEE, 500)
    plan = row_plan(world)
    assert (plan.case, plan.actions) == (Case.INVALID_RECORD, ())
    assert only_problem(plan) == "above the cap"
    world.settle()
    assert values(world) == (10, 500)


@pytest.mark.parametrize("handling", [REVIEW, MERGE])
def test_invalid_record_is_mended_by_its_row_while_disconnected(handling: Handling) -> None:
    """Sheet authority: the row's value is right; what the record held is kept, not acceptable."""
    world = shared(policy(SHEET, handling))
    edit(world, CRM, FEE, 500)
    world.settle()
    assert values(world) == (10, 10)
    entry = only(world.open)
    assert (entry.side, entry.offered, entry.reason) == (CRM, {FEE: 500}, "above the cap")


def test_record_that_is_refused_for_another_field_is_mended_too() -> None:
    """The problem is named at a field that nobody touched: the one that was is put back."""
    world = shared(policy(SHEET, MERGE))
    edit(world, CRM, CAP, 5)
    world.settle()
    assert world.crm[ANNA] == (content(), False)
    assert only(world.open).offered == {CAP: 5}


def test_invalid_row_and_invalid_record_wait_for_the_row() -> None:
    """Sheet authority: neither can be taken; mending the row mends both."""
    world = shared(policy(SHEET))
    edit(world, CRM, FEE, 500)
    edit(world, SHEET, FEE, "a lot")
    assert row_plan(world).case is Case.REFUSED
    world.settle()
    edit(world, SHEET, FEE, 20)
    world.settle()
    assert values(world) == (20, 20)


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
