"""Each assumption about Google: it holds on the sandbox, and where Google differs, it is seen."""

import re
from typing import Any

import pytest

from syncd.probe import PROBES, Scratch, Verdict
from syncd.probe.scratch import NAME_PREFIX, TAB_PREFIX
from syncd.sandbox.state.settings import described
from tests.probe.conftest import Lab

# Each switch of the sandbox in its other position, and the probes that have to see it.
SWITCHES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "unknown_name_id_fails": (False, ("fence-refuses", "batch-is-whole")),
    "paste_formula_copies_literals": (False, ("copy-takes-literals", "batch-is-in-order")),
    "move_carries_metadata": (
        False,
        ("move-carries-column-metadata", "move-carries-row-metadata"),
    ),
    "stale_reads_s": (1.0, ("read-shows-what-was-written",)),
    "torn_reads_s": (1.0, ("read-shows-one-moment",)),
    "response_at_apply_time": (False, ("answer-shows-its-own-moment",)),
    "drive_lag_s": (1.0, ("drive-tells-of-changes",)),
    "copy_paste_skips_filtered_rows": (True, ("copy-takes-filtered-rows",)),
    "copy_paste_skips_hidden_rows": (True, ("copy-takes-hidden-rows",)),
    "paste_formula_moves_references": (False, ("copy-moves-references",)),
    "sort_moves_row_metadata": (False, ("sort-carries-row-metadata",)),
    "sort_moves_filtered_rows": (True, ("sort-leaves-filtered-rows",)),
    "sort_moves_hidden_rows": (True, ("sort-leaves-hidden-rows",)),
    "basic_filter_grows_at_end": (True, ("filter-stays-when-rows-come-below",)),
    "insert_at_end_grows_ranges": (True, ("names-stay-when-rows-come-below",)),
    "insert_at_end_grows_rules": (False, ("colours-grow-when-rows-come-below",)),
    "covered_cells_take_values": (True, ("values-leave-covered-cells",)),
    "raw_takes_formulas": (True, ("raw-texts-stay-texts",)),
    "taken_metadata_id_fails": (False, ("metadata-id-is-taken-once",)),
    "unmatched_filter_fails": (True, ("write-by-filter-without-match-passes",)),
}
RESTORING: dict[str, str] = {
    "restore_reverts_names": "restore-brings-names-back",
    "restore_keeps_name_ids": "restore-keeps-name-ids",
}
# What concerns no assumption: how the sandbox runs, and Google's limits, which are documented.
NO_ASSUMPTION = {
    "seed",
    "strict",
    "private_files",
    "latency_s",
    "latency_jitter_s",
    "late_response_s",
    "quotas",
    "reads_per_user",
    "writes_per_user",
    "reads_per_project",
    "writes_per_project",
    "drive_units_per_user",
    "drive_units_per_project",
    "drive_quota_status",
    "payload_bytes_max",
}
BY_PERSON = {
    "restore-brings-names-back",
    "restore-keeps-name-ids",
    "restore-brings-metadata-back",
    "restore-keeps-tab-ids",
    "warning-lets-people-sort",
    "typing-outlives-a-write",
    "drag-carries-row-metadata",
    "drive-tells-of-edits",
}


def test_all_hold_on_the_sandbox(lab: Lab) -> None:
    """On the sandbox as it is each assumption holds, save those that only a person can try."""
    findings = lab.run()
    differing = {
        name: finding.seen
        for name, finding in findings.items()
        if finding.verdict is not Verdict.HOLDS and name not in BY_PERSON
    }
    assert not differing
    assert {findings[name].verdict for name in BY_PERSON} == {Verdict.UNTRIED}


def test_every_switch_concerns_a_probe_or_none() -> None:
    """Whoever adds a switch to the sandbox has to say which probe sees it."""
    assert {name for name, _, _ in described()} == {*SWITCHES, *RESTORING} | NO_ASSUMPTION


@pytest.mark.parametrize("switch", SWITCHES)
def test_probe_sees_what_differs(lab: Lab, switch: str) -> None:
    """With a switch in its other position its probes differ; in the usual one they hold."""
    other, names = SWITCHES[switch]
    usual = {name: value for name, value, _ in described()}[switch]
    for value, verdict in ((usual, Verdict.HOLDS), (other, Verdict.DIFFERS)):
        lab.box.change(late_response_s=0.5, **{switch: value})
        findings = lab.run(*names)
        assert {f.verdict for f in findings.values()} == {verdict}, findings


def test_every_question_of_research_is_asked() -> None:
    """Each of the open questions P1 to P13 has a probe, and each probe has an id of its own."""
    assert {probe.question for probe in PROBES} == {"", *(f"P{n}" for n in range(1, 14))}
    assert len({probe.id for probe in PROBES}) == len(PROBES)


