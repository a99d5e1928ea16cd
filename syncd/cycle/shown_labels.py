"""Shown labels: what records were called in the sheet is remembered, as cells keep showing it.

A reference that still shows a former label is read as what it meant, and shown anew. So a label is
remembered before it is written: the cycle that writes it may come to no end, and the record may
have another name by the next one.
"""

from collections.abc import Iterable

from syncd.core.snapshot import RowId
from syncd.cycle.observe import Observation, View
from syncd.cycle.workspace import Workspace


def remember_labels(ws: Workspace, observed: Observation) -> None:
    """Remember the labels of the records, under which references to them may be written now."""
    found = [(v, new_labels(ws, observed, v, v.state.crm)) for v in observed.views]
    if any(labels for _, labels in found):
        with ws.crm.database.transaction():
            for view, labels in found:
                ws.crm.state.write_labels(view.table.name, labels)


def arrived_labels(ws: Workspace, observed: Observation, view: View) -> dict[RowId, str]:
    """Return the labels of rows that are no records yet, but of those that may get another id."""
    rows = [r for r in view.state.sheet if r not in view.state.crm]
    labels = new_labels(ws, observed, view, rows)
    name = view.table.name
    return {r: text for r, text in labels.items() if text != r and (name, r) not in ws.paused}


def new_labels(
    ws: Workspace, observed: Observation, view: View, rows: Iterable[RowId]
) -> dict[RowId, str]:
    """Return the labels under which rows that others can refer to were not shown yet."""
    name = view.table.name
    if not any(field.reference == name for t in ws.schema.tables for field in t.fields):
        return {}
    known = observed.former.get(name, {})
    labels = {row: observed.labels.label(name, row) for row in rows}
    return {row: text for row, text in labels.items() if known.get(text) != row}
