"""Ranges as texts and by index: every spelling, what they are answered with, what is refused."""

import time
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.sandbox.book import a1
from syncd.sandbox.book.model import Area, Book, Sheet
from syncd.sandbox.errors import ApiError

SHEETS = ["Data", "R1C1", "RC", "A", "A1", "has!bang", "a:b", "It's", "Übersicht 😀", "שלום", " x "]


@pytest.fixture
def read(ask: Any, book: str, batch: Any) -> Any:
    """Give a function that reads from awkwardly titled tabs: the range, or the refusal."""
    batch(*({"addSheet": {"properties": {"title": title}}} for title in SHEETS))
    area = {"endRowIndex": 2, "endColumnIndex": 2}
    batch({"addNamedRange": {"namedRange": {"name": "corner", "range": area}}})

    def get(cells: str) -> str:
        status, answer = ask("GET", f"/v4/spreadsheets/{book}/values/{quote(cells, safe='')}")
        assert status in {200, 400}
        return str(answer["range"] if status == 200 else answer["error"]["message"])

    return get


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("A1", "Sheet1!A1"),
        ("a1", "Sheet1!A1"),
        ("$B$2:$c3", "Sheet1!B2:C3"),
        ("A01", "Sheet1!A1"),
        ("A5:A", "Sheet1!A5:A1000"),
        ("A1:1", "Sheet1!A1:Z1"),
        ("D4:A1", "Sheet1!A1:D4"),
        ("A1:AA5", "Sheet1!A1:Z5"),
        ("1:1001", "Sheet1!A1:Z1000"),
        ("A1:ZZZ9999999", "Sheet1!A1:Z1000"),
        ("A:ZZZ", "Sheet1!A1:Z1000"),
        ("Data", "Data!A1:Z1000"),
        ("data!B1", "Data!B1"),
        ("'Data'!B1", "Data!B1"),
        ("!A1", "Sheet1!A1"),
        ("''!A1", "Sheet1!A1"),
        ("!R[1]C[1]", "Sheet1!B2"),
        ("'R1C1'!A1", "'R1C1'!A1"),
        ("'RC'", "'RC'!A1:Z1000"),
        ("A", "A!A1:Z1000"),
        ("'A1'", "'A1'!A1:Z1000"),
        ("has!bang!A1", "'has!bang'!A1"),
        ("has!bang", "'has!bang'!A1:Z1000"),
        ("'has!bang'!A1", "'has!bang'!A1"),
        ("a:b!C3", "'a:b'!C3"),
        ("It's!A1", "'It''s'!A1"),
        ("'It''s'!A1", "'It''s'!A1"),
        ("'Übersicht 😀'!A1", "'Übersicht 😀'!A1"),
        ("שלום", "'שלום'!A1:Z1000"),
        ("' x '!A1", "' x '!A1"),
        ("corner", "Sheet1!A1:B2"),
        ("CORNER", "Sheet1!A1:B2"),
        ("Data!corner", "Sheet1!A1:B2"),
    ],
)
def test_ranges_are_read_in_every_spelling(read: Any, asked: str, answered: str) -> None:
    """A range is answered in Google's own spelling of it, cut to the grid."""
    assert read(asked) == answered


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("R1C1", "Sheet1!A1"),
        ("r2c3", "Sheet1!C2"),
        ("R01C01", "Sheet1!A1"),
        ("R[1]C[1]", "Sheet1!B2"),
        ("Data!R[3]C[1]", "Data!B4"),
        ("R1C1:R[2]C[2]", "Sheet1!A1:C3"),
        ("R1C1:R2000C50", "Sheet1!A1:Z1000"),
        ("R1", "Sheet1!R1"),
        ("C1:C2", "Sheet1!C1:C2"),
        ("R1C1:R2", "Sheet1!A1:Z2"),
        ("R1C1:C2", "Sheet1!A1:B1000"),
        ("R1C", "Sheet1!A1"),
        ("RC", "Sheet1!A1"),
        ("R", "Sheet1!A1"),
        ("R[1]", "Sheet1!A2:Z2"),
        ("C[1]", "Sheet1!B1:B1000"),
        ("R3C3:R1C1", "Sheet1!A1:C3"),
        ("R[2]C[2]:R[0]C[0]", "Sheet1!A1:C3"),
        ("R[1]C[1]:R1C1", "Sheet1!A1:B2"),
    ],
)
def test_ranges_are_read_by_number(read: Any, asked: str, answered: str) -> None:
    """R1C1 notation is read too, with offsets counted from the first cell."""
    assert read(asked) == answered


@pytest.mark.parametrize(
    "asked",
    [
        "NOPE!A5:F15",
        "NOPE",
        "!",
        "!Data",
        "Sheet1!",
        "Sheet1!B",
        "Sheet1!2",
        "Z",
        "2",
        "A0",
        "A1:A0",
        "A1:",
        ":A1",
        "A1:B2:C3",
        "-A1",
        "A-1",
        " A1",
        "A1 ",
        "Sheet1! A1",
        "A1: B2",
        "Sheet1 !A1",
        "R1 C1",
        "R0C1",
        "R[-1]C1",
        "R[+1]C1",
        "A1:R2C2",
        "R1C1:B2",
        "R2C2:R1C1",
        "R1C2:R1C1",
        "R[1]C[1]:R[0]C[0]",
        "R2:R1C1",
        "A99999999999",
        "R99999999999C1",
        "'Data!A1",
        "#REF!",
    ],
)
def test_ranges_that_cannot_be_read_are_named_back(read: Any, asked: str) -> None:
    """A text that is no range of the book is refused as it was sent."""
    assert read(asked) == f"Unable to parse range: {asked}"


