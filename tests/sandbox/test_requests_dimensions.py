"""Rows, columns, groups of them, and cells that are shifted."""

from typing import Any

import pytest

from tests.sandbox.batches import area, cells, put, said, span


@pytest.fixture
def sheet(ask: Any, book: str) -> Any:
    """Give a function that reads the first sheet, with its grid where cells are named."""

    def read(ranges: str = "") -> Any:
        query = f"?includeGridData=true&ranges={ranges}" if ranges else ""
        return ask("GET", f"/v4/spreadsheets/{book}{query}")[1]["sheets"][0]

    return read


def group(batch: Any, start: int, end: int) -> list[tuple[int, int, int]]:
    """Group columns and give all groups as start, end and depth."""
    answer = batch({"addDimensionGroup": {"range": span("C", start, end)}})[1]
    return told(answer["replies"][0]["addDimensionGroup"])


def told(reply: Any) -> list[tuple[int, int, int]]:
    """Give the groups of a reply as start, end and depth."""
    return [
        (g["range"]["startIndex"], g["range"]["endIndex"], g["depth"])
        for g in reply.get("dimensionGroups", [])
    ]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((1, 4), (0, 5), [(0, 5, 1), (1, 4, 2)]),
        ((1, 5), (2, 4), [(1, 5, 1), (2, 4, 2)]),
        ((1, 4), (2, 5), [(1, 5, 1), (2, 4, 2)]),
        ((0, 2), (2, 4), [(0, 4, 1)]),
        ((0, 2), (5, 6), [(0, 2, 1), (5, 6, 1)]),
        ((0, 2), (0, 2), [(0, 2, 1), (0, 2, 2)]),
    ],
)
def test_groups_nest_as_documented(batch: Any, first: Any, second: Any, expected: Any) -> None:
    """A group around, inside, across or beside another one gives the documented depths."""
    assert group(batch, *first) == [(*first, 1)]
    assert group(batch, *second) == expected


def test_deleting_a_group_lowers_the_depth(batch: Any, sheet: Any) -> None:
    """Deleting across two depths leaves what the reference shows for this very case."""
    group(batch, 1, 5)
    group(batch, 2, 4)
    answer = batch({"deleteDimensionGroup": {"range": span("C", 3, 5)}})[1]
    expected = [(1, 4, 1), (2, 3, 2)]
    assert told(answer["replies"][0]["deleteDimensionGroup"]) == expected
    assert told({"dimensionGroups": sheet()["columnGroups"]}) == expected
    assert "no group" in said(batch({"deleteDimensionGroup": {"range": span("C", 10, 12)}}))


def test_groups_are_nested_eight_deep_at_most(batch: Any) -> None:
    """The ninth level is refused."""
    for _ in range(8):
        group(batch, 0, 2)
    assert "levels deep" in said(batch({"addDimensionGroup": {"range": span("C", 0, 1)}}))


def test_collapsing_a_group_hides_its_rows(batch: Any, sheet: Any) -> None:
    """A collapsed group hides its rows, an expanded one shows them; the wrong depth is refused."""
    rows = span("R", 1, 3)
    batch({"addDimensionGroup": {"range": rows}})

    def collapse(depth: int = 1, **state: bool) -> Any:
        given = {"range": rows, "depth": depth, **state}
        return batch({"updateDimensionGroup": {"dimensionGroup": given, "fields": "collapsed"}})

    assert collapse(collapsed=True)[0] == 200
    found = sheet("A1:A4")
    assert found["rowGroups"][0]["collapsed"] is True
    assert found["properties"]["gridProperties"]["rowGroupControlAfter"] is True
    hidden = [r.get("hiddenByUser", False) for r in found["data"][0]["rowMetadata"]]
    assert hidden == [False, True, True, False]
    collapse()
    found = sheet("A1:A4")
    assert "collapsed" not in found["rowGroups"][0]
    assert not any("hiddenByUser" in r for r in found["data"][0]["rowMetadata"])
    assert "no group" in said(collapse(depth=2, collapsed=True))


