"""What docs/probe.md says is so: its tables are those of the probes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "probe.md"


def test_tables_are_those_of_the_probes() -> None:
    """Each table is what the code makes it now: `cog -I docs -r docs/probe.md` renews them."""
    command = [sys.executable, "-m", "cogapp", "--check", "-I", str(ROOT / "docs"), str(PAGE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nrun: cog -I docs -r docs/probe.md"
