"""What others measured at Google: masks, truth values, printing, lookups, shared drives."""

import http.client
import json
from typing import Any
from urllib.parse import quote

import pytest

from syncd.sandbox import Sandbox

FILES = "/drive/v3/files"


def test_measured_star_names_no_cells(ask: Any, book: str) -> None:
    """A mask of a star shows everything but the cells; one of the tabs shows them too."""
    sheets = {
        mask: ask("GET", f"/v4/spreadsheets/{book}?includeGridData=true&fields={mask}")[1]["sheets"]
        for mask in ("*", "sheets", "sheets.properties")
    }
    shown = {mask: "data" in found[0] for mask, found in sheets.items()}
    assert shown == {"*": False, "sheets": True, "sheets.properties": False}


@pytest.mark.parametrize(("text", "taken"), [("y", 1), ("No", 1), ("T", 1), ("on", 0), ("", 0)])
def test_measured_truth_values(ask: Any, book: str, text: str, taken: int) -> None:
    """Sheets and Drive take the truth values of protobuf, in any case, and no others."""
    sheets = ask("GET", f"/v4/spreadsheets/{book}?includeGridData={text}")
    drive = ask("GET", f"{FILES}?supportsAllDrives={text}")
    assert {sheets[0], drive[0]} == {200 if taken else 400}
    if not taken:
        error = drive[1]["error"]
        why = f"Invalid value at 'supports_all_drives' (TYPE_BOOL), \"{text}\""
        assert error["errors"] == [{"message": why, "reason": "invalid"}]
        assert error["status"] == "INVALID_ARGUMENT"
        violation = {"field": "supports_all_drives", "description": why}
        assert error["details"][0]["fieldViolations"] == [violation]


@pytest.mark.parametrize(
    ("alt", "message"),
    [
        ("MEDIA", 'Unsupported alt type "media" for non byte stream request.'),
        ("ZZZ", "Invalid value \"ZZZ\" for query parameter 'alt'"),
    ],
)
def test_measured_alternatives_are_refused(ask: Any, book: str, alt: str, message: str) -> None:
    """Another format than JSON is refused by both APIs; an empty one is none."""
    for path in (f"/v4/spreadsheets/{book}", FILES):
        error = ask("GET", f"{path}?alt={alt}")[1]["error"]
        assert (error["code"], error["message"], error["status"]) == (
            400,
            message,
            "INVALID_ARGUMENT",
        )
        assert ask("GET", f"{path}?alt=")[0] == 200


def test_measured_characters_are_printed_as_numbers(box: Sandbox, values: Any, book: str) -> None:
    """Angle brackets and invisible characters are escaped, an ampersand and a letter are not."""
    values("A1", [["<b>&'é\u200b\U000e0001"]])
    connection = http.client.HTTPConnection(box.url.removeprefix("http://"))
    connection.request("GET", f"/v4/spreadsheets/{book}/values/A1?prettyPrint=0")
    text = connection.getresponse().read().decode()
    assert '"\\u003cb\\u003e&\'é\\u200b\\udb40\\udc01"' in text
    assert "\n" not in text
    connection.request("GET", f"/v4/spreadsheets/{book}/values/Nope!A1?prettyPrint=false")
    assert connection.getresponse().read().startswith(b"{\n  ")
    connection.close()
    assert json.loads(text)["values"][0][0].startswith("<b>")


@pytest.mark.parametrize(
    ("lookup", "message"),
    [
        (
            {"locationType": "SPREADSHEET", "metadataLocation": {"sheetId": 0}},
            "Cannot limit by location type of SPREADSHEET for the location sheetId",
        ),
        (
            {"metadataLocation": {"dimensionRange": {"startIndex": 1}}},
            "DimensionRange must specify both a startIndex and an endIndex.",
        ),
        (
            {"metadataLocation": {"dimensionRange": {"startIndex": -1, "endIndex": 0}}},
            "DimensionRange indexes must be >= 0",
        ),
        (
            {"metadataLocation": {"dimensionRange": {"startIndex": 1, "endIndex": 2}}},
            "No dimension specified",
        ),
        (
            {
                "metadataLocation": {
                    "dimensionRange": {"dimension": "ROWS", "startIndex": 1000, "endIndex": 1001}
                }
            },
            "DimensionRange startIndex [1000] is after the last ROWS index [999] of the sheet [0].",
        ),
        ({"metadataLocation": {"sheetId": 77}}, "No grid with id: 77"),
    ],
)
def test_measured_lookups_are_refused(ask: Any, book: str, lookup: Any, message: str) -> None:
    """A lookup that contradicts itself or names what is not there is a 400."""
    body = {"dataFilters": [{"developerMetadataLookup": lookup}]}
    error = ask("POST", f"/v4/spreadsheets/{book}/values:batchGetByDataFilter", body)[1]["error"]
    assert (error["code"], error["message"]) == (400, f"Invalid dataFilter[0]: {message}")
    error = ask("POST", f"/v4/spreadsheets/{book}:getByDataFilter", body)[1]["error"]
    assert error["message"] == message


