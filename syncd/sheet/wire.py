"""The wires to Google: one sign-in for both clients, timeouts everywhere, and no hidden retry.

What the libraries would do by themselves is left out: google-auth's second attempts, with pauses
of its own and calls that no quota counts; httplib2's second sending of a write.
"""

import http.client
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import google.auth.exceptions
import google.auth.transport.requests
import httplib2
import requests
from google.oauth2 import service_account
from gspread.exceptions import APIError
from gspread.http_client import HTTPClient

from syncd.errors import SheetBusyError, UsageError

SCOPES = (
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive.file",
)
GOOGLE = "https://sheets.googleapis.com"
DRIVE = "https://www.googleapis.com"
CONNECT_TIMEOUT_S = 15.0
READ_TIMEOUT_S = 60.0
TOKEN_TIMEOUT_S = 20.0
WRITE_TIMEOUT_S = 200.0  # Google gives up on a request after 180 s

_PASSING = ("internal_failure", "server_error", "temporarily_unavailable")

httplib2.RETRIES = 1  # it would send a write again by itself when a connection drops


class Account(service_account.Credentials):  # type: ignore[misc] # its stubs are not read
    """A service account that asks nobody but its token address and the endpoint."""

    proven = False  # whether Google took the present token at least once

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False  # the lookup would call Google even where the endpoint is the sandbox

    def sign_in(self) -> None:
        """See that there is a token that holds; one attempt, within a time."""
        if not self.valid:
            self.proven = False
            with requests.Session() as session:
                self.refresh(_TokenRequest(session))

    def forget(self) -> None:
        """Sign in anew before the next call."""
        self.token = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign one of gspread's requests; no other credential of the machine is looked for."""
        self.apply(request.headers)
        return request


class _TokenRequest(google.auth.transport.requests.Request):  # type: ignore[misc] # as above
    """Asks for a token once: what is worth another attempt is tried with the call that needs it."""

    def __call__(self, *given: Any, **named: Any) -> Any:
        answer = super().__call__(*given, **(named | {"timeout": TOKEN_TIMEOUT_S}))
        if answer.status in {408, 429} or answer.status >= 500 or _is_passing(answer.data):
            raise google.auth.exceptions.TransportError(f"no token: {answer.status}")
        return answer


def _is_passing(content: bytes) -> bool:
    try:
        found = json.loads(content)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("error") in _PASSING


def load_account(path: Path) -> Account:
    """Load a service account's key."""
    hint = "Set sheet.credentials to the JSON key of a Google service account."
    try:
        account: Account = Account.from_service_account_file(str(path), scopes=SCOPES)
    except FileNotFoundError as error:
        raise UsageError("there is no such file", on=str(path), hint=hint) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"it is no usable key: {error}", on=str(path), hint=hint) from error
    return account


class Reader(HTTPClient):  # type: ignore[misc] # gspread's stubs are not read
    """gspread's own client, with timeouts, and with a base address that can be changed."""

    def __init__(self, account: Account, base: str) -> None:
        session = requests.Session()
        session.auth = account
        session.max_redirects = 1  # Google sends nobody elsewhere; each hop would be a call
        super().__init__(None, session)
        self.base = base
        self.set_timeout((CONNECT_TIMEOUT_S, READ_TIMEOUT_S))

    def request(self, method: str, endpoint: str, *given: Any, **named: Any) -> Any:
        """Send a request to Google, or to what stands in for it."""
        address = endpoint.replace(GOOGLE, self.base, 1)
        if self.base != GOOGLE:
            address = address.replace(DRIVE, self.base, 1)
        return super().request(method, address, *given, **named)

    def ask(self, address: str, body: Mapping[str, Any]) -> tuple[bytes, bool]:
        """Return an answer's bytes as they came over the wire, and whether they are zipped."""
        answer = self.session.request(
            "post",
            address.replace(GOOGLE, self.base, 1),
            params={"prettyPrint": "false"},
            json=dict(body),
            headers={"Accept-Encoding": "gzip"},
            timeout=self.timeout,
            stream=True,
        )
        with answer:
            if not answer.ok:
                raise APIError(answer)
            raw: bytes = answer.raw.read(decode_content=False)
            return raw, answer.headers.get("Content-Encoding") == "gzip"


class Writer(httplib2.Http):  # type: ignore[misc] # httplib2 has no stubs
    """The wire of the writing client: what fails before it is connected was never sent."""

    redirect_codes: frozenset[int]

    def __init__(self, account: Account, unreachable: Callable[[], SheetBusyError]) -> None:
        super().__init__(timeout=WRITE_TIMEOUT_S)
        self.redirect_codes = self.redirect_codes - {308}
        self._account = account
        plain, secure = httplib2.HTTPConnectionWithTimeout, httplib2.HTTPSConnectionWithTimeout
        self._kinds = {kind: _told(each, unreachable) for kind, each in _kinds(plain, secure)}

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Any:
        """Send a request, signed."""
        signed = dict(headers or {})
        self._account.apply(signed)
        kind = self._kinds["https" if uri.startswith("https:") else "http"]
        return super().request(uri, method, body, signed, connection_type=kind, **more)


def _kinds(plain: Any, secure: Any) -> list[tuple[str, Any]]:
    return [("http", plain), ("https", secure)]


def _told(kind: Any, unreachable: Callable[[], SheetBusyError]) -> Any:
    """Return a kind of connection that tells when it could not be made, and sends once."""

    class Told(kind):  # type: ignore[misc] # httplib2 has no stubs
        timeout: float

        def connect(self) -> None:
            whole_s, self.timeout = self.timeout, CONNECT_TIMEOUT_S
            try:
                super().connect()
            except Exception as error:
                raise unreachable() from error
            finally:
                self.timeout = whole_s
            self.sock.settimeout(whole_s)

        def getresponse(self) -> Any:
            try:
                return super().getresponse()
            except (http.client.BadStatusLine, http.client.ResponseNotReady) as error:
                # httplib2 sends the request again on these two, whatever RETRIES says.
                raise http.client.HTTPException("the connection ended without an answer") from error

    return Told
