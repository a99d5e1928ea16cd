"""The judgement: what a batch met, as its mirror shows it.

Titles come first: under a title that is not the one read, nothing is where it was meant to be. A
row is the one that was read when its id and its natural key are; one without them, when all of it
is. What stood in a row or a column that was hit by mistake is a victim, to be put back; what a
person typed into the right cell between the read and the write is a window.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from syncd.core.snapshot import RowId, TableName
from syncd.sheet.cells import Entered, entered_at, trimmed
from syncd.sheet.exchange import NOT_COPIED, Batch, Inserted, Touched


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A cell where somebody typed between the read and the write; ours stands there now."""

    touched: Touched
    column: int
    typed: Entered


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """A row that was hit and should not have been: what stood in it, and what we wrote over it.

    `titles` are the titles above it when it was hit. `gone`: the row itself was deleted.
    """

    table: TableName
    position: int
    row: tuple[Entered, ...]
    wrote: Mapping[int, Entered]
    titles: tuple[Entered, ...] = ()
    gone: bool = False

    @classmethod
    def of(
        cls,
        hit: Touched,
        row: tuple[Entered, ...],
        titles: tuple[Entered, ...],
        wrote: Mapping[int, Entered],
        *,
        gone: bool = False,
    ) -> "Victim":
        """Return what a write did to the row that it hit."""
        return cls(
            table=hit.table,
            position=hit.position,
            row=row,
            wrote=wrote,
            titles=titles,
            gone=gone,
        )

    @property
    def is_titles(self) -> bool:
        """Whether it was the title row itself that was hit."""
        return _look_like(self.row, self.titles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The columns that confirm a row of a table: its id, and what its natural key is made of.

    `managed` are all columns whose cells belong to the schema.
    """

    id: int
    natural: frozenset[int]
    managed: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a batch did: rows that are as planned, what was typed meanwhile, and the damage.

    `strays` are new rows that were filled while the columns were others than was thought.
    """

    verified: frozenset[tuple[TableName, RowId]]
    windows: tuple[Window, ...]
    victims: tuple[Victim, ...]
    strays: tuple[Inserted, ...] = ()


def judge(
    batch: Batch,
    titles: Mapping[TableName, tuple[Entered, ...]],
    mirror: Mapping[TableName, Mapping[int, tuple[Entered, ...]]],
    keys: Mapping[TableName, Keys],
) -> Judgement:
    """Tell from the mirror what a batch met; `titles` are the title rows that it was built on."""
    verified, windows, victims = set(), list[Window](), list[Victim]()
    moved = {name: _moved_columns(titles[name], mirror.get(name, {}).get(0, ())) for name in titles}
    above = {name: titles_above(titles[name], mirror.get(name, {}).get(0, ())) for name in titles}
    for each in batch.touched:
        slot = mirror.get(each.table, {}).get(each.position, ())
        if NOT_COPIED in slot:
            continue
        shifted = moved[each.table]
        astray = shifted & set(each.cells)
        if (other := _is_other_row(each, slot, keys[each.table], shifted)) or astray:
            # All of it goes back: a row is planned as a whole, and this plan is not carried out.
            astray = set(each.cells)
            wrote = replaced(each, slot, astray)
            if wrote:
                victims.append(Victim.of(each, slot, above[each.table], wrote))
        typed = [
            Window(touched=each, column=column, typed=entered_at(slot, column))
            for column in each.cells
            if column not in astray and entered_at(slot, column) != entered_at(each.entered, column)
        ]
        windows += typed
        if not (astray or other):
            verified.add((each.table, each.row))
    for each in batch.removed:
        slot = mirror.get(each.table, {}).get(each.position, ())
        if trimmed(slot) == trimmed(each.entered):
            verified.add((each.table, each.row))
        elif NOT_COPIED not in slot:
            # Another row stood there, or somebody typed in it: it comes back, to be looked at.
            victims.append(Victim.of(each, slot, above[each.table], {}, gone=True))
    strays = tuple(each for each in batch.inserted if moved[each.table])
    verified |= {(each.table, each.row) for each in batch.inserted if each not in strays}
    return Judgement(
        verified=frozenset(verified),
        windows=tuple(windows),
        victims=tuple(victims),
        strays=strays,
    )


def _moved_columns(titles: tuple[Entered, ...], found: tuple[Entered, ...]) -> set[int]:
    """Return the columns whose title is not the one that was read.

    One title replaced by one that was never seen, all others in place, is a rename.
    """
    if NOT_COPIED in found or trimmed(found) == trimmed(titles):
        return set()
    width = max(len(titles), len(found))
    differing = {c for c in range(width) if entered_at(titles, c) != entered_at(found, c)}
    renamed = len(differing) == 1 and entered_at(found, next(iter(differing))) not in titles
    return set() if renamed else differing


def replaced(
    hit: Touched, slot: tuple[Entered, ...], columns: Iterable[int]
) -> Mapping[int, Entered]:
    """Return what was written over something else: the same over the same is no damage."""
    return {c: hit.cells[c] for c in sorted(columns) if entered_at(slot, c) != hit.cells[c]}


def titles_above(read: tuple[Entered, ...], found: tuple[Entered, ...]) -> tuple[Entered, ...]:
    """Return the titles over what was written: the first row's, or, if it has none, those read."""
    return found if _look_like(found, read) else read


def _look_like(row: tuple[Entered, ...], titles: tuple[Entered, ...]) -> bool:
    """Whether most titles stand in a row, in whatever order."""
    known = [title for title in titles if title is not None]
    seen = sum(1 for title in known if title in row)
    return seen > 0 and seen * 2 >= len(known)


def _is_other_row(each: Touched, slot: tuple[Entered, ...], keys: Keys, shifted: set[int]) -> bool:
    """Whether the row that was hit is not the row that was read.

    A row is known by its id and its natural key; read without one of them, by its whole content.
    """
    named = any(entered_at(each.entered, column) is not None for column in keys.natural)
    if entered_at(each.entered, keys.id) is None or not named:
        return trimmed(slot) != trimmed(each.entered)
    confirming = {keys.id, *keys.natural} - shifted
    return any(
        entered_at(slot, column) != entered_at(each.entered, column) for column in confirming
    )
