"""One cycle: read, reconcile, check, write, judge, commit. It makes no decision of its own."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from syncd.core.plan import Case, Halt, RowPlan, TablePlan
from syncd.core.policy import Policy
from syncd.core.snapshot import Problem, RowId, Side, TableName, Values
from syncd.crm.others import Moment
from syncd.cycle.answers import Answers, with_answers
from syncd.cycle.checks import checked_plans, remember_rails
from syncd.cycle.commit import Commit
from syncd.cycle.conclude import remembered_slots
from syncd.cycle.effects import Effects, effects_of
from syncd.cycle.fence import check_control
from syncd.cycle.observe import observe
from syncd.cycle.operate import look_again, settle
from syncd.cycle.refusals import at_rest, refusals, remember_refusals, told_again
from syncd.cycle.repair import repair, stirs
from syncd.cycle.report import Report, report_of
from syncd.cycle.rest import Rest, awake_part, is_as_expected, rest_after
from syncd.cycle.shown_labels import arrived_labels, remember_labels
from syncd.cycle.view import Observation, View
from syncd.cycle.workspace import Workspace
from syncd.cycle.writing import MovedError, second_read, until_still, write_all
from syncd.errors import HaltedError, LayoutError
from syncd.sheet.client import RefusedError
from syncd.sheet.layout import Layout
from syncd.sheet.read import Values as SheetValues
from syncd.sheet.read import in_place, read_values

REFUSALS_MAX = 3  # different reasons for which Google refuses rows before their table is held


def run_cycle(
    ws: Workspace,
    *,
    dry_run: bool = False,
    authority: Side | None = None,
    chosen: Mapping[str, str] | None = None,
    answers: Answers | None = None,
) -> Report:
    """Align both replicas once, or only say what that would do, also under another authority.

    `answers` are taken as if an admin had given them already.
    """
    ws.require_current()
    ws.worked_s()
    with _remembering_trouble(ws, dry_run=dry_run):
        policies = {t.name: ws.policy(t.name, authority, chosen) for t in ws.schema.tables}
        if ws.refill():
            raise LayoutError(
                "a column that is new or of another kind does not show yet what the CRM holds",
                on=ws.client.spreadsheet,
                hint="Run `syncd init` again: it fills the column.",
            )
        try:
            return _cycle(ws, policies, answers or {}, dry_run=dry_run)
        except RefusedError:
            if not ws.has_lost_tabs():
                raise
            ws.find_layout()
        return _cycle(ws, policies, answers or {}, dry_run=dry_run)


@contextmanager
def _remembering_trouble(ws: Workspace, *, dry_run: bool) -> Iterator[None]:
    """Remember what stopped a cycle before it came to any table, until one is not stopped."""
    try:
        yield
    except HaltedError as error:
        if not dry_run:
            ws.remember_trouble(error)
        raise
    if not dry_run:
        ws.remember_trouble(None)


def _require_known(ws: Workspace) -> None:
    """What a person halted while its outcome was unknown is not sent again before a yes."""
    if ws.crm.halts.stops() and ws.crm.operations.has_unknown():
        raise HaltedError(
            "it was halted by hand while the outcome of a write is not known yet",
            on=ws.client.spreadsheet,
            hint="`syncd status` shows the digest to approve; the next cycle then looks it up.",
        )


def _cycle(
    ws: Workspace, policies: Mapping[TableName, Policy], answers: Answers, *, dry_run: bool
) -> Report:
    """Attempt a cycle until nobody types between its reads."""
    ws.look_again()
    if not dry_run:
        _require_known(ws)
        settle(ws, ws.layout())

    def attempt() -> Report:
        if not dry_run and not ws.crm.halts.stops():
            repair(ws)
        return _attempt(ws, ws.layout(), policies, answers, dry_run=dry_run)

    return until_still(ws, attempt, hint="Nothing is lost; the next cycle tries again.")


def _attempt(
    ws: Workspace,
    layout: Layout,
    policies: Mapping[TableName, Policy],
    answers: Answers,
    *,
    dry_run: bool,
) -> Report:
    """Run one cycle on one read of all values."""
    read_at = ws.seconds()
    ws.resume(read_at)
    moment = Moment.of(ws.crm.database)
    values = ws.values = _read(ws, layout)
    check_control(ws, values.control)
    stamp = (values.fingerprint, moment.others, moment.ours, ws.crm.state.authority)
    if not dry_run and ws.settled and stamp == ws.settled[0] and isinstance(ws.settled[1], Report):
        return replace(ws.settled[1], plans=(), idle=True)
    if not dry_run and look_again(ws, layout, values):
        raise MovedError
    if not dry_run and stirs(ws, layout, values):
        raise MovedError
    if not in_place(values, layout):
        layout = ws.find_layout()
        if layout.live.keys() != values.grids.keys() or not in_place(values, layout):
            raise MovedError
    known = refusals(ws)
    rest = ws.rest if isinstance(ws.rest, Rest) and not (known or dry_run) else None
    part = awake_part(ws, rest, values, layout, moment)
    observed = observe(ws, values, layout, policies, part)
    if part and not is_as_expected(part, observed):
        part, observed = None, observe(ws, values, layout, policies)
    observed = with_answers(observed, answers)
    plans, resting = at_rest(ws, observed, _plans(ws, observed), known)
    ws.refused = {place: refusal.reason for place, refusal in resting.items()}
    refused = told_again(plans, known, resting)
    effects = _writable(ws, effects_of(observed, plans, ws.paused, refused, ws.locked))
    if dry_run:
        return replace(report_of(ws, observed, plans, cycle=0), observed=observed)
    ws.rest = None
    if part is None:  # else nothing changed by which a record is named
        remember_labels(ws, observed)
    cycle = _begin_cycle(ws) if effects.written() or effects.plans else ws.crm.state.last_cycle()
    _carry_out(ws, layout, observed, effects, cycle, read_at)
    untold = refused != ws.refused
    report = report_of(ws, observed, plans, cycle=cycle, untold=untold)
    _finish(ws, observed, plans, report.paused)
    remember_rails(ws, observed, plans)
    remember_refusals(ws, plans, known, resting)
    # What is held back is looked at anew each time: an hour passes without a change.
    open_ended = report.pending or report.halted or ws.unseen
    done = not (effects.written() or effects.plans or open_ended)
    # What others changed in the file while the cycle ran is for the next one to find.
    now = replace(moment, ours=ws.crm.database.version()[1], cycle=cycle)
    stamp = (values.fingerprint, now.others, now.ours, ws.crm.state.authority)
    ws.settled = (stamp, report) if done else None
    ws.rest = rest_after(ws, part, values, layout, observed, plans, effects, now, rest)
    values.forget()
    return report


def _begin_cycle(ws: Workspace) -> int:
    with ws.crm.database.transaction():
        return ws.crm.state.next_cycle()


def _read(ws: Workspace, layout: Layout) -> SheetValues:
    """Read all values, and with them the slots of the mirror that were judged last."""
    slots = remembered_slots(ws)
    try:
        return read_values(ws.client, layout, slots, ws.values)
    except RefusedError:
        if not slots or ws.has_lost_tabs():
            raise
    # Somebody made a mirror smaller: what it held cannot be looked at any more.
    with ws.crm.database.transaction():
        ws.crm.state.set("slots", None)
    return read_values(ws.client, layout)


def _plans(ws: Workspace, observed: Observation) -> dict[TableName, TablePlan]:
    """Reconcile each table and check the plan against the rails; nothing of one that is halted."""
    plans = checked_plans(ws, observed)
    for name, reason in observed.halted.items():
        halt = Halt(table=name, rail=reason, count=0, of=0, digest="")
        plans[name] = TablePlan(table=name, rows=(), halts=(halt,))
    for name, reasons in ws.google_refused.items():
        if len(reasons) >= REFUSALS_MAX:
            rail = f"Google refuses to change its rows: {'; '.join(reasons)}"
            halt = Halt(table=name, rail=rail, count=0, of=0, digest="")
            plans[name] = TablePlan(table=name, rows=(), halts=(*plans[name].halts, halt))
    return plans


def _writable(ws: Workspace, effects: Effects) -> Effects:
    """Leave a table alone as a whole where Google refuses even that its rows say why it is held."""
    closed = {name for name, reasons in ws.google_refused.items() if len(reasons) > REFUSALS_MAX}
    effects.changes = [each for each in effects.changes if each.table not in closed]
    effects.inserted = [each for each in effects.inserted if each.table not in closed]
    return effects


def _carry_out(
    ws: Workspace,
    layout: Layout,
    observed: Observation,
    effects: Effects,
    cycle: int,
    read_at: float,
) -> None:
    """Write what the sheet has to show, then commit what needs no writing."""
    rows = second_read(ws, layout, observed, effects)
    if rows is not None and (effects.changes or effects.inserted):
        write_all(ws, layout, effects, rows, cycle, read_at)
    written = effects.written()
    rest: dict[TableName, list[RowPlan]] = {}
    for (name, row), plan in effects.plans.items():
        if (name, row) not in written:
            rest.setdefault(name, []).append(plan)
    if rest:
        with ws.crm.database.transaction():
            ws.refused |= Commit(ws, observed.labels, cycle).rows(rest)


def _finish(
    ws: Workspace,
    observed: Observation,
    plans: Mapping[TableName, TablePlan],
    paused: Mapping[tuple[TableName, RowId], str],
) -> None:
    """Remember what was missed, refused, held back or left alone, for the next cycle."""
    views = {view.table.name: view for view in observed.views}
    told = [
        (name, plan, arrived_labels(ws, observed, views[name]) if name in views else {})
        for name, plan in plans.items()
    ]
    unnamed = ws.paused.keys() - paused.keys()  # they have another id in each cycle
    missing = {name: _missing(plan, views.get(name), paused) for name, plan in plans.items()}
    held = {name: _held(views[name]) for name in plans if name not in observed.halted}
    copies = {name: _copies(views[name]) for name in held}
    stamp = repr(
        [
            (n, missing[n], p.halts, () if p.halts else list(_problems(p, unnamed)))
            for n, p, _ in told
        ]
        + sorted(paused.items())
        + sorted(
            (name, rows, copies[name], sorted(views[name].identified.settled))
            for name, rows in held.items()
        )
    )
    if stamp == ws.told and not any(labels for _, _, labels in told):
        return
    state, at = ws.crm.state, ws.now()
    with ws.crm.database.transaction():
        for name, plan, labels in told:
            state.write_missing(name, missing[name])
            ws.crm.halts.write(name, plan.halts, at)
            if not plan.halts:
                state.write_problems(name, _problems(plan, unnamed))
            state.write_labels(name, labels)
        for name, rows in held.items():
            settled = views[name].identified.settled
            ws.crm.settled.write_held(name, rows, settled, copies[name])
        state.write_paused(paused)
    ws.told = stamp


def _missing(
    plan: TablePlan, view: View | None, paused: Collection[tuple[TableName, RowId]]
) -> list[RowId]:
    """Return the rows that this read missed: what is left alone stays missed for its next try."""
    waiting = view.state.confirmed - view.state.sheet.keys() if view else frozenset()
    return sorted({*plan.missing, *(row for row in waiting if (plan.table, row) in paused)})


def _held(view: View) -> dict[RowId, Values]:
    """Return the rows of a table that a person can settle, with what stands in them."""
    return {row: seen.values for row, seen in sorted(view.identified.held.items())}


def _copies(view: View) -> dict[RowId, dict[int, Values]]:
    """Return the rows of which one may keep a record, by its id: numbers as people count them."""
    found = sorted(view.identified.copies.items())
    return {row: {each.position + 1: each.values for each in rows} for row, rows in found}


def _problems(
    plan: TablePlan, unnamed: Collection[tuple[TableName, RowId]]
) -> Iterator[tuple[RowId, Side, Problem]]:
    for row in plan.rows:
        side = Side.CRM if row.case is Case.INVALID_RECORD else Side.SHEET
        for problem in row.problems if (plan.table, row.row) not in unnamed else ():
            yield row.row, side, problem
