"""Undo: the newest changes are taken back; whatever moved since stays, and is told."""

import itertools
import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.past import (
    REPLACED_FORMULA,
    Change,
    Line,
    RowKey,
    changes_in,
    changes_of,
    changes_since,
    formulas_in,
    last_change,
)
from syncd.core.plan import WHOLE_ROW, ReviewKind
from syncd.core.snapshot import FieldName, RowId, Side, TableName, Value, Values
from syncd.core.undo import (
    Held,
    Present,
    Reversal,
    Target,
    Why,
    answers_for,
    hide,
    keep_rows,
    reverse,
)

PEOPLE, DEALS = TableName("people"), TableName("deals")
NAME, FEE, WITH = FieldName("name"), FieldName("fee"), FieldName("with")
FIELDS = {PEOPLE: (NAME, FEE), DEALS: (WITH, FEE)}
ANNA, BEN = RowId("anna"), RowId("ben")
DEAL = RowId("deal")


@dataclass
class Book:
    """Records with their history, as triggers write it, and undos as cycles carry them out."""

    records: dict[RowKey, Held] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    waiting: set[tuple[TableName, RowId, FieldName]] = field(default_factory=set)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    undos: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def tell(
        self,
        row: RowKey,
        outcome: str,
        *,
        name: FieldName = WHOLE_ROW,
        before: Value = None,
        after: Value = None,
        origin: str = "sheet",
        cycle: int | None = None,
        side: Side = Side.CRM,
        at: str = "",
    ) -> Line:
        """Write one line of the history."""
        number = next(self.numbers)
        line = Line(
            id=number,
            at=at or f"t{number:04}",
            cycle=cycle,
            side=side,
            origin=origin,
            table=row[0],
            row=row[1],
            field=name,
            before=before,
            after=after,
            outcome=outcome,
        )
        self.lines.append(line)
        return line

    def make(self, row: RowKey, values: Values, *, origin: str = "sheet", cycle: int = 1) -> None:
        """Make a record."""
        self.records[row] = Held(values=dict(values))
        self.tell(row, "created", after=json.dumps(values), origin=origin, cycle=cycle)

    def set(
        self,
        row: RowKey,
        name: FieldName,
        value: Value,
        *,
        origin: str = "sheet",
        cycle: int | None = None,
    ) -> None:
        """Change a field of a record."""
        held = self.records[row]
        before = held.values[name]
        if before != value:
            self.records[row] = replace(held, values={**held.values, name: value})
            self.tell(
                row, "changed", name=name, before=before, after=value, origin=origin, cycle=cycle
            )

    def use(
        self, row: RowKey, *, used: bool, origin: str = "sheet", cycle: int | None = None
    ) -> None:
        """Take a record out of use, or into use again."""
        if self.records[row].archived is used:
            self.records[row] = replace(self.records[row], archived=not used)
            self.tell(row, "unarchived" if used else "archived", origin=origin, cycle=cycle)

    def delete(self, row: RowKey) -> None:
        """Delete a record for good, as another program may."""
        held = self.records.pop(row)
        self.tell(row, "deleted", before=json.dumps(dict(held.values)), origin="crm")

    @property
    def present(self) -> Present:
        """What an undo looks at."""
        records: dict[TableName, dict[RowId, Held]] = {name: {} for name in FIELDS}
        for (name, row), held in self.records.items():
            records[name][row] = held
        return Present(
            records=records,
            fields=FIELDS,
            references={PEOPLE: {}, DEALS: {WITH: PEOPLE}},
            waiting=self.waiting,
            refuses=self._refuses,
        )

    def _refuses(
        self, name: TableName, row: RowId, values: Values, moving: Collection[RowKey]
    ) -> str:
        return "is too much" if values.get(FEE) == 999 else ""

    @property
    def changes(self) -> list[Change]:
        """The past of all records."""
        return changes_of(self.lines)

    def undo(self, chosen: Collection[int], *, typed: Collection[RowKey] = ()) -> Reversal:
        """Undo changes, as a cycle carries it out; an undo has a number of its own."""
        reversal = reverse(self.changes, chosen, self.present, typed=typed)
        self.carry_out(reversal)
        return reversal

    def carry_out(self, reversal: Reversal) -> None:
        """Do what the answers ask for."""
        origin = f"undo:{next(self.undos)}"
        for name, reviews in reversal.answers.items():
            for review in reviews:
                row = (name, review.row)
                match review.kind:
                    case ReviewKind.WITHDRAWAL | ReviewKind.REMOVAL:
                        self.use(row, used=False, origin=origin)
                    case ReviewKind.RETURN if row not in self.records:
                        self.make(row, review.offered, origin=origin)
                    case ReviewKind.RETURN:
                        self.use(row, used=True, origin=origin)
                    case _:
                        held = self.records[row].values[review.field]
                        assert held == review.shown[review.field]
                        self.set(row, review.field, review.offered[review.field], origin=origin)

    def by(self, origin: str) -> frozenset[int]:
        """The changes of an origin."""
        return frozenset(c.id for c in self.changes if c.origin == origin)

    def in_cycle(self, cycle: int) -> frozenset[int]:
        """The changes of a cycle."""
        told = [line for line in self.lines if line.cycle == cycle]
        return changes_in(told, self.changes, delivered=True)[0]


