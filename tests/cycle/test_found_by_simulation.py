"""Faults that the simulation found: each told as the story that it was."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from syncd.core.snapshot import Side
from syncd.cycle.run import run_cycle
from syncd.errors import OutcomeUnknownError
from tests.conftest import MakeWorld, fill
from tests.cycle.test_outcome import CrashError, crash, is_fixpoint
from tests.world import Json, WindowClient, World, letter

TAB = "Influencers"
NEW = "INSERT INTO influencers (name, platform, handle) VALUES ('Dora', 'blog', 'dora')"


def test_row_that_cannot_be_written_is_not_pending_for_ever(filled: World) -> None:
    """An edit beside cells that somebody merged waits for a person, not for the next cycle."""
    where = {"sheetId": filled.sheet_id(TAB), "startRowIndex": 1, "endRowIndex": 2}
    status = filled.grid(TAB)[0].index("Sync")
    where |= {"startColumnIndex": status - 1, "endColumnIndex": status + 1}
    filled.batch({"mergeCells": {"range": where, "mergeType": "MERGE_ALL"}})
    filled.type(TAB, filled.at(TAB, "Ada", "Category"), "Music")
    filled.cycle()
    report = filled.cycle()
    assert report.paused
    assert not report.pending


class ReadWindow(WindowClient):
    """The real client, with a window before its second read."""

    between_reads: Callable[[], object] | None = None
    reads = 0

    def read(self, method: str, body: Mapping[str, Any], *, fields: str = "") -> tuple[Json, bytes]:
        """Let somebody act before the second read, then read."""
        self.reads += 1
        if self.between_reads is not None and self.reads == 2:
            self.between_reads()
        return super().read(method, body, fields=fields)


def test_operation_that_another_process_settled_meanwhile_is_no_failure(connected: World) -> None:
    """Two processes look for the same lost answer: who comes second finds nothing to settle."""
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    connected.fault("drop_request", times=50)
    with pytest.raises(OutcomeUnknownError):
        connected.cycle()
    connected.clear_faults()
    other = connected.open()
    connected.ws.client.__class__ = ReadWindow
    connected.ws.client.between_reads = lambda: run_cycle(other)
    connected.settle()
    other.close()
    assert connected.row(TAB, "Bea")["Followers"] == 555


def test_empty_text_of_another_program_is_a_blank(connected: World) -> None:
    """A program writes an empty text: the sheet shows a blank, and all comes to rest."""
    connected.crm("UPDATE influencers SET category = '' WHERE name = 'Bea'")
    connected.settle()
    assert "Category" not in connected.row(TAB, "Bea")
    connected.give_authority(Side.SHEET)
    connected.type(TAB, connected.at(TAB, "Bea", "Category"), "Music")
    connected.settle()
    assert connected.record("influencers", "Bea").values["category"] == "Music"


def test_two_processes_add_a_new_record_once(connected: World) -> None:
    """A second process of the same file adds the row between the reads of the first."""
    connected.crm(NEW)
    other = connected.open()
    connected.ws.client.__class__ = ReadWindow
    connected.ws.client.between_reads = lambda: run_cycle(other)
    connected.settle()
    other.close()
    assert connected.row(TAB, "Dora")["Handle"] == "dora"


def test_edit_beside_a_column_that_is_deleted_meanwhile_is_kept(connected: World) -> None:
    """An edit is put back while a column right of it goes: part of the row hits other columns."""
    connected.type(TAB, connected.at(TAB, "Bea", "Followers"), 7770777)
    column = connected.grid(TAB)[0].index("Engagement rate") + 1
    connected.client.before = lambda: connected.delete_column(TAB, column)
    for _ in range(6):
        connected.cycle()
    assert connected.row(TAB, "Bea")["Followers"] == 200
    assert "7770777" in connected.kept()


def test_edit_in_a_row_that_is_not_copied_is_kept(connected: World) -> None:
    """Google may copy nothing of a hidden row: what was put back there is in the history."""
    connected.box.change(copy_paste_skips_hidden_rows=True)
    try:
        connected.type(TAB, connected.at(TAB, "Bea", "Followers"), 777)
        place = connected.place(TAB, "Bea") - 1
        where = {"sheetId": connected.sheet_id(TAB), "dimension": "ROWS"}
        where |= {"startIndex": place, "endIndex": place + 1}
        change = {"properties": {"hiddenByUser": True}, "fields": "hiddenByUser", "range": where}
        connected.batch({"updateDimensionProperties": change})
        for _ in range(4):
            connected.cycle()
    finally:
        connected.box.change(copy_paste_skips_hidden_rows=False)
    assert "777" in connected.kept()


def test_cleared_row_that_cannot_be_shown_again_comes_to_rest(connected: World) -> None:
    """The cells of a row that somebody cleared were merged: it waits, and nothing is written."""
    place = connected.place(TAB, "Bea") - 1
    where = {"sheetId": connected.sheet_id(TAB), "startRowIndex": place, "endRowIndex": place + 1}
    where |= {"startColumnIndex": 0, "endColumnIndex": 3}
    cleared = {"range": where | {"endColumnIndex": 9}, "fields": "userEnteredValue"}
    connected.batch({"updateCells": cleared})
    connected.batch({"mergeCells": {"range": where, "mergeType": "MERGE_ALL"}})
    report = connected.settle()
    assert "merged" in str(report.paused)
    is_fixpoint(connected)
    connected.ws.paused_until = 0.0  # the pause is over: it is tried again
    is_fixpoint(connected)


def test_new_row_that_cannot_be_given_an_id_comes_to_rest(filled: World) -> None:
    """A new row is protected from the start: it is told by its place, not under an id a cycle."""
    filled.type(TAB, "A5", "Dora")
    where = {"sheetId": filled.sheet_id(TAB), "startRowIndex": 4, "endRowIndex": 5}
    protected = {"range": where, "editors": {"users": ["anna"]}}
    filled.batch({"addProtectedRange": {"protectedRange": protected}})
    report = filled.settle()
    assert [row for _, row in report.paused] == ["row 5"]
    is_fixpoint(filled)
    assert len(filled.ws.paused) == 1
    last = filled.ws.crm.state.last_cycle()
    filled.cycle()
    assert (filled.calls()[0], filled.ws.crm.state.last_cycle()) == (1, last)


def test_blank_row_that_cannot_lose_its_id_comes_to_rest(filled: World) -> None:
    """A blank row shows another's id, and is protected: it is not looked at again each cycle."""
    bea = filled.grid(TAB)[filled.place(TAB, "Bea") - 1]
    filled.type(TAB, f"{letter(bea.index(bea[-1]) + 1)}5", bea[-1])
    where = {"sheetId": filled.sheet_id(TAB), "startRowIndex": 4, "endRowIndex": 5}
    protected = {"range": where, "editors": {"users": ["anna"]}}
    filled.batch({"addProtectedRange": {"protectedRange": protected}})
    report = filled.settle()
    assert report.paused == {("influencers", "row 5"): "a cell of this row is protected"}
    last = filled.ws.crm.state.last_cycle()
    is_fixpoint(filled)
    assert filled.ws.crm.state.last_cycle() == last


