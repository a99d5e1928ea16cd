"""Names, protection, filters, filter views, conditional formats, alternating colours, metadata."""

from typing import Any

import pytest

from tests.sandbox.batches import area, cells, put, said, span


@pytest.fixture
def read(ask: Any, book: str) -> Any:
    """Give a function that reads the book, or the first sheet's part of a name."""

    def get(part: str = "", user: str = "") -> Any:
        found = ask("GET", f"/v4/spreadsheets/{book}", user=user)[1]
        return found["sheets"][0].get(part) if part else found

    return get


def reply(answer: Any) -> Any:
    """Give the only part of the only reply."""
    assert answer[0] == 200, answer
    return next(iter(answer[1]["replies"][0].values()))


def name(text: str, **more: Any) -> Any:
    """Give an addNamedRange request."""
    return {"addNamedRange": {"namedRange": {"name": text, "range": area(0, 2, 0, 1)} | more}}


@pytest.mark.parametrize("text", ["", "A1", "a b", "1x", "R1C1", "true", "x" * 251, "x-y", "XFD9"])
def test_named_ranges_refuse_names(batch: Any, text: str) -> None:
    """What could be a cell, or is no word, is no name."""
    assert said(batch(name(text))) == "The name given to this range is invalid"


def test_named_ranges_live(batch: Any, read: Any, values: Any) -> None:
    """A name is added, changed by mask and deleted; doubles in any case are refused."""
    added = reply(batch(name("Stock", namedRangeId="mine")))["namedRange"]
    assert added == {"namedRangeId": "mine", "name": "Stock", "range": area(0, 2, 0, 1)}
    text = "Cannot add named range with name stock, a named range with that name already exists."
    assert said(batch(name("stock"))) == text
    assert "with ID mine" in said(batch(name("Other", namedRangeId="mine")))
    change = {"namedRangeId": "mine", "name": "Größe", "range": area(4, 5, 0, 1)}
    batch({"updateNamedRange": {"namedRange": change, "fields": "range"}})
    assert read()["namedRanges"] == [added | {"range": area(4, 5, 0, 1)}]
    batch({"updateNamedRange": {"namedRange": change, "fields": "*"}})
    assert read()["namedRanges"][0]["name"] == "Größe"
    assert "No named range" in said(batch({"deleteNamedRange": {"namedRangeId": "x"}}))
    batch({"deleteNamedRange": {"namedRangeId": "mine"}})
    assert "namedRanges" not in read()


def protect(**rule: Any) -> Any:
    """Give an addProtectedRange request."""
    return {"addProtectedRange": {"protectedRange": rule}}


HELD = (
    put(1, cells("x"), column=1),
    {"repeatCell": {"range": area(0, 3, 0, 2), "cell": {"note": "n"}, "fields": "note"}},
    {"updateBorders": {"range": area(1, 2, 1, 2), "top": {"style": "SOLID"}}},
    {"setDataValidation": {"range": area(1, 2, 1, 2)}},
    {"mergeCells": {"range": area(1, 3, 1, 3)}},
    {"insertDimension": {"range": span("C", 1, 2)}},
    {"insertDimension": {"range": span("R", 2, 3)}},
    {"deleteDimension": {"range": span("R", 0, 2)}},
    {"deleteDimension": {"range": span("C", 2, 4)}},
    {"moveDimension": {"source": span("R", 1, 2), "destinationIndex": 5}},
    {"moveDimension": {"source": span("R", 5, 6), "destinationIndex": 2}},
    {"insertRange": {"range": area(0, 1, 1, 2), "shiftDimension": "ROWS"}},
    {"deleteRange": {"range": area(2, 3, 1, 2), "shiftDimension": "COLUMNS"}},
    {"copyPaste": {"source": area(8, 9, 0, 1), "destination": area(2, 3, 2, 3)}},
    {"cutPaste": {"source": area(1, 2, 1, 2), "destination": {"rowIndex": 9}}},
    {"sortRange": {"range": area(0, 4, 0, 1), "sortSpecs": [{"dimensionIndex": 0}]}},
    {"findReplace": {"find": "there", "replacement": "", "allSheets": True}},
    {"pasteData": {"coordinate": {"rowIndex": 1}, "data": "a", "delimiter": ","}},
    {"autoFill": {"range": area(1, 5, 1, 2)}},
    {"addTable": {"table": {"range": area(2, 5, 0, 2)}}},
    {"deleteDuplicates": {"range": area(0, 4, 0, 2)}},
)


