"""Functions of regular expressions, and the wildcards of criteria."""

import re
from functools import lru_cache

from syncd.sandbox.book.formulas.registry import function
from syncd.sandbox.book.formulas.values import Array, Call, Operand, Result, failure

_STEPS_MAX = 5_000_000
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_UNKNOWN_TO_RE2 = re.compile(r"\(\?(?:=|!|<=|<!|>|\()|\\[1-9]")


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> tuple[re.Pattern[str], int] | None:
    """Compile a pattern, and count the repeats that can try texts of any length again."""
    if _UNKNOWN_TO_RE2.search(pattern) or len(pattern) > 2000:
        return None
    try:
        compiled = re.compile(pattern.replace(r"\z", r"\Z").replace("(?P<", "(?P<"))
        return compiled, _open_repeats(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


def _open_repeats(pattern: str) -> int:
    bare = re.sub(r"\\.|\[[^\]]*\]", "x", pattern)
    return len(re.findall(r"[*+]|\{\d*,?\d*\}", bare)) + 20 * len(
        re.findall(r"\)(?:[*+]|\{)", bare)
    ) * bool(re.search(r"\([^()]*[*+|{?][^()]*\)(?:[*+]|\{)|\)\)+(?:[*+]|\{)", bare))


def _pattern(call: Call, pattern: Result, text: str) -> re.Pattern[str]:
    """Give a pattern that answers in bearable time on a text, as RE2 always does."""
    source = call.text(pattern)
    found = _compiled(source)
    if found is None:
        raise failure(
            "REF",
            f'Function {call.name} parameter 2 value "{source[:200]}" is not a valid regular '
            "expression.",
        )
    compiled, repeats = found
    if (len(text) + 1.0) ** min(repeats + 1, 60) > _STEPS_MAX:
        raise failure(
            "VALUE",
            f"Function {call.name}: the expression takes too long on a text of this length.",
        )
    return compiled


def _subject(call: Call, value: Result) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise failure(
            "VALUE",
            f"Function {call.name} parameter 1 expects text values. But '{call.text(value)}' is a "
            "number and cannot be coerced to a text.",
        )
    return call.text(value)


@function("REGEXMATCH", 2, 2)
def _regexmatch(call: Call, text: Result, pattern: Result) -> Result:
    whole = _subject(call, text)
    return _pattern(call, pattern, whole).search(whole) is not None


@function("REGEXEXTRACT", 2, 2)
def _regexextract(call: Call, text: Result, pattern: Result) -> Operand:
    whole = _subject(call, text)
    match = _pattern(call, pattern, whole).search(whole)
    if match is None:
        raise failure(
            "N_A",
            f'Function REGEXEXTRACT parameter 2 value "{call.text(pattern)[:200]}" does not match '
            f'text of Function REGEXEXTRACT parameter 1 value "{whole[:200]}".',
        )
    groups = match.groups()
    if not groups:
        return match.group(0)
    if len(groups) == 1:
        return groups[0] or ""
    return Array([[group or "" for group in groups]])


@function("REGEXREPLACE", 3, 3)
def _regexreplace(call: Call, text: Result, pattern: Result, instead: Result) -> Result:
    whole, template = _subject(call, text), call.text(instead)
    compiled, size = _pattern(call, pattern, whole), 0

    def expanded(match: re.Match[str]) -> str:
        nonlocal size

        def part(reference: re.Match[str]) -> str:
            number = int(reference[1])
            return (match.group(number) or "") if number <= compiled.groups else ""

        made = re.sub(r"[$\\](\d)", part, template)
        size += len(made)
        call.limited(" " * min(size, 60_000))
        return made

    return call.limited(compiled.sub(expanded, whole))


@lru_cache(maxsize=1000)
def wildcards(text: str) -> list[str] | None:
    """Split a text at its wildcards; None when it has none, so that it is met as it is."""
    if not any(sign in text for sign in "*?~"):
        return None
    return [
        part[1:] if part[0] == "~" and len(part) > 1 else "\0" + part if part in "*?" else part
        for part in re.findall(r"~[*?~]|[*?]|[^*?~]+|~", text.casefold())
    ]


def meets(parts: list[str], text: str) -> bool:
    """Tell whether a text meets wildcards, in time that grows with their product at most."""
    sought: list[str] = []
    for part in parts:
        sought.extend([part] if part.startswith("\0") else part)
    at = place = 0
    star, kept = -1, 0
    while at < len(text):
        if place < len(sought) and sought[place] == "\0*":
            star, kept = place, at
            place += 1
        elif place < len(sought) and sought[place] in {"\0?", text[at]}:
            at, place = at + 1, place + 1
        elif star >= 0:
            kept += 1
            at, place = kept, star + 1
        else:
            return False
    return all(part == "\0*" for part in sought[place:])
