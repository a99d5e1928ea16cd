"""The essential probes: what syncd must have seen hold before it gives the CRM authority.

They run in hidden tabs of the workspace's own spreadsheet, and hold for a week. With them syncd
finds out whether copies show rows that are out of sight, to which it adapts.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from syncd.crm.state import COPIES_SKIP
from syncd.crm.store import Crm
from syncd.errors import HaltedError, SheetBusyError
from syncd.probe import copies
from syncd.probe.model import Probe, Verdict
from syncd.probe.rehearsal import PROBES
from syncd.probe.run import Findings, run_probes
from syncd.probe.scratch import Scratch, hidden_tabs
from syncd.sheet.client import Client

SIGHT = ("copy-takes-filtered-rows", "copy-takes-hidden-rows")
HOLDS_FOR = timedelta(days=7)
ESSENTIAL = tuple(probe for probe in PROBES if probe.essential)
TRIED = (*ESSENTIAL, *(probe for probe in copies.PROBES if probe.id in SIGHT))


def ensure_essentials(
    crm: Crm, client: Client, *, now: datetime, mint: Callable[[], int], afresh: bool = False
) -> Findings:
    """Try what is essential, unless it was seen to hold lately; raise if something does not."""
    known = crm.state.probed(client.endpoint)
    is_known = all(_holds(known.get(probe.id), now) for probe in ESSENTIAL)
    if not afresh and is_known and all(name in known for name in SIGHT):
        return {}
    findings = probe_essentials(client, mint=mint)
    keep_findings(crm, client.endpoint, findings, now=now)
    refuse_unless_all_hold(ESSENTIAL, findings)
    return findings


def probe_essentials(client: Client, *, mint: Callable[[], int]) -> Findings:
    """Run the essential probes in hidden tabs, which are taken away again."""
    scratch = Scratch(client=client, mint=mint)
    with hidden_tabs(scratch):
        return run_probes(TRIED, scratch)


def keep_findings(crm: Crm, endpoint: str, findings: Findings, *, now: datetime) -> None:
    """Remember what was found with the workspace; what could not be tried says nothing new."""
    at = now.isoformat(timespec="seconds")
    kept = {
        name: {"verdict": finding.verdict.value, "seen": finding.seen, "at": at}
        for name, finding in findings.items()
        if finding.verdict is not Verdict.UNTRIED
    }
    out_of_sight = [findings.get(name) for name in SIGHT]
    with crm.database.transaction():
        crm.state.write_probed(endpoint, kept)
        if any(finding and finding.verdict is Verdict.DIFFERS for finding in out_of_sight):
            crm.state.set(COPIES_SKIP, "1")


def refuse_unless_all_hold(probes: Iterable[Probe], findings: Findings) -> None:
    """Raise where an essential assumption differs, or could not be tried."""
    for probe in probes:
        finding = findings[probe.id]
        if finding.verdict is Verdict.DIFFERS:
            raise HaltedError(
                f"Google does not do what syncd relies on. Assumed: {probe.assumption}"
                f" Seen: {finding.seen}. {probe.otherwise}",
                on=f"probe {probe.id}",
                hint="Run `syncd probe` for the whole picture, and report it: nothing was written.",
            )
    for probe in probes:
        if findings[probe.id].verdict is Verdict.UNTRIED:
            raise SheetBusyError(
                f"it could not be seen whether Google does what syncd relies on:"
                f" {findings[probe.id].seen}",
                on=f"probe {probe.id}",
                hint="Try again in a minute; nothing was written.",
            )


def _holds(kept: Any, now: datetime) -> bool:
    """Whether a finding is of late, and good."""
    if not kept or kept["verdict"] != Verdict.HOLDS.value:
        return False
    age = now - datetime.fromisoformat(kept["at"])
    return timedelta(0) <= age < HOLDS_FOR
