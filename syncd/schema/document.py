"""A schema as a plain document: for programs, and to know later what it was.

`version` counts changes of the document's own form. What is added to it does not raise the
number; what is renamed or taken away does.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncd.core.snapshot import FieldName, TableName
from syncd.fields import Form, Kind
from syncd.schema.table import Field, Schema, Table

VERSION = 1
Document = Mapping[str, Any]
Former = Mapping[TableName, Mapping[FieldName, Field]]


def document_of(schema: Schema) -> dict[str, Any]:
    """Return a schema as a document, its tables in the order in which they refer to each other."""
    return {"version": VERSION, "tables": [_table(table) for table in schema.tables]}


def dump_document(schema: Schema, before: str | None = None) -> str:
    """Return a schema's document as text, to be remembered.

    Tables that only the one `before` describes are remembered beside it: they may come back.
    """
    known = _loaded(before)
    earlier = [*known.get("tables", ()), *known.get("forgotten", ())]
    document = document_of(schema)
    document["forgotten"] = [each for each in earlier if each["name"] not in schema.by_name]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A schema as it was: what its tables' tabs were called, and their fields."""

    titles: Mapping[TableName, str]
    fields: Former

    @classmethod
    def load(cls, text: str | None) -> "Remembered":
        """Return the schema that a remembered document describes, without forgotten tables."""
        tables = _loaded(text).get("tables", ())
        titles = {TableName(table["name"]): str(table["title"]) for table in tables}
        return cls(titles=titles, fields=former_fields(text, forgotten=False))


def former_fields(text: str | None, *, forgotten: bool = True) -> Former:
    """Return the fields that a remembered document describes, by table; none where there is none.

    `forgotten`: those of tables that were left out of the schemas earlier as well.
    """
    known = _loaded(text)
    tables = [*known.get("tables", ()), *(known.get("forgotten", ()) if forgotten else ())]
    return {
        TableName(table["name"]): {
            FieldName(each["name"]): _field_of(each) for each in table["fields"]
        }
        for table in tables
    }


def dump_field(field: Field) -> str:
    """Return one field as text, to be remembered."""
    return json.dumps(_field(field), ensure_ascii=False, separators=(",", ":"))


def load_field(text: str) -> Field:
    """Return a field that was remembered."""
    return _field_of(_loaded(text))


def forgotten_tables(text: str | None) -> list[TableName]:
    """Return the tables that were described once and are not any more."""
    return [TableName(each["name"]) for each in _loaded(text).get("forgotten", ())]


def _loaded(text: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text or "{}")
    return found


def _table(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": table.title,
        "singular": table.singular,
        "prefix": table.prefix,
        "keys": [list(key) for key in table.keys],
        "label": list(table.label),
        "fields": [_field(each) for each in table.fields],
    }


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "title": field.title,
        "kind": field.kind.value,
        "form": field.form.value,
        "required": field.required,
        "unique": field.unique,
        "choices": list(field.choices),
        "reference": field.reference,
        "unit": field.unit,
        "written_by": "syncd" if field.computed else "people",
        "minimum": field.minimum,
        "maximum": field.maximum,
        "help": field.help,
        "example": field.example,
        "aliases": list(field.aliases),
        "formerly": list(field.formerly),
    }


def _field_of(found: Mapping[str, Any]) -> Field:
    reference = found.get("reference")
    return Field(
        name=FieldName(str(found["name"])),
        title=str(found["title"]),
        kind=Kind(found["kind"]),
        form=Form(found.get("form", "plain")),
        required=bool(found.get("required")),
        unique=bool(found.get("unique")),
        choices=tuple(str(choice) for choice in found.get("choices", ())),
        reference=TableName(str(reference)) if reference else None,
        unit=str(found.get("unit", "")),
        computed=found.get("written_by") == "syncd",
        minimum=found.get("minimum"),
        maximum=found.get("maximum"),
        help=str(found.get("help", "")),
        example=str(found.get("example", "")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that another schema changes: of a table, or of one of its fields."""

    table: TableName
    field: FieldName | None = None
    what: str


def former_name(field: Field, before: Mapping[FieldName, Field]) -> FieldName | None:
    """Return the name under which a field was known before, None where it is new."""
    names = (field.name, *field.formerly)
    return next((name for name in names if name in before), None)


def differences(before: Former, schema: Schema) -> Iterator[Difference]:
    """Yield what a schema changes of what was described before, in words."""
    for table in schema.tables:
        if table.name not in before:
            yield Difference(table=table.name, what="is new")
        else:
            yield from _table_differences(before[table.name], table)
    for name in before:
        if name not in schema.by_name:
            yield Difference(
                table=name,
                what="is described no more: its records and its tab stay, and are left alone",
            )


def _table_differences(before: Mapping[FieldName, Field], table: Table) -> Iterator[Difference]:
    known = set()
    for field in table.fields:
        name = former_name(field, before)
        if name is None:
            yield Difference(table=table.name, field=field.name, what="is new")
            continue
        known.add(name)
        if name != field.name:
            yield Difference(table=table.name, field=field.name, what=f"was called {name}")
        for what in _field_differences(before[name], field):
            yield Difference(table=table.name, field=field.name, what=what)
    for name in before:
        if name not in known:
            what = "is described no more: its values are put aside, and come back with it"
            yield Difference(table=table.name, field=name, what=what)


def _field_differences(was: Field, field: Field) -> Iterator[str]:
    if was.title != field.title:
        yield f"has the title “{field.title}”, no longer “{was.title}”"
    if (was.kind, was.form) != (field.kind, field.form):
        yield f"holds {_kind(field)}, no longer {_kind(was)}"
    if was.reference != field.reference and was.reference and field.reference:
        yield f"refers to {field.reference}, no longer to {was.reference}"
    gone = [choice for choice in was.choices if choice not in field.choices]
    added = [choice for choice in field.choices if choice not in was.choices]
    if was.choices and field.choices and (gone or added):
        words = [f"without {', '.join(gone)}"] if gone else []
        words += [f"with {', '.join(added)}"] if added else []
        yield f"has other choices: {'; '.join(words)}"
    for word in ("required", "unique", "computed"):
        if getattr(was, word) != getattr(field, word):
            yield f"is {word}" if getattr(field, word) else f"is {word} no more"
    if was.unit != field.unit:
        yield f"is in {field.unit or 'no unit'}, no longer in {was.unit or 'no unit'}"
    for word in ("minimum", "maximum"):
        one, other = getattr(was, word), getattr(field, word)
        if one != other:
            yield f"has {'no ' if other is None else 'the '}{word}" + (
                "" if other is None else f" {other:.15g}"
            )


def _kind(field: Field) -> str:
    return f"{field.kind.value} ({field.form.value})" if field.form.value != "plain" else field.kind
