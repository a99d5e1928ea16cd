"""Typed texts: what they mean in each country, and how they show."""

import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from syncd.sandbox.book.entry import link_of, parse_entry
from syncd.sandbox.book.formats import show
from syncd.sandbox.book.model import Formula

Typed = tuple[str, Any, str | None, str]

NO = None
AMERICAN: list[Typed] = [
    ("12", 12, NO, "12"),
    ("007", 7, NO, "7"),
    ("+5", 5, NO, "5"),
    ("-5", -5, NO, "-5"),
    ("(5)", -5, NO, "-5"),
    (" 5 ", 5, NO, "5"),
    ("5\u00a0", 5, NO, "5"),
    (".5", 0.5, NO, "0.5"),
    ("1.50", 1.5, NO, "1.5"),
    ("-0", 0, NO, "0"),
    ("123456789012345", 123456789012345, NO, "123456789012345"),
    ("1705971932369780", 1705971932369780, NO, "1.70597E+15"),
    ("1,000", 1000, "#,##0", "1,000"),
    ("1,234.567", 1234.567, "#,##0.00", "1,234.57"),
    ("1234,1234", 12341234, "#,##0", "12,341,234"),
    ("27,50", 2750, "#,##0", "2,750"),
    ("$5", 5, '"$"#,##0', "$5"),
    ("-$1,000.5", -1000.5, '"$"#,##0.00', "-$1,000.50"),
    ("($ 5.25)", -5.25, '"$"#,##0.00', "-$5.25"),
    ("€1.50", 1.5, "[$€]#,##0.00", "€1.50"),
    ("5 €", 5, "#,##0[$ €]", "5 €"),
    ("12%", 0.12, "0%", "12%"),
    ("12.345 %", 0.12345, "0.00%", "12.35%"),
    ("1e5", 100000, "0.00E+00", "1.00E+05"),
    ("1.5E-3", 0.0015, "0.00E+00", "1.50E-03"),
    ("2020-01-01", 43831, "yyyy-mm-dd", "2020-01-01"),
    ("2020/1/5", 43835, "yyyy/m/d", "2020/1/5"),
    ("12/31/2024", 45657, "M/d/yyyy", "12/31/2024"),
    ("01/05/2024", 45296, "mm/dd/yyyy", "01/05/2024"),
    ("1-5-24", 45296, "m-d-yy", "1-5-24"),
    ("1/5/30", 10963, "m/d/yy", "1/5/30"),
    ("1/2024", 45292, "m/yyyy", "1/2024"),
    ("Jan 5, 2024", 45296, "mmm d, yyyy", "Jan 5, 2024"),
    ("5 January 2024", 45296, "d mmmm yyyy", "5 January 2024"),
    ("5-Jan-24", 45296, "d-mmm-yy", "5-Jan-24"),
    ("5-May-24", 45417, "d-mmm-yy", "5-May-24"),
    ("Fri Jan. 5 2024", 45296, "ddd mmm. d yyyy", "Fri Jan. 5 2024"),
    ("Jan 2024", 45292, "mmm yyyy", "Jan 2024"),
    ("Friday, January 5, 2024", 45296, "dddd, mmmm d, yyyy", "Friday, January 5, 2024"),
    ("1/1/2020 0:00:00", 43831, "M/d/yyyy H:mm:ss", "1/1/2020 0:00:00"),
    ("2020-01-01 6:00 pm", 43831.75, "yyyy-mm-dd h:mm am/pm", "2020-01-01 6:00 PM"),
    ("10:45:00 AM", 0.4479166666666667, "h:mm:ss am/pm", "10:45:00 AM"),
    ("18:00", 0.75, "h:mm", "18:00"),
    ("06:00", 0.25, "hh:mm", "06:00"),
    ("6 a.m.", 0.25, "h am/pm", "6 AM"),
    ("16:9", 0.6729166666666667, "h:mm", "16:09"),
    ("0:00:01.5", 1.5 / 86400, "h:mm:ss.0", "0:00:01.5"),
    ("36:00:00", 1.5, "[h]:mm:ss", "36:00:00"),
    ("2023-01-25 19:08:01.054474", 44951.79723442678, "M/d/yyyy H:mm:ss", "1/25/2023 19:08:01"),
    ("true", True, NO, "TRUE"),
    (" False ", False, NO, "FALSE"),
    ("'007", "007", NO, "007"),
    ("''x", "'x", NO, "'x"),
    ("'=1+1", "=1+1", NO, "=1+1"),
    *(
        (text, text, NO, text)
        for text in (
            "31/12/2024",
            "13/5/2024",
            "2/29/2023",
            "2020-13-01",
            "1.2.3",
            "10:60",
            "13:00 pm",
            "1,2",
            "1,000,",
            ",50",
            "1 000",
            "5-",
            "--5",
            "-(5)",
            "- 5",
            "5 kr",
            "1e400",
            "$5%",
            "3_1_0",
            "May",
            "SEPT2",
            "MARCH1",
            "Jan 5th",
            "Thursday, January 5, 2024",
            "2020-01-01T00:00:00Z",
            "10.0.0.1",
            "½",
            "١٢",
            " padded ",
            "a\nb",
            "user@example.com",
            "=",
            "+",
        )
    ),
]
ELSEWHERE: dict[str, list[Typed]] = {
    "de_DE": [
        ("1.123456789", 1123456789, "#,##0", "1.123.456.789"),
        ("1.234,5", 1234.5, "#,##0.00", "1.234,50"),
        ("1,5", 1.5, NO, "1,5"),
        ("12,5 %", 0.125, "0.00%", "12,50%"),
        ("5 €", 5, "#,##0[$ €]", "5 €"),
        ("31.12.2024", 45657, "dd.MM.yyyy", "31.12.2024"),
        ("1.5.24", 45413, "d.m.yy", "1.5.24"),
        ("3. März 2024", 45354, "d. mmmm yyyy", "3. März 2024"),
        ("31. Dez. 2024", 45657, "d. mmm yyyy", "31. Dez. 2024"),
        ("31.12.2024 14:30:00", 45657 + 14.5 / 24, "dd.MM.yyyy HH:mm:ss", "31.12.2024 14:30:00"),
        ("2024-12-31", 45657, "yyyy-mm-dd", "2024-12-31"),
        ("wahr", True, NO, "WAHR"),
        ("FALSE", False, NO, "FALSCH"),
        ("19.99", 1999, "#,##0", "1.999"),
        ("1.2.3", 37653, "d.m.yy", "1.2.03"),
        ("May 5, 2024", "May 5, 2024", NO, "May 5, 2024"),
    ],
    "de_CH": [
        ("1'234.5", 1234.5, "#,##0.00", "1’234.50"),
        ("1.5", 1.5, NO, "1.5"),
        ("CHF 5", 5, '"CHF "#,##0', "CHF 5"),
        ("31.12.2024", 45657, "dd.MM.yyyy", "31.12.2024"),
    ],
    "de_AT": [("1.234,5", 1234.5, "#,##0.00", "1.234,50")],
    "en_GB": [
        ("31/12/2024", 45657, "dd/MM/yyyy", "31/12/2024"),
        ("£5", 5, '"£"#,##0', "£5"),
        ("12/31/2024", "12/31/2024", NO, "12/31/2024"),
    ],
    "en_CA": [("2024-01-05", 45296, "yyyy-MM-dd", "2024-01-05")],
    "en_AU": [("31/12/2024", 45657, "d/M/yyyy", "31/12/2024")],
    "en_IN": [
        ("12,34,567", 1234567, "#,##0", "1,234,567"),
        ("₹5", 5, '"₹"#,##0', "₹5"),
    ],
    "fr_FR": [
        ("1 234,5", 1234.5, NO, "1234,5"),
        ("1\u00a0234", 1234, NO, "1234"),
        ("31/12/2024", 45657, "dd/MM/yyyy", "31/12/2024"),
        ("5 mars 2024", 45356, "d mmmm yyyy", "5 mars 2024"),
        ("12,5 €", 12.5, "#,##0.00[$ €]", "12,50 €"),
        ("vrai", True, NO, "VRAI"),
    ],
    "fr_CA": [("2024-12-31", 45657, "yyyy-MM-dd", "2024-12-31")],
    "es_ES": [
        ("5 de enero de 2024", 45296, 'd "de" mmmm "de" yyyy', "5 de enero de 2024"),
        ("31/12/2024", 45657, "d/M/yyyy", "31/12/2024"),
        ("verdadero", True, NO, "VERDADERO"),
    ],
    "es_MX": [("1,234.5", 1234.5, "#,##0.00", "1,234.50")],
    "it_IT": [
        ("31/12/2024", 45657, "dd/MM/yyyy", "31/12/2024"),
        ("5 marzo 2024", 45356, "d mmmm yyyy", "5 marzo 2024"),
        ("falso", False, NO, "FALSO"),
    ],
    "nl_NL": [
        ("31-12-2024", 45657, "d-M-yyyy", "31-12-2024"),
        ("€ 5", 5, '"€ "#,##0', "€ 5"),
        ("10:00:01.05", "10:00:01.05", NO, "10:00:01.05"),
    ],
    "pt_BR": [
        ("R$ 5,50", 5.5, '"R$ "#,##0.00', "R$ 5,50"),
        ("31/12/2024", 45657, "dd/MM/yyyy", "31/12/2024"),
    ],
    "pt_PT": [("5 de março de 2024", 45356, 'd "de" mmmm "de" yyyy', "5 de março de 2024")],
    "pl_PL": [
        ("5 stycznia 2024", 45296, "d mmmm yyyy", "5 stycznia 2024"),
        ("10 zł", 10, "#,##0[$ zł]", "10 zł"),
    ],
    "sv_SE": [
        ("2024-12-31", 45657, "yyyy-MM-dd", "2024-12-31"),
        ("5 kr", 5, "#,##0[$ kr]", "5 kr"),
    ],
    "da_DK": [
        ("14.30", 14.5 / 24, "h.mm", "14.30"),
        ("31.12.2024", 45657, "dd.MM.yyyy", "31.12.2024"),
    ],
    "no_NO": [("1 000,5", 1000.5, NO, "1000,5"), ("SANN", True, NO, "SANN")],
    "fi_FI": [("31.12.2024", 45657, "d.M.yyyy", "31.12.2024"), ("TOSI", True, NO, "TOSI")],
    "tr_TR": [("%5", 0.05, "0%", "5%"), ("5 Ocak 2024", 45296, "d mmmm yyyy", "5 Ocak 2024")],
    "ru_RU": [
        ("5 января 2024", 45296, "d mmmm yyyy", "5 января 2024"),
        ("1,5 ₽", 1.5, "#,##0.00[$ ₽]", "1,50 ₽"),
        ("ИСТИНА", True, NO, "ИСТИНА"),
    ],
    "uk_UA": [("5 січня 2024", 45296, "d mmmm yyyy", "5 січня 2024")],
    "cs_CZ": [("31. 12. 2024", 45657, "d. m. yyyy", "31. 12. 2024")],
    "ja_JP": [
        ("2024年1月5日", 45296, 'yyyy"年"m"月"d"日"', "2024年1月5日"),
        ("2024/1/5", 45296, "yyyy/m/d", "2024/1/5"),
        ("¥500", 500, '"¥"#,##0', "¥500"),
    ],
    "ko_KR": [
        ("2024. 1. 5.", 45296, "yyyy. M. d.", "2024. 1. 5."),
        ("오후 4:59:14", 61154 / 86400, "am/pm h:mm:ss", "오후 4:59:14"),
    ],
    "zh_CN": [("2024/1/5", 45296, "yyyy/M/d", "2024/1/5")],
    "zh_TW": [("2024年1月", 45292, 'yyyy"年"m"月"', "2024年1月")],
    "ar": [("٣١/١٢/٢٠٢٤", 45657, "d/M/yyyy", "31/12/2024")],
    "iw": [("31.12.2024", 45657, "d.M.yyyy", "31.12.2024")],
}
LOCALES = sorted({*ELSEWHERE, "en_US"})


