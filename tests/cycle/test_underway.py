"""Acts that are recorded and not done yet: what people do meanwhile stays, and they can end."""

from pathlib import Path

import pytest

from syncd.core.plan import Standing
from syncd.core.snapshot import Side
from syncd.core.undo import Why
from syncd.errors import OutcomeUnknownError, SheetError, SyncdError
from syncd.importer.run import import_source
from syncd.underway import call_off, named_under_way, under_way
from tests.cycle.test_outcome import is_fixpoint
from tests.cycle.test_undo import TAB, last_cycle, live, managed, undone, write_csv
from tests.world import World


def with_typed_rows(world: World) -> str:
    """Type two rows that a cycle pulls; return its number."""
    world.type(TAB, "A5", [["Dan", "blog", "dan"], ["Eve", "blog", "eve"]])
    world.settle()
    return last_cycle(world)


def interrupted(world: World, what: str, fault: str = "drop_request") -> SyncdError:
    """Begin an undo whose write gets no answer, and let the process end."""
    world.fault(fault, times=50)
    with pytest.raises(SheetError) as error:
        undone(world, what)
    world.restart()
    return error.value


def go_on(world: World, *, late: bool) -> None:
    """Let everything go right again, within the time in which a write is sent again or later."""
    world.clear_faults()
    if late:
        world.ws.seconds = lambda: 1e12  # type: ignore[method-assign] # much later
    world.settle()
    world.settle()


def stays_whole(world: World, name: str) -> None:
    """Require that a row is in use on both sides, that nobody is asked, and that it is told."""
    assert not world.record("influencers", name).archived
    assert world.row(TAB, name)["Sync"] == "In sync"
    assert not world.reviews()
    row = world.row(TAB, name)["syncd id"]
    (told,) = [e for e in world.history() if e["row"] == row and e["outcome"] == "review moot"]
    assert "since" in str(told["reason"])
    assert not under_way(world.ws)
    is_fixpoint(world)


@pytest.mark.parametrize("late", [False, True])
def test_row_that_is_typed_in_after_an_undo_was_recorded_stays(
    filled: World, *, late: bool
) -> None:
    """The row that people typed and go on with stays whole; the other is taken back."""
    cycle = with_typed_rows(filled)
    interrupted(filled, cycle)
    filled.type(TAB, filled.at(TAB, "Dan", "Notes"), "typed since")
    go_on(filled, late=late)
    assert filled.record("influencers", "Dan").values["notes"] == "typed since"
    assert filled.record("influencers", "Eve").archived
    stays_whole(filled, "Dan")


@pytest.mark.parametrize("late", [False, True])
def test_imported_row_that_is_typed_in_after_an_undo_stays(
    filled: World, tmp_path: Path, *, late: bool
) -> None:
    """A row that an import brought into the sheet does not leave it with what was typed."""
    rows: list[list[object]] = [["Dan", "blog", "dan", 5], ["Eve", "blog", "eve", 6]]
    import_source(filled.ws, write_csv(tmp_path / "a.csv", rows), by="admin")
    filled.settle()
    interrupted(filled, "import:1")
    filled.type(TAB, filled.at(TAB, "Dan", "Notes"), "typed since")
    go_on(filled, late=late)
    assert filled.row(TAB, "Dan")["Notes"] == "typed since"
    assert "Eve" not in repr(filled.grid(TAB))
    stays_whole(filled, "Dan")


def test_row_that_is_typed_in_while_the_crm_rules_stays(connected: World) -> None:
    """Also where the CRM has authority, a row that somebody typed in is not taken out of use."""
    connected.give_authority(Side.SHEET)
    cycle = with_typed_rows(connected)
    connected.give_authority(Side.CRM)
    connected.settle()
    interrupted(connected, cycle)
    connected.type(TAB, connected.at(TAB, "Dan", "Notes"), "typed since")
    go_on(connected, late=True)
    assert not connected.record("influencers", "Dan").archived
    assert connected.record("influencers", "Eve").archived
    assert "typed since" in connected.kept()


def test_row_that_is_referred_to_since_stays(filled: World) -> None:
    """A cooperation that was made after the undo was recorded keeps its influencer in use."""
    cycle = with_typed_rows(filled)
    interrupted(filled, cycle)
    filled.type("Cooperations", "A3", [["Dan", "Winter"]])
    go_on(filled, late=True)
    assert not filled.record("influencers", "Dan").archived
    assert filled.record("influencers", "Eve").archived
    assert filled.row(TAB, "Dan")["Sync"] == "In sync"


