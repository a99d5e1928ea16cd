"""Where a cell links to: by its formula, its format, or the format of some of its text."""

from syncd.sandbox.book.evaluate import evaluator
from syncd.sandbox.book.formula import tokens
from syncd.sandbox.book.model import Book, Cell, Formula, Sheet


def hyperlink(book: Book, sheet: Sheet, cell: Cell) -> str:
    """Give the one address that a cell links to; nothing for none, and nothing for several."""
    if type(cell.value) is Formula:
        argument = _address(cell.value.text)
        if argument:
            result = evaluator(book).formula(sheet, f"={argument}")
            return result if isinstance(result, str) else ""
    formats = [cell.format or {}, *(run.get("format", {}) for run in cell.runs or [])]
    found = {style.get("textFormat", style).get("link", {}).get("uri", "") for style in formats} - {
        ""
    }
    return found.pop() if len(found) == 1 else ""


def _address(formula: str) -> str:
    """Give the first argument of a formula that is a HYPERLINK and nothing else."""
    parts = [text for kind, text in tokens(formula[1:]) if kind != "space"]
    if len(parts) < 4 or parts[0].upper() != "HYPERLINK" or parts[1] != "(":
        return ""
    depth = 0
    for place, text in enumerate(parts[1:], 1):
        depth += (text in "({") - (text in ")}")
        if depth == 1 and place > 1 and text in {",", ";"}:
            return "".join(parts[2:place])
        if depth == 0:
            return "".join(parts[2:place]) if place == len(parts) - 1 else ""
    return ""