@pytest.mark.parametrize("request_", HELD, ids=[next(iter(r)) for r in HELD])
def test_protection_holds_each_kind(batch: Any, read: Any, request_: Any) -> None:
    """Whatever would change a protected cell is refused to others, and allowed to the owner."""
    batch(put(1, cells("there", "there"), cells("there")), user="bob")
    batch(protect(range={"startRowIndex": 1, "endRowIndex": 3}, editors={"users": ["ada"]}))
    answer = batch(request_, user="bob")
    assert "trying to edit a protected cell or object" in said(answer)
    assert batch(request_, user="ada")[0] == 200


def test_values_are_held_as_well(batch: Any, values: Any, ask: Any, book: str) -> None:
    """All writing values methods stop at a protected range; warnings and openings let through."""
    opened = {"startRowIndex": 4, "endRowIndex": 6}
    batch(protect(range={}, unprotectedRanges=[opened, {"startRowIndex": 6, "endRowIndex": 8}]))
    path = f"/v4/spreadsheets/{book}/values"
    body = {"values": [["x"]]}
    option = "?valueInputOption=RAW"
    for verb, where, given in (
        ("PUT", f"/A1{option}", body),
        ("POST", f"/A1:append{option}", body),
        ("POST", "/A1:B9:clear", None),
        ("POST", ":batchClear", {"ranges": ["A1"]}),
        (
            "POST",
            ":batchUpdate",
            {"valueInputOption": "RAW", "data": [body | {"range": "A1"}]},
        ),
    ):
        status, answer = ask(verb, path + where, given, user="bob")
        assert status == 400, where
        assert "protected cell" in answer["error"]["message"]
    assert ask("PUT", f"{path}/A5:B8{option}", {"values": [["a"]] * 4}, user="bob")[0] == 200
    assert ask("PUT", f"{path}/A1{option}", body)[0] == 200


def test_protection_is_shown_as_each_person_may(batch: Any, read: Any) -> None:
    """Who may edit sees so and sees the editors; who may not sees neither."""
    added = reply(
        batch(protect(range=area(0, 1, 0, 1), description="d", editors={"users": ["ada"]}))
    )
    rule = added["protectedRange"]
    assert rule["requestingUserCanEdit"] is True
    number = rule["protectedRangeId"]
    for user, may in (("ada", True), ("bob", False)):
        found = read("protectedRanges", user)[0]
        assert found.get("requestingUserCanEdit", False) is may
        assert ("editors" in found) is may
    change = {"protectedRangeId": number, "warningOnly": True}
    update = {"updateProtectedRange": {"protectedRange": change, "fields": "warningOnly,editors"}}
    assert "protected cell" in said(batch(update, user="bob"))
    assert batch(update, user="ada")[0] == 200
    assert batch(put(0, cells("x")), user="bob")[0] == 200
    delete = {"deleteProtectedRange": {"protectedRangeId": number}}
    assert batch(delete, user="bob")[0] == 200, "a warning holds nobody"
    assert "No protected range" in said(batch(delete))


def test_protection_of_a_name_follows_it(batch: Any, read: Any) -> None:
    """A protected name has the name's range; openings belong to whole sheets only."""
    batch(name("n", namedRangeId="n"))
    rule = reply(batch(protect(namedRangeId="n")))["protectedRange"]
    assert rule["range"] == area(0, 2, 0, 1)
    assert rule["namedRangeId"] == "n"
    opened = [area(0, 1, 0, 1)]
    answer = batch(protect(range=area(0, 5, 0, 5), unprotectedRanges=opened))
    assert "unprotectedRanges" in said(answer)
    assert "range must be specified" in said(batch(protect(description="x")))
    editors = {"users": ["ada"]}
    answer = batch(protect(range={}, warningOnly=True, editors=editors))
    assert "warning-only" in said(answer)


