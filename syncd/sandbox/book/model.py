"""The books themselves: cells, rows, sheets, spreadsheets.

Cells and rows never change once they are built: a change builds a new row, and a draft of a book
shares every row and every sheet that it does not touch with the version before it. So a batch can
fail without a trace, and old versions cost only what differs.
"""

import itertools
from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple
from weakref import WeakValueDictionary

from syncd.sandbox.book.card import Card
from syncd.sandbox.errors import Json, invalid

CELLS_MAX = 10_000_000
COLUMNS_MAX = 18_278
SHEETS_MAX = 200
CELL_CHARACTERS_MAX = 50_000
ROW_PIXELS = 21
COLUMN_PIXELS = 100


class Formula(NamedTuple):
    """A formula as a person reads it, with its equals sign."""

    text: str


Value = str | float | bool | Formula | None


class Cell(NamedTuple):
    """What a person or a program put into one cell."""

    value: Value = None
    format: Json | None = None
    note: str | None = None
    validation: Json | None = None
    runs: list[Json] | None = None
    chips: list[Json] | None = None


EMPTY_CELL = Cell()


class Rules:
    """The rules of a row that refer to other cells, each once; alike rows share one object."""

    __slots__ = ("__weakref__", "each")
    known: ClassVar["WeakValueDictionary[tuple[int, ...], Rules]"] = WeakValueDictionary()

    def __init__(self, each: tuple[Json, ...]) -> None:
        self.each = each


NO_RULES = Rules(())


def _referring(cells: dict[int, Cell]) -> Rules:
    rules = {id(rule): rule for cell in cells.values() if (rule := cell[3])}
    each = tuple(rule for rule in rules.values() if _refers(rule)) if rules else ()
    if not each:
        return NO_RULES
    key = tuple(id(rule) for rule in each)  # they live as long as what keeps them
    found = Rules.known.get(key)
    if found is None:
        found = Rules.known[key] = Rules(each)
    return found


def _refers(rule: Json) -> bool:
    values = rule.get("condition", {}).get("values", ())
    return any(value.get("userEnteredValue", "").startswith("=") for value in values)


class Row:
    """One row: its cells by column index, and what belongs to the row itself."""

    __slots__ = ("cells", "has_formula", "hidden", "pixels", "printed", "rid", "rules", "width")
    _numbers = itertools.count(1)

    def __init__(
        self,
        cells: dict[int, Cell],
        hidden: bool = False,
        pixels: int | None = None,
        rid: int | None = None,
    ) -> None:
        self.cells = cells
        self.hidden = hidden
        self.pixels = pixels
        self.has_formula = Formula in {type(cell[0]) for cell in cells.values()}
        self.width = max(cells, default=-1) + 1
        self.printed: dict[tuple[object, ...], bytes] = {}  # texts of its values, by way of reading
        self.rules = _referring(cells)
        self.rid = next(Row._numbers) if rid is None else rid

    def with_cells(self, cells: dict[int, Cell]) -> "Row":
        """Give the same row with other cells."""
        return Row(cells, self.hidden, self.pixels)

    @staticmethod
    def number_from(first: int) -> None:
        """Number rows from here on at least, after some were loaded from a file."""
        Row._numbers = itertools.count(max(first, next(Row._numbers)))


EMPTY_ROW = Row({}, rid=0)


class Area(NamedTuple):
    """A rectangle of one sheet, half open, within its grid."""

    sheet_id: int
    top: int
    bottom: int
    left: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        """Tell whether a cell lies inside."""
        return self.top <= row < self.bottom and self.left <= column < self.right

    @property
    def size(self) -> int:
        """Count the cells."""
        return (self.bottom - self.top) * (self.right - self.left)

    def contains(self, other: "Area") -> bool:
        """Tell whether another rectangle lies inside."""
        return (
            self.sheet_id == other.sheet_id
            and self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )

    def meets(self, other: "Area") -> bool:
        """Tell whether two rectangles share a cell."""
        return (
            self.sheet_id == other.sheet_id
            and self.top < other.bottom
            and other.top < self.bottom
            and self.left < other.right
            and other.left < self.right
        )


