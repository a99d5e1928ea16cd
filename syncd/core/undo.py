"""Undo: which answers take changes of the past back, given what is there now.

Lives here: the choice of what is put back and what is left as it is, with why. It must not know:
where the history is kept, how a value reaches a side. An undo never writes by itself: it is a set
of answers (this value, this row, on both sides) that the next cycle carries out as it would any
other, each bound to the values that it was shown with.

A field is put back only while the changes that are to be undone are the last that stand, and the
record still holds what they left. Whatever moved since, by anybody, stays and is listed.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from syncd.core.past import Chain, Change, Key, RowKey, chains_of, standing
from syncd.core.plan import WHOLE_ROW, Review, ReviewKind, Standing
from syncd.core.snapshot import FieldName, RowId, Side, TableName, Value, Values


class Why(Enum):
    """Why something is left as it is; the value is the reason in words."""

    CHANGED = "it was changed since"
    UNDONE = "it was undone already"
    ASKED = "an edit of it waits in review"
    UNDER_WAY = "it is being taken back or brought in already"
    REFERRED = "a record that is in use refers to it"
    REFUSED = "the value is refused today"
    UNKNOWN = "the record does not hold what the history says"
    GONE = "the schema does not have it any more"
    PUT_BACK = "it was put back then, and was never taken"
    BESIDE = "people wrote into its row beside the table: the row stays in the sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A record as it is now."""

    values: Values
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Something that stays as it is: `before` is what it would have been put back to.

    `since` is the change that stands in the way; `detail` says more where that is none.
    """

    table: TableName
    row: RowId
    why: Why
    field: FieldName = WHOLE_ROW
    before: Value = None
    now: Value = None
    since: Change | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How a row is to be: in use, out of use, or as it is; and the fields that are to change.

    `leaves`: a row that goes out of use leaves the sheet as well, as nobody typed it there.
    `record` is what it held, where there is no record any more.
    """

    values: Values = field(default_factory=dict)
    in_use: bool | None = None
    leaves: bool = False
    record: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What is there now: all records, what waits in review, and which schema holds.

    `refuses` says why a row may not hold some values, whatever the rows that move with it hold;
    blank means it may. `references` names the table that a field refers to. `waiting` are the
    fields, or whole rows, about which something is asked or answered already; `under_way` says of
    a row by which act that is still being carried out.
    """

    records: Mapping[TableName, Mapping[RowId, Held]]
    fields: Mapping[TableName, Collection[FieldName]]
    references: Mapping[TableName, Mapping[FieldName, TableName]]
    waiting: Collection[Key]
    refuses: Callable[[TableName, RowId, Values, Collection[RowKey]], str]
    under_way: Mapping[RowKey, str] = field(default_factory=dict)

    def held(self, row: RowKey) -> Held | None:
        """Return a record, if it is there."""
        return self.records.get(row[0], {}).get(row[1])

    def why_waiting(self, row: RowKey) -> tuple[Why, str]:
        """Return why a row is left alone that something is asked about, and by which act."""
        act = self.under_way.get(row, "")
        return (Why.UNDER_WAY, act) if act else (Why.ASKED, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """What takes the past back: the answers by table, and what stays as it is."""

    answers: Mapping[TableName, tuple[Review, ...]]
    kept: tuple[Kept, ...]


def reverse(
    changes: Iterable[Change],
    chosen: Collection[int],
    present: Present,
    *,
    typed: Collection[RowKey] = (),
) -> Reversal:
    """Return what takes the chosen changes back; `typed` are rows that people put in the sheet."""
    rows: dict[RowKey, list[Change]] = {}
    for change in changes:
        rows.setdefault((change.table, change.row), []).append(change)
    targets: dict[RowKey, Target] = {}
    kept: list[Kept] = []
    for row, past in rows.items():
        first = min((change.id for change in past if change.id in chosen), default=None)
        if first is not None:
            since = [change for change in past if change.id >= first]
            target = _Unwinding(row, since, chosen, present, kept).target()
            targets[row] = replace(target, leaves=row not in typed)
    return answers_for(targets, present, kept)


def hide(rows: Iterable[RowKey], present: Present) -> Reversal:
    """Return what takes rows out of the sheet whose records stay, and wait in review again."""
    answers: dict[TableName, list[Review]] = {}
    kept = []
    asked = {key[:2] for key in present.waiting}
    for row in rows:
        held = present.held(row)
        if held is None or held.archived:
            continue
        if row in asked:
            why, act = present.why_waiting(row)
            kept.append(Kept(table=row[0], row=row[1], why=why, detail=act))
        else:
            answers.setdefault(row[0], []).append(
                _whole(row, ReviewKind.WITHDRAWAL, held, Side.SHEET)
            )
    return Reversal(answers={name: tuple(each) for name, each in answers.items()}, kept=tuple(kept))


def keep_rows(reversal: Reversal, rows: Collection[RowKey]) -> Reversal:
    """Let some rows stay in the sheet that would leave it; their records go out of use even so.

    A row whose record would stay and wait is left as it is.
    """
    answers: dict[TableName, tuple[Review, ...]] = {}
    kept = list(reversal.kept)
    for name, reviews in reversal.answers.items():
        staying = {
            review.key: review
            for review in reviews
            if (name, review.row) in rows and review.kind is ReviewKind.WITHDRAWAL
        }
        kept += [Kept(table=name, row=r.row, why=Why.BESIDE) for r in staying.values()]
        answers[name] = tuple(
            replace(review, kind=ReviewKind.REMOVAL, side=Side.SHEET)
            if review.key in staying
            else review
            for review in reviews
            if review.key not in staying or review.side is Side.CRM
        )
    answers = {name: given for name, given in answers.items() if given}
    return Reversal(answers=answers, kept=tuple(kept))


class _Unwinding:
    """One row's past, taken back from the newest change on, as far as the chosen ones are last."""

    def __init__(
        self,
        row: RowKey,
        past: Sequence[Change],
        chosen: Collection[int],
        present: Present,
        kept: list[Kept],
    ) -> None:
        self.row = row
        self.chosen = chosen
        self.held = present.held(row)
        self.fields = present.fields.get(row[0], ())
        self.kept = kept
        self.chains = {key[2]: standing(chain) for key, chain in chains_of(past).items()}

    def target(self) -> Target:
        """Return how the row is to be; what cannot be put back is added to the list."""
        whole = self.chains.pop(WHOLE_ROW, Chain(stands=(), undone={}))
        undone = self._undone(WHOLE_ROW, whole)
        in_use = bool(undone[0].before) if undone else None
        if in_use is False:
            return self._out_of_use()
        record = undone[-1].record if undone else {}
        held = self.held.values if self.held else record
        values: dict[FieldName, Value] = {}
        for name, chain in self.chains.items():
            if wanted := self._undone(name, chain):
                self._put_back(name, wanted, held, values)
        return Target(values=values, in_use=in_use, record=record)

    def _out_of_use(self) -> Target:
        """Take the row out of use, unless somebody worked on it since: then it stays, whole."""
        since = [
            change
            for chain in self.chains.values()
            for change in chain.stands
            if change.id not in self.chosen
        ]
        if since:
            last = max(since, key=lambda change: change.id)
            self._keep(Why.CHANGED, WHOLE_ROW, since=last, now=last.after)
            return Target()
        return Target(in_use=False)

    def _undone(self, name: FieldName, chain: Chain) -> list[Change]:
        """Return the chosen changes that are the last of a chain; tell of those that are not."""
        undone: list[Change] = []
        rest = list(chain.stands)
        while rest and rest[-1].id in self.chosen:
            undone.insert(0, rest.pop())
        below = [change for change in rest if change.id in self.chosen]
        if below:
            self._keep(Why.CHANGED, name, before=below[0].before, since=rest[-1])
        before = [undo for number, undo in chain.undone.items() if number in self.chosen]
        before = [undo for undo in before if undo.id not in self.chosen]
        if before and not undone and not below:
            self._keep(Why.UNDONE, name, before=before[-1].after, since=before[-1])
        return undone

    def _put_back(
        self,
        name: FieldName,
        undone: Sequence[Change],
        held: Values,
        values: dict[FieldName, Value],
    ) -> None:
        before, now = undone[0].before, held.get(name)
        if name not in self.fields:
            self._keep(Why.GONE, name, before=before)
        elif now != undone[-1].after:
            self._keep(Why.UNKNOWN, name, before=before)
        elif now != before:
            values[name] = before

    def _keep(
        self,
        why: Why,
        name: FieldName,
        *,
        before: Value = None,
        now: Value = None,
        since: Change | None = None,
    ) -> None:
        held = self.held.values.get(name) if self.held and name else now
        table, row = self.row
        self.kept.append(
            Kept(table=table, row=row, why=why, field=name, before=before, now=held, since=since)
        )


