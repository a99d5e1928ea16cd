"""The verbs that stop syncd and let it go on: halt, approve."""

import hashlib
from typing import Annotated

import typer

from syncd.cli.app import AsJson, ConfigPath, Why, app, open_workspace, person
from syncd.cli.output import VERSION, out, print_json
from syncd.crm.halts import Stop
from syncd.errors import UsageError


@app.command()
def halt(
    table: Annotated[str | None, typer.Argument(help="Only this table; else all.")] = None,
    why: Why = "",
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Stop writing, on both sides, until somebody approves that it goes on."""
    with open_workspace(config) as ws:
        found = ws.schema.table(table) if table else None
        name, at, by = found.name if found else None, ws.now(), person()
        text = "\n".join((name or "", why, at, by))
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        stop = Stop(digest=digest, table=name, why=why, at=at, by=by)
        with ws.crm.database.transaction():
            ws.crm.halts.stop(stop, [name] if name else list(ws.schema.by_name))
        if as_json:
            print_json({"version": VERSION, "ok": True, "table": name, "digest": digest})
        else:
            what = found.title if found else "Everything"
            out.print(
                f"{what} is halted: nothing is written until `syncd approve {digest}`.",
                soft_wrap=True,
                markup=False,
            )


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
