"""Finding the titles, mapping them by themselves or by a file, and how mistakes are said."""

from pathlib import Path
from typing import Any

import pytest

from syncd.errors import UsageError
from syncd.importer import find_table, load_mapping, map_by_title, map_tables, read_source
from syncd.schema import Labels, Schema

GRID = [
    ["Our influencers, as of May"],
    [],
    ["", "Influencer ", "\ufeffPlatform", "USER_NAME", "Subs*", "", "syncd import"],
    ["", "Ada", "instagram", "@ada", "12.5k", "aside", "imported"],
    ["", "", None, "\u00a0", "", "", "left from before"],
    ["", "Influencer", "Platform", "user name"],
    ["", "Bob", "tiktok"],
]


def test_find_table_skips_what_stands_above() -> None:
    """Notes and blank rows above the titles are no titles; rows below keep their numbers."""
    found = find_table(GRID, ["Influencer", "Platform"])
    assert found.header_row == 3
    assert found.titles == ("", "Influencer", "Platform", "USER_NAME", "Subs*", "", "syncd import")
    assert [row.number for row in found.rows] == [4, 7]
    assert found.blank == (5, 6)
    assert found.rows[1].cell(99) is None


def test_find_table_takes_the_row_that_is_named() -> None:
    """A named row of titles is taken as it is, and one that is not there is an error."""
    assert find_table(GRID, [], header_row=1).titles == ("Our influencers, as of May",)
    with pytest.raises(UsageError, match="has no row 9"):
        find_table(GRID, [], header_row=9, source="x")
    with pytest.raises(UsageError, match="has nothing in it"):
        find_table([[], [None, ""]], ["a"])


def test_map_by_title_knows_titles_names_and_aliases(schema: Schema) -> None:
    """Titles are matched whatever their case, blanks, dashes and stars; the own column is not."""
    mapping = map_by_title(schema.table("influencers"), find_table(GRID, ["Platform"]).titles)
    assert {name: each.position for name, each in mapping.origins.items()} == {
        "name": 1,
        "platform": 2,
        "handle": 3,
        "followers": 4,
    }


def test_map_by_title_prefers_titles_to_aliases(schema: Schema) -> None:
    """A column that has a field's title is not taken for the alias of another one."""
    mapping = map_by_title(schema.table("influencers"), ("Name", "Influencer", "Platform"))
    assert mapping.origins["name"].column == "Influencer"


def test_a_required_field_has_to_be_mapped(schema: Schema) -> None:
    """What is missing is named, with the line that would map it."""
    with pytest.raises(UsageError, match="no column gives") as caught:
        map_by_title(schema.table("influencers"), ("Influencer", "Plattform"), source="tab X")
    assert caught.value.on == "tab X"
    assert 'platform = "Plattform"' in caught.value.hint


def test_two_columns_of_one_title_are_not_guessed(schema: Schema) -> None:
    """Which of two equal titles is meant, nobody can know."""
    with pytest.raises(UsageError, match="two columns are titled"):
        map_by_title(schema.table("influencers"), ("Influencer", "Platform", "platform"))


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_load_mapping_reads_every_form(tmp_path: Path, schema: Schema) -> None:
    """Columns, constants, texts that mean nothing or another thing, and a named row of titles."""
    mapping = load_mapping(
        _file(
            tmp_path,
            """
            [influencers]
            header_row = 2
            name = "who"
            handle = "who"
            platform = { column = "net", read = { "IG" = "instagram", "5" = "x" } }
            category = { column = "cat", blank = ["Unknown", "-"] }
            notes = { value = "from the agency" }
            """,
        ),
        schema,
    )["influencers"]
    grid = [
        ["who", "what"],
        ["Who", "net", "cat"],
        ["ada", "ig", "UNKNOWN"],
        ["bob", 5, "-"],
        ["eve", "TikTok", "Art"],
    ]
    source = read_source(schema.table("influencers"), mapping, grid, Labels.build(schema, {}))
    assert [tuple(row.values.values()) for row in source.rows] == [
        ("ada", "ada", "instagram", None, "from the agency"),
        ("bob", "bob", "x", None, "from the agency"),
        ("eve", "eve", "tiktok", "Art", "from the agency"),
    ]
    assert source.header_row == 2


MISTAKES = {
    "is not TOML": "[influencers",
    "names no table": "",
    "is no table": "[influencer]\nname = 'x'",
    "influencers.nam is no field": "[influencers]\nnam = 'x'",
    "header_row is the number": "[influencers]\nheader_row = 'x'",
    "needs a title, or one of": "[influencers]\nname = 5",
    "knows no “blnk”": "[influencers]\nname = { column = 'x', blnk = [] }",
    "a part of a wrong kind": "[influencers]\nname = { column = 'x', blank = [5] }",
    "cannot refer to the same row": "[cooperations]\ncampaign = { row = 'campaigns' }",
}


