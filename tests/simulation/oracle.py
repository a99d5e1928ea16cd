"""The oracle: it knows the true history, and says what must hold whatever happened.

Each value that anybody types is typed once in the whole history (a *token*), so that it can be
looked for. The oracle sees every act of a person or a program with the book before and after it:

- a token that a person's act took off the sheet was replaced by a person, on purpose;
- a token is *claimed* by the ids and keys beside which people or programs put it. A record that
  holds a token which neither its id nor any of its keys claims has another one's value.

It looks only at the book, at the CRM's file and at these acts, never at the engine's plans.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from syncd.config import PolicyConfig
from syncd.core.snapshot import Side
from syncd.sandbox.book.model import Book
from tests.simulation import board
from tests.simulation.alignment import Excused, misaligned
from tests.simulation.board import KEYS, tokens_in

AGREED = "SELECT 1 FROM _syncd_reviews WHERE row = ? AND standing = 'taken' AND field = ''"


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that did not hold."""

    invariant: str
    what: str


@dataclass
class Oracle:
    """What is known of one history."""

    typed: dict[str, str] = field(default_factory=dict)  # token: by which act
    replaced: set[str] = field(default_factory=set)
    claims: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    copies: Counter[str] = field(default_factory=Counter)  # the most rows of one key people made
    applied: Counter[str] = field(default_factory=Counter)
    typed_at: dict[str, int] = field(default_factory=dict)  # the version that first showed a token
    owner: dict[str, str] = field(default_factory=dict)  # the id beside which a token came up
    restored: bool = False
    kept_elsewhere: set[str] = field(default_factory=set)  # what a second database holds
    shown: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    absent: set[str] = field(default_factory=set)  # ids that some version of the sheet lacked
    seen_history: int = 0
    violations: list[Violation] = field(default_factory=list)

    def fail(self, invariant: str, what: str) -> None:
        """Record that an invariant does not hold."""
        self.violations.append(Violation(invariant, what))

    # ── what happened ─────────────────────────────────────────────────────────────────────────

    def begin(self, book: Book, connection: sqlite3.Connection) -> None:
        """Take the state that a history begins with as made by people and programs."""
        self.person_acted(None, book, "the beginning")
        for table, record in board.records(connection):
            self.program_acted(connection, table, record["id"], "the beginning")

    def person_acted(self, before: Book | None, after: Book, what: str) -> None:
        """Note what a person's act put into the sheet and what it took away."""
        old = board.visible(before) if before else set()
        new = board.visible(after)
        for token in sorted(new - old):
            self.typed.setdefault(token, what)
            self.typed_at.setdefault(token, after.revision)
        self.replaced |= old - new
        self.replaced -= new
        self._look(after)
        then = board.contents(before) if before else Counter()
        now = board.contents(after)
        for _, items in now - then:
            self._claim(dict(items), dict(items).get("@id", ""))
        keys: Counter[str] = Counter()
        for (table, items), count in now.items():
            for token in self._keys(table, dict(items)):
                keys[token] += count
        for token, count in keys.items():
            self.copies[token] = max(self.copies[token], count)

    def person_restored(self, number: int) -> None:
        """Note that who brings an older version back takes back all that was typed since."""
        self.restored = True
        self.replaced |= {token for token, at in self.typed_at.items() if at > number}

    def program_acted(
        self, connection: sqlite3.Connection, table: str, row: str, what: str
    ) -> None:
        """Note what a program put into a record."""
        for name, record in board.records(connection):
            if name == table and record["id"] == row:
                values = {k: v for k, v in record.items() if k not in ("id", "archived_at")}
                for token in sorted(tokens_in(values)):
                    self.typed.setdefault(token, what)
                self._claim(values, row)
                for token in self._keys(table, values):
                    self.copies[token] = max(self.copies[token], 1)

    def file_given(self, table: str, values: dict[str, Any], what: str = "a file") -> None:
        """Note what an imported file says of a record."""
        for token in sorted(tokens_in(values)):
            self.typed.setdefault(token, what)
        self._claim(values, "")
        for token in self._keys(table, values):
            self.copies[token] = max(self.copies[token], 1)

    def _look(self, book: Book) -> None:
        """Note which tokens stand under which id or key, and which ids are not there."""
        there = set()
        for table, items in board.contents(book):
            values = dict(items)
            row = values.pop("@id", "")
            tokens = {t for text in values.values() for t in tokens_in(text)}
            for name in {row, *self._keys(table, values)} - {""}:
                self.shown[name] |= tokens
            if values:
                there.add(row)
        self.absent |= self.shown.keys() - there

    def batch_applied(self, book: Book, body: dict[str, Any]) -> None:
        """Note that a batch of syncd's was applied: each operation at most once."""
        self._look(book)
        for request in body["requests"]:
            named = request.get("addNamedRange", {}).get("namedRange", {}).get("name", "")
            if named.startswith("syncd_"):
                self.applied[named] += 1
                if self.applied[named] > 1 and not self.restored:
                    self.fail("exactly once", f"operation {named} was applied again")

    def _claim(self, values: dict[str, Any], row: str) -> None:
        keys = {t for k in KEYS for t in tokens_in(values.get(k) or "")}
        for token in tokens_in(values):
            self.claims[token] |= keys - {token}
            if row:
                self.claims[token].add(row)
                self.owner.setdefault(token, row)

    def _keys(self, table: str, values: dict[str, Any]) -> set[str]:
        return tokens_in(values.get({"people": "name", "deals": "topic"}[table]) or "")

    def is_own(self, row: str, values: dict[str, Any]) -> bool:
        """Whether a row's content is that of the record, as a person who was there would know."""
        keys = {t for k in KEYS for t in tokens_in(values.get(k) or "")}
        return any(self.owner.get(token) == row for token in keys or tokens_in(values))

    def is_astray(self, tab: board.Tab) -> bool:
        """Whether the columns of a tab are not those that they are known as, by what they hold."""
        fields = {name: column for name, column in tab.columns.items() if name[0] != "@"}
        held = Counter(
            (name, board.field_of(token))
            for row in tab.rows
            for name, column in fields.items()
            for token in tokens_in(tab.text(row, column))
        )
        own = sum(count for (name, field), count in held.items() if name == field)
        return sum(held.values()) - own > own

    # ── what must hold after each cycle ───────────────────────────────────────────────────────

    def cycle_ended(
        self, book: Book, connection: sqlite3.Connection, authority: Side, policy: PolicyConfig
    ) -> None:
        """Check what a cycle recorded: the base, what it pulled, and what it archived."""
        self._base_truth(connection)
        for number, row, name, outcome, after in connection.execute(
            "SELECT id, row, field, outcome, after FROM _syncd_history"
            " WHERE id > ? AND side = 'crm' AND origin = 'sheet' ORDER BY id",
            [self.seen_history],
        ).fetchall():
            self.seen_history = number
            agreed = (
                "SELECT 1 FROM _syncd_reviews WHERE row = ? AND standing = 'taken' AND field = ''"
            )
            if outcome == "archived" and row not in self.absent:
                if connection.execute(agreed, [row]).fetchone():
                    continue  # a person was asked whether it may go, and agreed
                self.fail("absence is not delete", f"{row} was archived and never out of sight")
            if outcome == "changed" and authority is Side.CRM and policy.edits != "merge":
                self._was_accepted(connection, row, name, after)

    def skip(self, connection: sqlite3.Connection) -> None:
        """Pass over what was recorded while the authority may have changed."""
        (last,) = connection.execute("SELECT max(id) FROM _syncd_history").fetchone()
        self.seen_history = int(last or 0)

    def _base_truth(self, connection: sqlite3.Connection) -> None:
        """Both sides held what the base says that both hold."""
        keys, _ = board.key_tokens(connection)
        held: defaultdict[str, set[str]] = defaultdict(set)
        for row, before, after in connection.execute(
            "SELECT row, before, after FROM _syncd_history WHERE side = 'crm'"
        ):
            held[row] |= tokens_in((before, after))
        for row, values in connection.execute('SELECT row, "values" FROM _syncd_base'):
            shown = {t for name in {row, *keys.get(row, ())} for t in self.shown[name]}
            for token in tokens_in(values):
                if token not in held[row]:
                    self.fail(
                        "base truth", f"the base of {row} holds {token}, its record never did"
                    )
                elif token not in shown:
                    self.fail("base truth", f"the base of {row} holds {token}, its row never did")

    def _was_accepted(
        self, connection: sqlite3.Connection, row: str, name: str, after: object
    ) -> None:
        """While the CRM has authority, an edit is pulled only where a person accepted it."""
        for (offered,) in connection.execute(
            "SELECT offered FROM _syncd_reviews WHERE row = ? AND field = ? AND standing = 'taken'",
            [row, name],
        ):
            if json.loads(offered).get(name) == after:
                return
        self.fail("authority", f"{row}.{name} became {after!r} while the CRM had authority")

    # ── what must hold when everything is quiet ───────────────────────────────────────────────

    def check(self, book: Book, connection: sqlite3.Connection, excused: Excused) -> None:
        """Check what must hold at the end; `excused` is what the engine says it left alone."""
        self._no_loss(book, connection)
        self._nobody_elses(book)
        self._no_misdirection(connection)
        self._no_doubles(book, connection)
        for invariant, what in misaligned(book, connection, excused):
            self.fail(invariant, what)

    def _no_loss(self, book: Book, connection: sqlite3.Connection) -> None:
        there = board.visible(book) | board.kept(connection)
        there |= self.replaced | self.kept_elsewhere
        for token, what in self.typed.items():
            if token not in there:
                self.fail("no silent loss", f"{token} ({what}) is nowhere")

    def _nobody_elses(self, book: Book) -> None:
        """What people wrote beside the table, or as notes, is where they can see it."""
        there = board.visible(book) | self.replaced
        for token, what in self.typed.items():
            if token.startswith(("own~", "remark~")) and token not in there:
                self.fail("minimal write", f"{token} ({what}) is not to be seen any more")

    def _no_misdirection(self, connection: sqlite3.Connection) -> None:
        keys, first = board.key_tokens(connection)
        for table, record in board.records(connection):
            row = record["id"]
            own = {row, *keys.get(row, ())}
            for name, value in record.items():
                if name in ("id", "archived_at", "person") or value is None:
                    continue
                for token in tokens_in(value):
                    if name in KEYS and token in first.get(row, ()):
                        continue  # a new row became this record under this very key
                    if not self.claims[token] & own:
                        text = f"{table} {row}.{name} holds {token} of {sorted(self.claims[token])}"
                        self.fail("no misdirection", text)

    def _no_doubles(self, book: Book, connection: sqlite3.Connection) -> None:
        held: Counter[str] = Counter()
        for table, record in board.records(connection):
            if record["archived_at"] is None:
                held.update(self._keys(table, record))
        for token, count in held.items():
            if count > max(self.copies[token], 1):
                self.fail("exactly once", f"{count} records for {token}, {self.copies[token]} made")
        shown: Counter[str] = Counter()
        for table, row in board.rows(book):
            # A row that is refused or waits is no record, and a person was told so.
            if not board.STATUS_OF_OTHERS.match(row.get("@status", "")):
                shown.update(self._keys(table, row))
        for token, count in shown.items():
            if count > max(self.copies[token], held[token], 1):
                self.fail("exactly once", f"{count} rows for {token}, {self.copies[token]} made")
