"""The verbs about what was not taken: review list, accept, reject, edit."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from syncd.cli.acts import print_under_way
from syncd.cli.app import AsJson, ConfigPath, Yes, ask, open_workspace, person, review_app
from syncd.cli.output import (
    entry_document,
    err,
    named_labels,
    out,
    print_entries,
    print_json,
    tell,
)
from syncd.config import load_config
from syncd.core.plan import ReviewKind, Standing
from syncd.core.snapshot import Problem, Side
from syncd.crm.reviews import Entry, Wanted
from syncd.cycle.workspace import Workspace
from syncd.errors import UsageError
from syncd.schema import decode, spoken
from syncd.underway import under_way

SHOWN_MAX = 100

Numbers = Annotated[list[int] | None, typer.Argument(help="As `syncd review list` shows them.")]
OfTable = Annotated[str | None, typer.Option("--table", help="Only of this table.")]
OfRow = Annotated[str | None, typer.Option("--row", help="Only of this row, by its id.")]
OfField = Annotated[str | None, typer.Option("--field", help="Only of this field.")]
OfSide = Annotated[Side | None, typer.Option("--side", help="Only what this side did.")]
OfKind = Annotated[
    ReviewKind | None, typer.Option("--kind", help="Only edits, new rows or removals.")
]
Since = Annotated[
    datetime | None, typer.Option("--since", help="Only asked since this moment (UTC).")
]


@review_app.command("list")
def review_list(
    table: OfTable = None,
    row: OfRow = None,
    field: OfField = None,
    side: OfSide = None,
    kind: OfKind = None,
    since: Since = None,
    everything: Annotated[bool, typer.Option("--all", help="Closed entries as well.")] = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Show what waits for a decision."""
    with Workspace.open(load_config(config), tell) as ws:
        standing = None if everything else Standing.OPEN
        wanted = _wanted(ws, table, row, field, side, kind, since, standing)
        entries = ws.crm.reviews.find(wanted)
        if as_json:
            print_json([entry_document(entry) for entry in entries])
        else:
            print_entries(ws, entries, at_most=SHOWN_MAX)
            print_under_way(under_way(ws))


@review_app.command("accept")
def review_accept(
    numbers: Numbers = None,
    table: OfTable = None,
    row: OfRow = None,
    field: OfField = None,
    side: OfSide = None,
    kind: OfKind = None,
    since: Since = None,
    yes: Yes = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Take what was turned away: this value on both sides, through the next cycle."""
    with open_workspace(config) as ws:
        wanted = _wanted(ws, table, row, field, side, kind, since, Standing.OPEN)
        _answer(ws, Standing.ACCEPTED, numbers or [], wanted, yes=yes, as_json=as_json)


@review_app.command("reject")
def review_reject(
    numbers: Numbers = None,
    table: OfTable = None,
    row: OfRow = None,
    field: OfField = None,
    side: OfSide = None,
    kind: OfKind = None,
    since: Since = None,
    yes: Yes = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Drop what was turned away; the history keeps it."""
    with open_workspace(config) as ws:
        wanted = _wanted(ws, table, row, field, side, kind, since, Standing.OPEN)
        _answer(ws, Standing.REJECTED, numbers or [], wanted, yes=yes, as_json=as_json)


@review_app.command("edit")
def review_edit(
    number: Annotated[int, typer.Argument(help="As `syncd review list` shows it.")],
    value: Annotated[str, typer.Option(help="As one would type it into the sheet.")],
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Accept an entry with another value than the one that was typed."""
    with open_workspace(config) as ws:
        entry = ws.crm.reviews.get(number)
        # What is not about one field is refused below, with the reason.
        read = _read(ws, entry, value) if entry.review.kind is ReviewKind.EDIT else None
        with ws.crm.database.transaction():
            ws.crm.reviews.amend(number, read, at=ws.now(), by=f"admin {person()}")
        if as_json:
            print_json(entry_document(ws.crm.reviews.get(number)))
        else:
            out.print("Accepted with that value. The next cycle carries it out.")


def _read(ws: Workspace, entry: Entry, text: str) -> str | int | float | None:
    """Read a value as the sheet's cells are read, and hold the whole row to its schema."""
    table = ws.schema.table(entry.table)
    field = table.field(entry.review.field)
    read = decode(field, text, named_labels(ws))
    problems: tuple[Problem, ...] = ()
    if isinstance(read, Problem):
        problems = (read,)
    elif record := ws.crm.records.read(table).get(entry.review.row):
        problems = table.check({**record.values, field.name: read})
    if problems or isinstance(read, Problem):
        told = "; ".join(spoken(table, problem) for problem in problems)
        raise UsageError(told, hint="Give a value that the schema lets in.")
    return read


def _wanted(
    ws: Workspace,
    table: str | None,
    row: str | None,
    field: str | None,
    side: Side | None,
    kind: ReviewKind | None,
    since: datetime | None,
    standing: Standing | None,
) -> Wanted:
    """Return which entries are meant, with names that there are."""
    if table is not None:
        found = ws.schema.table(table)
        if field is not None:
            found.field(field)
    elif field is not None and not any(field in each.by_name for each in ws.schema.tables):
        raise UsageError(f"no table has a field “{field}”", hint="Name its table by --table.")
    at = None
    if since is not None:
        moment = since if since.tzinfo else since.replace(tzinfo=UTC)
        at = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Wanted(
        table=table, row=row, field=field, side=side, kind=kind, since=at, standing=standing
    )


def _answer(
    ws: Workspace,
    standing: Standing,
    numbers: list[int],
    wanted: Wanted,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Answer the entries of these numbers, or all that are meant once it was shown which."""
    filtered = wanted != Wanted()
    if bool(numbers) == filtered:
        raise UsageError(
            "either numbers or a filter say which entries are meant",
            hint="As in `syncd review accept 3 4`, or `syncd review accept --table influencers`.",
        )
    left = 0
    if filtered:
        found = ws.crm.reviews.find(wanted)
        takes = standing is Standing.REJECTED
        fit = [e for e in found if takes or e.review.acceptable or e.review.waits]
        numbers, left = [entry.id for entry in fit], len(found) - len(fit)
        if numbers and not yes:
            _confirm(ws, fit, standing)
    with ws.crm.database.transaction():
        for number in dict.fromkeys(numbers):
            ws.crm.reviews.answer(number, standing, at=ws.now(), by=f"admin {person()}")
    if as_json:
        print_json([entry_document(ws.crm.reviews.get(number)) for number in numbers])
        return
    then = " The next cycle carries it out." if numbers and standing is Standing.ACCEPTED else ""
    out.print(f"{len(set(numbers))} {standing.value}.{then}")
    if left:
        out.print(f"{left} cannot be taken as they are and stay open.")


def _confirm(ws: Workspace, entries: list[Entry], standing: Standing) -> None:
    word = "accept" if standing is Standing.ACCEPTED else "reject"
    print_entries(ws, entries, at_most=SHOWN_MAX, to=err)
    ask(
        f"{word} these {len(entries)}",
        about=f"to {word} {len(entries)} entries",
        hint="Add --yes, or `syncd review list` with the same filter to look.",
    )
