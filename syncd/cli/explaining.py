"""The verb explain: all that is known of one row, in words."""

from typing import Annotated, Any

import typer

from syncd.cli.app import AsJson, ConfigPath, app
from syncd.cli.output import VERSION, lines_of, out, print_json, quoted, tell, told_review
from syncd.cli.past import TableOption, line_of
from syncd.config import load_config
from syncd.core.plan import Standing
from syncd.core.snapshot import Side, Value
from syncd.crm.reviews import Entry
from syncd.cycle.workspace import Workspace
from syncd.explain import Explanation, Fate, explain
from syncd.schema import show, spoken


@app.command("explain")
def explain_(
    row: Annotated[
        str, typer.Argument(help="A row's id, label or name, or its place: Influencers!5.")
    ],
    config: ConfigPath = None,
    table: TableOption = None,
    as_json: AsJson = False,
) -> None:
    """Tell all about one row: both sides, what the next cycle does with it, and why."""
    with Workspace.open(load_config(config), tell) as ws:
        found = explain(ws, row, table)
        if as_json:
            print_json(_document(found))
        else:
            for line in _lines(ws, found):
                out.print(line, soft_wrap=True, markup=False)


def _document(found: Explanation) -> dict[str, Any]:
    return {
        "version": VERSION,
        "ok": True,
        "table": found.table.name,
        "row": found.row,
        "label": found.label,
        "position": found.position,
        "record": found.record,
        "authority": found.policy.authority.value,
        "policy": {
            "edits": found.policy.edits.value,
            "new_rows": found.policy.new_rows.value,
            "removals": found.policy.removals.value,
        },
        "case": found.case,
        "fields": [
            {
                "field": f.field,
                "sheet": f.sheet,
                "crm": f.crm,
                "base": f.base,
                "next": f.told,
                "columns": None if f.places is None else dict(f.places),
            }
            for f in found.fates
        ],
        "next": list(lines_of(found.table, found.plan, found.labels)) if found.plan else [],
        "problems": [
            {"field": p.field, "text": p.text, "reason": p.reason, "example": p.example}
            for p in found.problems
        ],
        "held": list(found.held),
        "halts": [{"rail": h.rail, "digest": h.digest} for h in found.halts],
        "reviews": [
            {"id": e.id, "standing": e.review.standing.value, "by": e.review.by or None}
            for e in found.reviews
        ],
        "repairs": found.repairs,
        "in_flight": found.in_flight,
        "history": [dict(entry) for entry in found.past],
    }


def _lines(ws: Workspace, found: Explanation) -> list[str]:
    """Return the explanation, a line each."""
    table, side = found.table, found.policy.authority
    ruler = "the sheet" if side is Side.SHEET else "the CRM"
    place = f"row {found.position}" if found.position else "no row"
    policy = found.policy
    acts = {"edits": policy.edits, "new rows": policy.new_rows, "removals": policy.removals}
    rules = "The other side's " + ", ".join(f"{k}: {v.value}" for k, v in acts.items()) + "."
    lines = [
        f"{table.title}: {found.label} ({found.row or 'no id'})",
        f"  In the sheet: {place}. In the CRM: {_record(found)}.",
        f"  Authority: {ruler}. {rules}",
        f"  {found.case}",
        *(f"  {_fate(found, fate)}" for fate in found.fates),
    ]
    nexts = list(lines_of(table, found.plan, found.labels)) if found.plan else []
    lines += [f"  Next cycle: {line}" for line in nexts]
    if not nexts and not found.halts:
        lines.append("  The next cycle does nothing with it.")
    lines += [f"  Refused: {spoken(table, problem)}" for problem in found.problems]
    lines += [f"  Left alone: {reason}" for reason in found.held]
    lines += [
        f"  Held back with its table: {halt.rail}"
        + (f"; `syncd approve {halt.digest}` lets it through." if halt.digest else "")
        for halt in found.halts
    ]
    lines += [
        f"  {_place(entry)}: {told_review(table, entry.review, found.labels)}"
        for entry in found.reviews
    ]
    if found.repairs:
        lines.append(f"  {found.repairs} repairs of its table are open.")
    if found.in_flight:
        lines.append("  A write is under way of which it is not known yet whether it was applied.")
    if found.past:
        named = ws.crm.changesets.named()
        lines.append("  Last changes:")
        lines += [f"    {line_of(ws, entry, found.labels, named)}" for entry in found.past]
    return lines


def _place(entry: Entry) -> str:
    """Return where an entry stands: asked in review, or on its way as an admin's act."""
    act = entry.review.by if entry.review.standing is Standing.ACCEPTED else ""
    return f"Under way by {act}" if ":" in act else f"In review, no. {entry.id}"


def _record(found: Explanation) -> str:
    return {"none": "no record", "archived": "archived", "in use": "in use"}[found.record]


def _fate(found: Explanation, fate: Fate) -> str:
    field = found.table.field(fate.field)

    def shown(value: Value) -> str:
        plain = isinstance(value, str) and not field.reference
        return quoted(str(value) if plain else show(field, value, found.labels))

    where = f"{shown(fate.sheet)} in the sheet"
    if fate.places is not None:
        there = (f"{shown(value)} in column {letters}" for letters, value in fate.places)
        where = f"{' or '.join(there) or 'no column'} of the sheet"
    return (
        f"{field.title}: {where}, {shown(fate.crm)} in the CRM,"
        f" {shown(fate.base)} shared before: {fate.told}"
    )
