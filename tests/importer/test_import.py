"""What an import decides, row by row, and that a second one changes nothing."""

import random
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.importer import Fate, applied, map_tables, plan_imports, read_source
from syncd.importer.decide import decide, remembered
from syncd.schema import Labels, Schema

TITLES = ["Influencer", "Platform", "Handle", "Followers", "Email"]
ADA = ["Ada", "instagram", "ada", 100, "ada@x.org"]
BOB = ["Bob", "tiktok", "", 200, ""]

VALUE = st.sampled_from([None, 1, 2, 3])


@given(last=st.none() | VALUE.map(lambda value: {"f": value}), source=VALUE, record=VALUE)
def test_decide_is_a_three_way_comparison(last: Any, source: Any, record: Any) -> None:
    """A field follows the source only while it holds what the source gave; blank never erases."""
    decision = decide(last, {"f": source}, {"f": record})
    before = (last or {}).get("f")
    moved = source is not None and source != record and (last is None or source != before)
    assert decision.taken == ({"f": source} if moved and record == before else {})
    assert decision.conflicts == (("f",) if moved and record != before else ())


@given(last=st.none() | VALUE.map(lambda value: {"f": value}), source=VALUE, record=VALUE)
def test_decide_is_settled_by_one_import(last: Any, source: Any, record: Any) -> None:
    """Once an import was carried out, the same source decides nothing more."""
    decision = decide(last, {"f": source}, {"f": record})
    after = {"f": record, **decision.taken}
    again = decide(remembered(last, {"f": source}), {"f": source}, after)
    assert not again.taken
    assert not again.conflicts


def test_rows_are_taken_merged_refused_or_blank(crm: Any) -> None:
    """Each row has one fate, and its answer says which; together they are all rows."""
    grid = [
        TITLES,
        ADA,
        [],
        ["ADA ", "Instagram", "@ADA", "100", "ada@x.org"],
        ["Ada", "instagram", "https://instagram.com/ada", 100, "ada@x.org"],
        ["Ada", "instagram", "ada", 101, "ada@x.org"],
        ["Eve", "myspace", "", "many", ""],
        ["", "", "eve", "", ""],
        ["Kim", "x", "kim", 1, "ADA@x.org"],
    ]
    plan = crm.run(grid)
    report = plan.report
    assert (report.rows, report.created, report.merged, report.blank) == (8, 1, 1, 1)
    assert report.refused == 5
    assert report.rows == report.created + report.merged + report.refused + report.blank
    assert plan.status == {
        2: "imported",
        4: plan.status[4],
        5: "same as row 2",
        6: "refused: Followers “101” differs from row 2 (“100”), which has the same Platform and "
        "Handle",
        7: plan.status[7],
        8: "refused: Influencer is required (for example: Ada Lovelace); Platform is required "
        "(for example: instagram)",
        9: "refused: Email “ADA@x.org” is taken: “Ada” has the same Email",
    }
    assert "differs from row 2" in plan.status[4]
    assert plan.status[7].startswith("refused: Platform “myspace” is not one of the choices")
    assert [(each.number, each.field) for each in plan.refused if each.number == 7] == [
        (7, "platform"),
        (7, "followers"),
    ]


def test_a_second_import_changes_nothing(crm: Any) -> None:
    """Neither the same source again nor an edit in the CRM makes an import do anything."""
    first = crm.run([TITLES, ADA, BOB])
    assert [each.values["name"] for each in first.creates] == ["Ada", "Bob"]
    again = crm.run([TITLES, ADA, BOB])
    assert again.is_empty
    assert not again.remember
    assert (again.report.unchanged, again.status[2]) == (2, "imported")
    ada, bob = first.records[2], first.records[3]
    crm.edit(ada, followers=150, handle="ada.renamed", email=None)
    crm.edit(bob, name="Robert", handle="bob")
    after_edit = crm.run([TITLES, ADA, BOB])
    assert after_edit.is_empty
    assert after_edit.records == {2: ada, 3: bob}


