"""What syncd remembers of a workspace between two cycles: authority, base, problems, labels."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncd.core.snapshot import BaseRow, Problem, RowId, Side, TableName, Values
from syncd.crm.database import Database
from syncd.crm.records import Record

COPIES_SKIP = "copies_skip"  # the key that says that copies leave out rows that are out of sight


def dump(value: object) -> str:
    """Return a value as compact JSON text, the same for the same value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One change of authority: when, to which side, by whom and why, under which policy."""

    at: str
    authority: Side
    by: str
    why: str
    policy: str


class State:
    """The remembered state; everything here is written inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.connection

    def get(self, key: str) -> str | None:
        """Return a remembered text."""
        with self.database.failures():
            row = self.connection.execute(
                "SELECT value FROM _syncd_state WHERE key = ?", [key]
            ).fetchone()
        return row[0] if row else None

    def set(self, key: str, value: str | None) -> None:
        """Remember a text, or forget it."""
        with self.database.failures():
            self.connection.execute(
                "INSERT INTO _syncd_state VALUES (?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [key, value],
            )

    @property
    def authority(self) -> Side:
        """The replica that wins at present."""
        return Side(self.get("authority") or Side.SHEET.value)

    @property
    def database_id(self) -> str:
        """The name of this database, by which its batches are known in the sheet."""
        return self.get("database") or ""

    @property
    def policy(self) -> Mapping[str, str]:
        """The policy that an admin chose at the last connect; empty means the config's."""
        chosen: dict[str, str] = json.loads(self.get("policy") or "{}")
        return chosen

    def last_cycle(self) -> int:
        """Return the number of the newest cycle that did something."""
        return int(self.get("cycle") or 0)

    def next_cycle(self) -> int:
        """Return the number of the cycle that begins."""
        number = self.last_cycle() + 1
        self.set("cycle", str(number))
        return number

    def switch(self, switch: Switch) -> None:
        """Give authority to one side, and remember who did it and why."""
        self.set("authority", switch.authority.value)
        self.set("policy", switch.policy)
        self.set("authority_since", switch.at)
        self.connection.execute(
            "INSERT INTO _syncd_switches (at, authority, by, why, policy) VALUES (?, ?, ?, ?, ?)",
            [switch.at, switch.authority.value, switch.by, switch.why, switch.policy],
        )

    # ── base ──────────────────────────────────────────────────────────────────────────────────

    def base(
        self,
        table: TableName,
        only: Sequence[RowId] | None = None,
        like: Mapping[RowId, Record] | None = None,
    ) -> dict[RowId, BaseRow]:
        """Return what both replicas were last verified to share of a table, or of some rows.

        Rows that equal their record in `like` share its values, which are then held once.
        """
        held = like or {}
        where, given = '"table" = ?', [table]
        if only is not None:
            where += " AND row IN (SELECT value FROM json_each(?))"
            given.append(TableName(json.dumps(only)))
        with self.database.failures():
            rows = self.connection.execute(
                f'SELECT row, "values", archived, gone FROM _syncd_base WHERE {where}', given
            )
            return {
                RowId(row): BaseRow(
                    values=_once(json.loads(values), held.get(row)),
                    archived=bool(archived),
                    gone=bool(gone),
                )
                for row, values, archived, gone in rows
            }

    def write_base(self, table: TableName, rows: Iterable[tuple[RowId, BaseRow | None]]) -> None:
        """Advance the base of rows; None forgets a row."""
        kept, gone = [], []
        for row, base in rows:
            if base is None:
                gone.append((table, row))
            else:
                kept.append((table, row, dump(base.values), int(base.archived), int(base.gone)))
        self.connection.executemany(
            'INSERT OR REPLACE INTO _syncd_base ("table", row, "values", archived, gone)'
            " VALUES (?, ?, ?, ?, ?)",
            kept,
        )
        self.connection.executemany('DELETE FROM _syncd_base WHERE "table" = ? AND row = ?', gone)

    # ── sets of rows ──────────────────────────────────────────────────────────────────────────

    def missing(self, table: TableName) -> frozenset[RowId]:
        """Return the rows that the last complete read missed."""
        return self._rows("_syncd_missing", table)

    def write_missing(self, table: TableName, rows: Iterable[RowId]) -> None:
        """Remember the rows that this read missed."""
        self.connection.execute('DELETE FROM _syncd_missing WHERE "table" = ?', [table])
        self._add("_syncd_missing", table, rows)

    def provisional(self, table: TableName) -> frozenset[RowId]:
        """Return the ids that stand in the sheet for rows that are no records yet."""
        return self._rows("_syncd_provisional", table)

    def add_provisional(self, table: TableName, rows: Iterable[RowId]) -> None:
        """Remember ids that were given to rows of the sheet."""
        self._add("_syncd_provisional", table, rows)

    def _rows(self, name: str, table: TableName) -> frozenset[RowId]:
        with self.database.failures():
            rows = self.connection.execute(f'SELECT row FROM {name} WHERE "table" = ?', [table])
            return frozenset(RowId(row) for (row,) in rows)

    def _add(self, name: str, table: TableName, rows: Iterable[RowId]) -> None:
        self.connection.executemany(
            f"INSERT OR IGNORE INTO {name} VALUES (?, ?)", [(table, row) for row in rows]
        )

    # ── what people are told ──────────────────────────────────────────────────────────────────

    def write_problems(
        self, table: TableName, problems: Iterable[tuple[RowId, Side, Problem]]
    ) -> None:
        """Replace the table's quarantine: what cannot be taken at present, and why."""
        self.connection.execute('DELETE FROM _syncd_problems WHERE "table" = ?', [table])
        self.connection.executemany(
            "INSERT OR REPLACE INTO _syncd_problems VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (table, row, p.field, side.value, p.text, p.reason, p.example)
                for row, side, p in problems
            ],
        )

    def problems(self) -> list[dict[str, str]]:
        """Return the quarantine, an entry a field."""
        names = ("table", "row", "field", "side", "text", "reason", "example")
        with self.database.failures():
            rows = self.connection.execute('SELECT * FROM _syncd_problems ORDER BY "table", row')
            return [dict(zip(names, row, strict=True)) for row in rows]

    def paused(self) -> dict[tuple[TableName, RowId], str]:
        """Return what the last cycle left alone, and why."""
        found: list[list[str]] = json.loads(self.get("paused") or "[]")
        return {(TableName(table), RowId(row)): reason for table, row, reason in found}

    def write_paused(self, paused: Mapping[tuple[TableName, RowId], str]) -> None:
        """Replace what is left alone."""
        told = sorted([table, row, reason] for (table, row), reason in paused.items())
        self.set("paused", dump(told))

    # ── what Google was found to do ────────────────────────────────────────────────────────────

    def probed(self, on: str) -> dict[str, Any]:
        """Return what `syncd probe` found of Google (or of an endpoint), by the probe's id.

        Each has a `verdict` (`holds`, `differs`, `untried`), what was `seen`, and `at` which time.
        """
        kept = json.loads(self.get("probed") or "{}")
        found: dict[str, Any] = kept.get("found", {}) if kept.get("on") == on else {}
        return found

    def write_probed(self, on: str, found: Mapping[str, Any]) -> None:
        """Remember what was found; what was not tried this time stays as it was found before."""
        self.set("probed", dump({"on": on, "found": self.probed(on) | dict(found)}))

    # ── labels ────────────────────────────────────────────────────────────────────────────────

    def former_labels(self) -> dict[TableName, dict[str, RowId]]:
        """Return each label that a record has been shown under."""
        found: dict[TableName, dict[str, RowId]] = {}
        with self.database.failures():
            rows = self.connection.execute('SELECT "table", label, row FROM _syncd_labels')
            for table, label, row in rows:
                found.setdefault(TableName(table), {})[label] = RowId(row)
        return found

    def write_labels(self, table: TableName, labels: Mapping[RowId, str]) -> None:
        """Remember the labels that records are shown under."""
        self.connection.executemany(
            "INSERT OR REPLACE INTO _syncd_labels VALUES (?, ?, ?)",
            [(table, label, row) for row, label in labels.items()],
        )


def _once(values: Values, record: Record | None) -> Values:
    return record.values if record is not None and record.values == values else values
