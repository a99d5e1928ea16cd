"""What people do between syncd's read and its write: nothing is lost, nothing goes astray."""

from collections.abc import Callable
from typing import Any

import pytest

from syncd.core.snapshot import Side
from tests.world import World

TAB = "Influencers"
OWN = {
    "Ada": {"Handle": "ada", "Category": "Tech", "Followers": 100, "Platform": "instagram"},
    "Bea": {"Handle": "bea", "Category": "Food", "Followers": 200, "Platform": "youtube"},
    "Cleo": {"Handle": "cleo", "Category": "Art", "Followers": 300, "Platform": "tiktok"},
    "Dora": {"Platform": "blog", "Handle": "dora"},
    "Emil": {"Platform": "podcast"},
}
FIELDS = {
    "Influencer": "name",
    "Platform": "platform",
    "Handle": "handle",
    "Category": "category",
    "Followers": "followers",
}
Act = Callable[[World], object]


def typed(title: str, value: object, name: str = "Bea") -> Act:
    """Return the act of typing into a row's cell."""
    return lambda world: world.type(TAB, world.at(TAB, name, title), value)


def change_crm(world: World) -> None:
    """Give syncd a cell to write and a row to insert."""
    world.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    world.crm("INSERT INTO influencers (name, platform, handle) VALUES ('Dora', 'blog', 'dora')")


def change_sheet(world: World) -> None:
    """Give syncd an id to write and a status."""
    world.type(TAB, "A5", [["Dora", "blog", "dora"]])
    typed("Followers", "many")(world)


# What gives syncd something to write, and under which authority.
WORKS: dict[str, tuple[Act, tuple[Side, ...]]] = {
    "a cell and a row": (change_crm, (Side.CRM,)),
    "an id and a status": (change_sheet, tuple(Side)),
}
# What somebody does in the window, and the texts that must not be lost by it.
ACTS: dict[str, tuple[Act, tuple[str, ...]]] = {
    "types into the cell": (typed("Followers", 777), ("777",)),
    "types into another cell of the row": (typed("Category", "Typed"), ("Typed",)),
    "types into the key": (typed("Handle", "typed"), ("typed",)),
    "types into another row": (typed("Category", "Typed", "Cleo"), ("Typed",)),
    "types a formula": (typed("Followers", "=700+77"), ("700+77",)),
    "types over the status": (typed("Sync", "my remark"), ("my remark",)),
    "adds a row": (
        lambda w: w.type(TAB, f"A{len(w.grid(TAB)) + 1}", [["Emil", "podcast"]]),
        ("Emil",),
    ),
    "inserts a row above": (lambda w: w.insert_row(TAB, 3), ()),
    "inserts two rows at the end": (lambda w: w.insert_row(TAB, 5, 2), ()),
    "deletes the row above": (lambda w: w.delete_row(TAB, 2), ()),
    "deletes the row": (lambda w: w.delete_row(TAB, 3), ()),
    "deletes the last row": (lambda w: w.delete_row(TAB, len(w.grid(TAB))), ()),
    "sorts": (lambda w: w.sort(TAB, descending=True), ()),
    "sorts and types": (
        lambda w: (w.sort(TAB, descending=True), typed("Followers", 777)(w)),
        ("777",),
    ),
    "moves a column": (lambda w: w.move_column(TAB, 5, 4), ()),
    "moves the first column": (lambda w: w.move_column(TAB, 1, 4), ()),
    "inserts a titled column": (lambda w: w.insert_column(TAB, 4, "Mine"), ()),
    "inserts an untitled column": (lambda w: w.insert_column(TAB, 1), ()),
    "deletes a column of nobody": (lambda w: w.delete_column(TAB, 13), ()),
}
CASES = [
    pytest.param(work, act, side, id=f"{side.value} rules, syncd writes {work}, somebody {act}")
    for work, (_, sides) in WORKS.items()
    for act in ACTS
    for side in sides
]


