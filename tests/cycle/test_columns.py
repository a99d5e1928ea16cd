"""What people do to columns, titles, tabs and whole files: known again, or left alone and said."""

from typing import Any

import pytest

from syncd.core.seen import Answer
from syncd.core.snapshot import Side, TableName
from syncd.cycle.refill import set_up
from syncd.cycle.report import Report
from syncd.cycle.settling import settle_titles
from syncd.errors import HaltedError, LayoutError, UsageError
from syncd.sheet.columns import mark_column
from tests.conftest import MakeWorld, fill
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World, letter

TAB = "Influencers"
INFLUENCERS = TableName("influencers")


def retitle(world: World, title: str, new: str) -> None:
    """Type over a title."""
    world.type(TAB, f"{world.column(TAB, title)}1", new)


def swap_titles(world: World, one: str, other: str) -> None:
    """Type each of two titles over the other."""
    places = world.column(TAB, one), world.column(TAB, other)
    world.type(TAB, f"{places[0]}1", other)
    world.type(TAB, f"{places[1]}1", one)


def move_contents(world: World, one: str, other: str) -> None:
    """Let two columns change places by cutting and pasting their cells, titles and all."""
    places = [world.grid(TAB)[0].index(title) for title in (one, other)]
    height = len(world.grid(TAB))
    cells = [[[(row + [""] * 12)[c]] for row in world.grid(TAB)] for c in places]
    for place, column in zip(places, reversed(cells), strict=True):
        world.type(TAB, f"{letter(place + 1)}1", column[:height])


def told(report: Report) -> dict[str, str]:
    """Return what a cycle left alone in the influencers' tab, with why."""
    return {str(row): why for (table, row), why in report.paused.items() if table == INFLUENCERS}


def halt(report: Report) -> str:
    """Return why the influencers are held back, if they are."""
    return "; ".join(each.rail for each in report.tables[INFLUENCERS].halts)


def has_held_still(world: World, records: dict[str, Any]) -> None:
    """Require that the CRM holds what it held."""
    assert world.records("influencers") == records


# ── renamed ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "title", ["Fans", "  followers ", "FOLLOWERS", "Fol lowers", "", "Followers (k)"]
)
def test_renamed_title_stays_its_column(ruled: World, title: str) -> None:
    """The team calls a column as it likes: what is typed below it goes where it went before."""
    place = ruled.column(TAB, "Followers")
    retitle(ruled, "Followers", title)
    ruled.type(TAB, f"{place}2", 123)
    report = ruled.settle()
    assert not report.halted
    wanted = 123 if ruled.ws.crm.state.authority is Side.SHEET else 100
    assert ruled.record("influencers", "Ada").values["followers"] == wanted
    assert ruled.grid(TAB)[1][4] == wanted
    assert str(ruled.grid(TAB)[0][4]) == title
    is_fixpoint(ruled)


@pytest.mark.parametrize("title", ["Engagement rate", "engagement  RATE", "Engagement-rate "])
def test_column_without_metadata_is_known_by_its_title(filled: World, title: str) -> None:
    """Another program dropped what a column is known by: an equal title, blanks and case aside."""
    lookup = {"metadataKey": "syncd_column", "metadataValue": "field:engagement_rate"}
    filled.batch({"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": lookup}}})
    retitle(filled, "Engagement rate", title)
    filled.type(TAB, "F2", "2%")
    filled.settle()
    assert filled.record("influencers", "Ada").values["engagement_rate"] == 0.02


def test_all_titles_renamed_at_once_halt_until_it_is_said(filled: World) -> None:
    """A first row of which nothing is known may be a row of data: a person says that it is not."""
    records = filled.records("influencers")
    titles = ["Name", "Plattform", "Kürzel", "Thema", "Fans", "Rate", "Mail", "Land", "Stand", "Nr"]
    filled.type(TAB, "A1", [titles])
    report = filled.settle()
    assert "does not hold the titles" in halt(report)
    assert "syncd settle influencers --renamed" in halt(report)
    settle_titles(filled.ws, filled.ws.schema.table("influencers"), Answer.RENAMED)
    filled.type(TAB, "E2", 101)
    assert not filled.settle().halted
    assert filled.record("influencers", "Ada").values["followers"] == 101
    assert len(filled.records("influencers")) == len(records)
    is_fixpoint(filled)


