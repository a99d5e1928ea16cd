"""Rows that claim what an earlier row has: a value that is unique, or the same natural key."""

from collections.abc import Mapping, Sequence

from syncd.core.snapshot import FieldName, Problem, RowId, Value, Values
from syncd.schema.check import describe_cell
from syncd.schema.labels import Labels, plain_label
from syncd.schema.table import Table, same


def clashes(
    table: Table,
    rows: Mapping[RowId, Values],
    order: Sequence[RowId],
    labels: Labels | None = None,
) -> Mapping[RowId, tuple[Problem, ...]]:
    """Return the rows that share something unique with an earlier one; that one stays clean.

    `labels` lets the reasons name records that others refer to; without it they show ids.
    """
    known = labels or Labels()
    unique = [field for field in table.fields if field.unique]
    holders: dict[tuple[object, ...], RowId] = {}
    found: dict[RowId, tuple[Problem, ...]] = {}
    for row_id in order:
        values = rows[row_id]
        claims: dict[FieldName, tuple[tuple[FieldName, ...], tuple[Value, ...]]] = {
            field.name: ((field.name,), (same(field, values[field.name]),))
            for field in unique
            if values.get(field.name) is not None
        }
        names, key = table.key_of(values), table.natural_key(values)
        if names is not None and key is not None:
            claims.setdefault(_blamed(table, names), (names, key))
        problems = []
        for name, (shared, claim) in claims.items():
            holder = holders.setdefault((shared, claim), row_id)
            if holder != row_id:
                label = plain_label(table, rows[holder], known) or holder
                titles = [table.field(each).title for each in shared if values.get(each)]
                reason = f"is taken: “{label}” has the same {_listed(titles)}"
                text = describe_cell(values.get(name))
                problems.append(Problem(field=name, text=text, reason=reason))
        if problems:
            found[row_id] = tuple(problems)
    return found


def _blamed(table: Table, names: tuple[FieldName, ...]) -> FieldName:
    """Return the field of a key that a person would change: the row's label, or the last one."""
    return next((name for name in table.label if name in names), names[-1])


def _listed(titles: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(titles[:-1]), titles[-1])))
