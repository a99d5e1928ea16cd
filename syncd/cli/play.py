"""The verbs that need no account: sandbox, demo, version."""

import json
import secrets
import signal
import sqlite3
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    seed: Annotated[
        int | None, typer.Option(help="Start chance here: the same calls give the same ids.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse access tokens that it did not give out.")
    ] = False,
    quotas: Annotated[
        bool, typer.Option("--quotas", help="Hold Google's limits of calls per minute.")
    ] = False,
    latency: Annotated[float, typer.Option(help="Seconds that every answer takes longer.")] = 0.0,
    slow_drive: Annotated[
        bool, typer.Option("--slow-drive", help="Let Drive tell of changes 3 minutes late.")
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any setting; --list-settings has all."),
    ] = None,
    faults: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="RULE",
            help="Let calls go wrong, as in status:status=503,nth=3 or drop_answer:method=*.update "
            "(docs/sandbox.md has all).",
        ),
    ] = None,
    access: Annotated[
        list[str] | None,
        typer.Option(metavar="ID=ROLE", help="Give the account a role in a book: none, reader."),
    ] = None,
    list_settings: Annotated[
        bool, typer.Option("--list-settings", help="Show all settings and faults, then end.")
    ] = False,
) -> None:
    """Serve a stand-in for Google Sheets and Drive on this machine."""
    from syncd.sandbox import Sandbox  # noqa: PLC0415 # only this verb needs it
    from syncd.sandbox.errors import ApiError  # noqa: PLC0415 # the same
    from syncd.sandbox.state.settings import SLOW_DRIVE_S  # noqa: PLC0415 # the same

    if list_settings:
        _list_settings()
        return
    chosen: dict[str, Any] = {"latency_s": latency, "quotas": quotas, "strict": strict}
    chosen["seed"] = secrets.randbits(32) if seed is None else seed
    chosen["drive_lag_s"] = SLOW_DRIVE_S if slow_drive else 0.0
    chosen |= _settings(settings or [])
    try:
        box = Sandbox(port=port, data=data, **chosen)
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
    except ApiError as error:
        raise UsageError(error.message, hint="See --list-settings.") from error
    _set_up(box, faults or [], access or [])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if credentials is not None:
        _keep_key(box, credentials)
    out.print(f"The sandbox serves at {box.url} (Ctrl-C stops it).")
    box.serve_forever()


def _settings(given: list[str]) -> dict[str, Any]:
    """Read settings as they are typed: a truth value, a number, or else a text."""
    chosen: dict[str, Any] = {}
    for text in given:
        name, _, value = (part.strip() for part in text.partition("="))
        if name in {"port", "data", "clock"}:
            raise UsageError(f"{name} is no setting", on=text, hint="See --list-settings.")
        try:
            chosen[name] = json.loads(value.lower())
        except ValueError:
            chosen[name] = value
    return chosen


def _set_up(box: "Sandbox", faults: list[str], access: list[str]) -> None:
    """Give a sandbox its faults and roles before it serves."""
    from syncd.sandbox.errors import ApiError  # noqa: PLC0415 # only this verb needs it
    from syncd.sandbox.serve.faults import parse_flag  # noqa: PLC0415 # the same

    try:
        for text in faults:
            box.add_rules(parse_flag(text))
        for text in access:
            book_id, _, role = text.rpartition("=")
            box.allow(book_id, role)
    except ApiError as error:
        box.stop()
        raise UsageError(error.message, hint="See --list-settings.") from error


def _list_settings() -> None:
    from syncd.sandbox.serve.faults import KINDS  # noqa: PLC0415 # only this verb needs it
    from syncd.sandbox.state.settings import described  # noqa: PLC0415 # the same

    for name, default, text in described():
        out.print(f"{name} = {json.dumps(default)}\n    {text}", highlight=False)
    out.print("\nFaults:")
    for name, text in KINDS.items():
        out.print(f"{name}\n    {text}", highlight=False)


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
