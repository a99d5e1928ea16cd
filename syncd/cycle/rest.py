"""Rest: what need not be looked at again, because nothing of it has moved since it was settled.

Most rows of a table are at rest: both sides hold them as they shared them. The lines that the next
read shows otherwise, and the records that other programs changed, are all that can call for a
decision; and while only values changed by which no row is known, named or compared with another,
these rows can be decided by themselves. For everything else the whole is observed anew: a row or a
record more or less, a sort, an id, a key, a unique value, another syncd's write, whatever failed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from syncd.core.plan import TablePlan
from syncd.core.snapshot import FieldName, RowId, TableName
from syncd.crm.others import CHANGED, Moment, Told, told_since
from syncd.crm.tables import is_current
from syncd.cycle.effects import Effects
from syncd.cycle.view import Observation, Part, View
from syncd.cycle.workspace import Workspace
from syncd.schema import Cell, Labels, Table
from syncd.sheet.layout import Layout, Tab
from syncd.sheet.read import Values, cell_at

Plans = Mapping[TableName, TablePlan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """One table at rest: which row stands where, how many both sides share, and where it ends.

    `archived` are the rows that only show that their record is out of use.
    """

    ids: Mapping[int, RowId]
    archived: frozenset[int]
    shared: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A workspace as it was at rest, and the rows that were awake since."""

    moment: Moment
    layout: Layout
    values: Values
    labels: Labels
    former: Mapping[TableName, Mapping[str, RowId]]
    tables: Mapping[TableName, Resting]
    awake: Mapping[TableName, frozenset[int]]


def awake_part(
    ws: Workspace, rest: Rest | None, values: Values, layout: Layout, moment: Moment
) -> Part | None:
    """Return the rows that can call for a decision, or None where that may be any row."""
    if rest is None or rest.layout != layout or _is_uneasy(ws):
        return None
    told = told_since(ws.crm.database, rest.moment, moment)
    stirred = None if told is None else _stirred(ws, rest, told)
    if stirred is None:
        return None
    rows: dict[TableName, dict[int, list[Cell]]] = {}
    for table in ws.schema.tables:
        name, tab = table.name, layout.live[table.name]
        before, now = rest.values.grids[name], values.grids[name]
        changed = now.changed(before)
        if changed is None:
            return None
        awake, telling = rest.awake[name] | stirred[name], _telling_columns(table, tab)
        for at in changed:
            columns = _differing(before[at], now[at], tab)
            if columns and (at not in rest.tables[name].ids or columns & telling):
                return None
            awake |= {at} if columns else frozenset()
        rows[name] = {at: now[at] for at in sorted(awake)}
    ids = {name: {at: rest.tables[name].ids[at] for at in rows[name]} for name in rows}
    if not all(_asked(ws, name) <= {*ids[name].values()} for name in rows):
        return None
    return Part(
        rows=rows,
        ids=ids,
        labels=rest.labels,
        former=rest.former,
        ends={name: each.end for name, each in rest.tables.items()},
        resting={
            name: each.shared - len(rows[name].keys() - each.archived)
            for name, each in rest.tables.items()
        },
        left_out={name: len(each.ids) - len(rows[name]) for name, each in rest.tables.items()},
    )


def _stirred(
    ws: Workspace, rest: Rest, told: Sequence[Told]
) -> dict[TableName, frozenset[int]] | None:
    """Return where the rows of changed records stand, or None where more than that changed."""
    rows: dict[TableName, set[RowId]] = {table.name: set() for table in ws.schema.tables}
    telling = {table.name: _telling_fields(table) for table in ws.schema.tables}
    for name, row, field, outcome in told:
        if name in rows:
            if outcome != CHANGED or field in telling[name]:
                return None
            rows[name].add(row)
    found = {}
    for name, changed in rows.items():
        ids = rest.tables[name].ids.items() if changed else ()
        found[name] = frozenset(at for at, row in ids if row in changed)
        if len(found[name]) < len(changed):
            return None
    return found


def is_as_expected(part: Part, observed: Observation) -> bool:
    """Whether each row that was looked at is known and named as ever, on both sides."""
    return all(
        view.identified.ids == part.ids[view.table.name]
        and not view.identified.frozen
        and not view.unfit
        and all(_is_itself(view, row) for row in view.identified.ids.values())
        for view in observed.views
    )


def _is_itself(view: View, row: RowId) -> bool:
    base, record = view.state.base.get(row), view.state.crm.get(row)
    if base is None or base.gone or base.archived != (record is None or record.archived):
        return False
    seen, telling = view.state.sheet[row], _telling_fields(view.table)
    held = [base.values, record.values] if record else [base.values]
    same = all(
        name in seen.values and all(seen.values[name] == values.get(name) for values in held)
        for name in telling
    )
    taken = any(problem.field in telling for problem in seen.problems)
    return same and not taken and view.table.key_of(seen.values) is not None


