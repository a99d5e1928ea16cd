"""Coverage marks: the places that the histories must reach, told from what the engine records."""

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.history import History

# A name, and the marks that count for it.
WANTED = {
    "conflict: the authority's value stands": r"review: edit of \w+ ",
    "an edit in the window is kept": r"history: review open by sheet|history: typed over",
    "misaddressed row repaired": r"repair: put back",
    "new row under moved columns taken out": r"operation: repair judged",
    "repair met a person's value": r"repair: somebody wrote there meanwhile",
    "repair without its row": r"repair: its row is (gone|not in the sheet)",
    "unknown: had been applied": r"told: Operation N had been applied",
    "unknown: sent again": r"told: Operation N was not applied; sending",
    "unknown: burnt": r"told: Operation N was not applied; it never will",
    "token replaced": r"told: The write token was replaced",
    "restored file": r"told: The spreadsheet was brought back",
    "late copy applied": r"late copy applied",
    "second daemon on the file": r"a second daemon on the file",
    "second daemon on a copy": r"a second daemon on a copy",
    "rows frozen": r"rest: a row stays frozen",
    "column paused": r"rest: a column stays paused",
    "formula replaced": r"history: formula replaced",
    "halt: sheet empty": r"halt: the sheet is suddenly empty",
    "halt: CRM empty": r"halt: the crm is suddenly empty",
    "halt: too many removed": r"halt: too many rows removed",
    "halt: too many changed": r"halt: too many rows changed",
    "halt: tab or column missing": r"healed: (LayoutError|.*(missing|titles))",
    "halt: another database": r"healed: HaltedError",
    "approval": r"admin: approves",
    "review accepted": r"history: review taken",
    "review rejected": r"history: review rejected by admin",
    "review moot": r"history: review moot",
    "archived by a removal in the sheet": r"history: archived by sheet",
    "row taken out": r"history: row removed",
    "row returned": r"history: unarchived by sheet",
    "crash before a write": r"fault: write crash before",
    "crash after a write": r"fault: write crash after",
    "crash at a statement": r"fault: disk crash",
    "clock jump": r"fault: the clock jumps",
}


def reached(marks: Counter[str]) -> dict[str, int]:
    """Return how often each wanted place was reached."""
    return {
        name: sum(n for mark, n in marks.items() if re.match(pattern, mark))
        for name, pattern in WANTED.items()
    }


def note_marks(history: "History") -> None:
    """Count what the engine recorded in its file: outcomes, reviews, operations, repairs."""
    queries = {
        "history: {} by {}": "SELECT outcome, origin, count(*) FROM _syncd_history GROUP BY 1, 2",
        "review: {} of {} {}": "SELECT kind, side, standing, count(*) FROM _syncd_reviews"
        " GROUP BY 1, 2, 3",
        "operation: {} {}": "SELECT kind, state, count(*) FROM _syncd_operations GROUP BY 1, 2",
        "repair: {}": "SELECT substr(outcome, 1, 60), count(*) FROM _syncd_repairs GROUP BY 1",
    }
    for name, query in queries.items():
        for *parts, count in history.app.execute(query):
            history.marks[name.format(*parts)] += count