@pytest.mark.parametrize("locale", LOCALES)
def test_entry_means_what_it_means_in_the_country(
    batch: Any, values: Any, ask: Any, book: str, locale: str
) -> None:
    """A typed text becomes the value, gets the format, and shows the way, that it does there."""
    table = AMERICAN if locale == "en_US" else ELSEWHERE[locale]
    properties = {"properties": {"locale": locale}, "fields": "locale"}
    batch({"updateSpreadsheetProperties": properties})
    values(f"A1:A{len(table)}", [[text] for text, *_ in table], option="USER_ENTERED")
    mask = "sheets.data.rowData.values(effectiveValue,formattedValue,userEnteredFormat)"
    sheets = ask("GET", f"/v4/spreadsheets/{book}?fields={mask}")[1]["sheets"]
    for (text, value, pattern, shown), row in zip(
        table, sheets[0]["data"][0]["rowData"], strict=True
    ):
        cell = row["values"][0]
        found = next(iter(cell["effectiveValue"].values()))
        look = cell.get("userEnteredFormat", {}).get("numberFormat", {}).get("pattern")
        assert found == pytest.approx(value, abs=1e-9) if type(value) is float else found == value
        assert (text, type(found) is bool, look) == (text, type(value) is bool, pattern)
        assert (text, cell["formattedValue"]) == (text, shown)


