"""What people do to rows: each record stays itself, and what cannot be told is left alone."""

import random

import pytest

from syncd.core.seen import Answer
from syncd.core.snapshot import Side
from syncd.cycle.settling import keep_row, settle_rows
from syncd.errors import UsageError
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World

TAB = "Influencers"
VISIBLE = 8  # the columns before syncd's own two
ZOE = ["Zoe", "snapchat", "zoe", "Music", 900]


def visible(world: World) -> list[list[object]]:
    """Return what the rows show in the visible columns of the schema, blank ends kept."""
    return [(row + [""] * VISIBLE)[:VISIBLE] for row in world.grid(TAB)[1:]]


def ids(world: World) -> dict[str, str]:
    """Return each name's id, as the sheet shows it."""
    return {row.get("Influencer", ""): row.get("syncd id", "") for row in world.rows(TAB)}


def by_name(world: World) -> dict[str, str]:
    """Return each name's id, as the CRM holds it."""
    return {str(r.values["name"]): row for row, r in world.records("influencers").items()}


def live(world: World) -> set[str]:
    """Return the names of the records that are in use."""
    found = world.records("influencers").values()
    return {str(r.values["name"]) for r in found if not r.archived}


def outcomes(world: World) -> set[object]:
    """Return what the history says was done."""
    return {entry["outcome"] for entry in world.history()}


def is_untouched(world: World, before: dict[str, object]) -> None:
    """Require that the CRM holds what it held."""
    assert world.records("influencers") == before


# ── sorted, moved, cut and pasted ─────────────────────────────────────────────────────────────


def test_rows_sorted_whole_keep_their_ids(ruled: World) -> None:
    """A sort by the filter moves the hidden id with its row: nothing is to be done."""
    before, records = ids(ruled), ruled.records("influencers")
    ruled.sort(TAB, descending=True)
    ruled.settle()
    assert ids(ruled) == before
    is_untouched(ruled, records)
    is_fixpoint(ruled)


def test_visible_columns_sorted_alone_are_followed(ruled: World) -> None:
    """Contents permuted under standing ids: the ids follow, no edit is pulled, and it is said."""
    before, records = ids(ruled), ruled.records("influencers")
    ruled.type(TAB, "A2", visible(ruled)[::-1])
    ruled.settle()
    assert ids(ruled) == before
    assert [row["Influencer"] for row in ruled.rows(TAB)] == ["Cleo", "Bea", "Ada"]
    is_untouched(ruled, records)
    assert "id replaced" in outcomes(ruled)
    assert not ruled.reviews()
    is_fixpoint(ruled)


def test_row_cut_and_pasted_below_stays_itself(ruled: World) -> None:
    """The visible cells of a row moved to a new place: the record is found there by its key."""
    before, records = ids(ruled), ruled.records("influencers")
    row = visible(ruled)[0]
    ruled.type(TAB, "A2", [[""] * VISIBLE])
    ruled.type(TAB, "A5", [row])
    ruled.settle()
    assert ids(ruled) == before
    is_untouched(ruled, records)
    is_fixpoint(ruled)


