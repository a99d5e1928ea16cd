"""Tables: their columns, what they refuse, and how they follow."""

from typing import Any

import pytest

from tests.sandbox.batches import area, cells, put, said, span

LIST = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "Open"}]}


@pytest.fixture
def tables(ask: Any, book: str) -> Any:
    """Give a function that reads the tables of the first sheet."""

    def read() -> Any:
        return ask("GET", f"/v4/spreadsheets/{book}")[1]["sheets"][0].get("tables", [])

    return read


def add(batch: Any, *bounds: int, **more: Any) -> Any:
    """Make a table and give it."""
    given = {"table": {"range": area(*bounds)} | more}
    status, answer = batch({"addTable": given})
    assert status == 200, answer
    return answer["replies"][0]["addTable"]["table"]


def names(table: Any) -> list[str]:
    """Give the names of a table's columns."""
    return [column["columnName"] for column in table["columnProperties"]]


def test_a_table_names_its_columns_by_its_header(batch: Any, values: Any, tables: Any) -> None:
    """Headers name columns, typed ones without a name are counted and written into the cells."""
    values("A1:C1", [["Name", "Amount", ""]])
    columns = [{"columnIndex": 1, "columnType": "DOUBLE"}]
    table = add(batch, 0, 4, 0, 3, name="Stock", columnProperties=columns)
    assert table["columnProperties"] == [
        {"columnName": "Name"},
        {"columnIndex": 1, "columnName": "Column 1", "columnType": "DOUBLE"},
        {"columnIndex": 2, "columnName": "Column 3"},
    ]
    assert tables() == [table]
    assert values("A1:C1") == [["Name", "Column 1", "Column 3"]]
    values("A1:B1", [["Person", "=1+2"]], option="USER_ENTERED")
    assert names(tables()[0]) == ["Person", "Column 2", "Column 3"]
    assert values("A1:C1", valueRenderOption="FORMULA") == [["Person", "Column 2", "Column 3"]]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ({"columnType": "DROPDOWN"}, "Condition must be set for dropdown column type."),
        (
            {"columnType": "DOUBLE", "dataValidationRule": {"condition": LIST}},
            "Cannot set condition for non-dropdown column type.",
        ),
        ({"columnIndex": 5}, "outside of the table"),
    ],
)
def test_table_columns_refuse(batch: Any, column: Any, text: str) -> None:
    """Types and lists have to fit, as Google was seen to say it."""
    given = {"range": area(0, 3, 0, 2), "columnProperties": [column]}
    assert text in said(batch({"addTable": {"table": given}}))


def test_tables_refuse_their_place(batch: Any, ask: Any, book: str) -> None:
    """No table lies over another, a merge, a filter or alternating colours; names differ."""
    add(batch, 0, 4, 0, 3, name="One", tableId="1")
    colours = {"firstBandColor": {"red": 1}, "secondBandColor": {"blue": 1}}
    banded = {"range": area(30, 35, 0, 2), "rowProperties": colours}
    batch(
        {"mergeCells": {"range": area(10, 12, 0, 2)}},
        {"setBasicFilter": {"filter": {"range": area(20, 24, 0, 3)}}},
        {"addBanding": {"bandedRange": banded}},
    )
    for table, text in (
        ({"range": area(3, 6, 2, 4)}, "overlaps another table"),
        ({"range": area(9, 12, 0, 3)}, "merged cells"),
        ({"range": area(22, 26, 0, 3)}, "filter"),
        ({"range": area(34, 38, 0, 3)}, "already has alternating background colors"),
        ({"range": area(40, 44, 0, 3), "name": "ONE"}, "already exists"),
        ({"range": area(40, 44, 0, 3), "tableId": "1"}, "already exists"),
    ):
        assert text in said(batch({"addTable": {"table": table}}))
    assert "table" in said(batch({"setBasicFilter": {"filter": {"range": area(0, 2, 0, 1)}}}))
    assert "alternating" in said(
        batch({"addBanding": {"bandedRange": banded | {"range": area(2, 5, 0, 1)}}})
    )


def test_typed_columns_take_no_other_rules(batch: Any) -> None:
    """A rule of one's own is refused in a typed column's body, and taken elsewhere."""
    columns = [{"columnIndex": 1, "columnType": "DATE"}]
    add(batch, 0, 4, 0, 3, columnProperties=columns)
    rule = {"condition": {"type": "BOOLEAN"}}
    typed = {"setDataValidation": {"range": area(1, 2, 0, 2), "rule": rule}}
    assert said(batch(typed)) == "This operation is not allowed on cells in typed columns."
    free = {"setDataValidation": {"range": area(1, 2, 2, 3), "rule": rule}}
    assert batch(free)[0] == 200


