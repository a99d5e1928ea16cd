"""Each thing about Google that nobody could verify, seen from outside in both of its positions."""

from collections.abc import Callable
from typing import Any

import pytest

from syncd.sandbox import ManualClock, Sandbox
from tests.sandbox.batches import area, cells, put, said, span

Ask = Any
both = pytest.mark.parametrize("on", [True, False])

NAME = {"namedRangeId": "one", "name": "one", "range": area(0, 3, 0, 2)}
VIEW = {"hiddenValues": ["b"]}


def described(path: str, ask: Ask, book: str) -> Any:
    """Give one part of the fresh spreadsheet, all of it read."""
    return ask("GET", f"/v4/spreadsheets/{book}?fields={path}")[1]


def filtered(rows: int = 3) -> Any:
    """Give a request that sets a basic filter which hides the rows with b."""
    shown = {"range": area(0, rows, 0, 1), "criteria": {"0": VIEW}}
    return {"setBasicFilter": {"filter": shown}}


def hidden(start: int, end: int) -> Any:
    """Give a request by which a person hides rows."""
    given = {"range": span("R", start, end), "properties": {"hiddenByUser": True}}
    return {"updateDimensionProperties": given | {"fields": "hiddenByUser"}}


def sort(top: int, bottom: int) -> Any:
    """Give a request that sorts rows by their first column, the last first."""
    order = [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]
    return {"sortRange": {"range": area(top, bottom, 0, 1), "sortSpecs": order}}


def metadata(dimension: str, index: int, number: int = 7, value: str = "v") -> Any:
    """Give a request that attaches metadata to one row or column."""
    entry = {"metadataId": number, "metadataKey": "k", "metadataValue": value}
    entry |= {"visibility": "DOCUMENT"}
    place = {"location": {"dimensionRange": span(dimension, index, index + 1)}}
    return {"createDeveloperMetadata": {"developerMetadata": entry | place}}


def place_of(ask: Ask, book: str) -> int:
    """Give the row or column that the metadata is attached to."""
    found = ask("GET", f"/v4/spreadsheets/{book}/developerMetadata/7")[1]
    return int(found["location"]["dimensionRange"]["startIndex"])


@both
@pytest.mark.parametrize(
    ("setting", "hide"),
    [
        ("copy_paste_skips_filtered_rows", filtered()),
        ("copy_paste_skips_hidden_rows", hidden(1, 2)),
    ],
)
def test_copies_skip_rows_out_of_sight_or_not(
    box: Sandbox, batch: Ask, values: Ask, setting: str, hide: Any, on: bool
) -> None:
    """A copy leaves out the rows that a filter, or a person, hides."""
    box.change(**{setting: on})
    batch(put(0, cells("a"), cells("b"), cells("c")), hide)
    goal = {"source": area(0, 3, 0, 1), "destination": area(0, 3, 2, 3)}
    assert batch({"copyPaste": goal})[0] == 200
    assert values("C1:C3") == [["a"], [] if on else ["b"], ["c"]]


@both
def test_formula_pastes_copy_literals_or_not(
    box: Sandbox, batch: Ask, values: Ask, on: bool
) -> None:
    """Pasting formulas takes plain values along, or only formulas."""
    box.change(paste_formula_copies_literals=on)
    batch(put(0, cells("a", "=1+1")))
    goal = {"source": area(0, 1, 0, 2), "destination": area(2, 3, 0, 2)}
    batch({"copyPaste": goal | {"pasteType": "PASTE_FORMULA"}})
    assert values("A3:B3") == [["a" if on else "", "2"]]


@both
def test_formula_pastes_move_references_or_not(
    box: Sandbox, batch: Ask, values: Ask, on: bool
) -> None:
    """Pasting formulas moves their relative references along, or keeps their text."""
    box.change(paste_formula_moves_references=on)
    batch(put(0, cells(1, "=A1")))
    goal = {"source": area(0, 1, 1, 2), "destination": area(2, 3, 1, 2)}
    batch({"copyPaste": goal | {"pasteType": "PASTE_FORMULA"}})
    assert values("B3", valueRenderOption="FORMULA") == [["=A3" if on else "=A1"]]


