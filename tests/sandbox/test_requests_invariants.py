"""Random sequences of structural acts keep a book whole, and a refused one leaves no trace."""

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.batches import area, cells, put, span

ROWS, COLUMNS = 12, 8
Json = dict[str, Any]


def spans(most: int) -> st.SearchStrategy[tuple[int, int]]:
    """Draw half-open spans that mostly lie in the grid."""
    return st.tuples(st.integers(0, most), st.integers(1, 5)).map(lambda s: (s[0], s[0] + s[1]))


@st.composite
def areas(draw: Any) -> Json:
    """Draw a GridRange."""
    return area(*draw(spans(ROWS)), *draw(spans(COLUMNS)))


@st.composite
def dimensions(draw: Any) -> Json:
    """Draw a DimensionRange."""
    name = draw(st.sampled_from("RC"))
    return span(name, *draw(spans(ROWS if name == "R" else COLUMNS)))


SIDES = st.sampled_from(["ROWS", "COLUMNS"])
PASTES = ["PASTE_NORMAL", "PASTE_VALUES", "PASTE_FORMULA", "PASTE_FORMAT", "PASTE_NO_BORDERS"]
BOLD = {"textFormat": {"bold": True}}
RULE = {"condition": {"type": "NOT_BLANK"}, "format": BOLD}
DROPDOWN = {"type": "ONE_OF_RANGE", "values": [{"userEnteredValue": "=$A$1:$A$4"}]}
COLOURS = {"firstBandColor": {"red": 1}, "secondBandColor": {"blue": 1}}


def act(kind: str, **parts: Any) -> st.SearchStrategy[Json]:
    """Draw a request of a kind."""
    return st.fixed_dictionaries(parts).map(lambda request: {kind: request})


def inside(kind: str, part: str, **more: Any) -> st.SearchStrategy[Json]:
    """Draw a request that wraps something with a range."""
    return areas().map(lambda where: {kind: {part: {"range": where, **more}}})


ACTS = st.one_of(
    act("insertDimension", range=dimensions(), inheritFromBefore=st.booleans()),
    act("deleteDimension", range=dimensions()),
    act("moveDimension", source=dimensions(), destinationIndex=st.integers(0, ROWS)),
    act("appendDimension", dimension=SIDES, length=st.integers(1, 3)),
    act("insertRange", range=areas(), shiftDimension=SIDES),
    act("deleteRange", range=areas(), shiftDimension=SIDES),
    act("mergeCells", range=areas(), mergeType=st.sampled_from(["MERGE_ALL", "MERGE_ROWS"])),
    act("unmergeCells", range=areas()),
    act(
        "copyPaste",
        source=areas(),
        destination=areas(),
        pasteType=st.sampled_from(PASTES),
        pasteOrientation=st.sampled_from(["NORMAL", "TRANSPOSE"]),
    ),
    act(
        "cutPaste",
        source=areas(),
        destination=st.builds(
            lambda r, c: {"rowIndex": r, "columnIndex": c},
            st.integers(0, ROWS),
            st.integers(0, COLUMNS),
        ),
    ),
    act(
        "sortRange",
        range=areas(),
        sortSpecs=st.integers(0, COLUMNS).map(lambda c: [{"dimensionIndex": c}]),
    ),
    act("randomizeRange", range=areas()),
    act("deleteDuplicates", range=areas()),
    act("autoFill", range=areas()),
    act("addDimensionGroup", range=dimensions()),
    act("deleteDimensionGroup", range=dimensions()),
    inside("setBasicFilter", "filter"),
    inside("addFilterView", "filter", criteria={"2": {"hiddenValues": ["x"]}}),
    inside("addProtectedRange", "protectedRange"),
    inside("addBanding", "bandedRange", rowProperties=COLOURS),
    inside("addTable", "table"),
    areas().map(lambda r: {"setDataValidation": {"range": r, "rule": {"condition": DROPDOWN}}}),
    areas().map(
        lambda r: {"addConditionalFormatRule": {"rule": {"ranges": [r], "booleanRule": RULE}}}
    ),
    st.tuples(areas(), st.integers(0, 9)).map(
        lambda d: {"addNamedRange": {"namedRange": {"name": f"name_{d[1]}", "range": d[0]}}}
    ),
    dimensions().map(
        lambda d: {
            "createDeveloperMetadata": {
                "developerMetadata": {
                    "metadataKey": "k",
                    "visibility": "DOCUMENT",
                    "location": {"dimensionRange": d | {"endIndex": d["startIndex"] + 1}},
                }
            }
        }
    ),
    st.tuples(st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 2)).map(
        lambda at: put(at[0], cells("x", "=A1+$B2"), column=at[1])
    ),
    st.integers(0, 3).map(
        lambda n: {
            "updateSheetProperties": {
                "properties": {"gridProperties": {"frozenRowCount": n}},
                "fields": "gridProperties.frozenRowCount",
            }
        }
    ),
)


