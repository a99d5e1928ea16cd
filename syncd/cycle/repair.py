"""Repair: put back what a batch overwrote in a row that it should not have met.

Open repairs are stored with the judgement that found them, and carried out newest first, before
anything else is written or pulled. Only a cell that still holds what we wrote is changed; a
person's value met there wins. A repair that cannot be done stays open and holds the spreadsheet,
until it can be or a person closes it; one whose row two reads did not find waits by itself.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from syncd.core.snapshot import RowId, TableName
from syncd.crm.operations import DROPPED, Repair
from syncd.cycle import codec
from syncd.cycle.fence import check_control, own_token
from syncd.cycle.finding import (
    Columns,
    Grid,
    NotFoundError,
    are_titles_back,
    columns_of_gone,
    find_stray,
    find_titles,
    find_victim,
    is_as_filled,
    is_back,
    parts_of,
)
from syncd.cycle.intent import Intent, keys_of, repair_of, stand_in
from syncd.cycle.operate import RowsRefusedError, is_judged, look_again, write
from syncd.cycle.workspace import Workspace
from syncd.errors import HaltedError, SheetBusyError
from syncd.schema import Cell
from syncd.sheet.cells import Entered, entered_at, is_formula, plain
from syncd.sheet.exchange import Batch, Inserted, Touched
from syncd.sheet.judgement import Keys, Victim
from syncd.sheet.layout import Layout
from syncd.sheet.read import Rows, Values, read_rows, read_tab, read_values, same_cells
from syncd.sheet.trash import Trash, find_kept, find_trash

TYPED_OVER = "somebody wrote there meanwhile"
GONE = "its row is gone"
PARTED = "it is mended in two parts"
BACK = "its row is in the sheet again"
ROUNDS_MAX = 4  # operations in a row that mend nothing, as each may meet others' acts again
AT_ONCE_MAX = 100  # rows that one operation mends


@dataclass(slots=True, kw_only=True)
class _Mending:
    """What one operation mends, as it is found row by row."""

    places: dict[int, tuple[TableName, tuple[int, ...]]] = field(default_factory=dict)  # by repair
    hurt: dict[int, Victim | Inserted] = field(default_factory=dict)
    columns: dict[int, Columns] = field(default_factory=dict)
    strays: set[int] = field(default_factory=set)
    back: list[Inserted] = field(default_factory=list)
    trash: Trash | None = None


def repair(ws: Workspace) -> None:
    """Carry out the repairs that are open; afterwards nothing that was hit by mistake shows it."""
    waiting, left, idle = set[int](), None, 0
    while idle < ROUNDS_MAX:
        open_ = [each for each in ws.crm.operations.repairs() if not each.absent]
        open_ = [each for each in open_ if each.number not in waiting]
        if not open_:
            return
        idle = 0 if left is None or len(open_) < left else idle + 1
        left = len(open_)
        waiting |= _round(ws, open_)
    raise SheetBusyError(
        "rows that were hit by mistake moved again while they were mended",
        on=ws.client.spreadsheet,
        hint="Nothing is lost; the next cycle tries again.",
    )


def stirs(ws: Workspace, layout: Layout, values: Values) -> bool:
    """Whether a row for which a repair waits is in the sheet again: it is mended before all."""
    found = False
    for each in ws.crm.operations.repairs():
        hurt = codec.load(each.text)
        if each.absent and isinstance(hurt, Victim) and hurt.table in values.grids:
            keys = keys_of(ws.schema.table(hurt.table), layout)
            try:
                find_victim(hurt, values.grids[hurt.table], keys, _known(ws, hurt))
            except NotFoundError:
                continue
            found = True
            with ws.crm.database.transaction():
                ws.crm.operations.hold_repair(each.number, BACK)
    return found


def _round(ws: Workspace, open_: Sequence[Repair]) -> set[int]:
    """Carry out the newest repairs, as one operation; return those whose table is halted."""
    layout, read_at = ws.find_layout(), ws.seconds()
    reach = _reach(ws, layout)
    values = read_values(ws.client, reach)
    check_control(ws, values.control)
    if not is_judged(ws, values.control):
        # It was read before the row was hit, or another version of the file is back.
        look_again(ws, layout, values)
        return set()
    newest = list(next(iter(groupby(open_, lambda each: each.operation)))[1])[:AT_ONCE_MAX]
    if _part(ws, newest, {n: g for n, g in values.grids.items() if n not in layout.lost}):
        return set()
    mending, stuck, waiting = _Mending(), dict[int, NotFoundError](), dict[int, NotFoundError]()
    for each in newest:
        halted = layout.lost.get(TableName(each.table))
        try:
            _find(ws, layout, each, values.grids, mending, halted=halted)
        except NotFoundError as error:
            (waiting if halted else stuck)[each.number] = error
    done = _write(ws, reach, mending, values, read_at=read_at)
    if not done:
        _hold(ws, newest, {**stuck, **waiting}, blocking=stuck.keys())
    return set() if done else set(waiting)


def _part(ws: Workspace, repairs: Sequence[Repair], grids: Mapping[TableName, Grid]) -> bool:
    """Part repairs of which some columns cannot be told from those that can be mended meanwhile."""
    parted = False
    for each in repairs:
        hurt: Victim | Inserted = codec.load(each.text)
        if isinstance(hurt, Victim) and not hurt.gone and (parts := parts_of(hurt, grids)):
            parted = True
            with ws.crm.database.transaction():
                told = [(each.table, codec.dump(part)) for part in parts]
                ws.crm.operations.add_repairs(each.operation, told)
                ws.crm.operations.close_repair(each.number, PARTED)
    return parted


def _reach(ws: Workspace, layout: Layout) -> Layout:
    """Return the layout with the tabs that are there although their titles are not in place."""
    if not layout.lost:
        return layout
    there = {tab.sheet_id for tab in ws.client.tabs()}
    tabs = {name: layout.tabs.get(name) for name in layout.lost}
    gone = {
        name: reason
        for name, reason in layout.lost.items()
        if (tab := tabs[name]) is None or not {tab.sheet_id, tab.mirror_id} <= there
    }
    return replace(layout, lost=gone)


def _find(
    ws: Workspace,
    layout: Layout,
    each: Repair,
    grids: Mapping[TableName, Grid],
    mending: _Mending,
    *,
    halted: str | None,
) -> None:
    """Find what one repair is about, and note what is to be done."""
    hurt: Victim | Inserted = codec.load(each.text)
    mending.hurt[each.number] = hurt
    grid = grids.get(hurt.table, ())
    if isinstance(hurt, Victim) and hurt.is_titles and not hurt.gone:
        found = find_titles(hurt, grid)
    elif halted is not None and not (isinstance(hurt, Victim) and hurt.is_titles):
        raise NotFoundError(halted)
    elif isinstance(hurt, Inserted):
        _find_stray(ws, each, hurt, grid, mending)
        return
    elif hurt.gone:
        back = (
            are_titles_back(hurt, grid)
            if hurt.is_titles
            else is_back(hurt, grid, _keys(ws, layout, hurt))
        )
        if back:
            _close(ws, each.number, BACK)
        else:
            _bring_back(ws, each, hurt, grid, mending)
        return
    else:
        found = find_victim(hurt, grid, _keys(ws, layout, hurt), _known(ws, hurt))
    mending.places[each.number] = (hurt.table, found.positions)
    mending.columns[each.number] = found.columns


def _keys(ws: Workspace, layout: Layout, victim: Victim) -> Keys:
    return keys_of(ws.schema.table(victim.table), layout)


def _known(ws: Workspace, victim: Victim) -> Callable[[], Collection[RowId]]:
    """Return what tells the ids that rows of a table have or were promised."""
    state, table = ws.crm.state, victim.table
    return lambda: {*state.base(table), *state.provisional(table)}


def _find_stray(
    ws: Workspace, each: Repair, stray: Inserted, grid: Grid, mending: _Mending
) -> None:
    """A new row that was filled under other titles is taken out, unless somebody typed in it."""
    rows = find_stray(stray, grid)
    if not rows:
        _close(ws, each.number, GONE)
    elif len(rows) > 1:
        raise NotFoundError("several rows look like it")
    else:
        ((position, as_filled),) = rows
        mending.places[each.number] = (stray.table, (position,))
        mending.columns[each.number] = Columns()
        if as_filled:
            mending.strays.add(each.number)


def _bring_back(ws: Workspace, each: Repair, victim: Victim, grid: Grid, mending: _Mending) -> None:
    """A row that was deleted by mistake is added again, where it was; titles, where they belong.

    Its cells follow their columns, which may stand elsewhere since.
    """
    stood = {c: entered for c, entered in enumerate(victim.row) if entered is not None}
    if not stood:
        _close(ws, each.number, "the row was blank")
        return
    moved = None if victim.is_titles else columns_of_gone(victim, grid).moved
    cells = {c if moved is None else moved[c]: entered for c, entered in stood.items()}
    mending.trash = mending.trash or find_trash(ws.client, ws.mint_sheet_id)
    rows = () if mending.trash.is_new else read_tab(ws.client, mending.trash.sheet_id)
    kept = find_kept(rows, each.operation, victim.table, victim.position)
    row, at = stand_in(each.number), 0 if victim.is_titles else victim.position
    back = Inserted(table=victim.table, row=row, cells=cells, at=at, kept=kept, moved=moved)
    mending.back.append(back)


def _write(
    ws: Workspace, layout: Layout, mending: _Mending, values: Values, *, read_at: float
) -> bool:
    """Carry out what was found in `values`; return whether there was anything to carry out."""
    wanted: dict[TableName, list[int]] = {each.table: [] for each in mending.back}
    # Rows that come back move others, so they have an operation of their own.
    back = () if mending.places else tuple(mending.back)
    for table, positions in mending.places.values():
        wanted.setdefault(table, []).extend(positions)
    if not wanted:
        return False
    rows = read_rows(ws.client, layout, wanted)
    if rows.control != values.control or not _stand(ws, layout, values, rows, wanted):
        return True  # both reads must be of one moment; the next round finds it anew
    touched, removed = list[Touched](), list[Touched]()
    for number, (table, positions) in mending.places.items():
        hurt = mending.hurt[number]
        found = []
        for copy, position in enumerate(positions):
            entered = rows.entered[table].get(position, ())
            stray = hurt if isinstance(hurt, Inserted) and number in mending.strays else None
            if stray is not None and not is_as_filled(stray, entered):
                return True  # somebody typed in it meanwhile; the next round finds it so
            cells = _restored(hurt, mending.columns[number], entered)
            row = stand_in(number, copy)
            if cells:
                found.append(
                    Touched(table=table, row=row, position=position, entered=entered, cells=cells)
                )
        (removed if number in mending.strays else touched).extend(found)
        if not found:
            _close(ws, number, TYPED_OVER)
    batch = Batch(
        touched=tuple(touched), removed=tuple(removed), inserted=back, trash=mending.trash
    )
    if batch.tables():
        _send(ws, layout, batch, rows, read_at=read_at)
    return True


def _stand(
    ws: Workspace,
    layout: Layout,
    values: Values,
    rows: Rows,
    wanted: Mapping[TableName, Sequence[int]],
) -> bool:
    """Whether titles and rows are where they were found, as nobody sorted between the reads."""
    for name, positions in wanted.items():
        keys = keys_of(ws.schema.table(name), layout)
        for position in {0, *positions}:
            before: Sequence[Cell] = next(iter(values.grids[name][position : position + 1]), ())
            now, entered = rows.shown[name].get(position, ()), rows.entered[name].get(position, ())
            columns = {keys.id, *keys.managed} if position else range(max(len(before), len(now)))
            told = {c for c in columns if c >= len(entered) or not is_formula(entered[c])}
            if not same_cells(before, now, told):
                return False
    return True


def _restored(
    hurt: Victim | Inserted, columns: Columns, entered: tuple[Entered, ...]
) -> Mapping[int, Entered]:
    """Return the cells that still hold what we wrote, with what stood there before."""
    wrote = hurt.wrote if isinstance(hurt, Victim) else hurt.cells
    stood = hurt.row if isinstance(hurt, Victim) else ()
    cells = {}
    for column, ours in wrote.items():
        now = columns.now(column)
        if now is not None and entered_at(entered, now) == ours:
            cells[now] = stood[column] if column < len(stood) else None
    return cells


def _send(ws: Workspace, layout: Layout, batch: Batch, rows: Rows, *, read_at: float) -> None:
    numbers = sorted({repair_of(row) for _, row in batch.rows()})
    intent = Intent(
        cycle=0,
        authority=ws.crm.state.authority,
        batch=batch,
        titles={name: rows.entered[name].get(0, ()) for name in batch.tables()},
        keys={name: keys_of(ws.schema.table(name), layout) for name in batch.tables()},
        repairs=tuple(numbers),
    )
    token = own_token(ws, rows.token)
    try:
        write(ws, layout, intent, token=token, structure=rows.structure, read_at=read_at)
    except RowsRefusedError as error:
        reason = f"Google does not let it be changed: {error.what}"
        refused = [repair_of(row) for _, row in error.rows] or numbers
        stuck = {number: NotFoundError(reason) for number in refused}
        _hold(ws, ws.crm.operations.repairs(), stuck, blocking=stuck)


def _hold(
    ws: Workspace,
    open_: Sequence[Repair],
    stuck: Mapping[int, NotFoundError],
    *,
    blocking: Collection[int],
) -> None:
    """Say why repairs cannot be done; what two reads in a row did not find waits by itself."""
    first: Repair | None = None
    with ws.crm.database.transaction():
        for each in open_:
            if each.number in stuck:
                error = stuck[each.number]
                absent = error.absent and each.reason == error.reason
                ws.crm.operations.hold_repair(each.number, error.reason, absent=absent)
                if each.number in blocking and not error.absent:
                    first = first or each
    if first is not None:
        raise HaltedError(
            f"a row that was hit by mistake cannot be mended: {stuck[first.number].reason}",
            on=f"table {first.table}",
            hint="`syncd repairs list` shows what stood there. Undo what was done to the row or the"
            f" column, or close it with `syncd repairs drop {first.number}`.",
        )


def _close(ws: Workspace, number: int, outcome: str) -> None:
    with ws.crm.database.transaction():
        ws.crm.operations.close_repair(number, outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One cell that was hit: under which title, what stood there, and what we wrote."""

    title: str
    stood: Cell
    wrote: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An open repair as people are told of it."""

    id: int
    table: str
    row: str
    cells: tuple[Hit, ...]
    reason: str
    absent: bool


def describe(each: Repair) -> Told:
    """Return a repair as people are told of it: what stood there, what we wrote, why it waits."""
    hurt: Victim | Inserted = codec.load(each.text)
    stood, titles = (hurt.row, hurt.titles) if isinstance(hurt, Victim) else ((), ())
    wrote = hurt.wrote if isinstance(hurt, Victim) else hurt.cells
    columns = range(len(stood)) if isinstance(hurt, Victim) and hurt.gone else wrote
    cells = (
        Hit(
            title=str(plain(titles[c]) or "") if c < len(titles) else "",
            stood=plain(stood[c]) if c < len(stood) else None,
            wrote=plain(wrote.get(c)),
        )
        for c in columns
    )
    held = " ".join(str(plain(cell)) for cell in stood if cell is not None)
    return Told(
        id=each.number,
        table=each.table,
        row=str(hurt.row) if isinstance(hurt, Inserted) else held,
        cells=tuple(cells),
        reason=each.reason,
        absent=each.absent,
    )


def drop(ws: Workspace, number: int, *, by: str) -> bool:
    """Close a repair without doing it; return whether it was open. The history keeps the rest."""
    if number not in {each.number for each in ws.crm.operations.repairs()}:
        return False
    _close(ws, number, f"{DROPPED}{by}")
    return True
