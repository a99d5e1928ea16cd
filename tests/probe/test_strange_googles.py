"""Googles that do otherwise: each essential probe sees the one that breaks what it relies on.

The sandbox has a switch for some of it; for the rest a client bends what is sent, or the answer.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from syncd.probe import Verdict, run_probes, thrown_away
from syncd.probe.rehearsal import NOT_COPIED, PROBES
from syncd.sheet.client import Client, RefusedError
from tests.probe.conftest import Lab
from tests.world import Clock

Json = dict[str, Any]
Write = Callable[[Json], Json]
Strange = Callable[[Json, Write], Json]


class BentClient(Client):
    """The real client, except that Google seems to do something otherwise."""

    strange: Strange

    def write(self, body: Mapping[str, Any], *, fields: str) -> Any:
        """Bend what is sent, or what is answered."""

        def send(bent: Json) -> Json:
            answer: Json = Client.write(self, bent, fields=fields)
            return answer

        return self.strange(copy.deepcopy(dict(body)), send)


def requests_of(body: Json, kind: str) -> list[Json]:
    """Return the requests of a kind."""
    return [request[kind] for request in body["requests"] if kind in request]


def tokens_never_miss(body: Json, send: Write) -> Json:
    """A named range that is gone may be dropped once more."""
    try:
        return send(body)
    except RefusedError as error:
        if "deleteNamedRange" not in error.what:
            raise
        nothing = {"updateSpreadsheetProperties": {"properties": {}, "fields": "title"}}
        nothing["updateSpreadsheetProperties"]["properties"] = {"title": "the same"}
        for added in requests_of(body, "addNamedRange"):
            added["namedRange"]["name"] += "_again"
        kept = [nothing if "deleteNamedRange" in r else r for r in body["requests"]]
        return send(body | {"requests": kept})


def ids_come_back(body: Json, send: Write) -> Json:
    """A named range gets the id again of the one that was dropped."""
    dropped = requests_of(body, "deleteNamedRange")
    for added in requests_of(body, "addNamedRange"):
        if dropped:
            added["namedRange"]["namedRangeId"] = dropped[0]["namedRangeId"]
    return send(body)


def batches_in_pieces(body: Json, send: Write) -> Json:
    """Each request of a batch takes effect by itself, until one is refused."""
    replies: list[Json] = []
    *first, last = body["requests"]
    for request in first:
        replies += send({"requests": [request]})["replies"]
    answer = send(body | {"requests": [last]})
    return answer | {"replies": [*replies, *answer["replies"]]}


def copies_come_last(body: Json, send: Write) -> Json:
    """Copies are made when everything else is written."""
    body["requests"].sort(key=lambda request: "copyPaste" in request)
    return send(body)


def copies_take_values(body: Json, send: Write) -> Json:
    """Copies take what formulas amount to."""
    for request in requests_of(body, "copyPaste"):
        request["pasteType"] = "PASTE_VALUES"
    return send(body)


def copies_leave_numbers_texts(body: Json, send: Write) -> Json:
    """What was a text comes back as the number that it looks like."""
    answer = send(body)
    for cell in cells_of(answer):
        if cell.get("userEnteredValue") == {"stringValue": "007"}:
            cell["userEnteredValue"] = {"numberValue": 7}
    return answer


def blanks_are_not_copied(body: Json, send: Write) -> Json:
    """A blank row leaves what stood where it is copied to."""
    requests = body["requests"]
    for at, request in enumerate(requests):
        if "copyPaste" in request:
            area = request["copyPaste"]["destination"] | {"startRowIndex": 3, "endRowIndex": 4}
            cell = {"userEnteredValue": NOT_COPIED}
            left = {"repeatCell": {"range": area, "cell": cell, "fields": "userEnteredValue"}}
            body["requests"] = [*requests[: at + 1], left, *requests[at + 1 :]]
    return send(body)


def copies_take_looks_only(body: Json, send: Write) -> Json:
    """Copies take formats, and nothing that stands in the cells."""
    for request in requests_of(body, "copyPaste"):
        request["pasteType"] = "PASTE_FORMAT"
    return send(body)


def answers_hide_their_place(body: Json, send: Write) -> Json:
    """An answer does not say at which row its parts begin."""
    answer = send(body)
    for part in parts_of(answer):
        part.pop("startRow", None)
    return answer


def writes_take_looks(body: Json, send: Write) -> Json:
    """Writing a value takes note and format away."""
    for request in requests_of(body, "updateCells"):
        if request["fields"] == "userEnteredValue":
            request["fields"] = "*"
    return send(body)


def writes_miss_filtered_rows(body: Json, send: Write) -> Json:
    """What is written into a row that a filter hides goes nowhere."""
    for request in requests_of(body, "updateCells"):
        for row in request["rows"]:
            for cell in row["values"]:
                if cell.get("userEnteredValue") == {"stringValue": "written"}:
                    cell["userEnteredValue"] = {"stringValue": "hidden"}
    return send(body)


def rows_are_not_pushed(body: Json, send: Write) -> Json:
    """An inserted row takes the place of the one that stood there."""
    body["requests"] = [r for r in body["requests"] if "insertDimension" not in r]
    return send(body)


def metadata_stays(body: Json, send: Write) -> Json:
    """Moving a column leaves its metadata where it was."""
    answer = send(body)
    if requests_of(body, "moveDimension"):
        for part in parts_of(answer):
            part["columnMetadata"] = [{}, {}, {}, *part.get("columnMetadata", [])]
    return answer


def parts_of(answer: Json) -> list[Json]:
    """Return all parts of grid data in an answer."""
    sheets = answer.get("updatedSpreadsheet", {}).get("sheets", [])
    return [part for sheet in sheets for part in sheet.get("data", [])]


def cells_of(answer: Json) -> list[Json]:
    """Return all cells in an answer."""
    lines = [line for part in parts_of(answer) for line in part.get("rowData", [])]
    return [cell for line in lines for cell in line.get("values", [])]


STRANGE: dict[str, Strange] = {
    "fence-refuses": tokens_never_miss,
    "fence-applies-once": tokens_never_miss,
    "fence-renews": ids_come_back,
    "batch-is-whole": batches_in_pieces,
    "batch-is-in-order": copies_come_last,
    "copy-takes-literals": copies_take_looks_only,
    "copy-takes-formulas": copies_take_values,
    "copy-takes-blanks": blanks_are_not_copied,
    "answer-shows-the-mirror": answers_hide_their_place,
    "write-is-never-parsed": copies_leave_numbers_texts,
    "write-keeps-looks": writes_take_looks,
    "write-reaches-filtered-rows": writes_miss_filtered_rows,
    "insert-pushes-down": rows_are_not_pushed,
    "move-carries-column-metadata": metadata_stays,
}


def test_each_essential_probe_has_a_google_that_it_sees() -> None:
    """No essential probe is left that nobody has seen fail."""
    assert set(STRANGE) == {probe.id for probe in PROBES if probe.essential}


@pytest.mark.parametrize("name", STRANGE)
def test_essential_probe_sees_a_google_that_differs(lab: Lab, name: str) -> None:
    """Where Google breaks what a probe relies on, it differs; what it saw is said."""
    clock = Clock()
    client = BentClient(
        spreadsheet="",
        credentials=lab.key,
        endpoint=lab.box.url,
        clock=clock,
        sleep=clock.sleep,
    )
    client.strange = STRANGE[name]
    with thrown_away(lab.scratch(client), lab.said.append) as scratch:
        findings = run_probes([probe for probe in PROBES if probe.id == name], scratch)
    client.close()
    assert findings[name].verdict is Verdict.DIFFERS
    assert findings[name].seen
    assert lab.files() == []
