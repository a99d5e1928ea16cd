"""Every kind of work of the engine, each with what has to be there before it.

An operation is prepared while nothing fails, carried out while something does, and repeated as a
daemon or an impatient person repeats it. It says nothing of what should come of it: the same
operation undisturbed does.
"""

import functools
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from syncd.authority import settle_cycles, switch
from syncd.config import Config
from syncd.core.plan import Standing
from syncd.core.snapshot import Side
from syncd.cycle.refill import set_up
from syncd.cycle.run import run_cycle
from syncd.importer.run import import_source
from syncd.sandbox.book.model import Book
from syncd.sandbox.state.settings import Settings
from syncd.undo import undo, wanted_of
from tests.simulation import board
from tests.simulation.client import Google, SimClient
from tests.simulation.clock import Clock
from tests.simulation.disk import Disk
from tests.simulation.people.hand import block
from tests.simulation.template import (
    Template,
    folder,
    new_service,
    open_workspace,
    template,
    update,
)

if TYPE_CHECKING:
    from tests.simulation.every_call import Trial

Work = Callable[["Trial"], object]
CSV = "Name,City,Size\nname~901,city~901,7000901\nname~902,city~902,7000902\n"


def _nothing(_trial: "Trial") -> None:
    """Prepare nothing."""


def cycle(trial: "Trial") -> object:
    """Run one cycle."""
    return run_cycle(trial.ws)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A kind of work: what comes before it, and what somebody does before its first write.

    `steps` is how often the work has to be done even where nothing fails.
    """

    prepare: Work = _nothing
    work: Work = cycle
    meanwhile: Work = _nothing
    steps: int = 1
    bare: bool = False
    policy: Mapping[str, str] = field(default_factory=dict)


# ── what people and programs do ───────────────────────────────────────────────────────────────


def person(trial: "Trial", requests: list[dict[str, Any]], what: str) -> None:
    """Let one of the team do something in the sheet."""
    before = trial.google.book
    after = trial.google.person(requests)
    assert isinstance(after, Book), after
    trial.oracle.person_acted(before, after, what)


def people_tab(trial: "Trial") -> board.Tab:
    """Return the tab People as it is now."""
    tab = board.true_tab(trial.google.book, "people")
    assert tab is not None
    return tab


def place_of(tab: board.Tab, name: str) -> int:
    """Return where somebody's row stands."""
    return next(p for p in tab.rows if tab.text(p, tab.columns["name"]) == name)


def types(trial: "Trial", name: str, field_: str, value: object) -> None:
    """Let a person type into a cell of somebody's row."""
    tab = people_tab(trial)
    request = update(tab.sheet_id, place_of(tab, name), tab.columns[field_], [[value]])
    person(trial, [request], f"types {value}")


def sorts(trial: "Trial", *, whole: bool) -> None:
    """Let a person sort the rows backwards, with their hidden ids or without."""
    tab = people_tab(trial)
    width = tab.sheet.column_count if whole else tab.columns["@id"]
    specs = [{"dimensionIndex": tab.columns["name"], "sortOrder": "DESCENDING"}]
    where = block(tab, (1, tab.end), (0, width))
    person(trial, [{"sortRange": {"range": where, "sortSpecs": specs}}], "sorts")


def program(trial: "Trial", sql: str, *given: object) -> None:
    """Let another program write one record of people."""
    trial.app.execute(sql, given)
    for table, record in board.records(trial.app):
        trial.oracle.program_acted(trial.app, table, record["id"], "a program")


def id_of(trial: "Trial", name: str) -> str:
    """Return somebody's id."""
    (found,) = trial.app.execute("SELECT id FROM people WHERE name = ?", [name]).fetchone()
    return str(found)


# ── what has to be there before ───────────────────────────────────────────────────────────────


def connects(trial: "Trial") -> None:
    """Give the CRM authority."""
    switch(trial.ws, Side.CRM, by="admin")


def changes_a_cell(trial: "Trial") -> None:
    """Give syncd a cell to write."""
    connects(trial)
    program(trial, "UPDATE people SET size = 7000911 WHERE name = 'name~2'")


def adds_a_record(trial: "Trial") -> None:
    """Give syncd a row to insert, and one that refers to it."""
    connects(trial)
    program(trial, "INSERT INTO people (name, city) VALUES ('name~912', 'city~912')")
    row = id_of(trial, "name~912")
    program(trial, "INSERT INTO deals (person, topic) VALUES (?, 'topic~912')", row)


def archives_a_record(trial: "Trial") -> None:
    """Give syncd a row to take out, once it is marked."""
    connects(trial)
    program(trial, "UPDATE people SET archived_at = 'now' WHERE name = 'name~3'")
    program(trial, "UPDATE deals SET archived_at = 'now' WHERE topic = 'topic~3'")


def adds_rows(trial: "Trial") -> None:
    """Give syncd rows that need ids, one of them for a record that it can only make then."""
    tab = people_tab(trial)
    new = [["name~921", "city~921", 7000921], ["name~922", "city~922", 7000922]]
    person(trial, [update(tab.sheet_id, tab.end, 0, new)], "adds rows")
    deals = board.true_tab(trial.google.book, "deals")
    assert deals is not None
    row = [["name~922", "topic~922", "note~922"]]
    person(trial, [update(deals.sheet_id, deals.end, 0, row)], "adds a deal")


