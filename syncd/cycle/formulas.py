"""Formulas that were replaced: which there were, and how one comes back into its cell.

A formula belongs to a person. Where the authority had to change its cell, the history keeps it; put
back, what it shows is judged by the next cycle like anything else that is typed.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from syncd.core.snapshot import FieldName, RowId, TableName
from syncd.crm.history import Search
from syncd.cycle.effects import Change, Effects
from syncd.cycle.observe import observe
from syncd.cycle.operate import settle
from syncd.cycle.repair import repair
from syncd.cycle.view import Observation
from syncd.cycle.workspace import Workspace
from syncd.cycle.writing import second_read, until_still, write_all
from syncd.errors import UsageError
from syncd.sheet.cells import Entered
from syncd.sheet.read import read_values

REPLACED = "formula replaced"
SHOWN_MAX = 10_000


def replaced_formulas(ws: Workspace) -> list[Mapping[str, Any]]:
    """Return the formulas that were replaced, newest first, as the history has them."""
    return list(ws.crm.history.entries(Search(outcome=REPLACED), limit=SHOWN_MAX))


def put_back(ws: Workspace, numbers: Iterable[int]) -> None:
    """Write formulas of the history into their cells again, in one fenced exchange."""
    entries = {int(entry["id"]): entry for entry in replaced_formulas(ws)}
    wanted = []
    for number in numbers:
        if number not in entries or not entries[number]["field"]:
            raise UsageError(
                f"no formula was replaced under the number {number}",
                hint="`syncd formulas` lists those that were.",
            )
        wanted.append(entries[number])
    settle(ws, ws.layout())
    sent: list[bool] = []

    def attempt() -> None:
        repair(ws)
        if not sent:  # what was typed meanwhile has been put back over the formula, and stays
            _attempt(ws, wanted, sent)

    until_still(ws, attempt, hint="Nothing was written; try again.")


def _attempt(ws: Workspace, wanted: Iterable[Mapping[str, Any]], sent: list[bool]) -> None:
    layout, read_at = ws.layout(), ws.seconds()
    policies = {table.name: ws.policy(table.name) for table in ws.schema.tables}
    observed = observe(ws, read_values(ws.client, layout), layout, policies)
    cells: dict[tuple[TableName, RowId, int], dict[int, Entered]] = {}
    for entry in wanted:
        name, row = TableName(str(entry["table"])), RowId(str(entry["row"]))
        position, column = _place(observed, name, row, FieldName(str(entry["called"])))
        formula: Entered = {"formulaValue": str(entry["before"])}
        cells.setdefault((name, row, position), {})[column] = formula
    effects = Effects(ends={view.table.name: view.end for view in observed.views})
    effects.changes = [
        Change(table=name, row=row, position=position, cells=found)
        for (name, row, position), found in cells.items()
    ]
    rows = second_read(ws, layout, observed, effects)
    if rows is not None:
        sent.append(True)
        write_all(ws, layout, effects, rows, ws.crm.state.last_cycle(), read_at)


def _place(observed: Observation, name: TableName, row: RowId, field: FieldName) -> tuple[int, int]:
    """Return where a field of a row stands now."""
    for view in observed.views:
        if view.table.name == name and row in view.positions and field in view.tab.columns:
            return view.positions[row], view.tab.columns[field]
    raise UsageError(
        f"the cell of {name} {row} {field} is not in the sheet at present",
        hint="Its row or its column is gone, or is left alone: see `syncd status`.",
    )
