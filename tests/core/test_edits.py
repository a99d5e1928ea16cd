"""An edit of a row that both sides hold, field by field."""

from dataclasses import replace

import pytest

from syncd.core.merge import expected_values
from syncd.core.plan import (
    Case,
    Cell,
    Put,
    RowPlan,
    Standing,
)
from syncd.core.policy import Handling
from syncd.core.snapshot import BaseRow, Side
from tests.core.acts import (
    CRM,
    MERGE,
    REJECT,
    REVIEW,
    SHEET,
    both_authorities,
    edit,
    fee_review,
    policy,
    row_plan,
    values,
)
from tests.core.world import ANNA, CAP, FEE, NAME, World, content, only, shared


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


# ── what a row is going to hold ───────────────────────────────────────────────────────────────


@both_authorities
@pytest.mark.parametrize("handling", list(Handling))
def test_row_is_expected_to_hold_what_its_authority_says(right: Side, handling: Handling) -> None:
    """The follower's edit counts where it is taken and the authority left the field alone."""
    base = content(name="Anna", fee=10, cap=1)
    ruling, following = content(name="Anne", fee=10, cap=1), content(name="Ann", fee=20, cap=1)
    sides = {right: ruling, right.other: following}
    held = expected_values(policy(right, handling), base, sides[Side.SHEET], sides[Side.CRM])
    assert held == content(name="Anne", fee=20 if handling is MERGE else 10, cap=1)
