"""Each rail at its limit and one past it, and what an approval holds for."""

from collections.abc import Collection
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.plan import Halt, Standing, TablePlan
from syncd.core.policy import Handling, Policy
from syncd.core.rails import CHANGED, REMOVED, SCHEMA, Approval, Rails, check_rails
from syncd.core.reconcile import reconcile
from syncd.core.snapshot import BaseRow, FieldName, RowId, Side, TableName
from tests.core.world import CAP, FEE, NAME, TABLE, World, content, shared

RULES = Policy(authority=Side.SHEET)


def table(rows: int, rules: Policy = RULES) -> World:
    """Return a table whose rows both sides hold."""
    return shared(rules, *ids(rows))


def ids(rows: int) -> list[RowId]:
    """Return the ids of that many rows."""
    return [RowId(f"row{n:03}") for n in range(rows)]


def checked(world: World, *approved: Halt, lately: Collection[RowId] = ()) -> TablePlan:
    """Check the plan of a world against the usual rails."""
    return check_rails(
        world.plan(),
        world.state,
        Rails(),
        removed_lately=frozenset(lately),
        approvals=[approval(halt) for halt in approved],
    )


def approval(halt: Halt) -> Approval:
    """A person lets a held part through."""
    return Approval(table=halt.table, rail=halt.rail, digest=halt.digest, held=halt.held)


def bare(plan: TablePlan) -> TablePlan:
    """Return a plan without what the rails noted on it."""
    rows = tuple(replace(row, removes=False) for row in plan.rows)
    return replace(plan, rows=rows, approved=frozenset())


def rails_of(plan: TablePlan) -> list[str]:
    """Return the names of the rails that a plan ran into."""
    return [halt.rail for halt in plan.halts]


def remove(world: World, side: Side, rows: list[RowId]) -> None:
    """Take rows out of the sheet, or archive their records."""
    for row in rows:
        if side is Side.SHEET:
            del world.sheet[row]
        else:
            world.crm[row] = (world.crm[row][0], True)


def change(world: World, rows: list[RowId]) -> None:
    """Type another fee into rows of the sheet."""
    for row in rows:
        world.sheet[row][FEE] = 20


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("rows", "limit"), [(50, 10), (100, 10), (200, 20)])
def test_removals_halt_above_a_share_and_ten_rows(side: Side, rows: int, limit: int) -> None:
    """Ten rows, or a tenth of a larger table, may go within an hour; one more may not."""
    world = table(rows)
    remove(world, side, ids(limit))
    assert bare(checked(world)) == world.plan()
    remove(world, side, [ids(rows)[limit]])
    halted = checked(world)
    assert halted.rows == ()
    (halt,) = halted.halts
    assert (halt.table, halt.rail, halt.count, halt.of) == (TABLE, REMOVED, limit + 1, rows)


def test_removals_of_the_last_hour_count() -> None:
    """What was removed a moment ago counts with what is removed now."""
    world = table(50)
    remove(world, Side.SHEET, ids(1))
    assert rails_of(checked(world, lately=ids(50)[41:])) == []
    assert rails_of(checked(world, lately=ids(50)[40:])) == [REMOVED]


def test_removals_of_the_last_hour_hold_back_no_other_plan() -> None:
    """After an approved removal the table goes on: nothing more is removed."""
    world = table(50)
    change(world, ids(1))
    assert bare(checked(world, lately=ids(50)[10:])) == world.plan()


def test_removals_count_before_and_after_they_are_confirmed() -> None:
    """The first read that misses the rows is held as well as the one that acts on it."""
    world = table(50)
    remove(world, Side.SHEET, ids(11))
    (first,) = checked(world).halts
    world.cycle()
    (second,) = checked(world).halts
    assert first == second


@pytest.mark.parametrize("side", list(Side))
def test_suddenly_empty_side_halts(side: Side) -> None:
    """A side without any of the rows that it had is no side to follow; one row left is enough."""
    world = table(3)
    remove(world, side, ids(3)[:2])
    assert rails_of(checked(world)) == []
    remove(world, side, ids(3)[2:])
    assert rails_of(checked(world)) == [f"the {side.value} is suddenly empty"]


def test_table_of_one_row_may_lose_it() -> None:
    """The only row of a table may be removed like any other."""
    world = table(1)
    remove(world, Side.SHEET, ids(1))
    assert rails_of(checked(world)) == []


