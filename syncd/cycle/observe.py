"""Observe: turn one read of the sheet and one of the CRM into what reconcile compares.

A column that pauses is left out of the comparison: of it both sides show what they last shared,
so that nothing is decided, and what either side did meanwhile is found when it is back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from syncd.core.identity import identify
from syncd.core.plan import WHOLE_ROW, Standing
from syncd.core.policy import Handling, Policy
from syncd.core.seen import Identified, Key, Known, Seen
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
from syncd.cycle.claims import with_clashes
from syncd.cycle.remembered import Remembered, remember
from syncd.cycle.rows import (
    Row,
    cells_of,
    has_content,
    id_text,
    ids_astray,
    is_ours,
    misread_key,
    remarks_in,
)
from syncd.cycle.view import Observation, Part, View, shared_of
from syncd.cycle.workspace import Workspace
from syncd.schema import Cell, Labels, Table, encode, plain_label, read_row, show
from syncd.schema.reading import TEXT_MAX
from syncd.sheet.layout import Layout, Tab
from syncd.sheet.lines import BelowTitles
from syncd.sheet.read import Values as SheetValues
from syncd.sheet.read import cell_at


def observe(
    ws: Workspace,
    values: SheetValues,
    layout: Layout,
    policies: Mapping[TableName, Policy],
    part: Part | None = None,
) -> Observation:
    """Return what both sides hold, or a part of it; the CRM's part is read as of one moment."""
    with ws.crm.database.reading():
        remembered = {table.name: remember(ws, table, part) for table in ws.schema.tables}
        former = part.former if part else ws.crm.state.former_labels()
        observer = _Observer(ws, layout, values, policies, remembered, former, part)
        for table in ws.schema.tables:
            observer.take(table)
    return Observation(
        control=values.control,
        views=tuple(observer.views),
        labels=observer.labels(),
        former=former,
        halted={**layout.lost, **observer.halted},
    )


LOADING = "Loading..."  # what a formula shows until its answer is there


