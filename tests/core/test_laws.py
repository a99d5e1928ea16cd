"""Laws of the decision, over random pasts of two replicas, both authorities and every policy."""

import copy
import itertools
from dataclasses import dataclass, replace
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from syncd.core.plan import Put, Review, ReviewKind, RowPlan, Standing, TablePlan, digest_of
from syncd.core.policy import Handling, Policy
from syncd.core.snapshot import BaseRow, FieldName, RowId, Side, Value
from tests.core.world import FEE, FIELDS, NAME, Content, World, content, is_quiet

ROWS = tuple(RowId(f"row{n}") for n in range(4))
CYCLES_MAX = 4

handlings = st.sampled_from(Handling)
policies = st.builds(
    Policy,
    authority=st.sampled_from(Side),
    edits=handlings,
    new_rows=handlings,
    removals=handlings,
    fields=st.dictionaries(st.sampled_from(FIELDS), handlings, max_size=2),
    remove_archived=st.booleans(),
)


@dataclass(frozen=True)
class Typed:
    """A value that somebody put into a cell."""

    side: Side
    row: RowId
    field: FieldName
    value: Value


@dataclass
class Past:
    """A world after people touched it, and what they typed there."""

    world: World
    typed: list[Typed]


class Typist:
    """Types values that nobody typed before, so that each can be found again."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.count = itertools.count(1)
        self.typed: list[Typed] = []

    def edit(self, side: Side, row: RowId, held: Content, *, fields: int = 3) -> None:
        """Change some fields of a row, now and then to something that the schema refuses."""
        for name in self.draw(st.lists(st.sampled_from(FIELDS), max_size=fields, unique=True)):
            held[name] = value = self._value(side, name)
            self.typed.append(Typed(side, row, name, value))

    def _value(self, side: Side, name: FieldName) -> Value:
        kinds = ["new", "new", "new", "blank", "above", "same"]
        kind = self.draw(st.sampled_from(kinds + (["text"] if side is Side.SHEET else [])))
        number = next(self.count)
        if kind == "blank":
            return None
        if name == NAME:
            return "Same" if kind == "same" else f"{side.value} {number}"
        if kind == "text":
            return f"about {number}"
        if kind == "same":
            return 50
        above = kind == "above"
        return {True: 1000, False: 20}[above] + number if name == FEE else 200 + 7 * number


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    """Draw a world that once was aligned, or never met, and what both sides did since."""
    world, typist = World(policy=draw(policies)), Typist(draw)
    for row in ROWS[: draw(st.integers(1, len(ROWS)))]:
        _before(draw, world, row)
        _act_in_sheet(draw, world, typist, row)
        _act_in_crm(draw, world, typist, row)
    # Where nothing was shared yet, a blank is nothing that somebody typed.
    typed = [t for t in typist.typed if t.value is not None or t.row in world.base]
    return Past(world, typed)


def _before(draw: st.DrawFn, world: World, row: RowId) -> None:
    was = draw(st.sampled_from(["live", "live", "live", "archived", "gone", "none"]))
    if was == "none":
        return
    archived = was != "live"
    world.base[row] = BaseRow(values=content(), archived=archived, gone=was == "gone")
    world.crm[row] = (content(), archived)
    if was != "gone":
        world.sheet[row] = content()


def _act_in_sheet(draw: st.DrawFn, world: World, typist: Typist, row: RowId) -> None:
    act = draw(st.sampled_from(["none", "edit", "edit", "other"]))
    if act == "other" and row in world.sheet:
        del world.sheet[row]
    elif act == "other":
        world.sheet[row] = content()
    if act != "none" and row in world.sheet:
        typist.edit(Side.SHEET, row, world.sheet[row])


def _act_in_crm(draw: st.DrawFn, world: World, typist: Typist, row: RowId) -> None:
    act = draw(st.sampled_from(["none", "edit", "edit", "other", "delete"]))
    if act == "delete":
        world.crm.pop(row, None)
    elif act == "other":
        held, archived = world.crm.get(row, (content(), True))
        world.crm[row] = (held, not archived)
    if act in ("edit", "other") and row in world.crm:
        typist.edit(Side.CRM, row, world.crm[row][0])


def is_live(world: World, row: RowId) -> bool:
    """Whether both sides hold the row, in use and readable."""
    state = world.state
    return (
        row in state.sheet
        and row in state.crm
        and not state.crm[row].archived
        and not (state.sheet[row].problems or state.crm[row].problems)
    )


def kept(world: World, typed: Typed) -> bool:
    """Whether somebody can still find a value that was typed."""
    entries = [*world.reviews.values(), *world.history]
    offered = any(
        e.row == typed.row and e.offered.get(typed.field, object()) == typed.value
        for e in entries
        if typed.field in e.offered
    )
    sides = [held for s in Side if (held := world.held(s, typed.row)) is not None]
    standing = [held.get(typed.field) == typed.value for held in sides]
    return offered or (all(standing) if is_live(world, typed.row) else any(standing))


@given(pasts())
def test_reconcile_converges_to_a_fixpoint(past: Past) -> None:
    """Whatever both sides did, few cycles align them, and then nothing more is done."""
    world = past.world
    assert world.settle() <= CYCLES_MAX
    before = copy.deepcopy(world)
    assert is_quiet(world.cycle())
    assert (world.sheet, world.crm, world.base) == (before.sheet, before.crm, before.base)
    for row in world.sheet.keys() & world.base.keys():
        if is_live(world, row):
            assert world.sheet[row] == world.crm[row][0] == world.base[row].values
            assert world.base[row] == BaseRow(values=world.sheet[row])


@given(pasts())
def test_base_holds_only_what_both_sides_hold(past: Past) -> None:
    """After a cycle that wrote a row to both sides, its base is what both hold."""
    world = past.world
    plan = world.cycle()
    for row in plan.rows:
        moved = row.base is not None and any(isinstance(a, Put) for a in row.actions)
        if moved and row.base is not None and not row.base.gone:
            assert world.sheet[row.row] == world.crm[row.row][0] == row.base.values


@given(pasts())
def test_nothing_typed_is_lost_silently(past: Past) -> None:
    """Each value that somebody typed stands on both sides, or is asked about, or in history."""
    past.world.settle()
    for typed in past.typed:
        assert kept(past.world, typed), typed


@given(pasts(), st.integers(0, 3))
def test_nothing_is_lost_by_a_switch(past: Past, cycles: int) -> None:
    """The authority may change hands in the middle: it settles again, and all is still there."""
    for _ in range(cycles):
        past.world.cycle()
    past.world.switch()
    past.world.settle()
    for typed in past.typed:
        assert kept(past.world, typed), typed


@given(pasts())
def test_authority_wins_each_conflict(past: Past) -> None:
    """Where both sides changed a field, the authority's value is what both end with."""
    world = past.world
    right = world.policy.authority
    before = copy.deepcopy(world)
    rows = [r for r in before.base if is_live(before, r) and not before.base[r].archived]
    world.settle()
    for row in rows:
        for name in FIELDS:
            base = before.base[row].values[name]
            mine, other = (before.held(side, row) or {} for side in (right, right.other))
            if mine[name] not in (base, other[name]) and other[name] != base:
                assert world.sheet[row][name] == world.crm[row][0][name] == mine[name]


