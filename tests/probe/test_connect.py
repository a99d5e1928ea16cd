"""Connecting asks first whether Google does what the exchange relies on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.authority import switch
from syncd.core.snapshot import Side
from syncd.errors import HaltedError, OutcomeUnknownError, SheetBusyError
from syncd.probe.essential import TRIED
from syncd.sandbox import Sandbox
from tests.conftest import fill
from tests.cycle.test_hidden import filter_out, hide
from tests.world import World


@pytest.fixture
def own(tmp_path: Path) -> Iterator[World]:
    """A filled workspace in a sandbox of its own, whose settings may be changed."""
    from syncd.cycle.refill import set_up

    with Sandbox() as box, World(box, tmp_path) as world:
        set_up(world.ws)
        fill(world)
        yield world


def tabs(world: World) -> list[str]:
    """Return the titles of all tabs, hidden ones as well."""
    return [sheet["properties"]["title"] for sheet in world.book()["sheets"]]


def test_connect_tries_what_is_essential_and_leaves_nothing_behind(own: World) -> None:
    """The first connect rehearses an exchange in hidden tabs, which are gone afterwards."""
    before, names = tabs(own), own.book().get("namedRanges", [])
    switch(own.ws, Side.CRM, by="admin")
    kept = own.ws.crm.state.probed(own.client.endpoint)
    assert {name: found["verdict"] for name, found in kept.items()} == {
        probe.id: "holds" for probe in TRIED
    }
    assert tabs(own) == before
    assert len(own.book().get("namedRanges", [])) == len(names)


@pytest.mark.parametrize("out_of_sight", ["filtered", "hidden"])
def test_connect_finds_out_whether_copies_show_what_is_out_of_sight(
    own: World, out_of_sight: str
) -> None:
    """A value typed in a hidden row while the CRM's is put back there is kept from the first on."""
    own.box.change(**{f"copy_paste_skips_{out_of_sight}_rows": True})
    switch(own.ws, Side.CRM, by="admin")
    own.settle()
    place = own.at("Influencers", "Bea", "Followers")
    (hide if out_of_sight == "hidden" else filter_out)(own, "Bea")
    own.type("Influencers", place, 7770111)
    own.client.before = lambda: own.type("Influencers", place, 7770222)
    own.settle()
    assert "7770222" in own.kept()


def test_connect_does_not_ask_again_within_a_week(own: World) -> None:
    """What was seen to hold is not tried again by the next connect."""
    switch(own.ws, Side.CRM, by="admin")
    switch(own.ws, Side.SHEET, by="admin")
    own.settle()
    own.calls()
    switch(own.ws, Side.CRM, by="admin")
    assert own.calls()[1] <= 1


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("unknown_name_id_fails", "fence-refuses"),
        ("paste_formula_copies_literals", "batch-is-in-order"),
        ("move_carries_metadata", "move-carries-column-metadata"),
    ],
)
def test_connect_is_refused_where_google_differs(own: World, setting: str, told: str) -> None:
    """Where an essential assumption does not hold, the CRM gets no authority, and it says which."""
    before = tabs(own)
    own.box.change(**{setting: False})
    with pytest.raises(HaltedError) as caught:
        switch(own.ws, Side.CRM, by="admin")
    assert told in caught.value.on
    assert own.ws.crm.state.authority is Side.SHEET
    assert tabs(own) == before
    own.box.change(**{setting: True})
    switch(own.ws, Side.CRM, by="admin")
    assert own.ws.crm.state.authority is Side.CRM


def test_connect_that_cannot_try_says_to_try_again(own: World) -> None:
    """Where no answer comes while it is tried, nothing is switched, and the next time cleans up."""
    before = tabs(own)
    own.fault("drop_answer", times=20)
    with pytest.raises((SheetBusyError, OutcomeUnknownError)):
        switch(own.ws, Side.CRM, by="admin")
    assert own.ws.crm.state.authority is Side.SHEET
    own.clear_faults()
    switch(own.ws, Side.CRM, by="admin")
    assert tabs(own) == before
