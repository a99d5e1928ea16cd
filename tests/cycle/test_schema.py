"""Schemas that change: the tables and the sheet follow, and nothing is lost."""

import re
import shutil
from pathlib import Path

import pytest

from syncd.core.snapshot import Side
from syncd.core.undo import Why
from syncd.crm.backups import back_up
from syncd.crm.history import Search
from syncd.cycle.formulas import put_back, replaced_formulas
from syncd.cycle.naming import find_row
from syncd.cycle.refill import set_up
from syncd.errors import OutcomeUnknownError, SheetBusyError
from syncd.restore import restore
from syncd.undo import Undoing, undo, wanted_of, wanted_of_row
from tests.conftest import MakeWorld, fill
from tests.cycle.test_outcome import is_fixpoint
from tests.world import World

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
NOTES = "    notes: Text | None = column("
TAB = "Influencers"
ANY_SIDE = pytest.mark.parametrize("side", Side, ids=lambda side: f"{side.value} rules")


@pytest.fixture
def own(make_world: MakeWorld, tmp_path: Path) -> World:
    """A workspace with three influencers in sync, described by a folder of the user's own."""
    shutil.copytree(SCHEMAS, tmp_path / "schemas", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "schemas" / "influencer.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("import Count, ", "import Count, Day, "), encoding="utf-8")
    world = make_world(schemas={"folder": str(tmp_path / "schemas")})
    fill(world)
    return world


def schema_file(world: World) -> Path:
    """Return the file that describes the influencers."""
    return Path(world.config.schemas.folder) / "influencer.py"


def add_field(world: World, line: str) -> None:
    """Put one more field into the influencers' schema, and start syncd anew."""
    path = schema_file(world)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(NOTES, f"    {line}\n{NOTES}", 1), encoding="utf-8")
    world.restart()


def change_field(world: World, name: str, line: str = "") -> None:
    """Describe one field otherwise, or not at all, and start syncd anew."""
    path = schema_file(world)
    text = path.read_text(encoding="utf-8")
    found = re.search(rf"^    {name}: .*?^    \)\n", text, re.MULTILINE | re.DOTALL)
    found = found or re.search(rf"^    {name}: .*\n", text, re.MULTILINE)
    assert found
    path.write_text(text.replace(found[0], f"    {line}\n" if line else "", 1), encoding="utf-8")
    world.restart()


def column_of(world: World, title: str) -> list[object]:
    """Return what the sheet shows below a title."""
    return [row.get(title) for row in world.rows(TAB)]


def asks_nothing(world: World) -> None:
    """Nothing waits for a person, and the next cycle has nothing to do."""
    assert world.reviews() == []
    is_fixpoint(world)


def test_optional_field_added_waits_for_its_column(own: World) -> None:
    """A new optional field pauses until init has added its column; then it is kept aligned."""
    add_field(own, 'city: Text | None = column("City", example="Paris")')
    own.settle()
    set_up(own.ws)
    own.type(TAB, own.at(TAB, "Ada", "City"), "London")
    own.settle()
    assert own.record("influencers", "Ada").values["city"] == "London"
    assert own.row(TAB, "Ada")["Followers"] == 100


@ANY_SIDE
def test_new_column_shows_what_the_crm_holds_already(own: World, side: Side) -> None:
    """What another program wrote before the column was there is shown, never wiped by a blank."""
    own.give_authority(side)
    add_field(own, 'city: Text | None = column("City", example="Paris")')
    own.crm("UPDATE influencers SET city = 'Oslo' WHERE name = 'Bea'")
    own.settle()
    assert own.record("influencers", "Bea").values["city"] == "Oslo"
    set_up(own.ws)
    own.settle()
    assert column_of(own, "City") == [None, "Oslo", None]
    assert own.record("influencers", "Bea").values["city"] == "Oslo"
    asks_nothing(own)