@given(pasts())
def test_follower_alone_changes_nothing_unless_merged(past: Past) -> None:
    """Without a policy that welcomes it, no act of the follower changes the authority's side."""
    policy = past.world.policy
    past.world.policy = replace(
        policy,
        edits=unwelcome(policy.edits),
        new_rows=unwelcome(policy.new_rows),
        removals=unwelcome(policy.removals),
        fields={name: unwelcome(handling) for name, handling in policy.fields.items()},
        remove_archived=False,
    )
    before = copy.deepcopy(past.world)
    past.world.settle()
    if policy.authority is Side.CRM:
        assert past.world.crm == before.crm
    else:
        assert past.world.sheet == before.sheet


def unwelcome(handling: Handling) -> Handling:
    """Return a handling that takes nothing from the follower."""
    return Handling.REVIEW if handling is Handling.MERGE else handling


@given(pasts(), st.randoms(use_true_random=False))
def test_row_order_changes_no_decision(past: Past, random: Random) -> None:
    """Sorting the sheet, or reading columns in another order, decides the same for each row."""
    world, other = past.world, copy.deepcopy(past.world)
    for rows in (other.sheet, other.crm, other.base):
        items = list(rows.items())
        random.shuffle(items)
        rows.clear()
        rows.update(items)
    other.sheet = {r: dict(reversed(held.items())) for r, held in other.sheet.items()}
    other.crm = {r: (dict(reversed(held.items())), gone) for r, (held, gone) in other.crm.items()}
    for _ in range(CYCLES_MAX):
        plan, again = world.cycle(), other.cycle()
        assert by_row(plan) == by_row(again)
        assert digest_of([plan]) == digest_of([again])


