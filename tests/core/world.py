"""A table small enough to read: two replicas as plain dicts, and a cycle that never fails.

The interpreter carries a plan out as a cycle does after verified writes: each cell is written
only where what the plan expects stands there, the base moves with the row, and an absence counts
when the next read confirms it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from syncd.core.plan import (
    Action,
    Archive,
    Create,
    Put,
    Remove,
    Review,
    ReviewKey,
    ReviewKind,
    RowPlan,
    Standing,
    TablePlan,
    Unarchive,
)
from syncd.core.policy import Policy
from syncd.core.reconcile import reconcile
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
)
from syncd.core.state import TableState

NAME, FEE, CAP = FieldName("name"), FieldName("fee"), FieldName("cap")
FIELDS = (NAME, FEE, CAP)
TABLE = TableName("influencers")
ANNA = RowId("anna")

Content = dict[FieldName, Value]
Record = tuple[Content, bool]


def content(name: Value = "Anna", fee: Value = 10, cap: Value = 100) -> Content:
    """Return a row's values."""
    return {NAME: name, FEE: fee, CAP: cap}


def check(values: Mapping[FieldName, Value]) -> tuple[Problem, ...]:
    """Say whether the fee is above the cap: the one rule that needs two fields."""
    fee, cap = values.get(FEE), values.get(CAP)
    if isinstance(fee, int) and isinstance(cap, int) and fee > cap:
        return (Problem(field=FEE, text=str(fee), reason="above the cap"),)
    return ()


def read_sheet(row: RowId, position: int, held: Content, waiting: Collection[str] = ()) -> SheetRow:
    """Read a row of the sheet: a text in place of a number is no value, nor is a waiting name."""
    unread = {n: held[n] for n in (FEE, CAP) if isinstance(held[n], str)}
    problems = tuple(Problem(field=n, text=str(v), reason="no number") for n, v in unread.items())
    if held[NAME] in waiting:
        unread[NAME] = name = held[NAME]
        reason = f"waits until {name} is put right"
        problems += (Problem(field=NAME, text=str(name), reason=reason, waits=True),)
    values = {n: v for n, v in held.items() if n not in unread}
    return SheetRow(id=row, position=position, values=values, problems=problems or check(values))


@dataclass
class World:
    """Both replicas of one table with all that syncd remembers of them."""

    policy: Policy
    base: dict[RowId, BaseRow] = field(default_factory=dict)
    sheet: dict[RowId, Content] = field(default_factory=dict)
    crm: dict[RowId, Record] = field(default_factory=dict)
    reviews: dict[ReviewKey, Review] = field(default_factory=dict)
    history: list[Review] = field(default_factory=list)
    missing: frozenset[RowId] = frozenset()
    referred: frozenset[RowId] = frozenset()
    waiting: frozenset[str] = frozenset()  # names that cannot be read yet: their rows are not taken
    fields: tuple[FieldName, ...] = FIELDS

    @property
    def state(self) -> TableState:
        """What a cycle would read."""
        return TableState(
            table=TABLE,
            fields=self.fields,
            base=dict(self.base),
            sheet={
                row: read_sheet(row, position, dict(held), self.waiting)
                for position, (row, held) in enumerate(self.sheet.items())
            },
            crm={
                row: CrmRow(id=row, values=dict(held), archived=archived, problems=check(held))
                for row, (held, archived) in self.crm.items()
            },
            check=check,
            reviews=dict(self.reviews),
            confirmed=self.missing,
            referred=self.referred,
            show=lambda _, value: str(value).removeprefix("id of "),
        )

    def plan(self) -> TablePlan:
        """Decide, and do nothing yet."""
        return reconcile(self.state, self.policy)

    def cycle(self) -> TablePlan:
        """Decide and carry it out."""
        plan = self.plan()
        for row in plan.rows:
            self._carry_out(row)
        self.missing = plan.missing
        return plan

    def settle(self, cycles: int = 6) -> int:
        """Run cycles until one has nothing to do, and return how many had."""
        for count in range(cycles):
            before = dict(self.base)
            if is_quiet(self.cycle()) and self.base == before:
                return count
        raise AssertionError(f"not settled after {cycles} cycles: {self}")

    def answer(self, standing: Standing, *entries: Review) -> None:
        """A person accepts or rejects entries as they stand."""
        for entry in entries:
            self.reviews[entry.key] = replace(entry, standing=standing)

    def switch(self) -> None:
        """An admin gives the authority to the other side."""
        self.policy = replace(self.policy, authority=self.policy.authority.other)

    @property
    def open(self) -> list[Review]:
        """The entries that wait for a person."""
        return [entry for entry in self.reviews.values() if entry.standing is Standing.OPEN]

    def held(self, side: Side, row: RowId = ANNA) -> Content | None:
        """Return what a side holds of a row, archived or not."""
        if side is Side.SHEET:
            return self.sheet.get(row)
        return self.crm[row][0] if row in self.crm else None

    def _carry_out(self, plan: RowPlan) -> None:
        for action in plan.actions:
            self._act(plan.row, action)
        self.base.pop(plan.row, None)
        if plan.base is not None:
            self.base[plan.row] = plan.base
        self.reviews.update((entry.key, entry) for entry in plan.reviews)
        self.history += plan.turned
        waiting = {e.key for e in self.open if e.row == plan.row}
        assert waiting == {entry.key for entry in plan.waiting}

    def _act(self, row: RowId, action: Action) -> None:
        match action:
            case Put(side=side, cells=cells):
                held = self.held(side, row)
                assert held is not None
                for cell in cells:
                    assert held[cell.field] == (cell.typed or cell.expected)
                    held[cell.field] = cell.value
                assert len({cell.field for cell in cells}) == len(cells)
                assert side is Side.SHEET or not check(held), "an invalid record was written"
            case Create(side=Side.SHEET, values=values):
                assert row not in self.sheet
                self.sheet[row] = dict(values)
            case Create(values=values):
                assert row not in self.crm
                assert not check(values), "an invalid record was made"
                self.crm[row] = (dict(values), False)
            case Archive():
                assert not self.crm[row][1]
                self.crm[row] = (self.crm[row][0], True)
            case Unarchive():
                assert self.crm[row][1]
                self.crm[row] = (self.crm[row][0], False)
            case Remove():
                withdrawn = any(e.kind is ReviewKind.WITHDRAWAL for e in self.reviews.values())
                assert withdrawn or self.crm.get(row, ({}, True))[1]
                del self.sheet[row]


def shared(policy: Policy, *rows: RowId, archived: bool = False) -> World:
    """Return a world in which both sides hold the same rows."""
    rows = rows or (ANNA,)
    return World(
        policy=policy,
        base={row: BaseRow(values=content(), archived=archived) for row in rows},
        sheet={row: content() for row in rows},
        crm={row: (content(), archived) for row in rows},
    )


def is_quiet(plan: TablePlan) -> bool:
    """Whether nothing would be written, asked, or waited for."""
    return not plan.missing and not any(r.actions or r.reviews or r.turned for r in plan.rows)


def only(entries: Iterable[Review]) -> Review:
    """Return the one entry that there is."""
    (entry,) = entries
    return entry
