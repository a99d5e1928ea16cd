"""The verbs about people's own things: rows that are held, titles, formulas that were replaced."""

from typing import Annotated

import typer

from syncd.cli.app import AsJson, ConfigPath, app, open_workspace
from syncd.cli.output import VERSION, out, print_json, tell
from syncd.config import load_config
from syncd.core.seen import Answer
from syncd.cycle.formulas import put_back, replaced_formulas
from syncd.cycle.settling import keep_row, settle_rows, settle_titles
from syncd.cycle.workspace import Workspace
from syncd.errors import UsageError


@app.command()
def settle(
    what: Annotated[
        list[str], typer.Argument(help="Ids as `syncd status` shows them, or a table for titles.")
    ],
    renamed: Annotated[
        bool, typer.Option("--renamed", help="It is the same record, or column, as before.")
    ] = False,
    replaced: Annotated[
        bool, typer.Option("--replaced", help="Another row was typed over it; columns moved.")
    ] = False,
    keep: Annotated[
        int, typer.Option("--keep", metavar="ROW", help="Of several rows, this one is the record.")
    ] = 0,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Say what was done to rows that are held, or to a table's titles."""
    if renamed + replaced + bool(keep) != 1:
        raise UsageError(
            "say one of --renamed, --replaced and --keep ROW", hint="See `syncd settle --help`."
        )
    if keep and len(what) != 1:
        raise UsageError("--keep is said of one id", hint="`syncd status` shows which.")
    answer = Answer.RENAMED if renamed else Answer.REPLACED if replaced else Answer.KEEPS
    with open_workspace(config) as ws:
        if keep:
            keep_row(ws, what[0], keep)
        else:
            _settle(ws, what, answer)
    if as_json:
        print_json({"version": VERSION, "ok": True, "settled": what, "as": answer.value})
    else:
        out.print(f"{len(what)} settled as {answer.value}. The next cycle carries it out.")


def _settle(ws: Workspace, what: list[str], answer: Answer) -> None:
    tables = [name for name in what if name in ws.schema.by_name]
    for name in tables:
        settle_titles(ws, ws.schema.table(name), answer)
    settle_rows(ws, [row for row in what if row not in tables], answer)


@app.command()
def formulas(
    numbers: Annotated[
        list[int] | None, typer.Argument(help="Put these back; without any, all are listed.")
    ] = None,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """List the formulas that the authority's values took the place of, or put some back."""
    if numbers:
        with open_workspace(config) as ws:
            put_back(ws, numbers)
        if as_json:
            print_json({"version": VERSION, "ok": True, "put_back": numbers})
        else:
            out.print(f"{len(numbers)} put back. What they show is judged by the next cycle.")
        return
    with Workspace.open(load_config(config), tell) as ws:
        found = replaced_formulas(ws)
    if as_json:
        print_json(found)
        return
    for entry in found:
        where = f"{entry['table']} {entry['row']} {entry['called']}"
        line = f"{entry['id']}: {entry['at']} {where}: {entry['before']} became {entry['after']}"
        out.print(line, soft_wrap=True, markup=False)
    if not found:
        out.print("No formula was replaced.")
