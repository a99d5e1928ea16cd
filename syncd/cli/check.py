"""The verbs that check the ground: probe and doctor."""

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from syncd.cli.app import AsJson, ConfigPath, app, open_workspace
from syncd.cli.output import EXIT_CODES, HALTED, VERSION, err, out, print_json, tell
from syncd.config import Config, load_config, spreadsheet_id
from syncd.crm.store import Crm
from syncd.cycle.workspace import SHEET_ID_MAX, wall_clock
from syncd.doctor import Line, State, examine, exit_code, heal
from syncd.errors import Remedy, UsageError
from syncd.probe import (
    PROBES,
    Findings,
    Probe,
    Scratch,
    Verdict,
    hidden_tabs,
    run_probes,
    thrown_away,
)
from syncd.probe.essential import keep_findings
from syncd.schema import load_schema
from syncd.sheet.client import Client

_LOOKS = {
    Verdict.HOLDS: "[green]holds[/]",
    Verdict.DIFFERS: "[red]differs[/]",
    Verdict.UNTRIED: "[yellow]not tried[/]",
}


_STATES = {
    State.OK: "[green]ok[/]    ",
    State.WARN: "[yellow]look[/]  ",
    State.FAIL: "[bold red]failed[/]",
}


@app.command()
def probe(
    config: ConfigPath = None,
    spreadsheet: Annotated[
        str, typer.Option(help="Use hidden tabs of this spreadsheet, not one made for it.")
    ] = "",
    essential: Annotated[
        bool, typer.Option("--essential", help="Only what syncd cannot do without.")
    ] = False,
    with_person: Annotated[
        str,
        typer.Option(
            metavar="EMAIL",
            help="Share it with this person, who is asked to do what only people can.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Try each assumption about Google on a throw-away spreadsheet, and say what differs."""
    loaded = load_config(config)
    chosen = [probe for probe in PROBES if probe.essential or not essential]
    with _scratch(loaded, spreadsheet, with_person) as scratch:
        findings = run_probes(chosen, scratch, _progress(len(chosen)))
    at = wall_clock()
    _keep(loaded, findings, at)
    if as_json:
        print_json(_document(loaded, chosen, findings, at))
    else:
        _print(chosen, findings)
    if code := _code(chosen, findings):
        raise typer.Exit(code)


@contextmanager
def _scratch(config: Config, spreadsheet: str, person: str) -> Iterator[Scratch]:
    """Open the place in which probes run, and take it away again."""
    if person and not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked", hint="Run it in a terminal.")
    client = Client(
        spreadsheet=spreadsheet_id(spreadsheet),
        credentials=config.credentials_path,
        endpoint=config.sheet.endpoint,
    )
    scratch = Scratch(client=client, mint=lambda: secrets.randbelow(SHEET_ID_MAX))
    if person:
        scratch.ask = lambda text: _ask(client, text)
    place = hidden_tabs(scratch) if spreadsheet else thrown_away(scratch, tell, share_with=person)
    try:
        with place:
            yield scratch
    finally:
        client.close()


def _ask(client: Client, text: str) -> bool:
    """Have a person do something; whether that was done."""
    host = client.endpoint or "https://docs.google.com"
    err.print(
        f"\n{escape(text)}\n  {host}/spreadsheets/d/{client.spreadsheet}/edit", soft_wrap=True
    )
    answer = typer.prompt(
        "Press Enter when it is done, or type skip", default="", show_default=False, err=True
    )
    return str(answer).strip().lower() != "skip"


def _progress(total: int) -> Callable[[Probe], None]:
    told = iter(range(1, total + 1))
    return lambda probe: tell(f"[{next(told)}/{total}] {probe.assumption}")


def _keep(config: Config, findings: Findings, at: datetime) -> None:
    """Remember what was found with the workspace, where there is one already."""
    if not config.crm_path.exists():
        return
    crm = Crm(config.crm_path, load_schema(config.schemas_folder))
    try:
        keep_findings(crm, config.sheet.endpoint.rstrip("/"), findings, now=at)
    finally:
        crm.close()


def _code(probes: list[Probe], findings: Findings) -> int:
    """Return how the verb ends: something essential differs, or could not be tried."""
    verdicts = {findings[probe.id].verdict for probe in probes if probe.essential}
    if Verdict.DIFFERS in verdicts:
        return HALTED
    return EXIT_CODES[Remedy.TIME] if Verdict.UNTRIED in verdicts else 0


def _document(
    config: Config, probes: list[Probe], findings: Findings, at: datetime
) -> dict[str, Any]:
    return {
        "version": VERSION,
        "ok": _code(probes, findings) == 0,
        "endpoint": config.sheet.endpoint,
        "at": at.isoformat(timespec="seconds"),
        "probes": [
            {
                "id": probe.id,
                "question": probe.question,
                "assumption": probe.assumption,
                "why": probe.why,
                "essential": probe.essential,
                "verdict": findings[probe.id].verdict.value,
                "seen": findings[probe.id].seen,
                "means": _means(probe, findings),
            }
            for probe in probes
        ],
    }


def _means(probe: Probe, findings: Findings) -> str:
    return probe.otherwise if findings[probe.id].verdict is Verdict.DIFFERS else ""


def _print(probes: list[Probe], findings: Findings) -> None:
    """Print the table, what matters most at its end."""
    table = Table(expand=False, show_lines=False)
    for title in ("assumption", "", "seen, and what it means for us"):
        table.add_column(title, overflow="fold")
    for probe in probes:
        finding = findings[probe.id]
        means = _means(probe, findings)
        name = f"[bold]{probe.id}[/], essential" if probe.essential else probe.id
        question = f" ({probe.question})" if probe.question else ""
        table.add_row(
            f"{name}{question}\n{escape(probe.assumption)}",
            _LOOKS[finding.verdict],
            escape(finding.seen) + (f"\n[bold]{escape(means)}[/]" if means else ""),
        )
    out.print(table)
    verdicts = [findings[probe.id].verdict for probe in probes]
    out.print(
        f"{verdicts.count(Verdict.HOLDS)} hold, {verdicts.count(Verdict.DIFFERS)} differ,"
        f" {verdicts.count(Verdict.UNTRIED)} could not be tried."
    )
    for probe in probes:
        if probe.essential and findings[probe.id].verdict is Verdict.DIFFERS:
            out.print(f"[bold red]{probe.id}[/]: {escape(probe.otherwise)}", soft_wrap=True)


@app.command()
def doctor(
    config: ConfigPath = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Put back what is missing in the spreadsheet.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look at everything that syncd depends on, and say what to do where something is wrong."""
    lines = list(examine(config, tell=tell))
    changes = 0
    if fix and any(line.healable for line in lines):
        with open_workspace(config) as ws:
            changes = heal(ws, lines)
        lines = list(examine(config, tell=tell))
    code = exit_code(lines)
    if as_json:
        print_json(
            {
                "version": VERSION,
                "ok": code == 0,
                "fixed": changes,
                "lines": [
                    {
                        "part": line.part,
                        "state": line.state.value,
                        "what": line.what,
                        "hint": line.hint,
                        "fixable": line.healable,
                    }
                    for line in lines
                ],
            }
        )
    else:
        _print_lines(lines, changes)
    if code:
        raise typer.Exit(code)


def _print_lines(lines: list[Line], changes: int) -> None:
    """Print each thing that was looked at, with what to do below it."""
    if changes:
        out.print(f"Mended by {changes} changes to the spreadsheet.")
    for line in lines:
        out.print(f"{_STATES[line.state]} {line.part}: {escape(line.what)}", soft_wrap=True)
        if line.hint:
            out.print(f"       {escape(line.hint)}", soft_wrap=True)
    states = [line.state for line in lines]
    failed, warned = states.count(State.FAIL), states.count(State.WARN)
    out.print(f"{failed} failed, {warned} to look at, {states.count(State.OK)} well.")
