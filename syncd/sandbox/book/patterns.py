"""The language of number formats: a pattern taken apart into sections and tokens.

A pattern has up to four sections: for positive numbers, negative ones, zero, and text. A section
shows a number, a moment, or only what is written in it. Any text is a pattern: what means nothing
stands for itself.
"""

import re
from functools import lru_cache
from typing import NamedTuple

_COLOURS = re.compile(
    r"black|blue|cyan|green|magenta|red|white|yellow|colou?r\s*\d{1,2}", re.IGNORECASE
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d{1,30}(?:\.\d{0,30})?)\Z")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_HALVES = re.compile(r"am/pm|a/p|am|pm", re.IGNORECASE)
_ORDINARY = re.compile(r"(#,##0|#{0,3}0)(?:\.(0{1,15}))?")
_LETTERS = "ymdhs"
_SECTIONS_MAX = 4
REMEMBERED_MAX = 500


class Token(NamedTuple):
    """A piece of a section: what kind it is, and its text.

    Kinds: `text`, `fill`, `digit` (0 # ?), `point`, `comma`, `percent`, `power`, `slash`,
    `value` (@ or General), `date`, `minute`, `elapsed`, `half`, `fraction`.
    """

    kind: str
    text: str


class Plain(NamedTuple):
    """What most sections for numbers are: text, a number with fixed decimals, text."""

    prefix: str
    places: int
    is_grouped: bool
    suffix: str
    factor: int


class Section(NamedTuple):
    """One section of a pattern."""

    tokens: tuple[Token, ...]
    condition: tuple[str, float] | None
    is_date: bool
    has_value: bool
    has_digits: bool
    plain: Plain | None = None


def sections(pattern: str) -> tuple[Section, ...]:
    """Take a pattern apart; those of usual length are remembered."""
    return _known(pattern) if len(pattern) <= REMEMBERED_MAX else _taken_apart(pattern)


@lru_cache(maxsize=2000)
def _known(pattern: str) -> tuple[Section, ...]:
    return _taken_apart(pattern)


def _taken_apart(pattern: str) -> tuple[Section, ...]:
    found: list[Section] = []
    tokens: list[Token] = []
    condition: tuple[str, float] | None = None
    place = 0
    while place < len(pattern):
        if pattern[place] == ";":
            found.append(_section(tokens, condition))
            tokens, condition = [], None
            place += 1
            continue
        token, place = _token(pattern, place)
        if token.kind == "condition":
            match = _CONDITION.match(token.text)
            condition = (match[1], float(match[2])) if match else condition
        elif token.kind != "nothing":
            tokens.append(token)
    found.append(_section(tokens, condition))
    return tuple(found[:_SECTIONS_MAX])


def _token(pattern: str, place: int) -> tuple[Token, int]:
    """Read the token at a place, and give where the next one begins."""
    char = pattern[place]
    if char == '"':
        end = pattern.find('"', place + 1)
        end = len(pattern) if end < 0 else end
        return Token("text", pattern[place + 1 : end]), end + 1
    if char in "\\_*":
        following = pattern[place + 1 : place + 2]
        shown = " " if char == "_" and following else following
        return Token("fill" if char == "*" else "text", shown), place + 2
    if char == "[":
        end = pattern.find("]", place + 1)
        if end > 0:
            return _bracket(pattern[place + 1 : end]), end + 1
    if char in "eE" and pattern[place + 1 : place + 2] in {"+", "-"}:
        return Token("power", pattern[place : place + 2]), place + 2
    if char.lower() in _LETTERS:
        end = place + 1
        while end < len(pattern) and pattern[end].lower() == char.lower():
            end += 1
        return Token("date", pattern[place:end]), end
    half = _HALVES.match(pattern, place)
    if half is not None:
        return Token("half", half[0]), half.end()
    if pattern[place : place + 7].lower() == "general":
        return Token("value", "General"), place + 7
    kind = {"0": "digit", "#": "digit", "?": "digit", ".": "point", ",": "comma"}.get(char)
    kind = kind or {"%": "percent", "/": "slash", "@": "value"}.get(char, "text")
    return Token(kind, char), place + 1


def _bracket(inner: str) -> Token:
    if inner.startswith("$"):
        sign, dash, code = inner[1:].rpartition("-")
        known = bool(dash) and re.fullmatch(r"[0-9A-Fa-f]{1,8}|[A-Za-z]{2,3}(-[A-Za-z]+)?", code)
        return Token("text", sign if known else inner[1:])
    if _ELAPSED.fullmatch(inner):
        return Token("elapsed", inner.lower())
    if _CONDITION.match(inner):
        return Token("condition", inner)
    return Token("nothing" if _COLOURS.fullmatch(inner) else "text", "")


def _section(tokens: list[Token], condition: tuple[str, float] | None) -> Section:
    kinds = {token.kind for token in tokens}
    if kinds & {"date", "elapsed"} and not _counts(tokens):
        return Section(tuple(_moment_tokens(tokens)), condition, True, False, False)
    shown = {"fill", "percent", "value"}
    if "digit" in kinds:
        shown |= {"digit", "point", "comma", "power", "slash"}
    plain = tuple(t if t.kind in shown else Token("text", t.text) for t in tokens)
    return Section(plain, condition, False, "value" in kinds, "digit" in kinds, _plain(plain))


def _plain(tokens: tuple[Token, ...]) -> Plain | None:
    """Recognise a section that shows an ordinary number, as `"$"#,##0.00` does."""
    around = {"text", "fill", "percent"}
    places = [place for place, token in enumerate(tokens) if token.kind not in around]
    if not places:
        return None
    first, end = places[0], places[-1] + 1
    if len(places) != end - first:
        return None
    number = "".join(token.text for token in tokens[first:end])
    shape = _ORDINARY.fullmatch(number)
    percents = sum(token.kind == "percent" for token in tokens)
    if shape is None or percents > 1:
        return None
    prefix = "".join(token.text for token in tokens[:first])
    suffix = "".join(token.text for token in tokens[end:])
    return Plain(prefix, len(shape[2] or ""), "," in shape[1], suffix, 100 if percents else 1)


def _counts(tokens: list[Token]) -> bool:
    """Tell whether there are digits other than a second's fraction: then letters are just text."""
    timed, before = False, ""
    for token in tokens:
        fraction = timed and token.text == "0" and before in {"point", "digit"}
        if token.kind == "digit" and not fraction:
            return True
        timed = timed or token.kind in {"date", "elapsed"}
        before = token.kind
    return False


def _moment_tokens(tokens: list[Token]) -> list[Token]:
    """Tell minutes from months, and fractions of a second from other digits."""
    found: list[Token] = []
    for token in tokens:
        last = found[-1] if found else Token("", "")
        if token.kind == "digit" and last.kind in {"point", "fraction"}:
            found[-1] = Token("fraction", last.text + "0")
        elif token.kind in {"date", "elapsed", "half", "point", "fill"}:
            found.append(token)
        else:
            found.append(Token("text", token.text))
    found = [Token("text", t.text) if t.kind == "point" else t for t in found]
    units = [i for i, token in enumerate(found) if token.kind in {"date", "elapsed"}]
    for order, place in enumerate(units):
        text = found[place].text
        before = found[units[order - 1]].text[0] if order else ""
        after = found[units[order + 1]].text[0] if order + 1 < len(units) else ""
        if text in {"m", "mm"} and (before in {"h", "H"} or after in {"s", "S"}):
            found[place] = Token("minute", text)
    return found
