"""The rails: no cycle goes beyond them unless an admin let it, and none is raised without a cause.

Counts are the oracle's own, from the base, the records and the sheet's versions. What it cannot
see for certain counts in the engine's favour: the check is for what no reading of it allows.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from syncd.config import RailsConfig
from syncd.core.plan import Halt
from syncd.core.rails import CHANGED, EMPTY, REMOVED, SCHEMA
from syncd.core.snapshot import Side
from tests.simulation.alignment import Broken

HOUR_S = 3600.0
AGREED = (
    "SELECT row FROM _syncd_reviews WHERE field = ''"
    " AND (kind IN ('withdrawal', 'return') OR (kind = 'removal' AND standing = 'taken'))"
)
CHANGES = (
    'SELECT cycle, "table", row, field, after FROM _syncd_history WHERE id > ?'
    " AND side = 'crm' AND outcome = 'changed' AND origin = 'sheet'"
)
BY_PROGRAMS = (
    "SELECT row FROM _syncd_history WHERE side = 'crm' AND origin = 'crm'"
    " AND outcome IN ('archived', 'deleted')"
)
WAITING = "SELECT row FROM _syncd_reviews WHERE \"table\" = ? AND kind = 'new'"
BASE = 'SELECT "table", row, archived, "values" FROM _syncd_base'
# What a person has to have done before a table is held back for its tab or its columns.
STRUCTURAL = ("column", "title", "tab", "above", "restores")
DEVELOPS = "the schema changes"
REFUSED = ("merges", "protects", "restores")
Row = tuple[str, str]  # a table, and an id or a rail


@dataclass
class Gone:
    """The rows of which a side held nothing, or next to nothing, at some moment."""

    in_sheet: Collection[str]
    in_crm: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)


class Blast:
    """How much of each table syncd took out of use or changed, and when."""

    def __init__(self, rails: RailsConfig) -> None:
        self.rails = rails
        self.seen = 0
        self.archived: set[Row] = set()
        self.base: dict[Row, dict[str, object]] = {}
        self.known: defaultdict[str, int] = defaultdict(int)
        self.removed: dict[Row, float] = {}  # after which moment
        self.looked_at = 0.0
        self.wrong_by = 0.0
        self.approved: defaultdict[Row, set[str]] = defaultdict(set)
        self.planned_on: Mapping[str, set[str]] = {}  # what a cycle began with, by table

    def begin(self, connection: sqlite3.Connection) -> None:
        """Take what is archived at the beginning as archived long ago."""
        (last,) = connection.execute("SELECT max(id) FROM _syncd_history").fetchone()
        self.seen = int(last or 0)
        self.archived = self._look(connection)

    def _look(self, connection: sqlite3.Connection) -> set[Row]:
        counts: defaultdict[str, int] = defaultdict(int)
        archived = set()
        for table, row, out, values in connection.execute(BASE):
            counts[table] += 1
            self.base[table, row] = json.loads(values)
            if out:
                archived.add((table, row))
        for table, count in counts.items():
            self.known[table] = max(self.known[table], count)
        return archived

    def cycle_begins(self, connection: sqlite3.Connection) -> None:
        """Remember what is shared, by which the cycle is going to judge what is missing."""
        self.remember(connection)
        self.planned_on = _live(connection)

    def remember(self, connection: sqlite3.Connection) -> None:
        """Remember what was shared, and what an admin let through."""
        self._look(connection)
        for table, rail, held in connection.execute(
            'SELECT "table", rail, held FROM _syncd_approvals'
        ):
            self.approved[table, rail] |= set(json.loads(held))

    def pass_over(self, connection: sqlite3.Connection) -> None:
        """Leave out what an admin's command did, or another process meanwhile."""
        self.begin(connection)

    def beyond(
        self,
        connection: sqlite3.Connection,
        absent: Collection[str],
        now_s: float,
        wrong_by: float,
    ) -> Iterator[Broken]:
        """Yield what was removed or changed beyond the rails since the last look.

        A row that both sides took away by themselves was removed by nobody else's absence.
        `wrong_by` is how far the machine's clock is off: where it jumped, an hour may have passed.
        """
        if wrong_by != self.wrong_by:
            self.removed.clear()
            self.wrong_by = wrong_by
        changed = self._changed(connection)
        archived = self._look(connection)  # what was shared meanwhile counts as known, too
        yield from self._too_many(changed)
        agreed = {row for (row,) in connection.execute(AGREED)}
        agreed |= {row for (row,) in connection.execute(BY_PROGRAMS) if row in absent}
        for table, row in sorted(archived - self.archived):
            if row not in self.approved[table, REMOVED]:
                self.removed[table, row] = self.looked_at
        self.archived, self.looked_at = archived, now_s
        for table, known in sorted(self.known.items()):
            rows = [
                row
                for (name, row), after_s in self.removed.items()
                if name == table and now_s - after_s < HOUR_S and row not in agreed
            ]
            limit = max(self.rails.removed_rows_max, self.rails.removed_share_max * known)
            if len(rows) > limit:
                yield "blast radius", f"{len(rows)} rows of {table} were removed within an hour"

    def _changed(self, connection: sqlite3.Connection) -> Mapping[tuple[int, str], set[str]]:
        changed: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
        for cycle, table, row, name, after in connection.execute(CHANGES, [self.seen]):
            shared = self.base.get((table, row))
            # What was never shared is none of what the sheet may change; nor is what is put back.
            if shared is not None and after != shared.get(name):
                changed[cycle or 0, table].add(row)
        (last,) = connection.execute("SELECT max(id) FROM _syncd_history").fetchone()
        self.seen = int(last or 0)
        return changed

    def _too_many(self, changed: Mapping[tuple[int, str], set[str]]) -> Iterator[Broken]:
        for (cycle, table), rows in changed.items():
            share = self.rails.changed_share_max * self.known[table]
            limit = max(self.rails.changed_rows_max, share)
            if cycle and len(rows) > limit and not self.approved[table, CHANGED]:
                yield "blast radius", f"cycle {cycle} changed {len(rows)} records of {table}"

    # ── whether a halt has a cause ────────────────────────────────────────────────────────────

    def unjustified(
        self,
        connection: sqlite3.Connection,
        halts: Iterable[Halt],
        gone: Gone,
        touched: Mapping[str, set[str]],
        kinds: Collection[str],
    ) -> Iterator[Broken]:
        """Yield the halts for which nothing that ever happened is a cause."""
        for halt in halts:
            live = _live(connection)[halt.table]
            # Another process may have shared a row since, which the halted plan does not know.
            known = live & self.planned_on.get(halt.table, live)
            limit = self.rails.removed_rows_max
            match halt.rail:
                case rail if rail == EMPTY[Side.SHEET]:
                    justified = known <= {*gone.in_sheet, *gone.emptied}
                case rail if rail == EMPTY[Side.CRM]:
                    justified = known <= gone.in_crm
                case rail if rail == REMOVED:
                    # Records that were out of use may be back or deleted: they count for an hour.
                    out = {row for row in gone.in_crm if row.startswith(f"{halt.table[0]}_")}
                    # A row that waits for an admin is no record, and a row all the same.
                    waiting = {row for (row,) in connection.execute(WAITING, [halt.table])}
                    rows = out | ((live | waiting) & {*gone.in_sheet, *gone.emptied})
                    justified = len(rows) > limit
                case rail if rail == CHANGED:
                    justified = len(touched.get(halt.table, ())) > self.rails.changed_rows_max
                case rail if rail == SCHEMA:
                    justified = DEVELOPS in kinds
                case rail:
                    causes = REFUSED if rail.startswith("Google refuses") else STRUCTURAL
                    justified = any(part in kind for kind in kinds for part in causes)
            if not justified:
                yield "justified halts", f"{halt.table} is held back: {halt.rail}"


def _live(connection: sqlite3.Connection) -> Mapping[str, set[str]]:
    """Return the rows of each table that both sides share and have in use."""
    found = defaultdict[str, set[str]](set)
    for table, row, archived, _ in connection.execute(BASE):
        if not archived:
            found[table].add(row)
    return found
