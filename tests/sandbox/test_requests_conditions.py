"""What conditions mean: of filters, and of rules that the page holds people to."""

from typing import Any

import pytest

from syncd.sandbox.book.conditions import accepts, entered
from syncd.sandbox.book.model import Book, Cell, Row, Sheet
from syncd.sandbox.book.render import default_properties
from tests.sandbox.batches import area, cells, put


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        (("NUMBER_GREATER", "1"), ["2", "10"]),
        (("NUMBER_BETWEEN", "10", "2"), ["2", "10"]),
        (("NUMBER_NOT_BETWEEN", "2", "10"), ["1"]),
        (("TEXT_CONTAINS", "AN"), ["Banana"]),
        (("TEXT_STARTS_WITH", "b"), ["Banana"]),
        (("TEXT_NOT_CONTAINS", "a"), ["1", "2", "10", ""]),
        (("TEXT_EQ", "2"), ["2"]),
        (("BLANK",), [""]),
        (("NOT_BLANK",), ["1", "2", "10", "Banana"]),
        (("CUSTOM_FORMULA", "=A2=2"), ["2"]),
        (("NUMBER_EQ", "=1+1"), ["2"]),
    ],
)
def test_a_filter_shows_what_meets_its_condition(
    batch: Any, ask: Any, book: str, condition: tuple[str, ...], shown: list[str]
) -> None:
    """Rows whose cell does not meet the condition are hidden by the filter."""
    texts = ["1", "2", "10", "Banana", ""]
    batch(put(0, cells("h"), cells(1), cells(2), cells(10), cells("Banana")))
    kind, *values = condition
    given: dict[str, Any] = {"type": kind}
    if values:
        given["values"] = [{"userEnteredValue": value} for value in values]
    criteria = {"0": {"condition": given}}
    batch({"setBasicFilter": {"filter": {"range": area(0, 6, 0, 1), "criteria": criteria}}})
    path = f"/v4/spreadsheets/{book}?includeGridData=true&ranges=A2:A6"
    rows = ask("GET", path)[1]["sheets"][0]["data"][0]["rowMetadata"]
    found = [text for text, row in zip(texts, rows, strict=True) if not row.get("hiddenByFilter")]
    assert found == shown


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        (("ONE_OF_LIST", "a", "2"), ["a", "2", "=A9", ""], ["b", "A"]),
        (("ONE_OF_RANGE", "=Sheet1!$C$1:$C$3"), ["x", "5"], ["y"]),
        (("NUMBER_GREATER", "3"), ["4", "3.5"], ["3", "word"]),
        (("DATE_IS_VALID",), ["2020-01-31"], ["soon"]),
        (("DATE_ON_OR_AFTER", "2020-01-31"), ["2020-01-31"], ["2020-01-30"]),
        (("TEXT_IS_EMAIL",), ["a@b.org"], ["a@b"]),
        (("TEXT_IS_URL",), ["https://a.org/x", "b.org"], ["word"]),
        (("BOOLEAN",), ["TRUE", "false"], ["yes"]),
    ],
)
def test_a_strict_rule_tells_what_people_may_type(
    condition: Any, good: list[str], bad: list[str]
) -> None:
    """The page can ask before it takes what somebody typed; the API never does."""
    kind, *values = condition
    given: dict[str, Any] = {"type": kind}
    if values:
        given["values"] = [{"userEnteredValue": value} for value in values]
    for strict in (True, False):
        rule = {"condition": given, "strict": strict}
        rows = [Row({0: Cell(None, None, None, rule), 2: Cell("x")}), Row({2: Cell(5)})]
        sheet = Sheet(0, {"title": "Sheet1"}, rows=rows)
        book = Book("book", default_properties("Book"), [sheet])
        typed = {text: accepts(book, sheet, 0, 0, entered(book, text)) for text in good + bad}
        assert all(typed[text] for text in good)
        assert all(typed[text] is not strict for text in bad)
