"""From a Pydantic model to the description of its table, refusing what no table can be made of."""

import re
import types
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from syncd.core.snapshot import FieldName, TableName
from syncd.errors import SchemaError
from syncd.fields import Form, Kind, Record, TableWords
from syncd.schema.reading import squeeze
from syncd.schema.table import Field, Table

RESERVED = frozenset(
    ("id", "archived_at", "created_at", "updated_at", "rowid", "oid", "values", "position")
)
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")
_PREFIX = re.compile(r"[a-z][a-z0-9]{0,7}_")
_SQL_WORDS = frozenset((
    "add", "all", "alter", "and", "as", "autoincrement", "between", "case", "check", "collate",
    "commit", "constraint", "create", "default", "deferrable", "delete", "distinct", "drop",
    "else", "escape", "except", "exists", "foreign", "from", "group", "having", "if", "in",
    "index", "insert", "intersect", "into", "is", "isnull", "join", "limit", "not", "notnull",
    "null", "on", "or", "order", "primary", "references", "returning", "select", "set",
    "table", "then", "to", "transaction", "union", "unique", "update", "using", "values",
    "when", "where",
))  # fmt: skip
_TYPES = {
    str: Kind.TEXT,
    bool: Kind.BOOLEAN,
    int: Kind.INTEGER,
    float: Kind.NUMBER,
    date: Kind.DATE,
}


def describe(model: type[Record], words: TableWords, source: str, code: str = "") -> Table:
    """Return the table that a model describes; `code` is the fingerprint of its file."""
    _check_identifier(words.table, "table", source)
    if not _PREFIX.fullmatch(words.prefix):
        raise SchemaError(
            f"{model.__name__}: prefix={words.prefix!r} cannot start an id",
            on=source,
            hint='use a few small letters and an underscore, as in prefix="inf_"',
        )
    if not model.model_fields:
        raise SchemaError(
            f"{model.__name__} has no columns",
            on=source,
            hint='add one a line, as in: name: Text = column("Name")',
        )
    fields = tuple(_located(name, each, source) for name, each in model.model_fields.items())
    _check_titles(model, fields, source)
    table = Table(
        name=TableName(words.table),
        title=str(model.model_config.get("title") or words.table.replace("_", " ").capitalize()),
        singular=words.singular,
        prefix=words.prefix,
        fields=fields,
        keys=tuple(tuple(FieldName(name) for name in key) for key in words.key),
        label=tuple(FieldName(name) for name in words.label),
        source=source,
        code=code,
        model=model,
    )
    _check_former(table)
    _check_named(table)
    return table


def _check_identifier(name: str, what: str, source: str) -> None:
    if name in RESERVED or name.startswith(("sqlite_", "syncd_")):
        raise SchemaError(f"the {what} name “{name}” is syncd's own", on=source, hint="rename it")
    if name in _SQL_WORDS:
        raise SchemaError(f"the {what} name “{name}” is a word of SQL", on=source, hint="rename it")
    if not _IDENTIFIER.fullmatch(name):
        raise SchemaError(
            f"the {what} name “{name}” is not plain enough for a database",
            on=source,
            hint="use small letters, digits and underscores, with a letter first",
        )


def _check_titles(model: type[Record], fields: tuple[Field, ...], source: str) -> None:
    seen: dict[str, Field] = {}
    for field in fields:
        for title in (field.title, *field.aliases):
            other = seen.setdefault(squeeze(title), field)
            if other is not field:
                raise SchemaError(
                    f"{model.__name__}: {other.name} and {field.name} share the title “{title}”",
                    on=source,
                    hint="give each column a title of its own; aliases count as titles",
                )


def _check_former(table: Table) -> None:
    """Refuse a former name that a column still has, or that two columns claim."""
    claimed: dict[str, Field] = {each.name: each for each in table.fields}
    for field in table.fields:
        for name in field.formerly:
            other = claimed.setdefault(name, field)
            if other is not field or name == field.name:
                raise SchemaError(
                    f"{table.name}.{field.name}: formerly names “{name}”, which is a column now",
                    on=table.source,
                    hint="a former name belongs to one column, and to none that is called so now",
                )


def _check_named(table: Table) -> None:
    """Refuse keys and labels that name no column, and a table without either."""
    if not table.keys or not all(table.keys) or not table.label:
        raise SchemaError(
            f"{table.name} says neither how a row is known nor what it is called",
            on=table.source,
            hint='add key=(("name",),) and label="name" to its class line',
        )
    known = set(table.names)
    for name in (*table.label, *(name for key in table.keys for name in key)):
        if name not in known:
            raise SchemaError(
                f"{table.name}: key or label name the column “{name}”, which it does not have",
                on=table.source,
                hint=f"it has: {', '.join(table.names)}",
            )
    if not any(table.field(name).required for name in table.keys[-1]):
        raise SchemaError(
            f"{table.name}: no column of its last key is required, so a row could be nobody",
            on=table.source,
            hint="make one of them required: write its type without “| None”",
        )


