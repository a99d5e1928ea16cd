"""The way to Google in the simulation: the sandbox's own methods, called in process.

It has the surface of `syncd.sheet.client.Client` and raises what that one raises, by the same
functions; only the wire is another.
"""

import copy
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any, TypeVar

from syncd.sandbox.errors import ApiError
from syncd.sandbox.protocol.wire import pretty
from syncd.sandbox.requests.kinds import run_requests
from syncd.sandbox.serve.tokens import ACCOUNT
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.sheets.methods import SheetsMethods
from syncd.sandbox.state.service import Behind, Service
from syncd.sheet import client as wire
from syncd.sheet.quota import Quota
from tests.simulation.clock import Clock
from tests.simulation.disk import Crash

Json = dict[str, Any]
T = TypeVar("T")
READS = {
    "/values:batchGetByDataFilter": "spreadsheets.values.batchGetByDataFilter",
    ":getByDataFilter": "spreadsheets.getByDataFilter",
}
GET, WRITE = "spreadsheets.get", "spreadsheets.batchUpdate"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one call. `status` 0 is a connection that is lost."""

    kind: str
    status: int = 0
    applied: bool = False
    late_s: float = 0.0
    versions: int = 0


FINE = Fault("")


def act(service: Service, book_id: str, actor: str, requests: list[Json]) -> Any:
    """Do something in the sheet as one of the team does; ApiError where it cannot be done."""
    batch = service.batch(book_id, actor)
    run_requests(batch, requests)
    return service.commit(batch, ", ".join(kind for request in requests for kind in request))


class Google:
    """The sandbox's book and methods, without a server, and the copies that are on their way."""

    def __init__(self, service: Service, book_id: str, clock: Clock) -> None:
        self.service = service
        self.book_id = book_id
        self.clock = clock
        self.methods = SheetsMethods(service, "")
        self.late: list[tuple[float, Json]] = []
        self.on_applied: Callable[[Json, bool], None] = lambda _body, _late: None
        self.on_sent: Callable[[Json], None] = lambda _body: None
        self.on_called: Callable[[int, str, float], None] = lambda *_: None
        self.processes = itertools.count()

    @property
    def book(self) -> Any:
        """The current version of the book."""
        return self.service.lines[self.book_id].book

    def call(self, name: str, body: Json, query: Json, actor: str = ACCOUNT) -> Call:
        """Return a call as it would have come over the wire."""
        return Call(name, actor, {"id": self.book_id}, query, copy.deepcopy(body))

    def answer(self, call: Call) -> bytes:
        """Run a call that changes nothing; return the bytes of its answer."""
        return pretty(self.methods.run(call))

    def apply(self, body: Json, fields: str, between: Callable[[], object]) -> bytes:
        """Apply a batch; `between` is what others do before its answer is made."""
        call = self.call(WRITE, body, {"fields": fields})
        answer = self.methods.run(call)
        self.on_applied(body, False)
        between()
        if call.late:
            answer = call.late.pop()()
        return pretty(answer)

    def person(self, requests: list[Json], actor: str = "anna") -> Any:
        """Do something as one of the team; return the book afterwards, or Google's refusal."""
        try:
            return act(self.service, self.book_id, actor, requests)
        except ApiError as error:
            return error.message

    def send_late(self, body: Json, delay_s: float) -> None:
        """Let a copy of a batch arrive when its sender has long given up."""
        self.late.append((self.clock.steady + delay_s, copy.deepcopy(body)))

    def deliver(self) -> None:
        """Apply the copies whose moment has come."""
        due = [item for item in self.late if item[0] <= self.clock.steady]
        self.late = [item for item in self.late if item not in due]
        for _, body in sorted(due, key=lambda item: item[0]):
            try:
                self.methods.run(self.call(WRITE, body, {}))
            except ApiError:
                continue
            self.on_applied(body, True)


