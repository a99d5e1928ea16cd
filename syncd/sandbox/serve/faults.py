"""Faults on demand: rules that say which calls go wrong, and how."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from syncd.sandbox.errors import Json, invalid

_FAULTS = {"drop_request", "drop_answer", "delay", "duplicate", "status", "truncate"}
_MATCH = {"method", "nth", "every", "probability", "spreadsheetId"}
_RULE = {"match", "fault", "status", "applied", "delay_s", "times"}
_APPLIED = {"drop_answer", "duplicate", "truncate"}


@dataclass(slots=True)
class Fault:
    """One rule, and how often it matched and struck."""

    given: Json
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

    @property
    def delay_s(self) -> float:
        """Give how long the call is held up."""
        return float(self.given.get("delay_s", 0))

    def strikes(self, name: str, book_id: str, random: Random) -> bool:
        """Tell whether the rule strikes this call, and remember it."""
        match = self.given.get("match", {})
        if not fnmatchcase(name, match.get("method", "*")):
            return False
        if match.get("spreadsheetId", book_id) != book_id:
            return False
        self.seen += 1
        if self.hits >= self.given.get("times", float("inf")):
            return False
        if "nth" in match and self.seen != match["nth"]:
            return False
        if "every" in match and self.seen % match["every"]:
            return False
        if "probability" in match and random.random() >= match["probability"]:
            return False
        self.hits += 1
        return True


def parse_rules(body: Any) -> list[Fault]:
    """Read one rule or a list of rules."""
    return [_rule(given) for given in (body if isinstance(body, list) else [body])]


def _rule(given: Any) -> Fault:
    if not isinstance(given, dict) or given.get("fault") not in _FAULTS:
        raise invalid(f"A rule needs a fault, one of: {', '.join(sorted(_FAULTS))}")
    match = given.get("match", {})
    unknown = (set(given) - _RULE) | (set(match) - _MATCH if isinstance(match, dict) else {"match"})
    if unknown:
        raise invalid(f"Unknown in a rule: {', '.join(sorted(unknown))}")
    numbers = {k: v for k, v in (given | match).items() if k in _NUMBERS and v is not None}
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise invalid(f"{name} must be a number that is not negative")
    if match.get("every") == 0:
        raise invalid("every must be at least 1")
    clean = {k: v for k, v in given.items() if v is not None}
    if match:
        clean["match"] = {k: v for k, v in match.items() if v is not None}
    return Fault(clean)


_NUMBERS = {"nth", "every", "probability", "status", "delay_s", "times"}
