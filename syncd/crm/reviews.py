"""The review queue: where what a person did is kept when it was not taken."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from syncd.core.plan import Review, ReviewKey, ReviewKind, Standing
from syncd.core.snapshot import FieldName, RowId, Side, TableName
from syncd.crm.database import Database
from syncd.crm.history import Event, History
from syncd.crm.state import dump
from syncd.errors import UsageError

_ENTRY = (
    'id, "table", row, field, side, kind, offered, shown, base, standing, reason, at, label,'
    " answered_by"
)
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

    def answered(self, by: str) -> list[Entry]:
        """Return the entries that were answered by somebody, as the history tells it."""
        return self._select("answered_by = ?", [by])

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
            review.by,
        ]
        if found:
            self.connection.execute(
                "UPDATE _syncd_reviews SET kind = ?, offered = ?, shown = ?, base = ?,"
                " standing = ?, reason = ?, closed_at = ?, label = ?, answered_by = ? WHERE id = ?",
                [*given, found[0]],
            )
        else:
            self.connection.execute(
                "INSERT INTO _syncd_reviews (kind, offered, shown, base, standing, reason,"
                ' closed_at, label, answered_by, "table", row, field, side, at)'
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [*given, table, review.row, review.field, review.side.value, at],
            )

    def answer(self, number: int, standing: Standing, *, at: str, by: str = "admin") -> Entry:
        """Accept or reject an open entry; `by` is who does, as the history tells it."""
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
            "UPDATE _syncd_reviews SET standing = ?, closed_at = ?, answered_by = ? WHERE id = ?",
            [standing.value, closed, by, number],
        )
        History(self.database).add([_answered(entry, standing, by)], at=at, cycle=None)
        return entry


def _entry(row: tuple[object, ...]) -> Entry:
    number, table, row_id, field, side, kind, offered, shown, base, standing = row[:10]
    reason, at, label, by = row[10:]
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
        by=str(by),
    )
    return Entry(
        id=int(str(number)),
        table=TableName(str(table)),
        review=review,
        at=str(at),
        label=str(label),
    )


def _answered(entry: Entry, standing: Standing, by: str) -> Event:
    """Return the history of an admin's answer."""
    review = entry.review
    return Event(
        table=entry.table,
        row=review.row,
        side=review.side,
        outcome=f"review {standing.value}",
        origin=by,
        field=review.field,
        before=review.shown.get(review.field),
        after=review.offered.get(review.field),
        base=review.base.get(review.field),
        reason=review.reason,
    )
