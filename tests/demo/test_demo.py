"""The demo and its tour as people start them: real processes, ended in every way."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

TOUR_S = 120.0
STEPS = (
    "Import: the team's own tabs, and a list in another spreadsheet",
    "Connect: from now on the CRM wins",
    "An edit in the CRM appears in the sheet",
    "An edit in the sheet is put back, and waits in review",
    "The admin accepts it: the edit stands on both sides",
    "A bad row is refused, with its reason in the sheet",
    "The team mends it; as a new row it waits in review, then is a record",
    "Policy “merge”: an edit on each side of one row arrives on the other",
    "A conflict goes to the CRM; the other value is kept in review",
    "Disconnect: an edit in the sheet reaches the CRM",
    "Reconnect: the CRM wins again, and nothing was lost or left over",
)


class Played:
    """A demo that runs, and what it said so far."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.output = folder.parent / f"{folder.name}-{time.monotonic_ns()}.txt"
        command = [sys.executable, "-m", "syncd", "demo", "--folder", str(folder), *options]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)

    @property
    def said(self) -> str:
        """Everything that it printed."""
        return self.output.read_text(encoding="utf-8")

    def until_said(self, text: str, seconds: float = 60.0) -> re.Match[str]:
        """Wait for words, given as a regular expression."""
        until(lambda: re.search(text, self.said) or self.process.poll() is not None, seconds)
        found = re.search(text, self.said)
        assert found, self.said
        return found

    def end(self, number: int, seconds: float = 30.0) -> int:
        """Send a signal and return the exit code that follows."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def page(self) -> str:
        """Wait for the sheet's address."""
        return self.until_said(r"Sheet +(http://\S+/spreadsheets/d/\S+/edit)")[1]


Play = Callable[..., Played]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """Return what starts demos in a folder of this test; all end with it, and leave nobody."""
    played: list[Played] = []

    def start(*options: str, folder: str = "demo") -> Played:
        played.append(Played(tmp_path / folder, *options))
        return played[-1]

    yield start
    for each in played:
        if each.process.poll() is None:
            each.end(signal.SIGTERM)
    assert leftovers(tmp_path) == []


def leftovers(folder: Path) -> list[str]:
    """Return the commands of processes that still work in a folder."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True
    )
    return [line for line in listed.stdout.splitlines() if str(folder) in line and " -m " in line]


def until(holds: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(0.05)


def followers(folder: Path, name: str) -> int | None:
    """Return what the CRM's file holds."""
    address = f"{(folder / 'crm.db').as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as base:
        found = base.execute("SELECT followers FROM influencers WHERE name = ?", [name]).fetchone()
    return found[0] if found else None


def type_followers(page: str, text: str) -> None:
    """Type into MrBeast's followers, as the team does on the page."""
    address = page.removesuffix("/edit").replace("/spreadsheets/d/", "/v4/spreadsheets/")
    answer = requests.put(
        f"{address}/values/Influencers!E2",
        params={"valueInputOption": "USER_ENTERED"},
        json={"values": [[text]]},
        headers={"X-Sandbox-User": "team"},
        timeout=10,
    )
    assert answer.ok, answer.text


def test_tour_plays_every_step_and_ends_well(play: Play) -> None:
    """The tour needs nobody, names each step, reads each back from both sides, and exits 0."""
    tour = play("--tour")
    assert tour.process.wait(TOUR_S) == 0, tour.said
    for number, title in enumerate(STEPS, start=1):
        assert f"{number:2}. {title}" in tour.said
        told = tour.said.partition(title)[2].partition("\n\n")[0]
        assert "✓ sheet" in told and "✓ CRM" in told, title
    assert f"All {len(STEPS)} steps hold" in tour.said


@pytest.mark.parametrize(("victim", "number"), [("sandbox", 2), ("daemon", 1)])
def test_tour_names_the_process_that_was_killed(play: Play, victim: str, number: int) -> None:
    """Somebody kills a process: the tour fails at once, says which, leaves nobody, plays again."""
    tour = play("--tour")
    found = tour.until_said(r"syncd run \(process (\d+); the sandbox is (\d+)\)")
    os.kill(int(found[number]), signal.SIGKILL)
    assert tour.process.wait(15) == 1
    assert f"the {victim} (process {found[number]}) was killed (SIGKILL)" in tour.said
    assert "starts afresh" in tour.said
    assert leftovers(tour.folder) == []
    if victim == "sandbox":
        play("--tour").until_said("3. An edit in the CRM")


@pytest.mark.parametrize("when", ["1. Import", "3. An edit"])
def test_tour_that_is_terminated_leaves_nobody(play: Play, when: str) -> None:
    """SIGTERM ends the tour and all its processes, wherever it is."""
    tour = play("--tour")
    tour.until_said(when)
    assert tour.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert leftovers(tour.folder) == []


