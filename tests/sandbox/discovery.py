"""The tables of messages and methods, made from the installed discovery document of sheets v4.

`python -m tests.sandbox.discovery` writes them anew into the package, and prints what it wrote.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

# The document lists the values of an enum, not its name; the names are those of error texts and
# of the reference pages.  An enum that is not listed is named after its message and field.
_ENUM_NAMES = {
    "majorDimension": "Dimension",
    "dimension": "Dimension",
    "shiftDimension": "Dimension",
    "dateTimeRenderOption": "DateTimeRenderOption",
    "responseDateTimeRenderOption": "DateTimeRenderOption",
    "valueRenderOption": "ValueRenderOption",
    "responseValueRenderOption": "ValueRenderOption",
    "valueInputOption": "ValueInputOption",
    "insertDataOption": "AppendValuesRequest.InsertDataOption",
    "commentsViewMode": "CommentsViewMode",
    "horizontalAlignment": "HorizontalAlign",
    "verticalAlignment": "VerticalAlign",
    "textDirection": "TextDirection",
    "wrapStrategy": "CellFormat.WrapStrategy",
    "hyperlinkDisplayType": "CellFormat.HyperlinkDisplayType",
    "themeColor": "ThemeColorType",
    "colorType": "ThemeColorType",
    "relativeDate": "ConditionValue.RelativeDate",
    "pasteType": "PasteType",
    "pasteOrientation": "CopyPasteRequest.PasteOrientation",
    "sortOrder": "SortOrder",
    "sheetType": "SheetType",
    "autoRecalc": "RecalculationInterval",
    "visibility": "DeveloperMetadataVisibility",
    "locationType": "DeveloperMetadataLocationType",
    "locationMatchingStrategy": "DeveloperMetadataLocationMatchingStrategy",
    "mergeType": "MergeCellsRequest.MergeType",
    "delimiterType": "TextToColumnsRequest.DelimiterType",
    "BooleanCondition.type": "ConditionType",
    "Border.style": "Style",
    "ErrorValue.type": "ErrorValue.ErrorType",
    "InterpolationPoint.type": "InterpolationPoint.InterpolationPointType",
    "NumberFormat.type": "NumberFormat.NumberFormatType",
    "PasteDataRequest.type": "PasteType",
    "PieChartSpec.legendPosition": "PieChartSpec.PieChartLegendPosition",
}
_SCALARS = {
    ("integer", "int32"): "int32",
    ("number", "double"): "double",
    ("number", "float"): "float",
    ("boolean", None): "bool",
    ("any", None): "any",
}


def document() -> Any:
    """Load the discovery document that google-api-python-client carries."""
    folder = files("googleapiclient").joinpath("discovery_cache", "documents")
    return json.loads(folder.joinpath("sheets.v4.json").read_text("utf-8"))


def _kind(owner: str, name: str, given: Any) -> str:
    if "$ref" in given:
        return str(given["$ref"])
    if given["type"] == "array":
        return "[]" + _kind(owner, name, given["items"])
    if given["type"] == "object":
        return "{}" + _kind(owner, name, given["additionalProperties"])
    if "enum" in given:
        nested = f"{owner}.{name[0].upper()}{name[1:]}"
        enum = _ENUM_NAMES.get(f"{owner}.{name}") or _ENUM_NAMES.get(name) or nested
        return " ".join(["enum", enum, *given["enum"]])
    kind = "[]" if given.get("repeated") else ""
    return kind + _SCALARS.get((given["type"], given.get("format")), "string")


def message_table(given: Any) -> dict[str, dict[str, str]]:
    """Give every message's fields with their kinds."""
    return {
        message: {name: _kind(message, name, f) for name, f in schema["properties"].items()}
        for message, schema in given["schemas"].items()
        if "properties" in schema
    } | {m: {} for m, schema in given["schemas"].items() if "properties" not in schema}


def method_table(given: Any) -> dict[str, Any]:
    """Give every method's query parameters, and the messages that it takes and answers with."""
    found: dict[str, Any] = {}
    for name, method in _methods(given["resources"]):
        parameters = method["parameters"].items() if "parameters" in method else ()
        found[name] = {
            "query": {k: _kind("", k, p) for k, p in parameters if p["location"] == "query"},
            "path": [k for k, p in parameters if p["location"] == "path"],
            "body": method.get("request", {}).get("$ref", ""),
            "answer": method["response"]["$ref"],
        }
    return found


def _methods(resources: Any, prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for name, resource in resources.items():
        found += [(f"{prefix}{name}.{m}", v) for m, v in resource.get("methods", {}).items()]
        found += _methods(resource.get("resources", {}), f"{prefix}{name}.")
    return found


def dump(table: dict[str, Any]) -> str:
    """Write a table as JSON with one entry a line."""
    lines = [f"{json.dumps(k)}: {json.dumps(v, sort_keys=True)}" for k, v in sorted(table.items())]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    package = Path(str(files("syncd.sandbox").joinpath("protocol")))
    for file, table in (("messages.json", message_table), ("methods.json", method_table)):
        package.joinpath(file).write_text(dump(table(document())), "utf-8")
        print(package / file)
