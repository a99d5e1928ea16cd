"""The page in a real browser: people edit together, and nothing that was typed is lost."""

import urllib.error
import urllib.request
from typing import Any

import pytest

from syncd.sandbox import Sandbox

expect = pytest.importorskip("playwright.sync_api").expect
SOON_MS = 1000


def cell(page: Any, row: int, column: int) -> Any:
    """Find a cell on the page, row and column counted from 0."""
    return page.locator(f"[data-row='{row}'] [data-column='{column}']")


def entry(page: Any, name: str) -> Any:
    """Find an entry of the open menu."""
    return page.locator("#menu [role^=menuitem]").filter(has_text=name).first


def paste(page: Any, text: str, html: str = "") -> None:
    """Put a text, and a table if given, on the clipboard, and press Ctrl+V."""
    page.evaluate(
        """([text, html]) => navigator.clipboard.write([new ClipboardItem({
            "text/plain": new Blob([text], {type: "text/plain"}),
            ...(html ? {"text/html": new Blob([html], {type: "text/html"})} : {}),
        })])""",
        [text, html],
    )
    page.keyboard.press("Control+v")


def test_people_edit_together(open_page: Any, ask: Any, values: Any, book: str) -> None:
    """Edits, pasted blocks, sorts and inserted rows reach the other person within a second."""
    values("A1:C4", [["Name", "Age", "Id"], ["Cleo", 3, "c"], ["Ada", 9, "a"], ["Bea", 5, "b"]])
    mine, hers = open_page(), open_page("Zoë")
    cell(mine, 5, 0).click()
    mine.keyboard.type("Dora")
    mine.keyboard.press("Enter")
    expect(cell(mine, 5, 0)).to_have_text("Dora", timeout=100)
    expect(cell(hers, 5, 0)).to_have_text("Dora", timeout=SOON_MS)
    expect(hers.locator(".person").first).to_contain_text("team")
    expect(mine.locator(".person").first).to_contain_text("Zoë")

    cell(mine, 6, 0).click()
    paste(mine, 'Eve\t4\n"two\nlines"\t=B7+1\n')
    expect(cell(hers, 7, 1)).to_have_text("5", timeout=SOON_MS)
    assert values("A7:B8") == [["Eve", "4"], ["two\nlines", "5"]]

    hers.get_by_role("button", name="Filter", exact=True).click()
    hers.get_by_role("button", name="Filter column A").click()
    hers.get_by_role("button", name="Sort A to Z").click()
    expect(cell(mine, 1, 0)).to_have_text("Ada", timeout=SOON_MS)
    expect(cell(mine, 1, 2)).to_have_text("a")

    cell(hers, 2, 0).click(button="right")
    entry(hers, "Insert 1 row above").click()
    expect(cell(mine, 3, 0)).to_have_text("Bea", timeout=SOON_MS)
    actors = {entry["actor"] for entry in ask("GET", f"/_sandbox/revisions/{book}")[1]}
    assert {"team", "Zoë"} <= actors


def test_sorting_selected_columns_leaves_the_others(open_page: Any, values: Any) -> None:
    """Sort range over two of three columns tears rows apart, exactly as Sheets does."""
    values("A1:C3", [["c", 1, "x"], ["a", 2, "y"], ["b", 3, "z"]])
    page = open_page()
    page.locator("[data-letter='0']").click()
    page.locator("[data-letter='1']").click(modifiers=["Shift"])
    page.locator("[data-letter='1']").click(button="right")
    entry(page, "Sort range A to Z").click()
    expect(cell(page, 0, 0)).to_have_text("a")
    assert values("A1:C3") == [["a", "2", "x"], ["b", "3", "y"], ["c", "1", "z"]]


def test_typed_text_follows_its_row(open_page: Any, values: Any, batch: Any) -> None:
    """Rows come and the sheet is sorted while somebody types: the text lands in its own row."""
    values("A1:B4", [["d", 1], ["c", 2], ["b", 3], ["a", 4]])
    page = open_page()
    cell(page, 1, 1).click()
    page.keyboard.type("mine")
    above = {"dimension": "ROWS", "startIndex": 0, "endIndex": 2}
    batch({"insertDimension": {"range": above}})
    expect(cell(page, 3, 0)).to_have_text("c")
    rows = {"startRowIndex": 2, "endRowIndex": 6, "endColumnIndex": 2}
    batch({"sortRange": {"range": rows, "sortSpecs": [{"sortOrder": "ASCENDING"}]}})
    expect(cell(page, 2, 0)).to_have_text("a")
    page.keyboard.press("Enter")
    expect(cell(page, 4, 1)).to_have_text("mine")
    assert values("A3:B6") == [["a", "4"], ["b", "3"], ["c", "mine"], ["d", "1"]]


