"""The tables of docs/sandbox.md, made from the code and held against Google's discovery documents.

`cog -r docs/sandbox.md` writes them anew; a test fails when they are out of date.
"""

import json
import re
import sys
import textwrap
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from syncd.sandbox.book.formulas.registry import FUNCTIONS
from syncd.sandbox.protocol.routes import route
from syncd.sandbox.requests.kinds import KINDS
from syncd.sandbox.serve.faults import KINDS as FAULTS
from syncd.sandbox.state.settings import described

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.sandbox.differences import DIFFERENCES

Json = dict[str, Any]

# Kinds of batchUpdate, and methods, of which real answers are among the recordings.
RECORDED_KINDS = frozenset(
    [
        "updateSheetProperties",
        "deleteRange",
        "deleteSheet",
        "updateCells",
        "addSheet",
        "mergeCells",
        "insertDimension",
        "setBasicFilter",
        "sortRange",
        "updateSpreadsheetProperties",
        "addNamedRange",
        "updateDimensionProperties",
        "unmergeCells",
        "deleteNamedRange",
        "deleteDimension",
        "addDimensionGroup",
        "deleteDimensionGroup",
        "addProtectedRange",
        "clearBasicFilter",
        "updateNamedRange",
        "autoResizeDimensions",
        "copyPaste",
        "cutPaste",
        "repeatCell",
        "setDataValidation",
        "deleteProtectedRange",
    ]
)
RECORDED_METHODS = frozenset(
    [
        "sheets.spreadsheets.get",
        "sheets.spreadsheets.batchUpdate",
        "sheets.spreadsheets.values.get",
        "sheets.spreadsheets.values.update",
        "sheets.spreadsheets.values.clear",
        "sheets.spreadsheets.values.append",
        "sheets.spreadsheets.values.batchGet",
        "sheets.spreadsheets.values.batchClear",
        "sheets.spreadsheets.values.batchUpdate",
        "drive.files.create",
        "drive.files.delete",
        "drive.files.get",
        "drive.files.list",
        "drive.files.export",
        "drive.files.update",
        "drive.files.copy",
        "drive.files.insert",
        "drive.comments.list",
    ]
)


def discovery(name: str) -> Json:
    """Load one of the discovery documents that come with google-api-python-client."""
    folder = files("googleapiclient").joinpath("discovery_cache", "documents")
    loaded: Json = json.loads(folder.joinpath(f"{name}.json").read_text("utf-8"))
    return loaded


def methods(name: str) -> list[tuple[str, str, str]]:
    """List the methods of an API: id, verb, path with its parameters filled in."""
    document = discovery(name)
    base = "/" + document["servicePath"]

    def walk(resource: Json) -> Iterator[tuple[str, str, str]]:
        for method in resource.get("methods", {}).values():
            path = re.sub(r"\{\+?(\w+)\}", lambda m: _SAMPLE.get(m[1], "1"), method["path"])
            yield method["id"], method["httpMethod"], base + path
        for inner in resource.get("resources", {}).values():
            yield from walk(inner)

    return list(walk(document))


_SAMPLE = {"range": "A1"}


def is_served(verb: str, path: str) -> bool:
    """Tell whether the sandbox has a method at an address."""
    return route(verb, path) is not None


def method_table(name: str) -> str:
    """Print the methods of an API, the served ones one by one, the others by their resource."""
    lines = ["| method | sandbox | among the recordings |", "|---|---|---|"]
    missing: list[str] = []
    for method, verb, path in sorted(methods(name)):
        short = method.partition(".")[2]
        if is_served(verb, path):
            seen = "yes" if method in RECORDED_METHODS else "no"
            lines.append(f"| `{short}` | yes | {seen} |")
        else:
            missing.append(f"`{short}`")
    if missing:
        lines += ["", f"Not there: {', '.join(missing)}."]
    return "\n".join(lines)


def kind_table() -> str:
    """Print the kinds of request that batchUpdate knows."""
    lines = ["| request | sandbox | among the recordings |", "|---|---|---|"]
    for kind in sorted(discovery("sheets.v4")["schemas"]["Request"]["properties"]):
        there = "yes" if kind in KINDS else "501"
        seen = "yes" if kind in RECORDED_KINDS else "no"
        lines.append(f"| `{kind}` | {there} | {seen} |")
    return "\n".join(lines)


def setting_table() -> str:
    """Print the settings of a running sandbox."""
    lines = ["| setting | default | what it does |", "|---|---|---|"]
    lines += [f"| `{name}` | `{json.dumps(value)}` | {text} |" for name, value, text in described()]
    return "\n".join(lines)


def fault_table() -> str:
    """Print the kinds of fault that a rule may name."""
    lines = ["| fault | what goes wrong |", "|---|---|"]
    return "\n".join(lines + [f"| `{name}` | {text} |" for name, text in FAULTS.items()])


def function_list() -> str:
    """Print the names of the functions that formulas may call."""
    return textwrap.fill(", ".join(f"`{name}`" for name in sorted(FUNCTIONS)) + ".", 120)


def difference_table() -> str:
    """Print why some recorded answers do not come out as recorded, each cause once."""
    causes: dict[str, list[str]] = {}
    for entry in DIFFERENCES:
        where = _plain(entry.endpoint)
        if where not in causes.setdefault(entry.cause, []):
            causes[entry.cause].append(where)
    lines = ["| where | why |", "|---|---|"]
    lines += [f"| {'; '.join(f'`{w}`' for w in where)} | {why} |" for why, where in causes.items()]
    return "\n".join(lines)


def _plain(pattern: str) -> str:
    """Take the regular expression out of an endpoint, for readers."""
    return re.sub(r"\\(.)", r"\1", pattern).replace("|", " or ").replace(".*", "…")
