"""Copying, cutting, filling, pasting texts, replacing and tidying."""

from typing import Any

import pytest

from tests.sandbox.batches import area, cells, put, said

Formulas = {"valueRenderOption": "FORMULA"}


@pytest.fixture
def sheet(ask: Any, book: str) -> Any:
    """Give a function that reads the first sheet, with its grid where cells are named."""

    def read(ranges: str = "") -> Any:
        query = f"?includeGridData=true&ranges={ranges}" if ranges else ""
        return ask("GET", f"/v4/spreadsheets/{book}{query}")[1]["sheets"][0]

    return read


def copy(source: Any, goal: Any, kind: str = "PASTE_NORMAL", **more: Any) -> Any:
    """Give a copyPaste request."""
    return {"copyPaste": {"source": source, "destination": goal, "pasteType": kind} | more}


def cut(source: Any, row: int, column: int, kind: str = "PASTE_NORMAL", sheet: int = 0) -> Any:
    """Give a cutPaste request."""
    place = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {"cutPaste": {"source": source, "destination": place, "pasteType": kind}}


RICH = {
    "userEnteredValue": {"formulaValue": "=1+1"},
    "userEnteredFormat": {
        "textFormat": {"bold": True},
        "borders": {"top": {"style": "SOLID"}},
    },
    "note": "n",
    "dataValidation": {
        "condition": {"type": "NUMBER_GREATER", "values": [{"userEnteredValue": "1"}]}
    },
}


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        ("PASTE_NORMAL", {"formula", "bold", "borders", "note", "rule"}),
        ("PASTE_VALUES", {"value"}),
        ("PASTE_FORMAT", {"bold", "borders", "rule"}),
        ("PASTE_NO_BORDERS", {"formula", "bold", "note", "rule"}),
        ("PASTE_FORMULA", {"formula"}),
        ("PASTE_DATA_VALIDATION", {"rule"}),
        ("PASTE_CONDITIONAL_FORMATTING", set()),
    ],
)
def test_each_paste_type_takes_its_part(batch: Any, sheet: Any, kind: str, kept: set[str]) -> None:
    """A paste takes from the source what its type says, and nothing else."""
    batch({"updateCells": {"start": {}, "rows": [{"values": [RICH]}], "fields": "*"}})
    batch(copy(area(0, 1, 0, 1), area(2, 3, 2, 3), kind))
    rows = sheet("C3")["data"][0].get("rowData", [{}])
    cell = (rows[0].get("values") or [{}])[0]
    look = cell.get("userEnteredFormat", {})
    found = {
        "formula": "formulaValue" in cell.get("userEnteredValue", {}),
        "value": "numberValue" in cell.get("userEnteredValue", {}),
        "bold": "textFormat" in look,
        "borders": "borders" in look,
        "note": "note" in cell,
        "rule": "dataValidation" in cell,
    }
    assert {name for name, there in found.items() if there} == kept


def test_a_copy_fills_multiples_and_else_goes_once(batch: Any, values: Any) -> None:
    """A destination of a multiple is filled by repeats; any other gets the source once."""
    values("A1:A2", [["a"], ["b"]])
    batch(copy(area(0, 2, 0, 1), area(0, 4, 2, 4)))
    assert values("C1:D4") == [["a", "a"], ["b", "b"], ["a", "a"], ["b", "b"]]
    batch(copy(area(0, 2, 0, 1), area(0, 3, 5, 6)), copy(area(0, 2, 0, 1), area(4, 5, 5, 6)))
    assert values("F1:F6") == [["a"], ["b"], [], [], ["a"], ["b"]]


def test_a_copy_over_itself_reads_first(batch: Any, values: Any) -> None:
    """Where source and destination overlap, what was there before is what is copied."""
    values("A1:A4", [["a"], ["b"], ["c"], ["d"]])
    batch(copy(area(0, 3, 0, 1), area(1, 4, 0, 1)))
    assert values("A1:A4") == [["a"], ["a"], ["b"], ["c"]]
    values("B1:B3", [[1], [2], [3]])
    batch(put(0, cells("=B1"), cells("=C1+B2"), cells("=C2+B3"), column=2))
    batch(copy(area(0, 3, 2, 3), area(1, 4, 2, 3), "PASTE_VALUES"))
    assert values("C1:C4", **Formulas) == [["=B1"], [1], [3], [6]]