def test_required_field_added_is_asked_for(own: World) -> None:
    """A new required field halts its table; with its column, each row is refused until filled."""
    add_field(own, 'city: Text = column("City", example="Paris")')
    report = own.settle()
    assert report.halted
    assert "«City»" in report.tables["influencers"].halts[0].rail
    assert len(own.records("influencers")) == 3
    set_up(own.ws)
    own.settle()
    assert own.row(TAB, "Ada")["Sync"] == "Refused: City is required (for example: Paris)"
    own.type(TAB, own.at(TAB, "Ada", "City"), "London")
    own.settle()
    assert own.row(TAB, "Ada")["Sync"] == "In sync"
    assert own.record("influencers", "Ada").values["city"] == "London"
    assert own.record("influencers", "Bea").values["city"] is None
    assert {p["row"] for p in own.ws.crm.state.problems()} == {
        row for row, record in own.records("influencers").items() if not record.values["city"]
    }


def test_required_field_added_while_connected_is_mended_in_the_crm(own: World) -> None:
    """While the CRM rules, a record without the value is paused and told until it is mended."""
    own.give_authority(Side.CRM)
    add_field(own, 'city: Text = column("City", example="Paris")')
    set_up(own.ws)
    own.settle()
    assert own.row(TAB, "Ada")["Sync"].startswith("Paused: the CRM holds something")
    own.crm("UPDATE influencers SET city = 'London'")
    own.settle()
    assert column_of(own, "City") == ["London"] * 3
    assert own.ws.crm.state.problems() == []
    asks_nothing(own)


@ANY_SIDE
def test_field_removed_leaves_its_column_to_the_team(own: World, side: Side) -> None:
    """A field that leaves the schema: its values are kept, and its column is the team's own."""
    own.give_authority(side)
    change_field(own, "category")
    own.settle()
    kept = [e["before"] for e in own.history() if e["outcome"] == "column removed"]
    assert sorted(map(str, kept)) == ["Art", "Food", "Tech"]
    set_up(own.ws)
    own.type(TAB, own.at(TAB, "Ada", "Category"), "Mine now")
    own.settle()
    assert column_of(own, "Category") == ["Mine now", "Food", "Art"]
    asks_nothing(own)


@ANY_SIDE
def test_field_removed_and_described_again_is_as_before(own: World, side: Side) -> None:
    """A field that was taken out by mistake has its values and its column again."""
    own.give_authority(side)
    text = schema_file(own).read_text(encoding="utf-8")
    change_field(own, "category")
    own.settle()
    set_up(own.ws)
    own.settle()
    schema_file(own).write_text(text, encoding="utf-8")
    own.restart()
    own.settle()
    set_up(own.ws)
    own.settle()
    assert column_of(own, "Category") == ["Tech", "Food", "Art"]
    assert own.record("influencers", "Ada").values["category"] == "Tech"
    asks_nothing(own)


@ANY_SIDE
@pytest.mark.parametrize("settled", [True, False], ids=["column let go", "column as it was"])
def test_edits_around_a_field_that_was_away_are_whose_they_are(
    own: World, side: Side, settled: bool
) -> None:
    """What each side edited before or while a field was away is that side's edit, nothing else."""
    own.give_authority(side)
    own.settle()
    text = schema_file(own).read_text(encoding="utf-8")
    own.type(TAB, own.at(TAB, "Ada", "Category"), "Typed before")
    own.crm("UPDATE influencers SET category = 'From the CRM' WHERE name = 'Bea'")
    change_field(own, "category")
    own.settle()
    if settled:
        set_up(own.ws)
        own.settle()
    own.type(TAB, own.at(TAB, "Bea", "Category"), "Typed meanwhile")
    own.settle()
    schema_file(own).write_text(text, encoding="utf-8")
    own.restart()
    set_up(own.ws)
    own.settle()
    told = {
        (e.label, e.review.side, *e.review.offered.values(), *e.review.base.values())
        for e in own.reviews()
    }
    held = own.record("influencers", "Ada").values["category"]
    if side is Side.SHEET:
        assert told == {("Bea", Side.CRM, "From the CRM", "Food")}
        assert held == "Typed before"
        assert column_of(own, "Category") == ["Typed before", "Typed meanwhile", "Art"]
    else:
        assert told == {
            ("Ada", Side.SHEET, "Typed before", "Tech"),
            ("Bea", Side.SHEET, "Typed meanwhile", "Food"),
        }
        assert held == "Tech"
        assert column_of(own, "Category") == ["Tech", "From the CRM", "Art"]
    is_fixpoint(own)


