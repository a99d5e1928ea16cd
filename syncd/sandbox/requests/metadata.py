"""Developer metadata: the requests about it, and the lookups that find it."""

from syncd.sandbox.book.a1 import grid_area, parse_a1
from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.model import Area, Book
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge
from syncd.sandbox.requests.fields import required_mask


def _location(batch: Batch, given: Json | None) -> Json:
    """Check a location and complete it as answers print it."""
    if not given or not any(name in given for name in _LOCATIONS):
        raise invalid("Developer metadata must always have a location specified.")
    if "dimensionRange" in given:
        return _dimension_location(batch, given["dimensionRange"])
    if "sheetId" in given:
        batch.book.sheet(given["sheetId"])
        return {"locationType": "SHEET", "sheetId": given["sheetId"]}
    if not given["spreadsheet"]:
        raise invalid("Developer metadata must always have a location specified.")
    return {"locationType": "SPREADSHEET", "spreadsheet": True}


_LOCATIONS = ("dimensionRange", "sheetId", "spreadsheet")


def _dimension_location(batch: Batch, span: Json) -> Json:
    _check_line(batch.book, span)
    place: Json = {"sheetId": span["sheetId"]} if span.get("sheetId") else {}
    place |= {name: span[name] for name in ("dimension", "startIndex", "endIndex")}
    kind = "ROW" if span["dimension"] == "ROWS" else "COLUMN"
    return {"locationType": kind, "dimensionRange": place}


def _check_line(book: Book, span: Json) -> None:
    """Refuse a DimensionRange that is not one row or one column of the grid."""
    if "startIndex" not in span or "endIndex" not in span:
        raise invalid("DimensionRange must specify both a startIndex and an endIndex.")
    start, end = span["startIndex"], span["endIndex"]
    if end - start != 1:
        raise invalid("DimensionRange must represent a single row or column.")
    if start < 0:
        raise invalid("DimensionRange indexes must be >= 0")
    sheet = book.sheet(span.get("sheetId", 0))
    dimension = span.get("dimension")
    if dimension is None:
        raise invalid("No dimension specified")
    count = sheet.row_count if dimension == "ROWS" else sheet.column_count
    if start >= count:
        raise invalid(
            f"DimensionRange startIndex [{start}] is after the last {dimension} index "
            f"[{count - 1}] of the sheet [{sheet.sheet_id}]."
        )


def check_lookup(book: Book, data_filter: Json) -> None:
    """Refuse a lookup of metadata that contradicts itself or names what is not there."""
    lookup = data_filter.get("developerMetadataLookup", {})
    kind, strategy = lookup.get("locationType"), lookup.get("locationMatchingStrategy")
    location = lookup.get("metadataLocation", {})
    member = next((name for name in _LOCATIONS if name in location), None)
    is_whole = bool(location.get("spreadsheet"))
    if kind == "SPREADSHEET" and member and not is_whole:
        raise invalid(f"Cannot limit by location type of SPREADSHEET for the location {member}")
    if strategy == "EXACT_LOCATION" and kind:
        raise invalid(
            "The locationMatchingStrategy was specified as EXACT_LOCATION, but a locationType was "
            "also specified: lookups cannot limit by a location type when matching an exact "
            "location."
        )
    if strategy and member is None:
        raise invalid(
            "A locationMatchingStrategy was specified, but no metadataLocation was specified: "
            "lookups must always specify a metadataLocation when specifying a "
            "locationMatchingStrategy."
        )
    if strategy == "INTERSECTING_LOCATION" and is_whole:
        raise invalid(
            "DeveloperMetadataLookup.spreadsheet is true, but locationMatchingStrategy was "
            "specified as INTERSECTING."
        )
    if member == "sheetId":
        book.sheet(location["sheetId"])
    if member == "dimensionRange":
        _check_line(book, location["dimensionRange"])


def create_metadata(batch: Batch, request: Json) -> Json:
    """Attach metadata to the book, a sheet, a row or a column."""
    given = request.get("developerMetadata", {})
    number = given.get("metadataId") or batch.new_id(batch.book.metadata)
    entry = _entry(batch, number, given)
    if number in batch.book.metadata and batch.settings["taken_metadata_id_fails"]:
        raise invalid(
            f"Cannot add developer metadata with ID [{number}] because developer metadata with "
            "that ID already exists."
        )
    batch.book.metadata[number] = entry
    return {"createDeveloperMetadata": {"developerMetadata": entry}}