def test_a_transposed_copy_swaps_rows_and_columns(batch: Any, values: Any) -> None:
    """A row becomes a column, repeated where the destination has room."""
    values("A1:C1", [["a", "b", "c"]])
    batch(copy(area(0, 1, 0, 3), area(2, 5, 0, 2), pasteOrientation="TRANSPOSE"))
    assert values("A3:B5") == [["a", "a"], ["b", "b"], ["c", "c"]]


def test_merges_are_copied_and_a_part_of_one_refuses(batch: Any, sheet: Any) -> None:
    """A copy brings the merges of its source, over all repeats; half a merge holds it back."""
    batch({"mergeCells": {"range": area(0, 1, 0, 2), "mergeType": "MERGE_ALL"}})
    batch(copy(area(0, 1, 0, 2), area(2, 4, 0, 2)))
    assert sheet()["merges"] == [area(0, 1, 0, 2), area(2, 3, 0, 2), area(3, 4, 0, 2)]
    assert "merged range" in said(batch(copy(area(5, 6, 0, 1), area(2, 3, 1, 2))))
    batch(copy(area(5, 6, 0, 2), area(2, 4, 0, 2), "PASTE_VALUES"))
    assert len(sheet()["merges"]) == 3
    batch(copy(area(5, 6, 0, 2), area(2, 4, 0, 2)))
    assert sheet()["merges"] == [area(0, 1, 0, 2)]


def test_conditional_formats_are_copied(batch: Any, sheet: Any) -> None:
    """The copied cells come under the source's rules, and no longer under others."""
    look = {"format": {"textFormat": {"bold": True}}}
    one = {"condition": {"type": "NOT_BLANK"}} | look
    two = {"condition": {"type": "BLANK"}} | look
    batch(
        {"addConditionalFormatRule": {"rule": {"ranges": [area(0, 2, 0, 2)], "booleanRule": one}}},
        {"addConditionalFormatRule": {"rule": {"ranges": [area(4, 8, 4, 5)], "booleanRule": two}}},
    )
    batch(copy(area(1, 2, 0, 1), area(5, 6, 4, 5), "PASTE_CONDITIONAL_FORMATTING"))
    rules = sheet()["conditionalFormats"]
    assert rules[0]["ranges"] == [area(4, 5, 4, 5), area(6, 8, 4, 5)]
    assert rules[1]["ranges"] == [area(0, 2, 0, 2), area(5, 6, 4, 5)]


def test_a_cut_takes_everything_along(batch: Any, values: Any, sheet: Any) -> None:
    """Values, looks, notes, rules, merges, names and references go; nothing stays behind."""
    batch({"updateCells": {"start": {}, "rows": [{"values": [RICH]}], "fields": "*"}})
    batch(
        put(0, cells("=A1", "=A1:A2"), column=5),
        {"mergeCells": {"range": area(1, 2, 0, 2), "mergeType": "MERGE_ALL"}},
        {"addNamedRange": {"namedRange": {"name": "n", "range": area(0, 1, 0, 1)}}},
        cut(area(0, 2, 0, 2), 4, 2),
    )
    assert values("F1:G1", **Formulas) == [["=C5", "=C5:C6"]]
    found = sheet("A1:D6")
    assert found["merges"] == [area(5, 6, 2, 4)]
    assert [row.get("values") for row in found["data"][0]["rowData"][:4]] == [None] * 4
    assert found["data"][0]["rowData"][4]["values"][2]["note"] == "n"
    assert values("n") == [["2"]]


