"""batchUpdate: order, atomicity, and what each kind of request does."""

from typing import Any

import pytest

from tests.sandbox.batches import Row, cells, put


def rows(start: int, end: int, sheet: int = 0) -> Row:
    """Give a range of rows."""
    return {"sheetId": sheet, "dimension": "ROWS", "startIndex": start, "endIndex": end}


def fence(number: int) -> Row:
    """Give the request that sets a fence."""
    named = {"name": f"fence_{number}", "range": {"sheetId": 0, "endRowIndex": 1}}
    return {"addNamedRange": {"namedRange": named}}


def test_batch_fails_whole_and_names_the_request(batch: Any, values: Any) -> None:
    """A refusal in the middle undoes what stood before it and says which request it was."""
    status, answer = batch(
        put(0, cells("kept?")),
        {"addSheet": {"properties": {"title": "Gone again"}}},
        {"deleteSheet": {"sheetId": 99}},
    )
    assert status == 400
    assert answer["error"]["message"].startswith("Invalid requests[2].deleteSheet: ")
    assert answer["error"]["status"] == "INVALID_ARGUMENT"
    assert values("Sheet1") == []


def test_fence_lets_a_batch_apply_once(batch: Any, values: Any) -> None:
    """A batch that takes the token away is refused when it is sent again."""
    token = batch(fence(1))[1]["replies"][0]["addNamedRange"]["namedRange"]["namedRangeId"]
    sent = [
        {"deleteNamedRange": {"namedRangeId": token}},
        fence(2),
        {"insertDimension": {"range": rows(0, 1)}},
        put(0, cells("once")),
    ]
    assert batch(*sent)[0] == 200
    status, answer = batch(*sent)
    assert status == 400
    assert "requests[0].deleteNamedRange" in answer["error"]["message"]
    assert values("Sheet1") == [["once"]]


def test_exchange_shows_what_was_replaced(batch: Any, values: Any) -> None:
    """A copy of the row before it is overwritten comes back with the answer of the same batch."""
    batch({"addSheet": {"properties": {"sheetId": 5, "title": "_mirror", "hidden": True}}})
    batch(put(1, cells("old", "=A2", 7)))
    area = {"startRowIndex": 1, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 3}
    copy = {
        "source": {"sheetId": 0, **area},
        "destination": {"sheetId": 5, **area},
        "pasteType": "PASTE_FORMULA",
    }
    mask = "updatedSpreadsheet.sheets.data.rowData.values.userEnteredValue"
    status, answer = batch(
        {"copyPaste": copy},
        put(1, cells("new")),
        query=f"?fields=replies,{mask}",
        includeSpreadsheetInResponse=True,
        responseIncludeGridData=True,
        responseRanges=["'_mirror'!A2:C2", "Sheet1!A2"],
    )
    assert status == 200
    own, mirror = answer["updatedSpreadsheet"]["sheets"]
    assert mirror["data"][0]["rowData"][0] == cells("old", "=A2", 7)
    assert own["data"][0]["rowData"][0] == cells("new")
    assert values("Sheet1!A2:C2") == [["new", "new", "7"]]


def test_update_cells_clears_what_its_rows_do_not_reach(batch: Any, values: Any) -> None:
    """With a range, cells beyond the given rows are cleared; with a start they stay."""
    values("A1:C2", [["a", "b", "c"], ["d", "e", "f"]])
    batch(put(0, cells("x")))
    assert values("Sheet1") == [["x", "b", "c"], ["d", "e", "f"]]
    area = {"startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}
    batch({"updateCells": {"range": area, "rows": [cells("y")], "fields": "userEnteredValue"}})
    assert values("Sheet1") == [["y", "", "c"], ["", "", "f"]]


def test_things_follow_inserted_and_deleted_rows(batch: Any, ask: Any, book: str) -> None:
    """Formulas, names, protection, formats and metadata stay with their cells."""
    area = {"startRowIndex": 1, "endRowIndex": 4, "startColumnIndex": 0, "endColumnIndex": 2}
    rule = {"condition": {"type": "TEXT_EQ", "values": [{"userEnteredValue": "x"}]}, "format": {}}
    place = {"dimensionRange": rows(2, 3)}
    meta = {"metadataKey": "k", "location": place, "visibility": "DOCUMENT"}
    batch(
        put(0, cells("=SUM(A2:A4)", "=$A$3")),
        {"addNamedRange": {"namedRange": {"name": "those", "range": area}}},
        {"setBasicFilter": {"filter": {"range": area}}},
        {"addProtectedRange": {"protectedRange": {"range": area}}},
        {"addConditionalFormatRule": {"rule": {"ranges": [area], "booleanRule": rule}}},
        {"createDeveloperMetadata": {"developerMetadata": meta}},
        {"mergeCells": {"range": area, "mergeType": "MERGE_ROWS"}},
    )
    batch(
        {"insertDimension": {"range": rows(2, 4)}},
        {"deleteDimension": {"range": rows(1, 2)}},
    )
    found = ask("GET", f"/v4/spreadsheets/{book}?includeGridData=true&ranges=A1:B1")[1]
    sheet, moved = found["sheets"][0], area | {"endRowIndex": 5}
    assert sheet["data"][0]["rowData"][0]["values"][0]["userEnteredValue"] == {
        "formulaValue": "=SUM(A2:A5)"
    }
    assert sheet["data"][0]["rowData"][0]["values"][1]["userEnteredValue"] == {
        "formulaValue": "=$A$4"
    }
    assert found["namedRanges"][0]["range"] == moved
    assert "basicFilter" not in sheet, "it goes with its header row"
    assert sheet["protectedRanges"][0]["range"] == moved
    assert sheet["conditionalFormats"][0]["ranges"] == [moved]
    assert [m["startRowIndex"] for m in sheet["merges"]] == [3, 4]
    search = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "k"}}]}
    hits = ask("POST", f"/v4/spreadsheets/{book}/developerMetadata:search", search)[1]
    location = hits["matchedDeveloperMetadata"][0]["developerMetadata"]["location"]
    assert location["dimensionRange"]["startIndex"] == 3


