"""The review queue and the history: where what a person did is kept when it was not taken."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from syncd.core.plan import WHOLE_ROW, Review, ReviewKey, ReviewKind, Standing
from syncd.core.snapshot import FieldName, RowId, Side, TableName, Value
from syncd.crm.database import Database
from syncd.crm.state import dump
from syncd.errors import UsageError

_ENTRY = 'id, "table", row, field, side, kind, offered, shown, base, standing, reason, at, label'
_ENDED = (Standing.REJECTED, Standing.TAKEN, Standing.MOOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A stored review, with its number, its table, the row's label and when it was asked."""

    id: int
    table: TableName
    review: Review
    at: str
    label: str


class Reviews:
    """The review entries of one CRM."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.connection

    def current(self, table: TableName) -> dict[ReviewKey, Review]:
        """Return what a cycle must know: open and accepted entries, and the rows refused."""
        entries = self._select(
            "\"table\" = ? AND (standing IN ('open', 'accepted') OR"
            " (standing = 'rejected' AND kind = 'new'))",
            [table],
        )
        return {entry.review.key: entry.review for entry in entries}

    def entries(self, standing: Standing | None = Standing.OPEN) -> list[Entry]:
        """Return the entries of one standing, or all of them, oldest first."""
        if standing is None:
            return self._select("1 = 1", [])
        return self._select("standing = ?", [standing.value])

    def count_open(self, table: TableName) -> int:
        """Return how many questions about a table are open."""
        with self.database.failures():
            (count,) = self.connection.execute(
                "SELECT count(*) FROM _syncd_reviews WHERE \"table\" = ? AND standing = 'open'",
                [table],
            ).fetchone()
        return int(count)

    def get(self, number: int) -> Entry:
        """Return one entry by its number."""
        entries = self._select("id = ?", [number])
        if not entries:
            raise UsageError(
                f"there is no review entry {number}",
                hint="`syncd review list` shows the open ones.",
            )
        return entries[0]

    def _select(self, where: str, given: Iterable[object]) -> list[Entry]:
        with self.database.failures():
            rows = self.connection.execute(
                f"SELECT {_ENTRY} FROM _syncd_reviews WHERE {where} ORDER BY id", list(given)
            ).fetchall()
        return [_entry(row) for row in rows]

    def write(self, table: TableName, review: Review, *, at: str, label: str) -> None:
        """Open an entry, or bring the one about the same row, field and side up to date."""
        closed = at if review.standing in _ENDED else None
        found = self.connection.execute(
            'SELECT id FROM _syncd_reviews WHERE "table" = ? AND row = ? AND field = ? AND side = ?'
            " AND standing IN ('open', 'accepted')",
            [table, review.row, review.field, review.side.value],
        ).fetchone()
        given = [
            review.kind.value,
            dump(review.offered),
            dump(review.shown),
            dump(review.base),
            review.standing.value,
            review.reason,
            closed,
            label,
        ]
        if found:
            self.connection.execute(
                "UPDATE _syncd_reviews SET kind = ?, offered = ?, shown = ?, base = ?,"
                " standing = ?, reason = ?, closed_at = ?, label = ? WHERE id = ?",
                [*given, found[0]],
            )
        else:
            self.connection.execute(
                "INSERT INTO _syncd_reviews (kind, offered, shown, base, standing, reason,"
                ' closed_at, label, "table", row, field, side, at)'
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [*given, table, review.row, review.field, review.side.value, at],
            )

    def answer(self, number: int, standing: Standing, *, at: str) -> Entry:
        """Accept or reject an open entry."""
        entry = self.get(number)
        if entry.review.standing is not Standing.OPEN:
            raise UsageError(
                f"review entry {number} is not open any more: {entry.review.standing.value}",
                hint="`syncd review list` shows the open ones.",
            )
        if standing is Standing.ACCEPTED and not entry.review.acceptable:
            waits = entry.review.reason.startswith("waits ")
            raise UsageError(
                f"review entry {number} cannot be taken as it is: {entry.review.reason}",
                hint="Run `syncd sync` first: what it waits for may be there by then."
                if waits
                else "Type a right value in the sheet or in the CRM, or reject the entry.",
            )
        closed = at if standing in _ENDED else None
        self.connection.execute(
            "UPDATE _syncd_reviews SET standing = ?, closed_at = ? WHERE id = ?",
            [standing.value, closed, number],
        )
        History(self.database).add([_answered(entry, standing)], at=at, cycle=None)
        return entry


def _entry(row: tuple[object, ...]) -> Entry:
    number, table, row_id, field, side, kind, offered, shown, base, standing, reason, at, label = (
        row
    )
    review = Review(
        kind=ReviewKind(kind),
        row=RowId(str(row_id)),
        side=Side(side),
        field=FieldName(str(field)),
        offered=json.loads(str(offered)),
        shown=json.loads(str(shown)),
        base=json.loads(str(base)),
        standing=Standing(standing),
        reason=str(reason),
    )
    return Entry(
        id=int(str(number)),
        table=TableName(str(table)),
        review=review,
        at=str(at),
        label=str(label),
    )


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


_EVENT = ("id", "at", "cycle", "side", "origin", "table", "row", "field", "before", "after", "base")


def _answered(entry: Entry, standing: Standing) -> Event:
    """Return the history of an admin's answer."""
    review = entry.review
    return Event(
        table=entry.table,
        row=review.row,
        side=review.side,
        outcome=f"review {standing.value}",
        origin="admin",
        field=review.field,
        before=review.shown.get(review.field),
        after=review.offered.get(review.field),
        base=review.base.get(review.field),
        reason=review.reason,
    )


class History:
    """The history of one CRM; triggers add what changes in the records' tables."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.connection

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

    def removed_lately(self, table: TableName) -> int:
        """Return how many records of a table syncd archived within the last hour."""
        with self.database.failures():
            (count,) = self.connection.execute(
                "SELECT count(*) FROM _syncd_history WHERE \"table\" = ? AND outcome = 'archived'"
                " AND origin = 'sheet' AND at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 hour')",
                [table],
            ).fetchone()
        return int(count)

    def entries(
        self, *, row: str | None = None, table: str | None = None, limit: int = 50
    ) -> list[dict[str, object]]:
        """Return the newest entries first."""
        where, given = ["1 = 1"], list[object]()
        for column, wanted in (("row", row), ("table", table)):
            if wanted is not None:
                where.append(f'"{column}" = ?')
                given.append(wanted)
        names = (*_EVENT, "outcome", "reason")
        columns = ", ".join(f'"{name}"' for name in names)
        with self.database.failures():
            rows = self.connection.execute(
                f"SELECT {columns} FROM _syncd_history WHERE {' AND '.join(where)}"
                " ORDER BY id DESC LIMIT ?",
                [*given, limit],
            )
            return [dict(zip(names, entry, strict=True)) for entry in rows]
