"""A sheet that the machine cannot hold is refused before anything is decoded or written."""

import gzip
from pathlib import Path

import pytest

from syncd.errors import HaltedError
from syncd.sheet.capacity import BESIDE_MB, memory_mb, needed_mb, unzipped_size
from tests.world import World


def test_too_large_a_sheet_is_refused_and_goes_on_when_there_is_room(filled: World) -> None:
    """Nothing is written on either side, `status` can say why, and more memory is enough."""
    kept, revision = filled.dump(), filled.revision()
    filled.ws.client.memory_mb = BESIDE_MB - 1
    filled.type("Influencers", filled.at("Influencers", "Ada", "Category"), "Typed")
    revision = filled.revision()
    with pytest.raises(HaltedError, match="MB of memory, and syncd has") as raised:
        filled.cycle()
    assert "sheet.memory_mb" in raised.value.hint
    assert filled.revision() == revision
    assert [line for line in filled.dump() if "'trouble'" not in line] == [
        line for line in kept if "'trouble'" not in line
    ]
    trouble = filled.ws.trouble()
    assert trouble is not None
    assert trouble["on"] == filled.spreadsheet
    filled.ws.client.memory_mb = memory_mb()
    filled.settle()
    assert filled.record("influencers", "Ada").values["category"] == "Typed"
    assert filled.ws.trouble() is None


def test_memory_is_what_the_container_has(tmp_path: Path) -> None:
    """The smaller of machine and container counts; what is no number does not."""
    limit = tmp_path / "memory.max"
    machine = memory_mb(limit)
    for text in ("max", "", "none"):
        limit.write_text(text)
        assert memory_mb(limit) == machine
    limit.write_text(f"{64 * 1024 * 1024}\n")
    assert memory_mb(limit) == min(64, machine)


def test_size_is_known_before_anything_is_unzipped() -> None:
    """The last bytes of zipped ones say how many there are; more need more memory."""
    assert unzipped_size(gzip.compress(b"x" * 70_000)) == 70_000
    assert needed_mb(70_000_000) > needed_mb(7_000_000) > BESIDE_MB
