"""The verbs about what was: history, and what can be taken back of it."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from syncd.cli.app import AsJson, ConfigPath, app
from syncd.cli.output import out, print_json, quoted, tell
from syncd.config import load_config
from syncd.core.snapshot import FieldName, RowId, Side, TableName, Value
from syncd.crm.changesets import Changeset
from syncd.crm.history import Search
from syncd.cycle.naming import find_row, labels_of
from syncd.cycle.workspace import Workspace
from syncd.errors import UsageError
from syncd.schema import Labels, show

_AGO = re.compile(r"(\d{1,6})(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAY_LENGTH = 10
RowName = Annotated[str | None, typer.Option("--row", help="A row's id, label or name.")]
TableOption = Annotated[str | None, typer.Option("--table", help="Only this table.")]


@app.command()
def history(
    config: ConfigPath = None,
    table: TableOption = None,
    row: RowName = None,
    field: Annotated[str | None, typer.Option(help="Only this field.")] = None,
    since: Annotated[
        str | None, typer.Option(help="From then on: 2026-01-31, 2026-01-31T12:00, 90m, 2h, 3d.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Up to then, written the same ways.")] = None,
    origin: Annotated[
        str | None, typer.Option(help="Whose: sheet, crm, admin, import, import:3, undo, …")
    ] = None,
    cycle: Annotated[int | None, typer.Option(help="Only what this cycle did.")] = None,
    outcome: Annotated[
        str | None, typer.Option(help="Only what ended so: changed, written, created, archived, …")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many entries at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show what changed, newest first: before, after, by whom, in which cycle."""
    with Workspace.open(load_config(config), tell) as ws:
        named = find_row(ws, row, table) if row else None
        search = Search(
            table=named.table if named else ws.schema.table(table).name if table else None,
            row=named.row if named else None,
            field=field,
            origin=origin,
            cycle=cycle,
            outcome=outcome,
            since=parse_time(ws, since) if since else None,
            until=parse_time(ws, until, end=True) if until else None,
        )
        found = ws.crm.history.entries(search, limit=limit)
        rows = {(TableName(str(e["table"])), RowId(str(e["row"]))) for e in found}
        labels, named_sets = labels_of(ws, rows), ws.crm.changesets.named()
        if as_json:
            print_json([_document(entry, labels, named_sets) for entry in found])
            return
        for entry in found:
            out.print(line_of(ws, entry, labels, named_sets), soft_wrap=True, markup=False)
        if not found:
            out.print("Nothing is found.")


def parse_time(ws: Workspace, text: str, *, end: bool = False) -> str:
    """Return a time as the history writes it: a day (its end, if `end`), a moment, or so long ago.

    A time without a zone is UTC, as everything that syncd prints.
    """
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago:
            when = ws.clock() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        else:
            when = datetime.fromisoformat(text.strip())
            when = when.replace(tzinfo=when.tzinfo or UTC)
            if end and len(text.strip()) == _DAY_LENGTH:
                when += timedelta(days=1)
        moment = when.astimezone(UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"“{text}” is no time",
            hint="Write 2026-01-31, 2026-01-31T12:00 (UTC), or 90m, 2h, 3d, 1w for so long ago.",
        ) from error
    return moment.replace("+00:00", "Z")


def _document(
    entry: Mapping[str, object], labels: Labels, named: Mapping[str, Changeset]
) -> dict[str, Any]:
    """Return a history entry with what each side held by it, and who is behind its origin."""
    both = {"sheet": entry["after"], "crm": entry["after"]}
    if str(entry["outcome"]).startswith("review"):
        other = Side(str(entry["side"])).other.value
        both[other] = entry["before"]
    known = named.get(str(entry["origin"]))
    behind = {"by": known.by, "of": known.subject} if known else {"by": None, "of": None}
    label = labels.label(TableName(str(entry["table"])), str(entry["row"]))
    return {**entry, **both, "label": label, **behind}


def line_of(
    ws: Workspace,
    entry: Mapping[str, object],
    labels: Labels,
    named: Mapping[str, Changeset],
) -> str:
    """Return an entry as a person reads it: labels and titles, not ids and names."""
    table, row = TableName(str(entry["table"])), str(entry["row"])
    title, change = "", ""
    if entry["field"]:
        title, (before, after) = _shown(ws, entry, labels)
        change = f" {quoted(before)} → {quoted(after)}"
    cycle = f", cycle {entry['cycle']}" if entry["cycle"] else ""
    reason = f": {entry['reason']}" if entry["reason"] else ""
    where = f"{table} {labels.label(table, row)}".rstrip()
    told = f"{entry['outcome']}{reason} ({entry['side']}, by {told_origin(entry, named)}{cycle})"
    return f"{entry['at']} {where}{title}{change}; {told}"


def _shown(ws: Workspace, entry: Mapping[str, object], labels: Labels) -> tuple[str, Sequence[str]]:
    """Return a field's title and its two values as the sheet shows them."""
    name, then = FieldName(str(entry["called"])), str(entry["field"])
    table = ws.schema.by_name.get(TableName(str(entry["table"])))
    field = table.by_name.get(name) if table else None
    values = [_plain(entry["before"]), _plain(entry["after"])]
    if field is None:
        named = then if name == then else f"{name} (then {then})"
        return f", {named}:", ["" if v is None else str(v) for v in values]
    title = field.title if name == then else f"{field.title} (then {then})"
    return f", {title}:", [
        v if isinstance(v, str) and not field.reference else show(field, v, labels) for v in values
    ]


def _plain(value: object) -> Value:
    return value if isinstance(value, str | int | float) else None


def told_origin(entry: Mapping[str, object], named: Mapping[str, Changeset]) -> str:
    """Return whose a change was, and of what where it has a name."""
    origin = str(entry["origin"])
    known = named.get(origin)
    if known is None:
        return origin
    return f"{origin} ({', '.join(filter(None, (known.subject, known.by)))})"
