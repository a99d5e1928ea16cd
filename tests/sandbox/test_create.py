"""Spreadsheets that are created with all that they are to hold."""

from typing import Any

import pytest

FULL = {
    "properties": {"title": "T", "locale": "de_DE", "timeZone": "Europe/Berlin"},
    "sheets": [
        {
            "properties": {"title": "A", "gridProperties": {"rowCount": 20, "columnCount": 5}},
            "data": [
                {
                    "startRow": 1,
                    "startColumn": 1,
                    "rowData": [
                        {
                            "values": [
                                {"userEnteredValue": {"numberValue": 1}, "note": "n"},
                                {"userEnteredValue": {"formulaValue": "=B2+1"}},
                            ]
                        }
                    ],
                    "rowMetadata": [{"pixelSize": 40}],
                    "columnMetadata": [{"hiddenByUser": True}],
                }
            ],
            "merges": [{"startRowIndex": 10, "endRowIndex": 12, "endColumnIndex": 2}],
            "conditionalFormats": [
                {
                    "ranges": [{"endRowIndex": 2}],
                    "booleanRule": {
                        "condition": {"type": "NOT_BLANK"},
                        "format": {"textFormat": {"bold": True}},
                    },
                }
            ],
            "filterViews": [{"title": "fv", "range": {"endRowIndex": 5}}],
            "protectedRanges": [{"range": {"endRowIndex": 1}, "description": "d"}],
            "basicFilter": {"range": {"endRowIndex": 5, "endColumnIndex": 3}},
            "bandedRanges": [
                {
                    "range": {"startRowIndex": 6, "endRowIndex": 9, "endColumnIndex": 3},
                    "rowProperties": {
                        "firstBandColor": {"red": 1},
                        "secondBandColor": {"blue": 1},
                    },
                }
            ],
            "tables": [
                {
                    "name": "Team",
                    "range": {"startRowIndex": 14, "endRowIndex": 17, "endColumnIndex": 2},
                }
            ],
            "developerMetadata": [{"metadataKey": "s", "visibility": "DOCUMENT"}],
            "rowGroups": [{"range": {"dimension": "ROWS", "startIndex": 1, "endIndex": 3}}],
            "columnGroups": [
                {"range": {"dimension": "COLUMNS", "startIndex": 1, "endIndex": 3}, "depth": 2}
            ],
        },
        {"properties": {"title": "B", "sheetId": 77, "hidden": True}},
        {},
    ],
    "namedRanges": [{"name": "nr", "range": {"sheetId": 77, "endRowIndex": 2}}],
    "developerMetadata": [
        {"metadataKey": "b", "visibility": "PROJECT", "location": {"spreadsheet": True}}
    ],
}


def test_create_takes_every_part_of_a_spreadsheet(ask: Any) -> None:
    """Tabs, cells, sizes, names and all that lies on ranges are there when the book is."""
    status, made = ask("POST", "/v4/spreadsheets", FULL)
    assert status == 200
    assert {k: made["properties"][k] for k in FULL["properties"]} == FULL["properties"]
    first, second, third = made["sheets"]
    assert [s["properties"]["title"] for s in made["sheets"]] == ["A", "B", "Sheet3"]
    assert [s["properties"]["index"] for s in made["sheets"]] == [0, 1, 2]
    assert second["properties"]["sheetId"] == 77
    assert third["properties"]["sheetId"] not in {0, 77}
    parts = set(FULL["sheets"][0]) - {"data"}  # type: ignore[arg-type]
    assert parts <= set(first)
    assert made["namedRanges"][0]["name"] == "nr"
    assert made["developerMetadata"][0]["metadataKey"] == "b"
    query = "ranges=A!B2:C2&fields=sheets.data(rowData.values(formattedValue,note),rowMetadata)"
    shown = ask("GET", f"/v4/spreadsheets/{made['spreadsheetId']}?{query}")[1]["sheets"][0]
    assert shown["data"][0]["rowData"] == [
        {"values": [{"formattedValue": "1", "note": "n"}, {"formattedValue": "2"}]}
    ]
    assert shown["data"][0]["rowMetadata"] == [{"pixelSize": 40}]


