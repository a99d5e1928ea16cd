"""References in the conditions of drop-downs and formats, which follow as those of formulas do."""

from collections.abc import Callable
from functools import partial
from operator import attrgetter

from syncd.sandbox.book.formula import Reference, rewrite
from syncd.sandbox.book.model import NO_RULES, Book, Cell, Row, Sheet
from syncd.sandbox.errors import Json

Change = Callable[[Sheet, Reference], Reference | None]


def rewrite_rules(book: Book, change: Change) -> None:
    """Pass every reference in a condition through a function of its sheet and itself."""
    for sheet in list(book.sheets):
        own = partial(change, sheet)
        rules = [_rewritten_format(rule, own) for rule in sheet.conditional]
        rows = _rewritten_rows(sheet, own)
        if rows or rules != sheet.conditional:
            _put(book.edit(sheet.sheet_id), rules, rows)


def rewrite_sheet_rules(sheet: Sheet, change: Callable[[Reference], Reference | None]) -> None:
    """Pass every reference in the conditions of a draft of a sheet through a function."""
    rules = [_rewritten_format(rule, change) for rule in sheet.conditional]
    _put(sheet, rules, _rewritten_rows(sheet, change))


def _put(sheet: Sheet, rules: list[Json], rows: dict[int, Row]) -> None:
    sheet.conditional = rules
    for index, row in rows.items():
        sheet.rows[index] = row


def _rewritten_format(rule: Json, change: Callable[[Reference], Reference | None]) -> Json:
    boolean = rule.get("booleanRule")
    if boolean is None:
        return rule
    condition = _rewritten(boolean["condition"], change)
    if condition is boolean["condition"]:
        return rule
    return rule | {"booleanRule": boolean | {"condition": condition}}


def _rewritten(condition: Json, change: Callable[[Reference], Reference | None]) -> Json:
    values, changed = [], False
    for value in condition.get("values", []):
        text = value.get("userEnteredValue", "")
        new = rewrite(text, change) if text.startswith("=") else text
        changed = changed or new != text
        values.append(value | {"userEnteredValue": new} if new != text else value)
    return condition | {"values": values} if changed else condition


def _rewritten_rows(
    sheet: Sheet, change: Callable[[Reference], Reference | None]
) -> dict[int, Row]:
    """Give the rows whose rules change; rules that many rows share are looked at once."""
    sorts = set(map(attrgetter("rules"), sheet.rows)) - {NO_RULES}
    known: dict[int, Json] = {}
    for rule in (rule for sort in sorts for rule in sort.each):
        condition = _rewritten(rule["condition"], change)
        if condition is not rule["condition"]:
            known[id(rule)] = rule | {"condition": condition}
    if not known:
        return {}
    changed = {sort for sort in sorts if any(id(rule) in known for rule in sort.each)}
    return {
        index: _replaced(row, known) for index, row in enumerate(sheet.rows) if row.rules in changed
    }


def _replaced(row: Row, known: dict[int, Json]) -> Row:
    cells: dict[int, Cell] = {}
    for column, cell in row.cells.items():
        new = known.get(id(cell.validation), cell.validation)
        cells[column] = cell if new is cell.validation else cell._replace(validation=new)
    return row.with_cells(cells)
