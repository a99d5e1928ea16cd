"""What people do to the spreadsheet itself: syncd goes on rightly, or stops and says why."""

from collections.abc import Callable

import pytest

from syncd.core.snapshot import Side, TableName
from syncd.cycle.refill import set_up
from syncd.errors import HaltedError, LayoutError
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World, letter

TAB = "Influencers"
INFLUENCERS = TableName("influencers")


def names(world: World) -> list[str]:
    """Return the names that the sheet shows."""
    return [row["Influencer"] for row in world.rows(TAB)]


def change(world: World) -> None:
    """Give syncd something to write."""
    world.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")


def drop_token(world: World) -> None:
    """Delete the named range that is the fence."""
    named = world.book()["namedRanges"]
    world.batch({"deleteNamedRange": {"namedRangeId": named[0]["namedRangeId"]}})


BROKEN: dict[str, tuple[Callable[[World], object], str]] = {
    "token deleted": (drop_token, "token"),
    "own tab deleted": (lambda w: w.delete_tab("_syncd"), "«_syncd»"),
    "own tab cleared": (lambda w: w.type("_syncd", "A1", [["", "", ""]]), "_syncd"),
}
MENDED: dict[str, tuple[Callable[[World], object], str]] = {
    "mirror deleted": (lambda w: w.delete_tab("_syncd_influencers"), "«_syncd_influencers»"),
    "status column deleted": (lambda w: w.delete_column(TAB, 9), "«Sync»"),
    "id column deleted": (lambda w: w.delete_column(TAB, 10), "«syncd id»"),
    "required column deleted": (lambda w: w.delete_column(TAB, 1), "«Influencer»"),
    "key column deleted": (lambda w: w.delete_column(TAB, 3), "«Handle»"),
}
HALTED = MENDED | {
    "tab deleted": (lambda w: w.delete_tab(TAB), "«Influencers»"),
    "row above the titles": (lambda w: w.insert_row(TAB, 1), "titles"),
    "column doubled": (lambda w: copy_column(w, 2), "«Platform»"),
}


def copy_column(world: World, column: int) -> None:
    """Copy a column with its metadata behind the others, as a copied tab's columns carry it."""
    where = {
        "sheetId": world.sheet_id(TAB),
        "dimension": "COLUMNS",
        "startIndex": 11,
        "endIndex": 12,
    }
    metadata = {
        "metadataKey": "syncd_column",
        "metadataValue": "field:platform",
        "location": {"dimensionRange": where},
        "visibility": "DOCUMENT",
    }
    world.batch({"createDeveloperMetadata": {"developerMetadata": metadata}})
    world.type(TAB, f"{letter(12)}1", "Platform")


@pytest.mark.parametrize("name", BROKEN)
def test_broken_workspace_stops_with_a_reason(connected: World, name: str) -> None:
    """What syncd cannot do without stops it before any write, with what is missing and a hint."""
    act, word = BROKEN[name]
    act(connected)
    change(connected)
    before = connected.revision()
    with pytest.raises(LayoutError, match=word) as raised:
        connected.cycle()
    assert raised.value.hint
    assert connected.revision() == before


@pytest.mark.parametrize("name", HALTED)
def test_broken_table_halts_alone_and_the_others_go_on(ruled: World, name: str) -> None:
    """What one table cannot do without halts that table, with a reason; the others are aligned."""
    act, word = HALTED[name]
    records = ruled.records("influencers")
    act(ruled)
    if ruled.ws.crm.state.authority is Side.CRM:
        ruled.crm("UPDATE campaigns SET budget = 77 WHERE name = 'Summer'")
    else:
        ruled.type("Campaigns", ruled.at("Campaigns", "Summer", "Budget"), 77)
    report = ruled.settle()
    assert report.halted
    assert [h.table for t in report.tables.values() for h in t.halts] == ["influencers"]
    assert word in report.tables[INFLUENCERS].halts[0].rail
    assert ruled.ws.crm.halts.current() == list(report.tables[INFLUENCERS].halts)
    assert ruled.row("Campaigns", "Summer")["Budget"] == 77
    assert ruled.record("campaigns", "Summer").values["budget"] == 77
    assert ruled.records("influencers") == records
    is_fixpoint(ruled)


@pytest.mark.parametrize("name", ["required column deleted", "key column deleted"])
def test_rows_of_a_halted_table_say_why(connected: World, name: str) -> None:
    """Where the rows can still be told apart, each one's status says what is missing."""
    MENDED[name][0](connected)
    connected.settle()
    assert all(row["Sync"].startswith("Paused: tab") for row in connected.rows(TAB))
    assert all(MENDED[name][1] in row["Sync"] for row in connected.rows(TAB))