def test_backup_of_before_a_rename_knows_its_field(own: World) -> None:
    """A restore finds a field by the name that the backup has, also once `formerly` is out again.

    What the backup does not know at all stays as it is.
    """
    ws = own.ws
    made = back_up(ws.crm.database, now=ws.clock(), at=ws.now(), why="test")
    own.type(TAB, own.at(TAB, "Ada", "Category"), "Typed")
    own.settle()
    change_field(own, "category", TOPIC)
    set_up(own.ws)
    change_field(own, "topic", 'topic: Text | None = column("Topic")')
    add_field(own, 'city: Text | None = column("City")')
    set_up(own.ws)
    own.type(TAB, own.at(TAB, "Ada", "City"), "Rome")
    own.settle()
    done = restore(own.ws, made, by="admin")
    assert (done.done, done.reversal.kept) == (1, ())
    values = own.record("influencers", "Ada").values
    assert (values["topic"], values["city"]) == ("Tech", "Rome")
    asks_nothing(own)


def test_edit_of_a_field_that_was_away_is_undone(own: World) -> None:
    """A field that returned holds what it held: the edit of before can be taken back."""
    own.type(TAB, own.at(TAB, "Ada", "Category"), "Typed")
    own.settle()
    text = schema_file(own).read_text(encoding="utf-8")
    change_field(own, "category")
    own.settle()
    schema_file(own).write_text(text, encoding="utf-8")
    own.restart()
    set_up(own.ws)
    own.settle()
    found = own.ws.crm.history.entries(Search(row=find_row(own.ws, "Ada").row, field="category"))
    assert [(e["outcome"], e["before"], e["after"]) for e in found[:2]] == [
        ("column returned", None, "Typed"), ("column removed", "Typed", None),
    ]  # fmt: skip
    assert undo_last(own, "Ada").done == 1
    assert own.record("influencers", "Ada").values["category"] == "Tech"
    asks_nothing(own)


@ANY_SIDE
@pytest.mark.parametrize("titled", ["Category", "Kind of things"])
def test_renamed_field_keeps_column_and_values(own: World, titled: str, side: Side) -> None:
    """A field with another name and title: its title follows, unless somebody titled it."""
    own.give_authority(side)
    own.type(TAB, own.at(TAB, "Category", "Category"), titled)
    own.settle()
    change_field(own, "category", 'topic: Text | None = column("Topic", formerly=("category",))')
    own.settle()
    assert own.record("influencers", "Ada").values["topic"] == "Tech"
    assert column_of(own, titled) == ["Tech", "Food", "Art"]
    set_up(own.ws)
    shown = "Topic" if titled == "Category" else titled
    assert column_of(own, shown) == ["Tech", "Food", "Art"]
    own.settle()
    assert set_up(own.ws) == 0
    asks_nothing(own)


def test_retyped_field_is_read_anew_on_both_sides(own: World) -> None:
    """A text that becomes a number: what is one is one on both sides, the rest is refused."""
    own.type(TAB, own.at(TAB, "Ada", "Category"), "'12")
    own.settle()
    change_field(own, "category", 'category: Count | None = column("Category", example="12")')
    set_up(own.ws)
    own.settle()
    assert own.record("influencers", "Ada").values["category"] == 12
    assert own.record("influencers", "Bea").values["category"] == "Food"
    assert own.row(TAB, "Bea")["Category"] == "Food"
    assert own.row(TAB, "Bea")["Sync"].startswith("Refused: Category “Food” is not a whole number")
    own.type(TAB, own.at(TAB, "Bea", "Category"), 7)
    own.settle()
    assert own.record("influencers", "Bea").values["category"] == 7
    assert own.row(TAB, "Bea")["Sync"] == "In sync"
    assert own.reviews() == []


