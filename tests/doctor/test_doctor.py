"""`syncd doctor`: everything that an operator needs to know of, seen when it is wrong."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.core.snapshot import Side
from syncd.crm.lease import Lease, Process
from syncd.cycle.refill import set_up
from syncd.doctor import Line, State, examine, exit_code, heal
from syncd.errors import OutcomeUnknownError
from syncd.sandbox import Sandbox
from tests.cli.command import daemon, wait_for, write_config
from tests.conftest import fill
from tests.world import World


@pytest.fixture
def own(tmp_path: Path) -> Iterator[World]:
    """A filled workspace in a sandbox of its own, whose key nobody else can read."""
    with Sandbox() as box, World(box, tmp_path) as world:
        set_up(world.ws)
        fill(world)
        write_config(world)
        (tmp_path / "key.json").chmod(0o600)
        yield world


def lines(world: World, **given: object) -> list[Line]:
    """Examine a workspace."""
    return list(examine(world.folder / "config.toml", **given))  # type: ignore[arg-type]


def wrong(found: list[Line]) -> list[Line]:
    """Return what is wrong, save that no daemon runs."""
    return [line for line in found if line.state is not State.OK and line.part != "daemon"]


def only(found: list[Line]) -> Line:
    """Return the one thing that is wrong; it says what to do."""
    (line,) = wrong(found)
    assert line.what
    assert line.hint
    return line


def test_healthy_workspace_is_well(own: World) -> None:
    """Where all is in place, every line says so, and nothing is written but what is tried."""
    before = own.book(cells="userEnteredValue,note")
    found = lines(own)
    assert wrong(found) == []
    assert exit_code(found) == 0
    parts = {line.part for line in found}
    assert parts >= {"versions", "config", "schemas", "key", "database", "spreadsheet", "clock"}
    assert parts >= {"layout", "google", "authority", "review"}
    assert own.book(cells="userEnteredValue,note") == before


def test_second_look_does_not_write(own: World) -> None:
    """What Google does is tried once a week: a look in between only reads."""
    lines(own)
    own.calls()
    lines(own)
    reads, writes = own.calls()
    assert writes == 0
    assert reads <= 4


def test_missing_daemon_is_told(own: World) -> None:
    """Without a daemon nothing is aligned by itself; with one, the line is well."""
    (line,) = [line for line in lines(own) if line.part == "daemon"]
    assert line.state is State.WARN
    own.ws.close()
    with daemon(own.folder) as (_, log):
        wait_for(lambda: b"aligned" in log.read_bytes(), 30)
        (line,) = [line for line in lines(own) if line.part == "daemon"]
        assert line.state is State.OK
    own.ws = own.open()


def test_daemon_on_another_host_is_told(own: World) -> None:
    """A daemon that holds the lease from another host is named, and how to take its place."""
    far = Process(host="far away", boot="other", pid=7, started="1")
    Lease(own.ws.crm.database).take("far", far, at=own.ws.now())
    (line,) = [line for line in lines(own) if line.part == "daemon"]
    assert line.state is State.WARN
    assert "far" in line.what
    assert "--take-over" in line.hint


def test_config_that_cannot_be_read_is_told(own: World) -> None:
    """A broken config is the last line: nothing else can be looked at."""
    (own.folder / "config.toml").write_text("[sheet\n", encoding="utf-8")
    assert only(lines(own)).part == "config"


def test_bad_schema_is_told_and_the_rest_looked_at(own: World) -> None:
    """A schema file with a fault hides neither the database nor the spreadsheet."""
    folder = own.folder / "schemas"
    folder.mkdir()
    (folder / "broken.py").write_text("this is no Python", encoding="utf-8")
    write_config(own, '[schemas]\nfolder = "schemas"')
    found = lines(own)
    assert only(found).part == "schemas"
    assert {"database", "spreadsheet"} <= {line.part for line in found}


def test_missing_key_is_told(own: World) -> None:
    """Without the key Google cannot be asked, and the line says which file is missing."""
    (own.folder / "key.json").unlink()
    line = only(lines(own))
    assert line.part == "key"
    assert "key.json" in line.what


def test_key_that_others_can_read_is_told(own: World) -> None:
    """A key that every account of the machine can read is worth a look."""
    (own.folder / "key.json").chmod(0o644)
    line = only(lines(own))
    assert (line.part, line.state) == ("key", State.WARN)
    assert "chmod 600" in line.hint


def test_missing_database_is_told(own: World) -> None:
    """Before `init` there is no database; looking does not make one."""
    own.ws.close()
    own.config.crm_path.unlink()
    line = only(lines(own))
    assert "syncd init" in line.hint
    assert not own.config.crm_path.exists()
    own.ws = own.open()


def test_damaged_database_is_told(own: World) -> None:
    """Damage inside of the file is found, though it still opens."""
    own.ws.crm.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    own.ws.close()
    path = own.config.crm_path
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    found = [line for line in lines(own) if line.part == "database" and line.state is State.FAIL]
    assert found
    assert "backup" in found[0].hint
    assert exit_code(found) == 1
    own.ws = own.open()


def test_reference_that_leads_nowhere_is_told(own: World) -> None:
    """A record that another program deleted with foreign keys off is missed."""
    with sqlite3.connect(own.config.crm_path) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM campaigns WHERE name = 'Summer'")
    connection.close()
    found = wrong(lines(own))
    assert "cooperations refers to campaigns" in found[0].what


def test_lost_access_is_told(own: World) -> None:
    """Where the sheet is not shared any more, the line says with whom to share it."""
    own.box.allow(own.spreadsheet, "none")
    line = only(lines(own))
    assert line.part == "spreadsheet"
    assert own.client.email in line.hint


def test_reader_cannot_write_and_is_told(own: World) -> None:
    """An account that may only read finds out before it has something to write."""
    own.box.allow(own.spreadsheet, "reader")
    line = only(lines(own))
    assert line.part == "google"
    assert "editor" in line.hint


@pytest.mark.parametrize(
    ("ahead_s", "state"), [(-600, State.FAIL), (-60, State.WARN), (60, State.WARN)]
)
def test_wrong_clock_is_told(own: World, ahead_s: int, state: State) -> None:
    """A clock that is off is told by the clock of Google's answers."""
    line = only(lines(own, now=lambda: datetime.now(UTC) + timedelta(seconds=ahead_s)))
    assert (line.part, line.state) == ("clock", state)