def rest_after(
    ws: Workspace,
    part: Part | None,
    values: Values,
    layout: Layout,
    observed: Observation,
    plans: Plans,
    effects: Effects,
    moment: Moment,
    before: Rest | None,
) -> Rest | None:
    """Return what is at rest after a cycle, None where that cannot be told."""
    busy = {(v.table.name, row) for v in observed.views for row in _busy(v, plans[v.table.name])}
    busy |= effects.written() | effects.plans.keys()
    awake = {
        view.table.name: frozenset(
            at for at, row in view.identified.ids.items() if (view.table.name, row) in busy
        )
        for view in observed.views
    }
    if (
        _is_uneasy(ws)
        or any(plan.halts for plan in plans.values())
        or sum(map(len, awake.values())) < len(busy)
    ):
        return None
    if part is not None and before is not None:
        return replace(before, moment=moment, values=values, awake=awake)
    apart = [(view, row) for view, row in _awake(observed, busy) if not _is_itself(view, row)]
    if apart or not all(_is_whole(view) for view in observed.views):
        return None
    if not is_current(ws.crm.database, ws.schema):
        return None  # without its triggers, a table does not tell what others do to its records
    return Rest(
        moment=moment,
        layout=layout,
        values=values,
        labels=_needed(ws, observed.labels),
        former=observed.former,
        tables={view.table.name: _resting(view) for view in observed.views},
        awake=awake,
    )


def _busy(view: View, plan: TablePlan) -> Iterator[RowId]:
    """Yield the rows that were decided, but for those that only show that they are out of use."""
    asked = {row for row, _, _ in view.state.reviews}
    for row in plan.rows:
        base = view.state.base.get(row.row)
        shown = row.row in view.state.sheet and row.row not in asked
        quiet = shown and not (row.problems or row.reviews)
        if not (quiet and base is not None and base.archived):
            yield row.row


def _awake(
    observed: Observation, busy: set[tuple[TableName, RowId]]
) -> Iterator[tuple[View, RowId]]:
    for view in observed.views:
        for row in view.identified.ids.values():
            if (view.table.name, row) in busy:
                yield view, row


def _asked(ws: Workspace, table: TableName) -> set[RowId]:
    """Return the rows about which something is asked, or answered and not carried out."""
    return {each.row for each in ws.crm.reviews.current(table).values() if each.pending}


def _is_uneasy(ws: Workspace) -> bool:
    """Whether something is left alone for a while, or remembered of some row's content."""
    left = ws.paused or ws.refused or ws.misread or ws.closed or ws.totals
    return bool(left or ws.unseen)


def _is_whole(view: View) -> bool:
    """Whether every row and column of a table takes part, and is who it says it is."""
    found, table = view.identified, view.table
    return not (
        found.frozen
        or found.blank
        or found.held
        or found.settled
        or found.stale
        or view.remarks
        or view.closed
        or view.tab.paused
        or view.tab.halted
        or not table.keys
        or any(field.computed for field in table.fields)
        or view.unfit
    )


def _resting(view: View) -> Resting:
    ids, base = view.identified.ids, view.state.base
    return Resting(
        ids=ids,
        archived=frozenset(at for at, row in ids.items() if row in base and base[row].archived),
        shared=sum(1 for each in base.values() if not (each.archived or each.gone)),
        end=view.end,
    )


def _needed(ws: Workspace, labels: Labels) -> Labels:
    """Return the labels of the tables that others refer to; nobody asks for those of the rest."""
    names = {field.reference for table in ws.schema.tables for field in table.fields}
    return Labels(tables={n: labels.tables[n] for n in labels.tables if n in names})


def _telling_fields(table: Table) -> set[FieldName]:
    """Return the fields by which a row is known, named, or compared with others."""
    keys = {name for key in table.keys for name in key}
    return keys | {*table.label} | {field.name for field in table.fields if field.unique}


def _telling_columns(table: Table, tab: Tab) -> set[int]:
    fields = _telling_fields(table)
    return {tab.columns[name] for name in fields if name in tab.columns} | {tab.id_column}


def _differing(before: list[Cell], now: list[Cell], tab: Tab) -> set[int]:
    """Return the columns of ours in which two rows differ; TRUE is not 1."""
    ours = {*tab.columns.values(), tab.id_column, tab.status_column}
    return {
        column
        for column in ours
        for old, new in ((cell_at(before, column), cell_at(now, column)),)
        if type(old) is not type(new) or old != new
    }