def test_entry_of_a_date_without_a_year_is_of_the_current_one() -> None:
    """A day and a month alone are of this year, in the order of the country."""
    assert parse_entry("1/5", "en_US", 2026) == (46027, {"type": "DATE", "pattern": "m/d"})
    assert parse_entry("1/5", "en_GB", 2026)[0] == 46143
    assert parse_entry("1.5", "de_DE", 2026) == (46143, {"type": "DATE", "pattern": "d.m"})
    assert parse_entry("May 5", "en_US", 2026)[0] == 46147
    assert parse_entry("1/5", "en_US") == ("1/5", None)


def test_entry_of_a_current_year_follows_the_clock(values: Any) -> None:
    """The sandbox dates such a day by its own clock."""
    values("A1", [["1/5"]], option="USER_ENTERED")
    serial = values("A1", valueRenderOption="UNFORMATTED_VALUE")[0][0]
    assert serial > 46_000
    assert values("A1") == [["1/5"]]


def test_entry_of_a_plus_starts_a_formula(values: Any) -> None:
    """A plus sign before what is no number makes a formula, also of a phone number."""
    values("A1:C1", [["+1+2", "+49 170 123", "+4917012345"]], option="USER_ENTERED")
    assert values("A1:C1", valueRenderOption="FORMULA") == [["=+1+2", "=+49 170 123", 4917012345]]


