"""What copies do at the edges: rows out of sight, spilled and merged cells, the end of the grid."""

from dataclasses import dataclass

from syncd.probe.model import Finding, found, probe
from syncd.probe.rehearsal import MIRROR, NOT_COPIED, copy_formulas, mark
from syncd.probe.scratch import ROWS, Scratch, Seen
from syncd.sheet.cells import Json, block, plain, update_cells

TEXTS = ("title", "b", "a", "c")
SLOT = plain(NOT_COPIED)
_HIDDEN = 1  # the first below the title: in the middle it would keep its place in a sort
_LINES, _WIDTH = len(TEXTS) + 1, 2
_AREA = (0, _LINES), (0, _WIDTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Three tabs and what was copied of them: one filtered, one with a hidden row, one spilled."""

    filtered: int
    hidden: int
    spilled: int
    mirrors: dict[int, int]
    seen: Seen


def column_of(sheet_id: int, texts: tuple[str, ...] = TEXTS) -> Json:
    """Return the request that writes texts below each other."""
    return update_cells(sheet_id, 0, 0, [[{"stringValue": text}] for text in texts])


def filter_out(sheet_id: int, text: str = TEXTS[_HIDDEN]) -> Json:
    """Return the request that sets a filter which hides the rows with a text."""
    criteria = {"0": {"hiddenValues": [text]}}
    where = block(sheet_id, (0, len(TEXTS)), (0, _WIDTH))
    return {"setBasicFilter": {"filter": {"range": where, "criteria": criteria}}}


def hide_row(sheet_id: int, row: int = _HIDDEN, *, hidden: bool = True) -> Json:
    """Return the request that hides a row as a person does, or shows it again."""
    span = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": row, "endIndex": row + 1}
    look = {"properties": {"hiddenByUser": hidden}, "fields": "hiddenByUser"}
    return {"updateDimensionProperties": {"range": span, **look}}


def copies(scratch: Scratch) -> Copies:
    """Copy three tabs to mirrors, as the exchange does."""
    filtered, hidden, spilled = scratch.tab(), scratch.tab(), scratch.tab()
    mirrors = {source: scratch.tab() for source in (filtered, hidden, spilled)}
    array = {"formulaValue": "=SEQUENCE(3)"}
    scratch.batch(
        *(column_of(sheet_id) for sheet_id in (filtered, hidden)),
        filter_out(filtered),
        hide_row(hidden),
        update_cells(spilled, 1, 1, [[array]]),
    )
    steps = [mark(mirror, *_AREA) for mirror in mirrors.values()]
    steps += [
        copy_formulas(block(source, *_AREA), block(mirror, *_AREA))
        for source, mirror in mirrors.items()
    ]
    seen = scratch.batch(*steps, show=tuple(mirrors.values())).seen
    return Copies(filtered=filtered, hidden=hidden, spilled=spilled, mirrors=mirrors, seen=seen)


def _out_of_sight(done: Copies, source: int) -> Finding:
    slots = done.seen.column(done.mirrors[source], 0, len(TEXTS))
    return found(slots == list(TEXTS), f"the slots hold {', '.join(map(str, slots))}")


@probe(
    why=f"{MIRROR}, also of rows that a filter hides",
    otherwise="A row that a filter hides is not mirrored: syncd takes the filter off within its"
    " batches and sets it again, or leaves such rows until they are seen.",
)
def copy_takes_filtered_rows(scratch: Scratch) -> Finding:
    """A copy takes along the rows that a basic filter hides."""
    done = scratch.once(copies)
    return _out_of_sight(done, done.filtered)


@probe(
    why="DESIGN 6.4: where copies skip filtered rows, a batch lifts the filter and sets it again",
    otherwise="Rows that a filter hides cannot be mirrored: they wait until they are seen again.",
)
def filter_can_be_lifted(scratch: Scratch) -> Finding:
    """One batch can lift a filter, copy what it hid, and set it again just as it was."""
    sheet_id, mirror = scratch.tab(), scratch.tab()
    scratch.batch(column_of(sheet_id), filter_out(sheet_id))
    before = scratch.read(sheet_id).sheet(sheet_id).get("basicFilter")
    seen = scratch.batch(
        {"clearBasicFilter": {"sheetId": sheet_id}},
        mark(mirror, *_AREA),
        copy_formulas(block(sheet_id, *_AREA), block(mirror, *_AREA)),
        {"setBasicFilter": {"filter": before}},
        show=(sheet_id, mirror),
    ).seen
    slots, after = seen.column(mirror, 0, len(TEXTS)), seen.sheet(sheet_id).get("basicFilter")
    same = "as it was" if after == before else f"now {after}"
    told = f"the slots hold {', '.join(map(str, slots))}; the filter is {same}"
    return found(slots == list(TEXTS) and after == before, told)


@probe(
    why="DESIGN 6.4: where copies skip hidden rows, a batch shows them and hides them again",
    otherwise="Rows that a person hid cannot be mirrored: they wait until they are seen again.",
)
def hidden_rows_can_be_shown(scratch: Scratch) -> Finding:
    """One batch can show a hidden row, copy it, and hide it again; reads tell that it is hidden."""
    sheet_id, mirror = scratch.tab(), scratch.tab()
    scratch.batch(column_of(sheet_id), hide_row(sheet_id))
    seen = scratch.batch(
        hide_row(sheet_id, hidden=False),
        mark(mirror, *_AREA),
        copy_formulas(block(sheet_id, *_AREA), block(mirror, *_AREA)),
        hide_row(sheet_id),
        show=(sheet_id, mirror),
    ).seen
    slots, hidden = seen.column(mirror, 0, len(TEXTS)), seen.hidden(sheet_id)
    told = f"the slots hold {', '.join(map(str, slots))}; hidden are {[row + 1 for row in hidden]}"
    return found(slots == list(TEXTS) and hidden == [_HIDDEN], told)


@probe(
    why="DESIGN 6.4: a filter that is set again may sort the rows, so it is set last of all",
    otherwise="Nothing: setting it last is right in either case.",
)
def filter_with_an_order_sorts(scratch: Scratch) -> Finding:
    """Setting a filter that has an order sorts the rows by it at once."""
    sheet_id = scratch.tab()
    order = [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]
    area = block(sheet_id, (0, len(TEXTS)), (0, _WIDTH))
    set_again = {"setBasicFilter": {"filter": {"range": area, "sortSpecs": order}}}
    seen = scratch.batch(column_of(sheet_id), set_again, show=[sheet_id]).seen
    rows = [str(text) for text in seen.column(sheet_id, 0, len(TEXTS))[1:]]
    return found(rows == sorted(TEXTS[1:]), f"{', '.join(TEXTS[1:])} became {', '.join(rows)}")


@probe(
    why="DESIGN 6: a row that is taken out is copied to another tab first, as it looks",
    otherwise="What is kept of a removed row lacks its looks; its values are in the history.",
)
def copy_takes_looks(scratch: Scratch) -> Finding:
    """A row that is copied whole to another tab keeps its values, formulas, notes and colours."""
    sheet_id, other = scratch.tab(), scratch.tab()
    looks = {
        "userEnteredValue": {"stringValue": "kept"},
        "note": "a note",
        "userEnteredFormat": {"backgroundColor": {"red": 1.0}},
    }
    cells = {
        "start": {"sheetId": sheet_id, "rowIndex": 1, "columnIndex": 0},
        "rows": [{"values": [looks]}],
        "fields": "userEnteredValue,note,userEnteredFormat.backgroundColor",
    }
    formula = update_cells(sheet_id, 1, 1, [[{"formulaValue": "=1+1"}]])
    goal = {"source": block(sheet_id, (1, 2), (0, _WIDTH)), "pasteType": "PASTE_NORMAL"}
    goal |= {"destination": block(other, (3, 4), (0, _WIDTH))}
    seen = scratch.batch({"updateCells": cells}, formula, {"copyPaste": goal}, show=[other]).seen
    cell = seen.cell(other, 3, 0)
    kept = {
        "text": seen.entered(other, 3, 0) == "kept",
        "formula": seen.entered(other, 3, 1) == "=1+1",
        "note": cell.get("note") == "a note",
        "colour": "backgroundColor" in cell.get("userEnteredFormat", {}),
    }
    gone = [what for what, there in kept.items() if not there]
    return found(not gone, f"gone: {', '.join(gone)}" if gone else "all is there")


@probe(
    why=f"{MIRROR}, also of rows that a person hid",
    otherwise="A row that a person hid is not mirrored: its slot keeps the mark, which is no"
    " evidence, so its edits wait until it is seen again.",
)
def copy_takes_hidden_rows(scratch: Scratch) -> Finding:
    """A copy takes along the rows that a person hid."""
    done = scratch.once(copies)
    return _out_of_sight(done, done.hidden)


@probe(
    why="DESIGN 5: cells that spill from an array formula are nobody's literals",
    otherwise="A spilled cell in a mirrored row looks like one that somebody typed meanwhile: an"
    " entry in review too many, never a loss.",
)
def copy_leaves_spills_out(scratch: Scratch) -> Finding:
    """Of an array formula a copy takes the formula, not the cells that it spills into."""
    done = scratch.once(copies)
    slots = done.seen.column(done.mirrors[done.spilled], 1, _LINES)[1:4]
    return found(slots == ["=SEQUENCE(3)", None, None], f"the slots hold {slots}")


@probe(
    why="DESIGN 6: a removed row is kept in another tab, at another place",
    otherwise="Formulas of a row that was taken out keep pointing to where they pointed.",
)
def copy_moves_references(scratch: Scratch) -> Finding:
    """A formula that is copied to another row points to cells as far away as before."""
    sheet_id = scratch.tab()
    scratch.batch(update_cells(sheet_id, 0, 0, [[{"numberValue": 1}, {"formulaValue": "=A1"}]]))
    copy = copy_formulas(block(sheet_id, (0, 1), (1, 2)), block(sheet_id, (2, 3), (1, 2)))
    text = scratch.batch(copy, show=[sheet_id]).seen.entered(sheet_id, 2, 1)
    return found(text == "=A3", f"=A1 became {text}")


@probe(
    why="DESIGN 6.4: the mirror is made as large as the tab; where it is not, nothing is written",
    otherwise="Part of a row would not be mirrored; syncd makes the mirror larger beforehand.",
)
def copy_beyond_the_grid_is_refused(scratch: Scratch) -> Finding:
    """A copy to cells that lie beyond the grid is refused."""
    sheet_id = scratch.tab()
    scratch.batch(column_of(sheet_id))
    beyond = block(sheet_id, (ROWS, ROWS + 4), (0, 1))
    words = scratch.refused(copy_formulas(block(sheet_id, (0, 4), (0, 1)), beyond))
    return found(words is not None, words or "it was accepted")


@probe(
    why="DESIGN 5: merged cells are people's; the row is copied whole all the same",
    otherwise="A row with merged cells cannot be mirrored: it is paused, and says so.",
)
def copy_takes_merged_rows(scratch: Scratch) -> Finding:
    """One row of cells that are merged over several rows can be copied by itself."""
    sheet_id, mirror = scratch.tab(), scratch.tab()
    merge = {"range": block(sheet_id, (1, 3), (0, 1)), "mergeType": "MERGE_ALL"}
    scratch.batch(column_of(sheet_id), {"mergeCells": merge})
    row = (1, 2), (0, _WIDTH)
    copy = copy_formulas(block(sheet_id, *row), block(mirror, *row))
    shown = scratch.batch(mark(mirror, *row), copy, show=[mirror]).seen
    copied, merges = shown.entered(mirror, 1, 0), shown.sheet(mirror).get("merges", [])
    seen = f"the slot holds “{copied}”, {len(merges)} merged cells in the mirror"
    return found(copied == TEXTS[1] and not merges, seen)


@probe(
    why="DESIGN 6.6: a cell that a merge covers is left alone, and the row says so",
    otherwise="What is written behind a merged cell is lost or kept unseen; syncd does not write"
    " there as far as it knows of the merge.",
)
def write_reaches_covered_cells(scratch: Scratch) -> Finding:
    """A value that is written to a cell which a merge covers is stored, or refused; never lost."""
    sheet_id = scratch.tab()
    merge = {"range": block(sheet_id, (0, 1), (0, 2)), "mergeType": "MERGE_ALL"}
    scratch.batch({"mergeCells": merge})
    words = scratch.refused(update_cells(sheet_id, 0, 1, [[{"stringValue": "covered"}]]))
    if words is not None:
        return found(True, f"refused: {words}")
    stands = scratch.read(sheet_id).entered(sheet_id, 0, 1)
    return found(stands == "covered", f"the cell holds {stands}")


PROBES = (
    copy_takes_filtered_rows,
    filter_can_be_lifted,
    filter_with_an_order_sorts,
    copy_takes_hidden_rows,
    hidden_rows_can_be_shown,
    copy_takes_looks,
    copy_leaves_spills_out,
    copy_moves_references,
    copy_beyond_the_grid_is_refused,
    copy_takes_merged_rows,
    write_reaches_covered_cells,
)
