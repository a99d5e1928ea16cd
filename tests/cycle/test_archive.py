"""Rows taken out on one side: archived, marked, removed, brought back; never by absence alone."""

from collections.abc import Iterator

import pytest

from syncd.core.plan import ReviewKind, Standing
from syncd.core.snapshot import Side
from syncd.errors import HaltedError
from tests.conftest import MakeWorld, fill
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World

TAB = "Influencers"
ARCHIVE = "UPDATE influencers SET archived_at = '2026-01-01T00:00:00.000Z' WHERE name = 'Bea'"


@pytest.fixture(params=["mark", "remove"])
def archiving(make_world: MakeWorld, request: pytest.FixtureRequest) -> Iterator[World]:
    """A filled workspace that marks archived rows, and one that takes them out."""
    world = make_world(policy={"on_archive": request.param})
    fill(world)
    yield world


def names(world: World) -> list[str]:
    """Return the names that the sheet shows."""
    return [row["Influencer"] for row in world.rows(TAB)]


def removes(world: World) -> bool:
    """Whether archived rows are taken out."""
    return world.config.policy.on_archive == "remove"


def bea(world: World) -> list[object]:
    """Return Bea's row as it stands in the sheet, whole."""
    return next(row for row in world.grid(TAB) if "Bea" in row)


def test_row_removed_under_the_sheet_is_archived_by_the_second_read(archiving: World) -> None:
    """One read without the row changes nothing; the next one archives its record."""
    archiving.delete_row(TAB, 3)
    archiving.cycle()
    assert not archiving.record("influencers", "Bea").archived
    archiving.settle()
    assert archiving.record("influencers", "Bea").archived
    assert names(archiving) == ["Ada", "Cleo"]
    is_fixpoint(archiving)


def test_row_brought_back_under_the_sheet_returns(archiving: World) -> None:
    """Undo in the sheet takes the record into use again, with what it held."""
    row = bea(archiving)
    archiving.delete_row(TAB, 3)
    archiving.settle()
    archiving.type(TAB, "A4", [row])
    archiving.settle()
    assert not archiving.record("influencers", "Bea").archived
    assert archiving.record("influencers", "Bea").values["followers"] == 200
    assert names(archiving) == ["Ada", "Cleo", "Bea"]
    is_fixpoint(archiving)


def test_row_back_before_the_second_read_changes_nothing(archiving: World) -> None:
    """A row that was only away for one read is as if it had never gone."""
    row = bea(archiving)
    archiving.delete_row(TAB, 3)
    archiving.cycle()
    archiving.type(TAB, "A4", [row])
    archiving.settle()
    assert not archiving.record("influencers", "Bea").archived
    is_fixpoint(archiving)


def test_row_removed_under_the_crm_comes_back(archiving: World) -> None:
    """While the CRM rules, the row comes back and an admin is asked."""
    archiving.give_authority(Side.CRM)
    archiving.delete_row(TAB, 3)
    archiving.settle()
    assert names(archiving) == ["Ada", "Cleo", "Bea"]
    assert [e.review.kind for e in archiving.reviews()] == [ReviewKind.REMOVAL]
    assert archiving.row(TAB, "Bea")["Followers"] == 200
    is_fixpoint(archiving)


def test_row_removed_and_undone_under_the_crm_stands_once(archiving: World) -> None:
    """When the row was put back and somebody then presses undo, one of both is known as a copy."""
    archiving.give_authority(Side.CRM)
    row = bea(archiving)
    archiving.delete_row(TAB, 3)
    archiving.settle()
    archiving.type(TAB, "A5", [row])
    archiving.settle()
    rows = [r for r in archiving.rows(TAB) if r["Influencer"] == "Bea"]
    assert len({r["syncd id"] for r in rows}) == len(rows)
    assert len(archiving.records("influencers")) == 3
    is_fixpoint(archiving)


def test_record_archived_under_the_crm_is_marked_or_taken_out(archiving: World) -> None:
    """A record taken out of use is marked in the sheet, and removed where the config says so."""
    archiving.give_authority(Side.CRM)
    archiving.crm(ARCHIVE)
    archiving.settle()
    if removes(archiving):
        assert names(archiving) == ["Ada", "Cleo"]
    else:
        assert str(archiving.row(TAB, "Bea")["Sync"]).startswith("Archived")
    is_fixpoint(archiving)


def test_record_archived_under_the_sheet_is_asked_about(archiving: World) -> None:
    """While the sheet rules, the record comes back into use, and an admin is asked."""
    archiving.crm(ARCHIVE)
    archiving.settle()
    assert not archiving.record("influencers", "Bea").archived
    assert [e.review.side for e in archiving.reviews()] == [Side.CRM]
    is_fixpoint(archiving)


