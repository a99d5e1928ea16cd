"""What a formula in a cell tells about what it does to other cells."""

import re
from collections.abc import Sequence

from syncd.sheet.cells import Entered

# Formulas that fill more cells than their own: writing over one blanks all that it fills.
_SPILLING = re.compile(
    r"\b(ARRAYFORMULA|FILTER|UNIQUE|SORTN?|QUERY|SEQUENCE|SPLIT|TRANSPOSE|FLATTEN|RANDARRAY|MUNIT"
    r"|IMPORT(?:RANGE|DATA|HTML|XML|FEED)|MAP|BYROW|BYCOL|MAKEARRAY|SCAN|[HV]STACK|TOCOL|TOROW"
    r"|WRAPROWS|WRAPCOLS|CHOOSECOLS|CHOOSEROWS|GOOGLEFINANCE|LINEST|TREND|GROWTH|FREQUENCY)\s*\(",
    re.IGNORECASE,
)
_STRINGS = re.compile(r'"[^"]*"')
# A function of a range of one column of this tab, as SUM(E2:E40).
_TOTALLING = re.compile(
    r"\b(SUM|SUBTOTAL|AVERAGE|COUNT|COUNTA|COUNTBLANK|COUNTUNIQUE|COUNTIFS?|SUMIFS?|AVERAGEIFS?|MIN"
    r"|MAX|MEDIAN|PRODUCT)\s*\((?:[^()!]*,)?\s*\$?([A-Z]{1,3})\$?\d*:\$?\2\$?\d*",
    re.IGNORECASE,
)


def at(row: Sequence[Entered], column: int) -> Entered:
    """Return what stands in a cell of a row whose blank end was cut off."""
    return row[column] if column < len(row) else None


def may_spill(entered: Entered) -> bool:
    """Whether a cell holds a formula that may fill other cells as well."""
    text = _formula(entered)
    return "{" in text or bool(_SPILLING.search(text))


def totals_others(entered: Entered) -> bool:
    """Whether a cell holds a formula that adds up or counts a column of its tab."""
    return bool(_TOTALLING.search(_formula(entered)))


def _formula(entered: Entered) -> str:
    """Return a formula without the texts that are quoted in it, or nothing."""
    return _STRINGS.sub("", str((entered or {}).get("formulaValue", "")))
