"""The methods of values: writing, counting, appending, clearing, and refusals."""

from typing import Any

import pytest


def put(ask: Any, book: str, cells: str, body: Any, **query: str) -> Any:
    """Write values and give the status and the answer, or the message of the refusal."""
    text = "&".join(f"{k}={v}" for k, v in ({"valueInputOption": "RAW"} | query).items())
    status, answer = ask("PUT", f"/v4/spreadsheets/{book}/values/{cells}?{text}", body)
    return status, answer["error"]["message"] if "error" in answer else answer


@pytest.mark.parametrize(
    ("cells", "values", "message"),
    [
        (
            "A1:B1",
            [[1, 2, 3]],
            "Requested writing within range [Sheet1!A1:B1], but tried writing to column [C]",
        ),
        (
            "A1:B1",
            [[1, 2], [3, 4]],
            "Requested writing within range [Sheet1!A1:B1], but tried writing to row [2]",
        ),
        (
            "A1001",
            [[1]],
            "Range (Sheet1!A1001) exceeds grid limits. Max rows: 1000, max columns: 26",
        ),
        (
            "Z1000",
            [[1, 2]],
            "Range (Sheet1!Z1000:AA1000) exceeds grid limits. Max rows: 1000, max columns: 26",
        ),
        ("Nope!A1", [[1]], "Unable to parse range: Nope!A1"),
    ],
)
def test_update_refuses_what_does_not_fit(
    ask: Any, book: str, cells: str, values: Any, message: str
) -> None:
    """Values beyond the range or the grid are refused with the place where it ended."""
    assert put(ask, book, cells, {"values": values}) == (400, message)


def test_update_compares_the_range_of_the_body(ask: Any, book: str) -> None:
    """A body may name the range again, but no other one."""
    body = {"range": "Sheet1!A2", "values": [["x"]]}
    message = "Request range[A1] does not match value's range[Sheet1!A2]"
    assert put(ask, book, "A1", body) == (400, message)
    assert put(ask, book, "A2", body)[0] == 200


def test_update_counts_and_shows_what_it_wrote(ask: Any, book: str) -> None:
    """Nulls are skipped and not counted; what a single cell's range wrote is shown whole."""
    body = {"majorDimension": "COLUMNS", "values": [[1, 2], [3, None, 5]]}
    query = {"includeValuesInResponse": "true", "responseValueRenderOption": "UNFORMATTED_VALUE"}
    status, answer = put(ask, book, "A1", body, **query)
    data = {"range": "Sheet1!A1:B3", "majorDimension": "COLUMNS", "values": [[1, 2], [3, "", 5]]}
    assert (status, answer) == (
        200,
        {
            "spreadsheetId": book,
            "updatedRange": "Sheet1!A1:B3",
            "updatedRows": 3,
            "updatedColumns": 2,
            "updatedCells": 4,
            "updatedData": data,
        },
    )


def test_update_leaves_merged_cells_to_their_first(ask: Any, book: str, batch: Any) -> None:
    """Cells that a merge hides take no value."""
    batch({"mergeCells": {"range": {"endRowIndex": 2, "endColumnIndex": 2}}})
    assert put(ask, book, "A1:C2", {"values": [["a", "b", "c"], ["d", "e", "f"]]})[0] == 200
    answer = ask("GET", f"/v4/spreadsheets/{book}/values/A1:C2")[1]
    assert answer["values"] == [["a", "", "c"], ["", "", "f"]]


def test_batch_update_totals_count_lines_once(ask: Any, book: str) -> None:
    """Two ranges over the same columns count them once, and name the range that fails."""
    path = f"/v4/spreadsheets/{book}/values:batchUpdate"
    ranges = [{"range": f"A{row}:D{row}", "values": [["a", "b", "", "d"]]} for row in (1, 4)]
    answer = ask("POST", path, {"valueInputOption": "RAW", "data": ranges})[1]
    totals = {k: v for k, v in answer.items() if k.startswith("total")}
    assert totals == {
        "totalUpdatedRows": 2,
        "totalUpdatedColumns": 4,
        "totalUpdatedCells": 8,
        "totalUpdatedSheets": 1,
    }
    ranges[1]["range"] = "Nope!A1"
    status, answer = ask("POST", path, {"valueInputOption": "RAW", "data": ranges})
    message = "Invalid data[1]: Unable to parse range: Nope!A1"
    assert (status, answer["error"]["message"]) == (400, message)


