"""Two processes on one database, and two databases on one spreadsheet."""

import shutil

import pytest

from syncd.core.snapshot import Side
from syncd.cycle.refill import set_up
from syncd.cycle.run import run_cycle
from syncd.errors import HaltedError, LayoutError, SyncdError
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World

TAB = "Influencers"


def test_two_processes_take_turns(connected: World) -> None:
    """Two processes on one database each carry on where the other one stopped."""
    with connected.open() as other:
        for number in range(1, 5):
            connected.crm("UPDATE influencers SET followers = ? WHERE name = 'Bea'", number)
            connected.crm("INSERT INTO campaigns (name) VALUES (?)", f"Campaign {number}")
            run_cycle(other if number % 2 else connected.ws)
            run_cycle(connected.ws if number % 2 else other)
            assert connected.row(TAB, "Bea")["Followers"] == number
    connected.settle()
    assert len(connected.rows("Campaigns")) == 6
    is_fixpoint(connected)


@pytest.mark.parametrize("side", Side, ids=lambda side: f"{side.value} rules")
def test_two_processes_in_one_window_write_once(filled: World, side: Side) -> None:
    """A whole cycle of another process between read and write: each row and record stands once."""
    filled.give_authority(side)
    filled.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    filled.type(TAB, "A5", [["Dora", "blog"]])
    if side is Side.CRM:
        filled.crm("INSERT INTO campaigns (name) VALUES ('Easter')")
    with filled.open() as other:
        filled.client.before = lambda: run_cycle(other)
        for _ in range(4):
            try:
                filled.cycle()
            except SyncdError:
                continue
        filled.settle()
        run_cycle(other)
    assert [row["Influencer"] for row in filled.rows(TAB)] == ["Ada", "Bea", "Cleo", "Dora"]
    assert len(filled.records("influencers")) == (3 if side is Side.CRM else 4)
    assert len(filled.rows("Campaigns")) == (3 if side is Side.CRM else 2)
    assert len(filled.reviews()) == 1
    is_fixpoint(filled)


def test_second_database_cannot_be_set_up(connected: World) -> None:
    """A spreadsheet that one database keeps is refused to another."""
    rival = World(connected.box, connected.folder / "rival", spreadsheet=connected.spreadsheet)
    with rival:
        before = connected.revision()
        with pytest.raises(LayoutError, match="another database"):
            set_up(rival.ws)
        assert connected.revision() == before


def test_copied_database_of_another_name_halts(connected: World) -> None:
    """Two databases that both hold the spreadsheet for theirs never write in turns."""
    folder = connected.folder / "rival"
    folder.mkdir()
    connected.ws.crm.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(connected.config.crm_path, folder / "crm.db")
    with World(connected.box, folder, spreadsheet=connected.spreadsheet) as rival:
        rival.crm("UPDATE _syncd_state SET value = 'rival' WHERE key = 'database'")
        rival.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
        before = connected.revision()
        with pytest.raises(HaltedError, match="another database"):
            rival.cycle()
        assert connected.revision() == before
    is_fixpoint(connected)


def test_copy_of_the_database_halts(connected: World) -> None:
    """Of two copies of one database the one that is first goes on; the other one never writes."""
    folder = connected.folder / "rival"
    folder.mkdir()
    connected.ws.crm.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(connected.config.crm_path, folder / "crm.db")
    with World(connected.box, folder, spreadsheet=connected.spreadsheet) as rival:
        rival.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
        connected.crm("UPDATE influencers SET followers = 444 WHERE name = 'Bea'")
        connected.client.before = rival.cycle  # both send an operation of the same number
        with pytest.raises(HaltedError, match="not sent from this file") as raised:
            connected.cycle()
        assert "--take-over" in raised.value.hint
        before = connected.revision()
        with pytest.raises(HaltedError, match="not sent from this file"):
            connected.cycle()
        assert connected.revision() == before
        assert connected.row(TAB, "Bea")["Followers"] == 555
        set_up(connected.ws, taking_over=True)
        with pytest.raises(HaltedError, match="another database"):
            rival.cycle()
    connected.settle()
    assert connected.row(TAB, "Bea")["Followers"] == 444
    is_fixpoint(connected)


def test_backup_put_back_does_not_double_rows(connected: World) -> None:
    """An older copy of the database halts, and goes on from what the sheet shows when told to."""
    copy = connected.folder / "copy.db"
    connected.ws.crm.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(connected.config.crm_path, copy)
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    connected.settle()
    connected.ws.close()
    shutil.copy(copy, connected.config.crm_path)
    for suffix in ("-wal", "-shm"):
        connected.config.crm_path.with_name(f"crm.db{suffix}").unlink(missing_ok=True)
    connected.ws = connected.open()
    before = connected.revision()
    with pytest.raises(HaltedError, match="not sent from this file"):
        connected.cycle()
    assert connected.revision() == before
    set_up(connected.ws, taking_over=True)
    connected.settle()
    assert connected.row(TAB, "Bea")["Followers"] == 200
    assert len(connected.rows(TAB)) == 3
    is_fixpoint(connected)


def test_take_over_keeps_what_a_write_without_an_answer_replaced(connected: World) -> None:
    """A write was applied, its answer was lost, and somebody cleared a cell of syncd's own tab."""
    connected.type(TAB, connected.at(TAB, "Bea", "Followers"), 777)
    connected.fault("drop_answer")
    read = connected.client.read

    def clear_then_read(*given: object, **named: object) -> object:
        connected.client.read = read  # type: ignore[method-assign]
        connected.type("_syncd", "C1", "")
        return read(*given, **named)  # type: ignore[arg-type]

    connected.client.before = lambda: setattr(connected.client, "read", clear_then_read)
    with pytest.raises(HaltedError, match="another database"):
        connected.cycle()
    assert connected.row(TAB, "Bea")["Followers"] == 200
    set_up(connected.ws, taking_over=True)
    connected.settle()
    (open_,) = connected.reviews()
    assert open_.review.offered == {"followers": 777}
    is_fixpoint(connected)
