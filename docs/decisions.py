"""The tables of docs/decisions.md, made by running `reconcile` over every combination of states.

`cog -I docs -r docs/decisions.md` writes them anew; a test fails when they are out of date.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from syncd.core.plan import (
    Archive,
    Case,
    Create,
    Put,
    Remove,
    Review,
    ReviewKind,
    RowPlan,
    Standing,
    Unarchive,
)
from syncd.core.policy import Handling, Policy
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
    Values,
)
from syncd.core.state import TableState

ROW, NAME, FEE = RowId("row"), FieldName("name"), FieldName("fee")
WRONG = Problem(field=FEE, text="a lot", reason="is no number")
SIDES = {Side.SHEET: "sheet", Side.CRM: "CRM"}
ASKED = "asked"
NOTHING = "–"
FOLLOWS = "base follows"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the sheet shows of a row: nothing, or values, of which some may be refused."""

    words: str
    values: Values | None = None
    problems: tuple[Problem, ...] = ()
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the CRM holds of a row: nothing, or a record, which may be archived or invalid."""

    words: str
    values: Values | None = None
    problems: tuple[Problem, ...] = ()
    archived: bool = False


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What both sides were last verified to share."""

    title: str
    base: BaseRow | None


VALUES: Values = {NAME: "Ada", FEE: 10}
SHEETS = (
    Shown(words="the row, as it was shared", values=VALUES),
    Shown(words="the row, edited", values={NAME: "Ada", FEE: 20}),
    Shown(words="the row, refused", values={NAME: "Ada"}, problems=(WRONG,)),
    Shown(words="no row, in one read"),
    Shown(words="no row, in two reads", confirmed=True),
)
CRMS = (
    Held(words="the record, as it was shared", values=VALUES),
    Held(words="the record, with the same edit", values={NAME: "Ada", FEE: 20}),
    Held(words="the record, another value there", values={NAME: "Ada", FEE: 30}),
    Held(words="the record, another field edited", values={NAME: "Bea", FEE: 10}),
    Held(words="an invalid record", values={NAME: "Ada", FEE: -1}, problems=(WRONG,)),
    Held(words="an archived record", values=VALUES, archived=True),
    Held(words="an archived record, edited", values={NAME: "Ada", FEE: 30}, archived=True),
    Held(
        words="an archived, invalid record",
        values={NAME: "Ada", FEE: -1},
        problems=(WRONG,),
        archived=True,
    ),
    Held(words="no record"),
)
BASES = (
    Shared(title="Both sides had the row", base=BaseRow(values=VALUES)),
    Shared(title="They never shared it", base=None),
    Shared(
        title="Both knew it as archived, the sheet still showed it",
        base=BaseRow(values=VALUES, archived=True),
    ),
    Shared(
        title="It was archived and its row was gone",
        base=BaseRow(values=VALUES, archived=True, gone=True),
    ),
)
ALIKE = {
    "an archived record, whatever it holds": {crm.words for crm in CRMS if crm.archived},
    "a valid record, edited or not": {
        crm.words for crm in CRMS if crm.values and not (crm.problems or crm.archived)
    },
}
AUTHORITIES = (Side.SHEET, Side.CRM)


def check(values: Values) -> tuple[Problem, ...]:
    """Say what a row fails: a fee below nothing."""
    fee = values.get(FEE)
    return (WRONG,) if isinstance(fee, int) and fee < 0 else ()


def decide(
    base: BaseRow | None, sheet: Shown, crm: Held, policy: Policy, *, referred: bool = False
) -> RowPlan | None:
    """Run `reconcile` on a table of one row; None where there is nothing to say."""
    shown = SheetRow(id=ROW, position=1, values=sheet.values or {}, problems=sheet.problems)
    held = CrmRow(id=ROW, values=crm.values or {}, archived=crm.archived, problems=crm.problems)
    state = TableState(
        table=TableName("rows"),
        fields=(NAME, FEE),
        base={ROW: base} if base else {},
        sheet={} if sheet.values is None else {ROW: shown},
        crm={} if crm.values is None else {ROW: held},
        check=check,
        confirmed=frozenset({ROW} if sheet.confirmed else ()),
        referred=frozenset({ROW} if referred else ()),
    )
    plans = reconcile(state, policy).rows
    return plans[0] if plans else None


