"""One daemon for one database: real processes that race, are killed, or run elsewhere."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from syncd.cycle.refill import set_up
from syncd.sandbox import Sandbox
from tests.cli.command import assert_failed, daemon, environment, syncd, wait_for, write_config
from tests.conftest import fill
from tests.world import World

TAB = "Influencers"
LATER = 4


@pytest.fixture
def world(box: Sandbox, tmp_path: Path) -> World:
    """A filled workspace with its config; no other process has its file open."""
    world = World(box, tmp_path / "place")
    set_up(world.ws)
    fill(world)
    write_config(world)
    world.ws.close()
    return world


def lease(world: World) -> tuple[object, ...] | None:
    """Return the lease that the database holds."""
    connection = sqlite3.connect(world.config.crm_path)
    found = connection.execute("SELECT host, boot, pid FROM _syncd_lease").fetchone()
    connection.close()
    return tuple(found) if found else None


def elsewhere(world: World) -> None:
    """Let a daemon on another host have the lease."""
    world.crm(
        "INSERT OR REPLACE INTO _syncd_lease"
        " VALUES (1, 'x', 'farm 77', 'another boot', 7, '1', '2026-01-01', '2026-01-02')"
    )


def test_second_daemon_yields(world: World) -> None:
    """A second daemon ends with exit 4 and says who runs; also by another way to the file."""
    with daemon(world.folder) as (process, _):
        wait_for(lambda: lease(world), 30)
        assert_failed(
            syncd("run", folder=world.folder), LATER, "runs for this database", str(process.pid)
        )
        other = world.folder.parent / "other"
        other.mkdir()
        (other / "crm.db").symlink_to(world.config.crm_path)
        for name in ("config.toml", "key.json"):
            shutil.copy(world.folder / name, other / name)
        assert_failed(syncd("run", folder=other), LATER, "runs for this database")
        document = syncd("status", "--json", folder=world.folder).document
        assert (document["daemon"], document["runner"]["pid"]) == (True, process.pid)
        assert syncd("sync", folder=world.folder).code == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert lease(world) is None
    assert syncd("status", "--json", folder=world.folder).document["daemon"] is False


def test_killed_daemon_is_followed_at_once(world: World) -> None:
    """A daemon that was killed leaves its lease behind; the next one takes over without a wait."""
    with daemon(world.folder) as (process, _):
        wait_for(lambda: lease(world), 30)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert lease(world) is not None
    assert "ended without a word" in syncd("status", folder=world.folder).out
    with daemon(world.folder) as (process, _):
        wait_for(lambda: (lease(world) or (0, 0, 0))[2] == process.pid, 30)
        world.type(TAB, "D2", "Travel")
        connection = sqlite3.connect(world.config.crm_path)
        wait_for(
            lambda: connection.execute(
                "SELECT 1 FROM influencers WHERE category = 'Travel'"
            ).fetchone(),
            30,
        )
        connection.close()


def test_daemon_elsewhere_keeps_others_out(world: World) -> None:
    """On another host nothing tells whether a daemon lives: only a person can say so."""
    elsewhere(world)
    assert_failed(syncd("run", folder=world.folder), LATER, "process 7 on farm", "--take-over")
    assert_failed(syncd("sync", folder=world.folder), LATER, "process 7 on farm")
    assert "runs elsewhere" in syncd("status", folder=world.folder).out
    process = subprocess.Popen(
        [sys.executable, "-m", "syncd", "run", "--take-over"],
        cwd=world.folder,
        env=environment(),
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: (lease(world) or (0, 0, 0))[2] == process.pid, 30)
    finally:
        process.terminate()
        process.wait(30)
    assert syncd("sync", folder=world.folder).code == 0


def test_daemon_that_lost_its_lease_ends(world: World) -> None:
    """A daemon whose place another one took ends with exit 4, and says so."""
    with daemon(world.folder) as (process, log):
        wait_for(lambda: lease(world), 30)
        elsewhere(world)
        assert process.wait(60) == LATER
        assert "took over" in log.read_text(encoding="utf-8")
    assert lease(world) == ("farm 77", "another boot", 7)


def test_machine_started_anew_is_no_other_host(world: World) -> None:
    """A lease of before the machine's last start is nobody's any more."""
    with daemon(world.folder) as (process, _):
        wait_for(lambda: lease(world), 30)
        process.kill()
        process.wait()
    world.crm("UPDATE _syncd_lease SET boot = 'the one before'")
    assert syncd("sync", folder=world.folder).code == 0


def test_removed_lock_file_lets_no_second_daemon_in(world: World) -> None:
    """Where the lock is gone but the process lives, the lease keeps a second daemon out."""
    with daemon(world.folder) as (process, _):
        wait_for(lambda: lease(world), 30)
        Path(f"{world.config.crm_path.resolve()}.daemon.lock").unlink()
        assert_failed(syncd("run", folder=world.folder), LATER, str(process.pid))


def test_processes_that_race_double_and_lose_nothing(world: World) -> None:
    """Three processes at once, again and again, while people and a program write."""
    for number in range(4):
        world.type(TAB, f"A{5 + number}", [[f"Person {number}", "blog", f"p{number}"]])
        world.crm("INSERT INTO campaigns (name) VALUES (?)", f"Campaign {number}")
        racing = [
            subprocess.Popen(
                [sys.executable, "-m", "syncd", "sync"],
                cwd=world.folder,
                env=environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(3)
        ]
        if number == 2:
            racing[0].kill()
        codes = {process.wait(120) for process in racing}
        assert codes <= {0, LATER, -signal.SIGKILL}
    world.ws = world.open()
    world.settle()
    names = [row["Influencer"] for row in world.rows(TAB)]
    assert names == ["Ada", "Bea", "Cleo", *(f"Person {number}" for number in range(4))]
    assert len(world.records("influencers")) == 7
    assert len(world.records("campaigns")) == 6
    assert len(world.reviews()) == 4
    world.ws.close()


def test_schema_changed_under_a_daemon_is_taken_up(world: World) -> None:
    """A command brings in other schemas: the running daemon goes on by them."""
    folder = world.folder / "schemas"
    shutil.copytree(Path(__file__).resolve().parents[2] / "schemas", folder)
    write_config(world, '[schemas]\nfolder = "schemas"')
    with daemon(world.folder) as (process, log):
        wait_for(lambda: lease(world), 30)
        path = folder / "influencer.py"
        text = path.read_text(encoding="utf-8")
        notes = "    notes: Text | None"
        path.write_text(text.replace(notes, f'    city: Text = column("City")\n{notes}'))
        assert syncd("init", folder=world.folder).code == 0
        wait_for(lambda: "schemas were changed" in log.read_text(encoding="utf-8"), 60)
        world.type(TAB, world.at(TAB, "Ada", "City"), "Oslo")
        connection = sqlite3.connect(world.config.crm_path)
        wait_for(
            lambda: connection.execute("SELECT 1 FROM influencers WHERE city = 'Oslo'").fetchone(),
            60,
        )
        connection.close()
        assert process.poll() is None
