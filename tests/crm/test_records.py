"""Writes to records: each is carried out only on what was read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.core.plan import Action, Archive, Cell, Create, Put, Unarchive
from syncd.core.snapshot import FieldName, RowId, Side
from syncd.crm.store import Crm
from syncd.schema import load_schema

ADA, NAME, GONE = RowId("cmp_a"), FieldName("name"), FieldName("gone")
MOVED = "the record was changed meanwhile"


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Crm]:
    """A database with one campaign."""
    crm = Crm(tmp_path / "crm.db", load_schema())
    crm.database.connection.execute("INSERT INTO campaigns (id, name) VALUES ('cmp_a', 'Ada')")
    yield crm
    crm.close()


def apply(crm: Crm, action: Action) -> str | None:
    """Carry out one action on the campaign."""
    with crm.database.transaction():
        return crm.records.apply(load_schema().table("campaigns"), ADA, action)


def put(field: FieldName, before: str | None, after: str) -> Put:
    """Return the change of one field."""
    return Put(side=Side.CRM, cells=(Cell(field=field, expected=before, value=after),))


def test_record_that_moved_is_not_archived(crm: Crm) -> None:
    """Whoever changed a record since it was read keeps it in use, until it is planned anew."""
    assert apply(crm, Archive(held={NAME: "Eve"})) == MOVED
    assert apply(crm, Archive(held={NAME: "Ada"})) is None
    assert apply(crm, Archive(held={NAME: "Ada"})) == MOVED
    assert apply(crm, Unarchive(held={NAME: "Eve"})) == MOVED
    assert apply(crm, Unarchive(held={NAME: "Ada"})) is None
    assert apply(crm, Unarchive(held={NAME: "Ada"})) == MOVED


def test_plan_of_before_values_were_kept_is_carried_out(crm: Crm) -> None:
    """What an earlier release has planned, or what knows a field that is no more, still counts."""
    assert apply(crm, Archive()) is None
    assert apply(crm, Unarchive(held={NAME: "Ada", GONE: "x"})) is None


def test_changed_field_that_is_no_more_is_passed_over(crm: Crm) -> None:
    """A batch of before a change of the schema does not fail on what is not there."""
    assert apply(crm, put(GONE, "a", "b")) is None
    assert apply(crm, put(NAME, "Eve", "Zoe")) == MOVED
    assert apply(crm, put(NAME, "Ada", "Zoe")) is None


def test_record_that_is_there_already_is_not_made_twice(crm: Crm) -> None:
    """Two processes that make the same record: the second one is told."""
    failure = apply(crm, Create(side=Side.CRM, values={NAME: "Eve"}))
    assert failure == "a record with this id was made meanwhile"
