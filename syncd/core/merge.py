"""Merge the fields of a row that both sides hold: each field against its base, by the policy.

Lives here: the three-way rule for one field. It must not know: presences, rows, tables.
"""

from dataclasses import replace

from syncd.core.plan import Action, Cell, Put, Review, Standing
from syncd.core.policy import Handling, Policy
from syncd.core.snapshot import CrmRow, FieldName, Problem, SheetRow, Side, Value, Values
from syncd.core.state import RowState, edit_review


def expected_values(policy: Policy, base: Values, sheet: Values, crm: Values) -> Values:
    """Return what a row that the schema allows comes to on both sides, as far as it tells alone."""
    right, follows = (sheet, crm) if policy.authority is Side.SHEET else (crm, sheet)
    return {
        name: follows.get(name, value)
        if value == base.get(name) and policy.of_field(name) is Handling.MERGE
        else value
        for name, value in right.items()
    }


class Merged:
    """What a merge of fields comes to, gathered field by field."""

    def __init__(self) -> None:
        self.agreed: dict[FieldName, Value] = {}
        self.puts: dict[Side, list[Cell]] = {Side.SHEET: [], Side.CRM: []}
        self.reviews: list[Review] = []
        self.turned: list[Review] = []
        self.takes = False  # whether an act of the follower is taken

    @property
    def actions(self) -> tuple[Action, ...]:
        """What each side is told to change."""
        return tuple(Put(side=s, cells=tuple(cells)) for s, cells in self.puts.items() if cells)

    def turn_away(self, row: RowState, edit: Review) -> None:
        """Keep an edit that is not taken where the policy says: in review, or in the history."""
        if row.policy.of_field(edit.field) is Handling.REJECT:
            self.turned.append(replace(edit, standing=Standing.REJECTED))
        else:
            self.reviews.append(edit)


def merge_fields(row: RowState, sheet: SheetRow, crm: CrmRow, *, careful: bool) -> Merged:
    """Merge the row's fields; a careful merge takes nothing that the authority does not hold."""
    merged = Merged()
    held = {Side.SHEET: sheet.values, Side.CRM: crm.values}
    refused = sheet.problems if row.authority is Side.CRM else crm.problems
    problems = {problem.field: problem for problem in refused}
    for name in row.fields:
        problem = problems.get(name)
        if problem is not None and name not in sheet.values:
            _restore(row, merged, crm.values.get(name), problem)
        else:
            right = held[row.authority].get(name)
            follows = held[row.authority.other].get(name)
            reason = problem.reason if problem else ""
            _merge_field(row, merged, name, right, follows, reason=reason, careful=careful)
    return merged


def _restore(row: RowState, merged: Merged, right: Value, problem: Problem) -> None:
    """What was typed cannot be read and the CRM has authority: its value is put back."""
    name = problem.field
    _settle(
        merged,
        name,
        right,
        Side.SHEET,
        Cell(field=name, expected=None, value=right, typed=problem.text),
    )
    merged.turn_away(
        row,
        replace(
            edit_review(row, Side.SHEET, name),
            offered={name: problem.text},
            shown={name: right},
            reason=problem.reason,
        ),
    )


def _merge_field(
    row: RowState,
    merged: Merged,
    name: FieldName,
    right: Value,
    follows: Value,
    *,
    reason: str,
    careful: bool,
) -> None:
    """Merge one field that both sides could read: `right` is the authority's value.

    `reason` says why the follower's value is refused, where it is.
    """
    follower = row.authority.other
    answered = accepted_edit(row, name)
    if answered is not None and not careful and is_as_shown(answered, right, follows):
        return _answer(row, merged, answered, right, follows)
    _refresh(row, merged, name, right, follows)
    if right == follows:
        merged.agreed[name] = right
        return None
    put = Cell(field=name, expected=follows, value=right)
    shared = row.base is not None and name in row.base.values
    base = row.base.values[name] if row.base is not None and shared else None
    if (shared and follows == base) or (not shared and follows is None):
        # Only the authority moved.
        return _settle(merged, name, right, follower, put)
    moved = right != base if shared else right is not None
    welcome = row.policy.of_field(name) is Handling.MERGE and not reason
    if not moved and not careful and welcome:
        # Only the follower moved, and its edits are welcome.
        taken = Cell(field=name, expected=right, value=follows)
        merged.takes = True
        return _settle(merged, name, follows, row.authority, taken)
    # The follower's edit is not taken: refused, unasked for, or the authority changed it as well.
    _settle(merged, name, right, follower, put)
    return merged.turn_away(row, replace(edit_review(row, follower, name), reason=reason))


def _settle(merged: Merged, name: FieldName, value: Value, side: Side, cell: Cell) -> None:
    """Both sides will hold `value`, once `side` was changed."""
    merged.agreed[name] = value
    merged.puts[side].append(cell)


def accepted_edit(row: RowState, name: FieldName) -> Review | None:
    """Return the entry by which a person took this field's value, if it can be taken at all."""
    for side in Side:
        entry = row.review(side, name)
        if entry is not None and entry.standing is Standing.ACCEPTED and entry.acceptable:
            return entry
    return None


def is_as_shown(entry: Review, *held: Value) -> bool:
    """Whether a person who took `entry` saw the values that are held now."""
    seen = (entry.shown.get(entry.field), entry.offered[entry.field])
    return all(value in seen for value in held)


def _answer(row: RowState, merged: Merged, entry: Review, right: Value, follows: Value) -> None:
    """A person took `entry`: its value goes to both sides."""
    name, wanted = entry.field, entry.offered[entry.field]
    for side, held in ((row.authority, right), (row.authority.other, follows)):
        if held != wanted:
            merged.puts[side].append(Cell(field=name, expected=held, value=wanted))
    merged.agreed[name] = wanted
    merged.takes = merged.takes or right != wanted
    merged.reviews.append(replace(entry, standing=Standing.TAKEN))


def _refresh(row: RowState, merged: Merged, name: FieldName, right: Value, follows: Value) -> None:
    """Keep open questions about a field true: moot where both agreed, else shown anew."""
    for side in Side:
        entry = row.review(side, name)
        if entry is None or not entry.pending:
            continue
        if entry.acceptable and right == follows == entry.offered[name]:
            merged.reviews.append(replace(entry, standing=Standing.MOOT))
        elif entry.shown.get(name) != right or entry.standing is Standing.ACCEPTED:
            # What was shown has moved: the question is asked with what stands there now.
            merged.reviews.append(replace(entry, standing=Standing.OPEN, shown={name: right}))
