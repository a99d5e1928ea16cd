"""Rows and columns when people and programs move them: what goes along, what takes part."""

from dataclasses import dataclass
from typing import Any

from syncd.probe.copies import TEXTS, column_of, filter_out, hide_row
from syncd.probe.model import Finding, found, probe
from syncd.probe.rehearsal import marked
from syncd.probe.scratch import COLUMNS, METADATA_KEY, NAME_PREFIX, Scratch, Seen
from syncd.sheet.cells import Json, block, update_cells

NOT_USED = "Nothing: syncd knows rows by the id that stands in them."
ROW_IDS = "DESIGN 5: a row is its id; whether metadata would serve as well"
TIED = "DESIGN 5: columns are known by metadata, one column each"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Tabs in which rows were sorted, copied, dragged, and columns inserted, copied, deleted."""

    sorted_: int
    filtered: int
    hidden: int
    copied: int
    dragged: int
    columns: int
    seen: Seen


def moves(scratch: Scratch) -> Moves:
    """Do in six tabs what people do to rows and columns."""
    tabs = [scratch.tab() for _ in range(6)]
    sorted_, filtered, hidden, copied, dragged, columns = tabs
    scratch.batch(
        *(column_of(sheet_id) for sheet_id in tabs),
        *(marked("ROWS", sheet_id, 1, "row") for sheet_id in (sorted_, copied, dragged)),
        *(marked("COLUMNS", columns, place, f"column {place}") for place in range(3)),
        filter_out(filtered),
        hide_row(hidden),
    )
    drag = {"source": _span("ROWS", dragged, 1), "destinationIndex": 4}
    whole_row, whole_column = {"startRowIndex": 1, "endRowIndex": 2}, _column(columns, 0)
    copy_row = {"source": {"sheetId": copied, **whole_row}}
    copy_row |= {"destination": {"sheetId": copied, "startRowIndex": 6, "endRowIndex": 7}}
    copy_column = {"source": whole_column, "destination": _column(columns, 6)}
    seen = scratch.batch(
        *(sort_of(sheet_id) for sheet_id in (sorted_, filtered, hidden)),
        {"copyPaste": copy_row},
        {"moveDimension": drag},
        {"copyPaste": copy_column},
        {"deleteDimension": {"range": _span("COLUMNS", columns, 2)}},
        {"insertDimension": {"range": _span("COLUMNS", columns, 1)}},
        show=tabs,
    ).seen
    return Moves(
        sorted_=sorted_,
        filtered=filtered,
        hidden=hidden,
        copied=copied,
        dragged=dragged,
        columns=columns,
        seen=seen,
    )


def _span(dimension: str, sheet_id: int, start: int) -> Json:
    where = {"sheetId": sheet_id, "dimension": dimension}
    return where | {"startIndex": start, "endIndex": start + 1}


def _column(sheet_id: int, column: int) -> Json:
    return {"sheetId": sheet_id, "startColumnIndex": column, "endColumnIndex": column + 1}


def sort_of(sheet_id: int) -> Json:
    """Return the request that sorts the rows below the title, the last first."""
    order = [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]
    where = block(sheet_id, (1, len(TEXTS)), (0, COLUMNS))
    return {"sortRange": {"range": where, "sortSpecs": order}}


def _rows(done: Moves, sheet_id: int) -> str:
    places = done.seen.marked(sheet_id, "row").get("row", [])
    texts = [str(done.seen.entered(sheet_id, place, 0) or "a blank row") for place in places]
    return " and ".join(texts) or "no row"


@probe(why=ROW_IDS, otherwise=NOT_USED, question="P3")
def sort_carries_row_metadata(scratch: Scratch) -> Finding:
    """A sort carries the metadata of a row along with its contents."""
    done = scratch.once(moves)
    lies = _rows(done, done.sorted_)
    return found(lies == TEXTS[1], f"it was on {TEXTS[1]}, and lies on {lies}")


@probe(why=ROW_IDS, otherwise=NOT_USED, question="P3")
def copy_leaves_row_metadata(scratch: Scratch) -> Finding:
    """Copying a whole row does not copy its metadata."""
    done = scratch.once(moves)
    places = done.seen.marked(done.copied, "row").get("row", [])
    return found(places == [1], f"it lies on {len(places)} rows")


@probe(why=ROW_IDS, otherwise=NOT_USED, question="P3")
def move_carries_row_metadata(scratch: Scratch) -> Finding:
    """Moving a whole row, as dragging does, carries its metadata along."""
    done = scratch.once(moves)
    lies = _rows(done, done.dragged)
    return found(lies == TEXTS[1], f"it was on {TEXTS[1]}, and lies on {lies}")


def _left(done: Moves, sheet_id: int) -> Finding:
    order = [str(text) for text in done.seen.column(sheet_id, 0, len(TEXTS))[1:]]
    return found(order == ["b", "c", "a"], f"{', '.join(TEXTS[1:])} became {', '.join(order)}")


@probe(
    why="DESIGN 5: a sort moves rows whole; which take part changes nothing about identity",
    otherwise="Rows that a filter hides are sorted along with the others. Nothing follows.",
)
def sort_leaves_filtered_rows(scratch: Scratch) -> Finding:
    """A sort leaves rows that a filter hides where they are."""
    done = scratch.once(moves)
    return _left(done, done.filtered)


@probe(
    why="DESIGN 5: a sort moves rows whole; which take part changes nothing about identity",
    otherwise="Rows that a person hid are sorted along with the others. Nothing follows.",
)
def sort_leaves_hidden_rows(scratch: Scratch) -> Finding:
    """A sort leaves rows that a person hid where they are."""
    done = scratch.once(moves)
    return _left(done, done.hidden)


@probe(
    why=TIED,
    otherwise="A column would be taken for the one at its old place; the titles show it.",
)
def insert_carries_column_metadata(scratch: Scratch) -> Finding:
    """Metadata follows its column when columns are inserted before it."""
    done = scratch.once(moves)
    places = done.seen.marked(done.columns, "column").get("column 1", [])
    return found(places == [2], f"column 2 became {[place + 1 for place in places]}")


@probe(why=TIED, otherwise="A column that was deleted would seem to be there still.")
def delete_takes_column_metadata(scratch: Scratch) -> Finding:
    """Metadata is gone with its column."""
    done = scratch.once(moves)
    places = done.seen.marked(done.columns, "column").get("column 2", [])
    return found(not places, f"it lies on {len(places)} columns")


@probe(
    why=TIED,
    otherwise="A copied column stands there twice for syncd: it pauses until one is deleted.",
)
def copy_leaves_column_metadata(scratch: Scratch) -> Finding:
    """Copying a whole column does not copy its metadata."""
    done = scratch.once(moves)
    places = done.seen.marked(done.columns, "column").get("column 0", [])
    return found(places == [0], f"it lies on {len(places)} columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Three ranges that end at a row, below which a row was inserted."""

    sheet_id: int
    before: int
    seen: Seen
    name: str


