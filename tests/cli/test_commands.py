"""Each verb does what README says, and its JSON holds the keys of the design."""

import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from syncd.core.plan import Halt
from syncd.core.snapshot import Side, TableName
from syncd.cycle.report import Report, TableReport
from syncd.daemon import describe
from syncd.errors import HaltedError
from tests.cli.command import assert_failed, daemon, syncd, wait_for, write_config
from tests.cli.conftest import Before, Run
from tests.conftest import MakeWorld
from tests.cycle.test_repair import hit
from tests.world import World

SHARED = {"version", "ok", "authority", "policy", "tables", "digest"}
TABLE = {"rows", "changed", "review", "quarantine", "halted"}
ENTRY = {"id", "table", "row", "field", "sheet", "crm", "base", "reason", "at"}


def assert_shared(document: dict[str, object], *, ok: bool = True) -> None:
    """The document has what the verbs' documents have in common."""
    assert document.keys() >= SHARED
    assert (document["version"], document["ok"]) == (1, ok)
    tables = document["tables"]
    assert isinstance(tables, dict)
    assert set(tables) == {"campaigns", "influencers", "cooperations"}
    assert all(set(table) == TABLE for table in tables.values())


def value(world: World, sql: str) -> object:
    """Return one value of the CRM's file, read as another program does."""
    with closing(sqlite3.connect(world.config.crm_path)) as connection:
        found = connection.execute(sql).fetchone()
        return found[0] if found else None


def test_init_sets_up_once(make_world: MakeWorld) -> None:
    """The first init makes the tabs; the second finds everything in place and writes nothing."""
    world = make_world(set_up=False)
    write_config(world)
    world.ws.close()
    first = syncd("init", "--json", folder=world.folder)
    assert first.code == 0
    assert first.document["ok"]
    assert first.document["changes"] > 0
    assert first.document["tabs"] == ["Campaigns", "Influencers", "Cooperations"]
    world.calls()
    again = syncd("init", folder=world.folder)
    assert (again.code, again.err) == (0, "")
    assert "Everything was in place" in again.out
    assert world.calls()[1] == 0
    assert world.grid("Influencers")[0][:2] == ["Influencer", "Platform"]


def test_dry_run_says_what_is_mended_first(filled: World, run: Run) -> None:
    """A dry run of any kind says that rows hit by mistake are put back before what it shows."""
    filled.ws = filled.open()
    filled.give_authority(Side.CRM)
    hit(filled, lambda: filled.delete_column("Influencers", 5))
    with pytest.raises(HaltedError):
        filled.cycle()
    filled.ws.close()
    for verb in ("sync", "disconnect"):
        shown = run(verb, "--dry-run")
        assert "First 1 row hit by mistake: `syncd repairs list`" in shown.out
        assert run(verb, "--dry-run", "--json").document["repairs"] == 1


def test_dry_run_shows_what_sync_does(filled: World, run: Run) -> None:
    """A dry run writes nothing and has the digest of the sync that follows, new rows included."""
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), 111)
    filled.type("Influencers", "A5", [["Dan", "blog", "dan", "Art", 5]])
    filled.type("Cooperations", "A3", [["Dan", "Winter"]])
    before = Before(filled)
    filled.calls()
    shown = run("sync", "--dry-run", "--json")
    told = run("sync", "--dry-run")
    assert filled.calls()[1] == 0
    before.assert_unchanged()
    assert_shared(shown.document)
    assert "influencers Ada: Followers: “100” becomes “111” in the CRM" in told.out
    assert "influencers Dan: added to the CRM" in told.out
    assert "cooperations Dan / Winter: added to the CRM" in told.out
    done = run("sync", "--json")
    assert done.code == 0
    assert_shared(done.document)
    assert done.document["digest"] == shown.document["digest"]
    counts = {name: table["changed"] for name, table in done.document["tables"].items()}
    assert counts == {"campaigns": 0, "influencers": 2, "cooperations": 1}
    assert value(filled, "SELECT followers FROM influencers WHERE name = 'Dan'") == 5


