"""How values are read back: dates, errors, spilled cells, long texts, and what finds a tab."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from syncd.probe.model import Finding, found, probe
from syncd.probe.scratch import Scratch, Seen
from syncd.sheet.cells import Entered, block, plain, update_cells

TEXT_MAX = 50_000
SERIAL = 45_000  # 2023-03-15
_FORMULAS = ("=1/0", "=NA()", "=SEQUENCE(3)")
_READ = "DESIGN 6.1: the first read brings all cells as plain values"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One tab, read as values and as cells, after it was renamed."""

    sheet_id: int
    values: list[list[object]]
    cells: Seen


def read(scratch: Scratch) -> Read:
    """Write a date, errors, an array and a truth value; rename the tab; read both ways."""
    sheet_id = scratch.tab()
    date = {"userEnteredFormat": {"numberFormat": {"type": "DATE", "pattern": "yyyy-mm-dd"}}}
    dated = {"userEnteredValue": {"numberValue": SERIAL}, **date}
    formulas: list[Entered] = [{"formulaValue": text} for text in _FORMULAS]
    scratch.batch(
        update_cells(sheet_id, 0, 1, [[*formulas, {"boolValue": True}]]),
        {
            "updateCells": {
                "start": {"sheetId": sheet_id, "rowIndex": 0, "columnIndex": 0},
                "rows": [{"values": [dated]}],
                "fields": "userEnteredValue,userEnteredFormat.numberFormat",
            }
        },
        scratch.renamed(sheet_id),
    )
    cells = scratch.read(sheet_id)
    return Read(sheet_id=sheet_id, values=scratch.values(sheet_id)[sheet_id], cells=cells)


def _at(done: Read, row: int, column: int) -> Any:
    line = done.values[row] if row < len(done.values) else []
    return line[column] if column < len(line) else None


@probe(
    why=f"{_READ}, each tab by its sheetId",
    otherwise="A renamed tab could not be read: syncd would halt and name it.",
)
def read_finds_a_renamed_tab(scratch: Scratch) -> Finding:
    """A tab is read by its sheetId, whatever it is called."""
    done = scratch.once(read)
    return found(done.values != [], f"{len(done.values)} rows were read")


@probe(
    why="DESIGN 5: dates are serial numbers",
    otherwise="Dates would come as texts: rows with dates would go to quarantine.",
)
def read_gives_dates_as_numbers(scratch: Scratch) -> Finding:
    """A date is read as its serial number, whatever its format and the spreadsheet's time zone."""
    done = scratch.once(read)
    return found(_at(done, 0, 0) == SERIAL, f"day {SERIAL} was read as {_at(done, 0, 0)!r}")


@probe(
    why="DESIGN 5: an error value is no reading, never data",
    otherwise="Errors would be told apart from texts less well; their rows go to quarantine.",
)
def read_gives_errors_as_texts(scratch: Scratch) -> Finding:
    """An error is read as its sign: #DIV/0! or #N/A."""
    done = scratch.once(read)
    signs = [_at(done, 0, 1), _at(done, 0, 2)]
    return found(signs == ["#DIV/0!", "#N/A"], f"they were read as {signs}")


@probe(
    why="DESIGN 5: cells that spill from an array formula are never written",
    otherwise="A spilled cell could not be told from one that somebody typed: syncd would write"
    " over it and break the array.",
)
def read_tells_spills(scratch: Scratch) -> Finding:
    """A cell into which an array spills has a value, and nothing that was entered."""
    done = scratch.once(read)
    spilled = _at(done, 1, 3)
    entered = done.cells.entered(done.sheet_id, 1, 3)
    return found((spilled, entered) == (2, None), f"value {spilled!r}, entered {entered!r}")


@probe(why=_READ, otherwise="Truth values would go to quarantine.")
def read_gives_truth_values(scratch: Scratch) -> Finding:
    """A ticked box is read as true, not as a text."""
    done = scratch.once(read)
    return found(_at(done, 0, 4) is True, f"it was read as {_at(done, 0, 4)!r}")


