"""Charts and slicers: kept, completed, moved along with what they read; nobody draws them."""

import urllib.request
from pathlib import Path
from typing import Any

import pytest

from syncd.sandbox import Sandbox
from tests.sandbox.batches import area, cells, put, said, span


@pytest.fixture
def read(ask: Any, book: str) -> Any:
    """Give a function that reads the charts or slicers of a tab."""

    def get(part: str = "charts", tab: int = 0) -> Any:
        found = ask("GET", f"/v4/spreadsheets/{book}?fields=sheets({part},properties)")[1]
        return found["sheets"][tab].get(part, [])

    return get


def reply(answer: Any) -> Any:
    """Give the only part of the only reply."""
    assert answer[0] == 200, answer
    return next(iter(answer[1]["replies"][0].values()))


def data(*ranges: Any) -> Any:
    """Give a ChartData of some ranges."""
    return {"sourceRange": {"sources": list(ranges)}}


def column(index: int, sheet: int = 0) -> Any:
    """Give five cells of a column."""
    return area(0, 5, index, index + 1, sheet)


def spec(*columns: int, kind: str = "COLUMN", sheet: int = 0, **more: Any) -> Any:
    """Give the spec of a chart over column A and some more."""
    basic = {
        "chartType": kind,
        "domains": [{"domain": data(column(0, sheet))}],
        "series": [{"series": data(column(index, sheet))} for index in columns],
    }
    return {"basicChart": basic} | more


def anchor(row: int = 0, column: int = 0, sheet: int = 0, **more: Any) -> Any:
    """Give the position of an object."""
    cell = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {"overlayPosition": {"anchorCell": cell} | more}


def chart(*columns: int, at: Any = None, **more: Any) -> Any:
    """Give an addChart request."""
    one = {"spec": spec(*(columns or (1,)), title="T"), "position": at or anchor(9, 3)}
    return {"addChart": {"chart": one | more}}


def sources(chart: Any) -> list[Any]:
    """Give what the series of a basic chart read."""
    series = chart["spec"]["basicChart"].get("series", [])
    return [source for s in series for source in s["series"]["sourceRange"]["sources"]]


def test_charts_are_completed(batch: Any, read: Any) -> None:
    """A chart comes back with an id, a size, and the names of what counts by default."""
    added = reply(batch(chart(1)))["chart"]
    number = added.pop("chartId")
    axes = [{"position": p, "viewWindowOptions": {}} for p in ("BOTTOM_AXIS", "LEFT_AXIS")]
    assert added == {
        "spec": {
            "title": "T",
            "titleTextFormat": {"fontFamily": "Roboto"},
            "basicChart": {
                "chartType": "COLUMN",
                "axis": axes,
                "domains": [{"domain": data(column(0))}],
                "series": [{"series": data(column(1)), "targetAxis": "LEFT_AXIS"}],
            },
            "hiddenDimensionStrategy": "SKIP_HIDDEN_ROWS_AND_COLUMNS",
            "fontName": "Roboto",
        },
        "position": {
            "overlayPosition": {
                "anchorCell": {"rowIndex": 9, "columnIndex": 3},
                "widthPixels": 600,
                "heightPixels": 371,
            }
        },
    }
    assert read() == [{"chartId": number} | added]


def test_charts_keep_what_was_said(batch: Any) -> None:
    """Ids, fonts, colours in both spellings and sizes that are given stay; plain zeros go."""
    given = spec(1, title="T", fontName="Lato", maximized=False)
    given["basicChart"]["series"][0] |= {"color": {"red": 1}, "dataLabel": {"type": "DATA"}}
    given["basicChart"]["axis"] = [{"position": "LEFT_AXIS", "title": "€"}]
    border = {"colorStyle": {"themeColor": "TEXT"}}
    place = anchor(widthPixels=100, offsetXPixels=5, offsetYPixels=0)
    one = {"chartId": 7, "spec": given, "position": place, "border": border}
    added = reply(batch({"addChart": {"chart": one}}))["chart"]
    assert added["chartId"] == 7
    assert added["spec"]["titleTextFormat"] == {"fontFamily": "Lato"}
    assert "maximized" not in added["spec"]
    basic = added["spec"]["basicChart"]
    assert basic["series"][0]["colorStyle"] == {"rgbColor": {"red": 1}}
    assert basic["series"][0]["dataLabel"]["textFormat"] == {"fontFamily": "Lato"}
    assert [a["position"] for a in basic["axis"]] == ["LEFT_AXIS", "BOTTOM_AXIS"]
    assert basic["axis"][0]["format"] == {"fontFamily": "Lato"}
    assert added["border"] == {"colorStyle": {"themeColor": "TEXT"}, "color": {}}
    size = {"offsetXPixels": 5, "widthPixels": 100, "heightPixels": 371}
    assert added["position"]["overlayPosition"] == {"anchorCell": {}} | size


