"""References in the conditions of drop-downs and formats, which follow as those of formulas do."""

from collections.abc import Callable
from functools import partial

from syncd.sandbox.book.formula import Reference, rewrite
from syncd.sandbox.book.model import Book, Cell, Row, Sheet
from syncd.sandbox.errors import Json

Change = Callable[[Sheet, Reference], Reference | None]


def rewrite_rules(book: Book, change: Change) -> None:
    """Pass every reference in a condition through a function of its sheet and itself."""
    for sheet in list(book.sheets):
        own = partial(change, sheet)
        if sheet.conditional:
            rules = [_rewritten_format(rule, own) for rule in sheet.conditional]
            if rules != sheet.conditional:
                book.edit(sheet.sheet_id).conditional = rules
        _rewrite_validations(book, sheet, own)


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


def _rewrite_validations(
    book: Book, sheet: Sheet, change: Callable[[Reference], Reference | None]
) -> None:
    """Rewrite the rules on cells; a rule that many cells share is looked at once."""
    known: dict[int, Json] = {}
    for index, row in enumerate(sheet.rows):
        for rule in row.rules:
            if id(rule) not in known:
                condition = _rewritten(rule["condition"], change)
                same = condition is rule["condition"]
                known[id(rule)] = rule if same else rule | {"condition": condition}
        if any(known[id(rule)] is not rule for rule in row.rules):
            book.edit(sheet.sheet_id).rows[index] = _replaced(row, known)


def _replaced(row: Row, known: dict[int, Json]) -> Row:
    cells: dict[int, Cell] = {}
    for column, cell in row.cells.items():
        new = known.get(id(cell.validation), cell.validation)
        cells[column] = cell if new is cell.validation else cell._replace(validation=new)
    return row.with_cells(cells)
