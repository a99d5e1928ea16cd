"""What becomes of a write whose answer is lost, late, doubled, refused or never sent."""

from pathlib import Path

import pytest

from syncd.core.snapshot import Side
from syncd.cycle import sizing
from syncd.cycle.refill import set_up
from syncd.errors import OutcomeUnknownError, SheetBusyError
from syncd.sandbox import ManualClock, Sandbox
from tests.conftest import fill
from tests.world import World

APPLIED = {
    "lost answer": {"fault": "drop_answer"},
    "500 although applied": {"fault": "status", "status": 500, "applied": True},
    "503 although applied": {"fault": "status", "status": 503, "applied": True},
    "delivered twice": {"fault": "duplicate"},
    "truncated answer": {"fault": "truncate"},
}
NOT_APPLIED = {
    "lost request": {"fault": "drop_request"},
    "500": {"fault": "status", "status": 500},
    "503": {"fault": "status", "status": 503},
    "429": {"fault": "status", "status": 429},
}
FAULTS = APPLIED | NOT_APPLIED


class CrashError(BaseException):
    """The process ends here."""


def crash() -> None:
    """End the process."""
    raise CrashError


def change_and_add(world: World) -> None:
    """Give syncd a cell to write, a row to insert and a row that needs its id."""
    world.give_authority(Side.CRM)
    world.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    world.crm("INSERT INTO influencers (name, platform) VALUES ('Dora', 'blog')")
    world.type("Campaigns", "A4", "Spring")


def is_done_once(world: World) -> None:
    """Require that what was to be written stands there once, and that nothing is left to do."""
    assert [row["Influencer"] for row in world.rows("Influencers")] == [
        "Ada",
        "Bea",
        "Cleo",
        "Dora",
    ]
    assert world.row("Influencers", "Bea")["Followers"] == 555
    ids = [row["syncd id"] for tab in ("Influencers", "Campaigns") for row in world.rows(tab)]
    assert len(set(ids)) == 7
    assert [entry.review.row for entry in world.reviews()] == [
        world.row("Campaigns", "Spring")["syncd id"]
    ]
    is_fixpoint(world)


def is_fixpoint(world: World) -> None:
    """Require that one more cycle writes nothing, neither to the sheet nor to the file."""
    before, kept = world.revision(), world.dump()
    world.calls()
    world.cycle()
    assert world.revision() == before
    assert world.calls()[1] == 0
    assert world.dump() == kept


def cycle_on(world: World) -> None:
    """Run cycles as a daemon does: what time cures is tried again."""
    for _ in range(6):
        try:
            world.settle()
        except (OutcomeUnknownError, SheetBusyError):
            continue
        return
    raise AssertionError("time did not cure it")


@pytest.mark.parametrize("name", FAULTS)
def test_write_disturbed_is_applied_exactly_once(filled: World, name: str) -> None:
    """Whatever happens to one write, its cells and rows stand in the sheet once."""
    change_and_add(filled)
    before = filled.revision()
    filled.fault(**FAULTS[name])
    cycle_on(filled)
    is_done_once(filled)
    rows_added = [r for r in filled.written(before) if "insertDimension" in r["what"]]
    assert len(rows_added) == 1


@pytest.mark.parametrize("nth", range(1, 5))
@pytest.mark.parametrize("name", FAULTS)
def test_call_disturbed_leaves_both_sides_whole(filled: World, name: str, nth: int) -> None:
    """Whichever call goes wrong, reads among them, both sides are aligned in the end."""
    change_and_add(filled)
    filled.fault(**FAULTS[name], method="spreadsheets*", nth=nth)
    cycle_on(filled)
    is_done_once(filled)


@pytest.mark.parametrize("name", FAULTS)
def test_new_rows_of_the_sheet_become_one_record_each(filled: World, name: str) -> None:
    """A disturbed write of ids makes no record twice."""
    filled.type("Influencers", "A5", [["Dora", "blog"], ["Emil", "podcast"]])
    filled.fault(**FAULTS[name])
    cycle_on(filled)
    names = sorted(str(r.values["name"]) for r in filled.records("influencers").values())
    assert names == ["Ada", "Bea", "Cleo", "Dora", "Emil"]
    is_fixpoint(filled)


@pytest.mark.parametrize("fault", ["drop_request", "drop_answer"])
def test_write_without_answer_is_settled_by_the_next_process(filled: World, fault: str) -> None:
    """A process that ends while nobody knows what became of a write leaves it to the next one."""
    change_and_add(filled)
    filled.fault(fault, times=9)
    filled.client.before = lambda: filled.fault(
        "status", status=503, method="*ByDataFilter", times=99
    )
    with pytest.raises(SheetBusyError):
        filled.cycle()
    filled.clear_faults()
    filled.restart()
    cycle_on(filled)
    is_done_once(filled)


