"""What was hit by mistake is put back, or waits where people see it and can close it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncd.core.snapshot import Side, TableName
from syncd.cycle.finding import NotFoundError, find_victim
from syncd.cycle.refill import set_up
from syncd.cycle.repair import describe, drop
from syncd.errors import HaltedError, SheetBusyError
from syncd.sandbox import ManualClock, Sandbox
from syncd.sheet.cells import entered_of
from syncd.sheet.judgement import Keys, Victim
from tests.conftest import fill
from tests.cycle.test_outcome import is_fixpoint
from tests.world import Json, WindowClient, World, letter

TAB = "Influencers"
NAMES = ("Ada", "Bea", "Cleo")


def followers(world: World) -> list[object]:
    """Return what the sheet shows of each influencer."""
    return [world.row(TAB, name).get("Followers") for name in NAMES]


def change(world: World, name: str = "Bea") -> None:
    """Give syncd a cell to write."""
    world.crm("UPDATE influencers SET followers = 555 WHERE name = ?", name)


def hit(world: World, then: object, name: str = "Bea", row: int = 3) -> None:
    """Let the next write hit a row that somebody inserts; then something happens to it."""
    change(world, name)
    world.client.before = lambda: world.insert_row(TAB, row)
    world.client.after = then  # type: ignore[assignment]


def test_victim_whose_column_is_gone_holds_all_until_it_is_dropped(connected: World) -> None:
    """A repair that cannot be done is shown, stops both directions, and a person can close it."""
    hit(connected, lambda: connected.delete_column(TAB, 5))
    with pytest.raises(HaltedError, match="«Followers» cannot be told") as raised:
        connected.cycle()
    (open_,) = connected.ws.crm.operations.repairs()
    assert f"syncd repairs drop {open_.number}" in raised.value.hint
    (cell,) = describe(open_).cells
    assert (cell.title, cell.stood, cell.wrote) == ("Followers", None, 555)
    connected.crm("UPDATE influencers SET category = 'Travel' WHERE name = 'Ada'")
    before = connected.revision()
    with pytest.raises(HaltedError):
        connected.cycle()
    assert connected.revision() == before
    assert drop(connected.ws, open_.number, by="ben")
    assert not drop(connected.ws, open_.number, by="ben")
    connected.delete_row(TAB, 3)
    connected.settle()
    assert connected.row(TAB, "Ada")["Category"] == "Travel"


def test_victim_is_mended_in_its_other_columns_while_one_is_gone(connected: World) -> None:
    """Who closes a repair whose column is gone keeps nothing of another's in the row."""
    connected.crm("UPDATE influencers SET category = 'Travel' WHERE name = 'Bea'")
    hit(connected, lambda: connected.delete_column(TAB, 5))
    with pytest.raises(HaltedError, match="«Followers» cannot be told"):
        connected.cycle()
    assert connected.grid(TAB)[2] == []
    (open_,) = connected.ws.crm.operations.repairs()
    (cell,) = describe(open_).cells
    assert (cell.title, cell.wrote) == ("Followers", 555)


def test_victim_whose_column_comes_back_is_mended(connected: World) -> None:
    """While the column is away the repair stays open; when it is there again, it is done."""
    connected.type(TAB, "L1", "Mine")
    connected.type(TAB, "L2", [["a"], ["b"], ["c"]])
    connected.settle()
    hit(connected, lambda: connected.type(TAB, "E1", "Handle"))
    with pytest.raises(HaltedError):
        connected.cycle()
    connected.type(TAB, "E1", "Followers")
    connected.settle()
    assert followers(connected) == [100, 555, 300]
    assert not connected.ws.crm.operations.repairs()
    is_fixpoint(connected)


def test_victim_beside_the_table_is_known_by_what_was_written_there(connected: World) -> None:
    """Its row got another name, handle and id meanwhile: nobody else wrote that there."""

    def insert_column() -> None:
        connected.insert_column(TAB, column, "Mine")
        connected.type(TAB, f"{letter(column)}3", "my own")

    def type_over() -> None:
        id_column = letter(connected.grid(TAB)[0].index("syncd id") + 1)
        connected.type(TAB, "A3", [["Zoe", "blog", "zoe"]])
        connected.type(TAB, f"{id_column}3", "my id")

    column = connected.grid(TAB)[0].index("Followers") + 1
    change(connected)
    connected.client.before = insert_column
    connected.client.after = type_over
    connected.settle()
    assert connected.grid(TAB)[2][column - 1] == "my own"
    assert not connected.ws.crm.operations.repairs()


def test_victim_whose_row_is_gone_waits_for_it(connected: World) -> None:
    """Two reads without the row: all goes on; when it returns, it is mended before all else."""
    hit(connected, lambda: connected.delete_row(TAB, 3))
    connected.settle()
    assert followers(connected) == [100, 555, 300]
    (waiting,) = connected.ws.crm.operations.repairs()
    assert waiting.absent
    connected.insert_row(TAB, 3)
    connected.type(TAB, "E3", 555)
    connected.settle()
    assert not connected.ws.crm.operations.repairs()
    assert connected.grid(TAB)[2] == []
    is_fixpoint(connected)


