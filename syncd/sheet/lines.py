"""Large answers, cut into rows that stay the JSON that they came as until somebody looks at them.

Most rows of a read are letter for letter those of the read before: comparing their text costs a
fraction of decoding it, and tells TRUE from 1, which Python takes for equal.

How rows are told apart without decoding them: inside of a JSON string every quotation mark has a
backslash before it, so that the letters `"values":[[` stand only where a table begins. From there
on the text is cut at each `],[`. A piece that is the same as a row that was read before is that
row, a piece that can be decoded by itself is one as well, and where it ends the next one begins.
Where a cell's own text holds such brackets the cut fails, and the table is decoded as a whole.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncd.schema import Cell

Row = Sequence[Cell]

_START, _NEXT, _END = '"values":[[', "],[", "]]"
_FEW = 8  # one in so many rows may be new, else decoding all at once is quicker
_TOGETHER = 256  # lines that are decoded at once
_KEPT = 16  # such groups of rows that stay decoded for a while
_DECODER = json.JSONDecoder()


class Grid(Sequence[Row]):
    """A table's rows by position; equal lines are equal rows, also in the types of their cells."""

    __slots__ = ("groups", "lines")

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.groups: dict[int, Sequence[Row]] = {}

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Grid":
        """Return the table of rows that are decoded already."""
        lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":"))[1:-1] for row in rows]
        return cls(lines)

    @classmethod
    def cut(cls, text: str, before: "Grid | None") -> "Grid | None":
        """Return the table of a text between its outer brackets, or None where it is not one."""
        lines = text.split(_NEXT)
        try:
            if before is not None and len(before.lines) == len(lines):
                pairs = list(zip(lines, before.lines, strict=True))
                new = [line for line, old in pairs if line != old]
                if len(new) * _FEW <= len(lines):
                    for line in new:
                        json.loads(f"[{line}]")
                    return cls([old if line == old else line for line, old in pairs])
            for start in range(0, len(lines), _TOGETHER):
                together = lines[start : start + _TOGETHER]
                if len(_decoded(together)) != len(together):
                    return None
        except ValueError:
            return None
        return cls(lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, at: Any) -> Any:
        if not isinstance(at, int):
            return [self[each] for each in range(*at.indices(len(self.lines)))]
        number, rest = divmod(range(len(self.lines))[at], _TOGETHER)
        return self._group(number)[rest]

    def __iter__(self) -> Iterator[Row]:
        for start in range(0, len(self.lines), _TOGETHER):
            yield from self._group(start // _TOGETHER)

    def _group(self, number: int) -> Sequence[Row]:
        """Return some rows that follow one another; all at once would take much memory."""
        if number not in self.groups:
            if len(self.groups) >= _KEPT:
                del self.groups[next(iter(self.groups))]
            start = number * _TOGETHER
            self.groups[number] = _decoded(self.lines[start : start + _TOGETHER])
        return self.groups[number]

    def forget(self) -> None:
        """Let go of the decoded rows."""
        self.groups.clear()

    def changed(self, before: "Grid") -> list[int] | None:
        """Return the positions whose row is not as it was, or None where their number differs."""
        if len(self.lines) != len(before.lines):
            return None
        pairs = enumerate(zip(self.lines, before.lines, strict=True))
        return [at for at, (line, old) in pairs if line is not old and line != old]


class BelowTitles(Mapping[int, Row]):
    """A table's rows but for its titles, by position, none of them held."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid

    def __getitem__(self, at: int) -> Row:
        if not 0 < at < len(self.grid):
            raise KeyError(at)
        row: Row = self.grid[at]
        return row

    def __iter__(self) -> Iterator[int]:
        return iter(range(1, len(self.grid)))

    def __len__(self) -> int:
        return max(0, len(self.grid) - 1)


def _decoded(lines: Sequence[str]) -> list[Row]:
    rows: list[Row] = json.loads(f"[[{_NEXT.join(lines)}]]")
    return rows


def split(content: bytes, before: Sequence[Grid] = ()) -> tuple[Any, list[Grid]]:
    """Return an answer whose tables of values are replaced by their numbers, and these tables.

    `before` are the tables of an earlier answer, in the same order.
    """
    text = content.decode()
    frame, grids, at = list[str](), list[Grid](), 0
    while (start := text.find(_START, at)) >= 0:
        first = start + len(_START)
        following = text.find(_START, first)
        last = text.rfind(_END, first, following if following >= 0 else len(text))
        known = before[len(grids)] if len(grids) < len(before) else None
        grid = Grid.cut(text[first:last], known) if last >= first else None
        if grid is None:
            rows, last = _DECODER.raw_decode(text, first - 2)
            grid, last = Grid.of(rows), last - 2
        frame += [text[at:start], f'"values":{len(grids)}']
        grids.append(grid)
        at = last + 2
    frame.append(text[at:])
    return json.loads("".join(frame)), grids
