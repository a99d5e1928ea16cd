"""`syncd doctor` as an operator runs it."""

from pathlib import Path

from tests.cli.command import syncd
from tests.world import World


def test_doctor_tells_one_document(filled: World, place: Path) -> None:
    """With --json it is one document, and nothing else on standard output."""
    done = syncd("doctor", "--json", folder=place)
    assert done.code == 0, done.out + done.err
    document = done.document
    assert (document["version"], document["ok"], document["fixed"]) == (1, True, 0)
    assert {"part", "state", "what", "hint", "fixable"} == set(document["lines"][0])


def test_doctor_heals_by_command(filled: World, place: Path) -> None:
    """A deleted token is told with exit code 3, and mended by --fix."""
    named = filled.book()["namedRanges"][0]["namedRangeId"]
    filled.batch({"deleteNamedRange": {"namedRangeId": named}})
    told = syncd("doctor", folder=place)
    assert told.code == 3, told.out + told.err
    assert "--fix" in told.out
    healed = syncd("doctor", "--fix", folder=place)
    assert healed.code == 0, healed.out + healed.err
    assert "Mended" in healed.out
    assert syncd("sync", folder=place).code == 0