def test_tour_deletes_only_what_a_tour_made(play: Play, tmp_path: Path) -> None:
    """A folder `tour` of somebody else's stays as it is."""
    precious = tmp_path / "demo" / "tour" / "thesis.txt"
    precious.parent.mkdir(parents=True)
    precious.write_text("years of work", encoding="utf-8")
    tour = play("--tour")
    assert tour.process.wait(30) == 2
    assert "no tour made it" in tour.said
    assert precious.read_text(encoding="utf-8") == "years of work"


def test_tour_keeps_away_from_a_real_workspace(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's own settings in the environment are for the real workspace, not for the tour."""
    real = tmp_path / "real.db"
    monkeypatch.setenv("SYNCD_CRM__PATH", str(real))
    monkeypatch.setenv("SYNCD_SHEET__SPREADSHEET", "the-real-one")
    tour = play("--tour")
    tour.until_said("2. Connect")
    assert not real.exists()


def test_demo_starts_ends_and_goes_on(play: Play) -> None:
    """The page answers, an edit reaches the CRM, Ctrl-C ends it, the next start has it all."""
    demo = play()
    page = demo.page()
    answer = requests.get(page, timeout=10)
    assert answer.ok and "<html" in answer.text.lower()
    type_followers(page, "285m")
    until(lambda: followers(demo.folder, "MrBeast") == 285_000_000)
    assert demo.end(signal.SIGINT) == 0
    assert "goes on where this one stopped" in demo.said
    assert leftovers(demo.folder) == []
    assert not list(demo.folder.glob("*-wal")), "each database was closed"

    again = play()
    assert again.page() == page
    assert "goes on where it stopped" in again.said
    assert followers(again.folder, "MrBeast") == 285_000_000
    type_followers(page, "286m")
    until(lambda: followers(again.folder, "MrBeast") == 286_000_000)
    assert again.end(signal.SIGINT) == 0


def test_demo_goes_on_after_a_start_that_was_cut_off(play: Play) -> None:
    """Ctrl-C in the middle of the set-up: the next start completes it, with each row once."""
    demo = play()
    demo.until_said("Setting up")
    assert demo.end(signal.SIGINT) == 0
    again = play()
    again.page()
    with closing(sqlite3.connect(again.folder / "crm.db")) as base:
        assert base.execute("SELECT count(*) FROM influencers").fetchone() == (59,)


def test_demo_says_which_process_died(play: Play) -> None:
    """The daemon is killed: the demo says so and ends with an error."""
    demo = play()
    demo.page()
    (line,) = (line for line in leftovers(demo.folder) if " run --config " in line)
    os.kill(int(line.split()[0]), signal.SIGKILL)
    assert demo.process.wait(20) == 1
    assert "the daemon" in demo.said and "was killed (SIGKILL)" in demo.said


def test_demo_says_what_to_delete_when_a_file_is_damaged(play: Play) -> None:
    """A damaged file of the demo ends its next start with words that help."""
    demo = play()
    demo.page()
    assert demo.end(signal.SIGINT) == 0
    for name in ("sandbox.db", "crm.db", "demo.json"):
        file = demo.folder / name
        whole = file.read_bytes()
        file.write_bytes(b"nothing that makes sense\n" * 400)
        again = play()
        assert again.process.wait(60) == 1, again.said
        assert f"{name})" in again.said
        assert f"Delete the folder {demo.folder}" in again.said
        file.write_bytes(whole)


def test_demo_leaves_a_real_workspace_alone(play: Play, tmp_path: Path) -> None:
    """A folder with a config that no demo wrote is not touched."""
    config = tmp_path / "demo" / "config.toml"
    config.parent.mkdir()
    config.write_text("# my own\n", encoding="utf-8")
    demo = play()
    assert demo.process.wait(30) == 2
    assert "is no demo's" in demo.said
    assert config.read_text(encoding="utf-8") == "# my own\n"


def test_demo_plays_once_in_a_folder(play: Play) -> None:
    """A second demo in a folder where one runs says so and changes nothing."""
    demo = play()
    demo.page()
    second = play()
    assert second.process.wait(30) == 4
    assert "already being played" in second.said
    assert demo.process.poll() is None


def test_demo_takes_another_port_when_its_own_is_taken(play: Play, tmp_path: Path) -> None:
    """Somebody else took the port meanwhile: the demo says so, and its config follows."""
    demo = play()
    demo.page()
    assert demo.end(signal.SIGINT) == 0
    memory = demo.folder / "demo.json"
    other = play(folder="other")
    other_port = int(other.page().split(":")[2].split("/")[0])
    kept = json.loads(memory.read_text(encoding="utf-8")) | {"port": other_port}
    memory.write_text(json.dumps(kept), encoding="utf-8")
    again = play()
    page = again.page()
    assert "is taken now" in again.said
    type_followers(page, "287m")
    until(lambda: followers(again.folder, "MrBeast") == 287_000_000)