def answers_for(
    targets: Mapping[RowKey, Target], present: Present, kept: Sequence[Kept] = ()
) -> Reversal:
    """Return the answers that bring rows to their targets, as far as nothing stands against it."""
    answering = _Answering(targets, present, list(kept))
    answers: dict[TableName, list[Review]] = {}
    for row in targets:
        for review in answering.of(row):
            answers.setdefault(row[0], []).append(review)
    return Reversal(
        answers={name: tuple(found) for name, found in answers.items()},
        kept=tuple(answering.kept),
    )


class _Answering:
    """The targets of an undo, turned into answers row by row."""

    def __init__(
        self, targets: Mapping[RowKey, Target], present: Present, kept: list[Kept]
    ) -> None:
        self.targets = targets
        self.present = present
        self.kept = kept
        self.asked = {key[:2] for key in present.waiting}
        self.leaving = self._leaving()
        moves = {row for row, target in targets.items() if target.values or target.in_use}
        self.moving = self.leaving | moves

    def _leaving(self) -> set[RowKey]:
        """Return the rows that go out of use: none to which a row refers that stays."""
        leaving: set[RowKey] = set()
        for row, target in self.targets.items():
            held = self.present.held(row)
            if target.in_use is False and held is not None and not held.archived:
                if row in self.asked:
                    self._keep(row, Why.ASKED)
                else:
                    leaving.add(row)
        while needed := {target: by for by, target in self._needed(leaving)}:
            leaving -= needed.keys()
            for row, (name, referrer) in needed.items():
                self._keep(row, Why.REFERRED, detail=f"{name} {referrer}")
        return leaving

    def _needed(self, leaving: Collection[RowKey]) -> Iterator[tuple[RowKey, RowKey]]:
        """Yield each reference of a record that stays in use to a row that would leave."""
        for name, fields in self.present.references.items():
            for row, held in self.present.records.get(name, {}).items() if fields else ():
                target = self.targets.get((name, row), Target())
                if (name, row) in leaving or (held.archived and not target.in_use):
                    continue
                values = {**held.values, **target.values}
                for each, other in fields.items():
                    referred = (other, RowId(str(values.get(each))))
                    if referred in leaving:
                        yield (name, row), referred

    def of(self, row: RowKey) -> Iterator[Review]:
        """Yield the answers about one row."""
        target, held = self.targets[row], self.present.held(row)
        if row in self.leaving and held is not None:
            if target.leaves:
                yield _whole(row, ReviewKind.WITHDRAWAL, held)
            else:
                yield _whole(row, ReviewKind.REMOVAL, held, Side.SHEET)
            return
        returns = target.in_use is True and (held is None or held.archived)
        if held is None and not returns:
            return
        now = held.values if held else target.record
        values = dict(self._free(row, target.values))
        reason = self.present.refuses(*row, {**now, **values}, self.moving)
        if reason and (returns or values):
            for name in (WHOLE_ROW,) if returns else values:
                self._keep(row, Why.REFUSED, name, before=values.get(name), detail=reason)
            return
        if returns and row in self.asked:
            self._keep(row, Why.ASKED)
            return
        if returns and held is None:
            yield _whole(row, ReviewKind.RETURN, Held(values={**now, **values}))
            return
        if returns and held is not None:
            yield _whole(row, ReviewKind.RETURN, held)
        for name, value in values.items():
            yield _edit(row, name, value, now.get(name))

    def _free(self, row: RowKey, values: Values) -> Iterator[tuple[FieldName, Value]]:
        """Yield the values of fields about which nothing is asked."""
        for name, value in values.items():
            if {(*row, name), (*row, WHOLE_ROW)} & set(self.present.waiting):
                self._keep(row, Why.ASKED, name, before=value)
            else:
                yield name, value

    def _keep(
        self,
        row: RowKey,
        why: Why,
        name: FieldName = WHOLE_ROW,
        *,
        before: Value = None,
        detail: str = "",
    ) -> None:
        held = self.present.held(row)
        now = held.values.get(name) if held else None
        table, key = row
        if why is Why.ASKED:
            why, detail = self.present.why_waiting(row)
        self.kept.append(
            Kept(table=table, row=key, why=why, field=name, before=before, now=now, detail=detail)
        )


def _whole(row: RowKey, kind: ReviewKind, held: Held, side: Side = Side.CRM) -> Review:
    """Answer for a whole row: it returns, or it goes, as it is now."""
    offered = held.values if kind is ReviewKind.RETURN else {}
    return Review(
        kind=kind,
        row=row[1],
        side=side,
        offered=offered,
        shown=held.values,
        standing=Standing.ACCEPTED,
    )


def _edit(row: RowKey, name: FieldName, value: Value, now: Value) -> Review:
    return Review(
        kind=ReviewKind.EDIT,
        row=row[1],
        side=Side.CRM,
        field=name,
        offered={name: value},
        shown={name: now},
        base={name: now},
        standing=Standing.ACCEPTED,
    )
