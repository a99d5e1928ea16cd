"""Operate: send one fenced batch, find out what became of it, and commit what it shows.

An operation is stored before it is sent. Where no answer comes it is UNKNOWN: nothing else is
written or pulled until the sheet itself says whether it was applied. That is read, never guessed:
the token carries the number of the operation that moved it.
"""

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from syncd.core.plan import Review, ReviewKind, RowPlan, Standing
from syncd.core.policy import Handling
from syncd.core.snapshot import FieldName, Problem, RowId, Side, TableName
from syncd.crm.operations import Operation
from syncd.crm.reviews import Event
from syncd.cycle import codec
from syncd.cycle.commit import Commit, with_typed
from syncd.cycle.workspace import Workspace
from syncd.errors import BusyError, HaltedError, LayoutError, OutcomeUnknownError, SheetBusyError
from syncd.schema import Labels, Table, decode, describe_cell
from syncd.sheet.cells import Entered, Json, is_formula, plain
from syncd.sheet.client import RefusedError
from syncd.sheet.exchange import (
    ANSWER,
    Batch,
    Inserted,
    Judgement,
    Keys,
    Victim,
    Window,
    body_of,
    judge,
    mirrored,
    requests_of,
)
from syncd.sheet.layout import CONTROL_TITLE, Layout, Token, mirror_title
from syncd.sheet.read import Control, Rows, read_mirror, read_rows
from syncd.sheet.status import is_status

RESEND_WITHIN_S = 30.0
SETTLE_ATTEMPTS = 4
FENCE_REQUESTS = 2

