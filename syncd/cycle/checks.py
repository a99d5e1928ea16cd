"""Checks: the plans of a cycle against the rails, and what the rails have to remember of it."""

from collections.abc import Mapping

from syncd.core.plan import TablePlan
from syncd.core.rails import SCHEMA, check_rails
from syncd.core.reconcile import reconcile
from syncd.core.snapshot import TableName
from syncd.crm.state import dump
from syncd.cycle.observe import Observation
from syncd.cycle.references import with_references
from syncd.cycle.workspace import Workspace


def checked_plans(ws: Workspace, observed: Observation) -> dict[TableName, TablePlan]:
    """Reconcile each table that can be read, and check its plan against the rails."""
    approvals, stops, now_s = ws.crm.halts.approvals(), ws.crm.halts.stops(), ws.worked_s()
    return {
        (name := view.table.name): check_rails(
            view.verified(reconcile(view.state, view.policy)),
            view.state,
            ws.config.limits,
            removed_lately=ws.crm.halts.removed_lately(name, now_s),
            schema_changed=ws.crm.state.get(_shape(name)) not in (None, view.table.digest),
            stops=[stop.halt(name) for stop in stops if stop.table in (None, name)],
            approvals=approvals,
        )
        for view in with_references(ws.schema, observed.views)
        if view.table.name not in observed.halted
    }


def remember_rails(
    ws: Workspace, observed: Observation, plans: Mapping[TableName, TablePlan]
) -> None:
    """Remember what was removed, spend approvals that were carried out, and learn the schema."""
    approved = {approval.table for approval in ws.crm.halts.approvals()}
    for view in observed.views:
        name, plan = view.table.name, plans[view.table.name]
        left = {row for table, row in (*ws.refused, *ws.paused) if table == name}
        removed = plan.removes - left
        held = name in observed.halted or any(halt.rail == SCHEMA for halt in plan.halts)
        learns = not held and ws.crm.state.get(_shape(name)) != view.table.digest
        if not (removed or learns or name in approved):
            continue
        now_s = ws.worked_s()
        with ws.crm.database.transaction():
            if removed:
                ws.crm.halts.note_removals(name, removed, now_s)
                ws.crm.state.set("worked", dump(ws.worked))
            if learns:
                ws.crm.state.set(_shape(name), view.table.digest)
            if name not in observed.halted:
                ws.crm.halts.spend(name, plan.approved)


def _shape(table: TableName) -> str:
    """Return under which key the schema is remembered that a table's rows were last held to."""
    return f"shape:{table}"