def edits_and_removes(trial: "Trial") -> None:
    """Give syncd an edit to pull, a row that went away, and one that is refused."""
    types(trial, "name~1", "city", "city~931")
    types(trial, "name~2", "size", "many~931")
    tab = people_tab(trial)
    place = place_of(tab, "name~4")
    where = {"sheetId": tab.sheet_id, "dimension": "ROWS"}
    where |= {"startIndex": place, "endIndex": place + 1}
    person(trial, [{"deleteDimension": {"range": where}}], "deletes a row")


def diverges(trial: "Trial") -> None:
    """Let both sides differ while the CRM has authority: an edit, and a row that waits."""
    connects(trial)
    types(trial, "name~1", "city", "city~941")
    adds_rows(trial)
    program(trial, "UPDATE people SET city = 'city~942' WHERE name = 'name~2'")
    settle_cycles(trial.ws)


def has_changed(trial: "Trial") -> None:
    """Have a cycle that wrote to both sides behind it."""
    adds_rows(trial)
    types(trial, "name~1", "city", "city~951")
    program(trial, "UPDATE people SET city = 'city~952' WHERE name = 'name~2'")
    trial.number = run_cycle(trial.ws).cycle
    settle_cycles(trial.ws)


# ── the work ──────────────────────────────────────────────────────────────────────────────────


def switches(side: Side) -> Work:
    """Return the work of giving authority to a side; it is done where it is so already."""

    def work(trial: "Trial") -> None:
        if trial.ws.crm.state.authority is not side:
            switch(trial.ws, side, by="admin")

    return work


def undoes(trial: "Trial") -> None:
    """Take the prepared cycle back, if that is not done yet."""
    undo(trial.ws, wanted_of(trial.ws, str(trial.number)), by="admin")


def accepts(trial: "Trial") -> None:
    """Accept what waits of people, as `review accept` does, and run a cycle."""
    waiting = trial.ws.crm.reviews.entries()
    entries = [e for e in waiting if e.table == "people" and e.review.acceptable]
    with trial.ws.crm.database.transaction():
        for entry in entries:
            trial.ws.crm.reviews.answer(entry.id, Standing.ACCEPTED, at=trial.ws.now())
    run_cycle(trial.ws)


def imports(trial: "Trial") -> None:
    """Import a file."""
    path = trial.place / "people.csv"
    path.write_text(CSV, encoding="utf-8")
    for number in (901, 902):
        trial.oracle.file_given("people", {"name": f"name~{number}", "city": f"city~{number}",
                                           "size": 7000000 + number})  # fmt: skip
    import_source(trial.ws, str(path), by="admin")
    run_cycle(trial.ws)


def refills(trial: "Trial") -> None:
    """Lose a column of the tab: init makes it anew and fills it."""
    tab = people_tab(trial)
    where = {"sheetId": tab.sheet_id, "dimension": "COLUMNS"}
    start = tab.columns["city"]
    where |= {"startIndex": start, "endIndex": start + 1}
    connects(trial)
    person(trial, [{"deleteDimension": {"range": where}}], "deletes a column")


def init(trial: "Trial") -> None:
    """Run init."""
    set_up(trial.ws)


OPERATIONS: dict[str, Operation] = {
    "cell written": Operation(prepare=changes_a_cell),
    "new row": Operation(prepare=adds_a_record),
    "removal in two steps": Operation(
        prepare=archives_a_record, steps=3, policy={"on_archive": "remove"}
    ),
    "repair after a sort in the window": Operation(
        prepare=changes_a_cell, meanwhile=lambda t: sorts(t, whole=True)
    ),
    "new row and a sort in the window": Operation(
        prepare=adds_a_record, meanwhile=lambda t: sorts(t, whole=False)
    ),
    "edit in the window": Operation(
        prepare=changes_a_cell, meanwhile=lambda t: types(t, "name~2", "size", 7000961)
    ),
    "rows without id": Operation(prepare=adds_rows),
    "edits and a removal pulled": Operation(prepare=edits_and_removes, steps=2),
    "re-alignment after a sort": Operation(prepare=lambda t: sorts(t, whole=False)),
    "init": Operation(bare=True, work=init),
    "init fills a column": Operation(prepare=refills, work=init, steps=2),
    "connect": Operation(prepare=has_changed, work=switches(Side.CRM)),
    "disconnect": Operation(prepare=diverges, work=switches(Side.SHEET)),
    "undo": Operation(prepare=has_changed, work=undoes),
    "review accept": Operation(prepare=diverges, work=accepts, steps=2),
    "import": Operation(work=imports),
}


@functools.cache
def bare() -> Template:
    """Return a spreadsheet and a database in which nothing was set up yet."""
    clock, book = Clock(), template().bare
    google = Google(new_service(Settings(seed=1), clock), book.book_id, clock)
    with tempfile.TemporaryDirectory(dir=folder()) as place:
        config = Config(sheet={"spreadsheet": book.book_id}, folder=Path(place))
        disk, ids = Disk(clock, Random("bare disk")), Random("bare")
        open_workspace(config, SimClient(google), disk, ids, lambda _: None).close()
        database = config.crm_path.read_bytes()
    return Template(book=book, database=database, bare=book)
