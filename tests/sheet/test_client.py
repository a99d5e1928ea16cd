"""The clients on bad days: the quota holds at Google's own meter, and nothing hangs or repeats."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from syncd.errors import OutcomeUnknownError, SheetAccessError, SheetBusyError
from syncd.sandbox import Sandbox
from syncd.sheet import wire
from syncd.sheet.client import Client, RefusedError
from tests.world import Clock

READ, WRITE = "spreadsheets.getByDataFilter", "spreadsheets.batchUpdate"
FILTERS = {"dataFilters": [{"a1Range": "A1:B2"}]}
NOTHING = {"requests": [{"addSheet": {"properties": {"hidden": True}}}]}


class Day:
    """A sandbox with its own clock, which the client shares, and a spreadsheet in it."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.clock.now = 1_700_000_000.0
        self.box = Sandbox(clock=self.clock)
        self.box.start()
        self.key = folder / "key.json"
        self.key.write_text(json.dumps(self.box.credentials()), encoding="utf-8")
        made = self.ask("POST", "/v4/spreadsheets", {"properties": {"title": "T"}})
        self.book = made["spreadsheetId"]
        self.client = self.connect(self.box.url)
        self.client.tabs()
        self.clock.sleep(120)
        self.ask("POST", "/_sandbox/calls/reset")

    def connect(self, endpoint: str, credentials: Path | None = None) -> Client:
        """Return another client."""
        return Client(
            spreadsheet=self.book,
            credentials=credentials or self.key,
            endpoint=endpoint,
            clock=self.clock,
            sleep=self.clock.sleep,
        )

    def ask(self, verb: str, path: str, body: object = None) -> Any:
        """Ask the sandbox itself."""
        answer = requests.request(verb, self.box.url + path, json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def fault(self, fault: str, method: str, **rule: Any) -> None:
        """Let calls go wrong."""
        match = {"method": method} | {k: rule.pop(k) for k in ("every", "nth") if k in rule}
        self.ask("POST", "/_sandbox/faults", {"match": match, "fault": fault, **rule})

    def calls(self) -> Any:
        """Return what Google's meter says."""
        return self.ask("GET", "/_sandbox/calls")

    def try_all(self, count: int) -> None:
        """Read and write in turns, whatever comes of it."""
        for number in range(count):
            try:
                if number % 3:
                    self.client.read(":getByDataFilter", FILTERS)
                else:
                    self.client.write(NOTHING, fields="spreadsheetId")
            except (SheetBusyError, OutcomeUnknownError):
                continue


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """One day at Google's."""
    day = Day(tmp_path)
    yield day
    day.client.close()
    day.box.stop()


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"fault": "status", "status": 503, "every": 2},
        {"fault": "status", "status": 429, "every": 3},
        {"fault": "drop_answer", "every": 4},
        {"fault": "truncate", "every": 2},
    ],
    ids=["none", "503", "429", "no answer", "cut off"],
)
def test_meter_never_shows_more_than_the_quota(day: Day, fault: dict[str, Any]) -> None:
    """Each attempt counts: also while every other call fails, no minute has more than 45."""
    if fault:
        for method in (READ, WRITE):
            day.fault(method=method, **fault)
    day.try_all(150)
    most = day.calls()["most_in_a_minute"]
    assert 0 < most["sheets_reads"] <= 45
    assert 0 < most["sheets_writes"] <= 45


def test_read_is_tried_again_and_no_longer_than_a_while(day: Day) -> None:
    """A read that fails is tried a few times with pauses, then says that Google is away."""
    day.fault("status", READ, status=503)
    began = day.clock.now
    with pytest.raises(SheetBusyError):
        day.client.read(":getByDataFilter", FILTERS)
    assert day.calls()["sheets_reads"] == 4
    assert day.clock.now - began < 60


def test_write_is_sent_once(day: Day) -> None:
    """A write whose answer is lost is never sent again by a library."""
    day.fault("drop_answer", WRITE)
    with pytest.raises(OutcomeUnknownError):
        day.client.write(NOTHING, fields="spreadsheetId")
    assert day.calls()["sheets_writes"] == 1


