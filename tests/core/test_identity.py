"""Which record each row of a tab is, after all that people do to rows and ids."""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.identity import WAITS, identify
from syncd.core.likeness import is_mostly_own
from syncd.core.seen import Answer, Identified, Known, Said, Seen
from syncd.core.snapshot import FieldName, RowId, Value

NAME, TIER, CITY, FEE = (FieldName(name) for name in ("name", "tier", "city", "fee"))
A, B, C, D = (RowId(name) for name in "abcd")

Content = dict[FieldName, Value]


def values(name: Value, tier: Value, city: Value, fee: Value) -> Content:
    """Return a row's content."""
    return {NAME: name, TIER: tier, CITY: city, FEE: fee}


CONTENT = {
    A: values("Anna", "macro", "Aachen", 1),
    B: values("Bert", "micro", "Berlin", 2),
    C: values("Cleo", "nano", "Celle", 3),
    D: values("Dora", "mega", "Dresden", 4),
}
BLANK = values(None, None, None, None)


def known(*rows: RowId, archived: Iterable[RowId] = ()) -> dict[RowId, Known]:
    """Return what is known of some of the four records."""
    return {
        row: Known(
            key=(CONTENT[row][NAME],),
            values=CONTENT[row],
            archived=row in set(archived),
            named_by=frozenset({NAME}),
        )
        for row in rows
    }


def tab(*rows: tuple[str, Content]) -> list[Seen]:
    """Read a tab: each row's id and content, from the top."""
    return [
        Seen(
            position=position,
            id=row_id,
            key=None if held[NAME] is None else (held[NAME],),
            values=held,
            blank=all(value is None for value in held.values()),
        )
        for position, (row_id, held) in enumerate(rows)
    ]


def minting() -> Callable[[Seen], RowId]:
    """Return a source of new ids: new1, new2 and so on."""
    count = itertools.count(1)
    return lambda _: RowId(f"new{next(count)}")


def settle(
    seen: list[Seen], records: dict[RowId, Known], said: dict[RowId, Said] | None = None
) -> Identified:
    """Settle the ids of a tab."""
    return identify(seen, records, minting(), said)


def edited(row: RowId, **changes: Value) -> Content:
    """Return a record's content with some fields changed."""
    return {**CONTENT[row], **{FieldName(name): value for name, value in changes.items()}}


def is_frozen(settled: Identified, *rows: RowId) -> bool:
    """Whether just these records are left alone, and no row is given to one of them."""
    return settled.frozen_ids == set(rows) and not set(rows) & set(settled.ids.values())


def test_row_is_its_id() -> None:
    """Rows that moved whole, or were edited, keep their ids."""
    settled = settle(tab((B, CONTENT[B]), (A, edited(A, fee=9))), known(A, B))
    assert settled.ids == {0: B, 1: A}
    assert not settled.frozen


def test_renamed_row_keeps_its_id() -> None:
    """A new name that no other record has is an edit."""
    settled = settle(tab((A, edited(A, name="Anne"))), known(A))
    assert settled.ids == {0: A}


# ── Copied rows ───────────────────────────────────────────────────────────────────────────────


def test_equal_copies_leave_the_id_to_the_first() -> None:
    """Somebody copied a row: the copy is a new row."""
    settled = settle(tab((A, CONTENT[A]), (A, CONTENT[A])), known(A))
    assert settled.ids == {0: A, 1: "new1"}


@pytest.mark.parametrize("at", [0, 1])
def test_edited_copy_leaves_the_id_to_the_row_as_it_was(at: int) -> None:
    """One of both was edited, whether above or below: the one that equals the base keeps the id."""
    rows = [(A, CONTENT[A]), (A, CONTENT[A])]
    rows[at] = (A, edited(A, fee=9))
    settled = settle(tab(*rows), known(A))
    assert settled.ids == {at: "new1", 1 - at: A}


def test_two_edited_copies_freeze() -> None:
    """Neither is as it was: both are left alone and say so."""
    settled = settle(
        tab((A, edited(A, fee=8)), (A, edited(A, fee=9)), (B, CONTENT[B])), known(A, B)
    )
    assert settled.ids == {2: B}
    assert set(settled.frozen) == {0, 1}
    assert "several rows" in settled.frozen[0]
    assert is_frozen(settled, A)


def test_renamed_copy_of_a_missing_records_name_is_that_record() -> None:
    """A copy that was overwritten with a record that stands nowhere else is that record."""
    settled = settle(tab((A, CONTENT[A]), (A, CONTENT[B])), known(A, B))
    assert settled.ids == {0: A, 1: B}


