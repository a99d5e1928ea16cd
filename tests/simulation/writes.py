"""What syncd writes: only cells that did not hold it already, and no more calls than its quota."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Any

from syncd.sandbox.book.model import Book, Formula
from syncd.sheet.quota import WINDOW_S
from tests.simulation import board
from tests.simulation.alignment import Broken

# How many versions a read may be behind; a repair goes by what an operation met before that.
LAG_VERSIONS = 12
CALLS_MAX = 45


class Pace:
    """The calls of each process, by kind, within the last minute."""

    def __init__(self) -> None:
        self.calls: defaultdict[tuple[int, str], deque[float]] = defaultdict(deque)

    def called(self, process: int, kind: str, now_s: float) -> Iterator[Broken]:
        """Note that a call arrived; yield what is too much of it."""
        calls = self.calls[process, kind]
        calls.append(now_s)
        while now_s - calls[0] >= WINDOW_S:
            calls.popleft()
        if len(calls) > CALLS_MAX:
            yield "rate", f"{len(calls)} {kind}s within a minute"


class Needless:
    """Which cells syncd wrote although each version that it can have read showed them so."""

    def __init__(self) -> None:
        self.read_at = 0
        self.built: dict[str, int] = {}  # by operation: the oldest version that it was built on

    def cycle_begins(self, book: Book) -> None:
        """Remember the version from which on a cycle reads."""
        self.read_at = book.revision

    def sent(self, operation: str) -> None:
        """Note when an operation was first sent; it may be sent again much later."""
        self.built.setdefault(operation, self.read_at - LAG_VERSIONS)

    def written(
        self, operation: str, body: dict[str, Any], versions: Sequence[Book]
    ) -> Iterator[Broken]:
        """Yield the needless writes of a batch; the last of the versions is what it met."""
        oldest = self.built.get(operation, self.read_at - LAG_VERSIONS)
        known = [book for book in versions if book.revision >= oldest]
        fields = set(_field_columns(versions[-1]))
        inserted: set[tuple[int, int]] = set()
        for request in body["requests"]:
            if "insertDimension" in request:
                where = request["insertDimension"]["range"]
                places = range(where["startIndex"], where["endIndex"])
                inserted |= {(where["sheetId"], place) for place in places}
            if "start" not in request.get("updateCells", {}):
                continue
            start = request["updateCells"]["start"]
            sheet_id, row = start["sheetId"], start["rowIndex"]
            if (sheet_id, row) in inserted:
                continue
            cells = request["updateCells"]["rows"][0]["values"]
            for column, cell in enumerate(cells, start=start["columnIndex"]):
                if (sheet_id, column) not in fields:
                    continue
                wrote = _value(cell.get("userEnteredValue", {}))
                if all(_stood(book, sheet_id, row, column) == (True, wrote) for book in known):
                    what = f"{operation} wrote {wrote!r} where it stood: row {row}, column {column}"
                    yield "minimal write", what


def operation_of(body: dict[str, Any]) -> str:
    """Return which operation a batch says that it is, in syncd's own tab; blank for anything else.

    The name of its token says so as well, but only as long as there is a fence.
    """
    said = {}
    for request in body["requests"]:
        where = request.get("updateCells", {}).get("start", {})
        if where.get("rowIndex") == 0:
            cells = request["updateCells"]["rows"][0]["values"]
            stood = [_value(cell.get("userEnteredValue", {})) for cell in cells]
            said.setdefault((where["columnIndex"], len(stood)), stood)
    match said.get((1, 2)), said.get((4, 1)):
        case [float(number), str(database)], [str(nonce)]:
            return f"{number:.0f} {database} {nonce}"
        case _:
            return ""


def _field_columns(book: Book) -> Iterator[tuple[int, int]]:
    """Yield the columns of people's fields; a row that comes back gets syncd's own two as well."""
    for table in board.FIELDS:
        tab = board.true_tab(book, table)
        for name, column in tab.columns.items() if tab else ():
            if not name.startswith("@") and tab:
                yield tab.sheet_id, column


def _stood(book: Book, sheet_id: int, row: int, column: int) -> tuple[bool, object]:
    """Return whether the tab was there, and what stood in one of its cells."""
    for sheet in book.sheets:
        if sheet.sheet_id == sheet_id:
            return True, _same(sheet.cell(row, column).value)
    return False, None


def _value(entered: dict[str, Any]) -> object:
    if "formulaValue" in entered:
        return Formula(entered["formulaValue"])
    return _same(next(iter(entered.values()), None))


def _same(value: object) -> object:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number else value  # type: ignore[arg-type]
