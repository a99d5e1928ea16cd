"""What the tests of the import share: the schema, the real files, and an import that is applied."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from syncd.importer import ImportPlan, applied, plan_import
from syncd.schema import Labels, Schema, load_schema

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The schema that comes along."""
    return load_schema(None)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real input files, which lies beside the checkout."""
    if not DATA.is_dir():
        pytest.skip("the real input files are not beside this checkout")
    return DATA


class Crm:
    """The records of one table and what one source gave for them, as a database would keep them."""

    def __init__(self, schema: Schema, table: str = "influencers") -> None:
        self.table = schema.table(table)
        self.labels = Labels.build(schema, {})
        self.records: Mapping[Any, Any] = {}
        self.last: dict[Any, Any] = {}
        self.archived: set[Any] = set()
        self._ids = count(1)

    def plan(self, grid: Any, mapping: Any = None) -> ImportPlan:
        """Plan an import."""
        return plan_import(
            self.table,
            grid,
            mapping,
            self.labels,
            self.records,
            self.last,
            mint=lambda table: f"{table.prefix}{next(self._ids):04}",
            archived=self.archived,
            name="the source",
        )

    def run(self, grid: Any, mapping: Any = None) -> ImportPlan:
        """Plan an import and carry it out."""
        plan = self.plan(grid, mapping)
        self.records = applied(self.records, plan)
        self.last.update(plan.remember)
        return plan

    def edit(self, record: str, **values: Any) -> None:
        """Change a record as a person does in the CRM."""
        self.records = {**self.records, record: {**self.records[record], **values}}


@pytest.fixture
def crm(schema: Schema) -> Crm:
    """An empty CRM with its table of influencers."""
    return Crm(schema)
