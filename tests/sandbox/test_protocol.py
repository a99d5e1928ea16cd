"""Bodies, queries and masks: what is read, and how what cannot be read is refused."""

import json
import urllib.error
import urllib.request
from importlib.resources import files
from typing import Any

import pytest

from syncd.sandbox import Sandbox
from tests.sandbox.discovery import document, dump, message_table, method_table

MERGE = "type.googleapis.com/google.apps.sheets.v4.MergeCellsRequest.MergeType"
VALUE_INPUT = "type.googleapis.com/google.apps.sheets.v4.ValueInputOption"
LIST_VALUE = "type.googleapis.com/google.protobuf.ListValue"


@pytest.mark.parametrize(
    ("name", "table"), [("messages.json", message_table), ("methods.json", method_table)]
)
def test_protocol_tables_match_the_discovery_document(name: str, table: Any) -> None:
    """The tables that bodies are checked against are those of the installed document."""
    kept = files("syncd.sandbox").joinpath("protocol", name).read_text("utf-8")
    assert kept == dump(table(document()))


@pytest.mark.parametrize(
    ("request_", "description"),
    [
        (
            {"updateCells": {"rows": [{"values": [{"wrong": 1}]}]}},
            (
                'Invalid JSON payload received. Unknown name "wrong" at '
                "'requests[0].update_cells.rows[0].values[0]': Cannot find field."
            ),
        ),
        (
            {"mergeCells": {"mergeType": "ALL"}},
            f"Invalid value at 'requests[0].merge_cells.merge_type' ({MERGE}), \"ALL\"",
        ),
        (
            {"deleteSheet": {"sheetId": "x"}},
            "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), \"x\"",
        ),
        (
            {"deleteSheet": {"sheetId": 2**31}},
            "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), 2147483648",
        ),
        (
            {"deleteSheet": {"sheetId": 1.5}},
            "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), 1.5",
        ),
        (
            {"deleteNamedRange": {"namedRangeId": 7}},
            "Invalid value at 'requests[0].delete_named_range.named_range_id' (TYPE_STRING), 7",
        ),
        (
            {"addSheet": {"properties": {"hidden": "on"}}},
            "Invalid value at 'requests[0].add_sheet.properties.hidden' (TYPE_BOOL), \"on\"",
        ),
        (
            {"addSheet": {"properties": []}},
            (
                'Invalid JSON payload received. Unknown name "properties" at '
                "'requests[0].add_sheet': Proto field is not repeating, cannot start list."
            ),
        ),
        (
            {"addSheet": {"properties": {"title": {}}}},
            (
                "Invalid value at 'requests[0].add_sheet.properties' (title), "
                "Starting an object on a scalar field"
            ),
        ),
        (
            "addSheet",
            (
                "Invalid value at 'requests[0]' (type.googleapis.com/google.apps.sheets.v4."
                'BatchUpdateSpreadsheetRequest.Request), "addSheet"'
            ),
        ),
        (
            {"addSheet": {}, "deleteSheet": {}},
            (
                "Invalid value at 'requests[0]' (oneof), oneof field 'kind' is already set. "
                "Cannot set 'deleteSheet'"
            ),
        ),
    ],
)
def test_protocol_tells_where_a_body_is_wrong(batch: Any, request_: Any, description: str) -> None:
    """A wrong field is named with its path, its type and its value, as Google does."""
    status, answer = batch(request_)
    assert (status, answer["error"]["message"]) == (400, description)
    [violation] = answer["error"]["details"][0]["fieldViolations"]
    assert violation["description"] == description
    assert violation["field"].startswith("requests[0]")


def test_protocol_tells_all_that_is_wrong_at_once(batch: Any) -> None:
    """Two mistakes are two lines of the message and two violations."""
    answer = batch({"addSheet": {"a": 1}}, {"deleteSheet": {"sheetId": []}})[1]["error"]
    first, second = answer["message"].split("\n")
    assert "\"a\" at 'requests[0].add_sheet'" in first
    assert "cannot start list" in second
    assert len(answer["details"][0]["fieldViolations"]) == 2


