"""Operate: send one fenced batch, find out what became of it, and commit what it shows.

An operation is stored before it is sent. Where no answer comes it is UNKNOWN: nothing else is
written or pulled until the sheet itself says whether it was applied. That is read, never guessed:
the token carries the number of the operation that moved it.
"""

import json
import re
import sqlite3

from syncd.core.snapshot import RowId, TableName
from syncd.crm.operations import Operation
from syncd.cycle import codec
from syncd.cycle.commit import Commit, with_typed
from syncd.cycle.intent import Intent, Mirror
from syncd.cycle.verdict import replaced_events, typed_back, typed_reviews, victim_events
from syncd.cycle.workspace import Workspace
from syncd.errors import BusyError, HaltedError, LayoutError, OutcomeUnknownError, SheetBusyError
from syncd.schema import Labels
from syncd.sheet.cells import Json
from syncd.sheet.client import RefusedError
from syncd.sheet.exchange import (
    ANSWER,
    Batch,
    Inserted,
    Judgement,
    Victim,
    body_of,
    judge,
    mirrored,
    requests_of,
)
from syncd.sheet.layout import CONTROL_TITLE, Layout, Token, mirror_title
from syncd.sheet.read import Control, Rows, read_mirror, read_rows

RESEND_WITHIN_S = 30.0
SETTLE_ATTEMPTS = 4
FENCE_REQUESTS = 2


class RowsRefusedError(RefusedError):
    """Google does not let some rows be changed: which, and its reason."""

    def __init__(self, reason: str, rows: frozenset[tuple[TableName, RowId]]) -> None:
        super().__init__(reason)
        self.rows = rows


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
    typed = typed_reviews(ws, layout, intent, verdict, labels)
    victims = [*verdict.victims, *typed_back(intent, verdict, mirror)]
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
        events = [e for victim in victims for e in victim_events(layout, victim)]
        events += replaced_events(layout, intent, verdict)
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


def current_labels(ws: Workspace) -> Labels:
    """Return the labels of the records as they stand in the CRM."""
    rows, archived = {}, set()
    for table in ws.schema.tables:
        records = ws.crm.records.read(table)
        rows[table.name] = {row: record.values for row, record in records.items()}
        archived |= {row for row, record in records.items() if record.archived}
    return Labels.build(ws.schema, rows, frozenset(archived), ws.crm.state.former_labels())