@pytest.mark.parametrize("name", BROKEN | MENDED)
def test_broken_workspace_is_mended_by_init(connected: World, name: str) -> None:
    """`init` makes again what was syncd's own, and the work goes on without a loss."""
    (BROKEN | MENDED)[name][0](connected)
    change(connected)
    if name in BROKEN:
        with pytest.raises(LayoutError):
            connected.cycle()
    else:
        assert connected.cycle().halted
    set_up(connected.ws)
    connected.settle()
    assert connected.row(TAB, "Bea")["Followers"] == 555
    assert sorted(names(connected)) == ["Ada", "Bea", "Cleo"]
    assert len(connected.records("influencers")) == 3
    is_fixpoint(connected)


def test_init_adds_no_column_above_the_titles(connected: World) -> None:
    """A row above the titles and a column gone: first the row, then the column, in no circles."""
    connected.delete_column(TAB, 4)
    connected.insert_row(TAB, 1)
    before = connected.grid(TAB)
    with pytest.raises(LayoutError, match="does not hold the titles"):
        set_up(connected.ws)
    assert connected.grid(TAB) == before
    connected.delete_row(TAB, 1)
    set_up(connected.ws)
    assert not connected.settle().halted
    assert connected.row(TAB, "Bea")["Category"] == "Food"
    is_fixpoint(connected)


@pytest.mark.parametrize("authority", list(Side))
def test_tab_brought_back_goes_on_by_itself(filled: World, authority: Side) -> None:
    """A deleted tab halts its table; once it is back nothing has to be said."""
    filled.give_authority(authority)
    filled.settle()
    before = filled.revision()
    filled.delete_tab(TAB)
    assert filled.settle().halted
    filled.restore(before)
    report = filled.settle()
    assert not report.halted
    assert not filled.ws.crm.halts.current()
    assert len(filled.rows(TAB)) == 3
    is_fixpoint(filled)


def test_tab_made_again_shows_its_records(connected: World) -> None:
    """A tab made anew in the place of a deleted one archives nothing: its rows come back."""
    connected.delete_tab(TAB)
    assert connected.cycle().halted
    set_up(connected.ws)
    connected.settle()
    assert len(connected.rows(TAB)) == len(connected.records("influencers"))
    assert not any(record.archived for record in connected.records("influencers").values())


def test_optional_column_deleted_pauses_it(connected: World) -> None:
    """Without an optional column the others go on, and the CRM keeps what the column held."""
    connected.delete_column(TAB, 4)
    change(connected)
    connected.settle()
    assert connected.row(TAB, "Bea")["Followers"] == 555
    assert connected.record("influencers", "Bea").values["category"] == "Food"


def test_columns_renamed_and_moved_stay_themselves(ruled: World) -> None:
    """A column is known by its metadata: its title and its place are the team's."""
    ruled.type(TAB, ruled.at(TAB, "Followers", "Followers"), "Fans")
    ruled.move_column(TAB, 5, 1)
    ruled.insert_column(TAB, 2, "Mine")
    ruled.batch(
        {
            "updateSheetProperties": {
                "properties": {"sheetId": ruled.sheet_id(TAB), "title": "People"},
                "fields": "title",
            }
        }
    )
    ruled.type("People", "A3", 777)
    ruled.settle()
    wanted = 777 if ruled.ws.crm.state.authority is Side.SHEET else 200
    assert ruled.row("People", "Bea")["Fans"] == wanted
    assert ruled.record("influencers", "Bea").values["followers"] == wanted
    is_fixpoint(ruled)


def test_older_version_restored_goes_on(ruled: World) -> None:
    """An older version of the file: the token is renewed, and what differs is handled as edits."""
    old = ruled.revision()
    ruled.type(TAB, "D3", "Later")
    change(ruled)
    ruled.settle()
    ruled.restore(old)
    ruled.type(TAB, "D2", "Typed")
    ruled.settle()
    assert sorted(names(ruled)) == ["Ada", "Bea", "Cleo"]
    if ruled.ws.crm.state.authority is Side.CRM:
        assert ruled.row(TAB, "Bea")["Followers"] == 555
        assert ruled.row(TAB, "Ada")["Category"] == "Tech"
        assert "Typed" in ruled.kept()
    else:
        assert ruled.record("influencers", "Ada").values["category"] == "Typed"
        assert ruled.record("influencers", "Bea").values["followers"] == 200
    change(ruled)
    ruled.settle()
    is_fixpoint(ruled)


def test_older_version_from_before_the_set_up_stops(connected: World) -> None:
    """A version without syncd's tabs stops it, and nothing is archived."""
    connected.restore(1)
    with pytest.raises(LayoutError):
        connected.cycle()
    assert not any(record.archived for record in connected.records("influencers").values())


def test_foreign_control_tab_halts(connected: World) -> None:
    """Another database's number in syncd's own tab stops this one, even when nothing is to do."""
    connected.type("_syncd", "C1", "another")
    with pytest.raises(HaltedError):
        connected.cycle()