def test_a_cut_to_another_sheet_keeps_meaning(batch: Any, values: Any) -> None:
    """A formula that moves to another sheet says where its references stand, and grows the grid."""
    small = {"rowCount": 2, "columnCount": 1}
    batch({"addSheet": {"properties": {"sheetId": 3, "title": "B", "gridProperties": small}}})
    batch(put(0, cells("=C1", 5)), put(3, cells("=B1")))
    batch(cut(area(0, 1, 0, 2), 2, 1, sheet=3))
    assert values("B!B3:C3", **Formulas) == [["=Sheet1!C1", 5]]
    assert values("A4", **Formulas) == [["=B!C3"]]


def test_texts_are_pasted_as_typed(batch: Any, values: Any) -> None:
    """Delimited text and tables of a page are read, numbers as numbers, quotes as quotes."""
    place = {"rowIndex": 1, "columnIndex": 1}
    text = 'a;"b;c";3\nd;=1+1;2020-01-02'
    batch({"pasteData": {"coordinate": place, "data": text, "delimiter": ";"}})
    assert values("B2:D3", **Formulas) == [["a", "b;c", 3], ["d", "=1+1", 43832]]
    page = "<p>x<table><tr><th>h<td colspan=2>i</tr><tr><td>1</td><td>a<br>b</table>"
    batch({"pasteData": {"coordinate": place, "data": page, "html": True}})
    assert values("B2:D3", **Formulas) == [["h", "i"], [1, "a\nb", 43832]]
    batch({"pasteData": {"coordinate": {"rowIndex": 999}, "data": "x\ny", "delimiter": ","}})
    assert values("A1000:A1001") == [["x"], ["y"]]
    assert "specified" in said(batch({"pasteData": {"coordinate": place, "data": "x"}}))


@pytest.mark.parametrize(
    ("options", "texts", "expected"),
    [
        ({"delimiterType": "COMMA"}, ["a,b", "1,2,3"], [["a", "b"], [1, 2, 3]]),
        ({"delimiterType": "CUSTOM", "delimiter": "--"}, ["a--b"], [["a", "b"]]),
        ({"delimiterType": "AUTODETECT"}, ["a;b", "c;d"], [["a", "b"], ["c", "d"]]),
        ({"delimiterType": "SPACE"}, ["ab"], [["ab"]]),
    ],
)
def test_texts_become_columns(
    batch: Any, values: Any, options: Any, texts: list[str], expected: Any
) -> None:
    """Each text of the column is split over the columns beside it."""
    values(f"A1:A{len(texts)}", [[text] for text in texts])
    batch({"textToColumns": {"source": area(0, len(texts), 0, 1)} | options})
    assert values("A1:D4", **Formulas) == expected
    wide = {"source": area(0, 1, 0, 2), "delimiterType": "COMMA"}
    assert "one column" in said(batch({"textToColumns": wide}))


@pytest.mark.parametrize(
    ("start", "options", "expected"),
    [
        ([1, 2], {}, [3, 4, 5]),
        ([5], {}, [5, 5, 5]),
        ([5], {"useAlternateSeries": True}, [6, 7, 8]),
        ([1, 3], {"useAlternateSeries": True}, [1, 3, 1]),
        (["Item 1"], {}, ["Item 2", "Item 3", "Item 4"]),
        (["Mon"], {}, ["Tue", "Wed", "Thu"]),
        (["November"], {}, ["December", "January", "February"]),
        (["x", "y"], {}, ["x", "y", "x"]),
        (["=B1"], {}, ["=B2", "=B3", "=B4"]),
    ],
)
def test_filling_goes_on(batch: Any, values: Any, start: Any, options: Any, expected: Any) -> None:
    """Numbers, names and formulas are continued; with one range, from where its values end."""
    values(f"A1:A{len(start)}", [[v] for v in start], option="USER_ENTERED")
    end = len(start) + 3
    batch({"autoFill": {"range": area(0, end, 0, 1)} | options})
    assert [row[0] for row in values(f"A{len(start) + 1}:A{end}", **Formulas)] == expected


