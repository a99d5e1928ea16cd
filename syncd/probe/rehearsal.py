"""A fenced exchange, rehearsed on tabs of no value: everything that syncd's safety rests on.

Six writes and no read. What it needs to know of Google it takes from the answers, so that neither
a slow read nor a person can mislead it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from syncd.probe.model import Finding, found, probe
from syncd.probe.scratch import METADATA_KEY, NAME_PREFIX, Answer, Scratch
from syncd.sheet.cells import Entered, Json, block, plain, update_cells

FENCE = (
    "DESIGN 6: the fence. A batch is applied at most once, by one writer, however often it is sent"
)
MIRROR = "DESIGN 6: the exchange. The mirror shows exactly what a write replaced"
JUDGED = "DESIGN 6.5: each write is judged by what the mirror shows"
NO_WRITES = "syncd cannot write safely and does not connect."

NOT_COPIED: Entered = {"stringValue": "not copied"}
LITERALS: list[Entered] = [
    {"stringValue": "before"},
    {"stringValue": "007"},
    {"stringValue": "=1+1"},
    {"numberValue": 0.1},
    {"numberValue": 1234567890123.25},
    {"boolValue": True},
    {"stringValue": " 'é\n😀 1.2. "},
    None,
]
INSERTED_AT, LOOKS_AT, MARKED_COLUMN = 6, 4, 3
_AREA = (0, INSERTED_AT), (0, len(LITERALS))
_SLOTS = ((0, 1), (1, 2), (2, LOOKS_AT))  # as runs of rows: each part has to say where it begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What Google answered to each step; `table`, its `mirror` and a `filtered` one are the tabs.

    `again` and `half` are its words when it refused, as it should: the exchange sent once more,
    and a batch whose second request cannot be carried out.
    """

    table: int
    mirror: int
    filtered: int
    first_token: str
    before: Answer
    exchanged: Answer
    again: str | None
    half: str | None
    after: Answer


def rehearse(scratch: Scratch) -> Rehearsal:
    """Carry out a fenced exchange, send it again, and look what there is."""
    table, mirror, filtered = scratch.tab(), scratch.tab(), scratch.tab()
    before = scratch.batch(
        *_set_up(table), *_filter(filtered), _fence(table, 0), show=(table, mirror)
    )
    first = str(before.replies[-1]["addNamedRange"]["namedRange"]["namedRangeId"])
    drop = {"deleteNamedRange": {"namedRangeId": first}}
    out_of_sight = update_cells(filtered, 1, 0, [[{"stringValue": "written"}]])
    exchange = [drop, _fence(table, 1), *_exchange(table, mirror), out_of_sight]
    exchanged = scratch.batch(*exchange, show=(table, filtered), runs={mirror: _SLOTS})
    again = scratch.refused(*exchange)
    half = scratch.refused(update_cells(table, 1, 0, [[{"stringValue": "half"}]]), drop)
    move = {"moveDimension": {"source": _column(table, MARKED_COLUMN), "destinationIndex": 7}}
    after = scratch.batch(move, show=(table, mirror))
    return Rehearsal(
        table=table,
        mirror=mirror,
        filtered=filtered,
        first_token=first,
        before=before,
        exchanged=exchanged,
        again=again,
        half=half,
        after=after,
    )


def _set_up(table: int) -> list[Json]:
    """Return what fills the table: literals, formulas, a cell that somebody coloured."""
    formulas: list[Entered] = [
        {"formulaValue": text}
        for text in ("=D2*2", "=SUM(D$2:D3)", '=IF(A2="x","a","b")', "=ROW()&A2", "=1/0")
    ]
    titles: list[Entered] = [{"stringValue": f"title {n}"} for n in range(len(LITERALS))]
    looks = {
        "userEnteredValue": {"stringValue": "old"},
        "note": "a note",
        "userEnteredFormat": {"backgroundColor": {"red": 1.0}},
    }
    fields = "userEnteredValue,note,userEnteredFormat.backgroundColor"
    return [
        update_cells(table, 0, 0, [titles, LITERALS, formulas]),
        {
            "updateCells": {
                "start": {"sheetId": table, "rowIndex": LOOKS_AT, "columnIndex": 0},
                "rows": [{"values": [looks, looks]}],
                "fields": fields,
            }
        },
        update_cells(table, INSERTED_AT, 0, [[{"stringValue": "below"}]]),
        marked("COLUMNS", table, MARKED_COLUMN, "moved"),
    ]


