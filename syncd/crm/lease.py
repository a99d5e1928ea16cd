"""The lease: which daemon works with a database, for people and for daemons on other hosts.

On one host the operating system says who lives: a lock that ends with its process. Across hosts
(a folder that several of them share) it often says nothing, so the database says it as well. Time
never decides: a lease does not run out. It passes on when its process is known to be gone, or
when a person says so.
"""

import hashlib
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from syncd.crm.database import Database
from syncd.errors import BusyError, LeaseLostError

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process, by what tells it from every other one: its machine, boot, number and start."""

    host: str
    boot: str
    pid: int
    started: str

    @classmethod
    def here(cls) -> "Process":
        """Return this process."""
        boot = _text(_PROC / "sys/kernel/random/boot_id")
        pid = os.getpid()
        return cls(host=_host(), boot=boot, pid=pid, started=_start_of(pid))

    def is_gone(self, here: "Process") -> bool:
        """Whether the process is known to be gone, to one that holds the lock of this host."""
        if self.boot and self.boot == here.boot:
            return not (self.started and _start_of(self.pid) == self.started)
        return self.host == here.host  # the machine was started anew since


def _host() -> str:
    """Return the machine's name, with what tells it from another one that is called the same."""
    machine = _text(Path("/etc/machine-id"))
    word = hashlib.sha256(f"syncd {machine}".encode()).hexdigest()[:8] if machine else ""
    return f"{socket.gethostname()} {word}".strip()


def _start_of(pid: int) -> str:
    """Return when a process started, in ticks since the machine's boot; blank where unknown."""
    fields = _text(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A lease as the database has it."""

    holder: str
    process: Process
    since: str
    renewed: str

    @property
    def document(self) -> dict[str, object]:
        """Who it is, for programs."""
        host = self.process.host.partition(" ")[0]
        times = {"since": self.since, "renewed": self.renewed}
        return {"host": host, "pid": self.process.pid} | times

    def __str__(self) -> str:
        name = self.process.host.partition(" ")[0]
        return f"process {self.process.pid} on {name}, since {self.since}"


class Lease:
    """The lease of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def held(self) -> Held | None:
        """Return who holds it."""
        with self.database.failures():
            row = self.database.connection.execute(
                "SELECT holder, host, boot, pid, started, since, renewed FROM _syncd_lease"
            ).fetchone()
        if row is None:
            return None
        holder, host, boot, pid, started, since, renewed = row
        process = Process(host=host, boot=boot, pid=pid, started=started)
        return Held(holder=holder, process=process, since=since, renewed=renewed)

    def take(self, holder: str, here: Process, *, at: str, over: bool = False) -> None:
        """Take the lease; `over`: also from a daemon that may still run, as a person said."""
        with self.database.transaction() as connection:
            if not over:
                self.refuse_other(here)
            connection.execute(
                "INSERT INTO _syncd_lease VALUES (1, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (one) DO"
                " UPDATE SET holder = excluded.holder, host = excluded.host, boot = excluded.boot,"
                " pid = excluded.pid, started = excluded.started, since = excluded.since,"
                " renewed = excluded.renewed",
                [holder, here.host, here.boot, here.pid, here.started, at, at],
            )

    def refuse_other(self, here: Process) -> None:
        """Refuse to work beside a daemon of which it is not known that it is gone."""
        held = self.held()
        if held is None or held.process == here or held.process.is_gone(here):
            return
        raise BusyError(
            f"a syncd daemon works with this database: {held}, last heard of at {held.renewed}",
            on=str(self.database.path),
            hint="Stop it there. If it is certain that it does not run any more,"
            " `syncd run --take-over` takes its place.",
        )

    def refuse_elsewhere(self, here: Process) -> None:
        """Refuse to work beside a daemon on another host; on this one the locks keep order."""
        held = self.held()
        if held is not None and not (held.process.boot and held.process.boot == here.boot):
            self.refuse_other(here)

    def keep(self, holder: str, *, at: str) -> None:
        """Say that the holder is still there; refuse it where another one has taken its place."""
        with self.database.transaction() as connection:
            kept = connection.execute(
                "UPDATE _syncd_lease SET renewed = ? WHERE holder = ?", [at, holder]
            )
        if kept.rowcount != 1:
            raise self._lost()

    def require(self, holder: str) -> None:
        """Refuse to go on where another one has taken the holder's place."""
        held = self.held()
        if held is None or held.holder != holder:
            raise self._lost()

    def _lost(self) -> LeaseLostError:
        held = self.held()
        return LeaseLostError(
            f"another syncd daemon took over: {held}" if held else "the lease was taken away",
            on=str(self.database.path),
            hint="One daemon is enough, so this one ends; the other one carries on.",
        )

    def release(self, holder: str) -> None:
        """Give the lease back."""
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM _syncd_lease WHERE holder = ?", [holder])