def test_filling_goes_both_ways_and_dates_by_day(batch: Any, values: Any) -> None:
    """A fill goes right, and to before its source; a date goes on by days, its look with it."""
    values("C3", [["2020-01-31"]], option="USER_ENTERED")
    both = {"source": area(2, 3, 2, 3), "dimension": "COLUMNS"}
    batch({"autoFill": {"sourceAndDestination": both | {"fillLength": 2}}})
    batch({"autoFill": {"sourceAndDestination": both | {"fillLength": -1}}})
    assert values("B3:E3") == [["2020-01-30", "2020-01-31", "2020-02-01", "2020-02-02"]]
    outside = both | {"fillLength": -5}
    assert "beyond" in said(batch({"autoFill": {"sourceAndDestination": outside}}))
    empty = both | {"source": area(2, 3, 2, 2), "fillLength": 1}
    assert "empty" in said(batch({"autoFill": {"sourceAndDestination": empty}}))


def replace(batch: Any, **options: Any) -> Any:
    """Replace, and give the counts."""
    return batch({"findReplace": options})[1]["replies"][0]["findReplace"]


def test_find_and_replace_counts(batch: Any, values: Any) -> None:
    """Each option narrows as it says, and the counts tell what changed."""
    batch({"addSheet": {"properties": {"sheetId": 2, "title": "Two"}}})
    values("A1:B2", [["Cat cat", "cat"], ['=LEN("cat")', "dog"]], option="USER_ENTERED")
    values("Two!A1", [["concat"]])
    counts = replace(batch, find="cat", replacement="cow", sheetId=0, matchCase=True)
    assert counts == {
        "valuesChanged": 2,
        "rowsChanged": 1,
        "sheetsChanged": 1,
        "occurrencesChanged": 2,
    }
    assert values("A1:B1") == [["Cat cow", "cow"]]
    counts = replace(batch, find="CAT", replacement="mouse", allSheets=True, includeFormulas=True)
    assert counts == {
        "valuesChanged": 2,
        "formulasChanged": 1,
        "rowsChanged": 3,
        "sheetsChanged": 2,
        "occurrencesChanged": 3,
    }
    assert values("A2") == [["5"]]
    counts = replace(
        batch, find="cow", replacement="12", range=area(0, 2, 0, 2), matchEntireCell=True
    )
    assert counts["occurrencesChanged"] == 1
    assert values("A1:B1", valueRenderOption="UNFORMATTED_VALUE") == [["mouse cow", 12]]
    counts = replace(
        batch, find="([a-z]+) (c.w)", replacement="$2 $1", sheetId=0, searchByRegex=True
    )
    assert values("A1") == [["cow mouse"]]
    assert replace(batch, find="nothing", replacement="x", allSheets=True) == {}
    for request_, text in (
        ({"find": "x"}, "one of range"),
        ({"find": "(", "searchByRegex": True, "sheetId": 0}, "regular expression"),
        ({"find": "m", "replacement": "x" * 50_001, "sheetId": 0}, "50000 characters"),
    ):
        assert text in said(batch({"findReplace": request_}))


def test_white_space_is_trimmed(batch: Any, values: Any) -> None:
    """Space goes around texts and is single within; what looks like a formula stays a text."""
    values("A1:C1", [["  a \n b ", " =1+1", "ok"]])
    reply = batch({"trimWhitespace": {"range": area(0, 1, 0, 3)}})[1]["replies"][0]
    assert reply == {"trimWhitespace": {"cellsChangedCount": 2}}
    assert values("A1:C1", **Formulas) == [["a b", "=1+1", "ok"]]


