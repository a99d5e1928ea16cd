"""The verbs of an admin: connect, disconnect, approve, review."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from syncd.authority import Switching, ensure_google, preview, settle_cycles, switch
from syncd.cli.app import (
    AsJson,
    ConfigPath,
    DryRun,
    Numbers,
    Why,
    Yes,
    app,
    conclude,
    open_workspace,
    person,
    review_app,
)
from syncd.cli.output import (
    VERSION,
    entry_document,
    err,
    out,
    print_entries,
    print_json,
    print_plans,
    print_report,
    shared,
    tell,
)
from syncd.config import load_config
from syncd.core.plan import Standing
from syncd.core.snapshot import Side
from syncd.cycle.workspace import Workspace
from syncd.errors import UsageError


@app.command()
def connect(
    config: ConfigPath = None,
    policy: Annotated[
        str, typer.Option(help="review, merge or reject; or by table: influencers=merge,…")
    ] = "",
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
    why: Why = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Give authority to the sheet: from then on the sheet is pulled into the CRM again."""
    _switch(config, Side.SHEET, "", why, dry_run=dry_run, yes=yes, as_json=as_json)


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
            _confirm(ws, shown, side)
        done = switch(ws, side, by=person(), why=why, policy=policy, digest=shown.report.digest)
        if as_json:
            print_json(shared(ws, done.report) | {"backup": str(done.backup)})
        else:
            if yes:
                print_plans(ws, shown.plans)
            print_report(done.report)
            out.print(f"Backup: {done.backup}", soft_wrap=True)


def _confirm(ws: Workspace, shown: Switching, side: Side) -> None:
    word = "connect" if side is Side.CRM else "disconnect"
    err.print(f"What follows when you {word}:")
    print_plans(ws, shown.plans, to=err)
    if not sys.stdin.isatty():
        raise UsageError(f"{word} has to be confirmed", hint="Add --yes, or --dry-run to look.")
    if not typer.confirm(f"{word}?", err=True):
        raise typer.Exit(1)


@app.command()
def approve(
    digest: Annotated[str, typer.Argument(help="As `syncd status` shows it.")],
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Let a part through that is held back, by the digest that was shown with it."""
    with open_workspace(config) as ws:
        if not digest or digest not in {halt.digest for halt in ws.crm.halts.current()}:
            raise UsageError(
                f"nothing is held back under the digest {digest}",
                hint="`syncd status` shows what is, with its digest.",
            )
        with ws.crm.database.transaction():
            ws.crm.halts.approve(digest, at=ws.now(), by=person())
        if as_json:
            print_json({"version": VERSION, "ok": True, "digest": digest})
        else:
            out.print("Approved. The next cycle carries it out.")


@review_app.command("list")
def review_list(
    config: ConfigPath = None,
    everything: Annotated[bool, typer.Option("--all", help="Closed entries as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what waits for a decision."""
    with Workspace.open(load_config(config), tell) as ws:
        entries = ws.crm.reviews.entries(None if everything else Standing.OPEN)
        if as_json:
            print_json([entry_document(entry) for entry in entries])
        else:
            print_entries(ws, entries)


@review_app.command("accept")
def review_accept(numbers: Numbers, config: ConfigPath = None, as_json: AsJson = False) -> None:
    """Take what was turned away: this value on both sides, through the next cycle."""
    _answer(numbers, Standing.ACCEPTED, config, as_json=as_json)


@review_app.command("reject")
def review_reject(numbers: Numbers, config: ConfigPath = None, as_json: AsJson = False) -> None:
    """Drop what was turned away; the history keeps it."""
    _answer(numbers, Standing.REJECTED, config, as_json=as_json)


def _answer(numbers: list[int], standing: Standing, config: Path | None, *, as_json: bool) -> None:
    with open_workspace(config) as ws:
        with ws.crm.database.transaction():
            for number in numbers:
                ws.crm.reviews.answer(number, standing, at=ws.now(), by=f"admin {person()}")
        entries = [ws.crm.reviews.get(number) for number in numbers]
        if as_json:
            print_json([entry_document(entry) for entry in entries])
        else:
            then = "The next cycle carries it out." if standing is Standing.ACCEPTED else ""
            out.print(f"{len(numbers)} {standing.value}. {then}")
