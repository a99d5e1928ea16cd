"""Version 2 of the Drive API, as far as clients still call it."""

from typing import Any
from urllib.parse import quote

FILES = "/drive/v2/files"
SHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"
ADA = "ada@example.com"


def test_drive_v2_gives_the_whole_file_unasked(ask: Any) -> None:
    """A new file has its title, labels, links, dates and owners; a mask may choose among more."""
    made = ask("POST", FILES, {"title": "Old", "mimeType": SHEET})[1]
    assert (made["title"], made["labels"]["trashed"], made["fileSize"]) == ("Old", False, "1024")
    assert made["capabilities"] == {"canCopy": True, "canEdit": True}
    assert made["parents"][0]["isRoot"] is True
    assert made["userPermission"]["role"] == "owner"
    assert "thumbnailLink" not in made
    chosen = ask("GET", f"{FILES}/{made['id']}?fields=capabilities/canShare,ownedByMe")[1]
    assert chosen == {"capabilities": {"canShare": True}, "ownedByMe": True}
    wrong = ask("GET", f"{FILES}/{made['id']}?fields=name")
    assert wrong[1]["error"]["message"] == "Invalid field selection name"


def test_drive_v2_lists_with_its_own_names(ask: Any) -> None:
    """Items, titles in queries, dates in orders, and the next page as a token."""
    for title in ("b", "a", "c"):
        ask("POST", FILES, {"title": title, "mimeType": SHEET})
    path = f"{FILES}?q={quote('title = ' + chr(39) + 'a' + chr(39))}"
    assert [entry["title"] for entry in ask("GET", path)[1]["items"]] == ["a"]
    listed = ask("GET", f"{FILES}?orderBy=title&maxResults=2")[1]
    assert [entry["title"] for entry in listed["items"]] == ["a", "b"]
    more = f"{FILES}?orderBy=title&pageToken={quote(listed['nextPageToken'])}"
    assert [entry["title"] for entry in ask("GET", more)[1]["items"]] == ["c"]


def test_drive_v2_changes_trashes_and_deletes(ask: Any) -> None:
    """Patch, put, trash, untrash, touch, copy and delete do what their names say."""
    folder = ask("POST", FILES, {"title": "F", "mimeType": FOLDER})[1]["id"]
    key = ask("POST", FILES, {"title": "Old", "mimeType": SHEET})[1]["id"]
    given = {
        "title": "New",
        "parents": [{"id": folder}],
        "labels": {"starred": True},
        "properties": [{"key": "a", "value": "1", "visibility": "PUBLIC"}],
    }
    changed = ask("PUT", f"{FILES}/{key}", given)[1]
    assert (changed["title"], changed["labels"]["starred"]) == ("New", True)
    assert changed["parents"][0]["id"] == folder
    assert changed["properties"][0]["value"] == "1"
    assert ask("GET", f"{FILES}/{folder}/children")[1]["items"][0]["id"] == key
    assert ask("GET", f"{FILES}/{key}/parents")[1]["items"][0]["id"] == folder
    assert ask("POST", f"{FILES}/{key}/trash")[1]["labels"]["trashed"] is True
    assert ask("POST", f"{FILES}/{key}/untrash")[1]["labels"]["trashed"] is False
    assert ask("POST", f"{FILES}/{key}/touch")[0] == 200
    assert ask("POST", f"{FILES}/{key}/copy", {"title": None})[1]["title"] == "Copy of New"
    assert ask("PATCH", f"{FILES}/{key}", {"title": "Last"})[1]["title"] == "Last"
    assert ask("DELETE", f"{FILES}/{key}")[0] == 204
    assert ask("GET", f"{FILES}/{key}")[0] == 404


def test_drive_v2_shares_by_value(ask: Any, book: str) -> None:
    """A value is an address; a commenter is a reader with a role more; a link is a flag."""
    path = f"{FILES}/{book}/permissions"
    commenter = {"type": "user", "role": "reader", "additionalRoles": ["commenter"], "value": ADA}
    made = ask("POST", path, commenter)[1]
    assert (made["role"], made["additionalRoles"]) == ("reader", ["commenter"])
    assert ask("GET", f"/drive/v2/permissionIds/{ADA}")[1]["id"] == made["id"]
    link = ask("POST", path, {"type": "anyone", "role": "reader", "withLink": True})[1]
    assert (link["id"], link["withLink"]) == ("anyoneWithLink", True)
    assert ask("PUT", f"{path}/{made['id']}", {"role": "writer"})[1]["role"] == "writer"
    assert [p["id"] for p in ask("GET", path)[1]["items"]][1:] == [made["id"], "anyoneWithLink"]
    assert ask("DELETE", f"{path}/{made['id']}")[0] == 204
    owner = {"type": "user", "role": "owner", "value": ADA}
    assert ask("POST", path, owner)[1]["role"] == "owner"


def test_drive_v2_tells_about_the_caller_comments_and_changes(ask: Any, book: str) -> None:
    """About, comments, revisions and changes by their older names."""
    about = ask("GET", "/drive/v2/about", user=ADA)[1]
    assert (about["user"]["emailAddress"], about["kind"]) == (ADA, "drive#about")
    made = ask("POST", f"{FILES}/{book}/comments", {"content": "why"})[1]
    listed = ask("GET", f"{FILES}/{book}/comments")[1]["items"]
    assert [entry["commentId"] for entry in listed] == [made["commentId"]]
    assert ask("GET", f"{FILES}/{book}/comments/{made['commentId']}")[1]["content"] == "why"
    changes = ask("GET", "/drive/v2/changes")[1]
    assert [entry["fileId"] for entry in changes["items"]] == [book]
    revisions = ask("GET", f"{FILES}/{book}/revisions")[1]["items"]
    assert revisions[-1]["kind"] == "drive#revision"