def _filter(filtered: int) -> list[Json]:
    """Return what fills a tab whose second row a filter hides."""
    texts: list[list[Entered]] = [[{"stringValue": text}] for text in ("title", "hidden", "seen")]
    area = block(filtered, (0, len(texts)), (0, 1))
    criteria = {"0": {"hiddenValues": ["hidden"]}}
    return [
        update_cells(filtered, 0, 0, texts),
        {"setBasicFilter": {"filter": {"range": area, "criteria": criteria}}},
    ]


def marked(dimension: str, sheet_id: int, index: int, value: str) -> Json:
    """Return the request that attaches metadata to a row or a column."""
    span = {"sheetId": sheet_id, "dimension": dimension}
    span |= {"startIndex": index, "endIndex": index + 1}
    entry: Json = {"metadataKey": METADATA_KEY, "metadataValue": value}
    entry |= {"visibility": "DOCUMENT", "location": {"dimensionRange": span}}
    return {"createDeveloperMetadata": {"developerMetadata": entry}}


def _fence(table: int, number: int) -> Json:
    named = {"name": _fence_name(table, number), "range": block(table, (0, 1), (0, 1))}
    return {"addNamedRange": {"namedRange": named}}


def _fence_name(table: int, number: int) -> str:
    return f"{NAME_PREFIX}{table}_{number}"


def _column(table: int, index: int) -> Json:
    return {"sheetId": table, "dimension": "COLUMNS", "startIndex": index, "endIndex": index + 1}


def _exchange(table: int, mirror: int) -> list[Json]:
    """Return what the exchange does: mark, copy, write, insert."""
    after: Entered = {"stringValue": "after"}
    rows = {"sheetId": table, "dimension": "ROWS"}
    rows |= {"startIndex": INSERTED_AT, "endIndex": INSERTED_AT + 1}
    return [
        mark(mirror, *_AREA),
        copy_formulas(block(table, *_AREA), block(mirror, *_AREA)),
        update_cells(table, 1, 0, [[after]]),
        update_cells(table, 2, 0, [[after]]),
        update_cells(table, LOOKS_AT, 0, [[after, None]]),
        {"insertDimension": {"range": rows, "inheritFromBefore": True}},
        update_cells(table, INSERTED_AT, 0, [[{"stringValue": "inserted"}]]),
    ]


def mark(sheet_id: int, rows: tuple[int, int], columns: tuple[int, int]) -> Json:
    """Return the request that fills slots with a mark."""
    cell = {"userEnteredValue": NOT_COPIED}
    area = block(sheet_id, rows, columns)
    return {"repeatCell": {"range": area, "cell": cell, "fields": "userEnteredValue"}}


def copy_formulas(source: Json, destination: Json) -> Json:
    """Return the request that copies cells as the exchange does."""
    goal = {"source": source, "destination": destination, "pasteType": "PASTE_FORMULA"}
    return {"copyPaste": goal}


def _row(answer: Answer, sheet_id: int, row: int) -> list[object]:
    return [answer.seen.entered(sheet_id, row, column) for column in range(len(LITERALS))]


@probe(why=FENCE, otherwise=NO_WRITES, essential=True, question="P1")
def fence_refuses(scratch: Scratch) -> Finding:
    """A batch that drops a named range which is gone is refused, naming that request."""
    done = scratch.once(rehearse)
    return found(done.again is not None and "requests[0]" in done.again, _words(done.again))


