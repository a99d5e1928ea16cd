"""Regular expressions of callers, compiled so that none of them can run for ever."""

import re
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from syncd.sandbox.errors import ApiError, invalid

_REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}
_FEW = 16
_LONG = 1_000


class Pattern:
    """A pattern that may be searched for in any text."""

    def __init__(self, source: str, *, match_case: bool, whole: bool) -> None:
        flags = 0 if match_case else re.IGNORECASE
        try:
            tree = parser.parse(source, flags)
            self.open_repeats = _open_repeats(tree)
            wrapped = rf"\A(?:{source})\Z" if whole else source
            self.compiled = re.compile(wrapped, flags)
        except (re.error, OverflowError, RecursionError) as error:
            raise invalid(f"Invalid regular expression: {source}") from error

    def surely_absent(self, text: str) -> bool:
        """Tell quickly that nothing in a text matches."""
        return self.open_repeats <= 1 and self.compiled.search(text) is None

    def replaced(self, text: str, replacement: str, *, groups: bool) -> tuple[str, int]:
        """Replace all matches in a text, and count them; `groups` lets $1 stand for a group."""
        if self.open_repeats > 1 and len(text) > _LONG:
            raise _too_much("several open repeats in a long text")

        def expanded(match: re.Match[str]) -> str:
            if not groups:
                return replacement
            return re.sub(r"\$(\d)", lambda m: _group(match, int(m.group(1))), replacement)

        return self.compiled.subn(expanded, text)


def _group(match: re.Match[str], number: int) -> str:
    if number > (match.re.groups or 0):
        return ""
    return match.group(number) or ""


def _open_repeats(tree: Any) -> int:
    """Count the repeats without a close end; one within another could take for ever."""
    count = 0
    for code, argument in tree:
        for part in _parts(argument):
            inner = _open_repeats(part)
            if code in _REPEATS and argument[1] > _FEW:
                if inner or _branches(part):
                    raise _too_much("a repeat within a repeat")
                inner = 1
            count += inner
    return count


def _branches(tree: Any) -> bool:
    return any(
        code is codes.BRANCH or any(_branches(part) for part in _parts(argument))
        for code, argument in tree
    )


def _parts(argument: Any) -> list[Any]:
    """Give the patterns that stand within a part of a pattern."""
    if isinstance(argument, parser.SubPattern):
        return [argument]
    if isinstance(argument, (tuple, list)):
        return [part for item in argument for part in _parts(item)]
    return []


def _too_much(what: str) -> ApiError:
    return ApiError(501, f"The sandbox does not implement {what} of a regular expression.")
