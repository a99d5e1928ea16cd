"""Values that only one row may have, while the row that has one is refused for something else."""

import pytest

from syncd.core.snapshot import Side
from tests.conftest import MakeWorld, fill
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World

TAB = "Influencers"


def test_value_of_a_refused_row_stays_taken(filled: World) -> None:
    """Whose row is refused keeps its e-mail in the CRM: nobody else gets it meanwhile."""
    filled.give_authority(Side.SHEET)
    filled.type(TAB, filled.at(TAB, "Ada", "Email"), "ada@example.com")
    filled.settle()
    filled.type(TAB, filled.at(TAB, "Bea", "Email"), "ada@example.com")
    filled.settle()
    assert "is taken" in filled.row(TAB, "Bea")["Sync"]
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), "many")
    filled.settle()
    assert "Followers" in filled.row(TAB, "Ada")["Sync"]
    assert "is taken" in filled.row(TAB, "Bea")["Sync"]
    filled.restart()
    is_fixpoint(filled)
    assert filled.record("influencers", "Bea").values["email"] is None


def test_value_that_its_owner_let_go_is_free(filled: World) -> None:
    """Once the owner's row is right again and without the e-mail, the other one has it."""
    filled.give_authority(Side.SHEET)
    filled.type(TAB, filled.at(TAB, "Ada", "Email"), "ada@example.com")
    filled.settle()
    filled.type(TAB, filled.at(TAB, "Bea", "Email"), "ada@example.com")
    filled.type(TAB, filled.at(TAB, "Ada", "Email"), "")
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), "many")
    filled.settle()
    assert "is taken" in filled.row(TAB, "Bea")["Sync"]
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 100)
    filled.settle()
    assert filled.record("influencers", "Bea").values["email"] == "ada@example.com"
    assert filled.record("influencers", "Ada").values["email"] is None


def test_history_tells_of_traded_values_once(filled: World) -> None:
    """Two rows trade their e-mails: of each the history has one change, as the sheet shows it."""
    filled.give_authority(Side.SHEET)
    filled.type(TAB, filled.at(TAB, "Ada", "Email"), "ada@example.com")
    filled.type(TAB, filled.at(TAB, "Bea", "Email"), "bea@example.com")
    filled.settle()
    told = filled.ws.crm.history.newest()
    filled.type(TAB, filled.at(TAB, "Ada", "Email"), "bea@example.com")
    filled.type(TAB, filled.at(TAB, "Bea", "Email"), "ada@example.com")
    filled.settle()
    changes = {
        (entry["before"], entry["after"])
        for entry in filled.ws.crm.history.entries()
        if int(str(entry["id"])) > told and entry["field"] == "email"
    }
    assert changes == {
        ("ada@example.com", "bea@example.com"),
        ("bea@example.com", "ada@example.com"),
    }
    is_fixpoint(filled)


def test_new_row_under_a_key_that_the_crm_just_gave_away_is_refused(make_world: MakeWorld) -> None:
    """A program renames a record as the sheet's new row is called: it is no second record."""
    world = make_world(policy={"new_rows": "merge"})
    fill(world)
    world.give_authority(Side.CRM)
    world.settle()
    world.crm("UPDATE influencers SET handle = 'zoe' WHERE name = 'Bea'")
    world.type(TAB, "A5", [["Zoe", "youtube", "zoe"]])
    world.settle()
    assert len(world.records("influencers")) == 3
    assert "is taken" in world.row(TAB, "Zoe")["Sync"]
    assert world.row(TAB, "Bea")["Handle"] == "zoe"
    is_fixpoint(world)


def test_key_is_not_free_while_the_edit_that_lets_it_go_is_not_taken(make_world: MakeWorld) -> None:
    """The CRM puts a name back that somebody cut into a new row: no second record has it."""
    world = make_world(policy={"new_rows": "merge"})
    fill(world)
    world.give_authority(Side.CRM)
    world.settle()
    world.type(TAB, world.at(TAB, "Bea", "Handle"), "other")
    world.type(TAB, "A5", [["Zoe", "youtube", "bea"]])
    world.settle()
    assert len(world.records("influencers")) == 3
    assert "is taken" in world.row(TAB, "Zoe")["Sync"]
    assert world.row(TAB, "Bea")["Handle"] == "bea"
    is_fixpoint(world)


@pytest.mark.parametrize("side", Side, ids=lambda side: f"{side.value} rules")
def test_archived_row_keeps_its_key_from_nobody(filled: World, side: Side) -> None:
    """Who is out of use and still shown may be put in anew: only live rows are told apart."""
    filled.type(TAB, filled.at(TAB, "Bea", "Email"), "bea@example.com")
    filled.settle()
    filled.give_authority(Side.CRM)
    filled.crm("UPDATE influencers SET archived_at = '2026-01-01' WHERE name = 'Bea'")
    filled.settle()
    filled.give_authority(side)
    filled.type(TAB, "A5", [["Bea", "youtube", "bea", "New", 5, "", "bea@example.com"]])
    filled.settle()
    archived, new = (row["Sync"] for row in filled.rows(TAB) if row["Influencer"] == "Bea")
    assert archived.startswith("Archived")
    assert new.startswith("In sync" if side is Side.SHEET else "In review: the CRM is connected")
    is_fixpoint(filled)


def test_archived_row_that_returns_claims_its_key_again(filled: World) -> None:
    """A row that was removed and put in anew is not brought back beside the new one."""
    (gone,) = [row for row in filled.grid(TAB) if "Bea" in row]
    filled.delete_row(TAB, filled.place(TAB, "Bea"))
    filled.settle()
    filled.type(TAB, "A4", [["Bee", "youtube", "bea"]])
    filled.settle()
    filled.type(TAB, "A5", [gone])
    filled.settle()
    assert len([r for r in filled.records("influencers").values() if not r.archived]) == 3
    assert "is taken" in filled.row(TAB, "Bea")["Sync"] + filled.row(TAB, "Bee")["Sync"]
    is_fixpoint(filled)
