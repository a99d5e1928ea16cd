"""The past of a row, read from the history: what was changed, and what of it still stands.

Lives here: how lines of the history become changes, how an undo and what it undid cancel out, and
which changes a person means by a cycle, by a row's last change, or by a moment. It must not know:
where the history is kept, what the records hold now.

A field's past is a chain of changes, each from a value to another. A row as a whole has one as
well, under `WHOLE_ROW`: it is in use or it is not. An undo that puts back what a change replaced
takes that change out of the chain, itself included; undone in its turn, it puts it in again. What
is left is the past that still stands.
"""

import dataclasses
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncd.core.plan import WHOLE_ROW
from syncd.core.snapshot import FieldName, RowId, Side, TableName, Value, Values

UNDO = "undo:"
REPLACED_FORMULA = "formula replaced"
_USE = {
    "created": True, "unarchived": True, "archived": False, "deleted": False, "replaced": False,
}  # fmt: skip
_NOT_TAKEN = ("review open", "review rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the history, as it is kept."""

    id: int
    at: str
    cycle: int | None
    side: Side
    origin: str
    table: TableName
    row: RowId
    field: FieldName
    before: Value
    after: Value
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a field in the CRM, or of a whole row: then it is in use (1) or not (0).

    `record` is what the record held as a whole, where the change made it or took it away.
    """

    id: int
    at: str
    cycle: int | None
    origin: str
    table: TableName
    row: RowId
    field: FieldName
    before: Value
    after: Value
    record: Values = dataclasses.field(default_factory=dict)

    @property
    def is_undo(self) -> bool:
        """Whether an admin took something back by it."""
        return self.origin.startswith(UNDO)

    def inverts(self, other: "Change") -> bool:
        """Whether it puts back what another change replaced."""
        return self.is_undo and (self.before, self.after) == (other.after, other.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What still stands of a field's past, oldest first, and by what the rest was undone."""

    stands: tuple[Change, ...]
    undone: Mapping[int, Change]


RowKey = tuple[TableName, RowId]
Key = tuple[TableName, RowId, FieldName]


def changes_of(lines: Iterable[Line]) -> list[Change]:
    """Return the changes of records that lines tell of, oldest first."""
    told = sorted((line for line in lines if line.side is Side.CRM), key=lambda line: line.id)
    pairs = _replacements(told)
    changes: list[Change] = []
    for line in told:
        made = pairs.get(line.id)
        if made is not None and line.outcome == "replaced":
            # Another program put a new record in the place of this one: its fields changed.
            old, new = record_of(line.before), record_of(made.after)
            changes += [
                _change(made, name, old.get(name), value)
                for name, value in new.items()
                if value != old.get(name)
            ]
        elif line.outcome == "changed":
            changes.append(_change(line, line.field, line.before, line.after))
        elif line.outcome in _USE and made is None:
            used = _USE[line.outcome]
            record = record_of(line.after if used else line.before)
            changes.append(_change(line, WHOLE_ROW, int(not used), int(used), record))
    return sorted(changes, key=lambda change: change.id)


def _replacements(told: Sequence[Line]) -> dict[int, Line]:
    """Find the record that was made in the place of each that was replaced, by both their lines.

    Both are told by one statement, in either order.
    """
    pairs: dict[int, Line] = {}
    last: dict[RowKey, Line] = {}
    for line in told:
        before = last.get((line.table, line.row))
        at_once = before is not None and before.at == line.at
        if before and at_once and {before.outcome, line.outcome} == {"replaced", "created"}:
            made = line if line.outcome == "created" else before
            pairs |= {before.id: made, line.id: made}
        last[line.table, line.row] = line
    return pairs


def _change(
    line: Line, name: FieldName, before: Value, after: Value, record: Values | None = None
) -> Change:
    return Change(
        id=line.id,
        at=line.at,
        cycle=line.cycle,
        origin=line.origin,
        table=line.table,
        row=line.row,
        field=name,
        before=_held(before),
        after=_held(after),
        record=record or {},
    )


def _held(value: Value) -> Value:
    """Return a value as records are read: an empty text of another program is a blank."""
    return None if value == "" else value


def record_of(told: Value) -> Values:
    """Return a record as the history tells it; for an archived one it tells only when."""
    if not isinstance(told, str) or not told.startswith("{"):
        return {}
    found: dict[FieldName, Value] = json.loads(told)
    return {name: _held(value) for name, value in found.items()}


def chains_of(changes: Iterable[Change]) -> dict[Key, list[Change]]:
    """Sort changes by the field, or the row, that they are of."""
    chains: dict[Key, list[Change]] = defaultdict(list)
    for change in changes:
        chains[change.table, change.row, change.field].append(change)
    return chains


def standing(changes: Sequence[Change]) -> Chain:
    """Return what still stands of one field's past: an undo and what it undid cancel out."""
    stands: list[Change] = []
    pairs: list[tuple[Change, Change]] = []
    for change in changes:
        if stands and change.inverts(stands[-1]):
            pairs.append((stands.pop(), change))
        elif pairs and change.inverts(pairs[-1][1]):
            # The undo was itself undone: what it had taken back stands again.
            stands.append(pairs.pop()[0])
        else:
            stands.append(change)
    return Chain(stands=tuple(stands), undone={done.id: undo for done, undo in pairs})


def last_change(changes: Iterable[Change]) -> frozenset[int]:
    """Return what was last done to a row and still stands: all its fields that moved together."""
    stands = [c for chain in chains_of(changes).values() for c in standing(chain).stands]
    if not stands:
        return frozenset()
    last = max(stands, key=lambda change: change.id)
    return frozenset(change.id for change in stands if _together(change) == _together(last))


def _together(change: Change) -> tuple[object, ...]:
    """Return what the changes of one act have in common."""
    moment = change.at if change.cycle is None else change.cycle
    return (change.origin, moment)


def changes_since(changes: Iterable[Change], *, after: int = 0, moment: str = "") -> frozenset[int]:
    """Return what was done after an entry of the history, or after a moment."""
    return frozenset(change.id for change in changes if change.id > after and change.at > moment)


def changes_in(
    lines: Collection[Line], past: Iterable[Change], *, delivered: bool
) -> tuple[frozenset[int], tuple[Line, ...]]:
    """Return the changes that the lines of a cycle tell of, and the acts it did not take.

    With `delivered` a change that somebody made in the CRM counts to the cycle that brought it to
    the sheet. What was put back changed nothing that both sides shared: it waits in review.
    """
    offers = {
        (line.side, line.table, line.row, line.field, line.after): line
        for line in lines
        if line.outcome in _NOT_TAKEN
    }
    chains = chains_of(past)
    chosen: set[int] = set()
    put_back: dict[int, Line] = {}
    for line in lines:
        offer = offers.get((line.side, line.table, line.row, line.field, line.before))
        if offer is not None and line.outcome in ("changed", "written"):
            put_back[offer.id] = offer
        elif line.side is Side.CRM:
            chosen.add(line.id)
        elif delivered:
            chain = chains.get((line.table, line.row, line.field), [])
            earlier = [change for change in chain if change.id < line.id]
            chosen |= _brought(line, earlier)
    return frozenset(chosen), tuple(put_back.values())


def _brought(line: Line, earlier: Sequence[Change]) -> set[int]:
    """Return the changes that a write to the sheet brought there."""
    before, after = (0, 1) if line.outcome == "row added" else (line.before, line.after)
    if line.outcome not in ("row added", "written"):
        return set()
    found: set[int] = set()
    for change in reversed(earlier):
        if not found and change.after != after:
            break
        found.add(change.id)
        if change.before == before:
            return found
    return set()


def formulas_in(lines: Iterable[Line], chosen: Collection[int]) -> dict[Key, str]:
    """Return the formulas that stood in cells before changes that are to be undone."""
    told = sorted(lines, key=lambda line: line.id)
    first: dict[Key, int] = {}
    found: dict[Key, str] = {}
    for line in told:
        key = (line.table, line.row, line.field)
        if line.id in chosen:
            first.setdefault(key, line.id)
        elif line.outcome == REPLACED_FORMULA and key in first:
            found.setdefault(key, str(line.before))
    return found