def test_groups_follow_rows(batch: Any, sheet: Any) -> None:
    """A group grows by rows inserted inside, and two that come to lie side by side are one."""
    batch({"addDimensionGroup": {"range": span("R", 1, 3)}})
    batch({"addDimensionGroup": {"range": span("R", 4, 6)}})
    batch({"insertDimension": {"range": span("R", 2, 4)}})
    found = [(g["range"]["startIndex"], g["range"]["endIndex"]) for g in sheet()["rowGroups"]]
    assert found == [(1, 5), (6, 8)]
    batch({"deleteDimension": {"range": span("R", 5, 6)}})
    found = [(g["range"]["startIndex"], g["range"]["endIndex"]) for g in sheet()["rowGroups"]]
    assert found == [(1, 7)]


def test_inserted_rows_look_like_their_neighbours(batch: Any, sheet: Any) -> None:
    """The format and the size come from the row before or after; values and notes do not."""
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}}, "note": "n"}
    taller = {"range": span("R", 0, 1), "properties": {"pixelSize": 40}, "fields": "pixelSize"}
    batch(
        put(0, cells("a"), cells("b")),
        {
            "repeatCell": {
                "range": area(0, 1, 0, 1),
                "cell": bold,
                "fields": "note,userEnteredFormat",
            }
        },
        {"updateDimensionProperties": taller},
        {"insertDimension": {"range": span("R", 1, 2), "inheritFromBefore": True}},
        {"insertDimension": {"range": span("R", 3, 4)}},
    )
    data = sheet("A1:A5")["data"][0]
    assert data["rowData"][1]["values"][0]["userEnteredFormat"]["textFormat"] == {"bold": True}
    assert "note" not in data["rowData"][1]["values"][0]
    assert [r["pixelSize"] for r in data["rowMetadata"]] == [40, 40, 21, 21, 21]
    assert len(data["rowData"]) == 3


def test_inserted_columns_look_like_their_neighbours(batch: Any, sheet: Any) -> None:
    """A new column takes the width and the formats of the column that it was put beside."""
    wide = {"range": span("C", 0, 1), "properties": {"pixelSize": 77}, "fields": "pixelSize"}
    cell = {"userEnteredFormat": {"horizontalAlignment": "CENTER"}}
    batch(
        {"repeatCell": {"range": area(0, 2, 0, 1), "cell": cell, "fields": "userEnteredFormat"}},
        {"updateDimensionProperties": wide},
        {"insertDimension": {"range": span("C", 1, 2), "inheritFromBefore": True}},
    )
    data = sheet("A1:C1")["data"][0]
    assert [c["pixelSize"] for c in data["columnMetadata"]] == [77, 77, 100]
    assert data["rowData"][0]["values"][1]["userEnteredFormat"]["horizontalAlignment"] == "CENTER"


def test_frozen_rows_follow(batch: Any, sheet: Any) -> None:
    """A row put among frozen ones is frozen too; a deleted one is no longer counted."""
    frozen = {"properties": {"gridProperties": {"frozenRowCount": 2}}}
    mask = "gridProperties.frozenRowCount"
    batch({"updateSheetProperties": frozen | {"fields": mask}})
    batch({"insertDimension": {"range": span("R", 1, 2)}})
    assert sheet()["properties"]["gridProperties"]["frozenRowCount"] == 3
    batch({"insertDimension": {"range": span("R", 3, 4)}})
    assert sheet()["properties"]["gridProperties"]["frozenRowCount"] == 3
    batch({"deleteDimension": {"range": span("R", 0, 3)}})
    assert "frozenRowCount" not in sheet()["properties"]["gridProperties"]


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (
            {"insertDimension": {"range": span("R", 1000, 1001)}},
            "range.startIndex must be less than the grid size (1000) if inheritFromBefore is false",
        ),
        (
            {"insertDimension": {"range": span("R", 1001, 1002), "inheritFromBefore": True}},
            "range.startIndex is larger than current grid size (1000)",
        ),
        (
            {"insertDimension": {"range": span("R", 0, 1), "inheritFromBefore": True}},
            "inheritFromBefore cannot be true",
        ),
        ({"insertDimension": {"range": {"startIndex": 1}}}, "No dimension"),
        ({"deleteDimension": {"range": span("R", 0, 1000)}}, "You can't delete all the rows"),
        (
            {"deleteDimension": {"range": span("C", 26, 27)}},
            "Tried to delete column index 26 but there are only 26 columns.",
        ),
        ({"insertDimension": {"range": span("C", 1, 18_300)}}, "limit of 18278 columns"),
        ({"moveDimension": {"source": span("R", 1, 4), "destinationIndex": 2}}, "inside"),
        ({"moveDimension": {"source": span("R", 1, 4), "destinationIndex": 2000}}, "between"),
        ({"addDimensionGroup": {"range": span("R", 5, 5)}}, "must be less than"),
        ({"autoResizeDimensions": {"dimensions": span("R", 0, 1001)}}, "after the last row"),
    ],
)
def test_dimension_requests_refuse(batch: Any, request_: Any, text: str) -> None:
    """What does not fit the grid is refused in Google's words where they are known."""
    assert text in said(batch(request_))


