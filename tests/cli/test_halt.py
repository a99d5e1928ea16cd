"""`syncd halt`, and how status and the exit code say why nothing is written."""

from tests.cli.conftest import Run
from tests.world import World

TAB = "Influencers"


def test_halt_holds_back_until_it_is_approved(filled: World, run: Run) -> None:
    """Halted: exit code 3 with the reason and the digest; approved: everything is carried out."""
    filled.type(TAB, filled.at(TAB, "Ada", "Followers"), 111)
    halted = run("halt", "influencers", "--why", "moving office", "--json")
    assert halted.code == 0
    digest = halted.document["digest"]
    status = run("status")
    assert status.code == 3
    assert "halted by hand: moving office" in status.out
    assert digest in status.out
    assert run("sync").code == 3
    assert filled.row(TAB, "Ada")["Sync"] == (
        "Paused: halted by hand: moving office; an admin has to look at it"
    )
    switch = run("connect", "--yes")
    assert switch.code == 3
    assert run("approve", digest).code == 0
    assert run("status").code == 0
    assert run("sync").code == 0
    assert filled.row(TAB, "Ada")["Sync"] == "In sync"
    assert run("approve", digest).code == 2


def test_halt_of_everything_is_one_digest(filled: World, run: Run) -> None:
    """Without a table all of them are halted, and one approval lifts it."""
    digest = run("halt", "--json").document["digest"]
    held = {halt["table"] for halt in run("status", "--json").document["halts"]}
    assert held == {"campaigns", "influencers", "cooperations"}
    assert run("approve", digest).code == 0
    assert run("status", "--json").document["ok"]


def test_halt_of_no_table_is_refused(filled: World, run: Run) -> None:
    """A name that is not there is told with the nearest one."""
    done = run("halt", "influencer")
    assert done.code == 2
    assert "influencers" in done.err


def test_status_says_what_stopped_the_last_cycle(filled: World, run: Run) -> None:
    """Somebody cleared syncd's own tab: sync and status end with 3 and say what to do."""
    control = next(s for s in filled.book()["sheets"] if s["properties"]["title"] == "_syncd")
    where = {"sheetId": control["properties"]["sheetId"]}
    filled.batch({"updateCells": {"range": where, "fields": "userEnteredValue"}})
    assert run("sync").code == 3
    status = run("status")
    assert status.code == 3
    assert "_syncd" in status.out
    assert run("status", "--json").document["trouble"]["hint"]


def test_policy_words_are_checked_and_kept(filled: World, run: Run) -> None:
    """Of an act, a table, or an act or a field of a table; wrong names are told with the right."""
    for words, near in (
        ("merg", "merge"),
        ("influencer=merge", "influencers"),
        ("influencers.follower=merge", "followers"),
        ("influencers.removal=reject", "removals"),
        ("edit=merge", "edits"),
        ("merge,review", "two things"),
    ):
        done = run("connect", "--policy", words, "--dry-run")
        assert done.code == 2, words
        assert near in done.err, (words, done.err)
    words = "review,new_rows=merge,campaigns=reject,influencers.removals=reject"
    done = run("connect", "--yes", "--json", "--policy", f"{words},influencers.followers=merge")
    assert done.code == 0
    policies = run("status", "--json").document["policies"]
    assert policies["influencers"] == {
        "edits": "review",
        "new_rows": "merge",
        "removals": "reject",
        "fields": {"followers": "merge"},
    }
    assert policies["campaigns"]["edits"] == policies["campaigns"]["removals"] == "reject"
    assert policies["cooperations"]["removals"] == "review"