@dataclass(slots=True)
class Sheet:
    """One tab: its properties, its grid, and the things that refer to parts of its grid."""

    sheet_id: int
    properties: Json
    row_count: int = 1000
    column_count: int = 26
    rows: list[Row] = field(default_factory=list)
    columns: dict[int, Json] = field(default_factory=dict)
    merges: list[Json] = field(default_factory=list)
    basic_filter: Json | None = None
    filter_views: list[Json] = field(default_factory=list)
    protected: list[Json] = field(default_factory=list)
    conditional: list[Json] = field(default_factory=list)
    banded: list[Json] = field(default_factory=list)
    row_groups: list[Json] = field(default_factory=list)
    column_groups: list[Json] = field(default_factory=list)
    tables: list[Json] = field(default_factory=list)
    charts: list[Json] = field(default_factory=list)
    slicers: list[Json] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The name on the tab."""
        return str(self.properties["title"])

    @property
    def is_object(self) -> bool:
        """Tell whether the tab is no grid but holds one chart."""
        return self.properties.get("sheetType") == "OBJECT"

    def draft(self) -> "Sheet":
        """Give a copy that can be changed without the original noticing."""
        return replace(
            self,
            properties=dict(self.properties),
            rows=list(self.rows),
            columns=dict(self.columns),
            merges=list(self.merges),
            filter_views=list(self.filter_views),
            protected=list(self.protected),
            conditional=list(self.conditional),
            banded=list(self.banded),
            row_groups=list(self.row_groups),
            column_groups=list(self.column_groups),
            tables=list(self.tables),
            charts=list(self.charts),
            slicers=list(self.slicers),
        )

    def row(self, index: int) -> Row:
        """Give a row, the empty one where nothing was ever written."""
        return self.rows[index] if index < len(self.rows) else EMPTY_ROW

    def cell(self, row: int, column: int) -> Cell:
        """Give a cell, the empty one where nothing was ever written."""
        return self.row(row).cells.get(column, EMPTY_CELL)

    def put_row(self, index: int, row: Row) -> None:
        """Set a whole row of a draft."""
        rows = self.rows
        if index >= len(rows):
            if row is EMPTY_ROW:
                return
            rows.extend([EMPTY_ROW] * (index + 1 - len(rows)))
        rows[index] = row

    def put_cells(self, index: int, changed: dict[int, Cell]) -> None:
        """Set some cells of a row of a draft."""
        row = self.row(index)
        cells = row.cells | changed
        if EMPTY_CELL in changed.values():
            cells = {column: cell for column, cell in cells.items() if cell != EMPTY_CELL}
        self.put_row(index, row.with_cells(cells))

    def whole(self) -> Area:
        """Give the area of the whole grid."""
        return Area(self.sheet_id, 0, self.row_count, 0, self.column_count)

    def hidden_column(self, index: int) -> bool:
        """Tell whether a person hid a column."""
        return bool(self.columns.get(index, {}).get("hiddenByUser"))


@dataclass(slots=True)
class Book:
    """One spreadsheet at one revision."""

    book_id: str
    properties: Json
    sheets: list[Sheet]
    named: dict[str, Json] = field(default_factory=dict)
    metadata: dict[int, Json] = field(default_factory=dict)
    revision: int = 0
    created: float = 0.0
    modified: float = 0.0
    card: Card = field(default_factory=Card)
    own: set[int] = field(default_factory=set)
    cache: dict[str, object] = field(default_factory=dict)
    moves: list[tuple[int, object]] = field(default_factory=list)  # of rows and columns, by sheet

    def draft(self) -> "Book":
        """Give a copy for one batch; its sheets are copied when they are first changed."""
        return replace(
            self,
            properties=dict(self.properties),
            sheets=list(self.sheets),
            named=dict(self.named),
            metadata=dict(self.metadata),
            own=set(),
            cache={},
            moves=[],
        )

    def sheet(self, sheet_id: int) -> Sheet:
        """Give a sheet by its id."""
        for sheet in self.sheets:
            if sheet.sheet_id == sheet_id:
                return sheet
        raise invalid(f"No grid with id: {sheet_id}")

    def edit(self, sheet_id: int) -> Sheet:
        """Give a sheet of a draft for changing."""
        for position, sheet in enumerate(self.sheets):
            if sheet.sheet_id == sheet_id:
                if sheet_id not in self.own:
                    sheet = self.sheets[position] = sheet.draft()  # noqa: PLW2901
                    self.own.add(sheet_id)
                return sheet
        raise invalid(f"No grid with id: {sheet_id}")

    def sheet_titled(self, title: str) -> Sheet | None:
        """Give the sheet with a title; capital letters do not matter, as in Google's ranges."""
        folded = title.casefold()
        for sheet in self.sheets:
            if sheet.title == title:
                return sheet
        return next((s for s in self.sheets if s.title.casefold() == folded), None)

    def position(self, sheet_id: int) -> int:
        """Give the place of a sheet among the tabs."""
        return next(i for i, sheet in enumerate(self.sheets) if sheet.sheet_id == sheet_id)

    def cell_count(self) -> int:
        """Count the cells of all grids, empty ones included."""
        return sum(sheet.row_count * sheet.column_count for sheet in self.sheets)
