"""What Drive keeps beside files: comments, revisions, changes, the caller, and calls in batches."""

from typing import Any

import pytest

DRIVE = "/drive/v3"
FILES = "/drive/v3/files"
SHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"


def refused(answer: Any) -> tuple[int, str, str]:
    """Give the status, the reason and the message of a refusal."""
    entry = answer[1]["error"]["errors"][0]
    return answer[0], entry["reason"], entry["message"]


def test_drive_keeps_comments(ask: Any, book: str) -> None:
    """A comment is listed until its author deletes it; fields must be asked for."""
    path = f"{FILES}/{book}/comments"
    made = ask("POST", f"{path}?fields=*", {"content": "<why>"}, user="ada@example.com")[1]
    assert (made["content"], made["htmlContent"]) == ("<why>", "&lt;why&gt;")
    fields = "fields=comments/content,comments/anchor,nextPageToken"
    assert ask("GET", f"{path}?{fields}&pageToken=&includeDeleted=False")[1] == {
        "comments": [{"content": "<why>"}]
    }
    assert refused(ask("GET", path)) == (
        400,
        "required",
        "The 'fields' parameter is required for this method.",
    )
    one = f"{path}/{made['id']}"
    assert ask("GET", f"{one}?fields=author/me")[1] == {"author": {"me": False}}
    assert refused(ask("DELETE", one))[:2] == (403, "insufficientFilePermissions")
    changed = ask("PATCH", f"{one}?fields=content", {"content": "so"}, user="ada@example.com")
    assert changed[1] == {"content": "so"}
    assert ask("DELETE", one, user="ada@example.com")[0] == 204
    assert ask("GET", f"{path}?{fields}")[1] == {"comments": []}
    gone = ask("GET", f"{path}?fields=comments(deleted,content)&includeDeleted=true")[1]
    assert gone == {"comments": [{"deleted": True}]}
    assert refused(ask("GET", f"{one}?fields=id"))[:2] == (404, "notFound")
    assert ask("POST", f"{path}?fields=id", {"content": ""})[0] == 400


def test_drive_lists_the_revisions_of_a_spreadsheet(ask: Any, book: str, values: Any) -> None:
    """Each write is a revision with who made it; a folder has none."""
    values("A1", [["x"]], user="ada@example.com")
    path = f"{FILES}/{book}/revisions"
    found = ask("GET", f"{path}?fields=revisions(id,lastModifyingUser/emailAddress)")[1]
    last = found["revisions"][-1]
    assert last["lastModifyingUser"] == {"emailAddress": "ada@example.com"}
    assert ask("GET", f"{path}/head?fields=id")[1] == {"id": last["id"]}
    assert set(ask("GET", f"{path}/{last['id']}")[1]) == {"kind", "id", "mimeType", "modifiedTime"}
    assert refused(ask("GET", f"{path}/999"))[:2] == (404, "notFound")
    folder = ask("POST", FILES, {"mimeType": FOLDER})[1]["id"]
    assert ask("GET", f"{FILES}/{folder}/revisions")[0] == 403


def test_drive_tells_what_changed_since_a_token(ask: Any, book: str, values: Any) -> None:
    """A file that changed is there once with its last state; a deleted one is removed."""
    token = ask("GET", f"{DRIVE}/changes/startPageToken")[1]["startPageToken"]
    path = f"{DRIVE}/changes?pageToken="
    assert ask("GET", path + token)[1]["changes"] == []
    values("A1", [["x"]])
    values("A1", [["y"]])
    other = ask("POST", FILES, {"name": "Other", "mimeType": FOLDER})[1]["id"]
    found = ask("GET", path + token)[1]
    assert [c["fileId"] for c in found["changes"]] == [book, other]
    assert found["changes"][1]["file"]["name"] == "Other"
    ask("DELETE", f"{FILES}/{other}")
    later = ask("GET", path + found["newStartPageToken"])[1]
    assert [(c["fileId"], c["removed"], "file" in c) for c in later["changes"]] == [
        (other, True, False)
    ]
    kept = ask("GET", f"{path}{found['newStartPageToken']}&includeRemoved=false")[1]
    assert kept["changes"] == []