@ANY_SIDE
def test_day_that_becomes_text_is_no_edit(own: World, side: Side) -> None:
    """The serial numbers in the cells of a former day are nobody's edits, whoever rules."""
    add_field(own, 'born: Day | None = column("Born", example="2000-01-31")')
    set_up(own.ws)
    own.type(TAB, own.at(TAB, "Ada", "Born"), "1999-12-31")
    own.settle()
    own.give_authority(side)
    own.settle()
    change_field(own, "born", 'born: Text | None = column("Born", example="in spring")')
    set_up(own.ws)
    own.settle()
    assert own.record("influencers", "Ada").values["born"] == "1999-12-31"
    assert column_of(own, "Born") == ["1999-12-31", None, None]
    asks_nothing(own)


@ANY_SIDE
def test_choice_gone_keeps_what_rows_hold(own: World, side: Side) -> None:
    """Rows with a choice that is no more keep it, are told, and go on when they are mended."""
    own.give_authority(side)
    path = schema_file(own)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"tiktok", ', ""), encoding="utf-8")
    own.restart()
    set_up(own.ws)
    own.settle()
    assert own.record("influencers", "Cleo").values["platform"] == "tiktok"
    assert own.row(TAB, "Cleo")["Platform"] == "tiktok"
    assert "tiktok" in own.row(TAB, "Cleo")["Sync"]
    offered = str(own.book(cells="dataValidation"))
    assert "tiktok" not in offered
    assert "instagram" in offered
    own.crm("UPDATE influencers SET followers = 555 WHERE name = 'Cleo'")
    if side is Side.SHEET:
        own.type(TAB, own.at(TAB, "Cleo", "Platform"), "blog")
    else:
        own.crm("UPDATE influencers SET platform = 'blog' WHERE name = 'Cleo'")
    own.settle()
    assert own.record("influencers", "Cleo").values["platform"] == "blog"
    assert own.row(TAB, "Cleo")["Platform"] == "blog"
    assert own.ws.crm.state.problems() == []


def test_table_added_asks_for_init(own: World) -> None:
    """A new table has no tab yet: it alone is halted and says so, init makes it."""
    (schema_file(own).parent / "shop.py").write_text(
        "from syncd.fields import Record, Text, column\n\n\n"
        'class Shop(Record, table="shops", prefix="shp_", key=(("name",),), label="name"):\n'
        '    name: Text = column("Shop", example="Berlin")\n',
        encoding="utf-8",
    )
    own.restart()
    report = own.settle()
    assert "«Shops»" in report.tables["shops"].halts[0].rail
    assert not report.tables["influencers"].halts
    set_up(own.ws)
    own.settle()
    assert own.rows(TAB)


def test_table_removed_is_left_alone(own: World) -> None:
    """A table that is described no more keeps records and tab, and is as before when it is back."""
    path = schema_file(own).parent / "cooperation.py"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    own.restart()
    own.settle()
    before = own.rows("Cooperations")
    own.type("Cooperations", "E2", 42)
    own.calls()
    own.settle()
    assert own.calls() == (1, 0)
    own.delete_tab("_syncd_cooperations")
    own.settle()
    set_up(own.ws)
    path.write_text(text, encoding="utf-8")
    own.restart()
    set_up(own.ws)
    own.settle()
    (record,) = own.records("cooperations").values()
    assert record.values["cost"] == 42
    assert len(own.rows("Cooperations")) == len(before) == 1


def test_open_review_of_a_removed_field_ends(own: World) -> None:
    """A question about a field that is described no more ends by itself, and stays readable."""
    own.give_authority(Side.CRM)
    own.type(TAB, own.at(TAB, "Ada", "Category"), "Typed")
    own.settle()
    assert len(own.reviews()) == 1
    change_field(own, "category")
    own.settle()
    assert own.reviews() == []
    assert "Typed" in own.kept()


def test_open_review_of_a_renamed_field_goes_on(own: World) -> None:
    """A question about a field is asked on under its new name, and can be answered."""
    own.give_authority(Side.CRM)
    own.type(TAB, own.at(TAB, "Ada", "Category"), "Typed")
    own.settle()
    change_field(own, "category", 'topic: Text | None = column("Topic", formerly=("category",))')
    (entry,) = own.reviews()
    assert entry.review.field == "topic"
    with own.ws.crm.database.transaction():
        own.ws.crm.reviews.answer(entry.id, type(entry.review.standing).ACCEPTED, at="now")
    own.settle()
    assert own.record("influencers", "Ada").values["topic"] == "Typed"