def test_row_that_was_typed_in_just_before_an_undo_stays(filled: World) -> None:
    """What the undo itself pulls first is work of somebody as well: the row stays whole."""
    cycle = with_typed_rows(filled)
    filled.type(TAB, filled.at(TAB, "Dan", "Notes"), "typed before")
    done = undone(filled, cycle)
    assert [(kept.why, kept.now) for kept in done.reversal.kept] == [(Why.CHANGED, "typed before")]
    assert not filled.record("influencers", "Dan").archived
    assert filled.record("influencers", "Eve").archived


@pytest.mark.parametrize("late", [False, True])
def test_cell_that_is_typed_in_since_stays(filled: World, *, late: bool) -> None:
    """The value that somebody typed after the undo was recorded is what both sides hold."""
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 111)
    filled.settle()
    interrupted(filled, last_cycle(filled))
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 777)
    go_on(filled, late=late)
    assert filled.row(TAB, "Ada")["Followers"] == 777
    assert filled.record("influencers", "Ada").values["followers"] == 777
    is_fixpoint(filled)


@pytest.mark.parametrize("fault", ["drop_request", "drop_answer"])
@pytest.mark.parametrize("late", [False, True])
def test_undo_that_was_called_off_is_not_done(filled: World, fault: str, *, late: bool) -> None:
    """What a write without answer did of it is put back, or it is never sent again."""
    cycle = with_typed_rows(filled)
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 111)
    filled.settle()
    before = managed(filled), live(filled)

    def fail() -> None:
        filled.fault(fault, times=50)
        filled.fault("status", status=503, method="*ByDataFilter", times=99)

    filled.client.before = fail
    with pytest.raises(SyncdError):
        undone(filled, cycle)
    filled.restart()
    act = named_under_way(filled.ws, "undo:1")
    assert act is not None
    call_off(filled.ws, act)
    assert not under_way(filled.ws)
    go_on(filled, late=late)
    assert (managed(filled), live(filled)) == before
    assert not filled.reviews()
    assert filled.row(TAB, "Dan")["Sync"] == "In sync"
    is_fixpoint(filled)


def test_undo_of_an_import_that_was_called_off_gives_nothing_anew(
    filled: World, tmp_path: Path
) -> None:
    """The source is known as before: imported again, it changes nothing."""
    source = write_csv(tmp_path / "a.csv", [["Dan", "blog", "dan", 5]])
    import_source(filled.ws, source, by="admin")
    filled.settle()
    given = filled.ws.crm.sources.given
    table = filled.ws.schema.table("influencers").name
    known = given(source, table)
    assert known
    error = interrupted(filled, "import:1")
    assert isinstance(error, OutcomeUnknownError)
    assert error.changeset == "undo:2"
    assert "undo:2 is recorded, and goes on with the next cycle" in error.hint
    assert filled.ws.crm.sources.given(source, table) == {}
    act = named_under_way(filled.ws, "undo")
    assert act is not None
    call_off(filled.ws, act)
    assert filled.ws.crm.sources.given(source, table) == known
    go_on(filled, late=True)
    assert not filled.record("influencers", "Dan").archived


def test_undo_that_has_begun_ends_where_it_is_called_off(filled: World, tmp_path: Path) -> None:
    """What is done of it stays, is told, and can be undone by its name."""
    rows: list[list[object]] = [["Dan", "blog", "dan", 5]]
    import_source(filled.ws, write_csv(tmp_path / "a.csv", rows), by="admin")
    filled.settle()

    def let_one_through() -> None:
        filled.client.before = lambda: filled.fault("drop_request", times=50)

    filled.client.before = let_one_through
    with pytest.raises(SyncdError):
        undone(filled, "import:1")
    filled.restart()
    act = named_under_way(filled.ws, "undo:2")
    assert act is not None
    assert act.begun
    call_off(filled.ws, act)
    go_on(filled, late=True)
    assert filled.record("influencers", "Dan").archived
    assert str(filled.row(TAB, "Dan")["Sync"]).startswith("Archived")
    assert filled.reviews(None)[-1].review.standing is Standing.MOOT
    undone(filled, "undo:2")
    assert not filled.record("influencers", "Dan").archived
    is_fixpoint(filled)
