"""What the database holds of a table when the sheet is looked at: records, and what was shared."""

from collections.abc import Mapping
from dataclasses import dataclass

from syncd.core.seen import Known, Said
from syncd.core.snapshot import BaseRow, Problem, RowId, Values
from syncd.crm.records import Record
from syncd.crm.unfit import remembered_unfit, shared_values
from syncd.cycle.view import Part
from syncd.cycle.workspace import Workspace
from syncd.schema import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the database holds of one table."""

    records: Mapping[RowId, Record]
    base: Mapping[RowId, BaseRow]
    known: Mapping[RowId, Known]
    said: Mapping[RowId, Said]
    unfit: frozenset[RowId]  # what was verified before the schema changed, and breaks it now
    shared: Mapping[RowId, tuple[Problem, ...]]


def remember(ws: Workspace, table: Table, part: Part | None) -> Remembered:
    """Return what the database holds of a table, or of the rows of a part of it."""
    if part:
        rows = sorted(part.ids[table.name].values())
        records, base = ws.crm.records.some(table, rows), ws.crm.state.base(table.name, rows)
    else:
        records = ws.crm.records.read(table)
        base = ws.crm.state.base(table.name, like=records)
    known = {row: Known(key=None, values={}) for row in ws.crm.state.provisional(table.name)}
    for row, shared in base.items():
        known[row] = _known(table, shared.values, archived=shared.archived)
    for row, record in records.items():
        if row not in base:
            known[row] = _known(table, record.values, archived=record.archived)
    unfit = remembered_unfit(ws.crm.database, table.name)
    return Remembered(
        records=records,
        base=base,
        known=known,
        said=ws.crm.settled.said(table.name),
        unfit=unfit,
        shared=shared_values(ws.crm.database, table) if unfit else {},
    )


def _known(table: Table, values: Values, *, archived: bool) -> Known:
    names = table.key_of(values)
    key = None if names is None else table.key(names, values)
    return Known(key=key, values=values, archived=archived, named_by=frozenset(names or ()))
