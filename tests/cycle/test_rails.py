"""Rails as the team and the operator meet them: what is held back, told, approved and spent."""

from datetime import timedelta
from pathlib import Path

import pytest

from syncd.core.plan import Halt, ReviewKind, Standing
from syncd.core.rails import CHANGED, EMPTY, REMOVED
from syncd.core.snapshot import Side, TableName
from syncd.crm.halts import Stop
from syncd.crm.state import dump
from syncd.errors import HaltedError, SyncdError
from syncd.importer.run import import_source
from tests.conftest import MakeWorld, fill
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World

TAB = "Influencers"
INFLUENCERS = TableName("influencers")
ROWS = 24


@pytest.fixture
def team(world: World) -> World:
    """A workspace with two dozen influencers in sync, under the sheet's authority."""
    rows = [[f"Name {n:02}", "blog", f"handle{n:02}", "Art", n] for n in range(1, ROWS + 1)]
    world.type(TAB, "A2", rows)
    world.settle()
    world.calls()
    return world


def halts(world: World) -> tuple[Halt, ...]:
    """Run a cycle and return what holds the influencers back."""
    return world.cycle().tables[INFLUENCERS].halts


def only(found: tuple[Halt, ...]) -> Halt:
    """Return the one halt that there is."""
    (halt,) = found
    return halt


def approve(world: World, halt: Halt) -> None:
    """A person lets a held part through."""
    with world.ws.crm.database.transaction():
        world.ws.crm.halts.approve(halt.digest, at=world.ws.now(), by="admin")


def live(world: World) -> int:
    """Return how many influencers are in use."""
    return sum(not record.archived for record in world.records(INFLUENCERS).values())


def test_approved_removal_is_carried_out_once(team: World) -> None:
    """What was approved is archived; rows that are back and go again are asked about again."""
    rows = team.grid(TAB)[1:13]
    team.delete_row(TAB, 2, 12)
    halt = only(halts(team))
    assert (halt.rail, halt.count, halt.of) == (REMOVED, 12, ROWS)
    assert live(team) == ROWS
    approve(team, halt)
    team.settle()
    assert live(team) == ROWS - 12
    assert not team.ws.crm.halts.approvals()
    team.insert_row(TAB, 2, 12)
    team.type(TAB, "A2", rows)
    team.settle()
    assert live(team) == ROWS
    team.delete_row(TAB, 2, 12)
    assert only(halts(team)).digest == halt.digest
    assert live(team) == ROWS


def test_rows_whose_contents_are_deleted_are_removed_rows(team: World) -> None:
    """Somebody selects a dozen rows and presses delete: nothing is archived before a look."""
    team.type(TAB, "A2", [[""] * 12] * 12)
    team.cycle()
    assert only(halts(team)).rail == REMOVED
    assert live(team) == ROWS


def test_cleared_column_is_held_back(team: World) -> None:
    """Somebody clears a column: the CRM keeps what it holds."""
    column = team.column(TAB, "Followers")
    team.type(TAB, f"{column}2", [[""]] * ROWS)
    halt = only(halts(team))
    assert halt.rail == CHANGED
    assert team.record(INFLUENCERS, "Name 05").values["followers"] == 5
    assert str(team.row(TAB, "Name 05")["Sync"]).startswith("Paused: too many rows changed")


def test_table_emptied_by_another_program_is_held_back(team: World) -> None:
    """DELETE without WHERE: the rows stay in the sheet, whoever has authority."""
    team.give_authority(Side.CRM)
    team.settle()
    team.crm("DELETE FROM influencers")
    assert EMPTY[Side.CRM] in [halt.rail for halt in halts(team)]
    assert len(team.rows(TAB)) == ROWS
    assert str(team.row(TAB, "Name 05")["Sync"]).startswith("Paused:")


def test_tab_that_shows_its_titles_only_is_held_back(team: World) -> None:
    """A read that has the titles and no row archives nothing."""
    team.delete_row(TAB, 2, ROWS)
    assert EMPTY[Side.SHEET] in [halt.rail for halt in halts(team)]
    assert live(team) == ROWS


def test_halted_table_writes_no_data_on_either_side(team: World) -> None:
    """An edit, a new row and a renamed reference wait; only the status column is written."""
    team.type("Cooperations", "A2", [["Name 20", ""]])
    team.delete_row(TAB, 2, 12)
    team.type(TAB, team.at(TAB, "Name 20", "Followers"), 999)
    team.type(TAB, f"A{ROWS}", [["Dan", "blog", "dan", "Art", 5]])
    crm = team.records(INFLUENCERS)
    assert halts(team)
    assert team.records(INFLUENCERS) == crm
    row = team.row(TAB, "Dan")
    assert set(row) == {"Influencer", "Platform", "Handle", "Category", "Followers", "Sync"}
    before = team.revision()
    team.cycle()
    assert team.revision() == before