def test_duplicates_are_removed(batch: Any, values: Any) -> None:
    """The first of equal rows stays, in any case, and what is beside the range stays too."""
    values("A1:C5", [["a", 1, "x"], ["A", 1, "y"], ["b", 1, "z"], ["a", 2, "u"], ["a", 1, "v"]])
    columns = [{"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}]
    whole = {"range": area(0, 5, 0, 2)}
    reply = batch({"deleteDuplicates": whole})[1]["replies"][0]
    assert reply == {"deleteDuplicates": {"duplicatesRemovedCount": 2}}
    assert values("A1:C5") == [
        ["a", "1", "x"],
        ["b", "1", "y"],
        ["a", "2", "z"],
        ["", "", "u"],
        ["", "", "v"],
    ]
    reply = batch({"deleteDuplicates": whole | {"comparisonColumns": columns}})[1]["replies"][0]
    assert reply == {"deleteDuplicates": {"duplicatesRemovedCount": 1}}
    assert values("A1:B5") == [["a", "1"], ["b", "1"]]


def sort(*specs: tuple[int, str], bounds: Any = None) -> Any:
    """Give a sortRange request; the order is A or D."""
    orders = {"A": "ASCENDING", "D": "DESCENDING"}
    given = [{"dimensionIndex": c, "sortOrder": orders[o]} for c, o in specs]
    return {"sortRange": {"range": bounds or area(0, 6, 0, 2), "sortSpecs": given}}


def test_sorting_puts_numbers_before_texts_and_blanks_last(batch: Any, values: Any) -> None:
    """Ascending: numbers, texts, truth values; descending the reverse; blanks last either way."""
    given = [["b"], [2], [""], [True], ["A"], [1]]
    values("A1:A6", given)
    batch(sort((0, "A")))
    assert values("A1:A6") == [["1"], ["2"], ["A"], ["b"], ["TRUE"]]
    batch(sort((0, "D")))
    assert values("A1:A6") == [["TRUE"], ["b"], ["A"], ["2"], ["1"]]


def test_sorting_by_several_columns_keeps_hidden_rows(batch: Any, values: Any) -> None:
    """Later columns decide where earlier ones are equal; a hidden row stays where it is."""
    values("A1:B4", [["y", 1], ["hidden", 0], ["x", 2], ["x", 1]])
    hide = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    hidden = {"properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
    batch({"updateDimensionProperties": {"range": hide} | hidden})
    batch(sort((0, "A"), (1, "D"), bounds=area(0, 4, 0, 2)))
    assert values("A1:B4") == [["x", "2"], ["hidden", "0"], ["x", "1"], ["y", "1"]]


def test_sorting_carries_formulas_notes_and_row_metadata(
    batch: Any, values: Any, ask: Any, book: str, sheet: Any
) -> None:
    """All that is in a cell moves, references within the row with it, and what marks the row."""
    place = {"dimensionRange": {"dimension": "ROWS", "startIndex": 0, "endIndex": 1}}
    mark = {"metadataKey": "k", "location": place, "visibility": "DOCUMENT"}
    batch(
        put(0, cells(3, "=A1*2"), cells(1, "=A2*2"), cells(2, "=A3*2")),
        {"repeatCell": {"range": area(0, 1, 0, 1), "cell": {"note": "three"}, "fields": "note"}},
        {"createDeveloperMetadata": {"developerMetadata": mark}},
        sort((0, "A"), bounds=area(0, 3, 0, 2)),
    )
    assert values("A1:B3", **Formulas) == [[1, "=A1*2"], [2, "=A2*2"], [3, "=A3*2"]]
    assert sheet("A3")["data"][0]["rowData"][0]["values"][0]["note"] == "three"
    lookup = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "k"}}]}
    path = f"/v4/spreadsheets/{book}/developerMetadata:search"
    hit = ask("POST", path, lookup)[1]["matchedDeveloperMetadata"][0]["developerMetadata"]
    assert hit["location"]["dimensionRange"]["startIndex"] == 2


def test_sorting_refuses(batch: Any) -> None:
    """A merge over rows, a column outside and no column at all are refused."""
    assert "sortSpecs" in said(batch(sort()))
    assert "outside" in said(batch(sort((5, "A"))))
    batch({"mergeCells": {"range": area(1, 3, 1, 2), "mergeType": "MERGE_ALL"}})
    text = "You can't sort a range containing vertical merges. There is a vertical merge at B2:B3"
    assert text in said(batch(sort((0, "A"))))


def test_shuffling_keeps_the_rows(batch: Any, values: Any) -> None:
    """Rows come in another order, each whole."""
    rows = [[str(n), f"r{n}"] for n in range(30)]
    values("A1:B30", rows)
    batch({"randomizeRange": {"range": area(0, 30, 0, 2)}})
    found = values("A1:B30")
    assert found != rows
    assert sorted(found) == sorted(rows)