def test_crash_before_sending_is_sent_again(filled: World) -> None:
    """A process that ends between the intent and the write: the next one sends it."""
    change_and_add(filled)
    before = filled.revision()
    filled.client.before = crash
    with pytest.raises(CrashError):
        filled.cycle()
    assert filled.revision() == before
    filled.restart()
    cycle_on(filled)
    assert any("sending it again" in said for said in filled.said)
    is_done_once(filled)


def test_crash_long_ago_burns_the_token(filled: World) -> None:
    """An intent that is too old is never sent again: the token moves on, and it is planned anew."""
    change_and_add(filled)
    filled.client.before = crash
    with pytest.raises(CrashError):
        filled.cycle()
    filled.restart()
    filled.ws.seconds = lambda: 1e12  # type: ignore[method-assign] # much later
    cycle_on(filled)
    assert any("never will be" in said for said in filled.said)
    is_done_once(filled)


def test_crash_after_sending_is_settled_by_reading(filled: World) -> None:
    """A process that ends before it saw the answer: the next one finds out in the sheet."""
    change_and_add(filled)
    before = filled.revision()
    filled.client.after = crash
    with pytest.raises(CrashError):
        filled.cycle()
    assert filled.revision() == before + 1
    filled.restart()
    cycle_on(filled)
    assert any("had been applied" in said for said in filled.said)
    is_done_once(filled)


def test_crash_keeps_what_was_typed_in_the_window(filled: World) -> None:
    """What somebody typed before a write whose answer nobody saw is asked about all the same."""
    change_and_add(filled)
    where = filled.at("Influencers", "Bea", "Followers")

    def act() -> None:
        filled.type("Influencers", where, 777)

    filled.client.before, filled.client.after = act, crash
    with pytest.raises(CrashError):
        filled.cycle()
    filled.restart()
    cycle_on(filled)
    assert filled.row("Influencers", "Bea")["Followers"] == 555
    assert [e.review.offered for e in filled.reviews() if e.review.field] == [{"followers": 777}]


def test_late_copy_of_a_refused_write_is_judged(filled: World) -> None:
    """A write that was turned away for lack of quota, and applied late, is known as ours."""
    change_and_add(filled)
    filled.fault("status", status=429, applied=True)
    where = filled.at("Influencers", "Bea", "Followers")
    filled.client.before = lambda: filled.type("Influencers", where, 777)
    with pytest.raises(SheetBusyError):
        filled.cycle()
    cycle_on(filled)
    offered = [e.review.offered for e in filled.reviews() if e.review.field]
    assert offered == [{"followers": 777}]
    assert filled.row("Influencers", "Bea")["Followers"] == 555


def test_batches_shrink_without_an_answer_and_grow_again(filled: World) -> None:
    """A write to which no answer comes halves what follows, also after a restart, for a while."""
    change_and_add(filled)
    filled.fault("status", status=503, applied=True)
    cycle_on(filled)
    filled.restart()
    assert sizing.share(filled.ws) < sizing.FULL
    for number in range(12):
        filled.crm("UPDATE influencers SET followers = ? WHERE name = 'Ada'", number)
        filled.cycle()
    assert sizing.share(filled.ws) == sizing.FULL
    filled.settle()
    is_fixpoint(filled)


def test_write_without_answer_is_not_given_up_by_a_read_that_is_late(tmp_path: Path) -> None:
    """A read of long ago shows a token that nothing is built on: a second look tells better."""
    clock = ManualClock()
    with Sandbox(clock=clock) as box, World(box, tmp_path) as world:
        set_up(world.ws)
        fill(world)
        world.give_authority(Side.CRM)
        world.settle()
        clock.advance(60)
        world.crm("UPDATE influencers SET followers = 444 WHERE name = 'Ada'")
        world.settle()
        clock.advance(60)
        world.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")

        def act() -> None:
            world.type("Influencers", world.at("Influencers", "Bea", "Followers"), 777)
            world.fault("drop_answer")
            box.change(stale_reads_s=90.0)

        world.client.before = act
        world.client.wait = lambda _: box.change(stale_reads_s=0.0)  # type: ignore[method-assign]
        world.settle()
        assert world.row("Influencers", "Bea")["Followers"] == 555
        offered = [e.review.offered for e in world.reviews() if e.review.field == "followers"]
        assert offered == [{"followers": 777}]
        assert not any("replaced" in said or "by mistake" in said for said in world.said)
        is_fixpoint(world)
