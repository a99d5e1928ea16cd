"""One cycle: read, reconcile, check, write, judge, commit. It makes no decision of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from syncd.core.plan import Case, Halt, Put, RowPlan, TablePlan, digest_of
from syncd.core.rails import check_rails
from syncd.core.reconcile import reconcile
from syncd.core.snapshot import Problem, RowId, Side, TableName
from syncd.cycle.commit import Commit
from syncd.cycle.effects import Change, Effects, effects_of
from syncd.cycle.observe import Observation, observe
from syncd.cycle.operate import (
    Intent,
    RowsRefusedError,
    burn,
    keys_of,
    own_token,
    settle,
    write,
)
from syncd.cycle.repair import repair
from syncd.cycle.workspace import Workspace
from syncd.errors import SheetBusyError
from syncd.schema import Cell
from syncd.sheet.exchange import BYTES_MAX, REQUESTS_MAX, Batch, Inserted, Touched
from syncd.sheet.layout import Layout
from syncd.sheet.read import Rows, cell_at, read_rows, read_values, same_titles
from syncd.sheet.read import Values as SheetValues

READS_MAX = 4  # how often a cycle begins anew because people type while it reads
REFUSALS_MAX = 3
_CELL_BYTES = 120
_RUN_REQUESTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReport:
    """What a cycle found and did in one table."""

    rows: int
    changed: int
    review: int
    quarantine: int
    halts: tuple[Halt, ...] = ()


@dataclass(slots=True, kw_only=True)
class Report:
    """What a cycle came to: `pending` says that one more cycle has something to do."""

    cycle: int
    authority: Side
    digest: str
    tables: Mapping[TableName, TableReport]
    plans: tuple[TablePlan, ...] = ()
    paused: Mapping[tuple[TableName, RowId], str] = field(default_factory=dict)
    pending: bool = False
    idle: bool = False

    @property
    def halted(self) -> bool:
        """Whether a table is held back."""
        return any(table.halts for table in self.tables.values())


class _MovedError(Exception):
    """Somebody typed between the two reads of a cycle: it begins anew."""


def run_cycle(ws: Workspace, *, dry_run: bool = False) -> Report:
    """Align both replicas once, or only say what that would do."""
    layout = ws.layout()
    if not dry_run:
        settle(ws, layout)
        repair(ws, layout)
    for _ in range(READS_MAX):
        try:
            return _attempt(ws, layout, dry_run=dry_run)
        except _MovedError:
            layout = ws.layout()
    raise SheetBusyError(
        "people type faster than syncd can read",
        on=ws.client.spreadsheet,
        hint="Nothing is lost; the next cycle tries again.",
    )


def _attempt(ws: Workspace, layout: Layout, *, dry_run: bool) -> Report:
    """Run one cycle on one read of all values."""
    read_at = ws.seconds()
    values = read_values(ws.client, layout)
    stamp = (values.fingerprint, ws.crm.database.version(), ws.crm.state.authority)
    if ws.settled and stamp == ws.settled[0] and isinstance(ws.settled[1], Report):
        return replace(ws.settled[1], plans=(), idle=True)
    if not all(same_titles(_titles(values, name), tab) for name, tab in layout.tabs.items()):
        layout = ws.find_layout()
    observed = observe(ws, values, layout)
    plans = _plans(ws, observed)
    effects = effects_of(observed, plans, ws.paused)
    if dry_run:
        return _report(ws, observed, plans, cycle=0)
    cycle = _begin_cycle(ws)
    _restored(ws, layout, values)
    _carry_out(ws, layout, observed, effects, cycle, read_at)
    report = _report(ws, observed, plans, cycle=cycle)
    _finish(ws, observed, plans)
    done = not (effects.written() or effects.plans or report.pending)
    ws.settled = (_stamp(ws, values), report) if done else None
    return report


def _stamp(ws: Workspace, values: SheetValues) -> tuple[object, ...]:
    return (values.fingerprint, ws.crm.database.version(), ws.crm.state.authority)


def _titles(values: SheetValues, table: TableName) -> Sequence[Cell]:
    rows = values.grids[table]
    return rows[0] if rows else ()


def _begin_cycle(ws: Workspace) -> int:
    with ws.crm.database.transaction():
        return ws.crm.state.next_cycle()


def _restored(ws: Workspace, layout: Layout, values: SheetValues) -> None:
    """An older version of the file may be back: nothing built on its token may be applied."""
    if values.control.number == ws.crm.operations.last_judged():
        return
    rows = read_rows(ws.client, layout, {})
    token = own_token(ws, rows.token)
    if token.number != ws.crm.operations.last_judged():
        ws.tell("The spreadsheet was brought back to an older version; the write token is renewed.")
    burn(ws, layout, token, rows.structure)
    raise _MovedError


def _plans(ws: Workspace, observed: Observation) -> dict[TableName, TablePlan]:
    """Reconcile each table and check the plan against the rails."""
    approved = ws.crm.state.approved()
    return {
        view.table.name: check_rails(
            reconcile(view.state, view.policy),
            view.state,
            ws.config.limits,
            removed_lately=ws.crm.history.removed_lately(view.table.name),
            approved=approved,
        )
        for view in observed.views
    }


def _carry_out(
    ws: Workspace,
    layout: Layout,
    observed: Observation,
    effects: Effects,
    cycle: int,
    read_at: float,
) -> None:
    """Write what the sheet has to show, then commit what needs no writing."""
    rows = _second_read(ws, layout, observed, effects)
    if rows is not None and (effects.changes or effects.inserted):
        _write_all(ws, layout, observed, effects, rows, cycle, read_at)
    written = effects.written()
    rest: dict[TableName, list[RowPlan]] = {}
    for (name, row), plan in effects.plans.items():
        if (name, row) not in written:
            rest.setdefault(name, []).append(plan)
    if rest:
        with ws.crm.database.transaction():
            ws.refused |= Commit(ws, observed.labels, cycle).rows(rest)


def _second_read(
    ws: Workspace, layout: Layout, observed: Observation, effects: Effects
) -> Rows | None:
    """Read the rows that are about to be written or pulled; they must be as they were read."""
    wanted: dict[TableName, set[int]] = {}
    for change in effects.changes:
        wanted.setdefault(change.table, set()).add(change.position)
    for view in observed.views:
        places = view.positions
        for (name, row), plan in effects.plans.items():
            if name == view.table.name and row in places and plan.on(Side.CRM):
                wanted.setdefault(name, set()).add(places[row])
    if not wanted and not effects.inserted:
        return None
    rows = read_rows(ws.client, layout, wanted)
    for view in observed.views:
        tab = view.tab
        columns = [*tab.columns.values(), tab.id_column, tab.status_column]
        if not same_titles(rows.shown[view.table.name].get(0, ()), tab):
            ws.find_layout()
            raise _MovedError
        for position in wanted.get(view.table.name, ()):
            now = rows.shown[view.table.name].get(position, ())
            before = view.rows.get(position, ())
            if any((cell_at(now, c) or "") != (cell_at(before, c) or "") for c in columns):
                raise _MovedError
    return rows


def _write_all(
    ws: Workspace,
    layout: Layout,
    observed: Observation,
    effects: Effects,
    rows: Rows,
    cycle: int,
    read_at: float,
) -> None:
    """Write batch by batch; each is judged and committed before the next is sent."""
    token, structure, shift = own_token(ws, rows.token), rows.structure, dict(effects.ends)
    touched = [t for c in effects.changes if (t := _touched(ws, c, rows)) is not None]
    removed = {(c.table, c.row) for c in effects.changes if c.removed}
    batches = list(_batches(touched, effects.inserted, removed))
    for index, batch in enumerate(batches):
        if len(batches) > 1:
            ws.tell(f"Writing batch {index + 1} of {len(batches)} to the sheet.")
        if index:
            fresh = read_rows(ws.client, layout, {})
            token, structure = own_token(ws, fresh.token), fresh.structure
        ended = replace(batch, ends=dict(shift))
        intent = _intent(ws, layout, observed, effects, ended, rows, cycle)
        try:
            write(ws, layout, intent, token=token, structure=structure, read_at=read_at)
        except RowsRefusedError as error:
            _pause(ws, error)
            raise _MovedError from error
        for each in batch.inserted:
            shift[each.table] += 1


def _pause(ws: Workspace, error: RowsRefusedError) -> None:
    """Leave rows alone that Google does not let us change; everything else goes on."""
    fresh = {row: error.what for row in error.rows if row not in ws.paused}
    if not fresh or len({*ws.paused.values()}) >= REFUSALS_MAX:
        raise error
    ws.paused |= fresh


def _touched(ws: Workspace, change: Change, rows: Rows) -> Touched | None:
    """Return a change with what stands in its row; cells that spill from a formula are let be."""
    entered = rows.entered[change.table].get(change.position, ())
    shown = rows.shown[change.table].get(change.position, ())
    spilled = any(
        cell_at(shown, column) not in (None, "")
        and (column >= len(entered) or entered[column] is None)
        for column in change.cells
    )
    if spilled:
        ws.paused[change.table, change.row] = "a formula above it fills a cell of this row"
        return None
    return Touched(
        table=change.table,
        row=change.row,
        position=change.position,
        entered=entered,
        cells=change.cells,
    )


def _batches(
    touched: list[Touched],
    inserted: list[Inserted],
    removed: set[tuple[TableName, RowId]],
) -> Iterator[Batch]:
    """Cut what is written into batches of a size that Google takes well."""
    ordered = sorted(touched, key=lambda each: (each.table, each.position))
    size = requests = 0
    batch: list[Touched] = []
    before: Touched | None = None
    for each in ordered:
        new_run = (
            before is None
            or before.table != each.table
            or before.position + 1 != each.position
            or before.cells.keys() != each.cells.keys()
        )
        size += _size(each.cells)
        requests += _RUN_REQUESTS if new_run else 0
        if batch and (size > BYTES_MAX or requests > REQUESTS_MAX):
            yield _batch(batch, removed)
            batch, size, requests = [], _size(each.cells), _RUN_REQUESTS
        batch.append(each)
        before = each
    room = BYTES_MAX - size
    first: list[Inserted] = []
    rest = list(inserted)
    while rest and room > 0:
        room -= _size(rest[0].cells)
        first.append(rest.pop(0))
    if batch or first:
        yield replace(_batch(batch, removed), inserted=tuple(first))
    for _, group in groupby(enumerate(rest), lambda pair: pair[0] // 2000):
        yield Batch(inserted=tuple(each for _, each in group))


def _batch(rows: list[Touched], removed: set[tuple[TableName, RowId]]) -> Batch:
    return Batch(
        touched=tuple(each for each in rows if (each.table, each.row) not in removed),
        removed=tuple(each for each in rows if (each.table, each.row) in removed),
    )


def _size(cells: Mapping[int, object]) -> int:
    return sum(_CELL_BYTES + len(str(cell)) for cell in cells.values())


def _intent(
    ws: Workspace,
    layout: Layout,
    observed: Observation,
    effects: Effects,
    batch: Batch,
    rows: Rows,
    cycle: int,
) -> Intent:
    """Return what has to be known to judge and to commit a batch."""
    members = {(each.table, each.row) for each in (*batch.touched, *batch.removed)} | {
        (each.table, each.row) for each in batch.inserted
    }
    plans: dict[TableName, list[RowPlan]] = {}
    for (name, row), plan in effects.plans.items():
        if (name, row) in members:
            plans.setdefault(name, []).append(plan)
    del observed
    return Intent(
        cycle=cycle,
        authority=ws.crm.state.authority,
        batch=batch,
        titles={name: rows.entered[name].get(0, ()) for name in batch.tables()},
        keys={name: keys_of(ws.schema.table(name), layout) for name in batch.tables()},
        plans={name: tuple(found) for name, found in plans.items()},
    )


def _finish(ws: Workspace, observed: Observation, plans: Mapping[TableName, TablePlan]) -> None:
    """Remember what was missed, what is refused and what is held back, for the next cycle."""
    state, at = ws.crm.state, ws.now()
    with ws.crm.database.transaction():
        for view in observed.views:
            name, plan = view.table.name, plans[view.table.name]
            state.write_missing(name, plan.missing)
            state.write_halts(name, plan.halts, at)
            if not plan.halts:
                state.write_problems(name, _problems(plan))
            if any(field.reference == name for t in ws.schema.tables for field in t.fields):
                known = observed.former.get(name, {})
                rows = view.state.crm.keys() | view.state.sheet.keys()
                labels = {row: observed.labels.label(name, row) for row in rows}
                fresh = {row: text for row, text in labels.items() if known.get(text) != row}
                state.write_labels(name, fresh)


def _problems(plan: TablePlan) -> Iterator[tuple[RowId, Side, Problem]]:
    for row in plan.rows:
        side = Side.CRM if row.case is Case.INVALID_RECORD else Side.SHEET
        for problem in row.problems:
            yield row.row, side, problem


def _report(
    ws: Workspace, observed: Observation, plans: Mapping[TableName, TablePlan], *, cycle: int
) -> Report:
    """Count what the cycle found."""
    tables = {}
    for view in observed.views:
        plan = plans[view.table.name]
        tables[view.table.name] = TableReport(
            rows=len(view.identified.ids) + len(view.identified.frozen),
            changed=sum(1 for row in plan.rows if row.actions),
            review=ws.crm.reviews.count_open(view.table.name),
            quarantine=sum(1 for row in plan.rows if row.problems),
            halts=plan.halts,
        )
    acted = [any(_is_data(row) for row in plan.rows) for plan in plans.values()]
    missing = any(plan.missing for plan in plans.values())
    return Report(
        cycle=cycle,
        authority=ws.crm.state.authority,
        digest=digest_of(plans.values()),
        tables=tables,
        plans=tuple(plans.values()),
        paused=dict(ws.paused),
        pending=missing or any(acted),
    )


def _is_data(row: RowPlan) -> bool:
    """Whether a plan moves people's values, so that another cycle may have to follow."""
    return any(not isinstance(action, Put) or action.cells for action in row.actions)
