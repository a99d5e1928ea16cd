"""The verdict: what an operation met, as reviews, repairs and history.

Nothing that stood in a cell that we wrote over is lost: it goes to review, back into its cell, or
into the history.
"""

from collections.abc import Iterable, Iterator

from syncd.core.past import REPLACED_FORMULA
from syncd.core.plan import Cell, Put, Review, ReviewKind, RowPlan, Standing
from syncd.core.policy import Handling
from syncd.core.snapshot import FieldName, Problem, RowId, Side, TableName
from syncd.crm.history import Event
from syncd.cycle.intent import Intent, Mirror
from syncd.cycle.workspace import Workspace
from syncd.schema import Labels, Table, decode, whole_text
from syncd.sheet.cells import Entered, is_formula, plain
from syncd.sheet.exchange import Touched
from syncd.sheet.judgement import (
    Judgement,
    Victim,
    Window,
    titles_above,
)
from syncd.sheet.layout import Layout
from syncd.sheet.status import is_status

Replaced = tuple[Touched, int, Entered, str]  # a row, its column, what stood there, and how it went


def typed_reviews(
    ws: Workspace, layout: Layout, intent: Intent, verdict: Judgement, labels: Labels
) -> dict[tuple[TableName, RowId], dict[FieldName, Review]]:
    """Return what people typed into cells while the CRM's values were written over them."""
    found: dict[tuple[TableName, RowId], dict[FieldName, Review]] = {}
    if intent.authority is Side.SHEET or intent.repairs:
        return found
    for window in verdict.windows:
        each = window.touched
        name = _field_at(layout, each.table, window.column)
        if name is None or is_formula(each.cells[window.column]):
            continue
        table = ws.schema.table(each.table)
        read = decode(table.field(name), plain(window.typed), labels)
        ours = decode(table.field(name), plain(each.cells[window.column]), labels)
        if isinstance(ours, Problem):
            ours = ours.text  # written before the column came to hold something else
        if read == ours:
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


def typed_back(intent: Intent, verdict: Judgement, mirror: Mirror) -> list[Victim]:
    """While the sheet has authority, what was typed meanwhile goes back over what we wrote.

    The same holds where we wrote only to mend something, or to put a formula back: a person's
    value wins.
    """
    rules = intent.authority is Side.SHEET or bool(intent.repairs)
    return [
        Victim.of(
            window.touched,
            mirror[window.touched.table][window.touched.position],
            titles_above(
                intent.titles[window.touched.table], mirror[window.touched.table].get(0, ())
            ),
            {window.column: window.touched.cells[window.column]},
        )
        for window in verdict.windows
        if rules or is_formula(window.touched.cells[window.column])
        if not _is_own(intent, window)
    ]


def _is_own(intent: Intent, window: Window) -> bool:
    """Whether the cell is syncd's own: its id. The status is written anew by the next cycle."""
    return window.column not in intent.keys[window.touched.table].managed


def _field_at(layout: Layout, table: TableName, column: int) -> FieldName | None:
    if table in layout.forgotten:
        return None  # no schema describes it any more
    columns = layout.tabs[table].columns
    return next((name for name, place in columns.items() if place == column), None)


def victim_events(layout: Layout, victim: Victim) -> list[Event]:
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
            before=whole_text(plain(victim.row[column])) if column < len(victim.row) else None,
            after=whole_text(plain(wrote)),
            reason="its row or column had moved; it is put back",
        )
        for column, wrote in victim.wrote.items()
    ]


def given_up_events(layout: Layout, intent: Intent) -> list[Event]:
    """Return the history of a write that nobody can judge any more: what it may have replaced."""
    reason = "it stood there when it was read; whether it was replaced is not known"
    return _events(layout, _unseen(intent, intent.batch.touched), reason=reason)


