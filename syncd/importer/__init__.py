"""Foreign tables into the CRM: finding them, mapping their columns, reading what people write."""

from syncd.importer.draft import applied, plan_import, plan_imports
from syncd.importer.files import FileGrid, read_file
from syncd.importer.find import STATUS_TITLE, FoundTable, Grid, find_table
from syncd.importer.fit import map_tables
from syncd.importer.mapping import (
    Origin,
    TableMapping,
    load_mapping,
    map_by_title,
)
from syncd.importer.plan import Conflict, Create, ImportPlan, ImportReport, Refusal, Update
from syncd.importer.source import Fate, Source, SourceRow, read_source

__all__ = [
    "STATUS_TITLE",
    "Conflict",
    "Create",
    "Fate",
    "FileGrid",
    "FoundTable",
    "Grid",
    "ImportPlan",
    "ImportReport",
    "Origin",
    "Refusal",
    "Source",
    "SourceRow",
    "TableMapping",
    "Update",
    "applied",
    "find_table",
    "load_mapping",
    "map_by_title",
    "map_tables",
    "plan_import",
    "plan_imports",
    "read_file",
    "read_source",
]
