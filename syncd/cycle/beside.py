"""Beside: what people wrote into a table's rows, in columns that are none of the table's."""

from collections.abc import Iterator

from syncd.core.past import RowKey
from syncd.core.plan import ReviewKind
from syncd.core.snapshot import TableName
from syncd.cycle.answers import Answers
from syncd.cycle.report import Report
from syncd.cycle.view import View
from syncd.cycle.workspace import Workspace
from syncd.sheet.cells import is_formula
from syncd.sheet.read import read_rows


def written_beside(ws: Workspace, report: Report, answers: Answers) -> set[RowKey]:
    """Return the rows that answers take out of the sheet although people wrote beside them.

    A formula that somebody drew down a column says nothing about a row.
    """
    views = report.observed.views if report.observed else ()
    places = {view.table.name: dict(_places(view, answers)) for view in views}
    places = {name: found for name, found in places.items() if found}
    if not places:
        return set()
    wanted = {name: list(found) for name, found in places.items()}
    rows = read_rows(ws.client, ws.layout(), wanted)
    own = {view.table.name: _own(view) for view in views}
    return {
        key
        for name, found in places.items()
        for position, key in found.items()
        if any(
            cell is not None and not is_formula(cell) and column not in own[name]
            for column, cell in enumerate(rows.entered[name].get(position, ()))
        )
    }


def _places(view: View, answers: Answers) -> Iterator[tuple[int, RowKey]]:
    """Yield where rows stand that would leave, and show something beside the table."""
    own, name = _own(view), view.table.name
    leaving = {r.row for r in answers.get(name, ()) if r.kind is ReviewKind.WITHDRAWAL}
    for row, position in view.positions.items():
        if row in leaving:
            shown = enumerate(view.rows[position])
            if any(cell not in (None, "") and column not in own for column, cell in shown):
                yield position, (TableName(name), row)


def _own(view: View) -> set[int]:
    return {*view.tab.columns.values(), view.tab.id_column, view.tab.status_column}