def test_copy_blanked_leaves_the_id_to_the_row() -> None:
    """A blank copy loses its id; the record was not removed."""
    settled = settle(tab((A, BLANK), (A, CONTENT[A])), known(A))
    assert settled.ids == {1: A}
    assert not settled.blank


def test_blank_copy_of_a_frozen_row_removes_nothing() -> None:
    """While it is open which row the record is, a blank row is no removal."""
    seen = tab((A, edited(A, fee=8)), (A, edited(A, fee=9)), (A, BLANK))
    settled = settle(seen, known(A))
    assert is_frozen(settled, A)
    assert not settled.blank


# ── Ids that were cleared, typed or swapped ───────────────────────────────────────────────────


def test_cleared_id_is_found_by_its_key() -> None:
    """Somebody deleted an id: the row is still its record."""
    settled = settle(tab(("", CONTENT[A]), (B, CONTENT[B])), known(A, B))
    assert settled.ids == {0: A, 1: B}


def test_row_without_id_and_key_is_new() -> None:
    """A row that nobody knows gets an id of its own, and never another row's."""
    settled = settle(tab((A, CONTENT[A]), ("", edited(A, name=None)), ("", CONTENT[A])), known(A))
    assert settled.ids == {0: A, 1: "new1", 2: "new2"}


def test_key_of_two_records_finds_neither() -> None:
    """A name that two records share confirms none of them."""
    twins = known(A, B)
    twins[B] = replace(twins[B], key=twins[A].key)
    assert settle(tab(("", CONTENT[A])), twins).ids == {0: "new1"}


def test_unknown_id_is_found_by_its_key() -> None:
    """An id that we never gave: the key says which record it is, else the row is new."""
    settled = settle(tab(("mine", CONTENT[A]), ("own", CONTENT[B])), known(A))
    assert settled.ids == {0: A, 1: "new1"}


def test_archived_record_returns_by_its_id_and_key() -> None:
    """Somebody pressed undo: the id and the key agree."""
    settled = settle(tab((A, edited(A, fee=9))), known(A, archived=[A]))
    assert settled.ids == {0: A}


def test_archived_records_id_with_another_key_is_no_return() -> None:
    """An old id on somebody else's row is not believed: by its key, or new."""
    records = known(A, B, archived=[A])
    assert settle(tab((A, CONTENT[B])), records).ids == {0: B}
    assert settle(tab((A, CONTENT[C])), records).ids == {0: "new1"}


def test_archived_record_without_a_key_returns_by_its_id() -> None:
    """A table without natural keys has nothing but the id."""
    records = {A: Known(key=None, values=CONTENT[A], archived=True)}
    assert settle(tab((A, CONTENT[A])), records).ids == {0: A}


def test_live_record_comes_before_an_archived_one_with_its_key() -> None:
    """A row without id is the record that is in use."""
    records = known(A, B, archived=[A])
    records[A] = replace(records[A], key=records[B].key)
    assert settle(tab(("", CONTENT[B])), records).ids == {0: B}


def test_swapped_ids_are_swapped_back() -> None:
    """Each row shows the other's content: the content says which record it is."""
    settled = settle(tab((B, CONTENT[A]), (A, CONTENT[B])), known(A, B))
    assert settled.ids == {0: A, 1: B}
    assert not settled.frozen


# ── A sort of the visible columns only ────────────────────────────────────────────────────────


@pytest.mark.parametrize("order", list(itertools.permutations([A, B, C, D])))
def test_sorted_contents_are_followed(order: tuple[RowId, ...]) -> None:
    """Contents permuted under standing ids, cycles and all: each row is the record it shows."""
    seen = tab(*((row_id, CONTENT[shows]) for row_id, shows in zip("abcd", order, strict=True)))
    settled = settle(seen, known(A, B, C, D))
    assert settled.ids == dict(enumerate(order))
    assert not settled.frozen


@pytest.mark.parametrize("order", list(itertools.permutations([A, B, C])))
def test_sorted_contents_are_followed_past_an_edit(order: tuple[RowId, ...]) -> None:
    """One row was edited at the same time: it is followed by its key and the rest of it."""
    contents = {**CONTENT, B: edited(B, fee=9)}
    seen = tab(*((row_id, contents[shows]) for row_id, shows in zip("abc", order, strict=True)))
    settled = settle(seen, known(A, B, C))
    assert settled.ids == dict(enumerate(order))


@pytest.mark.parametrize("archived", [(), (A,), (C,)])
@pytest.mark.parametrize("name", [None, "Anne"])
@pytest.mark.parametrize("order", list(itertools.permutations([A, B, C])))
def test_sorted_contents_are_followed_past_a_key(
    name: Value, order: tuple[RowId, ...], archived: tuple[RowId, ...]
) -> None:
    """One row's key was cleared or changed as well: most of what it holds tells whose it is."""
    contents = {**CONTENT, B: edited(B, name=name)}
    seen = tab(*((row_id, contents[shows]) for row_id, shows in zip("abc", order, strict=True)))
    settled = settle(seen, known(A, B, C, archived=archived))
    assert settled.ids == dict(enumerate(order))
    assert not settled.frozen


