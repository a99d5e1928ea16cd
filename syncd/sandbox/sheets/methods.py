"""The methods of `spreadsheets`, and from every method's name to what runs it."""

from collections import Counter
from collections.abc import Callable

from syncd.sandbox.book import a1
from syncd.sandbox.book.model import Area, Book
from syncd.sandbox.book.render import sheet_properties, spreadsheet
from syncd.sandbox.errors import ApiError, Json, invalid, not_found
from syncd.sandbox.protocol.masks import Tree, below, pick
from syncd.sandbox.protocol.schema import methods
from syncd.sandbox.requests import sheets
from syncd.sandbox.requests.kinds import refuse_unknown, run_requests
from syncd.sandbox.requests.metadata import check_lookup, matches
from syncd.sandbox.sheets import ranges
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.sheets.filling import fill
from syncd.sandbox.sheets.values import filtered_areas
from syncd.sandbox.state.service import Service


class SheetsMethods:
    """Runs calls of the Sheets API against the service; the caller holds its lock."""

    def __init__(self, service: Service, url: str) -> None:
        self.service = service
        self.url = url

    def run(self, call: Call) -> Json:
        """Run a call and give its answer."""
        body = call.bind()
        tree = call.mask(methods()[call.name].answer)
        if call.name in _OWN_MASK:
            return _OWN_MASK[call.name](self, call, body, tree)
        if call.name in _METHODS:
            answer = _METHODS[call.name](self, call, body)
        else:
            answer = ranges.METHODS[call.name](self.service, call, body)
        picked: Json = pick(answer, tree)
        return picked

    def show(
        self, book: Book, call: Call, tree: Tree | None, areas: list[Area] | None, *, grid: bool
    ) -> Json:
        """Give a book as spreadsheets.get does."""
        answer = spreadsheet(book, self.url, call.actor, tree, areas, grid=grid)
        older = self.service.torn(call.book_id, call.actor) if areas and len(areas) > 1 else book
        if older is not book:
            _tear(answer, spreadsheet(older, self.url, call.actor, tree, areas, grid=grid))
        return answer

    def get(self, call: Call, body: Json, tree: Tree | None) -> Json:
        """Answer spreadsheets.get."""
        del body
        book = self.service.reading(call.book_id, call.actor)
        areas = [a1.parse_a1(book, text) for text in call.many("ranges")]
        return self.show(book, call, tree, areas or None, grid=call.flag("includeGridData"))

    def get_by_filter(self, call: Call, body: Json, tree: Tree | None) -> Json:
        """Answer spreadsheets.getByDataFilter."""
        book = self.service.reading(call.book_id, call.actor)
        areas: dict[Area, None] = {}
        for data_filter in body.get("dataFilters", []):
            number = data_filter.get("gridRange", {}).get("sheetId", 0)
            if "gridRange" in data_filter and number not in {s.sheet_id for s in book.sheets}:
                raise invalid(f"No sheet with id: {number}")
            areas |= dict.fromkeys(filtered_areas(book, data_filter))
        grid = body.get("includeGridData", False)
        return self.show(book, call, tree, list(areas) or None, grid=grid)

    def create(self, call: Call, body: Json, tree: Tree | None) -> Json:
        """Answer spreadsheets.create."""
        title = body.get("properties", {}).get("title") or "Untitled spreadsheet"
        batch = self.service.create(title, call.actor, sheets=not body.get("sheets"))
        try:
            fill(batch, body)
        except ApiError:
            self.service.delete(batch.book.book_id)
            raise
        book = self.service.commit(batch, "created")
        return self.show(book, call, tree, None, grid=False)

    def batch_update(self, call: Call, body: Json, tree: Tree | None) -> Json:
        """Answer spreadsheets.batchUpdate."""
        requests = body.get("requests", [])
        refuse_unknown(requests)
        batch = self.service.batch(call.book_id, call.actor)
        replies = run_requests(batch, requests)
        for text in body.get("responseRanges", []):
            a1.parse_a1(batch.book, text)
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

    def _updated(self, book: Book, call: Call, body: Json, tree: Tree | None) -> Json:
        areas = [a1.parse_a1(book, text) for text in body.get("responseRanges", [])]
        inner = below(tree, "updatedSpreadsheet")
        grid = body.get("responseIncludeGridData", False)
        return spreadsheet(book, self.url, call.actor, inner, areas or None, grid=grid)

    def _late(self, call: Call, body: Json, tree: Tree | None, answer: Json) -> Json:
        """Complete an answer from the book as it is by now, not as the batch left it."""
        book = self.service.lines[call.book_id].book
        answer["updatedSpreadsheet"] = self._updated(book, call, body, tree)
        picked: Json = pick(answer, tree)
        return picked

    def metadata_get(self, call: Call, body: Json) -> Json:
        """Answer spreadsheets.developerMetadata.get."""
        del body
        book = self.service.reading(call.book_id, call.actor)
        found = book.metadata.get(int(call.path["number"]))
        if found is None:
            raise not_found()
        return found

    def metadata_search(self, call: Call, body: Json) -> Json:
        """Answer spreadsheets.developerMetadata.search."""
        book = self.service.reading(call.book_id, call.actor)
        found = []
        for data_filter in body.get("dataFilters", []):
            if "a1Range" in data_filter:
                a1.parse_a1(book, data_filter["a1Range"])
            check_lookup(book, data_filter)
        for entry in book.metadata.values():
            filters = [f for f in body.get("dataFilters", []) if matches(book, f, entry)]
            if filters:
                found.append({"developerMetadata": entry, "dataFilters": filters})
        return {"matchedDeveloperMetadata": found} if found else {}

    def copy_to(self, call: Call, body: Json) -> Json:
        """Answer spreadsheets.sheets.copyTo."""
        source = self.service.reading(call.book_id, call.actor)
        sheet = source.sheet(int(call.path["number"]))
        if not body.get("destinationSpreadsheetId"):
            raise invalid("destinationSpreadsheetId must be specified.")
        batch = self.service.batch(body["destinationSpreadsheetId"], call.actor)
        copied = sheets.copy_sheet(batch, sheet, sheets.copy_title(batch.book, sheet.title))
        batch.book.sheets.append(copied)
        book = self.service.commit(batch, "copyTo")
        return sheet_properties(book, copied)


