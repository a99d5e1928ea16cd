"""The page in a real browser: people edit, and others see it."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from syncd.sandbox import Sandbox

playwright = pytest.importorskip("playwright.sync_api")

OPTIONS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
]


@pytest.fixture
def browser() -> Iterator[Any]:
    """Give a headless browser."""
    names = ("chromium", "google-chrome")
    found = os.environ.get("SYNCD_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None and os.environ.get("SYNCD_BROWSER_REQUIRED"):
        pytest.fail("no browser found, and CI has to have one")
    if found is None:
        pytest.skip("no chromium or google-chrome found, and SYNCD_CHROMIUM is not set")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=found, args=OPTIONS)
        yield started
        started.close()


def cell(page: Any, row: int, column: int) -> Any:
    """Find a cell on the page, row and column counted from 0."""
    return page.locator(f"[data-row='{row}'] [data-column='{column}']")


def test_people_edit_on_the_page_and_others_follow(
    box: Sandbox, browser: Any, ask: Any, values: Any, batch: Any, book: str
) -> None:
    """An edit, an inserted and a deleted row reach the book and a second person's page."""
    values("A1:C3", [["Name", "Status", "Fans"], ["Ada", "", 12], ["Bea", "Refused: why", 7]])
    options = [{"userEnteredValue": text} for text in ("Open", "Closed")]
    column = {"startRowIndex": 1, "startColumnIndex": 1, "endColumnIndex": 2}
    formula = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": '=LEFT($B2,7)="Refused"'}]}
    paint = {"backgroundColor": {"red": 1, "green": 0.8, "blue": 0.8}}
    rule = {
        "ranges": [{"startRowIndex": 1, "endColumnIndex": 3}],
        "booleanRule": {"condition": formula, "format": paint},
    }
    frozen = {"gridProperties": {"frozenRowCount": 1}}
    span = {"dimension": "COLUMNS", "startIndex": 3, "endIndex": 4}
    batch(
        {
            "setDataValidation": {
                "range": column,
                "rule": {"condition": {"type": "ONE_OF_LIST", "values": options}},
            }
        },
        {"addConditionalFormatRule": {"rule": rule}},
        {"updateSheetProperties": {"properties": frozen, "fields": "gridProperties"}},
        {
            "updateDimensionProperties": {
                "range": span,
                "properties": {"hiddenByUser": True},
                "fields": "hiddenByUser",
            }
        },
    )
    address = f"{box.url}/spreadsheets/d/{book}/edit"
    mine, hers = browser.new_context().new_page(), browser.new_context().new_page()
    failures: list[str] = []
    for page in (mine, hers):
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(address)
        playwright.expect(cell(page, 1, 0)).to_have_text("Ada")
    playwright.expect(cell(mine, 2, 1)).to_have_css("background-color", "rgb(255, 204, 204)")
    assert cell(mine, 1, 3).count() == 0

    cell(mine, 1, 0).dblclick()
    mine.keyboard.type(" L")
    mine.keyboard.press("Enter")
    playwright.expect(cell(hers, 1, 0)).to_have_text("Ada L", timeout=2000)

    cell(mine, 1, 1).dblclick()
    mine.locator("#choices li", has_text="Closed").click()
    playwright.expect(cell(hers, 1, 1)).to_have_text("Closed", timeout=2000)

    hers.locator("#who").fill("Zoë")
    hers.locator("#who").press("Tab")
    cell(hers, 2, 0).click(button="right")
    hers.locator("#menu [data-act=above]").click()
    playwright.expect(cell(mine, 3, 0)).to_have_text("Bea", timeout=2000)
    cell(mine, 2, 0).click()
    mine.keyboard.type("New")
    mine.keyboard.press("Tab")
    playwright.expect(cell(hers, 2, 0)).to_have_text("New", timeout=2000)
    if "SYNCD_SCREENSHOT" in os.environ:
        mine.screenshot(path=os.environ["SYNCD_SCREENSHOT"])

    cell(mine, 3, 0).click()
    mine.get_by_role("button", name="Delete rows").click()
    playwright.expect(cell(hers, 3, 0)).to_have_text("", timeout=2000)
    assert values("A1:B4") == [["Name", "Status"], ["Ada L", "Closed"], ["New"]]
    actors = {entry["actor"] for entry in ask("GET", f"/_sandbox/revisions/{book}")[1]}
    assert {"team", "Zoë"} <= actors
    assert failures == []


def test_only_visible_rows_are_in_the_document(
    browser: Any, box: Sandbox, batch: Any, values: Any, book: str
) -> None:
    """Ten thousand rows scroll, with a hundred of them in the document at most."""
    batch({"appendDimension": {"dimension": "ROWS", "length": 9500}})
    values("A1:A10500", [[f"row {n}"] for n in range(10_500)])
    page = browser.new_context().new_page()
    page.goto(f"{box.url}/spreadsheets/d/{book}/edit")
    playwright.expect(cell(page, 0, 0)).to_have_text("row 0")
    page.locator("#grid").evaluate("grid => grid.scrollTo(0, 9000 * 24)")
    playwright.expect(cell(page, 9001, 0)).to_have_text("row 9001")
    assert page.locator(".body .line").count() < 100
