"""`syncd demo`: a workspace to play with, kept in a folder and going on where it stopped."""

import json
import math
import shlex
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.markup import escape

from syncd.demo.children import DemoError, Family, family, own_name
from syncd.demo.rows import CAMPAIGNS, COOPERATIONS, CREDIT, influencers, sample
from syncd.demo.sides import Records, Sheet, Team
from syncd.demo.stage import (
    is_free,
    load_json,
    make_folder,
    only_one,
    start_daemon,
    start_sandbox,
    with_team,
    write_config,
)
from syncd.errors import UsageError

TITLE = "Influencer marketing (demo)"
FILLED_S = 60.0
POLL_DAEMON_S = 2.0
_MEMORY = "demo.json"
_FILES = ("config.toml", "sandbox.db", "crm.db")

Tell = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Memory:
    """What a demo knows of its last start; its file also says that the folder is a demo's."""

    port: int = 0
    spreadsheet: str = ""
    filled: bool = False


def play_demo(folder: Path, port: int, tell: Tell) -> None:
    """Play until somebody stops it: the sandbox, a filled spreadsheet and the daemon."""
    make_folder(folder)
    anew = f"If its files are damaged, delete the folder {folder}: the next start begins anew."
    again = f"`syncd demo --folder {shlex.quote(str(folder))}` goes on where this one stopped."
    try:
        with only_one(folder / "demo.lock", "the demo"), family(folder, again=anew) as members:
            _play(members, port, tell, again)
    except KeyboardInterrupt:
        tell("Stopped. " + escape(again))


def _play(members: Family, port: int, tell: Tell, again: str) -> None:
    folder = members.folder
    memory = _remembered(folder)
    url = start_sandbox(members, port=_chosen(port, memory, tell))
    memory.port = int(url.rpartition(":")[2])
    with with_team(members, url) as team:
        sheet = _sheet(members, team, memory)
        fresh = not memory.filled
        if fresh:
            tell("Setting up the spreadsheet and typing in some rows …")
            _fill(members, sheet, memory)
        start_daemon(members, team, folder / "config.toml")
        records = Records(folder / "crm.db")
        if fresh:
            _await_records(members, records)
        _say_where(folder, sheet, records, tell, fresh=fresh)
        members.again = again
        members.check(math.inf)


def _remembered(folder: Path) -> Memory:
    """Return what the last start left; another program's files and damaged ones are refused."""
    path = folder / _MEMORY
    found = [name for name in _FILES if (folder / name).exists()]
    if not path.exists():
        if found:
            raise UsageError(
                f"the folder holds {', '.join(found)}, but is no demo's",
                on=str(folder),
                hint="Name another folder by --folder.",
            )
        _remember(folder, Memory())
    try:
        memory = Memory(**(load_json(path) or {"damaged": True}))
    except TypeError:
        raise _damaged(folder, _MEMORY) from None
    broken = [name for name in _FILES if not _is_whole(folder / name)]
    if memory.filled and broken:
        raise _damaged(folder, broken[0])
    return memory


def _is_whole(path: Path) -> bool:
    """Whether a file is there and, as a database, can be read."""
    if not path.exists():
        return False
    if path.suffix != ".db":
        return True
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            base.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return False
    return True


def _remember(folder: Path, memory: Memory) -> None:
    (folder / _MEMORY).write_text(json.dumps(asdict(memory), indent=2) + "\n", encoding="utf-8")


def _damaged(folder: Path, name: str) -> DemoError:
    return DemoError(
        "the demo's file is missing or damaged",
        on=str(folder / name),
        hint=f"Delete the folder {folder}; the next `syncd demo` begins anew.",
    )


def _chosen(port: int, memory: Memory, tell: Tell) -> int:
    """Return the port to ask for: the one that was named, the last one, or any that is free."""
    if port:
        if not is_free(port):
            raise UsageError(
                "the port is taken", on=f"port {port}", hint="Leave --port out to take a free one."
            )
        return port
    if memory.port and not is_free(memory.port):
        tell(f"Port {memory.port} of the last start is taken now; the address is another one.")
        return 0
    return memory.port


def _sheet(members: Family, team: Team, memory: Memory) -> Sheet:
    """Return the demo's spreadsheet, a new one at the first start."""
    folder = members.folder
    if not memory.spreadsheet:
        memory.spreadsheet = team.make_spreadsheet(TITLE).id
    sheet = Sheet(team, memory.spreadsheet)
    if not sheet.exists():
        raise _damaged(folder, "sandbox.db")
    write_config(
        folder / "config.toml", spreadsheet=memory.spreadsheet, url=team.url, poll_s=POLL_DAEMON_S
    )
    _remember(folder, memory)
    return sheet


def _fill(members: Family, sheet: Sheet, memory: Memory) -> None:
    """Set the workspace up and type what the team has, where a start that was cut off did not."""
    members.run("init", "--config", str(members.folder / "config.toml"))
    typed = {
        "Campaigns": CAMPAIGNS,
        "Influencers": influencers(sample()),
        "Cooperations": COOPERATIONS,
    }
    for tab, rows in typed.items():
        if len(sheet.grid(tab)) == 1:
            sheet.add(tab, rows)
    memory.filled = True
    _remember(members.folder, memory)


def _await_records(members: Family, records: Records) -> None:
    """Wait until the daemon took what the team typed; one row of the sample is not acceptable."""
    members.wait(
        lambda: True if records.count("cooperations") == len(COOPERATIONS) else None,
        seconds=FILLED_S,
        missing=lambda: "the daemon did not take the rows",
    )


def _say_where(folder: Path, sheet: Sheet, records: Records, tell: Tell, *, fresh: bool) -> None:
    config, base = (shlex.quote(str(folder / name)) for name in ("config.toml", "crm.db"))
    counts = ", ".join(
        f"{records.count(table)} {table}" for table in ("campaigns", "influencers", "cooperations")
    )
    query = "UPDATE influencers SET followers = 285000000 WHERE name = 'MrBeast'"
    lines = [
        "",
        "The demo runs." if fresh else "The demo goes on where it stopped.",
        f"  Sheet    {sheet.page}",
        f"  CRM      {base} (SQLite; {counts})",
        f"  Config   {config}",
        f"  Logs     {shlex.quote(str(folder / 'daemon.log'))} and sandbox.log beside it",
        "",
        "Open the sheet in a browser, where you are the team, and edit a row: its column “Sync”",
        "says what becomes of it. One row is refused from the start, with its reason.",
        "",
        "Then be the admin, in another terminal:",
        f"  {own_name()} status --config {config}",
        f"  {own_name()} connect --config {config} --yes      from now on the CRM wins",
        f"  {own_name()} review list --config {config}",
        f'  sqlite3 {base} "{query}"' if shutil.which("sqlite3") else "",
        f"  {own_name()} disconnect --config {config} --yes   back to the sheet",
        "",
        CREDIT,
        "Ctrl-C ends the demo; the next start goes on from there.",
    ]
    tell(escape("\n".join(lines).replace("\n\n\n", "\n\n")))