class _Observer:
    """Takes the tables one by one, so that each can refer to the rows of those before it."""

    def __init__(
        self,
        ws: Workspace,
        layout: Layout,
        values: SheetValues,
        policies: Mapping[TableName, Policy],
        remembered: Mapping[TableName, Remembered],
        former: Mapping[TableName, Mapping[str, RowId]],
        part: Part | None = None,
    ) -> None:
        self.ws = ws
        self.part = part
        self.layout = layout
        self.values = values
        self.policies = policies
        self.remembered = remembered
        self.former = former
        self.minted, ws.minted = ws.minted, {}
        self.views: list[View] = []
        self.halted: dict[TableName, str] = {}
        self.named: dict[TableName, dict[RowId, Values]] = {
            name: {row: record.values for row, record in found.records.items()}
            for name, found in remembered.items()
        }
        self.waiting: dict[TableName, list[str]] = {}
        self._labels: Labels | None = part.labels if part else None

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
        """Read one table; of one that is halted, only which rows there are."""
        tab = self.layout.live.get(table.name)
        if tab is None:
            return
        found, policy = self.remembered[table.name], self.policies[table.name]
        rows = self._rows(table.name)
        filled = [p for p, row in rows.items() if is_ours(tab, row)]
        if halted := tab.halted or ids_astray(table, tab, rows, filled, found.known):
            self.halted[table.name] = halted
            tab = replace(tab, halted=halted)
            self.views.append(_halted_view(table, tab, policy, found, rows, filled))
            return
        closed = self.ws.closed.get(table.name, {})
        aside = {f.name for f in table.fields if f.name not in tab.columns or f.computed} | set(
            closed
        )
        remarks = remarks_in(table, tab, rows, filled, self.ws.totals)
        ours = [p for p in filled if p not in remarks]
        read = {position: self._read(table, tab, found, rows[position]) for position in ours}
        seen = [_seen(table, tab, found, p, rows[p], read[p][0]) for p in ours]
        known = _without(found.known, aside) if aside else found.known
        seen = [_only(row, aside) for row in seen] if aside else seen

        def mint(row: Seen) -> RowId:
            """Return a new id; a row that could not be given one keeps the one it was known by."""
            place = hash((table.name, row.position, cells_of(tab, rows[row.position])))
            before = self.minted.get(place)
            again = before is not None and (table.name, before) in self.ws.paused
            self.ws.minted[place] = before if before and again else self.ws.mint(table)
            return self.ws.minted[place]

        identified = identify(seen, known, mint, found.said)
        sheet = {
            row: SheetRow(
                id=row,
                position=position,
                values=_as_shared(found, row, read[position][0], aside, closed),
                problems=tuple(p for p in read[position][1] if p.field not in closed),
            )
            for position, row in sorted(identified.ids.items())
        }
        sheet = with_clashes(table, policy, found, sheet, self.labels())
        crm = {row: self._crm_row(table, found, row, r, aside) for row, r in found.records.items()}
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
            show=lambda name, value: show(table.field(name), value, self.labels()),
            resting=self.part.resting[table.name] if self.part else 0,
        )
        self.views.append(
            View(
                table=table,
                tab=tab,
                policy=policy,
                state=state,
                identified=identified,
                rows=rows,
                end=self.part.ends[table.name] if self.part else max(ours, default=0) + 1,
                closed=closed,
                remarks=tuple(sorted(remarks)),
                unfit=bool(found.unfit),
                left_out=self.part.left_out[table.name] if self.part else 0,
            )
        )
        self._name_arrivals(table, policy, state)

    def _rows(self, name: TableName) -> Mapping[int, Row]:
        """Return the rows to look at, by their place."""
        if self.part:
            return self.part.rows[name]
        return BelowTitles(self.values.grids[name])

    def _read(
        self, table: Table, tab: Tab, found: Remembered, row: Row
    ) -> tuple[Values, tuple[Problem, ...]]:
        """Read one row; a reference that nobody touched stays what it is, renamed or not."""
        cells = {name: cell_at(row, column) for name, column in tab.columns.items()}
        base = found.base.get(RowId(id_text(tab, row)))
        kept = self._kept_references(table, cells, base) if base is not None else {}
        cells |= kept
        if base is not None and LOADING in row:
            # A formula waits for its answer: until it is there, nothing was changed.
            for each in table.fields:
                if cells.get(each.name) == LOADING and each.name in base.values:
                    cells[each.name] = encode(each, base.values[each.name], self.labels())
        values, problems = read_row(table, cells, self.labels())
        if kept and base is not None and base.archived:
            # It shows what it showed, also where the record that it refers to was deleted since.
            values = {**values, **kept}
            problems = tuple(problem for problem in problems if problem.field not in kept)
        if self.ws.misread:
            keys = (misread_key(table.name, tab, row, name) for name in cells)
            known = [self.ws.misread[key] for key in keys if key in self.ws.misread]
            problems = (*problems, *known)
            values = {**values, **{problem.field: None for problem in known}}
        # What could not be read has no value at all, which is not the same as a blank.
        unread = {p.field for p in problems if p.text and values.get(p.field) is None}
        values = {name: v for name, v in values.items() if name not in unread}
        # Equal values are held once: a large table has hardly any others.
        return base.values if base is not None and base.values == values else values, problems

    def _kept_references(
        self, table: Table, cells: Mapping[FieldName, Cell], base: BaseRow
    ) -> dict[FieldName, RowId]:
        """Return the references that nobody touched, by what their cells were known to show."""
        found = {}
        for field in table.fields:
            cell = cells.get(field.name)
            if field.reference and isinstance(cell, str):
                before = self.former.get(field.reference, {}).get(cell)
                if before is not None and before == base.values.get(field.name):
                    found[field.name] = before
        return found

    def _crm_row(
        self,
        table: Table,
        found: Remembered,
        row: RowId,
        record: Record,
        aside: Collection[FieldName],
    ) -> CrmRow:
        """Check a record that is not as it was last verified; another program may have erred."""
        base = found.base.get(row)
        problems: tuple[Problem, ...] = ()
        unfit = row in found.unfit and not record.archived
        if unfit or base is None or base.values != record.values:
            problems = (*table.check(record.values), *self._dangling(table, record.values))
            if len(row) > TEXT_MAX:  # Google would refuse every row that is inserted with it
                reason = f"stands in a record whose id is longer than {TEXT_MAX} letters"
                problems += (Problem(field=table.names[0], text="", reason=reason),)
            problems += found.shared.get(row, ()) if unfit else ()
        elif not record.archived:  # what it refers to may have been deleted since
            problems = self._dangling(table, record.values)
        values = {**record.values, **shared_of(base, aside)} if aside else record.values
        return CrmRow(id=row, values=values, archived=record.archived, problems=problems)

    def _dangling(self, table: Table, values: Values) -> tuple[Problem, ...]:
        return tuple(
            Problem(field=field.name, text=str(target), reason="refers to a record that is gone")
            for field in table.fields
            if field.reference
            and (target := values.get(field.name)) is not None
            and RowId(str(target)) not in self._existing(field.reference)
        )

    def _existing(self, name: TableName) -> Collection[RowId]:
        """Return the ids of all records of a table that others refer to."""
        return self.part.labels.tables[name].by_id if self.part else self.remembered[name].records

    def _name_arrivals(self, table: Table, policy: Policy, state: TableState) -> None:
        """Let later tables refer to rows that become records in this cycle, or wait for others."""
        takes = policy.authority is Side.SHEET or policy.new_rows is Handling.MERGE
        arrivals = {row: seen for row, seen in state.sheet.items() if row not in state.crm}
        labels = self.labels() if arrivals else None
        for row, seen in arrivals.items():
            if not seen.problems and (takes or _is_agreed(state, seen)):
                self.named[table.name][row] = seen.values
            elif labels is not None:
                name = plain_label(table, seen.values, labels)
                self.waiting.setdefault(table.name, []).append(name)
        if arrivals:
            self._labels = None


