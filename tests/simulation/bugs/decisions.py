"""Faults of what is known, decided and written."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncd.core import identity, merge, reconcile
from syncd.core.rails import Rails
from syncd.core.snapshot import BaseRow, RowId, Side
from syncd.core.state import TableState
from syncd.crm import records, state
from syncd.cycle import checks, commit, conclude, effects, observe, repair, verdict
from tests.simulation.bugs.planting import Replacing, bug, bug_in


# ── What a row and a column are ───────────────────────────────────────────────────────────────
@bug
def trust_ids_after_a_partial_sort() -> Sequence[Replacing]:
    """Contents that were permuted under standing ids are read as edits."""
    return [(identity._Settlement, "realign", lambda _: None)]


@bug_in("copies a row")
def first_of_two_copies_is_the_row() -> Sequence[Replacing]:
    """The first row with an id keeps it, whichever of them is as it was."""
    return [(identity._Settlement, "_owners", lambda _self, _id, rows: rows[:1])]


@bug
def forget_ids_that_were_given() -> Sequence[Replacing]:
    """A row that waits gets another id whenever it is read."""
    return [(state.State, "provisional", lambda *_: frozenset())]


# ── What is decided ───────────────────────────────────────────────────────────────────────────
@bug
def absence_is_delete() -> Sequence[Replacing]:
    """A row that one read misses was deleted."""
    whole = observe.TableState

    def confirmed(**given: Any) -> TableState:
        everything = frozenset({*given["base"], *given["crm"]})
        return whole(**{**given, "confirmed": everything})

    return [(observe, "TableState", confirmed)]


@bug
def no_rails() -> Sequence[Replacing]:
    """However much is removed at once, it is done."""
    lax = Rails(
        removed_share_max=1.0, removed_rows_max=10**9, changed_share_max=1.0, changed_rows_max=10**9
    )
    whole = checks.check_rails

    def check_rails(plan: Any, table: Any, _rails: Any, **named: Any) -> Any:
        return whole(plan, table, lax, **named)

    return [(checks, "check_rails", check_rails)]


@bug
def follower_wins_conflicts() -> Sequence[Replacing]:
    """Where both sides changed a field, the side without authority is right."""
    whole = merge._merge_field

    def merge_field(
        row: Any, merged: Any, name: Any, right: Any, follows: Any, **named: Any
    ) -> None:
        base = row.base.values.get(name) if row.base else None
        if right != follows and base not in (right, follows) and not named["reason"]:
            merged.takes = True
            cell = merge.Cell(field=name, expected=right, value=follows)
            return merge._settle(merged, name, follows, row.authority, cell)
        whole(row, merged, name, right, follows, **named)
        return None

    return [(merge, "_merge_field", merge_field)]


@bug
def drop_what_is_turned_away() -> Sequence[Replacing]:
    """An edit that is not taken is put back and forgotten."""
    return [(merge.Merged, "turn_away", lambda *_: None)]


@bug
def two_way_without_a_base() -> Sequence[Replacing]:
    """Nothing is compared with what both sides shared: what differs is the authority's."""

    def bare(row: Any, base: Any) -> None:
        object.__setattr__(row, "base", base)

    whole = reconcile._both

    def both(row: Any, sheet: Any, crm: Any) -> Any:
        bare(row, BaseRow(values=dict(sheet.values if row.authority is Side.CRM else crm.values)))
        return whole(row, sheet, crm)

    return [(reconcile, "_both", both)]


# ── What is written ───────────────────────────────────────────────────────────────────────────
@bug
def write_whole_rows() -> Sequence[Replacing]:
    """Each row that has anything to be written is written whole."""
    whole = effects._planned_cells

    def planned_cells(view: Any, planned: Any, labels: Any) -> Iterator[tuple[int, Any]]:
        cells = dict(whole(view, planned, labels))
        if cells and planned is not None and planned.base is not None:
            for field in view.table.fields:
                if field.name in view.tab.columns:
                    value = effects.encode(field, planned.base.values.get(field.name), labels)
                    cells.setdefault(view.tab.columns[field.name], effects.entered_of(value))
        yield from cells.items()

    return [(effects, "_planned_cells", planned_cells)]


@bug
def write_records_unseen() -> Sequence[Replacing]:
    """A record is overwritten whatever another program put there since it was read."""
    whole = records._update

    def update(
        connection: Any, table: Any, row: RowId, wanted: Any, held: Mapping[Any, Any]
    ) -> bool:
        there = connection.execute(f'SELECT * FROM "{table.name}" WHERE id = ?', [row])
        names = [column[0] for column in there.description]
        found = there.fetchone()
        now = dict(zip(names, found, strict=True)) if found else {}
        return whole(connection, table, row, wanted, {name: now.get(name) for name in held})

    return [(records, "_update", update)]


@bug
def commit_piece_by_piece() -> Sequence[Replacing]:
    """What was verified is committed before its record is written: a crash falls between."""
    rows = commit.Commit.rows

    def in_pieces(self: Any, plans: Any, **named: Any) -> Any:
        for name, found in plans.items():
            self.ws.crm.state.write_base(name, ((plan.row, plan.base) for plan in found))
        connection = self.ws.crm.database.connection
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        return rows(self, plans, **named)

    return [(commit.Commit, "rows", in_pieces)]


@bug
def repair_over_people() -> Sequence[Replacing]:
    """What was hit by mistake is put back whatever somebody typed there since."""

    def everything(hurt: Any, columns: Any, _entered: Any) -> Any:
        stood = dict(enumerate(getattr(hurt, "row", ()) if hasattr(hurt, "wrote") else ()))
        wrote = getattr(hurt, "wrote", None) or hurt.cells
        return {columns.now(c): stood.get(c) for c in wrote if columns.now(c) is not None}

    def no_way_back(intent: Any, found: Any, mirror: Any) -> list[Any]:
        return [] if intent.repairs else verdict.typed_back(intent, found, mirror)

    return [(repair, "_restored", everything), (conclude, "typed_back", no_way_back)]


@bug
def lose_edits_between_switches() -> Sequence[Replacing]:
    """Questions that are open when the authority changes hands are dropped."""
    switch = state.State.switch

    def forgetful(self: Any, to: Any) -> None:
        switch(self, to)
        self.connection.execute("DELETE FROM _syncd_reviews WHERE standing = 'open'")

    return [(state.State, "switch", forgetful)]