def test_updating_columns_replaces_the_list(batch: Any, values: Any, tables: Any) -> None:
    """Columns that are left out keep their names and lose their types; names are required."""
    values("A1:C1", [["A", "B", "C"]])
    columns = [
        {"columnIndex": 0, "columnName": "A", "columnType": "TEXT"},
        {
            "columnIndex": 2,
            "columnName": "C",
            "columnType": "DROPDOWN",
            "dataValidationRule": {"condition": LIST},
        },
    ]
    number = add(batch, 0, 4, 0, 3, columnProperties=columns)["tableId"]

    def update(fields: str, **table: Any) -> Any:
        return batch({"updateTable": {"table": {"tableId": number} | table, "fields": fields}})

    new = [{"columnIndex": 1, "columnName": "Sum", "columnType": "CURRENCY"}]
    assert update("columnProperties", columnProperties=new)[0] == 200
    assert tables()[0]["columnProperties"] == [
        {"columnName": "A"},
        {"columnIndex": 1, "columnName": "Sum", "columnType": "CURRENCY"},
        {"columnIndex": 2, "columnName": "C"},
    ]
    assert values("A1:C1") == [["A", "Sum", "C"]]
    answer = update("columnProperties", columnProperties=[{"columnType": "DATE"}])
    assert said(answer) == "Table header row cell must have a value."
    update("name,range", name="Renamed", range=area(0, 6, 0, 4))
    assert tables()[0]["name"] == "Renamed"
    assert names(tables()[0]) == ["A", "Sum", "C", "Column 4"]
    assert "No table with id: x" in said(batch({"deleteTable": {"tableId": "x"}}))


def test_a_column_of_checkboxes_holds_truth_values(batch: Any, values: Any) -> None:
    """Texts and blanks become FALSE, what is TRUE stays."""
    values("A1:A5", [["Flag"], ["maybe"], ["TRUE"], [""], [True]])
    add(batch, 0, 5, 0, 1, columnProperties=[{"columnType": "BOOLEAN", "columnName": "Flag"}])
    assert values("A2:A5", valueRenderOption="UNFORMATTED_VALUE") == [
        [False],
        [False],
        [False],
        [True],
    ]


def test_tables_follow_rows_and_columns(batch: Any, values: Any, tables: Any) -> None:
    """The range grows and shrinks, types stay with their columns, new columns get a name."""
    values("B2:D2", [["A", "B", "C"]])
    columns = [{"columnIndex": 2, "columnName": "C", "columnType": "DATE"}]
    add(batch, 1, 5, 1, 4, columnProperties=columns)
    batch(
        {"insertDimension": {"range": span("R", 3, 5)}},
        {"insertDimension": {"range": span("C", 2, 3)}},
        {"insertDimension": {"range": span("R", 0, 1)}},
    )
    table = tables()[0]
    assert table["range"] == area(2, 8, 1, 5)
    assert names(table) == ["A", "Column 2", "B", "C"]
    assert [c.get("columnType") for c in table["columnProperties"]] == [None, None, None, "DATE"]
    batch({"deleteDimension": {"range": span("C", 2, 4)}})
    assert names(tables()[0]) == ["A", "C"]
    assert tables()[0]["columnProperties"][1]["columnType"] == "DATE"
    batch({"insertRange": {"range": area(4, 5, 1, 3), "shiftDimension": "ROWS"}})
    assert tables()[0]["range"] == area(2, 9, 1, 3)
    batch({"deleteDimension": {"range": span("R", 2, 9)}})
    assert tables() == []


def test_rows_are_appended_to_a_table(batch: Any, values: Any, tables: Any) -> None:
    """New rows follow the last one in the table, which grows and pushes what is below it."""
    values("A1:B3", [["A", "B"], ["1", "x"], ["", ""]])
    values("A5:B5", [["below", "stays"]])
    values("D5", [["beside"]])
    number = add(batch, 0, 3, 0, 2)["tableId"]
    rows = [cells("2", "y"), cells("3", "z"), cells("4", "u")]
    fields = {"fields": "userEnteredValue"}
    batch({"appendCells": {"tableId": number, "rows": rows} | fields})
    assert tables()[0]["range"] == area(0, 5, 0, 2)
    assert values("A1:D7") == [
        ["A", "B"],
        ["1", "x"],
        ["2", "y"],
        ["3", "z"],
        ["4", "u", "", "beside"],
        [],
        ["below", "stays"],
    ]
    wide = {"tableId": number, "rows": [cells("a", "b", "c")]} | fields
    assert "column" in said(batch({"appendCells": wide}))


