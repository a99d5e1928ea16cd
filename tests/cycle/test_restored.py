"""Older versions of the spreadsheet that somebody brings back, and what still arrives late then."""

import json
from collections.abc import Callable

import pytest

from syncd.cycle.conclude import give_up
from syncd.cycle.refill import set_up
from syncd.errors import LayoutError
from tests.cycle.test_outcome import CrashError, crash, is_fixpoint
from tests.world import Json, World, letter

TAB = "Influencers"


def late_copy(world: World) -> Callable[[], object]:
    """Run a cycle; return what delivers the call that it sent once more."""
    sent: list[Json] = []

    def take() -> None:
        sent.append(json.loads(world.ws.crm.operations.candidates()[-1].body))

    world.client.before = take
    world.cycle()
    assert sent, "nothing was sent"
    return lambda: world.batch(*sent[0]["requests"], by="syncd")


def followers(world: World, name: str = "Bea") -> object:
    """Return what the sheet shows of a row."""
    return world.row(TAB, name)["Followers"]


@pytest.mark.parametrize("polls", [False, True], ids=["between two polls", "seen by a poll"])
def test_late_copy_on_a_restored_file_takes_nothing(connected: World, polls: bool) -> None:
    """The last write, applied again to an older version in which somebody typed: it is kept."""
    old = connected.revision()
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    again = late_copy(connected)
    connected.settle()
    connected.restore(old)
    connected.type(TAB, connected.at(TAB, "Bea", "Followers"), 777)
    if polls:
        connected.cycle()
        with pytest.raises(AssertionError, match="No named range"):
            again()
    else:
        again()
    connected.settle()
    offered = [e.review.offered for e in connected.reviews() if e.review.field == "followers"]
    assert offered == [{"followers": 777}]
    assert followers(connected) == 555
    is_fixpoint(connected)


@pytest.mark.parametrize("how", ["the process ends", "the answer is lost", "it is given up"])
def test_late_copy_takes_nothing_though_the_renewal_is_broken_off(
    connected: World, how: str
) -> None:
    """What it wrote over is kept, also where nobody hears that the token was renewed."""
    old = connected.revision()
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    again = late_copy(connected)
    connected.settle()
    connected.restore(old)
    connected.type(TAB, connected.at(TAB, "Bea", "Followers"), 777)
    again()
    if how == "the answer is lost":
        connected.fault("drop_answer")
    else:
        connected.client.after = crash
        with pytest.raises(CrashError):
            connected.cycle()
        connected.restart()
    if how == "it is given up":
        give_up(connected.ws, connected.ws.layout())
    connected.settle()
    offered = [e.review.offered for e in connected.reviews() if e.review.field == "followers"]
    assert offered == [{"followers": 777}]
    assert followers(connected) == 555
    is_fixpoint(connected)


def test_late_copy_that_hits_another_row_of_a_restored_file_is_mended(connected: World) -> None:
    """A late copy that meets other rows than at first gives back what it wrote over."""
    old = connected.revision()
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    again = late_copy(connected)
    connected.settle()
    connected.restore(old)
    connected.sort(TAB, descending=True)
    connected.insert_row(TAB, 2)
    again()
    connected.settle()
    assert [followers(connected, name) for name in ("Ada", "Bea", "Cleo")] == [100, 555, 300]
    is_fixpoint(connected)


def test_late_copy_of_an_older_write_is_undone(connected: World) -> None:
    """A write of long ago, applied to a file that was brought back, never counts as an edit."""
    old = connected.revision()
    connected.crm("UPDATE influencers SET followers = 444 WHERE name = 'Bea'")
    connected.crm("INSERT INTO influencers (name, platform) VALUES ('Dora', 'blog')")
    again = late_copy(connected)
    connected.settle()
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    connected.settle()
    connected.restore(old)
    connected.type(TAB, connected.at(TAB, "Bea", "Followers"), 777)
    again()
    connected.settle()
    assert followers(connected) == 555
    assert sorted(r["Influencer"] for r in connected.rows(TAB)) == ["Ada", "Bea", "Cleo", "Dora"]
    offered = [e.review.offered for e in connected.reviews() if e.review.field == "followers"]
    assert offered == [{"followers": 777}]
    is_fixpoint(connected)


def restored_before_anybody_looks(world: World, revision: int) -> None:
    """Lose the answer of the next write, and bring an older version back before the next read."""
    world.fault("drop_answer")
    read = world.client.read

    def first_restore(*given: object, **named: object) -> object:
        world.client.read = read  # type: ignore[method-assign]
        world.restore(revision)
        return read(*given, **named)  # type: ignore[arg-type]

    world.client.before = lambda: setattr(world.client, "read", first_restore)


def test_write_that_is_gone_with_a_restored_file_is_planned_anew(connected: World) -> None:
    """A write without answer, undone by a restored version before anybody looked: sent anew."""
    old = connected.revision()
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    restored_before_anybody_looks(connected, old)
    connected.settle()
    assert followers(connected) == 555
    is_fixpoint(connected)


def test_value_under_a_write_that_is_gone_with_a_restored_file_is_kept(connected: World) -> None:
    """What Anna typed, syncd put back and the restored version never knew is in the history."""
    old = connected.revision()
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Ada'")
    connected.settle()
    connected.type(TAB, connected.at(TAB, "Bea", "Category"), "Typed by Anna")
    restored_before_anybody_looks(connected, old)
    connected.settle()
    assert connected.row(TAB, "Bea")["Category"] == "Food"
    assert "Typed by Anna" in connected.kept()
    is_fixpoint(connected)


def test_damage_that_a_restored_file_brings_back_is_mended_again(connected: World) -> None:
    """A version between a misplaced write and its repair: what was hit is put back once more."""
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    before = connected.revision()
    connected.client.before = lambda: connected.insert_row(TAB, 3)
    connected.settle()
    damaged = connected.written(before)[0]["number"]
    connected.restore(damaged)
    connected.settle()
    assert [followers(connected, name) for name in ("Ada", "Bea", "Cleo")] == [100, 555, 300]
    is_fixpoint(connected)


def test_repair_that_is_gone_with_a_restored_file_is_done_again(ruled: World) -> None:
    """A version between a misplaced write and its repair: the team's own cell is put back again."""
    ruled.type(TAB, ruled.at(TAB, "Bea", "Followers"), "many")
    status = ruled.grid(TAB)[0].index("Sync") + 1

    def act() -> None:
        ruled.insert_column(TAB, status)
        ruled.type(TAB, f"{letter(status)}3", "mine")

    before = ruled.revision()
    ruled.client.before = act
    ruled.settle()
    ruled.restore(ruled.written(before)[0]["number"])
    assert ruled.grid(TAB)[2][status - 1] != "mine"
    ruled.settle()
    assert ruled.grid(TAB)[2][status - 1] == "mine"
    is_fixpoint(ruled)


def test_two_tokens_halt_and_a_take_over_leaves_one(connected: World) -> None:
    """A second fence stops everything, with the command that ends it."""
    (token,) = connected.book()["namedRanges"]
    double = {"name": f"{token['name']}0", "range": token["range"]}
    connected.batch({"addNamedRange": {"namedRange": double}})
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    with pytest.raises(LayoutError, match="two write tokens") as raised:
        connected.cycle()
    assert "--take-over" in raised.value.hint
    set_up(connected.ws, taking_over=True)
    connected.settle()
    assert followers(connected) == 555
    assert len(connected.book()["namedRanges"]) == 1
    is_fixpoint(connected)