def test_every_probe_says_what_why_and_what_then() -> None:
    """Each probe is one sentence, its reason names the design, and it says what would follow."""
    for probe in PROBES:
        assert re.fullmatch(r"[A-Z“`][^\n]+\.", probe.assumption), probe.id
        assert probe.why.startswith("DESIGN "), probe.id
        assert probe.otherwise.endswith("."), probe.id


def test_spreadsheet_is_thrown_away(lab: Lab) -> None:
    """What was made for the probes is deleted in the end, also where one goes wrong."""
    before = lab.files()
    lab.run("fence-refuses", "copied-file-looks-the-same")
    assert lab.files() == before
    with pytest.raises(ZeroDivisionError):
        lab.run("restore-keeps-tab-ids", ask=lambda _text, _scratch: bool(1 / 0))
    assert lab.files() == before
    assert lab.said == []


def test_hidden_tabs_are_taken_away(lab: Lab) -> None:
    """In a spreadsheet that is given, probes leave nothing: no tab and no named range."""
    from syncd.probe import hidden_tabs, run_probes

    owner = lab.client()
    made = owner.call("POST", "/v4/spreadsheets", {}, kind="write").json()["spreadsheetId"]
    client = lab.client(made)
    scratch = lab.scratch(client)
    with hidden_tabs(scratch):
        findings = run_probes(PROBES, scratch)
        assert any(tab.title.startswith(TAB_PREFIX) for tab in client.tabs())
    assert findings["copied-file-looks-the-same"].verdict is Verdict.UNTRIED
    left = client.call("GET", f"/v4/spreadsheets/{made}").json()
    assert [sheet["properties"]["title"] for sheet in left["sheets"]] == ["Sheet1"]
    assert not [n for n in left.get("namedRanges", []) if n["name"].startswith(NAME_PREFIX)]
    for each in (owner, client):
        each.close()


class Person:
    """Somebody who does in the sandbox what is asked of a person at Google."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.version = 0
        self.place = ""

    def __call__(self, text: str, scratch: Scratch) -> bool:
        """Do what is asked."""
        book, box = scratch.client.spreadsheet, self.lab.box
        if "Name current version" in text:
            self.version = box.revisions(book)[-1].number
        elif "Restore this version" in text:
            box.restore(book, self.version)
        elif "sort by the filter" in text:
            order = [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]
            rows = {"startRowIndex": 1, "endRowIndex": 4}
            self._act(scratch, text, "sortRange", "range", rows, {"sortSpecs": order})
        elif "press Enter in the cell" in text:
            self._type(scratch, self.place, "mine")
        elif "type something" in text:
            self._type(scratch, text, "something")
        elif "drag row 2" in text:
            span = {"dimension": "ROWS", "startIndex": 1, "endIndex": 2}
            self._act(scratch, text, "moveDimension", "source", span, {"destinationIndex": 4})
        elif "do NOT press Enter" in text:
            self.place = text
        return True

    def _act(
        self, scratch: Scratch, text: str, kind: str, where: str, place: Any, more: Any
    ) -> None:
        tab = int(re.findall(rf"{TAB_PREFIX}(\d+)", text)[0])
        scratch.client.write(
            {"requests": [{kind: {where: {"sheetId": tab} | place} | more}]}, fields="replies"
        )

    def _type(self, scratch: Scratch, text: str, typed: str) -> None:
        cell = "A1" if typed == "mine" else "B1"
        tab = re.findall(rf"{TAB_PREFIX}\d+", text)[0]
        scratch.write_values(f"values/{tab}!{cell}", {"values": [[typed]]}, raw=True, verb="PUT")


def test_person_is_asked(lab: Lab) -> None:
    """What only a person can do is asked of one, step by step, and then holds on the sandbox."""
    findings = lab.run(*sorted(BY_PERSON), ask=Person(lab))
    assert {f.verdict for f in findings.values()} == {Verdict.HOLDS}, findings


@pytest.mark.parametrize("switch", RESTORING)
def test_probe_sees_what_a_restored_version_differs_in(lab: Lab, switch: str) -> None:
    """With a switch of restoring in its other position its probe differs."""
    lab.box.change(**{switch: False})
    name = RESTORING[switch]
    findings = lab.run(name, ask=Person(lab))
    assert findings[name].verdict is Verdict.DIFFERS, findings


def test_person_may_skip(lab: Lab) -> None:
    """A step that a person skips is not tried, and nothing else suffers."""
    findings = lab.run(*sorted(BY_PERSON), ask=lambda _text, _scratch: False)
    assert {f.verdict for f in findings.values()} == {Verdict.UNTRIED}