def test_deleted_records_make_an_empty_side() -> None:
    """Records that another program deleted are missing like archived ones."""
    world = table(2)
    world.crm.clear()
    assert rails_of(checked(world)) == ["the crm is suddenly empty"]


def test_frozen_rows_are_not_missing() -> None:
    """A row whose identity is not settled stands in the sheet, so the sheet is not empty."""
    world = table(2)
    world.sheet.clear()
    state = replace(world.state, frozen=frozenset(ids(1)))
    assert check_rails(reconcile(state, world.policy), state, Rails()).halts == ()


def test_archived_rows_are_not_counted() -> None:
    """What is out of use already can neither be removed nor make a side empty."""
    world = table(30)
    for row in ids(30):
        world.base[row] = BaseRow(values=content(), archived=True, gone=True)
        remove(world, Side.CRM, [row])
    world.sheet.clear()
    assert bare(checked(world)) == world.plan()


@pytest.mark.parametrize(("rows", "limit"), [(15, 10), (20, 10), (40, 20)])
def test_changes_by_the_sheet_halt_above_half_a_table(rows: int, limit: int) -> None:
    """Ten rows, or half of a larger table, may change at once; one more may not."""
    world = table(rows)
    change(world, ids(limit))
    assert bare(checked(world)) == world.plan()
    change(world, [ids(rows)[limit]])
    (halt,) = checked(world).halts
    assert (halt.rail, halt.count, halt.of) == (CHANGED, limit + 1, rows)


def test_unreadable_rows_are_changed_rows() -> None:
    """A column that turned into text is a change of each of its rows."""
    world = table(12)
    for row in ids(12):
        world.sheet[row][FEE] = "a lot"
    assert rails_of(checked(world)) == [CHANGED]


def test_changes_by_the_crm_do_not_halt() -> None:
    """A program may change each record; a sheet that does so is suspect."""
    world = table(40, Policy(authority=Side.CRM))
    for row in ids(40):
        world.crm[row][0][FEE] = 20
    assert bare(checked(world)) == world.plan()


def test_changes_of_archived_rows_count() -> None:
    """A block pasted over rows that are only marked changes their records as well."""
    world = table(11, Policy(authority=Side.CRM))
    world.crm[ids(11)[0]] = (world.crm[ids(11)[0]][0], True)
    world.cycle()
    assert world.base[ids(11)[0]].archived
    change(world, ids(11))
    assert rails_of(checked(world)) == [CHANGED]
    world.sheet[ids(11)[0]][FEE] = "a lot"
    assert rails_of(checked(world)) == []


def test_new_blank_column_is_no_change() -> None:
    """The schema got a field: the sheet did not change each row by showing it blank."""
    world = table(12)
    for row in ids(12):
        world.base[row] = BaseRow(values={NAME: "Anna", FEE: 10})
        world.sheet[row][CAP] = None
    assert bare(checked(world)) == world.plan()


@pytest.mark.parametrize(("held", "rails"), [(20, []), (30, [CHANGED])])
def test_new_column_with_the_crms_values_is_no_change(held: int, rails: list[str]) -> None:
    """A deleted column came back with what the CRM holds; other values are the sheet's."""
    world = table(12)
    for row in ids(12):
        world.base[row] = BaseRow(values={NAME: "Anna", FEE: 10})
        world.crm[row] = ({**world.crm[row][0], CAP: 20}, False)
        world.sheet[row][CAP] = held
    assert rails_of(checked(world)) == rails


def test_approval_outlives_unrelated_edits() -> None:
    """A person approves the held rows; an edit of another row does not void that."""
    world = table(50)
    remove(world, Side.SHEET, ids(11))
    (halt,) = checked(world).halts
    change(world, ids(50)[20:22])
    assert bare(checked(world, halt)) == world.plan()
    remove(world, Side.SHEET, [ids(50)[30]])
    assert rails_of(checked(world, halt)) == [REMOVED]


def test_approval_is_of_one_rail() -> None:
    """What else the plan runs into is held back still."""
    world = table(12, Policy(authority=Side.SHEET, removals=Handling.MERGE))
    remove(world, Side.SHEET, ids(12))
    empty, removed = checked(world).halts
    assert rails_of(checked(world, empty)) == [REMOVED]
    assert bare(checked(world, empty, removed)) == world.plan()


