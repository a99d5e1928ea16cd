"""What no program can do: a person acts in Google's own page, and syncd looks what became of it."""

from collections.abc import Callable
from dataclasses import dataclass

from syncd.errors import SheetError
from syncd.probe.copies import TEXTS, column_of
from syncd.probe.model import Finding, found, probe, untried
from syncd.probe.rehearsal import marked
from syncd.probe.scratch import NAME_PREFIX, Scratch, Seen
from syncd.probe.together import LAG_ROUNDS, LAG_WAIT_S, until_seen
from syncd.sheet.cells import block, update_cells

NOBODY = "it takes a person: --with-person asks one"
NOT_YOURS = "only a spreadsheet that is made for it is restored"
RESTORED = "DESIGN 6.7: an older version of the file may come back at any time"
HEALS = (
    "syncd's own tab tells that an older version is back; the token is renewed before any write."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restored version looks like: the ids that the named range had, and the tabs."""

    kept: int
    deleted: int
    first_id: str
    second_id: str
    name: str
    seen: Seen
    tabs: frozenset[int]


def _asked(scratch: Scratch, text: str) -> bool:
    return scratch.ask is not None and scratch.ask(text)


def restored(scratch: Scratch) -> Restored | None:
    """Have a person name a version, change everything, and have that version restored."""
    if scratch.ask is None or not scratch.owned:
        return None  # a whole file is restored: never one that people work in
    kept, deleted = scratch.tab(hidden=False), scratch.tab(hidden=False)
    name = f"{NAME_PREFIX}{scratch.mint()}_restored"
    add = {"addNamedRange": {"namedRange": {"name": name, "range": block(kept, (0, 1), (0, 1))}}}
    made = scratch.batch(
        column_of(kept), column_of(deleted), marked("COLUMNS", kept, 0, "restored"), add
    )
    first = str(made.replies[-1]["addNamedRange"]["namedRange"]["namedRangeId"])
    if not _asked(
        scratch,
        "Open the spreadsheet, choose File > Version history > Name current version,"
        " and call it “probe”.",
    ):
        return None
    again = scratch.batch(
        {"deleteNamedRange": {"namedRangeId": first}},
        add,
        update_cells(kept, 1, 0, [[{"stringValue": "later"}]]),
        marked("COLUMNS", kept, 1, "later"),
        {"deleteSheet": {"sheetId": deleted}},
    )
    second = str(again.replies[1]["addNamedRange"]["namedRange"]["namedRangeId"])
    if not _asked(
        scratch,
        "Choose File > Version history > See version history, the version “probe”,"
        " and Restore this version.",
    ):
        return None
    return Restored(
        kept=kept,
        deleted=deleted,
        first_id=first,
        second_id=second,
        name=name,
        seen=scratch.read(kept),
        tabs=frozenset(tab.sheet_id for tab in scratch.client.tabs()),
    )


def _of_restored(scratch: Scratch, look: Callable[[Restored], Finding]) -> Finding:
    done = scratch.once(restored)
    if done is None:
        return untried(NOBODY if scratch.owned else NOT_YOURS)
    if done.seen.entered(done.kept, 1, 0) == "later":
        return untried("the version was not restored")
    return look(done)


@probe(why=RESTORED, otherwise=HEALS, question="P9")
def restore_brings_names_back(scratch: Scratch) -> Finding:
    """A restored version has its named ranges again, not those of now."""

    def look(done: Restored) -> Finding:
        now = done.seen.names().get(done.name)
        return found(now != done.second_id, f"then {done.first_id}, later {done.second_id}: {now}")

    return _of_restored(scratch, look)


@probe(why=RESTORED, otherwise=HEALS, question="P9")
def restore_keeps_name_ids(scratch: Scratch) -> Finding:
    """A named range that comes back with a version has its old id again."""

    def look(done: Restored) -> Finding:
        now = done.seen.names().get(done.name)
        if now == done.second_id:
            return untried("named ranges do not come back")
        return found(now == done.first_id, f"it was {done.first_id}, now {now}")

    return _of_restored(scratch, look)


@probe(
    why=f"{RESTORED}; its columns are known by their metadata",
    otherwise="Metadata stays as it is now: columns of the older version may have none, and are"
    " known by their titles; `syncd doctor --fix` marks them again.",
    question="P9",
)
def restore_brings_metadata_back(scratch: Scratch) -> Finding:
    """A restored version has the metadata of its columns again, not that of now."""

    def look(done: Restored) -> Finding:
        marks = done.seen.marked(done.kept, "column")
        return found(set(marks) == {"restored"}, f"columns marked: {', '.join(marks) or 'none'}")

    return _of_restored(scratch, look)


@probe(
    why=f"{RESTORED}; its tabs are known by their ids",
    otherwise="A tab that comes back has a new id: syncd halts and names it; `init` adopts it.",
    question="P9",
)
def restore_keeps_tab_ids(scratch: Scratch) -> Finding:
    """A tab that comes back with an older version has its old id again."""

    def look(done: Restored) -> Finding:
        back = done.deleted in done.tabs
        return found(back and done.kept in done.tabs, "it is back" if back else "its id is gone")

    return _of_restored(scratch, look)


@probe(
    why="DESIGN 5: the id column is hidden and protected by a warning; sorts must move it along",
    otherwise="People cannot sort the table, or the ids stay behind: ids are aligned again by their"
    " natural keys.",
    question="P10",
)
def warning_lets_people_sort(scratch: Scratch) -> Finding:
    """A person can sort by the filter although a column only warns, and the rows stay whole."""
    if scratch.ask is None:
        return untried(NOBODY)
    sheet_id = scratch.tab(hidden=False)
    rows = [[{"stringValue": text}, {"stringValue": f"id of {text}"}] for text in "abc"]
    area = block(sheet_id, (0, 4), (0, 2))
    span = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    hide = {"range": span, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
    warning = {"range": block(sheet_id, (0, 4), (1, 2)), "warningOnly": True}
    scratch.batch(
        column_of(sheet_id, ("name",)),
        update_cells(sheet_id, 1, 0, rows),
        {"setBasicFilter": {"filter": {"range": area}}},
        {"addProtectedRange": {"protectedRange": warning}},
        {"updateDimensionProperties": hide},
    )
    where = scratch.title(sheet_id)
    if not _asked(scratch, f"In the tab {where}, sort by the filter of column A, from Z to A."):
        return untried(NOBODY)
    seen = scratch.read(sheet_id)
    names, ids = seen.column(sheet_id, 0, 4)[1:], seen.column(sheet_id, 1, 4)[1:]
    whole = names == ["c", "b", "a"] and ids == [f"id of {name}" for name in names]
    return found(whole, f"names {names}, ids {ids}")


@probe(
    why="DESIGN 8.3: what a person typed is not lost, also while syncd writes the very cell",
    otherwise="What was being typed is gone when syncd writes the cell, before it was entered:"
    " nobody can see it but its author.",
    question="P13",
)
def typing_outlives_a_write(scratch: Scratch) -> Finding:
    """What a person is typing into a cell stands there after Enter, though syncd wrote to it."""
    if scratch.ask is None:
        return untried(NOBODY)
    sheet_id = scratch.tab(hidden=False)
    scratch.batch(update_cells(sheet_id, 0, 0, [[{"stringValue": "before"}]]))
    where = scratch.title(sheet_id)
    if not _asked(scratch, f"In the tab {where}, type “mine” into A1 and do NOT press Enter yet."):
        return untried(NOBODY)
    scratch.batch(update_cells(sheet_id, 0, 0, [[{"stringValue": "ours"}]]))
    if not _asked(scratch, "Now press Enter in the cell."):
        return untried(NOBODY)
    stands = scratch.read(sheet_id).entered(sheet_id, 0, 0)
    return found(stands == "mine", f"the cell holds “{stands}”")


@probe(
    why="DESIGN 5: a row is its id; whether metadata would serve as well",
    otherwise="Nothing: syncd knows rows by the id that stands in them.",
    question="P3",
)
def drag_carries_row_metadata(scratch: Scratch) -> Finding:
    """A row that a person drags elsewhere takes its metadata along."""
    if scratch.ask is None:
        return untried(NOBODY)
    sheet_id = scratch.tab(hidden=False)
    scratch.batch(column_of(sheet_id), marked("ROWS", sheet_id, 1, "dragged"))
    where = scratch.title(sheet_id)
    if not _asked(scratch, f"In the tab {where}, drag row 2 ({TEXTS[1]}) below row 4."):
        return untried(NOBODY)
    seen = scratch.read(sheet_id)
    places = seen.marked(sheet_id, "row").get("dragged", [])
    texts = [seen.entered(sheet_id, place, 0) for place in places]
    return found(texts == [TEXTS[1]], f"it was on {TEXTS[1]}, and lies on {texts}")


@probe(
    why="DESIGN 6.1: every cycle reads the sheet; Drive's word is no proof that nothing changed",
    otherwise="Drive tells of people's edits late, as it is known to: syncd never waits for it.",
    question="P8",
)
def drive_tells_of_edits(scratch: Scratch) -> Finding:
    """Drive's version of the file moves as soon as a person has typed something."""
    if scratch.ask is None:
        return untried(NOBODY)
    sheet_id = scratch.tab(hidden=False)
    scratch.batch(column_of(sheet_id))
    try:
        before = scratch.drive_version()
        where = scratch.title(sheet_id)
        if not _asked(scratch, f"In the tab {where}, type something into B1 and press Enter."):
            return untried(NOBODY)
        lag = until_seen(scratch, lambda: scratch.drive_version() != before)
    except SheetError as error:
        return untried(f"Drive does not tell: {error.what}")
    if lag.looks is None:
        return found(False, f"not within {LAG_ROUNDS * LAG_WAIT_S:.0f} s")
    return found(lag.looks == 1, f"after about {(lag.looks - 1) * LAG_WAIT_S:.1f} s")


PROBES = (
    restore_brings_names_back,
    restore_keeps_name_ids,
    restore_brings_metadata_back,
    restore_keeps_tab_ids,
    warning_lets_people_sort,
    typing_outlives_a_write,
    drag_carries_row_metadata,
    drive_tells_of_edits,
)
