"""The sandbox's own address: counts, faults, settings, access, history."""

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from syncd.sandbox import Sandbox

WRITE = {"method": "spreadsheets.values.update"}


def outcome(box: Sandbox, book: str, text: str) -> Any:
    """Write one cell over a connection of its own: the status, or how the connection ended."""
    connection = http.client.HTTPConnection(box.url.removeprefix("http://"), timeout=10)
    path = f"/v4/spreadsheets/{book}/values/A1?valueInputOption=RAW"
    try:
        connection.request("PUT", path, json.dumps({"values": [[text]]}))
        answer = connection.getresponse()
        answer.read()
    except (http.client.HTTPException, OSError) as error:
        return type(error).__name__
    else:
        return answer.status
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("rule", "seen", "written"),
    [
        ({"fault": "drop_request"}, "RemoteDisconnected", 0),
        ({"fault": "drop_answer"}, "RemoteDisconnected", 1),
        ({"fault": "truncate"}, "IncompleteRead", 1),
        ({"fault": "status", "status": 503}, 503, 0),
        ({"fault": "status", "status": 500, "applied": True}, 500, 1),
        ({"fault": "duplicate"}, 200, 2),
        ({"fault": "delay", "delay_s": 0.05}, 200, 1),
    ],
)
def test_faults_strike_as_their_rule_says(
    box: Sandbox, ask: Any, book: str, rule: Any, seen: Any, written: int
) -> None:
    """Each fault shows its symptom, and the effect happens exactly as often as it should."""
    before = len(ask("GET", f"/_sandbox/revisions/{book}")[1])
    ask("POST", "/_sandbox/faults", {"match": WRITE, "times": 1, **rule})
    assert outcome(box, book, "first") == seen
    assert len(ask("GET", f"/_sandbox/revisions/{book}")[1]) == before + written
    assert ask("GET", "/_sandbox/faults")[1]["rules"][0]["hits"] == 1
    assert outcome(box, book, "second") == 200


def test_fault_rules_choose_their_calls(box: Sandbox, ask: Any, book: str) -> None:
    """The nth call, every nth call, and only calls to one spreadsheet."""
    ask("POST", "/_sandbox/faults", {"match": {**WRITE, "nth": 2}, "fault": "status"})
    assert [outcome(box, book, "x") for _ in range(3)] == [200, 503, 200]
    ask("DELETE", "/_sandbox/faults")
    other = {"match": {"spreadsheetId": "other"}, "fault": "status"}
    every = {"match": {"method": "*", "every": 2}, "fault": "status", "status": 429}
    ask("POST", "/_sandbox/faults", [other, every])
    assert [outcome(box, book, "x") for _ in range(4)] == [200, 429, 200, 429]
    assert ask("POST", "/_sandbox/faults", {"fault": "explode"})[0] == 400
    assert ask("DELETE", "/_sandbox/faults")[1] == {"rules": []}


def test_calls_are_counted_by_what_google_counts(ask: Any, book: str) -> None:
    """Data-filter reads are reads, batchUpdate is a write, the page and tokens are nothing."""
    ask("POST", "/_sandbox/calls/reset")
    ask("POST", f"/v4/spreadsheets/{book}/values:batchGetByDataFilter", {"dataFilters": []})
    ask("POST", f"/v4/spreadsheets/{book}:getByDataFilter", {"dataFilters": []})
    ask("GET", f"/v4/spreadsheets/{book}/values/A1")
    ask("POST", f"/v4/spreadsheets/{book}:batchUpdate", {"requests": []})
    ask("GET", f"/drive/v3/files/{book}")
    ask("GET", f"/_sandbox/v4/spreadsheets/{book}")
    ask("GET", f"/_sandbox/view/{book}")
    calls = ask("GET", "/_sandbox/calls")[1]
    assert (calls["sheets_reads"], calls["sheets_writes"], calls["drive"]) == (3, 1, 1)
    assert calls["by_method"]["spreadsheets.values.batchGetByDataFilter"] == 1
    assert calls["most_in_a_minute"] == {"sheets_reads": 3, "sheets_writes": 1}
    assert calls["bytes_in"] > 0 < calls["bytes_out"]


def test_quotas_answer_with_googles_429(ask: Any, book: str) -> None:
    """The sixty-first read in a minute is refused in Google's words."""
    ask("POST", "/_sandbox/settings", {"quotas": True})
    found = [ask("GET", f"/v4/spreadsheets/{book}/values/A1") for _ in range(61)]
    assert [status for status, _ in found] == [200] * 60 + [429]
    error = found[-1][1]["error"]
    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert "'Read requests per minute per user'" in error["message"]
    assert error["details"][0]["metadata"]["quota_limit_value"] == "60"


def test_settings_are_shown_and_checked(ask: Any) -> None:
    """A setting is shown as set; an unknown one is refused."""
    assert ask("POST", "/_sandbox/settings", {"latency_s": 0.01})[1]["latency_s"] == 0.01
    assert ask("GET", "/_sandbox/settings")[1]["latency_s"] == 0.01
    assert ask("POST", "/_sandbox/settings", {"colour": 1})[0] == 400


