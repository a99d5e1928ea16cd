"""Number formats: how values show per pattern, and that any pattern shows something."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.sandbox.book.digits import show_digits
from syncd.sandbox.book.formats import general, locale_of, show, show_text
from syncd.sandbox.book.patterns import sections

ACCOUNTING = '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)'
AFTERNOON = 42465 + (16 * 3600 + 8 * 60 + 53.528) / 86400
ELAPSED = (3 * 3600 + 13 * 60 + 41.255) / 86400

NUMBERS = [
    (1234.5, "#,##0.00", "1,234.50"),
    (-1234.5, "#,##0.00;(#,##0.00)", "(1,234.50)"),
    (23, ACCOUNTING, " $ 23.00 "),
    (-23, ACCOUNTING, " $ (23.00)"),
    (0, ACCOUNTING, " $ -   "),
    (12345.125, "####.#", "12345.1"),
    (12.34, "000.0000#", "012.3400"),
    (5, "0.##", "5."),
    (0.5, "#.##", ".5"),
    (5, "0.0?", "5.0 "),
    (7, "00?", "007"),
    (1234.5, "???,???.00", "  1,234.50"),
    (0, "#", ""),
    (12.5, ".00", "12.50"),
    (1234567, "#,##0,", "1,235"),
    (1234567, '0.0,,"M"', "1.2M"),
    (12, "0,000.0", "0,012.0"),
    (5551234567, "(000) 000-0000", "(555) 123-4567"),
    (123456789, "000-00-0000", "123-45-6789"),
    (0.12345, "0.00%", "12.35%"),
    (0.5, "0%", "50%"),
    (1.005, "0.00", "1.01"),
    (2.675, "0.00", "2.68"),
    (-2.5, "0", "-3"),
    (0.1 + 0.2, "0.0000000000000000", "0.3000000000000000"),
    (1e22, "#,##0", "10,000,000,000,000,000,000,000"),
    (12345, "0.00E+00", "1.23E+04"),
    (0.00012345, "##0.0E+0", "123.5E-6"),
    (99999, "0.0E+0", "1.0E+5"),
    (12345, "0.00E-00", "1.23E04"),
    (0, "0.00E+00", "0.00E+00"),
    (5.125, "# ???/???", "5   1/8  "),
    (0.25, "# ?/?", " 1/4"),
    (1.5, "?/?", "3/2"),
    (3.14159, "# ??/16", "3  2/16"),
    (5, '"only"', "only"),
    (-5, "[Red]0;[Blue]-0", "-5"),
    (5, "[$-409]0.0", "5.0"),
    (5, "[$€-407]0.0", "€5.0"),
    (5, "[$CHF] 0", "CHF 5"),
    (97, "#,##0.00[$ kr]", "97.00 kr"),
    (150, '[>100]"big "0;[<0]"less "0;0', "big 150"),
    (5, '[>100]"big "0;[<0]"less "0;0', "5"),
    (5, "0.00 USD", "5.00 USD"),
    (5, "0\\d", "5d"),
    (5, "@", "5"),
    (-1.5, '@" x"', "-1.5 x"),
    (1e15, "General", "1E+15"),
    (5, ";;;", ""),
    (-1, "0;", ""),
    (0, "0;-0;zero", "zero"),
]
MOMENTS = [
    (AFTERNOON, "h:mm:ss.00 a/p", "4:08:53.53 p"),
    (AFTERNOON, 'hh:mm A/P".M."', "04:08 P.M."),
    (AFTERNOON, "yyyy-mm-dd", "2016-04-05"),
    (AFTERNOON, "mmmm d \\[dddd\\]", "April 5 [Tuesday]"),
    (AFTERNOON, "h PM, ddd mmm dd", "4 PM, Tue Apr 05"),
    (AFTERNOON, "dddd, m/d/yy at h:mm", "Tuesday, 4/5/16 at 16:08"),
    (AFTERNOON, "M/d/yyyy H:mm:ss", "4/5/2016 16:08:53"),
    (AFTERNOON, "mmmmm yy", "A 16"),
    (AFTERNOON, "h:M", "16:4"),
    (AFTERNOON, "mm:ss", "08:53"),
    (AFTERNOON, 'yyyy"年"m"月"d"日"', "2016年4月5日"),
    (ELAPSED, "[hh]:[mm]:[ss].000", "03:13:41.255"),
    (ELAPSED, "[mmmm]:[ss].000", "0193:41.255"),
    (23.083333333333332, "[h]:mm:ss", "554:00:00"),
    (-0.0625, "[h]:mm", "-1:30"),
    (0, "yyyy-mm-dd", "1899-12-30"),
    (-1, "yyyy-mm-dd", "1899-12-29"),
    (60, "yyyy-mm-dd", "1900-02-28"),
    (0.9999999999, "h:mm:ss", "0:00:00"),
    (1e9, "yyyy", "1000000000"),
]
PLAIN = [
    (0.1 + 0.2, "0.3"),
    (1 / 3, "0.3333333333"),
    (100 / 3, "33.33333333"),
    (1 / 1024, "0.0009765625"),
    (123456.789012345, "123456.789"),
    (12345678901.5, "12345678902"),
    (999999999999999, "999999999999999"),
    (1e15, "1E+15"),
    (1705971932369780, "1.70597E+15"),
    (2**60, "1.15292E+18"),
    (-0.0, "0"),
    (1e-10, "1E-10"),
    (10**400, "1E+400"),
    (float("inf"), "inf"),
]


@pytest.mark.parametrize(("value", "pattern", "shown"), NUMBERS + MOMENTS)
def test_formats_show_by_their_pattern(value: float, pattern: str, shown: str) -> None:
    """A pattern shows a number as Google documents and records it."""
    assert show(value, {"type": "NUMBER", "pattern": pattern}, "en_US") == shown


@pytest.mark.parametrize(("value", "shown"), PLAIN)
def test_formats_are_not_needed(value: float, shown: str) -> None:
    """Without a format a number shows ten digits at most, and huge ones by powers."""
    assert general(value) == shown
    assert show(value, {"type": "TEXT"}, "en_US") == shown


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("en_US", ["4/8/2020", "4:59:14 PM", "4/8/2020 16:59:14", "43,929.71", "$43,929.71"]),
        ("de", ["08.04.2020", "16:59:14", "08.04.2020 16:59:14", "43.929,71", "43.929,71 €"]),
        ("ja-JP", ["2020/04/08", "16:59:14", "2020/04/08 16:59:14", "43,929.71", "¥43,930"]),
        ("iw_IL", ["8.4.2020", "16:59:14", "8.4.2020 16:59:14", "43,929.71", "43,929.71 ₪"]),
        ("xx_XX", ["4/8/2020", "4:59:14 PM", "4/8/2020 16:59:14", "43,929.71", "$43,929.71"]),
    ],
)
def test_formats_without_a_pattern_follow_the_locale(
    batch: Any, values: Any, locale: str, shown: list[str]
) -> None:
    """A format that has only a type shows in the way of the book's country."""
    kinds = ["DATE", "TIME", "DATE_TIME", "NUMBER", "CURRENCY"]
    properties = {"properties": {"locale": locale}, "fields": "locale"}
    cells = [
        {
            "userEnteredValue": {"numberValue": 43929.7078062963},
            "userEnteredFormat": {"numberFormat": {"type": kind}},
        }
        for kind in kinds
    ]
    start = {"sheetId": 0, "rowIndex": 0, "columnIndex": 0}
    update = {"rows": [{"values": cells}], "fields": "*", "start": start}
    batch({"updateSpreadsheetProperties": properties}, {"updateCells": update})
    if locale != "xx_XX":
        assert values("A1:E1") == [shown]
    else:
        assert [show(43929.7078062963, {"type": kind}, locale) for kind in kinds] == shown


