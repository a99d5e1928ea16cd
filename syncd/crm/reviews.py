"""The review queue: where what a person did is kept when it was not taken."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from syncd.core.plan import Review, ReviewKey, ReviewKind, Standing
from syncd.core.snapshot import FieldName, RowId, Side, TableName, Value
from syncd.crm.database import Database
from syncd.crm.history import Event, History
from syncd.crm.state import dump
from syncd.errors import UsageError

_ENTRY = (
    'id, "table", row, field, side, kind, offered, shown, base, standing, reason, at, label,'
    " answered_by, waits, source"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries are meant; what is left out does not matter. `since` is a moment as written."""

    table: str | None = None
    row: str | None = None
    field: str | None = None
    side: Side | None = None
    kind: ReviewKind | None = None
    since: str | None = None
    standing: Standing | None = Standing.OPEN

    def where(self) -> tuple[str, list[str]]:
        """Return the condition in SQL, and what it is given."""
        asked = {
            '"table" = ?': self.table,
            "row = ?": self.row,
            "field = ?": self.field,
            "side = ?": self.side.value if self.side else None,
            "kind = ?": self.kind.value if self.kind else None,
            "at >= ?": self.since,
            "standing = ?": self.standing.value if self.standing else None,
        }
        given = {part: value for part, value in asked.items() if value is not None}
        return " AND ".join(given) or "1 = 1", list(given.values())


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
        return self.find(Wanted(standing=standing))

    def find(self, wanted: Wanted) -> list[Entry]:
        """Return the entries that are meant, oldest first."""
        return self._select(*wanted.where())

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
            int(review.waits),
            closed,
            label,
            review.by,
            review.source,
        ]
        if found:
            self.connection.execute(
                "UPDATE _syncd_reviews SET kind = ?, offered = ?, shown = ?, base = ?,"
                " standing = ?, reason = ?, waits = ?, closed_at = ?, label = ?, answered_by = ?,"
                " source = ?"
                " WHERE id = ?",
                [*given, found[0]],
            )
        else:
            self.connection.execute(
                "INSERT INTO _syncd_reviews (kind, offered, shown, base, standing, reason,"
                ' waits, closed_at, label, answered_by, source, "table", row, field, side, at)'
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [*given, table, review.row, review.field, review.side.value, at],
            )

    def answer(self, number: int, standing: Standing, *, at: str, by: str = "admin") -> Entry:
        """Accept or reject an open entry; one that only waits may be accepted beforehand.

        `by` is who does, as the history tells it.
        """
        entry = self._open(number)
        review = entry.review
        if standing is Standing.ACCEPTED and not (review.acceptable or review.waits):
            raise UsageError(
                f"review entry {number} cannot be taken as it is: {review.reason}",
                hint=f"`syncd review edit {number} --value …` takes another value; or reject it."
                if review.kind is ReviewKind.EDIT
                else f"Mend it where it stands, in the {review.side.value}, or reject the entry.",
            )
        closed = at if standing in _ENDED else None
        self.connection.execute(
            "UPDATE _syncd_reviews SET standing = ?, closed_at = ?, answered_by = ? WHERE id = ?",
            [standing.value, closed, by, number],
        )
        History(self.database).add([_answered(entry, standing, by)], at=at, cycle=None)
        return entry

    def amend(self, number: int, value: Value, *, at: str, by: str = "admin") -> None:
        """Accept an open question about a field, with another value than the one that was typed."""
        entry = self._open(number)
        if entry.review.kind is not ReviewKind.EDIT:
            raise UsageError(
                f"review entry {number} is not about one field",
                hint="Change the row where it stands; its entry follows with the next cycle.",
            )
        event = replace(
            _answered(entry, Standing.ACCEPTED, by),
            outcome="review edited",
            before=entry.review.offered.get(entry.review.field),
            after=value,
        )
        self.connection.execute(
            "UPDATE _syncd_reviews SET standing = ?, offered = ?, reason = '', waits = 0,"
            " answered_by = ? WHERE id = ?",
            [Standing.ACCEPTED.value, dump({entry.review.field: value}), by, number],
        )
        History(self.database).add([event], at=at, cycle=None)

    def lapse(self, entries: Iterable[Entry], *, reason: str, at: str) -> None:
        """Close entries that were answered with yes, before anything came of it."""
        ended = [replace(e, review=replace(e.review, reason=reason)) for e in entries]
        self.connection.executemany(
            "UPDATE _syncd_reviews SET standing = 'moot', reason = ?, closed_at = ?"
            " WHERE id = ? AND standing = 'accepted'",
            [(reason, at, entry.id) for entry in ended],
        )
        told = [_answered(entry, Standing.MOOT, entry.review.by) for entry in ended]
        History(self.database).add(told, at=at, cycle=None)

    def forget(self, numbers: Iterable[int]) -> None:
        """Forget entries that nobody was asked, and of which nothing came."""
        self.connection.executemany(
            "DELETE FROM _syncd_reviews WHERE id = ?", [(number,) for number in numbers]
        )

    def _open(self, number: int) -> Entry:
        entry = self.get(number)
        if entry.review.standing is not Standing.OPEN:
            raise UsageError(
                f"review entry {number} is not open any more: {entry.review.standing.value}",
                hint="`syncd review list` shows the open ones.",
            )
        return entry


def _entry(row: tuple[object, ...]) -> Entry:
    number, table, row_id, field, side, kind, offered, shown, base, standing = row[:10]
    reason, at, label, by, waits, source = row[10:]
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
        waits=bool(waits),
        source=str(source),
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
