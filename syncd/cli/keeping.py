"""The verbs that keep copies and bring them back: backup, restore."""

from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.app import AsJson, ConfigPath, DryRun, Yes, app, open_workspace, person, working
from syncd.cli.output import VERSION, out, print_json, tell
from syncd.cli.undoing import Digest, conclude_undoing, confirmed, tell_undoing
from syncd.config import Config, load_config
from syncd.crm.backups import BY_HAND, KEPT, Backup, back_up, backups_of, read_backup
from syncd.crm.locks import is_running
from syncd.cycle.refill import set_up
from syncd.cycle.workspace import Workspace, wall_clock
from syncd.errors import BusyError, UsageError
from syncd.restore import is_usable, preview_restore, put_in_place, refuse_foreign, restore


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(help="A new file; without it, one beside the database.")
    ] = None,
    config: ConfigPath = None,
    listing: Annotated[bool, typer.Option("--list", help="Show the backups there are.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy the whole database as of one moment, and check the copy; the daemon may run."""
    loaded = load_config(config)
    if listing:
        _list(backups_of(loaded.crm_path), as_json=as_json)
        return
    with Workspace.open(loaded, tell) as ws:
        made = back_up(ws.crm.database, now=ws.clock(), at=ws.now(), why=BY_HAND, target=file)
    if as_json:
        print_json({"version": VERSION, "ok": True, "backup": _document(made)})
    else:
        out.print(f"Backup: {made.path} ({made.size:,} bytes, checked)", soft_wrap=True)


def _document(made: Backup) -> dict[str, object]:
    return {"path": str(made.path), "at": made.at, "why": made.why, "size": made.size}


def _list(found: list[Backup], *, as_json: bool) -> None:
    if as_json:
        print_json([_document(each) for each in found])
        return
    for each in found:
        out.print(f"{each.at}  {each.why:<10} {each.path}", soft_wrap=True, markup=False)
    if not found:
        out.print("There is no backup yet.")
    else:
        out.print(f"The newest {KEPT} that syncd made by itself are kept; those by hand for good.")


@app.command("restore")
def restore_(
    file: Annotated[Path, typer.Argument(help="A backup, as `syncd backup --list` shows it.")],
    config: ConfigPath = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    digest: Digest = "",
    as_json: AsJson = False,
) -> None:
    """Bring the records back as a backup holds them; what was made since is archived."""
    loaded = load_config(config)
    found = read_backup(file)
    if is_running(loaded.crm_path):
        raise BusyError(
            "a daemon works on this database", on=str(loaded.crm_path), hint="Stop it first."
        )
    if not is_usable(loaded.crm_path):
        _replace(loaded, found, config, dry_run=dry_run, yes=yes, as_json=as_json)
        return
    with open_workspace(config) as ws:
        if dry_run:
            tell_undoing(ws, preview_restore(ws, found), as_json=as_json)
            return
        if not (yes or digest):
            digest = confirmed(ws, preview_restore(ws, found), "restore")
        done = restore(ws, found, by=person(), digest=digest)
        conclude_undoing(ws, done, as_json=as_json)


def _replace(
    loaded: Config, found: Backup, config: Path | None, *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Put the backup in the place of a database that is gone or damaged."""
    refuse_foreign(found, database="", spreadsheet=loaded.spreadsheet)
    told = (
        "The database is gone or damaged: the backup takes its place as a file. What the sheet"
        " holds by now counts as typed since the backup; what syncd remembered since then is lost."
    )
    if dry_run:
        if as_json:
            print_json({"version": VERSION, "ok": True, "replaced": False, "notes": [told]})
        else:
            out.print(told, soft_wrap=True)
        return
    if not yes:
        raise UsageError("restore has to be confirmed", hint=f"{told} Add --yes.")
    with working(loaded):
        aside = put_in_place(loaded, found, now=wall_clock())
    with open_workspace(config) as ws:
        set_up(ws, taking_over=True)
    if as_json:
        kept = str(aside) if aside else None
        print_json({"version": VERSION, "ok": True, "replaced": True, "aside": kept})
    else:
        out.print("The backup is in place. `syncd sync --dry-run` shows what follows.")
        if aside:
            out.print(f"What was there is kept: {aside}", soft_wrap=True)