@probe(
    why="DESIGN 5: dates and what people type are read by the spreadsheet's own locale",
    otherwise="syncd would have to be told the spreadsheet's locale and time zone.",
)
def read_tells_locale_and_zone(scratch: Scratch) -> Finding:
    """The spreadsheet tells its locale and its time zone."""
    properties = scratch.once(read).cells.structure.get("properties", {})
    told = [str(properties.get(name, "")) for name in ("locale", "timeZone")]
    return found(all(told), f"{told[0] or 'no locale'}, {told[1] or 'no time zone'}")


ODD_TEXTS = (
    "'tis",
    "a\r\nb",
    "a\tb",
    "\u00a0x\u200b",
    "x ",
    "\n",
    "+49 30 1",
    "1e5",
    "TRUE",
    "#N/A",
)
ODD_NUMBERS = (0.1 + 0.2, 2.0**53, 1e21, 1e-7, 123456789.123456789, -1.5)


def _back(scratch: Scratch, cells: Sequence[Entered]) -> Finding:
    """Write cells, and compare what stands there with what was written."""
    sheet_id = scratch.tab()
    rows = [[cell] for cell in cells]
    seen = scratch.batch(update_cells(sheet_id, 0, 0, rows), show=[sheet_id]).seen
    stands = seen.column(sheet_id, 0, len(cells))
    pairs = zip(map(plain, cells), stands, strict=True)
    wrong = [f"{sent!r} became {kept!r}" for sent, kept in pairs if sent != kept]
    return found(not wrong, "; ".join(wrong) or f"all {len(cells)} came back")


@probe(
    why="DESIGN 8.13: a value that is written and read back is the same, or looks like an edit",
    otherwise="A record with such a text looks edited in the sheet as soon as it is shown there: it"
    " goes to review, or comes into the CRM as Google spells it.",
)
def odd_texts_come_back(scratch: Scratch) -> Finding:
    """Texts with apostrophes, line ends or odd blanks, or like values, come back the same."""
    return _back(scratch, [{"stringValue": text} for text in ODD_TEXTS])


@probe(
    why="DESIGN 8.13: a value that is written and read back is the same, or looks like an edit",
    otherwise="A record with such a number looks edited in the sheet as soon as it is shown there.",
)
def odd_numbers_come_back(scratch: Scratch) -> Finding:
    """Numbers that are very long, large or small come back to the last digit."""
    return _back(scratch, [{"numberValue": number} for number in ODD_NUMBERS])


@probe(
    why="DESIGN 8.10: what cannot be written is refused whole and said, never cut off",
    otherwise="A long text would be cut off in the sheet.",
)
def text_beyond_the_limit_is_refused(scratch: Scratch) -> Finding:
    """A text of 50,000 characters is stored whole; one more is refused."""
    sheet_id = scratch.tab()
    written = scratch.batch(
        update_cells(sheet_id, 0, 0, [[{"stringValue": "x" * TEXT_MAX}]]), show=[sheet_id]
    )
    stored = len(str(written.seen.entered(sheet_id, 0, 0)))
    longer: list[list[Entered]] = [[{"stringValue": "x" * (TEXT_MAX + 1)}]]
    words = scratch.refused(update_cells(sheet_id, 0, 0, longer))
    seen = f"{stored} characters were stored; one more: {words or 'accepted'}"
    return found(stored == TEXT_MAX and words is not None, seen)


@probe(
    why="DESIGN 6.5: formulas that were replaced are put back as they were",
    otherwise="A formula that is put back reads a little differently; it amounts to the same.",
)
def formulas_keep_their_text(scratch: Scratch) -> Finding:
    """A formula is stored letter by letter as it was written, blanks and case included."""
    sheet_id, text = scratch.tab(), '=if( A2>1,  "a b" , Sum($A$2:A3) )'
    written = scratch.batch(
        update_cells(sheet_id, 0, 0, [[{"formulaValue": text}]]), show=[sheet_id]
    )
    stored = written.seen.entered(sheet_id, 0, 0)
    return found(stored == text, f"{text} became {stored}")