@both
def test_sorts_carry_row_metadata_or_not(
    box: Sandbox, batch: Ask, ask: Ask, book: str, on: bool
) -> None:
    """The metadata of a row goes with its contents, or stays with its place."""
    box.change(sort_moves_row_metadata=on)
    batch(put(0, cells("a"), cells("b"), cells("c")), metadata("R", 0), sort(0, 3))
    assert place_of(ask, book) == (2 if on else 0)


@both
@pytest.mark.parametrize(
    ("setting", "hide"),
    [("sort_moves_filtered_rows", filtered()), ("sort_moves_hidden_rows", hidden(1, 2))],
)
def test_sorts_move_rows_out_of_sight_or_not(
    box: Sandbox, batch: Ask, values: Ask, setting: str, hide: Any, on: bool
) -> None:
    """A row that a filter, or a person, hides takes part in a sort, or stays in its place."""
    box.change(**{setting: on})
    batch(put(0, cells("title"), cells("b"), cells("a"), cells("c")), hide)
    batch(sort(1, 4))
    order = ["c", "b", "a"] if on else ["b", "c", "a"]
    assert values("A2:A4") == [[text] for text in order]


@both
@pytest.mark.parametrize("dimension", ["R", "C"])
def test_moves_carry_metadata_or_not(
    box: Sandbox, batch: Ask, ask: Ask, book: str, dimension: str, on: bool
) -> None:
    """The metadata of a row or column follows it when it is moved, or stays at its place."""
    box.change(move_carries_metadata=on)
    goal = {"source": span(dimension, 0, 1), "destinationIndex": 3}
    batch(metadata(dimension, 0), {"moveDimension": goal})
    assert place_of(ask, book) == (2 if on else 0)


def inserted(at: int) -> Any:
    """Give a request that inserts a row which looks like the one above."""
    return {"insertDimension": {"range": span("R", at, at + 1), "inheritFromBefore": True}}


@both
@pytest.mark.parametrize("way", ["insert", "append", "insert rows", "append cells"])
def test_a_basic_filter_grows_at_its_end_or_not(
    box: Sandbox, batch: Ask, ask: Ask, book: str, way: str, on: bool
) -> None:
    """A basic filter takes in the row that comes right below it, however it comes."""
    box.change(basic_filter_grows_at_end=on)
    batch(put(0, cells("title"), cells("a"), cells("c")), filtered())
    if way == "insert":
        batch(inserted(3))
    elif way == "append cells":
        batch({"appendCells": {"rows": [cells("d")], "fields": "userEnteredValue"}})
    else:
        how = "INSERT_ROWS" if way == "insert rows" else "OVERWRITE"
        path = f"/v4/spreadsheets/{book}/values/A1:append?valueInputOption=RAW"
        ask("POST", f"{path}&insertDataOption={how}", {"values": [["d"]]})
    found = described("sheets.basicFilter.range", ask, book)["sheets"][0]
    assert found["basicFilter"]["range"]["endRowIndex"] == (4 if on else 3)


@both
def test_ranges_grow_at_their_end_or_not(
    box: Sandbox, batch: Ask, ask: Ask, book: str, on: bool
) -> None:
    """Named and protected ranges take in the row that is inserted right at their end."""
    box.change(insert_at_end_grows_ranges=on)
    guard = {"addProtectedRange": {"protectedRange": {"range": NAME["range"]}}}
    batch({"addNamedRange": {"namedRange": NAME}}, guard, inserted(3))
    found = described("namedRanges,sheets.protectedRanges", ask, book)
    ranges = [found["namedRanges"][0], found["sheets"][0]["protectedRanges"][0]]
    assert [one["range"]["endRowIndex"] for one in ranges] == [4 if on else 3] * 2


@both
def test_rules_grow_at_their_end_or_not(
    box: Sandbox, batch: Ask, ask: Ask, book: str, on: bool
) -> None:
    """Conditional formats take in the row that is inserted right at their end."""
    box.change(insert_at_end_grows_rules=on)
    look = {"condition": {"type": "NOT_BLANK"}, "format": {"textFormat": {"bold": True}}}
    rule = {"ranges": [area(0, 3, 0, 2)], "booleanRule": look}
    batch({"addConditionalFormatRule": {"rule": rule, "index": 0}}, inserted(3))
    found = described("sheets.conditionalFormats", ask, book)["sheets"][0]
    assert found["conditionalFormats"][0]["ranges"][0]["endRowIndex"] == (4 if on else 3)


