"""What the demo and the tour stand on: a sandbox, a spreadsheet, a config, the daemon."""

import contextlib
import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from filelock import FileLock, Timeout

from syncd.demo.children import DEATH_S, LOOPBACK, Child, DemoError, Family
from syncd.demo.sides import Team
from syncd.errors import BusyError, UsageError

START_S = 30.0
_ENDPOINT = re.compile(r'^endpoint = "[^"]*"$', re.MULTILINE)

CONFIG = """\
# The demo's config: the endpoint is the sandbox, which stands in for Google.
[sheet]
spreadsheet = "{spreadsheet}"
credentials = "credentials.json"
endpoint = "{url}"
poll_s = {poll_s}

[crm]
path = "crm.db"
"""


def start_sandbox(family: Family, *, port: int = 0) -> str:
    """Start the sandbox in the family's folder; return its address once it answers."""
    folder = family.folder
    key = folder / "credentials.json"
    key.unlink(missing_ok=True)  # an old one names an old address
    arguments = ("--port", str(port), "--data", str(folder / "sandbox.db"))
    family.start("sandbox", "sandbox", *arguments, "--credentials", str(key))
    return family.wait(
        lambda: _answering(key), seconds=START_S, missing=lambda: "the sandbox did not answer"
    )


def _answering(key: Path) -> str | None:
    """Return the address that the sandbox wrote to its key file, once it answers there."""
    try:
        address = json.loads(key.read_text(encoding="utf-8"))["token_uri"]
        url = str(address).removesuffix("/token")
        with Team(url).http as http:
            http.get(url, timeout=1).raise_for_status()
    except (OSError, ValueError, requests.RequestException):
        return None
    return url


def start_daemon(family: Family, team: Team, config: Path) -> Child:
    """Start the daemon; return it once it has read the sheet."""
    account = json.loads((family.folder / "credentials.json").read_text("utf-8"))["client_email"]
    team.ask("POST", "/_sandbox/calls/reset")
    daemon = family.start("daemon", "run", "--config", str(config))
    family.wait(
        lambda: team.ask("GET", "/_sandbox/calls")["by_user"].get(account),
        seconds=START_S,
        missing=lambda: "the daemon did not read the sheet",
    )
    return daemon


def write_config(path: Path, *, spreadsheet: str, url: str, poll_s: float) -> None:
    """Write the config; one that is there only learns the sandbox's new address."""
    if path.exists():
        old = path.read_text(encoding="utf-8")
        text = _ENDPOINT.sub(f'endpoint = "{url}"', old)
    else:
        old, text = "", CONFIG.format(spreadsheet=spreadsheet, url=url, poll_s=poll_s)
    if text != old:
        path.write_text(text, encoding="utf-8")


def is_free(port: int) -> bool:
    """Whether a server could listen on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except (OSError, OverflowError):
            return False
    return True


def make_folder(folder: Path) -> None:
    """Make a folder where there is none, and see that it can be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the folder cannot be made: {error.strerror}",
            on=str(folder),
            hint="Name another one by --folder.",
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(
            "the folder cannot be written to", on=str(folder), hint="Name another by --folder."
        )


@contextlib.contextmanager
def only_one(path: Path, what: str) -> Iterator[None]:
    """Be the one that plays in a folder."""
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BusyError(
            f"{what} is already being played in this folder",
            on=str(path.parent),
            hint="End it first, or name another folder by --folder.",
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def with_team(family: Family, url: str) -> Iterator[Team]:
    """Act as the team; where the sandbox stops answering, say which process died."""
    team = Team(url)
    try:
        yield team
    except requests.RequestException as error:
        family.check(DEATH_S)
        raise DemoError(
            f"the sandbox refused a request: {error}",
            on=str(family.folder / "sandbox.log"),
            hint=family.again,
        ) from error
    finally:
        team.close()


def load_json(path: Path) -> dict[str, Any] | None:
    """Return a file's JSON object, None where it holds none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