def test_removals_of_the_hour_count_although_the_clock_jumps(team: World) -> None:
    """Ten rows go, the clock is put on by a year, and ten more go: a person is asked."""
    team.delete_row(TAB, 2, 10)
    team.settle()
    assert live(team) == ROWS - 10
    seconds, clock = team.ws.seconds, team.ws.clock
    team.ws.seconds = lambda: seconds() + 31_536_000.0  # type: ignore[method-assign]
    team.ws.clock = lambda: clock() + timedelta(days=365)
    team.delete_row(TAB, 2, 1)
    assert only(halts(team)).rail == REMOVED


def test_removals_count_although_their_cycle_came_to_no_end(team: World) -> None:
    """One of the marked rows was typed over in the window and all is planned anew: none is lost."""
    team.give_authority(Side.CRM)
    team.settle()
    archive = "UPDATE influencers SET archived_at = '2026-01-01T00:00:00.000Z' WHERE handle IN "
    team.crm(f"{archive} ({', '.join(['?'] * 10)})", *(f"handle{n:02}" for n in range(1, 11)))
    team.client.before = lambda: team.type(TAB, team.at(TAB, "Name 05", "Influencer"), "Another")
    team.cycle()
    team.crm(f"{archive} ('handle20', 'handle21')")
    assert only(halts(team)).rail == REMOVED


def test_removals_of_the_hour_are_forgotten_when_it_has_passed(team: World) -> None:
    """The daemon ran for an hour since: a few more rows may go."""
    team.delete_row(TAB, 2, 10)
    team.settle()
    seconds = team.ws.seconds
    for minutes in range(5, 70, 5):
        later = minutes * 60.0
        team.ws.seconds = lambda later=later: seconds() + later  # type: ignore[misc]
        team.cycle()
    team.delete_row(TAB, 2, 1)
    assert not halts(team)
    team.settle()
    assert live(team) == ROWS - 11


# ── Halts by hand, and what stops everything ──────────────────────────────────────────────────


def stop(world: World, table: TableName | None = None) -> Stop:
    """An admin halts a table, or everything."""
    made = Stop(digest="stop", table=table, why="looking", at=world.ws.now(), by="admin")
    with world.ws.crm.database.transaction():
        world.ws.crm.halts.stop(made, [table] if table else list(world.ws.schema.by_name))
    return made


@pytest.mark.parametrize("table", [None, INFLUENCERS])
def test_halt_by_hand_writes_nothing_until_it_is_approved(
    ruled: World, table: TableName | None
) -> None:
    """Neither side's edit goes anywhere, the sheet says why, and then both are carried out."""
    made = stop(ruled, table)
    ruled.type(TAB, ruled.at(TAB, "Ada", "Followers"), 111)
    ruled.crm("UPDATE influencers SET followers = 222 WHERE name = 'Bea'")
    report = ruled.cycle()
    assert report.halted
    assert ruled.record(INFLUENCERS, "Ada").values["followers"] == 100
    assert ruled.row(TAB, "Bea")["Followers"] == 200
    assert ruled.row(TAB, "Bea")["Sync"] == (
        "Paused: halted by hand: looking; an admin has to look at it"
    )
    campaign = str(ruled.row("Campaigns", "Summer")["Sync"])
    assert campaign.startswith("Paused:") is (table is None)
    approve(ruled, made.halt(INFLUENCERS))
    ruled.settle()
    assert ruled.row(TAB, "Bea")["Sync"] != "Paused"
    assert (
        ruled.row(TAB, "Bea")["Followers"] == ruled.record(INFLUENCERS, "Bea").values["followers"]
    )
    is_fixpoint(ruled)


def test_missing_canary_stops_everything_and_status_knows(filled: World) -> None:
    """Somebody clears syncd's own tab: nothing is written, and what to do is remembered."""
    control = next(s for s in filled.book()["sheets"] if s["properties"]["title"] == "_syncd")
    where = {"sheetId": control["properties"]["sheetId"]}
    filled.batch({"updateCells": {"range": where, "fields": "userEnteredValue"}})
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 111)
    with pytest.raises(HaltedError):
        filled.cycle()
    trouble = filled.ws.trouble()
    assert trouble is not None
    assert "_syncd" in trouble["what"] + trouble["on"]
    assert filled.record(INFLUENCERS, "Ada").values["followers"] == 100


# ── What others refer to ──────────────────────────────────────────────────────────────────────


def test_removing_what_a_cooperation_refers_to_asks_first(filled: World) -> None:
    """Ada has a cooperation: her row comes back, and an admin is asked whether she is archived."""
    filled.delete_row(TAB, filled.place(TAB, "Ada"))
    filled.settle()
    assert not filled.record(INFLUENCERS, "Ada").archived
    assert str(filled.row(TAB, "Ada")["Sync"]).startswith("In review: the row was removed")
    (entry,) = filled.reviews()
    assert (entry.review.kind, entry.review.side) == (ReviewKind.REMOVAL, Side.SHEET)
    with filled.ws.crm.database.transaction():
        filled.ws.crm.reviews.answer(entry.id, Standing.ACCEPTED, at=filled.ws.now())
    filled.settle()
    assert filled.record(INFLUENCERS, "Ada").archived
    is_fixpoint(filled)


