"""Callers who are known by an API key and no token."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from syncd.sandbox import Sandbox


@pytest.fixture
def by_key(box: Sandbox) -> Callable[..., tuple[int, Any]]:
    """Give a function that asks with an API key only."""

    def send(verb: str, path: str, body: Any = None) -> tuple[int, Any]:
        content = json.dumps(body).encode() if body is not None else None
        address = f"{box.url}{path}{'&' if '?' in path else '?'}key=AIza"
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(address, content, headers, method=verb)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    return send


def test_api_keys_read_only_what_is_open_to_anyone(ask: Any, book: str, by_key: Any) -> None:
    """A private file is refused; one that is shared by its link is read, values and all."""
    path = f"/v4/spreadsheets/{book}"
    status, answer = by_key("GET", path)
    assert (status, answer["error"]["status"]) == (403, "PERMISSION_DENIED")
    anyone = {"type": "anyone", "role": "writer"}
    assert ask("POST", f"/drive/v3/files/{book}/permissions", anyone)[0] == 200
    assert by_key("GET", path)[0] == 200
    assert by_key("GET", f"{path}/values/A1")[1]["range"] == "Sheet1!A1"
    assert by_key("GET", f"/drive/v3/files/{book}")[1]["id"] == book


def test_nobody_at_all_is_refused_in_strict_mode() -> None:
    """Who sends neither a token nor a key is no registered caller; a bad token is a 401."""
    with Sandbox(strict=True) as box:
        for header, code in (({}, 403), ({"Authorization": "Bearer bad"}, 401)):
            request = urllib.request.Request(f"{box.url}/v4/spreadsheets/x", headers=header)
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(request, timeout=30)
            with caught.value as error:
                assert error.code == code
                told = json.loads(error.read())["error"]
            assert told["message"].startswith("Method doesn't allow unregistered") == (code == 403)


def test_api_keys_never_write(ask: Any, book: str, by_key: Any) -> None:
    """A change asks for a person, also of a file that anyone may edit."""
    ask("POST", f"/drive/v3/files/{book}/permissions", {"type": "anyone", "role": "writer"})
    path = f"/v4/spreadsheets/{book}/values/A1:append?valueInputOption=RAW"
    status, answer = by_key("POST", path, {"values": [[1]]})
    assert (status, answer["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert answer["error"]["message"].startswith("API keys are not supported by this API.")
    assert answer["error"]["details"][0]["metadata"]["method"].endswith(".AppendValues")
    assert "values" not in ask("GET", f"/v4/spreadsheets/{book}/values/A1")[1]
