"""Files and folders by the Drive API: what they hold, where they lie, what becomes of them."""

from typing import Any

import pytest

FILES = "/drive/v3/files"
SHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"


@pytest.fixture
def make(ask: Any) -> Any:
    """Give a function that makes a file and gives its id."""

    def made(name: str, kind: str = SHEET, **given: Any) -> str:
        status, answer = ask("POST", FILES, {"name": name, "mimeType": kind, **given})
        assert status == 200, answer
        return str(answer["id"])

    return made


def reason(answer: Any) -> tuple[int, str, str, str]:
    """Give what an error of Drive says: status, reason, message, and the place it blames."""
    status, body = answer
    entry = body["error"]["errors"][0]
    assert body["error"]["message"] == entry["message"]
    return status, entry["reason"], entry["message"], entry.get("location", "")


def test_drive_answers_four_fields_unasked_and_all_that_a_mask_names(ask: Any, make: Any) -> None:
    """The default is kind, id, name, type; a mask may go deep, a star gives all, none nothing."""
    key = make("Book")
    assert set(ask("GET", f"{FILES}/{key}")[1]) == {"kind", "id", "name", "mimeType"}
    deep = ask("GET", f"{FILES}/{key}?fields=capabilities/canEdit,owners(emailAddress)")[1]
    assert deep["capabilities"] == {"canEdit": True}
    assert list(deep["owners"][0]) == ["emailAddress"]
    whole = ask("GET", f"{FILES}/{key}?fields=*")[1]
    assert whole["parents"] == [ask("GET", f"{FILES}/root")[1]["id"]]
    assert {"size", "version", "permissions", "exportLinks", "webViewLink"} <= set(whole)
    assert "headRevisionId" not in whole
    assert ask("GET", f"{FILES}/{key}?fields=")[1] == {}
    assert ask("GET", f"{FILES}/{key}?fields=md5Checksum")[1] == {}


@pytest.mark.parametrize("mask", ["wrong", "name,wrong", "owners(wrong)", "owners/wrong"])
def test_drive_refuses_fields_that_no_file_has(ask: Any, make: Any, mask: str) -> None:
    """An unknown field is refused by its name, at any depth, and before anything is written."""
    key = make("Book")
    expected = (400, "invalidParameter", "Invalid field selection wrong", "fields")
    assert reason(ask("GET", f"{FILES}/{key}?fields={mask}")) == expected
    before = len(ask("GET", FILES)[1]["files"])
    made = ask("POST", f"{FILES}?fields={mask}", {"mimeType": SHEET})
    assert reason(made) == expected
    assert len(ask("GET", FILES)[1]["files"]) == before


def test_drive_names_the_file_that_is_not_there(ask: Any, make: Any) -> None:
    """A missing file is a 404 with its id, whatever is asked of it."""
    expected = (404, "notFound", "File not found: nope.", "fileId")
    for verb, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/copy")):
        assert reason(ask(verb, f"{FILES}/nope{path}")) == expected
    assert reason(ask("GET", f"{FILES}/nope/permissions")) == expected
    media = reason(ask("GET", f"{FILES}/{make('Book')}?alt=media"))
    assert media[:2] == (403, "fileNotDownloadable")


def test_drive_keeps_what_is_noted_about_a_file(ask: Any, make: Any) -> None:
    """Description, properties and stars come back; null takes a property away."""
    key = make("Book", description="first", properties={"a": "1", "b": "2"})
    given = {"description": "second", "properties": {"a": None, "c": "3"}, "starred": True}
    fields = "?fields=description,properties,starred"
    assert ask("PATCH", f"{FILES}/{key}{fields}", given)[1] == {
        "description": "second",
        "properties": {"b": "2", "c": "3"},
        "starred": True,
    }
    other = ask("GET", f"{FILES}/{key}{fields}", user="ada@example.com")[1]
    assert other["starred"] is False
    assert reason(ask("PATCH", f"{FILES}/{key}", {"version": "9"}))[:2] == (403, "fieldNotWritable")
    assert reason(ask("PATCH", f"{FILES}/{key}", {"parents": ["x"]}))[1] == "fieldNotWritable"
    assert reason(ask("PATCH", f"{FILES}/{key}", {"name": 5}))[:2] == (400, "badRequest")