NO_KIND = (
    "One of basicChart, pieChart, bubbleChart, candelstickChart, histogramChart, or orgChart must "
    "be set on chartSpec."
)
NO_PLACE = (
    "One of EmbeddedObjectPosition.overlayPosition or EmbeddedObjectPosition.sheetId must be set"
)
LINES = "ChartSourceRange ranges require all rows or all columns to have length of 1"


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"spec": {"title": "T"}}, NO_KIND),
        ({"spec": {}}, NO_KIND),
        ({"spec": {"pieChart": {"series": data(area(0, 2, 0, 2))}}}, LINES),
        ({"spec": {"pieChart": {"series": data(column(0, 77))}}}, "No grid with id: 77"),
        ({"position": {}}, NO_PLACE),
        (
            {"position": anchor(1000)},
            "GridCoordinate.rowIndex[1000] is after last row in grid[999]",
        ),
        (
            {"position": anchor(0, 26)},
            "GridCoordinate.columnIndex[26] is after last column in grid[25]",
        ),
        ({"position": anchor(0, 0, 77)}, "No grid with id: 77"),
        ({"position": anchor(-1)}, "GridCoordinate.rowIndex[-1] must not be negative"),
        ({"chartId": 7}, "An embedded object with id 7 already exists."),
    ],
)
def test_charts_are_refused(batch: Any, read: Any, more: Any, text: str) -> None:
    """A chart without a kind, a place in the grid or an id of its own is refused."""
    batch(chart(chartId=7))
    assert said(batch(chart(**more))) == text
    assert len(read()) == 1


@pytest.mark.parametrize(
    "request_",
    [
        {"addChart": {"chart": {"spec": spec(1) | {"sortSpecs": [{"dimensionIndex": 1}]}}}},
        {"insertComment": {}},
        {"addDataSource": {}},
    ],
)
def test_what_nobody_implements_says_so(batch: Any, request_: Any) -> None:
    """A chart of a data source, and comments in a batch, are 501."""
    status, answer = batch(request_)
    assert status in {400, 501}
    assert status == 501 or "Unknown name" in answer["error"]["message"]


def test_an_empty_chart_fails_as_in_google(batch: Any) -> None:
    """Google answers an internal error to a basic chart that reads nothing; so does the sandbox."""
    status, answer = batch(chart(spec={"basicChart": {"chartType": "LINE"}}))
    assert (status, answer["error"]["message"]) == (500, "Internal error encountered.")


def test_a_spec_is_replaced_as_a_whole(batch: Any, read: Any) -> None:
    """There is no mask for a spec: what the new one does not say is gone."""
    batch(chart(1, chartId=7))
    assert batch({"updateChartSpec": {"chartId": 7, "spec": spec(2, kind="BAR")}})[0] == 200
    (kept,) = read()
    assert "title" not in kept["spec"]
    assert kept["spec"]["basicChart"]["series"][0]["targetAxis"] == "BOTTOM_AXIS"
    assert said(batch({"updateChartSpec": {"chartId": 7, "spec": {"title": "x"}}})) == NO_KIND
    wrong = {"updateChartSpec": {"chartId": 8, "spec": spec(1)}}
    assert said(batch(wrong)) == "No chart with id: 8"


