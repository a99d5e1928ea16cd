"""Making the plan of an import: the rows of a source against the records of the CRM.

It reads no clock and draws no ids: `mint` gives those.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncd.core.snapshot import FieldName, Problem, RowId, TableName, Values
from syncd.importer.decide import Decision, decide, remembered
from syncd.importer.find import Grid
from syncd.importer.mapping import TableMapping
from syncd.importer.match import Matches, match_rows
from syncd.importer.plan import (
    Conflict,
    Create,
    ImportPlan,
    ImportReport,
    Records,
    Refusal,
    Update,
)
from syncd.importer.source import Fate, SameRow, Source, SourceRow, read_source
from syncd.schema import Labels, Schema, Table, plain_label, show, spoken
from syncd.schema.clashes import Claim, claims, taken
from syncd.schema.reading import squeeze

Mint = Callable[[Table], RowId]


def plan_import(
    table: Table,
    grid: Grid,
    mapping: TableMapping | None,
    labels: Labels,
    records: Records,
    last: Records,
    *,
    mint: Mint,
    archived: Collection[RowId] = frozenset(),
    same_row: SameRow | None = None,
    name: str = "",
) -> ImportPlan:
    """Plan the import of a grid into one table.

    `records` are all records of the table, with the `archived` ones, which are left alone.
    `last` is what this source gave before, by the record that it went to. `labels` lead from
    names to the records of other tables, `same_row` from row numbers. `name` is the source's.
    """
    source = read_source(table, mapping, grid, labels, same_row=same_row, name=name)
    draft = _Draft(
        table=table,
        labels=labels,
        records=records,
        last=last,
        archived=frozenset(archived),
        matches=match_rows(table, source.rows, records, last, archived),
        mint=mint,
    )
    for row in source.rows:
        draft.add(row)
    return draft.plan(source)


def plan_imports(
    schema: Schema,
    grid: Grid,
    mappings: Mapping[TableName, TableMapping],
    records: Mapping[TableName, Records],
    last: Mapping[TableName, Records],
    *,
    mint: Mint,
    archived: Collection[RowId] = frozenset(),
    former: Mapping[TableName, Mapping[str, RowId]] | None = None,
    name: str = "",
) -> tuple[ImportPlan, ...]:
    """Plan the import of a grid into each table that is mapped, referred-to tables first.

    A later table's references see the records that the earlier ones create.
    """
    known = dict(records)
    same_row: dict[TableName, Mapping[int, RowId]] = {}
    plans = []
    for table in schema.tables:
        if table.name not in mappings:
            continue
        plan = plan_import(
            table,
            grid,
            mappings[table.name],
            Labels.build(schema, known, archived, former),
            known.get(table.name, {}),
            last.get(table.name, {}),
            mint=mint,
            archived=archived,
            same_row=same_row,
            name=name,
        )
        known[table.name] = applied(known.get(table.name, {}), plan)
        same_row[table.name] = plan.records
        plans.append(plan)
    read = {squeeze(each.column) for m in mappings.values() for each in m.origins.values()}
    return tuple(_without_read(plan, read) for plan in plans)


def _without_read(plan: ImportPlan, read: Collection[str]) -> ImportPlan:
    """Return the plan with only those titles as unread that no table reads."""
    unread = tuple(title for title in plan.report.unread if squeeze(title) not in read)
    return replace(plan, report=replace(plan.report, unread=unread))


def applied(records: Records, plan: ImportPlan) -> Records:
    """Return the records as they would be once the plan is carried out."""
    after = dict(records)
    after.update((each.id, each.values) for each in plan.creates)
    for update in plan.updates:
        after[update.id] = {**after[update.id], **update.values}
    return after


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A plan in the making; `holders` have what no two live records may share."""

    table: Table
    labels: Labels
    records: Records
    last: Records
    archived: frozenset[RowId]
    matches: Matches
    mint: Mint
    creates: list[Create] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    remember: dict[RowId, Values] = field(default_factory=dict)
    went_to: dict[int, RowId] = field(default_factory=dict)
    status: dict[int, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    holders: dict[Claim, RowId] = field(default_factory=dict)
    named: dict[RowId, Values] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row_id, values in self.records.items():
            if row_id not in self.archived:
                for claim in claims(self.table, values).values():
                    self.holders.setdefault(claim, row_id)

    def add(self, row: SourceRow) -> None:
        """Take one row into the plan."""
        match row.fate:
            case Fate.BLANK:
                self.counts["blank"] += 1
            case Fate.REFUSED:
                self._refuse(row, row.problems)
            case Fate.MERGED:
                self._merge(row)
            case Fate.TAKEN:
                self._take(row)

    def _take(self, row: SourceRow) -> None:
        record = self.matches.records.get(row.number)
        doubled = self.matches.doubled.get(row.number)
        if doubled is not None:
            self._refuse(row, (doubled,))
        elif record is None:
            self._create(row)
        elif record in self.archived:  # somebody took it out of use: an import does not undo that
            self._count(row, "unchanged", "archived in the CRM, left as it is", record)
        else:
            self._compare(row, record)

    def _merge(self, row: SourceRow) -> None:
        twin = row.twin or 0
        self._count(row, "merged", f"same as row {twin}", self.went_to.get(twin))

    def _refuse(self, row: SourceRow, problems: Sequence[Problem]) -> None:
        self.refused += [
            Refusal(
                number=row.number,
                field=each.field,
                text=each.text,
                reason=each.reason,
                example=each.example,
            )
            for each in problems
        ]
        reasons = "; ".join(spoken(self.table, each) for each in problems)
        self._count(row, "refused", f"refused: {reasons}")

    def _create(self, row: SourceRow) -> None:
        values = {name: row.values.get(name) for name in self.table.names}
        claimed = claims(self.table, values)
        problems = self._clashes(claimed, values, None)
        if problems:
            self._refuse(row, problems)
            return
        record = self.mint(self.table)
        self._hold(claimed, values, record)
        self.creates.append(Create(number=row.number, id=record, values=values))
        self.remember[record] = remembered(None, row.values)
        self._count(row, "created", "imported", record)

    def _compare(self, row: SourceRow, record: RowId) -> None:
        held, last = self.records[record], self.last.get(record)
        decision = decide(last, row.values, held)
        wanted, problems = self._checked(record, held, decision)
        if problems:
            self._refuse(row, problems)
            return
        if wanted:
            after = {**held, **wanted}
            self._hold(claims(self.table, after), after, record)
            before = {name: held.get(name) for name in wanted}
            self.updates.append(Update(number=row.number, id=record, values=wanted, before=before))
        self.conflicts += [
            Conflict(
                number=row.number,
                id=record,
                field=name,
                source=row.values[name],
                crm=held.get(name),
                last=(last or {}).get(name),
            )
            for name in decision.conflicts
        ]
        given = remembered(last, row.values)
        if given != last:
            self.remember[record] = given
        self.counts["conflicts"] += len(decision.conflicts)
        outcome = "updated" if wanted else "unchanged"
        self._count(row, outcome, self._answer(row, held, decision.conflicts), record)

    def _checked(
        self, record: RowId, held: Values, decision: Decision
    ) -> tuple[Values, Sequence[Problem]]:
        """Return the changed fields as the CRM stores them, and what speaks against them."""
        if not decision.taken:
            return {}, ()
        after, problems = self.table.validate({**held, **decision.taken})
        known = self.table.check(held)
        problems = tuple(each for each in problems if each not in known)
        wanted = {name: after[name] for name in decision.taken}
        clashing = self._clashes(claims(self.table, after), after, record)
        return wanted, (*problems, *clashing)

    def _clashes(
        self, claimed: Mapping[FieldName, Claim], values: Values, record: RowId | None
    ) -> list[Problem]:
        return [
            taken(self.table, name, claim, values, self._named(self.holders[claim]))
            for name, claim in claimed.items()
            if self.holders.get(claim, record) != record
        ]

    def _hold(self, claimed: Mapping[FieldName, Claim], values: Values, record: RowId) -> None:
        self.holders.update(dict.fromkeys(claimed.values(), record))
        self.named[record] = values

    def _named(self, record: RowId) -> str:
        values = self.named.get(record) or self.records.get(record, {})
        return plain_label(self.table, values, self.labels) or record

    def _count(
        self, row: SourceRow, outcome: str, status: str, record: RowId | None = None
    ) -> None:
        self.counts[outcome] += 1
        self.status[row.number] = status
        if record is not None:
            self.went_to[row.number] = record

    def _answer(self, row: SourceRow, held: Values, conflicts: Sequence[FieldName]) -> str:
        """Return what stays true when the import is run again, so that its answers stand still."""
        parts = []
        for name in conflicts:
            crm = show(self.table.field(name), held.get(name), self.labels) or "blank"
            here = show(self.table.field(name), row.values[name], self.labels)
            title = self.table.field(name).title
            parts.append(f"in review: {title} is “{crm}” in the CRM and “{here}” here")
        return "; ".join(parts) or "imported"

    def plan(self, source: Source) -> ImportPlan:
        """Return what was drafted, for good."""
        counts = self.counts
        return ImportPlan(
            table=self.table.name,
            creates=tuple(self.creates),
            updates=tuple(self.updates),
            conflicts=tuple(self.conflicts),
            refused=tuple(self.refused),
            remember=self.remember,
            records=self.went_to,
            status=self.status,
            report=ImportReport(
                rows=len(source.rows),
                created=counts["created"],
                updated=counts["updated"],
                unchanged=counts["unchanged"],
                merged=counts["merged"],
                refused=counts["refused"],
                blank=counts["blank"],
                conflicts=counts["conflicts"],
                header_row=source.header_row,
                unread=source.unread,
                refusals=tuple(self.refused),
            ),
        )
