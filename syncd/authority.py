"""Connect and disconnect: an admin gives authority to one side, and sees first what follows."""

from dataclasses import dataclass, replace
from pathlib import Path

from syncd.config import parse_policy
from syncd.core.plan import TablePlan
from syncd.core.snapshot import Side
from syncd.crm.backups import back_up
from syncd.crm.changesets import Changeset
from syncd.crm.state import Switch, dump
from syncd.cycle.report import Report
from syncd.cycle.run import run_cycle
from syncd.cycle.workspace import Workspace
from syncd.errors import HaltedError, UsageError
from syncd.probe.essential import ensure_essentials
from syncd.underway import naming

CYCLES_MAX = 8
VERBS = {Side.CRM: "connect", Side.SHEET: "disconnect"}
OWN_TABS = "the workspace's own tabs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switching:
    """What a change of authority does: the plans that follow from it, and their digest."""

    report: Report
    backup: Path | None = None

    @property
    def plans(self) -> tuple[TablePlan, ...]:
        """What the first cycle under the new authority does."""
        return self.report.plans


def settle_cycles(ws: Workspace) -> Report:
    """Run cycles until nothing is left to do; return what they came to together."""
    reports = [run_cycle(ws)]
    while reports[-1].pending and not reports[-1].halted and len(reports) < CYCLES_MAX:
        reports.append(run_cycle(ws))
    changed = {
        name: sum(report.tables[name].changed for report in reports) for name in reports[0].tables
    }
    last = reports[-1]
    tables = {n: replace(table, changed=changed[n]) for n, table in last.tables.items()}
    first = next((report.digest for report in reports if report.pending), last.digest)
    return replace(last, tables=tables, digest=first)


def preview(ws: Workspace, authority: Side, policy: str = "") -> Switching:
    """Finish the cycle under the old authority, then say what the new one would do.

    The cycle is not finished where it would be a lie: a table that is held back is told instead.
    """
    chosen = parse_policy(ws.schema, policy)
    if ws.crm.state.authority is authority and chosen in ({}, ws.crm.state.policy):
        word = "connected" if authority is Side.CRM else "disconnected"
        raise UsageError(f"the CRM is {word} already", hint="`syncd status` shows since when.")
    return Switching(report=run_cycle(ws, dry_run=True, authority=authority, chosen=chosen))


def require_as_shown(what: str, digest: str, found: str) -> None:
    """Require that what a person saw under a digest, if they gave one, is what would be done."""
    if digest and found != digest:
        raise UsageError(
            f"{what} has changed since it was shown",
            hint=f"Look again, then use the new digest {found}.",
        )


def switch(
    ws: Workspace, authority: Side, *, by: str, why: str = "", policy: str = "", digest: str = ""
) -> Switching:
    """Give authority to one side: the old one's last cycle, a backup, the switch, the first cycle.

    `digest` is that of a preview: where something else would follow by now, nothing is switched.
    """
    if authority is Side.CRM:
        ensure_google(ws)
    last = settle_cycles(ws)
    if last.halted:
        raise HaltedError(
            "a table is held back, so its last cycle cannot be finished",
            hint="`syncd status` says why; approve it or mend the cause first.",
        )
    shown = preview(ws, authority, policy)
    require_as_shown("what would follow", digest, shown.report.digest)
    state, verb = ws.crm.state, VERBS[authority]
    backup = back_up(ws.crm.database, now=ws.clock(), at=ws.now(), why=verb).path
    before = {"authority": state.authority.value, "policy": dump(state.policy)}
    with ws.crm.database.transaction():
        done = ws.crm.changesets.add(verb, why, at=ws.now(), by=by, before=before)
        ws.crm.state.switch(
            Switch(
                at=ws.now(),
                authority=authority,
                by=by,
                why=why,
                policy=dump(parse_policy(ws.schema, policy)),
            )
        )
    with naming(ws, done.name):
        report = _carry_out(ws, done)
    return Switching(report=replace(report, digest=shown.report.digest), backup=backup)


def ensure_google(ws: Workspace) -> None:
    """Require that Google does what the exchange relies on, as it was seen within a week."""
    ensure_essentials(ws.crm, ws.client, now=ws.clock(), mint=ws.mint_sheet_id)


def pull(ws: Workspace, *, by: str) -> Report:
    """Pull the workspace's own tabs as an import: one that can be undone by its name."""
    before = ws.crm.state.last_cycle()
    with ws.crm.database.transaction():
        done = ws.crm.changesets.add("import", OWN_TABS, at=ws.now(), by=by)
    with naming(ws, done.name):
        try:
            return _carry_out(ws, done)
        finally:
            last = ws.crm.state.last_cycle()
            came = ws.crm.operations.has_unknown() or ws.crm.history.in_cycles(before + 1, last)
            if last == before or not came:
                with ws.crm.database.transaction():
                    ws.crm.changesets.forget(done.id)


def _carry_out(ws: Workspace, changeset: Changeset) -> Report:
    """Settle, and remember which cycles that took: they carried out this and nothing else."""
    before = ws.crm.state.last_cycle()
    try:
        return settle_cycles(ws)
    finally:
        last = ws.crm.state.last_cycle()
        if last > before:
            with ws.crm.database.transaction():
                ws.crm.changesets.carried_out(changeset.id, before + 1, last)