def test_column_metadata_follows_a_moved_column(
    batch: Any, values: Any, ask: Any, book: str
) -> None:
    """A column found by its metadata is read where it went."""
    span = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    meta = {"metadataKey": "id", "location": {"dimensionRange": span}, "visibility": "DOCUMENT"}
    values("A1:C1", [["a", "b", "c"]])
    batch({"createDeveloperMetadata": {"developerMetadata": meta}})
    batch({"moveDimension": {"source": span, "destinationIndex": 0}})
    assert values("Sheet1") == [["b", "a", "c"]]
    lookup = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "id"}}]}
    path = f"/v4/spreadsheets/{book}/values:batchGetByDataFilter"
    found = ask("POST", path, lookup)[1]["valueRanges"][0]["valueRange"]
    assert found == {"range": "Sheet1!A1:A1000", "majorDimension": "ROWS", "values": [["b"]]}


def test_protected_cells_refuse_others(batch: Any, values: Any) -> None:
    """A range that a person protected is closed to others, and open to them and the owner."""
    area = {"startRowIndex": 0, "endRowIndex": 1}
    protected = {"range": area, "editors": {"users": ["ada"]}}
    batch({"addProtectedRange": {"protectedRange": protected}}, user="ada")
    status, answer = batch(put(0, cells("mine")), user="bob")
    assert status == 400
    assert "protected cell" in answer["error"]["message"]
    assert batch(put(0, cells("hers")), user="ada")[0] == 200
    assert values("Sheet1") == [["hers"]]
    assert batch(put(0, cells("the owner's")))[0] == 200


@pytest.mark.parametrize(
    ("request_", "status", "part"),
    [
        (
            {"updateCells": {"wrong": 1}},
            400,
            "\"wrong\" at 'requests[0].update_cells'",
        ),
        ({"addDataSource": {}}, 501, "addDataSource"),
        ({"noSuchKind": {}}, 400, "Unknown name"),
        (put(1000, cells("x")), 400, "is after last row in grid[999]"),
        (put(0, cells("x" * 50_001)), 400, "50000 characters"),
        ({"deleteNamedRange": {"namedRangeId": "1"}}, 400, "requests[0].deleteNamedRange"),
        ({"updateNamedRange": {"namedRange": {"namedRangeId": "1"}, "fields": "name"}}, 400, "1"),
        ({"addSheet": {"properties": {"sheetId": 0, "title": "T"}}}, 400, "already exists"),
        ({"appendDimension": {"dimension": "ROWS", "length": 10**7}}, 400, "10000000 cells"),
        ({"updateSheetProperties": {"properties": {}, "fields": "nope"}}, 400, "field: nope"),
    ],
)
def test_refusals(batch: Any, request_: Any, status: int, part: str) -> None:
    """What Google does not take, the sandbox does not take either, and says why."""
    found, answer = batch(request_)
    assert found == status
    assert part in answer["error"]["message"]


def test_masks_in_every_spelling_mean_the_same(batch: Any, ask: Any, book: str) -> None:
    """Parentheses, slashes and snake case select the same fields."""
    batch(put(0, cells("x")), {"addNamedRange": {"namedRange": {"name": "n", "range": {}}}})
    answers = [
        ask("GET", f"/v4/spreadsheets/{book}?ranges=A1&fields={mask}")[1]
        for mask in (
            "sheets(data(rowData(values(userEnteredValue))),properties.title)",
            "sheets.data.rowData.values.userEnteredValue,sheets.properties.title",
            "sheets/data/row_data/values/user_entered_value,sheets/properties(title)",
        )
    ]
    assert answers[0] == {
        "sheets": [{"properties": {"title": "Sheet1"}, "data": [{"rowData": [cells("x")]}]}]
    }
    assert answers[1] == answers[0] == answers[2]
    assert "namedRanges" in ask("GET", f"/v4/spreadsheets/{book}?fields=*")[1]


def test_filtered_rows_are_copied_or_skipped_as_set(batch: Any, values: Any, ask: Any) -> None:
    """The switch for copies decides whether a filtered row reaches its copy."""
    values("A1:A3", [["title"], ["hide"], ["show"]])
    area = {"startRowIndex": 0, "endRowIndex": 3, "startColumnIndex": 0, "endColumnIndex": 1}
    criteria = {"0": {"hiddenValues": ["hide"]}}
    batch({"setBasicFilter": {"filter": {"range": area, "criteria": criteria}}})
    target = {"startRowIndex": 0, "endRowIndex": 3, "startColumnIndex": 2, "endColumnIndex": 3}
    copy = {"copyPaste": {"source": area, "destination": target, "pasteType": "PASTE_VALUES"}}
    batch(copy)
    assert values("C1:C3") == [["title"], ["hide"], ["show"]]
    values("C1:C3", [["-"], ["-"], ["-"]])
    ask("POST", "/_sandbox/settings", {"copy_paste_skips_filtered_rows": True})
    batch(copy)
    assert values("C1:C3") == [["title"], ["-"], ["show"]]