# ── two labels swapped ────────────────────────────────────────────────────────────────────────


def test_row_that_holds_something_in_a_paused_column_is_not_blank(filled: World) -> None:
    """All that can be read of a row was cleared; what is left of it stands under a paused title."""
    filled.type(TAB, filled.at(TAB, "Ada", "Notes"), "call her")
    filled.settle()
    records, place = filled.records("influencers"), filled.place(TAB, "Ada")
    swap_titles(filled, "Notes", "Email")
    filled.settle()
    filled.type(TAB, f"A{place}", [[""] * 6])
    for _ in range(4):
        filled.cycle()
    has_held_still(filled, records)
    row = filled.rows(TAB)[place - 2]
    assert row["syncd id"]
    assert row["Sync"].startswith("Paused: ")
    swap_titles(filled, "Notes", "Email")
    filled.type(TAB, f"A{place}", [["Ada", "instagram"]])
    filled.settle()
    assert filled.row(TAB, "Ada")["syncd id"] == row["syncd id"]
    assert filled.record("influencers", "Ada").values["notes"] == "call her"
    is_fixpoint(filled)


def test_two_labels_swapped_pause_both_columns(ruled: World) -> None:
    """Two titles changed places: nobody can tell whether labels or contents were exchanged.

    Neither column is read or written, the others go on, and it is said how to settle it.
    """
    records = ruled.records("influencers")
    swap_titles(ruled, "Category", "Email")
    where = ruled.column(TAB, "Category"), ruled.column(TAB, "Email")
    ruled.type(TAB, f"{where[0]}2", "ada@example.com")
    ruled.crm("UPDATE influencers SET category = 'Science', followers = 9 WHERE name = 'Bea'")
    report = ruled.settle()
    assert set(told(report)) == {"column Category", "column Email"}
    assert "syncd settle influencers --renamed" in told(report)["column Email"]
    assert ruled.record("influencers", "Ada").values == next(
        r.values for r in records.values() if r.values["name"] == "Ada"
    )
    assert ruled.record("influencers", "Bea").values["category"] == "Science"
    assert ruled.grid(TAB)[2][3] == "Food"
    followers = 9 if ruled.ws.crm.state.authority is Side.CRM else 200
    assert ruled.record("influencers", "Bea").values["followers"] == followers
    assert ruled.row(TAB, "Bea")["Followers"] == followers
    is_fixpoint(ruled)


def test_two_labels_put_back_heal_by_themselves(ruled: World) -> None:
    """The titles stand where they stood: what both sides did meanwhile is found and merged."""
    swap_titles(ruled, "Category", "Email")
    ruled.settle()
    ruled.crm("UPDATE influencers SET category = 'Science' WHERE name = 'Bea'")
    ruled.settle()
    swap_titles(ruled, "Category", "Email")
    report = ruled.settle()
    assert not told(report)
    wanted = "Science" if ruled.ws.crm.state.authority is Side.CRM else "Food"
    assert ruled.row(TAB, "Bea")["Category"] == wanted
    assert ruled.record("influencers", "Bea").values["category"] == wanted
    is_fixpoint(ruled)


def test_two_labels_that_only_changed_names_are_settled_by_a_word(filled: World) -> None:
    """A person says that only the titles changed: the columns stay what they were."""
    swap_titles(filled, "Category", "Email")
    filled.settle()
    settle_titles(filled.ws, filled.ws.schema.table("influencers"), Answer.RENAMED)
    filled.type(TAB, "D2", "Art")
    report = filled.settle()
    assert not told(report)
    assert filled.grid(TAB)[0][3] == "Email"
    assert filled.record("influencers", "Ada").values["category"] == "Art"
    is_fixpoint(filled)


def test_two_columns_whose_contents_moved_with_their_labels_are_followed(filled: World) -> None:
    """A person says that the contents moved as well: the columns follow their titles."""
    records = filled.records("influencers")
    move_contents(filled, "Category", "Email")
    report = filled.settle()
    assert set(told(report)) == {"column Category", "column Email"}
    has_held_still(filled, records)
    settle_titles(filled.ws, filled.ws.schema.table("influencers"), Answer.REPLACED)
    report = filled.settle()
    assert not told(report)
    has_held_still(filled, records)
    filled.type(TAB, filled.at(TAB, "Ada", "Category"), "Art")
    filled.settle()
    assert filled.record("influencers", "Ada").values["category"] == "Art"
    is_fixpoint(filled)


