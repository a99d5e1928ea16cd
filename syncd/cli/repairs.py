"""The verb for what was hit by mistake and waits to be mended: repairs."""

from dataclasses import asdict
from typing import Annotated

import typer

from syncd.cli.app import AsJson, ConfigPath, app, open_workspace, person
from syncd.cli.output import VERSION, out, print_json, tell
from syncd.config import load_config
from syncd.cycle.repair import describe, drop
from syncd.cycle.workspace import Workspace
from syncd.errors import UsageError

repairs_app = typer.Typer(
    help="Rows that were hit by mistake and wait to be mended.", no_args_is_help=True
)
app.add_typer(repairs_app, name="repairs")


@repairs_app.command("list")
def repairs_list(config: ConfigPath = None, as_json: AsJson = False) -> None:
    """Show what still has to be put back: what stood there, what syncd wrote, why it waits."""
    with Workspace.open(load_config(config), tell) as ws:
        open_ = [describe(each) for each in ws.crm.operations.repairs()]
    if as_json:
        print_json({"version": VERSION, "ok": True, "repairs": [asdict(each) for each in open_]})
        return
    if not open_:
        out.print("Nothing waits to be mended.")
    for each in open_:
        waits = f" It waits: {each.reason}." if each.reason else ""
        out.print(f"{each.id}  {each.table}: {each.row}.{waits}", soft_wrap=True, markup=False)
        for cell in each.cells:
            said = f"     {cell.title or 'untitled'}: stood {cell.stood!r}, wrote {cell.wrote!r}"
            out.print(said, soft_wrap=True, markup=False)


@repairs_app.command("drop")
def repairs_drop(
    numbers: Annotated[list[int], typer.Argument(help="As `syncd repairs list` shows them.")],
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Give repairs up, so that the spreadsheet goes on; the history keeps what stood there."""
    with open_workspace(config) as ws:
        unknown = [number for number in numbers if not drop(ws, number, by=person())]
        if unknown:
            raise UsageError(
                f"no repair {', '.join(map(str, unknown))} is open",
                hint="`syncd repairs list` shows them.",
            )
        if as_json:
            print_json({"version": VERSION, "ok": True, "dropped": numbers})
        else:
            out.print(f"Dropped {len(numbers)}. `syncd history` keeps what stood there.")