def test_a_changed_source_moves_untouched_fields(crm: Any) -> None:
    """What the source changes is taken where the CRM still holds what it gave, else reviewed."""
    crm.run([TITLES, ADA, BOB])
    crm.edit("inf_0001", followers=150)
    plan = crm.run([TITLES, ["Ada", "instagram", "ada", 175, "new@x.org"], BOB])
    (update,), (conflict,) = plan.updates, plan.conflicts
    assert (update.values, update.before) == ({"email": "new@x.org"}, {"email": "ada@x.org"})
    assert (conflict.field, conflict.source, conflict.crm, conflict.last) == (
        "followers", 175, 150, 100
    )  # fmt: skip
    assert plan.status[2] == "in review: Followers is “150” in the CRM and “175” here"
    assert (plan.report.updated, plan.report.unchanged, plan.report.conflicts) == (1, 1, 1)
    assert crm.run([TITLES, ["Ada", "instagram", "ada", 175, "new@x.org"], BOB]).is_empty


def test_a_blank_cell_never_erases(crm: Any) -> None:
    """A cell that became blank in the source takes nothing out of the CRM, then or later."""
    crm.run([TITLES, ADA])
    assert crm.run([TITLES, ["Ada", "instagram", "ada", "", ""]]).is_empty
    assert crm.run([TITLES, ADA]).is_empty
    crm.edit("inf_0001", email=None)
    assert crm.run([TITLES, ADA]).is_empty


def test_a_record_from_elsewhere_keeps_its_values(crm: Any) -> None:
    """A record that this source never gave is filled where it is blank, and reviewed elsewhere."""
    values = {"name": "A. Lovelace", "platform": "instagram", "handle": "ADA", "followers": None}
    crm.records = {"inf_x": crm.table.validate(values)[0]}
    plan = crm.run([TITLES, ADA])
    assert not plan.creates
    assert plan.updates[0].values == {"followers": 100, "email": "ada@x.org"}
    assert {each.field: each.crm for each in plan.conflicts} == {
        "name": "A. Lovelace", "handle": "ADA"
    }  # fmt: skip
    assert crm.run([TITLES, ADA]).is_empty


def test_an_archived_record_is_left_alone(crm: Any) -> None:
    """An import does not bring back or change what somebody took out of use."""
    crm.run([TITLES, ADA])
    crm.archived.add("inf_0001")
    plan = crm.run([TITLES, ["Ada", "instagram", "ada", 999, ""]])
    assert plan.is_empty
    assert plan.status[2] == "archived in the CRM, left as it is"


def test_a_live_record_comes_before_an_archived_one(crm: Any) -> None:
    """A row goes to the record in use, also when it made the one that was archived."""
    crm.run([TITLES, ADA])
    crm.archived.add("inf_0001")
    crm.records = {**crm.records, "inf_new": {**crm.records["inf_0001"], "followers": 300}}
    plan = crm.run([TITLES, ADA])
    assert plan.records == {2: "inf_new"}
    assert [each.field for each in plan.conflicts] == ["followers"]


def test_two_rows_never_share_a_record(crm: Any) -> None:
    """A record that the CRM renamed to another row's name stays with the row that made it."""
    crm.run([TITLES, ADA])
    crm.edit("inf_0001", handle="eve")
    plan = crm.run([TITLES, ["Eve", "instagram", "eve", 5, ""], ADA])
    assert plan.records == {3: "inf_0001"}
    assert "names the record that row 3 of this source went to" in plan.status[2]


def test_a_row_that_gains_a_handle_stays_the_same_record(crm: Any) -> None:
    """A row known by its name keeps its record when a handle is added beside it."""
    crm.run([TITLES, BOB])
    plan = crm.run([TITLES, ["Bob", "tiktok", "bob", 200, ""]])
    assert not plan.creates
    assert plan.updates[0].values == {"handle": "bob"}


def test_an_update_has_to_leave_the_record_in_order(crm: Any) -> None:
    """A change that would break the record, or take what another one has, is refused."""
    crm.run([TITLES, ADA, BOB])
    plan = crm.run([TITLES, ADA, ["Bob", "tiktok", "", 200, "ADA@x.org"]])
    assert plan.is_empty
    assert plan.status[3] == "refused: Email “ADA@x.org” is taken: “Ada” has the same Email"


