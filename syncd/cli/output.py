"""How results look: tables for people, one JSON document for programs."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from syncd.core.plan import (
    Archive,
    Create,
    Put,
    Remove,
    Review,
    ReviewKind,
    RowPlan,
    TablePlan,
    Unarchive,
    side_of,
)
from syncd.core.snapshot import Side
from syncd.crm.reviews import Entry
from syncd.cycle.run import Report
from syncd.cycle.workspace import Workspace
from syncd.errors import Remedy, SyncdError
from syncd.importer.run import Imported

VERSION = 1
SHOWN_MAX = 20
EXIT_CODES = {Remedy.USAGE: 2, Remedy.REPAIR: 1, Remedy.DECISION: 3, Remedy.TIME: 4}
HALTED = 3

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def tell(text: str) -> None:
    """Say what is going on, beside the result."""
    err.print(escape(text), style="dim")


def print_json(document: object) -> None:
    """Print one JSON document and nothing else."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def print_error(error: SyncdError, *, as_json: bool) -> None:
    """Say what happened, to what, and what to do next."""
    if as_json:
        told = {"what": error.what, "on": error.on, "hint": error.hint}
        print_json({"version": VERSION, "ok": False, "error": told})
        return
    where = f" ({error.on})" if error.on else ""
    err.print(f"[bold red]Error:[/] {escape(error.what)}{escape(where)}", soft_wrap=True)
    if error.hint:
        err.print(f"  {escape(error.hint)}", soft_wrap=True)


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
    side = "the CRM" if report.authority is Side.CRM else "the sheet"
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
            out.print(
                f"[bold red]Held back:[/] {halt.table}: {escape(halt.rail)}"
                f" ({halt.count} of {halt.of} rows). Look at it, then mend the cause or run"
                f" [bold]syncd approve {halt.digest}[/]."
            )
    for (table_name, row), reason in report.paused.items():
        out.print(f"[yellow]Left alone:[/] {table_name} {row}: {escape(reason)}", soft_wrap=True)


def print_plans(plans: Iterable[TablePlan]) -> None:
    """Print what plans would do, row by row, up to a number."""
    told = [(plan.table, row) for plan in plans for row in plan.rows if row.actions or row.reviews]
    if not told:
        out.print("Nothing would change.")
        return
    out.print(f"{len(told)} rows:")
    for name, row in told[:SHOWN_MAX]:
        for line in _lines(row):
            out.print(f"  {name} {row.row}: {escape(line)}", soft_wrap=True)
    if len(told) > SHOWN_MAX:
        out.print(f"  … and {len(told) - SHOWN_MAX} more")


def _lines(row: RowPlan) -> Iterable[str]:
    for action in row.actions:
        side = "the sheet" if side_of(action) is Side.SHEET else "the CRM"
        match action:
            case Put(cells=cells):
                for cell in cells:
                    yield f"{cell.field}: {cell.expected!r} becomes {cell.value!r} in {side}"
            case Create():
                yield f"added to {side}"
            case Archive():
                yield "archived in the CRM"
            case Unarchive():
                yield "taken into use again in the CRM"
            case Remove():
                yield "taken out of the sheet"
    for review in row.reviews:
        yield f"{_asked(review)}: {review.standing.value}"


def _asked(review: Review) -> str:
    match review.kind:
        case ReviewKind.EDIT:
            return f"review of {review.field} {review.offered.get(review.field)!r}"
        case ReviewKind.NEW:
            return "review of the new row"
        case ReviewKind.REMOVAL:
            return "review of the removal"


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
        "at": entry.at,
    }


def print_entries(entries: list[Entry]) -> None:
    """Print review entries."""
    if not entries:
        out.print("Nothing waits in review.")
        return
    grid = RichTable(box=None, pad_edge=False)
    for title in ("No.", "Table", "Row", "Field", "By", "In the sheet", "In the CRM", "Remark"):
        grid.add_column(title)
    for entry in entries:
        told = entry_document(entry)
        remark = told["reason"] or {"new": "a new row", "removal": "a removal"}.get(
            told["kind"], ""
        )
        grid.add_row(
            str(entry.id),
            entry.table,
            escape(entry.label or entry.review.row),
            told["field"] or "",
            told["side"],
            escape(_short(told["sheet"])),
            escape(_short(told["crm"])),
            escape(remark),
        )
    out.print(grid)
    out.print("`syncd review accept NO.` takes the act of the side under “By”; `reject` drops it.")


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        value = ", ".join(str(each) for each in value.values() if each is not None)
    text = "" if value is None else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def import_document(imported: Imported) -> dict[str, Any]:
    """Return one source's import as `import --json` gives it."""
    return {
        "source": imported.source,
        "notes": list(imported.notes),
        "answered": imported.answered,
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
            + (f"; {report.conflicts} conflicts in review" if report.conflicts else ""),
            soft_wrap=True,
        )
        for refusal in report.refusals:
            out.print(
                f"    row {refusal.number}: {refusal.field} “{escape(refusal.text)}”"
                f" {escape(refusal.reason)}",
                soft_wrap=True,
            )
        if report.unread:
            out.print(
                f"    columns left unread: {escape(', '.join(report.unread))}", soft_wrap=True
            )