def replaced_events(layout: Layout, intent: Intent, verdict: Judgement) -> list[Event]:
    """Return the history of what our writes replaced and no value tells: formulas, typed ids."""
    replaced = [
        (each, column, each.entered[column], REPLACED_FORMULA)
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
        (each, column, each.entered[column], "id replaced")
        for each in intent.batch.touched
        if (each.table, each.row) in verdict.verified and not intent.repairs
        for column in each.cells
        if column == layout.tabs[each.table].id_column
        and each.cells[column] is not None
        and column < len(each.entered)
        and each.entered[column] is not None
        and not is_formula(each.entered[column])
    ]
    # What people kept in columns of their own goes with a row that is taken out.
    replaced += [
        (each, column, stood, "taken out")
        for each in intent.batch.removed
        if (each.table, each.row) in verdict.verified and not intent.repairs
        for column, stood in enumerate(each.entered)
        if stood is not None and column not in _known(layout, each.table)
    ]
    victims = {(victim.table, victim.position) for victim in verdict.victims}
    replaced += _unseen(
        intent,
        [
            each
            for each in intent.batch.touched
            if (each.table, each.row) not in verdict.verified
            and (each.table, each.position) not in victims
        ],
    )
    replaced += [
        (window.touched, window.column, window.typed, "typed over")
        for window in verdict.windows
        if _is_own(intent, window) or _field_at(layout, window.touched.table, window.column) is None
    ]
    return _events(layout, replaced)


def lost_references(
    ws: Workspace, layout: Layout, intent: Intent, verdict: Judgement
) -> list[Event]:
    """Return the history of labels that we wrote over and whose record has not come to be.

    A new row's record is only made once its row was found as it was read: with the commit.
    """
    rows = {
        (each.table, each.row): each
        for each in intent.batch.touched
        if each.table not in layout.forgotten
    }
    lost: list[Replaced] = [
        (rows[name, plan.row], column, rows[name, plan.row].entered[column], "typed over")
        for name, plans in intent.plans.items()
        for plan in plans
        if (name, plan.row) in rows and (name, plan.row) in verdict.verified
        for cell in _put_in_sheet(plan)
        if _is_lost(ws, ws.schema.table(name), cell)
        if (column := layout.tabs[name].columns.get(cell.field)) in rows[name, plan.row].cells
        if column is not None and column < len(rows[name, plan.row].entered)
    ]
    return _events(layout, lost)


def _is_lost(ws: Workspace, table: Table, cell: Cell) -> bool:
    """Whether a cell referred to a record that is not there."""
    field, target = table.by_name.get(cell.field), cell.expected
    if field is None or field.reference is None or target is None:
        return False
    return not ws.crm.records.some(ws.schema.table(field.reference), [RowId(str(target))])


def _put_in_sheet(plan: RowPlan) -> Iterator[Cell]:
    """Yield the cells of a row that were written over a value that could be read."""
    for action in plan.actions:
        if isinstance(action, Put) and action.side is Side.SHEET:
            yield from (cell for cell in action.cells if cell.typed is None)


def _unseen(intent: Intent, rows: Iterable[Touched]) -> Iterator[Replaced]:
    """Yield what was read in rows that were not copied: it is the last that is known of them."""
    for each in rows:
        for column in each.cells:
            if column in intent.keys[each.table].managed and column < len(each.entered):
                stood = each.entered[column]
                if stood is not None:
                    yield each, column, stood, "replaced unseen"


def _events(layout: Layout, replaced: Iterable[Replaced], *, reason: str = "") -> list[Event]:
    """Return the history of cells that our writes replaced."""
    return [
        Event(
            table=each.table,
            row=each.row,
            side=Side.SHEET,
            outcome=outcome,
            origin="syncd",
            field=_field_at(layout, each.table, column) or FieldName(""),
            before=whole_text(plain(stood)),
            after=whole_text(plain(each.cells.get(column))),
            reason=reason,
        )
        for each, column, stood, outcome in replaced
    ]


def _known(layout: Layout, table: TableName) -> set[int]:
    """Return the columns of which the base and the history hold what stood there."""
    tab = layout.tabs[table]
    return {*tab.columns.values(), tab.id_column, tab.status_column}
