"""One person about to act, and the acts that can be drawn: each a real request of the API."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from syncd.sandbox.book.model import Book
from tests.simulation.board import FIELDS, Tab, tab_of
from tests.simulation.template import update

Json = dict[str, Any]


@dataclass
class Hand:
    """One person about to act: what they see, their chance, and the new words they may type."""

    book: Book
    chance: Random
    words: Iterator[int]

    def tab(self) -> Tab | None:
        """Return the tab that the person works in."""
        return tab_of(self.book, self.chance.choice(["people", "people", "deals"]))

    def word(self, field: str) -> object:
        """Return a value for a field that nobody typed before."""
        number = next(self.words)
        match field:
            case "size":
                return 7_000_000 + number
            case "amount":
                return 7_100_000 + number
            case "person":
                return self.chance.choice([*self.names(), f"name~{number}"])
            case _:
                return f"{field}~{number}"

    def names(self) -> list[str]:
        """Return the names that the tab People shows."""
        tab = tab_of(self.book, "people")
        if tab is None or "name" not in tab.columns:
            return []
        return [text for row in tab.rows if (text := tab.text(row, tab.columns["name"]))]

    def row(self, tab: Tab) -> int | None:
        """Choose a row that holds something."""
        return self.chance.choice(tab.rows) if tab.rows else None

    def field(self, tab: Tab, *, key: float = 0.2) -> str | None:
        """Choose a field of a tab, seldom one of its key."""
        keys = {"name", "topic", "person"}
        fields = [f for f in FIELDS[tab.table].values() if f in tab.columns]
        common = [f for f in fields if f not in keys]
        rare = [f for f in fields if f in keys]
        chosen = rare if rare and self.chance.random() < key else common
        return self.chance.choice(chosen) if chosen else None


Act = Callable[[Hand, Tab], list[Json] | None]
ACTS: dict[str, tuple[float, Act]] = {}


def act(weight: float) -> Callable[[Act], Act]:
    """Let an act be drawn, so many times as often as one of weight 1; of weight 0, by its name."""

    def register(function: Act) -> Act:
        ACTS[function.__name__.replace("_", " ")] = (weight, function)
        return function

    return register


def draw(
    hand: Hand, left_out: Collection[str] = (), kind: str = ""
) -> tuple[str, list[Json] | None]:
    """Draw an act, or take that of a kind; return what it asks of the sheet, if it can be done."""
    names = [name for name in ACTS if name not in left_out]
    name = kind or hand.chance.choices(names, [ACTS[n][0] for n in names])[0]
    tab = hand.tab()
    return name, ACTS[name][1](hand, tab) if tab else None


def cell(tab: Tab, row: int, field: str, value: object) -> list[Json]:
    """Return what types into one cell."""
    return [update(tab.sheet_id, row, tab.columns[field], [[value]])]


def rows(tab: Tab, start: int, count: int = 1) -> Json:
    """Return rows as a range of a dimension."""
    where = {"sheetId": tab.sheet_id, "dimension": "ROWS"}
    return where | {"startIndex": start, "endIndex": start + count}


def columns(tab: Tab, start: int) -> Json:
    """Return a column as a range of a dimension."""
    where = {"sheetId": tab.sheet_id, "dimension": "COLUMNS"}
    return where | {"startIndex": start, "endIndex": start + 1}


def block(tab: Tab, down: tuple[int, int], across: tuple[int, int]) -> Json:
    """Return a rectangle of cells."""
    return {
        "sheetId": tab.sheet_id,
        "startRowIndex": down[0],
        "endRowIndex": down[1],
        "startColumnIndex": across[0],
        "endColumnIndex": across[1],
    }