def test_status_tells_what_waits(filled: World, run: Run) -> None:
    """Status names the authority, what is refused and why, and asks Google nothing."""
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), "many")
    assert run("sync").code == 0
    filled.calls()
    status = run("status", "--json").document
    text = run("status").out
    assert filled.calls() == (0, 0)
    assert_shared(status)
    assert (status["authority"], status["daemon"]) == ("sheet", False)
    assert status["tables"]["influencers"] == {
        "rows": 3, "changed": 0, "review": 0, "quarantine": 1, "halted": False
    }  # fmt: skip
    (refused,) = status["quarantine"]
    assert (refused["text"], refused["reason"]) == ("many", "is not a whole number")
    assert "Refused: influencers Ada: Followers “many” is not a whole number" in text
    assert "Authority: the sheet (disconnected)" in text


def test_import_pulls_the_workspaces_own_tabs(filled: World, run: Run) -> None:
    """An import without a source turns the rows typed into our tabs into records."""
    filled.type("Influencers", "A5", [["Dan", "blog", "dan", "Art", 5], ["Eve", "moon", "e"]])
    shown = run("import", "--dry-run", "--json").document
    assert value(filled, "SELECT count(*) FROM influencers") == 3
    done = run("import", "--json").document
    assert_shared(done)
    assert shown["digest"] == done["digest"]
    assert done["imports"] == []
    assert done["tables"]["influencers"]["quarantine"] == 1
    assert value(filled, "SELECT count(*) FROM influencers") == 4
    again = run("import", "--json").document
    assert again["tables"]["influencers"]["changed"] == 0


def test_connect_and_disconnect(filled: World, run: Run) -> None:
    """A preview changes nothing; connecting puts edits back; disconnecting pulls them again."""
    before = Before(filled)
    shown = run("connect", "--dry-run", "--json")
    before.assert_unchanged()
    assert_shared(shown.document)
    done = run("connect", "--yes", "--why", "go live", "--json")
    assert done.code == 0
    assert_shared(done.document)
    assert done.document["digest"] == shown.document["digest"]
    assert (done.document["authority"], done.document["policy"]) == ("crm", "review")
    with closing(sqlite3.connect(filled.folder / done.document["backup"])) as backup:
        assert backup.execute("SELECT count(*) FROM influencers").fetchone() == (3,)
    switched = "SELECT authority || ' ' || why FROM _syncd_switches ORDER BY id DESC"
    assert value(filled, switched) == "crm go live"
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), 555)
    assert run("sync").code == 0
    assert filled.row("Influencers", "Ada")["Followers"] == 100
    back = run("disconnect", "--yes", "--json")
    assert_shared(back.document)
    assert back.document["authority"] == "sheet"
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), 556)
    assert run("sync").code == 0
    assert value(filled, "SELECT followers FROM influencers WHERE name = 'Ada'") == 556


def test_connect_takes_a_policy(filled: World, run: Run) -> None:
    """A policy by table holds from the connect on: there, an edit in the sheet is taken."""
    done = run("connect", "--yes", "--policy", "influencers=merge", "--json").document
    assert done["policy"] == "mixed"
    assert done["policies"]["influencers"]["edits"] == "merge"
    assert done["policies"]["campaigns"]["edits"] == "review"
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), 555)
    filled.type("Campaigns", filled.at("Campaigns", "Summer", "Budget"), 1)
    assert run("sync").code == 0
    assert value(filled, "SELECT followers FROM influencers WHERE name = 'Ada'") == 555
    assert filled.row("Campaigns", "Summer")["Budget"] == 200