@pytest.mark.parametrize("archived", [(C,), (A, C), (A, C, D)])
@pytest.mark.parametrize("order", [o for o in itertools.permutations([A, B, C, D]) if o[2] == B])
def test_sorted_row_without_its_key_is_followed_to_an_archived_ones_place(
    order: tuple[RowId, ...], archived: tuple[RowId, ...]
) -> None:
    """It stands under the id of a record out of use, whose own row a sort took elsewhere."""
    contents = {**CONTENT, B: edited(B, name="Anne")}
    seen = tab(*((row_id, contents[shows]) for row_id, shows in zip("abcd", order, strict=True)))
    settled = settle(seen, known(A, B, C, D, archived=archived))
    assert settled.ids == dict(enumerate(order))
    assert not settled.frozen


def test_sort_with_a_rewritten_row_freezes_what_it_tangles() -> None:
    """Little is left of one row: it and the row that took its place are left alone."""
    rewritten = edited(A, name="Anne", tier="nano")
    settled = settle(tab((A, CONTENT[B]), (B, rewritten), (C, CONTENT[C])), known(A, B, C))
    assert is_frozen(settled, A, B)
    assert settled.ids == {2: C}


def test_sort_that_cannot_be_followed_lets_a_row_under_an_archived_id_wait() -> None:
    """Two rows show one record: what stands in an archived row's place may be another one."""
    rows = [(A, edited(B, name="Anne")), (B, CONTENT[C]), (C, CONTENT[A]), (D, CONTENT[C])]
    settled = settle(tab(*rows), known(A, B, C, D, archived=[A]))
    assert (settled.ids, settled.frozen[0]) == ({}, WAITS)
    assert {*settled.held} == {B, C, D}


@pytest.mark.parametrize("twins", [True, False])
def test_sort_with_rows_that_may_be_each_other_is_not_guessed(*, twins: bool) -> None:
    """Two rows without their keys show two records that are alike, or both show one: all wait."""
    records = known(A, B, C, D)
    if twins:
        records[B] = replace(records[B], values=edited(A, name="Bert"))
    one, other = (edited(A, name=name) for name in ("Anne", "Arno"))
    settled = settle(tab((A, CONTENT[C]), (B, CONTENT[D]), (C, one), (D, other)), records)
    assert is_frozen(settled, A, B, C, D)


def test_sorted_row_without_its_key_is_not_told_where_another_shows_it() -> None:
    """Its key stands in a row without an id: that one may be the record as well."""
    seen = tab((A, CONTENT[B]), (B, edited(A, name=None)), ("", edited(A, fee=9)))
    settled = settle(seen, known(A, B))
    assert RowId("a") not in (settled.ids.get(0), settled.ids.get(1))


def test_record_pasted_over_two_rows_freezes_them() -> None:
    """Two rows show a record that stands nowhere else: it is one of them, so none is removed."""
    seen = tab((A, CONTENT[C]), (B, CONTENT[C]))
    assert is_frozen(settle(seen, known(A, B, C)), A, B, C)


def test_record_pasted_over_a_row_freezes_that_row_alone() -> None:
    """The record stands where it was, confirmed by its key: only the row typed over is held."""
    seen = tab((A, CONTENT[B]), (B, CONTENT[B]), (C, CONTENT[C]))
    settled = settle(seen, known(A, B, C))
    assert is_frozen(settled, A)
    assert settled.ids == {1: B, 2: C}


def test_cells_deleted_upwards_remove_the_row_that_is_gone() -> None:
    """Visible cells shifted up: the others are followed, and the id below them is no removal."""
    seen = tab((A, CONTENT[B]), (B, CONTENT[C]), (C, BLANK))
    settled = settle(seen, known(A, B, C))
    assert settled.ids == {0: B, 1: C}
    assert not settled.blank


def test_blank_row_takes_part_in_a_sort() -> None:
    """A blank row under an id whose content stands elsewhere loses the id to that row."""
    seen = tab((A, CONTENT[B]), (B, BLANK), ("", CONTENT[A]))
    settled = settle(seen, known(A, B))
    assert settled.ids == {0: B, 2: A}
    assert not settled.blank


def test_cells_inserted_push_contents_down() -> None:
    """Visible cells shifted down by a blank row: each record is followed."""
    seen = tab((A, BLANK), (B, CONTENT[A]), ("", CONTENT[B]))
    settled = settle(seen, known(A, B))
    assert settled.ids == {1: A, 2: B}
    assert not settled.blank


