"""What somebody who had never seen the program broke: each fault stays mended."""

import sqlite3

import pytest

from syncd.core.snapshot import Side
from syncd.cycle.refill import set_up
from syncd.errors import CrmError, LayoutError
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World

TAB = "Influencers"


def test_field_called_status_is_synced_beside_syncds_own_column(filled: World) -> None:
    """A field may be called status: it is not taken for the column in which syncd answers."""
    filled.type("Cooperations", filled.at("Cooperations", "Ada", "Status"), "planned")
    filled.settle()
    (record,) = filled.records("cooperations").values()
    assert record.values["status"] == "planned"
    filled.give_authority(Side.CRM)
    filled.crm("UPDATE cooperations SET status = 'live'")
    filled.settle()
    assert filled.row("Cooperations", "Ada")["Status"] == "live"


def test_unique_values_that_two_rows_trade_are_taken_together(filled: World) -> None:
    """Two e-mails that change places are no clash."""
    for name in ("Ada", "Bea"):
        filled.type(TAB, filled.at(TAB, name, "Email"), f"{name.lower()}@example.com")
    filled.settle()
    filled.type(TAB, filled.at(TAB, "Ada", "Email"), "bea@example.com")
    filled.type(TAB, filled.at(TAB, "Bea", "Email"), "ada@example.com")
    filled.settle()
    assert filled.record("influencers", "Ada").values["email"] == "bea@example.com"
    assert filled.record("influencers", "Bea").values["email"] == "ada@example.com"
    assert filled.row(TAB, "Ada")["Sync"] == "In sync"


def test_names_that_two_campaigns_trade_are_taken_together(filled: World) -> None:
    """Required unique values change places as well, and references follow their records."""
    filled.type("Campaigns", "A2", [["Winter"], ["Summer"]])
    filled.settle()
    budgets = {r.values["name"]: r.values["budget"] for r in filled.records("campaigns").values()}
    assert budgets == {"Winter": 200, "Summer": 300}
    assert filled.rows("Cooperations")[0]["Campaign"] == "Winter"


def test_row_that_the_crm_refuses_says_so(filled: World) -> None:
    """Where the database does not take a row, its status says why, and nothing is lost."""
    filled.crm(
        "CREATE TRIGGER no BEFORE UPDATE ON influencers WHEN NEW.followers = 13"
        " BEGIN SELECT RAISE(ABORT, 'thirteen is not welcome'); END"
    )
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 13)
    for _ in range(3):
        report = filled.cycle()
    assert filled.row(TAB, "Ada")["Followers"] == 13
    assert "thirteen" in filled.row(TAB, "Ada")["Sync"]
    assert report.paused


@pytest.mark.parametrize("authority", list(Side))
def test_tab_made_anew_shows_its_records_again(filled: World, authority: Side) -> None:
    """After init made a deleted tab anew, its records come back to it and none is archived."""
    filled.give_authority(authority)
    filled.settle()
    filled.delete_tab("Campaigns")
    set_up(filled.ws)
    report = filled.settle()
    assert not report.halted
    assert sorted(row["Campaign"] for row in filled.rows("Campaigns")) == ["Summer", "Winter"]
    assert not any(record.archived for record in filled.records("campaigns").values())


def test_copied_row_edited_on_both_copies_is_told_by_its_key(filled: World) -> None:
    """Of two edited rows with one id, the one that shows the record's own key keeps it."""
    row_id = filled.row(TAB, "Bea")["syncd id"]
    place = len(filled.grid(TAB)) + 1
    copy = ["Copy", "youtube", "copy", "Food", 200, "", "", "", "In sync", row_id]
    filled.type(TAB, f"A{place}", [copy])
    filled.type(TAB, filled.at(TAB, "Bea", "Followers"), 201)
    filled.settle()
    assert filled.row(TAB, "Bea")["syncd id"] == row_id
    assert filled.record("influencers", "Bea").values["followers"] == 201
    assert filled.record("influencers", "Copy").values["followers"] == 200


def test_rate_without_a_percent_sign_is_asked_about(filled: World) -> None:
    """1.39 in a cell that is not formatted as a percentage is not taken for 139 %."""
    cell = filled.at(TAB, "Ada", "Engagement rate")
    start = {"sheetId": filled.sheet_id(TAB), "rowIndex": int(cell[1:]) - 1, "columnIndex": 5}
    typed = {
        "userEnteredValue": {"numberValue": 1.39},
        "userEnteredFormat": {"numberFormat": {"type": "NUMBER", "pattern": "0.00"}},
    }
    fields = "userEnteredValue,userEnteredFormat.numberFormat"
    filled.batch({"updateCells": {"start": start, "rows": [{"values": [typed]}], "fields": fields}})
    filled.settle()
    assert "is it 1.39%?" in filled.row(TAB, "Ada")["Sync"]
    assert filled.record("influencers", "Ada").values["engagement_rate"] is None


