"""Laws of what happens in between: acts, switches and answers at any time, in any order."""

import copy
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.plan import Create, Review, ReviewKind, Standing
from syncd.core.policy import Handling, Policy
from syncd.core.snapshot import FieldName, RowId, Side
from tests.core.test_laws import (
    CYCLES_MAX,
    ROWS,
    Past,
    Typist,
    by_row,
    crossed,
    kept,
    pasts,
    policies,
)
from tests.core.world import ANNA, World, content, is_quiet, shared

STEPS_MAX = 12
STEPS = ("sheet", "sheet", "crm", "crm", "cycle", "cycle", "switch", "answer")


def act(draw: st.DrawFn, world: World, typist: Typist, side: Side) -> None:
    """Somebody edits, adds, removes or brings back a row on one side."""
    row = draw(st.sampled_from(ROWS))
    held = world.held(side, row)
    if held is not None and draw(st.integers(0, 3)):
        typist.edit(side, row, held)
    elif side is Side.SHEET and held is None:
        world.sheet[row] = content()
    elif side is Side.SHEET:
        del world.sheet[row]
    elif held is None:
        world.crm[row] = (content(), False)
    else:
        world.crm[row] = (held, not world.crm[row][1])


def answer(draw: st.DrawFn, world: World) -> set[tuple[RowId, FieldName]]:
    """A person accepts or rejects what is asked; return what these answers were about."""
    answered = set()
    for entry in world.open:
        standing = draw(st.sampled_from((None, Standing.ACCEPTED, Standing.REJECTED)))
        if standing is not None:
            world.answer(standing, entry)
            answered.add((entry.row, entry.field))
    return answered


@st.composite
def days(draw: st.DrawFn) -> tuple[Past, set[tuple[RowId, FieldName]]]:
    """Draw a table and a day on which people, cycles, switches and answers come in any order."""
    world, typist = shared(draw(policies), *ROWS[:3]), Typist(draw)
    answered: set[tuple[RowId, FieldName]] = set()
    for step in draw(st.lists(st.sampled_from(STEPS), max_size=STEPS_MAX)):
        match step:
            case "sheet" | "crm":
                act(draw, world, typist, Side(step))
            case "cycle":
                world.cycle()
            case "switch":
                world.switch()
            case _:
                answered |= answer(draw, world)
    return Past(world, typist.typed), answered


@given(days())
def test_any_day_ends_in_rest(day: tuple[Past, set[tuple[RowId, FieldName]]]) -> None:
    """However acts and cycles met, few cycles later nothing is left to do; the loop is cut off."""
    world = day[0].world
    assert world.settle() <= CYCLES_MAX
    assert is_quiet(world.cycle())


@given(days())
def test_no_day_loses_the_last_word(day: tuple[Past, set[tuple[RowId, FieldName]]]) -> None:
    """What was typed last into a field is on both sides, asked about or told, unless answered."""
    past, answered = day
    past.world.settle()
    last = {(typed.row, typed.field): typed for typed in past.typed if typed.value is not None}
    for (row, name), typed in last.items():
        told = kept(past.world, typed)
        assert told or (row, name) in answered or (row, "") in answered, typed


@given(pasts(), st.randoms(use_true_random=False))
def test_order_of_carrying_out_changes_nothing(past: Past, random: Random) -> None:
    """The rows of a plan may be written in any order."""
    world, other = past.world, copy.deepcopy(past.world)
    for _ in range(CYCLES_MAX):
        plan, again = world.cycle(), list(other.plan().rows)
        random.shuffle(again)
        for row in again:
            other._carry_out(row)
        other.missing = plan.missing
        assert (world.sheet, world.crm, world.base) == (other.sheet, other.crm, other.base)
        assert (world.reviews, world.missing) == (other.reviews, other.missing)


def alone(side: Side, rules: Policy) -> World:
    """Return a world in which a row stands on one side alone."""
    world = World(policy=rules)
    if side is Side.SHEET:
        world.sheet[ANNA] = content()
    else:
        world.crm[ANNA] = (content(), False)
    return world


def across(rules: Policy) -> Policy:
    """Return the policy with the authority on the other side."""
    return replace(rules, authority=rules.authority.other)


@given(policies, st.sampled_from(Side))
def test_new_rows_are_judged_the_same_under_both_authorities(rules: Policy, side: Side) -> None:
    """Swap the sides and the authority: the same row is made across, or the same is asked."""
    one = by_row(alone(side, rules).plan())[ANNA]
    other = by_row(alone(side.other, across(rules)).plan())[ANNA]
    made = [replace(a, side=a.side.other) for a in other.actions if isinstance(a, Create)]
    assert list(one.actions) == made
    assert one.reviews == tuple(map(crossed, other.reviews))
    assert one.turned == tuple(map(crossed, other.turned))
    assert one.base == other.base


def after_removal(side: Side, rules: Policy, *, edited: bool) -> tuple[bool, list[Review]]:
    """Return whether a removal by a side stands in the end, and what is asked or told of it."""
    world = shared(rules)
    if edited:
        held = world.held(side.other)
        assert held is not None
        held |= content(fee=20)
    if side is Side.SHEET:
        del world.sheet[ANNA]
    else:
        world.crm[ANNA] = (world.crm[ANNA][0], True)
    world.settle()
    told = [entry for entry in (*world.open, *world.history) if entry.kind is ReviewKind.REMOVAL]
    return world.crm[ANNA][1], told


@given(policies, st.sampled_from(Side), st.booleans())
def test_removals_are_judged_the_same_under_both_authorities(
    rules: Policy, side: Side, edited: bool
) -> None:
    """Swap the sides and the authority: the removal stands or not, and the same is asked."""
    rules = replace(rules, remove_archived=False)
    stands, told = after_removal(side, rules, edited=edited)
    mirrored, also = after_removal(side.other, across(rules), edited=edited)
    assert stands == mirrored
    assert told == [crossed(entry) for entry in also]


@given(policies)
def test_what_is_referred_to_is_archived_by_no_absence(rules: Policy) -> None:
    """Whatever the policy: without a person's yes, a row in use elsewhere stays in use."""
    world = shared(replace(rules, remove_archived=False))
    world.referred = frozenset({ANNA})
    del world.sheet[ANNA]
    world.settle()
    assert not world.crm[ANNA][1]
    assert world.sheet[ANNA] == content()
    asked = [entry.kind for entry in world.open]
    silent = rules.authority is Side.CRM and rules.removals is Handling.REJECT
    assert asked == ([] if silent else [ReviewKind.REMOVAL])