@pytest.mark.parametrize(
    ("look", "typed", "plain", "shown"),
    [
        ({"type": "TEXT"}, "007", "007", "007"),
        ({"type": "TEXT"}, "'007", "007", "007"),
        ({"type": "TEXT"}, "=1+1", "=1+1", "=1+1"),
        ({"type": "TEXT"}, "1/2/2024", "1/2/2024", "1/2/2024"),
        ({"type": "NUMBER", "pattern": "0.0"}, "12.34", 12.34, "12.3"),
        ({"type": "NUMBER", "pattern": "0.0"}, "1,234.56", 1234.56, "1234.6"),
        ({"type": "CURRENCY"}, "5", 5, "$5.00"),
        ({"type": "DATE", "pattern": "yyyy"}, "1/2/2024", 45293, "2024"),
        ({"type": "DATE", "pattern": "yyyy-mm-dd"}, "2", 2, "1900-01-01"),
        ({"type": "NUMBER", "pattern": "0.0"}, "1/2/2024", 45293, "1/2/2024"),
        ({"type": "DATE", "pattern": "yyyy"}, "$5", 5, "$5"),
    ],
)
def test_entry_respects_the_format_of_the_cell(
    batch: Any, values: Any, look: Any, typed: str, plain: Any, shown: str
) -> None:
    """A cell keeps its format, unless a date is typed among numbers or an amount among dates."""
    cell = {"userEnteredFormat": {"numberFormat": look}}
    area = {"endRowIndex": 1, "endColumnIndex": 1}
    batch({"repeatCell": {"range": area, "cell": cell, "fields": "userEnteredFormat"}})
    values("A1", [[typed]], option="USER_ENTERED")
    assert values("A1", valueRenderOption="UNFORMATTED_VALUE") == [[plain]]
    assert values("A1") == [[shown]]