def test_a_basic_filter_keeps_both_spellings(batch: Any, read: Any, ask: Any, book: str) -> None:
    """Criteria come back as specs too, a filter sorts if told, and a new one replaces the old."""
    batch(put(0, cells("h", "n"), cells("b", 2), cells("a", 1), cells("c", 3)))
    condition = {"type": "NUMBER_GREATER", "values": [{"userEnteredValue": "1"}]}
    given = {
        "range": area(0, 4, 0, 2),
        "criteria": {"1": {"condition": condition}},
        "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}],
    }
    assert batch({"setBasicFilter": {"filter": given}})[0] == 200
    spec = {"columnIndex": 1, "filterCriteria": {"condition": condition}}
    assert read("basicFilter") == given | {"filterSpecs": [spec]}
    path = f"/v4/spreadsheets/{book}?includeGridData=true&ranges=A1:A4"
    data = ask("GET", path)[1]["sheets"][0]["data"][0]
    shown = [row["values"][0]["formattedValue"] for row in data["rowData"]]
    assert shown == ["h", "a", "b", "c"]
    hidden = [row.get("hiddenByFilter", False) for row in data["rowMetadata"]]
    assert hidden == [False, True, False, False]
    batch({"setBasicFilter": {"filter": {"range": {"sheetId": 0}}}})
    assert read("basicFilter") == {"range": area(0, 1000, 0, 26)}
    batch({"clearBasicFilter": {"sheetId": 0}})
    assert read("basicFilter") is None


def test_a_basic_filter_follows_rows_and_columns(batch: Any, read: Any) -> None:
    """It grows and shrinks with its rows, criteria go with their columns, its header ends it."""
    criteria = {"2": {"hiddenValues": ["x"]}}
    batch({"setBasicFilter": {"filter": {"range": area(1, 6, 0, 4), "criteria": criteria}}})
    batch({"insertDimension": {"range": span("R", 3, 5)}})
    batch({"insertDimension": {"range": span("C", 1, 2)}})
    found = read("basicFilter")
    assert found["range"] == area(1, 8, 0, 5)
    assert list(found["criteria"]) == ["3"]
    assert found["filterSpecs"][0]["columnIndex"] == 3
    batch({"deleteDimension": {"range": span("C", 3, 4)}})
    assert read("basicFilter") == {"range": area(1, 8, 0, 4)}
    batch({"deleteDimension": {"range": span("R", 2, 4)}})
    assert read("basicFilter") == {"range": area(1, 6, 0, 4)}
    batch({"deleteDimension": {"range": span("R", 1, 2)}})
    assert read("basicFilter") is None


def test_filters_refuse(batch: Any) -> None:
    """Merges over rows, conditions of other places and columns outside are refused."""
    batch({"mergeCells": {"range": area(2, 4, 0, 1)}})

    def answer(**given: Any) -> str:
        return said(batch({"setBasicFilter": {"filter": given}}))

    text = "You can't create a filter over a range containing vertical merges."
    assert answer(range=area(0, 6, 0, 2)).startswith(text)
    condition = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "x"}]}
    where = area(0, 6, 4, 8)
    found = answer(range=where, criteria={"4": {"condition": condition}})
    assert found == "ConditionType 'ONE_OF_LIST' is not supported in filters."
    assert "outside" in answer(range=where, criteria={"1": {}})
    assert "column indexes" in answer(range=where, criteria={"x": {}})
    assert "range" in answer()


def test_filter_views_live(batch: Any, read: Any) -> None:
    """A view is added, changed by mask, duplicated and deleted."""
    given = {"range": area(0, 4, 0, 2), "criteria": {"0": {"hiddenValues": ["x"]}}}
    view = reply(batch({"addFilterView": {"filter": given}}))["filter"]
    assert view["title"] == "Filter 1"
    spec = {"columnIndex": 0, "filterCriteria": {"hiddenValues": ["x"]}}
    assert view["filterSpecs"] == [spec]
    number = view["filterViewId"]
    change = {"filterViewId": number, "title": "Mine", "criteria": {"1": {"hiddenValues": ["y"]}}}
    batch({"updateFilterView": {"filter": change, "fields": "title,criteria"}})
    assert read("filterViews")[0]["title"] == "Mine"
    assert read("filterViews")[0]["filterSpecs"][0]["columnIndex"] == 1
    copied = reply(batch({"duplicateFilterView": {"filterId": number}}))["filter"]
    assert copied["title"] == "Copy of Mine"
    assert copied["filterViewId"] != number
    batch({"deleteFilterView": {"filterId": number}})
    assert [v["filterViewId"] for v in read("filterViews")] == [copied["filterViewId"]]
    assert "No filter view" in said(batch({"deleteFilterView": {"filterId": number}}))