def test_removal_agreed_to_under_the_crm_archives(archiving: World) -> None:
    """An admin who agrees to a removal archives the record; its row is marked or taken out."""
    archiving.give_authority(Side.CRM)
    archiving.delete_row(TAB, 3)
    archiving.settle()
    (entry,) = archiving.reviews()
    with archiving.ws.crm.database.transaction():
        archiving.ws.crm.reviews.answer(entry.id, Standing.ACCEPTED, at=archiving.ws.now())
    archiving.settle()
    assert archiving.record("influencers", "Bea").archived
    assert ("Bea" in names(archiving)) is not removes(archiving)
    is_fixpoint(archiving)


@pytest.mark.parametrize("act", ["types into it", "sorts", "inserts a row", "deletes another"])
def test_row_taken_out_in_a_window_loses_nothing(make_world: MakeWorld, act: str) -> None:
    """A row that is about to be taken out is only taken out as it was read, and no other one."""
    world = make_world(policy={"on_archive": "remove"})
    fill(world)
    world.give_authority(Side.CRM)
    world.crm(ARCHIVE)
    world.cycle()
    acts = {
        "types into it": lambda: world.type(TAB, world.at(TAB, "Bea", "Category"), "Typed"),
        "sorts": lambda: world.sort(TAB, descending=True),
        "inserts a row": lambda: world.insert_row(TAB, 2),
        "deletes another": lambda: world.delete_row(TAB, 2),
    }
    world.client.before = acts[act]
    world.settle()
    shown = set(names(world))
    assert shown >= {"Ada", "Cleo"}
    if act == "types into it":
        assert "Typed" in world.kept() or "Typed" in repr(world.grid(TAB))
    else:
        assert "Bea" not in shown
    is_fixpoint(world)


def test_row_that_says_already_that_it_is_archived_is_not_at_rest_yet(archiving: World) -> None:
    """The sheet shows what the first step writes: the second one is still to come."""
    archiving.give_authority(Side.CRM)
    archiving.crm(ARCHIVE)
    said = "Archived: no longer in use; the CRM keeps it"
    archiving.type(TAB, archiving.at(TAB, "Bea", "Sync"), said)
    archiving.settle()
    assert ("Bea" in names(archiving)) is not removes(archiving)
    is_fixpoint(archiving)


def test_row_returned_in_the_crm_comes_back(archiving: World) -> None:
    """A record that is taken into use again has its row again."""
    archiving.give_authority(Side.CRM)
    archiving.crm(ARCHIVE)
    archiving.settle()
    archiving.crm("UPDATE influencers SET archived_at = NULL WHERE name = 'Bea'")
    archiving.settle()
    assert archiving.row(TAB, "Bea")["Sync"] == "In sync"
    is_fixpoint(archiving)


def test_row_taken_out_by_mistake_comes_back_as_it_looked(make_world: MakeWorld) -> None:
    """A row that another's removal hit stands again where it was, with its note and its format."""
    world = make_world(policy={"on_archive": "remove"})
    fill(world)
    world.give_authority(Side.CRM)
    start = {"sheetId": world.sheet_id(TAB), "rowIndex": 1, "columnIndex": 3}
    look = {"note": "met in May", "userEnteredFormat": {"textFormat": {"italic": True}}}
    fields = "note,userEnteredFormat.textFormat"
    world.batch({"updateCells": {"start": start, "rows": [{"values": [look]}], "fields": fields}})
    world.crm(ARCHIVE)
    world.cycle()
    world.client.before = lambda: world.insert_row(TAB, 2)
    world.settle()
    assert names(world) == ["Ada", "Cleo"]
    place = world.place(TAB, "Ada") - 1
    sheets = world.book(cells="note,userEnteredFormat.textFormat")["sheets"]
    (tab,) = [s for s in sheets if s["properties"]["title"] == TAB]
    cell = tab["data"][0]["rowData"][place]["values"][3]
    assert cell["note"] == "met in May"
    assert cell["userEnteredFormat"]["textFormat"] == {"italic": True}
    is_fixpoint(world)


def test_row_taken_out_by_mistake_comes_back_under_its_columns(make_world: MakeWorld) -> None:
    """Somebody inserts a column, or moves one, before a row comes back that a removal hit."""
    world = make_world(policy={"on_archive": "remove"})
    fill(world)
    world.give_authority(Side.CRM)
    note = {"start": {"sheetId": world.sheet_id(TAB), "rowIndex": 1, "columnIndex": 3}}
    note |= {"rows": [{"values": [{"note": "met in May"}]}], "fields": "note"}
    world.batch({"updateCells": note})
    world.crm(ARCHIVE)
    world.cycle()
    row, records = world.row(TAB, "Ada"), world.records("influencers")
    world.client.before = lambda: world.insert_row(TAB, 2)

    def arrange() -> None:
        world.insert_column(TAB, 2, "Remarks")
        world.move_column(TAB, world.grid(TAB)[0].index("syncd id") + 1, 2)

    world.client.after = arrange
    world.settle()
    assert world.row(TAB, "Ada").items() - {("Remarks", "")} == row.items()
    assert world.records("influencers") == records
    (tab,) = [s for s in world.book(cells="note")["sheets"] if s["properties"]["title"] == TAB]
    noted = tab["data"][0]["rowData"][world.place(TAB, "Ada") - 1]["values"]
    assert [c for c, cell in enumerate(noted) if "note" in cell] == [5]
    is_fixpoint(world)


