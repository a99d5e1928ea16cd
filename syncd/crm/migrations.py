"""syncd's own tables in the CRM's file; their names all start with `_syncd_`."""

from sqlite_utils import Database as Tables
from sqlite_utils import Migrations

migrations = Migrations("syncd")


def _run(tables: Tables, script: str) -> None:
    """Run statements one by one: a script of SQLite's own would commit what is open."""
    for statement in script.split(";\n"):
        if statement.strip():
            tables.conn.execute(statement)


_FIRST = """
CREATE TABLE _syncd_state (key TEXT PRIMARY KEY NOT NULL, value TEXT) STRICT;
CREATE TABLE _syncd_writer (
    one INTEGER PRIMARY KEY CHECK (one = 1), origin TEXT, cycle INTEGER
) STRICT;
INSERT INTO _syncd_writer VALUES (1, NULL, NULL);
CREATE TABLE _syncd_switches (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, authority TEXT NOT NULL, by TEXT NOT NULL,
    why TEXT NOT NULL, policy TEXT NOT NULL
) STRICT;
CREATE TABLE _syncd_base (
    "table" TEXT NOT NULL, row TEXT NOT NULL, "values" TEXT NOT NULL,
    archived INTEGER NOT NULL, gone INTEGER NOT NULL, PRIMARY KEY ("table", row)
) STRICT, WITHOUT ROWID;
CREATE TABLE _syncd_missing (
    "table" TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY ("table", row)
) STRICT, WITHOUT ROWID;
CREATE TABLE _syncd_provisional (
    "table" TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY ("table", row)
) STRICT, WITHOUT ROWID;
CREATE TABLE _syncd_problems (
    "table" TEXT NOT NULL, row TEXT NOT NULL, field TEXT NOT NULL, side TEXT NOT NULL,
    text TEXT NOT NULL, reason TEXT NOT NULL, example TEXT NOT NULL,
    PRIMARY KEY ("table", row, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE _syncd_reviews (
    id INTEGER PRIMARY KEY, "table" TEXT NOT NULL, row TEXT NOT NULL, field TEXT NOT NULL,
    side TEXT NOT NULL, kind TEXT NOT NULL, offered TEXT NOT NULL, shown TEXT NOT NULL,
    base TEXT NOT NULL, standing TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
    closed_at TEXT, label TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX _syncd_reviews_one ON _syncd_reviews ("table", row, field, side)
    WHERE standing IN ('open', 'accepted');
CREATE TABLE _syncd_history (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, cycle INTEGER, side TEXT NOT NULL,
    origin TEXT NOT NULL, "table" TEXT NOT NULL, row TEXT NOT NULL, field TEXT NOT NULL,
    before ANY, after ANY, base ANY, outcome TEXT NOT NULL, reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX _syncd_history_row ON _syncd_history ("table", row);
CREATE TABLE _syncd_operations (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, token TEXT NOT NULL, state TEXT NOT NULL,
    body TEXT NOT NULL, intent TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE TABLE _syncd_repairs (
    id INTEGER PRIMARY KEY, operation INTEGER NOT NULL, "table" TEXT NOT NULL,
    repair TEXT NOT NULL, open INTEGER NOT NULL DEFAULT 1, outcome TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE _syncd_halts (
    "table" TEXT NOT NULL, rail TEXT NOT NULL, count INTEGER NOT NULL, of_rows INTEGER NOT NULL,
    digest TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY ("table", rail)
) STRICT;
CREATE TABLE _syncd_approvals (digest TEXT PRIMARY KEY NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL)
    STRICT;
CREATE TABLE _syncd_imports (
    source TEXT NOT NULL, "table" TEXT NOT NULL, row TEXT NOT NULL, given TEXT NOT NULL,
    PRIMARY KEY (source, "table", row)
) STRICT, WITHOUT ROWID;
CREATE TABLE _syncd_sources (
    source TEXT PRIMARY KEY NOT NULL, mapping TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE TABLE _syncd_labels (
    "table" TEXT NOT NULL, label TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY ("table", label)
) STRICT, WITHOUT ROWID;
INSERT INTO _syncd_state VALUES ('database', lower(hex(randomblob(8))));
INSERT INTO _syncd_state VALUES ('authority', 'sheet');
"""


@migrations()  # type: ignore[untyped-decorator] # the library brings no types
def first_tables(tables: Tables) -> None:
    """Everything that a cycle needs to remember."""
    _run(tables, _FIRST)


