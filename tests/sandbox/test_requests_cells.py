"""Writing, clearing and drawing cells; merging them; rules on them."""

from typing import Any

import pytest

from tests.sandbox.batches import area, cells, put, said, span


@pytest.fixture
def data(ask: Any, book: str) -> Any:
    """Give a function that reads the cells of a range as spreadsheets.get has them."""

    def read(ranges: str) -> list[list[Any]]:
        path = f"/v4/spreadsheets/{book}?includeGridData=true&ranges={ranges}"
        found = ask("GET", path)[1]["sheets"][0]["data"][0]
        return [row.get("values", []) for row in found.get("rowData", [])]

    return read


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"updateCells": {"rows": [cells("x")], "start": {}}}, "At least one field"),
        ({"updateCells": {"rows": [cells("x")], "fields": "*"}}, "start or range"),
        (put(1000, cells("x")), "is after last row in grid[999]"),
        (put(999, cells("x"), cells("y")), "Attempting to write row: 1000, beyond the last"),
        (put(0, cells(*"abc"), column=24), "column: 26, beyond the last requested column of: 25"),
        (
            {
                "updateCells": {
                    "range": area(0, 1, 0, 1),
                    "rows": [cells("x", "y")],
                    "fields": "userEnteredValue",
                }
            },
            "Attempting to write column: 1, beyond the last requested column of: 0",
        ),
        (
            {"appendCells": {"sheetId": 0, "rows": [cells(*["x"] * 27)], "fields": "*"}},
            "Attempting to write column: 26",
        ),
    ],
)
def test_writing_refuses(batch: Any, request_: Any, text: str) -> None:
    """What does not fit is refused as Google says it."""
    assert text in said(batch(request_))


def test_a_range_is_cleared_where_no_row_reaches(batch: Any, data: Any) -> None:
    """Only the fields of the mask go, in the cells beyond the rows of the request."""
    note = {"note": "stays", "userEnteredValue": {"stringValue": "goes"}}
    batch({"repeatCell": {"range": area(0, 3, 0, 2), "cell": note, "fields": "*"}})
    batch(
        {
            "updateCells": {
                "range": area(0, 2, 0, 2),
                "rows": [cells("new")],
                "fields": "userEnteredValue",
            }
        }
    )
    found = data("A1:B3")
    assert [[c.get("formattedValue") for c in row] for row in found] == [
        ["new", None],
        [None, None],
        ["goes", "goes"],
    ]
    assert all(c["note"] == "stays" for row in found for c in row)


def test_a_repeated_formula_follows_and_huge_ones_are_refused(batch: Any, values: Any) -> None:
    """References of the formula move with each cell; millions of formulas are not written."""
    formula = {"userEnteredValue": {"formulaValue": "=A1*2+$A$1"}}
    values("A1:A3", [[1], [2], [3]])
    fields = "userEnteredValue"
    batch({"repeatCell": {"range": area(0, 3, 1, 2), "cell": formula, "fields": fields}})
    assert values("B1:B3", valueRenderOption="FORMULA") == [
        ["=A1*2+$A$1"],
        ["=A2*2+$A$1"],
        ["=A3*2+$A$1"],
    ]
    batch({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 300_000}})
    huge = {"range": {"sheetId": 0}, "cell": formula, "fields": fields}
    assert batch({"repeatCell": huge})[0] == 501
    plain = {"range": {"sheetId": 0}, "cell": {"note": "all"}, "fields": "note"}
    assert batch({"repeatCell": plain})[0] == 200


def test_appended_cells_come_after_the_last_value(batch: Any, values: Any, ask: Any) -> None:
    """Notes and formats do not count as content, and the grid grows by what is missing."""
    batch(put(1, cells("last")))
    batch({"repeatCell": {"range": area(5, 6, 0, 1), "cell": {"note": "n"}, "fields": "note"}})
    batch({"appendCells": {"sheetId": 0, "rows": [cells("next")], "fields": "*"}})
    assert values("A1:A9") == [[], ["last"], ["next"]]
    batch(put(999, cells("end")))
    rows = [cells("x"), cells("y")]
    batch({"appendCells": {"sheetId": 0, "rows": rows, "fields": "userEnteredValue"}})
    assert values("A1000:A1002") == [["end"], ["x"], ["y"]]