@probe(why=FENCE, otherwise=NO_WRITES, essential=True, question="P1")
def fence_applies_once(scratch: Scratch) -> Finding:
    """The identical batch, sent a second time, changes nothing."""
    done = scratch.once(rehearse)
    rows = [done.after.seen.entered(done.table, row, 0) for row in range(1, INSERTED_AT + 3)]
    times = rows.count("inserted")
    return found(times == 1 and done.again is not None, f"it was applied {times} times")


@probe(why=FENCE, otherwise=NO_WRITES, essential=True, question="P1")
def fence_renews(scratch: Scratch) -> Finding:
    """One batch can drop a named range and add the next, whose id is a new one and is told."""
    done = scratch.once(rehearse)
    named = done.exchanged.replies[1].get("addNamedRange", {}).get("namedRange", {})
    second, names = named.get("namedRangeId", ""), done.after.seen.names()
    old, new = (names.get(_fence_name(done.table, number)) for number in (0, 1))
    renewed = second not in ("", done.first_token) and (old, new) == (None, second)
    return found(renewed, f"{done.first_token} became {second or 'nothing'}")


@probe(
    why="DESIGN 6: one batch is atomic, so that no write happens without its fence and its mirror",
    otherwise=NO_WRITES,
    essential=True,
    question="P1",
)
def batch_is_whole(scratch: Scratch) -> Finding:
    """A batch with one request that cannot be carried out changes nothing, and it is named."""
    done = scratch.once(rehearse)
    stands = done.after.seen.entered(done.table, 1, 0)
    whole = done.half is not None and "requests[1]" in done.half and stands != "half"
    return found(whole, f"{_words(done.half)}; the cell holds “{stands}”")


@probe(why=MIRROR, otherwise=NO_WRITES, essential=True, question="P2")
def batch_is_in_order(scratch: Scratch) -> Finding:
    """A copy in a batch takes cells as they were before the batch's later requests wrote them."""
    done = scratch.once(rehearse)
    copied = done.exchanged.seen.entered(done.mirror, 1, 0)
    written = done.exchanged.seen.entered(done.table, 1, 0)
    seen = f"the mirror holds “{copied}”, the cell “{written}”"
    return found((copied, written) == ("before", "after"), seen)


@probe(why=MIRROR, otherwise=NO_WRITES, essential=True)
def copy_takes_literals(scratch: Scratch) -> Finding:
    """Copying formulas (PASTE_FORMULA) takes literals along: texts, numbers and truth values."""
    done = scratch.once(rehearse)
    copied, stood = _row(done.exchanged, done.mirror, 1), _row(done.before, done.table, 1)
    return found(copied == stood, _compared(stood, copied))


@probe(why=MIRROR, otherwise=NO_WRITES, essential=True)
def copy_takes_formulas(scratch: Scratch) -> Finding:
    """A formula that is copied to the same place of another tab keeps its text."""
    done = scratch.once(rehearse)
    copied, stood = _row(done.exchanged, done.mirror, 2), _row(done.before, done.table, 2)
    return found(copied == stood and str(stood[0]).startswith("="), _compared(stood, copied))


@probe(why=f"{JUDGED}; a blank slot means a blank cell", otherwise=NO_WRITES, essential=True)
def copy_takes_blanks(scratch: Scratch) -> Finding:
    """A blank cell that is copied over a marked one leaves it blank."""
    done = scratch.once(rehearse)
    slot = done.exchanged.seen.entered(done.mirror, 3, 0)
    return found(slot is None, f"the slot holds {_quoted(slot)}")


@probe(why=JUDGED, otherwise=NO_WRITES, essential=True, question="P2")
def answer_shows_the_mirror(scratch: Scratch) -> Finding:
    """A batch's answer brings what stands in ranges of hidden tabs, each cell at its place."""
    done = scratch.once(rehearse)
    shown = [_row(done.exchanged, done.mirror, row) for row in range(3)]
    stood = [_row(done.before, done.table, row) for row in range(3)]
    wrong = [row + 1 for row in range(3) if shown[row] != stood[row]]
    return found(
        not wrong, f"rows shown wrongly or not: {wrong}" if wrong else "three rows, each in place"
    )