@migrations()  # type: ignore[untyped-decorator] # the library brings no types
def operations_by_nonce(tables: Tables) -> None:
    """Tell the operations of two copies of a database apart, and one application from another."""
    for column in ("nonce", "slots"):
        tables.conn.execute(
            f"ALTER TABLE _syncd_operations ADD COLUMN {column} TEXT NOT NULL DEFAULT ''"
        )


_EVOLUTION = """
CREATE TABLE _syncd_replaced ("table" TEXT NOT NULL, row TEXT NOT NULL, record TEXT) STRICT;
CREATE TABLE _syncd_unfit (
    "table" TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY ("table", row)
) STRICT, WITHOUT ROWID;
CREATE TABLE _syncd_aside (
    "table" TEXT NOT NULL, row TEXT NOT NULL, field TEXT NOT NULL, value ANY NOT NULL,
    PRIMARY KEY ("table", row, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE _syncd_lease (
    one INTEGER PRIMARY KEY CHECK (one = 1), holder TEXT NOT NULL, host TEXT NOT NULL,
    boot TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT NOT NULL, since TEXT NOT NULL,
    renewed TEXT NOT NULL
) STRICT;
"""


@migrations()  # type: ignore[untyped-decorator] # the library brings no types
def schema_evolution(tables: Tables) -> None:
    """What a changed schema leaves unfit or aside, what REPLACE may take, and who runs."""
    _run(tables, _EVOLUTION)


_CHANGESETS = """
ALTER TABLE _syncd_writer ADD COLUMN at TEXT;
ALTER TABLE _syncd_writer ADD COLUMN origins TEXT;
ALTER TABLE _syncd_reviews ADD COLUMN answered_by TEXT NOT NULL DEFAULT '';
CREATE TABLE _syncd_changesets (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, at TEXT NOT NULL,
    by TEXT NOT NULL, first_cycle INTEGER, last_cycle INTEGER, before TEXT NOT NULL
) STRICT;
DROP INDEX _syncd_history_row;
CREATE INDEX _syncd_history_row ON _syncd_history (row, "table");
CREATE INDEX _syncd_history_at ON _syncd_history (at);
CREATE INDEX _syncd_history_cycle ON _syncd_history (cycle) WHERE cycle IS NOT NULL;
CREATE INDEX _syncd_history_origin ON _syncd_history (origin)
    WHERE origin NOT IN ('sheet', 'crm', 'syncd');
"""


@migrations()  # type: ignore[untyped-decorator] # the library brings no types
def changesets(tables: Tables) -> None:
    """Name what was changed together, tell who did it, and find it quickly in a long history."""
    _run(tables, _CHANGESETS)


_RAILS = """
CREATE TABLE _syncd_removals (
    "table" TEXT NOT NULL, row TEXT NOT NULL, at_s REAL NOT NULL, PRIMARY KEY ("table", row)
) STRICT, WITHOUT ROWID;
CREATE TABLE _syncd_stops (
    digest TEXT PRIMARY KEY NOT NULL, "table" TEXT NOT NULL, why TEXT NOT NULL, at TEXT NOT NULL,
    by TEXT NOT NULL
) STRICT;
ALTER TABLE _syncd_halts ADD COLUMN held TEXT NOT NULL DEFAULT '[]';
DROP TABLE _syncd_approvals;
CREATE TABLE _syncd_approvals (
    digest TEXT PRIMARY KEY NOT NULL, "table" TEXT NOT NULL, rail TEXT NOT NULL,
    held TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL
) STRICT;
ALTER TABLE _syncd_reviews ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
"""


@migrations()  # type: ignore[untyped-decorator] # the library brings no types
def rails_of_their_own(tables: Tables) -> None:
    """What was removed lately, what a person stopped, and what an approval covers."""
    _run(tables, _RAILS)


_RENEWALS = """
CREATE TABLE _syncd_renewals (
    id INTEGER PRIMARY KEY, "table" TEXT NOT NULL, was TEXT NOT NULL, field TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE TABLE _syncd_aside_base (
    "table" TEXT NOT NULL, row TEXT NOT NULL, field TEXT NOT NULL, value ANY NOT NULL,
    PRIMARY KEY ("table", row, field)
) STRICT, WITHOUT ROWID;
"""


@migrations()  # type: ignore[untyped-decorator] # the library brings no types
def renewed_fields(tables: Tables) -> None:
    """What fields were called and held before, and what was shared of those that are aside."""
    _run(tables, _RENEWALS)


@migrations()  # type: ignore[untyped-decorator] # the library brings no types
def sources_of_reviews(tables: Tables) -> None:
    """Tell which import offered a value, where nobody typed it into the sheet."""
    _run(tables, "ALTER TABLE _syncd_reviews ADD COLUMN source TEXT NOT NULL DEFAULT '';")