def test_typed_text_follows_even_unseen_changes(
    ask: Any, values: Any, batch: Any, book: str
) -> None:
    """An edit made on an older revision lands in the row that was meant, or is refused."""
    values("A1:A3", [["a"], ["b"], ["c"]])
    base = ask("GET", f"/_sandbox/view/{book}")[1]["revision"]
    batch({"deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 1}}})

    def type_at(row: int) -> Any:
        block = {"sheetId": 0, "row": row, "column": 0, "values": [["new"]]}
        return ask("POST", f"/_sandbox/act/{book}", {"base": base, "typed": [block]})

    assert type_at(2)[0] == 200
    assert values("A1:A2") == [["b"], ["new"]]
    status, answer = type_at(0)
    assert (status, "deleted" in answer["error"]["message"]) == (409, True)
    assert values("A1:A2") == [["b"], ["new"]]


def test_text_waits_until_the_sandbox_is_reached(open_page: Any, values: Any) -> None:
    """The network fails: what is typed stays in its cells, and is sent once it can be."""
    page = open_page()
    page.route("**/_sandbox/act/**", lambda route: route.abort())
    cell(page, 0, 0).click()
    for text, key in (("precious", "Tab"), ("more", "Enter"), ("next", "Enter")):
        page.keyboard.type(text)
        page.keyboard.press(key)
    expect(page.locator("#state")).to_contain_text("Not saved yet")
    expect(cell(page, 0, 0)).to_have_text("precious")
    page.unroute("**/_sandbox/act/**")
    expect(page.locator("#state")).to_be_empty()
    assert values("A1:B2") == [["precious", "more"], ["next"]]


def test_enter_edits_and_tab_enter_begins_the_next_row(open_page: Any, values: Any) -> None:
    """Enter opens a cell with its text; Tab, Tab, Enter goes on where the first Tab was pressed."""
    values("B2", [["old"]])
    page = open_page()
    cell(page, 1, 1).click()
    page.keyboard.press("Enter")
    expect(page.locator("#editor.open")).to_have_value("old")
    for text, key in (("er", "Tab"), ("b", "Tab"), ("c", "Enter"), ("next", "Enter")):
        page.keyboard.type(text)
        page.keyboard.press(key)
    expect(cell(page, 2, 1)).to_have_text("next")
    assert page.locator("#place").input_value() == "B4"
    page.wait_for_timeout(300)
    assert values("B2:D3") == [["older", "b", "c"], ["next"]]


def test_waiting_texts_follow_rows_and_stale_acts_are_refused(
    open_page: Any, ask: Any, values: Any, batch: Any, book: str
) -> None:
    """Texts typed into one cell while offline follow it; an unknown base is refused."""
    values("A1:A3", [["a"], ["b"], ["c"]])
    page = open_page()
    page.route("**/_sandbox/act/**", lambda route: route.abort())
    for text in ("first", "second"):
        cell(page, 1, 1).click()
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    batch({"insertDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 2}}})
    expect(cell(page, 3, 0)).to_have_text("b")
    page.unroute("**/_sandbox/act/**")
    expect(page.locator("#state")).to_be_empty()
    assert values("A3:B5") == [["a"], ["b", "second"], ["c"]]
    block = {"sheetId": 0, "row": 0, "column": 0, "values": [["lost"]]}
    body = {"base": 10**6, "typed": [block]}
    assert ask("POST", f"/_sandbox/act/{book}", body)[0] == 409


def test_page_loads_nothing_from_elsewhere(box: Sandbox, book: str) -> None:
    """The page's policy allows its own origin only, and its files are served as what they are."""
    with urllib.request.urlopen(f"{box.url}/spreadsheets/d/{book}/edit") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "http" not in policy
        assert b"://" not in answer.read()
    with urllib.request.urlopen(f"{box.url}/page/main.js") as answer:
        assert answer.headers["Content-Type"].startswith("text/javascript")
    for path in ("/page/../app.py", "/page/sheet.html", "/page/..%2fapp.py", "/page/none.js"):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(box.url + path)


def test_page_address_refuses_nonsense(ask: Any, book: str) -> None:
    """What is no act and no view of a page is refused, and changes nothing."""
    for body in (5, {"requests": 5}, {"typed": [{}]}, {"typed": [5]}, {"base": "x"}):
        assert ask("POST", f"/_sandbox/act/{book}", body)[0] == 400, body
    for query in ("sheetId=0&part=sums", "sheetId=0&part=texts&area=1", "sheetId=x", "since=x"):
        assert ask("GET", f"/_sandbox/view/{book}?{query}")[0] == 400, query
    assert ask("POST", f"/_sandbox/undo/{book}", {"revision": 10**9})[0] == 409
    assert ask("GET", f"/_sandbox/view/{book}")[1]["revision"] == 1
