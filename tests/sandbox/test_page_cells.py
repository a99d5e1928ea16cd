"""What cells of the page offer, refuse and show, in a real browser."""

import re
from typing import Any

import pytest

from .test_page import cell, entry, paste

expect = pytest.importorskip("playwright.sync_api").expect


def rule(kind: str, *values: str, column: int = 0, **more: Any) -> Any:
    """Give the request that sets a validation rule on a column below its first row."""
    given = [{"userEnteredValue": text} for text in values]
    place = {"startRowIndex": 1, "startColumnIndex": column, "endColumnIndex": column + 1}
    condition = {"type": kind, **({"values": given} if given else {})}
    return {"setDataValidation": {"range": place, "rule": {"condition": condition, **more}}}


def test_lists_boxes_and_refusals(open_page: Any, batch: Any, values: Any) -> None:
    """A list narrows and fills in, a box flips, a strict rule says why and keeps the text."""
    values("A1:C2", [["List", "Box", "Loose"], ["Open", False, "odd"]])
    batch(
        rule("ONE_OF_LIST", "Open", "Closed", strict=True, showCustomUi=True),
        rule("BOOLEAN", column=1, strict=True),
        rule("ONE_OF_LIST", "x", column=2),
    )
    page = open_page()
    cell(page, 1, 0).dblclick()
    page.locator("#choices li", has_text="Closed").click()
    expect(cell(page, 1, 0)).to_have_text("Closed")
    cell(page, 2, 0).click()
    page.keyboard.type("op")
    page.keyboard.press("Enter")
    expect(cell(page, 2, 0)).to_have_text("Open")
    cell(page, 1, 1).locator(".check").click()
    expect(cell(page, 1, 1).locator(".check")).to_have_attribute("aria-checked", "true")
    page.keyboard.press("Space")
    expect(cell(page, 1, 1).locator(".check")).to_have_attribute("aria-checked", "false")
    expect(page.locator(".cell.bad")).to_have_text("odd")

    cell(page, 3, 0).click()
    page.keyboard.type("Nonsense")
    page.keyboard.press("Tab")
    expect(page.locator("#toast")).to_contain_text("following values: Open, Closed")
    expect(page.locator("#editor.open")).to_have_value("Nonsense")
    page.keyboard.press("Escape")
    expect(cell(page, 3, 0)).to_have_text("")
    page.wait_for_function("document.querySelector('#editor.open') === null")
    assert values("A2:B4") == [["Closed", "FALSE"], ["Open"]]


def test_cell_opened_before_its_row_has_come_learns_what_it_holds(
    open_page: Any, batch: Any, values: Any
) -> None:
    """A quick person opens a cell while its row is still on the way: text and list follow."""
    values("A1:A2", [["List"], ["Open"]])
    batch(rule("ONE_OF_LIST", "Open", "Closed", strict=True, showCustomUi=True))
    page = open_page()
    held: list[Any] = []
    waits = [True]

    def hold(request: Any) -> None:
        if waits:
            held.append(request)
        else:
            request.continue_()

    page.route(re.compile(r"/_sandbox/view/.*start="), hold)
    page.reload()
    cell(page, 1, 0).dblclick()
    expect(page.locator("#editor.open")).to_have_value("")
    waits.clear()
    for request in held:
        request.continue_()
    expect(page.locator("#editor.open")).to_have_value("Open")
    page.locator("#choices li", has_text="Closed").click()
    expect(cell(page, 1, 0)).to_have_text("Closed")


def test_protected_cells_refuse_and_warn(open_page: Any, batch: Any, values: Any) -> None:
    """A protected cell takes no text; one that only warns asks first."""
    values("A1:B1", [["theirs", "careful"]])
    one = {"endRowIndex": 1, "endColumnIndex": 1}
    other = {"endRowIndex": 1, "startColumnIndex": 1, "endColumnIndex": 2}
    batch({"addProtectedRange": {"protectedRange": {"range": one}}})
    batch({"addProtectedRange": {"protectedRange": {"range": other, "warningOnly": True}}})
    page = open_page()
    cell(page, 0, 0).click()
    page.keyboard.type("x")
    expect(page.locator("#toast")).to_contain_text("protected cell or object")
    cell(page, 0, 1).click()
    page.keyboard.type("y")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="OK").click()
    expect(cell(page, 0, 1)).to_have_text("y")
    expect(cell(page, 0, 0)).to_have_text("theirs")


