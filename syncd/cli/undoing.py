"""The verb undo: what is taken back is shown first, and what stays as it is, with why."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from syncd.cli.acts import call_off_act, told_answer
from syncd.cli.app import (
    AsJson,
    ConfigPath,
    DryRun,
    Yes,
    app,
    ask,
    open_workspace,
    person,
)
from syncd.cli.output import (
    HALTED,
    SHOWN_MAX,
    err,
    out,
    print_json,
    print_report,
    quoted,
    shared,
)
from syncd.cli.past import RowName, TableOption, parse_time
from syncd.core.snapshot import RowId, TableName
from syncd.core.undo import Kept
from syncd.cycle.naming import find_row, labels_of
from syncd.cycle.workspace import Workspace
from syncd.errors import UsageError
from syncd.schema import Labels, show
from syncd.underway import named_under_way
from syncd.undo import Undoing, Wanted, preview, undo, wanted_of, wanted_of_row

Digest = Annotated[str, typer.Option("--digest", help="Do only what was shown under this digest.")]


@app.command("undo")
def undo_(
    what: Annotated[
        str, typer.Argument(help="A cycle's number, or a name: import:3, connect, undo:5.")
    ] = "",
    config: ConfigPath = None,
    row: RowName = None,
    table: TableOption = None,
    to: Annotated[
        str, typer.Option(help="With --row: as it was after this cycle, or at this time.")
    ] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    digest: Digest = "",
    as_json: AsJson = False,
) -> None:
    """Take back a cycle, an import, a switch, or a row's last change; what moved since stays."""
    if bool(what) == bool(row):
        raise UsageError(
            "say what is to be undone: one thing",
            hint="`syncd undo 17`, `syncd undo import:3`, `syncd undo --row “Ada”`.",
        )
    with open_workspace(config) as ws:
        act = named_under_way(ws, what) if what else None
        if act is not None:
            call_off_act(ws, act, dry_run=dry_run, asked=yes or bool(digest), as_json=as_json)
            return
        wanted = wanted_of(ws, what) if row is None else _row(ws, row, table, to)
        if dry_run:
            tell_undoing(ws, preview(ws, wanted), as_json=as_json)
            return
        if not (yes or digest):
            digest = confirmed(ws, preview(ws, wanted), "undo")
        conclude_undoing(ws, undo(ws, wanted, by=person(), digest=digest), as_json=as_json)


def _row(ws: Workspace, text: str, table: str | None, to: str) -> Wanted:
    named = find_row(ws, text, table)
    label = labels_of(ws, [(named.table, named.row)]).label(named.table, named.row)
    moment = parse_time(ws, to) if to and not to.isdigit() else ""
    return wanted_of_row(ws, named, label, to, moment=moment)


def tell_undoing(ws: Workspace, planned: Undoing, *, as_json: bool) -> None:
    """Tell what would be done."""
    if as_json:
        print_json(document(ws, planned))
    else:
        print_undoing(ws, planned, "would be")


def confirmed(ws: Workspace, planned: Undoing, verb: str) -> str:
    """Show what follows, and ask; return the digest of what was agreed to."""
    print_undoing(ws, planned, "would be", to=err)
    if planned.is_empty:
        raise typer.Exit(0)
    ask(verb)
    return planned.digest


def conclude_undoing(ws: Workspace, done: Undoing, *, as_json: bool) -> None:
    """Tell what was done; a table that is held back ends the verb with its exit code."""
    if as_json:
        print_json(document(ws, done))
    else:
        print_undoing(ws, done, "was" if done.changeset else "would be")
        print_report(done.report)
    if done.report.halted:
        raise typer.Exit(HALTED)


def document(ws: Workspace, undoing: Undoing) -> dict[str, Any]:
    """Return an undo as `undo --json` gives it."""
    labels = _labels(ws, undoing)
    return shared(ws, undoing.report) | {
        "undo": undoing.name,
        "digest": undoing.digest,
        "changes": [
            {
                "table": name,
                "row": review.row,
                "label": labels.label(name, review.row),
                "kind": review.kind.value,
                "field": review.field or None,
                "before": review.shown.get(review.field) if review.field else None,
                "after": review.offered.get(review.field) if review.field else None,
            }
            for name, reviews in undoing.reversal.answers.items()
            for review in reviews
        ],
        "kept": [
            {
                "table": kept.table,
                "row": kept.row,
                "label": labels.label(kept.table, kept.row),
                "field": kept.field or None,
                "reason": reason_of(kept),
                "value": kept.now,
                "before": kept.before,
                "by": kept.since.origin if kept.since else None,
                "at": kept.since.at if kept.since else None,
            }
            for kept in undoing.reversal.kept
        ],
        "switch": undoing.switch.before["authority"] if undoing.switch else None,
        "changeset": undoing.changeset or None,
        "backup": str(undoing.backup) if undoing.backup else None,
        "done": undoing.done,
        "formulas": len(undoing.formulas),
        "open": [
            {"review": e.id, "table": e.table, "row": e.review.row, "field": e.review.field or None}
            for e in undoing.open
        ],
    }


