"""What the verbs share: the application, their options, and the workspace that they work on."""

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.output import (
    HALTED,
    out,
    print_json,
    print_plans,
    print_report,
    shared,
    tell,
)
from syncd.config import Config, load_config
from syncd.crm.lease import Lease, Process
from syncd.crm.locks import working_on
from syncd.cycle.report import Report
from syncd.cycle.workspace import Workspace
from syncd.errors import UsageError

app = typer.Typer(
    name="syncd",
    help="Keeps a Google Sheet and a SQLite influencer CRM aligned.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
review_app = typer.Typer(help="What was not taken and waits for a person.", no_args_is_help=True)
app.add_typer(review_app, name="review")

ConfigPath = Annotated[
    Path | None, typer.Option("--config", help="The config file (else SYNCD_CONFIG, config.toml).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Numbers = Annotated[list[int], typer.Argument(help="As `syncd review list` shows them.")]
PolicyWords = Annotated[
    str,
    typer.Option(
        "--policy",
        metavar="P",
        help="What becomes of an act of the other side: review, merge or reject. Apart for edits,"
        " new_rows, removals, a table or a field: review,removals=reject,influencers.notes=merge.",
    ),
]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record.")]


@contextmanager
def open_workspace(config: Path | None) -> Iterator[Workspace]:
    """Open the workspace for one piece of work, while no other syncd works on it."""
    loaded = load_config(config)
    with working(loaded), Workspace.open(loaded, tell) as ws:
        Lease(ws.crm.database).refuse_elsewhere(Process.here())
        yield ws


@contextmanager
def working(config: Config) -> Iterator[None]:
    """Hold the database of a config, where its folder is there, for one piece of work."""
    if not config.crm_path.parent.is_dir():
        yield  # opening the database says what is wrong with its folder
        return
    with working_on(config.crm_path):
        yield


def person() -> str:
    """Return who gives the command, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def ask(question: str, *, about: str = "", hint: str = "Add --yes, or --dry-run to look.") -> None:
    """End the verb unless a person says yes; `about` names it where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise UsageError(f"{about or question} has to be confirmed", hint=hint)
    if not typer.confirm(f"{question}?", err=True):
        raise typer.Exit(1)


def conclude(ws: Workspace, report: Report, *, as_json: bool, show_plans: bool = False) -> None:
    """Tell what a cycle came to; a table that is held back ends the verb with its exit code."""
    if as_json:
        first = {
            "outcome_unknown": ws.crm.operations.has_unknown(),
            "repairs": len(ws.crm.operations.repairs()),
        }
        print_json(shared(ws, report) | (first if show_plans else {}))
    else:
        print_report(report)
        if show_plans:
            print_plans(ws, report.plans)
        if any(table.quarantine for table in report.tables.values()):
            out.print("`syncd status` says what is refused and why.")
    if report.halted:
        raise typer.Exit(HALTED)
