"""Rows out of sight: where copies leave them out, they are taken into sight within the batch."""

from collections.abc import Callable, Iterator

import pytest

from tests.cycle.test_outcome import is_fixpoint
from tests.world import Json, World

TAB = "Influencers"


@pytest.fixture
def skipping(connected: World) -> Iterator[World]:
    """A workspace at a Google whose copies leave out what a filter or a person hides."""
    names = ("copy_paste_skips_filtered_rows", "copy_paste_skips_hidden_rows")
    connected._call("POST", "/_sandbox/settings", dict.fromkeys(names, True))
    yield connected
    connected._call("POST", "/_sandbox/settings", dict.fromkeys(names, False))


def filter_out(world: World, name: str) -> None:
    """Hide a row by the filter."""
    where = {"sheetId": world.sheet_id(TAB), "startRowIndex": 0, "endRowIndex": 20}
    area = where | {"startColumnIndex": 0, "endColumnIndex": 10}
    criteria = {"0": {"hiddenValues": [name]}}
    world.batch({"setBasicFilter": {"filter": {"range": area, "criteria": criteria}}})


def hide(world: World, name: str) -> None:
    """Hide a row by hand."""
    span = world._dimension(TAB, "ROWS", world.place(TAB, name) - 1, 1)
    change = {"range": span, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
    world.batch({"updateDimensionProperties": change})


def type_and(act: Callable[[World, str], None]) -> Callable[[World], None]:
    """Return the act of typing into Bea's row and taking it out of sight at once."""

    def acts(world: World) -> None:
        world.type(TAB, world.at(TAB, "Bea", "Followers"), 777)
        act(world, "Bea")

    return acts


def out_of_sight(world: World) -> tuple[Json, set[int]]:
    """Return the filter of the tab and the rows that a person hid."""
    book = world.book(grid=True)
    (tab,) = [s for s in book["sheets"] if s["properties"]["title"] == TAB]
    rows = tab["data"][0].get("rowMetadata", [])
    return tab.get("basicFilter", {}), {
        at for at, row in enumerate(rows) if row.get("hiddenByUser")
    }


@pytest.mark.parametrize("how", ["filter", "hand"])
def test_row_out_of_sight_is_written_and_judged(skipping: World, how: str) -> None:
    """Once it is known that copies skip such rows, what is typed in a window is found in them."""
    (filter_out if how == "filter" else hide)(skipping, "Bea")
    before = out_of_sight(skipping)
    skipping.crm("UPDATE influencers SET followers = 444 WHERE name = 'Bea'")
    skipping.settle()
    assert skipping.row(TAB, "Bea")["Followers"] == 444
    skipping.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    skipping.crm("INSERT INTO influencers (name, platform) VALUES ('Dora', 'blog')")
    where = skipping.at(TAB, "Bea", "Followers")
    skipping.client.before = lambda: skipping.type(TAB, where, 777)
    skipping.settle()
    assert skipping.row(TAB, "Bea")["Followers"] == 555
    assert [e.review.offered for e in skipping.reviews()] == [{"followers": 777}]
    after = out_of_sight(skipping)
    assert after[1] == before[1]
    if how == "filter":
        assert after[0]["criteria"] == before[0]["criteria"]
    is_fixpoint(skipping)


def test_hidden_row_that_comes_to_stand_where_another_is_written_to_is_put_back(
    skipping: World,
) -> None:
    """Somebody inserts a row above: the one above the written row, which is hidden, is hit."""
    hide(skipping, "Ada")
    skipping.crm("UPDATE influencers SET followers = 444 WHERE name = 'Ada'")
    skipping.settle()
    skipping.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    skipping.client.before = lambda: skipping.insert_row(TAB, 2)
    skipping.settle()
    assert skipping.row(TAB, "Ada")["Followers"] == 444
    assert skipping.row(TAB, "Bea")["Followers"] == 555
    assert skipping.record("influencers", "Ada").values["followers"] == 444
    assert not skipping.reviews()
    is_fixpoint(skipping)


@pytest.mark.parametrize("how", ["filter", "hand"])
def test_value_that_is_typed_and_taken_out_of_sight_in_a_window_goes_to_review(
    skipping: World, how: str
) -> None:
    """Somebody types into the cell, then hides its row, before syncd's write comes."""
    hide(skipping, "Ada")
    skipping.crm("UPDATE influencers SET followers = 444 WHERE name = 'Ada'")
    skipping.settle()
    skipping.batch({"clearBasicFilter": {"sheetId": skipping.sheet_id(TAB)}})
    skipping.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    act = type_and(filter_out if how == "filter" else hide)
    skipping.client.before = lambda: act(skipping)
    skipping.settle()
    assert skipping.row(TAB, "Bea")["Followers"] == 555
    assert [e.review.offered for e in skipping.reviews()] == [{"followers": 777}]
    is_fixpoint(skipping)


def test_tab_that_is_protected_but_for_its_table_is_written(skipping: World) -> None:
    """Where the tab as a whole is protected, Google lets nobody else show or hide its rows."""
    hide(skipping, "Ada")
    skipping.crm("UPDATE influencers SET followers = 444 WHERE name = 'Ada'")
    skipping.settle()
    whole = {"sheetId": skipping.sheet_id(TAB)}
    free = whole | {"startRowIndex": 1, "endRowIndex": 20}
    rule = {"range": whole, "unprotectedRanges": [free], "editors": {"users": ["anna"]}}
    skipping.batch({"addProtectedRange": {"protectedRange": rule}})
    skipping.crm("UPDATE influencers SET followers = 555 WHERE name = 'Bea'")
    skipping.settle()
    assert skipping.row(TAB, "Bea")["Followers"] == 555
    is_fixpoint(skipping)
