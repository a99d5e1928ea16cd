"""Plain values: ranges, typed entry, formats and formulas."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("typed", "plain", "shown"),
    [
        ("12", 12, "12"),
        ("2,000,000.01", 2000000.01, "2,000,000.01"),
        ("12.5%", 0.125, "12.50%"),
        ("$5", 5, "$5"),
        ("€1.50", 1.5, "€1.50"),
        ("2020-01-01", 43831, "2020-01-01"),
        ("1/31/2024", 45322, "1/31/2024"),
        ("2024-01-02 12:00", 45293.5, "2024-01-02 12:00"),
        ("6:00 PM", 0.75, "6:00 PM"),
        ("true", True, "TRUE"),
        ("'007", "007", "007"),
        ("3_1_0", "3_1_0", "3_1_0"),
        ("31/12/2024", "31/12/2024", "31/12/2024"),
        ("=1/1024", 0.0009765625, "0.0009765625"),
        ("=1/0", "#DIV/0!", "#DIV/0!"),
        ("=NOSUCH(1,2,3)", "#NAME?", "#NAME?"),
    ],
)
def test_typed_entry(values: Any, typed: str, plain: Any, shown: str) -> None:
    """A typed text becomes the value, and is shown the way, that Google makes of it."""
    values("A1", [[typed]], option="USER_ENTERED")
    assert values("A1", valueRenderOption="UNFORMATTED_VALUE") == [[plain]]
    assert values("A1") == [[shown]]


def test_raw_entry_stays_text(values: Any) -> None:
    """Raw texts are not parsed."""
    values("A1", [["=1+1", "007", "2020-01-01"]])
    assert values("A1:C1", valueRenderOption="FORMULA") == [["=1+1", "007", "2020-01-01"]]


def test_dates_follow_the_locale(values: Any, batch: Any) -> None:
    """A German book reads a German date and a German number."""
    properties = {"properties": {"locale": "de_DE"}, "fields": "locale"}
    batch({"updateSpreadsheetProperties": properties})
    values("A1", [["31.12.2024", "1.234,5"]], option="USER_ENTERED")
    assert values("A1:B1", valueRenderOption="UNFORMATTED_VALUE") == [[45657, 1234.5]]
    assert values("A1:B1") == [["31.12.2024", "1.234,50"]]


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("Sheet1", "Sheet1!A1:Z1000"),
        ("A:A", "Sheet1!A1:A1000"),
        ("2:6", "Sheet1!A2:Z6"),
        ("A2:C", "Sheet1!A2:C1000"),
        ("D4:A1", "Sheet1!A1:D4"),
        ("A1:A1", "Sheet1!A1"),
        ("A2:F10001", "Sheet1!A2:F1000"),
        ("'Sheet1'!B2", "Sheet1!B2"),
        ("corner", "Sheet1!A1:B2"),
        ("Sheet1!corner", "Sheet1!A1:B2"),
        ("'It''s%20one'!A1", "'It''s one'!A1"),
    ],
)
def test_ranges_come_back_canonical(
    batch: Any, ask: Any, book: str, asked: str, canonical: str
) -> None:
    """Every form of A1 notation is read, and answered in Google's spelling."""
    batch(
        {
            "addNamedRange": {
                "namedRange": {"name": "corner", "range": {"endRowIndex": 2, "endColumnIndex": 2}}
            }
        },
        {"addSheet": {"properties": {"title": "It's one"}}},
    )
    status, answer = ask("GET", f"/v4/spreadsheets/{book}/values/{asked}")
    assert (status, answer["range"]) == (200, canonical)


def test_unknown_ranges_are_refused(ask: Any, book: str) -> None:
    """A range that cannot be read, or lies beyond the grid, is a 400 in Google's words."""
    for cells, text in (
        ("NOPE!A5:F15", "Unable to parse range: NOPE!A5:F15"),
        ("A1001", "exceeds grid limits. Max rows: 1000, max columns: 26"),
    ):
        status, answer = ask("GET", f"/v4/spreadsheets/{book}/values/{cells}")
        assert status == 400
        assert text in answer["error"]["message"]


def test_blanks_are_cut_and_nulls_skipped(values: Any) -> None:
    """Blanks at the end vanish, inner ones stay, and a null leaves a cell as it is."""
    values("A1:C2", [["a", "", "c"], ["d", "e", ""]])
    assert values("A1:D4") == [["a", "", "c"], ["d", "e"]]
    answer = values("A1:C1", [["z", None, ""]])[1]
    assert (answer["updatedCells"], answer["updatedRange"]) == (2, "Sheet1!A1:C1")
    assert values("A1:C2", majorDimension="COLUMNS") == [["z", "d"], ["", "e"]]


def test_append_lands_below_the_last_table(ask: Any, values: Any, book: str) -> None:
    """Rows are appended at the first column of the last block of the range."""
    values("B2:C3", [["a", "b"], ["c", "d"]])
    path = f"/v4/spreadsheets/{book}/values/Sheet1:append?valueInputOption=RAW"
    answer = ask("POST", path, {"values": [["e", "f"]]})[1]
    assert answer["tableRange"] == "Sheet1!B2:C3"
    assert answer["updates"]["updatedRange"] == "Sheet1!B4:C4"


def test_formulas_reach_other_tabs_and_survive_renames(batch: Any, values: Any) -> None:
    """A reference to another tab follows its rename and breaks when the tab is deleted."""
    batch({"addSheet": {"properties": {"sheetId": 3, "title": "Data"}}})
    values("Data!A1:A2", [[2], [3]])
    values("A1", [['=SUM(Data!A1:A2)*2^3&" ok"', "=IFERROR(1/0,Data!A2)"]], option="USER_ENTERED")
    assert values("A1:B1") == [["40 ok", "3"]]
    properties = {"sheetId": 3, "title": "New data"}
    batch({"updateSheetProperties": {"properties": properties, "fields": "title"}})
    assert values("B1", valueRenderOption="FORMULA") == [["=IFERROR(1/0,'New data'!A2)"]]
    batch({"deleteSheet": {"sheetId": 3}})
    assert values("A1") == [["#REF!"]]


def test_append_counts_skipped_cells_before_the_first_value(ask: Any, book: str) -> None:
    """Nulls before a value belong to the range that was updated, nulls after the last do not."""
    path = f"/v4/spreadsheets/{book}/values/A1:append?valueInputOption=USER_ENTERED"
    body = {"values": [[None, None, "true", None]]}
    answer = ask("POST", path + "&includeValuesInResponse=true", body)[1]["updates"]
    assert (answer["updatedRange"], answer["updatedCells"]) == ("Sheet1!A1:C1", 1)
    assert answer["updatedData"]["values"] == [["", "", "TRUE"]]


def test_data_filters_may_not_begin_beyond_the_grid(ask: Any, book: str) -> None:
    """A grid range of a data filter may end beyond the grid, but not begin there."""
    path = f"/v4/spreadsheets/{book}:getByDataFilter"
    ends, begins = ({"endRowIndex": 2000}, {"startRowIndex": 1000})
    assert ask("POST", path, {"dataFilters": [{"gridRange": ends}]})[0] == 200
    status, answer = ask("POST", path, {"dataFilters": [{"gridRange": begins}]})
    assert (status, "exceeds grid limits" in answer["error"]["message"]) == (400, True)


def test_drive_addresses_may_end_in_a_slash(ask: Any, book: str) -> None:
    """A client that joins a file's address and nothing asks for the file."""
    assert ask("GET", f"/drive/v3/files/{book}/")[1]["id"] == book
