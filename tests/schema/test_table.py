"""What the schema that comes along says about rows: keys, checks, and rows that clash."""

from typing import Any

import pytest

from syncd.schema import Labels, Schema, clashes

ADA = {"name": "Ada Lovelace", "platform": "instagram", "handle": "ada.l", "email": "ada@x.org"}


def test_tables_come_in_reference_order(schema: Schema) -> None:
    """Tables that others refer to come first."""
    assert [table.name for table in schema.tables] == ["campaigns", "influencers", "cooperations"]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"handle": "ADA.L", "name": "other"}, True),
        ({"handle": "@ada.l"}, True),
        ({"handle": "https://instagram.com/ada.l/"}, True),
        ({"handle": "adal"}, False),
        ({"platform": "tiktok"}, False),
        ({"handle": None}, False),
    ],
)
def test_natural_key_looks_past_spelling(
    schema: Schema, change: dict[str, Any], same: bool
) -> None:
    """A handle is one handle however it is written, and never equals a name."""
    table = schema.table("influencers")
    assert (table.natural_key(ADA) == table.natural_key(ADA | change)) is same


def test_natural_key_falls_back_to_the_name(schema: Schema) -> None:
    """Without a handle the name counts, case and blanks aside; without either there is no key."""
    table = schema.table("influencers")
    by_name = ADA | {"handle": None}
    assert table.natural_key(by_name) == table.natural_key(by_name | {"name": "ada  LOVELACE"})
    assert table.natural_key(by_name | {"name": None}) is None
    assert table.natural_key(ADA | {"platform": None}) is None


def test_natural_key_of_a_cooperation_has_blanks(schema: Schema) -> None:
    """A cooperation is known by all that Klar counts, blank or not, but needs its two ends."""
    table = schema.table("cooperations")
    one = {"influencer": "inf_1", "campaign": "cmp_1"}
    assert table.natural_key(one) == table.natural_key(one | {"cost": 5.0})
    assert table.natural_key(one) != table.natural_key(one | {"starts_on": "2026-01-01"})
    assert table.natural_key(one) != table.natural_key(one | {"discount_code": "ADA10"})
    assert table.natural_key({"influencer": "inf_1"}) is None


def test_check_speaks_plainly(schema: Schema) -> None:
    """Each error is on its field, in plain words, with an example of a right value."""
    problems = schema.table("influencers").check(
        {"platform": "insta", "followers": -1, "engagement_rate": -0.1, "email": "ada"}
    )
    assert [(problem.field, problem.text, problem.reason) for problem in problems] == [
        ("name", "", "is required"),
        ("platform", "insta", "is not one of the choices"),
        ("followers", "-1", "has to be 0 or more"),
        ("engagement_rate", "-0.1", "has to be 0 or more"),
        ("email", "ada", "is not an e-mail address"),
    ]
    assert problems[0].example == "Ada Lovelace"
    assert "instagram, tiktok" in problems[1].example


def test_check_of_the_whole_row_names_a_field(schema: Schema) -> None:
    """An end before the start is a problem of the end."""
    row = {"influencer": "inf_1", "campaign": "cmp_1"}
    dates = {"starts_on": "2026-02-02", "ends_on": "2026-02-01"}
    (problem,) = schema.table("cooperations").check(row | dates)
    assert (problem.field, problem.reason) == ("ends_on", "is before the start")
    assert not schema.table("cooperations").check(row | {"ends_on": "2026-02-01"})


@pytest.mark.parametrize("value", [5, 1.5, "5", "2025-1-1", "20250101", "1066-10-14", True])
def test_check_takes_iso_days_only(schema: Schema, value: Any) -> None:
    """A day is its ISO text; a number is never taken for seconds."""
    row = {"influencer": "inf_1", "campaign": "cmp_1", "starts_on": value}
    assert [each.field for each in schema.table("cooperations").check(row)] == ["starts_on"]


def test_validate_returns_what_the_crm_stores(schema: Schema) -> None:
    """All fields are present, blanks are None, text is composed and stripped, numbers normal."""
    values, problems = schema.table("campaigns").validate(
        {"name": " Jose\u0301 ", "budget": 99.999, "unknown": 1}
    )
    assert not problems
    assert values == {"name": "José", "budget": 100.0, "revenue_target": None}
    assert schema.table("campaigns").validate({"name": "\u00a0"})[1][0].reason == "is required"


