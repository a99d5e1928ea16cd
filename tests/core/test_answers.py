"""What becomes of questions and of their answers."""

from dataclasses import replace

import pytest

from syncd.core.plan import (
    Cell,
    Put,
    Standing,
)
from syncd.core.snapshot import Side
from tests.core.acts import (
    CRM,
    SHEET,
    asked_about_fee,
    both_authorities,
    edit,
    row_plan,
    values,
)
from tests.core.world import FEE, only


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
