"""Clients that know only Google's addresses reach the sandbox."""

import json
import urllib.request
from typing import Any

import httplib2
import pytest
import requests

from syncd.sandbox import Sandbox
from syncd.sandbox.pointing import all_pointed, point, pointed

BOX = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://sheets.googleapis.com/v4/spreadsheets/x?a=b%20c", "/v4/spreadsheets/x?a=b%20c"),
        ("https://www.googleapis.com/drive/v3/files", "/drive/v3/files"),
        ("https://docs.google.com/spreadsheets/d/x/edit#gid=0", "/spreadsheets/d/x/edit"),
        ("https://oauth2.googleapis.com/token", "/token"),
        ("https://accounts.google.com/o/oauth2/token", "/token"),
    ],
)
def test_pointing_keeps_path_and_query(address: str, expected: str) -> None:
    """Each of Google's hosts is the sandbox's origin; what comes after it stays."""
    assert pointed(address, BOX) == BOX + expected
    assert pointed(address, BOX + "/") == BOX + expected


@pytest.mark.parametrize(
    "address",
    ["https://example.com/v4/x", "http://127.0.0.1:2/v4/x", "https://google.com.evil.io/"],
)
def test_pointing_leaves_other_hosts_alone(address: str) -> None:
    """An address that is not Google's stays as it is."""
    assert pointed(address, BOX) == address


def test_pointing_one_client_leaves_the_others_alone(box: Sandbox) -> None:
    """A pointed session reaches the sandbox by Google's address, positional or named."""
    address = "https://sheets.googleapis.com/v4/spreadsheets"
    headers = {"Authorization": "Bearer any"}
    with requests.Session() as session, requests.Session() as other:
        point(session, box.url)
        made = session.request("POST", address, json={}, headers=headers).json()
        read = session.get(f"{address}/{made['spreadsheetId']}", headers=headers)
        assert read.json()["spreadsheetId"] == made["spreadsheetId"]
        assert "request" not in vars(other)


def test_pointing_everything_reaches_each_http_library(box: Sandbox) -> None:
    """requests, httplib2 and urllib reach the sandbox in the block, and are themselves after it."""
    address = "https://sheets.googleapis.com/v4/spreadsheets/none"
    headers = {"Authorization": "Bearer any"}
    before = requests.Session.send, httplib2.Http.request
    with all_pointed(box.url):
        assert requests.get(address, headers=headers, timeout=9).status_code == 404
        http = httplib2.Http()
        answer, content = http.request(address, headers=headers)
        http.close()
        assert (answer.status, json.loads(content)["error"]["status"]) == (404, "NOT_FOUND")
        page: Any = urllib.request.urlopen("https://docs.google.com/", timeout=9)
        with page:
            assert page.url == box.url + "/"
    assert (requests.Session.send, httplib2.Http.request) == before
