"""Rows as they stand in a table's tab: which are the table's, and by what each is known."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from syncd.core.snapshot import FieldName, TableName
from syncd.cycle.workspace import Misread, Total
from syncd.schema import Cell, Table
from syncd.sheet.cells import column_letter
from syncd.sheet.columns import ID_TITLE
from syncd.sheet.layout import Tab
from syncd.sheet.read import cell_at

Row = Sequence[Cell]


def misread_key(table: TableName, tab: Tab, row: Row, name: FieldName) -> Misread:
    """Return by what a number is known that is not what its column holds."""
    return (table, cells_of(tab, row), name)


def total_key(table: TableName, tab: Tab, row: Row) -> Total:
    """Return by what a row is known that totals others."""
    return (table, cells_of(tab, row))


def cells_of(tab: Tab, row: Row) -> tuple[Cell, ...]:
    """Return what stands in a row's managed cells."""
    return tuple(cell_at(row, column) for column in tab.columns.values())


def id_text(tab: Tab, row: Row) -> str:
    """Return the id that stands in a row; a number is read as it was typed."""
    cell = cell_at(row, tab.id_column)
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip() if cell is not None else ""


def has_content(tab: Tab, row: Row) -> bool:
    """Whether something stands in a row's managed cells; an unticked checkbox is nothing."""
    cells = (cell_at(row, column) for column in tab.columns.values())
    return any(cell not in (None, False) and str(cell).strip() for cell in cells)


def _is_blank(cell: Cell) -> bool:
    return cell is None or not str(cell).strip()


def is_ours(tab: Tab, row: Row) -> bool:
    """Whether something managed stands in a row, or an id."""
    return has_content(tab, row) or bool(id_text(tab, row))


def ids_astray(
    table: Table, tab: Tab, rows: Mapping[int, Row], filled: Sequence[int], known: Collection[str]
) -> str:
    """Return why a table is held whose ids stand in another column than the one known for it.

    Its metadata was left over another column, or a person moved its cells and typed its title: to
    go by the column that is known would be to take every row for one that lost its id.
    """
    if not known or any(id_text(tab, rows[position]) in known for position in filled):
        return ""
    found = Counter(
        column
        for position in filled
        for column, cell in enumerate(rows[position])
        if isinstance(cell, str) and cell.strip() in known
    )
    column, count = max(found.items(), key=lambda pair: pair[1], default=(0, 0))
    if 2 * count <= len(filled):
        return ""
    there, here = column_letter(column), column_letter(tab.id_column)
    return (
        f"tab «{tab.title}»: the ids of its rows stand in column {there} and not in {here}, which"
        f" is known as «{ID_TITLE}». Give that title to column {there} alone, then say"
        f" `syncd settle {table.name} --replaced`"
    )


def remarks_in(
    table: Table,
    tab: Tab,
    rows: Mapping[int, Row],
    filled: Sequence[int],
    totals: Collection[Total],
) -> set[int]:
    """Return the rows that belong to the team and not to the table.

    That is a row without an id that totals others, or that stands apart, below a blank row,
    and lacks what every row of the table must have: a remark, a heading, a sum.
    """
    needed = [tab.columns[f.name] for f in table.fields if f.required and f.name in tab.columns]
    remarks: set[int] = set()
    above = 0
    for position in filled:
        row = rows[position]
        lacks = any(_is_blank(cell_at(row, column)) for column in needed)
        is_apart = above != position - 1 and lacks
        if not id_text(tab, row) and (is_apart or total_key(table.name, tab, row) in totals):
            remarks.add(position)
        else:
            above = position
    return remarks