@pytest.mark.parametrize(("work", "act", "side"), CASES)
def test_window_loses_and_misplaces_nothing(filled: World, work: str, act: str, side: Side) -> None:
    """Whatever somebody does between read and write, both sides end up aligned and whole."""
    filled.give_authority(side)
    WORKS[work][0](filled)
    filled.client.before = lambda: ACTS[act][0](filled)
    filled.settle()
    assert filled.client.before is None, "nothing was written"
    for text in ACTS[act][1]:
        assert text in seen(filled), f"{text} is lost"
    nothing_is_astray(filled)
    both_sides_agree(filled)
    is_fixpoint(filled)


def test_window_in_which_one_cell_of_a_row_goes_astray_keeps_what_was_typed(filled: World) -> None:
    """A column deleted between two cells of one write: what the other one replaced is not lost."""
    filled.give_authority(Side.CRM)
    typed("Followers", 777)(filled)
    filled.client.before = lambda: filled.delete_column(TAB, 8)
    filled.settle()
    assert filled.row(TAB, "Bea")["Followers"] == 200
    assert [e.review.offered for e in filled.reviews()] == [{"followers": 777}]
    nothing_is_astray(filled)
    is_fixpoint(filled)


def test_window_of_a_label_loses_nothing(filled: World) -> None:
    """A label that follows a rename is written into the row that it belongs to, or not at all."""
    filled.give_authority(Side.CRM)
    filled.type("Cooperations", "A3", [["Bea", "Winter"]])
    filled.give_authority(Side.SHEET)
    filled.settle()
    filled.type(TAB, "A3", "Beatrix")
    filled.client.before = lambda: filled.type("Cooperations", "A3", "Cleo")
    filled.settle()
    assert filled.row("Cooperations", "Winter")["Influencer"] == "Cleo"
    assert filled.row("Cooperations", "Summer")["Influencer"] == "Ada"
    is_fixpoint(filled)


def seen(world: World) -> str:
    """Return all that can still be seen of what was typed: cells, formulas, review, history."""
    book = world.book(cells="userEnteredValue")
    sheet = next(s for s in book["sheets"] if s["properties"]["title"] == TAB)
    return repr(sheet.get("data")) + world.kept()


def nothing_is_astray(world: World) -> None:
    """Require that every value stands in the row and under the title that it was meant for."""
    allowed: dict[str, set[Any]] = {"Category": {"Typed"}, "Followers": {777, 555, "many"}}
    for row in world.rows(TAB):
        if "Influencer" not in row:
            assert not (row.keys() & FIELDS.keys()), f"a row without a name: {row}"
            continue
        own = OWN[row["Influencer"]]
        for title in FIELDS.keys() - {"Influencer"}:
            found = row.get(title)
            if title == "Handle" and found == "typed":
                assert row["Influencer"] == "Bea"
            elif found is not None and found not in allowed.get(title, set()):
                assert found == own.get(title), f"{found} stands under {title} of {row}"
    names = [row["Influencer"] for row in world.rows(TAB) if "Influencer" in row]
    assert len(names) == len(set(names)), f"rows are doubled: {names}"
    for record in world.records("influencers").values():
        own = OWN[str(record.values["name"])]
        assert record.values["platform"] == own["Platform"]
        assert record.values["category"] in {own.get("Category"), "Typed"}
        assert record.values["followers"] in {own.get("Followers"), 777, 555}


def both_sides_agree(world: World) -> None:
    """Require that each live record is shown as it is, unless its row is refused or waits."""
    rows = {row["syncd id"]: row for row in world.rows(TAB) if "syncd id" in row}
    for row_id, record in world.records("influencers").items():
        if record.archived:
            continue
        row = rows[row_id]
        if str(row["Sync"]).startswith("Refused"):
            continue
        shown = {field: row.get(title) for title, field in FIELDS.items()}
        assert shown == {field: record.values[field] for field in shown}
    for row in world.rows(TAB):
        known = row.get("syncd id") in world.records("influencers")
        assert known or "review" in str(row.get("Sync")), f"nobody knows this row: {row}"


def is_fixpoint(world: World) -> None:
    """Require that one more cycle writes nothing, neither to the sheet nor to the file."""
    before, kept = world.revision(), world.dump()
    world.cycle()
    assert world.revision() == before
    assert world.dump() == kept
