"""Carry out an import: what was planned becomes records, and each row of the source is answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from syncd.core.plan import Cell, Create, Put, Review, ReviewKind, Standing
from syncd.core.snapshot import FieldName, RowId, Side, TableName, Values
from syncd.cycle import codec
from syncd.cycle.workspace import Workspace
from syncd.errors import CrmError, HaltedError
from syncd.importer.draft import plan_imports
from syncd.importer.fit import map_tables
from syncd.importer.mapping import Origin, TableMapping, load_mapping
from syncd.importer.plan import ImportPlan
from syncd.importer.sources import Opened, answer_rows, open_source
from syncd.schema import Labels, Table, plain_label

codec.register(Origin, TableMapping)

Mappings = Mapping[TableName, TableMapping]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import of one source does or did, by table, and how the source was read."""

    source: str
    plans: tuple[ImportPlan, ...]
    notes: tuple[str, ...]
    answered: int = 0
    changeset: str = ""


def import_source(
    ws: Workspace,
    source: str,
    *,
    mapping: Path | None = None,
    dry_run: bool = False,
    by: str = "",
) -> Imported:
    """Import one source; a second time nothing changes, also where the CRM was edited since."""
    opened = open_source(ws, source)
    try:
        mappings = _mappings(ws, opened, mapping)
        plans = _plan(ws, opened, mappings)
        answered, changeset = 0, ""
        if not dry_run:
            _require_open(ws, plans)
            changeset = _apply(ws, opened, mappings, plans, by=by)
            answered = _answer(opened, plans)
    finally:
        opened.close()
    return Imported(
        source=opened.name,
        plans=plans,
        notes=opened.notes,
        answered=answered,
        changeset=changeset,
    )


def _require_open(ws: Workspace, plans: Iterable[ImportPlan]) -> None:
    """Refuse to write into a table that is held back."""
    tables = {plan.table for plan in plans}
    held = [halt for halt in ws.crm.halts.current() if halt.table in tables]
    if held:
        raise HaltedError(
            f"nothing is imported into a table that is held back: {held[0].rail}",
            on=held[0].table,
            hint="`syncd status` says why; approve it or mend the cause, then `syncd sync`.",
        )


def _mappings(ws: Workspace, opened: Opened, path: Path | None) -> Mappings:
    """Return the mapping that was given, the one remembered for this source, or the obvious one."""
    if path is not None:
        return load_mapping(path, ws.schema)
    remembered = ws.crm.sources.mapping(opened.name)
    if remembered:
        found: Mappings = codec.load(remembered)
        return found
    return map_tables(ws.schema, opened.grid, source=opened.name)


def _plan(ws: Workspace, opened: Opened, mappings: Mappings) -> tuple[ImportPlan, ...]:
    records, archived, last = {}, set[RowId](), {}
    with ws.crm.database.reading():
        for table in ws.schema.tables:
            gone = ws.crm.history.taken_back(table.name)
            read = ws.crm.records.read(table)
            # What an undo took back is no reason to leave a row of the source out.
            found = {row: r for row, r in read.items() if not (r.archived and row in gone)}
            records[table.name] = {row: record.values for row, record in found.items()}
            archived |= {row for row, record in found.items() if record.archived}
            last[table.name] = ws.crm.sources.given(opened.name, table.name)
        former = ws.crm.state.former_labels()
    return plan_imports(
        ws.schema,
        opened.grid,
        mappings,
        records,
        last,
        mint=ws.mint,
        archived=archived,
        former=former,
        name=opened.name,
    )


def _apply(
    ws: Workspace, opened: Opened, mappings: Mappings, plans: tuple[ImportPlan, ...], *, by: str
) -> str:
    """Write the plans to the CRM as one transaction; return the name of what that changed."""
    at, name = ws.now(), ""
    with ws.crm.database.transaction():
        if any(plan.creates or plan.updates for plan in plans):
            name = ws.crm.changesets.add("import", opened.name, at=at, by=by).name
        ws.crm.records.write_as(name, None, at=at)
        for plan in plans:
            _write(ws, opened, plan, by=name)
            ws.crm.sources.remember(opened.name, plan.table, plan.remember)
        ws.crm.records.write_as(None, None)
        ws.crm.sources.set_mapping(opened.name, codec.dump(mappings), at=at)
    return name


def _write(ws: Workspace, opened: Opened, plan: ImportPlan, *, by: str) -> None:
    """Write one table's plan.

    While the sheet has authority, an admin's import counts as answered with yes: its records
    and values go to the sheet instead of being turned away.
    """
    table, at = ws.schema.table(plan.table), ws.now()
    reviews: list[tuple[Review, Values]] = []
    for made in plan.creates:
        _record(ws, opened, table, made.id, Create(side=Side.CRM, values=made.values))
        reviews.append((_arrival(made.id, made.values), made.values))
    for changed in plan.updates:
        cells = tuple(
            Cell(field=name, expected=changed.before.get(name), value=value)
            for name, value in changed.values.items()
        )
        _record(ws, opened, table, changed.id, Put(side=Side.CRM, cells=cells))
        reviews += [(_taken(changed.id, cell), changed.before) for cell in cells]
    if ws.crm.state.authority is Side.CRM:
        reviews = []
    for conflict in plan.conflicts:
        asked = Review(
            kind=ReviewKind.EDIT,
            row=conflict.id,
            side=Side.SHEET,
            field=conflict.field,
            offered={conflict.field: conflict.source},
            shown={conflict.field: conflict.crm},
            base={conflict.field: conflict.last},
            source=opened.called,
        )
        reviews.append((asked, {conflict.field: conflict.crm}))
    for review, values in reviews:
        label = plain_label(table, values, Labels())
        asked = replace(review, by=by) if review.standing is Standing.ACCEPTED else review
        ws.crm.reviews.write(plan.table, asked, at=at, label=label)


def _record(ws: Workspace, opened: Opened, table: Table, row: RowId, action: Create | Put) -> None:
    refusal = ws.crm.records.apply(table, row, action)
    if refusal is not None:
        raise CrmError(
            f"a row of {table.title} could not be written: {refusal}",
            on=opened.name,
            hint="Nothing was imported. Run the import again: it is planned afresh.",
        )


def _arrival(row: RowId, values: Values) -> Review:
    return Review(
        kind=ReviewKind.NEW, row=row, side=Side.CRM, offered=values, standing=Standing.ACCEPTED
    )


def _taken(row: RowId, cell: Cell) -> Review:
    name: FieldName = cell.field
    return Review(
        kind=ReviewKind.EDIT,
        row=row,
        side=Side.CRM,
        field=name,
        offered={name: cell.value},
        shown={name: cell.expected},
        standing=Standing.ACCEPTED,
    )


def _answer(opened: Opened, plans: tuple[ImportPlan, ...]) -> int:
    """Tell each row of the source what became of it, where the source can be written to."""
    status: dict[int, str] = {}
    for plan in plans:
        for number, text in plan.status.items():
            status[number] = f"{status[number]}; {text}" if number in status else text
    return answer_rows(opened, plans[0].report.header_row, status) if plans else 0
