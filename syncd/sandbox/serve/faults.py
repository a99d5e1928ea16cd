"""Faults on demand: rules that say which calls go wrong, and how."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from syncd.sandbox.errors import Json, invalid

KINDS = {
    "drop_request": "The request is lost: no effect, and no answer.",
    "drop_answer": "The answer is lost: the effect is there.",
    "reset": "The connection is reset, with or without the effect (applied).",
    "delay": "The call is held up for delay_s before, or after its effect (applied).",
    "late": "The client loses the connection or sees status; the effect comes delay_s later.",
    "duplicate": "The request is delivered twice.",
    "status": "The answer is an error (status, html), with or without the effect (applied).",
    "truncate": "The answer breaks off after bytes, or after a share of it.",
    "stale": "The read shows an older version: age_s old, or so many versions before.",
    "access": "From this call on, its actor has only that role in its spreadsheet.",
    "expire_token": "The access token has expired; a new one has to be fetched.",
}
_MATCH = {
    "method": str,
    "spreadsheetId": str,
    "user": str,
    "nth": int,
    "after": int,
    "every": int,
    "after_s": float,
    "probability": float,
}
_RULE = {
    "match": dict,
    "fault": str,
    "status": int,
    "applied": bool,
    "html": bool,
    "delay_s": float,
    "jitter_s": float,
    "times": int,
    "bytes": int,
    "share": float,
    "age_s": float,
    "versions": int,
    "role": str,
}
_APPLIED = {"drop_answer", "duplicate", "truncate"}
ROLES = frozenset({"none", "reader", "writer"})
RULES_MAX = 1000


@dataclass(slots=True)
class Fault:
    """One rule, and how often it matched and struck."""

    given: Json
    since: float = 0.0
    seen: int = 0
    hits: int = 0

    @property
    def kind(self) -> str:
        """Give what goes wrong."""
        return str(self.given["fault"])

    @property
    def applied(self) -> bool:
        """Tell whether the call takes effect nevertheless."""
        return bool(self.given.get("applied", self.kind in _APPLIED))

    @property
    def status(self) -> int:
        """Give the HTTP status of the false answer."""
        return int(self.given.get("status", 503))

    def delay_s(self, random: Random) -> float:
        """Give how long the call is held up."""
        delay, jitter = float(self.given.get("delay_s", 0)), self.given.get("jitter_s", 0)
        return delay + random.random() * jitter if jitter else delay

    def cut(self, length: int) -> int:
        """Give after how many bytes an answer breaks off."""
        if "bytes" in self.given:
            return min(int(self.given["bytes"]), max(length - 1, 0))
        return min(int(length * self.given.get("share", 0.5)), max(length - 1, 0))

    def strikes(self, name: str, book_id: str, actor: str, now: float, random: Random) -> bool:
        """Tell whether the rule strikes this call, and remember it."""
        match = self.given.get("match", {})
        if not fnmatchcase(name, match.get("method", "*")):
            return False
        if match.get("spreadsheetId", book_id) != book_id or match.get("user", actor) != actor:
            return False
        if now < self.since + match.get("after_s", 0):
            return False
        self.seen += 1
        if self.hits >= self.given.get("times", float("inf")):
            return False
        if self.seen != match.get("nth", self.seen) or self.seen <= match.get("after", 0):
            return False
        if self.seen % match.get("every", 1):
            return False
        if "probability" in match and random.random() >= match["probability"]:
            return False
        self.hits += 1
        return True


def parse_rules(body: Any, now: float = 0.0) -> list[Fault]:
    """Read one rule or a list of rules."""
    return [_rule(given, now) for given in (body if isinstance(body, list) else [body])]


def _rule(given: Any, now: float) -> Fault:
    if not isinstance(given, dict) or given.get("fault") not in KINDS:
        raise invalid(f"A rule needs a fault, one of: {', '.join(sorted(KINDS))}")
    clean = _checked(given, _RULE, "a rule")
    if "match" in clean:
        clean["match"] = match = _checked(clean["match"], _MATCH, "a match")
        if match.get("every") == 0:
            raise invalid("every must be at least 1")
    if not 200 <= clean.get("status", 503) <= 599:
        raise invalid("status must be an HTTP status from 200 on")
    if clean.get("role", "none") not in ROLES:
        raise invalid(f"role must be one of: {', '.join(sorted(ROLES))}")
    return Fault(clean, now)


def _checked(given: Json, known: dict[str, type], where: str) -> Json:
    unknown = set(given) - set(known)
    if unknown:
        raise invalid(f"Unknown in {where}: {', '.join(sorted(map(str, unknown)))}")
    clean = {name: value for name, value in given.items() if value is not None}
    for name, value in clean.items():
        wanted = known[name]
        if wanted in {int, float}:
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or not 0 <= value < 1e9 or (wanted is int and value != int(value)):
                raise invalid(f"{name} must be a number that is not negative")
        elif not isinstance(value, wanted):
            raise invalid(f"{name} cannot be {value!r}")
    return clean


def parse_flag(text: str) -> Json:
    """Read a rule as one types it: `status:status=503,nth=3,method=spreadsheets.values.*`."""
    kind, _, rest = text.partition(":")
    rule: Json = {"fault": kind.strip(), "match": {}}
    for part in filter(None, rest.split(",")):
        name, _, value = (piece.strip() for piece in part.partition("="))
        kinds = _MATCH if name in _MATCH else _RULE
        into = rule["match"] if name in _MATCH else rule
        into[name] = _typed(value, kinds.get(name, str))
    return rule


def _typed(text: str, wanted: type) -> Any:
    if wanted is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return wanted(text) if wanted in {int, float} else text
    except ValueError:
        return text
