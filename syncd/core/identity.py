"""Identity: which record each row of a tab is.

Lives here: the settlement of ids over one complete read of a tab. It must not know: where the id
stands in a row, or how a natural key is made.

A row is its id, and an id is confirmed by its natural key. People copy rows (one id twice), sort
only the visible columns (contents permuted under standing ids), or only some of them (contents
mixed), clear ids, type their own, and type one row over another. What cannot be decided freezes:
it is left alone on both sides and said so. While it is open which rows some records are, rows
without an id wait, as one of them may be the row that is looked for.

A row is held where it may be another record's by now: its key is not there any more and most of
its cells are not what they were. A person says whether it was renamed or replaced.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from syncd.core.likeness import (
    PERMUTED_MIN,
    alike,
    holds_little_else,
    is_mixed_up,
    is_mostly_other,
    is_mostly_own,
    permuted_rows,
    shows_home,
)
from syncd.core.seen import Answer, Identified, Key, Known, Said, Seen
from syncd.core.snapshot import RowId

COPIED = "its id stands in several rows and none of them is as it was"
TANGLED = "rows look sorted without their hidden id column, and not all can be followed"
MIXED = "cells of several rows look mixed, as by a sort of some columns only"
HELD = "its key and most of its cells changed: was it renamed, or was another row typed over it?"
SHOWN_TWICE = "several rows without an id show the same record, and none of them is as it was"
WAITS = "it waits until the rows that are held are settled"


def identify(
    seen: Sequence[Seen],
    known: Mapping[RowId, Known],
    mint: Callable[[Seen], RowId],
    said: Mapping[RowId, Said] | None = None,
) -> Identified:
    """Settle the id of each row that is not blank."""
    settlement = _Settlement(known, mint, said or {})
    tidy = _tidied(seen, known)
    groups: dict[str, list[Seen]] = defaultdict(list)
    for row in seen:
        if not row.blank:
            groups[tidy.get(row.id, row.id)].append(row)
    settlement.nameless += groups.pop("", [])
    for text, rows in groups.items():
        settlement.claim(RowId(text), rows)
    settlement.realign()
    settlement.hold()
    settlement.adopt()
    blanks = [(RowId(tidy.get(r.id, r.id)), r.position) for r in seen if r.blank and r.id]
    frozen_ids = settlement.may_be_frozen()
    known_blanks = [pair for pair in blanks if pair[0] in known and pair[0] not in frozen_ids]
    blank: dict[RowId, int] = {}
    stale = []
    for row_id, position in known_blanks:
        own = known[row_id]
        is_own = bool(own.values) and row_id not in settlement.rows and row_id not in blank
        if is_own:
            blank[row_id] = position
        if not is_own or own.archived:
            stale.append(position)
    return Identified(
        ids=settlement.ids,
        frozen=settlement.frozen,
        frozen_ids=frozen_ids,
        blank=blank,
        stale=tuple(stale),
        held=settlement.held,
        settled=frozenset(settlement.settled),
        copies=settlement.copies,
    )


class _Settlement:
    """The claims of one read, as they are settled step by step."""

    def __init__(
        self,
        known: Mapping[RowId, Known],
        mint: Callable[[Seen], RowId],
        said: Mapping[RowId, Said],
    ) -> None:
        self.known = known
        self.mint = mint
        self.said = said
        self.ids: dict[int, RowId] = {}
        self.rows: dict[RowId, Seen] = {}
        self.confirmed: set[RowId] = set()
        self.settled: set[RowId] = set()
        self.frozen: dict[int, str] = {}
        self.frozen_ids: set[RowId] = set()
        self.held: dict[RowId, Seen] = {}
        self.copies: dict[RowId, tuple[Seen, ...]] = {}
        self.left: list[Seen] = []
        self.nameless: list[Seen] = []  # without an id, or with one that is not theirs
        self.retired: dict[RowId, Seen] = {}  # the nameless rows under an archived record's id
        self.is_open = False  # whether it is open which rows some records are
        self.by_key = _unambiguous(known)

    def claim(self, row_id: RowId, rows: Sequence[Seen]) -> None:
        """Give an id to the row that it stands in, or to one of the rows that it was copied to."""
        if row_id not in self.known or self._is_retired(row_id, rows):
            self.nameless += rows
            if row_id in self.known and len(rows) == 1:
                self.retired[row_id] = rows[0]
            return
        owners = self._owners(row_id, rows)
        if len(owners) != 1:
            self.is_open = True
            self._freeze(row_id, rows, COPIED)
            self.copies[row_id] = tuple(rows)
            return
        owner = owners[0]
        self.nameless += [row for row in rows if row is not owner]
        answer = self._answer(row_id, owner)
        if answer is Answer.REPLACED:
            self.nameless.append(owner)
            return
        if answer is not None:
            self.confirmed.add(row_id)
        self._give(row_id, owner)

    def _answer(self, row_id: RowId, row: Seen) -> Answer | None:
        said = self.said.get(row_id)
        if said is None or said.values != row.values or row.values == self.known[row_id].values:
            return None
        self.settled.add(row_id)
        return said.answer

    def _kept(self, row_id: RowId, rows: Sequence[Seen]) -> Sequence[Seen]:
        """Return the row of which a person said that it keeps the record, if they said of any."""
        said = self.said.get(row_id)
        if said is None or said.answer is not Answer.KEEPS:
            return ()
        return [row for row in rows if row.values == said.values][:1]

    def _is_retired(self, row_id: RowId, rows: Sequence[Seen]) -> bool:
        """Whether an archived record's id came back without its key: somebody else's row."""
        own = self.known[row_id]
        return own.archived and own.key is not None and not any(_shows(row, own) for row in rows)

    def _owners(self, row_id: RowId, rows: Sequence[Seen]) -> Sequence[Seen]:
        """Return the rows that may keep a copied id: the first of equals, else the unchanged.

        Where all were edited, the one that still shows the record's own key; where none does, the
        one that is still mostly what it was, if all the others are mostly something else.
        """
        own = self.known[row_id]
        if all(row.values == rows[0].values for row in rows):
            return rows[:1]
        if kept := self._kept(row_id, rows):
            return kept
        same = [row for row in rows if row.values == own.values]
        keyed = [row for row in rows if row.key is not None and row.key == own.key]
        return same[:1] or keyed or [r for r in rows if not is_mostly_other(r.values, own.values)]

    # ── contents that were permuted under standing ids ────────────────────────────────────────

    def realign(self) -> None:
        """Follow contents that were permuted under standing ids, as by a sort of visible columns.

        A row moved when its key is the known key of another record, and its content is more like
        that record's than like its own. All rows that moved are re-aligned together, or none.
        """
        self._part_mixed()
        moved = {row_id: home for row_id in self.rows if (home := self._home(row_id)) is not None}
        moved |= self._by_content(moved)
        homes = list(moved.values())
        # A row that still shows its own key is where it belongs: what shows it elsewhere is a copy.
        taken = {home for home in homes if home in self.rows and home not in moved}
        displaced = {home for home in taken if not self._stands(home)}
        pushed_out = self._pushed_out(moved, displaced) if taken == displaced else None
        if len(set(homes)) != len(homes) or pushed_out is None or self.frozen_ids & set(homes):
            self._tangle({*moved, *displaced} & self.rows.keys(), TANGLED)
            return
        self.nameless += [self._take(row_id) for row_id in pushed_out]
        rows = {row_id: self._take(row_id) for row_id in moved}
        for row_id, row in rows.items():
            self._give(moved[row_id], row)

    def _by_content(self, moved: Mapping[RowId, RowId]) -> dict[RowId, RowId]:
        """Follow rows whose key was cleared or changed as well, by most of what they hold.

        Where they stand belongs to a row elsewhere, and they show what stood where one came from.
        """
        elsewhere = {*moved.values()} | self._shown_without_id().keys()
        left = [row_id for row_id in moved if row_id not in elsewhere]
        found: dict[RowId, RowId] = {}
        rows = {row_id: row for row_id, row in self.rows.items() if not self._stands(row_id)}
        rows |= self.retired
        for row_id in sorted(elsewhere & rows.keys() - moved.keys()):
            values, key = rows[row_id].values, rows[row_id].key
            own = [home for home in left if is_mostly_own(values, self.known[home].values)]
            if key not in self.by_key and len(own) == 1:
                found[row_id] = own[0]
        twice = Counter(found.values())
        return {row_id: home for row_id, home in found.items() if twice[home] == 1}

    def _pushed_out(
        self, moved: Mapping[RowId, RowId], displaced: set[RowId]
    ) -> Sequence[RowId] | None:
        """Return the ids whose row is a new one, put where a row that moved on had stood.

        None where one of these rows may be the record that then stands nowhere. A row that waits is
        no record: it may be any of them, and is a new one wherever it stands.
        """
        if not displaced:
            return ()
        shown = Counter(home for row in self.nameless if (home := self._missing_from(row, moved)))
        found = {*moved.values(), *(row_id for row_id, count in shown.items() if count == 1)}
        records = {row_id for row_id in moved if self.known[row_id].values}
        all_found = found.issuperset(records | displaced)
        if not all_found or not all(self._is_other(row_id) for row_id in displaced):
            return None
        return sorted(displaced)

    def _missing_from(self, row: Seen, moved: Mapping[RowId, RowId]) -> RowId | None:
        """Return the record whose key a row without id shows, if its own row moved on."""
        home = self.by_key.get(row.key) if row.key is not None else None
        return home if home in moved else None

    def _part_mixed(self) -> None:
        """Leave rows alone whose cells were mixed with others': neither can be followed."""
        edited = {
            row_id: (row.values, self.known[row_id].values)
            for row_id, row in self.rows.items()
            if row_id not in self.confirmed
            and self.known[row_id].values
            and row.values != self.known[row_id].values
        }
        mixed = {row_id for row_id in edited if self._is_mixed(row_id)} | self._without_own_key()
        homes = {home for row_id in mixed if (home := self._shown(row_id)) is not None}
        apart = {home for home in homes if home in self.rows and not self._stands(home)}
        self._tangle(mixed | apart, MIXED)
        still = {row_id: pair for row_id, pair in edited.items() if row_id in self.rows}
        followed = {row_id for row_id in still if self._home(row_id) is not None}
        rest = {row_id: pair for row_id, pair in still.items() if row_id not in followed}
        self._tangle(permuted_rows(rest), MIXED)

    def _without_own_key(self) -> set[RowId]:
        """Return rows whose keys went over to rows that hold little else of theirs.

        That they are several tells a sort, or that one of the other rows lost its own key to a
        third one; rows without an id may have taken part.
        """
        shown = [(self._shown(row_id), row_id, row) for row_id, row in self.rows.items()]
        without_id = self._shown_without_id().items()
        shown += [(home, RowId(""), row) for home, rows in without_id for row in rows]
        holder = {
            home: row_id
            for home, row_id, row in shown
            if home in self.rows
            and not (self._stands(home) or (own := self.known[home]).archived)
            and holds_little_else(row.values, own.values, own.named_by)
        }
        chained = any(holder.get(row_id, home) != home for home, row_id in holder.items() if row_id)
        return {*holder} if chained or len(holder) >= PERMUTED_MIN else set()

    def _is_mixed(self, row_id: RowId) -> bool:
        home = self._shown(row_id)
        if home is None:
            return False
        own, other = self.known[row_id], self.known[home]
        named_by = own.named_by | other.named_by
        return is_mixed_up(self.rows[row_id].values, own.values, other.values, named_by)

    def _shown(self, row_id: RowId) -> RowId | None:
        """Return the other record whose key a row shows."""
        row, own = self.rows[row_id], self.known[row_id]
        if row.key is None or row.key == own.key:
            return None
        home = self.by_key.get(row.key)
        return None if home == row_id else home

    def _home(self, row_id: RowId) -> RowId | None:
        """Return the record whose content a row shows, when that is not its own."""
        home = None if row_id in self.confirmed else self._shown(row_id)
        if home is None:
            return None
        row, own = self.rows[row_id], self.known[row_id]
        if not own.values and home in self.rows and not self._has_left(home):
            # A new row that repeats a name: its schema refuses it, nothing was sorted.
            return None
        other = self.known[home]
        return home if shows_home(row.values, own.values, other.values) else None

    def _has_left(self, row_id: RowId) -> bool:
        """Whether what stands under a record's id is another record's content, or mostly other."""
        return self._is_other(row_id) or self._home(row_id) is not None

    def _stands(self, row_id: RowId) -> bool:
        """Whether a record's row is confirmed by its key, or by a person."""
        row = self.rows.get(row_id)
        return row is not None and (row_id in self.confirmed or _shows(row, self.known[row_id]))

    # ── rows that may be another record's by now ──────────────────────────────────────────────

    def hold(self) -> None:
        """Hold rows that were renamed or typed over; where the record stands is known by its key.

        A row that shows the record elsewhere is the record: what stands in its old place is new.
        """
        shown = self._shown_without_id()
        for row_id in [row_id for row_id in self.rows if not self._stands(row_id)]:
            own, is_other = self.known[row_id], self._is_other(row_id)
            if not own.values:
                continue
            rows = shown[row_id]
            whole = [row for row in rows if row.values == own.values][:1]
            like = [row for row in rows if is_other and not is_mostly_other(row.values, own.values)]
            if whole or len(rows) == len(like) == 1:
                found = (whole or like)[0]
                self.nameless = [each for each in self.nameless if each is not found]
                self.nameless.append(self._take(row_id))
                self._give(row_id, found)
            elif is_other:
                row = self._take(row_id)
                self._freeze(row_id, [row], HELD)
                self.held[row_id] = row

    def _shown_without_id(self) -> dict[RowId, list[Seen]]:
        """Return the rows without an id by the record whose key they show."""
        shown = defaultdict[RowId, list[Seen]](list)
        for row in sorted(self.nameless, key=lambda row: row.position):
            home = self.by_key.get(row.key) if row.key is not None else None
            if home is not None:
                shown[home].append(row)
        return shown

    def _is_other(self, row_id: RowId) -> bool:
        """Whether a row's key is not the record's any more, nor are most of its cells."""
        row, own = self.rows[row_id], self.known[row_id]
        if row_id in self.confirmed or not own.values or own.key is None or _shows(row, own):
            return False
        return is_mostly_other(row.values, own.values)

    # ── rows without an id ────────────────────────────────────────────────────────────────────

    def adopt(self) -> None:
        """Give rows without a known id the record whose key they show, or a new id."""
        taken: set[int] = set()
        if not self.is_open:
            for row_id, rows in self._shown_without_id().items():
                if row_id not in self.rows and row_id not in self.held:
                    taken |= self._adopt(row_id, rows)
        for row in sorted(self.nameless, key=lambda row: row.position):
            if row.position in taken:
                continue
            if self.is_open or self._may_be_held(row):
                self._leave(row, WAITS)
            else:
                self._give(self.mint(row), row)

    def _adopt(self, row_id: RowId, rows: Sequence[Seen]) -> set[int]:
        """Give a record that stands nowhere to the one row that shows it, or freeze several.

        Of several it is the first of equals, else the one that is as it was, else the one that
        shows more of it than any other.
        """
        own = self.known[row_id]
        same = [row for row in rows if row.values == own.values]
        if all(row.values == rows[0].values for row in rows):
            best = rows[:1]
        elif kept := self._kept(row_id, rows):
            best = kept
            self.confirmed.add(row_id)
            self.settled.add(row_id)
        elif not (best := same[:1]):
            most = max(alike(row.values, own.values) for row in rows)
            best = [row for row in rows if alike(row.values, own.values) == most]
        if len(best) > 1:
            self._freeze(row_id, rows, SHOWN_TWICE)
            self.copies[row_id] = tuple(rows)
            return {row.position for row in rows}
        self._give(row_id, best[0])
        return {best[0].position}

    def _may_be_held(self, row: Seen) -> bool:
        """Whether a row without id shows what a record holds whose own row is held."""
        return any(
            self._missing(row) == row_id or is_mostly_own(row.values, self.known[row_id].values)
            for row_id in self.held
        )

    def may_be_frozen(self) -> frozenset[RowId]:
        """Return the records that a row left alone may be: by its id, or by the key it shows."""
        shown = (self._missing(row) for row in self.left)
        return frozenset({*self.frozen_ids, *(row_id for row_id in shown if row_id is not None)})

    def _missing(self, row: Seen) -> RowId | None:
        """Return the record whose key a row shows, if no other row is that record."""
        home = self.by_key.get(row.key) if row.key is not None else None
        return None if home in self.rows else home

    # ── what every step does ──────────────────────────────────────────────────────────────────

    def _give(self, row_id: RowId, row: Seen) -> None:
        self.ids[row.position] = row_id
        self.rows[row_id] = row

    def _take(self, row_id: RowId) -> Seen:
        if row_id not in self.rows:
            row = self.retired.pop(row_id)
            self.nameless = [each for each in self.nameless if each is not row]
            return row
        row = self.rows.pop(row_id)
        self.ids.pop(row.position, None)
        return row

    def _tangle(self, rows: Iterable[RowId], reason: str) -> None:
        """Leave rows alone of which nobody can tell which records they are."""
        for row_id in sorted(rows):
            row = self._take(row_id)
            self.is_open = True
            self._freeze(row_id, [row], reason)
            self.held[row_id] = row

    def _freeze(self, row_id: RowId, rows: Iterable[Seen], reason: str) -> None:
        self.frozen_ids.add(row_id)
        for row in rows:
            self._leave(row, reason)

    def _leave(self, row: Seen, reason: str) -> None:
        self.left.append(row)
        self.frozen[row.position] = reason


def _shows(row: Seen, own: Known) -> bool:
    """Whether a row can be known by a record's key."""
    return row.key == own.key or own.key in row.others


def _tidied(seen: Sequence[Seen], known: Mapping[RowId, Known]) -> dict[str, str]:
    """Return the known id that an untidy one means: another case, and only one that it could be."""
    strange = {row.id for row in seen if row.id and row.id not in known}
    if not strange:
        return {}
    folded = Counter(row_id.casefold() for row_id in known)
    by_fold = {row_id.casefold(): row_id for row_id in known if folded[row_id.casefold()] == 1}
    return {text: by_fold[text.casefold()] for text in strange if text.casefold() in by_fold}


def _unambiguous(known: Mapping[RowId, Known]) -> dict[Key, RowId]:
    """Return the record of each key that exactly one record has; live ones come first."""
    live: dict[Key, list[RowId]] = defaultdict(list)
    archived: dict[Key, list[RowId]] = defaultdict(list)
    for row_id, record in known.items():
        if record.key is not None:
            (archived if record.archived else live)[record.key].append(row_id)
    merged = {**archived, **live}
    return {key: rows[0] for key, rows in merged.items() if len(rows) == 1}
