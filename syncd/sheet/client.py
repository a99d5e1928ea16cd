"""The two Google clients behind one credential, one quota and one reading of their errors.

gspread opens and reads; google-api-python-client sends the fenced batchUpdate, once and without
a retry of its own. Reads are tried again when Google is out of reach; writes never are.
"""

import functools
import http.client
import json
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import google.auth.exceptions
import google_auth_httplib2
import httplib2
import requests
import tenacity
from google.oauth2 import service_account
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from gspread.exceptions import APIError
from gspread.http_client import HTTPClient

from syncd.errors import (
    OutcomeUnknownError,
    SheetAccessError,
    SheetBusyError,
    SheetError,
    UsageError,
)
from syncd.sheet.quota import Quota

SCOPES = (
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive.file",
)
T = TypeVar("T")
GOOGLE = "https://sheets.googleapis.com"
DRIVE = "https://www.googleapis.com"
READ_TIMEOUT_S = 60.0
WRITE_TIMEOUT_S = 200.0  # Google gives up on a request after 180 s
READ_ATTEMPTS = 4

httplib2.RETRIES = 1  # it would send a write again by itself when a connection drops

_LOST = (
    OSError,
    socket.timeout,
    http.client.HTTPException,
    httplib2.HttpLib2Error,
    requests.exceptions.RequestException,
    google.auth.exceptions.TransportError,
)


