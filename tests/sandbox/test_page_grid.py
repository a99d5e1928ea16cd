"""The page's grid in a real browser: panes, tabs, keys, filters, and its speed."""

from typing import Any

import pytest

from .test_page import cell, entry

expect = pytest.importorskip("playwright.sync_api").expect


def test_frozen_and_hidden_lines(open_page: Any, batch: Any, values: Any) -> None:
    """Frozen rows and columns stay in view; hidden ones leave, and an arrow brings them back."""
    values("A1:D4", [[f"{row}{column}" for column in "abcd"] for row in range(4)])
    frozen = {"gridProperties": {"frozenRowCount": 1, "frozenColumnCount": 1}}
    span = {"dimension": "ROWS", "startIndex": 2, "endIndex": 3}
    hidden = {"range": span, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
    fields = "gridProperties(frozenRowCount,frozenColumnCount)"
    batch(
        {"updateSheetProperties": {"properties": frozen, "fields": fields}},
        {"updateDimensionProperties": hidden},
    )
    page = open_page()
    expect(cell(page, 2, 0)).to_have_count(0)
    page.get_by_role("button", name="Show hidden rows").first.click()
    expect(cell(page, 2, 0)).to_have_text("2a")
    page.locator("#grid").evaluate("grid => grid.scrollTo(900, 9000)")
    expect(cell(page, 0, 0)).to_be_in_viewport()
    expect(page.locator("[data-line='0']")).to_be_in_viewport()
    expect(cell(page, 3, 3)).to_have_count(0)


def test_filter_hides_rows(open_page: Any, values: Any) -> None:
    """A value is unticked in a column's menu: its rows leave, the others keep their numbers."""
    values("A1:A4", [["Name"], ["Ada"], ["Bea"], ["Ada"]])
    page = open_page()
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("button", name="Filter column A").click()
    menu = page.locator("#filter")
    menu.get_by_label("Search values").fill("be")
    menu.get_by_label("Bea").uncheck()
    menu.get_by_role("button", name="OK").click()
    expect(cell(page, 2, 0)).to_have_count(0)
    expect(cell(page, 3, 0)).to_have_text("Ada")
    expect(page.get_by_role("button", name="Filter column A (active)")).to_be_visible()


def test_keys_move_and_select(open_page: Any, values: Any) -> None:
    """Arrows, jumps, ranges and fills work from the keyboard; the selection is summed up."""
    values("A1:B5", [[1, 2], [3, 4], [5, 6], ["", ""], [7, 8]])
    page = open_page()
    name = page.locator("#place")
    cell(page, 0, 0).click()
    for key, place in (
        ("Control+ArrowDown", "A3"),
        ("Control+ArrowRight", "B3"),
        ("Control+Home", "A1"),
        ("Control+End", "B5"),
        ("Shift+Tab", "A5"),
        ("Shift+Enter", "A4"),
        ("Control+ArrowUp", "A3"),
        ("Control+Shift+ArrowUp", "A1:A3"),
        ("Shift+ArrowRight", "A1:B3"),
    ):
        page.keyboard.press(key)
        expect(name).to_have_value(place)
    expect(page.locator("#sums")).to_contain_text("Sum: 21")
    cell(page, 0, 2).click()
    page.keyboard.type("=A1+B1")
    page.keyboard.press("Enter")
    expect(cell(page, 0, 2)).to_have_text("3")
    cell(page, 0, 2).click()
    cell(page, 2, 2).click(modifiers=["Shift"])
    page.keyboard.press("Control+d")
    expect(cell(page, 2, 2)).to_have_text("11")
    cell(page, 4, 4).click()
    page.keyboard.type("one")
    page.keyboard.press("Alt+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Escape")
    expect(cell(page, 4, 4)).to_have_text("")


def test_tabs_are_added_renamed_and_hidden(open_page: Any, ask: Any, book: str) -> None:
    """Tabs come, get a name, are copied and hidden, all from the bar at the bottom."""
    page = open_page()
    page.get_by_role("button", name="Add a tab").click()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Sheet2")
    page.get_by_role("tab", name="Sheet2").dblclick()
    page.get_by_label("Name of the tab").fill("People")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="People")).to_be_visible()
    page.get_by_role("tab", name="People").click(button="right")
    entry(page, "Duplicate").click()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Copy of People")
    page.get_by_role("tab", name="Copy of People").click(button="right")
    entry(page, "Hide sheet").click()
    expect(page.get_by_role("tab", name="Copy of People")).to_have_count(0)
    sheets = ask("GET", f"/v4/spreadsheets/{book}")[1]["sheets"]
    assert [s["properties"]["title"] for s in sheets] == ["Sheet1", "People", "Copy of People"]


def test_ten_thousand_rows_stay_quick(open_page: Any, batch: Any, values: Any) -> None:
    """10,000 rows of 30 columns: typing and scrolling wait for nobody, few cells are drawn."""
    grow = [
        {"appendDimension": {"dimension": d, "length": n}}
        for d, n in (("ROWS", 9000), ("COLUMNS", 4))
    ]
    batch(*grow)
    values("A1:AD10000", [[f"r{row} c{column}" for column in range(30)] for row in range(10_000)])
    page = open_page()
    expect(cell(page, 0, 0)).to_have_text("r0 c0")
    page.locator("#grid").evaluate("grid => grid.scrollTo(0, 9000 * 21)")
    expect(cell(page, 9001, 0)).to_have_text("r9001 c0")
    assert page.locator(".cell").count() < 1500
    frame_ms = page.evaluate(
        """async () => {
            const grid = document.getElementById("grid"), spent = [];
            for (let i = 0; i < 30; i++) {
                grid.scrollTop -= 300;
                const start = performance.now();
                grid.dispatchEvent(new Event("scroll"));
                spent.push(performance.now() - start);
                await new Promise(requestAnimationFrame);
            }
            return spent.sort((a, b) => a - b)[15];
        }"""
    )
    assert frame_ms < 60, frame_ms
    typed_ms = page.evaluate(
        """async () => {
            const editor = document.getElementById("editor"), spent = [];
            for (let i = 0; i < 7; i++) {
                const start = performance.now();
                editor.value = "quick";
                editor.dispatchEvent(new Event("input", { bubbles: true }));
                editor.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
                spent.push(performance.now() - start);
                await new Promise(requestAnimationFrame);
            }
            return Math.min(...spent);  // the others tell how busy the machine is
        }"""
    )
    assert typed_ms < 150, typed_ms
    page.keyboard.press("Control+Home")
    expect(cell(page, 0, 0)).to_have_text("quick")
