"""Stories of the sheet: rows deleted, doubled, sorted; a file restored; titles, names swapped."""

from typing import Any

import pytest

from syncd.core.snapshot import Side
from syncd.cycle.naming import find_row
from syncd.cycle.settling import Answer, settle_titles
from syncd.undo import undo, wanted_of_row
from tests.stories.conftest import accept, at_rest, connect
from tests.world import World

TAB = "Influencers"


def shown(world: World, title: str = "Followers") -> dict[str, Any]:
    """Return what each influencer's row shows under a title."""
    return {row["Influencer"]: row.get(title) for row in world.rows(TAB)}


def held(world: World, field: str = "followers") -> dict[str, Any]:
    """Return what each influencer's record holds in a field, archived ones left out."""
    records = world.records("influencers").values()
    return {str(r.values["name"]): r.values[field] for r in records if not r.archived}


def id_of(world: World, name: str) -> str:
    """Return the id of the influencer of a name."""
    records = world.records("influencers")
    return next(row for row, record in records.items() if record.values["name"] == name)


def references(world: World) -> dict[str, str]:
    """Return the influencer's id of each campaign's cooperation, as the records have it."""
    names = {row: str(r.values["name"]) for row, r in world.records("campaigns").items()}
    found = [record.values for record in world.records("cooperations").values()]
    return {names[str(v["campaign"])]: str(v["influencer"]) for v in found}


def labels(world: World) -> dict[str, str]:
    """Return the influencer's name of each campaign's cooperation, as the sheet shows it."""
    return {row["Campaign"]: row["Influencer"] for row in world.rows("Cooperations")}


def whole_row(world: World, name: str) -> list[Any]:
    """Return a row as it stands in the sheet, its hidden id included."""
    return next(row for row in world.grid(TAB) if name in row)


def test_row_deleted_while_disconnected_and_brought_back_by_undo(filled: World) -> None:
    """Anna deletes a row, syncd archives its record; she presses undo, and all is as before."""
    before = filled.record("influencers", "Bea")
    row = whole_row(filled, "Bea")
    filled.delete_row(TAB, filled.place(TAB, "Bea"))
    filled.settle()
    assert filled.record("influencers", "Bea").archived

    filled.insert_row(TAB, 3)
    filled.type(TAB, "A3", [row])
    filled.settle()

    after = filled.record("influencers", "Bea")
    assert (after.values, after.archived) == (before.values, False)
    assert list(shown(filled)) == ["Ada", "Bea", "Cleo"]
    at_rest(filled)


@pytest.mark.parametrize("rules", list(Side), ids=lambda side: f"{side.value} rules by then")
def test_deleted_row_is_brought_back_by_the_admin(filled: World, rules: Side) -> None:
    """Nobody can press undo in the sheet any more: the admin takes the row's last change back."""
    before, row = filled.record("influencers", "Bea"), whole_row(filled, "Bea")
    filled.delete_row(TAB, filled.place(TAB, "Bea"))
    filled.settle()
    if rules is Side.CRM:
        connect(filled)

    bea = find_row(filled.ws, "Bea")
    done = undo(filled.ws, wanted_of_row(filled.ws, bea, "Bea", "", moment=""), by="admin")
    filled.settle()

    assert done.open == ()
    after = filled.record("influencers", "Bea")
    assert (after.values, after.archived) == (before.values, False)
    assert whole_row(filled, "Bea") == row
    at_rest(filled)


@pytest.mark.parametrize("edited", ["the original", "the copy"])
def test_duplicated_row_edited_on_either_copy(filled: World, edited: str) -> None:
    """A row is copied with its id, and one of both becomes somebody else: the other stays Bea."""
    bea = id_of(filled, "Bea")
    filled.type(TAB, "A5", [whole_row(filled, "Bea")])
    place = 3 if edited == "the original" else 5
    filled.type(TAB, f"A{place}", [["Bella", "youtube", "bella"]])
    filled.settle()

    assert filled.records("influencers")[bea].values["handle"] == "bea"
    assert held(filled) == {"Ada": 100, "Bea": 200, "Cleo": 300, "Bella": 200}
    assert shown(filled) == held(filled)
    at_rest(filled)