@both
def test_covered_cells_take_values_or_not(box: Sandbox, batch: Ask, values: Ask, on: bool) -> None:
    """Values written behind the first cell of a merge are kept there, or dropped."""
    box.change(covered_cells_take_values=on)
    batch({"mergeCells": {"range": area(0, 1, 0, 2), "mergeType": "MERGE_ALL"}})
    values("A1:C1", [["a", "b", "c"]])
    assert values("A1:C1") == [["a", "b" if on else "", "c"]]


@both
def test_raw_texts_become_formulas_or_not(box: Sandbox, values: Ask, on: bool) -> None:
    """A text with an equals sign that is written RAW is computed, or shown as it is."""
    box.change(raw_takes_formulas=on)
    values("A1:B1", [["=1+1", "007"]])
    assert values("A1:B1") == [["2" if on else "=1+1", "007"]]


@both
def test_an_unknown_name_fails_a_batch_or_not(
    box: Sandbox, batch: Ask, values: Ask, on: bool
) -> None:
    """A batch that deletes a name which is gone is refused whole, or goes on."""
    box.change(unknown_name_id_fails=on)
    status = batch(put(0, cells("a")), {"deleteNamedRange": {"namedRangeId": "gone"}})[0]
    assert status == (400 if on else 200)
    assert values("A1") == ([] if on else [["a"]])


@both
def test_a_taken_metadata_id_fails_or_replaces(
    box: Sandbox, batch: Ask, ask: Ask, book: str, on: bool
) -> None:
    """Metadata with an id that is in use is refused, or takes the place of the old entry."""
    box.change(taken_metadata_id_fails=on)
    batch(metadata("R", 0))
    answer = batch(metadata("R", 4, value="w"))
    if on:
        assert "already exists" in said(answer)
    assert place_of(ask, book) == (0 if on else 4)


@both
def test_a_filter_without_match_fails_or_not(box: Sandbox, ask: Ask, book: str, on: bool) -> None:
    """Values for a data filter that matches nothing are refused, or written nowhere."""
    box.change(unmatched_filter_fails=on)
    lookup = {"developerMetadataLookup": {"metadataId": 7}}
    body = {"valueInputOption": "RAW", "data": [{"dataFilter": lookup, "values": [["a"]]}]}
    status, _ = ask("POST", f"/v4/spreadsheets/{book}/values:batchUpdateByDataFilter", body)
    assert status == (400 if on else 200)


@both
@pytest.mark.parametrize("way", ["values", "by filter", "grid", "grid by filter"])
def test_reads_of_several_ranges_are_torn_or_not(
    box: Sandbox, ask: Ask, values: Ask, book: str, way: str, on: bool
) -> None:
    """The second range of a read is as old as the setting says, the first one is current."""
    values("A1:B1", [["old", "old"]])
    box.change(torn_reads_s=3600.0 if on else 0.0)
    values("A1:B1", [["new", "new"]])
    where, filters = f"/v4/spreadsheets/{book}", [{"a1Range": "A1"}, {"a1Range": "B1"}]
    if way == "values":
        found = ask("GET", f"{where}/values:batchGet?ranges=A1&ranges=B1")[1]["valueRanges"]
        texts = [one.get("values", [[""]])[0][0] for one in found]
    elif way == "by filter":
        body = {"dataFilters": filters}
        found = ask("POST", f"{where}/values:batchGetByDataFilter", body)[1]["valueRanges"]
        texts = [one["valueRange"].get("values", [[""]])[0][0] for one in found]
    else:
        fields = "fields=sheets.data.rowData.values.formattedValue"
        if way == "grid":
            answer = ask("GET", f"{where}?ranges=A1&ranges=B1&{fields}")[1]
        else:
            body = {"dataFilters": filters}
            answer = ask("POST", f"{where}:getByDataFilter?{fields}", body)[1]
        rows = [one.get("rowData") for one in answer["sheets"][0]["data"]]
        texts = [row[0]["values"][0]["formattedValue"] if row else "" for row in rows]
    assert texts == ["new", "" if on else "new"]