def test_spreadsheet_of_another_database_is_told(own: World) -> None:
    """A config that names another spreadsheet than the database belongs to is told."""
    other = World(own.box, own.folder / "other")
    write_config(own, spreadsheet=other.spreadsheet)
    found = wrong(lines(own))
    assert own.spreadsheet in found[0].what
    other.close()


def healed(world: World) -> list[Line]:
    """Let `--fix` mend what it can, then look again."""
    assert heal(world.ws, lines(world)) > 0
    return wrong(lines(world))


def test_missing_token_is_told_and_healed(own: World) -> None:
    """A deleted token halts syncd; `--fix` makes a new one."""
    (named,) = own.book()["namedRanges"]
    own.batch({"deleteNamedRange": {"namedRangeId": named["namedRangeId"]}})
    line = only(lines(own))
    assert "token" in line.what
    assert exit_code([line]) == 3
    assert healed(own) == []
    own.settle()


@pytest.mark.parametrize("tab", ["_syncd", "_syncd_influencers"])
def test_missing_hidden_tab_is_told_and_healed(own: World, tab: str) -> None:
    """A hidden tab of syncd's that somebody deleted is made again."""
    own.delete_tab(tab)
    assert any(tab in line.what for line in wrong(lines(own)))
    assert healed(own) == []
    own.settle()


def test_missing_tab_of_rows_is_told_and_not_made_again(own: World) -> None:
    """A deleted tab of people's rows is not made again by `--fix`: they may bring theirs back."""
    own.delete_tab("Campaigns")
    (named,) = own.book()["namedRanges"]
    own.batch({"deleteNamedRange": {"namedRangeId": named["namedRangeId"]}})
    found = wrong(lines(own))
    assert any("Campaigns" in line.what and "Version history" in line.hint for line in found)
    assert any(line.healable for line in found)
    assert heal(own.ws, found) == 0
    assert "Campaigns" not in [s["properties"]["title"] for s in own.book()["sheets"]]