def book(*rows: RowId) -> Book:
    """Return a book with people in it, made in cycle 1."""
    made = Book()
    for row in rows or (ANNA,):
        made.make((PEOPLE, row), {NAME: row, FEE: 1})
    return made


A, B, D = (PEOPLE, ANNA), (PEOPLE, BEN), (DEALS, DEAL)


def whys(reversal: Reversal) -> list[Why]:
    """Return why things stay as they are."""
    return [kept.why for kept in reversal.kept]


def test_undo_puts_the_value_before_back() -> None:
    """Of two changes in one undo, the value before the first one returns."""
    made = book()
    made.set(A, FEE, 2, cycle=2)
    made.set(A, FEE, 3, cycle=2)
    made.undo(made.in_cycle(2))
    assert made.records[A].values[FEE] == 1


def test_undo_leaves_what_moved_since() -> None:
    """A field that somebody changed since stays, and the change that stands in the way is told."""
    made = book()
    made.set(A, FEE, 2, cycle=2)
    made.set(A, NAME, "Ann", cycle=2)
    made.set(A, FEE, 3, origin="crm")
    reversal = made.undo(made.in_cycle(2))
    assert made.records[A].values == {NAME: "anna", FEE: 3}
    (kept,) = reversal.kept
    assert (kept.why, kept.field, kept.before, kept.now) == (Why.CHANGED, FEE, 1, 3)
    assert kept.since is not None
    assert kept.since.origin == "crm"


def test_undo_leaves_what_moved_and_came_back() -> None:
    """A field that moved and holds the same again was still decided about since."""
    made = book()
    made.set(A, FEE, 2, cycle=2)
    made.set(A, FEE, 3)
    made.set(A, FEE, 2)
    assert whys(made.undo(made.in_cycle(2))) == [Why.CHANGED]


def test_undo_twice_says_undone() -> None:
    """What was undone already is not undone again."""
    made = book()
    made.set(A, FEE, 2, cycle=2)
    made.undo(made.in_cycle(2))
    assert whys(made.undo(made.in_cycle(2))) == [Why.UNDONE]
    assert made.records[A].values[FEE] == 1


def test_undo_of_an_undo_and_again() -> None:
    """An undo can be undone, and the first one given again."""
    made = book()
    made.set(A, FEE, 2, cycle=2)
    made.undo(made.in_cycle(2))
    made.undo(made.by("undo:1"))
    assert made.records[A].values[FEE] == 2
    made.undo(made.in_cycle(2))
    assert made.records[A].values[FEE] == 1


def test_undo_of_an_edit_opens_what_it_covered() -> None:
    """Once the change that stood in the way is undone, the one below it can be undone as well."""
    made = book()
    made.set(A, FEE, 2, cycle=2)
    made.set(A, FEE, 3, cycle=3)
    made.undo(made.in_cycle(3))
    made.undo(made.in_cycle(2))
    assert made.records[A].values[FEE] == 1


