"""What the tests of the schema layer share: the schema that comes along, and one of every kind."""

from pathlib import Path

import pytest

from syncd.schema import Labels, Schema, load_schema

EVERY_KIND = """
from enum import StrEnum
from syncd.fields import *

class Size(StrEnum):
    SMALL = "small one"
    BIG = "big_one"

class Maker(Record, table="makers", title="Makers", prefix="mak_", key=(("name",),), label="name"):
    name: str = column("Maker")

class Thing(Record, table="things", title="Things", prefix="thg_", key=(("name",),), label="name"):
    name: Text = column("Thing", example="Kettle")
    handle: Handle | None = column("Handle")
    email: Email | None = column("Email")
    part: LinkPart | None = column("Link part")
    amount: Whole | None = column("Amount")
    weight: Number | None = column("Weight")
    share: Percent | None = column("Share")
    price: Money | None = column("Price", unit="EUR")
    bought_on: Day | None = column("Bought")
    used: YesNo | None = column("Used")
    size: Size | None = column("Size")
    maker: Reference | None = column("Maker", reference="makers")
"""


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The schema that comes along."""
    return load_schema(None)


@pytest.fixture(scope="session")
def things(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    """A schema with one column of every kind."""
    folder = tmp_path_factory.mktemp("things")
    (folder / "things.py").write_text(EVERY_KIND, encoding="utf-8")
    return load_schema(Path(folder))


@pytest.fixture(scope="session")
def labels(things: Schema) -> Labels:
    """Two makers to refer to, one of them named like a number."""
    return Labels.build(
        things, {"makers": {"mak_1": {"name": "Ada & Co"}, "mak_2": {"name": "433"}}}
    )