def test_objects_move(batch: Any, read: Any) -> None:
    """A position is changed by its mask, which all of an overlay position needs."""
    batch(chart(chartId=7), {"addSheet": {"properties": {"sheetId": 5}}})

    def move(place: Any, fields: str, number: int = 7) -> Any:
        change = {"objectId": number, "newPosition": place, "fields": fields}
        return batch({"updateEmbeddedObjectPosition": change})

    moved = reply(move(anchor(2, 2, widthPixels=50), "widthPixels"))["position"]
    kept = {"widthPixels": 50, "heightPixels": 371}
    assert moved["overlayPosition"] == {"anchorCell": {"rowIndex": 9, "columnIndex": 3}} | kept
    moved = reply(move(anchor(2, 2, 5), "*"))["position"]
    cell = {"sheetId": 5, "rowIndex": 2, "columnIndex": 2}
    size = {"widthPixels": 600, "heightPixels": 371}
    assert moved["overlayPosition"] == {"anchorCell": cell} | size
    assert read() == []
    assert [c["chartId"] for c in read(tab=1)] == [7]
    assert "At least one field" in said(move(anchor(1), ""))
    assert said(move(anchor(1), "*", 8)) == "No embedded object with id: 8"
    assert "Invalid field" in said(move(anchor(1), "overlayPosition"))


def test_borders_and_deletion(batch: Any, read: Any) -> None:
    """A border is set and taken away by its mask; a deleted chart is gone."""
    batch(chart(chartId=7))
    change: Any = {"objectId": 7, "border": {"color": {"blue": 1}}, "fields": "color"}
    batch({"updateEmbeddedObjectBorder": change})
    blue = {"blue": 1}
    assert read()[0]["border"] == {"color": blue, "colorStyle": {"rgbColor": blue}}
    batch({"updateEmbeddedObjectBorder": {"objectId": 7, "fields": "*"}})
    assert "border" not in read()[0]
    assert batch({"deleteEmbeddedObject": {"objectId": 7}})[0] == 200
    assert read() == []
    gone = said(batch({"deleteEmbeddedObject": {"objectId": 7}}))
    assert gone == "No embedded object with id: 7"


def test_charts_follow_rows_and_columns(batch: Any, read: Any) -> None:
    """Inserted, deleted and moved rows and columns move what a chart reads and where it lies."""
    batch(chart(1, 2, chartId=7))
    batch({"insertDimension": {"range": span("R", 2, 4)}})
    batch({"insertDimension": {"range": span("C", 0, 1)}})
    assert sources(read()[0]) == [area(0, 7, 2, 3), area(0, 7, 3, 4)]
    place = read()[0]["position"]["overlayPosition"]["anchorCell"]
    assert place == {"rowIndex": 11, "columnIndex": 4}
    batch({"deleteDimension": {"range": span("C", 2, 3)}})
    assert sources(read()[0]) == [area(0, 7, 2, 3)]
    batch({"deleteDimension": {"range": span("R", 10, 1002)}})
    place = read()[0]["position"]["overlayPosition"]["anchorCell"]
    assert place == {"rowIndex": 9, "columnIndex": 3}
    batch({"insertRange": {"range": area(0, 2, 2, 3), "shiftDimension": "ROWS"}})
    assert sources(read()[0]) == [area(2, 9, 2, 3)]
    batch({"moveDimension": {"source": span("C", 2, 3), "destinationIndex": 6}})
    assert sources(read()[0]) == [area(2, 9, 5, 6)]


def test_charts_read_other_tabs(batch: Any, read: Any) -> None:
    """A chart follows the tab that it reads, and loses what was read of a deleted one."""
    tab = {"addSheet": {"properties": {"sheetId": 5}}}
    both = spec(1, sheet=5)
    both["basicChart"]["series"].append({"series": data(column(1))})
    batch(tab, chart(spec=both, chartId=7))
    batch({"insertDimension": {"range": span("R", 0, 1, 5)}})
    assert sources(read()[0]) == [area(1, 6, 1, 2, 5), column(1)]
    batch({"deleteSheet": {"sheetId": 5}})
    assert sources(read()[0]) == [column(1)]
    assert "domains" in read()[0]["spec"]["basicChart"]


