"""The machine: versions, the config, the schemas, the key, the database's file."""

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from syncd.config import Config
from syncd.crm.database import Database
from syncd.doctor.line import Line, failure, told, warning, well
from syncd.errors import SyncdError
from syncd.schema import load_schema
from syncd.sheet.client import Client

PACKAGES = ("google-api-python-client", "gspread", "pydantic", "sqlite-utils")
SQLITE_MIN = (3, 37, 0)  # STRICT tables
FREE_MIN, FREE_LOW = 10 * 2**20, 200 * 2**20
WAL_HIGH = 64 * 2**20
PROBLEMS_MAX = 5


def versions() -> Iterator[Line]:
    """Say which versions run."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield well("versions", f"syncd {metadata.version('syncd')}, Python {python}")
    yield well("versions", ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES))
    found = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        yield failure(
            "versions",
            f"SQLite {found} is too old",
            f"syncd needs {'.'.join(map(str, SQLITE_MIN))} or newer: use a newer Python.",
        )
    else:
        yield well("versions", f"SQLite {found}")


def schemas(config: Config) -> Iterator[Line]:
    """Say whether the schemas can be used, and the config's policies with them."""
    try:
        schema = load_schema(config.schemas_folder)
        config.check_names(schema)
    except SyncdError as error:
        yield told("schemas", error)
        return
    names = ", ".join(f"{t.name} ({len(t.fields)} fields)" for t in schema.tables)
    yield well("schemas", names)


def key(config: Config) -> Iterator[Line]:
    """Say whether the service account's key can be used, and whether others can read it."""
    path = config.credentials_path
    try:
        client = Client(spreadsheet="", credentials=path, endpoint=config.sheet.endpoint)
    except SyncdError as error:
        yield told("key", error)
        return
    client.close()
    yield well("key", f"{path} is the key of {client.email}")
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield warning("key", "others on this machine can read the key", f"Run: chmod 600 {path}")


def file(config: Config) -> Iterator[Line]:
    """Say how the database's file is: its folder, its room, whole or damaged."""
    path = config.crm_path
    folder = path.parent
    if not folder.is_dir():
        yield failure("database", f"the folder {folder} does not exist", f"Make it: mkdir {folder}")
        return
    if not os.access(folder, os.W_OK):
        yield failure(
            "database",
            f"the folder {folder} cannot be written to",
            "Give the account that runs syncd write access to it.",
        )
        return
    yield from _room(folder)
    if not path.exists():
        yield failure("database", f"there is no database yet ({path})", "Run `syncd init`.")
        return
    if not os.access(path, os.W_OK):
        yield failure(
            "database",
            f"{path} cannot be written to",
            "Give the account that runs syncd write access to it.",
        )
        return
    yield from _content(path)


def _room(folder: Path) -> Iterator[Line]:
    free = shutil.disk_usage(folder).free
    room = f"{free / 2**20:,.0f} MB are free on its disk"
    if free < FREE_MIN:
        yield failure("database", room, "Free some space: nothing can be written.")
    elif free < FREE_LOW:
        yield warning("database", room, "Free some space: backups and the log need it.")
    else:
        yield well("database", room)


def _content(path: Path) -> Iterator[Line]:
    """Say whether the file is whole, as SQLite itself checks it."""
    try:
        database = Database(path)
    except SyncdError as error:
        yield told("database", error)
        return
    try:
        with database.failures():
            run = database.connection.execute
            found = [row[0] for row in run(f"PRAGMA integrity_check({PROBLEMS_MAX})")]
            strays = run("PRAGMA foreign_key_check").fetchall()
            (mode,) = run("PRAGMA journal_mode").fetchone()
    except SyncdError as error:
        yield told("database", error)
        return
    finally:
        database.close()
    damage = "Stop syncd, keep the damaged file, and put a backup in its place: `syncd restore`."
    if found != ["ok"]:
        yield failure("database", f"it is damaged: {'; '.join(map(str, found))}", damage)
    elif strays:
        places = ", ".join(
            sorted({f"{table} refers to {parent}" for table, _, parent, _ in strays})
        )
        yield failure(
            "database",
            f"{len(strays)} references lead nowhere: {places}",
            "Another program deleted records with foreign keys off; put them back, or blank the"
            " references.",
        )
    else:
        yield well("database", f"{path} is whole ({path.stat().st_size / 2**20:,.1f} MB)")
    yield from _log(path, str(mode))


def _log(path: Path, mode: str) -> Iterator[Line]:
    """Say how the write-ahead log is."""
    log = Path(f"{path}-wal")
    size = log.stat().st_size if log.exists() else 0
    if mode.lower() != "wal":
        yield warning(
            "database",
            f"its journal mode is {mode}, not WAL",
            "Close other programs that have it open, and see that the disk is a local one.",
        )
    elif size > WAL_HIGH:
        yield warning(
            "database",
            f"its log holds {size / 2**20:,.0f} MB",
            "A program keeps a read open and holds it from being written back: close it.",
        )