def test_drive_counts_every_change_but_times_only_those_of_content(ask: Any, make: Any) -> None:
    """A star moves the version and not the time; a value moves both; the last writer is named."""
    key = make("Book")
    path = f"{FILES}/{key}?fields=version,modifiedTime,lastModifyingUser(emailAddress,me)"
    first = ask("GET", path)[1]
    ask("PATCH", f"{FILES}/{key}", {"starred": True})
    second = ask("GET", path)[1]
    assert int(second["version"]) > int(first["version"])
    assert second["modifiedTime"] == first["modifiedTime"]
    write = f"/v4/spreadsheets/{key}/values/A1?valueInputOption=RAW"
    ask("PUT", write, {"values": [["x"]]}, user="ada@example.com")
    third = ask("GET", path)[1]
    assert third["modifiedTime"] > second["modifiedTime"]
    assert third["lastModifyingUser"] == {"emailAddress": "ada@example.com", "me": False}


def test_drive_renames_the_spreadsheet_itself(ask: Any, make: Any) -> None:
    """A name given to the file is the title in Sheets, and the other way round."""
    key = make("Before")
    ask("PATCH", f"{FILES}/{key}", {"name": "After"})
    assert ask("GET", f"/v4/spreadsheets/{key}")[1]["properties"]["title"] == "After"
    request = {"properties": {"title": "Later"}, "fields": "title"}
    body = {"requests": [{"updateSpreadsheetProperties": request}]}
    ask("POST", f"/v4/spreadsheets/{key}:batchUpdate", body)
    assert ask("GET", f"{FILES}/{key}")[1]["name"] == "Later"


def test_drive_moves_files_between_folders(ask: Any, make: Any) -> None:
    """A file lies in one folder; a folder cannot lie in itself; a file is no folder."""
    outer = make("Outer", FOLDER)
    inner = make("Inner", FOLDER, parents=[outer])
    key = make("Book", parents=[inner])
    moved = f"{FILES}/{key}?addParents={outer}&removeParents={inner}&fields=parents"
    assert ask("PATCH", moved)[1] == {"parents": [outer]}
    more = ask("PATCH", f"{FILES}/{key}?addParents={inner}")
    assert reason(more)[:2] == (403, "cannotAddParent")
    cycle = ask("PATCH", f"{FILES}/{outer}?addParents={inner}&removeParents=root")
    assert reason(cycle)[:2] == (403, "cyclicFolderHierarchy")
    wrong = ask("PATCH", f"{FILES}/{inner}?addParents={key}&removeParents={outer}")
    assert reason(wrong)[:2] == (403, "parentNotAFolder")
    lost = ask("POST", FILES, {"mimeType": SHEET, "parents": ["nowhere"]})
    assert reason(lost) == (404, "notFound", "File not found: nowhere.", "fileId")
    sheets = ask("GET", f"/v4/spreadsheets/{outer}")
    assert (sheets[0], sheets[1]["error"]["status"]) == (400, "FAILED_PRECONDITION")


def test_drive_copies_a_spreadsheet_and_no_folder(ask: Any, make: Any) -> None:
    """A copy has the cells and the properties, its own owner and name, and is not shared."""
    folder = make("Folder", FOLDER)
    key = make("Book", parents=[folder], properties={"a": "1"})
    ask("PUT", f"/v4/spreadsheets/{key}/values/A1?valueInputOption=RAW", {"values": [["x"]]})
    sharing = {"type": "user", "role": "reader", "emailAddress": "bea@example.com"}
    ask("POST", f"{FILES}/{key}/permissions", sharing)
    fields = "?fields=id,name,parents,properties,shared,ownedByMe"
    copied = ask("POST", f"{FILES}/{key}/copy{fields}", {"name": None}, user="ada@example.com")[1]
    copy_id = copied.pop("id")
    assert copied == {
        "name": "Copy of Book",
        "parents": [folder],
        "properties": {"a": "1"},
        "shared": True,
        "ownedByMe": True,
    }
    assert ask("GET", f"/v4/spreadsheets/{copy_id}/values/A1")[1]["values"] == [["x"]]
    people = ask("GET", f"{FILES}/{copy_id}/permissions?fields=permissions/emailAddress")[1]
    assert {"emailAddress": "bea@example.com"} not in people["permissions"]
    assert reason(ask("POST", f"{FILES}/{folder}/copy"))[:2] == (403, "cannotCopyFile")


