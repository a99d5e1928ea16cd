"""The readable labels of records that others refer to, and the way back to their ids.

A label is unique within its table: records that share a name carry what tells them apart, as in
"Anna (instagram: anna.k)". A plain name that several records share finds none of them, because
taking one would be a guess.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from rapidfuzz import fuzz, process

from syncd.core.snapshot import RowId, TableName, Value, Values
from syncd.fields import Kind
from syncd.schema.reading import fold
from syncd.schema.table import Schema, Table

NEAR = 70  # of 100: below it, two names have too little in common to be offered
_NEAREST_MAX = 20_000  # remembered answers, so that one unknown name costs one search

Rows = Mapping[RowId, Values]


@dataclass(frozen=True, kw_only=True)
class TableLabels:
    """The labels of one table: by id, the way back, and the ones to choose from."""

    by_id: Mapping[RowId, str]
    by_text: Mapping[str, RowId]
    shared: Mapping[str, tuple[str, ...]]
    live: Mapping[str, str]
    former: Mapping[str, RowId]
    waiting: frozenset[str]
    nearest: dict[str, str | None] = field(default_factory=dict)


class _Deferred(Mapping[TableName, TableLabels]):
    """The labels of tables, each made when it is asked for: most tables nobody refers to."""

    def __init__(self, makers: Mapping[TableName, Callable[[], TableLabels]]) -> None:
        self._makers = makers
        self._made: dict[TableName, TableLabels] = {}
        self._begun: set[TableName] = set()

    def __getitem__(self, name: TableName) -> TableLabels:
        if name not in self._made:
            if name in self._begun:
                raise KeyError(name)  # a table that refers to itself has no labels yet
            self._begun.add(name)
            try:
                self._made[name] = self._makers[name]()
            finally:
                self._begun.discard(name)
        return self._made[name]

    def __iter__(self) -> Iterator[TableName]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Labels of all tables, as of one moment."""

    tables: Mapping[TableName, TableLabels] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        schema: Schema,
        rows: Mapping[TableName, Rows],
        archived: Collection[RowId] = frozenset(),
        former: Mapping[TableName, Mapping[str, RowId]] | None = None,
        waiting: Mapping[TableName, Iterable[str]] | None = None,
    ) -> "Labels":
        """Label all rows, archived ones included; those leave only the choices.

        `former` are labels of earlier days; `waiting` are names of rows that are themselves not
        taken yet, so that a reference to one of them waits instead of being wrong.
        """
        gone, named = frozenset(archived), {name: dict(held) for name, held in rows.items()}
        names = {name: tuple(texts) for name, texts in (waiting or {}).items()}
        return cls.deferred(
            schema,
            lambda table: (named.get(table.name, {}), gone),
            lambda table: (former or {}).get(table.name, {}),
            names,
        )

    @classmethod
    def deferred(
        cls,
        schema: Schema,
        read: Callable[[Table], tuple[Rows, Collection[RowId]]],
        former: Callable[[Table], Mapping[str, RowId]],
        waiting: Mapping[TableName, Iterable[str]] | None = None,
    ) -> "Labels":
        """Label the rows of a table when somebody first asks for one of them.

        `read` gives its rows and those that are archived, `former` its labels of earlier days.
        """

        def label(table: Table) -> TableLabels:
            rows, archived = read(table)
            return _label_table(
                table,
                rows,
                labels=cls(tables=built),
                archived=archived,
                former={
                    fold(text): row
                    for text, row in former(table).items()
                    if row in rows  # a deleted record can be meant no more
                },
                waiting=frozenset(fold(text) for text in (waiting or {}).get(table.name, ())),
            )

        built = _Deferred({table.name: partial(label, table) for table in schema.tables})
        return cls(tables=built)

    def label(self, table: TableName, row_id: RowId | str) -> str:
        """Return the label of a row; a row that is not known is shown by its id."""
        known = self.tables.get(table)
        return known.by_id.get(RowId(row_id), str(row_id)) if known else str(row_id)

    def find(self, table: TableName, text: str) -> RowId | None:
        """Return the row that a text names: by its label, its id, or a label of earlier days."""
        known = self.tables.get(table)
        if known is None:
            return None
        if RowId(text) in known.by_id:
            return RowId(text)
        folded = fold(text)
        if folded in known.shared:
            return None
        return known.by_text.get(folded) or known.former.get(folded)

    def choices(self, table: TableName) -> list[str]:
        """Return the labels of live records, sorted, for a drop-down."""
        known = self.tables.get(table)
        return sorted(known.live.values(), key=fold) if known else []

    def sharing(self, table: TableName, text: str) -> tuple[str, ...]:
        """Return the labels of the rows that share a plain name, when more than one does."""
        known = self.tables.get(table)
        return known.shared.get(fold(text), ()) if known else ()

    def is_waiting(self, table: TableName, text: str) -> bool:
        """Whether a text names a row that is itself not taken yet."""
        known = self.tables.get(table)
        return known is not None and fold(text) in known.waiting

    def nearest(self, table: TableName, text: str) -> str | None:
        """Return the live label that is most like a text, if any is."""
        known = self.tables.get(table)
        if known is None:
            return None
        folded = fold(text)
        if folded not in known.nearest:
            if len(known.nearest) >= _NEAREST_MAX:
                known.nearest.clear()
            found = process.extractOne(
                folded, known.live.keys(), scorer=fuzz.ratio, score_cutoff=NEAR
            )
            known.nearest[folded] = known.live[found[0]] if found else None
        return known.nearest[folded]


