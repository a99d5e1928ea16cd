"""The verb that settles what was left alone: rows that are held, titles that contradict."""

from typing import Annotated

import typer

from syncd.cli.app import AsJson, ConfigPath, app, open_workspace
from syncd.cli.output import VERSION, out, print_json
from syncd.core.identity import Answer
from syncd.cycle.settling import settle_rows, settle_titles
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
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Say what was done to rows that are held, or to a table's titles."""
    if renamed == replaced:
        raise UsageError("say either --renamed or --replaced", hint="See `syncd settle --help`.")
    answer = Answer.RENAMED if renamed else Answer.REPLACED
    with open_workspace(config) as ws:
        tables = [name for name in what if name in ws.schema.by_name]
        for name in tables:
            settle_titles(ws, ws.schema.table(name), answer)
        settle_rows(ws, [row for row in what if row not in tables], answer)
    if as_json:
        print_json({"version": VERSION, "ok": True, "settled": what, "as": answer.value})
    else:
        out.print(f"{len(what)} settled as {answer.value}. The next cycle carries it out.")
