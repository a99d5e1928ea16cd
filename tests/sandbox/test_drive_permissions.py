"""Permissions by the Drive API: who may open a file, and that they bind."""

from typing import Any

import pytest

FILES = "/drive/v3/files"
SHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"
ADA, BEA = "ada@example.com", "bea@example.com"


@pytest.fixture
def share(ask: Any) -> Any:
    """Give a function that shares a file and gives the answer."""

    def shared(key: str, role: str, query: str = "", user: str = "", **given: Any) -> Any:
        body = {"type": "user", "role": role} | given
        return ask("POST", f"{FILES}/{key}/permissions{query}", body, user=user)

    return shared


@pytest.fixture
def private(ask: Any) -> None:
    """Let permissions bind those whom none names."""
    ask("POST", "/_sandbox/settings", {"private_files": True})


def refused(answer: Any) -> tuple[int, str]:
    """Give the status and the reason of a refusal."""
    return answer[0], answer[1]["error"]["errors"][0]["reason"]


def write(ask: Any, key: str, user: str) -> int:
    """Write a cell as a person and give the status."""
    path = f"/v4/spreadsheets/{key}/values/A1?valueInputOption=RAW"
    return int(ask("PUT", path, {"values": [["x"]]}, user=user)[0])


def test_drive_gives_a_person_one_permission_with_one_id(ask: Any, book: str, share: Any) -> None:
    """The id follows from the address; sharing again changes the role; it can be read and ended."""
    status, made = share(book, "reader", emailAddress=ADA)
    assert status == 200
    assert set(made) == {"kind", "id", "type", "role"}
    assert share(book, "writer", emailAddress=ADA.upper())[1]["id"] == made["id"]
    path = f"{FILES}/{book}/permissions"
    listed = ask("GET", f"{path}?fields=permissions(role,emailAddress)")[1]["permissions"]
    assert [entry["role"] for entry in listed] == ["owner", "writer"]
    assert ask("PATCH", f"{path}/{made['id']}", {"role": "commenter"})[1]["role"] == "commenter"
    whole = ask("GET", f"{path}/{made['id']}?fields=*")[1]
    assert (whole["deleted"], whole["pendingOwner"]) == (False, False)
    assert ask("DELETE", f"{path}/{made['id']}")[0] == 204
    assert refused(ask("GET", f"{path}/{made['id']}")) == (404, "notFound")
    assert ask("GET", f"{path}/{made['id']}")[1]["error"]["message"] == (
        f"Permission not found: {made['id']}."
    )


def test_drive_shares_with_links_domains_and_groups(ask: Any, book: str, share: Any) -> None:
    """Anyone with the link, anyone at all, a domain, a group: each as Drive names it."""
    link = share(book, "reader", "?fields=*", type="anyone")[1]
    assert (link["id"], link["allowFileDiscovery"]) == ("anyoneWithLink", False)
    assert share(book, "reader", type="anyone", allowFileDiscovery=True)[1]["id"] == "anyone"
    domain = share(book, "writer", "?fields=*", type="domain", domain="example.com")[1]
    assert (domain["domain"], domain["displayName"]) == ("example.com", "example.com")
    assert share(book, "writer", type="group", emailAddress="all@example.com")[0] == 200
    assert ask("GET", f"{FILES}/{book}?fields=shared")[1] == {"shared": True}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"role": "reader", "type": None}, (400, "required")),
        ({"role": None}, (400, "required")),
        ({"role": "king", "emailAddress": ADA}, (400, "invalid")),
        ({"role": "reader", "type": "robot"}, (400, "invalid")),
        ({"role": "reader"}, (400, "invalid")),
        ({"role": "reader", "type": "domain"}, (400, "invalid")),
        ({"role": "owner", "emailAddress": ADA}, (403, "forbidden")),
        ({"role": "organizer", "emailAddress": ADA}, (400, "invalidSharingRequest")),
        ({"role": "owner", "type": "anyone"}, (400, "invalid")),
        ({"role": ["reader"], "emailAddress": ADA}, (400, "badRequest")),
        ({"role": "reader", "type": {}}, (400, "badRequest")),
        (
            {"role": "reader", "emailAddress": ADA, "expirationTime": "9999-12-31T23:59:59-23:00"},
            (400, "invalid"),
        ),
    ],
)
def test_drive_refuses_permissions_that_cannot_be(
    book: str, share: Any, given: Any, expected: Any
) -> None:
    """What is missing, unknown, or not for this kind of file is refused by its reason."""
    assert refused(share(book, **given)) == expected


def test_drive_hands_a_file_over_to_another_owner(ask: Any, book: str, share: Any) -> None:
    """Ownership needs its own word; the old owner stays a writer and cannot be owner any more."""
    status, made = share(book, "owner", "?transferOwnership=true", emailAddress=ADA)
    assert (status, made["role"]) == (200, "owner")
    mine = ask("GET", f"{FILES}/{book}?fields=ownedByMe,owners/emailAddress")[1]
    assert mine == {"ownedByMe": False, "owners": [{"emailAddress": ADA}]}
    again = share(book, "owner", "?transferOwnership=true", emailAddress=BEA)
    assert refused(again) == (403, "insufficientFilePermissions")
    assert refused(ask("DELETE", f"{FILES}/{book}/permissions/{made['id']}"))[0] == 403


