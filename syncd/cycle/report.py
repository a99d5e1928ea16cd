"""The report: what a cycle found and did, counted, and what it left alone and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncd.core.plan import Halt, Put, RowPlan, TablePlan, digest_of
from syncd.core.snapshot import RowId, Side, TableName
from syncd.cycle.view import Observation, View
from syncd.cycle.workspace import Workspace
from syncd.sheet.read import cell_at

REMARK = "it stands apart or totals others, so it is taken for the team's own and not for a record"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReport:
    """What a cycle found and did in one table."""

    rows: int
    changed: int
    review: int
    quarantine: int
    halts: tuple[Halt, ...] = ()


@dataclass(slots=True, kw_only=True)
class Report:
    """What a cycle came to: `pending` says that one more cycle has something to do."""

    cycle: int
    authority: Side
    digest: str
    tables: Mapping[TableName, TableReport]
    plans: tuple[TablePlan, ...] = ()
    paused: Mapping[tuple[TableName, RowId], str] = field(default_factory=dict)
    pending: bool = False
    idle: bool = False
    resting: int = 0  # rows that were left out, as neither side had moved them
    observed: Observation | None = None  # what a dry run saw

    @property
    def halted(self) -> bool:
        """Whether a table is held back."""
        return any(table.halts for table in self.tables.values())


def report_of(
    ws: Workspace,
    observed: Observation,
    plans: Mapping[TableName, TablePlan],
    *,
    cycle: int,
    untold: bool = False,
) -> Report:
    """Count what the cycle found; `untold`: a status has yet to say what the CRM refuses now."""
    views = {view.table.name: view for view in observed.views}
    tables = {}
    for table in ws.schema.tables:
        plan, view = plans[table.name], views.get(table.name)
        tables[table.name] = TableReport(
            rows=_count(view) if view else 0,
            changed=sum(1 for row in plan.rows if row.actions),
            review=ws.crm.reviews.count_open(table.name),
            quarantine=sum(1 for row in plan.rows if row.problems),
            halts=plan.halts,
        )
    left = ws.refused.keys() | ws.paused.keys()
    acted = [
        _is_data(row, views[plan.table]) and (plan.table, row.row) not in left
        for plan in plans.values()
        for row in plan.rows
    ]
    missing = any(plan.missing for plan in plans.values())
    return Report(
        cycle=cycle,
        authority=ws.crm.state.authority,
        digest=digest_of(plans.values()),
        tables=tables,
        plans=tuple(plans.values()),
        paused={**_by_place(ws.paused, views), **_frozen(observed), **ws.refused},
        resting=sum(view.left_out for view in observed.views),
        pending=missing or untold or any(acted),
    )


def _count(view: View) -> int:
    return len(view.identified.ids) + len(view.identified.frozen) + view.left_out


def _by_place(
    paused: Mapping[tuple[TableName, RowId], str], views: Mapping[TableName, View]
) -> dict[tuple[TableName, RowId], str]:
    """Tell a row that is no record, and cannot be given an id either, by its place."""
    told = {}
    for (table, row), reason in paused.items():
        view = views.get(table)
        if row.startswith("@"):
            told[table, RowId(f"row {int(row[1:]) + 1}")] = reason
        elif view is None or row in view.state.crm or row in view.state.base:
            told[table, row] = reason
        elif (position := view.positions.get(row)) is not None:
            is_shown = cell_at(view.rows[position], view.tab.id_column) == row
            told[table, row if is_shown else RowId(f"row {position + 1}")] = reason
    return told


def _frozen(observed: Observation) -> dict[tuple[TableName, RowId], str]:
    """Return what is left alone: rows and columns by their place, and rows of the team's own."""
    left: dict[tuple[TableName, RowId], str] = {}
    for view in observed.views:
        name = view.table.name
        if name in observed.halted:
            continue
        for position, reason in view.told().items():
            left[name, RowId(f"row {position + 1}")] = reason
        for position in view.remarks:
            left[name, RowId(f"row {position + 1}")] = REMARK
        for field_, reason in {**view.tab.paused, **view.closed}.items():
            left[name, RowId(f"column {view.table.field(field_).title}")] = reason
    return left


def _is_data(row: RowPlan, view: View) -> bool:
    """Whether a plan moves people's values or the base, so that another cycle may have to follow.

    What is shared by now may be what a second step waits for, as a row's removal does.
    """
    moved = row.base != view.state.base.get(row.row)
    return moved or any(not isinstance(action, Put) or action.cells for action in row.actions)
