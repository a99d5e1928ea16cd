"""The plan of a whole table."""

from dataclasses import replace

from syncd.core.plan import (
    WHOLE_ROW,
    Archive,
    Case,
    Create,
    Put,
    Remove,
    Review,
    ReviewKind,
    RowPlan,
    TablePlan,
    Unarchive,
    digest_of,
)
from syncd.core.reconcile import reconcile
from syncd.core.snapshot import BaseRow, RowId, Side
from tests.core.acts import (
    CRM,
    MERGE,
    SHEET,
    edit,
    policy,
    row_plan,
    stands,
    take_away,
)
from tests.core.world import ANNA, CAP, FEE, NAME, TABLE, content, shared


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