def ranges_of(book: Json, sheet: Json) -> Iterator[tuple[str, Json]]:
    """Give all ranges that a book keeps about a sheet, with what they are for."""
    for name in ("merges",):
        yield from ((name, found) for found in sheet.get(name, []))
    for name in ("filterViews", "protectedRanges", "bandedRanges", "tables"):
        yield from ((name, thing["range"]) for thing in sheet.get(name, []))
    for rule in sheet.get("conditionalFormats", []):
        yield from (("conditionalFormats", found) for found in rule["ranges"])
    if "basicFilter" in sheet:
        yield "basicFilter", sheet["basicFilter"]["range"]
    yield from (("namedRanges", named["range"]) for named in book.get("namedRanges", []))


def places(found: Json) -> set[tuple[int, int]]:
    """Give all cells of a range."""
    return {
        (row, column)
        for row in range(found["startRowIndex"], found["endRowIndex"])
        for column in range(found["startColumnIndex"], found["endColumnIndex"])
    }


def check(book: Json) -> None:
    """Hold a book to what must be true of every book."""
    sheet = book["sheets"][0]
    grid = sheet["properties"]["gridProperties"]
    rows, columns = grid["rowCount"], grid["columnCount"]
    for name, found in ranges_of(book, sheet):
        assert 0 <= found["startRowIndex"] < found["endRowIndex"] <= rows, (name, found)
        assert 0 <= found["startColumnIndex"] < found["endColumnIndex"] <= columns, (name, found)
    for name in ("merges", "tables", "bandedRanges"):
        taken: set[tuple[int, int]] = set()
        for thing in sheet.get(name, []):
            own = places(thing.get("range", thing))
            assert not own & taken, name
            taken |= own
            assert name != "merges" or len(own) > 1
    for table in sheet.get("tables", []):
        width = table["range"]["endColumnIndex"] - table["range"]["startColumnIndex"]
        indices = [c.get("columnIndex", 0) for c in table["columnProperties"]]
        assert indices == list(range(width))
        assert all(c["columnName"] for c in table["columnProperties"])
    for name, count in (("rowGroups", rows), ("columnGroups", columns)):
        for group in sheet.get(name, []):
            assert 0 <= group["range"]["startIndex"] < group["range"]["endIndex"] <= count
            assert 1 <= group["depth"] <= 8
    data = sheet["data"][0]
    assert len(data.get("rowData", [])) <= rows
    assert all(len(row.get("values", [])) <= columns for row in data.get("rowData", []))
    assert len(data["rowMetadata"]) == rows
    assert len(data["columnMetadata"]) == columns
    assert grid.get("frozenRowCount", 0) < rows


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(batches=st.lists(st.lists(ACTS, min_size=1, max_size=2), min_size=1, max_size=14))
def test_acts_keep_the_book_whole(ask: Any, batches: list[list[Json]]) -> None:
    """After each batch the book is whole; where one was refused, it is as it was."""
    grid = {"rowCount": ROWS, "columnCount": COLUMNS}
    first = {"properties": {"sheetId": 0, "title": "S", "gridProperties": grid}}
    number = ask("POST", "/v4/spreadsheets", {"sheets": [first]})[1]["spreadsheetId"]
    path = f"/v4/spreadsheets/{number}"
    before = ask("GET", f"{path}?includeGridData=true")[1]
    marked = f"{path}/developerMetadata:search"
    everything = {"dataFilters": [{"developerMetadataLookup": {}}]}
    for requests in batches:
        status, answer = ask("POST", f"{path}:batchUpdate", {"requests": requests})
        after = ask("GET", f"{path}?includeGridData=true")[1]
        if status == 200:
            check(after)
            found = ask("POST", marked, everything)[1].get("matchedDeveloperMetadata", [])
            for hit in found:
                place = hit["developerMetadata"]["location"]["dimensionRange"]
                name = "rowCount" if place["dimension"] == "ROWS" else "columnCount"
                count = after["sheets"][0]["properties"]["gridProperties"][name]
                assert 0 <= place["startIndex"] < place["endIndex"] <= count
        else:
            assert status == 400, answer
            assert after == before
        before = after