def ends(scratch: Scratch) -> Ends:
    """Insert a row right below what ends there, as new rows are inserted."""
    sheet_id, end = scratch.tab(), len(TEXTS)
    where = block(sheet_id, (0, end), (0, 2))
    look = {"condition": {"type": "NOT_BLANK"}, "format": {"textFormat": {"bold": True}}}
    rule = {"ranges": [where], "booleanRule": look}
    name = f"{NAME_PREFIX}{sheet_id}_end"
    warning = {"range": where, "warningOnly": True}
    scratch.batch(
        column_of(sheet_id),
        {"setBasicFilter": {"filter": {"range": where}}},
        {"addNamedRange": {"namedRange": {"name": name, "range": where}}},
        {"addProtectedRange": {"protectedRange": warning}},
        {"addConditionalFormatRule": {"rule": rule, "index": 0}},
    )
    insert = {"range": _span("ROWS", sheet_id, end), "inheritFromBefore": True}
    seen = scratch.batch({"insertDimension": insert}, show=[sheet_id]).seen
    return Ends(sheet_id=sheet_id, before=end, seen=seen, name=name)


def _grown(done: Ends, area: Any, *, grows: bool) -> Finding:
    end = (area or {}).get("endRowIndex")
    return found(end == done.before + (1 if grows else 0), f"it ended at {done.before}, now {end}")


