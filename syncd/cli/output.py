"""How results look: tables for people, one JSON document for programs."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from syncd.core.plan import (
    Archive,
    Create,
    Halt,
    Put,
    Remove,
    Review,
    ReviewKind,
    RowPlan,
    Standing,
    TablePlan,
    Unarchive,
    side_of,
)
from syncd.core.snapshot import FieldName, Problem, Side
from syncd.crm.reviews import Entry
from syncd.cycle.report import Report
from syncd.cycle.workspace import Workspace
from syncd.errors import Remedy, SyncdError
from syncd.importer.run import Imported
from syncd.schema import Labels, Table, show, spoken

VERSION = 1
SHOWN_MAX = 20
EXIT_CODES = {Remedy.USAGE: 2, Remedy.REPAIR: 1, Remedy.DECISION: 3, Remedy.TIME: 4}
HALTED = 3
_ENDS = {
    Standing.ACCEPTED: "under way",
    Standing.TAKEN: "done",
    Standing.REJECTED: "not done",
    Standing.MOOT: "not done any more",
}
_SIDES = {Side.SHEET: "the sheet", Side.CRM: "the CRM"}

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def tell(text: str) -> None:
    """Say what is going on, beside the result."""
    err.print(escape(text), style="dim", soft_wrap=True)


def print_json(document: object) -> None:
    """Print one JSON document and nothing else."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def print_error(error: SyncdError, *, as_json: bool) -> None:
    """Say what happened, to what, and what to do next."""
    if as_json:
        told = {"what": error.what, "on": error.on, "hint": error.hint}
        goes_on = {"changeset": error.changeset} if error.changeset else {}
        print_json({"version": VERSION, "ok": False, "error": told} | goes_on)
        return
    where = f" ({error.on})" if error.on else ""
    err.print(f"[bold red]Error:[/] {escape(error.what)}{escape(where)}", soft_wrap=True)
    if error.hint:
        err.print(f"  {escape(error.hint[0].upper() + error.hint[1:])}", soft_wrap=True)


def shared(ws: Workspace, report: Report) -> dict[str, Any]:
    """Return what the documents of `sync`, `connect`, `import` and so on have in common."""
    policies = {table.name: ws.policy(table.name) for table in ws.schema.tables}
    words = {
        name: {
            "edits": policy.edits.value,
            "new_rows": policy.new_rows.value,
            "removals": policy.removals.value,
            "fields": {field: word.value for field, word in policy.fields.items()},
        }
        for name, policy in policies.items()
    }
    used = {
        word
        for policy in policies.values()
        for word in (policy.edits, policy.new_rows, policy.removals, *policy.fields.values())
    }
    return {
        "version": VERSION,
        "ok": not report.halted,
        "authority": ws.crm.state.authority.value,
        "policy": used.pop().value if len(used) == 1 else "mixed",
        "policies": words,
        "tables": {
            name: {
                "rows": table.rows,
                "changed": table.changed,
                "review": table.review,
                "quarantine": table.quarantine,
                "halted": bool(table.halts),
            }
            for name, table in report.tables.items()
        },
        "digest": report.digest,
        "cycle": report.cycle,
        "halts": [
            {"table": h.table, "rail": h.rail, "count": h.count, "of": h.of, "digest": h.digest}
            for table in report.tables.values()
            for h in table.halts
        ],
        "paused": [
            {"table": table, "row": row, "reason": reason}
            for (table, row), reason in report.paused.items()
        ],
    }


def print_report(report: Report) -> None:
    """Print the tables that a cycle found."""
    side = _SIDES[report.authority]
    word = "connected" if report.authority is Side.CRM else "disconnected"
    out.print(f"Authority: [bold]{side}[/] ({word})")
    grid = RichTable(box=None, pad_edge=False)
    for title in ("Table", "Rows", "Changed", "In review", "Refused"):
        grid.add_column(title, justify="left" if title == "Table" else "right")
    for name, table in report.tables.items():
        counts = (table.rows, table.changed, table.review, table.quarantine)
        grid.add_row(name, *(str(count) for count in counts))
    out.print(grid)
    for table in report.tables.values():
        for halt in table.halts:
            if not halt.digest:
                held = f"[bold red]Held back:[/] {halt.table}: {escape(halt.rail)}"
                out.print(held, soft_wrap=True)
                continue
            out.print(
                f"[bold red]Held back:[/] {halt.table}: {escape(halt.rail)}"
                f"{_counted(halt)}. Nothing of this table is written until the"
                f" cause is mended or [bold]syncd approve {halt.digest}[/] lets it through.",
                soft_wrap=True,
            )
    for (table_name, row), reason in report.paused.items():
        out.print(f"[yellow]Left alone:[/] {table_name} {row}: {escape(reason)}", soft_wrap=True)


def _counted(halt: Halt) -> str:
    return f" ({halt.count} of {halt.of} rows)" if halt.of else ""


