"""Identity: which record each row of a tab is.

Lives here: the settlement of ids over one complete read of a tab. It must not know: where the id
stands in a row, or how a natural key is made.

A row is its id, and an id is confirmed by its natural key. People copy rows (one id twice), sort
only the visible columns (contents permuted under standing ids), clear ids and type their own.
What cannot be decided freezes: it is left alone on both sides and said so, and while something
is frozen rows without an id wait, as one of them may be the row that is looked for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncd.core.snapshot import RowId, Values

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One row as it was read: its place, the id that stands in it, and its content."""

    position: int
    id: str
    key: Key | None
    values: Values
    blank: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a record: its key, its content as shared, and whether it is in use."""

    key: Key | None
    values: Values
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """The settlement: each row's id by position, and the positions that are left alone, with why.

    `blank` are rows under a known id whose cells are all empty: the record was removed there.
    `frozen_ids` are the records that a row left alone may be.
    """

    ids: Mapping[int, RowId]
    frozen: Mapping[int, str]
    frozen_ids: frozenset[RowId]
    blank: Mapping[RowId, int]


def identify(
    seen: Sequence[Seen], known: Mapping[RowId, Known], mint: Callable[[], RowId]
) -> Identified:
    """Settle the id of each row that is not blank."""
    settlement = _Settlement(known, mint)
    groups: dict[str, list[Seen]] = defaultdict(list)
    for row in seen:
        if not row.blank:
            groups[row.id].append(row)
    nameless = groups.pop("", [])
    for text, rows in groups.items():
        settlement.claim(RowId(text), rows)
    settlement.realign()
    settlement.adopt(nameless)
    blank = {RowId(row.id): row.position for row in seen if row.blank and row.id}
    frozen_ids = settlement.may_be_frozen()
    return Identified(
        ids=settlement.ids,
        frozen=settlement.frozen,
        frozen_ids=frozen_ids,
        blank={
            row_id: at
            for row_id, at in blank.items()
            if row_id in known and row_id not in settlement.rows and row_id not in frozen_ids
        },
    )


class _Settlement:
    """The claims of one read, as they are settled step by step."""

    def __init__(self, known: Mapping[RowId, Known], mint: Callable[[], RowId]) -> None:
        self.known = known
        self.mint = mint
        self.ids: dict[int, RowId] = {}
        self.rows: dict[RowId, Seen] = {}
        self.frozen: dict[int, str] = {}
        self.frozen_ids: set[RowId] = set()
        self.held: list[Seen] = []
        self.strangers: list[Seen] = []
        self.by_key = _unambiguous(known)

    def claim(self, row_id: RowId, rows: Sequence[Seen]) -> None:
        """Give an id to the row that it stands in, or to one of the rows that it was copied to."""
        if row_id not in self.known or self._is_retired(row_id, rows):
            self.strangers += rows
            return
        owners = self._owners(row_id, rows)
        if len(owners) != 1:
            reason = "its id stands in several rows and none of them is as it was"
            self._freeze(row_id, rows, reason)
            return
        self._give(row_id, owners[0])
        self.strangers += [row for row in rows if row is not owners[0]]

    def _is_retired(self, row_id: RowId, rows: Sequence[Seen]) -> bool:
        """Whether an archived record's id came back without its key: somebody else's row."""
        own = self.known[row_id]
        return own.archived and own.key is not None and all(row.key != own.key for row in rows)

    def _owners(self, row_id: RowId, rows: Sequence[Seen]) -> Sequence[Seen]:
        """Return the rows that may keep a copied id: the first of equals, else the unchanged.

        Where both were edited, the one that still shows the record's own key.
        """
        own = self.known[row_id]
        if all(row.values == rows[0].values for row in rows):
            return rows[:1]
        same = [row for row in rows if row.values == own.values]
        return same[:1] or [row for row in rows if row.key is not None and row.key == own.key]

    def realign(self) -> None:
        """Follow contents that were permuted under standing ids, as by a sort of visible columns.

        A row moved when its key is the known key of another record, and its content is more like
        that record's than like its own. All rows that moved are re-aligned together, or none.
        """
        moved = {row_id: home for row_id in self.rows if (home := self._home(row_id)) is not None}
        homes = list(moved.values())
        # A row that still shows its own key is where it belongs: what shows it elsewhere is a copy.
        taken = {home for home in homes if home in self.rows and home not in moved}
        displaced = {home for home in taken if not self._stands(home)}
        if len(set(homes)) != len(homes) or taken:
            tangled = set(moved) | displaced
            for row_id in tangled:
                self._freeze(
                    row_id,
                    [self.rows.pop(row_id)],
                    "rows look sorted without their hidden id column, and not all can be followed",
                )
            return
        rows = {row_id: self.rows.pop(row_id) for row_id in moved}
        for row_id, row in rows.items():
            self._give(moved[row_id], row)

    def _home(self, row_id: RowId) -> RowId | None:
        """Return the record whose content a row shows, when that is not its own."""
        row, own = self.rows[row_id], self.known[row_id]
        if row.key is None or row.key == own.key:
            return None
        home = self.by_key.get(row.key)
        if home is None or home == row_id:
            return None
        if not own.values and self._stands(home):
            # A new row that repeats a name: its schema refuses it, nothing was sorted.
            return None
        alike = _likeness(row.values, self.known[home].values)
        return home if alike > _likeness(row.values, own.values) else None

    def _stands(self, row_id: RowId) -> bool:
        """Whether a record's row is confirmed by its key."""
        row = self.rows.get(row_id)
        return row is not None and row.key == self.known[row_id].key

    def adopt(self, nameless: Iterable[Seen]) -> None:
        """Give rows without a known id the record whose key they show, or a new id."""
        for row in sorted((*nameless, *self.strangers), key=lambda row: row.position):
            if self.frozen:
                self._hold(row, "it waits until the rows that are held are settled")
            else:
                self._give(self._missing(row) or self.mint(), row)

    def may_be_frozen(self) -> frozenset[RowId]:
        """Return the records that a row left alone may be: by its id, or by the key it shows."""
        shown = (self._missing(row) for row in self.held)
        return frozenset({*self.frozen_ids, *(row_id for row_id in shown if row_id is not None)})

    def _missing(self, row: Seen) -> RowId | None:
        """Return the record whose key a row shows, if no other row is that record."""
        home = self.by_key.get(row.key) if row.key is not None else None
        return None if home in self.rows else home

    def _give(self, row_id: RowId, row: Seen) -> None:
        self.ids[row.position] = row_id
        self.rows[row_id] = row

    def _freeze(self, row_id: RowId, rows: Iterable[Seen], reason: str) -> None:
        self.frozen_ids.add(row_id)
        for row in rows:
            self.ids.pop(row.position, None)
            self._hold(row, reason)

    def _hold(self, row: Seen, reason: str) -> None:
        self.held.append(row)
        self.frozen[row.position] = reason


def _unambiguous(known: Mapping[RowId, Known]) -> dict[Key, RowId]:
    """Return the record of each key that exactly one record has; live ones come first."""
    live: dict[Key, list[RowId]] = defaultdict(list)
    archived: dict[Key, list[RowId]] = defaultdict(list)
    for row_id, record in known.items():
        if record.key is not None:
            (archived if record.archived else live)[record.key].append(row_id)
    merged = {**archived, **live}
    return {key: rows[0] for key, rows in merged.items() if len(rows) == 1}


def _likeness(values: Values, other: Values) -> int:
    """Count the fields in which both are the same; a blank that stayed blank speaks for a row."""
    return sum(1 for name, value in values.items() if value == other.get(name))
