"""Google's side: access, clock, where everything stands, and what Google does."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from syncd.cycle.fence import check_control, own_token
from syncd.cycle.workspace import Workspace
from syncd.doctor.line import Line, failure, told, warning, well
from syncd.errors import Remedy, SyncdError
from syncd.probe import PROBES, Verdict
from syncd.probe.essential import ESSENTIAL, ensure_essentials
from syncd.probe.scratch import TAB_PREFIX
from syncd.sheet.cells import Json
from syncd.sheet.client import Client
from syncd.sheet.layout import (
    CONTROL_TITLE,
    Layout,
    Tab,
    discover,
    mirror_title,
    sheet_of,
    titled,
    token_in,
)
from syncd.sheet.read import control_in, read_structure
from syncd.sheet.setup import setup_requests

CLOCK_WARN, CLOCK_MAX = timedelta(seconds=30), timedelta(minutes=5)
CELLS_MAX, CELLS_MANY = 10_000_000, 8_000_000
FIX = "`syncd doctor --fix` mends it."


def access(client: Client, now: Callable[[], datetime]) -> Iterator[Line]:
    """Say whether the spreadsheet can be opened, and whether both clocks agree."""
    if not client.spreadsheet:
        yield failure(
            "spreadsheet",
            "sheet.spreadsheet is empty",
            "Set it to the id or the address of the spreadsheet.",
        )
        return
    try:
        answer = client.call(
            "GET",
            f"/v4/spreadsheets/{client.spreadsheet}",
            params={"fields": "properties.title,sheets.properties(title,gridProperties)"},
        )
    except SyncdError as error:
        yield told("spreadsheet", error)
        return
    found = answer.json()
    title = found.get("properties", {}).get("title", "")
    yield well("spreadsheet", f"“{title}” was opened as {client.email}")
    yield from _size(found)
    yield from _leftovers(found)
    date = answer.headers.get("Date")
    if date:
        yield _clock(now() - parsedate_to_datetime(date))


def _size(found: Json) -> Iterator[Line]:
    grids = [sheet.get("properties", {}).get("gridProperties", {}) for sheet in found["sheets"]]
    cells = sum(grid.get("rowCount", 0) * grid.get("columnCount", 0) for grid in grids)
    if cells > CELLS_MANY:
        yield warning(
            "spreadsheet",
            f"it has {cells:,} cells; Google allows {CELLS_MAX:,}",
            "Delete blank rows and columns behind the tables, or tabs that nobody needs.",
        )


def _leftovers(found: Json) -> Iterator[Line]:
    """Say what a `syncd probe` that was ended before its end left behind."""
    titles = [str(sheet.get("properties", {}).get("title", "")) for sheet in found["sheets"]]
    left = [f"“{title}”" for title in titles if title.startswith(TAB_PREFIX)]
    if left:
        yield warning(
            "spreadsheet",
            f"a `syncd probe` that was ended left hidden tabs behind: {', '.join(left)}",
            "They hold nothing of anybody's: delete them by View > Hidden sheets.",
        )


def _clock(ahead: timedelta) -> Line:
    seconds = ahead.total_seconds()
    side = "ahead of" if seconds > 0 else "behind"
    word = f"this machine's clock is {abs(seconds):.0f} s {side} Google's"
    hint = "Set the clock by the network (NTP)."
    if abs(ahead) > CLOCK_MAX:
        return failure("clock", word, f"{hint} Google refuses keys by a wrong clock.")
    if abs(ahead) > CLOCK_WARN:
        return warning("clock", word, hint)
    return well("clock", "it agrees with Google's")


def layout(ws: Workspace) -> Iterator[Line]:
    """Say whether all stands in the spreadsheet that syncd needs there."""
    text = ws.crm.state.get("layout")
    bound = ws.crm.state.get("spreadsheet")
    if text is None:
        yield failure(
            "layout", "the spreadsheet is not set up for this database yet", "Run `syncd init`."
        )
        return
    if bound != ws.client.spreadsheet:
        yield failure(
            "layout",
            f"the database belongs to the spreadsheet {bound}",
            "Use another database, or set sheet.spreadsheet back.",
        )
        return
    known = Layout.load(text)
    try:
        structure = read_structure(ws.client)
        lines = [*_missing(ws, structure, known), *_fence(ws, structure, known)]
        yield from lines
        yield from _tabs(ws, structure, known, complete=not lines)
    except SyncdError as error:
        yield told("layout", error)


def _missing(ws: Workspace, structure: Json, known: Layout) -> Iterator[Line]:
    """Say what `init` would add: it is asked, not done."""
    numbers = iter(range(1, 10_000))
    requests = setup_requests(
        structure,
        ws.schema,
        known,
        database=ws.crm.state.database_id,
        mint=lambda: next(numbers),
    )
    own = {CONTROL_TITLE, *(mirror_title(table) for table in ws.schema.tables)}
    titled_columns = set()
    for request in requests:
        ((kind, body),) = request.items()
        if kind == "addSheet":
            title = body["properties"]["title"]
            yield _lost_tab(title, healable=title in own)
        elif kind == "updateCells" and "note" in body["fields"]:
            start = body["start"]
            titled_columns.add((start["sheetId"], start["columnIndex"]))
            if sheet_of(structure, start["sheetId"]):
                cell = body["rows"][0]["values"][0]["userEnteredValue"]["stringValue"]
                yield failure(
                    "layout",
                    f"the column «{cell}» is missing",
                    FIX,
                    remedy=Remedy.DECISION,
                    healable=True,
                )
        elif kind == "createDeveloperMetadata":
            span = body["developerMetadata"]["location"]["dimensionRange"]
            if (span["sheetId"], span["startIndex"]) not in titled_columns:
                yield warning(
                    "layout",
                    f"column {span['startIndex'] + 1} of a tab has lost its mark, and is known by"
                    " its title only",
                    FIX,
                    healable=True,
                )
        elif kind == "addNamedRange":
            yield failure(
                "layout", "syncd's write token is gone", FIX, remedy=Remedy.DECISION, healable=True
            )


def _lost_tab(title: str, *, healable: bool) -> Line:
    if healable:
        return failure(
            "layout",
            f"the hidden tab «{title}» is missing",
            FIX,
            remedy=Remedy.DECISION,
            healable=True,
        )
    return failure(
        "layout",
        f"the tab «{title}» is missing",
        "Bring it back (File > Version history), or run `syncd init` to make it again. Until then"
        " `--fix` mends nothing.",
        remedy=Remedy.DECISION,
        first=True,
    )


def _fence(ws: Workspace, structure: Json, known: Layout) -> Iterator[Line]:
    """Say whether the token and syncd's own tab are there, and ours."""
    control = sheet_of(structure, known.control_id) or titled(structure, CONTROL_TITLE)
    try:
        if token := token_in(structure):
            own_token(ws, token)
    except SyncdError as error:
        yield told("fence", error)
    if control is None:
        return
    found = control_in(control)
    if not found.canary:
        yield failure(
            "fence",
            f"the tab «{CONTROL_TITLE}» does not hold what syncd wrote into it",
            FIX,
            remedy=Remedy.DECISION,
            healable=True,
        )
        return
    try:
        check_control(ws, found)
    except SyncdError as error:
        yield told("fence", error)


