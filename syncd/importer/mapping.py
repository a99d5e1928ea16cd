"""Which column of a source gives which field: by title, or as a mapping file says.

A mapping file has a part for each table that the source fills, and a line for each field:

    [influencers]
    header_row = 1                        # optional; found by itself when left out
    name = "channel_info"                 # the title of a column
    handle = "channel_info"               # one column may give two fields
    followers = { column = "Subs", blank = ["Unknown"] }        # texts that mean nothing
    platform = { value = "instagram" }    # the same in each row

    [cooperations]
    influencer = { row = "influencers" }  # the influencer that the same row gave
    campaign = "Campaign"
    status = { column = "State", read = { "ok" = "agreed" } }   # texts that mean others

A field that is left out is not touched by the import.
"""

import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from rapidfuzz import process

from syncd.core.snapshot import FieldName, TableName
from syncd.errors import UsageError
from syncd.importer.find import STATUS_TITLE
from syncd.schema import Cell, Field, Schema, Table
from syncd.schema.reading import fold, squeeze


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a field's value comes from: a column by its title, one value, or another record.

    `row` is the table whose record, made from the same row, is referred to.
    """

    column: str = ""
    value: Cell = None
    row: TableName | None = None
    blank: frozenset[str] = frozenset()
    read: Mapping[str, str] = field(default_factory=dict)
    position: int | None = None


@dataclass(frozen=True, kw_only=True)
class TableMapping:
    """Where the fields of one table come from."""

    table: TableName
    origins: Mapping[FieldName, Origin]
    header_row: int | None = None
    file: str = ""

    @cached_property
    def columns(self) -> frozenset[int]:
        """The positions of the columns that are read."""
        return frozenset(
            each.position for each in self.origins.values() if each.position is not None
        )

    @cached_property
    def targets(self) -> frozenset[TableName]:
        """The tables whose records, made from the same row, are referred to."""
        return frozenset(each.row for each in self.origins.values() if each.row is not None)


def known_titles(table: Table, mapping: TableMapping | None) -> frozenset[str]:
    """Return the titles by which the row of titles is found."""
    if mapping is not None:
        return frozenset(each.column for each in mapping.origins.values() if each.column)
    return frozenset(title for each in table.fields for title in names_of(each))


def map_by_title(table: Table, titles: tuple[str, ...], *, source: str = "") -> TableMapping:
    """Map columns to the fields of that title, then name, then alias; what fits none is left."""
    return bind(guess(table, titles), table, titles, source=source)


def guess(
    table: Table, titles: tuple[str, ...], shared: Collection[str] = frozenset()
) -> TableMapping:
    """Map columns by title, complete or not; names that are `shared` with other tables come last.

    A title of the schema's own is taken at once, shared or not.
    """
    columns = {squeeze(title): title for title in titles if title}
    columns.pop(squeeze(STATUS_TITLE), None)
    fields = [each for each in table.fields if not each.computed]
    found: dict[FieldName, Origin] = {}
    for rank in range(max(len(names_of(each)) for each in table.fields)):
        for each in fields:
            title, *others = names_of(each)
            names = [title, *sorted(others, key=lambda name: squeeze(name) in shared)]
            if rank < len(names) and each.name not in found:
                column = columns.pop(squeeze(names[rank]), None)
                if column is not None:
                    found[each.name] = Origin(column=column)
    origins = {each.name: found[each.name] for each in fields if each.name in found}
    return TableMapping(table=table.name, origins=origins)


def bind(
    mapping: TableMapping, table: Table, titles: tuple[str, ...], *, source: str = ""
) -> TableMapping:
    """Return the mapping with the positions of its columns, or say which one is not there."""
    positions = {squeeze(title): position for position, title in enumerate(titles) if title}
    counted = Counter(squeeze(title) for title in titles)
    origins = {}
    for name, origin in mapping.origins.items():
        if not origin.column:
            origins[name] = origin
            continue
        word = squeeze(origin.column)
        if word not in positions:
            raise UsageError(
                f"there is no column “{origin.column}” for {table.name}.{name}",
                on=source or mapping.file,
                hint=_did_you_mean(origin.column, [title for title in titles if title]),
            )
        if counted[word] > 1:
            raise UsageError(
                f"two columns are titled “{origin.column}”", on=source, hint="rename one of them"
            )
        origins[name] = replace(origin, position=positions[word])
    if origins and not any(each.column or each.row for each in origins.values()):
        raise UsageError(
            f"no column is read for {table.name}",
            on=source or mapping.file,
            hint='name at least one, as in: name = "Title of its column"',
        )
    for each in table.fields:
        if each.required and each.name not in origins:
            raise UsageError(
                f"no column gives {table.name}.{each.name} ({each.title}), which is required",
                on=source or mapping.file,
                hint=how_to_map(each, table, titles),
            )
    return replace(mapping, origins=origins)


def load_mapping(path: Path, schema: Schema) -> dict[TableName, TableMapping]:
    """Read a mapping file: the mapping of each table that it names, referred-to tables first."""
    try:
        parts = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(
            f"the mapping cannot be read: {error.strerror}",
            on=str(path),
            hint="Name a TOML file by --map; README shows one.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the mapping is not TOML: {error}", on=str(path), hint="README shows how one looks."
        ) from error
    names = [table.name for table in schema.tables]
    for name, part in parts.items():
        if name not in names or not isinstance(part, dict):
            raise UsageError(f"[{name}] is no table", on=str(path), hint=_did_you_mean(name, names))
    if not parts:
        raise UsageError("names no table", on=str(path), hint=f"start with [{names[0]}]")
    return {
        table.name: _part(table, parts[table.name], parts, str(path))
        for table in schema.tables
        if table.name in parts
    }


def _part(table: Table, part: Mapping[str, Any], parts: Iterable[str], path: str) -> TableMapping:
    lines = dict(part)
    header_row = lines.pop("header_row", None)
    if header_row is not None and (type(header_row) is not int or header_row < 1):
        raise UsageError(
            "header_row is the number of a row, from 1", on=path, hint="header_row = 1"
        )
    origins = {}
    for name, line in lines.items():
        where = f"{table.name}.{name}"
        if name not in table.names:
            raise UsageError(f"{where} is no field", on=path, hint=_did_you_mean(name, table.names))
        if table.field(name).computed:
            raise UsageError(f"{where} is computed by syncd", on=path, hint="leave it out")
        origins[FieldName(name)] = _origin(table.field(name), where, line, parts, path)
    return TableMapping(table=table.name, origins=origins, header_row=header_row, file=path)


def _origin(field_: Field, where: str, line: Any, parts: Iterable[str], path: str) -> Origin:
    if isinstance(line, str):
        return Origin(column=line)
    sources = {"column", "value", "row"}
    if not isinstance(line, dict) or len(sources & line.keys()) != 1:
        raise UsageError(
            f"{where} needs a title, or one of column, value and row",
            on=path,
            hint=f'{field_.name} = "Title" or {field_.name} = {{ value = "…" }}',
        )
    if unknown := line.keys() - sources - {"blank", "read"}:
        raise UsageError(
            f"{where} knows no “{min(unknown)}”",
            on=path,
            hint=_did_you_mean(min(unknown), [*sources, "blank", "read"]),
        )
    blank, read = line.get("blank", []), line.get("read", {})
    fits = (
        isinstance(line.get("column", ""), str)
        and isinstance(line.get("value", ""), str | int | float | bool)
        and isinstance(blank, list)
        and isinstance(read, dict)
        and all(isinstance(text, str) for text in (*blank, *read.values()))
    )
    if not fits:
        raise UsageError(f"{where} has a part of a wrong kind", on=path, hint="write it as text")
    row = line.get("row")
    if row is not None and (row != field_.reference or row not in parts):
        raise UsageError(
            f"{where} cannot refer to the same row's “{row}”",
            on=path,
            hint=f"row names the table that the field refers to ({field_.reference or 'none'}), "
            "and this file has a part for it",
        )
    return Origin(
        column=line.get("column", ""),
        value=line.get("value"),
        row=row,
        blank=frozenset(fold(text) for text in blank),
        read={fold(text): meant for text, meant in read.items()},
    )


def names_of(field_: Field) -> tuple[str, ...]:
    """Return what a column of a field may be titled, the likeliest first."""
    return (field_.title, str(field_.name), *field_.aliases)


def _did_you_mean(text: str, names: Iterable[str]) -> str:
    names = sorted(names)
    found = process.extractOne(text, names, processor=fold, score_cutoff=60)
    return f"did you mean “{found[0]}”?" if found else f"there is: {', '.join(names)}"


def how_to_map(field_: Field, table: Table, titles: tuple[str, ...]) -> str:
    """Return how a mapping file says what gives a field."""
    near = process.extractOne(
        field_.title, [title for title in titles if title], processor=fold, score_cutoff=60
    )
    line = f'{field_.name} = "{near[0]}"' if near else f'{field_.name} = {{ value = "…" }}'
    return f"name its column in a mapping file, under [{table.name}], as in: {line}"