def test_row_dragged_elsewhere_stays_itself(ruled: World) -> None:
    """A row that is dragged takes its id along."""
    before, records = ids(ruled), ruled.records("influencers")
    source = {"sheetId": ruled.sheet_id(TAB), "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    ruled.batch({"moveDimension": {"source": source, "destinationIndex": 4}})
    ruled.settle()
    assert ids(ruled) == before
    is_untouched(ruled, records)


def test_cells_inserted_above_a_new_row_push_the_others_down(filled: World) -> None:
    """Visible cells pushed down and a new row typed above: each record is followed, one is new."""
    before = ids(filled)
    rows = visible(filled)
    filled.type(TAB, "A2", [ZOE + [""] * 3, *rows])
    filled.settle()
    after = ids(filled)
    assert {name: after[name] for name in before} == before
    assert live(filled) == {"Ada", "Bea", "Cleo", "Zoe"}
    assert filled.row(TAB, "Zoe")["Sync"] == "In sync"
    is_fixpoint(filled)


@pytest.mark.parametrize("seed", range(4))
def test_any_sort_without_ids_gives_no_record_anothers_values(ruled: World, seed: int) -> None:
    """However the visible rows are shuffled, blank ones among them, no record changes."""
    before, records = ids(ruled), ruled.records("influencers")
    rows = [*visible(ruled), [""] * VISIBLE, [""] * VISIBLE]
    random.Random(seed).shuffle(rows)
    ruled.type(TAB, "A2", rows)
    ruled.settle()
    assert ids(ruled) == before
    is_untouched(ruled, records)
    is_fixpoint(ruled)


def test_some_columns_sorted_alone_freeze_the_rows_until_it_is_undone(ruled: World) -> None:
    """Cells of three rows mixed by a sort of two columns: nothing is pulled; undo heals it."""
    records = ruled.records("influencers")
    cells = [row[3:5] for row in visible(ruled)]
    ruled.type(TAB, "D2", cells[1:] + cells[:1])
    report = ruled.settle()
    assert all("mixed" in row["Sync"] for row in ruled.rows(TAB))
    assert len(report.paused) == 3
    is_untouched(ruled, records)
    is_fixpoint(ruled)
    ruled.type(TAB, "D2", cells)
    report = ruled.settle()
    assert not report.paused
    assert {row["Sync"] for row in ruled.rows(TAB)} == {"In sync"}
    is_untouched(ruled, records)


def test_name_columns_sorted_alone_freeze_the_rows(ruled: World) -> None:
    """Names and handles changed places and the rest stayed: nobody can tell which is right."""
    records = ruled.records("influencers")
    cells = [row[0:3] for row in visible(ruled)]
    ruled.type(TAB, "A2", cells[::-1])
    ruled.settle()
    assert ruled.row(TAB, "Ada")["Sync"].startswith("Paused")
    is_untouched(ruled, records)


def test_sort_past_an_edit_follows_the_row_and_takes_the_edit(filled: World) -> None:
    """One row was edited before the visible columns were sorted: the edit goes with its row."""
    before = ids(filled)
    rows = visible(filled)
    rows[0][4] = 123
    filled.type(TAB, "A2", rows[::-1])
    filled.settle()
    assert ids(filled) == before
    assert filled.record("influencers", "Ada").values["followers"] == 123
    is_fixpoint(filled)


def test_sort_past_a_refused_row_and_a_rename_is_followed(filled: World) -> None:
    """A refused row, which nobody knows by its content, holds up no row sorted with it."""
    before = ids(filled)
    filled.type(TAB, "A5", [["", "snapchat", "nobody"]])
    filled.settle()
    rows = visible(filled)
    rows[1][0] = "Beatrix"
    filled.type(TAB, "A2", [rows[2], rows[1], rows[3], rows[0]])
    report = filled.settle()
    assert not report.paused
    shown = ids(filled)
    assert (shown["Ada"], shown["Beatrix"], shown["Cleo"]) == tuple(before.values())
    assert by_name(filled) == {name: row for name, row in shown.items() if name}
    assert filled.rows(TAB)[2]["Sync"].startswith("Refused")
    is_fixpoint(filled)


def test_sort_of_a_part_of_the_rows_is_followed(ruled: World) -> None:
    """Only two of the rows were selected and sorted."""
    before, records = ids(ruled), ruled.records("influencers")
    rows = visible(ruled)
    ruled.type(TAB, "A3", rows[2:0:-1])
    ruled.settle()
    assert ids(ruled) == before
    is_untouched(ruled, records)


# ── duplicated ────────────────────────────────────────────────────────────────────────────────


def duplicate(world: World, name: str) -> int:
    """Copy a whole row below the last one, as people do; return the copy's number."""
    grid = world.grid(TAB)
    row = next(row for row in grid if row[0] == name)
    world.type(TAB, f"A{len(grid) + 1}", [row])
    return len(grid) + 1


@pytest.mark.parametrize("edited", ["original", "copy"])
def test_duplicated_row_edited_on_either_copy(filled: World, edited: str) -> None:
    """Somebody duplicates a row and makes another influencer of one of both.

    Whichever it is, the row that is as it was stays the record, and the other is a new one.
    """
    before = ids(filled)["Ada"]
    copy = duplicate(filled, "Ada")
    place = copy if edited == "copy" else 2
    filled.type(TAB, f"A{place}", [["Ann", "instagram", "ann"]])
    filled.settle()
    assert ids(filled)["Ada"] == before
    assert ids(filled)["Ann"] not in ("", before)
    assert live(filled) == {"Ada", "Bea", "Cleo", "Ann"}
    assert filled.record("influencers", "Ann").values["followers"] == 100
    is_fixpoint(filled)


def test_duplicated_row_edited_later_keeps_both_apart(filled: World) -> None:
    """The copy is told at once as a row that repeats a name; named anew it is its own record."""
    before = ids(filled)["Ada"]
    copy = duplicate(filled, "Ada")
    filled.settle()
    copied = filled.grid(TAB)[copy - 1]
    assert copied[9] != before
    assert copied[8].startswith("Refused")
    filled.type(TAB, f"A{copy}", [["Ann", "instagram", "ann"]])
    filled.settle()
    assert filled.grid(TAB)[copy - 1][8:10] == ["In sync", copied[9]]
    assert by_name(filled)["Ada"] == before
    is_fixpoint(filled)


def edit_both_copies(world: World) -> int:
    """Copy Ada's row and type another number into each; return the copy's place."""
    copy = duplicate(world, "Ada")
    world.type(TAB, "E2", 101)
    world.type(TAB, f"E{copy}", 102)
    world.settle()
    return copy


def test_two_copies_edited_at_once_freeze_until_one_is_undone(filled: World) -> None:
    """Neither copy is as it was and both show the name: both are left alone and say so."""
    copy = edit_both_copies(filled)
    told = [row[8] for row in filled.grid(TAB)[1:] if row[0] == "Ada"]
    paused = "Paused: its id stands in several rows and none of them is as it was; "
    assert [text[: len(paused)] for text in told] == [paused] * 2
    assert filled.record("influencers", "Ada").values["followers"] == 100
    filled.type(TAB, f"A{copy}", [["Ann", "instagram", "ann"]])
    filled.settle()
    assert filled.record("influencers", "Ada").values["followers"] == 101
    assert filled.record("influencers", "Ann").values["followers"] == 102
    is_fixpoint(filled)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("kept", [0, 1])
def test_one_of_two_edited_copies_keeps_the_record(filled: World, side: Side, kept: int) -> None:
    """An admin says which of two copies is the record: the other is what any new row is."""
    filled.give_authority(side)
    before = ids(filled)["Ada"]
    places = [2, duplicate(filled, "Ada")]
    filled.type(TAB, "E2", 101)
    filled.type(TAB, f"E{places[1]}", 102)
    filled.settle()
    chosen, other = places[kept], places[1 - kept]
    assert f"syncd settle {before} --keep {chosen}`" in filled.grid(TAB)[chosen - 1][8]
    with pytest.raises(UsageError, match="row 3"):
        keep_row(filled.ws, str(before), 3)
    keep_row(filled.ws, str(before), chosen)
    filled.restart()
    filled.settle()
    grid = filled.grid(TAB)
    assert grid[chosen - 1][9] == before
    assert grid[other - 1][8].startswith("Refused: ")  # no two are known by the same name
    assert grid[other - 1][9] not in ("", before)
    edit = 101 + kept
    pulled = filled.record("influencers", "Ada").values["followers"]
    asked = [e.review.offered for e in filled.reviews() if e.review.field == "followers"]
    assert (pulled, asked) == ((edit, []) if side is Side.SHEET else (100, [{"followers": edit}]))
    filled.type(TAB, f"A{other}", [["Ann", "instagram", "ann"]])
    filled.settle()
    names = {str(r.values["name"]) for r in filled.records("influencers").values()}
    assert names == {"Ada", "Bea", "Cleo", *(("Ann",) if side is Side.SHEET else ())}
    is_fixpoint(filled)


def test_copies_are_not_settled_by_other_words(filled: World) -> None:
    """Of two rows it says nothing that one was renamed; an id that is not held is told as that."""
    edit_both_copies(filled)
    row = str(ids(filled)["Ada"])
    with pytest.raises(UsageError, match="several rows"):
        settle_rows(filled.ws, [row], Answer.RENAMED)
    with pytest.raises(UsageError, match="nothing is held"):
        keep_row(filled.ws, "nobody", 2)


def test_connected_duplicate_waits_in_review(connected: World) -> None:
    """While the CRM is connected a duplicated row is a new row that waits; the record stays."""
    before = ids(connected)["Ada"]
    copy = duplicate(connected, "Ada")
    connected.type(TAB, f"A{copy}", [["Ann", "instagram", "ann"]])
    connected.settle()
    assert ids(connected)["Ada"] == before
    assert [entry.label for entry in connected.reviews()] == ["Ann"]
    assert live(connected) == {"Ada", "Bea", "Cleo"}
    is_fixpoint(connected)


# ── ids cleared, swapped, typed by hand, unknown ──────────────────────────────────────────────


def id_cell(world: World, name: str) -> str:
    """Return the address of a row's id."""
    return world.at(TAB, name, "syncd id")


UNTIDY = {
    "cleared": lambda known: "",
    "upper case": str.upper,
    "blanks around it": lambda known: f"  {known} ",
    "unknown": lambda known: "my own number 7",
    "a number": lambda known: 12345,
    "a formula that fails": lambda known: "=1/0",
    "very long": lambda known: "x" * 50_000,
    "another table's": lambda known: "cmp_0123456789abcdef0123",
}


@pytest.mark.parametrize("name", UNTIDY)
def test_untidy_id_is_put_right_by_the_key(ruled: World, name: str) -> None:
    """Whatever stands in the place of an id: the row is its record by its natural key."""
    before, records = ids(ruled), ruled.records("influencers")
    ruled.type(TAB, id_cell(ruled, "Bea"), UNTIDY[name](before["Bea"]))
    ruled.settle()
    assert ids(ruled) == before
    is_untouched(ruled, records)
    is_fixpoint(ruled)


def test_unknown_id_that_was_replaced_stays_in_the_history(filled: World) -> None:
    """A number of the team's own in the id column is not lost when an id takes its place."""
    filled.type(TAB, "A5", [[*ZOE, "", "", "", "", "team-4711"]])
    filled.settle()
    assert ids(filled)["Zoe"].startswith("inf_")
    replaced = [e for e in filled.history() if e["outcome"] == "id replaced"]
    assert [e["before"] for e in replaced] == ["team-4711"]
    assert replaced[0]["row"] == ids(filled)["Zoe"]


def test_formula_in_the_id_column_is_replaced_and_kept(filled: World) -> None:
    """A formula that repeats another row's id makes a copy of it: it gets its own id back."""
    before = ids(filled)
    cell = id_cell(filled, "Bea")
    filled.type(TAB, cell, "=J2")
    filled.settle()
    assert ids(filled) == before
    assert "=J2" in filled.kept()


def test_swapped_ids_are_swapped_back(ruled: World) -> None:
    """Somebody changed two ids by hand: the contents say which record each row is."""
    before, records = ids(ruled), ruled.records("influencers")
    one, other = id_cell(ruled, "Ada"), id_cell(ruled, "Bea")
    ruled.type(TAB, one, before["Bea"])
    ruled.type(TAB, other, before["Ada"])
    ruled.settle()
    assert ids(ruled) == before
    is_untouched(ruled, records)
    is_fixpoint(ruled)


def test_all_ids_cleared_are_found_again(ruled: World) -> None:
    """The whole hidden column was emptied: each row is its record by its key."""
    before, records = ids(ruled), ruled.records("influencers")
    ruled.type(TAB, "J2", [[""], [""], [""]])
    ruled.settle()
    assert ids(ruled) == before
    is_untouched(ruled, records)
    is_fixpoint(ruled)


def test_archived_records_row_returns_by_undo(filled: World) -> None:
    """A row deleted while disconnected is archived; undo brings row and record back."""
    before, row_id = filled.revision(), ids(filled)["Bea"]
    filled.delete_row(TAB, filled.place(TAB, "Bea"))
    filled.settle()
    assert live(filled) == {"Ada", "Cleo"}
    filled.restore(before)
    filled.settle()
    assert live(filled) == {"Ada", "Bea", "Cleo"}
    assert by_name(filled)["Bea"] == row_id
    is_fixpoint(filled)


def test_archived_records_id_on_another_row_is_not_believed(filled: World) -> None:
    """An id of an archived record on somebody else's row: a new record, the old one stays."""
    row_id = ids(filled)["Bea"]
    filled.delete_row(TAB, filled.place(TAB, "Bea"))
    filled.settle()
    filled.type(TAB, "A4", [[*ZOE, "", "", "", "", row_id]])
    filled.settle()
    assert live(filled) == {"Ada", "Cleo", "Zoe"}
    assert by_name(filled)["Zoe"] != row_id
    is_fixpoint(filled)


# ── renamed, or typed over ────────────────────────────────────────────────────────────────────


def test_renamed_row_stays_its_record(filled: World) -> None:
    """A new name and handle, the rest as it was: the record is renamed."""
    row_id = ids(filled)["Ada"]
    filled.type(TAB, "A2", [["Ada L.", "instagram", "adal"]])
    filled.settle()
    assert by_name(filled)["Ada L."] == row_id
    assert live(filled) == {"Ada L.", "Bea", "Cleo"}
    is_fixpoint(filled)


def type_over(world: World) -> str:
    """Type another influencer over Ada's row; return Ada's id."""
    row_id = ids(world)["Ada"]
    world.type(TAB, "A2", [ZOE])
    return row_id


def test_row_typed_over_is_held_both_ways(ruled: World) -> None:
    """Key and most cells changed: the row is left alone, says so, and the others go on."""
    records = ruled.records("influencers")
    row_id = type_over(ruled)
    ruled.type(TAB, "A5", [["Dora", "blog", "dora"]])
    report = ruled.settle()
    row = ruled.row(TAB, "Zoe")
    assert row["Sync"].startswith("Paused: its key and most of its cells changed")
    assert f"syncd settle {row_id} --renamed" in row["Sync"]
    assert report.paused[("influencers", "row 2")]  # type: ignore[index]
    assert row["Followers"] == 900
    assert ruled.records("influencers")[row_id] == records[row_id]
    assert ids(ruled)["Dora"]
    is_fixpoint(ruled)


def test_row_typed_over_and_undone_goes_on(ruled: World) -> None:
    """The old content is back: nothing was changed meanwhile, nothing is asked."""
    records, old = ruled.records("influencers"), visible(ruled)[0]
    type_over(ruled)
    ruled.settle()
    ruled.type(TAB, "A2", [old])
    report = ruled.settle()
    assert not report.paused
    assert ruled.row(TAB, "Ada")["Sync"] == "In sync"
    is_untouched(ruled, records)
    is_fixpoint(ruled)


def test_held_row_said_to_be_renamed_is_the_same_record(filled: World) -> None:
    """A person says that it is the same record: what stands there are its new values."""
    row_id = type_over(filled)
    filled.settle()
    settle_rows(filled.ws, [row_id], Answer.RENAMED)
    report = filled.settle()
    assert not report.paused
    assert by_name(filled)["Zoe"] == row_id
    assert live(filled) == {"Zoe", "Bea", "Cleo"}
    assert filled.ws.crm.state.get("answers") == "{}"
    is_fixpoint(filled)


def test_held_row_said_to_be_replaced_is_a_new_record(filled: World) -> None:
    """A person says that another row was typed over it: the old record is archived, one is new."""
    filled.delete_row("Cooperations", 2)  # what is referred to is asked about first
    filled.settle()
    row_id = type_over(filled)
    filled.settle()
    settle_rows(filled.ws, [row_id], Answer.REPLACED)
    filled.settle()
    assert live(filled) == {"Zoe", "Bea", "Cleo"}
    assert by_name(filled)["Zoe"] != row_id
    assert filled.records("influencers")[row_id].archived
    is_fixpoint(filled)


def test_held_row_without_its_id_is_a_new_record(filled: World) -> None:
    """Clearing the hidden id says the same in the sheet."""
    filled.delete_row("Cooperations", 2)  # what is referred to is asked about first
    filled.settle()
    row_id = type_over(filled)
    filled.settle()
    filled.type(TAB, "J2", "")
    filled.settle()
    assert live(filled) == {"Zoe", "Bea", "Cleo"}
    assert filled.records("influencers")[row_id].archived
    is_fixpoint(filled)


@pytest.mark.parametrize("answer", list(Answer))
def test_connected_held_row_is_settled_as_the_crm_wins(connected: World, answer: Answer) -> None:
    """Renamed: its cells are put back, in review. Replaced: a new row waits and Ada returns."""
    row_id = type_over(connected)
    connected.settle()
    settle_rows(connected.ws, [row_id], answer)
    connected.settle()
    assert ids(connected)["Ada"] == row_id
    assert connected.row(TAB, "Ada")["Followers"] == 100
    assert live(connected) == {"Ada", "Bea", "Cleo"}
    assert "Zoe" in connected.kept()
    assert "900" in connected.kept()
    assert ("Zoe" in ids(connected)) == (answer is Answer.REPLACED)
    is_fixpoint(connected)


def test_answer_holds_for_what_was_seen_alone(filled: World) -> None:
    """The row was typed over once more before the answer took effect: it is asked anew."""
    row_id = type_over(filled)
    filled.settle()
    settle_rows(filled.ws, [row_id], Answer.RENAMED)
    filled.type(TAB, "A2", [["Yan", "x", "yan", "Dance", 5]])
    report = filled.settle()
    assert report.paused
    assert live(filled) == {"Ada", "Bea", "Cleo"}


def test_nothing_is_settled_that_is_not_held(filled: World) -> None:
    """An id of a row that is in order is refused with where to look."""
    with pytest.raises(UsageError, match="nothing is held"):
        settle_rows(filled.ws, [ids(filled)["Ada"]], Answer.RENAMED)


def test_record_moved_and_its_place_taken_by_a_new_row(filled: World) -> None:
    """Ada's cells were pasted below and Zoe typed in her old place: both are told by their keys."""
    before, row = ids(filled)["Ada"], visible(filled)[0]
    filled.type(TAB, "A5", [row])
    filled.type(TAB, "A2", [ZOE])
    filled.settle()
    assert ids(filled)["Ada"] == before
    assert live(filled) == {"Ada", "Bea", "Cleo", "Zoe"}
    is_fixpoint(filled)


def test_held_row_pauses_edits_of_the_crm_as_well(filled: World) -> None:
    """What the CRM changed of a held record is not pushed nor taken back until it is settled."""
    filled.give_authority(Side.CRM)
    filled.settle()
    type_over(filled)
    filled.crm("UPDATE influencers SET category = 'Science' WHERE name = 'Ada'")
    filled.settle()
    assert filled.row(TAB, "Zoe")["Category"] == "Music"
    assert filled.record("influencers", "Ada").values["category"] == "Science"


def test_row_that_the_mirror_does_not_show_keeps_its_id(filled: World) -> None:
    """Where copies skip filtered rows nobody sees a new id arrive: it was promised, so it stays."""
    span = {"sheetId": filled.sheet_id(TAB), "startRowIndex": 0, "endColumnIndex": 10}
    hidden = [{"columnIndex": 2, "filterCriteria": {"hiddenValues": ["dora"]}}]
    filled.type(TAB, "A5", [["", "", "dora"]])
    filled.batch({"setBasicFilter": {"filter": {"range": span, "filterSpecs": hidden}}})
    filled._call("POST", "/_sandbox/settings", {"copy_paste_skips_filtered_rows": True})
    try:
        filled.settle()
        given = filled.grid(TAB)[4][9]
        filled.cycle()
        assert filled.grid(TAB)[4][9] == given
    finally:
        filled._call("POST", "/_sandbox/settings", {"copy_paste_skips_filtered_rows": False})