class RefusedError(SheetError):
    """Google refused a call as invalid: nothing of it was applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TabProperties:
    """What is known of a tab without reading it."""

    sheet_id: int
    title: str
    hidden: bool
    columns: int


def _tab_properties(found: Mapping[str, Any]) -> TabProperties:
    return TabProperties(
        sheet_id=int(found.get("sheetId", 0)),
        title=str(found.get("title", "")),
        hidden=bool(found.get("hidden", False)),
        columns=int(found.get("gridProperties", {}).get("columnCount", 0)),
    )


class Client:
    """One account's way to one spreadsheet."""

    def __init__(
        self,
        *,
        spreadsheet: str,
        credentials: Path,
        endpoint: str = "",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.spreadsheet = spreadsheet
        self.endpoint = endpoint.rstrip("/")
        self._credentials = credentials
        self._sleep = sleep
        self.quota = Quota(clock=clock, sleep=sleep)
        self._account = _account(credentials)
        self.email = str(self._account.service_account_email)
        self._reader = _Reader(self._account, self.endpoint or GOOGLE)
        self._wire = httplib2.Http(timeout=WRITE_TIMEOUT_S)
        self._wire.redirect_codes = self._wire.redirect_codes - {308}

    def twin(self) -> "Client":
        """Return a second way to the same spreadsheet, for another thread, out of one quota."""
        twin = Client(
            spreadsheet=self.spreadsheet,
            credentials=self._credentials,
            endpoint=self.endpoint,
            sleep=self._sleep,
        )
        twin.quota = self.quota
        return twin

    @functools.cached_property
    def _spreadsheets(self) -> Any:
        """The writing client, made when something is written for the first time."""
        http = google_auth_httplib2.AuthorizedHttp(self._account, http=self._wire)
        options = {"api_endpoint": f"{self.endpoint}/"} if self.endpoint else None
        service = build(
            "sheets",
            "v4",
            http=http,
            static_discovery=True,
            client_options=options,
            cache_discovery=False,
        )
        return service.spreadsheets()

    def close(self) -> None:
        """Close the connections of both clients."""
        self._wire.close()
        self._reader.session.close()

    def read(self, method: str, body: Mapping[str, Any], *, fields: str = "") -> tuple[Any, bytes]:
        """Ask Google for something, again if need be; return the answer and its bytes.

        `method` is what follows the spreadsheet's id in the address, such as `:getByDataFilter`.
        """
        address = f"{GOOGLE}/v4/spreadsheets/{self.spreadsheet}{method}"
        params = {"fields": fields} if fields else {}

        def once() -> tuple[Any, bytes]:
            self.quota.wait("read")
            with _translated(self.email, self.spreadsheet):
                answer = self._reader.request("post", address, params=params, json=dict(body))
                return decoded(answer.content), answer.content

        return self._again(once)

    def tabs(self) -> list[TabProperties]:
        """Return every tab; fails where the spreadsheet cannot be opened."""

        def once() -> list[TabProperties]:
            self.quota.wait("read")
            with _translated(self.email, self.spreadsheet):
                found = self._reader.fetch_sheet_metadata(
                    self.spreadsheet, params={"fields": "sheets.properties"}
                )
                return [_tab_properties(sheet["properties"]) for sheet in found["sheets"]]

        return self._again(once)

    def call(
        self,
        verb: str,
        address: str,
        body: Mapping[str, Any] | None = None,
        *,
        kind: str = "read",
        params: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Make any other call, once: what only `probe` and `doctor` ask of Google.

        `kind` is the quota that it takes from: `read`, `write`, or nothing for Drive.
        """
        host = DRIVE if address.startswith("/drive/") else GOOGLE
        if kind:
            self.quota.wait(kind)
        with _translated(self.email, self.spreadsheet):
            answer: requests.Response = self._reader.request(
                verb, f"{host}{address}", params=params, json=body
            )
        return answer

    def _again(self, once: Callable[[], T]) -> T:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(SheetBusyError),
            wait=tenacity.wait_random_exponential(multiplier=0.5, max=32),
            stop=tenacity.stop_after_attempt(READ_ATTEMPTS),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(once)

    def write(self, body: Mapping[str, Any], *, fields: str) -> Any:
        """Send one batchUpdate, once.

        Raises RefusedError when nothing of it was applied, OutcomeUnknownError when no answer
        says whether it was.
        """
        self.quota.wait("write")
        self._wire.close()  # a connection that idled may be dead, and a dead one is no answer
        request = self._spreadsheets.batchUpdate(
            spreadsheetId=self.spreadsheet, body=body, fields=fields
        )
        try:
            return request.execute(num_retries=0)
        except HttpError as error:
            status, text = int(error.status_code), str(error.reason)
            raise refusal(status, text, self.email, self.spreadsheet) from error
        except (*_LOST, ValueError) as error:
            raise unknown("a write was sent and no answer came", self.spreadsheet) from error


def refusal(status: int, text: str, email: str, spreadsheet: str) -> SheetError:
    """Return what Google's refusal of a write means."""
    if status == 400:
        return RefusedError(text, on=spreadsheet)
    if status in (401, 403, 404):
        return _access(status, text, email, spreadsheet)
    if status == 429:
        return SheetBusyError(
            "Google's quota is used up", on=spreadsheet, hint="It is free in a minute."
        )
    return unknown(f"Google answered {status} to a write", spreadsheet)


def unknown(what: str, spreadsheet: str) -> OutcomeUnknownError:
    """Return the error of a write of which nobody knows whether it was applied."""
    return OutcomeUnknownError(
        what,
        on=spreadsheet,
        hint="The next cycle looks in the sheet whether it was applied.",
    )


class _Account(service_account.Credentials):  # type: ignore[misc] # its stubs are not read
    """A service account that asks nobody but its token address and the endpoint."""

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False  # the lookup would call Google even where the endpoint is the sandbox


class _Reader(HTTPClient):  # type: ignore[misc] # gspread's stubs are not read
    """gspread's own client, with a timeout, and with a base address that can be changed."""

    def __init__(self, account: Any, base: str) -> None:
        super().__init__(account)
        self.base = base
        self.set_timeout(READ_TIMEOUT_S)

    def request(self, method: str, endpoint: str, *given: Any, **named: Any) -> Any:
        address = endpoint.replace(GOOGLE, self.base, 1)
        if self.base != GOOGLE:
            address = address.replace(DRIVE, self.base, 1)
        return super().request(method, address, *given, **named)


class _translated:  # noqa: N801 # reads as a word in a with statement
    """Turn what the clients raise on a read into syncd's errors."""

    def __init__(self, email: str, spreadsheet: str) -> None:
        self.email = email
        self.spreadsheet = spreadsheet

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Raise the error that says what to do."""
        if error is None:
            return
        if isinstance(error, APIError):
            raise read_failure(int(error.code), str(error), self.email, self.spreadsheet) from error
        if isinstance(error, PermissionError):
            raise _access(403, "", self.email, self.spreadsheet) from error
        if type(error).__name__ == "SpreadsheetNotFound":
            raise _access(404, "", self.email, self.spreadsheet) from error
        if isinstance(error, google.auth.exceptions.RefreshError):
            raise SheetAccessError(
                "Google does not accept the service account's key",
                on=self.email,
                hint="Make a new key and set sheet.credentials to it.",
            ) from error
        if isinstance(error, (*_LOST, ValueError)):
            raise unreachable(self.spreadsheet) from error


def unreachable(spreadsheet: str) -> SheetBusyError:
    """Return the error of a read that got no answer."""
    return SheetBusyError(
        "Google could not be reached",
        on=spreadsheet,
        hint="Check the network, or sheet.endpoint; syncd tries again by itself.",
    )


def read_failure(status: int, text: str, email: str, spreadsheet: str) -> SheetError:
    """Return what Google's refusal of a read means."""
    if status in (401, 403, 404):
        return _access(status, text, email, spreadsheet)
    if status == 429 or status >= 500:
        return SheetBusyError(
            f"Google answered {status}", on=spreadsheet, hint="syncd tries again by itself."
        )
    return RefusedError(f"Google refused a read: {text}", on=spreadsheet)


def _access(status: int, _text: str, email: str, spreadsheet: str) -> SheetAccessError:
    if status == 404:
        return SheetAccessError(
            "there is no spreadsheet with this id",
            on=spreadsheet,
            hint="Copy the id from the spreadsheet's address into sheet.spreadsheet.",
        )
    return SheetAccessError(
        "no access to the spreadsheet",
        on=spreadsheet,
        hint=f"Share it with {email} as an editor.",
    )


def decoded(content: bytes) -> Any:
    """Return the answer that bytes hold; what was cut off on its way is no answer."""
    try:
        return json.loads(content)
    except ValueError as error:
        raise SheetBusyError("Google's answer was cut off") from error


def _account(path: Path) -> Any:
    """Load a service account's key."""
    hint = "Set sheet.credentials to the JSON key of a Google service account."
    try:
        return _Account.from_service_account_file(str(path), scopes=SCOPES)
    except FileNotFoundError as error:
        raise UsageError("there is no such file", on=str(path), hint=hint) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"it is no usable key: {error}", on=str(path), hint=hint) from error
