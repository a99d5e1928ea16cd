"""The fence: whose token stands in the spreadsheet, and what to do where it is not ours.

A token is ours when its number and nonce are those of an operation that this file sent. Another
database's, or one of a copy of this file, stops everything until a person says which of them goes
on: two writers on one spreadsheet never settle.
"""

from syncd.crm.operations import Operation
from syncd.cycle import codec
from syncd.cycle.intent import Intent
from syncd.cycle.workspace import Workspace
from syncd.errors import HaltedError, LayoutError
from syncd.sheet.cells import Json, block, update_cells
from syncd.sheet.exchange import Batch, Stamp, stamp_requests
from syncd.sheet.layout import (
    CANARY,
    CONTROL_TITLE,
    Token,
    titled,
    token_name,
    tokens_in,
)
from syncd.sheet.read import Control, control_in, read_structure


def own_token(ws: Workspace, token: Token | None) -> Token:
    """Return the fence if it is ours; two databases on one spreadsheet never settle."""
    if token is None:
        raise LayoutError(
            "syncd's write token is gone from the spreadsheet",
            on=ws.client.spreadsheet,
            hint="Run `syncd init`: it makes a new one and looks at everything afresh.",
        )
    _require_own(ws, token.number, token.database, token.nonce)
    return token


def check_control(ws: Workspace, control: Control) -> None:
    """Require that syncd's own tab is there as it was left, and that it is ours."""
    if not control.canary:
        raise LayoutError(
            f"the tab «{CONTROL_TITLE}» does not hold what syncd wrote into it",
            on=ws.client.spreadsheet,
            hint="Undo the change there, or run `syncd init` to write it again.",
        )
    _require_own(ws, control.number, control.database, control.nonce)


def _require_own(ws: Workspace, number: int, database: str, nonce: str) -> None:
    if database != ws.crm.state.database_id:
        raise HaltedError(
            "another database writes to this spreadsheet",
            on=f"database {database}",
            hint="Stop the other syncd, or give one of them another spreadsheet. To go on from"
            " this database for good, run `syncd init --take-over`.",
        )
    # Number 0 is what `init` writes: a spreadsheet that was set up anew.
    if number > 0 and ws.crm.operations.find(number, nonce) is None:
        raise HaltedError(
            f"the spreadsheet shows operation {number}, which was not sent from this file",
            on=str(ws.config.crm_path),
            hint="A copy of the database writes to it, or this file is a backup that was put back."
            " Stop the other syncd; to go on from this file, run `syncd init --take-over`.",
        )


def take_over(ws: Workspace) -> None:
    """Make this file the one that writes to the spreadsheet, whatever wrote to it before.

    The database takes a new name, under which nothing that was sent before can be applied: other
    copies of it, and other databases, halt at their next look. It may be given again at any time.
    """
    structure = read_structure(ws.client)
    tokens = tokens_in(structure)
    control = titled(structure, CONTROL_TITLE)
    shown = control_in(control).number if control else 0
    newest = max([shown, ws.crm.operations.last_number(), *(token.number for token in tokens)])
    stamp = Stamp(number=newest + 1, database=ws.nonce() + ws.nonce(), nonce=ws.nonce())
    requests: list[Json] = [{"deleteNamedRange": {"namedRangeId": each.id}} for each in tokens]
    if control is not None:
        control_id = int(control["properties"].get("sheetId", 0))
        name = token_name(stamp.number, stamp.database, stamp.nonce)
        fence = {"name": name, "range": block(control_id, (0, 1), (0, 1))}
        requests.append({"addNamedRange": {"namedRange": fence}})
        requests.append(update_cells(control_id, 0, 0, [[{"stringValue": CANARY}]]))
        requests += stamp_requests(control_id, stamp)
    _remember(ws, stamp)
    if requests:
        ws.client.write({"requests": requests}, fields="spreadsheetId")


def _remember(ws: Workspace, stamp: Stamp) -> None:
    """Take the new name before it stands in the sheet: whoever dies in between takes over again."""
    intent = Intent(cycle=0, authority=ws.crm.state.authority, batch=Batch())
    operation = Operation(
        number=stamp.number,
        kind="take over",
        token="",
        body="",
        intent=codec.dump(intent),
        at=ws.seconds(),
        nonce=stamp.nonce,
        state="judged",
    )
    with ws.crm.database.transaction():
        ws.crm.state.set("database", stamp.database)
        ws.crm.state.set("slots", None)
        ws.crm.operations.bury()
    ws.crm.operations.store(operation)
