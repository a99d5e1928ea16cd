"""Operate: send one fenced batch, find out what became of it, and commit what it shows.

An operation is stored before it is sent. Where no answer comes it is UNKNOWN: nothing else is
written or pulled until the sheet itself says whether it was applied. That is read, never guessed:
the token and syncd's own tab carry the number and the nonce of the operation that was applied last.
"""

import json
import re
import sqlite3

from syncd.core.snapshot import RowId, TableName
from syncd.crm.operations import Operation
from syncd.crm.state import COPIES_SKIP
from syncd.cycle import codec, sizing
from syncd.cycle.answers import called_off
from syncd.cycle.conclude import (
    conclude,
    give_up,
    looked_at,
    mended_since,
    remembered_slots,
)
from syncd.cycle.fence import check_control, own_token
from syncd.cycle.intent import Again, Intent
from syncd.cycle.workspace import Workspace
from syncd.errors import BusyError, OutcomeUnknownError, SheetAccessError, SheetBusyError
from syncd.sheet.cells import Json, plain
from syncd.sheet.client import RefusedError
from syncd.sheet.exchange import ANSWER, Batch, Stamp, body_of, mirrored, requests_of
from syncd.sheet.layout import Layout, Token, mirror_title
from syncd.sheet.read import Control, Values, read_mirror, read_rows

RESEND_WITHIN_S = 30.0
SETTLE_ATTEMPTS = 4
LOOK_AGAIN_S = 3.0  # a read may show the sheet as it was a moment ago; the next one does not
FENCE_REQUESTS = 2
_TOKEN = "token"  # noqa: S105 # the state's key of the token that the last judged operation has


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
    stamp = Stamp(
        number=ws.crm.operations.last_number() + 1,
        database=ws.crm.state.database_id,
        nonce=ws.nonce(),
    )
    requests = requests_of(
        intent.batch,
        layout,
        token=token.id,
        stamp=stamp,
        structure=structure,
        uncover=bool(ws.crm.state.get(COPIES_SKIP)),
    )
    titles = {table.name: mirror_title(table) for table in ws.schema.tables}
    operation = Operation(
        number=stamp.number,
        nonce=stamp.nonce,
        kind="repair" if intent.repairs else "write" if intent.batch.tables() else "burn",
        token=token.id,
        body=json.dumps(body_of(intent.batch, requests, titles), separators=(",", ":")),
        intent=codec.dump(intent),
        at=read_at,
    )
    _promise_ids(ws, layout, intent)
    try:
        ws.crm.operations.store(operation)
    except sqlite3.IntegrityError as error:
        raise BusyError(
            "another syncd works on this database",
            on=str(ws.config.crm_path),
            hint="Stop one of them; nothing was written.",
        ) from error
    _send(ws, layout, operation, intent)


def _promise_ids(ws: Workspace, layout: Layout, intent: Intent) -> None:
    """Remember the ids that rows are about to be given: one that is met later is known as ours."""
    with ws.crm.database.transaction():
        for name in sorted(intent.batch.tables()):
            column = layout.tabs[name].id_column
            given = {
                each.row: plain(each.cells.get(column))
                for each in intent.batch.touched
                if each.table == name
            }
            ws.crm.state.add_provisional(name, [row for row, text in given.items() if text == row])


