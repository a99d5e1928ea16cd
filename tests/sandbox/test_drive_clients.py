"""The unmodified clients and the Drive API."""

import io
from collections.abc import Iterator
from typing import Any

import gspread
import pytest
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseDownload, MediaIoBaseUpload

from syncd.sandbox import Sandbox
from syncd.sandbox.pointing import all_pointed

SHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"


@pytest.fixture
def pointed(box: Sandbox) -> Iterator[Any]:
    """Give a function that builds a version of Drive with nothing but Google's own addresses."""
    credentials = Credentials.from_service_account_info(box.credentials(), scopes=["any"])
    made: list[Any] = []

    def built(version: str) -> Any:
        made.append(build("drive", version, static_discovery=True, credentials=credentials))
        return made[-1]

    with all_pointed(box.url):
        yield built
    for service in made:
        service.close()


def test_gspread_shares_copies_lists_and_hands_over(client: gspread.Client) -> None:
    """Everything that gspread does with Drive, in one life of a spreadsheet."""
    book = client.create("Life")
    book.sheet1.update([["x"]])
    book.share("ada@example.com", perm_type="user", role="writer", notify=False)
    book.share(None, perm_type="anyone", role="reader", with_link=True)
    kinds = [(p["type"], p["role"]) for p in client.list_permissions(book.id)]
    assert kinds == [("user", "owner"), ("user", "writer"), ("anyone", "reader")]
    ada = book.list_permissions()[1]["id"]
    copy = client.copy(book.id, title="Second", copy_comments=True)
    assert copy.sheet1.acell("A1").value == "x"
    assert len(copy.list_permissions()) == 1
    assert {b.title for b in client.openall()} == {"Life", "Second"}
    assert [f["name"] for f in client.list_spreadsheet_files("Life")] == ["Life"]
    book.transfer_ownership(ada)
    assert book.list_permissions()[1]["pendingOwner"] is True
    assert book.remove_permissions("ada@example.com", role="any") == [ada]
    client.import_csv(book.id, "a,b\n1,2")
    assert book.export(gspread.utils.ExportFormat.CSV) == b"a,b\r\n1,2"
    assert book.export(gspread.utils.ExportFormat.EXCEL).startswith(b"PK")
    assert book.export(gspread.utils.ExportFormat.TSV) == b"a\tb\r\n1\t2"
    assert book.get_lastUpdateTime().startswith("20")
    client.del_spreadsheet(book.id)
    assert [b.title for b in client.openall()] == ["Second"]
    copy.share("bea@example.com", perm_type="user", role="writer", notify=False)
    copy.accept_ownership(copy.list_permissions()[1]["id"])
    assert [p["role"] for p in copy.list_permissions()] == ["owner", "writer"]
    with pytest.raises(gspread.exceptions.APIError, match="sufficient permissions"):
        client.del_spreadsheet(copy.id)


def test_gspread_works_within_folders(client: gspread.Client, drive: Any) -> None:
    """A spreadsheet is made, found and copied in a folder."""
    folder = drive.files().create(body={"name": "F", "mimeType": FOLDER}).execute()["id"]
    book = client.create("Inside", folder_id=folder)
    client.create("Outside")
    assert [b.title for b in client.openall()] == ["Outside", "Inside"]
    found = client.list_spreadsheet_files(folder_id=folder)
    assert [f["id"] for f in found] == [book.id]
    assert client.open("Inside", folder_id=folder).id == book.id
    copy = client.copy(book.id, title="Copy", folder_id=folder)
    fetched = drive.files().get(fileId=copy.id, fields="parents").execute()
    assert fetched == {"parents": [folder]}


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_google_client_uploads_in_pieces_and_downloads(pointed: Any, version: str) -> None:
    """A resumable upload of many chunks becomes a spreadsheet, and comes out as CSV."""
    drive = pointed(version)
    content = b"\r\n".join(b"%d,row" % n for n in range(60_000))
    media = MediaIoBaseUpload(
        io.BytesIO(content), mimetype="text/csv", chunksize=262_144, resumable=True
    )
    if version == "v3":
        request = drive.files().create(body={"name": "Big", "mimeType": SHEET}, media_body=media)
    else:
        request = drive.files().insert(body={"title": "Big"}, media_body=media, convert=True)
    key = request.execute()["id"]
    received = io.BytesIO()
    export = drive.files().export_media(fileId=key, mimeType="text/csv")
    download, done = MediaIoBaseDownload(received, export), False
    while not done:
        _, done = download.next_chunk()
    assert received.getvalue() == content
    drive.files().delete(fileId=key).execute()


def test_google_client_replaces_content_and_pages(pointed: Any) -> None:
    """A simple upload replaces the content; list_next walks the pages."""
    drive = pointed("v3")
    files = drive.files()
    for name in ("a", "b", "c"):
        files.create(body={"name": name, "mimeType": SHEET}).execute()
    request, names = files.list(orderBy="name", pageSize=2), []
    while request is not None:
        answer = request.execute()
        names += [entry["name"] for entry in answer["files"]]
        request = files.list_next(request, answer)
    assert names == ["a", "b", "c"]
    key = answer["files"][0]["id"]
    media = MediaIoBaseUpload(io.BytesIO(b"x,y"), mimetype="text/csv")
    updated = files.update(fileId=key, body={"name": "d"}, media_body=media).execute()
    assert updated["name"] == "d"
    assert files.export(fileId=key, mimeType="text/csv").execute() == b"x,y"


def test_google_client_sends_batches(pointed: Any) -> None:
    """Calls in a batch are answered one by one, refusals among them."""
    drive = pointed("v3")
    key = drive.files().create(body={"name": "Täg", "mimeType": SHEET}).execute()["id"]
    found: dict[str, Any] = {}

    def keep(number: str, answer: Any, error: Any) -> None:
        found[number] = error or answer

    batch = drive.new_batch_http_request(callback=keep)
    batch.add(drive.files().get(fileId=key, fields="name"))
    batch.add(drive.files().get(fileId="missing"))
    sharing = {"type": "user", "role": "reader", "emailAddress": "ada@example.com"}
    batch.add(drive.permissions().create(fileId=key, body=sharing))
    batch.add(drive.files().delete(fileId=key))
    batch.execute()
    assert found["1"] == {"name": "Täg"}
    assert isinstance(found["2"], HttpError)
    assert found["2"].resp.status == 404
    assert found["3"]["role"] == "reader"
    assert len(drive.files().list().execute()["files"]) == 0


def test_clients_by_googles_names_get_googles_links(box: Sandbox) -> None:
    """Behind a proxy for Google's hosts the links in answers are Google's."""
    credentials = Credentials.from_service_account_info(box.credentials(), scopes=["any"])
    with AuthorizedSession(credentials) as session:
        made = session.post(f"{box.url}/drive/v2/files", json={"mimeType": SHEET})
        plain = made.json()["exportLinks"]["text/csv"]
        assert plain.startswith(box.url)
        assert session.get(plain).content == b""
        proxied = session.get(
            f"{box.url}/drive/v2/files/{made.json()['id']}",
            headers={"X-Forwarded-Host": "www.googleapis.com"},
        ).json()
        assert proxied["selfLink"].startswith("https://www.googleapis.com/drive/v2/files/")
        assert proxied["exportLinks"]["text/csv"].startswith("https://docs.google.com/")
