"""What tests of several parts share: a running sandbox, and worlds in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from syncd.core.snapshot import Side
from syncd.cycle import refill
from syncd.sandbox import Sandbox
from tests.world import World


@pytest.fixture(scope="session")
def box() -> Iterator[Sandbox]:
    """A sandbox for all tests; each has a spreadsheet of its own."""
    with Sandbox() as running:
        yield running


class MakeWorld(Protocol):
    """Makes worlds, a set-up one unless `set_up` says no."""

    def __call__(self, *, set_up: bool = True, **config: Any) -> World:
        """Make one more."""


@pytest.fixture
def make_world(box: Sandbox, tmp_path: Path) -> Iterator[MakeWorld]:
    """Return what makes worlds, each in a folder of its own, closed at the end."""
    made: list[World] = []

    def make(*, set_up: bool = True, **config: Any) -> World:
        world = World(box, tmp_path / str(len(made)), **config)
        made.append(world)
        if set_up:
            refill.set_up(world.ws)
            world.calls()
        return world

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A set-up workspace without any row."""
    return make_world()


@pytest.fixture(params=list(Side), ids=lambda side: f"{side.value} rules")
def ruled(world: World, request: pytest.FixtureRequest) -> World:
    """A workspace with three influencers in sync, under the authority of each side in turn."""
    fill(world)
    world.give_authority(request.param)
    world.settle()
    world.calls()
    return world


@pytest.fixture
def filled(world: World) -> World:
    """A workspace with three influencers in sync, under the sheet's authority."""
    fill(world)
    world.calls()
    return world


@pytest.fixture
def connected(filled: World) -> World:
    """A workspace with three influencers in sync, under the CRM's authority."""
    filled.give_authority(Side.CRM)
    filled.settle()
    filled.calls()
    return filled


def fill(world: World) -> None:
    """Put three influencers, two campaigns and a cooperation into both sides."""
    names = [["Ada", "instagram", "ada", "Tech", 100], ["Bea", "youtube", "bea", "Food", 200]]
    world.type("Influencers", "A2", [*names, ["Cleo", "tiktok", "cleo", "Art", 300]])
    world.type("Campaigns", "A2", [["Summer", 1000, 200], ["Winter", 2000, 300]])
    world.type("Cooperations", "A2", [["Ada", "Summer"]])
    world.settle()