def reason_of(kept: Kept) -> str:
    """Return why something stays as it is, with by whom and when."""
    text = kept.why.value
    if kept.since is not None:
        who = {"sheet": "the sheet", "crm": "another program"}.get(
            kept.since.origin, kept.since.origin
        )
        text += f", by {who} at {kept.since.at}"
    return f"{text}: {kept.detail}" if kept.detail else text


def print_undoing(ws: Workspace, undoing: Undoing, word: str, *, to: Any = out) -> None:
    """Print what an undo does and what it leaves, up to a number of each."""
    labels = _labels(ws, undoing)
    reversal = undoing.reversal
    told = [(name, review) for name, reviews in reversal.answers.items() for review in reviews]
    if undoing.switch:
        side = "the sheet" if undoing.switch.before["authority"] == "sheet" else "the CRM"
        to.print(f"Authority goes back to {side}.")
    if not told and not undoing.switch:
        to.print(f"Nothing of {escape(undoing.name)} is left to take back.", soft_wrap=True)
    elif told:
        count = "1 change" if len(told) == 1 else f"{len(told)} changes"
        verb = word if len(told) == 1 else word.replace("was", "were")
        to.print(f"{count} of {escape(undoing.name)} {verb} taken back:", soft_wrap=True)
    for name, review in told[:SHOWN_MAX]:
        line = f"  {name} {labels.label(name, review.row)}: {told_answer(ws, name, review, labels)}"
        to.print(line, soft_wrap=True, markup=False)
    _more(to, len(told))
    if reversal.kept:
        to.print(f"{len(reversal.kept)} left as they are:")
    for kept in reversal.kept[:SHOWN_MAX]:
        title, now = "", ""
        if kept.field:
            field = ws.schema.table(kept.table).by_name.get(kept.field)
            title = f" {field.title if field else kept.field}"
            now = f" {quoted(show(field, kept.now, labels))}" if field else ""
        label = labels.label(kept.table, kept.row)
        line = f"  {kept.table} {label}:{title}{now} stays: {reason_of(kept)}"
        to.print(line, soft_wrap=True, markup=False)
    _more(to, len(reversal.kept))
    if undoing.report.halted and not undoing.changeset:
        to.print("A table is held back: `syncd status` says why.")
    if undoing.open:
        to.print(
            f"{len(undoing.open)} are not carried out yet: what they concern moved meanwhile, is"
            " held back or left alone; `syncd review list --all` shows them.",
            soft_wrap=True,
        )
    if undoing.formulas:
        to.print(f"{len(undoing.formulas)} formulas stand in their cells again.")
    if undoing.changeset:
        to.print(f"`syncd undo {undoing.changeset}` takes this back. Backup: {undoing.backup}",
                 soft_wrap=True)  # fmt: skip
    elif not undoing.is_empty:
        to.print(f"Digest: {undoing.digest}")


def _more(to: Any, count: int) -> None:
    if count > SHOWN_MAX:
        to.print(f"  … and {count - SHOWN_MAX} more; --json lists all")


def _labels(ws: Workspace, undoing: Undoing) -> Labels:
    """Return the labels of the rows that an undo speaks of, and of what they refer to."""
    rows: set[tuple[TableName, RowId]] = {
        (name, review.row)
        for name, reviews in undoing.reversal.answers.items()
        for review in reviews
    }
    rows |= {(kept.table, kept.row) for kept in undoing.reversal.kept}
    rows |= _referred(ws, undoing)
    return labels_of(ws, rows)


def _referred(ws: Workspace, undoing: Undoing) -> set[tuple[TableName, RowId]]:
    """Return the rows to which values refer that are put back."""
    found: set[tuple[TableName, RowId]] = set()
    for name, reviews in undoing.reversal.answers.items():
        for field in ws.schema.table(name).fields:
            if field.reference is not None:
                values = [each.get(field.name) for r in reviews for each in (r.offered, r.shown)]
                found |= {(field.reference, RowId(str(v))) for v in values if v is not None}
    return found
