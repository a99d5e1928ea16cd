"""The intent: what syncd is about to write, with all that is needed to judge it afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncd.core.plan import RowPlan
from syncd.core.snapshot import RowId, Side, TableName
from syncd.cycle import codec
from syncd.schema import Table
from syncd.sheet.cells import Entered
from syncd.sheet.exchange import Batch
from syncd.sheet.judgement import Keys
from syncd.sheet.layout import Layout

Mirror = Mapping[TableName, Mapping[int, tuple[Entered, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """An operation that is judged once more, together with the one that moves the token.

    `newest`: it was the last that had been judged, so that all of what it wrote is still meant.
    """

    number: int
    nonce: str
    newest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """All that is needed to judge an operation and to commit it, also after a restart.

    `repairs` are those that it carries out, `reopened` those that were carried out in vain, as an
    older version of the file is back. `again` is the operation that this version shows.
    """

    cycle: int
    authority: Side
    batch: Batch
    titles: Mapping[TableName, tuple[Entered, ...]] = field(default_factory=dict)
    keys: Mapping[TableName, Keys] = field(default_factory=dict)
    plans: Mapping[TableName, tuple[RowPlan, ...]] = field(default_factory=dict)
    repairs: tuple[int, ...] = ()
    reopened: tuple[int, ...] = ()
    again: Again | None = None


codec.register(Again, Intent)


def stand_in(number: int, copy: int = 0) -> RowId:
    """Return by what a row of an open repair is known in the batch that carries it out."""
    return RowId(f"@{number}.{copy}")


def repair_of(row: RowId) -> int:
    """Return the number of the repair that a row of its batch stands for."""
    return int(row[1:].partition(".")[0])


def keys_of(table: Table, layout: Layout) -> Keys:
    """Return the columns that confirm a row of a table."""
    tab = layout.tabs[table.name]
    names = {name for key in table.keys for name in key if name in tab.columns}
    return Keys(
        id=tab.id_column,
        natural=frozenset(tab.columns[name] for name in names),
        managed=frozenset(tab.columns.values()),
    )