def test_halt_says_how_much_of_what() -> None:
    """A halt is plain data that a person can be shown."""
    world = table(2)
    world.sheet.clear()
    (halt,) = checked(world).halts
    assert halt == Halt(
        table=TABLE,
        rail="the sheet is suddenly empty",
        count=2,
        of=2,
        digest=halt.digest,
        held=frozenset(ids(2)),
    )
    assert len(halt.digest) == 12


# ── Rows that were emptied ────────────────────────────────────────────────────────────────────


def blank(world: World, rows: list[RowId], *names: FieldName) -> None:
    """Delete the contents of cells of the sheet."""
    for row in rows:
        world.sheet[row] |= dict.fromkeys(names)


def test_emptied_rows_are_removed_rows() -> None:
    """A row that lost more than half of what it held is no row any more; less is an edit."""
    world = table(50)
    blank(world, ids(11), FEE)
    assert rails_of(checked(world)) == []
    blank(world, ids(10), CAP)
    assert rails_of(checked(world)) == []
    blank(world, ids(11), CAP)
    assert rails_of(checked(world)) == [REMOVED]


def test_emptied_and_removed_rows_count_together() -> None:
    """Both take from the table what it held."""
    world = table(50)
    blank(world, ids(6), FEE, CAP)
    remove(world, Side.SHEET, ids(50)[40:44])
    assert rails_of(checked(world)) == []
    remove(world, Side.CRM, ids(50)[30:31])
    (halt,) = checked(world).halts
    assert (halt.rail, halt.count) == (REMOVED, 11)


def test_blank_column_is_a_change_of_the_whole_table() -> None:
    """Somebody cleared a column: each row changed at once."""
    world = table(20)
    blank(world, ids(20), FEE)
    assert rails_of(checked(world)) == [CHANGED]


# ── What a plan removes ───────────────────────────────────────────────────────────────────────


def test_plan_says_what_it_removes_once_it_is_carried_out() -> None:
    """A row that was missed once is not removed yet; what is put back never is."""
    world = table(20)
    remove(world, Side.SHEET, ids(2))
    blank(world, ids(20)[5:6], FEE, CAP)
    assert checked(world).removes == {ids(20)[5]}
    world.cycle()
    assert checked(world).removes == set(ids(2))
    back = table(20, Policy(authority=Side.CRM))
    remove(back, Side.SHEET, ids(2))
    blank(back, ids(20)[5:6], FEE, CAP)
    back.cycle()
    assert checked(back).removes == frozenset()


def test_removals_agreed_to_are_nobodys_accident() -> None:
    """Whoever accepted each removal in review is not asked about all of them once more."""
    world = table(50, Policy(authority=Side.CRM))
    remove(world, Side.SHEET, ids(10))
    world.settle()
    remove(world, Side.SHEET, [ids(50)[10]])
    world.settle()
    world.answer(Standing.ACCEPTED, *world.open)
    assert checked(world).halts == ()
    remove(world, Side.SHEET, ids(11))
    world.cycle()
    assert checked(world).halts == ()


# ── What an approval covers ───────────────────────────────────────────────────────────────────


def halted(world: World, *approved: Halt) -> Halt:
    """Return the one halt that holds a world back."""
    (halt,) = checked(world, *approved).halts
    return halt


def test_approval_of_changes_outlives_edits_of_other_rows() -> None:
    """Half the table was changed and approved; the team goes on typing into the other half."""
    world = table(40)
    change(world, ids(21))
    halt = halted(world)
    change(world, ids(40)[30:33])
    plan = checked(world, halt)
    assert bare(plan) == world.plan()
    assert plan.approved == {halt.digest}


def test_approval_of_changes_is_of_what_was_shown() -> None:
    """As many rows hold something else by now as would have been held by themselves."""
    world = table(40)
    change(world, ids(21))
    halt = halted(world)
    for row in ids(21):
        world.sheet[row][FEE] = 30
    assert halted(world, halt).digest != halt.digest


def test_approval_of_removals_holds_for_fewer_rows() -> None:
    """Some rows came back before the approval was carried out: the others may go."""
    world = table(50)
    remove(world, Side.SHEET, ids(12))
    halt = halted(world)
    world.sheet[ids(1)[0]] = content()
    assert bare(checked(world, halt)) == world.plan()


def test_approval_is_used_until_its_part_is_carried_out() -> None:
    """Absence counts after two reads, so an approval serves both; then nothing needs it."""
    world = table(50)
    remove(world, Side.SHEET, ids(11))
    halt = halted(world)
    for _ in range(2):
        assert checked(world, halt).approved == {halt.digest}
        world.cycle()
    assert checked(world, halt).approved == frozenset()