def test_duplicated_row_edited_later(filled: World) -> None:
    """The copy is noticed first, refused as a double, and becomes a row of its own by an edit."""
    bea = id_of(filled, "Bea")
    filled.type(TAB, "A5", [whole_row(filled, "Bea")])
    filled.settle()
    assert not filled.grid(TAB)[4][8].startswith("In sync")
    assert held(filled) == {"Ada": 100, "Bea": 200, "Cleo": 300}

    filled.type(TAB, "A5", [["Bella", "youtube", "bella"]])
    filled.settle()
    assert filled.records("influencers")[bea].values["handle"] == "bea"
    assert held(filled) == {"Ada": 100, "Bea": 200, "Cleo": 300, "Bella": 200}
    at_rest(filled)


@pytest.mark.parametrize("by", ["Influencer", "Followers"])
def test_sort_during_the_write(connected: World, by: str) -> None:
    """Anna sorts between syncd's read and its write: the value still reaches its own row."""
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    column = connected.grid(TAB)[0].index(by) + 1
    connected.client.before = lambda: connected.sort(TAB, column, descending=True)
    connected.settle()
    assert shown(connected) == {"Ada": 100, "Bea": 555, "Cleo": 300}
    assert held(connected) == {"Ada": 100, "Bea": 555, "Cleo": 300}
    at_rest(connected)


def test_restored_backup_of_the_sheet(connected: World) -> None:
    """Anna restores yesterday's version: the CRM's later values come back, nothing is taken."""
    yesterday = connected.revision()
    connected.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    connected.crm(
        "INSERT INTO influencers (name, platform, handle) VALUES ('Dora', 'blog', 'dora')"
    )
    connected.settle()
    assert shown(connected)["Bea"] == 555

    connected.restore(yesterday)
    connected.settle()

    assert held(connected)["Bea"] == 555
    assert "Dora" in held(connected)
    assert shown(connected)["Bea"] == 555
    assert "Dora" in shown(connected)
    at_rest(connected)


def test_restored_backup_while_disconnected(filled: World) -> None:
    """Anna restores yesterday's version while the sheet rules: her act stands, nothing is lost."""
    yesterday = filled.revision()
    filled.type(TAB, filled.at(TAB, "Bea", "Followers"), 555)
    filled.type(TAB, "A5", [["Dora", "blog", "dora", "Art", 400]])
    filled.settle()
    assert held(filled) == {"Ada": 100, "Bea": 555, "Cleo": 300, "Dora": 400}

    filled.restore(yesterday)
    filled.settle()

    assert held(filled) == shown(filled) == {"Ada": 100, "Bea": 200, "Cleo": 300}
    assert filled.record("influencers", "Dora").archived
    assert filled.record("influencers", "Dora").values["followers"] == 400
    assert "555" in filled.kept()
    at_rest(filled)


def test_renamed_title(filled: World) -> None:
    """Anna calls a column otherwise: it stays the column that it was, both ways."""
    place = filled.column(TAB, "Followers")
    filled.type(TAB, f"{place}1", "Fans")
    filled.type(TAB, f"{place}2", 120)
    filled.settle()
    assert held(filled)["Ada"] == 120
    assert filled.grid(TAB)[0].count("Fans") == 1
    assert "Followers" not in filled.grid(TAB)[0]

    connect(filled)
    filled.crm("UPDATE influencers SET followers = 130 WHERE name = 'Ada'")
    filled.settle()
    assert shown(filled, "Fans")["Ada"] == 130
    at_rest(filled)