def test_entry_knows_addresses() -> None:
    """Web and mail addresses link by themselves; other texts do not."""
    assert link_of("https://example.com/a?b=1") == "https://example.com/a?b=1"
    assert link_of("www.example.com") == "http://www.example.com"
    assert link_of("user1@example.com") == "mailto:user1@example.com"
    for text in ("see https://example.com", "a@b", "https://", "plain", "x" * 5000 + "@"):
        assert link_of(text) is None


@given(st.sampled_from(LOCALES), st.integers(-(10**9), 10**9), st.sampled_from(["NUMBER", ""]))
def test_amounts_survive_being_shown_and_typed_again(locale: str, cents: int, kind: str) -> None:
    """An amount that shows in full is typed again as the same amount, in every country."""
    amount = cents / 100
    assert parse_entry(show(amount, {"type": kind}, locale), locale)[0] == amount


@given(st.sampled_from(LOCALES), st.integers(-1000, 60000), st.integers(0, 86399))
def test_moments_survive_being_shown_and_typed_again(locale: str, day: int, second: int) -> None:
    """A date and a time that show in the country's way are typed again as the same moment."""
    moment = day + second / 86400
    assert parse_entry(show(day, {"type": "DATE"}, locale), locale)[0] == day
    read = parse_entry(show(moment, {"type": "DATE_TIME"}, locale), locale)[0]
    assert read == pytest.approx(moment, abs=1e-8)
    if locale in {"da_DK", "fi_FI"}:
        return  # a clock with dots reads as a date there
    read = parse_entry(show(second / 86400, {"type": "TIME"}, locale), locale)[0]
    assert read == pytest.approx(second / 86400, abs=1e-8)


@given(
    st.sampled_from(LOCALES),
    st.from_regex(r"[-+(]?[$€]?\d{0,4}[-/.:, ]?\d{1,4}[-/.:, ]?\d{0,4}( ?(am|pm|%|€))?\)?\Z"),
)
def test_what_shows_is_typed_again_as_what_shows(locale: str, text: str) -> None:
    """Typing what a cell shows does not change what it shows."""
    value, look = parse_entry(text, locale, 2024)
    assume(isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15)
    assert isinstance(value, (int, float))
    shown = show(value, look, locale)
    again, new_look = parse_entry(shown, locale, 2024)
    assert isinstance(again, (int, float))
    assert show(again, new_look or look, locale) == shown


@given(st.text(), st.sampled_from([*LOCALES, "xx", ""]), st.sampled_from([None, 2024]))
def test_any_text_can_be_typed(text: str, locale: str, year: int | None) -> None:
    """Whatever is typed is a value; what is not understood stays as it is."""
    value, look = parse_entry(text, locale, year)
    if isinstance(value, str):
        assert value in {text, text[1:]}
        assert look is None
    elif value is not None and not isinstance(value, (bool, Formula)):
        assert show(value, look, locale)


@pytest.mark.parametrize(
    "text",
    [
        "1" * 50_000,
        "1,111" * 10_000,
        "1 " * 25_000,
        "(" * 50_000,
        "1/" * 25_000,
        "Jan " * 12_000,
        "0:" * 25_000,
        "1." * 190,
        "1,111," * 60,
        "$" * 399,
        " " * 50_000,
        "1" * 399 + "e",
        "12 34 56 78 90 " * 4,
        "+" + "1" * 49_999,
    ],
)
def test_long_texts_are_read_at_once(text: str) -> None:
    """No text takes long to read, however many readings it might have."""
    for locale in ("en_US", "fr_FR", "en_IN", "de_CH"):
        began = time.monotonic()
        value = parse_entry(text, locale, 2024)[0]
        assert time.monotonic() - began < 1
        assert value == text or not isinstance(value, str)