@probe(
    why="DESIGN 5: the filter spans the whole table; syncd's own has no end row",
    otherwise="A filter that a person set grows along with the rows that syncd adds.",
)
def filter_stays_when_rows_come_below(scratch: Scratch) -> Finding:
    """A basic filter with an end row does not take in a row that is inserted right below it."""
    done = scratch.once(ends)
    area = done.seen.sheet(done.sheet_id).get("basicFilter", {}).get("range")
    return _grown(done, area, grows=False)


@probe(
    why="DESIGN 5: named and protected ranges are people's",
    otherwise="Named ranges that end with the table take in the rows that syncd adds.",
)
def names_stay_when_rows_come_below(scratch: Scratch) -> Finding:
    """A named range does not take in a row that is inserted right below it."""
    done = scratch.once(ends)
    named = done.seen.structure.get("namedRanges", [])
    area = next((each.get("range") for each in named if each.get("name") == done.name), None)
    return _grown(done, area, grows=False)


@probe(
    why="DESIGN 5: colours come from conditional formats; syncd's own have no end row",
    otherwise="Rows that syncd adds below somebody's own colouring are not coloured by it.",
)
def colours_grow_when_rows_come_below(scratch: Scratch) -> Finding:
    """A conditional format takes in a row that is inserted right below it."""
    done = scratch.once(ends)
    rules = done.seen.sheet(done.sheet_id).get("conditionalFormats", [{}])
    return _grown(done, rules[0].get("ranges", [{}])[0], grows=True)


@probe(
    why="DESIGN 5: appendCells is not used, for it looks where the last cell stands",
    otherwise="Nothing: syncd inserts rows where it knows the table to end.",
    question="P12",
)
def append_lands_below_notes(scratch: Scratch) -> Finding:
    """Appended cells land below the last cell that holds anything, a person's notes too."""
    sheet_id = scratch.tab()
    append = {"sheetId": sheet_id, "fields": "userEnteredValue"}
    append |= {"rows": [{"values": [{"userEnteredValue": {"stringValue": "appended"}}]}]}
    notes = update_cells(sheet_id, 8, 3, [[{"stringValue": "a note of ours"}]])
    scratch.batch(column_of(sheet_id), notes)
    seen = scratch.batch({"appendCells": append}, show=[sheet_id]).seen
    rows = [row for row in range(20) if seen.entered(sheet_id, row, 0) == "appended"]
    return found(rows == [9], f"the notes stand in row 9, it wrote row {[row + 1 for row in rows]}")


@probe(
    why="DESIGN 5: metadata ids are left to Google",
    otherwise="Nothing: syncd never chooses an id.",
    question="P4",
)
def metadata_id_is_taken_once(scratch: Scratch) -> Finding:
    """Metadata with an id that is in use is refused."""
    sheet_id, number = scratch.tab(), scratch.mint()
    first, second = (marked("COLUMNS", sheet_id, place, f"taken {place}") for place in (0, 1))
    for each in (first, second):
        each["createDeveloperMetadata"]["developerMetadata"]["metadataId"] = number
    scratch.batch(first)
    words = scratch.refused(second)
    return found(words is not None, words or "the second took the first one's place")


@probe(
    why="DESIGN 6: writes addressed by metadata cannot share a batch with the fence: not used",
    otherwise="Nothing: syncd does not write by data filters.",
    question="P5",
)
def write_by_filter_without_match_passes(scratch: Scratch) -> Finding:
    """Values that are written to metadata which nothing has are accepted, and written nowhere."""
    lookup = {"developerMetadataLookup": {"metadataKey": f"{METADATA_KEY}_none"}}
    body = {"valueInputOption": "RAW", "data": [{"dataFilter": lookup, "values": [["lost"]]}]}
    words = scratch.write_values("values:batchUpdateByDataFilter", body)
    return found(words is None, words or "it was accepted")


PROBES = (
    insert_carries_column_metadata,
    delete_takes_column_metadata,
    copy_leaves_column_metadata,
    sort_carries_row_metadata,
    copy_leaves_row_metadata,
    move_carries_row_metadata,
    sort_leaves_filtered_rows,
    sort_leaves_hidden_rows,
    filter_stays_when_rows_come_below,
    names_stay_when_rows_come_below,
    colours_grow_when_rows_come_below,
    append_lands_below_notes,
    metadata_id_is_taken_once,
    write_by_filter_without_match_passes,
)
