"""The history: every change with what was before, what is since, who did it, and when."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syncd.core.past import Line
from syncd.core.plan import WHOLE_ROW
from syncd.core.snapshot import FieldName, RowId, Side, TableName, Value
from syncd.crm.database import Database
from syncd.crm.renewals import RENAMED, Renewals, Span, called

_EVENT = (
    "id", "at", "cycle", "side", "origin", "table", "row", "field", "before", "after", "base",
    "outcome", "reason",
)  # fmt: skip
_COLUMNS = ", ".join(f'"{name}"' for name in _EVENT)
_COMMON = ("sheet", "crm", "syncd")  # origins that are not indexed: most entries have one of them
_COMMON_TEXT = ", ".join(f"'{name}'" for name in _COMMON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the history: what happened to a field or a row, on which side, and why."""

    table: TableName
    row: RowId
    side: Side
    outcome: str
    origin: str
    field: FieldName = WHOLE_ROW
    before: Value = None
    after: Value = None
    base: Value = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which entries are wanted; None leaves a question open.

    `origin` finds `import:3`, and with `import` all of that kind. `since` and `until` are times as
    the history writes them.
    """

    table: str | None = None
    row: str | None = None
    field: str | None = None
    origin: str | None = None
    cycle: int | None = None
    outcome: str | None = None
    since: str | None = None
    until: str | None = None


class History:
    """The history of one CRM; triggers add what changes in the records' tables.

    With `renewals` fields are found and read as they are today, whatever they were once called.
    """

    def __init__(self, database: Database, renewals: Renewals | None = None) -> None:
        self.database = database
        self.connection = database.connection
        self.renewals = renewals

    def newest(self) -> int:
        """Return the number of the newest entry, 0 before the first."""
        with self.database.failures():
            (number,) = self.connection.execute(
                "SELECT coalesce(max(id), 0) FROM _syncd_history"
            ).fetchone()
        return int(number)

    def add(self, events: Iterable[Event], *, at: str, cycle: int | None) -> None:
        """Write what syncd did, or did not take."""
        self.connection.executemany(
            'INSERT INTO _syncd_history (at, cycle, side, origin, "table", row, field, before,'
            " after, base, outcome, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    at,
                    cycle,
                    e.side.value,
                    e.origin,
                    e.table,
                    e.row,
                    e.field,
                    e.before,
                    e.after,
                    e.base,
                    e.outcome,
                    e.reason,
                )
                for e in events
            ],
        )

    def entries(
        self, search: Search | None = None, *, limit: int | None = 50
    ) -> list[dict[str, object]]:
        """Return the newest entries first, at most `limit`, as they were written.

        `called` is the name that an entry's field has today.
        """
        search = search or Search()
        spans: list[Span] = []
        if self.renewals and search.field is not None:
            spans = self.renewals.spans(search.field, search.table)
        where, given = _conditions(search, spans)
        bound = f" LIMIT {limit}" if limit is not None else ""
        with self.database.failures():
            rows = self.connection.execute(
                f"SELECT {_COLUMNS} FROM _syncd_history{where} ORDER BY id DESC{bound}", given
            )
            found = [dict(zip(_EVENT, entry, strict=True)) for entry in rows]
        renewals = self.renewals.all() if self.renewals else []
        return [
            {**e, "called": called(renewals, e["table"], e["field"], int(str(e["id"])))}
            for e in found
        ]

    def in_cycles(self, first: int, last: int) -> list[Line]:
        """Return what some cycles did, oldest first."""
        return self._lines("cycle BETWEEN ? AND ?", first, last)

    def by(self, origin: str) -> list[Line]:
        """Return what was done in the name of an origin, oldest first."""
        condition, given = _from(origin)
        return self._lines(condition, *given)

    def of_rows(self, rows: Sequence[RowId]) -> list[Line]:
        """Return the whole past of some rows, oldest first."""
        return self._lines("row IN (SELECT value FROM json_each(?))", json.dumps(rows))

    def end_of(self, cycle: int) -> int:
        """Return the number of the last entry that was written by the end of a cycle."""
        with self.database.failures():
            (last,) = self.connection.execute(
                "SELECT coalesce(max(id), 0) FROM _syncd_history WHERE cycle <= ?", [cycle]
            ).fetchone()
        return int(last)

    def _lines(self, condition: str, *given: object) -> list[Line]:
        with self.database.failures():
            rows = self.connection.execute(
                'SELECT id, at, cycle, side, origin, "table", row, field, before, after, outcome'
                f" FROM _syncd_history WHERE {condition} ORDER BY id",
                given,
            ).fetchall()
        lines = [
            Line(
                id=number,
                at=at,
                cycle=cycle,
                side=Side(side),
                origin=origin,
                table=TableName(table),
                row=RowId(row),
                field=FieldName(name),
                before=before,
                after=after,
                outcome=outcome,
            )
            for number, at, cycle, side, origin, table, row, name, before, after, outcome in rows
        ]
        return self.renewals.carry(lines) if self.renewals else lines

    def taken_back(self, table: TableName) -> frozenset[RowId]:
        """Return the records that an undo took out of use, and nobody into use again."""
        with self.database.failures():
            rows = self.connection.execute(
                "SELECT h.row FROM _syncd_history AS h WHERE h.origin NOT IN"
                f" ({_COMMON_TEXT}) AND h.origin >= 'undo:' AND h.origin < 'undo;'"
                " AND h.\"table\" = ? AND h.outcome = 'archived' AND NOT EXISTS (SELECT 1 FROM"
                ' _syncd_history AS n WHERE n.row = h.row AND n."table" = h."table"'
                " AND n.id > h.id AND n.outcome IN ('unarchived', 'created'))",
                [table],
            )
            return frozenset(RowId(row) for (row,) in rows)

    def knows(self, row: str) -> list[TableName]:
        """Return the tables in which something happened to a row of this id."""
        with self.database.failures():
            rows = self.connection.execute(
                'SELECT DISTINCT "table" FROM _syncd_history WHERE row = ? ORDER BY 1', [row]
            )
            return [TableName(table) for (table,) in rows]


def _conditions(search: Search, spans: Iterable[Span]) -> tuple[str, list[object]]:
    """Return the condition that finds what is wanted, and what its marks stand for."""
    exact = {
        "table": search.table,
        "cycle": search.cycle,
        "outcome": search.outcome,
    }
    where = [f'"{name}" = ?' for name, value in exact.items() if value is not None]
    given: list[object] = [value for value in exact.values() if value is not None]
    for compared, moment in (("at >= ?", search.since), ("at <= ?", search.until)):
        if moment is not None:
            where.append(compared)
            given.append(moment)
    if search.row is not None:
        # What became of a whole column concerns each row.
        where.append("(row = ? OR (row = '' AND outcome = ?))")
        given += [search.row, RENAMED]
    if search.field is not None:
        named = ["field = ?"]
        given.append(search.field)
        for span in spans:
            named.append('("table" = ? AND field = ? AND id > ? AND id <= ?)')
            given += [span.table, span.name, span.after, span.until]
        where.append(f"({' OR '.join(named)})")
    if search.origin is not None:
        condition, marks = _from(search.origin)
        where.append(condition)
        given += marks
    return (f" WHERE {' AND '.join(where)}" if where else "", given)


def _from(origin: str) -> tuple[str, list[object]]:
    """Return the condition for an origin; a kind of origins finds all names that begin with it."""
    if origin in _COMMON:
        return "origin = ?", [origin]
    rare = f"origin NOT IN ({_COMMON_TEXT})"  # as the index has it
    if ":" in origin or " " in origin:
        return f"{rare} AND origin = ?", [origin]
    return f"{rare} AND origin >= ? AND origin < ? || ';'", [origin, origin]
