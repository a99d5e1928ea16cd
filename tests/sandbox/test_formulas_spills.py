"""Results that fill more than their own cell, long chains, circles and hostile formulas."""

import time
from collections.abc import Callable
from typing import Any

import pytest

Ask = Callable[..., Any]


def test_spill_shows_in_cells_that_hold_nothing(ask: Ask, book: str, values: Ask) -> None:
    """Spilled cells have an effective value and a formatted one, and nothing was entered there."""
    values("A1:A3", [[3], [1], [3]])
    values("C1", [["=UNIQUE(A1:A3)"]], option="USER_ENTERED")
    assert values("C1:C9") == [["3"], ["1"]]
    assert values("C1:C9", valueRenderOption="FORMULA") == [["=UNIQUE(A1:A3)"], [1]]
    cells = "userEnteredValue,effectiveValue,formattedValue"
    query = f"ranges=C2&fields=sheets.data.rowData.values({cells})"
    found = ask("GET", f"/v4/spreadsheets/{book}?{query}")[1]
    cell = found["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert cell == {"effectiveValue": {"numberValue": 1}, "formattedValue": "1"}


def test_spill_is_blocked_by_contents_and_heals(ask: Ask, book: str, values: Ask) -> None:
    """Typing into a spilled cell breaks the spill, clearing the cell heals it."""
    values("A1", [["={1,2;3,4}"]], option="USER_ENTERED")
    values("B2", [["mine"]])
    assert values("A1:B2") == [["#REF!"], ["", "mine"]]
    query = "ranges=A1&fields=sheets.data.rowData.values.effectiveValue"
    found = ask("GET", f"/v4/spreadsheets/{book}?{query}")[1]
    error = found["sheets"][0]["data"][0]["rowData"][0]["values"][0]["effectiveValue"]
    assert error["errorValue"] == {
        "type": "REF",
        "message": "Array result was not expanded because it would overwrite data in B2.",
    }
    values("B2", [[""]])
    assert values("A1:B2") == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("=ARRAYFORMULA(A1:A3*2)", [["6"], ["2"], ["4"]]),
        ("=ARRAYFORMULA(A1:A3&B1:B3)", [["3c"], ["1a"], ["2b"]]),
        ("=ARRAYFORMULA(IF(A1:A3>1,B1:B3,))", [["c"], [], ["b"]]),
        ("=ARRAYFORMULA(VLOOKUP({1;2},A1:B3,2,FALSE))", [["a"], ["b"]]),
        ("=SORT(A1:B3)", [["1", "a"], ["2", "b"], ["3", "c"]]),
        ("=SORT(A1:B3,1,FALSE)", [["3", "c"], ["2", "b"], ["1", "a"]]),
        ("=FILTER(B1:B3,A1:A3>1)", [["c"], ["b"]]),
        ("=FILTER(B1:B3,A1:A3>9)", [["#N/A"]]),
        ("=TRANSPOSE(A1:A3)", [["3", "1", "2"]]),
        ("=SEQUENCE(2,2,5,5)", [["5", "10"], ["15", "20"]]),
        ('=SPLIT("a,1",",")', [["a", "1"]]),
        ("=INDEX(A1:B3,0,2)", [["c"], ["a"], ["b"]]),
        ('={A1:A2,B1:B2;"x","y"}', [["3", "c"], ["1", "a"], ["x", "y"]]),
        ("={1,2;3}", [["#VALUE!"]]),
        ("=SUM(ARRAYFORMULA(A1:A3*2))", [["12"]]),
        ("=SEQUENCE(2000)", [["#REF!"]]),
    ],
)
def test_spill_of_each_kind(values: Ask, formula: str, shown: list[list[str]]) -> None:
    """Functions that give arrays fill the cells from theirs on."""
    values("A1:B3", [[3, "c"], [1, "a"], [2, "b"]])
    values("D1", [[formula]], option="USER_ENTERED")
    assert values("D1:H9") == shown


def test_spill_counts_as_contents(ask: Ask, book: str, batch: Ask, values: Ask) -> None:
    """Other formulas, appended rows and pasted values see spilled cells."""
    values("A1", [["=SEQUENCE(3)"]], option="USER_ENTERED")
    values("C1", [["=SUM(A:A)"]], option="USER_ENTERED")
    assert values("C1") == [["6"]]
    path = f"/v4/spreadsheets/{book}/values/A1:append?valueInputOption=RAW"
    answer = ask("POST", path, {"values": [["next"]]})[1]
    assert answer["tableRange"] == "Sheet1!A1:A3"
    assert answer["updates"]["updatedRange"] == "Sheet1!A4"
    source = {"startRowIndex": 0, "endRowIndex": 3, "startColumnIndex": 0, "endColumnIndex": 1}
    goal = {"startRowIndex": 0, "endRowIndex": 3, "startColumnIndex": 4, "endColumnIndex": 5}
    batch({"copyPaste": {"source": source, "destination": goal, "pasteType": "PASTE_VALUES"}})
    assert values("E1:E3", valueRenderOption="FORMULA") == [[1], [2], [3]]