def test_undo_of_a_new_row_takes_it_out_of_use() -> None:
    """A record that was made goes out of use; its row leaves the sheet unless people typed it."""
    made = book(ANNA, BEN)
    reversal = made.undo(made.in_cycle(1), typed={A})
    kinds = [review.kind for review in reversal.answers[PEOPLE]]
    assert kinds == [ReviewKind.REMOVAL, ReviewKind.WITHDRAWAL]
    assert all(held.archived for held in made.records.values())
    made.undo(made.by("undo:1"))
    assert not any(held.archived for held in made.records.values())


def test_undo_of_a_new_row_that_was_worked_on_leaves_it() -> None:
    """A new row that somebody changed since stays whole."""
    made = book()
    made.set(A, FEE, 2)
    assert whys(made.undo(made.in_cycle(1))) == [Why.CHANGED]
    assert not made.records[A].archived


def test_undo_of_a_new_row_with_its_own_changes_takes_it() -> None:
    """Changes that are undone as well do not keep a row."""
    made = book()
    made.set(A, FEE, 2, cycle=1)
    made.undo(made.in_cycle(1))
    assert made.records[A].archived


def test_undo_leaves_a_row_that_is_referred_to() -> None:
    """A row that a record in use refers to stays; undone together with it, both go."""
    made = book()
    made.make(D, {WITH: ANNA, FEE: 1}, cycle=2)
    reversal = made.undo(made.in_cycle(1))
    assert whys(reversal) == [Why.REFERRED]
    assert reversal.kept[0].detail == "deals deal"
    made.undo(made.in_cycle(1) | made.in_cycle(2))
    assert made.records[A].archived
    assert made.records[D].archived


def test_undo_takes_a_row_from_which_the_reference_moves() -> None:
    """A record that is put back to another reference does not keep the row it lets go."""
    made = book()
    made.make(D, {WITH: None, FEE: 1}, cycle=2)
    made.make(B, {NAME: "ben", FEE: 1}, cycle=3)
    made.set(D, WITH, BEN, cycle=3)
    made.undo(made.in_cycle(3))
    assert made.records[B].archived
    assert made.records[D].values[WITH] is None


def test_archived_referrer_keeps_nothing() -> None:
    """A record out of use keeps no row, unless the undo brings it back."""
    made = book()
    made.make(D, {WITH: ANNA, FEE: 1}, cycle=2)
    made.use(D, used=False, cycle=1)
    assert whys(made.undo(made.in_cycle(1))) == [Why.REFERRED]
    made.use(D, used=False, cycle=5)
    made.undo(frozenset({made.changes[0].id}))
    assert made.records[A].archived


def test_undo_brings_back_what_was_archived_or_deleted() -> None:
    """A record that was archived returns; one that was deleted is made again as it was."""
    made = book(ANNA, BEN)
    made.use(A, used=False, cycle=2)
    made.set(B, FEE, 7, origin="crm")
    made.delete(B)
    past = made.changes
    made.undo(made.in_cycle(2))
    assert not made.records[A].archived
    made.undo(last_change([c for c in past if c.row == BEN]))
    assert made.records[B] == Held(values={NAME: "ben", FEE: 7})


def test_undo_of_edits_of_a_deleted_record_makes_it_as_before() -> None:
    """Back to a moment before the edit and the deletion, the record is made with the old value."""
    made = book()
    made.set(A, FEE, 7, cycle=2)
    made.delete(A)
    made.undo(changes_since(made.changes, after=1))
    assert made.records[A] == Held(values={NAME: "anna", FEE: 1})


def test_undo_of_an_edit_of_a_deleted_record_alone_does_nothing() -> None:
    """There is no record to put the value into."""
    made = book()
    made.set(A, FEE, 7, cycle=2)
    made.delete(A)
    assert whys(made.undo(made.in_cycle(2))) == [Why.UNKNOWN]
    assert made.undo(made.in_cycle(1)).answers == {}


