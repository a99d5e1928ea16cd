"""Refusals: what the CRM could not take, and how long it makes no sense to ask again.

A record may refuse what its row asks for: another one holds a unique value, or what it refers to
is not there. The row says so and rests, over restarts as well, until something else is planned for
it or anything has changed in the CRM.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from syncd.core.plan import RowPlan, TablePlan, digest_of
from syncd.core.snapshot import RowId, Side, TableName
from syncd.crm.state import dump
from syncd.cycle.view import Observation
from syncd.cycle.workspace import Workspace

_KEY = "refusals"
Plans = Mapping[TableName, TablePlan]
Place = tuple[TableName, RowId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a row was refused, what was planned for it, and the newest history entry then."""

    reason: str
    digest: str
    newest: int


def refusals(ws: Workspace) -> dict[Place, Refusal]:
    """Return what was refused when it was planned last."""
    found: list[list[str | int]] = json.loads(ws.crm.state.get(_KEY) or "[]")
    return {
        (TableName(str(table)), RowId(str(row))): Refusal(
            reason=str(reason), digest=str(digest), newest=int(newest)
        )
        for table, row, reason, digest, newest in found
    }


def at_rest(
    ws: Workspace, observed: Observation, plans: Plans, known: Mapping[Place, Refusal]
) -> tuple[dict[TableName, TablePlan], dict[Place, Refusal]]:
    """Return the plans without what would be refused once more, and the rows that so rest."""
    newest = ws.crm.history.newest() if known else 0
    resting = {
        (name, row.row): refusal
        for name, plan in (plans.items() if known else ())
        for row in plan.rows
        if (refusal := known.get((name, row.row)))
        and (refusal.digest, refusal.newest) == (_digest(name, row), newest)
    }
    if not resting:
        return dict(plans), {}
    bases = {view.table.name: view.state.base for view in observed.views}
    quiet = {
        name: replace(
            plan,
            rows=tuple(
                replace(row, actions=(), reviews=(), turned=(), base=bases[name].get(row.row))
                if (name, row.row) in resting
                else row
                for row in plan.rows
            ),
        )
        for name, plan in plans.items()
    }
    return quiet, resting


def told_again(
    plans: Plans, known: Mapping[Place, Refusal], resting: Mapping[Place, Refusal]
) -> dict[Place, str]:
    """Return why rows go on saying that they were refused: they rest, or are about to be tried.

    A row that asks nothing of the CRM any more says how it stands.
    """
    asking = {
        (name, row.row) for name, plan in plans.items() for row in plan.rows if row.on(Side.CRM)
    }
    return {at: each.reason for at, each in known.items() if at in resting or at in asking}


def remember_refusals(
    ws: Workspace, plans: Plans, known: Mapping[Place, Refusal], resting: Mapping[Place, Refusal]
) -> None:
    """Remember what the cycle's end found refused, and forget what is refused no longer."""
    if not (known or ws.refused):
        return
    planned = {(name, row.row): row for name, plan in plans.items() for row in plan.rows}
    newest = ws.crm.history.newest()
    found = dict(resting)
    for (name, row), reason in ws.refused.items():
        if (name, row) not in found and (plan := planned.get((name, row))) is not None:
            found[name, row] = Refusal(reason=reason, digest=_digest(name, plan), newest=newest)
    if found != known:
        told = sorted([t, row, r.reason, r.digest, r.newest] for (t, row), r in found.items())
        with ws.crm.database.transaction():
            ws.crm.state.set(_KEY, dump(told) if told else None)


def _digest(table: TableName, plan: RowPlan) -> str:
    return digest_of([TablePlan(table=table, rows=(plan,))])
