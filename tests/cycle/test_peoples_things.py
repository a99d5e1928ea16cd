"""What belongs to people stays, byte for byte: formulas, colours, notes, filters, own cells."""

from collections.abc import Mapping
from typing import Any

import pytest

from syncd.core.snapshot import Side, TableName
from syncd.cycle.formulas import put_back, replaced_formulas
from syncd.errors import UsageError
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World

TAB = "Influencers"
INFLUENCERS = TableName("influencers")
CELL = ("userEnteredValue", "userEnteredFormat", "note", "dataValidation", "textFormatRuns")
SHEET = ("merges", "basicFilter", "conditionalFormats", "protectedRanges", "filterViews")
CYCLES = 100


def export(world: World) -> tuple[dict[tuple[int, int], Any], dict[str, Any]]:
    """Return all that stands in the tab: what people see of each cell, and what lies around."""
    (sheet,) = [s for s in world.book(grid=True)["sheets"] if s["properties"]["title"] == TAB]
    (part,) = sheet["data"]
    cells = {
        (row, column): {name: cell[name] for name in CELL if name in cell}
        for row, line in enumerate(part.get("rowData", []))
        for column, cell in enumerate(line.get("values", []))
    }
    around = {name: sheet[name] for name in SHEET if name in sheet}
    around |= {name: part[name] for name in ("rowMetadata", "columnMetadata")}
    return {place: cell for place, cell in cells.items() if cell}, around


def block(world: World, rows: tuple[int, int], columns: tuple[int, int]) -> dict[str, int]:
    """Return a range of the tab, counted from 0."""
    return {
        "sheetId": world.sheet_id(TAB),
        "startRowIndex": rows[0],
        "endRowIndex": rows[1],
        "startColumnIndex": columns[0],
        "endColumnIndex": columns[1],
    }


def decorate(world: World) -> None:
    """Make the tab a person's own: all that people do to a sheet besides typing rows."""
    world.type(TAB, "L1", [["Fee per 1000", "Remarks"], ["=E2/1000", "call"], ["=E3/1000", "mail"]])
    world.type(TAB, "E2", "=50*2")
    world.type(TAB, "A8", [["Sum", "", "", "", "=SUM(E2:E6)"], ["", "", "", "ask Ben"]])
    red = {"userEnteredFormat": {"backgroundColor": {"red": 1}, "textFormat": {"bold": True}}}
    choice = {"condition": {"type": "TEXT_CONTAINS", "values": [{"userEnteredValue": "a"}]}}
    rule = {
        "ranges": [block(world, (1, 9), (3, 4))],
        "booleanRule": {
            "condition": {"type": "NOT_BLANK"},
            "format": {"backgroundColor": {"green": 1}},
        },
    }
    hidden = {"condition": {"type": "TEXT_NOT_CONTAINS", "values": [{"userEnteredValue": "Art"}]}}
    criteria = {"filterSpecs": [{"columnIndex": 3, "filterCriteria": hidden}]}
    span = {"sheetId": world.sheet_id(TAB), "dimension": "ROWS", "startIndex": 2, "endIndex": 3}
    world.batch(
        {
            "repeatCell": {
                "range": block(world, (1, 3), (0, 5)),
                "cell": {**red, "note": "ours"},
                "fields": "userEnteredFormat(backgroundColor,textFormat),note",
            }
        },
        {"setDataValidation": {"range": block(world, (1, 9), (12, 13)), "rule": choice}},
        {"addConditionalFormatRule": {"index": 0, "rule": rule}},
        {"setBasicFilter": {"filter": {"range": block(world, (0, 6), (0, 13)), **criteria}}},
        {"mergeCells": {"range": block(world, (7, 9), (11, 13)), "mergeType": "MERGE_ALL"}},
        {
            "updateDimensionProperties": {
                "range": span,
                "properties": {"hiddenByUser": True},
                "fields": "hiddenByUser",
            }
        },
    )


