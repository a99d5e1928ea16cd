"""Finding: where a row that was hit by mistake stands now, and under which columns.

People may have sorted, inserted, cut and pasted since. What cannot be told is not guessed: the
repair stays open, with the reason, until it can be told or a person closes it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncd.core.snapshot import TableName
from syncd.schema import Cell
from syncd.sheet.cells import Entered, is_formula, plain, trimmed
from syncd.sheet.exchange import Inserted
from syncd.sheet.judgement import Keys, Victim
from syncd.sheet.read import cell_at

Row = Sequence[Cell]
Grid = Sequence[Row]
TITLES_WITHIN = 50  # rows from the top in which a title row is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where columns are now, by where they were; without `moved` each is where it was."""

    moved: Mapping[int, int] | None = None

    def now(self, column: int) -> int | None:
        """Return where a column is now, if that can be told."""
        return column if self.moved is None else self.moved.get(column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a row that was hit stands now, its copies too, and under which columns."""

    positions: tuple[int, ...]
    columns: Columns = field(default_factory=Columns)


class NotFoundError(Exception):
    """A row or a column cannot be told; `absent` says that nothing of the row is there at all."""

    def __init__(self, reason: str, *, absent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.absent = absent


def find_victim(
    victim: Victim, grid: Grid, keys: Keys, known: Callable[[], Collection[str]] | None = None
) -> Found:
    """Return where a row is that was hit: by its id and key, its content, or what we wrote.

    Whoever copied it before it was mended copied what we wrote with it: each copy is mended.
    `known` tells the ids of the table, where a row under any other one may be looked at, too.
    """
    columns = _columns_now(victim, grid, victim.wrote)
    search = _Search(victim, grid, keys, columns)
    for rows in (search.by_id(), search.by_content()):
        hit = search.hit(rows)
        if len(rows) == 1 or (hit and search.tells):
            return Found(positions=tuple(hit), columns=columns)
        for alike in (hit, search.unchanged(hit)):
            if alike and search.are_alike(alike):
                return Found(positions=tuple(alike[:1]), columns=columns)
        if rows:
            raise NotFoundError("several rows look like it")
    rows = search.by_our_value() or (search.under_no_known_id(known()) if known else [])
    if len(rows) == 1:
        return Found(positions=tuple(rows), columns=columns)
    if rows:
        raise NotFoundError("several rows hold what was written")
    raise NotFoundError("its row is not in the sheet", absent=True)


def columns_of_gone(victim: Victim, grid: Grid) -> Columns:
    """Return where the columns are now in which a row that was deleted held something."""
    filled = [column for column, cell in enumerate(victim.row) if cell is not None]
    return _columns_now(victim, grid, filled)


def _columns_now(victim: Victim, grid: Grid, wanted: Iterable[int]) -> Columns:
    columns = follow(victim.titles, grid[0] if grid else ())
    lost = [column for column in wanted if columns.now(column) is None]
    if lost:
        raise NotFoundError(f"{_named(victim, lost[0])} cannot be told from others any more")
    return columns


def parts_of(victim: Victim, grids: Mapping[TableName, Grid]) -> tuple[Victim, ...]:
    """Return what was hit in columns that can be told and in others, where there are both."""
    if victim.table not in grids or victim.is_titles:
        return ()
    grid = grids[victim.table]
    columns = follow(victim.titles, grid[0] if grid else ())
    there = {column for column in victim.wrote if columns.now(column) is not None}
    if not there or len(there) == len(victim.wrote):
        return ()
    halves: tuple[dict[int, Entered], dict[int, Entered]] = ({}, {})
    for column, entered in victim.wrote.items():
        halves[column in there][column] = entered
    return tuple(replace(victim, wrote=half) for half in halves)


def find_titles(victim: Victim, grid: Grid) -> Found:
    """Return where a title row is that was hit: the one whose other titles are all in place."""
    others = {
        column: plain(title)
        for column, title in enumerate(victim.row)
        if title is not None and column not in victim.wrote
    }
    rows = [
        position
        for position, row in enumerate(grid[:TITLES_WITHIN])
        if others and all(cell_at(row, column) == text for column, text in others.items())
    ]
    if len(rows) != 1:
        raise NotFoundError("the title row cannot be told from others any more")
    return Found(positions=(rows[0],))


def is_back(victim: Victim, grid: Grid, keys: Keys) -> bool:
    """Whether a row that was deleted stands in the sheet again under its id, as it was."""
    return bool(_Search(victim, grid, keys, follow(victim.titles, grid[0] if grid else ())).whole())


def are_titles_back(victim: Victim, grid: Grid) -> bool:
    """Whether a title row that was deleted stands in the sheet again, as it was."""
    held = [plain(cell) for cell in trimmed(victim.row)]
    return any(_plain(row) == held for row in grid[:TITLES_WITHIN])


def find_stray(stray: Inserted, grid: Grid) -> Sequence[tuple[int, bool]]:
    """Return the rows that hold a new row's id, and whether it stands there as we filled it."""
    ours = _filled(stray)
    return [
        (position, _plain(row) == ours)
        for position, row in enumerate(grid)
        if position and (stray.row in row or _plain(row) == ours)
    ]


def is_as_filled(stray: Inserted, entered: Sequence[Entered]) -> bool:
    """Whether a new row still stands there as we filled it."""
    return [plain(cell) for cell in trimmed(entered)] == _filled(stray)


def _plain(row: Row) -> list[Cell]:
    return list(trimmed(cell if cell != "" else None for cell in row))


def _filled(stray: Inserted) -> list[Cell]:
    whole = trimmed(stray.cells.get(column) for column in range(max(stray.cells) + 1))
    return [plain(cell) for cell in whole]


def follow(then: Sequence[Entered], now: Row) -> Columns:
    """Return where each column is now, by its title; a single new title in its place is a rename.

    While all titles are as they were, so are the columns without one.
    """
    width = max(len(then), len(now))
    after = [str(cell_at(now, column) or "").strip() for column in range(width)]
    before = [
        # What a title that is a formula shows is not known; it is taken to be what it was.
        after[column] if is_formula(title) else str(plain(title) or "").strip()
        for column, title in enumerate([*then, *[None] * (width - len(then))])
    ]
    differing = [column for column in range(width) if before[column] != after[column]]
    if len(differing) == 1 and before[differing[0]] and after[differing[0]] not in before:
        differing = []
    if not differing:
        return Columns()
    return Columns(
        moved={
            column: after.index(title)
            for column, title in enumerate(before)
            if title and before.count(title) == after.count(title) == 1
        }
    )


def _named(victim: Victim, column: int) -> str:
    title = victim.titles[column] if column < len(victim.titles) else None
    return f"the column «{plain(title)}»" if title is not None else "a column without a title"


class _Search:
    """The rows of a tab, each of which may be the one that was hit."""

    def __init__(self, victim: Victim, grid: Grid, keys: Keys, columns: Columns) -> None:
        self.victim = victim
        self.rows = {position: row for position, row in enumerate(grid) if position > 0}
        width = max(len(victim.row), *(column + 1 for column in victim.wrote), 0)
        self.now = {column: columns.now(column) for column in range(width)}
        self.keys = keys

    def by_id(self) -> list[int]:
        """Return the rows under its id; where its key stands elsewhere, its content decides."""
        own = self._own_id()
        if not own:
            return []
        found = [p for p, row in self.rows.items() if cell_at(row, self.keys.id) == own]
        keyed = [p for p in found if self._agrees(p, self.keys.natural)]
        if keyed or not found:
            return keyed
        alike = [p for p in self.by_content() if self.shows_ours(p)]
        if len(alike) == 1:
            return alike
        if not any(map(self.shows_any, found)) and self.tells:
            # Another's name and nothing of ours: nobody typed there, what was hit was sorted away.
            raise NotFoundError("under its id stands what another row held", absent=True)
        return found

    def whole(self) -> Sequence[int]:
        """Return the rows under its id that hold all that it held."""
        own = self._own_id()
        found = [p for p, row in self.rows.items() if own and cell_at(row, self.keys.id) == own]
        return self.unchanged(found)

    def by_content(self) -> list[int]:
        """Return the rows that still hold all that it held and that was not written over.

        With an id of its own that nobody shows, it has to hold what we wrote as well.
        """
        found = [p for p in self.rows if self._agrees(p, self.keys.managed)]
        return [p for p in found if self.shows_ours(p)] if self._own_id() else found

    def by_our_value(self) -> list[int]:
        """Return the rows without an id of their own that hold all that we wrote over it."""
        wrote = {self.now.get(column): plain(cell) for column, cell in self.victim.wrote.items()}
        ids = {None, "", wrote.get(self.keys.id)}
        if not any(value not in (None, "") for value in wrote.values()):
            return []
        return [
            p
            for p, row in self.rows.items()
            if cell_at(row, self.keys.id) in ids and self.shows_ours(p)
        ]

    def under_no_known_id(self, known: Collection[str]) -> list[int]:
        """Return the rows under an id that somebody typed, with what we wrote beside the table.

        Within the table the same may be a value of that row itself.
        """
        own = {*self.keys.managed, self.keys.id}
        if not any(self.now[c] not in own and plain(e) for c, e in self.victim.wrote.items()):
            return []
        return [
            p
            for p, row in self.rows.items()
            if cell_at(row, self.keys.id) not in known and self.shows_ours(p)
        ]

    def shows_ours(self, position: int) -> bool:
        """Whether a row still shows all that we wrote over the one that was hit."""
        row = self.rows[position]
        return all(
            (cell_at(row, self.now[column] or 0) or "") == (plain(cell) or "")
            for column, cell in self.victim.wrote.items()
        )

    def shows_any(self, position: int) -> bool:
        """Whether a row still shows something of what we wrote over the one that was hit."""
        return any(
            (cell_at(self.rows[position], self.now[column] or 0) or "") == plain(cell)
            for column, cell in self.victim.wrote.items()
            if plain(cell)
        )

    def hit(self, rows: Sequence[int]) -> Sequence[int]:
        """Return those of some rows that still show what we wrote; the first where none does."""
        showing = [p for p in rows if (self.shows_any if self.tells else self.shows_ours)(p)]
        return showing or rows[:1]

    def unchanged(self, rows: Sequence[int]) -> Sequence[int]:
        """Return those of some rows that hold all that it held and that was not written over."""
        return [p for p in rows if self._agrees(p, self.keys.managed)]

    def are_alike(self, rows: Sequence[int]) -> bool:
        """Whether rows hold the same in every cell, so that one is as good as the other."""
        return len({tuple(_plain(self.rows[p])) for p in rows}) == 1

    @property
    def tells(self) -> bool:
        """Whether what we wrote can be told from a blank."""
        return any(plain(cell) for cell in self.victim.wrote.values())

    def _own_id(self) -> Cell:
        """Return the id that stood in it and was not written over."""
        for column, cell in enumerate(self.victim.row):
            if self.now[column] == self.keys.id and column not in self.victim.wrote:
                return plain(cell)
        return None

    def _agrees(self, position: int, among: frozenset[int]) -> bool:
        """Whether a row holds what stood in those columns, as far as we did not write there."""
        row = self.rows[position]
        for column, place in self.now.items():
            if place not in among or column in self.victim.wrote:
                continue
            stood = self.victim.row[column] if column < len(self.victim.row) else None
            if not is_formula(stood) and (plain(stood) or "") != (cell_at(row, place) or ""):
                return False
        return True
