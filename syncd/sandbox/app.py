"""The sandbox as one object: started and stopped in tests, served in the foreground by the CLI."""

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from syncd.sandbox.serve.controls import Controls
from syncd.sandbox.serve.gateway import Gateway
from syncd.sandbox.serve.own import OwnAddress
from syncd.sandbox.serve.server import Server
from syncd.sandbox.serve.tokens import ACCOUNT, Tokens
from syncd.sandbox.state.clock import Clock
from syncd.sandbox.state.service import Service
from syncd.sandbox.state.settings import Settings
from syncd.sandbox.state.store import FileStore


class Sandbox(Controls):
    """A stand-in for the Sheets and Drive APIs on a loopback port.

    With `data` the books live in that SQLite file; `strict` refuses tokens that were not issued.
    The same `seed` and the same calls give the same ids, faults and answers. With a `clock` a test
    moves time itself: a `ManualClock` also makes every delay pass at once. Further settings are
    given by name, and changed with `change`.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        data: Path | None = None,
        seed: int = 0,
        strict: bool = False,
        clock: Clock = time.time,
        **settings: Any,
    ) -> None:
        checked = Settings(seed=seed, strict=strict, **settings)
        self._store = FileStore(data) if data is not None else None
        service = Service(account=ACCOUNT, settings=checked, clock=clock, store=self._store)
        self._server = Server(port)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._tokens = Tokens(clock)
        super().__init__(Gateway(service, checked, self._tokens, self.url, clock))
        self._server.gateway = self._gateway
        self._server.own = OwnAddress(self._gateway, self)
        self._thread: threading.Thread | None = None
        self._closed = False

    def credentials(self) -> dict[str, Any]:
        """Give a service-account key file whose token address is this sandbox."""
        return self._tokens.credentials(self.url)

    def adopt_credentials(self, credentials: dict[str, Any]) -> None:
        """Keep accepting a key file that an earlier run of the sandbox gave out."""
        self._tokens.adopt(credentials)

    def start(self) -> None:
        """Serve in a background thread."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def serve_forever(self) -> None:
        """Serve in the foreground until interrupted."""
        try:
            self._server.serve_forever()
        finally:
            self._close()

    def stop(self) -> None:
        """Stop serving, close all connections and the file."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._close()

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._gateway.late.close()
        self._server.server_close()
        self._server.close_all()
        with self._service.lock:
            if self._store is not None:
                self._store.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