@given(st.permutations([A, B, C, D, None, None]))
def test_any_order_of_contents_is_followed(order: list[RowId | None]) -> None:
    """However contents and blank rows are sorted under standing ids, no record is mistaken."""
    rows = ["a", "b", "c", "d", "", ""]
    contents = [BLANK if shows is None else CONTENT[shows] for shows in order]
    settled = settle(tab(*zip(rows, contents, strict=True)), known(A, B, C, D))
    assert settled.ids == {at: shows for at, shows in enumerate(order) if shows is not None}
    assert not settled.frozen
    assert not settled.blank


# ── Edits that look like a sort ───────────────────────────────────────────────────────────────


def test_two_names_swapped_by_typing_are_edits() -> None:
    """Only the names changed places, all the rest stayed: nobody sorted anything."""
    seen = tab((A, edited(A, name="Bert")), (B, edited(B, name="Anna")))
    settled = settle(seen, known(A, B))
    assert settled.ids == {0: A, 1: B}
    assert not settled.frozen


def test_blank_that_stayed_blank_speaks_for_a_row() -> None:
    """Names swapped by typing between a full row and an empty one are edits as well."""
    records = known(A, B)
    bare = values("Bert", None, None, None)
    records[B] = replace(records[B], values=bare)
    seen = tab((A, edited(A, name="Bert")), (B, {**bare, NAME: "Anna"}))
    settled = settle(seen, records)
    assert settled.ids == {0: A, 1: B}
    assert not settled.frozen


def test_name_of_another_row_typed_by_mistake_is_an_edit() -> None:
    """A doubled name is for the schema to refuse; both rows stay who they are."""
    seen = tab((A, edited(A, name="Bert")), (B, CONTENT[B]))
    assert settle(seen, known(A, B)).ids == {0: A, 1: B}


def test_new_row_that_repeats_a_name_is_no_sort() -> None:
    """A row that waits for its record shows a name that is taken: both stay who they are."""
    records = {**known(A), B: Known(key=None, values={})}
    settled = settle(tab((A, CONTENT[A]), (B, edited(A, fee=9)), ("", CONTENT[C])), records)
    assert settled.ids == {0: A, 1: B, 2: "new1"}


def test_new_row_that_was_sorted_with_a_known_one_is_new_where_it_stands() -> None:
    """Nobody knows what the waiting row looked like; but whose the known content is."""
    records = {**known(A), B: Known(key=None, values={})}
    settled = settle(tab((A, CONTENT[C]), (B, CONTENT[A])), records)
    assert (settled.ids, settled.frozen) == ({0: "new1", 1: A}, {})


def test_new_rows_that_were_sorted_with_an_edited_one_hold_nothing_up() -> None:
    """A record whose key changed as well is followed past rows that wait."""
    waiting = RowId("e")
    records = {**known(A, B, C), waiting: Known(key=None, values={})}
    new = values(None, "nano", "Dresden", 9)
    seen = tab((A, CONTENT[B]), (B, edited(A, name="Anne")), (waiting, CONTENT[C]), (C, new))
    settled = settle(seen, records)
    assert (settled.ids, settled.frozen) == ({0: B, 1: A, 2: C, 3: "new1"}, {})


def test_sort_that_takes_a_waiting_row_to_an_archived_ones_place_is_followed() -> None:
    """The waiting row shows a record whose own place shows an archived one, much like it."""
    waiting = RowId("e")
    like = values("Cleo", "macro", "Aachen", 3)
    records = {**known(A, B, C, archived=[A]), waiting: Known(key=None, values={})}
    records[C] = replace(records[C], values=like)
    seen = tab((A, CONTENT[B]), (B, CONTENT[D]), (C, CONTENT[A]), (waiting, like))
    settled = settle(seen, records)
    assert (settled.ids, settled.frozen) == ({0: B, 1: "new1", 2: A, 3: C}, {})


# ── Removed and waiting rows ──────────────────────────────────────────────────────────────────


def test_blank_row_under_an_id_was_removed() -> None:
    """All cells of a row were cleared and its content stands nowhere: it was removed there."""
    settled = settle(tab((A, BLANK), (B, CONTENT[B])), known(A, B))
    assert settled.ids == {1: B}
    assert settled.blank == {A: 0}


def test_blank_row_that_nobody_knows_is_nothing() -> None:
    """A blank row without an id, or with one that is unknown, means nothing."""
    settled = settle(tab(("", BLANK), ("mine", BLANK)), known(A))
    assert (settled.ids, settled.blank) == ({}, {})


