"""Conditional formats in the effective look of cells."""

from typing import Any

import pytest

RANGE = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 5, "startColumnIndex": 0}


@pytest.fixture
def look(ask: Any, book: str) -> Any:
    """Give a function that reads what a range's cells effectively look like."""

    def read(cells: str, fields: str) -> list[list[Any]]:
        mask = f"sheets.data.rowData.values.effectiveFormat({fields})"
        path = f"/v4/spreadsheets/{book}?ranges={cells}&fields={mask}"
        grid = ask("GET", path)[1]["sheets"][0]["data"][0]
        return [
            [cell.get("effectiveFormat", {}) for cell in row.get("values", [])]
            for row in grid.get("rowData", [])
        ]

    return read


def rule(condition: Any, look: Any, end: int = 3) -> Any:
    """Build a request for a rule over the first columns."""
    formatted = {"condition": condition, "format": look}
    area = RANGE | {"endColumnIndex": end}
    return {"addConditionalFormatRule": {"rule": {"ranges": [area], "booleanRule": formatted}}}


def number_above(limit: int) -> Any:
    """Build the condition that a number is greater than a limit."""
    return {"type": "NUMBER_GREATER", "values": [{"userEnteredValue": str(limit)}]}


def test_conditional_formats_add_up_and_the_first_wins(batch: Any, values: Any, look: Any) -> None:
    """Rules that hold add up; where two set the same part, the one that stands first wins."""
    values("A1:B1", [[10, 1]])
    batch(rule(number_above(5), {"textFormat": {"bold": True}, "backgroundColor": {"red": 1}}))
    batch(rule(number_above(2), {"textFormat": {"italic": True}, "backgroundColor": {"blue": 1}}))
    shown = look("A1:B1", "backgroundColor,textFormat(bold,italic)")
    assert shown[0][0] == {
        "backgroundColor": {"blue": 1},
        "textFormat": {"bold": True, "italic": True},
    }
    assert shown[0][1]["textFormat"] == {"bold": False, "italic": False}


def test_conditional_formats_move_their_formula_along(batch: Any, values: Any, look: Any) -> None:
    """A custom formula is written for the first cell, and colours blank cells of used rows too."""
    values("A1:B2", [["yes", 1], ["no", 2]])
    formula = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": '=$A1="yes"'}]}
    batch(rule(formula, {"backgroundColor": {"green": 1}}))
    shown = look("A1:C2", "backgroundColor")
    assert shown[0] == [{"backgroundColor": {"green": 1}}] * 3
    assert shown[1] == [{"backgroundColor": {"red": 1, "green": 1, "blue": 1}}] * 2


def test_conditional_gradients_mix_their_colours(batch: Any, values: Any, look: Any) -> None:
    """A number is coloured by where it lies between the points; a text is not coloured."""
    values("A1:A4", [[0], [5], [10], ["x"]])
    gradient = {
        "minpoint": {"type": "MIN", "colorStyle": {"themeColor": "BACKGROUND"}},
        "maxpoint": {"type": "MAX", "color": {"red": 1}},
    }
    area = RANGE | {"endColumnIndex": 1}
    added = {"rule": {"ranges": [area], "gradientRule": gradient}}
    assert batch({"addConditionalFormatRule": added})[0] == 200
    white = {"red": 1, "green": 1, "blue": 1}
    assert [row[0]["backgroundColor"] for row in look("A1:A4", "backgroundColor")] == [
        white,
        {"red": 1, "green": 0.49803922, "blue": 0.49803922},
        {"red": 1},
        white,
    ]


def test_empty_lists_and_unspecified_values_are_not_kept(ask: Any, book: str, batch: Any) -> None:
    """An empty list, an empty map and an enum's zero are the same as nothing at all."""
    bare = {"range": {"sheetId": 0}, "sortSpecs": [], "criteria": {}, "filterSpecs": []}
    batch({"setBasicFilter": {"filter": bare}})
    wrapped = {"userEnteredFormat": {"wrapStrategy": "WRAP_STRATEGY_UNSPECIFIED"}}
    batch({"repeatCell": {"range": RANGE, "cell": wrapped, "fields": "userEnteredFormat"}})
    sheet = ask("GET", f"/v4/spreadsheets/{book}?includeGridData=true")[1]["sheets"][0]
    assert set(sheet["basicFilter"]) == {"range"}
    assert "rowData" not in sheet["data"][0]


@pytest.mark.parametrize(
    ("sent", "kept"), [(0.8980392, 0.8980392), (0.5, 0.49803922), (0.9, 0.8980392), (1, 1)]
)
def test_colours_are_kept_in_steps(
    batch: Any, look: Any, values: Any, sent: float, kept: float
) -> None:
    """A channel is cut to one of 256 steps, and one that is a step stays itself."""
    coloured = {"userEnteredFormat": {"backgroundColor": {"red": sent}}}
    batch({"repeatCell": {"range": RANGE, "cell": coloured, "fields": "userEnteredFormat"}})
    assert look("A1", "backgroundColor") == [[{"backgroundColor": {"red": kept}}]]
