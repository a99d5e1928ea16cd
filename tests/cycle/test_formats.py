"""Numbers with a format that says they are something else: never taken for what they are not."""

from typing import Any

import pytest

from syncd.core.snapshot import Side
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World


def enter(world: World, tab: str, cell: str, number: float, kind: str, pattern: str) -> None:
    """Type a number that carries a format of its own."""
    column, row = ord(cell[0]) - ord("A"), int(cell[1:]) - 1
    typed = {
        "userEnteredValue": {"numberValue": number},
        "userEnteredFormat": {"numberFormat": {"type": kind, "pattern": pattern}},
    }
    start = {"sheetId": world.sheet_id(tab), "rowIndex": row, "columnIndex": column}
    fields = "userEnteredValue,userEnteredFormat.numberFormat"
    request: dict[str, Any] = {"start": start, "rows": [{"values": [typed]}], "fields": fields}
    world.batch({"updateCells": request})


@pytest.mark.parametrize(
    ("tab", "title", "number", "kind", "pattern", "reason"),
    [
        ("Campaigns", "Budget", 99, "CURRENCY", '"$"#,##0.00', "in"),
        ("Campaigns", "Budget", 0.5, "PERCENT", "0.00%", "percentage"),
        ("Influencers", "Followers", 46027, "DATE", "yyyy-mm-dd", "date"),
        ("Influencers", "Followers", 5, "CURRENCY", '"€"#,##0.00', "money"),
    ],
)
def test_number_of_another_format_is_refused_until_mended(
    filled: World, tab: str, title: str, number: float, kind: str, pattern: str, reason: str
) -> None:
    """A dollar amount, a percentage or a date in a number's column is refused with its reason."""
    name, table = ("Summer", "campaigns") if tab == "Campaigns" else ("Ada", "influencers")
    before = filled.record(table, name).values
    cell = filled.at(tab, name, title)
    enter(filled, tab, cell, number, kind, pattern)
    filled.settle()
    status = filled.row(tab, name)["Sync"]
    assert status.startswith(f"Refused: {title}") and reason in status
    assert filled.record(table, name).values == before
    filled.calls()
    filled.cycle()
    assert filled.calls()[1] == 0
    enter(filled, tab, cell, 7, "NUMBER", "#,##0.00")
    filled.settle()
    assert filled.row(tab, name)["Sync"] == "In sync"
    assert 7 in filled.record(table, name).values.values()


@pytest.mark.parametrize("side", Side, ids=lambda side: f"{side.value} rules")
@pytest.mark.parametrize(
    ("number", "kind", "pattern", "shown"),
    [
        (46027, "DATE", "yyyy-mm-dd", "2026-01-05"),
        (0.1, "PERCENT", "0%", "10%"),
        (1000, "SCIENTIFIC", "0.00E+00", "1.00E+03"),
    ],
)
def test_text_that_became_a_number_is_never_taken_for_its_digits(
    filled: World, side: Side, number: float, kind: str, pattern: str, shown: str
) -> None:
    """A date pasted among texts is not the text 46027, nor is the code 10% the text 0.1."""
    filled.give_authority(side)
    filled.settle()
    enter(filled, "Influencers", filled.at("Influencers", "Ada", "Notes"), number, kind, pattern)
    filled.settle()
    assert "became a number" in filled.row("Influencers", "Ada")["Sync"]
    assert filled.record("influencers", "Ada").values["notes"] is None
    if side is Side.CRM:
        (entry,) = filled.reviews()
        assert entry.review.offered == {"notes": shown} and not entry.review.acceptable
    is_fixpoint(filled)


def test_amount_in_the_fields_own_currency_is_taken(filled: World) -> None:
    """An amount that shows the field's currency is what it says."""
    enter(
        filled, "Campaigns", filled.at("Campaigns", "Summer", "Budget"), 99, "CURRENCY", '"€"0.00'
    )
    filled.settle()
    assert filled.record("campaigns", "Summer").values["budget"] == 99


def test_foreign_amount_is_put_back_while_connected(filled: World) -> None:
    """While the CRM has authority a foreign amount is put back, and its text waits in review."""
    filled.give_authority(Side.CRM)
    filled.settle()
    cell = filled.at("Campaigns", "Summer", "Budget")
    enter(filled, "Campaigns", cell, 99, "CURRENCY", '"$"0.00')
    filled.settle()
    assert filled.row("Campaigns", "Summer")["Budget"] == 200
    (entry,) = filled.reviews()
    assert entry.review.offered == {"budget": "$99.00"} and not entry.review.acceptable