def outcome(base: BaseRow | None, sheet: Shown, plan: RowPlan | None) -> str:
    """Say what a plan does: to the sheet, to the CRM, to the base, and what a person is asked."""
    if plan is None:
        return NOTHING
    told = [*_acts(plan, base, sheet)]
    told += [f"{_named(entry)} {ASKED}" for entry in _open(plan)]
    told += [f"{_named(entry)} kept in the history" for entry in plan.turned]
    if plan.case is Case.MISSING:
        told.append("waits for one more read")
    if plan.problems:
        told.append("told why")
    if base is not None and plan.base is None:
        told.append("base forgotten")
    elif plan.base != base and not plan.actions and not _is_marked(base, sheet, plan):
        told.append(FOLLOWS)
    return "; ".join(dict.fromkeys(told)) or NOTHING


def _named(entry: Review) -> str:
    """Name an act by the side whose it is."""
    side, other = ("sheet", "row") if entry.side is Side.SHEET else ("CRM", "record")
    return f"the {side}’s {f'new {other}' if entry.kind is ReviewKind.NEW else entry.kind.value}"


def _open(plan: RowPlan) -> Iterator[Review]:
    return (entry for entry in plan.reviews if entry.standing is Standing.OPEN)


def _is_marked(base: BaseRow | None, sheet: Shown, plan: RowPlan) -> bool:
    """Whether the plan marks a row of the sheet as archived."""
    now = plan.base is not None and plan.base.archived and not plan.base.gone
    return now and sheet.values is not None and not (base and base.archived)


def _acts(plan: RowPlan, base: BaseRow | None, sheet: Shown) -> Iterator[str]:
    shared = base.values if base else {}
    for action in plan.actions:
        match action:
            case Put(side=side, cells=cells):
                moved = any(c.typed or c.expected != shared.get(c.field) for c in cells)
                word = "put back" if moved else "changed"
                yield f"{SIDES[side]}: value {word}"
            case Create(side=Side.SHEET):
                yield "sheet: row made"
            case Create():
                yield "CRM: record made"
            case Archive():
                yield "CRM: record archived"
            case Unarchive():
                yield "CRM: record in use again"
            case Remove():
                yield "sheet: row taken out"
    if _is_marked(base, sheet, plan):
        yield "sheet: row marked"


def cases() -> Iterator[tuple[Shared, Shown, Held]]:
    """Yield every combination of what was shared, what the sheet shows and what the CRM holds."""
    yield from itertools.product(BASES, SHEETS, CRMS)


def policy(authority: Side, handling: Handling) -> Policy:
    """Return one handling for edits, new rows and removals."""
    return Policy(authority=authority, edits=handling, new_rows=handling, removals=handling)


def decided(shared: Shared, sheet: Shown, crm: Held, authority: Side) -> str:
    """Say what is decided under each policy, once where it is the same."""
    by_words: dict[str, list[str]] = {}
    for handling in Handling:
        plan = decide(shared.base, sheet, crm, policy(authority, handling))
        by_words.setdefault(outcome(shared.base, sheet, plan), []).append(handling.value)
    if len(by_words) == 1:
        return next(iter(by_words))
    return "<br>".join(f"*{', '.join(names)}:* {words}" for words, names in by_words.items())


def decision_table(shared: Shared) -> str:
    """Print what is decided for rows of which the same was shared; equal lines are told once."""
    lines = [
        "| the sheet has | the CRM has | disconnected | connected |",
        "|---|---|---|---|",
    ]
    for sheet in SHEETS:
        by_outcome: dict[tuple[str, ...], list[str]] = {}
        for crm in CRMS:
            cells = tuple(decided(shared, sheet, crm, authority) for authority in AUTHORITIES)
            by_outcome.setdefault(cells, []).append(crm.words)
        lines += [
            f"| {sheet.words} | {_together(words)} | {' | '.join(cells)} |"
            for cells, words in by_outcome.items()
        ]
    return "\n".join(lines)


def _together(words: list[str]) -> str:
    """Join what the CRM may hold, and say once what it is alike in."""
    for alike, crms in ALIKE.items():
        if crms <= set(words):
            words = [alike, *(word for word in words if word not in crms)]
    return "; ".join(words)


def all_tables() -> str:
    """Print every table with its title."""
    return "\n\n".join(f"### {shared.title}\n\n{decision_table(shared)}" for shared in BASES)