def test_row_that_cannot_be_given_its_own_id_again_comes_to_rest(filled: World) -> None:
    """Somebody swapped two ids, and one of the rows is protected: it keeps the other's so long."""
    ids = [filled.grid(TAB)[row][-1] for row in (1, 3)]
    column = letter(filled.grid(TAB)[0].index("syncd id") + 1)
    where = {"sheetId": filled.sheet_id(TAB), "startRowIndex": 3, "endRowIndex": 4}
    protected = {"range": where, "editors": {"users": ["anna"]}}
    added = filled.batch({"addProtectedRange": {"protectedRange": protected}})
    for row, text in zip((2, 4), reversed(ids), strict=True):
        filled.type(TAB, f"{column}{row}", text)
    report = filled.settle()
    assert report.paused == {("influencers", ids[1]): "a cell of this row is protected"}
    assert filled.record("influencers", "Ada").values["followers"] == 100
    is_fixpoint(filled)
    last = filled.ws.crm.state.last_cycle()
    filled.cycle()
    assert (filled.calls()[0], filled.ws.crm.state.last_cycle()) == (1, last)
    (reply,) = added["replies"]
    number = reply["addProtectedRange"]["protectedRange"]["protectedRangeId"]
    filled.batch({"deleteProtectedRange": {"protectedRangeId": number}})
    filled.restart()
    filled.settle()
    assert [filled.grid(TAB)[row][-1] for row in (1, 3)] == ids


