"""Stories of an admin: the first import, connect, disconnect, and connect again."""

import pytest

from syncd.authority import preview
from syncd.core.plan import ReviewKind
from syncd.core.snapshot import Side
from syncd.importer.run import import_source
from tests.conftest import MakeWorld
from tests.stories.conftest import accept, at_rest, connect, disconnect
from tests.world import World


def test_first_import(make_world: MakeWorld) -> None:
    """A team brings a file: what can be read becomes rows, what cannot says why, once."""
    world = make_world()
    file = world.folder / "team.csv"
    file.write_text(
        "Name,Platform,Username,Followers\n"
        "Ada,Instagram,@ada,12.5k\n"
        "Bea,YouTube,bea,200\n"
        "Cleo,Fax,cleo,300\n",
        encoding="utf-8",
    )

    first = import_source(world.ws, str(file))
    world.settle()

    report = next(p.report for p in first.plans if p.table == "influencers")
    assert (report.created, report.refused) == (2, 1)
    (refused,) = report.refusals
    assert (refused.number, refused.text) == (4, "Fax")
    assert world.row("Influencers", "Ada")["Followers"] == 12_500
    assert world.record("influencers", "Bea").values["platform"] == "youtube"

    again = import_source(world.ws, str(file))
    world.settle()
    assert not any(p.report.created or p.report.updated for p in again.plans)
    assert len(world.rows("Influencers")) == 2
    at_rest(world)


def test_connect(filled: World) -> None:
    """The admin connects: from then on the CRM's edits appear, and the team's wait in review."""
    assert preview(filled.ws, Side.CRM).plans is not None
    done = connect(filled)
    assert done.backup is not None
    assert done.backup.exists()

    filled.crm("UPDATE influencers SET followers = 150 WHERE name = 'Ada'")
    filled.type("Influencers", filled.at("Influencers", "Bea", "Followers"), 999)
    filled.settle()

    assert filled.row("Influencers", "Ada")["Followers"] == 150
    bea = filled.row("Influencers", "Bea")
    assert bea["Followers"] == 200
    assert "review" in bea["Sync"]
    (entry,) = filled.reviews()
    assert (entry.label, entry.review.offered) == ("Bea", {"followers": 999})
    at_rest(filled)


def test_disconnect_with_records_that_only_the_crm_has(connected: World) -> None:
    """What the CRM added before disconnecting becomes rows; what it adds later is asked first."""
    connected.crm(
        "INSERT INTO influencers (name, platform, handle) VALUES ('Dora', 'blog', 'dora')"
    )
    disconnect(connected)
    assert connected.row("Influencers", "Dora")["Handle"] == "dora"

    connected.crm(
        "INSERT INTO influencers (name, platform, handle) VALUES ('Emil', 'podcast', 'emil')"
    )
    connected.settle()
    assert not [row for row in connected.rows("Influencers") if row["Influencer"] == "Emil"]
    (entry,) = connected.reviews()
    assert (entry.label, entry.review.kind) == ("Emil", ReviewKind.NEW)

    accept(connected, entry)
    assert connected.row("Influencers", "Emil")["Handle"] == "emil"
    assert not connected.record("influencers", "Emil").archived
    at_rest(connected)


def test_reconnect_with_divergence(filled: World) -> None:
    """Both sides moved apart before the admin connects again: neither value is lost."""
    connect(filled)
    disconnect(filled)
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), 111)
    filled.type("Influencers", filled.at("Influencers", "Bea", "Category"), "Travel")
    filled.crm("UPDATE influencers SET followers = 222 WHERE name = 'Ada'")

    connect(filled)

    # The sheet had authority until then: its edits are the last word under the old rule.
    assert filled.row("Influencers", "Ada")["Followers"] == 111
    assert filled.record("influencers", "Bea").values["category"] == "Travel"
    (entry,) = filled.reviews()
    assert (entry.label, entry.review.side) == ("Ada", Side.CRM)

    accept(filled, entry)
    assert filled.row("Influencers", "Ada")["Followers"] == 222
    assert filled.record("influencers", "Ada").values["followers"] == 222
    at_rest(filled)


@pytest.mark.parametrize("side", list(Side))
def test_open_entries_survive_a_switch(filled: World, side: Side) -> None:
    """What waits in review waits on, whoever has authority by then."""
    if side is Side.SHEET:
        connect(filled)
    loser = {Side.CRM: "crm", Side.SHEET: "sheet"}[side]
    if loser == "crm":
        filled.crm("UPDATE influencers SET category = 'Kept' WHERE name = 'Ada'")
    else:
        filled.type("Influencers", filled.at("Influencers", "Ada", "Category"), "Kept")
    filled.settle()
    (before,) = filled.reviews()

    (connect if side is Side.CRM else disconnect)(filled)

    (entry,) = filled.reviews()
    assert entry.id == before.id
    accept(filled, entry)
    assert filled.row("Influencers", "Ada")["Category"] == "Kept"
    assert filled.record("influencers", "Ada").values["category"] == "Kept"
    at_rest(filled)
