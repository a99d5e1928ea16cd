"""Which tables a source feeds, by the titles of its columns.

A flat sheet may hold several tables: each has columns of its own there, or refers to the other.
Where two tables would take their rows' very names from the same column, only one of them can be
meant: the one that knows more of the columns, and a person is asked where neither does.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from syncd.core.snapshot import TableName
from syncd.errors import UsageError
from syncd.importer.find import Grid, find_table
from syncd.importer.mapping import (
    Origin,
    TableMapping,
    bind,
    guess,
    how_to_map,
    known_titles,
    names_of,
)
from syncd.schema import Field, Schema, Table
from syncd.schema.reading import squeeze


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """A table with the columns that it would read."""

    table: Table
    guess: TableMapping

    @cached_property
    def missing(self) -> list[Field]:
        """The fields without which there is no row, and that no column gives."""
        fields = self.table.fields
        return [each for each in fields if each.required and each.name not in self.guess.origins]

    @cached_property
    def own(self) -> dict[str, Field]:
        """The columns that are read as values of the table's own, not as names of others' rows."""
        found = {o.column: self.table.field(n) for n, o in self.guess.origins.items()}
        return {column: each for column, each in found.items() if not each.reference}

    @cached_property
    def names(self) -> set[str]:
        """The columns that name a row."""
        return {column for column, each in self.own.items() if each.name in self.table.label}

    @cached_property
    def needed(self) -> set[str]:
        """The columns without which there is no row."""
        fields = self.table.fields
        needed = [each.name for each in fields if each.required]
        return {self.guess.origins[n].column for n in needed if n in self.guess.origins}

    def rivals(self, other: "_Fit") -> bool:
        """Whether only one of two tables can be meant."""
        both = self.own.keys() & other.own.keys()
        lives_off = any(fit.needed and fit.needed <= both for fit in (self, other))
        return lives_off or bool(self.names & other.names) or self.could_be(other)

    def could_be(self, other: "_Fit") -> bool:
        """Whether each column might as well be another's own, by what its fields may be titled."""
        fields = (each for each in other.table.fields if not each.reference)
        titles = {squeeze(title) for each in fields for title in names_of(each)}
        return all(squeeze(each.column) in titles for each in self.guess.origins.values())

    def is_matched_by(self, other: "_Fit") -> bool:
        """Whether another knows more of the columns, or might know each that is known here."""
        more = len(other.guess.origins) > len(self.guess.origins)
        return more or self.could_be(other)


def map_tables(schema: Schema, grid: Grid, *, source: str = "") -> dict[TableName, TableMapping]:
    """Map a flat sheet to all tables whose required columns it has.

    Where two tables read one name, as cooperations do their influencer's, the later one refers to
    the record that the same row gave.
    """
    known = {title for table in schema.tables for title in known_titles(table, None)}
    found = find_table(grid, known, source=source)
    shared = _shared_names(schema)
    fits = [_Fit(table=t, guess=guess(t, found.titles, shared)) for t in schema.tables]
    meant = {fit.table.name for fit in _meant(fits, found.titles, source)}
    mappings: dict[TableName, TableMapping] = {}
    for fit in fits:
        if fit.table.name in meant:
            origins = {
                name: _of_same_row(fit.table.field(name), origin, mappings)
                for name, origin in fit.guess.origins.items()
            }
            mappings[fit.table.name] = replace(
                fit.guess, origins=origins, header_row=found.header_row
            )
    if not mappings:  # the error of the table that comes nearest says what is missing
        nearest = max(fits, key=lambda fit: len(fit.guess.origins))
        bind(nearest.guess, nearest.table, found.titles, source=source)
    return mappings


def _meant(fits: list[_Fit], titles: tuple[str, ...], source: str) -> list[_Fit]:
    """Return the tables that a source feeds: of rivals the one that knows most of its columns."""
    meant: list[_Fit] = []
    known = [fit for fit in fits if fit.guess.origins]
    incomplete = [fit for fit in known if fit.missing]
    complete = [fit for fit in known if not fit.missing]
    for fit in sorted(complete, key=lambda fit: -len(fit.guess.origins)):
        size = len(fit.guess.origins)
        rivals = [other for other in meant if fit.rivals(other)]
        equal = [other for other in rivals if len(other.guess.origins) == size]
        if equal:
            raise _undecided([*equal, fit], source)
        if rivals:
            continue
        for other in incomplete:
            if fit.rivals(other) and fit.is_matched_by(other):
                raise _incomplete(other, fit, titles, source)
        meant.append(fit)
    return meant


def _undecided(fits: list[_Fit], source: str) -> UsageError:
    first, *_ = names = [fit.table.name for fit in fits]
    return UsageError(
        f"its columns fit {' and '.join(names)} equally well",
        on=source,
        hint="Say by --map which one it is, in a mapping file that begins, for instance, with "
        f"[{first}] and the line {_first_line(fits[0])}; README shows one.",
    )


def _incomplete(fit: _Fit, other: _Fit, titles: tuple[str, ...], source: str) -> UsageError:
    lacking = fit.missing[0]
    more = len(fit.guess.origins) > len(other.guess.origins)
    well = "best" if more else f"as well as {other.table.name}"
    return UsageError(
        f"its columns fit {fit.table.name} {well}, but none gives {fit.table.name}.{lacking.name}"
        f" ({lacking.title}), which is required",
        on=source,
        hint=f"{how_to_map(lacking, fit.table, titles)}; or, if its rows are {other.table.name},"
        f" begin the file with [{other.table.name}] and the line {_first_line(other)}. Give the"
        " file by --map.",
    )


def _first_line(fit: _Fit) -> str:
    name, origin = next(iter(fit.guess.origins.items()))
    return f'{name} = "{origin.column}"'


def _shared_names(schema: Schema) -> frozenset[str]:
    """Return what columns of several tables may be titled, of fields that hold values."""
    known = Counter(
        name
        for table in schema.tables
        for name in {
            squeeze(name) for each in table.fields if not each.reference for name in names_of(each)
        }
    )
    return frozenset(name for name, count in known.items() if count > 1)


def _of_same_row(
    field_: Field, origin: Origin, mappings: Mapping[TableName, TableMapping]
) -> Origin:
    target = mappings.get(field_.reference) if field_.reference else None
    if target and origin.column in {each.column for each in target.origins.values()}:
        return Origin(row=target.table)
    return origin
