"""Developer metadata: the requests about it, and the lookups that find it."""

from syncd.sandbox.book.a1 import grid_area, parse_a1
from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.model import Area, Book
from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import merge, parse_mask


def _location(batch: Batch, given: Json) -> Json:
    """Check a location and complete it as answers print it."""
    if "dimensionRange" in given:
        span = given["dimensionRange"]
        sheet = batch.book.sheet(span.get("sheetId", 0))
        is_rows = span.get("dimension") == "ROWS"
        count = sheet.row_count if is_rows else sheet.column_count
        start, end = span.get("startIndex", 0), span.get("endIndex", count)
        if end - start != 1 or not 0 <= start < count:
            raise invalid("A metadata's dimension range must be one row or one column of the grid.")
        place: Json = {"sheetId": sheet.sheet_id} if sheet.sheet_id else {}
        place |= {"dimension": span["dimension"], "startIndex": start, "endIndex": end}
        return {"locationType": "ROW" if is_rows else "COLUMN", "dimensionRange": place}
    if "sheetId" in given:
        batch.book.sheet(given["sheetId"])
        return {"locationType": "SHEET", "sheetId": given["sheetId"]}
    if given.get("spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    raise invalid("The location of developer metadata must be specified.")


def create_metadata(batch: Batch, request: Json) -> Json:
    """Attach metadata to the book, a sheet, a row or a column."""
    given = request.get("developerMetadata", {})
    if not given.get("metadataKey"):
        raise invalid("developerMetadata.metadataKey must be specified.")
    if given.get("visibility") not in {"DOCUMENT", "PROJECT"}:
        raise invalid("developerMetadata.visibility must be specified.")
    number = given.get("metadataId") or batch.new_id(batch.book.metadata)
    if number in batch.book.metadata:
        raise invalid(f"Developer metadata with id {number} already exists.")
    entry: Json = {"metadataId": number, "metadataKey": given["metadataKey"]}
    if "metadataValue" in given:
        entry["metadataValue"] = given["metadataValue"]
    entry |= {
        "location": _location(batch, given.get("location", {})),
        "visibility": given["visibility"],
    }
    batch.book.metadata[number] = entry
    return {"createDeveloperMetadata": {"developerMetadata": entry}}


def _selected(book: Book, filters: list[Json]) -> list[int]:
    return [
        n for n, entry in book.metadata.items() if any(matches(book, f, entry) for f in filters)
    ]


def matches(book: Book, data_filter: Json, entry: Json) -> bool:
    """Tell whether a DataFilter selects an entry of metadata."""
    if "developerMetadataLookup" in data_filter:
        return _looked_up(data_filter["developerMetadataLookup"], entry)
    if "a1Range" in data_filter:
        wanted = parse_a1(book, data_filter["a1Range"])
    else:
        wanted = grid_area(book, data_filter.get("gridRange", {}), clamp=True)
    area = metadata_area(book, entry)
    return area is not None and area.meets(wanted)


def _looked_up(lookup: Json, entry: Json) -> bool:
    for name in ("metadataKey", "metadataValue", "visibility", "metadataId"):
        if name in lookup and lookup[name] != entry.get(name):
            return False
    location = entry["location"]
    if lookup.get("locationType") not in {None, location["locationType"]}:
        return False
    wanted = lookup.get("metadataLocation")
    if wanted is None:
        return True
    if "dimensionRange" in wanted:
        place, span = location.get("dimensionRange"), wanted["dimensionRange"]
        keys = ("sheetId", "dimension", "startIndex", "endIndex")
        return place is not None and all(place.get(k, 0) == span.get(k, 0) for k in keys)
    if "sheetId" in wanted:
        inside = location.get("dimensionRange", {"sheetId": None}).get("sheetId", 0)
        exact = lookup.get("locationMatchingStrategy") == "EXACT_LOCATION"
        return location.get("sheetId") == wanted["sheetId"] or (
            not exact and inside == wanted["sheetId"]
        )
    exact = lookup.get("locationMatchingStrategy") == "EXACT_LOCATION"
    return "spreadsheet" in location or not exact


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
    mask = parse_mask(request.get("fields", ""), "DeveloperMetadata")
    given = request.get("developerMetadata", {})
    numbers = _selected(batch.book, request.get("dataFilters", []))
    changed = []
    for number in numbers:
        entry = merge(batch.book.metadata[number], given, mask)
        entry |= {"metadataId": number, "location": _location(batch, entry.get("location", {}))}
        batch.book.metadata[number] = entry
        changed.append(entry)
    return {"updateDeveloperMetadata": {"developerMetadata": changed} if changed else {}}


def delete_metadata(batch: Batch, request: Json) -> Json:
    """Delete all entries of metadata that the filter selects."""
    numbers = _selected(batch.book, [request.get("dataFilter", {})])
    gone = [batch.book.metadata.pop(number) for number in numbers]
    return {"deleteDeveloperMetadata": {"deletedDeveloperMetadata": gone} if gone else {}}