TOPIC = 'topic: Text | None = column("Topic", formerly=("category",))'


def undo_last(world: World, name: str) -> Undoing:
    """Take back the last change of a row."""
    found = find_row(world.ws, name)
    return undo(world.ws, wanted_of_row(world.ws, found, name, "", moment=""), by="admin")


@ANY_SIDE
@pytest.mark.parametrize("by", ["cycle", "row"])
def test_edit_before_a_rename_is_undone(own: World, side: Side, by: str) -> None:
    """What was typed under a field's former name can be taken back, and that be undone as well."""
    own.type(TAB, own.at(TAB, "Ada", "Category"), "Typed")
    own.settle()
    cycle = str(own.history()[0]["cycle"])
    own.give_authority(side)
    change_field(own, "category", TOPIC)
    set_up(own.ws)
    own.settle()
    if by == "row":
        done = undo_last(own, "Ada")
    else:
        done = undo(own.ws, wanted_of(own.ws, cycle), by="admin")
    assert (done.done, done.reversal.kept) == (1, ())
    assert own.record("influencers", "Ada").values["topic"] == "Tech"
    assert column_of(own, "Topic") == ["Tech", "Food", "Art"]
    undo(own.ws, wanted_of(own.ws, done.changeset), by="admin")
    assert column_of(own, "Topic") == ["Typed", "Food", "Art"]
    asks_nothing(own)


def test_record_that_was_deleted_before_a_rename_is_made_again(own: World) -> None:
    """A record comes back whole, also what it held in a field that has another name since."""
    own.crm("DELETE FROM influencers WHERE name = 'Cleo'")
    own.give_authority(Side.CRM)
    own.settle()
    change_field(own, "category", TOPIC)
    set_up(own.ws)
    own.settle()
    lost = next(e["row"] for e in own.history() if e["outcome"] == "deleted")
    done = undo_last(own, str(lost))
    assert (done.done, done.reversal.kept) == (1, ())
    assert own.record("influencers", "Cleo").values["topic"] == "Art"


@pytest.mark.parametrize("name", ["category", "topic", "subject"])
def test_history_of_a_field_is_found_by_any_of_its_names(own: World, name: str) -> None:
    """Entries stay as they were written; each name finds them all, and the renames among them."""
    own.type(TAB, own.at(TAB, "Ada", "Category"), "One")
    own.settle()
    change_field(own, "category", TOPIC)
    own.type(TAB, own.at(TAB, "Ada", "Category"), "Two")
    own.settle()
    change_field(own, "topic", 'subject: Text | None = column("Topic", formerly=("topic",))')
    change_field(own, "subject", 'subject: Text | None = column("Topic")')
    row = find_row(own.ws, "Ada").row
    found = own.ws.crm.history.entries(Search(table="influencers", row=row, field=name))
    assert [(e["field"], e["after"]) for e in found] == [
        ("subject", "subject"), ("topic", "Two"), ("topic", "topic"), ("category", "One"),
    ]  # fmt: skip
    assert {e["called"] for e in found} == {"subject"}


def test_name_that_is_used_anew_has_a_past_of_its_own(own: World) -> None:
    """A new field under the name that another one had is not taken for it."""
    own.type(TAB, own.at(TAB, "Ada", "Category"), "Typed")
    own.settle()
    change_field(own, "category", TOPIC)
    change_field(own, "topic", 'topic: Text | None = column("Topic")')
    add_field(own, 'category: Text | None = column("Kind")')
    set_up(own.ws)
    own.type(TAB, own.at(TAB, "Ada", "Kind"), "New")
    own.settle()
    found = own.ws.crm.history.entries(Search(table="influencers", field="topic"))
    assert [e["after"] for e in found] == ["topic", "Typed"]
    assert undo_last(own, "Ada").done == undo_last(own, "Ada").done == 1
    values = own.record("influencers", "Ada").values
    assert (values["category"], values["topic"]) == (None, "Tech")


