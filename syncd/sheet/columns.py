"""Columns: which column of a tab belongs to which field.

A column is known by developer metadata, with its title as a cross-check: renamed or moved, it
stays itself. Missing or doubled, it pauses. A column that shows the title of another one
contradicts its metadata: nobody can tell whether labels or contents were exchanged, so it pauses
as well, until the titles are put back or a person says what was done. So does one whose own title
stands over another column: an older version that is brought back may leave metadata where it was.
"""

from collections import Counter
from collections.abc import Mapping

from syncd.core.snapshot import FieldName
from syncd.schema import Table
from syncd.schema.reading import squeeze
from syncd.sheet.cells import Json, column_letter, shown_in

COLUMN_KEY = "syncd_column"
ID_COLUMN = "id"
STATUS_COLUMN = "status"
ID_TITLE = "syncd id"
STATUS_TITLE = "Sync"

_SETTLE = (
    "Put the titles back, or say what was done: `syncd settle {0} --renamed` if only titles"
    " changed, `--replaced` if the columns changed places with them"
)

Titles = Mapping[str, str]  # by what a column is known by


def key_of(name: FieldName) -> str:
    """Return what a field's column is known by; a field may be called status or id as well."""
    return f"field:{name}"


def schema_titles(table: Table) -> Titles:
    """Return the titles that the schema gives, syncd's own two last."""
    fields = {key_of(field.name): field.title for field in table.fields}
    return {**fields, STATUS_COLUMN: STATUS_TITLE, ID_COLUMN: ID_TITLE}


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


def titles_row_fault(sheet: Json, table: Table, known: Titles) -> str:
    """Return what is wrong with the first row, where it does not hold the titles at all."""
    ours = {squeeze(text) for text in (*schema_titles(table).values(), *known.values())}
    if any(squeeze(text) in ours for text in titles_of(sheet) if text):
        return ""
    return (
        "its first row does not hold the titles. Delete the rows above the titles, or undo what"
        f" was done to them; if all were renamed, say so: `syncd settle {table.name} --renamed`"
    )


def find_columns(
    sheet: Json, table: Table, known: Titles | None = None
) -> tuple[dict[str, int], dict[str, str]]:
    """Return each column's place, and why each of the others is left alone.

    Metadata decides; where a column lost its own, an equal title that nothing else claims does.
    `known` are the titles that the columns had when they were last found.
    """
    titles, marked = titles_of(sheet), marked_columns(sheet)
    claimed = {places[0] for places in marked.values() if len(places) == 1}
    wanted, former = schema_titles(table), _keys(table)
    found: dict[str, int] = {}
    lost: dict[str, str] = {}
    for key, name in wanted.items():
        places = next((marked[each] for each in former[key] if each in marked), [])
        if not places:
            places = [
                index
                for index, title in enumerate(titles)
                if squeeze(title) == squeeze(name) and title and index not in claimed
            ]
        if len(places) == 1:
            found[key] = places[0]
        else:
            lost[key] = _absent(name, len(places))
    lost |= _one_for_several(found, table)
    found = {key: column for key, column in found.items() if key not in lost}
    for key, reason in _contradicted(titles, found, table, known or {}).items():
        del found[key]
        lost[key] = reason
    return found, lost


def _one_for_several(found: Mapping[str, int], table: Table) -> dict[str, str]:
    """Return the columns that are known at one place, as after a late copy of an `init`."""
    wanted, reasons = schema_titles(table), dict[str, str]()
    for place, count in Counter(found.values()).items():
        keys = [key for key, column in found.items() if column == place and count > 1]
        names = " and ".join(f"«{wanted[key]}»" for key in keys)
        reason = (
            f"{names} are one column, {column_letter(place)}. Give it the title of what stands in"
            f" it, then say `syncd settle {table.name} --replaced`"
        )
        reasons |= dict.fromkeys(keys, reason)
    return reasons


def _keys(table: Table) -> dict[str, list[str]]:
    """Return by what each column is known: its own key first, then those of its former names."""
    fields = {key_of(f.name): [key_of(n) for n in (f.name, *f.formerly)] for f in table.fields}
    return {**fields, STATUS_COLUMN: [STATUS_COLUMN], ID_COLUMN: [ID_COLUMN]}


def _absent(name: str, count: int) -> str:
    if count:
        return (
            f"the column «{name}» stands there {count} times. Delete the copies: it is not known"
            " which is which"
        )
    return (
        f"the column «{name}» is missing. Undo its removal in the sheet, or run `syncd init` to"
        " add it again"
    )


def _contradicted(
    titles: tuple[str, ...], found: Mapping[str, int], table: Table, known: Titles
) -> dict[str, str]:
    """Return the columns of which another one's title tells that they may not be what they were.

    They show it, as when two labels are swapped, or it shows theirs and they do not; the other one
    may be gone since. A title that the column had before, or has by the schema, is its own.
    """
    wanted = schema_titles(table)
    every = {key: {squeeze(wanted[key]), squeeze(known.get(key, ""))} for key in wanted}
    own = {key: texts for key, texts in every.items() if key in found}
    missing = {text for key in every.keys() - found.keys() for text in every[key]}
    shown = {c: squeeze(text) for c, text in enumerate(titles)}
    spoken = {key: known.get(key) or wanted[key] for key in found}
    owners = Counter(text for texts in own.values() for text in texts if text)
    theirs = {c for key, c in found.items() if shown.get(c) in own[key]}
    free = {text for c, text in shown.items() if text and c not in theirs}
    reasons = {}
    for key, column in found.items():
        if column in theirs:
            continue
        text = shown.get(column, "")
        fault = f"is titled «{titles[column]}»" if text else "has no title"
        if text and owners[text]:
            fault += ", as another one is"
        elif squeeze(spoken[key]) in free:
            fault += ", and its own stands over another one"
        elif text and text in missing:
            fault += ", as one is that is missing"
        else:
            continue
        reasons[key] = f"the column «{spoken[key]}» {fault}. {_SETTLE.format(table.name)}"
    return reasons


def mark_column(sheet_id: int, place: int, key: str) -> Json:
    """Return the request by which a column is known from now on."""
    metadata = {
        "metadataKey": COLUMN_KEY,
        "metadataValue": key,
        "location": {"dimensionRange": _span(sheet_id, place)},
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}


def unmark_column(sheet_id: int, place: int, key: str) -> Json:
    """Return the request after which a column is not known any more."""
    lookup = {
        "metadataKey": COLUMN_KEY,
        "metadataValue": key,
        "metadataLocation": {"dimensionRange": _span(sheet_id, place)},
        "locationMatchingStrategy": "EXACT_LOCATION",
    }
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": lookup}}}


def _span(sheet_id: int, place: int) -> Json:
    return {
        "sheetId": sheet_id,
        "dimension": "COLUMNS",
        "startIndex": place,
        "endIndex": place + 1,
    }