def test_stale_reads_show_the_past(ask: Any, values: Any) -> None:
    """With stale reads a fresh write is not visible yet, in Drive's version neither."""
    values("A1", [["old"]])
    time.sleep(0.3)
    ask("POST", "/_sandbox/settings", {"stale_reads_s": 0.25})
    values("A1", [["new"]])
    assert values("A1") == [["old"]]
    time.sleep(0.3)
    assert values("A1") == [["new"]]


def test_access_is_refused_in_googles_words(ask: Any, values: Any, book: str) -> None:
    """No access is a 403, a reader cannot write, and others are not concerned."""
    ask("POST", "/_sandbox/access", {"spreadsheetId": book, "role": "none"})
    status, answer = values("A1")
    assert status == 403
    assert answer["error"]["message"] == "The caller does not have permission"
    assert answer["error"]["status"] == "PERMISSION_DENIED"
    assert values("A1", [["x"]], user="ada")[0] == 200
    ask("POST", "/_sandbox/access", {"spreadsheetId": book, "role": "reader"})
    assert values("A1") == [["x"]]
    assert values("A1", [["y"]])[0] == 403
    ask("POST", "/_sandbox/access", {"spreadsheetId": "unborn", "user": "*", "role": "none"})
    assert ask("GET", "/v4/spreadsheets/unborn")[0] == 403
    assert ask("GET", "/v4/spreadsheets/unknown")[0] == 404


def test_history_names_the_actor_and_can_be_restored(ask: Any, values: Any, book: str) -> None:
    """Each revision tells who did what; an older one becomes current as a new one."""
    values("A1", [["first"]], user="ada")
    values("A1", [["second"]], user="bea")
    history = ask("GET", f"/_sandbox/revisions/{book}")[1]
    assert [entry["actor"] for entry in history[-2:]] == ["ada", "bea"]
    assert history[-1]["what"] == "values Sheet1!A1"
    number = history[-2]["number"]
    assert ask("POST", f"/_sandbox/restore/{book}", {"revision": number}, user="cleo")[0] == 200
    assert values("A1") == [["first"]]
    last = ask("GET", f"/_sandbox/revisions/{book}")[1][-1]
    assert (last["actor"], last["number"]) == ("cleo", history[-1]["number"] + 1)


def test_books_survive_a_restart(tmp_path: Path, ask: Any) -> None:
    """What was written is there when a sandbox opens the same file again."""
    path = tmp_path / "books.db"
    with Sandbox(data=path) as first:
        created = ask("POST", "/v4/spreadsheets", {"properties": {"title": "Kept"}}, base=first.url)
        book = created[1]["spreadsheetId"]
        write = f"/v4/spreadsheets/{book}/values/A1?valueInputOption=USER_ENTERED"
        given = {"values": [["1", "=A1+1", "2024-01-01"], ["x"]]}
        ask("PUT", write, given, base=first.url)
        requests = [
            {"addSheet": {"properties": {"sheetId": 9, "title": "Second"}}},
            {"insertDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 2}}},
            {
                "updateDimensionProperties": {
                    "range": {"dimension": "COLUMNS", "startIndex": 1, "endIndex": 2},
                    "properties": {"hiddenByUser": True},
                    "fields": "hiddenByUser",
                }
            },
        ]
        batch = f"/v4/spreadsheets/{book}:batchUpdate"
        assert ask("POST", batch, {"requests": requests}, base=first.url)[0] == 200
        whole = f"/v4/spreadsheets/{book}?includeGridData=true"
        before = ask("GET", whole, base=first.url)[1]
        history = ask("GET", f"/_sandbox/revisions/{book}", base=first.url)[1]
    with Sandbox(data=path) as second:
        after = ask("GET", whole, base=second.url)[1]
        assert after["sheets"] == before["sheets"]
        assert ask("GET", f"/_sandbox/revisions/{book}", base=second.url)[1] == history


def test_a_killed_sandbox_leaves_what_it_acknowledged(tmp_path: Path, ask: Any) -> None:
    """Every answered write is in the file, although the process was killed outright."""
    path = tmp_path / "books.db"
    script = (
        "import sys; from pathlib import Path; from syncd.sandbox import Sandbox\n"
        "box = Sandbox(data=Path(sys.argv[1])); print(box.url, flush=True); box.serve_forever()"
    )
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        created = ask("POST", "/v4/spreadsheets", {}, base=url)[1]
        cells = f"/v4/spreadsheets/{created['spreadsheetId']}/values/A1:A50"
        given = {"values": [[str(n)] for n in range(50)]}
        assert ask("PUT", f"{cells}?valueInputOption=RAW", given, base=url)[0] == 200
        process.kill()
    with Sandbox(data=path) as box:
        assert ask("GET", cells, base=box.url)[1]["values"] == given["values"]
