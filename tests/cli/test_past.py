"""What was, and what is taken back of it: history, undo, explain, backup, restore."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.command import assert_failed, assert_failed_json, daemon, wait_for
from tests.cli.conftest import Before, Run
from tests.cli.test_commands import ENTRY, assert_shared, value
from tests.world import World

TAB = "Influencers"


def edit(world: World, run: Run, followers: int, name: str = "Ada") -> int:
    """Type a value, let it be pulled, and return the cycle."""
    world.type(TAB, world.at(TAB, name, "Followers"), followers)
    done = run("sync", "--json")
    assert done.code == 0
    return int(str(value(world, "SELECT max(cycle) FROM _syncd_history")))


def test_history_is_searched_and_reads_well(filled: World, run: Run) -> None:
    """By row's name, field, cycle, origin, outcome and time; labels and titles, not only ids."""
    cycle = edit(filled, run, 111)
    found = run("history", "--row", "ada", "--field", "followers", "--json").document
    assert [(e["before"], e["after"], e["origin"], e["cycle"]) for e in found] == [
        (100, 111, "sheet", cycle)
    ]
    assert found[0].keys() >= ENTRY | {"label", "by", "of"}
    assert found[0]["label"] == "Ada"
    assert run("history", "--cycle", cycle, "--json").document == found
    assert run("history", "--since", "1h", "--cycle", cycle, "--json").document == found
    assert run("history", "--until", "2020-01-01", "--json").document == []
    assert run("history", "--origin", "import", "--json").document == []
    assert run("history", "--outcome", "changed", "--json").document == found
    text = run("history", "--row", "Ada", "--limit", "1").out
    assert "influencers Ada, Followers: “100” → “111”; changed (crm, by sheet" in text
    assert_failed(
        run("history", "--row", "Adda"), 2, "there is no row “Adda”", "Did you mean “Ada”"
    )
    assert_failed(run("history", "--since", "soon"), 2, "“soon” is no time")


def test_undo_shows_asks_and_does(filled: World, run: Run) -> None:
    """A dry run changes nothing and names the digest; without a word nothing is done."""
    cycle = edit(filled, run, 111)
    before = Before(filled)
    shown = run("undo", cycle, "--dry-run", "--json")
    assert_shared(shown.document)
    (change,) = shown.document["changes"]
    assert (change["label"], change["field"], change["before"], change["after"]) == (
        "Ada", "followers", 111, 100,
    )  # fmt: skip
    told = run("undo", cycle, "--dry-run").out
    assert "influencers Ada: Followers: “111” becomes “100” again" in told
    assert_failed(run("undo", cycle), 2, "undo has to be confirmed", "Add --yes")
    before.assert_unchanged()
    assert_failed(run("undo", cycle, "--digest", "0" * 12), 2, "has changed since it was shown")
    done = run("undo", cycle, "--digest", shown.document["digest"], "--json").document
    assert_shared(done)
    assert (done["changeset"], done["done"], done["open"], done["kept"]) == ("undo:1", 1, [], [])
    assert Path(filled.folder / done["backup"]).exists()
    assert value(filled, "SELECT followers FROM influencers WHERE name = 'Ada'") == 100
    again = run("undo", "undo", "--yes")
    assert again.code == 0
    assert "`syncd undo undo:2` takes this back" in again.out
    assert filled.row(TAB, "Ada")["Followers"] == 111


def test_undo_lists_what_moved_since(filled: World, run: Run) -> None:
    """What somebody changed since stays, with by whom and when."""
    cycle = edit(filled, run, 111)
    edit(filled, run, 222)
    shown = run("undo", cycle, "--dry-run", "--json").document
    (kept,) = shown["kept"]
    assert (kept["value"], kept["before"], kept["by"]) == (222, 100, "sheet")
    assert shown["changes"] == []
    told = run("undo", cycle, "--yes")
    assert told.code == 0
    assert "Nothing of cycle" in told.out
    assert "Followers “222” stays: it was changed since, by the sheet at" in told.out