def test_older_version_with_a_column_that_was_deleted_is_followed_by_a_word(filled: World) -> None:
    """A column is deleted, and an older version of the file brings it back without its mark.

    All that stood behind it is known by its neighbour's mark: nothing is added beside it, and a
    person says that the columns are what their titles say.
    """
    records, before = filled.records("influencers"), filled.revision()
    titles = filled.grid(TAB)[0]
    filled.delete_column(TAB, titles.index("Category") + 1)
    filled.settle()
    filled.box.change(restore_reverts_names=False)
    filled.restore(before)
    filled.box.change(restore_reverts_names=True)
    assert filled.settle().halted
    with pytest.raises(LayoutError, match="«Followers» is titled «Category», and its own stands"):
        set_up(filled.ws)
    assert filled.grid(TAB)[0] == titles
    settle_titles(filled.ws, filled.ws.schema.table("influencers"), Answer.REPLACED)
    assert not told(filled.settle())
    has_held_still(filled, records)
    filled.type(TAB, filled.at(TAB, "Ada", "Category"), "Art")
    filled.settle()
    assert filled.record("influencers", "Ada").values["category"] == "Art"
    is_fixpoint(filled)


def test_older_version_whose_id_column_stood_elsewhere_archives_nothing(filled: World) -> None:
    """A column is inserted, and an older version of the file leaves the marks where they are.

    Syncd's own column is known by then as one that shows nothing, while its title stands over
    another one: that no row has its id there says nothing of the records.
    """
    filled.settle()
    before = filled.revision()
    column = filled.grid(TAB)[0].index("Category")
    for _ in range(2):
        where = {"sheetId": filled.sheet_id(TAB), "dimension": "COLUMNS"}
        span = {**where, "startIndex": column, "endIndex": column + 1}
        filled.batch({"insertDimension": {"range": span}})
        filled.settle()
    filled.type(TAB, filled.at(TAB, "Bea", "Handle"), "bee")
    filled.settle()
    records = filled.records("influencers")
    filled.box.change(restore_reverts_names=False)
    filled.restore(before)
    filled.box.change(restore_reverts_names=True)
    report = filled.settle()
    assert "«syncd id» has no title, and its own stands over another one" in halt(report)
    has_held_still(filled, records)
    settle_titles(filled.ws, filled.ws.schema.table("influencers"), Answer.REPLACED)
    assert not told(filled.settle())
    after = filled.records("influencers")
    assert after.keys() == records.keys()
    assert not any(record.archived for record in after.values())
    is_fixpoint(filled)


def test_title_of_a_column_that_is_gone_does_not_become_anothers(filled: World) -> None:
    """Two titles are swapped, and one of the columns deleted: the title is no name of the other.

    Beside the column that `init` adds it would stand there a second time, over another's values.
    """
    swap_titles(filled, "Followers", "Platform")
    filled.delete_column(TAB, filled.grid(TAB)[0].index("Platform") + 1)
    filled.settle()
    with pytest.raises(LayoutError, match="«Platform» is titled «Followers», as one is that is m"):
        set_up(filled.ws)
    retitle(filled, "Followers", "Platform")
    set_up(filled.ws)
    assert not told(filled.settle())
    assert filled.row(TAB, "Ada")["Followers"] == 100
    is_fixpoint(filled)


def test_title_typed_over_a_column_without_ids_does_not_make_it_the_id_column(
    filled: World,
) -> None:
    """The ids stand where an older version put them, and a person titles the column of the mark.

    By that column every row would have lost its id; one that was renamed would come twice.
    """
    before = filled.revision()
    where = {"sheetId": filled.sheet_id(TAB), "dimension": "COLUMNS"}
    there = filled.grid(TAB)[0].index("syncd id")
    span = {**where, "startIndex": there, "endIndex": there + 1}
    filled.batch({"insertDimension": {"range": span}})
    filled.settle()
    filled.box.change(restore_reverts_names=False)
    filled.restore(before)
    filled.box.change(restore_reverts_names=True)
    filled.type(TAB, filled.at(TAB, "Bea", "Influencer"), "Beatrice")
    records = filled.records("influencers")
    assert "«syncd id» has no title" in halt(filled.settle())
    ids, empty = letter(there + 1), letter(there + 2)
    filled.type(TAB, f"{empty}1", "syncd id")
    report = filled.settle()
    assert f"the ids of its rows stand in column {ids} and not in {empty}" in halt(report)
    has_held_still(filled, records)
    filled.type(TAB, f"{empty}1", "")
    settle_titles(filled.ws, filled.ws.schema.table("influencers"), Answer.REPLACED)
    assert not filled.settle().halted
    assert filled.records("influencers").keys() == records.keys()
    is_fixpoint(filled)


