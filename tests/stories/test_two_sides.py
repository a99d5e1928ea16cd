"""Stories of two sides: edits, archives, mistakes, references and reviews."""

from syncd.core.plan import ReviewKind, Standing
from syncd.core.snapshot import Side
from tests.stories.conftest import accept, at_rest, connect, reject
from tests.world import World

TAB = "Influencers"
ARCHIVED = "UPDATE influencers SET archived_at = '2026-01-01T00:00:00.000Z' WHERE name = 'Bea'"


def test_edits_on_both_sides(connected: World) -> None:
    """While the CRM rules, its edit stands; the team's, of the same cell or another, is kept."""
    connected.crm("UPDATE influencers SET followers = 150 WHERE name = 'Ada'")
    connected.type(TAB, connected.at(TAB, "Ada", "Followers"), 160)
    connected.type(TAB, connected.at(TAB, "Ada", "Category"), "Science")
    connected.settle()

    ada = connected.row(TAB, "Ada")
    assert (ada["Followers"], ada["Category"]) == (150, "Tech")
    offered = {entry.review.field: entry.review.offered for entry in connected.reviews()}
    assert offered == {"followers": {"followers": 160}, "category": {"category": "Science"}}
    at_rest(connected)


def test_edits_on_both_sides_that_are_merged(filled: World) -> None:
    """With policy merge both edits are taken; only where they meet does the CRM win."""
    connect(filled, policy="merge")
    filled.crm("UPDATE influencers SET followers = 150 WHERE name = 'Ada'")
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 160)
    filled.type(TAB, filled.at(TAB, "Ada", "Category"), "Science")
    filled.settle()

    record = filled.record("influencers", "Ada").values
    assert (record["followers"], record["category"]) == (150, "Science")
    ada = filled.row(TAB, "Ada")
    assert (ada["Followers"], ada["Category"]) == (150, "Science")
    (entry,) = filled.reviews()
    assert entry.review.offered == {"followers": 160}
    at_rest(filled)


def test_record_archived_in_the_crm(connected: World) -> None:
    """The CRM archives a record: its row stays in the sheet, and says so."""
    connected.crm(ARCHIVED)
    connected.settle()
    assert connected.row(TAB, "Bea")["Sync"].startswith("Archived")
    at_rest(connected)


def test_record_archived_by_the_side_that_does_not_rule(filled: World) -> None:
    """While the sheet rules, the CRM's archiving waits for a person; rejected, all stays."""
    filled.crm(ARCHIVED)
    filled.settle()
    (entry,) = filled.reviews()
    assert (entry.label, entry.review.kind) == ("Bea", ReviewKind.REMOVAL)
    reject(filled, entry)
    assert not filled.record("influencers", "Bea").archived
    assert filled.row(TAB, "Bea")["Followers"] == 200
    at_rest(filled)


def test_invalid_row(filled: World) -> None:
    """A mistake is left as it was typed, says what is wrong, and is taken once it is mended."""
    filled.type(TAB, "A5", [["Dora", "fax", "dora", "Art", "many"]])
    filled.settle()
    dora = filled.row(TAB, "Dora")
    assert dora["Platform"] == "fax"
    assert dora["Sync"].startswith("Refused")
    assert len(filled.records("influencers")) == 3

    filled.type(TAB, filled.at(TAB, "Dora", "Platform"), "blog")
    filled.type(TAB, filled.at(TAB, "Dora", "Followers"), 400)
    filled.settle()
    assert filled.row(TAB, "Dora")["Sync"].startswith("In sync")
    assert filled.record("influencers", "Dora").values["followers"] == 400
    at_rest(filled)


def test_invalid_edit_while_connected(connected: World) -> None:
    """While the CRM rules a mistake is put back, and its text is kept, marked not acceptable."""
    connected.type(TAB, connected.at(TAB, "Ada", "Followers"), "plenty")
    connected.settle()
    assert connected.row(TAB, "Ada")["Followers"] == 100
    (entry,) = connected.reviews()
    assert "plenty" in str(entry.review.offered)
    assert not entry.review.acceptable
    at_rest(connected)


def test_reference_to_a_row_that_is_not_there_yet(filled: World) -> None:
    """A cooperation names somebody whom nobody added yet: it waits by name, then goes through."""
    filled.type("Cooperations", "A3", [["Dora", "Winter"]])
    filled.settle()
    waiting = filled.row("Cooperations", "Dora")
    assert not waiting["Sync"].startswith("In sync")
    assert "Dora" in waiting["Sync"]
    assert len(filled.records("cooperations")) == 1

    filled.type(TAB, "A5", [["Dora", "blog", "dora", "Art", 400]])
    filled.settle()
    assert filled.row("Cooperations", "Dora")["Sync"].startswith("In sync")
    dora = next(r for r, v in filled.records(TAB.lower()).items() if v.values["name"] == "Dora")
    assert dora in {c.values["influencer"] for c in filled.records("cooperations").values()}
    at_rest(filled)


def test_reference_to_a_row_that_is_refused(filled: World) -> None:
    """A cooperation names somebody whose own row is refused: it waits for that row, by name."""
    filled.type(TAB, "A5", [["Dora", "fax", "dora"]])
    filled.type("Cooperations", "A3", [["Dora", "Winter"]])
    filled.settle()
    assert "Dora" in filled.row("Cooperations", "Dora")["Sync"]
    assert len(filled.records("cooperations")) == 1

    filled.type(TAB, filled.at(TAB, "Dora", "Platform"), "blog")
    filled.settle()
    assert len(filled.records("cooperations")) == 2
    at_rest(filled)


def test_stale_review_entry(connected: World) -> None:
    """The CRM moves on while an edit waits: the entry is asked anew, against the new value."""
    connected.type(TAB, connected.at(TAB, "Ada", "Followers"), 160)
    connected.settle()
    (before,) = connected.reviews()
    assert before.review.shown == {"followers": 100}

    connected.crm("UPDATE influencers SET followers = 170 WHERE name = 'Ada'")
    connected.settle()
    (entry,) = connected.reviews()
    assert (entry.review.offered, entry.review.shown) == ({"followers": 160}, {"followers": 170})

    accept(connected, entry)
    assert connected.record("influencers", "Ada").values["followers"] == 160
    assert connected.row(TAB, "Ada")["Followers"] == 160
    at_rest(connected)


def test_review_entry_that_became_moot(connected: World) -> None:
    """The CRM comes to the very value that waits: there is nothing left to decide."""
    connected.type(TAB, connected.at(TAB, "Ada", "Followers"), 160)
    connected.settle()
    connected.crm("UPDATE influencers SET followers = 160 WHERE name = 'Ada'")
    connected.settle()
    assert connected.reviews() == []
    (entry,) = connected.reviews(None)
    assert entry.review.standing not in (Standing.OPEN, Standing.ACCEPTED)
    assert connected.row(TAB, "Ada")["Followers"] == 160
    at_rest(connected)


def test_edit_answered_by_a_new_edit(ruled: World) -> None:
    """Whoever edits again after being put back replaces what waits: one entry a cell."""
    for value in (160, 170):
        if ruled.ws.crm.state.authority is Side.CRM:
            ruled.type(TAB, ruled.at(TAB, "Ada", "Followers"), value)
        else:
            ruled.crm("UPDATE influencers SET followers = ? WHERE name = 'Ada'", value)
        ruled.settle()
    (entry,) = ruled.reviews()
    assert entry.review.offered == {"followers": 170}
    assert "160" in ruled.kept()
    at_rest(ruled)
