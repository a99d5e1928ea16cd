"""Undo as people use it: shown first, carried out by normal cycles, nothing that moved touched."""

import csv
import time
from pathlib import Path

import pytest

from syncd.authority import pull, switch
from syncd.core.plan import ReviewKind, Standing
from syncd.core.snapshot import Side
from syncd.core.undo import Why
from syncd.crm.history import Search
from syncd.cycle.naming import find_row
from syncd.cycle.run import run_cycle
from syncd.errors import UsageError
from syncd.importer.run import import_source
from syncd.undo import Undoing, preview, undo, wanted_of, wanted_of_row
from tests.conftest import MakeWorld, fill
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World

TAB = "Influencers"
Managed = list[list[object]]


def undone(world: World, what: str, *, digest: str = "") -> Undoing:
    """Undo something by its name."""
    return undo(world.ws, wanted_of(world.ws, what), by="admin", digest=digest)


def undone_row(world: World, name: str, to: str = "") -> Undoing:
    """Undo a row's last change, or go back to a cycle."""
    named = find_row(world.ws, name)
    return undo(world.ws, wanted_of_row(world.ws, named, name, to, moment=""), by="admin")


def last_cycle(world: World) -> str:
    """Return the number of the newest cycle."""
    return str(world.ws.crm.state.last_cycle())


def managed(world: World, tab: str = TAB) -> Managed:
    """Return a tab's managed cells, syncd's own two columns aside, in the order of names."""
    titles, *rows = world.grid(tab)
    own = [
        n for n, title in enumerate(titles) if title and not str(title).lower().startswith("sync")
    ]
    cells = [[row[n] if n < len(row) else "" for n in own] for row in rows]
    return sorted((row for row in cells if any(row)), key=repr)


def live(world: World, table: str = "influencers") -> dict[str, dict[str, object]]:
    """Return the business values of the records in use."""
    return {row: dict(r.values) for row, r in world.records(table).items() if not r.archived}


