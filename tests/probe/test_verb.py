"""`syncd probe` as an operator runs it, before there is a workspace and beside one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.cycle.refill import set_up
from syncd.probe.essential import ESSENTIAL
from syncd.sandbox import Sandbox
from tests.cli.command import assert_failed, syncd, write_config
from tests.world import World


@pytest.fixture
def own(tmp_path: Path) -> Iterator[World]:
    """A workspace in a sandbox of its own, with its config."""
    with Sandbox() as box, World(box, tmp_path) as world:
        set_up(world.ws)
        write_config(world)
        yield world


def test_probe_tells_what_holds_and_remembers_it(own: World) -> None:
    """All that is essential holds on the sandbox, is told as one document, and is kept."""
    done = syncd("probe", "--essential", "--json", folder=own.folder)
    assert done.code == 0, done.err
    document = done.document
    assert (document["version"], document["ok"]) == (1, True)
    assert [each["id"] for each in document["probes"]] == [probe.id for probe in ESSENTIAL]
    assert {each["verdict"] for each in document["probes"]} == {"holds"}
    assert set(own.ws.crm.state.probed(own.client.endpoint)) == {probe.id for probe in ESSENTIAL}
    assert "[1/" in done.err


def test_probe_ends_with_3_where_something_essential_differs(own: World) -> None:
    """Where an essential assumption differs, the table says so and what it means for us."""
    own.box.change(unknown_name_id_fails=False)
    done = syncd("probe", "--essential", folder=own.folder)
    assert done.code == 3, done.err
    assert "differs" in done.out
    assert "does not connect" in done.out
    assert own.ws.crm.state.probed(own.client.endpoint)["fence-refuses"]["verdict"] == "differs"


def test_probe_lets_the_exchange_know_of_rows_out_of_sight(own: World) -> None:
    """Where copies skip what a filter hides, the workspace knows before its first write."""
    from syncd.crm.state import COPIES_SKIP
    from syncd.probe.essential import keep_findings
    from syncd.probe.model import found

    holds, differs = found(True, "seen"), found(False, "skipped")
    for finding, known in ((holds, None), (differs, "1")):
        findings = {"copy-takes-filtered-rows": finding}
        keep_findings(own.ws.crm, own.client.endpoint, findings, now=own.ws.clock())
        assert own.ws.crm.state.get(COPIES_SKIP) == known


def test_probe_needs_no_workspace(own: World, tmp_path: Path) -> None:
    """A key is enough: there may be no spreadsheet and no database yet."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    (folder / "key.json").write_text(json.dumps(own.box.credentials()), encoding="utf-8")
    config = f'[sheet]\ncredentials = "key.json"\nendpoint = "{own.box.url}"\n'
    (folder / "config.toml").write_text(config, encoding="utf-8")
    done = syncd("probe", "--essential", folder=folder)
    assert done.code == 0, done.err
    assert sorted(path.name for path in folder.iterdir()) == ["config.toml", "key.json"]


def test_probe_in_a_given_spreadsheet_leaves_it_as_it_was(own: World) -> None:
    """Hidden tabs of a spreadsheet serve where the account may not make one of its own."""
    before = own.book(cells="userEnteredValue,note")
    done = syncd("probe", "--essential", "--spreadsheet", own.spreadsheet, folder=own.folder)
    assert done.code == 0, done.err
    assert own.book(cells="userEnteredValue,note") == before


def test_probe_says_what_is_in_its_way(own: World) -> None:
    """No access to the spreadsheet that was named is said in words, with what to do."""
    own.box.allow(own.spreadsheet, "none")
    done = syncd("probe", "--essential", "--spreadsheet", own.spreadsheet, folder=own.folder)
    assert_failed(done, 1, "no access", "Share it")
