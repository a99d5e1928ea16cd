"""The verbs of the command line, one function each."""

import getpass
import json
import logging
import os
import secrets
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.authority import Switching, preview, settle_cycles, switch
from syncd.cli.output import (
    EXIT_CODES,
    HALTED,
    VERSION,
    entry_document,
    err,
    import_document,
    out,
    print_entries,
    print_error,
    print_event,
    print_imported,
    print_json,
    print_plans,
    print_quarantine,
    print_report,
    shared,
    tell,
)
from syncd.config import DEFAULT_PATH, Config, load_config
from syncd.core.plan import Standing
from syncd.core.snapshot import Side
from syncd.cycle.run import Report, TableReport, run_cycle
from syncd.cycle.workspace import Workspace
from syncd.daemon import Daemon, is_running, working_on
from syncd.errors import SyncdError, UsageError
from syncd.importer.run import import_source

if TYPE_CHECKING:
    from syncd.sandbox import Sandbox

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
Why = Annotated[str, typer.Option("--why", help="The reason, for the record.")]


@contextmanager
def _workspace(config: Path | None) -> Iterator[Workspace]:
    """Open the workspace for one piece of work, while no other syncd works on it."""
    loaded = load_config(config)
    with _working(loaded), Workspace.open(loaded, tell) as ws:
        yield ws


@contextmanager
def _working(config: Config) -> Iterator[None]:
    if not config.crm_path.parent.is_dir():
        yield  # opening the database says what is wrong with its folder
        return
    with working_on(config.crm_path):
        yield


def _person() -> str:
    """Return who gives the command, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


@app.command()
def init(config: ConfigPath = None, as_json: AsJson = False) -> None:
    """Set up the spreadsheet and the database; a second time only what is missing."""
    path = config or Path(os.environ.get("SYNCD_CONFIG", DEFAULT_PATH))
    if not path.exists() and not os.environ.get("SYNCD_SHEET__SPREADSHEET"):
        _write_example(path)
        raise UsageError(
            "there was no config; an example was written to fill in",
            on=str(path),
            hint="Set sheet.spreadsheet and sheet.credentials in it, then run `syncd init` again.",
        )
    with _workspace(config) as ws:
        changes = ws.set_up()
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
    with _workspace(config) as ws:
        report = run_cycle(ws, dry_run=True) if dry_run else settle_cycles(ws)
        _conclude(ws, report, as_json=as_json, show_plans=dry_run)


def _conclude(ws: Workspace, report: Report, *, as_json: bool, show_plans: bool = False) -> None:
    if as_json:
        print_json(shared(ws, report))
    else:
        print_report(report)
        if show_plans:
            print_plans(ws, report.plans)
        if any(table.quarantine for table in report.tables.values()):
            out.print("`syncd status` says what is refused and why.")
    if report.halted:
        raise typer.Exit(HALTED)


@app.command()
def run(config: ConfigPath = None) -> None:
    """Keep both sides aligned until stopped."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.ERROR, stream=sys.stderr)
    log = logging.getLogger("syncd")
    log.setLevel(logging.INFO)
    daemon = Daemon(load_config(config), log.info)
    daemon.stop_on_signals()
    daemon.run()


@app.command()
def status(config: ConfigPath = None, as_json: AsJson = False) -> None:
    """Say who has authority, since when, and what waits; asks Google nothing."""
    loaded = load_config(config)
    with Workspace.open(loaded, tell) as ws:
        report = _standing(ws)
        document = shared(ws, report) | {
            "since": ws.crm.state.get("authority_since"),
            "spreadsheet": ws.crm.state.get("spreadsheet"),
            "daemon": is_running(loaded.crm_path),
            "outcome_unknown": ws.crm.operations.has_unknown(),
            "quarantine": ws.crm.state.problems(),
        }
        if as_json:
            print_json(document)
        else:
            print_report(report)
            since = document["since"] or "the beginning"
            running = "runs" if document["daemon"] else "does not run"
            out.print(f"It has been so since {since}. The daemon {running}.")
            if document["outcome_unknown"]:
                out.print("A write's outcome is unknown; the next cycle looks it up in the sheet.")
            print_quarantine(ws)
        if report.halted:
            raise typer.Exit(HALTED)


def _standing(ws: Workspace) -> Report:
    halts, problems = ws.crm.state.halts(), ws.crm.state.problems()
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
    with _workspace(config) as ws:
        if not sources and ws.crm.state.authority is Side.CRM:
            raise UsageError(
                "the CRM is connected, so rows typed into the sheet wait in review",
                hint="Accept them there (`syncd review list`), or `syncd disconnect` first.",
            )
        imported = [
            import_source(ws, source, mapping=mapping, dry_run=dry_run) for source in sources or ()
        ]
        report = run_cycle(ws, dry_run=True) if dry_run else settle_cycles(ws)
        if as_json:
            print_json(shared(ws, report) | {"imports": [import_document(i) for i in imported]})
        else:
            for each in imported:
                print_imported(each, dry_run=dry_run)
            print_report(report)
            print_quarantine(ws)
        if report.halted:
            raise typer.Exit(HALTED)


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
    with _workspace(config) as ws:
        if dry_run:
            shown = preview(ws, side, policy)
            _conclude(ws, shown.report, as_json=as_json, show_plans=True)
            return
        settle_cycles(ws)
        shown = preview(ws, side, policy)
        if not yes:
            _confirm(ws, shown, side)
        done = switch(ws, side, by=_person(), why=why, policy=policy, digest=shown.report.digest)
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
    with _workspace(config) as ws:
        if digest not in {halt.digest for halt in ws.crm.state.halts()}:
            raise UsageError(
                f"nothing is held back under the digest {digest}",
                hint="`syncd status` shows what is, with its digest.",
            )
        with ws.crm.database.transaction():
            ws.crm.state.approve(digest, at=ws.now(), by=_person())
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
    with _workspace(config) as ws:
        with ws.crm.database.transaction():
            for number in numbers:
                ws.crm.reviews.answer(number, standing, at=ws.now())
        entries = [ws.crm.reviews.get(number) for number in numbers]
        if as_json:
            print_json([entry_document(entry) for entry in entries])
        else:
            then = "The next cycle carries it out." if standing is Standing.ACCEPTED else ""
            out.print(f"{len(numbers)} {standing.value}. {then}")


