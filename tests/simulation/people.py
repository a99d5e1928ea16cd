"""What people do in the sheet: small acts, each a real request of the API, as one of the team."""

from collections.abc import Callable, Iterator
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
ACTS: dict[str, tuple[int, Act]] = {}


def act(weight: int) -> Callable[[Act], Act]:
    """Let an act be drawn, so many times as often as one of weight 1."""

    def register(function: Act) -> Act:
        ACTS[function.__name__.replace("_", " ")] = (weight, function)
        return function

    return register


def draw(hand: Hand) -> tuple[str, list[Json] | None]:
    """Draw an act and return what it asks of the sheet; None where it cannot be done."""
    names = list(ACTS)
    name = hand.chance.choices(names, [ACTS[n][0] for n in names])[0]
    tab = hand.tab()
    return name, ACTS[name][1](hand, tab) if tab else None


def _cell(tab: Tab, row: int, field: str, value: object) -> list[Json]:
    return [update(tab.sheet_id, row, tab.columns[field], [[value]])]


def _rows(tab: Tab, start: int, count: int = 1) -> Json:
    where = {"sheetId": tab.sheet_id, "dimension": "ROWS"}
    return where | {"startIndex": start, "endIndex": start + count}


def _columns(tab: Tab, start: int) -> Json:
    where = {"sheetId": tab.sheet_id, "dimension": "COLUMNS"}
    return where | {"startIndex": start, "endIndex": start + 1}


def _block(tab: Tab, rows: tuple[int, int], columns: tuple[int, int]) -> Json:
    return {
        "sheetId": tab.sheet_id,
        "startRowIndex": rows[0],
        "endRowIndex": rows[1],
        "startColumnIndex": columns[0],
        "endColumnIndex": columns[1],
    }


# ── typing ────────────────────────────────────────────────────────────────────────────────────