def _tabs(ws: Workspace, structure: Json, known: Layout, *, complete: bool) -> Iterator[Line]:
    """Say of each table whether its tab can be used."""
    if sheet_of(structure, known.control_id) is None and titled(structure, CONTROL_TITLE) is None:
        return
    confirmed = json.loads(ws.crm.state.get("titles") or "{}")
    found = discover(structure, ws.schema, known, confirmed)
    for reason in found.lost.values():
        yield failure("layout", reason, "Then run `syncd doctor` again.", remedy=Remedy.DECISION)
    for tab in found.live.values():
        if tab.halted:
            yield failure(
                "layout", tab.halted, "Then run `syncd doctor` again.", remedy=Remedy.DECISION
            )
        for field, reason in tab.paused.items():
            yield warning(
                "layout", f"{tab.title}, {field}: {reason}", "It is left alone till then."
            )
        yield from _looks(structure, tab)
    if complete and not found.lost:
        yield well(
            "layout", f"all is in place in {', '.join(t.title for t in found.live.values())}"
        )


def _looks(structure: Json, tab: Tab) -> Iterator[Line]:
    """Say of a tab what makes people's sorts harmless: a filter over the id, a warning on it."""
    sheet = sheet_of(structure, tab.sheet_id) or {}
    span = sheet.get("basicFilter", {}).get("range", {})
    covered = range(span.get("startColumnIndex", 0), span.get("endColumnIndex", tab.width))
    if not span:
        yield warning(
            "layout",
            f"«{tab.title}» has no filter",
            "Data > Create a filter, over all columns: sorting by it moves rows whole.",
        )
    elif tab.id_column not in covered:
        yield warning(
            "layout",
            f"the filter of «{tab.title}» leaves out the hidden id column",
            "Data > Remove filter, then create it over all columns: else a sort leaves ids behind.",
        )
    rules = [rule.get("range", {}) for rule in sheet.get("protectedRanges", [])]
    if not any(rule.get("startColumnIndex") == tab.id_column for rule in rules):
        yield warning(
            "layout",
            f"the id column of «{tab.title}» does not warn who types in it",
            "Data > Protect sheets and ranges: show a warning when editing this range.",
        )


def google(ws: Workspace, *, afresh: bool = False) -> Iterator[Line]:
    """Say whether Google does what syncd's writes rest on; tried in hidden tabs once a week."""
    try:
        tried = ensure_essentials(
            ws.crm, ws.client, now=ws.clock(), mint=ws.mint_sheet_id, afresh=afresh
        )
    except SyncdError as error:
        yield told("google", error)
        return
    kept = ws.crm.state.probed(ws.client.endpoint)
    for probe in PROBES:
        if not probe.essential and kept.get(probe.id, {}).get("verdict") == Verdict.DIFFERS.value:
            yield warning(
                "google", f"{probe.id} differs: {kept[probe.id]['seen']}", probe.otherwise
            )
    when = (
        "tried just now" if tried else f"tried on {min(kept[p.id]['at'] for p in ESSENTIAL)[:10]}"
    )
    yield well(
        "google", f"it does all {len(ESSENTIAL)} things that syncd cannot do without ({when})"
    )
