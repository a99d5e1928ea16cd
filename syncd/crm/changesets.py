"""Changesets: what an admin did in one go, under a name by which it can be undone."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from syncd.crm.database import Database
from syncd.crm.state import dump
from syncd.errors import UsageError

_COLUMNS = "id, kind, subject, at, by, first_cycle, last_cycle, before"
_NAME = re.compile(r"([a-z]+):([0-9]{1,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changeset:
    """One of them: what kind of act, on what (a source, another changeset), when, and by whom.

    `cycles` are the first and the last cycle that carried it out, where those carried out nothing
    else; its other changes name it as their origin. `before` is what an undo needs to know.
    """

    id: int
    kind: str
    subject: str
    at: str
    by: str
    cycles: tuple[int, int] | None = None
    before: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How people call it, and how the history names it as an origin."""
        return f"{self.kind}:{self.id}"


class Changesets:
    """The changesets of one CRM; they are written inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.connection

    def add(
        self,
        kind: str,
        subject: str,
        *,
        at: str,
        by: str,
        before: Mapping[str, str] | None = None,
    ) -> Changeset:
        """Give a name to what is about to be done."""
        with self.database.failures():
            done = self.connection.execute(
                "INSERT INTO _syncd_changesets (kind, subject, at, by, before)"
                " VALUES (?, ?, ?, ?, ?)",
                [kind, subject, at, by, dump(before or {})],
            )
        number = int(done.lastrowid or 0)
        return Changeset(id=number, kind=kind, subject=subject, at=at, by=by, before=before or {})

    def carried_out(self, number: int, first: int, last: int) -> None:
        """Remember which cycles carried it out, and nothing else."""
        with self.database.failures():
            self.connection.execute(
                "UPDATE _syncd_changesets SET first_cycle = ?, last_cycle = ? WHERE id = ?",
                [first, last, number],
            )

    def forget(self, number: int) -> None:
        """Forget one that came to nothing."""
        with self.database.failures():
            self.connection.execute("DELETE FROM _syncd_changesets WHERE id = ?", [number])

    def find(self, name: str) -> Changeset:
        """Return a changeset by its name, or the newest of a kind."""
        found = _NAME.fullmatch(name)
        where, given = ("kind = ? AND id = ?", found.groups()) if found else ("kind = ?", (name,))
        known = self._select(f"WHERE {where} ORDER BY id DESC LIMIT 1", given)
        if not known:
            latest = ", ".join(each.name for each in self.latest())
            raise UsageError(
                f"nothing was done under the name “{name}”",
                hint=f"The latest are: {latest}." if latest else "`syncd history` has what was.",
            )
        return known[0]

    def latest(self, count: int = 5) -> list[Changeset]:
        """Return the newest ones, newest first."""
        return self._select("ORDER BY id DESC LIMIT ?", (count,))

    def named(self) -> dict[str, Changeset]:
        """Return all of them by their name."""
        return {each.name: each for each in self._select("", ())}

    def _select(self, rest: str, given: Sequence[object]) -> list[Changeset]:
        with self.database.failures():
            rows = self.connection.execute(
                f"SELECT {_COLUMNS} FROM _syncd_changesets {rest}", given
            ).fetchall()
        return [
            Changeset(
                id=number,
                kind=kind,
                subject=subject,
                at=at,
                by=by,
                cycles=(first, last) if first is not None else None,
                before=json.loads(before),
            )
            for number, kind, subject, at, by, first, last, before in rows
        ]