def _send(ws: Workspace, layout: Layout, operation: Operation, intent: Intent) -> None:
    """Send an operation, judge the answer and commit."""
    try:
        answer = ws.client.write(json.loads(operation.body), fields=ANSWER)
    except (SheetBusyError, SheetAccessError):
        _refused(ws, operation)
        raise
    except OutcomeUnknownError:
        sizing.shrink(ws)
        raise
    except RefusedError as error:
        found = re.search(r"requests\[(\d+)\]", str(error))
        if found is not None and int(found[1]) < FENCE_REQUESTS:
            # The token is not the one that was read: this batch, or another, was applied.
            raise OutcomeUnknownError("the write token has moved") from error
        _refused(ws, operation)
        if found is None:
            sizing.shrink(ws)  # the call as a whole: it may have been too large
            raise
        request = json.loads(operation.body)["requests"][int(found[1])]
        raise RowsRefusedError(error.what, _rows_of(request, intent.batch, layout)) from error
    sizing.grow(ws)
    if intent.again:
        # What is judged again is not in the answer; until it is read, the outcome is unknown.
        raise OutcomeUnknownError("the mirror is to be read")
    conclude(ws, layout, operation, intent, mirrored(answer.get("updatedSpreadsheet", {}), layout))
    for reply in answer.get("replies", []):
        if "addNamedRange" in reply:
            _adopt(ws, str(reply["addNamedRange"]["namedRange"]["namedRangeId"]))


def _adopt(ws: Workspace, token: str) -> None:
    """Remember the token of what was judged: applied once more, it has another one."""
    with ws.crm.database.transaction():
        ws.crm.state.set(_TOKEN, token)


def _refused(ws: Workspace, operation: Operation) -> None:
    """Keep a refused operation: a late copy of it may still be applied while the token stands."""
    with ws.crm.database.transaction():
        ws.crm.operations.refuse(operation.number)


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
    """Find out what became of operations without an answer; afterwards none is unknown.

    That nothing can be applied any more is believed on a second look only: a read may be late.
    """
    doubted: tuple[Token, Control] | None = None
    for _ in range(SETTLE_ATTEMPTS):
        if not ws.crm.operations.has_unknown():
            return
        read_at = ws.seconds()
        rows = read_rows(ws.client, layout, {})
        check_control(ws, rows.control)
        token = own_token(ws, rows.token)
        if conclude_applied(ws, layout, rows.control, token):
            continue
        candidates = ws.crm.operations.candidates()
        if not candidates:
            return  # another process of this database has settled it meanwhile
        pending = candidates[-1]
        try:
            if pending.token != token.id and doubted != (token, rows.control):
                doubted = (token, rows.control)
                ws.client.wait(LOOK_AGAIN_S)
            elif pending.token != token.id:
                # The token is none that we know of: nothing that was sent can be applied any more.
                ws.tell("The write token was replaced; planning anew.")
                give_up(ws, layout)
            elif read_at - pending.at < RESEND_WITHIN_S and not called_off(
                ws, intent := codec.load(pending.intent)
            ):
                ws.tell(f"Operation {pending.number} was not applied; sending it again.")
                _send(ws, layout, pending, intent)
            else:
                ws.tell(f"Operation {pending.number} was not applied; it never will be.")
                burn(ws, layout, token, rows.structure)
        except OutcomeUnknownError:
            continue
    if not ws.crm.operations.has_unknown():
        return
    raise OutcomeUnknownError(
        "a write was sent and it is not known yet whether it was applied",
        on=ws.client.spreadsheet,
        hint="syncd looks again at the next cycle; until then it writes and pulls nothing.",
    )


def conclude_applied(ws: Workspace, layout: Layout, shown: Control, token: Token) -> bool:
    """Judge the operation that the sheet shows as its last, if it is one nobody judged yet.

    Its mirror stands beside the number that syncd's own tab shows: where that is older than the
    token, an older version of the file is back, and what the operation did is gone with it.
    """
    stamp: Control | Token = shown if shown.number > 0 else token
    applied = ws.crm.operations.find(stamp.number, stamp.nonce)
    if applied is None or not applied.is_open:
        return False
    intent: Intent = codec.load(applied.intent)
    now, mirror = read_mirror(ws.client, layout, looked_at(ws, intent))
    if now == shown:
        ws.tell(f"Operation {applied.number} had been applied.")
        conclude(ws, layout, applied, intent, mirror)
        _adopt(ws, token.id)
    return True


def judge_shown(ws: Workspace, layout: Layout) -> None:
    """Judge the operation that the sheet shows as its last, whatever else stands there."""
    rows = read_rows(ws.client, layout, {})
    if rows.token is not None:
        conclude_applied(ws, layout, rows.control, rows.token)


