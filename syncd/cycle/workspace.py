"""A workspace: one spreadsheet bound to one CRM, with the schemas and the config between them."""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Self

from syncd.config import Config
from syncd.core.plan import Review, ReviewKind, Standing
from syncd.core.policy import Policy
from syncd.core.snapshot import FieldName, Problem, RowId, Side, TableName
from syncd.crm.store import Crm
from syncd.crm.tables import CHECKS, REFILL, SHEET_DOCUMENT
from syncd.errors import HaltedError, LayoutError, OutdatedError, UsageError
from syncd.schema import Cell, Labels, Schema, Table, load_schema, plain_label
from syncd.schema.document import Remembered
from syncd.sheet.capacity import memory_mb
from syncd.sheet.cells import Json
from syncd.sheet.client import Client
from syncd.sheet.columns import Titles, find_columns, key_of
from syncd.sheet.following import following_requests
from syncd.sheet.layout import (
    Layout,
    discover,
    sheet_of,
)
from syncd.sheet.read import Values, read_structure, read_tab
from syncd.sheet.setup import setup_requests, tabs_to_widen

STEP_MAX_S = (
    600.0  # how much time passes between two cycles of one process, whatever the clock says
)
PAUSE_S = 300.0  # after which rows that Google did not let us change are tried again
SHEET_ID_MAX = 2**31 - 1


def wall_clock() -> datetime:
    """Return the time of day; decisions never depend on it."""
    return datetime.now(UTC)


Misread = tuple[TableName, tuple[Cell, ...], FieldName]  # a row's content, and one of its fields
Total = tuple[TableName, tuple[Cell, ...]]  # the content of a row that totals others


