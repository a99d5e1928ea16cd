"""Backups of the CRM's file: one is taken now and then, and put back in the place of the file."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.config import Config

if TYPE_CHECKING:
    from tests.simulation.history import History

TAKEN, PUT_BACK = 0.25, 0.5  # how likely within a round, the second once there is a backup


def copied_file(history: "History") -> Config:
    """Return the config of a copy of the database, taken once and kept through the history."""
    place = history.place / "rival"
    if not place.exists():
        place.mkdir()
        _copy(history.config.crm_path, place / "crm.db")
    return history.config.model_copy(update={"folder": place})


def back_up(history: "History", where: str) -> None:
    """Let an admin take a backup of the file; or put the last one back, with syncd stopped."""
    backup = history.place / "backup.db"
    likely = PUT_BACK if backup.exists() else TAKEN
    chance = history.chance.at("schedule", where).random()
    if chance >= likely or not history.chance.happens(f"act {where}"):
        return
    if not backup.exists():
        _copy(history.config.crm_path, backup)
        history.say(f"{where}: admin takes a backup of the file")
        return
    history.oracle.file_left(history.app)
    history.ws.close()
    _copy(backup, history.config.crm_path)
    backup.unlink()
    history.oracle.file_put_back(history.app)
    history.say(f"{where}: admin puts the backup back")
    history.mark("admin: puts a backup of the file back")
    history.restart()


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)
