"""Formulas as text and as trees: reading them, and moving their references."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from syncd.sandbox.book.a1 import column_index, column_letters, quoted_title

_CELL = r"\$?[A-Za-z]{1,3}\$?[1-9][0-9]{0,6}"
_TITLE = r"(?:'(?:[^']|'')*'|[^\W\d][\w.]*)!"
_REFERENCE = (
    rf"(?<![\w.])(?P<title>{_TITLE})?(?P<cells>{_CELL}(?::(?:{_CELL}|\$?[A-Za-z]{{1,3}}|\$?[0-9]{{1,7}}))?"
    r"|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?:\$?[0-9]{1,7})?|\$?[0-9]{1,7}:\$?[0-9]{1,7})(?![\w(!.])"
)
_TOKENS = (
    rf'(?P<space>\s+)|(?P<text>"(?:[^"]|"")*")|(?P<error>#(?:N/A|DIV/0!|[A-Za-z]+[!?]))'
    rf"|(?P<reference>{_REFERENCE})"
    r"|(?P<number>(?:\d+POINT?\d*|POINT\d+)(?:[eE][-+]?\d+)?)|(?P<name>[^\W\d][\w.]*)"
    r"|(?P<operator><=|>=|<>|[-+*/^&=<>%(),;{}:!\\])|(?P<other>.)"
)
_TOKEN = re.compile(_TOKENS.replace("POINT", r"\."), re.DOTALL)
_COMMA_TOKEN = re.compile(_TOKENS.replace("POINT", ","), re.DOTALL)
_PART = re.compile(r"(\$?)([A-Za-z]{1,3})?(\$?)([0-9]+)?\Z")


class Corner(NamedTuple):
    """One corner of a reference; a missing row or column means that it is open there."""

    column: int | None
    row: int | None
    column_fixed: bool
    row_fixed: bool

    def at(self, index: int, *, is_row: bool) -> "Corner":
        """Give the corner with another row or another column."""
        return self._replace(row=index) if is_row else self._replace(column=index)


class Reference(NamedTuple):
    """A reference to a cell or a range, of this sheet when it has no title."""

    title: str | None
    first: Corner
    last: Corner | None


@lru_cache(maxsize=100_000)
def tokens(text: str, comma: bool = False) -> tuple[tuple[str, str], ...]:
    """Split a formula, without its equals sign, into kinds and texts; `comma` is the decimal."""
    found = []
    for match in (_COMMA_TOKEN if comma else _TOKEN).finditer(text):
        kind = match.lastgroup or "other"
        kind = "reference" if match.group("reference") else kind
        found.append((kind, match.group(0)))
    return tuple(found)


@lru_cache(maxsize=100_000)
def parse_reference(text: str) -> Reference:
    """Read the text of a reference token."""
    title: str | None = None
    if "!" in text:
        raw, _, text = text.rpartition("!")
        title = raw[1:-1].replace("''", "'") if raw.startswith("'") else raw
    first, colon, last = text.partition(":")
    return Reference(title, _corner(first), _corner(last) if colon else None)


def _corner(text: str) -> Corner:
    match = _PART.match(text)
    if match is None:  # the tokenizer lets nothing else through
        return Corner(None, None, False, False)
    one, letters, two, digits = match.groups()
    row_fixed = bool(two) if letters else bool(one or two)
    return Corner(
        column_index(letters) if letters else None,
        int(digits) - 1 if digits else None,
        bool(one) and bool(letters),
        row_fixed,
    )


def render_reference(reference: Reference) -> str:
    """Write a reference as text."""
    text = f"{quoted_title(reference.title)}!" if reference.title is not None else ""
    text += _render_corner(reference.first)
    if reference.last is not None:
        text += ":" + _render_corner(reference.last)
    return text


def _render_corner(corner: Corner) -> str:
    text = ""
    if corner.column is not None:
        text += ("$" if corner.column_fixed else "") + column_letters(corner.column)
    if corner.row is not None:
        text += ("$" if corner.row_fixed else "") + str(corner.row + 1)
    return text


def rewrite(formula: str, change: Callable[[Reference], Reference | None]) -> str:
    """Pass every reference of a formula through a function; None turns it into #REF!."""
    parts = []
    for kind, text in tokens(formula[1:]):
        if kind != "reference":
            parts.append(text)
            continue
        reference = parse_reference(text)
        changed = change(reference)
        if changed is None:
            parts.append("#REF!")
        else:
            parts.append(text if changed == reference else render_reference(changed))
    return "=" + "".join(parts)


