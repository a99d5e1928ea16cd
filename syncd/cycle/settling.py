"""Settling: what a person says of rows and columns that were left alone takes effect.

A row that is held was renamed, or another one was typed over it. Columns whose titles contradict
what they are known by were given other titles, or their contents moved with their titles.
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from syncd.core.seen import Answer
from syncd.core.snapshot import RowId, TableName
from syncd.cycle.workspace import Workspace
from syncd.errors import UsageError
from syncd.schema import Table
from syncd.schema.reading import squeeze
from syncd.sheet.cells import Json
from syncd.sheet.columns import mark_column, marked_columns, schema_titles, titles_of, unmark_column
from syncd.sheet.layout import Tab, sheet_of
from syncd.sheet.read import read_structure


def settle_rows(ws: Workspace, rows: Iterable[str], answer: Answer) -> None:
    """Remember what a person said of rows that are held; the next cycle carries it out."""
    with ws.crm.database.transaction():
        for row in rows:
            ws.crm.settled.say(_table_of(ws, RowId(row)), RowId(row), answer)


def keep_row(ws: Workspace, row: str, number: int) -> None:
    """Remember which of the rows that may be one record keeps it; the others are new rows."""
    settled = ws.crm.settled
    for table in ws.schema.tables:
        rows = settled.copies(table.name).get(RowId(row))
        if rows is None:
            continue
        if number not in rows:
            raise UsageError(
                f"row {number} of {table.title} is none of those that may be “{row}”",
                hint=f"Say which keeps it: {' or '.join(f'--keep {each}' for each in rows)}.",
            )
        with ws.crm.database.transaction():
            settled.keep(table.name, RowId(row), number)
        return
    raise _nothing_held(row)


def _table_of(ws: Workspace, row: RowId) -> TableName:
    """Return the table in which a row is held."""
    for table in ws.schema.tables:
        if row in ws.crm.settled.held(table.name):
            return table.name
        if row in ws.crm.settled.copies(table.name):
            raise UsageError(
                f"several rows of {table.title} may be “{row}”",
                hint="Say which one keeps it by --keep and its number; `syncd status` shows them.",
            )
    raise _nothing_held(row)


def _nothing_held(row: str) -> UsageError:
    return UsageError(
        f"nothing is held under “{row}”",
        hint="`syncd status` lists what is, with the id to give here; or give a table's name.",
    )


def settle_titles(ws: Workspace, table: Table, answer: Answer) -> None:
    """Take a table's titles as they stand: as other names, or as what the columns hold now."""
    before = ws.layout().tabs.get(table.name)
    structure = read_structure(ws.client, ws.layout())
    sheet = sheet_of(structure, before.sheet_id) if before else None
    if before is None or sheet is None:
        raise UsageError(f"{table.title} has no tab at present", hint="`syncd status` says why.")
    titles = titles_of(sheet)
    marked = marked_columns(sheet)
    places = {key: found[0] for key, found in marked.items() if len(found) == 1}
    if answer is Answer.REPLACED:
        places = _followed(ws, table, before, titles, marked)
    shown = {key: titles[place] for key, place in places.items() if place < len(titles)}
    said = json.loads(ws.crm.state.get("titles") or "{}")
    count = said.get("", 0) + 1  # the same word, said again, is heard again
    text = json.dumps({**said, table.name: shown, "": count}, sort_keys=True)
    with ws.crm.database.transaction():
        ws.crm.state.set("titles", text)


def _followed(
    ws: Workspace,
    table: Table,
    tab: Tab,
    titles: tuple[str, ...],
    marked: Mapping[str, Sequence[int]],
) -> dict[str, int]:
    """Let the columns be those that their titles say, and return where each is then."""
    places = {key: found[0] for key, found in marked.items() if len(found) == 1}
    columns: dict[str, list[int]] = {}
    for column, title in enumerate(titles):
        columns.setdefault(squeeze(title), []).append(column)
    followed = {}
    for key, title in schema_titles(table).items():
        names = [squeeze(name) for name in (tab.named.get(key, title), title)]
        found = next((columns[name] for name in names if name in columns), [])
        if len(found) > 1:
            raise UsageError(
                f"{len(found)} columns of {table.title} are titled «{titles[found[0]]}»",
                hint="Give all but one of them another title, then say it again.",
            )
        if found:
            followed[key] = found[0]
    # One that shows none of these titles was given another one, unless another's stands there.
    taken = set(followed.values())
    followed = {k: c for k, c in places.items() if c not in taken} | followed
    if followed == places:
        raise UsageError(
            f"the titles of {table.title} stand where they did",
            hint="Say `--renamed` if only titles changed.",
        )
    moved = [key for key in sorted({*marked, *followed}) if marked.get(key) != [followed.get(key)]]
    requests: list[Json] = [
        unmark_column(tab.sheet_id, column, key) for key in moved for column in marked.get(key, [])
    ]
    requests += [mark_column(tab.sheet_id, followed[key], key) for key in moved if key in followed]
    ws.client.write({"requests": requests}, fields="spreadsheetId")
    return followed