def test_create_grows_a_grid_for_its_cells(ask: Any) -> None:
    """A tab without a size of its own is as large as the cells that are sent with it."""
    rows = [{"values": [{"userEnteredValue": {"stringValue": "x"}}]}]
    body = {"sheets": [{"data": [{"startRow": 1500, "startColumn": 30, "rowData": rows}]}]}
    made = ask("POST", "/v4/spreadsheets", body)[1]
    grid = made["sheets"][0]["properties"]["gridProperties"]
    assert grid == {"rowCount": 1501, "columnCount": 31}


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        ({"sheets": [{"properties": {"title": "A"}}] * 2}, 400, 'name "A" already exists'),
        ({"sheets": [{"properties": {"sheetId": 5}}] * 2}, 400, "already exists"),
        ({"properties": {"locale": "xx_YY"}}, 400, "xx_YY"),
        ({"properties": {"timeZone": "Mars/X"}}, 400, "Mars/X"),
        ({"sheets": [{"charts": [{}]}]}, 400, "must be set on chartSpec"),
        ({"sheets": [{"slicers": [{}]}]}, 400, "overlayPosition"),
        ({"dataSources": [{}]}, 501, "dataSources"),
        ({"sheets": [{"properties": {"sheetType": "OBJECT"}}]}, 501, "OBJECT"),
        ({"sheets": [{"data": [{"startRow": -1, "rowData": [{}]}]}]}, 400, "GridData"),
        ({"sheets": [{"data": [{"startRow": 2**31 - 1, "rowData": [{}]}]}]}, 400, "10000000"),
        (
            {"sheets": [{"data": [{"rowData": [{"values": [{"pivotTable": {"rows": [{}]}}]}]}]}]},
            501,
            "pivotTable",
        ),
        ({"properties": {"titel": "x"}}, 400, "\"titel\" at 'spreadsheet.properties'"),
    ],
)
def test_create_refuses_by_name(ask: Any, body: Any, status: int, part: str) -> None:
    """What clashes or cannot be is a 400, what the sandbox does not have a 501; nothing is left."""
    before = ask("GET", "/drive/v3/files")[1]["files"]
    found, answer = ask("POST", "/v4/spreadsheets", body)
    assert found == status
    assert part in answer["error"]["message"]
    assert ask("GET", "/drive/v3/files")[1]["files"] == before


def test_cells_keep_their_chips(ask: Any, book: str, batch: Any) -> None:
    """Runs of chips are kept with the text that holds their places, and go when it is rewritten."""
    chips = [{"chip": {"richLinkProperties": {"uri": "https://example.com"}}}]
    cell = {"userEnteredValue": {"stringValue": "@"}, "chipRuns": chips}
    rows = [{"values": [cell]}]
    batch({"updateCells": {"start": {}, "rows": rows, "fields": "userEnteredValue,chipRuns"}})
    path = f"/v4/spreadsheets/{book}?ranges=A1&fields=sheets.data.rowData.values.chipRuns"
    shown = ask("GET", path)[1]["sheets"][0]["data"][0]
    assert shown == {"rowData": [{"values": [{"chipRuns": chips}]}]}
    ask("PUT", f"/v4/spreadsheets/{book}/values/A1?valueInputOption=RAW", {"values": [["x"]]})
    assert "chipRuns" not in str(ask("GET", path)[1])


@pytest.mark.parametrize("properties", [{"sheetId": -5}, {"index": -1}])
def test_tabs_have_no_negative_places(batch: Any, properties: Any) -> None:
    """Neither an id nor a place among the tabs is below nought."""
    status, answer = batch({"addSheet": {"properties": properties}})
    assert status == 400
    assert "must not be negative" in answer["error"]["message"]
