"""The verbs about schemas: what they describe, and what they would change."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table as RichTable

from syncd.cli.app import AsJson, ConfigPath, app
from syncd.cli.output import HALTED, out, print_json
from syncd.config import DEFAULT_PATH, Config, load_config
from syncd.crm.preview import Preview, Unfit, preview
from syncd.crm.tables import DOCUMENT, SHEET_DOCUMENT
from syncd.fields import Kind
from syncd.schema import Field, Schema, Table, load_schema, spoken
from syncd.schema.document import Difference, Remembered, document_of
from syncd.sheet.client import Client
from syncd.sheet.following import following_requests
from syncd.sheet.layout import Layout
from syncd.sheet.read import read_structure
from syncd.sheet.setup import setup_requests
from syncd.sheet.telling import told_requests

EXAMPLES_MAX = 3

schema_app = typer.Typer(help="What the schema files describe.", no_args_is_help=True)
app.add_typer(schema_app, name="schema")


def _config(path: Path | None) -> Config | None:
    """Return the config, None where none is named and none is there."""
    named = path or os.environ.get("SYNCD_CONFIG") or os.environ.get("SYNCD_SHEET__SPREADSHEET")
    return load_config(path) if named or DEFAULT_PATH.exists() else None


def _schema(path: Path | None) -> Schema:
    config = _config(path)
    return load_schema(config.schemas_folder if config else None)


@schema_app.command("show")
def schema_show(
    table: Annotated[str | None, typer.Argument(help="Only this table.")] = None,
    config: ConfigPath = None,
) -> None:
    """Show tables and fields as they are described: titles, kinds, rules, who fills them."""
    schema = _schema(config)
    for each in [schema.table(table)] if table else schema.tables:
        _print_table(each)


def _print_table(table: Table) -> None:
    out.print(f"[bold]{escape(table.title)}[/] (table {table.name}, from {escape(table.source)})")
    keys = ", or by ".join(" + ".join(key) for key in table.keys)
    out.print(f"  A row is known by {keys}; it is called by {', '.join(table.label)}.")
    grid = RichTable(box=None, pad_edge=False)
    for title in ("", "Field", "Title", "Holds", "Rules", "Filled by"):
        grid.add_column(title, overflow="fold")
    for field in table.fields:
        filled = "syncd" if field.computed else "people"
        rules = "; ".join(_rules(field))
        grid.add_row("", field.name, escape(field.title), _holds(field), escape(rules), filled)
    out.print(grid)
    out.print()


def _holds(field: Field) -> str:
    beside = field.unit or (field.form.value if field.form.value != "plain" else "")
    return f"{field.kind.value} ({beside})" if beside else field.kind.value


def _rules(field: Field) -> Iterator[str]:
    if field.required:
        yield "required"
    if field.unique:
        yield "unique"
    if field.reference:
        yield f"drop-down: a row of {field.reference}"
    if field.choices:
        yield f"drop-down: {', '.join(field.choices)}"
    if field.kind is Kind.BOOLEAN:
        yield "a box to tick"
    if field.minimum is not None:
        yield f"{field.minimum:.15g} or more"
    if field.maximum is not None:
        yield f"{field.maximum:.15g} or less"
    if field.formerly:
        yield f"formerly {', '.join(field.formerly)}"


@schema_app.command("json")
def schema_json(config: ConfigPath = None) -> None:
    """Print the schemas as one JSON document: docs/schemas.md says what stands in it."""
    print_json({"ok": True} | document_of(_schema(config)))


@schema_app.command("check")
def schema_check(
    config: ConfigPath = None,
    sheet: Annotated[
        bool, typer.Option("--sheet", help="Compare with the spreadsheet as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the schema files, and say what they would change, before anything does.

    Nothing is written. Exit code 3: records would be in quarantine.
    """
    schema, loaded = _schema(config), _config(config)
    if loaded is not None:
        loaded.check_names(schema)
    found = preview(loaded.crm_path, schema) if loaded is not None else None
    changes = _sheet_changes(loaded, schema, found) if sheet and loaded and found else None
    if as_json:
        print_json(_document(schema, found or Preview(), changes))
    else:
        _print_check(schema, found, changes)
    if found and found.unfit:
        raise typer.Exit(HALTED)


def _sheet_changes(config: Config, schema: Schema, found: Preview) -> list[str]:
    """Return what the next `init` would change in the spreadsheet, in words."""
    client = Client(
        spreadsheet=config.spreadsheet,
        credentials=config.credentials_path,
        endpoint=config.sheet.endpoint,
    )
    try:
        structure = read_structure(client)
    finally:
        client.close()
    layout = found.state.get("layout")
    known = Layout.load(layout) if layout else None
    ids = iter(range(2**31 - 1, 0, -1))
    requests = setup_requests(
        structure, schema, known, database=found.state.get("database", ""), mint=lambda: next(ids)
    )
    before = Remembered.load(found.state.get(SHEET_DOCUMENT) or found.state.get(DOCUMENT))
    requests += following_requests(structure, schema, known, before)
    return list(told_requests(structure, requests))


def _document(schema: Schema, found: Preview, changes: list[str] | None) -> dict[str, Any]:
    return {
        "version": 1,
        "ok": not found.unfit,
        "tables": list(schema.by_name),
        "differences": [
            {"table": each.table, "field": each.field, "what": each.what}
            for each in found.differences
        ],
        "unfit": [
            {
                "table": name,
                "row": each.row,
                "label": each.label,
                "problems": [
                    {"field": p.field, "value": p.text, "reason": p.reason} for p in each.problems
                ],
            }
            for name, rows in found.unfit.items()
            for each in rows
        ],
        "aside": [
            {"table": table, "field": name, "values": count}
            for (table, name), count in sorted(found.aside.items())
        ],
        "forgotten": list(found.forgotten),
        "sheet": changes,
    }


def _print_check(schema: Schema, found: Preview | None, changes: list[str] | None) -> None:
    fields = sum(len(table.fields) for table in schema.tables)
    out.print(f"The schema files are in order: {len(schema.tables)} tables, {fields} fields.")
    if found is None:
        out.print("There is no config, so nothing was compared with a database.")
        return
    _print_list("The database would follow:", map(_difference, found.differences))
    if not found.differences:
        out.print("The database is as they describe it.")
    for (table, field), count in sorted(found.aside.items()):
        out.print(f"{count} values of {table}.{field} would be put aside; they come back with it.")
    for name, rows in found.unfit.items():
        told = (_unfit(schema.table(name), each) for each in rows[:EXAMPLES_MAX])
        more = len(rows) - EXAMPLES_MAX
        some = f"{len(rows)} records of {name} do" if len(rows) > 1 else f"1 record of {name} does"
        _print_list(f"{some} not fit; nothing of them is lost, they wait to be mended:", told)
        if more > 0:
            out.print(f"  … and {more} more")
    if changes is not None:
        _print_list("`syncd init` would change the spreadsheet:", changes)
        if not changes:
            out.print("The spreadsheet is as they describe it.")


def _print_list(head: str, lines: Iterable[str]) -> None:
    told = list(lines)
    if told:
        out.print(head)
    for line in told:
        out.print(f"  {escape(line)}", soft_wrap=True)


def _difference(each: Difference) -> str:
    return f"{each.table}.{each.field} {each.what}" if each.field else f"{each.table} {each.what}"


def _unfit(table: Table, each: Unfit) -> str:
    why = "; ".join(spoken(table, problem) for problem in each.problems)
    return f"{each.label or each.row}: {why}"