def test_approval_of_another_table_or_rail_lets_nothing_through() -> None:
    """A digest is of one table's rows and of one reason."""
    world = table(50)
    remove(world, Side.SHEET, ids(11))
    halt = halted(world)
    assert halted(world, replace(halt, table=TableName("campaigns"))) == halt
    assert halted(world, replace(halt, rail=CHANGED)) == halt


@given(
    held=st.sets(st.integers(0, 49), min_size=11, max_size=20),
    edited=st.sets(st.integers(0, 49), max_size=10),
)
def test_no_unrelated_edit_voids_an_approval(held: set[int], edited: set[int]) -> None:
    """Whatever is typed into other rows, what was approved is carried out."""
    world = table(50)
    rows = ids(50)
    remove(world, Side.SHEET, [rows[n] for n in sorted(held)])
    halt = halted(world)
    for number in sorted(edited - held):
        world.sheet[rows[number]][NAME] = "Typed meanwhile"
    assert bare(checked(world, halt)) == world.plan()


@given(
    held=st.sets(st.integers(0, 29), min_size=16, max_size=30),
    more=st.sets(st.integers(0, 29), max_size=30),
)
def test_nothing_large_passes_under_an_approval_of_something_else(
    held: set[int], more: set[int]
) -> None:
    """More rows than the rail lets pass by itself never pass unseen."""
    world = table(30)
    rows = ids(30)
    change(world, [rows[n] for n in sorted(held)])
    halt = halted(world)
    for number in sorted(more):
        world.sheet[rows[number]][FEE] = 30
    plan = checked(world, halt)
    assert bool(plan.halts) == (len(more) > 15)


# ── Halts by hand, and a schema that changed ──────────────────────────────────────────────────


def test_halt_by_hand_holds_back_whatever_is_planned() -> None:
    """A person stopped the table: nothing is written, not even what no rail minds."""
    world = table(3)
    change(world, ids(1))
    stop = Halt(table=TABLE, rail="halted by hand", count=0, of=0, digest="stop")
    plan = check_rails(world.plan(), world.state, Rails(), stops=[stop])
    assert (plan.rows, plan.halts) == ((), (stop,))


def misfit(world: World, rows: list[RowId]) -> None:
    """Both sides hold what the schema of today refuses: the fee is above the cap."""
    for row in rows:
        for held in (world.sheet[row], world.crm[row][0]):
            held[FEE] = 500
        world.base[row] = BaseRow(values=dict(world.sheet[row]))


def changed_schema(world: World, *approved: Halt) -> TablePlan:
    """Check the plan of a world on the day on which its schema changed."""
    approvals = [approval(halt) for halt in approved]
    state = world.state
    return check_rails(world.plan(), state, Rails(), schema_changed=True, approvals=approvals)


def test_schema_that_still_fits_passes() -> None:
    """A few rows that do not fit are refused one by one."""
    world = table(50)
    assert changed_schema(world).halts == ()
    misfit(world, ids(10))
    assert changed_schema(world).halts == ()


def test_schema_that_refuses_many_rows_halts_until_it_is_approved() -> None:
    """Eleven rows fitted yesterday and do not today: a person looks first."""
    world = table(50)
    misfit(world, ids(11))
    (halt,) = changed_schema(world).halts
    assert (halt.rail, halt.count, halt.of) == (SCHEMA, 11, 50)
    assert changed_schema(world, halt).halts == ()
    assert rails_of(check_rails(world.plan(), world.state, Rails())) == []


@pytest.mark.parametrize("side", list(Side))
def test_schema_halts_no_more_once_rows_are_mended(side: Side) -> None:
    """Somebody makes the rows fit, on either side: the table goes on."""
    world = table(50)
    misfit(world, ids(11))
    held = world.sheet[ids(1)[0]] if side is Side.SHEET else world.crm[ids(1)[0]][0]
    held[FEE] = 50
    assert changed_schema(world).halts == ()


def test_rows_that_wait_for_an_invalid_record_are_not_removed_rows() -> None:
    """A row that comes back once its record is mended is not taken away from anybody."""
    world = table(50, Policy(authority=Side.CRM))
    for row in ids(11):
        world.crm[row][0][FEE] = 500
        del world.sheet[row]
    world.cycle()
    assert checked(world).halts == ()