def test_title_moved_onto_a_column_of_the_team_pauses_its_own(filled: World) -> None:
    """A title is cut and pasted over another column: which of them it is, nobody can tell."""
    records, cell = filled.records("influencers"), filled.at(TAB, "Ada", "Category")
    free = letter(len(filled.grid(TAB)[0]) + 1)
    retitle(filled, "Category", "")
    filled.type(TAB, f"{free}1", "Category")
    filled.type(TAB, cell, "Art")
    report = filled.settle()
    assert "«Category» has no title" in told(report)["column Category"]
    has_held_still(filled, records)
    filled.type(TAB, f"{free}1", "")
    assert not told(filled.settle())
    assert filled.record("influencers", "Ada").values["category"] == "Art"


def test_two_labels_of_required_columns_halt_the_table(ruled: World) -> None:
    """Without columns that every row must have, nothing of the table is decided."""
    records = ruled.records("influencers")
    swap_titles(ruled, "Influencer", "Platform")
    report = ruled.settle()
    assert "«Influencer»" in halt(report)
    has_held_still(ruled, records)
    swap_titles(ruled, "Influencer", "Platform")
    assert not ruled.settle().halted
    has_held_still(ruled, records)
    is_fixpoint(ruled)


def test_title_of_another_column_typed_over_one_pauses_it(filled: World) -> None:
    """Two columns show one title: the one that always had it goes on, the other pauses."""
    retitle(filled, "Category", "Followers")
    filled.type(TAB, "D2", 5)
    filled.type(TAB, "E2", 101)
    report = filled.settle()
    assert list(told(report)) == ["column Category"]
    assert filled.record("influencers", "Ada").values["category"] == "Tech"
    assert filled.record("influencers", "Ada").values["followers"] == 101
    with pytest.raises(UsageError, match="2 columns of Influencers are titled «Followers»"):
        settle_titles(filled.ws, filled.ws.schema.table("influencers"), Answer.REPLACED)


# ── moved, inserted, doubled, deleted ─────────────────────────────────────────────────────────


def test_column_moved_and_columns_inserted_between(ruled: World) -> None:
    """Columns are known wherever they stand, and a column of the team's own stays its own."""
    records = ruled.records("influencers")
    ruled.move_column(TAB, 5, 1)
    ruled.insert_column(TAB, 3, "Mine")
    ruled.type(TAB, "C2", "private")
    assert not ruled.settle().halted
    has_held_still(ruled, records)
    assert ruled.grid(TAB)[1][2] == "private"
    is_fixpoint(ruled)


def test_optional_column_doubled_pauses_until_the_copy_is_gone(filled: World) -> None:
    """Two columns claim to be one: it pauses, and what is typed into either is not taken."""
    span = {
        "sheetId": filled.sheet_id(TAB),
        "dimension": "COLUMNS",
        "startIndex": 11,
        "endIndex": 12,
    }
    metadata = {
        "metadataKey": "syncd_column",
        "metadataValue": "field:category",
        "location": {"dimensionRange": span},
        "visibility": "DOCUMENT",
    }
    filled.batch({"createDeveloperMetadata": {"developerMetadata": metadata}})
    filled.type(TAB, "L1", [["Category"], ["Music"]])
    report = filled.settle()
    assert list(told(report)) == ["column Category"]
    assert "2 times" in told(report)["column Category"]
    assert filled.record("influencers", "Ada").values["category"] == "Tech"
    filled.delete_column(TAB, 12)
    assert not told(filled.settle())


