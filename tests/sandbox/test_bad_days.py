"""Google's bad days, each as a real client sees it: slow, stale, lost, late, doubled, refused."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import gspread
import pytest
import requests
from googleapiclient.errors import HttpError
from gspread.exceptions import APIError

from syncd.sandbox import ManualClock, Sandbox

Connect = Callable[[Sandbox], gspread.Client]
WRITE = {"method": "spreadsheets.values.update"}
READ = {"method": "spreadsheets.values.get"}


@pytest.fixture
def clock() -> ManualClock:
    """Give a clock that only the test moves."""
    return ManualClock()


@pytest.fixture
def timed(clock: ManualClock) -> Iterator[Sandbox]:
    """Give a sandbox that lives by the test's clock."""
    with Sandbox(clock=clock) as running:
        yield running


def tab(connect: Connect, box: Sandbox) -> gspread.Worksheet:
    """Give the only tab of a new spreadsheet."""
    return connect(box).create("Book").sheet1


def book_of(sheet: gspread.Worksheet) -> str:
    """Give the id of a tab's spreadsheet."""
    return str(sheet.spreadsheet_id)


def test_latency_and_jitter_hold_every_answer_up(
    clock: ManualClock, timed: Sandbox, connect: Connect
) -> None:
    """The clock moves by the latency and at most the jitter with each call, never alike."""
    sheet = tab(connect, timed)
    timed.change(latency_s=2, latency_jitter_s=1)
    waits = []
    for _ in range(5):
        before = clock()
        sheet.acell("A1")
        waits.append(clock() - before)
    assert all(2 <= wait <= 3 for wait in waits)
    assert len(set(waits)) == 5


def test_quotas_refuse_one_user_and_let_others_go_on(
    clock: ManualClock, timed: Sandbox, connect: Connect
) -> None:
    """The third write of a minute is Google's 429; reads, quotaUser and a minute later are free."""
    sheet = tab(connect, timed)
    timed.change(quotas=True, writes_per_user=2)
    sheet.update_acell("A1", "one")
    sheet.update_acell("A1", "two")
    with pytest.raises(APIError) as refused:
        sheet.update_acell("A1", "three")
    assert refused.value.code == 429
    assert refused.value.error["status"] == "RESOURCE_EXHAUSTED"
    assert sheet.acell("A1").value == "two"
    address = f"{timed.url}/v4/spreadsheets/{book_of(sheet)}/values/A1?valueInputOption=RAW"
    body = json.dumps({"values": [["other"]]})
    assert requests.put(f"{address}&quotaUser=ada", body, timeout=10).status_code == 200
    clock.advance(60)
    sheet.update_acell("A1", "three")


def test_quotas_of_a_project_bind_all_its_users(timed: Sandbox, connect: Connect) -> None:
    """With the project's reads used up every user is refused, but not another project."""
    sheet = tab(connect, timed)
    timed.change(quotas=True, reads_per_project=1)
    address = f"{timed.url}/v4/spreadsheets/{book_of(sheet)}/values/A1"

    def read(user: str, project: str = "") -> requests.Response:
        headers = {"X-Goog-User-Project": project}
        return requests.get(f"{address}?quotaUser={user}", headers=headers, timeout=10)

    assert read("ada").status_code == 200
    refused = read("ben")
    assert refused.status_code == 429
    assert "'Read requests per minute'" in refused.json()["error"]["message"]
    assert read("cleo", "elsewhere").status_code == 200


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "userRateLimitExceeded"), (429, "rateLimitExceeded")]
)
def test_drive_refuses_in_its_own_way(
    box: Sandbox, drive: Any, connect: Connect, status: int, reason: str
) -> None:
    """Drive counts units, and its refusal names the domain of usage limits."""
    sheet = tab(connect, box)
    box.change(quotas=True, drive_units_per_user=60, drive_quota_status=status)
    drive.files().get(fileId=book_of(sheet)).execute()
    with pytest.raises(HttpError) as refused:
        for _ in range(20):
            drive.files().get(fileId=book_of(sheet)).execute()
    assert refused.value.status_code == status
    assert refused.value.error_details[0]["reason"] == reason
    assert refused.value.error_details[0]["domain"] == "usageLimits"


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize(("status", "name"), [(500, "INTERNAL"), (503, "UNAVAILABLE")])
def test_server_errors_come_with_or_without_the_effect(
    box: Sandbox, connect: Connect, status: int, name: str, applied: bool
) -> None:
    """An error in Google's JSON says nothing about whether the write happened."""
    sheet = tab(connect, box)
    box.fail("status", match=WRITE, status=status, applied=applied, times=1)
    with pytest.raises(APIError) as failed:
        sheet.update_acell("A1", "x")
    assert (failed.value.code, failed.value.error["status"]) == (status, name)
    assert sheet.acell("A1").value == ("x" if applied else None)


