"""What one read shows of each table, side by side with what the CRM holds and what was shared."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from syncd.core.plan import Action, Archive, TablePlan, Unarchive
from syncd.core.policy import Policy
from syncd.core.seen import Answer, Identified
from syncd.core.snapshot import BaseRow, FieldName, RowId, TableName, Values
from syncd.core.state import TableState
from syncd.cycle.rows import Row
from syncd.schema import Labels, Table
from syncd.sheet.columns import ID_TITLE
from syncd.sheet.layout import Tab
from syncd.sheet.read import Control


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One table as both sides show it at this read."""

    table: Table
    tab: Tab
    policy: Policy
    state: TableState
    identified: Identified
    rows: Mapping[int, Row]
    end: int  # the position after the table's last row
    closed: Mapping[FieldName, str] = field(default_factory=dict)  # columns not to write, and why
    remarks: tuple[int, ...] = ()  # rows of the team's own below the table
    unfit: bool = False  # whether a record breaks the schema as it is now
    left_out: int = 0  # rows at rest that this view does not show

    @property
    def positions(self) -> Mapping[RowId, int]:
        """Where each identified row stands."""
        return {row: position for position, row in self.identified.ids.items()}

    def verified(self, plan: TablePlan) -> TablePlan:
        """Return the plan with bases that claim nothing of columns which are left alone.

        Nobody saw what stands in them: their fields keep what was shared of them before, if it was.
        """
        aside = {*self.tab.paused, *self.closed}
        if not aside:
            return plan
        rows = tuple(
            replace(
                row,
                base=self._without(row.row, row.base, aside) if row.base else None,
                actions=tuple(_looked_at(action, aside) for action in row.actions),
            )
            for row in plan.rows
        )
        return replace(plan, rows=rows)

    def _without(self, row: RowId, base: BaseRow, aside: Collection[FieldName]) -> BaseRow:
        seen = {name: value for name, value in base.values.items() if name not in aside}
        return replace(base, values={**seen, **shared_of(self.state.base.get(row), aside)})

    def told(self) -> Mapping[int, str]:
        """Why rows are left alone, by their place, with what a person can do about it."""
        settle = {
            seen.position: f"; undo it, clear its {ID_TITLE} if it is a new row, or say"
            f" `syncd settle {row} --{Answer.RENAMED.value}` or `--{Answer.REPLACED.value}`"
            for row, seen in self.identified.held.items()
        }
        settle |= {
            seen.position: f"; undo one, clear the {ID_TITLE} of what is a new row, or say which"
            f" keeps the record: `syncd settle {row} --keep {seen.position + 1}`"
            for row, rows in self.identified.copies.items()
            for seen in rows
        }
        frozen = self.identified.frozen
        return {position: reason + settle.get(position, "") for position, reason in frozen.items()}


def _looked_at(action: Action, aside: Collection[FieldName]) -> Action:
    """Return what takes a record out of use, or back, by what it holds in the columns that show."""
    if not isinstance(action, Archive | Unarchive) or action.held is None:
        return action
    return replace(action, held={n: v for n, v in action.held.items() if n not in aside})


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The tables that can be read, in reference order, and the labels that records are shown under.

    `halted` are the tables about which nothing may be decided, and why. `control` is what syncd's
    own tab showed at this read.
    """

    views: tuple[View, ...]
    control: Control
    labels: Labels
    former: Mapping[TableName, Mapping[str, RowId]]
    halted: Mapping[TableName, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The rows of each table to look at, by their place; all others are known to be at rest.

    `resting` counts those of the others that both sides share, `left_out` all that the sheet shows.
    """

    rows: Mapping[TableName, Mapping[int, Row]]
    ids: Mapping[TableName, Mapping[int, RowId]]
    labels: Labels
    former: Mapping[TableName, Mapping[str, RowId]]
    ends: Mapping[TableName, int]
    resting: Mapping[TableName, int]
    left_out: Mapping[TableName, int]


def shared_of(base: BaseRow | None, names: Collection[FieldName]) -> Values:
    """Return what both sides last shared of some fields."""
    return {n: base.values[n] for n in names if n in base.values} if base else {}