@ANY_SIDE
def test_edit_before_a_retype_is_undone(own: World, side: Side) -> None:
    """Values of before are compared as what they mean since the column holds something else."""
    own.type(TAB, own.at(TAB, "Ada", "Followers"), 777)
    own.settle()
    own.give_authority(side)
    change_field(own, "followers", 'reach: Text | None = column("Reach", formerly=("followers",))')
    set_up(own.ws)
    own.settle()
    assert own.record("influencers", "Ada").values["reach"] == "777"
    done = undo_last(own, "Ada")
    assert (done.done, done.reversal.kept) == (1, ())
    assert own.record("influencers", "Ada").values["reach"] == "100"
    asks_nothing(own)


def test_edit_to_what_is_refused_since_a_retype_stays(own: World) -> None:
    """An undo puts back nothing that the column cannot hold any more; it says so."""
    own.type(TAB, own.at(TAB, "Ada", "Category"), "'12")
    own.settle()
    change_field(own, "category", 'category: Count | None = column("Category", example="12")')
    set_up(own.ws)
    own.settle()
    (kept,) = undo_last(own, "Ada").reversal.kept
    assert (kept.why, kept.before, kept.now) == (Why.REFUSED, "Tech", 12)


def test_formula_replaced_before_a_rename_is_put_back(own: World) -> None:
    """A formula that had to give way returns to its column, whatever that is called by now."""
    own.type(TAB, own.at(TAB, "Ada", "Followers"), "=50*2")
    own.settle()
    own.give_authority(Side.CRM)
    own.crm("UPDATE influencers SET followers = 7 WHERE name = 'Ada'")
    own.settle()
    change_field(own, "followers", 'reach: Count | None = column("Reach", formerly=("followers",))')
    set_up(own.ws)
    own.settle()
    (entry,) = replaced_formulas(own.ws)
    put_back(own.ws, [int(entry["id"])])
    assert own.row(TAB, "Ada")["Reach"] == 100


def send_without_answer(world: World) -> None:
    """Let a write be applied of which nobody knows, with something typed into its cell before."""
    world.crm("UPDATE influencers SET category = 'From the CRM' WHERE name = 'Ada'")
    world.crm("UPDATE cooperations SET cost = 42")
    world.fault("drop_answer")
    place = world.at(TAB, "Ada", "Category")
    world.client.before = lambda: (
        world.type(TAB, place, "Typed"),
        world.fault("status", method="spreadsheets.getByDataFilter", status=503, times=9),
    )
    with pytest.raises((OutcomeUnknownError, SheetBusyError)):
        world.cycle()
    world.clear_faults()


CHANGES = {
    "removed": lambda w: change_field(w, "category"),
    "renamed": lambda w: change_field(
        w, "category", 'topic: Text | None = column("Topic", formerly=("category",))'
    ),
    "of another kind": lambda w: change_field(
        w, "category", 'category: Count | None = column("Category")'
    ),
    "of a table that goes": lambda w: (
        (schema_file(w).parent / "cooperation.py").unlink(),
        w.restart(),
    ),
}


@pytest.mark.parametrize("how", CHANGES)
def test_schema_changed_while_an_outcome_is_unknown(own: World, how: str) -> None:
    """A write that was sent under the old schema is judged under the new one, and loses nothing."""
    own.give_authority(Side.CRM)
    own.settle()
    send_without_answer(own)
    CHANGES[how](own)
    assert own.ws.crm.operations.has_unknown()
    for _ in range(3):
        own.cycle()
    assert not own.ws.crm.operations.has_unknown()
    shown = repr(own.grid(TAB))
    assert "Typed" in own.kept() + shown
    assert "From the CRM" in shown
    own.settle()
    is_fixpoint(own)


def test_titles_that_a_schema_exchanges_follow(own: World) -> None:
    """Two fields that trade their titles keep their columns, values and, after init, titles."""
    path = schema_file(own)
    text = path.read_text(encoding="utf-8")
    swapped = text.replace('"Category"', '"-"').replace('"Notes"', '"Category"')
    path.write_text(swapped.replace('"-"', '"Notes"'), encoding="utf-8")
    own.restart()
    own.settle()
    set_up(own.ws)
    own.settle()
    assert column_of(own, "Notes") == ["Tech", "Food", "Art"]
    assert own.record("influencers", "Ada").values["category"] == "Tech"
    asks_nothing(own)