def test_formats_show_texts_and_truths(batch: Any, values: Any) -> None:
    """A pattern's last section is for texts; truth shows in the locale's words."""
    look = {"numberFormat": {"type": "NUMBER", "pattern": ACCOUNTING}}
    cells = [
        {"userEnteredValue": {"stringValue": "Accounting"}, "userEnteredFormat": look},
        {"userEnteredValue": {"boolValue": True}},
    ]
    start = {"sheetId": 0, "rowIndex": 0, "columnIndex": 0}
    batch({"updateCells": {"rows": [{"values": cells}], "fields": "*", "start": start}})
    assert values("A1:B1") == [[" Accounting ", "TRUE"]]
    assert values("A1:B1", valueRenderOption="UNFORMATTED_VALUE") == [["Accounting", True]]
    batch({"updateSpreadsheetProperties": {"properties": {"locale": "fr"}, "fields": "locale"}})
    assert values("B1") == [["VRAI"]]
    assert show_text("x", {"pattern": '"<"@">"'}) == "<x>"
    assert show_text("x", {"pattern": "0.00"}) == "x"
    assert show_text("x", None) == "x"


@given(
    st.floats(0, 1e13, allow_nan=False),
    st.sampled_from(["#,##0.00", "0", "0.0%", '"$"#,##0.000_)', "###0.00"]),
    st.sampled_from(["en_US", "de_DE", "fr_FR", "de_CH"]),
)
def test_ordinary_numbers_show_as_by_the_full_rules(
    value: float, pattern: str, locale: str
) -> None:
    """The short way for ordinary patterns shows what the long way for all patterns shows."""
    section = sections(pattern)[0]
    assert section.plain is not None
    rules = locale_of(locale)
    long_way = show_digits(value, section._replace(plain=None), rules)
    assert show_digits(value, section, rules) == long_way


PIECES = [
    *'0#?.,%@"\\_*;[]/-+eEyYmMdDhHsSaApPgG $€<>=1',
    *("General", "am/pm", "[h]", "[$€-407]", "[>1]", "[Red]", "0.00E+00", "# ?/?", "ss.000"),
]
EXTREMES = [0.0, -0.0, 1, -1, 1e-320, 1.7e308, -1e300, 10**30, 10**400, 0.5, 1e15, 2958465.99999]


@given(
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=30),
    st.sampled_from(EXTREMES) | st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["en_US", "de_DE", "ja_JP"]),
)
def test_any_pattern_shows_something(pattern: str, value: float, locale: str) -> None:
    """No pattern is a mistake, and none takes a number's value too far."""
    shown = show(value, {"type": "NUMBER", "pattern": pattern}, locale)
    assert len(shown) < 1500
    assert isinstance(show_text("text", {"pattern": pattern}), str)


@pytest.mark.parametrize(
    "pattern",
    [
        "0" * 20_000,
        "#," * 10_000,
        "0." + "0" * 20_000,
        "0" + "%" * 20_000,
        "0" + "," * 20_000,
        "[" * 20_000,
        '"' * 20_001,
        ";" * 20_000,
        "yyyy" * 5_000,
        "ss." + "0" * 20_000,
        "?/" + "?" * 20_000,
        "0E+" + "0" * 20_000,
        "[>" + "9" * 20_000 + "]0",
        "[" + "h" * 20_000 + "]",
        "*" * 20_000,
    ],
)
def test_long_patterns_show_at_once(pattern: str) -> None:
    """No pattern takes long to show a number by."""
    began = time.monotonic()
    for value in (0.0, 1234567.891, -1e300):
        assert isinstance(show(value, {"pattern": pattern}, "en_US"), str)
    assert time.monotonic() - began < 2