def test_rows_without_id_wait_while_something_is_frozen() -> None:
    """One of them may be the row that is looked for; then it gets its id."""
    frozen = [(A, edited(A, fee=8)), (A, edited(A, fee=9))]
    settled = settle(tab(*frozen, ("", CONTENT[C]), ("mine", CONTENT[D])), known(A))
    assert settled.ids == {}
    assert "waits" in settled.frozen[2]
    assert "waits" in settled.frozen[3]
    after = settle(tab(frozen[0], ("", CONTENT[C]), ("mine", CONTENT[D])), known(A))
    assert after.ids == {0: A, 1: "new1", 2: "new2"}


@pytest.mark.parametrize("row_id", ["", "mine"])
def test_record_that_a_waiting_row_shows_is_not_missing(row_id: str) -> None:
    """A row that lost its id and waits may be its record, which must not count as removed."""
    frozen = [(A, edited(A, fee=8)), (A, edited(A, fee=9))]
    settled = settle(tab(*frozen, (row_id, CONTENT[B]), (B, BLANK)), known(A, B))
    assert is_frozen(settled, A, B)
    assert not settled.blank


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_order_of_rows_changes_no_identity(order: tuple[int, ...]) -> None:
    """Sorting rows whole moves positions, never ids."""
    rows = [(A, CONTENT[A]), (B, edited(B, fee=9)), ("", CONTENT[C]), (D, CONTENT[D])]
    settled = settle(tab(*(rows[at] for at in order)), known(A, B, C, D))
    assert [settled.ids[at] for at in range(4)] == [[A, B, C, D][at] for at in order]


# ── Renamed, or another row typed over it ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "is_held"),
    [
        ({"name": "Anne"}, False),
        ({"name": "Anne", "tier": "mega"}, False),
        ({"name": "Anne", "tier": "mega", "city": "Ulm"}, True),
        ({"name": "Anne", "tier": None, "city": None}, True),
        ({"name": None, "tier": None, "city": None}, True),
        ({"name": None}, False),
        ({"tier": "mega", "city": "Ulm", "fee": 7}, False),
    ],
)
def test_key_and_most_cells_changed_is_held(changes: Content, is_held: bool) -> None:
    """A rename changes one cell; besides it, more than half of what stood there must be left."""
    settled = settle(tab((A, edited(A, **changes)), (B, CONTENT[B])), known(A, B))  # type: ignore[arg-type]
    assert (settled.frozen_ids == {A}) == is_held
    assert set(settled.held) == ({A} if is_held else set())
    assert settled.ids == ({1: B} if is_held else {0: A, 1: B})


def test_blank_that_was_filled_says_nothing() -> None:
    """Somebody named a row anew and filled what was blank: it is the same row."""
    records = known(A)
    sparse = values("Anna", "macro", None, None)
    records[A] = replace(records[A], values=sparse)
    assert settle(tab((A, values("Anne", "macro", "Ulm", 7))), records).ids == {0: A}


def test_row_that_holds_nothing_but_its_name_is_renamed() -> None:
    """Where nothing else stood in the row, a new name is a rename."""
    records = known(A)
    records[A] = replace(records[A], values=values("Anna", None, None, None))
    assert settle(tab((A, values("Anne", "macro", "Ulm", 7))), records).ids == {0: A}


def test_another_key_confirms_a_row() -> None:
    """A row that is known by a better key now still shows the one that it was known by."""
    seen = replace(
        tab((A, values("Anne", "mega", "Ulm", 7)))[0], key=("handle", "anna"), others=(("Anna",),)
    )
    assert identify([seen], known(A), minting()).ids == {0: A}


OVER = values("Zoe", "mega", "Ulm", 7)


@pytest.mark.parametrize("answer", [Answer.RENAMED, Answer.REPLACED])
def test_answer_settles_a_held_row(answer: Answer) -> None:
    """Renamed: the same record. Replaced: a new row, and the record stands nowhere."""
    said = {A: Said(answer=answer, values=OVER)}
    settled = identify(tab((A, OVER)), known(A), minting(), said)
    assert settled.ids == {0: A if answer is Answer.RENAMED else "new1"}
    assert settled.settled == {A}
    assert not settled.frozen


def test_answer_about_other_content_does_not_count() -> None:
    """The row was typed over once more: it is held anew."""
    said = {A: Said(answer=Answer.RENAMED, values=OVER)}
    settled = identify(tab((A, values("Yan", "nano", "Jena", 5))), known(A), minting(), said)
    assert is_frozen(settled, A)


def test_answer_has_served_once_both_sides_agree() -> None:
    """A row that is as it is known needs no answer any more."""
    said = {A: Said(answer=Answer.REPLACED, values=CONTENT[A])}
    settled = identify(tab((A, CONTENT[A])), known(A), minting(), said)
    assert settled.ids == {0: A}
    assert not settled.settled


