"""Each rail at its limit and one past it, and what an approval holds for."""

from dataclasses import replace

import pytest

from syncd.core.plan import Halt, TablePlan
from syncd.core.policy import Handling, Policy
from syncd.core.rails import Rails, check_rails
from syncd.core.snapshot import BaseRow, RowId, Side
from tests.core.world import CAP, FEE, NAME, TABLE, World, content, shared

RULES = Policy(authority=Side.SHEET)
REMOVED = "too many rows removed within an hour"
CHANGED = "too many rows changed at once in the sheet"


def table(rows: int, rules: Policy = RULES) -> World:
    """Return a table whose rows both sides hold."""
    return shared(rules, *ids(rows))


def ids(rows: int) -> list[RowId]:
    """Return the ids of that many rows."""
    return [RowId(f"row{n:03}") for n in range(rows)]


def checked(world: World, *approved: str, lately: int = 0) -> TablePlan:
    """Check the plan of a world against the usual rails."""
    return check_rails(
        world.plan(), world.state, Rails(), removed_lately=lately, approved=frozenset(approved)
    )


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
    assert checked(world) == world.plan()
    remove(world, side, [ids(rows)[limit]])
    halted = checked(world)
    assert halted.rows == ()
    (halt,) = halted.halts
    assert (halt.table, halt.rail, halt.count, halt.of) == (TABLE, REMOVED, limit + 1, rows)


def test_removals_of_the_last_hour_count() -> None:
    """What was removed a moment ago counts with what is removed now."""
    world = table(50)
    remove(world, Side.SHEET, ids(1))
    assert rails_of(checked(world, lately=9)) == []
    assert rails_of(checked(world, lately=10)) == [REMOVED]


def test_removals_of_the_last_hour_hold_back_no_other_plan() -> None:
    """After an approved removal the table goes on: nothing more is removed."""
    world = table(50)
    change(world, ids(1))
    assert checked(world, lately=40) == world.plan()


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
    assert check_rails(world.plan(), state, Rails()) == world.plan()


def test_archived_rows_are_not_counted() -> None:
    """What is out of use already can neither be removed nor make a side empty."""
    world = table(30)
    for row in ids(30):
        world.base[row] = BaseRow(values=content(), archived=True, gone=True)
        remove(world, Side.CRM, [row])
    world.sheet.clear()
    assert checked(world) == world.plan()


@pytest.mark.parametrize(("rows", "limit"), [(15, 10), (20, 10), (40, 20)])
def test_changes_by_the_sheet_halt_above_half_a_table(rows: int, limit: int) -> None:
    """Ten rows, or half of a larger table, may change at once; one more may not."""
    world = table(rows)
    change(world, ids(limit))
    assert checked(world) == world.plan()
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
    assert checked(world) == world.plan()


def test_new_blank_column_is_no_change() -> None:
    """The schema got a field: the sheet did not change each row by showing it blank."""
    world = table(12)
    for row in ids(12):
        world.base[row] = BaseRow(values={NAME: "Anna", FEE: 10})
        world.sheet[row][CAP] = None
    assert checked(world) == world.plan()


def test_approval_outlives_unrelated_edits() -> None:
    """A person approves the held rows; an edit of another row does not void that."""
    world = table(50)
    remove(world, Side.SHEET, ids(11))
    (halt,) = checked(world).halts
    change(world, ids(50)[20:22])
    assert checked(world, halt.digest) == world.plan()
    remove(world, Side.SHEET, [ids(50)[30]])
    assert rails_of(checked(world, halt.digest)) == [REMOVED]


def test_approval_is_of_one_rail() -> None:
    """What else the plan runs into is held back still."""
    world = table(12, Policy(authority=Side.SHEET, removals=Handling.MERGE))
    remove(world, Side.SHEET, ids(12))
    empty, removed = checked(world).halts
    assert rails_of(checked(world, empty.digest)) == [REMOVED]
    assert checked(world, empty.digest, removed.digest) == world.plan()


def test_halt_says_how_much_of_what() -> None:
    """A halt is plain data that a person can be shown."""
    world = table(2)
    world.sheet.clear()
    (halt,) = checked(world).halts
    assert halt == Halt(
        table=TABLE, rail="the sheet is suddenly empty", count=2, of=2, digest=halt.digest
    )
    assert len(halt.digest) == 12
