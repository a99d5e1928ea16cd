"""The clients that carry tables and looks, each with the first example of its documentation."""

from collections.abc import Iterator
from typing import Any

import gspread
import gspread_formatting as looks
import pandas as pd
import pygsheets
import pytest
from google.oauth2.service_account import Credentials
from gspread_dataframe import get_as_dataframe, set_with_dataframe

from syncd.sandbox import Sandbox
from syncd.sandbox.pointing import all_pointed


@pytest.fixture
def pyg(box: Sandbox) -> Iterator[pygsheets.client.Client]:
    """Give pygsheets signed in; it builds Google's addresses from documents of its own."""
    with all_pointed(box.url):
        key = Credentials.from_service_account_info(
            box.credentials(), scopes=["https://www.googleapis.com/auth/drive"]
        )
        client = pygsheets.authorize(custom_credentials=key)
        yield client
        client.sheet.service.close()
        client.drive.service.close()


def test_pygsheets_first_example(pyg: pygsheets.client.Client) -> None:
    """The README: open, name, write a range and a cell, find, share, link formulas and formats."""
    made = pyg.create("my new sheet")
    sheet = pyg.open("my new sheet").sheet1
    sheet.update_value("A1", "Numbers on Stuff")
    sheet.update_values("B2", [["1", "2"], ["3", "4"]])
    header = sheet.cell("A1")
    header.text_format["bold"] = True
    header.update()
    total = sheet.cell("C1")
    total.formula = "=SUM(B2:C3)"
    assert (total.value, total.value_unformatted) == ("10", 10)
    header.fetch()
    assert header.text_format["bold"] is True
    assert [c.label for c in sheet.find("Numbers")] == ["A1"]
    made.share("friend@example.com", role="commenter", type="user")
    assert sorted(p["role"] for p in made.permissions) == ["commenter", "owner"]
    assert sheet.get_all_values(include_tailing_empty_rows=False, include_tailing_empty=False) == [
        ["Numbers on Stuff", "", "10"],
        ["", "1", "2"],
        ["", "3", "4"],
    ]


def test_pygsheets_fits_the_sheet_to_a_data_frame(pyg: pygsheets.client.Client) -> None:
    """set_dataframe makes the sheet as large as the table, and get_as_df reads it back."""
    sheet = pyg.create("frame").sheet1
    frame = pd.DataFrame({"name": ["Ada", "Bea"], "fans": [12, 7]})
    sheet.set_dataframe(frame, "A1", fit=True)
    assert (sheet.rows, sheet.cols) == (3, 2)
    pd.testing.assert_frame_equal(sheet.get_as_df(), frame, check_dtype=False)


def test_pygsheets_filters_protects_and_styles(pyg: pygsheets.client.Client) -> None:
    """A filter without criteria comes back bare; a protection and a rule as they were set."""
    book = pyg.create("rules")
    sheet = book.sheet1
    sheet.update_values("A1", [["n"], [3], [1]])
    sheet.set_basic_filter(start="A1", end="A3")
    kept = pyg.sheet.get(book.id, fields="sheets(basicFilter)")["sheets"][0]["basicFilter"]
    assert kept == {
        "range": {"startRowIndex": 0, "endRowIndex": 3, "startColumnIndex": 0, "endColumnIndex": 1}
    }
    area = sheet.range("A1:A2", returnas="range")
    area.protected = True
    assert [r.protect_id for r in sheet.get_protected_ranges()] == [area.protect_id]
    sheet.sort_range("A2", "A3", 0, "ASCENDING")
    assert sheet.get_values("A1", "A3") == [["n"], ["1"], ["3"]]


def test_gspread_dataframe_first_example(client: gspread.Client) -> None:
    """The README: a frame is written and read back with its types, formulas as values."""
    sheet = client.create("frame").sheet1
    frame = pd.DataFrame.from_records([{"a": i, "b": i * 2} for i in range(100)])
    set_with_dataframe(sheet, frame)
    read = get_as_dataframe(sheet, nrows=100, usecols=[0, 1])
    pd.testing.assert_frame_equal(read, frame, check_dtype=False)
    other = get_as_dataframe(sheet, parse_dates=False, usecols=[0], skiprows=1, header=None)
    assert other[0].dropna().tolist() == list(range(100))
    sheet.update([["=A2+1"]], "C2", raw=False)
    assert get_as_dataframe(sheet, evaluate_formulas=True, usecols=[2]).iloc[0, 0] == 1


def test_gspread_formatting_first_example(client: gspread.Client) -> None:
    """The README: a look for a range, a row's height, frozen lines, a rule, a drop-down."""
    sheet = client.create("looks").sheet1
    look = looks.cellFormat(
        backgroundColor=looks.color(1, 0.9, 0.9),
        textFormat=looks.textFormat(bold=True, foregroundColor=looks.color(1, 0, 1)),
        horizontalAlignment="CENTER",
    )
    looks.format_cell_range(sheet, "A1:J1", look)
    looks.set_row_height(sheet, "1", 42)
    looks.set_frozen(sheet, rows=1, cols=2)
    entered: Any = looks.get_user_entered_format(sheet, "J1")
    assert entered.textFormat.bold
    assert entered.horizontalAlignment == "CENTER"
    assert (looks.get_frozen_row_count(sheet), looks.get_frozen_column_count(sheet)) == (1, 2)
    assert looks.get_effective_format(sheet, "A1").textFormat.fontSize == 10
    assert looks.get_user_entered_format(sheet, "A2") is None
    choice = looks.DataValidationRule(
        looks.BooleanCondition("ONE_OF_LIST", ["1", "2", "3"]), showCustomUi=True
    )
    looks.set_data_validation_for_cell_range(sheet, "A2:D2", choice)
    assert looks.get_data_validation_rule(sheet, "D2") == choice
    assert looks.get_data_validation_rule(sheet, "E2") is None


def test_gspread_formatting_rules_show_in_the_look(client: gspread.Client) -> None:
    """A conditional format shows where its condition holds, and only while it is there."""
    sheet = client.create("rules").sheet1
    sheet.update([["A", "B"], [1, 2001]])
    rules = looks.get_conditional_format_rules(sheet)
    rules.append(
        looks.ConditionalFormatRule(
            ranges=[looks.GridRange.from_a1_range("A1:B2", sheet)],
            booleanRule=looks.BooleanRule(
                condition=looks.BooleanCondition("NUMBER_GREATER", ["2000"]),
                format=looks.CellFormat(textFormat=looks.textFormat(bold=True)),
            ),
        )
    )
    rules.save()
    shown = [looks.get_effective_format(sheet, a).textFormat.bold for a in ("B1", "A2", "B2")]
    assert shown == [False, False, True]
    assert looks.get_user_entered_format(sheet, "B2") is None
    rules.clear()
    rules.save()
    assert looks.get_effective_format(sheet, "B2").textFormat.bold is False