def test_answer_settles_a_row_of_a_tangle() -> None:
    """A person says of both rows that they are what they were: their contents are edits."""
    rows = ((A, CONTENT[B]), (B, edited(A, name="Anne", tier="nano")))
    said = {RowId(row): Said(answer=Answer.RENAMED, values=held) for row, held in rows}
    settled = identify(tab(*rows), known(A, B), minting(), said)
    assert settled.ids == {0: A, 1: B}
    assert not settled.frozen


def test_record_found_elsewhere_leaves_its_place_to_a_new_row() -> None:
    """Its content stands without an id below, so what was typed in its place is new."""
    settled = settle(tab((A, OVER), ("", CONTENT[A])), known(A))
    assert settled.ids == {0: "new1", 1: A}
    assert not settled.frozen


def test_held_record_shown_by_two_edited_rows_is_not_guessed() -> None:
    """Two rows without id show the record that was typed over: all of them wait."""
    rows = ((A, OVER), ("", edited(A, fee=8)), ("", edited(A, fee=9)))
    settled = settle(tab(*rows), known(A))
    assert is_frozen(settled, A)
    assert set(settled.frozen) == {0, 1, 2}


def test_missing_record_shown_by_several_rows_is_the_likest() -> None:
    """Rows without id that show one record: as it was, else the likest, else none is guessed."""
    one, other = edited(A, fee=8), edited(A, fee=9)
    for second, row_id in ((CONTENT[A], A), (edited(A, fee=9, city="Ulm"), "new1"), (one, "new1")):
        settled = settle(tab(("", one), ("", second)), known(A))
        assert settled.ids[1] == row_id
        assert A in settled.ids.values()
    settled = settle(tab(("", one), ("", other), ("", CONTENT[B])), known(A))
    assert is_frozen(settled, A)
    assert settled.ids == {2: "new1"}
    assert "several rows" in settled.frozen[0]


def test_new_rows_do_not_wait_for_a_held_one_that_they_are_not_like() -> None:
    """A row that shares most with the record waits; any other gets its id."""
    settled = settle(tab((A, OVER), ("", edited(A, name="Anne")), ("", CONTENT[C])), known(A))
    assert settled.ids == {2: "new1"}
    assert set(settled.frozen) == {0, 1}


def test_cells_pushed_down_by_a_new_row_are_followed() -> None:
    """A new row typed above contents that moved one down: each record is found, one row is new."""
    settled = settle(tab((A, OVER), (B, CONTENT[A]), ("", CONTENT[B])), known(A, B))
    assert settled.ids == {0: "new1", 1: A, 2: B}
    assert not settled.frozen


def test_cells_pushed_off_the_end_freeze() -> None:
    """One of the records stands nowhere: the new row may be it, renamed."""
    settled = settle(tab((A, OVER), (B, CONTENT[A])), known(A, B))
    assert is_frozen(settled, A, B)


# ── Contents that were mixed ──────────────────────────────────────────────────────────────────


def test_row_that_holds_cells_of_two_records_freezes_both() -> None:
    """The key of one and the cells of both: a sort of some columns, which nobody can follow."""
    rows = ((A, {**CONTENT[B], CITY: "Aachen"}), (B, {**CONTENT[A], CITY: "Berlin"}))
    settled = settle(tab(*rows, (C, CONTENT[C])), known(A, B, C))
    assert is_frozen(settled, A, B)
    assert settled.ids == {2: C}
    assert "mixed" in settled.frozen[0]


def test_mixed_row_leaves_alone_the_record_that_stands() -> None:
    """The other record's own row is confirmed by its key: only the mixed one is held."""
    settled = settle(tab((A, {**CONTENT[B], CITY: "Aachen"}), (B, CONTENT[B])), known(A, B))
    assert is_frozen(settled, A)


@pytest.mark.parametrize("field", [NAME, CITY])
def test_column_sorted_alone_freezes_its_rows(field: FieldName) -> None:
    """The values of one column changed places among three rows, the rest stayed."""
    rows = [A, B, C]
    shows = [B, C, A]
    mixed = [
        {**CONTENT[row], field: CONTENT[show][field]} for row, show in zip(rows, shows, strict=True)
    ]
    settled = settle(tab(*zip(rows, mixed, strict=True), (D, CONTENT[D])), known(*rows, D))
    assert is_frozen(settled, A, B, C)
    assert settled.ids == {3: D}


