"""The rows of a source as values of a table: each one taken, merged, refused or blank.

Nothing is lost: the four together are all rows below the titles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from syncd.core.snapshot import FieldName, Problem, RowId, TableName, Value, Values
from syncd.importer.find import (
    STATUS_TITLE,
    FoundTable,
    Grid,
    GridRow,
    find_table,
    is_blank,
)
from syncd.importer.mapping import Origin, TableMapping, bind, known_titles, map_by_title
from syncd.schema import Cell, Field, Labels, Table, bare_percent, decode, describe_cell
from syncd.schema.reading import fold, squeeze

SameRow = Mapping[TableName, Mapping[int, RowId]]


class Fate(Enum):
    """What becomes of a source's row before it is compared with the CRM."""

    TAKEN = "taken"
    MERGED = "merged"
    REFUSED = "refused"
    BLANK = "blank"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One row: its number in the source, what it gives for each mapped field, and its cells.

    `key` is the natural key of a row that was read without a problem; `twin` is the number of the
    earlier row that a merged or refused duplicate repeats.
    """

    number: int
    fate: Fate
    values: Values
    cells: Mapping[FieldName, Cell]
    problems: tuple[Problem, ...] = ()
    key: tuple[Value, ...] | None = None
    twin: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All rows below the titles, how their columns were mapped, and the titles left unread."""

    rows: tuple[SourceRow, ...]
    mapping: TableMapping
    header_row: int
    unread: tuple[str, ...]


def read_source(
    table: Table,
    mapping: TableMapping | None,
    grid: Grid,
    labels: Labels,
    *,
    same_row: SameRow | None = None,
    name: str = "",
) -> Source:
    """Read a grid as rows of a table; without a mapping its columns are known by their titles.

    `same_row` tells which records the rows gave for other tables; `name` is the source's, for
    errors.
    """
    header_row = mapping.header_row if mapping else None
    found = find_table(grid, known_titles(table, mapping), header_row=header_row, source=name)
    if mapping is None:
        bound = map_by_title(table, found.titles, source=name)
    else:
        bound = bind(mapping, table, found.titles, source=name)
    read = [_row(table, bound, row, labels, same_row or {}) for row in found.rows]
    rows = [*_without_twins(table, read), *(_blank_row(number) for number in found.blank)]
    return Source(
        rows=tuple(sorted(rows, key=lambda row: row.number)),
        mapping=bound,
        header_row=found.header_row,
        unread=_unread(found, bound),
    )


def _unread(found: FoundTable, mapping: TableMapping) -> tuple[str, ...]:
    return tuple(
        title
        for position, title in enumerate(found.titles)
        if title and position not in mapping.columns and squeeze(title) != squeeze(STATUS_TITLE)
    )


def _blank_row(number: int) -> SourceRow:
    return SourceRow(number=number, fate=Fate.BLANK, values={}, cells={})


def _row(
    table: Table, mapping: TableMapping, row: GridRow, labels: Labels, same_row: SameRow
) -> SourceRow:
    if _says_nothing(mapping, row, same_row):
        return _blank_row(row.number)
    cells: dict[FieldName, Cell] = {}
    values: dict[FieldName, Value] = {}
    problems = []
    for name, origin in mapping.origins.items():
        field = table.field(name)
        cells[name] = _cell(origin, row)
        read: Value | Problem
        if origin.row is not None:
            read = _record_of_row(field, origin.row, row.number, same_row)
        else:
            read = bare_percent(field, cells[name]) or decode(field, cells[name], labels)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            values[name] = read
    unread = frozenset(problem.field for problem in problems)
    checked, wrong = table.validate(values, unread=unread)
    refused = bool(problems or wrong)
    return SourceRow(
        number=row.number,
        fate=Fate.REFUSED if refused else Fate.TAKEN,
        values={name: checked[name] for name in mapping.origins},
        cells=cells,
        problems=(*problems, *wrong),
        key=None if refused else table.natural_key(checked),
    )


def _says_nothing(mapping: TableMapping, row: GridRow, same_row: SameRow) -> bool:
    """Whether a row has nothing for this table: no cell, and not all the records to link."""
    targets = mapping.targets
    linked = targets and all(row.number in same_row.get(target, {}) for target in targets)
    return not linked and all(is_blank(row.cell(position)) for position in mapping.columns)


def _cell(origin: Origin, row: GridRow) -> Cell:
    if origin.position is None:
        return origin.value
    cell = row.cell(origin.position)
    if not origin.blank and not origin.read:
        return cell
    word = fold(describe_cell(cell))
    return None if word in origin.blank else origin.read.get(word, cell)


def _record_of_row(
    field: Field, table: TableName, number: int, same_row: SameRow
) -> Value | Problem:
    record = same_row.get(table, {}).get(number)
    if record is not None:
        return record
    reason = f"this row gave no record in {table}"
    return Problem(field=field.name, text="", reason=reason, example=field.example)


def _without_twins(table: Table, rows: list[SourceRow]) -> list[SourceRow]:
    """Merge a row that repeats an earlier one; refuse it where the two differ."""
    first: dict[tuple[Value, ...], SourceRow] = {}
    told_apart = []
    for row in rows:
        twin = row if row.key is None else first.setdefault(row.key, row)
        if twin is row:
            told_apart.append(row)
        elif twin.values == row.values:
            told_apart.append(replace(row, fate=Fate.MERGED, twin=twin.number))
        else:
            told_apart.append(_refused_twin(table, row, twin))
    return told_apart


def _refused_twin(table: Table, row: SourceRow, twin: SourceRow) -> SourceRow:
    names = table.key_of(row.values) or ()
    titles = " and ".join(table.field(name).title for name in names if row.values.get(name))
    others = [name for name, value in row.values.items() if value != twin.values[name]]
    name = others[0]
    problem = Problem(
        field=name,
        text=describe_cell(row.cells[name]),
        reason=f"differs from row {twin.number} (“{describe_cell(twin.cells[name])}”), "
        f"which has the same {titles}",
    )
    return replace(row, fate=Fate.REFUSED, problems=(problem,), twin=twin.number)