def test_borders_lie_around_and_between(batch: Any, data: Any) -> None:
    """Outer edges are drawn on the outside, inner ones on both sides between, NONE takes away."""
    batch(
        {
            "updateBorders": {
                "range": area(0, 2, 0, 2),
                "top": {"style": "SOLID_THICK", "color": {"red": 1}},
                "innerVertical": {"style": "DOTTED"},
            }
        }
    )
    found = data("A1:B2")
    borders = [[c["userEnteredFormat"]["borders"] for c in row] for row in found]
    thick = {
        "style": "SOLID_THICK",
        "width": 3,
        "color": {"red": 1},
        "colorStyle": {"rgbColor": {"red": 1}},
    }
    dotted = {"style": "DOTTED", "width": 1, "color": {}, "colorStyle": {"rgbColor": {}}}
    assert borders[0] == [{"top": thick, "right": dotted}, {"top": thick, "left": dotted}]
    assert borders[1] == [{"right": dotted}, {"left": dotted}]
    batch({"updateBorders": {"range": area(0, 2, 0, 2), "innerVertical": {"style": "NONE"}}})
    found = data("A1:B2")
    assert found[0][0]["userEnteredFormat"]["borders"] == {"top": thick}
    assert len(found) == 1


def merge(kind: str, *bounds: int) -> Any:
    """Give a mergeCells request."""
    return {"mergeCells": {"range": area(*bounds), "mergeType": kind}}


def merges(ask: Any, book: str) -> list[Any]:
    """Give the merges of the first sheet."""
    found: list[Any] = ask("GET", f"/v4/spreadsheets/{book}")[1]["sheets"][0].get("merges", [])
    return found


def test_merges_of_three_types_keep_the_first_value(
    batch: Any, values: Any, ask: Any, book: str
) -> None:
    """Each merged block keeps its first value; blocks of one cell are no merges."""
    for kind, expected, count in (
        ("MERGE_ALL", [["a"]], 1),
        ("MERGE_ROWS", [["a"], ["d"]], 2),
        ("MERGE_COLUMNS", [["a", "b", "c"]], 3),
    ):
        values("A1:C2", [["a", "b", "c"], ["d", "e", "f"]])
        batch(merge(kind, 0, 2, 0, 3))
        assert values("A1:C2") == expected
        assert len(merges(ask, book)) == count
        batch({"unmergeCells": {"range": area(0, 2, 0, 3)}})
        assert values("A1:C2") == expected
    batch(merge("MERGE_ROWS", 0, 2, 0, 1))
    assert merges(ask, book) == []


def test_merging_refuses(batch: Any, ask: Any, book: str) -> None:
    """Parts of merges, frozen edges, filters and tables hold a merge back."""
    freeze = {"gridProperties": {"frozenRowCount": 1, "frozenColumnCount": 1}}
    fields = "gridProperties(frozenRowCount,frozenColumnCount)"
    batch(merge("MERGE_ALL", 4, 6, 4, 6))
    batch({"updateSheetProperties": {"properties": freeze, "fields": fields}})
    batch({"setBasicFilter": {"filter": {"range": area(10, 14, 0, 3)}}})
    batch({"addTable": {"table": {"range": area(20, 24, 0, 3)}}})
    part = "You must select all cells in a merged range to merge or unmerge them."
    for request_, text in (
        (merge("MERGE_ALL", 4, 5, 4, 6), part),
        ({"unmergeCells": {"range": area(5, 9, 4, 6)}}, part),
        (merge("MERGE_ALL", 0, 2, 2, 3), "You can't merge frozen and non-frozen rows."),
        (merge("MERGE_ROWS", 2, 3, 0, 2), "You can't merge frozen and non-frozen columns."),
        (merge("MERGE_ALL", 11, 13, 1, 2), "existing filter"),
        (merge("MERGE_ALL", 11, 12, 2, 5), "existing filter"),
        (merge("MERGE_ALL", 21, 22, 1, 3), "table"),
    ):
        assert text in said(batch(request_))
    assert len(merges(ask, book)) == 1
    torn = {"properties": {"gridProperties": {"frozenRowCount": 5}}}
    answer = batch({"updateSheetProperties": torn | {"fields": "gridProperties.frozenRowCount"}})
    assert said(answer).startswith("Sorry, you can't freeze rows which contain only part of a")
    assert batch(merge("MERGE_ALL", 3, 7, 3, 7))[0] == 200
    assert merges(ask, book) == [area(3, 7, 3, 7)]


