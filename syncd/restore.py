"""Restore: the records as a backup holds them, brought back as by an undo: shown first, checked.

Only the records return. What syncd itself remembers (the base, the history, the review, who has
authority, what it last wrote to the sheet) stays as it is now, so that nothing typed since the
backup is taken for something else: that a record is other than what both sides shared is an
admin's act, answered with yes, and normal cycles carry it to the sheet.

Where the database itself is gone or damaged, the backup takes its place as a file. Then the base is
old: what the sheet holds by now counts as typed since, and is pulled or asked about as the policy
says, within the rails.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from syncd.authority import require_as_shown
from syncd.config import Config
from syncd.core.past import RowKey
from syncd.core.snapshot import RowId, TableName
from syncd.core.undo import Held, Kept, Present, Reversal, Target, Why, answers_for
from syncd.crm.backups import Backup
from syncd.crm.store import Crm
from syncd.crm.tables import DOCUMENT
from syncd.cycle.workspace import Workspace
from syncd.errors import CrmError, UsageError
from syncd.schema import Schema
from syncd.schema.document import Former, former_fields, former_name
from syncd.undo import Undoing, carry_out, finish, present_of, shown, typed_rows

_DAMAGED = ("malformed", "not a database", "no such table")
Holdings = dict[TableName, dict[RowId, Held]]


def preview_restore(ws: Workspace, backup: Backup) -> Undoing:
    """Say which records would change, what stays as it is and why, and what the cycle does."""
    refuse_foreign(backup, database=ws.crm.state.database_id, spreadsheet=ws.client.spreadsheet)
    return shown(ws, f"the backup of {backup.at or 'unknown date'}", _reversal(ws, backup))


def restore(ws: Workspace, backup: Backup, *, by: str, digest: str = "") -> Undoing:
    """Finish what is under way, then bring the records back by normal cycles."""
    finish(ws)
    planned = preview_restore(ws, backup)
    require_as_shown("what would be restored", digest, planned.digest)
    if planned.is_empty:
        return planned
    return carry_out(ws, planned, kind="restore", by=by)


def refuse_foreign(backup: Backup, *, database: str, spreadsheet: str) -> None:
    """Require that a backup is one of this workspace: of its database, or of its spreadsheet."""
    if backup.database != database and backup.spreadsheet != spreadsheet:
        raise UsageError(
            "this is the backup of another workspace",
            on=str(backup.path),
            hint=f"It belongs to the spreadsheet {backup.spreadsheet or 'of nobody yet'}.",
        )


def _reversal(ws: Workspace, backup: Backup) -> Reversal:
    then, described = _records_in(ws, backup)
    present = _among(present_of(ws), described)
    new = [
        (name, row)
        for name, records in present.records.items()
        for row in records
        if row not in then[name]
    ]
    lines = ws.crm.history.of_rows(sorted({row for _, row in new}))
    typed = typed_rows(lines)
    kept: list[Kept] = []
    targets = dict(_targets(then, present, typed, kept))
    return answers_for(targets, present, kept)


def _among(present: Present, described: Former) -> Present:
    """Leave out the fields that a backup does not know: it cannot say what they held."""
    fields = {
        name: frozenset(fields) & described.get(name, {}).keys() if described else fields
        for name, fields in present.fields.items()
    }
    return replace(present, fields=fields)


def _records_in(ws: Workspace, backup: Backup) -> tuple[Holdings, Former]:
    """Return a backup's records as today's schema describes them, and the fields that it knows.

    The backup is not touched.
    """
    schema = ws.crm.renewals.naming(ws.schema)
    with tempfile.TemporaryDirectory(dir=ws.config.crm_path.parent, prefix=".restore-") as folder:
        working = Path(folder) / "records.db"
        shutil.copyfile(backup.path, working)
        described = _described(working, schema)
        crm = Crm(working, schema)
        try:
            return {
                table.name: {
                    row: Held(values=record.values, archived=record.archived)
                    for row, record in crm.records.read(table).items()
                }
                for table in ws.schema.tables
            }, described
        finally:
            crm.close()


def _described(path: Path, schema: Schema) -> Former:
    """Return the fields of today that a database's own schema knows, whatever it calls them."""
    with closing(sqlite3.connect(path)) as found:
        row = found.execute("SELECT value FROM _syncd_state WHERE key = ?", [DOCUMENT]).fetchone()
    known = former_fields(row[0] if row else None)
    return {
        table.name: {
            field.name: field for field in table.fields if former_name(field, known[table.name])
        }
        for table in schema.tables
        if table.name in known
    }


def _targets(
    then: Holdings, present: Present, typed: Collection[RowKey], kept: list[Kept]
) -> Iterator[tuple[RowKey, Target]]:
    """Yield how each record has to be that is other than it was."""
    for name, records in then.items():
        now = present.records[name]
        for row in dict.fromkeys((*records, *now)):
            was, held, key = records.get(row), now.get(row), (name, row)
            if was is None:
                # It was made since: it goes out of use; its row stays if people typed it.
                yield key, Target(in_use=False, leaves=key not in typed)
            elif held is None and was.archived:
                kept.append(Kept(table=name, row=row, why=Why.UNKNOWN))
            elif held is None:
                yield key, Target(in_use=True, record=was.values)
            elif was.archived and not held.archived:
                yield key, Target(in_use=False)
            else:
                fields = present.fields[name]
                changed = {
                    each: value
                    for each, value in was.values.items()
                    if each in fields and value != held.values.get(each)
                }
                returns = held.archived and not was.archived
                if changed or returns:
                    yield key, Target(values=changed, in_use=True if returns else None)


# ── Where there is no database to restore into ────────────────────────────────────────────────


def is_usable(path: Path) -> bool:
    """Whether there is a database that can be opened and is whole."""
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as found:
            (said,) = found.execute("PRAGMA integrity_check(1)").fetchone()
            found.execute("SELECT 1 FROM _syncd_state").fetchone()
    except sqlite3.DatabaseError as error:
        return not any(sign in str(error).lower() for sign in _DAMAGED)
    return bool(said == "ok")


def put_in_place(config: Config, backup: Backup, *, now: datetime) -> Path | None:
    """Let a backup take the place of a database that is gone or damaged; return what was there."""
    refuse_foreign(backup, database="", spreadsheet=config.spreadsheet)
    path = config.crm_path
    aside = path.with_name(f"{path.name}.damaged-{now.strftime('%Y%m%d-%H%M%S')}")
    working = path.with_name(f".{path.name}.part")
    try:
        shutil.copyfile(backup.path, working)
        with working.open("rb+") as file:
            os.fsync(file.fileno())
        there = path.exists()
        for end in ("", "-wal", "-shm"):
            old = path.with_name(path.name + end)
            if old.exists():
                old.rename(aside.with_name(aside.name + end))
        working.replace(path)
    except OSError as error:
        raise CrmError(
            f"the backup cannot be put in place: {error.strerror}",
            on=str(path),
            hint="Free some space or give syncd write access there, then try again.",
        ) from error
    return aside if there else None
