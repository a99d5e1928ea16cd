"""The way of one API call: counted, limited, disturbed by faults, run, and answered."""

import json
import time
from random import Random
from typing import Any, NamedTuple

from syncd.sandbox.drive import content
from syncd.sandbox.drive.methods import DriveMethods, Method
from syncd.sandbox.errors import ApiError, Json
from syncd.sandbox.protocol.body import parse_body
from syncd.sandbox.protocol.wire import compact, pretty
from syncd.sandbox.serve.faults import Fault
from syncd.sandbox.serve.meter import Meter
from syncd.sandbox.serve.tokens import Tokens
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.sheets.methods import SheetsMethods
from syncd.sandbox.state.service import Service
from syncd.sandbox.state.settings import Settings

UPLOAD = "drive.v2.files.update"
JSON_TYPE = "application/json; charset=UTF-8"
_DISTURBED = {429: "RESOURCE_EXHAUSTED", 500: "Internal error encountered."}


class Answer(NamedTuple):
    """What goes back: a status and a body, of which only `sent` bytes if it breaks off."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    sent: int | None = None  # None: all of it; -1: nothing, not even a status


def json_answer(value: Any, status: int = 200, *, terse: bool = False) -> Answer:
    """Answer with JSON, in one line where the caller asked for it."""
    printed = pretty(value)
    if terse:
        printed = compact(json.loads(printed)).encode()
    return Answer(status, printed)


_NOTHING = Answer(0, b"", sent=-1)


class Gateway:
    """Receives API calls and answers them."""

    def __init__(
        self, service: Service, settings: Settings, meter: Meter, tokens: Tokens, url: str
    ) -> None:
        self.service = service
        self.settings = settings
        self.meter = meter
        self.tokens = tokens
        self.faults: list[Fault] = []
        self.random = Random(settings["seed"])  # noqa: S311  chance for tests, no secret
        self.sheets = SheetsMethods(service, url)
        self.drive = DriveMethods(service, url)

    def receive(self, call: Call, raw: bytes, authorization: str) -> Answer:
        """Answer a call from outside."""
        with self.service.lock:
            self.meter.count(call.name, call.actor, len(raw))
            fault = self._fault(call)
            refusal = self.meter.refusal(call.name, call.actor)
        if self.settings["latency_s"]:
            time.sleep(self.settings["latency_s"])
        if fault is None:
            answer = self._run(call, raw, authorization, refusal)
        else:
            answer = self._disturbed(fault, call, raw, authorization, refusal)
        with self.service.lock:
            sent = len(answer.body) if answer.sent is None else max(answer.sent, 0)
            self.meter.bytes_out += sent
        return answer

    def _fault(self, call: Call) -> Fault | None:
        struck = [f for f in self.faults if f.strikes(call.name, call.book_id, self.random)]
        return struck[0] if struck else None

    def _disturbed(
        self, fault: Fault, call: Call, raw: bytes, authorization: str, refusal: ApiError | None
    ) -> Answer:
        if fault.delay_s and not (fault.kind == "delay" and fault.applied):
            time.sleep(fault.delay_s)
        effective = fault.applied or fault.kind == "delay"
        answer = self._run(call, raw, authorization, refusal) if effective else _NOTHING
        if fault.kind == "duplicate":
            self._run(call, raw, authorization, refusal)
            return answer
        if fault.kind == "delay":
            if fault.applied:
                time.sleep(fault.delay_s)
            return answer
        if fault.kind == "status":
            text = _DISTURBED.get(fault.status, "The service is currently unavailable.")
            error = ApiError(fault.status, text, reason="backendError")
            return self._error(call, error)
        if fault.kind == "truncate":
            return answer._replace(sent=len(answer.body) // 2) if answer.body else _NOTHING
        return _NOTHING

    def _run(self, call: Call, raw: bytes, authorization: str, refusal: ApiError | None) -> Answer:
        try:
            self.tokens.check(authorization, strict=self.settings["strict"])
            if refusal is not None:
                raise refusal
            call.body = raw if call.name == UPLOAD else parse_body(raw, call.content_type)
            return self.run(call)
        except ApiError as error:
            return self._error(call, error)

    def run(self, call: Call) -> Answer:
        """Run a call under the lock and print its answer outside of it."""
        with self.service.lock:
            if call.name.startswith("drive."):
                answer = self.drive.run(call, _content_method(call))
            else:
                answer = self.sheets.run(call)
        if call.late:
            time.sleep(self.settings["late_response_s"])
            with self.service.lock:
                answer = call.late.pop()()
        if isinstance(answer, bytes):
            return Answer(200, answer, "text/csv")
        if answer is None:
            return Answer(204, b"", "text/html")
        return json_answer(answer, terse=not call.is_pretty)

    @staticmethod
    def _error(call: Call, error: ApiError) -> Answer:
        drive = call.name.startswith("drive.")
        body = error.drive_body() if drive else error.sheets_body()
        return json_answer(body, error.code, terse=not call.is_pretty)


def _content_method(call: Call) -> Method | None:
    """Give the method of Drive calls about content, which are apart from the files' methods."""
    if call.name == UPLOAD:
        return lambda drive, made: content.upload(drive, made, made.body)
    return {
        "drive.v2.files.insert": content.old_create,
        "drive.v2.files.copy": content.old_create,
        "drive.files.export": content.export,
        "drive.comments.list": content.comments,
    }.get(call.name)


def error_answer(error: ApiError) -> Answer:
    """Answer with an error in the Sheets API's shape."""
    body: Json = error.sheets_body()
    return json_answer(body, error.code)
