"""The unmodified clients against the sandbox."""

import io
import re
from typing import Any

import gspread
import openpyxl
import pytest
from google.oauth2.service_account import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseUpload

from syncd.sandbox import Sandbox
from syncd.sandbox.pointing import all_pointed


def test_sign_in_runs_through_google_auth_in_strict_mode(connect: Any, service: Any) -> None:
    """A generated key is exchanged for a token that strict mode accepts, for both clients."""
    with Sandbox(strict=True) as box:
        created = connect(box).create("Signed in")
        with service(box, "sheets") as sheets:
            found = sheets.spreadsheets().get(spreadsheetId=created.id).execute()
        assert found["properties"]["title"] == "Signed in"


def test_gspread_writes_and_reads_a_table(client: gspread.Client) -> None:
    """Open, append, update, read records, update in batches and format, as gspread does it."""
    book = client.create("Table")
    sheet = client.open("Table").sheet1
    sheet.append_row(["Name", "Fans"])
    sheet.append_rows([["Ada", 12], ["Bea", 7]])
    sheet.update([["Cleo", 3]], "A4")
    sheet.batch_update([{"range": "B2", "values": [[13]]}, {"range": "A6", "values": [["x"]]}])
    sheet.format("A1:B1", {"textFormat": {"bold": True}})
    assert sheet.get_all_records()[:3] == [
        {"Name": "Ada", "Fans": 13},
        {"Name": "Bea", "Fans": 7},
        {"Name": "Cleo", "Fans": 3},
    ]
    assert client.open_by_key(book.id).title == "Table"
    sheet.batch_clear(["A6"])
    sheet.sort((2, "asc"), range="A2:B4")
    assert sheet.col_values(1) == ["Name", "Cleo", "Bea", "Ada"]


def test_gspread_tabs_come_and_go(client: gspread.Client) -> None:
    """Tabs are added, duplicated, renamed, frozen and deleted."""
    book = client.create("Tabs")
    added = book.add_worksheet("More", 10, 5)
    added.update([["a"]])
    copy = added.duplicate(new_sheet_name="Copy")
    assert copy.acell("A1").value == "a"
    added.update_title("Other")
    added.freeze(rows=1)
    book.del_worksheet(copy)
    assert [s.title for s in book.worksheets()] == ["Sheet1", "Other"]
    assert book.worksheet("Other").frozen_row_count == 1
    with pytest.raises(gspread.exceptions.APIError, match="already exists"):
        book.add_worksheet("Other", 1, 1)


def test_google_client_builds_reads_and_fails_like_google(sheets: Any) -> None:
    """Create, write and read a spreadsheet; an unknown id is a 404 in Google's words."""
    created = sheets.spreadsheets().create(body={"properties": {"title": "Built"}}).execute()
    key = created["spreadsheetId"]
    sheets.spreadsheets().values().update(
        spreadsheetId=key,
        range="Sheet1!A1",
        valueInputOption="USER_ENTERED",
        body={"values": [["1,234.50", "2024-05-06", "=A1*2"]]},
    ).execute()
    read = sheets.spreadsheets().values()
    plain = read.get(
        spreadsheetId=key, range="A1:C1", valueRenderOption="UNFORMATTED_VALUE"
    ).execute()
    assert plain["values"] == [[1234.5, 45418, 2469]]
    shown = read.get(spreadsheetId=key, range="A1:C1").execute()
    assert shown["values"] == [["1,234.50", "2024-05-06", "2469"]]
    with pytest.raises(HttpError, match="Requested entity was not found"):
        sheets.spreadsheets().get(spreadsheetId="missing").execute()


def test_drive_lists_versions_and_permissions(client: gspread.Client, drive: Any) -> None:
    """Drive finds a file by name, counts its versions and keeps whom it was shared with."""
    book = client.create("Found by name")
    files = drive.files().list(
        q="name = 'Found by name' and trashed = false", fields="files(id,name)", pageSize=5
    )
    assert files.execute() == {"files": [{"id": book.id, "name": "Found by name"}]}
    version = drive.files().get(fileId=book.id, fields="version")
    before = int(version.execute()["version"])
    book.sheet1.update([["x"]])
    assert int(version.execute()["version"]) == before + 1
    book.share("ada@example.com", perm_type="user", role="writer", notify=False)
    assert [p["role"] for p in book.list_permissions()] == ["owner", "writer"]
    drive.files().delete(fileId=book.id).execute()
    with pytest.raises(HttpError, match="File not found"):
        version.execute()


