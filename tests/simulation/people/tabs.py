"""What people do with tabs, and with what is syncd's own."""

from tests.simulation.board import Tab
from tests.simulation.people.hand import Hand, Json, act, block, rows
from tests.simulation.template import update


def _own(hand: Hand) -> list[Json] | None:
    """Return where syncd keeps its token and its number."""
    found = [s for s in hand.book.sheets if s.title == "_syncd"]
    return [{"sheetId": found[0].sheet_id}] if found else None


@act(0.4)
def renames_a_tab(hand: Hand, tab: Tab) -> list[Json] | None:
    """Give the tab another title."""
    title = f"{tab.table.title()} {next(hand.words)}"
    change = {"properties": {"sheetId": tab.sheet_id, "title": title}, "fields": "title"}
    return [{"updateSheetProperties": change}]


@act(0.4)
def doubles_a_tab(hand: Hand, tab: Tab) -> list[Json] | None:
    """Copy the tab within the spreadsheet."""
    copied = {"sourceSheetId": tab.sheet_id, "newSheetName": f"Copy {next(hand.words)}"}
    return [{"duplicateSheet": {**copied, "insertSheetIndex": len(hand.book.sheets)}}]


@act(0.15)
def deletes_a_tab(hand: Hand, tab: Tab) -> list[Json] | None:
    """Delete the tab."""
    return [{"deleteSheet": {"sheetId": tab.sheet_id}}]


@act(0.2)
def deletes_the_token(hand: Hand, tab: Tab) -> list[Json] | None:
    """Delete a named range that nobody seems to need."""
    found = sorted(hand.book.named)
    return [{"deleteNamedRange": {"namedRangeId": found[0]}}] if found else None


@act(0.1)
def deletes_the_hidden_tab(hand: Hand, tab: Tab) -> list[Json] | None:
    """Delete syncd's own tab."""
    found = _own(hand)
    return [{"deleteSheet": found[0]}] if found else None


@act(0.2)
def types_into_the_hidden_tab(hand: Hand, tab: Tab) -> list[Json] | None:
    """Unhide syncd's own tab and type something there."""
    found = _own(hand)
    if not found:
        return None
    column = hand.chance.randint(0, 2)
    return [update(found[0]["sheetId"], 0, column, [[hand.chance.choice(["", "x", 3])]])]


@act(0.2)
def inserts_a_row_above_the_titles(hand: Hand, tab: Tab) -> list[Json] | None:
    """Insert a row above the titles; or delete the blank first row again."""
    if tab.sheet.row(0).cells:
        return [{"insertDimension": {"range": rows(tab, 0), "inheritFromBefore": False}}]
    return [{"deleteDimension": {"range": rows(tab, 0)}}]


# ── looks ─────────────────────────────────────────────────────────────────────────────────────


@act(1)
def writes_a_note(hand: Hand, tab: Tab) -> list[Json] | None:
    """Attach a note to a cell, or a colour."""
    row, field = hand.row(tab), hand.field(tab)
    if row is None or field is None:
        return None
    shown: Json = {"note": hand.word("remark")}
    if hand.chance.random() < 0.5:
        shown = {"userEnteredFormat": {"backgroundColor": {"red": 0.5}}}
    at = block(tab, (row, row + 1), (tab.columns[field], tab.columns[field] + 1))
    return [{"repeatCell": {"range": at, "cell": shown, "fields": ",".join(shown)}}]


@act(0.4)
def merges_cells(hand: Hand, tab: Tab) -> list[Json] | None:
    """Merge two cells of a row, or take the merges apart."""
    row, field = hand.row(tab), hand.field(tab)
    if row is None or field is None:
        return None
    at = tab.columns[field]
    if hand.chance.random() < 0.5:
        whole = block(tab, (0, tab.sheet.row_count), (0, tab.sheet.column_count))
        return [{"unmergeCells": {"range": whole}}]
    return [
        {
            "mergeCells": {
                "range": block(tab, (row, row + 1), (at, at + 2)),
                "mergeType": "MERGE_ALL",
            }
        }
    ]


@act(0.3)
def protects_a_row(hand: Hand, tab: Tab) -> list[Json] | None:
    """Let nobody else change a row; or let everybody again."""
    row = hand.row(tab)
    if row is None:
        return None
    if tab.sheet.protected:
        return [
            {
                "deleteProtectedRange": {
                    "protectedRangeId": tab.sheet.protected[0]["protectedRangeId"]
                }
            }
        ]
    where = block(tab, (row, row + 1), (0, tab.width))
    return [
        {"addProtectedRange": {"protectedRange": {"range": where, "editors": {"users": ["anna"]}}}}
    ]
