"""Content by the Drive API: what goes in as CSV, TSV and workbooks, and what comes out."""

import io
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest

from syncd.sandbox import Sandbox

FILES = "/drive/v3/files"
SHEET = "application/vnd.google-apps.spreadsheet"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def send(box: Sandbox) -> Any:
    """Give a function that sends bytes and gives status, headers and bytes."""

    def sent(verb: str, path: str, body: bytes | None = None, **headers: str) -> Any:
        url = path if path.startswith("http") else box.url + path
        request = urllib.request.Request(url, body, method=verb)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    return sent


def multipart(given: Any, kind: str, content: bytes) -> bytes:
    """Give a description and content as one body."""
    head = f"--b\r\nContent-Type: application/json\r\n\r\n{json.dumps(given)}\r\n"
    return f"{head}--b\r\nContent-Type: {kind}\r\n\r\n".encode() + content + b"\r\n--b--"


@pytest.fixture
def upload(send: Any) -> Any:
    """Give a function that makes a spreadsheet from content and gives its id."""

    def uploaded(kind: str, content: bytes, name: str = "Made") -> Any:
        body = multipart({"name": name, "mimeType": SHEET}, kind, content)
        path = f"/upload{FILES}?uploadType=multipart"
        status, _, answer = send("POST", path, body, Content_Type="multipart/related; boundary=b")
        return json.loads(answer)["id"] if status == 200 else (status, json.loads(answer))

    return uploaded


@pytest.fixture
def export(send: Any) -> Any:
    """Give a function that exports a file."""

    def exported(key: str, kind: str) -> Any:
        return send("GET", f"{FILES}/{key}/export?mimeType={quote(kind)}")

    return exported


def test_drive_makes_a_spreadsheet_from_csv(ask: Any, upload: Any, export: Any) -> None:
    """Values are read as typed; the tab is named like the file and has another id than zero."""
    key = upload("text/csv", 'Name,Fans,When\r\n"Ada, B",12,2024-05-06\r\n,=B2*2,é'.encode())
    found = ask("GET", f"/v4/spreadsheets/{key}?fields=sheets.properties,properties.timeZone")[1]
    sheet = found["sheets"][0]["properties"]
    assert (sheet["title"], sheet["gridProperties"]["rowCount"]) == ("Made", 1000)
    assert sheet["sheetId"] != 0
    assert found["properties"]["timeZone"] == "America/Los_Angeles"
    path = f"/v4/spreadsheets/{key}/values/Made?valueRenderOption=UNFORMATTED_VALUE"
    assert ask("GET", path)[1]["values"] == [
        ["Name", "Fans", "When"],
        ["Ada, B", 12, 45418],
        ["", 24, "é"],
    ]
    status, headers, body = export(key, "text/csv")
    assert (status, headers["Content-Type"]) == (200, "text/csv")
    assert headers["Content-Disposition"] == "attachment"
    assert body == 'Name,Fans,When\r\n"Ada, B",12,2024-05-06\r\n,24,é'.encode()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/tab-separated-values", b"a\tb\n1\t2"),
        ("text/csv", b"a;b\n1;2"),
        ("text/csv", b"\xef\xbb\xbfa,b\r\n1,2\r\n"),
        ("text/csv", "a,b\n1,2".encode("utf-16")),
        ("text/csv; charset=utf-8", b"a,b\n1,2"),
    ],
)
def test_drive_reads_text_tables_of_many_kinds(
    ask: Any, upload: Any, kind: str, content: bytes
) -> None:
    """Tabs, semicolons, marks of the encoding: the same table comes of it."""
    key = upload(kind, content)
    assert ask("GET", f"/v4/spreadsheets/{key}/values/A1:B2")[1]["values"] == [
        ["a", "b"],
        ["1", "2"],
    ]