def rule(kind: str = "NOT_BLANK", *bounds: int, **value: Any) -> Any:
    """Give a conditional format."""
    condition = {"type": kind} | ({"values": [value]} if value else {})
    boolean = {"condition": condition, "format": {"textFormat": {"bold": True}}}
    return {"ranges": [area(*(bounds or (0, 5, 0, 1)))], "booleanRule": boolean}


def test_conditional_formats_by_index(batch: Any, read: Any) -> None:
    """Rules are put, moved, replaced and deleted by their place, and the replies tell both."""
    for kind in ("NOT_BLANK", "BLANK"):
        batch({"addConditionalFormatRule": {"rule": rule(kind), "index": 0}})
    one, two = read("conditionalFormats")
    assert [one["booleanRule"]["condition"]["type"], two["booleanRule"]["condition"]["type"]] == [
        "BLANK",
        "NOT_BLANK",
    ]
    moved = reply(batch({"updateConditionalFormatRule": {"sheetId": 0, "newIndex": 1}}))
    assert moved == {"newRule": one, "newIndex": 1}
    new = rule("TEXT_EQ", userEnteredValue="x")
    changed = reply(batch({"updateConditionalFormatRule": {"index": 1, "rule": new}}))
    assert changed == {"newRule": new, "newIndex": 1, "oldRule": one}
    gone = reply(batch({"deleteConditionalFormatRule": {"sheetId": 0, "index": 1}}))
    assert gone == {"rule": new}
    assert read("conditionalFormats") == [two]
    text = "No conditional format on sheet: 0 at index: 5"
    assert said(batch({"deleteConditionalFormatRule": {"sheetId": 0, "index": 5}})) == text


def point(kind: str = "", value: str = "") -> Any:
    """Give a point of a gradient."""
    given = {"color": {"red": 1}} | ({"type": kind} if kind else {})
    return given | ({"value": value} if value else {})


@pytest.mark.parametrize(
    ("points", "text"),
    [
        ({"minpoint": point("MIN")}, "No interpolationPointType specified."),
        ({"maxpoint": point("MAX")}, "No interpolationPointType specified."),
        (
            {"minpoint": point("NUMBER"), "maxpoint": point("MAX")},
            "InterpolationPoint.value is required.",
        ),
        (
            {"minpoint": point("NUMBER", "wide"), "maxpoint": point("MAX")},
            "Invalid InterpolationPoint.value: wide",
        ),
    ],
)
def test_gradients_refuse(batch: Any, points: Any, text: str) -> None:
    """A scale that Google was seen to refuse is refused in its words."""
    given = {"ranges": [area(0, 5, 0, 1)], "gradientRule": points}
    assert said(batch({"addConditionalFormatRule": {"rule": given}})) == text


def test_gradients_are_kept_as_google_keeps_them(batch: Any, read: Any) -> None:
    """The value of a lowest or highest point means nothing and goes."""
    points = {"minpoint": point("MIN", "2"), "maxpoint": point("PERCENT", "90")}
    given = {"ranges": [area(0, 5, 0, 1)], "gradientRule": points}
    batch({"addConditionalFormatRule": {"rule": given, "index": 0}})
    kept = read("conditionalFormats")[0]["gradientRule"]
    assert "value" not in kept["minpoint"]
    assert kept["maxpoint"]["value"] == "90"


def test_banding_lives(batch: Any, read: Any) -> None:
    """Colours are added, changed by mask and deleted; two over one cell are refused."""
    colours = {"firstBandColor": {"red": 1}, "secondBandColor": {"blue": 1}}
    given = {"range": area(0, 5, 0, 2), "rowProperties": colours}
    banded = reply(batch({"addBanding": {"bandedRange": given}}))["bandedRange"]
    assert banded["rowProperties"]["firstBandColorStyle"] == {"rgbColor": {"red": 1}}
    answer = batch({"addBanding": {"bandedRange": given | {"range": area(4, 6, 1, 2)}}})
    assert "already has alternating background colors" in said(answer)
    assert "At least one" in said(
        batch({"addBanding": {"bandedRange": {"range": area(8, 9, 0, 1)}}})
    )
    number = banded["bandedRangeId"]
    change = {"bandedRangeId": number, "rowProperties": {"secondBandColor": {"green": 1}}}
    fields = "rowProperties.secondBandColor"
    batch({"updateBanding": {"bandedRange": change, "fields": fields}})
    kept = read("bandedRanges")[0]["rowProperties"]
    assert kept["firstBandColor"] == {"red": 1}
    assert kept["secondBandColor"] == {"green": 1}
    assert kept["secondBandColorStyle"] == {"rgbColor": {"green": 1}}
    batch({"deleteBanding": {"bandedRangeId": number}})
    assert read("bandedRanges") is None


