"""`syncd review` decides by number, by filter, and with another value."""

import pytest

from tests.cli.conftest import Run
from tests.world import World

TAB = "Influencers"


@pytest.fixture
def asked(filled: World, run: Run) -> World:
    """A connected workspace in which three edits and a new row wait."""
    assert run("connect", "--yes").code == 0
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 111)
    filled.type(TAB, filled.at(TAB, "Bea", "Followers"), "a lot")
    filled.type(TAB, filled.at(TAB, "Cleo", "Category"), "Music")
    filled.type(TAB, "A5", [["Dan", "blog", "dan", "Art", 5]])
    assert run("sync").code == 0
    return filled


def entries(run: Run, *words: str) -> list[dict[str, object]]:
    """Return what a list shows."""
    found: list[dict[str, object]] = run("review", "list", "--json", *words).document
    return found


def test_review_is_decided_by_filter_and_with_another_value(asked: World, run: Run) -> None:
    """What is meant is shown first; what cannot be taken stays open and can be mended."""
    assert len(entries(run)) == 4
    assert [e["label"] for e in entries(run, "--field", "category")] == ["Cleo"]
    assert [e["kind"] for e in entries(run, "--kind", "new")] == ["new"]
    assert not entries(run, "--side", "crm")
    assert not entries(run, "--since", "2999-01-01")
    unsure = run("review", "accept", "--field", "followers")
    assert unsure.code == 2
    assert "“111”" in unsure.err
    assert "--yes" in unsure.err
    assert len(entries(run)) == 4
    taken = run("review", "accept", "--field", "followers", "--yes")
    assert taken.code == 0
    assert "1 accepted" in taken.out
    assert "1 cannot be taken" in taken.out
    (open_,) = entries(run, "--field", "followers")
    wrong = run("review", "edit", open_["id"], "--value", "many")
    assert (wrong.code, "many" in wrong.err) == (2, True)
    assert run("review", "edit", open_["id"], "--value", "2,500").code == 0
    assert run("review", "reject", "--table", "influencers", "--kind", "edit", "--yes").code == 0
    assert run("sync").code == 0
    assert asked.row(TAB, "Ada")["Followers"] == 111
    assert asked.row(TAB, "Bea")["Followers"] == 2500
    assert asked.row(TAB, "Cleo")["Category"] == "Art"
    assert [e["kind"] for e in entries(run)] == ["new"]
    standings = {e["label"]: e["standing"] for e in entries(run, "--all")}
    assert standings == {"Ada": "taken", "Bea": "taken", "Cleo": "rejected", "Dan": "open"}


def test_review_refuses_what_means_nothing(asked: World, run: Run) -> None:
    """Neither numbers nor a filter, both, and names that are not there."""
    for words in (
        ("accept",),
        ("accept", "1", "--table", "influencers"),
        ("list", "--table", "influencer"),
        ("list", "--table", "influencers", "--field", "follower"),
        ("reject", "--field", "nonsense", "--yes"),
        ("accept", "99"),
    ):
        done = run("review", *words)
        assert done.code == 2, words
        assert "Traceback" not in done.err
    assert len(entries(run)) == 4


def test_new_row_is_not_edited_by_value(asked: World, run: Run) -> None:
    """A whole row is mended where it stands."""
    (new,) = entries(run, "--kind", "new")
    done = run("review", "edit", new["id"], "--value", "5")
    assert done.code == 2
    assert "not about one field" in done.err
