"""Rows that claim what another row has: a value that is unique, or the same natural key."""

from collections.abc import Collection, Mapping, Sequence

from syncd.core.snapshot import FieldName, Problem, RowId, Value, Values
from syncd.schema.check import describe_cell
from syncd.schema.labels import Labels, plain_label
from syncd.schema.table import Table, same

Claim = tuple[tuple[FieldName, ...], tuple[Value, ...]]


def clashes(
    table: Table,
    rows: Mapping[RowId, Values],
    order: Sequence[RowId],
    labels: Labels | None = None,
    *,
    before: Mapping[RowId, Values] | None = None,
    standing: Mapping[RowId, Values] | None = None,
    strangers: Collection[RowId] = (),
    coming: Mapping[RowId, Values] | None = None,
    yielding: Collection[RowId] = (),
) -> Mapping[RowId, tuple[Problem, ...]]:
    """Return the rows that share something unique with an earlier one; that one stays clean.

    What is in `standing` is there whatever the rows say: records whose rows change nothing. Those
    that are `strangers`, as no row shared them yet, take no key from a row that had it `before`. Of
    several rows with one claim it is the one's that had it `before`, else the first one's; but
    those that are `yielding` give way to the one for which it is `coming` from the other side.
    `labels` lets the reasons name records that others refer to; without it they show ids.
    """
    holders: dict[Claim, RowId] = {}
    late: dict[Claim, RowId] = {}
    for row_id, values in (standing or {}).items():
        for claim in claims(table, values).values():
            yields = row_id in strangers and not _is_unique(table, claim)
            (late if yields else holders).setdefault(claim, row_id)
    for row_id in order if before else ():
        had = set(claims(table, before[row_id]).values()) if before and row_id in before else set()
        for claim in claims(table, rows[row_id]).values():
            if claim in had:
                holders.setdefault(claim, row_id)
    holders = late | holders
    expected = {
        claim: row_id
        for row_id, values in (coming or {}).items()
        for claim in claims(table, values).values()
    }
    found: dict[RowId, tuple[Problem, ...]] = {}
    for row_id in order:
        problems = []
        for name, claim in claims(table, rows[row_id]).items():
            first = expected.get(claim, row_id) if row_id in yielding else row_id
            holder = holders.setdefault(claim, first)
            if holder != row_id:
                shown = rows.get(holder) or (standing or {})[holder]
                label = plain_label(table, shown, labels or Labels()) or holder
                problems.append(taken(table, name, claim, rows[row_id], label))
        if problems:
            found[row_id] = tuple(problems)
    return found


def _is_unique(table: Table, claim: Claim) -> bool:
    """Whether the database itself lets only one record have this."""
    return len(claim[0]) == 1 and table.field(claim[0][0]).unique


def claims(table: Table, values: Values) -> Mapping[FieldName, Claim]:
    """Return what no other row may share, by the field that a person would change."""
    found: dict[FieldName, Claim] = {
        field.name: ((field.name,), (same(field, values[field.name]),))
        for field in table.fields
        if field.unique and values.get(field.name) is not None
    }
    names = table.key_of(values)
    if names is not None:
        blamed = next((name for name in table.label if name in names), names[-1])
        found.setdefault(blamed, (names, table.key(names, values)))
    return found


def taken(table: Table, name: FieldName, claim: Claim, values: Values, label: str) -> Problem:
    """Return the problem of a row whose claim another one, named by its label, has already."""
    titles = [table.field(each).title for each in claim[0] if values.get(each) is not None]
    listed = " and ".join(filter(None, (", ".join(titles[:-1]), titles[-1])))
    return Problem(
        field=name,
        text=describe_cell(values.get(name)),
        reason=f"is taken: “{label}” has the same {listed}",
    )