def test_undo_of_edits_of_an_archived_record() -> None:
    """A record out of use has its values put back as well."""
    made = book()
    made.set(A, FEE, 7, cycle=2)
    made.use(A, used=False)
    made.undo(made.in_cycle(2))
    assert made.records[A] == Held(values={NAME: "anna", FEE: 1}, archived=True)


def test_undo_leaves_what_waits_in_review() -> None:
    """Fields, rows that leave and rows that return stay while something is asked of them."""
    made = book(ANNA, BEN)
    made.set(A, FEE, 2, cycle=2)
    made.use(B, used=False, cycle=2)
    made.waiting = {(*A, FEE), (*B, NAME)}
    assert whys(made.undo(made.in_cycle(2))) == [Why.ASKED, Why.ASKED]
    made = book()
    made.waiting = {(*A, WHOLE_ROW)}
    assert Why.ASKED in whys(made.undo(made.in_cycle(1)))
    assert whys(hide([A], made.present)) == [Why.ASKED]


def test_undo_leaves_what_is_refused_today() -> None:
    """A value that the schema refuses by now is not put back, nor a row with it."""
    made = book(ANNA, BEN)
    made.set(A, FEE, 999, cycle=2)
    made.set(A, FEE, 5, cycle=3)
    made.set(B, FEE, 999, cycle=2)
    made.use(B, used=False, cycle=3)
    reversal = made.undo(made.in_cycle(3))
    assert [(k.why, k.field, k.detail) for k in reversal.kept] == [
        (Why.REFUSED, FEE, "is too much"),
        (Why.REFUSED, "", "is too much"),
    ]


def test_undo_leaves_what_the_schema_does_not_have() -> None:
    """A field that left the schema cannot be put back."""
    made = book()
    made.tell(A, "changed", name=FieldName("old"), before=1, after=2, cycle=2)
    assert whys(made.undo(made.in_cycle(2))) == [Why.GONE]


def test_undo_leaves_what_the_history_does_not_know() -> None:
    """A record that holds something else than its last change left is not touched."""
    made = book()
    made.set(A, FEE, 2, cycle=2)
    made.records[A] = Held(values={NAME: "anna", FEE: 8})
    assert whys(made.undo(made.in_cycle(2))) == [Why.UNKNOWN]
    made.set(A, NAME, "x", cycle=3)
    made.set(A, NAME, "anna", cycle=3)
    assert made.undo(made.in_cycle(3)).answers == {}


def test_rows_out_of_use_already_need_nothing() -> None:
    """A row that is out of use by now is not taken out once more, nor hidden."""
    made = book()
    made.records[A] = replace(made.records[A], archived=True)
    assert made.undo(made.in_cycle(1)) == Reversal(answers={}, kept=())
    assert hide([A, B], made.present).answers == {}


def test_hidden_rows_leave_the_sheet_alone() -> None:
    """A row that a switch brought into the sheet leaves it; its record stays."""
    made = book()
    (review,) = hide([A], made.present).answers[PEOPLE]
    assert (review.kind, review.side) == (ReviewKind.WITHDRAWAL, Side.SHEET)


def test_rows_that_stay_are_archived_and_not_hidden() -> None:
    """A row that has to stay keeps its place: its record goes out of use, or nothing happens."""
    made = book(ANNA, BEN)
    leaving = reverse(made.changes, made.in_cycle(1), made.present)
    kept = keep_rows(leaving, {A})
    assert [review.kind for review in kept.answers[PEOPLE]] == [
        ReviewKind.REMOVAL,
        ReviewKind.WITHDRAWAL,
    ]
    assert whys(kept) == [Why.BESIDE]
    assert keep_rows(hide([A], made.present), {A}).answers == {}


def test_targets_that_are_reached_ask_for_nothing() -> None:
    """A row that is in use already does not return."""
    made = book()
    reversal = answers_for({A: Target(in_use=True), B: Target()}, made.present)
    assert reversal.answers == {}


