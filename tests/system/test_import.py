"""Real files, imported as an admin does it, held against a reading of their own."""

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Outcome, syncd, write_config
from tests.conftest import MakeWorld
from tests.world import World

DATA = Path(__file__).parents[3] / "shared" / "data"
STATUS = "syncd import"


@dataclass(frozen=True, kw_only=True)
class Given:
    """A real file, how it is encoded, how it is mapped, and which of its columns are held on to."""

    file: str
    encoding: str
    mapping: str
    key: int
    followers: int
    rate: int | None = None


INSTAGRAM = Given(
    file="influencers_instagram_top200.csv",
    encoding="utf-8-sig",
    mapping="""[influencers]
name = "channel_info"
handle = "channel_info"
followers = "followers"
engagement_rate = "60_day_eng_rate"
platform = { value = "instagram" }
""",
    key=1,
    followers=4,
    rate=6,
)
YOUTUBE = Given(
    file="influencers_youtube_top1000_en.csv",
    encoding="cp1252",
    mapping="""[influencers]
name = "Youtuber"
followers = "Subscribers"
category = "Category"
platform = { value = "youtube" }
""",
    key=1,
    followers=2,
)
BOTH = pytest.mark.parametrize("given", [INSTAGRAM, YOUTUBE], ids=lambda given: given.file)


def rows_of(given: Given) -> list[list[str]]:
    """Read a file by the plainest code that can be."""
    if not DATA.is_dir():
        pytest.skip("the real input files are not beside this checkout")
    with (DATA / given.file).open(encoding=given.encoding, newline="") as file:
        return list(csv.reader(file))


def count(text: str) -> int:
    """Read 475.8m as people do."""
    scale = {"k": 10**3, "m": 10**6, "b": 10**9}.get(text[-1:].lower())
    return int(Decimal(text[:-1]) * scale) if scale else int(text)


class Source:
    """A spreadsheet of its own, into which somebody pasted a file."""

    def __init__(self, world: World, rows: list[list[str]]) -> None:
        self.world = world
        made = world._call("POST", "/v4/spreadsheets", {"properties": {"title": "Research"}})
        self.id = str(made["spreadsheetId"])
        if len(rows) > 1000:
            dimension = {"sheetId": 0, "dimension": "ROWS", "length": 500}
            self._post(":batchUpdate", {"requests": [{"appendDimension": dimension}]})
        address = f"/v4/spreadsheets/{self.id}/values/A1"
        world._call("PUT", address, {"values": rows}, query={"valueInputOption": "USER_ENTERED"})

    def _post(self, method: str, body: dict[str, Any]) -> None:
        self.world._call("POST", f"/v4/spreadsheets/{self.id}{method}", body)

    def answers(self) -> dict[int, str]:
        """Return what stands in the column of answers, by the row's number."""
        values = self.world._call("GET", f"/_sandbox/v4/spreadsheets/{self.id}/values/Sheet1")
        titles, *rows = values["values"]
        place = titles.index(STATUS)
        return {n: row[place] for n, row in enumerate(rows, 2) if len(row) > place and row[place]}

    def revision(self) -> int:
        """Return the number of the newest revision."""
        found: Any = self.world._call("GET", f"/_sandbox/revisions/{self.id}")
        return int(found[-1]["number"])


@pytest.fixture
def world(make_world: MakeWorld) -> Iterator[World]:
    """An empty workspace with its config; the command line alone works on it."""
    world = make_world()
    write_config(world)
    world.ws.close()
    return world


def run_import(world: World, source: object, given: Given) -> Outcome:
    """Run the import of a source as the admin does."""
    (world.folder / "map.toml").write_text(given.mapping, encoding="utf-8")
    return syncd("import", source, "--map", "map.toml", "--json", folder=world.folder)


def records(world: World) -> dict[str, tuple[Any, ...]]:
    """Return what the CRM's file holds, by name."""
    sql = "SELECT name, handle, followers, engagement_rate, id FROM influencers"
    with closing(sqlite3.connect(world.config.crm_path)) as connection:
        return {name: (name, *rest) for name, *rest in connection.execute(sql)}