def test_clashes_blame_the_later_row(schema: Schema) -> None:
    """The earlier row stays clean; the later one says who has it already, and what."""
    table = schema.table("influencers")
    rows = {
        "inf_2": ADA | {"name": "Copy", "handle": "@ADA.L", "email": None},
        "inf_1": ADA,
        "inf_3": ADA | {"handle": "else", "email": "ADA@x.org"},
        "inf_4": {"name": "Ada Lovelace", "platform": "tiktok"},
    }
    found = clashes(table, rows, ["inf_1", "inf_2", "inf_3", "inf_4"])
    assert list(found) == ["inf_2", "inf_3"]
    (by_key,), (by_email,) = found["inf_2"], found["inf_3"]
    assert (by_key.field, by_email.field) == ("handle", "email")
    assert by_key.reason == "is taken: “Ada Lovelace” has the same Platform and Handle"
    assert by_email.reason == "is taken: “Ada Lovelace” has the same Email"


def test_clashes_name_a_campaign_once(schema: Schema) -> None:
    """A name that is unique and the natural key at once is one problem."""
    rows = {"cmp_1": {"name": "Summer"}, "cmp_2": {"name": "SUMMER"}}
    found = clashes(schema.table("campaigns"), rows, ["cmp_1", "cmp_2"])
    assert [problem.field for problem in found["cmp_2"]] == ["name"]


def test_clashes_name_records_by_their_labels(schema: Schema) -> None:
    """A cooperation is named by its influencer and campaign, not by their ids."""
    people = {"influencers": {"inf_1": ADA}, "campaigns": {"cmp_1": {"name": "Summer"}}}
    row = {"influencer": "inf_1", "campaign": "cmp_1", "starts_on": "2026-06-01"}
    found = clashes(
        schema.table("cooperations"), {"a": row, "b": dict(row)}, "ab", Labels.build(schema, people)
    )
    assert "“Ada Lovelace / Summer / 2026-06-01”" in found["b"][0].reason


def test_labels_tell_namesakes_apart(schema: Schema) -> None:
    """Two of one name carry what differs; the plain name alone finds neither."""
    rows = {
        "inf_1": ADA,
        "inf_2": ADA | {"platform": "tiktok", "handle": "ada"},
        "inf_3": {"name": "ada lovelace", "platform": "blog"},
        "inf_4": {"name": "Ada Lovelace", "platform": "blog"},
        "inf_5": {"name": "Ada Lovelace (tiktok: ada)", "platform": "x"},
        "inf_6": {"name": None},
        "inf_7": {"name": "Bob", "platform": "x"},
    }
    labels = Labels.build(schema, {"influencers": rows}, archived={"inf_7"})
    shown = [labels.label("influencers", row_id) for row_id in rows]
    assert shown[0] == "Ada Lovelace (instagram: ada.l)"
    assert len({text.casefold() for text in shown}) == len(rows)
    assert [labels.find("influencers", text) for text in shown] == list(rows)
    assert labels.find("influencers", "Ada Lovelace") is None
    assert len(labels.sharing("influencers", "ADA lovelace")) == 4
    assert "Bob" not in labels.choices("influencers")
    assert labels.choices("influencers") == sorted(labels.choices("influencers"), key=str.casefold)


def test_label_is_never_the_id_of_another_record(schema: Schema) -> None:
    """Somebody may be called as another record's id is: what the sheet shows means that person."""
    rows = {"inf_1": ADA, "inf_2": {"name": "inf_1", "platform": "x"}}
    labels = Labels.build(schema, {"influencers": rows})
    for row in rows:
        assert labels.find("influencers", labels.label("influencers", row)) == row


def test_labels_know_former_names(schema: Schema) -> None:
    """A former label finds its record, unless somebody else has that label now."""
    rows = {"inf_1": ADA | {"name": "Ada King"}, "inf_2": {"name": "Bob", "platform": "x"}}
    former = {"influencers": {"Ada Lovelace": "inf_1", "Bob": "inf_1"}}
    labels = Labels.build(schema, {"influencers": rows}, former=former)
    assert labels.find("influencers", "ADA LOVELACE") == "inf_1"
    assert labels.find("influencers", "Bob") == "inf_2"
    assert labels.nearest("influencers", "Ada Kong") == "Ada King"
    assert labels.nearest("influencers", "Zebra") is None
    assert Labels().find("influencers", "Bob") is None
    assert Labels().label("influencers", "inf_1") == "inf_1"
