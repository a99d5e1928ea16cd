"""What syncd assumes about Google, each assumption tried on tabs of no value.

Run against Google, it says which hold, which differ, and what that means for syncd; run against
the sandbox, it shows that each probe sees what it is to see.
"""

from syncd.probe import copies, files, lines, persons, rehearsal, together, values
from syncd.probe.model import Finding, Probe, Verdict
from syncd.probe.run import Findings, run_probes
from syncd.probe.scratch import Scratch, hidden_tabs, thrown_away

PROBES: tuple[Probe, ...] = (
    *rehearsal.PROBES,
    *together.PROBES,
    *copies.PROBES,
    *values.PROBES,
    *lines.PROBES,
    *files.PROBES,
    *persons.PROBES,
)

__all__ = [
    "PROBES",
    "Finding",
    "Findings",
    "Probe",
    "Scratch",
    "Verdict",
    "hidden_tabs",
    "run_probes",
    "thrown_away",
]
