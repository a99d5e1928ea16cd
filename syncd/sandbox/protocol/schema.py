"""The messages and methods of the Sheets API, as tables that the parsers look things up in.

`messages.json` and `methods.json` are made from the public discovery document (sheets v4, revision
20261019) by `python -m tests.sandbox.discovery`; a test compares them with the installed one.
A field's kind is a scalar, `enum` with its name and values, a message, or `[]`/`{}` of these.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

SCALARS = frozenset({"string", "int32", "double", "float", "bool", "any"})
LIST_VALUE = "google.protobuf.ListValue"

# Which fields exclude each other is not in the document; these unions are from the reference pages.
_UNIONS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "BigQueryDataSourceSpec": (("spec", ("querySpec", "tableSpec")),),
    "Chip": (("chip", ("personProperties", "richLinkProperties")),),
    "ChartData": (("type", ("sourceRange",)),),
    "ChartSpec": (
        (
            "chart",
            (
                "basicChart",
                "pieChart",
                "bubbleChart",
                "candlestickChart",
                "orgChart",
                "histogramChart",
                "waterfallChart",
                "treemapChart",
                "scorecardChart",
            ),
        ),
    ),
    "ColorStyle": (("kind", ("rgbColor", "themeColor")),),
    "ConditionValue": (("value", ("relativeDate", "userEnteredValue")),),
    "ConditionalFormatRule": (("rule", ("booleanRule", "gradientRule")),),
    "DataFilter": (("filter", ("developerMetadataLookup", "a1Range", "gridRange")),),
    "DeveloperMetadataLocation": (("location", ("spreadsheet", "sheetId", "dimensionRange")),),
    "EmbeddedObjectPosition": (("location", ("sheetId", "overlayPosition", "newSheet")),),
    "ExtendedValue": (
        ("value", ("numberValue", "stringValue", "boolValue", "formulaValue", "errorValue")),
    ),
    "FilterSpec": (("reference", ("columnIndex", "dataSourceColumnReference")),),
    "FindReplaceRequest": (("scope", ("range", "sheetId", "allSheets")),),
    "PasteDataRequest": (("kind", ("delimiter", "html")),),
    "PivotGroupRule": (("rule", ("manualRule", "histogramRule", "dateTimeRule")),),
    "SortSpec": (("reference", ("dimensionIndex", "dataSourceColumnReference")),),
    "TextRotation": (("type", ("angle", "vertical")),),
    "UpdateCellsRequest": (("area", ("start", "range")),),
    "UpdateConditionalFormatRuleRequest": (("instruction", ("rule", "newIndex")),),
    "AutoFillRequest": (("area", ("range", "sourceAndDestination")),),
}

# Fields that know zero from nothing are messages around a number or a text, and are named as such.
_WRAPPED = {
    "DeveloperMetadataLookup": {"metadataId", "metadataKey", "metadataValue"},
    "DimensionRange": {"startIndex", "endIndex"},
    "GridRange": {"startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex"},
}
_TRUTH = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}


def truth(text: str) -> bool | None:
    """Read a truth value as protobuf spells it; None for anything else."""
    return _TRUTH.get(text.lower()) if text.isascii() else None


class Field(NamedTuple):
    """A field of a message, ready for parsing."""

    name: str
    snake: str
    base: str
    repeated: bool = False
    keyed: bool = False
    enum: str = ""
    values: tuple[str, ...] = ()
    union: str = ""
    wrapped: bool = False

    @property
    def type_name(self) -> str:
        """Give the type as error texts call it."""
        if self.enum:
            return f"type.googleapis.com/google.apps.sheets.v4.{self.enum}"
        if self.base in SCALARS:
            return f"TYPE_{self.base.upper()}"
        if self.base == LIST_VALUE:
            return f"type.googleapis.com/{LIST_VALUE}"
        nested = "BatchUpdateSpreadsheetRequest." if self.base == "Request" else ""
        return f"type.googleapis.com/google.apps.sheets.v4.{nested}{self.base}"


class Method(NamedTuple):
    """A method: its query parameters and the messages that it takes and gives."""

    query: dict[str, Field]
    path: frozenset[str]
    body: str
    answer: str


def _table(name: str) -> dict[str, Any]:
    text = files("syncd.sandbox").joinpath("protocol", name).read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def messages() -> dict[str, dict[str, str]]:
    """Load the table of messages and the kinds of their fields."""
    return _table("messages.json") | {"ListValue": {"values": "[]any"}}


@cache
def methods() -> dict[str, Method]:
    """Load the table of methods."""
    return {
        name: Method(
            {k: _field(k, kind) for k, kind in given["query"].items()},
            frozenset(given["path"]),
            given["body"],
            given["answer"],
        )
        for name, given in _table("methods.json").items()
    }


@cache
def fields(message: str) -> dict[str, Field]:
    """Give the fields of a message by every name that the JSON mapping accepts."""
    unions = {name: union for union, names in _UNIONS.get(message, ()) for name in names}
    if message == "Request":
        unions = dict.fromkeys(messages()[message], "kind")
    found: dict[str, Field] = {}
    for name, kind in messages()[message].items():
        field = _field(name, kind)._replace(
            union=unions.get(name, ""), wrapped=name in _WRAPPED.get(message, ())
        )
        found[name] = found[field.snake] = field
    return found


def _field(name: str, kind: str) -> Field:
    repeated, keyed = kind.startswith("[]"), kind.startswith("{}")
    kind = kind[2:] if repeated or keyed else kind
    if kind.startswith("[]"):
        kind = LIST_VALUE
    if kind.startswith("enum "):
        _, enum, *values = kind.split(" ")
        return Field(name, snake(name), "enum", repeated, keyed, enum, tuple(values))
    return Field(name, snake(name), kind, repeated, keyed)


@cache
def camel(name: str) -> str:
    """Turn a snake_case name into the camelCase that the JSON mapping uses."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


@cache
def snake(name: str) -> str:
    """Turn a camelCase name into the snake_case that error texts use."""
    return re.sub(r"([A-Z])", lambda m: "_" + m.group(1).lower(), name)