def test_rows_do_not_move_across_merged_cells(batch: Any) -> None:
    """A part of a merge does not move, nothing moves into one, and a whole one may move."""
    batch({"mergeCells": {"range": area(2, 4, 0, 1), "mergeType": "MERGE_ALL"}})
    for source, to in ((span("R", 3, 5), 8), (span("R", 6, 7), 3)):
        answer = batch({"moveDimension": {"source": source, "destinationIndex": to}})
        assert "crosses a merged cell" in said(answer)
    assert batch({"moveDimension": {"source": span("R", 2, 4), "destinationIndex": 0}})[0] == 200


def test_inserted_cells_push_the_others(batch: Any, values: Any, sheet: Any) -> None:
    """Cells, merges, names and references in the pushed band go along; others stay."""
    values("A1:C3", [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]])
    name = {"name": "e", "range": area(1, 2, 1, 2)}
    batch(
        put(9, cells("=B2", "=A2", "=A1:C3")),
        {"addNamedRange": {"namedRange": name}},
        {"insertRange": {"range": area(1, 3, 1, 2), "shiftDimension": "ROWS"}},
    )
    assert values("A1:C5") == [
        ["a", "b", "c"],
        ["d", "", "f"],
        ["g", "", "i"],
        ["", "e"],
        ["", "h"],
    ]
    formulas = values("A10:A12", valueRenderOption="FORMULA")
    assert formulas == [["=B4"]]
    assert values("e") == [["e"]]
    assert sheet()["properties"]["gridProperties"]["rowCount"] == 1000


def test_deleted_cells_pull_the_others(batch: Any, values: Any) -> None:
    """Cells to the right come in, and a reference to a deleted cell breaks."""
    values("A1:D2", [["a", "b", "c", "d"], ["e", "f", "g", "h"]])
    batch(
        put(5, cells("=D1", "=B1", "=D2")),
        {"deleteRange": {"range": area(0, 1, 1, 3), "shiftDimension": "COLUMNS"}},
    )
    assert values("A1:D2") == [["a", "d"], ["e", "f", "g", "h"]]
    assert values("A6:C6", valueRenderOption="FORMULA") == [["=B1", "=#REF!", "=D2"]]


def test_shifting_a_part_of_a_merge_is_refused(batch: Any) -> None:
    """A merge that lies across the band's edge holds everything."""
    batch({"mergeCells": {"range": area(4, 5, 0, 3), "mergeType": "MERGE_ALL"}})
    answer = batch({"insertRange": {"range": area(1, 2, 1, 2), "shiftDimension": "ROWS"}})
    assert "merged cell" in said(answer)
    assert batch({"insertRange": {"range": area(1, 2, 0, 5), "shiftDimension": "ROWS"}})[0] == 200


def test_columns_become_as_wide_as_their_texts(batch: Any, sheet: Any) -> None:
    """A long text makes a wide column, a short one a narrow one, and an empty one stays."""
    batch(
        put(0, cells("x" * 40, "y")),
        {"autoResizeDimensions": {"dimensions": span("C", 0, 3)}},
    )
    wide, narrow, empty = (c["pixelSize"] for c in sheet("A1:C1")["data"][0]["columnMetadata"])
    assert wide > 200
    assert narrow < 60
    assert empty == 100