def _entry(batch: Batch, number: int, given: Json) -> Json:
    """Give an entry as it is kept, its parts in the order in which answers print them."""
    if not given.get("metadataKey"):
        raise invalid("Developer metadata must always have a key specified.")
    if given.get("visibility") not in {"DOCUMENT", "PROJECT"}:
        raise invalid("Developer metadata must always have visibility specified.")
    entry: Json = {"metadataId": number, "metadataKey": given["metadataKey"]}
    if given.get("metadataValue"):
        entry["metadataValue"] = given["metadataValue"]
    location = _location(batch, given.get("location"))
    return entry | {"location": location, "visibility": given["visibility"]}


def _selected(book: Book, filters: list[Json]) -> list[int]:
    for data_filter in filters:
        check_lookup(book, data_filter)
    return [
        n for n, entry in book.metadata.items() if any(matches(book, f, entry) for f in filters)
    ]


def matches(book: Book, data_filter: Json, entry: Json) -> bool:
    """Tell whether a DataFilter selects an entry of metadata."""
    if "developerMetadataLookup" in data_filter:
        return _looked_up(data_filter["developerMetadataLookup"], entry)
    if "a1Range" in data_filter:
        wanted = parse_a1(book, data_filter["a1Range"])
    elif "gridRange" in data_filter:
        wanted = grid_area(book, data_filter["gridRange"], clamp=True)
    else:
        raise invalid("At least one data filter must be specified.")
    area = metadata_area(book, entry)
    return area is not None and area.meets(wanted)


def _looked_up(lookup: Json, entry: Json) -> bool:
    wanted, kind = lookup.get("metadataLocation"), lookup.get("locationType", _ANY_TYPE)
    exact = lookup.get("locationMatchingStrategy") == "EXACT_LOCATION"
    exact = exact or bool((wanted or {}).get("spreadsheet"))
    for name in ("metadataKey", "metadataValue", "visibility", "metadataId"):
        if lookup.get(name, _UNSET[name]) not in {_UNSET[name], entry.get(name)}:
            return False
    if kind not in {_ANY_TYPE, entry["location"]["locationType"]}:
        return False
    return wanted is None or _at_location(entry["location"], wanted, exact=exact)


_ANY_TYPE = "DEVELOPER_METADATA_LOCATION_TYPE_UNSPECIFIED"
_UNSET: Json = {
    "metadataKey": "",
    "metadataValue": "",
    "visibility": "DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED",
    "metadataId": 0,
}


def _at_location(location: Json, wanted: Json, *, exact: bool) -> bool:
    """Tell whether metadata is at a location or, unless it must be exact, within or across it."""
    if "sheetId" in wanted:
        inside = location.get("dimensionRange", {"sheetId": None}).get("sheetId", 0)
        own = location.get("sheetId") == wanted["sheetId"]
        return own or (not exact and inside == wanted["sheetId"])
    if "dimensionRange" not in wanted:
        return "spreadsheet" in location
    place, span = location.get("dimensionRange"), wanted["dimensionRange"]
    if place is None or place.get("sheetId", 0) != span.get("sheetId", 0):
        return False
    if place["dimension"] != span.get("dimension"):
        return not exact  # every row crosses every column
    start, end = span.get("startIndex", 0), span.get("endIndex", place["endIndex"])
    if exact:
        return (place["startIndex"], place["endIndex"]) == (start, end)
    return bool(place["startIndex"] < end and start < place["endIndex"])


def metadata_area(book: Book, entry: Json) -> Area | None:
    """Give the cells that an entry of metadata belongs to; None for the whole book."""
    location = entry["location"]
    if "dimensionRange" in location:
        place = location["dimensionRange"]
        whole = book.sheet(place.get("sheetId", 0)).whole()
        if place["dimension"] == "ROWS":
            return whole._replace(top=place["startIndex"], bottom=place["endIndex"])
        return whole._replace(left=place["startIndex"], right=place["endIndex"])
    if "sheetId" in location:
        return book.sheet(location["sheetId"]).whole()
    return None


def update_metadata(batch: Batch, request: Json) -> Json:
    """Change all entries of metadata that the filters select."""
    mask = required_mask(request, "DeveloperMetadata")
    given, filters = request.get("developerMetadata", {}), request.get("dataFilters", [])
    if not filters:
        raise invalid("At least one data filter must be specified.")
    changed = []
    for number in _selected(batch.book, filters):
        entry = merge(batch.book.metadata[number], given, mask)
        changed.append(_entry(batch, number, entry))
        batch.book.metadata[number] = changed[-1]
    return {"updateDeveloperMetadata": {"developerMetadata": changed} if changed else {}}


def delete_metadata(batch: Batch, request: Json) -> Json:
    """Delete all entries of metadata that the filter selects."""
    if not request.get("dataFilter"):
        raise invalid("At least one data filter must be specified.")
    numbers = _selected(batch.book, [request["dataFilter"]])
    gone = [batch.book.metadata.pop(number) for number in numbers]
    return {"deleteDeveloperMetadata": {"deletedDeveloperMetadata": gone} if gone else {}}