def metadata(key: str, location: Any, **more: Any) -> Any:
    """Give a createDeveloperMetadata request."""
    entry = {"metadataKey": key, "location": location, "visibility": "DOCUMENT"} | more
    return {"createDeveloperMetadata": {"developerMetadata": entry}}


def test_metadata_is_found_by_place_and_key(batch: Any, ask: Any, book: str) -> None:
    """Intersecting is the default and reaches into a sheet; exact does not; keys may repeat."""
    row = {"dimensionRange": span("R", 2, 3)}
    column = {"dimensionRange": span("C", 1, 2)}
    batch(
        metadata("k", row, metadataId=1),
        metadata("k", column, metadataId=2, metadataValue="v"),
        metadata("k", {"sheetId": 0}, metadataId=3),
        metadata("k", {"spreadsheet": True}, metadataId=4),
    )

    def found(**lookup: Any) -> Any:
        path = f"/v4/spreadsheets/{book}/developerMetadata:search"
        body = {"dataFilters": [{"developerMetadataLookup": lookup}]}
        status, answer = ask("POST", path, body)
        if status != 200:
            return answer["error"]["message"]
        hits = answer.get("matchedDeveloperMetadata", [])
        return [hit["developerMetadata"]["metadataId"] for hit in hits]

    exact = {"locationMatchingStrategy": "EXACT_LOCATION"}
    assert found() == [1, 2, 3, 4]
    assert found(metadataKey="k", metadataValue="v") == [2]
    assert found(locationType="ROW") == [1]
    assert found(metadataLocation={"sheetId": 0}) == [1, 2, 3]
    assert found(metadataLocation={"sheetId": 0}, **exact) == [3]
    assert found(metadataLocation=row, **exact) == [1]
    assert 1 not in found(metadataLocation={"dimensionRange": span("R", 5, 6)})
    assert found(metadataLocation={"spreadsheet": True}) == [4]
    intersecting = {"locationMatchingStrategy": "INTERSECTING_LOCATION"}
    assert "INTERSECTING" in found(metadataLocation={"spreadsheet": True}, **intersecting)


def test_metadata_is_changed_and_deleted_by_lookup(batch: Any) -> None:
    """All that a filter selects changes or goes, and the replies list it."""
    row = {"dimensionRange": span("R", 2, 3)}
    batch(metadata("a", row, metadataId=1), metadata("a", {"sheetId": 0}, metadataId=2))
    by_key = {"developerMetadataLookup": {"metadataKey": "a"}}
    change = {
        "dataFilters": [by_key],
        "developerMetadata": {"metadataValue": "new"},
        "fields": "metadataValue",
    }
    changed = reply(batch({"updateDeveloperMetadata": change}))["developerMetadata"]
    assert [entry["metadataValue"] for entry in changed] == ["new", "new"]
    gone = reply(batch({"deleteDeveloperMetadata": {"dataFilter": by_key}}))
    assert [entry["metadataId"] for entry in gone["deletedDeveloperMetadata"]] == [1, 2]
    assert "data filter" in said(batch({"deleteDeveloperMetadata": {}}))


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (metadata("", {"sheetId": 0}), "must always have a key specified."),
        (metadata("k", {"sheetId": 0}, visibility=None), "must always have visibility"),
        (metadata("k", None), "must always have a location specified."),
        (
            metadata("k", {"dimensionRange": span("R", 0, 2)}),
            "DimensionRange must represent a single row or column.",
        ),
        (
            metadata("k", {"dimensionRange": {"dimension": "ROWS"}}),
            "DimensionRange must specify both a startIndex and an endIndex",
        ),
        (metadata("k", {"sheetId": 77}), "77"),
        (metadata("k", {"sheetId": 0}, metadataId=9), "with ID [9]"),
    ],
)
def test_metadata_refuses(batch: Any, request_: Any, text: str) -> None:
    """What Google was seen to refuse is refused in its words."""
    batch(metadata("k", {"sheetId": 0}, metadataId=9))
    assert text in said(batch(request_))
