"""Cells read as people mean them, and the laws that reading and writing keep."""

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncd.core.snapshot import Problem
from syncd.schema import Labels, Schema, decode, describe_cell, encode, read_row, spoken

READ = {
    "name": [
        ("  Ada ", "Ada"), ("\ufeffAda\u00a0", "Ada"), ("Jose\u0301", "José"), ("", None),
        (" \u200b", None), ("=1+1", "=1+1"), ("007", "007"), (True, "TRUE"), (1970, "1970"),
        (433.0, "433"), (12.5, "12.5"), (1e-7, "0.0000001"), (333085529870108.0, "333085529870108"),
        ("a\r\nb", "a\nb"), ("#summer", "#summer"), ("DaFuq!?Boom!", "DaFuq!?Boom!"), (-0.0, "0"),
    ],
    "handle": [
        (433, "433"), (433.0, "433"), ("@anna.k", "anna.k"), ("@@x", "x"),
        ("https://www.instagram.com/anna.k/?hl=en", "anna.k"), ("instagram.com/anna.k", "anna.k"),
        ("https://www.tiktok.com/@bob?lang=de", "bob"), ("tiktok.com/@bob/video/12", "bob"),
        ("http://youtube.com/channel/UCq-Fj5", "UCq-Fj5"), ("https://youtu.be", "youtu.be"),
        ("https://de-de.facebook.com/profile.php?id=123", "123"), ("linkedin.com/in/ada/", "ada"),
        ("https://www.my-blog.example/", "my-blog.example"), ("channel", "channel"),
    ],
    "email": [("ada@example.com", "ada@example.com"), ("mailto:a@b.de ", "a@b.de")],
    "amount": [
        ("475.8m", 475_800_000), ("10.4M", 10_400_000), ("3.3k", 3300), ("0.58k", 580),
        ("29.0b", 29_000_000_000), ("10,4 Mio", 10_400_000), ("10,4 Mio.", 10_400_000),
        ("12.500", 12_500), ("12,500", 12_500), ("1.200.000", 1_200_000), ("1 200 000", 1_200_000),
        ("1'200", 1200), ("12.00", 12), (433.0, 433), ("2.58624E+11", 258_624_000_000),
        ("−5", -5), ("+5", 5), (-0.0, 0), ("0", 0), ("1.234m", 1_234_000), ("3 Tsd", 3000),
    ],
    "weight": [
        ("12.5", 12.5), ("12,5", 12.5), ("1.200,50", 1200.5), ("1,200.50", 1200.5), (".5", 0.5),
        ("0.125", 0.125), ("1234.500", 1234.5), (0.1 + 0.2, 0.3), ("1e3", 1000.0), (7, 7.0),
    ],
    "share": [("1.39%", 0.0139), (0.0139, 0.0139), ("12,5 %", 0.125), ("0.5", 0.5), (1.5, 1.5)],
    "price": [
        ("€99", 99.0), ("99 €", 99.0), ("-€5", -5.0), ("EUR 1.000.000", 1e6), ("99,- €", 99.0),
        ("1.200,50 €", 1200.5), ("3.5k", 3500.0), (10.004, 10.0), ("1\u202f200,50", 1200.5),
    ],
    "bought_on": [
        ("2025-11-14", "2025-11-14"), ("14 Nov 2025", "2025-11-14"), ("14.11.2025", "2025-11-14"),
        ("11/14/2025", "2025-11-14"), ("14/11/2025", "2025-11-14"), ("03/03/2025", "2025-03-03"),
        (45975, "2025-11-14"), (45975.75, "2025-11-14"), ("Nov 27th 2025", "2025-11-27"),
        ("14. März 2025", "2025-03-14"), ("1 de mayo de 2025", "2025-05-01"),
        ("2025-11-14T10:00:00.000Z", "2025-11-14"), ("14.11.2025 9:30", "2025-11-14"),
        ("Friday, November 14, 2025", "2025-11-14"), ("1er août 2025", "2025-08-01"),
    ],
    "used": [(True, 1), (False, 0), ("yes", 1), ("Nein", 0), ("WAHR", 1), (1, 1), (0.0, 0)],
    "size": [("Small One", "small one"), ("small-one", "small one"), (" BIG ONE", "big_one")],
    "maker": [("Ada & Co", "mak_1"), ("ada  &  co", "mak_1"), (433, "mak_2"), ("mak_1", "mak_1")],
}  # fmt: skip