@pytest.mark.parametrize(
    "requests",
    [
        {"add_sheet": {"properties": {"title": "T", "grid_properties": {"row_count": "7"}}}},
        [[{"addSheet": {"properties": {"title": "T", "gridProperties": {"rowCount": 7.0}}}}]],
        [{"addSheet": {"properties": {"title": "T", "sheetType": 1, "index": None}}}],
    ],
)
def test_protocol_takes_every_spelling_of_a_body(ask: Any, book: str, requests: Any) -> None:
    """Snake case, numbers as strings, nested lists, enums by number and nulls are all read."""
    status, answer = ask("POST", f"/v4/spreadsheets/{book}:batchUpdate", {"requests": requests})
    assert (status, answer["replies"][0]["addSheet"]["properties"]["title"]) == (200, "T")


def raw(box: Sandbox, path: str, body: bytes, content_type: str = "application/json") -> Any:
    """Send a body as it is, and give the status and the answer's error message."""
    request = urllib.request.Request(box.url + path, body, method="POST")
    request.add_header("Authorization", "Bearer any")
    request.add_header("Content-Type", content_type)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["error"]["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[]", 'Unknown name "": Root element must be a message.'),
        (b"7", 'Unknown name "": Root element must be a message.'),
        (b"{", "Unexpected end of string. Expected a value.\n{\n ^"),
        (b'{"a" 1}', 'Expected : between key:value pair.\n{"a" 1}\n     ^'),
        (b"{} {}", "Parsing terminated before end of input.\n{} {}\n   ^"),
        (b'{"title": NaN}', "Unexpected token."),
        (b'{"a": "\xff"}', "Encountered non UTF-8 code points."),
        (b'{"a": "\\ud800"}', "Missing low surrogate."),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "Message too deep."),
        (b'{"a":' * 150 + b"1" + b"}" * 150, "Max recursion depth reached for key 'a'"),
        (b'{"sheets":' + b"[" * 150 + b"]" * 150 + b"}", "Message too deep."),
        (b'{"a": ' + b"9" * 5000 + b"}", "Unable to parse number."),
    ],
)
def test_protocol_refuses_what_is_no_message(box: Sandbox, body: bytes, message: str) -> None:
    """A body that is no JSON object is a 400 that shows where reading ended."""
    status, found = raw(box, "/v4/spreadsheets", body)
    assert status == 400
    assert found.startswith("Invalid JSON payload received. ")
    assert message in found


def test_protocol_takes_a_form_for_query_parameters(box: Sandbox, book: str) -> None:
    """A JSON body that is declared as a form is refused as an unknown query parameter."""
    form = "application/x-www-form-urlencoded"
    status, message = raw(box, f"/v4/spreadsheets/{book}:batchUpdate", b'{"requests":[]}', form)
    assert status == 400
    assert "Cannot bind query parameter. Field '{\"requests\":[]}' could not be found" in message


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "colour=red",
            (
                'Invalid JSON payload received. Unknown name "colour": Cannot bind query '
                "parameter. Field 'colour' could not be found in request message."
            ),
        ),
        (
            "valueInputOption=X",
            f"Invalid value at 'value_input_option' ({VALUE_INPUT}), \"X\"",
        ),
        (
            "includeValuesInResponse=maybe",
            "Invalid value at 'include_values_in_response' (TYPE_BOOL), \"maybe\"",
        ),
        ("", "'valueInputOption' is required but not specified"),
        (
            "valueInputOption=INPUT_VALUE_OPTION_UNSPECIFIED",
            "'valueInputOption' is required but not specified",
        ),
    ],
)
def test_protocol_checks_query_parameters(ask: Any, book: str, query: str, message: str) -> None:
    """A parameter that the method does not have, or a value that it does not take, is a 400."""
    status, answer = ask("PUT", f"/v4/spreadsheets/{book}/values/A1?{query}", {"values": [["x"]]})
    assert (status, answer["error"]["message"]) == (400, message)