@pytest.mark.parametrize(
    ("asked", "spelled"),
    [
        ("A1001", "Sheet1!A1001"),
        ("A1001:B1002", "Sheet1!A1001:B1002"),
        ("AA1", "Sheet1!AA1"),
        ("RC1", "Sheet1!RC1"),
        ("ZZ:ZZ", "Sheet1!ZZ"),
        ("AA:AB", "Sheet1!AA:AB"),
        ("C[26]", "Sheet1!AA"),
        ("R[1000]:R[1000]", "Sheet1!1001"),
        ("1001:1002", "Sheet1!1001:1002"),
        ("B1001:C", "Sheet1!B1001:C"),
        ("tab01", "Sheet1!TAB1"),
        ("ZZZ9999999", "Sheet1!ZZZ9999999"),
        ("Data!A2147483647", "Data!A2147483647"),
    ],
)
def test_ranges_that_begin_beyond_the_grid_are_refused(read: Any, asked: str, spelled: str) -> None:
    """A range may end beyond the grid, but it may not begin there."""
    limits = "exceeds grid limits. Max rows: 1000, max columns: 26"
    assert read(asked) == f"Range ({spelled}) {limits}"


def test_ranges_beyond_the_grid_are_written_as_far_as_it_goes(values: Any) -> None:
    """A range to write may end beyond the grid, as pygsheets names it; the values may not."""
    status, answer = values("A999:B1001", [["x"], ["y"]])
    assert (status, answer["updatedRange"]) == (200, "Sheet1!A999:A1000")
    status, answer = values("A999:B1001", [["x"], ["y"], ["z"]])
    assert status == 400
    assert answer["error"]["message"] == (
        "Range (Sheet1!A999:B1001) exceeds grid limits. Max rows: 1000, max columns: 26"
    )


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({"startRowIndex": -1}, "GridRange indexes must be >= 0"),
        (
            {"startRowIndex": 3, "endRowIndex": 2},
            "endRowIndex[2] cannot be before startRowIndex[3]",
        ),
        (
            {"startColumnIndex": 3, "endColumnIndex": 2},
            "endColumnIndex[2] cannot be before startColumnIndex[3]",
        ),
        ({"startRowIndex": 1000}, "Range (Sheet1!1001:) exceeds"),
        (
            {"startRowIndex": 1000, "startColumnIndex": 1, "endColumnIndex": 3},
            "Range (Sheet1!B1001:C) exceeds",
        ),
        ({"startColumnIndex": 26, "endColumnIndex": 27}, "Range (Sheet1!AA) exceeds"),
        (
            {"startRowIndex": 5, "endRowIndex": 5, "startColumnIndex": 26},
            "Range ((empty) Sheet1!AA6:5) exceeds",
        ),
        ({"endRowIndex": 0, "startColumnIndex": 26}, "Range (Sheet1!AA:0) exceeds"),
        ({"startColumnIndex": 18278}, "Range (Sheet1!) exceeds"),
        ({"startColumnIndex": 26, "endColumnIndex": 18279}, "Range (Sheet1!AA:) exceeds"),
        ({"startRowIndex": 2147483647}, "Range (Sheet1!-2147483648:) exceeds"),
    ],
)
def test_grid_ranges_are_refused_in_googles_words(batch: Any, bounds: Any, told: str) -> None:
    """A GridRange with impossible bounds is refused, and only its own edges are named."""
    status, answer = batch(
        {"repeatCell": {"range": {"sheetId": 0} | bounds, "cell": {}, "fields": "note"}}
    )
    assert status == 400
    assert told in answer["error"]["message"]


def test_grid_ranges_that_end_beyond_the_grid_are_cut(batch: Any, values: Any) -> None:
    """A GridRange may end anywhere, and means the cells that there are."""
    bounds = {"startRowIndex": 998, "endRowIndex": 2**31 - 1, "endColumnIndex": 20_000}
    cell = {"userEnteredValue": {"numberValue": 1}}
    began = time.monotonic()
    assert batch({"repeatCell": {"range": bounds, "cell": cell, "fields": "*"}})[0] == 200
    assert values("A999:ZZZ9999999") == [["1"] * 26] * 2
    assert time.monotonic() - began < 5


