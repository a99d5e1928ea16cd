"""What holds tables back, what a person let through, and what was removed within the last hour."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from syncd.core.plan import Halt
from syncd.core.rails import Approval
from syncd.core.snapshot import RowId, TableName
from syncd.crm.database import Database
from syncd.crm.state import dump

BY_HAND = "halted by hand"
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A halt that a person asked for, of one table or of every table."""

    digest: str
    table: TableName | None
    why: str
    at: str
    by: str

    def halt(self, table: TableName) -> Halt:
        """Return what it is to a table."""
        rail = f"{BY_HAND}: {self.why}" if self.why else BY_HAND
        return Halt(table=table, rail=rail, count=0, of=0, digest=self.digest)


class Halts:
    """The halts and approvals of one CRM; everything is written inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.connection

    def current(self) -> list[Halt]:
        """Return what holds tables back at present."""
        with self.database.failures():
            rows = self.connection.execute(
                'SELECT "table", rail, count, of_rows, digest, held FROM _syncd_halts'
                ' ORDER BY "table", rail'
            )
            return [
                Halt(
                    table=TableName(table),
                    rail=rail,
                    count=count,
                    of=of,
                    digest=digest,
                    held=frozenset(json.loads(held)),
                )
                for table, rail, count, of, digest, held in rows
            ]

    def write(self, table: TableName, halts: Iterable[Halt], at: str) -> None:
        """Replace what holds a table back."""
        self.connection.execute('DELETE FROM _syncd_halts WHERE "table" = ?', [table])
        self.connection.executemany(
            'INSERT OR REPLACE INTO _syncd_halts ("table", rail, count, of_rows, digest, at, held)'
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(h.table, h.rail, h.count, h.of, h.digest, at, dump(sorted(h.held))) for h in halts],
        )

    # ── approvals ─────────────────────────────────────────────────────────────────────────────

    def approvals(self) -> list[Approval]:
        """Return the held parts that a person let through, and that are not carried out yet."""
        with self.database.failures():
            rows = self.connection.execute(
                'SELECT "table", rail, digest, held FROM _syncd_approvals ORDER BY digest'
            )
            return [
                Approval(
                    table=TableName(table),
                    rail=rail,
                    digest=digest,
                    held=frozenset(json.loads(held)),
                )
                for table, rail, digest, held in rows
            ]

    def approve(self, digest: str, *, at: str, by: str) -> None:
        """Let a held part through, or lift a halt that was asked for by hand."""
        self.connection.execute("DELETE FROM _syncd_stops WHERE digest = ?", [digest])
        self.connection.execute(
            'INSERT OR REPLACE INTO _syncd_approvals (digest, "table", rail, held, at, by)'
            ' SELECT digest, "table", rail, held, ?, ? FROM _syncd_halts WHERE digest = ?'
            " AND held <> '[]'",
            [at, by, digest],
        )
        self.connection.execute("DELETE FROM _syncd_halts WHERE digest = ?", [digest])

    def spend(self, table: TableName, used: Collection[str]) -> None:
        """Forget the approvals of a table that nothing is held back by any more."""
        marks = ", ".join("?" * len(used))
        self.connection.execute(
            f'DELETE FROM _syncd_approvals WHERE "table" = ? AND digest NOT IN ({marks})',
            [table, *sorted(used)],
        )

    # ── halts by hand ─────────────────────────────────────────────────────────────────────────

    def stops(self) -> list[Stop]:
        """Return the halts that people asked for."""
        with self.database.failures():
            rows = self.connection.execute(
                'SELECT digest, "table", why, at, by FROM _syncd_stops ORDER BY at, digest'
            )
            return [
                Stop(digest=digest, table=TableName(table) or None, why=why, at=at, by=by)
                for digest, table, why, at, by in rows
            ]

    def stop(self, stop: Stop, tables: Iterable[TableName]) -> None:
        """Stop the writing of `tables` until the digest is approved, and show it at once."""
        self.connection.executemany(
            'INSERT OR REPLACE INTO _syncd_halts ("table", rail, count, of_rows, digest, at)'
            " VALUES (?, ?, 0, 0, ?, ?)",
            [(name, stop.halt(name).rail, stop.digest, stop.at) for name in tables],
        )
        self.connection.execute(
            'INSERT OR REPLACE INTO _syncd_stops (digest, "table", why, at, by)'
            " VALUES (?, ?, ?, ?, ?)",
            [stop.digest, stop.table or "", stop.why, stop.at, stop.by],
        )

    # ── removals ──────────────────────────────────────────────────────────────────────────────

    def removed_lately(self, table: TableName, now_s: float) -> frozenset[RowId]:
        """Return the rows of a table whose removal was carried out within the last hour."""
        with self.database.failures():
            rows = self.connection.execute(
                'SELECT row FROM _syncd_removals WHERE "table" = ? AND at_s > ?',
                [table, now_s - HOUR_S],
            )
            return frozenset(RowId(row) for (row,) in rows)

    def note_removals(self, table: TableName, rows: Iterable[RowId], now_s: float) -> None:
        """Remember the rows whose removal is carried out, and forget those of before."""
        self.connection.execute("DELETE FROM _syncd_removals WHERE at_s <= ?", [now_s - HOUR_S])
        self.connection.executemany(
            'INSERT OR REPLACE INTO _syncd_removals ("table", row, at_s) VALUES (?, ?, ?)',
            [(table, row, now_s) for row in rows],
        )