def test_protocol_takes_system_parameters(ask: Any, book: str) -> None:
    """What every Google API takes is taken, in either spelling of a name."""
    system = "$alt=json;enum-encoding=int&prettyPrint=true&key=k&quotaUser=q&$.xgafv=2"
    system += "&upload_protocol=x&$fields=range"
    status, answer = ask("GET", f"/v4/spreadsheets/{book}/values/A1?{system}&major_dimension=ROWS")
    assert (status, answer) == (200, {"range": "Sheet1!A1"})


def test_protocol_takes_a_long_query_in_the_body(sheets: Any, book: str) -> None:
    """The Python client sends a query that is too long for an address as a form."""
    ranges = [f"Sheet1!A{row}:C{row}" for row in range(1, 301)]
    values = sheets.spreadsheets().values()
    found = values.batchGet(spreadsheetId=book, ranges=ranges).execute()["valueRanges"]
    assert [f["range"] for f in found] == ranges


def test_protocol_prints_in_one_line_when_asked(box: Sandbox, book: str) -> None:
    """`prettyPrint=false` leaves all white space out."""
    address = f"{box.url}/v4/spreadsheets/{book}/values/A1?prettyPrint=false"
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert answer.read() == b'{"range":"Sheet1!A1","majorDimension":"ROWS"}'


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("X", f"Invalid value at 'data.values' ({LIST_VALUE}), \"X\""),
        ([1, "x"], f"Invalid value at 'data.values[0]' ({LIST_VALUE}), 1"),
        ([{"a": 1}], "Unknown name \"a\" at 'data.values[0]': Cannot find field."),
        ([["a", [1]]], "Invalid values[0][1]: list_value {\n  values {\n    number_value: 1.0\n"),
        ([[{"k": True}]], 'Invalid values[0][0]: struct_value {\n  fields {\n    key: "k"\n'),
    ],
)
def test_protocol_refuses_values_of_the_wrong_shape(
    ask: Any, book: str, values: Any, message: str
) -> None:
    """Values are rows of plain values, and nothing else."""
    path = f"/v4/spreadsheets/{book}/values/A1?valueInputOption=RAW"
    status, answer = ask("PUT", path, {"values": values})
    assert status == 400
    assert message in answer["error"]["message"]


@pytest.mark.parametrize(
    "fields",
    [
        "sheets.properties.title",
        "sheets/properties/title",
        "sheets(properties(title))",
        "sheets.properties(title)",
        "sheets(properties/title)",
        "sheets.properties.title,",
    ],
)
def test_masks_are_read_in_every_spelling(ask: Any, book: str, fields: str) -> None:
    """Dots, slashes and brackets say the same."""
    status, answer = ask("GET", f"/v4/spreadsheets/{book}?fields={fields}")
    assert (status, answer) == (200, {"sheets": [{"properties": {"title": "Sheet1"}}]})


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ("sheets(properties(titel),data)", "sheets.properties.titel"),
        ("spreadsheetId.x", "spreadsheetId.x"),
    ],
)
def test_masks_with_unknown_paths_are_refused(ask: Any, book: str, fields: str, path: str) -> None:
    """The violation shows the whole mask, and the path that nothing matches."""
    status, answer = ask("GET", f"/v4/spreadsheets/{book}?fields={fields}")
    assert (status, answer["error"]["message"]) == (400, "Request contains an invalid argument.")
    why = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
    assert answer["error"]["details"][0]["fieldViolations"] == [
        {"field": fields, "description": why}
    ]


@pytest.mark.parametrize("fields", ["(", ".", "sheets(", "a)b", "a" + "(a" * 500, "%25", "()"])
def test_masks_that_are_none_are_refused(ask: Any, book: str, fields: str) -> None:
    """Whatever stands in a mask, it is a 400 at worst."""
    assert ask("GET", f"/v4/spreadsheets/{book}?fields={fields}")[0] == 400
