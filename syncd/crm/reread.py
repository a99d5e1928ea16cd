"""Reading values anew, as what their column holds since its schema changed.

A value is read as the sheet's cell is read: both sides come to the same. What cannot be read as
the new kind stays as it is, for a person to mend.
"""

from dataclasses import dataclass

from syncd.core.snapshot import Problem, RowId, TableName, Value, Values
from syncd.crm.database import Database
from syncd.crm.shape import column_names
from syncd.schema import Field, Kind, Labels, Schema, decode, encode


def changes_meaning(was: Field, field: Field) -> bool:
    """Whether values of a field have to be read anew."""
    shapes = [(f.kind, f.form, f.choices, f.reference) for f in (was, field)]
    return shapes[0] != shapes[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rereading:
    """From what a field was to what it is."""

    was: Field
    field: Field
    labels: Labels

    @classmethod
    def of(cls, database: Database, schema: Schema, was: Field, field: Field) -> "Rereading":
        """Prepare reading a field anew; only references need to know the records' names."""
        named = field.reference or was.reference
        labels = _labels(database, schema) if named else Labels()
        return cls(was=was, field=field, labels=labels)

    def read(self, value: Value) -> Value:
        """Return a value as the field holds it now, or as it is where that is none."""
        if value is None:
            return None
        if self.was.kind is self.field.kind is Kind.REFERENCE:
            return value  # an id stays an id; whether it is one of that table is checked
        # A day is a number in a cell only; in the database it is the text that people read.
        cell = value if self.was.kind is Kind.DATE else encode(self.was, value, self.labels)
        read = decode(self.field, cell, self.labels)
        return value if isinstance(read, Problem) or read is None else read


def _labels(database: Database, schema: Schema) -> Labels:
    """Return the labels of the records as they stand, whatever of a table is there by now."""
    rows: dict[TableName, dict[RowId, Values]] = {}
    for table in schema.tables:
        there = set(column_names(database.connection, table.name))
        names = [name for name in table.names if name in there]
        if there:
            columns = ", ".join(f'"{name}"' for name in names)
            found = database.connection.execute(f'SELECT id, {columns} FROM "{table.name}"')
            rows[table.name] = {
                RowId(row[0]): dict(zip(names, row[1:], strict=True)) for row in found
            }
    return Labels.build(schema, rows)