REFUSED = {
    "name": ["#N/A", "#REF!", "#VALOR!", "Loading...", "a\x00b", "x" * 50_001, "\ud800", 1e21],
    "handle": ["@", "@ /", "instagram.com/p/Cxyz/"],
    "email": ["ada", "ada@example", "a@b@c.de", "Ada <a@b.de>"],
    "part": ["summer sale", "a#b", "a&b", "a?b", "a=b"],
    "amount": [
        "NaN", "inf", "1e999", "255.5", 255.5, "1.200,50", "about 5", True, 2**60, "9" * 70,
        "1,2,3", "1.23.456", "5%", "5 €", math.nan, math.inf, "1e", "k", "0.3333k", "٣",
    ],
    "weight": ["1.234", "1,234", "12.", "..", "1e31", "1 23"],
    "share": ["NaN%", "1.39", "%", "139", "abc%"],
    "price": ["250$", "US$ 5", "12.500", "£5", "€", "5%", 1e300],
    "bought_on": [
        "03/04/2025", "14.11.25", "17.14.11", "Nov.28", "Nov 20", "2025", 2025, 0, -5, "30.02.2025",
        True, "soon", "ma 3, 2025", "2025-13-01", "1066-10-14", 1e300, "x" * 1000,
    ],
    "used": ["maybe", 2, 0.5],
    "size": ["huge", 5],
    "maker": ["Ada and Co", "nobody", True],
}  # fmt: skip


def _cases(of: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(name, case) for name, cases in of.items() for case in cases]


@pytest.mark.parametrize(("name", "case"), _cases(READ))
def test_decode_reads_what_people_mean(
    things: Schema, labels: Labels, name: str, case: tuple[Any, Any]
) -> None:
    """Each way of writing a value gives that value, and of the right type."""
    cell, value = case
    read = decode(things.table("things").field(name), cell, labels)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(("name", "cell"), _cases(REFUSED))
def test_decode_refuses_with_a_reason(things: Schema, labels: Labels, name: str, cell: Any) -> None:
    """What cannot be read, or can be read in two ways, is a problem that says why."""
    table = things.table("things")
    read = decode(table.field(name), cell, labels)
    assert isinstance(read, Problem)
    assert read.field == name
    assert read.reason
    assert not isinstance(cell, str) or read.text == cell.strip()
    assert len(spoken(table, read)) <= 300


def test_decode_asks_about_two_readings(things: Schema, labels: Labels) -> None:
    """An ambiguous date names both readings and shows how to write one of them."""
    read = decode(things.table("things").field("bought_on"), "03/04/2025", labels)
    assert isinstance(read, Problem)
    assert "day 3 of month 4 or as day 4 of month 3" in read.reason
    assert read.example == "2025-04-03"


@pytest.mark.parametrize(
    ("cell", "text", "reason"),
    [
        (-18260, "1850-01-01", "is a day before 1910"),
        (60, "60", "is a number and not a date (as a day it is 1900-02-28, before 1910)"),
        (2025, "2025", "is a number and not a date (as a day it is 1905-07-17, before 1910)"),
        (-1e300, "-1e+300", "is a number and not a date"),
        (1e300, "1e+300", "is a number and not a date"),
    ],
)
def test_decode_says_of_an_early_day_what_day_it_is(
    things: Schema, labels: Labels, cell: float, text: str, reason: str
) -> None:
    """A spreadsheet makes a number of what was typed: its author knows the day, not the number."""
    read = decode(things.table("things").field("bought_on"), cell, labels)
    assert isinstance(read, Problem)
    assert read.text == text
    assert read.reason.startswith(reason)


def test_decode_names_the_nearest_label(things: Schema, labels: Labels) -> None:
    """An unknown label is answered with the one that was probably meant."""
    read = decode(things.table("things").field("maker"), "Ada and Co", labels)
    assert isinstance(read, Problem)
    assert "did you mean “Ada & Co”?" in read.reason


def test_decode_lets_a_reference_wait(things: Schema) -> None:
    """A reference to a row that is itself not taken yet waits, and nobody has to mend it."""
    labels = Labels.build(things, {}, waiting={"makers": ["New Maker"]})
    read = decode(things.table("things").field("maker"), "new maker", labels)
    assert isinstance(read, Problem)
    assert read.waits


CELLS = st.one_of(
    st.text(),
    st.text(alphabet="0123456789.,'-+%€$kmKM eE/#@ :TZ"),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
)


