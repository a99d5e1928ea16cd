"""Naming: which row a person means by a text, and what rows are called, without reading all."""

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import process

from syncd.core.snapshot import RowId, TableName, Values
from syncd.cycle.workspace import Workspace
from syncd.errors import UsageError
from syncd.schema import Labels, Table

NEAR = 60
SUGGESTED_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A row as it was found: its table, its id."""

    table: TableName
    row: RowId


def labels_of(ws: Workspace, rows: Iterable[tuple[TableName, RowId]]) -> Labels:
    """Return the labels of some rows, and of what they refer to."""
    wanted: dict[TableName, set[RowId]] = {}
    for name, row in rows:
        wanted.setdefault(name, set()).add(row)
    found: dict[TableName, dict[RowId, Values]] = {}
    for table in reversed(ws.schema.tables):
        records = ws.crm.records.some(table, sorted(wanted.get(table.name, ())))
        found[table.name] = {row: record.values for row, record in records.items()}
        for field in table.fields:
            if field.reference:
                targets = (values.get(field.name) for values in found[table.name].values())
                wanted.setdefault(field.reference, set()).update(
                    RowId(str(target)) for target in targets if target is not None
                )
    return Labels.build(ws.schema, found)


def find_row(ws: Workspace, text: str, table: str | None = None) -> Named:
    """Return the row that a person means by its id, its label or its name."""
    tables = (ws.schema.table(table),) if table else ws.schema.tables
    by_id = _by_id(ws, text, tables)
    if by_id is not None:
        return by_id
    known = {
        each.name: {row: record.values for row, record in ws.crm.records.read(each).items()}
        for each in ws.schema.tables
    }
    labels = Labels.build(ws.schema, known)
    found = [
        Named(table=each.name, row=row)
        for each in tables
        if (row := labels.find(each.name, text)) is not None
    ]
    if len(found) == 1:
        return found[0]
    sharing = [label for each in tables for label in labels.sharing(each.name, text)]
    if found or sharing:
        named = [f"{labels.label(n.table, n.row)} in {n.table} ({n.row})" for n in found]
        raise UsageError(
            f"“{text}” names several rows",
            hint="Say which: " + "; ".join([*named, *sharing][:SUGGESTED_MAX]) + ".",
        )
    everything = [label for each in tables for label in labels.tables[each.name].by_id.values()]
    near = process.extract(text, everything, limit=3, score_cutoff=NEAR)
    close = ", ".join(f"“{label}”" for label, _, _ in near)
    raise UsageError(
        f"there is no row “{text}”",
        hint=f"Did you mean {close}?" if close else "Give its id, its label or its name.",
    )


def _by_id(ws: Workspace, text: str, tables: Iterable[Table]) -> Named | None:
    """Return the row of that id, of which there is a record, a base, or a past."""
    row = RowId(text)
    past = ws.crm.history.knows(text)
    for table in tables:
        name = table.name
        if (
            ws.crm.records.some(table, [row])
            or name in past
            or row in ws.crm.state.provisional(name)
        ):
            return Named(table=name, row=row)
    return None
