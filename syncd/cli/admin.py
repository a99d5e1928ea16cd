"""The verbs of an admin: connect, disconnect, approve, review."""

from pathlib import Path

from syncd.authority import Switching, ensure_google, preview, settle_cycles, switch
from syncd.cli.app import (
    AsJson,
    ConfigPath,
    DryRun,
    PolicyWords,
    Why,
    Yes,
    app,
    ask,
    conclude,
    open_workspace,
    person,
)
from syncd.cli.output import (
    err,
    out,
    print_json,
    print_plans,
    print_report,
    shared,
)
from syncd.core.snapshot import Side
from syncd.cycle.workspace import Workspace


@app.command()
def connect(
    config: ConfigPath = None,
    policy: PolicyWords = "",
    why: Why = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Give authority to the CRM: from then on nothing is pulled from the sheet."""
    _switch(config, Side.CRM, policy, why, dry_run=dry_run, yes=yes, as_json=as_json)


@app.command()
def disconnect(
    config: ConfigPath = None,
    policy: PolicyWords = "",
    why: Why = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Give authority to the sheet: from then on the sheet is pulled into the CRM again."""
    _switch(config, Side.SHEET, policy, why, dry_run=dry_run, yes=yes, as_json=as_json)


def _switch(
    config: Path | None,
    side: Side,
    policy: str,
    why: str,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    with open_workspace(config) as ws:
        if dry_run:
            shown = preview(ws, side, policy)
            conclude(ws, shown.report, as_json=as_json, show_plans=True)
            return
        if side is Side.CRM:
            ensure_google(ws)
        settle_cycles(ws)
        shown = preview(ws, side, policy)
        if not yes:
            _confirm(ws, shown, side, policy)
        done = switch(ws, side, by=person(), why=why, policy=policy, digest=shown.report.digest)
        if as_json:
            print_json(shared(ws, done.report) | {"backup": str(done.backup)})
        else:
            if yes:
                print_plans(ws, shown.plans)
            print_report(done.report)
            out.print(f"Backup: {done.backup}", soft_wrap=True)


def _confirm(ws: Workspace, shown: Switching, side: Side, policy: str) -> None:
    word = "connect" if side is Side.CRM else "disconnect"
    told = policy or "as the config says; another one by --policy"
    err.print(f"Policy: {told}", soft_wrap=True, markup=False)
    err.print(f"What follows when you {word}:")
    print_plans(ws, shown.plans, to=err)
    ask(word)
