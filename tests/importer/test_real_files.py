"""Real, messy files, as text and as a spreadsheet types them, against a reading of their own here.

The expected values are read by the plainest code that can be: no line of the importer is used.
"""

import csv
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from syncd.importer import Fate, Origin, TableMapping, load_mapping, read_file, read_source
from syncd.schema import Schema

INSTAGRAM = """
[influencers]
name = "channel_info"
handle = "channel_info"
followers = "followers"
engagement_rate = "60_day_eng_rate"
platform = { value = "instagram" }
"""
YOUTUBE = """
[influencers]
name = "Youtuber"
followers = "Subscribers"
category = "Category"
platform = { value = "youtube" }
"""
TIKTOK = """
[influencers]
name = "Name"
handle = "Username"
followers = "Follower Count"
platform = { value = "tiktok" }
"""
SPANISH = """
[influencers]
name = "Username"
handle = "Username"
followers = "Suscribers"
category = { column = "Categories", blank = ["Unknown"] }
platform = { value = "youtube" }
"""
FILES = {
    "influencers_instagram_top200.csv": INSTAGRAM,
    "influencers_youtube_top1000_en.csv": YOUTUBE,
    "influencers_tiktok_nigeria_top200.csv": TIKTOK,
    "influencers_youtube_top1000_es.csv": SPANISH,
}
ENCODINGS = {
    "influencers_instagram_top200.csv": "utf-8-sig",
    "influencers_youtube_top1000_en.csv": "cp1252",
    "influencers_tiktok_nigeria_top200.csv": "cp1252",
    "influencers_youtube_top1000_es.csv": "utf-8",
}


def _plain_rows(data: Path, name: str) -> list[list[str]]:
    with (data / name).open(encoding=ENCODINGS[name], newline="") as file:
        return list(csv.reader(file))


def _as_typed(cell: str) -> Any:
    """Return the cell as a spreadsheet stores it when somebody opens the file there."""
    if re.fullmatch(r"-?[0-9]+", cell):
        return int(cell)
    if re.fullmatch(r"-?[0-9]*\.[0-9]+(E[-+]?[0-9]+)?", cell):
        return float(cell)
    if re.fullmatch(r"[0-9.]+%", cell):
        return float(Decimal(cell[:-1]) / 100)
    return {"TRUE": True, "FALSE": False}.get(cell.upper(), cell)


def _count(text: str) -> int:
    scale = {"k": 10**3, "m": 10**6, "b": 10**9}.get(text[-1:].lower())
    return int(Decimal(text[:-1]) * scale) if scale else int(text)


@pytest.fixture(params=["text", "typed"])
def grid_of(request: pytest.FixtureRequest, data: Path) -> Any:
    """Give a file as a grid: its cells as text, or as a spreadsheet types them."""

    def grid(name: str) -> Any:
        cells = read_file(data / name).cells
        if request.param == "text":
            return cells
        return [[_as_typed(str(cell)) for cell in row] for row in cells]

    return grid


@pytest.fixture
def mapping_of(tmp_path: Path, schema: Schema) -> Any:
    """Give the mapping of a file, read from a mapping file."""

    def mapping(name: str) -> TableMapping:
        path = tmp_path / "map.toml"
        path.write_text(FILES[name], encoding="utf-8")
        (only,) = load_mapping(path, schema).values()
        return only

    return mapping


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_accounted_for(crm: Any, grid_of: Any, mapping_of: Any, name: str) -> None:
    """Created, merged, refused and blank rows are together all rows, and each has an answer."""
    grid = grid_of(name)
    plan = crm.run(grid, mapping_of(name))
    report = plan.report
    assert report.rows == len(grid) - report.header_row
    assert report.rows == report.created + report.merged + report.refused + report.blank
    assert len(plan.status) == report.rows - report.blank
    assert {each.number for each in plan.refused} == {
        number for number, status in plan.status.items() if status.startswith("refused: ")
    }


@pytest.mark.parametrize("name", FILES)
def test_a_second_import_changes_nothing(
    crm: Any, grid_of: Any, mapping_of: Any, name: str
) -> None:
    """The same file again, also after edits in the CRM, neither changes nor asks anything."""
    grid, mapping = grid_of(name), mapping_of(name)
    crm.run(grid, mapping)
    assert crm.run(grid, mapping).is_empty
    for number, record in enumerate(list(crm.records)):
        crm.edit(record, followers=number, notes="edited")
        if number % 7 == 0:
            crm.edit(record, name=f"renamed {number}", handle=f"renamed.{number}")
    plan = crm.run(grid, mapping)
    assert plan.is_empty
    assert not plan.remember
    assert plan.report.unchanged == len(crm.records)


@pytest.mark.parametrize("name", FILES)
def test_text_and_typed_cells_mean_the_same(
    crm: Any, data: Path, mapping_of: Any, name: str
) -> None:
    """A file imported as text is unchanged when the same comes typed from a spreadsheet."""
    text = read_file(data / name).cells
    crm.run(text, mapping_of(name))
    typed = [[_as_typed(str(cell)) for cell in row] for row in text]
    assert crm.run(typed, mapping_of(name)).is_empty


