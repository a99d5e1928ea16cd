"""Faults of the exchange: the fence, the mirror, the judgement, the repair."""

from collections.abc import Sequence
from typing import Any

from syncd.core.snapshot import TableName
from syncd.crm import operations
from syncd.cycle import conclude, operate, run, writing
from syncd.cycle.workspace import Workspace
from syncd.errors import OutcomeUnknownError
from syncd.sheet import exchange, judgement
from syncd.sheet.judgement import Judgement
from tests.simulation.bugs.planting import Replacing, bug, bug_in


# ── The exchange ──────────────────────────────────────────────────────────────────────────────
@bug
def no_fence() -> Sequence[Replacing]:
    """The token is never taken: a batch may be applied as often as it arrives."""
    whole = exchange.requests_of

    def requests_of(*given: Any, **named: Any) -> list[Any]:
        kept = [r for r in whole(*given, **named) if "deleteNamedRange" not in r]
        return [r for r in kept if "addNamedRange" not in r]

    return [(operate, "requests_of", requests_of)]


@bug
def judge_everything_as_verified() -> Sequence[Replacing]:
    """What the mirror shows is not looked at."""

    def judge(batch: Any, *_: Any) -> Judgement:
        return Judgement(verified=frozenset(batch.rows()), windows=(), victims=())

    return [(conclude, "judge", judge)]


@bug_in("types a formula")
def values_in_the_mirror() -> Sequence[Replacing]:
    """The mirror keeps what cells show, not what stands in them."""
    whole = exchange._mirror

    def mirror(*given: Any) -> list[Any]:
        found = whole(*given)
        for request in found:
            if "copyPaste" in request:
                request["copyPaste"]["pasteType"] = "PASTE_VALUES"
        return found

    return [(exchange, "_mirror", mirror)]


@bug_in("moves a column")
def judge_no_titles() -> Sequence[Replacing]:
    """A column that moved in the window is not noticed."""
    return [(judgement, "_moved_columns", lambda *_: set())]


@bug
def judge_no_rows() -> Sequence[Replacing]:
    """A row that moved in the window is not noticed."""
    return [(judgement, "_is_other_row", lambda *_: False)]


@bug_in("sorts visible columns")
def judge_ids_only() -> Sequence[Replacing]:
    """A row is taken for the one that was read when its id is, whatever its key."""

    def is_other_row(each: Any, slot: Any, keys: Any, _shifted: Any) -> bool:
        return bool(judgement._at(slot, keys.id) != judgement._at(each.entered, keys.id))

    return [(judgement, "_is_other_row", is_other_row)]


@bug_in("sorts rows")
def no_repair() -> Sequence[Replacing]:
    """What was hit by mistake is noticed and left so."""
    return [(operations.Operations, "add_repairs", lambda *_: None)]


@bug
def retry_the_post() -> Sequence[Replacing]:
    """A write without an answer is made again on the token that stands now."""

    def settle(ws: Workspace, _layout: Any) -> None:
        if ws.crm.operations.has_unknown():
            with ws.crm.database.transaction():
                ws.crm.operations.bury()

    return [(operate, "settle", settle), (run, "settle", settle)]


@bug
def take_no_answer_for_done() -> Sequence[Replacing]:
    """A write without an answer is taken for applied, as it was read."""
    send = operate._send

    def hopeful(ws: Workspace, layout: Any, operation: Any, intent: Any) -> None:
        try:
            send(ws, layout, operation, intent)
        except OutcomeUnknownError:
            mirror = {
                name: {0: titles}
                | {
                    each.position: each.entered
                    for each in (*intent.batch.touched, *intent.batch.removed)
                    if each.table == name
                }
                for name, titles in intent.titles.items()
            }
            conclude.conclude(ws, layout, operation, intent, mirror)

    return [(operate, "_send", hopeful)]


@bug
def advance_the_base_early() -> Sequence[Replacing]:
    """The base moves when a write is about to be sent, not when it was verified."""
    begin = operate._begin

    def early(ws: Workspace, layout: Any, intent: Any, **named: Any) -> None:
        with ws.crm.database.transaction():
            for name, plans in intent.plans.items():
                ws.crm.state.write_base(name, ((plan.row, plan.base) for plan in plans))
        begin(ws, layout, intent, **named)

    return [(operate, "_begin", early)]


@bug
def last_write_wins() -> Sequence[Replacing]:
    """What somebody typed while syncd wrote is overwritten without a word."""
    return [
        (conclude, "typed_reviews", lambda *_: {}),
        (conclude, "typed_back", lambda *_: []),
        (conclude, "replaced_events", lambda *_: []),
    ]


@bug
def no_second_read() -> Sequence[Replacing]:
    """What is pulled is what the first read showed, whatever was typed since."""

    def once(ws: Workspace, layout: Any, observed: Any, effects_: Any) -> Any:
        wanted: dict[TableName, set[int]] = {}
        for change in effects_.changes:
            wanted.setdefault(change.table, set()).add(change.position)
        if not wanted and not effects_.inserted:
            return None
        return writing.read_rows(ws.client, layout, wanted)

    return [(run, "second_read", once)]


@bug
def insert_over_the_end() -> Sequence[Replacing]:
    """New rows are written where the table was read to end, whatever stands there by now."""
    whole = exchange._insertion

    def insertion(*given: Any) -> list[Any]:
        return [request for request in whole(*given) if "insertDimension" not in request]

    return [(exchange, "_insertion", insertion)]