def test_review_and_history(filled: World, run: Run) -> None:
    """What was not taken is listed, taken by accept, dropped by reject, and in the history."""
    assert run("connect", "--yes").code == 0
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), 111)
    filled.type("Influencers", filled.at("Influencers", "Bea", "Followers"), 222)
    assert run("sync").code == 0
    ada, bea = sorted(run("review", "list", "--json").document, key=lambda entry: entry["sheet"])
    assert ada.keys() >= ENTRY
    assert (ada["sheet"], ada["crm"], ada["base"], ada["field"]) == (111, 100, 100, "followers")
    told = run("review", "list").out
    assert "Followers: “111” in the sheet, “100” in the CRM" in told
    assert run("review", "accept", ada["id"], "--json").document[0]["standing"] == "accepted"
    assert run("review", "reject", bea["id"]).code == 0
    assert run("sync").code == 0
    assert filled.row("Influencers", "Ada")["Followers"] == 111
    assert filled.row("Influencers", "Bea")["Followers"] == 200
    assert value(filled, "SELECT followers FROM influencers WHERE name = 'Ada'") == 111
    assert run("review", "list", "--json").document == []
    ended = {
        each["id"]: each["standing"] for each in run("review", "list", "--all", "--json").document
    }
    assert (ended[ada["id"]], ended[bea["id"]]) == ("taken", "rejected")
    events = run("history", "--row", ada["row"], "--json").document
    assert all(event.keys() >= ENTRY for event in events)
    assert {event["row"] for event in events} == {ada["row"]}
    assert [e["outcome"] for e in events if e["field"] == "followers" and e["sheet"] == 111]
    assert "“100” → “111”" in run("history", "--limit", 50).out


def test_a_held_back_removal_is_approved(make_world: MakeWorld) -> None:
    """Half of the rows deleted: held back with exit 3, told, and done once approved."""
    world = make_world()
    write_config(world)
    world.type("Influencers", "A2", [[f"Name {i}", "blog", f"n{i}", "", i] for i in range(30)])
    world.settle()
    world.ws.close()

    world.delete_row("Influencers", 2, 15)
    live = "SELECT count(*) FROM influencers WHERE archived_at IS NULL"
    held = syncd("sync", folder=world.folder)
    assert held.code == 3
    assert "15 of 30 rows" in held.out
    document = syncd("sync", "--json", folder=world.folder)
    assert document.code == 3
    assert_shared(document.document, ok=False)
    assert document.document["tables"]["influencers"]["halted"]
    assert value(world, live) == 30
    status = syncd("status", "--json", folder=world.folder)
    assert (status.code, status.document["ok"]) == (3, False)
    (halt,) = status.document["halts"]
    assert (halt["table"], halt["count"], halt["of"]) == ("influencers", 15, 30)
    assert f"syncd approve {halt['digest']}" in syncd("status", folder=world.folder).out
    assert syncd("approve", halt["digest"], folder=world.folder).code == 0
    done = syncd("sync", "--json", folder=world.folder)
    assert (done.code, done.document["ok"]) == (0, True)
    assert value(world, live) == 15
    assert value(world, "SELECT count(*) FROM influencers") == 30
    assert syncd("status", folder=world.folder).code == 0


@pytest.fixture
def running(filled: World, place: Path) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    """A daemon at work on the filled workspace."""
    with daemon(place) as (process, log):
        wait_for(lambda: "aligned" in log.read_text(), 20)
        yield process, log


def test_run_carries_the_sheets_changes_to_the_crm(
    filled: World, running: tuple["subprocess.Popen[bytes]", Path]
) -> None:
    """While the sheet rules, an edit in it is in the CRM within 10 s; SIGTERM ends with 0."""
    process, log = running
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), 4321)
    sql = "SELECT followers FROM influencers WHERE name = 'Ada'"
    print(f"sheet to CRM: {wait_for(lambda: value(filled, sql) == 4321, 10):.2f} s")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert "Stopped." in log.read_text()
    assert "PRIVATE KEY" not in log.read_text()