@act(12)
def types_a_value(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type into a cell."""
    row, field = hand.row(tab), hand.field(tab)
    return _cell(tab, row, field, hand.word(field)) if row and field else None


@act(3)
def pastes_a_block(hand: Hand, tab: Tab) -> list[Json] | None:
    """Paste values over two columns of up to three rows."""
    row = hand.row(tab)
    fields = {column: f for f, column in tab.columns.items() if f[0] != "@"}
    places = [c for c in fields if c + 1 in fields]
    if row is None or not places:
        return None
    column = hand.chance.choice(places)
    height = hand.chance.randint(1, 3)
    block = [[hand.word(fields[c]) for c in (column, column + 1)] for _ in range(height)]
    return [update(tab.sheet_id, row, column, block)]


@act(3)
def types_nonsense(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type a text where a number belongs."""
    row, field = hand.row(tab), "size" if tab.table == "people" else "amount"
    if row is None or field not in tab.columns:
        return None
    return _cell(tab, row, field, hand.word("wrong"))


@act(2)
def types_a_formula(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type a formula."""
    row, field = hand.row(tab), hand.field(tab, key=0.05)
    if row is None or field is None:
        return None
    word = hand.word(field)
    text = f"={word}+0" if isinstance(word, int) else f'="{word}"&""'
    return _cell(tab, row, field, text)


@act(2)
def repeats_a_value(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type into a cell what another row holds there: a second holder of something unique."""
    row, other, field = hand.row(tab), hand.row(tab), hand.field(tab)
    if row is None or other is None or field is None or row == other:
        return None
    value = tab.sheet.cell(other, tab.columns[field]).value
    return _cell(tab, row, field, value) if isinstance(value, str | float | int) else None


@act(2)
def clears_a_cell(hand: Hand, tab: Tab) -> list[Json] | None:
    """Empty a cell."""
    row, field = hand.row(tab), hand.field(tab)
    return _cell(tab, row, field, None) if row and field else None


@act(1)
def clears_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Empty the visible cells of a row."""
    row, status = hand.row(tab), tab.columns.get("@status")
    if row is None or not status:
        return None
    return [{"updateCells": {"range": _block(tab, (row, row + 1), (0, status)),
                             "fields": "userEnteredValue"}}]  # fmt: skip


# ── rows ──────────────────────────────────────────────────────────────────────────────────────


def _new_row(hand: Hand, tab: Tab, row: int) -> list[Json]:
    fields = [f for f in FIELDS[tab.table].values() if f in tab.columns]
    return [
        request
        for field in fields
        if field in ("name", "topic", "person") or hand.chance.random() < 0.6
        for request in _cell(tab, row, field, hand.word(field))
    ]


@act(4)
def adds_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type a new row below the table."""
    return _new_row(hand, tab, tab.end)


@act(3)
def inserts_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Insert a row somewhere, and fill it or not."""
    row = hand.row(tab)
    if row is None:
        return None
    insert = {"insertDimension": {"range": _rows(tab, row), "inheritFromBefore": row > 1}}
    return [insert, *(_new_row(hand, tab, row) if hand.chance.random() < 0.5 else ())]


@act(2)
def deletes_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Delete a row."""
    row = hand.row(tab)
    return [{"deleteDimension": {"range": _rows(tab, row)}}] if row else None


@act(2)
def moves_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Drag a row to another place."""
    row, to = hand.row(tab), hand.row(tab)
    if row is None or to is None or to in (row, row + 1):
        return None
    return [{"moveDimension": {"source": _rows(tab, row), "destinationIndex": to}}]


@act(2)
def copies_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Copy a whole row, its hidden id included, below the table or into an inserted row."""
    row = hand.row(tab)
    if row is None:
        return None
    width, to = tab.width, tab.end
    before: list[Json] = []
    if hand.chance.random() < 0.5:
        to = row + 1
        before = [{"insertDimension": {"range": _rows(tab, to), "inheritFromBefore": True}}]
    source = _block(tab, (row, row + 1), (0, width))
    return [*before, {"copyPaste": {"source": source,
                                    "destination": _block(tab, (to, to + 1), (0, width)),
                                    "pasteType": "PASTE_NORMAL"}}]  # fmt: skip


@act(3)
def sorts_rows(hand: Hand, tab: Tab) -> list[Json] | None:
    """Sort the rows whole, as the filter does."""
    return _sort(hand, tab, tab.sheet.column_count)


@act(2)
def sorts_visible_columns(hand: Hand, tab: Tab) -> list[Json] | None:
    """Sort only what is visible: the hidden ids stay where they are."""
    edge = tab.columns.get("@id")
    return _sort(hand, tab, edge) if edge else None


def _sort(hand: Hand, tab: Tab, width: int) -> list[Json] | None:
    field = hand.field(tab)
    if field is None or tab.columns[field] >= width:
        return None
    order = hand.chance.choice(["ASCENDING", "DESCENDING"])
    specs = [{"dimensionIndex": tab.columns[field], "sortOrder": order}]
    where = _block(tab, (1, max(tab.end, 2)), (0, width))
    return [{"sortRange": {"range": where, "sortSpecs": specs}}]


# ── ids ───────────────────────────────────────────────────────────────────────────────────────


@act(1)
def clears_an_id(hand: Hand, tab: Tab) -> list[Json] | None:
    """Empty the hidden id of a row."""
    row = hand.row(tab)
    return _cell(tab, row, "@id", None) if row and "@id" in tab.columns else None


@act(1)
def types_an_id(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type something, or another row's id, over the id of a row."""
    row, other = hand.row(tab), hand.row(tab)
    if row is None or other is None or "@id" not in tab.columns:
        return None
    text = hand.chance.choice([tab.text(other, tab.columns["@id"]), f"mine {next(hand.words)}"])
    return _cell(tab, row, "@id", text)


# ── columns and tabs ──────────────────────────────────────────────────────────────────────────


@act(1)
def moves_a_column(hand: Hand, tab: Tab) -> list[Json] | None:
    """Drag a column to another place."""
    places = sorted(tab.columns.values())
    column, to = hand.chance.choice(places), hand.chance.choice(places)
    if to in (column, column + 1):
        return None
    return [{"moveDimension": {"source": _columns(tab, column), "destinationIndex": to}}]


@act(1)
def inserts_a_column(hand: Hand, tab: Tab) -> list[Json] | None:
    """Insert a column of one's own, with a title and a remark in it."""
    column, row = hand.chance.choice(sorted(tab.columns.values())), hand.row(tab)
    insert: list[Json] = [{"insertDimension": {"range": _columns(tab, column)}}]
    insert.append(update(tab.sheet_id, 0, column, [[f"Own {next(hand.words)}"]]))
    if row:
        insert.append(update(tab.sheet_id, row, column, [[hand.word("own")]]))
    return insert


@act(1)
def renames_a_column(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type over a title; whoever comes next types it back."""
    titles = {f: t for t, f in FIELDS[tab.table].items()}
    lost = [f for f in titles if f not in tab.columns]
    if lost:
        free = [c for c in range(tab.width) if tab.text(0, c).startswith("Renamed ")]
        return [update(tab.sheet_id, 0, free[0], [[titles[lost[0]]]])] if len(free) == 1 else None
    field = hand.field(tab)
    renamed = f"Renamed {next(hand.words)}"
    return [update(tab.sheet_id, 0, tab.columns[field], [[renamed]])] if field else None