@app.command()
def history(
    config: ConfigPath = None,
    table: Annotated[str | None, typer.Option(help="Only this table.")] = None,
    row: Annotated[str | None, typer.Option(help="Only this row's id.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many entries at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show what changed, newest first."""
    with Workspace.open(load_config(config), tell) as ws:
        found = ws.crm.history.entries(row=row, table=table, limit=limit)
        if as_json:
            print_json([_event_document(entry) for entry in found])
            return
        for entry in found:
            print_event(entry)


def _event_document(entry: dict[str, object]) -> dict[str, object]:
    """Return a history entry with what each side held by it."""
    both = {"sheet": entry["after"], "crm": entry["after"]}
    if str(entry["outcome"]).startswith("review"):
        other = Side(str(entry["side"])).other.value
        both[other] = entry["before"]
    return entry | both


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = 8765,
    data: Annotated[Path | None, typer.Option(help="Keep the books in this file.")] = None,
    credentials: Annotated[
        Path | None, typer.Option(help="Write a service-account key for it to this file.")
    ] = None,
) -> None:
    """Serve a stand-in for Google Sheets and Drive on this machine."""
    from syncd.sandbox import Sandbox  # noqa: PLC0415 # only this verb needs it

    try:
        box = Sandbox(port=port, data=data, seed=secrets.randbits(32))
    except OSError as error:
        raise UsageError(
            f"the port cannot be used: {error.strerror}", on=str(port), hint="Try --port 0."
        ) from error
    except sqlite3.DatabaseError as error:
        raise UsageError(
            f"the books cannot be read: {error}",
            on=str(data),
            hint="Delete the file, or name another.",
        ) from error
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if credentials is not None:
        _keep_key(box, credentials)
    out.print(f"The sandbox serves at {box.url} (Ctrl-C stops it).")
    box.serve_forever()


def _keep_key(box: "Sandbox", path: Path) -> None:
    """Go on with the key of an earlier run, or write a new one."""
    try:
        if path.exists():
            box.adopt_credentials(json.loads(path.read_text(encoding="utf-8")))
        path.write_text(json.dumps(box.credentials(), indent=2), encoding="utf-8")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"the key file cannot be used: {error}",
            on=str(path),
            hint="Delete it, or name another.",
        ) from error


@app.command()
def demo(
    tour: Annotated[bool, typer.Option("--tour", help="Play the whole story, then end.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its files.")] = Path(
        "syncd-demo"
    ),
    port: Annotated[int, typer.Option(help="The sandbox's port; 0 takes a free one.")] = 0,
) -> None:
    """Start a sandbox, a filled spreadsheet and the daemon, with no account anywhere."""
    from syncd.demo import play_demo, play_tour  # noqa: PLC0415 # only this verb needs it

    if tour:
        play_tour(folder, partial(out.print, soft_wrap=True))
    else:
        play_demo(folder, port, partial(out.print, soft_wrap=True))


@app.command()
def version(as_json: AsJson = False) -> None:
    """Show which syncd this is."""
    found = metadata.version("syncd")
    if as_json:
        print_json({"version": VERSION, "syncd": found})
    else:
        out.print(f"syncd {found}")


def main() -> None:
    """Run the command line; every failure ends as words and an exit code."""
    as_json = "--json" in sys.argv
    try:
        code = app(standalone_mode=False)
    except SyncdError as error:
        print_error(error, as_json=as_json)
        code = EXIT_CODES[error.remedy]
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    except Exception as error:  # noqa: BLE001 # the last line before a traceback
        code = _unforeseen(error, as_json=as_json)
    sys.exit(code if isinstance(code, int) else 0)


def _unforeseen(error: Exception, *, as_json: bool) -> int:
    """Name an error of the command line itself, or a fault of ours."""
    if type(error).__name__ == "NoArgsIsHelpError" and not as_json:
        return 2  # the help was printed
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        print_error(UsageError(error.format_message(), hint="See --help."), as_json=as_json)
        return 2
    if type(error).__name__ == "Abort":
        return 1
    if os.environ.get("SYNCD_DEBUG"):
        raise error
    print_error(
        SyncdError(
            f"something went wrong that syncd did not foresee: {type(error).__name__}: {error}",
            hint="Nothing half-done was kept. SYNCD_DEBUG=1 shows where; please report it.",
        ),
        as_json=as_json,
    )
    return 1
