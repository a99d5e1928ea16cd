"""The daemon: cycle after cycle, woken by the CRM's file and by the clock."""

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import watchfiles

from syncd.config import Config
from syncd.crm.lease import Lease, Process
from syncd.crm.locks import only_daemon, working_on
from syncd.cycle.report import Report
from syncd.cycle.run import run_cycle
from syncd.cycle.workspace import Workspace
from syncd.errors import LeaseLostError, OutdatedError, Remedy, SyncdError

log = logging.getLogger("syncd")

BACKOFF_MAX_S = 60.0
READS_OF_A_CYCLE = 3
RENEW_S = 60.0


class Daemon:
    """Runs cycles until it is told to stop."""

    def __init__(
        self, config: Config, tell: Callable[[str], None], *, taking_over: bool = False
    ) -> None:
        self.config = config
        self.tell = tell
        self.taking_over = taking_over
        self.holder = ""
        self.renewed = 0.0
        self.stopping = threading.Event()
        self.wake = threading.Event()

    def run(self) -> None:
        """Run until SIGINT or SIGTERM.

        What is wrong at the start ends it; once a cycle has succeeded, everything is waited out and
        told once: access that comes back, or a disk that has room again, needs no restart.
        """
        ws = Workspace.open(self.config, self.tell)
        try:
            who = Lease(ws.crm.database).held()
            with only_daemon(self.config.crm_path, who=str(who) if who else ""):
                self._take_lease(ws)
                self.tell(f"Keeps {self.config.spreadsheet} and {self.config.crm_path} aligned.")
                ws = self._watched(ws)
                Lease(ws.crm.database).release(self.holder)
            self.tell("Stopped.")
        finally:
            ws.close()

    def _take_lease(self, ws: Workspace) -> None:
        """Say in the database who runs; one elsewhere that may still run keeps this one out."""
        self.holder, here = ws.nonce(), Process.here()
        Lease(ws.crm.database).take(self.holder, here, at=ws.now(), over=self.taking_over)
        self.renewed = time.monotonic()

    def _watched(self, ws: Workspace) -> Workspace:
        """Run until stopped, woken by what others write; return the workspace as it is then."""
        watcher = threading.Thread(target=self._watch, daemon=True)
        watcher.start()
        try:
            while not self.stopping.is_set():
                ws = self._loop(ws)
        finally:
            self.stop()
            watcher.join(timeout=5)
        return ws

    def stop(self, *_: object) -> None:
        """Finish the cycle that runs, then end."""
        self.stopping.set()
        self.wake.set()

    def stop_on_signals(self) -> None:
        """Let the usual signals end the daemon between two cycles."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)

    def _reopened(self, ws: Workspace) -> Workspace:
        """Go on with the schemas as they are now."""
        self.tell("The schemas were changed; going on with them as they are now.")
        ws.close()
        return Workspace.open(self.config, self.tell)

    def _keep_lease(self, ws: Workspace) -> None:
        """See that no other daemon took over, and say now and then that this one is there."""
        lease = Lease(ws.crm.database)
        if time.monotonic() - self.renewed < RENEW_S:
            lease.require(self.holder)
        else:
            lease.keep(self.holder, at=ws.now())
            self.renewed = time.monotonic()

    def _loop(self, ws: Workspace) -> Workspace:
        """Run cycles until stopped, or until the schemas are others."""
        said, failures, worked, troubled = "", 0, False, False
        while not self.stopping.is_set():
            wait_s, seen = self.config.sheet.interval_s, 0
            try:
                with working_on(self.config.crm_path):
                    self._keep_lease(ws)
                    seen = ws.crm.database.version()[0]
                    report = run_cycle(ws)
                text, failures, worked, trouble = describe(report), 0, True, report.halted
                wait_s = 0.0 if report.pending and not report.halted else wait_s
            except OutdatedError:
                return self._reopened(ws)
            except LeaseLostError:
                raise
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
        return ws

    def _quota_s(self, ws: Workspace) -> float:
        """Return how long Google's quota keeps the next cycle waiting, and say so.

        It is waited for here, where nobody else is kept from the database meanwhile.
        """
        quota_s = ws.client.quota.free_in("read", READS_OF_A_CYCLE)
        if quota_s > self.config.sheet.interval_s:
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
            + (f" ({halt.count} of {halt.of} rows)" if halt.of else "")
            + (f"; `syncd approve {halt.digest}` lets it through" if halt.digest else "")
            for halt in held
        )
    changed = {name: table.changed for name, table in report.tables.items() if table.changed}
    if not changed:
        return ""
    parts = ", ".join(f"{count} in {name}" for name, count in changed.items())
    return f"Cycle {report.cycle}: rows changed: {parts}."
