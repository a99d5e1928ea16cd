"""The daemon: cycle after cycle, woken by the CRM's file and by the clock."""

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import watchfiles
from filelock import FileLock, Timeout

from syncd.config import Config
from syncd.cycle.run import Report, run_cycle
from syncd.cycle.workspace import Workspace
from syncd.errors import BusyError, CrmError, Remedy, SyncdError

log = logging.getLogger("syncd")

LOCK_WAIT_S = 60.0
DAEMON_WAIT_S = 0.5
BACKOFF_MAX_S = 60.0
READS_OF_A_CYCLE = 3


def working_on(crm_path: Path) -> AbstractContextManager[None]:
    """Hold the database for one piece of work: a cycle, an import, a switch."""
    busy = BusyError(
        "another syncd works on this database",
        on=str(crm_path),
        hint="Wait until it is done, or stop it.",
    )
    return _locked(f"{crm_path}.lock", LOCK_WAIT_S, busy)


def only_daemon(crm_path: Path, wait_s: float = DAEMON_WAIT_S) -> AbstractContextManager[None]:
    """Be the one daemon of a database; who only asks for one holds its lock for a moment."""
    busy = BusyError(
        "a syncd daemon runs for this database already",
        on=str(crm_path),
        hint="Stop it first; `syncd sync` works beside it.",
    )
    return _locked(f"{crm_path}.daemon.lock", wait_s, busy)


@contextlib.contextmanager
def _locked(path: str, wait_s: float, busy: BusyError) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=wait_s)
    except Timeout as error:
        raise busy from error
    except OSError as error:
        raise CrmError(
            f"the lock of the database cannot be taken: {error.strerror}",
            on=path,
            hint="Give the account that runs syncd write access to the database's folder.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def is_running(crm_path: Path) -> bool:
    """Whether a daemon runs for a database."""
    if not Path(f"{crm_path}.daemon.lock").exists():
        return False
    try:
        with only_daemon(crm_path, wait_s=0):
            return False
    except BusyError:
        return True


class Daemon:
    """Runs cycles until it is told to stop."""

    def __init__(self, config: Config, tell: Callable[[str], None]) -> None:
        self.config = config
        self.tell = tell
        self.stopping = threading.Event()
        self.wake = threading.Event()

    def run(self) -> None:
        """Run until SIGINT or SIGTERM.

        What is wrong at the start ends it; once a cycle has succeeded, everything is waited out and
        told once: access that comes back, or a disk that has room again, needs no restart.
        """
        with Workspace.open(self.config, self.tell) as ws, only_daemon(self.config.crm_path):
            self.tell(f"Keeps {self.config.spreadsheet} and {self.config.crm_path} aligned.")
            watcher = threading.Thread(target=self._watch, daemon=True)
            watcher.start()
            try:
                self._loop(ws)
            finally:
                self.stop()
                watcher.join(timeout=5)
            self.tell("Stopped.")

    def stop(self, *_: object) -> None:
        """Finish the cycle that runs, then end."""
        self.stopping.set()
        self.wake.set()

    def stop_on_signals(self) -> None:
        """Let the usual signals end the daemon between two cycles."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)

    def _loop(self, ws: Workspace) -> None:
        said, failures, worked, troubled = "", 0, False, False
        while not self.stopping.is_set():
            wait_s, seen = self.config.sheet.poll_s, 0
            try:
                with working_on(self.config.crm_path):
                    seen = ws.crm.database.version()[0]
                    report = run_cycle(ws)
                text, failures, worked, trouble = describe(report), 0, True, report.halted
                wait_s = 0.0 if report.pending and not report.halted else wait_s
            except SyncdError as error:
                if not worked and error.remedy in (Remedy.USAGE, Remedy.REPAIR):
                    raise
                failures, trouble = failures + 1, True
                text = f"{error}. {error.hint}".strip()
                wait_s = min(BACKOFF_MAX_S, wait_s * 2 ** min(failures - 1, 6))
            if troubled and not trouble:
                self.tell("All is well again.")
            if text != said and text:
                self.tell(text)
            said, troubled = text, trouble
            self._rest(ws, max(wait_s, self._quota_s(ws)), seen)

    def _quota_s(self, ws: Workspace) -> float:
        """Return how long Google's quota keeps the next cycle waiting, and say so.

        It is waited for here, where nobody else is kept from the database meanwhile.
        """
        quota_s = ws.client.quota.free_in("read", READS_OF_A_CYCLE)
        if quota_s > self.config.sheet.poll_s:
            self.tell(
                f"Google's quota of this minute is used up; the next cycle in {quota_s:.0f} s."
            )
        return quota_s

    def _rest(self, ws: Workspace, wait_s: float, seen: int) -> None:
        """Wait for the next poll, or until another program has changed the database.

        The file changes when somebody only reads it as well, and by our own writes.
        """
        until = time.monotonic() + wait_s
        while not self.stopping.is_set() and (left_s := until - time.monotonic()) > 0:
            if not self.wake.wait(left_s):
                return
            self.wake.clear()
            with contextlib.suppress(SyncdError):
                if ws.crm.database.version()[0] == seen:
                    continue
            until = min(until, time.monotonic() + ws.client.quota.free_in("read", 1))

    def _watch(self) -> None:
        """Wake the loop when another program changes the database's files."""
        path = self.config.crm_path.resolve()
        names = {path.name, f"{path.name}-wal"}

        def concerns(_: object, changed: str) -> bool:
            return Path(changed).name in names

        changes = watchfiles.watch(
            path.parent,
            watch_filter=concerns,
            stop_event=self.stopping,
            recursive=False,
            debounce=200,
            step=50,
        )
        for _ in changes:
            self.wake.set()


def describe(report: Report) -> str:
    """Say in a line what a cycle did; nothing where it did nothing."""
    if report.halted:
        held = [halt for table in report.tables.values() for halt in table.halts]
        return "; ".join(
            f"{halt.table} held back: {halt.rail}"
            + (
                f" ({halt.count} of {halt.of} rows); `syncd approve {halt.digest}` lets it through"
                if halt.digest
                else ""
            )
            for halt in held
        )
    changed = {name: table.changed for name, table in report.tables.items() if table.changed}
    if not changed:
        return ""
    parts = ", ".join(f"{count} in {name}" for name, count in changed.items())
    return f"Cycle {report.cycle}: rows changed: {parts}."
