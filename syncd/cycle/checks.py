"""Checks: the plans of a cycle against the rails, and what the rails have to remember of it."""

from collections.abc import Mapping
from dataclasses import replace

from syncd.core.plan import TablePlan
from syncd.core.rails import SCHEMA, check_rails
from syncd.core.reconcile import reconcile
from syncd.core.snapshot import TableName
from syncd.core.state import TableState
from syncd.cycle.references import with_references
from syncd.cycle.view import Observation, View
from syncd.cycle.workspace import Workspace

UNSEEN_S = 30.0  # after which a row that was put in and never read is believed to be gone


def checked_plans(ws: Workspace, observed: Observation) -> dict[TableName, TablePlan]:
    """Reconcile each table that can be read, and check its plan against the rails."""
    approvals, stops, now_s = ws.crm.halts.approvals(), ws.crm.halts.stops(), ws.worked_s()
    plans = {}
    for view in with_references(ws.schema, observed.views):
        name = view.table.name
        if name in observed.halted:
            continue
        state = _believable(ws, view)
        plans[name] = check_rails(
            view.verified(reconcile(state, view.policy)),
            state,
            ws.config.limits,
            removed_lately=ws.crm.halts.removed_lately(name, now_s),
            schema_changed=ws.crm.state.get(_shape(name)) not in (None, view.table.digest),
            stops=[stop.halt(name) for stop in stops if stop.table in (None, name)],
            approvals=approvals,
        )
    return plans


def _believable(ws: Workspace, view: View) -> TableState:
    """Leave rows alone that syncd put into the sheet and that no read has shown yet.

    A read may be a few seconds old, or its parts of different ages: that such a row is missing in
    it says nothing. Somebody who takes it out before it was read is believed a little later.
    """
    name, now_s = view.table.name, ws.seconds()
    fresh = set()
    for table, row in [key for key in ws.unseen if key[0] == name]:
        if row in view.state.sheet or abs(now_s - ws.unseen[table, row]) > UNSEEN_S:
            del ws.unseen[table, row]
        else:
            fresh.add(row)
    return replace(view.state, frozen=view.state.frozen | fresh) if fresh else view.state


def remember_rails(
    ws: Workspace, observed: Observation, plans: Mapping[TableName, TablePlan]
) -> None:
    """Spend approvals that were carried out, and learn the schema."""
    approved = {approval.table for approval in ws.crm.halts.approvals()}
    for view in observed.views:
        name, plan = view.table.name, plans[view.table.name]
        held = name in observed.halted or any(halt.rail == SCHEMA for halt in plan.halts)
        learns = not held and ws.crm.state.get(_shape(name)) != view.table.digest
        if not (learns or name in approved):
            continue
        with ws.crm.database.transaction():
            if learns:
                ws.crm.state.set(_shape(name), view.table.digest)
            if name not in observed.halted:
                ws.crm.halts.spend(name, plan.approved)


def _shape(table: TableName) -> str:
    """Return under which key the schema is remembered that a table's rows were last held to."""
    return f"shape:{table}"
