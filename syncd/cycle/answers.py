"""Answers: what an admin is about to say, taken as said, to see what would follow."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from syncd.core.plan import Review
from syncd.core.snapshot import TableName
from syncd.cycle.view import Observation

Answers = Mapping[TableName, Sequence[Review]]


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
