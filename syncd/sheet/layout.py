"""Where everything stands in the spreadsheet: tabs by their sheetId, columns by their metadata.

A column is known by developer metadata and cross-checked by its title: renamed or moved, it stays
itself. What is missing or doubled pauses; a required or key column missing halts its table.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

from syncd.core.snapshot import FieldName, TableName
from syncd.errors import LayoutError
from syncd.schema import Schema, Table
from syncd.sheet.cells import Json, shown_in

COLUMN_KEY = "syncd_column"
ID_COLUMN = "id"
STATUS_COLUMN = "status"
ID_TITLE = "syncd id"
STATUS_TITLE = "Sync"
CONTROL_TITLE = "_syncd"
CANARY = "syncd"
TOKEN_PREFIX = "syncd_"  # noqa: S105 # a named range, no secret

STRUCTURE = (
    "spreadsheetId,properties(title,locale,timeZone),namedRanges,"
    "sheets(properties(sheetId,title,hidden,gridProperties),basicFilter,merges,"
    "protectedRanges(range,unprotectedRanges,warningOnly,requestingUserCanEdit),"
    "data(startRow,startColumn,rowData(values(userEnteredValue,effectiveValue,formattedValue,"
    "effectiveFormat(numberFormat(type)))),"
    "columnMetadata(developerMetadata(metadataKey,metadataValue))))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One table's tab: its columns by field, its own two columns, and its mirror."""

    table: TableName
    sheet_id: int
    mirror_id: int
    title: str
    titles: tuple[str, ...]
    columns: Mapping[FieldName, int]
    id_column: int
    status_column: int
    width: int
    paused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The tabs of a workspace, and the hidden tab that is syncd's own."""

    control_id: int
    tabs: Mapping[TableName, Tab]

    def sheet_ids(self) -> list[int]:
        """Return every tab that is ours or that we mirror."""
        tabs = [
            sheet_id for tab in self.tabs.values() for sheet_id in (tab.sheet_id, tab.mirror_id)
        ]
        return [self.control_id, *tabs]

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
            TableName(name): Tab(
                **{**tab, "titles": tuple(tab["titles"]), "paused": tuple(tab["paused"])}
            )
            for name, tab in found["tabs"].items()
        }
        return cls(control_id=found["control_id"], tabs=tabs)


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


def discover(structure: Json, schema: Schema, known: Layout | None) -> Layout:
    """Find every tab and column; raise LayoutError for what nothing can be done without."""
    control = sheet_of(structure, known.control_id) if known else None
    control = control or titled(structure, CONTROL_TITLE)
    if control is None:
        raise missing_tab(CONTROL_TITLE)
    tabs = {}
    for table in schema.tables:
        before = known.tabs.get(table.name) if known else None
        sheet = sheet_of(structure, before.sheet_id) if before else titled(structure, table.title)
        mirror = titled(structure, mirror_title(table))
        if sheet is None:
            raise missing_tab(before.title if before else table.title)
        if mirror is None:
            raise missing_tab(mirror_title(table))
        tabs[table.name] = _tab(sheet, _id(mirror), table)
    return Layout(control_id=_id(control), tabs=tabs)


def titles_of(sheet: Json) -> tuple[str, ...]:
    """Return the texts of a tab's first row."""
    for part in sheet.get("data", []):
        if part.get("startRow", 0) == 0 and part.get("startColumn", 0) == 0:
            rows = part.get("rowData") or [{}]
            return tuple(_text(cell) for cell in rows[0].get("values", []))
    return ()


def _text(cell: Json) -> str:
    shown = shown_in(cell)
    return "" if shown is None else str(shown).strip()


def marked_columns(sheet: Json) -> dict[str, list[int]]:
    """Return the columns that carry our metadata, by what it says."""
    marked: dict[str, list[int]] = {}
    for part in sheet.get("data", []):
        first = part.get("startColumn", 0)
        for index, column in enumerate(part.get("columnMetadata", []), start=first):
            for entry in column.get("developerMetadata", []):
                if entry.get("metadataKey") == COLUMN_KEY:
                    places = marked.setdefault(str(entry.get("metadataValue")), [])
                    if index not in places:
                        places.append(index)
    return marked


def find_columns(sheet: Json, table: Table) -> tuple[dict[str, int], list[str]]:
    """Return each column's place by field, and the fields that are missing or doubled.

    Metadata decides; where a column lost its own, an equal title that nothing else claims does.
    """
    titles, marked = titles_of(sheet), marked_columns(sheet)
    claimed = {places[0] for places in marked.values() if len(places) == 1}
    # A field may be called status or id as well: its key says that it is a field.
    wanted = {f"field:{field.name}": field.title for field in table.fields}
    wanted |= {STATUS_COLUMN: STATUS_TITLE, ID_COLUMN: ID_TITLE}
    found, lost = {}, []
    for key, name in wanted.items():
        places = marked.get(key, [])
        if not places:
            places = [
                index
                for index, title in enumerate(titles)
                if title.casefold() == name.casefold() and index not in claimed
            ]
        if len(places) == 1:
            found[key] = places[0]
        else:
            lost.append(key)
    return found, lost


def _tab(sheet: Json, mirror_id: int, table: Table) -> Tab:
    properties = sheet["properties"]
    title = str(properties["title"])
    found, lost = find_columns(sheet, table)
    needed = {f"field:{field.name}": field.title for field in table.fields if field.required}
    needed |= {ID_COLUMN: ID_TITLE, STATUS_COLUMN: STATUS_TITLE}
    missing = [needed[key] for key in lost if key in needed]
    if missing:
        columns = ", ".join(f"«{name}»" for name in missing)
        raise LayoutError(
            f"the column {columns} is missing or stands there twice",
            on=f"tab «{title}»",
            hint="Undo its removal in the sheet, or run `syncd init` to add it again.",
        )
    titles, shown = titles_of(sheet), {field.title for field in table.fields}
    if not any(text in shown | {ID_TITLE, STATUS_TITLE} for text in titles):
        raise LayoutError(
            "its first row does not hold the titles",
            on=f"tab «{title}»",
            hint="Delete the rows above the titles, or undo what was done to them.",
        )
    return Tab(
        table=table.name,
        sheet_id=_id(sheet),
        mirror_id=mirror_id,
        title=title,
        titles=titles,
        columns={
            field.name: found[f"field:{field.name}"]
            for field in table.fields
            if f"field:{field.name}" in found
        },
        id_column=found[ID_COLUMN],
        status_column=found[STATUS_COLUMN],
        width=int(properties.get("gridProperties", {}).get("columnCount", 26)),
        paused=tuple(sorted(lost)),
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
