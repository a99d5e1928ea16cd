"""The command line as its users meet it: a process of its own, a config file, a sandbox."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.world import World

TIMEOUT_S = 60


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a command left behind: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document that is all of standard output."""
        return json.loads(self.out)


def syncd(
    *words: object,
    folder: Path,
    env: Mapping[str, str] | None = None,
    **more: Any,
) -> Outcome:
    """Run a command in a folder to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "syncd", *map(str, words)],
        cwd=folder,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        **more,
    )
    return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child: ours, without what would lead it elsewhere."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SYNCD_")}
    return ours | {"COLUMNS": "100", **(more or {})}


def write_config(world: World, extra: str = "", *, poll_s: float = 1, **sheet: str) -> Path:
    """Write the config of a world as an operator does."""
    keys = {"spreadsheet": world.spreadsheet, "credentials": "key.json", "endpoint": world.box.url}
    lines = ["[sheet]", *(f'{key} = "{value}"' for key, value in (keys | sheet).items())]
    path = world.folder / "config.toml"
    path.write_text("\n".join([*lines, f"poll_s = {poll_s}", extra]), encoding="utf-8")
    return path


@contextmanager
def daemon(folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    """Run the daemon in a folder while a block runs; give the process and its log."""
    log = folder / "daemon.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "syncd", "run"],
            cwd=folder,
            env=environment(),
            stdout=file,
            stderr=file,
        )
    try:
        yield process, log
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


def wait_for(holds: Callable[[], object], within_s: float) -> float:
    """Wait until something holds; return how long that took, or fail."""
    start = time.monotonic()
    while not holds():
        assert time.monotonic() - start < within_s, f"not within {within_s} s"
        time.sleep(0.03)
    return time.monotonic() - start


def assert_failed(outcome: Outcome, code: int, *told: str) -> None:
    """A command failed with this code, in words that name what, on what and what to do next."""
    assert outcome.code == code, (outcome.code, outcome.out, outcome.err)
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert "did not foresee" not in outcome.err
    assert re.search(r"^Error: \S", outcome.err, re.MULTILINE), outcome.err
    assert re.search(r"^Error: .*\n  [A-Z`“].*\S", outcome.err, re.MULTILINE), outcome.err
    for text in told:
        assert text in outcome.err, (text, outcome.err)


def assert_failed_json(outcome: Outcome, code: int) -> dict[str, str]:
    """A command with --json failed with this code, and standard output is one document."""
    assert outcome.code == code, (outcome.code, outcome.out, outcome.err)
    assert "Traceback" not in outcome.err
    document = outcome.document
    assert document["ok"] is False
    assert document["version"] == 1
    error: dict[str, str] = document["error"]
    assert set(error) == {"what", "on", "hint"}
    assert error["what"]
    return error