@pytest.mark.parametrize("authority", list(Side))
def test_column_deleted_and_brought_back_takes_nothing_from_the_crm(
    filled: World, authority: Side
) -> None:
    """While a column was gone the CRM went on: what it says is judged when the column is back."""
    filled.give_authority(authority)
    filled.settle()
    before = filled.revision()
    filled.delete_column(TAB, 4)
    filled.settle()
    filled.crm("UPDATE influencers SET category = 'Science' WHERE name = 'Bea'")
    filled.settle()
    assert filled.record("influencers", "Bea").values["category"] == "Science"
    assert not filled.reviews()
    filled.restore(before)
    filled.settle()
    wanted = "Science" if authority is Side.CRM else "Food"
    assert filled.row(TAB, "Bea")["Category"] == wanted
    assert filled.record("influencers", "Bea").values["category"] == wanted
    assert ("Science" in filled.kept()) is True
    is_fixpoint(filled)


def test_record_that_came_while_a_column_was_gone_is_whole_when_it_is_back(
    connected: World,
) -> None:
    """Nobody saw its cell: what was shared says nothing of it, and a blank one is no edit."""
    before = connected.revision()
    connected.delete_column(TAB, 4)
    connected.settle()
    connected.crm(
        "INSERT INTO influencers (name, platform, category) VALUES ('Dora', 'blog', 'Dance')"
    )
    connected.settle()
    assert connected.record("influencers", "Dora").values["category"] == "Dance"
    row_id = connected.row(TAB, "Dora")["syncd id"]
    base = connected.ws.crm.state.base(INFLUENCERS)
    assert "category" not in base[row_id].values
    row = connected.grid(TAB)[4]
    connected.restore(before)
    connected.type(TAB, "A5", [[*row[:3], "", *row[3:]]])
    connected.settle()
    assert connected.row(TAB, "Dora")["Category"] == "Dance"
    assert connected.record("influencers", "Dora").values["category"] == "Dance"
    is_fixpoint(connected)


# ── tabs and files ────────────────────────────────────────────────────────────────────────────


def test_tab_renamed_stays_its_table(ruled: World) -> None:
    """A tab is known by its id."""
    change = {"properties": {"sheetId": ruled.sheet_id(TAB), "title": "People"}, "fields": "title"}
    ruled.batch({"updateSheetProperties": change})
    ruled.type("People", "E2", 7)
    ruled.settle()
    wanted = 7 if ruled.ws.crm.state.authority is Side.SHEET else 100
    assert ruled.grid("People")[1][4] == wanted
    assert ruled.record("influencers", "Ada").values["followers"] == wanted


def test_tab_duplicated_is_not_ours(ruled: World) -> None:
    """A copy of a tab carries metadata and ids: it is nobody's, and stays as it is."""
    records = ruled.records("influencers")
    copy = {"sourceSheetId": ruled.sheet_id(TAB), "newSheetName": "Copy", "insertSheetIndex": 0}
    ruled.batch({"duplicateSheet": copy})
    ruled.type("Copy", "E2", 7)
    before = ruled.grid("Copy")
    report = ruled.settle()
    assert not report.halted
    has_held_still(ruled, records)
    assert ruled.grid("Copy") == before
    is_fixpoint(ruled)


def test_original_deleted_its_copy_is_not_taken_for_it(filled: World) -> None:
    """The tab is gone and a copy bears its title: the table halts, until `init` is told to."""
    records = filled.records("influencers")
    copy = {"sourceSheetId": filled.sheet_id(TAB), "newSheetName": "Copy"}
    filled.batch({"duplicateSheet": copy})
    filled.delete_tab(TAB)
    change = {"properties": {"sheetId": filled.sheet_id("Copy"), "title": TAB}, "fields": "title"}
    filled.batch({"updateSheetProperties": change})
    filled.type(TAB, "E2", 7)
    report = filled.settle()
    assert "«Influencers» is missing" in halt(report)
    has_held_still(filled, records)
    set_up(filled.ws)
    report = filled.settle()
    assert not report.halted
    assert sorted(row["Influencer"] for row in filled.rows(TAB)) == ["Ada", "Bea", "Cleo"]
    assert not any(record.archived for record in filled.records("influencers").values())


def copy_of(world: World) -> str:
    """Copy the whole file as people do; return the copy's id."""
    answer = world._call("POST", f"/drive/v3/files/{world.spreadsheet}/copy", {"name": "Copy"})
    return str(answer["id"])


def lead_to(world: World, spreadsheet: str) -> None:
    """Let the config lead to another file."""
    sheet = world.config.sheet.model_copy(update={"spreadsheet": spreadsheet})
    world.config = world.config.model_copy(update={"sheet": sheet})
    world.spreadsheet = spreadsheet
    world.restart()