def print_plans(ws: Workspace, plans: Iterable[TablePlan], *, to: Console = out) -> None:
    """Print what plans would do, row by row, up to a number."""
    print_first(ws, to=to)
    plans = tuple(plans)
    told = [(plan.table, row) for plan in plans for row in plan.rows if row.actions or row.reviews]
    if not told:
        to.print("Nothing would change.")
        return
    labels = named_labels(ws, plans)
    to.print(f"{_rows(len(told))}:")
    for name, row in told[:SHOWN_MAX]:
        for line in lines_of(ws.schema.table(name), row, labels):
            label = labels.label(name, row.row)
            to.print(f"  {name} {escape(label)}: {escape(line)}", soft_wrap=True)
    if len(told) > SHOWN_MAX:
        to.print(f"  … and {len(told) - SHOWN_MAX} more")


def print_first(ws: Workspace, *, to: Console = out) -> None:
    """Print what is still open of earlier writes: it is done before anything that is planned."""
    if ws.crm.operations.has_unknown():
        told = "First it is looked up whether the last write was applied; more may follow from it."
        to.print(told, style="yellow", soft_wrap=True)
    if count := len(ws.crm.operations.repairs()):
        told = f"First {_rows(count)} hit by mistake: `syncd repairs list` shows what is put back."
        to.print(told, style="yellow", soft_wrap=True)


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def named_labels(ws: Workspace, plans: Iterable[TablePlan] = ()) -> Labels:
    """Return the names of all records, and of the rows that plans speak of."""
    known = {
        table.name: {row: record.values for row, record in ws.crm.records.read(table).items()}
        for table in ws.schema.tables
    }
    for plan in plans:
        for row in plan.rows:
            found = [action.values for action in row.actions if isinstance(action, Create)]
            found += [review.offered for review in row.reviews if review.kind is ReviewKind.NEW]
            if found:
                known[plan.table].setdefault(row.row, found[0])
    return Labels.build(ws.schema, known)


def lines_of(table: Table, row: RowPlan, labels: Labels) -> Iterable[str]:
    """Yield what a row's plan does, a line each."""
    for action in row.actions:
        side = _SIDES[side_of(action)]
        match action:
            case Put(cells=cells):
                for cell in cells:
                    field = table.field(cell.field)
                    before = cell.typed or show(field, cell.expected, labels)
                    after = show(field, cell.value, labels)
                    yield f"{field.title}: {quoted(before)} becomes {quoted(after)} in {side}"
            case Create():
                yield f"added to {side}"
            case Archive():
                yield "archived in the CRM"
            case Unarchive():
                yield "taken into use again in the CRM"
            case Remove():
                yield "taken out of the sheet"
    for review in row.reviews:
        asked = _asked(table, review, labels)
        if review.standing is Standing.OPEN:
            yield f"{asked} goes to review"
        elif ":" in review.by:
            yield f"{asked} by {review.by}: {_ENDS[review.standing]}"
        else:
            yield f"the review of {asked} ends: {review.standing.value}"


def _asked(table: Table, review: Review, labels: Labels) -> str:
    side = _SIDES[review.side]
    match review.kind:
        case ReviewKind.EDIT:
            field = table.field(review.field)
            offered = show(field, review.offered.get(review.field), labels)
            return f"{field.title} {quoted(offered)}, as {side} has it,"
        case ReviewKind.NEW:
            return f"the new row in {side}"
        case ReviewKind.REMOVAL | ReviewKind.WITHDRAWAL:
            return f"the removal from {side}"
        case ReviewKind.RETURN:
            return f"the return of the row to {side}"


def quoted(text: str) -> str:
    """Return a value so that its ends are seen, short enough for a line."""
    short = text if len(text) <= 60 else text[:59] + "…"
    return f"“{short}”" if text else "blank"


def entry_document(entry: Entry) -> dict[str, Any]:
    """Return a review entry as `review list --json` gives it."""
    review = entry.review
    if review.kind is ReviewKind.EDIT:
        offered: object = review.offered.get(review.field)
        shown: object = review.shown.get(review.field)
        base: object = review.base.get(review.field)
    else:
        offered, shown, base = dict(review.offered) or None, dict(review.shown) or None, None
    by_side = {review.side.value: offered, review.side.other.value: shown}
    return {
        "id": entry.id,
        "table": entry.table,
        "row": review.row,
        "label": entry.label,
        "field": review.field or None,
        "kind": review.kind.value,
        "side": review.side.value,
        "sheet": by_side["sheet"],
        "crm": by_side["crm"],
        "base": base,
        "standing": review.standing.value,
        "acceptable": review.acceptable,
        "reason": review.reason,
        "source": review.source or None,
        "at": entry.at,
    }


