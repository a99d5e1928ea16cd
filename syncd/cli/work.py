"""The verbs that keep both sides aligned: init, sync, run, status, import."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from syncd.authority import pull, settle_cycles
from syncd.cli.acts import act_document, print_under_way
from syncd.cli.app import AsJson, ConfigPath, DryRun, app, conclude, open_workspace, person
from syncd.cli.output import (
    HALTED,
    VERSION,
    import_document,
    out,
    print_first,
    print_imported,
    print_json,
    print_quarantine,
    print_report,
    shared,
    tell,
)
from syncd.config import DEFAULT_PATH, load_config
from syncd.core.snapshot import Side
from syncd.crm.lease import Held, Lease, Process
from syncd.crm.locks import is_running
from syncd.crm.tables import DOCUMENT
from syncd.cycle.refill import set_up
from syncd.cycle.report import Report, TableReport
from syncd.cycle.run import run_cycle
from syncd.cycle.workspace import Workspace
from syncd.daemon import Daemon
from syncd.errors import UsageError
from syncd.importer.run import import_source
from syncd.schema.document import forgotten_tables
from syncd.underway import naming, under_way

TakeOver = Annotated[
    bool, typer.Option("--take-over", help="Go on from this database; any other one halts.")
]


@app.command()
def init(config: ConfigPath = None, taking_over: TakeOver = False, as_json: AsJson = False) -> None:
    """Set up the spreadsheet and the database; a second time only what is missing."""
    path = config or Path(os.environ.get("SYNCD_CONFIG", DEFAULT_PATH))
    if not path.exists() and not os.environ.get("SYNCD_SHEET__SPREADSHEET"):
        _write_example(path)
        raise UsageError(
            "there was no config; an example was written to fill in",
            on=str(path),
            hint="Set sheet.spreadsheet and sheet.credentials in it, then run `syncd init` again.",
        )
    with open_workspace(config) as ws:
        changes = set_up(ws, taking_over=taking_over)
        tabs = [table.title for table in ws.schema.tables]
        if as_json:
            place = {"spreadsheet": ws.config.spreadsheet, "database": str(ws.config.crm_path)}
            print_json({"version": VERSION, "ok": True, "changes": changes, "tabs": tabs} | place)
            return
        done = f"{changes} changes to the spreadsheet" if changes else "Everything was in place"
        where = f"Tabs: {', '.join(tabs)}. Database: {ws.config.crm_path}."
        out.print(f"{done}. {where}", soft_wrap=True, markup=False)


def _write_example(path: Path) -> None:
    try:
        path.write_text(_example_config(), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"there is no config, and none can be written: {error.strerror}",
            on=str(path),
            hint="Name a file in a folder that is there by --config.",
        ) from error


def _example_config() -> str:
    here = Path(__file__).resolve().parents[1]
    for place in (here / "config.example.toml", here.parent / "config.example.toml"):
        if place.exists():
            return place.read_text(encoding="utf-8")
    raise UsageError("the example config is missing from this installation", hint="Reinstall.")


@app.command()
def sync(config: ConfigPath = None, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Align both sides once."""
    with open_workspace(config) as ws:
        report = run_cycle(ws, dry_run=True) if dry_run else settle_cycles(ws)
        conclude(ws, report, as_json=as_json, show_plans=dry_run)