def test_a_persons_sheet_after_100_cycles_differs_in_the_planned_cells_alone(
    connected: World,
) -> None:
    """Formulas, colours, notes, filters, hidden rows, sums and own columns: untouched."""
    decorate(connected)
    connected.settle()
    cells, around = export(connected)
    places, planned = (("Bea", 2), ("Cleo", 3)), dict[tuple[int, int], object]()
    for count in range(CYCLES):
        (name, row), value = places[count % 2], 1000 + count
        connected.crm("UPDATE influencers SET followers = ? WHERE name = ?", value, name)
        connected.cycle()
        planned[row, 4] = {"numberValue": value}
    after, around_after = export(connected)
    changed = {place for place in {*cells, *after} if cells.get(place) != after.get(place)}
    assert changed == planned.keys()
    for place, value in planned.items():
        assert after[place] == {**cells[place], "userEnteredValue": value}
    assert around_after == around
    assert after[1, 4]["userEnteredValue"] == {"formulaValue": "=50*2"}
    is_fixpoint(connected)


# ── formulas in managed cells ─────────────────────────────────────────────────────────────────


def formula(world: World, cell: str) -> str:
    """Return the formula that stands in a cell, or nothing."""
    row, column = int(cell[1:]) - 1, ord(cell[0]) - ord("A")
    found = export(world)[0].get((row, column), {}).get("userEnteredValue", {})
    return str(found.get("formulaValue", ""))


def test_formula_is_read_as_its_value_and_stays(filled: World) -> None:
    """What a formula shows is the value; the formula itself is the person's."""
    filled.type(TAB, "E2", "=100+23")
    filled.settle()
    assert filled.record("influencers", "Ada").values["followers"] == 123
    assert formula(filled, "E2") == "=100+23"
    filled.give_authority(Side.CRM)
    filled.settle()
    assert formula(filled, "E2") == "=100+23"
    is_fixpoint(filled)


def test_formula_whose_value_changes_by_itself_is_an_edit(filled: World) -> None:
    """A cell that a formula looks at was edited: what the formula shows now is pulled."""
    filled.type(TAB, "L2", 5)
    filled.type(TAB, "E2", "=L2*10")
    filled.settle()
    assert filled.record("influencers", "Ada").values["followers"] == 50
    filled.type(TAB, "L2", 6)
    filled.settle()
    assert filled.record("influencers", "Ada").values["followers"] == 60
    assert formula(filled, "E2") == "=L2*10"


LONG = "=" + "+".join(["1"] * 100)


@pytest.mark.parametrize("text", ["=50*2", LONG])
def test_formula_that_the_authority_has_to_replace_is_kept_whole(
    connected: World, text: str
) -> None:
    """The CRM's value takes the cell; the history holds the formula, letter for letter."""
    connected.type(TAB, "E2", text)
    connected.settle()
    connected.crm("UPDATE influencers SET followers = 7 WHERE name = 'Ada'")
    connected.settle()
    assert connected.grid(TAB)[1][4] == 7
    kept = [e for e in connected.history() if e["outcome"] == "formula replaced"]
    assert [(e["field"], e["before"]) for e in kept] == [("followers", text)]
    is_fixpoint(connected)


def test_replaced_formula_is_put_back_by_its_number(filled: World) -> None:
    """The formula stands in its row again, wherever that is now, and what it shows is judged."""
    filled.type(TAB, "E2", "=50*2")
    filled.settle()
    filled.give_authority(Side.CRM)
    filled.crm("UPDATE influencers SET followers = 7 WHERE name = 'Ada'")
    filled.settle()
    filled.give_authority(Side.SHEET)
    filled.sort(TAB, descending=True)
    (entry,) = replaced_formulas(filled.ws)
    put_back(filled.ws, [int(entry["id"])])
    cell = filled.at(TAB, "Ada", "Followers")
    assert cell == "E4"
    assert formula(filled, cell) == "=50*2"
    filled.settle()
    assert filled.record("influencers", "Ada").values["followers"] == 100
    is_fixpoint(filled)