def write_csv(path: Path, rows: list[list[object]]) -> str:
    """Write a source of influencers."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["creator", "platform", "handle", "followers"], *rows])
    return str(path)


def test_undo_of_a_cycle_puts_both_sides_back(ruled: World) -> None:
    """What a cycle brought to the other side is as before on both, whoever has authority."""
    before = managed(ruled), live(ruled)
    if ruled.ws.crm.state.authority is Side.SHEET:
        ruled.type(TAB, ruled.at(TAB, "Ada", "Followers"), 111)
    else:
        ruled.crm("UPDATE influencers SET followers = 111 WHERE name = 'Ada'")
    ruled.settle()
    assert (managed(ruled), live(ruled)) != before
    cycle = last_cycle(ruled)
    done = undone(ruled, cycle)
    assert (done.done, done.open, done.changeset) == (1, (), "undo:1")
    assert (managed(ruled), live(ruled)) == before
    is_fixpoint(ruled)
    again = undone(ruled, "undo:1")
    assert again.done == 1
    assert ruled.record("influencers", "Ada").values["followers"] == 111
    assert ruled.row(TAB, "Ada")["Followers"] == 111
    is_fixpoint(ruled)


def test_undo_is_shown_first_and_bound_to_what_was_shown(filled: World) -> None:
    """A preview writes nothing and has the digest of what is done; later nothing else is done."""
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 111)
    filled.type(TAB, filled.at(TAB, "Bea", "Followers"), 222)
    filled.settle()
    cycle = last_cycle(filled)
    revision, held = filled.revision(), filled.dump()
    shown = preview(filled.ws, wanted_of(filled.ws, cycle))
    assert (filled.revision(), filled.dump()) == (revision, held)
    planned = {row.row for plan in shown.report.plans for row in plan.rows if row.actions}
    assert len(planned) == 2
    filled.type(TAB, filled.at(TAB, "Bea", "Followers"), 333)
    with pytest.raises(UsageError, match="changed since it was shown"):
        undone(filled, cycle, digest=shown.digest)
    done = undone(filled, cycle)
    assert [kept.why for kept in done.reversal.kept] == [Why.CHANGED]
    assert filled.row(TAB, "Ada")["Followers"] == 100
    assert filled.row(TAB, "Bea")["Followers"] == 333
    is_fixpoint(filled)


def test_unrelated_edits_do_not_void_what_was_shown(filled: World) -> None:
    """The digest names what is taken back, not what else happens meanwhile."""
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 111)
    filled.settle()
    cycle = last_cycle(filled)
    shown = preview(filled.ws, wanted_of(filled.ws, cycle))
    filled.type(TAB, filled.at(TAB, "Cleo", "Followers"), 7)
    undone(filled, cycle, digest=shown.digest)
    assert filled.row(TAB, "Ada")["Followers"] == 100
    assert filled.row(TAB, "Cleo")["Followers"] == 7


@pytest.mark.parametrize("authority", list(Side))
def test_undo_of_an_import_of_a_thousand_rows(
    make_world: MakeWorld, tmp_path: Path, authority: Side
) -> None:
    """Business values and managed cells are as before, save what people changed since."""
    world = make_world()
    fill(world)
    world.give_authority(authority)
    world.settle()
    before = managed(world), live(world)
    rows = [[f"Person {n}", "instagram", f"person{n}", n + 1] for n in range(1000)]
    source = write_csv(tmp_path / "people.csv", [*rows, ["Bea", "youtube", "bea", 200]])
    imported = import_source(world.ws, source, by="admin")
    world.settle()
    assert len(live(world)) == 1003
    assert imported.changeset == "import:1"
    place = world.at(TAB, "Person 500", "Followers")
    if authority is Side.SHEET:
        world.type(TAB, place, 77)
    else:
        world.crm("UPDATE influencers SET followers = 77 WHERE name = 'Person 500'")
    world.settle()
    started = time.monotonic()
    done = undone(world, "import:1")
    print(f"undo of 1,000 rows: {time.monotonic() - started:.1f} s")
    (kept,) = done.reversal.kept
    assert kept.why is Why.CHANGED
    assert kept.since is not None
    assert kept.since.after == 77
    assert (done.done, done.open) == (999, ())
    edited = world.record("influencers", "Person 500").values
    assert edited["followers"] == 77
    names = {row["name"] for row in live(world).values()}
    assert names == {"Ada", "Bea", "Cleo", "Person 500"}
    assert [row for row in managed(world) if "Person 500" not in row] == before[0]
    is_fixpoint(world)
    again = import_source(world.ws, source, by="admin")
    world.settle()
    (plan,) = again.plans
    assert plan.report.created == 999
    assert len(live(world)) == 1003


def test_undo_of_an_import_that_changed_records(filled: World, tmp_path: Path) -> None:
    """Fields that an import filled are blank again, and a later import fills them once more."""
    source = write_csv(tmp_path / "a.csv", [["Dan", "blog", "dan", 5]])
    import_source(filled.ws, source)
    filled.settle()
    write_csv(tmp_path / "a.csv", [["Dan", "blog", "dan", 6]])
    import_source(filled.ws, source)
    filled.settle()
    assert filled.row(TAB, "Dan")["Followers"] == 6
    undone(filled, "import:2")
    assert filled.row(TAB, "Dan")["Followers"] == 5
    import_source(filled.ws, source)
    filled.settle()
    assert filled.row(TAB, "Dan")["Followers"] == 6
    is_fixpoint(filled)


def test_undo_of_an_import_of_our_own_tabs_leaves_what_people_typed(filled: World) -> None:
    """Records are archived; the rows that people typed stay in the sheet, marked so."""
    filled.type(TAB, "A5", [["Dan", "blog", "dan", "Art", 5]])
    pull(filled.ws, by="admin")
    done = undone(filled, "import")
    assert done.name == "import:1"
    assert filled.record("influencers", "Dan").archived
    assert str(filled.row(TAB, "Dan")["Sync"]).startswith("Archived")
    is_fixpoint(filled)
    undone(filled, "undo:2")
    assert not filled.record("influencers", "Dan").archived
    assert filled.row(TAB, "Dan")["Sync"] == "In sync"


def test_row_deleted_while_disconnected_is_brought_back(filled: World) -> None:
    """A row that somebody deleted, and whose record was archived, is back on both sides."""
    before = managed(filled)
    filled.delete_row(TAB, filled.place(TAB, "Cleo"))
    filled.settle()
    assert filled.record("influencers", "Cleo").archived
    done = undone_row(filled, "Cleo")
    assert (done.done, done.open) == (1, ())
    assert not filled.record("influencers", "Cleo").archived
    assert managed(filled) == before
    is_fixpoint(filled)


def test_row_goes_back_step_by_step_and_to_a_cycle(filled: World) -> None:
    """The last change, then the one before it; or all since a cycle."""
    start = last_cycle(filled)
    for value in (111, 222, 333):
        filled.type(TAB, filled.at(TAB, "Ada", "Followers"), value)
        filled.settle()
    undone_row(filled, "Ada")
    assert filled.row(TAB, "Ada")["Followers"] == 222
    undone_row(filled, "Ada")
    assert filled.row(TAB, "Ada")["Followers"] == 111
    undone_row(filled, "Ada", start)
    assert filled.row(TAB, "Ada")["Followers"] == 100
    is_fixpoint(filled)


def test_record_that_a_program_deleted_is_made_again(connected: World) -> None:
    """A record that is gone for good comes back with its id and its row."""
    row = connected.row(TAB, "Cleo")["syncd id"]
    connected.crm("DELETE FROM influencers WHERE name = 'Cleo'")
    connected.settle()
    undone_row(connected, str(row))
    assert connected.records("influencers")[str(row)].values["followers"] == 300
    assert connected.row(TAB, "Cleo")["Sync"] == "In sync"
    is_fixpoint(connected)


def test_record_that_a_program_replaced_is_put_back(connected: World) -> None:
    """INSERT OR REPLACE is a change of fields like any other."""
    connected.crm(
        "INSERT OR REPLACE INTO influencers (id, name, platform)"
        " SELECT id, name, platform FROM influencers WHERE name = 'Cleo'"
    )
    connected.settle()
    assert "Followers" not in connected.row(TAB, "Cleo")
    undone_row(connected, "Cleo")
    assert connected.row(TAB, "Cleo")["Followers"] == 300
    is_fixpoint(connected)


def test_undo_of_connect_gives_authority_and_rows_back(filled: World) -> None:
    """The sheet has authority again, and records that it did not show wait in review again."""
    filled.crm("INSERT INTO influencers (name, platform) VALUES ('Eve', 'blog')")
    filled.settle()
    assert [entry.review.kind for entry in filled.reviews()] == [ReviewKind.NEW]
    before = managed(filled), live(filled)
    switch(filled.ws, Side.CRM, by="admin")
    assert "Eve" in repr(managed(filled))
    shown = preview(filled.ws, wanted_of(filled.ws, "connect"))
    assert shown.switch is not None
    done = undone(filled, "connect", digest=shown.digest)
    assert filled.ws.crm.state.authority is Side.SHEET
    assert (done.done, done.open) == (1, ())
    assert (managed(filled), live(filled)) == before
    assert [entry.review.kind for entry in filled.reviews()] == [ReviewKind.NEW]
    is_fixpoint(filled)
    undone(filled, done.changeset)
    assert filled.ws.crm.state.authority is Side.CRM
    assert "Eve" in repr(managed(filled))
    is_fixpoint(filled)


def test_undo_of_disconnect_takes_back_what_it_pulled(connected: World) -> None:
    """Rows that waited and became records are archived again, and the CRM rules."""
    connected.type(TAB, "A5", [["Dan", "blog", "dan", "Art", 5]])
    connected.settle()
    switch(connected.ws, Side.SHEET, by="admin")
    assert not connected.record("influencers", "Dan").archived
    undone(connected, "disconnect")
    assert connected.ws.crm.state.authority is Side.CRM
    assert connected.record("influencers", "Dan").archived
    assert "Dan" in repr(managed(connected))
    is_fixpoint(connected)


def test_undo_tells_of_edits_that_were_put_back(connected: World) -> None:
    """A cycle that put an edit back changed nothing shared: the edit waits where it is."""
    connected.type(TAB, connected.at(TAB, "Ada", "Followers"), 111)
    connected.settle()
    done = undone(connected, last_cycle(connected))
    assert [(k.why, k.before, k.now) for k in done.reversal.kept] == [(Why.PUT_BACK, 111, 100)]
    assert not done.changeset
    assert len(connected.reviews()) == 1


def test_undo_leaves_what_a_record_in_use_needs(filled: World, tmp_path: Path) -> None:
    """An imported influencer whom a cooperation refers to since stays, and is listed."""
    import_source(filled.ws, write_csv(tmp_path / "a.csv", [["Dan", "blog", "dan", 5]]))
    filled.settle()
    filled.type("Cooperations", "A3", [["Dan", "Winter"]])
    filled.settle()
    done = undone(filled, "import:1")
    assert [kept.why for kept in done.reversal.kept] == [Why.REFERRED]
    assert not filled.record("influencers", "Dan").archived


@pytest.mark.parametrize("side", list(Side))
def test_edit_in_the_window_of_an_undo_is_not_lost(ruled: World, side: Side) -> None:
    """What somebody types while the undo writes is in the sheet, the CRM or in review."""
    if ruled.ws.crm.state.authority is Side.SHEET:
        ruled.type(TAB, ruled.at(TAB, "Ada", "Followers"), 111)
    else:
        ruled.crm("UPDATE influencers SET followers = 111 WHERE name = 'Ada'")
    ruled.settle()
    cycle, place = last_cycle(ruled), ruled.at(TAB, "Ada", "Followers")

    def act() -> None:
        if side is Side.SHEET:
            ruled.type(TAB, place, 777)
        else:
            ruled.crm("UPDATE influencers SET followers = 777 WHERE name = 'Ada'")

    ruled.client.before = act
    undone(ruled, cycle)
    ruled.settle()
    held = [
        ruled.record("influencers", "Ada").values["followers"],
        ruled.row(TAB, "Ada")["Followers"],
    ]
    assert held[0] == held[1]
    assert 777 in held or "777" in ruled.kept()
    is_fixpoint(ruled)


def test_undo_is_told_as_such_where_somebody_typed_in_its_window(connected: World) -> None:
    """An edit typed into the cell that an undo writes is asked about; the undo stays an undo."""
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    connected.settle()
    cycle, where = last_cycle(connected), connected.at(TAB, "Bea", "Followers")
    connected.client.before = lambda: connected.type(TAB, where, 777)
    undone(connected, cycle)
    connected.settle()
    assert connected.record("influencers", "Bea").values["followers"] == 200
    told = [e for e in connected.history() if e["field"] == "followers" and e["side"] == "crm"]
    assert {e["origin"] for e in told if e["after"] == 200} == {"undo:1"}
    (open_,) = connected.reviews()
    assert open_.review.offered == {"followers": 777}


def test_crash_in_an_undo_resumes(filled: World) -> None:
    """An undo whose process dies before its cycle is carried out by the next one."""
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 111)
    filled.settle()
    cycle = last_cycle(filled)
    filled.fault("drop_request", times=50)
    with pytest.raises(Exception, match=r"known yet|out of reach|no answer"):
        undone(filled, cycle)
    filled.clear_faults()
    filled.restart()
    filled.settle()
    assert filled.row(TAB, "Ada")["Followers"] == 100
    assert filled.record("influencers", "Ada").values["followers"] == 100
    is_fixpoint(filled)


def test_history_tells_whose_each_change_was(filled: World, tmp_path: Path) -> None:
    """Sheet, another program, an admin's answer, an import, an undo: each by its name."""
    filled.crm("UPDATE influencers SET followers = 5 WHERE name = 'Ada'")
    filled.settle()
    (entry,) = filled.reviews()
    with filled.ws.crm.database.transaction():
        filled.ws.crm.reviews.answer(
            entry.id, Standing.ACCEPTED, at=filled.ws.now(), by="admin eve"
        )
    filled.settle()
    import_source(filled.ws, write_csv(tmp_path / "a.csv", [["Dan", "blog", "dan", 5]]), by="eve")
    filled.settle()
    undone(filled, "import:1")
    told = [(e["origin"], e["side"], e["outcome"]) for e in reversed(filled.history())]
    assert ("crm", "crm", "changed") in told
    assert ("sheet", "crm", "changed") in told
    assert ("admin eve", "crm", "changed") in told
    assert ("import:1", "crm", "created") in told
    assert ("import:1", "sheet", "row added") in told
    assert ("undo:2", "crm", "archived") in told
    assert ("undo:2", "sheet", "row removed") in told
    found = filled.ws.crm.history.entries(Search(origin="import"))
    assert {e["origin"] for e in found} == {"import:1"}


