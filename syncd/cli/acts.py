"""Acts under way: how they are told, and how what is not done of them is called off."""

from collections.abc import Iterable
from typing import Any

from syncd.cli.app import ask
from syncd.cli.output import SHOWN_MAX, VERSION, err, out, print_json, quoted
from syncd.core.plan import Review, ReviewKind
from syncd.core.snapshot import Side, TableName
from syncd.cycle.naming import labels_of
from syncd.cycle.workspace import Workspace
from syncd.schema import Labels, show
from syncd.underway import UnderWay, call_off

_WORDS = {
    ReviewKind.WITHDRAWAL: {
        Side.CRM: "its record is archived, its row leaves the sheet",
        Side.SHEET: "its row leaves the sheet, its record waits in review",
    },
    ReviewKind.REMOVAL: dict.fromkeys(Side, "its record is archived; its row stays, marked"),
    ReviewKind.RETURN: dict.fromkeys(Side, "comes back, on both sides"),
}


def act_document(act: UnderWay) -> dict[str, Any]:
    """Return what is left of an act that is under way, as `status --json` gives it."""
    return {
        "changeset": act.changeset.name,
        "of": act.changeset.subject,
        "by": act.changeset.by,
        "at": act.changeset.at,
        "begun": act.begun,
        "left": [
            {
                "table": entry.table,
                "row": entry.review.row,
                "label": entry.label,
                "kind": entry.review.kind.value,
                "field": entry.review.field or None,
            }
            for entry in act.left
        ],
    }


def print_under_way(acts: Iterable[UnderWay]) -> None:
    """Print what goes on with the next cycle, and how it is called off."""
    for act in acts:
        name, count = act.changeset.name, len(act.left)
        still = "1 change of it is" if count == 1 else f"{count} changes of it are"
        off = "calls them off" if act.can_be_called_off else "takes it back"
        told = (
            f"{name} ({act.changeset.subject}) is under way: {still} not done yet, and the next"
            f" cycle goes on with it; `syncd undo {name}` {off}."
        )
        out.print(told, style="yellow", soft_wrap=True, markup=False)


def call_off_act(
    ws: Workspace, act: UnderWay, *, dry_run: bool, asked: bool, as_json: bool
) -> None:
    """Call off what is not done yet of an undo or a restore: nobody has seen anything of it."""
    if not (dry_run or asked):
        for line in _lines_off(ws, act, "would be"):
            err.print(line, soft_wrap=True, markup=False)
        ask(f"call {act.changeset.name} off")
    unknown = ws.crm.operations.has_unknown()
    lines = _lines_off(ws, act, "would be" if dry_run else "were")
    if not dry_run:
        call_off(ws, act)
    if as_json:
        print_json(
            {
                "version": VERSION,
                "ok": True,
                "undo": act.changeset.name,
                "called_off": act_document(act),
                "changeset": None,
                "outcome_unknown": unknown,
            }
        )
        return
    for line in lines:
        out.print(line, soft_wrap=True, markup=False)
    if unknown:
        out.print(
            "A write of which no answer came may have done some of it: the next cycle looks, and"
            " puts that back.",
            soft_wrap=True,
        )


def _lines_off(ws: Workspace, act: UnderWay, word: str) -> list[str]:
    """Return what is called off, a line each, up to a number."""
    name = act.changeset.name
    labels = labels_of(ws, [(entry.table, entry.review.row) for entry in act.left])
    lines = [f"{len(act.left)} changes of {name} that are not done yet {word} called off:"]
    for entry in act.left[:SHOWN_MAX]:
        told = told_answer(ws, entry.table, entry.review, labels)
        lines.append(f"  {entry.table} {labels.label(entry.table, entry.review.row)}: {told}")
    if len(act.left) > SHOWN_MAX:
        lines.append(f"  … and {len(act.left) - SHOWN_MAX} more; --json lists all")
    if act.begun:
        lines.append(f"What is done of it stays: then `syncd undo {name}` takes that back.")
    return lines


def told_answer(ws: Workspace, name: TableName, review: Review, labels: Labels) -> str:
    """Return what an answer does to its row or field."""
    if review.kind in _WORDS:
        return _WORDS[review.kind][review.side]
    field = ws.schema.table(name).field(review.field)
    now, then = (
        quoted(show(field, values.get(review.field), labels))
        for values in (review.shown, review.offered)
    )
    return f"{field.title}: {now} becomes {then} again"
