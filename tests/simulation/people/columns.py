"""What people do with columns and their titles."""

from tests.simulation.board import FIELDS, Tab
from tests.simulation.people.hand import Hand, Json, act, block, cell, columns
from tests.simulation.template import update


@act(1)
def moves_a_column(hand: Hand, tab: Tab) -> list[Json] | None:
    """Drag a column to another place."""
    places = sorted(tab.columns.values())
    column, to = hand.chance.choice(places), hand.chance.choice(places)
    if to in (column, column + 1):
        return None
    return [{"moveDimension": {"source": columns(tab, column), "destinationIndex": to}}]


@act(1)
def inserts_a_column(hand: Hand, tab: Tab) -> list[Json] | None:
    """Insert a column of one's own, with a title and a remark in it."""
    column, row = hand.chance.choice(sorted(tab.columns.values())), hand.row(tab)
    insert: list[Json] = [{"insertDimension": {"range": columns(tab, column)}}]
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


@act(0.4)
def deletes_a_column(hand: Hand, tab: Tab) -> list[Json] | None:
    """Delete a column."""
    field = hand.field(tab)
    return [{"deleteDimension": {"range": columns(tab, tab.columns[field])}}] if field else None


@act(0.4)
def doubles_a_column(hand: Hand, tab: Tab) -> list[Json] | None:
    """Copy a column, its title included, beside itself."""
    field = hand.field(tab)
    if field is None:
        return None
    at, down = tab.columns[field], (0, tab.sheet.row_count)
    paste = {
        "source": block(tab, down, (at, at + 1)),
        "destination": block(tab, down, (at + 1, at + 2)),
    }
    return [
        {"insertDimension": {"range": columns(tab, at + 1), "inheritFromBefore": True}},
        {"copyPaste": {**paste, "pasteType": "PASTE_NORMAL"}},
    ]


@act(0.3)
def swaps_titles(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type two titles over one another."""
    field, other = hand.field(tab), hand.field(tab)
    if field is None or other is None or field == other:
        return None
    one, two = (tab.text(0, tab.columns[f]) for f in (field, other))
    return [*cell(tab, 0, field, two), *cell(tab, 0, other, one)]