def test_undo_of_nothing_known_says_what_there_is(filled: World) -> None:
    """A name that was never given is refused, and the latest ones are told."""
    pull(filled.ws, by="admin")
    with pytest.raises(UsageError, match="import"):
        wanted_of(filled.ws, "import")  # it found nothing to pull
    switch(filled.ws, Side.CRM, by="admin")
    with pytest.raises(UsageError, match="import:7") as error:
        wanted_of(filled.ws, "import:7")
    assert "connect:1" in error.value.hint
    with pytest.raises(UsageError, match="cycle 999"):
        wanted_of(filled.ws, "999")


def test_formula_comes_back_with_its_value(connected: World) -> None:
    """A formula that the CRM's value replaced stands in its cell again once its value is back."""
    place = connected.at(TAB, "Ada", "Followers")
    connected.type(TAB, place, "=50+50")
    connected.settle()
    connected.crm("UPDATE influencers SET followers = 111 WHERE name = 'Ada'")
    connected.settle()
    assert "=50+50" not in formulas(connected)
    done = undone(connected, last_cycle(connected))
    assert len(done.formulas) == 1
    assert "=50+50" in formulas(connected)
    assert connected.record("influencers", "Ada").values["followers"] == 100
    is_fixpoint(connected)


@pytest.mark.parametrize("by_now", [999, "many", "=1/0"])
def test_formula_that_gives_another_value_by_now_stays_out(
    connected: World, by_now: object
) -> None:
    """Where what a formula rests on has changed, the value that was asked for stands."""
    place = connected.at(TAB, "Ada", "Followers")
    connected.insert_column(TAB, 10, "Ours")
    connected.type(TAB, "J2", 100)
    connected.type(TAB, place, "=J2")
    connected.settle()
    connected.crm("UPDATE influencers SET followers = 111 WHERE name = 'Ada'")
    connected.settle()
    cycle = last_cycle(connected)
    connected.type(TAB, "J2", by_now)
    connected.settle()
    done = undone(connected, cycle)
    assert done.formulas == frozenset()
    assert connected.row(TAB, "Ada")["Followers"] == 100
    assert "formula not put back" in connected.kept()
    is_fixpoint(connected)


