"""References: which rows that are missing on a side are still referred to by what is in use."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from syncd.core.recall import leaving
from syncd.core.snapshot import RowId, Side, TableName, Values
from syncd.core.state import TableState
from syncd.cycle.view import View
from syncd.schema import Schema

Gone = Mapping[TableName, Collection[RowId]]


def with_references(schema: Schema, views: Sequence[View]) -> tuple[View, ...]:
    """Return the views, each with the missing rows that live rows of other tables refer to.

    So are the rows that an admin takes out of use: what refers to them since keeps them.
    """
    found = []
    gone = {view.table.name: leaving(view.state) for view in views}
    for view in views:
        missing = set(_missing(view.state)) if _is_referred(schema, view) else set[RowId]()
        if _is_referred(schema, view):
            missing |= gone[view.table.name]
        used = missing & _referred(views, view, gone) if missing else missing
        state = replace(view.state, referred=frozenset(used)) if used else view.state
        found.append(replace(view, state=state) if used else view)
    return tuple(found)


def _is_referred(schema: Schema, view: View) -> bool:
    names = (field.reference for table in schema.tables for field in table.fields)
    return view.table.name in names


def _missing(state: TableState) -> Iterator[RowId]:
    """Yield the rows that both sides shared and one of them does not show, or archived."""
    for row, base in state.base.items():
        if not (base.archived or base.gone):
            record = state.crm.get(row)
            if row not in state.sheet or record is None or record.archived:
                yield row


def _referred(views: Sequence[View], target: View, gone: Gone) -> set[RowId]:
    """Return the rows of a table that rows of others refer to, which are in use themselves."""
    rows: set[RowId] = set()
    for view in views:
        names = [f.name for f in view.table.fields if f.reference == target.table.name]
        for values in _in_use(view, gone[view.table.name]) if names else ():
            rows.update(RowId(str(values[name])) for name in names if values.get(name) is not None)
    return rows


def _in_use(view: View, gone: Collection[RowId]) -> Iterator[Values]:
    """Yield what the authority holds of each row, and of records that it never saw.

    A row that is missing, or goes out of use, together with what it refers to holds nobody back.
    """
    state = view.state
    live = {r: each for r, each in state.crm.items() if not (each.archived or r in gone)}
    if view.policy.authority is Side.CRM:
        yield from (record.values for record in live.values())
        return
    for row, record in live.items():
        seen = state.sheet.get(row)
        unseen = row in state.frozen or row not in state.base
        if seen or unseen:
            yield {**record.values, **(seen.values if seen else {})}
    yield from (seen.values for row, seen in state.sheet.items() if row not in state.crm)