class SimClient(wire.Client):
    """The engine's client over the book in process, with windows in which others act."""

    def __init__(
        self,
        google: Google,
        *,
        before: Callable[[str], Fault] = lambda _: FINE,
        between: Callable[[], object] = lambda: None,
    ) -> None:
        self.google = google
        self.spreadsheet = google.book_id
        self.endpoint = ""
        self.email = ACCOUNT
        self.before = before
        self.between = between
        self._sleep = google.clock.sleep
        self.quota = Quota(clock=google.clock, sleep=google.clock.sleep)
        self.process = next(google.processes)

    def close(self) -> None:
        """Close nothing: there is no connection."""

    def read(self, method: str, body: Mapping[str, Any], *, fields: str = "") -> tuple[Any, bytes]:
        """Ask for something, again if need be."""
        query = {"fields": fields} if fields else {}

        def once() -> tuple[Any, bytes]:
            content = self._read(READS[method], dict(body), query)
            return wire.decoded(content), content

        return self._again(once)

    def read_unless(
        self, method: str, body: Mapping[str, Any], known: str, parse: Callable[[bytes], T]
    ) -> tuple[str, T | None]:
        """Ask for something large; nothing is decoded where it is what is known already."""

        def once() -> tuple[str, T | None]:
            content = self._read(READS[method], dict(body), {"prettyPrint": "false"})
            fingerprint = sha256(content).hexdigest()
            return fingerprint, None if fingerprint == known else wire.decoded(content, parse)

        return self._again(once)

    def tabs(self) -> list[wire.TabProperties]:
        """Return every tab."""

        def once() -> list[wire.TabProperties]:
            found = wire.decoded(self._read(GET, {}, {"fields": "sheets.properties"}))
            return [wire._tab_properties(sheet["properties"]) for sheet in found["sheets"]]

        return self._again(once)

    def _read(self, name: str, body: Json, query: Json) -> bytes:
        with self.quota.turn("read", self.spreadsheet):
            return self._read_once(name, body, query)

    def _read_once(self, name: str, body: Json, query: Json) -> bytes:
        fault = self.before("read")
        self.google.on_called(self.process, "read", self.google.clock.steady)
        self.google.deliver()
        if fault.kind == "lost":
            raise wire.unreachable(self.spreadsheet)
        if fault.status:
            raise wire.read_failure(fault.status, "", self.email, self.spreadsheet)
        service = self.google.service
        service.behind = Behind(0.0, fault.versions) if fault.versions else None
        try:
            content = self.google.answer(self.google.call(name, body, query))
        except ApiError as error:
            text = f"{error.message}"
            raise wire.read_failure(error.code, text, self.email, self.spreadsheet) from error
        finally:
            service.behind = None
        if fault.kind == "crash after":
            raise Crash
        return content[: len(content) // 2] if fault.kind == "truncated" else content

    def write(self, body: Mapping[str, Any], *, fields: str) -> Any:
        """Send one batchUpdate, once."""
        with self.quota.turn("write", self.spreadsheet):
            return self._write(dict(body), fields)

    def _write(self, sent: Json, fields: str) -> Any:
        self.google.on_sent(sent)
        fault = self.before("write")
        self.google.on_called(self.process, "write", self.google.clock.steady)
        self.google.deliver()
        if fault.late_s:
            self.google.send_late(sent, fault.late_s)
        applied = fault.kind == "" or fault.applied
        content = b""
        if applied:
            content = self._apply(sent, fields)
        if fault.kind == "duplicate":
            self._apply_again(sent, fields)
        if fault.kind == "crash after":
            raise Crash
        if fault.status:
            raise wire.refusal(fault.status, "", self.email, self.spreadsheet)
        if fault.kind not in ("", "duplicate", "late copy"):
            raise wire.unknown("a write was sent and no answer came", self.spreadsheet)
        return json.loads(content)

    def _apply(self, body: Json, fields: str) -> bytes:
        try:
            return self.google.apply(body, fields, self.between)
        except ApiError as error:
            raise wire.refusal(error.code, error.message, self.email, self.spreadsheet) from error

    def _apply_again(self, body: Json, fields: str) -> None:
        try:
            self.google.apply(body, fields, lambda: None)
        except ApiError:
            return


def draw_fault(kind: str, chance: Random, *, likely: float) -> Fault:
    """Draw what goes wrong with a read or a write, if anything does."""
    if chance.random() >= likely:
        return FINE
    if kind == "read":
        return chance.choice(
            [
                Fault("lost"),
                Fault("status", status=chance.choice([429, 500, 503])),
                Fault("access", status=chance.choice([401, 403, 404])),
                Fault("truncated"),
                Fault("stale", versions=chance.randint(1, 3)),
                Fault("crash before"),
                Fault("crash after"),
            ]
        )
    late_s = chance.choice([1.0, 20.0, 40.0, 100.0, 170.0])
    return chance.choice(
        [
            Fault("request lost"),
            Fault("answer lost", applied=True),
            Fault("late", late_s=late_s),
            Fault("late copy", applied=True, late_s=late_s),
            Fault("answer lost and late copy", applied=True, late_s=late_s),
            Fault("duplicate", applied=True),
            Fault("status", status=429),
            Fault("status", status=chance.choice([500, 503]), applied=chance.random() < 0.5),
            Fault("access", status=chance.choice([401, 403, 404])),
            Fault("crash before"),
            Fault("crash after", applied=True),
        ]
    )
