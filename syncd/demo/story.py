"""How a story is told: what was done, then what is read back from both sides, or it fails."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.markup import escape

from syncd.demo.children import DemoError, Family
from syncd.demo.rows import Row
from syncd.demo.sides import Records, Sheet

TAB = "Influencers"
STATUS = "Sync"
STEP_S = 20.0
_SHOWN_MAX = 110

Tell = Callable[[str], None]
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one field of an influencer has to be on both sides; `crm` is None for no record."""

    name: str
    title: str
    field: str
    sheet: str
    crm: object
    status: str = "In sync"


class Story:
    """Numbered steps; every step is read back before the next one begins."""

    def __init__(self, members: Family, tell: Tell) -> None:
        self.members = members
        self.config = members.folder / "config.toml"
        self.records = Records(members.folder / "crm.db")
        self.steps = 0
        self._tell = tell
        self._title = ""

    def begin(self, title: str) -> None:
        """Begin a step."""
        self.steps += 1
        self._title = title
        self._tell(f"\n[bold]{self.steps:2}. {escape(title)}[/]")

    def did(self, who: str, text: str) -> None:
        """Say what somebody did."""
        self._tell(f"    → {who:<6} {escape(text)}")

    def holds(self, where: str, text: str) -> None:
        """Say what was read back."""
        short = text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"
        self._tell(f"    ✓ {where:<6} {escape(short)}")

    def expect(self, held: object, what: str, found: object) -> None:
        """Fail the step where something does not hold."""
        if not held:
            raise DemoError(
                f"step {self.steps} does not hold: {what}; found: {found}",
                on=self._title,
                hint=self.members.again,
            )

    def admin(self, *command: str, shown: str = "", as_json: bool = True) -> Any:
        """Run a command of the admin as a process of its own; return its checked document."""
        self.did("admin", "syncd " + (shown or " ".join(command)))
        json = ("--json",) if as_json else ()
        document = self.members.run(*command, "--config", str(self.config), *json)
        if as_json:
            self.expect(isinstance(document, (dict, list)), "the answer is JSON", document)
        if isinstance(document, dict):
            self.expect(document["version"] == 1 and document["ok"], "all is well", document)
        return document

    def until(self, probe: Callable[[], bool], what: str, found: Callable[[], object]) -> None:
        """Wait until something holds; fail with what stands there instead."""
        self.members.wait(
            lambda: True if probe() else None,
            seconds=STEP_S,
            missing=lambda: (
                f"step {self.steps} ({self._title}) did not come to hold: {what}; found: {found()}"
            ),
        )

    def read_back(self, sheet: Sheet, wanted: Wanted) -> None:
        """Wait until both sides hold what is wanted, then show it."""

        def both() -> tuple[Row | None, Record | None]:
            return sheet.row(TAB, wanted.name), self.records.influencer(wanted.name)

        def fits() -> bool:
            row, record = both()
            return (
                row is not None
                and row[wanted.title] == wanted.sheet
                and row[STATUS].startswith(wanted.status)
                and (record and record[wanted.field]) == wanted.crm
                and (record is None) == (wanted.crm is None)
            )

        self.until(fits, f"{wanted.title} of {wanted.name}", both)
        row, record = both()
        text = (row or {}).get(wanted.title) or "(blank)"
        self.holds("sheet", f"{wanted.name} · {wanted.title} {text} · {(row or {}).get(STATUS)}")
        held = f"{wanted.field} = {record[wanted.field]!r}" if record else "no such record"
        self.holds("CRM", f"{wanted.name} · {held}")
