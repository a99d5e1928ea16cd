"""Where cells link to."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("entered", "link"),
    [
        ('=HYPERLINK("https://example.com/a,b", "a")', "https://example.com/a,b"),
        ('= hyperlink( "https://example.com/" & B1 )', "https://example.com/tail"),
        ('=HYPERLINK("https://example.com")&"x"', None),
        ("=HYPERLINK(1/0)", None),
        ("=1+1", None),
    ],
)
def test_links_of_formulas(ask: Any, book: str, values: Any, entered: str, link: Any) -> None:
    """A formula that is a HYPERLINK links to what its first argument amounts to."""
    values("A1:B1", [[entered, "tail"]], option="USER_ENTERED")
    mask = "sheets.data.rowData.values(hyperlink,effectiveFormat.hyperlinkDisplayType)"
    answer = ask("GET", f"/v4/spreadsheets/{book}?ranges=A1&fields={mask}")[1]
    cell = answer["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert cell.get("hyperlink") == link
    display = "LINKED" if link else "PLAIN_TEXT"
    assert cell["effectiveFormat"]["hyperlinkDisplayType"] == display


def test_links_of_formats(ask: Any, book: str, batch: Any) -> None:
    """A link of the format, or of some of the text, is the cell's; two of them are none."""
    runs = [{"startIndex": i, "format": {"link": {"uri": f"https://{i}.example"}}} for i in (1, 3)]
    text = {"userEnteredValue": {"stringValue": "linked"}}
    cells = [
        text | {"userEnteredFormat": {"textFormat": {"link": {"uri": "https://example.com"}}}},
        text | {"textFormatRuns": runs[:1]},
        text | {"textFormatRuns": runs},
    ]
    start = {"sheetId": 0, "rowIndex": 0, "columnIndex": 0}
    batch({"updateCells": {"start": start, "rows": [{"values": cells}], "fields": "*"}})
    mask = "sheets.data.rowData.values.hyperlink"
    answer = ask("GET", f"/v4/spreadsheets/{book}?ranges=A1:C1&fields={mask}")[1]
    assert answer["sheets"][0]["data"][0]["rowData"][0]["values"] == [
        {"hyperlink": "https://example.com"},
        {"hyperlink": "https://1.example"},
    ]