Mirror = Mapping[TableName, Mapping[int, tuple[Entered, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """All that is needed to judge an operation and to commit it, also after a restart."""

    cycle: int
    authority: Side
    batch: Batch
    titles: Mapping[TableName, tuple[Entered, ...]] = field(default_factory=dict)
    keys: Mapping[TableName, Keys] = field(default_factory=dict)
    plans: Mapping[TableName, tuple[RowPlan, ...]] = field(default_factory=dict)
    repairs: tuple[int, ...] = ()


codec.register(Intent)


class RowsRefusedError(RefusedError):
    """Google does not let some rows be changed: which, and its reason."""

    def __init__(self, reason: str, rows: frozenset[tuple[TableName, RowId]]) -> None:
        super().__init__(reason)
        self.rows = rows


def keys_of(table: Table, layout: Layout) -> Keys:
    """Return the columns that confirm a row of a table."""
    tab = layout.tabs[table.name]
    names = {name for key in table.keys for name in key if name in tab.columns}
    return Keys(
        id=tab.id_column,
        natural=frozenset(tab.columns[name] for name in names),
        managed=frozenset(tab.columns.values()),
    )


def write(
    ws: Workspace, layout: Layout, intent: Intent, *, token: Token, structure: Json, read_at: float
) -> None:
    """Carry out one operation to its end: applied once, judged and committed."""
    try:
        _begin(ws, layout, intent, token=token, structure=structure, read_at=read_at)
    except OutcomeUnknownError:
        ws.tell("No answer to a write; looking in the sheet whether it was applied.")
        settle(ws, layout)


def _begin(
    ws: Workspace, layout: Layout, intent: Intent, *, token: Token, structure: Json, read_at: float
) -> None:
    """Store an operation, then send it."""
    number = ws.crm.operations.last_number() + 1
    requests = requests_of(
        intent.batch,
        layout,
        token=token.id,
        number=number,
        database=ws.crm.state.database_id,
        structure=structure,
    )
    titles = {table.name: mirror_title(table) for table in ws.schema.tables}
    operation = Operation(
        number=number,
        kind="repair" if intent.repairs else "write" if intent.batch.tables() else "burn",
        token=token.id,
        body=json.dumps(body_of(intent.batch, requests, titles), separators=(",", ":")),
        intent=codec.dump(intent),
        at=read_at,
    )
    try:
        ws.crm.operations.store(operation)
    except sqlite3.IntegrityError as error:
        raise BusyError(
            "another syncd works on this database",
            on=str(ws.config.crm_path),
            hint="Stop one of them; nothing was written.",
        ) from error
    _send(ws, layout, operation, intent)


def _send(ws: Workspace, layout: Layout, operation: Operation, intent: Intent) -> None:
    """Send an operation, judge the answer and commit."""
    try:
        answer = ws.client.write(json.loads(operation.body), fields=ANSWER)
    except SheetBusyError:
        _refused(ws, operation)
        raise
    except RefusedError as error:
        found = re.search(r"requests\[(\d+)\]", str(error))
        if found is None or int(found[1]) < FENCE_REQUESTS:
            # The token is not the one that was read: this batch, or another, was applied.
            raise OutcomeUnknownError("the write token has moved") from error
        _refused(ws, operation)
        request = json.loads(operation.body)["requests"][int(found[1])]
        raise RowsRefusedError(error.what, _rows_of(request, intent.batch, layout)) from error
    conclude(ws, layout, operation, intent, mirrored(answer.get("updatedSpreadsheet", {}), layout))


def _refused(ws: Workspace, operation: Operation) -> None:
    """Keep a refused operation: a late copy of it may still be applied while the token stands."""
    with ws.crm.database.transaction():
        ws.crm.operations.mark(operation.number, "refused")


def _rows_of(request: Json, batch: Batch, layout: Layout) -> frozenset[tuple[TableName, RowId]]:
    """Return the rows that a request of a batch is about."""
    ((kind, body),) = request.items()
    if kind not in ("updateCells", "insertDimension", "deleteDimension"):
        return frozenset()  # the copy to the mirror: the tab is not as large as it was read
    grid = body.get("start") or body.get("range") or body.get("source") or {}
    first = grid.get("rowIndex", grid.get("startRowIndex", grid.get("startIndex", 0)))
    last = grid.get("endRowIndex", grid.get("endIndex", first + len(body.get("rows", [0]))))
    tables = {
        tab.table
        for tab in layout.tabs.values()
        if grid.get("sheetId", 0) in (tab.sheet_id, tab.mirror_id)
    }
    rows = (*batch.touched, *batch.removed)
    hit = {(e.table, e.row) for e in rows if e.table in tables and first <= e.position < last}
    added = {(each.table, each.row) for each in batch.inserted if each.table in tables}
    return frozenset(hit or added)


def settle(ws: Workspace, layout: Layout) -> None:
    """Find out what became of operations without an answer; afterwards none is unknown."""
    for _ in range(SETTLE_ATTEMPTS):
        candidates = ws.crm.operations.candidates()
        if not ws.crm.operations.has_unknown():
            return
        read_at = ws.seconds()
        rows = read_rows(ws.client, layout, {})
        token = own_token(ws, rows.token)
        if conclude_applied(ws, layout, rows):
            return
        pending = candidates[-1]
        try:
            if pending.token != token.id:
                # The token is none that we know of: nothing that was sent can be applied any more.
                ws.tell("The write token was replaced; planning anew.")
                with ws.crm.database.transaction():
                    ws.crm.operations.bury()
            elif read_at - pending.at < RESEND_WITHIN_S:
                ws.tell(f"Operation {pending.number} was not applied; sending it again.")
                _send(ws, layout, pending, codec.load(pending.intent))
            else:
                ws.tell(f"Operation {pending.number} was not applied; it never will be.")
                burn(ws, layout, token, rows.structure)
        except OutcomeUnknownError:
            continue
        return
    raise OutcomeUnknownError(
        "a write was sent and it is not known yet whether it was applied",
        on=ws.client.spreadsheet,
        hint="syncd looks again at the next cycle; until then it writes and pulls nothing.",
    )


def conclude_applied(ws: Workspace, layout: Layout, rows: Rows) -> bool:
    """Judge the operation that the sheet shows as its last, if it is one nobody judged yet."""
    shown = {rows.control.number, rows.token.number if rows.token else -1}
    applied = next((o for o in ws.crm.operations.candidates() if o.number in shown), None)
    if applied is None:
        return False
    intent: Intent = codec.load(applied.intent)
    mirror = read_mirror(ws.client, layout, intent.batch)
    ws.tell(f"Operation {applied.number} had been applied.")
    conclude(ws, layout, applied, intent, mirror)
    return True


def burn(ws: Workspace, layout: Layout, token: Token, structure: Json) -> None:
    """Move the token, so that nothing built on the old one can be applied any more."""
    intent = Intent(cycle=0, authority=ws.crm.state.authority, batch=Batch())
    _begin(ws, layout, intent, token=token, structure=structure, read_at=ws.seconds())


def own_token(ws: Workspace, token: Token | None) -> Token:
    """Return the fence if it is ours; two databases on one spreadsheet never settle."""
    if token is None:
        raise LayoutError(
            "syncd's write token is gone from the spreadsheet",
            on=ws.client.spreadsheet,
            hint="Run `syncd init`: it makes a new one and looks at everything afresh.",
        )
    if token.database != ws.crm.state.database_id:
        raise _foreign(token.database)
    return token


def check_control(ws: Workspace, control: Control) -> None:
    """Require that syncd's own tab is there as it was left, and that it is ours."""
    if not control.canary:
        raise LayoutError(
            f"the tab «{CONTROL_TITLE}» does not hold what syncd wrote into it",
            on=ws.client.spreadsheet,
            hint="Undo the change there, or run `syncd init` to write it again.",
        )
    if control.database != ws.crm.state.database_id:
        raise _foreign(control.database)


def _foreign(database: str) -> HaltedError:
    return HaltedError(
        "another database writes to this spreadsheet",
        on=f"database {database}",
        hint="Stop the other syncd, or give one of them another spreadsheet.",
    )


def conclude(
    ws: Workspace, layout: Layout, operation: Operation, intent: Intent, mirror: Mirror
) -> None:
    """Judge an applied operation and commit everything that it shows, as one transaction."""
    verdict = judge(intent.batch, intent.titles, mirror, intent.keys)
    labels = current_labels(ws)
    typed = _typed(ws, layout, intent, verdict, labels)
    victims = [*verdict.victims, *_typed_back(intent, verdict, mirror)]
    for victim in victims:
        ws.tell(f"Row {victim.position + 1} of {victim.table} was hit by mistake; mending it.")
    with ws.crm.database.transaction():
        if operation.number not in {each.number for each in ws.crm.operations.candidates()}:
            return  # another process of this database judged it meanwhile
        commit = Commit(ws, labels, intent.cycle)
        plans = {
            name: [
                with_typed(plan, typed.get((name, plan.row), {}))
                for plan in rows
                if (name, plan.row) in verdict.verified
            ]
            for name, rows in intent.plans.items()
        }
        ws.refused |= commit.rows(plans)
        commit.typed(typed, plans)
        _remember_ids(ws, layout, intent, verdict)
        events = [e for victim in victims for e in _victim_events(layout, victim)]
        events += _replaced_events(layout, intent, verdict)
        ws.crm.history.add(events, at=commit.at, cycle=intent.cycle)
        hurt: list[Victim | Inserted] = [*victims, *verdict.strays]
        repairs = [(each.table, codec.dump(each)) for each in hurt]
        ws.crm.operations.add_repairs(operation.number, repairs)
        if intent.batch.rows() <= verdict.verified:
            for number in intent.repairs:
                ws.crm.operations.close_repair(number, "put back")
        ws.crm.operations.mark(operation.number, "judged")
        ws.crm.operations.bury()


def _remember_ids(ws: Workspace, layout: Layout, intent: Intent, verdict: Judgement) -> None:
    """Remember the ids that now stand in the sheet, whether their rows are records or not."""
    for name in intent.batch.tables():
        column = layout.tabs[name].id_column
        rows = (
            each.row
            for each in intent.batch.touched
            if each.table == name and column in each.cells and (name, each.row) in verdict.verified
        )
        ws.crm.state.add_provisional(name, rows)


def _typed(
    ws: Workspace, layout: Layout, intent: Intent, verdict: Judgement, labels: Labels
) -> dict[tuple[TableName, RowId], dict[FieldName, Review]]:
    """Return what people typed into cells while the CRM's values were written over them."""
    found: dict[tuple[TableName, RowId], dict[FieldName, Review]] = {}
    if intent.authority is Side.SHEET or intent.repairs:
        return found
    for window in verdict.windows:
        each = window.touched
        name = _field_at(layout, each.table, window.column)
        if name is None:
            continue
        table = ws.schema.table(each.table)
        read = decode(table.field(name), plain(window.typed), labels)
        ours = decode(table.field(name), plain(each.cells[window.column]), labels)
        if isinstance(ours, Problem) or read == ours:
            continue
        handling = ws.policy(each.table, intent.authority).of_field(name)
        if is_formula(window.typed):
            read = Problem(field=name, text=str(plain(window.typed)), reason="is a formula")
        review = Review(
            kind=ReviewKind.EDIT,
            row=each.row,
            side=Side.SHEET,
            field=name,
            offered={name: read.text if isinstance(read, Problem) else read},
            shown={name: ours},
            reason=read.reason if isinstance(read, Problem) else "",
            standing=Standing.REJECTED if handling is Handling.REJECT else Standing.OPEN,
        )
        found.setdefault((each.table, each.row), {})[name] = review
    return found


def _typed_back(intent: Intent, verdict: Judgement, mirror: Mirror) -> list[Victim]:
    """While the sheet has authority, what was typed meanwhile goes back over what we wrote.

    The same holds where we wrote only to mend something: a person's value wins.
    """
    if intent.authority is Side.CRM and not intent.repairs:
        return []
    return [
        Victim(
            table=window.touched.table,
            position=window.touched.position,
            row=mirror[window.touched.table][window.touched.position],
            wrote={window.column: window.touched.cells[window.column]},
        )
        for window in verdict.windows
        if not _is_own(intent, window)
    ]


def _is_own(intent: Intent, window: Window) -> bool:
    """Whether the cell is syncd's own: its id. The status is written anew by the next cycle."""
    return window.column not in intent.keys[window.touched.table].managed


def _field_at(layout: Layout, table: TableName, column: int) -> FieldName | None:
    columns = layout.tabs[table].columns
    return next((name for name, place in columns.items() if place == column), None)


def _victim_events(layout: Layout, victim: Victim) -> list[Event]:
    """Return the history of a row that was hit: what stood in each cell that was overwritten."""
    tab = layout.tabs[victim.table]
    names = {column: name for name, column in tab.columns.items()}
    row = plain(victim.row[tab.id_column]) if tab.id_column < len(victim.row) else None
    return [
        Event(
            table=victim.table,
            row=RowId(str(row or "")),
            side=Side.SHEET,
            outcome="hit by mistake",
            origin="syncd",
            field=names.get(column, FieldName("")),
            before=describe_cell(plain(victim.row[column])) if column < len(victim.row) else None,
            after=describe_cell(plain(wrote)),
            reason="its row or column had moved; it is put back",
        )
        for column, wrote in victim.wrote.items()
    ]


def _replaced_events(layout: Layout, intent: Intent, verdict: Judgement) -> list[Event]:
    """Return the history of what our writes replaced and no value tells: formulas, typed ids."""
    replaced = [
        (each, column, each.entered[column], "formula replaced")
        for each in intent.batch.touched
        if (each.table, each.row) in verdict.verified and not intent.repairs
        for column in each.cells
        if column < len(each.entered) and is_formula(each.entered[column])
    ]
    replaced += [
        (each, column, each.entered[column], "typed over")
        for each in intent.batch.touched
        for column in each.cells
        if column == layout.tabs[each.table].status_column
        and column < len(each.entered)
        and not is_status(str(plain(each.entered[column]) or ""))
    ]
    replaced += [
        (window.touched, window.column, window.typed, "typed over")
        for window in verdict.windows
        if _is_own(intent, window)
    ]
    return [
        Event(
            table=each.table,
            row=each.row,
            side=Side.SHEET,
            outcome=outcome,
            origin="syncd",
            field=_field_at(layout, each.table, column) or FieldName(""),
            before=describe_cell(plain(stood)),
            after=describe_cell(plain(each.cells[column])),
        )
        for each, column, stood, outcome in replaced
    ]


def current_labels(ws: Workspace) -> Labels:
    """Return the labels of the records as they stand in the CRM."""
    rows, archived = {}, set()
    for table in ws.schema.tables:
        records = ws.crm.records.read(table)
        rows[table.name] = {row: record.values for row, record in records.items()}
        archived |= {row for row, record in records.items() if record.archived}
    return Labels.build(ws.schema, rows, frozenset(archived), ws.crm.state.former_labels())