def test_data_filters_answer_once_a_range_in_order(ask: Any, book: str, values: Any) -> None:
    """Filters for one range share an answer; answers come by tab, column and row."""
    values("A1:B2", [["a", "b"], ["c", "d"]])
    path = f"/v4/spreadsheets/{book}/values:batchGetByDataFilter"
    corner = {"gridRange": {"sheetId": 0, "endRowIndex": 1, "endColumnIndex": 1}}
    nothing = {"gridRange": {"startRowIndex": 1, "endRowIndex": 1}}
    filters = [{"a1Range": "B1"}, {"a1Range": "A2"}, {"a1Range": "A1:A1"}, corner, nothing]
    found = ask("POST", path, {"dataFilters": filters})[1]["valueRanges"]
    assert [entry["valueRange"]["range"] for entry in found] == [
        "Sheet1!A1",
        "Sheet1!A2",
        "#REF!",
        "Sheet1!B1",
    ]
    bounds = {"gridRange": {"endRowIndex": 1, "endColumnIndex": 1}}
    assert found[0]["dataFilters"] == [{"a1Range": "A1:A1"}, bounds]
    assert found[2]["valueRange"] == {"range": "#REF!", "majorDimension": "ROWS"}


@pytest.mark.parametrize(
    ("data_filter", "of_values", "of_the_book"),
    [
        ({}, "Invalid dataFilter[0]: dataFilter.filter must be specified.", None),
        (
            {"gridRange": {"sheetId": 9}},
            "Invalid dataFilter[0]: No grid with id: 9",
            "No sheet with id: 9",
        ),
        (
            {"gridRange": {"startRowIndex": -1}},
            "Invalid dataFilter[0]: GridRange indexes must be >= 0",
            None,
        ),
        ({"a1Range": "No!A1"}, "Invalid dataFilter[0]: Unable to parse range: No!A1", None),
    ],
)
def test_data_filters_are_refused_in_googles_words(
    ask: Any, book: str, data_filter: Any, of_values: str, of_the_book: str | None
) -> None:
    """The methods for values say which filter is wrong; the one for books does not."""
    body, address = {"dataFilters": [data_filter]}, f"/v4/spreadsheets/{book}"
    status, answer = ask("POST", f"{address}/values:batchGetByDataFilter", body)
    assert (status, answer["error"]["message"]) == (400, of_values)
    status, answer = ask("POST", f"{address}:getByDataFilter", body)
    told = of_the_book or of_values.partition(": ")[2]
    assert (status, answer["error"]["message"]) == (400, told)


def test_data_filters_select_tabs_and_cells(ask: Any, book: str) -> None:
    """A book's filters choose its tabs; none means all, and one without cells shows none."""
    address = f"/v4/spreadsheets/{book}"
    assert len(ask("POST", f"{address}:getByDataFilter", {})[1]["sheets"]) == 1
    status, answer = ask("POST", f"{address}/values:batchGetByDataFilter", {})
    told = "Must specify at least one dataFilter."
    assert (status, answer["error"]["message"]) == (400, told)
    nothing = {"gridRange": {"startRowIndex": 1, "endRowIndex": 1}}
    body = {"dataFilters": [nothing, nothing], "includeGridData": True}
    shown = ask("POST", f"{address}:getByDataFilter", body)[1]["sheets"][0]["data"]
    assert shown == [{"startRow": 1, "columnMetadata": [{"pixelSize": 100}] * 26}]


TITLES = st.text(min_size=1, max_size=12) | st.sampled_from([*SHEETS, "R2", "1", "TRUE", "a'b'c!"])


def _book(*titles: str) -> Book:
    sheets = [Sheet(number, {"title": title}) for number, title in enumerate(titles)]
    return Book("book", {}, sheets)


@given(TITLES, st.integers(0, 999), st.integers(0, 999), st.integers(0, 25), st.integers(0, 25))
def test_ranges_are_read_as_they_are_spelled(
    title: str, top: int, bottom: int, left: int, right: int
) -> None:
    """What an answer calls a range is read as that range, whatever its tab is called."""
    book = _book("Sheet1", title) if title.casefold() != "sheet1" else _book("x", title)
    area = Area(1, min(top, bottom), max(top, bottom) + 1, min(left, right), max(left, right) + 1)
    assert a1.parse_a1(book, a1.render(book, area)) == area


@given(
    st.lists(
        st.sampled_from(
            ["A", "ZZZ", "1", "0", "9999999", ":", "!", "'", "$", "R", "C", "[", "]", " "]
        )
        | st.text(max_size=3),
        max_size=12,
    ).map("".join),
    TITLES,
)
def test_any_text_is_a_range_or_refused(text: str, title: str) -> None:
    """No text breaks the reading of ranges: it is a range of the grid, or Google's refusal."""
    book = _book("Sheet1", title)
    for clamp in (True, False):
        try:
            area = a1.parse_a1(book, text, clamp=clamp)
        except ApiError as refusal:
            assert refusal.code == 400
        else:
            assert 0 <= area.top < area.bottom <= 1000
            assert 0 <= area.left < area.right <= 26


@pytest.mark.parametrize("text", ["A" * 50_000, "'" * 50_000, "!" * 50_000, "A1:" * 20_000])
def test_long_ranges_are_refused_at_once(text: str) -> None:
    """No text takes long to be refused."""
    began = time.monotonic()
    with pytest.raises(ApiError):
        a1.parse_a1(_book("Sheet1"), text)
    assert time.monotonic() - began < 1
