"""The locks of a database on one host: kept by the operating system, they end with their process.

Two files beside the database stand for them. Whichever way a path leads to the database, the
locks are those of the file that it leads to.
"""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from filelock import FileLock, Timeout

from syncd.errors import BusyError, CrmError

LOCK_WAIT_S = 60.0
DAEMON_WAIT_S = 0.5


def working_on(crm_path: Path) -> AbstractContextManager[None]:
    """Hold the database for one piece of work: a cycle, an import, a switch, a new schema.

    Who holds it already may take it once more.
    """
    busy = BusyError(
        "another syncd works on this database",
        on=str(crm_path),
        hint="Wait until it is done, or stop it.",
    )
    return _locked(f"{crm_path.resolve()}.lock", LOCK_WAIT_S, busy)


def only_daemon(
    crm_path: Path, wait_s: float = DAEMON_WAIT_S, *, who: str = ""
) -> AbstractContextManager[None]:
    """Be the one daemon of a database; who only asks for one holds its lock for a moment.

    `who` is the one that is thought to run, to be named.
    """
    named = f": {who}" if who else ""
    busy = BusyError(
        f"a syncd daemon runs for this database already{named}",
        on=str(crm_path),
        hint="Stop it first; `syncd sync` works beside it.",
    )
    return _locked(f"{crm_path.resolve()}.daemon.lock", wait_s, busy)


@contextlib.contextmanager
def _locked(path: str, wait_s: float, busy: BusyError) -> Iterator[None]:
    lock = FileLock(path, is_singleton=True)
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
    """Whether a daemon runs for a database on this host."""
    if not Path(f"{crm_path.resolve()}.daemon.lock").exists():
        return False
    try:
        with only_daemon(crm_path, wait_s=0):
            return False
    except BusyError:
        return True
