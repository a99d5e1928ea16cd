"""A database whose schema changes: tables follow, and no value goes away."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from syncd.crm.store import Crm
from syncd.crm.tables import is_current
from syncd.errors import CrmError, SchemaError
from syncd.schema import load_schema

HEAD = 'class P(Record, table="people", prefix="p_", key=(("name",),), label="name"):\n'
NAME = '    name: Text = column("Name")\n'
CITIES = (
    'class City(Record, table="cities", prefix="c_", key=(("name",),), label="name"):\n'
    '    name: Text = column("City")\n\n\n'
)

Evolve = Callable[..., Crm]


class Place:
    """A folder with a schema and a database that outlives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "schemas"
        self.folder.mkdir()
        self.path = folder / "crm.db"

    def described(self, *fields: str, before: str = "") -> None:
        """Describe the people anew, and let syncd open the database by it."""
        lines = "".join(f"    {field}\n" for field in fields)
        text = f"from typing import Literal\nfrom syncd.fields import *\n\n\n{before}{HEAD}{NAME}"
        (self.folder / "people.py").write_text(text + lines, encoding="utf-8")
        crm = Crm(self.path, load_schema(self.folder))
        current = is_current(crm.database, load_schema(self.folder))
        crm.close()
        assert current, "opening it once more would change it again"

    def sql(self, statement: str, *given: object) -> list[tuple[object, ...]]:
        """Run a statement as another program does."""
        connection = sqlite3.connect(self.path)
        try:
            with connection:
                return connection.execute(statement, given).fetchall()
        finally:
            connection.close()

    def column(self, name: str) -> dict[object, object]:
        """Return a column's values by the person's name."""
        found = self.sql(f'SELECT name, "{name}" FROM people ORDER BY rowid')
        return {row[0]: row[1] for row in found}

    def state(self, key: str) -> object:
        """Return a remembered text."""
        return self.sql("SELECT value FROM _syncd_state WHERE key = ?", key)[0][0]

    def unfit(self) -> list[object]:
        """Return the people that are in quarantine."""
        rows = self.sql("SELECT name FROM people WHERE id IN (SELECT row FROM _syncd_unfit)")
        return sorted((row[0] for row in rows), key=str)

    def history(self, outcome: str) -> list[tuple[object, ...]]:
        """Return what the history says of one outcome."""
        return self.sql(
            "SELECT row, field, before, after FROM _syncd_history WHERE outcome = ? ORDER BY id",
            outcome,
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Two people with an age as text, of whom one's is no number."""
    place = Place(tmp_path)
    place.described('age: Text | None = column("Age")')
    place.sql("INSERT INTO people (id, name, age) VALUES ('a', 'Ann', '12'), ('b', 'Bob', 'old')")
    return place


def test_retyped_values_are_read_anew(place: Place) -> None:
    """What can be read as the new kind is; what cannot stays as it is, in quarantine."""
    place.described('age: Count | None = column("Age")')
    assert place.column("age") == {"Ann": 12, "Bob": "old"}
    assert place.unfit() == ["Bob"]
    assert place.history("read anew") == [("a", "age", "12", 12)]


def test_unfit_value_can_be_mended_and_nothing_new_is_unfit(place: Place) -> None:
    """A loose column takes right values only; once all are right, the table has its rule back."""
    place.described('age: Count | None = column("Age")')
    with pytest.raises(sqlite3.IntegrityError, match=r"people\.age"):
        place.sql("UPDATE people SET age = 'older' WHERE id = 'b'")
    with pytest.raises(sqlite3.IntegrityError, match=r"people\.age"):
        place.sql("INSERT INTO people (name, age) VALUES ('Cy', 'young')")
    place.sql("UPDATE people SET name = 'Bobby' WHERE id = 'b'")
    place.sql("UPDATE people SET age = 70 WHERE id = 'b'")
    place.described('age: Count | None = column("Age")')
    assert place.state("loose") == "{}"
    assert '"age" INTEGER' in str(place.sql("SELECT sql FROM sqlite_master WHERE name='people'"))


def test_retyped_there_and_back_is_as_before(place: Place) -> None:
    """A kind that was changed by mistake and changed back leaves every value as it was."""
    before = place.column("age")
    place.described('age: Count | None = column("Age")')
    place.described('age: Text | None = column("Age")')
    assert place.column("age") == before
    assert place.unfit() == []


def test_day_becomes_the_text_that_people_read(place: Place) -> None:
    """A day that becomes a text is its date, never the spreadsheet's serial number."""
    place.described('born: Day | None = column("Born")')
    place.sql("UPDATE people SET born = '1999-12-31' WHERE id = 'a'")
    place.described('born: Text | None = column("Born")')
    assert place.column("born")["Ann"] == "1999-12-31"
    place.described('born: Count | None = column("Born")')
    assert place.column("born")["Ann"] == "1999-12-31"
    assert place.unfit() == ["Ann"]


def test_choice_that_is_gone_stays_in_its_record(place: Place) -> None:
    """A record that holds a choice which is no more keeps it and is in quarantine."""
    place.described('age: Literal["old", "12", "new"] | None = column("Age")')
    assert place.unfit() == []
    place.described('age: Literal["12", "new"] | None = column("Age")')
    assert place.column("age") == {"Ann": "12", "Bob": "old"}
    assert place.unfit() == ["Bob"]
    with pytest.raises(sqlite3.IntegrityError):
        place.sql("UPDATE people SET age = 'older' WHERE id = 'a'")


def test_required_field_over_blanks_keeps_the_records(place: Place) -> None:
    """Records without a value that is required from now on stay, in quarantine."""
    place.described('age: Text | None = column("Age")', 'city: Text = column("City")')
    assert place.column("city") == {"Ann": None, "Bob": None}
    assert place.unfit() == ["Ann", "Bob"]
    with pytest.raises(sqlite3.IntegrityError, match="required"):
        place.sql("INSERT INTO people (name) VALUES ('Cy')")


def test_unique_field_over_doubles_keeps_the_records(place: Place) -> None:
    """Of two records that share a value that only one may have, the older one keeps it."""
    place.sql("UPDATE people SET age = 'OLD' WHERE id = 'a'")
    place.described('age: Text | None = column("Age", unique=True)')
    assert place.column("age") == {"Ann": "OLD", "Bob": "old"}
    assert place.unfit() == ["Bob"]
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        place.sql("INSERT INTO people (name, age) VALUES ('Cy', 'Old')")
    place.sql("UPDATE people SET age = 'older' WHERE id = 'b'")
    place.described('age: Text | None = column("Age", unique=True)')
    assert place.state("loose") == "{}"


def test_reference_added_finds_records_by_name(place: Place) -> None:
    """A text that becomes a reference points to the record of that name, or stays as it is."""
    place.described('age: Text | None = column("Age")', before=CITIES)
    place.sql("INSERT INTO cities (id, name) VALUES ('c_1', 'Rome')")
    place.sql("UPDATE people SET age = 'rome' WHERE id = 'a'")
    place.described('age: Reference | None = column("Age", reference="cities")', before=CITIES)
    assert place.column("age") == {"Ann": "c_1", "Bob": "old"}
    assert place.unfit() == ["Bob"]
    place.described('age: Text | None = column("Age")', before=CITIES)
    assert place.column("age") == {"Ann": "Rome", "Bob": "old"}


def test_removed_field_is_put_aside_and_comes_back(place: Place) -> None:
    """A field that leaves the schema takes no value with it: described again, it has them again."""
    place.described()
    assert [entry[2] for entry in place.history("column removed")] == ["12", "old"]
    place.sql("UPDATE people SET name = 'Anna' WHERE id = 'a'")
    place.described('age: Text | None = column("Age")')
    assert place.column("age") == {"Anna": "12", "Bob": "old"}
    assert place.history("column returned") == [
        ("a", "age", None, "12"), ("b", "age", None, "old"),
    ]  # fmt: skip


def test_value_cleared_before_its_field_left_does_not_return(place: Place) -> None:
    """Only what a field held when it left comes back with it."""
    place.described()
    place.described('age: Text | None = column("Age")')
    place.sql("UPDATE people SET age = NULL WHERE id = 'a'")
    place.described()
    place.described('age: Text | None = column("Age")')
    assert place.column("age") == {"Ann": None, "Bob": "old"}


def test_renamed_field_keeps_its_values(place: Place) -> None:
    """A field that says what it was called takes its values along, read anew where it must."""
    place.described('years: Count | None = column("Years", formerly=("age",))')
    assert place.column("years") == {"Ann": 12, "Bob": "old"}
    assert place.history("column removed") == []


def test_removed_table_stays_as_it_is(place: Place) -> None:
    """A table that no schema describes keeps its records, and is known again when it returns."""
    place.described('born: Day | None = column("Born")', before=CITIES)
    place.sql("UPDATE people SET born = '1999-12-31' WHERE id = 'a'")
    text = f"from syncd.fields import *\n\n\n{CITIES}"
    (place.folder / "people.py").write_text(text, encoding="utf-8")
    Crm(place.path, load_schema(place.folder)).close()
    assert place.column("born")["Ann"] == "1999-12-31"
    place.described('born: Text | None = column("Born")')
    assert place.column("born")["Ann"] == "1999-12-31"


def test_what_others_added_stays(place: Place) -> None:
    """A column, an index, a trigger and a view of another program outlive a change of ours."""
    place.sql("ALTER TABLE people ADD COLUMN memo TEXT DEFAULT 'none'")
    place.sql("UPDATE people SET memo = 'mine' WHERE id = 'a'")
    place.sql("CREATE INDEX theirs ON people (memo)")
    place.sql("CREATE VIEW names AS SELECT name, memo FROM people")
    place.sql(
        "CREATE TRIGGER watch AFTER UPDATE OF memo ON people BEGIN"
        " UPDATE people SET name = name || '!' WHERE id = NEW.id; END"
    )
    place.described('age: Count | None = column("Age")', 'city: Text | None = column("City")')
    assert place.sql("SELECT * FROM names") == [("Ann", "mine"), ("Bob", "none")]
    place.sql("UPDATE people SET memo = 'new' WHERE id = 'b'")
    assert place.sql("SELECT * FROM names") == [("Ann", "mine"), ("Bob!", "new")]
    assert place.sql("SELECT 1 FROM sqlite_master WHERE name = 'theirs'")


def test_many_columns_are_possible(place: Place) -> None:
    """A table with more columns than a function of SQLite takes arguments is written to."""
    place.described(*(f'f{n}: Text | None = column("F {n}")' for n in range(150)))
    place.sql("UPDATE people SET f149 = 'last' WHERE id = 'a'")
    place.sql("INSERT INTO people (name, f149) VALUES ('Cy', 'there')")
    assert '"f149":"there"' in str(place.history("created")[-1][3])


def test_view_of_the_same_name_is_refused(place: Place) -> None:
    """A view in the place of a table is said plainly, and nothing is changed."""
    place.sql("CREATE VIEW cities AS SELECT 1")
    with pytest.raises(SchemaError, match="view"):
        place.described(before=CITIES)
    assert place.column("age") == {"Ann": "12", "Bob": "old"}


def test_changed_check_finds_unfit_records(place: Place) -> None:
    """A schema's own check that became stricter finds the records that break it."""
    check = (
        'age: Text | None = column("Age")\n\n'
        "    def model_post_init(self, _):\n"
        "        if self.age == 'old':\n"
        "            raise Wrong('age', 'is no age')\n"
    )
    place.described(check)
    assert place.unfit() == ["Bob"]


REPLACED = {
    "by id": "INSERT OR REPLACE INTO people (id, name) VALUES ('a', 'Cy')",
    "by a unique value": "REPLACE INTO people (name) VALUES ('ANN')",
    "by an update": "UPDATE OR REPLACE people SET name = 'ann' WHERE id = 'b'",
    "by an update of the id": "UPDATE OR REPLACE people SET id = 'a' WHERE id = 'b'",
}
NOT_REPLACED = {
    "ignored": "INSERT OR IGNORE INTO people (id, name) VALUES ('a', 'Cy')",
    "upsert": "INSERT INTO people (id, name) VALUES ('a', 'Cy') ON CONFLICT DO UPDATE SET age = 1",
    "update ignored": "UPDATE OR IGNORE people SET name = 'ann' WHERE id = 'b'",
}


@pytest.fixture
def watched(tmp_path: Path) -> Place:
    """Two people whose names are unique."""
    place = Place(tmp_path)
    (place.folder / "people.py").write_text(
        f"from syncd.fields import *\n\n\n{HEAD}"
        '    name: Text = column("Name", unique=True)\n    age: Text | None = column("Age")\n',
        encoding="utf-8",
    )
    Crm(place.path, load_schema(place.folder)).close()
    place.sql("INSERT INTO people (id, name, age) VALUES ('a', 'Ann', '12'), ('b', 'Bob', 'old')")
    return place


@pytest.mark.parametrize("recursive", ["OFF", "ON"])
@pytest.mark.parametrize("how", REPLACED)
def test_replaced_record_is_seen(watched: Place, how: str, recursive: str) -> None:
    """Whatever way a program replaces a record, the history has what the record held."""
    connection = sqlite3.connect(watched.path)
    connection.execute(f"PRAGMA recursive_triggers = {recursive}")
    with connection:
        connection.execute(REPLACED[how])
    connection.close()
    gone = [*watched.history("replaced"), *watched.history("deleted")]
    assert [(row, '"12"' in str(before)) for row, _, before, _ in gone] == [("a", True)]
    assert watched.sql("SELECT count(*) FROM _syncd_replaced") == [(0,)]


@pytest.mark.parametrize("how", NOT_REPLACED)
def test_record_that_was_not_replaced_is_not_said_to_be(watched: Place, how: str) -> None:
    """A statement that only could have replaced a record leaves no such word in the history."""
    watched.sql(NOT_REPLACED[how])
    watched.sql("INSERT INTO people (name) VALUES ('Dora')")
    watched.sql("UPDATE people SET name = 'Eve' WHERE name = 'Dora'")
    assert watched.history("replaced") == []
    assert watched.column("age")["Ann"] in {"12", "1"}


def test_attached_database_is_watched(watched: Place, tmp_path: Path) -> None:
    """A program that attaches the file to its own leaves its traces as well."""
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("ATTACH ? AS crm", [str(watched.path)])
    with connection:
        connection.execute("UPDATE crm.people SET age = '13' WHERE id = 'a'")
        connection.execute("DELETE FROM crm.people WHERE id = 'b'")
    connection.close()
    assert watched.history("changed") == [("a", "age", "12", "13")]
    assert [entry[0] for entry in watched.history("deleted")] == ["b"]


def test_dropped_trigger_is_made_again(watched: Place) -> None:
    """A trigger that somebody dropped is there again after the next opening."""
    watched.sql("DROP TRIGGER _syncd_people_update")
    watched.sql("UPDATE people SET age = 'unseen' WHERE id = 'a'")
    Crm(watched.path, load_schema(watched.folder)).close()
    watched.sql("UPDATE people SET age = 'seen' WHERE id = 'a'")
    assert watched.history("changed") == [("a", "age", "unseen", "seen")]


def test_changed_id_is_seen(watched: Place) -> None:
    """A record that got another id is found under both in the history."""
    watched.sql("UPDATE people SET id = 'z' WHERE id = 'a'")
    assert [entry[0] for entry in watched.history("id changed")] == ["a", "z"]


def test_failure_while_the_tables_are_looked_at_is_told_in_words(tmp_path: Path) -> None:
    """A cycle looks once more before it rests: what SQLite says then is no traceback either."""
    place = Place(tmp_path)
    place.described()
    schema = load_schema(place.folder)
    crm = Crm(place.path, schema)
    crm.database.connection.execute("DROP TABLE _syncd_state")
    with pytest.raises(CrmError):
        is_current(crm.database, schema)
    crm.close()
