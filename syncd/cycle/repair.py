"""Repair: put back what a batch overwrote in a row that it should not have met.

A victim's row is found by its id, or by its whole content where its id was overwritten or it
has none. Only a cell that still holds what we wrote is changed; a person's value met there wins.
"""

from collections.abc import Mapping, Sequence

from syncd.core.snapshot import RowId, TableName
from syncd.cycle import codec
from syncd.cycle.fence import own_token
from syncd.cycle.intent import Intent, keys_of
from syncd.cycle.operate import RowsRefusedError, write
from syncd.cycle.workspace import Workspace
from syncd.schema import Cell
from syncd.sheet.cells import Entered, is_formula, plain, trimmed
from syncd.sheet.exchange import Batch, Inserted, Touched, Victim
from syncd.sheet.layout import Layout, Tab
from syncd.sheet.read import Rows, cell_at, read_rows, read_values

Grid = Sequence[Sequence[Cell]]
Found = tuple[Batch, Rows] | str  # what mends the damage, or why nothing is to be done


def repair(ws: Workspace) -> None:
    """Carry out the repairs that are open, newest first, each as an operation of its own."""
    for number, text in ws.crm.operations.repairs():
        layout = ws.find_layout()
        read_at = ws.seconds()
        grids = read_values(ws.client, layout).grids
        hurt: Victim | Inserted = codec.load(text)
        if hurt.table not in grids:
            continue  # its tab is gone; the repair stays open until it is back
        match hurt:
            case Inserted():
                found = _take_out(ws, layout, hurt, grids[hurt.table])
            case Victim(gone=True):
                found = _bring_back(ws, layout, hurt, grids[hurt.table])
            case Victim():
                found = _put_back(ws, layout, hurt, grids[hurt.table])
        if isinstance(found, str):
            _give_up(ws, number, found)
        else:
            _write(ws, layout, *found, number=number, read_at=read_at)


def _give_up(ws: Workspace, number: int, outcome: str) -> None:
    with ws.crm.database.transaction():
        ws.crm.operations.close_repair(number, outcome)


def _write(
    ws: Workspace, layout: Layout, batch: Batch, rows: Rows, *, number: int, read_at: float
) -> None:
    intent = Intent(
        cycle=0,
        authority=ws.crm.state.authority,
        batch=batch,
        titles={name: rows.entered[name].get(0, ()) for name in batch.tables()},
        keys={name: keys_of(ws.schema.table(name), layout) for name in batch.tables()},
        repairs=(number,),
    )
    token = own_token(ws, rows.token)
    try:
        write(ws, layout, intent, token=token, structure=rows.structure, read_at=read_at)
    except RowsRefusedError as error:
        # Somebody protected the row meanwhile: the history holds what stood there.
        _give_up(ws, number, f"Google does not let it be changed: {error.what}")


def _take_out(ws: Workspace, layout: Layout, stray: Inserted, grid: Grid) -> Found:
    """Return the batch that removes a new row which was filled under the wrong titles."""
    ours = trimmed(stray.cells.get(column) for column in range(max(stray.cells) + 1))
    shown = tuple(plain(entered) for entered in ours)
    for position, row in enumerate(grid):
        if position and trimmed(cell if cell != "" else None for cell in row) == shown:
            rows = read_rows(ws.client, layout, {stray.table: [position]})
            entered = rows.entered[stray.table].get(position, ())
            if entered == ours:
                return Batch(removed=(_at(stray.table, position, entered, {}),)), rows
    return "somebody wrote there meanwhile"


def _bring_back(ws: Workspace, layout: Layout, victim: Victim, grid: Grid) -> Found:
    """Return the batch that adds a deleted row again, below the others."""
    cells = {c: entered for c, entered in enumerate(victim.row) if entered is not None}
    if not cells:
        return "the row was blank"
    row = RowId(str(plain(cells.get(layout.tabs[victim.table].id_column)) or "@restored"))
    back = Inserted(table=victim.table, row=row, cells=cells)
    batch = Batch(inserted=(back,), ends={victim.table: max(len(grid), 1)})
    return batch, read_rows(ws.client, layout, {})


def _put_back(ws: Workspace, layout: Layout, victim: Victim, grid: Grid) -> Found:
    """Return the batch that restores the cells of a row which still hold what we wrote."""
    position = _find(layout.tabs[victim.table], victim, grid)
    if position is None:
        return "its row is gone; the history holds what stood there"
    rows = read_rows(ws.client, layout, {victim.table: [position]})
    entered = rows.entered[victim.table].get(position, ())
    restored: Mapping[int, Entered] = {
        column: victim.row[column] if column < len(victim.row) else None
        for column, wrote in victim.wrote.items()
        if (entered[column] if column < len(entered) else None) == wrote
    }
    if not restored:
        return "somebody wrote there meanwhile"
    return Batch(touched=(_at(victim.table, position, entered, restored),)), rows


def _at(
    table: TableName, position: int, entered: tuple[Entered, ...], cells: Mapping[int, Entered]
) -> Touched:
    row = RowId(f"@{position}")
    return Touched(table=table, row=row, position=position, entered=entered, cells=cells)


def _find(tab: Tab, victim: Victim, grid: Grid) -> int | None:
    """Return where the victim's row stands now.

    Where several rows look like it, it is the one that still shows what we wrote.
    """
    overwritten = {*victim.wrote, tab.status_column, tab.id_column}
    identity = plain(victim.row[tab.id_column]) if tab.id_column < len(victim.row) else None
    rows = {position: row for position, row in enumerate(grid) if position > 0}
    if identity and tab.id_column not in victim.wrote:
        found = [p for p, row in rows.items() if cell_at(row, tab.id_column) == identity]
    else:
        found = [p for p, row in rows.items() if _same_content(tab, victim, row, overwritten)]
    if len(found) > 1:
        found = [p for p in found if _shows_ours(victim, rows[p])]
    return found[0] if len(found) == 1 else None


def _shows_ours(victim: Victim, row: Sequence[Cell]) -> bool:
    """Whether a row still shows all that we wrote over the victim."""
    return all((cell_at(row, c) or "") == (plain(e) or "") for c, e in victim.wrote.items())


def _same_content(tab: Tab, victim: Victim, row: Sequence[Cell], passed: set[int]) -> bool:
    """Whether a row still holds what the victim's row held, save what was overwritten."""
    for column in set(tab.columns.values()) - passed:
        stood = victim.row[column] if column < len(victim.row) else None
        if not is_formula(stood) and (plain(stood) or "") != (cell_at(row, column) or ""):
            return False
    return True