@pytest.mark.parametrize("moves", [False, True], ids=["a row above", "and a moved column"])
def test_title_that_was_hit_is_put_back_while_the_table_is_halted(
    connected: World, moves: bool
) -> None:
    """A row above the titles lets a write hit a title: it stands there again at once."""
    titles = connected.grid(TAB)[0]
    change(connected, "Ada")

    def act() -> None:
        connected.insert_row(TAB, 1)
        if moves:
            connected.move_column(TAB, 5, 4)

    connected.client.before = act
    assert connected.cycle().halted
    assert sorted(map(str, connected.grid(TAB)[1])) == sorted(map(str, titles))
    connected.delete_row(TAB, 1)
    connected.settle()
    assert followers(connected) == [555, 200, 300]
    assert not connected.ws.crm.operations.repairs()
    is_fixpoint(connected)


def test_titles_sorted_into_the_rows_are_found(connected: World) -> None:
    """A sort that takes the title row along: nothing stays misplaced once it is undone."""
    change(connected, "Cleo")
    where = {"sheetId": connected.sheet_id(TAB), "startRowIndex": 0}
    spec = [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]
    titles = connected.grid(TAB)[0]
    connected.client.before = lambda: connected.batch(
        {"sortRange": {"range": where, "sortSpecs": spec}}
    )
    assert connected.cycle().halted
    assert titles in connected.grid(TAB)
    place = connected.grid(TAB).index(titles)
    span = connected._dimension(TAB, "ROWS", place, 1)
    connected.batch({"moveDimension": {"source": span, "destinationIndex": 0}})
    connected.settle()
    assert followers(connected) == [100, 200, 555]
    is_fixpoint(connected)


def test_victim_in_a_column_without_title_is_put_back(connected: World) -> None:
    """A column that somebody inserted and not yet titled gets back what stood in it."""
    change(connected)

    def act() -> None:
        connected.insert_column(TAB, 5)
        connected.type(TAB, "E3", "mine")

    connected.client.before = act
    connected.settle()
    assert connected.grid(TAB)[2][4] == "mine"
    assert followers(connected) == [100, 555, 300]
    is_fixpoint(connected)


def test_three_misplaced_writes_in_a_row_leave_no_damage(connected: World) -> None:
    """The write, its repair and the repair of that each hit another row: all is put back."""
    change(connected)

    def insert(times: int) -> None:
        connected.insert_row(TAB, 3)
        if times:
            connected.client.before = lambda: insert(times - 1)

    connected.client.before = lambda: insert(3)
    connected.settle()
    assert followers(connected) == [100, 555, 300]
    assert [
        row for row in connected.grid(TAB) if row and row[0] not in (*NAMES, "Influencer")
    ] == []
    assert not connected.ws.crm.operations.repairs()
    is_fixpoint(connected)


def test_person_who_types_over_the_damage_wins(filled: World) -> None:
    """A value that a person typed into the row that was hit is not replaced by the old one."""
    filled.give_authority(Side.CRM)
    change(filled)
    filled.client.before = lambda: filled.delete_row(TAB, 2)
    filled.client.after = lambda: filled.type(TAB, filled.at(TAB, "Cleo", "Followers"), 888)
    filled.settle()
    assert "888" in filled.kept()
    assert followers(filled) == [100, 555, 300]
    is_fixpoint(filled)


KEYS = Keys(id=2, natural=frozenset({0}), managed=frozenset({0, 1}))
COPIES = (("Name", "City", "syncd id"), ("Ada", "Rome", "i_1"), ("Ada", "Rome", "i_1"))


def hurt(wrote: int) -> Victim:
    """Return a row of Ada's in which one cell was made blank."""
    row = tuple(map(entered_of, ("Ada", "Rome", "i_1")))
    return Victim(
        table=TableName("people"),
        position=3,
        row=row,
        titles=tuple(map(entered_of, COPIES[0])),
        wrote={wrote: None},
    )


@pytest.mark.parametrize("wrote", [1, 2], ids=["a value", "its id"])
def test_one_of_three_copies_that_was_made_blank_is_told_by_the_blank(wrote: int) -> None:
    """Three rows hold the same, and one lacks what was made blank."""
    blanked = tuple("" if column == wrote else cell for column, cell in enumerate(COPIES[1]))
    assert find_victim(hurt(wrote), (*COPIES, blanked), KEYS).positions == (3,)


def test_copies_that_are_alike_in_all_cells_are_as_good_as_each_other() -> None:
    """Of two rows that lack the id and hold the same in every cell one gets it back."""
    blanked = ("Ada", "Rome", "")
    assert find_victim(hurt(2), (COPIES[0], blanked, blanked), KEYS).positions == (1,)


def test_copies_that_lack_the_same_and_differ_elsewhere_are_not_guessed() -> None:
    """Two rows lack the id, and one has a remark: nobody can tell which of them was hit."""
    rows = (COPIES[0], ("Ada", "Rome", ""), ("Ada", "Rome", "", "mine"))
    with pytest.raises(NotFoundError, match="several rows look like it"):
        find_victim(hurt(2), rows, KEYS)


