"""What a table is, what a cell means, and whether a row is in order."""

from syncd.fields import Form, Kind
from syncd.schema.cells import Cell, day_of, decode, encode, read_row, show
from syncd.schema.check import describe_cell, spoken, whole_text
from syncd.schema.clashes import clashes
from syncd.schema.formats import bare_percent, format_problem
from syncd.schema.labels import Labels, plain_label
from syncd.schema.load import load_schema
from syncd.schema.table import Field, Schema, Table

__all__ = [
    "Cell",
    "Field",
    "Form",
    "Kind",
    "Labels",
    "Schema",
    "Table",
    "bare_percent",
    "clashes",
    "day_of",
    "decode",
    "describe_cell",
    "encode",
    "format_problem",
    "load_schema",
    "plain_label",
    "read_row",
    "show",
    "spoken",
    "whole_text",
]
