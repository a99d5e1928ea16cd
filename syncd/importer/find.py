"""Finding the table in a grid: the row of titles, and the rows below it that hold something."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from syncd.errors import UsageError
from syncd.schema import Cell
from syncd.schema.check import describe_cell
from syncd.schema.reading import BLANKS, squeeze

STATUS_TITLE = "syncd import"  # the column in which an import answers; never read as data
_SEARCHED = 50  # rows in which the titles are looked for
_NEARLY = 75  # of 100: how alike a misspelt title is to the one that is meant

_STATUS_WORD = squeeze(STATUS_TITLE)

Grid = Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One row of the source by its number there, counted from 1."""

    number: int
    cells: tuple[Cell, ...]

    def cell(self, column: int) -> Cell:
        """Return the cell of a column; a row may be shorter than the titles."""
        return self.cells[column] if column < len(self.cells) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTable:
    """The titles, "" where a column has none, and all rows below them; `blank` hold nothing."""

    header_row: int
    titles: tuple[str, ...]
    rows: tuple[GridRow, ...]
    blank: tuple[int, ...]


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing that anybody can see."""
    return cell is None or (isinstance(cell, str) and not cell.strip(BLANKS))


def find_table(
    grid: Grid, known: Collection[str], *, header_row: int | None = None, source: str = ""
) -> FoundTable:
    """Find the table whose titles are among the `known` ones, or start at the row that is named.

    A row that repeats the titles counts as blank.
    """
    if all(is_blank(cell) for cells in grid for cell in cells):
        raise UsageError("has nothing in it", on=source, hint="choose another tab or file")
    if header_row is None:
        header_row = _header_row(grid, {squeeze(title) for title in known})
    if header_row is None or not 0 < header_row <= len(grid):
        raise UsageError(
            "has no row of titles" if header_row is None else f"has no row {header_row}",
            on=source,
            hint="name the row of titles in the mapping file, as in: header_row = 3",
        )
    titles = tuple(_title(cell) for cell in grid[header_row - 1])
    words = [squeeze(title) for title in titles]
    rows, blank = [], []
    for number, cells in enumerate(grid[header_row:], start=header_row + 1):
        if _says_nothing(cells, words):
            blank.append(number)
        else:
            rows.append(GridRow(number=number, cells=tuple(cells)))
    return FoundTable(header_row=header_row, titles=titles, rows=tuple(rows), blank=tuple(blank))


def _title(cell: Cell) -> str:
    if isinstance(cell, str):
        return " ".join(cell.strip(BLANKS).split())
    return describe_cell(cell)


def _header_row(grid: Grid, known: set[str]) -> int | None:
    """Return the row that shows most of the known titles, exactly or else nearly.

    Where none does, the first row with more than one text is what the error will speak of.
    """
    words = [
        [squeeze(cell) for cell in cells if isinstance(cell, str) and not is_blank(cell)]
        for cells in grid[:_SEARCHED]
    ]
    shown = [len(known.intersection(row)) for row in words]
    if not any(shown):
        shown = [
            sum(
                process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=_NEARLY) is not None
                for word in row
            )
            for row in words
        ]
    if not any(shown):
        shown = [2 if len(row) > 1 else len(row) for row in words]
    return shown.index(max(shown)) + 1 if any(shown) else None


def _says_nothing(cells: Sequence[Cell], words: Sequence[str]) -> bool:
    """Whether a row is blank, the import's own answers aside, or shows the titles once more."""
    for column, cell in enumerate(cells):
        if not is_blank(cell):
            word = words[column] if column < len(words) else ""
            if word != _STATUS_WORD and (not word or squeeze(_title(cell)) != word):
                return False
    return True