def test_drive_gives_changes_page_by_page(ask: Any) -> None:
    """All pages together are all changes, and the last one has the next start."""
    token = ask("GET", f"{DRIVE}/changes/startPageToken")[1]["startPageToken"]
    made = [ask("POST", FILES, {"mimeType": FOLDER})[1]["id"] for _ in range(5)]
    seen: list[str] = []
    while token:
        answer = ask("GET", f"{DRIVE}/changes?pageSize=2&pageToken={token}")[1]
        seen += [change["fileId"] for change in answer["changes"]]
        token = answer.get("nextPageToken", "")
    assert seen == made
    assert "newStartPageToken" in answer


@pytest.mark.parametrize("token", ["", "x", "-1", "0", "99999", "1" * 4000, "%C2%B2"])
def test_drive_refuses_tokens_of_changes_it_did_not_give(ask: Any, token: str) -> None:
    """A token that never was is an invalid value; none at all is missing."""
    assert refused(ask("GET", f"{DRIVE}/changes?pageToken={token}"))[:2] == (400, "invalid")
    assert refused(ask("GET", f"{DRIVE}/changes"))[:2] == (400, "required")


def test_drive_tells_about_the_caller(ask: Any) -> None:
    """About needs fields and knows who asks; there are no shared drives."""
    assert refused(ask("GET", f"{DRIVE}/about"))[1] == "required"
    me = ask("GET", f"{DRIVE}/about?fields=user(emailAddress,me)", user="ada@example.com")[1]
    assert me == {"user": {"emailAddress": "ada@example.com", "me": True}}
    whole = ask("GET", f"{DRIVE}/about?fields=*")[1]
    assert "text/csv" in whole["exportFormats"][SHEET]
    assert ask("GET", f"{DRIVE}/drives")[1] == {"kind": "drive#driveList", "drives": []}
    assert ask("GET", f"{DRIVE}/teamdrives")[1]["teamDrives"] == []
    assert refused(ask("GET", f"{DRIVE}/drives/none"))[:2] == (404, "notFound")


def test_drive_files_survive_a_restart(tmp_path: Any, ask: Any) -> None:
    """Folders, permissions, notes and the tokens of changes are there when the file is reopened."""
    from syncd.sandbox import Sandbox

    path = tmp_path / "books.db"
    with Sandbox(data=path) as first:
        folder = ask("POST", FILES, {"name": "F", "mimeType": FOLDER}, base=first.url)[1]["id"]
        given = {"name": "B", "mimeType": SHEET, "parents": [folder], "starred": True}
        key = ask("POST", FILES, given, base=first.url)[1]["id"]
        sharing = {"type": "user", "role": "reader", "emailAddress": "ada@example.com"}
        ask("POST", f"{FILES}/{key}/permissions", sharing, base=first.url)
        ask("POST", f"{FILES}/{key}/comments?fields=id", {"content": "c"}, base=first.url)
        before = ask("GET", f"{FILES}/{key}?fields=*", base=first.url)[1]
        start = f"{DRIVE}/changes/startPageToken"
        token = ask("GET", start, base=first.url)[1]["startPageToken"]
        ask("PATCH", f"{FILES}/{folder}", {"name": "G"}, base=first.url)
    with Sandbox(data=path) as second:
        after = ask("GET", f"{FILES}/{key}?fields=*", base=second.url)[1]
        for answer in (before, after):
            for name in ("webViewLink", "exportLinks"):
                answer.pop(name)
        assert after == before
        changes = f"{DRIVE}/changes?pageToken={token}"
        found = ask("GET", changes, base=second.url)[1]["changes"]
        assert [change["file"]["name"] for change in found] == ["G"]
        comments = f"{FILES}/{key}/comments?fields=comments/content"
        assert ask("GET", comments, base=second.url)[1] == {"comments": [{"content": "c"}]}