@pytest.mark.parametrize(("words", "text"), MISTAKES.items())
def test_load_mapping_says_what_is_wrong(
    tmp_path: Path, schema: Schema, words: str, text: str
) -> None:
    """Each mistake in a mapping file is one error that names the file."""
    path = _file(tmp_path, text)
    with pytest.raises(UsageError, match=words) as caught:
        load_mapping(path, schema)
    assert caught.value.on == str(path)


def test_load_mapping_names_what_was_meant(tmp_path: Path, schema: Schema) -> None:
    """A misspelt field or title is answered with the nearest right one."""
    with pytest.raises(UsageError) as caught:
        load_mapping(_file(tmp_path, "[influencers]\nfolowers = 'x'"), schema)
    assert caught.value.hint == "did you mean “followers”?"
    mapping = load_mapping(_file(tmp_path, "[influencers]\nname = 'Influenser'"), schema)
    with pytest.raises(UsageError, match="no column “Influenser”") as caught:
        read_source(schema.table("influencers"), mapping["influencers"], GRID, Labels())
    assert caught.value.hint == "did you mean “Influencer”?"
    constant = _file(tmp_path, "[campaigns]\nname = { value = 'Summer' }")
    with pytest.raises(UsageError, match="no column is read for campaigns"):
        read_source(
            schema.table("campaigns"), load_mapping(constant, schema)["campaigns"], GRID, Labels()
        )
    with pytest.raises(UsageError, match="cannot be read"):
        load_mapping(tmp_path / "none.toml", schema)


def test_map_tables_splits_a_flat_sheet(schema: Schema) -> None:
    """A flat sheet fills all tables that it has the columns for, and its rows hang together."""
    titles: list[Any] = ["Campaign Name", "Influencer", "Platform", "Start", "Cost"]
    mappings = map_tables(schema, [["a note"], titles])
    assert list(mappings) == ["campaigns", "influencers", "cooperations"]
    origins = mappings["cooperations"].origins
    assert (origins["influencer"].row, origins["campaign"].row) == ("influencers", "campaigns")
    assert origins["starts_on"].column == "Start"
    assert list(map_tables(schema, [["Influencer", "Platform"]])) == ["influencers"]


@pytest.mark.parametrize(
    ("titles", "tables"),
    [
        (["Name", "Platform", "Handle"], ["influencers"]),
        (["Name", "Budget", "Target"], ["campaigns"]),
        (["Name", "Platform", "Handle", "Followers", "Budget"], ["influencers"]),
        (["Name", "Platform", "Budget", "Target"], ["campaigns"]),
        (["Name", "Platform", "Campaign name"], ["campaigns", "influencers"]),
        (["Name", "Budget"], ["campaigns"]),
        (["Influencer", "Platform", "Name"], ["influencers"]),
        (["Campaign", "Name", "Platform"], ["campaigns", "influencers"]),
    ],
)
def test_map_tables_takes_one_of_two_tables_that_share_a_name(
    schema: Schema, titles: list[Any], tables: list[str]
) -> None:
    """A column names the rows of one table: of the one that knows most of the columns."""
    mappings = map_tables(schema, [titles])
    assert list(mappings) == tables
    if "Campaign name" in titles:
        assert mappings["campaigns"].origins["name"].column == "Campaign name"


def test_map_tables_asks_where_two_tables_fit_equally_well(schema: Schema) -> None:
    """People with a budget, or campaigns with a platform: nobody but a person can tell."""
    with pytest.raises(UsageError, match="fit campaigns and influencers equally") as failure:
        map_tables(schema, [["Name", "Platform", "Budget"]], source="list.csv")
    assert failure.value.on == "list.csv"
    assert "--map" in failure.value.hint
    assert '[campaigns] and the line name = "Name"' in failure.value.hint


@pytest.mark.parametrize(
    "titles", [["Rank", "Name", "Username", "Follower Count"], ["Name", "Note"], ["Name"]]
)
def test_map_tables_asks_where_a_table_that_fits_no_worse_lacks_a_column(
    schema: Schema, titles: list[Any]
) -> None:
    """People without their platform are not campaigns for that: it is said what is missing."""
    with pytest.raises(UsageError, match=r"none gives influencers\.platform") as failure:
        map_tables(schema, [titles])
    assert "under [influencers]" in failure.value.hint
    assert '[campaigns] and the line name = "Name"' in failure.value.hint


def test_map_tables_says_what_is_missing(schema: Schema) -> None:
    """Where no table is complete, the one that comes nearest says what it lacks."""
    with pytest.raises(UsageError, match="no column gives"):
        map_tables(schema, [["Platform", "Handle", "Followers"]])
