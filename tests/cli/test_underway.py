"""Undo, restore and import that end with an error: it says what becomes of them, and it is so."""

from typing import Any

import pytest

from tests.cli.command import assert_failed, assert_failed_json
from tests.cli.conftest import Run
from tests.cli.test_bad_input import refuse
from tests.cli.test_commands import value
from tests.world import World

TAB = "Influencers"


def pulled(world: World, run: Run) -> int:
    """Type a row, let it be pulled, and return the cycle."""
    world.type(TAB, "A5", [["Dan", "blog", "dan"]])
    assert run("sync").code == 0
    return int(str(value(world, "SELECT max(cycle) FROM _syncd_history")))


def under_way(run: Run) -> list[dict[str, Any]]:
    """Return what goes on with the next cycle, as status tells it."""
    found: list[dict[str, Any]] = run("status", "--json").document["under_way"]
    return found


def in_use(world: World) -> object:
    """Whether the typed row's record is in use, and what note it holds."""
    return value(world, "SELECT archived_at IS NULL FROM influencers WHERE name = 'Dan'")


@pytest.mark.parametrize("verb", ["undo", "restore"])
def test_what_is_refused_is_withdrawn(filled: World, run: Run, verb: str) -> None:
    """Without access nothing is done, at once or later; the team goes on, and the error is true."""
    assert run("backup", "before.db").code == 0
    cycle = pulled(filled, run)
    what = cycle if verb == "undo" else "before.db"
    refuse(filled, "reader")
    assert_failed(run(verb, what, "--yes"), 1, "no access", "nothing of it was done", "Share it")
    failed = run(verb, what, "--yes", "--json")
    assert "nothing of it was done" in assert_failed_json(failed, 1)["what"]
    assert "changeset" not in failed.document
    assert under_way(run) == []
    again = run(verb, what, "--dry-run", "--json").document
    assert (len(again["changes"]), again["kept"]) == (1, [])
    filled.type(TAB, filled.at(TAB, "Dan", "Notes"), "typed since")
    refuse(filled, "writer")
    for _ in range(2):
        assert run("sync").code == 0
    assert in_use(filled) == 1
    assert filled.row(TAB, "Dan")["Notes"] == "typed since"
    assert filled.row(TAB, "Dan")["Sync"] == "In sync"


def test_undo_without_an_answer_is_told_and_called_off(filled: World, run: Run) -> None:
    """The error names it, everything tells of it meanwhile, and its name calls it off."""
    cycle = pulled(filled, run)
    filled.fault("drop_request", times=500)
    failed = run("undo", cycle, "--yes", "--json")
    assert failed.document["changeset"] == "undo:1"
    assert "undo:1 is recorded, and goes on" in assert_failed_json(failed, 4)["hint"]
    (act,) = under_way(run)
    assert (act["changeset"], act["of"], act["begun"]) == ("undo:1", f"cycle {cycle}", False)
    assert [(each["label"], each["kind"]) for each in act["left"]] == [("Dan", "removal")]
    for told in (run("status").out, run("review", "list").out):
        assert "undo:1" in told
        assert "`syncd undo undo:1` calls them off" in " ".join(told.split())
    assert "already: undo:1" in run("undo", cycle, "--dry-run").out
    told = run("explain", "Dan").out
    assert "An admin takes the row back." in told
    assert "Under way by undo:1: taken out of use by undo:1" in told
    shown = run("undo", "undo:1", "--dry-run").out
    assert "1 changes of undo:1 that are not done yet would be called off" in shown
    assert_failed(run("undo", "undo:1"), 2, "call undo:1 off has to be confirmed")
    assert len(under_way(run)) == 1
    done = run("undo", "undo:1", "--yes", "--json").document
    assert (done["ok"], done["called_off"]["changeset"]) == (True, "undo:1")
    assert under_way(run) == []
    filled.clear_faults()
    assert run("sync").code == 0
    assert run("sync").code == 0
    assert in_use(filled) == 1
    assert filled.row(TAB, "Dan")["Sync"] == "In sync"


def test_undo_without_an_answer_goes_on(filled: World, run: Run) -> None:
    """Nobody calls it off, so that the next cycle carries it out; then it can be undone."""
    cycle = pulled(filled, run)
    filled.fault("drop_request", times=500)
    assert_failed(run("undo", cycle, "--yes"), 4, "undo:1 is recorded", "`syncd undo undo:1`")
    filled.clear_faults()
    assert run("sync").code == 0
    assert in_use(filled) == 0
    assert under_way(run) == []
    assert run("undo", "undo:1", "--yes").code == 0
    assert in_use(filled) == 1


def test_import_that_fails_is_named(filled: World, run: Run) -> None:
    """The records are made, so the error names them, and status tells what is still to come."""
    (filled.folder / "in.csv").write_text("Influencer,Platform\nDan,blog\n", encoding="utf-8")
    refuse(filled, "reader")
    failed = run("import", "in.csv", "--json")
    assert failed.document["changeset"] == "import:1"
    assert "import:1 is recorded, and goes on" in assert_failed_json(failed, 1)["hint"]
    assert [act["changeset"] for act in under_way(run)] == ["import:1"]
    assert "`syncd undo import:1` takes it back" in " ".join(run("status").out.split())
    refuse(filled, "writer")
    assert run("undo", "import:1", "--yes").code == 0
    assert in_use(filled) == 0
    assert "Dan" not in repr(filled.grid(TAB))
    assert under_way(run) == []
