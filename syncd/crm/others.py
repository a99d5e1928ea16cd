"""What other programs did to the CRM's file since a moment, as far as records can tell it.

SQLite says only that another connection wrote. The triggers of the records' tables say what became
of which record, whoever wrote it; everything else that a cycle relies on is remembered in a few
rows, which are compared as they stand. What cannot be told calls for a look at everything.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from syncd.core.snapshot import FieldName, RowId, TableName
from syncd.crm.database import Database

CHANGED = "changed"  # the outcome of a change of one field
TOLD_MAX = 10_000  # changes; to look at everything is quicker where there are more
# What each cycle may write by itself, and of which nothing but the cycles' number tells.
_OF_CYCLES = frozenset(
    ("cycle", "worked", "trouble", "paused", "slots", "token", "refusals", "batch_size")
)

_KEPT = (
    "SELECT (SELECT coalesce(max(id), 0) FROM _syncd_history),"
    " (SELECT schema_version FROM pragma_schema_version),"
    " (SELECT json_group_array(json_array(key, value)) FROM _syncd_state)"
)

Told = tuple[TableName, RowId, FieldName, str]  # a record, its field, and what became of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The file at one moment: how often who wrote, the newest entry of the history, the rest.

    `shape` tells whether a table or a trigger was changed, `remembered` is the name of all that is
    kept about the workspace, `cycle` the newest cycle.
    """

    others: int
    ours: int
    newest: int
    shape: int
    remembered: str
    cycle: int

    @classmethod
    def of(cls, database: Database) -> "Moment":
        """Return what the file is like; what others do meanwhile is for the next one to find."""
        others, ours = database.version()
        with database.failures():  # one statement, so that all of it is of one moment
            newest, shape, kept = database.connection.execute(_KEPT).fetchone()
        state = dict(json.loads(kept))
        lasting = sorted(pair for pair in state.items() if pair[0] not in _OF_CYCLES)
        return cls(
            others=others,
            ours=ours,
            newest=newest,
            shape=shape,
            remembered=hashlib.sha256(json.dumps(lasting).encode()).hexdigest(),
            cycle=int(state.get("cycle") or 0),
        )


def told_since(database: Database, then: Moment, now: Moment) -> list[Told] | None:
    """Return what other programs did to records, or None where they did anything else as well."""
    same = (now.ours, now.shape, now.remembered, now.cycle)
    alike = same == (then.ours, then.shape, then.remembered, then.cycle)
    if not alike or now.newest < then.newest:
        return None
    told = list(_told(database, then.newest, now.newest))
    return told if len(told) <= TOLD_MAX else None


def _told(database: Database, after: int, until: int) -> Iterator[Told]:
    """Yield what became of records; a cycle's own changes have its number."""
    with database.failures():
        rows = database.connection.execute(
            'SELECT DISTINCT "table", row, field, outcome FROM _syncd_history'
            " WHERE id > ? AND id <= ? AND side = 'crm' AND cycle IS NULL LIMIT ?",
            [after, until, TOLD_MAX + 1],
        )
        for table, row, field, outcome in rows:
            yield TableName(table), RowId(row), FieldName(field), outcome