def test_undo_of_a_row(filled: World, run: Run) -> None:
    """A row's last change by its name, and back to a cycle or a time."""
    first = edit(filled, run, 111)
    edit(filled, run, 222)
    edit(filled, run, 333)
    assert run("undo", "--row", "Ada", "--yes").code == 0
    assert filled.row(TAB, "Ada")["Followers"] == 222
    assert run("undo", "--row", "Ada", "--to", first, "--yes").code == 0
    assert filled.row(TAB, "Ada")["Followers"] == 111
    assert run("undo", "--row", "Ada", "--to", "2020-01-01", "--dry-run").code == 0
    assert_failed(run("undo"), 2, "say what is to be undone")
    assert_failed(run("undo", 3, "--row", "Ada"), 2, "say what is to be undone")
    assert_failed_json(run("undo", "import:99", "--yes", "--json"), 2)


def test_explain_tells_why(filled: World, run: Run) -> None:
    """Where the row stands, what differs, what the next cycle does, and what was last done."""
    edit(filled, run, 111)
    assert run("connect", "--yes").code == 0
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 555)
    before = Before(filled)
    found = run("explain", "Ada", "--json").document
    assert (found["label"], found["record"], found["authority"]) == ("Ada", "in use", "crm")
    assert found["position"] == filled.place(TAB, "Ada")
    (field,) = found["fields"]
    assert (field["sheet"], field["crm"], field["base"]) == (555, 111, 111)
    told = run("explain", "Ada").out
    assert "Authority: the CRM" in told
    assert "Followers: “555” in the sheet, “111” in the CRM, “111” shared before" in told
    assert "the edit in the sheet goes to review" in told
    assert "Next cycle: Followers: “555” becomes “111” in the sheet" in told
    before.assert_unchanged()
    assert run("sync").code == 0
    assert "In review, no. 1" in run("explain", "Ada").out


def test_explain_finds_rows_that_are_no_records(filled: World, run: Run) -> None:
    """A refused row is found by its name or its place, with the reason and an example."""
    filled.type(TAB, "A5", [["Dan", "moon", "dan"]])
    by_name, by_place = run("explain", "Dan").out, run("explain", f"{TAB}!5").out
    assert by_name.splitlines()[1:] == by_place.splitlines()[1:]
    assert "In the sheet: row 5. In the CRM: no record." in by_name
    assert "Refused: Platform “moon”" in by_name
    assert "In sync" not in by_name
    quiet = run("explain", "Bea").out
    assert "Both sides hold the same." in quiet
    assert "The next cycle does nothing with it." in quiet
    assert_failed(run("explain", f"{TAB}!500"), 2, "there is no row 500")
    assert_failed(run("explain", "Nobody"), 2, "there is no row “Nobody”")


def test_explain_of_a_halted_table_tells_what_each_side_holds(filled: World, run: Run) -> None:
    """Nothing is said to be the same that is not; why nothing is written, and what settles it."""
    digest = run("halt", "influencers", "--why", "lunch", "--json").document["digest"]
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 555)
    assert run("sync").code == 3
    found = run("explain", "Ada", "--json").document
    assert found["case"].endswith("written on either side: the two sides differ.")
    (field,) = found["fields"]
    assert (field["sheet"], field["crm"], field["base"]) == (555, 100, 100)
    told = run("explain", "Ada").out
    assert "hold the same" not in told
    assert "“555” in the sheet, “100” in the CRM" in told
    assert f"halted by hand: lunch; `syncd approve {digest}` lets it through" in told
    quiet = run("explain", "Bea", "--json").document
    assert quiet["case"].endswith("written on either side: both sides hold the same of this row.")


def test_explain_of_a_table_halted_by_a_column_tells_what_can_be_read(
    filled: World, run: Run
) -> None:
    """A column that rows need is gone: the row is found, by place too, and no digest is told."""
    filled.delete_column(TAB, 2)
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 555)
    assert run("sync").code == 3
    told = run("explain", "Ada").out
    assert run("explain", f"{TAB}!2").out == told
    assert "the two sides differ" in told
    assert "In the sheet: row 2. In the CRM: in use." in told
    assert "Platform: no column of the sheet, “instagram” in the CRM" in told
    assert "Followers: “555” in the sheet, “100” in the CRM" in told
    assert "the column «Platform» is missing. Undo its removal in the sheet, or run" in told
    assert "syncd approve" not in told


