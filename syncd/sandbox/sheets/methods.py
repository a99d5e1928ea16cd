"""The methods of the Sheets API, each from a parsed call to its JSON answer."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from syncd.sandbox.book import a1
from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.model import Area, Book, Sheet
from syncd.sandbox.book.render import sheet_properties, spreadsheet
from syncd.sandbox.errors import ApiError, Json, invalid, not_found
from syncd.sandbox.protocol.masks import Tree, parse_mask, pick
from syncd.sandbox.protocol.messages import parse
from syncd.sandbox.requests import sheets
from syncd.sandbox.requests.kinds import refuse_unknown, run_requests
from syncd.sandbox.requests.metadata import matches
from syncd.sandbox.sheets import values
from syncd.sandbox.state.service import Service


@dataclass(slots=True)
class Call:
    """One call of an API method."""

    name: str
    actor: str
    path: dict[str, str]
    query: Json
    body: Any = None
    late: list[Callable[[], Json]] = field(default_factory=list)

    @property
    def book_id(self) -> str:
        """Give the id of the file concerned, empty where there is none."""
        return self.path.get("id", "")

    def mask(self, message: str | None) -> Tree | None:
        """Give the mask on the answer."""
        text = self.query.get("fields")
        return parse_mask(text, message) if text else None

    def flag(self, name: str) -> bool:
        """Give a query parameter that is a truth value."""
        return str(self.query.get(name, "")).lower() == "true"

    def number(self, name: str, default: int) -> int:
        """Give a query parameter that is a whole number."""
        try:
            return int(self.query.get(name) or default)
        except (TypeError, ValueError) as error:
            raise invalid(f"Invalid value for {name}") from error

    def many(self, name: str) -> list[str]:
        """Give a query parameter that may be repeated."""
        found = self.query.get(name, [])
        return found if isinstance(found, list) else [found]


class SheetsMethods:
    """Runs calls of the Sheets API against the service; the caller holds its lock."""

    def __init__(self, service: Service, url: str) -> None:
        self.service = service
        self.url = url

    def run(self, call: Call) -> Json:
        """Run a call and give its answer."""
        answer = _METHODS[call.name](self, call)
        message = _ANSWERS.get(call.name)
        if message is None:
            return answer
        picked: Json = pick(answer, call.mask(message))
        return picked

    def show(
        self, book: Book, call: Call, tree: Tree | None, areas: list[Area] | None, *, grid: bool
    ) -> Json:
        """Give a book as spreadsheets.get does."""
        return spreadsheet(book, self.url, call.actor, tree, areas, grid=grid)

    def get(self, call: Call) -> Json:
        """Answer spreadsheets.get."""
        book = self.service.reading(call.book_id, call.actor)
        areas = [a1.parse_a1(book, text) for text in call.many("ranges")]
        grid = call.flag("includeGridData")
        return self.show(book, call, call.mask("Spreadsheet"), areas, grid=grid)

    def get_by_filter(self, call: Call) -> Json:
        """Answer spreadsheets.getByDataFilter."""
        body = parse("GetSpreadsheetByDataFilterRequest", call.body or {})
        book = self.service.reading(call.book_id, call.actor)
        areas = [a for f in body.get("dataFilters", []) for a in values.filtered_areas(book, f)]
        grid = body.get("includeGridData", False)
        return self.show(book, call, call.mask("Spreadsheet"), areas, grid=grid)

    def create(self, call: Call) -> Json:
        """Answer spreadsheets.create."""
        body = parse("Spreadsheet", call.body or {})
        given = body.get("properties", {})
        title = given.get("title") or "Untitled spreadsheet"
        batch = self.service.create(title, call.actor, sheets=not body.get("sheets"))
        book_id = batch.book.book_id
        try:
            _fill_new(batch, body)
        except ApiError:
            self.service.delete(book_id)
            raise
        book = self.service.commit(batch, "created")
        return self.show(book, call, call.mask("Spreadsheet"), None, grid=False)

    def batch_update(self, call: Call) -> Json:
        """Answer spreadsheets.batchUpdate."""
        refuse_unknown((call.body or {}).get("requests") if isinstance(call.body, dict) else None)
        body = parse("BatchUpdateSpreadsheetRequest", call.body or {})
        batch = self.service.batch(call.book_id, call.actor)
        requests = body.get("requests", [])
        replies = run_requests(batch, requests)
        tree = call.mask("BatchUpdateSpreadsheetResponse")
        self._check_ranges(batch.book, body)
        counts = Counter(kind for request in requests for kind in request)
        what = ", ".join(k if n == 1 else f"{k} x{n}" for k, n in counts.items())
        book = self.service.commit(batch, what)
        answer: Json = {"spreadsheetId": call.book_id, "replies": replies}
        if body.get("includeSpreadsheetInResponse"):
            if self.service.settings["response_at_apply_time"]:
                answer["updatedSpreadsheet"] = self._updated(book, call, body, tree)
            else:
                call.late.append(lambda: self._late(call, body, tree, answer))
        picked: Json = pick(answer, tree)
        return picked

    @staticmethod
    def _check_ranges(book: Book, body: Json) -> None:
        for text in body.get("responseRanges", []):
            a1.parse_a1(book, text)

    def _updated(self, book: Book, call: Call, body: Json, tree: Tree | None) -> Json:
        areas = [a1.parse_a1(book, text) for text in body.get("responseRanges", [])]
        inner = (tree or {}).get("updatedSpreadsheet") or None
        grid = body.get("responseIncludeGridData", False)
        shown = spreadsheet(book, self.url, call.actor, inner, areas, grid=grid)
        if not grid:
            for sheet in shown.get("sheets", []):
                sheet.pop("data", None)
        return shown

    def _late(self, call: Call, body: Json, tree: Tree | None, answer: Json) -> Json:
        """Complete an answer from the book as it is by now, not as the batch left it."""
        book = self.service.lines[call.book_id].book
        answer["updatedSpreadsheet"] = self._updated(book, call, body, tree)
        picked: Json = pick(answer, tree)
        return picked

    def values_get(self, call: Call) -> Json:
        """Answer spreadsheets.values.get."""
        book = self.service.reading(call.book_id, call.actor)
        area = a1.parse_a1(book, call.path["range"])
        return values.value_range(book, area, values.Rendering(call.query))

    def values_batch_get(self, call: Call) -> Json:
        """Answer spreadsheets.values.batchGet."""
        book = self.service.reading(call.book_id, call.actor)
        options = values.Rendering(call.query)
        areas = [a1.parse_a1(book, text) for text in call.many("ranges")]
        found = [values.value_range(book, area, options) for area in areas]
        return {"spreadsheetId": call.book_id} | ({"valueRanges": found} if found else {})

    def values_by_filter(self, call: Call) -> Json:
        """Answer spreadsheets.values.batchGetByDataFilter."""
        body = parse("BatchGetValuesByDataFilterRequest", call.body or {})
        book = self.service.reading(call.book_id, call.actor)
        options = values.Rendering(body)
        by_area: dict[Area, list[Json]] = {}
        for data_filter in body.get("dataFilters", []):
            for area in values.filtered_areas(book, data_filter):
                by_area.setdefault(area, []).append(data_filter)
        found = [
            {"valueRange": values.value_range(book, area, options), "dataFilters": filters}
            for area, filters in by_area.items()
        ]
        return {"spreadsheetId": call.book_id} | ({"valueRanges": found} if found else {})

    def values_update(self, call: Call) -> Json:
        """Answer spreadsheets.values.update."""
        body = parse("ValueRange", call.body or {})
        batch = self.service.batch(call.book_id, call.actor)
        asked = call.path["range"]
        area = a1.parse_a1(batch.book, asked, clamp=False)
        option = values.input_option(call.query)
        answer = values.write_values(batch, area, body, option, asked)
        query = call.query | {"includeValuesInResponse": call.flag("includeValuesInResponse")}
        values.add_written(batch, answer, area, query, body.get("majorDimension", "ROWS"))
        self.service.commit(batch, f"values {answer['updatedRange']}")
        return answer

    def values_batch_update(self, call: Call) -> Json:
        """Answer spreadsheets.values.batchUpdate."""
        body = parse("BatchUpdateValuesRequest", call.body or {})
        batch = self.service.batch(call.book_id, call.actor)
        option = values.input_option(body)
        responses = []
        for given in body.get("data", []):
            asked = given.get("range", "")
            area = a1.parse_a1(batch.book, asked, clamp=False)
            answer = values.write_values(batch, area, given, option, asked)
            values.add_written(batch, answer, area, body, given.get("majorDimension", "ROWS"))
            responses.append(answer)
        self.service.commit(batch, f"values {len(responses)} ranges")
        return {"spreadsheetId": call.book_id} | _totals(responses) | {"responses": responses}

    def values_update_by_filter(self, call: Call) -> Json:
        """Answer spreadsheets.values.batchUpdateByDataFilter."""
        body = parse("BatchUpdateValuesByDataFilterRequest", call.body or {})
        batch = self.service.batch(call.book_id, call.actor)
        option, responses = values.input_option(body), []
        for given in body.get("data", []):
            for area in values.filtered_areas(batch.book, given.get("dataFilter", {})):
                answer = values.write_values(batch, area, given, option, ":")
                values.add_written(batch, answer, area, body, "ROWS")
                responses.append(answer | {"dataFilter": given["dataFilter"]})
        self.service.commit(batch, f"values {len(responses)} ranges")
        return {"spreadsheetId": call.book_id} | _totals(responses) | {"responses": responses}

    def values_append(self, call: Call) -> Json:
        """Answer spreadsheets.values.append."""
        body = parse("ValueRange", call.body or {})
        batch = self.service.batch(call.book_id, call.actor)
        query = call.query | {"includeValuesInResponse": call.flag("includeValuesInResponse")}
        answer = values.append(batch, call.path["range"], body, query)
        self.service.commit(batch, f"append {answer['updates']['updatedRange']}")
        return answer

    def values_clear(self, call: Call) -> Json:
        """Answer spreadsheets.values.clear."""
        batch = self.service.batch(call.book_id, call.actor)
        area = a1.parse_a1(batch.book, call.path["range"])
        values.clear(batch, area)
        cleared = a1.render(batch.book, area)
        self.service.commit(batch, f"clear {cleared}")
        return {"spreadsheetId": call.book_id, "clearedRange": cleared}

    def values_batch_clear(self, call: Call) -> Json:
        """Answer spreadsheets.values.batchClear and batchClearByDataFilter."""
        batch, book_id = self.service.batch(call.book_id, call.actor), call.book_id
        if call.name.endswith("ByDataFilter"):
            filters = parse("BatchClearValuesByDataFilterRequest", call.body or {})
            given = filters.get("dataFilters", [])
            areas = [a for f in given for a in values.filtered_areas(batch.book, f)]
        else:
            body = parse("BatchClearValuesRequest", call.body or {})
            areas = [a1.parse_a1(batch.book, text) for text in body.get("ranges", [])]
        for area in areas:
            values.clear(batch, area)
        self.service.commit(batch, f"clear {len(areas)} ranges")
        cleared = [a1.render(batch.book, area) for area in areas]
        return {"spreadsheetId": book_id, "clearedRanges": cleared}

    def metadata_get(self, call: Call) -> Json:
        """Answer spreadsheets.developerMetadata.get."""
        book = self.service.reading(call.book_id, call.actor)
        found = book.metadata.get(int(call.path["number"]))
        if found is None:
            raise not_found()
        return found

    def metadata_search(self, call: Call) -> Json:
        """Answer spreadsheets.developerMetadata.search."""
        body = parse("SearchDeveloperMetadataRequest", call.body or {})
        book = self.service.reading(call.book_id, call.actor)
        found = []
        for entry in book.metadata.values():
            filters = [f for f in body.get("dataFilters", []) if matches(book, f, entry)]
            if filters:
                found.append({"developerMetadata": entry, "dataFilters": filters})
        return {"matchedDeveloperMetadata": found} if found else {}

    def copy_to(self, call: Call) -> Json:
        """Answer spreadsheets.sheets.copyTo."""
        body = parse("CopySheetToAnotherSpreadsheetRequest", call.body or {})
        source = self.service.reading(call.book_id, call.actor)
        sheet = source.sheet(int(call.path["number"]))
        batch = self.service.batch(body.get("destinationSpreadsheetId", ""), call.actor)
        title, number = f"Copy of {sheet.title}", 2
        while batch.book.sheet_titled(title) is not None:
            title, number = f"Copy of {sheet.title} {number}", number + 1
        copied = sheets.copy_sheet(batch, sheet, title)
        batch.book.sheets.append(copied)
        book = self.service.commit(batch, "copyTo")
        return sheet_properties(book, copied)


def _totals(responses: list[Json]) -> Json:
    totals: Json = {}
    for name in ("Rows", "Columns", "Cells"):
        count = sum(response.get(f"updated{name}", 0) for response in responses)
        if count:
            totals[f"totalUpdated{name}"] = count
    if responses:
        totals["totalUpdatedSheets"] = len({_title(r["updatedRange"]) for r in responses})
    return totals


def _title(text: str) -> str:
    return text.rpartition("!")[0]


def _fill_new(batch: Batch, body: Json) -> None:
    """Give a new book the properties, tabs, cells, names and ranges that its creator sent."""
    properties = {k: v for k, v in body.get("properties", {}).items() if v != ""}
    batch.book.properties |= {k: v for k, v in properties.items() if k != "defaultFormat"}
    for position, given in enumerate(body.get("sheets", [])):
        described = dict(given.get("properties", {}))
        described.pop("index", None)
        if position == 0:
            described.setdefault("sheetId", 0)
        described.setdefault("title", f"Sheet{position + 1}")
        _fill_sheet(batch, given, sheets.new_sheet(batch, described))
    named = [{"addNamedRange": {"namedRange": n}} for n in body.get("namedRanges", [])]
    marked = [_metadata_request(entry) for entry in body.get("developerMetadata", [])]
    if named or marked:
        run_requests(batch, named + marked)


def _metadata_request(entry: Json) -> Json:
    return {"createDeveloperMetadata": {"developerMetadata": entry}}


def _fill_sheet(batch: Batch, given: Json, sheet: Sheet) -> None:
    requests: list[Json] = []
    for piece in given.get("data", []):
        start = {
            "sheetId": sheet.sheet_id,
            "rowIndex": piece.get("startRow", 0),
            "columnIndex": piece.get("startColumn", 0),
        }
        rows = piece.get("rowData", [])
        if rows:
            requests.append({"updateCells": {"start": start, "rows": rows, "fields": "*"}})
    for name, kind, key in _SHEET_PARTS:
        found = given.get(name, [])
        things = [found] if isinstance(found, dict) else found
        places = [{"index": i} if key == "rule" else {} for i in range(len(things))]
        requests += [{kind: {key: t, **at}} for t, at in zip(things, places, strict=True)]
    requests += [_metadata_request(entry) for entry in given.get("developerMetadata", [])]
    if requests:
        run_requests(batch, requests)


_SHEET_PARTS = (
    ("merges", "mergeCells", "range"),
    ("basicFilter", "setBasicFilter", "filter"),
    ("filterViews", "addFilterView", "filter"),
    ("protectedRanges", "addProtectedRange", "protectedRange"),
    ("conditionalFormats", "addConditionalFormatRule", "rule"),
    ("bandedRanges", "addBanding", "bandedRange"),
)
_METHODS: dict[str, Callable[[SheetsMethods, Call], Json]] = {
    "spreadsheets.get": SheetsMethods.get,
    "spreadsheets.getByDataFilter": SheetsMethods.get_by_filter,
    "spreadsheets.create": SheetsMethods.create,
    "spreadsheets.batchUpdate": SheetsMethods.batch_update,
    "spreadsheets.values.get": SheetsMethods.values_get,
    "spreadsheets.values.batchGet": SheetsMethods.values_batch_get,
    "spreadsheets.values.batchGetByDataFilter": SheetsMethods.values_by_filter,
    "spreadsheets.values.update": SheetsMethods.values_update,
    "spreadsheets.values.batchUpdate": SheetsMethods.values_batch_update,
    "spreadsheets.values.batchUpdateByDataFilter": SheetsMethods.values_update_by_filter,
    "spreadsheets.values.append": SheetsMethods.values_append,
    "spreadsheets.values.clear": SheetsMethods.values_clear,
    "spreadsheets.values.batchClear": SheetsMethods.values_batch_clear,
    "spreadsheets.values.batchClearByDataFilter": SheetsMethods.values_batch_clear,
    "spreadsheets.developerMetadata.get": SheetsMethods.metadata_get,
    "spreadsheets.developerMetadata.search": SheetsMethods.metadata_search,
    "spreadsheets.sheets.copyTo": SheetsMethods.copy_to,
}
_ANSWERS = {
    "spreadsheets.values.get": "ValueRange",
    "spreadsheets.values.batchGet": "BatchGetValuesResponse",
    "spreadsheets.values.batchGetByDataFilter": "BatchGetValuesByDataFilterResponse",
    "spreadsheets.values.update": "UpdateValuesResponse",
    "spreadsheets.values.batchUpdate": "BatchUpdateValuesResponse",
    "spreadsheets.values.append": "AppendValuesResponse",
    "spreadsheets.values.clear": "ClearValuesResponse",
    "spreadsheets.values.batchClear": "BatchClearValuesResponse",
    "spreadsheets.developerMetadata.get": "DeveloperMetadata",
    "spreadsheets.developerMetadata.search": "SearchDeveloperMetadataResponse",
    "spreadsheets.sheets.copyTo": "SheetProperties",
}
READS = frozenset(
    name
    for name in _METHODS
    if name.rpartition(".")[2] in {"get", "batchGet", "batchGetByDataFilter", "getByDataFilter"}
    or name.endswith(".search")
)