def respelled(formula: str, comma: bool, to_comma: bool) -> str:
    """Write a formula with the separators of another kind of locale, or with the usual of its own.

    Where the comma is the decimal sign, semicolons part arguments and backslashes columns.
    """
    parts, opened = [], [""]
    for kind, text in tokens(formula[1:], comma):
        if kind == "number":
            spelled = text.replace(",", ".").replace(".", "," if to_comma else ".")
        elif kind != "operator":
            spelled = text
        elif opened[-1] == "{":
            beside = {"\\"} if comma else {",", "\\"}
            spelled = ("\\" if to_comma else ",") if text in beside else text
        else:
            between = {";"} if comma else {",", ";"}
            spelled = (";" if to_comma else ",") if text in between else text
        if text in {"(", "{"}:
            opened.append(text)
        elif text in {")", "}"} and len(opened) > 1:
            opened.pop()
        parts.append(spelled)
    return "=" + "".join(parts)


def rename(formula: str, old: str, new: str) -> str:
    """Write the new name of a named range into a formula."""
    found = tokens(formula[1:])
    parts = [
        new if kind == "name" and text.casefold() == old.casefold() else text
        for kind, text in found
    ]
    return "=" + "".join(parts)


@lru_cache(maxsize=100_000)
def offset(formula: str, down: int, right: int) -> str:
    """Move the relative references of a formula, as copying it does."""
    if not down and not right:
        return formula

    def move(reference: Reference) -> Reference | None:
        first = _moved(reference.first, down, right)
        last = _moved(reference.last, down, right) if reference.last else None
        if first is None or (reference.last is not None and last is None):
            return None
        return Reference(reference.title, first, last)

    return rewrite(formula, move)


def _moved(corner: Corner, down: int, right: int) -> Corner | None:
    column, row = corner.column, corner.row
    if column is not None and not corner.column_fixed:
        column += right
    if row is not None and not corner.row_fixed:
        row += down
    if (column is not None and column < 0) or (row is not None and row < 0):
        return None
    return corner._replace(column=column, row=row)


class Shift(NamedTuple):
    """Rows or columns of a sheet inserted (by > 0) or deleted (by < 0) at a place."""

    is_rows: bool
    at: int
    by: int

    def point(self, index: int) -> int | None:
        """Give where an index lands; None when it was deleted."""
        if index < self.at:
            return index
        if self.by < 0 and index < self.at - self.by:
            return None
        return index + self.by

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Give where a half-open span lands; None when all of it was deleted."""
        if self.by >= 0:
            return (
                start + self.by if start >= self.at else start,
                end + self.by if end > self.at else end,
            )
        gone = self.at - self.by
        start = start if start < self.at else max(self.at, start + self.by)
        if end > self.at:
            end = max(self.at, end + self.by) if end > gone else self.at
        return (start, end) if start < end else None


def shift_reference(reference: Reference, shift: Shift) -> Reference | None:
    """Follow inserted or deleted rows or columns with a reference to the sheet concerned."""
    place = "row" if shift.is_rows else "column"
    start = getattr(reference.first, place)
    end = getattr(reference.last, place) if reference.last else start
    if start is None:
        return reference
    if end is None:  # open at its end: only its start moves
        moved = shift.point(start)
        return reference._replace(
            first=reference.first.at(shift.at if moved is None else moved, is_row=shift.is_rows)
        )
    span = shift.span(min(start, end), max(start, end) + 1)
    if span is None:
        return None
    first = reference.first.at(span[0], is_row=shift.is_rows)
    last = reference.last.at(span[1] - 1, is_row=shift.is_rows) if reference.last else None
    return Reference(reference.title, first, last)
