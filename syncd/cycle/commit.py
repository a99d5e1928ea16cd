"""Commit: what was planned and verified becomes the CRM's state and the base."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from syncd.core.plan import Case, Create, Put, Remove, Review, ReviewKind, RowPlan, side_of
from syncd.core.snapshot import BaseRow, FieldName, RowId, Side, TableName, Value
from syncd.crm.reviews import Event
from syncd.cycle.workspace import Workspace
from syncd.schema import Labels, Table, plain_label


class Commit:
    """Carries out the CRM's part of row plans and records what both sides now share."""

    def __init__(self, ws: Workspace, labels: Labels, cycle: int) -> None:
        self.ws = ws
        self.labels = labels
        self.cycle = cycle
        self.at = ws.now()

    def rows(
        self, plans: Mapping[TableName, Iterable[RowPlan]], *, origin: str = "sheet"
    ) -> dict[tuple[TableName, RowId], str]:
        """Commit rows inside the caller's transaction; return those that the CRM refused."""
        refused = {}
        self.ws.crm.records.write_as(origin, self.cycle)
        for table in self.ws.schema.tables:
            bases: list[tuple[RowId, BaseRow | None]] = []
            rows = list(plans.get(table.name, ()))
            swapped = self._swap(table, rows)
            for plan in rows:
                failure = self._row(table, plan, done=plan.row in swapped)
                if failure is None:
                    bases.append((plan.row, plan.base))
                else:
                    refused[table.name, plan.row] = failure
            self.ws.crm.state.write_base(table.name, bases)
        self.ws.crm.records.write_as(None, None)
        return refused

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
        if len(puts) > 1 and self.ws.crm.records.swap(table, puts):
            return {row for row, _ in puts}
        return set()

    def _row(self, table: Table, plan: RowPlan, *, done: bool = False) -> str | None:
        """Commit one row; what the sheet no longer shows is kept whatever the CRM says."""
        failure = None
        for action in plan.actions:
            if done and isinstance(action, Put):
                continue
            if side_of(action) is Side.CRM and failure is None:
                failure = self.ws.crm.records.apply(table, plan.row, action)
        label = plain_label(table, _values_of(plan), self.labels)
        for review in plan.reviews:
            self.ws.crm.reviews.write(table.name, review, at=self.at, label=label)
        self.ws.crm.history.add(self._events(table, plan), at=self.at, cycle=self.cycle)
        return failure

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
        for action in plan.actions:
            match action:
                case Put(side=Side.SHEET, cells=cells):
                    for cell in cells:
                        yield Event(
                            table=table.name,
                            row=plan.row,
                            side=Side.SHEET,
                            outcome="written",
                            origin="crm",
                            field=cell.field,
                            before=cell.typed if cell.typed is not None else cell.expected,
                            after=cell.value,
                        )
                case Create(side=Side.SHEET):
                    yield _sheet_event(table.name, plan.row, "row added")
                case Remove():
                    yield _sheet_event(table.name, plan.row, "row removed")
                case _:
                    pass  # the triggers of the records' tables tell the rest


def _sheet_event(table: TableName, row: RowId, outcome: str) -> Event:
    return Event(table=table, row=row, side=Side.SHEET, outcome=outcome, origin="crm")


def turned_away(table: TableName, review: Review) -> Iterable[Event]:
    """Yield the history of an act that was asked about, answered or turned away."""
    names = list(review.offered) if review.kind is ReviewKind.EDIT else [review.field]
    for name in names:
        yield Event(
            table=table,
            row=review.row,
            side=review.side,
            outcome=f"review {review.standing.value}",
            origin=review.side.value,
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
    kept = [review for review in plan.reviews if review.field not in typed]
    replaced = [review for review in plan.reviews if review.field in typed]
    asked = [review for review in typed.values() if review.pending]
    turned = [review for review in typed.values() if not review.pending]
    return replace(plan, reviews=(*kept, *asked), turned=(*plan.turned, *replaced, *turned))
