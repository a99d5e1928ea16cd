"""All kinds of the discovery document: each is there, or says by its name that it is not."""

import json
from importlib.resources import files
from typing import Any

import pytest

from syncd.sandbox.requests.kinds import KINDS
from tests.sandbox.batches import area, cells, put, span


def documented() -> dict[str, Any]:
    """Give the schema of one request, as the installed discovery document has it."""
    name = files("googleapiclient") / "discovery_cache" / "documents" / "sheets.v4.json"
    found: dict[str, Any] = json.loads(name.read_text("utf-8"))["schemas"]["Request"]["properties"]
    return found


@pytest.mark.parametrize("kind", sorted(documented()))
def test_each_kind_is_there_or_says_that_it_is_not(batch: Any, kind: str) -> None:
    """An empty request of a kind is refused for what it lacks, or with 501 and the kind's name."""
    status, answer = batch({kind: {}})
    if kind in KINDS:
        assert status in {200, 400}, answer
    else:
        assert status == 501
        assert kind in answer["error"]["message"]


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (
            {
                "updateCells": {
                    "start": {"sheetId": 0},
                    "fields": "*",
                    "rows": [{"values": [{"pivotTable": {"valueLayout": "HORIZONTAL"}}]}],
                }
            },
            "updateCells.pivotTable",
        ),
        (
            {
                "repeatCell": {
                    "range": area(0, 1, 0, 1),
                    "cell": {"dataSourceTable": {"dataSourceId": "x"}},
                    "fields": "dataSourceTable",
                }
            },
            "repeatCell.dataSourceTable",
        ),
        (
            {
                "sortRange": {
                    "range": area(0, 5, 0, 1),
                    "sortSpecs": [{"dimensionIndex": 0, "backgroundColor": {"red": 1}}],
                }
            },
            "sortRange.sortSpecs.backgroundColor",
        ),
        (
            {
                "setBasicFilter": {
                    "filter": {
                        "range": area(0, 5, 0, 1),
                        "criteria": {"0": {"visibleBackgroundColor": {"red": 1}}},
                    }
                }
            },
            "setBasicFilter.criteria.visibleBackgroundColor",
        ),
        (
            {
                "updateDimensionProperties": {
                    "range": span("R", 0, 1),
                    "properties": {},
                    "fields": "developerMetadata",
                }
            },
            "updateDimensionProperties.properties.developerMetadata",
        ),
        (
            {
                "findReplace": {
                    "find": "(a+)+b",
                    "searchByRegex": True,
                    "allSheets": True,
                }
            },
            "a repeat within a repeat",
        ),
    ],
)
def test_a_field_that_is_not_honoured_is_named(batch: Any, request_: Any, name: str) -> None:
    """No field of an implemented kind is passed over in silence."""
    status, answer = batch(request_)
    assert status == 501
    assert name in answer["error"]["message"]


def test_a_pivot_table_may_be_cleared_where_none_is(batch: Any, values: Any) -> None:
    """A mask that names a pivot table but brings none takes nothing away and is no error."""
    fields = "userEnteredFormat,note,pivotTable"
    cleared = {"range": area(0, 1, 0, 1), "cell": {"note": "n"}, "fields": fields}
    assert batch(put(0, cells("x")), {"repeatCell": cleared})[0] == 200
    assert values("A1") == [["x"]]


def test_a_refusal_leaves_no_trace(batch: Any, ask: Any, book: str) -> None:
    """A batch whose last request is refused leaves the book as it was, whatever came before."""
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "x"}]}}
    table = {"name": "T", "range": area(10, 14, 0, 3)}
    kinds = [
        put(0, cells("a", "=A1", 3)),
        {"insertDimension": {"range": span("R", 1, 3)}},
        {"mergeCells": {"range": area(4, 6, 0, 2)}},
        {"setDataValidation": {"range": area(0, 3, 4, 5), "rule": rule}},
        {"addTable": {"table": table}},
        {"setBasicFilter": {"filter": {"range": area(0, 3, 0, 2)}}},
        {"addNamedRange": {"namedRange": {"name": "n", "range": area(0, 1, 0, 1)}}},
        {"addProtectedRange": {"protectedRange": {"range": area(0, 1, 0, 1)}}},
        {"addDimensionGroup": {"range": span("C", 1, 2)}},
        {"updateBorders": {"range": area(0, 2, 0, 2), "top": {"style": "SOLID"}}},
        {"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 9}},
    ]
    path = f"/v4/spreadsheets/{book}?includeGridData=true"
    before = ask("GET", path)
    status, answer = batch(*kinds, {"deleteSheet": {"sheetId": 77}})
    assert status == 400
    assert answer["error"]["message"].startswith(f"Invalid requests[{len(kinds)}].deleteSheet: ")
    assert ask("GET", path) == before
    assert batch(*kinds)[0] == 200