def test_label_that_was_written_before_a_crash_is_known(connected: World) -> None:
    """A reference shows a name that its record has no more when the answer is looked at."""
    connected.crm("UPDATE influencers SET name = 'Bee' WHERE name = 'Bea'")
    connected.crm(
        "INSERT INTO cooperations (campaign, influencer)"
        " SELECT c.id, i.id FROM campaigns c, influencers i"
        " WHERE c.name = 'Winter' AND i.name = 'Bee'"
    )
    connected.client.after = crash
    with pytest.raises(CrashError):
        connected.cycle()
    connected.crm("UPDATE influencers SET name = 'Bo' WHERE name = 'Bee'")
    connected.restart()
    connected.settle()
    assert connected.row("Cooperations", "Bo")["Campaign"] == "Winter"
    assert not connected.reviews()


def test_label_is_known_that_was_written_while_its_own_table_was_halted(connected: World) -> None:
    """A reference shows a name that its record got, and lost again, while its tab was not there."""
    connected.delete_column(TAB, 1)
    connected.crm("UPDATE influencers SET name = 'Bee' WHERE name = 'Bea'")
    connected.crm(
        "INSERT INTO cooperations (campaign, influencer)"
        " SELECT c.id, i.id FROM campaigns c, influencers i"
        " WHERE c.name = 'Winter' AND i.name = 'Bee'"
    )
    connected.settle()
    assert connected.row("Cooperations", "Bee")["Campaign"] == "Winter"
    connected.crm("UPDATE influencers SET name = 'Bo' WHERE name = 'Bee'")
    connected.settle()
    assert connected.row("Cooperations", "Bo")["Campaign"] == "Winter"
    assert not connected.reviews()


def test_new_row_is_told_from_others_after_the_tab_lost_its_last_column(filled: World) -> None:
    """The mirror still holds what stood in a column that somebody deleted since.

    A row without an id is known by all that stands in it: it would never be taken for itself.
    """
    (width,) = (
        sheet["properties"]["gridProperties"]["columnCount"]
        for sheet in filled.book()["sheets"]
        if sheet["properties"]["title"] == TAB
    )
    row, ids = filled.place(TAB, "Ada"), filled.column(TAB, "syncd id")
    own = filled.grid(TAB)[row - 1][-1]
    filled.type(TAB, f"{letter(width)}{row}", "asked twice")
    filled.type(TAB, f"{ids}{row}", "")
    filled.settle()
    filled.delete_column(TAB, width)
    filled.type(TAB, f"{ids}{row}", "")
    assert not filled.settle().pending
    assert own in filled.grid(TAB)[row - 1]
    is_fixpoint(filled)


def test_name_of_a_record_that_never_came_to_be_is_kept(make_world: MakeWorld) -> None:
    """A new person is named elsewhere, where edits are turned away, and deleted in the window."""
    world = make_world(policy={"new_rows": "merge", "edits": "reject"})
    fill(world)
    world.give_authority(Side.CRM)
    world.settle()
    world.type(TAB, "A5", [["Dora", "blog", "dora"]])
    world.type("Cooperations", world.at("Cooperations", "Summer", "Influencer"), "Dora")
    world.client.before = lambda: world.delete_row(TAB, 5)
    world.settle()
    assert "Dora" not in world.records("influencers")
    assert "Dora'" in world.kept()