def test_two_names_swapped(filled: World) -> None:
    """Two influencers swap their names: cooperations that nobody touched stay with their own."""
    ada = id_of(filled, "Ada")
    bea = id_of(filled, "Bea")
    filled.type("Cooperations", "A3", [["Bea", "Winter"]])
    filled.settle()

    filled.crm("UPDATE influencers SET name = '?' WHERE id = ?", ada)
    filled.crm("UPDATE influencers SET name = 'Ada' WHERE id = ?", bea)
    filled.crm("UPDATE influencers SET name = 'Bea' WHERE id = ?", ada)
    connect(filled)
    for entry in filled.reviews():
        accept(filled, entry)
    filled.settle()

    assert references(filled) == {"Summer": ada, "Winter": bea}
    records = filled.records("influencers")
    assert (records[ada].values["name"], records[bea].values["name"]) == ("Bea", "Ada")
    assert labels(filled) == {"Summer": "Bea", "Winter": "Ada"}
    at_rest(filled)


def test_two_names_swapped_in_the_sheet(filled: World) -> None:
    """The same in the sheet, where the handles stay: the rows are the same influencers still."""
    ada = id_of(filled, "Ada")
    bea = id_of(filled, "Bea")
    filled.type("Cooperations", "A3", [["Bea", "Winter"]])
    filled.settle()

    filled.type(TAB, "A2", [["Bea"], ["Ada"]])
    filled.settle()

    records = filled.records("influencers")
    assert records[ada].values["name"] == "Bea"
    assert records[ada].values["handle"] == "ada"
    assert references(filled) == {"Summer": ada, "Winter": bea}
    assert labels(filled) == {"Summer": "Bea", "Winter": "Ada"}
    at_rest(filled)


@pytest.mark.parametrize("side", list(Side), ids=lambda side: f"{side.value} rules")
def test_two_titles_swapped(filled: World, side: Side) -> None:
    """Anna swaps two titles: no value moves until they are back, none is taken for an edit."""
    if side is Side.CRM:
        connect(filled)
    before = (held(filled, "category"), held(filled, "handle"))
    places = [filled.column(TAB, title) for title in ("Handle", "Category")]
    filled.type(TAB, f"{places[0]}1", "Category")
    filled.type(TAB, f"{places[1]}1", "Handle")
    for _ in range(4):
        filled.cycle()
    assert (held(filled, "category"), held(filled, "handle")) == before
    rows = filled.grid(TAB)[1:]
    index = [ord(place) - ord("A") for place in places]
    assert [[row[i] for i in index] for row in rows] == [
        ["ada", "Tech"],
        ["bea", "Food"],
        ["cleo", "Art"],
    ]

    filled.type(TAB, f"{places[0]}1", "Handle")
    filled.type(TAB, f"{places[1]}1", "Category")
    filled.settle()
    filled.type(TAB, f"{places[1]}2", "Science") if side is Side.SHEET else filled.crm(
        "UPDATE influencers SET category = 'Science' WHERE name = 'Ada'"
    )
    filled.settle()
    assert held(filled, "category")["Ada"] == "Science"
    assert shown(filled, "Category")["Ada"] == "Science"
    at_rest(filled)


def test_two_titles_swapped_on_purpose(filled: World) -> None:
    """Anna meant it: the admin says that both columns are what they were, and work goes on."""
    places = [filled.column(TAB, title) for title in ("Handle", "Category")]
    filled.type(TAB, f"{places[0]}1", "Category")
    filled.type(TAB, f"{places[1]}1", "Handle")
    filled.cycle()

    settle_titles(filled.ws, filled.ws.schema.table("influencers"), Answer.RENAMED)
    filled.type(TAB, f"{places[1]}2", "Science")
    filled.settle()

    assert held(filled, "category") == {"Ada": "Science", "Bea": "Food", "Cleo": "Art"}
    assert held(filled, "handle") == {"Ada": "ada", "Bea": "bea", "Cleo": "cleo"}
    at_rest(filled)