def test_what_differs_at_google_is_told(own: World) -> None:
    """What `syncd probe` found to differ, though not essential, is told with what it means."""
    with own.ws.crm.database.transaction():
        found = {"verdict": "differs", "seen": "one was skipped", "at": "2026-01-01T00:00:00+00:00"}
        own.ws.crm.state.write_probed(own.client.endpoint, {"filter-can-be-lifted": found})
    line = only(lines(own))
    assert (line.part, line.state) == ("google", State.WARN)
    assert "one was skipped" in line.what


def test_lost_metadata_is_told_and_healed(own: World) -> None:
    """A column that lost its metadata is known by its title only, until it is marked again."""
    lookup = {"developerMetadataLookup": {"metadataValue": "field:handle"}}
    own.batch({"deleteDeveloperMetadata": {"dataFilter": lookup}})
    found = wrong(lines(own))
    assert found
    assert all(line.healable for line in found)
    assert healed(own) == []
    own.settle()


def test_missing_column_is_told_and_healed(own: World) -> None:
    """A deleted column is added again, and shows what the CRM holds."""
    title = own.ws.schema.table("influencers").field("handle").title
    place = own.grid("Influencers")[0].index(title) + 1
    own.delete_column("Influencers", place)
    assert any(title in line.what for line in wrong(lines(own)))
    assert not [line for line in healed(own) if line.state is State.FAIL]
    own.settle()
    assert own.row("Influencers", "Ada")[title] == "ada"


def test_overwritten_control_tab_is_told_and_healed(own: World) -> None:
    """A canary that somebody typed over is written again."""
    own.type("_syncd", "A1", "mine")
    assert "_syncd" in only(lines(own)).what
    assert healed(own) == []


def test_filter_that_leaves_ids_behind_is_told(own: World) -> None:
    """A filter over the visible columns only would sort rows away from their ids."""
    area = {"sheetId": own.sheet_id("Influencers"), "startRowIndex": 0, "endColumnIndex": 3}
    own.batch({"setBasicFilter": {"filter": {"range": area}}})
    line = only(lines(own))
    assert (line.part, line.state) == ("layout", State.WARN)
    assert "id column" in line.what


def test_unknown_outcome_and_halt_are_told(own: World) -> None:
    """What waits for the next cycle, and what waits for a person, are told apart."""
    own.give_authority(Side.CRM)
    own.settle()
    own.crm("UPDATE influencers SET handle = 'lost' WHERE name = 'Ada'")
    own.fault("drop_request", times=20)
    with pytest.raises(OutcomeUnknownError):
        own.cycle()
    own.clear_faults()
    assert "not known" in only(lines(own)).what
    own.settle()
    assert wrong(lines(own)) == []


def test_quarantine_and_halts_are_told(own: World) -> None:
    """Rows that are refused, and tables that are held back, are told with what to do."""
    own.type("Campaigns", "B2", "lots")
    own.settle()
    assert only(lines(own)).part == "quarantine"
    own.type("Campaigns", "B2", 1000)
    own.settle()
    own.type("Influencers", "A5", [[f"N{n}", "youtube", f"n{n}", "Art", n] for n in range(40)])
    own.settle()
    own.delete_row("Influencers", 5, 30)
    own.cycle()
    own.cycle()
    (halt,) = [line for line in wrong(lines(own)) if line.part == "halt"]
    assert "syncd approve" in halt.hint
    assert exit_code([halt]) == 3


def test_tabs_that_a_killed_probe_left_are_named(own: World) -> None:
    """What a probe had no time to delete is said, and that it may be deleted."""
    own.batch({"addSheet": {"properties": {"title": "_syncd_probe_7", "hidden": True}}})
    told = only(lines(own))
    assert "“_syncd_probe_7”" in told.what
    assert "delete" in told.hint