# ── Which changes are meant ───────────────────────────────────────────────────────────────────


def test_cycle_counts_what_it_brought_to_the_sheet() -> None:
    """Changes that another program made in the CRM are undone with the cycle that showed them."""
    made = book()
    made.set(A, FEE, 2, origin="crm")
    made.set(A, FEE, 3, origin="crm")
    made.tell(A, "written", name=FEE, before=1, after=3, side=Side.SHEET, cycle=4)
    made.make(B, {NAME: "ben", FEE: 1}, origin="crm", cycle=0)
    made.tell(B, "row added", side=Side.SHEET, cycle=4)
    made.undo(made.in_cycle(4))
    assert made.records[A].values[FEE] == 1
    assert made.records[B].archived


def test_cycle_counts_nothing_that_it_did_not_bring() -> None:
    """What was written over something else, or a row taken out, is no change of the CRM."""
    made = book()
    made.set(A, FEE, 2, origin="crm")
    made.tell(A, "written", name=FEE, before=5, after=2, side=Side.SHEET, cycle=4)
    made.tell(A, "written", name=FEE, before=1, after=6, side=Side.SHEET, cycle=4)
    made.tell(A, "row removed", side=Side.SHEET, cycle=4)
    assert made.in_cycle(4) == frozenset()
    told = [line for line in made.lines if line.cycle == 4]
    assert changes_in(told, made.changes, delivered=False)[0] == frozenset()


def test_cycle_tells_what_it_put_back() -> None:
    """An edit that was put back changed nothing that both sides shared."""
    made = book()
    made.set(A, FEE, 2, origin="crm")
    made.tell(A, "review open", name=FEE, before=1, after=2, origin="crm", cycle=4)
    made.set(A, FEE, 1, cycle=4)
    told = [line for line in made.lines if line.cycle == 4]
    chosen, put_back = changes_in(told, made.changes, delivered=True)
    assert [line.outcome for line in put_back] == ["review open"]
    assert {line.id for line in told if line.outcome == "changed"}.isdisjoint(chosen)


def test_last_change_is_all_that_moved_together() -> None:
    """The fields of one cycle, or of one statement of another program, count as one change."""
    made = book()
    made.set(A, FEE, 2, cycle=2)
    made.set(A, NAME, "Ann", cycle=2)
    made.undo(last_change(made.changes))
    assert made.records[A].values == {NAME: "anna", FEE: 1}
    made.undo(last_change(made.changes))
    assert made.records[A].archived
    assert last_change([]) == frozenset()
    made.undo(last_change(made.changes))
    assert last_change(made.changes) == frozenset()


def test_changes_since_a_moment() -> None:
    """A row goes back to how it was at a time."""
    made = book()
    made.set(A, FEE, 2, cycle=2)
    moment = made.lines[-1].at
    made.set(A, FEE, 3)
    made.set(A, NAME, "Ann", origin="crm")
    made.undo(changes_since(made.changes, moment=moment))
    assert made.records[A].values == {NAME: "anna", FEE: 2}


def test_replaced_record_is_a_change_of_its_fields() -> None:
    """INSERT OR REPLACE is undone field by field, whichever line of the two comes first."""
    for outcomes in (("replaced", "created"), ("created", "replaced")):
        made = book()
        new = {NAME: "anna", FEE: 5}
        for outcome in outcomes:
            told = made.records[A].values if outcome == "replaced" else new
            given = {"before" if outcome == "replaced" else "after": json.dumps(told)}
            made.tell(A, outcome, origin="crm", at="t", **given)  # type: ignore[arg-type]
        made.records[A] = Held(values=new)
        made.undo(last_change(made.changes))
        assert made.records[A].values == {NAME: "anna", FEE: 1}


def test_record_that_made_room_for_another_comes_back() -> None:
    """A record that REPLACE took away is a record that was deleted."""
    made = book()
    made.tell(A, "replaced", before=json.dumps(made.records.pop(A).values), origin="crm")
    made.undo(last_change(made.changes))
    assert made.records[A] == Held(values={NAME: "anna", FEE: 1})


