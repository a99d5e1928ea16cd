"""What docs/sandbox.md says is so: its tables are those of the code, and its examples run."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "sandbox.md"


def test_tables_are_those_of_the_code() -> None:
    """Each generated table is what the code makes it now: `cog -r docs/sandbox.md` renews them."""
    command = [sys.executable, "-m", "cogapp", "--check", "-I", str(ROOT / "docs"), str(PAGE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nrun: cog -I docs -r docs/sandbox.md"


def test_pytest_example_runs(tmp_path: Path) -> None:
    """The page's example of a test passes as it stands, in a project that has nothing else."""
    plugin, example = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "conftest.py").write_text(plugin, "utf-8")
    (tmp_path / "test_example.py").write_text(example, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