def test_run_carries_the_crms_changes_to_the_sheet(filled: World, place: Path, run: Run) -> None:
    """While the CRM rules, a change by another program is in the sheet within 2 s."""
    assert run("connect", "--yes").code == 0
    write_config(filled, poll_s=5)
    with daemon(place) as (process, log):
        wait_for(lambda: "aligned" in log.read_text(), 20)
        filled.crm("UPDATE influencers SET followers = 1 WHERE name = 'Bea'")
        wait_for(lambda: filled.row("Influencers", "Bea").get("Followers") == 1, 10)
        for number in (1234, 1235, 1236):
            filled.crm("UPDATE influencers SET followers = ? WHERE name = 'Ada'", number)
            shown = wait_for(
                lambda n=number: filled.row("Influencers", "Ada").get("Followers") == n, 2
            )
            print(f"CRM to sheet: {shown:.2f} s")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_import_of_people_makes_no_campaigns_of_them(filled: World, run: Run) -> None:
    """A column “Name” names one kind of rows; where that cannot be told, nothing is imported."""
    people = filled.folder / "people.csv"
    people.write_text("Name,Platform,Handle\nEve,tiktok,eve\nFox,myspace,fox\n")
    done = run("import", "people.csv", "--json").document["imports"][0]["tables"]
    assert {name: (t["created"], t["refused"], t["unread"]) for name, t in done.items()} == {
        "influencers": (1, 1, [])
    }
    names = "SELECT group_concat(name) FROM (SELECT name FROM campaigns ORDER BY name)"
    assert value(filled, names) == "Summer,Winter"
    before = Before(filled)
    (filled.folder / "either.csv").write_text("Name,Platform,Budget\nGus,tiktok,5\n")
    asked = run("import", "either.csv")
    assert_failed(asked, 2, "fit campaigns and influencers equally well", "either.csv", "--map")
    before.assert_unchanged()
    chosen = filled.folder / "map.toml"
    chosen.write_text('[influencers]\nname = "Name"\nplatform = "Platform"\n')
    assert run("import", "either.csv", "--map", "map.toml").code == 0
    assert value(filled, names) == "Summer,Winter"
    assert value(filled, "SELECT platform FROM influencers WHERE name = 'Gus'") == "tiktok"


def test_import_tells_what_was_read_and_refused_and_whose_a_conflict_is(
    filled: World, run: Run
) -> None:
    """A conflict names the file, a long cell is shortened, and what some table reads is read."""
    rows = "Ada,instagram,ada,5000\nBea,moon" + "n" * 50_000 + ",bea,\n"
    (filled.folder / "people.csv").write_text(f"Influencer,Platform,Handle,Followers\n{rows}")
    told = run("import", "people.csv")
    assert "1 conflict in review" in told.out
    assert "“moonnn" in told.out
    assert len(told.out) < 2_000
    assert "Followers: “5,000” in people.csv, “100” in the CRM" in run("review", "list").out
    (entry,) = run("review", "list", "--json").document
    assert (entry["source"], entry["sheet"], entry["crm"]) == ("people.csv", 5000, 100)
    coop = "Influencer,Campaign,Start,End,Colour\nBea,Winter,2026-02-13,2026-02-14,red\n"
    (filled.folder / "coop.csv").write_text(coop)
    shown = run("import", "coop.csv", "--dry-run", "--json").document["imports"][0]["tables"]
    assert {name: table["unread"] for name, table in shown.items()} == {
        "campaigns": ["Colour"],
        "cooperations": ["Colour"],
    }
    assert run("import", "coop.csv").out.count("columns left unread: Colour\n") == 1
    assert "1 change of import:1 would be taken back" in run("undo", "import:1", "--dry-run").out


def test_daemon_tells_of_a_halt_by_hand_without_a_count() -> None:
    """Of rows it holds back none in particular; of a rail they are counted."""
    tables = {
        TableName(name): TableReport(
            rows=3,
            changed=0,
            review=0,
            quarantine=0,
            halts=(Halt(table=TableName(name), rail=rail, count=n, of=m, digest="abc"),),
        )
        for name, rail, n, m in (("a", "halted by hand: lunch", 0, 0), ("b", "too many", 2, 3))
    }
    report = Report(cycle=1, authority=Side.CRM, digest="", tables=tables)
    assert describe(report) == (
        "a held back: halted by hand: lunch; `syncd approve abc` lets it through; "
        "b held back: too many (2 of 3 rows); `syncd approve abc` lets it through"
    )
