"""The recordings of Google's answers, sent to a sandbox again by the shared tool.

The tool seeds a spreadsheet that a recording uses but never creates; of such a spreadsheet it
passes on the grid, the merges and the first values.  `fuller` seeds what else the answers show:
protected and named ranges, rules, and tabs that are only named in requests.
"""

import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

SHARED = Path(__file__).parents[3] / "shared"
TOOL = SHARED / "tools" / "replay.py"
RECORDED = SHARED / "recorded"
_OWNER = "owner@example.com"
_PARTS = ("merges", "basicFilter", "protectedRanges", "conditionalFormats", "bandedRanges")
_SEEDED = ("sheetId", "title", "index", "gridProperties", "hidden", "tabColor", "sheetType")


class Replayed(NamedTuple):
    """What a replay of all recordings came to."""

    rows: dict[tuple[str, str], list[float]]
    differences: dict[tuple[str, str, str], int]

    def share(self, column: int, *origins: str) -> float:
        """Give a share of the answers in per cent; 1 is the status, 3 is the exact ones."""
        rows = [row for (origin, _), row in self.rows.items() if not origins or origin in origins]
        return 100 * sum(row[column] for row in rows) / sum(row[0] for row in rows)


def load_tool() -> ModuleType:
    """Load the replay tool from its file."""
    spec = importlib.util.spec_from_file_location("replay", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def replay(url: str, *, full: bool) -> Replayed:
    """Replay all recordings against a sandbox."""
    tool = load_tool()
    if full:
        fuller(tool)
    server, stats = tool.Server(url, "replay-token", False), tool.Stats()
    for path in sorted(RECORDED.rglob("*.json")):
        recording = tool.load(str(path))
        if recording and "response_only" in recording:
            tool.roundtrip(server, str(path), recording["response_only"], stats)
        elif recording and recording["interactions"]:
            tool.run(server, str(path), recording, stats, False)
    server.conn.close()
    found: dict[tuple[str, str, str], int] = {}
    for (endpoint, _, path, detail), count in stats.diffs.items():
        key = (endpoint, path, detail)
        found[key] = found.get(key, 0) + count
    return Replayed(stats.rows, found)


def fuller(tool: ModuleType) -> None:
    """Let the tool seed all that the recorded answers and requests tell about a spreadsheet."""
    plan_of: Callable[[Any], dict[str, Any]] = tool.seed_plan
    tool.NUMKEYS |= {"sheet_id"}

    def seed_plan(interactions: Any) -> dict[str, Any]:
        plan = plan_of(interactions)
        for book_id, seeded in plan.items():
            own = [i for i in interactions if tool.sid_of(i["uri"]) == book_id]
            seeded["named"] = _named(tool, own)
            _add_tabs(tool, own, seeded)
        return plan

    def seed(server: Any, ids: Any, book_id: str, seeded: Any) -> bool:
        return _seed(tool, server, ids, book_id, seeded)

    tool.__dict__.update(seed_plan=seed_plan, seed=seed)


def _named(tool: ModuleType, own: list[Any]) -> list[Any]:
    for interaction in own:
        answer = tool.jl(interaction["rbody"]) if interaction["status"] == 200 else None
        if isinstance(answer, dict) and "sheets" in answer and "properties" in answer:
            return list(answer.get("namedRanges", []))
    return []


def _add_tabs(tool: ModuleType, own: list[Any], seeded: Any) -> None:
    """Add tabs that requests name in a range, and give them the ids that requests delete."""
    if seeded["props"] != {"title": "seeded"}:
        return
    titles, numbers = {s["properties"]["title"] for s in seeded["sheets"]}, set()
    made: set[int] = set()
    for interaction in own:
        if interaction["status"] != 200:
            continue
        address = urlsplit(interaction["uri"])
        asked = re.findall(r"/values/([^:]+)", unquote(address.path))
        asked += [value for name, value in parse_qsl(address.query) if name == "ranges"]
        titles |= {r.rpartition("!")[0].strip("'") for r in asked if "!" in r}
        made |= {int(n) for n in re.findall(r'"sheetId":\s*(\d+),\s*"title"', interaction["rbody"])}
        numbers |= {int(n) for n in re.findall(r'sheetId": (\d+)', interaction["body"] or "")}
    made |= {0}
    known = {"Sheet1", *(_added(tool, own))}
    unnamed, unmade = sorted(titles - known), sorted(numbers - made)
    pairs = dict(zip(unnamed, unmade, strict=False)) if len(unnamed) == len(unmade) else {}
    pairs |= {f"tab {n}": n for n in unmade if not pairs}
    seeded["sheets"] = [{"properties": {"sheetId": 0, "title": "Sheet1"}}]
    for title in {*pairs, *unnamed}:
        number = {"sheetId": pairs[title]} if title in pairs else {}
        seeded["sheets"].append({"properties": {"title": title} | number})


def _added(tool: ModuleType, own: list[Any]) -> set[str]:
    """Give the titles of tabs that the recording itself adds."""
    found = set()
    for interaction in own:
        for request in (tool.jl(interaction["body"] or "") or {}).get("requests", []):
            if isinstance(request, dict) and "addSheet" in request:
                found.add(request["addSheet"]["properties"].get("title", ""))
    return found


def _seed(tool: ModuleType, server: Any, ids: Any, book_id: str, seeded: Any) -> bool:
    sheets = []
    for sheet in seeded["sheets"]:
        given = {k: v for k, v in sheet["properties"].items() if k in _SEEDED}
        sheets.append({"properties": given} | {k: sheet[k] for k in _PARTS if k in sheet})
    wanted = ("title", "locale", "timeZone", "autoRecalc")
    properties = {k: v for k, v in (seeded["props"] or {}).items() if k in wanted}
    body = {"properties": properties, "sheets": sheets, "namedRanges": seeded["named"]}
    made = _as_owner(server, "/v4/spreadsheets", body)
    if "spreadsheetId" not in made:
        return False
    ids.s[book_id] = made["spreadsheetId"]
    for value_range, render in seeded["values"]:
        option = "RAW" if render == "UNFORMATTED_VALUE" else "USER_ENTERED"
        body = {"valueInputOption": option, "data": [value_range]}
        _as_owner(server, f"/v4/spreadsheets/{ids.s[book_id]}/values:batchUpdate", body)
    return True


def _as_owner(server: Any, path: str, body: Any) -> Any:
    """Send a request as the person to whom the seeded spreadsheets belong."""
    headers = {"X-Sandbox-User": _OWNER, "Authorization": "Bearer any"}
    headers["Content-Type"] = "application/json"
    if server.conn is None:
        server.call("GET", "/_sandbox/settings")
    server.conn.request("POST", path, json.dumps(body), headers)
    return json.loads(server.conn.getresponse().read())