def test_formula_that_comes_back_gives_way_to_what_was_typed_meanwhile(connected: World) -> None:
    """Somebody types into the cell in the moment in which its formula is put back: it stays."""
    connected.type(TAB, "E2", "=50*2")
    connected.settle()
    connected.crm("UPDATE influencers SET followers = 7 WHERE name = 'Ada'")
    connected.settle()
    (entry,) = replaced_formulas(connected.ws)
    connected.client.before = lambda: connected.type(TAB, "E2", 777)
    put_back(connected.ws, [int(entry["id"])])
    connected.settle()
    assert connected.grid(TAB)[1][4] == 7
    assert [e.review.offered for e in connected.reviews()] == [{"followers": 777}]
    is_fixpoint(connected)


def test_number_of_no_formula_is_refused(filled: World) -> None:
    """Only what was replaced can come back."""
    with pytest.raises(UsageError, match="no formula"):
        put_back(filled.ws, [1])


@pytest.mark.parametrize("authority", list(Side))
def test_cell_that_is_still_loading_says_nothing(filled: World, authority: Side) -> None:
    """A formula that waits for its answer is no reading: the rest of its row goes on."""
    filled.give_authority(authority)
    filled.settle()
    filled.type(TAB, "E2", "Loading...")
    filled.type(TAB, "D3", "Music")
    filled.settle()
    assert filled.record("influencers", "Ada").values["followers"] == 100
    assert filled.grid(TAB)[1][4] == "Loading..."
    assert not [e for e in filled.reviews() if e.review.field == "followers"]
    is_fixpoint(filled)
    filled.type(TAB, "E2", 100)
    filled.settle()
    assert filled.row(TAB, "Ada")["Sync"] == "In sync"


@pytest.mark.parametrize("text", ["=1/0", "=NA()", "=nothing_like_it"])
def test_error_is_no_reading(filled: World, text: str) -> None:
    """A formula that fails says nothing of the value: the CRM keeps its own, the cell its text."""
    filled.type(TAB, "E2", text)
    filled.settle()
    assert filled.record("influencers", "Ada").values["followers"] == 100
    assert formula(filled, "E2") == text
    assert filled.row(TAB, "Ada")["Sync"].startswith("Refused")
    is_fixpoint(filled)


# ── array formulas ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", ["E2", "E1"])
def test_column_that_an_array_formula_fills_pauses(connected: World, where: str) -> None:
    """Filled cells are never written, nor the one that fills them: the rest of the row goes on."""
    typed = "=ARRAYFORMULA({100;200;300})"
    if where == "E1":
        typed = '=ARRAYFORMULA({"Followers";100;200;300})'
    connected.type(TAB, "E2", [[""], [""], [""]])
    connected.type(TAB, where, typed)
    connected.crm("UPDATE influencers SET followers = 7, category = 'New' WHERE name <> 'Cleo'")
    report = connected.settle()
    assert ("influencers", "column Followers") in report.paused
    assert [row[4] for row in connected.grid(TAB)[1:4]] == [100, 200, 300]
    assert [row[3] for row in connected.grid(TAB)[1:4]] == ["New", "New", "Art"]
    assert formula(connected, where) == typed
    assert connected.record("influencers", "Bea").values["followers"] == 7
    is_fixpoint(connected)


def test_new_row_does_not_break_an_array_formula(connected: World) -> None:
    """A record of the CRM comes below: the column that is filled by a formula is left blank."""
    connected.type(TAB, "E2", [[""], [""], [""]])
    connected.type(TAB, "E2", "=ARRAYFORMULA({100;200;300})")
    connected.settle()
    connected.crm("INSERT INTO influencers (name, platform, followers) VALUES ('Dora', 'blog', 4)")
    connected.settle()
    assert connected.row(TAB, "Dora")["Platform"] == "blog"
    assert [row[4] for row in connected.grid(TAB)[1:4]] == [100, 200, 300]
    assert connected.record("influencers", "Dora").values["followers"] == 4
    is_fixpoint(connected)


