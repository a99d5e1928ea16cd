"""What steers a running sandbox and tells about it, the same from Python and over HTTP."""

from typing import Any

from syncd.sandbox.errors import Json, invalid, not_found
from syncd.sandbox.serve.faults import ROLES, RULES_MAX, parse_rules
from syncd.sandbox.serve.gateway import Gateway
from syncd.sandbox.state.service import Revision

_ACCESS_MAX = 100_000


class Controls:
    """The settings, faults, access rules, counts and histories of a sandbox."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._service = gateway.service

    @property
    def settings(self) -> Json:
        """Give all settings as they are."""
        return dict(self._gateway.settings)

    def change(self, **settings: Any) -> None:
        """Change some settings, by the names that `settings` shows; all of them or none."""
        with self._service.lock:
            self._gateway.settings.change(settings)
            if "seed" in settings:
                self._service.reseed()
                self._gateway.reseed()

    @property
    def faults(self) -> list[Json]:
        """Give the fault rules, each with how often it struck."""
        return [fault.given | {"hits": fault.hits} for fault in self._gateway.faults]

    def fail(self, fault: str, *, match: Json | None = None, **rule: Any) -> None:
        """Let calls go wrong from now on: `fail("status", match={"nth": 2}, status=500)`.

        `match` chooses the calls by method (with `*`), spreadsheetId, user, nth, after, every,
        after_s and probability; without it every call is struck, `times` limits how often.
        """
        self.add_rules({"fault": fault, "match": match or {}, **rule})

    def add_rules(self, rules: Any) -> None:
        """Add one fault rule, or a list of them."""
        parsed = parse_rules(rules, self._gateway.clock())
        with self._service.lock:
            if len(self._gateway.faults) + len(parsed) > RULES_MAX:
                raise invalid(f"There can be {RULES_MAX} rules at most")
            self._gateway.faults.extend(parsed)

    def clear_faults(self) -> None:
        """Remove all fault rules."""
        with self._service.lock:
            self._gateway.faults.clear()

    @property
    def access(self) -> list[Json]:
        """Give who may do what with which spreadsheet, where it was set."""
        rules = list(self._service.access.items())
        return [{"spreadsheetId": b, "user": u, "role": r} for (b, u), r in rules]

    def allow(self, spreadsheet_id: str, role: str, *, user: str | None = None) -> None:
        """Let someone be `writer`, `reader` or `none` of a spreadsheet, also of one unborn.

        Without a user it is the service account; `*` is everybody without a role of their own.
        """
        if role not in ROLES or not spreadsheet_id:
            raise invalid("access needs spreadsheetId, role (none, reader, writer), maybe user")
        with self._service.lock:
            if len(self._service.access) >= _ACCESS_MAX:
                raise invalid(f"There can be {_ACCESS_MAX} access rules at most")
            self._service.access[spreadsheet_id, user or self._service.account] = role

    def calls(self) -> Json:
        """Give what was called since the last reset: by kind, method and user, and the bytes."""
        with self._service.lock:
            return self._gateway.meter.report()

    def reset_calls(self) -> None:
        """Start counting calls anew; the quotas' minutes go on."""
        with self._service.lock:
            self._gateway.meter.reset()

    def revisions(self, spreadsheet_id: str) -> list[Revision]:
        """Give a spreadsheet's true history, oldest first: number, actor, time, what changed."""
        with self._service.lock:
            if spreadsheet_id not in self._service.lines:
                raise not_found()
            return list(self._service.lines[spreadsheet_id].revisions)

    def restore(self, spreadsheet_id: str, number: int, *, user: str | None = None) -> int:
        """Let an older revision become current, as a person can; give the new revision's number."""
        with self._service.lock:
            actor = user or self._service.account
            return self._service.restore(spreadsheet_id, number, actor).revision

    @property
    def failures(self) -> list[str]:
        """Give the tracebacks of the sandbox's own last mistakes, each of which was a 500."""
        return list(self._gateway.failures)