def test_the_front_end_answers_with_a_page(box: Sandbox, connect: Connect) -> None:
    """Sometimes the error is HTML, and a client that expects JSON must cope."""
    sheet = tab(connect, box)
    box.fail("status", match=READ, status=502, times=1)
    with pytest.raises(APIError) as failed:
        sheet.acell("A1")
    assert failed.value.response.status_code == 502
    assert failed.value.response.headers["Content-Type"].startswith("text/html")
    assert "Error 502 (Server Error)!!1" in failed.value.response.text


@pytest.mark.parametrize(
    ("fault", "rule", "written"),
    [
        ("drop_request", {}, None),
        ("drop_answer", {}, "x"),
        ("reset", {}, None),
        ("reset", {"applied": True}, "x"),
    ],
)
def test_requests_and_answers_get_lost(
    box: Sandbox, connect: Connect, fault: str, rule: Any, written: str | None
) -> None:
    """The client sees a broken connection in each case; only the sheet knows what happened."""
    sheet = tab(connect, box)
    box.fail(fault, match=WRITE, times=1, **rule)
    with pytest.raises(requests.exceptions.ConnectionError):
        sheet.update_acell("A1", "x")
    assert sheet.acell("A1").value == written


def test_a_request_is_delivered_twice(box: Sandbox, connect: Connect) -> None:
    """One append of the client leaves two rows behind, and one answer."""
    sheet = tab(connect, box)
    box.fail("duplicate", match={"method": "spreadsheets.values.append"}, times=1)
    answer = sheet.append_row(["x"])
    assert answer["updates"]["updatedRange"] == "Sheet1!A1"
    assert sheet.get_all_values() == [["x"], ["x"]]