def test_names_sorted_alone_together_with_new_rows_freeze_their_rows() -> None:
    """Rows without an id took part: what they hold by now tells whose names went where."""
    names = [CONTENT[row][NAME] for row in (B, C, A)]
    rows = [
        (A, {**CONTENT[A], NAME: "Neu"}),
        (B, {**CONTENT[B], NAME: names[2]}),
        (C, {**CONTENT[C], NAME: names[0]}),
        ("", {**CONTENT[D], NAME: names[1]}),
    ]
    settled = settle(tab(*rows), known(A, B, C))
    assert is_frozen(settled, A, B, C)
    assert "waits" in settled.frozen[3]


def test_name_that_went_on_to_a_row_that_lost_its_own_freezes_both() -> None:
    """A's name stands in B's row and B's in one without an id: nobody types that."""
    rows = [
        (A, edited(A, name="Neu")),
        (B, {**CONTENT[B], NAME: CONTENT[A][NAME]}),
        ("", {**CONTENT[D], NAME: CONTENT[B][NAME]}),
    ]
    settled = settle(tab(*rows, (C, CONTENT[C])), known(A, B, C))
    assert is_frozen(settled, A, B)
    assert settled.ids == {3: C}


def test_two_names_that_changed_places_are_edits() -> None:
    """Somebody noticed that two people were called by each other's name."""
    rows = [
        (A, {**CONTENT[A], NAME: CONTENT[B][NAME]}),
        (B, {**CONTENT[B], NAME: CONTENT[A][NAME]}),
    ]
    assert settle(tab(*rows), known(A, B)).ids == {0: A, 1: B}


def test_two_names_that_stand_in_new_rows_are_taken_for_what_they_are() -> None:
    """Two rows were renamed, and new ones are called as they were: that is no sort."""
    rows = [
        (A, edited(A, name="Anne")),
        (B, edited(B, name="Bine")),
        ("", {**CONTENT[D], NAME: CONTENT[A][NAME]}),
        ("", {**CONTENT[D], NAME: CONTENT[B][NAME], CITY: "Emden"}),
    ]
    settled = settle(tab(*rows), known(A, B))
    assert settled.ids == {0: A, 1: B, 2: "new1", 3: "new2"}


def test_two_values_that_changed_places_are_edits() -> None:
    """Two people may trade a city."""
    rows = ((A, edited(A, city="Berlin")), (B, edited(B, city="Aachen")), (C, edited(C, fee=9)))
    settled = settle(tab(*rows), known(A, B, C))
    assert settled.ids == {0: A, 1: B, 2: C}


# ── Untidy ids ────────────────────────────────────────────────────────────────────────────────


def test_id_in_another_case_is_known() -> None:
    """Somebody typed the id by hand: its case says nothing."""
    assert settle(tab(("A", edited(A, name="Anne"))), known(A)).ids == {0: A}


def test_id_in_another_case_beside_its_own_is_a_copy() -> None:
    """Both spellings are one id, which only one row may keep."""
    settled = settle(tab(("A", CONTENT[A]), ("a", CONTENT[A])), known(A))
    assert settled.ids == {0: A, 1: "new1"}


def test_id_that_two_records_share_but_for_case_is_neither() -> None:
    """Another program made ids that differ in their case alone: such a text means nothing."""
    records = {**known(A), RowId("Ab"): known(B)[B], RowId("aB"): known(C)[C]}
    assert settle(tab(("AB", CONTENT[D])), records).ids == {0: "new1"}


def test_blank_row_loses_the_id_that_another_row_has() -> None:
    """A blank copy, and the blank row of an archived record, keep no id."""
    records = known(A, B, C, archived=[B])
    settled = settle(tab((A, BLANK), ("A", CONTENT[A]), (B, BLANK), (C, BLANK)), records)
    assert settled.stale == (0, 2)
    assert settled.blank == {B: 2, C: 3}


def test_blank_rows_under_one_id_or_under_one_without_a_record_lose_it() -> None:
    """A blank row that was copied with its id, and one that waits for a record that nobody made."""
    records = {**known(C), D: Known(key=None, values={})}
    settled = settle(tab((C, BLANK), (C, BLANK), (D, BLANK)), records)
    assert settled.stale == (1, 2)
    assert settled.blank == {C: 0}


def test_copy_that_became_another_row_leaves_the_id_to_the_renamed_one() -> None:
    """One copy was renamed and the other typed over: the one that is mostly as it was stays."""
    settled = settle(tab((A, OVER), (A, edited(A, name="Anne"))), known(A))
    assert settled.ids == {0: "new1", 1: A}


# ── Laws ──────────────────────────────────────────────────────────────────────────────────────

_CONTENTS = st.sampled_from(
    [
        *CONTENT.values(),
        BLANK,
        OVER,
        edited(A, name="Anne"),
        edited(B, fee=9),
        {**CONTENT[A], CITY: "Berlin"},
        {**CONTENT[C], NAME: "Dora"},
    ]
)
_IDS = st.sampled_from(["a", "b", "c", "d", "", "mine", "A"])
_ROWS = st.lists(st.tuples(_IDS, _CONTENTS), max_size=7)