def test_drive_exports_only_the_first_visible_tab_as_text(
    ask: Any, book: str, batch: Any, values: Any, export: Any
) -> None:
    """Hidden tabs are passed over; quotes, line breaks and gaps are written as Google does."""
    values("A1", [["hidden"]])
    batch(
        {"addSheet": {"properties": {"title": "Shown"}}},
        {
            "updateSheetProperties": {
                "properties": {"sheetId": 0, "hidden": True},
                "fields": "hidden",
            }
        },
    )
    values("Shown!B2", [['say "x"', "a\nb", " c "], [], [True, "+1", 0.5]])
    assert export(book, "text/csv")[2] == b',,,\r\n,"say ""x""","a\nb", c \r\n,,,\r\n,TRUE,+1,0.5'
    assert export(book, "TEXT/TAB-SEPARATED-VALUES")[2] == (
        b'\t\t\t\r\n\tsay "x"\ta b\t c \r\n\t\t\t\r\n\tTRUE\t+1\t0.5'
    )


def test_drive_exports_one_empty_sheet_as_nothing(book: str, export: Any) -> None:
    """There is no line where there is no cell."""
    assert export(book, "text/csv")[2] == b""


def test_drive_exports_a_workbook(
    book: str, batch: Any, values: Any, export: Any, upload: Any, ask: Any
) -> None:
    """All tabs with formulas, formats, merges, frozen rows and widths; and it can come back."""
    values("A1", [["Name", "Sum"], ["Ada", "=1+2"], ["Bea", "12%"]], option="USER_ENTERED")
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1}
    width = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    batch(
        {"addSheet": {"properties": {"title": "Second/One"}}},
        {"mergeCells": {"range": {**area, "startColumnIndex": 2, "endColumnIndex": 4}}},
        {
            "updateSheetProperties": {
                "properties": {"sheetId": 0, "gridProperties": {"frozenRowCount": 1}},
                "fields": "gridProperties.frozenRowCount",
            }
        },
        {
            "repeatCell": {
                "range": area,
                "cell": {"userEnteredFormat": {"textFormat": {"bold": True}}},
                "fields": "userEnteredFormat.textFormat.bold",
            }
        },
        {
            "updateDimensionProperties": {
                "range": width,
                "properties": {"pixelSize": 210},
                "fields": "pixelSize",
            }
        },
    )
    status, headers, body = export(book, XLSX)
    assert (status, headers["Content-Type"]) == (200, XLSX)
    made = openpyxl.load_workbook(io.BytesIO(body))
    assert made.sheetnames == ["Sheet1", "Second One"]
    first = made["Sheet1"]
    assert (first["B2"].value, first["B3"].value, first["B3"].number_format) == ("=1+2", 0.12, "0%")
    assert first["A1"].font.b is True
    assert (first.freeze_panes, str(first.merged_cells)) == ("A2", "C1:D1")
    assert first.column_dimensions["A"].width == 30
    key = upload(XLSX, body)
    again = ask("GET", f"/v4/spreadsheets/{key}/values/Sheet1?valueRenderOption=FORMULA")[1]
    assert again["values"] == [["Name", "Sum"], ["Ada", "=1+2"], ["Bea", 0.12]]
    sheets = ask("GET", f"/v4/spreadsheets/{key}")[1]["sheets"]
    assert sheets[0]["properties"]["gridProperties"]["frozenRowCount"] == 1
    assert len(sheets[0]["merges"]) == 1


def test_drive_refuses_exports_by_name(book: str, export: Any, send: Any, ask: Any) -> None:
    """A type that spreadsheets are not exported to is refused."""
    for kind, expected in (("text/html", 400), ("", 400), ("image/png", 400)):
        status = export(book, kind)[0]
        assert status == expected
    entry = json.loads(export(book, "text/html")[2])["error"]["errors"][0]
    assert (entry["reason"], entry["message"]) == (
        "badRequest",
        "The requested conversion is not supported.",
    )
    assert send("GET", f"{FILES}/nope/export")[0] == 400
    folder = ask("POST", FILES, {"mimeType": "application/vnd.google-apps.folder"})[1]["id"]
    assert json.loads(export(folder, "text/csv")[2])["error"]["errors"][0]["reason"] == (
        "fileNotExportable"
    )