def test_formulas_in_a_circle_say_so(ask: Ask, book: str, values: Ask) -> None:
    """Every cell of a circle shows the error, also where another would catch it."""
    formulas = [["=A2"], ["=IFERROR(A3,5)"], ["=A1"], ["=A1+1"], ["=IF(TRUE,1,A5)"]]
    values("A1:A5", formulas, option="USER_ENTERED")
    assert values("A1:A5") == [["#REF!"], ["#REF!"], ["#REF!"], ["#REF!"], ["1"]]
    query = "ranges=A1&fields=sheets.data.rowData.values.effectiveValue"
    found = ask("GET", f"/v4/spreadsheets/{book}?{query}")[1]
    error = found["sheets"][0]["data"][0]["rowData"][0]["values"][0]["effectiveValue"]
    assert error["errorValue"]["message"].startswith("Circular dependency detected. To resolve")


def test_long_chains_are_computed(batch: Ask, values: Ask) -> None:
    """Ten thousand cells that build on each other are computed, from either end."""
    grid = {"sheetId": 0, "gridProperties": {"rowCount": 10_000}}
    batch({"updateSheetProperties": {"properties": grid, "fields": "gridProperties.rowCount"}})
    down = [[1, "=B2+1"]] + [[f"=A{n}+1", f"=B{n + 2}+1"] for n in range(1, 9_999)]
    batch({"appendDimension": {"dimension": "ROWS", "length": 9000}})
    values("A1:B10000", [*down, ["=A9999+1", 1]], option="USER_ENTERED")
    assert values("A10000") == [["10000"]]
    assert values("B1") == [["10000"]]


HOSTILE = [
    '=REPT("x",1E9)',
    "=SEQUENCE(1E9)",
    "=SUM(A1:ZZZ9999999)",
    "=" + "(" * 20_000 + "1" + ")" * 20_000,
    "=" + "-" * 40_000 + "1",
    "=1" + "%" * 40_000,
    '=REGEXMATCH("' + "a" * 3000 + '!","(a+)+$")',
    '=REGEXMATCH(REPT("a",50000),"a*a*a*a*b")',
    "=9^9^9^9",
    "=DATE(1E300,1,1)",
    "=CHAR(1E300)",
    '=INDIRECT(REPT("A",50000))',
    '=SUBSTITUTE(REPT("a",50000),"a",REPT("b",50000))',
    '=JOIN(REPT("x",50000),SEQUENCE(1000))',
    "=" + "{" * 500,
]


@pytest.mark.parametrize("formula", HOSTILE, ids=lambda text: text[:30])
def test_hostile_formulas_give_errors_at_once(values: Ask, formula: str) -> None:
    """What would never end or fill all memory shows an error, soon."""
    started = time.monotonic()
    values("C1", [[formula]], option="USER_ENTERED")
    shown = values("C1")[0][0]
    assert shown.startswith(("#", "Loading"))
    assert time.monotonic() - started < 20


def test_counts_by_criteria_stay_quick_beside_an_array(values: Ask, batch: Ask) -> None:
    """A thousand counts over columns of ten thousand rows look values up instead of reading all."""
    batch({"appendDimension": {"dimension": "ROWS", "length": 9000}})
    values("A1:B10000", [[f"k{row % 1000}", row] for row in range(10_000)])
    values("D1", [["=ARRAYFORMULA(B1:B1000*2)"]], option="USER_ENTERED")
    counts = [[f'=COUNTIFS(A$1:A$10000,A{n},B$1:B$10000,">{n}")'] for n in range(1, 1001)]
    values("E1:E1000", counts, option="USER_ENTERED")
    started = time.monotonic()
    assert values("D1:E2") == [["0", "9"], ["2", "9"]]
    assert time.monotonic() - started < 10


def test_long_formulas_without_nesting_are_computed(values: Ask) -> None:
    """Twenty thousand operators in a row are no nesting."""
    values("C1", [["=" + "1+" * 20_000 + "1"]], option="USER_ENTERED")
    assert values("C1") == [["20001"]]


def test_implied_formats_are_effective_only(ask: Ask, book: str, values: Ask) -> None:
    """A day plus one shows as a day; the format is in the look and not among what was entered."""
    values("A1:C1", [["2024-02-28", "=A1+1", "=NOW()"]], option="USER_ENTERED")
    assert values("B1") == [["2024-02-29"]]
    fields = "sheets.data.rowData.values(userEnteredFormat,effectiveFormat.numberFormat)"
    found = ask("GET", f"/v4/spreadsheets/{book}?ranges=B1:C1&fields={fields}")[1]
    day, now = found["sheets"][0]["data"][0]["rowData"][0]["values"]
    kept = {"numberFormat": {"type": "DATE", "pattern": "yyyy-mm-dd"}}
    assert day == {"effectiveFormat": kept}
    assert now == {"effectiveFormat": {"numberFormat": {"type": "DATE_TIME"}}}