def test_drive_deletes_a_folder_with_all_that_lies_in_it(ask: Any, make: Any) -> None:
    """What is deleted is gone for Sheets as well; the root cannot be deleted."""
    outer = make("Outer", FOLDER)
    key = make("Book", parents=[make("Inner", FOLDER, parents=[outer])])
    assert ask("DELETE", f"{FILES}/{outer}") == (204, None)
    assert ask("GET", f"/v4/spreadsheets/{key}")[0] == 404
    assert ask("GET", FILES)[1]["files"] == []
    assert ask("DELETE", f"{FILES}/root")[0] == 403


def test_drive_trashes_and_empties_the_trash(ask: Any, make: Any) -> None:
    """A trashed file can still be read; what lies in a trashed folder is trashed with it."""
    folder = make("Folder", FOLDER)
    key, kept = make("Book", parents=[folder]), make("Kept")
    ask("PATCH", f"{FILES}/{folder}", {"trashed": True})
    inside = ask("GET", f"{FILES}/{key}?fields=trashed,explicitlyTrashed")[1]
    assert inside == {"trashed": True, "explicitlyTrashed": False}
    assert ask("GET", f"/v4/spreadsheets/{key}")[0] == 200
    assert ask("DELETE", f"{FILES}/trash")[0] == 204
    assert [f["id"] for f in ask("GET", FILES)[1]["files"]] == [kept]


def test_drive_gives_ids_for_folders_to_come(ask: Any) -> None:
    """A generated id can be used once, for a folder, and not for a spreadsheet."""
    ids = ask("GET", f"{FILES}/generateIds?count=2")[1]["ids"]
    assert len(set(ids)) == 2
    given = {"id": ids[0], "name": "Folder", "mimeType": FOLDER}
    assert ask("POST", FILES, given)[1]["id"] == ids[0]
    assert reason(ask("POST", FILES, given))[:2] == (409, "fileIdInUse")
    assert reason(ask("POST", FILES, {**given, "mimeType": SHEET}))[0] == 400
    assert reason(ask("POST", FILES, {**given, "id": "made-up"}))[0] == 400
    assert reason(ask("GET", f"{FILES}/generateIds?count=1001"))[1] == "invalidParameter"


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("POST", "/drive/v3/files/x/watch"),
        ("POST", "/drive/v3/changes/watch?pageToken=1"),
        ("POST", "/drive/v3/channels/stop"),
        ("GET", "/drive/v3/apps"),
        ("GET", "/drive/v3/files/x/comments/y/replies"),
        ("GET", "/drive/v2/files/x/properties"),
    ],
)
def test_drive_names_the_methods_that_it_does_not_have(ask: Any, verb: str, path: str) -> None:
    """What Google has and the sandbox has not is a 501 that says which."""
    status, answer = ask(verb, path)
    assert status == 501
    assert "drive." in answer["error"]["message"]


def test_drive_keeps_only_what_it_can_keep(ask: Any) -> None:
    """A file of another type is refused by its type, and a body that is no JSON by Drive's word."""
    status, answer = ask("POST", FILES, {"name": "Notes", "mimeType": "text/plain"})
    assert (status, "text/plain" in answer["error"]["message"]) == (501, True)
    assert reason(ask("POST", FILES, ["list"])) == (400, "parseError", "Parse Error", "")


def test_drive_shows_the_version_late_when_told_so(ask: Any, make: Any) -> None:
    """With a lag a fresh write moves neither the version nor the time that Drive shows."""
    key = make("Book")
    path = f"{FILES}/{key}?fields=version,modifiedTime"
    before = ask("GET", path)[1]
    ask("POST", "/_sandbox/settings", {"drive_lag_s": 60})
    ask("PUT", f"/v4/spreadsheets/{key}/values/A1?valueInputOption=RAW", {"values": [["x"]]})
    assert ask("GET", path)[1] == before
    ask("POST", "/_sandbox/settings", {"drive_lag_s": 0})
    assert ask("GET", path)[1] != before
