"""What is known when a cycle decides: of a whole table, and of one of its rows.

Lives here: the input of `reconcile`, and how a review is worded from it. It must not know: what
is decided.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from syncd.core.plan import (
    WHOLE_ROW,
    Action,
    Case,
    Review,
    ReviewKey,
    ReviewKind,
    RowPlan,
    Standing,
)
from syncd.core.policy import Policy
from syncd.core.snapshot import (
    BaseRow,
    CrmRow,
    FieldName,
    Problem,
    RowId,
    SheetRow,
    Side,
    TableName,
    Value,
    Values,
)

Check = Callable[[Values], tuple[Problem, ...]]
Show = Callable[[FieldName, Value], str]
Asked = Mapping[FieldName, Mapping[Side, Review]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """All that is known of one table when a cycle decides.

    `confirmed`: rows that the read before this one missed as well. `frozen`: rows whose identity
    could not be settled; nothing is decided about them. `referred`: rows that are missing on a side
    while what is in use elsewhere refers to them. `check` says what a row's values fail, `show`
    how the sheet shows a value. `resting` counts rows that are left out here, as both sides still
    hold them as they shared them.
    """

    table: TableName
    fields: tuple[FieldName, ...]
    base: Mapping[RowId, BaseRow]
    sheet: Mapping[RowId, SheetRow]
    crm: Mapping[RowId, CrmRow]
    check: Check
    reviews: Mapping[ReviewKey, Review] = field(default_factory=dict)
    confirmed: frozenset[RowId] = frozenset()
    frozen: frozenset[RowId] = frozenset()
    referred: frozenset[RowId] = frozenset()
    show: Show = lambda _, value: "" if value is None else str(value)
    resting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowState:
    """One row's three states, with the rules that apply to it."""

    id: RowId
    base: BaseRow | None
    sheet: SheetRow | None
    crm: CrmRow | None
    reviews: Asked
    confirmed: bool
    referred: bool
    fields: tuple[FieldName, ...]
    policy: Policy
    check: Check
    show: Show

    @classmethod
    def of(cls, state: TableState, policy: Policy, row: RowId, asked: Asked) -> "RowState":
        """Gather what is known of one row; `asked` are the entries about it."""
        return cls(
            id=row,
            base=state.base.get(row),
            sheet=state.sheet.get(row),
            crm=state.crm.get(row),
            reviews=asked,
            confirmed=row in state.confirmed,
            referred=row in state.referred,
            fields=state.fields,
            policy=policy,
            check=state.check,
            show=state.show,
        )

    @property
    def authority(self) -> Side:
        """The side that is right where both differ."""
        return self.policy.authority

    def review(self, side: Side, name: FieldName = WHOLE_ROW) -> Review | None:
        """Return the entry about what `side` did to this field or to the whole row."""
        return self.reviews.get(name, {}).get(side)

    def without(self, entry: Review) -> "RowState":
        """Return the row as if an entry about it had never been."""
        sides = {s: e for s, e in self.reviews[entry.field].items() if s is not entry.side}
        return replace(self, reviews={**self.reviews, entry.field: sides})

    def plan(
        self,
        case: Case,
        *actions: Action,
        base: BaseRow | None,
        reviews: tuple[Review, ...] = (),
        turned: tuple[Review, ...] = (),
        problems: tuple[Problem, ...] = (),
    ) -> RowPlan:
        """Put the row's plan together; what stays open is what was open, as the plan leaves it."""
        entries = {e.key: e for sides in self.reviews.values() for e in sides.values()}
        entries |= {entry.key: entry for entry in reviews}
        return RowPlan(
            row=self.id,
            case=case,
            actions=actions,
            base=base,
            reviews=reviews,
            turned=turned,
            problems=problems,
            waiting=tuple(e for e in entries.values() if e.standing is Standing.OPEN),
        )


def asked_by_row(state: TableState) -> dict[RowId, Asked]:
    """Return the entries about each row: the whole row first, then field by field, side by side."""
    order = {name: place for place, name in enumerate((WHOLE_ROW, *state.fields))}
    found: dict[RowId, dict[FieldName, dict[Side, Review]]] = {}
    known = [entry for entry in state.reviews.values() if entry.field in order]
    for entry in sorted(known, key=lambda e: (order[e.field], e.side is Side.CRM)):
        found.setdefault(entry.row, {}).setdefault(entry.field, {})[entry.side] = entry
    return dict(found)


def edit_review(row: RowState, side: Side, name: FieldName) -> Review:
    """Word the question about an edit of one field by `side`."""
    ours = {Side.SHEET: row.sheet, Side.CRM: row.crm}
    offered, shown = ours[side], ours[side.other]
    return Review(
        kind=ReviewKind.EDIT,
        row=row.id,
        side=side,
        field=name,
        offered={name: offered.values.get(name) if offered else None},
        shown={name: shown.values.get(name) if shown else base_value(row, name)},
        base={name: base_value(row, name)},
    )


def base_value(row: RowState, name: FieldName) -> Value:
    """Return what both sides were last verified to share of a field."""
    return row.base.values.get(name) if row.base else None


def changed_fields(row: RowState, values: Values) -> tuple[FieldName, ...]:
    """Return the fields whose value is not the base's."""
    return tuple(name for name in row.fields if values.get(name) != base_value(row, name))


def reasons_of(problems: tuple[Problem, ...]) -> str:
    """Return the reasons as one text, blank where there is no problem."""
    return "; ".join(problem.reason for problem in problems)
