"""Schemas that change: the tables and the sheet follow, and nothing is lost."""

import shutil
from pathlib import Path

import pytest

from syncd.core.snapshot import TableName
from syncd.cycle.refill import set_up
from tests.conftest import MakeWorld, fill
from tests.world import World

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
NOTES = "    notes: Text | None = column("


@pytest.fixture
def own(make_world: MakeWorld, tmp_path: Path) -> World:
    """A workspace with three influencers in sync, described by a folder of the user's own."""
    shutil.copytree(SCHEMAS, tmp_path / "schemas", ignore=shutil.ignore_patterns("__pycache__"))
    world = make_world(schemas={"folder": str(tmp_path / "schemas")})
    fill(world)
    return world


def add_field(folder: Path, line: str) -> None:
    """Put one more field into the influencers' schema."""
    path = folder / "influencer.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(NOTES, f"    {line}\n{NOTES}", 1), encoding="utf-8")


def test_optional_field_added_waits_for_its_column(own: World, tmp_path: Path) -> None:
    """A new optional field pauses until init has added its column; then it is kept aligned."""
    add_field(tmp_path / "schemas", 'city: Text | None = column("City", example="Paris")')
    own.restart()
    own.settle()
    set_up(own.ws)
    own.type("Influencers", own.at("Influencers", "Ada", "City"), "London")
    own.settle()
    assert own.record("influencers", "Ada").values["city"] == "London"
    assert own.row("Influencers", "Ada")["Followers"] == 100


def test_required_field_added_is_asked_for(own: World, tmp_path: Path) -> None:
    """A new required field halts its table before any data is written, and says what to do."""
    add_field(tmp_path / "schemas", 'city: Text = column("City", example="Paris")')
    own.restart()
    (halt,) = own.cycle().tables[TableName("influencers")].halts
    assert "«City»" in halt.rail
    assert "syncd init" in halt.rail
    assert len(own.records("influencers")) == 3


def test_field_removed_keeps_its_values_in_the_history(own: World, tmp_path: Path) -> None:
    """A field that leaves the schema leaves the table; what it held stays in the history."""
    path = tmp_path / "schemas" / "influencer.py"
    text = path.read_text(encoding="utf-8")
    start = text.index("    category: Text | None")
    path.write_text(text[:start] + text[text.index("    followers:") :], encoding="utf-8")
    own.restart()
    own.settle()
    kept = [e["before"] for e in own.history() if e["outcome"] == "column removed"]
    assert sorted(map(str, kept)) == ["Art", "Food", "Tech"]
    assert own.row("Influencers", "Ada")["Category"] == "Tech"


def test_table_added_asks_for_init(own: World, tmp_path: Path) -> None:
    """A new table has no tab yet: the cycle says so, init makes it."""
    (tmp_path / "schemas" / "shop.py").write_text(
        "from syncd.fields import Record, Text, column\n\n\n"
        'class Shop(Record, table="shops", prefix="shp_", key=(("name",),), label="name"):\n'
        '    name: Text = column("Shop", example="Berlin")\n',
        encoding="utf-8",
    )
    own.restart()
    (halt,) = own.cycle().tables[TableName("shops")].halts
    assert "«Shops»" in halt.rail
    set_up(own.ws)
    own.settle()
    assert own.rows("Influencers")
