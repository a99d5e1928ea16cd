"""What refers to rows and columns of a sheet, and how it follows when they come, go or move."""

from collections.abc import Callable
from typing import NamedTuple

from syncd.sandbox.book.formula import Shift
from syncd.sandbox.book.groups import derived, spans_of, stretches
from syncd.sandbox.book.model import Book, Sheet
from syncd.sandbox.errors import Json


class Move(NamedTuple):
    """Rows or columns taken out and put in again before index `to` (as counted before)."""

    is_rows: bool
    start: int
    end: int
    to: int

    def point(self, index: int) -> int:
        """Give where an index lands."""
        count = self.end - self.start
        if self.start <= index < self.end:
            return index + (self.to - self.end if self.to > self.start else self.to - self.start)
        if self.end <= index < self.to:
            return index - count
        if self.to <= index < self.start:
            return index + count
        return index

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give where a half-open span lands: it keeps what stays, or goes with what moves."""
        if self.start <= start and end <= self.end:
            first = self.point(start)
            return first, first + end - start
        if start <= self.start and self.end <= end and start <= self.to <= end:
            return start, end
        count = self.end - self.start
        place = self.to - count if self.to > self.start else self.to
        rest = Shift(self.is_rows, self.start, -count).span(start, end) or (start, end)
        return Shift(self.is_rows, place, count).span(*rest) or rest


Mover = Shift | Move


def moved_range(grid_range: Json, mover: Mover) -> Json | None:
    """Give where a GridRange lands; None when all of it was deleted."""
    name = "Row" if mover.is_rows else "Column"
    start_key, end_key = f"start{name}Index", f"end{name}Index"
    if start_key not in grid_range and end_key not in grid_range:
        return grid_range
    start = grid_range.get(start_key, 0)
    if end_key not in grid_range:
        if isinstance(mover, Move):
            return grid_range  # an open range has no end that could tell what left it
        landed = mover.point(start)
        return grid_range | {start_key: mover.at if landed is None else landed}
    span = mover.span(start, grid_range[end_key])
    if span is None:
        return None
    if start_key not in grid_range:  # open at its beginning, and stays so
        return grid_range | {end_key: span[1]}
    return grid_range | {start_key: span[0], end_key: span[1]}


def _moved_all(
    things: list[Json], mover: Mover, further: Callable[[Json, Mover], Json] | None = None
) -> list[Json]:
    kept = []
    for thing in things:
        moved = moved_range(thing["range"], mover) if "range" in thing else None
        if moved is None and "range" in thing:
            continue
        if moved is not None and moved != thing["range"]:
            thing = thing | {"range": moved}  # noqa: PLW2901
        kept.append(further(thing, mover) if further else thing)
    return kept


def follow_sheet(sheet: Sheet, mover: Mover) -> None:
    """Let everything that a sheet keeps about its grid follow."""
    merges = (moved_range(merge, mover) for merge in sheet.merges)
    sheet.merges = [m for m in merges if m is not None and _spans_cells(m)]
    sheet.protected = _moved_all(sheet.protected, mover, _moved_openings)
    sheet.filter_views = _moved_all(sheet.filter_views, mover, _moved_columns)
    sheet.banded = _moved_all(sheet.banded, mover)
    tables = [_with_moved_columns(table, mover) for table in sheet.tables]
    sheet.tables = _moved_all(tables, mover)
    if sheet.basic_filter is not None:
        kept = _moved_all([sheet.basic_filter], mover, _moved_columns)
        lost = _loses_header(sheet.basic_filter, mover)
        sheet.basic_filter = kept[0] if kept and not lost else None
    sheet.conditional = _moved_rules(sheet.conditional, mover)
    _move_groups(sheet, mover)


def _spans_cells(merge: Json) -> bool:
    height = merge["endRowIndex"] - merge["startRowIndex"]
    return bool(height > 1 or merge["endColumnIndex"] - merge["startColumnIndex"] > 1)


def _loses_header(basic_filter: Json, mover: Mover) -> bool:
    if not isinstance(mover, Shift) or not mover.is_rows:
        return False
    return mover.point(basic_filter.get("range", {}).get("startRowIndex", 0)) is None


def _moved_openings(rule: Json, mover: Mover) -> Json:
    if "unprotectedRanges" not in rule:
        return rule
    kept = [m for r in rule["unprotectedRanges"] if (m := moved_range(r, mover)) is not None]
    moved = {k: v for k, v in rule.items() if k != "unprotectedRanges"}
    return moved | ({"unprotectedRanges": kept} if kept else {})


def _moved_columns(thing: Json, mover: Mover) -> Json:
    """Let the columns that a filter names follow."""
    if mover.is_rows:
        return thing
    moved = dict(thing)
    if "criteria" in thing:
        landed = {mover.point(int(c)): v for c, v in thing["criteria"].items()}
        moved["criteria"] = {str(c): v for c, v in landed.items() if c is not None}
    for name, key in (("filterSpecs", "columnIndex"), ("sortSpecs", "dimensionIndex")):
        if name in thing:
            landed_specs = [(mover.point(spec.get(key, 0)), spec) for spec in thing[name]]
            moved[name] = [spec | {key: c} for c, spec in landed_specs if c is not None]
    for name in ("criteria", "filterSpecs", "sortSpecs"):
        if name in moved and not moved[name]:
            del moved[name]
    return moved


def _with_moved_columns(table: Json, mover: Mover) -> Json:
    """Let the types of a table's columns follow; they count from the table's first column."""
    moved = moved_range(table["range"], mover)
    if mover.is_rows or moved is None or moved == table["range"]:
        return table
    columns = []
    for column in table.get("columnProperties", []):
        place = mover.point(table["range"]["startColumnIndex"] + column.get("columnIndex", 0))
        if place is not None and moved["startColumnIndex"] <= place < moved["endColumnIndex"]:
            rest = {k: v for k, v in column.items() if k != "columnIndex"}
            index = place - moved["startColumnIndex"]
            columns.append(({"columnIndex": index} if index else {}) | rest)
    return table | {"columnProperties": columns}


def _moved_rules(rules: list[Json], mover: Mover) -> list[Json]:
    kept_rules = []
    for rule in rules:
        ranges = [moved_range(r, mover) for r in rule.get("ranges", [])]
        kept = [r for r in ranges if r is not None]
        if kept:
            kept_rules.append(rule if kept == rule["ranges"] else rule | {"ranges": kept})
    return kept_rules


def _move_groups(sheet: Sheet, mover: Mover) -> None:
    name = "row_groups" if mover.is_rows else "column_groups"
    groups = []
    for group in getattr(sheet, name):
        span = mover.span(group["range"]["startIndex"], group["range"]["endIndex"])
        if span is not None:
            bounds = {"startIndex": span[0], "endIndex": span[1]}
            groups.append(group | {"range": group["range"] | bounds})
    if groups:  # what lies side by side now is one group
        groups = derived(stretches(spans_of(groups)), groups[0]["range"], groups)
    setattr(sheet, name, groups)


def follow_names(book: Book, sheet_id: int, mover: Mover) -> None:
    """Let named ranges follow; one whose cells are all gone goes with them."""
    for key, named in list(book.named.items()):
        if named["range"].get("sheetId", 0) == sheet_id:
            moved = moved_range(named["range"], mover)
            if moved is None:
                del book.named[key]
            elif moved != named["range"]:
                book.named[key] = named | {"range": moved}


def follow_metadata(book: Book, sheet_id: int, mover: Mover) -> None:
    """Let the metadata of rows and columns follow; that of deleted ones goes with them."""
    dimension = "ROWS" if mover.is_rows else "COLUMNS"
    for key, entry in list(book.metadata.items()):
        place = entry["location"].get("dimensionRange")
        if place is None or place.get("sheetId", 0) != sheet_id:
            continue
        if place["dimension"] != dimension:
            continue
        landed = mover.point(place["startIndex"])
        if landed is None:
            del book.metadata[key]
        elif landed != place["startIndex"]:
            moved = place | {"startIndex": landed, "endIndex": landed + 1}
            book.metadata[key] = entry | {"location": entry["location"] | {"dimensionRange": moved}}
