"""Where everything stands in the spreadsheet: tabs by their sheetId, columns by `columns`.

A tab that is gone, or that lacks what its table cannot do without, halts that table alone: it is
*lost*, its last known place is kept to judge what was written there, and the others go on.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace

from syncd.core.snapshot import FieldName, TableName
from syncd.errors import LayoutError
from syncd.schema import Schema, Table
from syncd.sheet.cells import Json
from syncd.sheet.columns import (
    ID_COLUMN,
    STATUS_COLUMN,
    Titles,
    find_columns,
    key_of,
    titles_of,
    titles_row_fault,
)

CONTROL_TITLE = "_syncd"
CANARY = "syncd"
TOKEN_PREFIX = "syncd_"  # noqa: S105 # a named range, no secret

STRUCTURE = (
    "spreadsheetId,properties(title,locale,timeZone),namedRanges,"
    "sheets(properties(sheetId,title,hidden,gridProperties),basicFilter,merges,"
    "protectedRanges(range,unprotectedRanges,warningOnly,requestingUserCanEdit),"
    "data(startRow,startColumn,rowMetadata(hiddenByUser),rowData(values(userEnteredValue,effectiveValue,formattedValue,"
    "effectiveFormat(numberFormat(type)))),"
    "columnMetadata(developerMetadata(metadataKey,metadataValue))))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One table's tab: its columns by field, its own two columns, and its mirror.

    `paused` are the fields whose column is left alone, with why; `halted` says why nothing of
    the table may be decided although its rows can be told apart. `named` are the titles under
    which the columns were last known for sure.
    """

    table: TableName
    sheet_id: int
    mirror_id: int
    title: str
    titles: tuple[str, ...]
    columns: Mapping[FieldName, int]
    id_column: int
    status_column: int
    width: int
    paused: Mapping[FieldName, str] = field(default_factory=dict)
    halted: str = ""
    named: Titles = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The tabs of a workspace as they were last found, and the hidden tab that is syncd's own.

    `lost` are tables whose tab cannot be used at present, with why and what to do. `forgotten`
    are tables that no schema describes any more; their tabs are left alone.
    """

    control_id: int
    tabs: Mapping[TableName, Tab]
    lost: Mapping[TableName, str] = field(default_factory=dict)
    forgotten: tuple[TableName, ...] = ()

    @property
    def live(self) -> Mapping[TableName, Tab]:
        """The tabs that can be read and written."""
        out = {*self.lost, *self.forgotten}
        return {name: tab for name, tab in self.tabs.items() if name not in out}

    def sheet_ids(self) -> list[int]:
        """Return every tab that is ours or that we mirror, and that is there."""
        pairs = ((tab.sheet_id, tab.mirror_id) for tab in self.live.values())
        return [self.control_id, *(sheet_id for pair in pairs for sheet_id in pair)]

    def still_in(self, structure: Json) -> "Layout":
        """Return the layout without the tabs that were deleted."""
        tabs = {n: t for n, t in self.tabs.items() if sheet_of(structure, t.sheet_id)}
        return replace(self, tabs=tabs)

    def dump(self) -> str:
        """Return the layout as JSON text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def load(cls, text: str) -> "Layout":
        """Return the layout that `dump` wrote."""
        found = json.loads(text)
        tabs = {
            TableName(name): Tab(**{**tab, "titles": tuple(tab["titles"])})
            for name, tab in found["tabs"].items()
        }
        return cls(
            control_id=found["control_id"],
            tabs=tabs,
            lost=found.get("lost", {}),
            forgotten=tuple(TableName(name) for name in found.get("forgotten", ())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The fence: a named range whose id is the right to write the next batch."""

    id: str
    number: int
    database: str
    nonce: str = ""


def mirror_title(table: Table) -> str:
    """Return the title of the hidden tab that mirrors a table's tab."""
    return f"{CONTROL_TITLE}_{table.name}"


def token_name(number: int, database: str, nonce: str = "") -> str:
    """Return the fence's name after an operation; the nonce tells copies of a database apart."""
    return "_".join(filter(None, (f"{TOKEN_PREFIX}{number}", database, nonce)))


def tokens_in(structure: Json) -> list[Token]:
    """Return every fence that stands in the spreadsheet."""
    tokens = []
    for named in structure.get("namedRanges", []):
        prefix, *parts = str(named.get("name", "")).split("_")
        if f"{prefix}_" == TOKEN_PREFIX and len(parts) in (2, 3) and parts[0].isdecimal():
            number, database, nonce = int(parts[0]), parts[1], "".join(parts[2:])
            tokens.append(
                Token(id=named["namedRangeId"], number=number, database=database, nonce=nonce)
            )
    return tokens


def token_in(structure: Json) -> Token | None:
    """Return the fence that stands in the spreadsheet; two of them are one too many."""
    tokens = tokens_in(structure)
    if len(tokens) > 1:
        raise LayoutError(
            "the spreadsheet holds two write tokens",
            on=", ".join(token_name(t.number, t.database, t.nonce) for t in tokens),
            hint="See that no other syncd writes to it, then run `syncd init --take-over`.",
        )
    return tokens[0] if tokens else None


def sheet_of(structure: Json, sheet_id: int) -> Json | None:
    """Return one tab of a structure by its sheetId."""
    found = (s for s in structure.get("sheets", []) if _id(s) == sheet_id)
    return next(found, None)


def titled(structure: Json, title: str) -> Json | None:
    """Return one tab of a structure by its title."""
    found = (s for s in structure.get("sheets", []) if s["properties"].get("title") == title)
    return next(found, None)


def _id(sheet: Json) -> int:
    return int(sheet["properties"].get("sheetId", 0))


def discover(
    structure: Json,
    schema: Schema,
    known: Layout | None,
    confirmed: Mapping[TableName, Titles] | None = None,
) -> Layout:
    """Find every tab and column; raise LayoutError where syncd's own tab is gone.

    `confirmed` are titles that a person said are the columns' own.
    """
    control = sheet_of(structure, known.control_id) if known else None
    control = control or titled(structure, CONTROL_TITLE)
    if control is None:
        raise missing_tab(CONTROL_TITLE)
    tabs = dict(known.tabs) if known else {}
    lost = {}
    for table in schema.tables:
        before = known.tabs.get(table.name) if known else None
        found = _find_tab(structure, table, before, (confirmed or {}).get(table.name, {}))
        if isinstance(found, Tab):
            tabs[table.name] = found
        else:
            lost[table.name] = found
    forgotten = tuple(name for name in tabs if name not in schema.by_name)
    return Layout(control_id=_id(control), tabs=tabs, lost=lost, forgotten=forgotten)


def _find_tab(structure: Json, table: Table, before: Tab | None, confirmed: Titles) -> Tab | str:
    """Return a table's tab, or why there is none that could be used."""
    sheet = sheet_of(structure, before.sheet_id) if before else titled(structure, table.title)
    mirror = titled(structure, mirror_title(table))
    if sheet is None:
        return _gone(before.title if before else table.title)
    if mirror is None:
        return _gone(mirror_title(table))
    return _tab(sheet, _id(mirror), table, before, confirmed)


def _gone(title: str) -> str:
    error = missing_tab(title)
    return f"{error.what}. {error.hint}"


def _tab(
    sheet: Json, mirror_id: int, table: Table, before: Tab | None, confirmed: Titles
) -> Tab | str:
    """Return a table's tab; a column that it cannot do without halts it."""
    properties = sheet["properties"]
    title = str(properties["title"])
    known = {**(before.named if before else {}), **confirmed}
    if fault := titles_row_fault(sheet, table, known):
        return f"tab «{title}»: {fault}"
    found, lost = find_columns(sheet, table, known)
    for key in (ID_COLUMN, STATUS_COLUMN):
        if key in lost:
            return f"tab «{title}»: {lost[key]}"
    titles = titles_of(sheet)
    needed = {each.name for each in table.fields if each.required}
    needed |= {name for key in table.keys for name in key}
    halting = [
        lost[key_of(name)] for name in table.names if name in needed and key_of(name) in lost
    ]
    return Tab(
        table=table.name,
        sheet_id=_id(sheet),
        mirror_id=mirror_id,
        title=title,
        titles=titles,
        columns={
            each.name: found[key_of(each.name)]
            for each in table.fields
            if key_of(each.name) in found
        },
        id_column=found[ID_COLUMN],
        status_column=found[STATUS_COLUMN],
        width=int(properties.get("gridProperties", {}).get("columnCount", 26)),
        paused={
            each.name: lost[key_of(each.name)] for each in table.fields if key_of(each.name) in lost
        },
        halted=f"tab «{title}»: {halting[0]}" if halting else "",
        named={**known, **{key: titles[c] for key, c in found.items() if c < len(titles)}},
    )


def missing_tab(title: str) -> LayoutError:
    """Return what to say of a tab that is gone."""
    return LayoutError(
        f"the tab «{title}» is missing",
        on="spreadsheet",
        hint="Bring it back (File > Version history), or run `syncd init` to make it again.",
    )


def structure_filters(sheet_ids: Iterable[int]) -> list[Json]:
    """Return the filters that read the first row of tabs."""
    rows = {"startRowIndex": 0, "endRowIndex": 1}
    return [{"gridRange": {"sheetId": sheet_id, **rows}} for sheet_id in sheet_ids]
