"""The way of one API call: counted, limited, disturbed by faults, run, and answered."""

import json
from collections import deque
from random import Random
from typing import Any, NamedTuple

from syncd.sandbox.drive.methods import Content, DriveMethods
from syncd.sandbox.errors import (
    ApiError,
    Json,
    forbidden,
    key_refused,
    not_found,
    unauthenticated,
)
from syncd.sandbox.protocol.body import parse_body
from syncd.sandbox.protocol.messages import too_deep
from syncd.sandbox.protocol.query import check_alternative
from syncd.sandbox.protocol.wire import compact, escaped, pretty
from syncd.sandbox.serve.faults import Fault
from syncd.sandbox.serve.late import LatePost
from syncd.sandbox.serve.meter import Meter, refusal_of
from syncd.sandbox.serve.pages import error_page
from syncd.sandbox.serve.tokens import Tokens
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.sheets.lines import print_rows
from syncd.sandbox.sheets.methods import SheetsMethods
from syncd.sandbox.state.access import NOBODY
from syncd.sandbox.state.clock import Clock, sleeper
from syncd.sandbox.state.service import Behind, Service
from syncd.sandbox.state.settings import Settings

JSON_TYPE = "application/json; charset=UTF-8"
_FAILURES_MAX = 20
_BROKEN = {500: "Internal error encountered.", 504: "Deadline exceeded."}

_OPEN = {"get", "batchGet", "list", "export", "download"}  # what an API key suffices for


class Caller(NamedTuple):
    """What a request's headers tell about who calls."""

    authorization: str = ""
    project: str = ""


class Answer(NamedTuple):
    """What goes back: a status and a body, of which only `sent` bytes if it breaks off."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    sent: int | None = None  # None: all of it; NOTHING: not even a status; RESET: a reset
    headers: tuple[tuple[str, str], ...] = ()


NOTHING = -1
RESET = -2


def json_answer(value: Any, status: int = 200, *, terse: bool = False) -> Answer:
    """Answer with JSON, in one line where the caller asked for it."""
    printed = pretty(value)
    if terse:
        printed = compact(json.loads(printed)).encode()
    return Answer(status, escaped(printed))


_NOTHING = Answer(0, b"", sent=NOTHING)


class Gateway:
    """Receives API calls and answers them."""

    def __init__(
        self, service: Service, settings: Settings, tokens: Tokens, url: str, clock: Clock
    ) -> None:
        self.service = service
        self.settings = settings
        self.tokens = tokens
        self.clock = clock
        self.sleep = sleeper(clock)
        self.meter = Meter(clock, settings)
        self.late = LatePost(clock)
        self.faults: list[Fault] = []
        self.failures: deque[str] = deque(maxlen=_FAILURES_MAX)
        self.reseed()
        self.sheets = SheetsMethods(service, url)
        self.drive = DriveMethods(service, url)

    def reseed(self) -> None:
        """Start chance anew: faults and jitter apart, so that neither moves the other."""
        seed = self.settings["seed"]
        self.random = Random(seed)  # noqa: S311  chance for tests, no secret
        self.jitter = Random(f"jitter {seed}")  # noqa: S311  chance for tests, no secret

    def receive(self, call: Call, raw: bytes, caller: Caller) -> Answer:
        """Answer a call from outside."""
        self.late.deliver()
        with self.service.lock:
            self.meter.count(call.name, call.actor, len(raw))
            fault = self._fault(call)
            user = str(call.query.get("quotaUser") or call.actor)
            refusal = self.meter.refusal(call.name, user, caller.project)
            wait = self.settings["latency_s"]
            if self.settings["latency_jitter_s"]:
                wait += self.jitter.random() * self.settings["latency_jitter_s"]
            held = fault.delay_s(self.jitter) if fault else 0.0
        if wait:
            self.sleep(wait)
        run = _Run(self, call, raw, caller, refusal)
        answer = run() if fault is None else self._disturbed(fault, run, held)
        with self.service.lock:
            sent = len(answer.body) if answer.sent is None else max(answer.sent, 0)
            self.meter.bytes_out += sent
        return answer

    def _fault(self, call: Call) -> Fault | None:
        now, chance = self.clock(), self.random
        name, book_id, actor = call.name, call.book_id, call.actor
        struck = [f for f in self.faults if f.strikes(name, book_id, actor, now, chance)]
        return struck[0] if struck else None

    def _disturbed(self, fault: Fault, run: "_Run", held: float) -> Answer:
        kind = fault.kind
        if kind == "late":
            self.late.send(held, run)
            return self._failed(fault, run.call) if "status" in fault.given else _NOTHING
        if kind == "access":
            with self.service.lock:
                role = fault.given.get("role", "none")
                self.service.access[run.call.book_id, run.call.actor] = role
        elif kind == "expire_token":
            self.tokens.revoke(run.caller.authorization)
            return error_of(run.call, unauthenticated())
        elif kind == "stale":
            given = fault.given
            default = 0 if "age_s" in given else 1
            run.behind = Behind(given.get("age_s", 0.0), int(given.get("versions", default)))
        elif kind == "delay" and fault.applied:
            answer = run()
            self.sleep(held)
            return answer
        if held:
            self.sleep(held)
        if kind in {"access", "stale", "delay"}:
            return run()
        answer = run() if fault.applied else _NOTHING
        return self._spoiled(fault, run, answer)

    def _spoiled(self, fault: Fault, run: "_Run", answer: Answer) -> Answer:
        if fault.kind == "duplicate":
            run()
            return answer
        if fault.kind == "status":
            return self._failed(fault, run.call)
        if fault.kind == "truncate" and answer.body:
            return answer._replace(sent=fault.cut(len(answer.body)))
        return answer._replace(sent=RESET) if fault.kind == "reset" else _NOTHING

    def _failed(self, fault: Fault, call: Call) -> Answer:
        """Give the false answer of a rule, in Google's words for its status."""
        status = fault.status
        if fault.given.get("html") or status == 502:
            return Answer(status, error_page(status), "text/html; charset=UTF-8")
        known = {401: unauthenticated(), 403: forbidden(), 404: not_found()}
        drive = call.name.startswith("drive.")
        if status == 429 or (status == 403 and drive):
            return error_of(
                call, refusal_of(call.name, {**self.settings, "drive_quota_status": status})
            )
        text = _BROKEN.get(status, "The service is currently unavailable.")
        if drive:
            text = "Internal Error" if status == 500 else "Backend Error"
        return error_of(call, known.get(status) or ApiError(status, text, reason="backendError"))

    def run(self, call: Call, behind: Behind | None = None) -> Answer:
        """Run a call under the lock and print its answer outside of it."""
        with self.service.lock:
            self.service.behind, self.service.fresh = behind, []
            try:
                if call.name.startswith("drive."):
                    answer = self.drive.run(call)
                else:
                    answer = self.sheets.run(call)
            finally:
                self.service.behind = None
                line, fresh = self.service.lines.get(call.book_id), self.service.fresh
        if line is not None and fresh:
            print_rows(line.book, fresh)
        if call.late:
            self.sleep(self.settings["late_response_s"])
            with self.service.lock:
                answer = call.late.pop()()
        if isinstance(answer, Content):
            headers = tuple(answer.headers.items())
            return Answer(answer.status, answer.body, answer.content_type, headers=headers)
        if answer is None:
            return Answer(204, b"", "text/html")
        return json_answer(answer, terse=not call.is_pretty)


