"""Tabs and files: their ids, copies of them, who may write, and what Drive tells of changes."""

from syncd.errors import SheetError
from syncd.probe.copies import column_of
from syncd.probe.lines import sort_of
from syncd.probe.model import Finding, found, probe, untried
from syncd.probe.rehearsal import marked
from syncd.probe.scratch import NAME_PREFIX, Scratch, Seen, delete_file
from syncd.probe.together import LAG_ROUNDS, LAG_WAIT_S, until_seen
from syncd.sheet.cells import block, update_cells

BY_ID = "DESIGN 5: a tab is known by its sheetId"
HINT_ONLY = "DESIGN 6.1: every cycle reads the sheet; Drive's word is no proof that nothing changed"


@probe(
    why=BY_ID,
    otherwise="syncd would have to read every new tab's id back before it can use it.",
)
def tab_gets_the_chosen_id(scratch: Scratch) -> Finding:
    """A new tab gets the id that was chosen for it, and an id that is in use is refused."""
    sheet_id = scratch.tab()
    shown = scratch.batch(column_of(sheet_id), show=[sheet_id]).seen
    made = bool(shown.sheet(sheet_id))
    words = scratch.refused({"addSheet": {"properties": {"sheetId": sheet_id, "title": "twice"}}})
    return found(made and words is not None, words or "a second tab of this id was made")


@probe(
    why=f"{BY_ID}, so that a duplicate is no part of the workspace",
    otherwise="A duplicated tab could be taken for the original; syncd halts where two tabs claim"
    " one table.",
)
def duplicated_tab_is_another(scratch: Scratch) -> Finding:
    """A duplicated tab has an id of its own; named ranges and metadata stay with the original."""
    sheet_id, name = scratch.tab(), f"{NAME_PREFIX}{scratch.mint()}_tab"
    area = block(sheet_id, (0, 1), (0, 1))
    named = {"addNamedRange": {"namedRange": {"name": name, "range": area}}}
    scratch.batch(column_of(sheet_id), named, marked("COLUMNS", sheet_id, 0, "original"))
    copy = scratch.copied_tab()
    source = {"sourceSheetId": sheet_id, "newSheetId": copy, "newSheetName": scratch.title(copy)}
    scratch.batch({"duplicateSheet": source})
    seen = scratch.read(sheet_id, copy)
    names = seen.structure.get("namedRanges", [])
    where = [n["range"].get("sheetId", 0) for n in names if n["name"].endswith(name)]
    marks = [seen.marked(each, "column").get("original", []) for each in (sheet_id, copy)]
    told = f"named ranges: {len(where)}; metadata: {len(marks[1])} in the copy"
    return found(where == [sheet_id] and marks == [[0], []], told)


@probe(
    why="DESIGN 5: a copy of the file must not be taken for the original: its id is another one",
    otherwise="Nothing: a database is bound to one file's id.",
)
def copied_file_looks_the_same(scratch: Scratch) -> Finding:
    """A copied file has the same tab ids, metadata and named ranges: only its own id differs."""
    if not scratch.owned:
        return untried("only a spreadsheet that is made for it is copied")
    sheet_id, name = scratch.tab(), f"{NAME_PREFIX}{scratch.mint()}_file"
    area = block(sheet_id, (0, 1), (0, 1))
    named = {"addNamedRange": {"namedRange": {"name": name, "range": area}}}
    scratch.batch(column_of(sheet_id), named, marked("COLUMNS", sheet_id, 0, "original"))
    seen = _in_a_copy(scratch, sheet_id)
    kept = {
        "tab id": bool(seen.sheet(sheet_id)),
        "metadata": bool(seen.marked(sheet_id, "column")),
        "named range": name in seen.names(),
    }
    gone = [what for what, there in kept.items() if not there]
    return found(not gone, f"gone: {', '.join(gone)}" if gone else "all is the same")


def _in_a_copy(scratch: Scratch, sheet_id: int) -> Seen:
    """Read a tab in a copy of the whole file, which is deleted again."""
    client, original, left = scratch.client, scratch.client.spreadsheet, list[str]()
    copy = scratch.copied_file()
    client.spreadsheet = copy
    try:
        return scratch.read(sheet_id)
    finally:
        client.spreadsheet = original
        delete_file(client, copy, left.append)


@probe(
    why="DESIGN 5: the id column is protected by a warning only: people may sort, syncd may write",
    otherwise="syncd could not write its own columns: the rows are paused, and say so.",
    question="P10",
)
def warning_lets_the_account_pass(scratch: Scratch) -> Finding:
    """A protection that only warns lets the account write and sort in it."""
    sheet_id = scratch.tab()
    warning = {"range": block(sheet_id, (0, 4), (0, 2)), "warningOnly": True}
    scratch.batch(column_of(sheet_id), {"addProtectedRange": {"protectedRange": warning}})
    text = update_cells(sheet_id, 3, 0, [[{"stringValue": "d"}]])
    words = scratch.refused(text, sort_of(sheet_id))
    stands = scratch.read(sheet_id).column(sheet_id, 0, 4)
    return found(words is None and stands[1] == "d", words or f"the rows read {stands}")


@probe(
    why="DESIGN 6.6: a row with a cell that may not be written is paused, before it is tried",
    otherwise="syncd learns of protected cells only from Google's refusal; then it pauses the row.",
)
def protection_tells_who_may_write(scratch: Scratch) -> Finding:
    """A protected range tells whether this account may write there."""
    sheet_id = scratch.tab()
    rule = {"protectedRange": {"range": block(sheet_id, (0, 1), (0, 1))}}
    scratch.batch({"addProtectedRange": rule})
    rules = scratch.read(sheet_id).sheet(sheet_id).get("protectedRanges", [{}])
    may = rules[0].get("requestingUserCanEdit")
    return found(may is True, f"requestingUserCanEdit is {may}")


@probe(
    why="DESIGN 5: drop-downs suggest; what a record holds is shown, in the list or not",
    otherwise="Google refuses such a value: the row is paused with Google's reason.",
)
def write_passes_drop_downs(scratch: Scratch) -> Finding:
    """A value that is not in a strict drop-down can be written by the API."""
    sheet_id = scratch.tab()
    condition = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "listed"}]}
    rule = {"range": block(sheet_id, (0, 1), (0, 1))}
    rule |= {"rule": {"condition": condition, "strict": True}}
    scratch.batch({"setDataValidation": rule})
    words = scratch.refused(update_cells(sheet_id, 0, 0, [[{"stringValue": "other"}]]))
    return found(words is None, words or "it was written")


@probe(
    why=HINT_ONLY,
    otherwise="Drive tells of changes late, as it is known to: syncd never waits for it.",
    question="P8",
)
def drive_tells_of_changes(scratch: Scratch) -> Finding:
    """Drive's version of the file moves as soon as the API has written to it."""
    try:
        before = scratch.drive_version()
    except SheetError as error:
        return untried(f"Drive does not tell: {error.what}")
    sheet_id = scratch.tab()
    scratch.batch(column_of(sheet_id))
    lag = until_seen(scratch, lambda: scratch.drive_version() != before)
    if lag.looks is None:
        return found(False, f"not within {LAG_ROUNDS * LAG_WAIT_S:.0f} s")
    return found(lag.looks == 1, f"after about {(lag.looks - 1) * LAG_WAIT_S:.1f} s")


PROBES = (
    tab_gets_the_chosen_id,
    duplicated_tab_is_another,
    copied_file_looks_the_same,
    warning_lets_the_account_pass,
    protection_tells_who_may_write,
    write_passes_drop_downs,
    drive_tells_of_changes,
)