def test_row_taken_out_by_mistake_waits_for_a_column_that_is_gone(make_world: MakeWorld) -> None:
    """What stood in a column that nobody finds any more is not put under another one."""
    world = make_world(policy={"on_archive": "remove"})
    fill(world)
    world.give_authority(Side.CRM)
    world.crm(ARCHIVE)
    world.cycle()
    world.client.before = lambda: world.insert_row(TAB, 2)
    world.client.after = lambda: world.delete_column(TAB, 4)
    with pytest.raises(HaltedError, match="the column «Category» cannot be told") as halted:
        world.settle()
    assert "syncd repairs list" in halted.value.hint
    world.insert_column(TAB, 4, "Category")
    world.settle()
    assert world.row(TAB, "Ada")["Category"] == "Tech"
    is_fixpoint(world)


def test_row_taken_out_by_mistake_that_is_back_already_stands_once(make_world: MakeWorld) -> None:
    """Somebody, or a syncd on a copy of the file, puts it back first: it does not come twice."""
    world = make_world(policy={"on_archive": "remove"})
    fill(world)
    world.give_authority(Side.CRM)
    world.crm(ARCHIVE)
    world.cycle()
    row = world.grid(TAB)[1]
    world.client.before = lambda: world.insert_row(TAB, 2)
    world.client.after = lambda: world.type(TAB, "A2", [row])
    world.settle()
    assert names(world) == ["Ada", "Cleo"]
    assert world.grid(TAB)[1] == row
    assert not world.ws.crm.operations.has_repairs()
    assert not world.reviews()
    is_fixpoint(world)


def test_row_taken_out_is_kept_in_the_trash(make_world: MakeWorld) -> None:
    """What was taken out stands in a hidden tab, the newest first, with its table and place."""
    world = make_world(policy={"on_archive": "remove"})
    fill(world)
    world.give_authority(Side.CRM)
    for name in ("Bea", "Ada"):
        world.crm(ARCHIVE.replace("Bea", name))
        world.settle()
    kept = world.grid("_syncd_trash")
    assert [row[1:4] for row in kept if row] == [
        ["influencers", 2, "Ada"],
        ["influencers", 3, "Bea"],
    ]
    is_fixpoint(world)


@pytest.mark.parametrize("act", [ARCHIVE, "DELETE FROM influencers WHERE name = 'Bea'"])
def test_row_that_both_sides_take_away_at_once_keeps_no_id(connected: World, act: str) -> None:
    """A program archives or deletes a record while a person empties its row: nothing is left."""
    row = connected.place(TAB, "Bea")
    cells = connected.grid(TAB)[row - 1]
    connected.crm("DELETE FROM cooperations")
    connected.crm(act)
    connected.client.before = lambda: connected.type(TAB, f"A{row}", [[""] * (len(cells) - 2)])
    connected.settle()
    assert names(connected) == ["Ada", "Cleo"]
    assert connected.grid(TAB)[row - 1] == []
    is_fixpoint(connected)


def about_to_hit_the_titles(make_world: MakeWorld) -> tuple[World, list[object]]:
    """Make a world in which the second step of a removal meets the titles; return them as well."""
    world = make_world(policy={"on_archive": "remove"})
    fill(world)
    world.give_authority(Side.CRM)
    world.settle()
    titles = world.grid(TAB)[0]
    world.crm(ARCHIVE.replace("Bea", "Ada"))
    world.cycle()
    world.client.before = lambda: world.insert_row(TAB, 1)
    return world, titles


def test_title_row_that_was_taken_out_by_mistake_comes_back(make_world: MakeWorld) -> None:
    """A row above the titles lets a removal hit them: they return at once, above the table."""
    world, titles = about_to_hit_the_titles(make_world)
    world.settle()
    assert world.grid(TAB)[0] == titles
    assert names(world) == ["Bea", "Cleo"]
    is_fixpoint(world)


def test_title_row_that_somebody_put_back_already_stands_once(make_world: MakeWorld) -> None:
    """Titles that a removal hit, and that a person typed again before they were mended."""
    world, titles = about_to_hit_the_titles(make_world)
    world.client.after = lambda: world.type(TAB, "A1", [titles])
    world.settle()
    assert world.grid(TAB)[0] == titles
    assert names(world) == ["Bea", "Cleo"]
    is_fixpoint(world)