def test_drive_exports_any_tab_by_the_documents_own_address(
    book: str, batch: Any, values: Any, send: Any
) -> None:
    """A tab by its gid, a part of it by a range, and the same by the older address."""
    batch({"addSheet": {"properties": {"sheetId": 7, "title": "Other"}}})
    values("Other!A1", [["a", "b"], ["c", "d"]])
    status, headers, body = send("GET", f"/spreadsheets/d/{book}/export?format=csv&gid=7")
    assert (status, body) == (200, b"a,b\r\nc,d")
    assert "Book%20-%20Other.csv" in headers["Content-Disposition"]
    part = send("GET", f"/spreadsheets/d/{book}/export?format=tsv&gid=7&range=A2:B2")
    assert part[2] == b"c\td"
    older = send("GET", f"/spreadsheets/export?id={book}&exportFormat=csv")
    assert older[2] == b""
    assert send("GET", f"/spreadsheets/d/{book}/export?format=csv&gid=99")[0] == 400
    chart = send("GET", f"/spreadsheets/d/{book}/gviz/tq?tqx=out:csv&sheet=Other")
    assert chart[2] == b'"a","b"\n"c","d"'
    assert send("GET", f"/spreadsheets/d/{book}/gviz/tq?tq=select%20A")[0] == 501


def test_drive_replaces_content_by_either_version(ask: Any, book: str, send: Any) -> None:
    """Content put on a spreadsheet becomes its only tab, by v3 and by v2 with convert."""
    path = f"/upload{FILES}/{book}?uploadType=media"
    assert send("PATCH", path, b"x,y", Content_Type="text/csv")[0] == 200
    assert ask("GET", f"/v4/spreadsheets/{book}/values/Book")[1]["values"] == [["x", "y"]]
    old = f"/upload/drive/v2/files/{book}?uploadType=media&convert=true"
    answer = json.loads(send("PUT", old, b"z", Content_Type="text/csv")[2])
    assert (answer["title"], answer["labels"]["viewed"]) == ("Book", True)
    assert ask("GET", f"/v4/spreadsheets/{book}/values/Book")[1]["values"] == [["z"]]


def test_drive_takes_an_upload_in_pieces(ask: Any, send: Any) -> None:
    """A session has an address; each piece is confirmed; the last one makes the file."""
    start = f"/upload{FILES}?uploadType=resumable&fields=id,name"
    given = json.dumps({"name": "Pieces", "mimeType": SHEET}).encode()
    headers = {"Content_Type": "application/json", "X_Upload_Content_Type": "text/csv"}
    status, answered, _ = send("POST", start, given, **headers)
    place = answered["Location"]
    assert status == 200
    status, answered, _ = send("PUT", place, b"a,b\r\n", Content_Range="bytes 0-4/8")
    assert (status, answered["Range"]) == (308, "bytes=0-4")
    status, answered, _ = send("PUT", place, b"", Content_Range="bytes */8")
    assert (status, answered["Range"]) == (308, "bytes=0-4")
    status, _, body = send("PUT", place, b"c,d", Content_Range="bytes 5-7/8")
    made = json.loads(body)
    assert (status, made["name"]) == (200, "Pieces")
    values = ask("GET", f"/v4/spreadsheets/{made['id']}/values/Pieces")[1]["values"]
    assert values == [["a", "b"], ["c", "d"]]
    assert send("PUT", place, b"again")[0] == 404


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (XLSX, b"no workbook", 400),
        (XLSX, b"PK\x03\x04broken", 400),
        ("application/pdf", b"%PDF", 501),
        ("text/csv", b'"' + b"x" * 60_000, 400),
        ("text/csv", b"a\x00b\n" + b'"', 200),
    ],
)
def test_drive_refuses_content_that_is_no_table(
    ask: Any, upload: Any, kind: str, content: bytes, expected: int
) -> None:
    """Broken content is refused, and no half-made file stays behind."""
    made = upload(kind, content)
    assert (200 if isinstance(made, str) else made[0]) == expected
    assert len(ask("GET", FILES)[1]["files"]) == (1 if expected == 200 else 0)


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("multipart/related", b""),
        ("multipart/related; boundary=b", b"--b"),
        ("multipart/related; boundary=b", b"--b\r\n\r\n{}\r\n--b"),
        ("multipart/related; boundary=b", b"--b\r\n\r\nnonsense\r\n--b\r\n\r\nx\r\n--b--"),
    ],
)
def test_drive_refuses_a_malformed_upload(send: Any, header: str, body: bytes) -> None:
    """A body that does not hold a description and content is a 400."""
    path = f"/upload{FILES}?uploadType=multipart"
    assert send("POST", path, body, Content_Type=header)[0] == 400
    assert send("POST", f"/upload{FILES}?uploadType=strange", body)[0] == 400