@probe(
    why="DESIGN 5: values are written typed; what comes back equals what was sent",
    otherwise="Values would differ from what was written, and be written again without end.",
    essential=True,
)
def write_is_never_parsed(scratch: Scratch) -> Finding:
    """A typed text stays as it is, with zeros in front, `=` or blanks, and so does a number."""
    done = scratch.once(rehearse)
    sent, stands = [plain(cell) for cell in LITERALS], _row(done.before, done.table, 1)
    return found(stands == sent, _compared(sent, stands))


@probe(
    why="DESIGN 6.4: changed cells are written wherever they stand, in sight or not",
    otherwise="A cell that a filter hides would seem written, and its old value an edit.",
    essential=True,
)
def write_reaches_filtered_rows(scratch: Scratch) -> Finding:
    """A cell in a row that a filter hides is written like any other."""
    done = scratch.once(rehearse)
    stands = done.exchanged.seen.entered(done.filtered, 1, 0)
    return found(stands == "written", f"the cell holds {_quoted(stands)}")


@probe(
    why="DESIGN 8.9: every cell keeps its note and format when its value is written",
    otherwise="Writing a value would take away what people coloured and noted.",
    essential=True,
)
def write_keeps_looks(scratch: Scratch) -> Finding:
    """Writing `userEnteredValue` alone leaves a cell's note and format, also when it is blanked."""
    done = scratch.once(rehearse)
    cells = [done.exchanged.seen.cell(done.table, LOOKS_AT, column) for column in (0, 1)]
    values = [done.exchanged.seen.entered(done.table, LOOKS_AT, column) for column in (0, 1)]
    kept = [cell.get("note") == "a note" and "userEnteredFormat" in cell for cell in cells]
    seen = f"the cells hold {values}; note and colour are {'kept' if all(kept) else 'gone'}"
    return found(values == ["after", None] and all(kept), seen)


@probe(
    why="DESIGN 5: new rows are inserted: a stale place can only misplace, never overwrite",
    otherwise=NO_WRITES,
    essential=True,
)
def insert_pushes_down(scratch: Scratch) -> Finding:
    """Inserting a row pushes what is below it down; nothing is overwritten."""
    done = scratch.once(rehearse)
    rows = [done.exchanged.seen.entered(done.table, INSERTED_AT + down, 0) for down in (0, 1)]
    return found(rows == ["inserted", "below"], f"the rows read {rows}")


@probe(
    why="DESIGN 5: a column is known by its metadata, wherever it is moved",
    otherwise="A moved column would be taken for the one that stands at its old place.",
    essential=True,
)
def move_carries_column_metadata(scratch: Scratch) -> Finding:
    """Metadata of a column goes along when the column is moved, and the answer tells it."""
    done = scratch.once(rehearse)
    title = f"title {MARKED_COLUMN}"
    after = done.after.seen
    places = after.marked(done.table, "column").get("moved", [])
    titles = [after.entered(done.table, 0, place) for place in places]
    return found(titles == [title], f"it lies on {titles or 'no column'}, moved was “{title}”")


def _words(refusal: str | None) -> str:
    return "it was accepted" if refusal is None else f"refused: {refusal}"


def _quoted(value: object) -> str:
    return "nothing" if value is None else f"“{value}”"


def _compared(expected: Sequence[object], seen: Sequence[object]) -> str:
    wrong = [
        (a, b) for a, b in zip(expected, seen, strict=True) if a != b or type(a) is not type(b)
    ]
    if not wrong:
        return f"all {sum(1 for each in expected if each is not None)} as they were"
    return "; ".join(f"{_quoted(b)} for {_quoted(a)}" for a, b in wrong)


PROBES = (
    fence_refuses,
    fence_applies_once,
    fence_renews,
    batch_is_whole,
    batch_is_in_order,
    copy_takes_literals,
    copy_takes_formulas,
    copy_takes_blanks,
    answer_shows_the_mirror,
    write_is_never_parsed,
    write_reaches_filtered_rows,
    write_keeps_looks,
    insert_pushes_down,
    move_carries_column_metadata,
)