def look_again(ws: Workspace, layout: Layout, values: Values) -> bool:
    """Judge what the sheet shows where it is not what was judged last; True: read all anew.

    An older version of the file may be back, and a late copy of a batch may have been applied to
    it: what it did is mended, and the token that was found is burnt, before anything else.
    """
    last = ws.crm.operations.last_judged()
    as_judged = _is_of(values.control, last)
    if as_judged and _shows_slots(ws, values):
        return False
    rows = read_rows(ws.client, layout, {})
    check_control(ws, rows.control)
    token = own_token(ws, rows.token)
    if conclude_applied(ws, layout, rows.control, token):
        return True
    newest = _is_of(rows.control, last)
    if newest and token.id == ws.crm.state.get(_TOKEN):
        return not as_judged  # one read was of several moments, or somebody wrote into the mirror
    ws.tell("The spreadsheet was brought back to an older version; the write token is renewed.")
    copied = _stamp(token) == _stamp(rows.control)  # a token not brought back lets no late copy in
    reopened, again = _to_do_again(ws, layout, rows.control, newest=newest, copied=copied)
    # Only a token that can be taken proves that the version is the file's: a read may be late.
    try:
        burn(ws, layout, token, rows.structure, reopened=reopened, again=again)
    except OutcomeUnknownError:
        settle(ws, layout)
    return True


def _to_do_again(
    ws: Workspace, layout: Layout, shown: Control, *, newest: bool, copied: bool
) -> tuple[tuple[int, ...], Again | None]:
    """Return what was done in vain, as an older version is back, and what is to be judged again.

    `copied`: a late copy of the shown operation may have been applied to this version.
    """
    operation = ws.crm.operations.find(shown.number, shown.nonce)
    if operation is None or not operation.intent:
        return (), None  # too long ago: nothing that Google still had under way can be of it
    intent: Intent = codec.load(operation.intent)
    if operation.state == "dead" and (intent.again or intent.reopened):
        # A renewal that was given up although it was applied: what it was for is still to be done.
        return intent.reopened, intent.again
    again = Again(number=operation.number, nonce=operation.nonce, newest=newest)
    if newest:
        return (), again if copied else None
    _, mirror = read_mirror(ws.client, layout, intent.batch)
    return mended_since(ws, operation, mirror), again if copied else None


def is_judged(ws: Workspace, shown: Control) -> bool:
    """Whether the sheet shows as its last operation the one that was judged last."""
    return _is_of(shown, ws.crm.operations.last_judged())


def _stamp(shown: Control | Token) -> tuple[int, str]:
    return shown.number, shown.nonce


def _is_of(shown: Control, operation: Operation | None) -> bool:
    """Whether the sheet shows an operation as its last one."""
    if operation is None:
        return shown.number == 0
    return (shown.number, shown.nonce) == (operation.number, operation.nonce)


def _shows_slots(ws: Workspace, values: Values) -> bool:
    """Whether the mirror shows what it held when it was judged last."""
    there = ((n, rows) for n, rows in remembered_slots(ws).items() if n in values.slots)
    for name, rows in there:
        if name not in values.slots:
            continue  # its tab is gone; what is left of its mirror says nothing
        for position, known in rows.items():
            seen = values.slots[name].get(position, ())
            for column in range(max(len(known), len(seen))):
                held = known[column] if column < len(known) else ""
                shown = seen[column] if column < len(seen) else ""
                if held is not None and held != ("" if shown is None else shown):
                    return False
    return True


def burn(
    ws: Workspace,
    layout: Layout,
    token: Token,
    structure: Json,
    *,
    reopened: tuple[int, ...] = (),
    again: Again | None = None,
) -> None:
    """Move the token, so that nothing built on the old one can be applied any more."""
    authority = ws.crm.state.authority
    intent = Intent(cycle=0, authority=authority, batch=Batch(), reopened=reopened, again=again)
    _begin(ws, layout, intent, token=token, structure=structure, read_at=ws.seconds())