def test_measured_wrapped_numbers_are_named(ask: Any, book: str) -> None:
    """The path to a number that knows zero from nothing ends in its value."""
    body = {"dataFilters": [{"gridRange": {"startRowIndex": "x", "sheetId": "y"}}]}
    error = ask("POST", f"/v4/spreadsheets/{book}:getByDataFilter", body)[1]["error"]
    assert error["message"] == (
        "Invalid value at 'data_filters[0].grid_range.start_row_index.value' (TYPE_INT32), \"x\"\n"
        "Invalid value at 'data_filters[0].grid_range.sheet_id' (TYPE_INT32), \"y\""
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("includeItemsFromAllDrives=TRUE", 403),
        ("includeItemsFromAllDrives=t", 200),
        ("includeItemsFromAllDrives=true&supportsAllDrives=1", 403),
        ("includeItemsFromAllDrives=true&supportsAllDrives=true", 200),
        ("includeTeamDriveItems=true&supportsTeamDrives=true", 200),
    ],
)
def test_measured_shared_drives_need_support(ask: Any, query: str, status: int) -> None:
    """Who asks for files of shared drives has to say so twice, with the very word."""
    found, answer = ask("GET", f"{FILES}?{query}")
    assert found == status
    if status == 403:
        assert answer["error"]["errors"][0]["reason"] == "supportsTeamDrivesRequired"


def test_measured_ranges_are_printed_in_order(ask: Any, batch: Any, book: str) -> None:
    """The bounds of what is kept come in Google's order, whatever the client's."""
    spread = {"endColumnIndex": 2, "startColumnIndex": 1, "endRowIndex": 4, "startRowIndex": 3}
    condition = {"type": "NOT_BLANK"}
    rule = {"ranges": [spread], "booleanRule": {"condition": condition, "format": {}}}
    assert batch({"addConditionalFormatRule": {"rule": rule}})[0] == 200
    sheet = ask("GET", f"/v4/spreadsheets/{book}?fields={quote('sheets.conditionalFormats')}")[1]
    kept = sheet["sheets"][0]["conditionalFormats"][0]["ranges"][0]
    assert list(kept) == ["startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex"]


@pytest.mark.parametrize("kind", ["OBJECT", "DATA_SOURCE"])
def test_measured_tabs_without_a_grid_are_not_added(batch: Any, kind: str) -> None:
    """A tab for a chart or a data source comes with these, never by itself."""
    assert batch({"addSheet": {"properties": {"sheetType": kind}}})[0] == 400
    assert batch({"addSheet": {"properties": {"sheetType": "GRID"}}})[0] == 200


@pytest.mark.parametrize("mask", ["kind,", "kind,,files", "files(id), ,kind"])
def test_measured_loose_commas_are_refused_by_drive(ask: Any, mask: str) -> None:
    """A mask of Drive has a name at both sides of a comma."""
    error = ask("GET", f"{FILES}?fields={quote(mask)}")[1]["error"]
    assert (error["code"], error["message"]) == (400, f"Invalid field selection {mask}")


def test_measured_abuse_is_acknowledged_by_downloads_only(ask: Any, book: str) -> None:
    """The flag belongs to downloads; elsewhere it is refused, before the file is sought."""
    for file_id in (book, "none"):
        error = ask("GET", f"{FILES}/{file_id}?acknowledgeAbuse=true")[1]["error"]
        assert error["errors"][0]["reason"] == "invalidAbuseAcknowledgment"
    assert ask("GET", f"{FILES}/{book}?acknowledgeAbuse=t")[0] == 200


def test_measured_sheets_takes_no_batches_of_calls(box: Sandbox, book: str) -> None:
    """A call of the Sheets API within a batch of HTTP calls is not implemented at Google."""
    connection = http.client.HTTPConnection(box.url.removeprefix("http://"))
    call = f"--x\r\nContent-Type: application/http\r\n\r\nGET /v4/spreadsheets/{book}\r\n\r\n--x--"
    kind = {"Content-Type": "multipart/mixed; boundary=x"}
    connection.request("POST", "/batch", call, kind)
    text = connection.getresponse().read().decode()
    connection.close()
    assert "HTTP/1.1 501 Not Implemented" in text
    assert '"status": "UNIMPLEMENTED"' in text
