"""The tables of docs/probe.md, made from the probes themselves.

`cog -I docs -r docs/probe.md` writes them anew; a test fails when they are out of date.
"""

from syncd.probe import PROBES, Probe


def tables() -> str:
    """Give two tables: what is essential, and the rest."""
    essential = [probe for probe in PROBES if probe.essential]
    others = [probe for probe in PROBES if not probe.essential]
    return "\n\n".join(
        [
            f"## Essential ({len(essential)})",
            _table(essential),
            f"## Good to know ({len(others)})",
            _table(others),
        ]
    )


def _table(probes: list[Probe]) -> str:
    lines = [
        "| probe | assumption | why syncd relies on it | where it differs |",
        "|---|---|---|---|",
    ]
    for probe in probes:
        question = f" ({probe.question})" if probe.question else ""
        cells = [f"`{probe.id}`{question}", probe.assumption, probe.why, probe.otherwise]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
