"""The verbs that need no account: sandbox, demo, version."""

import json
import secrets
import signal
import sqlite3
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli.app import (
    AsJson,
    app,
)
from syncd.cli.output import (
    VERSION,
    out,
    print_json,
)
from syncd.errors import UsageError

if TYPE_CHECKING:
    from syncd.sandbox import Sandbox


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