@probe(
    why="DESIGN 5: values are written typed, never by the values methods",
    otherwise="Nothing: syncd does not use the values methods to write.",
)
def raw_texts_stay_texts(scratch: Scratch) -> Finding:
    """A text that begins with = and is written RAW stays a text."""
    sheet_id = scratch.tab()
    scratch.batch(update_cells(sheet_id, 0, 1, [[{"stringValue": "made"}]]))
    where = f"values/'{scratch.title(sheet_id)}'!A1"
    words = scratch.write_values(where, {"values": [["=1+1"]]}, raw=True, verb="PUT")
    cell = scratch.read(sheet_id).cell(sheet_id, 0, 0).get("userEnteredValue", {})
    return found("stringValue" in cell, words or f"the cell holds {cell}")


@probe(
    why="DESIGN 5: cells behind a merge are left alone",
    otherwise="Nothing: syncd does not use the values methods to write.",
)
def values_leave_covered_cells(scratch: Scratch) -> Finding:
    """The values methods drop what is written into a cell that a merge covers."""
    sheet_id = scratch.tab()
    area = block(sheet_id, (0, 1), (0, 2))
    scratch.batch({"mergeCells": {"range": area, "mergeType": "MERGE_ALL"}})
    where = f"values/'{scratch.title(sheet_id)}'!A1:B1"
    given = {"values": [["first", "covered"]]}
    words = scratch.write_values(where, given, raw=True, verb="PUT")
    stands = scratch.read(sheet_id).entered(sheet_id, 0, 1)
    return found(stands is None, words or f"the covered cell holds {stands}")


_FINDS: tuple[tuple[Entered, str, str, Entered], ...] = (
    ({"stringValue": "old"}, "old", "new", {"stringValue": "new"}),
    ({"numberValue": 12.5}, "12.5", "13", {"numberValue": 13}),
    ({"boolValue": True}, "TRUE", "FALSE", {"boolValue": False}),
    ({"stringValue": "=x"}, "=x", "y", {"stringValue": "y"}),
    ({"stringValue": "kept"}, "other", "lost", {"stringValue": "kept"}),
)


@probe(
    why="DESIGN 6: writes are judged from the mirror; a real compare-and-set would be simpler",
    otherwise="Nothing: syncd does not rely on findReplace.",
    question="P6",
)
def find_and_replace_compares(scratch: Scratch) -> Finding:
    """Finding and replacing in one cell is a compare-and-set, and says whether it replaced."""
    sheet_id = scratch.tab()
    steps = []
    for column, (_, text, new, _) in enumerate(_FINDS):
        area = block(sheet_id, (0, 1), (column, column + 1))
        find = {"find": text, "replacement": new, "range": area}
        steps.append({"findReplace": find | {"matchCase": True, "matchEntireCell": True}})
    cells = [before for before, *_ in _FINDS]
    answer = scratch.batch(update_cells(sheet_id, 0, 0, [cells]), *steps, show=[sheet_id])
    wrong = []
    for column, (before, _, _, after) in enumerate(_FINDS):
        count = answer.replies[column + 1].get("findReplace", {}).get("occurrencesChanged", 0)
        stands = answer.seen.cell(sheet_id, 0, column).get("userEnteredValue")
        if (count, stands) != (int(before != after), after):
            wrong.append(f"{plain(before)!r}: {count} changed, then {plain(stands)!r}")
    return found(not wrong, "; ".join(wrong) or f"{len(_FINDS)} cells, as they should be")


PROBES = (
    read_finds_a_renamed_tab,
    read_gives_dates_as_numbers,
    read_gives_errors_as_texts,
    read_tells_spills,
    read_gives_truth_values,
    read_tells_locale_and_zone,
    odd_texts_come_back,
    odd_numbers_come_back,
    text_beyond_the_limit_is_refused,
    formulas_keep_their_text,
    raw_texts_stay_texts,
    values_leave_covered_cells,
    find_and_replace_compares,
)
