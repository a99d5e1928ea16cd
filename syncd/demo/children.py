"""The processes of the demo: real ones, watched while something is waited for, and never left.

Each child runs in a session of its own, so that a Ctrl-C in the terminal reaches the demo only,
which then ends its children in order. Whatever ends the demo, its children end first.
"""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from syncd.errors import SyncdError

T = TypeVar("T")
POLL_S = 0.05
END_S = 10.0  # how long a child may take to end when it is asked to
KILL_S = 1.0  # the same where something went wrong
DEATH_S = 1.0  # how long a death may take to be seen after a connection broke
LOOPBACK = "127.0.0.1"


class DemoError(SyncdError):
    """The demo cannot go on: a process of it ended, or what it shows did not hold."""


class Child:
    """A `syncd` process with a log file; `name` is what people call it."""

    def __init__(
        self, name: str, arguments: Sequence[str], *, log: Path, out: Path | None = None
    ) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as errors, (out or log).open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 # our own program, no shell
                [sys.executable, "-m", "syncd", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env=_environment(),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process's number."""
        return self.process.pid

    def how_it_ended(self) -> str:
        """Return how it ended in words, nothing while it runs."""
        code = self.process.poll()
        if code is None:
            return ""
        if code < 0:
            return f"was killed ({signal.Signals(-code).name})"
        return f"ended by itself (exit code {code}). {self._last_words()}".strip()

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return " ".join(said[-2:])[:400]

    def end(self, patience_s: float) -> None:
        """Ask it to end, and make it end where it does not."""
        if self.process.poll() is not None:
            return
        self._signal(signal.SIGINT)  # the sandbox closes its file by this one only
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self.process.wait()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def _environment() -> dict[str, str]:
    """Return the environment without the person's own settings: these are for a real workspace."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith("SYNCD_")}
    for name in ("NO_PROXY", "no_proxy"):  # the sandbox is on this machine
        kept[name] = ",".join(part for part in (kept.get(name), LOOPBACK) if part)
    return kept | {"PYTHONUNBUFFERED": "1"}


class Family:
    """The children of one demo; `again` tells a person what to do when one of them died."""

    def __init__(self, folder: Path, *, again: str) -> None:
        self.folder = folder
        self.again = again
        self.children: list[Child] = []  # those that last
        self._all: list[Child] = []
        self._beginning = False
        self._stopped_by = 0

    def start(self, name: str, *arguments: str) -> Child:
        """Start a child that lasts."""
        child = self._begin(name, arguments, log=self.folder / f"{name}.log")
        self.children.append(child)
        return child

    def _begin(
        self, name: str, arguments: Sequence[str], *, log: Path, out: Path | None = None
    ) -> Child:
        """Start a child; a signal meanwhile waits until it is known, so that it can be ended."""
        self._beginning = True
        child = Child(name, arguments, log=log, out=out)
        self._all.append(child)
        self._beginning = False
        if self._stopped_by:
            self.stop(self._stopped_by, None)
        return child

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Stop playing because of a signal."""
        del frame
        if self._beginning:
            self._stopped_by = number
        elif number == signal.SIGINT:
            raise KeyboardInterrupt
        else:
            raise SystemExit(128 + number)

    def end_one(self, child: Child) -> None:
        """End a child as an operator does; the others go on."""
        self.children.remove(child)
        child.end(END_S)

    def end(self, patience_s: float) -> None:
        """End all children, the last one first."""
        self.children.clear()
        while self._all:
            self._all.pop().end(patience_s)

    def check(self, patience_s: float = 0.0) -> None:
        """Raise where a child died, now or within some time."""
        until = time.monotonic() + patience_s
        while True:
            for child in self.children:
                if ended := child.how_it_ended():
                    raise DemoError(
                        f"the {child.name} (process {child.pid}) {ended}",
                        on=str(child.log),
                        hint=self.again,
                    )
            if time.monotonic() >= until:
                return
            time.sleep(POLL_S)

    def wait(
        self, probe: Callable[[], T | None], *, seconds: float, missing: Callable[[], str]
    ) -> T:
        """Return what `probe` finds as soon as it does; `missing` says what did not come."""
        until = time.monotonic() + seconds
        while True:
            self.check()
            found = probe()
            if found is not None:
                return found
            if time.monotonic() >= until:
                raise DemoError(
                    f"in {seconds:g} s {missing()}",
                    on=str(self.folder),
                    hint=f"The logs in this folder may say why. {self.again}",
                )
            time.sleep(POLL_S)

    def run(self, *arguments: str, seconds: float = 120.0) -> Any:
        """Run one command to its end while the others are watched; return its JSON document."""
        out, log = self.folder / "command.json", self.folder / "command.log"
        out.unlink(missing_ok=True)
        log.unlink(missing_ok=True)
        command = self._begin("command", arguments, log=log, out=out)
        told = " ".join(("syncd", *arguments[:2]))
        try:
            self.wait(
                lambda: True if command.how_it_ended() else None,
                seconds=seconds,
                missing=lambda: f"`{told}` did not end",
            )
        finally:
            command.end(KILL_S)
        document = _parsed(out)
        if command.process.returncode:
            self.check(DEATH_S)
            raise _failed(told, command, document)
        return document


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None


def _failed(told: str, command: Child, document: Any) -> DemoError:
    """Return what a command said about its failure, in its own words."""
    error = document.get("error") if isinstance(document, dict) else None
    said = error["what"] if error else f"it {command.how_it_ended()}"
    hint = error["hint"] if error else f"Its words are in {command.log}."
    return DemoError(f"`{told}` failed: {said}", on=str((error and error["on"]) or ""), hint=hint)


@contextlib.contextmanager
def family(folder: Path, *, again: str) -> Iterator[Family]:
    """Have children, and end them whatever happens: an error, Ctrl-C, SIGTERM, a closed terminal.

    SIGINT is raised as KeyboardInterrupt, the others as SystemExit.
    """
    members = Family(folder, again=again)
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, members.stop) for number in numbers}
    patience_s = END_S
    try:
        yield members
    except Exception:
        patience_s = KILL_S
        raise
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C does not orphan anybody
        try:
            members.end(patience_s)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def own_name() -> str:
    """Return what a person types to call this program from the folder that they are in."""
    if shutil.which("syncd"):
        return "syncd"
    called = Path(sys.argv[0])
    if called.name == "syncd":
        return shlex.quote(str(called))
    return f"{shlex.quote(sys.executable)} -m syncd"
