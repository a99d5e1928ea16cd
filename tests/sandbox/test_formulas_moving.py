"""References in formulas follow what happens to the cells that they name."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.sandbox.book.evaluate import Evaluator
from syncd.sandbox.book.formula import (
    Corner,
    Reference,
    Shift,
    offset,
    parse_reference,
    render_reference,
    respelled,
    rewrite,
    shift_reference,
    tokens,
)
from syncd.sandbox.book.model import Book, Sheet

Ask = Callable[..., Any]


def _span(dimension: str, start: int, end: int) -> Any:
    return {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": end}


def _grid(top: int, bottom: int, left: int, right: int) -> Any:
    return {
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }


INSERT_ROW = {"insertDimension": {"range": _span("ROWS", 2, 3)}}
DELETE_ROW = {"deleteDimension": {"range": _span("ROWS", 2, 3)}}
INSERT_COLUMN = {"insertDimension": {"range": _span("COLUMNS", 1, 2)}}
MOVE_ROW = {"moveDimension": {"source": _span("ROWS", 1, 2), "destinationIndex": 5}}
PUSH_DOWN = {"insertRange": {"range": _grid(1, 2, 0, 1), "shiftDimension": "ROWS"}}
PULL_UP = {"deleteRange": {"range": _grid(1, 2, 0, 1), "shiftDimension": "ROWS"}}
CUT = {
    "cutPaste": {
        "source": _grid(1, 2, 0, 1),
        "destination": {"rowIndex": 8, "columnIndex": 3},
        "pasteType": "PASTE_NORMAL",
    }
}


@pytest.mark.parametrize(
    ("act", "before", "after"),
    [
        (INSERT_ROW, "=A3", "=A4"),
        (INSERT_ROW, "=$A$3+a2", "=$A$4+a2"),
        (INSERT_ROW, "=SUM(A2:A5)", "=SUM(A2:A6)"),
        (INSERT_ROW, "=SUM(A1:A2)", "=SUM(A1:A2)"),
        (INSERT_ROW, "=SUM(A:A)", "=SUM(A:A)"),
        (INSERT_ROW, "=SUM(2:5)", "=SUM(2:6)"),
        (INSERT_ROW, "=SUM(A3:A)", "=SUM(A4:A)"),
        (INSERT_ROW, '="A3"&Sheet1!A3', '="A3"&Sheet1!A4'),
        (DELETE_ROW, "=A3", "=#REF!"),
        (DELETE_ROW, "=SUM(A2:A5)", "=SUM(A2:A4)"),
        (DELETE_ROW, "=SUM(A3:A5)", "=SUM(A3:A4)"),
        (DELETE_ROW, "=SUM(3:3)", "=SUM(#REF!)"),
        (INSERT_COLUMN, "=B1+A1", "=C1+A1"),
        (INSERT_COLUMN, "=SUM(A:B)", "=SUM(A:C)"),
        (MOVE_ROW, "=A2", "=A5"),
        (MOVE_ROW, "=A4", "=A3"),
        (PUSH_DOWN, "=A2+B2", "=A3+B2"),
        (PUSH_DOWN, "=SUM(A1:A3)", "=SUM(A1:A4)"),
        (PUSH_DOWN, "=SUM(A1:B3)", "=SUM(A1:B3)"),
        (PULL_UP, "=A2+A3", "=#REF!+A2"),
        (CUT, "=A2+A3", "=D9+A3"),
    ],
)
def test_references_follow_acts(batch: Ask, values: Ask, act: Any, before: str, after: str) -> None:
    """A formula out of the way of an act names the same cells after it."""
    values("Z1", [[before]], option="USER_ENTERED")
    status, answer = batch(act)
    assert status == 200, answer
    [row] = values("1:1", valueRenderOption="FORMULA")
    assert row[-1] == after


def test_references_follow_renamed_and_deleted_tabs(batch: Ask, values: Ask) -> None:
    """A formula names a tab by its new title, quoted where it must be, and breaks when it goes."""
    batch({"addSheet": {"properties": {"sheetId": 7, "title": "Other"}}})
    values("A1:A2", [["=Other!B2"], ["=SUM(Other!A:A)"]], option="USER_ENTERED")
    title = {"sheetId": 7, "title": "Bob's 日本 😀"}
    batch({"updateSheetProperties": {"properties": title, "fields": "title"}})
    values(quote("'Bob''s 日本 😀'!B2"), [[5]])
    quoted = "'Bob''s 日本 😀'"
    shown = values("A1:A2", valueRenderOption="FORMULA")
    assert shown == [[f"={quoted}!B2"], [f"=SUM({quoted}!A:A)"]]
    assert values("A1") == [["5"]]
    batch({"deleteSheet": {"sheetId": 7}})
    assert values("A1:A2", valueRenderOption="FORMULA") == [["=#REF!"], ["=SUM(#REF!)"]]
    assert values("A1:A2") == [["#REF!"], ["#REF!"]]


def test_copies_move_relative_references(batch: Ask, values: Ask) -> None:
    """A copied formula's relative references move along, its fixed ones stay."""
    values("B1", [["=A1+$A$1+A$1+$A1"]], option="USER_ENTERED")
    batch({"copyPaste": {"source": _grid(0, 1, 1, 2), "destination": _grid(1, 2, 2, 3)}})
    assert values("C2", valueRenderOption="FORMULA") == [["=B2+$A$1+B$1+$A2"]]


