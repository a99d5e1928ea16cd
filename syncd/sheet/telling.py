"""Telling what requests that lay out a spreadsheet would do, in words for people."""

from collections.abc import Iterable, Iterator, Mapping

from syncd.sheet.cells import Json, column_letter
from syncd.sheet.columns import COLUMN_KEY, titles_of

Place = tuple[int, int]  # a tab's sheetId, and a column


def told_requests(structure: Json, requests: Iterable[Json]) -> Iterator[str]:
    """Yield what requests change that a person would notice, each thing once."""
    requests = list(requests)
    tabs = {
        int(sheet["properties"].get("sheetId", 0)): str(sheet["properties"].get("title", ""))
        for sheet in structure.get("sheets", [])
    }
    titles = {
        int(sheet["properties"].get("sheetId", 0)): titles_of(sheet)
        for sheet in structure.get("sheets", [])
    }
    marked = dict(_marked(requests))
    seen = set()
    for request in requests:
        ((kind, body),) = request.items()
        if kind == "addSheet":
            tabs[body["properties"]["sheetId"]] = body["properties"]["title"]
        told = _told(kind, body, tabs, titles, marked)
        if told and told not in seen:
            seen.add(told)
            yield told


def _marked(requests: Iterable[Json]) -> Iterator[tuple[Place, str]]:
    """Yield the columns that are known as a field's from now on, with its name."""
    for request in requests:
        metadata = request.get("createDeveloperMetadata", {}).get("developerMetadata", {})
        if metadata.get("metadataKey") == COLUMN_KEY:
            span = metadata["location"]["dimensionRange"]
            name = str(metadata["metadataValue"]).partition(":")[2]
            yield (int(span["sheetId"]), int(span["startIndex"])), name


def _told(
    kind: str,
    body: Json,
    tabs: dict[int, str],
    titles: dict[int, tuple[str, ...]],
    marked: Mapping[Place, str],
) -> str:
    match kind:
        case "addSheet":
            return f"the tab «{body['properties']['title']}» is added"
        case "updateSheetProperties" if "title" in body["properties"]:
            tab = tabs[int(body["properties"]["sheetId"])]
            return f"the tab «{tab}» is titled «{body['properties']['title']}»"
        case "updateCells" if body["start"].get("rowIndex", 0) == 0:
            sheet_id, place = int(body["start"]["sheetId"]), body["start"].get("columnIndex", 0)
            values = body["rows"][0]["values"][0].get("userEnteredValue", {})
            shown = titles.get(sheet_id, ())[place : place + 1]
            before = f", no longer «{shown[0]}»" if shown and shown[0] else ""
            title = values.get("stringValue", "")
            return (
                f"column {column_letter(place)} of «{tabs[sheet_id]}» is titled «{title}»{before}"
            )
        case "setDataValidation":
            place, tab = body["range"]["startColumnIndex"], tabs[int(body["range"]["sheetId"])]
            word = "has another drop-down" if "rule" in body else "has no drop-down any more"
            return f"column {column_letter(place)} of «{tab}» {word}"
        case "deleteDeveloperMetadata":
            lookup = body["dataFilter"]["developerMetadataLookup"]
            span = lookup["metadataLocation"]["dimensionRange"]
            place, tab = span["startIndex"], tabs[int(span["sheetId"])]
            name = str(lookup["metadataValue"]).partition(":")[2]
            now = marked.get((int(span["sheetId"]), int(place)))
            kept = f"stays, and is {name} no more" if now is None else f"is {now}, formerly {name}"
            return f"column {column_letter(place)} of «{tab}» {kept}"
        case _:
            return ""
