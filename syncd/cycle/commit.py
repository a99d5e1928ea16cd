"""Commit: what was planned and verified becomes the CRM's state and the base."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from syncd.core.plan import (
    WHOLE_ROW,
    Archive,
    Case,
    Create,
    Put,
    Remove,
    Review,
    ReviewKind,
    RowPlan,
    Standing,
    side_of,
)
from syncd.core.snapshot import BaseRow, FieldName, RowId, Side, TableName, Value
from syncd.crm.history import Event
from syncd.crm.state import dump
from syncd.cycle.workspace import Workspace
from syncd.schema import Labels, Table, plain_label


class Commit:
    """Carries out the CRM's part of row plans and records what both sides now share."""

    def __init__(self, ws: Workspace, labels: Labels, cycle: int) -> None:
        self.ws = ws
        self.labels = labels
        self.cycle = cycle
        self.at = ws.now()
        self.origin = "sheet"

    def rows(
        self, plans: Mapping[TableName, Iterable[RowPlan]], *, origin: str = "sheet"
    ) -> dict[tuple[TableName, RowId], str]:
        """Commit rows inside the caller's transaction; return those that the CRM refused."""
        refused = {}
        self.origin = origin
        self._write_as({})
        for table in self.ws.schema.tables:
            bases: list[tuple[RowId, BaseRow | None]] = []
            removed: list[RowId] = []
            # What goes out of use first lets go of what others may be about to take.
            rows = sorted(plans.get(table.name, ()), key=lambda plan: Archive() not in plan.actions)
            swapped = self._swap(table, rows)
            for plan in rows:
                failure = self._row(table, plan, done=plan.row in swapped)
                if failure is None:
                    bases.append((plan.row, plan.base))
                    removed += [plan.row] if plan.removes else []
                else:
                    refused[table.name, plan.row] = failure
            self.ws.crm.state.write_base(table.name, bases)
            self._note_removals(table.name, removed)
        self.ws.crm.records.write_as(None, None)
        return refused

    def _note_removals(self, name: TableName, rows: Iterable[RowId]) -> None:
        """Count what was removed within the hour, in the very transaction that removes it."""
        if rows:
            self.ws.crm.halts.note_removals(name, rows, self.ws.worked_s())
            self.ws.crm.state.set("worked", dump(self.ws.worked))

    def _swap(self, table: Table, plans: Iterable[RowPlan]) -> set[RowId]:
        """Change records that trade unique values together; return those that were changed."""
        unique = {field.name for field in table.fields if field.unique}
        puts = [
            (plan.row, action)
            for plan in plans
            for action in plan.actions
            if isinstance(action, Put) and action.side is Side.CRM
            if any(cell.field in unique for cell in action.cells)
        ]
        if len(puts) < 2:
            return set()
        swapped = {row for row, _ in puts}
        answers = [_answered(plan) for plan in plans if plan.row in swapped]
        self._write_as(answers[0] if all(each == answers[0] for each in answers) else {})
        done = self.ws.crm.records.swap(table, puts)
        self._write_as({})
        return swapped if done else set()

    def _row(self, table: Table, plan: RowPlan, *, done: bool = False) -> str | None:
        """Commit one row; what the sheet no longer shows is kept whatever the CRM says."""
        failure = None
        answered = _answered(plan)
        if answered:
            self._write_as(answered)
        for action in plan.actions:
            if isinstance(action, Create) and action.side is Side.SHEET:
                self.ws.unseen[table.name, plan.row] = self.ws.seconds()
            if done and isinstance(action, Put):
                continue
            if side_of(action) is Side.CRM and failure is None:
                failure = self.ws.crm.records.apply(table, plan.row, action)
        if answered:
            self._write_as({})
        label = plain_label(table, _values_of(plan), self.labels)
        for review in plan.reviews:
            if failure is not None and review.by and review.standing is Standing.TAKEN:
                continue  # the CRM does not hold yet what was answered: the next cycle goes on
            self.ws.crm.reviews.write(table.name, review, at=self.at, label=label)
        self.ws.crm.history.add(self._events(table, plan), at=self.at, cycle=self.cycle)
        return failure

    def _write_as(self, answered: Mapping[FieldName, str]) -> None:
        """Say whose changes follow: the sheet's, or of the person who answered for a field."""
        self.ws.crm.records.write_as(self.origin, self.cycle, at=self.at, fields=answered)

    def typed(
        self,
        typed: Mapping[tuple[TableName, RowId], Mapping[FieldName, Review]],
        plans: Mapping[TableName, Iterable[RowPlan]],
    ) -> None:
        """Keep what was typed into cells that we wrote to outside of a row's plan."""
        planned = {(name, plan.row) for name, rows in plans.items() for plan in rows}
        for (name, row), reviews in typed.items():
            if (name, row) not in planned:
                alone = RowPlan(row=row, case=Case.IN_SYNC)
                self._row(self.ws.schema.table(name), with_typed(alone, reviews))

    def _events(self, table: Table, plan: RowPlan) -> Iterable[Event]:
        for review in (*plan.reviews, *plan.turned):
            yield from turned_away(table.name, review)
        answered = _answered(plan)
        whole = Event(
            table=table.name,
            row=plan.row,
            side=Side.SHEET,
            outcome="",
            origin=answered.get(WHOLE_ROW, "crm"),
        )
        for action in plan.actions:
            match action:
                case Put(side=Side.SHEET, cells=cells):
                    for cell in cells:
                        yield replace(
                            whole,
                            outcome="written",
                            origin=answered.get(cell.field, "crm"),
                            field=cell.field,
                            before=cell.typed if cell.typed is not None else cell.expected,
                            after=cell.value,
                        )
                case Create(side=Side.SHEET, values=values):
                    yield replace(whole, outcome="row added", after=dump(values))
                case Remove():
                    yield replace(whole, outcome="row removed", before=dump(_values_of(plan)))
                case _:
                    pass  # the triggers of the records' tables tell the rest