@given(cell=CELLS)
def test_decode_never_raises(things: Schema, labels: Labels, cell: Any) -> None:
    """Whatever a cell holds, every kind of field gives a value or a problem."""
    for field in things.table("things").fields:
        read = decode(field, cell, labels)
        assert read is None or isinstance(read, str | int | float | Problem)
        if isinstance(read, str):
            assert read == read.strip() != ""


@given(cell=CELLS)
def test_decoded_values_stay_what_they_are(things: Schema, labels: Labels, cell: Any) -> None:
    """What one field reads is already as the CRM stores it, or the row says why not."""
    table = things.table("things")
    for field in table.fields:
        read = decode(field, cell, labels)
        if not isinstance(read, Problem):
            values, problems = table.validate({"name": "x", field.name: read})
            assert problems or values[field.name] == read or (field.required and read is None)


VALUES = st.fixed_dictionaries(
    {
        "name": st.text(),
        "handle": st.none() | st.text(),
        "email": st.none() | st.from_regex(r"[a-zäß.]{1,9}@[a-z]{1,9}\.[a-z]{2,4}"),
        "part": st.none() | st.text(),
        "amount": st.none() | st.integers(),
        "weight": st.none() | st.floats(),
        "share": st.none() | st.floats(),
        "price": st.none() | st.floats(),
        "bought_on": st.none() | st.dates().map(lambda day: day.isoformat()),
        "used": st.none() | st.integers(0, 1),
        "size": st.none() | st.sampled_from(["small one", "big_one", "other"]),
        "maker": st.none() | st.sampled_from(["mak_1", "mak_2"]),
    }
)
PLAIN = dict.fromkeys(
    ("handle", "email", "part", "amount", "weight", "share", "price", "bought_on", "used", "size",
     "maker")
)  # fmt: skip


@given(values=VALUES)
@example(values=PLAIN | {"name": "=1+1"})
@example(values=PLAIN | {"name": "'a"})
@example(values=PLAIN | {"name": "007", "handle": "007"})
@example(values=PLAIN | {"name": "1/2"})
@example(values=PLAIN | {"name": "TRUE", "part": "TRUE"})
@example(values=PLAIN | {"name": " blanks\u00a0", "weight": -0.0, "price": 0.005})
@example(values=PLAIN | {"name": "\u1fef", "handle": "@ @a"})
def test_encode_and_decode_are_a_round_trip(
    things: Schema, labels: Labels, values: dict[str, Any]
) -> None:
    """What the CRM stores comes back from the sheet as it was, and checking it changes nothing."""
    table = things.table("things")
    stored, problems = table.validate(values)
    assert set(stored) == set(table.names)
    if problems:
        return
    assert table.validate(stored) == (stored, ())
    for field in table.fields:
        value = stored[field.name]
        cell = encode(field, value, labels)
        assert decode(field, cell, labels) == value
        assert type(decode(field, cell, labels)) is type(value)


def test_encode_gives_typed_cells(things: Schema, labels: Labels) -> None:
    """Days become serial numbers, yes and no booleans, references labels, and text stays text."""
    field = things.table("things").field
    assert encode(field("bought_on"), "2025-11-14", labels) == 45975
    assert encode(field("used"), 1, labels) is True
    assert encode(field("maker"), "mak_1", labels) == "Ada & Co"
    assert encode(field("maker"), "mak_9", labels) == "mak_9"
    assert encode(field("name"), "433", labels) == "433"
    assert encode(field("share"), 0.0139, labels) == 0.0139
    assert encode(field("name"), None, labels) is None


def test_read_row_reports_each_field_once(schema: Schema) -> None:
    """A cell that cannot be read is not reported again as missing; a blank required one is."""
    table = schema.table("influencers")
    cells = {"platform": "insta", "followers": "many", "email": "ada"}
    values, problems = read_row(table, cells, Labels.build(schema, {}))
    assert [problem.field for problem in problems] == ["platform", "followers", "email", "name"]
    assert values["followers"] is None


@pytest.mark.parametrize(
    ("cell", "shown"),
    [(None, ""), ("", ""), (True, "TRUE"), (1.5, "1.5"), (433.0, "433"), ("a\nb\x00", "a␣b�"),
     ("x" * 90, "x" * 80 + "…"), (10**100, "a number of more than 60 digits")],
)  # fmt: skip
def test_describe_cell_shows_what_was_typed(cell: Any, shown: str) -> None:
    """A cell is shown short and without signs that nobody can see."""
    assert describe_cell(cell) == shown
