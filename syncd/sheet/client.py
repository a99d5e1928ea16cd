"""The two Google clients behind one credential, one quota and one reading of their errors.

gspread opens and reads; google-api-python-client sends the fenced batchUpdate, once and without
a retry of its own. Reads are tried again when Google is out of reach; writes never are.
"""

import functools
import gzip
import http.client
import json
import random
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import google.auth.exceptions
import httplib2
import requests
import tenacity
import urllib3
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import HttpError
from gspread.exceptions import APIError

from syncd.errors import OutcomeUnknownError, SheetAccessError, SheetBusyError, SheetError
from syncd.sheet.capacity import require_room, unzipped_size
from syncd.sheet.quota import Quota
from syncd.sheet.wire import DRIVE, GOOGLE, Reader, Writer, load_account

T = TypeVar("T")
Json = dict[str, Any]
READ_ATTEMPTS = 4
READ_TOTAL_S = 240.0
PAUSE_MAX_S = 32.0

_LOST = (
    OSError,
    socket.timeout,
    http.client.HTTPException,
    httplib2.HttpLib2Error,
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
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
    rows: int = 0


def _tab_properties(found: Mapping[str, Any]) -> TabProperties:
    return TabProperties(
        sheet_id=int(found.get("sheetId", 0)),
        title=str(found.get("title", "")),
        hidden=bool(found.get("hidden", False)),
        columns=int(found.get("gridProperties", {}).get("columnCount", 0)),
        rows=int(found.get("gridProperties", {}).get("rowCount", 0)),
    )


class Client:
    """One account's way to one spreadsheet."""

    chance: Callable[[], float] = staticmethod(random.random)

    def __init__(
        self,
        *,
        spreadsheet: str,
        credentials: Path,
        endpoint: str = "",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        quota: Quota | None = None,
        memory_mb: int | None = None,
    ) -> None:
        self.spreadsheet = spreadsheet
        self.memory_mb = memory_mb
        self.endpoint = endpoint.rstrip("/")
        self._credentials = credentials
        self._sleep = sleep
        self.line = ""
        self._account = load_account(credentials)
        self.email = str(self._account.service_account_email)
        self.quota = quota or _quota_of(self.email, self.endpoint, clock, sleep)
        self._reader = Reader(self._account, self.endpoint or GOOGLE)
        self._wire = Writer(self._account, lambda: unreachable(self.spreadsheet))

    def twin(self) -> "Client":
        """Return a second way to the same spreadsheet that shares the quota, not the line.

        Only `probe` wants two calls at the same time: it looks what becomes of them.
        """
        twin = Client(
            spreadsheet=self.spreadsheet,
            credentials=self._credentials,
            endpoint=self.endpoint,
            sleep=self._sleep,
            quota=self.quota,
        )
        twin.line = "twin"
        return twin

    def wait(self, seconds: float) -> None:
        """Wait until a read shows what stands in the sheet by now."""
        self._sleep(seconds)

    def _turn(self, kind: str) -> AbstractContextManager[None]:
        """Wait for one's turn: one call at a time to a spreadsheet, and within the quota."""
        return self.quota.turn(kind, f"{self.line}{self.spreadsheet}")

    @functools.cached_property
    def _spreadsheets(self) -> Any:
        """The writing client, made when something is written for the first time."""
        options = {"api_endpoint": f"{self.endpoint}/"} if self.endpoint else None
        service = build_from_document(_description(), http=self._wire, client_options=options)
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
        params = {"prettyPrint": "false"} | ({"fields": fields} if fields else {})

        def once() -> tuple[Any, bytes]:
            with self._asking("read"):
                answer = self._reader.request("post", address, params=params, json=dict(body))
                return decoded(answer.content), answer.content

        return self._again(once)

    def read_unless(
        self, method: str, body: Mapping[str, Any], known: str, parse: Callable[[bytes], T]
    ) -> tuple[str, T | None]:
        """Ask Google for something large: return its fingerprint, and what `parse` makes of it.

        That is None where the fingerprint is the one that is known already: nothing is decoded.
        """
        address = f"{GOOGLE}/v4/spreadsheets/{self.spreadsheet}{method}"

        def once() -> tuple[str, T | None]:
            with self._asking("read"):
                raw, zipped = self._reader.ask(address, body)
                fingerprint = sha256(raw).hexdigest()
                if fingerprint == known:
                    return fingerprint, None
                size = unzipped_size(raw) if zipped else len(raw)
                require_room(size, self.memory_mb, on=self.spreadsheet)
                return fingerprint, decoded(gzip.decompress(raw) if zipped else raw, parse)

        return self._again(once)

    def tabs(self) -> list[TabProperties]:
        """Return every tab; fails where the spreadsheet cannot be opened."""

        def once() -> list[TabProperties]:
            with self._asking("read"):
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
        with self._asking(kind):
            answer: requests.Response = self._reader.request(
                verb, f"{host}{address}", params=params, json=body
            )
        return answer

    def _again(self, once: Callable[[], T]) -> T:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(SheetBusyError),
            wait=self._pause,
            stop=_Enough(self.quota.clock),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(once)

    def _pause(self, state: tenacity.RetryCallState) -> float:
        """Return a pause of any length up to one that doubles, so that nobody retries in step."""
        return self.chance() * min(PAUSE_MAX_S, 0.5 * 2.0 ** (state.attempt_number - 1))

    def write(self, body: Mapping[str, Any], *, fields: str) -> Any:
        """Send one batchUpdate, once.

        Raises RefusedError when nothing of it was applied, OutcomeUnknownError when no answer
        says whether it was.
        """
        with self._turn("write"):
            with _translated(self.email, self.spreadsheet):
                self._account.sign_in()
            return self._send(body, fields)

    def _send(self, body: Mapping[str, Any], fields: str) -> Any:
        self._wire.close()  # a connection that idled may be dead, and a dead one is no answer
        request = self._spreadsheets.batchUpdate(
            spreadsheetId=self.spreadsheet, body=body, fields=fields
        )
        try:
            answer = request.execute(num_retries=0)
        except HttpError as error:
            status, text = int(error.status_code), str(error.reason)
            self._heed("write", status, error.resp.get("retry-after"))
            raise refusal(status, text, self.email, self.spreadsheet) from error
        except (*_LOST, ValueError) as error:
            raise unknown("a write was sent and no answer came", self.spreadsheet) from error
        self._account.proven = True
        return answer

    @contextmanager
    def _asking(self, kind: str) -> Iterator[None]:
        """Make one call by the reading client within a block; nothing is tried twice in it."""
        turn = self._turn(kind) if kind else nullcontext()
        with turn, _translated(self.email, self.spreadsheet):
            self._account.sign_in()
            try:
                yield
            except APIError as error:
                self._heed(kind or "read", int(error.code), _retry_after(error))
                raise
            self._account.proven = True

    def _heed(self, kind: str, status: int, retry_after: str | None) -> None:
        """Do what a refusal asks for: wait, or sign in again."""
        if status == 429 and retry_after and retry_after.strip().isdecimal():
            self.quota.hold(kind, float(retry_after.strip()[:6]))
        if status == 401 and self._account.proven:
            self._account.forget()
            raise SheetBusyError(
                "Google wants the account to sign in again",
                on=self.email,
                hint="syncd does so with its next call.",
            )


def _description() -> Json:
    """Return the library's description of the one method that writes.

    Of the whole it would write the help of every method and request, which takes 70 MB.
    """
    found: Json = json.loads(get_static_doc("sheets", "v4"))
    method = found["resources"]["spreadsheets"]["methods"]["batchUpdate"]
    names = [method[part]["$ref"] for part in ("request", "response")]
    return found | {
        "resources": {"spreadsheets": {"methods": {"batchUpdate": method}}},
        "schemas": {name: {"id": name, "type": "object"} for name in names},
    }


class _Enough(tenacity.stop.stop_base):
    """Ends the attempts to read something: after a few, or by the clock of the quota."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.until = clock() + READ_TOTAL_S

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        return retry_state.attempt_number >= READ_ATTEMPTS or self.clock() >= self.until


_quotas: dict[tuple[str, str], Quota] = {}


def _quota_of(
    email: str, endpoint: str, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Quota:
    """Return the one quota of an account in this process; another clock has a quota of its own."""
    if (clock, sleep) != (time.monotonic, time.sleep):
        return Quota(clock=clock, sleep=sleep)
    return _quotas.setdefault((email, endpoint), Quota(clock=clock, sleep=sleep))


def _retry_after(error: APIError) -> str | None:
    found: str | None = error.response.headers.get("Retry-After")
    return found


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
                hint="Make a new key and set sheet.credentials to it, or set the clock right.",
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


def decoded(content: bytes, parse: Callable[[bytes], T] = json.loads) -> T:
    """Return the answer that bytes hold; what was cut off on its way is no answer."""
    try:
        return parse(content)
    except ValueError as error:
        raise SheetBusyError("Google's answer was cut off") from error