def test_data_filters_write_read_and_clear(ask: Any, book: str) -> None:
    """The three methods by filter work alike on A1 and grid ranges, by rows and by columns."""
    path = f"/v4/spreadsheets/{book}/values:batch"
    grid = {"gridRange": {"sheetId": 0, "startRowIndex": 4, "endRowIndex": 5}}
    given = [
        {"dataFilter": {"a1Range": "B1:C1"}, "values": [["p", "q"]]},
        {"dataFilter": grid, "majorDimension": "COLUMNS", "values": [["r"], ["s"]]},
    ]
    answer = ask("POST", f"{path}UpdateByDataFilter", {"valueInputOption": "RAW", "data": given})[1]
    assert [r["updatedRange"] for r in answer["responses"]] == ["Sheet1!B1:C1", "Sheet1!A5:B5"]
    bounds = {"startRowIndex": 4, "endRowIndex": 5}
    assert answer["responses"][1]["dataFilter"] == {"gridRange": bounds}
    filters = {"dataFilters": [{"a1Range": "B1:C1"}, grid], "majorDimension": "COLUMNS"}
    found = ask("POST", f"{path}GetByDataFilter", filters)[1]["valueRanges"]
    assert [f["valueRange"]["values"] for f in found] == [[["r"], ["s"]], [["p"], ["q"]]]
    cleared = ask("POST", f"{path}ClearByDataFilter", {"dataFilters": [grid]})[1]
    assert cleared["clearedRanges"] == ["Sheet1!A5:Z5"]


@pytest.mark.parametrize(
    ("cells", "table", "start"),
    [
        ("T", "B4:D6", "B7"),
        ("T!B4", "B4:D6", "B7"),
        ("T!C5:D5", "B4:D6", "B7"),
        ("T!B2:D4", "B4:D6", "B7"),
        ("T!A3:G10", "B4:D6", "B7"),
        ("T!D4", "B4:D6", "B7"),
        ("T!A1", "A1:C2", "A3"),
        ("T!E4", None, "E4"),
        ("T!A4", None, "A4"),
    ],
)
def test_append_finds_the_table_of_the_guide(
    ask: Any, book: str, batch: Any, cells: str, table: str | None, start: str
) -> None:
    """The example of Google's guide: two tables on a sheet, and where rows go for which range."""
    batch({"addSheet": {"properties": {"title": "T"}}})
    put(ask, book, "T!A1:C2", {"values": [["x", "y", "z"], ["x", "y", "z"]]})
    values = [["x", "y"], [None, "y", "z"], ["x", "y", "z"]]
    put(ask, book, "T!B4:D6", {"values": values})
    path = f"/v4/spreadsheets/{book}/values/{cells}:append?valueInputOption=RAW"
    answer = ask("POST", path, {"values": [["n"]]})[1]
    assert answer.get("tableRange") == (table and f"T!{table}")
    assert answer["updates"]["updatedRange"] == f"T!{start}"


def test_append_grows_the_grid_and_inserts_rows(ask: Any, book: str, batch: Any) -> None:
    """Rows that do not fit grow the grid; inserted ones push what is below down."""
    grid = {"rowCount": 2, "columnCount": 2}
    batch({"addSheet": {"properties": {"title": "T", "gridProperties": grid}}})
    path = f"/v4/spreadsheets/{book}/values/T!A1:append?valueInputOption=RAW"
    ask("POST", path, {"values": [["a", "b", "c"]] * 3})
    ask("POST", f"{path}&insertDataOption=INSERT_ROWS", {"values": [["d"]]})
    answer = ask("GET", f"/v4/spreadsheets/{book}/values/T")[1]
    assert (answer["range"], answer["values"][-1]) == ("T!A1:C4", ["d"])
    put(ask, book, "A1:A4", {"values": [["h"], ["r"], [""], ["below"]]})
    below = f"/v4/spreadsheets/{book}/values/Sheet1!A1:append?valueInputOption=RAW"
    ask("POST", f"{below}&insertDataOption=INSERT_ROWS", {"values": [["new"]]})
    shown = ask("GET", f"/v4/spreadsheets/{book}/values/A1:A5")[1]["values"]
    assert shown == [["h"], ["r"], ["new"], [], ["below"]]


def test_copies_of_a_tab_are_numbered(ask: Any, book: str) -> None:
    """A tab copied twice into the same book gets a number."""
    path = f"/v4/spreadsheets/{book}/sheets/0:copyTo"
    copies = [ask("POST", path, {"destinationSpreadsheetId": book})[1] for _ in range(2)]
    assert [c["title"] for c in copies] == ["Copy of Sheet1", "Copy of Sheet1 1"]
    assert ask("POST", path, {"destinationSpreadsheetId": "none"})[0] == 404
