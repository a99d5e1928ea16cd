"""What docs/decisions.md and README say about decisions is what `reconcile` decides."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import pytest

from syncd.core.plan import Case
from syncd.core.policy import Handling, Policy
from syncd.core.snapshot import Side

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "decisions.md"
sys.path.insert(0, str(ROOT / "docs"))

import decisions  # noqa: E402 # the page's own script stands beside it

SHARED, NEVER = decisions.BASES[:2]
ROW, EDITED, REFUSED, MISSED, GONE = decisions.SHEETS
RECORD, _, OTHER, *_ = decisions.CRMS
NO_ROW, NO_RECORD = GONE, decisions.CRMS[-1]
ARCHIVED = next(crm for crm in decisions.CRMS if crm.archived)

# What README's table says in a row: what was shared, what each side has.
ACTS = {
    "an edit in the sheet": (SHARED, EDITED, RECORD),
    "an edit in the CRM": (SHARED, ROW, OTHER),
    "a new row in the sheet": (NEVER, ROW, NO_RECORD),
    "a new record in the CRM": (NEVER, NO_ROW, RECORD),
    "a row removed in the sheet": (SHARED, GONE, RECORD),
    "a record archived in the CRM": (SHARED, ROW, ARCHIVED),
    "an invalid row": (SHARED, REFUSED, RECORD),
}
# README's words for what is decided.
WORDS = {
    "pulled into the CRM when its row is valid": "CRM: value changed",
    "put back; the edit waits in review": "value put back; the X’s edit asked",
    "pushed to the sheet": "sheet: value changed",
    "becomes a record": "CRM: record made",
    "marked, waits in review": "the sheet’s new row asked",
    "waits in review": "the CRM’s new record asked",
    "becomes a row": "sheet: row made",
    "its record is archived": "CRM: record archived",
    "comes back; review asks whether to archive": "sheet: row made; the sheet’s removal asked",
    "comes back; review asks": "CRM: record in use again; the CRM’s removal asked",
    "its row is marked as archived": "sheet: row marked",
    "changes nothing; its status says why": "told why",
    "put back; its text is kept in review": "sheet: value put back; the sheet’s edit asked",
}


def test_tables_are_those_of_the_code() -> None:
    """Each table is what `reconcile` decides now; cog renews them."""
    command = [sys.executable, "-m", "cogapp", "--check", "-I", str(ROOT / "docs"), str(PAGE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, (
        f"{done.stdout}{done.stderr}\nrun: cog -I docs -r docs/decisions.md"
    )


def test_every_combination_is_decided() -> None:
    """Whatever is shared, shown and held, under each authority and policy: there is a decision."""
    seen = set()
    rules = itertools.product(Side, Handling, Handling, Handling, (False, True), (False, True))
    for authority, edits, new_rows, removals, out, referred in rules:
        policy = Policy(
            authority=authority,
            edits=edits,
            new_rows=new_rows,
            removals=removals,
            remove_archived=out,
        )
        for shared, sheet, crm in decisions.cases():
            plan = decisions.decide(shared.base, sheet, crm, policy, referred=referred)
            seen.add(plan.case if plan else Case.IN_SYNC)
            assert decisions.outcome(shared.base, sheet, plan)
    assert seen == set(Case) - {Case.WITHDRAWN}  # that is an admin's answer, no state


def test_every_combination_stands_on_the_page() -> None:
    """Each table has a line for all that the sheet can show and the CRM can hold."""
    tables = PAGE.read_text("utf-8").split("\n### ")[1:]
    assert len(tables) == len(decisions.BASES)
    for table in tables:
        for sheet in decisions.SHEETS:
            lines = [line for line in table.splitlines() if line.startswith(f"| {sheet.words} |")]
            told = " ".join(line.split("|")[2] for line in lines)
            for crm in decisions.CRMS:
                alike = [words for words, crms in decisions.ALIKE.items() if crm.words in crms]
                assert any(words in told for words in (crm.words, *alike)), (sheet, crm)


def readme_rows() -> list[tuple[str, str, str]]:
    """Return the rows of README's table of who wins."""
    text = (ROOT / "README.md").read_text("utf-8").split("### Who wins", 1)[1]
    table = text.split("\n\n")[1]
    lines = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| ([^|]+?) \|$", table, re.MULTILINE)
    return [line for line in lines if not line[0].startswith("-")]


@pytest.mark.parametrize("row", readme_rows(), ids=lambda row: row[0])
def test_readme_says_who_wins_as_it_is(row: tuple[str, str, str]) -> None:
    """Each cell of the table is what policy review decides in that case."""
    act, *cells = row
    shared, sheet, crm = ACTS[act]
    for authority, said in zip((Side.SHEET, Side.CRM), cells, strict=True):
        rules = decisions.policy(authority, Handling.REVIEW)
        plan = decisions.decide(shared.base, sheet, crm, rules)
        told = decisions.outcome(shared.base, sheet, plan)
        words = WORDS[said].replace("the X’s", f"the {decisions.SIDES[authority.other]}’s")
        assert told.endswith(words), (act, said, told)


def test_readme_has_every_act() -> None:
    """No row of the table is missing."""
    assert {row[0] for row in readme_rows()} == set(ACTS)