def plain_label(table: Table, values: Values, labels: Labels) -> str:
    """Return the label of a row before it is made unique; references show theirs."""
    parts = (_shown(table, name, values.get(name), labels) for name in table.label)
    return " / ".join(part for part in parts if part)


def _shown(table: Table, name: str, value: Value, labels: Labels) -> str:
    if value is None or value == "":
        return ""
    field_ = table.field(name)
    if field_.kind is Kind.REFERENCE and field_.reference is not None:
        return labels.label(field_.reference, str(value))
    return str(value)


def _label_table(
    table: Table,
    rows: Rows,
    *,
    labels: Labels,
    archived: Collection[RowId],
    former: Mapping[str, RowId],
    waiting: frozenset[str],
) -> TableLabels:
    plain = {row_id: plain_label(table, values, labels) for row_id, values in rows.items()}
    unique, names = _made_unique(table, rows, plain, labels)
    by_text = {fold(label): row_id for row_id, label in unique.items()}
    shared = {
        name: tuple(sorted(unique[row_id] for row_id in ids))
        for name, ids in names.items()
        if len(ids) > 1 and name
    }
    return TableLabels(
        by_id=unique,
        by_text=by_text,
        shared=shared,
        live={fold(label): label for row_id, label in unique.items() if row_id not in archived},
        former=former,
        waiting=waiting,
    )


def _made_unique(
    table: Table, rows: Rows, plain: Mapping[RowId, str], labels: Labels
) -> tuple[dict[RowId, str], Mapping[str, list[RowId]]]:
    """Tell apart the rows of one name: by their natural key, and where that fails by their id."""
    names: dict[str, list[RowId]] = {}
    for row_id, text in plain.items():
        names.setdefault(fold(text), []).append(row_id)
    unique = {row_id: plain[row_id] for name, ids in names.items() for row_id in ids if name}
    taken = {name for name, ids in names.items() if name}
    for name, ids in names.items():
        if len(ids) == 1 and name and plain[ids[0]] not in rows:  # not called as another's id
            continue
        for row_id in sorted(ids):
            wanted = _told_apart(table, rows[row_id], plain[row_id], labels)
            if not wanted or fold(wanted) in taken:
                wanted = f"{wanted or plain[row_id]} ({row_id})".strip() if name else str(row_id)
            unique[row_id] = wanted
            taken.add(fold(wanted))
    return unique, names


def _told_apart(table: Table, values: Values, plain: str, labels: Labels) -> str:
    names = [name for name in table.key_of(values) or () if name not in table.label]
    parts = [part for name in names if (part := _shown(table, name, values.get(name), labels))]
    return f"{plain} ({': '.join(parts)})" if parts and plain else ""