def test_instagram_values_are_right(crm: Any, data: Path, grid_of: Any, mapping_of: Any) -> None:
    """Each handle, follower count and rate is what the file says; only rkive's NaN% is refused."""
    name = "influencers_instagram_top200.csv"
    plan = crm.run(grid_of(name), mapping_of(name))
    made = {each.number: each.values for each in plan.creates}
    for number, row in enumerate(_plain_rows(data, name)[1:], start=2):
        handle, followers, rate = row[1], row[4], row[6]
        if rate == "NaN%":
            assert (handle, number in made) == ("rkive", False)
            continue
        values = made[number]
        assert (values["handle"], values["name"], values["platform"]) == (
            handle, handle, "instagram"
        )  # fmt: skip
        assert values["followers"] == _count(followers)
        assert type(values["followers"]) is int
        assert values["engagement_rate"] == float(Decimal(rate.removesuffix("%")) / 100)
    (refusal,) = plan.refused
    assert (refusal.field, refusal.text, refusal.reason, refusal.example) == (
        "engagement_rate", "NaN%", "is not a number", "1.39%"
    )  # fmt: skip
    assert len(made) == 199
    assert [each["handle"] for each in made.values() if str(each["name"]).isdigit()] == ["433"]


def test_youtube_values_are_right(crm: Any, data: Path, grid_of: Any, mapping_of: Any) -> None:
    """Each name and count is what the file says; a lost name that occurs twice is refused."""
    name = "influencers_youtube_top1000_en.csv"
    plan = crm.run(grid_of(name), mapping_of(name))
    made = {each.number: each.values for each in plan.creates}
    first: dict[str, int] = {}
    doubled = {}
    for number, row in enumerate(_plain_rows(data, name)[1:], start=2):
        earlier = first.setdefault(" ".join(row[1].casefold().split()), number)
        if earlier != number:
            doubled[number] = earlier
            continue
        assert made[number]["name"] == row[1].strip()
        assert made[number]["followers"] == int(row[2])
        assert made[number]["category"] == (row[5].strip() or None)
    assert {each.number for each in plan.refused} == set(doubled)
    for number, earlier in doubled.items():
        assert f"differs from row {earlier} " in plan.status[number]
    assert "?????" in {made[earlier]["name"] for earlier in doubled.values()}
    assert "DaFuq!?Boom!" in {values["name"] for values in made.values()}


def test_youtube_is_read_as_windows_text(data: Path) -> None:
    """The file is not UTF-8; it is read as Windows-1252, and that is noted."""
    grid = read_file(data / "influencers_youtube_top1000_en.csv")
    assert (grid.encoding, len(grid.cells)) == ("cp1252", 1001)
    assert "Windows-1252" in grid.notes[0]
    assert not read_file(data / "influencers_instagram_top200.csv").notes


def test_tiktok_values_are_right(crm: Any, data: Path, grid_of: Any, mapping_of: Any) -> None:
    """The titles are found on the second row, and handles lose their @."""
    name = "influencers_tiktok_nigeria_top200.csv"
    plan = crm.run(grid_of(name), mapping_of(name))
    assert plan.report.header_row == 2
    made = {each.number: each.values for each in plan.creates}
    for number, row in enumerate(_plain_rows(data, name)[2:], start=3):
        if number in made:
            assert made[number]["handle"] == row[2].removeprefix("@").strip()
            assert made[number]["followers"] == _count(row[3])
    assert len(made) + plan.report.refused + plan.report.merged == plan.report.rows


def test_channels_that_occur_twice_merge_or_are_refused(
    crm: Any, grid_of: Any, mapping_of: Any
) -> None:
    """Of the channels listed twice, equal ones merge and the one with another count is refused.

    One more row has a channel's name that a spreadsheet had already destroyed.
    """
    name = "influencers_youtube_top1000_es.csv"
    plan = crm.run(grid_of(name), mapping_of(name))
    assert (plan.report.merged, plan.report.refused) == (5, 2)
    differing, broken = plan.refused[-1], plan.refused[0]
    assert (
        differing.reason
        == "differs from row 451 (“17800000”), which has the same Platform and Handle"
    )
    assert (broken.text, broken.reason) == ("#NAME?", "shows an error value, which is no value")


def test_a_ragged_file_is_read_to_its_end(data: Path, crm: Any) -> None:
    """Rows of other lengths keep their place, and titles that recur in the data are no rows."""
    grid = read_file(data / "cooperations_blackfriday_codes_2025.csv").cells
    origins = {"name": Origin(column="name"), "platform": Origin(value="other")}
    mapping = TableMapping(table=crm.table.name, origins=origins)
    source = read_source(crm.table, mapping, grid, crm.labels)
    assert len(source.rows) == len(grid) - 1 == 380
    assert {row.fate for row in source.rows} == {Fate.TAKEN, Fate.MERGED}
    assert {len(row) for row in grid} == {6, 7}


def test_quoted_line_breaks_stay_in_their_cell(data: Path) -> None:
    """A file with line breaks and stray quotes in its cells has as many rows as it has records."""
    grid = read_file(data / "cooperations_youtube_trending_2017.csv").cells
    assert len(grid) == 145
    assert {len(row) for row in grid} == {16}
