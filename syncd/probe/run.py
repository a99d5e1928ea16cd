"""Running probes: each is tried by itself, and what one comes to never ends the others."""

from collections.abc import Callable, Iterable

from syncd.errors import OutcomeUnknownError, SheetBusyError
from syncd.probe.model import Finding, Probe, Verdict, untried
from syncd.probe.scratch import Scratch
from syncd.sheet.client import RefusedError

Findings = dict[str, Finding]


def run_probes(
    probes: Iterable[Probe], scratch: Scratch, tell: Callable[[Probe], None] = lambda _: None
) -> Findings:
    """Try probes one after the other; return what each came to, by its id."""
    findings = {}
    for probe in probes:
        tell(probe)
        findings[probe.id] = _tried(probe, scratch)
    return findings


def _tried(probe: Probe, scratch: Scratch) -> Finding:
    try:
        return probe.attempt(scratch)
    except RefusedError as error:
        # What syncd itself sends is refused: what it relies on is not there.
        verdict = Verdict.DIFFERS if probe.essential else Verdict.UNTRIED
        return Finding(verdict=verdict, seen=f"Google refused to try it: {error.what}")
    except (SheetBusyError, OutcomeUnknownError) as error:
        return untried(error.what)
