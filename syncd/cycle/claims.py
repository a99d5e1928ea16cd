"""What only one row may have: which of the rows that claim it has it, and which are refused."""

from dataclasses import replace

from syncd.core.merge import expected_values
from syncd.core.policy import Handling, Policy
from syncd.core.snapshot import RowId, SheetRow, Side
from syncd.cycle.remembered import Remembered
from syncd.schema import Labels, Table, clashes


def with_clashes(
    table: Table,
    policy: Policy,
    found: Remembered,
    sheet: dict[RowId, SheetRow],
    labels: Labels,
) -> dict[RowId, SheetRow]:
    """Refuse what a row may not share with another; who had it first keeps it.

    A row that is refused changes nothing: its record holds on to what it has.
    """
    standing = {
        row: record.values
        for row, record in found.records.items()
        if not record.archived and (row not in sheet or sheet[row].problems)
    }
    rows = {row: seen.values for row, seen in sheet.items() if not _is_out_of_use(found, row)}
    before = {row: base.values for row, base in found.base.items() if row in rows}
    coming = {
        row: expected_values(policy, before[row], rows[row], record.values)
        for row, record in found.records.items()
        if row in before and not record.archived and record.values != rows[row]
    }
    takes = policy.authority is Side.SHEET or policy.edits is Handling.MERGE
    yielding = rows if takes else rows.keys() - before.keys()

    def seniority(row: RowId) -> tuple[int, int]:
        base = found.base.get(row)
        unchanged = base is not None and base.values == rows[row]
        return (0 if unchanged else 1 if base is not None else 2, sheet[row].position)

    order = sorted(rows, key=seniority)
    while True:
        clashing = clashes(
            table,
            rows,
            order,
            labels,
            before=before,
            standing=standing,
            strangers=standing.keys() - found.base.keys(),
            coming=coming,
            yielding=yielding,
        )
        held = {row: found.records[row].values for row in clashing if row in found.records}
        if held.keys() <= standing.keys():
            break
        standing |= held
    for row, problems in clashing.items():
        both = (*sheet[row].problems, *problems)
        sheet[row] = replace(sheet[row], problems=both)
    return sheet


def _is_out_of_use(found: Remembered, row: RowId) -> bool:
    """Whether both sides know a row that the sheet still shows as archived; it is not returning."""
    base, record = found.base.get(row), found.records.get(row)
    known = base is not None and base.archived and not base.gone
    return known and (record is None or record.archived)
