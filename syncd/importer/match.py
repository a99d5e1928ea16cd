"""Which record a source's row speaks of: remembered from the last import, or of the same key."""

from collections.abc import Collection, Mapping, Sequence
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
    archived: Collection[RowId] = frozenset(),
) -> Matches:
    """Match rows to records, each record to one row at most.

    A row keeps the record that it went to last time, known by the key that it had then, whatever
    became of the record's own key. Other rows go by the records' keys, live ones first. At last,
    a row that gained a better key (a handle beside its name) is known by the one it had.
    """
    taken = [row for row in rows if row.fate is Fate.TAKEN]
    live = {row_id: values for row_id, values in records.items() if row_id not in archived}
    linked = _by_key(table, {row_id: last[row_id] for row_id in live if row_id in last})
    found: dict[int, RowId] = {}
    owners: dict[RowId, SourceRow] = {}
    doubled: dict[int, Problem] = {}

    def claim(row: SourceRow, record: RowId | None) -> None:
        if record is None or row.number in found or row.number in doubled:
            return
        owner = owners.setdefault(record, row)
        if owner is row:
            found[row.number] = record
        else:
            doubled[row.number] = _doubled(table, row, owner)

    retired = {row_id: values for row_id, values in records.items() if row_id in archived}
    for known in (
        linked,
        _by_key(table, live),
        _by_key(table, {row_id: last[row_id] for row_id in retired if row_id in last}),
        _by_key(table, retired),
    ):
        for row in taken:
            claim(row, known.get(row.key or ()))
    unmatched = [row for row in taken if row.number not in found] if linked else []
    for row in unmatched:
        for key in table.other_keys(row.values):
            if linked.get(key) not in owners:
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