def test_notes_colours_and_looks(open_page: Any, batch: Any, values: Any) -> None:
    """A note is written and read, a conditional colour shows, an error explains itself."""
    values("A1:C1", [["Refused", "=1/0", "=1+1"]], option="USER_ENTERED")
    formula = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": '=$A1="Refused"'}]}
    paint = {"backgroundColor": {"red": 1, "green": 0.8, "blue": 0.8}}
    area = {"endRowIndex": 1, "endColumnIndex": 2}
    boolean = {"condition": formula, "format": paint}
    batch({"addConditionalFormatRule": {"rule": {"ranges": [area], "booleanRule": boolean}}})
    page = open_page()
    expect(cell(page, 0, 0)).to_have_css("background-color", "rgb(255, 204, 204)")
    cell(page, 0, 1).hover()
    expect(page.locator("#tip")).to_contain_text("Error")
    cell(page, 0, 2).click(button="right")
    entry(page, "Insert note").click()
    page.locator("dialog textarea").fill("remember")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".cell.note")).to_have_text("2")
    cell(page, 0, 2).hover()
    expect(page.locator("#tip")).to_have_text("remember")
    expect(page.locator("#entry")).to_have_value("=1+1")


def test_undo_takes_back_own_acts_only(open_page: Any, values: Any, batch: Any) -> None:
    """Undo removes what one typed, inserted and sorted, and leaves what others wrote meanwhile."""
    values("A1:A3", [["c"], ["b"], ["a"]])
    page = open_page()
    cell(page, 0, 1).click()
    page.keyboard.type("typed")
    page.keyboard.press("Enter")
    cell(page, 1, 0).click(button="right")
    entry(page, "Insert 1 row above").click()
    expect(cell(page, 2, 0)).to_have_text("b")
    values("C1", [["theirs"]])
    expect(cell(page, 0, 2)).to_have_text("theirs")
    page.keyboard.press("Control+z")
    expect(cell(page, 1, 0)).to_have_text("b")
    page.keyboard.press("Control+z")
    expect(cell(page, 0, 1)).to_have_text("")
    assert values("A1:C3") == [["c", "", "theirs"], ["b"], ["a"]]
    page.keyboard.press("Control+y")
    expect(cell(page, 0, 1)).to_have_text("typed")
    assert batch({"addSheet": {"properties": {"title": "Other"}}})[0] == 200
    expect(page.get_by_role("tab", name="Other")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(cell(page, 0, 1)).to_have_text("")


def test_copy_moves_formulas_and_pasting_grows_the_grid(
    open_page: Any, values: Any, batch: Any, ask: Any, book: str
) -> None:
    """Within the page formulas move along; a table from elsewhere may be larger than the grid."""
    small = {"gridProperties": {"rowCount": 4, "columnCount": 3}}
    batch({"updateSheetProperties": {"properties": small, "fields": "gridProperties"}})
    values("A1:B2", [[1, "=A1*2"], [5]], option="USER_ENTERED")
    page = open_page()
    cell(page, 0, 1).click()
    page.keyboard.press("Control+c")
    cell(page, 1, 1).click()
    page.keyboard.press("Control+v")
    expect(cell(page, 1, 1)).to_have_text("10")
    cell(page, 2, 1).click()
    page.keyboard.press("Control+Shift+v")
    expect(cell(page, 2, 1)).to_have_text("2")
    cell(page, 3, 2).click()
    paste(page, "", "<table><tr><td>a<td>b</tr><tr><td>c<br>d<td>7</tr></table>")
    expect(cell(page, 4, 3)).to_have_text("7")
    grid = ask("GET", f"/v4/spreadsheets/{book}")[1]["sheets"][0]["properties"]["gridProperties"]
    assert (grid["rowCount"], grid["columnCount"]) == (5, 4)
    assert values("C4:D5") == [["a", "b"], ["c\nd", "7"]]
    cell(page, 0, 0).click()
    page.keyboard.press("Control+x")
    cell(page, 2, 0).click()
    page.keyboard.press("Control+v")
    expect(cell(page, 2, 0)).to_have_text("1")
    assert values("A1:B1", valueRenderOption="FORMULA") == [["", "=A3*2"]]
    cell(page, 0, 1).click()
    page.keyboard.press("Delete")
    expect(cell(page, 0, 1)).to_have_text("")
