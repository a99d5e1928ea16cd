"""A scratch place: tabs of their own in a spreadsheet, in which a probe may do anything.

They lie in a spreadsheet that is made for it and thrown away, or hidden in one that is there.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from syncd.errors import SheetAccessError, SheetError, SyncdError
from syncd.sheet.cells import Json, plain, shown_in, typed_in
from syncd.sheet.client import Client, RefusedError
from syncd.sheet.layout import sheet_of

T = TypeVar("T")
Runs = Sequence[tuple[int, int]]
TITLE = "syncd probe (may be deleted)"
TAB_PREFIX = "_syncd_probe_"
NAME_PREFIX = "syncdprobe_"
METADATA_KEY = "syncd_probe"
ROWS, COLUMNS = 20, 8

_PARTS = (
    "properties(locale,timeZone),namedRanges,"
    "sheets(properties(sheetId,title,hidden,gridProperties(rowCount,columnCount)),merges,"
    "basicFilter(range,criteria),conditionalFormats(ranges),"
    "protectedRanges(protectedRangeId,range,warningOnly,requestingUserCanEdit),"
    "data(startRow,startColumn,"
    "rowData(values(userEnteredValue,effectiveValue,formattedValue,note,"
    "userEnteredFormat(backgroundColor,numberFormat))),"
    "rowMetadata(hiddenByUser,developerMetadata(metadataValue)),"
    "columnMetadata(developerMetadata(metadataValue))))"
)
_ANSWER = f"replies,updatedSpreadsheet({_PARTS})"


class Seen:
    """A part of a spreadsheet as Google showed it."""

    def __init__(self, structure: Json) -> None:
        self.structure = structure

    def sheet(self, sheet_id: int) -> Json:
        """Return one tab; empty where it was not shown."""
        return sheet_of(self.structure, sheet_id) or {}

    def cell(self, sheet_id: int, row: int, column: int) -> Json:
        """Return one cell with all its parts; rows and columns are counted from 0."""
        for part in self.sheet(sheet_id).get("data", []):
            lines = part.get("rowData", [])
            down, right = row - part.get("startRow", 0), column - part.get("startColumn", 0)
            if 0 <= down < len(lines) and 0 <= right < len(lines[down].get("values", [])):
                found: Json = lines[down]["values"][right]
                return found
        return {}

    def entered(self, sheet_id: int, row: int, column: int) -> object:
        """Return what stands in a cell: a literal, or a formula's text."""
        return plain(typed_in(self.cell(sheet_id, row, column)))

    def shown(self, sheet_id: int, row: int, column: int) -> object:
        """Return what a cell amounts to."""
        return shown_in(self.cell(sheet_id, row, column))

    def column(self, sheet_id: int, column: int, rows: int) -> list[object]:
        """Return what stands in the first cells of a column."""
        return [self.entered(sheet_id, row, column) for row in range(rows)]

    def marked(self, sheet_id: int, lines: str) -> dict[str, list[int]]:
        """Return where metadata lies by its value; `lines` is `row` or `column`."""
        where: dict[str, list[int]] = {}
        for part in self.sheet(sheet_id).get("data", []):
            first = part.get("startRow" if lines == "row" else "startColumn", 0)
            for index, line in enumerate(part.get(f"{lines}Metadata", []), start=first):
                for entry in line.get("developerMetadata", []):
                    where.setdefault(str(entry.get("metadataValue")), []).append(index)
        return where

    def hidden(self, sheet_id: int) -> list[int]:
        """Return the rows that a person hid."""
        return [
            row
            for part in self.sheet(sheet_id).get("data", [])
            for row, line in enumerate(part.get("rowMetadata", []), start=part.get("startRow", 0))
            if line.get("hiddenByUser")
        ]

    def names(self) -> dict[str, str]:
        """Return the ids of the named ranges that are the probes' own, by name."""
        named = self.structure.get("namedRanges", [])
        return {n["name"]: n["namedRangeId"] for n in named if n["name"].startswith(NAME_PREFIX)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a batch was answered: a reply per request, and what was asked to be shown."""

    replies: Sequence[Json]
    seen: Seen


@dataclass(kw_only=True)
class Scratch:
    """A place for probes; `owned` says that the whole spreadsheet is theirs.

    `ask` has a person do something and says whether that was done. `lag_s` is how late reads were
    found to show what was written.
    """

    client: Client
    mint: Callable[[], int]
    owned: bool = False
    sleep: Callable[[float], None] = time.sleep
    ask: Callable[[str], bool] | None = None
    lag_s: float = 0.0
    _tabs: dict[int, str] = field(default_factory=dict)
    _queued: list[Json] = field(default_factory=list)
    _stages: dict[str, object] = field(default_factory=dict)
    _made: set[int] = field(default_factory=set)
    _named: set[str] = field(default_factory=set)

    def tab(self, *, hidden: bool = True) -> int:
        """Return a new tab, made by the next batch."""
        sheet_id = self.copied_tab()
        grid = {"rowCount": ROWS, "columnCount": COLUMNS}
        properties = {
            "sheetId": sheet_id,
            "title": self.title(sheet_id),
            "hidden": hidden,
            "gridProperties": grid,
        }
        self._queued.append({"addSheet": {"properties": properties}})
        return sheet_id

    def copied_tab(self) -> int:
        """Return the id for a tab that a request itself makes; its title is by `title`."""
        sheet_id = self.mint()
        self._tabs[sheet_id] = f"{TAB_PREFIX}{sheet_id}"
        return sheet_id

    def renamed(self, sheet_id: int) -> Json:
        """Return the request that renames a tab."""
        self._tabs[sheet_id] += "_renamed"
        properties = {"sheetId": sheet_id, "title": self.title(sheet_id)}
        return {"updateSheetProperties": {"properties": properties, "fields": "title"}}

    def title(self, sheet_id: int) -> str:
        """Return a tab's title."""
        return self._tabs[sheet_id]

    def batch(
        self, *requests: Json, show: Sequence[int] = (), runs: Mapping[int, Runs] | None = None
    ) -> Answer:
        """Send one batchUpdate.

        `show` are the tabs that the answer is to bring along whole, `runs` those of which it is to
        bring some rows only.
        """
        queued, self._queued = self._queued, []
        body: dict[str, Any] = {"requests": [*queued, *requests]}
        ranges = [f"'{self.title(sheet_id)}'" for sheet_id in show]
        ranges += [
            f"'{self.title(sheet_id)}'!{first + 1}:{last}"
            for sheet_id, rows in (runs or {}).items()
            for first, last in rows
        ]
        if ranges:
            body |= {
                "includeSpreadsheetInResponse": True,
                "responseIncludeGridData": True,
                "responseRanges": ranges,
            }
        answer = self.client.write(body, fields=_ANSWER)
        self._note(body["requests"], answer.get("replies", []))
        replies = answer.get("replies", [])[len(queued) :]
        return Answer(replies=replies, seen=Seen(answer.get("updatedSpreadsheet", {})))

    def _note(self, requests: Sequence[Json], replies: Sequence[Json]) -> None:
        """Keep in mind what a batch made and took away: a read may not show it yet."""
        for request, reply in zip(requests, replies, strict=False):
            ((kind, body),) = request.items()
            match kind:
                case "addSheet":
                    self._made.add(body["properties"]["sheetId"])
                case "duplicateSheet":
                    self._made.add(body["newSheetId"])
                case "deleteSheet":
                    self._made.discard(body["sheetId"])
                case "addNamedRange":
                    self._named.add(reply[kind]["namedRange"]["namedRangeId"])
                case "deleteNamedRange":
                    self._named.discard(body["namedRangeId"])
                case _:
                    pass

    def refused(self, *requests: Json) -> str | None:
        """Send a batch that should be refused; return Google's words, or None if it was not."""
        try:
            self.batch(*requests)
        except RefusedError as error:
            return error.what
        return None

    def values(self, *sheet_ids: int, by: Client | None = None) -> dict[int, list[list[object]]]:
        """Read the plain values of tabs in one call, as the first read of a cycle does."""
        body = {
            "dataFilters": [{"gridRange": {"sheetId": sheet_id}} for sheet_id in sheet_ids],
            "majorDimension": "ROWS",
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER",
        }
        if by is None:
            self.sleep(self.lag_s)
        answer, _ = (by or self.client).read("/values:batchGetByDataFilter", body)
        found: dict[int, list[list[object]]] = {sheet_id: [] for sheet_id in sheet_ids}
        for part in answer.get("valueRanges", []):
            sheet_id = part["dataFilters"][0]["gridRange"].get("sheetId", 0)
            found[sheet_id] = part["valueRange"].get("values", [])
        return found

    def read(self, *sheet_ids: int) -> Seen:
        """Read tabs whole, when what was written can be seen."""
        self.sleep(self.lag_s)
        filters = [{"gridRange": {"sheetId": sheet_id}} for sheet_id in sheet_ids]
        body = {"dataFilters": filters, "includeGridData": True}
        answer, _ = self.client.read(":getByDataFilter", body, fields=_PARTS)
        return Seen(answer)

    def write_values(
        self, method: str, body: Json, *, raw: bool = False, verb: str = "POST"
    ) -> str | None:
        """Call one of the values methods; return Google's words if it refused."""
        address = f"/v4/spreadsheets/{self.client.spreadsheet}/{method}"
        params = {"valueInputOption": "RAW"} if raw else None
        try:
            self.client.call(verb, address, body, kind="write", params=params)
        except RefusedError as error:
            return error.what
        return None

    def drive_version(self) -> str:
        """Return the file's version as Drive tells it."""
        address = f"/drive/v3/files/{self.client.spreadsheet}"
        answer = self.client.call("GET", address, kind="", params={"fields": "version"})
        return str(answer.json().get("version"))

    def copied_file(self) -> str:
        """Copy the spreadsheet; return the copy's id."""
        address = f"/drive/v3/files/{self.client.spreadsheet}/copy"
        return str(self.client.call("POST", address, {"name": TITLE}, kind="").json()["id"])

    def once(self, stage: Callable[["Scratch"], T]) -> T:
        """Return what a stage came to; several probes look at the same one, its failure too."""
        if stage.__name__ not in self._stages:
            try:
                self._stages[stage.__name__] = stage(self)
            except SyncdError as error:
                self._stages[stage.__name__] = error
        came_to: Any = self._stages[stage.__name__]
        if isinstance(came_to, SyncdError):
            raise came_to
        found: T = came_to
        return found

    def clean(self) -> None:
        """Take away what probes left in the spreadsheet, of earlier runs that ended early as well.

        What this run made is known: a read may be late. What others made is found by its name.
        """
        structure, _ = self.client.read(
            ":getByDataFilter",
            {"dataFilters": [{"a1Range": "A1"}]},
            fields="namedRanges(namedRangeId,name)",
        )
        tabs = {t.sheet_id for t in self.client.tabs() if t.title.startswith(TAB_PREFIX)}
        names = self._named | set(Seen(structure).names().values())
        requests: list[Json] = [
            {"deleteNamedRange": {"namedRangeId": each}} for each in sorted(names)
        ]
        requests += [{"deleteSheet": {"sheetId": each}} for each in sorted(self._made | tabs)]
        if requests:
            self.client.write({"requests": requests}, fields="spreadsheetId")


@contextlib.contextmanager
def hidden_tabs(scratch: Scratch) -> Iterator[Scratch]:
    """Probe in hidden tabs of a spreadsheet that is there; they are taken away in the end."""
    try:
        yield scratch
    finally:
        scratch.clean()


@contextlib.contextmanager
def thrown_away(
    scratch: Scratch, tell: Callable[[str], None], *, share_with: str = ""
) -> Iterator[Scratch]:
    """Probe in a spreadsheet that is made for it, and deleted in the end."""
    client = scratch.client
    client.spreadsheet, scratch.owned = _made(client), True
    try:
        if share_with:
            grant = {"role": "writer", "type": "user", "emailAddress": share_with}
            client.call("POST", f"/drive/v3/files/{client.spreadsheet}/permissions", grant, kind="")
        yield scratch
    finally:
        delete_file(client, client.spreadsheet, tell)


def _made(client: Client) -> str:
    """Make a spreadsheet; return its id."""
    properties = {"properties": {"title": TITLE}}
    try:
        return str(
            client.call("POST", "/v4/spreadsheets", properties, kind="write").json()[
                "spreadsheetId"
            ]
        )
    except (SheetAccessError, RefusedError) as error:
        raise SheetAccessError(
            "the account may not make a spreadsheet",
            on=client.email,
            hint="Make one yourself, share it with this account as an editor, and name it by"
            " --spreadsheet.",
        ) from error


def delete_file(client: Client, file: str, tell: Callable[[str], None]) -> None:
    """Delete a file that was made for probes, or say that a person has to."""
    try:
        client.call("DELETE", f"/drive/v3/files/{file}", kind="")
    except SheetError as error:
        tell(
            f"The spreadsheet “{TITLE}” ({file}) could not be deleted: {error.what}."
            " Please delete it by hand."
        )