def print_entries(
    ws: Workspace, entries: list[Entry], *, at_most: int = SHOWN_MAX, to: Console = out
) -> None:
    """Print review entries, up to a number."""
    if not entries:
        to.print("Nothing waits in review.")
        return
    labels = named_labels(ws)
    grid = RichTable(box=None, pad_edge=False)
    grid.add_column("No.", justify="right")
    grid.add_column("Table", no_wrap=True)
    grid.add_column("Row", max_width=24, overflow="fold")
    grid.add_column("What was not taken")
    for entry in entries[:at_most]:
        row = escape(entry.label or labels.label(entry.table, entry.review.row))
        table = ws.schema.by_name.get(entry.table)
        told = (
            told_review(table, entry.review, labels) if table else "its table is described no more"
        )
        grid.add_row(str(entry.id), entry.table, row, escape(told))
    to.print(grid)
    if len(entries) > at_most:
        to.print(f"  … and {len(entries) - at_most} more; --json lists all")
    to.print(
        "`syncd review accept NO.` takes it, on both sides; `syncd review reject NO.` drops it.",
        soft_wrap=True,
    )


def told_review(table: Table, review: Review, labels: Labels) -> str:
    """Return what a review entry is about, for a person to decide."""
    side, other = _SIDES[review.side], _SIDES[review.side.other]
    match review.kind:
        case ReviewKind.EDIT:
            field = table.by_name.get(review.field)  # none where it is described no more
            held = [values.get(review.field) for values in (review.offered, review.shown)]
            offered, shown = (
                quoted(show(field, value, labels) if field else str(value or "")) for value in held
            )
            where = f"in {review.source or side}"
            title = field.title if field else review.field
            text = f"{title}: {offered} {where}, {shown} in {other}"
        case ReviewKind.NEW:
            values = ((field, review.offered.get(field.name)) for field in table.fields)
            shown = ", ".join(show(*each, labels) for each in values if each[1] is not None)
            text = f"new in {side}: {shown}"
        case ReviewKind.REMOVAL:
            by = f"taken out of use by {review.by}"
            text = by if review.is_recall else f"removed in {side}"
        case ReviewKind.WITHDRAWAL:
            text = f"taken back by {review.by}"
        case ReviewKind.RETURN:
            text = f"brought back by {review.by}"
    if review.reason:
        text += f" (cannot be taken: {review.reason})"
    return text if review.standing is Standing.OPEN else f"{text} [{review.standing.value}]"


def print_quarantine(ws: Workspace) -> None:
    """Print what is refused and why, up to a number."""
    problems = ws.crm.state.problems()
    labels = named_labels(ws) if problems else Labels()
    for problem in problems[:SHOWN_MAX]:
        table = ws.schema.table(problem["table"])
        told = Problem(
            field=FieldName(problem["field"]),
            text=problem["text"],
            reason=problem["reason"],
            example=problem["example"],
        )
        out.print(
            f"[yellow]Refused:[/] {table.name} {escape(labels.label(table.name, problem['row']))}:"
            f" {escape(spoken(table, told))}",
            soft_wrap=True,
        )
    if len(problems) > SHOWN_MAX:
        rest = len(problems) - SHOWN_MAX
        out.print(f"  … and {rest} more; `syncd status --json` lists all", soft_wrap=True)


def import_document(imported: Imported) -> dict[str, Any]:
    """Return one source's import as `import --json` gives it."""
    return {
        "source": imported.source,
        "notes": list(imported.notes),
        "answered": imported.answered,
        "changeset": imported.changeset or None,
        "tables": {
            plan.table: {
                "rows": plan.report.rows,
                "created": plan.report.created,
                "updated": plan.report.updated,
                "unchanged": plan.report.unchanged,
                "merged": plan.report.merged,
                "refused": plan.report.refused,
                "blank": plan.report.blank,
                "conflicts": plan.report.conflicts,
                "unread": list(plan.report.unread),
                "refusals": [
                    {
                        "row": refusal.number,
                        "field": refusal.field,
                        "text": refusal.text,
                        "reason": refusal.reason,
                        "example": refusal.example,
                    }
                    for refusal in plan.report.refusals
                ],
            }
            for plan in imported.plans
        },
    }


def _conflicts(count: int) -> str:
    return "1 conflict" if count == 1 else f"{count} conflicts"


def print_imported(imported: Imported, *, dry_run: bool) -> None:
    """Print what an import did, each refused row with its reason."""
    out.print(f"[bold]{escape(imported.source)}[/]", soft_wrap=True)
    for note in imported.notes:
        out.print(f"  {escape(note)}", soft_wrap=True)
    for plan in imported.plans:
        report = plan.report
        would = "would be " if dry_run else ""
        out.print(
            f"  {plan.table}: {report.rows} rows: {report.created} {would}created,"
            f" {report.updated} updated, {report.unchanged} unchanged, {report.merged} merged,"
            f" {report.refused} refused, {report.blank} blank"
            + (f"; {_conflicts(report.conflicts)} in review" if report.conflicts else ""),
            soft_wrap=True,
        )
        for refusal in report.refusals:
            out.print(
                f"    row {refusal.number}: {refusal.field} {escape(quoted(refusal.text))}"
                f" {escape(refusal.reason)}",
                soft_wrap=True,
            )
    unread = dict.fromkeys(title for plan in imported.plans for title in plan.report.unread)
    if unread:
        out.print(f"  columns left unread: {escape(', '.join(unread))}", soft_wrap=True)
    if imported.changeset:
        out.print(f"  `syncd undo {imported.changeset}` takes it back.", soft_wrap=True)
