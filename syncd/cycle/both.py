"""What both sides hold of one row, also where a cycle leaves it, a column or its table alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from syncd.core.snapshot import FieldName, Problem, RowId, Value, Values
from syncd.crm.records import Record
from syncd.cycle.rows import Row
from syncd.cycle.view import View
from syncd.cycle.workspace import Workspace
from syncd.schema import Cell, Labels, decode
from syncd.schema.reading import squeeze
from syncd.sheet.cells import column_letter
from syncd.sheet.columns import key_of, marked_columns
from syncd.sheet.layout import sheet_of
from syncd.sheet.read import cell_at, read_structure

Places = tuple[tuple[str, Value], ...]  # columns by their letters, and what the row has in each


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """One row as each side has it; None where a side has no such row.

    What the sheet shows and nobody can read as a value is its text. `aside` are the fields whose
    column cannot be told: each column that may be theirs, and what the row has there.
    """

    sheet: Values | None
    crm: Record | None
    base: Values | None
    aside: Mapping[FieldName, Places] = field(default_factory=dict)

    def in_sheet(self, name: FieldName) -> list[Value]:
        """Return what the sheet may show of a field: one value, unless its column is unknown."""
        if self.sheet is None:
            return []
        if name in self.aside:
            return [value for _, value in self.aside[name]] or [None]
        return [self.sheet.get(name)]

    def differs(self, name: FieldName) -> bool:
        """Whether the sides, or what they last shared, are not the same in a field."""
        held = self.in_sheet(name)
        held += [each.get(name) for each in (self.crm and self.crm.values, self.base) if each]
        return len(set(map(repr, held))) > 1

    def is_alike(self, names: Iterable[FieldName]) -> bool:
        """Whether both sides have the row, in use, and hold the same in each field."""
        if self.sheet is None or self.crm is None or self.crm.archived:
            return False
        values = self.crm.values
        return all(
            repr(shown) == repr(values.get(name)) for name in names for shown in self.in_sheet(name)
        )


def both_sides(
    ws: Workspace, view: View, row: RowId | None, position: int | None, labels: Labels
) -> Both:
    """Return one row as both sides have it now; the columns of paused fields are looked up."""
    base = view.state.base.get(row) if row else None
    cells = view.rows[position] if position is not None and position in view.rows else None
    return Both(
        sheet=_in_sheet(view, row, cells, labels),
        crm=ws.crm.records.some(view.table, [row]).get(row) if row else None,
        base=base.values if base else None,
        aside=_aside(ws, view, cells, labels) if view.tab.paused and cells is not None else {},
    )


def _in_sheet(view: View, row: RowId | None, cells: Row | None, labels: Labels) -> Values | None:
    seen = view.state.sheet.get(row) if row else None
    if seen is None and cells is None:
        return None
    values = {
        name: _read(view, name, cell_at(cells or (), column), labels)
        for name, column in view.tab.columns.items()
    }
    if seen is not None:
        values |= {p.field: p.text for p in seen.problems if p.text}
        values |= {name: v for name, v in seen.values.items() if name not in view.closed}
    return values


def _read(view: View, name: FieldName, cell: Cell, labels: Labels) -> Value:
    read = decode(view.table.field(name), cell, labels)
    return read.text if isinstance(read, Problem) else read


def _aside(ws: Workspace, view: View, cells: Row, labels: Labels) -> dict[FieldName, Places]:
    """Return, for each paused field, the columns that were its own or that bear its title."""
    sheet = sheet_of(read_structure(ws.client, ws.layout()), view.tab.sheet_id)
    marked, found = marked_columns(sheet or {}), {}
    for name in view.tab.paused:
        key, own = key_of(name), view.table.field(name).title
        words = {squeeze(own), squeeze(view.tab.named.get(key, ""))} - {""}
        titled = [at for at, title in enumerate(view.tab.titles) if squeeze(title) in words]
        found[name] = tuple(
            (column_letter(at), _read(view, name, cell_at(cells, at), labels))
            for at in sorted({*marked.get(key, ()), *titled})
        )
    return found
