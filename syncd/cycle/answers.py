"""Answers: what an admin is about to say, taken as said; and whether what was said still holds.

What is about to be said is tried, to see what would follow. What was said is carried out by an
operation that may be applied much later: by then the answer may have been called off, or somebody
may have worked on the row that it takes out of use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from syncd.core.plan import Archive, Review, Standing
from syncd.core.snapshot import RowId, TableName
from syncd.cycle.intent import Intent, Mirror
from syncd.cycle.view import Observation
from syncd.cycle.workspace import Workspace
from syncd.sheet.cells import entered_at
from syncd.sheet.exchange import NOT_COPIED

Answers = Mapping[TableName, Sequence[Review]]
Rows = frozenset[tuple[TableName, RowId]]


def with_answers(observed: Observation, answers: Answers) -> Observation:
    """Return what was observed as if an admin had given these answers before."""
    if not answers:
        return observed
    views = []
    for view in observed.views:
        given = {review.key: review for review in answers.get(view.table.name, ())}
        state = replace(view.state, reviews={**view.state.reviews, **given})
        views.append(replace(view, state=state))
    return replace(observed, views=tuple(views))


def called_off(ws: Workspace, intent: Intent) -> Rows:
    """Return the rows of an operation whose plans rest on an answer that was called off since."""
    if not any(_rests_on(plan.reviews) for plans in intent.plans.values() for plan in plans):
        return frozenset()
    given = {
        (entry.table, entry.review.key): entry.review.by
        for entry in ws.crm.reviews.entries(Standing.ACCEPTED)
    }
    return frozenset(
        (name, plan.row)
        for name, plans in intent.plans.items()
        for plan in plans
        if any(given.get((name, each.key)) != each.by for each in _rests_on(plan.reviews))
    )


def _rests_on(reviews: Sequence[Review]) -> list[Review]:
    """Return the answers that a plan carries out, as far as they were given in a name."""
    done = (Standing.ACCEPTED, Standing.TAKEN)
    return [each for each in reviews if each.by and each.standing in done]


def worked_on(intent: Intent, mirror: Mirror) -> Rows:
    """Return the rows that go out of use and in which somebody typed between read and write.

    Their plans are not carried out: the next cycle decides them by what stands in them now.
    """
    leave = {
        (name, plan.row)
        for name, plans in intent.plans.items()
        for plan in plans
        if any(isinstance(action, Archive) for action in plan.actions)
    }
    return frozenset(
        (each.table, each.row)
        for each in intent.batch.touched
        if (each.table, each.row) in leave
        if (slot := mirror.get(each.table, {}).get(each.position, ())) and NOT_COPIED not in slot
        if any(
            entered_at(slot, column) != entered_at(each.entered, column)
            for column in intent.keys[each.table].managed
        )
    )
