"""A user's own schema folder: what is taken, and how each mistake is said."""

import sys
from pathlib import Path

import pytest

from syncd.errors import SchemaError, UsageError
from syncd.schema import Kind, Schema, load_schema

HEAD = "from syncd.fields import *\n"
GOOD = (
    HEAD
    + """
class Shop(Record, table="shops", title="Shops", prefix="shp_", key=(("name",),), label="name"):
    name: Text = column("Shop")
"""
)


def _load(folder: Path, *sources: str) -> Schema:
    for number, source in enumerate(sources):
        (folder / f"file{number}.py").write_text(source, encoding="utf-8")
    return load_schema(folder)


def test_load_runs_files_by_themselves(tmp_path: Path) -> None:
    """Postponed annotations work, and neither the module nor the folder stays importable."""
    before = (set(sys.modules), list(sys.path))
    schema = _load(tmp_path, "from __future__ import annotations\n" + GOOD)
    assert schema.table("shops").field("name").kind is Kind.TEXT
    assert (set(sys.modules), list(sys.path)) == before


def test_load_reads_plain_python_types(tmp_path: Path) -> None:
    """A schema may be written with Python's own types and Pydantic's constraints."""
    schema = _load(
        tmp_path,
        """
from datetime import date
from pydantic import Field
from syncd.fields import Record, column

class Base(Record):
    note: str | None = column("Note")

class Shop(Base, table="shops", prefix="shp_", key=(("name",),), label="name"):
    name: str = Field(title="Shop", min_length=2, description="Its name.")
    size: int | None = Field(None, ge=1, le=9)
    since: date | None = None
    open: bool | None = None
""",
    )
    table = schema.table("shops")
    assert [field.kind.value for field in table.fields] == [
        "text", "text", "integer", "date", "boolean"
    ]  # fmt: skip
    assert (table.title, table.field("size").minimum, table.field("size").maximum) == (
        "Shops",
        1,
        9,
    )
    assert [problem.reason for problem in table.check({"name": "A", "size": 10})] == [
        "is shorter than 2 letters",
        "has to be 9 or less",
    ]


def test_digest_follows_the_structure(tmp_path: Path) -> None:
    """A new title changes the digest, a new help text does not."""
    first = _load(tmp_path, GOOD).digest
    assert (
        _load(tmp_path, GOOD.replace('column("Shop")', 'column("Shop", help="x")')).digest == first
    )
    assert _load(tmp_path, GOOD.replace('column("Shop")', 'column("Store")')).digest != first


def _changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


SECOND = GOOD.replace("Shop", "Till").replace("shp_", "til_")

MISTAKES = {
    "line 2: ": HEAD + "class (:\n",
    "No module named": "import no_such_module\n",
    "line 2: ZeroDivisionError": HEAD + "1 / 0\n",
    "SystemExit": "raise SystemExit(3)\n",
    "there is no table": HEAD,
    "is not plain enough": _changed("    name:", "    Größe: Text = column('x')\n    name:"),
    "is a word of SQL": _changed("    name:", "    order: Text = column('x')\n    name:"),
    "is syncd's own": _changed("    name:", "    archived_at: Text = column('x')\n    name:"),
    "shadows an attribute": _changed("    name:", "    schema: Text = column('x')\n    name:"),
    "share the title": _changed("    name:", "    other: Text = column('SHOP ')\n    name:"),
    "cannot start an id": _changed("shp_", "Shop"),
    "which it does not have": _changed('label="name"', 'label="nam"'),
    "neither how a row is known": _changed('key=(("name",),), ', ""),
    "no column of its last key": _changed("name: Text", "name: Text | None"),
    "which is no table": GOOD + '    till: Reference = column("Till", reference="tills")\n',
    "in a circle": GOOD + '    parent: Reference | None = column("Parent", reference="shops")\n',
    "needs both the type Reference": GOOD + '    till: Reference = column("Till")\n',
    "a type that a cell cannot hold": GOOD + '    tags: list[str] = column("Tags")\n',
    "is computed": GOOD + '    sum: Number = column("Sum", computed=True)\n',
    "a choice has to be a text": _changed("name: Text", "name: Literal[1, 2]").replace(
        HEAD, HEAD + "from typing import Literal\n"
    ),
    "two choices differ": _changed("name: Text", "name: Literal['a b', 'A-B']").replace(
        HEAD, HEAD + "from typing import Literal\n"
    ),
}


@pytest.mark.parametrize(("words", "source"), MISTAKES.items())
def test_load_says_what_is_wrong(tmp_path: Path, words: str, source: str) -> None:
    """Each mistake is one error that names the file and says what is wrong with it."""
    with pytest.raises(SchemaError, match=words) as caught:
        _load(tmp_path, source)
    assert str(tmp_path) in caught.value.on
    assert "\n" not in caught.value.what


@pytest.mark.parametrize(
    ("words", "second"),
    [("the name “shops”", SECOND), ("the title", SECOND.replace('table="shops"', 'table="tills"'))],
)
def test_load_refuses_two_of_one_name(tmp_path: Path, words: str, second: str) -> None:
    """Two tables never share a name, a tab or an id prefix."""
    with pytest.raises(SchemaError, match=words):
        _load(tmp_path, GOOD, second.replace('"Tills"', '"Shops"'))


@pytest.mark.parametrize("content", [b"\x00", b"\xff\xfe\xff", b"# coding: nonsense\n"])
def test_load_survives_any_bytes(tmp_path: Path, content: bytes) -> None:
    """A file that is no Python text at all is said to be so."""
    (tmp_path / "shop.py").write_bytes(content)
    with pytest.raises(SchemaError) as caught:
        load_schema(tmp_path)
    assert caught.value.on.endswith("shop.py")


def test_load_refuses_a_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is an error with a hint."""
    with pytest.raises(SchemaError, match="cannot be read") as caught:
        load_schema(tmp_path / "none")
    assert caught.value.hint


def test_unknown_names_are_answered(schema: Schema) -> None:
    """A wrong table or field name is answered with the nearest right one."""
    with pytest.raises(UsageError, match="no table") as caught:
        schema.table("influencer")
    assert "influencers" in caught.value.hint
    with pytest.raises(UsageError, match="no field") as caught:
        schema.table("influencers").field("handel")
    assert "handle" in caught.value.hint


def test_a_check_that_crashes_names_its_file(tmp_path: Path) -> None:
    """A user's own check that fails by mistake is an error of that file, not a traceback."""
    broken = """
    @field_validator("name")
    @classmethod
    def _broken(cls, name):
        return name.nothing
"""
    schema = _load(tmp_path, "from pydantic import field_validator\n" + GOOD + broken)
    with pytest.raises(SchemaError, match="AttributeError") as caught:
        schema.table("shops").check({"name": "A"})
    assert caught.value.on.endswith("file0.py")


def test_a_check_of_the_row_finds_the_column_it_speaks_of(tmp_path: Path) -> None:
    """A plain ValueError about the whole row lands on the column that it mentions."""
    check = """
    town: Text | None = column("Town")

    @model_validator(mode="after")
    def _check(self):
        raise ValueError("needs a town")
"""
    schema = _load(tmp_path, "from pydantic import model_validator\n" + GOOD + check)
    (problem,) = schema.table("shops").check({"name": "A"})
    assert (problem.field, problem.reason) == ("town", "needs a town")
