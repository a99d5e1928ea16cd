"""What a schema says, as plain frozen values: tables, their fields, and how a row is known."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache

from rapidfuzz import process

from syncd.core.snapshot import FieldName, Problem, TableName, Value, Values
from syncd.errors import UsageError
from syncd.fields import FORMS, Form, Kind, Record
from syncd.schema.check import validate
from syncd.schema.reading import fold, squeeze


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column: `unit` is the currency of money, `form` what a text is for."""

    name: FieldName
    title: str
    kind: Kind
    required: bool
    aliases: tuple[str, ...] = ()
    formerly: tuple[FieldName, ...] = ()
    help: str = ""
    unique: bool = False
    choices: tuple[str, ...] = ()
    reference: TableName | None = None
    unit: str = ""
    computed: bool = False
    example: str = ""
    form: Form = Form.PLAIN
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: `title` names its tab, `keys` are tried in order, `source` is its file."""

    name: TableName
    title: str
    singular: str
    prefix: str
    fields: tuple[Field, ...]
    keys: tuple[tuple[FieldName, ...], ...]
    label: tuple[FieldName, ...]
    source: str = ""
    code: str = field(default="", compare=False)  # a fingerprint of that file
    model: type[Record] = field(compare=False, repr=False)

    @cached_property
    def by_name(self) -> Mapping[FieldName, Field]:
        """The fields, found by name."""
        return {each.name: each for each in self.fields}

    @cached_property
    def digest(self) -> str:
        """A fingerprint of what its rows are held to; words for people do not count."""
        said = dict.fromkeys(("title", "help", "example", "aliases"))
        rules = [{**asdict(each), **said} for each in self.fields]
        return hashlib.sha256(repr((rules, self.keys)).encode()).hexdigest()[:16]

    @property
    def names(self) -> tuple[FieldName, ...]:
        """The names of its fields, in column order."""
        return tuple(self.by_name)

    def field(self, name: str) -> Field:
        """Return the field of that name."""
        try:
            return self.by_name[FieldName(name)]
        except KeyError:
            raise UsageError(
                f"{self.title} has no field “{name}”",
                on=self.source,
                hint=_nearest(name, self.names),
            ) from None

    def key_of(self, values: Values) -> tuple[FieldName, ...] | None:
        """Return the fields that tell this row from others, or None when they are blank.

        That is the first key without a gap, or else the last one, in which optional fields may
        be blank.
        """
        for names in self.keys:
            if all(not _is_blank(values.get(name)) for name in names):
                return names
        if not self.keys:
            return None
        names = self.keys[-1]
        needed = [name for name in names if self.by_name[name].required]
        if needed and all(not _is_blank(values.get(name)) for name in needed):
            return names
        return None

    def natural_key(self, values: Values) -> tuple[Value, ...] | None:
        """Return what the row is known by, spelling aside, or None when that is blank.

        Its first part is the number of the key, so that a handle never equals a name.
        """
        names = self.key_of(values)
        return None if names is None else self.key(names, values)

    def other_keys(self, values: Values) -> Iterator[tuple[Value, ...]]:
        """Yield the keys that the row could be known by beside its natural one."""
        own = self.key_of(values)
        for names in self.keys:
            if names != own and all(not _is_blank(values.get(name)) for name in names):
                yield self.key(names, values)

    def key(self, names: tuple[FieldName, ...], values: Values) -> tuple[Value, ...]:
        """Return the key that these of its fields make."""
        parts = (same(self.by_name[name], values.get(name)) for name in names)
        return (self.keys.index(names), *parts)

    def check(self, values: Values) -> tuple[Problem, ...]:
        """Return why the row cannot be taken; nothing when it is in order."""
        return self.validate(values)[1]

    def validate(
        self, values: Values, *, unread: Collection[FieldName] = ()
    ) -> tuple[Values, tuple[Problem, ...]]:
        """Return the values as the CRM stores them, all fields present, and what is wrong.

        `unread` are fields whose cells could not be read: their absence is not reported again.
        """
        return validate(self, values, unread)


@dataclass(frozen=True, kw_only=True)
class Schema:
    """All tables, the ones that others refer to first."""

    tables: tuple[Table, ...]

    @cached_property
    def by_name(self) -> Mapping[TableName, Table]:
        """The tables, found by name."""
        return {each.name: each for each in self.tables}

    def table(self, name: str) -> Table:
        """Return the table of that name."""
        try:
            return self.by_name[TableName(name)]
        except KeyError:
            raise UsageError(
                f"there is no table “{name}”", hint=_nearest(name, tuple(self.by_name))
            ) from None

    @cached_property
    def digest(self) -> str:
        """A fingerprint of the structure; help texts, examples and aliases do not count."""
        structure = [
            {
                "table": [table.name, table.title, table.prefix, table.keys, table.label],
                "fields": [
                    [
                        each.name, each.title, each.kind, each.form, each.required, each.unique,
                        each.choices, each.reference, each.unit, each.computed, each.minimum,
                        each.maximum,
                    ]
                    for each in table.fields
                ],
            }
            for table in self.tables
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(structure).encode()).hexdigest()

    @cached_property
    def checks(self) -> str:
        """A fingerprint of all that decides whether a row is in order, own checks included."""
        codes = [self.digest, *(table.code for table in self.tables)]
        return hashlib.sha256(json.dumps(codes).encode()).hexdigest()


def same(field: Field, value: Value) -> Value:
    """Return what two spellings of one value share: equal results mean one thing."""
    if not isinstance(value, str):
        return value
    if field.kind is Kind.REFERENCE or field.kind is Kind.DATE:
        return value
    try:
        return fold(FORMS[field.form](value.strip()))
    except ValueError:
        return fold(value)


@lru_cache(maxsize=256)
def choice_index(choices: tuple[str, ...]) -> Mapping[str, str]:
    """Return the choices by what their spellings share."""
    return {squeeze(choice): choice for choice in choices}


def _is_blank(value: Value) -> bool:
    return value is None or value == ""


def _nearest(name: str, names: Collection[str]) -> str:
    found = process.extractOne(name, names, score_cutoff=60)
    return f"did you mean “{found[0]}”?" if found else f"there is: {', '.join(names)}"