def test_copy_of_the_file_is_not_taken_for_the_original(filled: World) -> None:
    """A config that leads to a copy is refused: the database belongs to the original."""
    copied = copy_of(filled)
    lead_to(filled, copied)
    with pytest.raises(UsageError, match="belongs to another spreadsheet") as raised:
        filled.cycle()
    assert "--take-over" in raised.value.hint
    with pytest.raises(UsageError, match="belongs to another spreadsheet"):
        set_up(filled.ws)


def test_copy_of_the_file_is_adopted_when_that_is_said(filled: World) -> None:
    """`init --take-over` goes on with the copy for good; the rows are known again by their ids."""
    records = filled.records("influencers")
    copied = copy_of(filled)
    lead_to(filled, copied)
    set_up(filled.ws, taking_over=True)
    filled.type(TAB, "E2", 7)
    filled.settle()
    assert filled.record("influencers", "Ada").values["followers"] == 7
    assert filled.records("influencers").keys() == records.keys()
    is_fixpoint(filled)


def test_copy_of_the_file_is_refused_by_a_new_database(
    filled: World, make_world: MakeWorld
) -> None:
    """A copy carries the original's token: another database does not take it silently."""
    copied = copy_of(filled)
    other = make_world(set_up=False)
    lead_to(other, copied)
    with pytest.raises((LayoutError, HaltedError), match="another database"):
        set_up(other.ws)


def test_two_files_live_side_by_side(filled: World, make_world: MakeWorld) -> None:
    """What happens in a copy says nothing about the original."""
    copy_of(filled)
    other = make_world()
    fill(other)
    filled.type(TAB, "E2", 7)
    filled.settle()
    assert filled.record("influencers", "Ada").values["followers"] == 7
    assert other.record("influencers", "Ada").values["followers"] == 100


def test_removed_row_is_archived_although_a_column_is_missing(filled: World) -> None:
    """What the CRM holds in a column that is away is nobody's reason to keep a removed record."""
    column = filled.grid(TAB)[0].index("Category") + 1
    filled.delete_row(TAB, filled.place(TAB, "Bea"))
    filled.delete_column(TAB, column)
    filled.crm("UPDATE influencers SET category = 'Travel' WHERE name = 'Bea'")
    filled.settle()
    assert filled.record("influencers", "Bea").archived
    assert filled.record("influencers", "Bea").values["category"] == "Travel"
    is_fixpoint(filled)


def test_column_that_is_added_again_takes_nothing_for_its_values(filled: World) -> None:
    """What the team wrote beside the table, in a column without a title, stays what it was."""
    beside = letter(len(filled.grid(TAB)[0]) + 1)
    filled.type(TAB, f"{beside}2", "call her")
    filled.type(TAB, f"{beside}5", "below")
    filled.delete_column(TAB, filled.grid(TAB)[0].index("Influencer") + 1)
    set_up(filled.ws)
    filled.settle()
    assert [row["Influencer"] for row in filled.rows(TAB)[:3]] == ["Ada", "Bea", "Cleo"]
    place = len(filled.grid(TAB)[0]) - 2  # before the column that was added
    assert [filled.grid(TAB)[row][place] for row in (1, 4)] == ["call her", "below"]
    assert filled.record("influencers", "Ada").values["name"] == "Ada"
    is_fixpoint(filled)


def test_two_columns_at_one_place_are_held_until_a_person_says_which_it_is(filled: World) -> None:
    """A late copy of an `init` marked and titled the column of the ids as a field's as well."""
    filled.delete_column(TAB, filled.grid(TAB)[0].index("Notes") + 1)
    place = filled.grid(TAB)[0].index("syncd id")
    retitle(filled, "syncd id", "Notes")
    filled.batch(mark_column(filled.sheet_id(TAB), place, "field:notes"))
    records, before = filled.records("influencers"), filled.revision()
    filled.ws.find_layout()
    report = filled.cycle()
    assert f"«Notes» and «syncd id» are one column, {letter(place + 1)}" in halt(report)
    assert filled.revision() == before
    has_held_still(filled, records)
    retitle(filled, "Notes", "syncd id")
    settle_titles(filled.ws, filled.ws.schema.table(INFLUENCERS), Answer.REPLACED)
    set_up(filled.ws)
    filled.settle()
    has_held_still(filled, records)
    assert "Notes" in filled.grid(TAB)[0]
    is_fixpoint(filled)
