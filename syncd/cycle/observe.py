"""Observe: turn one read of the sheet and one of the CRM into what reconcile compares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from syncd.core.identity import Identified, Known, Seen, identify
from syncd.core.policy import Handling, Policy
from syncd.core.snapshot import (
    BaseRow,
    CrmRow,
    FieldName,
    Problem,
    RowId,
    SheetRow,
    Side,
    TableName,
    Values,
)
from syncd.core.state import TableState
from syncd.crm.records import Record
from syncd.crm.unfit import remembered_unfit, shared_values
from syncd.cycle.workspace import Misread, Workspace
from syncd.schema import Cell, Field, Labels, Table, clashes, plain_label, read_row
from syncd.sheet.layout import Layout, Tab
from syncd.sheet.read import Values as SheetValues
from syncd.sheet.read import cell_at

Row = Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One table as both sides show it at this read."""

    table: Table
    tab: Tab
    policy: Policy
    state: TableState
    identified: Identified
    rows: Mapping[int, Row]
    end: int  # the position after the last row that holds anything of ours

    @property
    def positions(self) -> Mapping[RowId, int]:
        """Where each identified row stands."""
        return {row: position for position, row in self.identified.ids.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """All tables, in reference order, and the labels under which records are shown."""

    views: tuple[View, ...]
    labels: Labels
    former: Mapping[TableName, Mapping[str, RowId]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    """What the database holds of one table."""

    records: Mapping[RowId, Record]
    base: Mapping[RowId, BaseRow]
    known: Mapping[RowId, Known]
    unfit: frozenset[RowId]  # what was verified before the schema changed, and breaks it now
    shared: Mapping[RowId, tuple[Problem, ...]]


def observe(
    ws: Workspace, values: SheetValues, layout: Layout, policies: Mapping[TableName, Policy]
) -> Observation:
    """Return what both sides hold; the CRM's part is read as of one moment."""
    with ws.crm.database.reading():
        remembered = {table.name: _remember(ws, table) for table in ws.schema.tables}
        former = ws.crm.state.former_labels()
        observer = _Observer(ws, layout, values, policies, remembered, former)
        for table in ws.schema.tables:
            observer.take(table)
    return Observation(views=tuple(observer.views), labels=observer.labels(), former=former)


def _remember(ws: Workspace, table: Table) -> _Remembered:
    records, base = ws.crm.records.read(table), ws.crm.state.base(table.name)
    known = {row: Known(key=None, values={}) for row in ws.crm.state.provisional(table.name)}
    for row, shared in base.items():
        key = table.natural_key(shared.values)
        known[row] = Known(key=key, values=shared.values, archived=shared.archived)
    for row, record in records.items():
        if row not in base:
            key = table.natural_key(record.values)
            known[row] = Known(key=key, values=record.values, archived=record.archived)
    unfit = remembered_unfit(ws.crm.database, table.name)
    doubled = shared_values(ws.crm.database, table) if unfit else {}
    return _Remembered(records=records, base=base, known=known, unfit=unfit, shared=doubled)


class _Observer:
    """Takes the tables one by one, so that each can refer to the rows of those before it."""

    def __init__(
        self,
        ws: Workspace,
        layout: Layout,
        values: SheetValues,
        policies: Mapping[TableName, Policy],
        remembered: Mapping[TableName, _Remembered],
        former: Mapping[TableName, Mapping[str, RowId]],
    ) -> None:
        self.ws = ws
        self.layout = layout
        self.values = values
        self.policies = policies
        self.remembered = remembered
        self.former = former
        self.views: list[View] = []
        self.named: dict[TableName, dict[RowId, Values]] = {
            name: {row: record.values for row, record in found.records.items()}
            for name, found in remembered.items()
        }
        self.waiting: dict[TableName, list[str]] = {}
        self._labels: Labels | None = None

    def labels(self) -> Labels:
        """Return the labels of the records and of the rows that are about to be records."""
        if self._labels is None:
            archived = frozenset(
                row
                for found in self.remembered.values()
                for row, record in found.records.items()
                if record.archived
            )
            self._labels = Labels.build(
                self.ws.schema, self.named, archived, self.former, self.waiting
            )
        return self._labels

    def take(self, table: Table) -> None:
        """Read one table."""
        found, tab = self.remembered[table.name], self.layout.tabs[table.name]
        policy = self.policies[table.name]
        rows = {
            position: row
            for position, row in enumerate(self.values.grids[table.name])
            if position > 0
        }
        read = {position: self._read(table, tab, found, row) for position, row in rows.items()}
        filled = [p for p, row in rows.items() if _is_ours(tab, row)]
        seen = [_seen(table, tab, p, rows[p], read[p][0]) for p in filled]
        identified = identify(seen, found.known, lambda: self.ws.mint(table))
        sheet = {
            row: SheetRow(
                id=row,
                position=position,
                values=self._complete(table, tab, found, row, read[position][0]),
                problems=read[position][1],
            )
            for position, row in sorted(identified.ids.items())
        }
        sheet = self._with_clashes(table, found, sheet)
        crm = {row: self._crm_row(table, found, row, r) for row, r in found.records.items()}
        state = TableState(
            table=table.name,
            fields=tuple(f.name for f in table.fields if not f.computed),
            base=found.base,
            sheet=sheet,
            crm=crm,
            check=table.check,
            reviews=self.ws.crm.reviews.current(table.name),
            confirmed=self.ws.crm.state.missing(table.name),
            frozen=identified.frozen_ids,
        )
        self.views.append(
            View(
                table=table,
                tab=tab,
                policy=policy,
                state=state,
                identified=identified,
                rows=rows,
                end=max(filled, default=0) + 1,
            )
        )
        self._name_arrivals(table, policy, found, sheet)

    def _read(
        self, table: Table, tab: Tab, found: _Remembered, row: Row
    ) -> tuple[Values, tuple[Problem, ...]]:
        """Read one row; a reference that nobody touched stays what it is, renamed or not."""
        cells = {name: cell_at(row, column) for name, column in tab.columns.items()}
        base = found.base.get(RowId(_id_text(tab, row)))
        for field in table.fields:
            if field.reference and base is not None:
                kept = self._kept_reference(field, cells.get(field.name), base)
                cells[field.name] = kept or cells.get(field.name)
        values, problems = read_row(table, cells, self.labels())
        if self.ws.misread:
            keys = (misread_key(table.name, tab, row, name) for name in cells)
            known = [self.ws.misread[key] for key in keys if key in self.ws.misread]
            problems = (*problems, *known)
            values = {**values, **{problem.field: None for problem in known}}
        # What could not be read has no value at all, which is not the same as a blank.
        unread = {p.field for p in problems if p.text and values.get(p.field) is None}
        return {name: v for name, v in values.items() if name not in unread}, problems

    def _kept_reference(self, field: Field, cell: Cell, base: BaseRow) -> RowId | None:
        shown = self.former.get(field.reference or TableName(""), {})
        before = shown.get(cell) if isinstance(cell, str) else None
        return before if before is not None and before == base.values.get(field.name) else None

    def _complete(
        self, table: Table, tab: Tab, found: _Remembered, row: RowId, values: Values
    ) -> Values:
        """Fill fields whose column is paused, or that are computed, with what is known of them."""
        base, record = found.base.get(row), found.records.get(row)
        known = {**(record.values if record else {}), **(base.values if base else {})}
        absent = {f.name for f in table.fields if f.name not in tab.columns or f.computed}
        if not absent:
            return values
        return {**values, **{name: known.get(name) for name in absent}}

    def _with_clashes(
        self, table: Table, found: _Remembered, sheet: dict[RowId, SheetRow]
    ) -> dict[RowId, SheetRow]:
        """Refuse what a row may not share with another; who had it first keeps it."""
        elsewhere = {
            row: record.values
            for row, record in found.records.items()
            if row not in sheet and not record.archived
        }
        rows = {**elsewhere, **{row: seen.values for row, seen in sheet.items()}}

        def seniority(row: RowId) -> tuple[int, int]:
            seen, base = sheet.get(row), found.base.get(row)
            if seen is None or (base is not None and base.values == seen.values):
                return (0, 0)
            return (1 if base is not None else 2, seen.position)

        clashing = clashes(table, rows, sorted(rows, key=seniority), self.labels())
        for row, problems in clashing.items():
            if row in sheet:
                both = (*sheet[row].problems, *problems)
                sheet[row] = replace(sheet[row], problems=both)
        return sheet

    def _crm_row(self, table: Table, found: _Remembered, row: RowId, record: Record) -> CrmRow:
        """Check a record that is not as it was last verified; another program may have erred."""
        base = found.base.get(row)
        problems: tuple[Problem, ...] = ()
        unfit = row in found.unfit and not record.archived
        if unfit or base is None or base.values != record.values:
            problems = (*table.check(record.values), *self._dangling(table, record.values))
            problems += found.shared.get(row, ()) if unfit else ()
        return CrmRow(id=row, values=record.values, archived=record.archived, problems=problems)

    def _dangling(self, table: Table, values: Values) -> tuple[Problem, ...]:
        return tuple(
            Problem(field=field.name, text=str(target), reason="refers to a record that is gone")
            for field in table.fields
            if field.reference
            and (target := values.get(field.name)) is not None
            and target not in self.remembered[field.reference].records
        )

    def _name_arrivals(
        self, table: Table, policy: Policy, found: _Remembered, sheet: Mapping[RowId, SheetRow]
    ) -> None:
        """Let later tables refer to rows that become records in this cycle, or wait for others."""
        takes = policy.authority is Side.SHEET or policy.new_rows is Handling.MERGE
        arrivals = {row: seen for row, seen in sheet.items() if row not in found.records}
        labels = self.labels() if arrivals else None
        for row, seen in arrivals.items():
            if takes and not seen.problems:
                self.named[table.name][row] = seen.values
            elif labels is not None:
                name = plain_label(table, seen.values, labels)
                self.waiting.setdefault(table.name, []).append(name)
        if arrivals:
            self._labels = None


def misread_key(table: TableName, tab: Tab, row: Row, name: FieldName) -> Misread:
    """Return by what a number is known that is not what its column holds."""
    return (table, tuple(cell_at(row, column) for column in tab.columns.values()), name)


def _id_text(tab: Tab, row: Row) -> str:
    cell = cell_at(row, tab.id_column)
    return str(cell).strip() if cell is not None else ""


def _seen(table: Table, tab: Tab, position: int, row: Row, values: Values) -> Seen:
    return Seen(
        position=position,
        id=_id_text(tab, row),
        key=table.natural_key(values),
        values=values,
        blank=not _has_content(tab, row),
    )


def _has_content(tab: Tab, row: Row) -> bool:
    cells = (cell_at(row, column) for column in tab.columns.values())
    return any(cell not in (None, False) and str(cell).strip() for cell in cells)


def _is_ours(tab: Tab, row: Row) -> bool:
    """Whether a row belongs to the table: something managed stands in it, or an id."""
    return _has_content(tab, row) or bool(_id_text(tab, row))
