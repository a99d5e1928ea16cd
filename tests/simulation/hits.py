"""Hits: rows and cells over which syncd wrote, perhaps by mistake.

Between the write that hits a row and its repair the row shows another one's key or id. What a
person puts into it then belongs to the row that it was, whatever it shows.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping

from syncd.sandbox.book.model import Book, Cell, Sheet
from tests.simulation import board
from tests.simulation.board import keys_in, text_of, tokens_in

Content = tuple[str, frozenset[tuple[str, str]]]
IsOwn = Callable[[str, dict[str, str]], bool]
BESIDE = ("own~", "remark~")  # what people write beside the table


class Hits:
    """The keys and ids that rows had before syncd wrote others over them, by what they show."""

    def __init__(self) -> None:
        self.behind: defaultdict[Content, set[str]] = defaultdict(set)

    def applied(self, before: Book, after: Book, is_own: IsOwn) -> None:
        """Note the rows whose key or id a batch changed where they stood."""
        for table in board.FIELDS:
            old, new = board.true_tab(before, table), board.true_tab(after, table)
            if not (old and new):
                continue
            named = {place: _shown(new, place) for place in new.rows}
            left = {row.get("@id", "") for row in named.values()}
            for place in old.rows:
                was, now = _shown(old, place), named.get(place, {})
                mine, shown = was.get("@id", ""), now.get("@id", "")
                gone = keys_in(was) - keys_in(now) if mine == shown else set[str]()
                if mine and shown and mine not in left and is_own(mine, now):
                    gone = {mine}
                if gone:
                    self.behind[table, frozenset(now.items())] |= gone

    def acted(self, then: Counter[Content], now: Counter[Content]) -> dict[Content, set[str]]:
        """Return the rows of an act that are others than they show, with what they were."""
        found: dict[Content, set[str]] = {}
        for was in (then - now).keys() & self.behind.keys():
            for row in now - then:
                if row[0] == was[0] and _is_same(dict(was[1]), dict(row[1])):
                    found.setdefault(row, set()).update(self.behind[was])
        for row, names in found.items():
            self.behind[row] |= names
        return found


def renamed(then: Counter[Content], now: Counter[Content]) -> Iterator[tuple[set[str], set[str]]]:
    """Yield by what rows without an id were known, and are since a person changed just that.

    What syncd had written over in such a row comes back into it under its new name.
    """
    came = [(table, dict(items)) for table, items in now - then]
    for table, items in then - now:
        was = dict(items)
        for other, row in came:
            if other == table and not was.get("@id") and _but_for_keys(was) == _but_for_keys(row):
                yield keys_in(was), keys_in(row)


class Covered:
    """The cells that syncd put over what people had written beside the table."""

    def __init__(self) -> None:
        self.over: dict[str, Cell] = {}

    def applied(self, before: Book, after: Book) -> None:
        """Note what of people's own a batch covered, and what it put over its own cover."""
        sheets = {sheet.sheet_id: sheet for sheet in after.sheets}
        for sheet, row, column, cell in _cells(before):
            known = [token for token, cover in self.over.items() if cover is cell]
            for token in (*_beside(cell), *known):
                there = sheets.get(sheet.sheet_id)
                put = there.cell(row, column) if there else cell
                if put is not cell and token not in _beside(put):
                    self.over[token] = put

    def deleted(self, before: Book, after: Book) -> set[str]:
        """Return what was still covered in rows and columns that a person's act deleted."""
        if not self.over:
            return set()
        left = {id(cell) for _, _, _, cell in _cells(after)}
        shrunk = _grids(before).items() - _grids(after).items()
        there = {id(c) for s, _, _, c in _cells(before) if s.sheet_id in dict(shrunk)}
        return {t for t, c in self.over.items() if id(c) in there and id(c) not in left}


def _beside(cell: Cell) -> Iterator[str]:
    yield from (t for t in tokens_in(text_of(cell.value)) if t.startswith(BESIDE))


def _cells(book: Book) -> Iterator[tuple[Sheet, int, int, Cell]]:
    for sheet in book.sheets:
        for place, row in enumerate(sheet.rows):
            for column, cell in row.cells.items():
                yield sheet, place, column, cell


def _grids(book: Book) -> dict[int, tuple[int, int]]:
    return {sheet.sheet_id: (sheet.row_count, sheet.column_count) for sheet in book.sheets}


def _but_for_keys(row: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in row.items() if name not in board.KEYS}


def _is_same(was: Mapping[str, str], now: Mapping[str, str]) -> bool:
    return keys_in(was) == keys_in(now) or was.get("@id", "") == now.get("@id")


def _shown(tab: board.Tab | None, place: int) -> dict[str, str]:
    row = tab.named(place) if tab else {}
    row.pop("@status", None)
    return row