def test_drive_lets_a_pending_owner_accept(ask: Any, book: str, share: Any) -> None:
    """A writer who is asked to take a file over does so with their own permission."""
    made = share(book, "writer", "?fields=id", emailAddress=ADA)[1]
    path = f"{FILES}/{book}/permissions/{made['id']}"
    ask("PATCH", path, {"role": "writer", "pendingOwner": True})
    accept = f"{path}?transferOwnership=true"
    assert refused(ask("PATCH", accept, {"role": "owner"}, user=BEA))[0] == 403
    assert ask("PATCH", accept, {"role": "owner"}, user=ADA)[1]["role"] == "owner"


def test_drive_permissions_bind_whom_they_name(ask: Any, book: str, share: Any) -> None:
    """A reader reads and does not write, rename, share or delete; a stranger may do it all."""
    share(book, "reader", emailAddress=ADA)
    assert ask("GET", f"/v4/spreadsheets/{book}", user=ADA)[0] == 200
    assert write(ask, book, ADA) == 403
    expected = (403, "insufficientFilePermissions")
    assert refused(ask("PATCH", f"{FILES}/{book}", {"name": "x"}, user=ADA)) == expected
    assert refused(ask("DELETE", f"{FILES}/{book}", user=ADA)) == expected
    assert refused(ask("GET", f"{FILES}/{book}/permissions", user=ADA)) == expected
    assert refused(share(book, "writer", user=ADA, emailAddress=BEA)) == expected
    can = ask("GET", f"{FILES}/{book}?fields=capabilities(canEdit,canDelete)", user=ADA)[1]
    assert can == {"capabilities": {"canEdit": False, "canDelete": False}}
    assert write(ask, book, BEA) == 200


def test_drive_keeps_private_files_from_strangers(
    ask: Any, book: str, share: Any, private: None
) -> None:
    """Where files are private, who is not named finds nothing; a link opens and lists not."""
    assert ask("GET", f"/v4/spreadsheets/{book}", user=ADA)[0] == 403
    assert refused(ask("GET", f"{FILES}/{book}", user=ADA)) == (404, "notFound")
    assert ask("GET", FILES, user=ADA)[1]["files"] == []
    share(book, "reader", type="anyone")
    assert ask("GET", f"/v4/spreadsheets/{book}", user=ADA)[0] == 200
    assert write(ask, book, ADA) == 403
    assert ask("GET", FILES, user=ADA)[1]["files"] == []
    share(book, "writer", type="domain", domain="example.com", allowFileDiscovery=True)
    assert write(ask, book, ADA) == 200
    assert len(ask("GET", FILES, user=ADA)[1]["files"]) == 1
    assert write(ask, book, "eve@elsewhere.org") == 403


def test_drive_folders_hand_their_permissions_down(ask: Any, share: Any, private: None) -> None:
    """Who may write in a folder may write what lies in it, however deep, and only then."""
    outer = ask("POST", FILES, {"name": "Outer", "mimeType": FOLDER})[1]["id"]
    inner = ask("POST", FILES, {"mimeType": FOLDER, "parents": [outer]})[1]["id"]
    key = ask("POST", FILES, {"mimeType": SHEET, "parents": [inner]})[1]["id"]
    assert write(ask, key, ADA) == 403
    made = share(outer, "writer", emailAddress=ADA)[1]
    assert write(ask, key, ADA) == 200
    end = ask("DELETE", f"{FILES}/{key}/permissions/{made['id']}")
    assert refused(end) == (403, "cannotDeletePermission")
    ask("DELETE", f"{FILES}/{outer}/permissions/{made['id']}")
    assert write(ask, key, ADA) == 403


def test_drive_permissions_end_when_they_say(
    ask: Any, book: str, share: Any, private: None
) -> None:
    """An expired permission opens nothing."""
    past = "2020-01-01T00:00:00Z"
    made = share(book, "writer", "?fields=*", emailAddress=ADA, expirationTime=past)[1]
    assert made["expirationTime"] == "2020-01-01T00:00:00.000Z"
    assert write(ask, book, ADA) == 403
    ask("PATCH", f"{FILES}/{book}/permissions/{made['id']}?removeExpiration=true", {})
    assert write(ask, book, ADA) == 200


def test_drive_heeds_the_rules_of_access_first(ask: Any, book: str, share: Any) -> None:
    """A rule of the sandbox's own address counts more than any permission."""
    share(book, "writer", emailAddress=ADA)
    ask("POST", "/_sandbox/access", {"spreadsheetId": book, "user": ADA, "role": "none"})
    assert refused(ask("GET", f"{FILES}/{book}", user=ADA)) == (404, "notFound")
    ask("POST", "/_sandbox/access", {"spreadsheetId": book, "user": ADA, "role": "reader"})
    assert write(ask, book, ADA) == 403
