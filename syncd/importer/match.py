"""Which record a source's row speaks of: remembered from the last import, or of the same key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncd.core.snapshot import Problem, RowId, Value, Values
from syncd.importer.source import Fate, SourceRow
from syncd.schema import Table, describe_cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Rows by number: those that speak of a record, and those whose record another row has."""

    records: Mapping[int, RowId]
    doubled: Mapping[int, Problem]


def match_rows(
    table: Table,
    rows: Sequence[SourceRow],
    records: Mapping[RowId, Values],
    last: Mapping[RowId, Values],
) -> Matches:
    """Match rows to records, each record to one row at most.

    A row keeps the record that it went to last time, known by the key that it had then, whatever
    became of the record's own key. Other rows go by the records' keys. At last, a row that gained
    a better key (a handle beside its name) is known by the one it had.
    """
    taken = [row for row in rows if row.fate is Fate.TAKEN]
    own = {row.number: table.natural_key(row.values) for row in taken}
    linked = _by_key(table, {row_id: last[row_id] for row_id in last if row_id in records})
    found: dict[int, RowId] = {}
    owners: dict[RowId, SourceRow] = {}
    doubled: dict[int, Problem] = {}

    def claim(row: SourceRow, record: RowId | None) -> None:
        if record is not None and record not in owners and row.number not in found:
            owners[record] = row
            found[row.number] = record

    for row in taken:
        claim(row, linked.get(own[row.number] or ()))
    keyed = _by_key(table, records)
    for row in taken:
        record = keyed.get(own[row.number] or ())
        claim(row, record)
        if row.number not in found and record is not None:
            doubled[row.number] = _doubled(table, row, owners[record])
    for row in taken:
        for key in table.other_keys(row.values):
            if row.number not in doubled:
                claim(row, linked.get(key))
    return Matches(records=found, doubled=doubled)


def _by_key(table: Table, records: Mapping[RowId, Values]) -> Mapping[tuple[Value, ...], RowId]:
    found: dict[tuple[Value, ...], RowId] = {}
    for row_id, values in records.items():
        key = table.natural_key(values)
        if key is not None:
            found.setdefault(key, row_id)
    return found


def _doubled(table: Table, row: SourceRow, owner: SourceRow) -> Problem:
    name = (table.key_of(row.values) or table.label)[-1]
    return Problem(
        field=name,
        text=describe_cell(row.values.get(name)),
        reason=f"names the record that row {owner.number} of this source went to",
    )