def test_removing_an_influencer_with_its_cooperation_archives_both(filled: World) -> None:
    """Nothing in use refers to her any more."""
    filled.delete_row(TAB, filled.place(TAB, "Ada"))
    filled.delete_row("Cooperations", 2)
    filled.settle()
    assert filled.record(INFLUENCERS, "Ada").archived
    assert not filled.reviews()
    is_fixpoint(filled)


def test_new_row_and_what_it_refers_to_are_accepted_in_one_go(connected: World) -> None:
    """An admin says yes to a new influencer and to the cooperation with it at once."""
    connected.type(TAB, "A5", [["Dan", "blog", "dan", "Art", 5]])
    connected.type("Cooperations", "A3", [["Dan", "Winter"]])
    connected.settle()
    with connected.ws.crm.database.transaction():
        for entry in connected.reviews():
            connected.ws.crm.reviews.answer(entry.id, Standing.ACCEPTED, at=connected.ws.now())
    connected.settle()
    assert connected.record(INFLUENCERS, "Dan").values["followers"] == 5
    assert len(connected.records("cooperations")) == 2
    assert not connected.reviews()
    is_fixpoint(connected)


def test_policy_of_one_field_is_kept_with_the_switch(make_world: MakeWorld) -> None:
    """`connect --policy influencers.followers=merge`: that field is live in both directions."""
    world = make_world()
    fill(world)
    world.give_authority(Side.CRM)
    with world.ws.crm.database.transaction():
        world.ws.crm.state.set("policy", dump({"influencers.followers": "merge"}))
    world.type(TAB, world.at(TAB, "Ada", "Followers"), 111)
    world.type(TAB, world.at(TAB, "Bea", "Category"), "Music")
    world.settle()
    assert world.record(INFLUENCERS, "Ada").values["followers"] == 111
    assert [entry.review.field for entry in world.reviews()] == ["category"]


def test_write_of_unknown_outcome_is_not_sent_again_while_halted(filled: World) -> None:
    """It was lost on its way before the halt: it stays so until a person says yes."""
    filled.give_authority(Side.CRM)
    filled.settle()
    filled.crm("UPDATE influencers SET followers = 222 WHERE name = 'Bea'")
    filled.fault("drop_request", times=5)
    with pytest.raises(SyncdError):
        filled.cycle()
    filled.clear_faults()
    made = stop(filled)
    with pytest.raises(HaltedError, match="halted by hand"):
        filled.cycle()
    assert filled.row(TAB, "Bea")["Followers"] == 200
    approve(filled, made.halt(INFLUENCERS))
    filled.settle()
    assert filled.row(TAB, "Bea")["Followers"] == 222


def test_nothing_is_imported_into_a_halted_table(filled: World, tmp_path: Path) -> None:
    """An import writes to the CRM like anything else; other tables may be imported into."""
    stop(filled, INFLUENCERS)
    people, campaigns = tmp_path / "people.csv", tmp_path / "campaigns.csv"
    people.write_text("Influencer,Platform,Handle\nDan,blog,dan\n", "utf-8")
    campaigns.write_text("Campaign\nSpring\n", "utf-8")
    with pytest.raises(HaltedError, match="held back"):
        import_source(filled.ws, str(people))
    assert len(filled.records(INFLUENCERS)) == 3
    import_source(filled.ws, str(campaigns))
    assert len(filled.records("campaigns")) == 3


# ── Reads that are behind ─────────────────────────────────────────────────────────────────────


def test_row_that_no_read_has_shown_is_believed_to_be_gone_later(connected: World) -> None:
    """Reads may lag behind syncd's own write, so that a row it has just put in cannot be missed."""
    connected.crm("INSERT INTO influencers (name, platform, handle) VALUES ('Dan', 'blog', 'dan')")
    connected.cycle()
    connected.give_authority(Side.SHEET)
    connected.delete_row(TAB, connected.place(TAB, "Dan"))
    for _ in range(3):
        connected.cycle()
    assert not connected.record(INFLUENCERS, "Dan").archived
    seconds = connected.ws.seconds
    connected.ws.seconds = lambda: seconds() + 40.0  # type: ignore[method-assign]
    connected.settle()
    assert connected.record(INFLUENCERS, "Dan").archived
    is_fixpoint(connected)


def test_accepted_row_whose_reference_was_deleted_is_asked_about_again(connected: World) -> None:
    """Another program deletes what a waiting row refers to: the row comes to rest, and says so."""
    connected.type("Cooperations", "A3", [["Bea", "Winter"]])
    connected.settle()
    (entry,) = connected.reviews()
    connected.crm("DELETE FROM influencers WHERE name = 'Bea'")
    with connected.ws.crm.database.transaction():
        connected.ws.crm.reviews.answer(entry.id, Standing.ACCEPTED, at=connected.ws.now())
    connected.settle()
    assert len(connected.records("cooperations")) == 1
    (again,) = connected.reviews()
    assert not again.review.acceptable
    is_fixpoint(connected)
