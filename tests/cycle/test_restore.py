"""Backups are whole and stay; a restore brings records back and takes nothing typed for old."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.authority import switch
from syncd.core.plan import Standing
from syncd.core.snapshot import Side
from syncd.core.undo import Why
from syncd.crm import backups
from syncd.crm.backups import BY_HAND, KEPT, Backup, backups_of, read_backup
from syncd.cycle.refill import set_up
from syncd.errors import UsageError
from syncd.restore import is_usable, preview_restore, put_in_place, restore
from syncd.undo import undo, wanted_of
from tests.conftest import MakeWorld, fill
from tests.cycle.test_outcome import is_fixpoint
from tests.cycle.test_undo import live, managed
from tests.world import World

TAB = "Influencers"


def back_up(world: World, *, why: str = BY_HAND, target: Path | None = None) -> Backup:
    """Make a backup."""
    ws = world.ws
    return backups.back_up(ws.crm.database, now=ws.clock(), at=ws.now(), why=why, target=target)


def test_backup_is_whole_dated_and_never_overwritten(filled: World, tmp_path: Path) -> None:
    """A copy opens by itself, knows its date wherever it is moved, and replaces no file."""
    made = back_up(filled, target=tmp_path / "kept.db")
    with closing(sqlite3.connect(made.path)) as copy:
        assert copy.execute("SELECT count(*) FROM influencers").fetchone() == (3,)
    assert not list(tmp_path.glob("kept.db-*"))
    moved = made.path.rename(tmp_path / "moved.db")
    assert read_backup(moved).at == made.at
    with pytest.raises(UsageError, match="already"):
        back_up(filled, target=moved)
    assert read_backup(moved).at == made.at
    assert not list(tmp_path.glob(".*.part"))


def test_automatic_backups_are_kept_in_bounds(filled: World) -> None:
    """The newest that syncd made by itself are kept; one by hand stays for good."""
    start, count = datetime(2026, 1, 1, tzinfo=UTC), iter(range(1000))
    filled.ws.clock = lambda: start + timedelta(minutes=next(count))
    by_hand = back_up(filled)
    for _ in range(KEPT + 2):
        back_up(filled, why="undo")
    found = backups_of(filled.config.crm_path)
    assert len(found) == KEPT + 1
    assert found[-1].path == by_hand.path
    (by_hand.path.parent / "notes.db").write_bytes(b"none of ours")
    assert len(backups_of(filled.config.crm_path)) == KEPT + 1


def test_switch_and_undo_make_backups(filled: World) -> None:
    """Before authority moves, and before something is taken back, there is a copy."""
    switch(filled.ws, Side.CRM, by="admin")
    undo(filled.ws, wanted_of(filled.ws, "connect"), by="admin")
    assert [each.why for each in backups_of(filled.config.crm_path)] == ["undo", "connect"]


def test_restore_brings_both_sides_back(ruled: World) -> None:
    """Edited, archived, deleted and new records are as in the backup, whoever has authority."""
    before = managed(ruled), live(ruled)
    made = back_up(ruled)
    ruled.crm("INSERT INTO influencers (name, platform) VALUES ('Eve', 'blog')")
    if ruled.ws.crm.state.authority is Side.SHEET:
        ruled.type(TAB, ruled.at(TAB, "Ada", "Followers"), 111)
        ruled.delete_row(TAB, ruled.place(TAB, "Bea"))
    else:
        ruled.crm("UPDATE influencers SET followers = 111 WHERE name = 'Ada'")
        ruled.crm("UPDATE influencers SET archived_at = '2026-01-01' WHERE name = 'Bea'")
        ruled.crm("DELETE FROM influencers WHERE name = 'Cleo'")
    ruled.settle()
    for entry in ruled.reviews():
        with ruled.ws.crm.database.transaction():
            ruled.ws.crm.reviews.answer(entry.id, Standing.ACCEPTED, at=ruled.ws.now())
    ruled.settle()
    assert (managed(ruled), live(ruled)) != before
    revision = ruled.revision()
    shown = preview_restore(ruled.ws, made)
    assert ruled.revision() == revision
    done = restore(ruled.ws, made, by="admin", digest=shown.digest)
    assert done.open == ()
    assert live(ruled) == before[1]
    assert managed(ruled) == before[0]
    is_fixpoint(ruled)
    undo(ruled.ws, wanted_of(ruled.ws, done.changeset), by="admin")
    assert "Eve" in repr(live(ruled))
    is_fixpoint(ruled)


def test_restore_loses_nothing_typed_since(filled: World) -> None:
    """What waits in review is left alone and listed; the history of the time since stays."""
    switch(filled.ws, Side.CRM, by="admin")
    made = back_up(filled)
    filled.crm("UPDATE influencers SET followers = 150, category = 'Sea' WHERE name = 'Ada'")
    filled.settle()
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 777)
    filled.settle()
    done = restore(filled.ws, made, by="admin")
    assert [(kept.why, kept.field) for kept in done.reversal.kept] == [(Why.ASKED, "followers")]
    assert filled.row(TAB, "Ada")["Category"] == "Tech"
    assert filled.row(TAB, "Ada")["Followers"] == 150
    assert [entry.review.offered for entry in filled.reviews()] == [{"followers": 777}]
    assert "150" in repr(filled.history())
    is_fixpoint(filled)


def test_restore_takes_typing_of_the_moment_as_such(filled: World) -> None:
    """An edit that no cycle has seen yet is pulled first, then the backup's value returns."""
    made = back_up(filled)
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 111)
    filled.type(TAB, "A5", [["Dan", "blog", "dan", "Art", 5]])
    restore(filled.ws, made, by="admin")
    assert filled.row(TAB, "Ada")["Followers"] == 100
    assert "111" in filled.kept()
    assert str(filled.row(TAB, "Dan")["Sync"]).startswith("Archived")
    is_fixpoint(filled)