def test_a_footer_is_added_and_kept_last(batch: Any, tables: Any, values: Any) -> None:
    """With a footer's colour the table grows by a row; appended rows go above it."""
    values("A1:A2", [["A"], ["1"]])
    number = add(batch, 0, 2, 0, 1)["tableId"]
    footer = {"footerColorStyle": {"rgbColor": {"red": 1}}}
    change = {"tableId": number, "rowsProperties": footer}
    batch({"updateTable": {"table": change, "fields": "rowsProperties.footerColorStyle"}})
    assert tables()[0]["range"] == area(0, 3, 0, 1)
    values("A3", [["sum"]])
    batch({"appendCells": {"tableId": number, "rows": [cells("2")], "fields": "userEnteredValue"}})
    assert values("A1:A5") == [["A"], ["1"], ["2"], ["sum"]]
    assert tables()[0]["range"] == area(0, 4, 0, 1)


def test_a_deleted_table_goes_with_its_cells_and_rules(
    batch: Any, values: Any, ask: Any, book: str
) -> None:
    """Cells and the conditional formats within go; what is beside stays."""
    values("A1:C2", [["A", "B", "beside"], ["1", "2", "3"]])
    number = add(batch, 0, 2, 0, 2)["tableId"]
    boolean = {"condition": {"type": "NOT_BLANK"}, "format": {"textFormat": {"bold": True}}}
    ranges = [area(1, 2, 0, 1), area(4, 5, 0, 1)]
    rule = {"ranges": ranges, "booleanRule": boolean}
    batch({"addConditionalFormatRule": {"rule": rule, "index": 0}})
    batch({"deleteTable": {"tableId": number}})
    sheet = ask("GET", f"/v4/spreadsheets/{book}")[1]["sheets"][0]
    assert "tables" not in sheet
    assert sheet["conditionalFormats"][0]["ranges"] == ranges[1:]
    assert values("A1:C2") == [["", "", "beside"], ["", "", "3"]]


def test_a_copied_sheet_has_tables_of_its_own(batch: Any, ask: Any, book: str) -> None:
    """The copy's table has another id and another name, and lies on the copy."""
    batch(put(0, cells("A", "B")))
    first = add(batch, 0, 3, 0, 2, name="Stock")
    batch({"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 8}})
    sheets = ask("GET", f"/v4/spreadsheets/{book}")[1]["sheets"]
    copy = next(s for s in sheets if s["properties"]["sheetId"] == 8)["tables"][0]
    assert copy["range"] == area(0, 3, 0, 2, sheet=8)
    assert copy["tableId"] != first["tableId"]
    assert copy["name"] != "Stock"


def test_a_copied_sheet_means_itself(batch: Any, values: Any, ask: Any, book: str) -> None:
    """Formulas and rules that named the original name the copy, other sheets stay as they are."""
    batch({"addSheet": {"properties": {"sheetId": 5, "title": "Other"}}})
    condition = {"type": "ONE_OF_RANGE", "values": [{"userEnteredValue": "=Sheet1!A1:A5"}]}
    batch(
        put(0, cells("=Sheet1!B1", "=Other!B1", "=C1")),
        {"setDataValidation": {"range": area(5, 6, 0, 1), "rule": {"condition": condition}}},
        {"addDimensionGroup": {"range": span("R", 1, 3)}},
        {"addProtectedRange": {"protectedRange": {"range": area(0, 1, 0, 1)}}},
        {"setBasicFilter": {"filter": {"range": area(0, 3, 0, 1)}}},
        {"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 8, "newSheetName": "My copy"}},
    )
    formulas = values("My copy!A1:C1".replace(" ", "%20"), valueRenderOption="FORMULA")
    assert formulas == [["='My copy'!B1", "=Other!B1", "=C1"]]
    path = f"/v4/spreadsheets/{book}?includeGridData=true&ranges='My%20copy'!A6"
    sheet = ask("GET", path)[1]["sheets"][0]
    rule = sheet["data"][0]["rowData"][0]["values"][0]["dataValidation"]
    assert rule["condition"]["values"][0]["userEnteredValue"] == "='My copy'!A1:A5"
    assert sheet["rowGroups"][0]["range"]["sheetId"] == 8
    assert sheet["basicFilter"]["range"]["sheetId"] == 8
    original = ask("GET", f"/v4/spreadsheets/{book}")[1]["sheets"]
    first = next(s for s in original if s["properties"]["sheetId"] == 0)
    assert first["rowGroups"][0]["range"] == {"dimension": "ROWS", "startIndex": 1, "endIndex": 3}
    numbers = {s["protectedRanges"][0]["protectedRangeId"] for s in (first, sheet)}
    assert len(numbers) == 2
