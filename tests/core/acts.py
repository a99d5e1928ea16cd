"""What people do to the small table, and the rules under which they do it."""

from dataclasses import replace

import pytest

from syncd.core.plan import (
    Review,
    ReviewKind,
    RowPlan,
    Standing,
    TablePlan,
)
from syncd.core.policy import Handling, Policy
from syncd.core.snapshot import FieldName, Side, Value
from tests.core.world import ANNA, FEE, World, content, only, shared

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


def arrived(side: Side, rules: Policy) -> World:
    """Return a world in which a row stands on one side alone."""
    world = World(policy=rules)
    if side is SHEET:
        world.sheet[ANNA] = content()
    else:
        world.crm[ANNA] = (content(), False)
    return world


def take_away(world: World, side: Side) -> None:
    """Somebody removes the row from the sheet, or archives the record in the CRM."""
    if side is SHEET:
        del world.sheet[ANNA]
    else:
        world.crm[ANNA] = (world.crm[ANNA][0], True)


def stands(world: World, side: Side) -> bool:
    """Whether a side has the row in use."""
    return ANNA in world.sheet if side is SHEET else not world.crm[ANNA][1]


def only_row(plan: TablePlan) -> RowPlan:
    """Return the one row that a plan is about."""
    (row,) = plan.rows
    return row


def only_problem(plan: RowPlan) -> str:
    """Return the reason of the one problem."""
    (problem,) = plan.problems
    return problem.reason


def asked_about_fee(right: Side) -> tuple[World, Review]:
    """Return a world in which the follower's fee of 20 waits for a person."""
    world = shared(policy(right))
    edit(world, right.other, FEE, 20)
    world.settle()
    return world, only(world.open)


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
