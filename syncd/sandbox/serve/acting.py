"""What people do on the page: typed cells, requests and undoing, each one revision of its own."""

from collections import Counter
from itertools import chain
from typing import Any

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.following import Move, moved_range
from syncd.sandbox.book.formula import Shift
from syncd.sandbox.book.model import Area, Book
from syncd.sandbox.book.moves import Sorted, followed
from syncd.sandbox.book.structure import check_size
from syncd.sandbox.errors import ApiError, Json, invalid
from syncd.sandbox.protocol.messages import parse
from syncd.sandbox.requests.kinds import refuse_unknown, run_requests
from syncd.sandbox.serve.rules import meets, refusal
from syncd.sandbox.serve.undoing import take_back
from syncd.sandbox.sheets.writing import write_values
from syncd.sandbox.state.service import Line, Service

_ROW_KEYS = {"startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex"}
GONE = "The cell was deleted by somebody else while you were editing it."
TOO_OLD = "So much has changed since this page last looked that the right cell is not known."


def moves_since(line: Line, revision: int) -> list[tuple[int, object]] | None:
    """Give what moved since a revision; None when that is not known any more."""
    if not line.versions[0].revision <= revision <= line.book.revision:
        return None
    return list(chain.from_iterable(v.moves for v in line.versions if v.revision > revision))


def shown_moves(moves: list[tuple[int, object]]) -> list[Json]:
    """Give moves as the page reads them."""
    shown: list[Json] = []
    for sheet_id, each in moves:
        if isinstance(each, Sorted):
            area = each.area[1:]
            shown.append({"sheetId": sheet_id, "area": area, "landed": list(each.landed)})
        elif isinstance(each, Shift):
            span = {"at": each.at, "by": each.by}
            shown.append({"sheetId": sheet_id, "rows": each.is_rows} | span)
        elif isinstance(each, Move):
            span = {"start": each.start, "end": each.end, "to": each.to}
            shown.append({"sheetId": sheet_id, "rows": each.is_rows} | span)
    return shown


def act(service: Service, book_id: str, actor: str, body: Any) -> Json:
    """Write typed cells and run requests as one revision, where they belong by now."""
    given = body if isinstance(body, dict) else {}
    line = service.line(book_id, actor, write=True)
    moves = moves_since(line, int(given.get("base", line.book.revision)))
    if moves is None:
        raise ApiError(409, TOO_OLD)
    batch = service.batch(book_id, actor)
    requests = _parsed([_moved(r, moves) for r in given.get("requests", [])])
    replies = run_requests(batch, requests) if requests else []
    blocks = given.get("typed", [])
    if not requests and not blocks:
        raise invalid("an act needs requests or typed cells")
    for block in blocks:
        _type(batch, block, moves)
    book = service.commit(batch, _what(requests, blocks))
    return {"revision": book.revision, "replies": replies}


def _what(requests: list[Json], blocks: list[Json]) -> str:
    counts = Counter(kind for request in requests for kind in request)
    kinds = [k if n == 1 else f"{k} x{n}" for k, n in counts.items()]
    return ", ".join([*kinds, *(["typed"] if blocks else [])]) or "nothing"


def _parsed(requests: list[Json]) -> list[Json]:
    refuse_unknown(requests)
    if not requests:
        return []
    found: list[Json] = parse("BatchUpdateSpreadsheetRequest", {"requests": requests})["requests"]
    return found


def _moved(value: Any, moves: list[tuple[int, object]]) -> Any:
    """Let the ranges in a request follow what moved since its sender looked."""
    if isinstance(value, list):
        return [_moved(item, moves) for item in value]
    if not isinstance(value, dict) or not moves:
        return value
    sheet_id = value.get("sheetId", 0)
    for moved_sheet, each in moves:
        if moved_sheet != sheet_id or not isinstance(each, (Shift, Move)):
            continue
        if value.keys() & _ROW_KEYS:
            landed = moved_range(value, each)
            if landed is None:
                raise ApiError(409, GONE)
            value = landed
        elif value.get("dimension") == ("ROWS" if each.is_rows else "COLUMNS"):
            span = each.span(value.get("startIndex", 0), value.get("endIndex", 0))
            if span is None:
                raise ApiError(409, GONE)
            value = value | {"startIndex": span[0], "endIndex": span[1]}
    return {name: _moved(inner, moves) for name, inner in value.items()}


def _type(batch: Batch, block: Json, moves: list[tuple[int, object]]) -> None:
    """Write a block of typed texts, each into the cell that was meant; null leaves one alone."""
    sheet_id, top, left = (int(block[name]) for name in ("sheetId", "row", "column"))
    rows = block["values"]
    mine = [m for m in moves if m[0] == sheet_id]
    if not mine:
        _write(batch, sheet_id, (top, left), rows)
        return
    for down, texts in enumerate(rows):
        for right, text in enumerate(texts):
            place = followed(mine, sheet_id, top + down, left + right)
            if text is not None and place is None:
                raise ApiError(409, GONE)
            if text is not None and place is not None:
                _write(batch, sheet_id, place, [[text]])


def _write(batch: Batch, sheet_id: int, place: tuple[int, int], rows: list[list[Any]]) -> None:
    top, left = place
    bottom, right = top + len(rows), left + max(map(len, rows), default=0)
    sheet = batch.sheet(sheet_id)
    if bottom > sheet.row_count or right > sheet.column_count:
        sheet.row_count = max(sheet.row_count, bottom)
        sheet.column_count = max(sheet.column_count, right)
        check_size(batch.book)
    area = Area(sheet_id, top, bottom, left, right)
    write_values(batch, area, rows, "USER_ENTERED", bounded=True)
    batch.book.cache.clear()
    sheet = batch.sheet(sheet_id)
    for row, texts in enumerate(rows, top):
        cells = sheet.row(row).cells
        for column, text in enumerate(texts, left):
            rule = cells[column].validation if text and column in cells else None
            if rule and rule.get("strict") and not meets(batch.book, sheet, row, column):
                raise invalid(refusal(batch.book, sheet, row, column))


def undo(service: Service, book_id: str, actor: str, body: Any) -> Json:
    """Take a revision back; doing that again with the new revision is a redo."""
    number = body.get("revision") if isinstance(body, dict) else None
    if not isinstance(number, int):
        raise invalid("revision must be a number")
    line = service.line(book_id, actor, write=True)
    kept: dict[int, Book] = {book.revision: book for book in line.versions}
    if number not in kept or number - 1 not in kept:
        raise ApiError(409, "This is too long ago to be undone.")
    batch = service.batch(book_id, actor)
    since = moves_since(line, number) or []
    take_back(batch, kept[number - 1], kept[number], since)
    book = service.commit(batch, f"undone: revision {number}")
    return {"revision": book.revision}
