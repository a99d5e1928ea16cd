"""What people type, paste and clear."""

from tests.simulation.board import Tab
from tests.simulation.people.hand import Hand, Json, act, block, cell
from tests.simulation.template import update

# ── typing ────────────────────────────────────────────────────────────────────────────────────


@act(12)
def types_a_value(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type into a cell."""
    row, field = hand.row(tab), hand.field(tab)
    return cell(tab, row, field, hand.word(field)) if row and field else None


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
    return cell(tab, row, field, hand.word("wrong"))


@act(2)
def types_a_formula(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type a formula."""
    row, field = hand.row(tab), hand.field(tab, key=0.05)
    if row is None or field is None:
        return None
    word = hand.word(field)
    text = f"={word}+0" if isinstance(word, int) else f'="{word}"&""'
    return cell(tab, row, field, text)


@act(2)
def repeats_a_value(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type into a cell what another row holds there: a second holder of something unique."""
    row, other, field = hand.row(tab), hand.row(tab), hand.field(tab)
    if row is None or other is None or field is None or row == other:
        return None
    value = tab.sheet.cell(other, tab.columns[field]).value
    return cell(tab, row, field, value) if isinstance(value, str | float | int) else None


@act(2)
def clears_a_cell(hand: Hand, tab: Tab) -> list[Json] | None:
    """Empty a cell."""
    row, field = hand.row(tab), hand.field(tab)
    return cell(tab, row, field, None) if row and field else None


@act(1)
def clears_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Empty the visible cells of a row."""
    row, status = hand.row(tab), tab.columns.get("@status")
    if row is None or not status:
        return None
    return [{"updateCells": {"range": block(tab, (row, row + 1), (0, status)),
                             "fields": "userEnteredValue"}}]  # fmt: skip


@act(0)
def types_an_array_formula(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type a formula that fills the cell below as well, where that is free."""
    row, field = hand.row(tab), hand.field(tab, key=0.0)
    if row is None or field is None:
        return None
    word = hand.word(field)
    parts = f"{word};5" if isinstance(word, int) else f'"{word}";"filled"'
    free = cell(tab, row + 1, field, None) if hand.chance.random() < 0.5 else []
    return [*free, *cell(tab, row, field, f"=ARRAYFORMULA({{{parts}}})")]


@act(0)
def cuts_and_pastes_cells(hand: Hand, tab: Tab) -> list[Json] | None:
    """Cut two cells beside the key and paste them over those of another row."""
    row, other = hand.row(tab), hand.row(tab)
    fields = [
        tab.columns[f] for f in ("city", "size", "code", "note", "amount") if f in tab.columns
    ]
    places = [c for c in fields if c + 1 in fields]
    if row is None or other is None or row == other or not places:
        return None
    column = hand.chance.choice(places)
    source = block(tab, (row, row + 1), (column, column + 2))
    to = {"sheetId": tab.sheet_id, "rowIndex": other, "columnIndex": column}
    return [{"cutPaste": {"source": source, "destination": to, "pasteType": "PASTE_NORMAL"}}]