def rule(kind: str, *texts: str, **more: Any) -> Any:
    """Give a validation rule."""
    values = [{"userEnteredValue": text} for text in texts]
    return {"condition": {"type": kind, **({"values": values} if values else {})}, **more}


def validate(given: Any, *bounds: int, **more: Any) -> Any:
    """Give a setDataValidation request."""
    where = {"range": area(*bounds)} | more
    return {"setDataValidation": where | ({"rule": given} if given else {})}


def test_validation_is_set_and_cleared(batch: Any, data: Any, values: Any) -> None:
    """A rule is kept as given; writing through the API is never checked against it."""
    given = rule("ONE_OF_LIST", "a", "b", strict=True, showCustomUi=True, inputMessage="Choose")
    assert batch(validate(given, 0, 2, 0, 1))[0] == 200
    assert data("A1:A3")[1][0]["dataValidation"] == given
    assert values("A1", [["c"]])[0] == 200
    batch(validate(None, 0, 1, 0, 1))
    found = data("A1:A2")
    assert "dataValidation" not in found[0][0]
    assert found[1][0]["dataValidation"] == given


def test_validation_leaves_filtered_rows_out(batch: Any, values: Any, data: Any) -> None:
    """Rows that the filter hides get no rule, unless the request includes them."""
    values("A1:A3", [["h"], ["hide"], ["show"]])
    criteria = {"0": {"hiddenValues": ["hide"]}}
    batch({"setBasicFilter": {"filter": {"range": area(0, 3, 0, 1), "criteria": criteria}}})
    given = rule("NUMBER_GREATER", "1")
    batch(validate(given, 1, 3, 0, 1))
    found = data("A2:A3")
    assert ["dataValidation" in row[0] for row in found] == [False, True]
    batch(validate(given, 1, 3, 0, 1, filteredRowsIncluded=True))
    assert all("dataValidation" in row[0] for row in data("A2:A3"))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"strict": True}, "No condition type specified."),
        (rule("BLANK"), "ConditionType 'BLANK' is not supported in data validation."),
        (rule("NUMBER_BETWEEN", "1"), "requires 2 ConditionValues, but 1 values"),
        (rule("ONE_OF_LIST"), "ConditionValues"),
        (
            {"condition": {"type": "DATE_BEFORE", "values": [{"relativeDate": "TODAY"}]}},
            "Relative dates are not supported",
        ),
    ],
)
def test_validation_refuses(batch: Any, given: Any, text: str) -> None:
    """A rule that Google would not take is refused."""
    assert text in said(batch(validate(given, 0, 1, 0, 1)))


def test_validation_comes_into_a_column_of_equal_rules(batch: Any, data: Any) -> None:
    """A row put between two rows with the same rule has it; one below the last has not."""
    given = rule("BOOLEAN")
    batch(validate(given, 0, 2, 0, 1))
    batch({"insertDimension": {"range": span("R", 1, 2)}})
    batch({"insertDimension": {"range": span("R", 3, 4), "inheritFromBefore": True}})
    found = data("A1:A5")
    assert [bool(row and "dataValidation" in row[0]) for row in found] == [True, True, True]


def test_references_of_rules_follow(batch: Any, data: Any, ask: Any, book: str) -> None:
    """The range of a drop-down and the formula of a format go on meaning the same cells."""
    batch({"addSheet": {"properties": {"sheetId": 4, "title": "Names"}}})
    batch(validate(rule("ONE_OF_RANGE", "=Names!$A$2:$A$9"), 0, 2, 0, 1))
    condition = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": "=$C2=1"}]}
    look = {"condition": condition, "format": {"backgroundColor": {"red": 1}}}
    added = {"ranges": [area(1, 9, 0, 1)], "booleanRule": look}
    batch({"addConditionalFormatRule": {"rule": added, "index": 0}})
    batch(
        {"insertDimension": {"range": span("R", 0, 1, sheet=4)}},
        {"insertDimension": {"range": span("C", 1, 2)}},
        {"updateSheetProperties": {"properties": {"sheetId": 4, "title": "N"}, "fields": "title"}},
    )
    text = data("A1")[0][0]["dataValidation"]["condition"]["values"][0]["userEnteredValue"]
    assert text == "=N!$A$3:$A$10"
    found = ask("GET", f"/v4/spreadsheets/{book}")[1]["sheets"][0]["conditionalFormats"][0]
    assert found["booleanRule"]["condition"]["values"] == [{"userEnteredValue": "=$D2=1"}]