@dataclass(kw_only=True)
class Workspace:
    """Everything that a cycle works with; the clock and new ids come in from outside."""

    config: Config
    schema: Schema
    crm: Crm
    client: Client
    clock: Callable[[], datetime] = wall_clock
    tell: Callable[[str], None] = field(default=lambda _: None)
    paused: dict[tuple[TableName, RowId], str] = field(default_factory=dict)
    paused_until: float = 0.0
    minted: dict[int, RowId] = field(default_factory=dict)  # by a new row's place and content
    locked: set[tuple[TableName, RowId]] = field(default_factory=set)  # paused as Google refused
    google_refused: dict[TableName, list[str]] = field(default_factory=dict)
    misread: dict[Misread, Problem] = field(default_factory=dict)
    closed: dict[TableName, dict[FieldName, str]] = field(default_factory=dict)
    totals: set[Total] = field(default_factory=set)
    refused: dict[tuple[TableName, RowId], str] = field(default_factory=dict)
    layout_known: Layout | None = None
    titles_said: str | None = None  # what people said of titles when the columns were found
    told: str = ""  # what the last cycle remembered of refused, missing and held rows
    values: Values | None = None  # the last read of the sheet, to tell what is new in the next
    settled: tuple[object, ...] | None = None  # what an idle cycle would find unchanged
    rest: object = None  # what need not be looked at again; see syncd.cycle.rest
    unseen: dict[tuple[TableName, RowId], float] = field(default_factory=dict)  # rows put in, when
    worked: tuple[float, float] | None = None  # seconds of work so far, and the clock at that time

    @classmethod
    def open(cls, config: Config, tell: Callable[[str], None] = lambda _: None) -> "Workspace":
        """Open the database and the way to the spreadsheet."""
        schema = load_schema(config.schemas_folder)
        config.check_names(schema)
        if not config.spreadsheet:
            raise UsageError(
                "sheet.spreadsheet is empty",
                on="config",
                hint="Set it to the id or the address of the spreadsheet.",
            )
        client = Client(
            spreadsheet=config.spreadsheet,
            credentials=config.credentials_path,
            endpoint=config.sheet.endpoint,
            memory_mb=config.sheet.memory_mb or memory_mb(),
        )
        try:
            crm = Crm(config.crm_path, schema)
        except BaseException:
            client.close()
            raise
        return cls(config=config, schema=schema, crm=crm, client=client, tell=tell)

    def close(self) -> None:
        """Close the database and the connections."""
        self.crm.close()
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def now(self) -> str:
        """Return the time of day as the history writes it."""
        return self.clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def mint(self, table: Table) -> RowId:
        """Return an id that no row had before."""
        return RowId(f"{table.prefix}{secrets.token_hex(10)}")

    def mint_sheet_id(self) -> int:
        """Return an id for a new tab."""
        return secrets.randbelow(SHEET_ID_MAX)

    def nonce(self) -> str:
        """Return a word that no operation had before; it comes from where new ids come from."""
        return sha256(self.mint(self.schema.tables[0]).encode()).hexdigest()[:8]

    def policy(
        self,
        table: TableName,
        authority: Side | None = None,
        chosen: Mapping[str, str] | None = None,
    ) -> Policy:
        """Return the policy that holds for a table, or that would under another authority."""
        said = self.crm.state.policy if chosen is None else chosen
        return self.config.policy_of(table, authority or self.crm.state.authority, said)

    def require_current(self) -> None:
        """Refuse to go on by schemas that another process has replaced in the database."""
        if self.crm.state.get(CHECKS) != self.schema.checks:
            raise OutdatedError(
                "another syncd changed the tables to other schemas meanwhile",
                on=str(self.config.crm_path),
                hint="Start the command again; it goes by the schemas as they are then.",
            )

    def own_tabs(self) -> frozenset[int]:
        """Return the sheetIds of the tabs that are kept aligned, and of syncd's own."""
        text = self.crm.state.get("layout")
        return frozenset(Layout.load(text).sheet_ids()) if text else frozenset()

    def layout(self) -> Layout:
        """Return where everything stands, as it was last found."""
        if self.layout_known is None:
            text = self.crm.state.get("layout")
            bound = self.crm.state.get("spreadsheet")
            if text is not None and bound not in (None, self.client.spreadsheet):
                raise self._other_spreadsheet(bound)
            if text is None:
                self.client.tabs()  # tells a wrong id or missing access first
                raise LayoutError(
                    "the spreadsheet is not set up for this database yet",
                    on=self.client.spreadsheet,
                    hint="Run `syncd init`.",
                )
            self.layout_known = Layout.load(text)
            if self.crm.state.get("layout_schema") != self.schema.digest:
                return self.find_layout()  # the schemas changed since: columns may be new or gone
        return self.layout_known

    def _other_spreadsheet(self, bound: str | None) -> UsageError:
        """Return what to say where the config leads to another spreadsheet, perhaps to a copy."""
        return UsageError(
            f"the database belongs to another spreadsheet: {bound}",
            on=self.client.spreadsheet,
            hint="Set sheet.spreadsheet back; a copy of a file is not taken for it. To go on with"
            " this one instead, for good, run `syncd init --take-over`.",
        )

    def pause(self, rows: Mapping[tuple[TableName, RowId], str]) -> None:
        """Leave rows alone for a while, each for its reason."""
        self.paused |= rows
        self.paused_until = self.seconds() + PAUSE_S

    def close_columns(self, table: TableName, columns: Mapping[FieldName, str]) -> None:
        """Write to columns no more for a while, each for its reason."""
        self.closed[table] = {**self.closed.get(table, {}), **columns}
        self.paused_until = self.seconds() + PAUSE_S

    def resume(self, now: float) -> None:
        """Try rows that were left alone once more, when they have been so for a while.

        So are numbers that were refused for their format: a format can be mended without a word.
        """
        left = (self.paused, self.misread, self.closed, self.totals, self.google_refused)
        if any(left) and now >= self.paused_until:
            for each in (*left, self.locked):
                each.clear()
            self.paused_until = now + PAUSE_S
            self.settled = None

    def has_lost_tabs(self) -> bool:
        """Whether a tab is gone that was there, which Google tells by refusing a call."""
        there = {tab.sheet_id for tab in self.client.tabs()}
        return not there.issuperset(self.layout().sheet_ids())

    def look_again(self) -> None:
        """Look where everything stands if a table had no tab, or if a person said what titles are.

        A tab may be back without a word, and another process tells what was said.
        """
        layout, said = self.layout(), self.crm.state.get("titles")
        if layout.lost or said != self.titles_said:
            self.find_layout()

    def find_layout(self) -> Layout:
        """Look again where everything stands, and remember it."""
        before, said = self.layout(), self.crm.state.get("titles")
        confirmed: dict[TableName, Titles] = json.loads(said or "{}")
        structure = read_structure(self.client, before)
        layout = discover(structure, self.schema, before, confirmed)
        self._remember(layout)
        self.titles_said = said
        return layout

    def _remember(self, layout: Layout) -> None:
        known = (self.layout_known, self.crm.state.get("layout_schema"))
        if known != (layout, self.schema.digest):
            with self.crm.database.transaction():
                self.crm.state.set("layout", layout.dump())
                self.crm.state.set("layout_schema", self.schema.digest)
                self.crm.state.set("spreadsheet", self.client.spreadsheet)
            self.layout_known = layout

    def set_up(self, *, adopting: bool = False) -> int:
        """Make the spreadsheet a workspace; return how many changes that took.

        `adopting`: also where the database belonged to another spreadsheet, as to the one that this
        is a copy of. Columns that it made anew are remembered in `refill`, to be filled before any
        cycle.
        """
        bound = self.crm.state.get("spreadsheet")
        if bound not in (None, self.client.spreadsheet) and not adopting:
            raise self._other_spreadsheet(bound)
        text = self.crm.state.get("layout")
        known = Layout.load(text) if text else None
        before = read_structure(self.client)
        requests = setup_requests(
            before,
            self.schema,
            known,
            database=self.crm.state.database_id,
            mint=self.mint_sheet_id,
            used={
                name: max(map(len, read_tab(self.client, sheet_id)), default=0)
                for name, sheet_id in tabs_to_widen(before, self.schema, known).items()
            },
        )
        earlier = Remembered.load(self.crm.state.get(SHEET_DOCUMENT))
        requests += following_requests(before, self.schema, known, earlier)
        if requests:
            self._plan_refill(before, known)
            self.client.write({"requests": requests}, fields="spreadsheetId")
        structure = read_structure(self.client) if requests else before
        layout = discover(structure, self.schema, known.still_in(structure) if known else None)
        self.layout_known = None
        self._remember(layout)
        if earlier.fields:
            with self.crm.database.transaction():
                self.crm.state.set(SHEET_DOCUMENT, None)  # the tabs are as the database is now
        for name, tab in layout.live.items():
            was = known.tabs.get(name) if known else None
            if was is not None and was.sheet_id != tab.sheet_id:
                self._show_again(self.schema.table(name))
        faults = [*layout.lost.values(), *(tab.halted for tab in layout.live.values())]
        if told := "; ".join(fault for fault in faults if fault):
            raise LayoutError(told, on=self.client.spreadsheet, hint="Then run `syncd init` again.")
        return len(requests)

    def _plan_refill(self, before: Json, known: Layout | None) -> None:
        """Remember, before they are there, the columns that are about to be made anew."""
        lost = {name: set(fields) for name, fields in self.refill().items()}
        for table in self.schema.tables:
            was = known.tabs.get(table.name) if known else None
            sheet = sheet_of(before, was.sheet_id) if was else None
            if was is not None and sheet is not None:
                keys = find_columns(sheet, table, was.named)[1]
                fields = {f.name for f in table.fields if key_of(f.name) in keys}
                lost[table.name] = lost.get(table.name, set()) | fields
        text = json.dumps({name: sorted(fields) for name, fields in lost.items() if fields})
        with self.crm.database.transaction():
            self.crm.state.set(REFILL, text)

    def refill(self) -> dict[TableName, list[FieldName]]:
        """Return the columns that were made anew and do not show yet what the CRM holds."""
        found: dict[str, list[str]] = json.loads(self.crm.state.get(REFILL) or "{}")
        return {
            table.name: [name for name in table.names if name in found[table.name]]
            for table in self.schema.tables
            if table.name in found
        }

    def refilled(self) -> None:
        """Forget the columns that were made anew: they show what the CRM holds."""
        with self.crm.database.transaction():
            self.crm.state.set(REFILL, None)

    def _show_again(self, table: Table) -> None:
        """A tab that was made anew shows its records again: that they are missing says nothing."""
        records = self.crm.records.read(table)
        base = self.crm.state.base(table.name)
        shown = [row for row, b in base.items() if not (b.gone or b.archived) and row in records]
        with self.crm.database.transaction():
            self.crm.state.write_base(table.name, ((row, None) for row in shown))
            for row in shown:
                again = Review(
                    kind=ReviewKind.NEW,
                    row=row,
                    side=Side.CRM,
                    offered=records[row].values,
                    standing=Standing.ACCEPTED,
                )
                label = plain_label(table, records[row].values, Labels())
                self.crm.reviews.write(table.name, again, at=self.now(), label=label)

    def remember_trouble(self, error: HaltedError | None) -> None:
        """Remember what stopped the last cycle before it came to any table, for `status` to say."""
        told = [error.what, error.on, error.hint] if error else None
        text = json.dumps(told, ensure_ascii=False) if told else None
        if self.crm.state.get("trouble") != text:
            with self.crm.database.transaction():
                self.crm.state.set("trouble", text)

    def trouble(self) -> dict[str, str] | None:
        """Return what stopped the last cycle, if anything did: what, on what, what to do next."""
        told = json.loads(self.crm.state.get("trouble") or "null")
        return dict(zip(("what", "on", "hint"), told, strict=True)) if told else None

    def worked_s(self) -> float:
        """Return a time that no jump of the clock puts forward or back by more than a step.

        What lies between two processes nobody has seen: there the clock is believed.
        """
        now = self.seconds()
        if self.worked is None:
            passed, before = json.loads(self.crm.state.get("worked") or f"[0.0, {now}]")
            self.worked = (passed + max(0.0, now - before), now)
        passed, before = self.worked
        step = min(max(0.0, now - before), max(STEP_MAX_S, self.config.sheet.poll_s))
        self.worked = (passed + step, now)
        return self.worked[0]

    def seconds(self) -> float:
        """Return seconds since the epoch."""
        return time.time()