# ── what stands below and beside the table ────────────────────────────────────────────────────


def test_remarks_and_sums_below_the_table_are_the_teams_own(ruled: World) -> None:
    """Rows that stand apart and lack what a row must have, or total others, are not the table's."""
    ruled.type(TAB, "A7", [["Sum", "", "", "", "=SUM(E2:E4)"], ["a remark"], ["", "", "", "x"]])
    below = ruled.grid(TAB)[6:]
    report = ruled.settle()
    assert ruled.grid(TAB)[6:] == below
    told = {row for table, row in report.paused if table == INFLUENCERS}
    assert told == {"row 7", "row 8", "row 9"}
    assert len(ruled.records("influencers")) == 3
    is_fixpoint(ruled)


def test_sum_right_below_the_table_is_no_row(ruled: World) -> None:
    """A sum of the column above it is told by its formula, wherever it stands."""
    ruled.type("Campaigns", "A4", [["Total", "=SUM(B2:B3)", "=SUM(C2:C3)"]])
    ruled.settle()
    assert ruled.grid("Campaigns")[3] == ["Total", 3000, 500]
    assert len(ruled.records("campaigns")) == 2
    is_fixpoint(ruled)


def test_new_record_comes_between_the_table_and_what_stands_below(connected: World) -> None:
    """New rows are inserted after the table's last row: remarks and sums are pushed down."""
    connected.type(TAB, "A7", [["Sum", "", "", "", "=SUM(E2:E4)"], ["a remark"]])
    connected.crm("INSERT INTO influencers (name, platform) VALUES ('Dora', 'blog')")
    connected.settle()
    names = [row[0] if row else "" for row in connected.grid(TAB)]
    assert names == ["Influencer", "Ada", "Bea", "Cleo", "Dora", "", "", "Sum", "a remark"]
    is_fixpoint(connected)


def test_whole_row_below_a_blank_one_is_a_new_row(filled: World) -> None:
    """Somebody left a line blank before a new row: it holds all that it must, so it is taken."""
    filled.type(TAB, "A7", [["Dora", "blog"]])
    filled.settle()
    assert filled.record("influencers", "Dora").values["platform"] == "blog"
    assert filled.row(TAB, "Dora")["Sync"] == "In sync"


def test_row_that_is_typed_bit_by_bit_below_a_blank_one_is_taken_when_it_is_whole(
    filled: World,
) -> None:
    """Until then it is left as it is, and `status` tells of it."""
    filled.type(TAB, "A7", "Dora")
    report = filled.settle()
    assert (INFLUENCERS, "row 7") in report.paused
    filled.type(TAB, "B7", "blog")
    assert not filled.settle().paused
    assert filled.record("influencers", "Dora").values["platform"] == "blog"


def test_new_row_with_a_formula_of_its_own_is_taken(filled: World) -> None:
    """A formula that looks at cells of its own row, or at a price list, totals nothing."""
    filled.type(TAB, "A5", [["Dora", "blog", "dora", "", "=2*SUM(L5:M5)+4"]])
    filled.settle()
    assert filled.record("influencers", "Dora").values["followers"] == 4


# ── merged cells ──────────────────────────────────────────────────────────────────────────────


def test_row_of_merged_cells_is_left_alone_and_the_others_go_on(connected: World) -> None:
    """What cannot be written without breaking a merge pauses with its reason."""
    area = block(connected, (1, 2), (3, 5))
    connected.batch({"mergeCells": {"range": area, "mergeType": "MERGE_ALL"}})
    connected.crm("UPDATE influencers SET followers = 7")
    report = connected.settle()
    reasons: Mapping[Any, str] = report.paused
    assert any("merged" in reason for reason in reasons.values())
    assert connected.row(TAB, "Bea")["Followers"] == 7
    assert export(connected)[1]["merges"] == [area]
