"""The CRM as a whole: one file, opened, brought up to date, with its parts at hand."""

import sqlite3
from pathlib import Path

from sqlite_utils import Database as Tables

from syncd.crm.changesets import Changesets
from syncd.crm.database import Connect, Database
from syncd.crm.halts import Halts
from syncd.crm.history import History
from syncd.crm.locks import working_on
from syncd.crm.migrations import migrations
from syncd.crm.operations import Operations
from syncd.crm.records import Records
from syncd.crm.renewals import Renewals
from syncd.crm.reviews import Reviews
from syncd.crm.settled import Settled
from syncd.crm.sources import Sources
from syncd.crm.state import State
from syncd.crm.tables import is_current, prepare_tables
from syncd.errors import CrmError
from syncd.schema import Schema


class Crm:
    """One CRM database."""

    def __init__(self, path: Path, schema: Schema, connect: Connect = sqlite3.connect) -> None:
        if not path.parent.is_dir():
            raise CrmError(
                "its folder does not exist", on=str(path), hint=f"Make the folder {path.parent}."
            )
        self.database = Database(path, connect)
        try:
            self._prepare(schema)
        except BaseException:
            self.database.close()
            raise
        self.records = Records(self.database)
        self.state = State(self.database)
        self.settled = Settled(self.state)
        self.reviews = Reviews(self.database)
        self.renewals = Renewals(self.database, schema)
        self.history = History(self.database, self.renewals)
        self.halts = Halts(self.database)
        self.changesets = Changesets(self.database)
        self.operations = Operations(self.database)
        self.sources = Sources(self.database)

    def _prepare(self, schema: Schema) -> None:
        """Bring the file's tables up to date, as one transaction."""
        connection = self.database.connection
        with self.database.failures():
            self._refuse_newer()
            if self._is_current(schema):
                return
        with working_on(self.database.path), self.database.failures():
            if self._is_current(schema):
                return  # somebody else did it meanwhile
            connection.execute("PRAGMA foreign_keys = OFF")
            try:
                with self.database.transaction():
                    migrations.apply(self.database.tables)
                    prepare_tables(self.database, schema)
                    connection.execute(
                        "INSERT OR REPLACE INTO _syncd_state VALUES ('schema', ?)", [schema.digest]
                    )
            finally:
                connection.execute("PRAGMA foreign_keys = ON")

    def _refuse_newer(self) -> None:
        """Refuse a file in which a syncd of a later day has changed what we know."""
        known = {each.name for each in migrations.pending(Tables(memory=True))}
        unknown = [
            each.name for each in migrations.applied(self.database.tables) if each.name not in known
        ]
        if unknown:
            raise CrmError(
                f"a newer syncd has changed the database: {', '.join(unknown)}",
                on=str(self.database.path),
                hint="Update syncd, or put a backup of before in its place.",
            )

    def _is_current(self, schema: Schema) -> bool:
        tables = self.database.tables
        if not tables["_syncd_state"].exists() or migrations.pending(tables):
            return False
        return is_current(self.database, schema)

    def close(self) -> None:
        """Close the file."""
        self.database.close()
