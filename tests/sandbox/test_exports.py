"""Spreadsheets as documents to look at."""

import io
import urllib.request
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from syncd.sandbox import Sandbox

ODS = "application/vnd.oasis.opendocument.spreadsheet"


@pytest.fixture
def exported(box: Sandbox, book: str, values: Any, batch: Any) -> Callable[..., bytes]:
    """Give a function that exports a book of two tabs."""
    batch({"addSheet": {"properties": {"sheetId": 7, "title": "B/<2>"}}})
    values("Sheet1!A1:B1", [["(Ada) \\ Ł", 1.5]])
    values("'B/<2>'!A1", [["x\x01<b>"]])

    def get(kind: str, gid: int | None = None) -> bytes:
        path = f"/drive/v3/files/{book}/export?mimeType={kind}"
        if gid is not None:
            path = f"/spreadsheets/d/{book}/export?format={kind}&gid={gid}"
        request = urllib.request.Request(box.url + path, headers={"Authorization": "Bearer x"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())

    return get


def test_exports_as_pdf_have_a_page_for_each_tab(exported: Any) -> None:
    """The whole book has a page per tab, and each object stands where the table says."""
    made = exported("application/pdf")
    assert made.startswith(b"%PDF-") and made.endswith(b"%%EOF\n")
    assert b"/Count 2 " in made and b"(\\(Ada\\) \\\\ ? | 1.5) Tj" in made
    table = int(made.rsplit(b"startxref\n", 1)[1].split()[0])
    assert made[table:].startswith(b"xref\n0 8\n")
    for number, line in enumerate(made[table:].splitlines()[3:10], 1):
        assert made[int(line.split()[0]) :].startswith(b"%d 0 obj" % number)
    assert b"/Count 1 " in exported("pdf", 7)


def test_exports_as_web_pages_and_open_document(exported: Any) -> None:
    """Each tab is a page or a table; marks are escaped, and nothing unprintable is let in."""
    with zipfile.ZipFile(io.BytesIO(exported("application/zip"))) as archive:
        assert archive.namelist() == ["Sheet1.html", "B_<2>.html"]
        assert b"<td>x&lt;b&gt;</td>" in archive.read("B_<2>.html")
    with zipfile.ZipFile(io.BytesIO(exported(ODS))) as archive:
        assert archive.namelist()[0] == "mimetype"
        content = archive.read("content.xml").decode()
    assert 'office:value="1.5"' in content
    assert 'table:name="B/&lt;2&gt;"' in content


def test_userinfo_names_the_caller(ask: Any) -> None:
    """Sign-in tells who somebody is, as clients ask that show it."""
    assert ask("GET", "/userinfo/v2/me", user="ada@example.com")[1]["email"] == "ada@example.com"
    assert ask("GET", "/oauth2/v3/userinfo")[1]["email_verified"] is True