def test_victim_whose_cells_were_sorted_away_from_its_id_waits_for_them() -> None:
    """Under its id stand another's name and city: that is nobody's typing over what we wrote."""
    titles = ("Name", "City", "Size", "syncd id")
    keys = Keys(id=3, natural=frozenset({0}), managed=frozenset({0, 1, 2}))
    row = tuple(map(entered_of, ("Ada", "Rome", 5, "i_1")))
    oslo = replace(hurt(1), row=row, titles=tuple(map(entered_of, titles)))
    oslo = replace(oslo, wrote={1: entered_of("Oslo")})
    mixed = (titles, ("Bea", "Bonn", 5, "i_1"), ("Ada", "Oslo", 7, "i_2"))
    with pytest.raises(NotFoundError) as waits:
        find_victim(oslo, mixed, keys)
    assert waits.value.absent
    back = (titles, ("Ada", "Oslo", 5, "i_1"), ("Bea", "Bonn", 7, "i_2"))
    assert find_victim(oslo, back, keys).positions == (1,)


def test_victim_is_told_from_its_copy_where_we_wrote_a_blank(connected: World) -> None:
    """A blank meant for Bea hits a copy of Ada's row: what stood there goes back into the copy."""
    connected.crm("UPDATE influencers SET category = 'Music' WHERE name = 'Ada'")
    connected.crm("UPDATE influencers SET followers = NULL WHERE name IN ('Ada', 'Bea')")
    sheet = {"sheetId": connected.sheet_id(TAB)}
    copy = {
        "source": {**sheet, "startRowIndex": 1, "endRowIndex": 2},
        "destination": {**sheet, "startRowIndex": 2, "endRowIndex": 3},
    }

    def act() -> None:
        connected.insert_row(TAB, 3)
        connected.batch({"copyPaste": copy})

    connected.client.before = act
    connected.settle()
    shown = [(row["Category"], row.get("Followers")) for row in connected.rows(TAB)]
    assert shown == [("Music", None), ("Tech", 100), ("Food", None), ("Art", 300)]
    assert not connected.ws.crm.operations.repairs()
    is_fixpoint(connected)


def test_new_row_is_not_taken_for_gone_by_a_read_of_two_moments(tmp_path: Path) -> None:
    """It was filled under columns that had moved; half of the next read is from before that."""
    clock = ManualClock()
    with Sandbox(clock=clock) as box, World(box, tmp_path) as world:
        set_up(world.ws)
        fill(world)
        world.give_authority(Side.CRM)
        world.settle()
        clock.advance(60)
        world.crm(
            "INSERT INTO influencers (name, platform, handle, category, followers)"
            " VALUES ('Dan', 'tiktok', 'dan', 'Art', 400)"
        )
        world.client.before = lambda: world.move_column(TAB, 5, 4)
        world.client.after = lambda: box.change(torn_reads_s=5.0)
        with pytest.raises(SheetBusyError):
            world.cycle()
        box.change(torn_reads_s=0.0)
        world.settle()
        row = world.row(TAB, "Dan")
        assert (row["Category"], row["Followers"]) == ("Art", 400)
        assert not world.reviews()
        is_fixpoint(world)


class RowsWindow(WindowClient):
    """The real client, with a window before the rows that are about to be mended are read whole."""

    before_rows: Callable[[], object] | None = None

    def read(self, method: str, body: Mapping[str, Any], *, fields: str = "") -> tuple[Json, bytes]:
        """Let somebody act once, then read."""
        ranges = [found.get("gridRange", {}) for found in body["dataFilters"]]
        whole = method == ":getByDataFilter" and any(r.get("startRowIndex") for r in ranges)
        if self.before_rows is not None and whole:
            act, self.before_rows = self.before_rows, None
            act()
        return super().read(method, body, fields=fields)


def test_row_that_is_sorted_between_the_reads_of_its_repair_is_found_anew(connected: World) -> None:
    """What stood in the row that was hit is not put into the one that took its place."""
    connected.crm("UPDATE influencers SET category = NULL WHERE name = 'Cleo'")
    connected.settle()
    connected.crm("UPDATE influencers SET category = NULL WHERE name = 'Bea'")

    def somebody_inserts() -> None:
        connected.insert_row(TAB, 3)
        connected.type(TAB, "A3", "Eve")
        connected.type(TAB, connected.at(TAB, "Eve", "Category"), "Music")

    def sort_later() -> None:
        connected.ws.client.before_rows = lambda: connected.sort(TAB, descending=True)

    connected.ws.client.__class__ = RowsWindow
    connected.client.before, connected.client.after = somebody_inserts, sort_later
    connected.settle()
    assert connected.ws.client.before_rows is None
    shown = {name: connected.row(TAB, name).get("Category") for name in ("Eve", "Cleo", "Bea")}
    assert shown == {"Eve": "Music", "Cleo": None, "Bea": None}
    is_fixpoint(connected)