def by_row(plan: TablePlan) -> dict[RowId, RowPlan]:
    """Return the plans of the rows without their order."""
    return {row.row: row for row in plan.rows}


@st.composite
def edits(draw: st.DrawFn) -> World:
    """Draw rows that both sides hold, with plain edits on both."""
    world, values = World(policy=draw(policies)), st.sampled_from([None, 1, 2, 3])
    rows = st.fixed_dictionaries(dict.fromkeys(FIELDS, values))
    for row in ROWS[: draw(st.integers(1, 3))]:
        if draw(st.booleans()):
            world.base[row] = BaseRow(values=draw(rows))
        world.sheet[row], world.crm[row] = draw(rows), (draw(rows), False)
    assume(not any(r.problems for r in (*world.state.sheet.values(), *world.state.crm.values())))
    return world


def mirrored(world: World) -> World:
    """Return the same past with the sides and the authority swapped."""
    return World(
        policy=replace(world.policy, authority=world.policy.authority.other),
        base=world.base,
        sheet={row: held for row, (held, _) in world.crm.items()},
        crm={row: (held, False) for row, held in world.sheet.items()},
    )


def crossed(entry: Review) -> Review:
    """Return the entry as the other side's."""
    return replace(entry, side=entry.side.other)


@given(edits())
def test_edits_are_judged_the_same_under_both_authorities(world: World) -> None:
    """Swap the sides and the authority, and the plan is the same with its sides swapped."""
    plan, mirror = by_row(world.plan()), by_row(mirrored(world).plan())
    assert plan.keys() == mirror.keys()
    for row, one in plan.items():
        other = mirror[row]
        puts = {action for action in one.actions if isinstance(action, Put)}
        swapped = {replace(a, side=a.side.other) for a in other.actions if isinstance(a, Put)}
        assert puts == swapped
        assert (one.case, one.base) == (other.case, other.base)
        assert one.reviews == tuple(map(crossed, other.reviews))
        assert one.turned == tuple(map(crossed, other.turned))


@given(pasts(), st.data(), st.booleans())
def test_answers_are_carried_out_or_asked_again(
    past: Past, data: st.DataObject, switch: bool
) -> None:
    """An accepted value stands on both sides afterwards, or its question is open again."""
    world = past.world
    world.settle()
    if switch:
        world.switch()
    chosen = [entry for entry in world.open if data.draw(st.booleans())]
    world.answer(Standing.ACCEPTED, *chosen)
    assert world.settle() <= CYCLES_MAX
    for entry in chosen:
        now = world.reviews[entry.key]
        if now.standing is Standing.TAKEN and entry.kind is ReviewKind.EDIT:
            assert entry.acceptable
            record, _ = world.crm[entry.row]
            assert record[entry.field] == entry.offered[entry.field]
            shown = world.sheet.get(entry.row, record)
            assert shown[entry.field] == entry.offered[entry.field]
    for typed in past.typed:
        assert kept(world, typed) or _was_answered(chosen, typed), typed


def _was_answered(chosen: list[Review], typed: Typed) -> bool:
    """Whether a person's answer put another value in the place of a typed one."""
    return any(e.row == typed.row and e.field in ("", typed.field) for e in chosen)


@given(pasts())
def test_digest_names_what_is_done(past: Past) -> None:
    """The same decision has the same digest; a plan that does something else has another."""
    plan = past.world.plan()
    assert digest_of([plan]) == digest_of([past.world.plan()])
    nothing = digest_of([replace(plan, rows=())])
    does = any(row.actions or row.reviews for row in plan.rows)
    assert (digest_of([plan]) != nothing) == does