def test_gspread_imports_and_exports_csv(client: gspread.Client) -> None:
    """A CSV file becomes the only tab of a spreadsheet, and comes out again."""
    book = client.create("From a file")
    client.import_csv(book.id, b"Name,Fans\nAda,12\n")
    assert client.open_by_key(book.id).sheet1.get_all_records() == [{"Name": "Ada", "Fans": 12}]
    assert book.export(gspread.utils.ExportFormat.CSV) == b"Name,Fans\r\nAda,12"


def test_gspread_readme_example(client: gspread.Client) -> None:
    """What gspread's README shows: ranges, cells, finding, formats, rows and columns, sharing."""
    book = client.create("My poor gym results")
    assert client.open_by_url(book.url).id == book.id
    sheet = book.worksheet("Sheet1")
    sheet.update_acell("B1", "Bingo!")
    sheet.update([[1, 2], [3, 4]], "A1:B2")
    sheet.update_acell("B42", "it's down there somewhere, let me take another look.")
    sheet.format("A1:B1", {"textFormat": {"bold": True}})
    assert (sheet.acell("B1").value, sheet.cell(1, 2).value) == ("2", "2")
    sheet.update([["=1+1"]], "C1", value_input_option="USER_ENTERED")
    assert sheet.acell("C1", value_render_option="FORMULA").value == "=1+1"
    assert (sheet.row_values(1), sheet.col_values(1)) == (["1", "2", "2"], ["1", "3"])
    assert len(sheet.get_all_values()) == 42
    found = sheet.find(re.compile(r"(down|up) there"))
    assert found is not None and (found.row, found.col) == (42, 2)
    assert [c.address for c in sheet.findall("2")] == ["B1", "C1"]
    sheet.batch_update(
        [{"range": "A1:B1", "values": [[1, 2]]}, {"range": "J42:K43", "values": [[3, 4]]}]
    )
    assert [cell.value for cell in sheet.range("J42:K42")] == ["3", "4"]
    book.share("otto@example.com", perm_type="user", role="writer")
    assert {"otto@example.com"} <= {p["emailAddress"] for p in book.list_permissions()}
    look = book.fetch_sheet_metadata(
        {"ranges": "A1", "fields": "sheets.data.rowData.values.userEnteredFormat.textFormat"}
    )
    assert look["sheets"][0]["data"][0]["rowData"][0]["values"][0] == {
        "userEnteredFormat": {"textFormat": {"bold": True}}
    }


def test_google_client_quickstart(sheets: Any, ask: Any) -> None:
    """Google's quickstart for Python: names and majors of a class from an open range."""
    rows = [["Name", "Gender", "Level", "State", "Major"], ["Ada", "F", "4. Senior", "CA", "Maths"]]
    made = sheets.spreadsheets().create(
        body={"sheets": [{"properties": {"title": "Class Data"}}]}, fields="spreadsheetId"
    )
    key = made.execute()["spreadsheetId"]
    sheets.spreadsheets().values().append(
        spreadsheetId=key, range="Class Data!A1", valueInputOption="RAW", body={"values": rows}
    ).execute()
    sheet = sheets.spreadsheets()
    result = sheet.values().get(spreadsheetId=key, range="Class Data!A2:E").execute()
    assert [(row[0], row[4]) for row in result.get("values", [])] == [("Ada", "Maths")]


@pytest.mark.parametrize("resumable", [False, True])
def test_google_client_uploads_a_workbook(box: Sandbox, connect: Any, resumable: bool) -> None:
    """A workbook that is converted becomes a spreadsheet, whose name has no ending."""
    made, content = openpyxl.Workbook(), io.BytesIO()
    made.active.append(["Name", "Fans"])
    made.save(content)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    body = {"name": "a.b.xlsx", "mimeType": "application/vnd.google-apps.spreadsheet"}
    media = MediaIoBaseUpload(content, kind, resumable=resumable)
    key = Credentials.from_service_account_info(box.credentials(), scopes=["any"])
    with all_pointed(box.url), build("drive", "v3", credentials=key) as drive:
        answer = drive.files().create(body=body, media_body=media, fields="id,name").execute()
    assert answer["name"] == "a.b"
    book = connect(box).open_by_key(answer["id"])
    assert book.sheet1.get_all_values() == [["Name", "Fans"]]
