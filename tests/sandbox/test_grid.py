"""The cells in `spreadsheets.get`: however they are printed, they read the same."""

import http.client
import json
from typing import Any

import pytest

from syncd.sandbox import Sandbox
from tests.sandbox.batches import area

TYPED = [
    "text",
    '007é\u2028"\\\t',
    5,
    -0.25,
    2.0,
    1e300,
    True,
    False,
    "2026-01-05",
    "12%",
    None,
    "",
]
LOOKS: list[Any] = [
    {},
    {"textFormat": {"bold": True}},
    {"numberFormat": {"type": "NUMBER", "pattern": "0.00"}},
    {"numberFormat": {"type": "NUMBER", "pattern": ";;;"}},
    {"numberFormat": {"type": "TEXT", "pattern": '@" !"'}},
    {"textFormat": {"link": {"uri": "http://example.com"}}},
]
MASKS = [
    "sheets",
    "sheets.data.rowData.values",
    "sheets(data(rowData(values(userEnteredValue,note))))",
    "sheets.data.rowData.values(userEnteredValue.numberValue,note)",
    "sheets.data.rowData.values(effectiveFormat.textFormat,formattedValue,note)",
]


@pytest.fixture
def table(batch: Any, values: Any) -> int:
    """Fill rows with each look twice: plain, and below it with notes; give how many they are."""
    for number, look in enumerate(LOOKS):
        values(f"A{2 * number + 1}", [TYPED, TYPED], option="USER_ENTERED")
        rows = {"range": area(2 * number, 2 * number + 2, 0, 12)}
        if look:
            cell = {"cell": {"userEnteredFormat": look}, "fields": "userEnteredFormat"}
            batch({"repeatCell": rows | cell})
        below = {"range": area(2 * number + 1, 2 * number + 2, 0, 12)}
        batch({"repeatCell": below | {"cell": {"note": "note"}, "fields": "note"}})
    return 2 * len(LOOKS)


@pytest.mark.parametrize("mask", MASKS)
def test_plain_cells_read_as_those_with_notes(ask: Any, book: str, table: int, mask: str) -> None:
    """A note adds itself to a cell and changes nothing else, under every mask."""
    answer = ask("GET", f"/v4/spreadsheets/{book}?fields={mask}")[1]
    rows = [row.get("values", []) for row in answer["sheets"][0]["data"][0]["rowData"]]
    assert len(rows) == table
    for plain, noted in zip(rows[::2], rows[1::2], strict=True):
        assert all(cell.pop("note") == "note" for cell in noted)
        while noted and not noted[-1]:
            noted.pop()
        assert plain == noted
    assert any(any(cell for cell in row) for row in rows)


@pytest.mark.parametrize("where", ["get", "filter", "batch"])
@pytest.mark.usefixtures("table")
def test_cells_are_printed_as_all_else(box: Sandbox, book: str, where: str) -> None:
    """At every depth the text of cells is laid out as the rest; without white space if asked."""
    path, verb, body = f"/v4/spreadsheets/{book}", "POST", "{}"
    if where == "get":
        path, verb = f"{path}?includeGridData=true", "GET"
    elif where == "filter":
        path += ":getByDataFilter?"
        body = '{"includeGridData": true, "dataFilters": [{"a1Range": "A2:D9"}]}'
    else:
        path += ":batchUpdate?"
        body = json.dumps(
            {
                "requests": [{"updateCells": {"range": area(90, 91, 0, 1), "fields": "note"}}],
                "includeSpreadsheetInResponse": True,
                "responseIncludeGridData": True,
            }
        )
    connection = http.client.HTTPConnection(box.url.removeprefix("http://"))
    found = []
    for end in ("", "&prettyPrint=false"):
        connection.request(verb, path + end, None if verb == "GET" else body)
        found.append(connection.getresponse().read().decode())
    connection.close()
    parsed = json.loads(found[0])
    assert (
        found[0]
        == json.dumps(parsed, indent=2, ensure_ascii=False).replace("\u2028", "\\u2028") + "\n"
    )
    assert found[1] == json.dumps(parsed, separators=(",", ":"), ensure_ascii=False).replace(
        "\u2028", "\\u2028"
    )
    assert '"formattedValue"' in found[0]