def formulas(world: World) -> str:
    """Return all that was entered into the influencers' tab."""
    sheets = world.book(cells="userEnteredValue")["sheets"]
    return repr([sheet for sheet in sheets if sheet["properties"]["title"] == TAB])


def test_undo_beyond_the_rails_needs_no_second_word(make_world: MakeWorld) -> None:
    """An undo that takes most rows back was shown: no rail asks again, all others still hold."""
    world = make_world()
    world.type(TAB, "A2", [[f"P{n}", "blog", f"p{n}"] for n in range(30)])
    world.settle()
    done = undone(world, "1")
    assert not done.report.halted
    assert not live(world)
    run_cycle(world.ws)
    is_fixpoint(world)


def test_row_that_people_wrote_beside_stays(filled: World, tmp_path: Path) -> None:
    """An imported row with a remark of the team stays, marked; a formula drawn down keeps none."""
    rows: list[list[object]] = [["Dan", "blog", "dan", 5], ["Eve", "blog", "eve", 6]]
    import_source(filled.ws, write_csv(tmp_path / "a.csv", rows), by="admin")
    filled.settle()
    filled.insert_column(TAB, 10, "Remark")
    filled.type(TAB, f"J{filled.place(TAB, 'Dan')}", "call back in May")
    filled.type(TAB, f"J{filled.place(TAB, 'Eve')}", "=1+1")
    done = undone(filled, "import:1")
    assert [kept.why for kept in done.reversal.kept] == [Why.BESIDE]
    assert filled.row(TAB, "Dan")["Remark"] == "call back in May"
    assert str(filled.row(TAB, "Dan")["Sync"]).startswith("Archived")
    assert "Eve" not in repr(filled.grid(TAB))
    assert filled.record("influencers", "Dan").archived
    is_fixpoint(filled)