def test_formula_before_the_undone_change_is_found() -> None:
    """Of a field that is put back, the formula that the first change to be undone replaced."""
    made = book()
    made.tell(A, REPLACED_FORMULA, name=FEE, before="=0", side=Side.SHEET, cycle=1)
    made.set(A, FEE, 2, cycle=2)
    made.tell(A, REPLACED_FORMULA, name=FEE, before="=1", side=Side.SHEET, cycle=2)
    made.tell(A, REPLACED_FORMULA, name=FEE, before="=2", side=Side.SHEET, cycle=3)
    assert formulas_in(made.lines, made.in_cycle(2)) == {(*A, FEE): "=1"}


# ── Laws ──────────────────────────────────────────────────────────────────────────────────────

rows = st.sampled_from([A, B])
acts = st.one_of(
    st.tuples(st.just("set"), rows, st.sampled_from([NAME, FEE]), st.integers(1, 3)),
    st.tuples(st.just("use"), rows, st.booleans()),
    st.tuples(st.just("undo"), st.integers(2, 30)),
)


def play(made: Book, past: list[tuple[object, ...]]) -> None:
    """Let things happen, each act in a cycle of its own."""
    for cycle, act in enumerate(past, start=2):
        match act:
            case ("set", row, name, value):
                made.set(row, name, value, cycle=cycle)  # type: ignore[arg-type]
            case ("use", row, used):
                made.use(row, used=used, cycle=cycle)  # type: ignore[arg-type]
            case ("undo", number) if isinstance(number, int):
                made.undo(made.in_cycle(number))


@given(past=st.lists(acts, max_size=12), cycle=st.integers(1, 14))
def test_undo_of_undo_is_as_before(past: list[tuple[object, ...]], cycle: int) -> None:
    """Whatever happened: undoing an undo brings back exactly what was there before it."""
    made = book(ANNA, BEN)
    play(made, past)
    before = dict(made.records)
    number = next(made.undos) + 1
    made.undo(made.in_cycle(cycle))
    made.undo(made.by(f"undo:{number}"))
    assert made.records == before


@given(past=st.lists(acts, max_size=12), cycle=st.integers(1, 14))
def test_undo_touches_nothing_that_moved_since(past: list[tuple[object, ...]], cycle: int) -> None:
    """Each field that an undo changes had its last change, but for undone ones, in that cycle."""
    made = book(ANNA, BEN)
    play(made, past)
    chosen = made.in_cycle(cycle)
    before, known = dict(made.records), made.changes
    reversal = made.undo(chosen)
    for row, held in made.records.items():
        for name in (NAME, FEE):
            if held.values[name] != before[row].values[name]:
                people = [
                    c
                    for c in known
                    if (c.table, c.row) == row and c.field == name and not c.is_undo
                ]
                assert people[-1].id in chosen or _undone(made, people[-1].id, known)
    assert whys(reversal).count(Why.UNKNOWN) == 0


def _undone(made: Book, number: int, known: list[Change]) -> bool:
    """Whether a change had been taken back by an undo before."""
    change = next(c for c in known if c.id == number)
    return any(c.id > number and c.inverts(change) for c in known)


@given(past=st.lists(acts, max_size=12), cycle=st.integers(1, 14))
def test_undo_is_done_once(past: list[tuple[object, ...]], cycle: int) -> None:
    """A second undo of the same has nothing left to do."""
    made = book(ANNA, BEN)
    play(made, past)
    made.undo(made.in_cycle(cycle))
    assert made.undo(made.in_cycle(cycle)).answers == {}


@given(past=st.lists(acts, max_size=12))
def test_undoing_all_from_the_newest_on_is_the_beginning(
    past: list[tuple[object, ...]],
) -> None:
    """Cycle by cycle back, the records are as they were made."""
    made = book(ANNA, BEN)
    play(made, past)
    for cycle in range(len(past) + 1, 1, -1):
        made.undo(made.in_cycle(cycle))
    assert made.records == {row: Held(values={NAME: row[1], FEE: 1}) for row in (A, B)}
