"""Rows that an admin takes back or brings back: the same under both authorities."""

from dataclasses import replace

import pytest

from syncd.core.plan import Case, Review, ReviewKind, Standing
from syncd.core.policy import Policy
from syncd.core.recall import REFERRED, lapsed, leaving, recalled
from syncd.core.snapshot import BaseRow, Side
from syncd.core.state import RowState, asked_by_row
from tests.core.world import ANNA, FEE, World, content, shared


@pytest.fixture(params=[(s, r) for s in Side for r in (False, True)], ids=str)
def policy(request: pytest.FixtureRequest) -> Policy:
    """Each authority, with archived rows marked or taken out."""
    side, removes = request.param
    return Policy(authority=side, remove_archived=removes)


def give(world: World, kind: ReviewKind, side: Side = Side.CRM) -> Review:
    """Give the answer that an undo gives."""
    held = world.crm[ANNA][0] if ANNA in world.crm else content()
    answer = Review(
        kind=kind,
        row=ANNA,
        side=side,
        offered=dict(held) if kind is ReviewKind.RETURN else {},
        shown=dict(held),
        standing=Standing.ACCEPTED,
        by="undo:1",
    )
    world.reviews[answer.key] = answer
    return answer


def ends(world: World, answer: Review) -> Standing:
    """Return what became of an answer."""
    return world.reviews[answer.key].standing


def test_withdrawn_row_is_archived_marked_and_leaves(policy: Policy) -> None:
    """First the record goes out of use and its row is marked, then the row leaves the sheet."""
    world = shared(policy)
    answer = give(world, ReviewKind.WITHDRAWAL)
    assert [plan.case for plan in world.cycle().rows] == [Case.WITHDRAWN]
    assert ANNA in world.sheet
    assert world.crm[ANNA][1]
    world.settle()
    assert ANNA not in world.sheet
    assert world.base[ANNA].gone
    assert ends(world, answer) is Standing.TAKEN


def test_withdrawn_row_that_the_sheet_does_not_show(policy: Policy) -> None:
    """A record whose row is gone, or never came, is archived at once."""
    for known in (True, False):
        world = shared(policy)
        del world.sheet[ANNA]
        if not known:
            del world.base[ANNA]
        answer = give(world, ReviewKind.WITHDRAWAL)
        world.settle()
        assert world.crm[ANNA][1]
        assert ends(world, answer) is Standing.TAKEN


@pytest.mark.parametrize("side", list(Side))
def test_withdrawal_of_a_row_that_moved_lapses(policy: Policy, side: Side) -> None:
    """A row that somebody changed since is decided as any other, and nobody is asked again."""
    world = shared(policy)
    answer = give(world, ReviewKind.WITHDRAWAL)
    held = world.held(side)
    assert held is not None
    held[FEE] = 11
    world.settle()
    assert not world.crm[ANNA][1]
    assert ANNA in world.sheet
    assert ends(world, answer) is Standing.MOOT


@pytest.mark.parametrize("side", list(Side))
def test_removal_by_an_undo_is_bound_to_both_sides(policy: Policy, side: Side) -> None:
    """A row that people typed goes out of use by an undo, unless somebody worked on it since."""
    world = shared(replace(policy, remove_archived=False))
    answer = give(world, ReviewKind.REMOVAL, Side.SHEET)
    world.settle()
    assert world.crm[ANNA][1]
    assert ANNA in world.sheet
    assert ends(world, answer) is Standing.TAKEN
    world = shared(policy)
    answer = give(world, ReviewKind.REMOVAL, Side.SHEET)
    held = world.held(side)
    assert held is not None
    held[FEE] = 11
    world.settle()
    assert not world.crm[ANNA][1]
    assert ends(world, answer) is Standing.MOOT
    assert ReviewKind.REMOVAL not in [entry.kind for entry in world.open]


def test_withdrawal_lapses_where_the_marked_row_is_typed_in(policy: Policy) -> None:
    """A row that is marked and then typed in stays in the sheet, with what was typed."""
    world = shared(replace(policy, remove_archived=False))
    answer = give(world, ReviewKind.WITHDRAWAL)
    world.cycle()
    world.sheet[ANNA][FEE] = 12
    world.settle()
    assert ANNA in world.sheet
    assert ends(world, answer) is Standing.MOOT


def test_withdrawal_of_what_is_no_more_lapses(policy: Policy) -> None:
    """There is no record to take back, or its row cannot be read."""
    world = shared(policy)
    answer = give(world, ReviewKind.WITHDRAWAL)
    del world.crm[ANNA], world.sheet[ANNA]
    world.settle()
    assert ends(world, answer) is Standing.MOOT
    world = shared(policy)
    answer = give(world, ReviewKind.WITHDRAWAL)
    world.sheet[ANNA][FEE] = "many"
    world.cycle()
    assert ends(world, answer) is Standing.MOOT


