"""`syncd schema`: what the files describe, and what they would change before anything does."""

import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from syncd.core.snapshot import Side
from syncd.schema import load_schema
from syncd.schema.document import document_of
from tests.cli.command import assert_failed, syncd, write_config
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
NOTES = "    notes: Text | None"


@pytest.fixture
def folder(filled: World) -> Path:
    """The folder of a filled workspace whose schemas are its own."""
    shutil.copytree(ROOT / "schemas", filled.folder / "schemas")
    write_config(filled, '[schemas]\nfolder = "schemas"')
    filled.ws.close()
    return filled.folder


def rewrite(folder: Path, name: str, before: str, after: str) -> None:
    """Change a schema file."""
    path = folder / "schemas" / f"{name}.py"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def dump(folder: Path) -> list[str]:
    """Return all that the database holds."""
    connection = sqlite3.connect(folder / "crm.db")
    lines = list(connection.iterdump())
    connection.close()
    return lines


def test_show_tells_each_field(tmp_path: Path) -> None:
    """Each table and field is shown, without a config and without a database."""
    shown = syncd("schema", "show", folder=tmp_path)
    assert shown.code == 0
    for table in load_schema().tables:
        assert all(field.name in shown.out for field in table.fields)
    assert "drop-down: a row of campaigns" in " ".join(shown.out.split())
    one = syncd("schema", "show", "campaigns", folder=tmp_path)
    assert "influencer" not in one.out
    assert_failed(syncd("schema", "show", "campagns", folder=tmp_path), 2, "campaigns")


def test_json_is_what_its_document_says(tmp_path: Path) -> None:
    """The document has the keys that docs/schemas.md names, no other ones."""
    document = syncd("schema", "json", folder=tmp_path).document
    assert document == {"ok": True} | document_of(load_schema())
    text = (ROOT / "docs" / "schemas.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    named = {word for line in lines for word in re.findall(r"`([a-z_]+)`", line.split("|")[1])}
    named |= {w.rpartition(".")[2].removesuffix("[]") for w in re.findall(r"`([\w.\[\]]+)`", text)}
    table = document["tables"][0]
    assert {*document, *table, *table["fields"][0]} <= named


def test_check_says_that_nothing_would_change(folder: Path) -> None:
    """Where files, database and spreadsheet agree, the check says so and changes nothing."""
    before = dump(folder)
    checked = syncd("schema", "check", "--sheet", folder=folder)
    assert checked.code == 0, checked.err
    assert "The database is as they describe it." in checked.out
    assert "The spreadsheet is as they describe it." in checked.out
    assert dump(folder) == before


def test_check_tells_before_it_happens(folder: Path) -> None:
    """What would change, which records would not fit and why: told, and nothing is done."""
    rewrite(folder, "influencer", NOTES, f'    city: Text = column("City")\n{NOTES}')
    rewrite(folder, "influencer", '"tiktok", ', "")
    rewrite(folder, "campaign", '"Campaign"', '"Campaign name"')
    before = dump(folder)
    checked = syncd("schema", "check", "--sheet", folder=folder)
    assert checked.code == 3, checked.err
    words = " ".join(checked.out.split())
    assert "influencers.city is new" in words
    assert "has other choices: without tiktok" in words
    assert "3 records of influencers do not fit" in words
    assert "Cleo: Platform “tiktok” is not one of the choices" in words
    assert "is titled «City»" in words
    assert "is titled «Campaign name», no longer «Campaign»" in words
    assert dump(folder) == before
    found = syncd("schema", "check", "--json", folder=folder).document
    assert (found["version"], found["ok"], len(found["unfit"])) == (1, False, 3)
    assert found["sheet"] is None


def test_check_counts_what_would_be_put_aside(folder: Path) -> None:
    """A field that would go is told with the number of its values."""
    path = folder / "schemas" / "influencer.py"
    text = path.read_text(encoding="utf-8")
    start = text.index("    category: Text | None")
    path.write_text(text[:start] + text[text.index("    followers:") :], encoding="utf-8")
    checked = syncd("schema", "check", folder=folder)
    assert checked.code == 0, checked.out
    assert "3 values of influencers.category would be put aside" in checked.out


RENAMED = (
    'notes: Text | None = column(\n        "Notes",',
    'remarks: Text | None = column(\n        "Remarks", formerly=("notes",),',
)


def test_check_tells_a_rename_as_one_thing(folder: Path) -> None:
    """A column whose field has another name stays its field's; nothing says that it is not."""
    rewrite(folder, "influencer", *RENAMED)
    told = syncd("schema", "check", "--sheet", "--json", folder=folder).document["sheet"]
    assert told == [
        "column H of «Influencers» is remarks, formerly notes",
        "column H of «Influencers» is titled «Remarks», no longer «Notes»",
    ]


def test_past_of_a_renamed_field_is_told(filled: World, folder: Path) -> None:
    """History, undo and explain speak of a field by the name of today, and say what it was then."""
    filled.type("Influencers", filled.at("Influencers", "Ada", "Notes"), "n1")
    assert syncd("sync", folder=folder).code == 0
    rewrite(folder, "influencer", *RENAMED)
    assert syncd("init", folder=folder).code == 0
    for name in ("notes", "remarks"):
        told = syncd("history", "--row", "Ada", "--field", name, folder=folder).out
        renamed, *changed = told.splitlines()
        assert "influencers, Remarks: “notes” → “remarks”; field renamed" in renamed
        assert "influencers Ada, Remarks (then notes): blank → “n1”; changed" in changed[-1]
    assert "Remarks (then notes): blank → “n1”" in syncd("explain", "Ada", folder=folder).out
    shown = syncd("undo", "--row", "Ada", "--dry-run", "--json", folder=folder).document
    assert [(c["field"], c["before"], c["after"]) for c in shown["changes"]] == [
        ("remarks", "n1", None)
    ]
    assert shown["kept"] == []


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (RENAMED[1], "Remarks: “Typed”"),
        ('tags: Text | None = column(\n        "Tags",', "notes: “Typed”"),
    ],
    ids=["renamed", "removed"],
)
def test_closed_reviews_of_a_field_that_changed_are_listed(
    filled: World, folder: Path, after: str, told: str
) -> None:
    """What was asked stays readable when its field has another name, or is described no more."""
    filled.restart()
    filled.give_authority(Side.CRM)
    filled.type("Influencers", filled.at("Influencers", "Ada", "Notes"), "Typed")
    filled.settle()
    filled.ws.close()
    assert syncd("review", "accept", "1", folder=folder).code == 0
    assert syncd("sync", folder=folder).code == 0
    rewrite(folder, "influencer", RENAMED[0], after)
    listed = syncd("review", "list", "--all", folder=folder)
    assert listed.code == 0, listed.err
    assert told in " ".join(listed.out.split())


WRONG = {
    "a name that is not there": (
        "Text | None = column(",
        "Txt | None = column(",
        "mean Text?",
    ),
    "a type that no cell holds": ("category: Text", "category: list", "column category"),
    "a former name that is a column": (
        'column(\n        "Notes"',
        'column(\n        formerly=("email",), title="Notes"',
        "formerly",
    ),
    "no Python": ("    name: Text", "    name Text", "Python"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_file_is_told_with_its_line(folder: Path, name: str) -> None:
    """A mistake in a schema file names the file, the line and what to do."""
    before, after, told = WRONG[name]
    rewrite(folder, "influencer", before, after)
    checked = syncd("schema", "check", folder=folder)
    assert_failed(checked, 2, "influencer.py", told)
    assert re.search(r"line \d+: ", checked.err)
