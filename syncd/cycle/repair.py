"""Repair: put back what a batch overwrote in a row that it should not have met.

A victim's row is found by its id, or by its whole content where its id was overwritten or it
has none. Only a cell that still holds what we wrote is changed; a person's value met there wins.
"""

from collections.abc import Mapping, Sequence

from syncd.core.snapshot import RowId, TableName
from syncd.cycle import codec
from syncd.cycle.operate import Intent, keys_of, own_token, write
from syncd.cycle.workspace import Workspace
from syncd.schema import Cell
from syncd.sheet.cells import Entered, is_formula, plain
from syncd.sheet.exchange import Batch, Inserted, Touched, Victim
from syncd.sheet.layout import Layout, Tab
from syncd.sheet.read import Rows, cell_at, read_rows, read_values


def repair(ws: Workspace, layout: Layout) -> None:
    """Carry out the repairs that are open, newest first, each as an operation of its own."""
    for number, text in ws.crm.operations.repairs():
        victim: Victim = codec.load(text)
        grid = read_values(ws.client, layout).grids[victim.table]
        position = None if victim.gone else _find(layout.tabs[victim.table], victim, grid)
        if position is None and not victim.gone:
            _give_up(ws, number, "its row is gone; the history holds what stood there")
            continue
        read_at = ws.seconds()
        wanted = {victim.table: [position]} if position is not None else {}
        rows = read_rows(ws.client, layout, wanted)
        batch = _put_back(layout, victim, position, rows, len(grid))
        if batch is None:
            _give_up(ws, number, "somebody wrote there meanwhile")
            continue
        intent = Intent(
            cycle=0,
            authority=ws.crm.state.authority,
            batch=batch,
            titles={name: rows.entered[name].get(0, ()) for name in batch.tables()},
            keys={name: keys_of(ws.schema.table(name), layout) for name in batch.tables()},
            repairs=(number,),
        )
        token = own_token(ws, rows.token)
        write(ws, layout, intent, token=token, structure=rows.structure, read_at=read_at)


def _give_up(ws: Workspace, number: int, outcome: str) -> None:
    with ws.crm.database.transaction():
        ws.crm.operations.close_repair(number, outcome)


def _put_back(
    layout: Layout, victim: Victim, position: int | None, rows: Rows, end: int
) -> Batch | None:
    """Return the batch that restores a victim, or None where nothing of ours stands there."""
    if position is None:
        cells = {c: entered for c, entered in enumerate(victim.row) if entered is not None}
        tab = layout.tabs[victim.table]
        row = RowId(str(plain(cells.get(tab.id_column)) or "@restored"))
        back = Inserted(table=victim.table, row=row, cells=cells)
        return Batch(inserted=(back,), ends={victim.table: max(end, 1)})
    entered = rows.entered[victim.table].get(position, ())
    restored: Mapping[int, Entered] = {
        column: victim.row[column] if column < len(victim.row) else None
        for column, wrote in victim.wrote.items()
        if (entered[column] if column < len(entered) else None) == wrote
    }
    if not restored:
        return None
    touched = Touched(
        table=TableName(victim.table),
        row=RowId(f"@{position}"),
        position=position,
        entered=entered,
        cells=restored,
    )
    return Batch(touched=(touched,))


def _find(tab: Tab, victim: Victim, grid: Sequence[Sequence[Cell]]) -> int | None:
    """Return where the victim's row stands now."""
    overwritten = {*victim.wrote, tab.status_column}
    identity = plain(victim.row[tab.id_column]) if tab.id_column < len(victim.row) else None
    by_content = [
        position
        for position, row in enumerate(grid)
        if position > 0 and _same_content(tab, victim, row, overwritten | {tab.id_column})
    ]
    if identity and tab.id_column not in victim.wrote:
        by_id = [
            p for p, row in enumerate(grid) if p > 0 and cell_at(row, tab.id_column) == identity
        ]
        return by_id[0] if len(by_id) == 1 else None
    return by_content[0] if len(by_content) == 1 else None


def _same_content(tab: Tab, victim: Victim, row: Sequence[Cell], passed: set[int]) -> bool:
    """Whether a row still holds what the victim's row held, save what was overwritten."""
    for column in set(tab.columns.values()) - passed:
        stood = victim.row[column] if column < len(victim.row) else None
        if not is_formula(stood) and (plain(stood) or "") != (cell_at(row, column) or ""):
            return False
    return True
