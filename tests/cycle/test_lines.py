"""Answers cut into rows without being decoded: always what decoding them gives."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.sheet.lines import BelowTitles, Grid, split

TRICKY = ["],[", "]]", '"values":[[', '"', "\\", '\\"],["', "]]}", "[[", "", "a", "ü€😀", "\n"]
CELL = st.one_of(
    st.sampled_from([*TRICKY, True, False, 1, 1.5, -0.0, 0, None]),
    st.text(alphabet='],["\\ab:{}', max_size=8),
)
TABLE = st.lists(st.lists(CELL, max_size=4), max_size=6)
TABLES = st.lists(TABLE, max_size=4)


def answer(tables: list[list[list[Any]]], title: str = "Tab", **how: Any) -> bytes:
    """Return an answer as Google writes it; an empty table has no values at all."""
    found = [
        {
            "valueRange": {"range": f"'{title}'!A1:Z9"} | ({"values": rows} if rows else {}),
            "dataFilters": [{"gridRange": {"sheetId": at}}],
        }
        for at, rows in enumerate(tables)
    ]
    body = {"spreadsheetId": title, "valueRanges": found}
    return json.dumps(body, **({"separators": (",", ":"), "ensure_ascii": False} | how)).encode()


def whole(content: bytes, before: list[Grid]) -> tuple[Any, list[Grid]]:
    """Return an answer with its tables put back, and the tables."""
    found, grids = split(content, before)
    for each in found["valueRanges"]:
        if isinstance(each["valueRange"].get("values"), int):
            each["valueRange"]["values"] = list(grids[each["valueRange"]["values"]])
    return found, grids


@given(TABLES, TABLES, st.sampled_from(["Tab", "]]", "],[", "it's"]))
def test_a_cut_answer_is_what_decoding_it_gives(
    first: list[Any], second: list[Any], title: str
) -> None:
    """Whatever stands in cells and titles, and whatever was read before."""
    before: list[Grid] = []
    for tables in (first, second, first):
        for how in ({}, {"indent": 2, "separators": None}, {"ensure_ascii": True}):
            content = answer(tables, title, **how)
            found, before = whole(content, before)
            assert repr(found) == repr(json.loads(content))
            for grid in before:
                grid.forget()


@given(TABLE, st.lists(st.tuples(st.integers(0, 5), st.lists(CELL, max_size=4)), max_size=2))
def test_changed_rows_are_those_that_read_otherwise(rows: list[Any], edits: list[Any]) -> None:
    """TRUE and 1 are not the same, and neither a number and its text."""
    rows = [["Name"], *rows, *[["same"]] * 20]
    _, (old,) = split(answer([rows]))
    later = list(rows)
    for at, row in edits:
        later[at % len(later)] = row
    _, (new,) = split(answer([later]), [old])
    expected = [at for at, row in enumerate(later) if json.dumps(row) != json.dumps(rows[at])]
    assert new.changed(old) == expected
    assert [repr(new[at]) for at in range(len(new))] == [repr(row) for row in later]
    assert new.changed(Grid([])) is None


def test_unchanged_rows_are_held_once() -> None:
    """A later answer shares the text of each row that did not change."""
    rows = [[f"row {number}", number] for number in range(50)]
    _, (old,) = split(answer([rows]))
    rows[7] = ["another", 7]
    _, (new,) = split(answer([rows]), [old])
    assert [at for at in range(50) if new.lines[at] is not old.lines[at]] == [7]


@pytest.mark.parametrize("at", [0, 255, 256, 511, 4999])
def test_long_tables_are_decoded_in_groups(at: int) -> None:
    """Rows are right wherever a group ends, brackets in a text included, and few stay decoded."""
    rows: list[list[Any]] = [[f"text {n}", n, n % 2 == 0] for n in range(5000)]
    rows[at][0] = 'a "],[" and a ],[ in a text'
    for odd in (rows, [["plain"], *rows[1:]]):
        (grid,) = split(answer([odd]))[1]
        below = BelowTitles(grid)
        assert list(grid) == odd
        assert list(below.values()) == odd[1:]
        assert grid[at] == odd[at]
        assert grid[-1] == odd[-1]
        assert grid[254:258] == odd[254:258]
        assert below.get(0) is None
        assert below.get(len(odd)) is None
        assert len(grid.groups) <= 16