def test_pauses_differ_by_chance(day: Day) -> None:
    """Two syncds that failed together do not come back together."""
    pauses = set()
    for chance in (0.1, 0.9):
        day.client.chance = lambda chance=chance: chance
        day.fault("status", READ, status=503, times=3)
        began = day.clock.now
        day.client.read(":getByDataFilter", FILTERS)
        pauses.add(day.clock.now - began)
        day.ask("DELETE", "/_sandbox/faults")
    assert len(pauses) == 2


def test_unreachable_google_is_not_an_unknown_outcome(day: Day) -> None:
    """A write that never left the machine is known not to be applied."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    day.client.read(":getByDataFilter", FILTERS)
    away = day.connect(nowhere)
    away._account.token, away._account.expiry = day.client._account.token, None
    with pytest.raises(SheetBusyError, match="reached"):
        away.write(NOTHING, fields="spreadsheetId")
    away.close()


def test_token_address_that_fails_is_no_unknown_outcome(day: Day, tmp_path: Path) -> None:
    """Nothing is sent without a token, so nothing can have been applied."""
    key = json.loads(day.key.read_text(encoding="utf-8")) | {"token_uri": f"{day.box.url}/nowhere"}
    (tmp_path / "other.json").write_text(json.dumps(key), encoding="utf-8")
    other = day.connect(day.box.url, tmp_path / "other.json")
    with pytest.raises((SheetBusyError, SheetAccessError)):
        other.write(NOTHING, fields="spreadsheetId")
    assert day.calls()["sheets_writes"] == 0
    other.close()


def test_token_address_without_an_answer_is_waited_for_a_short_while(
    day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token address has a timeout of its own, and no library asks it again by itself."""
    monkeypatch.setattr(wire, "TOKEN_TIMEOUT_S", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}/token"
        key = json.loads(day.key.read_text(encoding="utf-8")) | {"token_uri": uri}
        (tmp_path / "other.json").write_text(json.dumps(key), encoding="utf-8")
        other = day.connect(day.box.url, tmp_path / "other.json")
        began = time.monotonic()
        with pytest.raises(SheetBusyError):
            other.write(NOTHING, fields="spreadsheetId")
        assert time.monotonic() - began < 15
    other.close()


def test_expired_sign_in_is_renewed(day: Day) -> None:
    """A token that Google takes no longer is got anew, once, by a call that counts."""
    day.client.read(":getByDataFilter", FILTERS)
    day.ask("POST", "/_sandbox/calls/reset")
    day.fault("status", READ, status=401, times=1)
    day.client.read(":getByDataFilter", FILTERS)
    assert day.calls()["sheets_reads"] == 2
    day.fault("status", WRITE, status=401, times=1)
    with pytest.raises(SheetBusyError, match="sign in"):
        day.client.write(NOTHING, fields="spreadsheetId")
    day.client.write(NOTHING, fields="spreadsheetId")


def test_sign_in_that_is_never_taken_is_said(day: Day) -> None:
    """Where a fresh token is refused as well, it is the access that is missing."""
    day.fault("status", READ, status=401)
    with pytest.raises(SheetAccessError):
        day.client.read(":getByDataFilter", FILTERS)


def test_invalid_write_is_refused_once(day: Day) -> None:
    """What Google refuses as invalid is no busy day."""
    with pytest.raises(RefusedError):
        day.client.write({"requests": [{"deleteSheet": {"sheetId": 5}}]}, fields="spreadsheetId")
    assert day.calls()["sheets_writes"] == 1


def test_clients_of_one_account_share_a_quota(day: Day) -> None:
    """Every spreadsheet that a process works with takes from its account's one quota."""
    one, other = (
        Client(spreadsheet=name, credentials=day.key, endpoint=day.box.url) for name in ("a", "b")
    )
    assert one.quota is other.quota
    elsewhere = Client(spreadsheet="a", credentials=day.key, endpoint="http://127.0.0.1:1")
    assert elsewhere.quota is not one.quota
    for each in (one, other, elsewhere):
        each.close()
