"""What tests of the command line share: a filled workspace with a config file, and a runner."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncd.cycle.refill import set_up
from syncd.sandbox import Sandbox
from tests.cli.command import Outcome, syncd, write_config
from tests.conftest import fill
from tests.world import World

Run = Callable[..., Outcome]


@pytest.fixture
def place(filled: World) -> Path:
    """The folder of a filled workspace with its config; no other process has its file open."""
    write_config(filled)
    filled.ws.close()
    return filled.folder


@pytest.fixture
def run(place: Path) -> Run:
    """Run a command in the folder of the filled workspace."""

    def once(*words: object, **more: object) -> Outcome:
        return syncd(*words, folder=place, **more)

    return once


class Before:
    """Both sides as they stand now, to be compared with later."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sheet = world.book(cells="userEnteredValue,note")
        self.crm = self._records()

    def _records(self) -> list[list[tuple[object, ...]]]:
        connection = sqlite3.connect(self.world.config.crm_path)
        tables = ("campaigns", "influencers", "cooperations", "_syncd_reviews", "_syncd_history")
        found = [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
        connection.close()
        return found

    def assert_unchanged(self) -> None:
        """Neither the records nor any cell are other than they were."""
        assert self._records() == self.crm
        assert self.world.book(cells="userEnteredValue,note") == self.sheet


@pytest.fixture(scope="module")
def still(box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A filled workspace for all tests of a module that leave it as it is."""
    world = World(box, tmp_path_factory.mktemp("still"))
    set_up(world.ws)
    fill(world)
    world.ws.close()
    return world


@pytest.fixture
def untouched(still: World) -> Iterator[Run]:
    """Run commands in the filled workspace; in the end both sides have to be as they were."""
    key = (still.folder / "key.json").read_bytes()
    write_config(still)
    before = Before(still)
    yield lambda *words, **more: syncd(*words, folder=still.folder, **more)
    (still.folder / "key.json").write_bytes(key)
    before.assert_unchanged()
