"""Lists of files: the language of searches, orders, and pages."""

from typing import Any
from urllib.parse import quote

import pytest

FILES = "/drive/v3/files"
SHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"


@pytest.fixture
def find(ask: Any) -> Any:
    """Give a function that gives the names that a query finds, or what it is refused for."""

    def found(query: str, **options: str) -> Any:
        more = "".join(f"&{name}={quote(value)}" for name, value in options.items())
        status, answer = ask("GET", f"{FILES}?q={quote(query)}&fields=files/name{more}")
        if status == 200:
            return [entry["name"] for entry in answer["files"]]
        entry = answer["error"]["errors"][0]
        return status, entry["reason"], entry["message"], entry.get("location")

    return found


@pytest.fixture
def library(ask: Any) -> dict[str, str]:
    """Give some files by their names."""
    made: dict[str, str] = {}
    folder = {"name": "Archive", "mimeType": FOLDER, "properties": {"kind": "old"}}
    made["Archive"] = ask("POST", FILES, folder)[1]["id"]
    for name in ("Budget 2024", "HelloWorld", "It's mine", "budget"):
        parents = [made["Archive"]] if name == "budget" else ["root"]
        given = {"name": name, "mimeType": SHEET, "parents": parents}
        made[name] = ask("POST", FILES, given)[1]["id"]
    cells = {"values": [["Zanzibar", "two words"]]}
    path = f"/v4/spreadsheets/{made['HelloWorld']}/values/A1?valueInputOption=RAW"
    ask("PUT", path, cells)
    ask("PATCH", f"{FILES}/{made['It' + chr(39) + 's mine']}", {"starred": True})
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name = 'budget'", {"budget"}),
        ("name = 'BUDGET'", {"budget"}),
        ('name = "It\'s mine"', {"It's mine"}),
        (r"name = 'It\'s mine'", {"It's mine"}),
        ("name contains 'bud'", {"Budget 2024", "budget"}),
        ("name contains 'World'", set()),
        ("name contains 'Hello'", {"HelloWorld"}),
        ("name contains '2024'", {"Budget 2024"}),
        ("fullText contains 'zanzibar'", {"HelloWorld"}),
        ("fullText contains 'zanzi'", set()),
        ("mimeType = 'application/vnd.google-apps.folder'", {"Archive"}),
        ("mimeType != 'application/vnd.google-apps.spreadsheet'", {"Archive"}),
        ("mimeType contains 'folder'", {"Archive"}),
        ("'root' in parents and not name contains 'bud'", {"Archive", "HelloWorld", "It's mine"}),
        ("starred", {"It's mine"}),
        ("starred = true and trashed = false", {"It's mine"}),
        ("properties has { key='kind' and value='old' }", {"Archive"}),
        ("(name = 'budget' or name = 'Archive') and trashed=false", {"budget", "Archive"}),
        ("name = 'x' and starred = true or name = 'budget'", {"budget"}),
        ("'me' in owners and name = 'budget'", {"budget"}),
        ("'stranger@example.com' in writers", set()),
        ("sharedWithMe", set()),
        ("modifiedTime > '2012-06-04T12:00:00' and name = 'budget'", {"budget"}),
        ("modifiedTime < '2012-06-04T12:00:00-08:00'", set()),
        ("createdTime >= '2012-06-04' and name = 'Archive'", {"Archive"}),
        ("visibility = 'limited' and name = 'budget'", {"budget"}),
        ("trashed = true", set()),
    ],
)
def test_drive_finds_what_a_query_asks_for(
    find: Any, library: dict[str, str], query: str, names: set[str]
) -> None:
    """Each kind of term, their combinations, prefixes of words, and either kind of quotes."""
    assert set(find(query)) == names


