"""What the CRM refuses stays refused, and says so, until something else is there."""

from syncd.core.plan import Standing
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World


def accept_all(world: World) -> None:
    """Let an admin take everything that waits."""
    with world.ws.crm.database.transaction():
        for entry in world.reviews():
            if entry.review.acceptable:
                world.ws.crm.reviews.answer(entry.id, Standing.ACCEPTED, at=world.ws.now())


def test_row_that_was_refused_just_now_is_told_by_one_more_cycle(filled: World) -> None:
    """The CRM refuses a value at a cycle's end: the cycle says that its status is still to come."""
    filled.crm(
        "CREATE TRIGGER no BEFORE UPDATE ON influencers WHEN NEW.followers = 13"
        " BEGIN SELECT RAISE(ABORT, 'thirteen is not welcome'); END"
    )
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), 13)
    filled.settle()
    assert "thirteen" in filled.row("Influencers", "Ada")["Sync"]
    is_fixpoint(filled)


def test_refusal_is_not_told_where_nothing_is_asked_any_more(filled: World) -> None:
    """Another program does what the sheet's row was refused for: the row is in sync at once."""
    filled.crm(
        "CREATE TRIGGER no BEFORE UPDATE ON influencers WHEN NEW.followers = 13"
        " BEGIN SELECT RAISE(ABORT, 'thirteen is not welcome'); END"
    )
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), 13)
    filled.cycle()
    filled.crm("DROP TRIGGER no")
    filled.crm("UPDATE influencers SET followers = 13 WHERE name = 'Ada'")
    before = filled.revision()
    filled.cycle()
    assert (filled.row("Influencers", "Ada")["Sync"], filled.revision()) == ("In sync", before)
    is_fixpoint(filled)


def test_row_that_refers_to_a_deleted_record_rests(connected: World) -> None:
    """A row that was accepted after its influencer had been deleted says so, once and for all."""
    connected.type("Cooperations", "A3", [["Bea", "Winter"]])
    connected.settle()
    connected.crm("DELETE FROM influencers WHERE name = 'Bea'")
    accept_all(connected)
    connected.settle()
    shown = connected.row("Cooperations", "Winter")["Sync"]
    assert not shown.startswith("In sync"), shown
    for _ in range(2):
        is_fixpoint(connected)
        is_fixpoint(connected)
        connected.restart()
    assert connected.row("Cooperations", "Winter")["Sync"] == shown