def _tear(answer: Json, older: Json) -> None:
    """Let all ranges of an answer but the first show an older version."""
    pairs = [
        (sheet["data"], was["data"])
        for sheet, was in zip(answer.get("sheets", ()), older.get("sheets", ()), strict=False)
        if "data" in sheet and "data" in was
    ]
    for number, (data, was) in enumerate(pairs):
        start = 1 if number == 0 else 0
        data[start:] = was[start:]


_OWN_MASK: dict[str, Callable[[SheetsMethods, Call, Json, Tree | None], Json]] = {
    "spreadsheets.get": SheetsMethods.get,
    "spreadsheets.getByDataFilter": SheetsMethods.get_by_filter,
    "spreadsheets.create": SheetsMethods.create,
    "spreadsheets.batchUpdate": SheetsMethods.batch_update,
}
_METHODS: dict[str, Callable[[SheetsMethods, Call, Json], Json]] = {
    "spreadsheets.developerMetadata.get": SheetsMethods.metadata_get,
    "spreadsheets.developerMetadata.search": SheetsMethods.metadata_search,
    "spreadsheets.sheets.copyTo": SheetsMethods.copy_to,
}
READS = frozenset(
    name
    for name in (*_OWN_MASK, *_METHODS, *ranges.METHODS)
    if name.rpartition(".")[2] in {"get", "batchGet", "batchGetByDataFilter", "getByDataFilter"}
    or name.endswith(".search")
)