def _is_agreed(state: TableState, seen: SheetRow) -> bool:
    """Whether a person accepted the new row as it stands."""
    entry = state.reviews.get((seen.id, WHOLE_ROW, Side.SHEET))
    accepted = entry is not None and entry.standing is Standing.ACCEPTED
    return accepted and entry is not None and entry.offered == seen.values


def _halted_view(
    table: Table,
    tab: Tab,
    policy: Policy,
    found: Remembered,
    rows: Mapping[int, Row],
    filled: Sequence[int],
) -> View:
    """Return a table whose rows are all left alone, for the reason that halts it."""
    ids = frozenset({*found.known, *found.records})
    state = TableState(
        table=table.name,
        fields=(),
        base=found.base,
        sheet={},
        crm={},
        check=table.check,
        frozen=ids,
    )
    frozen = {p: tab.halted for p in filled if id_text(tab, rows[p]) in ids}
    return View(
        table=table,
        tab=tab,
        policy=policy,
        state=state,
        identified=Identified(ids={}, frozen=frozen, frozen_ids=ids, blank={}),
        rows=rows,
        end=max(filled, default=0) + 1,
    )


def _as_shared(
    found: Remembered,
    row: RowId,
    values: Values,
    aside: Collection[FieldName],
    closed: Collection[FieldName],
) -> Values:
    """Fill fields whose column pauses, or that are computed, with what is known of them.

    A column that is only closed can be read, so a new row holds what it shows.
    """
    if not aside:
        return values
    base, record = found.base.get(row), found.records.get(row)
    known = {**(record.values if record else {}), **(base.values if base else {})}
    names = aside if base or record else (name for name in aside if name not in closed)
    return {**values, **{name: known.get(name) for name in names}}


def _without(known: Mapping[RowId, Known], aside: Collection[FieldName]) -> Mapping[RowId, Known]:
    return {
        row: replace(each, values={n: v for n, v in each.values.items() if n not in aside})
        for row, each in known.items()
    }


def _only(row: Seen, aside: Collection[FieldName]) -> Seen:
    return replace(row, values={n: v for n, v in row.values.items() if n not in aside})


def _seen(
    table: Table, tab: Tab, found: Remembered, position: int, row: Row, values: Values
) -> Seen:
    text, key = id_text(tab, row), table.natural_key(values)
    known = found.known.get(RowId(text))
    # The row's other keys are looked for only where its own is not the one that is known.
    confirmed = known is None or known.key == key
    others: tuple[Key, ...] = () if confirmed else tuple(table.other_keys(values))
    return Seen(
        position=position,
        id=text,
        key=key,
        values=values,
        blank=not (has_content(tab, row) or _is_partly_unseen(tab, found.base.get(RowId(text)))),
        others=others,
    )


def _is_partly_unseen(tab: Tab, base: BaseRow | None) -> bool:
    """Whether what a row holds may stand in a column that is left alone: it is not known blank."""
    return base is not None and any(base.values.get(name) is not None for name in tab.paused)