def test_digest_covers_what_would_be_done(crm: Any) -> None:
    """Two previews of one import agree, though the new ids differ; another source does not."""
    first = crm.plan([TITLES, ADA])
    second = crm.plan([TITLES, ADA])
    assert first.creates[0].id != second.creates[0].id
    assert first.digest == second.digest
    assert crm.plan([TITLES, BOB]).digest != first.digest


FLAT = [
    ["Campaign Name", "Influencer", "Platform", "Handle", "Start", "End", "Cost", "Coupon Code"],
    ["Summer", "Ada", "instagram", "@ada", "2026-06-01", "2026-06-30", "1.200,50 €", "ADA10"],
    ["Summer", "Bob", "tiktok", "", 46174, "", 99, ""],
    ["Winter", "Ada", "instagram", "@ada", "2026-12-01", "", "", "ADA10"],
    ["", "Eve", "x", "", "", "", "", ""],
    ["Winter", "Ada", "tiktok", "ada", "2026-12-05", "2026-12-01", "", ""],
    ["", "Eve", "x", "", "", "", 10, ""],
    ["Winter", "Eve", "x", "", "", "", "", ""],
]


def test_a_flat_sheet_fills_three_tables(schema: Schema) -> None:
    """Campaigns and influencers are made once, and each row's cooperation refers to its own."""
    ids = count(1)
    records: dict[Any, Any] = {}
    last: dict[Any, Any] = {}

    def run() -> tuple[Any, ...]:
        plans = plan_imports(
            schema, FLAT, map_tables(schema, FLAT), records, last,
            mint=lambda table: f"{table.prefix}{next(ids)}",
        )  # fmt: skip
        for plan in plans:
            records[plan.table] = applied(records.get(plan.table, {}), plan)
            last.setdefault(plan.table, {}).update(plan.remember)
        return plans

    campaigns, influencers, cooperations = run()
    assert [each.values["name"] for each in campaigns.creates] == ["Summer", "Winter"]
    assert campaigns.report.blank == 2
    assert [each.values["name"] for each in influencers.creates] == ["Ada", "Bob", "Eve", "Ada"]
    assert influencers.report.merged == 3
    made = {each.number: each.values for each in cooperations.creates}
    assert list(made) == [2, 3, 4, 8]
    assert made[4]["influencer"] == influencers.records[2]
    assert made[3]["starts_on"] == "2026-06-01"
    assert made[2]["cost"] == 1200.5
    assert 5 not in cooperations.status  # Eve has no cooperation yet
    assert "this row gave no record in campaigns" in cooperations.status[7]
    assert "is before the start" in cooperations.status[6]
    assert all(plan.is_empty for plan in run())


def test_rows_may_move_within_the_source(crm: Any) -> None:
    """The order of the rows does not matter to what an import does."""
    rows = [[f"Name {number}", "x", f"h{number}", number, ""] for number in range(50)]
    crm.run([TITLES, *rows])
    random.Random(1).shuffle(rows)
    assert crm.run([TITLES, [], *rows]).is_empty


@given(
    rows=st.lists(
        st.lists(
            st.none() | st.text() | st.sampled_from(["x", "Ada", "ada", 5]) | st.floats(),
            max_size=6,
        ),
        max_size=12,
    )
)
def test_no_row_is_lost(schema: Schema, rows: list[list[Any]]) -> None:
    """Whatever the cells hold, each row below the titles has one fate."""
    source = read_source(schema.table("influencers"), None, [TITLES, *rows], Labels())
    assert [row.number for row in source.rows] == list(range(2, len(rows) + 2))
    assert all(row.problems for row in source.rows if row.fate is Fate.REFUSED)
    assert all(not row.problems for row in source.rows if row.fate is Fate.TAKEN)


@pytest.mark.parametrize("size", [1, 5000])
def test_large_sources_are_planned(crm: Any, size: int) -> None:
    """Thousands of rows are planned in one go."""
    rows = [[f"Name {number}", "x", f"h{number}", f"{number}k", ""] for number in range(size)]
    assert crm.run([TITLES, *rows]).report.created == size