def test_explain_of_a_table_without_a_tab_says_so(filled: World, run: Run) -> None:
    """Nothing can be seen: the reason is told, with what to do, and the exit code asks a person."""
    filled.delete_tab(TAB)
    assert_failed(run("explain", "Ada"), 3, "the tab «Influencers» is missing", "syncd init")


def test_explain_shows_what_stands_in_a_paused_column(filled: World, run: Run) -> None:
    """Two titles are the same: what the column holds is told, where, and what settles it."""
    places = filled.at(TAB, "Ada", "Notes"), filled.column(TAB, "Notes")
    filled.type(TAB, f"{places[1]}1", "Category")
    filled.type(TAB, places[0], "typed meanwhile")
    assert run("sync").code == 0
    found = run("explain", "Ada", "--json").document
    assert found["case"] == "Both sides hold the same but in a column that is left alone."
    (field,) = found["fields"]
    assert (field["field"], field["sheet"], field["crm"]) == ("notes", "typed meanwhile", None)
    assert field["columns"] == {places[1]: "typed meanwhile"}
    told = run("explain", "Ada").out
    assert f"Notes: “typed meanwhile” in column {places[1]} of the sheet, blank in the CRM" in told
    assert "Left alone: column Notes: the column «Notes» is titled «Category»" in told
    assert "syncd settle influencers --renamed" in told
    assert "Both sides hold the same." in run("explain", "Bea").out


def test_explain_of_swapped_titles_shows_both_columns(filled: World, run: Run) -> None:
    """Which of two columns is a field's own is not known: each is told, and none is preferred."""
    one, other = filled.column(TAB, "Handle"), filled.column(TAB, "Category")
    filled.type(TAB, f"{one}1", [["Category", "Handle"]])
    assert run("sync").code == 3  # a record is known by its handle
    told = run("explain", "Ada").out
    both = f"“ada” in column {one} or “Tech” in column {other} of the sheet"
    assert f"Handle: {both}, “ada” in the CRM" in told
    assert f"Category: {both}, “Tech” in the CRM" in told
    assert {f["sheet"] for f in run("explain", "Ada", "--json").document["fields"]} == {None}


def test_backup_and_restore(filled: World, run: Run) -> None:
    """A copy is made and listed; the records come back; a daemon has to be stopped first."""
    made = run("backup", "--json").document["backup"]
    assert run("backup", "kept.db").code == 0
    assert_failed(run("backup", "kept.db"), 2, "there is such a file already")
    edit(filled, run, 111)
    listed = run("backup", "--list", "--json").document
    assert [each["path"] for each in listed] == [made["path"]]
    assert "by hand" in run("backup", "--list").out
    shown = run("restore", made["path"], "--dry-run", "--json").document
    assert [change["after"] for change in shown["changes"]] == [100]
    assert_failed(run("restore", made["path"]), 2, "restore has to be confirmed")
    done = run("restore", made["path"], "--yes", "--json").document
    assert (done["done"], done["changeset"]) == (1, "restore:1")
    assert filled.row(TAB, "Ada")["Followers"] == 100
    assert_failed(run("restore", "none.db", "--yes"), 2, "there is no such file")
    with daemon(filled.folder) as (_, log):
        wait_for(lambda: "Keeps" in log.read_text(), 20)
        assert_failed(run("restore", "kept.db", "--yes"), 4, "a daemon works on this database")
        assert run("backup", "while-it-runs.db").code == 0


def test_restore_where_the_database_is_gone(filled: World, run: Run) -> None:
    """The backup takes its place, and the spreadsheet goes on from it."""
    path = run("backup", "--json").document["backup"]["path"]
    for each in filled.config.crm_path.parent.glob(f"{filled.config.crm_path.name}*"):
        each.unlink()
    assert "takes its place as a file" in run("restore", path, "--dry-run").out
    assert not filled.config.crm_path.exists()
    assert_failed(run("restore", path), 2, "restore has to be confirmed")
    done = run("restore", path, "--yes", "--json")
    assert (done.code, done.document["replaced"]) == (0, True)
    assert run("sync").code == 0
    with closing(sqlite3.connect(filled.config.crm_path)) as connection:
        assert connection.execute("SELECT count(*) FROM influencers").fetchone() == (3,)