@pytest.mark.parametrize("authority", list(Side))
@pytest.mark.parametrize("title", ["Category", "Platform"])
def test_column_made_anew_is_filled_from_the_crm(
    filled: World, authority: Side, title: str
) -> None:
    """A column that was deleted and added again by init shows the CRM's values; none is wiped."""
    filled.give_authority(authority)
    filled.settle()
    before = {row: r.values for row, r in filled.records("influencers").items()}
    filled.delete_column(TAB, filled.grid(TAB)[0].index(title) + 1)
    if title == "Category":
        report = filled.settle()
        assert ("influencers", "column Category") in report.paused
        assert filled.ws.crm.state.paused() == report.paused
    set_up(filled.ws)
    filled.settle()
    assert {row: r.values for row, r in filled.records("influencers").items()} == before
    assert filled.row(TAB, "Ada")[title] == {"Category": "Tech", "Platform": "instagram"}[title]
    assert filled.row(TAB, "Ada")["Sync"] == "In sync"
    assert not filled.reviews()


def test_column_made_anew_by_an_init_that_died_is_filled_before_any_cycle(filled: World) -> None:
    """Between the new column and its values nothing is pulled: init goes on where it stopped."""
    filled.delete_column(TAB, filled.grid(TAB)[0].index("Category") + 1)
    filled.ws.set_up()
    filled.restart()
    with pytest.raises(LayoutError, match="does not show yet"):
        filled.cycle()
    set_up(filled.ws)
    filled.settle()
    assert filled.row(TAB, "Ada")["Category"] == "Tech"
    assert filled.record("influencers", "Ada").values["category"] == "Tech"


def test_long_text_that_was_put_back_is_kept_whole(connected: World) -> None:
    """However long what somebody typed is, review and history hold all of it."""
    typed = "about " + "x" * 300 + " followers"
    connected.type(TAB, connected.at(TAB, "Ada", "Followers"), typed)
    connected.settle()
    assert connected.row(TAB, "Ada")["Followers"] == 100
    assert connected.reviews()[0].review.offered == {"followers": typed}


def test_reference_to_a_record_that_is_gone_is_told_and_not_written(connected: World) -> None:
    """Deleted by a program that keeps no foreign keys, a record leaves its name in the sheet."""
    with sqlite3.connect(connected.config.crm_path) as connection:
        connection.execute("DELETE FROM influencers WHERE name = 'Ada'")
    connection.close()
    connected.settle()
    (row,) = connected.rows("Cooperations")
    assert row["Influencer"] == "Ada"
    assert "refers to a record that is gone" in row["Sync"]
    is_fixpoint(connected)


def test_record_that_another_program_adds_takes_no_key_from_a_row(filled: World) -> None:
    """The sheet rules: a second record of one handle waits in review, the row goes on as ever."""
    filled.crm("INSERT INTO influencers (name, platform, handle) VALUES ('A', 'instagram', 'ada')")
    filled.settle()
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 101)
    filled.settle()
    assert filled.row(TAB, "Ada")["Sync"] == "In sync"
    assert filled.record("influencers", "Ada").values["followers"] == 101
    assert [entry.label for entry in filled.reviews()] == ["A"]
    is_fixpoint(filled)


def test_record_whose_id_no_cell_can_hold_keeps_no_other_from_the_sheet(connected: World) -> None:
    """Google refuses a whole block of new rows for one of them: that one is told and left out."""
    added = "INSERT INTO influencers (id, name, platform) VALUES (?, ?, 'instagram')"
    connected.crm(added, "i" * 50_001, "Long")
    connected.crm(added, "inf_short", "Short")
    connected.settle()
    assert connected.row(TAB, "Short")["syncd id"] == "inf_short"
    assert "longer than 50000" in repr(connected.ws.crm.state.problems())
    is_fixpoint(connected)


def test_archived_row_stays_archived_when_what_it_refers_to_is_deleted(connected: World) -> None:
    """A program deletes a cooperation and then its influencer: no row comes back as a new one."""
    connected.crm("DELETE FROM cooperations")
    connected.settle()
    before = connected.rows("Cooperations")
    connected.crm("DELETE FROM influencers WHERE name = 'Ada'")
    connected.settle()
    assert before[0]["Sync"].startswith("Archived")
    assert connected.rows("Cooperations") == before
    assert connected.reviews() == []
    is_fixpoint(connected)


def test_table_that_another_program_dropped_is_made_anew_by_the_next_process(filled: World) -> None:
    """The error says what to do; as the sheet rules, its rows are records again."""
    before = [record.values for record in filled.records("cooperations").values()]
    filled.crm("DROP TABLE cooperations")
    with pytest.raises(CrmError, match="another program changed its tables") as failed:
        filled.cycle()
    assert "Start syncd again" in failed.value.hint
    filled.restart()
    filled.settle()
    assert [record.values for record in filled.records("cooperations").values()] == before