@given(_ROWS, st.sets(st.sampled_from([A, B, C, D])))
def test_every_row_has_one_fate_and_every_id_one_row(
    rows: list[tuple[str, Content]], archived: set[RowId]
) -> None:
    """Each row that is not blank is identified or left alone; no id is given twice."""
    seen = tab(*rows)
    settled = settle(seen, known(A, B, C, D, archived=archived))
    filled = {row.position for row in seen if not row.blank}
    assert settled.ids.keys() | settled.frozen.keys() == filled
    assert not settled.ids.keys() & settled.frozen.keys()
    assert len(set(settled.ids.values())) == len(settled.ids)
    assert not set(settled.ids.values()) & settled.frozen_ids
    assert not settled.blank.keys() & set(settled.ids.values())


@given(_ROWS)
def test_no_row_is_given_a_record_without_evidence(rows: list[tuple[str, Content]]) -> None:
    """A row is a record if it shows its id or its key, or trades places and is mostly as it was."""
    seen = tab(*rows)
    settled = settle(seen, known(A, B, C, D))
    traded = {row.key for row in seen if row.id in known(A, B, C, D)}
    for position, row_id in settled.ids.items():
        row = seen[position]
        if row_id in CONTENT and row.id.casefold() != row_id:
            assert row.key == (CONTENT[row_id][NAME],) or (
                (CONTENT[RowId(row.id.casefold())][NAME],) in traded
                and is_mostly_own(row.values, CONTENT[row_id])
            )


@given(_ROWS, st.randoms(use_true_random=False))
def test_order_of_rows_decides_nothing(
    rows: list[tuple[str, Content]], chance: random.Random
) -> None:
    """Permuting rows changes positions only: each content gets the ids that it got before."""
    shuffled = list(rows)
    chance.shuffle(shuffled)
    records = known(A, B, C, D)

    def fates(order: list[tuple[str, Content]]) -> Counter[object]:
        settled = settle(tab(*order), records)
        given_ = {at: row if row in records else "new" for at, row in settled.ids.items()}
        return Counter(
            (tuple(held.items()), given_.get(at, settled.frozen.get(at, "blank")))
            for at, (_, held) in enumerate(order)
        )

    assert fates(rows) == fates(shuffled)


@given(_ROWS)
def test_what_was_settled_stays_settled(rows: list[tuple[str, Content]]) -> None:
    """Once the ids stand in the sheet, the next read gives the same ones."""
    seen = tab(*rows)
    records = known(A, B, C, D)
    settled = settle(seen, records)
    if settled.frozen:
        return
    fresh = {row: Known(key=None, values={}) for row in settled.ids.values() if row not in records}
    written = [replace(row, id=settled.ids.get(row.position, "")) for row in seen]
    assert settle(written, {**records, **fresh}).ids == settled.ids


def kept(row: RowId, content: Content) -> dict[RowId, Said]:
    """Say that the row with this content keeps a record."""
    return {row: Said(answer=Answer.KEEPS, values=content)}


@pytest.mark.parametrize("row_id", [A, ""])
def test_copies_of_which_one_was_said_to_keep_the_record_are_parted(row_id: str) -> None:
    """The row that a person chose is the record, edits and all; the other is a new one."""
    one, other = edited(A, fee=8, city="Ulm"), edited(A, fee=9, city="Ulm")
    rows = tab((row_id, one), (row_id, other), (B, CONTENT[B]))
    asked = settle(rows, known(A, B))
    assert [seen.position for seen in asked.copies[A]] == [0, 1]
    settled = settle(rows, known(A, B), kept(A, other))
    assert settled.ids == {0: "new1", 1: A, 2: B}
    assert not settled.frozen
    assert settled.settled == {A}


def test_what_was_said_of_copies_holds_for_their_content() -> None:
    """Where none of them holds any more what was seen, it is asked anew."""
    rows = tab((A, edited(A, fee=8)), (A, edited(A, fee=9)))
    settled = settle(rows, known(A), kept(A, edited(A, fee=7)))
    assert set(settled.frozen) == {0, 1}
    assert not settled.settled


def test_row_that_keeps_a_record_may_hold_anything() -> None:
    """A copy that was typed over all the same is not asked about a second time."""
    other = values("Zoe", "nano", "Zeitz", 9)
    rows = tab((A, values("Yan", "mega", "York", 8)), (A, other))
    settled = settle(rows, known(A), kept(A, other))
    assert settled.ids == {0: "new1", 1: A}
    assert not settled.held