@app.command()
def run(
    config: ConfigPath = None,
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="Also where a daemon on another host may still run."),
    ] = False,
) -> None:
    """Keep both sides aligned until stopped."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.ERROR, stream=sys.stderr)
    log = logging.getLogger("syncd")
    log.setLevel(logging.INFO)
    daemon = Daemon(load_config(config), log.info, taking_over=take_over)
    daemon.stop_on_signals()
    daemon.run()


@app.command()
def status(config: ConfigPath = None, as_json: AsJson = False) -> None:
    """Say who has authority, since when, and what waits; asks Google nothing."""
    loaded = load_config(config)
    with Workspace.open(loaded, tell) as ws:
        report, trouble, acts = _standing(ws), ws.trouble(), under_way(ws)
        runner = Lease(ws.crm.database).held()
        document = shared(ws, report) | {
            "ok": not (report.halted or trouble),
            "trouble": trouble,
            "since": ws.crm.state.get("authority_since"),
            "spreadsheet": ws.crm.state.get("spreadsheet"),
            "daemon": is_running(loaded.crm_path),
            "runner": runner.document if runner else None,
            "forgotten": forgotten_tables(ws.crm.state.get(DOCUMENT)),
            "outcome_unknown": ws.crm.operations.has_unknown(),
            "repairs": len(ws.crm.operations.repairs()),
            "quarantine": ws.crm.state.problems(),
            "under_way": [act_document(act) for act in acts],
        }
        if as_json:
            print_json(document)
        else:
            print_report(report)
            since = document["since"] or "the beginning"
            running = _running(runner, here=bool(document["daemon"]))
            ruler = "sheet" if ws.crm.state.authority is Side.SHEET else "CRM"
            out.print(f"The {ruler} has had authority since {since}. The daemon {running}.")
            for name in document["forgotten"]:
                out.print(f"{name} is described no more: its records and its tab are left alone.")
            if document["repairs"]:
                out.print("Rows hit by mistake wait to be mended: `syncd repairs list`.")
            if document["outcome_unknown"]:
                out.print("A write's outcome is unknown; the next cycle looks it up in the sheet.")
            print_under_way(acts)
            if trouble:
                where = f" ({trouble['on']})" if trouble["on"] else ""
                told = f"Everything is held back: {trouble['what']}{where}. {trouble['hint']}"
                out.print(told, style="bold red", soft_wrap=True, markup=False)
            print_quarantine(ws)
        if report.halted or trouble:
            raise typer.Exit(HALTED)


def _running(runner: Held | None, *, here: bool) -> str:
    if here:
        return f"runs ({runner})" if runner else "runs"
    if runner is None:
        return "does not run"
    if runner.process.is_gone(Process.here()):
        return f"does not run: {runner} ended without a word"
    return f"runs elsewhere ({runner}, last heard of at {runner.renewed})"


def _standing(ws: Workspace) -> Report:
    halts, problems = ws.crm.halts.current(), ws.crm.state.problems()
    tables = {}
    for table in ws.schema.tables:
        refused = {problem["row"] for problem in problems if problem["table"] == table.name}
        live = {str(row) for row, r in ws.crm.records.read(table).items() if not r.archived}
        tables[table.name] = TableReport(
            rows=len(live | refused),
            changed=0,
            review=ws.crm.reviews.count_open(table.name),
            quarantine=len(refused),
            halts=tuple(halt for halt in halts if halt.table == table.name),
        )
    return Report(
        cycle=ws.crm.state.last_cycle(),
        authority=ws.crm.state.authority,
        digest="",
        tables=tables,
        paused=ws.crm.state.paused(),
    )


@app.command("import")
def import_(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="CSV files, spreadsheets (address or id, #Tab), or #Tab of ours."),
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--map", help="A TOML file: which column gives which field.")
    ] = None,
    config: ConfigPath = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Turn rows of the workspace's sheet, of other sheets or of files into records."""
    with open_workspace(config) as ws:
        if not sources and ws.crm.state.authority is Side.CRM:
            raise UsageError(
                "the CRM is connected, so rows typed into the sheet wait in review",
                hint="Accept them there (`syncd review list`), or `syncd disconnect` first.",
            )
        imported = [
            import_source(ws, source, mapping=mapping, dry_run=dry_run, by=person())
            for source in sources or ()
        ]
        if dry_run:
            report = run_cycle(ws, dry_run=True)
        else:
            with naming(ws, *(each.changeset for each in imported)):
                report = settle_cycles(ws) if sources else pull(ws, by=person())
        if as_json:
            print_json(shared(ws, report) | {"imports": [import_document(i) for i in imported]})
        else:
            for each in imported:
                print_imported(each, dry_run=dry_run)
            if dry_run:
                print_first(ws)
            print_report(report)
            print_quarantine(ws)
        if report.halted:
            raise typer.Exit(HALTED)