class _Run:
    """One call with all it needs to take effect, now, twice, or late."""

    def __init__(
        self, gateway: Gateway, call: Call, raw: bytes, caller: Caller, refusal: ApiError | None
    ) -> None:
        self.gateway = gateway
        self.call = call
        self.raw = raw
        self.caller = caller
        self.refusal = refusal
        self.behind: Behind | None = None

    def __call__(self) -> Answer:
        gateway, call = self.gateway, self.call
        try:
            check_alternative(call.name, call.query)
            self._identify()
            if self.refusal is not None:
                raise self.refusal
            call.body = self._body()
            return gateway.run(call, self.behind)
        except ApiError as error:
            return error_of(call, error)
        except RecursionError:
            return error_of(call, too_deep(""))

    def _identify(self) -> None:
        """Check the token, or let a caller with an API key read what is open to anyone."""
        gateway, call, header = self.gateway, self.call, self.caller.authorization
        if not header and "access_token" in call.query:
            header = f"Bearer {call.query['access_token']}"
        if header or "key" not in call.query:
            gateway.tokens.check(header, strict=gateway.settings["strict"])
            return
        if call.name.rpartition(".")[2] not in _OPEN:
            raise key_refused(call.name)
        call.actor = NOBODY

    def _body(self) -> Any:
        most = self.gateway.settings["payload_bytes_max"]
        if most and len(self.raw) > most:
            raise ApiError(400, f"Request payload size exceeds the limit: {most} bytes.")
        self.call.raw = self.raw
        if self.call.name.startswith("drive."):  # content, or JSON that is refused in other words
            return None
        return parse_body(self.raw, self.call.content_type)


def error_of(call: Call, error: ApiError) -> Answer:
    """Answer with an error in the shape of the API that was called."""
    drive = call.name.startswith("drive.")
    body = error.drive_body() if drive else error.sheets_body()
    return json_answer(body, error.code)  # never in one line, whatever was asked


def error_answer(error: ApiError) -> Answer:
    """Answer with an error in the Sheets API's shape."""
    body: Json = error.sheets_body()
    return json_answer(body, error.code)
