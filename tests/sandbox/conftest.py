"""What the sandbox's tests share: a running sandbox, and the real clients pointed at it."""

import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import gspread
import pytest
from google.oauth2.service_account import Credentials
from googleapiclient.discovery import build

from syncd.sandbox import Sandbox
from syncd.sandbox.pointing import point

Ask = Callable[..., Any]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """Give a running sandbox that keeps its books in memory."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def connect() -> Iterator[Callable[[Sandbox], gspread.Client]]:
    """Give a function that signs gspread in with a generated key, and closes its sessions."""
    clients: list[gspread.Client] = []

    def sign_in(box: Sandbox) -> gspread.Client:
        client = gspread.service_account_from_dict(box.credentials())
        point(client.http_client.session, box.url)
        clients.append(client)
        return client

    yield sign_in
    for client in clients:
        client.http_client.session.close()
        request = getattr(client.http_client.session, "_auth_request", None)
        if request is not None:
            request.session.close()


@pytest.fixture
def client(box: Sandbox, connect: Callable[[Sandbox], gspread.Client]) -> gspread.Client:
    """Give gspread signed in to the sandbox."""
    return connect(box)


@pytest.fixture
def sheets(box: Sandbox) -> Iterator[Any]:
    """Give google-api-python-client's Sheets service signed in to the sandbox."""
    with api(box, "sheets") as service:
        yield service


def api(box: Sandbox, name: str) -> Any:
    """Build a service of google-api-python-client, with the key run through google-auth."""
    credentials = Credentials.from_service_account_info(box.credentials(), scopes=["any"])
    version, path = {"sheets": ("v4", "/"), "drive": ("v3", "/drive/v3/")}[name]
    return build(
        name,
        version,
        static_discovery=True,
        credentials=credentials,
        client_options={"api_endpoint": box.url + path},
    )


@pytest.fixture
def service() -> Callable[[Sandbox, str], Any]:
    """Give the function that builds google-api-python-client's services."""
    return api


@pytest.fixture
def drive(box: Sandbox) -> Iterator[Any]:
    """Give google-api-python-client's Drive service signed in to the sandbox."""
    with api(box, "drive") as service:
        yield service


@pytest.fixture
def ask(box: Sandbox) -> Ask:
    """Give a function that speaks plain HTTP with the sandbox: (status, parsed body)."""

    def send(verb: str, path: str, body: Any = None, *, user: str = "", base: str = "") -> Any:
        content = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request((base or box.url) + path, content, method=verb)
        request.add_header("Authorization", "Bearer any")
        request.add_header("Content-Type", "application/json")
        if user:
            request.add_header("X-Sandbox-User", user)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    return send


@pytest.fixture
def book(ask: Ask) -> str:
    """Give the id of a fresh spreadsheet."""
    return str(
        ask("POST", "/v4/spreadsheets", {"properties": {"title": "Book"}})[1]["spreadsheetId"]
    )


@pytest.fixture
def batch(ask: Ask, book: str) -> Ask:
    """Give a function that sends a batchUpdate to the fresh spreadsheet."""

    def send(*requests: Any, user: str = "", query: str = "", **options: Any) -> Any:
        body = {"requests": list(requests), **options}
        return ask("POST", f"/v4/spreadsheets/{book}:batchUpdate{query}", body, user=user)

    return send


@pytest.fixture
def values(ask: Ask, book: str) -> Ask:
    """Give a function that reads a range, or writes it when values are given."""

    def transfer(
        cells: str, given: Any = None, *, option: str = "RAW", user: str = "", **query: str
    ) -> Any:
        path = f"/v4/spreadsheets/{book}/values/{cells}"
        if given is None:
            text = "&".join(f"{k}={v}" for k, v in query.items())
            status, answer = ask("GET", f"{path}?{text}", user=user)
            return answer.get("values", []) if status == 200 else (status, answer)
        return ask("PUT", f"{path}?valueInputOption={option}", {"values": given}, user=user)

    return transfer


BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Give a headless browser."""
    playwright = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "google-chrome")
    found = os.environ.get("SYNCD_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None and os.environ.get("SYNCD_BROWSER_REQUIRED"):
        pytest.fail("no browser found, and CI has to have one")
    if found is None:
        pytest.skip("no chromium or google-chrome found, and SYNCD_CHROMIUM is not set")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=found, args=BROWSER_OPTIONS)
        yield started
        started.close()


@pytest.fixture
def open_page(box: Sandbox, browser: Any, book: str) -> Iterator[Callable[..., Any]]:
    """Give a function that opens the fresh spreadsheet's page, for a person of that name.

    Whatever a test does, no page may raise an error or load anything from elsewhere.
    """
    contexts: list[Any] = []
    troubles: list[str] = []

    def asked(request: Any) -> None:
        if not request.url.startswith((f"{box.url}/", "data:")):
            troubles.append(f"asked for {request.url}")

    def show(person: str = "team") -> Any:
        context = browser.new_context(
            permissions=["clipboard-read", "clipboard-write"],
            viewport={"width": 1280, "height": 800},
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", asked)
        page.goto(f"{box.url}/spreadsheets/d/{book}/edit")
        page.locator("[data-row='0'] [data-column='0']").wait_for()
        if person != "team":
            page.locator("#who").fill(person)
            page.locator("#who").press("Enter")
        return page

    yield show
    for context in contexts:
        context.close()
    assert troubles == []