def test_hidden_row_leaves_and_its_record_waits() -> None:
    """While the sheet rules a row can leave it whose record stays, as new, in review."""
    for shows in (True, False):
        world = shared(Policy(authority=Side.SHEET))
        if not shows:
            del world.sheet[ANNA]
        give(world, ReviewKind.WITHDRAWAL, Side.SHEET)
        world.settle()
        assert ANNA not in world.sheet
        assert not world.crm[ANNA][1]
        assert [entry.kind for entry in world.open] == [ReviewKind.NEW]


def test_hiding_an_archived_record_lapses(policy: Policy) -> None:
    """An archived record has nothing to wait for."""
    world = shared(policy, archived=True)
    answer = give(world, ReviewKind.WITHDRAWAL, Side.SHEET)
    world.cycle()
    assert ends(world, answer) is Standing.MOOT


def test_returned_row_is_in_use_and_shown(policy: Policy) -> None:
    """A record that was archived, its row gone or marked or never known, is back on both sides."""
    for base in (BaseRow(values=content(), archived=True, gone=True), None):
        world = shared(policy, archived=True)
        del world.sheet[ANNA], world.base[ANNA]
        if base:
            world.base[ANNA] = base
        answer = give(world, ReviewKind.RETURN)
        world.settle()
        assert world.crm[ANNA] == (content(), False)
        assert world.sheet[ANNA] == content()
        assert ends(world, answer) is Standing.TAKEN


def test_returned_row_that_stands_marked(policy: Policy) -> None:
    """A row that is marked as archived is in use again, where it stands."""
    for base in (True, False):
        world = shared(policy, archived=True)
        if not base:
            del world.base[ANNA]
        give(world, ReviewKind.RETURN)
        world.settle()
        assert world.crm[ANNA] == (content(), False)
        assert world.sheet[ANNA] == content()
        assert not world.open


def test_deleted_record_is_made_again(policy: Policy) -> None:
    """A record that another program deleted comes back with what it held."""
    for shows in (True, False):
        world = shared(policy)
        del world.crm[ANNA]
        if not shows:
            del world.sheet[ANNA]
        give(world, ReviewKind.RETURN)
        world.settle()
        assert world.crm[ANNA] == (content(), False)
        assert world.sheet[ANNA] == content()


def test_return_of_what_is_in_use_or_refused_lapses(policy: Policy) -> None:
    """A record in use does not return, nor one that moved, or that fails its schema by now."""
    world = shared(policy)
    answer = give(world, ReviewKind.RETURN)
    world.settle()
    assert ends(world, answer) is Standing.MOOT
    for fee, offered in ((11, 10), (1000, 1000)):
        world = shared(policy, archived=True)
        world.crm[ANNA] = (content(fee=fee), True)
        answer = give(world, ReviewKind.RETURN)
        world.reviews[answer.key] = replace(answer, offered=content(fee=offered))
        world.cycle()
        assert world.crm[ANNA][1]
        assert ends(world, answer) is Standing.MOOT


def test_row_that_is_referred_to_since_does_not_leave() -> None:
    """What is in use and refers to a row keeps it, until its record is out of use."""
    world = shared(Policy(authority=Side.SHEET))
    answer = give(world, ReviewKind.REMOVAL, Side.SHEET)
    row = RowState.of(
        replace(world.state, referred=frozenset({ANNA})),
        world.policy,
        ANNA,
        asked_by_row(world.state)[ANNA],
    )
    assert recalled(row, answer) is None
    ended = lapsed(row, answer, None).reviews[-1]
    assert (ended.standing, ended.reason) == (Standing.MOOT, REFERRED)


@pytest.mark.parametrize(
    ("kind", "side", "leaves"),
    [
        (ReviewKind.REMOVAL, Side.SHEET, True),
        (ReviewKind.WITHDRAWAL, Side.CRM, True),
        (ReviewKind.WITHDRAWAL, Side.SHEET, False),
        (ReviewKind.RETURN, Side.CRM, False),
    ],
)
def test_rows_that_leave_are_as_they_were_shown(
    kind: ReviewKind, side: Side, *, leaves: bool
) -> None:
    """A row leaves with its record by an answer to that, while nobody moved it since."""
    world = shared(Policy(authority=Side.SHEET))
    give(world, kind, side)
    assert leaving(world.state) == (frozenset({ANNA}) if leaves else frozenset())
    world.sheet[ANNA][FEE] = 12
    assert leaving(world.state) == frozenset()
    del world.crm[ANNA]
    assert leaving(world.state) == frozenset()
