"""What people do with whole rows, and with the hidden ids."""

from tests.simulation.board import FIELDS, Tab
from tests.simulation.people.hand import Hand, Json, act, block, cell, rows
from tests.simulation.template import update

# ── rows ──────────────────────────────────────────────────────────────────────────────────────


def _new_row(hand: Hand, tab: Tab, row: int) -> list[Json]:
    fields = [f for f in FIELDS[tab.table].values() if f in tab.columns]
    return [
        request
        for field in fields
        if field in ("name", "topic", "person") or hand.chance.random() < 0.6
        for request in cell(tab, row, field, hand.word(field))
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
    insert = {"insertDimension": {"range": rows(tab, row), "inheritFromBefore": row > 1}}
    return [insert, *(_new_row(hand, tab, row) if hand.chance.random() < 0.5 else ())]


@act(2)
def deletes_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Delete a row."""
    row = hand.row(tab)
    return [{"deleteDimension": {"range": rows(tab, row)}}] if row else None


@act(0.3)
def empties_the_table(hand: Hand, tab: Tab) -> list[Json] | None:
    """Delete every row below the titles."""
    if tab.end < 2:
        return None
    return [{"deleteDimension": {"range": rows(tab, 1, tab.end - 1)}}]


@act(2)
def moves_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Drag a row to another place."""
    row, to = hand.row(tab), hand.row(tab)
    if row is None or to is None or to in (row, row + 1):
        return None
    return [{"moveDimension": {"source": rows(tab, row), "destinationIndex": to}}]


@act(2)
def copies_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Copy a whole row, its hidden id included: below the table, or into a row inserted beside it.

    Often one of the two is edited at once.
    """
    row, field = hand.row(tab), hand.field(tab)
    if row is None:
        return None
    width, to = tab.width, tab.end
    before: list[Json] = []
    if hand.chance.random() < 0.5:
        to = hand.chance.choice([row, row + 1])
        before = [{"insertDimension": {"range": rows(tab, to), "inheritFromBefore": to > 1}}]
        row += to == row
    source = block(tab, (row, row + 1), (0, width))
    copy: Json = {"source": source, "destination": block(tab, (to, to + 1), (0, width))}
    edit = field and hand.chance.random() < 0.5
    return [
        *before,
        {"copyPaste": {**copy, "pasteType": "PASTE_NORMAL"}},
        *(cell(tab, hand.chance.choice([row, to]), field, hand.word(field)) if edit else ()),
    ]


@act(0)
def copies_a_row_over_another(hand: Hand, tab: Tab) -> list[Json] | None:
    """Copy a row over another one, with its hidden id or without."""
    row, other, width = hand.row(tab), hand.row(tab), tab.columns.get("@status")
    if row is None or other is None or row == other or not width:
        return None
    width = tab.width if hand.chance.random() < 0.5 else width
    source, to = (block(tab, (r, r + 1), (0, width)) for r in (row, other))
    return [{"copyPaste": {"source": source, "destination": to, "pasteType": "PASTE_NORMAL"}}]


@act(3)
def sorts_rows(hand: Hand, tab: Tab) -> list[Json] | None:
    """Sort the rows whole, as the filter does."""
    return _sort(hand, tab, tab.sheet.column_count)


@act(2)
def sorts_visible_columns(hand: Hand, tab: Tab) -> list[Json] | None:
    """Sort only what is visible: the hidden ids stay where they are."""
    edge = tab.columns.get("@id")
    return _sort(hand, tab, edge) if edge else None


@act(0)
def sorts_some_columns(hand: Hand, tab: Tab) -> list[Json] | None:
    """Sort the first columns alone: the cells of the rows are mixed."""
    edge = tab.columns.get("@status")
    return _sort(hand, tab, hand.chance.randint(1, edge - 1)) if edge and edge > 1 else None


def _sort(hand: Hand, tab: Tab, width: int) -> list[Json] | None:
    field = hand.field(tab)
    if field is None or tab.columns[field] >= width:
        return None
    order = hand.chance.choice(["ASCENDING", "DESCENDING"])
    specs = [{"dimensionIndex": tab.columns[field], "sortOrder": order}]
    where = block(tab, (1, max(tab.end, 2)), (0, width))
    return [{"sortRange": {"range": where, "sortSpecs": specs}}]


# ── ids ───────────────────────────────────────────────────────────────────────────────────────


@act(1)
def clears_an_id(hand: Hand, tab: Tab) -> list[Json] | None:
    """Empty the hidden id of a row."""
    row = hand.row(tab)
    return cell(tab, row, "@id", None) if row and "@id" in tab.columns else None


@act(1)
def types_an_id(hand: Hand, tab: Tab) -> list[Json] | None:
    """Type something, or another row's id, over the id of a row."""
    row, other = hand.row(tab), hand.row(tab)
    if row is None or other is None or "@id" not in tab.columns:
        return None
    text = hand.chance.choice([tab.text(other, tab.columns["@id"]), f"mine {next(hand.words)}"])
    return cell(tab, row, "@id", text)


@act(1)
def swaps_ids(hand: Hand, tab: Tab) -> list[Json] | None:
    """Exchange the ids of two rows, as a sort of that column alone would."""
    row, other = hand.row(tab), hand.row(tab)
    if row is None or other is None or row == other or "@id" not in tab.columns:
        return None
    column = tab.columns["@id"]
    one, two = tab.text(row, column), tab.text(other, column)
    return [*cell(tab, row, "@id", two), *cell(tab, other, "@id", one)]


@act(1)
def cuts_and_pastes_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Cut a whole row and paste it below the table."""
    row = hand.row(tab)
    if row is None:
        return None
    to = {"sheetId": tab.sheet_id, "rowIndex": tab.end, "columnIndex": 0}
    cut = {"source": block(tab, (row, row + 1), (0, tab.width)), "destination": to}
    return [{"cutPaste": {**cut, "pasteType": "PASTE_NORMAL"}}]


@act(1)
def writes_below_the_table(hand: Hand, tab: Tab) -> list[Json] | None:
    """Write a remark some rows below the table, in a column of nobody."""
    if tab.end + 3 >= tab.sheet.row_count:
        return None
    return [update(tab.sheet_id, tab.end + 2, tab.width + 1, [[hand.word("own")]])]


@act(1)
def hides_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Hide a row, or show all of them again."""
    row = hand.row(tab)
    if row is None:
        return None
    hidden = hand.chance.random() < 0.6
    where = rows(tab, row) if hidden else rows(tab, 1, tab.sheet.row_count - 1)
    change = {"properties": {"hiddenByUser": hidden}, "fields": "hiddenByUser", "range": where}
    return [{"updateDimensionProperties": change}]


@act(2)
def filters_rows(hand: Hand, tab: Tab) -> list[Json] | None:
    """Hide a row by a value of the filter, and maybe sort what is shown; or show all again."""
    row, field, whole = hand.row(tab), hand.field(tab), tab.sheet.basic_filter
    if row is None or field is None or whole is None:
        return None
    chosen: Json = {"range": whole["range"]}
    column = tab.columns[field]
    if hand.chance.random() < 0.7:
        hidden = {"hiddenValues": [tab.text(row, column)]}
        chosen["filterSpecs"] = [{"columnIndex": column, "filterCriteria": hidden}]
    done: list[Json] = [{"setBasicFilter": {"filter": chosen}}]
    sort = _sort(hand, tab, tab.sheet.column_count) if hand.chance.random() < 0.5 else None
    return [*done, *(sort or ())]