@pytest.mark.parametrize(
    "query",
    [
        "name",
        "name =",
        "name = budget",
        "name = 'open",
        "name < 'b'",
        "nonsense = 'x'",
        "name = 'a' and",
        "name = 'a' name = 'b'",
        "(name = 'a'",
        "name = 'a')",
        "trashed = 'yes'",
        "trashed = maybe",
        "modifiedTime > 'yesterday'",
        "'x' in pocket",
        "properties has { key='a' }",
        "title = 'a'",
        "(" * 3000,
        "not " * 800 + "x",
        "(" * 300 + "trashed" + ")" * 300,
    ],
)
def test_drive_refuses_a_query_it_cannot_read(find: Any, query: str) -> None:
    """Every mistake is the same refusal, and none is too deep or too long to be refused."""
    assert find(query) == (400, "invalid", "Invalid Value", "q")


def test_drive_finds_files_in_a_folder(find: Any, library: dict[str, str]) -> None:
    """A folder's id in parents gives what lies in it."""
    assert find(f"'{library['Archive']}' in parents") == ["budget"]
    assert find(f'parents in "{library["Archive"]}"') == ["budget"]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("name", ["Archive", "budget", "Budget 2024", "HelloWorld", "It's mine"]),
        ("name desc", ["It's mine", "HelloWorld", "Budget 2024", "budget", "Archive"]),
        ("starred,name", ["It's mine", "Archive", "budget", "Budget 2024", "HelloWorld"]),
        (
            "folder,createdTime desc",
            ["Archive", "budget", "It's mine", "HelloWorld", "Budget 2024"],
        ),
        ("createdTime", ["Archive", "Budget 2024", "HelloWorld", "It's mine", "budget"]),
    ],
)
def test_drive_orders_as_asked(
    find: Any, library: dict[str, str], order: str, names: list[str]
) -> None:
    """Several keys, each in either direction."""
    assert find("", orderBy=order) == names


def test_drive_refuses_wrong_orders_and_sizes(find: Any, library: dict[str, str]) -> None:
    """An unknown key, a wrong size, an unknown token: each names its parameter."""
    assert find("", orderBy="colour") == (400, "invalid", "Invalid Value", "orderBy")
    for size in ("0", "1001"):
        span = "[value: 1\n, value: 1000\n]"
        text = f"Invalid value '{size}'. Values must be within the range: {span}"
        assert find("", pageSize=size) == (400, "invalidParameter", text, "page_size")
    assert find("", pageSize="many")[0] == 400
    assert find("", pageToken="guess") == (400, "invalid", "Invalid Value", "pageToken")
    assert find("fullText contains 'x'", orderBy="name")[:2] == (403, "forbidden")
    twice = (403, "orderByContainsDuplicateSortKeys")
    assert find("", orderBy="name,name_natural desc")[:2] == twice


def test_drive_lists_page_by_page(ask: Any, library: dict[str, str]) -> None:
    """All pages together are the list; a token belongs to its query."""
    names: list[str] = []
    path = f"{FILES}?orderBy=name&pageSize=2&fields=nextPageToken,files(name)"
    token, pages = "", 0
    while True:
        answer = ask("GET", path + (f"&pageToken={quote(token)}" if token else ""))[1]
        names += [entry["name"] for entry in answer["files"]]
        pages += 1
        if "nextPageToken" not in answer:
            break
        token = answer["nextPageToken"]
    assert (pages, names) == (3, sorted(library, key=str.casefold))
    other = ask("GET", f"{FILES}?orderBy=name%20desc&pageToken={quote(token)}")
    assert other[0] == 400


def test_drive_lists_what_was_shared_with_a_person(ask: Any, library: dict[str, str]) -> None:
    """Shared with me are the files that others shared with the person who asks."""
    sharing = {"type": "user", "role": "reader", "emailAddress": "ada@example.com"}
    ask("POST", f"{FILES}/{library['budget']}/permissions", sharing)
    path = f"{FILES}?q=sharedWithMe&fields=files(name,sharingUser/emailAddress)"
    found = ask("GET", path, user="ada@example.com")[1]["files"]
    assert [entry["name"] for entry in found] == ["budget"]
    assert found[0]["sharingUser"]["emailAddress"].endswith("gserviceaccount.com")
    readers = quote("'ada@example.com' in readers")
    assert len(ask("GET", f"{FILES}?q={readers}")[1]["files"]) == 1