def test_objects_are_copied_with_their_tab(batch: Any, ask: Any, book: str, read: Any) -> None:
    """A copied tab has charts with ids of their own that read the copy."""
    tab = {"addSheet": {"properties": {"sheetId": 5}}}
    both = spec(1)
    both["basicChart"]["series"].append({"series": data(column(1, 5))})
    batch(tab, chart(spec=both, chartId=7))
    batch({"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 9, "insertSheetIndex": 2}})
    (copy,) = read(tab=2)
    assert copy["chartId"] != 7
    assert sources(copy) == [column(1, 9), column(1, 5)]
    assert copy["position"]["overlayPosition"]["anchorCell"]["sheetId"] == 9
    other = ask("POST", "/v4/spreadsheets", {})[1]["spreadsheetId"]
    path = f"/v4/spreadsheets/{book}/sheets/0:copyTo"
    copied = ask("POST", path, {"destinationSpreadsheetId": other})[1]["sheetId"]
    there = ask("GET", f"/v4/spreadsheets/{other}")[1]["sheets"][1]["charts"]
    assert sources(there[0]) == [column(1, copied)]
    batch({"deleteSheet": {"sheetId": 0}})
    assert [c["chartId"] for c in read(tab=1)] == [copy["chartId"]]


def test_new_books_take_charts(ask: Any) -> None:
    """A new spreadsheet may bring charts and slicers; they lie on the tab that carries them."""
    one = {"spec": spec(1, sheet=4), "position": {"overlayPosition": {}}}
    slicer = {"spec": {"dataRange": column(0, 4)}, "position": {"overlayPosition": {}}}
    tab = {"properties": {"sheetId": 4}, "charts": [one], "slicers": [slicer]}
    made = ask("POST", "/v4/spreadsheets", {"sheets": [tab]})[1]["sheets"][0]
    assert made["charts"][0]["position"]["overlayPosition"]["anchorCell"] == {"sheetId": 4}
    assert made["slicers"][0]["spec"]["applyToPivotTables"] is True


def test_charts_get_a_tab_of_their_own(
    batch: Any, ask: Any, book: str, read: Any, box: Sandbox
) -> None:
    """A tab for one chart is no grid: nothing reads or writes it, and it goes with its chart."""
    added = reply(batch(chart(at={"newSheet": True}, chartId=7)))["chart"]
    home = added["position"]["sheetId"]
    assert added["position"] == {"sheetId": home}
    path = f"/v4/spreadsheets/{book}"
    tab = ask("GET", f"{path}?includeGridData=true")[1]["sheets"][1]
    shown = {"sheetId": home, "title": "Chart1", "index": 1, "sheetType": "OBJECT"}
    assert tab == {"properties": shown, "charts": [added]}
    assert said(
        batch({"appendDimension": {"sheetId": home, "dimension": "ROWS", "length": 1}})
    ) == (f"No grid with id: {home}")
    assert said(batch(put(0, cells("x"), sheet=home))) == f"No grid with id: {home}"
    for text in ("Chart1", "Chart1!A1"):
        status, answer = ask("GET", f"{path}/values/{text}")
        assert (status, answer["error"]["message"]) == (400, f"Unable to parse range: {text}")
    taken = chart(at={"sheetId": home})
    assert said(batch(taken)) == (
        f"Cannot add chart to new sheet with ID: {home}, a sheet with that ID already exists."
    )
    rename = {"properties": {"sheetId": home, "title": "C", "index": 0}, "fields": "title,index"}
    assert batch({"updateSheetProperties": rename})[0] == 200
    assert ask("PUT", f"{path}/values/A1?valueInputOption=RAW", {"values": [["x"]]})[0] == 200
    copied = reply(batch({"duplicateSheet": {"sourceSheetId": home, "newSheetId": 8}}))
    assert copied["properties"]["sheetType"] == "OBJECT"
    for kind in ("text/csv", "application/pdf", "application/x-vnd.oasis.opendocument.spreadsheet"):
        export = f"{box.url}/drive/v3/files/{book}/export?mimeType={kind}"
        with urllib.request.urlopen(export, timeout=30) as answer:
            assert answer.read()
    last = "You can't remove all the sheets in a document."
    assert said(batch({"deleteSheet": {"sheetId": 0}})) == last
    batch({"deleteEmbeddedObject": {"objectId": 7}})
    titles = [s["properties"]["title"] for s in ask("GET", path)[1]["sheets"]]
    assert titles == ["Copy of C", "Sheet1"]
    (left,) = read()
    assert left["position"] == {"sheetId": 8}
    place = {"objectId": left["chartId"], "newPosition": anchor(1), "fields": "*"}
    assert batch({"updateEmbeddedObjectPosition": place})[0] == 200
    assert len(ask("GET", path)[1]["sheets"]) == 1
    place |= {"newPosition": {"newSheet": True}}
    moved = reply(batch({"updateEmbeddedObjectPosition": place}))["position"]
    assert moved == read(tab=1)[0]["position"]
    assert "existing sheet" in said(batch(slicer(at={"newSheet": True})))


def slicer(*, at: Any = None, **more: Any) -> Any:
    """Give an addSlicer request over the first two columns."""
    one = {"dataRange": area(0, 5, 0, 2), "columnIndex": 0, "title": "S"} | more
    return {"addSlicer": {"slicer": {"slicerId": 3, "spec": one, "position": at or anchor(0, 4)}}}


def hidden(ask: Any, book: str) -> list[int]:
    """Give the rows that filters hide."""
    path = f"/v4/spreadsheets/{book}?fields=sheets.data.rowMetadata.hiddenByFilter"
    rows = ask("GET", path)[1]["sheets"][0]["data"][0]["rowMetadata"]
    return [index for index, row in enumerate(rows) if row.get("hiddenByFilter")]


def test_slicers_hide_rows(batch: Any, ask: Any, book: str, read: Any) -> None:
    """What a slicer filters out is hidden as by a filter, until the slicer is changed or gone."""
    batch(put(0, cells("h", "n"), cells("a", 1), cells("b", 2), cells("a", 3)))
    criterion = {"hiddenValues": ["a"]}
    added = reply(batch(slicer(filterCriteria=criterion)))["slicer"]
    assert added["spec"] == {
        "dataRange": area(0, 5, 0, 2),
        "columnIndex": 0,
        "title": "S",
        "filterCriteria": criterion,
        "applyToPivotTables": True,
        "horizontalAlignment": "LEFT",
    }
    assert hidden(ask, book) == [1, 3]
    change = {"columnIndex": 1, "filterCriteria": {"hiddenValues": ["2"]}, "title": "no"}
    fields = "columnIndex,filterCriteria"
    batch({"updateSlicerSpec": {"slicerId": 3, "spec": change, "fields": fields}})
    assert hidden(ask, book) == [2]
    assert read("slicers")[0]["spec"]["title"] == "S"
    batch({"insertDimension": {"range": span("C", 0, 1)}})
    assert read("slicers")[0]["spec"]["columnIndex"] == 2
    assert hidden(ask, book) == [2]
    batch({"deleteEmbeddedObject": {"objectId": 3}})
    assert hidden(ask, book) == []


def test_slicers_are_refused(batch: Any) -> None:
    """A slicer needs a range with its column; a change needs a mask and a slicer."""
    assert said(batch(slicer(columnIndex=2))) == "Slicer column must be within range bounds"
    batch(slicer())
    assert "At least one field" in said(batch({"updateSlicerSpec": {"slicerId": 3}}))
    wrong = {"updateSlicerSpec": {"slicerId": 4, "fields": "*", "spec": {}}}
    assert said(batch(wrong)) == "No slicer with id: 4"
    assert said(batch(chart(chartId=3))) == "An embedded object with id 3 already exists."


def test_objects_are_protected(batch: Any) -> None:
    """Nobody else puts a chart on a protected tab."""
    batch({"addProtectedRange": {"protectedRange": {"range": {"sheetId": 0}}}})
    assert "protected" in said(batch(chart(), user="other@example.com"))


def test_objects_are_stored(tmp_path: Path, ask: Any) -> None:
    """Charts and slicers are there again after a restart."""
    path, found = tmp_path / "books.db", []
    one, other = chart()["addChart"]["chart"], slicer()["addSlicer"]["slicer"]
    with Sandbox(data=path) as box:
        body = {"sheets": [{"charts": [one], "slicers": [other]}]}
        book = ask("POST", "/v4/spreadsheets", body, base=box.url)[1]["spreadsheetId"]
        found.append(ask("GET", f"/v4/spreadsheets/{book}", base=box.url)[1]["sheets"])
    with Sandbox(data=path) as box:
        found.append(ask("GET", f"/v4/spreadsheets/{book}", base=box.url)[1]["sheets"])
    assert found[0] == found[1]
    assert {"charts", "slicers"} <= found[0][0].keys()
