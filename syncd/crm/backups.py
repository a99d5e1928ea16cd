"""Backups: whole copies of the database as of one moment, checked, dated, never overwritten.

A copy knows when and why it was made and to which database it belongs; it tells that itself, so
that its file may be moved and renamed. Those made before a switch, an undo or a restore are kept in
a folder beside the database, the newest ones only; one that a person asked for stays for good.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from syncd.crm.database import Database
from syncd.errors import CrmError, UsageError

FOLDER = "backups"
KEPT = 30  # automatic ones; the oldest beyond them is deleted
BY_HAND = "by hand"
_NOTES = ("backup_at", "backup_why")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy: where it is, when and why it was made, and of which workspace it is one."""

    path: Path
    at: str
    why: str
    database: str
    spreadsheet: str
    size: int

    @property
    def is_automatic(self) -> bool:
        """Whether syncd made it by itself, and may delete it when it is old."""
        return self.why != BY_HAND


def back_up(
    database: Database, *, now: datetime, at: str, why: str, target: Path | None = None
) -> Backup:
    """Copy the database, check the copy, and put it in its place; no file is overwritten."""
    path = target or _default(database.path, now)
    if target is not None and target.exists():
        raise UsageError(
            "there is such a file already", on=str(target), hint="Name one that is not there yet."
        )
    working = path.with_name(f".{path.name}.part")
    try:
        with _failures(path):
            if target is None:
                path.parent.mkdir(exist_ok=True)
            working.unlink(missing_ok=True)
            _copy(database, working, at=at, why=why)
            _publish(working, path)
    finally:
        with suppress(OSError):
            working.unlink(missing_ok=True)
    made = read_backup(path, checked=False)
    if made.is_automatic:
        _forget_old(path.parent)
    return made


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise UsageError(
            "there is such a file already", on=str(path), hint="Name one that is not there yet."
        ) from error
    except (OSError, sqlite3.Error) as error:
        raise CrmError(
            f"no backup could be made: {error}",
            on=str(path),
            hint="Free some space or give syncd write access there; nothing was changed.",
        ) from error


def _default(path: Path, now: datetime) -> Path:
    return path.parent / FOLDER / f"{path.stem}-{now.strftime('%Y%m%d-%H%M%S-%f')}.db"


def _copy(database: Database, working: Path, *, at: str, why: str) -> None:
    with closing(sqlite3.connect(working)) as copy:
        database.connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, whole by itself
        copy.executemany(
            "INSERT OR REPLACE INTO _syncd_state VALUES (?, ?)",
            zip(_NOTES, (at, why), strict=True),
        )
        copy.commit()
        (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(f"the copy is damaged: {found}")


def _publish(working: Path, path: Path) -> None:
    """Give a finished copy its name, with all that it holds on the disk, and replace nothing."""
    with working.open("rb+") as file:
        os.fsync(file.fileno())
    try:
        os.link(working, path)
    except FileExistsError:
        raise
    except OSError:
        # This file system knows no second name for a file.
        if path.exists():
            raise
        working.rename(path)


def read_backup(path: Path, *, checked: bool = True) -> Backup:
    """Return what a backup tells of itself; one that is damaged or none at all is refused.

    Reading all of a large copy to see whether it is whole takes its time: `checked` says whether.
    """
    if not path.is_file():
        raise UsageError("there is no such file", on=str(path), hint="`syncd backup --list` does.")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            sound = "PRAGMA integrity_check(1)" if checked else "SELECT 'ok'"
            (found,) = copy.execute(sound).fetchone()
            state = dict(copy.execute("SELECT key, value FROM _syncd_state").fetchall())
    except sqlite3.Error as error:
        raise UsageError(
            f"this is no backup that can be used: {error}",
            on=str(path),
            hint="`syncd backup --list` shows those that can.",
        ) from error
    if found != "ok":
        raise UsageError(
            f"the backup is damaged: {found}",
            on=str(path),
            hint="`syncd backup --list` shows others.",
        )
    at, why = (state.get(note) or "" for note in _NOTES)
    return Backup(
        path=path,
        at=at,
        why=why or BY_HAND,
        database=state.get("database") or "",
        spreadsheet=state.get("spreadsheet") or "",
        size=path.stat().st_size,
    )


def backups_of(path: Path) -> list[Backup]:
    """Return the backups beside a database, newest first; what is none of ours is left out."""
    found = []
    for each in sorted((path.parent / FOLDER).glob("*.db")):
        with suppress(UsageError):
            found.append(read_backup(each, checked=False))
    return sorted(found, key=lambda backup: (backup.at, backup.path.name), reverse=True)


def _forget_old(folder: Path) -> None:
    """Delete automatic backups beyond the newest ones, known by the note that they carry."""
    automatic = [
        each
        for each in sorted(folder.glob("*.db"), key=lambda each: each.name, reverse=True)
        if _is_automatic(each)
    ]
    for old in automatic[KEPT:]:
        with suppress(OSError):
            old.unlink()


def _is_automatic(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            found = copy.execute(
                "SELECT value FROM _syncd_state WHERE key = 'backup_why'"
            ).fetchone()
    except sqlite3.Error:
        return False
    return bool(found) and found[0] != BY_HAND
