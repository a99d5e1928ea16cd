"""Shown labels: what records were called in the sheet is remembered, as cells keep showing it.

A reference that still shows a former label is read as what it meant, and shown anew. So a label is
remembered before it is written: the cycle that writes it may come to no end, and the record may
have another name by the next one.
"""

from collections.abc import Collection

from syncd.core.snapshot import RowId, TableName
from syncd.cycle.view import Observation, View
from syncd.cycle.workspace import Workspace


def remember_labels(ws: Workspace, observed: Observation) -> None:
    """Remember the labels of all records, also of a table that is halted or has no tab now."""
    arrived = {view.table.name: _arrived(view) for view in observed.views}
    found = {
        name: {
            row: text
            for row, text in observed.labels.tables[name].by_id.items()
            if row not in arrived.get(name, ()) and _is_new(observed, name, row, text)
        }
        for name in _referred(ws)
    }
    if any(found.values()):
        with ws.crm.database.transaction():
            for name, labels in found.items():
                ws.crm.state.write_labels(name, labels)


def arrived_labels(ws: Workspace, observed: Observation, view: View) -> dict[RowId, str]:
    """Return the labels of rows that are no records yet, but of those that may get another id."""
    name = view.table.name
    if name not in _referred(ws):
        return {}
    labels = {row: observed.labels.label(name, row) for row in _arrived(view)}
    return {
        row: text
        for row, text in labels.items()
        if text != row and (name, row) not in ws.paused and _is_new(observed, name, row, text)
    }


def _arrived(view: View) -> Collection[RowId]:
    """Return the rows of a table that are no records."""
    return {row: None for row in view.state.sheet if row not in view.state.crm}.keys()


def _is_new(observed: Observation, table: TableName, row: RowId, text: str) -> bool:
    return observed.former.get(table, {}).get(text) != row


def _referred(ws: Workspace) -> Collection[TableName]:
    """Return the tables that others refer to."""
    names = {field.reference for table in ws.schema.tables for field in table.fields}
    return [table.name for table in ws.schema.tables if table.name in names]