def _answered(plan: RowPlan) -> dict[FieldName, str]:
    """Return who answered for which field, or for the whole row, where the plan carries it out."""
    done = (Standing.ACCEPTED, Standing.TAKEN)
    return {e.field: e.by for e in plan.reviews if e.by and e.standing in done}


def turned_away(table: TableName, review: Review) -> Iterable[Event]:
    """Yield the history of an act that was asked about, answered or turned away."""
    if review.standing is Standing.ACCEPTED:
        return  # its answer was told when it was given; it is not carried out yet
    names = list(review.offered) if review.kind is ReviewKind.EDIT else [review.field]
    for name in names:
        yield Event(
            table=table,
            row=review.row,
            side=review.side,
            outcome=f"review {review.standing.value}",
            origin=review.by or review.side.value,
            field=name,
            before=review.shown.get(name),
            after=_offered(review, name),
            base=review.base.get(name),
            reason=review.reason,
        )


def _offered(review: Review, name: FieldName) -> Value:
    if review.kind is ReviewKind.EDIT:
        return review.offered.get(name)
    return None


def _values_of(plan: RowPlan) -> Mapping[FieldName, Value]:
    for action in plan.actions:
        if isinstance(action, Create):
            return action.values
    if plan.base is not None:
        return plan.base.values
    return plan.reviews[0].offered if plan.reviews else {}


def with_typed(plan: RowPlan, typed: Mapping[FieldName, Review]) -> RowPlan:
    """Return the plan with what was typed into its cells while they were written."""
    again = {typed[review.field].key for review in plan.reviews if review.field in typed}
    kept = [review for review in plan.reviews if review.key not in again]
    replaced = [review for review in plan.reviews if review.key in again]
    asked = [review for review in typed.values() if review.pending]
    turned = [review for review in typed.values() if not review.pending]
    return replace(plan, reviews=(*kept, *asked), turned=(*plan.turned, *replaced, *turned))