def test_restore_refuses_what_is_no_backup_of_ours(
    filled: World, make_world: MakeWorld, tmp_path: Path
) -> None:
    """A damaged file, none at all, another workspace's: nothing is changed."""
    held = filled.dump()
    other = make_world()
    foreign = back_up(other)
    with pytest.raises(UsageError, match="another workspace"):
        restore(filled.ws, foreign, by="admin")
    made = back_up(filled)
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[:5000] + b"\xff" * 3000 + whole[8000:])
    with pytest.raises(UsageError, match=r"damaged|no backup"):
        read_backup(made.path)
    (tmp_path / "text.db").write_text("not a database at all, but long enough to be read as one")
    with pytest.raises(UsageError, match="no backup"):
        read_backup(tmp_path / "text.db")
    with pytest.raises(UsageError, match="no such file"):
        read_backup(tmp_path / "none.db")
    assert filled.dump() == held


def test_restore_refuses_a_newer_backup(filled: World) -> None:
    """A backup that a later syncd made is refused, and nothing is changed."""
    made = back_up(filled)
    with closing(sqlite3.connect(made.path)) as copy:
        copy.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('syncd', 'of_tomorrow', '2099')"
        )
        copy.commit()
    with pytest.raises(Exception, match="of_tomorrow"):
        restore(filled.ws, made, by="admin")
    assert not list(filled.config.crm_path.parent.glob(".restore-*"))


def test_nothing_to_restore_does_nothing(filled: World) -> None:
    """Where the records are as in the backup, no changeset is made."""
    made = back_up(filled)
    assert restore(filled.ws, made, by="admin").changeset == ""


def test_backup_takes_the_place_of_a_damaged_database(make_world: MakeWorld) -> None:
    """The damaged file is kept aside; what the sheet holds by now counts as typed since."""
    world = make_world()
    fill(world)
    made = back_up(world)
    world.type(TAB, world.at(TAB, "Ada", "Followers"), 111)
    world.settle()
    world.ws.close()
    path = world.config.crm_path
    assert is_usable(path)
    path.write_bytes(b"\0" * 4096)
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    assert not is_usable(path)
    aside = put_in_place(world.config, made, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert aside is not None
    assert aside.read_bytes() == b"\0" * 4096
    world.ws = world.open()
    set_up(world.ws, taking_over=True)
    world.settle()
    assert world.record("influencers", "Ada").values["followers"] == 111
    assert len(live(world)) == 3
    is_fixpoint(world)
    path.unlink()
    assert not is_usable(path)