def test_a_late_request_lands_after_a_later_one(
    clock: ManualClock, timed: Sandbox, connect: Connect
) -> None:
    """A write whose client gave up comes a minute later, over what was written since."""
    sheet = tab(connect, timed)
    timed.fail("late", match=WRITE, delay_s=60, times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        sheet.update_acell("A1", "early")
    sheet.update_acell("A1", "later")
    assert sheet.acell("A1").value == "later"
    clock.advance(61)
    assert sheet.acell("A1").value == "early"
    assert len([r for r in timed.revisions(book_of(sheet)) if r.what == "values Sheet1!A1"]) == 2


def test_a_late_request_lands_by_itself(box: Sandbox, connect: Connect) -> None:
    """By the machine's clock the write lands although nobody calls; its client saw a 503."""
    sheet = tab(connect, box)
    box.fail("late", match=WRITE, delay_s=0.1, status=503, times=1)
    with pytest.raises(APIError) as failed:
        sheet.update_acell("A1", "late")
    assert failed.value.code == 503
    before = len(box.revisions(book_of(sheet)))
    deadline = time.monotonic() + 10
    while len(box.revisions(book_of(sheet))) == before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sheet.acell("A1").value == "late"


def test_stale_reads_lag_by_time(clock: ManualClock, timed: Sandbox, connect: Connect) -> None:
    """A fresh write shows only when the lag has passed."""
    sheet = tab(connect, timed)
    sheet.update_acell("A1", "old")
    clock.advance(100)
    timed.change(stale_reads_s=10)
    sheet.update_acell("A1", "new")
    assert sheet.acell("A1").value == "old"
    clock.advance(11)
    assert sheet.acell("A1").value == "new"


@pytest.mark.parametrize("rule", [{"versions": 1}, {"age_s": 5}, {}])
def test_a_single_read_is_stale(
    clock: ManualClock, timed: Sandbox, connect: Connect, rule: Any
) -> None:
    """One read shows the version before, the next one the present."""
    sheet = tab(connect, timed)
    sheet.update_acell("A1", "old")
    clock.advance(10)
    sheet.update_acell("A1", "new")
    timed.fail("stale", match=READ, times=1, **rule)
    assert sheet.acell("A1").value == "old"
    assert sheet.acell("A1").value == "new"


def test_drive_tells_of_a_change_minutes_later(
    clock: ManualClock, timed: Sandbox, connect: Connect, service: Any
) -> None:
    """Version and time of the file stay behind for the three minutes that Drive may take."""
    sheet = tab(connect, timed)
    clock.advance(1000)
    timed.change(drive_lag_s=180)
    with service(timed, "drive") as drive:
        fields = {"fileId": book_of(sheet), "fields": "version,modifiedTime"}
        before = drive.files().get(**fields).execute()
        sheet.update_acell("A1", "x")
        clock.advance(179)
        assert drive.files().get(**fields).execute() == before
        clock.advance(2)
        after = drive.files().get(**fields).execute()
    assert int(after["version"]) > int(before["version"])
    assert after["modifiedTime"] > before["modifiedTime"]


def test_access_is_revoked_in_the_middle(box: Sandbox, connect: Connect) -> None:
    """From the third write on the account may only read, and soon nothing at all."""
    sheet = tab(connect, box)
    box.fail("access", match={**WRITE, "nth": 3}, role="reader")
    sheet.update_acell("A1", "one")
    sheet.update_acell("A1", "two")
    for _ in range(2):
        with pytest.raises(APIError, match="403"):
            sheet.update_acell("A1", "three")
    assert sheet.acell("A1").value == "two"
    box.allow(book_of(sheet), "none")
    with pytest.raises(APIError, match="403"):
        sheet.acell("A1")
    box.allow(book_of(sheet), "writer")
    sheet.update_acell("A1", "three")


def test_access_is_revoked_at_a_time(clock: ManualClock, timed: Sandbox, connect: Connect) -> None:
    """An hour after the rule was made the account loses its access."""
    sheet = tab(connect, timed)
    timed.fail("access", match={"after_s": 3600, "method": "spreadsheets.*"}, role="none")
    sheet.update_acell("A1", "x")
    clock.advance(3600)
    with pytest.raises(APIError, match="403"):
        sheet.acell("A1")


@pytest.mark.parametrize("rule", [{"bytes": 10}, {"share": 0.25}, {}])
def test_an_answer_breaks_off(box: Sandbox, sheets: Any, connect: Connect, rule: Any) -> None:
    """The client reads an incomplete body and cannot know more than that."""
    sheet = tab(connect, box)
    box.fail("truncate", match=WRITE, times=1, **rule)
    address = f"{box.url}/v4/spreadsheets/{book_of(sheet)}/values/A1?valueInputOption=RAW"
    with pytest.raises(requests.exceptions.RequestException):
        requests.put(address, json.dumps({"values": [["x"]]}), timeout=10)
    found = sheets.spreadsheets().values().get(spreadsheetId=book_of(sheet), range="A1").execute()
    assert found["values"] == [["x"]]


@pytest.mark.parametrize("strict", [False, True])
def test_an_expired_token_is_fetched_anew(connect: Connect, strict: bool) -> None:
    """In the middle of the work the token is refused; the client signs in again and goes on."""
    with Sandbox(strict=strict) as box:
        sheet = tab(connect, box)
        box.fail("expire_token", match=WRITE, times=1)
        sheet.update_acell("A1", "x")
        assert sheet.acell("A1").value == "x"
        assert box.faults[0]["hits"] == 1


def test_tokens_expire_by_the_clock(clock: ManualClock, connect: Connect) -> None:
    """In strict mode a token lives for an hour of the sandbox's time, then a new one is needed."""
    with Sandbox(strict=True, clock=clock) as box:
        sheet = tab(connect, box)
        token = sheet.client.session.credentials.token
        clock.advance(3601)
        answer = requests.get(
            f"{box.url}/v4/spreadsheets/{book_of(sheet)}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        assert answer.status_code == 401
        sheet.update_acell("A1", "x")


def test_calls_are_held_up(clock: ManualClock, timed: Sandbox, connect: Connect) -> None:
    """Only the chosen calls are slow."""
    sheet = tab(connect, timed)
    timed.fail("delay", match={**WRITE, "every": 2}, delay_s=30, jitter_s=5)
    start = clock()
    sheet.update_acell("A1", "x")
    assert clock() == start
    sheet.update_acell("A1", "x")
    assert 30 <= clock() - start <= 35


def test_an_older_version_is_restored(box: Sandbox, connect: Connect) -> None:
    """What a person does with the version history is a new revision of its own."""
    sheet = tab(connect, box)
    sheet.update_acell("A1", "old")
    number = box.revisions(book_of(sheet))[-1].number
    sheet.update_acell("A1", "new")
    assert box.restore(book_of(sheet), number, user="ada") == number + 2
    assert sheet.acell("A1").value == "old"
    assert box.revisions(book_of(sheet))[-1].actor == "ada"


@pytest.mark.parametrize("reverts", [True, False])
def test_restoring_brings_names_back_or_not(box: Sandbox, connect: Connect, reverts: bool) -> None:
    """Whether named ranges follow a restored version nobody could verify, so it is a setting."""
    box.change(restore_reverts_names=reverts)
    sheet = tab(connect, box)
    number = box.revisions(book_of(sheet))[-1].number
    sheet.define_named_range("A1:B2", "corner")
    box.restore(book_of(sheet), number)
    assert bool(sheet.spreadsheet.list_named_ranges()) is not reverts


def test_a_large_payload_is_refused(box: Sandbox, connect: Connect) -> None:
    """With a limit on the body Google's words name it."""
    sheet = tab(connect, box)
    box.change(payload_bytes_max=1000)
    with pytest.raises(APIError) as refused:
        sheet.update_acell("A1", "x" * 1000)
    assert refused.value.error["message"] == ("Request payload size exceeds the limit: 1000 bytes.")


def test_rules_choose_by_user_and_chance(box: Sandbox, connect: Connect, ask: Any) -> None:
    """A rule for one person leaves the others alone; chance strikes some calls, not all."""
    sheet = tab(connect, box)
    address = f"/v4/spreadsheets/{book_of(sheet)}/values/A1"
    box.fail("status", match={"user": "ada"})
    assert ask("GET", address, user="ada")[0] == 503
    assert ask("GET", address, user="ben")[0] == 200
    box.clear_faults()
    box.fail("status", match={"probability": 0.5, "after": 1})
    assert ask("GET", address)[0] == 200
    assert {ask("GET", address)[0] for _ in range(30)} == {200, 503}


def test_flags_set_up_the_same(ask: Any) -> None:
    """What Python and HTTP can set, the command line can: settings, faults and roles."""
    command = [sys.executable, "-m", "syncd", "sandbox", "--port", "0", "--seed", "7", "--quotas"]
    command += ["--slow-drive", "--latency", "0.01", "--set", "reads_per_user=5", "--strict"]
    command += ["--fault", "status:status=500,nth=2,method=*.get", "--access", "abc=none"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[4]
        settings = ask("GET", "/_sandbox/settings", base=url)[1]
        rules = ask("GET", "/_sandbox/faults", base=url)[1]["rules"]
        access = ask("GET", "/_sandbox/access", base=url)[1]["access"]
        process.terminate()
    expected = {"seed": 7, "quotas": True, "drive_lag_s": 180, "latency_s": 0.01, "strict": True}
    assert {name: settings[name] for name in expected} == expected
    assert settings["reads_per_user"] == 5
    match = {"nth": 2, "method": "*.get"}
    assert rules == [{"fault": "status", "status": 500, "match": match, "hits": 0}]
    assert [(rule["spreadsheetId"], rule["role"]) for rule in access] == [("abc", "none")]


@pytest.mark.parametrize(
    "flags",
    [("--set", "colour=1"), ("--set", "port=1"), ("--fault", "bang"), ("--access", "abc=king")],
)
def test_wrong_flags_are_refused(flags: tuple[str, str]) -> None:
    """A flag that means nothing ends the command with a sentence, not with a traceback."""
    command = [sys.executable, "-m", "syncd", "sandbox", "--port", "0", *flags]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("Error: ")
    assert "Traceback" not in ended.stderr


def test_one_seed_gives_one_transcript(connect: Connect) -> None:
    """Two runs with the same seed and calls agree in ids, faults, waits and answers."""

    def run(seed: int) -> list[Any]:
        clock, seen = ManualClock(), []
        with Sandbox(seed=seed, clock=clock, latency_s=0.1, latency_jitter_s=1.0) as box:
            sheet = tab(connect, box)
            seen.append(book_of(sheet))
            box.fail("status", match={"probability": 0.4}, status=503)
            for n in range(20):
                try:
                    seen.append(sheet.append_row([n])["updates"])
                except APIError as error:
                    seen.append(error.code)
                seen.append(round(clock(), 9))
            box.clear_faults()
            seen += [sheet.get_all_values(), sheet.spreadsheet.add_worksheet("B", 5, 5).id]
            seen.append(box.revisions(book_of(sheet)))
            seen.append(box.calls())
        return seen

    first = run(7)
    assert run(7) == first
    assert run(8) != first