def test_names_stand_for_their_ranges(batch: Ask, values: Ask) -> None:
    """A named range works in a formula, its new name is written into it, a lost one is unknown."""
    values("A1:A2", [[1], [2]])
    named = {"namedRangeId": "n", "name": "prices", "range": _grid(0, 2, 0, 1)}
    batch({"addNamedRange": {"namedRange": named}})
    values("C1", [["=SUM(prices)"]], option="USER_ENTERED")
    assert values("C1") == [["3"]]
    renamed = {"namedRangeId": "n", "name": "costs"}
    batch({"updateNamedRange": {"namedRange": renamed, "fields": "name"}})
    assert values("C1", valueRenderOption="FORMULA") == [["=SUM(costs)"]]
    assert values("C1") == [["3"]]
    batch({"deleteNamedRange": {"namedRangeId": "n"}})
    assert values("C1") == [["#NAME?"]]


def test_formulas_speak_the_locale(ask: Ask, batch: Ask, values: Ask) -> None:
    """Where the comma is the decimal sign, arguments part at semicolons; a new locale respells."""
    locale = {"locale": "de_DE"}
    change = {"updateSpreadsheetProperties": {"properties": locale, "fields": "locale"}}
    values("A1", [["=SUM(1.5;2)&{1,2;3,4}"]], option="USER_ENTERED")
    assert values("A1", valueRenderOption="FORMULA") == [["=SUM(1.5,2)&{1,2;3,4}"]]
    assert batch(change)[0] == 200
    assert values("A1", valueRenderOption="FORMULA") == [["=SUM(1,5;2)&{1\\2;3\\4}"]]
    values("A1:A3", [["=SUM(1,5;2)"], ["=SUM(1,2)"], ['="1,5"*2']], option="USER_ENTERED")
    assert values("A1:A3") == [["3,5"], ["1,2"], ["3"]]


LAW = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

REFERENCES = st.builds(
    Reference,
    st.one_of(st.none(), st.text("aZ' é1!😀", min_size=1, max_size=6)),
    st.builds(Corner, st.integers(0, 700), st.integers(0, 9998), st.booleans(), st.booleans()),
    st.one_of(
        st.none(),
        st.builds(Corner, st.integers(0, 700), st.integers(0, 9998), st.booleans(), st.booleans()),
    ),
)


@LAW
@given(REFERENCES)
def test_references_are_read_as_written(reference: Reference) -> None:
    """A written reference is one token, and is read as the same reference."""
    text = render_reference(reference)
    assert tokens(text) == (("reference", text),)
    assert parse_reference(text) == reference


OPERANDS = st.sampled_from(
    (
        "A1",
        "$B$2:C3",
        "A:A",
        "$1:2",
        "B3:B",
        "'x y'!A1",
        "Sheet_2!B$3",
        '"A1"',
        "1.5",
        "name",
        "SUM(A1,$C3)",
        "{A1;B2}",
        "#REF!",
        "-D4%",
        "(E5)",
    )
)
FORMULAS = st.lists(
    st.tuples(OPERANDS, st.sampled_from(("+", "&", ",", ";", "<=", " * "))), min_size=1, max_size=8
).map(lambda parts: "".join(piece for part in parts for piece in part)[:-1])

PIECES = st.lists(
    st.sampled_from(
        (
            "A1",
            "$B$2:C3",
            "A:A",
            "1:2",
            "'x y'!A1",
            "SUM",
            "(",
            ")",
            ",",
            ";",
            "{",
            "}",
            "\\",
            '"a""b"',
            "1.5",
            "1,5",
            "+",
            "-",
            "<=",
            "&",
            "%",
            " ",
            "#REF!",
            "#N/A",
            "name",
            "é",
            "!",
            '"',
            "'",
            "FILTER",
            "ARRAYFORMULA",
            "IF",
            "INDEX",
            "SPLIT",
            "REGEXMATCH",
            "^",
            ":",
            "=",
        )
    ),
    max_size=25,
).map("".join)


@LAW
@given(st.one_of(PIECES, st.text(max_size=60)), st.booleans())
def test_tokens_join_back_to_the_text(text: str, comma: bool) -> None:
    """No character of a formula gets lost among its tokens."""
    assert "".join(piece for _, piece in tokens(text, comma)) == text
    assert rewrite("=" + text, lambda reference: reference) == "=" + text
    assert respelled(respelled("=" + text, comma, comma), comma, comma) == respelled(
        "=" + text, comma, comma
    )


@LAW
@given(FORMULAS, st.integers(0, 5), st.integers(1, 4), st.booleans())
def test_inserting_and_deleting_again_changes_nothing(
    text: str, at: int, by: int, is_rows: bool
) -> None:
    """What inserted lines did to a formula, deleting them undoes."""
    there = rewrite("=" + text, lambda r: shift_reference(r, Shift(is_rows, at, by)))
    back = rewrite(there, lambda r: shift_reference(r, Shift(is_rows, at, -by)))
    assert back == "=" + text


@LAW
@given(FORMULAS, st.integers(0, 5), st.integers(0, 5))
def test_copying_there_and_back_changes_nothing(text: str, down: int, right: int) -> None:
    """A formula copied away and back is the same."""
    assert offset(offset("=" + text, down, right), -down, -right) == "=" + text


@LAW
@given(st.one_of(PIECES, st.text(max_size=60)), st.sampled_from(["en_US", "de_DE"]))
def test_every_text_is_computed_to_something(text: str, locale: str) -> None:
    """No formula makes the evaluator fail."""
    book = Book("b", {"locale": locale, "timeZone": "Etc/GMT"}, [Sheet(0, {"title": "S"})])
    Evaluator(book, 0.0).formula(book.sheets[0], "=" + text)