def test_torn_reads_become_whole_with_time(ask: Ask) -> None:
    """Once the last writing is older than the setting, all ranges show it."""
    clock = ManualClock()
    with Sandbox(clock=clock, torn_reads_s=5.0) as box:
        made = ask("POST", "/v4/spreadsheets", {}, base=box.url)[1]["spreadsheetId"]
        path = f"/v4/spreadsheets/{made}/values"
        clock.advance(60)
        given = {"values": [["new", "new"]]}
        ask("PUT", f"{path}/A1:B1?valueInputOption=RAW", given, base=box.url)
        found = []
        for _ in range(2):
            answer = ask("GET", f"{path}:batchGet?ranges=A1&ranges=B1", base=box.url)[1]
            found.append(["values" in one for one in answer["valueRanges"]])
            clock.advance(6)
    assert found == [[True, False], [True, True]]


class _Meanwhile(ManualClock):
    """A clock on which, while the sandbox waits, somebody else acts."""

    def __init__(self) -> None:
        super().__init__()
        self.act: Callable[[], object] = lambda: None

    def sleep(self, seconds: float) -> None:
        act, self.act = self.act, lambda: None
        act()
        self.advance(seconds)


@both
def test_answers_show_the_batch_or_what_came_after(ask: Ask, on: bool) -> None:
    """A batch's answer shows the book as the batch left it, or with what others wrote since."""
    clock = _Meanwhile()
    with Sandbox(clock=clock, response_at_apply_time=on) as box:
        made = ask("POST", "/v4/spreadsheets", {}, base=box.url)[1]["spreadsheetId"]
        path = f"/v4/spreadsheets/{made}"
        theirs = f"{path}/values/A1?valueInputOption=RAW"
        clock.act = lambda: ask("PUT", theirs, {"values": [["theirs"]]}, base=box.url)
        body = {
            "requests": [put(0, cells("ours"))],
            "includeSpreadsheetInResponse": True,
            "responseIncludeGridData": True,
            "responseRanges": ["A1"],
        }
        answer = ask("POST", f"{path}:batchUpdate", body, base=box.url)[1]
    shown = answer["updatedSpreadsheet"]["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert shown["formattedValue"] == ("ours" if on else "theirs")


def test_times_in_formulas_follow_the_clock(ask: Ask) -> None:
    """TODAY() and NOW() give the time of the clock that the sandbox was given."""
    clock = ManualClock(1_700_000_000.0)
    with Sandbox(clock=clock) as box:
        made = ask("POST", "/v4/spreadsheets", {}, base=box.url)[1]["spreadsheetId"]
        path = f"/v4/spreadsheets/{made}/values/A1:B1"
        given = {"values": [["=TODAY()", "=NOW()"]]}
        ask("PUT", f"{path}?valueInputOption=USER_ENTERED", given, base=box.url)
        found = []
        for _ in range(2):
            query = "valueRenderOption=UNFORMATTED_VALUE"
            found.append(ask("GET", f"{path}?{query}", base=box.url)[1]["values"][0])
            clock.advance(2 * 86_400)
    assert found[0] == [45244, pytest.approx(45244.925926)]
    assert found[1] == [45246, pytest.approx(45246.925926)]


@both
def test_restored_names_keep_their_ids_or_not(
    box: Sandbox, batch: Ask, ask: Ask, book: str, on: bool
) -> None:
    """A named range that comes back with an older version has its old id again, or a new one."""
    box.change(restore_keeps_name_ids=on)
    guard = {"protectedRange": {"namedRangeId": "one"}}
    batch({"addNamedRange": {"namedRange": NAME}}, {"addProtectedRange": guard})
    number = box.revisions(book)[-1].number
    batch({"deleteNamedRange": {"namedRangeId": "one"}})
    box.restore(book, number)
    found = described("namedRanges,sheets.protectedRanges", ask, book)
    (named,), rules = found["namedRanges"], found["sheets"][0]["protectedRanges"]
    assert (named["name"], named["namedRangeId"] == "one") == ("one", on)
    assert rules[0]["namedRangeId"] == named["namedRangeId"]


@both
def test_restores_bring_names_and_metadata_back_or_not(
    box: Sandbox, batch: Ask, ask: Ask, book: str, on: bool
) -> None:
    """Named ranges and metadata are those of the restored version, or stay as they are now."""
    box.change(restore_reverts_names=on)
    batch(put(0, cells("a")))
    number = box.revisions(book)[-1].number
    batch({"addNamedRange": {"namedRange": NAME}}, metadata("R", 0))
    box.restore(book, number)
    assert ("namedRanges" in described("namedRanges", ask, book)) is not on
    status, _ = ask("GET", f"/v4/spreadsheets/{book}/developerMetadata/7")
    assert status == (404 if on else 200)