def stamp(world: World) -> list[Any]:
    """Return all that an import or a cycle could have written into the CRM."""
    with closing(sqlite3.connect(world.config.crm_path)) as connection:
        return [
            connection.execute(f"SELECT * FROM {table}").fetchall()
            for table in ("influencers", "_syncd_history", "_syncd_reviews", "_syncd_imports")
        ]


def assert_accounted_for(report: dict[str, Any], rows: list[list[str]]) -> set[int]:
    """Each row has one fate; return the numbers of the refused ones, each with its reason."""
    assert report["rows"] == len(rows) - 1
    fates = ("created", "updated", "unchanged", "merged", "refused", "blank")
    assert sum(report[fate] for fate in fates) == report["rows"], report
    refused = {refusal["row"] for refusal in report["refusals"]}
    assert len(refused) == report["refused"]
    assert all(refusal["reason"] and refusal["field"] for refusal in report["refusals"])
    return refused


def assert_values(world: World, given: Given, rows: list[list[str]], refused: set[int]) -> None:
    """Each taken row's count and rate are in the CRM as the independent reading has them."""
    held, taken = records(world), dict[str, int]()
    for number, row in enumerate(rows[1:], 2):
        if number in refused:
            continue
        name = row[given.key].strip()
        taken[name] = number
        _, handle, followers, rate, _ = held[name]
        assert followers == count(row[given.followers]), row
        if given.rate is not None:
            assert handle == row[given.key]
            assert rate == float(Decimal(row[given.rate].removesuffix("%")) / 100), row
    assert held.keys() == taken.keys()


@BOTH
def test_a_real_sheet_is_imported(world: World, given: Given) -> None:
    """From the paste to the connect: each row answered, each value right, nothing done twice."""
    rows = rows_of(given)
    source = Source(world, rows)
    done = run_import(world, source.id, given)
    assert done.code == 0, (done.out, done.err)
    (imported,) = done.document["imports"]
    report = imported["tables"]["influencers"]
    refused = assert_accounted_for(report, rows)
    assert refused, "both files hold rows that cannot be taken"
    assert_values(world, given, rows, refused)
    answers = source.answers()
    assert set(answers) == set(range(2, len(rows) + 1))
    told = {number for number, text in answers.items() if text.startswith("refused: ")}
    assert told == refused
    for refusal in report["refusals"]:
        assert refusal["reason"] in answers[refusal["row"]]

    before, revision = stamp(world), source.revision()
    again = run_import(world, source.id, given).document
    report = again["imports"][0]["tables"]["influencers"]
    assert (report["created"], report["updated"], report["conflicts"]) == (0, 0, 0)
    assert again["tables"]["influencers"]["changed"] == 0
    assert source.revision() == revision
    assert stamp(world) == before

    assert syncd("connect", "--yes", folder=world.folder).code == 0
    shown = [(r["Influencer"], r["Followers"], r["syncd id"]) for r in world.rows("Influencers")]
    held = [(name, followers, row) for name, _, followers, _, row in records(world).values()]
    assert sorted((str(name), *rest) for name, *rest in shown) == sorted(held)


@BOTH
def test_a_real_file_is_imported(world: World, given: Given) -> None:
    """The same as a CSV file: the same records, and the second run does nothing."""
    rows = rows_of(given)
    path = world.folder / given.file
    path.write_bytes((DATA / given.file).read_bytes())
    done = run_import(world, given.file, given)
    assert done.code == 0, (done.out, done.err)
    (imported,) = done.document["imports"]
    assert [("Windows-1252" in note) for note in imported["notes"]] == (
        [True] if given.encoding == "cp1252" else []
    )
    refused = assert_accounted_for(imported["tables"]["influencers"], rows)
    assert_values(world, given, rows, refused)
    before = stamp(world)
    report = run_import(world, given.file, given).document["imports"][0]["tables"]["influencers"]
    assert (report["created"], report["updated"], report["conflicts"]) == (0, 0, 0)
    assert stamp(world) == before
    assert json.dumps(report["refusals"])
