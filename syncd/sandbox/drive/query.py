"""The language of `q`: from a query's text to a test of files.

A query is read left to right: `and` and `or` bind alike, `not` takes the next term, and parentheses
group. What is not a query is refused as a whole: Drive says no more than "Invalid Value".
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from syncd.sandbox.drive.items import Item, in_trash
from syncd.sandbox.drive.refusals import bad_parameter
from syncd.sandbox.state.access import rank
from syncd.sandbox.state.people import root_id
from syncd.sandbox.state.service import Service

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<word>\w[\w.]*)"
    r"|(?P<sign><=|>=|!=|[=<>(){}]))",
    re.DOTALL,
)
_WORD = re.compile(r"\w+")
_DEPTH_MAX = 50
_TIME_END = 253_402_214_400.0  # the last day of the year 9999
_TOKENS_MAX = 5000
_OLD_NAMES = {
    "title": "name",
    "modifiedDate": "modifiedTime",
    "lastViewedByMeDate": "viewedByMeTime",
    "createdDate": "createdTime",
    "sharedWithMeDate": "sharedWithMeTime",
}
_TIMES = {"modifiedTime", "createdTime", "viewedByMeTime", "sharedWithMeTime"}
_FLAGS = {"trashed", "starred", "sharedWithMe"}
_PEOPLE = {"owners", "writers", "readers"}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class Facts(NamedTuple):
    """What a test may look at: a file, who asks, and the words in its cells."""

    item: Item
    actor: str
    service: Service
    words: Callable[[Item], set[str]]


Test = Callable[[Facts], bool]


class Token(NamedTuple):
    """One piece of a query."""

    kind: str
    value: str


@dataclass(slots=True)
class Query:
    """A query that was read: its test, and whether it orders by relevance."""

    test: Test
    full_text: bool


def parse_query(text: str, *, old: bool = False) -> Query:
    """Read a query; `old` admits the names of version 2."""
    if not text.strip():
        return Query(lambda _: True, full_text=False)
    reader = _Reader(_tokens(text), old=old)
    test = reader.terms(0)
    if reader.at != len(reader.tokens):
        raise _wrong()
    return Query(test, reader.full_text)


def _wrong() -> Exception:
    return bad_parameter("q")


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(found) > _TOKENS_MAX:
            raise _wrong()
        kind = str(match.lastgroup)
        value = match[kind]
        if kind == "text":
            value = re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
        found.append(Token(kind, value))
        at = match.end()
    return found


@dataclass(slots=True)
class _Reader:
    tokens: list[Token]
    old: bool
    at: int = 0
    full_text: bool = field(default=False)

    def peek(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else Token("end", "")

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def word(self, *words: str) -> bool:
        """Take the next token if it is one of some words."""
        token = self.peek()
        if token.kind == "word" and token.value.lower() in words:
            self.at += 1
            return True
        return False

    def expect(self, kind: str, value: str | None = None) -> str:
        token = self.take()
        if token.kind != kind or (value is not None and token.value.lower() != value):
            raise _wrong()
        return token.value

    def terms(self, depth: int) -> Test:
        """Read terms joined by `and` and `or`, from left to right."""
        if depth > _DEPTH_MAX:
            raise _wrong()
        tests: list[tuple[bool, Test]] = [(False, self.term(depth))]
        while True:
            if self.word("and"):
                tests.append((True, self.term(depth)))
            elif self.word("or"):
                tests.append((False, self.term(depth)))
            else:
                break

        def run(facts: Facts) -> bool:
            held = False
            for both, test in tests:
                held = (held and test(facts)) if both else (held or test(facts))
            return held

        return run

    def term(self, depth: int) -> Test:
        negated = False
        while self.word("not"):
            negated = not negated
        if self.peek() == Token("sign", "("):
            self.at += 1
            inner = self.terms(depth + 1)
            self.expect("sign", ")")
        else:
            inner = self.single()
        return (lambda facts: not inner(facts)) if negated else inner

    def single(self) -> Test:
        token = self.take()
        if token.kind == "text":
            self.expect("word", "in")
            return _membership(self.expect("word"), token.value)
        if token.kind != "word":
            raise _wrong()
        name = _OLD_NAMES.get(token.value, token.value) if self.old else token.value
        if name in {"properties", "appProperties"}:
            return self.having(name)
        if name in _FLAGS and (self.peek().kind != "sign" or self.peek().value == ")"):
            return _flag(name, "=", "true")
        if self.word("in"):  # gspread asks so, and Google understands it
            return _membership(name, self.expect("text"))
        sign = self.take()
        if sign.kind == "word" and sign.value.lower() == "contains":
            return self.containing(name, self.expect("text"))
        if sign.kind != "sign" or sign.value not in _COMPARE:
            raise _wrong()
        return self.compared(name, sign.value, self.take())

    def having(self, name: str) -> Test:
        """Read `has { key='…' and value='…' }`."""
        self.expect("word", "has")
        self.expect("sign", "{")
        self.expect("word", "key")
        self.expect("sign", "=")
        key = self.expect("text")
        self.expect("word", "and")
        self.expect("word", "value")
        self.expect("sign", "=")
        value = self.expect("text")
        self.expect("sign", "}")
        part = "properties" if name == "properties" else "app_properties"
        return lambda facts: getattr(facts.item.card, part).get(key) == value

    def containing(self, name: str, value: str) -> Test:
        wanted = _words(value)
        if name == "name":
            return lambda facts: _starts(wanted, _words(facts.item.name))
        if name == "mimeType":
            return lambda facts: value.casefold() in facts.item.mime_type
        if name == "fullText":
            self.full_text = True
            return lambda facts: _mentions(wanted, facts)
        raise _wrong()

    def compared(self, name: str, sign: str, value: Token) -> Test:
        if name in _TIMES and value.kind == "text":
            return _time(name, sign, value.value)
        if sign not in {"=", "!="}:
            raise _wrong()
        if name in _FLAGS and value.kind == "word":
            return _flag(name, sign, value.value.lower())
        if name in {"name", "mimeType", "visibility"} and value.kind == "text":
            wanted, equal = value.value.casefold(), sign == "="
            return lambda facts: (_text(name, facts) == wanted) == equal
        raise _wrong()


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _starts(wanted: list[str], words: list[str]) -> bool:
    return all(any(word.startswith(piece) for word in words) for piece in wanted)


def _mentions(wanted: list[str], facts: Facts) -> bool:
    item = facts.item
    if _starts(wanted, _words(item.name)):
        return True
    known = facts.words(item) | {*_words(item.name), *_words(item.card.description)}
    return all(piece in known for piece in wanted)


def _text(name: str, facts: Facts) -> str:
    if name == "name":
        return facts.item.name.casefold()
    if name == "mimeType":
        return facts.item.mime_type.casefold()
    return _visibility(facts)


def _visibility(facts: Facts) -> str:
    given = {p["type"]: p for p in facts.service.permissions(facts.item.card)}
    for kind in ("anyone", "domain"):
        if kind in given:
            return f"{kind}{'canfind' if given[kind]['allowFileDiscovery'] else 'withlink'}"
    return "limited"


def _flag(name: str, sign: str, value: str) -> Test:
    if value not in {"true", "false"}:
        raise _wrong()
    wanted = (value == "true") == (sign == "=")
    if name == "trashed":
        return lambda facts: in_trash(facts.service, facts.item) == wanted
    if name == "starred":
        return lambda facts: (facts.actor in facts.item.card.starred) == wanted
    return lambda facts: (facts.actor in facts.item.card.shared) == wanted


def _time(name: str, sign: str, value: str) -> Test:
    moment, compare = parse_time(value), _COMPARE[sign]
    if moment is None:
        raise _wrong()

    def run(facts: Facts) -> bool:
        card = facts.item.card
        found = {
            "modifiedTime": facts.item.modified,
            "createdTime": facts.item.created,
            "viewedByMeTime": card.viewed.get(facts.actor),
            "sharedWithMeTime": card.shared.get(facts.actor),
        }[name]
        return found is not None and compare(int(found * 1000) / 1000, moment)

    return run


def parse_time(text: str) -> float | None:
    """Read a moment as RFC 3339 spells it; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        found = moment.timestamp()
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < _TIME_END else None


def _membership(name: str, value: str) -> Test:
    if name == "parents":

        def lies_in(facts: Facts) -> bool:
            wanted = root_id(facts.actor) if value == "root" else value
            return wanted in facts.item.card.parents

        return lies_in
    if name not in _PEOPLE:
        raise _wrong()
    least = {"owners": "owner", "writers": "writer", "readers": "reader"}[name]

    def has_person(facts: Facts) -> bool:
        wanted = (facts.actor if value == "me" else value).casefold()
        return any(
            p.get("emailAddress", "").casefold() == wanted and rank(p["role"]) >= rank(least)
            for p in facts.service.permissions(facts.item.card)
        )

    return has_person


def kept(items: Iterable[Facts], query: Query) -> list[Item]:
    """Give the files that a query finds."""
    return [facts.item for facts in items if query.test(facts)]