def _located(name: str, described: FieldInfo, source: str) -> Field:
    """Describe a column; what is wrong with it names it."""
    try:
        return _field(name, described, source)
    except SchemaError as error:
        raise SchemaError(error.what, on=error.on, hint=error.hint, column=name) from error


def _field(name: str, described: FieldInfo, source: str) -> Field:
    _check_identifier(name, "column", source)
    inner, marks, optional = _unwrapped(described.annotation)
    marks = [*marks, *described.metadata]
    words: Mapping[str, Any] = (
        described.json_schema_extra if isinstance(described.json_schema_extra, dict) else {}
    )
    kind, choices = _kind(name, inner, marks, source)
    computed = bool(words.get("computed"))
    if computed and not optional:
        raise SchemaError(
            f"column {name} is computed and cannot be required", on=source, hint="add “| None”"
        )
    reference = str(words.get("reference") or "")
    if (kind is Kind.REFERENCE) != bool(reference):
        raise SchemaError(
            f"column {name} needs both the type Reference and reference=",
            on=source,
            hint='as in: campaign: Reference = column("Campaign", reference="campaigns")',
        )
    return Field(
        name=FieldName(name),
        title=described.title or name.replace("_", " ").capitalize(),
        kind=kind,
        required=not optional,
        aliases=tuple(words.get("aliases") or ()),
        formerly=tuple(FieldName(str(each)) for each in words.get("formerly") or ()),
        help=described.description or "",
        unique=bool(words.get("unique")),
        choices=choices,
        reference=TableName(reference) if reference else None,
        unit=str(words.get("unit") or ""),
        computed=computed,
        example=str(described.examples[0]) if described.examples else "",
        form=next((mark for mark in marks if isinstance(mark, Form)), Form.PLAIN),
        minimum=_limit(marks, "ge"),
        maximum=_limit(marks, "le"),
    )


def _unwrapped(annotation: Any) -> tuple[Any, list[Any], bool]:
    """Return the type inside `Annotated` and `| None`, what annotates it, and if None is let in."""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        found, more, optional = _unwrapped(inner)
        return found, [*more, *marks], optional
    if get_origin(annotation) in {Union, types.UnionType}:
        others = [part for part in get_args(annotation) if part is not type(None)]
        if len(others) == 1:
            found, marks, _ = _unwrapped(others[0])
            return found, marks, True
    return annotation, [], False


def _kind(name: str, inner: Any, marks: list[Any], source: str) -> tuple[Kind, tuple[str, ...]]:
    choices = tuple(_choices(inner))
    if choices:
        if not all(isinstance(choice, str) and choice == choice.strip() for choice in choices):
            raise SchemaError(
                f"column {name}: a choice has to be a text",
                on=source,
                hint="put each choice into quotes, without blanks around it",
            )
        if len({squeeze(choice) for choice in choices}) < len(choices):
            raise SchemaError(
                f"column {name}: two choices differ in case, blanks or dashes only",
                on=source,
                hint="leave one of them out: people's spellings of it are understood",
            )
        return Kind.CHOICE, choices
    marked = next((mark for mark in marks if isinstance(mark, Kind)), None)
    if marked is None and any(isinstance(mark, Form) for mark in marks):
        marked = Kind.TEXT
    if marked is None and isinstance(inner, type) and not issubclass(inner, datetime):
        marked = next((kind for known, kind in _TYPES.items() if issubclass(inner, known)), None)
    if marked is None:
        raise SchemaError(
            f"column {name} has a type that a cell cannot hold: {inner}",
            on=source,
            hint="use a type of syncd.fields, such as Text, Count, Money, Percent, Day or YesNo",
        )
    return marked, ()


def _choices(inner: Any) -> Iterator[Any]:
    if get_origin(inner) is Literal:
        yield from get_args(inner)
    elif isinstance(inner, type) and issubclass(inner, Enum):
        yield from (member.value for member in inner)


def _limit(marks: list[Any], side: str) -> float | None:
    """Return a limit, which Pydantic keeps as a mark or as a mark within a field's own marks."""
    for mark in marks:
        found = (
            _limit(mark.metadata, side)
            if isinstance(mark, FieldInfo)
            else getattr(mark, side, None)
        )
        if found is not None:
            return float(found)
    return None
