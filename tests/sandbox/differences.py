"""Why some recorded answers do not come out of the sandbox as they were recorded.

Each entry explains one class of difference.  `seeding` tells with which seeding of spreadsheets
that a recording uses but does not create it occurs: the shared tool's own ("plain"), which passes
on only part of what is known, the fuller one of the tests ("full"), or both.
"""

import re
from typing import NamedTuple


class Difference(NamedTuple):
    """A class of differences: which answers, where in them, what about it, and why."""

    endpoint: str
    path: str
    what: str
    seeding: str
    cause: str

    def explains(self, endpoint: str, path: str, what: str) -> bool:
        """Tell whether a difference belongs to this class."""
        return (
            re.fullmatch(self.endpoint, endpoint) is not None
            and re.fullmatch(self.path, path) is not None
            and re.fullmatch(self.what, what) is not None
        )

    def occurs(self, *, full: bool) -> bool:
        """Tell whether the class is expected with a seeding."""
        return self.seeding in {"both", "full" if full else "plain"}


_BOOK = re.escape("GET /v4/spreadsheets/{id}")
_VALUES = re.escape("/v4/spreadsheets/{id}/values/{range}")
_BATCH = re.escape("POST /v4/spreadsheets/{id}:batchUpdate")
_ROUND = "ROUNDTRIP .*"
_SHEET = r"\.sheets\[\]"
_CELL = rf"{_SHEET}\.data\[\]\.rowData\[\]\.values\[\]"

DIFFERENCES = (
    Difference(
        _BOOK,
        r"\.properties\.spreadsheetTheme\.themeColors.*",
        ".*",
        "both",
        "In 2021 Google listed the nine theme colours in an order that differed from answer to "
        "answer; the sandbox lists them in the order that all answers since have.",
    ),
    Difference(
        _ROUND,
        r"\.properties\.spreadsheetTheme\.themeColors.*",
        ".*",
        "both",
        "As above: the recorded answer is of 2020, and the tool does not pass the theme on.",
    ),
    Difference(
        _ROUND,
        rf"{_CELL}\.effectiveFormat\.textFormat\.fontFamily",
        "value",
        "both",
        "The recorded spreadsheet had another default font, which the tool does not pass on.",
    ),
    Difference(
        _ROUND,
        rf"{_SHEET}\.data\[\]\.(rowMetadata\[\]|columnMetadata\[\]|columnMetadata\[\]\.pixelSize)",
        "length differs|value",
        "both",
        "The recorded answer was asked for a smaller range, and widths are not passed on.",
    ),
    Difference(
        _ROUND,
        rf"{_CELL}\.(formattedValue|effectiveValue\..*|effectiveFormat\.numberFormat)",
        ".*",
        "both",
        "The formula NOW gives the time of the recording.",
    ),
    Difference(
        _BOOK + r" \+fields",
        rf"{_SHEET}\.data\[\]\.columnMetadata\[\]\.pixelSize",
        "value",
        "both",
        "Widths of texts are estimated; Google measures them in its own font.",
    ),
    Difference(
        _BOOK,
        rf"{_SHEET}\.protectedRanges\[\]\.editors\.users\[\]",
        "value",
        "both",
        "The file's owner is among the editors: the recording's account, or the sandbox's.",
    ),
    Difference(
        _BOOK,
        rf"{_SHEET}\.protectedRanges",
        "missing",
        "plain",
        "The tool does not seed protected ranges.",
    ),
    Difference(
        _BOOK,
        rf"\.namedRanges|{_SHEET}\.conditionalFormats",
        "missing",
        "plain",
        "The tool does not seed named ranges and conditional formats.",
    ),
    Difference(
        _BATCH,
        "",
        "200 -> 400",
        "plain",
        "The tool cannot know the tab that is deleted or changed: the recording only has its id, "
        "or has it in snake case.",
    ),
    Difference(
        _BOOK,
        rf"{_SHEET}\.properties\.gridProperties\.frozen(Row|Column)Count",
        "missing",
        "plain",
        "The change before was refused because the tool did not map the tab's id.",
    ),
    Difference(
        _BOOK + r" \+fields",
        "",
        "200 -> 400",
        "plain",
        "The tool cannot know the tab: no answer names it.",
    ),
    Difference(
        _BOOK + r" \+fields",
        rf"{_SHEET}\.data\[\]\.rowData",
        "missing",
        "full",
        "The formats of the cells were set before the recording began.",
    ),
    Difference(
        f"GET {_VALUES}",
        r"\.values",
        "missing",
        "both",
        "The values were written before the recording began, and read only after it had written.",
    ),
    Difference(
        _BOOK,
        r"\.properties\.title",
        "value",
        "both",
        "The title was never read before the first change, so the seeded book has another one.",
    ),
    Difference(
        f"GET {_VALUES}|POST {_VALUES}:clear",
        r"\.range|\.clearedRange",
        "value",
        "both",
        "The size of the grid was never read before the first change.",
    ),
    Difference(
        _BOOK,
        rf"{_SHEET}\.properties\.gridProperties\.(row|column)Count",
        "value",
        "both",
        "The size of the grid was never read before the first change.",
    ),
    Difference(
        _BOOK,
        rf"{_SHEET}|{_SHEET}\.properties\.title",
        "length differs|value",
        "full",
        "The tabs were never read before the first change.",
    ),
    Difference(
        _BOOK,
        rf"{_SHEET}\.properties\.sheetId",
        "id does not refer.*",
        "plain",
        "The tool seeds the tab with the id that an import gave it later; the sandbox's own "
        "import draws another.",
    ),
    Difference(
        ".*/drive/v2/.*",
        r"\.fileSize|\.quotaBytesUsed",
        "extra|value",
        "both",
        "Until 2020 spreadsheets had no size in Drive; since 2021 a small one has 1024 bytes.",
    ),
    Difference(
        ".*/drive/v2/.*",
        r"\.userPermission\.pendingOwner",
        "extra",
        "both",
        "Drive has told of pending owners since the end of 2021.",
    ),
    Difference(
        ".*/drive/v2/.*",
        r".*\.picture(\.url)?",
        "extra|value",
        "both",
        "Whether an account has a picture, and its address, depend on the account.",
    ),
    Difference(
        "POST /drive/v2/files",
        r"\.thumbnailLink",
        "missing",
        "both",
        "Google draws pictures of files when it gets to it: one of two new files had one already.",
    ),
    Difference(
        ".*/drive/v2/.*",
        r"\.(userPermission|owners\[\]|parents\[\]|lastModifyingUser)\..*|\.shared",
        "value|id does not refer.*|missing|extra",
        "full",
        "The fuller seeding makes the files as another person, who owns them.",
    ),
)
